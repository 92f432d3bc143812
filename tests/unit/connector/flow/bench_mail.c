/* bench_mail.c - see bench.h: mails in, and questions about them. */
#include "bench.h"
#include <arpa/inet.h>
#include <netinet/in.h>

char *mail_text(struct bench *b, const struct mail *m)
{
	char fresh[TOKEN_TEXT_LEN + 1];
	AUTO(buf) text = BUF_MAX(4 * KIB);

	if (m->text)
		return arena_strdup(&b->arena, m->text);
	token_new(fresh);
	buf_printf(&text, "From: " TARO "\r\nTo: %s", m->to[0]);
	for (size_t i = 1; i < ARRAY_LEN(m->to) && m->to[i]; i++)
		buf_printf(&text, ", %s", m->to[i]);
	buf_printf(&text,
		   "\r\nSubject: hello\r\nMessage-ID: <%s@client>\r\n"
		   "Date: Tue, 25 Aug 2026 14:37:00 +0900\r\n\r\nHello.\r\n",
		   m->id ? m->id : fresh);
	return arena_strdup(&b->arena, buf_cstr(&text));
}

static struct addr addr_of(struct bench *b, const char *s)
{
	struct addr a = {0};
	struct err e = ERR_EMPTY;

	if (s[0])
		ck_assert_msg(
			addr_parse(str_of(s), true, true, &b->arena, &a, &e),
			"%s", e.text);
	return a;
}

static void session_of(struct bench *b, const struct mail *m,
		       struct flow_session *s)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&s->peer;

	*s = (struct flow_session){.tenant = m->nobody ? NULL : &b->tenant,
				   .helo = STR("client.test"),
				   .tls_version = str_of(m->tls),
				   .tls_cipher = str_of(m->tls),
				   .helo_only = m->helo_only,
				   .bdat = m->bdat};
	if (m->login) {
		struct str *own = arena_array(&b->arena, 2, sizeof(*own));

		own[0] = str_of(m->login);
		own[1] = STR(INFO);
		s->login = &b->tenant;
		s->login_name = STR("taro");
		s->login_address = own;
		s->login_address_n = 2;
	}
	in->sin_family = AF_INET;
	ck_assert_int_eq(inet_pton(AF_INET, "192.0.2.7", &in->sin_addr), 1);
}

/* NULL: refused while it came, and why. */
static struct intake *begin(struct bench *b, const struct mail *m,
			    struct err *e)
{
	struct flow_session s;
	struct envelope env = {.from = addr_of(b, m->from ? m->from : TARO),
			       .ret = m->ret,
			       .smtputf8 = m->smtputf8};
	const char *text = m->n ? m->text : mail_text(b, m);
	size_t n = m->n ? m->n : strlen(text), at = 0;
	size_t chunk = m->chunk ? m->chunk : n;
	struct intake *in;

	session_of(b, m, &s);
	env.rcpt = arena_array(&b->arena, 8, sizeof(*env.rcpt));
	for (; env.rcpt_n < 8 && m->to[env.rcpt_n]; env.rcpt_n++)
		env.rcpt[env.rcpt_n] = (struct envelope_rcpt){
			.addr = addr_of(b, m->to[env.rcpt_n]),
			.notify = m->notify};
	in = intake_new(b->flow, &s, &env);
	for (; in && at < n; at += chunk)
		if (!intake_write(in, text + at, MIN_OF(chunk, n - at), e))
			intake_abort(&in);
	return in;
}

struct intake *mail_begin(struct bench *b, const struct mail *m)
{
	struct err e = ERR_EMPTY;
	struct intake *in = begin(b, m, &e);

	ck_assert_msg(in != NULL, "%s", e.text);
	return in;
}

static void on_reply(void *arg, const struct intake_reply *reply)
{
	struct reply *r = arg;

	ck_assert(!r->came);
	r->came = true;
	r->code = reply->code;
	snprintf(r->status, sizeof(r->status), "%s", reply->status);
	snprintf(r->text, sizeof(r->text), "%s", reply->text);
}

void mail_end(struct intake *in, struct reply *r)
{
	*r = (struct reply){0};
	intake_end(&in, on_reply, r);
}

