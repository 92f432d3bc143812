/* store_help.c - see store_help.h. */
#include "store_help.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <fcntl.h>
#include <ftw.h>

void bench_start(struct bench *b)
{
	struct store_conf conf = {.url = b->url, .keys = b->keys};
	struct err e = ERR_EMPTY;

	b->spool = spool_open(b->spool_folder, &e);
	ck_assert_msg(b->spool != NULL, "%s", e.text);
	conf.spool = b->spool;
	b->store = store_open(&conf, &e);
	ck_assert_msg(b->store != NULL, "%s", e.text);
	b->reader = store_reader_new(b->store, &e);
	ck_assert_msg(b->reader != NULL, "%s", e.text);
}

void bench_prepare(struct bench *b, int driver)
{
	char folder[] = "/tmp/sekisho-store-XXXXXX";

	*b = (struct bench){.arena = ARENA_EMPTY};
	ck_assert_ptr_nonnull(mkdtemp(folder));
	b->folder = mem_strdup(folder);
	b->spool_folder = mem_printf("%s/spool", folder);
	b->url = driver == BENCH_MEMORY
			 ? mem_strdup("memory:")
			 : mem_printf("sqlite:%s/store.db", folder);
	b->keys = keys_test();
}

void bench_open(struct bench *b, int driver)
{
	bench_prepare(b, driver);
	bench_start(b);
}

void bench_shut(struct bench *b)
{
	store_reader_free(&b->reader);
	store_close(&b->store);
	spool_close(&b->spool);
}

void bench_reopen(struct bench *b)
{
	bench_shut(b);
	bench_start(b);
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

void bench_close(struct bench *b)
{
	bench_shut(b);
	keys_free(&b->keys);
	nftw(b->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	mem_free(b->folder);
	mem_free(b->url);
	mem_free(b->spool_folder);
	arena_release(&b->arena);
}

int64_t mail_add(struct bench *b, struct store_job *j, size_t n,
		 enum rcpt_state state)
{
	struct store_message m = {.kind = MESSAGE_MAIL,
				  .tenant = STR("example"),
				  .from = STR("taro@example.co.jp"),
				  .sender = STR("taro@example.co.jp"),
				  .size = 12,
				  .place = BODY_INLINE,
				  .bytes = STR("Hello there!"),
				  .subject = STR("the subject"),
				  .accepted_us = NOW,
				  .client = STR("[192.0.2.1]"),
				  .plan = STR("{\"plan\":1}"),
				  .view = STR("view-bytes"),
				  .edits = STR("edit-bytes"),
				  .decided = true};
	struct store_rcpt r[1200] = {0};
	char id_chars[ID_TEXT_LEN + 1];

	ck_assert_uint_le(n, ARRAY_LEN(r));
	m.id = id_next(&b->ids, clock_now_us());
	id_text(m.id, id_chars);
	m.message_id = str_of(id_chars);
	for (size_t i = 0; i < n; i++) {
		r[i].n = (unsigned)i;
		r[i].address = STR("Hanako@partner.example");
		r[i].key = STR("hanako@partner.example");
		r[i].state = state;
		r[i].gates = STR("gate-bytes");
		r[i].ended_us = rcpt_state_ended(state) ? NOW : 0;
	}
	store_add_message(j, &m, r, n);
	store_add_audit(j, NOW, m.id, STR("engine"), STR("accepted"),
			STR("{}"));
	return m.id;
}

enum err_class job_do(struct bench *b, struct store_job *j)
{
	struct err e = ERR_EMPTY;

	if (!store_run(b->store, j, &e))
		ck_assert_int_ne(e.class, ERR_NONE);
	store_job_free(&j);
	return e.class;
}

int64_t mail_put(struct bench *b, size_t n, enum rcpt_state state)
{
	struct store_job *j = store_job_new(b->store);
	int64_t id = mail_add(b, j, n, state);

	ck_assert_int_eq(job_do(b, j), ERR_NONE);
	return id;
}

struct store_found mail_get(struct bench *b, int64_t id)
{
	struct store_found f;
	struct err e = ERR_EMPTY;

	ck_assert_msg(store_show(b->reader, id, &b->arena, &f, &e), "%s",
		      e.text);
	return f;
}

enum err_class rcpt_move(struct bench *b, int64_t id, unsigned n,
			 enum rcpt_state to)
{
	struct store_found f = mail_get(b, id);
	struct store_job *j = store_job_new(b->store);
	struct store_rcpt r = f.rcpt[n];
	enum rcpt_state from = r.state;

	r.state = to;
	if (rcpt_state_ended(to))
		r.ended_us = NOW + 1;
	store_set_rcpt(j, id, from, &r, 0);
	store_add_audit(j, NOW + 1, id, STR("engine"),
			str_of(rcpt_state_name(to)), STR("{}"));
	return job_do(b, j);
}

struct store_ledger ledger_get(struct bench *b)
{
	struct store_ledger l;
	struct err e = ERR_EMPTY;

	ck_assert_msg(store_ledger(b->reader, &b->arena, &l, &e), "%s", e.text);
	return l;
}

void ledger_good(struct bench *b)
{
	struct store_ledger l = ledger_get(b);
	uint64_t ends = 0;

	for (size_t s = RCPT_FIRST_END; s < RCPT_STATE_COUNT; s++)
		ends += l.end[s];
	ck_assert_uint_eq(l.unexplained_n, 0);
	ck_assert_uint_eq(l.accepted, l.open + ends);
}

void audit_good(struct bench *b)
{
	unsigned char head[SHA256_LEN];
	struct err e = ERR_EMPTY;
	uint64_t rows;

	ck_assert_msg(store_audit_verify(b->reader, &rows, head, &e), "%s",
		      e.text);
}

void tamper(struct bench *b, const char *sql)
{
	struct err e = ERR_EMPTY;
	struct db *db = db_open(b->store->place, DB_WRITER, &e);

	ck_assert_msg(db && db_exec(db, sql, &e), "%s", e.text);
	db_close(&db);
}

void claim_all(struct store_job *j, int64_t now_us, unsigned copies)
{
	store_claim(j, now_us, &(struct store_rooms){.copies = copies});
}

void file_put(const char *path, const char *p, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, p, n), (ssize_t)n);
	close(fd);
}

char *file_get(const char *path, size_t *n_r)
{
	struct stat st;
	int fd = open(path, O_RDONLY);
	char *p;

	ck_assert_int_ge(fd, 0);
	fstat(fd, &st);
	*n_r = (size_t)st.st_size;
	p = mem_alloc(*n_r + 1);
	ck_assert_int_eq(read(fd, p, *n_r), (ssize_t)*n_r);
	close(fd);
	return p;
}
