/* What the rules ask the inspector; errors of the words about content. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "connector/base/mem.h"
#include "policy/policy_int.h"
#include "tests/unit/policy/try.h"

Suite *test_question_suite(void);

static const struct question *asked(const char *rules)
{
	return policy_question(try_rules(rules));
}

#define RULE(when) "  - rule: r\n    when: " when "\n    do: {hold: {}}\n"

static const struct {
	const char *rules;
	bool content, files, inside;
	unsigned detectors, company_places;
} FLAGS[] = {
	{RULE("{recipient: {class: external}}"), false, false, false, 0, 0},
	{RULE("{attachments: {count: \">= 1\", largest: \"> 1MB\"}}"), false,
	 false, false, 0, 0},
	{RULE("{attachments: {extension: {in: [exe]}}}"), true, false, true, 0,
	 0},
	{RULE("{attachments: {extension: {in: [exe]}, look-inside: false}}"),
	 false, false, false, 0, 0},
	{RULE("{attachments: {macro: true, look-inside: false}}"), false, true,
	 false, 0, 0},
	{RULE("{attachments: {encrypted: all, look-inside: false}}"), true,
	 true, false, 0, 0},
	{RULE("{subject: {words: [a]}}"), true, false, false, 0, 0},
	{RULE("{inspection: {result: [partial]}}"), true, true, true, 0, 0},
	{RULE("{inspection: {reason: [encrypted]}}"), true, true, true, 0, 0},
	{RULE("{file-names: {words: [a]}}"), true, false, true, 0, 0},
	{RULE("{personal-data: {in: body, any: {card: \">= 1\"}}}"), true,
	 false, false, 1u << DETECT_CARD, 0},
	{RULE("{personal-data: {all: {phone: \">= 1\", people: \">= 1\"}}}"),
	 true, false, true, 1u << DETECT_PHONE | 1u << DETECT_NAME, 0},
	{RULE("{partner: {register: partners, domain: known}}"), false, false,
	 false, 0, 0},
	{RULE("{partner: {register: partners, body: match}}"), true, false,
	 false, 0, 1u << PLACE_BODY},
	{RULE("{body: {words: [a]}}") "    mode: off\n", false, false, false, 0,
	 0},
	{RULE("{attachments: {macro: true}}") "    mode: shadow\n", true, true,
	 true, 0, 0},
	{"  - rule: r\n    unless: {body: {words: [a]}}\n    do: {hold: {}}\n",
	 true, false, false, 0, 0},
	{"  - rule: r\n    do: {attachments: {way: zip, encrypted: pass}}\n",
	 false, true, false, 0, 0},
};

START_TEST(flags)
{
	const struct question *q = asked(FLAGS[_i].rules);

	ck_assert_msg(q->asks_content == FLAGS[_i].content, "row %d", _i);
	ck_assert_msg(q->asks_files == FLAGS[_i].files, "row %d", _i);
	ck_assert_msg(q->asks_inside == FLAGS[_i].inside, "row %d", _i);
	ck_assert_uint_eq(q->detectors, FLAGS[_i].detectors);
	ck_assert_uint_eq(q->company_places, FLAGS[_i].company_places);
	ck_assert((q->company_n > 0) == (q->company_places != 0));
}
END_TEST

/* One term for the same text, kind and field, wherever it is asked. */
START_TEST(terms_are_pooled)
{
	const struct question *q = asked(
		"  - rule: a\n    when: {subject: {words: [x, Y, y]}}\n"
		"    do: {hold: {}}\n"
		"  - rule: b\n    when: {body: {words: [x], regex: x}}\n"
		"    do: {hold: {}}\n"
		"  - rule: c\n    when: {header: {name: X-A, words: [x]}}\n"
		"    do: {hold: {}}\n"
		"  - rule: d\n    when: {header: {name: x-a, words: [x]}}\n"
		"    do: {hold: {}}\n"
		"  - rule: e\n    mode: off\n    when: {body: {words: [z]}}\n"
		"    do: {hold: {}}\n");

	ck_assert_uint_eq(q->term_n, 4);
	ck_assert(str_is(q->term[0].text, "x") && !q->term[0].regex);
	ck_assert_uint_eq(q->term[0].places,
			  1u << PLACE_SUBJECT | 1u << PLACE_BODY);
	ck_assert(str_is(q->term[1].text, "Y"));
	ck_assert(str_is(q->term[2].text, "x") && q->term[2].regex);
	ck_assert(str_is(q->term[3].field, "X-A"));
	ck_assert_uint_eq(q->term[3].places, 1u << PLACE_HEADER);
}
END_TEST

