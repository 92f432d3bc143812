/* store_int.h - what the files of the store share.
 *
 * Threads: a struct work and what hangs on it belong to the writer thread (or
 * to store_open before it starts); a struct store_reader to its owner.
 */
#ifndef SEKISHO_STORE_INT_H
#define SEKISHO_STORE_INT_H

#include <pthread.h>
#include "connector/base/arena.h"
#include "connector/base/vec.h"
#include "connector/store/driver_int.h"
#include "connector/store/store.h"

#define STORE_PLACE_SLOTS 2048 /* data keys kept in memory */
#define STORE_GROUP_MAX	  2000 /* jobs in one commit */
#define STORE_SEALED_MAX  ((size_t)64 * 1024 * 1024)
#define STORE_AUDIT_MAX	  ((size_t)1024 * 1024) /* one row, encoded */
#define STORE_EXPIRE_MAX  ((int64_t)5000)	/* messages in one job */
#define STORE_UNEXPLAINED 100			/* shown by the ledger */

/* ---- seal.c: fields sealed under a message's text key -------------------- */

/* A message has two data keys: that of its body, which ends with the body,
 * and that of its texts (subject, plan, view, edits, gates), which ends with
 * its row. */
struct key_slot {
	int64_t id;
	bool has_body, has_text;
	unsigned char body[KEY_LEN], text[KEY_LEN];
};
struct key_ring {
	struct keys *keys;     /* NULL: sealed fields come empty */
	struct key_slot *slot; /* NULL: nothing is kept */
};
void key_ring_init(struct key_ring *r, struct keys *keys, bool keep);
void key_ring_release(struct key_ring *r);
void key_ring_put(struct key_ring *r, int64_t id, const unsigned char *body,
		  const unsigned char *text);
void key_ring_drop_body(struct key_ring *r, int64_t id);
bool key_ring_body(struct key_ring *r, int64_t id, struct str wrapped,
		   unsigned char key_r[KEY_LEN], struct err *e) MUST_USE;
bool key_ring_text(struct key_ring *r, int64_t id, struct str wrapped,
		   unsigned char key_r[KEY_LEN], struct err *e) MUST_USE;

/* Empty stays empty. The result lives in a. */
struct str field_seal(const unsigned char key[KEY_LEN], int64_t id,
		      enum seal_kind kind, uint32_t chunk, uint64_t version,
		      struct str plain, struct arena *a);
bool field_open(const unsigned char key[KEY_LEN], int64_t id,
		enum seal_kind kind, uint32_t chunk, uint64_t version,
		struct str sealed, struct arena *a, struct str *plain_r,
		struct err *e) MUST_USE;

/* ---- rows.c: rows as structs --------------------------------------------- */

struct ids {
	VEC_OF(int64_t);
};
/* Adds the first column of every row, and ends the statement. */
bool ids_collect(struct db_rows r, struct ids *ids) MUST_USE;

int rcpt_code(enum rcpt_state s);
enum rcpt_state rcpt_of_code(int code); /* RCPT_STATE_COUNT: none */
int64_t identity_of(struct str tenant, struct str message_id);

struct load {
	struct db *db;
	struct key_ring *ring;
	struct arena *arena;
	bool damaged; /* out: a sealed field did not open; it is empty */
};
/* NOT_FOUND. RETRY also when the keeper does not answer. */
bool message_load(struct load *l, int64_t id, struct store_found *f_r,
		  struct err *e) MUST_USE;

/* ---- audit.c ---------------------------------------------------------------- */

struct audit_head {
	int64_t seq;
	unsigned char hash[SHA256_LEN];
};
struct audit_row {
	int64_t seq, at_us, message;
	struct str actor, event, detail;
	int64_t rcpts, ends; /* what the ledger counts */
};
void audit_hash(const unsigned char before[SHA256_LEN],
		const struct audit_row *row, unsigned char hash_r[SHA256_LEN]);
bool audit_append(struct db *db, struct audit_head *head,
		  const struct audit_row *row, struct err *e) MUST_USE;
bool audit_head_load(struct db *db, struct audit_head *head_r,
		     struct err *e) MUST_USE;
/* The row before the first one that is kept. */
bool audit_base_load(struct db *db, struct audit_head *base_r, int64_t *rcpts_r,
		     struct err *e) MUST_USE;
