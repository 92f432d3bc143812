/* replay.c - `sekisho policy replay` over a store of 100,000 records: made
 * here, read by the real command.  Printed, not judged: seconds on this
 * machine.  REPLAY_RECORDS: another number; SEKISHO: another program.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "connector/base/clock.h"
#include "connector/base/id.h"
#include "connector/base/mem.h"
#include "connector/store/store.h"
#include "policy/record.h"

#define RECORDS 100000
#define JOB	500
#define RULES	20

static char folder[] = "/tmp/sekisho-replay-XXXXXX";

static void must_do(bool ok, const struct err *e)
{
	if (ok)
		return;
	fprintf(stderr, "replay: %s\n", e->text);
	exit(1);
}

static const char *at(const char *name)
{
	static char path[4][200];
	static unsigned n;
	char *p = path[n++ % 4];

	snprintf(p, sizeof(path[0]), "%s/%s", folder, name);
	return p;
}

static FILE *file(const char *name)
{
	FILE *f = fopen(at(name), "w");

	if (!f) {
		perror(name);
		exit(1);
	}
	return f;
}

/* Each # is the number. */
static void put_numbered(FILE *f, const char *text, unsigned n)
{
	for (; *text; text++) {
		if (*text == '#')
			fprintf(f, "%u", n);
		else
			fputc(*text, f);
	}
}

/* `more`: minutes that every hold is longer; and a rule of its own. */
static void put_policy(const char *name, unsigned more)
{
	static const char *const WHEN[] = {
		"{recipient: {class: external}}",
		"{recipient: {in: [\"*@partner#.example.org\"]}}",
		"{anywhere: {words: [極秘#, 社外秘]}}",
		"{attachments: {extension: {in: [exe#, xlsm]}}}",
		"{to-cc: {count: \">= 1#\", of: external}}",
		"{personal-data: {in: anywhere, any: {card: \">= 1#\"}}}",
	};
	FILE *f = file(name);

	fputs("sekisho: 1\ndomains: {internal: [example.co.jp]}\nrules:\n", f);
	for (unsigned i = 0; i < RULES; i++) {
		fprintf(f,
			"  - rule: rule-%u\n    title: {ja: a, en: a}\n"
			"    when: ",
			i);
		put_numbered(f, WHEN[i % ARRAY_LEN(WHEN)], i);
		fprintf(f, "\n    do: {hold: {for: %um, then: send}}\n",
			5 + i + more);
	}
	if (more)
		fputs("  - rule: new-word\n    title: {ja: b, en: b}\n"
		      "    when: {body: {words: [まだない語]}}\n"
		      "    do: {refuse: {tell: sender}}\n",
		      f);
	fclose(f);
}

static void put_config(void)
{
	FILE *f = file("sekisho.yaml");

	fprintf(f,
		"sekisho: 1\nhostname: gate.example.co.jp\n"
		"public-url: http://127.0.0.1:1/\nadmins: [it@example.co.jp]\n"
		"store: sqlite:%s/sekisho.db\nspool: %s/spool\n"
		"master-key: %s/master.key\n"
		"listen: {smtp: [\"127.0.0.1:1\"]}\n"
		"tenants:\n  - tenant: example\n    kind: smtp\n"
		"    domains: [example.co.jp]\n"
		"    accept: {networks: [127.0.0.0/8], require-tls: false}\n"
		"    deliver: {via: relay, host: localhost, port: 1}\n"
		"    notices-from: sekisho@example.co.jp\n"
		"policy: policy.yaml\n",
		folder, folder, folder);
	fclose(f);
}

static struct policy *load(void)
{
	struct policy_source src = {.path = at("policy.yaml")};
	struct conf_errors errs = {0};
	AUTO(buf) told = BUF_MAX(MIB);
	struct policy *p = policy_load(&src, &errs);

	conf_errors_print(&errs, "en", &told);
	fputs(buf_cstr(&told), stderr);
	conf_errors_release(&errs);
	if (!p)
		exit(1);
	return p;
}

