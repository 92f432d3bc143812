/* mx.c - the places of a domain; see mx_int.h. */
#include "providers/mx_int.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include "connector/base/id.h"
#include "connector/base/mem.h"

#define FAMILIES 2 /* AAAA, A */

struct mx_host {
	struct mx *mx;
	char name[HOST_TEXT_MAX];
	unsigned preference;
	uint32_t lot; /* order among equals */
	struct dns_query *query[FAMILIES];
	struct resolved to[FAMILIES][MX_ADDRESSES_MAX];
	size_t n[FAMILIES];
};

struct mx {
	struct mx_conf conf;
	char domain[HOST_TEXT_MAX], own_name[HOST_TEXT_MAX];
	struct resolved *own;
	struct dns_query *query;
	struct timer *later;
	struct mx_host host[DNS_RECORDS_MAX];
	size_t host_n;
	unsigned asked; /* address questions without answer */
	bool implicit;	/* the domain itself, without MX record */
	bool trouble;	/* an address could not be asked */
	bool looped;	/* hosts were cut behind ourselves */
	bool inside;	/* an address was left out */
	mx_done *done;
	void *arg;
};

enum why {
	NULL_MX,
	NO_DOMAIN,
	TROUBLE,
	NO_ADDRESS,
	LOOP,
	NO_RECORDS,
	BAD_LITERAL,
	INSIDE,
};
static const struct {
	const char *status, *text;
	bool permanent;
} WHY[] = {
	[NULL_MX] = {"5.1.10", "the domain takes no mail (null MX)", true},
	[NO_DOMAIN] = {"5.1.2", "no such domain", true},
	[TROUBLE] = {"4.4.3", "the domain cannot be looked up now", false},
	[NO_ADDRESS] = {"5.4.4", "the domain's mail hosts have no address",
			true},
	[LOOP] = {"5.4.6", "mail for the domain would come back to us", true},
	[NO_RECORDS] = {"5.1.2",
			"the domain has neither mail hosts nor an address",
			true},
	[BAD_LITERAL] = {"5.1.2", "no such address literal", true},
	[INSIDE] = {"5.4.4", "the domain's mail hosts are at private addresses",
		    true},
};

static void mx_free(struct mx *m)
{
	dns_cancel(&m->query);
	for (size_t i = 0; i < m->host_n; i++)
		for (unsigned f = 0; f < FAMILIES; f++)
			dns_cancel(&m->host[i].query[f]);
	timer_free(&m->later);
	mem_free(m->own);
	mem_free(m);
}

void mx_cancel(struct mx **m)
{
	struct mx *old = TAKE(*m);

	if (old)
		mx_free(old);
}

static void finish(struct mx *m, const struct mx_found *found)
{
	mx_done *done = m->done;
	void *arg = m->arg;

	mx_free(m);
	done(arg, found);
}

static void give_up(struct mx *m, enum why why)
{
	struct mx_found found = {.permanent = WHY[why].permanent,
				 .status = WHY[why].status,
				 .text = WHY[why].text};

	finish(m, &found);
}

/* ---- addresses ---------------------------------------------------------------- */

static bool same_address(const struct resolved *a, const struct resolved *b)
{
	const struct sockaddr_in *a4 = (const void *)&a->sa,
				 *b4 = (const void *)&b->sa;
	const struct sockaddr_in6 *a6 = (const void *)&a->sa,
				  *b6 = (const void *)&b->sa;

	if (a->sa.ss_family != b->sa.ss_family)
		return false;
	if (a->sa.ss_family == AF_INET)
		return a4->sin_port == b4->sin_port &&
		       a4->sin_addr.s_addr == b4->sin_addr.s_addr;
	return a6->sin6_port == b6->sin6_port &&
	       memcmp(&a6->sin6_addr, &b6->sin6_addr, 16) == 0;
}

/* Whom a connect() to it reaches: an IPv4 address in an IPv6 one is that, and
 * no address is this machine. */
static struct resolved reached(const struct resolved *to)
{
	struct resolved at = *to;
	struct sockaddr_in *v4 = (struct sockaddr_in *)&at.sa;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&at.sa;

	if (at.sa.ss_family == AF_INET6 &&
	    IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
		struct sockaddr_in in = {.sin_family = AF_INET,
					 .sin_port = v6->sin6_port};

		memcpy(&in.sin_addr, &v6->sin6_addr.s6_addr[12],
		       sizeof(in.sin_addr));
		memset(&at, 0, sizeof(at));
		*v4 = in;
		at.len = sizeof(in);
	}
	if (at.sa.ss_family == AF_INET6) {
		if (IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr))
			v6->sin6_addr = in6addr_loopback;
	} else if (v4->sin_addr.s_addr == htonl(INADDR_ANY)) {
		v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	}
	return at;
}

