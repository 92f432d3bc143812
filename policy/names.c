/* names.c - what rules refer to by name: lists, people, calendars, texts. */
#include "policy/policy_int.h"

#define NAMES_MAX 2000 /* that a "did you mean" looks through */

static const char *const what_ja[] = {"一覧", "一覧や人の組", "暦", "文面",
				      "一覧"};
static const char *const what_en[] = {"list", "list or group of people",
				      "calendar", "text", "list"};

static void collect(struct loader *l, const struct conf_node *root,
		    const char *section, struct map *into)
{
	const struct conf_node *n = conf_get(root, section);

	if (!n || !want_map(l, n))
		return;
	for (size_t i = 0; i < n->n; i++) {
		struct named *v = ARENA_NEW(l->a, struct named), *old;

		v->name = n->key[i]->text;
		v->key = n->key[i];
		v->node = n->item[i];
		v->folder = l->folder;
		old = map_put(into, v->name, v);
		if (old)
			conf_error(l->errs, v->key,
				   "「" STR_FMT "」は %s の %u 行目にも"
				   "あります。",
				   "`" STR_FMT "` is defined twice, first in "
				   "%s line %u",
				   STR_ARG(v->name), old->key->file,
				   old->key->line);
	}
}

void names_collect(struct loader *l, const struct conf_node *root)
{
	collect(l, root, "lists", &l->lists);
	collect(l, root, "people", &l->people);
	collect(l, root, "calendars", &l->calendars);
	collect(l, root, "texts", &l->texts);
}

static size_t known_names(const struct map *m, const char **names, size_t n)
{
	size_t at = 0;
	struct str key;
	void *v;

	while (n < NAMES_MAX && map_next(m, &at, &key, &v))
		names[n++] = ((struct named *)v)->name.p;
	return n;
}

/* What a rule may name: the words for it, and where it is defined. */
enum { A_LIST, A_SET, A_CALENDAR, A_TEXT, A_WORD };

/* Of `words`, of what is defined, and of what is shipped. */
static const char *nearest(struct loader *l, const struct conf_node *n,
			   int what, const char *const *words)
{
	const struct map *in[] = {&l->lists, &l->lists, &l->calendars,
				  &l->texts, &l->lists};
	bool list = what == A_LIST || what == A_SET || what == A_WORD;
	const char **names = NEW_ARRAY(const char *, NAMES_MAX);
	const char *near;
	size_t count = 0;

	while (words && words[count]) {
		names[count] = words[count];
		count++;
	}
	count = known_names(in[what], names, count);
	if (what == A_SET)
		count = known_names(&l->people, names, count);
	if (list)
		count += shipped_names(names + count, NAMES_MAX - count);
	near = str_nearest(n->text, names, count);
	mem_free(names);
	return near;
}

/* Where words may stand as well as names. */
static void no_such_word(struct loader *l, const struct conf_node *n,
			 const char *const *words)
{
	const char *near = nearest(l, n, A_SET, words);
	AUTO(buf) all = BUF_MAX(KIB);
	size_t count = 0;

	while (words[count])
		count++;
	conf_list_words(&all, words, count);
	conf_error(l->errs, n,
		   "「" STR_FMT "」は使えません。使えるのは %s、アドレス、"
		   "一覧や人の組の名前です。%s%s%s%.0s%.0s%.0s",
		   "`" STR_FMT "`: allowed are %s, an address, a list or a "
		   "group of people%.0s%.0s%.0s%s%s%s",
		   STR_ARG(conf_word(n->text)), buf_cstr(&all),
		   near ? "「" : "", near ? near : "",
		   near ? "」のことですか。" : "",
		   near ? "; did you mean `" : "", near ? near : "",
		   near ? "`?" : "");
}

static void undefined(struct loader *l, const struct conf_node *n, int what)
{
	const char *near = nearest(l, n, what, NULL);

	conf_error(
		l->errs, n,
		"「" STR_FMT "」という%sは定義されていません。"
		"%.0s%s%s%s%.0s%.0s%.0s%s%.0s%s%.0s",
		"`" STR_FMT "`: %.0sno such %s%.0s%.0s%.0s%s%s%s%.0s%s%.0s%s",
		STR_ARG(conf_word(n->text)), what_ja[what], what_en[what],
		near ? "「" : "", near ? near : "",
		near ? "」のことですか。" : "", near ? "; did you mean `" : "",
		near ? near : "", near ? "`?" : "",
		what == A_WORD ? "語は [角括弧] の中に書きます。" : "",
		what == A_WORD ? "; words stand in [brackets]" : "",
		conf_width_hint(n->text, true),
		conf_width_hint(n->text, false));
}

