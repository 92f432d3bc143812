/* auth.c - AUTH (RFC 4954) where people hand in mail: PLAIN (RFC 4616), LOGIN,
 * XOAUTH2, OAUTHBEARER (RFC 7628), under TLS only.
 *
 * What a client says is decoded here and checked by auth/login.h.  Every wrong
 * login has one and the same answer.  Nothing of an exchange outlives it, and
 * nothing of it is logged.
 */
#include "connector/base/codec.h"
#include "connector/smtpd/smtpd_int.h"

struct mechanism {
	const char *name;
	unsigned way;
	const char *challenge; /* base64, where no response came along */
	void (*take)(struct session *s, struct str response); /* decoded */
};

struct auth_exchange {
	const struct mechanism *mechanism;
	struct buf name; /* LOGIN: the first of two responses */
	bool named;
	/* A token was refused, and the client was told so in a 334: whatever
	 * it says now, 535 follows (RFC 7628 3.2.3). */
	bool refused;
	struct login_query *query;
};

/* ---- the end of an exchange -------------------------------------------------- */

static void exchange_free(struct session *s)
{
	struct auth_exchange *x = TAKE(s->auth);

	if (!x)
		return;
	login_cancel(&x->query);
	buf_release(&x->name);
	mem_free(x);
}

void auth_forget(struct session *s)
{
	exchange_free(s);
	arena_release(&s->login.arena);
	s->login = (struct session_login){.tenant = NULL};
}

static void give_up(struct session *s, int code, const char *status,
		    const char *text)
{
	exchange_free(s);
	session_enter(s, SESSION_READY);
	reply(s, code, status, "%s", text);
}

static void bad_form(struct session *s)
{
	give_up(s, 501, "5.5.2", "cannot decode it, the login is given up");
}

static void refuse(struct session *s)
{
	give_up(s, 535, "5.7.8", "the login or its password is wrong");
	if (++s->wrong_logins < AUTH_WRONG_MAX)
		return;
	reply(s, 421, "4.7.0", "too many wrong logins, closing");
	session_enter(s, SESSION_OVER);
}

static void refuse_token(struct session *s)
{
	AUTO(buf) text = BUF_MAX(OUT_MAX);

	b64_encode(&text, STR("{\"status\":\"invalid_token\","
			      "\"schemes\":\"bearer\"}"));
	s->auth->refused = true;
	session_enter(s, SESSION_AUTH);
	reply_plain(s, 334, ' ', "%s", buf_cstr(&text));
}

/* The session is a tenant's from now on: its deadlines, its slots. */
static void become(struct session *s, const struct login *login)
{
	struct session_login *to = &s->login;
	struct str *address = arena_array(&to->arena, login->address_n,
					  sizeof(*address));
	const char *why;

	to->tenant = login->tenant;
	to->name = arena_str(&to->arena, login->name);
	to->address = address;
	to->address_n = login->address_n;
	for (size_t i = 0; i < login->address_n; i++)
		address[i] = arena_str(&to->arena, login->address[i]);
	LOG(&s->log, LOG_INFO, "logged-in", LS("tenant", to->tenant->tenant),
	    LSTR("name", to->name));
	quota_give(s->server, s);
	mem_free(TAKE(s->slot));
	s->network = to->tenant;
	s->farewell_us = FAREWELL_US;
	if (quota_take(s->server, s, &why)) {
		give_up(s, 235, "2.7.0", "logged in");
		return;
	}
	give_up(s, 421, "4.7.0", why);
	session_enter(s, SESSION_OVER);
}

static void on_login(void *arg, enum login_answer answer,
		     const struct login *login)
{
	struct session *s = arg;

	s->auth->query = NULL;
	if (answer == LOGIN_OK)
		become(s, login);
	else if (answer == LOGIN_LATER)
		give_up(s, 454, "4.7.0", "cannot check logins now");
	else if (s->auth->mechanism->way == LOGIN_BY_TOKEN)
		refuse_token(s);
	else
		refuse(s);
	session_settle(s);
}

/* ---- mechanisms ------------------------------------------------------------------ */

/* The tenant whose entry name was asked for. A label: whoever may log in
 * there still has to. */
static const struct tenant_conf *label_of(const struct session *s)
{
	const struct config *c = s->server->config;
	struct tls_session *t = conn_tls(s->conn);
	const char *name = t ? tls_server_name(t) : NULL;

	for (size_t i = 0; name && i < c->tenant_n; i++)
		if (c->tenant[i].hostname &&
		    str_eq_ci(str_of(c->tenant[i].hostname), str_of(name)))
			return &c->tenant[i];
	return NULL;
}

