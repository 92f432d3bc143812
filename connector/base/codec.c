/* codec.c - base64, hex, percent, xtext; see codec.h.
 * A decoder that fails leaves `out` as it found it.
 */
#include "connector/base/codec.h"

#define MIME_LINE	76
#define MIME_LINE_BYTES (MIME_LINE / 4 * 3)

static const char b64_std[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char b64_url[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char hex_lower[] = "0123456789abcdef";
static const char hex_upper[] = "0123456789ABCDEF";

/* Whole groups and the end; returns the characters written. */
static size_t b64_put(char *to, const unsigned char *p, size_t n,
		      const char *abc, bool pad)
{
	char *start = to;
	uint32_t v;

	for (; n >= 3; n -= 3, p += 3) {
		v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
		*to++ = abc[v >> 18];
		*to++ = abc[v >> 12 & 63];
		*to++ = abc[v >> 6 & 63];
		*to++ = abc[v & 63];
	}
	if (n > 0) {
		v = (uint32_t)p[0] << 16 | (n == 2 ? (uint32_t)p[1] << 8 : 0);
		*to++ = abc[v >> 18];
		*to++ = abc[v >> 12 & 63];
		if (n == 2)
			*to++ = abc[v >> 6 & 63];
		for (; pad && n < 3; n++)
			*to++ = '=';
	}
	return (size_t)(to - start);
}

static void b64_append(struct buf *out, struct str in, const char *abc,
		       bool pad)
{
	size_t rest = in.n % 3;
	size_t tail = rest == 0 ? 0 : pad ? 4 : rest + 1;
	char *room = buf_room(out, in.n / 3 * 4 + tail);

	if (room)
		buf_grown(out, b64_put(room, (const unsigned char *)in.p, in.n,
				       abc, pad));
}

void b64_encode(struct buf *out, struct str in)
{
	b64_append(out, in, b64_std, true);
}

void b64url_encode(struct buf *out, struct str in)
{
	b64_append(out, in, b64_url, false);
}

void b64_encode_mime(struct buf *out, struct str in)
{
	size_t before = out->n;

	while (in.n > 0) {
		b64_encode(out, str_head(in, MIME_LINE_BYTES));
		buf_puts(out, "\r\n");
		in = str_skip(in, MIME_LINE_BYTES);
		if (!buf_ok(out)) {
			buf_truncate(out, before);
			return;
		}
	}
}

static int b64_value(char c, bool url)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (ascii_digit(c))
		return c - '0' + 52;
	if (c == (url ? '-' : '+'))
		return 62;
	return c == (url ? '_' : '/') ? 63 : -1;
}

/* `in` without padding. The unused bits must be zero: one text per value. */
static bool b64_take(struct buf *out, struct str in, bool url)
{
	size_t before = out->n;
	uint32_t v = 0;
	unsigned bits = 0;

	if (in.n % 4 == 1)
		return false;
	for (size_t i = 0; i < in.n; i++) {
		int d = b64_value(in.p[i], url);

		if (d < 0)
			goto bad;
		v = v << 6 | (uint32_t)d;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			if (!buf_putc(out, (char)(v >> bits)))
				goto bad;
		}
	}
	if ((v & ((1u << bits) - 1)) == 0)
		return true;
bad:
	buf_truncate(out, before);
	return false;
}

bool b64_decode(struct buf *out, struct str in)
{
	if (in.n % 4 != 0)
		return false;
	for (int i = 0; i < 2 && in.n > 0 && in.p[in.n - 1] == '='; i++)
		in.n--;
	return b64_take(out, in, false);
}

bool b64url_decode(struct buf *out, struct str in)
{
	return b64_take(out, in, true);
}

void hex_encode(struct buf *out, struct str in)
{
	char *room = buf_room(out, in.n * 2);

	if (!room)
		return;
	for (size_t i = 0; i < in.n; i++) {
		*room++ = hex_lower[(unsigned char)in.p[i] >> 4];
		*room++ = hex_lower[(unsigned char)in.p[i] & 15];
	}
	buf_grown(out, in.n * 2);
}

static int hex_value(char c)
{
	if (ascii_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int hex_pair(const char *p)
{
	int high = hex_value(p[0]), low = hex_value(p[1]);

	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

bool hex_decode(struct buf *out, struct str in)
{
	size_t before = out->n;

	if (in.n % 2 != 0)
		return false;
	for (size_t i = 0; i < in.n; i += 2) {
		int byte = hex_pair(in.p + i);

		if (byte < 0 || !buf_putc(out, (char)byte)) {
			buf_truncate(out, before);
			return false;
		}
	}
	return true;
}

bool percent_decode(struct buf *out, struct str in, bool plus_is_space)
{
	size_t before = out->n;

	for (size_t i = 0; i < in.n; i++) {
		int byte = (unsigned char)in.p[i];

		if (byte == '%') {
			byte = in.n - i > 2 ? hex_pair(in.p + i + 1) : -1;
			i += 2;
		} else if (byte == '+' && plus_is_space) {
			byte = ' ';
		}
		if (byte < 0 || !buf_putc(out, (char)byte)) {
			buf_truncate(out, before);
			return false;
		}
	}
	return true;
}

/* Append c, or `mark` and two upper-case digits. */
static bool put_escaped(struct buf *out, char c, bool plain, char mark)
{
	char text[3] = {mark, hex_upper[(unsigned char)c >> 4],
			hex_upper[(unsigned char)c & 15]};

	return plain ? buf_putc(out, c) : buf_put(out, text, 3);
}

void percent_encode(struct buf *out, struct str in)
{
	size_t before = out->n;

	for (size_t i = 0; i < in.n; i++) {
		char c = in.p[i];
		/* RFC 3986 2.3 */
		bool plain = ascii_alnum(c) || c == '-' || c == '.' ||
			     c == '_' || c == '~';

		if (!put_escaped(out, c, plain, '%')) {
			buf_truncate(out, before);
			return;
		}
	}
}

/* RFC 3461 4: xchar is "!" to "~" but for "+" and "=". */
static bool is_xchar(char c)
{
	return c > 32 && c < 127 && c != '+' && c != '=';
}

static bool is_xdigit(char c)
{
	return ascii_digit(c) || (c >= 'A' && c <= 'F');
}

bool xtext_decode(struct buf *out, struct str in)
{
	size_t before = out->n;

	for (size_t i = 0; i < in.n; i++) {
		int byte = is_xchar(in.p[i]) ? (unsigned char)in.p[i] : -1;

		if (in.p[i] == '+' && in.n - i > 2 && is_xdigit(in.p[i + 1]) &&
		    is_xdigit(in.p[i + 2])) {
			byte = hex_pair(in.p + i + 1);
			i += 2;
		}
		if (byte < 0 || !buf_putc(out, (char)byte)) {
			buf_truncate(out, before);
			return false;
		}
	}
	return true;
}

void xtext_encode(struct buf *out, struct str in)
{
	size_t before = out->n;

	for (size_t i = 0; i < in.n; i++) {
		if (!put_escaped(out, in.p[i], is_xchar(in.p[i]), '+')) {
			buf_truncate(out, before);
			return;
		}
	}
}
