/* Logins at the next hop: what goes together, and what does not. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "connector/conf/config.h"

Suite *test_check_login_suite(void);

#define HEAD                                                                   \
	"sekisho: 1\n"                                                         \
	"hostname: gate.example.co.jp\n"                                       \
	"public-url: https://gate.example.co.jp\n"                             \
	"admins: [it@example.co.jp]\n"                                         \
	"store: \"memory:\"\n"                                                 \
	"spool: spool\n"                                                       \
	"master-key: master.key\n"                                             \
	"listen: {smtp: [\"127.0.0.1:0\"]}\n"                                  \
	"policy: file\n"                                                       \
	"tenants:\n"                                                           \
	"  - tenant: t\n"                                                      \
	"    kind: smtp\n"                                                     \
	"    domains: [example.jp]\n"                                          \
	"    accept: {networks: [127.0.0.1], require-tls: false}\n"            \
	"    notices-from: s@example.jp\n"                                     \
	"    deliver: "
#define GUID  "00000000-0000-4000-8000-000000000001"
#define IDS   "tenant: " GUID ", client: " GUID
#define PAIR  "certificate: file, key: {file: file}"
#define ENTRA "{via: smtp-auth, login: {kind: entra, "
#define RELAY "{via: relay, host: r.example.jp, login: {kind: password, "

static const struct {
	const char *deliver, *en; /* NULL: it is good */
} row[] = {
	{ENTRA IDS ", " PAIR "}}", NULL},
	{ENTRA IDS ", secret: {secret: x}}}", NULL},
	{ENTRA IDS ", federated: /run/token}}", NULL},
	{ENTRA "managed: true}}", NULL},
	{ENTRA "managed: true, client: " GUID "}}", NULL},
	{ENTRA "managed: true, token-url: \"http://169.254.1.1/t\"}}", NULL},
	{ENTRA IDS ", " PAIR ", token-url: \"https://login.test/t\"}}", NULL},
	{"{via: smtp-auth, login: {kind: google, key: {file: file}}}", NULL},
	{RELAY "user: u, secret: {secret: x}}}", NULL},
	{ENTRA IDS "}}", "choose one of"},
	{ENTRA IDS ", " PAIR ", secret: {secret: x}}}", "choose one of"},
	{ENTRA IDS ", managed: true, secret: {secret: x}}}", "choose one of"},
	{ENTRA IDS ", certificate: file}}", "go together"},
	{ENTRA IDS ", secret: {secret: x}, key: {file: file}}}", "go together"},
	{ENTRA "client: " GUID ", secret: {secret: x}}}", "needs `tenant`"},
	{ENTRA "tenant: " GUID ", secret: {secret: x}}}", "needs `client`"},
	{ENTRA IDS ", " PAIR ", token-url: \"http://login.test/t\"}}", "https"},
	{ENTRA IDS ", " PAIR ", token-url: \"http://127.evil.test/t\"}}",
	 "https"},
	{"{via: smtp-auth, login: {kind: google}}", "needs `key`"},
	{RELAY "user: u}}", "needs `secret`"},
	{RELAY "secret: {secret: x}}}", "needs `user`"},
	{"{via: smtp-auth}", "needs login kind"},
	{"{via: smtp-auth, host: h.test, login: {kind: password, user: u, "
	 "secret: {secret: x}}}",
	 "needs login kind"},
	{"{via: relay, host: h.test, login: {kind: entra, " IDS ", " PAIR "}}",
	 "via: smtp-auth"},
	{"{via: direct, tls: verified, login: {kind: password, user: u, "
	 "secret: {secret: "
	 "x}}}",
	 "for via: relay and smtp-auth"},
	{"{via: smtp-auth, tls: required, login: {kind: google, key: {file: "
	 "file}}}",
	 "tls: verified"},
	{"{via: relay, host: h.test, tls: none, login: {kind: password, "
	 "user: u, secret: {secret: x}}}",
	 "tls: verified"},
	{"{via: smtp-auth, host: mx, login: {kind: google, key: {file: "
	 "file}}}",
	 "host: mx"},
};

static char folder[64];

static void put(const char *name, const char *a, const char *b)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fprintf(f, "%s%s\n", a, b);
	fclose(f);
}

START_TEST(logins)
{
	struct conf_errors errs = {0};
	char path[128], command[128];
	struct config *c;

	snprintf(folder, sizeof(folder), "/tmp/sekisho-login-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	put("file", "x", "");
	put("c.yaml", HEAD, row[_i].deliver);
	snprintf(path, sizeof(path), "%s/c.yaml", folder);
	c = config_load(path, &errs);
	snprintf(command, sizeof(command), "rm -r -- '%s'", folder);
	ck_assert_int_eq(system(command), 0);
	if (!row[_i].en) {
		ck_assert_msg(c != NULL, "%s", errs.errors ? errs.v[0].en : "");
	} else {
		ck_assert_ptr_null(c);
		ck_assert_uint_eq(errs.errors, 1);
		ck_assert_msg(strstr(errs.v[0].en, row[_i].en) != NULL, "%s",
			      errs.v[0].en);
	}
	config_free(&c);
	conf_errors_release(&errs);
}
END_TEST

Suite *test_check_login_suite(void)
{
	Suite *s = suite_create("check-login");
	TCase *t = tcase_create("logins");

	tcase_add_loop_test(t, logins, 0, ARRAY_LEN(row));
	suite_add_tcase(s, t);
	return s;
}
