/* again.c - messages of the store that are judged: those that were accepted
 * and not decided before an end, and once more, when program or question have
 * changed, those that are held because nobody could read them.
 */
#include "connector/flow/flow_int.h"

/* With what the last look over all of them was begun and ended. */
#define FAILED_VALUE   "failed-looked-at"
#define FAILED_AT_ONCE 4
/* The store could not be asked: not at every look, each is a line of the log. */
#define FAILED_AGAIN_US	  (30 * US_PER_S)
#define REDECIDE_AGAIN_US (3 * US_PER_S)

/* ---- back from the store ----------------------------------------------------- */

/* The body of a stored message, back in memory where it is small. */
static bool body_from_store(struct flow *f, struct judged *j, struct err *e)
{
	struct body *b = j->body;
	size_t n = (size_t)j->m.size;

	b->size = j->m.size;
	memcpy(b->dek, j->m.dek, KEY_LEN);
	if (j->m.place == BODY_SPOOL) {
		b->in_spool = true;
		b->spool = j->m.spool;
		return true;
	}
	if (n > BODY_INLINE_MAX)
		return err_set(e, ERR_BUG, 0, "inline body too large");
	TRY(store_body_read(f->reader, &j->m, 0, buf_room(&b->bytes, n + 1), n,
			    e));
	buf_grown(&b->bytes, n);
	return true;
}

static bool env_from_rows(struct judged *j, struct err *e)
{
	struct arena *a = &j->arena;

	j->env.body = j->m.body;
	j->env.smtputf8 = j->m.smtputf8;
	if (j->m.from.n)
		TRY(addr_parse(j->m.from, true, true, a, &j->env.from, e));
	j->env.rcpt = arena_array(a, j->rcpt_n, sizeof(*j->env.rcpt));
	j->env.rcpt_n = j->rcpt_n;
	for (size_t i = 0; i < j->rcpt_n; i++)
		TRY(addr_parse(j->rcpt[i].address, true, true, a,
			       &j->env.rcpt[i].addr, e));
	return true;
}

static void message_copy(struct judged *j, const struct store_found *found)
{
	struct arena *a = &j->arena;

	j->m = found->message;
	j->m.tenant = arena_str(a, j->m.tenant);
	j->m.message_id = arena_str(a, j->m.message_id);
	j->m.from = arena_str(a, j->m.from);
	j->m.envid = arena_str(a, j->m.envid);
	j->m.prefix = arena_str(a, j->m.prefix);
	j->m.client = arena_str(a, j->m.client);
	j->m.language = arena_str(a, j->m.language);
	j->m.sender = arena_str(a, j->m.sender);
	j->m.subject = arena_str(a, j->m.subject);
	j->m.reason = arena_str(a, j->m.reason);
	/* Made anew. */
	j->m.view = j->m.plan = j->m.edits = STR_EMPTY;
	j->rcpt_n = found->rcpt_n;
	j->rcpt = arena_array(a, j->rcpt_n, sizeof(*j->rcpt));
	for (size_t i = 0; i < j->rcpt_n; i++) {
		j->rcpt[i] = found->rcpt[i];
		j->rcpt[i].address = arena_str(a, j->rcpt[i].address);
		j->rcpt[i].key = arena_str(a, j->rcpt[i].key);
		j->rcpt[i].orcpt = arena_str(a, j->rcpt[i].orcpt);
		j->rcpt[i].answer = arena_str(a, j->rcpt[i].answer);
		j->rcpt[i].remote = arena_str(a, j->rcpt[i].remote);
		j->rcpt[i].reason = arena_str(a, j->rcpt[i].reason);
		j->rcpt[i].gates = arena_str(a, j->rcpt[i].gates);
	}
}

struct judged *judged_stored(struct flow *f, const struct store_found *found)
{
	struct judged *j = judged_new(f);

	judged_count(j);
	j->body = body_new(f);
	message_copy(j, found);
	j->body->object = j->m.id;
	id_text(j->m.id, j->id_text);
	j->log = (struct log_ctx){&f->log, "id", j->id_text};
	j->decide_us = j->m.accepted_us;
	j->committed = true;
	j->tenant = flow_tenant(f, j->m.tenant);
	routes_set(j->tenant, j->m.from, j->rcpt, j->rcpt_n, &j->arena);
	j->policy = policy_hold(f);
	j->m.policy_version = j->policy->version;
	return j;
}

