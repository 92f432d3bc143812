/* name_find.c - names in a sentence of tokens; see name_int.h. */
#include "connector/base/utf8.h"
#include "connector/extract/company_int.h"
#include "connector/extract/name_int.h"

#define GAP_MOST   4 /* glyphs between family and given name */
#define GIVEN_MOST 4 /* glyphs of a given name */

/* What follows a person's name in speech and in letters. */
static const char *const honorifics[] = {
	"様",	  "さん",   "さま",   "氏",	      "殿",	    "君",
	"くん",	  "ちゃん", "先生",   "部長",	      "課長",	    "係長",
	"次長",	  "主任",   "室長",   "所長",	      "店長",	    "支店長",
	"支社長", "工場長", "社長",   "副社長",	      "会長",	    "専務",
	"常務",	  "取締役", "代表",   "監査役",	      "理事",	    "理事長",
	"部長様", "本部長", "教授",   "准教授",	      "助教授",	    "講師",
	"博士",	  "医師",   "院長",   "弁護士",	      "税理士",	    "会計士",
	"議員",	  "知事",   "市長",   "大臣",	      "議長",	    "委員",
	"委員長", "監督",   "コーチ", "マネージャー", "マネジャー", "リーダー",
	"チーフ", "主査",   "主幹",   "参事",	      "顧問",	    "担当",
	"リーダ",
};
/* Those of them that a place never has. */
static const char *const of_families[] = {
	"様",	"さん", "さま", "氏",	"先生", "部長",
	"課長", "係長", "次長", "主任", "教授", "弁護士",
};
/* Directly behind a name they make a company or a place of it. */
static const char *const makes_other[] = {
	"商店", "商会",	  "商事",	"事務所", "会計",   "法律",	"工業",
	"工務", "工務店", "製作所",	"建設",	  "産業",   "物産",	"病院",
	"医院", "歯科",	  "クリニック", "内科",	  "学園",   "塾",	"道場",
	"劇団", "財団",	  "基金",	"文庫",	  "記念館", "記念",	"賞",
	"杯",	"通り",	  "駅",		"橋",	  "町",	    "館",	"像",
	"建築", "設計",	  "デザイン",	"不動産", "電機",   "電気",	"運輸",
	"証券", "銀行",	  "大学",	"高校",	  "会社",   "株式会社",
};
/* Names of companies, groups and places end so; given names do not. */
static const char ends_other[] = "屋家園組会店社堂亭荘寺町村市県区駅課部室班"
				 "省庁局院校所係線号";

static bool is_one_of(const struct fold *f, const struct token *t,
		      const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fold_word(f, t->at, words[i]) == t->end - t->at)
			return true;
	return false;
}

static bool is_honorific(const struct detect *d, const struct tokens *t,
			 size_t i)
{
	static const char *const words[] = {"様式", "様相", "様子", "様態",
					    "氏名", "氏族", "殿堂"};

	if (i >= t->n ||
	    !is_one_of(d->f, &t->v[i], honorifics, ARRAY_LEN(honorifics)))
		return false;
	for (size_t w = 0; w < ARRAY_LEN(words); w++)
		if (fold_word(d->f, t->v[i].at, words[w]))
			return false;
	return true;
}

static bool has_kanji(const struct fold *f, const struct token *t)
{
	for (size_t i = t->at; i < t->end; i++)
		if (f->v[i] >= 0x3400)
			return true;
	return false;
}

static bool all_katakana(const struct fold *f, const struct token *t)
{
	for (size_t i = t->at; i < t->end; i++)
		if (f->v[i] < 0x30a0 || f->v[i] > 0x30ff)
			return false;
	return true;
}

static void put_name(const struct fold *f, size_t at, size_t end,
		     struct buf *out)
{
	for (size_t i = at; i < end; i++)
		if (f->v[i] != ' ' && f->v[i] != '\n')
			utf8_put(out, variant_of(f->v[i]));
}

static void hit(struct detect *d, const struct token *family, size_t given,
		size_t end)
{
	AUTO(buf) first = BUF_MAX(DETECT_VALUE_MAX);
	AUTO(buf) second = BUF_MAX(DETECT_VALUE_MAX);

	first.secret = second.secret = true;
	put_name(d->f, family->at, family->end, &first);
	put_name(d->f, given, end, &second);
	name_hit(d, MIN_OF((size_t)family->at, given), buf_str(&first),
		 buf_str(&second));
}

