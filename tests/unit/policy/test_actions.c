/* What actions say, and what they must not. */
#include "tests/unit/policy/try.h"

Suite *test_actions_suite(void);

#define HEAD                                                                   \
	"sekisho: 1\n"                                                         \
	"lists:\n"                                                             \
	"  ways: {file: data/ways.csv}\n"                                      \
	"  hints: {file: data/hints.csv}\n"                                    \
	"  inline: [a@x.jp]\n"                                                 \
	"calendars: {office: {open: {mon-fri: \"09:30-19:00\"}}}\n"            \
	"texts: {nda: {ja: 守秘, en: NDA}}\n"

static const struct {
	const char *act, *told; /* NULL: it is taken */
} ROWS[] = {
	/* approve */
	{"approve: {by: manager}", NULL},
	{"approve: {by: [manager, a@x.jp], need: 2, self: true, within: 2h, "
	 "remind: 1h, then: escalate, if-none: pass}",
	 NULL},
	{"approve: {by: anyone-internal, need: 3}", NULL},
	{"approve: {by: manager, if-none: hold}", NULL},
	{"approve: {by: manager, if-none: [a@x.jp, b@x.jp]}", NULL},
	{"approve: {need: 1}", "`by` is missing"},
	{"approve: {by: sender}", "does not approve his own mail"},
	{"approve: {by: sender, self: true}", NULL},
	{"approve: {by: manager, need: 2}", "there are 1 approvers"},
	{"approve: {by: [a@x.jp], need: 0}", "write a number from 1 to 20"},
	{"approve: {by: [\"*@x.jp\"]}", "cannot be written to"},
	{"approve: {by: manager, then: wait}", "allowed are send, discard"},
	{"approve: {by: manager, within: 2h, remind: 3h}", "must be shorter"},
	{"approve: {by: manager, within: 3 business days}",
	 "need `defaults: {calendar"},
	{"approve: {by: nobody-known}", "allowed are sender, manager"},
	{"approve: {by: manager, whitin: 2h}", "did you mean `within`"},
	/* schedule */
	{"schedule: {next-opening: office}", NULL},
	{"schedule: {next-opening: office, urgent: {approve: {by: a@x.jp}}}",
	 NULL},
	{"schedule: {}", "`next-opening` is missing"},
	{"schedule: {next-opening: ofice}", "did you mean `office`"},
	{"schedule: {next-opening: office, urgent: {approve: {}}}",
	 "`by` is missing"},
	/* attachments */
	{"attachments: {way: attach}", NULL},
	{"attachments: {way: zip, bundle: each, cipher: zipcrypto, names: "
	 "cp932, encrypted: again}",
	 NULL},
	{"attachments: {way: link, keep: 3d, downloads: 5, place: tail}", NULL},
	{"attachments: {way: by-tls, at-least: dane, then: zip, else: link}",
	 NULL},
	{"attachments: {way: {from: ways}, else: link, at-least: dane}", NULL},
	{"attachments: {keep: 3d}", "`way` is missing"},
	{"attachments: {way: post}", "allowed are attach, zip, link, by-tls"},
	{"attachments: {way: {from: inline}}", "has no columns"},
	{"attachments: {way: {from: hints}}", "has no column `way`"},
	{"attachments: {way: {from: nobody}}", "no such list"},
	{"attachments: {way: zip, at-least: dane}", "belongs to `way: by-tls`"},
	{"attachments: {way: zip, else: link}", "`else` belongs to"},
	{"attachments: {way: by-tls, then: by-tls}", "allowed are attach"},
	{"attachments: {way: link, keep: 5m}", "out of bounds"},
	{"attachments: {way: link, downloads: 0}", "from 1 to 10000"},
	/* password */
	{"attachments: {way: zip}, password: {length: 12, classes: [upper, "
	 "digit], to: recipient, after: 0s}",
	 NULL},
	{"attachments: {way: {from: ways}}, password: {make: registered, "
	 "from: ways, else: none}",
	 NULL},
	{"attachments: {way: link}, password: {make: registered, from: "
	 "hints, tell: hint}",
	 NULL},
	{"attachments: {way: link}, password: {proof: mailed-code}", NULL},
	{"password: {make: random}", "`password` needs `attachments`"},
	{"attachments: {way: link}, password: {make: random, tell: hint}",
	 "not for random ones"},
	{"attachments: {way: link}, password: {tell: hint}",
	 "not for random ones"},
	{"attachments: {way: link}, password: {make: registered}",
	 "needs `from: LIST`"},
	{"attachments: {way: link}, password: {from: hints}",
	 "belongs to `make: registered`"},
	{"attachments: {way: zip}, password: {proof: mailed-code}",
	 "is for download pages"},
	{"attachments: {way: zip}, password: {length: 4}", "from 8 to 64"},
	{"attachments: {way: zip}, password: {else: registered}",
	 "allowed are random, none"},
	/* insert, header, S/MIME */
	{"insert: {text: nda, at: tail}", NULL},
	{"insert: [{text: nda}, {text: {ja: a, en: b}, at: tail}]", NULL},
	{"insert: {text: {from: ways}}", NULL},
	{"insert: {at: head}", "`text` is missing"},
	{"insert: {text: nad}", "did you mean `nda`"},
	{"insert: []", "write 1 to 16"},
	{"insert: {text: {from: hints}}", "has no column `text`"},
	{"header: {stamp: both}", NULL},
	{"header: {stamp: all}", "allowed are header, text, both"},
	{"sign: smime, encrypt: smime", NULL},
	{"sign: pgp", "allowed are smime"},
	{"encrypt: true", "allowed are smime"},
};