/* ---- people ---- */

static void people_of_file(struct loader *l, struct named *v)
{
	struct csv csv;
	int col;

	if (!list_csv(l, v, &csv))
		return;
	col = list_column(l, v->node, &csv);
	if (!conf_get(v->node, "column") && csv_column(&csv, "address") >= 0)
		col = csv_column(&csv, "address");
	if (col < 0)
		return;
	list_entries(l, v, &csv, col);
	for (size_t i = 0; i < v->entry_n; i++)
		set_add(l, v->set, v->entry[i].text, v->entry[i].at);
}

static void build_people(struct loader *l, struct named *v)
{
	const struct conf_node *n = v->node;
	const struct conf_node *group = conf_get(n, "group");
	const struct conf_node *where = conf_get(n, "where");

	v->set = set_new(l);
	if (n->kind == CONF_LIST) {
		list_build(l, v);
		for (size_t i = 0; i < v->entry_n; i++)
			set_add(l, v->set, v->entry[i].text, v->entry[i].at);
		return;
	}
	if (!want_map(l, n))
		return;
	if (conf_get(n, "file")) {
		people_of_file(l, v);
	} else if (n->n != 1 || (!group && !where)) {
		static const char *const KNOWN[] = {"group", "file", "where"};

		if (n->n == 1)
			conf_unknown_key(l->errs, n->key[0], KNOWN, 3);
		else
			conf_error(l->errs, n,
				   "group、file、where のどれか1つを"
				   "書いてください。",
				   "write one of group, file, where");
	} else if (!l->src->people) {
		conf_error(l->errs, n, "人の名簿(people)が設定にありません。",
			   "this needs a list of people (people.csv), and "
			   "there is none");
	} else if (group) {
		if (want_scalar(l, group))
			people_group(l, group, group->text, v->set);
	} else if (want_map(l, where)) {
		people_where(l, where, v->set);
	}
}

/* ---- all ---- */

static void build(struct loader *l, struct map *m,
		  void (*one)(struct loader *l, struct named *v))
{
	const char *folder = l->folder;
	size_t at = 0;
	struct str key;
	void *v;

	while (map_next(m, &at, &key, &v)) {
		l->folder = ((struct named *)v)->folder;
		one(l, v);
	}
	l->folder = folder;
}

static void build_calendar(struct loader *l, struct named *v)
{
	v->calendar = ARENA_NEW(l->a, struct calendar);
	v->calendar->name = v->name;
	calendar_parse(l, v->node, v->calendar);
}

static void build_text(struct loader *l, struct named *v)
{
	value_ja_en(l, v->node, &v->text);
}

void names_build(struct loader *l)
{
	build(l, &l->lists, list_build);
	build(l, &l->people, build_people);
	build(l, &l->calendars, build_calendar);
	build(l, &l->texts, build_text);
}

/* Named sets answer with their set; NULL for other words. */
static struct addr_set *find_set(struct loader *l, struct str name)
{
	struct named *v = list_find(l, name);

	if (v)
		return list_set(l, v);
	v = map_get(&l->people, name);
	return v ? v->set : NULL;
}

static bool looks_like_pattern(struct str s)
{
	return str_chr(s, '@') >= 0 || str_chr(s, '.') >= 0 || str_is(s, "*");
}

/* `words`: what might have been meant, or NULL. */
static void merge(struct loader *l, struct addr_set *to,
		  const struct conf_node *n, const char *const *words)
{
	const struct named *list = list_find(l, n->text);
	const struct named *people = map_get(&l->people, n->text);

	for (size_t i = 0; list && i < list->entry_n; i++)
		set_add(l, to, list->entry[i].text, list->entry[i].at);
	for (size_t i = 0; people && i < people->set->exact_n; i++)
		set_add(l, to, people->set->exact[i], n);
	if (list || people)
		return;
	if (looks_like_pattern(n->text))
		set_add(l, to, n->text, n);
	else if (words)
		no_such_word(l, n, words);
	else
		undefined(l, n, A_SET);
}

static struct named *a_list(struct loader *l, const struct conf_node *n,
			    int what)
{
	struct named *v = NULL;

	if (!want_scalar(l, n))
		return NULL;
	v = list_find(l, n->text);
	if (!v)
		undefined(l, n, what);
	return v;
}

struct named *names_list(struct loader *l, const struct conf_node *n)
{
	return a_list(l, n, A_LIST);
}

