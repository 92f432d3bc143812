/* token_int.h - what the files of the access tokens share.
 *
 * token.c keeps and tells; token_entra.c and token_google.c write requests;
 * token_answer.c reads what came.
 */
#ifndef SEKISHO_AUTH_TOKEN_INT_H
#define SEKISHO_AUTH_TOKEN_INT_H

#include "auth/token.h"
#include "connector/base/arena.h"
#include "connector/base/json.h"

#define TOKEN_FORM_MAX (64 * KIB) /* a request */
#define TOKEN_BODY_MAX (64 * KIB) /* an answer */

/* What was read of one login's files; of its private key the sealed form. */
struct token_login {
	unsigned users;	   /* cached tokens that came of it */
	struct str digest; /* of all its settings */
	bool has_key;
	struct buf blob;
	struct buf x5t;	   /* ENTRA: of the certificate */
	char *email, *kid; /* GOOGLE: of the key file */
};

/* A request for a token, as it is asked. */
struct token_ask {
	struct arena arena;
	const char *method, *url;
	const char *header[4];
	struct buf body; /* secret */
};

/* Files that cannot be read or do not fit: DENIED. */
bool token_ask_entra(const struct tokens_conf *c, struct token_login *l,
		     const struct tenant_conf *tenant, struct token_ask *ask,
		     struct err *e) MUST_USE;
bool token_ask_google(const struct tokens_conf *c, struct token_login *l,
		      const struct tenant_conf *tenant, struct str user,
		      struct token_ask *ask, struct err *e) MUST_USE;

/* token_answer.c: out gets the token, life_us_r its life. */
struct token_answer {
	struct buf *token; /* secret, empty */
	int64_t life_us;
	int64_t wait_us; /* as the server asked; 0: nothing said */
};
bool token_answer_read(const struct http_answer *r, bool managed,
		       struct token_answer *to, struct err *e) MUST_USE;

/* Helpers: "name=value" with what stands before it. */
void token_form_add(struct buf *b, const char *name, struct str value);
/* The text of a string in j, before j is freed. */
void token_wipe_member(const struct json *j, const char *name);

#endif
