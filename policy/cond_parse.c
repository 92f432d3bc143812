/* cond_parse.c - the words under `when` and `unless`, as rows of tables.
 * A row without a parser is of a later issue and is answered so by name.
 */
#include "policy/policy_int.h"

#define CONDS_MAX 10000 /* of one policy */

static const char *const CLASSES[] = {"internal", "affiliated", "external"};
static const char *const OF[] = {"internal", "affiliated", "external", "any"};
static const char *const SENDER_KINDS[] = {"person", "shared", "system"};
static const char *const RESULTS[] = {"complete", "partial", "none"};
static const char *const REASONS[] = {"picture",   "encrypted", "unknown-type",
				      "too-large", "damaged",	"ambiguous",
				      "limit",	   "failed"};
static const char *const MESSAGES[] = {
	"plain", "calendar", "receipt",	  "auto-reply",
	"dsn",	 "signed",   "encrypted", "rights-managed",
	"tnef",	 "bulk",     "journal"};

struct cond *cond_new(struct loader *l, enum cond_kind kind)
{
	struct cond *c = ARENA_NEW(l->a, struct cond);

	c->kind = kind;
	c->id = (unsigned)l->p->cond_n++;
	if (c->id == CONDS_MAX)
		conf_error(l->errs, NULL, "条件が多すぎます(最大 %d)。",
			   "too many conditions (at most %d)", CONDS_MAX);
	return c;
}

struct cond *cond_add(struct loader *l, struct cond *parent, struct cond *sub)
{
	struct cond **v = arena_array(l->a, parent->sub_n + 1, sizeof(*v));

	if (parent->sub_n)
		memcpy(v, parent->sub, parent->sub_n * sizeof(*v));
	v[parent->sub_n++] = sub;
	parent->sub = v;
	parent->per_rcpt = parent->per_rcpt || sub->per_rcpt;
	return sub;
}

struct cond *cond_leaf(struct loader *l, void *parent, enum cond_kind kind)
{
	struct cond *c = cond_new(l, kind);

	c->per_rcpt = COND_OPS[kind].flags & OP_PER_RCPT;
	return cond_add(l, parent, c);
}

/* ---- sender, recipient ---- */

static void set_leaf(struct loader *l, const struct conf_node *n, void *parent,
		     enum cond_kind kind, bool negate)
{
	struct cond *c = cond_leaf(l, parent, kind);

	c->negate = negate;
	c->set = names_set(l, n);
	c->name = names_shown(l, n);
}

static void sender_in(struct loader *l, const struct conf_node *n, void *to)
{
	set_leaf(l, n, to, COND_SENDER_IN, false);
}

static void sender_not_in(struct loader *l, const struct conf_node *n, void *to)
{
	set_leaf(l, n, to, COND_SENDER_IN, true);
}

static void sender_kind(struct loader *l, const struct conf_node *n, void *to)
{
	value_mask(l, n, SENDER_KINDS, ARRAY_LEN(SENDER_KINDS),
		   &cond_leaf(l, to, COND_SENDER_KIND)->mask);
}

static void sender_employed(struct loader *l, const struct conf_node *n,
			    void *to)
{
	value_duration(l, n, US_PER_DAY, 36500 * US_PER_DAY,
		       &cond_leaf(l, to, COND_SENDER_EMPLOYED)->us);
}

static void sender_leaves(struct loader *l, const struct conf_node *n, void *to)
{
	value_duration(l, n, US_PER_DAY, 36500 * US_PER_DAY,
		       &cond_leaf(l, to, COND_SENDER_LEAVES)->us);
}

static const struct key SENDER[] = {
	{"in", sender_in},
	{"not-in", sender_not_in},
	{"kind", sender_kind},
	{"employed-less-than", sender_employed},
	{"leaves-within", sender_leaves},
};

