/* certificates.c - checks of the certificates that we show. */
#include "connector/doctor/doctor_int.h"
#include "connector/sys/tls/certificate.h"

#define EXPIRY_WARN_US (21 * US_PER_DAY)

/* False: it could not be read, and that was said. */
static bool read_one(struct doctor *d, const char *file, const char *key,
		     struct certificate *c)
{
	struct err e = ERR_EMPTY;

	if (certificate_read(file, key, &d->arena, c, &e))
		return true;
	doctor_say(d, DOCTOR_BAD, "PEM の証明書を置いてください。",
		   "put a certificate in PEM there", "証明書を読めません: %s",
		   "cannot read the certificate: %s", e.text);
	return false;
}

static void say_dates(struct doctor *d, const char *file,
		      const struct certificate *c)
{
	long long days = (long long)((c->until_us - d->now_us) / US_PER_DAY);

	if (c->until_us <= d->now_us || c->from_us > d->now_us)
		doctor_say(d, DOCTOR_BAD, "新しい証明書に替えてください。",
			   "replace it", "%s は期限の外です(あと %lld 日)",
			   "%s is outside its dates (%lld days left)", file,
			   days);
	else if (c->until_us - d->now_us < EXPIRY_WARN_US)
		doctor_say(d, DOCTOR_WARN, "更新の仕組みを確かめてください。",
			   "see why it was not renewed",
			   "%s の期限まであと %lld 日です",
			   "%s ends in %lld days", file, days);
	else
		doctor_say(d, DOCTOR_FINE, NULL, NULL,
			   "%s の期限まであと %lld 日です",
			   "%s is good for %lld more days", file, days);
}

static void say_key(struct doctor *d, const char *file,
		    const struct certificate *c)
{
	if (!c->key_fits)
		doctor_say(d, DOCTOR_BAD,
			   "証明書と同じときに作った鍵を置いてください。",
			   "put the key there that the certificate was made "
			   "for",
			   "%s の鍵が証明書に合いません",
			   "the key of %s is another one's", file);
}

static void listener(struct doctor *d, const char *file,
		     const struct secret_ref *key, const char *host)
{
	const char *key_file = key->kind == SECRET_FILE ? key->value : NULL;
	struct certificate c;

	if (!read_one(d, file, key_file, &c))
		return;
	say_dates(d, file, &c);
	if (key_file)
		say_key(d, file, &c);
	if (!certificate_has(&c, host))
		doctor_say(d, DOCTOR_BAD,
			   "その名前の証明書を取り直してください。Exchange は "
			   "TlsDomain の名前を確かめます。",
			   "get one with that name; Exchange checks it against "
			   "TlsDomain",
			   "%s に %s の名前がありません", "%s does not name %s",
			   file, host);
	if (!c.for_server)
		doctor_say(d, DOCTOR_BAD,
			   "serverAuth のある証明書を取ってください。",
			   "get one with serverAuth",
			   "%s はサーバー用ではありません",
			   "%s is not for servers", file);
	if (c.self_signed)
		doctor_say(d, DOCTOR_WARN,
			   "公開の認証局の証明書にしてください。クラウドは"
			   "信じません。",
			   "get one of a public authority; clouds do not "
			   "believe it",
			   "%s は自己署名です", "%s is self-signed", file);
	else if (c.chain_n == 0)
		doctor_say(d, DOCTOR_WARN,
			   "中間証明書を同じファイルの後ろに付けてください。",
			   "append the intermediate certificates to the file",
			   "%s に中間証明書がありません",
			   "%s holds no intermediate certificate", file);
}

void check_certificates(struct doctor *d)
{
	const struct config *c = d->c.config;

	if (c->tls.certificate)
		listener(d, c->tls.certificate, &c->tls.key, c->hostname);
	else
		doctor_say(d, DOCTOR_WARN,
			   "tls: certificate と key を書いてください。",
			   "set `tls: certificate` and `key`",
			   "TLS がありません", "there is no TLS");
	for (size_t i = 0; i < c->tenant_n; i++) {
		const struct tenant_conf *t = &c->tenant[i];

		d->tenant = t;
		if (t->tls.certificate)
			listener(d, t->tls.certificate, &t->tls.key,
				 t->hostname ? t->hostname : c->hostname);
		else if (t->hostname && c->tls.certificate)
			listener(d, c->tls.certificate, &c->tls.key,
				 t->hostname);
	}
	d->tenant = NULL;
}

bool doctor_owns(const struct tenant_conf *t, const char *domain)
{
	for (size_t i = 0; i < t->domains.n; i++) {
		const char *own = t->domains.v[i];

		if (strcmp(own, domain) == 0 ||
		    (own[0] == '*' &&
		     str_ends(str_of(domain), str_of(own + 1))))
			return true;
	}
	return false;
}

/* Exchange attributes mail by the certificate's own name (not its parent),
 * which must be an accepted domain. */
void check_client_certificate(struct doctor *d, const struct tenant_conf *t)
{
	const char *file = t->deliver.client_certificate;
	struct certificate c;
	bool named = false;

	if (!file) {
		if (t->kind == KIND_M365 &&
		    strcmp(t->deliver.via, "relay") == 0)
			doctor_say(
				d, DOCTOR_BAD,
				"deliver: client-certificate を書いてください。"
				"空の差出人のメールはこれでしか通りません。",
				"set `deliver: client-certificate`; mail with "
				"a null sender passes by it alone",
				"Exchange に示す証明書がありません",
				"there is no certificate for Exchange");
		return;
	}
	if (!read_one(d, file,
		      t->deliver.client_key ? t->deliver.client_key : file, &c))
		return;
	say_dates(d, file, &c);
	say_key(d, file, &c);
	if (!c.for_client)
		doctor_say(d, DOCTOR_WARN,
			   "clientAuth のある証明書が要ることがあります。受け口"
			   "とは別のものを使えます。",
			   "one with clientAuth may be needed; it may differ "
			   "from the listener's",
			   "%s は clientAuth を持ちません",
			   "%s has no clientAuth", file);
	for (size_t i = 0; i < c.name_n; i++)
		named = named || doctor_owns(t, c.name[i]);
	if (t->kind == KIND_M365 && !named)
		doctor_say(
			d, DOCTOR_WARN,
			"証明書の名前を承認済みドメインに加え、domains にも"
			"書いてください。",
			"make its name an accepted domain, and write it under "
			"`domains`",
			"%s の名前はこのテナントのドメインではありません",
			"no name in %s is a domain of this tenant", file);
}