/* Nodes and processes must mean the same by an index. */
START_TEST(the_same_question_every_time)
{
	AUTO(buf) first = BUF_MAX(MIB);

	for (int i = 0; i < 3; i++) {
		AUTO(buf) wire = BUF_MAX(MIB);

		question_write(asked(RULE("{partner: {register: partners, "
					  "body: match}, anywhere: {words: "
					  "words, regex: \"a+\"}}")),
			       &wire);
		if (!i)
			buf_put_str(&first, buf_str(&wire));
		ck_assert(str_eq(buf_str(&first), buf_str(&wire)));
	}
}
END_TEST

/* ---- terms that do not compile ---- */

static bool refuse_second(void *arg, const struct question *q, struct arena *a,
			  struct question_error **v_r, size_t *n_r,
			  struct err *e)
{
	if (arg)
		return err_set(e, ERR_RETRY, 0, "no inspector");
	ck_assert_uint_eq(q->term_n, 3);
	*v_r = arena_array(a, 2, sizeof(**v_r));
	(*v_r)[0] = (struct question_error){1, STR("Unknown lookaround")};
	(*v_r)[1] = (struct question_error){99, STR("of nobody")};
	*n_r = 2;
	return true;
}

#define HEAD "sekisho: 1\ndomains: {internal: [example.co.jp]}\n"
static const char THREE[] = HEAD
	"rules:\n"
	"  - rule: a\n    when: {body: {words: [x], regex: \"(?<=a)b\"}}\n"
	"    do: {hold: {}}\n"
	"  - rule: b\n    when: {subject: {words: [y]}, tu: {}}\n"
	"    do: {hold: {}}\n";

START_TEST(terms_that_do_not_compile)
{
	const char *text;

	try_source()->check = refuse_second;
	text = try_errors(THREE);
	ck_assert_str_eq(
		text,
		"t.yaml:5:38: `(?<=a)b` cannot be used: Unknown lookaround; "
		"expressions are those of an engine that takes linear time: "
		"no backreferences, no look-around\n"
		"t.yaml:8:35: `tu`: unknown key, did you mean `to`?\n");
	try_source()->check_arg = try_source();
	text = try_errors(THREE);
	ck_assert_ptr_nonnull(strstr(text, "could not be checked: no "
					   "inspector"));
}
END_TEST

/* ---- errors ---- */

static const struct {
	const char *when, *en;
} ERRORS[] = {
	{"{subject: {hits: \">= 1\"}}", "5:21: write `words` or `regex`"},
	{"{body: {words: x}}", "5:26: `x`: no such list"},
	{"{body: {words: []}}", "5:26: the list is empty"},
	{"{body: {words: [\"\xe2\x80\x8b\"]}}",
	 "the word or expression is empty"},
	{"{body: {wrods: [a]}}",
	 "5:19: `wrods`: unknown key, did you mean `words`?"},
	{"{body: {words: [a], hits: many}}", "5:37: `many`: write it as"},
	{"{body: {regex: []}}", "5:26: the list is empty"},
	{"{body: {regex: {a: b}}}", "5:26: write one value here"},
	{"{body: {regex: \"\"}}", "the word or expression is empty"},
	{"{header: {words: [a]}}", "5:20: `name` is missing"},
	{"{header: {name: \"a b\"}}", "5:27: this is no name"},
	{"{header: {name: X-A, hits: 3}}", "5:32: `hits`: unknown key"},
	{"{personal-data: {in: body}}", "5:27: write `any` or `all`"},
	{"{personal-data: {in: subject, any: {card: 1}}}",
	 "5:32: `subject`: allowed are body, attachments, anywhere"},
	{"{personal-data: {any: {crad: 1}}}",
	 "5:34: `crad`: unknown key, did you mean `card`?"},
	{"{personal-data: {any: {}}}", "5:33: the condition is empty"},
	{"{personal-data: {any: [card]}}", "5:33: write {name: value} here"},
	{"{personal-data: {any: {card: \">= x\"}}}", "5:40: `>= x`: write"},
	{"{partner: {domain: known}}", "5:21: `register` is missing"},
	{"{partner: {register: partners}}",
	 "5:21: write domain, body or file-names"},
	{"{partner: {register: partnesr, domain: known}}",
	 "5:32: `partnesr`: no such list"},
	{"{partner: {register: words, domain: known}}",
	 "5:32: a register is a list as {file: "},
	{"{partner: {register: customers, domain: known}}",
	 "5:32: the list `customers` has no column `domain`"},
	{"{partner: {register: bad, domain: known}}",
	 "bad-partners.csv:3:1: `exa mple`: no domain"},
	{"{partner: {register: partners, domain: maybe}}",
	 "5:50: `maybe`: allowed are known, unknown"},
	{"{partner: {register: partners, body: [mach]}}",
	 "5:49: `mach`: allowed are match, absent, another; did you mean "
	 "`match`?"},
	{"{attachments: {type: {in: [pdf]}}}", "5:38: `pdf`: write a media "
					       "type"},
	{"{attachments: {type: {in: [\"*/*\"]}}}", "5:38: `*/*`: write a "
						   "media type"},
	{"{attachments: {type: {not-in: [a/b]}}}",
	 "5:33: `not-in`: unknown key"},
	{"{attachments: {name: {}}}", "5:32: `words` is missing"},
	{"{attachments: {encrypted: true}}",
	 "5:37: `true`: allowed are all, some, any, none"},
	{"{attachments: {macro: 1}}", "5:33: write true or false"},
	{"{attachments: {look-inside: true}}",
	 "5:25: `look-inside` and `inline` alone are no condition"},
	{"{attachments: {}}", "5:25: the condition is empty"},
};

