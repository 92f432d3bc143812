/* cond_content.c - the words about subject, header fields and attachments. */
#include "policy/policy_int.h"

/* ---- subject, header ---- */

static void words_key(struct loader *l, const struct conf_node *n, void *to)
{
	names_words(l, n, &((struct cond *)to)->words);
}

static void hits_key(struct loader *l, const struct conf_node *n, void *to)
{
	value_range(l, n, false, &((struct cond *)to)->range);
}

static void need(struct loader *l, const struct conf_node *n, const char *key)
{
	if (!conf_get(n, key))
		conf_error(l->errs, n, "「%s」がありません。",
			   "`%s` is missing", key);
}

static const struct key SUBJECT[] = {
	{"words", words_key}, {"regex", LATER}, {"hits", hits_key}};

void cond_subject_keys(struct loader *l, const struct conf_node *n, void *to)
{
	struct cond *c = cond_leaf(l, to, COND_SUBJECT);

	c->range = (struct range){1, UINT64_MAX};
	keys_parse(l, n, SUBJECT, ARRAY_LEN(SUBJECT), c);
	if (!conf_get(n, "regex"))
		need(l, n, "words");
}

static bool field_name(struct str s)
{
	if (!s.n || s.n > 100)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == ':')
			return false;
	return true;
}

static void header_name(struct loader *l, const struct conf_node *n, void *to)
{
	if (!want_scalar(l, n))
		return;
	if (field_name(n->text))
		((struct cond *)to)->name = n->text;
	else
		conf_error(l->errs, n, "ヘッダの名前ではありません。",
			   "this is no name of a header field");
}

static void header_present(struct loader *l, const struct conf_node *n,
			   void *to)
{
	struct cond *parent = to,
		    *c = cond_leaf(l, parent, COND_HEADER_PRESENT);
	bool yes = true;

	value_bool(l, n, &yes);
	c->negate = !yes;
}

static void header_words(struct loader *l, const struct conf_node *n, void *to)
{
	struct cond *c = cond_leaf(l, to, COND_HEADER_WORDS);

	c->range = (struct range){1, UINT64_MAX};
	names_words(l, n, &c->words);
}

static const struct key HEADER[] = {{"name", header_name},
				    {"present", header_present},
				    {"words", header_words},
				    {"regex", LATER}};

void cond_header_keys(struct loader *l, const struct conf_node *n, void *to)
{
	struct cond *all = cond_add(l, to, cond_new(l, COND_AND));

	keys_parse(l, n, HEADER, ARRAY_LEN(HEADER), all);
	need(l, n, "name");
	if (!all->sub_n && !conf_get(n, "regex"))
		cond_leaf(l, all, COND_HEADER_PRESENT);
	for (size_t i = 0; i < all->sub_n; i++)
		all->sub[i]->name = all->name;
}

/* ---- attachments ---- */

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

	if (want_map(l, n))
		keys_parse(l, n, ROWS, ARRAY_LEN(ROWS), to);
}

static void att_nameless(struct loader *l, const struct conf_node *n, void *to)
{
	bool yes = true;

	value_bool(l, n, &yes);
	cond_leaf(l, to, COND_ATT_NAMELESS)->negate = !yes;
}

static void att_inline(struct loader *l, const struct conf_node *n, void *to)
{
	value_bool(l, n, &((struct cond *)to)->with_inline);
}

static void att_inside(struct loader *l, const struct conf_node *n, void *to)
{
	bool yes = false;

	(void)to;
	if (value_bool(l, n, &yes) && yes)
		not_yet(l, n, STR("look-inside"));
}

static const struct key ATTACHMENTS[] = {
	{"count", att_count},
	{"total", att_total},
	{"largest", att_largest},
	{"extension", att_extension},
	{"type", LATER},
	{"name", LATER},
	{"nameless", att_nameless},
	{"disguised", LATER},
	{"encrypted", LATER},
	{"macro", LATER},
	{"executable", LATER},
	{"look-inside", att_inside},
	{"inline", att_inline},
};

void cond_attachments_keys(struct loader *l, const struct conf_node *n,
			   void *to)
{
	struct cond *all = cond_add(l, to, cond_new(l, COND_AND));

	keys_parse(l, n, ATTACHMENTS, ARRAY_LEN(ATTACHMENTS), all);
	for (size_t i = 0; i < all->sub_n; i++)
		all->sub[i]->with_inline = all->with_inline;
}

void cond_content_words(struct buf *out)
{
	static const struct key_table TABLES[] = {
		KEY_TABLE("subject.", SUBJECT),
		KEY_TABLE("header.", HEADER),
		KEY_TABLE("attachments.", ATTACHMENTS),
	};

	key_tables_list(out, "condition", TABLES, ARRAY_LEN(TABLES));
}
