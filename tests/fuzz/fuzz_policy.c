/* fuzz_policy - a policy with its lists and people, all of it hostile; where it
 * loads, a mail with findings that nobody promised anything about.
 *
 * Input: policy, a.csv, b.csv, people.csv and the mail, parted by 0x1e.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "connector/base/mem.h"
#include "policy/policy.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define PARTS 3
#define HITS  8

static char folder[64];
static const char *const FILES[] = {"a.csv", "b.csv", "people.csv"};

static const char *in_folder(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void clean(void)
{
	for (size_t i = 0; i < ARRAY_LEN(FILES); i++)
		unlink(in_folder(FILES[i]));
	rmdir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	snprintf(folder, sizeof(folder), "/tmp/sekisho-fuzz-XXXXXX");
	if (!mkdtemp(folder))
		abort();
	atexit(clean);
	return 0;
}

static void put_file(const char *name, struct str bytes)
{
	int fd = open(in_folder(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, bytes.p, bytes.n) != (ssize_t)bytes.n)
		abort();
	close(fd);
}

/* Says of some terms that they do not compile. */
static bool check(void *arg, const struct question *q, struct arena *a,
		  struct question_error **v_r, size_t *n_r, struct err *e)
{
	struct rd *in = arg;

	*n_r = rd_u8(in) % 3;
	*v_r = arena_array(a, *n_r, sizeof(**v_r));
	for (size_t i = 0; i < *n_r; i++)
		(*v_r)[i] = (struct question_error){rd_u8(in), STR("no")};
	return q->term_n < 200 || err_set(e, ERR_RETRY, 0, "busy");
}

/* What is asked survives its wire. */
static void round_trip(const struct question *q)
{
	AUTO(buf) wire = BUF_MAX(QUESTION_BYTES_MAX);
	AUTO(buf) again = BUF_MAX(QUESTION_BYTES_MAX);
	struct arena a = ARENA_EMPTY;
	struct question r;
	struct rd in;

	question_write(q, &wire);
	in = rd_of(buf_str(&wire));
	if (!question_read(&in, &a, &r, NULL))
		__builtin_trap();
	question_write(&r, &again);
	if (!str_eq(buf_str(&wire), buf_str(&again)))
		__builtin_trap();
	arena_release(&a);
}

/* ---- a mail ---- */

struct mail {
	struct envelope env;
	struct envelope_rcpt rcpt[2];
	struct view v;
	struct view_addr to[2];
	struct view_part part[PARTS];
	struct view_inner inner[2];
	struct view_reason reason[2];
	struct findings found;
	struct term_hit hit[HITS];
	struct company_hit company[HITS];
};

static void read_parts(struct rd *in, struct mail *m)
{
	static const char *const TYPES[] = {"text/plain", "application/zip",
					    "message/rfc822", ""};
	static const char *const NAMES[] = {"a.txt", "b.zip", "c.exe", ""};

	m->v.part = m->part;
	m->v.part_n = rd_u8(in) % (PARTS + 1);
	for (size_t i = 0; i < m->v.part_n; i++) {
		struct view_part *p = &m->part[i];
		uint8_t b = rd_u8(in);

		p->parent = i ? rd_u8(in) : VIEW_WHOLE;
		p->multipart = b & 1;
		p->attachment = b & 2;
		p->inline_cid = b & 4;
		p->type = str_of(TYPES[b >> 4 & 3]);
		p->name = str_of(NAMES[b >> 6]);
		p->file = rd_u8(in) & FILE_FLAGS_ALL;
	}
	m->v.inner = m->inner;
	m->v.inner_n = m->v.part_n ? rd_u8(in) % 3 : 0;
	for (size_t i = 0; i < m->v.inner_n; i++) {
		m->inner[i].part = (uint16_t)(m->v.part_n - 1);
		m->inner[i].name = str_of(NAMES[rd_u8(in) & 3]);
		m->inner[i].file = rd_u8(in) & FILE_FLAGS_ALL;
	}
	m->v.reason = m->reason;
	m->v.reason_n = rd_u8(in) % 3;
	for (size_t i = 0; i < m->v.reason_n; i++) {
		m->reason[i].doubt = rd_u8(in) % DOUBT_COUNT;
		m->reason[i].part = rd_u8(in);
	}
	m->v.completeness = m->v.reason_n ? VIEW_PARTIAL : VIEW_COMPLETE;
}

