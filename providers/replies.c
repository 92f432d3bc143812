/* replies.c - replies that speak of us, not of the mail: one table.
 *
 * A next hop that does not know us any more would bounce every mail of every
 * user.  Such replies hold the queue instead, with an alarm.  Replies that
 * ask for less pace slow the hop down.  Everything else means the mail.
 */
#include "providers/providers_int.h"

#include "connector/base/utf8.h"

#define AT(stage) (1u << (stage))
#define ANYWHERE  0xffffffffu
#define ENVELOPE  (AT(SMTP_AT_MAIL) | AT(SMTP_AT_RCPT) | AT(SMTP_AT_DATA))
#define BEFORE	  (AT(SMTP_AT_GREETING) | AT(SMTP_AT_EHLO) | AT(SMTP_AT_STARTTLS))

struct reply_row {
	int code_lo, code_hi; /* 0 0: ours */
	int subject;	      /* of the enhanced status; -1: any or none */
	int detail_lo, detail_hi;
	const char *words; /* that stand in the text, ASCII case folded */
	unsigned at;	   /* stages in which it means this */
	bool all;	   /* only when every recipient gets such a reply */
	enum hop_mood mood;
	const char *source; /* who says so */
};

static const struct reply_row row[] = {
	/* Exchange Online, "Non-delivery report codes", and the connector
	 * conditions in force since 1 November 2023. */
	{500, 599, 7, 64, 64, NULL, ANYWHERE, false, HOP_REFUSES_US,
	 "Exchange Online: 550 5.7.64 TenantAttribution; Relay Access Denied"},
	{500, 599, 7, 68, 68, NULL, ANYWHERE, false, HOP_REFUSES_US,
	 "Exchange Online: 550 5.7.68 TenantInboundAttribution; Direct Send "
	 "not allowed"},
	{500, 599, 7, 51, 51, NULL, ANYWHERE, false, HOP_REFUSES_US,
	 "Exchange Online: 550 5.7.51 TenantInboundAttribution; There is a "
	 "partner connector configured that matched the sender's domain"},
	{500, 599, 7, 700, 750, NULL, ANYWHERE, false, HOP_REFUSES_US,
	 "Exchange Online: 550 5.7.705, 5.7.708, 5.7.750: tenant blocked, or "
	 "unregistered domain"},
	{500, 599, 7, 506, 506, NULL, ANYWHERE, false, HOP_REFUSES_US,
	 "Exchange Online: 550 5.7.506 Access denied, bad HELO"},
	{500, 599, 7, 57, 57, NULL, ANYWHERE, false, HOP_REFUSES_US,
	 "Exchange Online: 530 5.7.57 Client not authenticated to send mail"},
	{400, 499, 4, 62, 62, NULL, ANYWHERE, false, HOP_REFUSES_US,
	 "Exchange Online: 451 4.4.62 Mail sent to the wrong Office 365 "
	 "region. ATTR35"},
	{500, 599, 1, 8, 8, "bad outbound sender", ANYWHERE, false,
	 HOP_THROTTLES,
	 "Exchange Online: 550 5.1.8 Access denied, bad "
	 "outbound sender"},
	{500, 599, 7, 232, 233, NULL, ANYWHERE, false, HOP_THROTTLES,
	 "Exchange Online: 550 5.7.232, 5.7.233: tenant limit of external "
	 "recipients"},
	{400, 499, 7, 500, 699, NULL, ANYWHERE, false, HOP_THROTTLES,
	 "Exchange Online: 451 4.7.500-699 Server busy (ASxxx)"},
	{400, 499, 7, 850, 899, NULL, ANYWHERE, false, HOP_THROTTLES,
	 "Exchange Online: 451 4.7.850-899 Server busy"},
	{400, 499, 3, 2, 2, NULL, ANYWHERE, false, HOP_THROTTLES,
	 "Exchange Online: 432 4.3.2 Concurrent connections limit exceeded; "
	 "RFC 3463: system not accepting network messages"},
	/* Google Workspace, "SMTP relay service error messages". */
	{500, 599, 7, 1, 1, "invalid credentials for relay", ANYWHERE, false,
	 HOP_REFUSES_US, "Google: 550 5.7.1 Invalid credentials for relay"},
	{500, 599, 7, 1, 1, "smtp relay limit exceeded", ANYWHERE, false,
	 HOP_THROTTLES,
	 "Google: 550 5.7.1 Daily SMTP relay limit exceeded for customer"},
	{500, 599, 4, 5, 5, "daily", ANYWHERE, false, HOP_THROTTLES,
	 "Google: 550 5.4.5 Daily SMTP relay sending limit exceeded for user"},
	{400, 499, 2, 1, 1, "relay limit exceeded", ANYWHERE, false,
	 HOP_THROTTLES,
	 "Google: 450 4.2.1 Peak SMTP relay limit exceeded for customer"},
	{400, 599, 7, 28, 28, NULL, ANYWHERE, false, HOP_THROTTLES,
	 "Google: 421 4.7.28, 550 5.7.28: unusual rate of mail"},
	/* Any server. */
	{421, 421, 7, 0, 0, NULL, ANYWHERE, false, HOP_THROTTLES,
	 "Google, Exchange Online: 421 4.7.0 Try again later, closing "
	 "connection"},
	{421, 421, -1, 0, 0, NULL, BEFORE, false, HOP_THROTTLES,
	 "RFC 5321 3.8: service not available"},
	{530, 530, -1, 0, 0, NULL, ANYWHERE, false, HOP_REFUSES_US,
	 "RFC 3207 4: 530 Must issue a STARTTLS command first; RFC 4954 6: "
	 "530 5.7.0 Authentication required"},
	{534, 535, -1, 0, 0, NULL, ANYWHERE, false, HOP_REFUSES_US,
	 "RFC 4954 6: 534, 535: authentication mechanism, credentials"},
	{538, 538, -1, 0, 0, NULL, ANYWHERE, false, HOP_REFUSES_US,
	 "RFC 4954 6: 538 Encryption required for the mechanism"},
	{500, 599, -1, 0, 0, NULL, BEFORE, false, HOP_REFUSES_US,
	 "RFC 5321 3.1: 554 in the greeting: no SMTP service for us"},
	{500, 599, -1, 0, 0, "relay access denied", ENVELOPE, true,
	 HOP_REFUSES_US, "Postfix: 554 5.7.1 <rcpt>: Relay access denied"},
	{500, 599, -1, 0, 0, "relaying denied", ENVELOPE, true, HOP_REFUSES_US,
	 "Sendmail: 550 5.7.1 <rcpt>... Relaying denied"},
	{500, 599, -1, 0, 0, "relay not permitted", ENVELOPE, true,
	 HOP_REFUSES_US, "Exim: 550 relay not permitted"},
	{500, 599, -1, 0, 0, "unable to relay", ENVELOPE, true, HOP_REFUSES_US,
	 "Exchange: 550 5.7.54 SMTP; Unable to relay"},
	{500, 599, -1, 0, 0, "not permitted to relay", ENVELOPE, true,
	 HOP_REFUSES_US, "several: not permitted to relay"},
	{500, 599, -1, 0, 0, "client host rejected", ENVELOPE, true,
	 HOP_REFUSES_US,
	 "Postfix: 554 5.7.1 <client>: Client host rejected: "
	 "Access denied"},
	/* Our own client: the TLS that the settings demand is not there. */
	{0, 0, 7, 10, 10, NULL, AT(SMTP_AT_STARTTLS), false, HOP_REFUSES_US,
	 "TLS demanded, STARTTLS not offered"},
	{0, 0, 7, 5, 5, NULL, AT(SMTP_AT_TLS), false, HOP_REFUSES_US,
	 "TLS demanded, certificate not verified"},
};

