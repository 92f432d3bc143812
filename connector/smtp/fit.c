/* fit.c - does a copy fit what the peer offered? What does not, never leaves.
 *
 * Answers are ours (code 0) with a status of RFC 3463.  A caller that can make
 * a 7-bit copy for a 7-bit hop asks smtp_client_caps() and gives that instead;
 * what still comes here as 8-bit fails with 5.6.3.
 */
#include "connector/smtp/client_int.h"

#define ADDRESS_MAX 512 /* bytes of UTF-8 that may stand in a path */

/* Was RFC 6531 really needed? A header can only be UTF-8 in an 8-bit copy. */
bool fit_needs_utf8(const struct smtp_mail *m)
{
	if (m->smtputf8 && m->has_8bit)
		return true;
	if (!str_is_ascii(m->from))
		return true;
	for (size_t i = 0; i < m->rcpt_n; i++) {
		const struct smtp_rcpt *r = &m->rcpt[i];

		if (r->class == SMTP_OPEN && !str_is_ascii(r->address))
			return true;
	}
	return false;
}

/* No byte of an address may end the path or the line it stands in. */
static bool address_is_safe(struct str s)
{
	bool quoted = false;

	if (s.n > ADDRESS_MAX || str_has_control(s))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char ch = s.p[i];

		if (quoted && ch == '\\')
			i++;
		else if (ch == '"')
			quoted = !quoted;
		else if (!quoted && (ch == '<' || ch == '>' || ch == ' '))
			return false;
	}
	return !quoted;
}

static void fail(struct smtp_rcpt *r, enum smtp_stage at, const char *status,
		 const char *text)
{
	if (r->class != SMTP_OPEN)
		return;
	r->class = SMTP_FAILED;
	r->at = at;
	answer_set(&r->answer, status, "%s", text);
}

static void fail_all(struct smtp_mail *m, const char *status, const char *text)
{
	for (size_t i = 0; i < m->rcpt_n; i++)
		fail(&m->rcpt[i], SMTP_AT_MAIL, status, text);
}

static void fit_content(const struct smtp_caps *caps, struct smtp_mail *m)
{
	if (caps->has_size && caps->size > 0 && m->size > caps->size)
		fail_all(m, "5.3.4",
			 "the message is larger than the next hop takes");
	if (m->has_bare_lf && (!caps->chunking || m->no_bdat))
		fail_all(m, "5.6.11",
			 "the message has bare CR, bare LF or NUL, which the "
			 "next hop does not take (no CHUNKING)");
	if (m->has_8bit && !caps->eightbit)
		fail_all(m, "5.6.3",
			 "the message is 8-bit, which the next hop does not "
			 "take (no 8BITMIME)");
	if (caps->smtputf8)
		return;
	if (!str_is_ascii(m->from))
		fail_all(m, "5.6.7",
			 "the sender's address needs SMTPUTF8, which the next "
			 "hop does not know");
	else if (m->smtputf8 && m->has_8bit)
		fail_all(m, "5.6.9",
			 "the header needs SMTPUTF8, which the next hop does "
			 "not know");
}

bool fit_mail(struct smtp_client *c, struct smtp_mail *m)
{
	size_t left = 0;

	if (!address_is_safe(m->from))
		fail_all(m, "5.1.7", "the sender's address cannot be sent");
	fit_content(&c->caps, m);
	for (size_t i = 0; i < m->rcpt_n; i++) {
		struct smtp_rcpt *r = &m->rcpt[i];

		if (r->address.n == 0 || !address_is_safe(r->address))
			fail(r, SMTP_AT_RCPT, "5.1.3",
			     "the address cannot be sent");
		else if (!c->caps.smtputf8 && !str_is_ascii(r->address))
			fail(r, SMTP_AT_RCPT, "5.6.7",
			     "the address needs SMTPUTF8, which the next hop "
			     "does not know");
		left += r->class == SMTP_OPEN;
	}
	return left > 0;
}
