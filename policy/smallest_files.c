/* smallest_files.c - fewer and smaller attachments with which a message would
 * pass.
 */
#include "policy/smallest_int.h"

struct cut {
	const struct cond *c;
	bool *gone; /* by part */
	size_t n;
	struct buf names;
};

static bool by_kind(enum cond_kind kind)
{
	return kind == COND_ATT_EXTENSION || kind == COND_ATT_NAMELESS ||
	       kind == COND_ATT_TYPE || kind == COND_ATT_NAME ||
	       kind == COND_ATT_FLAG;
}

/* Is it this attachment that meets the condition? Asked of a message that has
 * no other. */
static bool offends(struct smallest *s, const struct cond *c, size_t part)
{
	const struct view *v = s->f->view;
	struct view_part copy = v->part[part];
	const struct view_inner *in;
	struct view_inner *inner;
	struct trial t;

	if (c->kind == COND_ATT_ENCRYPTED)
		return copy.file & (FILE_ENCRYPTED | FILE_SOME_ENCRYPTED);
	if (!by_kind(c->kind))
		return true;
	trial_init(s, &t);
	copy.parent = VIEW_WHOLE;
	t.v.part = &copy;
	t.v.part_n = 1;
	t.v.reason_n = 0;
	in = inner_of(v, part, &t.v.inner_n);
	inner = arena_array(&s->tries, t.v.inner_n, sizeof(*inner));
	for (size_t i = 0; i < t.v.inner_n; i++) {
		inner[i] = in[i];
		inner[i].part = 0;
	}
	t.v.inner = inner;
	return trial_ask(s, &t, c) == T_TRUE;
}

/* The part to leave out next, or -1. */
static ptrdiff_t next_cut(struct smallest *s, const struct cut *cut)
{
	const struct view *v = s->f->view;
	ptrdiff_t best = -1;

	for (size_t i = 0; i < v->part_n; i++) {
		const struct view_part *part = &v->part[i];

		if (cut->gone[i] ||
		    !part_counts(v, part, cut->c->with_inline) ||
		    !offends(s, cut->c, i))
			continue;
		if (best < 0 || cut->c->kind == COND_ATT_COUNT ||
		    part->decoded > v->part[best].decoded)
			best = (ptrdiff_t)i;
	}
	return best;
}

/* Left out, not removed: parents are named by index. */
static void leave_out(struct smallest *s, const bool *gone, struct trial *t)
{
	const struct view *v = s->f->view;
	struct view_part *parts = arena_array(&s->tries, v->part_n,
					      sizeof(*parts));
	struct view_reason *reasons = arena_array(&s->tries, v->reason_n,
						  sizeof(*reasons));
	size_t n = 0;

	for (size_t i = 0; i < v->part_n; i++) {
		parts[i] = v->part[i];
		if (!gone[i])
			continue;
		parts[i].multipart = true;
		parts[i].attachment = parts[i].inline_cid = false;
	}
	for (size_t i = 0; i < v->reason_n; i++)
		if (v->reason[i].part >= v->part_n || !gone[v->reason[i].part])
			reasons[n++] = v->reason[i];
	t->v.part = parts;
	t->v.reason = reasons;
	t->v.reason_n = n;
	if (!n)
		t->v.completeness = VIEW_COMPLETE;
}

static void name_cut(struct cut *cut, const struct view_part *part)
{
	if (cut->n++ < NAMES_SHOWN)
		buf_printf(&cut->names, "%s" STR_FMT, cut->n > 1 ? ", " : "",
			   STR_ARG(part->name.n ? part->name : part->type));
}

static size_t attachments(const struct view *v, bool with_inline)
{
	size_t n = 0;

	for (size_t i = 0; i < v->part_n; i++)
		n += part_counts(v, &v->part[i], with_inline);
	return n;
}

static void propose_cut(struct smallest *s, struct cut *cut, size_t now)
{
	bool locked = cut->c && cut->c->kind == COND_ATT_ENCRYPTED;

	bool count = (cut->c && cut->c->kind == COND_ATT_COUNT) ||
		     cut->n > NAMES_SHOWN;

	if (count && now == cut->n)
		propose(s, "添付を外す(いま%zu件)",
			"Leave out the attachments (now %zu)", now);
	else if (cut->c && cut->c->kind == COND_ATT_NAMELESS)
		propose(s, "名前のない添付(%s)に名前を付ける",
			"Give the attachment without a name (%s) one",
			buf_cstr(&cut->names));
	else if (count)
		propose(s, "添付を%zu件に減らす(いま%zu件)",
			"Cut attachments to %zu (now %zu)", now - cut->n, now);
	else
		propose(s, "%s%.0s添付「%s」を外す%.0s",
			"%.0sLeave out the attachment%s %s%s",
			locked ? "暗号化された" : "", cut->n > 1 ? "s" : "",
			buf_cstr(&cut->names),
			!locked	     ? ""
			: cut->n > 1 ? ", which are encrypted"
				     : ", which is encrypted");
}

