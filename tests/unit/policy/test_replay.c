/* test_replay.c - records of decisions, and another policy tried on them. */
#include <stdlib.h>
#include "connector/base/mem.h"
#include "policy/replay.h"
#include "tests/unit/policy/try.h"

Suite *test_replay_suite(void);

#define HOLD(name, when, time)                                                 \
	"  - rule: " name "\n    when: " when "\n    do: {hold: {for: " time   \
	", then: send}}\n"
#define EXTERNAL "{recipient: {class: external}}"

static struct buf asked;
static struct alike *nobody; /* to whom the company writes */

static void begin_alone(void)
{
	struct policy_known_maker *maker = policy_known_begin();

	nobody = policy_known_end(&maker);
}

static void end_alone(void)
{
	policy_known_free(&nobody);
}

static void asked_now(void)
{
	buf_release(&asked);
	asked = BUF_MAX(ASKED_MAX);
	asked_write(try_loaded(), &asked);
	ck_assert(buf_ok(&asked));
}

/* Of the mail that try_mail() decided last. */
static struct str record_of(const struct plan *plan)
{
	AUTO(buf) out = BUF_MAX(RECORD_MAX);
	struct record_note note = {.tenant = STR("example")};

	ck_assert(record_write(try_loaded(), try_facts(), plan, &note, &out));
	asked_now();
	return arena_str(try_arena(), buf_str(&out));
}

static struct str mail_record(const struct mail *m)
{
	return record_of(try_mail(m));
}
#define RECORD(...) mail_record(&(struct mail){__VA_ARGS__})

static const struct mail MAILS[] = {
	{.to = "a@partner.example", .subject = "社外秘の件"},
	{.to = "a@partner.example,hanako@example.co.jp",
	 .cc = "x@group.example.net",
	 .files = "見積.xlsx:2000,archive.tar.gz:3000000,-:10,~logo.png:100"},
	{.from = "\"bad address\"@", .envelope = "", .to = "a@gmail.com"},
	{.from = "info@elsewhere.example",
	 .envelope = "bounce@example.co.jp",
	 .to = "b@gmail.com",
	 .rcpt = "b@gmail.com,c@gmail.com"},
	{.to = "a@partner.example",
	 .fields = "X-Project=secret,x-project=again,Subject=s",
	 .classes = CLASS_SIGNED,
	 .size = 9000000},
	{.to = "ml-partners@example.co.jp",
	 .completeness = VIEW_PARTIAL,
	 .reasons = "encrypted,damaged"},
	{.to = "", .rcpt = "hidden@partner.example", .bulk = true},
	{.to = "a@partner.example",
	 .subject = "至急 social",
	 .body = "社外秘 社外秘 abc-123",
	 .text = "Confidential",
	 .files = "名簿 confidential.xlsm:2000!m,a.zip:100!ax,!b.docx:10!e",
	 .inner = "2/中/list.exe!x,2/dir/,2/見積書.pdf=application/pdf",
	 .personal = "card/body/3,my-number/attachments/2"},
	{.to = "a@partner.example", .no_findings = true, .body = "社外秘"},
	{.to = "a@partner.example",
	 .body = "社外秘",
	 .files = "x.bin:1",
	 .completeness = VIEW_PARTIAL,
	 .reasons = "unknown-type@1"},
};

/* Conditions of every kind; each holds for a time of its own. */
static const char *const WHEN[] = {
	EXTERNAL,
	"{to-cc: {count: \">= 2\", of: any}}",
	"{attachments: {total: \">= 1MB\"}}",
	"{attachments: {extension: {in: [tar.gz, xlsx]}}}",
	"{attachments: {count: \">= 1\", extension: {not-in: [pdf, exe]}}}",
	"{header: {name: X-Project, present: true}}",
	"{header: {name: X-Project, words: [secret]}}",
	"{subject: {words: [社外秘, 至急]}}",
	"{body: {words: words, hits: \">= 2\"}}",
	"{anywhere: {regex: \"[a-c]+-[0-9]{3}\"}}",
	"{attachments: {name: {words: [名簿, 見積]}}}",
	"{attachments: {macro: true}}",
	"{attachments: {executable: true}}",
	"{attachments: {encrypted: any}}",
	"{attachments: {disguised: true}}",
	"{personal-data: {in: anywhere, any: {card: \">= 2\"}}}",
	"{inspection: {reason: [damaged]}}",
	"{message: {size: \">= 2MB\", class: [signed]}}",
	"{cc: {present: true}}",
	"{to: {only: superior}}",
	"{recipient: {look-alike: true}}",
};

