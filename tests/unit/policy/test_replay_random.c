/* test_replay_random.c - a replay agrees with the mail decided anew, by random
 * policies on random mail, wherever it does not say that it cannot be told.
 *
 * What the inspector sees of a mail hangs on the question, as in life: files
 * that no rule asks about are not opened, and doubts about them not met.
 */
#include <stdio.h>
#include <stdlib.h>
#include "connector/base/mem.h"
#include "policy/policy_int.h"
#include "policy/replay.h"
#include "tests/unit/policy/try.h"
#include "tests/unit/slow.h"

Suite *test_replay_random_suite(void);

#define ROUNDS	   CASES(400)
#define MAILS_EACH 12
#define PAST_MOST  3

static unsigned pick(unsigned n)
{
	return (unsigned)rand() % n;
}
#define ONE_OF(list) ((list)[pick(ARRAY_LEN(list))])

/* ---- policies --------------------------------------------------------------- */

static const char *const CONDITIONS[] = {
	"recipient: {class: external}",
	"recipient: {class: [internal, affiliated]}",
	"recipient: {first-time: sender}",
	"recipient: {first-time: company}",
	"recipient: {look-alike: true}",
	"recipient: {own-private: true}",
	"recipient: {in: free-mail}",
	"sender: {in: sales}",
	"to-cc: {count: \">= 2\", of: any}",
	"cc: {present: true}",
	"tls: {grade: \"< mta-sts\"}",
	"message: {size: \">= 1MB\"}",
	"message: {class: [signed, bulk]}",
	"header: {name: X-Project, present: true}",
	"header: {name: X-Project, words: [abc]}",
	"subject: {words: [abc]}",
	"subject: {words: [xyz]}",
	"body: {words: [abc]}",
	"body: {words: [xyz, abc], hits: \">= 2\"}",
	"body: {regex: \"x[0-9]\"}",
	"anywhere: {words: [abc]}",
	"anywhere: {words: words}",
	"attachment-text: {words: [xyz]}",
	"file-names: {words: [list]}",
	"personal-data: {in: body, any: {card: \">= 1\"}}",
	"personal-data: {in: attachments, any: {my-number: \">= 1\"}}",
	"personal-data: {in: anywhere, any: {card: \">= 2\", phone: \">= 1\"}}",
	"partner: {register: partners, body: match}",
	"partner: {register: partners, file-names: another}",
	"partner: {register: partners, domain: known}",
	"attachments: {count: \">= 1\"}",
	"attachments: {total: \">= 1MB\"}",
	"attachments: {extension: {in: [exe, tar.gz]}}",
	"attachments: {extension: {not-in: [pdf, docx]}, look-inside: false}",
	"attachments: {extension: {in: [backup.sql]}}",
	"attachments: {name: {words: [list]}}",
	"attachments: {name: {words: [x, plan]}}",
	"attachments: {type: {in: [application/pdf]}}",
	"attachments: {macro: true}",
	"attachments: {executable: true}",
	"attachments: {encrypted: any}",
	"attachments: {encrypted: all, look-inside: false}",
	"attachments: {nameless: true}",
	"inspection: {result: [partial, none]}",
	"inspection: {reason: [limit, encrypted]}",
};
static const char *const ACTIONS[] = {
	"hold: {for: 5m, then: send}",
	"hold: {for: 60m, then: discard}",
	"hold: {for: 3m, then: send, stage: 2}",
	"delay: {for: 60m}",
	"approve: {by: manager, then: return, if-none: pass}",
	"refuse: {tell: sender}",
	"refuse: {only: these-recipients}",
	"bcc: {hide: external}",
	"copy: {to: manager}",
	"insert: {text: nda, at: head}",
	"attachments: {way: zip}",
	"attachments: {way: link, encrypted: pass}",
	"attachments: {way: by-tls, at-least: dane, then: attach, else: link}",
	"header: {add: {X-Checked: \"1\"}}",
};
static const char *const DOUBTS[] = {"pass", "rules", "confirm", "approve",
				     "hold"};

