/* id.c - growing ids and random tokens; see id.h. */
#include "connector/base/id.h"
#include <errno.h>
#include <stdatomic.h>
#include <sys/random.h>
#include "connector/base/buf.h"
#include "connector/base/codec.h"
#include "connector/base/die.h"

#define COUNTER_BITS 16
#define NODE_BITS    5
#define MS_SHIFT     (COUNTER_BITS + NODE_BITS)

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

int64_t id_next(struct id_gen *g, int64_t now_us)
{
	int64_t node = (int64_t)(g->node & 31) << COUNTER_BITS;
	int64_t now_ms = now_us / US_PER_MS;
	int64_t last = atomic_load(&g->last);
	int64_t next;

	do {
		next = now_ms << MS_SHIFT | node;
		if (next <= last) { /* same millisecond, or a clock set back */
			next = last + 1;
			if ((next & ((1 << COUNTER_BITS) - 1)) == 0)
				next = ((last >> MS_SHIFT) + 1) << MS_SHIFT |
				       node;
		}
	} while (!atomic_compare_exchange_weak(&g->last, &last, next));
	return next;
}

int64_t id_time_us(int64_t id)
{
	return (id >> MS_SHIFT) * US_PER_MS;
}

int64_t id_first(int64_t at_us)
{
	return at_us > 0 ? (at_us / US_PER_MS << MS_SHIFT) - 1 : -1;
}

void id_text(int64_t id, char text_r[ID_TEXT_LEN + 1])
{
	uint64_t v = (uint64_t)id;

	for (int i = ID_TEXT_LEN - 1; i >= 0; i--) {
		text_r[i] = alphabet[v & 31];
		v >>= 5;
	}
	text_r[ID_TEXT_LEN] = '\0';
}

bool id_parse(struct str s, int64_t *id_r)
{
	uint64_t v = 0;

	if (s.n != ID_TEXT_LEN)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = ascii_lower(s.p[i]);
		const char *at;

		if (c >= 'a' && c <= 'z')
			c = (char)(c - 32);
		at = c ? strchr(alphabet, c) : NULL;
		if (!at)
			return false;
		v = v << 5 | (uint64_t)(at - alphabet);
		if (i == 0 && v > 7) /* 63 bits */
			return false;
	}
	*id_r = (int64_t)v;
	return true;
}

void random_bytes(void *p, size_t n)
{
	unsigned char *at = p;

	while (n > 0) {
		ssize_t got = getrandom(at, n, 0);

		if (got < 0) {
			if (errno == EINTR)
				continue;
			panic("getrandom: errno %d", errno);
		}
		at += got;
		n -= (size_t)got;
	}
}

void token_new(char text_r[TOKEN_TEXT_LEN + 1])
{
	unsigned char raw[16];
	struct buf text = {.max = TOKEN_TEXT_LEN, .secret = true};

	random_bytes(raw, sizeof(raw));
	b64url_encode(&text, str_n(raw, sizeof(raw)));
	must(text.n == TOKEN_TEXT_LEN);
	memcpy(text_r, buf_cstr(&text), TOKEN_TEXT_LEN + 1);
	buf_release(&text);
	explicit_bzero(raw, sizeof(raw));
}

void digits_new(char *text_r, size_t digits)
{
	for (size_t i = 0; i < digits;) {
		unsigned char byte;

		random_bytes(&byte, 1);
		if (byte >= 250) /* so that each digit is equally likely */
			continue;
		text_r[i++] = (char)('0' + byte % 10);
	}
	text_r[digits] = '\0';
}