static const char *rules(void)
{
	AUTO(buf) b = BUF_MAX(64 * KIB);

	for (size_t i = 0; i < ARRAY_LEN(WHEN); i++)
		buf_printf(&b,
			   "  - rule: r%zu\n    when: %s\n    do: {hold: "
			   "{for: %zum, then: send}}\n",
			   i, WHEN[i], 60 + i);
	buf_puts(&b, "  - rule: bcc\n    when: " EXTERNAL
		     "\n    do: {bcc: {hide: external, tell-sender: true}}\n"
		     "  - rule: copy\n    when: {sender: {in: sales}}\n"
		     "    do: {copy: {to: manager}}\n");
	return arena_strndup(try_arena(), b.p, b.n);
}

/* Facts that come back lead to the same plan under the same policy. */
START_TEST(a_record_decides_as_the_mail_did)
{
	struct replay *r;
	struct replay_sums sums;
	const char *tenant[] = {"example.co.jp"};

	try_begin();
	try_rules(rules());
	r = replay_new(try_loaded(), 3);
	asked_now();
	replay_version(r, 7, buf_str(&asked));
	replay_tenant(
		r, &(struct replay_tenant){STR("example"), tenant, 1, nobody});
	for (size_t i = 0; i < ARRAY_LEN(MAILS); i++)
		replay_add(r, (int64_t)i + 1, 7, mail_record(&MAILS[i]));
	sums = replay_sums(r);
	ck_assert_uint_eq(sums.mails, ARRAY_LEN(MAILS));
	ck_assert_uint_eq(sums.same, ARRAY_LEN(MAILS));
	replay_free(&r);
	try_end();
}
END_TEST

/* Nothing that could be read as the mail is in a record. */
START_TEST(a_record_holds_no_text)
{
	static const char *const NOT_THERE[] = {
		"社外秘", "archive", "secret", "logo", "confidential",
		"list",	  "dir",     "至急",   "abc"};
	struct str wire;

	try_begin();
	try_rules(rules());
	for (size_t i = 0; i < ARRAY_LEN(MAILS); i++) {
		wire = mail_record(&MAILS[i]);
		for (size_t k = 0; k < ARRAY_LEN(NOT_THERE); k++)
			ck_assert_msg(str_find(wire, str_of(NOT_THERE[k])) < 0,
				      "%s", NOT_THERE[k]);
		ck_assert_uint_lt(wire.n, 700);
	}
	try_end();
}
END_TEST

static struct str names_kept(const char *files)
{
	struct str wire = RECORD(.to = "a@partner.example", .files = files);
	struct asked *k = asked_new(buf_str(&asked), try_loaded());
	struct record *r = ARENA_NEW(try_arena(), struct record);
	AUTO(buf) names = BUF_MAX(4096);
	struct err e;

	ck_assert_msg(record_read(wire, k, try_arena(), r, &e), "%s", e.text);
	asked_free(&k);
	for (size_t i = 1; i + 1 < r->view.part_n; i++) { /* the body is last */
		buf_puts(&names, i > 1 ? " " : "");
		buf_put_str(&names, r->view.part[i].name);
	}
	return arena_str(try_arena(), buf_str(&names));
}

START_TEST(names_are_cut_to_what_their_ends_say)
{
	try_begin();
	try_rules(rules());
	ck_assert(str_is(names_kept("Offer for ACME.docx"), "\1.docx"));
	ck_assert(str_is(names_kept("plain"), "\1"));
	ck_assert(str_is(names_kept("a.tar.gz,b.PDF.exe"),
			 "\1.tar.gz \1.pdf.exe"));
	ck_assert(str_is(names_kept("x.exe. ."), "\1.exe"));
	ck_assert(str_is(names_kept("-"), ""));
	ck_assert(str_is(names_kept(".profile,..."), ".profile \1"));
	ck_assert(str_is(names_kept("2026年名簿と見積.xlsx"),
			 "名簿\1見積\1\1.xlsx"));
	ck_assert(str_is(names_kept("tanaka.yearly report of 2026 on staff"),
			 "\1"));
	try_end();
}
END_TEST

/* ---- another policy ------------------------------------------------------- */

static struct replay *begin(const char *rules)
{
	static const char *const tenant[] = {"example.co.jp"};
	struct replay *r = replay_new(try_rules(rules), 2);

	replay_version(r, 7, buf_str(&asked));
	replay_tenant(
		r, &(struct replay_tenant){STR("example"), tenant, 1, nobody});
	return r;
}

static const char *json_of(const struct replay *r)
{
	struct json *j = replay_json(r, tz_utc());
	AUTO(buf) out = BUF_MAX(MIB);
	const char *text;

	json_print(j, &out, false);
	json_free(&j);
	text = arena_strndup(try_arena(), out.p, out.n);
	return text;
}

