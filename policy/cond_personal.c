/* cond_personal.c - personal data, counted by different values. */
#include "policy/policy_int.h"

static const char *const SCOPES[SCOPE_N] = {"body", "attachments", "anywhere"};

/* ---- loading ---- */

static void personal(struct loader *l, const struct conf_node *n, void *to,
		     unsigned what)
{
	struct cond *c = cond_leaf(l, to, COND_PERSONAL);

	c->what = what;
	value_range(l, n, false, &c->range);
}

#define KIND(name, what)                                                       \
	static void name(struct loader *l, const struct conf_node *n,          \
			 void *to)                                             \
	{                                                                      \
		personal(l, n, to, what);                                      \
	}
KIND(card, DETECT_CARD)
KIND(sixteen, DETECT_SIXTEEN)
KIND(my_number, DETECT_MY_NUMBER)
KIND(phone, DETECT_PHONE)
KIND(postal, DETECT_POSTAL)
KIND(name, DETECT_NAME)
KIND(mail, DETECT_MAIL)
KIND(bank, DETECT_BANK)
KIND(passport, DETECT_PASSPORT)
KIND(licence, DETECT_LICENCE)
KIND(iban, DETECT_IBAN)
KIND(people, WHAT_PEOPLE)

static const struct key KINDS[] = {
	{"card", card},
	{"sixteen-digits", sixteen},
	{"my-number", my_number},
	{"phone", phone},
	{"postal-address", postal},
	{"person-name", name},
	{"mail-address", mail},
	{"bank-account", bank},
	{"passport", passport},
	{"licence", licence},
	{"iban", iban},
	{"people", people},
};

static void kinds(struct loader *l, const struct conf_node *n, void *to,
		  enum cond_kind kind)
{
	struct cond *c = cond_add(l, to, cond_new(l, kind));

	if (!want_keys(l, n, KINDS, ARRAY_LEN(KINDS)))
		return;
	if (!n->n)
		conf_error(l->errs, n, "条件が空です。",
			   "the condition is empty");
	keys_parse(l, n, KINDS, ARRAY_LEN(KINDS), c);
}

static void any_key(struct loader *l, const struct conf_node *n, void *to)
{
	kinds(l, n, to, COND_ANY);
}

static void all_key(struct loader *l, const struct conf_node *n, void *to)
{
	kinds(l, n, to, COND_AND);
}

static void in_key(struct loader *l, const struct conf_node *n, void *to)
{
	value_mask(l, n, SCOPES, SCOPE_N, &((struct cond *)to)->places);
}

static const struct key PERSONAL[] = {
	{"in", in_key}, {"any", any_key}, {"all", all_key}};

static void set_scopes(struct cond *c, unsigned scopes)
{
	c->places = scopes;
	for (size_t i = 0; i < c->sub_n; i++)
		set_scopes(c->sub[i], scopes);
}

void cond_personal_keys(struct loader *l, const struct conf_node *n, void *to)
{
	struct cond *all = cond_add(l, to, cond_new(l, COND_AND));
	unsigned anywhere = 1u << SCOPE_ANYWHERE;

	keys_parse(l, n, PERSONAL, ARRAY_LEN(PERSONAL), all);
	if (!conf_get(n, "any") && !conf_get(n, "all"))
		missing(l, n,
			"「any」か「all」を書いてください。例: "
			"{in: body, any: {card: \">= 1\"}}",
			"write `any` or `all`, as in {in: body, any: "
			"{card: \">= 1\"}}");
	/* Anywhere holds the others: a value is not counted twice. */
	if (!all->places || all->places & anywhere)
		set_scopes(all, anywhere);
	else
		set_scopes(all, all->places);
}

void cond_personal_words(struct buf *out)
{
	static const struct key_table TABLES[] = {
		KEY_TABLE("personal-data.", PERSONAL),
		KEY_TABLE("personal-data.any.", KINDS),
	};

	key_tables_list(out, "condition", TABLES, ARRAY_LEN(TABLES));
}

/* ---- asking ---- */

uint64_t personal_count(const struct asking *q, const struct cond *c)
{
	uint64_t n = 0;

	for (int i = 0; q->answers && i < SCOPE_N; i++)
		if (c->places >> i & 1)
			n += c->what == WHAT_PEOPLE
				     ? q->answers->people[i]
				     : q->answers->unique[i][c->what];
	return n;
}

/* Persons are told by their names, among others. */
unsigned personal_detectors(const struct cond *c)
{
	return 1u << (c->what == WHAT_PEOPLE ? DETECT_NAME : c->what);
}

enum truth ask_personal(struct asking *q, const struct cond *c)
{
	unsigned why = open_scopes(q, c->places);

	if (q->answers &&
	    q->answers->untold_detectors & personal_detectors(c) &&
	    scope_places(c->places) & places_there(q->f->view))
		why |= WHY_UNTOLD;
	return count_ask(q, &c->range, personal_count(q, c), why);
}
