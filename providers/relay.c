/* relay.c - the tenant's relay: a configured host, by SMTP.
 *
 * The host's addresses are tried in the order of the resolver.  The level of
 * TLS is the configured one; only "opportunistic" goes on in clear when the
 * handshake fails, on a new connection.
 */
#include "providers/providers_int.h"

#include <stdio.h>
#include "connector/base/clock.h"
#include "connector/base/mem.h"

#define CACHE_US (30 * US_PER_S) /* addresses of the host */

struct relay_hop {
	struct hop base;
	struct loop *loop;
	struct resolver *resolver;
	const struct smtp_timeouts *timeouts;
	char *host, *ehlo;
	uint16_t port;
	enum smtp_tls tls;
	struct tls_ctx *tls_ctx;
	bool literal;
	struct resolved cache[RESOLVE_ADDRESSES_MAX];
	size_t cache_n;
	int64_t cache_until_us; /* monotonic; literal: for ever */
};

struct relay_link {
	struct link base;
	struct relay_hop *hop;
	struct query *query;
	struct timer *begin;
	struct smtp_client *client;
	struct resolved address[RESOLVE_ADDRESSES_MAX];
	size_t n, at;
	bool ready, in_clear;
};

/* ---- hop ------------------------------------------------------------------- */

static void relay_hop_end(struct hop *base)
{
	struct relay_hop *h = (struct relay_hop *)base;

	mem_free(h->host);
	mem_free(h->ehlo);
	tls_ctx_free(&h->tls_ctx);
	mem_free(h);
}

