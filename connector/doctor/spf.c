/* spf.c - walks a domain's SPF record and all that it names; see spf_int.h. */
#include "connector/doctor/doctor_int.h"

#define MX_HOSTS_MAX 10 /* RFC 7208 4.6.4 */

struct walk {
	struct doctor *d;
	struct spf *s;
	unsigned depth; /* includes around this record */
	bool passes;	/* all of them are "+" */
};

static void walk_text(struct walk *w, const char *domain, struct str text);

static void keep_name(struct walk *w, struct str name, const char **to,
		      size_t *n)
{
	if (*n < SPF_PARTS_MAX)
		to[(*n)++] = arena_strndup(&w->d->arena, name.p, name.n);
}

static void add_network(struct walk *w, const struct cidr *c)
{
	if (w->passes && w->s->network_n < SPF_PARTS_MAX)
		w->s->network[w->s->network_n++] = *c;
}

/* ---- a, mx ------------------------------------------------------------------- */

static void add_address(struct walk *w, const struct spf_term *t,
			enum dns_type type, struct str data)
{
	struct cidr c = {.bits = t->v6_bits};

	if (type == DNS_A && data.n == 4) {
		c.addr[10] = c.addr[11] = 0xff;
		memcpy(c.addr + 12, data.p, 4);
		c.bits = 96 + t->v4_bits;
	} else if (type == DNS_AAAA && data.n == 16) {
		memcpy(c.addr, data.p, 16);
	} else {
		return;
	}
	add_network(w, &c);
}

static void add_host(struct walk *w, const struct spf_term *t, const char *host)
{
	static const enum dns_type types[] = {DNS_A, DNS_AAAA};

	for (size_t k = 0; k < ARRAY_LEN(types); k++) {
		const struct dns_answer *a = doctor_ask(w->d, host, types[k]);

		w->s->trouble = w->s->trouble || dns_failed(a->class);
		for (size_t i = 0; a->class == DNS_OK && i < a->record_n; i++)
			add_address(w, t, types[k], a->record[i].data);
	}
}

static void add_mx(struct walk *w, const struct spf_term *t, const char *domain)
{
	const struct dns_answer *a = doctor_ask(w->d, domain, DNS_MX);

	w->s->trouble = w->s->trouble || dns_failed(a->class);
	for (size_t i = 0; a->class == DNS_OK &&
			   i < MIN_OF(a->record_n, (size_t)MX_HOSTS_MAX);
	     i++)
		add_host(w, t,
			 arena_strndup(&w->d->arena, a->record[i].name.p,
				       a->record[i].name.n));
}

/* Asked only where somebody wants to know what addresses pass. */
static void walk_hosts(struct walk *w, const char *domain,
		       const struct spf_term *t)
{
	const char *name = domain;

	if (!w->passes || t->mark != '+' || w->d->c.config->addresses.n == 0)
		return;
	if (t->name.n)
		name = arena_strndup(&w->d->arena, t->name.p, t->name.n);
	if (t->kind == SPF_A)
		add_host(w, t, name);
	else
		add_mx(w, t, name);
}

/* ---- other records ----------------------------------------------------------- */

static void walk_record(struct walk *w, struct str name)
{
	const char *domain = arena_strndup(&w->d->arena, name.p, name.n);
	enum dns_class class;
	size_t n;
	struct str text = doctor_txt(w->d, domain, STR("v=spf1"), &n, &class);

	if (dns_failed(class))
		w->s->trouble = true;
	else if (n == 1)
		walk_text(w, domain, text);
	else
		w->s->broken = true; /* RFC 7208 5.2, 6.1: permerror */
}

static void walk_include(struct walk *w, const struct spf_term *t)
{
	struct walk inner = *w;

	if (w->depth == 0)
		keep_name(w, t->name, w->s->include, &w->s->include_n);
	keep_name(w, t->name, w->s->name, &w->s->name_n);
	inner.depth++;
	inner.passes = w->passes && t->mark == '+';
	walk_record(&inner, t->name);
}

/* RFC 7208 4.6.4. */
static bool is_lookup(enum spf_kind kind)
{
	return kind != SPF_ALL && kind != SPF_NETWORK && kind != SPF_OTHER;
}

/* What passes by it depends on the mail. */
static bool is_open(const struct spf_term *t)
{
	return str_chr(t->name, '%') >= 0 || t->kind == SPF_EXISTS ||
	       t->kind == SPF_PTR;
}

/* False: the walk is over here. */
static bool walk_term(struct walk *w, const char *domain,
		      const struct spf_term *t)
{
	if (is_lookup(t->kind) && ++w->s->lookups > SPF_LOOKUPS_MAX)
		return false;
	if (is_open(t)) {
		w->s->macros = true;
	} else if (t->kind == SPF_ALL) {
		if (w->depth == 0)
			w->s->all = t->mark;
		return false; /* what stands behind it is never looked at */
	} else if (t->kind == SPF_INCLUDE) {
		walk_include(w, t);
	} else if (t->kind == SPF_A || t->kind == SPF_MX) {
		walk_hosts(w, domain, t);
	} else if (t->kind == SPF_NETWORK && t->mark == '+') {
		add_network(w, &t->network);
	}
	return true;
}

/* RFC 7208 6.1: instead of an "all" that is not there. The same depth: what it
 * names is as if it stood here. Look-ups bound a circle. */
static void walk_redirect(struct walk *w, const char *domain,
			  const struct spf_term *t)
{
	if (!walk_term(w, domain, t) || str_chr(t->name, '%') >= 0)
		return;
	keep_name(w, t->name, w->s->name, &w->s->name_n);
	walk_record(w, t->name);
}

static void walk_text(struct walk *w, const char *domain, struct str text)
{
	struct spf_term *term = arena_array(&w->d->arena, SPF_TERMS_MAX,
					    sizeof(*term));
	const struct spf_term *redirect = NULL;
	size_t n;

	if (!spf_text_read(text, term, &n)) {
		w->s->broken = true;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (term[i].kind == SPF_REDIRECT)
			redirect = &term[i];
		else if (!walk_term(w, domain, &term[i]))
			return;
	}
	if (redirect)
		walk_redirect(w, domain, redirect);
}

void spf_read(struct doctor *d, const char *domain, struct spf *s_r)
{
	struct walk w = {.d = d, .s = s_r, .passes = true};
	struct str text;

	*s_r = (struct spf){0};
	text = doctor_txt(d, domain, STR("v=spf1"), &s_r->records, &s_r->class);
	if (s_r->records == 1)
		walk_text(&w, domain, text);
}