bool judged_begin(struct judged *j, void (*on_judged)(struct judged *j),
		  struct err *e)
{
	j->on_judged = on_judged;
	if (!j->tenant) {
		err_set(e, ERR_CONFIG, 0,
			"tenant " STR_FMT " is not configured",
			STR_ARG(j->m.tenant));
	} else if (body_from_store(j->f, j, e) && env_from_rows(j, e)) {
		judge(j);
		return true;
	}
	LOG(&j->log, LOG_ERROR, "not-judged", LE(e));
	return false;
}

bool judged_in_hand(const struct flow *f, int64_t id)
{
	for (const struct judged *j = f->judged; j; j = j->next)
		if (j->m.id == id)
			return true;
	return false;
}

/* ---- undecided ---------------------------------------------------------------- */

static void judge_undecided(struct flow *f, const struct store_found *found)
{
	struct judged *j = judged_stored(f, found);
	struct err e = ERR_EMPTY;

	if (judged_begin(j, decision_submit, &e))
		return;
	if (e.class == ERR_RETRY) {
		judged_free(&j);
		f->redecide = true; /* a later look finds it again */
		f->redecide_next_us = clock_monotonic_us() + REDECIDE_AGAIN_US;
		return;
	}
	/* An admin has to look, nothing is forgotten. */
	flow_alarm(f, "undecided", str_of(j->id_text));
	j->admin_hold = "failed";
	decision_submit(j);
}

static void on_undecided(void *arg, struct store_job *job,
			 const struct err *why)
{
	struct flow *f = arg;
	const struct store_found *found;
	size_t n = 0;

	if (why) {
		f->redecide = true;
		return;
	}
	damaged_tell(f, job);
	found = store_job_found(job, &n);
	for (size_t i = 0; i < n; i++)
		if (!judged_in_hand(f, found[i].message.id))
			judge_undecided(f, &found[i]);
	/* A damaged one was looked at and is not among the found. */
	f->redecide = f->redecide || n == SWEEP_MESSAGES ||
		      store_job_damaged(job);
}

void redecide(struct flow *f)
{
	struct store_job *job = store_job_new(f->c.store);

	f->redecide = false;
	store_undecided(job, flow_now(f), SWEEP_MESSAGES);
	flow_submit(f, job, on_undecided, f);
}

/* ---- failed ------------------------------------------------------------------- */

/* Who looks, and for what: where this differs it may go better. */
static void failed_marker(const struct flow *f, struct buf *out)
{
	const struct question *q = policy_question(f->policy->policy);

	buf_printf(out, "%s %u", f->c.build ? f->c.build : "", q->version);
}

void failed_begin(struct flow *f)
{
	AUTO(buf) now = BUF_MAX(KIB);
	AUTO(arena) a = ARENA_EMPTY;
	struct err e = ERR_EMPTY;
	struct str last;

	failed_marker(f, &now);
	if (!store_value(f->reader, STR(FAILED_VALUE), &a, &last, &e)) {
		LOG(&f->log, LOG_ERROR, "failed-look", LE(&e));
		return;
	}
	f->failed.due = !str_eq(last, buf_str(&now));
	f->failed.before = 0;
}

static void on_looked(void *arg, struct store_job *job, const struct err *why)
{
	struct flow *f = arg;

	(void)job;
	if (why)
		LOG(&f->log, LOG_WARN, "failed-look", LE(why));
}

/* All were begun: not again before something changes. */
static void failed_end(struct flow *f)
{
	struct store_job *job = store_job_new(f->c.store);
	AUTO(buf) now = BUF_MAX(KIB);

	f->failed.due = false;
	failed_marker(f, &now);
	store_put_value(job, STR(FAILED_VALUE), buf_str(&now));
	flow_submit(f, job, on_looked, f);
}

/* Nothing of it is on its way, and nothing of it waits for other reasons: a
 * new decision has other edits. */
static bool waits_failed(const struct store_found *found)
{
	bool waits = false;

	for (size_t i = 0; i < found->rcpt_n; i++) {
		const struct store_rcpt *r = &found->rcpt[i];

		if (rcpt_state_ended(r->state))
			continue;
		if (r->state != RCPT_HELD || !str_is(r->reason, "failed"))
			return false;
		waits = true;
	}
	return waits && found->message.kind == MESSAGE_MAIL &&
	       found->message.decided;
}

