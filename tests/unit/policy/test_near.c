/* A slip in any word of the language is told with its place, and with the word
 * that was meant.
 */
#include "tests/unit/policy/try.h"

#include <stdio.h>

#include "connector/base/mem.h"
#include "policy/policy_int.h"

Suite *test_near_suite(void);

#define HEAD  "sekisho: 1\n"
#define SHORT 4 /* up to here a slip may be near another word, too */

/* Two neighbours swapped, or one letter left out. */
static const char *miss(struct str word, bool swap)
{
	char *s = arena_strndup(try_arena(), word.p, word.n);
	size_t at = 1;

	while (at + 1 < word.n && s[at] == s[at + 1])
		at++;
	if (at + 1 >= word.n)
		at = 0;
	if (swap) {
		char c = s[at];

		s[at] = s[at + 1];
		s[at + 1] = c;
	} else {
		memmove(s + at + 1, s + at + 2, word.n - at - 1);
	}
	return s;
}

static unsigned untold;

static void expect(const char *yaml, struct str word, const char *slip)
{
	struct str errors, line;
	struct str want = str_of(
		word.n > SHORT ? arena_printf(try_arena(),
					      "did you mean `" STR_FMT "`?",
					      STR_ARG(word))
			       : "did you mean `");
	const char *found = arena_printf(try_arena(), "`%s`", slip);

	if (str_is(word, slip)) /* cc */
		return;
	errors = str_of(try_errors(yaml));
	while (str_split(&errors, '\n', &line))
		if (str_starts(line, STR("t.yaml:")) &&
		    str_find(line, str_of(found)) >= 0 &&
		    str_find(line, want) >= 0)
			return;
	errors = str_of(try_errors(yaml));
	untold++;
	fprintf(stderr, "%s\n  " STR_FMT "\n", yaml, STR_ARG(errors));
}

/* "a.b.c" as "{a: {b: {SLIP: x}}}". */
static const char *nested(struct str path, const char *slip)
{
	AUTO(buf) b = BUF_MAX(4 * KIB);
	struct str part;
	size_t depth = 1;

	while (str_chr(path, '.') >= 0 && str_split(&path, '.', &part)) {
		buf_printf(&b, "{" STR_FMT ": ", STR_ARG(part));
		depth++;
	}
	buf_printf(&b, "{%s: x", slip);
	while (depth--)
		buf_putc(&b, '}');
	return arena_strndup(try_arena(), b.p, b.n);
}

static const struct {
	const char *kind, *yaml;
} KEYS[] = {
	{"section", HEAD "%s: x\n"},
	{"condition",
	 HEAD "rules: [{rule: r, when: %s, do: {hold: {for: 5m}}}]\n"},
	{"rule", HEAD "rules: [{rule: r, %s: x, do: {hold: {for: 5m}}}]\n"},
	{"action", HEAD "rules: [{rule: r, do: %s}]\n"},
	{"default", HEAD "defaults: %s\n"},
	{"doubt", HEAD "doubt: %s\n"},
	{"class", HEAD "classes: {signed: %s}\n"},
};

static void one_key(struct str kind, struct str path, bool swap)
{
	struct str word = str_skip(path, (size_t)(str_rchr(path, '.') + 1));
	const char *slip = miss(word, swap);

	for (size_t i = 0; i < ARRAY_LEN(KEYS); i++) {
		bool bare = str_is(kind, "section") || str_is(kind, "rule");
		AUTO(buf) yaml = BUF_MAX(8 * KIB);
		struct str form = str_of(KEYS[i].yaml);
		ptrdiff_t at = str_find(form, STR("%s"));

		if (!str_is(kind, KEYS[i].kind))
			continue;
		buf_put_str(&yaml, str_head(form, (size_t)at));
		buf_puts(&yaml, bare ? slip : nested(path, slip));
		buf_put_str(&yaml, str_skip(form, (size_t)at + 2));
		expect(buf_cstr(&yaml), word, slip);
		return;
	}
	ck_abort_msg(STR_FMT ": where does this stand?", STR_ARG(kind));
}

START_TEST(every_key)
{
	AUTO(buf) list = BUF_MAX(MIB);
	struct str words, line;

	untold = 0;
	policy_words(&list);
	words = buf_str(&list);
	while (str_split(&words, '\n', &line) && line.n) {
		struct str kind, word;

		ck_assert(str_split(&line, '\t', &kind));
		ck_assert(str_split(&line, '\t', &word));
		one_key(kind, word, true);
		if (word.n > SHORT + 1)
			one_key(kind, word, false);
	}
	ck_assert_uint_eq(untold, 0);
}
END_TEST

/* ---- values ---- */

#define WHEN(before, after)                                                    \
	HEAD "lists: {l: [a.example], p: {file: "                              \
	     "data/partners.csv, columns: {domain: domain, "                   \
	     "company: company}}}\nrules: [{rule: r, when: " before "%s" after \
	     ", do: {hold: {for: 5m}}}]\n"
