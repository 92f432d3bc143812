/* client.c - opening, greeting, EHLO, TLS, and every way a dialogue ends.
 *
 * "Encrypted" is claimed only when the handshake is over and, where it was
 * demanded, the certificate fits.  What was read in clear is
 * forgotten with the handshake: replies, capabilities, everything.
 */
#include "connector/smtp/client_int.h"

const struct smtp_timeouts smtp_timeouts_default = {
	/* RFC 5321 4.5.3.2, and our own where it is silent. */
	.connect_us = 30 * US_PER_S, .greeting_us = 5 * US_PER_MIN,
	.ehlo_us = 5 * US_PER_MIN,   .starttls_us = 2 * US_PER_MIN,
	.tls_us = 1 * US_PER_MIN,    .mail_us = 5 * US_PER_MIN,
	.rcpt_us = 5 * US_PER_MIN,   .data_us = 2 * US_PER_MIN,
	.block_us = 3 * US_PER_MIN,  .end_us = 10 * US_PER_MIN,
};

#define TIMEOUT(field) offsetof(struct smtp_timeouts, field)
#define NO_TIMEOUT     SIZE_MAX
#define QUIT_US	       (5 * US_PER_S)

/* RFC 3463 3.8, RFC 5248 2.2 */
#define STATUS_UNTRUSTED "4.7.5"
#define STATUS_NO_TLS	 "4.7.10"

static const struct {
	enum smtp_stage stage;
	size_t timeout;
} state_row[ST_COUNT] = {
	[ST_CONNECT] = {SMTP_AT_CONNECT, TIMEOUT(connect_us)},
	[ST_GREETING] = {SMTP_AT_GREETING, TIMEOUT(greeting_us)},
	[ST_EHLO] = {SMTP_AT_EHLO, TIMEOUT(ehlo_us)},
	[ST_HELO] = {SMTP_AT_EHLO, TIMEOUT(ehlo_us)},
	[ST_STARTTLS] = {SMTP_AT_STARTTLS, TIMEOUT(starttls_us)},
	[ST_HANDSHAKE] = {SMTP_AT_TLS, TIMEOUT(tls_us)},
	[ST_AUTH] = {SMTP_AT_AUTH, TIMEOUT(ehlo_us)},
	[ST_READY] = {SMTP_AT_READY, NO_TIMEOUT},
	[ST_RSET] = {SMTP_AT_MAIL, TIMEOUT(mail_us)},
	[ST_MAIL] = {SMTP_AT_MAIL, TIMEOUT(mail_us)},
	[ST_RCPT] = {SMTP_AT_RCPT, TIMEOUT(rcpt_us)},
	[ST_DATA] = {SMTP_AT_DATA, TIMEOUT(data_us)},
	[ST_CONTENT] = {SMTP_AT_CONTENT, TIMEOUT(block_us)},
	[ST_END] = {SMTP_AT_END, TIMEOUT(end_us)},
	[ST_LONE_DOT] = {SMTP_AT_END, TIMEOUT(end_us)},
	[ST_DEAD] = {SMTP_AT_READY, NO_TIMEOUT},
};

const char *smtp_class_name(enum smtp_class class)
{
	static const char *const name[] = {
		[SMTP_OPEN] = "open",
		[SMTP_DELIVERED] = "delivered",
		[SMTP_DEFERRED] = "deferred",
		[SMTP_FAILED] = "failed",
		[SMTP_UNKNOWN] = "unknown",
		[SMTP_MISCONFIGURED] = "misconfigured",
		[SMTP_UNTRIED] = "untried",
	};

	return class < ARRAY_LEN(name) ? name[class] : "?";
}

const char *smtp_stage_name(enum smtp_stage at)
{
	static const char *const name[] = {
		[SMTP_AT_CONNECT] = "connect",
		[SMTP_AT_GREETING] = "greeting",
		[SMTP_AT_EHLO] = "EHLO",
		[SMTP_AT_STARTTLS] = "STARTTLS",
		[SMTP_AT_TLS] = "TLS handshake",
		[SMTP_AT_AUTH] = "AUTH",
		[SMTP_AT_READY] = "idle",
		[SMTP_AT_MAIL] = "MAIL",
		[SMTP_AT_RCPT] = "RCPT",
		[SMTP_AT_DATA] = "DATA",
		[SMTP_AT_CONTENT] = "content",
		[SMTP_AT_END] = "end of content",
	};

	return at < ARRAY_LEN(name) ? name[at] : "?";
}

