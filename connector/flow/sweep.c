/* sweep.c - the clock: gates whose time has come, queues that were parked.
 *
 * Looks every SWEEP_EVERY_US: nothing leaves before its named time, and all
 * leaves within a second after it.
 */
#include "connector/flow/flow_int.h"

void flow_wake(struct flow *f)
{
	if (!f->ready || !f->deliverer.wake || f->stopping)
		return;
	f->ready = false;
	f->deliverer.wake(f->deliverer_arg);
}

void damaged_tell(struct flow *f, const struct store_job *job)
{
	int64_t id = store_job_damaged(job);
	char text[ID_TEXT_LEN + 1];

	if (!id)
		return;
	id_text(id, text);
	flow_alarm(f, "damaged", str_of(text));
}

struct swept {
	struct flow *f;
	char id_text[ID_TEXT_LEN + 1];
};

static void on_swept(void *arg, struct store_job *job, const struct err *why)
{
	struct swept *s = arg;

	(void)job;
	fault_point("release-committed");
	/* CONFLICT: the sender or an operator was faster; theirs holds. */
	if (why && why->class != ERR_CONFLICT)
		LOG(&s->f->log, LOG_ERROR, "not-released", LE(why),
		    LS("id", s->id_text));
	flow_wake(s->f);
	mem_free(s);
}

struct expiry {
	unsigned ready, returned, expired, still;
	struct str *returned_to, *expired_to; /* whose copies */
	struct str *waiting;		      /* for an admin, from now on */
	unsigned waiting_n;
};

/* While it was parked nobody tried: that time does not count. */
static void unpark(struct flow *f, struct store_rcpt *r, int64_t now)
{
	int64_t parked_us = park_us(f->c.config) + (now - r->due_us);

	r->ready_us = MIN_OF(r->ready_us + parked_us, now);
	rcpt_move(r, RCPT_READY, now);
	r->due_us = now;
	r->reason = STR_EMPTY;
}

static void rcpt_expire(struct flow *f, struct store_rcpt *r, bool can_return,
			struct expiry *x, struct arena *a)
{
	int64_t now = flow_now(f);
	struct gate *g;
	size_t n;
	enum rcpt_state to;

	if (r->state == RCPT_PARKED) {
		unpark(f, r, now);
		x->ready++;
		return;
	}
	if (!flow_gates_read(r->gates, a, &g, &n)) {
		r->due_us = 0; /* unreadable: a person has to look */
		r->reason = STR("failed");
		x->still++;
		x->waiting[x->waiting_n++] = r->address;
		return;
	}
	to = gates_expire(r, g, n, now);
	if (to == RCPT_RETURNED && !can_return) {
		r->due_us = 0; /* nobody to return it to: an admin decides */
		to = RCPT_HELD;
	}
	rcpt_move(r, to, now);
	x->ready += to == RCPT_READY;
	if (to == RCPT_EXPIRED)
		x->expired_to[x->expired++] = r->address;
	x->still += to == RCPT_HELD;
	if (to == RCPT_HELD && r->due_us == 0)
		x->waiting[x->waiting_n++] = r->address;
	if (to == RCPT_RETURNED)
		x->returned_to[x->returned++] = r->address;
}

static bool end_notice(struct flow *f, struct store_job *job,
		       const struct own_about *about, const struct str *whom,
		       size_t n, bool back)
{
	struct notice it = {
		.kind = back ? NOTICE_RETURNED : NOTICE_EXPIRED,
		.to = about->m->sender,
		.recipient = whom,
		.recipient_n = n,
		.then = back ? NOTICE_THEN_RETURN : NOTICE_THEN_DISCARD,
		.attach_original = back,
	};

	/* The other kind says so itself. */
	if (back)
		it.own_text = (struct notice_text){
			STR("保留の期限が過ぎたためです。"),
			STR("The time of the hold is over.")};
	return n == 0 || own_notice(f, job, about, &it);
}

