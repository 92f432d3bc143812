/* shape.c - how a recipient's copy looks; equal ones are one shape. */
#include "policy/policy_int.h"

#define STAMP_NAME "X-Sekisho-Checked"

/* What asks for a shape: the same askers make the same shape. */
struct wish {
	unsigned hide; /* HIDE_* */
	const struct rule **header;
	size_t header_n, add_n, remove_n;
	bool stamp, by_two; /* header that tells of the check */
	const struct plan_insert *insert;
	size_t insert_n;
	const struct rule *bcc;
};

static unsigned hidden_classes(unsigned hide)
{
	unsigned classes = 0;

	if (hide & HIDE_EXTERNAL)
		classes |= 1u << RCPT_EXTERNAL;
	if (hide & HIDE_INTERNAL)
		classes |= 1u << RCPT_INTERNAL | 1u << RCPT_AFFILIATED;
	return classes;
}

static void wish_header(struct deciding *d, struct wish *w,
			const struct rule *r)
{
	const struct do_header *h = &r->act.header;
	enum class_edits edits = d->allowed.edits;

	if (edits == EDITS_NONE)
		return;
	w->header[w->header_n++] = r;
	w->add_n += h->add_n;
	w->stamp = w->stamp || h->stamp & STAMP_HEADER;
	if (edits != EDITS_ADD)
		w->remove_n += h->remove_n;
}

static size_t hidden_count(struct deciding *d, unsigned hide)
{
	return addrs_count(&d->q, FIELD_TO | FIELD_CC, hidden_classes(hide));
}

/* A rule that gives the sender a range of counts, and he has chosen a higher
 * one than there is. */
static bool user_lets_stand(struct deciding *d, const struct do_bcc *b)
{
	return d->user && d->user->bcc && b->user.hi &&
	       range_has(&b->user, d->user->bcc) &&
	       hidden_count(d, b->hide) < d->user->bcc;
}

static void wish_bcc(struct deciding *d, struct wish *w, const struct rule *r)
{
	const struct do_bcc *b = &r->act.bcc;

	if (!b->hide)
		return;
	if (b->user.hi) {
		d->plan->bcc_user_lo = b->user.lo;
		d->plan->bcc_user_hi = b->user.hi;
	}
	if (user_lets_stand(d, b))
		return;
	w->hide |= b->hide;
	w->bcc = w->bcc ? w->bcc : r;
}

static struct wish wish_of(struct deciding *d, size_t at)
{
	const struct falls *fell = &d->fell[at];
	struct wish w = {
		.header = arena_array(d->q.a, fell->n, sizeof(*w.header))};

	for (size_t i = 0; i < fell->n; i++) {
		const struct rule *r = fell->v[i].rule;

		if (fell->v[i].refuse_only)
			continue;
		wish_bcc(d, &w, r);
		if (r->act.header.set)
			wish_header(d, &w, r);
	}
	/* His own, stricter count needs nobody's leave. */
	if (d->user && d->user->bcc &&
	    hidden_count(d, HIDE_EXTERNAL) >= d->user->bcc)
		w.hide |= HIDE_EXTERNAL;
	/* Nothing of theirs stands in To and Cc: nothing to hide. */
	if (w.hide && !hidden_count(d, w.hide))
		w.hide = 0;
	w.by_two = w.stamp && seen_by_another(&d->plan->rcpt[at]);
	w.add_n += w.stamp;
	w.insert = d->plan->rcpt[at].insert;
	w.insert_n = d->plan->rcpt[at].insert_n;
	return w;
}

static void fill_hide(struct deciding *d, struct change *c, unsigned classes)
{
	struct asking *q = &d->q;

	c->hide = arena_array(q->a, q->to_cc_n, sizeof(*c->hide));
	for (size_t i = 0; i < q->to_cc_n; i++)
		if (1u << q->to_cc[i].class & classes && !q->to_cc[i].again)
			c->hide[c->hide_n++] = q->to_cc[i].addr.key;
	c->to_when_empty = q->sender.text;
}

/* For the recipient's eyes: when, and how, and nobody's name. */
static struct header_add stamp(struct deciding *d, const struct wish *w)
{
	static const char *const WHOLE[] = {"complete", "partial", "none"};
	const struct facts *f = d->q.f;
	AUTO(buf) b = BUF_MAX(256);

	time_put_rfc3339(&b, d->q.p->tz, f->accepted_us);
	buf_printf(&b, "; inspection=%s", WHOLE[f->view->completeness]);
	if (w->by_two)
		buf_puts(&b, "; by=second-person");
	return (struct header_add){STR(STAMP_NAME), arena_say(d->q.a, &b)};
}

