/* engine_auth.c - proof of tenant in the engine: its secrets from file,
 * credential or store, and what the store keeps of an onboarding.
 */
#include <stdlib.h>
#include "connector/base/mem.h"
#include "connector/main/engine_int.h"

static bool read_file(const char *path, struct arena *a, struct str *text_r,
		      struct err *e)
{
	return conf_read_file(path, AUTH_SECRET_TEXT_MAX, a, text_r, e);
}

static bool read_credential(const char *name, struct arena *a,
			    struct str *text_r, struct err *e)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");

	if (!folder)
		return err_set(e, ERR_CONFIG, 0,
			       "credential %s: systemd has given none", name);
	return read_file(arena_printf(a, "%s/%s", folder, name), a, text_r, e);
}

bool engine_secret_read(void *arg, const struct secret_ref *ref,
			struct arena *a, struct str *text_r, struct err *e)
{
	struct engine *en = arg;

	switch (ref->kind) {
	case SECRET_FILE:
		return read_file(ref->value, a, text_r, e);
	case SECRET_CREDENTIAL:
		return read_credential(ref->value, a, text_r, e);
	case SECRET_STORE:
		TRY(store_secret(en->auth_reader, str_of(ref->value), a, text_r,
				 e));
		if (text_r->n)
			return true;
		return err_set(e, ERR_CONFIG, 0,
			       "secret %s is not set: sekisho secret set %s",
			       ref->value, ref->value);
	case SECRET_NOT_SET:
		break;
	}
	return err_set(e, ERR_CONFIG, 0, "no secret is named");
}

static void tell_health(struct engine *en)
{
	AUTO(buf) text = BUF_MAX(64 * KIB);
	struct str rest, line;

	auth_health(en->auth, clock_now_us(), &text);
	rest = buf_str(&text);
	while (str_split(&rest, '\n', &line))
		LOG(&en->log, LOG_ERROR, "proof-not-ready", LSTR("why", line));
}

bool engine_auth(struct engine *en, struct err *e)
{
	en->auth_reader = store_reader_new(en->store, e);
	TRY(en->auth_reader != NULL);
	en->auth = auth_new(en->config, engine_secret_read, en);
	tell_health(en);
	return true;
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
