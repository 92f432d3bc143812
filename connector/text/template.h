/* template.h - Mustache over a JSON document, escaped for where it goes.
 *
 * The whole specification but for lambdas and inheritance.  A parsed template
 * is immutable: any thread may render it.  {{x}} is escaped by the mode; the
 * raw form {{{x}}} is raw in HTML and TEXT, and cleaned as ever in HEADER.
 * An empty string counts as false.
 *
 * Words: {{t.key}} is the catalogue's word for `key`, {{t.*name}} the word
 * whose key is the value of `name`.  A word is itself a template over the
 * document at hand; its literal text is escaped too, unless it was asked for
 * as {{{t.key}}}; what it interpolates is escaped always.
 */
#ifndef SEKISHO_TEXT_TEMPLATE_H
#define SEKISHO_TEXT_TEMPLATE_H

#include "connector/base/json.h"

#define TEMPLATE_BYTES_MAX ((size_t)256 * 1024)
#define TEMPLATE_DEPTH_MAX 64 /* sections and partials inside others */
#define TEMPLATE_STEPS_MAX (1000 * 1000) /* tokens rendered */

enum template_escape {
	TEMPLATE_HTML,	 /* & < > " ' */
	TEMPLATE_TEXT,	 /* controls but LF and TAB go */
	TEMPLATE_HEADER, /* no line breaks either, UTF-8 cleaned */
};

struct template;
/* Errors (PERMANENT) begin with "name:line: ". The text is copied. */
struct template *template_parse(const char *name, struct str text,
				struct err *e) MUST_USE;
void template_free(struct template **t);

struct template_env {
	enum template_escape escape;
	/* A partial by name, or NULL: nothing. May be NULL itself. */
	const struct template *(*partial)(void *arg, const char *name);
	/* A word by key, or NULL: an error. NULL: `t` is an ordinary name. */
	const char *(*word)(void *arg, const char *key);
	void *arg;
};
/* Appends to out. Class LIMIT when depth, steps or out's maximum is passed;
 * what was appended until then stays. */
bool template_render(const struct template *t, const struct json *doc,
		     const struct template_env *env, struct buf *out,
		     struct err *e) MUST_USE;
/* Text escaped as {{x}} would be. */
void template_escape_put(struct buf *out, enum template_escape escape,
			 struct str s);

#endif
