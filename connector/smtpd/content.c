/* content.c - DATA and BDAT: from the verb to the reply behind the commit.
 *
 * Content goes to intake_write() as it comes.  When something is wrong with
 * it, the rest is still read, exactly to its end, and thrown away; the reply
 * that was noted first is given there.  Only what breaks the line discipline
 * of DATA ends the session: nothing behind it may be believed.
 */
#include "connector/smtpd/smtpd_int.h"
#include <stdio.h>

/* The first trouble stays; nothing of the message is kept. */
static void fail(struct session *s, int code, const char *status,
		 const char *text)
{
	struct transaction *tx = &s->tx;

	intake_abort(&tx->intake);
	if (tx->fail_code)
		return;
	tx->fail_code = code;
	tx->fail_status = status;
	snprintf(tx->fail_text, sizeof(tx->fail_text), "%s", text);
}

static void content_log(struct session *s, int code, const char *status,
			const char *text)
{
	LOG(&s->log, LOG_INFO, "content-end", LI("code", code),
	    LS("status", status), LU("bytes", s->tx.bytes),
	    LS("by", s->tx.bdat ? "BDAT" : "DATA"), LS("reply", text));
}

/* A finished message, taken or not: the reply, and a clean session. */
static void answer(struct session *s, int code, const char *status,
		   const char *text)
{
	content_log(s, code, status, text);
	session_forget_transaction(s);
	session_enter(s, SESSION_READY);
	reply(s, code, status, "%s", text);
}

static void answer_failure(struct session *s)
{
	struct transaction *tx = &s->tx;
	char text[REPLY_TEXT_MAX];
	int code = tx->fail_code;
	const char *status = tx->fail_status;

	metric_add(s->server->conf.metrics,
		   code >= 500 ? METRIC_REJECTED : METRIC_DEFERRED_IN, 1);
	snprintf(text, sizeof(text), "%s", tx->fail_text);
	answer(s, code, status, text);
}

/* RFC 5321 4.1.1.4: the reply to the final dot says whose mail it is now. */
static void on_intake_reply(void *arg, const struct intake_reply *r)
{
	struct session *s = arg;

	s->tx.waiting = NULL;
	if (r->code < 400) {
		s->errors = 0;
		s->messages++;
	}
	answer(s, r->code, r->status, r->text);
	session_settle(s);
}

static void finish(struct session *s)
{
	struct transaction *tx = &s->tx;

	if (tx->fail_code) {
		answer_failure(s);
		return;
	}
	quota_sender_count(s->server, &tx->env.from, clock_monotonic_us());
	session_enter(s, SESSION_WAIT);
	tx->waiting = tx->intake;
	intake_end(&tx->intake, on_intake_reply, s);
}

/* ---- the intake ---------------------------------------------------------- */

static void begin(struct session *s, bool bdat)
{
	struct transaction *tx = &s->tx;
	struct tls_session *t = conn_tls(s->conn);
	struct flow_session f = {
		/* A null sender is always proved by the header: flow asks. */
		.tenant = envelope_null_sender(&tx->env) ? NULL : tx->tenant,
		.peer = s->peer,
		.helo = str_of(s->helo),
		.login = s->login.tenant,
		.login_name = s->login.name,
		.login_address = s->login.address,
		.login_address_n = s->login.address_n,
		.smtputf8 = tx->env.smtputf8,
		.bdat = bdat,
		.helo_only = !s->esmtp,
	};
	struct auth_peer p;

	session_peer(s, &tx->arena, &p);
	f.certificate_verified = p.certificate_verified;
	f.certificate_name = p.certificate_name;
	f.certificate_name_n = p.certificate_name_n;
	if (t) {
		f.tls_version = str_of(tls_version(t));
		f.tls_cipher = str_of(tls_cipher(t));
	}
	tx->env.rcpt = tx->rcpt.v;
	tx->env.rcpt_n = tx->rcpt.n;
	tx->bdat = bdat;
	tx->intake = intake_new(s->server->conf.flow, &f, &tx->env);
}

static void too_large(struct session *s)
{
	char text[REPLY_TEXT_MAX];

	snprintf(text, sizeof(text), "message too large: at most %llu bytes",
		 (unsigned long long)s->server->config->limits.message);
	fail(s, 552, "5.3.4", text);
}

/* The deadline moves on with each block, not with each byte. */
static void moved(struct session *s, size_t n)
{
	struct transaction *tx = &s->tx;

	tx->block += n;
	if (tx->block < BLOCK_BYTES)
		return;
	tx->block = 0;
	smtpd_touch(s->server, s);
	session_deadline(s, BLOCK_US);
}

/* n more bytes of content; stuffed dots do not count (RFC 1870 3). */
static void account(struct session *s, size_t n)
{
	moved(s, n);
	s->tx.bytes += n;
	if (s->tx.bytes > s->server->config->limits.message)
		too_large(s);
}

