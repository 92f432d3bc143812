/* view.c - wire form of a view; see view.h. Nothing read here is trusted. */
#include "connector/mail/view.h"
#include "connector/base/limits.h"
#include "connector/base/utf8.h"

#define VIEW_MAGIC     0x32564b53u /* "SKV2" */
#define VIEW_MAGIC_1   0x31564b53u /* without what files say of themselves */
#define VIEW_REASONS   (MIME_PARTS_MAX * 4)
#define VIEW_NAME_MAX  4096
#define VIEW_TYPE_MAX  255
#define ADDR_WIRE_MIN  8
#define FIELD_WIRE_MIN 24
#define PART_WIRE_MIN  46
#define INNER_WIRE_MIN 22

static const char *const doubt_names[DOUBT_COUNT] = {
	[DOUBT_PICTURE] = "picture",
	[DOUBT_ENCRYPTED] = "encrypted",
	[DOUBT_UNKNOWN_TYPE] = "unknown-type",
	[DOUBT_TOO_LARGE] = "too-large",
	[DOUBT_DAMAGED] = "damaged",
	[DOUBT_AMBIGUOUS] = "ambiguous",
	[DOUBT_LIMIT] = "limit",
	[DOUBT_FAILED] = "failed",
};

static const char *const class_names[CLASS_NAMES_N] = {
	"calendar",  "receipt",	       "auto-reply", "dsn",  "signed",
	"encrypted", "rights-managed", "tnef",	     "bulk",
};

const char *view_doubt_name(enum doubt d)
{
	return (unsigned)d < DOUBT_COUNT ? doubt_names[d] : "unknown";
}

const char *view_class_name(unsigned bit_index)
{
	return bit_index < CLASS_NAMES_N ? class_names[bit_index] : "unknown";
}

/* The flags of a view, in the order of their bits on the wire. */
#define VIEW_FLAGS(X, v)                                                       \
	X(0, (v)->has_message_id)                                              \
	X(1, (v)->has_date)                                                    \
	X(2, (v)->has_to)                                                      \
	X(3, (v)->has_cc)                                                      \
	X(4, (v)->has_subject)                                                 \
	X(5, (v)->has_8bit)                                                    \
	X(6, (v)->has_bare_lf)                                                 \
	X(7, (v)->has_8bit_header)
/* Those that came later. */
#define MORE_FLAGS(X, v)                                                       \
	X(0, (v)->between_8bit)                                                \
	X(1, (v)->between_bare_lf)                                             \
	X(2, (v)->has_mime_version)                                            \
	X(3, (v)->has_content_type)
#define MORE_FLAGS_MASK 15u
#define PART_FLAGS(X, p)                                                       \
	X(0, (p)->multipart)                                                   \
	X(1, (p)->attachment)                                                  \
	X(2, (p)->inline_cid)                                                  \
	X(3, (p)->nameless)
#define PART_FLAGS_MASK	     15u
#define FLAG_PUT(bit, field) flags |= (unsigned)(field) << (bit);
#define FLAG_GET(bit, field) field = (flags >> (bit)) & 1;

static void write_addrs(const struct view_addrs *l, struct buf *out)
{
	buf_put_u8(out, l->present);
	buf_put_u32(out, (uint32_t)l->n);
	for (size_t i = 0; i < l->n; i++) {
		buf_put_bytes(out, l->v[i].address);
		buf_put_bytes(out, l->v[i].name);
	}
}

static void write_part(const struct view_part *p, struct buf *out)
{
	unsigned flags = 0;

	PART_FLAGS(FLAG_PUT, p)
	buf_put_u16(out, p->parent);
	buf_put_u16(out, p->depth);
	buf_put_u16(out, (uint16_t)flags);
	buf_put_bytes(out, p->type);
	buf_put_bytes(out, p->charset);
	buf_put_bytes(out, p->name);
	buf_put_bytes(out, p->other_names);
	buf_put_u64(out, p->off);
	buf_put_u64(out, p->len);
	buf_put_u64(out, p->decoded);
}

/* What files say of themselves: behind all that a view had before. */
static void write_files(const struct view *v, struct buf *out)
{
	unsigned flags = 0;

	for (size_t i = 0; i < v->part_n; i++) {
		buf_put_u16(out, (uint16_t)v->part[i].file);
		buf_put_bytes(out, v->part[i].real_type);
		buf_put_u8(out, (uint8_t)v->part[i].coding);
		buf_put_u64(out, v->part[i].coding_off);
		buf_put_u64(out, v->part[i].coding_len);
		buf_put_u8(out, v->part[i].has_8bit);
		buf_put_u64(out, v->part[i].bare_lf);
	}
	MORE_FLAGS(FLAG_PUT, v)
	buf_put_u8(out, (uint8_t)flags);
	buf_put_u32(out, (uint32_t)v->inner_n);
	for (size_t i = 0; i < v->inner_n; i++) {
		const struct view_inner *f = &v->inner[i];

		buf_put_u16(out, f->part);
		buf_put_u16(out, f->depth);
		buf_put_bytes(out, f->name);
		buf_put_bytes(out, f->type);
		buf_put_u64(out, f->size);
		buf_put_u16(out, (uint16_t)f->file);
	}
}

