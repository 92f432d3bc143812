/* private.c - is this the sender's own private address?
 *
 * One that people.csv names (`private`) is.  Else the domain must be free mail
 * or a mobile carrier's, and the local part must hold both of the sender's
 * names, or an initial and the other name and nothing else, or be his login.
 * Digits, separators and how Japanese sounds are written in Latin letters do
 * not count.  A family name alone says nothing: many have it.
 */
#include "policy/policy_int.h"

#include "connector/base/utf8.h"

#define TOKENS_MAX  4
#define TOKEN_MAX   64 /* bytes */
#define LOGIN_LEAST 5
#define NAME_LEAST  2 /* of two together at least BOTH_LEAST */
#define BOTH_LEAST  6
#define OTHER_LEAST 3 /* beside an initial */

void private_prepare(struct loader *l)
{
	static const char *const NAMES[] = {"free-mail", "carrier"};

	for (size_t i = 0; i < ARRAY_LEN(NAMES); i++) {
		struct named *v = list_find(l, str_of(NAMES[i]));

		if (v)
			l->p->private_domains[i] = list_set(l, v);
	}
}

/* ---- Japanese in Latin letters ---- */

/* Two spellings of one sound become one (Hepburn, Kunrei, as people type). */
static const struct {
	const char *from, *to;
} SOUNDS[] = {
	{"tch", "tt"}, {"cch", "tt"}, {"shi", "si"}, {"chi", "ti"},
	{"tsu", "tu"}, {"sh", "sy"},  {"ch", "ty"},  {"dzu", "zu"},
	{"du", "zu"},  {"di", "zi"},  {"ji", "zi"},  {"jy", "zy"},
	{"j", "zy"},   {"fu", "hu"},  {"mb", "nb"},  {"mp", "np"},
	{"mm", "nm"},  {"ou", "o"},   {"oo", "o"},   {"uu", "u"},
	{"l", "r"},    {"v", "b"},
};

static bool vowel(char c)
{
	return c && strchr("aiueo", c) != NULL;
}

/* A long vowel is a short one. */
static void sound_put(struct buf *out, const char *s)
{
	for (; *s; s++)
		if (!out->n || out->p[out->n - 1] != *s ||
		    (*s != 'o' && *s != 'u'))
			buf_putc(out, *s);
}

/* Of letters; "oh" before a consonant or at the end is a long o. */
static void sound_of_letters(struct buf *out, struct str s)
{
	while (s.n) {
		const char one[2] = {s.p[0], 0};
		size_t took = 0;

		for (size_t i = 0; !took && i < ARRAY_LEN(SOUNDS); i++) {
			struct str from = str_of(SOUNDS[i].from);

			if (!str_starts(s, from))
				continue;
			sound_put(out, SOUNDS[i].to);
			took = from.n;
		}
		if (!took) {
			sound_put(out, one);
			took = s.n > 1 && s.p[0] == 'o' && s.p[1] == 'h' &&
					       (s.n == 2 || !vowel(s.p[2]))
				       ? 2
				       : 1;
		}
		s = str_skip(s, took);
	}
}

static void latin_sound(struct buf *out, struct str s)
{
	AUTO(buf) letters = BUF_MAX(SMTP_ADDRESS_MAX);

	for (size_t i = 0; i < s.n; i++) {
		char c = ascii_lower(s.p[i]);

		if (c >= 'a' && c <= 'z')
			buf_putc(&letters, c);
	}
	sound_of_letters(out, buf_str(&letters));
}

/* Katakana (folded) by row of five vowels, from U+30A1; "*" is a small one. */
static const char *const KANA[] = {
	"*a",  "a",  "*i",  "i",  "*u",	 "u",  "*e", "e",  "*o", "o",  "ka",
	"ga",  "ki", "gi",  "ku", "gu",	 "ke", "ge", "ko", "go", "sa", "za",
	"si",  "zi", "su",  "zu", "se",	 "ze", "so", "zo", "ta", "da", "ti",
	"zi",  "*t", "tu",  "zu", "te",	 "de", "to", "do", "na", "ni", "nu",
	"ne",  "no", "ha",  "ba", "pa",	 "hi", "bi", "pi", "hu", "bu", "pu",
	"he",  "be", "pe",  "ho", "bo",	 "po", "ma", "mi", "mu", "me", "mo",
	"*ya", "ya", "*yu", "yu", "*yo", "yo", "ra", "ri", "ru", "re", "ro",
	"*wa", "wa", "i",   "e",  "o",	 "n",  "bu"};

