/* tighten.c - a later policy's gates laid over those of a held recipient: only
 * what becomes tighter is taken (policy/README.md, "Versions").
 *
 * What was opened stays open and stands first; a gate that is there already
 * becomes longer or ends stricter; one that is not is added.  Nothing is ever
 * shorter, looser or gone.
 */
#include "connector/flow/flow_int.h"

struct laid {
	struct gate g;
	bool opened, met, changed;
};
struct laying {
	struct laid v[GATES_MAX];
	size_t n;
	int64_t now_us;
	const struct gate *closed; /* that is waited for now, or NULL */
	bool tighter, looser;
};

static bool is_step(const struct gate *g)
{
	return g->kind == GATE_HOLD || g->kind == GATE_APPROVE;
}

/* The sender's hold stages are told apart by their number, all else by who
 * opens it and why. */
static bool same_gate(const struct gate *a, const struct gate *b)
{
	if (!is_step(a) && !is_step(b))
		return a->kind == b->kind;
	return a->kind == b->kind && str_eq(a->by, b->by) &&
	       str_eq(a->doubt, b->doubt) &&
	       (a->kind != GATE_HOLD || a->stage == b->stage);
}

static struct laid *find(struct laying *l, const struct gate *g)
{
	for (size_t i = 0; i < l->n; i++)
		if (same_gate(&l->v[i].g, g))
			return &l->v[i];
	return NULL;
}

static void add(struct laying *l, const struct gate *g)
{
	if (l->n == GATES_MAX)
		return;
	l->v[l->n++] = (struct laid){.g = *g, .met = true, .changed = true};
	l->tighter = true;
}

static void later(struct laying *l, int64_t *old, int64_t new)
{
	l->tighter = l->tighter || new > *old;
	l->looser = l->looser || new < *old;
	*old = MAX_OF(*old, new);
}

/* Approvals end strictly in any other way than by sending. */
static void stricter_end(struct laying *l, struct gate *old,
			 const struct gate *new)
{
	bool stricter = old->kind == GATE_APPROVE
				? old->then == THEN_SEND &&
					  new->then != THEN_SEND
				: new->then > old->then;

	l->tighter = l->tighter || stricter;
	l->looser = l->looser || (!stricter && new->then != old->then);
	if (stricter)
		old->then = new->then;
}

static void wait_until(struct laying *l, int64_t until_us, struct str rule)
{
	const struct gate g = {.kind = GATE_DELAY,
			       .until_us = until_us,
			       .for_us = until_us - l->now_us,
			       .then = THEN_SEND,
			       .by = STR("clock"),
			       .rule = rule};
	struct laid *there = find(l, &g);

	if (until_us <= l->now_us)
		return;
	if (!there) {
		add(l, &g);
		return;
	}
	there->met = true;
	if (there->g.until_us < until_us)
		later(l, &there->g.until_us, until_us);
}

/* It was opened; but a longer time than it had is waited for. */
static void over_opened(struct laying *l, const struct laid *old,
			const struct gate *g)
{
	if (g->kind == GATE_HOLD && gate_is_senders(g) &&
	    g->then == THEN_SEND && g->for_us > old->g.for_us)
		wait_until(l, g->until_us, g->rule);
}

static void over_closed(struct laying *l, struct laid *old,
			const struct gate *g)
{
	bool before = l->tighter;

	l->tighter = false;
	if (!is_step(g)) {
		later(l, &old->g.until_us, g->until_us);
	} else {
		stricter_end(l, &old->g, g);
		if (g->kind == GATE_HOLD && gate_is_senders(g)) {
			later(l, &old->g.for_us, g->for_us);
			if (old->g.until_us)
				old->g.until_us = MAX_OF(old->g.until_us,
							 g->until_us);
		}
	}
	old->changed = old->changed || l->tighter;
	l->tighter = l->tighter || before;
}

