/* record.c - writes the facts of a decision; see record.h.
 *
 * Wire: head, table of addresses, then everything else, which names addresses
 * by their place in the table.
 */
#include "policy/policy_int.h"
#include "policy/record_int.h"

#define ADDRESS_MOST 1000 /* bytes of a bad one that are kept */

struct writer {
	struct buf *out; /* behind the table */
	struct name_words name_words;
	struct buf table;
	struct map seen; /* address to its place + 1 */
	size_t n;
	bool full;
};

static void put_text(struct buf *out, struct str s)
{
	s = str_head(s, RECORD_NONE);
	buf_put_u16(out, (uint16_t)s.n);
	buf_put_str(out, s);
}

static void put_address(struct writer *w, struct str s)
{
	uintptr_t at;

	s = str_head(s, ADDRESS_MOST);
	if (!s.n) {
		buf_put_u16(w->out, RECORD_NONE);
		return;
	}
	at = (uintptr_t)map_get(&w->seen, s);
	if (!at) {
		w->full = w->full || w->n == RECORD_TEXTS_MAX;
		if (w->full)
			return;
		at = ++w->n;
		map_put(&w->seen, s, (void *)at);
		put_text(&w->table, s);
	}
	buf_put_u16(w->out, (uint16_t)(at - 1));
}

static void put_addresses(struct writer *w, const struct view_addrs *l)
{
	buf_put_u8(w->out, l->present);
	buf_put_u16(w->out, (uint16_t)l->n);
	for (size_t i = 0; i < l->n; i++)
		put_address(w, l->v[i].address);
}

static void put_envelope(struct writer *w, const struct facts *f,
			 const struct plan *plan)
{
	const struct envelope *env = f->env;

	put_address(w, env->from.text);
	buf_put_u16(w->out, (uint16_t)env->rcpt_n);
	for (size_t i = 0; i < env->rcpt_n; i++) {
		struct treated t;

		treated_of(plan, f, i, &t);
		put_address(w, env->rcpt[i].addr.text);
		buf_put_u8(w->out, (uint8_t)t.outcome);
		buf_put_u64(w->out, t.mark);
		if (f->grade)
			buf_put_u8(w->out, (uint8_t)f->grade[i]);
		if (!f->past)
			continue;
		buf_put_u8(w->out, f->past[i].more);
		buf_put_u16(w->out, (uint16_t)f->past[i].sender_n);
		for (size_t k = 0; k < f->past[i].sender_n; k++)
			put_address(w, f->past[i].sender[k]);
	}
}

/* ---- what is in the mail ---------------------------------------------------- */

/* Names of fields, each once: `present` can be asked of any. */
static void put_fields(struct buf *out, const struct view *v)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct str *name = arena_array(&a, v->field_n, sizeof(*name));
	size_t n = 0;

	for (size_t i = 0; i < v->field_n; i++) {
		size_t k = 0;

		while (k < n && !str_eq_ci(name[k], v->field[i].name))
			k++;
		if (k == n)
			name[n++] = v->field[i].name;
	}
	buf_put_u16(out, (uint16_t)n);
	for (size_t i = 0; i < n; i++)
		put_text(out, name[i]);
}

static bool has_alnum(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (ascii_alnum(s.p[i]))
			return true;
	return false;
}

/* The dot before the last part that says something: of "a.exe." the first. */
static ptrdiff_t last_dot(struct str s)
{
	struct str head = s;
	ptrdiff_t dot;

	while ((dot = str_rchr(head, '.')) >= 0) {
		if (has_alnum(str_skip(s, (size_t)dot)))
			return dot;
		head = str_head(head, (size_t)dot);
	}
	return -1;
}

/* Words that the policy itself looks for: they answer for the name. */
static void put_words(struct buf *out, const struct name_words *words,
		      struct str folded)
{
	for (size_t i = 0; i < words->n; i++)
		for (size_t k = 0; k < words->v[i]->n; k++) {
			struct str word = words->v[i]->v[k];

			if (str_find(folded, word) < 0)
				continue;
			buf_put_str(out, word);
			buf_putc(out, NAME_MARK);
		}
}