static void store(struct session *s, struct str span)
{
	struct transaction *tx = &s->tx;
	struct err e = ERR_EMPTY;

	if (!tx->intake || span.n == 0 ||
	    intake_write(tx->intake, span.p, span.n, &e))
		return;
	if (e.class == ERR_LIMIT && e.code == FLOW_LONG_HEAD) {
		fail(s, 552, "5.3.4", e.text);
		return;
	}
	if (e.class == ERR_LIMIT) {
		too_large(s);
		return;
	}
	if (e.class == ERR_DENIED) {
		fail(s, 550, "5.7.1",
		     e.code == FLOW_NOT_OWN
			     ? e.text
			     : "this mail does not prove whose it is, not "
			       "taken");
		return;
	}
	if (e.class == ERR_RETRY && e.code == FLOW_NOT_YET) {
		fail(s, 451, "4.7.1",
		     "cannot tell yet whose mail this is, try again later");
		return;
	}
	LOG(&s->log, LOG_WARN, "content-not-stored", LE(&e));
	fail(s, 452, "4.3.1", "cannot store it now, try again later");
}

/* Far more than could ever be taken: no use in reading on. */
static bool endless(const struct session *s)
{
	return s->tx.bytes > s->server->config->limits.message + DISCARD_SLACK;
}

static void hang_up(struct session *s)
{
	answer_failure(s);
	session_enter(s, SESSION_LINGER);
}

/* ---- DATA ------------------------------------------------------------------ */

void verb_data(struct session *s, struct str args)
{
	(void)args;
	begin(s, false);
	data_begin(&s->scan);
	session_enter(s, SESSION_DATA);
	reply_plain(s, 354, ' ', "end with <CR><LF>.<CR><LF>");
}

/* What is not an end for us shall never become one for the next hop. */
static void break_off(struct session *s, enum data_event bad)
{
	char text[REPLY_TEXT_MAX];

	snprintf(text, sizeof(text), "%s in DATA, closing", data_why(bad));
	s->tx.fail_code = 0;
	fail(s, 550, "5.6.0", text);
	hang_up(s);
}

size_t content_data(struct session *s, struct str in)
{
	struct str span;
	size_t taken;
	enum data_event event = data_next(&s->scan, in, &taken, &span);

	switch (event) {
	case DATA_MORE:
		break;
	case DATA_LONG_LINE:
		fail(s, 550, "5.6.0", data_why(event));
		account(s, span.n);
		break;
	case DATA_SPAN:
		account(s, span.n);
		store(s, span);
		if (endless(s))
			hang_up(s);
		break;
	case DATA_END:
		finish(s);
		break;
	case DATA_BARE_CR:
	case DATA_BARE_LF:
	case DATA_NUL:
		break_off(s, event);
		break;
	}
	return taken;
}

/* ---- BDAT ------------------------------------------------------------------ */

/* RFC 3030 2: "BDAT" SP chunk-size [ SP "LAST" ] */
static bool bdat_args(struct str args, uint64_t *n_r, bool *last_r)
{
	struct str rest = str_trim(args), size, word;

	*last_r = false;
	if (!str_split(&rest, ' ', &size) || !str_u64(size, n_r))
		return false;
	word = str_trim(rest);
	*last_r = str_is_ci(word, "LAST");
	return *last_r || word.n == 0;
}

/* RFC 3030 2: a chunk that cannot be taken is read all the same; its octets
 * are never commands. */
static void skip_chunk(struct session *s)
{
	struct transaction *tx = &s->tx;

	tx->chunk_skip = true;
	if (tx->chunk_left >
	    s->server->config->limits.message + DISCARD_SLACK) {
		too_large(s);
		hang_up(s);
		return;
	}
	tx->chunk_back = s->state;
	session_enter(s, SESSION_CHUNK);
}

static void chunk_done(struct session *s)
{
	struct transaction *tx = &s->tx;

	if (tx->chunk_skip) {
		tx->chunk_skip = false;
		session_enter(s, tx->chunk_back);
		reply(s, 503, "5.5.1", "%s",
		      session_in(s, IN(MAIL)) ? "no recipient was taken"
					      : "no transaction: MAIL first");
		return;
	}
	if (tx->chunk_last || tx->fail_code) {
		finish(s);
		return;
	}
	session_enter(s, SESSION_BDAT);
	reply(s, 250, "2.0.0", "%llu octets so far",
	      (unsigned long long)tx->bytes);
}

void verb_bdat(struct session *s, struct str args)
{
	struct transaction *tx = &s->tx;
	bool in_message = session_in(s, IN(RCPT) | IN(BDAT));

	if (!bdat_args(args, &tx->chunk_left, &tx->chunk_last)) {
		/* How many octets follow is unknown: nothing behind this line
		 * can be understood. */
		reply(s, 501, "5.5.4", "BDAT SIZE [LAST], closing");
		session_enter(s, SESSION_LINGER);
		return;
	}
	if (!in_message) {
		skip_chunk(s);
	} else {
		if (session_in(s, IN(RCPT)))
			begin(s, true);
		session_enter(s, SESSION_CHUNK);
		if (tx->chunk_left > UINT64_MAX / 2 ||
		    tx->bytes + tx->chunk_left >
			    s->server->config->limits.message)
			too_large(s);
		if (tx->chunk_left >
		    s->server->config->limits.message + DISCARD_SLACK)
			hang_up(s);
	}
	if (session_in(s, IN(CHUNK)) && tx->chunk_left == 0)
		chunk_done(s);
}

size_t content_chunk(struct session *s, struct str in)
{
	struct transaction *tx = &s->tx;
	size_t n = in.n < tx->chunk_left ? in.n : (size_t)tx->chunk_left;

	tx->chunk_left -= n;
	if (tx->chunk_skip) {
		moved(s, n);
	} else {
		account(s, n);
		store(s, str_head(in, n));
	}
	if (tx->chunk_left == 0)
		chunk_done(s);
	return n;
}
