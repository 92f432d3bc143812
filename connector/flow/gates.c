/* gates.c - the gates of a recipient: stored form, and how they open.
 *
 * Order as stored: hold stages by number, then approvals, then delays and
 * schedules.  Holds and approvals open one after another (r->gate is the one
 * that is closed); delays and schedules name an earliest moment and run
 * beside them (policy/README.md, "How they combine").
 */
#include "connector/flow/flow_int.h"

#define DOUBT_MAX 64
#define RULE_MAX  256

static int gate_rank(const struct gate *g)
{
	switch (g->kind) {
	case GATE_HOLD:
		return (int)MIN_OF(g->stage, 1000u);
	case GATE_APPROVE:
		return 2000;
	default:
		return 3000;
	}
}

void gates_sort(struct gate *g, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct gate one = g[i];
		size_t at = i;

		/* Insertion keeps equal ranks in the plan's order. */
		for (; at > 0 && gate_rank(&g[at - 1]) > gate_rank(&one); at--)
			g[at] = g[at - 1];
		g[at] = one;
	}
}

void gates_put(const struct gate *g, size_t n, struct buf *out)
{
	must(n <= GATES_MAX);
	buf_put_u16(out, (uint16_t)n);
	for (size_t i = 0; i < n; i++) {
		buf_put_u8(out, (uint8_t)g[i].kind);
		buf_put_u8(out, (uint8_t)g[i].then);
		buf_put_u32(out, g[i].stage);
		buf_put_u64(out, (uint64_t)g[i].for_us);
		buf_put_u64(out, (uint64_t)g[i].until_us);
		/* What gate_read() takes: a long name must not be lost. */
		buf_put_bytes(out, str_head(g[i].by, SMTP_ADDRESS_MAX));
		buf_put_bytes(out, str_head(g[i].doubt, DOUBT_MAX));
		buf_put_bytes(out, str_head(g[i].rule, RULE_MAX));
	}
}

void gates_write(const struct gate *g, size_t n, struct buf *out)
{
	struct gate sorted[GATES_MAX];

	must(n <= GATES_MAX);
	if (n)
		memcpy(sorted, g, n * sizeof(*g));
	gates_sort(sorted, n);
	gates_put(sorted, n, out);
}

static void gate_read(struct rd *in, struct gate *g)
{
	g->kind = rd_u8(in);
	g->then = rd_u8(in);
	g->stage = rd_u32(in);
	g->for_us = (int64_t)rd_u64(in);
	g->until_us = (int64_t)rd_u64(in);
	g->by = rd_lenbytes(in, SMTP_ADDRESS_MAX);
	g->doubt = rd_lenbytes(in, DOUBT_MAX);
	g->rule = rd_lenbytes(in, RULE_MAX);
}

bool flow_gates_read(struct str wire, struct arena *a, struct gate **gate_r,
		     size_t *n_r)
{
	struct rd in = rd_of(wire);
	uint16_t n;

	*gate_r = NULL;
	*n_r = 0;
	if (wire.n == 0)
		return true;
	n = rd_u16(&in);
	if (n > GATES_MAX)
		return false;
	*gate_r = arena_array(a, n ? n : 1, sizeof(**gate_r));
	for (uint16_t i = 0; i < n; i++)
		gate_read(&in, &(*gate_r)[i]);
	if (!rd_end(&in))
		return false;
	*n_r = n;
	return true;
}

static bool is_step(const struct gate *g)
{
	return g->kind == GATE_HOLD || g->kind == GATE_APPROVE;
}

bool gate_is_senders(const struct gate *g)
{
	return g->by.n == 0 || str_is(g->by, "sender");
}

static int64_t earliest_us(const struct gate *g, size_t n)
{
	int64_t at = 0;

	for (size_t i = 0; i < n; i++)
		if (!is_step(&g[i]))
			at = MAX_OF(at, g[i].until_us);
	return at;
}

