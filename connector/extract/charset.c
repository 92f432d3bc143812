/* charset.c - charsets by ICU; see charset_int.h. */
#include "connector/extract/charset_int.h"
#include <unicode/uclean.h>
#include <unicode/ucnv.h>
#include <unicode/ucnv_err.h>
#include <unicode/udata.h>
#include "connector/base/mem.h"
#include "connector/base/utf8.h"

#define NAME_MAX_LEN 64
#define CACHE_MAX    24
#define STEP_CHARS   512
#define TEXT_MAX     (64 * MIB)

struct charset {
	UConverter *cp932, *euc;
	struct {
		char name[NAME_MAX_LEN];
		UConverter *cv;
	} open[CACHE_MAX];
	size_t open_n;
};

/* Names in mail that ICU lacks or reads more narrowly than mail programs. */
static const struct {
	const char *name, *icu;
} aliases[] = {
	{"shift_jis", "ibm-943_P15A-2003"},
	{"shift-jis", "ibm-943_P15A-2003"},
	{"x-sjis", "ibm-943_P15A-2003"},
	{"sjis", "ibm-943_P15A-2003"},
	{"ms_kanji", "ibm-943_P15A-2003"},
	{"windows-31j", "ibm-943_P15A-2003"},
	{"cp932", "ibm-943_P15A-2003"},
	{"cp51932", "ibm-33722_P12A_P12A-2009_U2"},
	{"x-euc-jp", "EUC-JP"},
	{"unicode-1-1-utf-7", "UTF-7"},
	{"csutf7", "UTF-7"},
	{"iso-8859-1", "windows-1252"}, /* as every mail program does */
	{"us-ascii", "windows-1252"},
	{"gb2312", "gb18030"},
	{"ks_c_5601-1987", "windows-949"},
};
static const char *const preload[] = {
	"windows-1252", "gb18030",	 "Big5",   "EUC-KR",
	"windows-949",	"UTF-7",	 "UTF-16", "ISO-8859-15",
	"windows-1251", "ISO-2022-JP-2",
};

static UConverter *open_one(const char *name)
{
	UErrorCode st = U_ZERO_ERROR;
	UConverter *cv = ucnv_open(name, &st);

	return U_SUCCESS(st) ? cv : NULL;
}

/* The converter of a lower-case name, kept open; NULL: unknown. */
static UConverter *find(struct charset *c, const char *name)
{
	UConverter *cv;
	const char *icu = name;

	for (size_t i = 0; i < c->open_n; i++)
		if (strcmp(c->open[i].name, name) == 0)
			return c->open[i].cv;
	for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
		if (strcmp(aliases[i].name, name) == 0)
			icu = aliases[i].icu;
	cv = open_one(icu);
	if (!cv)
		return NULL;
	if (c->open_n == CACHE_MAX)
		ucnv_close(c->open[--c->open_n].cv);
	memcpy(c->open[c->open_n].name, name, strlen(name) + 1);
	c->open[c->open_n++].cv = cv;
	return cv;
}

struct charset *charset_new(struct err *e)
{
	struct charset *c = NEW(struct charset);
	UErrorCode st = U_ZERO_ERROR;

	/* All tables are in the library: no file is ever looked for. */
	udata_setFileAccess(UDATA_NO_FILES, &st);
	u_init(&st);
	c->cp932 = open_one("ibm-943_P15A-2003");
	c->euc = open_one("EUC-JP");
	for (size_t i = 0; i < ARRAY_LEN(preload); i++)
		if (!find(c, preload[i]))
			c->cp932 = NULL;
	if (U_FAILURE(st) || !c->cp932 || !c->euc) {
		err_set(e, ERR_CONFIG, 0, "ICU lacks its converters: %s",
			u_errorName(st));
		charset_free(&c);
		return NULL;
	}
	return c;
}

void charset_free(struct charset **c)
{
	if (!*c)
		return;
	for (size_t i = 0; i < (*c)->open_n; i++)
		ucnv_close((*c)->open[i].cv);
	if ((*c)->cp932)
		ucnv_close((*c)->cp932);
	if ((*c)->euc)
		ucnv_close((*c)->euc);
	mem_free(*c);
	*c = NULL;
}

/* Two surrogates as four bytes, a lone one as U+FFFD; how many more units that
 * took. */
