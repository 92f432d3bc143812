/* region.c - plain bodies in memory that children may read.
 *
 * A region is its own memfd, shown to a child only when that child has to read
 * it. Where several tenants may share the pool, none is used twice: whoever
 * has mapped it would see the next one's body, and the next one's child what
 * was in it before. Its memory is given back and a new one made.
 */
#include "connector/inspect/inspect_int.h"
#include "connector/base/die.h"
#include "connector/sys/proc/fdpass.h"

static bool region_make(struct inspect *p, struct region *r)
{
	struct err e = ERR_EMPTY;

	if (!shm_new_one_way(&r->shm, "sekisho-region", BODY_REGION_MAX, &e)) {
		LOG(p->conf.log, LOG_WARN, "inspect.region", LE(&e));
		return false;
	}
	r->p = p;
	r->id = ++p->last_region;
	r->shown = r->old = false;
	return true;
}

struct region *inspect_region_take(struct inspect *p, uint64_t size_hint)
{
	if (size_hint > BODY_REGION_MAX)
		return NULL;
	for (unsigned i = 0; i < p->region_n; i++) {
		struct region *r = &p->region[i];

		if (r->taken || r->users)
			continue;
		if (!r->shm.p && !region_make(p, r))
			return NULL;
		r->taken = true;
		return r;
	}
	return NULL;
}

char *inspect_region_bytes(struct region *r)
{
	return (char *)r->shm.p;
}

static void forget(struct inspect *p, uint64_t id)
{
	struct ring_msg m = {.kind = RING_MSG_FORGET, .id = id};

	for (struct child *c = child_next(p, NULL); c; c = child_next(p, c)) {
		for (size_t k = 0; k < c->regions.n; k++) {
			if (c->regions.v[k] != id)
				continue;
			c->regions.v[k] = c->regions.v[--c->regions.n];
			/* A child that does not listen is to be replaced. */
			if (!fdpass_send(c->sock, &m, sizeof(m), NULL, 0))
				child_retire(c);
			break;
		}
	}
}

/* Nobody holds it any more. */
static void region_rest(struct region *r)
{
	if (!r->shm.p || r->taken || r->users ||
	    (r->p->conf.one_tenant && !r->old))
		return;
	if (r->shown)
		forget(r->p, r->id);
	shm_release(&r->shm);
	r->shown = false;
}

void inspect_region_give(struct region **r)
{
	struct region *it = *r;

	*r = NULL;
	if (!it)
		return;
	it->taken = false;
	region_rest(it);
}

void inspect_set_tenants(struct inspect *p, bool one_tenant)
{
	p->conf.one_tenant = one_tenant;
	for (unsigned i = 0; i < p->region_n; i++) {
		p->region[i].old = true;
		region_rest(&p->region[i]);
	}
}

void region_unuse(struct region *r)
{
	must(r->users > 0);
	r->users--;
	region_rest(r);
}

void regions_free(struct inspect *p)
{
	for (unsigned i = 0; i < p->region_n; i++)
		shm_release(&p->region[i].shm);
	mem_free(p->region);
	p->region = NULL;
	p->region_n = 0;
}
