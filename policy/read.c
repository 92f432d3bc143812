/* read.c - which of the message was not read, and why: what leaves a question
 * about content open (policy/README.md, "Doubt").
 *
 * A doubt whose line says `pass` is a declared exception: the part counts as
 * one that was read and holds nothing.
 */
#include "policy/policy_int.h"

/* Types and extensions of files that have files within. */
static const char *const CONTAINER_TYPES[] = {
	"application/zip",
	"application/x-zip-compressed",
	"application/x-7z-compressed",
	"application/vnd.rar",
	"application/x-rar",
	"application/x-rar-compressed",
	"application/x-lzh",
	"application/x-lzh-compressed",
	"application/x-lha",
	"application/vnd.ms-cab-compressed",
	"application/x-tar",
	"application/gzip",
	"application/x-gzip",
	"application/x-bzip2",
	"application/x-xz",
	"application/zstd",
	"application/x-iso9660-image",
	"application/vnd.ms-outlook",
	"application/ms-tnef",
	"application/vnd.ms-tnef",
	"message/rfc822",
	"message/global",
};
static const char *const CONTAINER_NAMES[] = {
	".zip", ".7z",	".rar", ".lzh", ".lha", ".cab", ".tar",
	".gz",	".tgz", ".bz2", ".tbz", ".xz",	".txz", ".zst",
	".iso", ".img", ".eml", ".msg", ".dmg", ".arj",
};

static bool container_type(struct str type)
{
	for (size_t i = 0; i < ARRAY_LEN(CONTAINER_TYPES); i++)
		if (str_is_ci(type, CONTAINER_TYPES[i]))
			return true;
	return false;
}

static bool container_name(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(CONTAINER_NAMES); i++)
		if (str_ends_ci(name, str_of(CONTAINER_NAMES[i])))
			return true;
	return false;
}

bool part_may_contain(const struct view_part *part)
{
	return part->file & FILE_ARCHIVE || container_type(part->type) ||
	       container_type(part->real_type) || container_name(part->name);
}

const struct view_inner *inner_of(const struct view *v, size_t part,
				  size_t *n_r)
{
	size_t lo = 0, hi = v->inner_n, end;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (v->inner[mid].part < part)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (end = lo; end < v->inner_n && v->inner[end].part == part;)
		end++;
	*n_r = end - lo;
	return v->inner ? v->inner + lo : NULL;
}

/* An archive whose list was read holds another that was not. */
static bool closed_inside(const struct view *v, size_t part)
{
	size_t n;
	const struct view_inner *in = inner_of(v, part, &n);

	for (size_t i = 0; i < n; i++)
		if (!(in[i].file & FILE_ARCHIVE) &&
		    (container_type(in[i].type) || container_name(in[i].name)))
			return true;
	return false;
}

/* Does the doubt leave open what files the part has within? A list can be
 * read without the files on it. */
static bool hides_files(const struct view *v, size_t part, enum doubt doubt)
{
	const struct view_part *p = &v->part[part];

	if (!part_may_contain(p))
		return false;
	if (p->file & FILE_ARCHIVE &&
	    (doubt == DOUBT_ENCRYPTED || doubt == DOUBT_UNKNOWN_TYPE ||
	     doubt == DOUBT_PICTURE))
		return closed_inside(v, part);
	return doubt != DOUBT_PICTURE;
}

/* ---- of which part a doubt speaks ---- */

/* Within an attachment: an attached mail's own parts. */
static bool within_attachment(const struct view *v, const struct view_part *p)
{
	for (size_t i = 0; i <= MIME_DEPTH_MAX; i++) {
		if (p->attachment)
			return true;
		if (p->parent >= v->part_n)
			return false;
		p = &v->part[p->parent];
	}
	return false;
}

static bool is_text(const struct view_part *part)
{
	return str_starts_ci(part->type, STR("text/"));
}

static void part_doubt(struct asking *q, uint16_t at, enum doubt doubt)
{
	const struct view *v = q->f->view;
	const struct view_part *part = &v->part[at];
	bool file = part->inline_cid || within_attachment(v, part);

	q->part_open[at] |= WHY(doubt);
	if (hides_files(v, at, doubt))
		q->part_hides[at] |= WHY(doubt);
	/* The root of an encrypted mail is body and attachments in one. */
	if (!file)
		q->open[MATTER_BODY] |= WHY(doubt);
	if (!file && is_text(part))
		return;
	q->open[MATTER_FILES] |= WHY(doubt);
	if (!file)
		q->part_hides[at] |= WHY(doubt);
	q->open[MATTER_NAMES] |= q->part_hides[at] & WHY(doubt);
}

