/* edits.c - a change carried out as spans: addresses taken out of To and Cc,
 * fields added and removed. What is not named keeps its bytes, folds included.
 *
 * A hidden address that would still stand in a To or Cc field afterwards (in
 * a comment, or where the field cannot be read) fails the whole change.
 */
#include "connector/extract/edits_int.h"
#include <stdlib.h>
#include "connector/base/limits.h"
#include "connector/base/map.h"
#include "connector/base/vec.h"
#include "connector/extract/addrlist_int.h"
#include "connector/extract/insert_int.h"
#include "connector/mail/addr.h"
#include "connector/mail/own.h"

#define ADD_NAME_MAX 76

struct making {
	struct scan *s;
	const struct change *c;
	struct map hide; /* compared form -> itself */
	VEC_OF(struct edit);
	const char *eol;
	bool to_given; /* a To stays or was written */
	bool cc_kept, emptied;
};

/* One item of an address list: a mailbox, or a group as a whole. */
struct item {
	size_t from, to;
	bool hidden;
};
struct items {
	VEC_OF(struct item);
};

static void add_edit(struct making *m, uint64_t off, uint64_t len,
		     struct str text)
{
	struct edit e = {.off = off, .len = len, .text = text};

	vec_push(m, e);
}

static bool is_hidden(struct making *m, struct str address)
{
	struct addr addr;

	return addr_parse(address, true, true, m->s->a, &addr, NULL) &&
	       map_get(&m->hide, addr.key);
}

/* Runs of hidden items with the commas that belonged to them. */
static void cut_items(struct making *m, uint64_t base, const struct items *l)
{
	size_t i = 0, j;

	while (i < l->n) {
		if (!l->v[i].hidden) {
			i++;
			continue;
		}
		for (j = i; j + 1 < l->n && l->v[j + 1].hidden; j++)
			;
		if (j + 1 < l->n)
			add_edit(m, base + l->v[i].from,
				 l->v[j + 1].from - l->v[i].from, STR_EMPTY);
		else if (i > 0)
			add_edit(m, base + l->v[i - 1].to,
				 l->v[j].to - l->v[i - 1].to, STR_EMPTY);
		i = j + 1;
	}
}

/* Members of one group that lose some of theirs; true: it loses all. */
static bool cut_group(struct making *m, uint64_t base, const struct addrlist *l,
		      const bool *hidden, size_t g)
{
	struct items in = {0};
	size_t gone = 0;
	bool all;

	for (size_t i = 0; i < l->n; i++) {
		struct item it = {l->v[i].from, l->v[i].to, hidden[i]};

		if (l->v[i].group != g)
			continue;
		gone += hidden[i];
		vec_push(&in, it);
	}
	all = gone > 0 && gone == in.n;
	if (!all)
		cut_items(m, base, &in);
	vec_release(&in);
	return all;
}

/* Mailboxes and groups of the field in their order. */
static void cut_list(struct making *m, uint64_t base, const struct addrlist *l,
		     const bool *hidden)
{
	struct items top = {0};
	size_t g = 0;

	for (size_t i = 0; i <= l->n; i++) {
		size_t at = i < l->n ? l->v[i].from : SIZE_MAX;
		struct item it;

		for (; g < l->group_n && l->group[g].from < at; g++) {
			it = (struct item){l->group[g].from, l->group[g].to,
					   cut_group(m, base, l, hidden, g)};
			vec_push(&top, it);
		}
		if (i == l->n || l->v[i].group != NO_GROUP)
			continue;
		it = (struct item){l->v[i].from, l->v[i].to, hidden[i]};
		vec_push(&top, it);
	}
	cut_items(m, base, &top);
	vec_release(&top);
}

/* Nobody is left in the field: To becomes the sender's own, Cc goes. */
static void empty_field(struct making *m, const struct field *f, uint64_t base)
{
	AUTO(buf) text = BUF_MAX(SMTP_ADDRESS_MAX + 1);

	m->emptied = true;
	if (!str_is_ci(f->name, "To") || m->to_given ||
	    m->c->to_when_empty.n == 0) {
		add_edit(m, f->off, f->len, STR_EMPTY);
		return;
	}
	buf_putc(&text, ' ');
	buf_put_str(&text, m->c->to_when_empty);
	add_edit(m, base, f->raw.n, arena_str(m->s->a, buf_str(&text)));
	m->to_given = true;
}

