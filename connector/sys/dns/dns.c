/* dns.c - questions to libunbound and its answers; see dns.h.
 *
 * libunbound works on its own thread and tells by a pipe; ub_process() then
 * calls us on the loop.  Its options must all be set before ub_ctx_zone_add(),
 * which closes the configuration and so shows what is wrong with it.
 */
#include "connector/sys/dns/dns.h"
#include <unbound.h>
#include <unistd.h>
#include "connector/base/buf.h"
#include "connector/base/mem.h"
#include "connector/sys/dns/wire.h"

#define TIMEOUT_US (30 * US_PER_S)
#define CLASS_IN   1
#define RCODE_OK   0

struct dns {
	struct loop *loop;
	struct ub_ctx *ub;
	struct io *io;
	struct dns_query *first;
	size_t asked;
	int64_t timeout_us;
	bool validates;
	bool busy, freed; /* inside ub_process(); dns_free() came there */
};

struct dns_query {
	struct dns *dns;
	struct dns_query *next, **link;
	struct timer *timer;
	int id; /* libunbound's, or NOT_ASKED */
	enum dns_type type;
	struct dns_answer refused; /* when NOT_ASKED */
	dns_done *done;
	void *arg;
};
#define NOT_ASKED (-1)

static const char *const OPTIONS[][2] = {
	/* A resolver on this machine is a resolver. */
	{"do-not-query-localhost:", "no"},
	/* The operator's servers know his private zones, we do not. */
	{"unblock-lan-zones:", "yes"},
	{"insecure-lan-zones:", "yes"},
	{"trust-anchor-signaling:", "no"},
	/* A server that was down is asked again soon. */
	{"infra-host-ttl:", "60"},
	{"infra-keep-probing:", "yes"},
	{"outgoing-range:", "256"},
	{"outgoing-num-tcp:", "32"},
	{"num-queries-per-thread:", "1024"},
	{"msg-cache-size:", "8m"},
	{"rrset-cache-size:", "16m"},
	{"use-syslog:", "no"},
	{"logfile:", ""},
	{"verbosity:", "0"},
};

/* Debian's dns-root-data, else what a resolver of this machine keeps. */
static const char *const ANCHORS[] = {
	"/usr/share/dns/root.key",
	"/var/lib/unbound/root.key",
};

const char *dns_class_name(enum dns_class class)
{
	static const char *const NAMES[] = {
		[DNS_OK] = "ok",	   [DNS_NO_NAME] = "no-name",
		[DNS_NO_DATA] = "no-data", [DNS_TROUBLE] = "trouble",
		[DNS_BOGUS] = "bogus",
	};

	return NAMES[class];
}

/* ---- answers ---- */

static void query_free(struct dns_query *q)
{
	*q->link = q->next;
	if (q->next)
		q->next->link = q->link;
	q->dns->asked--;
	timer_free(&q->timer);
	mem_free(q);
}

/* The query goes first: its owner may ask the next one, or end everything. */
static void answer(struct dns_query *q, const struct dns_answer *a)
{
	dns_done *done = q->done;
	void *arg = q->arg;

	query_free(q);
	done(arg, a);
}

static enum dns_class classify(const struct ub_result *r)
{
	if (r->bogus)
		return DNS_BOGUS;
	if (r->nxdomain)
		return DNS_NO_NAME;
	if (r->rcode != RCODE_OK)
		return DNS_TROUBLE;
	return r->havedata ? DNS_OK : DNS_NO_DATA;
}

static const char *reason(enum dns_class class, const struct ub_result *r,
			  struct arena *a)
{
	switch (class) {
	case DNS_OK:
		return NULL;
	case DNS_NO_NAME:
		return "no such name";
	case DNS_NO_DATA:
		return "no such record";
	case DNS_BOGUS:
		return r->why_bogus ? r->why_bogus : "not valid";
	case DNS_TROUBLE:
		break;
	}
	return arena_printf(a, "response code %d", r->rcode);
}

