/* record_read.c - a record back to facts, for another policy; see record.h.
 * Nothing read here is trusted.
 */
#include "policy/policy_int.h"
#include "policy/record_int.h"

#define RCPTS_MOST 10000
#define RULE_WIRE  2

struct reading {
	struct rd in;
	struct arena *a;
	struct str *text; /* the table */
	size_t text_n;
	unsigned flags;
};

static struct str get_text(struct rd *in)
{
	return rd_bytes(in, rd_u16(in));
}

static struct str get_address(struct reading *r)
{
	unsigned at = rd_u16(&r->in);

	if (at == RECORD_NONE)
		return STR_EMPTY;
	if (at >= r->text_n) {
		r->in.bad = true;
		return STR_EMPTY;
	}
	return r->text[at];
}

/* One byte that must be below n. */
static unsigned get_below(struct rd *in, unsigned n)
{
	unsigned v = rd_u8(in);

	if (v < n)
		return v;
	in->bad = true;
	return 0;
}

/* A count in two bytes, each with `least` bytes behind it. */
static size_t get_count(struct rd *in, size_t least)
{
	size_t n = rd_u16(in);

	if (n * least <= in->n)
		return n;
	in->bad = true;
	return 0;
}

static void get_addresses(struct reading *r, struct view_addrs *l)
{
	l->present = get_below(&r->in, 2);
	l->n = get_count(&r->in, 2);
	l->v = arena_array(r->a, l->n, sizeof(*l->v));
	for (size_t i = 0; i < l->n; i++)
		l->v[i].address = get_address(r);
}

/* ---- envelope --------------------------------------------------------------- */

static void get_past(struct reading *r, struct rcpt_past *past)
{
	struct str *sender;

	past->more = get_below(&r->in, 2);
	past->sender_n = get_count(&r->in, 2);
	sender = arena_array(r->a, past->sender_n, sizeof(*sender));
	for (size_t i = 0; i < past->sender_n; i++)
		sender[i] = get_address(r);
	past->sender = sender;
}

static void get_envelope(struct reading *r, struct record *to)
{
	struct envelope *env = &to->env;
	struct str from = get_address(r);
	struct rcpt_past *past;
	enum tls_grade *grade;
	size_t n = get_count(&r->in, 11);

	if (n > RCPTS_MOST)
		r->in.bad = true;
	if (r->in.bad)
		return;
	if (from.n)
		addr_lenient(from, r->a, &env->from);
	env->rcpt_n = n;
	env->rcpt = arena_array(r->a, n, sizeof(*env->rcpt));
	to->treated = arena_array(r->a, n, sizeof(*to->treated));
	past = arena_array(r->a, n, sizeof(*past));
	grade = arena_array(r->a, n, sizeof(*grade));
	for (size_t i = 0; i < n && !r->in.bad; i++) {
		addr_lenient(get_address(r), r->a, &env->rcpt[i].addr);
		to->treated[i].outcome = get_below(&r->in, OUTCOME_REFUSE + 1);
		to->treated[i].mark = rd_u64(&r->in);
		if (r->flags & RECORD_GRADE_TOLD)
			grade[i] = get_below(&r->in, GRADE_DANE + 1);
		if (r->flags & RECORD_PAST_TOLD)
			get_past(r, &past[i]);
	}
	to->facts.past = r->flags & RECORD_PAST_TOLD ? past : NULL;
	to->facts.grade = r->flags & RECORD_GRADE_TOLD ? grade : NULL;
	to->facts.untold = (to->facts.past ? 0u : NEEDS_PAST) |
			   (to->facts.grade ? 0u : NEEDS_GRADE);
}

static void get_rules(struct reading *r, struct record *to)
{
	to->told = rd_u64(&r->in);
	to->rule_n = get_count(&r->in, RULE_WIRE);
	to->rule = arena_array(r->a, to->rule_n, sizeof(*to->rule));
	for (size_t i = 0; i < to->rule_n; i++)
		to->rule[i] = get_text(&r->in);
}

/* ---- view ------------------------------------------------------------------- */

static void get_reasons(struct reading *r, struct view *v)
{
	v->reason_n = get_count(&r->in, 3);
	v->reason = arena_array(r->a, v->reason_n, sizeof(*v->reason));
	for (size_t i = 0; i < v->reason_n; i++) {
		v->reason[i].doubt = get_below(&r->in, DOUBT_COUNT);
		v->reason[i].part = rd_u16(&r->in);
	}
}

static void get_fields(struct reading *r, struct view *v)
{
	v->field_n = get_count(&r->in, 2);
	v->field = arena_array(r->a, v->field_n, sizeof(*v->field));
	for (size_t i = 0; i < v->field_n; i++)
		v->field[i].name = get_text(&r->in);
}

static void get_part(struct rd *in, struct view_part *p, size_t before)
{
	unsigned flags;

	p->parent = rd_u16(in);
	p->depth = rd_u16(in);
	flags = rd_u8(in);
	p->multipart = flags & 1;
	p->attachment = flags >> 1 & 1;
	p->inline_cid = flags >> 2 & 1;
	p->nameless = flags >> 3 & 1;
	p->file = rd_u8(in);
	p->type = get_text(in);
	p->real_type = get_text(in);
	p->name = get_text(in);
	p->other_names = get_text(in);
	p->decoded = rd_u64(in);
	/* A parent stands before its parts. */
	if ((p->parent != VIEW_WHOLE && p->parent >= before) || flags > 15 ||
	    p->file > FILE_FLAGS_ALL)
		in->bad = true;
}

