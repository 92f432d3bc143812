/* ask_files.c - attachments, asked: three answers, since a file that was not
 * read may be anything (policy/README.md, "Doubt").
 */
#include "policy/policy_int.h"
#include "policy/record_int.h"

/* As they stand in the mail: not what an attached mail contains. */
bool part_counts(const struct view *v, const struct view_part *part,
		 bool with_inline)
{
	uint16_t up = part->parent;

	if (part->multipart)
		return false;
	if (!part->attachment && !(with_inline && part->inline_cid))
		return false;
	for (size_t i = 0; up != VIEW_WHOLE && i <= MIME_DEPTH_MAX; i++) {
		if (up >= v->part_n || !v->part[up].multipart)
			return false;
		up = v->part[up].parent;
	}
	return true;
}

/* ---- how many, how large ---- */

enum truth ask_attachments(struct asking *q, const struct cond *c)
{
	const struct view *v = q->f->view;
	uint64_t count = 0, total = 0, largest = 0;
	bool nameless = false, yes;

	for (size_t i = 0; i < v->part_n; i++) {
		const struct view_part *part = &v->part[i];

		if (!part_counts(v, part, c->with_inline))
			continue;
		nameless = nameless || part->nameless;
		count++;
		total += part->decoded;
		largest = MAX_OF(largest, part->decoded);
	}
	if (c->kind == COND_ATT_COUNT)
		yes = range_has(&c->range, count);
	else if (c->kind == COND_ATT_TOTAL)
		yes = range_has(&c->range, total);
	else if (c->kind == COND_ATT_LARGEST)
		yes = range_has(&c->range, largest);
	else
		yes = nameless;
	return yes ? T_TRUE : T_FALSE;
}

/* ---- what one file is ---- */

/* An attachment, or a file within one. */
struct file {
	struct str name, other_names, type, real;
	unsigned flags;
	bool inner;
};

/* "a.tar.gz" ends in tar.gz and in gz; "gz" alone is no extension. */
static bool extension_is(struct str name, struct str ext)
{
	return name.n > ext.n + 1 && str_ends_ci(name, ext) &&
	       name.p[name.n - ext.n - 1] == '.';
}

/* Windows drops dots and blanks at the end, mail programs quotes and slashes:
 * "a.zip. " is stored as a.zip. */
struct str name_as_stored(struct str name)
{
	while (name.n && strchr(". \"'/\\", name.p[name.n - 1]))
		name.n--;
	return name;
}

static bool extension_listed(const struct words *w, struct str name)
{
	AUTO(buf) folded = BUF_MAX(64 * KIB);

	fold_text(&folded, name);
	for (size_t i = 0; i < w->n; i++)
		if (extension_is(name_as_stored(buf_str(&folded)), w->v[i]))
			return true;
	return false;
}

/* Every reading of the name: `in` is met by any of them, `not-in` by any that
 * is not listed. */
static bool extension(const struct cond *c, const struct file *f)
{
	struct str rest = f->other_names, name;

	/* A folder of an archive, a text within an attached mail. */
	if (f->inner && (!f->name.n || str_ends(f->name, STR("/"))))
		return false;
	if (extension_listed(&c->words, f->name) != c->negate)
		return true;
	while (str_split(&rest, 0, &name))
		if (name.n && extension_listed(&c->words, name) != c->negate)
			return true;
	return false;
}

static bool named(const struct cond *c, const struct file *f)
{
	struct str rest = f->other_names, name = f->name;

	do {
		AUTO(buf) folded = BUF_MAX(64 * KIB);

		fold_text(&folded, name);
		if (words_in(&c->words, buf_str(&folded)))
			return true;
	} while (str_split(&rest, 0, &name));
	return false;
}

/* "image/..." with a star is met by every kind of image. */
static bool type_is(struct str pattern, struct str type)
{
	if (str_ends(pattern, STR("/*")))
		return str_starts_ci(type, str_head(pattern, pattern.n - 1));
	return str_eq_ci(type, pattern);
}

static bool typed(const struct cond *c, const struct file *f)
{
	for (size_t i = 0; i < c->words.n; i++)
		if (type_is(c->words.v[i], f->type) ||
		    type_is(c->words.v[i], f->real))
			return true;
	return false;
}

