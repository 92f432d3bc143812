/* dkim.h - DKIM (RFC 6376, RFC 8463, RFC 8301): sign and verify.
 *
 * Header and body relaxed when we sign; all canonicalisations when we verify.
 * Streams the body, so that its size does not matter.  The private key stays
 * in the keeper, which signs the digest.
 */
#ifndef SEKISHO_SIGN_DKIM_H
#define SEKISHO_SIGN_DKIM_H

#include "connector/sys/dns/dns.h"
#include "connector/sys/keys/keys.h"

#define DKIM_KEYS_MAX	    4  /* that sign one message */
#define DKIM_SIGNATURES_MAX 10 /* of one message that are looked at */

struct dkim_key {
	const char *domain;   /* d= */
	const char *selector; /* s= */
	enum key_alg alg;     /* KEY_RSA or KEY_ED25519 */
	struct str blob;      /* sealed by the keeper */
};

/* ---- signing: header fields first (any number of writes), then the body */
struct dkim_sign;
struct dkim_sign *dkim_sign_new(struct keys *keys, const struct dkim_key *key,
				size_t key_n, int64_t now_us);
/* The copy as it will leave, header block and body, CR LF line ends. */
void dkim_sign_write(struct dkim_sign *s, const void *p, size_t n);
/* DKIM-Signature fields with line ends, to stand before everything else. */
bool dkim_sign_end(struct dkim_sign **s, struct buf *fields_r,
		   struct err *e) MUST_USE;
void dkim_sign_free(struct dkim_sign **s);

/* ---- verifying */
enum dkim_result { DKIM_PASS, DKIM_FAIL, DKIM_TEMPERROR, DKIM_PERMERROR };
struct dkim_verdict {
	enum dkim_result result;
	struct str domain, selector; /* d=, compared form */
	const char *why;
};
struct dkim_verify;
/* head: raw header block with its empty line. NULL: no signature in it. */
struct dkim_verify *dkim_verify_new(struct dns *dns, struct str head,
				    int64_t now_us);
void dkim_verify_write(struct dkim_verify *v, const void *p, size_t n);
typedef void dkim_done(void *arg, const struct dkim_verdict *v, size_t n);
/* The end of the body; done comes once, never before return. */
void dkim_verify_end(struct dkim_verify *v, dkim_done *done, void *arg);
void dkim_verify_free(struct dkim_verify **v); /* done does not come */

/* ---- keys */
/* "v=DKIM1; k=rsa; p=…" from the public key in DER (SPKI). */
bool dkim_record(enum key_alg alg, struct str spki, struct buf *out,
		 struct err *e) MUST_USE;

#endif