/* ---- mails ------------------------------------------------------------------ */

static const char *const FIELDS[] = {
	"Received",	"DKIM-Signature", "From",	    "To",
	"Cc",		"Subject",	  "Date",	    "Message-ID",
	"MIME-Version", "Content-Type",	  "X-Mailer",	    "Thread-Index",
	"In-Reply-To",	"References",	  "Accept-Language"};

static struct view_addrs addrs(struct arena *a, unsigned n, unsigned from)
{
	struct view_addrs l = {arena_array(a, n, sizeof(*l.v)), n, true};

	for (unsigned i = 0; i < n; i++)
		l.v[i].address = str_of(
			arena_printf(a, "person%u@partner%u.example.org",
				     from + i, (from + i) % 300));
	return l;
}

static void make_view(struct view *v, struct arena *a, unsigned n)
{
	v->from = addrs(a, 1, n);
	v->from.v[0].address = str_of(
		arena_printf(a, "staff%u@example.co.jp", n % 500));
	v->to = addrs(a, 1 + n % 3, n);
	v->cc = addrs(a, n % 2, n + 7);
	v->field = arena_array(a, ARRAY_LEN(FIELDS), sizeof(*v->field));
	v->field_n = ARRAY_LEN(FIELDS);
	for (size_t i = 0; i < v->field_n; i++)
		v->field[i].name = str_of(FIELDS[i]);
	v->part = arena_array(a, 3, sizeof(*v->part));
	v->part_n = n % 4 ? 1 : 3;
	v->part[0] = (struct view_part){.parent = VIEW_WHOLE,
					.multipart = v->part_n > 1,
					.type = STR("text/plain"),
					.decoded = 2000 + n % 1000};
	for (size_t i = 1; i < v->part_n; i++)
		v->part[i] = (struct view_part){
			.attachment = i > 1,
			.type = STR("application/octet-stream"),
			.real_type = STR("application/zip"),
			.name = n % 8 ? STR("見積書 2026.xlsx")
				      : STR("macro.xlsm"),
			.decoded = 90000 + n};
}

static void make_findings(struct findings *f, const struct question *q,
			  struct arena *a, unsigned n)
{
	f->version = q->version;
	f->hit = arena_array(a, 2, sizeof(*f->hit));
	if (n % 5 == 0 && q->term_n)
		f->hit[f->hit_n++] = (struct term_hit){n % (uint32_t)q->term_n,
						       PLACE_BODY, 1 + n % 3};
	f->unique[SCOPE_ANYWHERE][DETECT_PHONE] = n % 7;
	f->unique[SCOPE_ANYWHERE][DETECT_CARD] = n % 50 ? 0 : 20;
}

static void make_envelope(struct envelope *env, const struct view *v,
			  struct arena *a)
{
	env->rcpt_n = v->to.n + v->cc.n;
	env->rcpt = arena_array(a, env->rcpt_n, sizeof(*env->rcpt));
	must_do(addr_parse(v->from.v[0].address, true, false, a, &env->from,
			   NULL),
		NULL);
	for (size_t i = 0; i < env->rcpt_n; i++)
		must_do(addr_parse(i < v->to.n ? v->to.v[i].address
					       : v->cc.v[i - v->to.n].address,
				   true, false, a, &env->rcpt[i].addr, NULL),
			NULL);
}

static size_t add(struct store_job *job, const struct policy *p, int64_t id,
		  int64_t at_us, unsigned n)
{
	static const char *const DOMAINS[] = {"example.co.jp"};
	const struct record_note note = {.tenant = STR("example")};
	AUTO(arena) a = ARENA_EMPTY;
	AUTO(buf) wire = BUF_MAX(RECORD_MAX);
	struct envelope env = {0};
	struct view v = {0};
	struct findings f = {0};
	struct facts facts = {.env = &env,
			      .view = &v,
			      .size = 4000 + n,
			      .accepted_us = at_us,
			      .tenant_domains = DOMAINS,
			      .tenant_domain_n = 1,
			      .findings = &f};
	struct plan plan;

	make_view(&v, &a, n);
	make_findings(&f, policy_question(p), &a, n);
	make_envelope(&env, &v, &a);
	policy_decide(p, &facts, &a, &plan);
	if (!record_write(p, &facts, &plan, &note, &wire))
		exit(1);
	store_add_record(job, id, 1, buf_str(&wire));
	return wire.n;
}

