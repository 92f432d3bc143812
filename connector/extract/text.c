/* text.c - what is read of a message as text; see text_int.h. */
#include "connector/extract/text_int.h"
#include "connector/extract/collect_int.h"
#include "connector/extract/magic_int.h"

bool text_has_tags(struct str type)
{
	/* RFC 1896; RFC 1341 7.1.3; what phones and watches show. */
	static const char *const types[] = {
		"text/html",	   "text/enriched",   "text/richtext",
		"text/x-amp-html", "text/watch-html", "application/xhtml+xml",
		"text/xml",	   "application/xml",
	};

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (str_is(type, types[i]))
			return true;
	return false;
}

/* Where files are asked about, they may be written into a text. */
static bool looked_at(const struct scan *s, enum place place)
{
	return text_wanted(s, place) || s->q->asks_files || s->q->asks_inside;
}

/* Another reading: as it is with its lines joined. A calendar may hold HTML
 * beside its text. */
static void take_unfolded(struct scan *s, enum place place, size_t part,
			  struct str text)
{
	AUTO(buf) joined = BUF_MAX(TEXT_PART_MAX);
	bool delsp = place == PLACE_BODY && part < s->v->part_n &&
		     s->more[part].delsp;

	if (!text_unfold(text, delsp, &joined))
		return;
	text_take(s, place, part, buf_str(&joined), false);
	if (str_find_ci(buf_str(&joined), STR("text/html")) >= 0)
		text_take(s, place, part, buf_str(&joined), true);
	if (text_carries_files(text) &&
	    (s->q->asks_inside || s->q->asks_content))
		scan_doubt(s, DOUBT_UNKNOWN_TYPE, part);
}

bool text_take_bytes(struct scan *s, enum place place, size_t part,
		     struct str bytes, struct str charset, bool html)
{
	AUTO(buf) text = BUF_MAX(TEXT_PART_MAX);
	AUTO(buf) other = BUF_MAX(TEXT_PART_MAX);
	struct readings r;

	if (!bytes.n || !looked_at(s, place))
		return true;
	charset_read(s->cs, charset, bytes, &text, &other, &r);
	insets_look(s, part, r.text);
	if (!text_wanted(s, place))
		return true;
	if (!buf_ok(&text) || !buf_ok(&other))
		scan_doubt(s, DOUBT_TOO_LARGE, part);
	collect_readings_begin(s->collect);
	text_take(s, place, part, r.text, html);
	if (r.two)
		text_take(s, place, part, buf_str(&other), html);
	if (!html)
		take_unfolded(s, place, part, r.text);
	collect_readings_end(s->collect, place);
	return !r.wrong;
}

static bool is_binary(struct str bytes)
{
	bool both;
	const struct kind *k = magic_kind(bytes, &both);

	return *k->type && k->reader != READER_TEXT &&
	       k->reader != READER_HTML && k->reader != READER_MAIL &&
	       k->reader != READER_NOTHING && k->reader != READER_SEALED;
}

bool text_part(struct scan *s, enum place place, size_t part)
{
	AUTO(buf) bytes = BUF_MAX(TEXT_PART_MAX);
	const struct view_part *p = &s->v->part[part];
	bool whole;

	if (!looked_at(s, place))
		return true;
	(void)buf_room(&bytes,
		       (size_t)MIN_OF(p->decoded, (uint64_t)TEXT_PART_MAX));
	whole = content_read(s, part, &bytes);
	if (!whole)
		scan_doubt(s, DOUBT_TOO_LARGE, part);
	/* A file that calls itself a text. */
	if (is_binary(buf_str(&bytes)))
		scan_doubt(s, DOUBT_AMBIGUOUS, part);
	if (!text_take_bytes(s, place, part, buf_str(&bytes), p->charset,
			     text_has_tags(p->type)))
		scan_doubt(s, DOUBT_DAMAGED, part);
	return whole;
}

static bool field_asked(const struct collect *c, struct str name)
{
	for (size_t i = 0; i < c->field_n; i++)
		if (str_is_ci(name, c->field[i]))
			return true;
	return false;
}

static void read_header_fields(struct scan *s)
{
	struct collect *c = s->collect;

	for (size_t i = 0; i < s->v->field_n; i++) {
		const struct view_field *f = &s->v->field[i];

		if (str_is_ci(f->name, "Subject"))
			text_take(s, PLACE_SUBJECT, VIEW_WHOLE, f->value,
				  false);
		if (!text_wanted(s, PLACE_HEADER) || !field_asked(c, f->name))
			continue;
		c->header_field = f->name;
		text_take(s, PLACE_HEADER, VIEW_WHOLE, f->value, false);
	}
}

/* All that the mail gives as the name of a file, its description included:
 * readings of one. */
static void read_names(struct scan *s)
{
	for (size_t i = 0; i < s->v->part_n; i++) {
		const struct view_part *p = &s->v->part[i];
		struct str rest = p->other_names, name;

		if (s->more[i].nested)
			continue;
		collect_readings_begin(s->collect);
		text_take(s, PLACE_FILE_NAMES, i, p->name, false);
		while (str_split(&rest, '\0', &name))
			text_take(s, PLACE_FILE_NAMES, i, name, false);
		text_take(s, PLACE_FILE_NAMES, i, s->more[i].description,
			  false);
		collect_readings_end(s->collect, PLACE_FILE_NAMES);
	}
}

/* The outermost multipart/alternative around a part, and which of its children
 * the part is in; VIEW_WHOLE: none. */
static size_t alternative_of(const struct view *v, size_t part, size_t *child_r)
{
	size_t found = VIEW_WHOLE, up;

	for (; (up = v->part[part].parent) != VIEW_WHOLE; part = up)
		if (str_is(v->part[up].type, "multipart/alternative")) {
			found = up;
			*child_r = part;
		}
	return found;
}

static bool is_body(const struct scan *s, size_t i)
{
	const struct view_part *p = &s->v->part[i];

	return !p->multipart && !p->attachment && !p->inline_cid &&
	       !s->more[i].nested &&
	       (str_starts(p->type, STR("text/")) ||
		str_starts(p->type, STR("message/")));
}

/* What one mail program shows of alternatives another does not: each is read,
 * and the one with the most hits counts. */
static void read_bodies(struct scan *s)
{
	size_t group = VIEW_WHOLE, child = VIEW_WHOLE;

	for (size_t i = 0; i < s->v->part_n; i++) {
		size_t of = VIEW_WHOLE, in = VIEW_WHOLE;

		if (!is_body(s, i))
			continue;
		of = alternative_of(s->v, i, &in);
		of = s->collect ? of : VIEW_WHOLE;
		if (group != VIEW_WHOLE && of != group)
			collect_group_end(s->collect, PLACE_BODY);
		else if (group != VIEW_WHOLE && in != child)
			collect_alternative_end(s->collect);
		if (of != VIEW_WHOLE && of != group)
			collect_group_begin(s->collect);
		group = of;
		child = in;
		(void)text_part(s, PLACE_BODY, i);
	}
	if (group != VIEW_WHOLE)
		collect_group_end(s->collect, PLACE_BODY);
}

void text_read(struct scan *s)
{
	if (s->collect)
		read_header_fields(s);
	if (looked_at(s, PLACE_BODY)) {
		read_bodies(s);
		between_read(s, s, PLACE_BODY, VIEW_WHOLE, 0, s->v->part_n);
	}
	if (text_wanted(s, PLACE_FILE_NAMES))
		read_names(s);
}
