/* test_kills.c - kills and power cuts while mail is accepted. */
#include "store_help.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *test_kills_suite(void);

static struct bench b;

struct told {
	_Atomic int64_t id;
	_Atomic int64_t wal; /* its length when this id was durable */
};
#define TOLD_MAX 20000
struct promises {
	_Atomic unsigned accepted, ended;
	struct told accept[TOLD_MAX];
	struct told end[TOLD_MAX];
};

static int64_t wal_length(const struct bench *of)
{
	struct stat st;
	char path[200];

	snprintf(path, sizeof(path), "%s/store.db-wal", of->folder);
	return stat(path, &st) == 0 ? st.st_size : 0;
}

/* Accepts and ends messages for ever; writes down what it was promised. */
static void load_run(struct promises *shared)
{
	for (unsigned i = 0; i < TOLD_MAX; i++) {
		int64_t id = mail_put(&b, 1 + i % 3, RCPT_SENDING);

		shared->accept[i].wal = wal_length(&b);
		shared->accept[i].id = id;
		shared->accepted = i + 1;
		if (i % 2)
			continue;
		for (unsigned n = 0; n < 1 + i % 3; n++)
			ck_assert_int_eq(rcpt_move(&b, id, n, RCPT_DELIVERED),
					 ERR_NONE);
		shared->end[i / 2].wal = wal_length(&b);
		shared->end[i / 2].id = id;
		shared->ended = i / 2 + 1;
	}
}

static struct promises *load_shared(void)
{
	FILE *f = tmpfile();
	void *p;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(ftruncate(fileno(f), sizeof(struct promises)), 0);
	p = mmap(NULL, sizeof(struct promises), PROT_READ | PROT_WRITE,
		 MAP_SHARED, fileno(f), 0);
	ck_assert_ptr_ne(p, MAP_FAILED);
	fclose(f);
	return p;
}

static void promises_kept(const struct promises *l, int64_t wal_max)
{
	for (unsigned i = 0; i < l->accepted; i++)
		if (l->accept[i].wal <= wal_max)
			(void)mail_get(&b, l->accept[i].id);
	for (unsigned i = 0; i < l->ended; i++)
		if (l->end[i].wal <= wal_max) {
			struct store_found f = mail_get(&b, l->end[i].id);

			ck_assert_int_eq(f.message.place, BODY_GONE);
			ck_assert_int_eq(f.rcpt[0].state, RCPT_DELIVERED);
		}
	ledger_good(&b);
	audit_good(&b);
}

static void load_and_kill(struct promises *l, long after_us)
{
	struct timespec nap = {0, after_us * 1000};
	pid_t pid = fork();

	if (pid == 0) {
		bench_start(&b);
		load_run(l);
		_exit(0);
	}
	do {
		nanosleep(&nap, NULL);
	} while (l->accepted < 30); /* a slow machine gets more time */
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

START_TEST(a_kill_loses_nothing)
{
	struct promises *l = load_shared();
	size_t unknown;
	struct err e = ERR_EMPTY;

	bench_prepare(&b, BENCH_SQLITE);
	for (long round = 0; round < 8; round++) {
		l->accepted = l->ended = 0;
		load_and_kill(l, 60000 + 17000 * round);
		bench_start(&b);
		promises_kept(l, INT64_MAX);
		ck_assert(store_recover(b.store, NOW, NOW, &unknown, &e));
		ledger_good(&b);
		bench_shut(&b);
	}
	munmap(l, sizeof(*l));
	bench_start(&b);
	bench_close(&b);
}
END_TEST

/* What was not synced at the power cut is missing, or garbage: the log is cut
 * at many lengths, with and without rubbish behind the cut. Whatever was
 * promised below the cut must be there. */
START_TEST(a_power_cut_loses_nothing)
{
	struct promises *l = load_shared();
	AUTO_STR db_path = NULL;
	AUTO_STR wal_path = NULL;
	AUTO_STR shm_path = NULL;
	char *db, *wal;
	size_t db_n, wal_n;

	bench_prepare(&b, BENCH_SQLITE);
	db_path = mem_printf("%s/store.db", b.folder);
	wal_path = mem_printf("%s/store.db-wal", b.folder);
	shm_path = mem_printf("%s/store.db-shm", b.folder);
	load_and_kill(l, 250000);
	db = file_get(db_path, &db_n);
	wal = file_get(wal_path, &wal_n);
	for (unsigned round = 0; round < 40; round++) {
		/* From the log's end to its first quarter. */
		size_t cut = wal_n - wal_n * 3 / 4 * round / 40;

		file_put(db_path, db, db_n);
		if (round % 2)
			memset(wal + cut, 0xa5, wal_n - cut);
		file_put(wal_path, wal, round % 2 ? wal_n : cut);
		unlink(shm_path);
		bench_start(&b);
		promises_kept(l, (int64_t)cut);
		bench_shut(&b);
	}
	mem_free(db);
	mem_free(wal);
	munmap(l, sizeof(*l));
	bench_start(&b);
	bench_close(&b);
}
END_TEST

Suite *test_kills_suite(void)
{
	Suite *s = suite_create("kills");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 300);
	tcase_add_test(t, a_kill_loses_nothing);
	tcase_add_test(t, a_power_cut_loses_nothing);
	suite_add_tcase(s, t);
	return s;
}
