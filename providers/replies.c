/* replies.c - replies that mean more than they say: one table.
 *
 * A next hop that does not know us any more would bounce every mail of every
 * user: such replies hold the queue, with an alarm.  Replies that ask for less
 * pace slow the route down; quotas wait for their window; loops wait for
 * somebody to look.  Everything else means the mail, and so does every "no" of
 * a stranger's server (direct), where only the pace is ours to mind.
 */
#include "providers/providers_int.h"

#include "connector/base/utf8.h"

#define AT(stage) (1u << (stage))
#define ANYWHERE  0xffffffffu
#define ENVELOPE  (AT(SMTP_AT_MAIL) | AT(SMTP_AT_RCPT) | AT(SMTP_AT_DATA))
#define BEFORE                                                                 \
	(AT(SMTP_AT_GREETING) | AT(SMTP_AT_EHLO) | AT(SMTP_AT_STARTTLS) |      \
	 AT(SMTP_AT_AUTH))

/* Of the tenant's own: its relay, its mailboxes. */
#define OURS ((unsigned)HOP_RELAY | (unsigned)HOP_MAILBOX)
#define ALL  (OURS | (unsigned)HOP_DIRECT)
#define MBOX ((unsigned)HOP_MAILBOX)
#define ANY  (-1) /* enhanced status, or none */

#define WINDOW_DAY  US_PER_DAY
#define WINDOW_PEAK (10 * US_PER_MIN)

struct reply_row {
	unsigned kinds;
	int code_lo, code_hi; /* 0 0: ours */
	int subject;	      /* of the enhanced status, or ANY */
	int detail_lo, detail_hi;
	const char *words; /* that stand in the text, ASCII case folded */
	unsigned at;	   /* stages in which it means this */
	enum reply_means means;
	/* Only when every recipient gets such a reply (MISCONFIGURED); the
	 * whole hop waits, not this mail alone (QUOTA). */
	bool all;
	int64_t window_us;  /* QUOTA */
	const char *source; /* who says so */
};

