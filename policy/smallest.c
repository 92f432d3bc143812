/* smallest.c - the smallest change with which a message would pass.
 *
 * Each condition of the rules that fell proposes a change; the message is
 * decided again with it, and the first that leads furthest is told.  Nothing
 * is proposed that was not tried.
 */
#include "policy/smallest_int.h"

#define TRIES_MAX   24
#define TRIES_LARGE 4 /* for messages with very many recipients */
#define RCPTS_LARGE 200

void trial_init(struct smallest *s, struct trial *t)
{
	t->f = *s->f;
	t->v = *s->f->view;
	t->env = *s->f->env;
	t->f.view = &t->v;
	t->f.env = &t->env;
}

bool trial_better(struct smallest *s, struct trial *t)
{
	struct plan plan;

	if (!s->left || !t->env.rcpt_n)
		return false;
	s->left--;
	decide(s->p, &t->f, &s->tries, &plan);
	if (plan.outcome >= s->best)
		return false;
	s->best = plan.outcome;
	return true;
}

void propose(struct smallest *s, const char *ja, const char *en, ...)
{
	AUTO(buf) j = BUF_MAX(4096);
	AUTO(buf) e = BUF_MAX(4096);
	va_list ap, again;

	va_start(ap, en);
	va_copy(again, ap);
	buf_vprintf(&j, ja, ap);
	buf_vprintf(&e, en, again);
	va_end(again);
	va_end(ap);
	s->plan->smallest_change.ja = arena_say(s->a, &j);
	s->plan->smallest_change.en = arena_say(s->a, &e);
}

static void collect(struct smallest *s, const struct cond *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->sub_n; i++)
		collect(s, c->sub[i]);
	if (!c->sub_n && s->leaf_n < LEAVES_MAX)
		s->leaf[s->leaf_n++] = c;
}

/* ---- fewer addresses ---- */

static void drop_addrs(struct smallest *s, struct view_addrs *from,
		       const struct map *gone)
{
	struct view_addr *v = arena_array(&s->tries, from->n, sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < from->n; i++) {
		struct addr one;

		addr_lenient(from->v[i].address, &s->tries, &one);
		if (!map_get(gone, one.key))
			v[n++] = from->v[i];
	}
	from->v = v;
	from->n = n;
}

/* What is known of each recipient stays beside him. */
static void keep_facts(struct smallest *s, struct trial *t, size_t n, size_t i)
{
	if (s->f->past)
		((struct rcpt_past *)t->f.past)[n] = s->f->past[i];
	if (s->f->grade)
		((enum tls_grade *)t->f.grade)[n] = s->f->grade[i];
}

/* Without the addresses of `gone`, in the envelope and in To and Cc. */
static void trial_drop(struct smallest *s, struct trial *t,
		       const struct map *gone)
{
	size_t all = t->env.rcpt_n, n = 0;
	struct envelope_rcpt *v = arena_array(&s->tries, all, sizeof(*v));

	if (s->f->past)
		t->f.past = arena_array(&s->tries, all, sizeof(*t->f.past));
	if (s->f->grade)
		t->f.grade = arena_array(&s->tries, all, sizeof(*t->f.grade));
	for (size_t i = 0; i < all; i++) {
		if (map_get(gone, t->env.rcpt[i].addr.key))
			continue;
		keep_facts(s, t, n, i);
		v[n++] = t->env.rcpt[i];
	}
	t->env.rcpt = v;
	t->env.rcpt_n = n;
	drop_addrs(s, &t->v.to, gone);
	drop_addrs(s, &t->v.cc, gone);
}

/* The number that would do, or SIZE_MAX. */
static size_t fewer(const struct range *r, uint64_t now)
{
	if (now > r->hi)
		return (size_t)r->hi;
	return range_has(r, now) && r->lo ? (size_t)r->lo - 1 : SIZE_MAX;
}

static void say_counted(struct buf *b, const struct cond *c, bool ja)
{
	static const char *const JA[] = {"", "To", "Cc", "To と Cc"};
	static const char *const EN[] = {"", "To", "Cc", "To and Cc"};
	static const char *const CLASS_JA[] = {"社内の", "グループ会社の",
					       "社外の"};

	if (ja)
		buf_puts(b, JA[c->fields]);
	for (int i = 0; i < 3; i++) {
		if (c->mask != 1u << i)
			continue;
		if (ja)
			buf_printf(b, " の%s宛先", CLASS_JA[i]);
		else
			buf_printf(
				b, "%s recipients in ",
				recipient_class_name((enum recipient_class)i));
	}
	if (!ja)
		buf_puts(b, EN[c->fields]);
}