static bool file_is(const struct cond *c, const struct file *f)
{
	switch (c->kind) {
	case COND_ATT_EXTENSION:
		return extension(c, f);
	case COND_ATT_NAME:
		return named(c, f);
	case COND_ATT_TYPE:
		return typed(c, f);
	default:
		return (f->flags & c->what) != 0;
	}
}

/* ---- what was not read of it ---- */

/* Flags and types come with the findings. */
static unsigned unanswered(const struct asking *q)
{
	if (!q->answers)
		return WHY(DOUBT_FAILED);
	return q->answers->untold_files ? WHY_UNTOLD : 0;
}

/* Words that stand in no name then are in none now; a name that is not there
 * holds no word. */
static unsigned untold_names(const struct asking *q, size_t part)
{
	const struct view *v = q->f->view;
	size_t n;

	if (!(q->f->untold & UNTOLD_NAMES))
		return 0;
	inner_of(v, part, &n);
	return n || v->part[part].name.n || v->part[part].other_names.n
		       ? WHY_UNTOLD
		       : 0;
}

/* Doubts after which a file's own bytes are not known. */
#define UNREAD                                                                 \
	(WHY(DOUBT_TOO_LARGE) | WHY(DOUBT_DAMAGED) | WHY(DOUBT_AMBIGUOUS) |    \
	 WHY(DOUBT_LIMIT) | WHY(DOUBT_FAILED))

static unsigned open_self(struct asking *q, const struct cond *c, size_t part)
{
	const struct view_part *p = &q->f->view->part[part];
	unsigned open = q->part_open[part];

	if (c->kind == COND_ATT_EXTENSION)
		return q->whole_open;
	if (c->kind == COND_ATT_NAME)
		return q->whole_open | untold_names(q, part);
	if (c->kind == COND_ATT_TYPE)
		return unanswered(q) | (p->real_type.n ? 0 : open & UNREAD);
	/* Who cannot open a document cannot tell whether it has macros. */
	if (c->what == FILE_MACRO && !(p->file & FILE_ARCHIVE))
		return unanswered(q) | (open & (UNREAD | WHY(DOUBT_ENCRYPTED)));
	return unanswered(q) | (open & UNREAD);
}

static unsigned open_inside(struct asking *q, const struct cond *c, size_t part)
{
	const struct view_part *p = &q->f->view->part[part];
	unsigned why = q->part_hides[part];
	bool bytes = c->kind == COND_ATT_TYPE || c->kind == COND_ATT_FLAG;

	if (c->outer)
		return 0;
	if (part_may_contain(p)) {
		why |= unanswered(q);
		if (q->answers && q->answers->untold_inside)
			why |= WHY_UNTOLD;
	}
	/* The names of encrypted files are read, their bytes are not. */
	if (bytes && p->file & FILE_ARCHIVE)
		why |= q->part_open[part] & (UNREAD | WHY(DOUBT_ENCRYPTED));
	return why;
}

/* ---- all of them ---- */

/* Flags of an archive tell of its contents, too: its own are those that
 * nothing within has. */
static unsigned own_flags(const struct view *v, size_t part)
{
	unsigned within = 0;
	size_t n;
	const struct view_inner *in = inner_of(v, part, &n);

	for (size_t i = 0; i < n; i++)
		within |= in[i].file;
	return v->part[part].file & ~within;
}

static bool inside_is(const struct view *v, const struct cond *c, size_t part)
{
	size_t n;
	const struct view_inner *in = inner_of(v, part, &n);

	for (size_t i = 0; i < n; i++) {
		const struct file f = {.name = in[i].name,
				       .real = in[i].type,
				       .flags = in[i].file,
				       .inner = true};

		if (file_is(c, &f))
			return true;
	}
	return false;
}

static bool part_is(const struct view *v, const struct cond *c, size_t part)
{
	const struct view_part *p = &v->part[part];
	const struct file f = {.name = p->name,
			       .other_names = p->other_names,
			       .type = p->type,
			       .real = p->real_type,
			       .flags = c->outer ? own_flags(v, part)
						 : p->file};

	return file_is(c, &f) || (!c->outer && inside_is(v, c, part));
}

