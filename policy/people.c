/* people.c - people.csv: address, name, reading, manager, groups, employment,
 * joined, leaves, kind, delegates, private, and whatever other columns `where`
 * asks for.
 */
#include "policy/policy_int.h"

static const char *const KINDS[] = {"person", "shared", "system", "group"};

struct columns {
	int address, name, reading, manager, groups, joined, leaves, kind,
		delegates, private;
};

static struct str cell(const struct csv_row *row, int col)
{
	return col < 0 ? STR_EMPTY : str_trim(row->cell[col]);
}

static void bad_cell(struct loader *l, const struct csv *csv,
		     const struct csv_row *row, const char *column,
		     struct str text, const char *wanted)
{
	conf_error_at(l->errs, csv->file, row->line, 1,
		      "%s の「" STR_FMT "」は使えません(%s)。",
		      "%s: `" STR_FMT "` does not fit, write %s", column,
		      STR_ARG(conf_word(text)), wanted);
}

static int64_t cell_date(struct loader *l, const struct csv *csv,
			 const struct csv_row *row, int col, const char *name)
{
	struct str text = cell(row, col);
	struct civil day;

	if (!text.n)
		return 0;
	if (!date_parse(text, &day)) {
		bad_cell(l, csv, row, name, text, "2026-09-01");
		return 0;
	}
	return civil_to_us(l->p->tz, &day);
}

static unsigned cell_kind(struct loader *l, const struct csv *csv,
			  const struct csv_row *row, int col)
{
	struct str text = cell(row, col);

	if (!text.n)
		return PERSON_PERSON;
	for (size_t i = 0; i < ARRAY_LEN(KINDS); i++)
		if (str_is_ci(text, KINDS[i]))
			return 1u << i;
	bad_cell(l, csv, row, "kind", text, "person, shared, system, group");
	return PERSON_PERSON;
}

/* "sales" means sales@ the person's own domain. */
static struct str full_address(struct loader *l, const struct person *who,
			       struct str s)
{
	struct addr addr;

	if (str_chr(s, '@') < 0)
		s = str_of(arena_printf(l->a, STR_FMT "@" STR_FMT, STR_ARG(s),
					STR_ARG(who->addr.key_domain)));
	addr_lenient(s, l->a, &addr);
	return addr.key;
}

static bool group_sep(unsigned char c)
{
	return c == ';' || c == ',' || c == ' ' || c == '\t' || c == '|';
}

static bool group_byte(unsigned char c)
{
	return !group_sep(c);
}

static void add_group(struct loader *l, struct person *p, struct str key)
{
	struct str *v;

	for (size_t i = 0; i < p->group_n; i++)
		if (str_eq(p->group[i], key))
			return;
	v = arena_array(l->a, p->group_n + 1, sizeof(*v));
	if (p->group_n)
		memcpy(v, p->group, p->group_n * sizeof(*v));
	v[p->group_n++] = key;
	p->group = v;
}

/* The words of a cell with several. */
static bool next_word(struct rd *r, struct str *word_r)
{
	(void)rd_while(r, group_sep);
	*word_r = rd_while(r, group_byte);
	return word_r->n > 0;
}

static void read_groups(struct loader *l, struct person *p, struct str text)
{
	struct rd r = rd_of(text);
	struct str word;

	while (next_word(&r, &word))
		add_group(l, p, full_address(l, p, word));
}

/* Addresses of a cell, in compared form. */
static struct str *read_addresses(struct loader *l, const struct person *p,
				  struct str text, size_t *n_r)
{
	struct str *v = arena_array(l->a, text.n / 2 + 1, sizeof(*v)), word;
	struct rd r = rd_of(text);

	for (*n_r = 0; next_word(&r, &word); ++*n_r)
		v[*n_r] = full_address(l, p, word);
	return v;
}

