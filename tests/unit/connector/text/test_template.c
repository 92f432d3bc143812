/* Mustache: own cases by row, hostile input, limits, and the public
 * specification where MUSTACHE_SPEC names the folder of its JSON files. */
#include "connector/text/template.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include "connector/base/arena.h"
#include "connector/base/mem.h"

Suite *test_template_suite(void);

struct partials {
	const struct json *text; /* object: name -> template */
	struct template *loaded[16];
	size_t n;
};

/* Kept until the end: a render may hold several at once. */
static const struct template *partial(void *arg, const char *name)
{
	struct partials *p = arg;
	const char *text = json_get_cstr(p->text, name, NULL);

	if (text == NULL || p->n == 16)
		return NULL;
	p->loaded[p->n] = template_parse(name, str_of(text), NULL);
	ck_assert_ptr_nonnull(p->loaded[p->n]);
	return p->loaded[p->n++];
}

static const char *word(void *arg, const char *key)
{
	(void)arg;
	if (strcmp(key, "plain") == 0)
		return "a < b";
	if (strcmp(key, "bold") == 0)
		return "<b>{{x}}</b>";
	if (strcmp(key, "loop") == 0)
		return "{{t.loop}}";
	return NULL;
}

struct out {
	bool ok;
	char *text;
	struct err e;
};

static struct out run(const char *text, const char *doc, const char *partials,
		      enum template_escape escape, bool words)
{
	struct out o = {0};
	struct buf b = BUF_MAX(64 * KIB);
	AUTO_PTR(json) j = json_parse(str_of(doc), &o.e);
	AUTO_PTR(json) pj = json_parse(str_of(partials), &o.e);
	struct partials p = {.text = pj};
	struct template_env env = {.escape = escape,
				   .partial = partial,
				   .word = words ? word : NULL,
				   .arg = &p};
	AUTO_PTR(template) t = NULL;

	ck_assert_msg(j && pj, "%s: %s", doc, o.e.text);
	t = template_parse("case", str_of(text), &o.e);
	if (t != NULL)
		o.ok = template_render(t, j, &env, &b, &o.e);
	o.text = buf_take(&b, NULL);
	for (size_t i = 0; i < p.n; i++)
		template_free(&p.loaded[i]);
	return o;
}

static const struct {
	const char *text, *doc, *partials, *want;
} rows[] = {
	{"plain", "{}", "{}", "plain"},
	{"{{a}} {{{a}}} {{&a}}", "{\"a\":\"<&>\\\"'\"}", "{}",
	 "&lt;&amp;&gt;&quot;&#39; <&>\"' <&>\"'"},
	{"{{n}} {{f}} {{none}}", "{\"n\":85,\"f\":1.5}", "{}", "85 1.5 "},
	{"{{ a.b.c }}|{{a.x.c}}", "{\"a\":{\"b\":{\"c\":\"v\"}}}", "{}", "v|"},
	/* only the first part is looked for outwards */
	{"{{#a}}{{b.c}}{{/a}}", "{\"a\":{\"b\":{}},\"b\":{\"c\":\"wrong\"}}",
	 "{}", ""},
	{"{{#l}}{{.}},{{/l}}", "{\"l\":[1,\"two\",3]}", "{}", "1,two,3,"},
	{"{{#l}}[{{#.}}{{.}}{{/.}}]{{/l}}", "{\"l\":[[1,2],[3]]}", "{}",
	 "[12][3]"},
	{"{{^l}}none{{/l}}{{#l}}some{{/l}}", "{\"l\":[]}", "{}", "none"},
	{"{{#e}}yes{{/e}}{{^e}}empty{{/e}}", "{\"e\":\"\"}", "{}", "empty"},
	{"{{#o}}{{x}}{{y}}{{/o}}", "{\"o\":{\"x\":1},\"y\":2}", "{}", "12"},
	{"a\n  {{#b}}\nline\n  {{/b}}\nz\n", "{\"b\":true}", "{}",
	 "a\nline\nz\n"},
	{"a\r\n{{! gone }}\r\nz", "{}", "{}", "a\r\nz"},
	{"a {{! gone }} z", "{}", "{}", "a  z"},
	{"{{=<% %>=}}<% a %>{{a}}<%={{ }}=%>{{a}}", "{\"a\":1}", "{}",
	 "1{{a}}1"},
	{"\\\n {{>p}}\n/\n", "{\"x\":\"<\\n-\"}",
	 "{\"p\":\"|\\n{{{x}}}\\n|\\n\"}", "\\\n |\n <\n-\n |\n/\n"},
	{"  {{>p}}  {{>p}}\n", "{}", "{\"p\":\">\\n>\"}", "  >\n>  >\n>\n"},
	/* an inline section at the start of a line keeps the indent */
	{" {{>p}}\n", "{\"l\":[1,2]}", "{\"p\":\"{{#l}}x\\n{{/l}}y\\n\"}",
	 " x\n x\n y\n"},
	{"{{>node}}", "{\"c\":\"X\",\"n\":[{\"c\":\"Y\",\"n\":[]}]}",
	 "{\"node\":\"{{c}}<{{#n}}{{>node}}{{/n}}>\"}", "X<Y<>>"},
	{"[{{>missing}}]", "{}", "{}", "[]"},
};

