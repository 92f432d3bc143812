/* login.c - a login from its question to its answer: which tenant, which
 * check, which addresses; see login.h.
 *
 * Whatever is wrong, the same hash is computed and the same time passes: a
 * refusal comes at the next full `refused_us` behind its question.
 */
#include "auth/login_int.h"
#include "connector/base/utf8.h"

/* At once, in all: what waits for hashes, servers and the end of its delay. */
#define QUERIES_MAX 1000

#define REFUSED_US    US_PER_S
#define LOOK_US	      US_PER_S
#define WINDOW_US     (10 * US_PER_MIN)
#define PER_ADDRESS   30
#define PER_NAME      20
#define OVERALL	      3000
#define KNOWN_US      (5 * US_PER_MIN)
#define UPSTREAM_US   (20 * US_PER_S)
#define KEYS_US	      (24 * US_PER_HOUR)
#define KEYS_AGAIN_US US_PER_MIN

/* Of a password that nobody knows; as costly as a right one. */
#define NOBODYS_HASH                                                           \
	"$argon2id$v=19$m=65536,t=2,p=1$c2VraXNoby1ub2JvZHkhIQ$"               \
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

struct login_query {
	struct logins *l;
	struct login_query *next, **link;
	login_done *done;
	void *arg;
	struct arena arena; /* wiped */
	const char *tenant; /* name; NULL: none fits */
	struct str name;
	struct guess who;
	/* A check is under way: a wrong one is a guess, a right one makes
	 * known. */
	bool counted;
	int64_t begun_us;
	enum login_answer answer;
	const char *how; /* for the log */
	struct str *address;
	size_t address_n;
	struct timer *timer;
	struct hash_job *hash;
	struct upstream_check *upstream;
	struct token_check *token;
};

/* ---- which tenant ---------------------------------------------------------- */

unsigned login_tenant_ways(const struct tenant_conf *t)
{
	return (t->submission.auth != SUBMISSION_OFF ? LOGIN_BY_PASSWORD : 0) |
	       (t->submission.token_issuer ? LOGIN_BY_TOKEN : 0);
}

unsigned logins_ways(const struct logins *l, const struct tenant_conf *tenant)
{
	unsigned ways = tenant ? login_tenant_ways(tenant) : 0;

	for (size_t i = 0; !tenant && i < l->config->tenant_n; i++)
		ways |= login_tenant_ways(&l->config->tenant[i]);
	return l->http ? ways : ways & ~(unsigned)LOGIN_BY_TOKEN;
}

static const struct tenant_conf *tenant_named(const struct logins *l,
					      const char *name)
{
	for (size_t i = 0; name && i < l->config->tenant_n; i++)
		if (strcmp(l->config->tenant[i].tenant, name) == 0)
			return &l->config->tenant[i];
	return NULL;
}

/* A name without a domain can only be meant for the one that takes logins. */
static const struct tenant_conf *only_one(const struct logins *l, unsigned way)
{
	const struct tenant_conf *found = NULL;

	for (size_t i = 0; i < l->config->tenant_n; i++) {
		const struct tenant_conf *t = &l->config->tenant[i];

		if (!(login_tenant_ways(t) & way))
			continue;
		if (found)
			return NULL;
		found = t;
	}
	return found;
}

/* The domain itself before a parent of it. */
static const struct tenant_conf *owner_of(const struct logins *l, unsigned way,
					  struct str key)
{
	const struct tenant_conf *found = NULL;

	for (size_t i = 0; i < l->config->tenant_n; i++) {
		const struct tenant_conf *t = &l->config->tenant[i];

		if (!(login_tenant_ways(t) & way) || !auth_domain_of(t, key))
			continue;
		for (size_t k = 0; k < t->domains.n; k++)
			if (str_eq(str_of(t->domains.v[k]), key))
				return t;
		found = found ? found : t;
	}
	return found;
}

static const struct tenant_conf *choose(struct logins *l,
					const struct tenant_conf *label,
					struct str name, unsigned way)
{
	struct arena a = ARENA_EMPTY;
	ptrdiff_t at = str_rchr(name, '@');
	const struct tenant_conf *t = NULL;
	struct str key;

	if (label)
		t = login_tenant_ways(label) & way ? label : NULL;
	else if (at < 0)
		t = only_one(l, way);
	else if (domain_key(str_skip(name, (size_t)at + 1), &a, &key, NULL))
		t = owner_of(l, way, key);
	arena_release(&a);
	return t;
}

