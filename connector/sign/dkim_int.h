/* dkim_int.h - what the files of DKIM share. */
#ifndef SEKISHO_SIGN_DKIM_INT_H
#define SEKISHO_SIGN_DKIM_INT_H

#include "connector/base/vec.h"
#include "connector/sign/dkim.h"

#define DKIM_TAGS_MAX	32
#define DKIM_DOMAIN_MAX 253

/* ---- dkim_canon.c (RFC 6376 3.4) */
enum dkim_canon { DKIM_SIMPLE, DKIM_RELAXED };

#define DKIM_BODY_ROOM 4096

struct dkim_body {
	enum dkim_canon canon;
	struct sha256 *digest;
	uint64_t length; /* of the canonical body, when ended */
	uint64_t crlf;	 /* line ends seen and not yet written */
	bool cr;	 /* the last byte was CR */
	bool blank;	 /* relaxed: white space not yet written */
	size_t out_n;	 /* bytes waiting for the digest */
	char out[DKIM_BODY_ROOM];
};
void dkim_body_begin(struct dkim_body *b, enum dkim_canon canon);
void dkim_body_add(struct dkim_body *b, const void *p, size_t n);
void dkim_body_end(struct dkim_body *b, unsigned char hash_r[SHA256_LEN]);
void dkim_body_release(struct dkim_body *b); /* of one that is not ended */

/* One field with its line end; cut: a part of it that is taken for empty. */
void dkim_field_put(struct buf *out, enum dkim_canon canon, struct str field,
		    struct str cut);

struct dkim_field {
	struct str name, whole;
	bool used;
};
struct dkim_fields {
	VEC_OF(struct dkim_field);
};
/* Borrows head. */
void dkim_fields_read(struct str head, struct dkim_fields *f);
/* The fields that names call for, from the bottom up, canonical (5.4.2). */
void dkim_fields_put(struct buf *out, enum dkim_canon canon,
		     struct dkim_fields *f, const struct str *name,
		     size_t name_n);

/* ---- dkim_tags.c (RFC 6376 3.2) */
struct dkim_tags {
	struct dkim_tag {
		struct str name;
		struct str raw; /* from behind '=' up to ';' */
	} v[DKIM_TAGS_MAX];
	size_t n;
};
bool dkim_tags_read(struct str text, struct dkim_tags *t,
		    struct err *e) MUST_USE;
/* Trimmed; false: not there. value_r may be NULL. */
bool dkim_tag(const struct dkim_tags *t, const char *name, struct str *value_r);
/* Base64 with white space anywhere. */
bool dkim_tag_b64(struct str value, struct buf *out) MUST_USE;
/* Is word an element of a list with colons, any case? */
bool dkim_list_has(struct str list, const char *word);

/* ---- dkim_record.c */
struct dkim_public {
	struct sigkey *key;
	bool strict; /* t=s: i= names d= itself */
};
/* PERMANENT: what is there proves nothing. */
bool dkim_record_read(struct str txt, enum key_alg alg,
		      struct dkim_public *public_r, struct err *e) MUST_USE;

/* ---- dkim_signature.c */
struct dkim_signature {
	struct str field; /* raw, borrowed */
	struct str b_raw; /* the part of it that b= holds */
	struct str domain, selector;
	struct str identity; /* domain of i= */
	enum key_alg alg;
	enum key_scheme scheme;
	enum dkim_canon header, body;
	struct str *name; /* h= */
	size_t name_n;
	unsigned char body_hash[SHA256_LEN];
	struct str bytes; /* b= */
	bool has_length;
	uint64_t length;
};
/* PERMANENT: malformed; DENIED: well formed and not valid. Domain and selector
 * are set as far as they were read. */
bool dkim_signature_read(struct str field, int64_t now_us, struct arena *a,
			 struct dkim_signature *s_r, struct err *e) MUST_USE;

#endif