static void put_rule(struct buf *b, unsigned n)
{
	buf_printf(b, "  - rule: r%u\n", n);
	if (pick(12) == 0)
		buf_puts(b, "    mode: shadow\n");
	if (pick(8) == 0)
		buf_puts(b, "    stop: true\n");
	buf_printf(b, "    when: {%s}\n", ONE_OF(CONDITIONS));
	if (pick(3) == 0)
		buf_printf(b, "    unless: {%s}\n", ONE_OF(CONDITIONS));
	else if (pick(4) == 0)
		buf_printf(b, "    unless: {not: {%s}}\n", ONE_OF(CONDITIONS));
	buf_printf(b, "    do: {%s}\n", ONE_OF(ACTIONS));
}

/* Rules that keep their name keep their text, half of the time. */
static const char *random_rules(const char *const *before, unsigned before_n,
				const char **rule_r, unsigned *n_r)
{
	AUTO(buf) all = BUF_MAX(64 * KIB);

	*n_r = 1 + pick(4);
	for (unsigned i = 0; i < *n_r; i++) {
		AUTO(buf) one = BUF_MAX(4096);

		if (i < before_n && pick(2))
			buf_puts(&one, before[i]);
		else
			put_rule(&one, i);
		rule_r[i] = arena_strndup(try_arena(), one.p, one.n);
		buf_puts(&all, rule_r[i]);
	}
	if (pick(2))
		buf_printf(&all,
			   "doubt: {encrypted: %s, limit: %s, damaged: %s}\n",
			   ONE_OF(DOUBTS), ONE_OF(DOUBTS), ONE_OF(DOUBTS));
	return arena_strndup(try_arena(), all.p, all.n);
}

/* ---- mail ------------------------------------------------------------------- */

static const char *const RCPTS[] = {
	"a@partner.example",	   "b@gmail.com",
	"hanako@example.co.jp",	   "x@group.example.net",
	"c@partner-a.example.org", "taro.yamada.1985@gmail.com"};
static const char *const TEXTS[] = {"", "abc", "xyz abc x1", "社外秘 xyz",
				    "株式会社パートナーエー"};
static const char *const FILES[] = {
	"list.docx:100!m",
	"a.zip:2000000!ax",
	"!b.pdf:10",
	"plan x.tar.gz:100!a",
	"-:10",
	"c.backup.sql:5",
	"~logo.png:10=image/png",
	".exe:10",
	"run.exe. :10!x",
	"パートナーエー.pdf:10=application/pdf",
	"z.zip:10!as",
};
static const char *const REASONS[] = {"limit@1",   "damaged@1", "encrypted@1",
				      "damaged@b", "failed",	"picture@1",
				      "limit"};
static const char *const PERSONAL[] = {"card/body/1", "card/attachments/2",
				       "my-number/attachments/1",
				       "phone/body/1"};

static const char *join(const char *const *list, unsigned of, unsigned most)
{
	AUTO(buf) b = BUF_MAX(4096);
	unsigned n = pick(most + 1);

	for (unsigned i = 0; i < n; i++)
		buf_printf(&b, "%s%s", i ? "," : "", list[pick(of)]);
	return n ? arena_strndup(try_arena(), b.p, b.n) : NULL;
}
#define SOME(list, most) join(list, ARRAY_LEN(list), most)

static struct mail random_mail(void)
{
	struct mail m = {.to = SOME(RCPTS, 2), .cc = SOME(RCPTS, 1)};

	if (!m.to)
		m.to = ONE_OF(RCPTS);
	m.subject = ONE_OF(TEXTS);
	m.body = ONE_OF(TEXTS);
	m.files = SOME(FILES, 2);
	m.text = m.files ? ONE_OF(TEXTS) : NULL;
	if (m.files && pick(3) == 0)
		m.inner = "1/dir/list.exe!x,1/.exe,1/dir/";
	m.personal = pick(2) ? NULL : PERSONAL[pick(m.files ? 4 : 1)];
	m.fields = pick(2) ? "X-Project=abc,Subject=s" : "Subject=s";
	if (pick(3) == 0)
		m.reasons = m.files ? ONE_OF(REASONS) : "damaged@b";
	m.size = pick(2) ? 1000 : 2000000;
	m.classes = pick(8) ? 0 : CLASS_SIGNED;
	m.bulk = pick(10) == 0;
	m.more = pick(10) == 0;
	m.no_findings = pick(20) == 0;
	m.mode = pick(10) ? MODE_NORMAL : MODE_PASS;
	return m;
}

