/* login_token.c - tokens of a tenant's identity provider (XOAUTH2,
 * OAUTHBEARER): its keys are fetched and kept, its tokens held against them.
 *
 * A key that is not known has the set fetched anew, once in `keys_again_us`:
 * issuers change keys, and anybody can invent a name of a key.  When the
 * issuer cannot be asked, the last set serves on for a while.
 */
#include "auth/login_int.h"

#define CHECKS_MAX  200
#define STALE_TIMES 7 /* keys_us, when no newer set is to be had */
#define DISCOVERY   "/.well-known/openid-configuration"
#define FETCH_US    (15 * US_PER_S)
#define CLAIM_USUAL "preferred_username"

/* The provider of one tenant, as its settings are. */
struct issuer {
	struct issuers *all;
	struct issuer *next;
	char *tenant, *name, *keys_url, *ca; /* keys_url, ca: or NULL */
	struct jwks *keys;
	int64_t fetched_us, tried_us; /* monotonic; 0: never */
	struct http_query *query;
	struct token_check *first; /* that wait for the query */
};

struct issuers {
	const struct logins *l;
	struct issuer *first;
	size_t checks;
};

struct token_check {
	struct issuer *of;
	struct token_check *next, **link;
	struct arena arena; /* wiped */
	struct jwt jwt;
	struct str mailbox;
	enum login_answer answer;
	const char *why;
	bool asked; /* the keys were fetched for it */
	struct timer *timer;
	token_checked *done;
	void *arg;
};

/* ---- the end ------------------------------------------------------------------- */

static void check_unlink(struct token_check *c)
{
	if (!c->link)
		return;
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	c->link = NULL;
}

static void check_free(struct token_check *c)
{
	check_unlink(c);
	c->of->all->checks--;
	timer_free(&c->timer);
	jwt_release(&c->jwt);
	arena_release(&c->arena);
	mem_free(c);
}

static void on_timer(void *arg)
{
	struct token_check *c = arg;

	c->done(c->arg, c->answer, c->mailbox, c->why);
	check_free(c);
}

static void end(struct token_check *c, enum login_answer answer,
		const char *why)
{
	check_unlink(c);
	c->answer = answer;
	c->why = why;
	timer_set(c->timer, 0);
}

/* ---- keys ------------------------------------------------------------------------ */

static int64_t age_us(const struct issuer *i)
{
	return i->keys ? clock_monotonic_us() - i->fetched_us : INT64_MAX;
}

static bool may_fetch(const struct issuer *i)
{
	return !i->query &&
	       (!i->tried_us || clock_monotonic_us() - i->tried_us >=
					i->all->l->t.keys_again_us);
}

static void judge(struct token_check *c);

static void fetched(struct issuer *i, const char *why)
{
	struct token_check *list = TAKE(i->first);

	if (why)
		LOG(i->all->l->log, LOG_WARN, "token-keys-not-fetched",
		    LS("tenant", i->tenant), LS("error", why));
	if (list)
		list->link = &list;
	while (list) {
		struct token_check *c = list;

		check_unlink(c);
		c->asked = true;
		judge(c);
	}
}

static void on_keys(void *arg, const struct http_answer *r)
{
	struct issuer *i = arg;
	struct err e = ERR_EMPTY;
	struct jwks *keys = NULL;

	i->query = NULL;
	if (r->status == 200)
		keys = jwks_read(r->body, &e);
	if (!keys) {
		fetched(i, r->status == 200 ? e.text
			   : r->status	    ? "not 200"
					    : r->why);
		return;
	}
	jwks_free(&i->keys);
	i->keys = keys;
	i->fetched_us = clock_monotonic_us();
	LOG(i->all->l->log, LOG_INFO, "token-keys", LS("tenant", i->tenant),
	    LU("keys", jwks_size(keys)));
	fetched(i, NULL);
}

static void ask(struct issuer *i, const char *url, http_done *done)
{
	struct http_call call = {
		.method = "GET",
		.url = url,
		.ca_file = i->ca,
		.body_most = JWKS_BYTES_MAX,
		.timeout_us = FETCH_US,
	};

	i->query = http_ask(i->all->l->http, &call, done, i);
}

/* OpenID Connect Discovery 4.3: the document must speak of the very issuer
 * that was asked for. */
static void on_discovery(void *arg, const struct http_answer *r)
{
	struct issuer *i = arg;
	struct json *j = r->status == 200 ? json_parse(r->body, NULL) : NULL;
	const char *url = json_get_cstr(j, "jwks_uri", NULL);

	i->query = NULL;
	if (r->status != 200)
		fetched(i, r->status ? "discovery: not 200" : r->why);
	else if (strcmp(json_get_cstr(j, "issuer", ""), i->name) != 0)
		fetched(i, "discovery: of another issuer");
	else if (!url)
		fetched(i, "discovery: no jwks_uri");
	else
		ask(i, url, on_keys);
	json_free(&j);
}

