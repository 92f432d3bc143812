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

static uint32_t base64_value(char c)
{
	return (uint32_t)(c >= 'a'   ? c - 'a' + 26
			  : c >= 'A' ? c - 'A'
			  : c == '+' ? 62
			  : c == '/' ? 63
				     : c - '0' + 52);
}

static void decode_base64(struct decoder *d, struct str in, struct buf *out)
{
	char *to = buf_room(out, in.n / 4 * 3 + 3);
	size_t n = 0;

	for (size_t i = 0; i < in.n; i++) {
		/* What was padded ends there; something may follow it. */
		if (in.p[i] == '=')
			d->bits = 0;
		if (!is_alphabet(in.p[i]))
			continue;
		d->acc = d->acc << 6 | base64_value(in.p[i]);
		d->bits += 6;
		if (d->bits < 8)
			continue;
		d->bits -= 8;
		if (to)
			to[n++] = (char)(d->acc >> d->bits);
		else
			buf_putc(out, (char)(d->acc >> d->bits));
	}
	buf_grown(out, n);
}

/* "=" was held: with c it is an octet, a soft line end, or no escape. */
static void decode_escape(struct decoder *d, char c, struct buf *out)
{
	bool first = d->held_n == 1;

	if (c == '\n' && (first || d->held[1] == '\r')) {
		d->held_n = 0;
	} else if (first && (c == '\r' || hex_value(c) >= 0)) {
		d->held[1] = c;
		d->held_n = 2;
	} else if (!first && hex_value(d->held[1]) >= 0 && hex_value(c) >= 0) {
		buf_putc(out,
			 (char)(hex_value(d->held[1]) << 4 | hex_value(c)));
		d->held_n = 0;
	} else {
		decoder_end(d, out);
		decoder_add(d, str_n(&c, 1), out);
	}
}

static void decode_qp(struct decoder *d, struct str in, struct buf *out)
{
	while (in.n) {
		ptrdiff_t at;

		if (d->held_n) {
			decode_escape(d, in.p[0], out);
			in = str_skip(in, 1);
			continue;
		}
		at = str_chr(in, '=');
		buf_put_str(out, at < 0 ? in : str_head(in, (size_t)at));
		if (at < 0)
			return;
		in = str_skip(in, (size_t)at + 1);
		d->held[0] = '=';
		d->held_n = 1;
	}
}

void decoder_init(struct decoder *d, enum cte cte)
{
	*d = (struct decoder){.cte = cte};
}

void decoder_add(struct decoder *d, struct str in, struct buf *out)
{
	if (d->cte == CTE_BASE64)
		decode_base64(d, in, out);
	else if (d->cte == CTE_QP)
		decode_qp(d, in, out);
	else
		buf_put_str(out, in);
}

void decoder_end(struct decoder *d, struct buf *out)
{
	buf_put_str(out, str_n(d->held, d->held_n));
	d->held_n = 0;
}

void cte_decode(enum cte cte, struct str in, struct buf *out)
{
	struct decoder d;

	decoder_init(&d, cte);
	decoder_add(&d, in, out);
	decoder_end(&d, out);
}
