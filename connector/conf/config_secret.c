/* config_secret.c - settings that name a secret, never hold one. */
#include "connector/conf/config_int.h"

static const char *const SECRET_WAYS[] = {"file", "credential", "secret"};

static int secret_way(struct str key)
{
	for (int i = 0; i < 3; i++)
		if (str_is(key, SECRET_WAYS[i]))
			return i;
	return -1;
}

static void read_secret_value(struct config_reader *r, int way,
			      const struct conf_node *value,
			      struct secret_ref *to)
{
	static const int KIND[] = {SECRET_FILE, SECRET_CREDENTIAL,
				   SECRET_STORE};

	if (way == 0)
		config_read(r, &(struct setting){.type = SET_FILE}, value,
			    &to->value);
	else
		config_read(r, &(struct setting){.type = SET_WORD}, value,
			    &to->value);
	if (to->value)
		to->kind = KIND[way];
}

/* {file: PATH} | {credential: NAME} | {secret: NAME} */
void config_secret(struct config_reader *r, const struct conf_node *n,
		   struct secret_ref *to)
{
	int way = n->kind == CONF_MAP && n->n == 1 ? secret_way(n->key[0]->text)
						   : -1;

	if (n->kind == CONF_MAP && n->n == 1 && way < 0) {
		conf_unknown_key(r->errs, n->key[0], SECRET_WAYS,
				 ARRAY_LEN(SECRET_WAYS));
		return;
	}
	if (way < 0 || n->item[0]->kind != CONF_SCALAR) {
		conf_error(r->errs, n,
			   "秘密は {file: PATH}、{credential: NAME}、"
			   "{secret: NAME} のどれかで書いてください。",
			   "a secret is {file: PATH}, {credential: NAME} or "
			   "{secret: NAME}, never the value itself");
		return;
	}
	read_secret_value(r, way, n->item[0], to);
}

/* RFC 5322 3.6.8 ftext, and nothing that mail needs. */
static bool is_own_header(struct str name)
{
	bool fits = name.n > 2 && name.n <= SECRET_HEADER_MAX &&
		    str_starts_ci(name, STR("X-"));

	for (size_t i = 0; i < name.n; i++)
		fits = fits && (ascii_alnum(name.p[i]) || name.p[i] == '-');
	return fits;
}

/* {name: X-…, secret: NAME}, or file, or credential. */
void config_secret_header(struct config_reader *r, const struct setting *s,
			  const struct conf_node *n, struct secret_header *to)
{
	const struct conf_node *name = conf_get(n, s->words[0]);
	const struct conf_node *value = NULL;
	int way = -1;

	for (size_t i = 0; n->kind == CONF_MAP && i < n->n; i++) {
		int is = secret_way(n->key[i]->text);

		if (is < 0)
			continue;
		way = is;
		value = n->item[i];
	}
	if (n->kind != CONF_MAP || n->n != 2 || !name || !value ||
	    value->kind != CONF_SCALAR || name->kind != CONF_SCALAR ||
	    !is_own_header(name->text)) {
		conf_error(r->errs, n,
			   "{%s: X-名前, secret: NAME} の形で書いてください"
			   "(secret の代わりに file か credential でも可)。",
			   "write {%s: X-Name, secret: NAME}; file or "
			   "credential may stand for secret",
			   s->words[0]);
		return;
	}
	to->name = arena_strndup(&r->c->arena, name->text.p, name->text.n);
	read_secret_value(r, way, value, &to->secret);
}
