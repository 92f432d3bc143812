/* decode.c - transfer encodings; see decode_int.h.
 *
 * The decoded size of base64 comes from counting its alphabet, sixteen bytes
 * at a time, not from decoding: large attachments cost a look, no memory.
 */
#include "connector/extract/decode_int.h"

typedef unsigned char lane __attribute__((vector_size(16)));

enum cte cte_of(struct str name)
{
	static const struct {
		const char *name;
		enum cte cte;
	} table[] = {
		{"", CTE_PLAIN},	{"7bit", CTE_PLAIN},
		{"8bit", CTE_PLAIN},	{"binary", CTE_PLAIN},
		{"base64", CTE_BASE64}, {"quoted-printable", CTE_QP},
	};

	name = str_trim(name);
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (str_is_ci(name, table[i].name))
			return table[i].cte;
	return CTE_UNKNOWN;
}

void counter_init(struct counter *c, enum cte cte)
{
	*c = (struct counter){.cte = cte};
}

static bool is_space(char c)
{
	return c == '\r' || c == '\n' || c == ' ' || c == '\t';
}

static bool is_alphabet(char c)
{
	return ascii_alnum(c) || c == '+' || c == '/';
}

static void count_slow(struct counter *c, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (is_alphabet(p[i])) {
			c->alphabet++;
			c->after_pad |= c->pad > 0;
		} else if (p[i] == '=') {
			c->pad++;
		} else if (is_space(p[i])) {
			c->space++;
		} else {
			c->bad = true;
		}
	}
}

/* How many of the lane's bytes are 0xff, the others being 0. */
static unsigned lane_count(lane v)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t w[2];

	memcpy(w, &v, sizeof(w));
	return (unsigned)((((w[0] & ones) + (w[1] & ones)) * ones) >> 56);
}

/* Lanes of alphabet and line ends count at once; others byte by byte. */
static void count_base64(struct counter *c, const char *p, size_t n)
{
	size_t i = 0;
	lane v, in, gap;

	for (; i + sizeof(v) <= n; i += sizeof(v)) {
		unsigned used;

		memcpy(&v, p + i, sizeof(v));
		in = (lane)(((v | 0x20) - 'a') < 26) | (lane)((v - '0') < 10) |
		     (lane)(v == '+') | (lane)(v == '/');
		gap = (lane)(v == '\r') | (lane)(v == '\n');
		used = lane_count(in);
		if (used + lane_count(gap) == sizeof(v) && c->pad == 0) {
			c->alphabet += used;
			c->space += sizeof(v) - used;
		} else {
			count_slow(c, p + i, sizeof(v));
		}
	}
	count_slow(c, p + i, n - i);
}

static int hex_value(char c)
{
	if (ascii_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "=" with what follows: an octet, a soft line end, or nonsense. */
static void count_escape(struct counter *c, char ch)
{
	bool hex;

	if (c->held_n == 1) {
		c->held = is_space(ch) ? ' ' : ch;
		c->held_n = ch == '\n' ? 0 : 2;
	} else if (c->held == ' ') {
		/* Blanks between "=" and the line's end. */
		c->bad |= !is_space(ch);
		c->held_n = ch == '\n' || !is_space(ch) ? 0 : 2;
	} else {
		hex = hex_value(c->held) >= 0 && hex_value(ch) >= 0;
		c->qp += hex ? 1 : 3;
		c->bad |= !hex;
		c->held_n = 0;
	}
}

static void count_qp(struct counter *c, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (c->held_n) {
			count_escape(c, p[i]);
			continue;
		}
		if (p[i] == '=') {
			c->qp += c->blanks;
			c->blanks = 0;
			c->held_n = 1;
		} else if (p[i] == ' ' || p[i] == '\t') {
			c->blanks++;
		} else {
			/* RFC 2045 6.7 (3): blanks before a line end are
			 * no content. */
			c->qp += 1 +
				 (p[i] == '\r' || p[i] == '\n' ? 0 : c->blanks);
			c->blanks = 0;
		}
	}
}

void counter_add(struct counter *c, const char *p, size_t n)
{
	c->raw += n;
	if (c->cte == CTE_BASE64)
		count_base64(c, p, n);
	else if (c->cte == CTE_QP)
		count_qp(c, p, n);
}

uint64_t counter_end(struct counter *c)
{
	uint64_t n = c->raw;

	if (c->cte == CTE_BASE64) {
		n = c->alphabet / 4 * 3 + (c->alphabet % 4) * 3 / 4;
		/* Padding that does not fit, or a lone last character. */
		if (c->after_pad || c->alphabet % 4 == 1 || c->pad > 2 ||
		    (c->pad && (c->alphabet + c->pad) % 4))
			c->bad = true;
	} else if (c->cte == CTE_QP) {
		n = c->qp + c->blanks;
	}
	return n < c->raw ? n : c->raw;
}

static void decode_base64(struct str in, struct buf *out)
{
	uint32_t acc = 0;
	unsigned bits = 0;

	for (size_t i = 0; i < in.n; i++) {
		char c = in.p[i];
		uint32_t v;

		if (!is_alphabet(c))
			continue;
		v = (uint32_t)(c >= 'a'	  ? c - 'a' + 26
			       : c >= 'A' ? c - 'A'
			       : c == '+' ? 62
			       : c == '/' ? 63
					  : c - '0' + 52);
		acc = acc << 6 | v;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			buf_putc(out, (char)(acc >> bits));
		}
	}
}

static void decode_qp(struct str in, struct buf *out)
{
	for (size_t i = 0; i < in.n; i++) {
		struct str rest = str_skip(in, i + 1);

		if (in.p[i] != '=') {
			buf_putc(out, in.p[i]);
		} else if (rest.n >= 2 && hex_value(rest.p[0]) >= 0 &&
			   hex_value(rest.p[1]) >= 0) {
			buf_putc(out, (char)(hex_value(rest.p[0]) << 4 |
					     hex_value(rest.p[1])));
			i += 2;
		} else if (str_starts(rest, STR("\r\n"))) {
			i += 2;
		} else if (str_starts(rest, STR("\n"))) {
			i += 1;
		} else {
			buf_putc(out, '=');
		}
	}
}

void cte_decode(enum cte cte, struct str in, struct buf *out)
{
	if (cte == CTE_BASE64)
		decode_base64(in, out);
	else if (cte == CTE_QP)
		decode_qp(in, out);
	else
		buf_put_str(out, in);
}
