/* test_faults.c - failing steps and commits, full disks, kills, power cuts,
 * wrong keys, second engines.
 */
#include "store_help.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *test_faults_suite(void);

static struct bench b;

/* ---- the n-th step or commit fails ------------------------------------------ */

/* What a message goes through. Each stage is tried until it succeeds; a stage
 * that said it failed must have left nothing. */
struct walk {
	int64_t id;
	unsigned stage;
	unsigned failures;
};

static struct store_job *walk_job(struct walk *w, const struct store_found *f)
{
	struct store_job *j = store_job_new(b.store);
	struct store_rcpt r;

	if (w->stage == 0) {
		w->id = mail_add(&b, j, 2, RCPT_READY);
		return j;
	}
	if (w->stage == 1) {
		claim_all(j, NOW, 10);
		return j;
	}
	if (w->stage == 4) {
		store_expire(j, NOW + 5, &(struct store_keep){1, 1, 1});
		return j;
	}
	r = f->rcpt[w->stage - 2];
	r.state = RCPT_DELIVERED;
	r.ended_us = NOW + 1;
	store_set_rcpt(j, w->id, RCPT_SENDING, &r, 0);
	return j;
}

/* What must be seen when `stage` stages are done. */
static void walk_check(const struct walk *w, struct store_found *f)
{
	struct store_ledger l = ledger_get(&b);
	struct err e = ERR_EMPTY;
	bool there = store_show(b.reader, w->id, &b.arena, f, &e);
	unsigned ended = w->stage > 1 ? w->stage - 2 : 0;

	ledger_good(&b);
	audit_good(&b);
	ck_assert_int_eq(there, w->stage > 0 && w->stage < 5);
	ck_assert_uint_eq(l.accepted, there ? 2 : 0);
	if (!there)
		return;
	ck_assert_uint_eq(l.end[RCPT_DELIVERED], ended);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(f->rcpt[i].state, w->stage == 1 ? RCPT_READY
						   : i < ended ? RCPT_DELIVERED
							       : RCPT_SENDING);
	ck_assert_int_eq(f->message.place,
			 ended == 2 ? BODY_GONE : BODY_INLINE);
}

static void walk_all(struct walk *w, struct db_faults *faults)
{
	struct store_found f = {0};

	while (w->stage < 5) {
		struct store_job *j = walk_job(w, &f);
		enum err_class class = job_do(&b, j);

		ck_assert(class == ERR_NONE || class == ERR_RETRY);
		if (class == ERR_NONE)
			w->stage++;
		else if (++w->failures > 3)
			faults->step_at = faults->commit_at = 0;
		/* Readers fail on command, too: look when it is over. */
		if (faults->step_at == 0 && faults->commit_at == 0)
			walk_check(w, &f);
		else
			f = (struct store_found){0};
		if (w->stage >= 2 && w->stage < 4 && f.rcpt_n == 0) {
			long step = faults->step_at, commit = faults->commit_at;

			faults->step_at = faults->commit_at = 0;
			f = mail_get(&b, w->id);
			faults->step_at = step;
			faults->commit_at = commit;
		}
	}
}

/* _i: fail that step or commit, once, or from there on until told to stop. */
static void every_nth(bool commits, bool lasting)
{
	for (long n = 1;; n++) {
		struct db_faults *faults;
		struct walk w = {0};
		bool reached;

		bench_open(&b, BENCH_MEMORY);
		faults = &b.store->place->faults;
		faults->lasting = lasting;
		if (commits)
			faults->commit_at = n;
		else
			faults->step_at = n;
		walk_all(&w, faults);
		reached = commits ? faults->commit_at == 0
				  : faults->step_at == 0;
		ck_assert(store_healthy(b.store) || !reached);
		ck_assert_int_eq(reached, w.failures > 0);
		bench_close(&b);
		if (!reached) {
			ck_assert_int_gt(n, commits ? 4 : 40);
			break;
		}
	}
}

START_TEST(every_step_may_fail)
{
	every_nth(false, _i);
}
END_TEST

START_TEST(every_commit_may_fail)
{
	every_nth(true, _i);
}
END_TEST

/* _i: nothing else fails, or everything until it is over, the end of the
 * transaction too. The next to read or write shall notice neither. */
