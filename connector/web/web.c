/* web.c - the web server's life, and each request's first steps. */
#include "connector/web/web_int.h"

static const char *error_of(int refused)
{
	return refused == 413 || refused == 414 || refused == 431
		       ? "error_long"
		       : "error_request";
}

static void handle(void *arg, struct http_exchange *x)
{
	struct web *w = arg;
	struct visit *v = ARENA_NEW(http_arena(x), struct visit);

	v->w = w;
	v->x = x;
	v->r = http_request(x);
	v->a = http_arena(x);
	visit_begin(v);
	if (v->r->refused)
		answer_error(v, v->r->refused, error_of(v->r->refused));
	else
		route_visit(v);
}

/* "https://host:8443/path/" into origin and path. */
static bool split_url(struct web *w, struct err *e)
{
	struct str url = str_of(w->c.config->public_url);
	ptrdiff_t scheme = str_find(url, STR("://"));
	struct str rest = str_skip(url, (size_t)(scheme + 3));
	ptrdiff_t slash = str_chr(rest, '/');

	if (scheme <= 0 || slash <= 0)
		return err_set(e, ERR_CONFIG, 0, "public-url: " STR_FMT,
			       STR_ARG(url));
	w->secure = str_starts_ci(url, STR("https://"));
	w->origin = mem_strndup(url.p, (size_t)(scheme + 3 + slash));
	w->base = mem_strndup(rest.p + slash, rest.n - (size_t)slash);
	return true;
}

static void listen_all(struct web *w)
{
	for (size_t i = 0; i < w->c.web_n; i++)
		http_server_listen(w->http, w->c.web_fd[i], true);
	for (size_t i = 0; i < w->c.plain_n; i++)
		http_server_listen(w->http, w->c.plain_fd[i], false);
}

struct web *web_new(const struct web_conf *conf, struct err *e)
{
	struct web *w = NEW(struct web);
	struct http_server_conf http = {
		.loop = conf->loop,
		.uncounted = conf->config->proxies.v,
		.uncounted_n = conf->config->proxies.n,
		.connections = WEB_CONNECTIONS,
		.connections_per_address = WEB_PER_ADDRESS,
		.deadline_us = HTTP_DEADLINE_S * US_PER_S,
		.handler = handle,
		.arg = w,
		.log = conf->log,
	};

	w->c = *conf;
	random_bytes(w->key, sizeof(w->key));
	if (!split_url(w, e) || !templates_load(w, e)) {
		web_free(&w);
		return NULL;
	}
	w->reader = store_reader_new(conf->store, e);
	if (w->reader == NULL) {
		web_free(&w);
		return NULL;
	}
	w->http = http_server_new(&http);
	http_server_set_tls(w->http, conf->tls);
	listen_all(w);
	return w;
}

void web_set_tls(struct web *w, struct tls_ctx *tls)
{
	http_server_set_tls(w->http, tls);
}

void web_free(struct web **w)
{
	struct web *old = *w;

	if (old == NULL)
		return;
	*w = NULL;
	http_server_free(&old->http);
	store_reader_free(&old->reader);
	templates_free(old);
	mem_wipe(old->key, sizeof(old->key));
	mem_free(old->origin);
	mem_free(old->base);
	mem_free(old);
}
