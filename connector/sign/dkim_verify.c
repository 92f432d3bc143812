/* dkim_verify.c - which domains vouch for a message; see dkim.h.
 *
 * Each signature is a check of its own.  The keys are asked for while the
 * body comes in; when both are there, the verdicts are.
 */
#include <stdio.h>
#include "connector/mail/scan.h"
#include "connector/sign/dkim_int.h"

#define CANON_MAX 2

struct check {
	struct dkim_verify *v;
	struct dkim_signature s;
	struct dns_query *query;
	struct dkim_public public;
	enum dkim_result result; /* PASS until something speaks against it */
	char why[ERR_TEXT_MAX];
};

struct dkim_verify {
	struct arena arena;
	struct dkim_fields fields;
	struct check check[DKIM_SIGNATURES_MAX];
	size_t check_n, asked;
	bool wanted[CANON_MAX]; /* by dkim_canon */
	struct dkim_body body[CANON_MAX];
	unsigned char hash[CANON_MAX][SHA256_LEN];
	bool ended;
	struct timer *soon;
	dkim_done *done;
	void *arg;
};

const char *dkim_result_name(enum dkim_result r)
{
	static const char *const names[] = {"pass", "fail", "temperror",
					    "permerror"};

	return names[r];
}

/* The first reason is the one that is told. */
static void against(struct check *c, enum dkim_result result, const char *why)
{
	if (c->result != DKIM_PASS)
		return;
	c->result = result;
	snprintf(c->why, sizeof(c->why), "%s", why);
}

static void against_err(struct check *c, const struct err *e)
{
	against(c, e->class == ERR_DENIED ? DKIM_FAIL : DKIM_PERMERROR,
		e->text);
}

/* ---- at the end ------------------------------------------------------------
 */

static bool signature_fits(struct dkim_verify *v, struct check *c)
{
	struct buf canon = BUF_MAX(MIB);
	unsigned char digest[SHA256_LEN];
	bool ok;

	canon.secret = true; /* of a header that holds our proofs */
	dkim_fields_put(&canon, c->s.header, &v->fields, c->s.name,
			c->s.name_n);
	dkim_field_put(&canon, c->s.header, c->s.field, c->s.b_raw);
	/* 3.7: the field itself comes last, without its line end. */
	if (str_ends(buf_str(&canon), STR("\r\n")))
		buf_truncate(&canon, canon.n - 2);
	sha256_of(canon.p, canon.n, digest);
	ok = buf_ok(&canon) &&
	     sigkey_verify(c->public.key, c->s.scheme, digest, c->s.bytes);
	buf_release(&canon);
	return ok;
}

static void judge(struct dkim_verify *v, struct check *c)
{
	const struct dkim_body *body = &v->body[c->s.body];

	if (c->result != DKIM_PASS)
		return;
	if (c->public.strict && !str_eq_ci(c->s.identity, c->s.domain))
		against(c, DKIM_PERMERROR, "the key is not for subdomains");
	else if (c->s.has_length && c->s.length != body->length)
		against(c, DKIM_FAIL, "l= is not the whole body");
	else if (memcmp(v->hash[c->s.body], c->s.body_hash, SHA256_LEN) != 0)
		against(c, DKIM_FAIL, "the body differs");
	else if (!signature_fits(v, c))
		against(c, DKIM_FAIL, "the signature does not fit");
}

static void finish(struct dkim_verify *v)
{
	struct dkim_verdict verdict[DKIM_SIGNATURES_MAX];

	if (!v->ended || v->asked > 0)
		return;
	for (size_t i = 0; i < v->check_n; i++) {
		struct check *c = &v->check[i];

		judge(v, c);
		verdict[i] = (struct dkim_verdict){c->result, c->s.domain,
						   c->s.selector, c->why};
	}
	v->done(v->arg, verdict, v->check_n); /* may free v */
}

static void finish_soon(void *arg)
{
	finish(arg);
}

/* ---- keys ------------------------------------------------------------------
 */

