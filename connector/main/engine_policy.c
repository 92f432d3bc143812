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

static void keep_version(struct engine *en, const struct policy *p,
			 const char *who, const char *note)
{
	struct store_job *job = store_job_new(en->store);
	struct arena *a = store_job_arena(job);
	struct store_policy kept = {.version = en->policy_version,
				    .at_us = clock_now_us(),
				    .who = str_of(who),
				    .note = str_of(note),
				    .digest = str_of(policy_digest(p)),
				    .origin = STR("file")};
	struct store_policy_file *file;
	struct err e = ERR_EMPTY;
	const struct policy_file *f;

	f = policy_files(p, &kept.file_n);
	file = arena_array(a, kept.file_n, sizeof(*file));
	for (size_t i = 0; i < kept.file_n; i++)
		file[i] = (struct store_policy_file){str_of(f[i].name),
						     f[i].bytes};
	kept.file = file;
	store_add_policy(job, &kept);
	if (!store_run(en->store, job, &e))
		LOG(&en->log, LOG_ERROR, "policy-not-kept", LE(&e));
	store_job_free(&job);
}

/* The version of this digest: the newest one, or a new one. */
static bool version_of(struct engine *en, const struct policy *p, bool *new_r,
		       struct err *e)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct store_reader *r = store_reader_new(en->store, e);
	struct store_policy *last = NULL;
	size_t n = 0;
	bool ok;

	TRY(r != NULL);
	ok = store_policies(r, 1, &a, &last, &n, e);
	*new_r = n == 0 || !str_is(last->digest, policy_digest(p));
	en->policy_version = n ? last->version : 0;
	en->policy_version += *new_r;
	store_reader_free(&r);
	return ok;
}

/* A policy on its way. */
struct taking {
	struct engine *en;
	struct taking *next;
	const struct config *config; /* of when it was asked for */
	char *who, *note;
	engine_policy_done *done;
	void *arg;
	struct policy *policy; /* NULL: not valid */
	struct buf text;       /* for the asker */
};

static void taking_free(struct taking *t)
{
	policy_free(&t->policy);
	buf_release(&t->text);
	mem_free(t->who);
	mem_free(t->note);
	mem_free(t);
}

static void finish(struct taking *t, bool ok)
{
	if (t->done)
		t->done(t->arg, ok, buf_str(&t->text));
	else if (!ok)
		fputs(buf_cstr(&t->text), stderr);
	taking_free(t);
}

/* From now on it decides. Takes p. */
static bool use(struct engine *en, struct policy *p, const char *who,
		const char *note, struct buf *text)
{
	struct err e = ERR_EMPTY;
	bool fresh = false;

	if (!version_of(en, p, &fresh, &e)) {
		buf_printf(text, "%s\n", e.text);
		policy_free(&p);
		return false;
	}
	if (fresh)
		keep_version(en, p, who, note);
	buf_printf(text, "v%u: %zu rules\n", en->policy_version,
		   policy_rule_count(p));
	LOG(&en->log, LOG_INFO, "policy", LU("version", en->policy_version),
	    LU("rules", policy_rule_count(p)), LS("by", who));
	snprintf(en->policy_digest, sizeof(en->policy_digest), "%s",
		 policy_digest(p));
	flow_set_policy(en->flow, p, en->policy_version);
	return true;
}

/* ---- the start -------------------------------------------------------------- */

bool engine_policy_read(struct engine *en, struct err *e)
{
	AUTO(buf) text = BUF_MAX(1 * MIB);

	en->policy_first = configured_policy(en->config, en->config->language,
					     NULL, &text);
	if (en->policy_first)
		return true;
	fputs(buf_cstr(&text), stderr);
	return err_set(e, ERR_CONFIG, 0, "the policy is not valid");
}

bool engine_policy_begin(struct engine *en, struct err *e)
{
	AUTO(buf) text = BUF_MAX(1 * MIB);

	return use(en, TAKE(en->policy_first), "start", "", &text) ||
	       err_set(e, ERR_RETRY, 0, "%s", buf_cstr(&text));
}

/* ---- while it serves -------------------------------------------------------- */

static void on_asked(void *arg, const struct err *why)
{
	struct taking *t = arg;
	struct engine *en = t->en;
	struct policy *p = TAKE(t->policy);

	en->policy_taking = NULL;
	if (!why) {
		finish(t, use(en, p, t->who, t->note, &t->text));
		return;
	}
	policy_free(&p);
	LOG(&en->log, LOG_ERROR, "policy-refused", LE(why),
	    LU("running", en->policy_version));
	buf_printf(&t->text, "%s\n", why->text);
	finish(t, false);
}

static void load_next(struct engine *en);

static void on_loaded(void *arg)
{
	struct taking *t = arg;
	struct engine *en = t->en;

	pthread_join(en->policy_thread, NULL);
	en->policy_loading = t->next;
	if (t->policy) {
		/* The one before it, if not ready yet, is answered first. */
		inspect_ask(en->inspect, policy_question(t->policy), on_asked,
			    t);
		en->policy_taking = t;
	} else {
		LOG(&en->log, LOG_ERROR, "policy-refused",
		    LU("running", en->policy_version));
		finish(t, false);
	}
	load_next(en);
}

static void *load_main(void *arg)
{
	struct taking *t = arg;

	prctl(PR_SET_NAME, "policy");
	t->policy = configured_policy(t->config, t->config->language,
				      &t->en->policy_stop, &t->text);
	loop_post(t->en->loop, on_loaded, t);
	return NULL;
}

static void load_next(struct engine *en)
{
	struct taking *t = en->policy_loading;

	if (!t || pthread_create(&en->policy_thread, NULL, load_main, t) == 0)
		return;
	en->policy_loading = t->next;
	buf_puts(&t->text, "no thread to read the policy\n");
	finish(t, false);
	load_next(en);
}

void engine_policy_apply(struct engine *en, const char *who, const char *note,
			 engine_policy_done *done, void *arg)
{
	struct taking *t = NEW(struct taking), **at = &en->policy_loading;

	t->en = en;
	t->config = en->config;
	t->who = mem_strdup(who);
	t->note = mem_strdup(note);
	t->done = done;
	t->arg = arg;
	t->text = BUF_MAX(1 * MIB);
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
	policy_free(&en->policy_first);
}
