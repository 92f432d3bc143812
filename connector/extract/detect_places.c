/* detect_places.c - postal addresses of Japan: a municipality, a town and a
 * number; or a postal code. */
#include <inttypes.h>
#include "connector/extract/detect_int.h"
#include "connector/base/utf8.h"
#include "connector/extract/places_int.h"

#define TOWN_MAX    32 /* glyphs between municipality and number */
#define CODE_SPAN   6  /* glyphs between a postal code and its address */
#define PARTS_MAX   6
#define ISLAND_MAX  4 /* glyphs of "八丈島" before its town */
#define NUMBER_MOST 5 /* digits */
#define KANJI_MOST  8 /* "二千三百四十五" */

/* Behind a number of an address. */
static const char *const number_units[] = {"丁目", "番地", "番", "号", NULL};

/* 〇 to 九, 十, 百, 千; -1: none of them. */
static int kanji_value(uint32_t c)
{
	static const struct {
		uint16_t c, value;
	} digits[] = {{0x3007, 0},   {0x4e00, 1}, {0x4e8c, 2},	{0x4e09, 3},
		      {0x56db, 4},   {0x4e94, 5}, {0x516d, 6},	{0x4e03, 7},
		      {0x516b, 8},   {0x4e5d, 9}, {0x5341, 10}, {0x767e, 100},
		      {0x5343, 1000}};

	for (size_t i = 0; i < ARRAY_LEN(digits); i++)
		if (digits[i].c == c)
			return digits[i].value;
	return -1;
}

static bool is_kanji_digit(uint32_t c)
{
	return kanji_value(c) >= 0;
}

static bool is_digit(uint32_t c)
{
	return cp_digit(c) || is_kanji_digit(c);
}

static bool is_name(uint32_t c)
{
	return (c >= 0x3041 && c <= 0x30ff && c != 0x30fb) || c == 0x3005 ||
	       c == 0x3006 || (c >= 0x3400 && c < 0xa000) ||
	       (c >= 0xf900 && c < 0xfb00);
}

static size_t any_word(const struct fold *f, size_t i, const char *const *words)
{
	for (; *words; words++) {
		size_t n = fold_word(f, i, *words);

		if (n)
			return n;
	}
	return 0;
}

static size_t skip_blanks(const struct fold *f, size_t i)
{
	while (fold_at(f, i) == ' ')
		i++;
	return i;
}

/* "12", "一丁目2番3号", "1-2-3", "5番地の2". */
struct number {
	size_t end;	/* 0: none */
	unsigned parts; /* that a unit or hyphen parts */
	bool unit;	/* one of an address */
	bool block;	/* "丁目", "番地": of nothing else */
	bool digits;	/* its last part is not written in kanji */
};

static bool is_bar(uint32_t c)
{
	return c == '-' || c == 0x30fc;
}

/* What parts two numbers at i: its end, or i. */
static size_t unit_end(const struct fold *f, size_t i, struct number *n)
{
	size_t next = skip_blanks(f, i);
	size_t unit = any_word(f, next, number_units);

	if (unit) {
		n->unit = true;
		n->block = n->block || unit > 1;
		n->end = next + unit;
		i = skip_blanks(f, n->end);
		return fold_at(f, i) == 0x306e /* の */ ? i + 1 : i;
	}
	if (is_bar(fold_at(f, next)))
		return skip_blanks(f, next + 1);
	return fold_at(f, i) == 0x306e ? i + 1 : i;
}

/* How many digits there are at i. None begins with 〇: where it stands for a
 * digit that is not told; 百 and 千 alone begin other words, too. */
static size_t digits_at(const struct fold *f, size_t i)
{
	size_t most = cp_digit(fold_at(f, i)) ? NUMBER_MOST : KANJI_MOST;
	size_t n = 0;

	if (kanji_value(fold_at(f, i)) == 0)
		return 0;
	while (n < most && is_digit(fold_at(f, i + n)))
		n++;
	if (n == 1 && kanji_value(f->v[i]) >= 100 &&
	    !any_word(f, skip_blanks(f, i + 1), number_units))
		return 0;
	return n;
}

static struct number number_at(const struct fold *f, size_t i)
{
	struct number n = {0};

