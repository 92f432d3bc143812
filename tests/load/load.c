/* load.c - N sessions hand over mail as fast as they are answered.
 *
 * load --port P [--host H] [--sessions N] [--messages M] [--seconds S]
 *      [--size BYTES] [--file F] [--tls] [--each] [--rate R] [--from A]
 *      [--domain D] [--prefix X] [--ledger F] [--retry] [--unique]
 *
 * --each: one message per connection; --rate: messages a second in all;
 * --file: content to send below own header fields; --retry: go on after a lost
 * connection until --messages were answered (for kill tests); --unique: the
 * recipient's local part is the id.
 * The ledger has one line per message, written after its final reply was seen
 * (code 0: none came):   id recipient microseconds code dot-microseconds
 * Prints one line of JSON.
 */
#include "tests/load/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct load {
	const char *host, *port, *from, *domain, *prefix, *file;
	long sessions, messages, seconds, size;
	double rate;
	bool tls, each, retry, unique;
	int ledger;
	SSL_CTX *ctx;
	char *body;
	size_t body_n;
	atomic_long next, acked, refused, broken;
	int64_t begun_us, until_us;
	uint32_t *latency_us; /* by message number */
};

struct session {
	struct load *l;
	pthread_t thread;
	long number;
	struct wire w;
	bool up;
};

static void load_body(struct load *l)
{
	struct stat st;
	int fd;
	size_t i;

	if (l->file != NULL) {
		fd = open(l->file, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || fstat(fd, &st) != 0)
			exit(66);
		l->body_n = (size_t)st.st_size;
		l->body = malloc(l->body_n + 1);
		if (l->body == NULL ||
		    read(fd, l->body, l->body_n) != (ssize_t)l->body_n)
			exit(74);
		close(fd);
		return;
	}
	l->body_n = (size_t)l->size;
	l->body = malloc(l->body_n + 80);
	if (l->body == NULL)
		exit(71);
	memcpy(l->body, "\r\n", 2);
	for (i = 2; i < l->body_n; i++)
		l->body[i] = (char)(i % 72 == 70   ? '\r'
				    : i % 72 == 71 ? '\n'
						   : 'a' + (int)(i * 7 % 26));
	memcpy(l->body + l->body_n - 2, "\r\n", 2);
}

static bool session_hello(struct session *s)
{
	char text[1024];

	return wire_puts(&s->w, "EHLO load.example.co.jp\r\n") &&
	       wire_reply(&s->w, text, sizeof(text)) == 250;
}

static bool session_up(struct session *s)
{
	char text[1024];

	if (s->up)
		return true;
	if (!wire_connect(&s->w, s->l->host, s->l->port))
		return false;
	s->up = true;
	if (wire_reply(&s->w, text, sizeof(text)) != 220 || !session_hello(s))
		return false;
	if (!s->l->tls)
		return true;
	return wire_puts(&s->w, "STARTTLS\r\n") &&
	       wire_reply(&s->w, text, sizeof(text)) == 220 &&
	       wire_tls(&s->w, s->l->ctx, false) && session_hello(s);
}

static void session_down(struct session *s, bool politely)
{
	if (s->up && politely)
		(void)!wire_puts(&s->w, "QUIT\r\n");
	if (s->up)
		wire_close(&s->w);
	s->up = false;
}

/* The final reply's code; 0: lost before any final reply. */
static int session_send(struct session *s, const char *id, const char *rcpt,
			int64_t *dot_us)
{
	struct load *l = s->l;
	char head[1024], text[1024];
	int n, code = 0, i;

	n = snprintf(head, sizeof(head),
		     "MAIL FROM:<%s>\r\nRCPT TO:<%s>\r\nDATA\r\n", l->from,
		     rcpt);
	if (!wire_put(&s->w, head, (size_t)n))
		return 0;
	for (i = 0; i < 3; i++) {
		code = wire_reply(&s->w, text, sizeof(text));
		if (code < 0)
			return 0;
		if (code >= 400)
			break;
	}
	if (code != 354)
		return code;
	n = snprintf(head, sizeof(head),
		     "From: <%s>\r\nTo: <%s>\r\nSubject: load %s\r\n"
		     "Message-ID: <%s@load.example.co.jp>\r\n"
		     "Date: Mon, 23 Nov 2026 10:00:00 +0900\r\n",
		     l->from, rcpt, id, id);
	*dot_us = wire_now_us();
	if (!wire_put(&s->w, head, (size_t)n) ||
	    !wire_put(&s->w, l->body, l->body_n))
		return 0;
	*dot_us = wire_now_us();
	if (!wire_puts(&s->w, ".\r\n"))
		return 0;
	code = wire_reply(&s->w, text, sizeof(text));
	return code < 0 ? 0 : code;
}

static void load_note(struct load *l, const char *id, const char *rcpt,
		      int code, int64_t dot_us)
{
	char line[512];
	int n;

	if (l->ledger < 0)
		return;
	n = snprintf(line, sizeof(line), "%s %s %lld %d %lld\n", id, rcpt,
		     (long long)wire_now_us(), code, (long long)dot_us);
	if (write(l->ledger, line, (size_t)n) != n)
		exit(74);
}

static void session_pace(struct load *l, long number)
{
	int64_t due;

	if (l->rate <= 0)
		return;
	due = l->begun_us + (int64_t)((double)number * 1e6 / l->rate) -
	      wire_now_us();
	if (due > 0)
		usleep((useconds_t)due);
}