static bool hide_in(struct making *m, const struct field *f, struct err *e)
{
	uint64_t base = f->off + (uint64_t)(f->raw.p - f->name.p);
	struct addrlist l;
	bool *hidden;
	size_t gone = 0;

	addrlist_read(m->s->cs, f->raw, m->s->a, &l);
	if (l.limit)
		return err_set(e, ERR_LIMIT, 0, "too many addresses");
	hidden = arena_array(m->s->a, l.n, sizeof(*hidden));
	for (size_t i = 0; i < l.n; i++) {
		hidden[i] = is_hidden(m, l.v[i].address);
		gone += hidden[i];
	}
	if (gone > 0 && gone == l.n) {
		empty_field(m, f, base);
		return true;
	}
	if (gone > 0)
		cut_list(m, base, &l, hidden);
	if (str_is_ci(f->name, "To"))
		m->to_given = true;
	else
		m->cc_kept = true;
	return true;
}

static bool named(const struct str *names, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq_ci(names[i], name))
			return true;
	return false;
}

static bool is_address_field(struct str name)
{
	return str_is_ci(name, "To") || str_is_ci(name, "Cc");
}

static bool edit_fields(struct making *m, struct err *e)
{
	const struct header *h = &m->s->header;

	for (size_t i = 0; i < h->n; i++) {
		const struct field *f = &h->v[i];

		if (named(m->c->remove, m->c->remove_n, f->name) ||
		    (m->c->hide_n && (str_is_ci(f->name, "Bcc") ||
				      str_is_ci(f->name, "Resent-Bcc"))))
			add_edit(m, f->off, f->len, STR_EMPTY);
		else if (m->c->hide_n && is_address_field(f->name))
			TRY(hide_in(m, f, e));
	}
	return true;
}

static int by_offset(const void *a, const void *b)
{
	const struct edit *x = a, *y = b;

	return (x->off > y->off) - (x->off < y->off);
}

/* The field's bytes as they will leave, line ends taken out. */
static void put_result(const struct making *m, const struct field *f,
		       struct buf *out)
{
	const char *start = f->name.p;
	uint64_t at = f->off, end = f->off + f->len;

	for (size_t i = 0; i <= m->n; i++) {
		uint64_t stop = i < m->n ? m->v[i].off : end;

		if (i < m->n && (stop < at || stop >= end))
			continue;
		for (; at < stop; at++)
			if (start[at - f->off] != '\r' &&
			    start[at - f->off] != '\n')
				buf_putc(out, start[at - f->off]);
		if (i < m->n) {
			buf_put_str(out, m->v[i].text);
			at = stop + m->v[i].len;
		}
	}
}

static bool address_char(char c)
{
	return ascii_alnum(c) || (c && strchr(".!#$%&'*+-/=?^_`{|}~", c));
}

/* Does the domain end here, or go on? */
static bool domain_ends(struct str rest)
{
	if (rest.n > 1 && rest.p[0] == '.')
		rest = str_skip(rest, 1);
	return rest.n == 0 || !(ascii_alnum(rest.p[0]) || rest.p[0] == '-');
}

/* The address as a word of its own in the text, in any case. */
static bool stands_in(struct str text, struct str address)
{
	ptrdiff_t at;
	char before = 0;

	while ((at = str_find_ci(text, address)) >= 0) {
		if (at > 0)
			before = text.p[at - 1];
		if (!address_char(before) &&
		    domain_ends(str_skip(text, (size_t)at + address.n)))
			return true;
		before = text.p[at];
		text = str_skip(text, (size_t)at + 1);
	}
	return false;
}

