/* Figures of the detectors on sets: what is found of what is there, and what
 * only looks like it. Printed, and held to what is promised.
 */
#include <stdio.h>
#include <stdlib.h>
#include "connector/extract/places_int.h"
#include "tests/unit/connector/extract/detect_table.h"
#include "tests/unit/connector/extract/sets.h"

Suite *test_detect_sets_suite(void);

struct figure {
	unsigned of, found;
};

static uint32_t seed;

static unsigned chance(unsigned of)
{
	seed = seed * 1664525u + 1013904223u;
	return of ? (seed >> 8) % of : 0;
}

static void begin(void)
{
	seed = 20261122;
}

static void look(struct figure *g, const char *text, bool html,
		 enum detector what, bool want)
{
	AUTO(buf) out = BUF_MAX(64 * KIB);
	bool found;

	detect_values(str_of(text), html, what, &out);
	found = out.n > 0;
	g->of++;
	g->found += found;
	if (found != want && getenv("FIGURES_SHOW"))
		printf("  %s: %s%s\n", detector_name(what), text,
		       found ? buf_cstr(&out) : " (missed)");
}

static void tell(const char *what, const struct figure *g, const char *verb)
{
	printf("figures: %s: %u of %u %s\n", what, g->found, g->of, verb);
	fflush(stdout);
}

/* The form with texts where '@' stands. */
static const char *filled(struct buf *out, const char *form, const char *a,
			  const char *b, const char *c)
{
	const char *v[] = {a, b, c};
	unsigned n = 0;

	buf_clear(out);
	for (; *form; form++)
		if (*form == '@')
			buf_puts(out, v[n++]);
		else
			buf_putc(out, *form);
	return buf_cstr(out);
}

/* ---- postal addresses ---- */

/* Each town in municipalities of each prefecture, with and without it, with a
 * postal code, and within a sentence. */
static void generated_addresses(struct figure *g)
{
	static const char *const forms[] = {"@@@", "〒123-4567 @@@",
					    "住所:@ @ @ です。"};
	AUTO(buf) text = BUF_MAX(KIB);
	unsigned towns = 0;

	while (set_towns[towns])
		towns++;
	for (size_t p = 0; p < PREFECTURES; p++) {
		struct str rest = str_of(prefectures[p].municipalities), name;
		size_t of = 0, n = 0, at;

		while (str_split(&rest, '|', &name))
			of += name.n > 0;
		for (at = chance((unsigned)of),
		    rest = str_of(prefectures[p].municipalities);
		     n < 10 && str_split(&rest, '|', &name);) {
			char one[80];

			if (!name.n || at++ % (of / 10 + 1))
				continue;
			snprintf(one, sizeof(one), STR_FMT, STR_ARG(name));
			filled(&text, forms[n % 3],
			       n % 4 == 3 ? "" : prefectures[p].name, one,
			       set_towns[chance(towns)]);
			look(g, buf_cstr(&text), false, DETECT_POSTAL, true);
			n++;
		}
	}
}

START_TEST(postal_addresses)
{
	AUTO(buf) text = BUF_MAX(KIB);
	struct figure real = {0}, made = {0}, none = {0};

	for (size_t i = 0; set_addresses[i]; i++)
		look(&real, set_addresses[i], false, DETECT_POSTAL, true);
	generated_addresses(&made);
	for (size_t i = 0; set_sentences[i]; i++)
		for (size_t k = 0; set_places[k]; k++)
			look(&none,
			     filled(&text, set_sentences[i], set_places[k], "",
				    ""),
			     false, DETECT_POSTAL, false);
	tell("postal addresses of offices and the like", &real, "found");
	tell("postal addresses, made", &made, "found");
	tell("sentences that name places", &none, "taken for an address");
	ck_assert_uint_ge(real.of + made.of, 300);
	ck_assert_uint_ge(none.of, 500);
	ck_assert_uint_ge(real.found * 100, real.of * 95);
	ck_assert_uint_ge(made.found * 100, made.of * 95);
	ck_assert_uint_le(none.found * 100, none.of);
}
END_TEST

/* ---- numbers ---- */

static void digits(char *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (char)('0' + chance(10));
	to[n] = 0;
}

/* The last digit as the check wants it. */
static void check_last(char *to, unsigned n, bool (*ok)(const char *, unsigned))
{
	for (unsigned v = 0; v <= 9; v++) {
		to[n - 1] = (char)('0' + v);
		if (ok(to, n))
			return;
	}
}

static bool mine_ok(const char *text, unsigned n)
{
	return n == 12 && my_number_ok(text);
}