/* Not there before. What its time has come already holds nothing, or gets its
 * whole time from now on, where it ends otherwise than by sending. */
static void lay_new(struct laying *l, const struct gate *g)
{
	struct gate own = *g;
	bool over = g->until_us && g->until_us <= l->now_us;

	if (over && g->then == THEN_SEND)
		return;
	if (over)
		own.until_us = 0;
	add(l, &own);
}

static void lay(struct laying *l, const struct gate *g)
{
	struct laid *old = find(l, g);

	if (!old) {
		lay_new(l, g);
		return;
	}
	old->met = true;
	if (old->opened)
		over_opened(l, old, g);
	else
		over_closed(l, old, g);
}

/* ---- the gates as they are kept --------------------------------------------- */

static bool begin(struct laying *l, const struct store_rcpt *r, struct arena *a)
{
	struct gate *g;
	size_t n;

	if (!flow_gates_read(r->gates, a, &g, &n))
		return false;
	for (size_t i = 0; i < n; i++)
		l->v[l->n++] = (struct laid){
			.g = g[i], .opened = i < r->gate && is_step(&g[i])};
	l->closed = r->gate < n && is_step(&g[r->gate]) ? &g[r->gate] : NULL;
	return true;
}

/* Opened ones first, then as gates are always kept. */
static size_t in_order(const struct laying *l, struct gate *to,
		       size_t *opened_r)
{
	struct gate rest[GATES_MAX];
	size_t n = 0, rest_n = 0;

	for (size_t i = 0; i < l->n; i++) {
		if (l->v[i].opened)
			to[n++] = l->v[i].g;
		else
			rest[rest_n++] = l->v[i].g;
	}
	*opened_r = n;
	gates_sort(rest, rest_n);
	for (size_t i = 0; i < rest_n; i++)
		to[n++] = rest[i];
	return n;
}

static bool was_changed(const struct laying *l, const struct gate *g)
{
	for (size_t i = 0; i < l->n; i++)
		if (same_gate(&l->v[i].g, g))
			return l->v[i].changed;
	return false;
}

/* The closed gate's own time goes on, and grows, if it is the one that was. */
static void due(const struct laying *l, struct store_rcpt *r,
		const struct gate *g, size_t n)
{
	int64_t was_us = r->due_us;

	gates_enter(r, g, n, l->now_us);
	if (r->gate >= n) {
		/* Only the clock's gates are left. */
		r->due_us = MAX_OF(r->due_us, was_us);
		return;
	}
	if (!l->closed || !same_gate(l->closed, &g[r->gate]))
		return;
	if (!was_changed(l, &g[r->gate]))
		r->due_us = was_us;
	else if (r->due_us && was_us)
		r->due_us = MAX_OF(r->due_us, was_us);
}

static void keep(const struct laying *l, struct store_rcpt *r, struct arena *a)
{
	struct gate g[GATES_MAX];
	size_t opened, n = in_order(l, g, &opened);
	AUTO(buf) wire = BUF_MAX(GATES_WIRE_MAX);

	gates_put(g, n, &wire);
	must(buf_ok(&wire));
	r->gates = arena_str(a, buf_str(&wire));
	r->gate = (unsigned)opened;
	due(l, r, g, n);
	r->reason = gates_reason(g + opened, n - opened);
}

enum tightened gates_tighten(struct store_rcpt *r, const struct gate *g,
			     size_t n, int64_t now_us, struct arena *a)
{
	struct laying l = {.now_us = now_us};

	if (!begin(&l, r, a))
		return TIGHTEN_FAILED;
	for (size_t i = 0; i < n; i++)
		lay(&l, &g[i]);
	for (size_t i = 0; i < l.n; i++)
		l.looser = l.looser || (!l.v[i].met && !l.v[i].opened);
	if (!l.tighter)
		return l.looser ? TIGHTEN_LOOSER : TIGHTEN_SAME;
	keep(&l, r, a);
	return TIGHTEN_DONE;
}
