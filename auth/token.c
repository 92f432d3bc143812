/* token.c - the cache of access tokens: who waits, what is held, when it is
 * asked for again; see token.h.
 */
#include "auth/token_int.h"
#include "connector/base/clock.h"
#include "connector/base/codec.h"
#include "connector/base/die.h"
#include "connector/base/map.h"
#include "connector/base/mem.h"

#define ENTRIES_MAX 1000 /* kept at once; those in use are not counted out */
#define MARGIN_MOST (30 * US_PER_S) /* before its end a token is not sent */
#define ASK_US	    (20 * US_PER_S) /* for an answer */

static const struct tokens_tuning tuning_default = {
	.first_us = 5 * US_PER_S,
	.most_us = 5 * US_PER_MIN,
	.fresh_us = 5 * US_PER_S,
};

/* One token: of a login, or of a login and a user. */
struct entry {
	struct entry *next, **link;
	struct tokens *t;
	struct token_login *login;
	struct str key; /* digest, and the user */
	char *tenant;
	bool managed, telling;
	struct buf token;
	int64_t got_us, renew_us, ends_us; /* monotonic */
	struct err why;			   /* of the last failure */
	int64_t pause_us, again_us;	   /* after it; monotonic */
	int64_t used_us;
	struct http_query *query;
	struct timer *tell;
	struct token_query *waiting;
};

struct token_query {
	struct token_query *next, **link;
	token_done *done;
	void *arg;
};

struct tokens {
	struct tokens_conf conf;
	const struct tokens_tuning *tuning;
	struct map logins, by_key;
	struct entry *entries;
	size_t n;
};

void token_form_add(struct buf *b, const char *name, struct str value)
{
	if (b->n > 0)
		buf_putc(b, '&');
	buf_puts(b, name);
	buf_putc(b, '=');
	percent_encode(b, value);
}

/* ---- logins ------------------------------------------------------------------ */

static void digest_add(struct sha256 *s, const char *text)
{
	sha256_add(s, text ? text : "", text ? strlen(text) + 1 : 1);
}

/* Other settings are another login: nothing of the old one serves. */
static void digest_of(const struct tenant_conf *t,
		      unsigned char digest_r[SHA256_LEN])
{
	struct sha256 *s = sha256_new();
	unsigned char kind[4] = {
		(unsigned char)t->deliver.login.kind,
		(unsigned char)t->deliver.login.secret.kind,
		(unsigned char)t->deliver.login.key.kind,
		(unsigned char)t->deliver.login.managed,
	};

	sha256_add(s, kind, sizeof(kind));
	digest_add(s, t->tenant);
	digest_add(s, t->deliver.login.secret.value);
	digest_add(s, t->deliver.login.key.value);
	digest_add(s, t->deliver.login.tenant);
	digest_add(s, t->deliver.login.client);
	digest_add(s, t->deliver.login.certificate);
	digest_add(s, t->deliver.login.federated);
	digest_add(s, t->deliver.login.token_url);
	digest_add(s, t->deliver.login.scope);
	sha256_end(&s, digest_r);
}

static struct token_login *login_get(struct tokens *t, struct str digest)
{
	struct token_login *l = map_get(&t->logins, digest);

	if (!l) {
		l = NEW(struct token_login);
		l->digest = str_n(mem_dup(digest.p, digest.n), digest.n);
		l->blob = BUF_MAX(KEY_BLOB_MAX);
		l->x5t = BUF_MAX(64);
		map_put(&t->logins, digest, l);
	}
	l->users++;
	return l;
}

static void login_leave(struct tokens *t, struct token_login *l)
{
	if (--l->users > 0)
		return;
	map_remove(&t->logins, l->digest);
	mem_free((void *)(uintptr_t)l->digest.p);
	buf_release(&l->blob);
	buf_release(&l->x5t);
	mem_free(l->email);
	mem_free(l->kid);
	mem_free(l);
}

/* ---- telling ------------------------------------------------------------------- */

static bool is_good(const struct entry *x, int64_t now_us)
{
	return x->token.n > 0 && now_us < x->ends_us;
}

static void query_unlink(struct token_query *q)
{
	*q->link = q->next;
	if (q->next)
		q->next->link = q->link;
}