/* ---- addresses --------------------------------------------------------------- */

bool login_may_send_as(const struct str *address, size_t address_n,
		       struct str key)
{
	for (size_t i = 0; i < address_n; i++)
		if (str_eq(address[i], key))
			return true;
	return false;
}

/* A name under "*.parent" may be another tenant's own domain. */
static bool is_tenants(const struct login_query *q, const struct tenant_conf *t,
		       struct str key)
{
	ptrdiff_t at = str_rchr(key, '@');

	return auth_domain_owner(q->l->config,
				 str_skip(key, (size_t)(at + 1))) == t;
}

/* The name itself, where it is a mailbox of the tenant; a bare name is one in
 * the first domain. */
static bool own_address(struct login_query *q, const struct tenant_conf *t,
			struct str name)
{
	struct str text = name;
	struct addr a;

	if (str_chr(name, '@') < 0 && t->domains.n && t->domains.v[0][0] != '*')
		text = str_of(arena_printf(&q->arena, STR_FMT "@%s",
					   STR_ARG(name), t->domains.v[0]));
	if (!addr_parse(text, true, false, &q->arena, &a, NULL) ||
	    !is_tenants(q, t, a.key))
		return false;
	q->address[q->address_n++] = a.key;
	return true;
}

/* What the users file says for the name, and what the name says itself. */
static bool find_addresses(struct login_query *q, const struct tenant_conf *t,
			   struct str name)
{
	const struct users *all = logins_users(q->l, t);
	const struct user *u = all ? users_find(all, name) : NULL;
	size_t n = u ? u->address_n : 0;

	q->address = arena_array(&q->arena, n + 1, sizeof(*q->address));
	q->address_n = 0;
	if (!u)
		return own_address(q, t, name);
	for (size_t i = 0; i < n; i++)
		if (is_tenants(q, t, u->address[i]))
			q->address[q->address_n++] = arena_str(&q->arena,
							       u->address[i]);
	return q->address_n > 0;
}

/* ---- the end ------------------------------------------------------------------- */

static void query_free(struct login_query *q)
{
	*q->link = q->next;
	if (q->next)
		q->next->link = q->link;
	q->l->open--;
	if (q->counted)
		guess_end(&q->l->guesses, &q->who);
	timer_free(&q->timer);
	hash_cancel(&q->hash);
	upstream_cancel(&q->upstream);
	token_check_cancel(&q->token);
	arena_release(&q->arena);
	mem_free(q);
}

static void note(struct login_query *q)
{
	static const struct {
		const char *event;
		enum log_level level;
		enum metric metric;
	} row[] = {
		[LOGIN_OK] = {"login", LOG_INFO, METRIC_LOGINS},
		[LOGIN_REFUSED] = {"login-refused", LOG_INFO,
				   METRIC_LOGINS_REFUSED},
		[LOGIN_LATER] = {"login-later", LOG_WARN, METRIC_LOGINS_LATER},
	};

	metric_add(q->l->metrics, row[q->answer].metric, 1);
	/* A wrong name may be a password: it is not shown. */
	LOG(q->l->log, row[q->answer].level, row[q->answer].event,
	    LS("tenant", q->tenant ? q->tenant : "-"),
	    LSTR("name", q->answer == LOGIN_OK ? q->name : STR("-")),
	    LS("how", q->how));
}

static void on_timer(void *arg)
{
	struct login_query *q = arg;
	struct logins *l = q->l;
	struct login login = {.tenant = tenant_named(l, q->tenant),
			      .name = q->name,
			      .address = q->address,
			      .address_n = q->address_n};

	if (q->answer == LOGIN_OK && !login.tenant)
		q->answer = LOGIN_LATER; /* the settings were changed */
	note(q);
	q->done(q->arg, q->answer, q->answer == LOGIN_OK ? &login : NULL);
	query_free(q);
}

static void end(struct login_query *q, enum login_answer answer,
		const char *how)
{
	int64_t now_us = clock_monotonic_us(), wait = q->l->t.refused_us;

	q->answer = answer;
	q->how = how;
	if (q->counted)
		guess_end(&q->l->guesses, &q->who);
	if (q->counted && answer == LOGIN_REFUSED)
		guess_wrong(&q->l->guesses, &q->who, now_us);
	if (q->counted && answer == LOGIN_OK)
		guess_right(&q->l->guesses, &q->who);
	q->counted = false;
	/* How long it took says nothing: it is rounded up. */
	timer_set(q->timer, answer == LOGIN_OK
				    ? 0
				    : wait - (now_us - q->begun_us) % wait);
}

