/* auth.c - the object of the proof: secrets of headers, published ranges,
 * onboarding, health.
 */
#include "auth/auth_int.h"
#include "connector/base/clock.h"
#include "connector/base/die.h"
#include "connector/base/mem.h"

/* ---- secrets --------------------------------------------------------------- */

static bool is_token(struct str s)
{
	bool fits = s.n >= AUTH_SECRET_LEAST && s.n <= AUTH_SECRET_MOST;

	for (size_t i = 0; i < s.n; i++)
		fits = fits && ascii_alnum(s.p[i]);
	return fits;
}

bool auth_secret_lines(struct str text,
		       struct str line_r[AUTH_SECRET_VALUES_MAX], size_t *n_r,
		       struct err *e)
{
	struct str rest = text, line;
	bool fits = text.n > 0;

	*n_r = 0;
	while (fits && str_split(&rest, '\n', &line)) {
		if (str_ends(line, STR("\r")))
			line.n--;
		fits = *n_r < AUTH_SECRET_VALUES_MAX && is_token(line);
		if (fits)
			line_r[(*n_r)++] = line;
	}
	if (fits)
		return true;
	*n_r = 0;
	return err_set(e, ERR_CONFIG, 0,
		       "a secret of a header is one line, or two while it is "
		       "changed, each %d to %d letters and digits",
		       AUTH_SECRET_LEAST, AUTH_SECRET_MOST);
}

bool auth_secret_is(const struct auth_secret *s, struct str value)
{
	bool is = false;

	/* All of them, so that the time does not tell which one it is. */
	for (size_t i = 0; i < s->n; i++)
		is |= str_eq_secret(s->value[i], value);
	return is;
}

static void name_key(struct str name, char key[SECRET_HEADER_MAX], size_t *n_r)
{
	*n_r = MIN_OF(name.n, (size_t)SECRET_HEADER_MAX);
	for (size_t i = 0; i < *n_r; i++)
		key[i] = ascii_lower(name.p[i]);
}

static void read_one(struct auth *a, struct auth_tenant *to,
		     const struct secret_header *h, struct auth_secret *s,
		     auth_secret_read *read, void *arg)
{
	struct str text = STR_EMPTY;
	struct err e = ERR_EMPTY;
	char key[SECRET_HEADER_MAX];
	size_t n;

	if (!h->name)
		return;
	name_key(str_of(h->name), key, &n);
	map_put(&a->names, str_n(key, n), h->name);
	if (read && read(arg, &h->secret, &a->secrets, &text, &e) &&
	    auth_secret_lines(text, s->value, &s->n, &e))
		return;
	s->n = 0;
	if (!to->why)
		to->why = arena_printf(&a->secrets, "%s: %s", h->name, e.text);
}

static void read_all(struct auth *a, auth_secret_read *read, void *arg)
{
	arena_init_secret(&a->secrets);
	a->tenant = arena_array(&a->secrets, a->c->tenant_n + 1,
				sizeof(*a->tenant));
	for (size_t i = 0; i < a->c->tenant_n; i++) {
		const struct tenant_conf *t = &a->c->tenant[i];
		struct auth_tenant *to = &a->tenant[i];

		read_one(a, to, &t->accept.header, &to->accept, read, arg);
		read_one(a, to, &t->done, &to->done, read, arg);
	}
}

/* ---- life ------------------------------------------------------------------ */

/* Where Gmail forwards mail from that proved nothing (its hosts are called
 * unverified-forwarding.1e100.net). Its SPF record names some of them. */
static void unverified(struct auth *a)
{
	static const struct str networks[AUTH_UNVERIFIED] = {
		STR("108.177.16.0/23"), STR("142.250.220.0/23"),
		STR("2600:1901:101::/48")};

	for (size_t i = 0; i < AUTH_UNVERIFIED; i++)
		must(cidr_parse(networks[i], &a->unverified[i], NULL));
}

struct auth *auth_new(const struct config *c, auth_secret_read *read, void *arg)
{
	struct auth *a = NEW(struct auth);

	a->c = c;
	unverified(a);
	read_all(a, read, arg);
	return a;
}

void auth_set_config(struct auth *a, const struct config *c,
		     auth_secret_read *read, void *arg)
{
	arena_release(&a->secrets);
	map_release(&a->names);
	a->c = c;
	read_all(a, read, arg);
}

void auth_free(struct auth **ap)
{
	struct auth *a = TAKE(*ap);

	if (!a)
		return;
	arena_release(&a->secrets);
	map_release(&a->names);
	arena_release(&a->onboarding.arena);
	for (size_t i = 0; i < AUTH_CLOUD_COUNT; i++)
		mem_free(a->ranges[i].v);
	mem_free(a);
}

const struct tenant_conf *auth_own(const struct auth *a,
				   const struct tenant_conf *t)
{
	if (!t || (t->index < a->c->tenant_n && t == &a->c->tenant[t->index]))
		return t;
	for (size_t i = 0; i < a->c->tenant_n; i++)
		if (str_is(str_of(t->tenant), a->c->tenant[i].tenant))
			return &a->c->tenant[i];
	return NULL;
}

