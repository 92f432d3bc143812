/* decide.c - the plan as rows: states, gates, tokens, notices, audit.
 *
 * Written into the job that accepts the message, or into one of its own when
 * the plan came later.  What is due now and has a slot becomes attempt 1 in
 * the same commit.
 */
#include "connector/flow/flow_int.h"

static void rcpt_gates(struct judged *j, struct store_rcpt *r,
		       const struct gate *g, size_t n)
{
	AUTO(buf) wire = BUF_MAX(GATES_WIRE_MAX);
	struct gate *sorted;
	size_t sorted_n;

	gates_write(g, n, &wire);
	must(buf_ok(&wire));
	r->gates = arena_str(&j->arena, buf_str(&wire));
	must(flow_gates_read(r->gates, &j->arena, &sorted, &sorted_n));
	r->gate = 0;
	gates_enter(r, sorted, sorted_n, j->decide_us);
	r->reason = gates_reason(sorted, sorted_n);
	if (r->gate < sorted_n || r->due_us > flow_now(j->f)) {
		rcpt_move(r, RCPT_HELD, flow_now(j->f));
		return;
	}
	r->due_us = flow_now(j->f);
	rcpt_move(r, RCPT_READY, r->due_us);
}

static void rcpt_decide(struct judged *j, size_t i)
{
	struct store_rcpt *r = &j->rcpt[i];
	const struct plan_rcpt *p = j->planned ? &j->plan.rcpt[i] : NULL;
	int64_t now = flow_now(j->f);

	if (rcpt_state_ended(r->state))
		return; /* of a mail that is decided again */
	r->gates = r->reason = STR_EMPTY;
	r->gate = 0;
	if (p)
		r->shape = p->shape;
	if (j->admin_hold) {
		struct gate g = {.kind = GATE_HOLD,
				 .stage = 1,
				 .then = THEN_WAIT,
				 .by = STR("admin"),
				 .doubt = str_of(j->admin_hold)};

		rcpt_gates(j, r, &g, 1);
	} else if (!p) {
		r->due_us = now;
		rcpt_move(r, RCPT_READY, now);
	} else if (p->refused || p->outcome == OUTCOME_REFUSE) {
		r->reason = STR("refused");
		rcpt_move(r, RCPT_REFUSED, now);
		metric_add(j->f->c.metrics, METRIC_REFUSED, 1);
	} else if (p->unbuilt & UNBUILT_COPY) {
		size_t n;
		const struct gate *g = unbuilt_gates(j, p, &n);

		rcpt_gates(j, r, g, n);
	} else if (p->gate_n) {
		rcpt_gates(j, r, p->gate, p->gate_n);
	} else {
		r->due_us = now;
		rcpt_move(r, RCPT_READY, now);
	}
}

/* ---- what people are told --------------------------------------------------- */

static void held_facts(struct judged *j, struct notice *n)
{
	struct str *list = arena_array(&j->arena, j->rcpt_n, sizeof(*list));
	struct gates_end end = {0, THEN_WAIT};

	n->recipient = list;
	for (size_t i = 0; i < j->rcpt_n; i++) {
		const struct store_rcpt *r = &j->rcpt[i];

		if (r->state != RCPT_HELD)
			continue;
		list[n->recipient_n++] = r->address;
		gates_end_add(&end, r, &j->arena);
	}
	n->due_us = end.due_us;
	n->then = NOTICE_THEN_SEND;
	if (end.then == THEN_DISCARD)
		n->then = NOTICE_THEN_DISCARD;
	else if (end.then == THEN_RETURN)
		n->then = NOTICE_THEN_RETURN;
	else if (end.then == THEN_WAIT)
		n->then = NOTICE_THEN_WAIT;
}

/* In a notice; the page names all. */
#define REASONS_SHOWN 8
#define REASONS_KNOWN 200

/* Reasons of all recipients, each sentence once. */
static void reasons_of(struct judged *j, struct notice *n)
{
	struct notice_text *v = arena_array(&j->arena, REASONS_KNOWN,
					    sizeof(*v));

	n->reason = v;
	for (size_t i = 0; i < j->plan.rcpt_n; i++) {
		const struct plan_rcpt *p = &j->plan.rcpt[i];

		for (size_t k = 0;
		     k < p->reason_n && n->reason_n < REASONS_KNOWN; k++) {
			bool known = false;

			for (size_t s = 0; s < n->reason_n && !known; s++)
				known = str_eq(v[s].ja, p->reason[k].ja);
			if (!known)
				v[n->reason_n++] = (struct notice_text){
					p->reason[k].ja, p->reason[k].en};
		}
	}
	if (n->reason_n > REASONS_SHOWN) {
		n->reason_more = n->reason_n - REASONS_SHOWN;
		n->reason_n = REASONS_SHOWN;
	}
	n->way_out = (struct notice_text){j->plan.smallest_change.ja,
					  j->plan.smallest_change.en};
}

