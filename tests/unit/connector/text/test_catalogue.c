/* Every word in both languages, none unused, and the choice of language. */
#include "connector/text/catalogue.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include "connector/base/buf.h"
#include "connector/base/json.h"
#include "connector/base/utf8.h"
#include "connector/text/template.h"

Suite *test_catalogue_suite(void);

static bool has_japanese(struct str s)
{
	int32_t cp;

	while ((cp = utf8_next(&s)) >= 0)
		if ((cp >= 0x3040 && cp <= 0x30ff) ||
		    (cp >= 0x4e00 && cp <= 0x9fff))
			return true;
	return false;
}

START_TEST(every_word_in_both_languages)
{
	for (size_t i = 0; i < catalogue_size(); i++) {
		const char *key = catalogue_key(i);
		const char *ja = catalogue_word(LANGUAGE_JA, key);
		const char *en = catalogue_word(LANGUAGE_EN, key);

		ck_assert_msg(ja && ja[0] && en && en[0], "%s", key);
		ck_assert_msg(utf8_valid(str_of(ja)), "%s", key);
		/* The link to the other language is in that language. */
		ck_assert_msg(strcmp(key, "other_language") == 0 ||
				      !has_japanese(str_of(en)),
			      "%s: %s", key, en);
		for (size_t k = i + 1; k < catalogue_size(); k++)
			ck_assert_msg(strcmp(key, catalogue_key(k)) != 0,
				      "%s twice", key);
	}
	ck_assert_ptr_null(catalogue_key(catalogue_size()));
	ck_assert_ptr_null(catalogue_word(LANGUAGE_JA, "no such word"));
}
END_TEST

START_TEST(every_word_is_a_template)
{
	for (size_t i = 0; i < catalogue_size(); i++) {
		for (int l = 0; l < LANGUAGES; l++) {
			struct err e = ERR_EMPTY;
			AUTO_PTR(template)
			t = template_parse(
				catalogue_key(i),
				str_of(catalogue_word((enum language)l,
						      catalogue_key(i))),
				&e);

			ck_assert_msg(t != NULL, "%s", e.text);
		}
	}
}
END_TEST

static void read_all(const char *pattern, struct buf *out)
{
	glob_t g = {0};

	ck_assert_msg(glob(pattern, 0, NULL, &g) == 0,
		      "%s: run from the top of the tree", pattern);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		FILE *f = fopen(g.gl_pathv[i], "r");
		size_t n;

		ck_assert_ptr_nonnull(f);
		do {
			char *room = buf_room(out, 4096);

			ck_assert_ptr_nonnull(room);
			n = fread(room, 1, 4096, f);
			buf_grown(out, n);
		} while (n > 0);
		fclose(f);
	}
	globfree(&g);
}

static bool wordy(char c)
{
	return ascii_alnum(c) || c == '_' || c == '*';
}

/* "{{t.key}}" in a template or another word, "key" in a string of C; "a_*" and
 * "a_%s" in C stand for every key that begins with "a_". */
static bool is_used(struct str text, const char *key)
{
	size_t n = strlen(key), at = 0;

	for (;;) {
		ptrdiff_t found = str_find(str_skip(text, at), str_of(key));

		if (found < 0)
			return false;
		at += (size_t)found;
		if (at > 0 && at + n < text.n && !wordy(text.p[at - 1]) &&
		    !wordy(text.p[at + n]))
			return true;
		at += n;
	}
}

static bool is_used_by_prefix(struct str text, const char *key)
{
	for (size_t n = strlen(key); n > 3; n--) {
		AUTO(buf) quoted = BUF_MAX(300);

		if (key[n - 1] != '_')
			continue;
		buf_printf(&quoted, "\"%.*s*\"", (int)n, key);
		if (str_find(text, buf_str(&quoted)) >= 0)
			return true;
		buf_clear(&quoted);
		buf_printf(&quoted, "\"%.*s%%s\"", (int)n, key);
		if (str_find(text, buf_str(&quoted)) >= 0)
			return true;
	}
	return false;
}

START_TEST(no_word_is_unused)
{
	AUTO(buf) text = BUF_MAX(16 * MIB);

	read_all("connector/notice/*.c", &text);
	read_all("connector/notice/templates/*", &text);
	read_all("connector/web/*.c", &text);
	read_all("connector/web/templates/*", &text);
	for (size_t i = 0; i < catalogue_size(); i++) {
		buf_puts(&text, catalogue_word(LANGUAGE_JA, catalogue_key(i)));
		buf_putc(&text, '\n');
	}
	for (size_t i = 0; i < catalogue_size(); i++)
		ck_assert_msg(is_used(buf_str(&text), catalogue_key(i)) ||
				      is_used_by_prefix(buf_str(&text),
							catalogue_key(i)),
			      "%s is used nowhere", catalogue_key(i));
}
END_TEST

static const struct {
	const char *header;
	int want; /* -1: none of ours */
} accepts[] = {
	{"ja", LANGUAGE_JA},
	{"en-GB,en;q=0.9,ja;q=0.8", LANGUAGE_EN},
	{"fr, de;q=0.9, ja;q=0.2", LANGUAGE_JA},
	{"en;q=0.1, ja-JP;q=0.7", LANGUAGE_JA},
	{"en;q=0", -1},
	{"jam, enm", -1},
	{"fr", -1},
	{"", -1},
	{",,;;q=x", -1},
	{"EN", LANGUAGE_EN},
};

START_TEST(chooses_language)
{
	enum language l = LANGUAGE_JA;
	bool any = language_accept(str_of(accepts[_i].header), &l);

	ck_assert_int_eq(any ? (int)l : -1, accepts[_i].want);
}
END_TEST

START_TEST(names_languages)
{
	enum language l;

	ck_assert(language_parse(STR("en"), &l) && l == LANGUAGE_EN);
	ck_assert_str_eq(language_name(l), "en");
	ck_assert(language_parse(STR("ja"), &l) && l == LANGUAGE_JA);
	ck_assert_str_eq(language_name(l), "ja");
	ck_assert(!language_parse(STR("fr"), &l));
}
END_TEST

Suite *test_catalogue_suite(void)
{
	Suite *s = suite_create("catalogue");
	TCase *c = tcase_create("all");

	tcase_add_test(c, every_word_in_both_languages);
	tcase_add_test(c, every_word_is_a_template);
	tcase_add_test(c, no_word_is_unused);
	tcase_add_loop_test(c, chooses_language, 0, ARRAY_LEN(accepts));
	tcase_add_test(c, names_languages);
	suite_add_tcase(s, c);
	return s;
}
