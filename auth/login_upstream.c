/* login_upstream.c - asks the tenant's own mail server whether a login is
 * right: the same AUTH at its submission port, under verified TLS.
 *
 * What it took is believed for a few minutes as a keyed digest of name and
 * password; what it refused is asked again each time.  Only a plain "wrong"
 * refuses: whatever else goes wrong is our trouble, and not the login's.
 */
#include "auth/login_int.h"
#include "connector/base/id.h"
#include "connector/smtp/client.h"
#include "connector/sys/dns/resolve.h"

#define CHECKS_MAX   100
#define KNOWN_MAX    20000
#define PORT_TLS     465 /* TLS from the first byte (RFC 8314 7.3) */
#define AUTH_REFUSED 535
#define AUTH_WEAK    534 /* this login may not come by password */

struct upstream_tls {
	char *tenant;
	struct tls_ctx *ctx;
};

struct upstreams {
	const struct logins *l;
	struct resolver *resolver;
	struct upstream_check *first;
	size_t n;
	unsigned char key[SHA256_LEN];
	struct map known; /* digest: second (monotonic) at which it ends */
	struct {
		VEC_OF(struct upstream_tls);
	} tls;
};

struct upstream_check {
	struct upstreams *u;
	struct upstream_check *next, **link;
	struct arena arena; /* wiped */
	struct str name, password;
	const char *tenant, *host;
	uint16_t port;
	unsigned char digest[SHA256_LEN];
	struct tls_ctx *tls;
	struct query *query;
	struct resolved to[RESOLVE_ADDRESSES_MAX];
	size_t to_n, at;
	struct smtp_client *client;
	struct timer *timer; /* the deadline, or the answer that is known */
	bool known;
	upstream_done *done;
	void *arg;
};

/* ---- what is known ----------------------------------------------------------- */

static void digest(struct upstream_check *c)
{
	AUTO(buf) b = BUF_MAX(8 * KIB);

	b.secret = true;
	buf_put_bytes(&b, str_of(c->tenant));
	buf_put_bytes(&b, str_of(c->host));
	buf_put_bytes(&b, c->name);
	buf_put_bytes(&b, c->password);
	hmac_sha256(c->u->key, sizeof(c->u->key), b.p, b.n, c->digest);
}

static bool is_known(const struct upstream_check *c)
{
	uintptr_t until = (uintptr_t)map_get(&c->u->known,
					     str_n(c->digest, SHA256_LEN));

	return until > (uintptr_t)(clock_monotonic_us() / US_PER_S);
}

static void remember(struct upstream_check *c)
{
	int64_t until = (clock_monotonic_us() + c->u->l->t.known_us) / US_PER_S;

	if (c->u->known.n >= KNOWN_MAX)
		map_release(&c->u->known);
	map_put(&c->u->known, str_n(c->digest, SHA256_LEN),
		(void *)(uintptr_t)until);
}

/* ---- the end ------------------------------------------------------------------- */

static void check_free(struct upstream_check *c)
{
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	c->u->n--;
	resolve_cancel(&c->query);
	smtp_client_free(&c->client);
	timer_free(&c->timer);
	tls_ctx_free(&c->tls);
	arena_release(&c->arena);
	mem_free(c);
}

static void end(struct upstream_check *c, enum login_answer answer)
{
	upstream_done *done = c->done;
	void *arg = c->arg;

	if (answer == LOGIN_OK && !c->known)
		remember(c);
	check_free(c);
	done(arg, answer);
}

static void trouble(struct upstream_check *c, const char *at, const char *why)
{
	LOG(c->u->l->log, LOG_WARN, "upstream-trouble", LS("tenant", c->tenant),
	    LS("at", at), LS("error", why));
	end(c, LOGIN_LATER);
}

static void on_timer(void *arg)
{
	struct upstream_check *c = arg;

	if (c->known)
		end(c, LOGIN_OK);
	else
		trouble(c, "login", "time is up");
}

/* ---- the dialogue ---------------------------------------------------------------- */

static void try_next(struct upstream_check *c, const char *why);

static void on_ready(void *arg)
{
	struct upstream_check *c = arg;

	smtp_client_quit(&c->client);
	end(c, LOGIN_OK);
}

static void on_end(void *arg, const struct smtp_end *e)
{
	struct upstream_check *c = arg;
	struct smtp_end was = *e;

	smtp_client_free(&c->client);
	if (was.at == SMTP_AT_CONNECT)
		try_next(c, was.answer.text);
	else if (was.at == SMTP_AT_AUTH && (was.answer.code == AUTH_REFUSED ||
					    was.answer.code == AUTH_WEAK))
		end(c, LOGIN_REFUSED);
	else
		trouble(c, smtp_stage_name(was.at), was.answer.text);
}

