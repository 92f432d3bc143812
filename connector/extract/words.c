/* words.c - header text: unfolding and encoded words (RFC 2047).
 *
 * Adjacent words of one charset are joined before they are converted: mail
 * programs cut characters in two, and mail programs read it.
 */
#include "connector/base/limits.h"
#include "connector/extract/header_int.h"

#define CHARSET_MAX 64

struct word {
	struct str charset, text;
	char encoding; /* 'b' or 'q' */
	size_t n;      /* of the whole word */
};

/* One encoded word at the start of s. */
static bool word_at(struct str s, struct word *w_r)
{
	struct str rest = str_skip(s, 2);
	ptrdiff_t at, end;

	if (!str_starts(s, STR("=?")))
		return false;
	at = str_chr(rest, '?');
	if (at <= 0 || at > CHARSET_MAX || rest.n < (size_t)at + 3 ||
	    rest.p[at + 2] != '?')
		return false;
	w_r->charset = str_head(rest, (size_t)at);
	w_r->encoding = ascii_lower(rest.p[at + 1]);
	if (w_r->encoding != 'b' && w_r->encoding != 'q')
		return false;
	rest = str_skip(rest, (size_t)at + 3);
	end = str_find(rest, STR("?="));
	if (end < 0)
		return false;
	w_r->text = str_head(rest, (size_t)end);
	if (str_chr(w_r->text, ' ') >= 0 || str_chr(w_r->text, '?') >= 0)
		return false;
	w_r->n = (size_t)(rest.p - s.p) + (size_t)end + 2;
	/* RFC 2231 5: a language behind a star. */
	at = str_chr(w_r->charset, '*');
	if (at >= 0)
		w_r->charset.n = (size_t)at;
	return true;
}

static int b64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static void put_b64(struct str s, struct buf *out)
{
	uint32_t acc = 0;
	unsigned bits = 0;

	for (size_t i = 0; i < s.n; i++) {
		int v = b64_value(s.p[i]);

		if (v < 0)
			continue;
		acc = acc << 6 | (uint32_t)v;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			buf_putc(out, (char)(acc >> bits));
		}
	}
}

static int hex_value(char c)
{
	if (ascii_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void put_q(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		int high = i + 2 < s.n ? hex_value(s.p[i + 1]) : -1;
		int low = i + 2 < s.n ? hex_value(s.p[i + 2]) : -1;

		if (s.p[i] == '=' && high >= 0 && low >= 0) {
			buf_putc(out, (char)(high * 16 + low));
			i += 2;
		} else {
			buf_putc(out, s.p[i] == '_' ? ' ' : s.p[i]);
		}
	}
}

static void flush(struct charset *cs, struct str *charset, struct buf *bytes,
		  struct buf *out)
{
	if (charset->n)
		charset_decode(cs, *charset, buf_str(bytes), out);
	*charset = STR_EMPTY;
	buf_clear(bytes);
}

/* Text outside of words: up to the next "=?" that is one. */
static size_t plain_length(struct str s)
{
	struct word w;

	for (size_t i = 0; i + 1 < s.n; i++)
		if (s.p[i] == '=' && s.p[i + 1] == '?' &&
		    word_at(str_skip(s, i), &w))
			return i;
	return s.n;
}

static void decode_line(struct charset *cs, struct str s, struct buf *out)
{
	AUTO(buf) bytes = BUF_MAX(MIME_HEADER_MAX);
	struct str charset = STR_EMPTY;
	struct word w;

	while (s.n) {
		size_t n;

		if (word_at(s, &w)) {
			if (!str_eq_ci(charset, w.charset))
				flush(cs, &charset, &bytes, out);
			charset = w.charset;
			(w.encoding == 'b' ? put_b64 : put_q)(w.text, &bytes);
			s = str_skip(s, w.n);
			continue;
		}
		n = plain_length(s);
		/* RFC 2047 6.2: blanks between two words are not shown. */
		if (!(charset.n && n < s.n &&
		      str_trim(str_head(s, n)).n == 0)) {
			flush(cs, &charset, &bytes, out);
			charset_guess(cs, str_head(s, n), out, NULL);
		}
		s = str_skip(s, n);
	}
	flush(cs, &charset, &bytes, out);
}

/* A line that needs no decoding at all: most are. */
static bool is_plain(struct str s)
{
	return str_is_ascii(s) && str_find(s, STR("=?")) < 0 &&
	       !memchr(s.p, 0x1b, s.n);
}

void words_decode(struct charset *cs, struct str raw, struct buf *out)
{
	AUTO(buf) line = BUF_MAX(MIME_HEADER_BLOCK_MAX);

	/* RFC 5322 2.2.3: unfolding takes the line ends away, not blanks. */
	for (size_t i = 0; i < raw.n; i++)
		if (raw.p[i] != '\r' && raw.p[i] != '\n')
			buf_putc(&line, raw.p[i] ? raw.p[i] : ' ');
	if (line.n == 0)
		return;
	if (is_plain(buf_str(&line)))
		buf_put_str(out, buf_str(&line));
	else
		decode_line(cs, buf_str(&line), out);
}

struct str utf8_cut(struct str s, size_t max)
{
	if (s.n <= max)
		return s;
	while (max > 0 && ((unsigned char)s.p[max] & 0xc0) == 0x80)
		max--;
	return str_head(s, max);
}

struct str text_keep(struct str s, size_t max, struct arena *a)
{
	char *p;

	s = utf8_cut(str_trim(s), max);
	p = arena_strndup(a, s.p, s.n);
	/* An encoded NUL would end the text for some readers. */
	for (size_t i = 0; i < s.n; i++)
		if (p[i] == 0)
			p[i] = ' ';
	return str_n(p, s.n);
}

struct str header_text(struct charset *cs, struct str raw, size_t max,
		       struct arena *a)
{
	AUTO(buf) out = BUF_MAX(MIME_HEADER_BLOCK_MAX * 4);
	struct str s = str_trim(raw);

	/* The common case borrows. */
	if (s.n <= max && (s.n == 0 || (is_plain(s) && !str_has_control(s))))
		return s;
	words_decode(cs, s, &out);
	return text_keep(buf_str(&out), max, a);
}
