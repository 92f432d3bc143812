/* fake_peer.h - one conversation of fake_smtp.h, with the rules it is given. */
#ifndef SEKISHO_TESTS_FAKE_PEER_H
#define SEKISHO_TESTS_FAKE_PEER_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "connector/base/buf.h"
#include "connector/base/die.h"
#include "connector/base/mem.h"
#include "connector/sys/tls/tls.h"

struct fake_rule {
	const char *at; /* GREETING EHLO HELO STARTTLS MAIL RCPT DATA DOT BDAT
			 * RSET, CONTENT (first bytes of it), HANDSHAKE, AUTH,
			 * AUTHLINE (what follows a 334 of these two) */
	int nth;	/* from 1, over the server's life; 0: every time */
	/* "550 text" a reply (without CR LF); "close", "reset", "hang";
	 * "raw:BYTES"; "last:250 ok" reply and close; "cut:25" bytes, close */
	const char *action;
};

#define FAKE_CAPS                                                              \
	"PIPELINING|SIZE 100000000|8BITMIME|SMTPUTF8|CHUNKING|DSN|"            \
	"ENHANCEDSTATUSCODES"
#define FAKE_RULES 12
#define FAKE_MAILS 400

struct fake_mail {
	char *envelope; /* "MAIL ...\nRCPT ...\n" of what was accepted */
	char *content;
	size_t n;
	bool tls;
};

struct fake_smtp {
	/* set before fake_start() */
	const char *caps, *tls_caps; /* "A|B"; NULL: FAKE_CAPS */
	struct fake_rule rule[FAKE_RULES];
	struct tls_ctx *tls; /* offers STARTTLS when set */
	bool tls_first;	     /* no STARTTLS: TLS from the first byte */
	long split_at;	     /* pause before this byte of output; 0: none */
	long slow_us;	     /* before each reply */
	unsigned host;	     /* added to 127.0.0.1 */

	int port;
	/* under lock */
	pthread_mutex_t lock;
	struct fake_mail mail[FAKE_MAILS];
	size_t mails;
	struct buf heard; /* command lines */
	int connections, open, lone_dots, wrong;
	bool stop;
	int fd;
	pthread_t thread;
	int hits[FAKE_RULES];
};

struct fake_peer {
	struct fake_smtp *f;
	int fd;
	struct tls_session *tls;
	char in[65536];
	size_t in_n;
	long out;
	bool mail, data_refused, auth;
	int rcpts;
	struct buf envelope, content;
	bool end;
	pthread_t thread;
};

UNUSED static bool fake_stopping(struct fake_smtp *f)
{
	bool stop;

	pthread_mutex_lock(&f->lock);
	stop = f->stop;
	pthread_mutex_unlock(&f->lock);
	return stop;
}

static void fake_raw(struct fake_peer *p, const char *s, size_t n)
{
	while (n > 0 && !p->end) {
		size_t part = n, done = 0;
		long left = p->f->split_at - p->out;

		if (p->f->split_at && left > 0 && (size_t)left < n)
			part = (size_t)left;
		if (p->f->split_at && left == 0)
			usleep(1500);
		if (p->tls) {
			if (tls_write(p->tls, s, part, &done, NULL) != TLS_OK)
				p->end = true;
		} else {
			ssize_t w = send(p->fd, s, part, MSG_NOSIGNAL);

			if (w <= 0)
				p->end = true;
			else
				done = (size_t)w;
		}
		s += done;
		n -= done;
		p->out += (long)done;
	}
}

static void fake_say(struct fake_peer *p, const char *s)
{
	struct buf b = BUF_MAX(1 << 20);

	if (p->f->slow_us)
		usleep((useconds_t)p->f->slow_us);
	buf_puts(&b, s);
	buf_puts(&b, "\r\n");
	fake_raw(p, b.p, b.n);
	buf_release(&b);
}

