/* sink.c - a fast next hop that counts: the far end of load and kill tests.
 *
 * sink --port-file F --ledger L [--cert C --key K] [--digest] [--drop N]
 *
 * The ledger has one line per recipient of each message, written before the
 * reply to the final dot:  id recipient microseconds sha256-or-minus
 * where id is the left side of the Message-ID.  --drop N: every N-th message
 * is kept, but its connection closed instead of a reply.
 */
#include "tests/load/wire.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <getopt.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define RCPT_MAX 200
#define HEAD_MAX 32768

struct sink {
	SSL_CTX *ctx;
	int ledger;
	bool digest;
	long drop;
	atomic_long count;
};

struct peer {
	struct sink *s;
	struct wire w;
	bool secure, chunked, drop_now;
	int rcpt_n;
	char rcpt[RCPT_MAX][256];
	char head[HEAD_MAX + 1]; /* the first bytes of the message */
	size_t head_n;
	EVP_MD_CTX *md;
	int crlf; /* bytes of the blank line seen; 4: in the body */
};

static bool say(struct peer *p, const char *text)
{
	return wire_puts(&p->w, text);
}

static void peer_reset(struct peer *p)
{
	p->rcpt_n = 0;
	p->head_n = 0;
	p->crlf = 2;
	p->chunked = false;
	if (p->s->digest)
		EVP_DigestInit_ex(p->md, EVP_sha256(), NULL);
}

/* Content bytes, unstuffed. */
static void peer_content(struct peer *p, const char *b, size_t n)
{
	size_t room = HEAD_MAX - p->head_n, k = n < room ? n : room, i = 0;

	memcpy(p->head + p->head_n, b, k);
	p->head_n += k;
	if (!p->s->digest)
		return;
	for (; i < n && p->crlf < 4; i++)
		p->crlf = b[i] == (p->crlf % 2 ? '\n' : '\r') ? p->crlf + 1
							      : (b[i] == '\r');
	EVP_DigestUpdate(p->md, b + i, n - i);
}

static void peer_id(const struct peer *p, char *id, size_t n)
{
	const char *at = strcasestr(p->head, "\nMessage-ID:");
	size_t k = 0;

	if (at == NULL && strncasecmp(p->head, "Message-ID:", 11) == 0)
		at = p->head - 1;
	if (at != NULL && (at = strchr(at, '<')) != NULL)
		for (at++; k + 1 < n && *at != 0 && !strchr("@> \r\n", *at);)
			id[k++] = *at++;
	if (k == 0)
		id[k++] = '-';
	id[k] = 0;
}

static bool peer_kept(struct peer *p)
{
	char id[200], hex[65] = "-", *lines;
	unsigned char d[32];
	long number = ++p->s->count;
	int i, n = 0;

	p->head[p->head_n] = 0;
	peer_id(p, id, sizeof(id));
	if (p->s->digest) {
		EVP_DigestFinal_ex(p->md, d, NULL);
		for (i = 0; i < 32; i++)
			snprintf(hex + 2 * i, 3, "%02x", d[i]);
	}
	lines = malloc((size_t)p->rcpt_n * 640 + 1);
	if (lines == NULL)
		exit(71);
	for (i = 0; i < p->rcpt_n; i++)
		n += snprintf(lines + n, 640, "%s %s %lld %s\n", id, p->rcpt[i],
			      (long long)wire_now_us(), hex);
	if (write(p->s->ledger, lines, (size_t)n) != n)
		exit(74);
	free(lines);
	peer_reset(p);
	if (p->s->drop > 0 && number % p->s->drop == 0)
		return false;
	return say(p, "250 2.0.0 kept\r\n");
}

static bool peer_data(struct peer *p)
{
	char some[WIRE_IN], out[WIRE_IN * 2];
	size_t n, i, k;
	/* Bytes of CR LF . CR LF seen so far; 2 at the start of a line. */
	int at = 2;

	if (p->rcpt_n == 0)
		return say(p, "554 5.5.1 no recipients\r\n");
	if (!say(p, "354 go\r\n"))
		return false;
	while ((n = wire_some(&p->w, some, sizeof(some))) > 0) {
		for (i = k = 0; i < n; i++) {
			char c = some[i];

			if (at == 2 && c == '.') {
				at = 3;
				continue;
			}
			if (at == 3 && c == '\r') {
				at = 4;
				continue;
			}
			if (at == 4 && c == '\n') {
				p->w.from -= n - i - 1;
				peer_content(p, out, k);
				return peer_kept(p);
			}
			if (at == 4)
				out[k++] = '\r';
			out[k++] = c;
			at = c == '\r' ? 1 : at == 1 && c == '\n' ? 2 : 0;
		}
		peer_content(p, out, k);
	}
	return false;
}

static bool peer_bdat(struct peer *p, const char *arg)
{
	char some[WIRE_IN];
	char *end;
	size_t left = strtoul(arg, &end, 10), n;

	while (left > 0) {
		n = wire_some(&p->w, some,
			      left < sizeof(some) ? left : sizeof(some));
		if (n == 0)
			return false;
		peer_content(p, some, n);
		left -= n;
	}
	if (p->rcpt_n == 0)
		return say(p, "503 5.5.1 no recipients\r\n");
	if (strcasestr(end, "LAST") != NULL)
		return peer_kept(p);
	return say(p, "250 2.0.0 chunk\r\n");
}

