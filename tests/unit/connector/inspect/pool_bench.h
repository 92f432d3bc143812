/* pool_bench.h - a pool with real children, for one test. */
#ifndef SEKISHO_TESTS_POOL_BENCH_H
#define SEKISHO_TESTS_POOL_BENCH_H

#include <check.h>
#include "connector/inspect/inspect_int.h"

#define MAIL                                                                   \
	"From: Taro <taro@example.co.jp>\r\nTo: a@example.com, "               \
	"b@example.jp\r\n"                                                     \
	"Subject: hello\r\nMessage-ID: <1@example.co.jp>\r\n"                  \
	"Date: Mon, 2 Nov 2026 10:00:00 +0900\r\n\r\nHello\r\n"

extern const struct question asks_nothing; /* version 1 */
extern struct loop *loop;
extern struct inspect *pool;
extern char program[4096];

struct inspect_conf conf_of(unsigned children);
void start(unsigned children, int64_t deadline_us);
void stop(void);

struct seen {
	unsigned ended, failed, wanted;
	unsigned version[8]; /* answers by the version of their findings */
	char subject[200], why[ERR_TEXT_MAX];
	size_t to, parts, hits;
	enum completeness completeness;
	uint64_t decoded, size;
	char edited[4096];
	size_t edits;
};
void end_one(struct seen *s);
void on_view(void *arg, const struct inspect_answer *a);
/* The loop, until as many have ended. */
void run(struct seen *s, unsigned wanted);
struct inspect_job *view(const char *p, size_t n, struct seen *s);
/* The only child that serves. */
pid_t child_pid(void);

#endif
