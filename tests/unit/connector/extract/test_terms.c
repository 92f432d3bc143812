/* Words and expressions on folded text: what is found, how often, and what
 * only looks like it. */
#include <check.h>
#include "connector/extract/pattern_int.h"
#include "connector/extract/terms_int.h"
#include "tests/unit/connector/extract/asked.h"

Suite *test_terms_suite(void);

#define BODY (1u << PLACE_BODY)

static const struct row {
	const char *term; /* an expression stands in slashes */
	const char *text;
	unsigned count;
	bool html;
} rows[] = {
	/* Japanese words match anywhere, whatever stands inside them. */
	{"社外秘", "この資料は社外秘です", 1, 0},
	{"社外秘", "社 外 秘、社\n外\n秘、社　外秘", 3, 0},
	{"社外秘", "社\n\n外\n\n秘", 1, 0},
	{"社外秘", "社\u00ad外\u200b秘 社\u2060外\ufeff秘", 2, 0},
	{"社外秘", "社\001外\b秘", 1, 0},
	{"社外秘", "社<b>外</b>秘 社&shy;外&#x200b;秘 社<!-- x -->外秘", 3, 1},
	{"社外秘", "<td>社</td>\n<td>外秘</td>", 1, 1},
	{"社外秘", "<style>社外秘</style><p class='社外秘'>x</p>", 0, 1},
	/* What is shown in place of a picture, but not as a part of the text. */
	{"社外秘", "<p title='社外秘'><img ALT = \"社&#x5916;秘\"/>", 2, 1},
	{"社外秘", "<img src=x alt=社外秘>", 1, 1},
	{"社外秘", "社<img alt='x'>外<img alt='秘'>秘", 1, 1},
	{"社外秘", "<p salt='社外秘' data-alt='x'>", 0, 1},
	{"社外秘", "社外密 社内秘 社会外秘 外秘", 0, 0},
	{"社 外 秘", "社外秘", 1, 0},
	{"マイナンバー", "ﾏｲﾅﾝﾊﾞｰ マイナンバー まいなんばー", 3, 0},
	{"がいちゅう", "ｶﾞｲﾁｭｳ カ\u3099イチュウ", 2, 0},
	{"㈱", "(株) （株） ㈱", 3, 0},
	{"髙島", "高島 髙島", 2, 0},
	{"①", "1", 1, 0},
	{"〜以上", "～以上 〜以上", 2, 0},
	{"ああ", "ああああ", 2, 0},
	{"ああ", "あああ", 1, 0},
	{"기밀", "이것은 기밀입니다", 1, 0},
	{"𠮷田", "吉田 𠮷田", 2, 0},
	/* Latin ones match whole words. */
	{"nda", "NDA, nda. (Nda) ｎｄａ", 4, 0},
	{"nda", "agenda Ndas ndax 1nda nda2 ñnda", 0, 0},
	{"nda", "契約NDA締結", 1, 0},
	{"nda", "secret_nda.docx nda-plan", 2, 0},
	{"NDA", "N\u00adD\u200bA", 1, 0},
	{"nda", "n da", 0, 0},
	{"top secret", "Top  Secret\ntop\n secret", 2, 0},
	{"top secret", "topsecret, top-secret", 0, 0},
	{"top secret", "top<br>secret top&nbsp;secret", 2, 1},
	{"NDA契約", "NDA 契約", 1, 0},
	{"第3", "第3回 第30回", 1, 0},
	{"c++", "C++ is", 1, 0},
	{"секрет", "СЕКРЕТ секреты", 1, 0},
	{"straße", "STRASSE", 1, 0},
	/* Expressions. */
	{"/社外秘|極秘/", "極 秘と社外秘", 2, 0},
	{"/契約書?第\\d{3}号/", "契約書第１２３号 契約 第 456 号", 2, 0},
	{"/\\bnda\\b/", "契約NDA、agenda", 1, 0},
	{"/\\d{4,}/", "123456789 12", 1, 0},
	{"/\\d{4}-\\d{4}/", "1234-5678-9012-3456", 2, 0},
	{"/a+b/", "aaab ab", 2, 0},
	{"/給与.*円/", "給与は5円\n\n合計は6円", 1, 0},
	{"/給与.+合計/", "給与\n\n合計", 0, 0},
	{"/給与.+合計/", "給与\nの合計", 1, 0},
	{"/^社外秘/", "社外秘\nx\n\n社外秘\n社外秘", 2, 0},
	{"/[ァ-ヴ]{4}/", "あいうえ アイウエ", 2, 0},
	{"/\\p{Katakana}+さん/", "スミスさん", 1, 0},
	{"/\\x{30A2}/", "あ ア", 2, 0},
	{"/（株）/", "㈱", 1, 0},
	{"/\\Q(株)+\\E/", "(株)+ (株)", 1, 0},
	{"/社 外/", "社外 社 外", 2, 0},
	{"/Ａ[Ｂ-Ｄ]/", "ac AD ae", 2, 0},
	{"/(a+)+$/", "aaaa", 1, 0},
	{"/\\d{4,5}/", "123456789", 2, 0},
	{"/\\d{3,}/", "123 4567 12 8901", 3, 0},
	{"/極+秘/", "極極極秘と極秘", 2, 0},
	{"/(?:契約|覚書|注文)(?:書|請書)?.{0,40}(?:案|最終|版)/",
	 "契約書の最終稿", 1, 0},
};

