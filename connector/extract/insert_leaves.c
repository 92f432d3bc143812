/* insert_leaves.c - which parts a text has to go into, so that every reader
 * sees it once: of multipart/alternative each branch, of a branch its first
 * leaf for the head and its last for the tail.
 */
#include "connector/extract/insert_int.h"

static bool is_text(const struct scan *s, size_t i, bool *html)
{
	const struct view_part *p = &s->v->part[i];

	*html = str_is(p->type, "text/html");
	return !p->multipart && !p->attachment && !p->inline_cid &&
	       !s->more[i].nested && (*html || str_is(p->type, "text/plain"));
}

static bool alternative(const struct scan *s, size_t i)
{
	return i != VIEW_WHOLE &&
	       str_is(s->v->part[i].type, "multipart/alternative");
}

/* The branch of `top` that the part is in; the part itself without one. */
static size_t branch_of(const struct scan *s, size_t part, size_t top)
{
	size_t up = s->v->part[part].parent;

	while (up != VIEW_WHOLE && up != top) {
		part = up;
		up = s->v->part[part].parent;
	}
	return up == top ? part : VIEW_WHOLE;
}

/* The outermost multipart/alternative above the part. */
static size_t top_of(const struct scan *s, size_t part)
{
	size_t top = VIEW_WHOLE;

	for (size_t up = s->v->part[part].parent; up != VIEW_WHOLE;
	     up = s->v->part[up].parent)
		if (alternative(s, up))
			top = up;
	return top;
}

struct branches {
	struct insert_leaf *v;
	size_t n;
	size_t branch[INSERT_LEAVES_MAX]; /* of the leaf */
};

static struct insert_leaf *last_of(struct branches *b, size_t branch)
{
	for (size_t i = b->n; i--;)
		if (b->branch[i] == branch)
			return &b->v[i];
	return NULL;
}

static void add_leaf(struct branches *b, size_t branch, size_t part, bool html)
{
	struct insert_leaf *before = last_of(b, branch);

	/* Between first and last nothing goes. */
	if (before && !before->head) {
		before->part = part;
		before->html = html;
		return;
	}
	if (before)
		before->tail = false;
	if (b->n == INSERT_LEAVES_MAX)
		return;
	b->branch[b->n] = branch;
	b->v[b->n++] = (struct insert_leaf){
		.part = part, .html = html, .head = !before, .tail = true};
}

size_t insert_leaves(const struct scan *s,
		     struct insert_leaf v[INSERT_LEAVES_MAX])
{
	struct branches b = {.v = v};
	size_t top = VIEW_WHOLE;
	bool html, found = false;

	for (size_t i = 0; i < s->v->part_n; i++) {
		size_t branch;

		if (!is_text(s, i, &html))
			continue;
		if (!found)
			top = top_of(s, i);
		found = true;
		branch = top == VIEW_WHOLE ? VIEW_WHOLE : branch_of(s, i, top);
		/* Beside the alternatives: not the main body. */
		if (top != VIEW_WHOLE && branch == VIEW_WHOLE)
			continue;
		add_leaf(&b, branch, i, html);
	}
	return b.n;
}