static bool read_fails(long nth, bool lasting, bool (*get)(int64_t id))
{
	struct db_faults *faults = &b.store->place->faults;
	int64_t one, two;
	bool reached;

	one = mail_put(&b, 1, RCPT_HELD);
	faults->lasting = lasting;
	faults->step_at = nth;
	reached = !get(one) || faults->step_at == 0;
	faults->step_at = 0;
	two = mail_put(&b, 1, RCPT_HELD); /* its writer does not wait */
	ck_assert(get(two));
	ck_assert(get(one));
	return reached;
}

static bool get_shown(int64_t id)
{
	struct store_found f;
	struct err e = ERR_EMPTY;

	return store_show(b.reader, id, &b.arena, &f, &e);
}

static bool get_same(int64_t id)
{
	char text[ID_TEXT_LEN + 1];
	struct store_found *f;
	struct err e = ERR_EMPTY;
	size_t n;

	id_text(id, text);
	return store_by_message_id(b.reader, STR("example"), str_of(text),
				   &b.arena, &f, &n, &e) &&
	       n == 1;
}

static bool get_listed(int64_t id)
{
	struct store_query q = {.limit = 2}; /* newest */
	struct store_found *f;
	struct err e = ERR_EMPTY;
	size_t n;

	if (!store_list(b.reader, &q, &b.arena, &f, &n, &e))
		return false;
	for (size_t i = 0; i < n; i++)
		if (f[i].message.id == id)
			return true;
	return false;
}

static bool get_ledger(int64_t id)
{
	struct store_ledger l;
	struct err e = ERR_EMPTY;

	(void)id;
	return store_ledger(b.reader, &b.arena, &l, &e);
}

START_TEST(a_failed_read_holds_nothing_up)
{
	static bool (*const get[])(int64_t) = {get_shown, get_same, get_listed,
					       get_ledger};

	for (size_t i = 0; i < ARRAY_LEN(get); i++) {
		long n = 1;

		bench_open(&b, BENCH_MEMORY);
		while (read_fails(n, _i, get[i]))
			n++;
		ck_assert_int_gt(n, 3);
		bench_close(&b);
	}
}
END_TEST

START_TEST(comes_back_without_traffic)
{
	struct timespec nap = {0, 50000000};
	struct store_job *j;

	bench_open(&b, BENCH_MEMORY);
	b.store->place->faults.commit_at = 1;
	j = store_job_new(b.store);
	mail_add(&b, j, 1, RCPT_READY);
	ck_assert_int_eq(job_do(&b, j), ERR_RETRY);
	ck_assert(!store_healthy(b.store));
	for (unsigned i = 0; i < 100 && !store_healthy(b.store); i++)
		nanosleep(&nap, NULL);
	ck_assert(store_healthy(b.store));
	bench_close(&b);
}
END_TEST

/* ---- disk full ---------------------------------------------------------------- */

START_TEST(a_full_disk_is_a_retry)
{
	struct rlimit was, small;
	struct store_job *j;
	enum err_class class = ERR_NONE;
	unsigned taken = 0;
	static char big[60000];
	struct store_message m = {.tenant = STR("example"),
				  .place = BODY_INLINE,
				  .bytes = {big, sizeof(big)},
				  .size = sizeof(big)};
	struct store_rcpt r = {.state = RCPT_READY};

	bench_open(&b, BENCH_SQLITE);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	small = was;
	small.rlim_cur = 2 * 1024 * 1024;
	setrlimit(RLIMIT_FSIZE, &small);
	for (unsigned i = 0; i < 200 && class == ERR_NONE; i++) {
		j = store_job_new(b.store);
		m.id = id_next(&b.ids, NOW);
		store_add_message(j, &m, &r, 1);
		class = job_do(&b, j);
		taken += class == ERR_NONE;
	}
	ck_assert_int_eq(class, ERR_RETRY);
	setrlimit(RLIMIT_FSIZE, &was);
	ck_assert_uint_gt(taken, 5);
	ck_assert_uint_eq(ledger_get(&b).accepted, taken);
	j = store_job_new(b.store);
	m.id = id_next(&b.ids, NOW);
	store_add_message(j, &m, &r, 1);
	ck_assert_int_eq(job_do(&b, j), ERR_NONE);
	ck_assert(store_healthy(b.store));
	ck_assert_uint_eq(ledger_get(&b).accepted, taken + 1);
	ledger_good(&b);
	audit_good(&b);
	bench_reopen(&b);
	ck_assert_uint_eq(ledger_get(&b).accepted, taken + 1);
	bench_close(&b);
}
END_TEST