static void add_version(struct store *s, const struct policy *p)
{
	struct store_job *job = store_job_new(s);
	AUTO(buf) asked = BUF_MAX(ASKED_MAX);
	struct err e = ERR_EMPTY;

	asked_write(p, &asked);
	store_add_policy(job, &(struct store_policy){.version = 1,
						     .digest = STR("bench"),
						     .asked = buf_str(&asked)});
	must_do(store_run(s, job, &e), &e);
	store_job_free(&job);
}

static void fill(unsigned records)
{
	struct err e = ERR_EMPTY;
	struct store_conf conf = {0};
	struct policy *p = load();
	struct id_gen ids = {0};
	int64_t now = clock_now_us() - 20 * US_PER_DAY;
	char url[200];
	struct store *s;
	size_t bytes = 0;

	snprintf(url, sizeof(url), "sqlite:%s/sekisho.db", folder);
	must_do(master_key_make(at("master.key"), &e), &e);
	conf.url = url;
	conf.keys = keys_local(at("master.key"), &e);
	conf.spool = spool_open(at("spool"), &e);
	s = conf.keys && conf.spool ? store_open(&conf, &e) : NULL;
	must_do(s != NULL, &e);
	add_version(s, p);
	for (unsigned i = 0; i < records; i += JOB) {
		struct store_job *job = store_job_new(s);

		for (unsigned k = i; k < i + JOB && k < records; k++) {
			now += 10 * US_PER_S;
			bytes += add(job, p, id_next(&ids, now), now, k);
		}
		must_do(store_run(s, job, &e), &e);
		store_job_free(&job);
	}
	printf("replay: %u records of %zu bytes\n", records, bytes / records);
	store_close(&s);
	spool_close(&conf.spool);
	keys_free(&conf.keys);
	policy_free(&p);
}

/* The program beside this one's folder. */
static int run(const char *self)
{
	char program[300];
	char *slash;
	int status = 1;
	pid_t pid;

	snprintf(program, sizeof(program), "%s", self);
	slash = strrchr(program, '/');
	snprintf(slash ? slash : program, 40, "/../sekisho");
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		execl(getenv("SEKISHO") ? getenv("SEKISHO") : program,
		      "sekisho", "policy", "replay", "--policy", at("new.yaml"),
		      "--since", "30d", "--examples", "1", "-c",
		      at("sekisho.yaml"), (char *)NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return status;
}

static void clear(void)
{
	static const char *const NAMES[] = {
		"policy.yaml",	  "new.yaml",	    "sekisho.yaml",
		"master.key",	  "sekisho.db",	    "sekisho.db-wal",
		"sekisho.db-shm", "sekisho.db.lock"};

	for (size_t i = 0; i < ARRAY_LEN(NAMES); i++)
		unlink(at(NAMES[i]));
	rmdir(at("spool"));
	rmdir(folder);
}

int main(int argc, char **argv)
{
	const char *wish = getenv("REPLAY_RECORDS");
	unsigned records = wish ? (unsigned)strtoul(wish, NULL, 10) : RECORDS;
	int64_t begun;
	int status;

	(void)argc;
	if (!mkdtemp(folder) || mkdir(at("spool"), 0700) != 0) {
		perror(folder);
		return 1;
	}
	put_policy("policy.yaml", 0);
	put_policy("new.yaml", 1);
	put_config();
	fill(records);
	begun = clock_monotonic_us();
	status = run(argv[0]);
	printf("replay: %u records in %.2f s\n", records,
	       (double)(clock_monotonic_us() - begun) / US_PER_S);
	clear();
	return status != 0;
}
