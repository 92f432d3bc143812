/* dkim_ring.c - see dkim_ring.h. */
#include "connector/sign/dkim_ring.h"
#include "connector/base/codec.h"
#include "connector/base/json.h"
#include "connector/base/mem.h"

#define RECORD_MAX 1000 /* RSA of 4096 bits has some 750 */

static const char *const states[] = {"new", "active", "retired"};
static const struct {
	enum key_alg alg;
	const char *name;
} algorithms[] = {{KEY_RSA, "rsa"}, {KEY_ED25519, "ed25519"}};

const char *dkim_state_name(enum dkim_state s)
{
	return states[s];
}

const char *dkim_alg_name(enum key_alg alg)
{
	return algorithms[alg == KEY_ED25519].name;
}

struct dkim_ring *dkim_ring_new(void)
{
	return NEW(struct dkim_ring);
}

void dkim_ring_free(struct dkim_ring **r)
{
	struct dkim_ring *old = TAKE(*r);

	if (!old)
		return;
	arena_release(&old->arena);
	mem_free(old);
}

/* ---- as JSON ---------------------------------------------------------------
 */

static bool read_words(const struct json *o, struct dkim_own *k)
{
	const char *alg = json_get_cstr(o, "algorithm", "");
	const char *state = json_get_cstr(o, "state", "");
	bool alg_known = false, state_known = false;

	for (size_t i = 0; i < ARRAY_LEN(algorithms); i++)
		if (strcmp(alg, algorithms[i].name) == 0) {
			k->alg = algorithms[i].alg;
			alg_known = true;
		}
	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		if (strcmp(state, states[i]) == 0) {
			k->state = (enum dkim_state)i;
			state_known = true;
		}
	return alg_known && state_known;
}

static bool read_key(struct arena *a, const struct json *o, struct dkim_own *k)
{
	struct str sealed = str_of(json_get_cstr(o, "sealed", ""));
	struct buf blob = BUF_MAX(KEY_BLOB_MAX);
	bool ok = read_words(o, k) && b64_decode(&blob, sealed);

	k->domain = arena_strdup(a, json_get_cstr(o, "domain", ""));
	k->selector = arena_strdup(a, json_get_cstr(o, "selector", ""));
	k->record = arena_strdup(a, json_get_cstr(o, "record", ""));
	k->made_us = json_get_int(o, "made", 0);
	k->used_us = json_get_int(o, "used", 0);
	k->retired_us = json_get_int(o, "retired", 0);
	k->blob = arena_str(a, buf_str(&blob));
	buf_release(&blob);
	return ok && k->domain[0] && dkim_selector_ok(str_of(k->selector)) &&
	       (k->blob.n > 0) == (k->state != DKIM_RETIRED);
}

bool dkim_ring_read(struct dkim_ring *r, struct str text, struct err *e)
{
	struct json *all;
	bool ok = true;

	if (text.n == 0)
		return true;
	all = json_parse(text, e);
	if (!all)
		return err_wrap(e, "DKIM keys");
	for (const struct json *o = json_at(all, 0); ok && o; o = json_next(o))
		ok = r->n < DKIM_RING_MAX &&
		     read_key(&r->arena, o, &r->v[r->n++]);
	json_free(&all);
	if (!ok)
		return err_set(e, ERR_PERMANENT, 0,
			       "the DKIM keys in the store are damaged");
	return true;
}

static void write_key(struct json *list, const struct dkim_own *k)
{
	struct json *o = json_add_object(list, NULL);
	struct buf blob = BUF_MAX((size_t)2 * KEY_BLOB_MAX);

	b64_encode(&blob, k->blob);
	json_add_cstr(o, "domain", k->domain);
	json_add_cstr(o, "selector", k->selector);
	json_add_cstr(o, "algorithm", dkim_alg_name(k->alg));
	json_add_cstr(o, "state", states[k->state]);
	json_add_str(o, "sealed", buf_str(&blob));
	json_add_cstr(o, "record", k->record);
	json_add_int(o, "made", k->made_us);
	json_add_int(o, "used", k->used_us);
	json_add_int(o, "retired", k->retired_us);
	buf_release(&blob);
}

void dkim_ring_write(const struct dkim_ring *r, struct buf *out)
{
	struct json *list = json_array();

	for (size_t i = 0; i < r->n; i++)
		write_key(list, &r->v[i]);
	json_print(list, out, false);
	json_free(&list);
}

/* ---- changes ---------------------------------------------------------------
 */

static struct dkim_own *find(struct dkim_ring *r, struct str domain,
			     struct str selector)
{
	for (size_t i = 0; i < r->n; i++)
		if (str_is(domain, r->v[i].domain) &&
		    str_is(selector, r->v[i].selector))
			return &r->v[i];
	return NULL;
}

