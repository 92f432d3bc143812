/* pki.c - see pki.h. */
#include "tests/unit/connector/sys/pki.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static void run(const char *command)
{
	ck_assert_msg(system(command) == 0, "failed: %s", command);
}

static void authority(const struct pki *p, const char *name)
{
	char cmd[512];

	snprintf(cmd, sizeof(cmd),
		 "cd %s && openssl req -x509 -newkey ec -pkeyopt "
		 "ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=%s' "
		 "-keyout %s.key -out %s.pem 2>/dev/null",
		 p->dir, name, name, name);
	run(cmd);
}

static void leaf(const struct pki *p, const char *ca, const char *name,
		 const char *cn, const char *san)
{
	char cmd[768];

	snprintf(cmd, sizeof(cmd),
		 "cd %s && openssl req -x509 -newkey ec -pkeyopt "
		 "ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=%s' "
		 "-CA %s.pem -CAkey %s.key -addext "
		 "basicConstraints=critical,CA:FALSE %s%s -keyout %s.key "
		 "-out %s.pem 2>/dev/null",
		 p->dir, cn, ca, ca, san ? "-addext subjectAltName=" : "",
		 san ? san : "", name, name);
	run(cmd);
}

/* The server's, but of another day. */
static void expired(const struct pki *p)
{
	char cmd[640];

	snprintf(cmd, sizeof(cmd),
		 "cd %s && echo subjectAltName=IP:127.0.0.1 >expired.ext && "
		 "openssl req -new -key server.key -subj /CN=mx | "
		 "openssl x509 -req -CA ca.pem -CAkey ca.key -days -1 "
		 "-set_serial 9 -extfile expired.ext -out expired.pem "
		 "2>/dev/null && cp server.key expired.key",
		 p->dir);
	run(cmd);
}

void pki_make(struct pki *p)
{
	snprintf(p->dir, sizeof(p->dir), "/tmp/sekisho-pki-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(p->dir));
	authority(p, "ca");
	authority(p, "other-ca");
	leaf(p, "ca", "server", "mx", "DNS:mx.example.test,IP:127.0.0.1");
	leaf(p, "ca", "client", "client", "DNS:client.example.test");
	leaf(p, "other-ca", "stranger", "x", "DNS:client.example.test");
	leaf(p, "ca", "wild", "wild", "DNS:*.wild.test");
	leaf(p, "ca", "partial", "partial", "DNS:m*.example.test");
	leaf(p, "ca", "cn", "plain.example.test", NULL);
	expired(p);
}

void pki_remove(struct pki *p)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -r -- '%s'", p->dir);
	run(cmd);
}

const char *pki_file(const struct pki *p, const char *name)
{
	static char path[4][128];
	static unsigned next;
	char *to = path[next++ % 4];

	snprintf(to, sizeof(path[0]), "%s/%s", p->dir, name);
	return to;
}