bool audit_cut(struct db *db, struct audit_head *head, int64_t before_us,
	       int64_t now_us, struct err *e) MUST_USE;

/* ---- jobs ---------------------------------------------------------------- */

struct work;
struct step {
	struct step *next;
	bool (*run)(struct work *w, struct step *step, struct err *e);
	bool compares; /* may fail alone: the job needs a savepoint */
	bool last;     /* runs behind the others: audit rows */
};

/* What a job did to one message; settled at its end. */
struct tally {
	int64_t id;
	int64_t accepted, ended;     /* recipients */
	int64_t in_audit, ends_told; /* of them, counted by audit rows */
	int64_t at_us, keep_us;
};
struct tallies {
	VEC_OF(struct tally);
};
struct spool_numbers_freed {
	VEC_OF(uint32_t);
};

struct store_job {
	struct store *store;
	struct arena arena;
	struct step *first, **end;
	bool compares;
	bool undone; /* nothing of it stands; err says why */
	bool keep;   /* its maker frees it */
	struct store_found *found;
	size_t found_n, found_cap;
	int64_t damaged; /* the first that was held so; 0: none */
	struct err err;
	struct loop *loop;
	store_done *done;
	void *arg;
	struct store_job *next;
};
void *job_step(struct store_job *j, size_t bytes,
	       bool (*run)(struct work *w, struct step *step, struct err *e),
	       bool compares);
struct store_found *job_found_add(struct store_job *j);

/* One transaction in the making. */
struct work {
	struct store *store;
	struct db *db;
	struct key_ring *ring;
	struct audit_head head;
	struct store_job *job;		  /* whose steps run now */
	struct tallies tally;		  /* of that job */
	struct spool_numbers_freed freed; /* of the whole group */
	size_t freed_before;		  /* at the start of the job */
};
struct tally *work_tally(struct work *w, int64_t id);
bool work_audit(struct work *w, const struct audit_row *row,
		struct err *e) MUST_USE;
/* settle.c: ends, bodies that go, audit rows that nobody asked for. */
bool work_settle(struct work *w, struct err *e) MUST_USE;
bool body_drop(struct work *w, int64_t id, struct err *e) MUST_USE;

/* ---- due.c: what a claim may take ------------------------------------------ */

/* A message by one of its routes. */
struct pick {
	int64_t id;
	struct str route;
	int64_t put_off_us; /* 0: claimed */
	bool done;
};
struct picks {
	VEC_OF(struct pick);
	size_t put_off;
	struct arena arena;
};
bool due_picks(struct work *w, const struct store_rooms *s, int64_t now_us,
	       struct picks *p, struct err *e) MUST_USE;
void picks_release(struct picks *p);

/* ---- the store ------------------------------------------------------------- */

struct store {
	struct db_place *place;
	struct keys *keys;
	struct spool *spool;
	const struct log_ctx *log;
	struct metrics *metrics;
	int lock_fd; /* -1: none */
	pthread_t writer;
	bool writing; /* the thread exists */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct store_job *first, **last; /* waiting */
	bool asleep, ending;
	_Atomic size_t backlog;
	_Atomic bool healthy;
	struct work work; /* the writer's */
	struct key_ring ring;
	bool resync; /* a commit failed in its sync: see writer_reopen() */
	size_t since_idle; /* commits since the last checkpoint */
};

bool schema_check(struct db *db, struct err *e) MUST_USE;
bool schema_upgrade(struct db *db, struct err *e) MUST_USE;

/* group.c: one group of jobs, from BEGIN to COMMIT. */
void group_run(struct store *s, struct store_job *first);
/* Opens the writer's connection anew and proves that it can write. */
bool writer_reopen(struct store *s, struct err *e) MUST_USE;
bool writer_start(struct store *s);

struct store_reader {
	struct store *store;	/* NULL: opened beside the engine */
	struct db_place *place; /* own, or borrowed from the store */
	bool own_place;
	struct db *db;
	struct key_ring ring;
	struct spool *spool;
};
bool reader_begin(struct store_reader *r, struct err *e) MUST_USE;
/* Ends the transaction; passes ok on. */
bool reader_end(struct store_reader *r, bool ok);

#endif
