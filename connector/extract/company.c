/* company.c - an index of names by their first characters; see company_int.h.
 *
 * Names are sorted; those that share their first three code points stand
 * together and are found by a hash of these. From there each further code
 * point of the text narrows the range, so that a place in the text costs a
 * look, and a name that is there its length.
 */
#include "connector/extract/company_int.h"
#include <stdlib.h>
#include "connector/base/mem.h"

#define KEY_MAX	    3
#define FILTER_BITS (1u << 20)

struct name {
	union {
		const uint32_t *v;
		size_t at; /* in chars, while these grow */
	};
	uint32_t company;
	uint8_t n;
	uint8_t kind; /* as registered */
};
struct range {
	uint32_t lo, n; /* n 0: free */
};
struct companies {
	struct name *name;
	size_t n;
	struct {
		VEC_OF(uint32_t);
	} chars;
	struct range
		*slot; /* by hash of the first KEY_MAX, or all, of a name */
	size_t slots;
	uint8_t first[FOLD_PLANE / 8]; /* bits: a name begins with it */
	uint8_t filter[FILTER_BITS / 8];
	bool has_short[KEY_MAX]; /* names of so many code points exist */
};

static uint64_t hash_of(const uint32_t *g, size_t n)
{
	uint64_t h = n;

	for (size_t i = 0; i < n; i++)
		h = (h ^ FORM_CP(g[i])) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

static int compare_chars(const uint32_t *a, size_t an, const uint32_t *b,
			 size_t bn)
{
	for (size_t i = 0; i < an && i < bn; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return an == bn ? 0 : an < bn ? -1 : 1;
}

static int compare(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	int r = compare_chars(x->v, x->n, y->v, y->n);

	if (r)
		return r;
	return x->company < y->company ? -1 : x->company > y->company;
}

/* The name without its kind, appended. */
static void add(struct companies *c, uint32_t company, const struct forms *f)
{
	const uint32_t *g = f->glyphs.v;
	size_t from = 0, to = f->glyphs.n;
	struct name name = {.at = c->chars.n, .company = company};

	name.kind = (uint8_t)company_strip(g, &from, &to);
	to = MIN_OF(to, from + COMPANY_NAME_MAX);
	if (from == to)
		return;
	for (size_t i = from; i < to; i++)
		vec_push(&c->chars, FORM_CP(g[i]));
	name.n = (uint8_t)(to - from);
	c->name[c->n++] = name;
	if (name.n < KEY_MAX)
		c->has_short[name.n] = true;
}

static struct range *slot_of(const struct companies *c, const uint32_t *g,
			     size_t n, uint64_t hash)
{
	size_t i = hash & (c->slots - 1);

	for (; c->slot[i].n; i = (i + 1) & (c->slots - 1)) {
		const struct name *name = &c->name[c->slot[i].lo];
		bool same = n < KEY_MAX ? name->n == n : name->n >= n;

		for (size_t k = 0; same && k < n; k++)
			same = name->v[k] == FORM_CP(g[k]);
		if (same)
			return &c->slot[i];
	}
	return &c->slot[i];
}

static void index_names(struct companies *c)
{
	c->slots = 16;
	while (c->slots < c->n * 2)
		c->slots *= 2;
	c->slot = NEW_ARRAY(struct range, c->slots);
	for (size_t i = 0; i < c->n; i++) {
		const struct name *name = &c->name[i];
		size_t key = MIN_OF((size_t)name->n, (size_t)KEY_MAX);
		uint64_t h = hash_of(name->v, key);
		struct range *r = slot_of(c, name->v, key, h);

		if (!r->n)
			r->lo = (uint32_t)i;
		r->n++;
		if (name->v[0] < FOLD_PLANE)
			c->first[name->v[0] / 8] |= (uint8_t)(1u << name->v[0] %
									    8);
		h = h >> 32 & (FILTER_BITS - 1);
		c->filter[h / 8] |= (uint8_t)(1u << h % 8);
	}
}

struct companies *companies_new(const struct question *q)
{
	struct companies *c = NEW(struct companies);
	AUTO(forms) forms;
	AUTO(fold) f = {0};

	company_forms_ready();
	c->name = NEW_ARRAY(struct name, q->company_n);
	forms_init(&forms);
	for (size_t i = 0; i < q->company_n; i++) {
		fold_read(&f, q->company[i], false);
		forms_begin(&forms, 0, true, 0);
		forms_add(&forms, f.v, f.n);
		add(c, (uint32_t)i, &forms);
	}
	for (size_t i = 0; i < c->n; i++)
		c->name[i].v = c->chars.v + c->name[i].at;
	qsort(c->name, c->n, sizeof(*c->name), compare);
	index_names(c);
	return c;
}

void companies_free(struct companies **c)
{
	if (!*c)
		return;
	mem_free((*c)->name);
	vec_release(&(*c)->chars);
	mem_free((*c)->slot);
	mem_free(*c);
	*c = NULL;
}

/* ---- looking ------------------------------------------------------------- */

struct look {
	const struct companies *c;
	const uint32_t *g;
	size_t n;
	/* The longest name that begins here, as rows of c->name. */
	size_t lo, hi, end;
};

/* Characters beyond the first plane are looked at more closely. */
static bool may_begin(const struct companies *c, uint32_t cp)
{
	return cp >= FOLD_PLANE || c->first[cp / 8] >> cp % 8 & 1;
}

/* Between these two glyphs no word goes on. */
static bool parts(uint32_t a, uint32_t b)
{
	if (b & FORM_BLANK)
		return true;
	if (a & b & FORM_KATAKANA)
		return false;
	return !(form_kind(FORM_CP(a)) & KIND_WORD) ||
	       !(form_kind(FORM_CP(b)) & KIND_WORD);
}

static bool counts(const struct name *name, unsigned kind)
{
	return name->n >= KEY_MAX ||
	       (kind && (name->kind == COMPANY_PLAIN || name->kind == kind));
}

/* Rows lo..hi are one name and stand at from..to: are they meant? */
static void consider(struct look *l, size_t from, size_t to, size_t lo,
		     size_t hi)
{
	const struct name *v = l->c->name;
	unsigned kind;

	if (to < l->n && !parts(l->g[to - 1], l->g[to]))
		return;
	if (v[lo].n < KEY_MAX) {
		bool any = false;

		kind = company_beside(l->g, l->n, from, to);
		for (size_t i = lo; i < hi; i++)
			any = any || counts(&v[i], kind);
		if (!any)
			return;
	}
	l->lo = lo;
	l->hi = hi;
	l->end = to;
}

/* First row in lo..hi whose code point d is at least cp. */
static size_t lower(const struct name *v, size_t lo, size_t hi, size_t d,
		    uint32_t cp)
{
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (v[mid].v[d] < cp)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Names of the range that share d code points with what stands at `from`. */
static void narrow(struct look *l, size_t from, size_t d, size_t lo, size_t hi)
{
	const struct name *v = l->c->name;

	while (lo < hi) {
		size_t whole = lo;
		uint32_t cp;

		while (whole < hi && v[whole].n == d)
			whole++;
		if (whole > lo)
			consider(l, from, from + d, lo, whole);
		if (from + d >= l->n)
			return;
		cp = FORM_CP(l->g[from + d]);
		lo = lower(v, whole, hi, d, cp);
		hi = lower(v, lo, hi, d, cp + 1);
		d++;
	}
}

static void look_at(struct look *l, size_t from)
{
	const struct companies *c = l->c;

	l->end = 0;
	if (from && !parts(l->g[from - 1], l->g[from]))
		return;
	for (size_t n = 1; n <= KEY_MAX && from + n <= l->n; n++) {
		uint64_t h, bit;
		const struct range *r;

		if (n < KEY_MAX && !c->has_short[n])
			continue;
		h = hash_of(l->g + from, n);
		bit = h >> 32 & (FILTER_BITS - 1);
		if (!(c->filter[bit / 8] >> bit % 8 & 1))
			continue;
		r = slot_of(c, l->g + from, n, h);
		if (r->n)
			narrow(l, from, n, r->lo, r->lo + r->n);
	}
}

/* Rows of one name: where the text says a kind, those of another are not
 * meant. */
static void tell(const struct look *l, size_t from,
		 void (*found)(void *arg, uint32_t company), void *arg)
{
	const struct name *v = l->c->name;
	unsigned kind = company_beside(l->g, l->n, from, l->end);

	for (size_t i = l->lo; i < l->hi; i++)
		if (counts(&v[i], kind) &&
		    (kind < COMPANY_FIRST || v[i].kind < COMPANY_FIRST ||
		     v[i].kind == kind))
			found(arg, v[i].company);
}

void companies_scan(const struct companies *c, const uint32_t *g, size_t n,
		    bool last, struct company_walk *w,
		    void (*found)(void *arg, uint32_t company), void *arg)
{
	struct look l = {.c = c, .g = g, .n = n};
	size_t to = last ? n : n > COMPANY_BESIDE ? n - COMPANY_BESIDE : 0;

	for (; w->at < to; w->at++) {
		if (!may_begin(c, FORM_CP(g[w->at])))
			continue;
		look_at(&l, w->at);
		/* What lies within a longer name is not this one. */
		if (l.end <= w->end)
			continue;
		w->end = l.end;
		tell(&l, w->at, found, arg);
	}
}
