/* params.c - parameters of MIME header fields; see params_int.h. */
#include "connector/extract/params_int.h"
#include "connector/base/codec.h"
#include "connector/base/limits.h"
#include "connector/extract/header_int.h"

#define PARAMS_MAX	200
#define PARAM_VALUE_MAX 4096
#define SECTIONS_MAX	100 /* RFC 2231 3 continuations */
#define NO_SECTION	-1

/* One "name=value" as it stands. */
struct piece {
	struct str name; /* without stars, lower case */
	struct str raw;	 /* quotes taken off */
	int section;	 /* *0, *1 ... or NO_SECTION */
	bool encoded;	 /* a star at the end: percent and charset */
	bool loose;
};

struct pieces {
	struct piece v[PARAMS_MAX];
	size_t n;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct str lower(struct arena *a, struct str s)
{
	char *p = arena_strndup(a, s.p, s.n);

	for (size_t i = 0; i < s.n; i++)
		p[i] = ascii_lower(p[i]);
	return str_n(p, s.n);
}

/* Blanks and comments; a comment is legal and widely misread. */
static struct str skip_cfws(struct str s, bool *odd)
{
	size_t depth;

	for (;;) {
		while (s.n && is_space(s.p[0]))
			s = str_skip(s, 1);
		if (s.n == 0 || s.p[0] != '(')
			return s;
		*odd = true;
		for (depth = 0; s.n;) {
			char c = s.p[0];

			s = str_skip(s, c == '\\' ? 2 : 1);
			depth += c == '(';
			depth -= c == ')';
			if (depth == 0)
				break;
		}
	}
}

/* A quoted string: its content with pairs resolved; *s behind it. */
static struct str take_quoted(struct str *s, struct arena *a, bool *odd)
{
	char *p = arena_alloc(a, s->n);
	size_t n = 0, i;

	for (i = 1; i < s->n && s->p[i] != '"'; i++) {
		/* A lone backslash is what Windows paths have. */
		if (s->p[i] == '\\' && i + 1 < s->n &&
		    (s->p[i + 1] == '"' || s->p[i + 1] == '\\'))
			i++;
		if (s->p[i] != '\r' && s->p[i] != '\n')
			p[n++] = s->p[i];
	}
	if (i == s->n)
		*odd = true;
	*s = str_skip(*s, MIN_OF(i + 1, s->n));
	return str_n(p, n);
}

/* Up to the next free semicolon. Blanks inside a bare value are against the
 * grammar, but file names come so. */
static struct str take_bare(struct str *s, bool *loose)
{
	size_t i = 0;
	struct str v;

	while (i < s->n && s->p[i] != ';')
		i++;
	v = str_trim(str_head(*s, i));
	*s = str_skip(*s, i);
	for (size_t k = 0; k < v.n; k++)
		if (is_space(v.p[k]) || v.p[k] == '"' || v.p[k] == '(' ||
		    v.p[k] == ',')
			*loose = true;
	return v;
}

/* Control characters but those of folding; ESC starts raw ISO-2022-JP. */
static bool has_odd_control(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' && !is_space(s.p[i]) &&
		    s.p[i] != 0x1b)
			return true;
	return false;
}

/* RFC 2045 5.1; with the slash of a media type. */
static bool is_token(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f ||
		    str_chr(STR("()<>@,;:\\\"[]?="), s.p[i]) >= 0)
			return false;
	return true;
}

/* "name*1*" into its parts. */
static void split_name(struct str name, struct arena *a, struct piece *p)
{
	uint64_t section;
	ptrdiff_t star;

	name = lower(a, str_trim(name));
	p->section = NO_SECTION;
	if (name.n && name.p[name.n - 1] == '*') {
		p->encoded = true;
		name.n--;
	}
	star = str_chr(name, '*');
	if (star >= 0 && str_u64(str_skip(name, (size_t)star + 1), &section)) {
		p->section = (int)MIN_OF(section, (uint64_t)SECTIONS_MAX);
		name.n = (size_t)star;
	}
	p->name = name;
}

/* The value behind "=", quoted or bare; *s at the next semicolon. */
static void take_value(struct str *s, struct arena *a, struct piece *p,
		       bool *odd)
{
	*s = skip_cfws(*s, odd);
	if (s->n && s->p[0] == '"') {
		p->raw = take_quoted(s, a, odd);
		*s = skip_cfws(*s, odd);
		/* Text behind the quotes: part of it to some. */
		if (s->n && s->p[0] != ';')
			*odd = true;
		while (s->n && s->p[0] != ';')
			*s = str_skip(*s, 1);
	} else {
		p->raw = take_bare(s, &p->loose);
		if (p->loose && (p->encoded || p->section >= 0))
			*odd = true;
	}
	if (has_odd_control(p->raw))
		*odd = true;
}

static bool take_piece(struct str *rest, struct arena *a, struct piece *p_r,
		       bool *odd)
{
	struct str s = skip_cfws(*rest, odd);
	ptrdiff_t eq, semi;

	*p_r = (struct piece){0};
	while (s.n && s.p[0] == ';')
		s = skip_cfws(str_skip(s, 1), odd);
	eq = str_chr(s, '=');
	semi = str_chr(s, ';');
	if (s.n == 0)
		return false;
	if (eq < 0 || (semi >= 0 && semi < eq)) {
		/* Words without "=": passed over, but not by all. */
		*odd = true;
		*rest = semi < 0 ? STR_EMPTY : str_skip(s, (size_t)semi + 1);
		return true;
	}
	split_name(str_head(s, (size_t)eq), a, p_r);
	if (!is_token(p_r->name))
		*odd = true;
	s = str_skip(s, (size_t)eq + 1);
	take_value(&s, a, p_r, odd);
	*rest = s;
	return true;
}