	while (n.parts < PARTS_MAX) {
		size_t n_digits = digits_at(f, i), next;

		if (n_digits == 0)
			break;
		i += n_digits;
		n.digits = cp_digit(f->v[i - 1]);
		n.end = n.parts++ || n.digits ? i : 0;
		next = unit_end(f, i, &n);
		if (next == i)
			break;
		i = next;
	}
	return n;
}

/* Words of a sentence, not of a town. */
static bool ends_as_sentence(const struct fold *f, size_t town, size_t i)
{
	static const char *const particles[] = {"で",	"は",	"に",	"が",
						"を",	"も",	"と",	"から",
						"より", "まで", "など", "の"};

	for (size_t k = 0; k < ARRAY_LEN(particles); k++) {
		size_t n = utf8_length(str_of(particles[k]));

		if (i - town >= n && fold_word(f, i - n, particles[k]))
			return true;
	}
	return false;
}

/* A unit of something else makes "1-2" an amount. */
static bool counts_things(const struct fold *f, size_t i)
{
	static const char *const things[] = {
		"日", "月", "年", "時",	  "人", "名",	"円",	"回",
		"件", "%",  "歳", "個",	  "台", "分",	"位",	"社",
		"階", "本", "点", "棟",	  "校", "店舗", "カ所", "か所",
		"区", "つ", "期", "拠点", "戸", "番線", "館",	NULL};
	uint32_t c = fold_at(f, i);

	if (cp_digit(c) || cp_letter(c) || c == ':' || c == '/' || c == '.')
		return true;
	return any_word(f, skip_blanks(f, i), things);
}

/* A digit within a town: "北1条西", "西2線", "北方1字", "第3地割". */
static bool is_inner(const struct fold *f, size_t i)
{
	static const char *const units[] = {"条",   "線", "字",
					    "地割", "区", NULL};
	size_t end = cp_digit(fold_at(f, i + 1)) ? i + 2 : i + 1;

	return cp_digit(fold_at(f, i)) && any_word(f, end, units);
}

/* Is one of the words between two glyphs? */
static bool holds(struct detect *d, size_t i, size_t end,
		  const char *const *words)
{
	d->set->work += end - i;
	for (; i < end; i++)
		if (any_word(d->f, i, words))
			return true;
	return false;
}

/* An office, a station: not where somebody lives. */
static bool is_place_of_all(struct detect *d, size_t town, size_t i, size_t end)
{
	static const char *const first[] = {"役所", "役場", "立",   "議会",
					    "民",   "営",   "長",   "産",
					    "在住", "出身", "全域", NULL};
	static const char *const any[] = {
		"空港",	  "支店",   "支社", "営業所", "工場",	"センター",
		"事務所", "担当",   "地区", "エリア", "店",	"庁",
		"会場",	  "大学",   "病院", "ホール", "ホテル", "バス",
		"線",	  "体育館", "学校", "図書館", NULL};

	static const char *const doors[] = {
		"出口", "窓口", "ホーム", "のりば", "乗り場", "ゲート", NULL};
	size_t last = i;

	while (last > town && d->f->v[last - 1] == ' ')
		last--;
	if (any_word(d->f, town, first) || any_word(d->f, end, doors) ||
	    d->f->v[last - 1] == 0x99c5 /* 駅 */)
		return true;
	if (i == town + 1 && d->f->v[town] == 0x5185 /* 内 */)
		return true;
	return holds(d, town, i, any);
}

/* "西入る", "上る": of Kyoto. */
static const char *const crossings[] = {"上る", "下る", "上ル", "下ル",
					"西入", "東入", NULL};

/* One number alone is one of an address behind the name of a town, when what
 * stands around tells so. `known`: a prefecture or postal code is before it. */
static bool stands_alone(struct detect *d, size_t town, size_t i, size_t end,
			 bool known)
{
	static const char *const parts[] = {"大字", "字", "丁", "通", NULL};
	static const char *const speech[] = {
		"を",	"は",	"が",	"で",	"に",	"と",	"も",
		"から", "まで", "です", "ます", "する", "した", NULL};
	static const uint32_t stops[] = {0,   ' ', '\n',   0x3001, 0x3002,
					 ')', ',', '"',	   '|',	   ';',
					 ']', '>', 0x300d, 0x3011, '('};
	uint32_t before = d->f->v[i - 1], after = fold_at(d->f, end);
	bool stop = false;

	for (size_t k = 0; k < ARRAY_LEN(stops) && !stop; k++)
		stop = after == stops[k];
	if (!stop || i < town + 2 || !is_name(before) ||
	    holds(d, town, i, speech))
		return false;
	return known || before == 0x753a /* 町 */ ||
	       before == 0x6751 /* 村 */ || holds(d, town, i, parts) ||
	       holds(d, town, i, crossings);
}

