/* template_render.c - tokens and a document into escaped text. */
#include "connector/text/template_int.h"
#include "connector/base/utf8.h"

#define VALUE_CHARS_MAX ((size_t)1024 * 1024)
#define INDENT_MAX	256

struct render {
	const struct template_env *env;
	struct buf *out;
	struct buf indent; /* of the partials around */
	const struct json *stack[TEMPLATE_DEPTH_MAX * 2];
	size_t depth;
	unsigned nested; /* templates inside others */
	unsigned steps;
	bool escape_text; /* inside a word: literal text is escaped too */
	struct err *e;
};

static bool render_range(struct render *r, const struct template *t,
			 size_t from, size_t to);

static void put_html(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		switch (s.p[i]) {
		case '&':
			buf_puts(out, "&amp;");
			break;
		case '<':
			buf_puts(out, "&lt;");
			break;
		case '>':
			buf_puts(out, "&gt;");
			break;
		case '"':
			buf_puts(out, "&quot;");
			break;
		case '\'':
			buf_puts(out, "&#39;");
			break;
		default:
			buf_putc(out, s.p[i]);
		}
	}
}

static void put_text(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c >= ' ' && c != 0x7f) || c == '\n' || c == '\t')
			buf_putc(out, s.p[i]);
	}
}

void template_escape_put(struct buf *out, enum template_escape escape,
			 struct str s)
{
	switch (escape) {
	case TEMPLATE_HTML:
		put_html(out, s);
		break;
	case TEMPLATE_TEXT:
		put_text(out, s);
		break;
	case TEMPLATE_HEADER:
		utf8_clean(out, s, VALUE_CHARS_MAX);
		break;
	}
}

static bool is_false(const struct json *j)
{
	if (j == NULL)
		return true;
	switch (json_type(j)) {
	case JSON_NULL:
		return true;
	case JSON_BOOL:
		return !json_bool(j, false);
	case JSON_STRING:
		return json_cstr(j, "")[0] == 0;
	case JSON_ARRAY:
		return json_size(j) == 0;
	default:
		return false;
	}
}

static const struct json *member(const struct json *j, const char *key)
{
	if (j == NULL || json_type(j) != JSON_OBJECT)
		return NULL;
	return json_get(j, key);
}

/* The first part is looked for from the innermost document outwards, the
 * others strictly below it. */
static const struct json *find(const struct render *r, const char *name,
			       unsigned parts)
{
	const struct json *j = NULL;

	if (strcmp(name, ".") == 0)
		return r->stack[r->depth - 1];
	for (size_t i = r->depth; i-- > 0 && j == NULL;)
		j = member(r->stack[i], name);
	while (--parts > 0 && j != NULL) {
		name += strlen(name) + 1;
		j = member(j, name);
	}
	return j;
}

static void put_value(struct render *r, const struct json *j, bool raw)
{
	AUTO(buf) text = BUF_MAX(JSON_BYTES_MAX);
	struct str s;

	if (j == NULL)
		return;
	switch (json_type(j)) {
	case JSON_NULL:
		return;
	case JSON_STRING:
		s = str_of(json_cstr(j, ""));
		break;
	default:
		json_print(j, &text, false);
		s = buf_str(&text);
	}
	if (raw && r->env->escape != TEMPLATE_HEADER)
		buf_put_str(r->out, s);
	else
		template_escape_put(r->out, r->env->escape, s);
}

static bool nest(struct render *r, const char *name)
{
	if (++r->nested > TEMPLATE_DEPTH_MAX)
		return err_set(r->e, ERR_LIMIT, 0,
			       "%s: templates nest too deep", name);
	return true;
}

static bool put_word(struct render *r, const struct token *t)
{
	const char *key = t->name + 2; /* behind "t\0" */
	const char *word;
	AUTO_PTR(template) inner = NULL;
	bool before = r->escape_text;

	if (key[0] == '*') {
		const struct json *j = find(r, key + 1, t->parts - 1);

		if (is_false(j))
			return true;
		key = json_cstr(j, "");
	}
	word = r->env->word(r->env->arg, key);
	if (word == NULL)
		return err_set(r->e, ERR_BUG, 0, "no word for \"%.80s\"", key);
	inner = template_parse(key, str_of(word), r->e);
	TRY(inner != NULL);
	TRY(nest(r, key));
	r->escape_text = !t->raw;
	TRY(render_range(r, inner, 0, inner->tokens.n));
	r->escape_text = before;
	r->nested--;
	return true;
}