/* When the clock has to look at this step: never for a person's decision. */
static int64_t step_due_us(const struct gate *g, int64_t now_us)
{
	if (g->kind == GATE_APPROVE || !gate_is_senders(g))
		return 0;
	if (g->then == THEN_WAIT || g->for_us == 0)
		return now_us + WAIT_MOST_US;
	return now_us + g->for_us;
}

void gates_enter(struct store_rcpt *r, const struct gate *g, size_t n,
		 int64_t now_us)
{
	while (r->gate < n && !is_step(&g[r->gate]))
		r->gate++;
	if (r->gate < n) {
		const struct gate *step = &g[r->gate];

		r->due_us = step_due_us(step, now_us);
		/* The plan may know the moment (joined copies keep it). */
		if (step->kind == GATE_HOLD && step->until_us &&
		    step->then != THEN_WAIT && gate_is_senders(step))
			r->due_us = step->until_us;
		return;
	}
	r->due_us = earliest_us(g, n);
	if (r->due_us <= now_us)
		r->due_us = 0; /* nothing left to wait for */
}

static enum rcpt_state opened(struct store_rcpt *r, const struct gate *g,
			      size_t n, int64_t now_us)
{
	gates_enter(r, g, n, now_us);
	if (r->gate < n || r->due_us != 0)
		return RCPT_HELD;
	r->due_us = now_us;
	return RCPT_READY;
}

enum rcpt_state gates_expire(struct store_rcpt *r, const struct gate *g,
			     size_t n, int64_t now_us)
{
	const struct gate *step;

	if (r->gate >= n)
		return opened(r, g, n, now_us);
	step = &g[r->gate];
	/* Nobody is asked for approval yet: it has no time to run out; nor has
	 * what waits for an admin. */
	if (step->kind == GATE_APPROVE || !gate_is_senders(step)) {
		r->due_us = 0;
		return RCPT_HELD;
	}
	switch (step->then) {
	case THEN_DISCARD:
		return RCPT_EXPIRED;
	case THEN_RETURN:
	case THEN_WAIT:
		return RCPT_RETURNED;
	case THEN_SEND:
		r->gate++;
		return opened(r, g, n, now_us);
	case THEN_ESCALATE:
		break;
	}
	r->due_us = 0; /* doubt holds: a person has to act */
	return RCPT_HELD;
}

void gates_end_add(struct gates_end *end, const struct store_rcpt *r,
		   struct arena *a)
{
	struct gate *g;
	size_t n;

	if (r->state != RCPT_HELD || !r->due_us ||
	    (end->due_us && r->due_us >= end->due_us))
		return;
	end->due_us = r->due_us;
	/* What cannot be read waits for a person. */
	if (!flow_gates_read(r->gates, a, &g, &n))
		end->then = THEN_WAIT;
	else
		end->then = r->gate < n ? g[r->gate].then : THEN_SEND;
}

bool gates_skip_own(struct store_rcpt *r, const struct gate *g, size_t n,
		    int64_t now_us)
{
	unsigned before = r->gate;

	while (r->gate < n && g[r->gate].kind == GATE_HOLD &&
	       gate_is_senders(&g[r->gate]))
		r->gate++;
	if (r->gate == before)
		return false;
	(void)opened(r, g, n, now_us);
	return true;
}

struct str gates_reason(const struct gate *g, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (g[i].doubt.n)
			return g[i].doubt;
	for (size_t i = 0; i < n; i++) {
		if (g[i].kind == GATE_APPROVE)
			return STR("approval");
		if (g[i].kind == GATE_HOLD)
			return gate_is_senders(&g[i]) ? STR("hold")
						      : STR("admin");
	}
	for (size_t i = 0; i < n; i++)
		if (g[i].kind == GATE_SCHEDULE)
			return STR("schedule");
	return n ? STR("delay") : STR_EMPTY;
}
