/* decide.c - what a decision costs: rules and registers of growing size, one
 * mail.  Printed, not judged: microseconds on this machine, median of rounds.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "connector/base/mem.h"
#include "policy/policy.h"

#define ROUNDS 15
#define EACH   400 /* decisions in a round */
#define HEAD   "sekisho: 1\ndomains: {internal: [example.co.jp]}\n"
#define RCPT   "suzuki@partner7.example.org"
/* Nobody knows it, so that all that is one letter away is looked up. */
#define STRANGER "suzuki@unknown-company.example.net"
#define ALIKE                                                                  \
	"  - rule: alike\n    when: {recipient: {look-alike: true}}\n"         \
	"    do: {hold: {for: 5m}}\n"
/* Falls on all that the others let pass: nothing is left of it. */
#define HOLD                                                                   \
	"  - rule: hold\n    when: {recipient: {class: external}}\n"           \
	"    do: {hold: {for: 60m}}\n"
#define ACCEPTED  INT64_C(1790000000000000)
#define RULE_MAX  2048
#define NAMED_MAX 3

static char folder[] = "/tmp/sekisho-decide-XXXXXX";

static char *in_folder(const char *name)
{
	size_t n = strlen(folder) + strlen(name) + 2;
	char *path = NEW_ARRAY(char, n);

	snprintf(path, n, "%s/%s", folder, name);
	return path;
}

static void put_file(const char *name, struct str bytes)
{
	char *path = in_folder(name);
	FILE *f = fopen(path, "w");

	if (!f || fwrite(bytes.p, 1, bytes.n, f) != bytes.n || fclose(f)) {
		perror(path);
		exit(1);
	}
	mem_free(path);
}

static void put_register(size_t rows)
{
	AUTO(buf) b = BUF_MAX(64 * MIB);

	buf_puts(&b, "domain,company\n");
	for (size_t i = 0; i < rows; i++)
		buf_printf(&b, "partner%zu.example.org,株式会社取引先%zu\n", i,
			   i);
	put_file("partners.csv", buf_str(&b));
}

/* Rules of the kinds that the recipes have, one kind after the other. */
static const char *const WHEN[] = {
	"{recipient: {class: external}, partner: {register: partners, body: "
	"[absent, another]}, subject: {words: [none%zu]}}",
	"{recipient: {in: [\"*@list%zu.example.net\"]}}",
	"{recipient: {class: external}, anywhere: {words: [極秘%zu, 社外秘]}}",
	"{recipient: {class: external}, personal-data: {in: anywhere, any: "
	"{card: \">= 1%zu\", phone: \">= 1000\"}}}",
	"{recipient: {class: external}, attachments: {extension: {in: "
	"[exe%zu, scr, bat]}}}",
	"{to-cc: {count: \">= 10%zu\", of: external}}",
	"{sender: {in: [\"*@dept%zu.example.co.jp\"]}, time: {during: {from: "
	"\"19:00\", to: \"09:00\"}}}",
};

static struct policy *load(size_t rules, const char *last)
{
	AUTO(buf) yaml = BUF_MAX(4 * MIB);
	AUTO(buf) told = BUF_MAX(MIB);
	char *path = in_folder("policy.yaml");
	struct policy_source src = {.path = path};
	struct conf_errors errs = {0};
	struct policy *p;

	buf_puts(&yaml, HEAD "lists: {partners: {file: partners.csv}}\n"
			     "rules:\n");
	for (size_t i = 0; i < rules; i++) {
		char when[RULE_MAX];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(when, sizeof(when), WHEN[i % ARRAY_LEN(WHEN)], i);
#pragma GCC diagnostic pop
		buf_printf(&yaml,
			   "  - rule: r%zu\n    when: %s\n    do: {hold: "
			   "{for: 5m}}\n",
			   i, when);
	}
	buf_puts(&yaml, last);
	p = policy_load_text(&src, buf_str(&yaml), "bench", &errs);
	conf_errors_print(&errs, "en", &told);
	if (!p)
		fprintf(stderr, "%s", buf_cstr(&told));
	conf_errors_release(&errs);
	mem_free(path);
	return p;
}