static void read_person(struct loader *l, const struct csv *csv,
			const struct csv_row *row, const struct columns *at)
{
	struct person *p = ARENA_NEW(l->a, struct person), *old;
	struct str text = cell(row, at->address);

	if (!addr_parse(text, true, false, l->a, &p->addr, NULL)) {
		bad_cell(l, csv, row, "address", text, "name@example.jp");
		return;
	}
	old = map_put(&l->p->people, p->addr.key, p);
	if (old)
		conf_error_at(l->errs, csv->file, row->line, 1,
			      "「" STR_FMT "」は %u 行目にもあります。",
			      "`" STR_FMT "` is given twice, first in line %u",
			      STR_ARG(conf_word(text)), old->line);
	p->line = row->line;
	p->cell = row->cell;
	p->name = cell(row, at->name);
	p->reading = cell(row, at->reading);
	p->kind = cell_kind(l, csv, row, at->kind);
	p->joined_us = cell_date(l, csv, row, at->joined, "joined");
	p->leaves_us = cell_date(l, csv, row, at->leaves, "leaves");
	p->manager_text = cell(row, at->manager);
	if (p->manager_text.n)
		p->manager_text = full_address(l, p, p->manager_text);
	read_groups(l, p, cell(row, at->groups));
	p->private = read_addresses(l, p, cell(row, at->private),
				    &p->private_n);
	p->delegate_text = read_addresses(l, p, cell(row, at->delegates),
					  &p->delegate_n);
	vec_push(&l->p->persons, p);
}

/* A group that is in a group: its members are in both. */
static void nest_groups(struct loader *l, struct person *p)
{
	for (size_t i = 0; i < p->group_n; i++) {
		const struct person *g = map_get(&l->p->people, p->group[i]);

		for (size_t k = 0; g && g != p && k < g->group_n; k++)
			add_group(l, p, g->group[k]);
	}
}

static void nobody(struct loader *l, const char *file, const struct person *p,
		   const char *column, struct str text)
{
	conf_warning_at(l->errs, file, p->line,
			"%s の「" STR_FMT "」は名簿にありません。",
			"%s: nobody in this list has the address `" STR_FMT "`",
			column, STR_ARG(conf_word(text)));
}

static void find_manager(struct loader *l, const char *file, struct person *p)
{
	if (!p->manager_text.n)
		return;
	p->manager = map_get(&l->p->people, p->manager_text);
	if (!p->manager)
		nobody(l, file, p, "manager", p->manager_text);
	else if (p->manager == p)
		p->manager = NULL; /* nobody above him */
}

/* People only: mailboxes that use one another would have no end. */
static void find_delegates(struct loader *l, const char *file, struct person *p)
{
	size_t n = 0;

	p->delegate = arena_array(l->a, p->delegate_n, sizeof(*p->delegate));
	for (size_t i = 0; i < p->delegate_n; i++) {
		struct person *d = map_get(&l->p->people, p->delegate_text[i]);

		if (d && d->kind == PERSON_PERSON)
			p->delegate[n++] = d;
		else if (!d)
			nobody(l, file, p, "delegates", p->delegate_text[i]);
	}
	p->delegate_n = n;
}

/* Above one another in a ring: the chain has no end, and no top. */
static void look_for_ring(struct loader *l, const char *file,
			  const struct person *p)
{
	const struct person *up = p->manager;

	for (int i = 0; up && i < CHAIN_MAX; i++, up = up->manager) {
		if (up != p)
			continue;
		conf_error_at(l->errs, file, p->line, 1,
			      "「" STR_FMT "」は自分の上司の上司に"
			      "なっています。",
			      "`" STR_FMT "` is above his own manager",
			      STR_ARG(conf_word(p->addr.text)));
		return;
	}
}

/* A shared mailbox without a manager has those of its delegates; the first of
 * them is asked where one person is needed. */
static void shared_manager(struct person *p)
{
	for (size_t i = 0; !p->manager && i < p->delegate_n; i++)
		p->manager = p->delegate[i]->manager;
	p->by_delegates = p->manager != NULL;
}

static void link_people(struct loader *l, const char *file)
{
	struct persons *all = &l->p->persons;

	for (size_t i = 0; i < all->n; i++) {
		find_manager(l, file, all->v[i]);
		find_delegates(l, file, all->v[i]);
		nest_groups(l, all->v[i]);
	}
	for (size_t i = 0; i < all->n; i++) {
		look_for_ring(l, file, all->v[i]);
		if (all->v[i]->kind == PERSON_SHARED && !all->v[i]->manager)
			shared_manager(all->v[i]);
	}
}

