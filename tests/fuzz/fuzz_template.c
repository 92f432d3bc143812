/* fuzz_template - a template, a NUL, and the JSON it is rendered over, in each
 * mode; HTML must hold no markup that the template did not bring. */
#include "connector/text/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define DOC "{\"a\":\"<x>\",\"l\":[1,{\"a\":2},[3]],\"o\":{\"b\":\"c\"}}"

static const struct template *self;

static const struct template *partial(void *arg, const char *name)
{
	(void)arg;
	return name[0] == 'p' ? self : NULL;
}

static const char *word(void *arg, const char *key)
{
	(void)arg;
	return key[0] == 'w' ? "{{a}} & {{t.x}}" : "word";
}

static void render(const struct template *t, const struct json *doc, bool plain)
{
	for (int mode = TEMPLATE_HTML; mode <= TEMPLATE_HEADER; mode++) {
		AUTO(buf) out = BUF_MAX(256 * KIB);
		struct template_env env = {.escape = (enum template_escape)mode,
					   .partial = partial,
					   .word = word};
		struct err e = ERR_EMPTY;

		if (!template_render(t, doc, &env, &out, &e) &&
		    e.class == ERR_NONE)
			__builtin_trap();
		if (mode == TEMPLATE_HTML && plain && out.n &&
		    memchr(out.p, '<', out.n))
			__builtin_trap();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const uint8_t *nul = memchr(p, 0, n);
	size_t split = nul ? (size_t)(nul - p) : n;
	struct str text = str_n(p, split);
	AUTO_PTR(json) doc = NULL;
	AUTO_PTR(template) t = template_parse("fuzz", text, NULL);

	if (nul)
		doc = json_parse(str_n(nul + 1, n - split - 1), NULL);
	if (doc == NULL)
		doc = json_parse(STR(DOC), NULL);
	if (t == NULL)
		return 0;
	self = t;
	/* Without raw tags and own markup nothing may look like markup. */
	render(t, doc,
	       !memchr(text.p ? text.p : "", '<', text.n) &&
		       str_find(text, STR("{{{")) < 0 &&
		       str_find(text, STR("&")) < 0 &&
		       str_find(text, STR("=")) < 0);
	return 0;
}
