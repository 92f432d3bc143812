/* smallest_rcpt.c - fewer, other and more addresses with which a message would
 * pass; "did you mean …?" of those whose domain looks like another.
 */
#include "policy/smallest_int.h"

#define MEMBERS_TRIED 100 /* of a set, for one whom people know */

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
	from->present = from->present && n;
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

void try_count(struct smallest *s, const struct cond *c)
{
	size_t now = addrs_count(&s->q, c->fields, c->mask);
	size_t want = fewer(&c->range, now), left = now;
	struct map gone = MAP_EMPTY;
	AUTO(buf) ja = BUF_MAX(256);
	AUTO(buf) en = BUF_MAX(256);
	/* No blank between Japanese words. */
	const char *wo = c->mask & (c->mask - 1) ? " を" : "を";
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
		buf_printf(&ja, "%s%zu件に減らす(いま%zu件)", wo, want, now);
		buf_printf(&en, " to %zu (now %zu)", want, now);
		propose(s, "%s%.0s", "%.0sCut %s", buf_cstr(&ja),
			buf_cstr(&en));
	} else {
		buf_printf(&ja, "%s Bcc に移す(いま%zu件)", wo, now);
		buf_printf(&en, " to Bcc (now %zu)", now);
		propose(s, "%s%.0s", "%.0sMove %s", buf_cstr(&ja),
			buf_cstr(&en));
	}
}

static bool was_refused_or_held(const struct plan_rcpt *r)
{
	return r->outcome != OUTCOME_DELIVER;
}

/* After other changes there must be somebody left to whom it was meant. */
static bool leaves_one_outside(const struct smallest *s, const struct map *gone)
{
	for (size_t i = 0; i < s->plan->rcpt_n; i++)
		if (s->plan->rcpt[i].class != RCPT_INTERNAL &&
		    !map_get(gone, s->f->env->rcpt[i].addr.key))
			return true;
	return false;
}

/* Without those recipients that are kept back. */
void try_recipients(struct smallest *s)
{
	bool some;

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
	some = !s->chain || leaves_one_outside(s, &gone);
	trial_drop(s, &t, &gone);
	map_release(&gone);
	if (!n || !some || n == s->plan->rcpt_n || !trial_better(s, &t))
		return;
	if (n <= NAMES_SHOWN)
		propose(s, "宛先 %s を外す", "Remove %s", buf_cstr(&names));
	else
		propose(s, "宛先を%zu件外す", "Remove %zu recipients", n);
}

/* A message that one recipient alone spoils for all. */
void try_one_recipient(struct smallest *s)
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
	if (w->kind == WHO_SET)
		return one_of(s, w->set);
	return w->kind != WHO_SENDER && s->q.person ? s->q.person->manager
						    : NULL;
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

/* Whoever stands there and must not. */
static void try_without(struct smallest *s, const struct cond *c)
{
	AUTO(buf) names = BUF_MAX(2048);
	struct map gone = MAP_EMPTY;
	struct trial t;

	asking_addrs(&s->q);
	for (size_t i = 0; i < s->q.to_cc_n; i++) {
		const struct header_addr *h = &s->q.to_cc[i];

		for (size_t k = 0; h->field & c->fields && k < c->who_n; k++)
			if (!map_get(&gone, h->addr.key) &&
			    who_is(&s->q, &c->who[k], &h->addr)) {
				map_put(&gone, h->addr.key, &t);
				buf_printf(&names, "%s" STR_FMT,
					   gone.n > 1 ? ", " : "",
					   STR_ARG(h->addr.text));
			}
	}
	trial_init(s, &t);
	trial_drop(s, &t, &gone);
	if (gone.n && trial_better(s, &t))
		propose(s, "宛先 %s を外す", "Remove %s", buf_cstr(&names));
	map_release(&gone);
}

static void try_adding(struct smallest *s, const struct cond *c)
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
	if (w->kind == WHO_ANYONE) {
		propose(s, "社内の誰か(" STR_FMT "%sなど)を %s に入れる",
			"Add somebody inside (such as " STR_FMT "%.0s) to %s",
			STR_ARG(name), who->name.n ? "さん" : " ", field);
		return;
	}
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

