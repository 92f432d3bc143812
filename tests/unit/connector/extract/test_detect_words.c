/* Phone numbers, mail addresses, IBANs, and numbers known by the words beside
 * them. */
#include "tests/unit/connector/extract/detect_table.h"
#include "tests/unit/slow.h"

Suite *test_detect_words_suite(void);

static const struct detect_row phones[] = {
	{"03-1234-5678", "0312345678", 0},
	{"TEL:03-1234-5678", "0312345678", 0},
	{"https://shop.example/item/0312345678?id=09012345678", "", 0},
	{"https://shop.example/?tel=0312345678", "0312345678", 0},
	{"https://shop.example/ 0312345678", "0312345678", 0},
	{"https://shop.example/03-1234-5678", "0312345678", 0},
	{"TEL03-1234-5678 FAX03-1234-5679", "0312345678,0312345679", 0},
	{"℡03-1234-5678", "0312345678", 0},
	{"03(1234)5678", "0312345678", 0},
	{"(03)1234-5678", "0312345678", 0},
	{"(03) 1234-5678", "0312345678", 0},
	{"（０３）１２３４－５６７８", "0312345678", 0},
	{"０３－１２３４－５６７８", "0312345678", 0},
	{"０３ー１２３４ー５６７８", "0312345678", 0},
	{"03−1234−5678", "0312345678", 0},
	{"0312345678", "0312345678", 0},
	{"03 1234 5678", "0312345678", 0},
	{"03.1234.5678", "0312345678", 0},
	{"06-6123-4567", "0661234567", 0},
	{"045-123-4567", "0451234567", 0},
	{"0466-12-3456", "0466123456", 0},
	{"04-2912-3456", "0429123456", 0},
	{"04992-2-1234", "0499221234", 0},
	{"011-234-5678", "0112345678", 0},
	{"098-876-5432", "0988765432", 0},
	{"090-1234-5678", "09012345678", 0},
	{"08012345678", "08012345678", 0},
	{"070-1234-5678", "07012345678", 0},
	{"060-1234-5678", "06012345678", 0},
	{"090 1234 5678", "09012345678", 0},
	{"090-12345678", "09012345678", 0},
	{"0901234-5678", "09012345678", 0},
	{"携帯：０９０１２３４５６７８", "09012345678", 0},
	{"050-1234-5678", "05012345678", 0},
	{"0120-123-456", "0120123456", 0},
	{"0120-12-3456", "0120123456", 0},
	{"0800-123-4567", "08001234567", 0},
	{"0570-012-345", "0570012345", 0},
	{"+81-3-1234-5678", "0312345678", 0},
	{"+81 90 1234 5678", "09012345678", 0},
	{"+819012345678", "09012345678", 0},
	{"+81 (0)3-1234-5678", "0312345678", 0},
	{"+81(0)90-1234-5678", "09012345678", 0},
	{"＋８１－３－１２３４－５６７８", "0312345678", 0},
	{"tel:+81-3-1234-5678", "0312345678", 0},
	{"03-1234-5678、+81-3-1234-5678", "0312345678", 0},
	{"03-1234-5678/090-1234-5678", "0312345678,09012345678", 0},
	{"03-1234-5678(内線123)", "0312345678", 0},
	{"090-1234-\n5678", "09012345678", 0},
	{"09012\n345678", "09012345678", 0},
	{"0 9 0 1 2 3 4 5 6 7 8", "09012345678", 0},
	{"090\u200b-1234\u00ad-5678", "09012345678", 0},
	{"090<b>-1234</b>-5678", "09012345678", 1},
	{"03-<span>1234</span>&#45;5678", "0312345678", 1},
	{"03-1234-5678\n03-1234-5679\n03-1234-5678", "0312345678,0312345679",
	 0},
	/* Look-alikes. */
	{"2026-11-22", "", 0},
	{"01-2345-6789", "", 0},
	{"03-1234-567", "", 0},
	{"03-1234-56789", "", 0},
	{"03-123-45678", "", 0},
	{"0000-00-0000", "", 0},
	{"00-0000-0000", "", 0},
	{"090-0000-0000", "", 0},
	{"03-0000-0000", "", 0},
	{"0101234567", "", 0},
	{"0201234567", "", 0},
	{"0301-23-4567-8", "", 0},
	{"1-03-1234-5678", "", 0},
	{"03-1234-5678-9", "", 0},
	{"A03-1234-5678", "", 0},
	{"090-1234-5678X", "", 0},
	{"1234567890", "", 0},
	{"12345678901", "", 0},
	{"+1-202-555-0123", "", 0},
	{"+82-3-1234-5678", "", 0},
	{"81-3-1234-5678", "", 0},
	{"192.168.10.11", "", 0},
	{"030-1234-5678", "", 0},
	{"0.3123456789", "", 0},
	{"012-3456", "", 0},
	{"0127-12-3456", "", 0},
	{"12:03:12 345678", "", 0},
};