static void read_findings(struct rd *in, const struct policy *p, struct mail *m)
{
	struct findings *f = &m->found;

	f->version = policy_question(p)->version;
	f->more = rd_u8(in) & 1;
	f->hit = m->hit;
	f->hit_n = rd_u8(in) % (HITS + 1);
	for (size_t i = 0; i < f->hit_n; i++)
		m->hit[i] = (struct term_hit){
			(uint32_t)i * 2, rd_u8(in) % PLACE_N, rd_u8(in) + 1u};
	f->company = m->company;
	f->company_n = rd_u8(in) % (HITS + 1);
	for (size_t i = 0; i < f->company_n; i++)
		m->company[i] = (struct company_hit){(uint32_t)i,
						     rd_u8(in) % PLACE_N};
	for (int s = 0; s < SCOPE_N; s++) {
		for (int d = 0; d < DETECT_N; d++)
			f->unique[s][d] = rd_u8(in);
		f->people[s] = rd_u8(in);
	}
}

static void read_to(struct rd *in, struct mail *m, struct arena *a)
{
	static const char *const TO[] = {"a@x.example", "b@y.example",
					 "c@in.example", "bad"};

	m->env.rcpt = m->rcpt;
	m->v.to.v = m->to;
	for (size_t i = 0; i < 2; i++) {
		struct str text = str_of(TO[rd_u8(in) & 3]);
		struct addr *addr = &m->rcpt[m->env.rcpt_n].addr;

		m->to[m->v.to.n++].address = text;
		if (addr_parse(text, true, true, a, addr, NULL))
			m->env.rcpt_n++;
	}
}

static void decide(const struct policy *p, struct rd *in)
{
	struct arena a = ARENA_EMPTY;
	struct mail *m = ARENA_NEW(&a, struct mail);
	struct facts f = {.env = &m->env, .view = &m->v, .size = 1000};
	AUTO(buf) text = BUF_MAX(MIB);
	struct plan plan;
	struct json *j;

	read_to(in, m, &a);
	read_parts(in, m);
	read_findings(in, p, m);
	if (rd_u8(in) & 3)
		f.findings = &m->found;
	f.accepted_us = US_PER_DAY * 20000;
	policy_decide(p, &f, &a, &plan);
	plan_text(&plan, &f, tz_utc(), "ja", &text);
	j = plan_json(&plan, &f, tz_utc());
	json_free(&j);
	arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str rest = str_n(data, n), part, text = STR_EMPTY;
	struct conf_errors errs = {0};
	struct policy_source src = {.check = check};
	AUTO(buf) out = BUF_MAX(4 * MIB);
	struct policy *policy;
	struct rd mail;

	str_split(&rest, 0x1e, &text);
	for (size_t i = 0; i < ARRAY_LEN(FILES); i++) {
		part = STR_EMPTY;
		str_split(&rest, 0x1e, &part);
		put_file(FILES[i], part);
	}
	mail = rd_of(rest);
	src.check_arg = &mail;
	src.path = strdup(in_folder("policy.yaml"));
	src.people = strdup(in_folder("people.csv"));
	policy = policy_load_text(&src, text, "fuzz", &errs);
	if (!policy == !errs.errors)
		__builtin_trap();
	conf_errors_print(&errs, "ja", &out);
	conf_errors_print(&errs, "en", &out);
	if (policy) {
		round_trip(policy_question(policy));
		decide(policy, &mail);
	}
	conf_errors_release(&errs);
	policy_free(&policy);
	free((char *)(uintptr_t)src.path);
	free((char *)(uintptr_t)src.people);
	return 0;
}
