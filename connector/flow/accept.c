/* accept.c - who a mail is, and its first commit, which the 250 waits for.
 *
 * With the plan when that came in time, alone when it did not.  A plan that
 * nobody can carry out is not taken.
 */
#include "connector/flow/intake_int.h"

static void on_repeat(void *arg, struct store_job *job, const struct err *why)
{
	struct intake *in = arg;
	char text[64];

	(void)job;
	if (why) {
		intake_fail(in, why);
	} else {
		snprintf(text, sizeof(text), "Ok: queued as %s",
			 in->j->id_text);
		intake_answer(in, 250, "2.0.0", text);
	}
	intake_free(in);
}

static void on_sunk(void *arg, struct store_job *job, const struct err *why)
{
	struct intake *in = arg;

	(void)job;
	if (why)
		intake_fail(in, why);
	else
		intake_answer(in, 250, "2.0.0",
			      in->block.canary
				      ? "Ok: canary, not kept"
				      : "Ok: validation mail, not kept");
	intake_free(in);
}

/* The sender never saw our first 250: the same answer again, nothing new. */
static void answer_repeat(struct intake *in, int64_t first)
{
	struct flow *f = in->f;
	struct store_job *job = store_job_new(f->c.store);
	struct json *detail = json_object();

	json_add_cstr(detail, "again", in->j->id_text);
	id_text(first, in->j->id_text);
	audit_add(f, job, flow_now(f), first, "engine", "repeat", detail);
	in->committing = true;
	flow_submit(f, job, on_repeat, in);
}

static void commit_accept(struct intake *in);

/* The plan came: in time for the 250, or after `accepted` was committed. */
static void on_judged(struct judged *j)
{
	struct intake *in = j->owner;

	if (in && !in->committing)
		commit_accept(in);
	else if (!in && j->committed)
		decision_submit(j);
}

static void on_accept(void *arg, struct store_job *job, const struct err *why)
{
	struct intake *in = arg;
	struct judged *j = in->j;
	struct flow *f = in->f;
	char text[64];

	(void)job;
	fault_point("accept-committed");
	if (why) {
		LOG(&j->log, LOG_ERROR, "not-accepted", LE(why));
		metric_add(f->c.metrics, METRIC_DEFERRED_IN, 1);
		first_attempts_drop(f, &in->firsts);
		intake_fail(in, why);
		intake_free(in);
		return;
	}
	in->synced = false;
	metric_add(f->c.metrics, METRIC_ACCEPTED, 1);
	metric_add(f->c.metrics, METRIC_ACCEPTED_RCPT, (int64_t)j->rcpt_n);
	snprintf(text, sizeof(text), "Ok: queued as %s", j->id_text);
	intake_answer(in, 250, "2.0.0", text);
	fault_point("accept-replied");
	if (j->committed) {
		first_attempts_start(f, &in->firsts);
		intake_free(in);
		flow_wake(f); /* notices, and what found no slot */
		return;
	}
	/* Accepted alone: the judgement goes on without the session. */
	in->j = NULL;
	j->owner = NULL;
	j->committed = true;
	intake_free(in);
	if (j->judge_done)
		decision_submit(j);
}

static void accept_log(struct judged *j)
{
	LOG(&j->log, LOG_INFO, "accepted", LS("tenant", j->tenant->tenant),
	    LSTR("from", j->m.from), LU("recipients", j->rcpt_n),
	    LU("size", j->m.size), LSTR("client", j->m.client));
}

/* Accepted alone. The view may be known while the edits are still made: none
 * of it is written before the decision is whole. */
static void add_undecided(struct judged *j, struct store_job *job)
{
	struct json *detail = json_object();
	struct store_message m = j->m;

	m.view = m.plan = m.edits = STR_EMPTY;
	m.subject = m.sender = m.reason = STR_EMPTY;
	store_add_message(job, &m, j->rcpt, j->rcpt_n);
	json_add_int(detail, "recipients", (int64_t)j->rcpt_n);
	json_add_str(detail, "client", j->m.client);
	audit_add(j->f, job, m.accepted_us, m.id, "engine", "accepted", detail);
}

/* Its sender keeps it, and tries again. */
static void refuse_unbuilt(struct intake *in)
{
	AUTO(buf) text = BUF_MAX(512);

	buf_puts(&text, "nothing was taken; the policy asks for what cannot "
			"be done yet: ");
	unbuilt_words(in->j, &text);
	LOG(&in->j->log, LOG_WARN, "not-taken",
	    LSTR("unbuilt", buf_str(&text)));
	unbuilt_alarm(in->j, false);
	metric_add(in->f->c.metrics, METRIC_DEFERRED_IN, 1);
	intake_answer(in, 451, "4.3.0", buf_cstr(&text));
	intake_free(in);
}

static void commit_accept(struct intake *in)
{
	struct judged *j = in->j;
	struct flow *f = in->f;
	struct store_job *job;

	if (in->wait)
		timer_stop(in->wait);
	if (j->judge_done && unbuilt_not_taken(j)) {
		refuse_unbuilt(in);
		return;
	}
	job = store_job_new(f->c.store);
	in->committing = true;
	j->m.place = j->body->in_spool ? BODY_SPOOL : BODY_INLINE;
	j->m.spool = j->body->spool;
	j->m.bytes = buf_str(&j->body->bytes);
	fault_point("accept-commit");
	if (j->judge_done) {
		first_attempts_reserve(j, &in->firsts);
		decision_rows(j, job, true);
		j->committed = true;
	} else {
		add_undecided(j, job);
	}
	accept_log(j);
	flow_submit(f, job, on_accept, in);
}

static void on_wait(void *arg)
{
	struct intake *in = arg;

	if (!in->committing)
		commit_accept(in);
}

void answer_sunk(struct intake *in)
{
	struct store_job *job = store_job_new(in->f->c.store);

	client_text(in->j, &in->session);
	if (in->block.canary)
		canary_back(in->j, in->block.canary, job);
	else
		validation_rows(in->j, job);
	in->committing = true;
	flow_submit(in->f, job, on_sunk, in);
}

/* True: go on; false: answered, the intake is gone or going. */
static bool identify(struct intake *in, const struct header_scan *scan)
{
	struct judged *j = in->j;
	int64_t first = 0, first_us = 0;
	struct err e = ERR_EMPTY;

	switch (identity_find(in->f, j, scan, flow_now(in->f), &first,
			      &first_us)) {
	case IDENTITY_NEW:
		return true;
	case IDENTITY_JOIN:
		j->quiet = first != 0;
		j->decide_us = first_us;
		return true;
	case IDENTITY_REPEAT:
		answer_repeat(in, first);
		return false;
	case IDENTITY_LOOP:
		j->loop_pass = true;
		return true;
	case IDENTITY_LOOP_AGAIN:
	case IDENTITY_FORGED:
		j->admin_hold = "loop";
		flow_alarm(in->f, "loop", str_of(j->id_text));
		return true;
	case IDENTITY_UNKNOWN:
		err_set(&e, ERR_RETRY, 0, "the ledger cannot be asked");
		intake_fail(in, &e);
		intake_free(in);
		return false;
	}
	return true;
}

void intake_identify(struct intake *in, const struct header_scan *scan)
{
	struct judged *j = in->j;

	if (!identify(in, scan))
		return;
	j->policy = policy_hold(in->f);
	j->m.policy_version = j->policy->version;
	j->on_judged = on_judged;
	in->wait = timer_new(in->f->c.loop, on_wait, in);
	timer_set(in->wait, JUDGE_WAIT_US);
	judge(j);
}