/* Who listens on every address of this machine listens on all of 127/8. */
static bool is_any_and_loopback(const struct resolved *own,
				const struct resolved *at)
{
	const struct sockaddr_in *o = (const void *)&own->sa,
				 *a = (const void *)&at->sa;

	return own->sa.ss_family == AF_INET && at->sa.ss_family == AF_INET &&
	       o->sin_port == a->sin_port &&
	       o->sin_addr.s_addr == htonl(INADDR_ANY) &&
	       ntohl(a->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

static bool is_own(const struct mx *m, const struct resolved *to)
{
	struct resolved at = reached(to);

	for (size_t i = 0; i < m->conf.own_n; i++)
		if (same_address(&m->own[i], &at) ||
		    is_any_and_loopback(&m->own[i], &at))
			return true;
	return false;
}

static bool host_is_own(const struct mx *m, const struct mx_host *h)
{
	if (str_is_ci(str_of(h->name), m->own_name))
		return true;
	for (unsigned f = 0; f < FAMILIES; f++)
		for (size_t i = 0; i < h->n[f]; i++)
			if (is_own(m, &h->to[f][i]))
				return true;
	return false;
}

/* RFC 5321 5.1: no host of our own preference or behind it. */
static void cut_behind_us(struct mx *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->host_n; i++) {
		if (!host_is_own(m, &m->host[i]))
			continue;
		while (n < m->host_n &&
		       m->host[n].preference < m->host[i].preference)
			n++;
		m->looped = true;
		m->host_n = n;
		return;
	}
}

/* Whoever owns a domain says where its mail goes: not to a port of ours. */
static bool is_left_out(struct mx *m, const struct resolved *to)
{
	const struct sockaddr *sa = (const void *)&to->sa;

	if (!m->conf.outside_only || !cidr_is_inside(sa))
		return false;
	for (size_t i = 0; i < m->conf.inside_n; i++)
		if (cidr_has(&m->conf.inside[i], sa))
			return false;
	m->inside = true;
	return true;
}

static void add_place(struct place *place, size_t *n, const struct mx_host *h,
		      const struct resolved *to)
{
	if (*n == PLACES_MAX)
		return;
	snprintf(place[*n].host, sizeof(place[*n].host), "%s", h->name);
	place[(*n)++].to = *to;
}

static void addresses_known(struct mx *m)
{
	struct place place[PLACES_MAX];
	struct mx_found found = {.place = place};

	cut_behind_us(m);
	for (size_t i = 0; i < m->host_n; i++) {
		const struct mx_host *h = &m->host[i];

		for (size_t k = 0; k < MX_ADDRESSES_MAX; k++)
			for (unsigned f = 0; f < FAMILIES; f++)
				if (k < h->n[f] &&
				    !is_left_out(m, &h->to[f][k]))
					add_place(place, &found.n, h,
						  &h->to[f][k]);
	}
	if (found.n > 0)
		finish(m, &found);
	else if (m->trouble)
		give_up(m, TROUBLE);
	else if (m->looped)
		give_up(m, LOOP);
	else if (m->inside)
		give_up(m, INSIDE);
	else
		give_up(m, m->implicit ? NO_RECORDS : NO_ADDRESS);
}

static void set_address(struct resolved *to, const struct dns_record *r,
			uint16_t port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&to->sa;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&to->sa;

	memset(to, 0, sizeof(*to));
	if (r->data.n == sizeof(v4->sin_addr)) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		memcpy(&v4->sin_addr, r->data.p, sizeof(v4->sin_addr));
		to->len = sizeof(*v4);
	} else {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		memcpy(&v6->sin6_addr, r->data.p, sizeof(v6->sin6_addr));
		to->len = sizeof(*v6);
	}
}

static void on_address(struct mx_host *h, unsigned family,
		       const struct dns_answer *a)
{
	struct mx *m = h->mx;

	h->query[family] = NULL;
	m->asked--;
	m->trouble |= a->class == DNS_TROUBLE || a->class == DNS_BOGUS;
	for (size_t i = 0; a->class == DNS_OK && i < a->record_n &&
			   h->n[family] < MX_ADDRESSES_MAX;
	     i++)
		set_address(&h->to[family][h->n[family]++], &a->record[i],
			    m->conf.port);
	if (m->asked == 0)
		addresses_known(m);
}

static void on_aaaa(void *arg, const struct dns_answer *a)
{
	on_address(arg, 0, a);
}

static void on_a(void *arg, const struct dns_answer *a)
{
	on_address(arg, 1, a);
}

