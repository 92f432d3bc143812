/* partners.c - a register of business partners: domains, and the companies
 * that are behind them.
 *
 * A hash map by domain, so that a register of a hundred thousand rows answers
 * as fast as one of ten.  A domain may stand in several rows, a company too.
 */
#include "policy/policy_int.h"

/* ---- names of companies ---- */

/* Legal forms, folded, and the signs that stand for them. */
static const char *const FORMS[] = {
	"株式会社",
	"有限会社",
	"合同会社",
	"合資会社",
	"合名会社",
	"相互会社",
	"一般社団法人",
	"一般財団法人",
	"公益社団法人",
	"公益財団法人",
	"社団法人",
	"財団法人",
	"特定非営利活動法人",
	"医療法人",
	"学校法人",
	"(株)",
	"(有)",
	"(同)",
	"(資)",
	"(名)",
	"(社)",
	"(財)",
	"㈱",
	"㈲",
	"㈳",
	"㈶",
	" co",
	" company",
	" corp",
	" corporation",
	" inc",
	" incorporated",
	" limited",
	" llc",
	" ltd",
	" gmbh",
	" kk",
};

static struct str trim_marks(struct str s)
{
	s = str_trim(s);
	while (s.n && (s.p[s.n - 1] == '.' || s.p[s.n - 1] == ',' ||
		       s.p[s.n - 1] == ' '))
		s.n--;
	return s;
}

static struct str core_of(struct str s)
{
	bool cut;

	s = trim_marks(s);
	do {
		cut = false;
		for (size_t i = 0; i < ARRAY_LEN(FORMS); i++) {
			struct str form = str_of(FORMS[i]);

			if (s.n <= form.n)
				continue;
			if (str_ends(s, form))
				s = str_head(s, s.n - form.n);
			else if (str_starts(s, form))
				s = str_skip(s, form.n);
			else
				continue;
			cut = true;
			s = trim_marks(s);
		}
	} while (cut);
	return s;
}

static struct company *new_company(struct loader *l, struct partners *p)
{
	if (p->company_n == p->company_cap) {
		size_t cap = p->company_cap ? p->company_cap * 2 : 64;
		struct company *v = arena_array(l->a, cap, sizeof(*v));

		if (p->company_n)
			memcpy(v, p->company, p->company_n * sizeof(*v));
		p->company = v;
		p->company_cap = cap;
	}
	return &p->company[p->company_n++];
}

/* Behind the first one of its group. */
static void join_group(struct partners *p, uint32_t at, struct str core)
{
	struct company *c = &p->company[at];
	void *v = map_get(&p->cores, core);

	if (!v) {
		c->group = at;
		map_put(&p->cores, core, (void *)(uintptr_t)(at + 1));
		return;
	}
	c->group = (uint32_t)((uintptr_t)v - 1);
	c->next = p->company[c->group].next;
	p->company[c->group].next = at;
}

/* Index of the company. */
static uint32_t company(struct loader *l, struct partners *p, struct str name)
{
	AUTO(buf) folded = BUF_MAX(4 * QUESTION_TERM_MAX);
	struct company *c;
	uint32_t at;
	void *v;

	fold_text(&folded, name);
	v = map_get(&p->keys, buf_str(&folded));
	if (v)
		return (uint32_t)((uintptr_t)v - 1);
	c = new_company(l, p);
	at = (uint32_t)(p->company_n - 1);
	c->name = name;
	c->key = arena_str(l->a, buf_str(&folded));
	map_put(&p->keys, c->key, (void *)(uintptr_t)(at + 1));
	join_group(p, at, core_of(c->key));
	return at;
}

/* ---- rows ---- */

static void stands_for(struct loader *l, struct partner *d, uint32_t at)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->company[i] == at)
			return;
	if (d->n == d->cap) {
		size_t cap = d->cap ? d->cap * 2 : 1;
		uint32_t *v = arena_array(l->a, cap, sizeof(*v));

		if (d->n)
			memcpy(v, d->company, d->n * sizeof(*v));
		d->company = v;
		d->cap = cap;
	}
	d->company[d->n++] = at;
}

/* Is the row about ourselves? */
static bool inside(const struct loader *l, const struct addr_pattern *pattern)
{
	struct addr addr = {.key = pattern->key, .key_domain = pattern->key};
	ptrdiff_t at = str_rchr(pattern->key, '@');

	if (at >= 0)
		addr.key_domain = str_skip(pattern->key, (size_t)at + 1);
	return pattern->kind != ADDR_ALL &&
	       policy_class(l->p, &addr) == RCPT_INTERNAL;
}

static void bad_row(struct loader *l, const struct csv *csv, unsigned line,
		    const char *ja, const char *en, struct str text)
{
	conf_error_at(l->errs, csv->file, line, 1, "「" STR_FMT "」: %s。%.0s",
		      "`" STR_FMT "`: %.0s%s", STR_ARG(conf_word(text)), ja,
		      en);
}

