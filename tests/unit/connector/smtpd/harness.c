/* harness.c - see harness.h. */
#include "tests/unit/connector/smtpd/harness.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "connector/base/die.h"

#define TURNS	   4
#define CLIENT_MAX (4 * MIB)

static struct cidr network(const char *text)
{
	struct cidr c;

	must(cidr_parse(str_of(text), &c, NULL));
	return c;
}

/* Words between blanks. */
static struct strings words(struct arena *a, const char *text)
{
	struct strings s = {arena_array(a, strlen(text), sizeof(char *)), 0};
	struct str rest = str_of(text), word;

	while (str_split(&rest, ' ', &word))
		s.v[s.n++] = arena_strndup(a, word.p, word.n);
	return s;
}

static void tenant(struct harness *h, unsigned i, const char *name,
		   const char *net, bool tls)
{
	struct tenant_conf *t = &h->tenant[i];
	struct arena *a = &h->config.arena;

	t->tenant = arena_strdup(a, name);
	t->index = i;
	t->kind = KIND_SMTP;
	t->accept.networks.v = arena_array(a, 2, sizeof(struct cidr));
	t->accept.networks.n = 2;
	t->accept.networks.v[0] = network(net);
	t->accept.networks.v[1] = network("203.0.113.0/24");
	t->accept.require_tls = tls;
}

static void configure(struct harness *h)
{
	struct config *c = &h->config;

	c->hostname = arena_strdup(&c->arena, "gate.example.jp");
	c->limits.message = 1024 * 1024;
	c->limits.recipients = 20;
	c->limits.sessions = 2000;
	c->limits.sessions_per_address = 20;
	c->limits.sessions_per_tenant = 2000;
	tenant(h, 0, "example", "192.0.2.0/24", false);
	h->tenant[0].domains = words(&c->arena,
				     "example.jp *.example.jp example.co.jp");
	tenant(h, 1, "secure", "198.51.100.0/24", true);
	h->tenant[1].domains = words(&c->arena, "secure.test");
	h->tenant[1].hostname = arena_strdup(&c->arena, "smtp.secure.test");
	c->tenant = h->tenant;
	c->tenant_n = 2;
}

static void make_tls(struct harness *h)
{
	char cmd[512], cert[96], key[96];
	struct err e;

	snprintf(h->dir, sizeof(h->dir), "/tmp/sekisho-smtpd-XXXXXX");
	must(mkdtemp(h->dir));
	snprintf(cmd, sizeof(cmd),
		 "openssl req -x509 -newkey ec -pkeyopt "
		 "ec_paramgen_curve:P-256 -nodes -days 30 -subj "
		 "/CN=client.example.jp -addext "
		 "subjectAltName=DNS:client.example.jp -keyout %s/key.pem "
		 "-out %s/cert.pem 2>/dev/null",
		 h->dir, h->dir);
	must(system(cmd) == 0);
	snprintf(cert, sizeof(cert), "%s/cert.pem", h->dir);
	snprintf(key, sizeof(key), "%s/key.pem", h->dir);
	h->tls_files = true;
	h->server_tls = tls_server_new(
		&(struct tls_server_conf){.certificate_file = cert,
					  .key_file = key,
					  .request_client_certificate = true,
					  .client_ca_file = cert},
		&e);
	h->client_tls = tls_client_new(
		&(struct tls_client_conf){.certificate_file = cert,
					  .key_file = key,
					  .verify = TLS_VERIFY_NONE},
		&e);
	must(h->server_tls && h->client_tls);
	tls_server_add_name(h->server_tls, "smtp.secure.test", NULL);
}

void harness_init(struct harness *h, bool tls)
{
	struct smtpd_conf conf = {0};
	struct err e;

	log_setup(getenv("SMTPD_LOG") ? LOG_DEBUG : LOG_ERROR, false, "test");
	*h = (struct harness){0};
	h->loop = loop_new(&e);
	must(h->loop);
	configure(h);
	fake_flow_init(&h->flow, h->loop);
	fake_logins_init(&h->logins, h->loop, &h->config);
	if (tls)
		make_tls(h);
	conf.loop = h->loop;
	conf.config = &h->config;
	conf.flow = &h->flow;
	h->auth = auth_new(&h->config, NULL, NULL);
	h->flow.metrics = &h->metrics;
	conf.auth = h->auth;
	conf.logins = &h->logins;
	conf.tls = h->server_tls;
	conf.metrics = &h->metrics;
	h->smtpd = smtpd_new(&conf, &e);
	must(h->smtpd);
}

void harness_release(struct harness *h)
{
	char cmd[128];

	smtpd_free(&h->smtpd);
	auth_free(&h->auth);
	fake_flow_release(&h->flow);
	if (h->server_tls)
		tls_ctx_free(&h->server_tls);
	if (h->client_tls)
		tls_ctx_free(&h->client_tls);
	loop_free(&h->loop);
	arena_release(&h->config.arena);
	if (!h->tls_files)
		return;
	snprintf(cmd, sizeof(cmd), "rm -r -- '%s'", h->dir);
	must(system(cmd) == 0);
}

struct turns {
	struct loop *loop;
	int left;
};

static void turn(void *arg)
{
	struct turns *t = arg;

	if (t->left-- > 0)
		loop_post(t->loop, turn, t);
	else
		loop_stop(t->loop);
}

void pump(struct harness *h)
{
	struct turns t = {h->loop, TURNS};

	loop_post(h->loop, turn, &t);
	loop_run(h->loop);
}

bool client_open(struct harness *h, struct client *c, const char *peer)
{
	return client_open_at(h, c, peer, DOOR_SMTP);
}