static bool make_tls(struct relay_hop *h, const struct tenant_conf *t,
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

static struct hop *relay_hop_new(const struct hop_conf *conf, struct err *e)
{
	static const enum smtp_tls level[] = {
		[TLS_LEVEL_NONE] = SMTP_TLS_NONE,
		[TLS_LEVEL_OPPORTUNISTIC] = SMTP_TLS_OPPORTUNISTIC,
		[TLS_LEVEL_REQUIRED] = SMTP_TLS_REQUIRED,
		[TLS_LEVEL_VERIFIED] = SMTP_TLS_VERIFIED,
	};
	const struct tenant_conf *t = conf->tenant;
	struct relay_hop *h = NEW(struct relay_hop);

	h->loop = conf->loop;
	h->resolver = conf->resolver;
	h->timeouts = conf->timeouts;
	h->host = mem_strdup(t->deliver.host);
	h->ehlo = mem_strdup(t->deliver.ehlo ? t->deliver.ehlo
					     : conf->hostname);
	h->port = t->deliver.port ? t->deliver.port : 25;
	h->tls = level[t->deliver.tls];
	snprintf(h->base.name, sizeof(h->base.name), "%s:%u", h->host, h->port);
	h->literal = resolve_literal(h->host, h->port, &h->cache[0]);
	h->cache_n = h->literal;
	if (!make_tls(h, t, e)) {
		err_wrap(e, "tenant %s: deliver", t->tenant);
		relay_hop_end(&h->base);
		return NULL;
	}
	return &h->base;
}

/* ---- opening ---------------------------------------------------------------- */

static void try_address(struct relay_link *l);

static void tell_end(struct relay_link *l, enum smtp_stage at,
		     const struct smtp_answer *a)
{
	struct link_end end = {.was_ready = l->ready, .at = at, .answer = *a};

	end.mood = reply_mood(a, at);
	if (end.mood == HOP_FINE && !l->ready)
		end.mood = HOP_DOWN;
	l->base.ops->on_end(l->base.arg, &end);
}

static void on_ready(void *arg)
{
	struct relay_link *l = arg;

	l->ready = true;
	l->base.ops->on_ready(l->base.arg);
}

static void on_sent(void *arg, struct smtp_mail *m, bool usable)
{
	struct relay_link *l = arg;

	l->base.ops->on_sent(l->base.arg, m, reply_judge(m), usable);
}

static bool goes_on_in_clear(const struct relay_link *l,
			     const struct smtp_end *end)
{
	return l->hop->tls == SMTP_TLS_OPPORTUNISTIC && !l->in_clear &&
	       !l->ready &&
	       (end->at == SMTP_AT_TLS || end->at == SMTP_AT_STARTTLS);
}

static void on_end(void *arg, const struct smtp_end *end)
{
	struct relay_link *l = arg;
	struct smtp_end how = *end;

	smtp_client_free(&l->client);
	if (l->ready) {
		tell_end(l, how.at, &how.answer);
	} else if (goes_on_in_clear(l, &how)) {
		l->in_clear = true;
		try_address(l);
	} else if (l->at + 1 < l->n) {
		l->at++; /* RFC 5321 5.1: the next address */
		l->in_clear = false;
		try_address(l);
	} else {
		l->hop->cache_until_us = 0;
		tell_end(l, how.at, &how.answer);
	}
}

static const struct smtp_ops smtp_row = {
	.on_ready = on_ready,
	.on_sent = on_sent,
	.on_end = on_end,
};

static void name_remote(struct relay_link *l)
{
	const struct resolved *to = &l->address[l->at];
	struct buf text = BUF_MAX(REMOTE_MAX);

	net_text((const struct sockaddr *)&to->sa, false, &text);
	snprintf(l->base.remote, sizeof(l->base.remote), "%.180s[%.60s]",
		 l->hop->host, buf_cstr(&text));
	buf_release(&text);
}

static void try_address(struct relay_link *l)
{
	const struct relay_hop *h = l->hop;
	const struct resolved *to = &l->address[l->at];
	struct smtp_client_conf conf = {
		.loop = h->loop,
		.ehlo = h->ehlo,
		.tls_name = h->host,
		.tls = l->in_clear ? SMTP_TLS_NONE : h->tls,
		.tls_ctx = l->in_clear ? NULL : h->tls_ctx,
		.timeouts = h->timeouts,
	};
	struct smtp_end end = {.at = SMTP_AT_CONNECT};
	struct err e = ERR_EMPTY;

	name_remote(l);
	l->client = smtp_client_open(&conf, (const struct sockaddr *)&to->sa,
				     to->len, &smtp_row, l, &e);
	if (l->client)
		return;
	snprintf(end.answer.text, sizeof(end.answer.text), "%s", e.text);
	snprintf(end.answer.status, sizeof(end.answer.status), "4.4.1");
	on_end(l, &end);
}

static void on_resolved(void *arg, const struct resolved *found, size_t n,
			const struct err *why)
{
	struct relay_link *l = arg;
	struct smtp_answer a = {.status = "4.4.3"};

	l->query = NULL;
	if (n == 0) {
		snprintf(a.text, sizeof(a.text), "%s", why->text);
		tell_end(l, SMTP_AT_CONNECT, &a);
		return;
	}
	memcpy(l->hop->cache, found, n * sizeof(*found));
	memcpy(l->address, found, n * sizeof(*found));
	l->hop->cache_n = l->n = n;
	l->hop->cache_until_us = clock_monotonic_us() + CACHE_US;
	try_address(l);
}

/* Called on a later turn, so that nobody is called back out of link_open(). */
static void begin(void *arg)
{
	struct relay_link *l = arg;
	struct relay_hop *h = l->hop;

	timer_free(&l->begin);
	if (!h->literal && h->cache_until_us <= clock_monotonic_us()) {
		l->query = resolve_host(h->resolver, h->host, h->port,
					on_resolved, l);
		return;
	}
	memcpy(l->address, h->cache, h->cache_n * sizeof(h->cache[0]));
	l->n = h->cache_n;
	try_address(l);
}

static struct link *relay_link_open(struct hop *base)
{
	struct relay_hop *h = (struct relay_hop *)base;
	struct relay_link *l = NEW(struct relay_link);

	l->hop = h;
	snprintf(l->base.remote, sizeof(l->base.remote), "%s", base->name);
	l->begin = timer_new(h->loop, begin, l);
	timer_set(l->begin, 0);
	return &l->base;
}

/* ---- in use ------------------------------------------------------------------ */

static void relay_link_send(struct link *base, struct smtp_mail *m)
{
	smtp_client_send(((struct relay_link *)base)->client, m);
}

static void relay_link_end(struct link *base)
{
	struct relay_link *l = (struct relay_link *)base;

	if (l->query)
		resolve_cancel(&l->query);
	timer_free(&l->begin);
	smtp_client_quit(&l->client);
	mem_free(l);
}

static const char *relay_link_tls(const struct link *base)
{
	const struct relay_link *l = (const struct relay_link *)base;

	return l->client ? smtp_client_tls(l->client) : "";
}

static const struct smtp_caps *relay_link_caps(const struct link *base)
{
	static const struct smtp_caps none;
	const struct relay_link *l = (const struct relay_link *)base;

	return l->client ? smtp_client_caps(l->client) : &none;
}

const struct provider provider_relay = {
	.name = "relay",
	.hop_new = relay_hop_new,
	.hop_end = relay_hop_end,
	.link_open = relay_link_open,
	.link_send = relay_link_send,
	.link_end = relay_link_end,
	.link_tls = relay_link_tls,
	.link_caps = relay_link_caps,
};
