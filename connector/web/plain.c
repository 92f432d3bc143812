/* plain.c - health, readiness, metrics, help. */
#include "connector/web/web_int.h"

#define TEXT_TYPE "text/plain; charset=utf-8"

void get_health(struct visit *v)
{
	answer_text(v, 200, TEXT_TYPE, STR("ok\n"));
}

void get_ready(struct visit *v)
{
	const struct web_conf *c = &v->w->c;
	bool ready = store_healthy(c->store) &&
		     (c->ready == NULL || c->ready(c->ready_arg));

	answer_text(v, ready ? 200 : 503, TEXT_TYPE,
		    ready ? STR("ready\n") : STR("not ready\n"));
}

void get_metrics(struct visit *v)
{
	AUTO(buf) out = BUF_MAX(MIB);
	uint64_t open, held;
	struct err e = ERR_EMPTY;

	/* To strangers the address does not exist. */
	if (!visit_is_near(v)) {
		answer_error(v, 404, "error_not_found");
		return;
	}
	if (store_counts(v->w->reader, &open, &held, &e)) {
		metric_set(v->w->c.metrics, METRIC_OPEN, (int64_t)open);
		metric_set(v->w->c.metrics, METRIC_HELD, (int64_t)held);
	}
	metrics_render(v->w->c.metrics, &out);
	answer_text(v, 200, "text/plain; version=0.0.4; charset=utf-8",
		    buf_str(&out));
}

static void help(struct visit *v, const char *page, const char *title)
{
	struct json *doc = json_object();
	const struct config *c = v->w->c.config;
	struct json *admins = json_add_array(doc, "admins");

	json_add_cstr(doc, "page", page);
	json_add_cstr(doc, "title", title);
	json_add_bool(doc, "ja", v->l == LANGUAGE_JA);
	for (size_t i = 0; i < c->admins.n; i++)
		json_add_cstr(admins, NULL, c->admins.v[i]);
	answer_page(v, 200, page, &doc);
}

void get_help(struct visit *v)
{
	help(v, "help", "title_help");
}

/* Pilot, go-live, order of products, the way out: no secret, no login. */
void get_help_admin(struct visit *v)
{
	help(v, "help_admin", "title_help_admin");
}
