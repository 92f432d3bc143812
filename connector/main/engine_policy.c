/* engine_policy.c - a valid policy becomes the running one, and a version in
 * the store; one that does not validate is never loaded.
 */
#include <stdio.h>
#include <string.h>
#include "connector/base/mem.h"
#include "connector/main/engine_int.h"

#define POLICY_FILES_MAX (64 * MIB)

static void keep_version(struct engine *en, const struct policy *p,
			 const char *who, const char *note)
{
	struct store_job *job = store_job_new(en->store);
	struct json *files = json_object();
	AUTO(buf) text = BUF_MAX(POLICY_FILES_MAX);
	struct err e = ERR_EMPTY;
	const struct policy_file *f;
	size_t n;

	f = policy_files(p, &n);
	for (size_t i = 0; i < n; i++)
		json_add_str(files, f[i].name, f[i].bytes);
	json_print(files, &text, false);
	json_free(&files);
	store_add_policy(job, en->policy_version, clock_now_us(), str_of(who),
			 str_of(note), str_of(policy_digest(p)),
			 buf_str(&text));
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
	struct str digest = STR_EMPTY;
	uint32_t version = 0;
	bool ok;

	TRY(r != NULL);
	ok = store_policy(r, &a, &version, &digest, e);
	*new_r = version == 0 || !str_is(digest, policy_digest(p));
	en->policy_version = *new_r ? version + 1 : version;
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
