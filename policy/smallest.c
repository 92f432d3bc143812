/* smallest.c - the smallest change with which a message would pass.
 *
 * Each condition of the rules that fell proposes a change; the message is
 * decided again with it, and the first that leads furthest is told.  Where no
 * single one does, changes are made one upon the other as long as each of them
 * answers a condition.  Nothing is proposed that was not tried.
 */
#include "policy/smallest_int.h"

#define TRIES_MAX   24
#define TRIES_LARGE 4 /* for messages with very many recipients */
#define RCPTS_LARGE 200
#define RCPTS_ASKED 8 /* of a chain: how much is open for each */
#define OPEN_MAX    0xffff

void trial_init(struct smallest *s, struct trial *t)
{
	t->f = *s->f;
	t->v = *s->f->view;
	t->env = *s->f->env;
	t->f.view = &t->v;
	if (s->f->findings) {
		t->found = *s->f->findings;
		t->f.findings = &t->found;
	}
	t->f.env = &t->env;
}

/* ---- how far a message is from passing ---- */

/* Leaves of a condition that stand against its being `want`. */
static unsigned open_leaves(struct asking *q, const struct cond *c, bool want)
{
	unsigned n = 0;

	if (cond_ask(q, c) == (want ? T_TRUE : T_FALSE))
		return 0;
	if (!c->sub_n)
		return 1;
	for (size_t i = 0; i < c->sub_n; i++)
		n += open_leaves(q, c->sub[i],
				 c->kind == COND_NOT ? !want : want);
	return n;
}

static unsigned rule_open(struct asking *q, const struct rule *r)
{
	unsigned when = r->when ? open_leaves(q, r->when, false) : 1;
	unsigned unless = r->unless ? open_leaves(q, r->unless, true) : 1;

	return when && unless ? when + unless : 0;
}

static bool fell(const struct plan *plan, const struct rule *r)
{
	for (size_t i = 0; i < plan->rule_n; i++)
		if (str_eq(plan->rule[i], r->name))
			return true;
	return false;
}

/* A rule that makes the outcome what it is. */
static bool decides(const struct plan *plan, const struct rule *r)
{
	return rule_asks_for(r) == plan->outcome && fell(plan, r);
}

/* Conditions by which those rules are met. */
static unsigned all_open(struct smallest *s, const struct facts *f,
			 const struct plan *plan)
{
	const struct rule *rule = s->p->rules.v;
	unsigned n = 0;
	struct asking q;

	asking_init(&q, s->p, f, &s->tries);
	for (size_t r = 0; r < s->p->rules.n; r++) {
		if (!decides(plan, &rule[r]))
			continue;
		for (size_t i = 0; i < plan->rcpt_n && i < RCPTS_ASKED; i++) {
			q.rcpt = &f->env->rcpt[i];
			q.rcpt_class = plan->rcpt[i].class;
			n += rule_open(&q, &rule[r]);
		}
	}
	asking_release(&q);
	return MIN_OF(n, (unsigned)OPEN_MAX);
}

static unsigned score_of(struct smallest *s, const struct facts *f,
			 const struct plan *plan)
{
	unsigned score = (unsigned)plan->outcome * (OPEN_MAX + 1u);

	return s->chain ? score + all_open(s, f, plan) : score;
}

static enum outcome outcome_at(unsigned score)
{
	return (enum outcome)(score / (OPEN_MAX + 1u));
}

/* What the next change of a chain begins with. */
static void keep_trial(struct smallest *s, const struct trial *t,
		       const struct plan *plan)
{
	struct trial *k = ARENA_NEW(&s->tries, struct trial);
	struct plan *copy = ARENA_NEW(&s->tries, struct plan);

	*k = *t;
	k->f.view = &k->v;
	k->f.env = &k->env;
	if (k->f.findings)
		k->f.findings = &k->found;
	s->next = &k->f;
	*copy = *plan;
	s->next_plan = copy;
}

bool trial_better(struct smallest *s, struct trial *t)
{
	struct plan plan;
	unsigned score;

	if (!s->left || !t->env.rcpt_n)
		return false;
	s->left--;
	decide(s->p, &t->f, &s->tries, &plan);
	score = score_of(s, &t->f, &plan);
	if (score >= s->best)
		return false;
	s->best = score;
	if (s->chain)
		keep_trial(s, t, &plan);
	return true;
}

/* ---- telling ---- */