/* A place at the end. */
static struct dkim_own *place(struct dkim_ring *r, struct err *e)
{
	for (size_t i = 0; r->n == DKIM_RING_MAX && i < r->n; i++)
		if (r->v[i].state == DKIM_RETIRED) {
			r->n--;
			memmove(&r->v[i], &r->v[i + 1],
				(r->n - i) * sizeof(r->v[0]));
		}
	if (r->n < DKIM_RING_MAX)
		return &r->v[r->n];
	err_set(e, ERR_LIMIT, 0, "there are %d DKIM keys: retire some",
		DKIM_RING_MAX);
	return NULL;
}

bool dkim_ring_add(struct dkim_ring *r, struct keys *keys, enum key_alg alg,
		   struct str domain, struct str selector, int64_t now_us,
		   struct err *e)
{
	struct buf blob = BUF_MAX(KEY_BLOB_MAX), spki = BUF_MAX(KEY_SPKI_MAX);
	struct buf record = BUF_MAX(RECORD_MAX);
	struct dkim_own *k;
	bool ok;

	if (find(r, domain, selector))
		return err_set(e, ERR_CONFLICT, 0,
			       STR_FMT "/" STR_FMT " has been used: name "
				       "another selector",
			       STR_ARG(domain), STR_ARG(selector));
	k = place(r, e);
	TRY(k != NULL);
	ok = keys_key_new(keys, alg, &blob, &spki, e) &&
	     dkim_record(alg, buf_str(&spki), &record, e);
	if (ok) {
		*k = (struct dkim_own){
			.domain = arena_str(&r->arena, domain).p,
			.selector = arena_str(&r->arena, selector).p,
			.alg = alg,
			.state = DKIM_NEW,
			.blob = arena_str(&r->arena, buf_str(&blob)),
			.record = arena_str(&r->arena, buf_str(&record)).p,
			.made_us = now_us};
		r->n++;
	}
	buf_release(&blob);
	buf_release(&spki);
	buf_release(&record);
	return ok;
}

static void tell(struct buf *told, const struct dkim_own *k)
{
	buf_printf(told, "%s%s/%s: %s", told->n ? "\n" : "", k->domain,
		   k->selector, states[k->state]);
}

static void retire(struct dkim_own *k, int64_t now_us, struct buf *told)
{
	k->state = DKIM_RETIRED;
	k->retired_us = now_us;
	k->blob = STR_EMPTY;
	tell(told, k);
}

/* Who signed with this algorithm until now. */
static void replace(struct dkim_ring *r, const struct dkim_own *k,
		    int64_t now_us, struct buf *told)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].state == DKIM_ACTIVE && r->v[i].alg == k->alg &&
		    strcmp(r->v[i].domain, k->domain) == 0)
			retire(&r->v[i], now_us, told);
}

bool dkim_ring_use(struct dkim_ring *r, struct str domain, struct str selector,
		   int64_t now_us, struct buf *told, struct err *e)
{
	const struct dkim_own *named = find(r, domain, selector);
	size_t used = 0;

	if (named && named->state != DKIM_NEW)
		return err_set(e, ERR_CONFLICT, 0, "%s/%s is %s", named->domain,
			       named->selector, states[named->state]);
	for (size_t i = 0; i < r->n; i++) {
		struct dkim_own *k = &r->v[i];

		if (k->state != DKIM_NEW || !str_is(domain, k->domain) ||
		    (selector.n && !str_is(selector, k->selector)))
			continue;
		replace(r, k, now_us, told);
		k->state = DKIM_ACTIVE;
		k->used_us = now_us;
		tell(told, k);
		used++;
	}
	if (used == 0)
		return err_set(e, ERR_NOT_FOUND, 0,
			       "no new DKIM key of " STR_FMT
			       ": sekisho dkim new",
			       STR_ARG(domain));
	return true;
}

bool dkim_ring_retire(struct dkim_ring *r, struct str domain,
		      struct str selector, int64_t now_us, struct buf *told,
		      struct err *e)
{
	struct dkim_own *k = find(r, domain, selector);

	if (!k)
		return err_set(e, ERR_NOT_FOUND, 0,
			       "no DKIM key " STR_FMT "/" STR_FMT,
			       STR_ARG(domain), STR_ARG(selector));
	if (k->state == DKIM_RETIRED)
		return err_set(e, ERR_CONFLICT, 0, "it is retired already");
	retire(k, now_us, told);
	return true;
}

size_t dkim_ring_active(const struct dkim_ring *r, struct str domain,
			struct dkim_key key_r[DKIM_KEYS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < r->n && n < DKIM_KEYS_MAX; i++) {
		const struct dkim_own *k = &r->v[i];

		if (k->state == DKIM_ACTIVE && str_is(domain, k->domain))
			key_r[n++] = (struct dkim_key){k->domain, k->selector,
						       k->alg, k->blob};
	}
	return n;
}
