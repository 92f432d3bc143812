/* smallest.c - the smallest change with which a message would pass.
 *
 * Each condition of the rules that fell proposes a change; the message is
 * decided again with it, and the first that leads furthest is told.  Nothing
 * is proposed that was not tried.
 */
#include "policy/smallest_int.h"

#define TRIES_MAX     24
#define MEMBERS_TRIED 100 /* of a set, for one whom people know */
#define TRIES_LARGE   4	  /* for messages with very many recipients */
#define RCPTS_LARGE   200

void trial_init(struct smallest *s, struct trial *t)
{
	t->f = *s->f;
	t->v = *s->f->view;
	t->env = *s->f->env;
	t->f.view = &t->v;
	if (s->f->findings) {
		t->found = *s->f->findings;
		t->f.findings = &t->found;
	}
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
	propose_texts(s, &j, &e);
}

void propose_texts(struct smallest *s, struct buf *ja, struct buf *en)
{
	s->plan->smallest_change.ja = arena_say(s->a, ja);
	s->plan->smallest_change.en = arena_say(s->a, en);
}

enum truth trial_ask(struct smallest *s, const struct trial *t,
		     const struct cond *c)
{
	struct asking q = s->q;

	asking_change(&q, &t->f, &s->tries);
	return cond_ask(&q, c);
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

size_t fewer(const struct range *r, uint64_t now)
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
	if (want) {
		trial_drop(s, &t, &gone);
	} else {
		drop_addrs(s, &t.v.to, &gone);
		drop_addrs(s, &t.v.cc, &gone);
	}
	map_release(&gone);
	if (!trial_better(s, &t))
		return;
	say_counted(&ja, c, true);
	say_counted(&en, c, false);
	if (want) {
		buf_printf(&ja, " を%zu件に減らす(いま%zu件)", want, now);
		buf_printf(&en, " to %zu (now %zu)", want, now);
		propose(s, "%s%.0s", "%.0sCut %s", buf_cstr(&ja),
			buf_cstr(&en));
	} else {
		buf_printf(&ja, " を Bcc に移す(いま%zu件)", now);
		buf_printf(&en, " to Bcc (now %zu)", now);
		propose(s, "%s%.0s", "%.0sMove %s", buf_cstr(&ja),
			buf_cstr(&en));
	}
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

/* ---- other people in To and Cc ---- */

/* Of a set the sender's manager, else the first whom the list of people
 * knows. */
static const struct person *one_of(struct smallest *s,
				   const struct addr_set *set)
{
	const struct person *manager = s->q.person ? s->q.person->manager
						   : NULL;

	if (manager && addr_set_has(set, &manager->addr))
		return manager;
	for (size_t i = 0; i < set->exact_n && i < MEMBERS_TRIED; i++) {
		const struct person *one;
		struct addr addr;

		addr_lenient(set->exact[i], &s->tries, &addr);
		one = policy_person(s->p, &addr);
		if (one && one != s->q.person)
			return one;
	}
	return NULL;
}

static const struct person *who_to_add(struct smallest *s, const struct who *w)
{
	if (w->kind == WHO_MANAGER || w->kind == WHO_SUPERIOR)
		return s->q.person ? s->q.person->manager : NULL;
	return w->kind == WHO_SET ? one_of(s, w->set) : NULL;
}

static void put_address(struct smallest *s, struct view_addrs *field,
			struct str address)
{
	struct view_addr *v = arena_array(&s->tries, field->n + 1, sizeof(*v));

	if (field->n)
		memcpy(v, field->v, field->n * sizeof(*v));
	v[field->n].address = address;
	v[field->n].name = STR_EMPTY;
	field->v = v;
	field->n++;
	field->present = true;
}

static void try_has(struct smallest *s, const struct cond *c)
{
	const struct who *w = c->who_n ? &c->who[0] : NULL;
	const struct person *who = w ? who_to_add(s, w) : NULL;
	const char *field = c->fields & FIELD_CC ? "Cc" : "To";
	struct str name;
	struct trial t;

	if (!who)
		return;
	trial_init(s, &t);
	put_address(s, c->fields & FIELD_CC ? &t.v.cc : &t.v.to,
		    who->addr.text);
	if (!trial_better(s, &t))
		return;
	name = who->name.n ? who->name : who->addr.text;
	if (w->kind == WHO_SET && w->set->exact_n > 1 && w->shown.n)
		propose(s,
			"「" STR_FMT "」の誰か(" STR_FMT
			"%sなど)を %s に入れる",
			"Add one of " STR_FMT " (such as " STR_FMT
			"%.0s) to %s",
			STR_ARG(w->shown), STR_ARG(name),
			who->name.n ? "さん" : " ", field);
	else
		propose(s, STR_FMT "%s %s に入れる",
			"Add " STR_FMT "%.0s to %s", STR_ARG(name),
			who->name.n ? "さんを" : " を", field);
}

/* Whoever may not stand in To or Cc can still be reached by Bcc. */
static void try_only(struct smallest *s, const struct cond *c)
{
	bool to_cc = c->fields == (FIELD_TO | FIELD_CC);
	bool cc = c->fields == FIELD_CC;
	struct view_addrs only = {0};
	struct trial t;

	if (!c->who_n || c->who[0].kind != WHO_SENDER || !s->q.sender.text.n)
		return;
	put_address(s, &only, s->q.sender.text);
	trial_init(s, &t);
	*(cc ? &t.v.cc : &t.v.to) = only;
	if (to_cc)
		t.v.cc.n = 0;
	if (trial_better(s, &t))
		propose(s, "%s は差出人だけにし、ほかの宛先は Bcc に移す%.0s",
			"%.0sLeave only the sender in %s, and move the others "
			"to Bcc",
			to_cc ? "To と Cc"
			: cc  ? "Cc"
			      : "To",
			to_cc ? "To and Cc"
			: cc  ? "Cc"
			      : "To");
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

static void try_leaf(struct smallest *s, const struct cond *c)
{
	static void (*const TRY_OF[COND_KINDS])(struct smallest * s,
						const struct cond *c) = {
		[COND_ADDRS_COUNT] = try_count,
		[COND_ADDRS_HAS] = try_has,
		[COND_ADDRS_ONLY] = try_only,
		[COND_TIME] = try_time,
		[COND_ATT_COUNT] = try_attachments,
		[COND_ATT_TOTAL] = try_attachments,
		[COND_ATT_LARGEST] = try_attachments,
		[COND_ATT_EXTENSION] = try_attachments,
		[COND_ATT_TYPE] = try_attachments,
		[COND_ATT_NAME] = try_attachments,
		[COND_ATT_NAMELESS] = try_attachments,
		[COND_ATT_ENCRYPTED] = try_attachments,
		[COND_ATT_FLAG] = try_attachments,
		[COND_SIZE] = try_size,
		[COND_TERMS] = try_terms,
		[COND_PERSONAL] = try_personal,
		[COND_PARTNER_TEXT] = try_partner,
		[COND_RCPT_LOOK_ALIKE] = smallest_meant,
	};

	if (TRY_OF[c->kind])
		TRY_OF[c->kind](s, c);
}

static bool fell(const struct plan *plan, const struct rule *r)
{
	for (size_t i = 0; i < plan->rule_n; i++)
		if (str_eq(plan->rule[i], r->name))
			return true;
	return false;
}

/* Doubts that keep the mail back. */
static unsigned doubts_of(const struct plan *plan)
{
	unsigned doubts = 0;

	for (size_t i = 0; i < plan->rcpt_n; i++)
		for (size_t k = 0; k < plan->rcpt[i].gate_n; k++)
			for (int d = 0; d < DOUBT_COUNT; d++)
				if (str_is(plan->rcpt[i].gate[k].doubt,
					   view_doubt_name((enum doubt)d)))
					doubts |= WHY(d);
	return doubts;
}

void decide_smallest(const struct policy *p, const struct facts *f,
		     struct arena *a, struct plan *plan)
{
	struct smallest s = {
		.p = p, .f = f, .a = a, .plan = plan, .best = plan->outcome};

	if (plan->outcome == OUTCOME_DELIVER || f->mode != MODE_NORMAL ||
	    (!plan->rule_n && !plan->doubtful))
		return;
	s.left = plan->rcpt_n > RCPTS_LARGE ? TRIES_LARGE : TRIES_MAX;
	asking_init(&s.q, p, f, &s.tries);
	for (size_t i = 0; i < p->rules.n; i++) {
		if (!fell(plan, &p->rules.v[i]))
			continue;
		/* What may be added comes before what has to go. */
		collect(&s, p->rules.v[i].unless);
		collect(&s, p->rules.v[i].when);
	}
	for (size_t i = 0; i < s.leaf_n && s.best > OUTCOME_DELIVER; i++)
		try_leaf(&s, s.leaf[i]);
	if (s.best > OUTCOME_DELIVER && plan->doubtful)
		try_unread(&s, doubts_of(plan));
	if (s.best > OUTCOME_DELIVER)
		try_recipients(&s);
	if (s.best == plan->outcome && plan->outcome == OUTCOME_REFUSE)
		try_one_recipient(&s);
	asking_release(&s.q);
	arena_release(&s.tries);
}
