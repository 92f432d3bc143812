/* params_int.h - "value; name=value; ..." fields (RFC 2045 5.1, 2231, 2183).
 */
#ifndef SEKISHO_EXTRACT_PARAMS_INT_H
#define SEKISHO_EXTRACT_PARAMS_INT_H

#include "connector/base/arena.h"
#include "connector/extract/charset_int.h"

struct param {
	struct str name;  /* lower case, without stars */
	struct str value; /* decoded, UTF-8 */
	bool extended;	  /* RFC 2231 form */
	bool loose;	  /* not as the grammar wants it */
};
struct params {
	struct str value; /* "text/plain", "attachment": lower case */
	struct param *v;
	size_t n;
	bool odd; /* read differently by some: see params.c */
};

void params_read(struct charset *cs, struct str raw, struct arena *a,
		 struct params *p_r);
/* First of that name, the extended one before others; NULL: none. */
const struct param *param_find(const struct params *p, const char *name);
size_t param_count(const struct params *p, const char *name);

#endif
