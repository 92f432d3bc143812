/* cond_partner.c - is the recipient a partner of the register, and does the
 * mail name his company, none, or another's?
 */
#include "policy/policy_int.h"

/* ---- loading ---- */

struct partner_to {
	struct cond *parent;
	struct partners *partners;
};

static void register_key(struct loader *l, const struct conf_node *n, void *to)
{
	((struct partner_to *)to)->partners = partners_of(l, n);
}

static void known_key(struct loader *l, const struct conf_node *n, void *to)
{
	static const char *const KNOWN[] = {"known", "unknown"};
	struct partner_to *t = to;
	struct cond *c = cond_leaf(l, t->parent, COND_PARTNER_DOMAIN);
	unsigned v = 0;

	value_choice(l, n, KNOWN, ARRAY_LEN(KNOWN), &v);
	c->negate = v;
}

static void text_key(struct loader *l, const struct conf_node *n, void *to,
		     enum place place)
{
	static const char *const NAMED[] = {"match", "absent", "another"};
	struct partner_to *t = to;
	struct cond *c = cond_leaf(l, t->parent, COND_PARTNER_TEXT);

	c->places = 1u << place;
	value_mask(l, n, NAMED, ARRAY_LEN(NAMED), &c->mask);
}

static void body_key(struct loader *l, const struct conf_node *n, void *to)
{
	text_key(l, n, to, PLACE_BODY);
}

static void file_names_key(struct loader *l, const struct conf_node *n,
			   void *to)
{
	text_key(l, n, to, PLACE_FILE_NAMES);
}

static const struct key PARTNER[] = {{"register", register_key},
				     {"domain", known_key},
				     {"body", body_key},
				     {"file-names", file_names_key}};

void cond_partner_keys(struct loader *l, const struct conf_node *n, void *to)
{
	struct cond *all = cond_add(l, to, cond_new(l, COND_AND));
	struct partner_to t = {.parent = all};

	keys_parse(l, n, PARTNER, ARRAY_LEN(PARTNER), &t);
	if (!conf_get(n, "register"))
		missing(l, n, "「register」がありません。",
			"`register` is missing");
	if (!all->sub_n)
		missing(l, n,
			"domain、body、file-names のどれかを"
			"書いてください。",
			"write domain, body or file-names");
	for (size_t i = 0; i < all->sub_n; i++)
		all->sub[i]->partners = t.partners;
	((struct cond *)to)->per_rcpt |= all->per_rcpt;
}

void cond_partner_words(struct buf *out)
{
	static const struct key_table TABLES[] = {
		KEY_TABLE("partner.", PARTNER)};

	key_tables_list(out, "condition", TABLES, ARRAY_LEN(TABLES));
}

/* ---- asking ---- */

static enum place place_of(const struct cond *c)
{
	return c->places >> PLACE_BODY & 1 ? PLACE_BODY : PLACE_FILE_NAMES;
}

bool partner_named(const struct findings *f, uint32_t company, enum place place)
{
	size_t lo = 0, hi = f->company_n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct company_hit *h = &f->company[mid];

		if (h->company < company ||
		    (h->company == company && h->place < place))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < f->company_n && f->company[lo].company == company &&
	       f->company[lo].place == place;
}

/* Companies of the register that are named, our own aside; counted once, since
 * every recipient asks. */
static uint32_t named(struct asking *q, const struct cond *c)
{
	const struct findings *f = q->answers;
	uint32_t n = 0;

	if (!q->others)
		q->others = arena_array(q->a, q->p->cond_n, sizeof(uint32_t));
	if (q->others[c->id])
		return q->others[c->id] - 1;
	for (size_t i = 0; i < f->company_n; i++)
		n += f->company[i].place == place_of(c) &&
		     f->company[i].company < q->p->question.company_n &&
		     c->partners->role[f->company[i].company] ==
			     PARTNER_IS_OTHER;
	q->others[c->id] = n + 1;
	return n;
}

