/* talk.h - one client against one fake server, from open to the last answer. */
#ifndef SEKISHO_TESTS_TALK_H
#define SEKISHO_TESTS_TALK_H

#include "connector/smtp/client.h"
#include "tests/unit/fake_smtp.h"

#define TALK_RCPTS 3

struct talk {
	struct fake_smtp *fake;
	struct loop *loop;
	struct smtp_client_conf conf;
	struct smtp_timeouts timeouts;
	struct smtp_client *client;
	struct timer *guard;
	/* the mail */
	struct smtp_mail mail;
	struct smtp_rcpt rcpt[TALK_RCPTS];
	const char *content;
	size_t content_n, piece, at; /* piece: bytes given at once; 0: all */
	int lie;		     /* added to the size that is announced */
	size_t fail_at;		     /* the source fails there; 0: never */
	unsigned mails;		     /* to be sent on one connection */
	/* what came */
	unsigned sent;
	bool ready, usable, ended, late;
	struct smtp_end end;
	char tls[16];
	struct smtp_caps caps;
};

/* rcpts 1..3: a@ext.example, b@..., c@...; content is a small mail. */
void talk_init(struct talk *t, struct fake_smtp *f, size_t rcpts);
void talk_run(struct talk *t); /* opens, sends, waits; then talk_end() */
void talk_end(struct talk *t); /* quits, stops the fake, frees */

#endif
