/* jwt.c - reads a signed token and judges its claims; see jwt_int.h. */
#include "auth/jwt_int.h"
#include "connector/base/codec.h"
#include "connector/base/mem.h"

#define NO_TIME	       INT64_MIN
#define CLAIM_TEXT_MAX 255
#define SIGNATURE_MAX  1024

static bool say(const char **why_r, const char *why)
{
	*why_r = why;
	return false;
}

/* base64url without padding, JSON object inside, no key twice. */
static struct json *part(struct str text)
{
	AUTO(buf) b = BUF_MAX(JWT_MAX);
	struct json *j;

	b.secret = true;
	if (!b64url_decode(&b, text))
		return NULL;
	j = json_parse(buf_str(&b), NULL);
	if (j && json_type(j) != JSON_OBJECT)
		json_free(&j);
	return j;
}

static enum jwt_alg alg_of(const char *name)
{
	static const char *const NAMES[] = {
		[JWT_RS256] = "RS256",
		[JWT_PS256] = "PS256",
		[JWT_ES256] = "ES256",
	};

	for (enum jwt_alg a = JWT_RS256; a <= JWT_ES256; a++)
		if (strcmp(name, NAMES[a]) == 0)
			return a;
	return JWT_NONE;
}

static bool head_fits(struct jwt *t, const char **why_r)
{
	const char *type = json_get_cstr(t->head, "typ", "JWT");

	t->alg = alg_of(json_get_cstr(t->head, "alg", ""));
	t->kid = json_get_cstr(t->head, "kid", NULL);
	if (t->alg == JWT_NONE)
		return say(why_r, "token-algorithm");
	/* RFC 7515 4.1.11: what we do not know must not be passed over. */
	if (json_get(t->head, "crit"))
		return say(why_r, "token-crit");
	if (!str_is_ci(str_of(type), "JWT") &&
	    !str_is_ci(str_of(type), "at+jwt")) /* RFC 9068 2.1 */
		return say(why_r, "token-type");
	if (!t->kid || !*t->kid)
		return say(why_r, "token-without-key");
	return true;
}

bool jwt_read(struct str token, struct jwt *t, const char **why_r)
{
	ptrdiff_t a = str_chr(token, '.'), b;
	struct str rest;

	*t = (struct jwt){.token = token, .signature = BUF_MAX(SIGNATURE_MAX)};
	if (token.n > JWT_MAX || a <= 0 || a > JWT_HEAD_MAX)
		return say(why_r, "token-form");
	rest = str_skip(token, (size_t)a + 1);
	b = str_chr(rest, '.');
	if (b <= 0 || str_chr(str_skip(rest, (size_t)b + 1), '.') >= 0)
		return say(why_r, "token-form");
	t->text = str_head(token, (size_t)(a + 1 + b));
	t->head = part(str_head(token, (size_t)a));
	t->claims = part(str_head(rest, (size_t)b));
	if (t->head && t->claims &&
	    b64url_decode(&t->signature, str_skip(rest, (size_t)b + 1)) &&
	    t->signature.n && head_fits(t, why_r))
		return true;
	if (!t->head || !t->claims || !t->signature.n)
		say(why_r, "token-form");
	jwt_release(t);
	return false;
}

void jwt_release(struct jwt *t)
{
	json_free(&t->head);
	json_free(&t->claims);
	buf_release(&t->signature);
	t->alg = JWT_NONE;
}

/* ---- claims -------------------------------------------------------------------- */

static bool is_text(const struct json *j, const char *wanted)
{
	return j && json_type(j) == JSON_STRING &&
	       strcmp(json_cstr(j, ""), wanted) == 0;
}

/* RFC 7519 4.1.3: a text, or a list of them. With others in the list the token
 * must have been made for us (OIDC Core 3.1.3.7, 4 and 5). */
static bool audience_fits(const struct json *c, const char *wanted)
{
	const struct json *aud = json_get(c, "aud");

	if (!aud || json_type(aud) != JSON_ARRAY)
		return is_text(aud, wanted);
	if (json_size(aud) == 1)
		return is_text(json_at(aud, 0), wanted);
	for (const struct json *j = json_at(aud, 0); j; j = json_next(j))
		if (is_text(j, wanted))
			return is_text(json_get(c, "azp"), wanted);
	return false;
}

/* NumericDate in whole seconds; NO_TIME: absent, or no such number. */
static int64_t time_of(const struct json *c, const char *name)
{
	const struct json *j = json_get(c, name);

	return j && json_type(j) == JSON_NUMBER ? json_int(j, NO_TIME)
						: NO_TIME;
}

static bool times_fit(const struct json *c, int64_t now_us, const char **why_r)
{
	int64_t now = now_us / US_PER_S, exp = time_of(c, "exp"),
		iat = time_of(c, "iat"), nbf = time_of(c, "nbf");

	if (exp == NO_TIME || exp <= now - JWT_SKEW_S)
		return say(why_r, "token-expired");
	if (iat == NO_TIME || iat > now + JWT_SKEW_S)
		return say(why_r, "token-issued-later");
	if (json_get(c, "nbf") && (nbf == NO_TIME || nbf > now + JWT_SKEW_S))
		return say(why_r, "token-not-yet");
	return true;
}

static bool mailbox_fits(const struct json *c, const char *claim,
			 struct str *mailbox_r)
{
	const struct json *j = json_get(c, claim);
	struct str s = str_of(json_cstr(j, ""));

	/* An address that nobody proved is whatever its owner typed. */
	if (strcmp(claim, "email") == 0 &&
	    !json_get_bool(c, "email_verified", false))
		return false;
	*mailbox_r = s;
	return j && json_type(j) == JSON_STRING && s.n > 0 &&
	       s.n <= CLAIM_TEXT_MAX && !str_has_control(s) &&
	       str_chr(s, '@') > 0;
}

bool jwt_claims_fit(const struct jwt *t, const struct jwt_wanted *w,
		    struct str *mailbox_r, const char **why_r)
{
	const struct json *c = t->claims;

	*mailbox_r = STR_EMPTY;
	if (!is_text(json_get(c, "iss"), w->issuer))
		return say(why_r, "token-issuer");
	if (!audience_fits(c, w->audience))
		return say(why_r, "token-audience");
	if (!times_fit(c, w->now_us, why_r))
		return false;
	/* Entra signs for all its tenants with the same keys. */
	if (w->tenant &&
	    !str_is_ci(str_of(json_get_cstr(c, "tid", "")), w->tenant))
		return say(why_r, "token-tenant");
	if (!mailbox_fits(c, w->claim, mailbox_r))
		return say(why_r, "token-mailbox");
	return true;
}