/* Blanks, or a cell's end: "山田 太郎", "山田","太郎". */
static bool joins(const struct detect *d, const struct token *a,
		  const struct token *b)
{
	unsigned commas = 0;

	if (b->at - a->end > GAP_MOST)
		return false;
	for (size_t i = a->end; i < b->at; i++) {
		uint32_t c = d->f->v[i];

		commas += c == ',';
		if (c != ' ' && c != '\n' && c != ',' && c != '"')
			return false;
	}
	return commas <= 1;
}

/* The token behind i that is no comma or quote. */
static size_t next_cell(const struct detect *d, const struct tokens *t,
			size_t i)
{
	size_t k = i + 1;

	while (k < t->n && k - i <= GAP_MOST &&
	       (d->f->v[t->v[k].at] == ',' || d->f->v[t->v[k].at] == '"'))
		k++;
	return k;
}

/* A word for a kind of company stands directly beside it. */
static bool is_company(const struct detect *d, size_t at, size_t end)
{
	return company_beside(d->f->v, d->f->n, at, end) != COMPANY_PLAIN;
}

static bool makes_company(const struct detect *d, const struct tokens *t,
			  size_t behind)
{
	size_t end = t->v[behind - 1].end;

	return behind < t->n && t->v[behind].at == end &&
	       is_one_of(d->f, &t->v[behind], makes_other,
			 ARRAY_LEN(makes_other));
}

/* The family name at i with a given one; tokens taken, or 0. */
static size_t in_full(struct detect *d, const struct tokens *t, size_t i)
{
	const struct token *family = &t->v[i];
	size_t k = next_cell(d, t, i), end;

	if (k >= t->n || !(t->v[k].kind & TOKEN_GIVEN) ||
	    !joins(d, family, &t->v[k]) || !has_kanji(d->f, family))
		return 0;
	end = k + 1;
	/* "陽" and "翔": one name that the dictionary has not. */
	if (end < t->n && t->v[end].kind & TOKEN_GIVEN &&
	    t->v[end].at == t->v[k].end && t->v[k].end - t->v[k].at == 1 &&
	    t->v[end].end - t->v[end].at == 1)
		end++;
	if (!is_honorific(d, t, end) &&
	    (makes_company(d, t, end) ||
	     is_company(d, family->at, t->v[end - 1].end)))
		return 0;
	hit(d, family, t->v[k].at, t->v[end - 1].end);
	return end - i;
}

static bool honorific_at(const struct fold *f, size_t i)
{
	for (size_t k = 0; k < ARRAY_LEN(honorifics); k++)
		if (fold_word(f, i, honorifics[k]))
			return true;
	return false;
}

/* The same with a given name that the dictionary cuts into pieces. */
static size_t with_listed(struct detect *d, const struct tokens *t, size_t i)
{
	const struct fold *f = d->f;
	const struct token *family = &t->v[i];
	size_t at = family->end, end, n, k = i + 1;

	while (at < f->n && at - family->end < GAP_MOST && f->v[at] == ' ')
		at++;
	n = name_given_at(f, at);
	end = at + n;
	if (!n || !has_kanji(f, family) ||
	    (fold_at(f, end) >= 0x3400 && !honorific_at(f, end)))
		return 0;
	hit(d, family, at, end);
	while (k < t->n && t->v[k].at < end)
		k++;
	return k - i;
}

static bool ends_as_other(const struct fold *f, const struct token *t)
{
	struct str rest = str_of(ends_other);
	int32_t c;

	while ((c = utf8_next(&rest)) >= 0)
		if (f->v[t->end - 1] == (uint32_t)c)
			return true;
	return false;
}

/* What the dictionary does not know, or knows as a given name or as a single
 * kanji: a given name, if an honorific follows. */
static bool may_be_given(const struct detect *d, const struct token *t)
{
	bool single = t->end - t->at == 1;

	return has_kanji(d->f, t) && !ends_as_other(d->f, t) &&
	       (t->kind & (TOKEN_GIVEN | TOKEN_UNKNOWN) || (single && t->kind));
}

/* A family name, or a place's, before an honorific, maybe with a given name
 * between them that no dictionary has; tokens taken, or 0. */
