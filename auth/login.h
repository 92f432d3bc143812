/* login.h - who logs in for submission (RFC 4954): local users, the tenant's
 * own mail server, or a token of its identity provider.
 *
 * A login names a tenant and the addresses it may send as.  Answers to wrong
 * names and wrong passwords cannot be told apart, in text or in time.
 * Passwords and tokens are never logged and are wiped.  On one loop.
 */
#ifndef SEKISHO_AUTH_LOGIN_H
#define SEKISHO_AUTH_LOGIN_H

#include "auth/auth.h"
#include "connector/base/log.h"
#include "connector/base/metrics.h"
#include "connector/sys/http/client.h"
#include "connector/sys/loop/loop.h"

#define LOGIN_USER_MAX	    255
#define LOGIN_PASSWORD_MAX  1024
#define LOGIN_TOKEN_MAX	    (16 * 1024)
#define LOGIN_ADDRESSES_MAX 100

/* Times and bounds; 0: the default. Tests shorten them. */
struct logins_tuning {
	int64_t refused_us; /* a refusal comes no sooner */
	int64_t look_us;    /* users files are looked at this often */
	int64_t window_us;  /* wrong logins are counted in it */
	unsigned per_address, per_name, overall; /* of them */
	int64_t known_us;      /* what the upstream took is believed so long */
	int64_t upstream_us;   /* for its answer, absolute */
	int64_t keys_us;       /* a token issuer's keys are believed so long */
	int64_t keys_again_us; /* and not fetched again before this */
};

struct logins;
struct logins_conf {
	struct loop *loop;
	const struct config *config; /* lives longer */
	struct http_client *http;    /* NULL: no tokens are taken */
	const struct log_ctx *log;
	struct metrics *metrics;
	const struct logins_tuning *tuning; /* NULL: default */
};
struct logins *logins_new(const struct logins_conf *conf);
void logins_set_config(struct logins *l, const struct config *c);
void logins_free(struct logins **l); /* callbacks that are owed do not come */

/* What a tenant's people log in with; NULL: those of any tenant. */
enum { LOGIN_BY_PASSWORD = 1, LOGIN_BY_TOKEN = 2 };
unsigned logins_ways(const struct logins *l, const struct tenant_conf *tenant);

struct login {
	const struct tenant_conf *tenant;
	struct str name;
	/* Compared form; MAIL FROM and the header From are one of these. */
	const struct str *address;
	size_t address_n;
};
enum login_answer {
	LOGIN_OK,
	LOGIN_REFUSED, /* 535 5.7.8 */
	LOGIN_LATER,   /* 454 4.7.0: the checker cannot be asked, or too many
			* wrong ones from this address or for this name */
};
typedef void login_done(void *arg, enum login_answer a,
			const struct login *login); /* until return */
struct login_query;
/* tenant: by SNI where that tells; NULL: by the domain of the name. Never
 * before return. The query has ended when done is called. */
struct login_query *login_password(struct logins *l,
				   const struct sockaddr *peer,
				   const struct tenant_conf *tenant,
				   struct str name, struct str password,
				   login_done *done, void *arg);
/* name empty: as the token says. */
struct login_query *login_token(struct logins *l, const struct sockaddr *peer,
				const struct tenant_conf *tenant,
				struct str name, struct str token,
				login_done *done, void *arg);
void login_cancel(struct login_query **q);

/* key: in compared form. */
bool login_may_send_as(const struct str *address, size_t address_n,
		       struct str key);

/* Reads the tenant's users file as a login would; for `sekisho check`. */
bool login_users_check(const struct tenant_conf *t, struct err *e) MUST_USE;

#endif
