/* str.c - borrowed bytes with a length; see str.h. */
#include "connector/base/str.h"

#define NEAREST_MAX 64 /* longer words are not guessed at */

bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_eq_ci(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++) {
		if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
			return false;
	}
	return true;
}

bool str_is(struct str a, const char *lit)
{
	return str_eq(a, str_of(lit));
}

bool str_is_ci(struct str a, const char *lit)
{
	return str_eq_ci(a, str_of(lit));
}

bool str_starts(struct str s, struct str head)
{
	return s.n >= head.n && str_eq(str_n(s.p, head.n), head);
}

bool str_starts_ci(struct str s, struct str head)
{
	return s.n >= head.n && str_eq_ci(str_n(s.p, head.n), head);
}

bool str_ends(struct str s, struct str tail)
{
	return s.n >= tail.n && str_eq(str_skip(s, s.n - tail.n), tail);
}

bool str_ends_ci(struct str s, struct str tail)
{
	return s.n >= tail.n && str_eq_ci(str_skip(s, s.n - tail.n), tail);
}

int str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int d = n ? memcmp(a.p, b.p, n) : 0;

	if (d != 0)
		return d < 0 ? -1 : 1;
	return a.n == b.n ? 0 : a.n < b.n ? -1 : 1;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
	while (s.n > 0 && is_blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct str str_skip(struct str s, size_t n)
{
	if (n == 0)
		return s;
	if (n > s.n)
		n = s.n;
	return (struct str){s.n ? s.p + n : s.p, s.n - n};
}

struct str str_head(struct str s, size_t n)
{
	return (struct str){s.p, n < s.n ? n : s.n};
}

ptrdiff_t str_chr(struct str s, char c)
{
	const char *at = s.n ? memchr(s.p, c, s.n) : NULL;

	return at ? at - s.p : -1;
}

ptrdiff_t str_rchr(struct str s, char c)
{
	const char *at = s.n ? memrchr(s.p, c, s.n) : NULL;

	return at ? at - s.p : -1;
}

ptrdiff_t str_find(struct str s, struct str needle)
{
	const char *at;

	if (needle.n == 0)
		return 0;
	if (needle.n > s.n)
		return -1;
	at = memmem(s.p, s.n, needle.p, needle.n);
	return at ? at - s.p : -1;
}

ptrdiff_t str_find_ci(struct str s, struct str needle)
{
	if (needle.n == 0)
		return 0;
	for (size_t i = 0; i + needle.n <= s.n; i++) {
		if (str_eq_ci(str_n(s.p + i, needle.n), needle))
			return (ptrdiff_t)i;
	}
	return -1;
}

bool str_split(struct str *rest, char sep, struct str *field_r)
{
	ptrdiff_t at;

	if (rest->n == 0)
		return false;
	at = str_chr(*rest, sep);
	if (at < 0) {
		*field_r = *rest;
		*rest = str_skip(*rest, rest->n);
		return true;
	}
	*field_r = str_head(*rest, (size_t)at);
	*rest = str_skip(*rest, (size_t)at + 1);
	return true;
}

bool str_u64(struct str s, uint64_t *v_r)
{
	uint64_t v = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!ascii_digit(s.p[i]))
			return false;
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
			return false;
	}
	*v_r = v;
	return true;
}

bool str_has_control(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	}
	return false;
}

bool str_is_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] > 0x7f)
			return false;
	}
	return true;
}

bool str_eq_secret(struct str a, struct str b)
{
	volatile unsigned char diff = a.n == b.n ? 0 : 1;

	/* As long as a, whatever b is: the time tells the length of a only. */
	for (size_t i = 0; i < a.n; i++) {
		unsigned char other = b.n ? (unsigned char)b.p[i % b.n] : 0;

		diff |= (unsigned char)((unsigned char)a.p[i] ^ other);
	}
	return diff == 0;
}

/* Edit distance with swaps of neighbours (optimal string alignment), both
 * words at most NEAREST_MAX bytes; three rows are enough for the swaps. */
static size_t distance(struct str a, struct str b)
{
	size_t row[3][NEAREST_MAX + 1];

	for (size_t j = 0; j <= b.n; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t *now = row[i % 3];
		const size_t *last = row[(i + 2) % 3];
		const size_t *older = row[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			bool same = ascii_lower(a.p[i - 1]) ==
				    ascii_lower(b.p[j - 1]);
			size_t best = last[j - 1] + (same ? 0 : 1);

			best = MIN_OF(best, last[j] + 1);
			best = MIN_OF(best, now[j - 1] + 1);
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] &&
			    a.p[i - 2] == b.p[j - 1])
				best = MIN_OF(best, older[j - 2] + 1);
			now[j] = best;
		}
	}
	return row[a.n % 3][b.n];
}

const char *str_nearest(struct str word, const char *const *names, size_t n)
{
	size_t best = 1 + word.n / 4;
	const char *found = NULL;

	if (word.n == 0 || word.n > NEAREST_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		struct str name = str_of(names[i]);
		size_t d;

		if (name.n > NEAREST_MAX)
			continue;
		d = distance(word, name);
		/* A word that shares nothing with the name is no neighbour. */
		if (d > best || d >= MAX_OF(word.n, name.n))
			continue;
		if (!found || d < best) {
			best = d;
			found = names[i];
		}
	}
	return found;
}
