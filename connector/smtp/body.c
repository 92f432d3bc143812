/* body.c - the content on the wire: DATA with stuffed dots, or one BDAT chunk.
 *
 * On DATA no bare CR, bare LF or NUL ever leaves: the stream is
 * looked through before it is written, and at the first such byte the
 * connection is dropped, before the final dot.  A copy with bare LF goes by
 * BDAT (RFC 3030), octet for octet, and so does a large one where the peer
 * offers it.
 */
#include "connector/smtp/client_int.h"

#include <inttypes.h>
#include "connector/base/fault.h"

/* p up to stop is a line, or what is there of one; lf: its end is there. The
 * only CR of a line stands right before its LF. */
static bool stuff_line(struct stuffer *s, const char *p, const char *stop,
		       bool lf, struct buf *out)
{
	const char *cr = memchr(p, '\r', (size_t)(stop - p));

	if (cr && cr + 1 != stop)
		return false;
	if (lf && !cr && !(s->cr && p == stop))
		return false;
	if (!s->inside && *p == '.') /* RFC 5321 4.5.2 */
		buf_putc(out, '.');
	buf_put(out, p, (size_t)(stop - p) + lf);
	s->cr = !lf && cr;
	s->inside = !lf;
	return true;
}

bool stuff(struct stuffer *s, struct str in, struct buf *out)
{
	const char *p = in.p, *end;

	if (in.n == 0)
		return true;
	end = p + in.n;
	TRY(!memchr(p, 0, in.n));
	if (s->cr && *p != '\n')
		return false;
	while (p < end) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));

		TRY(stuff_line(s, p, lf ? lf : end, lf != NULL, out));
		p = lf ? lf + 1 : end;
	}
	return buf_ok(out);
}

bool stuff_end(struct stuffer *s, struct buf *out)
{
	TRY(!s->cr);
	if (s->inside)
		buf_puts(out, "\r\n");
	buf_puts(out, ".\r\n");
	return buf_ok(out);
}

void body_begin(struct smtp_client *c)
{
	c->stuffer = (struct stuffer){0};
	c->piece = STR_EMPTY;
	c->sent = 0;
	c->source_ended = false;
	client_state(c, ST_CONTENT);
	if (c->bdat)
		buf_printf(&c->out, "BDAT %" PRIu64 " LAST\r\n", c->mail->size);
	body_go_on(c);
}

/* The copy itself cannot be sent this way: the transaction ends here, unsent. */
static void body_refuse(struct smtp_client *c)
{
	struct smtp_answer why;

	answer_set(&why, "5.6.11",
		   "the content has bare CR, bare LF or NUL and cannot be sent "
		   "by DATA");
	send_settle(c, SMTP_FAILED, &why);
	send_finish(c, false);
}

static void body_broken(struct smtp_client *c, const char *text)
{
	struct smtp_answer why;

	answer_set(&why, "4.3.0", "%s", text);
	send_settle(c, SMTP_DEFERRED, &why);
	send_finish(c, false);
}

/* Fill c->piece. False: the mail has ended. */
static bool body_piece(struct smtp_client *c)
{
	struct err e = ERR_EMPTY;

	if (!c->mail->next(c->mail->arg, &c->piece, &e)) {
		body_broken(c, e.text);
		return false;
	}
	c->source_ended = c->piece.n == 0;
	c->sent += c->piece.n;
	if (c->bdat && (c->sent > c->mail->size ||
			(c->source_ended && c->sent != c->mail->size))) {
		body_broken(c, "the copy is not as long as it should be");
		return false;
	}
	return true;
}

/* A large piece that nothing is made of leaves as it is, uncopied. */
static bool piece_leaves(struct smtp_client *c)
{
	struct str part = str_head(c->piece, 2 * OUT_BLOCK);

	if (!c->bdat || c->out.n > 0 || part.n < OUT_BLOCK)
		return false;
	conn_write(c->conn, part.p, part.n);
	c->piece = str_skip(c->piece, part.n);
	return true;
}

/* One block into c->out, or on its way. False: the mail has ended. */
static bool body_block(struct smtp_client *c)
{
	while (c->out.n < OUT_BLOCK && !c->source_ended) {
		struct str part;

		if (c->piece.n == 0 && !body_piece(c))
			return false;
		if (piece_leaves(c))
			return true;
		part = str_head(c->piece, OUT_BLOCK);
		c->piece = str_skip(c->piece, part.n);
		if (c->bdat) {
			buf_put_str(&c->out, part);
		} else if (!stuff(&c->stuffer, part, &c->out)) {
			body_refuse(c);
			return false;
		}
	}
	return true;
}

/* Writes as long as the peer takes it. The last block carries the dot, so
 * that a small mail is one write. */
void body_go_on(struct smtp_client *c)
{
	while (c->state == ST_CONTENT && conn_pending(c->conn) < OUT_HIGH) {
		if (!body_block(c))
			return;
		if (c->source_ended) {
			if (!c->bdat && !stuff_end(&c->stuffer, &c->out)) {
				body_refuse(c);
				return;
			}
			client_state(c, ST_END);
			fault_point("attempt-end");
		}
		client_write(c);
	}
}
