/* test_dnssec.c - validation against a Knot server that signs by itself: a
 * zone with its anchor, one with a wrong anchor, one that is not signed.
 */
#include <arpa/inet.h>
#include <check.h>
#include <ctype.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "connector/base/mem.h"
#include "connector/sys/dns/dns.h"

Suite *test_dnssec_suite(void);

static char folder[] = "/tmp/sekisho-knot-XXXXXX";
static char conf_file[64], anchors[64], address[32];
static pid_t knot;

static void file(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

static unsigned free_port(void)
{
	struct sockaddr_in sa = {.sin_family = AF_INET};
	socklen_t len = sizeof(sa);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sa, len), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	close(fd);
	return ntohs(sa.sin_port);
}

static void write_zone(const char *name)
{
	char path[64];
	AUTO_STR text = mem_printf("$ORIGIN %s.\n$TTL 60\n"
				   "@ SOA ns h 1 3600 600 86400 60\n"
				   "@ NS ns\nns A 127.0.0.1\n"
				   "@ MX 10 mx\nmx A 192.0.2.1\n"
				   "_25._tcp.mx TLSA 3 1 1 %064d\n"
				   "alias CNAME mx\n",
				   name, 7);

	snprintf(path, sizeof(path), "%s.zone", name);
	file(path, text);
}

static void write_conf(unsigned port)
{
	AUTO_STR text = mem_printf(
		"server:\n  rundir: %s\n  listen: 127.0.0.1@%u\n"
		"database:\n  storage: %s/db\n"
		"log:\n  - target: %s/log\n    any: warning\n"
		"policy:\n  - id: p\n    algorithm: ecdsap256sha256\n"
		"    single-type-signing: on\n"
		"template:\n  - id: default\n    storage: %s\n"
		"    zonefile-sync: -1\n    zonefile-load: whole\n"
		"    journal-content: none\n    dnssec-policy: p\n"
		"zone:\n  - domain: secure.test\n    file: secure.test.zone\n"
		"    dnssec-signing: on\n"
		"  - domain: broken.test\n    file: broken.test.zone\n"
		"    dnssec-signing: on\n"
		"  - domain: plain.test\n    file: plain.test.zone\n",
		folder, port, folder, folder, folder);

	file("knot.conf", text);
}

/* The DS of what Knot signs with; it has made its key by then. */
static bool read_ds(const char *zone, char *out, size_t n)
{
	AUTO_STR command = mem_printf("keymgr -c %s %s ds 2>/dev/null",
				      conf_file, zone);
	FILE *p = popen(command, "r");
	bool ok;

	ck_assert_ptr_nonnull(p);
	ok = fgets(out, (int)n, p) != NULL;
	pclose(p);
	return ok;
}

static void await_ds(const char *zone, char *out, size_t n)
{
	for (int i = 0; i < 600; i++) {
		if (read_ds(zone, out, n))
			return;
		usleep(50 * 1000);
	}
	ck_abort_msg("Knot signs nothing; is the package knot there?");
}

static void write_anchors(void)
{
	char ds[2][512];
	AUTO_STR text = NULL;
	char *last;

	await_ds("secure.test", ds[0], sizeof(ds[0]));
	await_ds("broken.test", ds[1], sizeof(ds[1]));
	last = strrchr(ds[1], ' ') + 1; /* another digest than the key's */
	*last = *last == '0' ? '1' : '0';
	text = mem_printf("%s%s", ds[0], ds[1]);
	file("anchors", text);
}

static void start_knot(void)
{
	char db[64];
	unsigned port = free_port();

	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(conf_file, sizeof(conf_file), "%s/knot.conf", folder);
	snprintf(anchors, sizeof(anchors), "%s/anchors", folder);
	snprintf(db, sizeof(db), "%s/db", folder);
	snprintf(address, sizeof(address), "127.0.0.1:%u", port);
	ck_assert_int_eq(mkdir(db, 0700), 0);
	write_zone("secure.test");
	write_zone("broken.test");
	write_zone("plain.test");
	write_conf(port);
	knot = fork();
	if (knot == 0) {
		execlp("knotd", "knotd", "-c", conf_file, NULL);
		execl("/usr/sbin/knotd", "knotd", "-c", conf_file, NULL);
		_exit(127);
	}
	write_anchors();
}