START_TEST(rows_are_found)
{
	const struct row *r = &rows[_i];
	struct asked t;
	const struct findings *f;

	asked_start(&t);
	asked_term(&t, r->term, BODY);
	asked_compile(&t);
	f = asked_body(&t, r->text, r->html);
	ck_assert_msg(findings_hits(f, 0, BODY) == r->count,
		      "%s in '%s': %llu, not %u", r->term, r->text,
		      (unsigned long long)findings_hits(f, 0, BODY), r->count);
	asked_stop(&t);
}
END_TEST

START_TEST(weights)
{
	static const struct {
		const char *text;
		unsigned weight;
	} w[] = {
		{"", 0},
		{"abc", 3},
		{"a{3}", 3},
		{"a{2,5}b", 6},
		{"a{2,}", 2},
		{"a{,5}", 5},
		{"(ab){4}", 8},
		{"((ab){4}c){2}", 18},
		{".{10}", 40},
		{"[a-z]{10}", 10},
		{"[^a]{10}", 40},
		{"[]a]{10}", 10},
		{"\\d{10}", 10},
		{"\\D{10}", 40},
		{"\\p{Han}{10}", 80},
		{"\\p{L}{10}", 1000},
		{"あ{10}", 30},
		{"[あ-ん]{10}", 40},
		{"\\{10}", 4},
		{"a{b}", 4},
		{"a|b{9}", 11},
		{"))(", 0},
		{"(", 0},
		{"[", 1},
	};

	for (size_t i = 0; i < ARRAY_LEN(w); i++)
		ck_assert_msg(pattern_weight(str_of(w[i].text)) == w[i].weight,
			      "%s: %u", w[i].text,
			      pattern_weight(str_of(w[i].text)));
	/* Nesting ends. */
	{
		AUTO(buf) deep = BUF_MAX(KIB);

		for (unsigned i = 0; i < 500; i++)
			buf_putc(&deep, '(');
		ck_assert_uint_gt(pattern_weight(buf_str(&deep)),
				  PATTERN_WEIGHT_MAX);
	}
}
END_TEST

START_TEST(what_cannot_be_compiled_is_named)
{
	static const struct {
		const char *term, *why;
	} bad[] = {
		{"/(?=a)b/", "Zero-width assertions are not supported."},
		{"/[a/", "Unterminated character class starting at index 0."},
		{"/a*/", "it matches where nothing stands"},
		{"/(a)\\1/", NULL},
		/* Compiling these takes minutes and gigabytes. */
		{"/abc.{0,1000}def/", "its repeats {n,m} are too large"},
		{"/(\\p{L}{1,50}){1,20}/", "its repeats {n,m} are too large"},
		{"/[^\\p{L}]{40}x/", "its repeats {n,m} are too large"},
		{"\u200b\u00ad", "nothing in it can be seen"},
		{"   ", "nothing in it can be seen"},
	};
	struct question_error *v;
	struct asked t;
	size_t n;

	asked_start(&t);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		asked_term(&t, "good", BODY);
		asked_term(&t, bad[i].term, BODY);
	}
	ck_assert(!extract_check(&t.q, &t.h.a, &v, &n));
	ck_assert_uint_eq(n, ARRAY_LEN(bad));
	for (size_t i = 0; i < n; i++) {
		ck_assert_uint_eq(v[i].term, i * 2 + 1);
		ck_assert(v[i].text.n);
		if (bad[i].why)
			ck_assert_str_eq(v[i].text.p, bad[i].why);
	}
	ck_assert(!extract_ask(t.h.x, &t.q, &t.h.e));
	ck_assert_int_eq(t.h.e.class, ERR_CONFIG);
	t.q.term_n = 1;
	ck_assert(extract_check(&t.q, &t.h.a, &v, &n));
	ck_assert_uint_eq(n, 0);
	asked_stop(&t);
}
END_TEST