static const struct reply_row row[] = {
	/* Exchange Online: "Non-delivery report codes", and the connector
	 * conditions in force since 1 November 2023. */
	{OURS, 500, 599, 7, 64, 64, NULL, ANYWHERE, REPLY_MISCONFIGURED, false,
	 0,
	 "Exchange Online: 550 5.7.64 TenantAttribution; Relay Access Denied"},
	{OURS, 500, 599, 7, 68, 68, NULL, ANYWHERE, REPLY_MISCONFIGURED, false,
	 0,
	 "Exchange Online: 550 5.7.68 TenantInboundAttribution; Direct Send "
	 "not allowed"},
	{OURS, 500, 599, 7, 51, 51, NULL, ANYWHERE, REPLY_MISCONFIGURED, false,
	 0,
	 "Exchange Online: 550 5.7.51 TenantInboundAttribution; a partner "
	 "connector matched the sender's domain"},
	{OURS, 500, 599, 7, 700, 750, NULL, ANYWHERE, REPLY_MISCONFIGURED,
	 false, 0,
	 "Exchange Online: 550 5.7.705, 5.7.708, 5.7.750: tenant blocked, or "
	 "unregistered domain"},
	{OURS, 500, 599, 7, 506, 506, NULL, ANYWHERE, REPLY_MISCONFIGURED,
	 false, 0, "Exchange Online: 550 5.7.506 Access denied, bad HELO"},
	{OURS, 500, 599, 7, 57, 57, NULL, ANYWHERE, REPLY_MISCONFIGURED, false,
	 0,
	 "Exchange Online: 530 5.7.57 Client not authenticated to send mail"},
	{MBOX, 500, 599, 7, 60, 60, NULL, ANYWHERE, REPLY_MISCONFIGURED, false,
	 0,
	 "Exchange Online: 550 5.7.60 Client does not have permissions to send "
	 "as this sender"},
	{MBOX, 500, 599, 2, 252, 252, NULL, ANYWHERE, REPLY_MISCONFIGURED,
	 false, 0, "Exchange Online: 554 5.2.252 SendAsDenied"},
	{OURS, 400, 499, 4, 62, 62, NULL, ANYWHERE, REPLY_MISCONFIGURED, false,
	 0,
	 "Exchange Online: 451 4.4.62 Mail sent to the wrong Office 365 "
	 "region. ATTR35"},
	{OURS, 500, 599, 4, 14, 14, NULL, ANYWHERE, REPLY_LOOP, false, 0,
	 "Exchange Online: 554 5.4.14 Hop count exceeded - possible mail loop "
	 "ATTR34"},
	{OURS, 500, 599, 4, 6, 6, "loop", ANYWHERE, REPLY_LOOP, false, 0,
	 "Exchange: 554 5.4.6 Hop count exceeded - possible mail loop"},
	{OURS, 500, 599, 4, 6, 6, "hop count", ANYWHERE, REPLY_LOOP, false, 0,
	 "Exchange: 554 5.4.6 Hop count exceeded"},
	{OURS, 500, 599, 7, 128, 128, NULL, ANYWHERE, REPLY_LOOP, false, 0,
	 "Exchange Online: 550 5.7.128 transport rules loop"},
	{OURS, 500, 599, 1, 8, 8, "bad outbound sender", ANYWHERE, REPLY_QUOTA,
	 false, WINDOW_DAY,
	 "Exchange Online: 550 5.1.8 Access denied, bad outbound sender"},
	{OURS, 500, 599, 2, 2, 2, "submission quota", ANYWHERE, REPLY_QUOTA,
	 false, WINDOW_DAY,
	 "Exchange Online: 550 5.2.2 Submission quota exceeded"},
	{OURS, 500, 599, 2, 2, 2, "submissionquota", ANYWHERE, REPLY_QUOTA,
	 false, WINDOW_DAY,
	 "Exchange Online: 554 5.2.2 SubmissionQuotaExceededException"},
	{OURS, 500, 599, 7, 232, 233, NULL, ANYWHERE, REPLY_QUOTA, true,
	 WINDOW_DAY,
	 "Exchange Online: 550 5.7.232, 5.7.233: tenant limit of external "
	 "recipients"},
	{ALL, 400, 499, 7, 500, 699, NULL, ANYWHERE, REPLY_THROTTLE, false, 0,
	 "Exchange Online: 451 4.7.500-699 Server busy (ASxxx)"},
	{ALL, 400, 499, 7, 850, 899, NULL, ANYWHERE, REPLY_THROTTLE, false, 0,
	 "Exchange Online: 451 4.7.850-899 Server busy"},
	{ALL, 400, 499, 3, 2, 2, NULL, ANYWHERE, REPLY_THROTTLE, false, 0,
	 "Exchange Online: 432 4.3.2 Concurrent connections limit exceeded; "
	 "RFC 3463: system not accepting network messages"},
	{ALL, 400, 599, 5, 3, 3, NULL, AT(SMTP_AT_RCPT), REPLY_FEWER, false, 0,
	 "RFC 3463: X.5.3 too many recipients; Exchange Online: 452 4.5.3 Too "
	 "many recipients (200 of one domain); Google: 452 4.5.3"},
	{ALL, 452, 452, ANY, 0, 0, "too many", AT(SMTP_AT_RCPT), REPLY_FEWER,
	 false, 0, "RFC 5321 4.5.3.1.10: 452 Too many recipients"},
	{ALL, 552, 552, ANY, 0, 0, "too many", AT(SMTP_AT_RCPT), REPLY_FEWER,
	 false, 0, "RFC 5321 4.5.3.1.10: 552 from older servers means 452"},
	{ALL, 500, 599, 6, 11, 11, NULL, ANYWHERE, REPLY_PLAIN, false, 0,
	 "Exchange Online: 550 5.6.11 bare line feeds: content, the sender is "
	 "told"},
	{ALL, 500, 599, 7, 512, 512, NULL, ANYWHERE, REPLY_PLAIN, false, 0,
	 "Exchange Online: 550 5.7.512 no valid address in From: content, the "
	 "sender is told"},
	{ALL, 500, 599, 3, 4, 4, NULL, ANYWHERE, REPLY_PLAIN, false, 0,
	 "RFC 3463: X.3.4 message too big: content, the sender is told"},
	/* Google Workspace: "SMTP relay service error messages". */
	{OURS, 500, 599, 7, 1, 1, "invalid credentials for relay", ANYWHERE,
	 REPLY_MISCONFIGURED, false, 0,
	 "Google: 550 5.7.1 Invalid credentials for relay"},
	{OURS, 500, 599, 7, 1, 1, "relay limit exceeded", ANYWHERE, REPLY_QUOTA,
	 true, WINDOW_DAY,
	 "Google: 550 5.7.1 Daily SMTP relay limit exceeded for customer"},
	{OURS, 500, 599, 4, 5, 5, "daily", ANYWHERE, REPLY_QUOTA, false,
	 WINDOW_DAY,
	 "Google: 550 5.4.5 Daily SMTP relay sending limit exceeded for user"},
	{OURS, 400, 499, 2, 1, 1, "relay limit exceeded", ANYWHERE, REPLY_QUOTA,
	 true, WINDOW_PEAK,
	 "Google: 450 4.2.1 Peak SMTP relay limit exceeded for customer"},
	{ALL, 451, 451, 3, 0, 0, "multiple destination domains", ANYWHERE,
	 REPLY_ONE_DOMAIN, false, 0,
	 "Google: 451 4.3.0 Multiple destination domains per transaction is "
	 "unsupported"},
	{ALL, 400, 499, 7, 28, 28, NULL, ANYWHERE, REPLY_THROTTLE, false, 0,
	 "Google: 421 4.7.28 unusual rate of mail"},
	{OURS, 500, 599, 7, 28, 28, NULL, ANYWHERE, REPLY_THROTTLE, false, 0,
	 "Google: 550 5.7.28 unusual rate of mail"},
	/* Any server. */
	{ALL, 421, 421, 7, 0, 0, NULL, ANYWHERE, REPLY_THROTTLE, false, 0,
	 "Google, Exchange Online: 421 4.7.0 Try again later, closing "
	 "connection"},
	{ALL, 421, 421, ANY, 0, 0, NULL, BEFORE, REPLY_THROTTLE, false, 0,
	 "RFC 5321 3.8: service not available"},
	{MBOX, 421, 421, 4, 2, 2, "submission rate", ANYWHERE, REPLY_THROTTLE,
	 false, 0,
	 "Exchange Online: 421 4.4.2 Message submission rate for this client "
	 "has exceeded the configured limit"},
	{MBOX, 454, 454, 7, 0, 0, NULL, ANYWHERE, REPLY_THROTTLE, false, 0,
	 "RFC 4954 6: 454 4.7.0 Temporary authentication failure"},
	{OURS, 530, 530, ANY, 0, 0, NULL, ANYWHERE, REPLY_MISCONFIGURED, false,
	 0,
	 "RFC 3207 4: 530 Must issue a STARTTLS command first; RFC 4954 6: 530 "
	 "5.7.0 Authentication required"},
	{OURS, 534, 535, ANY, 0, 0, NULL, ANYWHERE, REPLY_MISCONFIGURED, false,
	 0, "RFC 4954 6: 534, 535: authentication mechanism, credentials"},
	{OURS, 538, 538, ANY, 0, 0, NULL, ANYWHERE, REPLY_MISCONFIGURED, false,
	 0, "RFC 4954 6: 538 Encryption required for the mechanism"},
	{OURS, 500, 599, ANY, 0, 0, NULL, BEFORE, REPLY_MISCONFIGURED, false, 0,
	 "RFC 5321 3.1: 554 in the greeting: no SMTP service for us"},
	{OURS, 500, 599, ANY, 0, 0, "relay access denied", ENVELOPE,
	 REPLY_MISCONFIGURED, true, 0,
	 "Postfix: 554 5.7.1 <rcpt>: Relay access denied"},
	{OURS, 500, 599, ANY, 0, 0, "relaying denied", ENVELOPE,
	 REPLY_MISCONFIGURED, true, 0,
	 "Sendmail: 550 5.7.1 <rcpt>... Relaying denied"},
	{OURS, 500, 599, ANY, 0, 0, "relay not permitted", ENVELOPE,
	 REPLY_MISCONFIGURED, true, 0, "Exim: 550 relay not permitted"},
	{OURS, 500, 599, ANY, 0, 0, "unable to relay", ENVELOPE,
	 REPLY_MISCONFIGURED, true, 0,
	 "Exchange: 550 5.7.54 SMTP; Unable to relay"},
	{OURS, 500, 599, ANY, 0, 0, "not permitted to relay", ENVELOPE,
	 REPLY_MISCONFIGURED, true, 0, "several: not permitted to relay"},
	{OURS, 500, 599, ANY, 0, 0, "relay denied", ENVELOPE,
	 REPLY_MISCONFIGURED, true, 0, "Google: 550 5.7.0 Mail relay denied"},
	{OURS, 500, 599, ANY, 0, 0, "not allowed to relay", ENVELOPE,
	 REPLY_MISCONFIGURED, true, 0, "several: not allowed to relay"},
	{OURS, 500, 599, ANY, 0, 0, "allowed rcpthosts", ENVELOPE,
	 REPLY_MISCONFIGURED, true, 0,
	 "qmail: 553 sorry, that domain isn't in my list of allowed rcpthosts"},
	{OURS, 500, 599, ANY, 0, 0, "client host rejected", ENVELOPE,
	 REPLY_MISCONFIGURED, true, 0,
	 "Postfix: 554 5.7.1 <client>: Client host rejected: Access denied"},
	/* Our own client: what the settings demand is not there. */
	{OURS, 0, 0, 7, 10, 10, NULL, AT(SMTP_AT_STARTTLS), REPLY_MISCONFIGURED,
	 false, 0, "TLS demanded, STARTTLS not offered"},
	{OURS, 0, 0, 7, 5, 5, NULL, AT(SMTP_AT_TLS), REPLY_MISCONFIGURED, false,
	 0, "TLS demanded, certificate not verified"},
	{OURS, 0, 0, 7, 10, 10, NULL, AT(SMTP_AT_AUTH), REPLY_MISCONFIGURED,
	 false, 0, "a login, and no TLS"},
	{OURS, 0, 0, 7, 4, 4, NULL, AT(SMTP_AT_AUTH), REPLY_MISCONFIGURED,
	 false, 0, "no mechanism of ours is offered"},
	{OURS, 0, 0, 7, 8, 8, NULL, AT(SMTP_AT_AUTH), REPLY_MISCONFIGURED,
	 false, 0, "there is no login: its settings or files do not fit"},
};