/* More bytes into p->in; false: the end. */
static bool fake_read(struct fake_peer *p)
{
	size_t got = 0;

	if (p->end || p->in_n == sizeof(p->in))
		return false;
	if (p->tls) {
		if (tls_read(p->tls, p->in + p->in_n, sizeof(p->in) - p->in_n,
			     &got, NULL) != TLS_OK)
			got = 0;
	} else {
		struct pollfd pf = {.fd = p->fd, .events = POLLIN};
		ssize_t r = 0;

		while (!fake_stopping(p->f) && poll(&pf, 1, 20) == 0)
			;
		if (!fake_stopping(p->f))
			r = recv(p->fd, p->in + p->in_n,
				 sizeof(p->in) - p->in_n, 0);
		got = r > 0 ? (size_t)r : 0;
	}
	p->in_n += got;
	return got > 0;
}

static void fake_drop(struct fake_peer *p, size_t n)
{
	memmove(p->in, p->in + n, p->in_n - n);
	p->in_n -= n;
}

/* What a rule says about this event, or NULL. */
static const char *fake_action(struct fake_smtp *f, const char *at)
{
	const char *found = NULL;

	pthread_mutex_lock(&f->lock);
	for (int i = 0; i < FAKE_RULES && f->rule[i].at; i++) {
		struct fake_rule *r = &f->rule[i];

		if (strcmp(r->at, at) != 0)
			continue;
		f->hits[i]++;
		if (!found && (r->nth == 0 || r->nth == f->hits[i]))
			found = r->action;
	}
	pthread_mutex_unlock(&f->lock);
	return found;
}

static void fake_reset(struct fake_peer *p)
{
	struct linger hard = {1, 0};

	setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	p->end = true;
}

/* Is it a reply of 2xx or 3xx? */
static bool fake_is_ok(const char *a)
{
	if (strncmp(a, "last:", 5) == 0)
		a += 5;
	return *a >= '2' && *a < '4';
}

/* Do what the rule says. True: the usual reply is not to be given. *ok_r: the
 * rule's reply was 2xx or 3xx. */
static bool fake_act(struct fake_peer *p, const char *a, bool *ok_r)
{
	*ok_r = true;
	if (!a)
		return false;
	*ok_r = false;
	if (strcmp(a, "close") == 0) {
		p->end = true;
	} else if (strcmp(a, "reset") == 0) {
		fake_reset(p);
	} else if (strcmp(a, "hang") == 0) {
		while (!fake_stopping(p->f))
			usleep(5000);
		p->end = true;
	} else if (strncmp(a, "raw:", 4) == 0) {
		fake_raw(p, a + 4, strlen(a + 4));
	} else if (strncmp(a, "cut:", 4) == 0) {
		fake_raw(p, a + 4, strlen(a + 4));
		p->end = true;
	} else if (strncmp(a, "last:", 5) == 0) {
		fake_say(p, a + 5);
		*ok_r = fake_is_ok(a);
		p->end = true;
	} else {
		fake_say(p, a);
		*ok_r = fake_is_ok(a);
	}
	return true;
}

static bool fake_do(struct fake_peer *p, const char *at, bool *ok_r)
{
	return fake_act(p, fake_action(p->f, at), ok_r);
}

static void fake_keep_mail(struct fake_peer *p)
{
	struct fake_smtp *f = p->f;

	pthread_mutex_lock(&f->lock);
	if (f->mails < FAKE_MAILS) {
		struct fake_mail *m = &f->mail[f->mails++];

		m->envelope = mem_strndup(p->envelope.p, p->envelope.n);
		m->content = mem_dup(p->content.n ? p->content.p : "",
				     p->content.n + 1);
		m->n = p->content.n;
		m->tls = p->tls != NULL;
	}
	pthread_mutex_unlock(&f->lock);
}

static void fake_forget(struct fake_peer *p)
{
	p->mail = false;
	p->rcpts = 0;
	buf_clear(&p->envelope);
	buf_clear(&p->content);
}

static void fake_wrong(struct fake_peer *p)
{
	pthread_mutex_lock(&p->f->lock);
	p->f->wrong++;
	pthread_mutex_unlock(&p->f->lock);
}