/* What was found for the recipient of the moment. */
struct naming {
	uint32_t expected; /* his companies that are named */
	uint32_t counted;  /* of these and their like, in `all` */
	uint32_t all;	   /* companies named, our own aside */
};

static bool other_named(const struct asking *q, const struct cond *c,
			const struct company *company)
{
	return c->partners->role[company->at] == PARTNER_IS_OTHER &&
	       partner_named(q->answers, company->at, place_of(c));
}

/* Where the text leaves the legal form out, companies that differ by it alone
 * are found, too: they are not another's name. */
static uint32_t others_in_group(const struct asking *q, const struct cond *c,
				uint32_t group)
{
	const struct company *all = c->partners->company;
	uint32_t n = 0, at = group;

	do {
		n += other_named(q, c, &all[at]);
		at = all[at].next;
	} while (at);
	return n;
}

static bool is_named(const struct asking *q, const struct cond *c,
		     const struct partner *d, size_t i)
{
	return partner_named(q->answers, c->partners->company[d->company[i]].at,
			     place_of(c));
}

/* An earlier one of his companies, that is named, is in the same group. */
static bool group_counted(const struct asking *q, const struct cond *c,
			  const struct partner *d, size_t n)
{
	const struct company *all = c->partners->company;

	for (size_t i = 0; i < n; i++)
		if (all[d->company[i]].group == all[d->company[n]].group &&
		    is_named(q, c, d, i))
			return true;
	return false;
}

static struct naming naming_of(struct asking *q, const struct cond *c)
{
	const struct partner *d = partners_get(c->partners, &q->rcpt->addr);
	const struct company *all = c->partners->company;
	struct naming n = {0};

	if (!q->answers)
		return n;
	n.all = named(q, c);
	for (size_t i = 0; d && i < d->n; i++) {
		if (!is_named(q, c, d, i))
			continue;
		n.expected++;
		if (!group_counted(q, c, d, i))
			n.counted += others_in_group(q, c,
						     all[d->company[i]].group);
	}
	return n;
}

/* With the recipient's own ones, which may be ours. */
static uint32_t all_named(const struct naming *n)
{
	return n->all + n->expected;
}

/* More names may stand where nobody read: that can make `match` and `another`
 * true, and `absent` false. */
static enum truth at_least_one(uint32_t n, unsigned why)
{
	if (n)
		return T_TRUE;
	return why ? T_UNKNOWN : T_FALSE;
}

static bool has_files(const struct asking *q, const struct cond *c)
{
	for (size_t i = 0; i < q->f->view->part_n; i++)
		if (part_counts(q->f->view, &q->f->view->part[i],
				c->with_inline))
			return true;
	return false;
}

static enum truth ask_text(struct asking *q, const struct cond *c)
{
	unsigned why = open_places(q, c->places);
	struct naming n = naming_of(q, c);
	enum truth t = T_FALSE;

	/* Without attachments there is no name that could be missing. */
	if (place_of(c) == PLACE_FILE_NAMES && !q->whole_open &&
	    !has_files(q, c))
		return T_FALSE;
	if (q->answers && q->answers->untold_companies)
		why |= WHY_UNTOLD;
	if (c->mask & PARTNER_MATCH)
		t = truth_or(t, at_least_one(n.expected, why));
	if (c->mask & PARTNER_ANOTHER)
		t = truth_or(t, at_least_one(n.all - n.counted, why));
	if (c->mask & PARTNER_ABSENT)
		t = truth_or(t, truth_not(at_least_one(all_named(&n), why)));
	if (t == T_UNKNOWN)
		q->why = why;
	return t;
}

enum truth ask_partner(struct asking *q, const struct cond *c)
{
	if (c->kind == COND_PARTNER_DOMAIN)
		return partners_get(c->partners, &q->rcpt->addr) ? T_TRUE
								 : T_FALSE;
	return ask_text(q, c);
}
