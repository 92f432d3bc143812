/* Names of companies of a register in a text. */
#include <check.h>
#include "connector/extract/company_int.h"
#include "tests/unit/connector/extract/asked.h"
#include "tests/unit/slow.h"

Suite *test_companies_suite(void);

#define BODY (1u << PLACE_BODY)

/* Indexes below are the order here. */
static const char *const names[] = {
	"株式会社パートナーエー", /* 0 */
	"有限会社パートナービー",
	"ビッグカスタマー株式会社",
	"株式会社パートナー",
	"㈱光",
	"有限会社アルファ商会", /* 5 */
	"株式会社アルファ商会",
	"Example Trading Co., Ltd.",
	"HP Inc.",
	"東京電算株式会社",
	"東京電算システム株式会社", /* 10 */
	"いろは",
	"税理士法人みどり",
	"髙島屋",
	"合同会社カフェ・ド・ミル",
	"株式会社", /* 15: nothing is left but the kind */
	"株式会社光",
};

static const struct row {
	const char *text;
	const char *found;
} rows[] = {
	{"株式会社パートナーエー 御中", "0"},
	{"㈱パートナーエー", "0"},
	{"（株）パートナーエー様", "0"},
	{"パートナーエー(株)", "0"},
	{"ﾊﾟｰﾄﾅｰｴｰ", "0"},
	{"株式会社 パートナーエー", "0"},
	{"パート\nナーエー", "0"},
	{"パー\u200bトナー\u00adエー", "0"},
	{"パートナーエーの山田です", "0"},
	{"パートナーエー パートナービー", "0 1"},
	{"パートナーエー、パートナービー", "0 1"},
	/* Within a longer word of katakana it is another name. */
	{"パートナーエージェント", ""},
	{"ニューパートナーエー", ""},
	{"パートナーシップ契約", ""},
	{"パートナーとして", "3"},
	{"ビッグカスタマー", "2"},
	/* The longest wins. */
	{"東京電算システム", "10"},
	{"東京電算御中", "9"},
	{"東京電算と東京電算システム", "9 10"},
	/* Short ones need their kind. */
	{"光と影、光通信、光", ""},
	{"株式会社光", "4 16"},
	{"㈱光 御中", "4 16"},
	{"光(株)", "4 16"},
	{"有限会社光", ""},
	/* Same but for the kind. */
	{"アルファ商会", "5 6"},
	{"有限会社アルファ商会", "5"},
	{"(有)アルファ商会", "5"},
	{"アルファ商会㈱", "6"},
	{"有限会社 アルファ商会", "5"},
	{"有限会社パートナーエー", ""},
	{"合同会社アルファ商会", ""},
	/* Kinds of the names around it. */
	{"アルファ商会 株式会社パートナーエー", "0 5 6"},
	{"東京電算株式会社 パートナービー", "1 9"},
	{"弊社は有限会社 アルファ商会です", "5"},
	/* Latin names are whole words. */
	{"EXAMPLE TRADING", "7"},
	{"Example Trading Co.,Ltd", "7"},
	{"Example Tradings", ""},
	{"example\ntrading", "7"},
	{"hp inc", "8"},
	{"HP, Inc.", "8"},
	{"HP printers", ""},
	{"php incorporated", ""},
	{"いろはにほへと", "11"},
	{"みどりの窓口", "12"},
	{"高島屋 髙島屋", "13"},
	{"カフェ・ド・ミル", "14"},
	{"株式会社", ""},
};

static void ask(struct asked *t, struct str *company)
{
	asked_start(t);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		company[i] = str_of(names[i]);
	t->q.company = company;
	t->q.company_n = ARRAY_LEN(names);
	t->q.company_places = BODY | 1u << PLACE_SUBJECT;
	asked_compile(t);
}

START_TEST(rows_are_found)
{
	struct str company[ARRAY_LEN(names)];
	AUTO(buf) found = BUF_MAX(1000);
	const struct findings *f;
	struct asked t;

	ask(&t, company);
	f = asked_body(&t, rows[_i].text, false);
	for (size_t i = 0; i < f->company_n; i++) {
		ck_assert_int_eq(f->company[i].place, PLACE_BODY);
		buf_printf(&found, "%s%u", i ? " " : "", f->company[i].company);
	}
	ck_assert_msg(str_is(buf_str(&found), rows[_i].found),
		      "'%s': '%s', not '%s'", rows[_i].text, buf_cstr(&found),
		      rows[_i].found);
	asked_stop(&t);
}
END_TEST

START_TEST(each_place_is_told)
{
	struct str company[ARRAY_LEN(names)];
	const struct findings *f;
	struct asked t;

	ask(&t, company);
	f = asked_mail(&t, "From: a@x.jp\nSubject: パートナーエー\n\n"
			   "パートナーエー パートナーエー\n");
	ck_assert_uint_eq(f->company_n, 2);
	ck_assert_int_eq(f->company[0].place, PLACE_SUBJECT);
	ck_assert_int_eq(f->company[1].place, PLACE_BODY);
	asked_stop(&t);
}
END_TEST

/* Over pieces of a text as a long one comes. */
START_TEST(windows_do_not_cut_names)
{
	struct str company[ARRAY_LEN(names)];
	const struct findings *f;
	struct asked t;

	ask(&t, company);
	for (size_t pad = 0; pad < 40; pad += CASES_APART(1)) {
		AUTO(buf) text = BUF_MAX(4 * MIB);

		for (size_t i = 0; i < FOLD_WINDOW - 20 + pad; i++)
			buf_puts(&text, "あ");
		buf_puts(&text, "東京電算システム。");
		for (size_t i = 0; i < FOLD_WINDOW; i++)
			buf_puts(&text, "あ");
		buf_puts(&text, "光㈱");
		f = asked_body(&t, buf_cstr(&text), false);
		ck_assert_uint_eq(f->company_n, 3);
		ck_assert_uint_eq(f->company[0].company, 4);
		ck_assert_uint_eq(f->company[1].company, 10);
	}
	asked_stop(&t);
}
END_TEST

START_TEST(a_register_of_many)
{
	enum { N = 20000 };
	struct str *company = NEW_ARRAY(struct str, N);
	const struct findings *f;
	struct asked t;

	asked_start(&t);
	for (unsigned i = 0; i < N; i++)
		company[i] = str_of(
			arena_printf(&t.h.a, "株式会社取引先%u号", i));
	t.q.company = company;
	t.q.company_n = N;
	t.q.company_places = BODY;
	asked_compile(&t);
	f = asked_body(&t, "取引先12345号、(株)取引先7号、取引先号", false);
	ck_assert_uint_eq(f->company_n, 2);
	ck_assert_uint_eq(f->company[0].company, 7);
	ck_assert_uint_eq(f->company[1].company, 12345);
	mem_free(company);
	asked_stop(&t);
}
END_TEST

Suite *test_companies_suite(void)
{
	Suite *s = suite_create("companies");
	TCase *c = tcase_create("all");

	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, rows_are_found, 0, ARRAY_LEN(rows));
	tcase_add_test(c, each_place_is_told);
	tcase_add_test(c, windows_do_not_cut_names);
	tcase_add_test(c, a_register_of_many);
	suite_add_tcase(s, c);
	return s;
}
