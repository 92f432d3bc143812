/* engine_policy.c - a valid policy becomes the running one, and a version in
 * the store; one that does not validate is never loaded.
 *
 * Files are read and expressions looked at on a thread of its own; then the
 * inspector makes children that know what the policy asks; the flow decides
 * with it from the moment they answer. Mail goes on meanwhile, by the policy
 * before. Of two that come together the later one wins.
 */
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include "connector/base/mem.h"
#include "connector/main/engine_int.h"

/* A policy on its way. */
struct taking {
	struct engine *en;
	struct taking *next;
	const struct config *config; /* of when it was asked for */
	struct policy_wish wish;     /* texts owned */
	engine_policy_done *done;
	void *arg;
	struct policy_choice choice;
	struct inspect_question *question;
	struct told told; /* for the asker */
};

static void taking_free(struct taking *t)
{
	policy_free(&t->choice.policy);
	inspect_question_free(&t->question);
	told_release(&t->told);
	mem_free((char *)t->wish.who);
	mem_free((char *)t->wish.note);
	mem_free(t);
}

static void print(const struct config *c, const struct told *told)
{
	struct str text = told_text(told, c->language);

	fwrite(text.p, 1, text.n, stderr);
}

static void finish(struct taking *t, bool ok)
{
	if (t->done)
		t->done(t->arg, ok, &t->told);
	else if (!ok)
		print(t->en->config, &t->told);
	taking_free(t);
}

/* From now on it decides. Takes the choice's policy. */
static bool use(struct engine *en, struct policy_choice *choice,
		const struct policy_wish *wish, struct told *told)
{
	struct err e = ERR_EMPTY;
	struct policy *p;

	if (!engine_version_keep(en, choice, wish, &e)) {
		LOG(&en->log, LOG_ERROR, "policy-not-kept", LE(&e));
		tell(told, "%s\n", "%s\n", e.text);
		policy_free(&choice->policy);
		return false;
	}
	p = TAKE(choice->policy);
	en->policy_version = choice->version;
	metric_set(&en->metrics, METRIC_POLICY_VERSION, choice->version);
	tell(told, "v%u: 規則%zu件\n", "v%u: %zu rules\n", en->policy_version,
	     policy_rule_count(p));
	LOG(&en->log, LOG_INFO, "policy", LU("version", en->policy_version),
	    LU("rules", policy_rule_count(p)), LS("by", wish->who));
	snprintf(en->policy_digest, sizeof(en->policy_digest), "%s",
		 policy_digest(p));
	engine_lists_took(en, p);
	flow_set_policy(en->flow, p, en->policy_version);
	return true;
}

/* ---- the start -------------------------------------------------------------- */

static const struct policy_wish START = {.who = "start", .note = ""};

bool engine_policy_read(struct engine *en, struct err *e)
{
	AUTO(told) told = TOLD_EMPTY;

	engine_version_choose(en, en->config, &START, true, &en->policy_first,
			      &told);
	print(en->config, &told);
	if (en->policy_first.policy)
		return true;
	return err_set(e, ERR_CONFIG, 0, "the policy is not valid");
}

bool engine_policy_begin(struct engine *en, struct err *e)
{
	AUTO(told) told = TOLD_EMPTY;
	bool refused = en->policy_first.refused;

	if (!use(en, &en->policy_first, &START, &told))
		return err_set(e, ERR_RETRY, 0, "%s", buf_cstr(&told.en));
	if (refused) {
		LOG(&en->log, LOG_ERROR, "policy-files-not-taken",
		    LU("running", en->policy_version));
		flow_alarm_both(
			en->flow, "policy",
			STR("ディスクのファイルは使っていません。`sekisho "
			    "policy list` をご覧ください"),
			STR("the files on disk were not taken: see "
			    "`sekisho policy list`"));
	}
	return true;
}

/* ---- while it serves -------------------------------------------------------- */

/* Its inspectors are ready: they are taken with it, or neither is. */
static bool on_asked(void *arg, const struct err *why)
{
	struct taking *t = arg;
	struct engine *en = t->en;
	bool ok = false;

	en->policy_taking = NULL;
	if (why) {
		LOG(&en->log, LOG_ERROR, "policy-refused", LE(why),
		    LU("running", en->policy_version));
		tell(&t->told, "%s\n", "%s\n", why->text);
	} else {
		ok = use(en, &t->choice, &t->wish, &t->told);
	}
	finish(t, ok);
	return ok;
}

static void load_next(struct engine *en);

static void on_loaded(void *arg)
{
	struct taking *t = arg;
	struct engine *en = t->en;

	pthread_join(en->policy_thread, NULL);
	en->policy_loading = t->next;
	if (t->choice.policy) {
		/* The one before it, if not ready yet, is answered first. */
		inspect_ask(en->inspect, &t->question, on_asked, t);
		en->policy_taking = t;
	} else {
		LOG(&en->log, LOG_ERROR, "policy-refused",
		    LU("running", en->policy_version));
		finish(t, false);
	}
	load_next(en);
}

/* Here too, not on the loop: the question of a large register. */
static void write_question(struct taking *t)
{
	struct err e = ERR_EMPTY;

	t->question = inspect_question_new(policy_question(t->choice.policy),
					   &e);
	if (t->question)
		return;
	tell(&t->told, "%s\n", "%s\n", e.text);
	policy_free(&t->choice.policy);
}

static void *load_main(void *arg)
{
	struct taking *t = arg;

	prctl(PR_SET_NAME, "policy");
	engine_version_choose(t->en, t->config, &t->wish, false, &t->choice,
			      &t->told);
	if (t->choice.policy)
		write_question(t);
	loop_post(t->en->loop, on_loaded, t);
	return NULL;
}

static void load_next(struct engine *en)
{
	struct taking *t = en->policy_loading;

	if (!t || pthread_create(&en->policy_thread, NULL, load_main, t) == 0)
		return;
	en->policy_loading = t->next;
	tell(&t->told, "規則を読むスレッドを作れません\n",
	     "no thread to read the policy\n");
	finish(t, false);
	load_next(en);
}

void engine_policy_apply(struct engine *en, const struct policy_wish *wish,
			 engine_policy_done *done, void *arg)
{
	struct taking *t = NEW(struct taking), **at = &en->policy_loading;

	t->en = en;
	t->config = en->config;
	t->wish = *wish;
	t->wish.who = mem_strdup(wish->who);
	t->wish.note = mem_strdup(wish->note);
	t->done = done;
	t->arg = arg;
	t->told = TOLD_EMPTY;
	while (*at)
		at = &(*at)->next;
	*at = t;
	if (en->policy_loading == t)
		load_next(en);
}

void engine_policy_release(struct engine *en)
{
	if (en->policy_loading) {
		en->policy_stop = true;
		pthread_join(en->policy_thread, NULL);
	}
	/* Askers are gone: the control socket is closed by now. */
	while (en->policy_loading) {
		struct taking *t = en->policy_loading;

		en->policy_loading = t->next;
		taking_free(t);
	}
	if (en->policy_taking)
		taking_free(en->policy_taking);
	policy_free(&en->policy_first.policy);
}
