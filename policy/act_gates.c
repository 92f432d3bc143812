/* act_gates.c - hold, delay, schedule: what waits for the sender or the clock. */
#include "policy/policy_int.h"

#define DELAY_MOST_US (30 * US_PER_DAY)

static const char *const ENDS[] = {"send", "discard", "return", "wait"};

/* ---- hold ---- */

static void hold_for(struct loader *l, const struct conf_node *n, void *to)
{
	value_duration(l, n, HOLD_LEAST_US, HOLD_MOST_US,
		       &((struct do_hold *)to)->for_us);
}

static void hold_then(struct loader *l, const struct conf_node *n, void *to)
{
	unsigned then;

	if (value_choice(l, n, ENDS, ARRAY_LEN(ENDS), &then))
		((struct do_hold *)to)->then = (enum gate_then)then;
}

static void hold_stage(struct loader *l, const struct conf_node *n, void *to)
{
	uint64_t v = 0;

	if (!want_scalar(l, n))
		return;
	if (str_u64(n->text, &v) && v >= 1 && v <= STAGES_MAX)
		((struct do_hold *)to)->stage = (unsigned)v;
	else
		conf_error(l->errs, n, "1 から %d までの数を書いてください。",
			   "write a number from 1 to %d", STAGES_MAX);
}

/* for: 0m..72h */
static void user_for(struct loader *l, const struct conf_node *n, void *to)
{
	struct do_hold *h = to;
	ptrdiff_t dots = str_find(n->text, STR(".."));
	int64_t lo, hi;

	if (!want_scalar(l, n))
		return;
	if (dots > 0 &&
	    duration_parse(str_trim(str_head(n->text, (size_t)dots)), &lo) &&
	    duration_parse(str_trim(str_skip(n->text, (size_t)dots + 2)),
			   &hi) &&
	    lo <= hi && hi <= HOLD_MOST_US) {
		h->user_lo_us = lo;
		h->user_hi_us = hi;
		return;
	}
	conf_error(l->errs, n,
		   "「" STR_FMT "」は使えません。0m..72h の形で書いて"
		   "ください(最大72時間)。",
		   "`" STR_FMT "`: write a span as 0m..72h (72 hours at most)",
		   STR_ARG(conf_word(n->text)));
}

static void user_then(struct loader *l, const struct conf_node *n, void *to)
{
	value_mask(l, n, ENDS, ARRAY_LEN(ENDS),
		   &((struct do_hold *)to)->user_then);
}

static const struct key HOLD_USER[] = {{"for", user_for}, {"then", user_then}};

static void hold_user(struct loader *l, const struct conf_node *n, void *to)
{
	((struct do_hold *)to)->user = true;
	if (want_keys(l, n, HOLD_USER, ARRAY_LEN(HOLD_USER)))
		keys_parse(l, n, HOLD_USER, ARRAY_LEN(HOLD_USER), to);
}

static const struct key HOLD[] = {{"for", hold_for},
				  {"then", hold_then},
				  {"stage", hold_stage},
				  {"user", hold_user}};

void act_hold(struct loader *l, const struct conf_node *n, void *to)
{
	struct do_hold *h = &((struct actions *)to)->hold;

	*h = l->p->hold_default;
	h->set = true;
	if (want_keys(l, n, HOLD, ARRAY_LEN(HOLD)))
		keys_parse(l, n, HOLD, ARRAY_LEN(HOLD), h);
}

void default_hold(struct loader *l, const struct conf_node *n, void *to)
{
	(void)to;
	if (want_keys(l, n, HOLD, ARRAY_LEN(HOLD)))
		keys_parse(l, n, HOLD, ARRAY_LEN(HOLD), &l->p->hold_default);
}

/* ---- delay ---- */

static void delay_for(struct loader *l, const struct conf_node *n, void *to)
{
	value_duration(l, n, US_PER_S, DELAY_MOST_US, to);
}

static const struct key DELAY[] = {{"for", delay_for}};

void act_delay(struct loader *l, const struct conf_node *n, void *to)
{
	int64_t *us = &((struct actions *)to)->delay_us;

	if (!want_keys(l, n, DELAY, ARRAY_LEN(DELAY)))
		return;
	keys_parse(l, n, DELAY, ARRAY_LEN(DELAY), us);
	if (!conf_get(n, "for"))
		missing(l, n, "「for」がありません。", "`for` is missing");
}

/* ---- schedule ---- */

static void next_opening(struct loader *l, const struct conf_node *n, void *to)
{
	((struct do_schedule *)to)->opening = names_calendar(l, n);
}

static void urgent_by(struct loader *l, const struct conf_node *n, void *to)
{
	struct do_schedule *s = to;

	s->urgent_shown = names_shown(l, n);
	if (!names_who(l, n, &s->urgent, &s->urgent_n))
		return;
	for (size_t i = 0; i < s->urgent_n; i++)
		if (!who_can_be_written_to(l, n, &s->urgent[i], true))
			return;
}

static const struct key URGENT_APPROVE[] = {{"by", urgent_by}};

static void urgent_approve(struct loader *l, const struct conf_node *n,
			   void *to)
{
	if (!want_keys(l, n, URGENT_APPROVE, ARRAY_LEN(URGENT_APPROVE)))
		return;
	keys_parse(l, n, URGENT_APPROVE, ARRAY_LEN(URGENT_APPROVE), to);
	if (!conf_get(n, "by"))
		missing(l, n, "「by」がありません。", "`by` is missing");
}

static const struct key URGENT[] = {{"approve", urgent_approve}};

static void schedule_urgent(struct loader *l, const struct conf_node *n,
			    void *to)
{
	if (want_keys(l, n, URGENT, ARRAY_LEN(URGENT)))
		keys_parse(l, n, URGENT, ARRAY_LEN(URGENT), to);
}

static const struct key SCHEDULE[] = {{"next-opening", next_opening},
				      {"urgent", schedule_urgent}};

void act_schedule(struct loader *l, const struct conf_node *n, void *to)
{
	struct do_schedule *s = &((struct actions *)to)->schedule;

	s->set = true;
	if (!want_keys(l, n, SCHEDULE, ARRAY_LEN(SCHEDULE)))
		return;
	keys_parse(l, n, SCHEDULE, ARRAY_LEN(SCHEDULE), s);
	if (!conf_get(n, "next-opening"))
		missing(l, n, "「next-opening」がありません。",
			"`next-opening` is missing");
}

void act_gates_words(struct buf *out)
{
	static const struct key_table TABLES[] = {
		KEY_TABLE("hold.", HOLD),
		KEY_TABLE("hold.user.", HOLD_USER),
		KEY_TABLE("delay.", DELAY),
		KEY_TABLE("schedule.", SCHEDULE),
		KEY_TABLE("schedule.urgent.", URGENT),
		KEY_TABLE("schedule.urgent.approve.", URGENT_APPROVE),
	};

	key_tables_list(out, "action", TABLES, ARRAY_LEN(TABLES));
}
