/* login_world.h - two tenants, a file of users and the logins of both, for the
 * tests of logins.
 */
#ifndef SEKISHO_TESTS_LOGIN_WORLD_H
#define SEKISHO_TESTS_LOGIN_WORLD_H

#include <check.h>
#include "auth/login_int.h"
#include "tests/unit/connector/sys/pki.h"

#define TEXT(s) ((char *)(s))

struct login_world {
	struct pki pki;
	struct loop *loop;
	struct http_client *http;
	struct config config;
	struct tenant_conf tenant[2];
	struct logins *logins;
	struct metrics metrics;
	char users_path[128];
	struct logins_tuning tuning;
	/* The last answer. */
	struct got {
		int n;
		enum login_answer answer;
		const struct tenant_conf *tenant;
		char text[400]; /* name=address,address */
	} got;
	int answered; /* by on_many() */
};
extern struct login_world login_world;

/* A file of users, and the logins that read it. */
const char *cheap_hash(const char *password);
/* Takes long enough for a queue of them to fill. */
const char *slow_hash(const char *password);
void put_users(const char *fmt, ...);
void open_logins(void);
/* Fixtures: once, and for each test. */
void login_make(void);
void login_drop(void);
void login_setup(void);
void login_teardown(void);

/* Asking. */
void on_login(void *arg, enum login_answer answer, const struct login *login);
const struct sockaddr *peer(const char *text);
enum login_answer by_password(const struct tenant_conf *label, const char *name,
			      const char *password);
enum login_answer by_token(const char *name, struct str token);
void on_many(void *arg, enum login_answer answer, const struct login *login);

#endif
