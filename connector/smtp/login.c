/* login.c - AUTH as a client (RFC 4954): PLAIN, LOGIN, XOAUTH2, OAUTHBEARER.
 *
 * Said only under TLS, with what the server offered under TLS.  Nothing that
 * the server asks is believed: each mechanism has its fixed steps, and a
 * challenge is read for its code alone.  The secret is wiped with the first
 * answer that ends the login; an answer that repeats it loses its text.
 */
#include "connector/smtp/client_int.h"

#include <stdio.h>
#include "connector/base/codec.h"

#define SECRET_MAX  (16 * KIB)
#define LINE_MAX_IR 510 /* RFC 4954 4: AUTH with an initial response */
#define ECHO_BYTES  16	/* of a secret in an answer: it was repeated */

/* RFC 5248 2.4, RFC 3463 3.8 */
#define STATUS_NO_MECHANISM "4.7.4"
#define STATUS_IN_CLEAR	    "4.7.10"
#define STATUS_PROTOCOL	    "4.5.0"

/* One line of ours after the other, each to a 334. */
enum step {
	STEP_USER,   /* LOGIN */
	STEP_SECRET, /* the password, or the whole response */
	STEP_LAST,   /* all was said: the verdict is awaited */
	STEP_REASON, /* a token was refused with a reason in a 334 */
};

struct login {
	struct buf user, secret;
	bool is_token;
	unsigned mechanism;
	enum step step;
};

struct login *login_new(const struct smtp_login *as)
{
	struct login *l = NEW(struct login);

	l->user = BUF_MAX(SMTP_ADDRESS_MAX);
	l->secret = BUF_MAX(SECRET_MAX);
	l->user.secret = l->secret.secret = true;
	buf_put_str(&l->user, as->user);
	buf_put_str(&l->secret, as->secret);
	l->is_token = as->is_token;
	return l;
}

void login_free(struct login **l)
{
	struct login *old = TAKE(*l);

	if (!old)
		return;
	buf_release(&old->user);
	buf_release(&old->secret);
	mem_free(old);
}

/* ---- what is said ---------------------------------------------------------- */

/* RFC 4616 2 */
static void put_plain(const struct login *l, struct buf *out)
{
	buf_putc(out, '\0');
	buf_put_str(out, buf_str(&l->user));
	buf_putc(out, '\0');
	buf_put_str(out, buf_str(&l->secret));
}

/* Google, "XOAUTH2 protocol": two fields, each ended by ^A, and ^A. */
static void put_xoauth2(const struct login *l, struct buf *out)
{
	buf_puts(out, "user=");
	buf_put_str(out, buf_str(&l->user));
	buf_puts(out, "\1auth=Bearer ");
	buf_put_str(out, buf_str(&l->secret));
	buf_puts(out, "\1\1");
}

/* RFC 7628 3.1, with the saslname of RFC 5801 4. */
static void put_oauthbearer(const struct login *l, const char *host,
			    struct buf *out)
{
	buf_puts(out, "n,a=");
	for (size_t i = 0; i < l->user.n; i++) {
		if (l->user.p[i] == ',')
			buf_puts(out, "=2C");
		else if (l->user.p[i] == '=')
			buf_puts(out, "=3D");
		else
			buf_putc(out, l->user.p[i]);
	}
	buf_puts(out, ",");
	if (host)
		buf_printf(out, "\1host=%s", host);
	buf_puts(out, "\1auth=Bearer ");
	buf_put_str(out, buf_str(&l->secret));
	buf_puts(out, "\1\1");
}

/* What stands behind STEP_SECRET, before base64. */
static void put_response(const struct smtp_client *c, struct buf *out)
{
	const struct login *l = c->login;

	if (l->mechanism == SMTP_AUTH_PLAIN)
		put_plain(l, out);
	else if (l->mechanism == SMTP_AUTH_XOAUTH2)
		put_xoauth2(l, out);
	else if (l->mechanism == SMTP_AUTH_OAUTHBEARER)
		put_oauthbearer(l, c->tls_name, out);
	else
		buf_put_str(out, buf_str(&l->secret));
}

/* The line that answers a 334, and where we stand then. */
static void say_step(struct smtp_client *c)
{
	struct login *l = c->login;
	struct buf plain = BUF_MAX(2 * SECRET_MAX);

	plain.secret = true;
	if (l->step == STEP_USER) {
		b64_encode(&c->out, buf_str(&l->user));
		l->step = STEP_SECRET;
	} else if (l->step == STEP_SECRET) {
		put_response(c, &plain);
		b64_encode(&c->out, buf_str(&plain));
		l->step = STEP_LAST;
	} else if (l->mechanism == SMTP_AUTH_OAUTHBEARER) {
		buf_puts(&c->out, "AQ=="); /* RFC 7628 3.2.3 */
		l->step = STEP_REASON;
	} else { /* XOAUTH2: an empty line asks for the verdict */
		l->step = STEP_REASON;
	}
	buf_puts(&c->out, "\r\n");
	client_write(c);
	buf_release(&plain);
}

/* PLAIN in one line, where it fits; the others wait for their 334, so that no
 * command is longer than a server must take. */
