/* dkim_signature.c - reads one DKIM-Signature field (RFC 6376 3.5). */
#include "connector/mail/idn.h"
#include "connector/sign/dkim_int.h"

#define SKEW_S	   300 /* a signer's clock may be ahead by so much */
#define DIGITS_MAX 18

static const struct {
	const char *name;
	enum key_alg alg;
	enum key_scheme scheme;
} algorithms[] = {
	{"rsa-sha256", KEY_RSA, SIGN_RSA_PKCS1_SHA256},
	{"ed25519-sha256", KEY_ED25519, SIGN_ED25519},
};

static bool bad(struct err *e, const char *tag)
{
	return err_set(e, ERR_PERMANENT, 0, "%s= is missing or malformed", tag);
}

/* Host names as the DNS has them; RFC 8616 allows U-labels. */
static bool read_name(const struct dkim_tags *t, const char *tag,
		      struct arena *a, struct str *name_r, struct err *e)
{
	struct str v, ascii;

	if (!dkim_tag(t, tag, &v) || v.n == 0 || v.n > DKIM_DOMAIN_MAX)
		return bad(e, tag);
	if (!str_is_ascii(v)) {
		if (!idn_to_ascii(v, a, &ascii, NULL))
			return bad(e, tag);
		v = ascii;
	}
	for (size_t i = 0; i < v.n; i++)
		if (!ascii_alnum(v.p[i]) && !strchr("-_.", v.p[i]))
			return bad(e, tag);
	if (v.p[0] == '.' || v.p[v.n - 1] == '.' || str_find(v, STR("..")) >= 0)
		return bad(e, tag);
	v = arena_str(a, v);
	for (size_t i = 0; i < v.n; i++)
		((char *)(uintptr_t)v.p)[i] = ascii_lower(v.p[i]);
	*name_r = v;
	return true;
}

static bool read_algorithm(const struct dkim_tags *t, struct dkim_signature *s,
			   struct err *e)
{
	struct str v = STR_EMPTY;

	if (!dkim_tag(t, "a", &v))
		return bad(e, "a");
	for (size_t i = 0; i < ARRAY_LEN(algorithms); i++) {
		if (!str_is(v, algorithms[i].name))
			continue;
		s->alg = algorithms[i].alg;
		s->scheme = algorithms[i].scheme;
		return true;
	}
	/* RFC 8301 3.1: rsa-sha1 is not valid. */
	return err_set(e, ERR_PERMANENT, 0, "algorithm not valid");
}

static bool canon_of(struct str word, enum dkim_canon *canon_r)
{
	*canon_r = str_is(word, "relaxed") ? DKIM_RELAXED : DKIM_SIMPLE;
	return *canon_r == DKIM_RELAXED || str_is(word, "simple");
}

static bool read_canon(const struct dkim_tags *t, struct dkim_signature *s,
		       struct err *e)
{
	struct str v = STR("simple/simple"), header;

	dkim_tag(t, "c", &v);
	if (!str_split(&v, '/', &header) || !canon_of(header, &s->header) ||
	    !canon_of(v.n ? v : STR("simple"), &s->body))
		return bad(e, "c");
	return true;
}

static bool read_names(const struct dkim_tags *t, struct dkim_signature *s,
		       struct arena *a, struct err *e)
{
	struct str v = STR_EMPTY, name;
	bool from = false;
	size_t n = 1;

	if (!dkim_tag(t, "h", &v))
		return bad(e, "h");
	for (size_t i = 0; i < v.n; i++)
		n += v.p[i] == ':';
	if (n > DKIM_NAMES_MAX)
		return err_set(e, ERR_PERMANENT, 0, "too many names in h=");
	s->name = arena_array(a, n, sizeof(*s->name));
	while (str_split(&v, ':', &name)) {
		name = str_trim(name);
		if (name.n == 0)
			return bad(e, "h");
		from = from || str_is_ci(name, "From");
		s->name[s->name_n++] = name;
	}
	if (!from)
		return err_set(e, ERR_PERMANENT, 0, "From is not signed");
	return true;
}

