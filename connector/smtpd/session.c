/* session.c - one SMTP session: states, deadlines, reading, settling.
 *
 * Bytes come from the connection; the state's row says who reads them and how
 * long that may take.  Nothing here knows a verb.
 */
#include "connector/smtpd/smtpd_int.h"
#include <stdio.h>

struct state_row {
	const char *name;
	int64_t within_us; /* for peers of a tenant; 0: unchanged */
	/* Bytes taken of what is unread; 0: wait for more. NULL: nothing is
	 * read in this state. */
	size_t (*read)(struct session *s, struct str in);
};

static size_t read_command(struct session *s, struct str in);
static size_t read_linger(struct session *s, struct str in);

static const struct state_row states[SESSION_STATE_COUNT] = {
	[SESSION_GREET] = {"greet", COMMAND_US, read_command},
	[SESSION_READY] = {"ready", COMMAND_US, read_command},
	[SESSION_AUTH] = {"auth", COMMAND_US, auth_line},
	[SESSION_CHECK] = {"check", END_US, NULL},
	[SESSION_MAIL] = {"mail", COMMAND_US, read_command},
	[SESSION_RCPT] = {"rcpt", COMMAND_US, read_command},
	[SESSION_DATA] = {"data", DATA_INIT_US, content_data},
	[SESSION_CHUNK] = {"chunk", BLOCK_US, content_chunk},
	[SESSION_BDAT] = {"bdat", COMMAND_US, read_command},
	[SESSION_WAIT] = {"wait", END_US, NULL},
	[SESSION_TLS] = {"tls", HANDSHAKE_US, NULL},
	[SESSION_LINGER] = {"linger", LINGER_US, read_linger},
	[SESSION_OVER] = {"over", 0, NULL},
};

void session_resume(struct session *s)
{
	s->busy = false;
	session_deadline(s, states[s->state].within_us);
	session_settle(s);
}

void session_deadline(struct session *s, int64_t after_us)
{
	/* Strangers have one deadline for all they do. */
	if (s->network && after_us)
		conn_deadline(s->conn, after_us);
}

void session_enter(struct session *s, enum session_state state)
{
	s->state = state;
	session_deadline(s, states[state].within_us);
}

bool session_in(const struct session *s, unsigned set)
{
	return (set & 1u << s->state) != 0;
}

void session_forget_transaction(struct session *s)
{
	struct transaction *tx = &s->tx;

	intake_abort(&tx->intake);
	intake_abort(&tx->waiting);
	vec_release(&tx->rcpt);
	arena_release(&tx->arena);
	*tx = (struct transaction){.chunk_back = SESSION_READY};
}

/* ---- reading ------------------------------------------------------------- */

static void broken_line(struct session *s, const char *why)
{
	reply(s, 500, "5.5.2", "%s, closing", why);
	session_enter(s, SESSION_OVER);
}

static size_t line_max(const struct session *s, struct str in)
{
	return s->door != DOOR_SMTP && str_starts_ci(in, STR("AUTH "))
		       ? AUTH_LINE_MAX
		       : SMTP_LINE_MAX;
}

/* RFC 5321 2.3.8: a line ends in CR LF and in nothing else. */
static size_t read_command(struct session *s, struct str in)
{
	size_t most = line_max(s, in);
	const char *lf = memchr(in.p, '\n', MIN_OF(in.n, most));
	size_t n = lf ? (size_t)(lf - in.p) : 0;
	enum session_state was = s->state;

	if (!lf) {
		if (in.n < most)
			return 0;
		broken_line(s, "command line too long");
		return in.n;
	}
	if (n == 0 || lf[-1] != '\r') {
		broken_line(s, "a line must end with CR LF");
		return n + 1;
	}
	smtpd_touch(s->server, s);
	verb_run(s, str_head(in, n - 1));
	if (s->state == was) /* else session_enter() has set it */
		session_deadline(s, states[was].within_us);
	return n + 1;
}