/* ---- kills and power cuts ----------------------------------------------------- */

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

static void bench_resume(void); /* opens b again in its folder */

static void load_and_kill(struct promises *l, long after_us)
{
	struct timespec nap = {0, after_us * 1000};
	pid_t pid = fork();

	if (pid == 0) {
		bench_resume();
		load_run(l);
		_exit(0);
	}
	do {
		nanosleep(&nap, NULL);
	} while (l->accepted < 30); /* a slow machine gets more time */
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* b with a folder, and nothing open: children open it. */
static void bench_prepare(void)
{
	char folder[] = "/tmp/sekisho-store-XXXXXX";

	ck_assert_ptr_nonnull(mkdtemp(folder));
	b = (struct bench){.arena = ARENA_EMPTY};
	b.folder = mem_strdup(folder);
	b.spool_folder = mem_printf("%s/spool", folder);
	b.url = mem_printf("sqlite:%s/store.db", folder);
	b.keys = keys_test();
}

static void bench_resume(void)
{
	struct store_conf conf = {.url = b.url, .keys = b.keys};
	struct err e = ERR_EMPTY;

	b.spool = spool_open(b.spool_folder, &e);
	conf.spool = b.spool;
	b.store = store_open(&conf, &e);
	ck_assert_msg(b.store != NULL, "%s", e.text);
	b.reader = store_reader_new(b.store, &e);
	ck_assert_ptr_nonnull(b.reader);
	arena_release(&b.arena);
}

static void bench_pause(void)
{
	store_reader_free(&b.reader);
	store_close(&b.store);
	spool_close(&b.spool);
}

START_TEST(a_kill_loses_nothing)
{
	struct promises *l = load_shared();
	size_t unknown;
	struct err e = ERR_EMPTY;

	bench_prepare();
	for (long round = 0; round < 8; round++) {
		l->accepted = l->ended = 0;
		load_and_kill(l, 60000 + 17000 * round);
		bench_resume();
		promises_kept(l, INT64_MAX);
		ck_assert(store_recover(b.store, NOW, NOW, &unknown, &e));
		ledger_good(&b);
		bench_pause();
	}
	munmap(l, sizeof(*l));
	bench_resume();
	bench_close(&b);
}
END_TEST

static void file_put(const char *path, const char *p, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, p, n), (ssize_t)n);
	close(fd);
}

static char *file_get(const char *path, size_t *n_r)
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

	bench_prepare();
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
		bench_resume();
		promises_kept(l, (int64_t)cut);
		bench_pause();
	}
	mem_free(db);
	mem_free(wal);
	munmap(l, sizeof(*l));
	bench_resume();
	bench_close(&b);
}
END_TEST

/* ---- keys, engines, versions -------------------------------------------------- */

START_TEST(another_key_stops_the_start)
{
	struct store_conf conf;
	struct err e = ERR_EMPTY;
	AUTO_STR file = NULL;
	bool empty;

	bench_prepare();
	ck_assert(store_is_empty(b.url, &empty, &e) && empty);
	bench_resume();
	ck_assert(store_is_empty(b.url, &empty, &e) && !empty);
	mail_put(&b, 1, RCPT_READY);
	bench_pause();
	file = mem_printf("%s/other.key", b.folder);
	ck_assert(master_key_make(file, &e));
	conf = (struct store_conf){.url = b.url, .keys = keys_local(file, &e)};
	ck_assert_ptr_null(store_open(&conf, &e));
	ck_assert_int_eq(e.class, ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(e.text, "sekisho key restore"));
	ck_assert_ptr_nonnull(strstr(e.text, "store.db"));
	keys_free(&conf.keys);
	bench_resume();
	ck_assert_uint_eq(ledger_get(&b).accepted, 1);
	bench_close(&b);
}
END_TEST

START_TEST(a_second_engine_is_refused)
{
	struct store_conf conf;
	struct store_reader *r;
	struct err e = ERR_EMPTY;
	struct store_found f;
	int64_t id;

	bench_open(&b, BENCH_SQLITE);
	id = mail_put(&b, 1, RCPT_READY);
	conf = (struct store_conf){
		.url = b.url, .keys = b.keys, .spool = b.spool};
	ck_assert_ptr_null(store_open(&conf, &e));
	ck_assert_int_eq(e.class, ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(e.text, "another engine"));
	/* The command line reads beside it, with keys or without. */
	r = store_reader_open(&conf, &e);
	ck_assert_msg(r != NULL, "%s", e.text);
	ck_assert(store_show(r, id, &b.arena, &f, &e));
	ck_assert(str_is(f.message.subject, "the subject"));
	store_reader_free(&r);
	conf.keys = NULL;
	r = store_reader_open(&conf, &e);
	ck_assert(store_show(r, id, &b.arena, &f, &e));
	ck_assert_uint_eq(f.message.subject.n, 0);
	ck_assert_uint_eq(f.rcpt[0].gates.n, 0);
	ck_assert(str_is(f.rcpt[0].address, "Hanako@partner.example"));
	store_reader_free(&r);
	bench_close(&b);
}
END_TEST