static enum notice_kind notice_kind_of(struct str kind)
{
	static const struct {
		const char *word;
		enum notice_kind kind;
	} kinds[] = {
		{"hold", NOTICE_HELD},	    {"refused", NOTICE_REFUSED},
		{"refuse", NOTICE_REFUSED}, {"bcc", NOTICE_BCC},
		{"text", NOTICE_TEXT},	    {"admin", NOTICE_HELD_ADMIN},
		{"copy", NOTICE_TEXT},
	};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (str_is(kind, kinds[i].word))
			return kinds[i].kind;
	return NOTICE_KINDS;
}

static size_t count_state(const struct judged *j, enum rcpt_state s)
{
	size_t n = 0;

	for (size_t i = 0; i < j->rcpt_n; i++)
		n += j->rcpt[i].state == s;
	return n;
}

static void refused_list(struct judged *j, struct notice *n)
{
	struct str *list = arena_array(&j->arena, j->rcpt_n, sizeof(*list));

	n->recipient = list;
	for (size_t i = 0; i < j->rcpt_n; i++)
		if (j->rcpt[i].state == RCPT_REFUSED)
			list[n->recipient_n++] = j->rcpt[i].address;
}

static void bcc_list(struct judged *j, struct notice *n)
{
	struct str *list = arena_array(&j->arena, j->rcpt_n, sizeof(*list));

	n->recipient = list;
	for (size_t i = 0; i < j->rcpt_n; i++) {
		const struct plan_rcpt *p = &j->plan.rcpt[i];

		if (!p->bcc)
			continue;
		list[n->recipient_n++] = j->rcpt[i].address;
		n->count += p->class == RCPT_EXTERNAL;
		if (j->rcpt[i].state == RCPT_HELD)
			n->waits = true;
		else
			n->goes = true;
	}
}

/* `copy: {tell-sender: true}`: who got one. */
static void copy_told(struct judged *j, struct notice *n)
{
	struct str *list = arena_array(&j->arena, j->plan.copy_n,
				       sizeof(*list));

	n->recipient = list;
	for (size_t i = 0; i < j->plan.copy_n; i++)
		if (j->plan.copy[i].tell_sender)
			list[n->recipient_n++] = j->plan.copy[i].to;
	n->own_text = (struct notice_text){
		STR("規則により、このメールの写しを次の宛先に送ります。"),
		STR("By rule, a copy of this message goes to these "
		    "addresses.")};
}

/* That it ended, unsent, somebody has to know. */
static void notice_give(struct judged *j, struct store_job *job,
			const struct own_about *about, struct notice *n)
{
	if (!own_notice(j->f, job, about, n) && n->kind == NOTICE_REFUSED &&
	    n->to.n)
		flow_alarm(j->f, "untold", str_of(j->id_text));
}

static void plan_notice(struct judged *j, struct store_job *job,
			const struct own_about *about,
			const struct plan_notice *p)
{
	struct notice n = {.kind = notice_kind_of(p->kind), .to = p->to};

	reasons_of(j, &n);
	n.own_text = (struct notice_text){p->text.ja, p->text.en};
	if (str_is(p->kind, "copy"))
		copy_told(j, &n);
	if (j->quiet && n.kind != NOTICE_REFUSED)
		return; /* the first copy's notice spoke of it */
	if (n.kind == NOTICE_HELD) {
		if (count_state(j, RCPT_HELD) == 0 ||
		    j->f->c.config->notices.hold != HOLD_NOTICE_EACH)
			return;
		held_facts(j, &n);
		own_token(j->f, job, LINK_HELD, j->m.id, j->m.sender, n.due_us,
			  &n.token, &n.check_number);
	} else if (n.kind == NOTICE_REFUSED) {
		if (count_state(j, RCPT_REFUSED) == 0)
			return;
		refused_list(j, &n);
		if (j->plan.refuse_text.ja.n || j->plan.refuse_text.en.n)
			n.own_text = (struct notice_text){
				j->plan.refuse_text.ja, j->plan.refuse_text.en};
	} else if (n.kind == NOTICE_BCC) {
		if (j->admin_hold || j->plan.unbuilt & UNBUILT_COPY)
			return; /* its edits are not made */
		bcc_list(j, &n);
	}
	notice_give(j, job, about, &n);
}

