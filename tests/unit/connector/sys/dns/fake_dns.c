/* fake_dns.c - see tests/unit/fake_dns.h. */
#include "tests/unit/fake_dns.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include "connector/base/buf.h"
#include "connector/base/codec.h"
#include "connector/base/die.h"
#include "connector/base/mem.h"
#include "connector/base/rd.h"

#define UDP_MOST 1200

enum { NOERROR = 0, SERVFAIL = 2, NXDOMAIN = 3, REFUSED = 5, SILENT = 99 };

struct fake_dns {
	pthread_t thread;
	int udp, tcp, stop[2];
	char address[32];
	_Atomic(const struct fake_rr *) zone;
	atomic_uint asked, by_tcp;
};

static void put16(struct buf *b, unsigned v)
{
	buf_putc(b, (char)(v >> 8));
	buf_putc(b, (char)v);
}

static void put_name(struct buf *b, struct str name)
{
	struct str label;

	while (str_split(&name, '.', &label)) {
		if (label.n == 0)
			continue;
		buf_putc(b, (char)label.n);
		buf_put_str(b, label);
	}
	buf_putc(b, 0);
}

static const struct {
	const char *word;
	unsigned type;
} TYPES[] = {
	{"A", 1},    {"CNAME", 5}, {"PTR", 12},	 {"MX", 15},
	{"TXT", 16}, {"AAAA", 28}, {"TLSA", 52},
};

static unsigned type_of(struct str word)
{
	uint64_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(TYPES); i++)
		if (str_is(word, TYPES[i].word))
			return TYPES[i].type;
	return str_u64(word, &n) ? (unsigned)n : 0;
}

static void put_text(struct buf *b, struct str s)
{
	do {
		struct str part = str_head(s, 255);

		buf_putc(b, (char)part.n);
		buf_put_str(b, part);
		s = str_skip(s, part.n);
	} while (s.n);
}

static void put_data(struct buf *b, unsigned type, struct str s)
{
	struct str word;
	char text[64], raw[16];

	snprintf(text, sizeof(text), STR_FMT, STR_ARG(str_head(s, 63)));
	switch (type) {
	case 1:
		must(inet_pton(AF_INET, text, raw) == 1);
		buf_put(b, raw, 4);
		break;
	case 28:
		must(inet_pton(AF_INET6, text, raw) == 1);
		buf_put(b, raw, 16);
		break;
	case 15:
		must(str_split(&s, ' ', &word));
		put16(b, (unsigned)atoi(word.p));
		put_name(b, s);
		break;
	case 16:
		put_text(b, s);
		break;
	default:
		put_name(b, s);
	}
}

static bool put_record(struct buf *b, const char *data, unsigned asked)
{
	struct str rest = str_of(data), word;
	AUTO(buf) rdata = BUF_MAX(65536);
	bool hex;
	unsigned type;

	str_split(&rest, ' ', &word);
	hex = str_is(word, "HEX");
	if (hex)
		str_split(&rest, ' ', &word);
	type = type_of(word);
	if (type == 0 || (type != asked && type != 5))
		return false;
	if (hex)
		must(hex_decode(&rdata, rest));
	else
		put_data(&rdata, type, rest);
	put16(b, 0xc00c); /* the name of the question */
	put16(b, type);
	put16(b, 1);
	put16(b, 0);
	put16(b, 0); /* TTL */
	put16(b, (unsigned)rdata.n);
	buf_put_str(b, buf_str(&rdata));
	return true;
}

/* The table's word on a name: the response code, whether UDP is cut. */
static unsigned gather(struct fake_dns *f, const char *name, unsigned type,
		       struct buf *records, unsigned *n_r, bool *cut_r)
{
	unsigned code = NXDOMAIN;

	for (const struct fake_rr *rr = f->zone; rr->name; rr++) {
		if (strcasecmp(rr->name, name) != 0)
			continue;
		code = code == NXDOMAIN ? NOERROR : code;
		if (strcmp(rr->data, "SERVFAIL") == 0)
			code = SERVFAIL;
		else if (strcmp(rr->data, "REFUSED") == 0)
			code = REFUSED;
		else if (strcmp(rr->data, "DROP") == 0)
			code = SILENT;
		else if (strcmp(rr->data, "TRUNCATE") == 0)
			*cut_r = true;
		else
			*n_r += put_record(records, rr->data, type);
	}
	return code;
}

static bool respond(struct fake_dns *f, struct str in, bool tcp,
		    struct buf *out)
{
	struct rd r = rd_of(in);
	AUTO(buf) name = BUF_MAX(256);
	AUTO(buf) records = BUF_MAX(60000);
	struct str id = rd_bytes(&r, 2);
	unsigned n = 0, code, type, len;
	bool cut = false;
	size_t begun;

