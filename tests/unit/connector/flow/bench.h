/* bench.h - a flow with a real loop, store, spool, policy and notices, a fake
 * inspector and a fake deliverer.
 *
 * Nothing runs but inside bench_step().  bench_close() ends every test with
 * the judges: the ledger adds up and the audit chain is whole.
 */
#ifndef SEKISHO_TESTS_FLOW_BENCH_H
#define SEKISHO_TESTS_FLOW_BENCH_H

#include <check.h>
#include "connector/base/cidr.h"
#include "connector/flow/flow_int.h"
#include "tests/unit/connector/flow/fake_inspect.h"

enum { BENCH_MEMORY, BENCH_SQLITE, BENCH_DRIVERS };

/* A copy that the deliverer was given. */
struct sent {
	int64_t id;
	enum message_kind kind;
	unsigned attempts; /* of its first recipient */
	char to[512];	   /* " a@b c@d" */
	struct buf bytes;
	bool has_8bit, has_bare_lf;
};

struct bench {
	char folder[64];
	char *url, *spool_folder;
	struct loop *loop;
	struct keys *keys;
	struct spool *spool;
	struct store *store;
	struct store_reader *reader;
	struct notices *notices;
	struct auth *auth;
	struct metrics metrics;
	struct config config;
	struct tenant_conf tenant;
	char *domains[2], *admins[1];
	struct cidr network;
	struct inspect inspect;
	struct flow *flow;
	const char *build; /* of the program, at the next opening */
	struct arena arena;
	/* The deliverer. */
	unsigned slots; /* 0: none, everything goes by claims */
	int reserved;	/* slots that are taken and not used */
	unsigned wakes;
	bool deaf;	 /* attempts wait for bench_answer() */
	bool closed;	 /* claims nothing */
	bool unreadable; /* a copy may fail to be read: then it is deferred */
	/* What comes of a recipient; NULL: delivered. */
	void (*verdict)(struct bench *b, struct attempt *a,
			struct attempt_rcpt *r);
	struct {
		VEC_OF(struct attempt *);
	} open;
	struct {
		VEC_OF(struct sent);
	} sent;
	bool claiming;
	struct timer *tick, *claim;
	/* Clocks of the flow: this far from the real ones. */
	struct flow_clocks clocks;
	int64_t wall_us, machine_us;
};

/* policy: YAML below the `domains`, or NULL for none: all is delivered. */
void bench_open(struct bench *b, int driver, const char *policy);
/* The same on a folder that is there already (SQLite). */
void bench_open_at(struct bench *b, const char *folder, const char *policy);
void bench_policy(struct bench *b, const char *policy);
/* Clean end of flow and store, and a new beginning. */
void bench_reopen(struct bench *b, const char *policy);
void bench_close(struct bench *b);
void bench_shut(struct bench *b); /* keeps the files */
void bench_step(struct bench *b); /* a millisecond of the loop */
void bench_wait(struct bench *b, unsigned ms);
/* All attempts that wait get their verdict. */
void bench_answer(struct bench *b);

#define UNTIL(b, cond)                                                         \
	do {                                                                   \
		int64_t end_ = clock_monotonic_us() + 2 * US_PER_MIN;          \
		while (!(cond)) {                                              \
			ck_assert_msg(clock_monotonic_us() < end_,             \
				      "never came: " #cond);                   \
			bench_step(b);                                         \
		}                                                              \
	} while (0)

struct reply {
	bool came;
	int code;
	char status[12];
	char text[128];
};

struct mail {
	const char *from; /* "": null sender */
	const char *to[8];
	const char *text; /* body with header; NULL: a usual one */
	const char *id;	  /* Message-ID of the usual one; NULL: fresh */
	size_t n;	  /* of text; 0: strlen */
	unsigned notify;
	enum dsn_ret ret;
	bool smtputf8;
	bool bdat, nobody; /* nobody: no tenant is known yet */
	const char *login; /* handed in by one who sends as this and as INFO */
	const char *tls;
	bool helo_only;
	size_t chunk; /* bytes in one write; 0: all */
};
#define TARO "taro@example.co.jp"
#define INFO "info@example.co.jp"

/* Starts; the reply comes into *r. Returns the intake. */
struct intake *mail_begin(struct bench *b, const struct mail *m);
void mail_end(struct intake *in, struct reply *r);
/* All of it; waits for the reply. */
struct reply mail_try(struct bench *b, const struct mail *m);
/* Must be taken; returns the id. */
int64_t mail_send(struct bench *b, const struct mail *m);
/* The usual one to one or two people outside (NULL: one). */
int64_t mail_to(struct bench *b, const char *one, const char *two);
/* The header and text that a usual mail has. */
char *mail_text(struct bench *b, const struct mail *m);

struct store_found found(struct bench *b, int64_t id);
enum rcpt_state state_of(struct bench *b, int64_t id, unsigned n);
size_t story_count(struct bench *b, int64_t id, const char *event);
/* Has this audit row its detail? */
bool story_has(struct bench *b, int64_t id, const char *event,
	       const char *detail);
size_t audit_count(struct bench *b, const char *event); /* of all messages */
size_t message_count(struct bench *b);
/* The clock shall look at recipient n at `due_us`. */
void due_set(struct bench *b, int64_t id, unsigned n, int64_t due_us);

/* Copies that were given: of this message (0: any) whose text has `needle`. */
size_t sent_count(struct bench *b, int64_t id, const char *to,
		  const char *needle);
/* The only copy to this address of any message but `not_id`. */
struct sent *sent_to(struct bench *b, const char *to);
/* The nth copy (from 0) to this address; waits for it. */
struct sent *notice_for(struct bench *b, const char *to, size_t nth);
/* A copy's bytes and, behind them, what its base64 lines hold: in b's arena. */
const char *readable(struct bench *b, struct sent *s);

/* flow_do and its answer: ERR_NONE when it was done. */
enum err_class act(struct bench *b, enum flow_act what, int64_t id,
		   const char *actor);
enum err_class act_full(struct bench *b, const struct flow_action *a);

struct store_ledger ledger(struct bench *b);
void judges(struct bench *b); /* ledger and chain */

#define EXTERNAL  "  - rule: r\n    when: {recipient: {class: external}}\n"
#define HOLD_SEND EXTERNAL "    do: {hold: {for: 1m, then: send}}\n"
/* Matches nothing, and asks something else than the rules before it. */
#define ASKS                                                                   \
	"  - rule: asks\n    when: {body: {words: [x]}}\n    do: {delay: "     \
	"{for: 1m}}\n"

#endif
