/* certificate.h - what a certificate file says: names, dates, uses.
 *
 * For people who ask whether it will do; sessions judge for themselves.
 */
#ifndef SEKISHO_SYS_TLS_CERTIFICATE_H
#define SEKISHO_SYS_TLS_CERTIFICATE_H

#include "connector/base/arena.h"
#include "connector/base/err.h"

#define CERTIFICATE_NAMES_MAX 256

struct certificate {
	const char **name; /* DNS names (SAN, else CN), lower case */
	size_t name_n;
	int64_t from_us, until_us;   /* validity, wall clock */
	bool for_server, for_client; /* extended key usage, or none is named */
	bool self_signed;
	size_t chain_n; /* certificates behind the first */
	bool key_fits;	/* key_file was given and is this one's */
};
/* First certificate of a PEM file. key_file NULL: not compared. Names and
 * list live in the arena. */
bool certificate_read(const char *file, const char *key_file, struct arena *a,
		      struct certificate *c_r, struct err *e) MUST_USE;
/* Name, or "*.parent" of it (RFC 9525 6.3). */
bool certificate_has(const struct certificate *c, const char *name);

#endif
