/* smallest_rcpt.c - "did you mean …?": recipients with the domain that theirs
 * looks like.
 */
#include "policy/smallest_int.h"

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

void smallest_meant(struct smallest *s, const struct cond *c)
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
			"Check the address: did you mean %s?",
			buf_cstr(&names));
}
