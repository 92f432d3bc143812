/* cond_files.c - attachments: how many, how large, what they are called, what
 * they are, and the same of what they have within.
 */
#include "policy/policy_int.h"

/* ---- loading ---- */

static void att_range(struct loader *l, const struct conf_node *n, void *to,
		      enum cond_kind kind)
{
	value_range(l, n, kind != COND_ATT_COUNT,
		    &cond_leaf(l, to, kind)->range);
}

static void att_count(struct loader *l, const struct conf_node *n, void *to)
{
	att_range(l, n, to, COND_ATT_COUNT);
}

static void att_total(struct loader *l, const struct conf_node *n, void *to)
{
	att_range(l, n, to, COND_ATT_TOTAL);
}

static void att_largest(struct loader *l, const struct conf_node *n, void *to)
{
	att_range(l, n, to, COND_ATT_LARGEST);
}

static void extensions(struct loader *l, const struct conf_node *n, void *to,
		       bool negate)
{
	struct cond *c = cond_leaf(l, to, COND_ATT_EXTENSION);

	c->negate = negate;
	names_words(l, n, &c->words);
	for (size_t i = 0; i < c->words.n; i++)
		if (c->words.v[i].n > 1 && c->words.v[i].p[0] == '.')
			c->words.v[i] = str_skip(c->words.v[i], 1);
}

static void extension_in(struct loader *l, const struct conf_node *n, void *to)
{
	extensions(l, n, to, false);
}

static void extension_not_in(struct loader *l, const struct conf_node *n,
			     void *to)
{
	extensions(l, n, to, true);
}

static void att_extension(struct loader *l, const struct conf_node *n, void *to)
{
	static const struct key ROWS[] = {{"in", extension_in},
					  {"not-in", extension_not_in}};

	if (want_keys(l, n, ROWS, ARRAY_LEN(ROWS)))
		keys_parse(l, n, ROWS, ARRAY_LEN(ROWS), to);
}

/* "application/pdf", "image" with a star behind the slash */
static bool media_type(struct str s)
{
	ptrdiff_t slash = str_chr(s, '/');

	if (slash < 1 || (size_t)slash + 1 == s.n ||
	    str_chr(str_skip(s, (size_t)slash + 1), '/') >= 0)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' ||
		    (s.p[i] == '*' && (i != (size_t)slash + 1 || s.n > i + 1)))
			return false;
	return true;
}

static void type_in(struct loader *l, const struct conf_node *n, void *to)
{
	struct cond *c = cond_leaf(l, to, COND_ATT_TYPE);

	if (!names_words(l, n, &c->words))
		return;
	for (size_t i = 0; i < c->words.n; i++)
		if (!media_type(c->words.v[i]))
			conf_error(l->errs, c->words.at[i],
				   "「" STR_FMT "」は使えません。"
				   "application/pdf や image/* の形で"
				   "書いてください。",
				   "`" STR_FMT "`: write a media type as "
				   "application/pdf or image/*",
				   STR_ARG(conf_word(c->words.shown[i])));
}

static void att_type(struct loader *l, const struct conf_node *n, void *to)
{
	static const struct key ROWS[] = {{"in", type_in}};

	if (want_keys(l, n, ROWS, ARRAY_LEN(ROWS)))
		keys_parse(l, n, ROWS, ARRAY_LEN(ROWS), to);
}

static void name_words(struct loader *l, const struct conf_node *n, void *to)
{
	names_words(l, n, &cond_leaf(l, to, COND_ATT_NAME)->words);
}

static void att_name(struct loader *l, const struct conf_node *n, void *to)
{
	static const struct key ROWS[] = {{"words", name_words}};

	if (!want_keys(l, n, ROWS, ARRAY_LEN(ROWS)))
		return;
	keys_parse(l, n, ROWS, ARRAY_LEN(ROWS), to);
	if (!conf_get(n, "words"))
		missing(l, n, "「words」がありません。", "`words` is missing");
}

static struct cond *yes_or_no(struct loader *l, const struct conf_node *n,
			      void *to, enum cond_kind kind)
{
	struct cond *c = cond_leaf(l, to, kind);
	bool yes = true;

	value_bool(l, n, &yes);
	c->negate = !yes;
	return c;
}

static void att_nameless(struct loader *l, const struct conf_node *n, void *to)
{
	yes_or_no(l, n, to, COND_ATT_NAMELESS);
}

static void att_disguised(struct loader *l, const struct conf_node *n, void *to)
{
	yes_or_no(l, n, to, COND_ATT_FLAG)->what = FILE_DISGUISED;
}

static void att_macro(struct loader *l, const struct conf_node *n, void *to)
{
	yes_or_no(l, n, to, COND_ATT_FLAG)->what = FILE_MACRO;
}

static void att_executable(struct loader *l, const struct conf_node *n,
			   void *to)
{
	yes_or_no(l, n, to, COND_ATT_FLAG)->what = FILE_EXECUTABLE;
}

static void att_encrypted(struct loader *l, const struct conf_node *n, void *to)
{
	static const char *const WORDS[] = {"all", "some", "any", "none"};

	value_choice(l, n, WORDS, ARRAY_LEN(WORDS),
		     &cond_leaf(l, to, COND_ATT_ENCRYPTED)->what);
}

static void att_inline(struct loader *l, const struct conf_node *n, void *to)
{
	value_bool(l, n, &((struct cond *)to)->with_inline);
}

static void att_inside(struct loader *l, const struct conf_node *n, void *to)
{
	bool yes = true;

	value_bool(l, n, &yes);
	((struct cond *)to)->outer = !yes;
}

static const struct key ATTACHMENTS[] = {
	{"count", att_count},
	{"total", att_total},
	{"largest", att_largest},
	{"extension", att_extension},
	{"type", att_type},
	{"name", att_name},
	{"nameless", att_nameless},
	{"disguised", att_disguised},
	{"encrypted", att_encrypted},
	{"macro", att_macro},
	{"executable", att_executable},
	{"look-inside", att_inside},
	{"inline", att_inline},
};

void cond_attachments_keys(struct loader *l, const struct conf_node *n,
			   void *to)
{
	struct cond *all = cond_add(l, to, cond_new(l, COND_AND));

	keys_parse(l, n, ATTACHMENTS, ARRAY_LEN(ATTACHMENTS), all);
	if (n->n && n->n == (size_t) !!conf_get(n, "look-inside") +
				    (size_t) !!conf_get(n, "inline"))
		conf_error(l->errs, n,
			   "look-inside と inline だけでは条件になりません。",
			   "`look-inside` and `inline` alone are no "
			   "condition");
	for (size_t i = 0; i < all->sub_n; i++) {
		all->sub[i]->with_inline = all->with_inline;
		all->sub[i]->outer = all->outer;
	}
}

void cond_attachments_words(struct buf *out)
{
	static const struct key_table TABLES[] = {
		KEY_TABLE("attachments.", ATTACHMENTS)};

	key_tables_list(out, "condition", TABLES, ARRAY_LEN(TABLES));
}