static bool check_hidden(const struct making *m, struct err *e)
{
	const struct header *h = &m->s->header;

	for (size_t i = 0; m->c->hide_n && i < h->n; i++) {
		AUTO(buf) left = BUF_MAX(MIME_HEADER_MAX * 2);

		if (!is_address_field(h->v[i].name))
			continue;
		put_result(m, &h->v[i], &left);
		for (size_t k = 0; k < m->c->hide_n; k++)
			if (stands_in(buf_str(&left), m->c->hide[k]) &&
			    !str_eq_ci(m->c->hide[k], m->c->to_when_empty))
				return err_set(e, ERR_PERMANENT, 0,
					       "an address to be hidden would "
					       "still stand in %.*s",
					       STR_ARG(h->v[i].name));
	}
	return true;
}

static bool add_name_ok(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] <= ' ' || name.p[i] >= 0x7f || name.p[i] == ':')
			return false;
	return name.n > 0 && name.n <= ADD_NAME_MAX;
}

/* One field at the end of the header. */
static bool add_field(struct making *m, struct str name, struct str value,
		      bool encode, struct err *e)
{
	AUTO(buf) text = BUF_MAX(EDIT_REPLACEMENT_MAX);
	const struct header *h = &m->s->header;
	struct str last;

	if (!add_name_ok(name))
		return err_set(e, ERR_PERMANENT, 0, "bad header name");
	/* A message that ends within its last field. */
	last = h->end ? source_at(&m->s->src, h->end - 1, 1) : STR("\n");
	if (last.n && last.p[0] != '\n' &&
	    (m->n == 0 || m->v[m->n - 1].off != h->end))
		buf_puts(&text, m->eol);
	buf_put_str(&text, name);
	buf_puts(&text, ": ");
	if (encode)
		header_encode(&text, value, name.n + 2);
	else
		buf_put_str(&text, value);
	buf_puts(&text, m->eol);
	if (!buf_ok(&text))
		return err_set(e, ERR_LIMIT, 0, "header value too long");
	add_edit(m, h->end, 0, arena_str(m->s->a, buf_str(&text)));
	return true;
}

static bool make(struct making *m, struct err *e)
{
	const struct change *c = m->c;
	struct addr addr;

	if (c->to_when_empty.n &&
	    !addr_parse(c->to_when_empty, true, true, m->s->a, &addr, e))
		return false;
	TRY(edit_fields(m, e));
	if (m->n)
		qsort(m->v, m->n, sizeof(*m->v), by_offset);
	TRY(check_hidden(m, e));
	if (m->emptied && !m->to_given && !m->cc_kept && c->to_when_empty.n)
		TRY(add_field(m, STR("To"), c->to_when_empty, false, e));
	for (size_t i = 0; i < c->add_n; i++)
		TRY(add_field(m, c->add[i].name, c->add[i].value, true, e));
	if (m->n > EDITS_MAX)
		return err_set(e, ERR_LIMIT, 0, "too many edits");
	return true;
}

/* The header's edits and those of the body. */
static bool with_texts(struct making *m, struct edits *edits, struct err *e)
{
	struct edits head = *edits, body;

	if (!m->c->insert_n)
		return true;
	TRY(insert_edits(m->s, m->c, m->eol, &body, e));
	if (edits_merge(&head, &body, m->s->a, edits))
		return true;
	return err_set(e, ERR_LIMIT, 0, "too many edits");
}

bool edits_make(struct scan *s, const struct change *c, struct edits *edits_r,
		struct err *e)
{
	struct making m = {.s = s, .c = c, .eol = "\r\n"};
	const struct header *h = &s->header;
	bool ok;

	/* A file with bare line feeds keeps them. */
	if (h->n && h->v[0].len >= 2 &&
	    h->v[0].name.p[h->v[0].len - 1] == '\n' &&
	    h->v[0].name.p[h->v[0].len - 2] != '\r')
		m.eol = "\n";
	for (size_t i = 0; i < c->hide_n; i++)
		map_put(&m.hide, c->hide[i], &m);
	ok = make(&m, e);
	edits_r->n = ok ? m.n : 0;
	edits_r->v = arena_array(s->a, edits_r->n, sizeof(*edits_r->v));
	if (edits_r->n)
		memcpy(edits_r->v, m.v, m.n * sizeof(*m.v));
	ok = ok && with_texts(&m, edits_r, e);
	map_release(&m.hide);
	vec_release(&m);
	return ok;
}
