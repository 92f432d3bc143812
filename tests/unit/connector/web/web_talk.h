/* web_talk.h - the test's world, served on a thread of its own, and raw requests
 * to it.
 */
#ifndef SEKISHO_TESTS_WEB_TALK_H
#define SEKISHO_TESTS_WEB_TALK_H

#include "tests/unit/connector/web/web_help.h"

extern struct world w;
void open_world(void);
void close_world(void);
/* Nothing is served between the two. */
void pause_world(void);
void resume_world(void);

/* Each answer is the caller's, to be freed. */
char *talk(const char *request);
char *ask(const char *method, const char *path, const char *fields);
char *ask_held(enum world_case c, const char *fields);
int status(const char *answer);
/* Between `mark` and any of `end`; fails without the mark. */
char *after(const char *text, const char *mark, const char *end);

struct form {
	char *cookie, *csrf;
};
void form_release(struct form *f);
struct form get_form_at(const char *path);
struct form get_form(enum world_case c);

/* NULL: as a browser would send it. */
struct post {
	const char *act, *check, *origin, *site, *csrf, *cookie, *type;
	const char *more; /* "&name=value" */
};
char *post_at(const char *path, const struct form *f, struct post p);
char *post(enum world_case c, const struct form *f, struct post p);

#endif
