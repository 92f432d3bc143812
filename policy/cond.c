/* cond.c - asking conditions: three answers, since what could not be read is
 * neither true nor false (policy/README.md, "Doubt").
 */
#include "connector/base/die.h"
#include "policy/policy_int.h"

/* ---- the message, prepared once ---- */

static void add_addrs(struct asking *q, const struct view_addrs *from,
		      unsigned field)
{
	for (size_t i = 0; i < from->n; i++) {
		struct header_addr *h = &q->to_cc[q->to_cc_n], *before;

		if (!from->v[i].address.n)
			continue;
		addr_lenient(from->v[i].address, q->a, &h->addr);
		h->class = policy_class(q->p, &h->addr);
		h->field = field;
		before = map_put(&q->named, h->addr.key, h);
		h->again = before != NULL;
		h->again_here = before && before->field == field;
		q->to_cc_n++;
	}
}

void asking_addrs(struct asking *q)
{
	const struct view *v = q->f->view;

	if (q->to_cc_done)
		return;
	q->to_cc_done = true;
	q->to_cc = arena_array(q->a, v->to.n + v->cc.n + 1, sizeof(*q->to_cc));
	add_addrs(q, &v->to, FIELD_TO);
	add_addrs(q, &v->cc, FIELD_CC);
}

static unsigned message_classes(const struct facts *f)
{
	unsigned c = f->view->classes;

	/* What a server answers by itself has the null sender (RFC 3464 2,
	 * RFC 3834 3.3, RFC 8098 3): else any mail could wear the cloak, for
	 * everybody may write header fields. */
	if (!envelope_null_sender(f->env))
		c &= ~(unsigned)(CLASS_DSN | CLASS_AUTO_REPLY | CLASS_RECEIPT);
	if (f->journal)
		c |= CLASS_JOURNAL;
	if (f->bulk)
		c |= CLASS_BULK;
	return c;
}

void asking_init(struct asking *q, const struct policy *p,
		 const struct facts *f, struct arena *a)
{
	*q = (struct asking){.p = p};
	asking_change(q, f, a);
	q->classes = message_classes(f);
	addr_lenient(sender_of(p, f, a), a, &q->sender);
	q->person = policy_person(p, &q->sender);
}

void asking_change(struct asking *q, const struct facts *f, struct arena *a)
{
	q->f = f;
	q->a = a;
	q->cache = arena_array(a, q->p->cond_n, sizeof(*q->cache));
	q->others = NULL;
	reading_init(q);
}

void asking_release(struct asking *q)
{
	map_release(&q->named);
}

/* ---- who ---- */

/* Of a shared mailbox: also the managers of those who use it, where it has
 * none of its own. */
static bool is_manager(const struct person *person, const struct addr *addr)
{
	const struct person *m = person ? person->manager : NULL;

	if (m && str_eq(m->addr.key, addr->key))
		return true;
	for (size_t i = 0; m && person->by_delegates && i < person->delegate_n;
	     i++)
		if (is_manager(person->delegate[i], addr))
			return true;
	return false;
}

bool is_superior(const struct person *person, const struct addr *addr)
{
	const struct person *up = person ? person->manager : NULL;

	for (int i = 0; up && i < CHAIN_MAX; i++, up = up->manager)
		if (str_eq(up->addr.key, addr->key))
			return true;
	for (size_t i = 0;
	     person && person->by_delegates && i < person->delegate_n; i++)
		if (is_superior(person->delegate[i], addr))
			return true;
	return false;
}

bool who_is(struct asking *q, const struct who *w, const struct addr *addr)
{
	switch (w->kind) {
	case WHO_SENDER:
		return addr->key.n && str_eq(addr->key, q->sender.key);
	case WHO_MANAGER:
		return is_manager(q->person, addr);
	case WHO_SUPERIOR:
		return is_superior(q->person, addr);
	case WHO_ANYONE:
		return policy_class(q->p, addr) == RCPT_INTERNAL &&
		       !str_eq(addr->key, q->sender.key);
	case WHO_SET:
		return addr_set_has(w->set, addr);
	}
	return false;
}

