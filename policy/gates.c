/* gates.c - what keeps a recipient's copy: stages, moments, mode. */
#include "policy/policy_int.h"

struct gate *gate_add(struct deciding *d, struct plan_rcpt *r,
		      enum gate_kind kind)
{
	struct gate *v = arena_array(d->q.a, r->gate_n + 1, sizeof(*v));

	if (r->gate_n)
		memcpy(v, r->gate, r->gate_n * sizeof(*v));
	r->gate = v;
	v[r->gate_n].kind = kind;
	return &v[r->gate_n++];
}

/* Within a stage the longest time wins, and the strictest end. */
struct stage {
	const struct rule *rule; /* NULL: the sender's own */
	bool set, own;
	int64_t for_us;
	enum gate_then then;
	/* What the sender may choose: what every rule of the stage lets him. */
	bool bound;
	int64_t lo_us, hi_us;
	unsigned user_then;
};

static void offer(struct stage *s, const struct do_hold *h)
{
	if (!h->user) {
		s->bound = true;
		return;
	}
	s->lo_us = s->set ? MAX_OF(s->lo_us, h->user_lo_us) : h->user_lo_us;
	s->hi_us = s->set ? MIN_OF(s->hi_us, h->user_hi_us) : h->user_hi_us;
	s->user_then = s->set ? s->user_then & h->user_then : h->user_then;
}

static void add_stage(struct stage *s, const struct rule *r,
		      const struct user *u)
{
	struct do_hold h = r->act.hold;
	bool own = user_hold(u, &h);

	offer(s, &r->act.hold);
	/* The enum is in the order send, discard, return, wait. */
	s->then = MAX_OF(s->then, h.then);
	if (!s->set || h.for_us > s->for_us) {
		s->rule = r;
		s->own = own;
		s->for_us = h.for_us;
	}
	s->set = true;
}

/* A hold of his own, of mail that goes outside. */
static void add_own(struct deciding *d, const struct plan_rcpt *r,
		    struct stage *s)
{
	const struct user *u = d->user;

	if (!u || !u->own_us || r->class != RCPT_EXTERNAL ||
	    !(d->allowed.gates & GATES_HOLD) ||
	    (s->set && u->own_us <= s->for_us))
		return;
	s->for_us = u->own_us;
	s->own = true;
	s->set = true;
}

static void put_stage(struct deciding *d, struct plan_rcpt *r,
		      const struct stage *s, unsigned number)
{
	struct gate *g = gate_add(d, r, GATE_HOLD);

	g->stage = number;
	g->for_us = s->for_us;
	g->then = s->then;
	g->by = STR("sender");
	g->own = s->own;
	if (s->rule)
		g->rule = s->rule->name;
	g->user = s->rule && !s->bound && s->lo_us <= s->hi_us;
	if (!g->user)
		return;
	g->user_lo_us = s->lo_us;
	g->user_hi_us = s->hi_us;
	g->user_then = s->user_then;
}

static void own_reason(struct deciding *d, struct plan_rcpt *r,
		       const struct stage *s)
{
	AUTO(buf) ja = BUF_MAX(512);
	AUTO(buf) en = BUF_MAX(512);

	buf_puts(&ja, "差出人の設定により、");
	buf_puts(&en, "As the sender has set it: ");
	if (s->for_us) {
		say_hold(&ja, s->for_us, s->then, true);
		say_hold(&en, s->for_us, s->then, false);
	} else {
		buf_puts(&ja, "保留しません");
		buf_puts(&en, "not held");
	}
	buf_puts(&ja, "。");
	buf_puts(&en, ".");
	reason_add(d, r,
		   (struct plan_reason){arena_say(d->q.a, &ja),
					arena_say(d->q.a, &en)});
}

static void put_stages(struct deciding *d, struct plan_rcpt *r,
		       const struct stage *stage)
{
	bool first = true;

	for (unsigned i = 1; i <= STAGES_MAX; i++) {
		struct gate *g;

		if (stage[i].set && stage[i].own)
			own_reason(d, r, &stage[i]);
		/* The sender may have chosen not to wait at all. */
		if (!stage[i].set || !stage[i].for_us)
			continue;
		put_stage(d, r, &stage[i], i);
		g = &r->gate[r->gate_n - 1];
		if (first && g->then != THEN_WAIT)
			g->until_us = d->q.f->accepted_us + g->for_us;
		first = false;
	}
}

static void class_says_no(struct deciding *d, struct plan_rcpt *r)
{
	reason_add(d, r,
		   (struct plan_reason){
			   STR("この種類のメールは保留や遅延をしません。"),
			   STR("Mail of this class is not held or delayed.")});
}

/* ---- earliest moments ---- */

struct moments {
	const struct rule *late; /* delay */
	const struct rule *opening;
	int64_t opening_us;
	const struct rule *closed; /* its calendar never opens */
};

