/* spf_text.c - the terms of an SPF record's text (RFC 7208 4.6.1, 5, 6). Bytes
 * from outside; no I/O.
 */
#include "connector/doctor/spf_int.h"

#define V4_BITS 32
#define V6_BITS 128

static bool read_bits(struct str s, unsigned most, unsigned *bits_r)
{
	uint64_t n;

	if (s.n == 0 || s.n > 3 || !str_u64(s, &n) || n > most)
		return false;
	*bits_r = (unsigned)n;
	return true;
}

/* "/24", "/24//64", "//64" or nothing behind the name. */
static bool read_dual(struct str s, struct spf_term *t)
{
	ptrdiff_t two = str_find(s, STR("//"));
	struct str v4 = two < 0 ? s : str_head(s, (size_t)two);

	t->v4_bits = V4_BITS;
	t->v6_bits = V6_BITS;
	if (two >= 0 &&
	    !read_bits(str_skip(s, (size_t)two + 2), V6_BITS, &t->v6_bits))
		return false;
	return v4.n == 0 || read_bits(str_skip(v4, 1), V4_BITS, &t->v4_bits);
}

/* ":name/24//64", each part or none of it. */
static bool read_host(struct str rest, struct spf_term *t)
{
	ptrdiff_t slash = str_chr(rest, '/');
	struct str name = slash < 0 ? rest : str_head(rest, (size_t)slash);

	t->name = str_skip(name, 1);
	if (name.n && (name.p[0] != ':' || t->name.n == 0))
		return false;
	return read_dual(str_skip(rest, name.n), t);
}

static bool read_name(struct str rest, struct spf_term *t)
{
	if (rest.n < 2 || rest.p[0] != ':')
		return false;
	t->name = str_skip(rest, 1);
	return true;
}

static bool read_network(struct str rest, struct spf_term *t)
{
	struct err e = ERR_EMPTY;

	return rest.n > 1 && rest.p[0] == ':' &&
	       cidr_parse(str_skip(rest, 1), &t->network, &e);
}

static bool read_v4(struct str rest, struct spf_term *t)
{
	return read_network(rest, t) && cidr_is_v4(&t->network);
}

static bool read_v6(struct str rest, struct spf_term *t)
{
	return read_network(rest, t) && str_chr(str_skip(rest, 1), ':') >= 0;
}

static bool read_nothing(struct str rest, struct spf_term *t)
{
	(void)t;
	return rest.n == 0;
}

static bool read_ptr(struct str rest, struct spf_term *t)
{
	return rest.n == 0 || read_name(rest, t);
}

static const struct {
	struct str word;
	enum spf_kind kind;
	bool (*read)(struct str rest, struct spf_term *t);
} mechanisms[] = {
	{STR("all"), SPF_ALL, read_nothing},
	{STR("include"), SPF_INCLUDE, read_name},
	{STR("a"), SPF_A, read_host},
	{STR("mx"), SPF_MX, read_host},
	{STR("ptr"), SPF_PTR, read_ptr},
	{STR("ip4"), SPF_NETWORK, read_v4},
	{STR("ip6"), SPF_NETWORK, read_v6},
	{STR("exists"), SPF_EXISTS, read_name},
};

/* Letters, digits, hyphens, dots and underscores from the front. */
static size_t word_len(struct str s)
{
	size_t n = 0;

	while (n < s.n && (ascii_alnum(s.p[n]) || strchr("-_.", s.p[n])))
		n++;
	return n;
}

static bool read_modifier(struct str s, size_t name_n, struct spf_term *t)
{
	struct str value = str_skip(s, name_n + 1);

	if (!ascii_alnum(s.p[0]) || ascii_digit(s.p[0]))
		return false;
	t->kind = SPF_OTHER;
	if (!str_is_ci(str_head(s, name_n), "redirect"))
		return true;
	t->kind = SPF_REDIRECT;
	t->name = value;
	return value.n > 0;
}

static bool read_term(struct str s, struct spf_term *t)
{
	size_t n;

	*t = (struct spf_term){.mark = '+'};
	n = word_len(s);
	if (n && n < s.n && s.p[n] == '=')
		return read_modifier(s, n, t);
	if (strchr("+-~?", s.p[0])) {
		t->mark = s.p[0];
		s = str_skip(s, 1);
		n = word_len(s);
	}
	for (size_t i = 0; i < ARRAY_LEN(mechanisms); i++) {
		if (!str_eq_ci(str_head(s, n), mechanisms[i].word))
			continue;
		t->kind = mechanisms[i].kind;
		return mechanisms[i].read(str_skip(s, n), t);
	}
	return false;
}

bool spf_text_read(struct str text, struct spf_term term_r[SPF_TERMS_MAX],
		   size_t *n_r)
{
	struct str rest = text, s;

	*n_r = 0;
	if (!str_is_ascii(text) || str_has_control(text) ||
	    !str_split(&rest, ' ', &s) || !str_is_ci(s, "v=spf1"))
		return false;
	while (str_split(&rest, ' ', &s)) {
		if (s.n == 0)
			continue;
		if (*n_r == SPF_TERMS_MAX || !read_term(s, &term_r[*n_r]))
			return false;
		++*n_r;
	}
	return true;
}