/* "キョ": ki and small yo are kyo; a small tsu doubles the next consonant. */
static void kana_put(struct buf *out, const char *sound, bool *doubles)
{
	bool small = sound[0] == '*';

	if (strcmp(sound, "*t") == 0) {
		*doubles = true;
		return;
	}
	if (small && out->n && out->p[out->n - 1] == 'i' && sound[1] == 'y') {
		out->n--;
		buf_puts(out, sound + 1);
		return;
	}
	sound += small;
	if (*doubles && !vowel(sound[0]))
		buf_putc(out, sound[0]);
	*doubles = false;
	buf_puts(out, sound);
}

/* False: not kana alone. */
static bool kana_sound(struct buf *out, struct str s)
{
	AUTO(buf) folded = BUF_MAX(KIB);
	AUTO(buf) plain = BUF_MAX(KIB);
	bool doubles = false;
	struct str rest;
	int32_t c;

	fold_text(&folded, s);
	rest = buf_str(&folded);
	while ((c = utf8_next(&rest)) >= 0) {
		if (c == 0x30fc) /* a long vowel */
			continue;
		if (c < 0x30a1 || c >= 0x30a1 + (int32_t)ARRAY_LEN(KANA))
			return false;
		kana_put(&plain, KANA[c - 0x30a1], &doubles);
	}
	latin_sound(out, buf_str(&plain));
	return true;
}

/* ---- names ---- */

struct names {
	struct {
		char p[TOKEN_MAX];
		size_t n;
	} v[TOKENS_MAX];
	size_t n;
};

static void add_name(struct names *names, struct str s)
{
	AUTO(buf) sound = BUF_MAX(TOKEN_MAX);

	if (names->n == TOKENS_MAX || !s.n || s.n >= TOKEN_MAX)
		return;
	if (str_is_ascii(s))
		latin_sound(&sound, s);
	else if (!kana_sound(&sound, s))
		return;
	if (!sound.n || !buf_ok(&sound) || sound.n >= TOKEN_MAX)
		return;
	memcpy(names->v[names->n].p, sound.p, sound.n);
	names->v[names->n++].n = sound.n;
}

static bool parts_names(unsigned char c)
{
	return c == '.' || c == '_' || c == '-' || c == '+' || c == ' ' ||
	       c == '\t' || c == ',';
}

static bool in_name(unsigned char c)
{
	return !parts_names(c) && !ascii_digit((char)c);
}

static bool no_name(unsigned char c)
{
	return !in_name(c);
}

/* "taro.yamada", "ヤマダ タロウ", "Yamada, Taro": two or more words. */
static void names_of_text(struct names *names, struct str text)
{
	AUTO(buf) spaces = BUF_MAX(KIB);
	struct rd r;

	/* The ideographic space parts, too. */
	for (struct str rest = text; rest.n;) {
		int32_t c = utf8_next(&rest);

		utf8_put(&spaces, c == 0x3000 ? ' ' : (uint32_t)c);
	}
	r = rd_of(buf_str(&spaces));
	*names = (struct names){0};
	for (;;) {
		struct str word;

		(void)rd_while(&r, no_name);
		word = rd_while(&r, in_name);
		if (!word.n)
			return;
		add_name(names, word);
	}
}

static struct str name_at(const struct names *names, size_t i)
{
	return str_n(names->v[i].p, names->v[i].n);
}

/* One letter before or behind a name, and nothing else. */
static bool is_initial(struct str letters, char initial, struct str name)
{
	char text[TOKEN_MAX + 2];

	for (int behind = 0; behind < 2; behind++) {
		AUTO(buf) sound = BUF_MAX(2 * TOKEN_MAX);

		memcpy(text + !behind, name.p, name.n);
		text[behind ? name.n : 0] = initial;
		sound_of_letters(&sound, str_n(text, name.n + 1));
		if (str_eq(buf_str(&sound), letters))
			return true;
	}
	return false;
}

