/* set.c - sets of addresses: hash maps by kind of pattern, so that a list of
 * a hundred thousand entries costs as much as one of ten.
 */
#include "policy/policy_int.h"

void addr_map_release(struct addr_map *m)
{
	map_release(&m->exact);
	map_release(&m->domain);
	map_release(&m->below);
	m->all = NULL;
	m->n = 0;
}

void *addr_map_put(struct addr_map *m, const struct addr_pattern *p,
		   void *value)
{
	void *old = m->all;

	m->n++;
	switch (p->kind) {
	case ADDR_EXACT:
		return map_put(&m->exact, p->key, value);
	case ADDR_DOMAIN:
		return map_put(&m->domain, p->key, value);
	case ADDR_BELOW:
		return map_put(&m->below, p->key, value);
	case ADDR_ALL:
		m->all = value;
		return old;
	}
	return NULL;
}

/* The longest "*.name" first: most specific wins. */
static void *look_below(const struct map *m, struct str domain)
{
	for (;;) {
		ptrdiff_t dot = str_chr(domain, '.');
		void *v;

		if (dot < 0)
			return NULL;
		domain = str_skip(domain, (size_t)dot + 1);
		v = map_get(m, domain);
		if (v)
			return v;
	}
}

void *addr_map_get(const struct addr_map *m, const struct addr *addr)
{
	void *v = NULL;

	if (m->exact.n)
		v = map_get(&m->exact, addr->key);
	if (!v && m->domain.n)
		v = map_get(&m->domain, addr->key_domain);
	if (!v && m->below.n)
		v = look_below(&m->below, addr->key_domain);
	return v ? v : m->all;
}

bool addr_set_has(const struct addr_set *s, const struct addr *addr)
{
	return addr->key.n && addr_map_get(&s->map, addr);
}

/* Is what stands before the last @ a local part to everybody?  A second @, a
 * quote, a route: some find another domain there. */
static bool plain_local(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f ||
		    strchr("@\"\\<>()[],;:", s.p[i]))
			return false;
	return s.n > 0;
}

void addr_lenient(struct str text, struct arena *a, struct addr *addr_r)
{
	ptrdiff_t at;
	char *key;

	*addr_r = (struct addr){0};
	if (!text.n || addr_parse(text, true, true, a, addr_r, NULL))
		return;
	/* Over-long local parts and such; nobody's domain, if that is in
	 * doubt: it is outside then. */
	key = arena_strndup(a, text.p, text.n);
	for (size_t i = 0; i < text.n; i++)
		key[i] = ascii_lower(key[i]);
	*addr_r = (struct addr){.text = text, .key = str_n(key, text.n)};
	at = str_rchr(addr_r->key, '@');
	if (at >= 0 && !plain_local(str_head(text, (size_t)at)))
		at = -1;
	addr_r->key_domain = at < 0 ? STR_EMPTY
				    : str_skip(addr_r->key, (size_t)at + 1);
	addr_r->domain = at < 0 ? STR_EMPTY : str_skip(text, (size_t)at + 1);
	addr_r->local = at < 0 ? text : str_head(text, (size_t)at);
}

struct addr_set *set_new(struct loader *l)
{
	struct addr_set *s = ARENA_NEW(l->a, struct addr_set);

	s->next = l->p->sets;
	l->p->sets = s;
	return s;
}

static void keep_exact(struct loader *l, struct addr_set *s, struct str key)
{
	if (s->exact_n == s->exact_cap) {
		size_t cap = s->exact_cap ? s->exact_cap * 2 : 4;
		struct str *v = arena_array(l->a, cap, sizeof(*v));

		if (s->exact_n)
			memcpy(v, s->exact, s->exact_n * sizeof(*v));
		s->exact = v;
		s->exact_cap = cap;
	}
	s->exact[s->exact_n++] = key;
}

bool set_add(struct loader *l, struct addr_set *s, struct str text,
	     const struct conf_node *at)
{
	struct addr_pattern p;
	struct err e = ERR_EMPTY;

	if (!addr_pattern_parse(text, l->a, &p, &e)) {
		conf_error(l->errs, at,
			   "「" STR_FMT "」はアドレスでもドメインでも"
			   "ありません。使えるのは a@example.jp、example.jp、"
			   "*.example.jp、*@example.jp です。",
			   "`" STR_FMT "` is no address, domain or pattern; "
			   "allowed are a@example.jp, example.jp, "
			   "*.example.jp, *@example.jp",
			   STR_ARG(conf_word(text)));
		return false;
	}
	if (p.kind != ADDR_EXACT)
		s->patterns = true;
	else if (!map_get(&s->map.exact, p.key))
		keep_exact(l, s, p.key);
	addr_map_put(&s->map, &p, s);
	return true;
}
