/* idn.h - internationalised domain names to their A-label form (RFC 5891).
 * The only place that knows libidn2.
 */
#ifndef SEKISHO_MAIL_IDN_H
#define SEKISHO_MAIL_IDN_H

#include "connector/base/arena.h"
#include "connector/base/err.h"

/* UTF-8 name without trailing dot to "xn--..." labels, lower case. */
bool idn_to_ascii(struct str name, struct arena *a, struct str *ascii_r,
		  struct err *e) MUST_USE;
/* A name with A-labels as people read it; false: it is no such name. */
bool idn_to_unicode(struct str ascii, struct arena *a,
		    struct str *name_r) MUST_USE;

#endif
