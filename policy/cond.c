/* cond.c - asking conditions: three answers, since what could not be read is
 * neither true nor false (POLICY, "Doubt").
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
	if (f->bulk)
		c |= CLASS_BULK;
	return c;
}

void asking_init(struct asking *q, const struct policy *p,
		 const struct facts *f, struct arena *a)
{
	*q = (struct asking){.p = p, .f = f, .a = a};
	q->subject = BUF_MAX(MIME_HEADER_MAX * 4);
	q->cache = arena_alloc(a, p->cond_n + 1);
	q->classes = message_classes(f);
	addr_lenient(sender_of(p, f, a), a, &q->sender);
	q->person = policy_person(p, &q->sender);
}

void asking_release(struct asking *q)
{
	buf_release(&q->subject);
	map_release(&q->named);
}

static struct str subject(struct asking *q)
{
	if (!q->subject_done)
		fold_text(&q->subject, q->f->view->subject);
	q->subject_done = true;
	return buf_str(&q->subject);
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

static bool is_superior(const struct person *person, const struct addr *addr)
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

static enum truth truth_of(bool yes)
{
	return yes ? T_TRUE : T_FALSE;
}

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

static bool ask_header(struct asking *q, const struct cond *c)
{
	const struct view *v = q->f->view;
	AUTO(buf) folded = BUF_MAX(MIME_HEADER_MAX * 4);

	for (size_t i = 0; i < v->field_n; i++) {
		if (!str_eq_ci(v->field[i].name, c->name))
			continue;
		if (c->kind == COND_HEADER_PRESENT)
			return true;
		buf_clear(&folded);
		fold_text(&folded, v->field[i].value);
		if (words_hits(&c->words, buf_str(&folded)))
			return true;
	}
	return false;
}

/* As they stand in the mail: not what an attached mail contains. */
bool part_counts(const struct view *v, const struct view_part *part,
		 bool with_inline)
{
	uint16_t up = part->parent;

	if (part->multipart)
		return false;
	if (!part->attachment && !(with_inline && part->inline_cid))
		return false;
	for (size_t i = 0; up != VIEW_WHOLE && i <= MIME_DEPTH_MAX; i++) {
		if (up >= v->part_n || !v->part[up].multipart)
			return false;
		up = v->part[up].parent;
	}
	return true;
}

/* "a.tar.gz" ends in tar.gz and in gz; "gz" alone is no extension. */
static bool extension_is(struct str name, struct str ext)
{
	return name.n > ext.n + 1 && str_ends_ci(name, ext) &&
	       name.p[name.n - ext.n - 1] == '.';
}

static bool extension_listed(const struct words *w, struct str name)
{
	AUTO(buf) folded = BUF_MAX(64 * KIB);

	fold_text(&folded, name);
	for (size_t i = 0; i < w->n; i++)
		if (extension_is(buf_str(&folded), w->v[i]))
			return true;
	return false;
}

/* Every reading of the name: `in` is met by any of them, `not-in` by any that
 * is not listed. */
static bool part_extension(const struct cond *c, const struct view_part *part)
{
	struct str rest = part->other_names, name;

	if (extension_listed(&c->words, part->name) != c->negate)
		return true;
	while (str_split(&rest, 0, &name))
		if (name.n && extension_listed(&c->words, name) != c->negate)
			return true;
	return false;
}

static bool ask_attachments(struct asking *q, const struct cond *c)
{
	const struct view *v = q->f->view;
	uint64_t count = 0, total = 0, largest = 0;

	for (size_t i = 0; i < v->part_n; i++) {
		const struct view_part *part = &v->part[i];

		if (!part_counts(v, part, c->with_inline))
			continue;
		if (c->kind == COND_ATT_EXTENSION && part_extension(c, part))
			return true;
		if (c->kind == COND_ATT_NAMELESS && part->nameless)
			return true;
		count++;
		total += part->decoded;
		largest = MAX_OF(largest, part->decoded);
	}
	switch (c->kind) {
	case COND_ATT_COUNT:
		return range_has(&c->range, count);
	case COND_ATT_TOTAL:
		return range_has(&c->range, total);
	case COND_ATT_LARGEST:
		return range_has(&c->range, largest);
	default:
		return false;
	}
}