static size_t put_pair_of(const UChar *u, size_t n, char **to)
{
	uint32_t cp = u[0];

	if ((cp & 0xfc00) != 0xd800 || n < 2 || (u[1] & 0xfc00) != 0xdc00) {
		memcpy(*to, "\xef\xbf\xbd", 3);
		*to += 3;
		return 0;
	}
	cp = 0x10000 + ((cp & 0x3ff) << 10) + (u[1] & 0x3ffu);
	*(*to)++ = (char)(0xf0 | cp >> 18);
	*(*to)++ = (char)(0x80 | (cp >> 12 & 0x3f));
	*(*to)++ = (char)(0x80 | (cp >> 6 & 0x3f));
	*(*to)++ = (char)(0x80 | (cp & 0x3f));
	return 1;
}

/* At most STEP_CHARS units. Text is put at once: character by character it
 * would cost more than the conversion. */
static void put_utf16(struct buf *out, const UChar *u, size_t n)
{
	char text[STEP_CHARS * 3], *to = text;

	for (size_t i = 0; i < n; i++) {
		uint32_t cp = u[i];

		if (cp < 0x80) {
			*to++ = (char)cp;
			continue;
		}
		if (cp < 0x800) {
			*to++ = (char)(0xc0 | cp >> 6);
		} else if (cp < 0xd800 || cp > 0xdfff) {
			*to++ = (char)(0xe0 | cp >> 12);
			*to++ = (char)(0x80 | (cp >> 6 & 0x3f));
		} else {
			i += put_pair_of(u + i, n - i, &to);
			continue;
		}
		*to++ = (char)(0x80 | (cp & 0x3f));
	}
	buf_put(out, text, (size_t)(to - text));
}

/* Bytes that are not of the charset become U+FFFD and false. */
static bool convert(UConverter *cv, struct str in, struct buf *out)
{
	UChar room[STEP_CHARS] = {0};
	const char *at = in.p, *end;
	size_t start = out->n, kept = 0, n;
	UErrorCode st;

	if (in.n == 0)
		return true; /* no text, and perhaps no address */
	end = in.p + in.n;
	ucnv_reset(cv);
	do {
		UChar *to = room + kept;

		st = U_ZERO_ERROR;
		ucnv_toUnicode(cv, &to, room + STEP_CHARS, &at, end, NULL, true,
			       &st);
		n = (size_t)(to - room);
		/* A pair that the room's end cuts waits for its second half. */
		kept = st == U_BUFFER_OVERFLOW_ERROR && n &&
		       (room[n - 1] & 0xfc00) == 0xd800;
		put_utf16(out, room, n - kept);
		if (kept)
			room[0] = room[n - 1];
	} while (st == U_BUFFER_OVERFLOW_ERROR);
	/* Escapes alone give no text at all. */
	return U_SUCCESS(st) && (out->n == start ||
				 str_find(str_n(out->p + start, out->n - start),
					  STR("\xef\xbf\xbd")) < 0);
}

enum jis_mode { JIS_ASCII, JIS_KANA, JIS_KANJI };

/* What stands behind ESC: the length of it; 0: a set that CP932 cannot say. */
static size_t jis_escape(struct str esc, enum jis_mode *mode)
{
	static const struct {
		const char *esc;
		enum jis_mode mode;
	} table[] = {
		{"$B", JIS_KANJI},
		{"$@", JIS_KANJI},
		{"(I", JIS_KANA},
		{"(B", JIS_ASCII},
		{"(J", JIS_ASCII},
		{"$(B", JIS_KANJI},
		{"$(@", JIS_KANJI},
		{"$(O", JIS_KANJI},
		{"$(Q", JIS_KANJI},
		/* "What follows is of 1990": the next escape says it. */
		{"&@", JIS_ASCII},
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct str is = str_of(table[i].esc);

		if (!str_starts(esc, is))
			continue;
		*mode = table[i].mode;
		return is.n;
	}
	return 0;
}

/* A JIS X 0208 pair as Shift_JIS. */
static void put_pair(unsigned c, unsigned d, struct buf *out)
{
	d += c & 1 ? (d < 0x60 ? 0x1f : 0x20) : 0x7e;
	c = ((c - 0x21) >> 1) + 0x81;
	buf_putc(out, (char)(c > 0x9f ? c + 0x40 : c));
	buf_putc(out, (char)d);
}

/* ISO-2022-JP (RFC 1468, with ESC ( I and row 13) as CP932 bytes. False: an
 * escape that CP932 cannot say. */
static bool jis_to_cp932(struct str in, struct buf *out)
{
	enum jis_mode mode = JIS_ASCII;

	for (size_t i = 0; i < in.n; i++) {
		unsigned c = (unsigned char)in.p[i];

		if (c == 0x1b) {
			size_t n = jis_escape(str_skip(in, i + 1), &mode);

			if (!n)
				return false;
			i += n;
		} else if (c >= 0x80) {
			return false;
		} else if (mode == JIS_ASCII || c < 0x21 || c == 0x7f) {
			buf_putc(out, (char)c);
		} else if (mode == JIS_KANA) {
			buf_putc(out, (char)(c | 0x80));
		} else if (i + 1 < in.n) {
			put_pair(c, (unsigned char)in.p[++i], out);
		}
	}
	return true;
}