static void fetch(struct issuer *i)
{
	AUTO(buf) url = BUF_MAX(2 * KIB);
	struct str base = str_of(i->name);

	i->tried_us = clock_monotonic_us();
	if (i->keys_url) {
		ask(i, i->keys_url, on_keys);
		return;
	}
	if (str_ends(base, STR("/")))
		base = str_head(base, base.n - 1);
	buf_put_str(&url, base);
	buf_puts(&url, DISCOVERY);
	ask(i, buf_cstr(&url), on_discovery);
}

static void wait(struct token_check *c)
{
	struct issuer *i = c->of;

	c->next = i->first;
	c->link = &i->first;
	if (c->next)
		c->next->link = &c->next;
	i->first = c;
	if (!i->query)
		fetch(i);
}

static bool can_wait(const struct token_check *c)
{
	return !c->asked && (c->of->query || may_fetch(c->of));
}

/* The claims were judged before: only what could be true costs a fetch. */
static void judge(struct token_check *c)
{
	struct issuer *i = c->of;
	int64_t keys_us = i->all->l->t.keys_us;
	const struct jwk *k;

	if (age_us(i) >= keys_us && can_wait(c)) {
		wait(c);
		return;
	}
	if (age_us(i) / STALE_TIMES >= keys_us) {
		end(c, LOGIN_LATER, "token-keys-not-known");
		return;
	}
	k = jwks_find(i->keys, &c->jwt);
	if (!k && can_wait(c))
		wait(c);
	else if (!k)
		end(c, LOGIN_REFUSED, "token-key-unknown");
	else if (!jwt_signature_ok(&c->jwt, k))
		end(c, LOGIN_REFUSED, "token-signature");
	else
		end(c, LOGIN_OK, "token");
}

/* ---- questions ------------------------------------------------------------------- */

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static struct issuer *issuer_of(struct issuers *all,
				const struct tenant_conf *t)
{
	struct issuer *i = all->first;

	for (; i; i = i->next)
		if (same(i->tenant, t->tenant) &&
		    same(i->name, t->submission.token_issuer) &&
		    same(i->keys_url, t->submission.token_keys) &&
		    same(i->ca, t->submission.ca))
			return i;
	i = NEW(struct issuer);
	i->all = all;
	i->tenant = mem_strdup(t->tenant);
	i->name = mem_strdup(t->submission.token_issuer);
	i->keys_url = mem_strdup(t->submission.token_keys);
	i->ca = mem_strdup(t->submission.ca);
	i->next = all->first;
	all->first = i;
	return i;
}

struct token_check *token_check(struct issuers *all,
				const struct tenant_conf *t, struct str token,
				token_checked *done, void *arg)
{
	const struct jwt_wanted wanted = {
		.issuer = t->submission.token_issuer,
		.audience = t->submission.token_audience,
		.tenant = t->submission.token_tenant,
		.claim = t->submission.token_claim ? t->submission.token_claim
						   : CLAIM_USUAL,
		.now_us = clock_now_us(),
	};
	struct token_check *c;
	const char *why = "";

	if (all->checks >= CHECKS_MAX || !all->l->http)
		return NULL;
	c = NEW(struct token_check);
	arena_init_secret(&c->arena);
	c->of = issuer_of(all, t);
	c->timer = timer_new(all->l->loop, on_timer, c);
	c->done = done;
	c->arg = arg;
	all->checks++;
	if (!jwt_read(arena_str(&c->arena, token), &c->jwt, &why) ||
	    !jwt_claims_fit(&c->jwt, &wanted, &c->mailbox, &why))
		end(c, LOGIN_REFUSED, why);
	else
		judge(c);
	return c;
}

void token_check_cancel(struct token_check **cp)
{
	struct token_check *c = TAKE(*cp);

	if (c)
		check_free(c);
}

/* ---- life ------------------------------------------------------------------------ */

struct issuers *issuers_new(const struct logins *l)
{
	struct issuers *all = NEW(struct issuers);

	all->l = l;
	return all;
}

/* What is under way goes on; the next token has the keys fetched. */
void issuers_forget(struct issuers *all)
{
	for (struct issuer *i = all->first; i; i = i->next) {
		jwks_free(&i->keys);
		i->tried_us = 0;
	}
}

void issuers_free(struct issuers **ap)
{
	struct issuers *all = TAKE(*ap);

	if (!all)
		return;
	while (all->first) {
		struct issuer *i = all->first;

		all->first = i->next;
		http_cancel(&i->query);
		jwks_free(&i->keys);
		mem_free(i->tenant);
		mem_free(i->name);
		mem_free(i->keys_url);
		mem_free(i->ca);
		mem_free(i);
	}
	mem_free(all);
}
