/* Figures of the detectors on sets: what is found of what is there, and what
 * only looks like it. Printed, and held to what SECURITY G12 promises.
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
	return (seed >> 8) % of;
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

Suite *test_detect_sets_suite(void)
{
	Suite *s = suite_create("detect_sets");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, begin, NULL);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, postal_addresses);
	suite_add_tcase(s, c);
	return s;
}
