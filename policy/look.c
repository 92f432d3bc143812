/* look.c - a domain as the eye sees it: letters that look the same become one
 * (UTS 39's idea of a skeleton, for those that people are fooled with).
 */
#include "policy/policy_int.h"

#include "connector/base/utf8.h"
#include "connector/mail/idn.h"

/* Runs of one base letter, in the order of code points. */
static const struct {
	uint16_t from, to;
	char base;
} LATIN[] = {
	{0xe0, 0xe5, 'a'},   {0xe7, 0xe7, 'c'},	  {0xe8, 0xeb, 'e'},
	{0xec, 0xef, 'i'},   {0xf1, 0xf1, 'n'},	  {0xf2, 0xf6, 'o'},
	{0xf8, 0xf8, 'o'},   {0xf9, 0xfc, 'u'},	  {0xfd, 0xfd, 'y'},
	{0xff, 0xff, 'y'},   {0x100, 0x105, 'a'}, {0x106, 0x10d, 'c'},
	{0x10e, 0x111, 'd'}, {0x112, 0x11b, 'e'}, {0x11c, 0x123, 'g'},
	{0x124, 0x127, 'h'}, {0x128, 0x131, 'i'}, {0x134, 0x135, 'j'},
	{0x136, 0x138, 'k'}, {0x139, 0x142, 'l'}, {0x143, 0x14b, 'n'},
	{0x14c, 0x151, 'o'}, {0x154, 0x159, 'r'}, {0x15a, 0x161, 's'},
	{0x162, 0x167, 't'}, {0x168, 0x173, 'u'}, {0x174, 0x175, 'w'},
	{0x176, 0x178, 'y'}, {0x179, 0x17e, 'z'}, {0x251, 0x251, 'a'},
	{0x261, 0x261, 'g'}, {0x269, 0x26a, 'i'},
};

/* Greek, Cyrillic and others: one to one. */
static const struct {
	uint16_t from;
	char base;
} SINGLE[] = {
	{0x3b1, 'a'}, {0x3b2, 'b'}, {0x3b3, 'y'}, {0x3b5, 'e'}, {0x3b7, 'n'},
	{0x3b9, 'i'}, {0x3ba, 'k'}, {0x3bc, 'u'}, {0x3bd, 'v'}, {0x3bf, 'o'},
	{0x3c1, 'p'}, {0x3c3, 'o'}, {0x3c4, 't'}, {0x3c5, 'u'}, {0x3c7, 'x'},
	{0x3c9, 'w'}, {0x430, 'a'}, {0x432, 'b'}, {0x433, 'r'}, {0x435, 'e'},
	{0x43a, 'k'}, {0x43c, 'm'}, {0x43d, 'h'}, {0x43e, 'o'}, {0x43f, 'n'},
	{0x440, 'p'}, {0x441, 'c'}, {0x442, 't'}, {0x443, 'y'}, {0x445, 'x'},
	{0x44c, 'b'}, {0x450, 'e'}, {0x451, 'e'}, {0x455, 's'}, {0x456, 'i'},
	{0x457, 'i'}, {0x458, 'j'}, {0x461, 'w'}, {0x475, 'v'}, {0x4bb, 'h'},
	{0x4cf, 'l'}, {0x501, 'd'}, {0x51b, 'q'}, {0x51d, 'w'}, {0x585, 'o'},
	{0x578, 'n'}, {0x57d, 'u'}, {0x581, 'g'}, {0x570, 'h'}};

/* Kana and kanji that are drawn alike. */
static const struct {
	uint16_t from, to;
} KANJI[] = {{0x30fc, 0x4e00}, {0x2015, 0x4e00}, {0x30a8, 0x5de5},
	     {0x30aa, 0x624d}, {0x30ab, 0x529b}, {0x30bf, 0x5915},
	     {0x30c8, 0x535c}, {0x30cb, 0x4e8c}, {0x30cf, 0x516b},
	     {0x30ed, 0x53e3}, {0x3078, 0x30d8}, {0x308a, 0x30ea}};

static uint32_t look_of(uint32_t c)
{
	for (size_t i = 0; i < ARRAY_LEN(LATIN) && c >= LATIN[i].from; i++)
		if (c <= LATIN[i].to)
			return (uint32_t)LATIN[i].base;
	for (size_t i = 0; i < ARRAY_LEN(SINGLE); i++)
		if (c == SINGLE[i].from)
			return (uint32_t)SINGLE[i].base;
	for (size_t i = 0; i < ARRAY_LEN(KANJI); i++)
		if (c == KANJI[i].from)
			return KANJI[i].to;
	return c;
}

/* Two letters that make one, and digits that are letters. */
static void join_letters(struct buf *out, char c)
{
	char last = out->n ? out->p[out->n - 1] : 0;

	if (c == '0')
		c = 'o';
	else if (c == '1')
		c = 'l';
	if (last == 'r' && c == 'n')
		out->p[out->n - 1] = 'm';
	else if (last == 'v' && c == 'v')
		out->p[out->n - 1] = 'w';
	else if (last == 'c' && c == 'l')
		out->p[out->n - 1] = 'd';
	else
		buf_putc(out, c);
}

bool has_a_label(struct str domain)
{
	return str_starts(domain, STR("xn--")) ||
	       str_find(domain, STR(".xn--")) >= 0;
}

struct str domain_look(struct str domain, struct arena *a)
{
	AUTO(buf) out = BUF_MAX(4 * KIB);
	struct str text = domain;
	int32_t c;

	if (has_a_label(domain) && !idn_to_unicode(domain, a, &text))
		text = domain;
	while ((c = utf8_next(&text)) >= 0) {
		uint32_t seen = c < 0x80 ? (uint32_t)c : look_of((uint32_t)c);

		if (seen < 0x80)
			join_letters(&out, (char)seen);
		else
			utf8_put(&out, seen);
	}
	return arena_str(a, buf_str(&out));
}
