/* readings.c - bytes as the texts that mail programs may show; see
 * charset_int.h.
 */
#include "connector/base/utf8.h"
#include "connector/extract/charset_int.h"

#define ESC	   0x1b
#define WIDE_LOOK  4096 /* bytes looked at for the zeros of UTF-16 */
#define WIDE_SHARE 16	/* one in so many is a zero at one side */

static const struct {
	const char *mark;
	size_t n;
	const char *charset;
} marks[] = {
	{"\xff\xfe\0\0", 4, "utf-32le"}, {"\0\0\xfe\xff", 4, "utf-32be"},
	{"\xff\xfe", 2, "utf-16le"},	 {"\xfe\xff", 2, "utf-16be"},
	{"\xef\xbb\xbf", 3, "utf-8"},
};

/* UTF-16 without a mark: blanks and line ends have a zero at one side. */
static const char *wide(struct str in)
{
	size_t zeros[2] = {0, 0};
	struct str head = str_head(in, WIDE_LOOK);

	if (!in.n || !memchr(in.p, 0, in.n))
		return NULL;
	for (size_t i = 0; i < head.n; i++)
		zeros[i % 2] += head.p[i] == 0;
	if (zeros[1] > head.n / WIDE_SHARE && zeros[1] > zeros[0] * 4)
		return "utf-16le";
	if (zeros[0] > head.n / WIDE_SHARE && zeros[0] > zeros[1] * 4)
		return "utf-16be";
	return NULL;
}

static bool plain(struct str in)
{
	return !in.n || (str_is_ascii(in) && !memchr(in.p, ESC, in.n));
}

static bool has_escape(struct str in)
{
	return in.n && memchr(in.p, ESC, in.n);
}

/* Bytes that fit these by chance are no text of another charset: wide ones
 * have zeros in their blanks and line ends. */
static bool tells(struct str name, struct str in)
{
	if (str_starts_ci(name, STR("utf-16")) ||
	    str_starts_ci(name, STR("utf-32")))
		return in.n && memchr(in.p, 0, in.n);
	return str_starts_ci(name, STR("iso-2022-jp"));
}

static bool is_utf8(struct str name)
{
	return !name.n || str_is_ci(name, "utf-8") || str_is_ci(name, "utf8") ||
	       str_is_ci(name, "us-ascii");
}

/* Without a name, or as UTF-8 that it is. */
static bool as_it_stands(struct str name, struct str in)
{
	return is_utf8(name) && !has_escape(in) && utf8_valid(in);
}

static void guess_other(struct charset *c, struct str name, struct str in,
			struct buf *other, struct readings *r)
{
	AUTO(buf) less = BUF_MAX(other->max);

	/* UTF-8 that it is not says nothing of what it is. */
	charset_guess(c, in, other, is_utf8(name) ? &less : NULL);
	if (less.n) {
		buf_puts(other, "\n\n");
		buf_put_str(other, buf_str(&less));
	}
	r->two = !str_eq(r->text, buf_str(other));
}

/* Without a mark (RFC 2781 4.3): some read the one order, some the other; and
 * without a zero it is something else. */
static void read_wide(struct charset *c, struct str name, struct str in,
		      struct buf *out, struct buf *other)
{
	bool utf16 = str_is_ci(name, "utf-16");

	(void)charset_decode(c, str_of(utf16 ? "utf-16be" : "utf-32be"), in,
			     out);
	(void)charset_decode(c, str_of(utf16 ? "utf-16le" : "utf-32le"), in,
			     other);
	if (in.n && memchr(in.p, 0, in.n))
		return;
	buf_puts(other, "\n\n");
	charset_guess(c, in, other, NULL);
}

/* What the bytes themselves say; a mark is cut off. NULL: nothing. */
static const char *charset_in(struct str *in)
{
	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		if (str_starts(*in, str_n(marks[i].mark, marks[i].n))) {
			*in = str_skip(*in, marks[i].n);
			return marks[i].charset;
		}
	return wide(*in);
}

void charset_read(struct charset *c, struct str name, struct str in,
		  struct buf *out, struct buf *other, struct readings *r_r)
{
	const char *known = charset_in(&in);
	bool ok;

	if (known)
		name = str_of(known);
	*r_r = (struct readings){.text = in};
	if (as_it_stands(name, in))
		return;
	if (!known &&
	    (str_is_ci(name, "utf-16") || str_is_ci(name, "utf-32"))) {
		read_wide(c, name, in, out, other);
		r_r->text = buf_str(out);
		r_r->two = true;
		return;
	}
	r_r->wrong = name.n && !charset_known(c, name) && !plain(in);
	if (!name.n || r_r->wrong) {
		charset_guess(c, in, out, other);
		r_r->text = buf_str(out);
		r_r->two = other->n > 0;
		return;
	}
	ok = charset_decode(c, name, in, out);
	r_r->text = buf_str(out);
	if (!plain(in) && !known && !(ok && tells(name, in)))
		guess_other(c, name, in, other, r_r);
}
