/* yaml_slip.c - what to do where a text is no YAML.
 *
 * libyaml tells what it missed; people want to hear what they typed: a tab, a
 * full-width sign, a bracket that is not closed, a value without its quotes.
 */
#include "connector/base/limits.h"
#include "connector/base/utf8.h"
#include "connector/conf/conf_int.h"

/* A slip under examination: the text and the signs at the two places. */
struct look {
	struct conf_errors *errs;
	const char *file;
	struct str text;
	const struct yaml_slip *slip;
	struct str
		line; /* the one of the slip, and its rest from the slip on */
	struct str rest;
	int32_t at; /* the sign there, -1 at the end of the text */
};

static struct str line_of(struct str text, size_t line)
{
	struct str field = {0};

	for (size_t i = 0; i <= line; i++)
		if (!str_split(&text, '\n', &field))
			return (struct str){"", 0};
	return field;
}

static struct str from_column(struct str line, size_t column)
{
	while (column-- && utf8_next(&line) >= 0)
		;
	return line;
}

static void tell(const struct look *k, size_t line, size_t column,
		 const char *ja, const char *en)
{
	conf_error_at(k->errs, k->file, (unsigned)line + 1,
		      (unsigned)column + 1, "%s%.0s", "%.0s%s", ja, en);
}

static bool here(const struct look *k, const char *ja, const char *en)
{
	tell(k, k->slip->line, k->slip->column, ja, en);
	return true;
}

static bool at_start(const struct look *k, const char *ja, const char *en)
{
	tell(k, k->slip->from_line, k->slip->from_column, ja, en);
	return true;
}

static bool is(const struct look *k, const char *part)
{
	return str_find(str_of(k->slip->problem), str_of(part)) >= 0;
}

/* U+3000, and the blank that word processors do not break at. */
static bool wide_blank(int32_t c)
{
	return c == 0x3000 || c == 0xa0;
}

/* The last line in reach that is indented by what is no blank to YAML. */
static bool indentation(const struct look *k)
{
	size_t from = k->slip->line ? k->slip->line - 1 : 0;

	if (k->slip->within)
		from = MIN_OF(from, k->slip->from_line);
	for (size_t n = k->slip->line + 1; n-- > from;) {
		struct str line = line_of(k->text, n);
		size_t column = 0;
		int32_t c;

		while ((c = utf8_next(&line)) == ' ')
			column++;
		if (c == '\t' && n == k->slip->line) {
			tell(k, n, column,
			     "タブがあります。字下げは半角の空白で"
			     "書いてください。",
			     "a tab: indent with spaces");
			return true;
		}
		if (wide_blank(c)) {
			tell(k, n, column,
			     "字下げに全角などの空白があります。"
			     "半角の空白で書いてください。",
			     "a full-width or no-break space: indent with "
			     "ordinary spaces");
			return true;
		}
	}
	return false;
}

/* Full-width forms of the signs that YAML is made of. */
static bool wide_sign(const struct look *k)
{
	static const int32_t SIGNS[] = {0xff1a, 0xff0c, 0x3001, 0xff5b, 0xff5d,
					0xff3b, 0xff3d, 0xff03, 0xff0d};
	size_t from = k->slip->within ? k->slip->from_line : k->slip->line;
	struct str line;

	if (k->slip->line - from > 1)
		from = k->slip->line;
	for (size_t n = from; n <= k->slip->line; n++) {
		int32_t c;

		line = line_of(k->text, n);
		for (size_t column = 0; (c = utf8_next(&line)) >= 0; column++)
			for (size_t i = 0; i < ARRAY_LEN(SIGNS); i++)
				if (c == SIGNS[i]) {
					tell(k, n, column,
					     "全角の記号です。: , { } [ ] # - "
					     "は半角で書いてください(文章の中"
					     "なら全体を引用符で囲む)。",
					     "a full-width sign: write : , { } "
					     "[ ] # - in half-width (in a "
					     "text: "
					     "put the text in quotes)");
					return true;
				}
	}
	return false;
}

static bool quotes_open(const struct look *k)
{
	return is(k, "found unexpected end of stream") && k->slip->within &&
	       at_start(k, "ここで始まる引用符が閉じていません。",
			"the quote that begins here is not closed");
}

/* `>= 10`, `*@example.jp`, `@example.jp`: values that need quotes. */
static bool needs_quotes(const struct look *k)
{
	if (is(k, "expected comment or line break") && k->slip->within)
		return at_start(k,
				"> や | で始まる値は引用符で囲んでください"
				"(\">= 10\" のように)。",
				"what begins with > or | needs quotes, as in "
				"\">= 10\"");
	if (is(k, "expected alphabetic or numeric character"))
		return at_start(k,
				"「*」や「&」で始まる値は引用符で囲んで"
				"ください(\"*@example.jp\" のように)。",
				"what begins with * or & needs quotes, as in "
				"\"*@example.jp\"");
	if (!is(k, "cannot start any token"))
		return false;
	if (k->at == '\t')
		return here(k, "タブがあります。空白にしてください。",
			    "a tab: write spaces");
	return here(k,
		    "この記号で始まる値は引用符で囲んでください"
		    "(\">= 10\" のように)。",
		    "what begins with this sign needs quotes, as in "
		    "\">= 10\"");
}

