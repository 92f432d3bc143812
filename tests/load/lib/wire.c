/* wire.c - see wire.h. */
#include "tests/load/wire.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int64_t wire_now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void wire_attach(struct wire *w, int fd)
{
	int on = 1;

	w->fd = fd;
	w->ssl = NULL;
	w->from = w->to = 0;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

bool wire_connect(struct wire *w, const char *host, const char *port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				 .ai_family = AF_INET};
	struct addrinfo *ai;
	struct timeval limit = {.tv_sec = 120};
	int fd;

	w->fd = -1;
	w->ssl = NULL;
	if (getaddrinfo(host, port, &hints, &ai) != 0)
		return false;
	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, ai->ai_addr, ai->ai_addrlen) != 0) {
		freeaddrinfo(ai);
		if (fd >= 0)
			close(fd);
		return false;
	}
	freeaddrinfo(ai);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	wire_attach(w, fd);
	return true;
}

void wire_close(struct wire *w)
{
	if (w->ssl != NULL) {
		SSL_shutdown(w->ssl);
		SSL_free(w->ssl);
		w->ssl = NULL;
	}
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}

bool wire_tls(struct wire *w, SSL_CTX *ctx, bool server)
{
	w->ssl = SSL_new(ctx);
	w->from = w->to = 0;
	if (w->ssl == NULL || SSL_set_fd(w->ssl, w->fd) != 1)
		return false;
	return (server ? SSL_accept(w->ssl) : SSL_connect(w->ssl)) == 1;
}

bool wire_put(struct wire *w, const void *p, size_t n)
{
	const char *at = p;
	size_t done;
	ssize_t k;

	while (n > 0) {
		if (w->ssl != NULL) {
			if (SSL_write_ex(w->ssl, at, n, &done) != 1)
				return false;
		} else {
			k = send(w->fd, at, n, MSG_NOSIGNAL);
			if (k <= 0)
				return false;
			done = (size_t)k;
		}
		at += done;
		n -= done;
	}
	return true;
}

bool wire_puts(struct wire *w, const char *s)
{
	return wire_put(w, s, strlen(s));
}

static bool wire_fill(struct wire *w)
{
	size_t done;
	ssize_t k;

	if (w->from > 0) {
		memmove(w->in, w->in + w->from, w->to - w->from);
		w->to -= w->from;
		w->from = 0;
	}
	if (w->to == WIRE_IN)
		return false;
	if (w->ssl != NULL) {
		if (SSL_read_ex(w->ssl, w->in + w->to, WIRE_IN - w->to,
				&done) != 1)
			return false;
	} else {
		k = recv(w->fd, w->in + w->to, WIRE_IN - w->to, 0);
		if (k <= 0)
			return false;
		done = (size_t)k;
	}
	w->to += done;
	return true;
}

long wire_line(struct wire *w, char *line, size_t n)
{
	const char *end;
	size_t have, keep;

	while ((end = memchr(w->in + w->from, '\n', w->to - w->from)) == NULL)
		if (!wire_fill(w))
			return -1;
	have = (size_t)(end - (w->in + w->from));
	keep = have < n ? have : n - 1;
	memcpy(line, w->in + w->from, keep);
	while (keep > 0 && line[keep - 1] == '\r')
		keep--;
	line[keep] = 0;
	w->from += have + 1;
	return (long)keep;
}

size_t wire_some(struct wire *w, char *p, size_t n)
{
	size_t have;

	if (w->from == w->to && !wire_fill(w))
		return 0;
	have = w->to - w->from;
	if (have > n)
		have = n;
	memcpy(p, w->in + w->from, have);
	w->from += have;
	return have;
}

int wire_reply(struct wire *w, char *text, size_t n)
{
	do {
		if (wire_line(w, text, n) < 3)
			return -1;
	} while (text[3] == '-');
	return atoi(text);
}