struct status {
	int subject, detail; /* ANY: none */
};

static int number(struct str s)
{
	uint64_t v;

	return str_u64(s, &v) && v <= 999 ? (int)v : ANY;
}

static struct status status_of(const struct smtp_answer *a)
{
	struct status st = {ANY, ANY};
	struct str rest = str_of(a->status), part;

	if (rest.n > 0 && str_split(&rest, '.', &part) &&
	    str_split(&rest, '.', &part)) {
		st.subject = number(part);
		st.detail = number(rest);
	}
	return st;
}

/* "550 " or "550-" as a word of its own. */
static bool is_code(struct str s)
{
	return s.n > 3 && (s.p[0] == '4' || s.p[0] == '5') &&
	       ascii_digit(s.p[1]) && ascii_digit(s.p[2]) &&
	       (s.p[3] == ' ' || s.p[3] == '-');
}

/* Does what stands before the words say that they are another host's?  A relay
 * that asks it about a recipient repeats its answer. */
static bool quotes(struct str before)
{
	if (str_find_ci(before, STR(" said:")) >= 0)
		return true;
	for (size_t i = 1; i < before.n; i++)
		if (str_chr(STR(" \n:'\"(["), before.p[i - 1]) >= 0 &&
		    is_code(str_skip(before, i)))
			return true;
	return false;
}