static void stop_knot(void)
{
	AUTO_STR command = mem_printf("rm -rf %s", folder);

	kill(knot, SIGKILL);
	waitpid(knot, NULL, 0);
	ck_assert_int_eq(system(command), 0);
}

struct seen {
	struct loop *loop;
	enum dns_class class;
	bool secure;
	size_t n;
	char why[400];
};

static void done(void *arg, const struct dns_answer *a)
{
	struct seen *s = arg;

	s->class = a->class;
	s->secure = a->secure;
	s->n = a->record_n;
	snprintf(s->why, sizeof(s->why), "%s", a->why ? a->why : "");
	loop_stop(s->loop);
}

static struct dns *dns_with(struct loop *l, const char *anchor)
{
	const char *server = address;
	struct dns_conf conf = {.loop = l,
				.server = &server,
				.server_n = 1,
				.trust_anchor = anchor};
	struct err e = ERR_EMPTY;
	struct dns *d = dns_new(&conf, &e);

	ck_assert_msg(d != NULL, "%s", e.text);
	ck_assert(dns_validates(d));
	return d;
}

/* The key is there before the first signature: ask until zones are served. */
static struct seen ask(const char *anchor, const char *name, enum dns_type type)
{
	struct seen s = {.loop = loop_new(NULL)};

	for (int i = 0; i < 200; i++) {
		struct dns *d = dns_with(s.loop, anchor);

		dns_ask(d, name, type, done, &s);
		loop_run(s.loop);
		dns_free(&d);
		if (s.class != DNS_TROUBLE)
			break;
		usleep(50 * 1000);
	}
	loop_free(&s.loop);
	return s;
}

static const struct {
	const char *name;
	enum dns_type type;
	enum dns_class class;
	bool secure;
} CASES[] = {
	{"secure.test", DNS_MX, DNS_OK, true},
	{"mx.secure.test", DNS_A, DNS_OK, true},
	{"_25._tcp.mx.secure.test", DNS_TLSA, DNS_OK, true},
	{"alias.secure.test", DNS_A, DNS_OK, true},
	/* Proven absent, by name and by type. */
	{"_25._tcp.none.secure.test", DNS_TLSA, DNS_NO_NAME, true},
	{"mx.secure.test", DNS_AAAA, DNS_NO_DATA, true},
	{"plain.test", DNS_MX, DNS_OK, false},
	{"none.plain.test", DNS_MX, DNS_NO_NAME, false},
	{"broken.test", DNS_MX, DNS_BOGUS, false},
	/* A forged "no" would be as good as a forged answer. */
	{"none.broken.test", DNS_MX, DNS_BOGUS, false},
	{"mx.broken.test", DNS_AAAA, DNS_BOGUS, false},
};

START_TEST(classes)
{
	struct seen s = ask(anchors, CASES[_i].name, CASES[_i].type);

	ck_assert_msg(s.class == CASES[_i].class &&
			      s.secure == CASES[_i].secure,
		      "%s: %s %d %s", CASES[_i].name, dns_class_name(s.class),
		      s.secure, s.why);
	if (s.class == DNS_BOGUS)
		ck_assert_uint_gt(strlen(s.why), 10);
	ck_assert_uint_eq(s.n, s.class == DNS_OK);
}
END_TEST

Suite *test_dnssec_suite(void)
{
	Suite *s = suite_create("sys/dnssec");
	TCase *c = tcase_create("all");

	tcase_set_timeout(c, 120);
	tcase_add_unchecked_fixture(c, start_knot, stop_knot);
	tcase_add_loop_test(c, classes, 0, (int)ARRAY_LEN(CASES));
	suite_add_tcase(s, c);
	return s;
}
