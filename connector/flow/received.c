/* received.c - the header fields that we put before the original bytes: our
 * Received line always, Message-ID and Date only where they are missing
 * (RFC 5321 4.4, RFC 5322 3.6).
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include "connector/flow/flow_int.h"

/* "[192.0.2.1]" or "[IPv6:2001:db8::1]", RFC 5321 4.1.3. */
static void literal_write(const struct sockaddr_storage *sa, struct buf *out)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (sa->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)sa;

		if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
			inet_ntop(AF_INET, &in6->sin6_addr.s6_addr[12], text,
				  sizeof(text));
			buf_printf(out, "[%s]", text);
			return;
		}
		inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text));
		buf_printf(out, "[IPv6:%s]", text);
		return;
	}
	if (sa->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)sa;

		inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text));
	}
	buf_printf(out, "[%s]", text);
}

/* RFC 3848, RFC 6531 4.3. */
static const char *protocol(const struct flow_session *s)
{
	if (s->login)
		return s->smtputf8 ? "UTF8SMTPSA" : "ESMTPSA";
	if (s->smtputf8)
		return s->tls_version.n ? "UTF8SMTPS" : "UTF8SMTP";
	if (s->tls_version.n)
		return "ESMTPS";
	return s->helo_only ? "SMTP" : "ESMTP"; /* RFC 5321 4.4 */
}

void prefix_write(struct flow *f, const struct flow_session *s,
		  const struct envelope *env, const struct header_scan *scan,
		  int64_t id, int64_t now_us, struct buf *out)
{
	const char *hostname = f->c.config->hostname;
	char id_s[ID_TEXT_LEN + 1];

	id_text(id, id_s);
	buf_printf(out, "Received: from " STR_FMT " (", STR_ARG(s->helo));
	literal_write(&s->peer, out);
	buf_printf(out, ")\r\n\tby %s (Sekisho) with %s id %s", hostname,
		   protocol(s), id_s);
	if (env->rcpt_n == 1)
		buf_printf(out, "\r\n\tfor <" STR_FMT ">",
			   STR_ARG(env->rcpt[0].addr.text));
	buf_puts(out, ";\r\n\t");
	time_put_rfc5322(out, f->c.config->timezone, now_us);
	buf_puts(out, "\r\n");
	if (!scan->has_message_id)
		buf_printf(out, "Message-ID: <%s.sekisho@%s>\r\n", id_s,
			   hostname);
	if (scan->has_date)
		return;
	buf_puts(out, "Date: ");
	time_put_rfc5322(out, f->c.config->timezone, now_us);
	buf_puts(out, "\r\n");
}
