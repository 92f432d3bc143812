/* send.c - the envelope of a copy, and what each reply means to whom.
 *
 * With PIPELINING (RFC 2920) MAIL, every RCPT and DATA leave in one write and
 * the replies are taken in order; without it, one command at a time.  The
 * same functions take the replies in both cases.
 */
#include "connector/smtp/client_int.h"

#include <inttypes.h>

#define XTEXT_MAX 600

/* ---- the end of a mail --------------------------------------------------- */

void send_settle(struct smtp_client *c, enum smtp_class class,
		 const struct smtp_answer *why)
{
	enum smtp_stage at = client_stage(c);

	for (size_t i = 0; i < c->mail->rcpt_n; i++) {
		struct smtp_rcpt *r = &c->mail->rcpt[i];

		if (r->class != SMTP_OPEN)
			continue;
		r->class = class;
		r->at = at;
		r->answer = *why;
		r->dsn_passed_on = class == SMTP_DELIVERED && c->caps.dsn;
	}
}

void send_finish(struct smtp_client *c, bool usable)
{
	struct smtp_mail *m = TAKE(c->mail);

	/* Bytes that no command of ours asked for: replies are out of step. */
	if (c->unread > 0)
		usable = false;
	c->served++;
	client_state(c, usable ? ST_READY : ST_DEAD);
	if (!usable)
		conn_free(&c->conn);
	c->ops->on_sent(c->arg, m, usable);
}

void send_lost(struct smtp_client *c, const struct smtp_answer *why)
{
	/* Only when the last byte was handed to the kernel can the peer have
	 * taken the mail. */
	bool whole = c->state == ST_END && conn_pending(c->conn) == 0;

	send_settle(c, whole ? SMTP_UNKNOWN : SMTP_DEFERRED, why);
	send_finish(c, false);
}

/* ---- commands ------------------------------------------------------------ */

static bool xtext_is_safe(struct str s)
{
	if (s.n == 0 || s.n > XTEXT_MAX || str_has_control(s))
		return false;
	return str_is_ascii(s) && str_chr(s, ' ') < 0;
}

static void put_mail(struct smtp_client *c)
{
	const struct smtp_mail *m = c->mail;
	struct buf *out = &c->out;

	buf_puts(out, "MAIL FROM:<");
	buf_put_str(out, m->from);
	buf_putc(out, '>');
	if (c->caps.has_size) /* RFC 1870 */
		buf_printf(out, " SIZE=%" PRIu64, m->size);
	if (c->caps.eightbit && m->has_8bit) /* RFC 6152 */
		buf_puts(out, " BODY=8BITMIME");
	if (c->caps.smtputf8 && fit_needs_utf8(m)) /* RFC 6531 */
		buf_puts(out, " SMTPUTF8");
	if (c->caps.dsn) { /* RFC 3461 5.2.1 */
		if (m->ret != DSN_RET_NONE)
			buf_puts(out, m->ret == DSN_RET_FULL ? " RET=FULL"
							     : " RET=HDRS");
		if (xtext_is_safe(m->envid)) {
			buf_puts(out, " ENVID=");
			buf_put_str(out, m->envid);
		}
	}
	buf_puts(out, "\r\n");
}

static void put_notify(struct buf *out, unsigned notify)
{
	static const struct {
		unsigned bit;
		const char *word;
	} row[] = {{DSN_SUCCESS, "SUCCESS"},
		   {DSN_FAILURE, "FAILURE"},
		   {DSN_DELAY, "DELAY"}};
	const char *before = " NOTIFY=";

	if (notify & DSN_NEVER) { /* alone, RFC 3461 4.1 */
		buf_puts(out, " NOTIFY=NEVER");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		if (!(notify & row[i].bit))
			continue;
		buf_puts(out, before);
		buf_puts(out, row[i].word);
		before = ",";
	}
}

static void put_rcpt(struct smtp_client *c, const struct smtp_rcpt *r)
{
	buf_puts(&c->out, "RCPT TO:<");
	buf_put_str(&c->out, r->address);
	buf_putc(&c->out, '>');
	if (c->caps.dsn) {
		put_notify(&c->out, r->notify);
		if (xtext_is_safe(r->orcpt)) {
			buf_puts(&c->out, " ORCPT=");
			buf_put_str(&c->out, r->orcpt);
		}
	}
	buf_puts(&c->out, "\r\n");
}

/* From `at` on, the first recipient that goes into this transaction. */
static size_t next_asked(const struct smtp_mail *m, size_t at)
{
	while (at < m->rcpt_n && !m->rcpt[at].asked)
		at++;
	return at;
}

