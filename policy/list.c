/* list.c - what stands under `lists`: entries in the policy, in a file, or
 * shipped with the program.
 */
#include "policy/policy_int.h"

#define COLUMNS_SHOWN 10 /* of a file, in an error */

static void add_entry(struct loader *l, struct named *v, struct str text,
		      const struct conf_node *at)
{
	if (v->entry_n == v->entry_cap) {
		size_t cap = v->entry_cap ? v->entry_cap * 2 : 64;
		struct entry *more = arena_array(l->a, cap, sizeof(*more));

		if (v->entry_n)
			memcpy(more, v->entry, v->entry_n * sizeof(*more));
		v->entry = more;
		v->entry_cap = cap;
	}
	v->entry[v->entry_n].text = text;
	v->entry[v->entry_n++].at = at;
}

/* With the columns that are there: a header row may be missing altogether. */
static void no_column(struct loader *l, const struct conf_node *c,
		      const struct csv *csv)
{
	const char *near = csv_nearest(l, csv->head, csv->cols, c->text);
	AUTO(buf) all = BUF_MAX(1024);

	for (size_t i = 0; i < csv->cols && i < COLUMNS_SHOWN; i++) {
		struct str name = conf_word(csv->head[i]);

		buf_printf(&all, "%s" STR_FMT, i ? ", " : "", STR_ARG(name));
	}
	conf_error(l->errs, c,
		   "列「" STR_FMT "」がありません。ファイルの1行目にあるのは "
		   "%s です。%s%s%s%.0s%.0s%.0s",
		   "there is no column `" STR_FMT
		   "`; the first line of the file has %s%.0s%.0s%.0s%s%s%s",
		   STR_ARG(conf_word(c->text)), buf_cstr(&all),
		   near ? "「" : "", near ? near : "",
		   near ? "」のことですか。" : "",
		   near ? "; did you mean `" : "", near ? near : "",
		   near ? "`?" : "");
}

/* The column that is matched: `column`, or the first of `columns`. */
int list_column(struct loader *l, const struct conf_node *n,
		const struct csv *csv)
{
	const struct conf_node *one = conf_get(n, "column");
	const struct conf_node *all = conf_get(n, "columns");
	int first = -1;

	if (!one && !all)
		return 0;
	if (all && all->kind != CONF_MAP) {
		want_map(l, all);
		return -1;
	}
	for (size_t i = 0; i < (all ? all->n : 1); i++) {
		const struct conf_node *c = all ? all->item[i] : one;
		int at = -1;

		if (!want_scalar(l, c))
			return -1;
		at = csv_column(csv, c->text.p);
		if (at < 0) {
			no_column(l, c, csv);
			return -1;
		}
		if (first < 0 ||
		    str_is(all ? all->key[i]->text : c->text, "address"))
			first = at;
	}
	return first;
}

static void keep_node(struct loader *l, const struct conf_node *n, void *to)
{
	(void)l;
	*(const struct conf_node **)to = n;
}

static const struct key FROM_FILE[] = {{"file", keep_node},
				       {"column", keep_node},
				       {"columns", keep_node},
				       {"encoding", keep_node},
				       {"also", keep_node}};
static const struct key SHIPPED[] = {{"shipped", keep_node},
				     {"also", keep_node}};

bool list_csv(struct loader *l, const struct named *v, struct csv *csv)
{
	static const char *const ENCODINGS[] = {"auto", "utf-8", "cp932"};
	const struct conf_node *file, *encoding, *unused;
	unsigned as = CSV_AUTO;
	const char *path;
	struct str text;

	keys_parse(l, v->node, FROM_FILE, ARRAY_LEN(FROM_FILE), &unused);
	file = conf_get(v->node, "file");
	if (!file) {
		missing(l, v->node, "「file」がありません。",
			"`file` is missing");
		return false;
	}
	TRY(want_scalar(l, file));
	encoding = conf_get(v->node, "encoding");
	if (encoding)
		TRY(value_choice(l, encoding, ENCODINGS, ARRAY_LEN(ENCODINGS),
				 &as));
	path = files_path(l, file->text);
	return files_take(l, file, path, &text) &&
	       csv_parse_as(text, path, (enum csv_encoding)as, l->a, l->errs,
			    csv);
}

