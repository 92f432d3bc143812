/* outcome.c - what an attempt came to, recorded per recipient.
 *
 * Durable within OUTCOME_WAIT_US or with the next commit.  A crash in that gap
 * leaves SENDING behind, which recovery turns into UNKNOWN: the same as an
 * answer that never came.  DSNs go into the same job as the end they tell of.
 */
#include "connector/flow/flow_int.h"

#define DSN_HEADER_MAX	  (16 * KIB)
#define STORE_AGAIN_US	  US_PER_S
#define AUDIT_ANSWERS_MAX (128 * KIB) /* of all recipients in one row */

struct told {
	VEC_OF(struct dsn_rcpt);
};

static bool wants_dsn(const struct attempt_rcpt *r, unsigned bit)
{
	if (r->row.notify == 0)
		return bit != DSN_SUCCESS; /* RFC 3461 4.1 */
	return (r->row.notify & (unsigned)DSN_NEVER) == 0 &&
	       (r->row.notify & bit) != 0;
}

static void tell(const struct attempt *a, const struct attempt_rcpt *r,
		 enum dsn_action action, const char *status, int64_t now,
		 int64_t until, struct told *t)
{
	struct dsn_rcpt d = {
		.address = r->row.address,
		.orcpt = r->row.orcpt,
		.action = action,
		.remote_mta = str_of(a->remote),
		.diagnostic = str_of(r->answer),
		.last_attempt_us = now,
		.retry_until_us = until,
	};

	snprintf(d.status, sizeof(d.status), "%s", status);
	vec_push(t, d);
}

struct verdicts {
	struct flow *f;
	struct attempt *a;
	int64_t now;
	struct told failed, delayed, relayed;
	const char *aside;		   /* why it waits for somebody */
	const struct attempt_rcpt *parked; /* by ourselves, not by the hop */
	bool untold; /* it bounced, and its sender is not told */
};

static void bounced(struct verdicts *v, struct attempt_rcpt *r,
		    const char *status)
{
	rcpt_move(&r->row, RCPT_BOUNCED, v->now);
	if (wants_dsn(r, DSN_FAILURE))
		tell(v->a, r, DSN_ACT_FAILED, status, v->now, 0, &v->failed);
}

static void delivered(struct verdicts *v, struct attempt_rcpt *r)
{
	rcpt_move(&r->row, RCPT_DELIVERED, v->now);
	/* RFC 3461 5.2.2: the next hop cannot tell, so we say "relayed". */
	if (r->row.notify && !r->dsn_passed_on && wants_dsn(r, DSN_SUCCESS))
		tell(v->a, r, DSN_ACT_RELAYED, "2.0.0", v->now, 0, &v->relayed);
}

/* Again later, or enough: hold and approval time do not count. */
static void again(struct verdicts *v, struct attempt_rcpt *r,
		  enum rcpt_state to, int64_t after_us)
{
	const struct config *c = v->f->c.config;
	int64_t age = v->now - (r->row.ready_us ? r->row.ready_us
						: v->a->message.accepted_us);
	char status[sizeof(r->status)] = "4.4.1";
	uint16_t jitter;

	if (age >= c->queue.give_up_us) {
		bounced(v, r, "4.4.7");
		return;
	}
	random_bytes(&jitter, sizeof(jitter));
	rcpt_move(&r->row, to, v->now);
	r->row.due_us = v->now +
			(after_us ? after_us
				  : backoff_us(c, r->row.attempts, jitter));
	if (age < c->queue.warn_after_us || r->row.warned_us ||
	    !wants_dsn(r, DSN_DELAY))
		return;
	r->row.warned_us = v->now;
	/* RFC 3464 2.3.4: delayed is of class 4, also where a 5yz means a quota
	 * that comes back. */
	if (r->status[0])
		snprintf(status, sizeof(status), "4%s", r->status + 1);
	tell(v->a, r, DSN_ACT_DELAYED, status, v->now,
	     v->now - age + c->queue.give_up_us, &v->delayed);
}

/* The next hop may be repaired any time: asked again no later than others. */
int64_t park_us(const struct config *c)
{
	int64_t most = c->queue.retry_most_us;

	return most > 0 ? MIN_OF(PARK_US, most) : PARK_US;
}

/* No clock: somebody has to look. */
static void set_aside(struct verdicts *v, struct attempt_rcpt *r,
		      const char *why)
{
	r->row.reason = str_of(why);
	rcpt_move(&r->row, RCPT_PARKED, v->now);
	r->row.due_us = 0;
	v->aside = why;
}