static void try_count(struct smallest *s, const struct cond *c)
{
	size_t now = addrs_count(&s->q, c->fields, c->mask);
	size_t want = fewer(&c->range, now), left = now;
	struct map gone = MAP_EMPTY;
	AUTO(buf) ja = BUF_MAX(256);
	AUTO(buf) en = BUF_MAX(256);
	struct trial t;

	if (want == SIZE_MAX)
		return;
	trial_init(s, &t);
	for (size_t i = s->q.to_cc_n; i-- && left > want;) {
		const struct header_addr *h = &s->q.to_cc[i];

		if (!(h->field & c->fields) || !(1u << h->class & c->mask) ||
		    h->again)
			continue;
		map_put(&gone, h->addr.key, &t);
		left--;
	}
	trial_drop(s, &t, &gone);
	map_release(&gone);
	if (!trial_better(s, &t))
		return;
	say_counted(&ja, c, true);
	say_counted(&en, c, false);
	buf_printf(&ja, " を%zu件に減らす(いま%zu件)", want, now);
	buf_printf(&en, " to %zu (now %zu)", want, now);
	propose(s, "%s%.0s", "%.0sCut %s", buf_cstr(&ja), buf_cstr(&en));
}

static bool was_refused_or_held(const struct plan_rcpt *r)
{
	return r->outcome != OUTCOME_DELIVER;
}

/* Without those recipients that are kept back. */
static void try_recipients(struct smallest *s)
{
	AUTO(buf) names = BUF_MAX(2048);
	struct map gone = MAP_EMPTY;
	size_t n = 0;
	struct trial t;

	trial_init(s, &t);
	for (size_t i = 0; i < s->plan->rcpt_n; i++) {
		const struct plan_rcpt *r = &s->plan->rcpt[i];

		if (!was_refused_or_held(r) ||
		    (s->plan->outcome == OUTCOME_REFUSE && !r->refused))
			continue;
		map_put(&gone, s->f->env->rcpt[i].addr.key, &t);
		if (n++ < NAMES_SHOWN)
			buf_printf(&names, "%s" STR_FMT, n > 1 ? ", " : "",
				   STR_ARG(r->address));
	}
	trial_drop(s, &t, &gone);
	map_release(&gone);
	if (!n || n == s->plan->rcpt_n || !trial_better(s, &t))
		return;
	if (n <= NAMES_SHOWN)
		propose(s, "宛先 %s を外す", "Remove %s", buf_cstr(&names));
	else
		propose(s, "宛先を%zu件外す", "Remove %zu recipients", n);
}

/* A message that one recipient alone spoils for all. */
static void try_one_recipient(struct smallest *s)
{
	size_t most = MIN_OF(s->plan->rcpt_n, (size_t)8);

	for (size_t i = 0; s->plan->rcpt_n > 1 && i < most; i++) {
		struct map gone = MAP_EMPTY;
		struct trial t;

		if (!s->left)
			return;
		trial_init(s, &t);
		map_put(&gone, s->f->env->rcpt[i].addr.key, &t);
		trial_drop(s, &t, &gone);
		map_release(&gone);
		if (trial_better(s, &t))
			propose(s, "宛先 " STR_FMT " を外す", "Remove " STR_FMT,
				STR_ARG(s->plan->rcpt[i].address));
	}
}

/* ---- more people ---- */

static const struct person *who_to_add(struct smallest *s, const struct who *w)
{
	if (w->kind == WHO_MANAGER || w->kind == WHO_SUPERIOR)
		return s->q.person ? s->q.person->manager : NULL;
	if (w->kind == WHO_SET && w->set->exact_n == 1) {
		struct addr addr;

		addr_lenient(w->set->exact[0], &s->tries, &addr);
		return policy_person(s->p, &addr);
	}
	return NULL;
}

