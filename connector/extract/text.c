/* text.c - what is read of a message as text; see text_int.h. */
#include "connector/extract/text_int.h"

bool text_wanted(const struct scan *s, enum place place)
{
	(void)place;
	return s->collect != NULL;
}

void text_take(struct scan *s, enum place place, size_t part, struct str utf8,
	       bool html)
{
	(void)s;
	(void)place;
	(void)part;
	(void)utf8;
	(void)html;
}

bool text_take_bytes(struct scan *s, enum place place, size_t part,
		     struct str bytes, struct str charset, bool html)
{
	AUTO(buf) text = BUF_MAX(TEXT_PART_MAX);
	bool ok;

	if (!text_wanted(s, place))
		return true;
	ok = charset_decode(s->cs, charset, bytes, &text);
	text_take(s, place, part, buf_str(&text), html);
	return ok || !charset.n;
}

bool text_part(struct scan *s, enum place place, size_t part)
{
	AUTO(buf) bytes = BUF_MAX(TEXT_PART_MAX);
	const struct view_part *p = &s->v->part[part];

	if (!content_read(s, part, &bytes)) {
		scan_doubt(s, DOUBT_TOO_LARGE, part);
		return false;
	}
	return text_take_bytes(s, place, part, buf_str(&bytes), p->charset,
			       str_is(p->type, "text/html"));
}

void text_read(struct scan *s)
{
	(void)s;
}