struct reply mail_try(struct bench *b, const struct mail *m)
{
	struct reply r = {.came = true};
	struct err e = ERR_EMPTY;
	struct intake *in = begin(b, m, &e);

	if (in) {
		mail_end(in, &r);
		UNTIL(b, r.came);
		return r;
	}
	/* As the session answers it. */
	r.code = e.class == ERR_DENIED	  ? 550
		 : e.class == ERR_LIMIT	  ? 552
		 : e.code == FLOW_NOT_YET ? 451
					  : 452;
	snprintf(r.status, sizeof(r.status), "%s",
		 r.code == 550	 ? "5.7.1"
		 : r.code == 451 ? "4.7.1"
		 : r.code == 552 ? "5.3.4"
				 : "4.3.1");
	return r;
}

int64_t mail_send(struct bench *b, const struct mail *m)
{
	struct reply r = mail_try(b, m);
	struct str text = str_of(r.text);
	int64_t id;

	ck_assert_msg(r.code == 250, "%d %s", r.code, r.text);
	ck_assert_str_eq(r.status, "2.0.0");
	ck_assert(str_starts(text, STR("Ok: queued as ")));
	ck_assert(id_parse(str_skip(text, 14), &id));
	return id;
}

/* On a busy machine the plan may miss the 250: wait for it, unless the test
 * made the inspector late. */
int64_t mail_to(struct bench *b, const char *one, const char *two)
{
	int64_t id = mail_send(b, &(struct mail){.to = {one, two}});

	if (!b->inspect.silent && b->inspect.view_after_us == 0)
		UNTIL(b, state_of(b, id, 0) != RCPT_RECEIVED);
	return id;
}

/* ---- what the store says ------------------------------------------------------- */

struct store_found found(struct bench *b, int64_t id)
{
	struct store_found f;
	struct err e = ERR_EMPTY;

	ck_assert_msg(store_show(b->reader, id, &b->arena, &f, &e), "%s",
		      e.text);
	return f;
}

enum rcpt_state state_of(struct bench *b, int64_t id, unsigned n)
{
	struct store_found f = found(b, id);

	ck_assert_uint_lt(n, f.rcpt_n);
	return f.rcpt[n].state;
}

static struct store_audit *story(struct bench *b, int64_t id, size_t *n)
{
	struct store_audit *v;
	struct err e = ERR_EMPTY;

	ck_assert_msg(store_story(b->reader, id, &b->arena, &v, n, &e), "%s",
		      e.text);
	return v;
}

size_t story_count(struct bench *b, int64_t id, const char *event)
{
	size_t n, hits = 0;
	struct store_audit *v = story(b, id, &n);

	for (size_t i = 0; i < n; i++)
		hits += str_is(v[i].event, event);
	return hits;
}

bool story_has(struct bench *b, int64_t id, const char *event,
	       const char *detail)
{
	size_t n;
	struct store_audit *v = story(b, id, &n);

	for (size_t i = 0; i < n; i++)
		if (str_is(v[i].event, event) &&
		    str_find(v[i].detail, str_of(detail)) >= 0)
			return true;
	return false;
}

static struct store_found *everything(struct bench *b, size_t *n)
{
	struct store_query q = {.limit = 5000};
	struct store_found *v;
	struct err e = ERR_EMPTY;

	ck_assert_msg(store_list(b->reader, &q, &b->arena, &v, n, &e), "%s",
		      e.text);
	return v;
}

size_t audit_count(struct bench *b, const char *event)
{
	size_t n, hits = story_count(b, 0, event);
	struct store_found *v = everything(b, &n);

	for (size_t i = 0; i < n; i++)
		hits += story_count(b, v[i].message.id, event);
	return hits;
}

size_t message_count(struct bench *b)
{
	size_t n;

	(void)everything(b, &n);
	return n;
}

void due_set(struct bench *b, int64_t id, unsigned n, int64_t due_us)
{
	struct store_found f = found(b, id);
	struct store_job *j = store_job_new(b->store);
	struct store_rcpt r = f.rcpt[n];
	struct err e = ERR_EMPTY;

	r.due_us = due_us;
	store_set_rcpt(j, id, r.state, &r, 0);
	ck_assert_msg(store_run(b->store, j, &e), "%s", e.text);
	store_job_free(&j);
}