struct named *names_word_list(struct loader *l, const struct conf_node *n)
{
	return a_list(l, n, A_WORD);
}

bool names_prepared(struct loader *l, struct str name, struct plan_reason *to)
{
	struct named *v = map_get(&l->texts, name);

	if (v)
		*to = v->text;
	return v != NULL;
}

struct str names_shown(struct loader *l, const struct conf_node *n)
{
	AUTO(buf) all = BUF_MAX(KIB);

	if (n->kind == CONF_SCALAR)
		return n->text;
	for (size_t i = 0; n->kind == CONF_LIST && i < n->n; i++)
		buf_printf(&all, "%s" STR_FMT, i ? ", " : "",
			   STR_ARG(n->item[i]->text));
	return arena_str(l->a, buf_str(&all));
}

static const struct addr_set *
set_of(struct loader *l, const struct conf_node *n, const char *const *words)
{
	struct addr_set *s;

	if (n->kind == CONF_SCALAR) {
		s = find_set(l, n->text);
		if (s)
			return s;
	} else if (n->kind == CONF_MAP) {
		want_scalar(l, n);
		return NULL;
	}
	s = set_new(l);
	if (n->kind == CONF_SCALAR)
		merge(l, s, n, words);
	for (size_t i = 0; n->kind == CONF_LIST && i < n->n; i++)
		if (want_scalar(l, n->item[i]))
			merge(l, s, n->item[i], words);
	if (n->kind == CONF_LIST && !n->n)
		conf_error(l->errs, n, "一覧が空です。", "the list is empty");
	return s;
}

const struct addr_set *names_set(struct loader *l, const struct conf_node *n)
{
	return set_of(l, n, NULL);
}

/* In the order of enum who_kind; behind them what a key takes beside. */
static const char *const WHO_WORDS[] = {"sender", "manager", "superior",
					"anyone-internal", NULL};
static const char *const WHO_OR_NONE[] = {
	"sender", "manager", "superior", "anyone-internal",
	"hold",	  "pass",    NULL};

static bool one_who(struct loader *l, const struct conf_node *n,
		    const char *const *words, struct who *w)
{
	TRY(want_scalar(l, n));
	w->shown = n->text;
	for (size_t i = 0; WHO_WORDS[i]; i++) {
		if (str_is(n->text, WHO_WORDS[i])) {
			w->kind = (enum who_kind)i;
			return true;
		}
	}
	w->kind = WHO_SET;
	w->set = set_of(l, n, words);
	return w->set != NULL;
}

static bool all_who(struct loader *l, const struct conf_node *n,
		    const char *const *words, struct who **v, size_t *n_r)
{
	size_t count = n->kind == CONF_LIST ? n->n : 1;
	size_t before = l->errs->errors;

	*v = arena_array(l->a, count, sizeof(**v));
	*n_r = 0;
	for (size_t i = 0; i < count; i++)
		if (one_who(l, n->kind == CONF_LIST ? n->item[i] : n, words,
			    &(*v)[*n_r]))
			++*n_r;
	if (!count)
		conf_error(l->errs, n, "一覧が空です。", "the list is empty");
	return l->errs->errors == before;
}

bool names_who(struct loader *l, const struct conf_node *n, struct who **v,
	       size_t *n_r)
{
	return all_who(l, n, WHO_WORDS, v, n_r);
}

bool names_who_if_none(struct loader *l, const struct conf_node *n,
		       struct who **v, size_t *n_r)
{
	return all_who(l, n, WHO_OR_NONE, v, n_r);
}

const struct calendar *names_calendar(struct loader *l,
				      const struct conf_node *n)
{
	struct calendar *c;
	struct named *v;

	if (n->kind == CONF_MAP) {
		c = ARENA_NEW(l->a, struct calendar);
		return window_parse(l, n, c) ? c : NULL;
	}
	if (!want_scalar(l, n))
		return NULL;
	v = map_get(&l->calendars, n->text);
	if (!v)
		undefined(l, n, A_CALENDAR);
	return v ? v->calendar : NULL;
}

bool value_text(struct loader *l, const struct conf_node *n,
		struct plan_reason *to)
{
	struct named *v;

	if (n->kind == CONF_MAP)
		return value_ja_en(l, n, to);
	TRY(want_scalar(l, n));
	v = map_get(&l->texts, n->text);
	if (!v) {
		undefined(l, n, A_TEXT);
		return false;
	}
	*to = v->text;
	return true;
}