static const char *policy_with(const char *act)
{
	return arena_printf(try_arena(),
			    HEAD "rules:\n  - rule: r\n    do: {%s}\n", act);
}

START_TEST(taken_or_told)
{
	const char *text = policy_with(ROWS[_i].act);

	if (ROWS[_i].told)
		ck_assert_msg(strstr(try_errors(text), ROWS[_i].told), "%s: %s",
			      ROWS[_i].act, try_errors(text));
	else
		try_policy(text);
}
END_TEST

START_TEST(sending_without_consent_is_warned_about)
{
	try_policy(policy_with("approve: {by: manager, then: send}"));
	ck_assert_ptr_nonnull(
		strstr(try_warnings(), "leaves even if nobody approves"));
}
END_TEST

START_TEST(defaults_of_all)
{
	static const char text[] = HEAD
		"defaults:\n"
		"  approve: {by: manager, within: 2h, then: discard}\n"
		"  attachments: {keep: 1d, downloads: 2}\n"
		"  password: {length: 20, after: 1m}\n"
		"  calendar: office\n"
		"rules:\n"
		"  - rule: a\n    do: {approve: {}, attachments: {way: "
		"link}}\n";
	const struct plan *p;

	try_policy(text);
	p = TRY_MAIL(.to = "a@x.example", .files = "a.pdf");
	ck_assert_str_eq(gates_of(p, 0), "approve:7200:discard:0@7200");
	ck_assert_int_eq(p->rcpt[0].ways.keep_us, US_PER_DAY);
	ck_assert_uint_eq(p->rcpt[0].ways.downloads, 2);
	ck_assert_uint_eq(p->rcpt[0].password.length, 20);
	ck_assert_int_eq(p->rcpt[0].password.after_us, US_PER_MIN);
}
END_TEST

START_TEST(defaults_that_make_no_sense)
{
	static const char *const rows[][2] = {
		{"attachments: {way: zip}", "`way` belongs to rules"},
		{"password: {tell: hint}", "not for random ones"},
		{"approve: {need: 99}", "from 1 to 20"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *told = try_errors(arena_printf(
			try_arena(), HEAD "defaults: {%s}\n", rows[i][0]));

		ck_assert_msg(strstr(told, rows[i][1]), "%s", told);
	}
}
END_TEST

/* Passwords never stand in a list file, and are not repeated. */
START_TEST(a_password_in_a_list)
{
	const char *told;

	told = try_errors(
		"sekisho: 1\nlists: {bad: {file: data/bad-ways.csv}}\n"
		"rules:\n  - rule: r\n"
		"    do: {attachments: {way: {from: bad}}}\n");
	ck_assert_ptr_nonnull(strstr(told, "bad-ways.csv:2:1: `secret` names"));
	ck_assert_ptr_null(strstr(told, "pass word!"));
	ck_assert_ptr_nonnull(strstr(told, "bad-ways.csv:3:1: `fax`"));
	ck_assert_ptr_nonnull(strstr(told, "bad-ways.csv:4:1: `no address`"));
	ck_assert_ptr_nonnull(strstr(told, "bad-ways.csv:6:1: `C@X.jp`"));
	ck_assert_ptr_nonnull(strstr(told, "it is given twice"));
}
END_TEST

START_TEST(what_is_not_built)
{
	static const struct {
		const char *act;
		unsigned bits;
	} rows[] = {
		{"hold: {for: 5m}", 0},
		{"attachments: {way: attach}", 0},
		{"attachments: {way: zip}", UNBUILT_ZIP},
		{"attachments: {way: by-tls}", UNBUILT_BY_TLS | UNBUILT_LINK},
		{"sign: smime, encrypt: smime", UNBUILT_SIGN | UNBUILT_ENCRYPT},
		{"approve: {by: manager}", UNBUILT_APPROVAL},
		{"schedule: {next-opening: office}", 0},
		{"header: {stamp: header}", 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		ck_assert_uint_eq(
			policy_unbuilt(try_policy(policy_with(rows[i].act))),
			rows[i].bits);
}
END_TEST

Suite *test_actions_suite(void)
{
	Suite *s = suite_create("actions");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, try_begin, try_end);
	tcase_add_loop_test(c, taken_or_told, 0, ARRAY_LEN(ROWS));
	tcase_add_test(c, sending_without_consent_is_warned_about);
	tcase_add_test(c, defaults_of_all);
	tcase_add_test(c, defaults_that_make_no_sense);
	tcase_add_test(c, a_password_in_a_list);
	tcase_add_test(c, what_is_not_built);
	suite_add_tcase(s, c);
	return s;
}
