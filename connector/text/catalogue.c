/* catalogue.c - the rows of catalogue.def, and which language is meant. */
#include "connector/text/catalogue.h"

#define ACCEPT_MAX 20 /* ranges looked at */

struct row {
	const char *key;
	const char *word[LANGUAGES];
};

#define WORD(key, ja, en) {key, {ja, en}},
static const struct row rows[] = {
#include "connector/text/catalogue.def"
};
#undef WORD

const char *language_name(enum language l)
{
	return l == LANGUAGE_EN ? "en" : "ja";
}

bool language_parse(struct str name, enum language *l_r)
{
	if (str_is(name, "ja"))
		*l_r = LANGUAGE_JA;
	else if (str_is(name, "en"))
		*l_r = LANGUAGE_EN;
	else
		return false;
	return true;
}

/* "0.8" to 800; anything else that is no weight: 0. */
static unsigned weight(struct str param)
{
	unsigned q = 0, unit = 100;

	param = str_trim(param);
	if (!str_starts_ci(param, STR("q=")))
		return 1000;
	param = str_skip(param, 2);
	if (param.n == 0 || (param.p[0] != '0' && param.p[0] != '1'))
		return 0;
	if (param.p[0] == '1')
		return 1000;
	for (size_t i = 2; i < param.n && ascii_digit(param.p[i]); i++) {
		q += (unsigned)(param.p[i] - '0') * unit;
		unit /= 10;
	}
	return q;
}

bool language_accept(struct str header, enum language *l_r)
{
	unsigned best = 0;
	struct str range;

	for (int i = 0; i < ACCEPT_MAX && str_split(&header, ',', &range);
	     i++) {
		struct str tag = {0};
		enum language l;
		unsigned q;

		if (!str_split(&range, ';', &tag))
			continue;
		q = range.n ? weight(range) : 1000;
		tag = str_trim(tag);
		if (str_starts_ci(tag, STR("ja")))
			l = LANGUAGE_JA;
		else if (str_starts_ci(tag, STR("en")))
			l = LANGUAGE_EN;
		else
			continue;
		if (tag.n > 2 && tag.p[2] != '-')
			continue;
		if (q > best) {
			best = q;
			*l_r = l;
		}
	}
	return best > 0;
}

const char *catalogue_word(enum language l, const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].key, key) == 0)
			return rows[i].word[l];
	return NULL;
}

size_t catalogue_size(void)
{
	return ARRAY_LEN(rows);
}

const char *catalogue_key(size_t i)
{
	return i < ARRAY_LEN(rows) ? rows[i].key : NULL;
}
