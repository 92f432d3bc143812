/* why.c - which conditions of a rule caught a mail: those that held, and those
 * that would have lifted it and did not.
 */
#include "policy/why_int.h"

#define CLAUSES_MAX   8
#define CLAUSES_BYTES 4000

void why_clause(struct why *w)
{
	if (!w->n++)
		return;
	buf_puts(&w->ja, "、");
	buf_puts(&w->en, ", ");
}

void why_text(struct why *w, const char *ja, const char *en)
{
	why_clause(w);
	buf_puts(&w->ja, ja);
	buf_puts(&w->en, en);
}

static void number(struct buf *out, uint64_t v, bool sizes, bool ja)
{
	if (sizes)
		say_size(out, v);
	else
		buf_printf(out, ja ? "%llu件" : "%llu", (unsigned long long)v);
}

/* "< 3" was read as 0 to 2; of bytes people say what it must stay below. */
static void at_most(struct buf *out, uint64_t hi, bool sizes, bool ja)
{
	if (!ja)
		buf_puts(out, sizes ? "less than " : "at most ");
	number(out, sizes ? hi + 1 : hi, sizes, ja);
	if (ja)
		buf_puts(out, sizes ? "未満" : "以下");
}

void why_range(struct buf *out, const struct range *r, bool sizes, bool ja)
{
	bool open = r->hi == UINT64_MAX;

	if (open && r->lo <= 1)
		return;
	buf_puts(out, ja ? "(" : " (");
	if (!open && !r->lo) {
		at_most(out, r->hi, sizes, ja);
	} else {
		if (r->lo == r->hi)
			buf_puts(out, ja ? "ちょうど" : "exactly ");
		number(out, r->lo, sizes, ja);
		if (open)
			buf_puts(out, ja ? "以上" : " or more");
	}
	if (!open && r->lo && r->lo != r->hi) {
		buf_puts(out, ja ? "から" : " to ");
		number(out, r->hi, sizes, ja);
	}
	buf_putc(out, ')');
}

/* ---- sender, recipient ---- */

static void in_set(struct why *w, const struct cond *c, bool yes)
{
	bool sender = c->kind == COND_SENDER_IN;

	why_clause(w);
	buf_printf(&w->ja, "%sが「" STR_FMT "」に%s",
		   sender ? "差出人" : "宛先", STR_ARG(c->name),
		   yes ? "当たる" : "当たらない");
	buf_printf(&w->en, "%s%s in " STR_FMT, sender ? "sender" : "recipient",
		   yes ? "" : " not", STR_ARG(c->name));
}

static void sender_kind(struct why *w, const struct cond *c, bool yes)
{
	unsigned is = w->q->person ? w->q->person->kind : PERSON_PERSON;

	(void)c;
	(void)yes;
	if (is == PERSON_SHARED)
		why_text(w, "差出人が共有メールボックス",
			 "sender a shared mailbox");
	else if (is == PERSON_SYSTEM)
		why_text(w, "差出人がシステム", "sender a system");
	else
		why_text(w, "差出人が個人", "sender a person");
}

static void employed(struct why *w, const struct cond *c, bool yes)
{
	why_clause(w);
	buf_puts(&w->ja, "差出人の入社から");
	say_duration(&w->ja, c->us, true);
	buf_puts(&w->ja, yes ? "未満" : "以上");
	buf_puts(&w->en, yes ? "sender employed less than "
			     : "sender employed more than ");
	say_duration(&w->en, c->us, false);
}

static void leaves(struct why *w, const struct cond *c, bool yes)
{
	why_clause(w);
	buf_puts(&w->ja, "差出人の退職が");
	say_duration(&w->ja, c->us, true);
	buf_puts(&w->ja, yes ? "以内" : "より先");
	buf_puts(&w->en, yes ? "sender leaves within "
			     : "sender does not leave within ");
	say_duration(&w->en, c->us, false);
}

static void rcpt_class(struct why *w, const struct cond *c, bool yes)
{
	static const char *const JA[] = {"社内", "グループ会社", "社外"};
	enum recipient_class is = w->q->rcpt_class;

	(void)c;
	(void)yes;
	why_clause(w);
	buf_printf(&w->ja, "%sの宛先", JA[is]);
	buf_printf(&w->en, "%s recipient", recipient_class_name(is));
}

static void rcpt_tls(struct why *w, const struct cond *c, bool yes)
{
	size_t at = (size_t)(w->q->rcpt - w->q->f->env->rcpt);
	const char *is = grade_name(rcpt_grade(w->q, at));

	(void)c;
	(void)yes;
	why_clause(w);
	buf_printf(&w->ja, "相手のTLSは%s", is);
	buf_printf(&w->en, "the recipient's TLS is %s", is);
}

/* ---- To and Cc ---- */

static const char *const FIELDS_JA[] = {"", "To", "Cc", "To と Cc"};
static const char *const FIELDS_EN[] = {"", "To", "Cc", "To and Cc"};

