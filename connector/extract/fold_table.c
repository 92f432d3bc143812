/* fold_table.c - what characters become, by ICU's tables (wall: ICU here);
 * asked once for each of the first plane, so that folding is a look-up.
 */
#include "connector/extract/fold_int.h"
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/utf16.h>
#include "connector/extract/form_int.h"

#define FOLDED_MAX 512 /* UTF-16 units: U+FDFA makes 18 of one */

static const UNormalizer2 *norm;
static struct fold_table table;
const struct fold_table *fold_table;

/* Dashes, minus signs and what people type for them. */
static bool is_hyphen(uint32_t c)
{
	static const uint32_t more[] = {0x02d7, 0x058a, 0x1806, 0x2043, 0x2053,
					0x207b, 0x208b, 0x2212, 0x2500, 0x2501,
					0x2796, 0x2e3a, 0x2e3b, 0xfe31, 0xfe32,
					0xfe58, 0xfe63, 0xff0d};

	if (c >= 0x2010 && c <= 0x2015)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(more); i++)
		if (c == more[i])
			return true;
	return false;
}

/* A code point that NFKC case folding left, or FOLD_GONE. */
static uint32_t unify(uint32_t c)
{
	if (c == '\n' || c == 0x85 || c == 0x2028 || c == 0x2029)
		return '\n';
	if (is_hyphen(c))
		return '-';
	if (u_isUWhiteSpace((UChar32)c))
		return ' ';
	/* A frame around a digit (a keycap) is no character of its own. */
	if (u_charType((UChar32)c) == U_CONTROL_CHAR ||
	    u_charType((UChar32)c) == U_ENCLOSING_MARK)
		return FOLD_GONE;
	if (u_charType((UChar32)c) == U_DECIMAL_DIGIT_NUMBER)
		return '0' + (uint32_t)u_charDigitValue((UChar32)c);
	return c;
}

static uint16_t simple_of(uint32_t cp)
{
	UChar in[2], out[FOLDED_MAX];
	UErrorCode st = U_ZERO_ERROR;
	int32_t n, i = 0;
	UChar32 c;

	U16_APPEND_UNSAFE(in, i, (UChar32)cp);
	n = unorm2_normalize(norm, in, i, out, FOLDED_MAX, &st);
	if (U_FAILURE(st))
		return 0;
	if (n == 0)
		return FOLD_GONE;
	i = 0;
	U16_NEXT(out, i, n, c);
	return i == n && (uint32_t)c < FOLD_GONE ? (uint16_t)unify((uint32_t)c)
						 : 0;
}

/* Scripts that are written without blanks between words, or, as Hangul, glue
 * particles to them: a word matches anywhere. */
static const struct {
	UScriptCode script;
	uint8_t kind;
} anywhere[] = {
	{USCRIPT_KATAKANA, KIND_JAPANESE | KIND_KATAKANA},
	{USCRIPT_HAN, KIND_JAPANESE},
	{USCRIPT_HIRAGANA, KIND_JAPANESE},
	{USCRIPT_BOPOMOFO, KIND_JAPANESE},
	{USCRIPT_HANGUL, 0},
	{USCRIPT_THAI, 0},
	{USCRIPT_LAO, 0},
	{USCRIPT_KHMER, 0},
	{USCRIPT_MYANMAR, 0},
};

static uint8_t kind_of(uint32_t cp)
{
	UErrorCode st = U_ZERO_ERROR;
	UScriptCode script = uscript_getScript((UChar32)cp, &st);

	for (size_t i = 0; i < ARRAY_LEN(anywhere); i++)
		if (script == anywhere[i].script)
			return anywhere[i].kind;
	if (cp == 0x30fc) /* the long vowel belongs to both */
		return KIND_JAPANESE | KIND_KATAKANA;
	if ((cp >= 0x3000 && cp < 0x3040) || cp == 0x30fb || cp == 0x30a0)
		return KIND_JAPANESE;
	return u_isalnum((UChar32)cp) ||
			       u_charType((UChar32)cp) == U_NON_SPACING_MARK
		       ? KIND_WORD
		       : 0;
}

static void fill(void)
{
	for (uint32_t cp = 0; cp < FOLD_PLANE; cp++) {
		if (cp >= 0xd800 && cp < 0xe000)
			continue;
		table.simple[cp] = simple_of(cp);
		table.form[cp] = (uint16_t)form_char(cp);
		table.kind[cp] = kind_of(cp);
		table.joins[cp] = !unorm2_hasBoundaryBefore(norm, (UChar32)cp);
	}
}

bool fold_ready(struct err *e)
{
	UErrorCode st = U_ZERO_ERROR;

	if (fold_table)
		return true;
	norm = unorm2_getNFKCCasefoldInstance(&st);
	if (U_FAILURE(st))
		return err_set(e, ERR_PERMANENT, 0, "no folding data in ICU");
	fill();
	fold_table = &table;
	return true;
}

unsigned form_kind_slow(uint32_t cp)
{
	return cp >= 0x20000 && cp < 0x40000 ? KIND_JAPANESE : kind_of(cp);
}

void fold_slow(struct fold *f, const uint16_t *text, int32_t n)
{
	UChar out[FOLDED_MAX];
	UErrorCode st = U_ZERO_ERROR;
	int32_t i = 0;

	n = unorm2_normalize(norm, text, n, out, FOLDED_MAX, &st);
	if (U_FAILURE(st)) {
		vec_push(f, 0xfffdu);
		return;
	}
	while (i < n) {
		UChar32 c;
		uint32_t to;

		U16_NEXT(out, i, n, c);
		to = unify((uint32_t)c);
		if (to != FOLD_GONE)
			vec_push(f, to);
	}
}
