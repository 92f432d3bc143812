/* idn.c - A-labels by libidn2; see idn.h. */
#include "connector/mail/idn.h"
#include <idn2.h>

bool idn_to_ascii(struct str name, struct arena *a, struct str *ascii_r,
		  struct err *e)
{
	const char *in = arena_strndup(a, name.p, name.n);
	uint8_t *out = NULL;
	int rc;

	if (memchr(name.p, 0, name.n))
		return err_set(e, ERR_PERMANENT, 0, "bad domain: NUL");
	/* Non-transitional, as RFC 5891 lookup and today's browsers do. */
	rc = idn2_lookup_u8((const uint8_t *)in, &out,
			    IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (rc != IDN2_OK)
		return err_set(e, ERR_PERMANENT, 0, "bad domain: %s",
			       idn2_strerror(rc));
	*ascii_r = arena_str(a, str_of((const char *)out));
	idn2_free(out);
	return true;
}

bool idn_to_unicode(struct str ascii, struct arena *a, struct str *name_r)
{
	const char *in = arena_strndup(a, ascii.p, ascii.n);
	char *out = NULL;

	if (idn2_to_unicode_8z8z(in, &out, IDN2_NONTRANSITIONAL) != IDN2_OK)
		return false;
	*name_r = arena_str(a, str_of(out));
	idn2_free(out);
	return true;
}