/* Chieko may be c or t, Fumi f or h, Jun j or z. */
static bool initial_of(struct str letters, struct str a, struct str name)
{
	static const char OTHER[][2] = {{'t', 'c'}, {'h', 'f'}, {'z', 'j'}};

	if (is_initial(letters, a.p[0], name))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(OTHER); i++)
		if (a.p[0] == OTHER[i][0] &&
		    is_initial(letters, OTHER[i][1], name))
			return true;
	return false;
}

/* Both of two names, or an initial and the other one alone. */
static bool two_names(struct str letters, struct str a, struct str b)
{
	ptrdiff_t at = str_find(letters, a);

	if (at >= 0 && a.n >= NAME_LEAST && b.n >= NAME_LEAST &&
	    a.n + b.n >= BOTH_LEAST &&
	    (str_find(str_head(letters, (size_t)at), b) >= 0 ||
	     str_find(str_skip(letters, (size_t)at + a.n), b) >= 0))
		return true;
	return b.n >= OTHER_LEAST && initial_of(letters, a, b);
}

static bool names_in(struct str letters, const struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		for (size_t k = 0; k < names->n; k++)
			if (i != k && two_names(letters, name_at(names, i),
						name_at(names, k)))
				return true;
	return false;
}

/* ---- the sender ---- */

/* Logins that are a desk, not a person. */
static const char *const DESKS[] = {
	"admin",   "contact",  "eigyo",	 "hello",   "infor",
	"keiri",   "madoguti", "office", "order",   "reception",
	"recruit", "saiyo",    "sales",	 "service", "shop",
	"soumu",   "somu",     "staff",	 "support", "webmaster"};

static bool is_desk(struct str login)
{
	for (size_t i = 0; i < ARRAY_LEN(DESKS); i++)
		if (str_is(login, DESKS[i]))
			return true;
	return false;
}

static struct str local_of(struct str key)
{
	ptrdiff_t at = str_rchr(key, '@');

	return at < 0 ? key : str_head(key, (size_t)at);
}

static bool by_login(struct str letters, struct str login)
{
	AUTO(buf) sound = BUF_MAX(SMTP_ADDRESS_MAX);

	latin_sound(&sound, login);
	return sound.n >= LOGIN_LEAST && str_eq(letters, buf_str(&sound)) &&
	       !is_desk(buf_str(&sound));
}

static bool resembles(struct str letters, struct str key,
		      const struct person *person)
{
	struct str texts[3] = {local_of(key)};
	struct names names;

	if (person) {
		texts[1] = person->name;
		texts[2] = person->reading;
	}
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		names_of_text(&names, texts[i]);
		if (names_in(letters, &names))
			return true;
	}
	return by_login(letters, texts[0]);
}

static bool is_listed(const struct person *person, struct str key)
{
	for (size_t i = 0; person && i < person->private_n; i++)
		if (str_eq(person->private[i], key))
			return true;
	return false;
}

static bool domain_is_private(const struct policy *p, const struct addr *to)
{
	for (size_t i = 0; i < ARRAY_LEN(p->private_domains); i++)
		if (p->private_domains[i] &&
		    addr_set_has(p->private_domains[i], to))
			return true;
	return false;
}

static bool is_private_of(const struct asking *q, struct str key,
			  const struct person *person)
{
	const struct addr *to = &q->rcpt->addr;
	struct str local = local_of(to->key);
	AUTO(buf) letters = BUF_MAX(SMTP_ADDRESS_MAX);
	ptrdiff_t plus = str_chr(local, '+');

	if (is_listed(person, to->key))
		return true;
	if (!domain_is_private(q->p, to) ||
	    (person && person->kind != PERSON_PERSON))
		return false;
	latin_sound(&letters, plus > 0 ? str_head(local, (size_t)plus) : local);
	return resembles(buf_str(&letters), key, person);
}

enum truth ask_own_private(struct asking *q, const struct cond *c)
{
	const struct person *s = q->person;
	bool is = q->rcpt_class != RCPT_INTERNAL && q->sender.key.n &&
		  is_private_of(q, q->sender.key, s);

	(void)c;
	/* Whoever of them wrote as the shared mailbox. */
	for (size_t i = 0; !is && s && i < s->delegate_n; i++)
		is = is_private_of(q, s->delegate[i]->addr.key, s->delegate[i]);
	if (is)
		q->found.bits |= FOUND_PRIVATE;
	return is ? T_TRUE : T_FALSE;
}
