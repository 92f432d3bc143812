/* engine_dkim.c - the DKIM keys in the engine: read from the store for
 * delivery; made, used and retired for the control socket.
 */
#include <stdio.h>
#include "connector/base/mem.h"
#include "connector/main/engine_int.h"
#include "connector/sign/dkim_ring.h"

#define RING_TEXT_MAX (16 * MIB)
#define TRIES_MAX     26 /* selectors of one month */

static struct dkim_ring *ring_load(struct engine *en, struct err *e)
{
	struct dkim_ring *r = dkim_ring_new();
	AUTO(arena) a = ARENA_EMPTY;
	struct str text = STR_EMPTY;

	if (!store_value(en->auth_reader, STR(DKIM_RING_VALUE), &a, &text, e) ||
	    !dkim_ring_read(r, text, e))
		dkim_ring_free(&r);
	return r;
}

bool engine_dkim(struct engine *en, struct err *e)
{
	struct dkim_ring *r = ring_load(en, e);

	TRY(r != NULL);
	deliver_set_dkim(en->deliver, &r);
	return true;
}

/* ---- changes ----------------------------------------------------------------- */

struct dkim_change {
	struct engine *en;
	struct dkim_ring *ring;
	const struct json *q;
	struct str domain, selector;
	struct buf *told;
};

static bool selector_taken(const struct dkim_ring *r, struct str domain,
			   const char *selector)
{
	for (size_t i = 0; i < r->n; i++)
		if (str_is(domain, r->v[i].domain) &&
		    strcmp(selector, r->v[i].selector) == 0)
			return true;
	return false;
}

/* "s202611-rsa"; in a month with others "s202611b-rsa" and so on. */
static bool selector_make(const struct dkim_change *c, enum key_alg alg,
			  struct buf *out)
{
	struct civil now;

	civil_of(c->en->config->timezone, clock_now_us(), &now);
	for (int i = 0; i < TRIES_MAX; i++) {
		char more[2] = {(char)(i ? 'a' + i : '\0'), '\0'};

		buf_clear(out);
		buf_printf(out, "s%04d%02d%s-%s", now.year, now.month, more,
			   dkim_alg_name(alg));
		if (!selector_taken(c->ring, c->domain, buf_cstr(out)))
			return true;
	}
	return false;
}

static bool add(struct dkim_change *c, enum key_alg alg, bool both,
		struct err *e)
{
	AUTO(buf) name = BUF_MAX(DKIM_SELECTOR_MAX);

	if (c->selector.n == 0) {
		if (!selector_make(c, alg, &name))
			return err_set(e, ERR_LIMIT, 0,
				       "too many keys this month: name a "
				       "--selector");
	} else {
		buf_put_str(&name, c->selector);
		if (both)
			buf_printf(&name, "-%s", dkim_alg_name(alg));
	}
	if (!buf_ok(&name) || !dkim_selector_ok(buf_str(&name)))
		return err_set(e, ERR_PERMANENT, 0,
			       "a selector is letters, digits, hyphens and "
			       "dots, %d in all",
			       DKIM_SELECTOR_MAX);
	TRY(dkim_ring_add(c->ring, c->en->keys, alg, c->domain, buf_str(&name),
			  clock_now_us(), e));
	buf_printf(c->told, "%s" STR_FMT "/%s: new", c->told->n ? "\n" : "",
		   STR_ARG(c->domain), buf_cstr(&name));
	return true;
}

static bool change_new(struct dkim_change *c, struct err *e)
{
	bool rsa = json_get_bool(c->q, "rsa", false);
	bool ed = json_get_bool(c->q, "ed25519", false);

	/* Whose domain is it? */
	if (!auth_domain_owner(c->en->config, c->domain))
		return err_set(e, ERR_DENIED, 0,
			       STR_FMT " is in no tenant's `domains`, or in "
				       "two",
			       STR_ARG(c->domain));
	if (!rsa && !ed)
		return err_set(e, ERR_PERMANENT, 0, "which algorithm?");
	return (!rsa || add(c, KEY_RSA, rsa && ed, e)) &&
	       (!ed || add(c, KEY_ED25519, rsa && ed, e));
}

static bool change_use(struct dkim_change *c, struct err *e)
{
	return dkim_ring_use(c->ring, c->domain, c->selector, clock_now_us(),
			     c->told, e);
}

static bool change_retire(struct dkim_change *c, struct err *e)
{
	return dkim_ring_retire(c->ring, c->domain, c->selector, clock_now_us(),
				c->told, e);
}

static void audit(struct store_job *job, const char *op, const char *who,
		  struct str told)
{
	struct json *detail = json_object();
	AUTO(buf) text = BUF_MAX(8 * KIB);

	json_add_str(detail, "keys", told);
	json_print(detail, &text, false);
	json_free(&detail);
	store_add_audit(job, clock_now_us(), 0, str_of(who), str_of(op),
			buf_str(&text));
}

static const struct {
	const char *op;
	bool (*change)(struct dkim_change *c, struct err *e);
} changes[] = {
	{"dkim-new", change_new},
	{"dkim-use", change_use},
	{"dkim-retire", change_retire},
};

static bool change_ring(struct dkim_change *c, const char *op, struct arena *a,
			struct err *e)
{
	struct str domain = str_of(json_get_cstr(c->q, "domain", ""));

	if (!domain_key(domain, a, &c->domain, e))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(changes); i++)
		if (strcmp(changes[i].op, op) == 0)
			return changes[i].change(c, e);
	return err_set(e, ERR_PERMANENT, 0, "unknown request");
}

bool engine_dkim_change(struct engine *en, const char *op, const struct json *q,
			const char *who, struct store_job *job,
			struct buf *told, struct err *e)
{
	struct dkim_change c = {.en = en, .q = q, .told = told};
	AUTO(buf) text = BUF_MAX(RING_TEXT_MAX);
	AUTO(arena) a = ARENA_EMPTY;
	bool ok;

	c.selector = str_of(json_get_cstr(q, "selector", ""));
	c.ring = ring_load(en, e);
	TRY(c.ring != NULL);
	ok = change_ring(&c, op, &a, e);
	if (ok) {
		dkim_ring_write(c.ring, &text);
		store_put_value(job, STR(DKIM_RING_VALUE), buf_str(&text));
		audit(job, op, who, buf_str(told));
	}
	dkim_ring_free(&c.ring);
	return ok;
}
