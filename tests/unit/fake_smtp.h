/* fake_smtp.h - an SMTP server that fails on command, in a thread of the test.
 *
 * Without rules it behaves: greeting, EHLO, HELO, STARTTLS, MAIL, RCPT, DATA,
 * BDAT, RSET, QUIT, and it refuses what a strict server refuses (commands out
 * of order, bare LF in DATA, bytes above SIZE).  A rule replaces what it says
 * to the n-th command of a kind.  Everything it hears is kept.
 */
#ifndef SEKISHO_TESTS_FAKE_SMTP_H
#define SEKISHO_TESTS_FAKE_SMTP_H

#include "tests/unit/fake_peer.h"

static void *fake_run(void *arg)
{
	struct fake_smtp *f = arg;
	struct pollfd pf = {.fd = f->fd, .events = POLLIN};

	while (!fake_stopping(f)) {
		struct fake_peer *p;
		pthread_t thread;
		int fd, on = 1;

		if (poll(&pf, 1, 10) <= 0)
			continue;
		fd = accept(f->fd, NULL, NULL);
		if (fd < 0)
			continue;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		p = NEW(struct fake_peer);
		p->f = f;
		p->fd = fd;
		pthread_mutex_lock(&f->lock);
		f->connections++;
		f->open++;
		pthread_mutex_unlock(&f->lock);
		must(pthread_create(&thread, NULL, fake_peer_run, p) == 0);
		pthread_detach(thread);
	}
	return NULL;
}

/* Listens on 127.0.0.1, port chosen by the kernel; or on `port` again. */
UNUSED static void fake_start(struct fake_smtp *f)
{
	struct sockaddr_in sa = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK + f->host),
		.sin_port = htons((uint16_t)f->port)};
	socklen_t len = sizeof(sa);
	int on = 1;

	pthread_mutex_init(&f->lock, NULL);
	f->heard = BUF_MAX(16 << 20);
	f->stop = false;
	f->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(f->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	must(bind(f->fd, (struct sockaddr *)&sa, sizeof(sa)) == 0);
	must(listen(f->fd, 64) == 0);
	must(getsockname(f->fd, (struct sockaddr *)&sa, &len) == 0);
	f->port = ntohs(sa.sin_port);
	must(pthread_create(&f->thread, NULL, fake_run, f) == 0);
}

UNUSED static void fake_stop(struct fake_smtp *f)
{
	pthread_mutex_lock(&f->lock);
	f->stop = true;
	pthread_mutex_unlock(&f->lock);
	pthread_join(f->thread, NULL);
	for (int i = 0; i < 2000; i++) {
		pthread_mutex_lock(&f->lock);
		if (f->open == 0)
			i = 2000;
		pthread_mutex_unlock(&f->lock);
		usleep(1000);
	}
	close(f->fd);
	for (size_t i = 0; i < f->mails; i++) {
		mem_free(f->mail[i].envelope);
		mem_free(f->mail[i].content);
	}
	buf_release(&f->heard);
	pthread_mutex_destroy(&f->lock);
}

UNUSED static bool fake_heard(struct fake_smtp *f, const char *words)
{
	bool found;

	pthread_mutex_lock(&f->lock);
	found = str_find(buf_str(&f->heard), str_of(words)) >= 0;
	pthread_mutex_unlock(&f->lock);
	return found;
}

UNUSED static size_t fake_mails(struct fake_smtp *f)
{
	size_t n;

	pthread_mutex_lock(&f->lock);
	n = f->mails;
	pthread_mutex_unlock(&f->lock);
	return n;
}

#endif
