/* asked.h - a question of a few terms, and what a mail answers to it. */
#ifndef SEKISHO_TEST_EXTRACT_ASKED_H
#define SEKISHO_TEST_EXTRACT_ASKED_H

#include "tests/unit/connector/extract/harness.h"

#define ASKED_TERMS_MAX 32

struct asked {
	struct harness h;
	struct term term[ASKED_TERMS_MAX];
	struct question q;
};

void asked_start(struct asked *t);
void asked_stop(struct asked *t);
/* A word, or an expression when it stands in slashes; its index. */
uint32_t asked_term(struct asked *t, const char *text, unsigned places);
/* Compiles what was asked for; fails the test when that cannot be. */
void asked_compile(struct asked *t);
/* Findings of a mail, which are those that the engine takes, and the same
 * when it is read in pieces. */
const struct findings *asked_mail(struct asked *t, const char *mail);
const struct findings *asked_raw(struct asked *t, struct str mail);
/* Findings of a text as the body of a mail. */
const struct findings *asked_body(struct asked *t, const char *text, bool html);

#endif