static void ask_addresses(struct mx *m)
{
	struct dns *d = m->conf.dns;

	/* Nobody knows of those that are left out: no bounce for them. */
	m->trouble = m->trouble || m->host_n > MX_HOSTS_MAX;
	m->host_n = MIN_OF(m->host_n, (size_t)MX_HOSTS_MAX);
	m->asked = (unsigned)m->host_n * FAMILIES;
	for (size_t i = 0; i < m->host_n; i++) {
		struct mx_host *h = &m->host[i];

		h->query[0] = dns_ask(d, h->name, DNS_AAAA, on_aaaa, h);
		h->query[1] = dns_ask(d, h->name, DNS_A, on_a, h);
	}
}

/* ---- hosts -------------------------------------------------------------------- */

static void add_host(struct mx *m, struct str name, unsigned preference)
{
	struct mx_host *h;

	if (m->host_n == ARRAY_LEN(m->host) || name.n >= HOST_TEXT_MAX)
		return;
	h = &m->host[m->host_n++];
	h->mx = m;
	h->preference = preference;
	random_bytes(&h->lot, sizeof(h->lot));
	snprintf(h->name, sizeof(h->name), STR_FMT, STR_ARG(name));
}

static int by_preference(const void *pa, const void *pb)
{
	const struct mx_host *a = pa, *b = pb;

	if (a->preference != b->preference)
		return a->preference < b->preference ? -1 : 1;
	return a->lot < b->lot ? -1 : a->lot > b->lot;
}

static void take_hosts(struct mx *m, const struct dns_answer *a)
{
	for (size_t i = 0; i < a->record_n; i++)
		if (!str_is(a->record[i].name, "."))
			add_host(m, a->record[i].name, a->record[i].preference);
	if (m->host_n == 0) {
		give_up(m, NULL_MX); /* RFC 7505 3 */
		return;
	}
	qsort(m->host, m->host_n, sizeof(m->host[0]), by_preference);
	/* By name before anybody is asked: what is cut costs no question. */
	cut_behind_us(m);
	if (m->host_n == 0)
		give_up(m, LOOP);
	else
		ask_addresses(m);
}

static void on_mx(void *arg, const struct dns_answer *a)
{
	struct mx *m = arg;

	m->query = NULL;
	switch (a->class) {
	case DNS_OK:
		take_hosts(m, a);
		break;
	case DNS_NO_DATA: /* RFC 5321 5.1: the implicit MX */
		m->implicit = true;
		add_host(m, str_of(m->domain), 0);
		ask_addresses(m);
		break;
	case DNS_NO_NAME:
		give_up(m, NO_DOMAIN);
		break;
	case DNS_TROUBLE:
	case DNS_BOGUS: /* later, never "no" */
		give_up(m, TROUBLE);
		break;
	}
}

/* RFC 5321 4.1.3 "[192.0.2.1]", "[IPv6:2001:db8::1]". */
static void on_literal(void *arg)
{
	struct mx *m = arg;
	struct str s = str_of(m->domain);
	struct place place = {0};
	struct mx_found found = {.place = &place, .n = 1};
	struct resolved to;

	s = str_n(s.p + 1, s.n - 2);
	if (str_starts_ci(s, STR("IPv6:")))
		s = str_skip(s, 5);
	snprintf(place.host, sizeof(place.host), STR_FMT, STR_ARG(s));
	if (!resolve_literal(place.host, m->conf.port, &to)) {
		give_up(m, BAD_LITERAL);
	} else if (is_own(m, &to)) {
		give_up(m, LOOP);
	} else if (is_left_out(m, &to)) {
		give_up(m, INSIDE);
	} else {
		place.to = to;
		finish(m, &found);
	}
}

struct mx *mx_find(const struct mx_conf *conf, mx_done *done, void *arg)
{
	struct mx *m = NEW(struct mx);
	struct str s = str_of(conf->domain);

	m->conf = *conf;
	m->done = done;
	m->arg = arg;
	snprintf(m->domain, sizeof(m->domain), "%s", conf->domain);
	snprintf(m->own_name, sizeof(m->own_name), "%s", conf->own_name);
	m->own = NEW_ARRAY(struct resolved, conf->own_n + 1);
	if (conf->own_n)
		memcpy(m->own, conf->own, conf->own_n * sizeof(*conf->own));
	m->conf.domain = m->conf.own_name = NULL;
	m->conf.own = NULL;
	if (s.n > 2 && s.p[0] == '[' && s.p[s.n - 1] == ']') {
		m->later = timer_new(conf->loop, on_literal, m);
		timer_set(m->later, 0);
	} else {
		m->query = dns_ask(conf->dns, m->domain, DNS_MX, on_mx, m);
	}
	return m;
}