void view_write(const struct view *v, struct buf *out)
{
	unsigned flags = 0;

	VIEW_FLAGS(FLAG_PUT, v)
	buf_put_u32(out, VIEW_MAGIC);
	buf_put_u8(out, (uint8_t)v->completeness);
	buf_put_u32(out, v->classes);
	buf_put_u8(out, (uint8_t)flags);
	buf_put_u64(out, v->header_end);
	buf_put_u64(out, v->size);
	buf_put_bytes(out, v->subject);
	buf_put_bytes(out, v->message_id);
	write_addrs(&v->from, out);
	write_addrs(&v->sender, out);
	write_addrs(&v->reply_to, out);
	write_addrs(&v->to, out);
	write_addrs(&v->cc, out);
	write_addrs(&v->bcc, out);
	buf_put_u32(out, (uint32_t)v->field_n);
	for (size_t i = 0; i < v->field_n; i++) {
		buf_put_bytes(out, v->field[i].name);
		buf_put_bytes(out, v->field[i].value);
		buf_put_u64(out, v->field[i].off);
		buf_put_u64(out, v->field[i].len);
	}
	buf_put_u32(out, (uint32_t)v->part_n);
	for (size_t i = 0; i < v->part_n; i++)
		write_part(&v->part[i], out);
	buf_put_u32(out, (uint32_t)v->reason_n);
	for (size_t i = 0; i < v->reason_n; i++) {
		buf_put_u8(out, (uint8_t)v->reason[i].doubt);
		buf_put_u16(out, v->reason[i].part);
	}
	write_files(v, out);
}

/* Text from a child: bounded, UTF-8, without NUL. */
static struct str read_text(struct rd *in, size_t max)
{
	struct str s = rd_lenbytes(in, max);

	if (s.n && (!utf8_valid(s) || memchr(s.p, 0, s.n)))
		in->bad = true;
	return s;
}

/* Several names with U+0000 between them. */
static struct str read_names(struct rd *in)
{
	struct str s = rd_lenbytes(in, VIEW_TEXT_MAX);

	if (s.n && !utf8_valid(s))
		in->bad = true;
	return s;
}

static void read_addrs(struct rd *in, struct arena *a, struct view_addrs *l_r)
{
	unsigned present = rd_u8(in);

	l_r->present = present;
	l_r->n = rd_count(in, VIEW_ADDRESSES_MAX, ADDR_WIRE_MIN);
	l_r->v = arena_array(a, l_r->n, sizeof(*l_r->v));
	for (size_t i = 0; i < l_r->n; i++) {
		l_r->v[i].address = read_text(in, VIEW_NAME_MAX);
		l_r->v[i].name = read_text(in, VIEW_NAME_MAX);
	}
	if (present > 1 || (!present && l_r->n))
		in->bad = true;
}

static void read_span(struct rd *in, uint64_t size, uint64_t *off_r,
		      uint64_t *len_r)
{
	*off_r = rd_u64(in);
	*len_r = rd_u64(in);
	if (*off_r > size || *len_r > size - *off_r)
		in->bad = true;
}

static void read_fields(struct rd *in, uint64_t size, struct arena *a,
			struct view *v_r)
{
	v_r->field_n = rd_count(in, MIME_HEADERS_MAX, FIELD_WIRE_MIN);
	v_r->field = arena_array(a, v_r->field_n, sizeof(*v_r->field));
	for (size_t i = 0; i < v_r->field_n && rd_ok(in); i++) {
		struct view_field *f = &v_r->field[i];

		f->name = read_text(in, VIEW_TEXT_MAX);
		f->value = read_text(in, VIEW_TEXT_MAX);
		read_span(in, size, &f->off, &f->len);
	}
}

/* Parents stand before their children. */
static void read_part(struct rd *in, uint64_t size, size_t index,
		      struct view_part *p)
{
	unsigned flags;

	p->parent = rd_u16(in);
	p->depth = rd_u16(in);
	flags = rd_u16(in);
	PART_FLAGS(FLAG_GET, p)
	p->type = read_text(in, VIEW_TYPE_MAX);
	p->charset = read_text(in, VIEW_TYPE_MAX);
	p->name = read_text(in, VIEW_NAME_MAX);
	p->other_names = read_names(in);
	read_span(in, size, &p->off, &p->len);
	p->decoded = rd_u64(in);
	if ((p->parent != VIEW_WHOLE && p->parent >= index) ||
	    p->depth > MIME_DEPTH_MAX || p->decoded > p->len ||
	    (flags & ~PART_FLAGS_MASK))
		in->bad = true;
}