/* Lines until the dot; refuses (and counts) what is not CR LF. */
static void fake_data(struct fake_peer *p)
{
	const char *action;
	bool ok, first = true;

	for (;;) {
		char *lf = memchr(p->in, '\n', p->in_n);
		size_t n = lf ? (size_t)(lf - p->in) + 1 : 0;

		if (first && p->in_n > 0 && fake_do(p, "CONTENT", &ok))
			p->end |= !ok;
		first = first && p->in_n == 0;
		if (p->end)
			return;
		if (!lf && p->in_n > 60000) {
			buf_put(&p->content, p->in, p->in_n - 1);
			fake_drop(p, p->in_n - 1);
			continue;
		}
		if (!lf) {
			if (!fake_read(p)) {
				p->end = true;
				return;
			}
			continue;
		}
		if (n == 3 && memcmp(p->in, ".\r\n", 3) == 0) {
			fake_drop(p, n);
			break;
		}
		if (n < 2 || p->in[n - 2] != '\r' ||
		    memchr(p->in, '\r', n - 2) || memchr(p->in, 0, n))
			fake_wrong(p);
		if (p->in[0] == '.')
			buf_put(&p->content, p->in + 1, n - 1);
		else
			buf_put(&p->content, p->in, n);
		fake_drop(p, n);
	}
	if (p->rcpts == 0) {
		pthread_mutex_lock(&p->f->lock);
		p->f->lone_dots++;
		pthread_mutex_unlock(&p->f->lock);
	}
	action = fake_action(p->f, "DOT");
	if (action) {
		if (fake_is_ok(action))
			fake_keep_mail(p);
		fake_act(p, action, &ok);
	} else if (p->rcpts == 0) {
		fake_say(p, "554 5.5.1 no recipients");
	} else {
		fake_keep_mail(p);
		fake_say(p, "250 2.0.0 Ok: queued as FAKE");
	}
	fake_forget(p);
}

static void fake_bdat(struct fake_peer *p, const char *line)
{
	unsigned long n = strtoul(line + 5, NULL, 10), got = 0;
	bool last = strstr(line, "LAST") != NULL, ok, first = true;
	const char *action;

	while (got < n) {
		size_t part = MIN_OF(p->in_n, (size_t)(n - got));

		if (first && part > 0 && fake_do(p, "CONTENT", &ok))
			p->end |= !ok;
		first = first && part == 0;
		if (p->end)
			return;
		if (part == 0 && !fake_read(p)) {
			p->end = true;
			return;
		}
		buf_put(&p->content, p->in, part);
		fake_drop(p, part);
		got += part;
	}
	action = fake_action(p->f, "BDAT");
	if (action) {
		if (fake_is_ok(action) && last)
			fake_keep_mail(p);
		fake_act(p, action, &ok);
	} else if (p->rcpts == 0) {
		fake_say(p, "503 5.5.1 no recipients");
	} else {
		if (last)
			fake_keep_mail(p);
		fake_say(p, "250 2.0.0 chunk taken");
	}
	if (last)
		fake_forget(p);
}

static void fake_ehlo(struct fake_peer *p)
{
	const char *caps = p->tls ? p->f->tls_caps : p->f->caps;
	struct buf b = BUF_MAX(8192);
	struct str rest, cap;
	bool ok;

	fake_forget(p);
	if (fake_do(p, "EHLO", &ok))
		return;
	rest = str_of(caps ? caps : FAKE_CAPS);
	buf_puts(&b, "250-fake.example\r\n");
	while (str_split(&rest, '|', &cap))
		buf_printf(&b, "250-" STR_FMT "\r\n", STR_ARG(cap));
	if (p->f->tls && !p->tls)
		buf_puts(&b, "250-STARTTLS\r\n");
	buf_puts(&b, "250 HELP");
	fake_say(p, buf_cstr(&b));
	buf_release(&b);
}

static void fake_handshake(struct fake_peer *p)
{
	enum tls_io io;

	p->in_n = 0;
	p->tls = tls_session_new(p->f->tls, p->fd, NULL, NULL);
	do {
		io = tls_handshake(p->tls, NULL);
	} while (io == TLS_WANT_READ || io == TLS_WANT_WRITE);
	if (io != TLS_OK)
		p->end = true;
}

static void fake_starttls(struct fake_peer *p)
{
	bool ok;

	if (fake_do(p, "STARTTLS", &ok)) {
		if (!ok || p->end)
			return;
	} else {
		fake_say(p, "220 2.0.0 go");
	}
	if (fake_do(p, "HANDSHAKE", &ok) || !p->f->tls) {
		p->end = true;
		return;
	}
	fake_handshake(p);
}

