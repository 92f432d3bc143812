/* addrlist_int.h - the addresses of a header field (RFC 5322 3.4), with the
 * span that each of them takes, so that one can be cut out.
 */
#ifndef SEKISHO_EXTRACT_ADDRLIST_INT_H
#define SEKISHO_EXTRACT_ADDRLIST_INT_H

#include "connector/base/arena.h"
#include "connector/extract/charset_int.h"

#define NO_GROUP SIZE_MAX

struct mailbox {
	struct str address; /* local@domain, comments and blanks taken out */
	struct str name;    /* decoded */
	size_t from, to;    /* span in the raw field: name and address */
	size_t group;	    /* index, or NO_GROUP */
};
struct group {
	size_t from, to; /* whole: name, colon, members, semicolon */
};
struct addrlist {
	struct mailbox *v;
	size_t n;
	struct group *group;
	size_t group_n;
	bool odd;   /* mail programs would read it differently */
	bool limit; /* too many colons or addresses: not read */
};

void addrlist_read(struct charset *cs, struct str raw, struct arena *a,
		   struct addrlist *l_r);

#endif
