/* engine_auth.c - proof of tenant in the engine: its object, and the tenant
 * that is being taken in, which the store keeps.
 */
#include "connector/base/mem.h"
#include "connector/main/engine_int.h"

static void tell_health(struct engine *en)
{
	AUTO(buf) text = BUF_MAX(64 * KIB);
	struct str rest, line;

	auth_health(en->auth, clock_now_us(), &text);
	rest = buf_str(&text);
	while (str_split(&rest, '\n', &line))
		LOG(&en->log, LOG_ERROR, "proof-not-ready", LSTR("why", line));
}

/* ---- onboarding ------------------------------------------------------------- */

#define ONBOARDING_KEY	   "onboarding"
#define ONBOARDING_MOST_US US_PER_DAY

static void take_onboarding(struct engine *en, const struct json *o)
{
	auth_set_onboarding(en->auth, str_of(json_get_cstr(o, "tenant", "")),
			    str_of(json_get_cstr(o, "to", "")),
			    json_get_int(o, "until", 0));
}

static bool load_onboarding(struct engine *en, struct err *e)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct str value = STR_EMPTY;
	struct json *o;

	TRY(store_value(en->auth_reader, STR(ONBOARDING_KEY), &a, &value, e));
	if (value.n == 0)
		return true;
	o = json_parse(value, e);
	TRY(o != NULL);
	take_onboarding(en, o);
	json_free(&o);
	return true;
}

static bool onboarding_fits(const struct engine *en, const struct json *q,
			    struct err *e)
{
	const char *tenant = json_get_cstr(q, "tenant", "");
	int64_t for_us = json_get_int(q, "for-us", -1);
	struct arena a = ARENA_EMPTY;
	struct addr to;
	bool is_address = addr_parse(str_of(json_get_cstr(q, "to", "")), true,
				     false, &a, &to, NULL);
	bool known = false;

	arena_release(&a);
	for (size_t i = 0; i < en->config->tenant_n; i++)
		known = known ||
			strcmp(tenant, en->config->tenant[i].tenant) == 0;
	if (!known)
		return err_set(e, ERR_NOT_FOUND, 0, "no tenant is called %.60s",
			       tenant);
	if (!is_address)
		return err_set(e, ERR_PERMANENT, 0,
			       "--to takes the address that the validation "
			       "mail goes to");
	if (for_us < 0 || for_us > ONBOARDING_MOST_US)
		return err_set(e, ERR_PERMANENT, 0,
			       "--for takes a time up to 1d; 0 ends it");
	return true;
}

static bool change_onboarding(struct engine *en, const struct json *q,
			      const char *who, struct store_job *job,
			      struct err *e)
{
	int64_t now = clock_now_us();
	AUTO(buf) text = BUF_MAX(4 * KIB);
	struct json *o;

	TRY(onboarding_fits(en, q, e));
	o = json_object();
	json_add_cstr(o, "tenant", json_get_cstr(q, "tenant", ""));
	json_add_cstr(o, "to", json_get_cstr(q, "to", ""));
	json_add_int(o, "until", now + json_get_int(q, "for-us", 0));
	json_print(o, &text, false);
	json_free(&o);
	store_put_value(job, STR(ONBOARDING_KEY), buf_str(&text));
	store_add_audit(job, now, 0, str_of(who), STR("onboarding"),
			buf_str(&text));
	return true;
}

bool engine_change(void *arg, const char *op, const struct json *q,
		   const char *who, struct store_job *job, struct buf *told,
		   struct err *e)
{
	struct engine *en = arg;

	if (strcmp(op, "tenant-onboard") == 0)
		return change_onboarding(en, q, who, job, e);
	if (strcmp(op, "history-import") == 0)
		return engine_history_change(en, q, who, job, e);
	if (str_starts(str_of(op), STR("dkim-")))
		return engine_dkim_change(en, op, q, who, job, told, e);
	return engine_secret_change(en, op, q, who, job, told, e);
}

void engine_changed(void *arg, const char *op)
{
	struct engine *en = arg;
	struct err e = ERR_EMPTY;

	engine_auth_reload(en);
	if (!load_onboarding(en, &e))
		LOG(&en->log, LOG_ERROR, "onboarding", LE(&e));
	if (!engine_dkim(en, &e))
		LOG(&en->log, LOG_ERROR, "dkim", LE(&e));
	if (str_starts(str_of(op), STR("secret-")))
		engine_tls_secret(en);
}

bool engine_auth(struct engine *en, struct err *e)
{
	en->auth_reader = store_reader_new(en->store, e);
	TRY(en->auth_reader != NULL);
	en->auth = auth_new(en->config, engine_secret_read, en);
	return load_onboarding(en, e);
}

void engine_auth_reload(struct engine *en)
{
	auth_set_config(en->auth, en->config, engine_secret_read, en);
	tell_health(en);
}

void engine_auth_release(struct engine *en)
{
	auth_free(&en->auth);
	store_reader_free(&en->auth_reader);
}

bool engine_sched(struct engine *en, struct err *e)
{
	struct sched_conf conf = {
		.loop = en->loop,
		.config = en->config,
		.store = en->store,
		.auth = en->auth,
		.flow = en->flow,
		.dns = en->dns,
		.http = en->http,
		.log = &en->log,
		.metrics = &en->metrics,
	};

	en->sched = sched_new(&conf, e);
	TRY(en->sched != NULL);
	tell_health(en); /* what was fetched before is there again */
	return true;
}