static void add_moments(struct deciding *d, const struct rule *r,
			struct moments *m)
{
	const struct do_schedule *s = &r->act.schedule;
	int64_t now = d->q.f->accepted_us, at;

	if (r->act.delay_us && d->allowed.gates & GATES_DELAY &&
	    (!m->late || r->act.delay_us > m->late->act.delay_us))
		m->late = r;
	if (!s->set || !s->opening || !(d->allowed.gates & GATES_SCHEDULE))
		return;
	at = calendar_next_open(s->opening, now);
	if (!at)
		m->closed = r;
	else if (at > now && at > m->opening_us) {
		m->opening = r;
		m->opening_us = at;
	}
}

static void put_schedule(struct deciding *d, struct plan_rcpt *r,
			 const struct moments *m)
{
	const struct do_schedule *s = &m->opening->act.schedule;
	struct addresses who = {0};
	struct gate *g = gate_add(d, r, GATE_SCHEDULE);

	g->until_us = m->opening_us;
	g->then = THEN_SEND;
	g->by = STR("clock");
	g->rule = m->opening->name;
	for (size_t i = 0; i < s->urgent_n; i++)
		who_addresses(&d->q, &s->urgent[i], true, &who);
	for (size_t i = 0; i < who.n; i++)
		if (!is_the_sender(&d->q, who.v[i]))
			who.v[g->who_n++] = who.v[i];
	g->who = who.v;
	g->urgent = s->urgent_shown;
}

static void put_moments(struct deciding *d, struct plan_rcpt *r,
			const struct moments *m)
{
	struct gate *g;

	if (m->late) {
		g = gate_add(d, r, GATE_DELAY);
		g->for_us = m->late->act.delay_us;
		g->until_us = d->q.f->accepted_us + g->for_us;
		g->then = THEN_SEND;
		g->by = STR("clock");
		g->rule = m->late->name;
	}
	if (m->opening)
		put_schedule(d, r, m);
	if (!m->closed)
		return;
	g = gate_add(d, r, GATE_HOLD);
	g->by = STR("admin");
	g->then = THEN_WAIT;
	g->rule = m->closed->name;
	reason_add(d, r,
		   (struct plan_reason){
			   STR("暦に次の始まりがないので、管理者が確かめ"
			       "ます。"),
			   STR("The calendar does not open again; an admin "
			       "has to look.")});
}

/* Asked for by a rule, and not for mail of this class. */
static bool class_forbids(const struct deciding *d, const struct actions *a)
{
	unsigned gates = d->allowed.gates;

	return (a->hold.set && !(gates & GATES_HOLD)) ||
	       (a->delay_us && !(gates & GATES_DELAY)) ||
	       (a->schedule.set && !(gates & GATES_SCHEDULE));
}

static void add_confirm(struct deciding *d, struct plan_rcpt *r)
{
	const struct user *u = d->user;

	if (u && r->class == RCPT_EXTERNAL &&
	    (u->confirm_all || (u->confirm_files && d->file_n)))
		confirm_again(
			d, r, NULL,
			(struct plan_reason){
				STR("差出人の設定により、もう一度確かめてから"
				    "送ります。"),
				STR("The sender has set that he looks once "
				    "more before it leaves.")});
}

void decide_gates(struct deciding *d, size_t at)
{
	struct stage stage[STAGES_MAX + 1] = {0};
	struct plan_rcpt *r = &d->plan->rcpt[at];
	struct moments m = {0};
	bool dropped = false;

	for (size_t i = 0; i < d->fell[at].n; i++) {
		const struct fall *f = &d->fell[at].v[i];
		const struct actions *act = &f->rule->act;

		if (f->refuse_only)
			continue;
		if (act->hold.set && d->allowed.gates & GATES_HOLD)
			add_stage(&stage[act->hold.stage], f->rule, d->user);
		add_moments(d, f->rule, &m);
		dropped = dropped || class_forbids(d, act);
	}
	add_own(d, r, &stage[1]);
	put_stages(d, r, stage);
	add_confirm(d, r);
	put_moments(d, r, &m);
	if (!decide_approvals(d, at) || dropped)
		class_says_no(d, r);
}

void decide_mode_hold(struct deciding *d)
{
	for (size_t i = 0; i < d->plan->rcpt_n; i++) {
		struct plan_rcpt *r = &d->plan->rcpt[i];
		struct gate *g;

		if (r->refused)
			continue;
		g = gate_add(d, r, GATE_HOLD);
		g->then = THEN_WAIT;
		g->by = STR("admin");
		reason_add(d, r,
			   (struct plan_reason){
				   STR("いまはすべてのメールを止めています"
				       "(mode hold)。"),
				   STR("All mail is being held (mode "
				       "hold).")});
	}
}
