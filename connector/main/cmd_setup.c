/* cmd_setup.c - `sekisho setup`: the exact steps that connect a tenant. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include "connector/base/embed.h"
#include "connector/base/mem.h"
#include "connector/main/main_int.h"
#include "connector/main/setup_int.h"
#include "connector/text/template.h"

extern const struct embedded main_embedded[];

static const char *const KINDS[] = {[KIND_SMTP] = "smtp",
				    [KIND_M365] = "m365",
				    [KIND_GOOGLE] = "google",
				    [KIND_LINE_WORKS] = "line-works"};

/* ---- rendering ------------------------------------------------------------- */

/* Windows PowerShell 5.1 reads UTF-8 only behind a byte order mark. */
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

static const char *template_of(const struct setup *s)
{
	static const char *const modes[] = {[SETUP_DO] = "setup",
					    [SETUP_UNDO] = "undo",
					    [SETUP_BYPASS] = "bypass"};
	static char name[64];

	if (s->mode == SETUP_DNS)
		return "dns.md.in";
	snprintf(name, sizeof(name), "%s-%s.%s.in", KINDS[s->tenant->kind],
		 modes[s->mode], s->tenant->kind == KIND_M365 ? "ps1" : "md");
	return name;
}

static const struct template *no_partial(void *arg, const char *name)
{
	(void)arg;
	(void)name;
	return NULL;
}

bool setup_render(const struct setup *s, const struct json *doc,
		  struct buf *name, struct buf *text, struct err *e)
{
	const char *file = template_of(s);
	const struct embedded *row = embedded_find(main_embedded, file);
	struct template_env env = {.escape = TEMPLATE_TEXT,
				   .partial = no_partial};
	struct str stem = str_head(str_of(file), strlen(file) - strlen(".in"));
	struct template *t;
	bool ok;

	if (!row)
		return err_set(e, ERR_BUG, 0, "no template %s", file);
	buf_printf(name, "sekisho-%s-" STR_FMT, s->tenant->tenant,
		   STR_ARG(stem));
	if (str_ends(stem, STR(".ps1")) && s->language == LANGUAGE_JA)
		buf_puts(text, BYTE_ORDER_MARK);
	t = template_parse(file, str_n(row->p, row->n), e);
	TRY(t != NULL);
	ok = template_render(t, doc, &env, text, e);
	template_free(&t);
	return ok;
}

/* ---- the command ----------------------------------------------------------- */

struct wish {
	const char *config, *tenant, *scope, *group, *language;
	bool dns, undo, bypass, json;
};

static const struct tenant_conf *find_tenant(const struct config *c,
					     const char *kind, const char *name)
{
	const struct tenant_conf *found = NULL;

	for (size_t i = 0; i < c->tenant_n; i++) {
		const struct tenant_conf *t = &c->tenant[i];

		if (strcmp(KINDS[t->kind], kind) != 0 ||
		    (name && strcmp(t->tenant, name) != 0))
			continue;
		if (found) {
			print_error("setup: several tenants of kind %s: name "
				    "one with --tenant",
				    kind);
			return NULL;
		}
		found = t;
	}
	if (!found)
		print_error("setup: no tenant%s%s of kind %s in %s",
			    name ? " " : "", name ? name : "", kind, c->file);
	return found;
}

static bool choose_mode(const struct wish *w, enum setup_mode *mode_r)
{
	*mode_r = w->undo     ? SETUP_UNDO
		  : w->bypass ? SETUP_BYPASS
		  : w->dns    ? SETUP_DNS
			      : SETUP_DO;
	if (w->undo + w->bypass + w->dns > 1) {
		print_error("setup: one of --dns, --undo, --bypass");
		return false;
	}
	return true;
}

static bool choose(const struct wish *w, const char *kind, struct setup *s)
{
	static const char *const scopes[] = {"external", "all"};
	struct str language;

	TRY(choose_mode(w, &s->mode));
	if (w->scope && strcmp(w->scope, scopes[0]) != 0 &&
	    strcmp(w->scope, scopes[1]) != 0) {
		print_error("setup: --scope is external or all, not \"%s\"",
			    w->scope);
		return false;
	}
	s->all = w->scope && strcmp(w->scope, scopes[1]) == 0;
	s->tenant = find_tenant(s->config, kind, w->tenant);
	TRY(s->tenant != NULL);
	s->group = w->group ? w->group : s->tenant->enrolled_group;
	if (s->group &&
	    (!strchr(s->group, '@') || str_has_control(str_of(s->group)))) {
		print_error("setup: --group is a mail address");
		return false;
	}
	language = str_of(w->language		? w->language
			  : s->tenant->language ? s->tenant->language
						: s->config->language);
	if (!language_parse(language, &s->language)) {
		print_error("setup: --language is ja or en");
		return false;
	}
	return true;
}