/* ---- what is seen of it ------------------------------------------------------- */

static bool reads_text(const struct question *q, enum place place)
{
	for (size_t i = 0; i < q->term_n; i++)
		if (q->term[i].places >> place & 1)
			return true;
	return q->detectors || (q->company_n && q->company_places >> place & 1);
}

static bool meets(const struct question *q, const struct view *v,
		  const struct view_reason *r)
{
	if (r->part >= v->part_n)
		return true;
	if (!v->part[r->part].attachment && !v->part[r->part].inline_cid)
		return reads_text(q, PLACE_BODY);
	if (r->doubt == DOUBT_DAMAGED || r->doubt == DOUBT_PICTURE)
		return q->asks_content && reads_text(q, PLACE_ATTACHMENTS);
	return q->asks_content || q->asks_inside;
}

static struct view *seen(const struct view *all, const struct question *q)
{
	struct view *v = ARENA_NEW(try_arena(), struct view);
	bool inside = q->asks_content || q->asks_inside;

	*v = *all;
	v->part = arena_array(try_arena(), v->part_n, sizeof(*v->part));
	memcpy(v->part, all->part, v->part_n * sizeof(*v->part));
	for (size_t i = 0; i < v->part_n && !inside && !q->asks_files; i++) {
		v->part[i].file = 0;
		v->part[i].real_type = STR_EMPTY;
	}
	for (size_t i = 0; i < v->part_n && !inside; i++)
		v->part[i].file &= ~(unsigned)FILE_ARCHIVE;
	v->inner_n = inside ? v->inner_n : 0;
	v->reason_n = 0;
	v->reason = arena_array(try_arena(), all->reason_n, sizeof(*v->reason));
	for (size_t i = 0; i < all->reason_n; i++)
		if (meets(q, all, &all->reason[i]))
			v->reason[v->reason_n++] = all->reason[i];
	v->completeness = v->reason_n ? VIEW_PARTIAL : VIEW_COMPLETE;
	return v;
}

/* Everything that is true of a mail, and nobody may have asked. */
struct whole {
	struct mail m;
	enum tls_grade grade[8];
	struct rcpt_past past[8];
};

static void random_truth(struct whole *t)
{
	static const struct str SENDERS[] = {STR("taro.yamada@example.co.jp"),
					     STR("ken.sato@example.co.jp")};

	*t = (struct whole){.m = random_mail()};
	for (size_t i = 0; i < ARRAY_LEN(t->grade); i++) {
		t->grade[i] = (enum tls_grade)(GRADE_NONE + (int)pick(5));
		t->past[i].sender = SENDERS;
		t->past[i].sender_n = pick(3);
	}
}

/* Decided by the policy that is loaded, with what it asks for. */
static const struct plan *decided(const struct whole *t, struct facts *f_r)
{
	struct plan *plan = ARENA_NEW(try_arena(), struct plan);
	const struct question *q = policy_question(try_loaded());
	unsigned needs = policy_needs(try_loaded());

	try_mail(&t->m);
	*f_r = *try_facts();
	f_r->view = seen(f_r->view, q);
	f_r->findings = find_all(&t->m, f_r->view, q);
	f_r->past = needs & NEEDS_PAST ? t->past : NULL;
	f_r->grade = needs & NEEDS_GRADE ? t->grade : NULL;
	policy_decide(try_loaded(), f_r, try_arena(), plan);
	return plan;
}

/* ---- the two compared --------------------------------------------------------- */

struct one {
	struct whole truth;
	struct str wire;
	struct treated treated[8];
	size_t n;
	uint64_t told;
};

