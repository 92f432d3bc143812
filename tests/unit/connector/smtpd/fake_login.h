/* fake_login.h - logins in memory: who is right is in a table, the answer comes
 * from the loop or when the test says so.  Stands in for auth/login.h in tests
 * of the SMTP server and its fuzzer.
 */
#ifndef TESTS_FAKE_LOGIN_H
#define TESTS_FAKE_LOGIN_H

#include "auth/login.h"

/* taro@example.jp / "sesame" sends as taro@example.jp and info@example.jp;
 * hanako@secure.test / "open" as herself.  The tokens "token-taro" and
 * "token-hanako" are theirs.  "busy" is answered LOGIN_LATER. */
struct logins {
	struct loop *loop;
	const struct config *config;
	unsigned ways; /* of every tenant */
	bool never;    /* no answer until fake_login_answer() */
	struct login_query *waiting;
	size_t asked, cancelled;
	const struct tenant_conf *label; /* of the last question */
};
void fake_logins_init(struct logins *l, struct loop *loop,
		      const struct config *c);
void fake_login_answer(struct logins *l);

#endif
