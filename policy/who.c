/* who.c - the addresses that WHO means for this mail. */
#include "policy/policy_int.h"

static void add(struct asking *q, struct addresses *to, struct str address)
{
	for (size_t i = 0; i < to->n; i++)
		if (str_eq_ci(to->v[i], address))
			return;
	if (to->n == to->cap) {
		size_t cap = to->cap ? to->cap * 2 : 8;
		struct str *v = arena_array(q->a, cap, sizeof(*v));

		if (to->n)
			memcpy(v, to->v, to->n * sizeof(*v));
		to->v = v;
		to->cap = cap;
	}
	to->v[to->n++] = address;
}

/* Whoever has left answers nobody; the day named is the last one. */
static bool has_left(const struct asking *q, const struct person *p)
{
	return p->leaves_us && q->f->accepted_us >= p->leaves_us + US_PER_DAY;
}

static void add_above(struct asking *q, const struct person *p, bool all,
		      struct addresses *to)
{
	const struct person *up = p ? p->manager : NULL;

	if (p && p->by_delegates) {
		for (size_t i = 0; i < p->delegate_n; i++)
			add_above(q, p->delegate[i], all, to);
		return;
	}
	for (int i = 0; up && i < CHAIN_MAX; i++, up = up->manager) {
		if (!has_left(q, up))
			add(q, to, up->addr.text);
		if (!all)
			return;
	}
}

static void add_set(struct asking *q, const struct addr_set *s,
		    struct addresses *to)
{
	for (size_t i = 0; i < s->exact_n; i++) {
		const struct person *p = map_get(&q->p->people, s->exact[i]);

		if (!p || !has_left(q, p))
			add(q, to, s->exact[i]);
	}
}

void who_addresses(struct asking *q, const struct who *w, bool all_above,
		   struct addresses *to)
{
	switch (w->kind) {
	case WHO_SENDER:
		if (q->sender.text.n)
			add(q, to, q->sender.text);
		break;
	case WHO_MANAGER:
		add_above(q, q->person, false, to);
		break;
	case WHO_SUPERIOR:
		add_above(q, q->person, all_above, to);
		break;
	case WHO_SET:
		add_set(q, w->set, to);
		break;
	case WHO_ANYONE:
		break;
	}
}

/* By From, by Sender (a mailbox that somebody else may use) or envelope. */
bool is_the_sender(const struct asking *q, struct str address)
{
	const struct view_addrs *s = &q->f->view->sender;
	struct addr one;

	addr_lenient(address, q->a, &one);
	if (str_eq(one.key, q->sender.key) ||
	    str_eq(one.key, q->f->env->from.key))
		return true;
	for (size_t i = 0; i < s->n; i++) {
		struct addr by;

		addr_lenient(s->v[i].address, q->a, &by);
		if (str_eq(one.key, by.key))
			return true;
	}
	return false;
}