START_TEST(bad_stores_are_refused_clearly)
{
	static const char *const urls[] = {
		"", "sqlite", "sqlite:", "mysql:x", "memory:x", "/var/lib/x"};
	struct store_conf conf;
	struct err e = ERR_EMPTY;
	bool empty;

	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		conf = (struct store_conf){.url = urls[i]};
		ck_assert_ptr_null(store_open(&conf, &e));
		ck_assert_int_eq(e.class, ERR_CONFIG);
		ck_assert(!store_is_empty(urls[i], &empty, &e));
	}
	bench_prepare();
	conf = (struct store_conf){.url = b.url, .keys = b.keys};
	ck_assert_ptr_null(store_reader_open(&conf, &e)); /* nothing there */
	file_put(b.url + 7, "this is not a database, but a letter to it....",
		 46);
	ck_assert_ptr_null(store_open(&conf, &e));
	ck_assert(!store_is_empty(b.url, &empty, &e)); /* never "empty" */
	ck_assert_int_eq(unlink(b.url + 7), 0);
	bench_resume();
	tamper(&b, "PRAGMA user_version = 99");
	bench_pause();
	ck_assert_ptr_null(store_open(&conf, &e));
	ck_assert_int_eq(e.class, ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(e.text, "99"));
	ck_assert_ptr_null(store_reader_open(&conf, &e));
	unlink(b.url + 7);
	bench_resume();
	bench_close(&b);
}
END_TEST

/* T25: markers are in no file of the folder, whatever state they were in. */
START_TEST(nothing_sealed_is_in_clear)
{
	static const char *const marker[] = {
		"Hello there!", "the subject", "gate-bytes", "view-bytes",
		"{\"plan\":1}", "edit-bytes",  "pass-word"};
	static const char *const files[] = {"store.db", "store.db-wal"};
	struct store_job *j;

	bench_open(&b, BENCH_SQLITE);
	for (unsigned i = 0; i < 200; i++) {
		int64_t id = mail_put(&b, 1, RCPT_HELD);

		if (i % 2)
			ck_assert_int_eq(rcpt_move(&b, id, 0, RCPT_DISCARDED),
					 ERR_NONE);
	}
	j = store_job_new(b.store);
	store_put_secret(j, STR("relay"), STR("pass-word"));
	ck_assert_int_eq(job_do(&b, j), ERR_NONE);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		AUTO_STR path = mem_printf("%s/%s", b.folder, files[i]);
		size_t n;
		char *p = file_get(path, &n);

		for (size_t k = 0; k < ARRAY_LEN(marker); k++)
			ck_assert_msg(memmem(p, n, marker[k],
					     strlen(marker[k])) == NULL,
				      "%s in %s", marker[k], files[i]);
		mem_free(p);
	}
	bench_close(&b);
}
END_TEST

Suite *test_faults_suite(void)
{
	Suite *s = suite_create("faults");
	TCase *t = tcase_create("faults");

	tcase_set_timeout(t, 300);
	tcase_add_loop_test(t, every_step_may_fail, 0, 2);
	tcase_add_loop_test(t, every_commit_may_fail, 0, 2);
	tcase_add_loop_test(t, a_failed_read_holds_nothing_up, 0, 2);
	tcase_add_test(t, comes_back_without_traffic);
	tcase_add_test(t, a_full_disk_is_a_retry);
	tcase_add_test(t, a_kill_loses_nothing);
	tcase_add_test(t, a_power_cut_loses_nothing);
	tcase_add_test(t, another_key_stops_the_start);
	tcase_add_test(t, a_second_engine_is_refused);
	tcase_add_test(t, bad_stores_are_refused_clearly);
	tcase_add_test(t, nothing_sealed_is_in_clear);
	suite_add_tcase(s, t);
	return s;
}
