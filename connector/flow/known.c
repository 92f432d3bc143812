/* known.c - the domains to which each tenant writes, for `look-alike`: read
 * from the past a slice at a time, so that mail does not wait, and begun anew
 * every hour while the policy asks.
 */
#include "connector/flow/flow_int.h"

#define SLICE	       2000 /* rows in one go */
#define SLICE_EVERY_US (20 * US_PER_MS)
#define KNOWN_EVERY_US US_PER_HOUR

struct known {
	struct alike *domains; /* of the last whole reading, or NULL */
};

struct knowing {
	struct flow *f;
	struct timer *timer;
	struct map tenants; /* name to struct known */
	/* A reading under way. */
	size_t tenant; /* of the configuration */
	struct policy_known_maker *maker;
	struct arena arena; /* of `after` */
	struct store_past *after;
};

static void keep(struct knowing *k, const char *tenant, struct alike *domains)
{
	struct known *of = map_get(&k->tenants, str_of(tenant));

	if (!of) {
		of = NEW(struct known);
		map_put(&k->tenants, str_of(tenant), of);
	}
	policy_known_free(&of->domains);
	of->domains = domains;
}

static void count_rows(struct knowing *k, const struct store_past *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		policy_known_count(k->maker, v[i].recipient,
				   (uint64_t)v[i].count);
}

static void remember(struct knowing *k, const struct store_past *last)
{
	struct arena a = ARENA_EMPTY;
	struct store_past *copy = ARENA_NEW(&a, struct store_past);

	copy->recipient = arena_str(&a, last->recipient);
	copy->sender = arena_str(&a, last->sender);
	arena_release(&k->arena);
	k->arena = a;
	k->after = copy;
}

static void drop(struct knowing *k)
{
	struct alike *rest = policy_known_end(&k->maker);

	policy_known_free(&rest);
}

/* False: no more of this tenant; without a maker it could not be read. */
static bool read_slice(struct knowing *k, const char *tenant)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct err e = ERR_EMPTY;
	struct store_past *v;
	size_t n = 0;

	if (!store_past_list(k->f->reader, str_of(tenant), k->after, SLICE, &a,
			     &v, &n, &e)) {
		LOG(&k->f->log, LOG_ERROR, "known-domains", LE(&e));
		drop(k);
		return false;
	}
	count_rows(k, v, n);
	if (n == SLICE)
		remember(k, &v[n - 1]);
	return n == SLICE;
}

static void on_slice(void *arg)
{
	struct knowing *k = arg;
	const struct config *c = k->f->c.config;

	if (!(policy_needs(k->f->policy->policy) & NEEDS_KNOWN) ||
	    k->tenant >= c->tenant_n) {
		k->tenant = 0;
		timer_set(k->timer, KNOWN_EVERY_US);
		return;
	}
	if (!k->maker)
		k->maker = policy_known_begin();
	if (!read_slice(k, c->tenant[k->tenant].tenant)) {
		if (k->maker)
			keep(k, c->tenant[k->tenant].tenant,
			     policy_known_end(&k->maker));
		k->tenant++;
		k->after = NULL;
	}
	timer_set(k->timer, SLICE_EVERY_US);
}

const struct alike *known_of(const struct flow *f, const char *tenant)
{
	const struct known *of = f->knowing ? map_get(&f->knowing->tenants,
						      str_of(tenant))
					    : NULL;

	return of ? of->domains : NULL;
}

void known_look(struct flow *f)
{
	struct knowing *k = f->knowing;

	if (!k)
		return;
	if (!k->maker)
		k->tenant = 0; /* from the begin */
	timer_set(k->timer, US_PER_MS);
}

void known_start(struct flow *f)
{
	struct knowing *k = NEW(struct knowing);

	k->f = f;
	k->timer = timer_new(f->c.loop, on_slice, k);
	f->knowing = k;
	timer_set(k->timer, US_PER_MS);
}

void known_release(struct flow *f)
{
	struct knowing *k = TAKE(f->knowing);
	struct str key;
	size_t at = 0;
	void *v;

	if (!k)
		return;
	timer_free(&k->timer);
	while (map_next(&k->tenants, &at, &key, &v)) {
		policy_known_free(&((struct known *)v)->domains);
		mem_free(v);
	}
	map_release(&k->tenants);
	if (k->maker)
		drop(k);
	arena_release(&k->arena);
	mem_free(k);
}