static const struct {
	const char *between; /* groups */
	unsigned every;	     /* digits in a group; 0: none */
	bool html;
} writings[] = {
	{"", 0, false},
	{"-", 4, false},
	{" ", 4, false},
	{"－", 4, false},
	{"\u2212", 4, false},
	{"　", 4, false},
	{" ", 1, false},
	{"\u00ad", 3, false},
	{"\u200b", 1, false},
	{"\r\n", 4, false},
	{"\r\n> ", 8, false},
	{" \n", 8, false},
	{"&shy;", 2, true},
	{"<b></b>", 1, true},
	{"&nbsp;", 4, true},
	{"<br>", 4, true},
	{"</span> <span>", 4, true},
	{"</td>\n<td>", 4, true},
	{"</div><div>", 8, true},
	{"<!-- 9 -->", 5, true},
};

static void written(struct buf *out, const char *number, unsigned how,
		    bool wide)
{
	buf_clear(out);
	buf_puts(out, writings[how].html ? "<td>" : "");
	for (size_t i = 0; number[i]; i++) {
		if (i && writings[how].every && i % writings[how].every == 0)
			buf_puts(out, writings[how].between);
		if (wide)
			buf_printf(out, "\xef\xbc%c", 0x90 + number[i] - '0');
		else
			buf_putc(out, number[i]);
	}
}

START_TEST(cards)
{
	static const struct {
		const char *head;
		unsigned n;
	} brands[] = {{"4", 13},    {"4", 16},	  {"4", 19},	{"51", 16},
		      {"55", 16},   {"2221", 16}, {"2720", 16}, {"34", 15},
		      {"37", 15},   {"3528", 16}, {"3589", 16}, {"3589", 19},
		      {"300", 14},  {"305", 16},  {"3095", 16}, {"36", 14},
		      {"36", 19},   {"38", 16},	  {"39", 14},	{"6011", 16},
		      {"6011", 19}, {"644", 16},  {"65", 16},	{"62", 16},
		      {"62", 17},   {"62", 18},	  {"62", 19},	{"8171", 16}};
	struct figure g = {0};
	AUTO(buf) text = BUF_MAX(KIB);
	char number[24];

	for (size_t b = 0; b < ARRAY_LEN(brands); b++)
		for (unsigned how = 0; how < 2 * ARRAY_LEN(writings); how++) {
			do {
				digits(number, brands[b].n);
				memcpy(number, brands[b].head,
				       strlen(brands[b].head));
				check_last(number, brands[b].n, card_ok);
			} while (brands[b].n == 13 && corporate_ok(number));
			written(&text, number, how / 2, how % 2);
			look(&g, buf_cstr(&text), writings[how / 2].html,
			     DETECT_CARD, true);
		}
	tell("cards of all brands, lengths and writings", &g, "found");
	ck_assert_uint_eq(g.found, g.of);
}
END_TEST

START_TEST(individual_numbers)
{
	struct figure g = {0}, named = {0};
	AUTO(buf) text = BUF_MAX(KIB);
	AUTO(buf) both = BUF_MAX(KIB);
	char number[24];

	for (unsigned i = 0; i < 2000; i++) {
		unsigned how = i % (2 * ARRAY_LEN(writings));
		bool cells = !strncmp(writings[how / 2].between, "</td", 4);
		bool lines = strchr(writings[how / 2].between, '\n') ||
			     !strcmp(writings[how / 2].between, "<br>") ||
			     !strcmp(writings[how / 2].between, "</div><div>");

		digits(number, 12);
		check_last(number, 12, mine_ok);
		written(&text, number, how / 2, how % 2);
		if (!cells && !lines)
			look(&g, buf_cstr(&text), writings[how / 2].html,
			     DETECT_MY_NUMBER, true);
		buf_clear(&both);
		buf_printf(&both, "個人番号:%s", buf_cstr(&text));
		look(&named, buf_cstr(&both), writings[how / 2].html,
		     DETECT_MY_NUMBER, true);
	}
	tell("Individual Numbers that nothing names", &g, "found");
	tell("Individual Numbers behind their name", &named, "found");
	ck_assert_uint_eq(g.found, g.of);
	ck_assert_uint_eq(named.found, named.of);
}
END_TEST

/* Words that say what twelve digits are: no Individual Number. */
static const char *const bystanders[] = {"注文番号:@",
					 "受注番号 @",
					 "伝票番号 @",
					 "管理番号：@",
					 "JAN @",
					 "商品コード @",
					 "UPC: @",
					 "Order No. @",
					 "Invoice number: @",
					 "Tracking No.@",
					 "会員番号は@",
					 "契約番号「@」",
					 "TEL +@",
					 "電話 @",
					 "合計 @円",
					 "¥@",
					 "$@",
					 "S@",
					 "@-1",
					 "1-@",
					 "0.@",
					 "@.00",
					 "ID=@",
					 "シリアル @",
					 "<@@example.co.jp>"};

