/* load.c - one attempt: cut into transactions, answers gathered, reported. */
#include "connector/deliver/deliver_int.h"

#include <stdio.h>
#include "connector/base/fault.h"
#include "connector/base/id.h"

#define RECIPIENTS_LEAST 10u /* however few a next hop once took */
#define TOLD_MAX	 700 /* bytes of the log line's list of recipients */

_Static_assert((int)ATTEMPT_OPEN == (int)SMTP_OPEN &&
		       (int)ATTEMPT_DELIVERED == (int)SMTP_DELIVERED &&
		       (int)ATTEMPT_DEFERRED == (int)SMTP_DEFERRED &&
		       (int)ATTEMPT_FAILED == (int)SMTP_FAILED &&
		       (int)ATTEMPT_UNKNOWN == (int)SMTP_UNKNOWN &&
		       (int)ATTEMPT_MISCONFIGURED == (int)SMTP_MISCONFIGURED &&
		       (int)ATTEMPT_UNTRIED == (int)SMTP_UNTRIED,
	       "classes are the same on both floors");

struct load *load_new(struct lane *l, struct attempt *a)
{
	struct load *load = NEW(struct load);

	load->lane = l;
	load->attempt = a;
	load->began_us = clock_monotonic_us();
	return load;
}

/* What is on disk is not what was written: no later try has a better copy. */
bool load_read(struct load *load, struct attempt_source *s, struct str *piece_r,
	       struct err *e)
{
	if (attempt_source_next(s, piece_r, e))
		return true;
	load->damaged |= e->class == ERR_PERMANENT ||
			 e->class == ERR_NOT_FOUND || e->class == ERR_BUG;
	return false;
}

static bool source_next(void *arg, struct str *piece_r, struct err *e)
{
	struct load *load = arg;

	return signing_next(load, piece_r) ||
	       load_read(load, load->source, piece_r, e);
}

static size_t count_open(const struct attempt *a)
{
	size_t n = 0;

	for (size_t i = 0; i < a->rcpt_n; i++)
		n += a->rcpt[i].class == ATTEMPT_OPEN;
	return n;
}

static struct str domain_of(const struct attempt_rcpt *r)
{
	struct str address = r->row.key.n ? r->row.key : r->row.address;

	return str_skip(address, (size_t)(str_rchr(address, '@') + 1));
}

/* The recipients of the next transaction: their places in the attempt. */
static size_t choose(struct load *load)
{
	const struct attempt *a = load->attempt;
	size_t most = load->lane->recipients, n = 0;
	struct str first = STR_EMPTY;

	load->domains = 1;
	for (size_t i = 0; i < a->rcpt_n && n < most; i++) {
		struct str domain = domain_of(&a->rcpt[i]);

		if (a->rcpt[i].class != ATTEMPT_OPEN)
			continue;
		if (n == 0)
			first = domain;
		if (!str_eq_ci(first, domain)) {
			if (load->lane->one_domain)
				continue;
			load->domains = 2;
		}
		load->index[n++] = i;
	}
	return n;
}

static void fill_mail(struct load *load)
{
	const struct attempt *a = load->attempt;

	load->mail = (struct smtp_mail){
		.from = a->message.from,
		.smtputf8 = a->message.smtputf8,
		.ret = a->message.ret,
		.envid = a->message.envid,
		.size = a->size + signing_begin(load).n,
		.has_8bit = a->has_8bit,
		.has_bare_lf = a->has_bare_lf,
		.no_bdat = load->lane->no_bdat,
		.rcpt = load->rcpt,
		.next = source_next,
		.arg = load,
	};
}

