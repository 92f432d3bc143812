/* Personal names and persons: sets of true and of false ones. */
#include <check.h>
#include "connector/extract/name_int.h"
#include "tests/unit/connector/extract/asked.h"

Suite *test_names_suite(void);

struct row {
	const char *text;
	const char *names; /* joined by commas; "" none */
	bool html;
};

static const struct row named[] = {
	/* In full. */
	{"山田太郎", "山田太郎", 0},
	{"担当は鈴木花子です。", "鈴木花子", 0},
	{"山田 太郎", "山田太郎", 0},
	{"山田　太郎", "山田太郎", 0},
	{"山 田 太 郎", "山田太郎", 0},
	{"山　田　　太　郎", "山田太郎", 0},
	{"山田\u200b太\u00ad郎", "山田太郎", 0},
	{"<b>山田</b>太<i>郎</i>", "山田太郎", 1},
	{"佐藤健、近藤明、阿部真理、森彩", "佐藤健,近藤明,阿部真理,森彩", 0},
	{"伊藤真と加藤結衣", "伊藤真,加藤結衣", 0},
	{"髙橋花子、濵田一郎", "高橋花子,浜田一郎", 0},
	{"営業部 森 彩", "森彩", 0},
	{"小林蓮", "小林蓮", 0},
	/* Given names that the dictionary lacks or cuts. */
	{"担当は岩崎颯太です", "岩崎颯太", 0},
	{"清水 大翔(総務部)", "清水大翔", 0},
	{"吉田さくら様", "吉田さくら", 0},
	{"黒田朱莉より連絡", "黒田朱莉", 0},
	{"担当:黒田 柊斗", "黒田柊斗", 0},
	{"高橋陽翔さん", "高橋陽翔", 0},
	{"山口莉央様", "山口莉央", 0},
	{"山田太郎 <taro@example.jp>", "山田太郎", 0},
	{"山田,太郎,090-1234-5678", "山田太郎", 0},
	{"\"山田\",\"太郎\"", "山田太郎", 0},
	{"山田\t太郎\t東京都", "山田太郎", 0},
	{"ジョン・スミス様", "スミスジョン", 0},
	{"氏名：田中次郎", "田中次郎", 0},
	{"田中次郎(営業部)", "田中次郎", 0},
	{"東京支店 田中次郎", "田中次郎", 0},
	{"これはとても長い文章の行でありましてこの行の終わりに名前がある山田\n"
	 "太郎です。",
	 "山田太郎", 0},
	/* With an honorific or a title. */
	{"山田様", "山田", 0},
	{"山田 様", "山田", 0},
	{"お世話になっております。鈴木さん、", "鈴木", 0},
	{"佐藤部長と高橋課長", "佐藤,高橋", 0},
	{"田中先生", "田中", 0},
	{"佐藤氏は", "佐藤", 0},
	{"勅使河原様、五十嵐さん", "勅使河原,五十嵐", 0},
	{"李様 陳様", "李,陳", 0},
	{"福島さん、千葉様、長崎様", "福島,千葉,長崎", 0},
	{"スミス様", "スミス", 0},
	{"高木部長より", "高木", 0},
	{"髙橋様、栁田様、澤田様、渡邊様", "高橋,柳田,沢田,渡辺", 0},
	{"鈴木殿", "鈴木", 0},
	{"株式会社ABC 佐藤様", "佐藤", 0},
	/* In Latin letters. */
	{"Dear Mr. Taro Yamada,", "taroyamada", 0},
	{"Mr. Yamada will come", "yamada", 0},
	{"Dr. Smith", "smith", 0},
	{"yamada-san", "yamada", 0},
	{"Taro Yamada様", "taroyamada", 0},
	{"Taro Yamada <taro.yamada@example.jp>", "taroyamada", 0},
	{"Taro Yamada <t-yamada@example.jp>", "taroyamada", 0},
	{"\"Hanako Suzuki\" <suzuki.h@example.jp>", "hanakosuzuki", 0},
};

