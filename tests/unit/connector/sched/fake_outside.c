/* fake_outside.c - see fake_outside.h. */
#include "tests/unit/connector/sched/fake_outside.h"
#include <stdio.h>
#include "connector/base/mem.h"

struct fake_outside outside;

/* ---- HTTPS ------------------------------------------------------------------------- */

struct http_query {
	struct timer *timer;
	http_done *done;
	void *arg;
};
struct http_client {
	struct loop *loop;
};

struct http_client *http_client_new(struct loop *loop, struct err *e)
{
	struct http_client *c = NEW(struct http_client);

	(void)e;
	c->loop = loop;
	return c;
}

void http_client_free(struct http_client **c)
{
	mem_free(TAKE(*c));
}

static void on_http(void *arg)
{
	struct http_query *x = arg;
	struct http_answer r = {.status = outside.status,
				.body = str_of(outside.body),
				.why = outside.status ? "" : "refused"};

	if (outside.silent)
		return;
	timer_free(&x->timer);
	x->done(x->arg, &r);
	mem_free(x);
}

struct http_query *http_ask(struct http_client *c, const struct http_call *call,
			    http_done *done, void *arg)
{
	struct http_query *x = NEW(struct http_query);

	outside.asked_http++;
	snprintf(outside.url, sizeof(outside.url), "%s", call->url);
	x->done = done;
	x->arg = arg;
	x->timer = timer_new(c->loop, on_http, x);
	timer_set(x->timer, 0);
	return x;
}

void http_cancel(struct http_query **xp)
{
	struct http_query *x = TAKE(*xp);

	if (!x)
		return;
	timer_free(&x->timer);
	mem_free(x);
}

/* ---- DNS --------------------------------------------------------------------------- */

struct dns {
	struct loop *loop;
};
struct dns_query {
	struct timer *timer;
	char name[256];
	dns_done *done;
	void *arg;
};

struct dns *dns_new(const struct dns_conf *conf, struct err *e)
{
	struct dns *d = NEW(struct dns);

	(void)e;
	d->loop = conf->loop;
	return d;
}

void dns_free(struct dns **d)
{
	mem_free(TAKE(*d));
}

bool dns_validates(const struct dns *d)
{
	(void)d;
	return true;
}

const char *dns_class_name(enum dns_class class)
{
	return class == DNS_OK ? "ok" : "trouble";
}

static void on_dns(void *arg)
{
	struct dns_query *q = arg;
	struct dns_record record[3] = {0};
	struct dns_answer a = {.class = DNS_NO_NAME, .record = record};

	if (outside.silent)
		return;
	for (size_t i = 0; i < outside.txt_n; i++) {
		const struct fake_txt *t = &outside.txt[i];

		if (strcmp(t->name, q->name) != 0)
			continue;
		a.class = t->class;
		while (a.record_n < 3 && t->txt[a.record_n]) {
			record[a.record_n].data = str_of(t->txt[a.record_n]);
			a.record_n++;
		}
	}
	timer_free(&q->timer);
	q->done(q->arg, &a);
	mem_free(q);
}

struct dns_query *dns_ask(struct dns *d, const char *name, enum dns_type type,
			  dns_done *done, void *arg)
{
	struct dns_query *q = NEW(struct dns_query);

	(void)type;
	outside.asked_dns++;
	snprintf(q->name, sizeof(q->name), "%s", name);
	q->done = done;
	q->arg = arg;
	q->timer = timer_new(d->loop, on_dns, q);
	timer_set(q->timer, 0);
	return q;
}

void dns_cancel(struct dns_query **qp)
{
	struct dns_query *q = TAKE(*qp);

	if (!q)
		return;
	timer_free(&q->timer);
	mem_free(q);
}

/* ---- alarms ------------------------------------------------------------------------ */

void flow_alarm(struct flow *f, const char *cause, struct str detail)
{
	(void)f;
	outside.alarms++;
	snprintf(outside.alarm, sizeof(outside.alarm), "%s", cause);
	snprintf(outside.detail, sizeof(outside.detail), STR_FMT,
		 STR_ARG(detail));
}

void flow_alarm_both(struct flow *f, const char *cause, struct str ja,
		     struct str en)
{
	(void)ja;
	flow_alarm(f, cause, en);
}

/* ---- canaries ---------------------------------------------------------------------- */

void flow_get_mode(struct flow *f, struct flow_mode *m_r)
{
	(void)f;
	*m_r = (struct flow_mode){.mode = outside.mode};
}

void flow_canary_send(struct flow *f, const struct tenant_conf *t)
{
	(void)f;
	outside.canaries++;
	outside.sent_for = t;
}

void flow_canary_look(struct flow *f, const struct tenant_conf *t,
		      struct flow_canary *c_r)
{
	(void)f;
	(void)t;
	*c_r = outside.canary;
}