void try_has(struct smallest *s, const struct cond *c)
{
	if (cond_ask(&s->q, c) == T_TRUE)
		try_without(s, c);
	else
		try_adding(s, c);
}

/* Whoever may not stand in To or Cc can still be reached by Bcc. */
void try_only(struct smallest *s, const struct cond *c)
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

/* A field that must not be there, or must. */
void try_present(struct smallest *s, const struct cond *c)
{
	bool cc = c->fields == FIELD_CC;
	struct str first = s->f->env->rcpt_n ? s->f->env->rcpt[0].addr.text
					     : STR_EMPTY;
	bool is = (cond_ask(&s->q, c) == T_TRUE) != c->negate;
	struct trial t;

	trial_init(s, &t);
	if (!is) {
		put_address(s, cc ? &t.v.cc : &t.v.to, first);
		if (first.n && trial_better(s, &t))
			propose(s, "宛先 " STR_FMT " を %s に入れる",
				"Put " STR_FMT " into %s", STR_ARG(first),
				cc ? "Cc" : "To");
		return;
	}
	if (c->fields & FIELD_TO)
		t.v.to = (struct view_addrs){0};
	if (c->fields & FIELD_CC)
		t.v.cc = (struct view_addrs){0};
	if (trial_better(s, &t))
		propose(s, "%s の宛先を Bcc に移す%.0s", "%.0sMove %s to Bcc",
			c->fields == (FIELD_TO | FIELD_CC) ? "To と Cc"
			: cc				   ? "Cc"
							   : "To",
			c->fields == (FIELD_TO | FIELD_CC) ? "To and Cc"
			: cc				   ? "Cc"
							   : "To");
}

/* ---- look-alikes ---- */

static void rename_addrs(struct smallest *s, struct view_addrs *from,
			 const struct addr *old, struct str text)
{
	struct view_addr *v = arena_array(&s->tries, from->n, sizeof(*v));

	for (size_t i = 0; i < from->n; i++) {
		struct addr one;

		v[i] = from->v[i];
		addr_lenient(v[i].address, &s->tries, &one);
		if (str_eq(one.key, old->key))
			v[i].address = text;
	}
	from->v = v;
}

/* The same local part at the other domain. */
static bool meant(struct smallest *s, struct trial *t, size_t i, struct str *r)
{
	const struct addr *old = &s->f->env->rcpt[i].addr;
	struct str like = s->q.found.like;

	*r = str_of(arena_printf(s->a, STR_FMT "@" STR_FMT, STR_ARG(old->local),
				 STR_ARG(like)));
	TRY(addr_parse(*r, true, false, &s->tries, &t->env.rcpt[i].addr, NULL));
	rename_addrs(s, &t->v.to, old, *r);
	rename_addrs(s, &t->v.cc, old, *r);
	return true;
}

static bool is_alike(struct smallest *s, size_t i)
{
	s->q.found = (struct found){0};
	s->q.rcpt = &s->f->env->rcpt[i];
	s->q.rcpt_class = s->plan->rcpt[i].class;
	return ask_look_alike(&s->q, NULL) == T_TRUE;
}

void try_meant(struct smallest *s, const struct cond *c)
{
	AUTO(buf) names = BUF_MAX(4 * KIB);
	size_t n = s->f->env->rcpt_n, hits = 0;
	struct envelope_rcpt *v = arena_array(&s->tries, n, sizeof(*v));
	struct trial t;

	(void)c;
	trial_init(s, &t);
	if (n)
		memcpy(v, t.env.rcpt, n * sizeof(*v));
	t.env.rcpt = v;
	for (size_t i = 0; i < n && hits < NAMES_SHOWN; i++) {
		struct str other;

		if (!is_alike(s, i) || !meant(s, &t, i, &other))
			continue;
		buf_printf(&names, "%s" STR_FMT, hits++ ? ", " : "",
			   STR_ARG(other));
	}
	if (hits && trial_better(s, &t))
		propose(s, "宛先を確かめる(%s のことですか)",
			"Check the address (did you mean %s?)",
			buf_cstr(&names));
}