static const struct detect_row mails[] = {
	{"taro@example.co.jp", "taro@example.co.jp", 0},
	{"Taro@Example.CO.JP taro@example.co.jp", "taro@example.co.jp", 0},
	{"ｔａｒｏ＠ｅｘａｍｐｌｅ．ｃｏ．ｊｐ", "taro@example.co.jp", 0},
	{"連絡先はtaro@example.co.jpまで", "taro@example.co.jp", 0},
	{"<taro@example.co.jp>", "taro@example.co.jp", 0},
	{"山田太郎 <taro.y+a@example.jp>, hana@example.jp。",
	 "taro.y+a@example.jp,hana@example.jp", 0},
	{"mailto:taro@example.jp?subject=a", "taro@example.jp", 0},
	{"(taro@example.jp)", "taro@example.jp", 0},
	{"'taro@example.jp'", "taro@example.jp", 0},
	{"taro@example.jp.", "taro@example.jp", 0},
	{"a..b.@docomo.ne.jp", "a..b.@docomo.ne.jp", 0},
	{"taro@日本語.jp", "taro@xn--wgv71a119e.jp", 0},
	{"taro@xn--wgv71a119e.jp と taro@日本語.jp", "taro@xn--wgv71a119e.jp",
	 0},
	{"ta<b>ro</b>@example<i>.jp</i>", "taro@example.jp", 1},
	{"taro&#64;example.jp", "taro@example.jp", 1},
	{"ta\u00adro@exam\u200bple.jp", "taro@example.jp", 0},
	{"a@example.jp,b@example.jp;c@example.jp",
	 "a@example.jp,b@example.jp,c@example.jp", 0},
	{"taro@example", "", 0},
	{"@example.jp", "", 0},
	{"taro@", "", 0},
	{"taro@.jp", "", 0},
	{"taro@example.1", "", 0},
	{"image001.png@01D9ABCD.12345678", "", 0},
	{"logo@2x.png", "", 0},
	{"1@2.3", "", 0},
	{"taro @ example.jp", "", 0},
	{"taro@-example.jp", "", 0},
	{"taro@exa_mple.jp", "", 0},
	{"a@b@c", "", 0},
	{"単価 @100.50", "", 0},
};

static const struct detect_row ibans[] = {
	{"DE89370400440532013000", "de89370400440532013000", 0},
	{"DE89 3704 0044 0532 0130 00", "de89370400440532013000", 0},
	{"IBAN: GB82 WEST 1234 5698 7654 32", "gb82west12345698765432", 0},
	{"gb82-west-1234-5698-7654-32", "gb82west12345698765432", 0},
	{"ＧＢ８２ＷＥＳＴ１２３４５６９８７６５４３２",
	 "gb82west12345698765432", 0},
	{"FR1420041010050500013M02606", "fr1420041010050500013m02606", 0},
	{"NO9386011117947", "no9386011117947", 0},
	{"DE89 3704 0044\n0532 0130 00", "de89370400440532013000", 0},
	{"DE89<b>3704</b>00440532013000", "de89370400440532013000", 1},
	{"DE88370400440532013000", "", 0},
	{"DE8937040044053201300", "", 0},
	{"DE893704004405320130000", "", 0},
	{"XDE89370400440532013000", "", 0},
	{"ZZ89370400440532013000", "", 0},
	{"GB82 WEST 1234 5698 7654 33", "", 0},
	{"DE89/3704/0044/0532/0130/00", "", 0},
};

