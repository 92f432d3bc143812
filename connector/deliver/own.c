/* own.c - where we take mail ourselves: an MX that leads there is a loop, or
 * somebody's try to reach what listens on this machine.
 */
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include "connector/deliver/deliver_int.h"
#include "connector/sys/loop/conn.h"

#define OWN_MAX 256 /* addresses of one machine that we mind */

static void add(struct own_places *o, const struct sockaddr *sa, uint16_t port)
{
	struct resolved r = {0};

	if (o->n == OWN_MAX)
		return;
	if (sa->sa_family == AF_INET) {
		r.len = sizeof(struct sockaddr_in);
		memcpy(&r.sa, sa, r.len);
		((struct sockaddr_in *)&r.sa)->sin_port = port;
	} else if (sa->sa_family == AF_INET6) {
		r.len = sizeof(struct sockaddr_in6);
		memcpy(&r.sa, sa, r.len);
		((struct sockaddr_in6 *)&r.sa)->sin6_port = port;
	}
	if (r.len)
		vec_push(o, r);
}

static bool is_any(const struct sockaddr_storage *sa, uint16_t *port_r)
{
	const struct sockaddr_in *v4 = (const void *)sa;
	const struct sockaddr_in6 *v6 = (const void *)sa;

	if (sa->ss_family == AF_INET) {
		*port_r = v4->sin_port;
		return v4->sin_addr.s_addr == htonl(INADDR_ANY);
	}
	*port_r = v6->sin6_port;
	return IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr);
}

static void add_interfaces(struct own_places *o, int family, uint16_t port)
{
	struct ifaddrs *list = NULL;

	if (getifaddrs(&list) != 0)
		return;
	for (struct ifaddrs *i = list; i; i = i->ifa_next)
		if (i->ifa_addr && i->ifa_addr->sa_family == family)
			add(o, i->ifa_addr, port);
	freeifaddrs(list);
}

static void add_listen(struct own_places *o, const struct strings *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct sockaddr_storage sa;
		socklen_t len;
		uint16_t port = 0;

		if (!net_parse(str_of(s->v[i]), &sa, &len, NULL))
			continue;
		/* "0.0.0.0" as a target is this machine, too. */
		add(o, (struct sockaddr *)&sa,
		    ((struct sockaddr_in *)&sa)->sin_port);
		if (is_any(&sa, &port))
			add_interfaces(o, sa.ss_family, port);
	}
}

void own_places_find(const struct config *c, struct own_places *o)
{
	o->n = 0;
	add_listen(o, &c->listen.smtp);
	add_listen(o, &c->listen_submission);
	add_listen(o, &c->listen_submissions);
}