void propose(struct smallest *s, const char *ja, const char *en, ...)
{
	AUTO(buf) j = BUF_MAX(4096);
	AUTO(buf) e = BUF_MAX(4096);
	va_list ap, again;

	va_start(ap, en);
	va_copy(again, ap);
	buf_vprintf(&j, ja, ap);
	buf_vprintf(&e, en, again);
	va_end(again);
	va_end(ap);
	propose_texts(s, &j, &e);
}

void propose_texts(struct smallest *s, struct buf *ja, struct buf *en)
{
	s->change.ja = arena_say(&s->tries, ja);
	s->change.en = arena_say(&s->tries, en);
}

/* A change can lead from one rule to another. */
static struct plan_reason then_of(enum outcome o)
{
	static const struct plan_reason THEN[] = {
		[OUTCOME_DELIVER] = {STR(""), STR("")},
		[OUTCOME_DELAY] = {STR("。そのあとは遅らせて送信"),
				   STR("; it is then sent later")},
		[OUTCOME_SCHEDULE] = {STR("。そのあとは遅らせて送信"),
				      STR("; it is then sent later")},
		[OUTCOME_HOLD] = {STR("。そのあとは保留"),
				  STR("; it is then held")},
		[OUTCOME_APPROVE] = {STR("。そのあとは承認が必要"),
				     STR("; it then needs approval")},
		[OUTCOME_REFUSE] = {STR(""), STR("")},
	};

	return THEN[o];
}

static void tell(struct smallest *s, struct plan *plan, enum outcome o)
{
	struct plan_reason then = then_of(o);
	struct plan_reason *to = &plan->smallest_change;

	to->ja = str_of(arena_printf(s->a, STR_FMT STR_FMT,
				     STR_ARG(s->change.ja), STR_ARG(then.ja)));
	to->en = str_of(arena_printf(s->a, STR_FMT STR_FMT,
				     STR_ARG(s->change.en), STR_ARG(then.en)));
}

enum truth trial_ask(struct smallest *s, const struct trial *t,
		     const struct cond *c)
{
	struct asking q = s->q;

	asking_change(&q, &t->f, &s->tries);
	return cond_ask(&q, c);
}

size_t fewer(const struct range *r, uint64_t now)
{
	if (now > r->hi)
		return (size_t)r->hi;
	return range_has(r, now) && r->lo ? (size_t)r->lo - 1 : SIZE_MAX;
}

/* ---- what is tried ---- */

static void collect(struct smallest *s, const struct cond *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->sub_n; i++)
		collect(s, c->sub[i]);
	if (!c->sub_n && s->leaf_n < LEAVES_MAX)
		s->leaf[s->leaf_n++] = c;
}

/* ---- later ---- */

static void try_time(struct smallest *s, const struct cond *c)
{
	int64_t at = calendar_change(c->calendar, s->f->accepted_us);
	AUTO(buf) ja = BUF_MAX(256);
	AUTO(buf) en = BUF_MAX(256);
	struct trial t;

	if (!at)
		return;
	trial_init(s, &t);
	t.f.accepted_us = at;
	if (!trial_better(s, &t))
		return;
	say_near(&ja, c->calendar->tz, at, s->f->accepted_us, true);
	say_near(&en, c->calendar->tz, at, s->f->accepted_us, false);
	propose(s, "%s まで待つ%.0s", "%.0sWait until %s", buf_cstr(&ja),
		buf_cstr(&en));
}

static void try_leaf(struct smallest *s, const struct cond *c)
{
	static void (*const TRY_OF[COND_KINDS])(struct smallest * s,
						const struct cond *c) = {
		[COND_ADDRS_COUNT] = try_count,
		[COND_ADDRS_HAS] = try_has,
		[COND_ADDRS_ONLY] = try_only,
		[COND_ADDRS_PRESENT] = try_present,
		[COND_TIME] = try_time,
		[COND_ATT_COUNT] = try_attachments,
		[COND_ATT_TOTAL] = try_attachments,
		[COND_ATT_LARGEST] = try_attachments,
		[COND_ATT_EXTENSION] = try_attachments,
		[COND_ATT_TYPE] = try_attachments,
		[COND_ATT_NAME] = try_attachments,
		[COND_ATT_NAMELESS] = try_attachments,
		[COND_ATT_ENCRYPTED] = try_attachments,
		[COND_ATT_FLAG] = try_attachments,
		[COND_SIZE] = try_size,
		[COND_TERMS] = try_terms,
		[COND_PERSONAL] = try_personal,
		[COND_PARTNER_TEXT] = try_partner,
		[COND_RCPT_LOOK_ALIKE] = try_meant,
		[COND_RESULT] = try_read,
		[COND_REASON] = try_read,
	};

	if (TRY_OF[c->kind])
		TRY_OF[c->kind](s, c);
}

