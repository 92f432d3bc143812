/* alike.c - domains that look like a known one (known.c): letters that look the
 * same, another top level, one letter of difference.
 *
 * What is one letter away from what is asked about is looked up among the known
 * ones, so that 100,000 known domains cost as much as ten.  The hash of such a
 * name follows from those of what stands before and behind the letter, and a
 * bit says whether some known name may have it.
 */
#include "policy/known_int.h"

#include "connector/mail/idn.h"

#define NAME_LEAST  5 /* letters of a part in which one letter counts */
#define WORDS_DENSE 6 /* letters of a name to which many are that near */

static bool is_known(const struct alike *all, struct str domain)
{
	for (;;) {
		ptrdiff_t dot = str_chr(domain, '.');

		if (map_get(&all->domain, domain))
			return true;
		if (dot < 0)
			return false;
		domain = str_skip(domain, (size_t)dot + 1);
	}
}

/* ---- one letter of difference ---- */

struct trying {
	const struct alike *all;
	bool look;	      /* a skeleton: asked of those of known ones */
	struct str name, end; /* what is asked about */
	char text[DOMAIN_MAX + 2];
	/* Hashes of what stands before and from each place on, and powers. */
	uint64_t before[DOMAIN_MAX + 2], from[DOMAIN_MAX + 3];
	uint64_t power[DOMAIN_MAX + 2];
};

static void hash_places(struct trying *t)
{
	struct str name = t->name;
	uint64_t power = 1, sum = 0;

	for (size_t i = 0; i <= name.n; i++) {
		t->before[i] = sum;
		t->power[i] = power;
		if (i < name.n)
			sum += power * known_char(name.p[i]);
		power *= HASH_BASE;
	}
	t->from[name.n] = 0;
	for (size_t i = name.n; i--;)
		t->from[i] = known_char(name.p[i]) + HASH_BASE * t->from[i + 1];
}

/* May a known name be this one up to `at`, then `middle` (the hash of what
 * stands there and behind)? */
static bool may_be(const struct trying *t, size_t at, uint64_t middle)
{
	uint64_t bit = known_bit(t->all, t->before[at] + t->power[at] * middle);

	return t->all->bits[bit / 64] >> bit % 64 & 1;
}

static bool letter(char c)
{
	return c >= 'a' && c <= 'z';
}

/* What stands between dots and hyphens, about `at`. */
static struct str part_at(struct str s, size_t at)
{
	size_t from = MIN_OF(at, s.n - 1), to = from;

	while (from && s.p[from - 1] != '.' && s.p[from - 1] != '-')
		from--;
	while (to < s.n && s.p[to] != '.' && s.p[to] != '-')
		to++;
	return str_n(s.p + from, to - from);
}

static size_t letters(struct str part)
{
	size_t n = 0;

	for (size_t i = 0; i < part.n; i++)
		n += letter(part.p[i]);
	return n;
}

/* How likely a difference is one that hands and eyes make. */
enum slip {
	SLIP_OF_HAND,  /* swapped, doubled, a key beside, a hyphen */
	SLIP_LEFT_OUT, /* a letter is missing */
	SLIP_ANY,      /* another letter, or one more */
};

/* Of nikko and nikka, toyota and toyoda each is a word: in short names a letter
 * that makes a word of a word is no slip. */
static bool two_words(const struct trying *t, size_t n, struct str part,
		      size_t at)
{
	return MIN_OF(letters(t->name), n) <= WORDS_DENSE &&
	       reads_japanese(part) && reads_japanese(part_at(t->name, at));
}

/* The name of t->text as it may have been meant, the slip at `at`; `part` is
 * what it stands in. */
static const struct known *meant(struct trying *t, size_t n, size_t at,
				 enum slip slip, struct str part)
{
	const struct map *of = t->look ? &t->all->look : &t->all->domain;
	const struct known *k;

