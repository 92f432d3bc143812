/* template.c - Mustache text into tokens (specification: mustache(5)).
 *
 * Lines that hold nothing but one section, comment, partial or delimiter tag
 * vanish whole; a partial on such a line keeps its indent.
 */
#include "connector/text/template_int.h"

#define DELIMITER_MAX 16

struct parser {
	struct template *t;
	struct str text;
	size_t at;	 /* next byte */
	bool line_start; /* nothing of this line became a token yet */
	struct str open, close;
	size_t section[TEMPLATE_DEPTH_MAX]; /* open ones, by token index */
	size_t depth;
	struct err *e;
};

struct tag {
	char kind; /* '#' '^' '/' '!' '>' '=' '&' '{' or 0 */
	struct str body;
	size_t start, end; /* in the text, delimiters included */
};

static unsigned line_of(const struct parser *p, size_t at)
{
	unsigned line = 1;

	for (size_t i = 0; i < at; i++)
		if (p->text.p[i] == '\n')
			line++;
	return line;
}

static bool fail(const struct parser *p, size_t at, const char *what,
		 struct str about)
{
	return err_set(p->e, ERR_PERMANENT, 0, "%s:%u: %s " STR_FMT, p->t->name,
		       line_of(p, at), what, STR_ARG(about));
}

static void add_text(struct parser *p, struct str s)
{
	while (s.n > 0) {
		ptrdiff_t nl = str_chr(s, '\n');
		size_t n = nl < 0 ? s.n : (size_t)nl + 1;
		struct token t = {.kind = TOKEN_TEXT,
				  .text = str_head(s, n),
				  .line_start = p->line_start};

		vec_push(&p->t->tokens, t);
		p->line_start = nl >= 0;
		s = str_skip(s, n);
	}
}

/* An inline tag at the start of a line: the indent stands before it. */
static void mark_line(struct parser *p)
{
	struct token t = {.kind = TOKEN_TEXT, .line_start = true};

	if (p->line_start)
		vec_push(&p->t->tokens, t);
	p->line_start = false;
}

