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
#include "connector/sys/http/client.h"
#include "connector/sys/loop/loop.h"

#define LOGIN_NAME_MAX	   255
#define LOGIN_PASSWORD_MAX 1024
#define LOGIN_TOKEN_MAX	   (16 * 1024)

struct logins;
struct logins_conf {
	struct loop *loop;
	const struct config *config;
	struct resolver *resolver;
	struct http_client *http;
	const struct log_ctx *log;
};
struct logins *logins_new(const struct logins_conf *conf);
void logins_set_config(struct logins *l, const struct config *c);
void logins_free(struct logins **l);

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
 * before return. */
struct login_query *login_password(struct logins *l,
				   const struct sockaddr *peer,
				   const struct tenant_conf *tenant,
				   struct str name, struct str password,
				   login_done *done, void *arg);
struct login_query *login_token(struct logins *l, const struct sockaddr *peer,
				const struct tenant_conf *tenant,
				struct str name, struct str token,
				login_done *done, void *arg);
void login_cancel(struct login_query **q);
bool login_may_send_as(const struct login *l, const struct addr *from);

#endif
