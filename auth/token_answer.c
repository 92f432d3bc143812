/* token_answer.c - what a token endpoint says (RFC 6749 5.1, 5.2).
 *
 * Anything may come: the answer is bounded, the token is of the characters of
 * RFC 6750 2.1, and of an error only names, numbers and trace ids are kept.
 */
#include "auth/token_int.h"
#include "connector/base/codec.h"
#include "connector/base/mem.h"

#define LIFE_DEFAULT_S 300	      /* not said */
#define LIFE_MOST_S    (24 * 60 * 60) /* longer is not believed */
#define NAME_MAX_SHOWN 60
#define CODES_MAX      4

struct code_row {
	int64_t code;
	const char *means;
};
/* Microsoft, "Microsoft Entra authentication and authorization error codes" */
static const struct code_row entra_row[] = {
	{50034, "no such user"},
	{53003, "blocked by conditional access"},
	{65001, "no consent for the permission"},
	{70011, "the scope is not valid"},
	{90002, "no such directory (tenant)"},
	{700016, "no such application (client) in the directory"},
	{700024, "the assertion's times do not fit: check the clock"},
	{700027, "certificate and assertion do not fit"},
	{700212, "no federated credential with this audience"},
	{700213, "no federated credential with this subject"},
	{7000112, "the application is disabled"},
	{7000215, "the client secret is wrong"},
	{7000222, "the client secret has expired"},
};

struct name_row {
	const char *error;
	enum err_class class;
	const char *means; /* with our settings; or NULL */
};
static const struct name_row name_row[] = {
	{"temporarily_unavailable", ERR_RETRY, NULL},
	{"server_error", ERR_RETRY, NULL},
	{"slow_down", ERR_RETRY, NULL},
	{"internal_failure", ERR_RETRY, NULL},
	/* Google, "Using OAuth 2.0 for server to server applications" */
	{"unauthorized_client", ERR_DENIED,
	 "the scope is not delegated to the client id"},
	{"invalid_grant", ERR_DENIED, "the clock, the user or the key"},
	{"access_denied", ERR_DENIED, NULL},
	{"admin_policy_enforced", ERR_DENIED, NULL},
};

void token_wipe_member(const struct json *j, const char *name)
{
	const char *text = json_get_cstr(j, name, NULL);

	if (text)
		mem_wipe((void *)(uintptr_t)text, strlen(text));
}

/* ---- a token ----------------------------------------------------------------- */

/* RFC 6750 2.1 b64token */
static bool is_token(struct str s)
{
	if (s.n == 0 || s.n > TOKEN_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!ascii_alnum(s.p[i]) && !strchr("-._~+/=", s.p[i]))
			return false;
	}
	return true;
}

/* A number, or (managed identity) digits in a string. */
static int64_t life_s(const struct json *j)
{
	const struct json *v = json_get(j, "expires_in");
	int64_t s = json_int(v, 0);
	uint64_t digits;

	if (v && json_type(v) == JSON_STRING &&
	    str_u64(str_of(json_cstr(v, "")), &digits))
		s = digits > LIFE_MOST_S ? LIFE_MOST_S : (int64_t)digits;
	if (!v)
		s = LIFE_DEFAULT_S;
	return s > LIFE_MOST_S ? LIFE_MOST_S : s;
}

static bool take_token(const struct json *j, struct token_answer *to,
		       struct err *e)
{
	struct str token = str_of(json_get_cstr(j, "access_token", ""));
	const char *type = json_get_cstr(j, "token_type", "");

	if (!str_is_ci(str_of(type), "Bearer") || !is_token(token))
		return err_set(e, ERR_RETRY, 0, "the answer holds no token");
	to->life_us = life_s(j) * US_PER_S;
	if (to->life_us <= 0)
		return err_set(e, ERR_RETRY, 0, "the token has no life");
	buf_put_str(to->token, token);
	return true;
}

/* ---- an error ------------------------------------------------------------------ */

/* Letters, digits and a few signs: what such names are made of. */
static void put_name(struct buf *out, const char *label, const char *text)
{
	struct str s = str_head(str_of(text), NAME_MAX_SHOWN);

	if (s.n > 0)
		buf_puts(out, label);
	for (size_t i = 0; i < s.n; i++)
		buf_putc(out, ascii_alnum(s.p[i]) || strchr("_-.", s.p[i])
				      ? s.p[i]
				      : '?');
}

static void put_codes(struct buf *out, const struct json *codes)
{
	size_t n = codes && json_type(codes) == JSON_ARRAY ? json_size(codes)
							   : 0;

	for (size_t i = 0; i < n && i < CODES_MAX; i++) {
		int64_t code = json_int(json_at(codes, i), 0);

		buf_printf(out, " %lld", (long long)code);
		for (size_t k = 0; k < ARRAY_LEN(entra_row); k++) {
			if (entra_row[k].code == code)
				buf_printf(out, " (%s)", entra_row[k].means);
		}
	}
}

static const struct name_row *find_name(const char *error)
{
	for (size_t i = 0; i < ARRAY_LEN(name_row); i++) {
		if (str_is(str_of(error), name_row[i].error))
			return &name_row[i];
	}
	return NULL;
}

/* A redirect is no answer: we are asking the wrong place. The metadata service
 * says 404 and 410 while it is being updated. */
static enum err_class class_of(int status, bool managed,
			       const struct name_row *row)
{
	if (status == 408 || status == 429 || status >= 500)
		return ERR_RETRY;
	if (managed && (status == 404 || status == 410))
		return ERR_RETRY;
	return row ? row->class : ERR_DENIED;
}

static bool take_error(const struct http_answer *r, const struct json *j,
		       bool managed, struct err *e)
{
	const char *error = json_get_cstr(j, "error", "");
	const struct name_row *row = find_name(error);
	AUTO(buf) text = BUF_MAX(ERR_TEXT_MAX - 1);

	buf_printf(&text, "token endpoint: HTTP %d", r->status);
	put_name(&text, " ", error);
	put_codes(&text, json_get(j, "error_codes"));
	if (row && row->means && !json_get(j, "error_codes"))
		buf_printf(&text, " (%s)", row->means);
	put_name(&text, ", trace ", json_get_cstr(j, "trace_id", ""));
	put_name(&text, ", correlation ",
		 json_get_cstr(j, "correlation_id", ""));
	return err_set(e, class_of(r->status, managed, row), r->status, "%s",
		       buf_cstr(&text));
}

bool token_answer_read(const struct http_answer *r, bool managed,
		       struct token_answer *to, struct err *e)
{
	struct json *j;
	bool ok;

	to->wait_us = r->retry_after_us;
	if (r->status == 0)
		return err_set(e, ERR_RETRY, 0, "token endpoint: %.200s",
			       r->why);
	j = json_parse(r->body, NULL);
	if (r->status != 200)
		ok = take_error(r, j, managed, e);
	else if (!j || json_type(j) != JSON_OBJECT)
		ok = err_set(e, ERR_RETRY, 0,
			     "token endpoint: the answer is not JSON");
	else
		ok = take_token(j, to, e);
	token_wipe_member(j, "access_token");
	token_wipe_member(j, "refresh_token");
	token_wipe_member(j, "id_token");
	json_free(&j);
	return ok;
}