static bool render_partial(struct render *r, const struct token *t)
{
	AUTO(buf) whole = BUF_MAX(TEMPLATE_NAME_MAX);
	const struct template *p;
	size_t indent = r->indent.n;
	bool before = r->escape_text;
	const char *part = t->name;

	for (unsigned i = 0; i < t->parts; i++, part += strlen(part) + 1)
		buf_printf(&whole, "%s%s", i ? "." : "", part);
	p = r->env->partial ? r->env->partial(r->env->arg, buf_cstr(&whole))
			    : NULL;
	if (p == NULL)
		return true;
	TRY(nest(r, buf_cstr(&whole)));
	if (!buf_put_str(&r->indent, t->text))
		return err_set(r->e, ERR_LIMIT, 0, "%s: indent too wide",
			       buf_cstr(&whole));
	r->escape_text = false;
	TRY(render_range(r, p, 0, p->tokens.n));
	r->escape_text = before;
	buf_truncate(&r->indent, indent);
	r->nested--;
	return true;
}

static bool render_with(struct render *r, const struct template *t, size_t from,
			size_t to, const struct json *doc)
{
	if (r->depth == ARRAY_LEN(r->stack))
		return err_set(r->e, ERR_LIMIT, 0, "%s: sections nest too deep",
			       t->name);
	r->stack[r->depth++] = doc;
	TRY(render_range(r, t, from, to));
	r->depth--;
	return true;
}

static bool render_section(struct render *r, const struct template *t,
			   size_t at)
{
	const struct token *k = &t->tokens.v[at];
	const struct json *j = find(r, k->name, k->parts);

	if (is_false(j) != (k->kind == TOKEN_INVERTED))
		return true;
	if (k->kind == TOKEN_INVERTED)
		return render_range(r, t, at + 1, k->end);
	if (json_type(j) != JSON_ARRAY)
		return render_with(r, t, at + 1, k->end, j);
	for (const struct json *i = json_at(j, 0); i; i = json_next(i))
		TRY(render_with(r, t, at + 1, k->end, i));
	return true;
}

static void put_literal(struct render *r, const struct token *k)
{
	if (k->line_start)
		buf_put_str(r->out, buf_str(&r->indent));
	if (r->escape_text)
		template_escape_put(r->out, r->env->escape, k->text);
	else
		buf_put_str(r->out, k->text);
}

static bool render_token(struct render *r, const struct template *t, size_t at)
{
	const struct token *k = &t->tokens.v[at];

	switch (k->kind) {
	case TOKEN_TEXT:
		put_literal(r, k);
		return true;
	case TOKEN_VALUE:
		if (r->env->word && k->parts > 1 && strcmp(k->name, "t") == 0)
			return put_word(r, k);
		put_value(r, find(r, k->name, k->parts), k->raw);
		return true;
	case TOKEN_PARTIAL:
		return render_partial(r, k);
	default:
		return render_section(r, t, at);
	}
}

static bool render_range(struct render *r, const struct template *t,
			 size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		const struct token *k = &t->tokens.v[i];

		if (++r->steps > TEMPLATE_STEPS_MAX)
			return err_set(r->e, ERR_LIMIT, 0,
				       "%s: too much to render", t->name);
		TRY(render_token(r, t, i));
		if (!buf_ok(r->out))
			return err_set(r->e, ERR_LIMIT, 0,
				       "%s: the result is too long", t->name);
		if (k->kind == TOKEN_SECTION || k->kind == TOKEN_INVERTED)
			i = k->end - 1;
	}
	return true;
}

bool template_render(const struct template *t, const struct json *doc,
		     const struct template_env *env, struct buf *out,
		     struct err *e)
{
	struct render r = {
		.env = env, .out = out, .indent = BUF_MAX(INDENT_MAX), .e = e};
	bool ok;

	ok = render_with(&r, t, 0, t->tokens.n, doc);
	buf_release(&r.indent);
	return ok;
}
