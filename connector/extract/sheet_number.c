/* sheet_number.c - numbers of cells as text; see package_int.h.
 *
 * A number of 16 digits is stored as 4.111111111111111E15 and shown as it was
 * typed; one with a format of zeros is shown with zeros before it.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "connector/extract/package_int.h"

#define NUMBER_MAX  64
#define WHOLE_MAX   1e17 /* a double has 17 digits at most */
#define FRACTION    6	 /* digits: a fraction is an amount or a time */
#define MASK_MAX    32
#define MASK_DIGITS 2

static bool all_digits(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_digit(s.p[i]))
			return false;
	return s.n > 0;
}

/* Blanks and quotes of a format aside, only places for digits. */
bool sheet_mask(struct str format, struct buf *mask)
{
	size_t places = 0;

	for (size_t i = 0; i < format.n && format.p[i] != ';'; i++) {
		char c = format.p[i];

		if (c == '"' || c == '\\' || c == '_')
			continue;
		if (!strchr("0#-() /", c) || mask->n == MASK_MAX)
			return false;
		places += c == '0';
		buf_putc(mask, c);
	}
	return places >= MASK_DIGITS;
}

/* From the right: a digit for each place, zeros where there is none. */
static void put_masked(struct str digits, struct str mask, struct buf *out)
{
	char back[MASK_MAX + NUMBER_MAX];
	size_t n = 0;

	for (size_t i = mask.n; i-- > 0;) {
		char c = mask.p[i];

		if (c != '0' && c != '#') {
			back[n++] = c;
		} else if (digits.n) {
			back[n++] = digits.p[--digits.n];
		} else if (c == '0') {
			back[n++] = '0';
		}
	}
	while (digits.n)
		back[n++] = digits.p[--digits.n];
	while (n > 0)
		buf_putc(out, back[--n]);
}

/* "-12.5" and the like; what is no number stays. */
static void put_double(const char *text, struct buf *out)
{
	char room[NUMBER_MAX], *end;
	double d = strtod(text, &end);
	int n;

	if (*end || !isfinite(d) || fabs(d) >= WHOLE_MAX) {
		buf_puts(out, text);
		return;
	}
	n = snprintf(room, sizeof(room), "%.*f", d == floor(d) ? 0 : FRACTION,
		     d);
	if (strchr(room, '.'))
		while (n > 0 && (room[n - 1] == '0' || room[n - 1] == '.'))
			if (room[--n] == '.')
				break;
	buf_put(out, room, (size_t)n);
}

void sheet_number(struct str value, struct str mask, struct buf *out)
{
	AUTO(buf) plain = BUF_MAX(NUMBER_MAX);
	char room[NUMBER_MAX];

	value = str_trim(value);
	if (value.n == 0 || value.n >= sizeof(room)) {
		buf_put_str(out, value);
		return;
	}
	memcpy(room, value.p, value.n);
	room[value.n] = '\0';
	if (all_digits(value))
		buf_put_str(&plain, value);
	else
		put_double(room, &plain);
	if (mask.n && all_digits(buf_str(&plain)))
		put_masked(buf_str(&plain), mask, out);
	else
		buf_put_str(out, buf_str(&plain));
}