static void addrs_number(struct why *w, const struct cond *c, bool yes)
{
	static const char *const JA[] = {"社内", "グループ会社", "社外"};
	size_t now = addrs_count(w->q, c->fields, c->mask);
	const char *ja = "宛先", *en = "";

	for (int i = 0; i < 3; i++) {
		if (c->mask != 1u << i)
			continue;
		ja = JA[i];
		en = recipient_class_name((enum recipient_class)i);
	}
	why_clause(w);
	buf_printf(&w->ja, "%s に%sが%zu件", FIELDS_JA[c->fields], ja, now);
	buf_printf(&w->en, "%zu %s%s in %s", now, en,
		   !*en	      ? now == 1 ? "address" : "addresses"
		   : now == 1 ? " address"
			      : " addresses",
		   FIELDS_EN[c->fields]);
	if (!yes)
		return;
	why_range(&w->ja, &c->range, false, true);
	why_range(&w->en, &c->range, false, false);
}

static void whom(struct why *w, const struct cond *c, bool ja)
{
	struct buf *out = ja ? &w->ja : &w->en;

	for (size_t i = 0; i < c->who_n && i < 3; i++) {
		if (i)
			buf_puts(out, ja ? "や" : " or ");
		if (c->who[i].kind == WHO_SET && ja)
			buf_printf(out, "「" STR_FMT "」",
				   STR_ARG(c->who[i].shown));
		else
			say_who(out, c->who[i].shown, ja);
	}
}

static void addrs_has(struct why *w, const struct cond *c, bool yes)
{
	why_clause(w);
	buf_printf(&w->ja, "%s に", FIELDS_JA[c->fields]);
	whom(w, c, true);
	buf_puts(&w->ja, yes ? "がいる" : "がいない");
	whom(w, c, false);
	buf_printf(&w->en, yes ? " in %s" : " not in %s", FIELDS_EN[c->fields]);
}

static void addrs_only(struct why *w, const struct cond *c, bool yes)
{
	why_clause(w);
	buf_printf(&w->ja, "%s が", FIELDS_JA[c->fields]);
	whom(w, c, true);
	buf_puts(&w->ja, yes ? "だけ" : "だけではない");
	buf_printf(&w->en, yes ? "%s holds only " : "%s does not hold only ",
		   FIELDS_EN[c->fields]);
	whom(w, c, false);
}

static void addrs_present(struct why *w, const struct cond *c, bool yes)
{
	why_clause(w);
	buf_printf(&w->ja, yes ? "%s がある" : "%s がない",
		   FIELDS_JA[c->fields]);
	buf_printf(&w->en, yes ? "there is %s" : "there is no %s",
		   FIELDS_EN[c->fields]);
}

/* ---- time, message ---- */

static void put_clock(struct buf *out, int minutes)
{
	buf_printf(out, "%02d:%02d", minutes / 60, minutes % 60);
}

static void during(struct why *w, const struct cond *c, bool yes)
{
	const struct calendar *cal = c->calendar;

	why_clause(w);
	if (cal->name.n || cal->open_n != 1) {
		buf_printf(&w->ja, "「" STR_FMT "」の時間%s",
			   STR_ARG(cal->name), yes ? "内" : "外");
		buf_printf(&w->en, "%s the hours of " STR_FMT,
			   yes ? "within" : "outside", STR_ARG(cal->name));
		return;
	}
	put_clock(&w->ja, cal->open[0].from_m);
	buf_puts(&w->ja, "から");
	put_clock(&w->ja, cal->open[0].to_m);
	buf_puts(&w->ja, yes ? "までの間" : "までの外");
	buf_puts(&w->en, yes ? "between " : "not between ");
	put_clock(&w->en, cal->open[0].from_m);
	buf_puts(&w->en, " and ");
	put_clock(&w->en, cal->open[0].to_m);
}

static void of_class(struct why *w, const struct cond *c, bool yes)
{
	(void)c;
	why_text(w, yes ? "メールの種類" : "メールの種類が違う",
		 yes ? "the message's class" : "the message's class differs");
}

static void of_inspection(struct why *w, const struct cond *c, bool yes)
{
	(void)c;
	why_text(w, yes ? "検査の結果" : "検査の結果が違う",
		 yes ? "what the inspection told"
		     : "the inspection told otherwise");
}

/* ---- a rule ---- */

/* First-time, own-private and look-alike recipients have reasons of their own
 * (found_reasons). */
