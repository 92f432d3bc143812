/* dest.c - lists of destinations: address, and what stands beside it: way,
 * secret, hint, text.  Passwords never stand in a file, only the names of
 * secrets.
 */
#include "policy/policy_int.h"

#define DEST_WAYS 4
static const char *const WAYS[DEST_WAYS] = {"attach", "zip", "link", "by-tls"};

struct columns {
	int address, way, secret, hint, text;
};

/* As `columns` says, else by the column's own name. */
static int column_of(const struct named *v, const char *name)
{
	const struct conf_node *all = conf_get(v->node, "columns");
	const struct conf_node *one = all ? conf_get(all, name) : NULL;

	return csv_column(v->csv,
			  one && one->kind == CONF_SCALAR ? one->text.p : name);
}

static struct str cell(const struct csv_row *row, int col)
{
	return col < 0 ? STR_EMPTY : str_trim(row->cell[col]);
}

static void bad(struct loader *l, const struct csv *csv,
		const struct csv_row *row, struct str text, const char *ja,
		const char *en)
{
	conf_error_at(l->errs, csv->file, row->line, 1,
		      "「" STR_FMT "」は使えません(%s)。%.0s",
		      "`" STR_FMT "` does not fit, %.0s%s",
		      STR_ARG(conf_word(text)), ja, en);
}

static void read_way(struct loader *l, const struct csv *csv,
		     const struct csv_row *row, struct str text, struct dest *d)
{
	if (!text.n)
		return;
	for (unsigned i = 0; i < DEST_WAYS; i++) {
		if (!str_is_ci(text, WAYS[i]))
			continue;
		d->has_way = true;
		d->way = i;
		return;
	}
	bad(l, csv, row, text, "attach、zip、link、by-tls",
	    "write attach, zip, link or by-tls");
}

/* Names of secrets: letters, digits, dots, dashes. What looks like a password
 * is told, and not repeated. */
static bool secret_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_alnum(s.p[i]) &&
		    !(s.p[i] == '-' || s.p[i] == '.' || s.p[i] == '_'))
			return false;
	return s.n <= 64;
}

static void read_row(struct loader *l, struct dests *to, const struct csv *csv,
		     const struct csv_row *row, const struct columns *at)
{
	struct dest *d = ARENA_NEW(l->a, struct dest);
	struct str text = cell(row, at->address);
	struct addr_pattern p;
	struct err e = ERR_EMPTY;

	if (!text.n)
		return;
	if (!addr_pattern_parse(text, l->a, &p, &e)) {
		bad(l, csv, row, text, "アドレスかドメイン",
		    "write an address, domain or pattern");
		return;
	}
	read_way(l, csv, row, cell(row, at->way), d);
	to->by_tls = to->by_tls || (d->has_way && d->way == DO_BY_TLS);
	d->secret = cell(row, at->secret);
	d->hint = cell(row, at->hint);
	d->text_name = cell(row, at->text);
	if (!secret_name(d->secret))
		conf_error_at(l->errs, csv->file, row->line, 1,
			      "secret には秘密の名前を書いてください"
			      "(英数字と - . _)。パスワードは sekisho "
			      "secret set で登録します。",
			      "`secret` names a secret (letters, digits, "
			      "- . _); passwords are set by `sekisho secret "
			      "set`");
	if (d->text_name.n && !names_prepared(l, d->text_name, &d->text))
		bad(l, csv, row, d->text_name, "texts にありません",
		    "no such text is defined");
	if (addr_map_put(&to->map, &p, d))
		bad(l, csv, row, text, "2回あります", "it is given twice");
}

static struct dests *build(struct loader *l, struct named *v)
{
	struct dests *to = ARENA_NEW(l->a, struct dests);
	struct columns at = {column_of(v, "address"), column_of(v, "way"),
			     column_of(v, "secret"), column_of(v, "hint"),
			     column_of(v, "text")};

	to->next = l->p->dests;
	l->p->dests = to;
	to->has[DEST_WAY] = at.way >= 0;
	to->has[DEST_SECRET] = at.secret >= 0;
	to->has[DEST_TEXT] = at.text >= 0;
	if (at.address < 0) {
		conf_error_at(l->errs, v->csv->file, 1, 1,
			      "列「address」がありません。",
			      "there is no column `address`");
		return to;
	}
	for (size_t i = 0; i < v->csv->n; i++)
		read_row(l, to, v->csv, &v->csv->row[i], &at);
	return to;
}

const struct dests *names_dests(struct loader *l, const struct conf_node *n,
				int column)
{
	static const char *const COLUMN[DEST_COLUMNS] = {"way", "secret",
							 "text"};
	struct named *v = names_list(l, n);

	if (!v)
		return NULL;
	if (!v->csv) {
		if (v->node->kind != CONF_MAP)
			conf_error(l->errs, n,
				   "一覧「" STR_FMT "」に列がありません。"
				   "{file: …} の一覧を使ってください。",
				   "list `" STR_FMT "` has no columns; use "
				   "one from a file",
				   STR_ARG(conf_word(n->text)));
		return NULL;
	}
	if (!v->dests)
		v->dests = build(l, v);
	if (!v->dests->has[column])
		conf_error(l->errs, n,
			   "一覧「" STR_FMT "」に列「%s」がありません。",
			   "list `" STR_FMT "` has no column `%s`",
			   STR_ARG(conf_word(n->text)), COLUMN[column]);
	return v->dests;
}

const struct dest *dests_find(const struct dests *d, const struct addr *addr)
{
	return d && addr->key.n ? addr_map_get(&d->map, addr) : NULL;
}
