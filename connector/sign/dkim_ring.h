/* dkim_ring.h - the DKIM keys of an installation, and their states.
 *
 * new: made, its record is being published, signs nothing.  active: signs what
 * leaves for its domain; one key of each algorithm is active, using another
 * retires it.  retired: the private key is forgotten; the DNS record stays for
 * as long as signed mail is under way (some days).
 *
 * The whole ring is one value in the store: its private keys are sealed by the
 * keeper, the rest is public.  No I/O here.
 */
#ifndef SEKISHO_SIGN_DKIM_RING_H
#define SEKISHO_SIGN_DKIM_RING_H

#include "connector/base/arena.h"
#include "connector/sign/dkim.h"

#define DKIM_RING_VALUE "dkim-keys" /* its name in the store */
#define DKIM_RING_MAX	500	    /* keys; the oldest retired one goes */

enum dkim_state { DKIM_NEW, DKIM_ACTIVE, DKIM_RETIRED };
const char *dkim_state_name(enum dkim_state s);
const char *dkim_alg_name(enum key_alg alg); /* "rsa", "ed25519" */

struct dkim_own {
	const char *domain, *selector;
	enum key_alg alg;
	enum dkim_state state;
	struct str blob; /* empty once retired */
	const char *record;
	int64_t made_us, used_us, retired_us;
};
struct dkim_ring {
	struct arena arena; /* of everything below */
	struct dkim_own v[DKIM_RING_MAX];
	size_t n;
};
struct dkim_ring *dkim_ring_new(void);
void dkim_ring_free(struct dkim_ring **r);
/* Into an empty ring. Text empty: no keys. PERMANENT: it is damaged. */
bool dkim_ring_read(struct dkim_ring *r, struct str text,
		    struct err *e) MUST_USE;
void dkim_ring_write(const struct dkim_ring *r, struct buf *out);

/* A key that the keeper makes. CONFLICT: domain and selector are taken, even
 * by a retired key: its record may still be out there. */
bool dkim_ring_add(struct dkim_ring *r, struct keys *keys, enum key_alg alg,
		   struct str domain, struct str selector, int64_t now_us,
		   struct err *e) MUST_USE;
/* selector empty: every new key of the domain. told: a line for each change.
 * NOT_FOUND, CONFLICT (it is not new). */
bool dkim_ring_use(struct dkim_ring *r, struct str domain, struct str selector,
		   int64_t now_us, struct buf *told, struct err *e) MUST_USE;
bool dkim_ring_retire(struct dkim_ring *r, struct str domain,
		      struct str selector, int64_t now_us, struct buf *told,
		      struct err *e) MUST_USE;

/* The keys that sign for just this domain; they borrow from the ring. */
size_t dkim_ring_active(const struct dkim_ring *r, struct str domain,
			struct dkim_key key_r[DKIM_KEYS_MAX]);

#endif