void list_entries(struct loader *l, struct named *v, const struct csv *csv,
		  int col)
{
	for (size_t i = 0; i < csv->n; i++) {
		struct conf_node *at;
		struct str text = str_trim(csv->row[i].cell[col]);

		if (!text.n)
			continue;
		at = ARENA_NEW(l->a, struct conf_node);
		at->file = csv->file;
		at->line = csv->row[i].line;
		at->column = 1;
		add_entry(l, v, text, at);
	}
}

static void entries_of_node(struct loader *l, struct named *v,
			    const struct conf_node *n)
{
	if (n->kind != CONF_LIST) {
		conf_error(l->errs, n, "[値, …] の形で書いてください。",
			   "write it as [value, …]");
		return;
	}
	for (size_t i = 0; i < n->n; i++)
		if (want_scalar(l, n->item[i]))
			add_entry(l, v, n->item[i]->text, n->item[i]);
}

/* {shipped: free-mail, also: ["*@freemail.example"]} */
static void build_shipped(struct loader *l, struct named *v)
{
	const struct conf_node *name = conf_get(v->node, "shipped");
	const struct conf_node *unused;
	const char *names[SHIPPED_MAX];
	size_t n = shipped_names(names, SHIPPED_MAX);
	unsigned which;
	struct csv csv;

	keys_parse(l, v->node, SHIPPED, ARRAY_LEN(SHIPPED), &unused);
	if (value_choice(l, name, names, n, &which) &&
	    shipped_csv(l, names[which], &csv))
		list_entries(l, v, &csv, 0);
}

static void build_from_file(struct loader *l, struct named *v)
{
	struct csv csv;
	int col;

	if (!list_csv(l, v, &csv))
		return;
	v->csv = ARENA_NEW(l->a, struct csv);
	*v->csv = csv;
	col = list_column(l, v->node, &csv);
	if (col >= 0)
		list_entries(l, v, &csv, col);
}

void list_build(struct loader *l, struct named *v)
{
	const struct conf_node *n = v->node, *also;

	if (n->kind == CONF_LIST) {
		entries_of_node(l, v, n);
		return;
	}
	if (n->kind != CONF_MAP) {
		conf_error(l->errs, n,
			   "一覧は [値, …]、{file: …}、{shipped: …} の"
			   "どれかで書いてください。",
			   "write a list as [value, …], {file: …} or "
			   "{shipped: …}");
		return;
	}
	if (conf_get(n, "shipped"))
		build_shipped(l, v);
	else
		build_from_file(l, v);
	also = conf_get(n, "also");
	if (also)
		entries_of_node(l, v, also);
}

struct addr_set *list_set(struct loader *l, struct named *v)
{
	if (v->set)
		return v->set;
	v->set = set_new(l);
	for (size_t i = 0; i < v->entry_n; i++)
		set_add(l, v->set, v->entry[i].text, v->entry[i].at);
	return v->set;
}

static struct named *shipped_list(struct loader *l, const char *name)
{
	struct named *v = ARENA_NEW(l->a, struct named);
	struct csv csv;

	v->name = str_of(name);
	if (shipped_csv(l, name, &csv))
		list_entries(l, v, &csv, 0);
	map_put(&l->lists, v->name, v);
	return v;
}

/* A name that the policy does not define may be a shipped one. */
struct named *list_find(struct loader *l, struct str name)
{
	struct named *v = map_get(&l->lists, name);
	const char *names[SHIPPED_MAX];
	size_t n = shipped_names(names, SHIPPED_MAX);

	if (v || map_get(&l->people, name))
		return v;
	for (size_t i = 0; i < n; i++)
		if (str_is(name, names[i]))
			return shipped_list(l, names[i]);
	return NULL;
}
