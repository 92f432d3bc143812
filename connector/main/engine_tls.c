/* engine_tls.c - the listeners' certificate: loaded at start, on SIGHUP and
 * when its files change; a broken or half-written pair keeps the old one.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "connector/base/mem.h"
#include "connector/main/engine_int.h"

/* A secret that is a file: as named, or in systemd's credentials. */
static char *secret_path(const struct secret_ref *ref)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");

	if (ref->kind == SECRET_FILE)
		return mem_strdup(ref->value);
	if (ref->kind == SECRET_CREDENTIAL && folder)
		return mem_printf("%s/%s", folder, ref->value);
	return NULL;
}

struct tls_ctx *engine_tls(struct engine *en, bool web, struct err *e)
{
	const struct config *c = en->config;
	AUTO_STR key = secret_path(&c->tls.key);
	struct tls_server_conf conf = {
		.certificate_file = c->tls.certificate,
		.key_file = key ? key : c->tls.certificate,
		.request_client_certificate = !web,
		.alpn = web ? "http/1.1" : NULL,
	};

	if (!c->tls.certificate) {
		err_set(e, ERR_CONFIG, 0, "tls.certificate is not set");
		return NULL;
	}
	return tls_server_new(&conf, e);
}

static bool changed(struct engine *en)
{
	const struct config *c = en->config;
	AUTO_STR key = secret_path(&c->tls.key);
	const char *path[2] = {c->tls.certificate, key};
	bool yes = false;

	for (size_t i = 0; i < 2; i++) {
		struct stat st;

		if (!path[i] || stat(path[i], &st) != 0)
			continue;
		yes = yes || st.st_mtim.tv_sec != en->tls_seen[i].tv_sec ||
		      st.st_mtim.tv_nsec != en->tls_seen[i].tv_nsec;
		en->tls_seen[i] = st.st_mtim;
	}
	return yes;
}

struct web_tls {
	struct engine *en;
	struct tls_ctx *tls;
};

static void web_take(void *arg)
{
	struct web_tls *w = arg;

	web_set_tls(w->en->web, w->tls);
	tls_ctx_free(&w->tls);
	mem_free(w);
}

void engine_tls_check(struct engine *en, bool now)
{
	struct err e = ERR_EMPTY;
	struct tls_ctx *smtp, *web;

	if (!en->config->tls.certificate || (!changed(en) && !now))
		return;
	smtp = engine_tls(en, false, &e);
	web = smtp ? engine_tls(en, true, &e) : NULL;
	if (!smtp || !web) {
		tls_ctx_free(&smtp);
		LOG(&en->log, LOG_ERROR, "certificate-kept-old", LE(&e));
		return;
	}
	smtpd_set_tls(en->smtpd, smtp);
	tls_ctx_free(&smtp);
	LOG(&en->log, LOG_INFO, "certificate-taken");
	if (!en->web) {
		tls_ctx_free(&web);
		return;
	}
	struct web_tls *w = NEW(struct web_tls);

	w->en = en;
	w->tls = web;
	loop_post(en->web_loop, web_take, w);
}