static const struct detect_row banks[] = {
	{"みずほ銀行 東京支店 普通 1234567", "1234567", 0},
	{"○○銀行 本店営業部 (普) 1234567", "1234567", 0},
	{"三井住友銀行 丸の内支店\n普通預金 口座番号:1234567", "1234567", 0},
	{"当座預金　０１２３４５６", "0123456", 0},
	{"普通預金口座 No.1234567", "1234567", 0},
	{"口座番号は 1234567 です", "1234567", 0},
	{"信用金庫 本町支店 貯蓄 7654321", "7654321", 0},
	{"銀行口座(名義ヤマダタロウ) 1234567", "1234567", 0},
	{"普通 123-4567", "1234567", 0},
	{"普通<br>123<b>4567</b>", "1234567", 1},
	{"普 通 1234567", "1234567", 0},
	{"ﾌﾂｳではなく普通：1234567", "1234567", 0},
	{"Account No. 1234567", "1234567", 0},
	{"ゆうちょ銀行 記号 12340 番号 12345671", "1234012345671", 0},
	{"ゆうちょ 10120-12345671", "1012012345671", 0},
	{"記号：１２３４０ 番号：１２３４５６７１", "1234012345671", 0},
	{"1234567", "", 0},
	{"普通 123456", "", 0},
	{"普通 12345678", "", 0},
	{"普通郵便で 1234567", "", 0},
	{"普通に考えて注文 1234567 は", "", 0},
	{"〒123-4567", "", 0},
	{"銀行に電話した。伝票 1234567", "", 0},
	{"普通 A1234567", "", 0},
	{"記号 12345 番号 12345671", "", 0},
	{"記号 12340 番号 12345672", "", 0},
	{"12340 番号 12345671", "", 0},
};

static const struct detect_row passports[] = {
	{"旅券番号 TK1234567", "tk1234567", 0},
	{"パスポート：ＴＫ１２３４５６７", "tk1234567", 0},
	{"ﾊﾟｽﾎﾟｰﾄ TK 1234567", "tk1234567", 0},
	{"Passport No. MZ-7654321", "mz7654321", 0},
	{"PASSPORT<br>TK<b>1234567</b>", "tk1234567", 1},
	{"旅券(TK1234567)", "tk1234567", 0},
	{"TK1234567", "", 0},
	{"旅券番号 T1234567", "", 0},
	{"旅券番号 ATK1234567", "", 0},
	{"旅券番号 TK123456", "", 0},
	{"旅券番号 TK12345678", "", 0},
	{"旅券番号 TK1234567A", "", 0},
	{"型番 AB1234567", "", 0},
};

