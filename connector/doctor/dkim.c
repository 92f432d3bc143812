/* dkim.c - does the DNS say what the keys say that sign for a tenant? */
#include "connector/doctor/doctor_int.h"
#include "connector/sign/dkim_ring.h"

#define DNS_NAME_MAX 256

/* The value of `p=` without blanks (RFC 6376 3.6.1); false: none. */
static bool public_key(struct str record, struct buf *out)
{
	struct str rest = record, tag;

	buf_clear(out);
	while (str_split(&rest, ';', &tag)) {
		tag = str_trim(tag);
		if (!str_starts(tag, STR("p=")))
			continue;
		for (size_t i = 2; i < tag.n; i++)
			if (!strchr(" \t\r\n", tag.p[i]))
				buf_putc(out, tag.p[i]);
		return true;
	}
	return false;
}

static bool same_key(struct str one, struct str other)
{
	AUTO(buf) a = BUF_MAX(DNS_TXT_MAX);
	AUTO(buf) b = BUF_MAX(DNS_TXT_MAX);

	return public_key(one, &a) && public_key(other, &b) &&
	       str_eq(buf_str(&a), buf_str(&b));
}

static void say_record(struct doctor *d, const struct dkim_own *k,
		       const char *name)
{
	enum dns_class class;
	size_t n;
	struct str text = doctor_txt(d, name, STR_EMPTY, &n, &class);

	if (dns_failed(class))
		doctor_say(d, DOCTOR_WARN, "DNS を確かめてください。",
			   "look into the DNS", "%s を読めません",
			   "%s cannot be read", name);
	else if (n == 0)
		doctor_say(d, DOCTOR_BAD,
			   "sekisho dkim show の TXT を公開してください。"
			   "それまで署名は無効です。",
			   "publish the TXT of `sekisho dkim show`; until then "
			   "no signature is valid",
			   "%s に DKIM の鍵がありません",
			   "%s: there is no DKIM record", name);
	else if (n > 1 || !same_key(text, str_of(k->record)))
		doctor_say(
			d, DOCTOR_BAD,
			"sekisho dkim show の TXT 1つだけにしてください。",
			"it must be the TXT of `sekisho dkim show`, and that "
			"alone",
			"%s の DKIM の鍵は、署名している鍵と違います",
			"%s: the DKIM record is not of the key that signs",
			name);
	else
		doctor_say(d, DOCTOR_FINE, NULL, NULL,
			   "%s は署名している鍵です",
			   "%s is the key that signs", name);
}

/* Active keys of the tenant's domains. */
static size_t look_at(struct doctor *d, const struct tenant_conf *t,
		      const struct dkim_ring *ring)
{
	size_t n = 0;

	for (size_t i = 0; i < ring->n; i++) {
		const struct dkim_own *k = &ring->v[i];
		AUTO(buf) name = BUF_MAX(DNS_NAME_MAX);

		if (k->state != DKIM_ACTIVE || !doctor_owns(t, k->domain))
			continue;
		n++;
		if (dkim_record_name(k->selector, k->domain, &name))
			say_record(d, k, buf_cstr(&name));
	}
	return n;
}

void check_dkim(struct doctor *d, const struct tenant_conf *t)
{
	struct dkim_ring *ring = dkim_ring_new();
	struct str text = STR_EMPTY;
	struct err e = ERR_EMPTY;

	if (!d->c.reader || !tenant_signs(t)) {
		dkim_ring_free(&ring);
		return;
	}
	if (!store_value(d->c.reader, STR(DKIM_RING_VALUE), &d->arena, &text,
			 &e) ||
	    !dkim_ring_read(ring, text, &e))
		doctor_say(d, DOCTOR_BAD,
			   "データベースの控えから戻してください。",
			   "bring the database back from its backup",
			   "DKIM の鍵を読めません: %s",
			   "the DKIM keys cannot be read: %s", e.text);
	else if (look_at(d, t, ring) == 0)
		doctor_say(d, DOCTOR_NOTE,
			   "sekisho dkim new で鍵を作れます。受け手は署名の"
			   "あるメールを信じます。",
			   "`sekisho dkim new` makes one; receivers trust "
			   "signed mail more",
			   "署名する DKIM の鍵がありません",
			   "no DKIM key signs for this tenant");
	dkim_ring_free(&ring);
}