/* What offices write that has as many digits, and its check digit. */
START_TEST(looks_like_individual_numbers)
{
	struct figure g = {0}, times = {0}, table = {0}, bare = {0};
	struct figure corporate = {0};
	AUTO(buf) text = BUF_MAX(KIB);
	char n[32], m[8];

	for (unsigned i = 0; i < 2500; i++) {
		const char *form = bystanders[i % ARRAY_LEN(bystanders)];

		digits(n, 12);
		check_last(n, 12, mine_ok);
		look(&g, filled(&text, form, n, "a", ""), false,
		     DETECT_MY_NUMBER, false);
		digits(n, 12);
		look(&bare, n, false, DETECT_MY_NUMBER, false);
	}
	for (unsigned i = 0; i < 2000; i++) {
		snprintf(n, sizeof(n), "20%02u%02u%02u%02u%02u",
			 10 + chance(30), 1 + chance(12), 1 + chance(28),
			 chance(24), chance(60));
		look(&times, n, false, DETECT_MY_NUMBER, false);
		digits(n, 12);
		check_last(n, 12, mine_ok);
		snprintf(m, sizeof(m), "%.4s", n);
		buf_clear(&text);
		buf_printf(&text, "<tr><td>%s<td>%.4s<td>%s", m, n + 4, n + 8);
		look(&table, buf_cstr(&text), true, DETECT_MY_NUMBER, false);
		digits(n, 13);
		for (n[0] = '1'; n[0] < '9' && !corporate_ok(n); n[0]++)
			;
		if (corporate_ok(n))
			look(&corporate, n, false, DETECT_MY_NUMBER, false);
	}
	tell("numbers of twelve digits that something names", &g,
	     "taken for Individual Numbers");
	tell("times of twelve digits", &times, "taken for Individual Numbers");
	tell("rows of three numbers", &table, "taken for Individual Numbers");
	tell("Corporate Numbers", &corporate, "taken for Individual Numbers");
	tell("twelve digits by chance that nothing names (one of ten has "
	     "the check digit)",
	     &bare, "taken for Individual Numbers");
	ck_assert_uint_eq(g.found + times.found + table.found + corporate.found,
			  0);
	ck_assert_uint_le(bare.found * 100, bare.of * 12);
}
END_TEST

/* All area codes of the numbering plan that have three digits or fewer, and
 * what stands for the others; mobile, IP, services. */
START_TEST(phones)
{
	static const char *const plan[] = {
		"03-@-@",    "06-@-@",	  "011-!-@",   "022-!-@",   "045-!-@",
		"052-!-@",   "075-!-@",	  "078-!-@",   "082-!-@",   "092-!-@",
		"0123-$-@",  "0138-$-@",  "0155-$-@",  "0166-$-@",  "0172-$-@",
		"0197-$-@",  "0223-$-@",  "0246-$-@",  "0263-$-@",  "0284-$-@",
		"0297-$-@",  "0422-$-@",  "0466-$-@",  "0476-$-@",  "0532-$-@",
		"0561-$-@",  "0594-$-@",  "0729-$-@",  "0742-$-@",  "0776-$-@",
		"0797-$-@",  "0829-$-@",  "0857-$-@",  "0866-$-@",  "0877-$-@",
		"0942-$-@",  "0952-$-@",  "0977-$-@",  "0985-$-@",  "0997-$-@",
		"01267-%-@", "04992-%-@", "05769-%-@", "09912-%-@", "0120-!-!",
		"0570-!-!",  "0800-!-@",  "050-@-@",   "070-@-@",   "080-@-@",
		"090-@-@"};
	struct figure g = {0};

	for (size_t i = 0; i < ARRAY_LEN(plan) * 8; i++) {
		static const char *const marks[] = {"-",      " ", "",	"－",
						    "\u2212", ")", ".", "ー"};
		AUTO(buf) text = BUF_MAX(KIB);

		for (const char *c = plan[i / 8]; *c; c++)
			if (*c == '-')
				buf_puts(&text, marks[i % 8]);
			else if (*c >= '0' && *c <= '9')
				buf_putc(&text, *c);
			else
				buf_printf(&text, "%0*u",
					   *c == '@'   ? 4
					   : *c == '!' ? 3
					   : *c == '$' ? 2
						       : 1,
					   *c == '@'   ? 2000 + chance(8000)
					   : *c == '!' ? 200 + chance(800)
					   : *c == '$' ? 20 + chance(80)
						       : 2 + chance(8));
		look(&g, buf_cstr(&text), false, DETECT_PHONE, true);
	}
	tell("phone numbers of the numbering plan", &g, "found");
	ck_assert_uint_eq(g.found, g.of);
}
END_TEST

Suite *test_detect_sets_suite(void)
{
	Suite *s = suite_create("detect_sets");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, begin, NULL);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, postal_addresses);
	tcase_add_test(c, cards);
	tcase_add_test(c, individual_numbers);
	tcase_add_test(c, looks_like_individual_numbers);
	tcase_add_test(c, phones);
	suite_add_tcase(s, c);
	return s;
}
