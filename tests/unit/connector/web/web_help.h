/* web_help.h - the real web module over a memory store, with messages in every
 * state of the page and a flow that only writes rows; for unit tests and for
 * the page server of the browser tests.
 */
#ifndef SEKISHO_TESTS_WEB_HELP_H
#define SEKISHO_TESTS_WEB_HELP_H

#include "connector/base/id.h"
#include "connector/web/web.h"

#define WORLD_DIGITS   "4821"
#define WORLD_SUPERIOR "hanako.suzuki@example.co.jp"

#define WORLD_HOSTILE                                                          \
	"<script>alert(1)</script>\"'>{{csrf}}{{{main}}}\xe2\x80\xae"          \
	"txt.exe \xef\xbd\xb6\xef\xbe\x9e \xf0\x9f\x91\xa9\xe2\x80\x8d"        \
	"\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7 "                        \
	"looooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooong"

enum world_case {
	CASE_HELD,    /* one recipient doubtful, timer runs */
	CASE_STAGE,   /* stage 2 of 2 */
	CASE_WAIT,    /* until the sender sends */
	CASE_TIMELAG, /* internal gone, external waits */
	CASE_ADMIN,
	CASE_APPROVAL,
	CASE_CHECKING,
	CASE_SENDING,
	CASE_SENT,
	CASE_DISCARDED,
	CASE_RETURNED,
	CASE_REFUSED,
	CASE_EXPIRED,
	CASE_BOUNCED,
	CASE_MIXED,
	CASE_HOSTILE, /* markup, marks and length in every text */
	CASE_LOCKED,  /* five wrong tries already */
	CASE_WAYS,    /* each recipient gets something else */
	CASE_COUNT
};
const char *world_case_name(enum world_case c);

#define WORLD_PEOPLE 5
struct world_person {
	const char *address, *class;
};
extern const struct world_person world_people[WORLD_PEOPLE];
/* The plan's JSON, as plan_json() writes it. */
void world_plan(enum world_case c, struct buf *out);

struct world {
	char folder[64];
	struct config config;
	struct tz *tz;
	struct keys *keys;
	struct spool *spool;
	struct store *store;
	struct store_reader *reader; /* of the test's thread */
	struct loop *loop;
	struct metrics metrics;
	struct web *web;
	int fd;
	uint16_t port;
	int64_t id[CASE_COUNT];
	char token[CASE_COUNT][TOKEN_TEXT_LEN + 1];
	char brake[CASE_COUNT][TOKEN_TEXT_LEN + 1]; /* of WORLD_SUPERIOR */
	struct flow_action last; /* that flow_do() was asked */
	struct flow_mode mode;
	unsigned acts;	/* flow_do() calls */
	bool fail_next; /* flow_do(): RETRY */
};

/* Everything but the web, which listens at 127.0.0.1:port (0: any). */
void world_open(struct world *w, uint16_t port);
/* A fresh message in that case, with a new token. */
void world_add(struct world *w, enum world_case c);
/* The same bytes to one more, in another transaction. */
void world_add_copy(struct world *w, enum world_case c, const char *from,
		    const char *to);
void world_serve(struct world *w); /* makes the web */
void world_close(struct world *w);
struct store_found world_show(struct world *w, enum world_case c,
			      struct arena *a);

#endif