	if (n + 1 + t->end.n > DOMAIN_MAX || !n || letters(part) < NAME_LEAST ||
	    (slip != SLIP_OF_HAND &&
	     two_words(t, letters(str_n(t->text, n)), part, at)))
		return NULL;
	t->text[n] = '.';
	memcpy(t->text + n + 1, t->end.p, t->end.n);
	k = map_get(of, str_n(t->text, n + 1 + t->end.n));
	/* Many companies are called nearly as some free mail. */
	if (letters(part) <= WORDS_DENSE)
		return k && k->shipped && slip == SLIP_ANY ? NULL : k;
	if (k || t->look)
		return k;
	/* Of long names under another top level, too. */
	k = map_get(&t->all->name, str_n(t->text, n));
	return k && !k->shipped ? k : NULL;
}

static const struct known *meant_at(struct trying *t, size_t n, size_t at,
				    enum slip slip)
{
	return n ? meant(t, n, at, slip, part_at(str_n(t->text, n), at)) : NULL;
}

static const struct known *transposed(struct trying *t, size_t i)
{
	struct str s = t->name;

	if (i + 1 >= s.n || s.p[i] == s.p[i + 1] || !letter(s.p[i]) ||
	    !letter(s.p[i + 1]) ||
	    !may_be(t, i,
		    known_char(s.p[i + 1]) +
			    HASH_BASE * (known_char(s.p[i]) +
					 HASH_BASE * t->from[i + 2])))
		return NULL;
	memcpy(t->text, s.p, s.n);
	t->text[i] = s.p[i + 1];
	t->text[i + 1] = s.p[i];
	return meant_at(t, s.n, i, SLIP_OF_HAND);
}

/* A letter or a hyphen too many. */
static const struct known *one_more(struct trying *t, size_t i)
{
	struct str s = t->name;
	bool twice = (i && s.p[i] == s.p[i - 1]) || s.p[i] == '-';

	if ((s.p[i] != '-' && !letter(s.p[i])) || !may_be(t, i, t->from[i + 1]))
		return NULL;
	memcpy(t->text, s.p, i);
	memcpy(t->text + i, s.p + i + 1, s.n - i - 1);
	return meant_at(t, s.n - 1, i, twice ? SLIP_OF_HAND : SLIP_ANY);
}

static const struct known *one_less(struct trying *t, size_t i)
{
	static const char LETTERS[] = "-abcdefghijklmnopqrstuvwxyz";
	struct str s = t->name;
	const struct known *k = NULL;

	for (const char *c = LETTERS; *c && !k; c++) {
		bool twice = i && s.p[i - 1] == *c;

		if (!may_be(t, i, known_char(*c) + HASH_BASE * t->from[i]))
			continue;
		memcpy(t->text, s.p, i);
		t->text[i] = *c;
		memcpy(t->text + i + 1, s.p + i, s.n - i);
		/* Without its hyphen the name is one part. */
		if (*c == '-')
			k = meant(t, s.n + 1, i, SLIP_OF_HAND, part_at(s, i));
		else
			k = meant_at(t, s.n + 1, i,
				     twice ? SLIP_OF_HAND : SLIP_LEFT_OUT);
	}
	return k;
}

/* Keys that touch; i and l look alike. */
static const char *const TOUCH[26] = {
	"qwsz",	  "vghn",  "xdfv",   "sxcfre", "wsdr",	 "dcvgtr", "fvbhyt",
	"gbnjuy", "uojkl", "hnmkiu", "jmloi",  "kopi",	 "njk",	   "bhjm",
	"iklp",	  "ol",	   "wa",     "edft",   "azxdew", "rfgy",   "yhji",
	"cfgb",	  "qase",  "zsdc",   "tghu",   "asx"};

static bool touch(char a, char b)
{
	size_t at = (size_t)(a - 'a');

	return at < ARRAY_LEN(TOUCH) && strchr(TOUCH[at], b);
}

static const struct known *another(struct trying *t, size_t i)
{
	struct str s = t->name;
	const struct known *k = NULL;

	if (!letter(s.p[i]))
		return NULL;
	for (char c = 'a'; c <= 'z' && !k; c++) {
		if (c == s.p[i] ||
		    !may_be(t, i, known_char(c) + HASH_BASE * t->from[i + 1]))
			continue;
		memcpy(t->text, s.p, s.n);
		t->text[i] = c;
		k = meant_at(t, s.n, i,
			     touch(s.p[i], c) ? SLIP_OF_HAND : SLIP_ANY);
	}
	return k;
}