static void read_parts(struct rd *in, uint64_t size, struct arena *a,
		       struct view *v_r)
{
	v_r->part_n = rd_count(in, MIME_PARTS_MAX, PART_WIRE_MIN);
	v_r->part = arena_array(a, v_r->part_n, sizeof(*v_r->part));
	for (size_t i = 0; i < v_r->part_n && rd_ok(in); i++)
		read_part(in, size, i, &v_r->part[i]);
}

static void read_reasons(struct rd *in, struct arena *a, struct view *v_r)
{
	v_r->reason_n = rd_count(in, VIEW_REASONS, 3);
	v_r->reason = arena_array(a, v_r->reason_n, sizeof(*v_r->reason));
	for (size_t i = 0; i < v_r->reason_n; i++) {
		struct view_reason *r = &v_r->reason[i];
		unsigned doubt = rd_u8(in);

		r->part = rd_u16(in);
		if (doubt >= DOUBT_COUNT ||
		    (r->part != VIEW_WHOLE && r->part >= v_r->part_n))
			in->bad = true;
		r->doubt = (enum doubt)doubt;
	}
}

static void read_file(struct rd *in, uint64_t size, struct view_part *p)
{
	unsigned coding, high;

	p->file = rd_u16(in);
	p->real_type = read_text(in, VIEW_TYPE_MAX);
	coding = rd_u8(in);
	p->coding = (enum view_coding)coding;
	read_span(in, size, &p->coding_off, &p->coding_len);
	high = rd_u8(in);
	p->has_8bit = high;
	p->bare_lf = rd_u64(in);
	if (p->file & ~FILE_FLAGS_ALL || coding > CODING_UNKNOWN || high > 1 ||
	    p->bare_lf > p->len)
		in->bad = true;
}

static void read_files(struct rd *in, uint64_t size, struct arena *a,
		       struct view *v_r)
{
	unsigned flags;

	for (size_t i = 0; i < v_r->part_n && rd_ok(in); i++)
		read_file(in, size, &v_r->part[i]);
	flags = rd_u8(in);
	MORE_FLAGS(FLAG_GET, v_r)
	if (flags & ~MORE_FLAGS_MASK)
		in->bad = true;
	v_r->inner_n = rd_count(in, VIEW_INNER_MAX, INNER_WIRE_MIN);
	v_r->inner = arena_array(a, v_r->inner_n, sizeof(*v_r->inner));
	for (size_t i = 0; i < v_r->inner_n && rd_ok(in); i++) {
		struct view_inner *f = &v_r->inner[i];

		f->part = rd_u16(in);
		f->depth = rd_u16(in);
		f->name = read_text(in, VIEW_NAME_MAX);
		f->type = read_text(in, VIEW_TYPE_MAX);
		f->size = rd_u64(in);
		f->file = rd_u16(in);
		if (f->part >= v_r->part_n || f->file & ~FILE_FLAGS_ALL ||
		    (i && f->part < f[-1].part))
			in->bad = true;
	}
}

bool view_read(struct str wire, uint64_t size, struct arena *a,
	       struct view *v_r, struct err *e)
{
	struct rd in = rd_of(wire);
	unsigned flags, completeness;
	uint32_t magic = rd_u32(&in);

	*v_r = (struct view){0};
	completeness = rd_u8(&in);
	v_r->completeness = (enum completeness)completeness;
	v_r->classes = rd_u32(&in);
	flags = rd_u8(&in);
	VIEW_FLAGS(FLAG_GET, v_r)
	v_r->header_end = rd_u64(&in);
	v_r->size = rd_u64(&in);
	v_r->subject = read_text(&in, VIEW_TEXT_MAX);
	v_r->message_id = read_text(&in, VIEW_TEXT_MAX);
	read_addrs(&in, a, &v_r->from);
	read_addrs(&in, a, &v_r->sender);
	read_addrs(&in, a, &v_r->reply_to);
	read_addrs(&in, a, &v_r->to);
	read_addrs(&in, a, &v_r->cc);
	read_addrs(&in, a, &v_r->bcc);
	read_fields(&in, size, a, v_r);
	read_parts(&in, size, a, v_r);
	read_reasons(&in, a, v_r);
	if (magic == VIEW_MAGIC)
		read_files(&in, size, a, v_r);
	/* An incomplete view that names no reason would raise no doubt. */
	if (!rd_end(&in) || (magic != VIEW_MAGIC && magic != VIEW_MAGIC_1) ||
	    completeness > VIEW_NONE || (v_r->classes >> CLASS_NAMES_N) ||
	    v_r->size != size || v_r->header_end > size ||
	    (completeness != VIEW_COMPLETE && v_r->reason_n == 0)) {
		*v_r = (struct view){0};
		return err_set(e, ERR_PERMANENT, 0, "bad view");
	}
	return true;
}