static bool ask_class(struct asking *q, const struct cond *c)
{
	return q->classes ? (q->classes << 1 & c->mask) != 0 : c->mask & 1;
}

static bool ask_reason(struct asking *q, const struct cond *c)
{
	for (size_t i = 0; i < q->f->view->reason_n; i++)
		if (c->mask >> q->f->view->reason[i].doubt & 1)
			return true;
	return false;
}

/* What could not be read leaves the question open, and the doubt says why. */
static bool unreadable(struct asking *q, unsigned needs)
{
	const struct view *v = q->f->view;
	bool open = false;

	if (!(needs & (OP_HEADER | OP_PARTS)))
		return false;
	if (v->completeness == VIEW_NONE)
		return true;
	for (size_t i = 0; needs & OP_PARTS && i < v->reason_n; i++) {
		if (v->reason[i].part != VIEW_WHOLE)
			continue;
		q->unanswered |= 1u << v->reason[i].doubt;
		open = true;
	}
	return open;
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
ASK(subject_words, range_has(&c->range, words_hits(&c->words, subject(q))))
ASK(header, ask_header(q, c))
ASK(attachments, ask_attachments(q, c))
ASK(size, range_has(&c->range, q->f->size))
ASK(class, ask_class(q, c))
ASK(during, calendar_open(c->calendar, q->f->accepted_us))
ASK(result, c->mask >> q->f->view->completeness & 1)
ASK(reason, ask_reason(q, c))

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
	[COND_SUBJECT] = {subject_words, OP_HEADER},
	[COND_HEADER_PRESENT] = {header, OP_HEADER},
	[COND_HEADER_WORDS] = {header, OP_HEADER},
	[COND_ATT_COUNT] = {attachments, OP_PARTS},
	[COND_ATT_TOTAL] = {attachments, OP_PARTS},
	[COND_ATT_LARGEST] = {attachments, OP_PARTS},
	[COND_ATT_EXTENSION] = {attachments, OP_PARTS | OP_NEGATES},
	[COND_ATT_NAMELESS] = {attachments, OP_PARTS},
	[COND_SIZE] = {size, 0},
	[COND_CLASS] = {class, 0},
	[COND_TIME] = {during, 0},
	[COND_RESULT] = {result, 0},
	[COND_REASON] = {reason, 0},
};

static enum truth ask_leaf(struct asking *q, const struct cond *c)
{
	const struct cond_op *op = &COND_OPS[c->kind];
	enum truth t;

	must(op->ask);
	if (unreadable(q, op->flags))
		return T_UNKNOWN;
	t = op->ask(q, c);
	return c->negate && !(op->flags & OP_NEGATES) ? (enum truth)(T_TRUE - t)
						      : t;
}

static enum truth ask_tree(struct asking *q, const struct cond *c)
{
	enum truth sum = c->kind == COND_ANY ? T_FALSE : T_TRUE;

	if (c->kind == COND_NOT)
		return (enum truth)(T_TRUE - cond_ask(q, c->sub[0]));
	for (size_t i = 0; i < c->sub_n; i++) {
		enum truth t = cond_ask(q, c->sub[i]);

		if (c->kind == COND_ANY)
			sum = MAX_OF(sum, t);
		else
			sum = MIN_OF(sum, t);
		if (sum == (c->kind == COND_ANY ? T_TRUE : T_FALSE))
			break;
	}
	return sum;
}

enum truth cond_ask(struct asking *q, const struct cond *c)
{
	enum truth t;

	if (!c->per_rcpt && q->cache[c->id])
		return (enum truth)(q->cache[c->id] - 1);
	t = c->kind <= COND_NOT ? ask_tree(q, c) : ask_leaf(q, c);
	if (!c->per_rcpt)
		q->cache[c->id] = (unsigned char)(t + 1);
	return t;
}

bool rule_in_time(const struct rule *r, int64_t at_us)
{
	return (!r->from_us || at_us >= r->from_us) &&
	       (!r->until_us || at_us < r->until_us);
}