bool load_next(struct load *load)
{
	const struct attempt *a = load->attempt;
	size_t n = MIN_OF(count_open(a), (size_t)load->lane->recipients);

	if (n == 0)
		return false;
	load_drop(load);
	load->rcpt = NEW_ARRAY(struct smtp_rcpt, n);
	load->index = NEW_ARRAY(size_t, n);
	n = choose(load);
	fill_mail(load);
	for (size_t i = 0; i < n; i++) {
		const struct attempt_rcpt *r = &a->rcpt[load->index[i]];

		load->rcpt[i].address = r->row.address;
		load->rcpt[i].orcpt = r->notify_orcpt.n ? r->notify_orcpt
							: r->row.orcpt;
		load->rcpt[i].notify = r->row.notify;
	}
	load->mail.rcpt_n = n;
	load->source = attempt_source_new(load->lane->d->conf.flow,
					  load->attempt);
	return true;
}

void load_drop(struct load *load)
{
	if (load->source)
		attempt_source_free(&load->source);
	mem_free(load->rcpt);
	mem_free(load->index);
	load->rcpt = NULL;
	load->index = NULL;
	load->mail.rcpt_n = 0;
}

static void answer_rcpt(struct attempt_rcpt *to, enum attempt_class class,
			const struct smtp_answer *a)
{
	to->class = class;
	to->code = a->code;
	memcpy(to->status, a->status, sizeof(to->status));
	if (a->code)
		snprintf(to->answer, sizeof(to->answer), "%d %.*s", a->code,
			 SMTP_ANSWER_MAX, a->text);
	else
		snprintf(to->answer, sizeof(to->answer), "%s", a->text);
}

/* RFC 5321 4.5.3.1.10: too many recipients is no refusal of the rest, which
 * goes into the next transaction; so does what is of another domain, where
 * those are not taken together; and where BDAT was refused, all who were
 * accepted: there is none of it in the next, so it is refused but once. */
static bool goes_next(struct load *load, const struct smtp_rcpt *r,
		      enum reply_means means, size_t accepted)
{
	struct lane *l = load->lane;
	unsigned took = MAX_OF((unsigned)accepted, RECIPIENTS_LEAST);

	if (load->mail.bdat_refused && r->accepted)
		return true;
	if (means == REPLY_FEWER && accepted > 0) {
		l->recipients = MIN_OF(l->recipients, took);
		return true;
	}
	if (means == REPLY_ONE_DOMAIN && load->domains > 1) {
		l->one_domain = true;
		return true;
	}
	return false;
}

/* Only BDAT can carry it, and that it does not exist is not what was said: 503
 * is an answer to an order of commands, 504 to a parameter (RFC 3030 2, RFC 5321
 * 4.2.4). Another time it may be taken. */
static bool waits_for_bdat(const struct load *load, const struct smtp_rcpt *r)
{
	return load->lane->bdat_doubtful && load->mail.no_bdat &&
	       load->mail.has_bare_lf && r->class == SMTP_FAILED &&
	       r->answer.code == 0 && strcmp(r->answer.status, "5.6.11") == 0;
}

static void doubt_bdat(struct load *load)
{
	bool doubtful = false;

	for (size_t i = 0; i < load->mail.rcpt_n; i++) {
		int code = load->rcpt[i].accepted ? load->rcpt[i].answer.code
						  : 0;

		doubtful = doubtful || code == 503 || code == 504;
	}
	load->lane->bdat_doubtful = doubtful;
}

static void take_rcpt(struct load *load, const struct smtp_rcpt *r,
		      struct attempt_rcpt *to, size_t accepted)
{
	int64_t window_us;
	enum reply_means means = reply_means(r, load->kind, &window_us);

	if (goes_next(load, r, means, accepted))
		return;
	if (waits_for_bdat(load, r)) {
		answer_rcpt(to, ATTEMPT_DEFERRED, &r->answer);
		to->status[0] = '4';
		return;
	}
	answer_rcpt(to,
		    means == REPLY_LOOP ? ATTEMPT_LOOP
					: (enum attempt_class)r->class,
		    &r->answer);
	to->retry_us = window_us;
	to->dsn_passed_on = r->dsn_passed_on;
}

