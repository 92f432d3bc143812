/* name_latin.c - names in Latin letters; see name_int.h. Text is folded, so
 * what is a name is told by what stands beside it, not by capitals.
 */
#include "connector/extract/form_int.h"
#include "connector/extract/name_int.h"

#define WORD_MOST 20
#define SPAN_MOST 64 /* of an address behind a name */

struct span {
	size_t at, end;
};

static const char *const before[] = {"mr", "mrs", "ms", "miss", "dr", "prof"};
static const char *const behind[] = {"san", "sama", "sensei"};
static const char *const behind_japanese[] = {"様", "さん", "さま",
					      "氏", "殿",   "先生"};
/* Words of companies, posts and products. */
static const char *const no_names[] = {
	"access",     "account",   "admin",    "all",	   "and",
	"asia",	      "business",  "center",   "centre",   "co",
	"company",    "contact",   "corp",     "customer", "dept",
	"department", "desk",	   "dear",     "division", "excel",
	"for",	      "from",	   "global",   "group",	   "help",
	"hello",      "holdings",  "inc",      "info",	   "international",
	"japan",      "labs",	   "limited",  "ltd",	   "mail",
	"manager",    "marketing", "media",    "network",  "news",
	"no",	      "of",	   "office",   "online",   "order",
	"outlook",    "press",	   "project",  "reply",	   "sales",
	"security",   "service",   "services", "shop",	   "solutions",
	"staff",      "store",	   "studio",   "support",  "system",
	"systems",    "team",	   "teams",    "tech",	   "technologies",
	"test",	      "the",	   "tokyo",    "to",	   "user",
	"web",	      "windows",   "word",
};

static bool is(const struct fold *f, struct span w, const char *word)
{
	size_t n = strlen(word);

	if (w.end - w.at != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (f->v[w.at + i] != (uint32_t)word[i])
			return false;
	return true;
}

static bool is_one_of(const struct fold *f, struct span w,
		      const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is(f, w, words[i]))
			return true;
	return false;
}

/* Of two letters or more, and no word of an organisation. */
static bool may_be_name(const struct fold *f, struct span w)
{
	return w.end - w.at >= 2 && w.end - w.at <= WORD_MOST &&
	       !is_one_of(f, w, no_names, ARRAY_LEN(no_names));
}

static bool one_blank(const struct fold *f, size_t from, size_t to)
{
	return to == from + 1 && f->v[from] == ' ';
}

static bool word_at(const struct fold *f, size_t i, struct span *w_r)
{
	w_r->at = i;
	while (i < f->n && i - w_r->at <= WORD_MOST && cp_letter(f->v[i]))
		i++;
	w_r->end = i;
	return i > w_r->at && !cp_alnum(fold_at(f, i));
}

static void put(const struct fold *f, struct span w, struct buf *out)
{
	for (size_t i = w.at; i < w.end; i++)
		buf_putc(out, (char)f->v[i]);
}

/* Two words in the order of the alphabet: "Taro Yamada" is "Yamada Taro". */
static void hit(struct detect *d, struct span a, struct span b)
{
	AUTO(buf) first = BUF_MAX(DETECT_VALUE_MAX);
	AUTO(buf) second = BUF_MAX(DETECT_VALUE_MAX);

	first.secret = second.secret = true;
	put(d->f, a, &first);
	put(d->f, b, &second);
	if (b.end == b.at || str_cmp(buf_str(&first), buf_str(&second)) < 0)
		name_hit(d, a.at, buf_str(&first), buf_str(&second));
	else
		name_hit(d, a.at, buf_str(&second), buf_str(&first));
}

/* "Mr. Taro Yamada": what stands behind the honorific w. A second word counts
 * where the sentence does not go on. */
static void behind_honorific(struct detect *d, struct span w)
{
	const struct fold *f = d->f;
	size_t i = w.end;
	struct span one, two;

	if (!is_one_of(f, w, before, ARRAY_LEN(before)) ||
	    (is(f, w, "ms") && fold_at(f, i) != '.'))
		return;
	i += fold_at(f, i) == '.';
	i += fold_at(f, i) == ' ';
	if (i == w.end || !word_at(f, i, &one) || !may_be_name(f, one))
		return;
	if (fold_at(f, one.end) != ' ' || !word_at(f, one.end + 1, &two) ||
	    !may_be_name(f, two) ||
	    (fold_at(f, two.end) == ' ' && cp_letter(fold_at(f, two.end + 1))))
		two = (struct span){one.end, one.end};
	hit(d, one, two);
}

