/* company_forms.c - the words that say what kind of company it is; see
 * company_int.h. They stand in form "words".
 */
#include "connector/base/die.h"
#include "connector/base/utf8.h"
#include "connector/extract/company_int.h"

#define WORD_MAX 20

struct kind_word {
	const char *word;
	unsigned kind;
};
/* The longer one before what it begins or ends with. */
static const struct kind_word japanese[] = {
	{"株式会社", 2},
	{"(株)", 2},
	{"有限会社", 3},
	{"(有)", 3},
	{"合同会社", 4},
	{"(同)", 4},
	{"合資会社", 5},
	{"(資)", 5},
	{"合名会社", 6},
	{"(名)", 6},
	{"相互会社", 7},
	{"(相)", 7},
	{"一般社団法人", 8},
	{"(一社)", 8},
	{"一般財団法人", 9},
	{"(一財)", 9},
	{"公益社団法人", 10},
	{"(公社)", 10},
	{"公益財団法人", 11},
	{"(公財)", 11},
	{"医療法人社団", 12},
	{"医療法人財団", 12},
	{"医療法人", 12},
	{"(医)", 12},
	{"社団法人", 13},
	{"(社)", 13},
	{"財団法人", 14},
	{"(財)", 14},
	{"学校法人", 15},
	{"(学)", 15},
	{"社会福祉法人", 16},
	{"(社福)", 16},
	{"(福)", 16},
	{"宗教法人", 17},
	{"(宗)", 17},
	{"特定非営利活動法人", 18},
	{"npo法人", 18},
	{"(特非)", 18},
	{"地方独立行政法人", 19},
	{"独立行政法人", 20},
	{"(独)", 20},
	{"国立大学法人", 21},
	{"公立大学法人", 22},
	{"国立研究開発法人", 23},
	{"有限責任監査法人", 24},
	{"監査法人", 24},
	{"税理士法人", 25},
	{"弁護士法人", 26},
	{"司法書士法人", 27},
	{"行政書士法人", 28},
	{"協同組合", 29},
	{"投資法人", 30},
};
static const char *const latin[] = {
	"co",	"company", "corp",	   "corporation",
	"gmbh", "inc",	   "incorporated", "kabushiki kaisha",
	"kk",	"k.k",	   "limited",	   "llc",
	"llp",	"ltd",	   "plc",	   "pte",
	"pty",	"g.k",	   "y.k",
};

/* The tables' words, decoded: they are compared often. */
struct word {
	uint32_t v[WORD_MAX];
	size_t n;
};
static struct word japanese_word[ARRAY_LEN(japanese)];
static struct word latin_word[ARRAY_LEN(latin)];

static void decode(struct word *w, const char *text)
{
	struct str rest = str_of(text);
	int32_t c;

	w->n = 0;
	while ((c = utf8_next(&rest)) >= 0) {
		must(w->n < WORD_MAX);
		w->v[w->n++] = form_char((uint32_t)c);
	}
}

void company_forms_ready(void)
{
	for (size_t i = 0; i < ARRAY_LEN(japanese); i++)
		decode(&japanese_word[i], japanese[i].word);
	for (size_t i = 0; i < ARRAY_LEN(latin); i++)
		decode(&latin_word[i], latin[i]);
}

/* Glyphs of the word at g[i..n), or 0. */
static size_t word_at(const uint32_t *g, size_t n, size_t i,
		      const struct word *w)
{
	if (n - i < w->n)
		return 0;
	for (size_t k = 0; k < w->n; k++)
		if (FORM_CP(g[i + k]) != w->v[k])
			return 0;
	return w->n;
}

/* The same for the word that ends at `to`, not beginning before `from`. */
static size_t word_before(const uint32_t *g, size_t from, size_t to,
			  const struct word *w)
{
	return to - from >= w->n ? word_at(g, to, to - w->n, w) : 0;
}

static bool is_filler(uint32_t g)
{
	uint32_t c = FORM_CP(g);

	return c == ' ' || c == '.' || c == ',' || c == 0x30fb;
}

static bool word_char(uint32_t g)
{
	return form_kind(FORM_CP(g)) & KIND_WORD;
}

static unsigned japanese_first(const uint32_t *g, size_t from, size_t to,
			       size_t *n_r)
{
	for (size_t i = 0; i < ARRAY_LEN(japanese); i++)
		if ((*n_r = word_at(g, to, from, &japanese_word[i])))
			return japanese[i].kind;
	return COMPANY_PLAIN;
}

static unsigned japanese_last(const uint32_t *g, size_t from, size_t to,
			      size_t *n_r)
{
	for (size_t i = 0; i < ARRAY_LEN(japanese); i++)
		if ((*n_r = word_before(g, from, to, &japanese_word[i])))
			return japanese[i].kind;
	return COMPANY_PLAIN;
}

/* A whole Latin word that ends the name. */
static unsigned latin_last(const uint32_t *g, size_t from, size_t to,
			   size_t *n_r)
{
	for (size_t i = 0; i < ARRAY_LEN(latin); i++) {
		size_t n = word_before(g, from, to, &latin_word[i]);

		if (n && to - n > from && !word_char(g[to - n - 1])) {
			*n_r = n;
			return COMPANY_LATIN;
		}
	}
	return COMPANY_PLAIN;
}

unsigned company_strip(const uint32_t *g, size_t *from, size_t *to)
{
	unsigned kind = COMPANY_PLAIN;

	for (;;) {
		size_t a = *from, b = *to, n = 0;
		unsigned k;

		while (a < b && is_filler(g[a]))
			a++;
		while (a < b && is_filler(g[b - 1]))
			b--;
		if (a == b)
			return kind;
		*from = a;
		*to = b;
		k = japanese_first(g, a, b, &n);
		if (k)
			a += n;
		else if ((k = japanese_last(g, a, b, &n)) ||
			 (k = latin_last(g, a, b, &n)))
			b -= n;
		if (!k)
			return kind;
		*from = a;
		*to = b;
		kind = kind ? kind : k;
	}
}

static unsigned latin_first(const uint32_t *g, size_t n, size_t at)
{
	for (size_t i = 0; i < ARRAY_LEN(latin); i++) {
		size_t k = word_at(g, n, at, &latin_word[i]);

		if (k && (at + k == n || !word_char(g[at + k])))
			return COMPANY_LATIN;
	}
	return COMPANY_PLAIN;
}

/* Letters of a name, but for hiragana, which are mostly particles. */
static bool name_char(uint32_t g)
{
	uint32_t c = FORM_CP(g);

	return word_char(g) || g & FORM_KATAKANA || (c >= 0x3400 && c < 0xfb00);
}

/* The kind before a name, unless it is that of another name before it: a blank
 * stands between, and none before the kind. */
static unsigned kind_before(const uint32_t *g, size_t from, size_t to)
{
	size_t n;
	unsigned kind = japanese_last(g, 0, from, &n);
	bool apart = to > from && g[from] & FORM_BLANK;

	if (kind && apart && from > n && !(g[from - n] & FORM_BLANK) &&
	    name_char(g[from - n - 1]))
		return COMPANY_PLAIN;
	return kind;
}

unsigned company_beside(const uint32_t *g, size_t n, size_t from, size_t to)
{
	size_t length;
	unsigned kind = kind_before(g, from, to);

	if (kind || to == n || word_char(g[to]))
		return kind;
	/* Behind a blank a kind begins another name. */
	if (!(g[to] & FORM_BLANK))
		kind = japanese_first(g, to, n, &length);
	if (kind)
		return kind;
	while (to < n && is_filler(g[to]))
		to++;
	return latin_first(g, n, to);
}
