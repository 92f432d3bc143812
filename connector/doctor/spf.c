/* spf.c - what an SPF record allows, as far as one looks at it from afar
 * (RFC 7208): terms of the record itself, and the look-ups of all of it.
 */
#include "connector/doctor/doctor_int.h"

#define SPF_DEPTH_MAX 10

struct walk {
	struct doctor *d;
	struct spf *s;
	unsigned depth;
};

static void walk_record(struct walk *w, struct str record);

static struct str record_of(struct walk *w, const char *domain, size_t *n_r)
{
	enum dns_class class;
	struct str text = doctor_txt(w->d, domain, STR("v=spf1"), n_r, &class);

	if (w->depth == 0) {
		w->s->class = class;
		w->s->records = *n_r;
	}
	return text;
}

static void walk_domain(struct walk *w, struct str name)
{
	const char *domain = arena_strndup(&w->d->arena, name.p, name.n);
	struct str record;
	size_t n;

	if (w->depth >= SPF_DEPTH_MAX || w->s->lookups > SPF_LOOKUPS_MAX ||
	    str_chr(name, '%') >= 0)
		return;
	w->depth++; /* from here on it is not the record itself */
	record = record_of(w, domain, &n);
	if (n == 1)
		walk_record(w, record);
	else
		w->s->deep_broken = true;
	w->depth--;
}

static void add_include(struct walk *w, struct str name)
{
	if (w->depth > 0 || w->s->include_n == SPF_PARTS_MAX)
		return;
	w->s->include[w->s->include_n++] = arena_strndup(&w->d->arena, name.p,
							 name.n);
}

static void add_network(struct walk *w, struct str text)
{
	if (w->depth > 0 || w->s->network_n == SPF_PARTS_MAX)
		return;
	if (cidr_parse(text, &w->s->network[w->s->network_n], NULL))
		w->s->network_n++;
}

static void walk_term(struct walk *w, struct str term)
{
	static const struct str asks[] = {STR("a"), STR("mx"), STR("ptr")};
	char mark = '+';

	if (term.n && strchr("+-~?", term.p[0])) {
		mark = term.p[0];
		term = str_skip(term, 1);
	}
	if (str_is_ci(term, "all")) {
		if (w->depth == 0)
			w->s->all = mark;
	} else if (str_starts_ci(term, STR("include:"))) {
		w->s->lookups++;
		add_include(w, str_skip(term, 8));
		walk_domain(w, str_skip(term, 8));
	} else if (str_starts_ci(term, STR("redirect="))) {
		w->s->lookups++;
		add_include(w, str_skip(term, 9));
		walk_domain(w, str_skip(term, 9));
	} else if (str_starts_ci(term, STR("ip4:")) ||
		   str_starts_ci(term, STR("ip6:"))) {
		add_network(w, str_skip(term, 4));
	} else if (str_starts_ci(term, STR("exists:"))) {
		w->s->lookups++;
	} else {
		for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
			struct str rest = str_skip(term, asks[i].n);

			if (str_starts_ci(term, asks[i]) &&
			    (rest.n == 0 || rest.p[0] == ':' ||
			     rest.p[0] == '/'))
				w->s->lookups++;
		}
	}
}

static void walk_record(struct walk *w, struct str record)
{
	struct str rest = str_skip(record, 6), term;

	while (str_split(&rest, ' ', &term))
		if (term.n)
			walk_term(w, term);
}

void spf_read(struct doctor *d, const char *domain, struct spf *s_r)
{
	struct walk w = {.d = d, .s = s_r};
	struct str record;
	size_t n;

	*s_r = (struct spf){0};
	record = record_of(&w, domain, &n);
	if (n == 1)
		walk_record(&w, record);
}
