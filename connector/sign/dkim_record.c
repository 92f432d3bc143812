/* dkim_record.c - public keys in the DNS (RFC 6376 3.6.1, RFC 8463 4). */
#include "connector/base/codec.h"
#include "connector/sign/dkim_int.h"

bool dkim_record(enum key_alg alg, struct str spki, struct buf *out,
		 struct err *e)
{
	struct sigkey *key = NULL;
	struct buf raw = BUF_MAX(KEY_ED25519_LEN);
	bool ed = alg == KEY_ED25519;
	bool ok;

	if (alg != KEY_RSA && !ed)
		return err_set(e, ERR_PERMANENT, 0,
			       "DKIM knows RSA and Ed25519");
	TRY(sigkey_from_public(alg, spki, &key, e));
	ok = !ed || sigkey_raw_put(key, &raw);
	sigkey_free(&key);
	buf_printf(out, "v=DKIM1; k=%s; p=", ed ? "ed25519" : "rsa");
	b64_encode(out, ed ? buf_str(&raw) : spki);
	buf_release(&raw);
	if (!ok || !buf_ok(out))
		return err_set(e, ERR_LIMIT, 0, "the record is too long");
	return true;
}

bool dkim_record_name(const char *selector, const char *domain, struct buf *out)
{
	size_t begun = out->n;

	return buf_printf(out, "%s._domainkey.%s", selector, domain) &&
	       out->n - begun <= DKIM_DOMAIN_MAX;
}

bool dkim_selector_ok(struct str s)
{
	struct str label;

	if (s.n == 0 || s.n > DKIM_SELECTOR_MAX || s.p[s.n - 1] == '.')
		return false;
	while (str_split(&s, '.', &label)) {
		if (label.n == 0 || label.p[0] == '-' ||
		    label.p[label.n - 1] == '-')
			return false;
		for (size_t i = 0; i < label.n; i++)
			if (!ascii_alnum(label.p[i]) && label.p[i] != '-')
				return false;
	}
	return true;
}

/* The tags around the key itself. */
static bool record_fits(const struct dkim_tags *t, enum key_alg alg,
			struct err *e)
{
	const char *kind = alg == KEY_ED25519 ? "ed25519" : "rsa";
	struct str v;

	if (dkim_tag(t, "v", &v) &&
	    (!str_is(v, "DKIM1") || !str_is(t->v[0].name, "v")))
		return err_set(e, ERR_PERMANENT, 0, "not a DKIM1 record");
	if (!dkim_tag(t, "k", &v))
		v = STR("rsa");
	if (!str_is(v, kind))
		return err_set(e, ERR_PERMANENT, 0,
			       "the key is of another algorithm");
	if (dkim_tag(t, "h", &v) && !dkim_list_has(v, "sha256"))
		return err_set(e, ERR_PERMANENT, 0,
			       "the key is for another digest");
	if (dkim_tag(t, "s", &v) && !dkim_list_has(v, "*") &&
	    !dkim_list_has(v, "email"))
		return err_set(e, ERR_PERMANENT, 0, "the key is not for mail");
	/* 3.6.1: mail signed by it is to be taken for unsigned. */
	if (dkim_tag(t, "t", &v) && dkim_list_has(v, "y"))
		return err_set(e, ERR_DENIED, 0, "the key is in testing");
	return true;
}

static bool key_read(struct str p, enum key_alg alg, struct sigkey **key_r,
		     struct err *e)
{
	struct buf der = BUF_MAX(KEY_SPKI_MAX);
	bool ok;

	if (p.n == 0)
		return err_set(e, ERR_PERMANENT, 0, "the key is revoked");
	ok = dkim_tag_b64(p, &der) &&
	     sigkey_from_public(alg, buf_str(&der), key_r, NULL);
	buf_release(&der);
	if (!ok)
		return err_set(e, ERR_PERMANENT, 0, "malformed key");
	if (alg == KEY_RSA && sigkey_bits(*key_r) < DKIM_RSA_LEAST) {
		sigkey_free(key_r);
		return err_set(e, ERR_PERMANENT, 0, "the key is too short");
	}
	return true;
}

bool dkim_record_read(struct str txt, enum key_alg alg,
		      struct dkim_public *public_r, struct err *e)
{
	struct dkim_tags t;
	struct str v;

	*public_r = (struct dkim_public){0};
	TRY(dkim_tags_read(txt, &t, e));
	TRY(record_fits(&t, alg, e));
	public_r->strict = dkim_tag(&t, "t", &v) && dkim_list_has(v, "s");
	if (!dkim_tag(&t, "p", &v))
		return err_set(e, ERR_PERMANENT, 0, "no key in the record");
	return key_read(v, alg, &public_r->key, e);
}
