/* decode.c - transfer encodings; see decode_int.h.
 *
 * The decoded size of base64 comes from counting its alphabet, many bytes at a
 * time, not from decoding: large attachments cost a look, no memory.
 */
#include "connector/extract/decode_int.h"
#include "connector/extract/wide_int.h"

#define ODD_STEP 64 /* looked at one by one, where a byte is odd */

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

/* A character's place in the alphabet, and one; 0: not of it. */
static const unsigned char base64_place[256] = {
	['A'] = 1,  ['B'] = 2,	['C'] = 3,  ['D'] = 4,	['E'] = 5,  ['F'] = 6,
	['G'] = 7,  ['H'] = 8,	['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12,
	['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18,
	['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
	['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30,
	['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36,
	['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42,
	['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
	['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54,
	['2'] = 55, ['3'] = 56, ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60,
	['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};

bool base64_is(char c)
{
	return base64_place[(unsigned char)c] != 0;
}

static void count_slow(struct counter *c, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (base64_is(p[i])) {
			c->alphabet++;
			c->after_pad |= c->pad > 0;
		} else if (p[i] == '=') {
			c->pad++;
		} else if (!is_space(p[i])) {
			c->bad = true;
		}
	}
}

/* What is neither alphabet nor line end is counted byte by byte, and so is all
 * that stands behind padding. */
static void count_base64(struct counter *c, const char *p, size_t n)
{
	while (n > 0) {
		size_t used = 0, step;

		if (c->pad == 0)
			used = wide_count_base64(p, n, &c->alphabet);
		step = MIN_OF(n - used, (size_t)ODD_STEP);
		count_slow(c, p + used, step);
		p += used + step;
		n -= used + step;
	}
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

/* Whole groups from p on, up to the first with anything else in it; how many
 * there were. Nothing branches on a character's value: it is as good as
 * random. */
static size_t decode_groups(const unsigned char *p, size_t n, char *to)
{
	size_t used = wide_decode_base64((const char *)p, n, to);
	size_t groups = used / 4;

	p += used;
	n -= used;
	to += groups * 3;
	for (; n >= 4; n -= 4, p += 4, to += 3, groups++) {
		unsigned a = base64_place[p[0]], b = base64_place[p[1]];
		unsigned c = base64_place[p[2]], d = base64_place[p[3]];
		uint32_t v;

		if (((a - 1) | (b - 1) | (c - 1) | (d - 1)) > 63)
			break;
		v = (a - 1) << 18 | (b - 1) << 12 | (c - 1) << 6 | (d - 1);
		to[0] = (char)(v >> 16);
		to[1] = (char)(v >> 8);
		to[2] = (char)v;
	}
	return groups;
}

/* One character: true when an octet is whole. */
static bool decode_character(struct decoder *d, char c)
{
	unsigned place = base64_place[(unsigned char)c];

	/* What was padded ends there; something may follow it. */
	if (c == '=')
		d->bits = 0;
	if (place == 0)
		return false;
	d->acc = d->acc << 6 | (place - 1);
	d->bits += 6;
	if (d->bits < 8)
		return false;
	d->bits -= 8;
	return true;
}

static void decode_base64(struct decoder *d, struct str in, struct buf *out)
{
	/* Near its end the buffer has no room for all that could come. */
	size_t most = in.n / 4 * 3 + 3, n = 0, i = 0;
	char *to = most <= out->max - out->n ? buf_room(out, most) : NULL;

	while (i < in.n) {
		if (to && d->bits == 0) {
			size_t groups = decode_groups(
				(const unsigned char *)in.p + i, in.n - i,
				to + n);

			n += groups * 3;
			i += groups * 4;
			if (i == in.n)
				break;
		}
		if (!decode_character(d, in.p[i++]))
			continue;
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

	if (c == '\n' && (first || is_space(d->held[1]))) {
		d->held_n = 0;
	} else if (is_space(c) && (first || is_space(d->held[1]))) {
		/* RFC 2045 6.7 (3): blanks that a relay put there. */
		d->held[1] = c;
		d->held_n = 2;
	} else if (first && hex_value(c) >= 0) {
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