static bool has_words(const struct reply_row *r, const struct smtp_answer *a,
		      struct status st)
{
	struct str text = str_of(a->text);
	ptrdiff_t at = str_find_ci(text, str_of(r->words));

	if (at < 0)
		return false;
	/* RFC 3463 3.2: X.1.X is of an address, not of us. */
	return !(r->all && r->means == REPLY_MISCONFIGURED &&
		 (st.subject == 1 || quotes(str_head(text, (size_t)at))));
}

static bool fits(const struct reply_row *r, const struct smtp_answer *a,
		 struct status st, enum smtp_stage at)
{
	if (a->code < r->code_lo || a->code > r->code_hi || !(r->at & AT(at)))
		return false;
	if (r->subject != ANY &&
	    (st.subject != r->subject || st.detail < r->detail_lo ||
	     st.detail > r->detail_hi))
		return false;
	return !r->words || has_words(r, a, st);
}

ptrdiff_t reply_row(const struct smtp_answer *a, enum smtp_stage at,
		    enum hop_kind kind)
{
	struct status st = status_of(a);

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		if ((row[i].kinds & (unsigned)kind) && fits(&row[i], a, st, at))
			return (ptrdiff_t)i;
	}
	return -1;
}

size_t reply_rows(void)
{
	return ARRAY_LEN(row);
}