static void rule_is(const struct replay *r, const char *rule, int change,
		    int gone, int other, int same)
{
	struct json *j = replay_json(r, tz_utc());
	const struct json *list = json_get(j, "rules"), *row = NULL;

	for (size_t i = 0; i < json_size(list); i++)
		if (strcmp(json_get_cstr(json_at(list, i), "rule", ""), rule) ==
		    0)
			row = json_at(list, i);
	ck_assert_msg(row, "%s is not in %s", rule, json_of(r));
	ck_assert_int_eq(json_get_int(row, "new", -1), change);
	ck_assert_int_eq(json_get_int(row, "gone", -1), gone);
	ck_assert_int_eq(json_get_int(row, "other", -1), other);
	ck_assert_int_eq(json_get_int(row, "same", -1), same);
	json_free(&j);
}

START_TEST(each_change_has_its_rule)
{
	struct str out, in;
	struct replay *r;
	struct replay_sums s;

	try_begin();
	try_rules(HOLD("far", EXTERNAL, "60m")
			  HOLD("old", "{subject: {words: [x]}}", "5m"));
	out = RECORD(.to = "a@partner.example");
	in = RECORD(.to = "hanako@example.co.jp");
	/* What it does is different. */
	r = begin(HOLD("far", EXTERNAL, "61m"));
	for (int i = 0; i < 5; i++)
		replay_add(r, 1 + i, 7, out);
	replay_add(r, 9, 7, in);
	s = replay_sums(r);
	ck_assert(s.changed == 5 && s.same == 1 && s.mails == 6);
	rule_is(r, "far", 0, 0, 5, 1);
	replay_free(&r);
	/* A new one falls; another one is gone. */
	r = begin(HOLD("near", "{recipient: {class: internal}}", "1m"));
	replay_add(r, 1, 7, out);
	replay_add(r, 2, 7, in);
	s = replay_sums(r);
	ck_assert(s.changed == 2);
	rule_is(r, "near", 1, 0, 0, 1);
	rule_is(r, "far", 0, 1, 0, 1);
	replay_free(&r);
	/* A rule that falls and changes nothing. */
	r = begin(HOLD("far", EXTERNAL, "60m") HOLD("too", EXTERNAL, "1m"));
	replay_add(r, 1, 7, out);
	s = replay_sums(r);
	ck_assert(s.same == 1);
	rule_is(r, "too", 0, 0, 0, 1);
	replay_free(&r);
	/* Of two that fall, the one that says something else. */
	try_rules(HOLD("far", EXTERNAL, "60m") HOLD("too", EXTERNAL, "1m"));
	out = RECORD(.to = "a@partner.example");
	r = begin(HOLD("far", EXTERNAL, "59m") HOLD("too", EXTERNAL, "1m"));
	replay_add(r, 1, 7, out);
	rule_is(r, "far", 0, 0, 1, 0);
	rule_is(r, "too", 0, 0, 0, 1);
	replay_free(&r);
	try_end();
}
END_TEST

static const char *refuse_when(const char *when)
{
	return arena_printf(try_arena(),
			    "  - rule: r\n    when: %s\n"
			    "    do: {refuse: {tell: sender}}\n",
			    when);
}

static void untold_is(const struct mail *m, const char *old, const char *new,
		      bool untold)
{
	struct replay *r;
	struct str wire;

	try_rules(refuse_when(old));
	wire = mail_record(m);
	r = begin(refuse_when(new));
	replay_add(r, 1, 7, wire);
	ck_assert_msg((replay_sums(r).untold == 1) == untold, "%s: %s", new,
		      json_of(r));
	if (untold)
		ck_assert_ptr_nonnull(strstr(json_of(r), "\"untold\":1"));
	replay_free(&r);
}

/* What nobody looked for then cannot be told, and is not taken for absent. */
START_TEST(new_questions_cannot_be_told)
{
	static const struct {
		const char *old, *new;
		bool untold;
	} CASES[] = {
		{"{body: {words: [abc]}}", "{body: {words: [new]}}", true},
		{"{body: {words: [abc]}}", "{body: {words: [xyz, abc]}}", true},
		{"{body: {words: [xyz, abc]}}", "{body: {words: [abc]}}",
		 false},
		{"{subject: {words: [abc]}}", "{body: {words: [abc]}}", true},
		{"{anywhere: {words: [abc]}}", "{body: {words: [abc]}}", false},
		{"{body: {words: [abc]}}", "{body: {regex: abc}}", true},
		{"{header: {name: X-A, words: [abc]}}",
		 "{header: {name: X-B, words: [abc]}}", true},
		{"{header: {name: X-A, words: [abc]}}",
		 "{header: {name: x-a, words: [abc]}}", false},
		{"{personal-data: {in: body, any: {card: \">= 1\"}}}",
		 "{personal-data: {in: body, any: {phone: \">= 1\"}}}", true},
		{"{personal-data: {in: body, any: {card: \">= 1\"}}}",
		 "{personal-data: {in: body, any: {card: \">= 2\"}}}", false},
		{"{attachments: {extension: {in: [exe]}}}",
		 "{attachments: {macro: true}}", false},
		{"{attachments: {extension: {in: [exe]}, look-inside: false}}",
		 "{attachments: {macro: true}}", true},
		{"{attachments: {executable: true}}",
		 "{attachments: {macro: true}}", false},
		{"{attachments: {name: {words: [abc]}}}",
		 "{attachments: {name: {words: [new]}}}", true},
		{"{attachments: {name: {words: [abc, x]}}}",
		 "{attachments: {name: {words: [x]}}}", false},
	};
	struct mail m = {.to = "a@partner.example",
			 .body = "q",
			 .fields = "X-A=q,X-B=q",
			 .files = "zz.docx:100"};

	try_begin();
	for (size_t i = 0; i < ARRAY_LEN(CASES); i++)
		untold_is(&m, CASES[i].old, CASES[i].new, CASES[i].untold);
	try_end();
}
END_TEST

