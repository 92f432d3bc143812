/* html_reference.c - character references of HTML (13.2.5.72 of the standard);
 * see html_int.h.
 *
 * Of the names, those that stand for blanks, marks without width, punctuation
 * and letters in other shapes: what can stand in a number or a word.
 */
#include "connector/extract/html_int.h"
#include <stdlib.h>

#define NAME_MAX_LEN 21
#define LEGACY_MAX   5 /* the longest name that needs no semicolon */
#define C1_FIRST     0x80u
#define C1_LAST	     0x9fu

struct row {
	const char *name;
	uint32_t cp;
};

/* Sorted by their bytes. */
static const struct row rows[] = {
	{"AMP", 0x26},
	{"Afr", 0x1d504},
	{"Aopf", 0x1d538},
	{"ApplyFunction", 0x2061},
	{"Ascr", 0x1d49c},
	{"Bernoullis", 0x212c},
	{"Bfr", 0x1d505},
	{"Bopf", 0x1d539},
	{"Bscr", 0x212c},
	{"CapitalDifferentialD", 0x2145},
	{"Cayleys", 0x212d},
	{"Cfr", 0x212d},
	{"Colone", 0x2a74},
	{"Copf", 0x2102},
	{"Cscr", 0x1d49e},
	{"DD", 0x2145},
	{"Dfr", 0x1d507},
	{"DiacriticalGrave", 0x60},
	{"DifferentialD", 0x2146},
	{"Dopf", 0x1d53b},
	{"DotDot", 0x20dc},
	{"DownBreve", 0x311},
	{"Dscr", 0x1d49f},
	{"Efr", 0x1d508},
	{"Eopf", 0x1d53c},
	{"Equal", 0x2a75},
	{"Escr", 0x2130},
	{"ExponentialE", 0x2147},
	{"Ffr", 0x1d509},
	{"Fopf", 0x1d53d},
	{"Fouriertrf", 0x2131},
	{"Fscr", 0x2131},
	{"GT", 0x3e},
	{"Gfr", 0x1d50a},
	{"Gopf", 0x1d53e},
	{"Gscr", 0x1d4a2},
	{"Hat", 0x5e},
	{"Hfr", 0x210c},
	{"HilbertSpace", 0x210b},
	{"Hopf", 0x210d},
	{"Hscr", 0x210b},
	{"IJlig", 0x132},
	{"Ifr", 0x2111},
	{"Im", 0x2111},
	{"ImaginaryI", 0x2148},
	{"InvisibleComma", 0x2063},
	{"InvisibleTimes", 0x2062},
	{"Iopf", 0x1d540},
	{"Iscr", 0x2110},
	{"Jfr", 0x1d50d},
	{"Jopf", 0x1d541},
	{"Jscr", 0x1d4a5},
	{"Kfr", 0x1d50e},
	{"Kopf", 0x1d542},
	{"Kscr", 0x1d4a6},
	{"LT", 0x3c},
	{"Laplacetrf", 0x2112},
	{"Lfr", 0x1d50f},
	{"Lopf", 0x1d543},
	{"Lscr", 0x2112},
	{"MediumSpace", 0x205f},
	{"Mellintrf", 0x2133},
	{"Mfr", 0x1d510},
	{"Mopf", 0x1d544},
	{"Mscr", 0x2133},
	{"NegativeMediumSpace", 0x200b},
	{"NegativeThickSpace", 0x200b},
	{"NegativeThinSpace", 0x200b},
	{"NegativeVeryThinSpace", 0x200b},
	{"NewLine", 0xa},
	{"Nfr", 0x1d511},
	{"NoBreak", 0x2060},
	{"NonBreakingSpace", 0xa0},
	{"Nopf", 0x2115},
	{"Nscr", 0x1d4a9},
	{"Ofr", 0x1d512},
	{"Oopf", 0x1d546},
	{"Oscr", 0x1d4aa},
	{"Pfr", 0x1d513},
	{"Poincareplane", 0x210c},
	{"Popf", 0x2119},
	{"Pscr", 0x1d4ab},
	{"QUOT", 0x22},
	{"Qfr", 0x1d514},
	{"Qopf", 0x211a},
	{"Qscr", 0x1d4ac},
	{"Re", 0x211c},
	{"Rfr", 0x211c},
	{"Ropf", 0x211d},
	{"Rscr", 0x211b},
	{"Sfr", 0x1d516},
	{"Sopf", 0x1d54a},
	{"Sscr", 0x1d4ae},
	{"TRADE", 0x2122},
	{"Tab", 0x9},
	{"Tfr", 0x1d517},
	{"ThinSpace", 0x2009},
	{"Topf", 0x1d54b},
	{"TripleDot", 0x20db},
	{"Tscr", 0x1d4af},
	{"Ufr", 0x1d518},
	{"UnderBar", 0x5f},
	{"Uopf", 0x1d54c},
	{"Uscr", 0x1d4b0},
	{"VerticalLine", 0x7c},
	{"VeryThinSpace", 0x200a},
	{"Vfr", 0x1d519},
	{"Vopf", 0x1d54d},
	{"Vscr", 0x1d4b1},
	{"Wfr", 0x1d51a},
	{"Wopf", 0x1d54e},
	{"Wscr", 0x1d4b2},
	{"Xfr", 0x1d51b},
	{"Xopf", 0x1d54f},
	{"Xscr", 0x1d4b3},
	{"Yfr", 0x1d51c},
	{"Yopf", 0x1d550},
	{"Yscr", 0x1d4b4},
	{"ZeroWidthSpace", 0x200b},
	{"Zfr", 0x2128},
	{"Zopf", 0x2124},
	{"Zscr", 0x1d4b5},
	{"af", 0x2061},
	{"afr", 0x1d51e},
	{"amp", 0x26},
	{"aopf", 0x1d552},
	{"apos", 0x27},
	{"ascr", 0x1d4b6},
	{"ast", 0x2a},
	{"bernou", 0x212c},
	{"bfr", 0x1d51f},
	{"bopf", 0x1d553},
	{"bscr", 0x1d4b7},
	{"bsol", 0x5c},
	{"cfr", 0x1d520},
	{"circledS", 0x24c8},
	{"colon", 0x3a},
	{"comma", 0x2c},
	{"commat", 0x40},
	{"complexes", 0x2102},
	{"copf", 0x1d554},
	{"cscr", 0x1d4b8},
	{"dash", 0x2010},
	{"dd", 0x2146},
	{"dfr", 0x1d521},
	{"dollar", 0x24},
	{"dopf", 0x1d555},
	{"dscr", 0x1d4b9},
	{"ee", 0x2147},
	{"efr", 0x1d522},
	{"ell", 0x2113},
	{"emsp", 0x2003},
	{"emsp13", 0x2004},
	{"emsp14", 0x2005},
	{"ensp", 0x2002},
	{"eopf", 0x1d556},
	{"equals", 0x3d},
	{"escr", 0x212f},
	{"excl", 0x21},
	{"expectation", 0x2130},
	{"exponentiale", 0x2147},
	{"ffilig", 0xfb03},
	{"fflig", 0xfb00},
	{"ffllig", 0xfb04},
	{"ffr", 0x1d523},
	{"filig", 0xfb01},
	{"fllig", 0xfb02},
	{"fopf", 0x1d557},
	{"fscr", 0x1d4bb},
	{"gfr", 0x1d524},
	{"gopf", 0x1d558},
	{"grave", 0x60},
	{"gscr", 0x210a},
	{"gt", 0x3e},
	{"hairsp", 0x200a},
	{"hamilt", 0x210b},
	{"hellip", 0x2026},
	{"hfr", 0x1d525},
	{"hopf", 0x1d559},
	{"horbar", 0x2015},
	{"hscr", 0x1d4bd},
	{"hybull", 0x2043},
	{"hyphen", 0x2010},
	{"ic", 0x2063},
	{"ifr", 0x1d526},
	{"ii", 0x2148},
	{"ijlig", 0x133},
	{"image", 0x2111},
	{"imagline", 0x2110},
	{"imagpart", 0x2111},
	{"incare", 0x2105},
	{"integers", 0x2124},
	{"iopf", 0x1d55a},
	{"iscr", 0x1d4be},
	{"it", 0x2062},
	{"jfr", 0x1d527},
	{"jopf", 0x1d55b},
	{"jscr", 0x1d4bf},
	{"kfr", 0x1d528},
	{"kopf", 0x1d55c},
	{"kscr", 0x1d4c0},
	{"lagran", 0x2112},
	{"lbrace", 0x7b},
	{"lbrack", 0x5b},
	{"lcub", 0x7b},
	{"lfr", 0x1d529},
	{"lopf", 0x1d55d},
	{"lowbar", 0x5f},
	{"lpar", 0x28},
	{"lrm", 0x200e},
	{"lscr", 0x1d4c1},
	{"lsqb", 0x5b},
	{"lt", 0x3c},
	{"mdash", 0x2014},
	{"mfr", 0x1d52a},
	{"midast", 0x2a},
	{"minus", 0x2212},
	{"mldr", 0x2026},
	{"mopf", 0x1d55e},
	{"mscr", 0x1d4c2},
	{"naturals", 0x2115},
	{"nbsp", 0xa0},
	{"ndash", 0x2013},
	{"nfr", 0x1d52b},
	{"nldr", 0x2025},
	{"nopf", 0x1d55f},
	{"nscr", 0x1d4c3},
	{"num", 0x23},
	{"numero", 0x2116},
	{"numsp", 0x2007},
	{"oS", 0x24c8},
	{"ofr", 0x1d52c},
	{"oopf", 0x1d560},
	{"order", 0x2134},
	{"orderof", 0x2134},
	{"ordf", 0xaa},
	{"ordm", 0xba},
	{"oscr", 0x2134},
	{"percnt", 0x25},
	{"period", 0x2e},
	{"pfr", 0x1d52d},
	{"phmmat", 0x2133},
	{"planckh", 0x210e},
	{"plus", 0x2b},
	{"popf", 0x1d561},
	{"primes", 0x2119},
	{"pscr", 0x1d4c5},
	{"puncsp", 0x2008},
	{"qfr", 0x1d52e},
	{"qopf", 0x1d562},
	{"qscr", 0x1d4c6},
	{"quaternions", 0x210d},
	{"quest", 0x3f},
	{"quot", 0x22},
	{"rationals", 0x211a},
	{"rbrace", 0x7d},
	{"rbrack", 0x5d},
	{"rcub", 0x7d},
	{"real", 0x211c},
	{"realine", 0x211b},
	{"realpart", 0x211c},
	{"reals", 0x211d},
	{"rfr", 0x1d52f},
	{"rlm", 0x200f},
	{"ropf", 0x1d563},
	{"rpar", 0x29},
	{"rscr", 0x1d4c7},
	{"rsqb", 0x5d},
	{"semi", 0x3b},
	{"sfr", 0x1d530},
	{"shy", 0xad},
	{"sol", 0x2f},
	{"sopf", 0x1d564},
	{"sscr", 0x1d4c8},
	{"sup1", 0xb9},
	{"sup2", 0xb2},
	{"sup3", 0xb3},
	{"tdot", 0x20db},
	{"tfr", 0x1d531},
	{"thinsp", 0x2009},
	{"topf", 0x1d565},
	{"trade", 0x2122},
	{"tscr", 0x1d4c9},
	{"ufr", 0x1d532},
	{"uopf", 0x1d566},
	{"uscr", 0x1d4ca},
	{"verbar", 0x7c},
	{"vert", 0x7c},
	{"vfr", 0x1d533},
	{"vopf", 0x1d567},
	{"vscr", 0x1d4cb},
	{"wfr", 0x1d534},
	{"wopf", 0x1d568},
	{"wscr", 0x1d4cc},
	{"xfr", 0x1d535},
	{"xopf", 0x1d569},
	{"xscr", 0x1d4cd},
	{"yen", 0xa5},
	{"yfr", 0x1d536},
	{"yopf", 0x1d56a},
	{"yscr", 0x1d4ce},
	{"zeetrf", 0x2128},
	{"zfr", 0x1d537},
	{"zopf", 0x1d56b},
	{"zscr", 0x1d4cf},
	{"zwj", 0x200d},
	{"zwnj", 0x200c},
};