static void verdict(struct verdicts *v, struct attempt_rcpt *r)
{
	const struct config *c = v->f->c.config;

	r->row.code = r->code;
	r->row.answer = str_of(r->answer);
	r->row.remote = str_of(v->a->remote);
	switch (r->class) {
	case ATTEMPT_DELIVERED:
		delivered(v, r);
		break;
	case ATTEMPT_FAILED:
		bounced(v, r, r->status[0] ? r->status : "5.0.0");
		break;
	case ATTEMPT_OPEN: /* a deliverer that forgot: nobody knows */
	case ATTEMPT_UNKNOWN:
		r->row.unknowns++;
		again(v, r, RCPT_UNKNOWN, c->queue.unknown_after_us);
		break;
	case ATTEMPT_MISCONFIGURED:
		r->row.reason = STR("misconfigured");
		rcpt_move(&r->row, RCPT_PARKED, v->now);
		r->row.due_us = v->now + park_us(c);
		/* Of a next hop's own words its lane gives alarm. */
		if (!r->code)
			v->parked = r;
		break;
	case ATTEMPT_LOOP:
		set_aside(v, r, "loop");
		break;
	case ATTEMPT_DAMAGED:
		set_aside(v, r, "damaged");
		break;
	case ATTEMPT_UNTRIED:
		r->row.attempts--;
		rcpt_move(&r->row, RCPT_READY, v->now);
		r->row.due_us = v->now + US_PER_S;
		break;
	case ATTEMPT_DEFERRED:
		again(v, r, RCPT_DEFERRED, r->retry_us);
		break;
	}
}

static const char *const class_names[] = {
	[ATTEMPT_OPEN] = "open",
	[ATTEMPT_DELIVERED] = "delivered",
	[ATTEMPT_DEFERRED] = "deferred",
	[ATTEMPT_FAILED] = "failed",
	[ATTEMPT_UNKNOWN] = "unknown",
	[ATTEMPT_MISCONFIGURED] = "misconfigured",
	[ATTEMPT_UNTRIED] = "untried",
	[ATTEMPT_LOOP] = "loop",
	[ATTEMPT_DAMAGED] = "damaged",
};

static void outcome_audit(struct verdicts *v, struct store_job *job)
{
	struct json *detail = json_object();
	struct json *list = json_add_array(detail, "recipients");
	size_t most = AUDIT_ANSWERS_MAX / MAX_OF(v->a->rcpt_n, (size_t)1);

	json_add_cstr(detail, "remote", v->a->remote);
	for (size_t i = 0; i < v->a->rcpt_n; i++) {
		const struct attempt_rcpt *r = &v->a->rcpt[i];
		struct json *one = json_add_object(list, NULL);

		json_add_int(one, "n", r->row.n);
		json_add_int(one, "attempt", r->row.attempts);
		json_add_cstr(one, "class", class_names[r->class]);
		json_add_str(one, "answer", str_head(str_of(r->answer), most));
		json_add_cstr(one, "state", rcpt_state_name(r->row.state));
	}
	audit_add(v->f, job, v->now, v->a->message.id, "engine", "outcome",
		  detail);
}

static void send_dsn(struct verdicts *v, struct store_job *job,
		     enum dsn_action action, struct told *t)
{
	struct own_about about = {&v->a->message, v->a->tenant, v->now};
	struct own_dsn d = {.action = action, .rcpt = t->v, .rcpt_n = t->n};

	if (t->n && v->a->message.from.n && v->a->tenant) {
		d.header = attempt_header(v->a, DSN_HEADER_MAX,
					  store_job_arena(job));
		v->untold |= !own_dsn(v->f, job, &about, &d) &&
			     action == DSN_ACT_FAILED;
	}
	vec_release(t);
}

static void on_recorded(void *arg, struct store_job *job,
			const struct err *why);

/* An outcome on its way into the store; `before`: the rows as they stood, so
 * that a commit that failed can be judged and told again. */
struct pending {
	struct flow *f;
	struct attempt *a;
	struct store_rcpt *before;
	struct timer *timer;
};

static struct pending *pending_new(struct flow *f, struct attempt *a)
{
	struct pending *p = NEW(struct pending);

	p->f = f;
	p->a = a;
	p->before = NEW_ARRAY(struct store_rcpt, a->rcpt_n);
	for (size_t i = 0; i < a->rcpt_n; i++)
		p->before[i] = a->rcpt[i].row;
	return p;
}

static void pending_free(struct pending *p)
{
	timer_free(&p->timer);
	mem_free(p->before);
	mem_free(p);
}

static void alarms(const struct verdicts *v)
{
	AUTO(buf) text = BUF_MAX(1024);
	char id[ID_TEXT_LEN + 1];

	id_text(v->a->message.id, id);
	if (v->aside)
		flow_alarm(v->f, v->aside, str_of(id));
	if (v->untold)
		flow_alarm(v->f, "untold", str_of(id));
	if (!v->parked)
		return;
	buf_printf(&text, "%s: %s", id, v->parked->answer);
	flow_alarm(v->f, "parked", buf_str(&text));
}