enum smtp_stage client_stage(const struct smtp_client *c)
{
	return state_row[c->state].stage;
}

static void phase_deadline(struct smtp_client *c)
{
	size_t at = state_row[c->state].timeout;

	if (at == NO_TIMEOUT)
		conn_deadline(c->conn, 0);
	else
		conn_deadline(
			c->conn,
			*(const int64_t *)((const char *)c->timeouts + at));
}

void client_state(struct smtp_client *c, enum client_state s)
{
	c->state = s;
	if (c->conn)
		phase_deadline(c);
}

void client_write(struct smtp_client *c)
{
	must(buf_ok(&c->out));
	conn_write(c->conn, c->out.p, c->out.n);
	buf_clear(&c->out);
}

/* ---- ends ---------------------------------------------------------------- */

static void end_now(void *arg)
{
	struct smtp_client *c = arg;

	c->ops->on_end(c->arg, &c->end);
}

void client_end(struct smtp_client *c, const struct smtp_answer *why)
{
	c->end.at = client_stage(c);
	c->end.answer = *why;
	client_state(c, ST_DEAD);
	conn_free(&c->conn);
	end_now(c);
}

void client_fail(struct smtp_client *c, const struct smtp_answer *why)
{
	if (c->mail && c->state != ST_READY)
		send_lost(c, why);
	else if (!c->mail)
		client_end(c, why);
	/* else: nobody in the mail can be sent, which is told shortly */
}

/* ---- greeting, EHLO, TLS --------------------------------------------------- */

static void say_hello(struct smtp_client *c, enum client_state s)
{
	c->caps = (struct smtp_caps){.esmtp = s == ST_EHLO};
	buf_printf(&c->out, "%s %s\r\n", s == ST_EHLO ? "EHLO" : "HELO",
		   c->ehlo);
	client_state(c, s);
	client_write(c);
}

static void on_greeting(struct smtp_client *c, const struct smtp_answer *a)
{
	if (a->code / 100 == 2)
		say_hello(c, ST_EHLO);
	else
		client_end(c, a);
}

static bool tls_is_a_must(const struct smtp_client *c)
{
	return c->tls >= SMTP_TLS_REQUIRED && !c->secured;
}

void client_ready(struct smtp_client *c)
{
	client_state(c, ST_READY);
	c->ops->on_ready(c->arg);
}

static void log_in(struct smtp_client *c)
{
	if (c->login)
		login_begin(c);
	else
		client_ready(c);
}

static void no_tls(struct smtp_client *c)
{
	struct smtp_answer why;

	client_state(c, ST_STARTTLS);
	answer_set(&why, STATUS_NO_TLS,
		   "TLS is demanded, STARTTLS is not offered");
	client_end(c, &why);
}

static void on_ehlo(struct smtp_client *c, const struct smtp_answer *a)
{
	if (a->code / 100 == 5 && c->state == ST_EHLO && !c->secured &&
	    !tls_is_a_must(c)) {
		say_hello(c, ST_HELO); /* RFC 5321 3.2 */
	} else if (a->code / 100 != 2) {
		client_end(c, a);
	} else if (c->tls != SMTP_TLS_NONE && !c->secured && c->caps.starttls) {
		buf_puts(&c->out, "STARTTLS\r\n");
		client_state(c, ST_STARTTLS);
		client_write(c);
	} else if (tls_is_a_must(c)) {
		no_tls(c);
	} else {
		log_in(c);
	}
}

static void on_starttls(struct smtp_client *c, const struct smtp_answer *a)
{
	size_t dropped;

	if (a->code == 220) {
		client_state(c, ST_HANDSHAKE);
		c->unread = 0; /* what stands behind 220 is thrown away */
		conn_start_tls(c->conn, c->tls_ctx, c->tls_name, &dropped);
	} else if (tls_is_a_must(c) || a->code / 100 < 4 || a->code == 421) {
		client_end(c, a);
	} else {
		log_in(c);
	}
}