static const struct known *slip(const struct alike *all, struct str domain,
				bool look)
{
	struct trying t = {.all = all, .look = look};
	const struct known *k = NULL;

	if (domain.n > DOMAIN_MAX || !domain_split(domain, &t.name, &t.end))
		return NULL;
	hash_places(&t);
	for (size_t i = 0; i <= t.name.n && !k; i++) {
		k = one_less(&t, i);
		if (i == t.name.n || k)
			break;
		k = transposed(&t, i);
		if (!k)
			k = one_more(&t, i);
		if (!k)
			k = another(&t, i);
	}
	return k;
}

/* Digits count as letters where they stand among them: company-1001 is no
 * company-1000. */
static bool reads_as_letters(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		bool within = i && i + 1 < s.n && letter(s.p[i - 1]) &&
			      letter(s.p[i + 1]);

		if (ascii_digit(s.p[i]) && !within)
			return false;
	}
	return true;
}

/* One letter of difference, and some that look the same. */
static const struct known *slip_of_look(const struct alike *all,
					struct str domain, struct str look)
{
	if (str_eq(domain, look) || !str_is_ascii(look) ||
	    (!has_a_label(domain) && !reads_as_letters(domain)))
		return NULL;
	return slip(all, look, true);
}

/* ---- asking ---- */

/* com, cm, co, con, comm: one letter apart. */
static bool near_end(struct str a, struct str b)
{
	const char *names[1];
	char text[DOMAIN_MAX + 1];

	if (a.n > 3 * b.n || b.n > 3 * a.n || a.n > 8)
		return false;
	memcpy(text, a.p, a.n);
	text[a.n] = 0;
	names[0] = text;
	return str_nearest(b, names, 1) != NULL;
}

/* The same name under another top level; those of free mail have many. */
static const struct known *other_end(const struct alike *all, struct str domain)
{
	struct str name, end, known_name, known_end;
	const struct known *k;

	if (!domain_split(domain, &name, &end))
		return NULL;
	k = map_get(&all->name, name);
	if (!k || !domain_split(k->domain, &known_name, &known_end))
		return NULL;
	return !k->shipped || near_end(known_end, end) ? k : NULL;
}

static const struct known *like_whole(const struct alike *all,
				      struct str domain, struct arena *a)
{
	struct str look = domain_look(domain, a);
	const struct known *k = map_get(&all->look, look);

	if (!k && !has_a_label(domain))
		k = slip(all, domain, false);
	return k ? k : slip_of_look(all, domain, look);
}

/* And what of the domain looks so: it, or one above. */
static const struct known *find_alike(const struct alike *all,
				      struct str domain, struct arena *a,
				      struct str *part_r)
{
	const struct known *k = NULL;
	struct str rest = domain, name, end;

	if (!domain.n)
		return NULL;
	while (!k && domain_split(rest, &name, &end)) {
		ptrdiff_t dot = str_chr(name, '.');

		if (name_labels(name) <= all->labels) {
			*part_r = rest;
			k = like_whole(all, rest, a);
		}
		if (dot < 0)
			break;
		rest = str_skip(rest, (size_t)dot + 1);
	}
	if (k)
		return k;
	*part_r = domain;
	return other_end(all, domain);
}

enum truth ask_look_alike(struct asking *q, const struct cond *c)
{
	const struct alike *in[] = {q->p->alike, q->f->known};
	struct str domain = q->rcpt->addr.key_domain, part;
	const struct known *k = NULL;

	(void)c;
	if (q->rcpt_class != RCPT_EXTERNAL)
		return T_FALSE;
	if (q->f->untold & NEEDS_KNOWN) {
		q->why = WHY_UNTOLD;
		return T_UNKNOWN;
	}
	if (!in[1])
		in[1] = q->p->known;
	for (size_t i = 0; i < ARRAY_LEN(in); i++)
		if (in[i] && is_known(in[i], domain))
			return T_FALSE;
	for (size_t i = 0; i < ARRAY_LEN(in) && !k; i++)
		if (in[i])
			k = find_alike(in[i], domain, q->a, &part);
	if (!k)
		return T_FALSE;
	q->found.unlike = part;
	if (!idn_to_unicode(k->domain, q->a, &q->found.like))
		q->found.like = k->domain;
	return T_TRUE;
}