/* Whoever is still sending content shall find our reply when done: a reset in
 * the middle would be tried again and again. */
static size_t read_linger(struct session *s, struct str in)
{
	s->lingered += in.n;
	if (s->lingered > s->server->config->limits.message)
		session_enter(s, SESSION_OVER);
	return in.n;
}

static bool must_wait(struct session *s)
{
	if (states[s->state].read == NULL ||
	    conn_pending(s->conn) > OUT_WAITING)
		return true;
	/* Content that has begun goes on: to end is how it makes room. */
	if (session_in(s, IN(GREET) | IN(READY) | IN(MAIL) | IN(RCPT)) &&
	    flow_busy(s->server->conf.flow)) {
		s->busy = true;
		session_deadline(s, END_US); /* it is our fault */
		smtpd_wait_busy(s->server);
		return true;
	}
	return false;
}

static void on_data(void *arg, struct conn *c, struct str in)
{
	struct session *s = arg;
	size_t used = 0, n = 1;

	s->in_callback = true;
	while (n > 0 && used < in.n && !must_wait(s)) {
		n = states[s->state].read(s, str_skip(in, used));
		used += n;
	}
	conn_consume(c, used);
	s->in_callback = false;
	session_settle(s);
}

/* ---- settling -------------------------------------------------------------- */

static void flush(struct session *s)
{
	if (s->out.n == 0)
		return;
	/* Where TLS is awaited no word in clear is understood. */
	if (s->door != DOOR_SUBMISSIONS || conn_is_tls(s->conn))
		conn_write_str(s->conn, buf_str(&s->out));
	buf_release(&s->out);
}

/* RFC 3207 4: what came in clear behind STARTTLS is not looked at; 4.2: all
 * that was said before is forgotten. */
static void secure(struct session *s)
{
	size_t dropped = 0;

	s->tls_started = true;
	s->helo[0] = 0;
	s->esmtp = false;
	s->errors = 0;
	session_forget_transaction(s);
	auth_forget(s);
	conn_start_tls(s->conn, s->server->tls, NULL, &dropped);
	if (dropped)
		LOG(&s->log, LOG_WARN, "bytes-behind-starttls",
		    LU("dropped", dropped));
}

void session_settle(struct session *s)
{
	bool wait;

	if (s->in_callback)
		return;
	flush(s);
	if (session_in(s, IN(OVER))) {
		conn_close_after_flush(&s->conn, s->farewell_us);
		session_free(&s);
		return;
	}
	if (session_in(s, IN(TLS))) {
		if (!s->tls_started)
			secure(s);
		return;
	}
	wait = s->busy || session_in(s, IN(WAIT) | IN(CHECK)) ||
	       conn_pending(s->conn) > OUT_WAITING;
	if (wait != s->paused) {
		s->paused = wait;
		conn_pause(s->conn, wait);
	}
}

static void on_drained(void *arg, struct conn *c)
{
	(void)c;
	session_settle(arg);
}

static void say_greeting(struct session *s)
{
	session_enter(s, SESSION_GREET);
	reply_plain(s, 220, ' ', "%s ESMTP Sekisho",
		    s->server->config->hostname);
	session_settle(s);
}

static void on_secured(void *arg, struct conn *c)
{
	struct session *s = arg;
	const char *name = tls_server_name(conn_tls(c));

	LOG(&s->log, LOG_INFO, "tls", LS("version", tls_version(conn_tls(c))),
	    LS("cipher", tls_cipher(conn_tls(c))),
	    LS("name", name ? name : "-"));
	smtpd_touch(s->server, s);
	if (s->door == DOOR_SUBMISSIONS)
		say_greeting(s);
	else
		session_enter(s, SESSION_GREET);
}

