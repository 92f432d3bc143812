/* addrlist.c - addresses of header fields; see addrlist_int.h.
 *
 * Two steps without recursion: the field is cut into items at commas, colons
 * and semicolons that stand free; each item is then read as one mailbox.
 * Whatever two mail programs might read differently makes the list odd.
 */
#include "connector/extract/addrlist_int.h"
#include "connector/base/limits.h"
#include "connector/base/utf8.h"
#include "connector/extract/header_int.h"

#define ADDRESS_BYTES_MAX 1000 /* shown of a bad address */
#define NAME_BYTES_MAX	  1000

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Where the quoted string, comment or literal that starts at i ends: the
 * index behind it. Unclosed: the end, and odd. */
static size_t skip_nested(struct str s, size_t i, bool *odd)
{
	char open = s.p[i], close = open == '"' ? '"' : open == '(' ? ')' : ']';
	size_t depth = 1;

	for (i++; i < s.n; i++) {
		if (s.p[i] == '\\') {
			i++;
		} else if (s.p[i] == close) {
			if (--depth == 0)
				return i + 1;
		} else if (open == '(' && s.p[i] == '(') {
			depth++;
		}
	}
	*odd = true;
	return s.n;
}

static bool opens(char c)
{
	return c == '"' || c == '(' || c == '[';
}

/* Index of the first of `set` that stands free in s from i on, or s.n. With
 * angle: "<...>" too is passed over. */
static size_t find_free(struct str s, size_t i, const char *set, bool angle,
			bool *odd)
{
	while (i < s.n) {
		if (s.p[i] && strchr(set, s.p[i]))
			return i;
		if (opens(s.p[i])) {
			i = skip_nested(s, i, odd);
		} else if (angle && s.p[i] == '<') {
			i = find_free(s, i + 1, ">", false, odd);
			if (i == s.n)
				*odd = true;
			else
				i++;
		} else if (s.p[i] == '\\' && i + 1 < s.n) {
			/* Outside of quotes no pair is allowed. */
			*odd = true;
			i += 2;
		} else {
			i++;
		}
	}
	return s.n;
}

/* The address without comments and outer blanks. Blanks or comments between
 * its parts are legal of old, and read differently. */
static struct str clean_spec(struct str s, struct arena *a, bool *odd)
{
	char *p = arena_alloc(a, s.n + 1);
	size_t n = 0;
	bool gap = false;

	for (size_t i = 0; i < s.n;) {
		size_t from = i;

		if (is_space(s.p[i]) || s.p[i] == '(') {
			i = s.p[i] == '(' ? skip_nested(s, i, odd) : i + 1;
			gap = n > 0;
			continue;
		}
		if (gap)
			*odd = true;
		i = opens(s.p[i]) ? skip_nested(s, i, odd) : i + 1;
		memcpy(p + n, s.p + from, i - from);
		n += i - from;
	}
	return str_n(p, n);
}

/* Quotes around the whole local part, or nowhere. */
static bool quotes_fit(struct str s)
{
	bool odd = false;
	size_t end;

	if (s.n == 0 || s.p[0] != '"')
		return !s.n || !memchr(s.p, '"', s.n);
	end = skip_nested(s, 0, &odd);
	return !odd && (end == s.n || s.p[end] == '@') &&
	       str_chr(str_skip(s, end), '"') < 0;
}

static void check_spec(struct str s, bool *odd)
{
	bool unused = false;
	size_t at = s.n && s.p[0] == '"' ? skip_nested(s, 0, &unused) : 0;
	struct str rest = str_skip(s, at);
	ptrdiff_t first = str_chr(rest, '@'), open = str_chr(rest, '[');

	if (!quotes_fit(s) || (first >= 0 && str_rchr(rest, '@') != first) ||
	    (open >= 0 && (first < 0 || open != first + 1)) ||
	    str_has_control(s) || !utf8_valid(s) ||
	    str_find(s, STR("=?")) >= 0 || s.n > ADDRESS_BYTES_MAX ||
	    (s.n && s.p[0] == '@'))
		*odd = true;
}

/* Words of a display name: quotes and comments taken off, then decoded. */
static struct str clean_name(struct charset *cs, struct str s, struct arena *a)
{
	AUTO(buf) b = BUF_MAX(MIME_HEADER_MAX);
	bool quoted = false, odd = false;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n) {
			buf_putc(&b, s.p[++i]);
		} else if (s.p[i] == '"') {
			quoted = !quoted;
		} else if (!quoted && s.p[i] == '(') {
			i = skip_nested(s, i, &odd) - 1;
		} else {
			buf_putc(&b, s.p[i]);
		}
	}
	s = header_text(cs, buf_str(&b), NAME_BYTES_MAX, a);
	return arena_str(a, s);
}

/* "a@b (Name)": the name in a comment, as old programs write it. */
static struct str comment_name(struct charset *cs, struct str s,
			       struct arena *a)
{
	ptrdiff_t from = str_chr(s, '('), to = str_rchr(s, ')');

	if (from < 0 || to < from)
		return STR_EMPTY;
	return header_text(
		cs,
		arena_str(a, str_n(s.p + from + 1, (size_t)(to - from - 1))),
		NAME_BYTES_MAX, a);
}

