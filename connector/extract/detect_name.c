/* detect_name.c - sentences with the words of a dictionary of Japanese (wall:
 * MeCab here only); see name_int.h.
 *
 * Only what can hold a name is given to MeCab, clause by clause. Its memory
 * does not grow with the text.
 */
#include <mecab.h>
#include "connector/base/mem.h"
#include "connector/base/utf8.h"
#include "connector/extract/company_int.h"
#include "connector/extract/form_int.h"
#include "connector/extract/name_int.h"

/* Debian's mecab-ipadic-utf8. */
#define DICTIONARY   "/var/lib/mecab/dic/ipadic-utf8"
#define SENTENCE_MAX (NAME_SENTENCE_MAX * 4) /* bytes */

/* A line that is as long was broken by a program, maybe within a name. */
#define WRAPPED_LINE 30
#define BLANKS_MOST  3 /* between the letters of a name that is spread out */

struct namer {
	mecab_model_t *model;
	mecab_t *tagger;
	mecab_lattice_t *lattice;
	struct buf text;
	uint16_t glyph[SENTENCE_MAX]; /* of each byte, from the start */
	struct tokens tokens;
};

struct namer *namer_new(struct err *e)
{
	struct namer *n = NEW(struct namer);

	company_forms_ready();
	n->text = BUF_MAX(SENTENCE_MAX);
	n->text.secret = true;
	n->model = mecab_model_new2("-r /dev/null -d " DICTIONARY);
	if (n->model) {
		n->tagger = mecab_model_new_tagger(n->model);
		n->lattice = mecab_model_new_lattice(n->model);
	}
	if (!n->tagger || !n->lattice) {
		namer_free(&n);
		err_set(e, ERR_CONFIG, 0,
			"personal names need the dictionary " DICTIONARY
			" (package mecab-ipadic-utf8)");
	}
	return n;
}

void namer_free(struct namer **n)
{
	if (!*n)
		return;
	if ((*n)->lattice)
		mecab_lattice_destroy((*n)->lattice);
	if ((*n)->tagger)
		mecab_destroy((*n)->tagger);
	if ((*n)->model)
		mecab_model_destroy((*n)->model);
	buf_release(&(*n)->text);
	mem_free(*n);
	*n = NULL;
}

static bool is_blank(uint32_t c)
{
	return c == ' ' || c == '\n';
}

static bool is_han(uint32_t c)
{
	return form_kind(c) & KIND_JAPANESE && c >= 0x3400;
}

/* A kanji with none beside it. */
static bool alone(const struct fold *f, size_t i, size_t begin, size_t end)
{
	return i >= begin && i < end && is_han(f->v[i]) &&
	       (i == begin || !is_han(f->v[i - 1])) &&
	       (i + 1 == end || !is_han(f->v[i + 1]));
}

/* Are the blanks at i..to within a word? Letters of a name are spread out, and
 * lines are wrapped (other line ends end a sentence). */
static bool within_word(const struct fold *f, size_t i, size_t to, size_t begin,
			size_t end)
{
	for (size_t k = i; k < to; k++)
		if (f->v[k] == '\n')
			return true;
	return to - i <= BLANKS_MOST && i > begin &&
	       alone(f, i - 1, begin, end) && alone(f, to, begin, end);
}

/* Signs as the dictionary has them. */
static uint32_t as_written(uint32_t c)
{
	if (c == '"') /* of a cell */
		return ' ';
	if (c > ' ' && c < 0x7f && !cp_alnum(c))
		return c + 0xfee0;
	return variant_of(c);
}

/* The sentence as MeCab gets it. */
static void write_out(struct namer *n, const struct fold *f, size_t begin,
		      size_t end)
{
	struct buf *out = &n->text;

	buf_clear(out);
	for (size_t i = begin; i < end; i++) {
		size_t to = i, from = out->n;

		while (to < end && is_blank(f->v[to]))
			to++;
		if (to > i && within_word(f, i, to, begin, end)) {
			i = to - 1;
			continue;
		}
		utf8_put(out, as_written(f->v[i]));
		while (from < out->n)
			n->glyph[from++] = (uint16_t)(i - begin);
	}
}