static const char *end_name(enum conn_end how)
{
	switch (how) {
	case CONN_END_EOF:
		return "eof";
	case CONN_END_TRUNCATED:
		return "tls-truncated";
	case CONN_END_ERROR:
		return "error";
	case CONN_END_DEADLINE:
		return "deadline";
	}
	return "";
}

static void on_end(void *arg, struct conn *c, enum conn_end how,
		   const struct err *why)
{
	struct session *s = arg;

	(void)c;
	LOG(&s->log,
	    session_in(s, IN(READY) | IN(LINGER)) ? LOG_DEBUG : LOG_INFO,
	    "session-broken", LS("how", end_name(how)),
	    LS("state", states[s->state].name),
	    LS("error", why ? why->text : ""));
	if (how == CONN_END_DEADLINE && !session_in(s, IN(TLS) | IN(LINGER)))
		reply(s, 421, "4.4.2", "time is up, closing");
	if (how == CONN_END_EOF || how == CONN_END_DEADLINE) {
		flush(s);
		conn_close_after_flush(&s->conn, s->farewell_us);
	}
	session_free(&s);
}

/* ---- life -------------------------------------------------------------------- */

static const struct conn_ops session_ops = {
	.on_data = on_data,
	.on_drained = on_drained,
	.on_secured = on_secured,
	.on_end = on_end,
};

struct session *session_new(struct smtpd *d, int fd,
			    const struct sockaddr_storage *peer,
			    enum smtpd_door door)
{
	struct session *s = NEW(struct session);
	AUTO(buf) text = BUF_MAX(SMTP_ADDRESS_MAX);
	size_t n;

	s->server = d;
	s->door = door;
	s->peer = *peer;
	net_text((const struct sockaddr *)peer, false, &text);
	s->peer_text = buf_take(&text, &n);
	s->out = BUF_MAX(OUT_MAX);
	s->progress_us = clock_monotonic_us();
	s->tx.chunk_back = SESSION_READY;
	snprintf(s->id, sizeof(s->id), "%llx",
		 (unsigned long long)++d->counter);
	s->log = (struct log_ctx){d->conf.log, "session", s->id};
	s->conn = conn_new(d->conf.loop, fd, &session_ops, s);
	s->network = auth_peer_tenant(d->conf.auth,
				      (const struct sockaddr *)peer);
	s->farewell_us = s->network ? FAREWELL_US : FAREWELL_STRANGER_US;
	return s;
}

void session_greet(struct session *s)
{
	LOG(&s->log, LOG_INFO, "session", LS("peer", s->peer_text),
	    LS("network", s->network ? s->network->tenant : "-"));
	if (!s->network)
		conn_deadline(s->conn, STRANGER_US);
	if (s->door != DOOR_SUBMISSIONS) {
		say_greeting(s);
		return;
	}
	session_enter(s, s->server->tls ? SESSION_TLS : SESSION_OVER);
	session_settle(s);
}

void session_dismiss(struct session *s, const char *why)
{
	reply(s, 421, "4.3.2", "%s", why);
	s->farewell_us = FAREWELL_NOW_US;
	session_enter(s, SESSION_OVER);
	session_settle(s);
}

void session_refuse(struct session **sp, const char *why)
{
	struct session *s = TAKE(*sp);

	LOG(&s->log, LOG_INFO, "session-refused", LS("peer", s->peer_text),
	    LS("why", why));
	session_dismiss(s, why);
}

void session_free(struct session **sp)
{
	struct session *s = TAKE(*sp);

	if (!s)
		return;
	LOG(&s->log, LOG_INFO, "session-end", LS("peer", s->peer_text),
	    LS("helo", s->helo), LU("messages", s->messages),
	    LU("errors", s->errors));
	session_forget_transaction(s);
	auth_forget(s);
	smtpd_forget(s->server, s);
	conn_free(&s->conn);
	buf_release(&s->out);
	mem_free(s->peer_text);
	mem_free(s->slot);
	mem_free(s);
}