static void rcpt_class(struct loader *l, const struct conf_node *n, void *to)
{
	value_mask(l, n, CLASSES, ARRAY_LEN(CLASSES),
		   &cond_leaf(l, to, COND_RCPT_CLASS)->mask);
}

static void rcpt_in(struct loader *l, const struct conf_node *n, void *to)
{
	set_leaf(l, n, to, COND_RCPT_IN, false);
}

static void rcpt_not_in(struct loader *l, const struct conf_node *n, void *to)
{
	set_leaf(l, n, to, COND_RCPT_IN, true);
}

static const struct key RECIPIENT[] = {
	{"class", rcpt_class},
	{"in", rcpt_in},
	{"not-in", rcpt_not_in},
	{"first-time", cond_first_time},
	{"own-private", cond_own_private},
	{"look-alike", cond_look_alike},
};

/* ---- to, cc, to-cc ---- */

/* `of` speaks of the count beside it, whatever their order. */
struct addrs_to {
	struct cond *parent;
	unsigned fields, of;
	bool counted;
	struct range count;
};

static void addrs_count_key(struct loader *l, const struct conf_node *n,
			    void *to)
{
	struct addrs_to *t = to;

	t->counted = value_range(l, n, false, &t->count);
}

static void addrs_of(struct loader *l, const struct conf_node *n, void *to)
{
	struct addrs_to *t = to;

	value_mask(l, n, OF, ARRAY_LEN(OF), &t->of);
}

static void addrs_who(struct loader *l, const struct conf_node *n,
		      struct addrs_to *t, enum cond_kind kind)
{
	struct cond *c = cond_leaf(l, t->parent, kind);

	c->fields = t->fields;
	names_who(l, n, &c->who, &c->who_n);
}

static void addrs_has(struct loader *l, const struct conf_node *n, void *to)
{
	addrs_who(l, n, to, COND_ADDRS_HAS);
}

static void addrs_only(struct loader *l, const struct conf_node *n, void *to)
{
	addrs_who(l, n, to, COND_ADDRS_ONLY);
}

static void addrs_present(struct loader *l, const struct conf_node *n, void *to)
{
	struct addrs_to *t = to;
	struct cond *c = cond_leaf(l, t->parent, COND_ADDRS_PRESENT);
	bool yes = true;

	value_bool(l, n, &yes);
	c->fields = t->fields;
	c->negate = !yes;
}

static const struct key ADDRS[] = {
	{"count", addrs_count_key}, {"of", addrs_of},
	{"has", addrs_has},	    {"only", addrs_only},
	{"present", addrs_present},
};

static void addrs(struct loader *l, const struct conf_node *n, void *to,
		  unsigned fields)
{
	struct addrs_to t = {.parent = to, .fields = fields};
	struct cond *c;

	keys_parse(l, n, ADDRS, ARRAY_LEN(ADDRS), &t);
	if (t.of && !conf_get(n, "count"))
		conf_error(l->errs, conf_get(n, "of"),
			   "「of」には「count」が要ります。",
			   "`of` needs `count`");
	if (!t.counted)
		return;
	c = cond_leaf(l, to, COND_ADDRS_COUNT);
	c->fields = fields;
	c->range = t.count;
	c->mask = !t.of || t.of & 8 ? 7 : t.of;
}

static void to_keys(struct loader *l, const struct conf_node *n, void *to)
{
	addrs(l, n, to, FIELD_TO);
}

static void cc_keys(struct loader *l, const struct conf_node *n, void *to)
{
	addrs(l, n, to, FIELD_CC);
}

static void to_cc_keys(struct loader *l, const struct conf_node *n, void *to)
{
	addrs(l, n, to, FIELD_TO | FIELD_CC);
}

/* ---- message, time, inspection ---- */

static void message_size(struct loader *l, const struct conf_node *n, void *to)
{
	value_range(l, n, true, &cond_leaf(l, to, COND_SIZE)->range);
}

