/* cmd_explain.c - `sekisho explain`: what would become of one message, by the
 * real inspector and the real policy, without a daemon and without a store.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "connector/base/mem.h"
#include "connector/base/vec.h"
#include "connector/main/explain_int.h"
#include "connector/main/main_int.h"

#define MESSAGE_MAX (150 * MIB) /* without a configuration */

struct asked {
	const char *config, *policy, *people, *history, *tls, *users;
	const char *from, *at;
	struct option_list to;
	bool json;
};

struct explaining {
	struct asked asked;
	struct arena a;
	struct config *config; /* NULL: none was asked for */
	struct policy *policy;
	struct tz *tz; /* when there is no configuration */
	struct {
		VEC_OF(const char *);
	} domains;
	struct explain_message message;
	struct envelope env;
	struct facts facts;
	struct plan plan;
};

static bool in_japanese(void)
{
	return strcmp(options_language(), "ja") == 0;
}

static int bad_address(const char *option, const char *text)
{
	print_error(in_japanese() ? "--%s: アドレスではありません: %s"
				  : "--%s: no address: %s",
		    option, text);
	return EX_USAGE;
}

/* ---- policy ---- */

static const char *beside(struct explaining *x, const char *policy,
			  const char *name)
{
	struct stat st;
	struct str path = str_of(policy);
	ptrdiff_t slash = str_rchr(path, '/');
	const char *file;

	if (stat(policy, &st) == 0 && S_ISDIR(st.st_mode))
		file = arena_printf(&x->a, "%s/%s", policy, name);
	else if (slash < 0)
		file = arena_strdup(&x->a, name);
	else
		file = arena_printf(&x->a, STR_FMT "/%s",
				    STR_ARG(str_head(path, (size_t)slash)),
				    name);
	return stat(file, &st) == 0 ? file : NULL;
}

/* Files that stand in for directory, history and TLS: as named, else beside
 * the policy that was named, else those of the configuration. */
static void side_files(struct explaining *x, struct policy_source *src)
{
	const struct asked *q = &x->asked;

	src->people = q->people;
	src->history = q->history;
	src->tls = q->tls;
	src->users = q->users;
	if (q->policy) {
		if (!src->people)
			src->people = beside(x, q->policy, "people.csv");
		if (!src->history)
			src->history = beside(x, q->policy, "history.csv");
		if (!src->tls)
			src->tls = beside(x, q->policy, "tls.csv");
		if (!src->users)
			src->users = beside(x, q->policy, "users.csv");
	}
	if (!src->people && x->config)
		src->people = x->config->people;
	if (!src->users && x->config)
		src->users = x->config->users;
}

static void tenant_domains(struct explaining *x)
{
	const struct config *c = x->config;

	for (size_t i = 0; c && i < c->tenant_n; i++)
		for (size_t k = 0; k < c->tenant[i].domains.n; k++)
			vec_push(&x->domains, c->tenant[i].domains.v[k]);
}

static int load_policy(struct explaining *x)
{
	struct conf_errors errs = {0};
	AUTO(buf) text = BUF_MAX(1 * MIB);
	AUTO_STR program = inspector_path(x->config);
	struct term_checker checker = {.program = program};
	struct policy_source src = {.path = x->asked.policy,
				    .check = expressions_check,
				    .check_arg = &checker};

	if (!src.path)
		src.path = x->config->policy;
	side_files(x, &src);
	if (x->config)
		src.timezone = tz_name(x->config->timezone);
	src.internal = x->domains.v;
	src.internal_n = x->domains.n;
	x->policy = policy_load(&src, &errs);
	conf_errors_print(&errs, options_language(), &text);
	print_lines(buf_str(&text), stderr);
	conf_errors_release(&errs);
	return x->policy ? EX_OK : EX_CONFIG;
}

static int load(struct explaining *x)
{
	struct err e = ERR_EMPTY;

	if (x->asked.config || !x->asked.policy) {
		x->config = command_config(x->asked.config);
		if (!x->config)
			return EX_CONFIG;
	} else {
		x->tz = tz_load("Asia/Tokyo", &e);
		if (!x->tz) {
			print_error("%s", e.text);
			return EX_CONFIG;
		}
	}
	tenant_domains(x);
	return load_policy(x);
}