static void load_file(struct loader *l)
{
	struct columns at;
	struct str text;
	struct csv csv;

	if (!files_take(l, NULL, l->src->people, &text) ||
	    !csv_parse(text, l->src->people, l->a, l->errs, &csv))
		return;
	at = (struct columns){
		csv_column(&csv, "address"),   csv_column(&csv, "name"),
		csv_column(&csv, "reading"),   csv_column(&csv, "manager"),
		csv_column(&csv, "groups"),    csv_column(&csv, "joined"),
		csv_column(&csv, "leaves"),    csv_column(&csv, "kind"),
		csv_column(&csv, "delegates"), csv_column(&csv, "private")};
	if (at.address < 0) {
		conf_error_at(l->errs, csv.file, 1, 1,
			      "列「address」がありません。",
			      "there is no column `address`");
		return;
	}
	l->people_head = csv.head;
	l->people_cols = csv.cols;
	for (size_t i = 0; i < csv.n; i++)
		read_person(l, &csv, &csv.row[i], &at);
	link_people(l, csv.file);
}

void people_load(struct loader *l)
{
	size_t before = l->errs->errors;

	if (l->src->people)
		load_file(l);
	l->people_broken = l->errs->errors > before;
}

static void add_person(struct addr_set *to, struct loader *l,
		       const struct person *p)
{
	set_add(l, to, p->addr.text, NULL);
}

/* key: compared form; a bare name is the group of that name. */
static bool in_group(const struct person *p, struct str key)
{
	for (size_t k = 0; k < p->group_n; k++) {
		struct str g = p->group[k];
		size_t at = (size_t)MAX_OF(str_chr(g, '@'), (ptrdiff_t)0);

		if (str_eq(g, key) || str_eq(str_head(g, at), key))
			return true;
	}
	return false;
}

bool policy_in_group(const struct policy *p, struct str group,
		     struct str address)
{
	struct arena a = ARENA_EMPTY;
	const struct person *person;
	struct addr addr, name;
	bool is;

	addr_lenient(address, &a, &addr);
	addr_lenient(group, &a, &name);
	person = policy_person(p, &addr);
	is = person && in_group(person, name.key);
	arena_release(&a);
	return is;
}

void people_group(struct loader *l, const struct conf_node *at, struct str name,
		  struct addr_set *to)
{
	struct addr addr;

	addr_lenient(name, l->a, &addr);
	for (size_t i = 0; i < l->p->persons.n; i++) {
		const struct person *p = l->p->persons.v[i];

		if (in_group(p, addr.key))
			add_person(to, l, p);
	}
	if (!to->map.n && !l->people_broken)
		conf_warning(l->errs, at,
			     "グループ「" STR_FMT "」に人がいません。",
			     "group `" STR_FMT "` has no members",
			     STR_ARG(conf_word(name)));
}

static int head_column(const struct loader *l, struct str name)
{
	for (size_t i = 0; i < l->people_cols; i++)
		if (str_eq_ci(l->people_head[i], name))
			return (int)i;
	return -1;
}

static bool value_is(const struct conf_node *n, struct str text)
{
	for (size_t i = 0; n->kind == CONF_LIST && i < n->n; i++)
		if (value_is(n->item[i], text))
			return true;
	return n->kind == CONF_SCALAR && str_eq_ci(n->text, text);
}

static void no_column(struct loader *l, const struct conf_node *key)
{
	const char *near = csv_nearest(l, l->people_head, l->people_cols,
				       key->text);

	conf_error(l->errs, key,
		   "人の名簿に列「" STR_FMT
		   "」がありません。%s%s%s%.0s%.0s%.0s",
		   "the list of people has no column `" STR_FMT
		   "`%.0s%.0s%.0s%s%s%s",
		   STR_ARG(conf_word(key->text)), near ? "「" : "",
		   near ? near : "", near ? "」のことですか。" : "",
		   near ? "; did you mean `" : "", near ? near : "",
		   near ? "`?" : "");
}

void people_where(struct loader *l, const struct conf_node *map,
		  struct addr_set *to)
{
	for (size_t k = 0; k < map->n; k++) {
		if (l->people_broken || head_column(l, map->key[k]->text) >= 0)
			continue;
		no_column(l, map->key[k]);
		return;
	}
	for (size_t i = 0; i < l->p->persons.n; i++) {
		const struct person *p = l->p->persons.v[i];
		bool all = true;

		for (size_t k = 0; k < map->n && all; k++) {
			int col = head_column(l, map->key[k]->text);

			all = value_is(map->item[k], str_trim(p->cell[col]));
		}
		if (all)
			add_person(to, l, p);
	}
}