#define DO(before, after)                                                      \
	HEAD "lists: {l: [a.example]}\nrules: [{rule: r, do: {" before         \
	     "%s" after "}}]\n"
#define WHO   "sender manager superior anyone-internal"
#define GRADE "none opportunistic valid-certificate mta-sts dane"
#define DOUBT "pass rules confirm approve hold"

static const struct {
	const char *yaml, *words;
} VALUES[] = {
	{WHEN("{sender: {kind: ", "}}"), "person shared system"},
	{WHEN("{recipient: {class: ", "}}"), "internal affiliated external"},
	{WHEN("{recipient: {class: [", "]}}"), "internal affiliated external"},
	{WHEN("{recipient: {first-time: ", "}}"), "sender team company"},
	{WHEN("{recipient: {in: ", "}}"), "free-mail carrier"},
	{WHEN("{to: {count: \"= 1\", of: ", "}}"),
	 "external internal affiliated any"},
	{WHEN("{to: {has: ", "}}"), WHO},
	{WHEN("{cc: {has: [", "]}}"), WHO},
	{WHEN("{to-cc: {only: ", "}}"), WHO},
	{WHEN("{attachments: {encrypted: ", "}}"), "all some any none"},
	{WHEN("{personal-data: {in: ", ", any: {card: \"> 0\"}}}"),
	 "body attachments anywhere"},
	{WHEN("{personal-data: {any: {", ": \"> 0\"}}}"),
	 "card sixteen-digits my-number phone postal-address person-name "
	 "mail-address bank-account passport licence iban people"},
	{WHEN("{personal-data: {all: {", ": \"> 0\"}}}"),
	 "sixteen-digits postal-address people"},
	{WHEN("{partner: {register: p, domain: ", "}}"), "known unknown"},
	{WHEN("{partner: {register: p, body: ", "}}"), "match absent another"},
	{WHEN("{partner: {register: p, file-names: ", "}}"),
	 "match absent another"},
	{WHEN("{tls: {grade: \"", "\"}}"), GRADE},
	{WHEN("{tls: {grade: \"< ", "\"}}"), GRADE},
	{WHEN("{message: {class: ", "}}"),
	 "plain calendar receipt auto-reply dsn signed encrypted "
	 "rights-managed tnef bulk journal"},
	{WHEN("{inspection: {result: ", "}}"), "complete partial none"},
	{WHEN("{inspection: {reason: ", "}}"),
	 "picture encrypted unknown-type too-large damaged ambiguous limit "
	 "failed"},
	{WHEN("{time: {during: {from: \"09:00\", to: \"10:00\", days: ", "}}}"),
	 "mon tue wed thu fri sat sun daily"},
	{WHEN("{time: {during: {from: \"09:00\", to: \"10:00\", timezone: ",
	      "}}}"),
	 "Asia/Tokyo Europe/London"},
	{WHEN("{attachments: {extension: {", ": [exe]}}}"), "not-in"},
	/* actions */
	{DO("hold: {for: 5m, then: ", "}"), "send discard return wait"},
	{DO("hold: {for: 5m, user: {for: 0m..5m, then: ", "}}"),
	 "send discard return wait"},
	{DO("approve: {by: ", "}"), WHO},
	{DO("approve: {by: [", "]}"), WHO},
	{DO("approve: {by: manager, then: ", "}"),
	 "return send discard escalate"},
	{DO("approve: {by: manager, if-none: ", "}"), "hold pass superior"},
	{DO("bcc: {hide: ", "}"), "external internal all"},
	{DO("refuse: {only: ", "}"), "these-recipients"},
	{DO("refuse: {tell: ", "}"), "sender nobody"},
	{DO("attachments: {way: ", "}"), "attach zip link by-tls"},
	{DO("attachments: {way: by-tls, at-least: ", "}"), GRADE},
	{DO("attachments: {way: by-tls, then: ", "}"), "attach zip link"},
	{DO("attachments: {way: by-tls, else: ", "}"), "attach zip link"},
	{DO("attachments: {way: zip, encrypted: ", "}"), "pass again"},
	{DO("attachments: {way: zip, bundle: ", "}"), "one each"},
	{DO("attachments: {way: zip, cipher: ", "}"), "aes256 zipcrypto"},
	{DO("attachments: {way: zip, names: ", "}"), "utf8 cp932"},
	{DO("attachments: {way: link, place: ", "}"), "head tail"},
	{DO("attachments: {way: zip}, password: {make: ", "}"),
	 "random registered none"},
	{DO("attachments: {way: zip}, password: {classes: [", "]}"),
	 "upper lower digit symbol"},
	{DO("attachments: {way: zip}, password: {tell: ", "}"),
	 "password hint"},
	{DO("attachments: {way: zip}, password: {to: [", "]}"),
	 "recipient sender"},
	{DO("attachments: {way: link}, password: {proof: ", "}"),
	 "password mailed-code"},
	{DO("insert: {text: {ja: a, en: a}, at: ", "}"), "head tail"},
	{DO("header: {stamp: ", "}"), "header text both"},
	{DO("sign: ", ""), "smime"},
	{DO("encrypt: ", ""), "smime"},
	{DO("copy: {to: ", "}"), WHO},
	{DO("copy: {to: manager, when: ", "}"), "accepted released refused"},
	{DO("notify: {text: {ja: a, en: a}, who: [", "]}"), WHO},
	{DO("schedule: {next-opening: o, urgent: {approve: {by: ", "}}}"), WHO},
	/* elsewhere */
	{HEAD "rules: [{rule: r, mode: %s, do: {hold: {for: 5m}}}]\n",
	 "enforce shadow off"},
	{HEAD "doubt: {picture: %s}\n", DOUBT},
	{HEAD "doubt: {failed: %s}\n", "approve hold"},
	{HEAD "classes: {signed: {gates: %s}}\n",
	 "all none hold approve delay schedule refuse"},
	{HEAD "classes: {signed: {gates: [%s]}}\n",
	 "hold approve delay schedule refuse"},
	{HEAD "classes: {signed: {edits: %s}}\n", "none add-header header all"},
	{HEAD "classes: {%s: {edits: none}}\n",
	 "calendar receipt auto-reply signed encrypted rights-managed bulk"},
	{HEAD "domains: {%s: [a.example]}\n", "internal affiliated external"},
	{HEAD "lists: {f: {shipped: %s}}\n", "free-mail carrier"},
	{HEAD "lists: {f: {shipped: free-mail, %s: [a.example]}}\n", "also"},
	{HEAD "lists: {f: {file: data/partners.csv, "
	      "encoding: %s}}\n",
	 "auto utf-8 cp932"},
	{HEAD "lists: {f: {file: data/partners.csv, %s: "
	      "x}}\n",
	 "column columns encoding also"},
	{HEAD "lists: {f: {file: data/partners.csv, "
	      "column: %s}}\n",
	 "domain company"},
	{HEAD "people: {f: {%s: x}}\n", "group file where"},
	{HEAD "people: {f: {where: {%s: x}}}\n",
	 "employment manager groups joined"},
	{HEAD "calendars: {o: {timezone: Asia/Tokyo, open: {%s: "
	      "\"09:00-10:00\"}}}\n",
	 "mon tue wed thu fri sat sun daily"},
	{HEAD "calendars: {o: {%s: x}}\n", "timezone open closed"},
	{HEAD "calendars: {o: {open: {mon: \"09:00-10:00\"}, closed: %s}}\n",
	 "japan"},
	{HEAD "texts: {t: {ja: a, %s: a}}\n", "en"},
};

