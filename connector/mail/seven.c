/* seven.c - edits that make a mail 7-bit with strict line ends; see seven.h. */
#include "connector/mail/seven.h"

#define FIELD_BASE64 "Content-Transfer-Encoding: base64\r\n"
#define FIELD_7BIT   "Content-Transfer-Encoding: 7bit\r\n"
/* RFC 2045 4, and RFC 1428 3 for text of which nobody says what it is. */
#define FIELD_MIME    "MIME-Version: 1.0\r\n"
#define FIELD_UNKNOWN "Content-Type: text/plain; charset=unknown-8bit\r\n"

static bool holds_parts(const struct view *v, size_t i)
{
	return v->part[i].multipart ||
	       (i + 1 < v->part_n && v->part[i + 1].parent == i);
}

static bool may_change(const struct view *v)
{
	if (v->completeness == VIEW_NONE || v->has_8bit_header ||
	    v->between_8bit || v->between_bare_lf ||
	    v->classes & (CLASS_SIGNED | CLASS_ENCRYPTED))
		return false;
	for (size_t i = 0; i < v->reason_n; i++)
		if (v->reason[i].doubt == DOUBT_AMBIGUOUS ||
		    v->reason[i].doubt == DOUBT_LIMIT)
			return false;
	return true;
}

static void put(struct edits *e, uint64_t off, uint64_t len, struct str text)
{
	e->v[e->n++] = (struct edit){.off = off, .len = len, .text = text};
}

/* What becomes of a leaf; EDIT_TEXT: nothing. RFC 2045 6.4: of "message" types
 * only the body parts within may be encoded. */
static bool leaf_how(const struct view_part *p, enum edit_how *how_r)
{
	*how_r = EDIT_TEXT;
	if (!p->has_8bit && !p->bare_lf)
		return true;
	if (p->coding == CODING_7BIT || p->coding == CODING_8BIT) {
		*how_r = EDIT_BASE64;
		return !str_starts(p->type, STR("message/"));
	}
	*how_r = EDIT_CRLF;
	return !p->has_8bit && p->coding != CODING_UNKNOWN;
}

/* An 8-bit text that knows nothing of MIME yet. */
static void root_fields(const struct view *v, struct edits *e)
{
	if (!v->has_mime_version)
		put(e, v->header_end, 0, STR(FIELD_MIME));
	if (!v->has_content_type)
		put(e, v->header_end, 0, STR(FIELD_UNKNOWN));
}

static bool part(const struct view *v, size_t i, struct edits *e)
{
	const struct view_part *p = &v->part[i];
	enum edit_how how = EDIT_TEXT;

	if (!holds_parts(v, i) && !leaf_how(p, &how))
		return false;
	if (how == EDIT_BASE64)
		put(e, p->coding_off, p->coding_len, STR(FIELD_BASE64));
	else if (holds_parts(v, i) && p->coding == CODING_8BIT)
		put(e, p->coding_off, p->coding_len, STR(FIELD_7BIT));
	if (i == 0)
		root_fields(v, e);
	if (how != EDIT_TEXT)
		e->v[e->n++] = (struct edit){
			.off = p->off,
			.len = p->len,
			.how = how,
			.bare = how == EDIT_CRLF ? p->bare_lf : 0};
	return true;
}

bool seven_make(const struct view *v, struct arena *a, struct edits *edits_r)
{
	struct edits e = {.n = 0};

	*edits_r = e;
	if (!v->has_8bit && !v->has_bare_lf)
		return true;
	if (!may_change(v) || !v->part_n)
		return false;
	e.v = arena_array(a, v->part_n * 2 + 2, sizeof(*e.v));
	for (size_t i = 0; i < v->part_n; i++)
		if (!part(v, i, &e))
			return false;
	*edits_r = e;
	return e.n <= EDITS_MAX;
}