static void try_has(struct smallest *s, const struct cond *c)
{
	const struct person *who = c->who_n ? who_to_add(s, &c->who[0]) : NULL;
	bool to_cc = (c->fields & FIELD_CC) != 0;
	struct view_addrs *field;
	struct view_addr *v;
	struct trial t;

	if (!who)
		return;
	trial_init(s, &t);
	field = to_cc ? &t.v.cc : &t.v.to;
	v = arena_array(&s->tries, field->n + 1, sizeof(*v));
	if (field->n)
		memcpy(v, field->v, field->n * sizeof(*v));
	v[field->n].address = who->addr.text;
	field->v = v;
	field->n++;
	field->present = true;
	if (trial_better(s, &t)) {
		struct str name = who->name.n ? who->name : who->addr.text;

		propose(s, STR_FMT "%s%s に入れる%.0s",
			"Add " STR_FMT "%.0s%.0s to %s", STR_ARG(name),
			who->name.n ? "さんを " : " を ", to_cc ? "Cc" : "To",
			to_cc ? "Cc" : "To");
	}
}

/* ---- later ---- */

static void try_time(struct smallest *s, const struct cond *c)
{
	int64_t at = calendar_change(c->calendar, s->f->accepted_us);
	AUTO(buf) ja = BUF_MAX(256);
	AUTO(buf) en = BUF_MAX(256);
	struct trial t;

	if (!at)
		return;
	trial_init(s, &t);
	t.f.accepted_us = at;
	if (!trial_better(s, &t))
		return;
	say_near(&ja, c->calendar->tz, at, s->f->accepted_us, true);
	say_near(&en, c->calendar->tz, at, s->f->accepted_us, false);
	propose(s, "%s まで待つ%.0s", "%.0sWait until %s", buf_cstr(&ja),
		buf_cstr(&en));
}

/* ---- less in it ---- */

struct cut {
	const struct cond *c;
	bool *gone; /* by part */
	size_t n;
	struct buf names;
};

static bool offends(struct smallest *s, const struct cond *c,
		    const struct view_part *part, bool *gone)
{
	struct view one = *s->f->view;
	struct facts f = *s->f;
	struct asking q = s->q;
	struct view_part copy = *part;

	(void)gone;
	copy.parent = VIEW_WHOLE;
	one.part = &copy;
	one.part_n = 1;
	f.view = &one;
	q.f = &f;
	q.cache = arena_alloc(&s->tries, s->p->cond_n + 1);
	return cond_ask(&q, c) == T_TRUE;
}

/* The part to leave out next, or -1. */
static ptrdiff_t next_cut(struct smallest *s, const struct cut *cut)
{
	const struct view *v = s->f->view;
	ptrdiff_t best = -1;

	for (size_t i = 0; i < v->part_n; i++) {
		const struct view_part *part = &v->part[i];
		bool by_kind = cut->c->kind == COND_ATT_EXTENSION ||
			       cut->c->kind == COND_ATT_NAMELESS;

		if (cut->gone[i] || !part_counts(v, part, cut->c->with_inline))
			continue;
		if (by_kind && !offends(s, cut->c, part, cut->gone))
			continue;
		if (best < 0 || cut->c->kind == COND_ATT_COUNT ||
		    part->decoded > v->part[best].decoded)
			best = (ptrdiff_t)i;
	}
	return best;
}

static bool cut_enough(struct smallest *s, const struct cut *cut,
		       struct trial *t)
{
	struct asking q = s->q;
	struct view_part *v = arena_array(&s->tries, s->f->view->part_n,
					  sizeof(*v));

	/* Left out, not removed: parents are named by index. */
	for (size_t i = 0; i < s->f->view->part_n; i++) {
		v[i] = s->f->view->part[i];
		if (cut->gone[i])
			v[i].attachment = v[i].inline_cid = false;
	}
	t->v.part = v;
	q.f = &t->f;
	q.cache = arena_alloc(&s->tries, s->p->cond_n + 1);
	return cond_ask(&q, cut->c) != cond_ask(&s->q, cut->c);
}

static size_t attachments(const struct view *v, bool with_inline)
{
	size_t n = 0;

	for (size_t i = 0; i < v->part_n; i++)
		n += part_counts(v, &v->part[i], with_inline);
	return n;
}

