/* cmd_check.c - `sekisho check`. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>
#include "auth/login.h"
#include "connector/base/mem.h"
#include "connector/flow/flow.h"
#include "connector/main/main_int.h"
#include "connector/notice/notice.h"
#include "connector/sys/tls/tls.h"
#include "policy/policy.h"

/* Planned and shown, and not carried out: better known before the mail. */
static void warn_unbuilt(unsigned bits)
{
	bool ja = strcmp(options_language(), "ja") == 0;
	AUTO(buf) what = BUF_MAX(1 * KIB);

	if (!bits)
		return;
	unbuilt_text(bits, options_language(), &what);
	fprintf(stderr,
		ja ? "警告: 規則が求める次のことはまだできません。当たった"
		     "メールは受け取らない(451)か、管理者へ回します: %s\n"
		   : "warning: these are not carried out yet; mail that needs "
		     "them is not taken (451), or held for an admin: %s\n",
		buf_cstr(&what));
}

static bool check_policy(const struct config *c)
{
	AUTO(buf) text = BUF_MAX(1 * MIB);
	struct policy *p = configured_policy(c, options_language(), NULL,
					     &text);
	bool ok = p != NULL;

	print_lines(buf_str(&text), stderr);
	if (ok)
		printf(strcmp(options_language(), "ja") == 0
			       ? "規則: %zu件\n"
			       : "policy: rules: %zu\n",
		       policy_rule_count(p));
	if (ok)
		warn_unbuilt(policy_unbuilt(p));
	policy_free(&p);
	return ok;
}

static bool check_pair(const char *certificate, const struct secret_ref *key,
		       struct err *e)
{
	struct tls_server_conf conf = {
		.certificate_file = certificate,
		.key_file = key->kind == SECRET_FILE ? key->value : certificate,
	};
	struct tls_ctx *tls;

	if (!certificate || key->kind > SECRET_FILE)
		return true;
	tls = tls_server_new(&conf, e);
	TRY(tls != NULL);
	tls_ctx_free(&tls);
	return true;
}

static bool check_tls(const struct config *c, struct err *e)
{
	return check_pair(c->tls.certificate, &c->tls.key, e) ||
	       err_wrap(e, "tls");
}

static bool check_tenants(const struct config *c, struct err *e)
{
	for (size_t i = 0; i < c->tenant_n; i++) {
		const struct tenant_conf *t = &c->tenant[i];

		if (!check_pair(t->tls.certificate, &t->tls.key, e) ||
		    !login_users_check(t, e))
			return err_wrap(e, "tenant %s", t->tenant);
	}
	return true;
}

static bool check_store(const struct config *c, struct err *e)
{
	bool empty = false;

	TRY(store_is_empty(c->store, &empty, e));
	if (access(c->master_key, R_OK) != 0 && !empty)
		return err_set(e, ERR_CONFIG, 0,
			       "master key %s cannot be read, and the store is "
			       "not empty: `sekisho key restore`",
			       c->master_key);
	return true;
}

static bool check_notices(const struct config *c, struct err *e)
{
	struct notices *n = notices_load(c->notices.templates, e);

	if (!n)
		return err_wrap(e, "notices.templates");
	notices_free(&n);
	return true;
}

static int check_all(const struct config *c)
{
	static bool (*const checks[])(const struct config *c, struct err *e) = {
		check_tls, check_tenants, check_store, check_notices};
	bool ok = true;

	if (c->policy)
		ok = check_policy(c);
	for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
		struct err e = ERR_EMPTY;

		if (checks[i](c, &e))
			continue;
		print_error("%s", e.text);
		ok = false;
	}
	if (ok)
		puts("OK");
	return ok ? EX_OK : EX_CONFIG;
}

/* A path of the configuration as the configuration means it; NULL when it
 * cannot be read, which has been told. */
static char *path_in(const struct conf_node *root, const char *key,
		     const char *config, struct arena *a)
{
	const struct conf_node *n = conf_get(root, key);
	const char *slash = strrchr(config, '/');
	char *path;

	if (!n || n->kind != CONF_SCALAR || !n->text.n)
		return NULL;
	if (!slash || n->text.p[0] == '/')
		path = arena_strndup(a, n->text.p, n->text.n);
	else
		path = arena_printf(a, "%.*s/" STR_FMT, (int)(slash - config),
				    config, STR_ARG(n->text));
	return conf_can_read(path, true) ? path : NULL;
}

/* The configuration is wrong and has been told of; its policy may be, too. */
static void check_policy_of(const char *config)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct conf_errors told = {0};
	struct err e = ERR_EMPTY;
	struct conf_node *root = NULL;
	char none[] = "example.invalid"; /* its own may not be readable */
	char *domain[] = {none};
	struct tenant_conf tenant = {.domains = {.v = domain, .n = 1}};
	struct config c = {.tenant = &tenant, .tenant_n = 1};
	struct str text;

	if (conf_read_file(config, CONF_FILE_MAX, &a, &text, &e))
		root = conf_parse(text, config, &a, &told);
	conf_errors_release(&told);
	c.policy = path_in(root, "policy", config, &a);
	c.people = path_in(root, "people", config, &a);
	c.users = path_in(root, "users", config, &a);
	if (c.policy)
		check_policy(&c);
}

int cmd_check(int argc, char **argv)
{
	static const struct command_usage usage = {
		"check [-c FILE] [--settings] [--states]",
		"設定、規則、証明書、保管庫、通知のひな形を調べます。誤りは"
		"すべて1回で示します。",
		"Checks configuration, policy, certificates, store and notice "
		"templates; every error in one run.",
		0, 0};
	const char *path = NULL;
	bool settings = false, states = false;
	const struct option_row rows[] = {
		OPTION_CONFIG(&path),
		{"settings", 0, OPTION_FLAG, &settings, NULL, "設定項目の一覧",
		 "list every setting"},
		{"states", 0, OPTION_FLAG, &states, NULL, "状態遷移図",
		 "print the state diagram"},
		{0}};
	AUTO(buf) text = BUF_MAX(1 * MIB);
	struct config *c;
	int n, code = options_parse(&usage, rows, argc, argv, &n);

	if (code >= 0)
		return code;
	if (settings || states) {
		if (settings)
			config_settings(&text);
		else
			flow_state_diagram(&text);
		print_text(buf_str(&text), stdout);
		return EX_OK;
	}
	c = command_config(path);
	if (!c) {
		check_policy_of(config_file_path(path));
		return EX_CONFIG;
	}
	code = check_all(c);
	config_free(&c);
	return code;
}
