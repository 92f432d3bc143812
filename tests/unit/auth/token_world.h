/* token_world.h - an endpoint for access tokens, files of secrets and
 * certificates, and one tenant that asks, for the tests of tokens.
 */
#ifndef SEKISHO_TESTS_TOKEN_WORLD_H
#define SEKISHO_TESTS_TOKEN_WORLD_H

#include <check.h>
#include "auth/jwt_make_int.h"
#include "auth/token.h"
#include "connector/base/clock.h"
#include "connector/sys/http/server.h"

#define TEXT(s)	 ((char *)(s))
#define TENANT	 "11111111-2222-3333-4444-555555555555"
#define CLIENT	 "66666666-7777-8888-9999-000000000000"
#define MARKER	 "marker+of/a secret&" /* the secret */
#define ASKS_MAX 32

struct token_world {
	struct loop *loop;
	struct http_client *http;
	struct http_server *server;
	int listener;
	struct keys *keys;
	struct tokens *tokens;
	struct tenant_conf tenant;
	char folder[64], url[64];
	/* What the endpoint was asked. */
	struct ask {
		char *query, *body, *metadata;
	} ask[ASKS_MAX];
	int asks;
	/* And what it answers. */
	int answer_status;
	const char *answer_body; /* NULL: token-N for the N-th ask */
	const char *answer_life, *retry_after;
	/* What came of it. */
	struct got {
		int n;
		char token[64];
		struct err why;
	} got;
	int wanted; /* answers until the loop stops */
};
extern struct token_world token_world;

/* Fixtures: the folder once, the rest for each test. */
void make_folder(void);
void remove_folder(void);
void token_setup(void);
void token_teardown(void);

/* Files in the folder; pem and key are names in it. */
const char *path_of(const char *name);
void put_file(const char *name, const char *text);
void make_certificate(const char *key, const char *pem);
void put_google(const char *type, const char *pem);
struct secret_ref file_ref(const char *name);
/* How the tenant proves who it is. */
void by_certificate(const char *pem, const char *key);
void by_google(void);

void on_token(void *arg, struct str token, const struct err *why);
void get_as(const char *user);
void get(void);
void wait_a_bit(int ms);

/* Of what was asked; form(0, NULL) gives back what was handed out. */
const char *form(int i, const char *name);
struct json *part(const char *assertion, int which);
bool is_signed(const char *assertion, enum key_scheme scheme, const char *pem);
void ck_claim(const struct json *j, const char *name, const char *v);
void ck_thumbprint(const char *x5t, const char *pem);

#endif