/* ---- checks ---------------------------------------------------------------------- */

static void on_nobody(void *arg, bool ok)
{
	struct login_query *q = arg;

	(void)ok;
	q->hash = NULL;
	end(q, LOGIN_REFUSED, "no-such-login");
}

static void on_hash(void *arg, bool ok)
{
	struct login_query *q = arg;
	const struct tenant_conf *t = tenant_named(q->l, q->tenant);

	q->hash = NULL;
	if (!t)
		end(q, LOGIN_LATER, "settings-changed");
	else if (!ok || !find_addresses(q, t, q->name))
		end(q, LOGIN_REFUSED, "password");
	else
		end(q, LOGIN_OK, "password");
}

static void start_hash(struct login_query *q, struct str password,
		       const char *hash, hash_done *done)
{
	q->hash = hash_check(q->l->hasher, password, hash, done, q);
	if (!q->hash)
		end(q, LOGIN_LATER, "too-many-checks");
}

static void check_local(struct login_query *q, const struct tenant_conf *t,
			struct str password)
{
	const struct users *all = logins_users(q->l, t);
	const struct user *u = all ? users_find(all, q->name) : NULL;

	if (!all)
		end(q, LOGIN_LATER, "no-users-file");
	else if (u && u->hash)
		start_hash(q, password, u->hash, on_hash);
	else
		start_hash(q, password, all->hash ? all->hash : NOBODYS_HASH,
			   on_nobody);
}

static void on_upstream(void *arg, enum login_answer answer)
{
	struct login_query *q = arg;
	const struct tenant_conf *t = tenant_named(q->l, q->tenant);

	q->upstream = NULL;
	if (!t)
		end(q, LOGIN_LATER, "settings-changed");
	else if (answer == LOGIN_OK && !find_addresses(q, t, q->name))
		end(q, LOGIN_REFUSED, "upstream-without-address");
	else
		end(q, answer, "upstream");
}

static void check_password(struct login_query *q, const struct tenant_conf *t,
			   struct str password)
{
	if (!t) {
		start_hash(q, password, NOBODYS_HASH, on_nobody);
	} else if (t->submission.auth == SUBMISSION_LOCAL) {
		check_local(q, t, password);
	} else {
		q->upstream = upstream_ask(q->l->upstreams, t, q->name,
					   password, on_upstream, q);
		if (!q->upstream)
			end(q, LOGIN_LATER, "too-many-checks");
	}
}

static void on_token(void *arg, enum login_answer answer, struct str mailbox,
		     const char *why)
{
	struct login_query *q = arg;
	const struct tenant_conf *t = tenant_named(q->l, q->tenant);

	q->token = NULL;
	if (!t) {
		end(q, LOGIN_LATER, "settings-changed");
		return;
	}
	/* The name that was given is the token's, or it is not believed. */
	if (answer == LOGIN_OK && q->name.n && !str_eq_ci(q->name, mailbox)) {
		answer = LOGIN_REFUSED;
		why = "token-of-another-name";
	}
	if (answer == LOGIN_OK) {
		q->name = arena_str(&q->arena, mailbox);
		if (!find_addresses(q, t, q->name)) {
			answer = LOGIN_REFUSED;
			why = "token-without-address";
		}
	}
	end(q, answer, why);
}

/* ---- questions ------------------------------------------------------------------- */

static struct login_query *query_new(struct logins *l,
				     const struct sockaddr *peer,
				     struct str name, login_done *done,
				     void *arg)
{
	struct login_query *q = NEW(struct login_query);

	arena_init_secret(&q->arena);
	q->l = l;
	q->done = done;
	q->arg = arg;
	q->name = arena_str(&q->arena, name);
	q->begun_us = clock_monotonic_us();
	q->timer = timer_new(l->loop, on_timer, q);
	q->next = l->first;
	q->link = &l->first;
	if (q->next)
		q->next->link = &q->next;
	l->first = q;
	l->open++;
	guess_of(&l->guesses, peer, name, &q->who);
	return q;
}

static bool is_name(struct str s)
{
	return s.n <= LOGIN_USER_MAX && utf8_valid(s) && !str_has_control(s);
}

/* False: it has its end already. */
static bool may_ask(struct login_query *q)
{
	if (q->l->open > QUERIES_MAX)
		end(q, LOGIN_LATER, "too-many-checks");
	else if (!guess_allowed(&q->l->guesses, &q->who, q->begun_us))
		end(q, LOGIN_LATER, "too-many-wrong");
	else
		q->counted = true;
	if (q->counted)
		guess_begin(&q->l->guesses, &q->who);
	return q->counted;
}