static void print_as_json(const struct setup *s, struct json *doc,
			  const struct buf *name, const struct buf *text)
{
	static const char *const modes[] = {"setup", "undo", "bypass", "dns"};
	struct json *o = json_object();

	json_add_cstr(o, "tenant", s->tenant->tenant);
	json_add_cstr(o, "kind", KINDS[s->tenant->kind]);
	json_add_cstr(o, "what", modes[s->mode]);
	json_add_str(o, "file", buf_str(name));
	json_add_str(o, "text", buf_str(text));
	json_add(o, "values", doc);
	print_json(o);
	json_free(&o);
}

static int print_steps(const struct setup *s, bool as_json)
{
	AUTO(buf) name = BUF_MAX(1 * KIB);
	AUTO(buf) text = BUF_MAX(SETUP_TEXT_MAX);
	struct err e = ERR_EMPTY;
	struct json *doc;

	if (!setup_check(s, &e)) {
		print_error("setup: %s", e.text);
		return EX_CONFIG;
	}
	doc = setup_document(s);
	setup_add_dns(doc, s);
	if (!setup_render(s, doc, &name, &text, &e)) {
		print_error("setup: %s", e.text);
		json_free(&doc);
		return EX_SOFTWARE;
	}
	if (as_json) {
		print_as_json(s, doc, &name, &text);
	} else {
		print_text(buf_str(&text), stdout);
		json_free(&doc);
	}
	return EX_OK;
}

static int steps(struct command *x, const char *kind)
{
	const struct wish *w = x->arg;
	struct setup s = {.config = x->c};
	struct err e = ERR_EMPTY; /* no store yet: steps without keys */
	struct dkim_ring *ring = dkim_ring_stored(x->c, &e);
	int code = EX_USAGE;

	s.ring = ring;
	if (choose(w, kind, &s))
		code = print_steps(&s, w->json);
	dkim_ring_free(&ring);
	return code;
}

#define KIND_VERB(what, kind)                                                  \
	static int setup_##what(struct command *x)                             \
	{                                                                      \
		return steps(x, KINDS[kind]);                                  \
	}
KIND_VERB(m365, KIND_M365)
KIND_VERB(google, KIND_GOOGLE)
KIND_VERB(line_works, KIND_LINE_WORKS)
KIND_VERB(smtp, KIND_SMTP)

int cmd_setup(int argc, char **argv)
{
	static const struct command_usage usage = {
		"setup m365|google|line-works|smtp [options]",
		"テナントをつなぐ手順を、この設置の値で出します。何も変えず、"
		"秘密の値も出しません。",
		"Prints the exact steps that connect a tenant to this "
		"installation; changes nothing and shows no secret.",
		1, 1};
	static const struct command_verb verbs[] = {
		{"m365", 0, 0, setup_m365},
		{"google", 0, 0, setup_google},
		{"line-works", 0, 0, setup_line_works},
		{"smtp", 0, 0, setup_smtp},
		{0}};
	struct wish w = {0};
	const struct option_row rows[] = {
		OPTION_CONFIG(&w.config),
		{"tenant", 't', OPTION_TEXT, &w.tenant, "NAME",
		 "テナント(その種類が1つなら不要)",
		 "tenant, where the kind has several"},
		{"scope", 0, OPTION_TEXT, &w.scope, "SCOPE",
		 "external(標準)か all(社内宛ても)",
		 "external (default), or all: inside mail too"},
		{"group", 0, OPTION_TEXT, &w.group, "ADDRESS",
		 "このグループの人だけ(試行)",
		 "only this group's mail (pilot)"},
		{"dns", 0, OPTION_FLAG, &w.dns, NULL, "DNS レコード",
		 "the DNS records"},
		{"undo", 0, OPTION_FLAG, &w.undo, NULL, "元に戻す手順",
		 "how to take it all back"},
		{"bypass", 0, OPTION_FLAG, &w.bypass, NULL,
		 "関所を一時的に通さない手順",
		 "how to take the gate out of the path"},
		{"language", 0, OPTION_TEXT, &w.language, "LANG", "ja か en",
		 "ja or en"},
		OPTION_JSON(&w.json),
		{0}};

	return command_run(&usage, rows, verbs, &w, argc, argv);
}