START_TEST(a_refused_question_leaves_the_old_one)
{
	const struct findings *f;
	struct asked t;

	asked_start(&t);
	asked_term(&t, "nda", BODY);
	asked_compile(&t);
	t.term[0].text = STR("[");
	t.term[0].regex = true;
	ck_assert(!extract_ask(t.h.x, &t.q, &t.h.e));
	f = asked_body(&t, "nda", false);
	ck_assert_uint_eq(findings_hits(f, 0, BODY), 1);
	asked_stop(&t);
}
END_TEST

START_TEST(many_terms_keep_their_index)
{
	enum { N = 3000 };
	struct term *term = NEW_ARRAY(struct term, N);
	AUTO(buf) texts = BUF_MAX(MIB);
	const struct findings *f;
	struct asked t;

	asked_start(&t);
	t.q.term = term;
	t.q.term_n = N;
	for (unsigned i = 0; i < N; i++)
		term[i] = (struct term){
			.text = str_of(arena_printf(&t.h.a, "word%u", i)),
			.places = BODY,
			.regex = i % 100 == 99};
	asked_compile(&t);
	f = asked_body(&t, "word7 word1234 word1234 word2500 word99", false);
	ck_assert_uint_eq(f->hit_n, 4);
	ck_assert_uint_eq(f->hit[0].term, 7);
	ck_assert_uint_eq(f->hit[1].term, 99);
	ck_assert_uint_eq(f->hit[2].term, 1234);
	ck_assert_uint_eq(f->hit[2].count, 2);
	ck_assert_uint_eq(f->hit[3].term, 2500);
	mem_free(term);
	asked_stop(&t);
}
END_TEST

START_TEST(counts_stay_at_their_limit)
{
	AUTO(buf) text = BUF_MAX(16 * MIB);
	const struct findings *f;
	struct asked t;

	asked_start(&t);
	asked_term(&t, "あ", BODY);
	asked_compile(&t);
	for (unsigned i = 0; i < FINDINGS_COUNT_MAX + 10; i++)
		buf_puts(&text, "あ");
	f = asked_body(&t, buf_cstr(&text), false);
	ck_assert_uint_eq(f->hit[0].count, FINDINGS_COUNT_MAX);
	asked_stop(&t);
}
END_TEST

/* Vectorscan 5.4.9 ends the process where it looks for the begins of some
 * matches in more than 254 bytes: none of these, however long the text. */
START_TEST(long_texts_end_nothing)
{
	static const char *const all[] = {
		"/\\w\\w*極+/", "/(.*a){9}b/",	 "/b*foo+/",
		"/[^a]極+/",	"/(b+foo?極+)/", "/(\\s[^a]ab+)+極+/"};
	AUTO(buf) text = BUF_MAX(MIB);
	struct asked t;

	asked_start(&t);
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		asked_term(&t, all[i], BODY);
	asked_compile(&t);
	for (int i = 0; i < 2000; i++)
		buf_puts(&text, "abx foo x極 a ab極\n");
	ck_assert_uint_gt(asked_body(&t, buf_cstr(&text), false)->hit_n, 3);
	asked_stop(&t);
}
END_TEST

Suite *test_terms_suite(void)
{
	Suite *s = suite_create("terms");
	TCase *c = tcase_create("all");

	tcase_set_timeout(c, 60);
	tcase_add_test(c, long_texts_end_nothing);
	tcase_add_loop_test(c, rows_are_found, 0, ARRAY_LEN(rows));
	tcase_add_test(c, weights);
	tcase_add_test(c, what_cannot_be_compiled_is_named);
	tcase_add_test(c, a_refused_question_leaves_the_old_one);
	tcase_add_test(c, many_terms_keep_their_index);
	tcase_add_test(c, counts_stay_at_their_limit);
	suite_add_tcase(s, c);
	return s;
}