static void check_password(struct session *s, struct str name,
			   struct str password)
{
	session_enter(s, SESSION_CHECK);
	s->auth->query = login_password(
		s->server->conf.logins, (const struct sockaddr *)&s->peer,
		label_of(s), name, password, on_login, s);
}

static void check_token(struct session *s, struct str name, struct str token)
{
	session_enter(s, SESSION_CHECK);
	s->auth->query = login_token(s->server->conf.logins,
				     (const struct sockaddr *)&s->peer,
				     label_of(s), name, token, on_login, s);
}

/* RFC 4616 2: [authzid] NUL authcid NUL passwd; nobody speaks for another. */
static void take_plain(struct session *s, struct str response)
{
	ptrdiff_t a = str_chr(response, '\0'), b;
	struct str as, name, rest;

	if (a < 0) {
		bad_form(s);
		return;
	}
	as = str_head(response, (size_t)a);
	rest = str_skip(response, (size_t)a + 1);
	b = str_chr(rest, '\0');
	if (b <= 0 || str_chr(str_skip(rest, (size_t)b + 1), '\0') >= 0) {
		bad_form(s);
		return;
	}
	name = str_head(rest, (size_t)b);
	if (as.n && !str_eq_ci(as, name))
		refuse(s);
	else
		check_password(s, name, str_skip(rest, (size_t)b + 1));
}

static void take_login(struct session *s, struct str response)
{
	struct auth_exchange *x = s->auth;

	if (x->named) {
		check_password(s, buf_str(&x->name), response);
		return;
	}
	if (response.n == 0 || !buf_put_str(&x->name, response)) {
		bad_form(s);
		return;
	}
	x->named = true;
	session_enter(s, SESSION_AUTH);
	reply_plain(s, 334, ' ', "UGFzc3dvcmQ6"); /* "Password:" */
}

/* `auth=Bearer TOKEN` of a list whose members end with ^A. */
static bool bearer(struct str list, struct str *token_r)
{
	struct str one;

	*token_r = STR_EMPTY;
	while (str_split(&list, '\1', &one)) {
		if (!str_starts_ci(one, STR("auth=")))
			continue;
		one = str_skip(one, 5);
		if (token_r->n || !str_starts_ci(one, STR("Bearer ")))
			return false;
		*token_r = str_trim(str_skip(one, 7));
	}
	return token_r->n > 0;
}

/* user=NAME ^A auth=Bearer TOKEN ^A ^A */
static void take_xoauth2(struct session *s, struct str response)
{
	struct str rest = response, name, token;

	if (!str_ends(response, STR("\1\1")) ||
	    !str_split(&rest, '\1', &name) ||
	    !str_starts_ci(name, STR("user=")) || name.n == 5 ||
	    !bearer(rest, &token))
		bad_form(s);
	else
		check_token(s, str_skip(name, 5), token);
}

/* RFC 5801 4: saslname, where a comma and an equals sign are written so. */
static bool saslname(struct str in, struct buf *out)
{
	while (in.n) {
		if (str_starts(in, STR("=2C")))
			buf_putc(out, ',');
		else if (str_starts(in, STR("=3D")))
			buf_putc(out, '=');
		else if (in.p[0] == '=')
			return false;
		else
			buf_putc(out, in.p[0]);
		in = str_skip(in, in.p[0] == '=' ? 3 : 1);
	}
	return buf_ok(out);
}

/* RFC 7628 3.1: "n,a=NAME," ^A key=value ^A ... ^A; no channel binding. */
static void take_oauthbearer(struct session *s, struct str response)
{
	AUTO(buf) name = BUF_MAX(LOGIN_USER_MAX);
	struct str rest = response, flag, as, token;

	if (!str_split(&rest, ',', &flag) ||
	    (!str_is(flag, "n") && !str_is(flag, "y")) ||
	    !str_split(&rest, ',', &as) ||
	    (as.n && !str_starts(as, STR("a="))) ||
	    !saslname(str_skip(as, MIN_OF(as.n, (size_t)2)), &name) ||
	    !str_starts(rest, STR("\1")) || !str_ends(rest, STR("\1\1")) ||
	    !bearer(rest, &token))
		bad_form(s);
	else
		check_token(s, buf_str(&name), token);
}

static const struct mechanism mechanisms[] = {
	{"PLAIN", LOGIN_BY_PASSWORD, "", take_plain},
	{"LOGIN", LOGIN_BY_PASSWORD, "VXNlcm5hbWU6" /* "Username:" */,
	 take_login},
	{"XOAUTH2", LOGIN_BY_TOKEN, "", take_xoauth2},
	{"OAUTHBEARER", LOGIN_BY_TOKEN, "", take_oauthbearer},
};

