/* syllables.c - does a word read as Japanese in Latin letters?  Among such words
 * many are one letter apart and have nothing to do with each other.
 */
#include "policy/known_int.h"

static bool vowel(char c)
{
	return c == 'a' || c == 'i' || c == 'u' || c == 'e' || c == 'o';
}

/* What may stand before a vowel. */
static bool is_onset(struct str s)
{
	static const char *const ONSETS[] = {
		"",   "k",  "s",  "t",	"n",  "h",  "m",  "y",
		"r",  "w",  "g",  "z",	"d",  "b",  "p",  "j",
		"f",  "sh", "ch", "ts", "ky", "sy", "ty", "ny",
		"hy", "my", "ry", "gy", "zy", "jy", "by", "py"};

	for (size_t i = 0; i < ARRAY_LEN(ONSETS); i++)
		if (str_is(s, ONSETS[i]))
			return true;
	return false;
}

/* The consonants between two vowels, or before the first. */
static bool is_joint(struct str s, bool first)
{
	char next = s.n > 1 ? s.p[1] : 0;

	if (is_onset(s))
		return true;
	if (first || s.n < 2)
		return false;
	/* hanko, shimbashi; nissan, itchome; ohno */
	if (s.p[0] == 'n' || s.p[0] == next || (s.p[0] == 't' && next == 'c') ||
	    (s.p[0] == 'm' && (next == 'b' || next == 'm' || next == 'p')) ||
	    s.p[0] == 'h')
		return is_onset(str_skip(s, 1));
	return false;
}

bool reads_japanese(struct str s)
{
	size_t from = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (!vowel(s.p[i]))
			continue;
		if (!is_joint(str_n(s.p + from, i - from), !from))
			return false;
		from = i + 1;
	}
	return from && (from == s.n || str_is(str_skip(s, from), "n"));
}