static void session_one(struct session *s, long number)
{
	struct load *l = s->l;
	char id[128], rcpt[256];
	int64_t dot_us = 0;
	int code = 0;

	snprintf(id, sizeof(id), "%s-%ld", l->prefix, number);
	if (l->unique)
		snprintf(rcpt, sizeof(rcpt), "%s@%s", id, l->domain);
	else
		snprintf(rcpt, sizeof(rcpt), "u%ld@%s", number % 1000,
			 l->domain);
	session_pace(l, number);
	if (session_up(s))
		code = session_send(s, id, rcpt, &dot_us);
	load_note(l, id, rcpt, code, dot_us);
	if (code == 250) {
		l->latency_us[number] = (uint32_t)(wire_now_us() - dot_us);
		l->acked++;
	} else if (code > 0) {
		l->refused++;
		if (code == 421)
			session_down(s, false);
		else
			(void)!wire_puts(&s->w, "RSET\r\n"),
				(void)wire_reply(&s->w, rcpt, sizeof(rcpt));
	} else {
		l->broken++;
		session_down(s, false);
		if (l->retry)
			usleep(50000);
	}
	if (l->each)
		session_down(s, true);
}

static void *session_run(void *arg)
{
	struct session *s = arg;
	struct load *l = s->l;
	long number;

	while ((number = l->next++) < l->messages &&
	       (l->until_us == 0 || wire_now_us() < l->until_us)) {
		session_one(s, number);
		if (!s->up && !l->each && !l->retry)
			break;
	}
	session_down(s, true);
	return NULL;
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void load_report(struct load *l)
{
	double seconds = (double)(wire_now_us() - l->begun_us) / 1e6;
	long n = 0, i;

	for (i = 0; i < l->messages; i++)
		if (l->latency_us[i] != 0)
			l->latency_us[n++] = l->latency_us[i];
	qsort(l->latency_us, (size_t)n, sizeof(uint32_t), by_size);
	printf("{\"acked\": %ld, \"refused\": %ld, \"broken\": %ld, "
	       "\"seconds\": %.3f, \"rate\": %.1f, \"p50_ms\": %.2f, "
	       "\"p90_ms\": %.2f, \"p99_ms\": %.2f, \"max_ms\": %.2f}\n",
	       l->acked, l->refused, l->broken, seconds,
	       (double)l->acked / seconds,
	       n > 0 ? l->latency_us[n / 2] / 1e3 : 0,
	       n > 0 ? l->latency_us[n * 9 / 10] / 1e3 : 0,
	       n > 0 ? l->latency_us[n * 99 / 100] / 1e3 : 0,
	       n > 0 ? l->latency_us[n - 1] / 1e3 : 0);
}

static const struct option options[] = {
	{"host", 1, NULL, 'h'},
	{"port", 1, NULL, 'p'},
	{"sessions", 1, NULL, 's'},
	{"messages", 1, NULL, 'm'},
	{"seconds", 1, NULL, 't'},
	{"size", 1, NULL, 'z'},
	{"file", 1, NULL, 'i'},
	{"tls", 0, NULL, 'e'},
	{"each", 0, NULL, '1'},
	{"rate", 1, NULL, 'r'},
	{"from", 1, NULL, 'f'},
	{"domain", 1, NULL, 'd'},
	{"unique", 0, NULL, 'u'},
	{"prefix", 1, NULL, 'x'},
	{"ledger", 1, NULL, 'l'},
	{"retry", 0, NULL, 'y'},
	{0},
};

static void load_option(struct load *l, int c, const char *v)
{
	switch (c) {
	case 'h':
		l->host = v;
		break;
	case 'p':
		l->port = v;
		break;
	case 's':
		l->sessions = atol(v);
		break;
	case 'm':
		l->messages = atol(v);
		break;
	case 't':
		l->seconds = atol(v);
		break;
	case 'z':
		l->size = atol(v);
		break;
	case 'i':
		l->file = v;
		break;
	case 'e':
		l->tls = true;
		break;
	case '1':
		l->each = true;
		break;
	case 'r':
		l->rate = atof(v);
		break;
	case 'f':
		l->from = v;
		break;
	case 'd':
		l->domain = v;
		break;
	case 'x':
		l->prefix = v;
		break;
	case 'u':
		l->unique = true;
		break;
	case 'y':
		l->retry = true;
		break;
	case 'l':
		l->ledger = open(v, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC,
				 0644);
		if (l->ledger < 0)
			exit(73);
		break;
	default:
		exit(64);
	}
}

int main(int argc, char **argv)
{
	struct load l = {.host = "127.0.0.1",
			 .port = "25",
			 .from = "taro.yamada@example.co.jp",
			 .domain = "customer.example.com",
			 .prefix = "m",
			 .sessions = 10,
			 .messages = 1000,
			 .size = 4096,
			 .ledger = -1};
	struct session *s;
	long i;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		load_option(&l, c, optarg);
	load_body(&l);
	l.ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_session_cache_mode(l.ctx, SSL_SESS_CACHE_OFF);
	l.latency_us = calloc((size_t)l.messages + 1, sizeof(uint32_t));
	s = calloc((size_t)l.sessions, sizeof(*s));
	if (s == NULL || l.latency_us == NULL)
		return 71;
	l.begun_us = wire_now_us();
	if (l.seconds > 0)
		l.until_us = l.begun_us + l.seconds * 1000000;
	for (i = 0; i < l.sessions; i++) {
		s[i].l = &l;
		s[i].number = i;
		if (pthread_create(&s[i].thread, NULL, session_run, &s[i]) != 0)
			return 71;
	}
	for (i = 0; i < l.sessions; i++)
		pthread_join(s[i].thread, NULL);
	load_report(&l);
	SSL_CTX_free(l.ctx);
	free(l.latency_us);
	free(l.body);
	free(s);
	return 0;
}