/* ---- envelope ---- */

static void add_rcpt(struct explaining *x, const struct addr *addr)
{
	for (size_t i = 0; i < x->env.rcpt_n; i++)
		if (addr_same(&x->env.rcpt[i].addr, addr))
			return;
	x->env.rcpt[x->env.rcpt_n++].addr = *addr;
}

static void rcpts_of_header(struct explaining *x, const struct view_addrs *from)
{
	for (size_t i = 0; i < from->n; i++) {
		struct err e = ERR_EMPTY;
		struct addr addr;

		if (addr_parse(from->v[i].address, true, true, &x->a, &addr,
			       &e))
			add_rcpt(x, &addr);
		else
			print_error(in_japanese()
					    ? "宛先にできません: " STR_FMT
					    : "left out, no address: " STR_FMT,
				    STR_ARG(from->v[i].address));
	}
}

static int rcpts(struct explaining *x)
{
	const struct view *v = x->message.view;
	const struct option_list *to = &x->asked.to;

	x->env.rcpt = arena_array(&x->a,
				  to->n + v->to.n + v->cc.n + v->bcc.n + 1,
				  sizeof(*x->env.rcpt));
	for (size_t i = 0; i < to->n; i++) {
		struct addr addr;

		if (!addr_parse(str_of(to->v[i]), true, true, &x->a, &addr,
				NULL))
			return bad_address("to", to->v[i]);
		add_rcpt(x, &addr);
	}
	if (!to->n) {
		rcpts_of_header(x, &v->to);
		rcpts_of_header(x, &v->cc);
		rcpts_of_header(x, &v->bcc);
	}
	if (x->env.rcpt_n)
		return EX_OK;
	print_error(in_japanese() ? "宛先がありません。--to で指定してください"
				  : "the message names no recipient; use --to");
	return EX_DATAERR;
}

static int envelope(struct explaining *x)
{
	const struct view *v = x->message.view;
	const char *from = x->asked.from;

	if (from && *from && strcmp(from, "<>") != 0) {
		if (!addr_parse(str_of(from), true, false, &x->a, &x->env.from,
				NULL))
			return bad_address("from", from);
	} else if (!from && v->from.n) {
		(void)!addr_parse(v->from.v[0].address, true, false, &x->a,
				  &x->env.from, NULL);
	}
	return rcpts(x);
}

/* ---- the answer ---- */

static void print_plan(struct explaining *x, const struct tz *tz)
{
	AUTO(buf) text = BUF_MAX(64 * MIB);
	struct json *j;

	if (x->asked.json) {
		j = plan_json(&x->plan, &x->facts, tz);
		print_json(j);
		json_free(&j);
		return;
	}
	plan_text(&x->plan, &x->facts, tz, options_language(), &text);
	print_lines(buf_str(&text), stdout);
}

static int decide(struct explaining *x)
{
	const struct tz *tz = x->config ? x->config->timezone : x->tz;

	x->facts = (struct facts){
		.env = &x->env,
		.view = x->message.view,
		.findings = x->message.findings,
		.size = x->message.bytes.n,
		.accepted_us = clock_now_us(),
		.tenant_domains = x->domains.v,
		.tenant_domain_n = x->domains.n,
	};
	if (x->asked.at &&
	    !time_parse_rfc3339(str_of(x->asked.at), &x->facts.accepted_us)) {
		print_error(in_japanese()
				    ? "--at: 2026-09-01T19:00:00+09:00 の形で"
				      "書いてください"
				    : "--at: write it as "
				      "2026-09-01T19:00:00+09:00");
		return EX_USAGE;
	}
	policy_decide(x->policy, &x->facts, &x->a, &x->plan);
	print_plan(x, tz);
	return EX_OK;
}