static void take(struct one *o)
{
	AUTO(buf) out = BUF_MAX(RECORD_MAX);
	struct record_note note = {.tenant = STR("example")};
	struct facts f;
	const struct question *q = policy_question(try_loaded());
	const struct plan *plan;

	/* Where nothing is asked, no answer is no failure. */
	if (!q->asks_content && !q->asks_files && !q->asks_inside)
		o->truth.m.no_findings = false;
	plan = decided(&o->truth, &f);
	ck_assert(record_write(try_loaded(), &f, plan, &note, &out));
	o->wire = arena_str(try_arena(), buf_str(&out));
	o->n = plan->rcpt_n;
	for (size_t i = 0; i < o->n; i++)
		treated_of(plan, &f, i, &o->treated[i]);
	o->told = told_of(plan);
}

static bool differs(const struct one *o)
{
	struct facts f;
	const struct plan *plan = decided(&o->truth, &f);

	for (size_t i = 0; i < o->n; i++) {
		struct treated now;

		treated_of(plan, &f, i, &now);
		if (now.mark != o->treated[i].mark)
			return true;
	}
	return told_of(plan) != o->told;
}

struct tally {
	unsigned changed, same, untold;
};

static void compare(const struct one *o, struct str asked,
		    const struct alike *known, struct tally *sum,
		    const char *old, const char *new)
{
	static const char *const DOMAINS[] = {"example.co.jp"};
	struct replay *r = replay_new(try_loaded(), 0);
	struct replay_sums s;
	bool other = differs(o);

	replay_version(r, 7, asked);
	replay_tenant(
		r, &(struct replay_tenant){STR("example"), DOMAINS, 1, known});
	replay_add(r, 1, 7, o->wire);
	s = replay_sums(r);
	replay_free(&r);
	ck_assert_uint_eq(s.unreadable, 0);
	ck_assert_msg(s.untold || (s.changed == 1) == other,
		      "%s, and it would%s\nold:\n%s\nnew:\n%s\nto %s files %s "
		      "inner %s reasons %s text %s body %s subject %s "
		      "more %d silent %d mode %d",
		      s.changed ? "changed" : "same", other ? "" : " not", old,
		      new, o->truth.m.to, o->truth.m.files, o->truth.m.inner,
		      o->truth.m.reasons, o->truth.m.text, o->truth.m.body,
		      o->truth.m.subject, o->truth.m.more,
		      o->truth.m.no_findings, (int)o->truth.m.mode);
	sum->changed += (unsigned)s.changed;
	sum->same += (unsigned)s.same;
	sum->untold += (unsigned)s.untold;
}

static void one_round(const struct alike *known, struct tally *sum)
{
	AUTO(buf) asked = BUF_MAX(ASKED_MAX);
	const char *rule[4], *now[4], *old, *new;
	struct one o[MAILS_EACH];
	unsigned n, now_n;

	try_begin();
	old = random_rules(NULL, 0, rule, &n);
	try_rules(old);
	asked_write(try_loaded(), &asked);
	for (size_t i = 0; i < MAILS_EACH; i++) {
		random_truth(&o[i].truth);
		take(&o[i]);
	}
	new = random_rules(rule, n, now, &now_n);
	try_rules(new);
	for (size_t i = 0; i < MAILS_EACH; i++)
		compare(&o[i], buf_str(&asked), known, sum, old, new);
	try_end();
}

START_TEST(it_agrees_with_a_new_decision)
{
	struct policy_known_maker *maker = policy_known_begin();
	struct alike *known = policy_known_end(&maker);
	struct tally sum = {0};
	unsigned all;

	srand((unsigned)_i);
	for (int i = 0; i < ROUNDS; i++)
		one_round(known, &sum);
	policy_known_free(&known);
	all = sum.changed + sum.same + sum.untold;
	printf("replay: %u changed, %u same, %u untold\n", sum.changed,
	       sum.same, sum.untold);
	/* It tells of most, though policies have little in common here. */
	ck_assert_uint_gt(sum.changed + sum.same, all / 3);
}
END_TEST

Suite *test_replay_random_suite(void)
{
	Suite *s = suite_create("replay-random");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, it_agrees_with_a_new_decision, 1, 4);
	suite_add_tcase(s, t);
	return s;
}