START_TEST(errors)
{
	const char *text = try_errors(arena_printf(
		try_arena(),
		"sekisho: 1\nlists: {words: [a], customers: {file: "
		"data/temps.csv}, partners: {file: data/partners.csv}, "
		"bad: {file: data/bad-partners.csv}}\n"
		"rules:\n  - rule: r\n    when: %s\n    do: {hold: {}}\n",
		ERRORS[_i].when));

	ck_assert_msg(strstr(text, ERRORS[_i].en), "row %d: %s", _i, text);
}
END_TEST

static const char *many_words(size_t n, size_t length)
{
	AUTO(buf) b = BUF_MAX(16 * MIB);

	buf_puts(&b, HEAD "rules:\n  - rule: r\n    when: {body: {words: [");
	for (size_t i = 0; i < n; i++) {
		buf_printf(&b, "%sw%zu", i ? ", " : "", i);
		for (size_t k = 1; k < length; k++)
			buf_putc(&b, 'x');
	}
	buf_puts(&b, "]}}\n    do: {hold: {}}\n");
	return arena_strndup(try_arena(), b.p, b.n);
}

START_TEST(limits)
{
	const char *text;

	try_policy(many_words(QUESTION_TERMS_MAX, 0));
	ck_assert_uint_eq(policy_question(try_loaded())->term_n,
			  QUESTION_TERMS_MAX);
	text = try_errors(many_words(QUESTION_TERMS_MAX + 1, 0));
	ck_assert_ptr_nonnull(strstr(text, "t.yaml:5:"));
	ck_assert_ptr_nonnull(strstr(text, "too many words and expressions "
					   "(at most 20000 in all)"));
	try_policy(many_words(1, QUESTION_TERM_MAX - 1));
	text = try_errors(many_words(1, QUESTION_TERM_MAX));
	ck_assert_ptr_nonnull(strstr(text, "(1001 bytes, at most 1000)"));
}
END_TEST

/* A register too large to be asked about, as a file beside the policy. */
static void big_register(const char *path, size_t rows)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs("domain,company\n", f);
	for (size_t i = 0; i < rows; i++)
		fprintf(f, "d%zu.example,c%zu\n", i, i);
	fclose(f);
}

START_TEST(large_registers)
{
	char path[] = "/tmp/sekisho-register-XXXXXX";
	int fd = mkstemp(path);
	const char *yaml, *text;

	ck_assert_int_ge(fd, 0);
	close(fd);
	yaml = arena_printf(try_arena(),
			    HEAD "lists: {big: {file: %s}}\nrules:\n"
				 "  - rule: r\n    when: {partner: {register: "
				 "big, body: match}}\n    do: {hold: {}}\n",
			    path);
	big_register(path, QUESTION_COMPANIES_MAX);
	try_policy(yaml);
	ck_assert_uint_eq(policy_question(try_loaded())->company_n,
			  QUESTION_COMPANIES_MAX);
	big_register(path, QUESTION_COMPANIES_MAX + 1);
	text = try_errors(yaml);
	ck_assert_ptr_nonnull(strstr(text, "t.yaml:6:32: the registers name "
					   "too many companies (200001 with"));
	unlink(path);
}
END_TEST

Suite *test_question_suite(void)
{
	Suite *s = suite_create("question");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, try_begin, try_end);
	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, flags, 0, ARRAY_LEN(FLAGS));
	tcase_add_test(c, terms_are_pooled);
	tcase_add_test(c, the_same_question_every_time);
	tcase_add_test(c, terms_that_do_not_compile);
	tcase_add_loop_test(c, errors, 0, ARRAY_LEN(ERRORS));
	tcase_add_test(c, limits);
	tcase_add_test(c, large_registers);
	suite_add_tcase(s, c);
	return s;
}