#define ROWS(name, what)                                                       \
	START_TEST(name##_rows)                                                \
	{                                                                      \
		detect_row_check(&name[_i], what);                             \
	}                                                                      \
	END_TEST

ROWS(phones, DETECT_PHONE)
ROWS(mails, DETECT_MAIL)
ROWS(ibans, DETECT_IBAN)
ROWS(banks, DETECT_BANK)
ROWS(passports, DETECT_PASSPORT)

/* ISO 7064 mod 97-10 proves each single wrong digit. */
START_TEST(one_wrong_digit_is_no_iban)
{
	char text[] = "DE89370400440532013000";

	for (size_t i = 2; text[i]; i++)
		for (char c = '0'; c <= '9'; c++) {
			AUTO(buf) out = BUF_MAX(KIB);
			char was = text[i];

			text[i] = c;
			detect_values(str_of(text), false, DETECT_IBAN, &out);
			ck_assert_uint_eq(out.n > 0, c == was);
			text[i] = was;
		}
}
END_TEST

/* 2 MiB take at most 2.3 times the steps of 1 MiB, whatever is in them. */
static const struct {
	const char *text;
	bool html;
} killers[] = {
	{"4", 0},
	{"4 ", 0},
	{"4\n", 0},
	{"4-", 0},
	{"4111 ", 0},
	{"4111-", 0},
	{"1234567 ", 0},
	{"a@", 0},
	{"@", 0},
	{"a.", 0},
	{"DE89 3704 0044 0532 0130 01 ", 0},
	{"GB", 0},
	{"GB82", 0},
	{"旅券TK1234567", 0},
	{"普通1234567", 0},
	{"普", 0},
	{"銀行 口座 1234567 ", 0},
	{"記号 12340 ", 0},
	{"東京都千代田区", 0},
	{"〒", 0},
	{" ", 0},
	{"ﾊﾟ", 0},
	{"が\u3099\u3099\u3099", 0},
	{"\u00ad", 0},
	{"\xff", 0},
	{"ﷺ", 0},
	{"<", 1},
	{"<a", 1},
	{"<a=\"", 1},
	{"<a='b>", 1},
	{"<!--", 1},
	{"<style>", 1},
	{"&#", 1},
	{"&nbsp", 1},
	{"4<b>", 1},
};

static uint64_t killer_work(size_t k, size_t bytes)
{
	AUTO(buf) text = BUF_MAX(bytes + KIB);

	while (text.n < bytes)
		buf_puts(&text, killers[k].text);
	return detect_work(buf_str(&text), killers[k].html);
}

START_TEST(work_is_linear)
{
	uint64_t one = killer_work((size_t)_i, CASES(MIB));
	uint64_t two = killer_work((size_t)_i, 2 * CASES(MIB));

	ck_assert_uint_gt(one, 0);
	ck_assert_msg(two * 10 <= one * 23, "%s: %ju, %ju", killers[_i].text,
		      (uintmax_t)one, (uintmax_t)two);
}
END_TEST

START_TEST(samples_are_masked)
{
	static const struct {
		const char *text, *sample;
	} rows[] = {
		{"4111111111111111", "****-****-****-1111"},
		{"123456789018", "****-****-**18"},
		{"090-1234-5678", "***-****-5678"},
		{"taro@example.jp", "t***@example.jp"},
		{"普通 1234567", "***-*567"},
		{"旅券 TK1234567", "*-****-*567"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fold f = {0};
		struct detect_set s;

		detect_set_init(&s);
		fold_read(&f, str_of(rows[i].text), false);
		detect_run(&f, ~(1u << DETECT_SIXTEEN), 0, &s);
		ck_assert_uint_eq(s.hits.n, 1);
		ck_assert_str_eq(s.hits.v[0].sample.p, rows[i].sample);
		detect_set_release(&s);
		fold_release(&f);
	}
}
END_TEST

START_TEST(a_set_counts_over_texts_and_gives_places)
{
	static const char *const texts[] = {"x 4111<b>1111</b>11111111 y",
					    "<p>4111-1111-1111-1111</p>",
					    "5149265504680877"};
	struct detect_set s;

	detect_set_init(&s);
	for (uint32_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct fold f = {0};

		fold_read(&f, str_of(texts[i]), true);
		detect_run(&f, 1u << DETECT_CARD, i, &s);
		fold_release(&f);
	}
	ck_assert_uint_eq(s.unique[DETECT_CARD], 2);
	ck_assert_uint_eq(s.unique[DETECT_SIXTEEN], 0);
	ck_assert(!s.more);
	ck_assert_uint_eq(s.hits.v[1].source, 2);
	detect_set_release(&s);
}
END_TEST

Suite *test_detect_words_suite(void)
{
	Suite *s = suite_create("detect_words");
	TCase *c = tcase_create("all");

	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, phones_rows, 0, ARRAY_LEN(phones));
	tcase_add_loop_test(c, mails_rows, 0, ARRAY_LEN(mails));
	tcase_add_loop_test(c, ibans_rows, 0, ARRAY_LEN(ibans));
	tcase_add_loop_test(c, banks_rows, 0, ARRAY_LEN(banks));
	tcase_add_loop_test(c, passports_rows, 0, ARRAY_LEN(passports));
	tcase_add_loop_test(c, work_is_linear, 0, ARRAY_LEN(killers));
	tcase_add_test(c, one_wrong_digit_is_no_iban);
	tcase_add_test(c, samples_are_masked);
	tcase_add_test(c, a_set_counts_over_texts_and_gives_places);
	suite_add_tcase(s, c);
	return s;
}