	rd_bytes(&r, 10);
	begun = r.pos;
	while ((len = rd_u8(&r)) > 0 && rd_ok(&r)) {
		if (name.n)
			buf_putc(&name, '.');
		buf_put_str(&name, rd_bytes(&r, len));
	}
	type = (unsigned)rd_u8(&r) << 8;
	type |= rd_u8(&r);
	rd_bytes(&r, 2);
	TRY(rd_ok(&r));
	f->asked++;
	f->by_tcp += tcp;
	code = gather(f, buf_cstr(&name), type, &records, &n, &cut);
	TRY(code != SILENT);
	cut = !tcp && (cut || records.n > UDP_MOST);
	buf_put_str(out, id);
	put16(out, 0x8180u | (cut ? 0x0200u : 0) | code);
	put16(out, 1);
	put16(out, cut ? 0 : n);
	put16(out, 0);
	put16(out, 0);
	buf_put(out, in.p + begun, r.pos - begun);
	if (!cut)
		buf_put_str(out, buf_str(&records));
	return true;
}

static void serve_udp(struct fake_dns *f)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	char in[4096];
	ssize_t n = recvfrom(f->udp, in, sizeof(in), 0,
			     (struct sockaddr *)&from, &len);
	AUTO(buf) out = BUF_MAX(65536);

	if (n > 0 && respond(f, str_n(in, (size_t)n), false, &out))
		sendto(f->udp, out.p, out.n, 0, (struct sockaddr *)&from, len);
}

/* One question per connection is enough. */
static void serve_tcp(struct fake_dns *f)
{
	int fd = accept(f->tcp, NULL, NULL);
	unsigned char head[2];
	char in[4096];
	AUTO(buf) out = BUF_MAX(65536);
	AUTO(buf) all = BUF_MAX(65538);
	size_t n;

	if (fd < 0)
		return;
	if (recv(fd, head, 2, MSG_WAITALL) == 2) {
		n = MIN_OF((size_t)head[0] << 8 | head[1], sizeof(in));
		if (recv(fd, in, n, MSG_WAITALL) == (ssize_t)n &&
		    respond(f, str_n(in, n), true, &out)) {
			put16(&all, (unsigned)out.n);
			buf_put_str(&all, buf_str(&out));
			send(fd, all.p, all.n, MSG_NOSIGNAL);
		}
	}
	close(fd);
}

static void *run(void *arg)
{
	struct fake_dns *f = arg;
	struct pollfd p[] = {{.fd = f->udp, .events = POLLIN},
			     {.fd = f->tcp, .events = POLLIN},
			     {.fd = f->stop[0], .events = POLLIN}};

	while (poll(p, ARRAY_LEN(p), -1) > 0 && !p[2].revents) {
		if (p[0].revents)
			serve_udp(f);
		if (p[1].revents)
			serve_tcp(f);
	}
	return NULL;
}

/* A port that is free for both. */
static void listen_both(struct fake_dns *f)
{
	struct sockaddr_in sa = {.sin_family = AF_INET};
	socklen_t len = sizeof(sa);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (;;) {
		sa.sin_port = 0;
		f->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		f->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		must(bind(f->tcp, (struct sockaddr *)&sa, len) == 0);
		must(getsockname(f->tcp, (struct sockaddr *)&sa, &len) == 0);
		if (bind(f->udp, (struct sockaddr *)&sa, len) == 0)
			break;
		close(f->tcp);
		close(f->udp);
	}
	must(listen(f->tcp, 64) == 0);
	snprintf(f->address, sizeof(f->address), "127.0.0.1:%u",
		 ntohs(sa.sin_port));
}

struct fake_dns *fake_dns_new(const struct fake_rr *zone)
{
	struct fake_dns *f = NEW(struct fake_dns);

	f->zone = zone;
	listen_both(f);
	must(pipe(f->stop) == 0);
	must(pthread_create(&f->thread, NULL, run, f) == 0);
	return f;
}

void fake_dns_free(struct fake_dns **f)
{
	struct fake_dns *old = TAKE(*f);

	if (!old)
		return;
	must(write(old->stop[1], "x", 1) == 1);
	pthread_join(old->thread, NULL);
	close(old->udp);
	close(old->tcp);
	close(old->stop[0]);
	close(old->stop[1]);
	mem_free(old);
}

const char *fake_dns_address(struct fake_dns *f)
{
	return f->address;
}

void fake_dns_zone(struct fake_dns *f, const struct fake_rr *zone)
{
	f->zone = zone;
}

unsigned fake_dns_asked(struct fake_dns *f)
{
	return f->asked;
}

unsigned fake_dns_by_tcp(struct fake_dns *f)
{
	return f->by_tcp;
}