static struct store_job *outcome_job(struct flow *f, struct attempt *a)
{
	struct store_job *job = store_job_new(f->c.store);
	struct verdicts v = {.f = f, .a = a, .now = flow_now(f)};

	for (size_t i = 0; i < a->rcpt_n; i++)
		if (a->rcpt[i].row.state == RCPT_SENDING)
			verdict(&v, &a->rcpt[i]);
	/* Our mails first: they may still need the original's body. */
	send_dsn(&v, job, DSN_ACT_FAILED, &v.failed);
	send_dsn(&v, job, DSN_ACT_DELAYED, &v.delayed);
	send_dsn(&v, job, DSN_ACT_RELAYED, &v.relayed);
	for (size_t i = 0; i < a->rcpt_n; i++)
		store_set_rcpt(job, a->message.id, RCPT_SENDING,
			       &a->rcpt[i].row,
			       f->c.config->retention.body_after_end_us);
	for (size_t i = 0; i < a->rcpt_n; i++)
		if (a->rcpt[i].row.state == RCPT_DELIVERED)
			past_keep(f, job, a, &a->rcpt[i]);
	if (v.aside)
		store_set_reason(job, a->message.id, str_of(v.aside));
	outcome_audit(&v, job);
	if (!f->stopping)
		alarms(&v);
	return job;
}

static void outcome_submit(struct flow *f, struct attempt *a)
{
	struct pending *p = pending_new(f, a);
	struct store_job *job = outcome_job(f, a);

	fault_point("outcome-commit");
	flow_hand_over(f, job, on_recorded, p);
}

static void on_again(void *arg)
{
	struct pending *p = arg;

	for (size_t i = 0; i < p->a->rcpt_n; i++)
		p->a->rcpt[i].row = p->before[i];
	outcome_submit(p->f, p->a);
	p->f->handed--;
	pending_free(p);
}

static void outcome_count(const struct attempt *a, struct metrics *m)
{
	for (size_t i = 0; i < a->rcpt_n; i++) {
		enum rcpt_state s = a->rcpt[i].row.state;

		metric_add(m, METRIC_DELIVERED, s == RCPT_DELIVERED);
		metric_add(m, METRIC_BOUNCED, s == RCPT_BOUNCED);
		metric_add(m, METRIC_UNKNOWN, s == RCPT_UNKNOWN);
		metric_add(m, METRIC_RETRIED,
			   s == RCPT_UNKNOWN || s == RCPT_DEFERRED);
	}
}

static void on_recorded(void *arg, struct store_job *job, const struct err *why)
{
	struct pending *p = arg;
	struct flow *f = p->f;

	(void)job;
	fault_point("outcome-committed");
	if (why && why->class == ERR_RETRY && !f->stopping) {
		/* The store is down: what we know must not be forgotten. */
		LOG(&f->log, LOG_ERROR, "outcome-not-recorded", LE(why));
		p->timer = timer_new(f->c.loop, on_again, p);
		timer_set(p->timer, STORE_AGAIN_US);
		f->handed++; /* an end waits for it */
		return;
	}
	if (why)
		LOG(&f->log, LOG_ERROR, "outcome-lost", LE(why),
		    LI("message", p->a->message.id));
	else
		outcome_count(p->a, f->c.metrics);
	attempt_free(&p->a);
	pending_free(p);
	flow_wake(f);
}

void outcomes_flush(struct flow *f)
{
	size_t n = f->outcomes.n;

	timer_stop(f->outcome_timer);
	f->outcomes.n = 0;
	for (size_t i = 0; i < n; i++)
		outcome_submit(f, f->outcomes.v[i]);
}

/* At the end: what was answered is known, not "unknown". */
void outcomes_record(struct flow *f)
{
	for (size_t i = 0; i < f->outcomes.n; i++) {
		struct store_job *job = outcome_job(f, f->outcomes.v[i]);
		struct err e = ERR_EMPTY;

		if (!store_run(f->c.store, job, &e))
			LOG(&f->log, LOG_ERROR, "outcome-lost", LE(&e));
		store_job_free(&job);
		attempt_free(&f->outcomes.v[i]);
	}
	vec_release(&f->outcomes);
}

void flow_attempt_done(struct flow *f, struct attempt **ap)
{
	struct attempt *a = TAKE(*ap);

	if (f->outcomes.n == 0)
		timer_set(f->outcome_timer, OUTCOME_WAIT_US);
	vec_push(&f->outcomes, a);
}