/* False: what is to go back cannot. */
static bool tell_expiry(struct flow *f, struct store_job *job,
			const struct own_about *about, const struct expiry *x)
{
	char id[ID_TEXT_LEN + 1];

	f->ready = f->ready || x->ready;
	if (x->ready && about->tenant)
		own_release_copies(f, job, about);
	TRY(end_notice(f, job, about, x->returned_to, x->returned, true));
	(void)!end_notice(f, job, about, x->expired_to, x->expired, false);
	if (!own_admins(f, job, about, x->waiting, x->waiting_n)) {
		id_text(about->m->id, id);
		flow_alarm(f, "waits", str_of(id));
	}
	return true;
}

/* False: with can_return, and it cannot go back. */
static bool due_message(struct flow *f, const struct store_found *found,
			bool can_return)
{
	struct store_job *job = store_job_new(f->c.store);
	struct arena *a = store_job_arena(job);
	struct store_message m = found->message;
	struct own_about about = {&m, flow_tenant(f, m.tenant), flow_now(f)};
	struct expiry x = {0};
	struct json *detail = json_object();
	struct swept *s;
	enum rcpt_state *from = arena_array(a, found->rcpt_n, sizeof(*from));
	struct store_rcpt *rows = arena_array(a, found->rcpt_n, sizeof(*rows));

	x.returned_to = arena_array(a, found->rcpt_n, sizeof(struct str));
	x.expired_to = arena_array(a, found->rcpt_n, sizeof(struct str));
	x.waiting = arena_array(a, found->rcpt_n, sizeof(struct str));
	for (size_t i = 0; i < found->rcpt_n; i++) {
		rows[i] = found->rcpt[i];
		from[i] = rows[i].state;
		if (rows[i].due_us && rows[i].due_us <= flow_now(f) &&
		    (from[i] == RCPT_HELD || from[i] == RCPT_PARKED))
			rcpt_expire(f, &rows[i], can_return, &x, a);
		else
			from[i] = RCPT_STATE_COUNT; /* not touched */
	}
	for (size_t i = 0; i < found->rcpt_n; i++)
		if (from[i] != RCPT_STATE_COUNT)
			store_set_rcpt(
				job, m.id, from[i], &rows[i],
				f->c.config->retention.body_after_end_us);
	if (!tell_expiry(f, job, &about, &x)) {
		json_free(&detail);
		store_job_free(&job);
		return false;
	}
	json_add_int(detail, "ready", x.ready);
	json_add_int(detail, "returned", x.returned);
	json_add_int(detail, "expired", x.expired);
	json_add_int(detail, "still-held", x.still);
	audit_add(f, job, flow_now(f), m.id, "timer",
		  x.ready ? "released" : "due", detail);
	s = NEW(struct swept);
	s->f = f;
	id_text(m.id, s->id_text);
	fault_point("release-commit");
	flow_submit(f, job, on_swept, s);
	return true;
}

static void on_due(void *arg, struct store_job *job, const struct err *why)
{
	struct flow *f = arg;
	const struct store_found *found;
	size_t n = 0;

	f->sweeping = false;
	if (why) {
		LOG(&f->log, LOG_WARN, "sweep", LE(why));
		return;
	}
	damaged_tell(f, job);
	found = store_job_found(job, &n);
	for (size_t i = 0; i < n; i++)
		if (!due_message(f, &found[i], found[i].message.sender.n > 0))
			(void)!due_message(f, &found[i], false);
}

static void on_sweep(void *arg)
{
	struct flow *f = arg;
	struct store_job *job;

	timer_set(f->sweep, SWEEP_EVERY_US);
	clock_check(f);
	mode_check(f);
	if (f->stopping)
		return;
	digest_look(f);
	if (f->redecide && !flow_busy(f) &&
	    clock_monotonic_us() >= f->redecide_next_us)
		redecide(f);
	failed_look(f);
	recheck_look(f);
	flow_wake(f);
	if (f->sweeping || atomic_load(&f->mode) == MODE_HOLD ||
	    clock_jumped(f))
		return;
	f->sweeping = true;
	job = store_job_new(f->c.store);
	store_due(job, flow_now(f), SWEEP_MESSAGES);
	flow_submit(f, job, on_due, f);
}

void sweep_start(struct flow *f)
{
	f->sweep = timer_new(f->c.loop, on_sweep, f);
	timer_set(f->sweep, US_PER_MS);
}
