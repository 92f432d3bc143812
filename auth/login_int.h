/* login_int.h - the parts of a login check: users file, slow hashes on a
 * thread, the tenant's server, tokens, and the count of wrong guesses.
 */
#ifndef SEKISHO_AUTH_LOGIN_INT_H
#define SEKISHO_AUTH_LOGIN_INT_H

#include <sys/socket.h>
#include "auth/jwt_int.h"
#include "auth/login.h"
#include "connector/base/map.h"
#include "connector/base/vec.h"
#include "connector/sys/crypto/crypto.h"

/* ---- login_users.c: the users file --------------------------------------- */

#define USERS_FILE_MAX (8 * MIB)

struct user {
	struct str name;  /* lower case */
	const char *hash; /* Argon2id string; NULL: addresses only */
	struct str *address;
	size_t address_n;
};
/* One file of one tenant, read again when it changes; a broken one keeps what
 * was read before. */
struct users {
	struct arena arena;
	struct map by_name; /* struct user */
	const char *hash;   /* of some user: what an unknown name costs */
	bool read;	    /* something was read at all */
};
bool users_read(struct users *u, const struct tenant_conf *t, struct str text,
		struct err *e) MUST_USE;
void users_release(struct users *u);
const struct user *users_find(const struct users *u, struct str name);

struct users_file {
	char *tenant, *path;
	struct users users;
	unsigned char seen[SHA256_LEN]; /* stamp of the file */
	int64_t looked_us;		/* monotonic; 0: never */
};
/* The file of a tenant, looked at again when that is due; NULL: none is set,
 * or it could never be read. */
const struct users *logins_users(struct logins *l, const struct tenant_conf *t);

/* ---- login_hash.c: Argon2id on a thread ---------------------------------- */

#define HASH_QUEUE_MAX 32

struct hasher;
struct hash_job;
typedef void hash_done(void *arg, bool ok);
struct hasher *hasher_new(struct loop *loop);
void hasher_free(struct hasher **h); /* waits for the hash under way */
/* NULL: too many wait. Copies, wipes. Never before return. */
struct hash_job *hash_check(struct hasher *h, struct str password,
			    const char *hash, hash_done *done, void *arg);
void hash_cancel(struct hash_job **j);

/* ---- login_limit.c: wrong guesses ----------------------------------------- */

#define GUESS_KEY_LEN 16

/* Keyed digests: names that people mistype are passwords sometimes. */
struct guess {
	unsigned char address[GUESS_KEY_LEN]; /* IPv6: /64 */
	unsigned char name[GUESS_KEY_LEN];
	unsigned char pair[GUESS_KEY_LEN];
};
struct guess_window {
	struct map by; /* any of the three keys: count */
	size_t all;
};
struct guesses {
	unsigned char key[SHA256_LEN];
	int64_t window_us;
	unsigned per_address, per_name, overall;
	struct guess_window now, before;
	int64_t begun_us;
	/* Pairs that were right: known people. By halves, the older goes. */
	struct map good, good_before;
	struct map open; /* name: checks under way */
};
void guesses_init(struct guesses *g, const struct logins_tuning *t);
void guesses_release(struct guesses *g);
void guess_of(const struct guesses *g, const struct sockaddr *peer,
	      struct str name, struct guess *out);
bool guess_allowed(struct guesses *g, const struct guess *who, int64_t now_us);
/* Each check that is under way may turn out to be wrong. */
void guess_begin(struct guesses *g, const struct guess *who);
void guess_end(struct guesses *g, const struct guess *who);
void guess_wrong(struct guesses *g, const struct guess *who, int64_t now_us);
void guess_right(struct guesses *g, const struct guess *who);

/* ---- login_upstream.c: the tenant's own server ----------------------------- */

struct upstreams;
struct upstream_check;
typedef void upstream_done(void *arg, enum login_answer a);
struct upstreams *upstreams_new(const struct logins *l);
void upstreams_free(struct upstreams **u);
void upstreams_forget(struct upstreams *u); /* settings have changed */
/* NULL: too many are asked. Never before return. */
struct upstream_check *upstream_ask(struct upstreams *u,
				    const struct tenant_conf *t,
				    struct str name, struct str password,
				    upstream_done *done, void *arg);
void upstream_cancel(struct upstream_check **c);

/* ---- login_token.c: tokens -------------------------------------------------- */

struct issuers;
struct token_check;
/* mailbox: what the token's claim says, until return. */
typedef void token_checked(void *arg, enum login_answer a, struct str mailbox,
			   const char *why);
struct issuers *issuers_new(const struct logins *l);
void issuers_free(struct issuers **i);
void issuers_forget(struct issuers *i);
/* NULL: too many wait. Never before return. */
struct token_check *token_check(struct issuers *i, const struct tenant_conf *t,
				struct str token, token_checked *done,
				void *arg);
void token_check_cancel(struct token_check **c);

/* ---- login.c ----------------------------------------------------------------- */

struct logins {
	struct loop *loop;
	const struct config *config;
	struct http_client *http;
	const struct log_ctx *log;
	struct metrics *metrics;
	struct logins_tuning t;
	struct hasher *hasher;
	struct upstreams *upstreams;
	struct issuers *issuers;
	struct guesses guesses;
	struct {
		VEC_OF(struct users_file *);
	} files;
	struct login_query *first;
	size_t open;
};

unsigned login_tenant_ways(const struct tenant_conf *t);

#endif