/* While idle nothing is expected: a timeout notice, or nonsense. */
static void on_idle(struct smtp_client *c, const struct smtp_answer *a)
{
	client_end(c, a);
}

static void on_reply(struct smtp_client *c, const struct smtp_answer *a)
{
	static void (*const row[ST_COUNT])(struct smtp_client *,
					   const struct smtp_answer *) = {
		[ST_GREETING] = on_greeting, [ST_EHLO] = on_ehlo,
		[ST_HELO] = on_ehlo,	     [ST_STARTTLS] = on_starttls,
		[ST_AUTH] = login_reply,     [ST_READY] = on_idle,
	};

	if (c->mail && c->state != ST_READY)
		send_reply(c, a);
	else if (c->mail)
		c->unread = 1; /* nobody fits, which is told shortly */
	else
		row[c->state](c, a);
}

/* ---- what the connection says ---------------------------------------------- */

static bool listens(const struct smtp_client *c)
{
	return c->state != ST_CONNECT && c->state != ST_HANDSHAKE &&
	       c->state != ST_DEAD;
}

static void on_data(void *arg, struct conn *conn, struct str in)
{
	struct smtp_client *c = arg;
	struct smtp_answer answer;
	bool gone = false;

	c->gone = &gone;
	while (!gone && listens(c)) {
		struct str text = STR_EMPTY;
		size_t used;
		enum reply_step step = reply_read(&c->reply, in, &used, &text);

		if (step == REPLY_MORE)
			break;
		if (step == REPLY_BAD) {
			answer_set(&answer, "4.5.0", "not an SMTP reply in %s",
				   smtp_stage_name(client_stage(c)));
			c->unread = 1;
			client_fail(c, &answer);
			break;
		}
		conn_consume(conn, used);
		in = str_skip(in, used);
		if (c->state == ST_EHLO && c->reply.lines > 1)
			caps_read(&c->caps, text);
		if (step == REPLY_LINE)
			continue;
		answer = c->reply.answer;
		reply_reset(&c->reply);
		c->unread = in.n;
		on_reply(c, &answer);
	}
	if (!gone)
		c->gone = NULL;
}

static void on_drained(void *arg, struct conn *conn)
{
	struct smtp_client *c = arg;

	(void)conn;
	if (c->state == ST_CONTENT) {
		phase_deadline(c);
		body_go_on(c);
	} else if (c->state == ST_END) {
		phase_deadline(c);
	}
}

static void begin(struct smtp_client *c)
{
	client_state(c, c->tls_first ? ST_HANDSHAKE : ST_GREETING);
	if (c->tls_first)
		conn_start_tls(c->conn, c->tls_ctx, c->tls_name, NULL);
}

static void on_connected(void *arg, struct conn *conn)
{
	(void)conn;
	begin(arg);
}

static void on_secured(void *arg, struct conn *conn)
{
	struct smtp_client *c = arg;
	struct tls_session *tls = conn_tls(conn);
	struct smtp_answer why;

	if (c->tls == SMTP_TLS_VERIFIED &&
	    !(c->tls_name && tls_peer_verified(tls))) {
		answer_set(&why, STATUS_UNTRUSTED,
			   "the certificate is not trusted");
		client_end(c, &why);
		return;
	}
	c->secured = true;
	reply_reset(&c->reply);
	if (c->tls_first)
		client_state(c, ST_GREETING);
	else
		say_hello(c, ST_EHLO); /* RFC 3207 4.2: all is forgotten */
}

