/* detect_mail.c - mail addresses, different by their compared form. */
#include "connector/extract/detect_int.h"
#include "connector/base/limits.h"
#include "connector/base/utf8.h"
#include "connector/mail/addr.h"

/* What follows the last dot of a picture's name "logo@2x.png". */
static const char *const file_types[] = {"png", "jpg",	"jpeg", "gif",	"svg",
					 "css", "html", "js",	"webp", "pdf"};

static bool is_atext(uint32_t c)
{
	return cp_alnum(c) ||
	       (c > ' ' && c < 0x7f && strchr(".!#$%&'*+-/=?^_`{|}~", (int)c));
}

/* Where the local part before `at` begins: signs that texts put before an
 * address are no part of it. */
static size_t local_begin(struct detect *d, size_t at)
{
	size_t i = at;

	while (i > 0 && at - i < SMTP_LOCAL_MAX && is_atext(d->f->v[i - 1]))
		i--;
	d->set->work += at - i;
	while (i < at && !cp_alnum(d->f->v[i]) && d->f->v[i] != '_')
		i++;
	return i;
}

/* A domain in ASCII, or one with labels of other letters that begins so. */
static size_t domain_end(struct detect *d, size_t at)
{
	bool other = fold_at(d->f, at) >= 0x80;
	size_t i = at;

	for (; i < d->f->n && i - at < SMTP_DOMAIN_MAX; i++) {
		uint32_t c = d->f->v[i];

		/* Behind its first dot such a domain is ASCII again: the text
		 * goes on in Japanese. */
		if (c == '.' || c == 0x3002)
			other = false;
		else if (!cp_alnum(c) && c != '-' &&
			 !(other && c >= 0x3005 && c < 0xfb00))
			break;
	}
	d->set->work += i - at;
	while (i > at && !cp_alnum(d->f->v[i - 1]))
		i--;
	return i;
}

static bool top_ok(struct str domain)
{
	ptrdiff_t dot = str_rchr(domain, '.');
	struct str top = str_skip(domain, (size_t)(dot + 1));

	if (dot <= 0 || top.n < 2)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(file_types); i++)
		if (str_is(top, file_types[i]))
			return false;
	if (str_starts(top, STR("xn--")))
		return true;
	for (size_t i = 0; i < top.n; i++)
		if (ascii_digit(top.p[i]) || top.p[i] == '-')
			return false;
	return true;
}

static void mask(struct str key, struct buf *out)
{
	ptrdiff_t at = str_rchr(key, '@');

	buf_put_str(out, str_head(key, 1));
	buf_puts(out, "***");
	buf_put_str(out, str_skip(key, (size_t)at));
}

static void try_at(struct detect *d, size_t at)
{
	AUTO(arena) a = ARENA_EMPTY;
	AUTO(buf) text = BUF_MAX(DETECT_VALUE_MAX * 4);
	AUTO(buf) sample = BUF_MAX(DETECT_VALUE_MAX * 2);
	size_t begin = local_begin(d, at), end = domain_end(d, at + 1);
	struct addr addr;
	struct err e;

	if (begin == at || end == at + 1)
		return;
	for (size_t i = begin; i < end; i++)
		utf8_put(&text, d->f->v[i] == 0x3002 ? '.' : d->f->v[i]);
	if (!addr_parse(buf_str(&text), true, false, &a, &addr, &e) ||
	    !top_ok(addr.key_domain))
		return;
	mask(addr.key, &sample);
	detect_hit(d, DETECT_MAIL, begin, addr.key, buf_str(&sample));
}

void detect_mail(struct detect *d)
{
	const struct fold *f = d->f;

	d->set->work += f->n;
	for (size_t i = fold_seek(f, 0, '@', 1); i < f->n;
	     i = fold_seek(f, i + 1, '@', 1))
		try_at(d, i);
}
