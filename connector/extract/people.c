/* people.c - persons; see people_int.h. */
#include "connector/extract/people_int.h"
#include "connector/extract/detect_int.h"

struct family {
	uint32_t full; /* different given names */
	bool alone;    /* named without one */
};

void people_init(struct people *p)
{
	*p = (struct people){.full = MAP_EMPTY, .families = MAP_EMPTY};
	arena_init_secret(&p->arena);
}

void people_release(struct people *p)
{
	values_release(&p->full);
	values_release(&p->families);
	arena_release(&p->arena);
}

static struct family *family_of(struct people *p, struct str name)
{
	struct family *f = map_get(&p->families, name);

	if (f)
		return f;
	if (p->families.n >= PEOPLE_MAX) {
		p->more = true;
		return NULL;
	}
	f = ARENA_NEW(&p->arena, struct family);
	map_put(&p->families, name, f);
	return f;
}

void people_add(struct people *p, struct str family, struct str given)
{
	char bytes[2 * DETECT_VALUE_MAX + 1];
	struct str key = {bytes, family.n + 1 + given.n};
	struct family *f;

	if (family.n > DETECT_VALUE_MAX || given.n > DETECT_VALUE_MAX)
		return;
	f = family_of(p, family);
	if (!f)
		return;
	if (!given.n) {
		p->n += !f->full && !f->alone;
		f->alone = true;
		return;
	}
	memcpy(bytes, family.p, family.n);
	bytes[family.n] = '\0';
	memcpy(bytes + family.n + 1, given.p, given.n);
	if (!map_get(&p->full, key)) {
		if (p->full.n >= PEOPLE_MAX) {
			p->more = true;
		} else {
			map_put(&p->full, key, f);
			/* Who was there without a given name is this one. */
			p->n += f->full || !f->alone;
			f->full++;
		}
	}
	mem_wipe(bytes, key.n);
}
