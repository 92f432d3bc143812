/* cidr.c - networks of addresses; see cidr.h. */
#include "connector/base/cidr.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define MAPPED_BITS 96

static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

/* The mapped form (RFC 4291 2.5.5.2). */
static void map_v4(unsigned char addr[16], const void *v4)
{
	memcpy(addr, mapped, sizeof(mapped));
	memcpy(addr + sizeof(mapped), v4, 4);
}

static bool parse_address(struct str s, unsigned char addr[16], bool *v4_r)
{
	char text[INET6_ADDRSTRLEN];
	struct in_addr v4;

	if (s.n == 0 || s.n >= sizeof(text) || str_chr(s, '\0') >= 0)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	*v4_r = inet_pton(AF_INET, text, &v4) == 1;
	if (*v4_r)
		map_v4(addr, &v4);
	return *v4_r || inet_pton(AF_INET6, text, addr) == 1;
}

static void clear_behind(unsigned char addr[16], unsigned bits)
{
	for (unsigned i = bits; i < 128; i++)
		addr[i / 8] &= (unsigned char)~(0x80u >> i % 8);
}

bool cidr_parse(struct str s, struct cidr *c_r, struct err *e)
{
	ptrdiff_t slash = str_chr(s, '/');
	struct str addr = slash < 0 ? s : str_head(s, (size_t)slash);
	unsigned char kept[16];
	uint64_t bits;
	bool v4;

	if (!parse_address(addr, c_r->addr, &v4))
		return err_set(e, ERR_CONFIG, 0,
			       "\"%.*s\" is no address or network",
			       (int)MIN_OF(s.n, (size_t)64), s.p);
	bits = v4 ? 32 : 128;
	if (slash >= 0 && (!str_u64(str_skip(s, (size_t)slash + 1), &bits) ||
			   bits > (v4 ? 32u : 128u)))
		return err_set(e, ERR_CONFIG, 0,
			       "\"%.*s\": bits of a network are 0 to %d",
			       (int)MIN_OF(s.n, (size_t)64), s.p,
			       v4 ? 32 : 128);
	c_r->bits = (unsigned)bits + (v4 ? MAPPED_BITS : 0);
	memcpy(kept, c_r->addr, sizeof(kept));
	clear_behind(c_r->addr, c_r->bits);
	if (memcmp(kept, c_r->addr, sizeof(kept)) != 0)
		return err_set(e, ERR_CONFIG, 0,
			       "\"%.*s\" has bits set behind its length",
			       (int)MIN_OF(s.n, (size_t)64), s.p);
	return true;
}

/* In the mapped form. */
static bool address_of(const struct sockaddr *sa, unsigned char addr[16])
{
	const struct sockaddr_in *v4 = (const void *)sa;
	const struct sockaddr_in6 *v6 = (const void *)sa;

	if (sa->sa_family == AF_INET)
		map_v4(addr, &v4->sin_addr);
	else if (sa->sa_family == AF_INET6)
		memcpy(addr, &v6->sin6_addr, 16);
	else
		return false;
	return true;
}

static bool has(const struct cidr *c, const unsigned char addr[16])
{
	unsigned whole = c->bits / 8, rest = c->bits % 8;

	if (memcmp(addr, c->addr, whole) != 0)
		return false;
	return rest == 0 || ((addr[whole] ^ c->addr[whole]) >> (8 - rest)) == 0;
}

bool cidr_has(const struct cidr *c, const struct sockaddr *peer)
{
	unsigned char addr[16];

	return address_of(peer, addr) && has(c, addr);
}

/* RFC 6890 2.2, without the networks of documentation, which nobody has, and
 * without what is not in `outside`. */
#define V4(a, b, c, d, n)                                                      \
	{                                                                      \
		{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d},        \
			MAPPED_BITS + (n)                                      \
	}
static const struct cidr inside[] = {
	V4(0, 0, 0, 0, 8),
	V4(10, 0, 0, 0, 8),
	V4(100, 64, 0, 0, 10),
	V4(127, 0, 0, 0, 8),
	V4(169, 254, 0, 0, 16),
	V4(172, 16, 0, 0, 12),
	V4(192, 0, 0, 0, 24),
	V4(192, 168, 0, 0, 16),
	V4(198, 18, 0, 0, 15),
	V4(224, 0, 0, 0, 3),
	/* of protocols (RFC 2928); Teredo is among them (RFC 4380) */
	{{0x20, 0x01}, 23},
};
/* All that is given to hosts (RFC 4291 2.4), and IPv4 as it stands in IPv6. */
static const struct cidr outside[] = {
	{{0x20}, 3},
	{{[10] = 0xff, [11] = 0xff}, MAPPED_BITS},
	{{0, 0x64, 0xff, 0x9b}, 96},
};
/* Those that have an IPv4 address in them (RFC 6052 2.1, RFC 3056 2). */
static const struct {
	struct cidr in;
	size_t at;
} carriers[] = {
	{{{0, 0x64, 0xff, 0x9b}, 96}, 12},
	{{{0x20, 0x02}, 16}, 2},
};

static bool is_listed(const struct cidr *v, size_t n,
		      const unsigned char addr[16])
{
	for (size_t i = 0; i < n; i++)
		if (has(&v[i], addr))
			return true;
	return false;
}

bool cidr_is_inside(const struct sockaddr *to)
{
	unsigned char addr[16], carried[16];

	if (!address_of(to, addr))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(carriers); i++) {
		if (!has(&carriers[i].in, addr))
			continue;
		map_v4(carried, addr + carriers[i].at);
		if (is_listed(inside, ARRAY_LEN(inside), carried))
			return true;
	}
	return !is_listed(outside, ARRAY_LEN(outside), addr) ||
	       is_listed(inside, ARRAY_LEN(inside), addr);
}

bool cidr_is_v4(const struct cidr *c)
{
	return c->bits >= MAPPED_BITS &&
	       memcmp(c->addr, mapped, sizeof(mapped)) == 0;
}

void cidr_put(struct buf *b, const struct cidr *c)
{
	bool v4 = cidr_is_v4(c);
	unsigned bits = v4 ? c->bits - MAPPED_BITS : c->bits;
	char text[INET6_ADDRSTRLEN];

	inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? c->addr + 12 : c->addr, text,
		  sizeof(text));
	buf_puts(b, text);
	if (bits < (v4 ? 32u : 128u))
		buf_printf(b, "/%u", bits);
}