START_TEST(renders_rows)
{
	struct out o = run(rows[_i].text, rows[_i].doc, rows[_i].partials,
			   TEMPLATE_HTML, false);

	ck_assert_msg(o.ok, "%s: %s", rows[_i].text, o.e.text);
	ck_assert_str_eq(o.text, rows[_i].want);
	mem_free(o.text);
}
END_TEST

static const char *const broken[] = {
	"{{a",		"{{#a}}",	  "{{/a}}",
	"{{#a}}{{/b}}", "{{}}",		  "{{a b}}",
	"{{=a}}",	"{{=a b c=}}",	  "{{{a}}",
	"{{a..b}}",	"{{.a}}",	  "{{#a.b}}{{/a.c}}",
	"{{a\nb}}",	"{{= == ==  =}}", "{{#a}}{{#b}}{{/a}}{{/b}}",
};

START_TEST(refuses_broken)
{
	struct out o = run(broken[_i], "{}", "{}", TEMPLATE_HTML, false);

	ck_assert_msg(!o.ok, "%s was taken", broken[_i]);
	ck_assert_int_eq(o.e.class, ERR_PERMANENT);
	ck_assert(strncmp(o.e.text, "case:1:", 7) == 0);
	mem_free(o.text);
}
END_TEST

START_TEST(escapes_by_mode)
{
	const char *doc = "{\"x\":\"a\\r\\nBcc: <b>\\u0007\\u202e\"}";
	struct out o = run("{{x}}", doc, "{}", TEMPLATE_TEXT, false);

	ck_assert_str_eq(o.text, "a\nBcc: <b>\xe2\x80\xae");
	mem_free(o.text);
	o = run("{{x}}{{{x}}}", doc, "{}", TEMPLATE_HEADER, false);
	ck_assert_ptr_null(strchr(o.text, '\n'));
	ck_assert_ptr_null(strchr(o.text, '\r'));
	ck_assert_ptr_null(strstr(o.text, "\xe2\x80\xae"));
	mem_free(o.text);
	o = run("<i title=\"{{x}}\">", "{\"x\":\"\\\"><script>\"}", "{}",
		TEMPLATE_HTML, false);
	ck_assert_str_eq(o.text, "<i title=\"&quot;&gt;&lt;script&gt;\">");
	mem_free(o.text);
}
END_TEST

START_TEST(puts_words)
{
	const char *doc = "{\"x\":\"<\",\"w\":\"bold\",\"u\":\"nothing\"}";
	struct out o = run("{{t.plain}}", doc, "{}", TEMPLATE_HTML, true);

	ck_assert_str_eq(o.text, "a &lt; b");
	mem_free(o.text);
	o = run("{{{t.bold}}}{{t.*w}}", doc, "{}", TEMPLATE_HTML, true);
	ck_assert_str_eq(o.text, "<b>&lt;</b>&lt;b&gt;&lt;&lt;/b&gt;");
	mem_free(o.text);
	o = run("[{{t.*missing}}]", doc, "{}", TEMPLATE_HTML, true);
	ck_assert_str_eq(o.text, "[]");
	mem_free(o.text);
	o = run("{{t.nothing}}", doc, "{}", TEMPLATE_HTML, true);
	ck_assert(!o.ok && strstr(o.e.text, "nothing"));
	mem_free(o.text);
	o = run("{{t.*u}}", doc, "{}", TEMPLATE_HTML, true);
	ck_assert(!o.ok);
	mem_free(o.text);
	o = run("{{t.loop}}", doc, "{}", TEMPLATE_HTML, true);
	ck_assert(!o.ok);
	ck_assert_int_eq(o.e.class, ERR_LIMIT);
	mem_free(o.text);
}
END_TEST