/* To all who wait now; those who come meanwhile are told on a later turn. */
static void tell_all(struct entry *x)
{
	struct token_query *list = TAKE(x->waiting);
	bool good = is_good(x, clock_monotonic_us());
	AUTO(buf) token = BUF_MAX(TOKEN_MAX);
	struct err why = x->why;

	token.secret = true;
	if (good)
		buf_put_str(&token, buf_str(&x->token));
	else if (why.class == ERR_NONE)
		err_set(&why, ERR_RETRY, 0, "the token has ended");
	if (list)
		list->link = &list;
	x->telling = true;
	while (list) {
		struct token_query *q = list;
		token_done *done = q->done;
		void *arg = q->arg;

		query_unlink(q);
		mem_free(q);
		done(arg, buf_str(&token), good ? NULL : &why);
	}
	x->telling = false;
}

static void on_tell(void *arg)
{
	struct entry *x = arg;

	/* Refused since: its successor is told. */
	if (x->query && !is_good(x, clock_monotonic_us()))
		return;
	tell_all(x);
}

/* ---- fetching ------------------------------------------------------------------ */

static void note_failure(struct entry *x, const struct err *why,
			 int64_t wait_us)
{
	const struct tokens_tuning *t = x->t->tuning;
	int64_t now_us = clock_monotonic_us();

	x->why = *why;
	x->pause_us = MAX_OF(2 * x->pause_us, t->first_us);
	x->pause_us = MIN_OF(x->pause_us, t->most_us);
	x->again_us = now_us + MAX_OF(x->pause_us, wait_us);
	/* What was read may be what is wrong: it is read anew. */
	if (why->class == ERR_DENIED)
		x->login->has_key = false;
	LOG(x->t->conf.log, LOG_WARN, "token-not-got", LS("tenant", x->tenant),
	    LSTR("user", str_skip(x->key, SHA256_LEN)), LE(why));
}

static void note_token(struct entry *x, int64_t life_us)
{
	int64_t now_us = clock_monotonic_us();

	x->why = ERR_EMPTY;
	x->pause_us = x->again_us = 0;
	x->got_us = now_us;
	x->renew_us = now_us + life_us / 5 * 4;
	x->ends_us = now_us + life_us -
		     MIN_OF(life_us / 20, (int64_t)MARGIN_MOST);
}

static void on_answer(void *arg, const struct http_answer *r)
{
	struct entry *x = arg;
	struct buf token = BUF_MAX(TOKEN_MAX);
	struct token_answer a = {.token = &token};
	struct err e = ERR_EMPTY;

	token.secret = true;
	x->query = NULL;
	if (token_answer_read(r, x->managed, &a, &e)) {
		buf_release(&x->token);
		x->token = token;
		note_token(x, a.life_us);
	} else {
		buf_release(&token);
		note_failure(x, &e, a.wait_us);
	}
	timer_stop(x->tell);
	tell_all(x);
}

static bool write_ask(struct entry *x, const struct tenant_conf *tenant,
		      struct str user, struct token_ask *ask, struct err *e)
{
	const struct tokens_conf *c = &x->t->conf;

	if (tenant->deliver.login.kind == LOGIN_GOOGLE)
		return token_ask_google(c, x->login, tenant, user, ask, e);
	return token_ask_entra(c, x->login, tenant, ask, e);
}

/* Settings that do not fit, not the moment: nothing but RETRY and DENIED is
 * told. */
static void plain_class(struct err *e)
{
	if (e->class != ERR_RETRY)
		e->class = ERR_DENIED;
}

static void fetch(struct entry *x, const struct tenant_conf *tenant,
		  struct str user)
{
	struct token_ask ask = {
		.header = {"Content-Type: application/x-www-form-urlencoded"},
		.body = BUF_MAX(TOKEN_FORM_MAX)};
	struct http_call call = {.timeout_us = ASK_US,
				 .body_most = TOKEN_BODY_MAX};
	struct err e = ERR_EMPTY;

	arena_init_secret(&ask.arena);
	ask.body.secret = true;
	if (write_ask(x, tenant, user, &ask, &e) && buf_ok(&ask.body)) {
		call.method = ask.method;
		call.url = ask.url;
		call.header = ask.header;
		call.body = buf_str(&ask.body);
		x->query = http_ask(x->t->conf.http, &call, on_answer, x);
	} else {
		if (e.class == ERR_NONE)
			err_set(&e, ERR_DENIED, 0, "the request is too long");
		plain_class(&e);
		note_failure(x, &e, 0);
		timer_set(x->tell, 0);
	}
	buf_release(&ask.body);
	arena_release(&ask.arena);
}

/* ---- entries ------------------------------------------------------------------- */