static void take_records(enum dns_type type, const struct ub_result *r,
			 struct arena *a, struct dns_answer *to)
{
	struct dns_record *rec = arena_array(a, DNS_RECORDS_MAX, sizeof(*rec));
	size_t n = 0;

	for (size_t i = 0; r->data[i] && n < DNS_RECORDS_MAX; i++)
		if (r->len[i] >= 0 &&
		    dns_wire_record(type, str_n(r->data[i], (size_t)r->len[i]),
				    a, &rec[n]))
			n++;
	to->record = rec;
	to->record_n = n;
	if (n > 0)
		return;
	to->class = DNS_TROUBLE;
	to->why = "malformed records";
}

static struct str canonical(const struct ub_result *r, struct arena *a)
{
	char *name = arena_strdup(a, r->canonname ? r->canonname : r->qname);
	struct str s = str_of(name);

	for (size_t i = 0; i < s.n; i++)
		name[i] = ascii_lower(name[i]);
	if (s.n > 1 && s.p[s.n - 1] == '.')
		s.n--;
	return s;
}

static void on_result(void *arg, int code, struct ub_result *r)
{
	struct dns_query *q = arg;
	AUTO(arena) a = ARENA_EMPTY;
	struct dns_answer to = {.class = DNS_TROUBLE};

	if (code != 0 || !r) {
		to.why = ub_strerror(code);
	} else {
		to.class = classify(r);
		to.why = reason(to.class, r, &a);
		to.secure = r->secure;
		to.ttl_s = r->ttl > 0 ? (uint32_t)r->ttl : 0;
		to.canonical = canonical(r, &a);
		if (to.class == DNS_OK)
			take_records(q->type, r, &a, &to);
	}
	answer(q, &to);
	ub_resolve_free(r);
}

static void on_timer(void *arg)
{
	struct dns_query *q = arg;
	struct dns_answer late = {.class = DNS_TROUBLE, .why = "no answer"};

	if (q->id == NOT_ASKED)
		late = q->refused;
	else
		ub_cancel(q->dns->ub, q->id);
	answer(q, &late);
}

/* ---- life ---- */

static void destroy(struct dns *d)
{
	while (d->first)
		query_free(d->first);
	io_free(&d->io);
	ub_ctx_delete(d->ub);
	mem_free(d);
}

static void on_ready(void *arg, int ready)
{
	struct dns *d = arg;

	(void)ready;
	d->busy = true;
	/* What fails here ends in the deadlines of the questions. */
	(void)ub_process(d->ub);
	d->busy = false;
	if (d->freed)
		destroy(d);
}

static bool failed(int code, const char *what, struct err *e)
{
	return err_set(e, ERR_CONFIG, code, "%s: %s", what, ub_strerror(code));
}

/* "192.0.2.1:53", "[2001:db8::1]:53" to libunbound's ADDRESS@PORT. */
static bool add_server(struct ub_ctx *ub, const char *server, struct err *e)
{
	struct str s = str_of(server), address;
	ptrdiff_t at = str_rchr(s, ':');
	AUTO(buf) text = BUF_MAX(DNS_NAME_MAX);
	int code;

	if (at < 0)
		return err_set(e, ERR_CONFIG, 0, "%s: no port", server);
	address = str_head(s, (size_t)at);
	if (address.n > 2 && address.p[0] == '[')
		address = str_n(address.p + 1, address.n - 2);
	buf_printf(&text, STR_FMT "@" STR_FMT, STR_ARG(address),
		   STR_ARG(str_skip(s, (size_t)at + 1)));
	code = ub_ctx_set_fwd(ub, buf_cstr(&text));
	return code == 0 || failed(code, server, e);
}

static bool add_servers(struct ub_ctx *ub, const struct dns_conf *c,
			struct err *e)
{
	for (size_t i = 0; i < c->server_n; i++)
		TRY(add_server(ub, c->server[i], e));
	/* Where the system names nobody we ask from the root down. */
	if (c->server_n == 0)
		(void)ub_ctx_resolvconf(ub, NULL);
	return true;
}

