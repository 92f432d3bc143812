/* judge.c - from a body to a plan with its edits: inspect, decide, edit.
 *
 * Every way that cannot answer ends in a view of completeness NONE, which the
 * policy's doubt table turns into a hold.  Nothing here is durable yet.
 */
#include "connector/flow/flow_int.h"
#include "policy/record.h"
#include "connector/mail/inspected.h"

/* Another policy came each time: enough. */
#define QUESTIONS_MOST 5

struct judged *judged_new(struct flow *f)
{
	struct judged *j = NEW(struct judged);

	j->f = f;
	j->next = f->judged;
	j->link = &f->judged;
	if (j->next)
		j->next->link = &j->next;
	f->judged = j;
	return j;
}

void judged_count(struct judged *j)
{
	j->counted = true;
	j->large = j->body && j->body->in_spool;
	j->f->undecided++;
	j->f->undecided_large += j->large;
}

static void large_decided(struct judged *j)
{
	j->f->undecided_large -= j->counted && j->large;
	j->large = false;
}

void judged_free(struct judged **jp)
{
	struct judged *j = TAKE(*jp);

	if (!j)
		return;
	inspect_cancel(&j->job);
	*j->link = j->next;
	if (j->next)
		j->next->link = j->link;
	if (j->counted)
		j->f->undecided--;
	large_decided(j);
	body_free(&j->body);
	policy_let_go(&j->policy);
	mem_wipe(j->m.dek, sizeof(j->m.dek));
	arena_release(&j->arena);
	mem_free(j);
}

static bool from_body(void *arg, uint64_t off, void *to, size_t n,
		      struct err *e)
{
	return body_read(arg, off, to, n, e);
}

static void body_for_job(struct judged *j, struct inspect_body *b)
{
	*b = (struct inspect_body){
		.size = j->body->size,
		.p = body_bytes(j->body),
		.region = j->body->in_region ? j->body->region : NULL,
		.read = from_body,
		.arg = j->body,
	};
}

static void judged_done(struct judged *j)
{
	if (j->planned)
		shapes_add_lower(&j->view, &j->arena, &j->shapes);
	j->judging = false;
	j->judge_done = true;
	large_decided(j);
	j->on_judged(j);
}

/* ---- edits ------------------------------------------------------------------ */

static void hold_failed(struct judged *j, const char *what);

static void on_edited(void *arg, const struct edit_answer *answer)
{
	struct judged *j = arg;

	j->job = NULL;
	if (answer->failed || answer->n != j->plan.shape_n ||
	    !shapes_write(answer->edits, answer->n, &j->arena, &j->shapes)) {
		LOG(&j->log, LOG_WARN, "not-edited", LE(&answer->why));
		hold_failed(j, "edits");
	}
	judged_done(j);
}

static bool wants_edits(const struct plan *plan)
{
	for (size_t i = 0; i < plan->shape_n; i++)
		if (!change_is_empty(&plan->shape[i]))
			return true;
	return false;
}

/* ---- decide ------------------------------------------------------------------ */

static void view_failed(struct judged *j)
{
	struct view *v = &j->view;

	j->found = false;
	*v = (struct view){.completeness = VIEW_NONE, .size = j->m.size};
	v->reason = arena_array(&j->arena, 1, sizeof(*v->reason));
	v->reason[0] = (struct view_reason){DOUBT_FAILED, VIEW_WHOLE};
	v->reason_n = 1;
}

/* A tenant may have the rules for a group first (S13 of a pilot). Whoever of
 * it could be the sender: nobody leaves it by one more name in his From, or by
 * a mail that cannot be read. */
static bool enrolled(const struct judged *j)
{
	const struct policy *p = j->policy->policy;
	const struct view_addrs *from = &j->view.from;
	struct str group;

	if (!j->tenant->enrolled_group || !j->found)
		return true;
	group = str_of(j->tenant->enrolled_group);
	for (size_t i = 0; i < from->n; i++)
		if (policy_in_group(p, group, from->v[i].address))
			return true;
	return policy_in_group(p, group, j->env.from.text) ||
	       policy_in_group(p, group, j->m.sender);
}