static void on_still_failed(void *arg, struct store_job *job,
			    const struct err *why)
{
	struct judged *j = arg;

	(void)job;
	if (why)
		LOG(&j->log, LOG_WARN, "failed-again", LE(why));
	j->f->failed.under_way--;
	judged_free(&j);
}

/* It stays as it is, whatever the plan says. */
static void still_failed(struct judged *j)
{
	struct store_job *job = store_job_new(j->f->c.store);
	struct json *detail = json_object();

	json_add_cstr(detail, "outcome", "failed");
	audit_add(j->f, job, flow_now(j->f), j->m.id, "engine",
		  "inspected-again", detail);
	LOG(&j->log, LOG_WARN, "failed-again");
	flow_submit(j->f, job, on_still_failed, j);
}

static bool lists(const struct json *list, struct str to, const char *key,
		  struct str value)
{
	for (size_t i = 0; list && i < json_size(list); i++) {
		const struct json *o = json_at(list, i);

		if (str_is(to, json_get_cstr(o, "to", "")) &&
		    str_is(value, json_get_cstr(o, key, "")))
			return true;
	}
	return false;
}

/* Whom the plan before has told and given a copy is not told again. The stored
 * plan keeps what is still to come, by the release. */
static void drop_told(struct judged *j)
{
	struct err e = ERR_EMPTY;
	struct json *before = json_parse(j->before, &e);
	struct plan *p = &j->plan;
	size_t n = 0;

	if (!before)
		return;
	for (size_t i = 0; i < p->copy_n; i++)
		if (!str_is(p->copy[i].when, "accepted") ||
		    !lists(json_get(before, "copies"), p->copy[i].to, "when",
			   p->copy[i].when))
			p->copy[n++] = p->copy[i];
	p->copy_n = n;
	n = 0;
	for (size_t i = 0; i < p->notice_n; i++)
		if ((!str_is(p->notice[i].kind, "text") &&
		     !str_is(p->notice[i].kind, "copy")) ||
		    !lists(json_get(before, "notices"), p->notice[i].to, "kind",
			   p->notice[i].kind))
			p->notice[n++] = p->notice[i];
	p->notice_n = n;
	json_free(&before);
}

static void on_failed_judged(struct judged *j)
{
	if (!j->found || j->admin_hold) {
		still_failed(j);
		return;
	}
	j->f->failed.under_way--;
	j->again = true;
	drop_told(j);
	decision_submit(j);
}

/* False: only for a moment it cannot be asked for. */
static bool judge_failed(struct flow *f, int64_t id)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct store_found found;
	struct err e = ERR_EMPTY;
	struct judged *j;

	if (!store_show(f->reader, id, &a, &found, &e)) {
		LOG(&f->log, LOG_ERROR, "failed-look", LE(&e));
		return e.class != ERR_RETRY;
	}
	if (!waits_failed(&found) || judged_in_hand(f, id))
		return true;
	j = judged_stored(f, &found);
	j->before = arena_str(&j->arena, found.message.plan);
	j->over = arena_array(&j->arena, j->rcpt_n, sizeof(*j->over));
	for (size_t i = 0; i < j->rcpt_n; i++)
		j->over[i] = rcpt_state_ended(j->rcpt[i].state);
	f->failed.under_way++;
	if (judged_begin(j, on_failed_judged, &e))
		return true;
	if (e.class == ERR_RETRY) {
		f->failed.under_way--;
		judged_free(&j);
		return false;
	}
	still_failed(j);
	return true;
}

/* A few at a time, behind all that is new. */
void failed_look(struct flow *f)
{
	AUTO(arena) a = ARENA_EMPTY;
	int64_t *id, now = clock_monotonic_us();
	struct err e = ERR_EMPTY;
	size_t n = 0;

	if (!f->failed.due || f->failed.under_way || flow_busy(f) ||
	    now < f->failed.next_us)
		return;
	f->failed.next_us = now + FAILED_AGAIN_US;
	if (!store_failed(f->reader, f->failed.before, FAILED_AT_ONCE, &a, &id,
			  &n, &e)) {
		LOG(&f->log, LOG_ERROR, "failed-look", LE(&e));
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (!judge_failed(f, id[i]))
			return;
		f->failed.before = id[i];
	}
	f->failed.next_us = 0;
	if (n == 0)
		failed_end(f);
}