static void key_came(void *arg, const struct dns_answer *a)
{
	struct check *c = arg;
	struct err e = ERR_EMPTY;

	c->query = NULL;
	c->v->asked--;
	switch (a->class) {
	case DNS_OK:
		/* 3.6.2.2: of several records none counts. */
		if (a->record_n != 1)
			against(c, DKIM_PERMERROR, "several keys in the DNS");
		else if (!dkim_record_read(a->record[0].data, c->s.alg,
					   &c->public, &e))
			against_err(c, &e);
		break;
	case DNS_NO_NAME:
	case DNS_NO_DATA:
		against(c, DKIM_PERMERROR, "no key in the DNS");
		break;
	case DNS_TROUBLE:
	case DNS_BOGUS:
		against(c, DKIM_TEMPERROR, "the DNS did not answer");
		break;
	}
	finish(c->v);
}

static void key_ask(struct check *c, struct dns *dns)
{
	struct buf name = BUF_MAX((size_t)4 * DKIM_DOMAIN_MAX);

	if (dkim_record_name(c->s.selector.p, c->s.domain.p, &name)) {
		c->v->asked++;
		c->query = dns_ask(dns, buf_cstr(&name), DNS_TXT, key_came, c);
	} else {
		against(c, DKIM_PERMERROR, "no such name in the DNS");
	}
	buf_release(&name);
}

/* ---- header and body --------------------------------------------------------
 */

static void add_check(struct dkim_verify *v, struct str field, int64_t now_us)
{
	struct check *c = &v->check[v->check_n++];
	struct err e = ERR_EMPTY;

	c->v = v;
	c->result = DKIM_PASS;
	if (!dkim_signature_read(field, now_us, &v->arena, &c->s, &e))
		against_err(c, &e);
	else
		v->wanted[c->s.body] = true;
}

struct dkim_verify *dkim_verify_new(struct loop *loop, struct dns *dns,
				    struct str head, int64_t now_us)
{
	struct dkim_verify *v = NEW(struct dkim_verify);

	arena_init_secret(&v->arena);
	dkim_fields_read(arena_str(&v->arena, head), &v->fields);
	VEC_EACH (f, &v->fields)
		if (v->fields.n <= DKIM_FIELDS_MAX &&
		    v->check_n < DKIM_SIGNATURES_MAX &&
		    str_is_ci(f->name, "DKIM-Signature"))
			add_check(v, f->whole, now_us);
	if (v->check_n == 0) {
		dkim_verify_free(&v);
		return NULL;
	}
	v->soon = timer_new(loop, finish_soon, v);
	for (size_t i = 0; i < CANON_MAX; i++)
		if (v->wanted[i])
			dkim_body_begin(&v->body[i], (enum dkim_canon)i);
	for (size_t i = 0; i < v->check_n; i++)
		if (v->check[i].result == DKIM_PASS)
			key_ask(&v->check[i], dns);
	return v;
}

void dkim_verify_write(struct dkim_verify *v, const void *p, size_t n)
{
	for (size_t i = 0; i < CANON_MAX; i++)
		if (v->wanted[i])
			dkim_body_add(&v->body[i], p, n);
}

void dkim_verify_end(struct dkim_verify *v, dkim_done *done, void *arg)
{
	for (size_t i = 0; i < CANON_MAX; i++)
		if (v->wanted[i])
			dkim_body_end(&v->body[i], v->hash[i]);
	v->done = done;
	v->arg = arg;
	v->ended = true;
	if (v->asked == 0)
		timer_set(v->soon, 0);
}

void dkim_verify_free(struct dkim_verify **vp)
{
	struct dkim_verify *v = TAKE(*vp);

	if (!v)
		return;
	for (size_t i = 0; i < v->check_n; i++) {
		if (v->check[i].query)
			dns_cancel(&v->check[i].query);
		sigkey_free(&v->check[i].public.key);
	}
	for (size_t i = 0; i < CANON_MAX; i++)
		dkim_body_release(&v->body[i]);
	timer_free(&v->soon);
	vec_release(&v->fields);
	arena_release(&v->arena);
	mem_free(v);
}