static bool read_bytes(const struct dkim_tags *t, struct dkim_signature *s,
		       struct arena *a, struct err *e)
{
	struct buf bytes = BUF_MAX(KEY_SIGN_MAX);
	struct buf hash = BUF_MAX(SHA256_LEN);
	struct str b = STR_EMPTY, bh = STR_EMPTY;
	bool ok = dkim_tag(t, "b", &b) && dkim_tag_b64(b, &bytes) &&
		  bytes.n > 0;
	bool hash_ok = dkim_tag(t, "bh", &bh) && dkim_tag_b64(bh, &hash) &&
		       hash.n == SHA256_LEN;

	for (size_t i = 0; i < t->n; i++)
		if (str_is(t->v[i].name, "b"))
			s->b_raw = t->v[i].raw;
	if (ok)
		s->bytes = arena_str(a, buf_str(&bytes));
	if (hash_ok)
		memcpy(s->body_hash, hash.p, SHA256_LEN);
	buf_release(&bytes);
	buf_release(&hash);
	if (!ok || !hash_ok)
		return bad(e, ok ? "bh" : "b");
	return true;
}

static bool read_number(const struct dkim_tags *t, const char *tag, bool *has_r,
			uint64_t *v_r, struct err *e)
{
	struct str v;

	*has_r = dkim_tag(t, tag, &v);
	*v_r = 0;
	if (*has_r && (v.n > DIGITS_MAX || !str_u64(v, v_r)))
		return bad(e, tag);
	return true;
}

static bool read_times(const struct dkim_tags *t, int64_t now_us, struct err *e)
{
	uint64_t now = (uint64_t)(MAX_OF(now_us, 0) / US_PER_S), made, ends;
	bool has_made, has_end;

	TRY(read_number(t, "t", &has_made, &made, e));
	TRY(read_number(t, "x", &has_end, &ends, e));
	if (has_made && has_end && ends <= made)
		return bad(e, "x");
	if (has_made && made > now + SKEW_S)
		return err_set(e, ERR_DENIED, 0, "signed in the future");
	if (has_end && ends < now)
		return err_set(e, ERR_DENIED, 0, "expired");
	return true;
}

/* i= is d= or a domain below it; only its domain means something here. */
static bool read_identity(const struct dkim_tags *t, struct dkim_signature *s,
			  struct arena *a, struct err *e)
{
	struct str v, ascii;
	ptrdiff_t at;

	s->identity = s->domain;
	if (!dkim_tag(t, "i", &v))
		return true;
	at = str_rchr(v, '@');
	if (at < 0)
		return bad(e, "i");
	v = str_skip(v, (size_t)at + 1);
	if (!str_is_ascii(v)) {
		if (!idn_to_ascii(v, a, &ascii, NULL))
			return bad(e, "i");
		v = ascii;
	}
	s->identity = v;
	if (str_eq_ci(v, s->domain) ||
	    (str_ends_ci(v, s->domain) && v.n > s->domain.n + 1 &&
	     v.p[v.n - s->domain.n - 1] == '.'))
		return true;
	return err_set(e, ERR_PERMANENT, 0, "i= is not of d=");
}

static bool read_rest(const struct dkim_tags *t, struct dkim_signature *s,
		      struct err *e)
{
	struct str v;

	if (!dkim_tag(t, "v", &v) || !str_is(v, "1"))
		return bad(e, "v");
	if (dkim_tag(t, "q", &v) && !dkim_list_has(v, "dns/txt"))
		return err_set(e, ERR_PERMANENT, 0, "no way to the key");
	return read_number(t, "l", &s->has_length, &s->length, e);
}

bool dkim_signature_read(struct str field, int64_t now_us, struct arena *a,
			 struct dkim_signature *s_r, struct err *e)
{
	ptrdiff_t colon = str_chr(field, ':');
	struct dkim_tags t;

	*s_r = (struct dkim_signature){.field = field};
	TRY(dkim_tags_read(str_skip(field, (size_t)(colon + 1)), &t, e));
	TRY(read_name(&t, "d", a, &s_r->domain, e));
	TRY(read_name(&t, "s", a, &s_r->selector, e));
	TRY(read_rest(&t, s_r, e));
	TRY(read_algorithm(&t, s_r, e));
	TRY(read_canon(&t, s_r, e));
	TRY(read_identity(&t, s_r, a, e));
	TRY(read_names(&t, s_r, a, e));
	TRY(read_bytes(&t, s_r, a, e));
	return read_times(&t, now_us, e);
}
