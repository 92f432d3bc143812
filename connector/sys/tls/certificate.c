/* certificate.c - reads a certificate file; see certificate.h. */
#include "connector/sys/tls/certificate.h"
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <strings.h>
#include <time.h>
#include "connector/base/clock.h"

static int64_t time_us(const ASN1_TIME *t)
{
	struct tm tm;

	if (!ASN1_TIME_to_tm(t, &tm))
		return 0;
	return (int64_t)timegm(&tm) * US_PER_S;
}

static void add_name(struct certificate *c, struct arena *a, struct str s)
{
	char *name;

	if (s.n == 0 || str_has_control(s) ||
	    c->name_n == CERTIFICATE_NAMES_MAX)
		return;
	name = arena_strndup(a, s.p, s.n);
	for (char *p = name; *p; p++)
		*p = ascii_lower(*p);
	c->name[c->name_n++] = name;
}

static struct str asn1_str(const ASN1_STRING *s)
{
	return str_n(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

static void read_names(X509 *x, struct arena *a, struct certificate *c)
{
	GENERAL_NAMES *san = X509_get_ext_d2i(x, NID_subject_alt_name, NULL,
					      NULL);
	X509_NAME *subject = X509_get_subject_name(x);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);

	c->name = arena_array(a, CERTIFICATE_NAMES_MAX, sizeof(*c->name));
	for (int i = 0; i < sk_GENERAL_NAME_num(san); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(san, i);

		if (g->type == GEN_DNS)
			add_name(c, a, asn1_str(g->d.dNSName));
	}
	GENERAL_NAMES_free(san);
	if (c->name_n == 0 && at >= 0)
		add_name(c, a,
			 asn1_str(X509_NAME_ENTRY_get_data(
				 X509_NAME_get_entry(subject, at))));
}

static void read_uses(X509 *x, struct certificate *c)
{
	uint32_t use = X509_get_extended_key_usage(x);

	c->for_server = use == UINT32_MAX || (use & XKU_SSL_SERVER);
	c->for_client = use == UINT32_MAX || (use & XKU_SSL_CLIENT);
}

static bool key_fits(X509 *x, const char *key_file)
{
	FILE *f = fopen(key_file, "re");
	EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
	bool fits = key && X509_check_private_key(x, key) == 1;

	EVP_PKEY_free(key);
	if (f)
		fclose(f);
	return fits;
}

bool certificate_read(const char *file, const char *key_file, struct arena *a,
		      struct certificate *c_r, struct err *e)
{
	FILE *f = fopen(file, "re");
	X509 *x, *next;

	*c_r = (struct certificate){0};
	if (!f)
		return err_errno(e, "%s", file);
	x = PEM_read_X509(f, NULL, NULL, NULL);
	if (!x) {
		fclose(f);
		ERR_clear_error();
		return err_set(e, ERR_PERMANENT, 0,
			       "%s holds no certificate in PEM", file);
	}
	while ((next = PEM_read_X509(f, NULL, NULL, NULL))) {
		c_r->chain_n++;
		X509_free(next);
	}
	fclose(f);
	c_r->from_us = time_us(X509_get0_notBefore(x));
	c_r->until_us = time_us(X509_get0_notAfter(x));
	c_r->self_signed = X509_self_signed(x, 0) == 1;
	read_names(x, a, c_r);
	read_uses(x, c_r);
	c_r->key_fits = key_file && key_fits(x, key_file);
	X509_free(x);
	ERR_clear_error();
	return true;
}

bool certificate_has(const struct certificate *c, const char *name)
{
	const char *dot = strchr(name, '.');

	for (size_t i = 0; i < c->name_n; i++) {
		const char *own = c->name[i];

		if (strcasecmp(own, name) == 0)
			return true;
		if (dot && own[0] == '*' && strcasecmp(own + 1, dot) == 0)
			return true;
	}
	return false;
}