START_TEST(every_value)
{
	struct str words = str_of(VALUES[_i].words), word;
	struct str form = str_of(VALUES[_i].yaml);
	ptrdiff_t at = str_find(form, STR("%s"));

	untold = 0;
	while (str_split(&words, ' ', &word)) {
		const char *slip = miss(word, true);
		AUTO(buf) yaml = BUF_MAX(8 * KIB);

		buf_put_str(&yaml, str_head(form, (size_t)at));
		buf_puts(&yaml, slip);
		buf_put_str(&yaml, str_skip(form, (size_t)at + 2));
		expect(buf_cstr(&yaml), word, slip);
	}
	ck_assert_uint_eq(untold, 0);
}
END_TEST

/* Nothing is near it: what is allowed is told all the same. */
START_TEST(far_from_all)
{
	struct str form = str_of(VALUES[_i].yaml), errors;
	ptrdiff_t at = str_find(form, STR("%s"));
	AUTO(buf) yaml = BUF_MAX(8 * KIB);

	buf_put_str(&yaml, str_head(form, (size_t)at));
	buf_puts(&yaml, "wxqjkvz");
	buf_put_str(&yaml, str_skip(form, (size_t)at + 2));
	errors = str_of(try_errors(buf_cstr(&yaml)));
	ck_assert(str_find(errors, STR("did you mean")) < 0);
	ck_assert_msg(str_find(errors, STR("allowed are")) >= 0 ||
			      str_find(errors, STR("known here")) >= 0 ||
			      str_find(errors, STR("write")) >= 0 ||
			      str_find(errors, STR("no such list")) >= 0 ||
			      str_find(errors, STR("column")) >= 0,
		      "%s" STR_FMT, buf_cstr(&yaml), STR_ARG(errors));
}
END_TEST

Suite *test_near_suite(void)
{
	Suite *s = suite_create("near");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, try_begin, try_end);
	tcase_add_test(t, every_key);
	tcase_add_loop_test(t, every_value, 0, ARRAY_LEN(VALUES));
	tcase_add_loop_test(t, far_from_all, 0, ARRAY_LEN(VALUES));
	suite_add_tcase(s, t);
	return s;
}