/* Behind the municipality a town, from `town` to i, and its number. */
struct town {
	size_t at;
	bool known; /* a prefecture or a postal code stands before it */
	bool line;  /* a line ends in the town */
};

static bool is_number(struct detect *d, const struct town *p, size_t i,
		      const struct number *n)
{
	bool whole = n->parts > 2 || n->block;

	if (!n->end || ends_as_sentence(d->f, p->at, i) ||
	    counts_things(d->f, n->end) ||
	    (!whole && is_place_of_all(d, p->at, i, n->end)))
		return false;
	if (p->line && (i == p->at || !whole))
		return false;
	return n->parts > 1 || n->unit ||
	       stands_alone(d, p->at, i, n->end, p->known);
}

/* May the glyph at i be within a town? */
static bool in_town(const struct fold *f, size_t town, size_t i)
{
	uint32_t c = f->v[i];

	return c == ' ' || c == '\n' || is_name(c) || is_inner(f, i) ||
	       (i > town && is_inner(f, i - 1));
}

/* A number at i that is one of the address: its end, or 0. */
static size_t number_end(struct detect *d, const struct town *p, size_t i)
{
	static const char *const none[] = {"無番地", "番外地", NULL};
	uint32_t c = d->f->v[i];
	size_t word = any_word(d->f, i, none);
	struct number n = {0};

	if (word)
		return i + word;
	if (is_digit(c))
		n = number_at(d->f, i);
	d->set->work += n.end ? n.end - i : 0;
	return is_number(d, p, i, &n) ? n.end : 0;
}

/* Behind a municipality: the end of town and number, or 0. */
static size_t address_end(struct detect *d, size_t town, bool known)
{
	struct town p = {town, known, false};

	for (size_t i = town; i < d->f->n && i - town < TOWN_MAX; i++) {
		bool line = d->f->v[i] == '\n';
		size_t end;

		d->set->work++;
		if (line && p.line)
			break;
		p.line = p.line || line;
		end = number_end(d, &p, i);
		if (end)
			return end;
		if (!in_town(d->f, town, i))
			break;
	}
	return 0;
}

/* A glyph as it is; blanks go. */
static void put_name(const struct fold *f, size_t i, struct buf *out)
{
	if (f->v[i] != ' ' && f->v[i] != '\n')
		utf8_put(out, f->v[i]);
}

/* "の" between two numbers. */
static bool joins_numbers(const struct fold *f, size_t i)
{
	return fold_at(f, i) == 0x306e && is_digit(fold_at(f, i - 1)) &&
	       is_digit(fold_at(f, i + 1));
}

/* Behind a number of a town's name: "北1条", "3線", "5地割". */
static const char *const town_units[] = {"条", "線", "地割", NULL};

/* "二十三" and "二三" before a unit, as figures; how many glyphs, or 0: those
 * in the name of a town stay. */
static size_t kanji_number(const struct fold *f, size_t i, size_t end,
			   struct buf *out)
{
	uint64_t n = 0, last = 0;
	size_t at = i, next;

	for (; at < end && at - i < KANJI_MOST; at++) {
		int v = kanji_value(f->v[at]);

		if (v < 0)
			break;
		if (v >= 10)
			n += MAX_OF(last, (uint64_t)1) * (unsigned)v;
		last = v >= 10 ? 0 : last * 10 + (unsigned)v;
	}
	if (at == i)
		return 0;
	next = skip_blanks(f, at);
	if (next < end && !is_bar(fold_at(f, next)) &&
	    !any_word(f, next, number_units) && !any_word(f, at, town_units) &&
	    !joins_numbers(f, at))
		return 0;
	buf_printf(out, "%" PRIu64, n + last);
	return at - i;
}

/* A unit at i, behind a number. */
static size_t unit_at(const struct fold *f, size_t i)
{
	size_t at = i, unit = any_word(f, i, number_units);

	while (unit && at > 0 && fold_at(f, at - 1) == ' ')
		at--;
	return is_digit(fold_at(f, at - 1)) ? unit : 0;
}

