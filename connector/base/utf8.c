/* utf8.c - strict UTF-8; see utf8.h. */
#include "connector/base/utf8.h"

#define REPLACEMENT 0xFFFD
#define ELLIPSIS    0x2026

/* Code point at p and its length, or -1 (RFC 3629 4: no overlong forms, no
 * surrogates, nothing above U+10FFFF). */
static int32_t decode(const unsigned char *p, size_t n, size_t *len_r)
{
	static const int32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len;
	int32_t cp;

	*len_r = 1;
	if (p[0] < 0x80)
		return p[0];
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return -1;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (len > n)
		return -1;
	cp = p[0] & (0x7f >> len);
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return -1;
		cp = cp << 6 | (p[i] & 0x3f);
	}
	if (cp < least[len] || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return -1;
	*len_r = len;
	return cp;
}

/* Bytes at p that are ASCII, eight at a time. */
static size_t ascii_run(const unsigned char *p, size_t n)
{
	size_t i = 0;
	uint64_t w;

	for (; i + sizeof(w) <= n; i += sizeof(w)) {
		memcpy(&w, p + i, sizeof(w));
		if (w & UINT64_C(0x8080808080808080))
			break;
	}
	return i;
}

/* Three bytes that are one character, as most of Japanese is. */
static bool is_three(const unsigned char *p)
{
	return p[0] > 0xe0 && p[0] < 0xed && (p[1] & 0xc0) == 0x80 &&
	       (p[2] & 0xc0) == 0x80;
}

bool utf8_valid(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0, len;

	while (i < s.n) {
		i += ascii_run(p + i, s.n - i);
		while (i + 3 <= s.n && is_three(p + i))
			i += 3;
		if (i == s.n)
			return true;
		if (decode(p + i, s.n - i, &len) < 0)
			return false;
		i += len;
	}
	return true;
}

int32_t utf8_next(struct str *s)
{
	int32_t cp;
	size_t len;

	if (s->n == 0)
		return -1;
	cp = decode((const unsigned char *)s->p, s->n, &len);
	*s = str_skip(*s, len);
	return cp < 0 ? REPLACEMENT : cp;
}

bool utf8_put(struct buf *b, uint32_t cp)
{
	unsigned char u[4];
	size_t n;

	if (cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		cp = REPLACEMENT;
	if (cp < 0x80) {
		u[0] = (unsigned char)cp;
		n = 1;
	} else if (cp < 0x800) {
		u[0] = (unsigned char)(0xc0 | cp >> 6);
		u[1] = (unsigned char)(0x80 | (cp & 0x3f));
		n = 2;
	} else if (cp < 0x10000) {
		u[0] = (unsigned char)(0xe0 | cp >> 12);
		u[1] = (unsigned char)(0x80 | (cp >> 6 & 0x3f));
		u[2] = (unsigned char)(0x80 | (cp & 0x3f));
		n = 3;
	} else {
		u[0] = (unsigned char)(0xf0 | cp >> 18);
		u[1] = (unsigned char)(0x80 | (cp >> 12 & 0x3f));
		u[2] = (unsigned char)(0x80 | (cp >> 6 & 0x3f));
		u[3] = (unsigned char)(0x80 | (cp & 0x3f));
		n = 4;
	}
	return buf_put(b, u, n);
}

/* Shown as U+FFFD: what could forge a line or turn the reading order. */
static bool is_dangerous(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp <= 0x9f) || cp == 0x2028 ||
	       cp == 0x2029 || (cp >= 0x202a && cp <= 0x202e) ||
	       (cp >= 0x2066 && cp <= 0x2069);
}

/* Dropped: invisible, and so fit to hide differences. */
static bool is_invisible(uint32_t cp)
{
	return cp == 0xad || cp == 0x61c || (cp >= 0x200b && cp <= 0x200f) ||
	       (cp >= 0x2060 && cp <= 0x2064) || cp == 0xfeff;
}

void utf8_clean(struct buf *out, struct str s, size_t max_chars)
{
	size_t chars = 0;

	while (s.n > 0) {
		uint32_t cp = (uint32_t)utf8_next(&s);

		if (is_invisible(cp))
			continue;
		if (chars++ == max_chars) {
			utf8_put(out, ELLIPSIS);
			return;
		}
		if (cp == '\t')
			cp = ' ';
		else if (is_dangerous(cp))
			cp = REPLACEMENT;
		if (!utf8_put(out, cp))
			return;
	}
}

size_t utf8_length(struct str s)
{
	size_t chars = 0;

	while (utf8_next(&s) >= 0)
		chars++;
	return chars;
}