static void entry_free(struct entry *x)
{
	struct tokens *t = x->t;

	*x->link = x->next;
	if (x->next)
		x->next->link = x->link;
	t->n--;
	map_remove(&t->by_key, x->key);
	http_cancel(&x->query);
	timer_free(&x->tell);
	while (x->waiting) {
		struct token_query *q = x->waiting;

		query_unlink(q);
		mem_free(q);
	}
	login_leave(t, x->login);
	buf_release(&x->token);
	mem_free((void *)(uintptr_t)x->key.p);
	mem_free(x->tenant);
	mem_free(x);
}

/* The one that nobody asked for the longest. */
static void make_room(struct tokens *t)
{
	struct entry *oldest = NULL;

	if (t->n < ENTRIES_MAX)
		return;
	for (struct entry *x = t->entries; x; x = x->next) {
		if (x->waiting || x->query || x->telling)
			continue;
		if (!oldest || x->used_us < oldest->used_us)
			oldest = x;
	}
	if (oldest)
		entry_free(oldest);
}

static struct entry *entry_new(struct tokens *t, const struct tenant_conf *c,
			       struct str key)
{
	struct entry *x;

	make_room(t);
	x = NEW(struct entry);
	x->t = t;
	x->key = str_n(mem_dup(key.p, key.n), key.n);
	x->login = login_get(t, str_head(key, SHA256_LEN));
	x->tenant = mem_strdup(c->tenant);
	x->managed = c->deliver.login.managed;
	x->token = BUF_MAX(TOKEN_MAX);
	x->token.secret = true;
	x->tell = timer_new(t->conf.loop, on_tell, x);
	x->next = t->entries;
	x->link = &t->entries;
	if (x->next)
		x->next->link = &x->next;
	t->entries = x;
	t->n++;
	map_put(&t->by_key, x->key, x);
	return x;
}

static void key_of(const struct tenant_conf *tenant, struct str user,
		   struct buf *key)
{
	unsigned char digest[SHA256_LEN];

	digest_of(tenant, digest);
	buf_put(key, digest, sizeof(digest));
	if (tenant->deliver.login.kind == LOGIN_GOOGLE)
		buf_put_str(key, user);
}

/* ---- asking -------------------------------------------------------------------- */

struct token_query *token_get(struct tokens *t,
			      const struct tenant_conf *tenant, struct str user,
			      token_done *done, void *arg)
{
	AUTO(buf) key = BUF_MAX(SHA256_LEN + TOKEN_MAX);
	struct token_query *q = NEW(struct token_query);
	int64_t now_us = clock_monotonic_us();
	struct entry *x;

	must(tenant->deliver.login.kind == LOGIN_ENTRA ||
	     tenant->deliver.login.kind == LOGIN_GOOGLE);
	key_of(tenant, user, &key);
	x = map_get(&t->by_key, buf_str(&key));
	if (!x)
		x = entry_new(t, tenant, buf_str(&key));
	x->used_us = now_us;
	q->done = done;
	q->arg = arg;
	q->next = x->waiting;
	q->link = &x->waiting;
	if (q->next)
		q->next->link = &q->next;
	x->waiting = q;
	if (!x->query && now_us >= x->again_us &&
	    (!is_good(x, now_us) || now_us >= x->renew_us))
		fetch(x, tenant, user);
	/* A good one serves while its successor is asked for. */
	if (!x->query || is_good(x, now_us))
		timer_set(x->tell, 0);
	return q;
}

void token_cancel(struct token_query **q)
{
	struct token_query *old = TAKE(*q);

	if (!old)
		return;
	query_unlink(old);
	mem_free(old);
}

bool token_refused(struct tokens *t, const struct tenant_conf *tenant,
		   struct str user)
{
	AUTO(buf) key = BUF_MAX(SHA256_LEN + TOKEN_MAX);
	struct entry *x;

	key_of(tenant, user, &key);
	x = map_get(&t->by_key, buf_str(&key));
	if (!x || clock_monotonic_us() - x->got_us < t->tuning->fresh_us)
		return false;
	buf_clear(&x->token);
	return true;
}

struct tokens *tokens_new(const struct tokens_conf *conf)
{
	struct tokens *t = NEW(struct tokens);

	t->conf = *conf;
	t->tuning = conf->tuning ? conf->tuning : &tuning_default;
	return t;
}

void tokens_reload(struct tokens *t)
{
	for (struct entry *x = t->entries; x; x = x->next) {
		x->login->has_key = false;
		x->again_us = 0;
	}
}

void tokens_free(struct tokens **t)
{
	struct tokens *old = TAKE(*t);

	if (!old)
		return;
	while (old->entries)
		entry_free(old->entries);
	map_release(&old->logins);
	map_release(&old->by_key);
	mem_free(old);
}