/* Nobody knows what the recipient reads: Japanese first, then English. */
static struct str both_languages(struct deciding *d,
				 const struct plan_reason *text)
{
	if (str_eq(text->ja, text->en))
		return text->ja;
	return str_of(arena_printf(d->q.a, STR_FMT "\n-----\n" STR_FMT,
				   STR_ARG(text->ja), STR_ARG(text->en)));
}

static struct change make_change(struct deciding *d, const struct wish *w)
{
	struct change c = {0};

	if (w->hide)
		fill_hide(d, &c, hidden_classes(w->hide));
	c.add = arena_array(d->q.a, w->add_n, sizeof(*c.add));
	c.remove = arena_array(d->q.a, w->remove_n, sizeof(*c.remove));
	for (size_t i = 0; i < w->header_n; i++) {
		const struct do_header *h = &w->header[i]->act.header;

		for (size_t k = 0; k < h->add_n; k++)
			c.add[c.add_n++] = h->add[k];
		for (size_t k = 0; w->remove_n && k < h->remove_n; k++)
			c.remove[c.remove_n++] = h->remove[k];
	}
	if (w->stamp)
		c.add[c.add_n++] = stamp(d, w);
	c.insert = arena_array(d->q.a, w->insert_n, sizeof(*c.insert));
	for (size_t i = 0; i < w->insert_n; i++)
		c.insert[c.insert_n++] = (struct change_text){
			both_languages(d, &w->insert[i].text),
			w->insert[i].tail};
	return c;
}

static bool same_wish(const struct wish *a, const struct wish *b)
{
	if (a->hide != b->hide || a->header_n != b->header_n ||
	    a->by_two != b->by_two || a->insert_n != b->insert_n)
		return false;
	for (size_t i = 0; i < a->insert_n; i++)
		if (a->insert[i].text.ja.p != b->insert[i].text.ja.p ||
		    a->insert[i].tail != b->insert[i].tail)
			return false;
	for (size_t i = 0; i < a->header_n; i++)
		if (a->header[i] != b->header[i])
			return false;
	return true;
}

/* d->wish[i] asked for plan->shape[i]. */
static unsigned shape_of(struct deciding *d, const struct wish *w)
{
	struct plan *plan = d->plan;
	struct change c;

	if (!d->wish)
		d->wish = arena_array(d->q.a, plan->rcpt_n + 1, sizeof(*w));
	for (size_t i = 1; i < plan->shape_n; i++)
		if (same_wish(&d->wish[i], w))
			return (unsigned)i;
	c = make_change(d, w);
	if (change_is_empty(&c))
		return 0;
	d->wish[plan->shape_n] = *w;
	plan->shape[plan->shape_n] = c;
	return (unsigned)plan->shape_n++;
}

static bool is_asked_again(const struct plan_rcpt *r)
{
	for (size_t i = 0; i < r->gate_n; i++)
		if (r->gate[i].kind == GATE_HOLD && !r->gate[i].for_us &&
		    !r->gate[i].doubt.n && str_is(r->gate[i].by, "sender"))
			return true;
	return false;
}

void confirm_again(struct deciding *d, struct plan_rcpt *r,
		   const struct rule *rule, struct plan_reason why)
{
	struct gate *g;

	reason_add(d, r, why);
	if (!(d->allowed.gates & GATES_HOLD) || is_asked_again(r))
		return;
	g = gate_add(d, r, GATE_HOLD);
	g->then = THEN_RETURN;
	g->by = STR("sender");
	if (rule)
		g->rule = rule->name;
	g->own = !rule;
}

void decide_shape(struct deciding *d, size_t at)
{
	struct plan_rcpt *r = &d->plan->rcpt[at];
	struct wish w = wish_of(d, at);

	if (w.hide && d->allowed.edits < EDITS_HEADER) {
		/* A signed or sealed mail's To cannot be cut. */
		confirm_again(
			d, r, w.bcc,
			(struct plan_reason){
				STR("署名や暗号化のあるメールなので、To と Cc "
				    "は変えられません。"),
				STR("To and Cc of signed or encrypted mail are "
				    "not changed.")});
		w.hide = 0;
	}
	if (!w.hide && !w.header_n && !w.insert_n)
		return;
	r->shape = shape_of(d, &w);
	d->hidden |= hidden_classes(w.hide);
}

void decide_hidden(struct deciding *d)
{
	for (size_t i = 0; d->hidden && i < d->plan->rcpt_n; i++) {
		struct plan_rcpt *r = &d->plan->rcpt[i];

		r->bcc = !r->refused && 1u << r->class & d->hidden &&
			 map_get(&d->q.named, d->q.f->env->rcpt[i].addr.key);
	}
}