static bool find_tag(struct parser *p, struct tag *tag_r, bool *found_r)
{
	struct str rest = str_skip(p->text, p->at);
	ptrdiff_t open = str_find(rest, p->open);
	struct str closing = p->close;
	char triple[] = "}}}";
	size_t skip;
	ptrdiff_t close;

	*found_r = open >= 0;
	if (open < 0)
		return true;
	*tag_r = (struct tag){.start = p->at + (size_t)open};
	skip = tag_r->start + p->open.n;
	rest = str_skip(p->text, skip);
	if (rest.n > 0 && strchr("#^/!>=&{", rest.p[0]) && rest.p[0] != 0) {
		tag_r->kind = rest.p[0];
		rest = str_skip(rest, 1);
		skip++;
	}
	if (tag_r->kind == '{' && str_is(p->close, "}}"))
		closing = str_of(triple);
	close = str_find(rest, closing);
	if (close < 0)
		return fail(p, tag_r->start,
			    "a tag without end:", str_head(rest, 40));
	tag_r->body = str_trim(str_head(rest, (size_t)close));
	tag_r->end = skip + (size_t)close + closing.n;
	if (tag_r->kind == '{' && closing.n == p->close.n &&
	    str_ends(tag_r->body, STR("}")))
		tag_r->body = str_trim(
			str_head(tag_r->body, tag_r->body.n - 1));
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Where the tag's line begins, or false: something stands before it. */
static bool line_begin(const struct parser *p, size_t at, size_t *from_r)
{
	while (at > p->at && is_blank(p->text.p[at - 1]))
		at--;
	*from_r = at;
	return (at == 0 || p->text.p[at - 1] == '\n') &&
	       (at > p->at || p->line_start);
}

/* Behind the tag's line end, or false: something stands behind it. */
static bool line_end(const struct parser *p, size_t at, size_t *to_r)
{
	while (at < p->text.n && is_blank(p->text.p[at]))
		at++;
	if (at + 1 < p->text.n && p->text.p[at] == '\r')
		at++;
	*to_r = at < p->text.n ? at + 1 : at;
	return at == p->text.n || p->text.p[at] == '\n';
}

/* Does the tag stand alone on its line? Then the line is [from_r, to_r). */
static bool stands_alone(const struct parser *p, const struct tag *tag,
			 size_t *from_r, size_t *to_r)
{
	return tag->kind != 0 && tag->kind != '&' && tag->kind != '{' &&
	       line_begin(p, tag->start, from_r) && line_end(p, tag->end, to_r);
}

/* "a.b" becomes "a\0b": strings that json_get() takes as they are. */
static bool set_name(struct parser *p, const struct tag *tag, struct token *t)
{
	struct str s = tag->body;
	char *name;

	if (s.n == 0 || s.n > TEMPLATE_NAME_MAX || str_has_control(s) ||
	    str_chr(s, ' ') >= 0)
		return fail(p, tag->start, "not a name:", s);
	name = arena_strndup(&p->t->arena, s.p, s.n);
	t->name = name;
	t->parts = 1;
	t->line = line_of(p, tag->start);
	if (s.n == 1)
		return true;
	for (size_t i = 0; i < s.n; i++) {
		if (name[i] != '.')
			continue;
		if (i == 0 || i + 1 == s.n || name[i + 1] == '.')
			return fail(p, tag->start, "not a name:", s);
		name[i] = 0;
		t->parts++;
	}
	return true;
}

static bool set_delimiters(struct parser *p, const struct tag *tag)
{
	struct str s = tag->body, open, close;
	ptrdiff_t space;

	if (s.n == 0 || s.p[s.n - 1] != '=')
		return fail(p, tag->start, "not a pair of delimiters:", s);
	s = str_trim(str_head(s, s.n - 1));
	space = str_chr(s, ' ');
	if (space <= 0)
		return fail(p, tag->start, "not a pair of delimiters:", s);
	open = str_head(s, (size_t)space);
	close = str_trim(str_skip(s, (size_t)space));
	if (close.n == 0 || open.n > DELIMITER_MAX || close.n > DELIMITER_MAX ||
	    str_chr(open, '=') >= 0 || str_chr(close, '=') >= 0 ||
	    str_chr(close, ' ') >= 0)
		return fail(p, tag->start, "not a pair of delimiters:", s);
	p->open = open;
	p->close = close;
	return true;
}

static bool open_section(struct parser *p, const struct tag *tag)
{
	struct token t = {.kind = tag->kind == '#' ? TOKEN_SECTION
						   : TOKEN_INVERTED};

	TRY(set_name(p, tag, &t));
	if (p->depth == TEMPLATE_DEPTH_MAX)
		return fail(p, tag->start, "too deep:", tag->body);
	p->section[p->depth++] = p->t->tokens.n;
	vec_push(&p->t->tokens, t);
	return true;
}

static bool same_name(const struct token *a, const struct token *b)
{
	const char *x = a->name, *y = b->name;

	if (a->parts != b->parts)
		return false;
	for (unsigned i = 0; i < a->parts; i++) {
		if (strcmp(x, y) != 0)
			return false;
		x += strlen(x) + 1;
		y += strlen(y) + 1;
	}
	return true;
}

static bool close_section(struct parser *p, const struct tag *tag)
{
	struct token t = {0};

	TRY(set_name(p, tag, &t));
	if (p->depth == 0)
		return fail(p, tag->start, "closes nothing:", tag->body);
	if (!same_name(&p->t->tokens.v[p->section[p->depth - 1]], &t))
		return fail(p, tag->start,
			    "closes another section:", tag->body);
	p->t->tokens.v[p->section[--p->depth]].end = p->t->tokens.n;
	return true;
}

static bool add_named(struct parser *p, const struct tag *tag,
		      struct str indent)
{
	struct token t = {.kind = tag->kind == '>' ? TOKEN_PARTIAL
						   : TOKEN_VALUE,
			  .text = indent,
			  .raw = tag->kind == '{' || tag->kind == '&'};

	TRY(set_name(p, tag, &t));
	vec_push(&p->t->tokens, t);
	return true;
}

static bool add_tag(struct parser *p, const struct tag *tag, struct str indent)
{
	switch (tag->kind) {
	case '!':
		return true;
	case '=':
		return set_delimiters(p, tag);
	case '#':
	case '^':
		return open_section(p, tag);
	case '/':
		return close_section(p, tag);
	default:
		return add_named(p, tag, indent);
	}
}

static bool parse(struct parser *p)
{
	for (;;) {
		struct tag tag;
		bool found;
		size_t from, to;

		TRY(find_tag(p, &tag, &found));
		if (!found)
			break;
		if (stands_alone(p, &tag, &from, &to)) {
			add_text(p, str_n(p->text.p + p->at, from - p->at));
			TRY(add_tag(p, &tag,
				    str_n(p->text.p + from, tag.start - from)));
			p->at = to;
			p->line_start = true;
			continue;
		}
		add_text(p, str_n(p->text.p + p->at, tag.start - p->at));
		mark_line(p);
		TRY(add_tag(p, &tag, STR_EMPTY));
		p->at = tag.end;
	}
	add_text(p, str_skip(p->text, p->at));
	if (p->depth > 0)
		return err_set(p->e, ERR_PERMANENT, 0,
			       "%s:%u: section %s is never closed", p->t->name,
			       p->t->tokens.v[p->section[p->depth - 1]].line,
			       p->t->tokens.v[p->section[p->depth - 1]].name);
	return true;
}

struct template *template_parse(const char *name, struct str text,
				struct err *e)
{
	struct template *t = NEW(struct template);
	struct parser p = {.t = t,
			   .line_start = true,
			   .open = STR("{{"),
			   .close = STR("}}"),
			   .e = e};

	t->name = arena_strdup(&t->arena, name);
	if (text.n > TEMPLATE_BYTES_MAX) {
		err_set(e, ERR_LIMIT, 0, "%s: longer than %zu bytes", name,
			TEMPLATE_BYTES_MAX);
		template_free(&t);
		return NULL;
	}
	p.text = arena_str(&t->arena, text);
	if (!parse(&p))
		template_free(&t);
	return t;
}

void template_free(struct template **t)
{
	if (*t == NULL)
		return;
	vec_release(&(*t)->tokens);
	arena_release(&(*t)->arena);
	mem_free(*t);
	*t = NULL;
}