START_TEST(stops_at_limits)
{
	AUTO(buf) deep = BUF_MAX(64 * KIB);
	AUTO(buf) many = BUF_MAX(64 * KIB);
	struct out o = run("{{>p}}", "{}", "{\"p\":\"x{{>p}}\"}", TEMPLATE_HTML,
			   false);

	ck_assert_msg(o.ok || o.e.class == ERR_LIMIT, "%s", o.e.text);
	mem_free(o.text);
	for (int i = 0; i <= TEMPLATE_DEPTH_MAX; i++)
		buf_puts(&deep, "{{#a}}");
	o = run(buf_cstr(&deep), "{}", "{}", TEMPLATE_HTML, false);
	ck_assert(!o.ok);
	mem_free(o.text);
	/* 100 * 100 * 100 * 10 bytes would pass the output's maximum */
	buf_puts(&many, "{\"l\":[0");
	for (int i = 1; i < 100; i++)
		buf_puts(&many, ",1");
	buf_puts(&many, "]}");
	o = run("{{#l}}{{#l}}{{#l}}0123456789{{/l}}{{/l}}{{/l}}",
		buf_cstr(&many), "{}", TEMPLATE_HTML, false);
	ck_assert(!o.ok);
	ck_assert_int_eq(o.e.class, ERR_LIMIT);
	mem_free(o.text);
	o = run("{{#l}}{{#l}}{{#l}}{{#l}}{{n}}{{/l}}{{/l}}{{/l}}{{/l}}",
		buf_cstr(&many), "{}", TEMPLATE_HTML, false);
	ck_assert_int_eq(o.e.class, ERR_LIMIT);
	mem_free(o.text);
}
END_TEST

/* Every prefix of a template with all kinds of tags parses or is refused. */
START_TEST(survives_every_prefix)
{
	static const char whole[] =
		"a {{b}} {{{c}}} {{#d}}\n  {{>e}}\n{{/d}}{{=<< >>=}} <<f>>";

	for (size_t i = 0; i < sizeof(whole); i++) {
		AUTO_STR part = mem_strndup(whole, i);
		struct out o = run(part, "{\"d\":[1,2]}", "{\"e\":\"x\"}",
				   TEMPLATE_TEXT, false);

		mem_free(o.text);
	}
}
END_TEST

static void spec_case(const char *file, const struct json *test)
{
	AUTO(buf) data = BUF_MAX(MIB);
	AUTO(buf) partials = BUF_MAX(MIB);
	const struct json *p = json_get(test, "partials");
	struct out o;

	json_print(json_get(test, "data"), &data, false);
	if (p != NULL)
		json_print(p, &partials, false);
	else
		buf_puts(&partials, "{}");
	o = run(json_get_cstr(test, "template", ""), buf_cstr(&data),
		buf_cstr(&partials), TEMPLATE_HTML, false);
	ck_assert_msg(o.ok, "%s: %s: %s", file, json_get_cstr(test, "name", ""),
		      o.e.text);
	if (strcmp(o.text, json_get_cstr(test, "expected", "")) != 0)
		ck_abort_msg("%s: %s: \"%s\"", file,
			     json_get_cstr(test, "name", ""), o.text);
	mem_free(o.text);
}

START_TEST(passes_the_specification)
{
	static const char *const files[] = {"comments",	     "delimiters",
					    "interpolation", "inverted",
					    "partials",	     "sections"};
	const char *folder = getenv("MUSTACHE_SPEC");
	AUTO_STR path = NULL;
	AUTO(buf) b = BUF_MAX(MIB);
	AUTO_PTR(json) j = NULL;
	FILE *f;
	struct err e = ERR_EMPTY;

	if (folder == NULL)
		return;
	path = mem_printf("%s/%s.json", folder, files[_i]);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s", path);
	buf_grown(&b, fread(buf_room(&b, 64 * KIB), 1, 64 * KIB, f));
	fclose(f);
	j = json_parse(buf_str(&b), &e);
	ck_assert_msg(j != NULL, "%s", e.text);
	for (const struct json *t = json_at(json_get(j, "tests"), 0); t;
	     t = json_next(t))
		spec_case(files[_i], t);
}
END_TEST

Suite *test_template_suite(void)
{
	Suite *s = suite_create("template");
	TCase *c = tcase_create("all");

	tcase_add_loop_test(c, renders_rows, 0, ARRAY_LEN(rows));
	tcase_add_loop_test(c, refuses_broken, 0, ARRAY_LEN(broken));
	tcase_add_test(c, escapes_by_mode);
	tcase_add_test(c, puts_words);
	tcase_add_test(c, stops_at_limits);
	tcase_add_test(c, survives_every_prefix);
	tcase_add_loop_test(c, passes_the_specification, 0, 6);
	suite_add_tcase(s, c);
	return s;
}
