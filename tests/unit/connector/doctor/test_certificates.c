/* test_certificates.c - certificates that will do, and those that will not. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "connector/doctor/doctor.h"
#include "connector/sys/tls/certificate.h"

Suite *test_certificates_suite(void);

static char folder[] = "/tmp/sekisho-doctor-XXXXXX";

static void run(const char *command)
{
	ck_assert_msg(system(command) == 0, "%s", command);
}

/* ca, self; NAME.pem with its chain, NAME.one without. */
static const char MAKE[] =
	"cd %s && exec 2>/dev/null && "
	"new='openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes' "
	"&& $new -x509 -keyout ca.key -out ca.pem -subj /CN=ca -days 9 && "
	"$new -x509 -keyout self.key -out self.pem -subj /CN=x -days 60 "
	"-addext subjectAltName=DNS:gate.example.jp && "
	"make() { $new -keyout $1.key -out $1.csr -subj /CN=$1 && "
	"printf \"$3\" >$1.ext && openssl x509 -req -in $1.csr -CA ca.pem "
	"-CAkey ca.key -CAcreateserial -days $2 -out $1.one -extfile $1.ext "
	"&& cat $1.one ca.pem >$1.pem; } && "
	"san=subjectAltName=DNS: use=extendedKeyUsage= && "
	"make good 60 \"${san}gate.example.jp\\n${use}serverAuth\\n\" && "
	"make wild 60 \"${san}*.example.jp\\n\" && "
	"make upper 60 \"${san}GATE.example.JP\\n\" && "
	"make deep 60 \"${san}*.jp\\n\" && "
	"make other 60 \"${san}other.example.jp\\n\" && "
	"make soon 5 \"${san}gate.example.jp\\n\" && "
	"make expired -1 \"${san}gate.example.jp\\n\" && "
	"make client 60 \"${san}gate.example.jp\\n${use}clientAuth\\n\" && "
	"echo nothing >empty.pem";

static void setup(void)
{
	char command[sizeof(MAKE) + sizeof(folder)];

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(command, sizeof(command), MAKE, folder);
	run(command);
}

static void teardown(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", folder);
	run(command);
}

static const struct {
	const char *file, *key;
	enum doctor_level level;
	const char *word;
	bool alone; /* nothing worse is said of it */
} rows[] = {
	{"good.pem", "good.key", DOCTOR_FINE, "more days", true},
	{"wild.pem", "wild.key", DOCTOR_FINE, "more days", true},
	{"upper.pem", "upper.key", DOCTOR_FINE, "more days", true},
	{"deep.pem", "deep.key", DOCTOR_BAD, "does not name", false},
	{"other.pem", "other.key", DOCTOR_BAD, "does not name", false},
	{"soon.pem", "soon.key", DOCTOR_WARN, "ends in 4 days", false},
	{"expired.pem", "expired.key", DOCTOR_BAD, "outside its dates", false},
	{"client.pem", "client.key", DOCTOR_BAD, "not for servers", false},
	{"good.pem", "other.key", DOCTOR_BAD, "another one's", false},
	{"good.pem", "none.key", DOCTOR_BAD, "another one's", false},
	{"good.one", "good.key", DOCTOR_WARN, "no intermediate", false},
	{"self.pem", "self.key", DOCTOR_WARN, "self-signed", false},
	{"empty.pem", "good.key", DOCTOR_BAD, "no certificate in PEM", false},
	{"none.pem", "good.key", DOCTOR_BAD, "cannot read", false},
};

static void judge(const struct doctor *d, size_t row)
{
	AUTO(buf) text = BUF_MAX(64 * KIB);
	size_t n, found = 0;
	const struct doctor_line *l = doctor_lines(d, &n);

	doctor_text(d, "en", &text);
	for (size_t i = 0; i < n; i++) {
		if (strcmp(l[i].check, "certificates") != 0)
			continue;
		found += l[i].level == rows[row].level &&
			 strstr(l[i].en, rows[row].word);
		ck_assert_msg(!rows[row].alone || l[i].level == DOCTOR_FINE,
			      "%s", buf_cstr(&text));
	}
	ck_assert_msg(found == 1, "%s: %s", rows[row].file, buf_cstr(&text));
}

START_TEST(listeners_certificates_are_judged)
{
	char file[128], key[128];
	struct config config = {.store = (char *)"memory:",
				.spool = (char *)"/",
				.master_key = (char *)"/none",
				.hostname = (char *)"gate.example.jp"};
	struct doctor_conf conf = {.config = &config, .offline = true};
	struct doctor *d;

	snprintf(file, sizeof(file), "%s/%s", folder, rows[_i].file);
	snprintf(key, sizeof(key), "%s/%s", folder, rows[_i].key);
	config.tls.certificate = file;
	config.tls.key.kind = SECRET_FILE;
	config.tls.key.value = key;
	d = doctor_run(&conf);
	judge(d, (size_t)_i);
	doctor_free(&d);
}
END_TEST

Suite *test_certificates_suite(void)
{
	Suite *s = suite_create("doctor/certificates");
	TCase *c = tcase_create("certificates");

	tcase_add_unchecked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, listeners_certificates_are_judged, 0,
			    sizeof(rows) / sizeof(rows[0]));
	suite_add_tcase(s, c);
	return s;
}