/* "yamada-san". */
static void before_hyphen(struct detect *d, struct span w)
{
	struct span honorific;

	if (fold_at(d->f, w.end) == '-' &&
	    word_at(d->f, w.end + 1, &honorific) &&
	    is_one_of(d->f, honorific, behind, ARRAY_LEN(behind)) &&
	    may_be_name(d->f, w))
		hit(d, w, (struct span){w.end, w.end});
}

static bool japanese_honorific(const struct fold *f, size_t i)
{
	i += fold_at(f, i) == ' ';
	for (size_t k = 0; k < ARRAY_LEN(behind_japanese); k++) {
		size_t n = fold_word(f, i, behind_japanese[k]);

		/* A kanji behind one makes another word of it. */
		if (n && !(form_kind(fold_at(f, i + n)) & KIND_JAPANESE &&
			   fold_at(f, i + n) >= 0x3400))
			return true;
	}
	return false;
}

/* Does the local part hold the word? */
static bool local_has(const struct fold *f, size_t at, size_t end,
		      struct span w)
{
	size_t n = w.end - w.at;

	for (size_t i = at; i + n <= end; i++)
		if (!memcmp(f->v + i, f->v + w.at, n * sizeof(*f->v)))
			return true;
	return false;
}

static bool parts_names(const struct fold *f, size_t i)
{
	return f->v[i] == '.' || f->v[i] == '-' || f->v[i] == '_';
}

/* The word's first letter, at an end of the local part or of a piece of it. */
static bool local_has_initial(const struct fold *f, size_t at, size_t end,
			      struct span w)
{
	for (size_t i = at; i < end; i++)
		if (f->v[i] == f->v[w.at] &&
		    (i == at || i + 1 == end || parts_names(f, i - 1) ||
		     parts_names(f, i + 1)))
			return true;
	return false;
}

/* The local part of an address in brackets that begins at i, maybe behind a
 * blank or a quote. */
static bool bracketed(const struct fold *f, size_t i, struct span *local_r)
{
	size_t from = i, end;

	while (i < f->n && i - from < 3 && (f->v[i] == ' ' || f->v[i] == '"'))
		i++;
	if (i >= f->n || (f->v[i] != '<' && f->v[i] != '(' && f->v[i] != '['))
		return false;
	end = ++i;
	while (end < f->n && end - i < SPAN_MOST && f->v[end] > ' ' &&
	       f->v[end] != '@')
		end++;
	*local_r = (struct span){i, end};
	return fold_at(f, end) == '@' && end > i;
}

/* "Taro Yamada <t.yamada@...>": both words make the address, one maybe as its
 * first letter. */
static bool makes_address(const struct fold *f, struct span a, struct span b)
{
	struct span l;
	bool first, second;

	if (!bracketed(f, b.end, &l))
		return false;
	first = local_has(f, l.at, l.end, a);
	second = local_has(f, l.at, l.end, b);
	return (first && second) ||
	       (first && local_has_initial(f, l.at, l.end, b)) ||
	       (second && local_has_initial(f, l.at, l.end, a));
}

static void two_words(struct detect *d, struct span a, struct span b)
{
	if (may_be_name(d->f, a) && may_be_name(d->f, b) &&
	    (japanese_honorific(d->f, b.end) || makes_address(d->f, a, b)))
		hit(d, a, b);
}

void name_find_latin(struct detect *d)
{
	const struct fold *f = d->f;
	struct span last = {0, 0};
	size_t i = 0;

	d->set->work += f->n;
	while (i < f->n) {
		struct span w;

		if (!cp_letter(f->v[i])) {
			i++;
			continue;
		}
		if (word_at(f, i, &w) && (!i || !cp_alnum(f->v[i - 1]))) {
			behind_honorific(d, w);
			before_hyphen(d, w);
			if (last.end && one_blank(f, last.end, w.at))
				two_words(d, last, w);
			last = w;
		}
		i = w.end > i ? w.end : i + 1;
	}
}
