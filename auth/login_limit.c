/* login_limit.c - how many wrong guesses an address, a name and all together
 * may make; see login_int.h.
 *
 * Counts of this window and the one before are added.  Nothing is counted
 * that was not checked, and nothing more is checked at `overall`: so the maps
 * are bounded by it.  Who was right from an address before is known there: the
 * guesses of others, for that name or in all, do not lock them out.
 */
#include <netinet/in.h>
#include "auth/login_int.h"
#include "connector/base/id.h"

#define GOOD_MAX 20000

void guesses_init(struct guesses *g, const struct logins_tuning *t)
{
	*g = (struct guesses){
		.window_us = t->window_us,
		.per_address = t->per_address,
		.per_name = t->per_name,
		.overall = t->overall,
	};
	random_bytes(g->key, sizeof(g->key));
}

static void window_clear(struct guess_window *w)
{
	map_release(&w->by);
	*w = (struct guess_window){.all = 0};
}

void guesses_release(struct guesses *g)
{
	window_clear(&g->now);
	window_clear(&g->before);
	map_release(&g->good);
	map_release(&g->good_before);
	map_release(&g->open);
	mem_wipe(g->key, sizeof(g->key));
}

static void digest(const struct guesses *g, char kind, struct str a,
		   struct str b, unsigned char out[GUESS_KEY_LEN])
{
	unsigned char mac[SHA256_LEN];
	AUTO(buf) text = BUF_MAX(4 * KIB);

	text.secret = true;
	buf_putc(&text, kind);
	buf_put_bytes(&text, a);
	for (size_t i = 0; i < b.n; i++)
		buf_putc(&text, ascii_lower(b.p[i]));
	hmac_sha256(g->key, sizeof(g->key), text.p, text.n, mac);
	memcpy(out, mac, GUESS_KEY_LEN);
}

/* What an attacker has many of counts as one: a network of IPv6. */
static struct str address_of(const struct sockaddr *peer)
{
	const struct sockaddr_in6 *v6 = (const void *)peer;
	const struct sockaddr_in *v4 = (const void *)peer;

	if (peer->sa_family == AF_INET)
		return str_n(&v4->sin_addr, 4);
	if (peer->sa_family != AF_INET6)
		return STR_EMPTY;
	if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
		return str_n(&v6->sin6_addr.s6_addr[12], 4);
	return str_n(&v6->sin6_addr, 8);
}

void guess_of(const struct guesses *g, const struct sockaddr *peer,
	      struct str name, struct guess *out)
{
	struct str address = address_of(peer);

	name = str_head(name, MIN_OF(name.n, (size_t)LOGIN_USER_MAX));
	digest(g, 'a', address, STR_EMPTY, out->address);
	digest(g, 'n', STR_EMPTY, name, out->name);
	digest(g, 'p', address, name, out->pair);
}

static struct str key_of(const unsigned char key[GUESS_KEY_LEN])
{
	return str_n(key, GUESS_KEY_LEN);
}

static void turn(struct guesses *g, int64_t now_us)
{
	int64_t age = now_us - g->begun_us;

	if (g->begun_us && age < g->window_us)
		return;
	window_clear(&g->before);
	if (g->begun_us && age < 2 * g->window_us)
		g->before = g->now;
	else
		window_clear(&g->now);
	g->now = (struct guess_window){.all = 0};
	g->begun_us = now_us;
}

static size_t count(const struct guesses *g, const unsigned char *key)
{
	return (size_t)(uintptr_t)map_get(&g->now.by, key_of(key)) +
	       (size_t)(uintptr_t)map_get(&g->before.by, key_of(key));
}

static bool is_good(const struct guesses *g, const struct guess *who)
{
	return map_get(&g->good, key_of(who->pair)) ||
	       map_get(&g->good_before, key_of(who->pair));
}

static size_t under_way(const struct guesses *g, const struct guess *who)
{
	return (size_t)(uintptr_t)map_get(&g->open, key_of(who->name));
}

bool guess_allowed(struct guesses *g, const struct guess *who, int64_t now_us)
{
	turn(g, now_us);
	if (is_good(g, who))
		return count(g, who->pair) < g->per_name;
	return count(g, who->address) < g->per_address &&
	       count(g, who->name) + under_way(g, who) < g->per_name &&
	       g->now.all + g->before.all < g->overall;
}

void guess_begin(struct guesses *g, const struct guess *who)
{
	map_put(&g->open, key_of(who->name),
		(void *)(uintptr_t)(under_way(g, who) + 1));
}

void guess_end(struct guesses *g, const struct guess *who)
{
	size_t n = under_way(g, who);

	if (n > 1)
		map_put(&g->open, key_of(who->name),
			(void *)(uintptr_t)(n - 1));
	else
		map_remove(&g->open, key_of(who->name));
}

static void add(struct guesses *g, const unsigned char *key)
{
	size_t n = (size_t)(uintptr_t)map_get(&g->now.by, key_of(key));

	map_put(&g->now.by, key_of(key), (void *)(uintptr_t)(n + 1));
}

void guess_wrong(struct guesses *g, const struct guess *who, int64_t now_us)
{
	turn(g, now_us);
	add(g, who->address);
	add(g, who->name);
	add(g, who->pair);
	g->now.all++;
}

void guess_right(struct guesses *g, const struct guess *who)
{
	if (g->good.n >= GOOD_MAX / 2) {
		map_release(&g->good_before);
		g->good_before = g->good;
		g->good = MAP_EMPTY;
	}
	map_put(&g->good, key_of(who->pair), g);
}
