/* known.c - the domains that others may look like: the policy's own (`domains`,
 * every list), the shipped free-mail and carrier lists, and those to which the
 * company writes.
 */
#include "policy/known_int.h"

#define BITS_EACH 16 /* of the table, for each domain */

static const char *const SECOND[] = {"ac", "ad", "co", "com", "ed", "edu", "go",
				     "gr", "lg", "ne", "net", "or", "org"};

/* "example.co.jp" is "example" and "co.jp". */
bool domain_split(struct str domain, struct str *name_r, struct str *end_r)
{
	ptrdiff_t dot = str_rchr(domain, '.'), second;
	struct str word;

	TRY(dot > 0);
	second = str_rchr(str_head(domain, (size_t)dot), '.');
	word = str_head(str_skip(domain, (size_t)(second + 1)),
			(size_t)(dot - second - 1));
	for (size_t i = 0;
	     second > 0 && domain.n - (size_t)dot == 3 && i < ARRAY_LEN(SECOND);
	     i++) {
		if (!str_is(word, SECOND[i]))
			continue;
		dot = second;
		break;
	}
	*name_r = str_head(domain, (size_t)dot);
	*end_r = str_skip(domain, (size_t)dot + 1);
	return true;
}

size_t name_labels(struct str name)
{
	size_t n = 1;

	for (size_t i = 0; i < name.n; i++)
		n += name.p[i] == '.';
	return n;
}

struct alike *alike_new(void)
{
	return NEW(struct alike);
}

void alike_free(struct alike **allp)
{
	struct alike *all = TAKE(*allp);

	if (!all)
		return;
	map_release(&all->domain);
	map_release(&all->look);
	map_release(&all->name);
	arena_release(&all->arena);
	mem_free(all);
}

void alike_add(struct alike *all, struct str domain, bool shipped)
{
	struct str name, end, look;
	struct known *k;

	if (domain.n > DOMAIN_MAX || !domain_split(domain, &name, &end) ||
	    map_get(&all->domain, domain))
		return;
	k = ARENA_NEW(&all->arena, struct known);
	k->domain = arena_str(&all->arena, domain);
	k->shipped = shipped;
	map_put(&all->domain, domain, k);
	look = domain_look(domain, &all->arena);
	if (!map_get(&all->look, look))
		map_put(&all->look, look, k);
	if (!map_get(&all->name, name))
		map_put(&all->name, name, k);
	all->labels = MAX_OF(all->labels, name_labels(name));
}

static uint64_t text_hash(struct str s)
{
	uint64_t h = 0;

	for (size_t i = s.n; i--;)
		h = h * HASH_BASE + known_char(s.p[i]);
	return h;
}

static void set_bit(struct alike *all, struct str name)
{
	uint64_t bit = known_bit(all, text_hash(name));

	all->bits[bit / 64] |= UINT64_C(1) << bit % 64;
}

void alike_seal(struct alike *all)
{
	struct str key, name, end;
	uint64_t n = 1024;
	size_t at = 0;
	void *v;

	while (n < all->domain.n * BITS_EACH)
		n *= 2;
	all->bits_mask = n - 1;
	all->bits = arena_array(&all->arena, (size_t)(n / 64),
				sizeof(*all->bits));
	while (map_next(&all->name, &at, &key, &v))
		set_bit(all, key);
	at = 0;
	while (map_next(&all->look, &at, &key, &v))
		if (domain_split(key, &name, &end))
			set_bit(all, name);
}

/* ---- of a policy ---- */

static struct str domain_part(struct str key)
{
	return str_skip(key, (size_t)(str_rchr(key, '@') + 1));
}

static void add_entries(struct loader *l, const struct entry *v, size_t n,
			bool shipped)
{
	for (size_t i = 0; i < n; i++) {
		struct addr_pattern p;
		struct err e;

		if (str_chr(v[i].text, '.') >= 0 &&
		    addr_pattern_parse(v[i].text, l->a, &p, &e) &&
		    p.kind != ADDR_ALL)
			alike_add(l->p->alike, domain_part(p.key), shipped);
	}
}

static void add_keys(struct loader *l, const struct map *m)
{
	struct str key;
	size_t at = 0;
	void *v;

	while (map_next(m, &at, &key, &v))
		alike_add(l->p->alike, domain_part(key), false);
}

static void add_shipped(struct loader *l, const char *name)
{
	struct named v = {0};
	struct csv csv;

	if (!shipped_csv(l, name, &csv))
		return;
	list_entries(l, &v, &csv, 0);
	add_entries(l, v.entry, v.entry_n, true);
}

/* Of the history that stands in for the engine's. */
static void known_of_history(struct loader *l)
{
	struct policy_known_maker *maker;
	struct str key;
	size_t at = 0;
	void *v;

	if (!l->p->past_known)
		return;
	maker = policy_known_begin();
	while (map_next(&l->p->past, &at, &key, &v))
		policy_known_count(maker, key, ((struct past *)v)->count);
	l->p->known = policy_known_end(&maker);
}

void alike_prepare(struct loader *l)
{
	const struct addr_map *own = &l->p->classes;
	const char *names[SHIPPED_MAX];
	size_t n = shipped_names(names, SHIPPED_MAX), at = 0;
	struct str key;
	void *v;

	if (l->p->alike)
		return;
	l->p->needs |= NEEDS_KNOWN;
	l->p->alike = alike_new();
	for (size_t i = 0; i < n; i++)
		add_shipped(l, names[i]);
	add_keys(l, &own->exact);
	add_keys(l, &own->domain);
	add_keys(l, &own->below);
	while (map_next(&l->lists, &at, &key, &v))
		add_entries(l, ((struct named *)v)->entry,
			    ((struct named *)v)->entry_n, false);
	alike_seal(l->p->alike);
	known_of_history(l);
}

/* ---- of the past ---- */

struct policy_known_maker {
	struct map counts; /* domain to mails, at most KNOWN_LEAST */
};

struct policy_known_maker *policy_known_begin(void)
{
	return NEW(struct policy_known_maker);
}

void policy_known_count(struct policy_known_maker *m, struct str recipient,
			uint64_t mails)
{
	struct str domain = domain_part(recipient);
	uint64_t now = (uintptr_t)map_get(&m->counts, domain);

	if (now >= POLICY_KNOWN_LEAST || m->counts.n >= POLICY_KNOWN_MAX)
		return;
	now += MIN_OF(mails, (uint64_t)POLICY_KNOWN_LEAST);
	if (domain.n)
		map_put(&m->counts, domain, (void *)(uintptr_t)now);
}

struct alike *policy_known_end(struct policy_known_maker **mp)
{
	struct policy_known_maker *m = TAKE(*mp);
	struct alike *all = alike_new();
	struct str key;
	size_t at = 0;
	void *v;

	while (map_next(&m->counts, &at, &key, &v))
		if ((uintptr_t)v >= POLICY_KNOWN_LEAST)
			alike_add(all, key, false);
	alike_seal(all);
	map_release(&m->counts);
	mem_free(m);
	return all;
}

void policy_known_free(struct alike **all)
{
	alike_free(all);
}