/* The command of the state we are in, when commands go one by one. */
static void say(struct smtp_client *c, enum client_state s)
{
	client_state(c, s);
	if (c->pipelined)
		return;
	if (s == ST_RSET)
		buf_puts(&c->out, "RSET\r\n");
	else if (s == ST_MAIL)
		put_mail(c);
	else if (s == ST_RCPT)
		put_rcpt(c, &c->mail->rcpt[c->rcpt_at]);
	else if (s == ST_DATA)
		buf_puts(&c->out, "DATA\r\n");
	client_write(c);
}

static void say_all(struct smtp_client *c)
{
	struct smtp_mail *m = c->mail;

	if (c->needs_rset)
		buf_puts(&c->out, "RSET\r\n");
	put_mail(c);
	for (size_t i = 0; i < m->rcpt_n; i++) {
		if (m->rcpt[i].asked)
			put_rcpt(c, &m->rcpt[i]);
	}
	/* BDAT waits for the recipients: a chunk that nobody takes is a waste
	 * (RFC 3030 4.2). */
	if (!c->bdat)
		buf_puts(&c->out, "DATA\r\n");
	client_write(c);
}

static void nothing_left(void *arg)
{
	send_finish(arg, true);
}

void smtp_client_send(struct smtp_client *c, struct smtp_mail *m)
{
	must(c->state == ST_READY && !c->mail);
	c->mail = m;
	m->answered = m->bdat_refused = false;
	for (size_t i = 0; i < m->rcpt_n; i++) {
		m->rcpt[i].class = SMTP_OPEN;
		m->rcpt[i].accepted = m->rcpt[i].asked = false;
		m->rcpt[i].dsn_passed_on = false;
	}
	if (!fit_mail(c, m)) {
		client_state(c, ST_READY);
		if (!c->later)
			c->later = timer_new(c->loop, nothing_left, c);
		timer_set(c->later, 0);
		return;
	}
	for (size_t i = 0; i < m->rcpt_n; i++)
		m->rcpt[i].asked = m->rcpt[i].class == SMTP_OPEN;
	c->rcpt_at = next_asked(m, 0);
	c->accepted = 0;
	c->mail_failed = false;
	c->bdat = m->has_bare_lf || (c->caps.chunking && !m->no_bdat &&
				     m->size >= BDAT_FROM_BYTES);
	c->pipelined = c->caps.pipelining && !m->envelope_only;
	if (c->pipelined)
		say_all(c);
	say(c, c->needs_rset ? ST_RSET : ST_MAIL);
}

/* ---- replies ------------------------------------------------------------- */

static enum smtp_class class_of(int code)
{
	return code / 100 == 2	 ? SMTP_DELIVERED
	       : code / 100 == 4 ? SMTP_DEFERRED
				 : SMTP_FAILED;
}

/* A reply that cannot stand here, as 3xx to MAIL. */
static void out_of_step(struct smtp_client *c, const struct smtp_answer *a)
{
	struct smtp_answer why;

	answer_set(&why, "4.5.0", "unexpected reply %d in %s", a->code,
		   smtp_stage_name(client_stage(c)));
	send_lost(c, &why);
}

static void on_rset(struct smtp_client *c, const struct smtp_answer *a)
{
	if (a->code / 100 != 2) {
		send_settle(c, SMTP_DEFERRED, a);
		send_finish(c, false);
		return;
	}
	c->needs_rset = false;
	say(c, ST_MAIL);
}

static void on_mail(struct smtp_client *c, const struct smtp_answer *a)
{
	if (a->code / 100 == 3) {
		out_of_step(c, a);
		return;
	}
	if (a->code / 100 == 2) {
		say(c, ST_RCPT);
		return;
	}
	send_settle(c, class_of(a->code), a);
	c->mail_failed = true;
	/* What was pipelined behind MAIL is answered too. */
	if (c->pipelined && a->code != 421)
		client_state(c, ST_RCPT);
	else
		send_finish(c, a->code != 421);
}

/* All recipients were answered. */
static void on_envelope(struct smtp_client *c)
{
	bool content = c->accepted > 0 && !c->mail_failed;

	if (c->mail->envelope_only) {
		for (size_t i = 0; i < c->mail->rcpt_n; i++)
			if (c->mail->rcpt[i].accepted)
				c->mail->rcpt[i].class = SMTP_UNTRIED;
		c->needs_rset = true;
		send_finish(c, true);
	} else if (!c->bdat && (c->pipelined || content)) {
		say(c, ST_DATA);
	} else if (content) {
		body_begin(c);
	} else {
		c->needs_rset = !c->mail_failed;
		send_finish(c, true);
	}
}