/* ---- ranges ---------------------------------------------------------------- */

void auth_set_ranges(struct auth *a, enum auth_cloud cloud,
		     const struct cidr *v, size_t n, int64_t fetched_us)
{
	if (n == 0)
		return;
	mem_free(a->ranges[cloud].v);
	a->ranges[cloud].v = NEW_ARRAY(struct cidr, n);
	memcpy(a->ranges[cloud].v, v, n * sizeof(*v));
	a->ranges[cloud].n = n;
	a->ranges[cloud].fetched_us = fetched_us;
}

size_t auth_ranges(const struct auth *a, enum auth_cloud cloud,
		   int64_t *fetched_us_r)
{
	*fetched_us_r = a->ranges[cloud].fetched_us;
	return a->ranges[cloud].n;
}

bool auth_wants_ranges(const struct config *c, enum auth_cloud cloud)
{
	enum tenant_kind kind = cloud == AUTH_CLOUD_M365 ? KIND_M365
							 : KIND_GOOGLE;

	for (size_t i = 0; i < c->tenant_n; i++)
		if (c->tenant[i].kind == kind &&
		    c->tenant[i].accept.networks.published)
			return true;
	return false;
}

/* ---- onboarding ------------------------------------------------------------ */

void auth_set_onboarding(struct auth *a, struct str tenant, struct str to,
			 int64_t until_us)
{
	struct arena *room = &a->onboarding.arena;
	struct addr addr;

	arena_release(room);
	a->onboarding.tenant = a->onboarding.to = STR_EMPTY;
	a->onboarding.until_us = 0;
	if (tenant.n == 0 || !addr_parse(to, true, false, room, &addr, NULL))
		return;
	a->onboarding.tenant = arena_str(room, tenant);
	a->onboarding.to = addr.key;
	a->onboarding.until_us = until_us;
}

const struct tenant_conf *auth_newcomer(const struct auth *a)
{
	if (a->onboarding.tenant.n == 0 ||
	    clock_now_us() >= a->onboarding.until_us)
		return NULL;
	for (size_t i = 0; i < a->c->tenant_n; i++)
		if (str_is(a->onboarding.tenant, a->c->tenant[i].tenant))
			return &a->c->tenant[i];
	return NULL;
}

/* ---- what others ask --------------------------------------------------------- */

bool auth_header_is_secret(const struct auth *a, struct str name)
{
	char key[SECRET_HEADER_MAX];
	size_t n;

	if (name.n == 0 || name.n > SECRET_HEADER_MAX)
		return false;
	name_key(name, key, &n);
	return map_get(&a->names, str_n(key, n)) != NULL;
}

struct str auth_done_value(const struct auth *a, const struct tenant_conf *t)
{
	const struct tenant_conf *own = auth_own(a, t);
	const struct auth_secret *s = own ? &a->tenant[own->index].done : NULL;

	return s && s->n ? s->value[0] : STR_EMPTY;
}

static const char *const PROOFS[AUTH_PROOF_COUNT + 1] = {
	[AUTH_PROOF_NETWORK] = "network",
	[AUTH_PROOF_TLS] = "tls",
	[AUTH_PROOF_CERTIFICATE] = "certificate",
	[AUTH_PROOF_DOMAIN] = "domain",
	[AUTH_PROOF_TENANT_ID] = "tenant-id",
	[AUTH_PROOF_ORIGINATOR_ORG] = "originator-org",
	[AUTH_PROOF_HEADER] = "header",
	[AUTH_PROOF_BLOCK] = "header-block",
	[AUTH_PROOF_DKIM] = "dkim",
	[AUTH_PROOF_UNKNOWN] = "not-known-yet",
	[AUTH_PROOF_NONE] = "none",
};

const char *auth_proof_name(enum auth_proof p)
{
	return PROOFS[p];
}

static void health_ranges(const struct auth *a, enum auth_cloud cloud,
			  int64_t now_us, struct buf *out)
{
	static const char *const NAMES[] = {"m365", "google"};
	int64_t age = now_us - a->ranges[cloud].fetched_us;

	if (!auth_wants_ranges(a->c, cloud))
		return;
	if (a->ranges[cloud].n == 0)
		buf_printf(out,
			   "ranges %s: never fetched; mail from there gets "
			   "451\n",
			   NAMES[cloud]);
	else if (age > a->c->ranges.alarm_us)
		buf_printf(out, "ranges %s: %lld hours old\n", NAMES[cloud],
			   (long long)(age / US_PER_HOUR));
}

void auth_health(const struct auth *a, int64_t now_us, struct buf *out)
{
	for (size_t i = 0; i < a->c->tenant_n; i++)
		if (a->tenant[i].why)
			buf_printf(out, "tenant %s: %s\n",
				   a->c->tenant[i].tenant, a->tenant[i].why);
	for (unsigned i = 0; i < AUTH_CLOUD_COUNT; i++)
		health_ranges(a, (enum auth_cloud)i, now_us, out);
}