static bool add_anchor(struct dns *d, const char *file, struct err *e)
{
	int code;

	for (size_t i = 0; !file && i < ARRAY_LEN(ANCHORS); i++)
		if (access(ANCHORS[i], R_OK) == 0)
			file = ANCHORS[i];
	if (!file)
		return true;
	code = ub_ctx_add_ta_file(d->ub, file);
	d->validates = code == 0;
	return code == 0 || failed(code, file, e);
}

static bool configure(struct dns *d, const struct dns_conf *c, struct err *e)
{
	int code = 0;

	ub_ctx_debugout(d->ub, NULL);
	for (size_t i = 0; i < ARRAY_LEN(OPTIONS) && code == 0; i++) {
		code = ub_ctx_set_option(d->ub, OPTIONS[i][0], OPTIONS[i][1]);
		if (code)
			return failed(code, OPTIONS[i][0], e);
	}
	code = ub_ctx_async(d->ub, true);
	if (code)
		return failed(code, "DNS thread", e);
	TRY(add_servers(d->ub, c, e));
	TRY(add_anchor(d, c->trust_anchor, e));
	/* Built in is "no such name"; whoever has such servers asks them. */
	code = ub_ctx_zone_add(d->ub, "test.", "transparent");
	return code == 0 ||
	       failed(code, c->trust_anchor ? c->trust_anchor : "DNS", e);
}

struct dns *dns_new(const struct dns_conf *conf, struct err *e)
{
	struct dns *d = NEW(struct dns);

	d->loop = conf->loop;
	d->timeout_us = conf->timeout_us ? conf->timeout_us : TIMEOUT_US;
	d->ub = ub_ctx_create();
	if (!d->ub) {
		mem_free(d);
		err_set(e, ERR_RETRY, 0, "DNS: no context");
		return NULL;
	}
	if (!configure(d, conf, e)) {
		destroy(d);
		return NULL;
	}
	d->io = io_new(d->loop, ub_fd(d->ub), on_ready, d);
	io_want(d->io, IO_READ);
	return d;
}

void dns_free(struct dns **d)
{
	struct dns *old = TAKE(*d);

	if (!old)
		return;
	while (old->first)
		dns_cancel(&(struct dns_query *){old->first});
	if (old->busy)
		old->freed = true;
	else
		destroy(old);
}

bool dns_validates(const struct dns *d)
{
	return d->validates;
}

/* ---- questions ---- */

static void refuse(struct dns_query *q, enum dns_class class, const char *why)
{
	q->id = NOT_ASKED;
	q->refused = (struct dns_answer){.class = class, .why = why};
	timer_set(q->timer, 0);
}

struct dns_query *dns_ask(struct dns *d, const char *name, enum dns_type type,
			  dns_done *done, void *arg)
{
	struct dns_query *q = NEW(struct dns_query);
	int code;

	q->dns = d;
	q->type = type;
	q->done = done;
	q->arg = arg;
	q->next = d->first;
	q->link = &d->first;
	if (q->next)
		q->next->link = &q->next;
	d->first = q;
	d->asked++;
	q->timer = timer_new(d->loop, on_timer, q);
	if (!dns_wire_askable(str_of(name))) {
		refuse(q, DNS_NO_NAME, "not a name of the DNS");
		return q;
	}
	if (d->asked > DNS_ASKED_MAX) {
		refuse(q, DNS_TROUBLE, "too many questions");
		return q;
	}
	code = ub_resolve_async(d->ub, name, type, CLASS_IN, q, on_result,
				&q->id);
	if (code)
		refuse(q, DNS_TROUBLE, ub_strerror(code));
	else
		timer_set(q->timer, d->timeout_us);
	return q;
}

void dns_cancel(struct dns_query **q)
{
	struct dns_query *old = TAKE(*q);

	if (!old)
		return;
	if (old->id != NOT_ASKED)
		ub_cancel(old->dns->ub, old->id);
	query_free(old);
}
