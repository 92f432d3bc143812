/* fields.c - the message's own header: who, what, and whether mail programs
 * would agree about it (RFC 5322 3.6).
 */
#include "connector/extract/addrlist_int.h"
#include "connector/extract/scan_int.h"
#include "connector/mail/addr.h"

#define MESSAGE_ID_MAX 998

/* Fields of which a message may have one (RFC 5322 3.6). */
static const char *const once[] = {
	"From", "Sender",  "Reply-To",	 "To",		"Cc",	      "Bcc",
	"Date", "Subject", "Message-ID", "In-Reply-To", "References",
};

struct list_row {
	const char *name;
	size_t offset; /* of the view_addrs in struct view */
};
static const struct list_row lists[] = {
	{"From", offsetof(struct view, from)},
	{"Sender", offsetof(struct view, sender)},
	{"Reply-To", offsetof(struct view, reply_to)},
	{"To", offsetof(struct view, to)},
	{"Cc", offsetof(struct view, cc)},
	{"Bcc", offsetof(struct view, bcc)},
};

static void add_list(struct scan *s, const struct field *f,
		     struct view_addrs *l)
{
	struct addrlist in;
	struct view_addr *v;

	addrlist_read(s->cs, f->raw, s->a, &in);
	l->present = true;
	/* A group is no author (RFC 6854 has it, few programs know it). */
	if (in.odd || (l == &s->v->from && in.group_n))
		scan_doubt(s, DOUBT_AMBIGUOUS, VIEW_WHOLE);
	if (in.limit || l->n + in.n > VIEW_ADDRESSES_MAX) {
		scan_doubt(s, DOUBT_LIMIT, VIEW_WHOLE);
		return;
	}
	v = arena_array(s->a, l->n + in.n, sizeof(*v));
	if (l->n)
		memcpy(v, l->v, l->n * sizeof(*v));
	for (size_t i = 0; i < in.n; i++)
		v[l->n++] = (struct view_addr){in.v[i].address, in.v[i].name};
	l->v = v;
}

static void read_lists(struct scan *s)
{
	for (size_t i = 0; i < s->header.n; i++)
		for (size_t k = 0; k < ARRAY_LEN(lists); k++)
			if (str_is_ci(s->header.v[i].name, lists[k].name))
				add_list(s, &s->header.v[i],
					 (void *)((char *)s->v +
						  lists[k].offset));
}

/* Exactly one From with exactly one mailbox that everybody reads alike. */
static void check_from(struct scan *s)
{
	const struct view_addrs *from = &s->v->from;
	struct addr addr;

	if (header_count(&s->header, "From") != 1 || from->n != 1 ||
	    !addr_parse(from->v[0].address, true, true, s->a, &addr, NULL))
		scan_doubt(s, DOUBT_AMBIGUOUS, VIEW_WHOLE);
}

static struct str message_id(struct scan *s, struct str raw)
{
	struct str id = header_text(s->cs, raw, MESSAGE_ID_MAX, s->a);
	ptrdiff_t from = str_chr(id, '<'), to = str_chr(id, '>');

	if (from >= 0 && to > from)
		return str_n(id.p + from + 1, (size_t)(to - from - 1));
	return id;
}

static void copy_fields(struct scan *s)
{
	struct view *v = s->v;

	v->field = arena_array(s->a, s->header.n, sizeof(*v->field));
	for (size_t i = 0; i < s->header.n; i++) {
		const struct field *f = &s->header.v[i];

		v->field[i] = (struct view_field){
			.name = header_text(s->cs, f->name, MIME_HEADER_MAX,
					    s->a),
			.value = header_text(s->cs, f->raw, VIEW_TEXT_MAX,
					     s->a),
			.off = f->off,
			.len = f->len,
		};
		if (!str_is_ascii(f->raw))
			v->has_8bit_header = true;
	}
	v->field_n = s->header.n;
}

void fields_read(struct scan *s)
{
	const struct header *h = &s->header;
	const struct field *f;
	struct view *v = s->v;

	copy_fields(s);
	read_lists(s);
	check_from(s);
	for (size_t i = 0; i < ARRAY_LEN(once); i++)
		if (header_count(h, once[i]) > 1)
			scan_doubt(s, DOUBT_AMBIGUOUS, VIEW_WHOLE);
	v->has_to = v->to.present;
	v->has_cc = v->cc.present;
	v->has_date = header_find(h, "Date");
	f = header_find(h, "Subject");
	v->has_subject = f;
	if (f)
		v->subject = header_text(s->cs, f->raw, VIEW_TEXT_MAX, s->a);
	f = header_find(h, "Message-ID");
	v->has_message_id = f;
	if (f)
		v->message_id = message_id(s, f->raw);
	v->has_mime_version = header_find(h, "MIME-Version");
	v->has_content_type = header_find(h, "Content-Type");
	v->header_end = h->end;
}