struct status {
	int subject, detail; /* -1: none */
};

static int number(struct str s)
{
	uint64_t v;

	return str_u64(s, &v) && v <= 999 ? (int)v : -1;
}

static struct status status_of(const struct smtp_answer *a)
{
	struct status st = {-1, -1};
	struct str rest = str_of(a->status), part;

	if (rest.n > 0 && str_split(&rest, '.', &part) &&
	    str_split(&rest, '.', &part)) {
		st.subject = number(part);
		st.detail = number(rest);
	}
	return st;
}

static bool fits(const struct reply_row *r, const struct smtp_answer *a,
		 struct status st, enum smtp_stage at)
{
	if (a->code < r->code_lo || a->code > r->code_hi || !(r->at & AT(at)))
		return false;
	if (r->subject >= 0 &&
	    (st.subject != r->subject || st.detail < r->detail_lo ||
	     st.detail > r->detail_hi))
		return false;
	return !r->words || str_find_ci(str_of(a->text), str_of(r->words)) >= 0;
}

static const struct reply_row *find(const struct smtp_answer *a,
				    enum smtp_stage at)
{
	struct status st = status_of(a);

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		if (fits(&row[i], a, st, at))
			return &row[i];
	}
	return NULL;
}

enum hop_mood reply_mood(const struct smtp_answer *a, enum smtp_stage at)
{
	const struct reply_row *r = find(a, at);

	return r ? r->mood : HOP_FINE;
}

static bool was_refused(const struct smtp_rcpt *r)
{
	return (r->class == SMTP_DEFERRED || r->class == SMTP_FAILED) &&
	       r->answer.code >= 400;
}

enum hop_mood reply_judge(struct smtp_mail *m)
{
	enum hop_mood mood = HOP_FINE;
	size_t all = 0;

	for (size_t i = 0; i < m->rcpt_n; i++) {
		struct smtp_rcpt *r = &m->rcpt[i];
		const struct reply_row *hit = was_refused(r)
						      ? find(&r->answer, r->at)
						      : NULL;

		if (!hit)
			continue;
		if (hit->all) {
			all++;
			continue;
		}
		/* A mail is not bounced for what the hop thinks of us. */
		r->class = hit->mood == HOP_REFUSES_US ? SMTP_MISCONFIGURED
						       : SMTP_DEFERRED;
		mood = MAX_OF(mood, hit->mood);
	}
	if (all == 0 || all < m->rcpt_n)
		return mood;
	for (size_t i = 0; i < m->rcpt_n; i++)
		m->rcpt[i].class = SMTP_MISCONFIGURED;
	return HOP_REFUSES_US;
}