bool client_open_at(struct harness *h, struct client *c, const char *peer,
		    enum smtpd_door door)
{
	struct sockaddr_storage sa = {0};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&sa;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&sa;
	struct session *s;
	int fd[2];

	if (inet_pton(AF_INET, peer, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(40000);
	} else {
		must(inet_pton(AF_INET6, peer, &v6->sin6_addr) == 1);
		v6->sin6_family = AF_INET6;
	}
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
			fd) == 0);
	*c = (struct client){.h = h, .fd = fd[0], .in = BUF_MAX(CLIENT_MAX)};
	s = smtpd_accept(h->smtpd, fd[1], &sa, door);
	client_pull(c);
	return s != NULL;
}

void client_close(struct client *c)
{
	tls_session_free(&c->tls);
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	buf_release(&c->in);
	pump(c->h);
}

void client_fin(struct client *c)
{
	shutdown(c->fd, SHUT_WR);
	client_pull(c);
}

static void read_tls(struct client *c)
{
	char p[4096];
	size_t n = 0;

	while (tls_read(c->tls, p, sizeof(p), &n, NULL) == TLS_OK && n > 0)
		buf_put(&c->in, p, n);
}

static void read_plain(struct client *c)
{
	char p[4096];
	ssize_t n;

	while ((n = recv(c->fd, p, sizeof(p), MSG_DONTWAIT)) > 0)
		buf_put(&c->in, p, (size_t)n);
	c->eof = c->eof || n == 0;
}

void client_pull(struct client *c)
{
	pump(c->h);
	if (c->tls) {
		read_tls(c);
		c->eof = c->eof || recv(c->fd, &(char){0}, 1,
					MSG_DONTWAIT | MSG_PEEK) == 0;
	} else {
		read_plain(c);
	}
}

void client_raw(struct client *c, const void *p, size_t n)
{
	size_t at = 0;

	for (int tries = 0; at < n && tries < 100; tries++) {
		ssize_t sent = send(c->fd, (const char *)p + at, n - at,
				    MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent > 0) {
			at += (size_t)sent;
			tries = 0;
		}
		client_pull(c);
	}
}

void client_send(struct client *c, struct str s)
{
	size_t n = 0, at = 0;

	if (!c->tls) {
		client_raw(c, s.p, s.n);
		return;
	}
	for (int tries = 0; at < s.n && tries < 100; tries++) {
		if (tls_write(c->tls, s.p + at, s.n - at, &n, NULL) == TLS_OK) {
			at += n;
			tries = 0;
		}
		client_pull(c);
	}
}

void client_say(struct client *c, const char *line)
{
	AUTO(buf) b = BUF_MAX(MIB);

	buf_printf(&b, "%s\r\n", line);
	client_send(c, buf_str(&b));
}

bool client_start_tls(struct client *c)
{
	enum tls_io io = TLS_WANT_READ;

	c->tls = tls_session_new(c->h->client_tls, c->fd, c->sni, NULL);
	must(c->tls);
	for (int i = 0; i < 20 && io != TLS_OK; i++) {
		io = tls_handshake(c->tls, NULL);
		if (io != TLS_OK && io != TLS_WANT_READ && io != TLS_WANT_WRITE)
			break;
		pump(c->h);
	}
	if (io == TLS_OK)
		client_pull(c);
	else
		tls_session_free(&c->tls);
	return io == TLS_OK;
}

/* Length of the first whole reply in s, or 0. */
static size_t reply_length(struct str s)
{
	size_t at = 0;

	for (;;) {
		ptrdiff_t lf = str_chr(str_skip(s, at), '\n');

		if (lf < 0)
			return 0;
		if (lf < 4 || s.p[at + 3] != '-')
			return at + (size_t)lf + 1;
		at += (size_t)lf + 1;
	}
}

struct str client_reply(struct client *c)
{
	client_pull(c);
	return client_reply_ready(c);
}

struct str client_reply_ready(struct client *c)
{
	static char line[8192];
	struct str s;
	size_t n, out = 0;

	s = buf_str(&c->in);
	n = reply_length(s);
	for (size_t i = 0; i < n && out < sizeof(line); i++)
		if (s.p[i] != '\r')
			line[out++] = s.p[i];
	buf_drop(&c->in, n);
	return str_n(line, out ? out - 1 : 0);
}

bool fits(const char *pattern, struct str s)
{
	size_t star_p = SIZE_MAX, star_s = 0, p = 0, i = 0;

	while (i < s.n) {
		if (pattern[p] == '*') {
			star_p = p++;
			star_s = i;
		} else if (pattern[p] && pattern[p] == s.p[i]) {
			p++;
			i++;
		} else if (star_p != SIZE_MAX) {
			p = star_p + 1;
			i = ++star_s;
		} else {
			return false;
		}
	}
	while (pattern[p] == '*')
		p++;
	return pattern[p] == 0;
}

bool client_expect(struct client *c, const char *pattern)
{
	struct str s = client_reply(c);

	if (fits(pattern, s))
		return true;
	fprintf(stderr, "expected \"%s\", got \"" STR_FMT "\"%s\n", pattern,
		STR_ARG(s), c->eof ? " and the end" : "");
	return false;
}

bool client_to_data(struct client *c, const char *from, const char *to)
{
	AUTO(buf) b = BUF_MAX(4096);

	client_say(c, "EHLO client.example.jp");
	TRY(client_expect(c, "250-*"));
	buf_printf(&b, "MAIL FROM:<%s>\r\nRCPT TO:<%s>\r\nDATA\r\n", from, to);
	client_send(c, buf_str(&b));
	return client_expect(c, "250 2.1.0 *") &&
	       client_expect(c, "250 2.1.5 *") && client_expect(c, "354 *");
}
