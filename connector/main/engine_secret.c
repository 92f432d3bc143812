/* engine_secret.c - secrets in the engine: reading them from file, credential
 * or store; setting, rotating and finishing those of the store.
 *
 * A header's secret is changed with an overlap in which both values count.  On
 * the way to us the cloud's rule changes when it likes.  On the way back the
 * rule must know the new value before we write it: until it is finished we
 * write the old one.
 */
#include <stdlib.h>
#include "connector/base/codec.h"
#include "connector/base/id.h"
#include "connector/base/mem.h"
#include "connector/main/engine_int.h"

#define NEW_VALUE_BYTES 24 /* random; twice as many letters and digits */

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
	struct err why = ERR_EMPTY;

	switch (ref->kind) {
	case SECRET_FILE:
		return read_file(ref->value, a, text_r, e);
	case SECRET_CREDENTIAL:
		return read_credential(ref->value, a, text_r, e);
	case SECRET_STORE:
		if (store_secret(en->auth_reader, str_of(ref->value), a, text_r,
				 &why) &&
		    text_r->n)
			return true;
		if (why.class != ERR_NOT_FOUND && why.text[0]) {
			*e = why;
			return false;
		}
		return err_set(e, ERR_CONFIG, 0,
			       "secret %s is not set: sekisho secret set %s",
			       ref->value, ref->value);
	case SECRET_NOT_SET:
		break;
	}
	return err_set(e, ERR_CONFIG, 0, "no secret is named");
}

/* ---- changes ----------------------------------------------------------------- */

static bool is_of_header(const struct secret_header *h, struct str name)
{
	return h->name && h->secret.kind == SECRET_STORE &&
	       str_is(name, h->secret.value);
}

/* Do we write it (`done`), or only believe it? */
static bool is_written(const struct config *c, struct str name)
{
	for (size_t i = 0; i < c->tenant_n; i++)
		if (is_of_header(&c->tenant[i].done, name))
			return true;
	return false;
}

/* Other secrets (passwords, keys) come from somewhere else. */
static bool check_of_header(const struct config *c, struct str name,
			    struct err *e)
{
	for (size_t i = 0; i < c->tenant_n; i++)
		if (is_of_header(&c->tenant[i].accept.header, name) ||
		    is_of_header(&c->tenant[i].done, name))
			return true;
	return err_set(e, ERR_NOT_FOUND, 0,
		       "no tenant's `header` or `done` names the secret "
		       "\"" STR_FMT "\" of the store",
		       STR_ARG(str_head(name, 60)));
}

/* What it holds now; no line when it was never set. */
static bool lines_now(struct engine *en, struct str name, struct arena *a,
		      struct str line_r[AUTH_SECRET_VALUES_MAX], size_t *n_r,
		      struct err *e)
{
	struct err why = ERR_EMPTY;
	struct str text;

	*n_r = 0;
	if (!store_secret(en->auth_reader, name, a, &text, &why)) {
		if (why.class == ERR_NOT_FOUND)
			return true;
		*e = why;
		return false;
	}
	return auth_secret_lines(text, line_r, n_r, e);
}

static bool rotate(struct engine *en, struct str name, struct arena *a,
		   struct buf *text, struct buf *value, struct err *e)
{
	struct str line[AUTH_SECRET_VALUES_MAX];
	unsigned char fresh[NEW_VALUE_BYTES];
	size_t n;

	TRY(lines_now(en, name, a, line, &n, e));
	if (n > 1)
		return err_set(e, ERR_CONFLICT, 0,
			       "it is being changed already: when the cloud's "
			       "rule has the new value, sekisho secret "
			       "finish " STR_FMT,
			       STR_ARG(name));
	random_bytes(fresh, sizeof(fresh));
	hex_encode(value, str_n(fresh, sizeof(fresh)));
	mem_wipe(fresh, sizeof(fresh));
	if (n == 0)
		buf_put_str(text, buf_str(value));
	else if (is_written(en->config, name))
		buf_printf(text, STR_FMT "\n" STR_FMT, STR_ARG(line[0]),
			   STR_ARG(buf_str(value)));
	else
		buf_printf(text, STR_FMT "\n" STR_FMT, STR_ARG(buf_str(value)),
			   STR_ARG(line[0]));
	return true;
}

static bool finish(struct engine *en, struct str name, struct arena *a,
		   struct buf *text, struct err *e)
{
	struct str line[AUTH_SECRET_VALUES_MAX];
	size_t n;

	TRY(lines_now(en, name, a, line, &n, e));
	if (n < 2)
		return err_set(e, ERR_CONFLICT, 0,
			       "it has one value only: nothing to finish");
	buf_put_str(text, line[is_written(en->config, name) ? n - 1 : 0]);
	return true;
}

/* A header's value that nobody could prove himself by is not kept. */
static bool check_value(const struct config *c, struct str name,
			struct str text, struct err *e)
{
	struct str line[AUTH_SECRET_VALUES_MAX];
	size_t n;

	return !check_of_header(c, name, NULL) ||
	       auth_secret_lines(text, line, &n, e);
}

static bool new_text(struct engine *en, const char *op, const struct json *q,
		     struct arena *a, struct buf *text, struct buf *value,
		     struct err *e)
{
	struct str name = str_of(json_get_cstr(q, "name", ""));

	if (strcmp(op, "secret-set") == 0) {
		buf_puts(text, json_get_cstr(q, "value", ""));
		return check_value(en->config, name, buf_str(text), e);
	}
	TRY(check_of_header(en->config, name, e));
	if (strcmp(op, "secret-rotate") == 0)
		return rotate(en, name, a, text, value, e);
	return finish(en, name, a, text, e);
}

static void audit_change(struct store_job *job, const char *op, const char *who,
			 struct str name)
{
	struct json *detail = json_object();
	AUTO(buf) text = BUF_MAX(4 * KIB);

	json_add_str(detail, "name", name);
	json_print(detail, &text, false);
	json_free(&detail);
	store_add_audit(job, clock_now_us(), 0, str_of(who), str_of(op),
			buf_str(&text));
}

bool engine_secret_change(struct engine *en, const char *op,
			  const struct json *q, const char *who,
			  struct store_job *job, struct buf *told,
			  struct err *e)
{
	struct str name = str_of(json_get_cstr(q, "name", ""));
	AUTO(buf) text = BUF_MAX(CONTROL_REQUEST_MAX);
	AUTO(arena) a = ARENA_EMPTY;
	AUTO(buf) value = BUF_MAX(4 * NEW_VALUE_BYTES);

	text.secret = true;
	value.secret = true;
	arena_init_secret(&a);
	if (name.n == 0)
		return err_set(e, ERR_PERMANENT, 0, "which secret?");
	TRY(new_text(en, op, q, &a, &text, &value, e));
	store_put_secret(job, name, buf_str(&text));
	audit_change(job, op, who, name);
	if (json_get_bool(q, "print-new", false))
		buf_put_str(told, buf_str(&value));
	return true;
}
