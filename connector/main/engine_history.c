/* engine_history.c - rows of `sekisho history import`, checked once more. */
#include <string.h>
#include "connector/main/engine_int.h"

static bool known_tenant(const struct engine *en, const char *name)
{
	for (size_t i = 0; i < en->config->tenant_n; i++)
		if (strcmp(en->config->tenant[i].tenant, name) == 0)
			return true;
	return false;
}

bool engine_history_change(struct engine *en, const struct json *q,
			   const char *who, struct store_job *job,
			   struct err *e)
{
	const char *tenant = json_get_cstr(q, "tenant", "");
	struct conf_errors errs = {0};
	int64_t now = flow_now(en->flow);
	AUTO(buf) detail = BUF_MAX(KIB);
	struct past_row *row;
	size_t n;
	bool ok;

	if (!known_tenant(en, tenant))
		return err_set(e, ERR_NOT_FOUND, 0, "no such tenant");
	ok = policy_history(str_of(json_get_cstr(q, "csv", "")), "csv",
			    store_job_arena(job), &errs, &row, &n);
	conf_errors_release(&errs);
	if (!ok)
		return err_set(e, ERR_PERMANENT, 0, "no history");
	for (size_t i = 0; i < n; i++) {
		struct store_past past = {
			row[i].sender, row[i].recipient, (int64_t)row[i].count,
			row[i].last_us ? row[i].last_us : now};

		store_put_past(job, str_of(tenant), &past);
	}
	buf_printf(&detail, "{\"rows\":%zu}", n);
	store_add_audit(job, now, 0, str_of(who), STR("history"),
			buf_str(&detail));
	return true;
}