/* ---- lines -------------------------------------------------------------------- */

static void take(struct session *s, struct str text)
{
	AUTO(buf) response = BUF_MAX(AUTH_LINE_MAX);

	response.secret = true;
	if (!b64_decode(&response, text))
		bad_form(s);
	else
		s->auth->mechanism->take(s, buf_str(&response));
}

static void take_line(struct session *s, struct str line)
{
	if (s->auth->refused)
		refuse(s);
	else if (str_is(line, "*")) /* RFC 4954 4 */
		give_up(s, 501, "5.7.0", "the login is cancelled");
	else
		take(s, line);
}

size_t auth_line(struct session *s, struct str in)
{
	const char *lf = memchr(in.p, '\n',
				MIN_OF(in.n, (size_t)AUTH_LINE_MAX));
	size_t n = lf ? (size_t)(lf - in.p) : 0;

	if (!lf && in.n < AUTH_LINE_MAX)
		return 0;
	if (!lf || n == 0 || lf[-1] != '\r') {
		exchange_free(s);
		reply(s, 500, lf ? "5.5.2" : "5.5.6", "%s, closing",
		      lf ? "a line must end with CR LF"
			 : "line of the login too long");
		session_enter(s, SESSION_OVER);
		return lf ? n + 1 : in.n;
	}
	smtpd_touch(s->server, s);
	conn_wipe(s->conn);
	take_line(s, str_head(in, n - 1));
	return n + 1;
}

static unsigned ways_now(const struct session *s)
{
	if (s->door == DOOR_SMTP || !s->server->conf.logins ||
	    !conn_is_tls(s->conn))
		return 0;
	return logins_ways(s->server->conf.logins, label_of(s));
}

const char *auth_offer(const struct session *s)
{
	static const char *const LIST[] = {
		[LOGIN_BY_PASSWORD] = "PLAIN LOGIN",
		[LOGIN_BY_TOKEN] = "XOAUTH2 OAUTHBEARER",
		[LOGIN_BY_PASSWORD |
			LOGIN_BY_TOKEN] = "PLAIN LOGIN XOAUTH2 OAUTHBEARER",
	};
	unsigned ways = ways_now(s);

	return ways ? LIST[ways] : "";
}

bool auth_needed(const struct session *s)
{
	return s->door != DOOR_SMTP && !s->login.tenant;
}

static const struct mechanism *find(struct str name, unsigned ways)
{
	for (size_t i = 0; i < ARRAY_LEN(mechanisms); i++)
		if (str_is_ci(name, mechanisms[i].name) &&
		    (mechanisms[i].way & ways))
			return &mechanisms[i];
	return NULL;
}

static void begin(struct session *s, const struct mechanism *m)
{
	s->auth = NEW(struct auth_exchange);
	s->auth->mechanism = m;
	s->auth->name = BUF_MAX(LOGIN_USER_MAX);
}

/* AUTH mechanism [initial-response] */
void verb_auth(struct session *s, struct str args)
{
	struct str rest = str_trim(args), name;
	const struct mechanism *m;

	conn_wipe(s->conn); /* a password may stand there, also in vain */
	if (s->door == DOOR_SMTP || !s->server->conf.logins) {
		reply(s, 502, "5.5.1", "not offered here");
	} else if (!conn_is_tls(s->conn)) {
		reply(s, 538, "5.7.11", "STARTTLS first");
	} else if (!session_in(s, IN(READY))) {
		reply(s, 503, "5.5.1",
		      "EHLO first, and not inside a transaction");
	} else if (s->login.tenant) {
		reply(s, 503, "5.5.1", "logged in already");
	} else if (!str_split(&rest, ' ', &name)) {
		reply(s, 501, "5.5.4", "AUTH MECHANISM [RESPONSE]");
	} else if (!(m = find(name, ways_now(s)))) {
		reply(s, 504, "5.5.4", "that mechanism is not offered");
	} else if (str_chr(rest, ' ') >= 0) {
		reply(s, 501, "5.5.4", "AUTH MECHANISM [RESPONSE]");
	} else {
		begin(s, m);
		if (str_is(rest, "=")) { /* an empty response */
			m->take(s, STR_EMPTY);
		} else if (rest.n) {
			take(s, rest);
		} else {
			session_enter(s, SESSION_AUTH);
			reply_plain(s, 334, ' ', "%s", m->challenge);
		}
	}
}
