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
	for (; rows->name; rows++)
		if (rows->required && !conf_get(n, rows->name))
			conf_error(r->errs, n, "「%s」がありません(%s)。",
				   "`%s` is missing (%s)", rows->name,
				   rows->help);
}

/* What no single row can see. */
static void check_tls(struct config_reader *r, const struct conf_node *root)
{
	const struct config *c = r->c;
	const struct conf_node *listen = conf_get(root, "listen");
	bool have = conf_get(root, "tls") != NULL;

	if (!have && c->listen.web.n)
		conf_error(r->errs, conf_get(listen, "web"),
			   "「listen: web」には「tls」が要ります。",
			   "`listen: web` needs `tls`");
	if (!have && (c->listen_submission.n || c->listen_submissions.n))
		conf_error(r->errs, listen,
			   "「listen: submission」には「tls」が要ります。",
			   "`listen: submission` needs `tls`");
	for (size_t i = 0; i < c->tenant_n; i++)
		if (!have && c->tenant[i].accept.require_tls)
			conf_error(r->errs, conf_get(root, "tenants"),
				   "「require-tls: true」には「tls」が"
				   "要ります。",
				   "`require-tls: true` needs `tls`");
}

static void check_submission(struct config_reader *r,
			     const struct conf_node *at,
			     const struct tenant_conf *t)
{
	const struct conf_node *n = conf_get(at, "submission");

	if (t->submission.auth == SUBMISSION_LOCAL && !t->submission.users)
		conf_error(r->errs, n, "「users」がありません。",
			   "`auth: local` needs `users`");
	if (t->submission.auth == SUBMISSION_UPSTREAM && !t->submission.host)
		conf_error(r->errs, n, "「host」がありません。",
			   "`auth: upstream` needs `host`");
	/* Tokens of one issuer are made for many services: RFC 8725 3.9. */
	if (t->submission.token_issuer && !t->submission.token_audience)
		conf_error(r->errs, n,
			   "token-issuer には token-audience が要ります。",
			   "token-issuer needs token-audience");
	if (t->tls.certificate && !t->hostname)
		conf_error(r->errs, conf_get(at, "tls"),
			   "「tls」には「hostname」が要ります。",
			   "`tls` needs `hostname`");
	for (size_t i = 0; i < t->index && t->hostname; i++)
		if (r->c->tenant[i].hostname &&
		    str_eq_ci(str_of(r->c->tenant[i].hostname),
			      str_of(t->hostname)))
			conf_error(r->errs, conf_get(at, "hostname"),
				   "「%s」が2つのテナントにあります。",
				   "`%s` belongs to two tenants", t->hostname);
}

static void check_tenant(struct config_reader *r, const struct conf_node *at,
			 const struct tenant_conf *t)
{
	if (t->deliver.client_key && !t->deliver.client_certificate)
		conf_error(r->errs, conf_get(at, "deliver"),
			   "client-key には client-certificate が要ります。",
			   "client-key needs client-certificate");
	if (!t->deliver.host && t->deliver.via &&
	    strcmp(t->deliver.via, "direct") != 0)
		conf_error(r->errs, conf_get(at, "deliver"),
			   "「host」がありません。", "`host` is missing");
	if (!t->accept.networks.n && !t->accept.networks.published &&
	    t->submission.auth == SUBMISSION_OFF && !t->submission.token_issuer)
		conf_error(r->errs, conf_get(at, "accept"),
			   "「networks」がありません。",
			   "`networks` is missing");
	for (size_t i = 0; i < t->index; i++) {
		const struct tenant_conf *o = &r->c->tenant[i];

		if (t->tenant && o->tenant && !strcmp(t->tenant, o->tenant))
			conf_error(r->errs, conf_get(at, "tenant"),
				   "テナント「%s」が2つあります。",
				   "tenant `%s` is given twice", t->tenant);
		for (size_t k = 0; k < t->domains.n; k++)
			for (size_t m = 0; m < o->domains.n; m++)
				if (!strcmp(t->domains.v[k], o->domains.v[m]))
					conf_error(r->errs,
						   conf_get(at, "domains"),
						   "「%s」が2つのテナントに"
						   "あります。",
						   "`%s` belongs to two "
						   "tenants",
						   t->domains.v[k]);
	}
}

void config_cross_check(struct config_reader *r, const struct conf_node *root)
{
	const struct config *c = r->c;
	const struct conf_node *tenants = conf_get(root, "tenants");
	const struct conf_node *queue = conf_get(root, "queue");

	check_tls(r, root);
	for (size_t i = 0; i < c->tenant_n; i++) {
		check_tenant(r, tenants->item[i], &c->tenant[i]);
		check_submission(r, tenants->item[i], &c->tenant[i]);
	}
	if (c->queue.warn_after_us > c->queue.give_up_us)
		conf_error(r->errs, queue,
			   "warn-after は give-up より短くしてください。",
			   "warn-after must be shorter than give-up");
	if (c->queue.retry_first_us > c->queue.retry_most_us)
		conf_error(r->errs, queue,
			   "retry-first は retry-most より短くしてください。",
			   "retry-first must be shorter than retry-most");
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
