/* smtp_link.c - places tried in order, one SMTP dialogue; see smtp_link_int.h. */
#include "providers/smtp_link_int.h"

#include <stdio.h>
#include "connector/base/mem.h"

static bool make_tls(struct smtp_hop *h, const struct tenant_conf *t,
		     struct err *e)
{
	struct tls_client_conf conf = {
		.ca_file = t->deliver.ca,
		.certificate_file = t->deliver.client_certificate,
		.key_file = t->deliver.client_key,
		.verify = h->tls == SMTP_TLS_VERIFIED ? TLS_VERIFY_NAME
						      : TLS_VERIFY_NONE,
	};

	if (h->tls == SMTP_TLS_NONE)
		return true;
	h->tls_ctx = tls_client_new(&conf, e);
	return h->tls_ctx != NULL;
}

bool smtp_hop_init(struct smtp_hop *h, enum hop_kind kind,
		   const struct hop_conf *conf, struct err *e)
{
	static const enum smtp_tls level[] = {
		[TLS_LEVEL_NONE] = SMTP_TLS_NONE,
		[TLS_LEVEL_OPPORTUNISTIC] = SMTP_TLS_OPPORTUNISTIC,
		[TLS_LEVEL_REQUIRED] = SMTP_TLS_REQUIRED,
		[TLS_LEVEL_VERIFIED] = SMTP_TLS_VERIFIED,
	};
	const struct tenant_conf *t = conf->tenant;

	h->loop = conf->loop;
	h->timeouts = conf->timeouts;
	h->ehlo = mem_strdup(t->deliver.ehlo ? t->deliver.ehlo
					     : conf->hostname);
	h->port = t->deliver.port ? t->deliver.port : 25;
	h->tls = level[t->deliver.tls];
	h->base.kind = kind;
	return make_tls(h, t, e) ||
	       err_wrap(e, "tenant %s: deliver", t->tenant);
}

void smtp_hop_release(struct smtp_hop *h)
{
	mem_free(h->ehlo);
	tls_ctx_free(&h->tls_ctx);
}

/* ---- opening ---------------------------------------------------------------- */

static void try_place(struct smtp_link *l);

static void tell_end(struct smtp_link *l, enum smtp_stage at,
		     const struct smtp_answer *a)
{
	struct link_end end = {.was_ready = l->ready, .at = at, .answer = *a};

	end.mood = reply_mood(a, at, l->hop->base.kind);
	if (end.mood == HOP_FINE && !l->ready)
		end.mood = HOP_DOWN;
	l->base.ops->on_end(l->base.arg, &end);
}

void smtp_link_fail(struct smtp_link *l, bool permanent, const char *status,
		    const char *text)
{
	struct link_end end = {.at = SMTP_AT_CONNECT, .permanent = permanent};

	end.mood = permanent ? HOP_FINE : HOP_DOWN;
	snprintf(end.answer.status, sizeof(end.answer.status), "%s", status);
	snprintf(end.answer.text, sizeof(end.answer.text), "%s", text);
	l->base.ops->on_end(l->base.arg, &end);
}

static void on_ready(void *arg)
{
	struct smtp_link *l = arg;

	l->ready = true;
	link_login_free(&l->base);
	l->base.ops->on_ready(l->base.arg);
}

static void on_sent(void *arg, struct smtp_mail *m, bool usable)
{
	struct smtp_link *l = arg;

	l->base.ops->on_sent(l->base.arg, m, reply_judge(m, l->hop->base.kind),
			     usable);
}

static bool goes_on_in_clear(const struct smtp_link *l,
			     const struct smtp_end *end)
{
	return l->hop->tls == SMTP_TLS_OPPORTUNISTIC && !l->in_clear &&
	       !l->ready && !l->base.login &&
	       (end->at == SMTP_AT_TLS || end->at == SMTP_AT_STARTTLS);
}

/* Another address asks the same book: it would only count as another try. */
static bool was_login_refused(const struct smtp_end *end)
{
	return end->at == SMTP_AT_AUTH && end->answer.code > 0;
}

static void on_end(void *arg, const struct smtp_end *end)
{
	struct smtp_link *l = arg;
	struct smtp_end how = *end;

	smtp_client_free(&l->client);
	if (l->ready) {
		tell_end(l, how.at, &how.answer);
	} else if (goes_on_in_clear(l, &how)) {
		l->in_clear = true;
		try_place(l);
	} else if (l->at + 1 < l->place_n && !was_login_refused(&how)) {
		l->at++; /* RFC 5321 5.1: the next address */
		l->in_clear = false;
		try_place(l);
	} else {
		if (l->spent)
			l->spent(l);
		tell_end(l, how.at, &how.answer);
	}
}

static const struct smtp_ops smtp_row = {
	.on_ready = on_ready,
	.on_sent = on_sent,
	.on_end = on_end,
};

static void name_remote(struct smtp_link *l)
{
	const struct place *p = &l->place[l->at];
	AUTO(buf) text = BUF_MAX(REMOTE_MAX);

	net_text((const struct sockaddr *)&p->to.sa, false, &text);
	snprintf(l->base.remote, sizeof(l->base.remote), "%.180s[%.60s]",
		 p->host, buf_cstr(&text));
}

static void try_place(struct smtp_link *l)
{
	const struct smtp_hop *h = l->hop;
	const struct place *p = &l->place[l->at];
	struct smtp_client_conf conf = {
		.loop = h->loop,
		.ehlo = h->ehlo,
		.tls_name = p->host,
		.tls = l->in_clear ? SMTP_TLS_NONE : h->tls,
		.tls_ctx = l->in_clear ? NULL : h->tls_ctx,
		.timeouts = h->timeouts,
		.login = l->base.login ? &l->base.login->as : NULL,
	};
	struct smtp_end end = {.at = SMTP_AT_CONNECT};
	struct err e = ERR_EMPTY;

	name_remote(l);
	l->client = smtp_client_open(&conf, (const struct sockaddr *)&p->to.sa,
				     p->to.len, &smtp_row, l, &e);
	if (l->client)
		return;
	snprintf(end.answer.text, sizeof(end.answer.text), "%s", e.text);
	snprintf(end.answer.status, sizeof(end.answer.status), "4.4.1");
	on_end(l, &end);
}

void smtp_link_go(struct smtp_link *l)
{
	l->at = 0;
	l->in_clear = false;
	try_place(l);
}

/* On a later turn, so that nobody is called back out of link_open(). */
static void begin(void *arg)
{
	struct smtp_link *l = arg;

	timer_free(&l->begin);
	l->find(l);
}

void smtp_link_init(struct smtp_link *l, struct smtp_hop *h)
{
	l->hop = h;
	snprintf(l->base.remote, sizeof(l->base.remote), "%s", h->base.name);
	l->begin = timer_new(h->loop, begin, l);
	timer_set(l->begin, 0);
}

void smtp_link_release(struct smtp_link *l)
{
	timer_free(&l->begin);
	smtp_client_quit(&l->client);
}

/* ---- in use ------------------------------------------------------------------ */

void smtp_link_send(struct link *base, struct smtp_mail *m)
{
	smtp_client_send(((struct smtp_link *)base)->client, m);
}

const char *smtp_link_tls(const struct link *base)
{
	const struct smtp_link *l = (const struct smtp_link *)base;

	return l->client ? smtp_client_tls(l->client) : "";
}

const struct smtp_caps *smtp_link_caps(const struct link *base)
{
	static const struct smtp_caps none;
	const struct smtp_link *l = (const struct smtp_link *)base;

	return l->client ? smtp_client_caps(l->client) : &none;
}