/* Past recipients and grades, where nobody fetched them. */
START_TEST(facts_that_nobody_fetched)
{
	static const char *const NEW[] = {"{recipient: {first-time: sender}}",
					  "{tls: {grade: \"< mta-sts\"}}"};
	struct mail m = {.to = "a@partner.example"};

	try_begin();
	for (size_t i = 0; i < ARRAY_LEN(NEW); i++)
		untold_is(&m, "{recipient: {class: internal}}", NEW[i], true);
	try_end();
}
END_TEST

START_TEST(examples_are_few_and_say_what_was)
{
	struct str out;
	struct replay *r;
	AUTO(buf) ja = BUF_MAX(MIB);
	AUTO(buf) en = BUF_MAX(MIB);

	try_begin();
	try_rules(HOLD("far", EXTERNAL, "60m"));
	out = RECORD(.to = "a@partner.example");
	r = begin("  - rule: far\n    when: " EXTERNAL
		  "\n    do: {refuse: {tell: sender}}\n");
	for (int i = 0; i < 5; i++)
		replay_add(r, 1 + i, 7, out);
	ck_assert_ptr_nonnull(strstr(
		json_of(r), "\"examples\":[{\"id\":\"0000000000001\",\"time\":"
			    "\"2026-09-01T01:00:00+00:00\",\"why\":\"other\","
			    "\"old\":\"hold\",\"new\":\"refuse\"},{\"id\":"
			    "\"0000000000002\""));
	ck_assert_ptr_null(strstr(json_of(r), "0000000000003"));
	replay_text(r, tz_utc(), "ja", &ja);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&ja), "扱いが変わる 5"));
	ck_assert_ptr_nonnull(strstr(buf_cstr(&ja), "hold -> refuse"));
	replay_text(r, tz_utc(), "en", &en);
	ck_assert_ptr_nonnull(strstr(
		buf_cstr(&en), "5 mails: 5 would be treated differently"));
	replay_free(&r);
	try_end();
}
END_TEST

START_TEST(what_is_no_record_is_counted)
{
	struct str out;
	struct replay *r;
	struct replay_sums s;

	try_begin();
	try_rules(HOLD("far", EXTERNAL, "60m"));
	out = RECORD(.to = "a@partner.example", .files = "a.xlsx:1");
	r = begin(HOLD("far", EXTERNAL, "60m"));
	replay_add(r, 1, 7, STR_EMPTY);
	for (size_t n = 0; n < out.n; n++)
		replay_add(r, 2, 7, str_head(out, n));
	s = replay_sums(r);
	ck_assert_uint_eq(s.unreadable, 1 + out.n);
	/* Bytes that are wrong may change what is read, and nothing else. */
	srand(1);
	for (int i = 0; i < 20000; i++) {
		char *bad = arena_strndup(try_arena(), out.p, out.n);

		bad[(size_t)rand() % out.n] = (char)rand();
		replay_add(r, 3, 7, str_n(bad, out.n));
	}
	replay_free(&r);
	try_end();
}
END_TEST

Suite *test_replay_suite(void)
{
	Suite *s = suite_create("replay");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, begin_alone, end_alone);
	tcase_add_test(t, a_record_decides_as_the_mail_did);
	tcase_add_test(t, a_record_holds_no_text);
	tcase_add_test(t, names_are_cut_to_what_their_ends_say);
	tcase_add_test(t, each_change_has_its_rule);
	tcase_add_test(t, new_questions_cannot_be_told);
	tcase_add_test(t, facts_that_nobody_fetched);
	tcase_add_test(t, examples_are_few_and_say_what_was);
	tcase_add_test(t, what_is_no_record_is_counted);
	suite_add_tcase(s, t);
	return s;
}
