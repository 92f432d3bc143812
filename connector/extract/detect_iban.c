/* detect_iban.c - International Bank Account Numbers (ISO 13616-1). */
#include "connector/extract/detect_int.h"

#define IBAN_MAX 34

/* The registry's countries and lengths. */
#define K(a, b) [((a) - 'a') * 26 + (b) - 'a']
static const uint8_t lengths[26 * 26] = {
	K('a', 'd') = 24, K('a', 'e') = 23, K('a', 'l') = 28, K('a', 't') = 20,
	K('a', 'z') = 28, K('b', 'a') = 20, K('b', 'e') = 16, K('b', 'g') = 22,
	K('b', 'h') = 22, K('b', 'i') = 27, K('b', 'r') = 29, K('b', 'y') = 28,
	K('c', 'h') = 21, K('c', 'r') = 22, K('c', 'y') = 28, K('c', 'z') = 24,
	K('d', 'e') = 22, K('d', 'j') = 27, K('d', 'k') = 18, K('d', 'o') = 28,
	K('e', 'e') = 20, K('e', 'g') = 29, K('e', 's') = 24, K('f', 'i') = 18,
	K('f', 'k') = 18, K('f', 'o') = 18, K('f', 'r') = 27, K('g', 'b') = 22,
	K('g', 'e') = 22, K('g', 'i') = 23, K('g', 'l') = 18, K('g', 'r') = 27,
	K('g', 't') = 28, K('h', 'r') = 21, K('h', 'u') = 28, K('i', 'e') = 22,
	K('i', 'l') = 23, K('i', 'q') = 23, K('i', 's') = 26, K('i', 't') = 27,
	K('j', 'o') = 30, K('k', 'w') = 30, K('k', 'z') = 20, K('l', 'b') = 28,
	K('l', 'c') = 32, K('l', 'i') = 21, K('l', 't') = 20, K('l', 'u') = 20,
	K('l', 'v') = 21, K('l', 'y') = 25, K('m', 'c') = 27, K('m', 'd') = 24,
	K('m', 'e') = 22, K('m', 'k') = 19, K('m', 'n') = 20, K('m', 'r') = 27,
	K('m', 't') = 31, K('m', 'u') = 30, K('n', 'i') = 28, K('n', 'l') = 18,
	K('n', 'o') = 15, K('o', 'm') = 23, K('p', 'k') = 24, K('p', 'l') = 28,
	K('p', 's') = 29, K('p', 't') = 25, K('q', 'a') = 29, K('r', 'o') = 24,
	K('r', 's') = 22, K('r', 'u') = 33, K('s', 'a') = 24, K('s', 'c') = 31,
	K('s', 'd') = 18, K('s', 'e') = 24, K('s', 'i') = 19, K('s', 'k') = 24,
	K('s', 'm') = 27, K('s', 'o') = 23, K('s', 't') = 25, K('s', 'v') = 28,
	K('t', 'l') = 23, K('t', 'n') = 24, K('t', 'r') = 26, K('u', 'a') = 29,
	K('v', 'a') = 22, K('v', 'g') = 24, K('x', 'k') = 20, K('y', 'e') = 30,
};

static unsigned length_of(uint32_t a, uint32_t b)
{
	return lengths[(a - 'a') * 26 + b - 'a'];
}

/* ISO 7064 mod 97-10 over the number with its head moved to the end. */
static bool check_ok(const char *text, unsigned n)
{
	unsigned rest = 0;

	for (unsigned i = 0; i < n; i++) {
		char c = text[(i + 4) % n];

		if (ascii_digit(c))
			rest = (rest * 10 + (unsigned)(c - '0')) % 97;
		else
			rest = (rest * 100 + (unsigned)(c - 'a') + 10) % 97;
	}
	return rest == 1;
}

/* n letters and digits from `at`, a blank or hyphen between them skipped;
 * the glyph behind them, or 0. */
static size_t collect(struct detect *d, size_t at, unsigned n,
		      char text_r[IBAN_MAX])
{
	unsigned found = 0, skipped = 0;

	while (found < n) {
		uint32_t c = fold_at(d->f, at++);

		d->set->work++;
		if ((found == 2 || found == 3) && cp_letter(c))
			return 0; /* the check digits */
		if (cp_alnum(c)) {
			text_r[found++] = (char)c;
			skipped = 0;
		} else if (!(c == ' ' || c == '\n' || c == '-') ||
			   ++skipped > 2) {
			return 0;
		}
	}
	return cp_alnum(fold_at(d->f, at)) ? 0 : at;
}

static void try_at(struct detect *d, size_t at, size_t second)
{
	AUTO(buf) sample = BUF_MAX(DETECT_VALUE_MAX);
	char text[IBAN_MAX] = {0};
	unsigned n = length_of(d->f->v[at], d->f->v[second]);
	size_t end = n ? collect(d, at, n, text) : 0;

	if (!end || !check_ok(text, n))
		return;
	detect_mask(str_n(text, n), 4, &sample);
	detect_hit(d, DETECT_IBAN, at, str_n(text, n), buf_str(&sample));
	runs_take(d, at, end);
}

static bool is_gap(uint32_t c)
{
	return c == ' ' || c == '\n' || c == '-';
}

/* The letter before glyph i, up to two blanks between; its place + 1, or 0. */
static size_t letter_before(const struct fold *f, size_t i)
{
	for (unsigned n = 0; n < 2 && i > 0 && is_gap(f->v[i - 1]); n++)
		i--;
	return i > 0 && cp_letter(f->v[i - 1]) ? i : 0;
}

/* Two letters, then the check digits: so a group of digits tells. */
void detect_iban(struct detect *d)
{
	const struct fold *f = d->f;

	for (size_t i = 0; i < d->runs.n; i++) {
		size_t second = letter_before(f, d->runs.v[i].at);
		size_t first = second ? letter_before(f, second - 1) : 0;

		d->set->work++;
		if (first && (first == 1 || !cp_alnum(f->v[first - 2])))
			try_at(d, first - 1, second - 1);
	}
}