static const struct reply_row *find(const struct smtp_answer *a,
				    enum smtp_stage at, enum hop_kind kind)
{
	ptrdiff_t i = reply_row(a, at, kind);

	return i >= 0 ? &row[i] : NULL;
}

static enum hop_mood mood_of(const struct reply_row *r)
{
	if (!r)
		return HOP_FINE;
	if (r->means == REPLY_MISCONFIGURED)
		return HOP_REFUSES_US;
	if (r->means == REPLY_THROTTLE || (r->means == REPLY_QUOTA && r->all))
		return HOP_THROTTLES;
	return HOP_FINE;
}

enum hop_mood reply_mood(const struct smtp_answer *a, enum smtp_stage at,
			 enum hop_kind kind)
{
	return mood_of(find(a, at, kind));
}

static const struct reply_row *find_refusal(const struct smtp_rcpt *r,
					    enum hop_kind kind)
{
	bool refused = r->class == SMTP_DEFERRED || r->class == SMTP_FAILED ||
		       r->class == SMTP_MISCONFIGURED;

	if (!refused || r->answer.code < 400)
		return NULL;
	return find(&r->answer, r->at, kind);
}

enum reply_means reply_means(const struct smtp_rcpt *r, enum hop_kind kind,
			     int64_t *window_us_r)
{
	const struct reply_row *hit = find_refusal(r, kind);

	*window_us_r = hit ? hit->window_us : 0;
	return hit ? hit->means : REPLY_PLAIN;
}

/* A mail is not bounced for what the hop thinks of us. */
static enum smtp_class class_of(const struct reply_row *r, enum smtp_class was)
{
	if (r->means == REPLY_MISCONFIGURED)
		return SMTP_MISCONFIGURED;
	return r->means == REPLY_PLAIN ? was : SMTP_DEFERRED;
}

enum hop_mood reply_judge(struct smtp_mail *m, enum hop_kind kind)
{
	enum hop_mood mood = HOP_FINE;
	size_t all = 0;

	for (size_t i = 0; i < m->rcpt_n; i++) {
		struct smtp_rcpt *r = &m->rcpt[i];
		const struct reply_row *hit = find_refusal(r, kind);

		if (!hit)
			continue;
		if (hit->all && hit->means == REPLY_MISCONFIGURED) {
			all++;
			continue;
		}
		r->class = class_of(hit, r->class);
		mood = MAX_OF(mood, mood_of(hit));
	}
	if (all == 0 || all < m->rcpt_n)
		return mood;
	for (size_t i = 0; i < m->rcpt_n; i++)
		m->rcpt[i].class = SMTP_MISCONFIGURED;
	return HOP_REFUSES_US;
}