/* Extensions that are longer than what a record keeps of a name. */
static bool beyond_ends(const struct cond *c)
{
	for (size_t i = 0; i < c->words.n; i++) {
		struct str outer = c->words.v[i], first;
		ptrdiff_t dot = str_rchr(outer, '.');

		if (outer.n - (size_t)(dot + 1) > RECORD_EXTENSION_MOST)
			return true;
		if (dot < 0)
			continue;
		outer = str_head(outer, (size_t)dot);
		first = outer;
		if (first.n > RECORD_OUTER_MOST || str_chr(first, '.') >= 0)
			return true;
	}
	return false;
}

static enum truth ask_any(struct asking *q, const struct cond *c)
{
	const struct view *v = q->f->view;
	unsigned why = q->whole_open;
	bool untold = q->f->untold & UNTOLD_ENDS &&
		      c->kind == COND_ATT_EXTENSION && beyond_ends(c);

	for (size_t i = 0; i < v->part_n; i++) {
		if (!part_counts(v, &v->part[i], c->with_inline))
			continue;
		if (!untold && part_is(v, c, i))
			return T_TRUE;
		why |= untold ? WHY_UNTOLD : 0;
		why |= open_self(q, c, i) | open_inside(q, c, i);
	}
	q->why = why;
	return why ? T_UNKNOWN : T_FALSE;
}

/* ---- encrypted ---- */

static bool encrypted_within(const struct view *v, size_t part)
{
	size_t n;
	const struct view_inner *in = inner_of(v, part, &n);

	if (v->part[part].file & FILE_SOME_ENCRYPTED)
		return true;
	for (size_t i = 0; i < n; i++)
		if (in[i].file & (FILE_ENCRYPTED | FILE_SOME_ENCRYPTED))
			return true;
	return false;
}

/* Does the attachment need a password (all), something in it (any)? */
struct locks {
	enum truth all, any; /* of the attachments */
	unsigned why;
};

static void add_locks(struct asking *q, const struct cond *c, size_t part,
		      struct locks *sum)
{
	const struct view *v = q->f->view;
	unsigned self = unanswered(q) | (q->part_open[part] & UNREAD) |
			(part_may_contain(&v->part[part]) &&
					 !(v->part[part].file & FILE_ARCHIVE)
				 ? q->part_open[part] & WHY(DOUBT_UNKNOWN_TYPE)
				 : 0);
	unsigned inside = self | open_inside(q, c, part);
	bool all = v->part[part].file & FILE_ENCRYPTED;
	bool any = all || (!c->outer && encrypted_within(v, part));

	if (!all) {
		sum->all = truth_and(sum->all, self ? T_UNKNOWN : T_FALSE);
		sum->why |= self;
	}
	if (any) {
		sum->any = T_TRUE;
	} else if (inside) {
		sum->any = truth_or(sum->any, T_UNKNOWN);
		sum->why |= inside;
	}
}

static enum truth ask_encrypted(struct asking *q, const struct cond *c)
{
	const struct view *v = q->f->view;
	struct locks sum = {T_TRUE, T_FALSE, q->whole_open};
	size_t n = 0;
	enum truth t;

	for (size_t i = 0; i < v->part_n; i++) {
		if (!part_counts(v, &v->part[i], c->with_inline))
			continue;
		n++;
		add_locks(q, c, i, &sum);
	}
	if (!n)
		sum.all = T_FALSE;
	if (q->whole_open) { /* there may be more attachments */
		sum.all = truth_and(sum.all, T_UNKNOWN);
		sum.any = truth_or(sum.any, T_UNKNOWN);
		if (!n)
			sum.all = T_UNKNOWN;
	}
	if (c->what == ENCRYPTED_ALL)
		t = sum.all;
	else if (c->what == ENCRYPTED_ANY)
		t = sum.any;
	else if (c->what == ENCRYPTED_NONE)
		t = truth_not(sum.any);
	else
		t = truth_and(sum.any, truth_not(sum.all));
	q->why = sum.why;
	return t;
}

enum truth ask_files(struct asking *q, const struct cond *c)
{
	return c->kind == COND_ATT_ENCRYPTED ? ask_encrypted(q, c)
					     : ask_any(q, c);
}
