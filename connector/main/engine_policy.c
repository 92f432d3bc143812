/* engine_policy.c - a valid policy becomes the running one, and a version in
 * the store; one that does not validate is never loaded.
 */
#include <stdio.h>
#include <string.h>
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

bool engine_policy(struct engine *en, const char *who, const char *note,
		   struct buf *text)
{
	struct policy *p = configured_policy(en->config, en->config->language,
					     text);
	struct err e = ERR_EMPTY;
	bool fresh = false;

	if (!p) {
		LOG(&en->log, LOG_ERROR, "policy-refused",
		    LU("running", en->policy_version));
		return false;
	}
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