static void try_leaving_out(struct smallest *s, const struct cond *c)
{
	const struct view *v = s->f->view;
	struct cut cut = {.c = c,
			  .gone = arena_alloc(&s->tries, v->part_n + 1),
			  .names = BUF_MAX(2048)};
	bool enough = false;
	struct trial t;

	trial_init(s, &t);
	while (!enough && cut.n < 100) {
		ptrdiff_t i = next_cut(s, &cut);

		if (i < 0)
			break;
		cut.gone[i] = true;
		name_cut(&cut, &v->part[i]);
		leave_out(s, cut.gone, &t);
		enough = trial_ask(s, &t, c) != cond_ask(&s->q, c);
	}
	if (enough && trial_better(s, &t))
		propose_cut(s, &cut, attachments(v, c->with_inline));
	buf_release(&cut.names);
}

/* Where a rule wants every attachment to have a password. */
static void try_encrypting(struct smallest *s, const struct cond *c)
{
	const struct view *v = s->f->view;
	struct view_part *parts = arena_array(&s->tries, v->part_n,
					      sizeof(*parts));
	struct cut cut = {.names = BUF_MAX(2048)};
	struct trial t;

	for (size_t i = 0; i < v->part_n; i++) {
		parts[i] = v->part[i];
		if (!part_counts(v, &parts[i], c->with_inline) ||
		    parts[i].file & FILE_ENCRYPTED)
			continue;
		parts[i].file |= FILE_ENCRYPTED;
		name_cut(&cut, &parts[i]);
	}
	trial_init(s, &t);
	t.v.part = parts;
	if (cut.n && trial_better(s, &t))
		propose(s, "%.0s添付「%s」をパスワードで暗号化する",
			"Encrypt the attachment%s %s with a password",
			cut.n > 1 ? "s" : "", buf_cstr(&cut.names));
	buf_release(&cut.names);
}

void try_attachments(struct smallest *s, const struct cond *c)
{
	if (c->kind == COND_ATT_ENCRYPTED &&
	    (c->what == ENCRYPTED_NONE || c->what == ENCRYPTED_SOME))
		try_encrypting(s, c);
	else
		try_leaving_out(s, c);
}

/* Without the attachments that were not read and so keep the mail back. */
void try_unread(struct smallest *s, unsigned doubts)
{
	const struct view *v = s->f->view;
	bool locked = doubts == WHY(DOUBT_ENCRYPTED);
	struct cut cut = {.gone = arena_alloc(&s->tries, v->part_n + 1),
			  .names = BUF_MAX(2048)};
	struct trial t;

	for (size_t i = 0; i < v->reason_n; i++) {
		uint16_t part = v->reason[i].part;

		if (!(doubts >> v->reason[i].doubt & 1) || part >= v->part_n ||
		    cut.gone[part] || !part_counts(v, &v->part[part], true))
			continue;
		cut.gone[part] = true;
		name_cut(&cut, &v->part[part]);
	}
	trial_init(s, &t);
	leave_out(s, cut.gone, &t);
	if (cut.n && cut.n <= NAMES_SHOWN && trial_better(s, &t))
		propose(s, "%s%.0s添付「%s」を外す%.0s",
			"%.0sLeave out the attachment%s %s, which %s",
			locked ? "暗号化された" : "中を調べられない",
			cut.n > 1 ? "s" : "", buf_cstr(&cut.names),
			!locked	    ? "could not be read"
			: cut.n > 1 ? "are encrypted"
				    : "is encrypted");
	buf_release(&cut.names);
}

/* Where a rule asks how much was inspected. */
void try_read(struct smallest *s, const struct cond *c)
{
	try_unread(s, c->kind == COND_REASON ? c->mask : ~0u);
}

void try_size(struct smallest *s, const struct cond *c)
{
	AUTO(buf) want = BUF_MAX(64);
	AUTO(buf) now = BUF_MAX(64);
	struct trial t;

	if (!range_has(&c->range, s->f->size) || !c->range.lo)
		return;
	trial_init(s, &t);
	t.f.size = c->range.lo - 1;
	if (!trial_better(s, &t))
		return;
	say_size(&want, c->range.lo);
	say_size(&now, s->f->size);
	propose(s, "メールを %s より小さくする(いま %s)",
		"Make the message smaller than %s (now %s)", buf_cstr(&want),
		buf_cstr(&now));
}
