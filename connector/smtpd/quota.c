/* quota.c - how much one address, tenant or sender may have of us.
 *
 * Sessions of strangers are counted by address (IPv6 by /64), those of peers
 * by tenant.  Messages per sender and hour are a sliding estimate over two
 * windows; when a window holds SENDERS_MAX senders it is begun anew, so that
 * memory is bounded and nobody is refused for the sake of counting.
 */
#include <netinet/in.h>
#include <sys/resource.h>
#include "connector/smtpd/smtpd_int.h"

#define SENDERS_MAX 100000
#define RATE_STEPS  1000

/* Strangers never get more than this share of the sessions. */
#define STRANGERS_OF(all) ((all) - (all) / 4)

/* Descriptors that stay for the store, the spool, next hops and pages. */
#define DESCRIPTORS_KEPT 256

/* Out of descriptors nobody is answered at all, not even with 421: so there
 * are never more sessions than the process can hold. */
void quota_limits(struct smtpd *d)
{
	unsigned sessions = d->config->limits.sessions;
	struct rlimit files;
	size_t room;

	d->most = sessions ? sessions : SIZE_MAX;
	if (getrlimit(RLIMIT_NOFILE, &files) != 0 ||
	    files.rlim_cur == RLIM_INFINITY)
		return;
	room = (size_t)files.rlim_cur;
	room = room > 2 * DESCRIPTORS_KEPT ? room - DESCRIPTORS_KEPT : room / 2;
	if (room < d->most)
		LOG(d->conf.log, LOG_WARN, "sessions-limited-by-descriptors",
		    LU("sessions", room), LU("configured", sessions));
	d->most = MIN_OF(d->most, room);
}

static char *address_key(const struct sockaddr_storage *peer)
{
	AUTO(buf) text = BUF_MAX(SMTP_ADDRESS_MAX);
	struct sockaddr_storage sa = *peer;
	size_t n;

	if (sa.ss_family == AF_INET6) {
		struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&sa;

		if (!IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
			memset(&v6->sin6_addr.s6_addr[8], 0, 8);
	}
	net_text((const struct sockaddr *)&sa, false, &text);
	return buf_take(&text, &n);
}

static size_t count_of(const struct map *m, struct str key)
{
	return (size_t)(uintptr_t)map_get(m, key);
}

static void count_set(struct map *m, struct str key, size_t n)
{
	if (n)
		map_put(m, key, (void *)(uintptr_t)n);
	else
		map_remove(m, key);
}

static bool take_tenant(struct smtpd *d, struct session *s, const char **why_r)
{
	unsigned most = d->config->limits.sessions_per_tenant;
	unsigned i = s->network->index;

	if (i >= d->tenant_n || (most && d->per_tenant[i] >= most)) {
		*why_r = "too many sessions of this tenant";
		return false;
	}
	d->per_tenant[i]++;
	return true;
}

static bool take_stranger(struct smtpd *d, struct session *s,
			  const char **why_r)
{
	unsigned most = d->config->limits.sessions_per_address;
	size_t have;

	s->slot = address_key(&s->peer);
	have = count_of(&d->per_address, str_of(s->slot));
	if ((most && have >= most) || d->strangers >= STRANGERS_OF(d->most)) {
		*why_r = "too many sessions from your address";
		mem_free(s->slot);
		s->slot = NULL;
		return false;
	}
	count_set(&d->per_address, str_of(s->slot), have + 1);
	d->strangers++;
	return true;
}

bool quota_take(struct smtpd *d, struct session *s, const char **why_r)
{
	s->counted = s->network ? take_tenant(d, s, why_r)
				: take_stranger(d, s, why_r);
	return s->counted;
}

void quota_give(struct smtpd *d, struct session *s)
{
	if (!s->counted)
		return;
	s->counted = false;
	if (s->slot) {
		count_set(&d->per_address, str_of(s->slot),
			  count_of(&d->per_address, str_of(s->slot)) - 1);
		d->strangers--;
	} else if (s->network && s->network->index < d->tenant_n) {
		d->per_tenant[s->network->index]--;
	}
}

void quota_release(struct smtpd *d)
{
	map_release(&d->per_address);
	map_release(&d->rate.now);
	map_release(&d->rate.before);
	mem_free(d->per_tenant);
	d->per_tenant = NULL;
}

/* ---- senders --------------------------------------------------------------- */

/* The hour before the start is the window before: a restart forgives nobody. */
bool quota_load(struct smtpd *d, struct err *e)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct sender_rate *r = &d->rate;
	struct store_sent *v;
	size_t n;

	r->window_us = clock_monotonic_us();
	TRY(flow_sent_lately(d->conf.flow, &a, &v, &n, e));
	for (size_t i = 0; i < n; i++) {
		struct addr from;

		if (addr_parse(v[i].from, true, false, &a, &from, NULL))
			count_set(&r->before, from.key,
				  count_of(&r->before, from.key) +
					  (size_t)v[i].messages);
	}
	return true;
}

static void turn_windows(struct sender_rate *r, int64_t now_us)
{
	int64_t age = now_us - r->window_us;

	if (age < US_PER_HOUR && r->now.n < SENDERS_MAX)
		return;
	map_release(&r->before);
	if (age < 2 * US_PER_HOUR)
		r->before = r->now;
	else
		map_release(&r->now);
	r->now = MAP_EMPTY;
	r->window_us = age < 2 * US_PER_HOUR && age >= US_PER_HOUR
			       ? r->window_us + US_PER_HOUR
			       : now_us;
}

bool quota_sender_ok(struct smtpd *d, const struct addr *from, int64_t now_us)
{
	unsigned most = d->config->limits.per_sender_per_hour;
	struct sender_rate *r = &d->rate;
	int64_t left;
	size_t before;

	if (most == 0 || from->key.n == 0)
		return true;
	turn_windows(r, now_us);
	left = US_PER_HOUR - (now_us - r->window_us);
	before = count_of(&r->before, from->key) *
		 (size_t)(left * RATE_STEPS / US_PER_HOUR) / RATE_STEPS;
	return before + count_of(&r->now, from->key) < most;
}

void quota_sender_count(struct smtpd *d, const struct addr *from,
			int64_t now_us)
{
	struct sender_rate *r = &d->rate;

	if (d->config->limits.per_sender_per_hour == 0 || from->key.n == 0)
		return;
	turn_windows(r, now_us);
	count_set(&r->now, from->key, count_of(&r->now, from->key) + 1);
}
