/* dkim_sign.c - signs a copy as it leaves; see dkim.h. */
#include "connector/base/codec.h"
#include "connector/base/die.h"
#include "connector/sign/dkim_int.h"

#define LINE_MAX_COLUMNS 76
#define TAB_COLUMNS	 8
#define FIELD_MAX	 (32 * KIB)
#define B64_COLUMNS	 64
#define NAME_COLUMNS	 64

struct dkim_sign {
	struct keys *keys;
	struct dkim_key key[DKIM_KEYS_MAX];
	size_t key_n;
	int64_t now_us;
	struct buf header; /* canonical, what is signed of it */
	struct buf names;  /* h=, with line ends */
	bool too_many;
	struct dkim_body body;
};

/* dkim.h says why. over: once more than it is there. */
static const struct {
	const char *name;
	bool over;
} signed_names[] = {
	{"From", true},
	{"To", true},
	{"Cc", true},
	{"Subject", true},
	{"Date", true},
	{"Reply-To", true},
	{"Message-ID", true},
	{"MIME-Version", true},
	{"Content-Type", true},
	{"Content-Transfer-Encoding", true},
	{"Content-ID", false},
	{"Content-Description", false},
	{"Content-Disposition", false},
	{"Content-Language", false},
	{"Sender", false},
	{"In-Reply-To", false},
	{"References", false},
	{"Auto-Submitted", false},
	{"Resent-From", false},
	{"Resent-Sender", false},
	{"Resent-To", false},
	{"Resent-Cc", false},
	{"Resent-Date", false},
	{"Resent-Message-ID", false},
	{"List-Id", false},
	{"List-Help", false},
	{"List-Unsubscribe", false},
	{"List-Unsubscribe-Post", false},
	{"List-Subscribe", false},
	{"List-Post", false},
	{"List-Owner", false},
	{"List-Archive", false},
};

struct names {
	VEC_OF(struct str);
};

static void names_choose(struct dkim_fields *f, struct names *out)
{
	for (size_t i = 0; i < ARRAY_LEN(signed_names); i++) {
		struct str name = str_of(signed_names[i].name);

		VEC_EACH (field, f)
			if (str_eq_ci(field->name, name))
				vec_push(out, name);
		if (signed_names[i].over)
			vec_push(out, name);
	}
}

/* One word of a folded field; blank: a space stands before it on a line. */
static void put_word(struct buf *out, size_t *column, bool blank,
		     struct str word)
{
	if (*column + blank + word.n > LINE_MAX_COLUMNS) {
		buf_puts(out, "\r\n\t");
		*column = TAB_COLUMNS;
	} else if (blank) {
		buf_putc(out, ' ');
		(*column)++;
	}
	buf_put_str(out, word);
	*column += word.n;
}

/* On a line of its own; the field breaks before and behind it. */
static void names_put(struct buf *out, const struct names *names)
{
	struct buf word = BUF_MAX(NAME_COLUMNS);
	size_t column = TAB_COLUMNS + 2;

	buf_puts(out, "h=");
	for (size_t i = 0; i < names->n; i++) {
		buf_clear(&word);
		buf_put_str(&word, names->v[i]);
		buf_putc(&word, i + 1 < names->n ? ':' : ';');
		put_word(out, &column, false, buf_str(&word));
	}
	buf_release(&word);
}

struct dkim_sign *dkim_sign_new(struct keys *keys, const struct dkim_key *key,
				size_t key_n, struct str head, int64_t now_us)
{
	struct dkim_sign *s = NEW(struct dkim_sign);
	struct names names = {0};
	struct dkim_fields f;

	s->keys = keys;
	must(key_n <= DKIM_KEYS_MAX);
	s->key_n = key_n;
	memcpy(s->key, key, s->key_n * sizeof(*key));
	s->now_us = now_us;
	dkim_fields_read(head, &f);
	names_choose(&f, &names);
	s->too_many = names.n > DKIM_NAMES_MAX;
	buf_init(&s->header, 2 * head.n + 1); /* a line end may be added */
	buf_init(&s->names, FIELD_MAX);
	if (!s->too_many) {
		dkim_fields_put(&s->header, DKIM_RELAXED, &f, names.v, names.n);
		names_put(&s->names, &names);
	}
	vec_release(&names);
	vec_release(&f);
	dkim_body_begin(&s->body, DKIM_RELAXED);
	return s;
}