/* The domain's entry, or NULL with an error. */
static struct partner *partner_at(struct loader *l, struct partners *p,
				  const struct csv *csv, unsigned line,
				  struct str domain, bool *own_r)
{
	struct partner *d = ARENA_NEW(l->a, struct partner), *old;
	struct addr_pattern pattern;
	struct err e = ERR_EMPTY;

	if (!addr_pattern_parse(domain, l->a, &pattern, &e)) {
		bad_row(l, csv, line,
			"ドメインではありません(使えるのは example.jp、"
			"*.example.jp、アドレス)",
			"no domain; allowed are example.jp, *.example.jp, an "
			"address",
			domain);
		return NULL;
	}
	*own_r = inside(l, &pattern);
	old = addr_map_put(&p->map, &pattern, d);
	if (old)
		*d = *old;
	return d;
}

static void read_row(struct loader *l, struct partners *p,
		     const struct csv *csv, unsigned line, struct str domain,
		     struct str name)
{
	struct partner *d = NULL;
	bool own = false;
	uint32_t at;

	if (domain.n) {
		d = partner_at(l, p, csv, line, domain, &own);
		if (!d)
			return;
	}
	if (name.n > QUESTION_TERM_MAX)
		bad_row(l, csv, line, "会社名が長すぎます",
			"the name of the company is too long", name);
	else if (name.n) {
		at = company(l, p, name);
		if (d)
			stands_for(l, d, at);
		p->company[at].own |= own;
	}
}

/* As `columns` says, else the column of that name. */
static int column(struct loader *l, const struct conf_node *at,
		  const struct named *v, const char *name)
{
	const struct conf_node *all = conf_get(v->node, "columns");
	const struct conf_node *one = all ? conf_get(all, name) : NULL;
	int col = csv_column(
		v->csv, one && one->kind == CONF_SCALAR ? one->text.p : name);

	if (col < 0)
		conf_error(l->errs, at,
			   "一覧「" STR_FMT "」に列「%s」がありません。"
			   "columns: {domain: …, company: …} で示して"
			   "ください。",
			   "the list `" STR_FMT "` has no column `%s`; name "
			   "it by columns: {domain: …, company: …}",
			   STR_ARG(v->name), name);
	return col;
}

static struct partners *build(struct loader *l, const struct conf_node *at,
			      const struct named *v)
{
	struct partners *p = ARENA_NEW(l->a, struct partners);
	int domain = column(l, at, v, "domain");
	int name = column(l, at, v, "company");

	p->list = v->name;
	p->node = at;
	p->next = l->p->partners;
	l->p->partners = p;
	if (domain < 0 || name < 0)
		return p;
	for (size_t i = 0; i < v->csv->n; i++) {
		const struct csv_row *row = &v->csv->row[i];

		read_row(l, p, v->csv, row->line, str_trim(row->cell[domain]),
			 str_trim(row->cell[name]));
	}
	return p;
}

struct partners *partners_of(struct loader *l, const struct conf_node *n)
{
	const struct named *v = names_list(l, n);

	if (!v)
		return NULL;
	for (struct partners *p = l->p->partners; p; p = p->next)
		if (str_eq(p->list, v->name))
			return p;
	if (v->csv)
		return build(l, n, v);
	if (v->node->kind == CONF_LIST)
		conf_error(l->errs, n,
			   "台帳には {file: …, columns: {domain: …, company: "
			   "…}} の一覧が要ります。",
			   "a register is a list as {file: …, columns: "
			   "{domain: …, company: …}}");
	return NULL; /* a file that was not read is an error of its own */
}

const struct partner *partners_get(const struct partners *p,
				   const struct addr *addr)
{
	return addr->key.n ? addr_map_get(&p->map, addr) : NULL;
}

void partners_release(struct partners *p)
{
	for (; p; p = p->next) {
		addr_map_release(&p->map);
		map_release(&p->keys);
		map_release(&p->cores);
	}
}

/* ---- what is asked of the inspector ---- */

/* One company of two registers is one name in the question. */
void partners_pool(struct loader *l, struct partners *p, struct map *seen)
{
	struct question *q = &l->p->question;

	for (size_t i = 0; i < p->company_n; i++) {
		struct company *c = &p->company[i];
		uintptr_t known = (uintptr_t)map_get(seen, c->key);

		if (!known) {
			q->company[q->company_n++] = c->name;
			known = q->company_n;
			map_put(seen, c->key, (void *)known);
		}
		c->at = (uint32_t)(known - 1);
	}
}

void partners_roles(struct loader *l, struct partners *p)
{
	p->role = arena_alloc(l->a, l->p->question.company_n + 1);
	for (size_t i = 0; i < p->company_n; i++)
		p->role[p->company[i].at] = p->company[i].own
						    ? PARTNER_IS_OWN
						    : PARTNER_IS_OTHER;
}
