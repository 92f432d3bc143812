/* resolve.c - a helper thread around getaddrinfo(); see resolve.h.
 *
 * The thread and the loop share the queue under one lock.  The shared part is
 * counted: resolver_free() leaves the thread alone with it, since a query may
 * take as long as the system's resolver likes.
 */
#include "connector/sys/dns/resolve.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include "connector/base/die.h"
#include "connector/base/mem.h"
#include "connector/base/str.h"

struct query {
	struct query *next;
	struct shared *shared;
	char *host;
	uint16_t port;
	resolve_done *done; /* NULL: cancelled; the loop's thread only */
	void *arg;
	struct resolved found[RESOLVE_ADDRESSES_MAX];
	size_t n;
	struct err why;
};

struct shared {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct loop *loop;
	struct query *first, **last; /* waiting for the thread */
	unsigned users;		     /* loop side, thread, posted answers */
	bool closed;
};

struct resolver {
	struct shared *shared;
	bool started;
};

static void query_free(struct query *q)
{
	mem_free(q->host);
	mem_free(q);
}

/* With the lock held; gives it back. */
static void leave(struct shared *s)
{
	bool last = --s->users == 0;
	struct query *q = last ? s->first : NULL;

	pthread_mutex_unlock(&s->lock);
	if (!last)
		return;
	while (q) {
		struct query *next = q->next;

		query_free(q);
		q = next;
	}
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->more);
	mem_free(s);
}

bool resolve_literal(const char *host, uint16_t port, struct resolved *to_r)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&to_r->sa;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&to_r->sa;
	struct str s = str_of(host);
	char text[INET6_ADDRSTRLEN];

	memset(to_r, 0, sizeof(*to_r));
	if (s.n > 2 && s.p[0] == '[' && s.p[s.n - 1] == ']')
		s = str_n(s.p + 1, s.n - 2);
	if (s.n >= sizeof(text))
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		to_r->len = sizeof(*v4);
		return true;
	}
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) != 1)
		return false;
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	to_r->len = sizeof(*v6);
	return true;
}

static void take_addresses(struct query *q, const struct addrinfo *list)
{
	for (; list && q->n < RESOLVE_ADDRESSES_MAX; list = list->ai_next) {
		struct resolved *to = &q->found[q->n];

		if (list->ai_addrlen > sizeof(to->sa))
			continue;
		memcpy(&to->sa, list->ai_addr, list->ai_addrlen);
		to->len = list->ai_addrlen;
		q->n++;
	}
}

static void look_up(struct query *q)
{
	static const struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV,
	};
	struct addrinfo *list = NULL;
	char port[8];
	int code;

	snprintf(port, sizeof(port), "%u", q->port);
	code = getaddrinfo(q->host, port, &hints, &list);
	if (code == 0) {
		take_addresses(q, list);
		freeaddrinfo(list);
	}
	if (q->n == 0)
		err_set(&q->why, code == EAI_NONAME ? ERR_NOT_FOUND : ERR_RETRY,
			code, "%s: %s", q->host,
			code ? gai_strerror(code) : "no address");
}

static void answer(void *arg)
{
	struct query *q = arg;
	struct shared *s = q->shared;
	bool closed;

	pthread_mutex_lock(&s->lock);
	closed = s->closed;
	pthread_mutex_unlock(&s->lock);
	if (q->done && !closed)
		q->done(q->arg, q->found, q->n, q->n ? NULL : &q->why);
	query_free(q);
	pthread_mutex_lock(&s->lock);
	leave(s);
}

static void *run(void *arg)
{
	struct shared *s = arg;

	pthread_mutex_lock(&s->lock);
	while (!s->closed) {
		struct query *q = s->first;

		if (!q) {
			pthread_cond_wait(&s->more, &s->lock);
			continue;
		}
		s->first = q->next;
		if (!s->first)
			s->last = &s->first;
		pthread_mutex_unlock(&s->lock);
		look_up(q);
		pthread_mutex_lock(&s->lock);
		if (s->closed) {
			query_free(q);
			break;
		}
		s->users++;
		loop_post(s->loop, answer, q);
	}
	leave(s);
	return NULL;
}

struct resolver *resolver_new(struct loop *l)
{
	struct resolver *r = NEW(struct resolver);
	struct shared *s = NEW(struct shared);

	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->more, NULL);
	s->loop = l;
	s->last = &s->first;
	s->users = 1;
	r->shared = s;
	return r;
}

static void start(struct resolver *r)
{
	pthread_attr_t attr;
	pthread_t thread;

	r->shared->users++;
	r->started = true;
	must(pthread_attr_init(&attr) == 0);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	must(pthread_create(&thread, &attr, run, r->shared) == 0);
	pthread_attr_destroy(&attr);
}

void resolver_free(struct resolver **r)
{
	struct resolver *old = TAKE(*r);

	if (!old)
		return;
	pthread_mutex_lock(&old->shared->lock);
	old->shared->closed = true;
	pthread_cond_signal(&old->shared->more);
	leave(old->shared);
	mem_free(old);
}

struct query *resolve_host(struct resolver *r, const char *host, uint16_t port,
			   resolve_done *done, void *arg)
{
	struct shared *s = r->shared;
	struct query *q = NEW(struct query);

	q->shared = s;
	q->host = mem_strdup(host);
	q->port = port;
	q->done = done;
	q->arg = arg;
	pthread_mutex_lock(&s->lock);
	if (!r->started)
		start(r);
	*s->last = q;
	s->last = &q->next;
	pthread_cond_signal(&s->more);
	pthread_mutex_unlock(&s->lock);
	return q;
}

/* The thread does not read `done`: the query goes its way and is freed. */
void resolve_cancel(struct query **q)
{
	struct query *old = TAKE(*q);

	if (old)
		old->done = NULL;
}