/* What another policy can be tried on. */
static void record(struct judged *j, const struct facts *f)
{
	AUTO(buf) wire = BUF_MAX(RECORD_MAX);
	const struct record_note note = {.tenant = j->m.tenant,
					 .not_enrolled = j->not_enrolled};

	j->record = STR_EMPTY;
	if (j->f->c.config->retention.replay_us > 0 &&
	    record_write(j->policy->policy, f, &j->plan, &note, &wire))
		j->record = arena_str(&j->arena, buf_str(&wire));
}

static void decide(struct judged *j)
{
	AUTO(buf) json = BUF_MAX(PLAN_JSON_MAX);
	struct json *tree;
	struct facts f;

	facts_fill(j, &f);
	j->not_enrolled = !enrolled(j);
	if (j->not_enrolled)
		policy_let_pass(j->policy->policy, &f, &j->arena, &j->plan);
	else
		policy_decide(j->policy->policy, &f, &j->arena, &j->plan);
	must(j->plan.rcpt_n == j->rcpt_n);
	record(j, &f);
	tree = plan_json(&j->plan, &f, j->f->c.config->timezone);
	json_print(tree, &json, false);
	json_free(&tree);
	j->m.plan = arena_str(&j->arena, buf_str(&json));
	j->m.subject = j->view.subject;
	j->planned = true;
}

/* The plan cannot be carried out: decided again as if nothing was seen, so
 * that the doubt table holds it. */
static void hold_failed(struct judged *j, const char *what)
{
	struct str subject = j->view.subject;

	LOG(&j->log, LOG_ERROR, "held-failed", LS("at", what));
	view_failed(j);
	decide(j);
	j->m.subject = subject;
	j->plan.shape_n = 0;
	j->shapes = STR_EMPTY;
	for (size_t i = 0; i < j->plan.rcpt_n; i++)
		j->plan.rcpt[i].shape = SHAPE_MISSING;
	/* Whatever the doubt table says of `failed`: without its edits it would
	 * show what the policy hides. */
	if (!j->admin_hold)
		j->admin_hold = "failed";
}

static void inspect(struct judged *j);

/* The policy was changed while the mail was inspected: the one in force
 * decides, on answers to what it asks. */
static bool answers_policy(struct judged *j, uint32_t version)
{
	if (version == policy_question(j->policy->policy)->version)
		return true;
	policy_let_go(&j->policy);
	j->policy = policy_hold(j->f);
	j->m.policy_version = j->policy->version;
	return version == policy_question(j->policy->policy)->version;
}

static void take_view(struct judged *j, const struct inspect_answer *answer)
{
	struct err e = ERR_EMPTY;

	j->m.view = STR_EMPTY;
	if (answer->failed) {
		LOG(&j->log, LOG_WARN, "not-inspected", LE(&answer->why));
		view_failed(j);
		return;
	}
	j->m.view = arena_str(&j->arena, answer->wire);
	if (inspected_read(j->m.view, j->m.size, &j->arena, &j->view,
			   &j->findings, &j->found, &e))
		return;
	LOG(&j->log, LOG_WARN, "not-inspected", LE(&e));
	j->m.view = STR_EMPTY;
	view_failed(j);
}

static void on_view(void *arg, const struct inspect_answer *answer)
{
	struct judged *j = arg;
	struct inspect_body body;

	j->job = NULL;
	if (!answer->failed && !answers_policy(j, answer->findings->version) &&
	    j->questions < QUESTIONS_MOST) {
		inspect(j);
		return;
	}
	take_view(j, answer);
	/* Never decided on answers to something else. */
	if (j->found &&
	    j->findings.version != policy_question(j->policy->policy)->version)
		view_failed(j);
	decide(j);
	if (j->gates_only || !wants_edits(&j->plan)) {
		judged_done(j);
		return;
	}
	body_for_job(j, &body);
	j->job = inspect_edit(j->f->c.inspect, j->tenant->index, &body,
			      j->plan.shape, j->plan.shape_n, on_edited, j);
}

static void inspect(struct judged *j)
{
	struct inspect_body body;

	j->questions++;
	body_for_job(j, &body);
	j->job = inspect_view(j->f->c.inspect, j->tenant->index, &body, on_view,
			      j);
}

void judge(struct judged *j)
{
	j->judging = true;
	if (j->loop_pass) {
		/* It came back to us: out at once, without gates. */
		judged_done(j);
		return;
	}
	inspect(j);
}