/* ---- what was given to the deliverer --------------------------------------------- */

size_t sent_count(struct bench *b, int64_t id, const char *to,
		  const char *needle)
{
	size_t hits = 0;

	VEC_EACH (s, &b->sent) {
		if ((id && s->id != id) || (to && !strstr(s->to, to)) ||
		    (needle &&
		     str_find(buf_str(&s->bytes), str_of(needle)) < 0))
			continue;
		hits++;
	}
	return hits;
}

struct sent *sent_to(struct bench *b, const char *to)
{
	struct sent *only = NULL;

	VEC_EACH (s, &b->sent) {
		if (!strstr(s->to, to))
			continue;
		ck_assert_msg(!only, "two copies for %s", to);
		only = s;
	}
	ck_assert_msg(only != NULL, "nothing for %s", to);
	return only;
}

/* ---- acts --------------------------------------------------------------------------- */

struct acted {
	bool came;
	enum err_class class;
};

static void on_acted(void *arg, const struct err *why)
{
	struct acted *a = arg;

	ck_assert(!a->came);
	a->came = true;
	a->class = why ? why->class : ERR_NONE;
}

enum err_class act_full(struct bench *b, const struct flow_action *a)
{
	struct acted done = {0};

	flow_do(b->flow, a, b->loop, on_acted, &done);
	UNTIL(b, done.came);
	return done.class;
}

enum err_class act(struct bench *b, enum flow_act what, int64_t id,
		   const char *actor)
{
	struct flow_action a = {.act = what, .id = id};

	snprintf(a.actor, sizeof(a.actor), "%s", actor);
	snprintf(a.reason, sizeof(a.reason), "because of the test");
	return act_full(b, &a);
}

/* ---- judges -------------------------------------------------------------------------- */

struct store_ledger ledger(struct bench *b)
{
	struct store_ledger l;
	struct err e = ERR_EMPTY;

	ck_assert_msg(store_ledger(b->reader, &b->arena, &l, &e), "%s", e.text);
	return l;
}

void judges(struct bench *b)
{
	struct store_ledger l = ledger(b);
	unsigned char head[SHA256_LEN];
	uint64_t ends = 0, rows;
	struct err e = ERR_EMPTY;

	for (size_t s = RCPT_FIRST_END; s < RCPT_STATE_COUNT; s++)
		ends += l.end[s];
	ck_assert_uint_eq(l.unexplained_n, 0);
	ck_assert_uint_eq(l.accepted, l.open + ends);
	ck_assert_msg(store_audit_verify(b->reader, &rows, head, &e), "%s",
		      e.text);
}

const char *readable(struct bench *b, struct sent *s)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklm"
				       "nopqrstuvwxyz0123456789+/";
	AUTO(buf) out = BUF_MAX(4 * MIB);
	struct str rest = buf_str(&s->bytes), line;

	buf_put_str(&out, rest);
	while (str_split(&rest, '\n', &line)) {
		unsigned bits = 0, have = 0;
		bool code = true;

		line = str_trim(line);
		for (size_t i = 0; i < line.n && code; i++)
			code = line.p[i] == '=' || strchr(alphabet, line.p[i]);
		for (size_t i = 0; code && line.n > 3 && i < line.n; i++) {
			const char *at = strchr(alphabet, line.p[i]);

			if (!at)
				break;
			bits = bits << 6 | (unsigned)(at - alphabet);
			have += 6;
			if (have >= 8) {
				have -= 8;
				buf_putc(&out, (char)(bits >> have & 255));
			}
		}
	}
	return arena_strdup(&b->arena, buf_cstr(&out));
}

struct sent *notice_for(struct bench *b, const char *to, size_t nth)
{
	size_t seen = 0;

	UNTIL(b, sent_count(b, 0, to, NULL) > nth);
	VEC_EACH (s, &b->sent) {
		if (strstr(s->to, to) && seen++ == nth)
			return s;
	}
	return NULL;
}