static int explain(struct explaining *x, const char *path)
{
	AUTO_STR program = NULL;
	int code = load(x);

	if (code != EX_OK)
		return code;
	code = explain_read(path,
			    x->config ? x->config->limits.message : MESSAGE_MAX,
			    &x->a, &x->message);
	if (code != EX_OK)
		return code;
	program = inspector_path(x->config);
	code = explain_inspect(program, policy_question(x->policy), &x->a,
			       &x->message);
	if (code == EX_OK)
		code = envelope(x);
	return code == EX_OK ? decide(x) : code;
}

static void explaining_end(struct explaining *x)
{
	policy_free(&x->policy);
	config_free(&x->config);
	tz_free(&x->tz);
	vec_release(&x->domains);
	option_list_release(&x->asked.to);
	arena_release(&x->a);
}

static const struct command_usage usage = {
	"explain [-c FILE] [--from A] [--to B]... [--at TIME] [--json] "
	"MESSAGE.eml",
	"1通のメールがどう扱われるかを、実際の検査と規則で示します。"
	"何も送りません。\nMESSAGE.eml に - "
	"と書けば標準入力を読みます。"
	"設定ファイルがなくても --policy だけで\n試せます。名簿などは、"
	"指定がなければその隣の people.csv、history.csv、\ntls.csv、"
	"users.csv を使います。\n\n  sekisho explain --policy "
	"policy/starters/standard.yaml MESSAGE.eml\n\n"
	"終了コード: 64 使い方、65 メールの誤り、"
	"66 ファイルがない、78 設定や規則の誤り。",
	"Tells what would become of one message, by the real inspector "
	"and policy. Nothing\nis sent. MESSAGE.eml may be - for "
	"standard "
	"input. --policy alone needs no\nconfiguration; people.csv, "
	"history.csv, tls.csv and users.csv beside it serve\nunless "
	"others are named.\n\n  sekisho explain --policy "
	"policy/starters/standard.yaml MESSAGE.eml\n\nExit codes: 64 "
	"usage, 65 bad message, 66 no such file, 78 bad configuration\n"
	"or policy.",
	1, 1};

int cmd_explain(int argc, char **argv)
{
	struct explaining x = {0};
	struct asked *q = &x.asked;
	const struct option_row rows[] = {
		{"config", 'c', OPTION_TEXT, &q->config, "FILE", "設定ファイル",
		 "configuration file"},
		{"from", 0, OPTION_TEXT, &q->from, "A",
		 "差出人(なければヘッダの From)",
		 "envelope sender (else the header's From)"},
		{"to", 0, OPTION_LIST, &q->to, "B",
		 "宛先。繰り返せます(なければ To、Cc、Bcc)",
		 "recipient, may be repeated (else To, Cc and Bcc)"},
		{"at", 0, OPTION_TEXT, &q->at, "TIME",
		 "受け付けた時刻(なければ今) "
		 "2026-09-01T19:00:00+09:00",
		 "moment of acceptance (else now), as "
		 "2026-09-01T19:00:00+09:00"},
		{"json", 0, OPTION_FLAG, &q->json, NULL, "JSON で示す",
		 "answer as JSON"},
		{"policy", 0, OPTION_TEXT, &q->policy, "FILE",
		 "設定の代わりに使う規則", "policy instead of the configured"},
		{"people", 0, OPTION_TEXT, &q->people, "FILE",
		 "人の名簿 (CSV: address, name, manager, groups など)",
		 "people (CSV: address, name, manager, groups, …)"},
		{"history", 0, OPTION_TEXT, &q->history, "FILE",
		 "過去の宛先 (CSV: sender, recipient, count, last)",
		 "past recipients (CSV: sender, recipient, count, last)"},
		{"tls", 0, OPTION_TEXT, &q->tls, "FILE",
		 "通信の守り (CSV: domain, grade)",
		 "TLS grades (CSV: domain, grade)"},
		{"users", 0, OPTION_TEXT, &q->users, "FILE",
		 "利用者の設定 (CSV: address, setting, value)",
		 "users' own settings (CSV: address, setting, value)"},
		{0}};
	int n, code = options_parse(&usage, rows, argc, argv, &n);

	if (code < 0)
		code = explain(&x, argv[1]);
	explaining_end(&x);
	return code;
}