static void fake_envelope(struct fake_peer *p, const char *line, bool is_mail)
{
	bool ok;

	if (is_mail ? p->mail : !p->mail) {
		if (!fake_do(p, is_mail ? "MAIL" : "RCPT", &ok))
			fake_say(p, "503 5.5.1 out of order");
		return;
	}
	if (!fake_do(p, is_mail ? "MAIL" : "RCPT", &ok))
		fake_say(p, is_mail ? "250 2.1.0 Ok" : "250 2.1.5 Ok");
	if (!ok)
		return;
	buf_printf(&p->envelope, "%s\n", line);
	p->mail = true;
	p->rcpts += !is_mail;
}

static bool fake_is(const char *line, const char *verb)
{
	return strncasecmp(line, verb, strlen(verb)) == 0;
}

static void fake_auth(struct fake_peer *p, const char *at)
{
	const char *a = fake_action(p->f, at);
	bool ok;

	if (!a)
		a = "235 2.7.0 welcome";
	fake_act(p, a, &ok);
	p->auth = strstr(a, "334") == a || strstr(a, "raw:334") == a;
}

static void fake_command(struct fake_peer *p, const char *line)
{
	bool ok;

	if (fake_is(line, "EHLO")) {
		fake_ehlo(p);
	} else if (fake_is(line, "HELO")) {
		if (!fake_do(p, "HELO", &ok))
			fake_say(p, "250 fake.example");
	} else if (fake_is(line, "STARTTLS")) {
		fake_starttls(p);
	} else if (fake_is(line, "MAIL") || fake_is(line, "RCPT")) {
		fake_envelope(p, line, fake_is(line, "MAIL"));
	} else if (fake_is(line, "DATA")) {
		if (fake_do(p, "DATA", &ok)) {
			if (ok && !p->end)
				fake_data(p);
		} else if (p->rcpts == 0) {
			fake_say(p, "503 5.5.1 no recipients");
		} else {
			fake_say(p, "354 go on");
			fake_data(p);
		}
	} else if (fake_is(line, "BDAT")) {
		fake_bdat(p, line);
	} else if (fake_is(line, "RSET")) {
		fake_forget(p);
		if (!fake_do(p, "RSET", &ok))
			fake_say(p, "250 2.0.0 Ok");
	} else if (fake_is(line, "AUTH")) {
		fake_auth(p, "AUTH");
	} else if (fake_is(line, "QUIT")) {
		fake_say(p, "221 2.0.0 bye");
		p->end = true;
	} else {
		fake_wrong(p);
		fake_say(p, "500 5.5.2 what?");
	}
}

static void *fake_peer_run(void *arg)
{
	struct fake_peer *p = arg;
	struct fake_smtp *f = p->f;
	bool ok;

	p->envelope = BUF_MAX(1 << 20);
	p->content = BUF_MAX(256 << 20);
	if (f->tls_first)
		fake_handshake(p);
	if (!fake_do(p, "GREETING", &ok))
		fake_say(p, "220 fake.example ESMTP");
	while (!p->end) {
		char *lf = memchr(p->in, '\n', p->in_n);
		char line[40000];
		size_t n;

		if (!lf) {
			if (!fake_read(p))
				break;
			continue;
		}
		n = (size_t)(lf - p->in) + 1;
		snprintf(line, sizeof(line), "%.*s", (int)n - 2, p->in);
		if (n < 2 || p->in[n - 2] != '\r')
			fake_wrong(p);
		fake_drop(p, n);
		pthread_mutex_lock(&f->lock);
		buf_printf(&f->heard, "%s\n", line);
		pthread_mutex_unlock(&f->lock);
		if (p->auth)
			fake_auth(p, "AUTHLINE");
		else
			fake_command(p, line);
	}
	if (p->tls)
		tls_session_free(&p->tls);
	close(p->fd);
	buf_release(&p->envelope);
	buf_release(&p->content);
	pthread_mutex_lock(&f->lock);
	f->open--;
	pthread_mutex_unlock(&f->lock);
	mem_free(p);
	return NULL;
}

#endif