/* Names that stand without a semicolon, whatever follows. */
static const char *const legacy[] = {
	"AMP",	"GT",	"LT",	"QUOT", "amp",	"gt",	"lt",	"nbsp",
	"ordf", "ordm", "quot", "shy",	"sup1", "sup2", "sup3", "yen"};

/* Numbers that mean Windows-1252. */
static const uint16_t c1[] = {
	0x20ac, 0x81,	0x201a, 0x192,	0x201e, 0x2026, 0x2020, 0x2021,
	0x2c6,	0x2030, 0x160,	0x2039, 0x152,	0x8d,	0x17d,	0x8f,
	0x90,	0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	0x2dc,	0x2122, 0x161,	0x203a, 0x153,	0x9d,	0x17e,	0x178};

static int compare(const void *key, const void *row)
{
	const struct str *name = key;

	return str_cmp(*name, str_of(((const struct row *)row)->name));
}

static uint32_t named(struct str name)
{
	const struct row *r = bsearch(&name, rows, ARRAY_LEN(rows),
				      sizeof(*rows), compare);

	return r ? r->cp : 0;
}

static bool is_legacy(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(legacy); i++)
		if (str_is(name, legacy[i]))
			return true;
	return false;
}

static int digit_of(char c, bool hex)
{
	if (ascii_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return hex && c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Behind "&#". */
static uint32_t numeric(struct str s, size_t *n_r)
{
	bool hex = s.n && ascii_lower(s.p[0]) == 'x';
	size_t n = hex;
	uint32_t v = 0;

	for (; n < s.n && digit_of(s.p[n], hex) >= 0; n++)
		if (v <= UNICODE_LAST)
			v = v * (hex ? 16 : 10) +
			    (uint32_t)digit_of(s.p[n], hex);
	*n_r = n;
	if (n == hex || v > UNICODE_LAST || (v >= 0xd800 && v < 0xe000))
		return 0;
	return v >= C1_FIRST && v <= C1_LAST ? c1[v - C1_FIRST] : v;
}

uint32_t html_reference(struct str s, size_t *n_r)
{
	size_t n = 0;
	uint32_t cp = 0;

	s = str_skip(s, 1);
	if (s.n && s.p[0] == '#') {
		cp = numeric(str_skip(s, 1), &n);
		*n_r = 2 + n + (2 + n <= s.n && s.p[1 + n] == ';');
		return cp;
	}
	while (n < s.n && n < NAME_MAX_LEN && ascii_alnum(s.p[n]))
		n++;
	if (n < s.n && s.p[n] == ';')
		cp = named(str_head(s, n));
	*n_r = n + 2;
	for (size_t k = MIN_OF(n, (size_t)LEGACY_MAX); !cp && k > 1; k--)
		if (is_legacy(str_head(s, k))) {
			cp = named(str_head(s, k));
			*n_r = k + 1;
		}
	return cp;
}