static void try_next(struct upstream_check *c, const char *why)
{
	static const struct smtp_ops ops = {.on_ready = on_ready,
					    .on_end = on_end};
	const struct smtp_login login = {c->name, c->password, false};
	const struct smtp_client_conf conf = {
		.loop = c->u->l->loop,
		.ehlo = c->u->l->config->hostname,
		.tls_name = c->host,
		.tls = SMTP_TLS_VERIFIED,
		.tls_first = c->port == PORT_TLS,
		.tls_ctx = c->tls,
		.login = &login,
	};
	struct err e = ERR_EMPTY;

	while (!c->client && c->at < c->to_n) {
		const struct resolved *to = &c->to[c->at++];

		c->client = smtp_client_open(&conf,
					     (const struct sockaddr *)&to->sa,
					     to->len, &ops, c, &e);
		why = c->client ? "" : e.text;
	}
	if (!c->client)
		trouble(c, "connect", why);
}

static void on_resolved(void *arg, const struct resolved *found, size_t n,
			const struct err *why)
{
	struct upstream_check *c = arg;

	c->query = NULL;
	c->to_n = MIN_OF(n, (size_t)RESOLVE_ADDRESSES_MAX);
	memcpy(c->to, found, c->to_n * sizeof(*found));
	try_next(c, why ? why->text : "");
}

/* ---- questions ------------------------------------------------------------------- */

static struct tls_ctx *tls_of(struct upstreams *u, const struct tenant_conf *t,
			      struct err *e)
{
	struct tls_client_conf conf = {.ca_file = t->submission.ca,
				       .verify = TLS_VERIFY_NAME};
	struct upstream_tls row;

	VEC_EACH (it, &u->tls) {
		if (strcmp(it->tenant, t->tenant) == 0)
			return tls_ctx_ref(it->ctx);
	}
	row.ctx = tls_client_new(&conf, e);
	if (!row.ctx)
		return NULL;
	row.tenant = mem_strdup(t->tenant);
	vec_push(&u->tls, row);
	return tls_ctx_ref(row.ctx);
}

static struct upstream_check *check_new(struct upstreams *u,
					const struct tenant_conf *t)
{
	struct upstream_check *c = NEW(struct upstream_check);

	arena_init_secret(&c->arena);
	c->u = u;
	c->tenant = arena_strdup(&c->arena, t->tenant);
	c->host = arena_strdup(&c->arena, t->submission.host);
	c->port = t->submission.port;
	c->timer = timer_new(u->l->loop, on_timer, c);
	c->next = u->first;
	c->link = &u->first;
	if (c->next)
		c->next->link = &c->next;
	u->first = c;
	u->n++;
	return c;
}

struct upstream_check *upstream_ask(struct upstreams *u,
				    const struct tenant_conf *t,
				    struct str name, struct str password,
				    upstream_done *done, void *arg)
{
	struct err e = ERR_EMPTY;
	struct tls_ctx *tls;
	struct upstream_check *c;

	if (u->n >= CHECKS_MAX)
		return NULL;
	tls = tls_of(u, t, &e);
	if (!tls) {
		LOG(u->l->log, LOG_ERROR, "upstream-trouble",
		    LS("tenant", t->tenant), LE(&e));
		return NULL;
	}
	c = check_new(u, t);
	c->tls = tls;
	c->name = arena_str(&c->arena, name);
	c->password = arena_str(&c->arena, password);
	c->done = done;
	c->arg = arg;
	digest(c);
	c->known = is_known(c);
	timer_set(c->timer, c->known ? 0 : u->l->t.upstream_us);
	if (!c->known)
		c->query = resolve_host(u->resolver, c->host, c->port,
					on_resolved, c);
	return c;
}

void upstream_cancel(struct upstream_check **cp)
{
	struct upstream_check *c = TAKE(*cp);

	if (c)
		check_free(c);
}

/* ---- life ------------------------------------------------------------------------ */

struct upstreams *upstreams_new(const struct logins *l)
{
	struct upstreams *u = NEW(struct upstreams);

	u->l = l;
	u->resolver = resolver_new(l->loop);
	random_bytes(u->key, sizeof(u->key));
	return u;
}

void upstreams_forget(struct upstreams *u)
{
	map_release(&u->known);
	VEC_EACH (it, &u->tls) {
		mem_free(it->tenant);
		tls_ctx_free(&it->ctx);
	}
	vec_release(&u->tls);
}

void upstreams_free(struct upstreams **up)
{
	struct upstreams *u = TAKE(*up);

	if (!u)
		return;
	while (u->first)
		check_free(u->first);
	upstreams_forget(u);
	resolver_free(&u->resolver);
	mem_wipe(u->key, sizeof(u->key));
	mem_free(u);
}