void dkim_sign_write(struct dkim_sign *s, const void *p, size_t n)
{
	dkim_body_add(&s->body, p, n);
}

static void b64_put(struct buf *out, const void *p, size_t n)
{
	struct buf b = BUF_MAX(2 * KEY_SIGN_MAX);
	struct str rest;

	b64_encode(&b, str_n(p, n));
	rest = buf_str(&b);
	while (rest.n > B64_COLUMNS) {
		buf_put_str(out, str_head(rest, B64_COLUMNS));
		buf_puts(out, "\r\n\t");
		rest = str_skip(rest, B64_COLUMNS);
	}
	buf_put_str(out, rest);
	buf_release(&b);
}

/* Up to and with "b=", which is what is signed of the field itself. */
static void field_begin(const struct dkim_sign *s, const struct dkim_key *k,
			const unsigned char body_hash[SHA256_LEN],
			struct buf *out)
{
	bool ed = k->alg == KEY_ED25519;
	size_t column = TAB_COLUMNS;
	struct buf word = BUF_MAX(512);

	buf_printf(out, "DKIM-Signature: v=1; a=%s; c=relaxed/relaxed;\r\n\t",
		   ed ? "ed25519-sha256" : "rsa-sha256");
	buf_printf(out, "d=%s;", k->domain);
	column += strlen(k->domain) + 3;
	buf_printf(&word, "s=%s;", k->selector);
	put_word(out, &column, true, buf_str(&word));
	buf_clear(&word);
	buf_printf(&word, "t=%lld;", (long long)(s->now_us / US_PER_S));
	put_word(out, &column, true, buf_str(&word));
	buf_puts(out, "\r\n\t");
	buf_put_str(out, buf_str(&s->names));
	buf_puts(out, "\r\n\tbh=");
	b64_put(out, body_hash, SHA256_LEN);
	buf_puts(out, ";\r\n\tb=");
	buf_release(&word);
}

static bool field_sign(const struct dkim_sign *s, const struct dkim_key *k,
		       const unsigned char body_hash[SHA256_LEN],
		       struct buf *out, struct err *e)
{
	struct buf field = BUF_MAX(FIELD_MAX), canon = BUF_MAX(FIELD_MAX);
	struct buf sig = BUF_MAX(KEY_SIGN_MAX);
	unsigned char digest[SHA256_LEN];
	struct sha256 *sha = sha256_new();
	bool ok;

	field_begin(s, k, body_hash, &field);
	dkim_field_put(&canon, DKIM_RELAXED, buf_str(&field), STR_EMPTY);
	sha256_add(sha, s->header.p, s->header.n);
	/* 3.7: without the line end at its end. */
	sha256_add(sha, canon.p, canon.n - 2);
	sha256_end(&sha, digest);
	ok = keys_sign(s->keys, k->blob,
		       k->alg == KEY_ED25519 ? SIGN_ED25519
					     : SIGN_RSA_PKCS1_SHA256,
		       digest, &sig, e);
	if (ok) {
		b64_put(&field, sig.p, sig.n);
		buf_puts(&field, "\r\n");
		buf_put_str(out, buf_str(&field));
	}
	if (ok && (!buf_ok(&field) || !buf_ok(&canon) || !buf_ok(out)))
		ok = err_set(e, ERR_LIMIT, 0, "DKIM-Signature is too long");
	buf_release(&field);
	buf_release(&canon);
	buf_release(&sig);
	return ok;
}

bool dkim_sign_end(struct dkim_sign **sp, struct buf *fields_r, struct err *e)
{
	struct dkim_sign *s = *sp;
	unsigned char body_hash[SHA256_LEN];
	bool ok = true;

	if (s->too_many)
		ok = err_set(e, ERR_LIMIT, 0, "too many header fields to sign");
	dkim_body_end(&s->body, body_hash);
	for (size_t i = 0; ok && i < s->key_n; i++) {
		ok = field_sign(s, &s->key[i], body_hash, fields_r, e);
		if (!ok)
			err_wrap(e, "DKIM key %s/%s", s->key[i].domain,
				 s->key[i].selector);
	}
	dkim_sign_free(sp);
	return ok;
}

void dkim_sign_free(struct dkim_sign **s)
{
	struct dkim_sign *old = TAKE(*s);

	if (!old)
		return;
	dkim_body_release(&old->body);
	buf_release(&old->header);
	buf_release(&old->names);
	mem_free(old);
}
