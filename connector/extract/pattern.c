/* pattern.c - folding of words and expressions; see pattern_int.h.
 *
 * An expression is folded where its characters stand for themselves: the rest
 * is ASCII and stays. What folds to a sign that expressions use gets a
 * backslash.
 */
#include "connector/extract/pattern_int.h"
#include "connector/base/utf8.h"
#include "connector/extract/form_int.h"

void pattern_word(struct str word, struct buf *out)
{
	AUTO(fold) f = {0};
	AUTO(forms) forms;

	forms_init(&forms);
	fold_read(&f, word, false);
	forms_begin(&forms, 1u << FORM_WORDS, false, word.n);
	forms_add(&forms, f.v, f.n);
	buf_put_str(out, buf_str(&forms.text[FORM_WORDS]));
}

struct reader {
	struct str rest;
	struct buf *out;
	bool class;    /* within [...] */
	bool japanese; /* the character before is */
};

static void put_literal(struct reader *r, uint32_t cp)
{
	if (cp < 0x80 && !ascii_alnum((char)cp) && cp != ' ')
		buf_putc(r->out, '\\');
	r->japanese = form_kind(cp) & KIND_JAPANESE;
	utf8_put(r->out, form_char(cp));
}

/* Folded together, so that a mark joins what it stands behind. */
static void put_folded(struct reader *r, struct str text)
{
	AUTO(fold) f = {0};

	fold_read(&f, text, false);
	for (size_t i = 0; i < f.n; i++)
		put_literal(r, f.v[i]);
}

static struct str take(struct reader *r, size_t n)
{
	struct str s = str_head(r->rest, n);

	r->rest = str_skip(r->rest, n);
	return s;
}

static void take_other_script(struct reader *r)
{
	size_t n = 0;

	while (n < r->rest.n && (r->rest.p[n] & 0x80))
		n++;
	put_folded(r, take(r, n));
}

/* \Q...\E: all of it stands for itself. */
static void take_quoted(struct reader *r)
{
	ptrdiff_t n = str_find(r->rest, STR("\\E"));
	struct str text = take(r, n < 0 ? r->rest.n : (size_t)n);

	take(r, 2);
	put_folded(r, text);
}

/* "\p{Katakana}", "\P{^...}": kana are one script here. */
static void take_property(struct reader *r)
{
	static const char *const kana[] = {"Katakana", "Kana"};
	ptrdiff_t end = str_chr(r->rest, '}');
	struct str name;

	if (!r->rest.n || r->rest.p[0] != '{' || end < 0)
		return;
	buf_put_str(r->out, take(r, 1));
	name = take(r, (size_t)end - 1);
	if (name.n && name.p[0] == '^') {
		buf_putc(r->out, '^');
		name = str_skip(name, 1);
	}
	for (size_t i = 0; i < ARRAY_LEN(kana); i++)
		if (str_is_ci(name, kana[i]))
			name = STR("Hiragana");
	buf_put_str(r->out, name);
}

/* "\x{30A2}" stands for a character. */
static bool take_hex(struct reader *r)
{
	AUTO(buf) text = BUF_MAX(8);
	ptrdiff_t end = str_chr(r->rest, '}');
	uint32_t cp = 0;

	if (!r->rest.n || r->rest.p[0] != '{' || end < 2 || end > 7)
		return false;
	for (size_t i = 1; i < (size_t)end; i++) {
		char c = ascii_lower(r->rest.p[i]);

		if (!ascii_digit(c) && (c < 'a' || c > 'f'))
			return false;
		cp = cp * 16 +
		     (uint32_t)(ascii_digit(c) ? c - '0' : c - 'a' + 10);
	}
	if (cp < 0x80 || !utf8_put(&text, cp))
		return false;
	take(r, (size_t)end + 1);
	put_folded(r, buf_str(&text));
	return true;
}

static void take_escape(struct reader *r)
{
	char c;

	take(r, 1);
	c = r->rest.n ? r->rest.p[0] : 0;
	if (c == 'Q') {
		take(r, 1);
		take_quoted(r);
		return;
	}
	if (c == 'x') {
		take(r, 1);
		if (!take_hex(r))
			buf_puts(r->out, "\\x");
		return;
	}
	r->japanese = false;
	if (c & 0x80) /* put_literal() gives it what it needs */
		return;
	buf_putc(r->out, '\\');
	if (!c)
		return;
	buf_put_str(r->out, take(r, 1));
	if (c == 'p' || c == 'P')
		take_property(r);
}

static bool japanese_next(const struct reader *r)
{
	struct str rest = r->rest;
	int32_t cp = utf8_next(&rest);

	return cp >= 0 && form_kind((uint32_t)cp) & KIND_JAPANESE;
}

static void take_blank(struct reader *r)
{
	bool quantified;

	take(r, 1);
	quantified = r->rest.n && strchr("*+?{", r->rest.p[0]);
	buf_putc(r->out, ' ');
	if (!r->class && !quantified && (r->japanese || japanese_next(r)))
		buf_putc(r->out, '?');
}

void pattern_expression(struct str expression, struct buf *out)
{
	struct reader r = {.rest = expression, .out = out};

	while (r.rest.n) {
		char c = r.rest.p[0];

		if (c & 0x80) {
			take_other_script(&r);
		} else if (c == '\\') {
			take_escape(&r);
		} else if (c == ' ') {
			take_blank(&r);
		} else {
			if (c == '[')
				r.class = true;
			else if (c == ']')
				r.class = false;
			r.japanese = false;
			buf_put_str(out, take(&r, 1));
		}
	}
}