/* Its last extension, and a short one before it. */
static struct str ends_of(struct str s)
{
	ptrdiff_t dot = last_dot(s), outer;

	if (str_ends(s, STR("/"))) /* a folder in an archive */
		return STR("/");
	if (dot < 0 || s.n - (size_t)dot > RECORD_EXTENSION_MOST + 1)
		return STR_EMPTY;
	outer = str_rchr(str_head(s, (size_t)dot), '.');
	if (outer >= 0 && dot - outer <= RECORD_OUTER_MOST + 1)
		return str_skip(s, (size_t)outer);
	return str_skip(s, (size_t)dot);
}

/* Else nothing of a name but its ends. */
static void put_reduced(struct buf *out, const struct name_words *words,
			struct str name)
{
	AUTO(buf) folded = BUF_MAX(64 * KIB);
	struct str stored, ends;

	if (!name.n)
		return;
	fold_text(&folded, name);
	stored = name_as_stored(buf_str(&folded));
	ends = ends_of(stored);
	/* ".profile": what is all of a name is no extension. */
	if (ends.n < stored.n || !stored.n) {
		put_words(out, words, buf_str(&folded));
		buf_putc(out, NAME_MARK);
	}
	buf_put_str(out, ends);
}

static void put_name(struct writer *w, struct str name, struct str others)
{
	AUTO(buf) reduced = BUF_MAX(RECORD_NONE);
	struct str one;

	put_reduced(&reduced, &w->name_words, name);
	put_text(w->out, buf_str(&reduced));
	buf_clear(&reduced);
	while (str_split(&others, '\0', &one)) {
		if (reduced.n)
			buf_putc(&reduced, '\0');
		put_reduced(&reduced, &w->name_words, one);
	}
	put_text(w->out, buf_str(&reduced));
}

static bool has_names(const struct view *v)
{
	for (size_t i = 0; i < v->part_n; i++)
		if (v->part[i].name.n || v->part[i].other_names.n)
			return true;
	return v->inner_n > 0;
}

static void put_parts(struct writer *w, const struct view *v)
{
	struct buf *out = w->out;

	buf_put_u16(out, (uint16_t)v->part_n);
	for (size_t i = 0; i < v->part_n; i++) {
		const struct view_part *p = &v->part[i];

		buf_put_u16(out, p->parent);
		buf_put_u16(out, p->depth);
		buf_put_u8(out,
			   (uint8_t)(p->multipart | p->attachment << 1 |
				     p->inline_cid << 2 | p->nameless << 3));
		buf_put_u8(out, (uint8_t)p->file);
		put_text(out, p->type);
		put_text(out, p->real_type);
		put_name(w, p->name, p->other_names);
		buf_put_u64(out, p->decoded);
	}
	buf_put_u16(out, (uint16_t)v->inner_n);
	for (size_t i = 0; i < v->inner_n; i++) {
		const struct view_inner *in = &v->inner[i];

		buf_put_u16(out, in->part);
		buf_put_u16(out, in->depth);
		buf_put_u8(out, (uint8_t)in->file);
		put_text(out, in->type);
		put_name(w, in->name, STR_EMPTY);
		buf_put_u64(out, in->size);
	}
}

static void put_view(struct writer *w, const struct view *v)
{
	struct buf *out = w->out;

	put_addresses(w, &v->from);
	put_addresses(w, &v->sender);
	put_addresses(w, &v->reply_to);
	put_addresses(w, &v->to);
	put_addresses(w, &v->cc);
	put_addresses(w, &v->bcc);
	buf_put_u8(out, (uint8_t)v->completeness);
	buf_put_u16(out, (uint16_t)v->classes);
	buf_put_u16(out, (uint16_t)v->reason_n);
	for (size_t i = 0; i < v->reason_n; i++) {
		buf_put_u8(out, (uint8_t)v->reason[i].doubt);
		buf_put_u16(out, v->reason[i].part);
	}
	put_fields(out, v);
	put_parts(w, v);
}

/* ---- what was found --------------------------------------------------------- */