static bool any_who(struct asking *q, const struct cond *c,
		    const struct addr *addr)
{
	for (size_t i = 0; i < c->who_n; i++)
		if (who_is(q, &c->who[i], addr))
			return true;
	return false;
}

/* ---- leaves ---- */

static bool ask_sender(struct asking *q, const struct cond *c)
{
	const struct person *s = q->person;
	int64_t now = q->f->accepted_us;

	switch (c->kind) {
	case COND_SENDER_IN:
		return addr_set_has(c->set, &q->sender);
	case COND_SENDER_KIND:
		return ((s ? s->kind : (unsigned)PERSON_PERSON) & c->mask) != 0;
	case COND_SENDER_EMPLOYED:
		return s && s->joined_us && now - s->joined_us < c->us;
	default:
		return s && s->leaves_us && s->leaves_us - now <= c->us;
	}
}

size_t addrs_count(struct asking *q, unsigned fields, unsigned classes)
{
	bool both = fields == (FIELD_TO | FIELD_CC);
	size_t n = 0;

	asking_addrs(q);
	for (size_t i = 0; i < q->to_cc_n; i++) {
		const struct header_addr *h = &q->to_cc[i];

		/* An address that stands there twice is one. */
		n += h->field & fields && 1u << h->class & classes &&
		     !(both ? h->again : h->again_here);
	}
	return n;
}

static bool ask_addrs(struct asking *q, const struct cond *c)
{
	const struct view *v = q->f->view;
	bool some = false;

	if (c->kind == COND_ADDRS_COUNT)
		return range_has(&c->range, addrs_count(q, c->fields, c->mask));
	if (c->kind == COND_ADDRS_PRESENT)
		return (c->fields & FIELD_TO && v->to.present) ||
		       (c->fields & FIELD_CC && v->cc.present);
	asking_addrs(q);
	for (size_t i = 0; i < q->to_cc_n; i++) {
		const struct header_addr *h = &q->to_cc[i];
		bool is;

		if (!(h->field & c->fields))
			continue;
		is = any_who(q, c, &h->addr);
		if (c->kind == COND_ADDRS_HAS && is)
			return true;
		if (c->kind == COND_ADDRS_ONLY && !is)
			return false;
		some = true;
	}
	return c->kind == COND_ADDRS_ONLY && some;
}

static bool ask_class(struct asking *q, const struct cond *c)
{
	return q->classes ? (q->classes << 1 & c->mask) != 0 : c->mask & 1;
}

/* Where other parts were read then, other things could not be. */
static enum truth ask_inspection(struct asking *q, const struct cond *c)
{
	const struct view *v = q->f->view;

	if (q->f->untold & UNTOLD_REASONS) {
		q->why = WHY_UNTOLD;
		return T_UNKNOWN;
	}
	if (c->kind == COND_RESULT)
		return truth_of(c->mask >> v->completeness & 1);
	for (size_t i = 0; i < v->reason_n; i++)
		if (c->mask >> v->reason[i].doubt & 1)
			return T_TRUE;
	return T_FALSE;
}

/* What could not be read leaves the question open: why, or 0. */
static unsigned unreadable(const struct asking *q, unsigned needs)
{
	unsigned why = 0;

	if (needs & (OP_HEADER | OP_PARTS))
		why = q->open[MATTER_HEADER];
	if (needs & OP_PARTS)
		why |= q->whole_open;
	return why;
}

#define ASK(name, expression)                                                  \
	static enum truth name(struct asking *q, const struct cond *c)         \
	{                                                                      \
		return truth_of(expression);                                   \
	}
ASK(sender, ask_sender(q, c))
ASK(rcpt_class, c->mask >> q->rcpt_class & 1)
ASK(rcpt_in, addr_set_has(c->set, &q->rcpt->addr))
ASK(addrs, ask_addrs(q, c))
ASK(size, range_has(&c->range, q->f->size))
ASK(class, ask_class(q, c))
ASK(during, calendar_open(c->calendar, q->f->accepted_us))