static void try_attachments(struct smallest *s, const struct cond *c)
{
	const struct view *v = s->f->view;
	struct cut cut = {.c = c,
			  .gone = arena_alloc(&s->tries, v->part_n + 1),
			  .names = BUF_MAX(2048)};
	size_t now = attachments(v, c->with_inline);
	bool enough = false;
	struct trial t;

	trial_init(s, &t);
	while (!enough && cut.n < 100) {
		ptrdiff_t i = next_cut(s, &cut);

		if (i < 0)
			break;
		cut.gone[i] = true;
		if (cut.n++ < NAMES_SHOWN)
			buf_printf(&cut.names, "%s" STR_FMT,
				   cut.n > 1 ? ", " : "",
				   STR_ARG(v->part[i].name));
		enough = cut_enough(s, &cut, &t);
	}
	if (enough && trial_better(s, &t)) {
		if (c->kind == COND_ATT_COUNT || cut.n > NAMES_SHOWN)
			propose(s, "添付を%zu件に減らす(いま%zu件)",
				"Cut attachments to %zu (now %zu)", now - cut.n,
				now);
		else
			propose(s, "添付「%s」を外す",
				"Leave out the attachment %s",
				buf_cstr(&cut.names));
	}
	buf_release(&cut.names);
}

static void try_size(struct smallest *s, const struct cond *c)
{
	AUTO(buf) want = BUF_MAX(64);
	AUTO(buf) now = BUF_MAX(64);
	struct trial t;

	if (!range_has(&c->range, s->f->size) || !c->range.lo)
		return;
	trial_init(s, &t);
	t.f.size = c->range.lo - 1;
	if (!trial_better(s, &t))
		return;
	say_size(&want, c->range.lo);
	say_size(&now, s->f->size);
	propose(s, "メールを %s より小さくする(いま %s)",
		"Make the message smaller than %s (now %s)", buf_cstr(&want),
		buf_cstr(&now));
}

static void try_subject(struct smallest *s, const struct cond *c)
{
	AUTO(buf) folded = BUF_MAX(MIME_HEADER_MAX * 4);
	struct trial t;

	trial_init(s, &t);
	t.v.subject = STR_EMPTY;
	fold_text(&folded, s->f->view->subject);
	for (size_t i = 0; i < c->words.n; i++) {
		if (str_find(buf_str(&folded), c->words.v[i]) < 0)
			continue;
		if (trial_better(s, &t))
			propose(s, "件名から「" STR_FMT "」を除く",
				"Take \"" STR_FMT "\" out of the subject",
				STR_ARG(c->words.shown[i]));
		return;
	}
}

static void try_leaf(struct smallest *s, const struct cond *c)
{
	switch (c->kind) {
	case COND_ADDRS_COUNT:
		try_count(s, c);
		break;
	case COND_ADDRS_HAS:
		try_has(s, c);
		break;
	case COND_TIME:
		try_time(s, c);
		break;
	case COND_ATT_COUNT:
	case COND_ATT_TOTAL:
	case COND_ATT_LARGEST:
	case COND_ATT_EXTENSION:
	case COND_ATT_NAMELESS:
		try_attachments(s, c);
		break;
	case COND_SIZE:
		try_size(s, c);
		break;
	case COND_SUBJECT:
		try_subject(s, c);
		break;
	case COND_RCPT_LOOK_ALIKE:
		smallest_meant(s);
		break;
	default:
		break;
	}
}

static bool fell(const struct plan *plan, const struct rule *r)
{
	for (size_t i = 0; i < plan->rule_n; i++)
		if (str_eq(plan->rule[i], r->name))
			return true;
	return false;
}

void decide_smallest(const struct policy *p, const struct facts *f,
		     struct arena *a, struct plan *plan)
{
	struct smallest s = {
		.p = p, .f = f, .a = a, .plan = plan, .best = plan->outcome};

	if (plan->outcome == OUTCOME_DELIVER || f->mode != MODE_NORMAL ||
	    !plan->rule_n)
		return;
	s.left = plan->rcpt_n > RCPTS_LARGE ? TRIES_LARGE : TRIES_MAX;
	asking_init(&s.q, p, f, &s.tries);
	for (size_t i = 0; i < p->rules.n; i++) {
		if (!fell(plan, &p->rules.v[i]))
			continue;
		collect(&s, p->rules.v[i].when);
		collect(&s, p->rules.v[i].unless);
	}
	for (size_t i = 0; i < s.leaf_n && s.best > OUTCOME_DELIVER; i++)
		try_leaf(&s, s.leaf[i]);
	if (s.best > OUTCOME_DELIVER)
		try_recipients(&s);
	if (s.best == plan->outcome && plan->outcome == OUTCOME_REFUSE)
		try_one_recipient(&s);
	asking_release(&s.q);
	arena_release(&s.tries);
}