static void put_counts(struct buf *out, const struct findings *f)
{
	unsigned n = 0;

	for (unsigned s = 0; s < SCOPE_N; s++)
		for (unsigned d = 0; d <= DETECT_N; d++)
			n += (d < DETECT_N ? f->unique[s][d] : f->people[s]) !=
			     0;
	buf_put_u8(out, (uint8_t)n);
	for (unsigned s = 0; s < SCOPE_N; s++)
		for (unsigned d = 0; d <= DETECT_N; d++) {
			uint32_t count = d < DETECT_N ? f->unique[s][d]
						      : f->people[s];

			if (!count)
				continue;
			buf_put_u8(out, (uint8_t)s);
			buf_put_u8(out, (uint8_t)d);
			buf_put_u32(out, count);
		}
}

static void put_findings(struct buf *out, const struct question *q,
			 const struct findings *f)
{
	put_counts(out, f);
	buf_put_u32(out, (uint32_t)f->hit_n);
	for (size_t i = 0; i < f->hit_n; i++) {
		const struct term_hit *h = &f->hit[i];

		buf_put_u64(out, h->term < q->term_n
					 ? term_mark(&q->term[h->term])
					 : 0);
		buf_put_u8(out, (uint8_t)h->place);
		buf_put_u32(out, h->count);
	}
	buf_put_u32(out, (uint32_t)f->company_n);
	for (size_t i = 0; i < f->company_n; i++) {
		const struct company_hit *h = &f->company[i];

		buf_put_u64(out, h->company < q->company_n
					 ? company_mark(q->company[h->company])
					 : 0);
		buf_put_u8(out, (uint8_t)h->place);
	}
}

/* ---- the whole -------------------------------------------------------------- */

/* Answers to this very question, as decisions take them. */
static const struct findings *found_by(const struct policy *p,
				       const struct facts *f)
{
	const struct findings *found = f->findings;

	return found && found->version == p->question.version ? found : NULL;
}

static unsigned flags_of(const struct facts *f, const struct findings *found,
			 const struct record_note *note)
{
	unsigned flags = 0;

	flags |= f->bulk ? RECORD_BULK : 0;
	flags |= f->journal ? RECORD_JOURNAL : 0;
	flags |= found ? RECORD_FINDINGS : 0;
	flags |= found && found->more ? RECORD_MORE : 0;
	flags |= note->not_enrolled ? RECORD_NOT_ENROLLED : 0;
	flags |= f->past ? RECORD_PAST_TOLD : 0;
	flags |= f->grade ? RECORD_GRADE_TOLD : 0;
	return flags;
}

static void put_rules(struct buf *out, const struct plan *plan)
{
	buf_put_u64(out, told_of(plan));
	buf_put_u16(out, (uint16_t)plan->rule_n);
	for (size_t i = 0; i < plan->rule_n; i++)
		put_text(out, plan->rule[i]);
}

bool record_write(const struct policy *p, const struct facts *f,
		  const struct plan *plan, const struct record_note *note,
		  struct buf *out)
{
	AUTO(buf) rest = BUF_MAX(RECORD_MAX);
	struct writer w = {.out = &rest, .table = BUF_MAX(RECORD_MAX)};
	const struct findings *found = found_by(p, f);
	bool ok;

	if (has_names(f->view))
		name_words_of(p, &w.name_words);
	put_envelope(&w, f, plan);
	put_rules(&rest, plan);
	put_view(&w, f->view);
	if (found)
		put_findings(&rest, &p->question, found);
	buf_put_u8(out, RECORD_VERSION);
	buf_put_u8(out, MARKS_VERSION);
	buf_put_u8(out, (uint8_t)flags_of(f, found, note));
	buf_put_u8(out, (uint8_t)f->mode);
	put_text(out, note->tenant);
	buf_put_u64(out, (uint64_t)f->accepted_us);
	buf_put_u64(out, f->size);
	buf_put_u16(out, (uint16_t)w.n);
	buf_put_str(out, buf_str(&w.table));
	buf_put_str(out, buf_str(&rest));
	ok = !w.full && buf_ok(&w.table) && buf_ok(&rest) && buf_ok(out) &&
	     out->n <= RECORD_MAX;
	buf_release(&w.table);
	map_release(&w.seen);
	vec_release(&w.name_words);
	return ok;
}