static const struct row unnamed[] = {
	/* Companies. */
	{"株式会社佐藤様", "", 0},
	{"(株)鈴木 御中", "", 0},
	{"佐藤製作所様", "", 0},
	{"田中商事の件", "", 0},
	{"山田太郎商店", "", 0},
	{"山田太郎株式会社", "", 0},
	{"山田法律事務所様", "", 0},
	{"大塚製薬、武田薬品、本田技研工業", "", 0},
	{"日本電気硝子株式会社と三菱電機", "", 0},
	{"大和証券様、富士通様、伊藤園様", "", 0},
	{"東京電力様、京都銀行様、千葉興業様", "", 0},
	{"鈴木自動車工業、川崎重工業", "", 0},
	{"高島屋、松屋、三越", "", 0},
	{"佐藤組様 中村屋様", "", 0},
	/* Places. */
	{"富士山に登る", "", 0},
	{"松本市、長野県、福島市役所", "", 0},
	{"東京都千代田区永田町", "", 0},
	{"千葉大学様、福岡空港様", "", 0},
	{"大阪支社長、長野支店長", "", 0},
	{"山口県の観光", "", 0},
	{"秋田新幹線、山形新幹線", "", 0},
	{"横浜市の件、川崎市の件", "", 0},
	/* Other words. */
	{"お客様各位、皆様、神様、仕様、様式、同様", "", 0},
	{"ユーザー様、オーナー様、スタッフさん", "", 0},
	{"林檎を買う。森林を守る。原因は何か。関心がある", "", 0},
	{"営業部長、経理課長、代表取締役", "", 0},
	{"契約書の内容をご確認ください", "", 0},
	{"本件につき、明日までにご返答をお願いいたします", "", 0},
	{"第三者、平成二十年、一郎二郎", "", 0},
	{"田中様式の書類", "", 0},
	{"Sales Team <sales-team@example.jp>", "", 0},
	{"Microsoft Word 様式", "", 0},
	{"Amazon Japan様、Google様", "", 0},
	{"MS Word, MS Office, Dr Office", "", 0},
	{"Best regards <info@example.jp>", "", 0},
	{"the hyphen-ated well-known", "", 0},
};

static void check_row(struct asked *t, const struct row *row)
{
	AUTO(buf) found = BUF_MAX(4 * KIB);
	AUTO(fold) f = {0};
	struct namer *n = namer_new(&t->h.e);
	struct detect_set s;
	struct detect d = {.f = &f, .wanted = 1u << DETECT_NAME, .set = &s};

	ck_assert_msg(n, "%s", t->h.e.text);
	detect_set_init(&s);
	fold_read(&f, str_of(row->text), row->html);
	detect_name(&d, n);
	VEC_EACH (hit, &s.hits) {
		if (found.n)
			buf_putc(&found, ',');
		for (size_t i = 0; i < hit->value.n; i++)
			if (hit->value.p[i] != '\t')
				buf_putc(&found, hit->value.p[i]);
	}
	ck_assert_msg(str_is(buf_str(&found), row->names),
		      "'%s': '%s', not '%s'", row->text, buf_cstr(&found),
		      row->names);
	detect_set_release(&s);
	namer_free(&n);
}

START_TEST(true_ones)
{
	struct asked t;

	asked_start(&t);
	check_row(&t, &named[_i]);
	asked_stop(&t);
}
END_TEST

/* Who is whom. */
START_TEST(persons_are_counted)
{
	static const struct {
		const char *text;
		unsigned names, people;
	} sets[] = {
		{"山田太郎様、山田太郎", 1, 1},
		{"山田太郎様、山田様", 2, 1},
		{"山田様、山田太郎です", 2, 1},
		{"山田様、山田さん", 1, 1},
		{"山田太郎、山田花子、山田様", 3, 2},
		{"山田太郎、山田花子、鈴木様", 3, 3},
		{"高橋花子 髙橋花子", 1, 1},
		{"Taro Yamada様、Yamada Taro様", 1, 1},
		{"田中商事 富士山", 0, 0},
	};
	const struct findings *f;
	struct asked t;

	asked_start(&t);
	t.q.detectors = 1u << DETECT_NAME;
	asked_compile(&t);
	for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
		f = asked_body(&t, sets[i].text, false);
		ck_assert_msg(f->people[SCOPE_BODY] == sets[i].people &&
				      f->unique[SCOPE_BODY][DETECT_NAME] ==
					      sets[i].names,
			      "%s: %u names, %u persons", sets[i].text,
			      f->unique[SCOPE_BODY][DETECT_NAME],
			      f->people[SCOPE_BODY]);
		ck_assert_uint_eq(f->people[SCOPE_ANYWHERE],
				  f->people[SCOPE_BODY]);
		ck_assert_uint_eq(f->people[SCOPE_ATTACHMENTS], 0);
		ck_assert_uint_eq(f->sample_n, sets[i].names);
	}
	/* In a subject, too. */
	f = asked_mail(&t, "From: a@x.jp\nSubject: 鈴木様\n\n鈴木一郎\n");
	ck_assert_uint_eq(f->people[SCOPE_ANYWHERE], 1);
	ck_assert_str_eq(f->sample[0].text.p, "鈴***");
	asked_stop(&t);
}
END_TEST

START_TEST(false_ones)
{
	struct asked t;

	asked_start(&t);
	check_row(&t, &unnamed[_i]);
	asked_stop(&t);
}
END_TEST

Suite *test_names_suite(void)
{
	Suite *s = suite_create("names");
	TCase *c = tcase_create("all");

	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, true_ones, 0, ARRAY_LEN(named));
	tcase_add_loop_test(c, false_ones, 0, ARRAY_LEN(unnamed));
	tcase_add_test(c, persons_are_counted);
	suite_add_tcase(s, c);
	return s;
}
