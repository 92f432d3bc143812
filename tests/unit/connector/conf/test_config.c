/* The configuration: the example equals the tables, and every kind of wrong
 * value is told with its place.
 */
#include "connector/conf/config.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connector/base/limits.h"

Suite *test_config_suite(void);

static char folder[64];
static struct arena a;
static struct conf_errors errs;

static void write_file(const char *name, const char *text, size_t n)
{
	char *path = arena_printf(&a, "%s/%s", folder, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, n), (ssize_t)n);
	close(fd);
}

static void start(void)
{
	static const char *const FILES[] = {
		"gate.pem",    "gate.key",     "policy.yaml",
		"people.csv",  "relay-ca.pem", "sekisho-inspector",
		"app.pem",     "app.key",      "users.txt",
		"example.pem", "example.key",  "ca.pem",
		"root.key",    "users.csv"};

	a = ARENA_EMPTY;
	errs = (struct conf_errors){0};
	snprintf(folder, sizeof(folder), "/tmp/sekisho-conf-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	for (size_t i = 0; i < ARRAY_LEN(FILES); i++)
		write_file(FILES[i], "x\n", 2);
	mkdir(arena_printf(&a, "%s/templates", folder), 0700);
}

static void stop(void)
{
	static const char *const FILES[] = {
		"gate.pem",    "gate.key",     "policy.yaml",
		"people.csv",  "relay-ca.pem", "sekisho-inspector",
		"app.pem",     "app.key",      "users.txt",
		"example.pem", "example.key",  "ca.pem",
		"root.key",    "users.csv",    "c.yaml"};

	for (size_t i = 0; i < ARRAY_LEN(FILES); i++)
		unlink(arena_printf(&a, "%s/%s", folder, FILES[i]));
	rmdir(arena_printf(&a, "%s/templates", folder));
	ck_assert_int_eq(rmdir(folder), 0);
	arena_release(&a);
	conf_errors_release(&errs);
}

static struct config *load(const char *text)
{
	write_file("c.yaml", text, strlen(text));
	return config_load(arena_printf(&a, "%s/c.yaml", folder), &errs);
}

static struct str example(void)
{
	struct err e = ERR_EMPTY;
	struct str s;

	ck_assert_msg(conf_read_file("config.example", MIB, &a, &s, &e), "%s",
		      e.text);
	return s;
}

/* Settings behind a # without a space are made real ones. */
static char *uncommented(void)
{
	struct str text = example(), line;
	AUTO(buf) out = BUF_MAX(MIB);

	while (str_split(&text, '\n', &line)) {
		ptrdiff_t hash = str_chr(line, '#');
		bool setting = hash >= 0 && (size_t)hash + 1 < line.n &&
			       ascii_alnum(line.p[hash + 1]) &&
			       !str_trim(str_head(line, (size_t)hash)).n;

		if (setting) {
			buf_put_str(&out, str_head(line, (size_t)hash));
			line = str_skip(line, (size_t)hash + 1);
		}
		buf_put_str(&out, line);
		buf_putc(&out, '\n');
	}
	return arena_strndup(&a, out.p, out.n);
}

static void fail_with_errors(void)
{
	AUTO(buf) out = BUF_MAX(MIB);

	conf_errors_print(&errs, "en", &out);
	ck_abort_msg("%s", buf_cstr(&out));
}

START_TEST(example_loads)
{
	struct config *c = load(arena_strndup(&a, example().p, example().n));

	if (!c)
		fail_with_errors();
	ck_assert_str_eq(c->hostname, "gate.example.co.jp");
	ck_assert_str_eq(c->public_url, "https://gate.example.co.jp/");
	ck_assert_str_eq(tz_name(c->timezone), "Asia/Tokyo");
	ck_assert_uint_eq(c->admins.n, 1);
	ck_assert_str_eq(c->store, "sqlite:/var/lib/sekisho/sekisho.db");
	ck_assert_str_eq(c->listen.smtp.v[0], "0.0.0.0:25");
	ck_assert_int_eq(c->tls.key.kind, SECRET_FILE);
	ck_assert_int_eq(c->queue.warn_after_us, 4 * US_PER_HOUR);
	ck_assert_int_eq(c->queue.retry_most_us, US_PER_HOUR);
	ck_assert_int_eq(c->retention.audit_us, 3 * 365 * US_PER_DAY);
	ck_assert_int_eq(c->retention.body_after_end_us, 0);
	ck_assert_uint_eq(c->limits.message, 150 * MIB);
	ck_assert_uint_eq(c->limits.sessions, 2000);
	ck_assert_int_eq(c->notices.hold, HOLD_NOTICE_EACH);
	ck_assert_uint_eq(c->inspector.children, 2);
	ck_assert(!c->run.log_json);
	ck_assert_uint_eq(c->tenant_n, 1);
	ck_assert_str_eq(c->tenant[0].domains.v[0], "example.co.jp");
	ck_assert_uint_eq(c->tenant[0].accept.networks.n, 2);
	ck_assert(c->tenant[0].accept.require_tls);
	ck_assert_int_eq(c->tenant[0].deliver.tls, TLS_LEVEL_VERIFIED);
	ck_assert_uint_eq(c->tenant[0].deliver.port, 25);
	ck_assert_uint_eq(c->tenant[0].deliver.recipients, 100);
	ck_assert_ptr_null(c->tenant[0].language);
	ck_assert(str_ends(str_of(c->policy), STR("/policy.yaml")));
	ck_assert_int_eq(c->policy[0], '/');
	config_free(&c);
	ck_assert_ptr_null(c);
}
END_TEST

/* "tenants[].deliver.port" in a tree. */
static const struct conf_node *look_up(const struct conf_node *n,
				       struct str name)
{
	struct str part;

	while (n && str_split(&name, '.', &part)) {
		bool list = str_ends(part, STR("[]"));

		if (list)
			part.n -= 2;
		n = conf_get(n, arena_strndup(&a, part.p, part.n));
		if (n && list)
			n = n->kind == CONF_LIST && n->n ? n->item[0] : NULL;
	}
	return n;
}

START_TEST(example_equals_the_tables)
{
	AUTO(buf) rows = BUF_MAX(MIB);
	struct conf_node *root;
	struct config *c;
	struct str rest, line;
	size_t n = 0;

	root = conf_parse(str_of(uncommented()), "config.example", &a, &errs);
	ck_assert_ptr_nonnull(root);
	config_settings(&rows);
	rest = buf_str(&rows);
	while (str_split(&rest, '\n', &line) && line.n) {
		struct str name, type, words, deflt;
		const struct conf_node *at;

		ck_assert(str_split(&line, '\t', &name));
		ck_assert(str_split(&line, '\t', &type));
		ck_assert(str_split(&line, '\t', &words));
		ck_assert(str_split(&line, '\t', &deflt));
		at = look_up(root, name);
		ck_assert_msg(at, "not in config.example: " STR_FMT,
			      STR_ARG(name));
		ck_assert_uint_gt(line.n, 0); /* help */
		if (deflt.n && !str_is(deflt, "(required)"))
			ck_assert_msg(str_eq(at->text, deflt),
				      STR_FMT ": default is " STR_FMT,
				      STR_ARG(name), STR_ARG(deflt));
		n++;
	}
	ck_assert_uint_gt(n, 60);
	/* No key in it that the tables do not know. */
	c = load(uncommented());
	if (!c)
		fail_with_errors();
	ck_assert_str_eq(c->run.user, "sekisho");
	ck_assert_ptr_nonnull(c->tenant[0].deliver.ca);
	config_free(&c);
}
END_TEST

#define GOOD                                                                   \
	"sekisho: 1\n"                                                         \
	"hostname: gate.example.co.jp\n"                                       \
	"public-url: https://gate.example.co.jp\n"                             \
	"admins: [it@example.co.jp]\n"                                         \
	"store: \"memory:\"\n"                                                 \
	"spool: spool\n"                                                       \
	"master-key: master.key\n"                                             \
	"listen: {smtp: [\"127.0.0.1:0\"]}\n"                                  \
	"policy: policy.yaml\n"
#define TENANT                                                                 \
	"tenants:\n"                                                           \
	"  - tenant: t\n"                                                      \
	"    kind: smtp\n"                                                     \
	"    domains: [Example.JP, \"*.example.jp\"]\n"                        \
	"    accept: {networks: [127.0.0.1], require-tls: false}\n"            \
	"    deliver: {via: relay, host: \"::1\", tls: none}\n"                \
	"    notices-from: s@example.jp\n"

#define GUID "00000000-0000-4000-8000-000000000001"
#define ORG  ", originator-org: [example.jp]"

START_TEST(least_file)
{
	struct config *c = load(GOOD TENANT);

	if (!c)
		fail_with_errors();
	ck_assert_str_eq(c->public_url, "https://gate.example.co.jp/");
	ck_assert_str_eq(c->spool, arena_printf(&a, "%s/spool", folder));
	ck_assert_str_eq(c->tenant[0].domains.v[0], "example.jp");
	ck_assert_int_eq(c->tenant[0].deliver.tls, TLS_LEVEL_NONE);
	ck_assert_str_eq(c->control, "/run/sekisho/control.sock");
	ck_assert_ptr_null(c->people);
	ck_assert_ptr_null(c->tls.certificate);
	config_free(&c);
}
END_TEST

/* What is not said about TLS depends on the way. */
START_TEST(direct_is_opportunistic)
{
	static const struct {
		const char *deliver;
		enum tls_level tls;
	} way[] = {
		{"{via: direct}", TLS_LEVEL_OPPORTUNISTIC},
		{"{via: direct, tls: required}", TLS_LEVEL_REQUIRED},
		{"{via: relay, host: \"::1\"}", TLS_LEVEL_VERIFIED},
	};
	struct str text = STR(GOOD TENANT), was = STR("{via: relay");
	ptrdiff_t at = str_find(text, was);
	struct str rest = str_skip(text, (size_t)at);
	struct config *c;

	rest = str_skip(rest, (size_t)str_chr(rest, '}') + 1);
	c = load(arena_printf(&a, STR_FMT "%s" STR_FMT,
			      STR_ARG(str_head(text, (size_t)at)),
			      way[_i].deliver, STR_ARG(rest)));
	if (!c)
		fail_with_errors();
	ck_assert_int_eq(c->tenant[0].deliver.tls, way[_i].tls);
	config_free(&c);
}
END_TEST

/* One line more, or instead; what the first error says, and where. */
static const struct {
	const char *more, *en;
	unsigned line, column;
} BAD[] = {
	{"hostnam: x\n", "did you mean `hostname`?", 10, 1},
	{"timezone: Asia/Tokio\n", "time zone", 10, 11},
	{"timezone: ../../etc/passwd\n", "time zone", 10, 11},
	{"language: fr\n", "allowed are ja, en", 10, 11},
	{"language: [ja]\n", "wrong type", 10, 11},
	{"queue: {warn-after: 4 hours}\n", "write a time", 10, 21},
	{"queue: {warn-after: 6d}\n", "shorter than give-up", 10, 8},
	{"queue: {give-up: 90d}\n", "out of bounds", 10, 18},
	{"queue: [1]\n", "pairs", 10, 8},
	{"limits: {message: lots}\n", "write a size", 10, 19},
	{"limits: {message: 9GB}\n", "out of bounds", 10, 19},
	{"limits: {recipients: -1}\n", "write a number", 10, 22},
	{"limits: {recipients: 99999999999999999999}\n", "write a number", 10,
	 22},
	{"tls: {certificate: none.pem, key: {file: gate.key}}\n",
	 "cannot be read", 10, 20},
	{"tls: {certificate: gate.pem, key: {file: none.key}}\n",
	 "cannot be read", 10, 42},
	{"tls: {certificate: gate.pem, key: gate.key}\n", "never the value", 10,
	 35},
	{"tls: {certificate: gate.pem, key: {file: a, secret: b}}\n",
	 "never the value", 10, 35},
	{"tls: {certificate: gate.pem, key: {fiel: gate.key}}\n",
	 "`fiel`: unknown key, did you mean `file`?", 10, 36},
	{"tls: {certificate: ., key: {file: gate.key}}\n", "Is a directory", 10,
	 20},
	{"people: .\n", "Is a directory", 10, 9},
	{"tls: {certificate: gate.pem}\n", "`key` is missing", 10, 6},
	{"proxies: [10.0.0.0/33]\n", "write a network", 10, 11},
	{"proxies: [[10.0.0.0/8]]\n", "one value", 10, 11},
	{"notices: {seed-form-only: yes}\n", "true or false", 10, 27},
	{"notices: {seed-form-only: \"true\"}\n", "true or false", 10, 27},
	{"notices: {hold: dijest}\n", "did you mean digest", 10, 17},
	{"people: none.csv\n", "cannot be read", 10, 9},
	{"notices: {templates: none/}\n", "cannot be read", 10, 22},
	{"control: \"a\\nb\"\n", "write a path", 10, 10},
};

START_TEST(bad_values)
{
	char *text = arena_printf(&a, "%s%s%s", GOOD, BAD[_i].more, TENANT);

	ck_assert_ptr_null(load(text));
	ck_assert_uint_eq(errs.errors, 1);
	ck_assert_msg(strstr(errs.v[0].en, BAD[_i].en), "%s", errs.v[0].en);
	ck_assert_uint_eq(errs.v[0].line, BAD[_i].line);
	ck_assert_uint_eq(errs.v[0].column, BAD[_i].column);
}
END_TEST

static const struct {
	const char *from, *to, *en;
} SWAP[] = {
	{"sekisho: 1", "sekisho: 2", "version 1"},
	{"hostname: gate.example.co.jp", "hostname: gate_.-x.jp", "host name"},
	{"hostname: gate.example.co.jp", "hostname: 関所.jp", "xn--"},
	{"hostname: gate.example.co.jp\n", "", "`hostname` is missing"},
	{"https://", "ftp://", "https://name/"},
	{"[it@example.co.jp]", "[it]", "name@example.jp"},
	{"[it@example.co.jp]", "[]", "at least one"},
	{"\"memory:\"", "postgresql://x", "not built yet"},
	{"\"memory:\"", "mysql://x", "sqlite:PATH"},
	{"127.0.0.1:0", "localhost:25", "0.0.0.0:25"},
	{"127.0.0.1:0", "127.0.0.1:65536", "0.0.0.0:25"},
	{"kind: smtp", "kind: m366", "m365"},
	{"kind: smtp", "kind: smpt", "did you mean smtp"},
	{"via: relay", "via: graph", "`graph` is not built yet"},
	{"require-tls: false", "require-tls: true", "needs `tls`"},
	{"tls: none", "tls: none, client-key: gate.key",
	 "needs client-certificate"},
	{"\"*.example.jp\"", "\"*\"", "xn--"},
	{"kind: smtp", "kind: smtp\n    submission: {auth: local}",
	 "needs `users`"},
	{"kind: smtp", "kind: smtp\n    submission: {auth: upstream}",
	 "needs `host`"},
	{"kind: smtp",
	 "kind: smtp\n    submission: {token-issuer: https://login.test/v2.0}",
	 "needs token-audience"},
	{"smtp: [", "submission: [\"127.0.0.1:0\"], smtp: [", "needs `tls`"},
	{"notices-from: s@example.jp", "notices-from: <s@example.jp>",
	 "name@example.jp"},
	{"policy: policy.yaml", "policy: none", "cannot be read"},
	{"[127.0.0.1]", "published", "for kinds m365 and google"},
	{"networks: [127.0.0.1], ", "", "`networks` is missing"},
	{"kind: smtp", "kind: smtp\n    enrolled: {group: g@example.jp}",
	 "needs `people`"},
	{"kind: smtp",
	 "kind: smtp\n    done: {header: X-OriginatorOrg, secret: s}",
	 "a name of its own"},
	{"require-tls: false}",
	 "require-tls: false, header: {name: X-A, secret: s}}\n"
	 "    done: {header: x-a, secret: t}",
	 "different names"},
	{"require-tls: false}",
	 "require-tls: false, header: {name: X-A, secret: s}}\n"
	 "    done: {header: X-B, secret: s}",
	 "different secrets"},
};

/* kind, what stands in `accept`, and the error; NULL: none. */
static const struct {
	const char *kind, *accept, *en;
} KINDS[] = {
	{"m365", "networks: published, tenant-id: " GUID ORG, NULL},
	{"m365", "networks: [192.0.2.1], tenant-id: " GUID ORG, NULL},
	{"m365", "tenant-id: " GUID ORG, "networks: published"},
	{"m365", "networks: published" ORG, "needs `tenant-id`"},
	{"m365", "networks: published, tenant-id: " GUID,
	 "needs `originator-org`"},
	{"google", "networks: published, header: {name: X-A, secret: s}", NULL},
	{"google", "networks: published, dkim: [example.jp]", NULL},
	{"google", "networks: published", "needs `header` or `dkim`"},
	{"google", "dkim: [example.jp]", "networks: published"},
	{"line-works", "networks: [192.0.2.1]", NULL},
	{"line-works", "networks: published", "for kinds m365 and google"},
};

START_TEST(proofs_of_a_kind)
{
	char *text = arena_printf(
		&a,
		"%s"
		"tenants:\n"
		"  - tenant: t\n"
		"    kind: %s\n"
		"    domains: [example.jp]\n"
		"    accept: {require-tls: false, %s}\n"
		"    deliver: {via: relay, host: \"::1\", tls: none}\n"
		"    notices-from: s@example.jp\n",
		GOOD, KINDS[_i].kind, KINDS[_i].accept);
	struct config *c = load(text);

	if (!KINDS[_i].en) {
		if (!c)
			fail_with_errors();
		config_free(&c);
		return;
	}
	ck_assert_ptr_null(c);
	ck_assert_uint_eq(errs.errors, 1);
	ck_assert_msg(strstr(errs.v[0].en, KINDS[_i].en), "%s", errs.v[0].en);
	ck_assert_uint_eq(errs.v[0].line, 14);
}
END_TEST

START_TEST(bad_swaps)
{
	struct str text = STR(GOOD TENANT);
	struct str from = str_of(SWAP[_i].from);
	ptrdiff_t at = str_find(text, from);

	ck_assert_int_ge(at, 0);
	ck_assert_ptr_null(
		load(arena_printf(&a, "%.*s%s%s", (int)at, text.p, SWAP[_i].to,
				  text.p + at + from.n)));
	ck_assert_uint_eq(errs.errors, 1);
	ck_assert_msg(strstr(errs.v[0].en, SWAP[_i].en), "%s", errs.v[0].en);
}
END_TEST

START_TEST(inside_is_for_direct)
{
	static const char *const via[] = {"relay, host: \"::1\"", "direct"};

	for (unsigned i = 0; i < ARRAY_LEN(via); i++) {
		struct str text = STR(GOOD TENANT);
		struct str from = STR("relay, host: \"::1\", tls: none");
		ptrdiff_t at = str_find(text, from);
		struct config *c;

		ck_assert_int_ge(at, 0);
		c = load(arena_printf(&a, "%.*s%s, inside: [10.0.0.0/8]%s",
				      (int)at, text.p, via[i],
				      text.p + at + from.n));
		if (!c)
			fail_with_errors();
		ck_assert_uint_eq(errs.n, i == 0);
		if (errs.n)
			ck_assert_ptr_nonnull(strstr(
				errs.v[0].en, "with `via: direct` only"));
		config_free(&c);
		conf_errors_release(&errs);
	}
}
END_TEST

START_TEST(two_tenants)
{
	ck_assert_ptr_null(
		load(GOOD TENANT
		     "  - tenant: t\n"
		     "    kind: smtp\n"
		     "    domains: [example.jp]\n"
		     "    accept: {networks: [127.0.0.1], require-tls: false}\n"
		     "    deliver: {via: relay, host: \"::1\", tls: none}\n"
		     "    notices-from: s@example.jp\n"));
	ck_assert_uint_eq(errs.errors, 2);
	ck_assert_ptr_nonnull(strstr(errs.v[0].en, "given twice"));
	ck_assert_ptr_nonnull(strstr(errs.v[1].en, "two tenants"));
}
END_TEST

static bool told_ja(const char *text)
{
	for (size_t i = 0; i < errs.n; i++)
		if (strcmp(errs.v[i].ja, text) == 0)
			return true;
	return false;
}

START_TEST(all_in_one_run)
{
	ck_assert_ptr_null(load("hostnam: x\nlanguage: fr\ntenants: []\n"));
	ck_assert_uint_ge(errs.errors, 10);
	ck_assert(told_ja("「admins」がありません(アドレスの一覧)。"));
	conf_errors_release(&errs);
	ck_assert_ptr_null(load("admins: it@example.jp\n"));
	ck_assert(told_ja("「admins」の型が違います。アドレスの一覧を"
			  "書いてください。"));
	ck_assert_ptr_null(load("people: none.csv\n"));
	ck_assert(told_ja(arena_printf(&a,
				       "「%s/none.csv」を読めません(その名前の"
				       "ファイルがありません)。",
				       folder)));
	ck_assert_ptr_null(config_load("/nonexistent.yaml", &errs));
	ck_assert_ptr_null(load("just text\n"));
}
END_TEST

Suite *test_config_suite(void)
{
	Suite *s = suite_create("config");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, start, stop);
	tcase_add_test(c, example_loads);
	tcase_add_test(c, example_equals_the_tables);
	tcase_add_test(c, least_file);
	tcase_add_loop_test(c, direct_is_opportunistic, 0, 3);
	tcase_add_loop_test(c, bad_values, 0, ARRAY_LEN(BAD));
	tcase_add_loop_test(c, bad_swaps, 0, ARRAY_LEN(SWAP));
	tcase_add_loop_test(c, proofs_of_a_kind, 0, ARRAY_LEN(KINDS));
	tcase_add_test(c, inside_is_for_direct);
	tcase_add_test(c, two_tenants);
	tcase_add_test(c, all_in_one_run);
	suite_add_tcase(s, c);
	return s;
}