static void plan_notices(struct judged *j, struct store_job *job,
			 const struct own_about *about)
{
	for (size_t i = 0; i < j->plan.notice_n; i++) {
		const struct plan_notice *p = &j->plan.notice[i];

		if (str_is(p->kind, "digest") && count_state(j, RCPT_HELD))
			digest_wanted(j->f, job, &j->m);
		if (notice_kind_of(p->kind) != NOTICE_KINDS)
			plan_notice(j, job, about, p);
	}
}

/* Somebody has to act, and it is not the sender. */
static void tell_admins(struct judged *j, struct store_job *job,
			const struct own_about *about)
{
	const struct config *c = j->f->c.config;
	bool waits = false;

	for (size_t i = 0; i < j->rcpt_n; i++)
		waits = waits || (j->rcpt[i].state == RCPT_HELD &&
				  j->rcpt[i].due_us == 0);
	if (!waits || j->quiet)
		return;
	for (size_t i = 0; i < c->admins.n; i++) {
		struct notice n = {.kind = NOTICE_HELD_ADMIN,
				   .to = str_of(c->admins.v[i])};

		if (j->planned)
			reasons_of(j, &n);
		held_facts(j, &n);
		own_notice(j->f, job, about, &n);
	}
}

/* A copy to somebody above the sender, of mail that waits, has a brake. */
static void copy_now(struct judged *j, struct store_job *job,
		     const struct own_about *about, const struct plan_copy *c)
{
	struct notice n = {.to = c->to};

	if (!c->brake || !count_state(j, RCPT_HELD) || !j->m.sender.n ||
	    !j->tenant->notices_from) {
		own_copy(j->f, job, about, c->to);
		return;
	}
	held_facts(j, &n);
	own_brake(j->f, job, about, &n);
}

/* Copies whose time is now; `refuse.forward` is one of them. */
static void copies_now(struct judged *j, struct store_job *job,
		       const struct own_about *about)
{
	bool refused = count_state(j, RCPT_REFUSED) > 0;
	bool free = count_state(j, RCPT_READY) + count_state(j, RCPT_SENDING);

	for (size_t i = 0; i < j->plan.copy_n; i++) {
		const struct plan_copy *c = &j->plan.copy[i];

		if (str_is(c->when, "accepted") ||
		    (str_is(c->when, "refused") && refused) ||
		    (str_is(c->when, "released") && free))
			copy_now(j, job, about, c);
	}
}

static void tell(struct judged *j, struct store_job *job)
{
	struct own_about about = {&j->m, j->tenant, flow_now(j->f)};
	bool looped = j->admin_hold && strcmp(j->admin_hold, "loop") == 0;

	/* Of a loop nobody is told but the admins; of one that may be our own
	 * notice to them not even they, who have the alarm: the next notice
	 * would come back as well. */
	if (looped && j->m.from.n == 0)
		return;
	if (j->planned && !looped) {
		plan_notices(j, job, &about);
		copies_now(j, job, &about);
	}
	tell_admins(j, job, &about);
}

/* ---- rows ---------------------------------------------------------------------- */

static void message_reason(struct judged *j)
{
	j->m.reason = STR_EMPTY;
	for (size_t i = 0; i < j->rcpt_n; i++) {
		const struct store_rcpt *r = &j->rcpt[i];

		if (r->state == RCPT_HELD || j->m.reason.n == 0)
			j->m.reason = r->reason;
	}
}

static void decision_audit(struct judged *j, struct store_job *job,
			   const char *event)
{
	struct json *detail = json_object();
	struct json *states = json_add_object(detail, "states");

	if (strcmp(event, "accepted") == 0)
		json_add_str(detail, "client", j->m.client);
	json_add_int(detail, "recipients", (int64_t)j->rcpt_n);
	json_add_int(detail, "policy", j->m.policy_version);
	json_add_cstr(detail, "outcome",
		      j->admin_hold	? j->admin_hold
		      : j->not_enrolled ? "not-enrolled"
		      : j->planned	? outcome_name(j->plan.outcome)
					: "loop");
	for (unsigned s = 0; s < RCPT_STATE_COUNT; s++)
		if (count_state(j, s))
			json_add_int(states, rcpt_state_name(s),
				     (int64_t)count_state(j, s));
	audit_add(j->f, job, flow_now(j->f), j->m.id, "engine", event, detail);
}

