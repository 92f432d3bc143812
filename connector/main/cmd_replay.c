/* cmd_replay.c - `sekisho policy replay`: another policy, tried on past mail.
 *
 * Reads the records of decisions beside the engine, which is not asked.
 */
#include <stdio.h>
#include <sysexits.h>
#include "connector/base/id.h"
#include "connector/base/vec.h"
#include "connector/main/main_int.h"
#include "connector/main/policy_args_int.h"
#include "policy/replay.h"

#define CHUNK		 1000
#define EXAMPLES_DEFAULT 5
#define EXAMPLES_MOST	 1000
#define SINCE_DEFAULT	 (30 * US_PER_DAY)
#define TEXT_MAX	 (64 * MIB)

struct trying {
	struct command *x;
	struct store_reader *r;
	const struct policy *policy;
	struct replay *replay;
	struct {
		VEC_OF(uint32_t);
	} seen; /* versions that were told */
	struct {
		VEC_OF(struct alike *);
	} known; /* by tenant */
};

/* The question of a version that the replay meets for the first time. */
static bool tell_version(struct trying *t, uint32_t version, struct err *e)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct store_policy v;

	for (size_t i = 0; i < t->seen.n; i++)
		if (t->seen.v[i] == version)
			return true;
	vec_push(&t->seen, version);
	if (store_policy(t->r, version, &a, &v, e))
		replay_version(t->replay, version, v.asked);
	else if (e->class != ERR_NOT_FOUND)
		return false;
	return true;
}

static bool try_chunk(struct trying *t, int64_t *after, size_t *n_r,
		      struct err *e)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct store_record *v;

	TRY(store_records(t->r, *after, CHUNK, &a, &v, n_r, e));
	for (size_t i = 0; i < *n_r; i++) {
		TRY(tell_version(t, v[i].policy, e));
		replay_add(t->replay, v[i].id, v[i].policy, v[i].wire);
		*after = v[i].id;
	}
	return true;
}

/* The domains to which a tenant writes, where the policy asks. */
static bool known_of(struct trying *t, const char *tenant, struct err *e)
{
	struct policy_known_maker *maker = policy_known_begin();
	AUTO(arena) a = ARENA_EMPTY;
	struct store_past *v, *after = NULL;
	size_t n = 0;
	bool ok;

	do {
		ok = store_past_list(t->r, str_of(tenant), after, CHUNK, &a, &v,
				     &n, e);
		for (size_t i = 0; ok && i < n; i++)
			policy_known_count(maker, v[i].recipient,
					   (uint64_t)v[i].count);
		after = ok && n ? &v[n - 1] : NULL;
	} while (ok && n == CHUNK);
	vec_push(&t->known, policy_known_end(&maker));
	return ok;
}

static bool tell_tenants(struct trying *t, struct err *e)
{
	const struct config *c = t->x->c;
	bool asks = policy_needs(t->policy) & NEEDS_KNOWN;

	for (size_t i = 0; i < c->tenant_n; i++) {
		const struct tenant_conf *of = &c->tenant[i];
		struct replay_tenant tenant = {
			.name = str_of(of->tenant),
			.domain = (const char *const *)of->domains.v,
			.domain_n = of->domains.n};

		if (asks) {
			TRY(known_of(t, of->tenant, e));
			tenant.known = t->known.v[t->known.n - 1];
		}
		replay_tenant(t->replay, &tenant);
	}
	return true;
}

static bool try_all(struct trying *t, int64_t since_us, struct err *e)
{
	int64_t after = id_first(clock_now_us() - since_us);
	size_t n;

	TRY(tell_tenants(t, e));
	do {
		TRY(try_chunk(t, &after, &n, e));
	} while (n == CHUNK);
	return true;
}

static void trying_end(struct trying *t)
{
	VEC_EACH (known, &t->known)
		policy_known_free(known);
	vec_release(&t->known);
	vec_release(&t->seen);
	replay_free(&t->replay);
}

static void report(const struct trying *t)
{
	const struct policy_args *a = t->x->arg;
	const struct tz *tz = t->x->c->timezone;
	AUTO(buf) text = BUF_MAX(TEXT_MAX);
	struct json *o;

	if (a->json) {
		o = replay_json(t->replay, tz);
		json_add_cstr(o, "policy", a->policy);
		print_json(o);
		json_free(&o);
		return;
	}
	replay_text(t->replay, tz, options_language(), &text);
	print_lines(buf_str(&text), stdout);
}

static bool numbers(const struct policy_args *a, int64_t *since_us,
		    uint64_t *examples)
{
	*since_us = SINCE_DEFAULT;
	*examples = EXAMPLES_DEFAULT;
	if (a->since &&
	    (!duration_parse(str_of(a->since), since_us) || *since_us <= 0)) {
		print_error("--since takes a time such as 30d");
		return false;
	}
	if (a->examples && (!str_u64(str_of(a->examples), examples) ||
			    *examples > EXAMPLES_MOST)) {
		print_error("--examples takes a number up to %d",
			    EXAMPLES_MOST);
		return false;
	}
	if (a->policy)
		return true;
	print_error("policy replay needs --policy FILE");
	return false;
}

static int try_policy(struct command *x, struct store_reader *r)
{
	const struct policy_args *a = x->arg;
	AUTO(buf) errors = BUF_MAX(TEXT_MAX);
	struct trying t = {.x = x, .r = r};
	struct err e = ERR_EMPTY;
	struct policy *p;
	int64_t since_us;
	uint64_t examples;
	bool ok;

	if (!numbers(a, &since_us, &examples))
		return EX_USAGE;
	p = named_policy(x->c, a->policy, options_language(), &errors);
	print_lines(buf_str(&errors), stderr);
	if (!p)
		return EX_CONFIG;
	t.policy = p;
	t.replay = replay_new(p, (unsigned)examples);
	ok = try_all(&t, since_us, &e);
	if (ok)
		report(&t);
	else
		print_error("%s", e.text);
	trying_end(&t);
	policy_free(&p);
	return ok ? EX_OK : EX_TEMPFAIL;
}

int policy_replay(struct command *x)
{
	return command_read(x, try_policy);
}