/* Behind `[` or `{`: something is missing before the end. */
static bool brackets_open(const struct look *k)
{
	struct str start = from_column(line_of(k->text, k->slip->from_line),
				       k->slip->from_column);

	if (!is(k, "did not find expected ',' or") || !k->slip->within)
		return false;
	if (k->slip->line == k->slip->from_line)
		return here(k, "この前に「,」か、閉じる括弧がありません。",
			    "before this a comma, or the closing bracket, is "
			    "missing");
	if (str_find(start, STR("#")) >= 0)
		return at_start(k,
				"ここで始まる括弧が閉じていません。# から後は"
				"注釈です。値なら引用符で囲んでください。",
				"the bracket that begins here is not closed: "
				"what follows # is a comment; as a value it "
				"needs quotes");
	return at_start(k, "ここで始まる括弧が閉じていません。",
			"the bracket that begins here is not closed");
}

static bool first_in_line(const struct look *k)
{
	struct str before = str_n(k->line.p, (size_t)(k->rest.p - k->line.p));

	return !str_trim(before).n;
}

/* In a block: the indentation does not fit, or a value has a tail. */
static bool block(const struct look *k)
{
	if (!is(k, "did not find expected key") &&
	    !is(k, "did not find expected '-' indicator"))
		return false;
	if (k->at == '}' || k->at == ']')
		return here(k, "閉じる括弧が1つ多いか、開く括弧がありません。",
			    "one closing bracket too many");
	if (!first_in_line(k))
		return here(k,
			    "値はこの前で終わっています。続きは次の行に"
			    "書いてください。",
			    "the value ends before this: what follows belongs "
			    "on a line of its own");
	if (is(k, "'-' indicator"))
		return here(k,
			    "字下げが合っていません。上の「-」の項目の続き"
			    "なら深く字下げし、次の項目なら「- 」で始めて"
			    "ください。",
			    "the indentation does not fit: indent this deeper "
			    "if it belongs to the item above, or begin a new "
			    "item with `- `");
	conf_error_at(k->errs, k->file, (unsigned)k->slip->line + 1,
		      (unsigned)k->slip->column + 1,
		      "字下げが上の行と合っていません。並ぶキーは %u 桁目から"
		      "始まっています(%u 行目)。",
		      "the indentation fits no line above: the keys beside "
		      "this begin in column %u (line %u)",
		      (unsigned)k->slip->from_column + 1,
		      (unsigned)k->slip->from_line + 1);
	return true;
}

static bool colons(const struct look *k)
{
	if (is(k, "mapping values are not allowed"))
		return here(k,
			    "1行に「: 」が2つあるか、字下げが合っていません。"
			    "文章なら引用符で囲んでください。",
			    "a second `: ` in one line, or an indentation that "
			    "does not fit; a text with `: ` needs quotes");
	if (is(k, "could not find expected ':'"))
		return at_start(k, "「: 」が足りません。",
				"a key without `: ` behind it");
	if (is(k, "block sequence entries are not allowed"))
		return here(k,
			    "ここに「- 」は置けません。一覧は次の行から"
			    "書いてください。",
			    "no `- ` here: a list begins on the next line");
	return false;
}

void yaml_slip_tell(struct conf_errors *errs, const char *file, struct str text,
		    const struct yaml_slip *slip)
{
	struct look k = {errs, file, text, slip, {0}, {0}, 0};
	struct str next;

	k.line = line_of(text, slip->line);
	next = k.rest = from_column(k.line, slip->column);
	k.at = utf8_next(&next);
	if (quotes_open(&k) || indentation(&k) || needs_quotes(&k) ||
	    wide_sign(&k) || brackets_open(&k) || block(&k) || colons(&k))
		return;
	conf_error_at(errs, file, (unsigned)slip->line + 1,
		      (unsigned)slip->column + 1, "YAML として読めません(%s)。",
		      "not readable as YAML: %s", slip->problem);
}

bool yaml_text_fits(struct conf_errors *errs, const char *file, struct str text)
{
	unsigned line = 1;
	struct str field;

	if (text.n > CONF_FILE_MAX) {
		conf_error_file(errs, file, "%d MB を超えています。",
				"larger than %d MB",
				(int)(CONF_FILE_MAX / MIB));
		return false;
	}
	if (str_starts(text, STR("\xff\xfe")) ||
	    str_starts(text, STR("\xfe\xff"))) {
		conf_error_file(errs, file,
				"UTF-16 です。UTF-8 で保存してください。",
				"this is UTF-16: save it as UTF-8");
		return false;
	}
	for (; str_split(&text, '\n', &field); line++) {
		if (utf8_valid(field))
			continue;
		conf_error_at(errs, file, line, 1,
			      "UTF-8 でない文字があります(シフト JIS など)。"
			      "UTF-8 で保存してください。",
			      "a character that is not UTF-8 (Shift_JIS, "
			      "perhaps): save the file as UTF-8");
		return false;
	}
	return true;
}