static void take_rcpt(struct smtp_rcpt *r, const struct smtp_answer *a)
{
	r->at = SMTP_AT_RCPT;
	r->answer = *a;
	if (r->accepted)
		return;
	r->class = class_of(a->code);
	/* Too many recipients in the old way: RFC 5321 4.5.3.1.10. */
	if (a->code == 552 && str_is(str_of(a->status), "5.5.3"))
		r->class = SMTP_DEFERRED;
}

static void on_rcpt(struct smtp_client *c, const struct smtp_answer *a)
{
	struct smtp_rcpt *r = &c->mail->rcpt[c->rcpt_at];

	if (a->code / 100 == 3) {
		out_of_step(c, a);
		return;
	}
	if (a->code == 421) {
		send_settle(c, SMTP_DEFERRED, a);
		send_finish(c, false);
		return;
	}
	r->accepted = a->code / 100 == 2;
	c->accepted += r->accepted;
	if (!c->mail_failed)
		take_rcpt(r, a);
	c->rcpt_at = next_asked(c->mail, c->rcpt_at + 1);
	if (c->rcpt_at < c->mail->rcpt_n)
		say(c, ST_RCPT);
	else
		on_envelope(c);
}

static void on_data(struct smtp_client *c, const struct smtp_answer *a)
{
	if (a->code / 100 == 4 || a->code / 100 == 5) {
		send_settle(c, class_of(a->code), a);
		c->needs_rset = !c->mail_failed;
		send_finish(c, a->code != 421);
	} else if (a->code != 354) {
		out_of_step(c, a);
	} else if (c->accepted > 0 && !c->mail_failed) {
		body_begin(c);
	} else if (c->accepted == 0) {
		/* RFC 2920 3.1: nobody was taken, yet DATA was: one dot. */
		buf_puts(&c->out, ".\r\n");
		client_state(c, ST_LONE_DOT);
		client_write(c);
	} else {
		/* MAIL failed and RCPT did not: a dot might deliver nothing
		 * to somebody. */
		send_finish(c, false);
	}
}

/* CHUNKING was offered, and BDAT is not known all the same (some box between
 * us): what followed it was read as commands, or will be. The mail can go by
 * DATA another time. */
static bool refuses_bdat(struct smtp_client *c, const struct smtp_answer *a)
{
	if (!c->bdat || (a->code != 500 && a->code != 502 && a->code != 503 &&
			 a->code != 504))
		return false;
	c->mail->bdat_refused = true;
	send_settle(c, SMTP_DEFERRED, a);
	send_finish(c, false);
	return true;
}

/* An answer before the content was sent whole (a 552 or 421, mostly). */
static void on_early(struct smtp_client *c, const struct smtp_answer *a)
{
	if (a->code < 400) {
		out_of_step(c, a);
		return;
	}
	if (refuses_bdat(c, a))
		return;
	send_settle(c, class_of(a->code), a);
	send_finish(c, false);
}

static void on_final(struct smtp_client *c, const struct smtp_answer *a)
{
	if (conn_pending(c->conn) > 0) {
		on_early(c, a);
	} else if (refuses_bdat(c, a)) {
		return;
	} else if (a->code / 100 == 3) {
		out_of_step(c, a); /* unknown */
	} else {
		send_settle(c, class_of(a->code), a);
		/* RFC 3030 4.2: a failed BDAT leaves the transaction open. */
		c->needs_rset = c->bdat && a->code >= 400;
		send_finish(c, a->code != 421);
	}
}

static void on_lone_dot(struct smtp_client *c, const struct smtp_answer *a)
{
	c->needs_rset = false;
	send_finish(c, a->code != 421);
}

void send_reply(struct smtp_client *c, const struct smtp_answer *a)
{
	static void (*const row[ST_COUNT])(struct smtp_client *,
					   const struct smtp_answer *) = {
		[ST_RSET] = on_rset,	     [ST_MAIL] = on_mail,
		[ST_RCPT] = on_rcpt,	     [ST_DATA] = on_data,
		[ST_CONTENT] = on_early,     [ST_END] = on_final,
		[ST_LONE_DOT] = on_lone_dot,
	};

	/* A kept connection that the peer ends just now says nothing about
	 * the mail. */
	if (c->state != ST_RSET && !(c->state == ST_MAIL && a->code == 421))
		c->mail->answered = true;
	row[c->state](c, a);
}