const struct cond_op COND_OPS[COND_KINDS] = {
	[COND_SENDER_IN] = {sender, 0},
	[COND_SENDER_KIND] = {sender, 0},
	[COND_SENDER_EMPLOYED] = {sender, 0},
	[COND_SENDER_LEAVES] = {sender, 0},
	[COND_RCPT_CLASS] = {rcpt_class, OP_PER_RCPT},
	[COND_RCPT_IN] = {rcpt_in, OP_PER_RCPT},
	[COND_RCPT_FIRST] = {ask_first_time, OP_PER_RCPT},
	[COND_RCPT_PRIVATE] = {ask_own_private, OP_PER_RCPT},
	[COND_RCPT_LOOK_ALIKE] = {ask_look_alike, OP_PER_RCPT},
	[COND_TLS] = {ask_tls, OP_PER_RCPT},
	[COND_ADDRS_COUNT] = {addrs, OP_HEADER},
	[COND_ADDRS_HAS] = {addrs, OP_HEADER},
	[COND_ADDRS_ONLY] = {addrs, OP_HEADER},
	[COND_ADDRS_PRESENT] = {addrs, OP_HEADER},
	[COND_HEADER_PRESENT] = {ask_header, OP_HEADER},
	[COND_TERMS] = {ask_terms, 0},
	[COND_PERSONAL] = {ask_personal, 0},
	[COND_PARTNER_DOMAIN] = {ask_partner, OP_PER_RCPT},
	[COND_PARTNER_TEXT] = {ask_partner, OP_PER_RCPT},
	[COND_ATT_COUNT] = {ask_attachments, OP_PARTS},
	[COND_ATT_TOTAL] = {ask_attachments, OP_PARTS},
	[COND_ATT_LARGEST] = {ask_attachments, OP_PARTS},
	[COND_ATT_EXTENSION] = {ask_files, OP_NEGATES},
	[COND_ATT_TYPE] = {ask_files, 0},
	[COND_ATT_NAME] = {ask_files, 0},
	[COND_ATT_NAMELESS] = {ask_attachments, OP_PARTS},
	[COND_ATT_ENCRYPTED] = {ask_files, 0},
	[COND_ATT_FLAG] = {ask_files, 0},
	[COND_SIZE] = {size, 0},
	[COND_CLASS] = {class, 0},
	[COND_TIME] = {during, 0},
	[COND_RESULT] = {ask_inspection, 0},
	[COND_REASON] = {ask_inspection, 0},
};

static enum truth ask_leaf(struct asking *q, const struct cond *c)
{
	const struct cond_op *op = &COND_OPS[c->kind];
	enum truth t;

	must(op->ask);
	q->why = unreadable(q, op->flags);
	if (q->why)
		return T_UNKNOWN;
	t = op->ask(q, c);
	return c->negate && !(op->flags & OP_NEGATES) ? truth_not(t) : t;
}

/* Where the whole is unknown, so is some part of it, and no part settles it:
 * the reasons of all of them are the reasons of the whole. */
static enum truth ask_tree(struct asking *q, const struct cond *c)
{
	enum truth sum = c->kind == COND_ANY ? T_FALSE : T_TRUE;
	unsigned why = 0;

	if (c->kind == COND_NOT)
		return truth_not(cond_ask(q, c->sub[0]));
	for (size_t i = 0; i < c->sub_n; i++) {
		enum truth t = cond_ask(q, c->sub[i]);

		why |= q->why;
		if (c->kind == COND_ANY)
			sum = truth_or(sum, t);
		else
			sum = truth_and(sum, t);
		if (sum == (c->kind == COND_ANY ? T_TRUE : T_FALSE))
			break;
	}
	q->why = why;
	return sum;
}

enum truth cond_ask(struct asking *q, const struct cond *c)
{
	struct answer *kept = &q->cache[c->id];
	enum truth t;

	if (!c->per_rcpt && kept->known) {
		q->why = kept->why;
		return (enum truth)kept->truth;
	}
	t = c->kind <= COND_NOT ? ask_tree(q, c) : ask_leaf(q, c);
	if (t != T_UNKNOWN)
		q->why = 0;
	if (!c->per_rcpt)
		*kept = (struct answer){true, (unsigned char)t,
					(uint16_t)q->why};
	return t;
}

bool rule_in_time(const struct rule *r, int64_t at_us)
{
	return (!r->from_us || at_us >= r->from_us) &&
	       (!r->until_us || at_us < r->until_us);
}