static bool starts(const char *feature, const char *head)
{
	return strncmp(feature, head, strlen(head)) == 0;
}

static unsigned kind_of(const mecab_node_t *node)
{
	const char *f = node->feature;
	unsigned kind = 0;

	if (!starts(f, "名詞,"))
		return 0;
	if (node->stat == MECAB_UNK_NODE)
		kind |= TOKEN_UNKNOWN;
	if (starts(f, "名詞,固有名詞,人名,姓,"))
		return kind | TOKEN_FAMILY;
	if (starts(f, "名詞,固有名詞,人名,名,"))
		return kind | TOKEN_GIVEN;
	if (starts(f, "名詞,固有名詞,地域,一般,"))
		return kind | TOKEN_REGION;
	return kind | TOKEN_NOUN;
}

static void clause(struct detect *d, struct namer *n, size_t begin, size_t end)
{
	const mecab_node_t *node;
	struct tokens *t = &n->tokens;

	write_out(n, d->f, begin, end);
	/* It reads one byte behind the sentence, and wants a NUL there. */
	mecab_lattice_set_sentence2(n->lattice, buf_cstr(&n->text), n->text.n);
	if (!mecab_parse_lattice(n->tagger, n->lattice))
		return;
	t->n = 0;
	for (node = mecab_lattice_get_bos_node(n->lattice); node;
	     node = node->next) {
		size_t at = (size_t)(node->surface - n->text.p);

		if (node->stat > MECAB_UNK_NODE || t->n == NAME_SENTENCE_MAX)
			continue;
		t->v[t->n++] = (struct token){
			.at = (uint32_t)begin + n->glyph[at],
			.end = (uint32_t)begin +
			       n->glyph[at + node->length - 1] + 1,
			.kind = kind_of(node),
		};
	}
	d->set->work += end - begin;
	name_find(d, t);
}

/* Where what begins at i ends: a clause, a line that was not wrapped, or as
 * much as is looked at together. */
static size_t clause_end(const struct fold *f, size_t i)
{
	size_t begin = i, line = i;

	for (; i < f->n && i - begin < NAME_SENTENCE_MAX; i++) {
		uint32_t c = f->v[i];

		if (c == 0x3001 || c == 0x3002 || c == '!' || c == '?')
			return i + 1;
		if (c != '\n')
			continue;
		if (i - line < WRAPPED_LINE || !is_han(f->v[i - 1]) ||
		    !is_han(fold_at(f, i + 1)))
			return i + 1;
		line = i + 1;
	}
	return i;
}

/* Can a name be in it? Kanji side by side, one before an honorific in kana or
 * behind katakana, or katakana that a dot joins. */
static bool may_hold_name(const struct fold *f, size_t i, size_t end)
{
	uint32_t last = 0; /* the last glyph that is no blank */

	for (; i < end; i++) {
		uint32_t c = f->v[i];
		bool kana = form_kind(last) & KIND_KATAKANA;

		if (is_blank(c))
			continue;
		if (is_han(c) && (kana || is_han(last) || last == 0x3005))
			return true;
		/* -san, -sama, -chan, -kun; signs of repetition */
		if (is_han(last) &&
		    (c == 0x3055 || c == 0x3061 || c == 0x304f || c == 0x3005))
			return true;
		if (kana && (c == 0x30fb || c == 0x3055))
			return true;
		last = c;
	}
	return false;
}

void detect_name(struct detect *d, struct namer *n)
{
	size_t i = 0;

	while (i < d->f->n && i < d->f->to) {
		size_t end = clause_end(d->f, i);

		if (end > d->f->from && may_hold_name(d->f, i, end))
			clause(d, n, i, end);
		i = end;
	}
	name_find_latin(d);
}