static bool peer_rcpt(struct peer *p, const char *line)
{
	const char *a = strchr(line, '<'), *b = a ? strchr(a, '>') : NULL;

	if (b == NULL || p->rcpt_n == RCPT_MAX)
		return say(p, "452 4.5.3 too many\r\n");
	snprintf(p->rcpt[p->rcpt_n++], 256, "%.*s", (int)(b - a - 1), a + 1);
	return say(p, "250 2.1.5 ok\r\n");
}

static bool peer_tls(struct peer *p)
{
	if (p->s->ctx == NULL || p->secure)
		return say(p, "503 5.5.1 not now\r\n");
	p->secure = say(p, "220 2.0.0 go\r\n") &&
		    wire_tls(&p->w, p->s->ctx, true);
	return p->secure;
}

static bool peer_ehlo(struct peer *p)
{
	return say(p, p->s->ctx != NULL && !p->secure
			      ? "250-sink.example\r\n250-PIPELINING\r\n"
				"250-SIZE 0\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
				"250-STARTTLS\r\n250-CHUNKING\r\n"
				"250 ENHANCEDSTATUSCODES\r\n"
			      : "250-sink.example\r\n250-PIPELINING\r\n"
				"250-SIZE 0\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
				"250-CHUNKING\r\n250 ENHANCEDSTATUSCODES\r\n");
}

static bool peer_line(struct peer *p, const char *line)
{
	if (strncasecmp(line, "RCPT", 4) == 0)
		return peer_rcpt(p, line);
	if (strncasecmp(line, "MAIL", 4) == 0) {
		peer_reset(p);
		return say(p, "250 2.1.0 ok\r\n");
	}
	if (strncasecmp(line, "DATA", 4) == 0)
		return peer_data(p);
	if (strncasecmp(line, "BDAT ", 5) == 0)
		return peer_bdat(p, line + 5);
	if (strncasecmp(line, "EHLO", 4) == 0)
		return peer_ehlo(p);
	if (strncasecmp(line, "STARTTLS", 8) == 0)
		return peer_tls(p);
	if (strncasecmp(line, "QUIT", 4) == 0) {
		(void)!say(p, "221 2.0.0 bye\r\n");
		return false;
	}
	peer_reset(p);
	return say(p, "250 2.0.0 ok\r\n");
}

static void *peer_run(void *arg)
{
	struct peer *p = arg;
	char line[4096];

	p->md = EVP_MD_CTX_new();
	peer_reset(p);
	if (say(p, "220 sink.example ESMTP\r\n"))
		while (wire_line(&p->w, line, sizeof(line)) >= 0 &&
		       peer_line(p, line))
			;
	wire_close(&p->w);
	EVP_MD_CTX_free(p->md);
	free(p);
	return NULL;
}

static int sink_listen(const char *file)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	FILE *f;

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, n) != 0 ||
	    listen(fd, 1000) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) != 0)
		exit(71);
	f = fopen(file, "w");
	if (f == NULL || fprintf(f, "%d\n", ntohs(a.sin_port)) < 0 ||
	    fclose(f) != 0)
		exit(73);
	return fd;
}

static SSL_CTX *sink_tls(const char *cert, const char *key)
{
	SSL_CTX *ctx;

	if (cert == NULL)
		return NULL;
	ctx = SSL_CTX_new(TLS_server_method());
	if (SSL_CTX_use_certificate_chain_file(ctx, cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		exit(66);
	SSL_CTX_set_num_tickets(ctx, 0);
	return ctx;
}

static const struct option options[] = {
	{"port-file", 1, NULL, 'p'},
	{"ledger", 1, NULL, 'l'},
	{"cert", 1, NULL, 'c'},
	{"key", 1, NULL, 'k'},
	{"digest", 0, NULL, 'd'},
	{"drop", 1, NULL, 'n'},
	{0},
};

int main(int argc, char **argv)
{
	struct sink s = {.ledger = -1};
	const char *port_file = NULL, *cert = NULL, *key = NULL;
	pthread_t thread;
	struct peer *p;
	int c, fd, at;

	signal(SIGPIPE, SIG_IGN);
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'p')
			port_file = optarg;
		else if (c == 'l')
			s.ledger = open(optarg, O_WRONLY | O_APPEND | O_CREAT,
					0644);
		else if (c == 'c')
			cert = optarg;
		else if (c == 'k')
			key = optarg;
		else if (c == 'd')
			s.digest = true;
		else if (c == 'n')
			s.drop = atol(optarg);
	}
	if (port_file == NULL || s.ledger < 0)
		return 64;
	s.ctx = sink_tls(cert, key);
	fd = sink_listen(port_file);
	while ((at = accept4(fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		p = calloc(1, sizeof(*p));
		if (p == NULL)
			return 71;
		p->s = &s;
		wire_attach(&p->w, at);
		if (pthread_create(&thread, NULL, peer_run, p) != 0)
			return 71;
		pthread_detach(thread);
	}
	return 71;
}