static void say_auth(struct smtp_client *c)
{
	static const char *const name[] = {
		[SMTP_AUTH_PLAIN] = "PLAIN",
		[SMTP_AUTH_LOGIN] = "LOGIN",
		[SMTP_AUTH_XOAUTH2] = "XOAUTH2",
		[SMTP_AUTH_OAUTHBEARER] = "OAUTHBEARER",
	};
	struct login *l = c->login;
	size_t n = l->user.n + l->secret.n + 2;

	buf_printf(&c->out, "AUTH %s", name[l->mechanism]);
	if (l->mechanism == SMTP_AUTH_PLAIN &&
	    c->out.n + 1 + (n + 2) / 3 * 4 <= LINE_MAX_IR) {
		buf_putc(&c->out, ' ');
		say_step(c);
		return;
	}
	buf_puts(&c->out, "\r\n");
	client_write(c);
}

/* ---- beginning ------------------------------------------------------------- */

static unsigned choose(const struct login *l, unsigned offered)
{
	static const unsigned by_token[] = {SMTP_AUTH_XOAUTH2,
					    SMTP_AUTH_OAUTHBEARER};
	static const unsigned by_word[] = {SMTP_AUTH_PLAIN, SMTP_AUTH_LOGIN};
	const unsigned *row = l->is_token ? by_token : by_word;

	for (int i = 0; i < 2; i++) {
		if (offered & row[i])
			return row[i];
	}
	return 0;
}

/* Nothing in it may end a field of a mechanism. */
static bool is_sound(const struct login *l)
{
	if (!buf_ok(&l->user) || !buf_ok(&l->secret) || l->user.n == 0 ||
	    l->secret.n == 0 || str_has_control(buf_str(&l->user)))
		return false;
	return l->is_token ? !str_has_control(buf_str(&l->secret))
			   : !memchr(l->secret.p, 0, l->secret.n);
}

static void give_up(struct smtp_client *c, const char *status, const char *why)
{
	struct smtp_answer answer;

	login_free(&c->login);
	answer_set(&answer, status, "%s", why);
	client_end(c, &answer);
}

void login_begin(struct smtp_client *c)
{
	struct login *l = c->login;

	client_state(c, ST_AUTH);
	if (!c->secured) {
		give_up(c, STATUS_IN_CLEAR,
			"a login needs TLS, which is not there");
		return;
	}
	if (!is_sound(l)) {
		give_up(c, STATUS_NO_MECHANISM, "the login cannot be written");
		return;
	}
	l->mechanism = choose(l, c->caps.mechanisms);
	if (!l->mechanism) {
		give_up(c, STATUS_NO_MECHANISM,
			l->is_token
				? "neither XOAUTH2 nor OAUTHBEARER is offered"
				: "neither PLAIN nor LOGIN is offered");
		return;
	}
	l->step = l->mechanism == SMTP_AUTH_LOGIN ? STEP_USER : STEP_SECRET;
	c->out.secret = true;
	conn_secret(c->conn);
	say_auth(c);
}

/* ---- replies --------------------------------------------------------------- */

static bool holds_part(struct str text, struct str secret)
{
	size_t n = MIN_OF(secret.n, (size_t)ECHO_BYTES);

	for (size_t i = 0; n > 0 && i + n <= text.n; i++) {
		if (str_find(secret, str_n(text.p + i, n)) >= 0)
			return true;
	}
	return false;
}

/* A peer that sends our words back does not bring them into logs. */
static bool repeats_secret(const struct smtp_client *c, struct str text)
{
	struct buf plain = BUF_MAX(2 * SECRET_MAX),
		   coded = BUF_MAX(4 * SECRET_MAX);
	bool found;

	plain.secret = coded.secret = true;
	put_response(c, &plain);
	b64_encode(&coded, buf_str(&plain));
	found = holds_part(text, buf_str(&c->login->secret)) ||
		holds_part(text, buf_str(&coded));
	buf_release(&plain);
	buf_release(&coded);
	return found;
}

static void refused(struct smtp_client *c, const struct smtp_answer *a)
{
	struct smtp_answer answer = *a;

	if (repeats_secret(c, str_of(a->text)))
		snprintf(answer.text, sizeof(answer.text), "%s",
			 "(the text repeats the login)");
	login_free(&c->login);
	client_end(c, &answer);
}

static void unexpected(struct smtp_client *c, int code)
{
	char text[64];

	snprintf(text, sizeof(text), "unexpected reply %d in AUTH", code);
	give_up(c, STATUS_PROTOCOL, text);
}

void login_reply(struct smtp_client *c, const struct smtp_answer *a)
{
	const struct login *l = c->login;

	if (a->code / 100 >= 4) {
		refused(c, a);
	} else if (a->code == 235 && l->step == STEP_LAST) {
		login_free(&c->login);
		c->out.secret = false;
		client_ready(c);
	} else if (a->code == 334 && (l->step < STEP_LAST ||
				      (l->step == STEP_LAST && l->is_token))) {
		say_step(c);
	} else {
		unexpected(c, a->code);
	}
}