static void message_class(struct loader *l, const struct conf_node *n, void *to)
{
	value_mask(l, n, MESSAGES, ARRAY_LEN(MESSAGES),
		   &cond_leaf(l, to, COND_CLASS)->mask);
}

static const struct key MESSAGE[] = {{"size", message_size},
				     {"class", message_class}};

static void time_during(struct loader *l, const struct conf_node *n, void *to)
{
	cond_leaf(l, to, COND_TIME)->calendar = names_calendar(l, n);
}

static void time_outside(struct loader *l, const struct conf_node *n, void *to)
{
	struct cond *c = cond_leaf(l, to, COND_TIME);

	c->negate = true;
	c->calendar = names_calendar(l, n);
}

static const struct key TIME[] = {{"during", time_during},
				  {"outside", time_outside}};

static void result_key(struct loader *l, const struct conf_node *n, void *to)
{
	value_mask(l, n, RESULTS, ARRAY_LEN(RESULTS),
		   &cond_leaf(l, to, COND_RESULT)->mask);
}

static void reason_key(struct loader *l, const struct conf_node *n, void *to)
{
	value_mask(l, n, REASONS, ARRAY_LEN(REASONS),
		   &cond_leaf(l, to, COND_REASON)->mask);
}

static const struct key INSPECTION[] = {{"result", result_key},
					{"reason", reason_key}};

/* ---- all conditions ---- */

static void any_of(struct loader *l, const struct conf_node *n, void *to);
static void not_of(struct loader *l, const struct conf_node *n, void *to);

/* A condition is a map of keys that must all hold, or a list of such maps of
 * which one must. */
typedef void cond_keys(struct loader *l, const struct conf_node *n, void *to);

static void in_map(struct loader *l, const struct conf_node *n, void *to,
		   const struct key *rows, size_t rows_n, cond_keys *whole)
{
	if (!want_keys(l, n, rows, rows_n))
		return;
	if (!n->n)
		conf_error(l->errs, n, "条件が空です。",
			   "the condition is empty");
	if (whole)
		whole(l, n, to);
	else
		keys_parse(l, n, rows, rows_n, to);
}

static void each(struct loader *l, const struct conf_node *n, void *to,
		 const struct key *rows, size_t rows_n, cond_keys *whole)
{
	struct cond *any;

	if (n->kind != CONF_LIST) {
		struct cond *all = cond_add(l, to, cond_new(l, COND_AND));

		in_map(l, n, all, rows, rows_n, whole);
		((struct cond *)to)->per_rcpt |= all->per_rcpt;
		return;
	}
	any = cond_add(l, to, cond_new(l, COND_ANY));
	for (size_t i = 0; i < n->n; i++) {
		struct cond *all = cond_add(l, any, cond_new(l, COND_AND));

		in_map(l, n->item[i], all, rows, rows_n, whole);
		any->per_rcpt |= all->per_rcpt;
	}
	((struct cond *)to)->per_rcpt |= any->per_rcpt;
}

#define COND_OF_ROWS(name, rows)                                               \
	static void name(struct loader *l, const struct conf_node *n,          \
			 void *to)                                             \
	{                                                                      \
		each(l, n, to, rows, ARRAY_LEN(rows), NULL);                   \
	}
#define COND_OF_KEYS(name, keys)                                               \
	static void name(struct loader *l, const struct conf_node *n,          \
			 void *to)                                             \
	{                                                                      \
		each(l, n, to, NULL, 0, keys);                                 \
	}