struct mail {
	struct envelope env;
	struct envelope_rcpt rcpt;
	struct view view;
	struct view_addr to, from;
	struct view_part part[3];
	struct company_hit company[NAMED_MAX];
	struct findings found;
	struct facts facts;
};

static void mail_init(struct mail *m, const struct policy *p, struct str to,
		      struct arena *a)
{
	*m = (struct mail){.to.address = to,
			   .from.address = STR("yamada@example.co.jp")};
	if (!addr_parse(to, true, true, a, &m->rcpt.addr, NULL) ||
	    !addr_parse(m->from.address, true, true, a, &m->env.from, NULL))
		exit(1);
	m->env.rcpt = &m->rcpt;
	m->env.rcpt_n = 1;
	m->part[0] = (struct view_part){.parent = VIEW_WHOLE,
					.multipart = true,
					.type = STR("multipart/mixed")};
	m->part[1] = (struct view_part){.type = STR("text/plain")};
	m->part[2] = (struct view_part){.type = STR("application/pdf"),
					.name = STR("見積書.pdf"),
					.decoded = 40000,
					.attachment = true};
	m->view = (struct view){.to = {&m->to, 1, true},
				.from = {&m->from, 1, true},
				.subject = STR("見積書の送付"),
				.part = m->part,
				.part_n = 3};
	for (uint32_t i = 0; i < NAMED_MAX; i++)
		m->company[i] = (struct company_hit){i * 7, PLACE_BODY};
	m->found = (struct findings){.version = policy_question(p)->version,
				     .company = m->company,
				     .company_n = NAMED_MAX};
	m->facts = (struct facts){.env = &m->env,
				  .view = &m->view,
				  .size = 60000,
				  .accepted_us = ACCEPTED,
				  .findings = &m->found};
}

static double one_round(const struct policy *p, const struct mail *m,
			enum outcome outcome)
{
	int64_t begun = clock_monotonic_us();

	for (int i = 0; i < EACH; i++) {
		struct arena a = ARENA_EMPTY;
		struct plan plan;

		policy_decide(p, &m->facts, &a, &plan);
		if (plan.outcome != outcome)
			exit(1);
		arena_release(&a);
	}
	return (double)(clock_monotonic_us() - begun) / EACH;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double measure(size_t rules, size_t partners, const char *last,
		      struct str to)
{
	enum outcome outcome = str_is(STR(HOLD), last) ? OUTCOME_HOLD
						       : OUTCOME_DELIVER;

	struct arena a = ARENA_EMPTY;
	double us[ROUNDS];
	struct policy *p;
	struct mail m;

	put_register(partners);
	p = load(rules, last);
	if (!p)
		exit(1);
	mail_init(&m, p, to, &a);
	one_round(p, &m, outcome);
	for (int i = 0; i < ROUNDS; i++)
		us[i] = one_round(p, &m, outcome);
	qsort(us, ROUNDS, sizeof(*us), by_size);
	policy_free(&p);
	arena_release(&a);
	return us[ROUNDS / 2];
}

int main(void)
{
	static const size_t RULES[] = {49, 200}, ROWS[] = {1000, 100000};
	char *path;

	if (!mkdtemp(folder)) {
		perror(folder);
		return 1;
	}
	for (size_t i = 0; i < ARRAY_LEN(RULES); i++)
		for (size_t k = 0; k < ARRAY_LEN(ROWS); k++)
			printf("deciding: %zu rules, %6zu partners: %6.1f us\n",
			       RULES[i], ROWS[k],
			       measure(RULES[i], ROWS[k], "", STR(RCPT)));
	for (size_t i = 0; i < ARRAY_LEN(RULES); i++)
		printf("deciding: %zu rules, held, what would pass told: "
		       "%6.1f us\n",
		       RULES[i], measure(RULES[i], 1000, HOLD, STR(RCPT)));
	for (size_t k = 0; k < ARRAY_LEN(ROWS); k++)
		printf("deciding: a domain that none of %6zu looks like: "
		       "%6.1f us\n",
		       ROWS[k], measure(1, ROWS[k], ALIKE, STR(STRANGER)));
	path = in_folder("partners.csv");
	unlink(path);
	mem_free(path);
	rmdir(folder);
	return 0;
}
