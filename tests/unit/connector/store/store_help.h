/* store_help.h - a store for tests, on either driver, and short ways to fill
 * and ask it.
 */
#ifndef SEKISHO_TESTS_STORE_HELP_H
#define SEKISHO_TESTS_STORE_HELP_H

#include <check.h>
#include "connector/base/arena.h"
#include "connector/base/clock.h"
#include "connector/base/id.h"
#include "connector/base/mem.h"
#include "connector/store/store_int.h"

struct bench {
	char *folder, *url, *spool_folder;
	struct keys *keys;
	struct spool *spool;
	struct store *store;
	struct store_reader *reader;
	struct arena arena;
	struct id_gen ids;
};

enum { BENCH_SQLITE, BENCH_MEMORY, BENCH_DRIVERS };

void bench_open(struct bench *b, int driver);
/* The folder and its keys: nothing is open yet. */
void bench_prepare(struct bench *b, int driver);
void bench_reopen(struct bench *b); /* as after a clean end */
void bench_shut(struct bench *b);   /* its first half, */
void bench_start(struct bench *b);  /* and its second */
void bench_close(struct bench *b);  /* and removes its files */

#define NOW INT64_C(1700000000000000)

/* A message with n recipients in `state`; its id. Not submitted. */
int64_t mail_add(struct bench *b, struct store_job *j, size_t n,
		 enum rcpt_state state);
/* The same, committed. */
int64_t mail_put(struct bench *b, size_t n, enum rcpt_state state);
/* Runs and frees; the class of its failure, or ERR_NONE. */
enum err_class job_do(struct bench *b, struct store_job *j);
struct store_found mail_get(struct bench *b, int64_t id);
/* Moves recipient n into `to` from what it is now. */
enum err_class rcpt_move(struct bench *b, int64_t id, unsigned n,
			 enum rcpt_state to);
struct store_ledger ledger_get(struct bench *b);
void ledger_good(struct bench *b); /* adds up, nothing unexplained */
void audit_good(struct bench *b);
/* Whole files. */
void file_put(const char *path, const char *p, size_t n);
char *file_get(const char *path, size_t *n_r); /* mem_free() */
/* Another hand in the database file (memory: in the place). */
void tamper(struct bench *b, const char *sql);

/* Whatever is due, up to so many. */
void claim_all(struct store_job *j, int64_t now_us, unsigned copies);

#endif