static void get_parts(struct reading *r, struct view *v)
{
	struct rd *in = &r->in;

	v->part_n = get_count(in, 22);
	v->part = arena_array(r->a, v->part_n, sizeof(*v->part));
	for (size_t i = 0; i < v->part_n && !in->bad; i++)
		get_part(in, &v->part[i], i);
	v->inner_n = get_count(in, 19);
	v->inner = arena_array(r->a, v->inner_n, sizeof(*v->inner));
	for (size_t i = 0; i < v->inner_n && !in->bad; i++) {
		struct view_inner *one = &v->inner[i];

		one->part = rd_u16(in);
		one->depth = rd_u16(in);
		one->file = rd_u8(in);
		one->type = get_text(in);
		one->name = get_text(in);
		(void)get_text(in); /* other readings: of parts alone */
		one->size = rd_u64(in);
		if (one->part >= v->part_n || one->file > FILE_FLAGS_ALL ||
		    (i && one->part < one[-1].part))
			in->bad = true;
	}
}

static void get_view(struct reading *r, struct view *v)
{
	get_addresses(r, &v->from);
	get_addresses(r, &v->sender);
	get_addresses(r, &v->reply_to);
	get_addresses(r, &v->to);
	get_addresses(r, &v->cc);
	get_addresses(r, &v->bcc);
	v->has_to = v->to.present;
	v->has_cc = v->cc.present;
	v->completeness = get_below(&r->in, VIEW_NONE + 1);
	v->classes = rd_u16(&r->in);
	if (v->classes >> CLASS_NAMES_N)
		r->in.bad = true;
	get_reasons(r, v);
	get_fields(r, v);
	get_parts(r, v);
	for (size_t i = 0; i < v->reason_n; i++)
		if (v->reason[i].part != VIEW_WHOLE &&
		    v->reason[i].part >= v->part_n)
			r->in.bad = true;
}

/* ---- findings --------------------------------------------------------------- */

static void get_counts(struct rd *in, struct findings *f)
{
	unsigned n = rd_u8(in);

	for (unsigned i = 0; i < n; i++) {
		unsigned s = get_below(in, SCOPE_N);
		unsigned d = get_below(in, DETECT_N + 1);
		uint32_t count = rd_u32(in);

		if (d < DETECT_N)
			f->unique[s][d] = count;
		else
			f->people[s] = count;
	}
}

static struct old_hit *get_hits(struct reading *r, bool counted, size_t *n_r)
{
	struct rd *in = &r->in;
	size_t n = rd_count(in, FINDINGS_HITS_MAX, counted ? 13 : 9);
	struct old_hit *v = arena_array(r->a, n, sizeof(*v));

	for (size_t i = 0; i < n; i++) {
		v[i].mark = rd_u64(in);
		v[i].place = (uint8_t)get_below(in, PLACE_N);
		v[i].count = counted ? rd_u32(in) : 1;
	}
	*n_r = n;
	return v;
}

static void get_findings(struct reading *r, const struct asked *asked,
			 struct record *to)
{
	struct findings *f = &to->findings;
	struct old_hit *term, *company;
	size_t term_n, company_n;

	asked_untold(asked, &to->facts, f);
	if (!(r->flags & RECORD_FINDINGS)) {
		/* No answer at all is a failure, unless nothing was asked. */
		if (!asked_anything(asked))
			to->facts.findings = f;
		return;
	}
	f->more = (r->flags & RECORD_MORE) != 0;
	get_counts(&r->in, f);
	term = get_hits(r, true, &term_n);
	company = get_hits(r, false, &company_n);
	if (r->in.bad)
		return;
	asked_terms(asked, term, term_n, r->a, f);
	asked_companies(asked, company, company_n, r->a, f);
	to->facts.findings = f;
}

/* ---- the whole -------------------------------------------------------------- */

static void get_table(struct reading *r)
{
	r->text_n = get_count(&r->in, 2);
	r->text = arena_array(r->a, r->text_n, sizeof(*r->text));
	for (size_t i = 0; i < r->text_n; i++)
		r->text[i] = get_text(&r->in);
}

bool record_read(struct str wire, const struct asked *asked, struct arena *a,
		 struct record *to, struct err *e)
{
	struct reading r = {.in = rd_of(wire), .a = a};
	bool known = rd_u8(&r.in) == RECORD_VERSION;

	*to = (struct record){.marks = rd_u8(&r.in) == MARKS_VERSION};
	r.flags = rd_u8(&r.in);
	to->facts.mode = get_below(&r.in, MODE_HOLD + 1);
	to->note.tenant = get_text(&r.in);
	to->note.not_enrolled = (r.flags & RECORD_NOT_ENROLLED) != 0;
	to->facts.accepted_us = (int64_t)rd_u64(&r.in);
	to->facts.size = rd_u64(&r.in);
	to->facts.bulk = (r.flags & RECORD_BULK) != 0;
	to->facts.journal = (r.flags & RECORD_JOURNAL) != 0;
	to->facts.env = &to->env;
	to->facts.view = &to->view;
	if (!known || r.flags > RECORD_FLAGS)
		return err_set(e, ERR_PERMANENT, 0, "no record of this kind");
	get_table(&r);
	get_envelope(&r, to);
	if (!r.in.bad)
		get_rules(&r, to);
	if (!r.in.bad)
		get_view(&r, &to->view);
	if (!r.in.bad)
		get_findings(&r, asked, to);
	to->view.size = to->facts.size;
	if (!rd_end(&r.in))
		return err_set(e, ERR_PERMANENT, 0, "bad record");
	return true;
}
