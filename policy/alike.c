/* alike.c - domains that look like a known one (known.c): letters that look the
 * same, another top level, one slip of the keyboard.
 *
 * The slips of what is asked about are looked up among the known ones, so that
 * 100,000 known domains cost as much as ten.  The hash of a slip follows from
 * those of what stands before and behind it, and a bit says whether some known
 * domain may have it.
 */
#include "policy/known_int.h"

#include "connector/mail/idn.h"

#define NAME_LEAST 5 /* letters of a name in which a slip counts */

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

/* ---- slips of the keyboard ---- */

struct trying {
	const struct alike *all;
	struct str name, end; /* what is asked about */
	char text[DOMAIN_MAX + 2];
	/* Hashes of what stands before and from each place on, and powers. */
	uint64_t before[DOMAIN_MAX + 2], from[DOMAIN_MAX + 3];
	uint64_t power[DOMAIN_MAX + 2];
};

static void hash_places(struct trying *t, struct str domain)
{
	uint64_t power = 1, sum = 0;

	for (size_t i = 0; i <= domain.n; i++) {
		t->before[i] = sum;
		t->power[i] = power;
		if (i < domain.n)
			sum += power * known_char(domain.p[i]);
		power *= HASH_BASE;
	}
	t->from[domain.n] = 0;
	for (size_t i = domain.n; i--;)
		t->from[i] = known_char(domain.p[i]) +
			     HASH_BASE * t->from[i + 1];
}

/* May a known domain be this one up to `at`, then `middle` (the hash of what
 * stands there and behind)? */
static bool may_be(const struct trying *t, size_t at, uint64_t middle)
{
	uint64_t bit = known_bit(t->all, t->before[at] + t->power[at] * middle);

	return t->all->bits[bit / 64] >> bit % 64 & 1;
}

/* The part between dots and hyphens in which a slip at `at` stands. */
static size_t part_length(const char *p, size_t n, size_t at)
{
	size_t from = MIN_OF(at, n - 1), to = from;

	while (from && p[from - 1] != '.' && p[from - 1] != '-')
		from--;
	while (to < n && p[to] != '.' && p[to] != '-')
		to++;
	return to - from;
}

/* The name as it may have been meant, with a slip at `at`. */
static const struct known *meant(struct trying *t, size_t n, size_t at,
				 size_t part)
{
	if (n + 1 + t->end.n > DOMAIN_MAX || !n ||
	    (part ? part : part_length(t->text, n, at)) < NAME_LEAST)
		return NULL;
	t->text[n] = '.';
	memcpy(t->text + n + 1, t->end.p, t->end.n);
	return map_get(&t->all->domain, str_n(t->text, n + 1 + t->end.n));
}

static bool letter(char c)
{
	return c >= 'a' && c <= 'z';
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
	return meant(t, s.n, i, 0);
}

/* A letter typed twice, or a hyphen put in. */
static const struct known *one_more(struct trying *t, size_t i)
{
	struct str s = t->name;
	bool twice = i && s.p[i] == s.p[i - 1] && letter(s.p[i]);

	if ((!twice && s.p[i] != '-') || !may_be(t, i, t->from[i + 1]))
		return NULL;
	memcpy(t->text, s.p, i);
	memcpy(t->text + i, s.p + i + 1, s.n - i - 1);
	return meant(t, s.n - 1, i, 0);
}

static const struct known *one_less(struct trying *t, size_t i)
{
	static const char LETTERS[] = "-abcdefghijklmnopqrstuvwxyz";
	struct str s = t->name;
	const struct known *k = NULL;

	for (const char *c = LETTERS; *c && !k; c++) {
		/* Without its hyphen the name is one part. */
		size_t part = *c == '-' ? part_length(s.p, s.n, i) : 0;

		if (!may_be(t, i, known_char(*c) + HASH_BASE * t->from[i]))
			continue;
		memcpy(t->text, s.p, i);
		t->text[i] = *c;
		memcpy(t->text + i + 1, s.p + i, s.n - i);
		k = meant(t, s.n + 1, i, part);
	}
	return k;
}

/* Keys that touch; i and l look alike. */
static const char *const TOUCH[26] = {
	"qwsz",	  "vghn",  "xdfv",   "sxcfre", "wsdr",	 "dcvgtr", "fvbhyt",
	"gbnjuy", "uojkl", "hnmkiu", "jmloi",  "kopi",	 "njk",	   "bhjm",
	"iklp",	  "ol",	   "wa",     "edft",   "azxdew", "rfgy",   "yhji",
	"cfgb",	  "qase",  "zsdc",   "tghu",   "asx"};

static const struct known *beside(struct trying *t, size_t i)
{
	struct str s = t->name;
	const struct known *k = NULL;

	if (!letter(s.p[i]))
		return NULL;
	for (const char *c = TOUCH[s.p[i] - 'a']; *c && !k; c++) {
		if (!may_be(t, i, known_char(*c) + HASH_BASE * t->from[i + 1]))
			continue;
		memcpy(t->text, s.p, s.n);
		t->text[i] = *c;
		k = meant(t, s.n, i, 0);
	}
	return k;
}

static const struct known *slip(const struct alike *all, struct str domain)
{
	struct trying t;
	const struct known *k = NULL;

	if (domain.n > DOMAIN_MAX || !domain_split(domain, &t.name, &t.end))
		return NULL;
	t.all = all;
	hash_places(&t, domain);
	for (size_t i = 0; i <= t.name.n && !k; i++) {
		k = one_less(&t, i);
		if (i == t.name.n || k)
			break;
		k = transposed(&t, i);
		if (!k)
			k = one_more(&t, i);
		if (!k)
			k = beside(&t, i);
	}
	return k;
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

static const struct known *find_alike(const struct alike *all,
				      struct str domain, struct arena *a)
{
	const struct known *k = NULL;
	struct str rest = domain, name, end;

	if (!domain.n)
		return NULL;
	while (!k && domain_split(rest, &name, &end)) {
		ptrdiff_t dot = str_chr(name, '.');

		k = map_get(&all->look, domain_look(rest, a));
		if (!k)
			k = slip(all, rest);
		if (dot < 0)
			break;
		rest = str_skip(rest, (size_t)dot + 1);
	}
	return k ? k : other_end(all, domain);
}

enum truth ask_look_alike(struct asking *q, const struct cond *c)
{
	const struct alike *in[] = {q->p->alike, q->f->known};
	struct str domain = q->rcpt->addr.key_domain;
	const struct known *k = NULL;

	(void)c;
	if (q->rcpt_class != RCPT_EXTERNAL)
		return T_FALSE;
	if (!in[1])
		in[1] = q->p->known;
	for (size_t i = 0; i < ARRAY_LEN(in); i++)
		if (in[i] && is_known(in[i], domain))
			return T_FALSE;
	for (size_t i = 0; i < ARRAY_LEN(in) && !k; i++)
		if (in[i])
			k = find_alike(in[i], domain, q->a);
	if (k && !idn_to_unicode(k->domain, q->a, &q->found.like))
		q->found.like = k->domain;
	return k ? T_TRUE : T_FALSE;
}