struct login_query *login_password(struct logins *l,
				   const struct sockaddr *peer,
				   const struct tenant_conf *tenant,
				   struct str name, struct str password,
				   login_done *done, void *arg)
{
	struct login_query *q = query_new(l, peer, name, done, arg);
	const struct tenant_conf *t = NULL;

	if (!may_ask(q))
		return q;
	if (is_name(name) && name.n && password.n <= LOGIN_PASSWORD_MAX)
		t = choose(l, tenant, name, LOGIN_BY_PASSWORD);
	else
		password = STR_EMPTY;
	q->tenant = t ? arena_strdup(&q->arena, t->tenant) : NULL;
	check_password(q, t, password);
	return q;
}

struct login_query *login_token(struct logins *l, const struct sockaddr *peer,
				const struct tenant_conf *tenant,
				struct str name, struct str token,
				login_done *done, void *arg)
{
	struct login_query *q = query_new(l, peer, name, done, arg);
	const struct tenant_conf *t = NULL;

	if (!may_ask(q))
		return q;
	if (is_name(name) && token.n && token.n <= LOGIN_TOKEN_MAX)
		t = choose(l, tenant, name, LOGIN_BY_TOKEN);
	if (!t) {
		end(q, LOGIN_REFUSED, "no-tenant");
		return q;
	}
	q->tenant = arena_strdup(&q->arena, t->tenant);
	q->token = token_check(l->issuers, t, token, on_token, q);
	if (!q->token)
		end(q, LOGIN_LATER, "too-many-checks");
	return q;
}

void login_cancel(struct login_query **qp)
{
	struct login_query *q = TAKE(*qp);

	if (q)
		query_free(q);
}

/* ---- life ------------------------------------------------------------------------ */

#define TUNE(field, value) t->field = t->field ? t->field : (value)

static void tune(struct logins_tuning *t)
{
	TUNE(refused_us, REFUSED_US);
	TUNE(look_us, LOOK_US);
	TUNE(window_us, WINDOW_US);
	TUNE(per_address, PER_ADDRESS);
	TUNE(per_name, PER_NAME);
	TUNE(overall, OVERALL);
	TUNE(known_us, KNOWN_US);
	TUNE(upstream_us, UPSTREAM_US);
	TUNE(keys_us, KEYS_US);
	TUNE(keys_again_us, KEYS_AGAIN_US);
}

struct logins *logins_new(const struct logins_conf *conf)
{
	struct logins *l = NEW(struct logins);

	l->loop = conf->loop;
	l->config = conf->config;
	l->http = conf->http;
	l->log = conf->log;
	l->metrics = conf->metrics;
	if (conf->tuning)
		l->t = *conf->tuning;
	tune(&l->t);
	l->hasher = hasher_new(l->loop);
	l->upstreams = upstreams_new(l);
	l->issuers = issuers_new(l);
	guesses_init(&l->guesses, &l->t);
	/* So that the log says at once what is wrong with a file. */
	for (size_t i = 0; i < l->config->tenant_n; i++)
		(void)logins_users(l, &l->config->tenant[i]);
	return l;
}

static void files_forget(struct logins *l)
{
	for (size_t i = 0; i < l->files.n; i++) {
		struct users_file *f = l->files.v[i];

		users_release(&f->users);
		mem_free(f->tenant);
		mem_free(f->path);
		mem_free(f);
	}
	vec_release(&l->files);
}

/* A file that is named as before is kept: its new state may be a broken one. */
void logins_set_config(struct logins *l, const struct config *c)
{
	l->config = c;
	upstreams_forget(l->upstreams);
	issuers_forget(l->issuers);
	for (size_t i = 0; i < l->files.n; i++) {
		memset(l->files.v[i]->seen, 0, SHA256_LEN);
		l->files.v[i]->looked_us = 0;
	}
	for (size_t i = 0; i < c->tenant_n; i++)
		(void)logins_users(l, &c->tenant[i]);
}

void logins_free(struct logins **lp)
{
	struct logins *l = TAKE(*lp);

	if (!l)
		return;
	while (l->first)
		query_free(l->first);
	upstreams_free(&l->upstreams);
	issuers_free(&l->issuers);
	hasher_free(&l->hasher);
	files_forget(l);
	guesses_release(&l->guesses);
	mem_free(l);
}
