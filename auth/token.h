/* token.h - access tokens that we get: Entra client credentials (RFC 6749 4.4
 * with a secret, an assertion of RFC 7523 or another issuer's token), managed
 * identity, Google service accounts (RFC 7523 2.1).
 *
 * One cache for each (tenant's login, user): single flight, renewed at 80 % of
 * its life, dropped when the next hop refuses it.  Errors are told to all who
 * wait, and to those who ask before the pause that follows is over.  Private
 * keys are read once and sign in the keeper.  Tokens are never logged and are
 * wiped.  On one loop.
 */
#ifndef SEKISHO_AUTH_TOKEN_H
#define SEKISHO_AUTH_TOKEN_H

#include "auth/auth.h"
#include "connector/base/log.h"
#include "connector/sys/http/client.h"
#include "connector/sys/keys/keys.h"

#define TOKEN_MAX (16 * 1024)

struct tokens;
/* Times that tests shorten. */
struct tokens_tuning {
	int64_t first_us, most_us; /* pause after errors, doubling */
	int64_t fresh_us;	   /* as new as a token can be: kept */
};
struct tokens_conf {
	struct loop *loop;
	struct http_client *http;
	struct keys *keys;
	auth_secret_read *read;
	void *read_arg;
	const struct log_ctx *log;
	const struct tokens_tuning *tuning; /* NULL: default; lives longer */
};
struct tokens *tokens_new(const struct tokens_conf *conf);
/* Certificates and keys may have changed: they are read anew when the next
 * token is asked for. */
void tokens_reload(struct tokens *t);
/* Not inside a token_done; owed callbacks do not come. */
void tokens_free(struct tokens **t);

/* token: as it is sent, until return; empty with `why`: RETRY (try later) or
 * DENIED (the settings are wrong: the tenant's queue waits, alarm). Text of
 * why carries error, error codes and trace id of the answer, never a secret. */
typedef void token_done(void *arg, struct str token, const struct err *why);
struct token_query;
/* For login kinds ENTRA and GOOGLE of tenant.deliver.login. user: the mailbox
 * to act as (Google: `sub`; Entra: not part of the token, one token serves
 * all). The tenant is read before return, done never comes before it. */
struct token_query *token_get(struct tokens *t,
			      const struct tenant_conf *tenant, struct str user,
			      token_done *done, void *arg);
void token_cancel(struct token_query **q);
/* The next hop refused it: do not give it out again. False: it is as new as
 * one can be; another would be refused as well. */
bool token_refused(struct tokens *t, const struct tenant_conf *tenant,
		   struct str user);

#endif