static void on_end(void *arg, struct conn *conn, enum conn_end how,
		   const struct err *why)
{
	static const char *const text[] = {
		[CONN_END_EOF] = "connection closed by the peer",
		[CONN_END_TRUNCATED] = "connection cut off within TLS",
		[CONN_END_ERROR] = "connection lost",
		[CONN_END_DEADLINE] = "no answer in time",
	};
	struct smtp_client *c = arg;
	const char *stage = smtp_stage_name(client_stage(c));
	struct smtp_answer answer;

	(void)conn;
	if (c->state == ST_HANDSHAKE && why && why->class == ERR_DENIED)
		answer_set(&answer, STATUS_UNTRUSTED, "%s", why->text);
	else if (how == CONN_END_ERROR && why && why->text[0])
		answer_set(&answer, "4.4.2", "connection lost in %s: %s", stage,
			   why->text);
	else
		answer_set(&answer, "4.4.2", "%s in %s", text[how], stage);
	if (c->mail && c->state == ST_READY)
		c->unread = 1; /* is told shortly that it is not usable */
	else
		client_fail(c, &answer);
}

static const struct conn_ops conn_row = {
	.on_data = on_data,
	.on_drained = on_drained,
	.on_secured = on_secured,
	.on_connected = on_connected,
	.on_end = on_end,
};

/* ---- life ---------------------------------------------------------------- */

static struct smtp_client *client_new(const struct smtp_client_conf *conf,
				      const struct smtp_ops *ops, void *arg)
{
	struct smtp_client *c = NEW(struct smtp_client);

	must((conf->tls == SMTP_TLS_NONE && !conf->tls_first) || conf->tls_ctx);
	c->loop = conf->loop;
	c->ops = ops;
	c->arg = arg;
	c->timeouts = conf->timeouts ? conf->timeouts : &smtp_timeouts_default;
	c->ehlo = conf->ehlo;
	c->tls_name = conf->tls_name;
	c->tls = conf->tls;
	c->tls_first = conf->tls_first;
	if (conf->tls != SMTP_TLS_NONE)
		c->tls_ctx = tls_ctx_ref(conf->tls_ctx);
	if (conf->login)
		c->login = login_new(conf->login);
	buf_init(&c->out, OUT_MAX);
	return c;
}

struct smtp_client *smtp_client_open(const struct smtp_client_conf *conf,
				     const struct sockaddr *to,
				     socklen_t to_len,
				     const struct smtp_ops *ops, void *arg,
				     struct err *e)
{
	struct smtp_client *c = client_new(conf, ops, arg);

	c->conn = conn_connect(conf->loop, to, to_len, NULL, 0, &conn_row, c,
			       e);
	if (!c->conn)
		smtp_client_free(&c);
	else
		client_state(c, ST_CONNECT);
	return c;
}

struct smtp_client *smtp_client_adopt(const struct smtp_client_conf *conf,
				      int fd, const struct smtp_ops *ops,
				      void *arg)
{
	struct smtp_client *c = client_new(conf, ops, arg);

	c->conn = conn_new(conf->loop, fd, &conn_row, c);
	begin(c);
	return c;
}

void smtp_client_quit(struct smtp_client **c)
{
	struct smtp_client *x = *c;

	if (x && x->conn && x->state == ST_READY && !x->mail) {
		conn_write(x->conn, "QUIT\r\n", 6);
		conn_close_after_flush(&x->conn, QUIT_US);
	}
	smtp_client_free(c);
}

void smtp_client_free(struct smtp_client **c)
{
	struct smtp_client *x = *c;
	struct smtp_answer why;

	*c = NULL;
	if (!x)
		return;
	if (x->mail) {
		bool whole = x->state == ST_END && conn_pending(x->conn) == 0;

		answer_set(&why, "4.3.2", "given up in %s",
			   smtp_stage_name(client_stage(x)));
		send_settle(x, whole ? SMTP_UNKNOWN : SMTP_DEFERRED, &why);
	}
	if (x->gone)
		*x->gone = true;
	timer_free(&x->later);
	conn_free(&x->conn);
	tls_ctx_free(&x->tls_ctx);
	login_free(&x->login);
	buf_release(&x->out);
	mem_free(x);
}

const struct smtp_caps *smtp_client_caps(const struct smtp_client *c)
{
	return &c->caps;
}

const char *smtp_client_tls(const struct smtp_client *c)
{
	struct tls_session *tls = c->secured && c->conn ? conn_tls(c->conn)
							: NULL;

	return tls ? tls_version(tls) : "";
}

unsigned smtp_client_served(const struct smtp_client *c)
{
	return c->served;
}