/* Doubts that keep the mail back. */
static unsigned doubts_of(const struct plan *plan)
{
	unsigned doubts = 0;

	for (size_t i = 0; i < plan->rcpt_n; i++)
		for (size_t k = 0; k < plan->rcpt[i].gate_n; k++)
			for (int d = 0; d < DOUBT_COUNT; d++)
				if (str_is(plan->rcpt[i].gate[k].doubt,
					   view_doubt_name((enum doubt)d)))
					doubts |= WHY(d);
	return doubts;
}

static void collect_all(struct smallest *s)
{
	const struct rule *rule = s->p->rules.v;

	s->leaf_n = 0;
	for (size_t i = 0; i < s->p->rules.n; i++) {
		if (!fell(s->plan, &rule[i]) ||
		    (s->chain && !decides(s->plan, &rule[i])))
			continue;
		/* What may be added comes before what has to go. */
		collect(s, rule[i].unless);
		collect(s, rule[i].when);
	}
}

/* Of the message as it is now; true: some change leads further. */
static bool try_once(struct smallest *s)
{
	unsigned before = s->best;

	asking_init(&s->q, s->p, s->f, &s->tries);
	collect_all(s);
	for (size_t i = 0; i < s->leaf_n && outcome_at(s->best); i++) {
		try_leaf(s, s->leaf[i]);
		if (s->chain && s->best < before)
			break;
	}
	if (outcome_at(s->best) && s->plan->doubtful)
		try_unread(s, doubts_of(s->plan));
	if (outcome_at(s->best) && (!s->chain || s->best == before))
		try_recipients(s);
	if (!s->chain && s->best == before &&
	    s->plan->outcome == OUTCOME_REFUSE)
		try_one_recipient(s);
	asking_release(&s->q);
	return s->best < before;
}

/* One sentence of several. */
static void join(struct smallest *s, struct buf *ja, struct buf *en)
{
	struct str e = s->change.en;

	if (!ja->n) {
		buf_put_str(ja, s->change.ja);
		buf_put_str(en, e);
		return;
	}
	buf_printf(ja, "。また、" STR_FMT, STR_ARG(s->change.ja));
	buf_printf(en, "; and %c" STR_FMT, ascii_lower(e.p[0]),
		   STR_ARG(str_skip(e, 1)));
}

/* Several changes, where one is not enough. */
static void try_chain(struct smallest *s, struct plan *plan,
		      enum outcome to_beat)
{
	AUTO(buf) ja = BUF_MAX(16 * KIB);
	AUTO(buf) en = BUF_MAX(16 * KIB);

	s->chain = true;
	s->left = TRIES_MAX;
	s->best = score_of(s, s->f, plan);
	for (int i = 0; i < CHANGES_MAX && outcome_at(s->best); i++) {
		if (!try_once(s))
			break;
		join(s, &ja, &en);
		s->f = s->next;
		s->plan = s->next_plan;
		/* What does not lead further in the end is not told. */
		if (s->plan->outcome >= to_beat)
			continue;
		to_beat = s->plan->outcome;
		s->change.ja = buf_str(&ja);
		s->change.en = buf_str(&en);
		tell(s, plan, to_beat);
	}
}

void decide_smallest(const struct policy *p, const struct facts *f,
		     struct arena *a, struct plan *plan)
{
	struct smallest s = {.p = p, .f = f, .a = a, .plan = plan};

	if (plan->outcome == OUTCOME_DELIVER || f->mode != MODE_NORMAL ||
	    (!plan->rule_n && !plan->doubtful))
		return;
	s.best = score_of(&s, f, plan);
	s.left = plan->rcpt_n > RCPTS_LARGE ? TRIES_LARGE : TRIES_MAX;
	if (try_once(&s))
		tell(&s, plan, outcome_at(s.best));
	if (outcome_at(s.best) && plan->rcpt_n <= RCPTS_LARGE)
		try_chain(&s, plan, outcome_at(s.best));
	arena_release(&s.tries);
}