static why_leaf *const LEAVES[COND_KINDS] = {
	[COND_SENDER_IN] = in_set,
	[COND_SENDER_KIND] = sender_kind,
	[COND_SENDER_EMPLOYED] = employed,
	[COND_SENDER_LEAVES] = leaves,
	[COND_RCPT_CLASS] = rcpt_class,
	[COND_RCPT_IN] = in_set,
	[COND_TLS] = rcpt_tls,
	[COND_ADDRS_COUNT] = addrs_number,
	[COND_ADDRS_HAS] = addrs_has,
	[COND_ADDRS_ONLY] = addrs_only,
	[COND_ADDRS_PRESENT] = addrs_present,
	[COND_HEADER_PRESENT] = why_header,
	[COND_TERMS] = why_terms,
	[COND_PERSONAL] = why_personal,
	[COND_PARTNER_DOMAIN] = why_partner_domain,
	[COND_PARTNER_TEXT] = why_partner_text,
	[COND_ATT_COUNT] = why_att_number,
	[COND_ATT_TOTAL] = why_att_number,
	[COND_ATT_LARGEST] = why_att_number,
	[COND_ATT_EXTENSION] = why_att_kind,
	[COND_ATT_TYPE] = why_att_kind,
	[COND_ATT_NAME] = why_att_kind,
	[COND_ATT_NAMELESS] = why_att_kind,
	[COND_ATT_ENCRYPTED] = why_encrypted,
	[COND_ATT_FLAG] = why_flag,
	[COND_SIZE] = why_size,
	[COND_CLASS] = of_class,
	[COND_TIME] = during,
	[COND_RESULT] = of_inspection,
	[COND_REASON] = of_inspection,
};

/* Those parts of a condition that made it what it is. */
static void walk(struct why *w, const struct cond *c, bool yes)
{
	if (w->n >= CLAUSES_MAX ||
	    cond_ask(w->q, c) != (yes ? T_TRUE : T_FALSE))
		return;
	if (c->kind == COND_NOT)
		walk(w, c->sub[0], !yes);
	else if (c->kind <= COND_NOT)
		for (size_t i = 0; i < c->sub_n; i++)
			walk(w, c->sub[i], yes);
	else if (LEAVES[c->kind])
		LEAVES[c->kind](w, c, yes != c->negate);
}

static struct plan_reason explained(struct asking *q, const struct rule *r)
{
	struct why w = {.q = q,
			.ja = BUF_MAX(CLAUSES_BYTES),
			.en = BUF_MAX(CLAUSES_BYTES)};
	struct plan_reason all = r->reason;

	if (r->when)
		walk(&w, r->when, true);
	if (r->unless)
		walk(&w, r->unless, false);
	if (w.n) {
		all.ja = str_of(
			arena_printf(q->a, STR_FMT "条件: " STR_FMT "。",
				     STR_ARG(all.ja), STR_ARG(buf_str(&w.ja))));
		all.en = str_of(
			arena_printf(q->a, STR_FMT " Because: " STR_FMT ".",
				     STR_ARG(all.en), STR_ARG(buf_str(&w.en))));
	}
	buf_release(&w.ja);
	buf_release(&w.en);
	return all;
}

/* Equal where a rule's reason is the same for two recipients. */
static uint32_t likeness(struct asking *q, const struct cond *c, uint32_t sum)
{
	if (!c || !c->per_rcpt)
		return sum;
	for (size_t i = 0; i < c->sub_n; i++)
		sum = likeness(q, c->sub[i], sum);
	if (c->kind == COND_TLS) /* the grade is said */
		sum = sum * 31 +
		      (uint32_t)rcpt_grade(q,
					   (size_t)(q->rcpt - q->f->env->rcpt));
	return c->sub_n ? sum : sum * 31 + (uint32_t)cond_ask(q, c) + 1;
}

/* The reason that was said last of a rule. */
struct said {
	uint32_t likeness;
	bool known;
	struct plan_reason reason;
};

struct plan_reason why_reason(struct deciding *d, size_t rcpt,
			      const struct rule *r)
{
	const struct policy *p = d->q.p;
	struct asking *q = &d->q;
	struct said *said;
	uint32_t like;

	if (!d->explains)
		return r->reason;
	if (!d->said)
		d->said = arena_array(q->a, p->rules.n, sizeof(*d->said));
	said = &d->said[r - p->rules.v];
	q->rcpt = &q->f->env->rcpt[rcpt];
	q->rcpt_class = d->plan->rcpt[rcpt].class;
	like = likeness(q, r->unless,
			likeness(q, r->when, (uint32_t)q->rcpt_class));
	if (!said->known || said->likeness != like)
		*said = (struct said){like, true, explained(q, r)};
	return said->reason;
}

struct plan_reason why_others(struct deciding *d, const struct rule *r)
{
	struct plan_reason all = r->reason;

	if (!d->explains)
		return all;
	all.ja = str_of(arena_printf(d->q.a,
				     STR_FMT "条件: 同じメールのほかの宛先。",
				     STR_ARG(all.ja)));
	all.en = str_of(arena_printf(
		d->q.a, STR_FMT " Because: other recipients of this mail.",
		STR_ARG(all.en)));
	return all;
}