/* Units as hyphens, figures for kanji: what two spellings have in common. */
static void normalised(const struct fold *f, size_t at, size_t end,
		       struct buf *out)
{
	for (size_t i = at; i < end; i++) {
		size_t n = kanji_number(f, i, end, out);

		if (n) {
			i += n - 1;
			continue;
		}
		n = unit_at(f, i);
		if (n && i + n < end) {
			buf_putc(out, '-');
			i += fold_at(f, i + n) == 0x306e; /* の */
		}
		if (n)
			i += n - 1;
		else if (joins_numbers(f, i) ||
			 (is_bar(f->v[i]) &&
			  is_digit(fold_at(f, skip_blanks(f, i + 1)))))
			buf_putc(out, '-');
		else
			put_name(f, i, out);
	}
}

static void address_hit(struct detect *d, size_t at, size_t name, size_t town,
			size_t end)
{
	AUTO(buf) value = BUF_MAX(DETECT_VALUE_MAX);
	AUTO(buf) sample = BUF_MAX(DETECT_VALUE_MAX);

	/* A municipality is written in one way: "三条市". */
	for (size_t i = name; i < town; i++)
		put_name(d->f, i, &sample);
	buf_put_str(&value, buf_str(&sample));
	normalised(d->f, town, end, &value);
	buf_puts(&sample, "***");
	detect_hit(d, DETECT_POSTAL, at, buf_str(&value), buf_str(&sample));
}

/* 〒, three digits, four digits: their end, or 0. */
static size_t code_end(const struct fold *f, size_t i, char code_r[8])
{
	unsigned n = 0;
	size_t at = i + 1;

	for (; at < f->n && at - i < 14 && n < 7; at++) {
		uint32_t c = f->v[at];

		if (cp_digit(c))
			code_r[n++] = (char)c;
		else if (c != ' ' && c != '-' && c != 0x30fc)
			return 0;
	}
	return n == 7 && !cp_digit(fold_at(f, at)) && fold_at(f, at) != '-' ? at
									    : 0;
}

static size_t skip_blank(const struct fold *f, size_t i)
{
	for (unsigned n = 0; n < CODE_SPAN; n++, i++)
		if (fold_at(f, i) != ' ' && fold_at(f, i) != '\n')
			break;
	return i;
}

/* The municipality at i, maybe behind the name of its island; its end, or i. */
static size_t town_at(struct detect *d, size_t i, bool known, size_t *name_r)
{
	size_t end = i + places_municipality(d->f, i, &d->set->work);

	*name_r = i;
	for (size_t k = 2; known && end == *name_r && k <= ISLAND_MAX; k++)
		if (fold_at(d->f, i + k - 1) == 0x5cf6 /* 島 */) {
			*name_r = i + k;
			end = *name_r +
			      places_municipality(d->f, *name_r, &d->set->work);
		}
	return end;
}

/* An address that begins at i, its prefecture maybe first; behind it, or i. */
static size_t address_at(struct detect *d, size_t i, size_t from)
{
	size_t n = places_prefecture(d->f, i, &d->set->work), name, town, end;
	bool known = n || from != i;

	town = town_at(d, skip_blank(d->f, i + n), known, &name);
	if (town == name)
		return i;
	end = address_end(d, town, known);
	if (!end)
		return i;
	address_hit(d, from, name, town, end);
	return end;
}

static size_t code_at(struct detect *d, size_t i)
{
	char code[8] = {0};
	size_t end = code_end(d->f, i, code), at, next;

	if (!end)
		return i + 1;
	at = skip_blank(d->f, end);
	next = address_at(d, at, i);
	if (next == at)
		detect_hit(d, DETECT_POSTAL, i, str_n(code, 7),
			   STR("\xe3\x80\x92***-****"));
	return next == at ? end : next;
}

/* The postal sign, kana and kanji. */
static size_t next_sign(const struct fold *f, size_t i)
{
	return fold_seek(f, i, 0x3012, 0xfb00 - 0x3012);
}

void detect_postal(struct detect *d)
{
	const struct fold *f = d->f;
	size_t i;

	places_ready();
	d->set->work += f->n;
	for (i = next_sign(f, 0); i < f->n; i = next_sign(f, i)) {
		size_t next = i;

		if (f->v[i] == 0x3012)
			next = code_at(d, i);
		else if (f->v[i] >= 0x3041 && places_begin(f, i))
			next = address_at(d, i, i);
		i = next > i ? next : i + 1;
	}
}
