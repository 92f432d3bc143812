/* engine_tls.c - the listeners' certificates, the general one and one for each
 * tenant's host name: loaded at start, on SIGHUP and when their files change; a
 * broken or half-written pair keeps the old one.
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

/* A key that no file holds. One that is not set can be set only by an engine
 * that runs: the first start needs a file. */
static bool read_key(struct engine *en, const struct secret_ref *ref,
		     struct arena *a, struct str *key_r, struct err *e)
{
	bool unset;

	if (engine_secret_read(en, ref, a, key_r, e))
		return true;
	unset = ref->kind == SECRET_STORE && e->class == ERR_CONFIG;
	return err_wrap(e, "%s",
			unset && !en->smtpd
				? "tls.key (serve with {file: …} first to set "
				  "it)"
				: "tls.key");
}

static struct tls_ctx *load(struct engine *en, const char *certificate,
			    const struct secret_ref *key_ref, bool web,
			    struct err *e)
{
	AUTO(arena) a = ARENA_EMPTY;
	AUTO_STR file = secret_path(key_ref);
	struct tls_server_conf conf = {
		.certificate_file = certificate,
		.key_file = file ? file : certificate,
		.request_client_certificate = !web,
		.alpn = web ? "http/1.1" : NULL,
	};

	arena_init_secret(&a);
	if (!file && key_ref->kind != SECRET_NOT_SET &&
	    !read_key(en, key_ref, &a, &conf.key, e))
		return NULL;
	return tls_server_new(&conf, e);
}

static struct engine_name *name_of(struct engine *en, const char *host)
{
	VEC_EACH (it, &en->tls_name) {
		if (strcmp(it->host, host) == 0)
			return it;
	}
	return NULL;
}

/* The tenant's pair, else the one that it had before. */
static struct tls_ctx *load_named(struct engine *en,
				  const struct tenant_conf *t, struct err *e)
{
	struct tls_ctx *ctx = load(en, t->tls.certificate, &t->tls.key, false,
				   e);
	struct engine_name *old = name_of(en, t->hostname), row;

	if (!ctx && old) {
		LOG(&en->log, LOG_ERROR, "certificate-kept-old",
		    LS("tenant", t->tenant), LE(e));
		return tls_ctx_ref(old->ctx);
	}
	if (!ctx) {
		err_wrap(e, "tenant %s", t->tenant);
		return NULL;
	}
	if (old) {
		tls_ctx_free(&old->ctx);
		old->ctx = tls_ctx_ref(ctx);
	} else {
		row = (struct engine_name){mem_strdup(t->hostname),
					   tls_ctx_ref(ctx)};
		vec_push(&en->tls_name, row);
	}
	return ctx;
}

/* A tenant without a pair is served with the general one; nobody has a pair
 * without a name. */
static bool add_names(struct engine *en, struct tls_ctx *general, struct err *e)
{
	for (size_t i = 0; i < en->config->tenant_n; i++) {
		const struct tenant_conf *t = &en->config->tenant[i];
		bool pair = t->tls.certificate != NULL;
		struct tls_ctx *ctx = pair ? load_named(en, t, e) : NULL;

		if (!t->hostname)
			continue;
		if (pair && !ctx)
			return false;
		tls_server_add_name(general, t->hostname, ctx);
		tls_ctx_free(&ctx);
	}
	return true;
}

struct tls_ctx *engine_tls(struct engine *en, bool web, struct err *e)
{
	const struct config *c = en->config;
	struct tls_ctx *ctx;

	if (!c->tls.certificate) {
		err_set(e, ERR_CONFIG, 0, "tls.certificate is not set");
		return NULL;
	}
	ctx = load(en, c->tls.certificate, &c->tls.key, web, e);
	if (ctx && !web && !add_names(en, ctx, e))
		tls_ctx_free(&ctx);
	return ctx;
}

void engine_tls_release(struct engine *en)
{
	VEC_EACH (it, &en->tls_name) {
		mem_free(it->host);
		tls_ctx_free(&it->ctx);
	}
	vec_release(&en->tls_name);
}

static void stamp_file(struct sha256 *sum, const char *path)
{
	struct stat st;

	if (path && stat(path, &st) == 0)
		sha256_add(sum, &st.st_mtim, sizeof(st.st_mtim));
}

static void stamp_pair(struct sha256 *sum, const char *certificate,
		       const struct secret_ref *key_ref)
{
	AUTO_STR key = secret_path(key_ref);

	stamp_file(sum, certificate);
	stamp_file(sum, key);
}

static bool changed(struct engine *en)
{
	const struct config *c = en->config;
	struct sha256 *sum = sha256_new();
	unsigned char now[SHA256_LEN];
	bool yes;

	stamp_pair(sum, c->tls.certificate, &c->tls.key);
	for (size_t i = 0; i < c->tenant_n; i++)
		if (c->tenant[i].tls.certificate)
			stamp_pair(sum, c->tenant[i].tls.certificate,
				   &c->tenant[i].tls.key);
	sha256_end(&sum, now);
	yes = memcmp(now, en->tls_seen, sizeof(now)) != 0;
	memcpy(en->tls_seen, now, sizeof(now));
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

void engine_tls_secret(struct engine *en)
{
	const struct config *c = en->config;
	bool kept = c->tls.key.kind == SECRET_STORE;

	for (size_t i = 0; i < c->tenant_n; i++)
		kept = kept || c->tenant[i].tls.key.kind == SECRET_STORE;
	if (kept)
		engine_tls_check(en, true);
}
