/* dkim.h - DKIM (RFC 6376, RFC 8463, RFC 8301): sign and verify.
 *
 * Header and body relaxed when we sign; all canonicalisations when we verify.
 * The header is held, the body is streamed: its size does not matter.  Only
 * CR LF ends a line; a bare CR or LF is hashed as the byte that it is.  The
 * private key stays in the keeper, which signs the digest.
 *
 * We sign without l= (RFC 6376 8.2) and x=.  What a reader sees, and what
 * says how the body is to be read, is named once more than it is there, so
 * that none can be added (5.4.2, 8.15): From, To, Cc, Subject, Date, Reply-To,
 * Message-ID, MIME-Version, Content-Type, Content-Transfer-Encoding.  Signed
 * where present: Sender, In-Reply-To, References, Auto-Submitted, other
 * Content- fields, Resent- and List- fields (a mailing list may add its own).
 */
#ifndef SEKISHO_SIGN_DKIM_H
#define SEKISHO_SIGN_DKIM_H

#include "connector/sys/dns/dns.h"
#include "connector/sys/keys/keys.h"

#define DKIM_KEYS_MAX	    4	/* that sign one message */
#define DKIM_SIGNATURES_MAX 10	/* of one message that are looked at */
#define DKIM_NAMES_MAX	    500 /* in h= */
/* In a header that is checked: each name is looked for among all fields, for
 * each signature. */
#define DKIM_FIELDS_MAX	  2000
#define DKIM_SELECTOR_MAX 63
#define DKIM_RSA_LEAST	  1024 /* bits (RFC 8301 3.2) */

struct dkim_key {
	const char *domain;   /* d=, A-labels, lower case */
	const char *selector; /* s= */
	enum key_alg alg;     /* KEY_RSA or KEY_ED25519 */
	struct str blob;      /* sealed by the keeper */
};

/* ---- signing. head: raw header block of the copy as it will leave, with its
 * empty line; then the body. Keys, and what they point to, outlive the call
 * of dkim_sign_end(). */
struct dkim_sign;
struct dkim_sign *dkim_sign_new(struct keys *keys, const struct dkim_key *key,
				size_t key_n, struct str head, int64_t now_us);
void dkim_sign_write(struct dkim_sign *s, const void *p, size_t n);
/* Frees s. DKIM-Signature fields with line ends, one for each key, to stand
 * before everything else. Errors: those of keys_sign(); LIMIT: more header
 * fields than can be named. */
bool dkim_sign_end(struct dkim_sign **s, struct buf *fields_r,
		   struct err *e) MUST_USE;
void dkim_sign_free(struct dkim_sign **s);

/* ---- verifying. For us a signature is a proof of origin, so what proves
 * nothing fails: rsa-sha1, RSA below RSA_LEAST, a key in testing (t=y), l=
 * that covers less than the whole body, t= that lies ahead, x= that is past. */
enum dkim_result { DKIM_PASS, DKIM_FAIL, DKIM_TEMPERROR, DKIM_PERMERROR };
struct dkim_verdict {
	enum dkim_result result;
	struct str domain, selector; /* d=, s= in compared form, or empty */
	const char *why;	     /* for the log; "" when it passes */
};
struct dkim_verify;
/* head: raw header block with its empty line; copied. NULL: no signature in
 * it, or more fields than DKIM_FIELDS_MAX. Keys are asked for at once. */
struct dkim_verify *dkim_verify_new(struct loop *loop, struct dns *dns,
				    struct str head, int64_t now_us);
void dkim_verify_write(struct dkim_verify *v, const void *p, size_t n);
/* One verdict for each signature that was looked at, until return. */
typedef void dkim_done(void *arg, const struct dkim_verdict *v, size_t n);
/* The end of the body; done comes once, never before return, and may free. */
void dkim_verify_end(struct dkim_verify *v, dkim_done *done, void *arg);
void dkim_verify_free(struct dkim_verify **v);	  /* done does not come */
const char *dkim_result_name(enum dkim_result r); /* RFC 8601 2.7.1 */

/* ---- keys in the DNS */
/* "v=DKIM1; k=rsa; p=…" from the public key in DER (SPKI). */
bool dkim_record(enum key_alg alg, struct str spki, struct buf *out,
		 struct err *e) MUST_USE;
/* SELECTOR._domainkey.DOMAIN. False: too long for the DNS. */
bool dkim_record_name(const char *selector, const char *domain,
		      struct buf *out) MUST_USE;
/* Letters, digits and hyphens in labels, as we make them. */
bool dkim_selector_ok(struct str s) MUST_USE;

#endif