COND_OF_ROWS(cond_sender, SENDER)
COND_OF_ROWS(cond_recipient, RECIPIENT)
COND_OF_KEYS(cond_to, to_keys)
COND_OF_KEYS(cond_cc, cc_keys)
COND_OF_KEYS(cond_to_cc, to_cc_keys)
COND_OF_KEYS(cond_subject, cond_subject_keys)
COND_OF_KEYS(cond_body, cond_body_keys)
COND_OF_KEYS(cond_file_names, cond_file_names_keys)
COND_OF_KEYS(cond_attachment_text, cond_attachment_text_keys)
COND_OF_KEYS(cond_anywhere, cond_anywhere_keys)
COND_OF_KEYS(cond_header, cond_header_keys)
COND_OF_KEYS(cond_tls, cond_tls_keys)
COND_OF_KEYS(cond_personal, cond_personal_keys)
COND_OF_KEYS(cond_partner, cond_partner_keys)
COND_OF_KEYS(cond_attachments, cond_attachments_keys)
COND_OF_ROWS(cond_message, MESSAGE)
COND_OF_ROWS(cond_time, TIME)
COND_OF_ROWS(cond_inspection, INSPECTION)

static const struct key CONDITIONS[] = {
	{"sender", cond_sender},
	{"recipient", cond_recipient},
	{"to", cond_to},
	{"cc", cond_cc},
	{"to-cc", cond_to_cc},
	{"subject", cond_subject},
	{"body", cond_body},
	{"file-names", cond_file_names},
	{"attachment-text", cond_attachment_text},
	{"anywhere", cond_anywhere},
	{"header", cond_header},
	{"attachments", cond_attachments},
	{"personal-data", cond_personal},
	{"partner", cond_partner},
	{"time", cond_time},
	{"tls", cond_tls},
	{"message", cond_message},
	{"inspection", cond_inspection},
	{"any", any_of},
	{"not", not_of},
};

static void any_of(struct loader *l, const struct conf_node *n, void *to)
{
	struct cond *any;

	if (n->kind != CONF_LIST || !n->n) {
		conf_error(l->errs, n,
			   "any には [ {…}, {…} ] を書いてください。",
			   "write `any` as [ {…}, {…} ]");
		return;
	}
	any = cond_add(l, to, cond_new(l, COND_ANY));
	for (size_t i = 0; i < n->n; i++)
		cond_add(l, any, cond_parse(l, n->item[i], false));
	((struct cond *)to)->per_rcpt |= any->per_rcpt;
}

static void not_of(struct loader *l, const struct conf_node *n, void *to)
{
	struct cond *c = cond_add(l, to, cond_new(l, COND_NOT));

	cond_add(l, c, cond_parse(l, n, false));
	((struct cond *)to)->per_rcpt |= c->per_rcpt;
}

struct cond *cond_parse(struct loader *l, const struct conf_node *n,
			bool any_key)
{
	struct cond *c = cond_new(l, any_key ? COND_ANY : COND_AND);

	if (n->kind == CONF_LIST) {
		c->kind = COND_ANY;
		for (size_t i = 0; i < n->n; i++)
			cond_add(l, c, cond_parse(l, n->item[i], any_key));
		if (n->n)
			return c;
	}
	if (!n->n && n->kind != CONF_SCALAR)
		conf_error(l->errs, n, "条件が空です。",
			   "the condition is empty");
	else if (want_keys(l, n, CONDITIONS, ARRAY_LEN(CONDITIONS)))
		keys_parse(l, n, CONDITIONS, ARRAY_LEN(CONDITIONS), c);
	return c;
}

/* ---- the reference ---- */

void cond_words(struct buf *out)
{
	static const struct key_table TABLES[] = {
		KEY_TABLE("", CONDITIONS),
		KEY_TABLE("sender.", SENDER),
		KEY_TABLE("recipient.", RECIPIENT),
		KEY_TABLE("to.", ADDRS),
		KEY_TABLE("message.", MESSAGE),
		KEY_TABLE("time.", TIME),
		KEY_TABLE("inspection.", INSPECTION),
	};

	key_tables_list(out, "condition", TABLES, ARRAY_LEN(TABLES));
	cond_rcpt_words(out);
	cond_text_words(out);
	cond_attachments_words(out);
	cond_personal_words(out);
	cond_partner_words(out);
}