static void rcpts_set(struct judged *j, struct store_job *job)
{
	int64_t keep_us = j->f->c.config->retention.body_after_end_us;
	enum rcpt_state from = j->again ? RCPT_HELD : RCPT_RECEIVED;

	for (size_t i = 0; i < j->rcpt_n; i++)
		if (!j->over || !j->over[i])
			store_set_rcpt(job, j->m.id, from, &j->rcpt[i],
				       keep_us);
}

void decision_rows(struct judged *j, struct store_job *job, bool fresh)
{
	message_reason(j);
	j->m.edits = j->shapes;
	if (fresh) {
		j->m.decided = true;
		store_add_message(job, &j->m, j->rcpt, j->rcpt_n);
		decision_audit(j, job, "accepted");
	} else {
		store_set_decision(job, &j->m, j->again);
		rcpts_set(j, job);
		decision_audit(j, job,
			       j->again ? "inspected-again" : "decided");
	}
	if (j->record.n)
		store_add_record(job, j->m.id, j->m.policy_version, j->record);
	/* A joined copy speaks through the notice of the first one. */
	tell(j, job);
	if (j->planned && j->plan.unbuilt && count_state(j, RCPT_HELD))
		unbuilt_alarm(j, true);
}

/* False: not even another one. A route without a slot stops no other. */
static bool first_attempt(struct judged *j, const struct store_rcpt *r,
			  struct first_attempts *out)
{
	struct flow *f = j->f;
	struct str route = r->route;
	struct attempt *a;

	if (!f->deliverer.reserve ||
	    !f->deliverer.reserve(f->deliverer_arg, j->tenant, route)) {
		f->ready = true;
		return route.n > 0;
	}
	a = attempt_first(j, r->shape, route);
	if (!a) {
		f->deliverer.unreserve(f->deliverer_arg, j->tenant, route);
		return false;
	}
	vec_push(out, a);
	return true;
}

/* Recipients that may go now, one attempt for each shape and route, if there
 * is a slot.
 * Decides first: states are final after this. */
void first_attempts_reserve(struct judged *j, struct first_attempts *out)
{
	struct flow *f = j->f;

	for (size_t i = 0; i < j->rcpt_n; i++)
		rcpt_decide(j, i);
	if (flow_shut(f))
		return;
	for (size_t i = 0; i < j->rcpt_n; i++)
		if (j->rcpt[i].state == RCPT_READY &&
		    !first_attempt(j, &j->rcpt[i], out))
			return;
}

void first_attempts_start(struct flow *f, struct first_attempts *v)
{
	for (size_t i = 0; i < v->n; i++)
		f->deliverer.start(f->deliverer_arg, v->v[i]);
	v->n = 0;
}

void first_attempts_drop(struct flow *f, struct first_attempts *v)
{
	for (size_t i = 0; i < v->n; i++) {
		f->deliverer.unreserve(f->deliverer_arg, v->v[i]->tenant,
				       v->v[i]->route);
		attempt_free(&v->v[i]);
	}
	v->n = 0;
}

struct later {
	struct judged *j;
	struct first_attempts firsts;
};

static void on_decided(void *arg, struct store_job *job, const struct err *why)
{
	struct later *l = arg;
	struct judged *j = l->j;

	(void)job;
	if (why) {
		/* Still RECEIVED in the store: sweep finds it again. */
		LOG(&j->log, LOG_ERROR, "not-decided", LE(why));
		j->f->redecide = true;
		first_attempts_drop(j->f, &l->firsts);
	} else {
		LOG(&j->log, LOG_INFO, "decided",
		    LS("outcome", outcome_name(j->plan.outcome)));
		first_attempts_start(j->f, &l->firsts);
	}
	flow_wake(j->f);
	vec_release(&l->firsts);
	judged_free(&l->j);
	mem_free(l);
}

void decision_submit(struct judged *j)
{
	struct later *l = NEW(struct later);
	struct store_job *job = store_job_new(j->f->c.store);

	fault_point("decision-commit");
	l->j = j;
	first_attempts_reserve(j, &l->firsts);
	/* The rows exist already: this commit is their first change. */
	for (size_t i = 0; i < l->firsts.n; i++)
		for (size_t k = 0; k < l->firsts.v[i]->rcpt_n; k++)
			l->firsts.v[i]->rcpt[k].row.version++;
	decision_rows(j, job, false);
	flow_submit(j->f, job, on_decided, l);
}
