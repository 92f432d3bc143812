/* config.c - loads the configuration through the rows of config_rows.c. */
#include "connector/conf/config_int.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "connector/base/limits.h"
#include "connector/base/mem.h"

#define ROWS_MAX    40
#define TENANTS_MAX 1000

static const struct setting *find_row(const struct setting *rows,
				      struct str name)
{
	for (; rows->name; rows++)
		if (str_is(name, rows->name))
			return rows;
	return NULL;
}

static void unknown_key(struct config_reader *r, const struct setting *rows,
			const struct conf_node *key)
{
	const char *known[ROWS_MAX];
	size_t n = 0;

	for (; rows->name && n < ROWS_MAX; rows++)
		known[n++] = rows->name;
	conf_unknown_key(r->errs, key, known, n);
}

static void read_rows(struct config_reader *r, const struct setting *rows,
		      const struct conf_node *n, void *base);

static void read_tenants(struct config_reader *r, const struct setting *s,
			 const struct conf_node *n)
{
	struct config *c = r->c;

	if (n->kind != CONF_LIST || !n->n || n->n > TENANTS_MAX) {
		conf_error(r->errs, n,
			   "「tenants」には1件から %d 件までの一覧を"
			   "書いてください。",
			   "`tenants` is a list of 1 to %d tenants",
			   TENANTS_MAX);
		return;
	}
	c->tenant = arena_array(&c->arena, n->n, sizeof(*c->tenant));
	for (size_t i = 0; i < n->n; i++) {
		c->tenant[i].index = (unsigned)i;
		c->tenant_n++;
		read_rows(r, s->rows, n->item[i], &c->tenant[i]);
	}
}

static void read_row(struct config_reader *r, const struct setting *s,
		     const struct conf_node *n, void *base)
{
	void *to = (char *)base + s->off;

	if (s->type == SET_MAP)
		read_rows(r, s->rows, n, base);
	else if (s->type == SET_TENANTS)
		read_tenants(r, s, n);
	else
		config_read(r, s, n, to);
}

static void set_defaults(struct config_reader *r, const struct setting *rows,
			 void *base)
{
	for (; rows->name; rows++) {
		if (rows->type == SET_MAP)
			set_defaults(r, rows->rows, base);
		else if (rows->deflt)
			config_default(r, rows, (char *)base + rows->off);
	}
}

/* An unknown key that is most like this one has been told. */
static bool misspelt(const struct conf_node *n, const struct setting *rows,
		     const char *name)
{
	for (size_t i = 0; i < n->n; i++)
		if (!find_row(rows, n->key[i]->text) &&
		    str_nearest(n->key[i]->text, &name, 1))
			return true;
	return false;
}

static void read_rows(struct config_reader *r, const struct setting *rows,
		      const struct conf_node *n, void *base)
{
	struct conf_node none;

	/* A section whose lines are all comments is an empty map. */
	if (n->kind == CONF_SCALAR && !n->quoted && !n->text.n) {
		none = *n;
		none.kind = CONF_MAP;
		n = &none;
	}
	if (n->kind != CONF_MAP) {
		conf_error(r->errs, n, "ここには「名前: 値」を書いてください。",
			   "write `name: value` pairs here");
		return;
	}
	set_defaults(r, rows, base);
	for (size_t i = 0; i < n->n; i++) {
		const struct setting *s = find_row(rows, n->key[i]->text);

		if (s)
			read_row(r, s, n->item[i], base);
		else
			unknown_key(r, rows, n->key[i]);
	}
	for (const struct setting *all = rows; rows->name; rows++)
		if (rows->required && !conf_get(n, rows->name) &&
		    !misspelt(n, all, rows->name))
			conf_error(r->errs, n, "「%s」がありません(%s)。%.0s",
				   "`%s` is missing (%.0s%s)", rows->name,
				   setting_type_ja(rows->type), rows->help);
}

static char *folder_of(struct arena *a, const char *path)
{
	char full[PATH_MAX];
	const char *from = realpath(path, full) ? full : path;
	const char *slash = strrchr(from, '/');

	return slash ? arena_strndup(a, from, (size_t)(slash - from))
		     : arena_strdup(a, ".");
}

struct config *config_load(const char *path, struct conf_errors *errs)
{
	struct config *c = NEW(struct config);
	struct config_reader r = {.c = c, .errs = errs};
	struct arena tree = ARENA_EMPTY;
	struct conf_node *root = NULL;
	struct err e = ERR_EMPTY;
	struct str text;
	size_t before = errs->errors;

	c->file = arena_strdup(&c->arena, path);
	r.folder = folder_of(&c->arena, path);
	if (conf_read_file(path, CONF_FILE_MAX, &tree, &text, &e))
		root = conf_parse(text, path, &tree, errs);
	else
		conf_error_file(errs, "", "読めません(%s)。",
				"cannot be read: %s", e.text);
	if (root) {
		read_rows(&r, CONFIG_ROWS, root, c);
		if (root->kind == CONF_MAP)
			config_cross_check(&r, root);
	}
	arena_release(&tree);
	if (errs->errors != before)
		config_free(&c);
	return c;
}

void config_free(struct config **c)
{
	struct arena a;

	if (!*c)
		return;
	tz_free(&(*c)->timezone);
	a = (*c)->arena;
	arena_release(&a);
	mem_free(*c);
	*c = NULL;
}

bool tenant_signs(const struct tenant_conf *t)
{
	enum login_kind login = t->deliver.login.kind;

	if (t->dkim != DKIM_AUTO)
		return t->dkim == DKIM_ON;
	if (strcmp(t->deliver.via, "direct") == 0)
		return true;
	return t->kind != KIND_M365 && t->kind != KIND_GOOGLE &&
	       login != LOGIN_ENTRA && login != LOGIN_GOOGLE;
}

static void list_rows(const struct setting *rows, const char *head,
		      struct buf *out)
{
	for (; rows->name; rows++) {
		AUTO(buf) name = BUF_MAX(256);
		bool list = rows->type == SET_TENANTS;

		buf_printf(&name, "%s%s", head, rows->name);
		buf_printf(out, "%s\t%s\t", buf_cstr(&name),
			   setting_type_name(rows->type));
		for (size_t i = 0; rows->words && rows->words[i]; i++)
			buf_printf(out, "%s%s", i ? "|" : "", rows->words[i]);
		buf_printf(out, "\t%s\t%s\n",
			   rows->deflt	    ? rows->deflt
			   : rows->required ? "(required)"
					    : "",
			   rows->help);
		buf_puts(&name, list ? "[]." : ".");
		if (rows->rows)
			list_rows(rows->rows, buf_cstr(&name), out);
	}
}

void config_settings(struct buf *out)
{
	list_rows(CONFIG_ROWS, "", out);
}
