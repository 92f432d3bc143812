/* detect_iban.c - International Bank Account Numbers (ISO 13616-1). */
#include "connector/extract/detect_int.h"

#define IBAN_MAX 34

/* The registry's countries and lengths. */
static const struct {
	char country[3];
	uint8_t length;
} lengths[] = {
	{"ad", 24}, {"ae", 23}, {"al", 28}, {"at", 20}, {"az", 28}, {"ba", 20},
	{"be", 16}, {"bg", 22}, {"bh", 22}, {"bi", 27}, {"br", 29}, {"by", 28},
	{"ch", 21}, {"cr", 22}, {"cy", 28}, {"cz", 24}, {"de", 22}, {"dj", 27},
	{"dk", 18}, {"do", 28}, {"ee", 20}, {"eg", 29}, {"es", 24}, {"fi", 18},
	{"fk", 18}, {"fo", 18}, {"fr", 27}, {"gb", 22}, {"ge", 22}, {"gi", 23},
	{"gl", 18}, {"gr", 27}, {"gt", 28}, {"hr", 21}, {"hu", 28}, {"ie", 22},
	{"il", 23}, {"iq", 23}, {"is", 26}, {"it", 27}, {"jo", 30}, {"kw", 30},
	{"kz", 20}, {"lb", 28}, {"lc", 32}, {"li", 21}, {"lt", 20}, {"lu", 20},
	{"lv", 21}, {"ly", 25}, {"mc", 27}, {"md", 24}, {"me", 22}, {"mk", 19},
	{"mn", 20}, {"mr", 27}, {"mt", 31}, {"mu", 30}, {"ni", 28}, {"nl", 18},
	{"no", 15}, {"om", 23}, {"pk", 24}, {"pl", 28}, {"ps", 29}, {"pt", 25},
	{"qa", 29}, {"ro", 24}, {"rs", 22}, {"ru", 33}, {"sa", 24}, {"sc", 31},
	{"sd", 18}, {"se", 24}, {"si", 19}, {"sk", 24}, {"sm", 27}, {"so", 23},
	{"st", 25}, {"sv", 28}, {"tl", 23}, {"tn", 24}, {"tr", 26}, {"ua", 29},
	{"va", 22}, {"vg", 24}, {"xk", 20}, {"ye", 30},
};

static unsigned length_of(const struct fold *f, size_t at)
{
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++)
		if (fold_at(f, at) == (unsigned char)lengths[i].country[0] &&
		    fold_at(f, at + 1) == (unsigned char)lengths[i].country[1])
			return lengths[i].length;
	return 0;
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

static void try_at(struct detect *d, size_t at)
{
	AUTO(buf) sample = BUF_MAX(DETECT_VALUE_MAX);
	char text[IBAN_MAX] = {0};
	unsigned n = length_of(d->f, at);
	size_t end = n ? collect(d, at, n, text) : 0;

	if (!end || !ascii_digit(text[2]) || !ascii_digit(text[3]) ||
	    !check_ok(text, n))
		return;
	detect_mask(str_n(text, n), 4, &sample);
	detect_hit(d, DETECT_IBAN, at, str_n(text, n), buf_str(&sample));
	runs_take(d, at, end);
}

void detect_iban(struct detect *d)
{
	const struct fold *f = d->f;

	for (size_t i = 0; i + 15 <= f->n; i++) {
		d->set->work++;
		if (cp_letter(f->v[i]) && cp_letter(f->v[i + 1]) &&
		    (!i || !cp_alnum(f->v[i - 1])))
			try_at(d, i);
	}
}