static size_t with_honorific(struct detect *d, const struct tokens *t, size_t i)
{
	const struct token *family = &t->v[i];
	size_t k = i + 1, given = 0;

	while (k < t->n && may_be_given(d, &t->v[k]) &&
	       !is_honorific(d, t, k) && t->v[k].at == t->v[k - 1].end)
		given += t->v[k].end - t->v[k].at, k++;
	if (given > GIVEN_MOST || !is_honorific(d, t, k) ||
	    t->v[k].at - t->v[k - 1].end > 1 ||
	    is_company(d, family->at, family->end))
		return 0;
	/* "東京代表", "大阪所長": of a place, not of a family. */
	if (family->kind & TOKEN_REGION &&
	    (!is_one_of(d->f, &t->v[k], of_families, ARRAY_LEN(of_families)) ||
	     family->end - family->at != 2 || ends_as_other(d->f, family)))
		return 0;
	hit(d, family, t->v[i].end, t->v[k - 1].end);
	return k - i + 1;
}

/* A kanji, or its sign of repetition, follows. */
static bool goes_on(const struct fold *f, size_t i)
{
	return fold_at(f, i) >= 0x3400 || fold_at(f, i) == 0x3005;
}

/* Tokens from k on that stand together and may be a given name; the one behind
 * them. */
static size_t given_end(const struct detect *d, const struct tokens *t,
			size_t k)
{
	size_t first = k;

	while (k < t->n && may_be_given(d, &t->v[k]) &&
	       (k == first || t->v[k].at == t->v[k - 1].end))
		k++;
	return k;
}

/* A family name with two or three kanji that make no word, or one that no
 * dictionary has: a given name that is new; tokens taken, or 0. */
static size_t with_guessed(struct detect *d, const struct tokens *t, size_t i)
{
	const struct token *family = &t->v[i], *given = family + 1;
	size_t k = given_end(d, t, i + 1), n;

	if (k == i + 1 || family->end - family->at < 2 ||
	    !has_kanji(d->f, family) || !joins(d, family, given) ||
	    is_one_of(d->f, given, honorifics, ARRAY_LEN(honorifics)))
		return 0;
	n = t->v[k - 1].end - given->at;
	if (n > 3 || (n == 1 && !(given->kind & TOKEN_UNKNOWN)) ||
	    goes_on(d->f, t->v[k - 1].end) ||
	    is_company(d, family->at, t->v[k - 1].end))
		return 0;
	hit(d, family, given->at, t->v[k - 1].end);
	return k - i;
}

/* "ジョン・スミス". */
static size_t foreign(struct detect *d, const struct tokens *t, size_t i)
{
	const struct token *given = &t->v[i];

	if (i + 2 >= t->n || !(t->v[i + 2].kind & TOKEN_FAMILY) ||
	    d->f->v[t->v[i + 1].at] != 0x30fb ||
	    t->v[i + 1].end - t->v[i + 1].at != 1 ||
	    !all_katakana(d->f, given) || !all_katakana(d->f, &t->v[i + 2]))
		return 0;
	hit(d, &t->v[i + 2], given->at, given->end);
	return 3;
}

void name_find(struct detect *d, const struct tokens *t)
{
	size_t i = 0;

	while (i < t->n) {
		unsigned kind = t->v[i].kind;
		size_t taken = 0;

		if (kind & TOKEN_FAMILY)
			taken = in_full(d, t, i);
		if (!taken && kind & (TOKEN_FAMILY | TOKEN_REGION))
			taken = with_listed(d, t, i);
		if (!taken && kind & (TOKEN_FAMILY | TOKEN_REGION))
			taken = with_honorific(d, t, i);
		if (!taken && kind & TOKEN_FAMILY)
			taken = with_guessed(d, t, i);
		if (!taken && kind & TOKEN_GIVEN)
			taken = foreign(d, t, i);
		i += taken ? taken : 1;
	}
}

void name_hit(struct detect *d, size_t at, struct str family, struct str given)
{
	AUTO(buf) value = BUF_MAX(DETECT_VALUE_MAX);
	AUTO(buf) sample = BUF_MAX(DETECT_VALUE_MAX);
	struct str rest = family;

	value.secret = sample.secret = true;
	if (at < d->f->from || at >= d->f->to)
		return;
	buf_put_str(&value, family);
	buf_putc(&value, '\t');
	buf_put_str(&value, given);
	utf8_put(&sample, (uint32_t)utf8_next(&rest));
	buf_puts(&sample, "***");
	detect_hit(d, DETECT_NAME, at, buf_str(&value), buf_str(&sample));
	for (struct detect_set *s = d->set; s; s = s->also)
		people_add(&s->people, family, given);
}
