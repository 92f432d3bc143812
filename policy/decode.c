/* decode.c - the bytes of a list to UTF-8: UTF-8 with or without BOM, UTF-16
 * with BOM, CP932 (Shift_JIS as Windows writes it).
 *
 * What is valid UTF-8 is UTF-8; all else must be valid CP932.  Nothing is
 * guessed and nothing is replaced: a byte that fits nowhere is an error with
 * its line.
 */
#include "policy/policy_int.h"

#include "connector/base/utf8.h"

#define TRAILS	  188
#define HALF_KANA 0xa1 /* U+FF61 */

/* Decoded once for a file: rows of UTF-8 have no index. */
struct cp932 {
	uint16_t code[CP932_LEADS][TRAILS];
};

static void cp932_fill(struct cp932 *t)
{
	for (size_t i = 0; i < CP932_LEADS; i++) {
		struct str row = str_of(cp932_table[i]);
		int32_t c;

		for (size_t k = 0; k < TRAILS && (c = utf8_next(&row)) >= 0;
		     k++)
			t->code[i][k] = c == ' ' ? 0 : (uint16_t)c;
	}
}

static int lead_row(unsigned char c)
{
	if (c >= 0x81 && c <= 0x9f)
		return c - 0x81;
	return c >= 0xe0 && c <= 0xfc ? c - 0xe0 + 31 : -1;
}

static int trail_column(int c)
{
	if (c < 0x40 || c > 0xfc || c == 0x7f)
		return -1;
	return c > 0x7f ? c - 0x41 : c - 0x40;
}

/* One character; 0: there is none. */
static uint32_t cp932_next(const struct cp932 *t, struct rd *r)
{
	int c = rd_byte(r), row, column;

	if (c < 0x80)
		return (uint32_t)c;
	if (c >= HALF_KANA && c <= 0xdf)
		return 0xff61 + (uint32_t)(c - HALF_KANA);
	row = lead_row((unsigned char)c);
	if (row < 0)
		return 0;
	column = trail_column(rd_byte(r));
	return column < 0 ? 0 : t->code[row][column];
}

static uint32_t utf16_next(struct rd *r, bool big)
{
	uint32_t v[2];

	for (int i = 0; i < 2; i++) {
		uint32_t a = rd_u8(r), b = rd_u8(r);

		v[i] = big ? a << 8 | b : b << 8 | a;
		if (i == 0 && (v[0] < 0xd800 || v[0] > 0xdfff))
			return rd_ok(r) ? v[0] : 0;
	}
	if (!rd_ok(r) || v[0] > 0xdbff || v[1] < 0xdc00 || v[1] > 0xdfff)
		return 0;
	return 0x10000 + ((v[0] - 0xd800) << 10) + (v[1] - 0xdc00);
}

struct decoding {
	const struct cp932 *cp932; /* NULL: UTF-16 */
	bool big;
	unsigned line; /* reached */
};

static bool decode_all(struct decoding *d, struct str text, struct buf *out)
{
	struct rd r = rd_of(text);

	d->line = 1;
	while (!rd_end(&r)) {
		uint32_t c = d->cp932 ? cp932_next(d->cp932, &r)
				      : utf16_next(&r, d->big);

		if (!c || !utf8_put(out, c))
			return false;
		d->line += c == '\n';
	}
	return buf_ok(out);
}

static bool is_utf16(struct str text)
{
	return str_starts(text, STR("\xff\xfe")) ||
	       str_starts(text, STR("\xfe\xff"));
}

bool csv_decode(struct str text, const char *file, enum csv_encoding as,
		struct arena *a, struct conf_errors *errs, struct str *utf8_r)
{
	AUTO(buf) out = BUF_MAX(CONF_FILE_MAX * 2);
	struct decoding d = {.line = 1};
	bool ok = false, wide = as == CSV_AUTO && is_utf16(text);

	*utf8_r = text;
	if (str_starts(text, STR("\xef\xbb\xbf")))
		*utf8_r = str_skip(text, 3);
	if (!wide && as != CSV_CP932 && utf8_valid(text))
		return true;
	if (wide) {
		d.big = text.p[0] == '\xfe';
		ok = decode_all(&d, str_skip(text, 2), &out);
	} else if (as != CSV_UTF8) {
		struct cp932 *t = NEW(struct cp932);

		cp932_fill(t);
		d.cp932 = t;
		ok = decode_all(&d, text, &out);
		mem_free(t);
	}
	if (ok)
		*utf8_r = arena_str(a, buf_str(&out));
	else if (as == CSV_UTF8)
		conf_error_file(errs, file, "UTF-8 ではありません。",
				"not UTF-8");
	else
		conf_error_at(errs, file, d.line, 1,
			      "UTF-8 でも CP932(Shift_JIS)でもない文字が"
			      "あります。",
			      "a character that is neither UTF-8 nor CP932 "
			      "(Shift_JIS)");
	return ok;
}