static void reason_doubt(struct asking *q, const struct view_reason *r)
{
	const struct view *v = q->f->view;

	if (q->p->doubt[r->doubt] == LINE_PASS)
		return;
	if (r->part < v->part_n) {
		part_doubt(q, r->part, r->doubt);
		return;
	}
	q->whole_open |= WHY(r->doubt);
	for (size_t i = 0; i < v->part_n; i++) {
		q->part_open[i] |= WHY(r->doubt);
		q->part_hides[i] |= WHY(r->doubt);
	}
	for (int m = MATTER_BODY; m < MATTER_N; m++)
		q->open[m] |= WHY(r->doubt);
}

/* Nothing at all is known, whatever the line of its doubt says. */
static void nothing_read(struct asking *q)
{
	const struct view *v = q->f->view;
	unsigned why = 0;

	for (size_t i = 0; i < v->reason_n; i++)
		why |= WHY(v->reason[i].doubt);
	if (!why)
		why = WHY(DOUBT_FAILED);
	for (int m = 0; m < MATTER_N; m++)
		q->open[m] |= why;
	q->whole_open |= why;
}

void reading_init(struct asking *q)
{
	const struct view *v = q->f->view;
	const struct findings *f = q->f->findings;

	q->answers = f && f->version == q->p->question.version ? f : NULL;
	memset(q->open, 0, sizeof(q->open));
	q->whole_open = 0;
	q->part_open = arena_array(q->a, v->part_n + 1, sizeof(unsigned));
	q->part_hides = arena_array(q->a, v->part_n + 1, sizeof(unsigned));
	for (size_t i = 0; i < v->reason_n; i++)
		reason_doubt(q, &v->reason[i]);
	if (v->completeness == VIEW_NONE)
		nothing_read(q);
}

/* ---- what that leaves open ---- */

/* Findings that did not come, or answer another policy. */
static unsigned unanswered(const struct asking *q)
{
	if (!q->answers)
		return WHY(DOUBT_FAILED);
	return q->answers->more ? WHY(DOUBT_LIMIT) : 0;
}

unsigned open_places(const struct asking *q, unsigned places)
{
	static const enum matter OF[PLACE_N] = {
		[PLACE_SUBJECT] = MATTER_HEADER,
		[PLACE_BODY] = MATTER_BODY,
		[PLACE_FILE_NAMES] = MATTER_NAMES,
		[PLACE_ATTACHMENTS] = MATTER_FILES,
		[PLACE_HEADER] = MATTER_HEADER,
	};
	unsigned why = unanswered(q);

	for (int i = 0; i < PLACE_N; i++)
		if (places >> i & 1)
			why |= q->open[OF[i]];
	return why;
}

unsigned scope_places(unsigned scopes)
{
	static const unsigned OF[SCOPE_N] = {
		[SCOPE_BODY] = 1u << PLACE_BODY,
		[SCOPE_ATTACHMENTS] = 1u << PLACE_ATTACHMENTS,
		[SCOPE_ANYWHERE] = 1u << PLACE_SUBJECT | 1u << PLACE_BODY |
				   1u << PLACE_FILE_NAMES |
				   1u << PLACE_ATTACHMENTS,
	};
	unsigned places = 0;

	for (int i = 0; i < SCOPE_N; i++)
		if (scopes >> i & 1)
			places |= OF[i];
	return places;
}

unsigned open_scopes(const struct asking *q, unsigned scopes)
{
	return open_places(q, scope_places(scopes));
}

static bool is_body(const struct view_part *p)
{
	return p->multipart ||
	       (!p->attachment && !p->inline_cid && !p->name.n &&
		(str_is(p->type, "text/plain") ||
		 str_is(p->type, "text/html")));
}

unsigned places_there(const struct view *v)
{
	unsigned all = (1u << PLACE_N) - 1;

	for (size_t i = 0; i < v->part_n; i++)
		if (!is_body(&v->part[i]))
			return all;
	return v->part_n ? all & ~(1u << PLACE_FILE_NAMES |
				   1u << PLACE_ATTACHMENTS)
			 : all;
}

enum truth count_ask(struct asking *q, const struct range *r, uint64_t n,
		     unsigned why)
{
	if (!why)
		return range_has(r, n) ? T_TRUE : T_FALSE;
	if (n > r->hi)
		return T_FALSE;
	if (n >= r->lo && r->hi == UINT64_MAX)
		return T_TRUE;
	q->why = why;
	return T_UNKNOWN;
}