/* What mail programs may take for the address if they pass over "<...>". */
static bool phrase_misleads(struct str phrase, struct str address)
{
	bool odd = false;
	size_t at = find_free(phrase, 0, "@", false, &odd);

	return at < phrase.n && !str_eq_ci(str_trim(phrase), address);
}

static void read_item(struct charset *cs, struct str item, struct arena *a,
		      struct mailbox *m, bool *odd)
{
	size_t open = find_free(item, 0, "<", false, odd), close;
	struct str phrase, spec, rest;

	if (open == item.n) {
		m->address = clean_spec(item, a, odd);
		m->name = comment_name(cs, item, a);
		if (find_free(item, 0, ">", false, odd) < item.n)
			*odd = true;
	} else {
		phrase = str_head(item, open);
		close = find_free(item, open + 1, ">", false, odd);
		spec = str_n(item.p + open + 1, close - open - 1);
		rest = clean_spec(str_skip(item, MIN_OF(close + 1, item.n)), a,
				  odd);
		m->address = clean_spec(spec, a, odd);
		m->name = clean_name(cs, phrase, a);
		/* Text behind the brackets, or brackets within them. */
		if (close == item.n || rest.n ||
		    find_free(spec, 0, "<,;", false, odd) < spec.n ||
		    phrase_misleads(phrase, m->address))
			*odd = true;
	}
	check_spec(m->address, odd);
	if (!utf8_valid(m->address) || memchr(m->address.p, 0, m->address.n))
		m->address = header_text(cs, m->address, ADDRESS_BYTES_MAX, a);
	m->address = utf8_cut(m->address, ADDRESS_BYTES_MAX);
}

struct cutting {
	struct charset *cs;
	struct arena *a;
	struct str raw;
	struct addrlist *l;
	size_t cap, group_cap;
	bool in_group;
};

static void add_mailbox(struct cutting *c, size_t from, size_t to)
{
	struct addrlist *l = c->l;
	struct mailbox m = {.group = c->in_group ? l->group_n - 1 : NO_GROUP};

	while (from < to && is_space(c->raw.p[from]))
		from++;
	while (to > from && is_space(c->raw.p[to - 1]))
		to--;
	if (from == to)
		return;
	if (l->n == VIEW_ADDRESSES_MAX) {
		l->limit = true;
		return;
	}
	m.from = from;
	m.to = to;
	read_item(c->cs, str_n(c->raw.p + from, to - from), c->a, &m, &l->odd);
	if (m.address.n == 0 && m.name.n == 0)
		return; /* a comment alone */
	if (l->n == c->cap) {
		size_t cap = c->cap ? c->cap * 4 : 8;
		struct mailbox *v = arena_array(c->a, cap, sizeof(*v));

		if (l->n)
			memcpy(v, l->v, l->n * sizeof(*v));
		l->v = v;
		c->cap = cap;
	}
	l->v[l->n++] = m;
}

/* A group's name ends at `colon`. One that looks like an address is taken
 * for one by some. */
static void open_group(struct cutting *c, size_t from, size_t colon)
{
	struct addrlist *l = c->l;
	struct str name;

	while (is_space(c->raw.p[from]))
		from++;
	name = str_n(c->raw.p + from, colon - from);
	if (c->in_group || find_free(name, 0, "@<>", false, &l->odd) < name.n)
		l->odd = true;
	if (l->group_n == c->group_cap) {
		size_t cap = c->group_cap ? c->group_cap * 4 : 4;
		struct group *v = arena_array(c->a, cap, sizeof(*v));

		if (l->group_n)
			memcpy(v, l->group, l->group_n * sizeof(*v));
		l->group = v;
		c->group_cap = cap;
	}
	l->group[l->group_n++] = (struct group){from, c->raw.n};
	c->in_group = true;
}

static void close_group(struct cutting *c, size_t to)
{
	if (!c->in_group) {
		c->l->odd = true; /* "a@b; c@d" */
		return;
	}
	c->l->group[c->l->group_n - 1].to = to;
	c->in_group = false;
	while (to < c->raw.n && is_space(c->raw.p[to]))
		to++;
	/* Nothing but a comma may follow (or a comment, rarely). */
	if (to < c->raw.n && c->raw.p[to] != ',' && c->raw.p[to] != '(')
		c->l->odd = true;
}

static size_t count_colons(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == ':';
	return n;
}

void addrlist_read(struct charset *cs, struct str raw, struct arena *a,
		   struct addrlist *l_r)
{
	struct cutting c = {.cs = cs, .a = a, .raw = raw, .l = l_r};
	size_t from = 0, at;

	*l_r = (struct addrlist){0};
	if (count_colons(raw) > MIME_COLONS_MAX) {
		l_r->limit = true;
		return;
	}
	while (from < raw.n && !l_r->limit) {
		at = find_free(raw, from, ",;:", true, &l_r->odd);
		if (at < raw.n && raw.p[at] == ':') {
			open_group(&c, from, at);
		} else {
			add_mailbox(&c, from, at);
			if (at < raw.n && raw.p[at] == ';')
				close_group(&c, at + 1);
		}
		from = at + 1;
	}
	if (c.in_group)
		l_r->odd = true;
}