static bool decode_jis(struct charset *c, struct str in, struct buf *out)
{
	AUTO(buf) sjis = BUF_MAX(TEXT_MAX);

	if (jis_to_cp932(in, &sjis))
		return convert(c->cp932, buf_str(&sjis), out);
	return convert(find(c, "ISO-2022-JP-2"), in, out);
}

static bool put_valid_utf8(struct str in, struct buf *out)
{
	bool ok = true;

	if (utf8_valid(in)) {
		buf_put_str(out, in);
		return true;
	}
	while (in.n) {
		struct str was = in;
		int32_t cp = utf8_next(&in);

		if (cp == 0xfffd && (unsigned char)was.p[0] != 0xef)
			ok = false;
		utf8_put(out, (uint32_t)cp);
	}
	return ok;
}

/* The name as find() wants it; false: nobody's name. */
static bool key_of(struct str name, char key[NAME_MAX_LEN])
{
	if (name.n == 0 || name.n >= NAME_MAX_LEN || memchr(name.p, 0, name.n))
		return false;
	for (size_t i = 0; i < name.n; i++)
		key[i] = ascii_lower(name.p[i]);
	key[name.n] = '\0';
	return true;
}

static bool is_utf8(const char *key)
{
	return strcmp(key, "utf-8") == 0 || strcmp(key, "utf8") == 0;
}

static bool is_jis(const char *key)
{
	return strncmp(key, "iso-2022-jp", 11) == 0 ||
	       strcmp(key, "jis") == 0 || strncmp(key, "cp5022", 6) == 0;
}

bool charset_known(struct charset *c, struct str name)
{
	char key[NAME_MAX_LEN];

	return key_of(name, key) &&
	       (is_utf8(key) || is_jis(key) || find(c, key));
}

bool charset_decode(struct charset *c, struct str name, struct str in,
		    struct buf *out)
{
	char key[NAME_MAX_LEN];
	UConverter *cv;

	if (!key_of(name, key)) {
		charset_guess(c, in, out, NULL);
		return false;
	}
	if (is_utf8(key))
		return put_valid_utf8(in, out);
	if (is_jis(key))
		return decode_jis(c, in, out);
	if (strcmp(key, "us-ascii") == 0 && str_is_ascii(in) &&
	    !memchr(in.p, 0x1b, in.n)) {
		buf_put_str(out, in);
		return true;
	}
	cv = find(c, key);
	if (!cv) {
		charset_guess(c, in, out, NULL);
		return false;
	}
	return convert(cv, in, out);
}

/* Hiragana and katakana in UTF-8 start with E3 81..83. */
static size_t kana(const struct buf *b)
{
	size_t n = 0;

	for (size_t i = 0; i + 2 < b->n; i++)
		n += (unsigned char)b->p[i] == 0xe3 &&
		     (unsigned char)b->p[i + 1] >= 0x81 &&
		     (unsigned char)b->p[i + 1] <= 0x83;
	return n;
}

static void put_both(const struct buf *likely, const struct buf *less,
		     struct buf *out, struct buf *other)
{
	buf_put_str(out, buf_str(likely));
	if (less && other)
		buf_put_str(other, buf_str(less));
}

void charset_guess(struct charset *c, struct str in, struct buf *out,
		   struct buf *other)
{
	AUTO(buf) sjis = BUF_MAX(TEXT_MAX);
	AUTO(buf) euc = BUF_MAX(TEXT_MAX);
	bool sjis_ok, euc_ok;

	if (in.n && memchr(in.p, 0x1b, in.n) && str_is_ascii(in) &&
	    decode_jis(c, in, &sjis)) {
		buf_put_str(out, buf_str(&sjis));
		return;
	}
	if (utf8_valid(in)) {
		buf_put_str(out, in);
		return;
	}
	buf_clear(&sjis);
	sjis_ok = convert(c->cp932, in, &sjis);
	euc_ok = convert(c->euc, in, &euc);
	if (!euc_ok && !sjis_ok)
		convert(find(c, "windows-1252"), in, out);
	else if (euc_ok && (!sjis_ok || kana(&euc) > kana(&sjis)))
		put_both(&euc, sjis_ok ? &sjis : NULL, out, other);
	else
		put_both(&sjis, euc_ok ? &euc : NULL, out, other);
}