/* "UTF-8'ja'..." percent form; the head stands in the first section only. */
static struct str take_charset(struct str *raw)
{
	ptrdiff_t a = str_chr(*raw, '\''), b;
	struct str charset = STR_EMPTY;

	if (a < 0)
		return charset;
	charset = str_head(*raw, (size_t)a);
	b = str_chr(str_skip(*raw, (size_t)a + 1), '\'');
	if (b < 0)
		return STR_EMPTY;
	*raw = str_skip(*raw, (size_t)a + 1 + (size_t)b + 1);
	return charset;
}

/* False: percent signs that encode nothing. */
static bool put_piece(const struct piece *p, struct str raw, struct buf *out)
{
	if (p->encoded && percent_decode(out, raw, false))
		return true;
	buf_put_str(out, raw);
	return !p->encoded;
}

static const struct piece *find_section(const struct pieces *ps,
					struct str name, int section)
{
	for (size_t i = 0; i < ps->n; i++)
		if (ps->v[i].section == section && str_eq(ps->v[i].name, name))
			return &ps->v[i];
	return NULL;
}

/* A value from its first piece and those that continue it. */
static struct str join(struct charset *cs, const struct pieces *ps,
		       const struct piece *first, struct arena *a, bool *odd)
{
	AUTO(buf) bytes = BUF_MAX(MIME_HEADER_MAX);
	AUTO(buf) text = BUF_MAX(MIME_HEADER_MAX * 4);
	struct str raw = first->raw, charset = STR_EMPTY, s;
	const struct piece *p = first;

	if (first->encoded)
		charset = take_charset(&raw);
	*odd |= !put_piece(first, raw, &bytes);
	for (int i = 1;
	     first->section == 0 && (p = find_section(ps, first->name, i)); i++)
		*odd |= !put_piece(p, p->raw, &bytes);
	if (charset.n)
		charset_decode(cs, charset, buf_str(&bytes), &text);
	else
		words_decode(cs, buf_str(&bytes), &text);
	s = buf_str(&text);
	/* A name ends at a NUL for some; one that is too long has no end. */
	*odd |= s.n > PARAM_VALUE_MAX || (s.n && memchr(s.p, 0, s.n));
	return text_keep(s, PARAM_VALUE_MAX, a);
}

static bool has_extended(const struct params *p, struct str name)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].extended && str_eq(p->v[i].name, name))
			return true;
	return false;
}

static void join_all(struct charset *cs, const struct pieces *ps,
		     struct arena *a, struct params *p_r)
{
	p_r->v = arena_array(a, ps->n, sizeof(*p_r->v));
	for (size_t i = 0; i < ps->n; i++) {
		const struct piece *p = &ps->v[i];

		if (p->section > 0) {
			/* A continuation of nothing, or a second one. */
			if (!find_section(ps, p->name, p->section - 1) ||
			    find_section(ps, p->name, p->section) != p ||
			    p->section == SECTIONS_MAX)
				p_r->odd = true;
			continue;
		}
		/* Two values of one name in the form of RFC 2231. */
		if (p->encoded || p->section == 0)
			p_r->odd |= has_extended(p_r, p->name);
		p_r->v[p_r->n++] = (struct param){
			.name = p->name,
			.value = join(cs, ps, p, a, &p_r->odd),
			.extended = p->encoded || p->section == 0,
			.loose = p->loose,
		};
	}
}

void params_read(struct charset *cs, struct str raw, struct arena *a,
		 struct params *p_r)
{
	struct pieces ps;
	struct str rest;
	size_t i = 0;

	*p_r = (struct params){0};
	ps.n = 0;
	rest = skip_cfws(raw, &p_r->odd);
	while (i < rest.n && rest.p[i] != ';' && !is_space(rest.p[i]) &&
	       rest.p[i] != '(')
		i++;
	p_r->value = lower(a, str_head(rest, i));
	rest = skip_cfws(str_skip(rest, i), &p_r->odd);
	if (!is_token(p_r->value))
		p_r->odd = true;
	if (rest.n && rest.p[0] != ';') {
		p_r->odd = true; /* "text/plain charset=x" */
		while (rest.n && rest.p[0] != ';')
			rest = str_skip(rest, 1);
	}
	while (rest.n) {
		struct piece p;

		if (!take_piece(&rest, a, &p, &p_r->odd))
			break;
		if (p.name.n == 0)
			continue;
		if (ps.n == PARAMS_MAX) {
			p_r->odd = true;
			break;
		}
		ps.v[ps.n++] = p;
	}
	join_all(cs, &ps, a, p_r);
}

const struct param *param_find(const struct params *p, const char *name)
{
	const struct param *found = NULL;

	for (size_t i = 0; i < p->n; i++)
		if (str_is(p->v[i].name, name) &&
		    (!found || (p->v[i].extended && !found->extended)))
			found = &p->v[i];
	return found;
}

size_t param_count(const struct params *p, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += str_is(p->v[i].name, name);
	return n;
}
