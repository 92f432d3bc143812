/* reply.c - replies, collected per turn of the session and written at once
 * (RFC 2920 3.2: answers to a pipelined group go out together).
 */
#include "connector/smtpd/smtpd_int.h"

static void flush_when_large(struct session *s)
{
	if (s->out.n < OUT_MAX / 2)
		return;
	conn_write_str(s->conn, buf_str(&s->out));
	buf_clear(&s->out);
}

void reply(struct session *s, int code, const char *status, const char *fmt,
	   ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_printf(&s->out, "%d %s ", code, status);
	buf_vprintf(&s->out, fmt, ap);
	buf_puts(&s->out, "\r\n");
	va_end(ap);
	/* Inside a proven tenant's transaction a refused recipient is news
	 * for the sender, not an attack on us. */
	if (code >= 500 && !session_in(s, IN(MAIL) | IN(RCPT) | IN(BDAT)))
		s->errors++;
	flush_when_large(s);
}

void reply_plain(struct session *s, int code, char sep, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_printf(&s->out, "%d%c", code, sep);
	buf_vprintf(&s->out, fmt, ap);
	buf_puts(&s->out, "\r\n");
	va_end(ap);
	flush_when_large(s);
}