void load_take(struct load *load)
{
	size_t accepted = 0;

	load->lane->no_bdat |= load->mail.bdat_refused;
	if (load->mail.bdat_refused)
		doubt_bdat(load);
	for (size_t i = 0; i < load->mail.rcpt_n; i++)
		accepted += load->rcpt[i].accepted;
	for (size_t i = 0; i < load->mail.rcpt_n; i++)
		take_rcpt(load, &load->rcpt[i],
			  &load->attempt->rcpt[load->index[i]], accepted);
	load_drop(load);
}

void load_settle(struct load *load, enum attempt_class class,
		 const struct smtp_answer *why)
{
	for (size_t i = 0; i < load->attempt->rcpt_n; i++) {
		struct attempt_rcpt *r = &load->attempt->rcpt[i];

		if (r->class == ATTEMPT_OPEN)
			answer_rcpt(r, class, why);
	}
}

static void tell_rcpts(const struct attempt *a, struct buf *out)
{
	for (size_t i = 0; i < a->rcpt_n; i++) {
		const struct attempt_rcpt *r = &a->rcpt[i];

		buf_printf(
			out, "%s%.*s=%s", i ? " " : "",
			STR_ARG(str_head(r->row.address, 100)),
			r->class == ATTEMPT_LOOP ? "loop"
			: r->class == ATTEMPT_DAMAGED
				? "damaged"
				: smtp_class_name((enum smtp_class)r->class));
		if (r->code)
			buf_printf(out, "/%d", r->code);
		if (r->status[0])
			buf_printf(out, "/%s", r->status);
	}
}

/* The answer that a reader wants to see: the worst one. */
static const struct attempt_rcpt *worst(const struct attempt *a)
{
	const struct attempt_rcpt *found = &a->rcpt[0];

	for (size_t i = 1; i < a->rcpt_n; i++) {
		if (a->rcpt[i].class > found->class)
			found = &a->rcpt[i];
	}
	return found;
}

static enum log_level level_of(enum attempt_class class)
{
	if (class == ATTEMPT_UNTRIED)
		return LOG_DEBUG;
	return class <= ATTEMPT_DELIVERED ? LOG_INFO : LOG_WARN;
}

static void log_attempt(const struct load *load)
{
	const struct attempt *a = load->attempt;
	const struct attempt_rcpt *w = worst(a);
	enum log_level level = level_of(w->class);
	struct buf told = BUF_MAX(TOLD_MAX);
	char id[ID_TEXT_LEN + 1];

	id_text(a->message.id, id);
	tell_rcpts(a, &told);
	LOG(load->lane->d->conf.log, level, "attempt", LS("id", id),
	    LS("tenant", load->lane->way->tenant), LS("remote", a->remote),
	    LS("tls", load->tls[0] ? load->tls : "none"),
	    LU("rcpts", a->rcpt_n), LSTR("to", buf_str(&told)),
	    LU("size", a->size), LS("dkim", signing_domain(load)),
	    LS("answer", w->answer),
	    LU("us", clock_monotonic_us() - load->began_us));
	buf_release(&told);
}

/* Nobody who still waits can have it. */
static void set_damaged(struct attempt *a)
{
	for (size_t i = 0; i < a->rcpt_n; i++) {
		enum attempt_class *class = &a->rcpt[i].class;

		if (*class == ATTEMPT_DEFERRED || *class == ATTEMPT_UNTRIED)
			*class = ATTEMPT_DAMAGED;
	}
}

void load_finish(struct load *load)
{
	struct deliver *d = load->lane->d;
	struct attempt *a = load->attempt;
	static const struct smtp_answer untried = {.status = "4.3.2",
						   .text = "not attempted"};

	fault_point("attempt-answered");
	load_drop(load);
	load_settle(load, ATTEMPT_UNTRIED, &untried);
	if (load->damaged)
		set_damaged(a);
	if (a->rcpt_n > 0)
		log_attempt(load);
	lane_took(load->lane, clock_monotonic_us() - load->began_us);
	load->lane->loads--;
	signing_free(&load->signing);
	mem_free(load);
	flow_attempt_done(d->conf.flow, &a);
}
