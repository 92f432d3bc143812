/* zip_dir.c - the records of a zip archive, compared; see zip_int.h.
 *
 * Sections are those of PKWARE's APPNOTE 6.3.
 */
#include <stdlib.h>
#include "connector/base/rd.h"
#include "connector/extract/header_int.h"
#include "connector/extract/magic_int.h"
#include "connector/extract/zip_int.h"

#define SIGN_BYTES    4
#define LOCAL_BYTES   30
#define CENTRAL_BYTES 46
#define END_BYTES     22
#define LOCATOR_BYTES 20
#define END64_BYTES   56
#define IN_64	      0xffffffffu /* the value stands in the 64-bit field */

enum { FLAG_ENCRYPTED = 1, FLAG_DESCRIPTOR = 8, FLAG_UTF8 = 0x800 };
enum { EXTRA_64 = 0x0001, EXTRA_UNICODE_PATH = 0x7075 };

#define SIGN_LOCAL	STR("PK\x03\x04")
#define SIGN_CENTRAL	STR("PK\x01\x02")
#define SIGN_DESCRIPTOR STR("PK\x07\x08")
#define SIGN_END	STR("PK\x05\x06")
#define SIGN_END64	STR("PK\x06\x06")
#define SIGN_LOCATOR	STR("PK\x06\x07")
#define SIGN_SPLIT	STR("PK00")

struct end {
	uint64_t n, size, off; /* of the directory */
	size_t at;	       /* where the directory has to end */
	size_t end;	       /* the record of the end */
	bool split;	       /* over several files */
};

static struct str from(struct str in, uint64_t off)
{
	return off > in.n ? STR_EMPTY : str_skip(in, (size_t)off);
}

static bool sign_at(struct str in, uint64_t off, struct str sign)
{
	return str_starts(from(in, off), sign);
}

/* Does the record of the end at `at` reach to the file's last byte? */
static bool end_fits(struct str in, size_t at)
{
	struct rd r = rd_of(str_skip(in, at + END_BYTES - 2));
	unsigned comment = rd_u16(&r);

	return at + END_BYTES + comment == in.n;
}

/* The last sign of an end that begins at `low` or later and before *at. */
static bool end_before(struct str in, size_t low, size_t *at)
{
	const char *p;

	while (*at > low &&
	       (p = memrchr(in.p + low, SIGN_END.p[0], *at - low))) {
		*at = (size_t)(p - in.p);
		if (sign_at(in, *at, SIGN_END))
			return true;
	}
	return false;
}

/* 4.3.16, looked for from behind as unpackers do. A second record that would
 * do as well, or bytes behind the first, are read differently. */
static bool find_end(struct str in, struct zip_dir *d, size_t *at_r)
{
	size_t low = in.n > ZIP_TAIL_MAX ? in.n - ZIP_TAIL_MAX : 0;
	size_t i = in.n - END_BYTES + 1;
	bool have = false, fit = false;

	if (in.n < END_BYTES)
		return false;
	while (end_before(in, low, &i)) {
		bool fits = end_fits(in, i);

		if (fits && fit)
			d->ambiguous = true;
		if (have && (fit || !fits))
			continue;
		*at_r = i;
		d->ambiguous |= have || !fits;
		have = true;
		fit = fits;
	}
	return have;
}

/* 4.3.14, 4.3.15: the fields that 16 and 32 bits cannot hold. */
static void read_end64(struct str in, struct zip_dir *d, struct end *end)
{
	struct rd r;
	uint64_t off, n, size, at;

	if (end->at < LOCATOR_BYTES ||
	    !sign_at(in, end->at - LOCATOR_BYTES, SIGN_LOCATOR))
		return;
	r = rd_of(str_skip(in, end->at - LOCATOR_BYTES + 8));
	off = rd_u64(&r);
	if (!sign_at(in, off, SIGN_END64) || in.n - off < END64_BYTES) {
		d->ambiguous = true;
		return;
	}
	r = rd_of(str_skip(in, (size_t)off + 32));
	n = rd_u64(&r);
	size = rd_u64(&r);
	at = rd_u64(&r);
	/* Who does not know of it reads the old fields. */
	if ((end->n != 0xffff && end->n != n) ||
	    (end->size != IN_64 && end->size != size) ||
	    (end->off != IN_64 && end->off != at))
		d->ambiguous = true;
	*end = (struct end){n, size, at, (size_t)off, end->end, end->split};
}

static bool read_end(struct str in, struct zip_dir *d, struct end *end)
{
	struct rd r;
	unsigned disk, first_disk, here;

	if (!find_end(in, d, &end->at))
		return false;
	end->end = end->at;
	r = rd_of(str_skip(in, end->at + SIGN_BYTES));
	disk = rd_u16(&r);
	first_disk = rd_u16(&r);
	here = rd_u16(&r);
	end->n = rd_u16(&r);
	end->size = rd_u32(&r);
	end->off = rd_u32(&r);
	end->split = disk || first_disk || here != end->n;
	read_end64(in, d, end);
	return true;
}

/* 4.5: the block of an extra field; empty: none. */
static struct str extra_of(struct str extra, unsigned id)
{
	struct rd r = rd_of(extra);

	while (rd_ok(&r) && r.n) {
		unsigned this = rd_u16(&r);
		struct str body = rd_bytes(&r, rd_u16(&r));

		if (this == id && rd_ok(&r))
			return body;
	}
	return STR_EMPTY;
}

/* Is it there twice? Of two, some take the first and some the last. */
static bool extra_twice(struct str extra, unsigned id)
{
	struct rd r = rd_of(extra);
	unsigned n = 0;

	while (rd_ok(&r) && r.n) {
		n += rd_u16(&r) == id;
		(void)rd_bytes(&r, rd_u16(&r));
	}
	return n > 1;
}

/* 4.5.3: in this order, those alone that did not fit. */
static void take_64(struct str extra, uint64_t *const field[], size_t n)
{
	struct rd r = rd_of(extra_of(extra, EXTRA_64));

	for (size_t i = 0; i < n; i++)
		if (*field[i] == IN_64 && r.n)
			*field[i] = rd_u64(&r);
}

static struct str decode(struct charset *cs, const char *charset,
			 struct str raw, struct arena *a, bool *ok_r)
{
	AUTO(buf) b = BUF_MAX(4 * ZIP_NAME_MAX);

	*ok_r = charset_decode(cs, str_of(charset), raw, &b);
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] == '\\')
			b.p[i] = '/';
	return text_keep(buf_str(&b), ZIP_NAME_MAX, a);
}

/* Names without the flag are in the code page of the machine that packed:
 * CP932 in Japan, UTF-8 on others. Both are shown where both are possible. */
static void read_name(struct zip_entry *e, struct charset *cs, struct arena *a)
{
	bool utf8, sjis;
	struct str as_sjis;

	e->name = decode(cs, "utf-8", e->raw, a, &utf8);
	if (str_is_ascii(e->raw) || (utf8 && e->flags & FLAG_UTF8))
		return;
	as_sjis = decode(cs, "cp932", e->raw, a, &sjis);
	if (utf8 && sjis)
		e->other = as_sjis;
	else if (sjis)
		e->name = as_sjis;
}

static void add_reading(struct zip_entry *e, struct str name)
{
	if (name.n && !str_eq(name, e->name))
		e->other = name;
}

/* Info-ZIP's second name: version, check sum of the first, UTF-8. */
static void read_unicode_path(struct zip_entry *e, struct str extra,
			      struct charset *cs, struct arena *a)
{
	struct str path = extra_of(extra, EXTRA_UNICODE_PATH);
	bool ok;

	if (path.n > 5)
		add_reading(e, decode(cs, "utf-8", str_skip(path, 5), a, &ok));
}

/* A block that is there twice, or a second name that the directory's own
 * record does not have. */
static void check_extra(struct zip_dir *d, struct str extra, struct str path,
			const struct zip_entry *e)
{
	if (extra_twice(extra, EXTRA_UNICODE_PATH) ||
	    extra_twice(extra, EXTRA_64) || (path.n && !str_eq(path, e->path)))
		d->ambiguous = true;
}

/* 4.3.12. */
static bool read_central(struct rd *r, struct zip_dir *d, struct charset *cs,
			 struct arena *a)
{
	struct zip_entry *e = &d->v[d->n];
	unsigned name_n, extra_n, comment_n;
	struct str extra, comment;

	(void)rd_u32(r);
	*e = (struct zip_entry){.flags = rd_u16(r)};
	e->method = rd_u16(r);
	(void)rd_u32(r);
	e->crc = rd_u32(r);
	e->packed = rd_u32(r);
	e->size = rd_u32(r);
	name_n = rd_u16(r);
	extra_n = rd_u16(r);
	comment_n = rd_u16(r);
	(void)rd_bytes(r, 8);
	e->off = rd_u32(r);
	e->raw = rd_bytes(r, name_n);
	extra = rd_bytes(r, extra_n);
	comment = rd_bytes(r, comment_n);
	if (!rd_ok(r))
		return false;
	take_64(extra, (uint64_t *[]){&e->size, &e->packed, &e->off}, 3);
	e->path = extra_of(extra, EXTRA_UNICODE_PATH);
	check_extra(d, extra, e->path, e);
	e->encrypted = e->flags & FLAG_ENCRYPTED;
	e->comment = comment;
	read_name(e, cs, a);
	read_unicode_path(e, extra, cs, a);
	e->folder = e->name.n && e->name.p[e->name.n - 1] == '/';
	d->n++;
	return true;
}

/* Which unpackers cut short, step over or follow out of their folder. */
static bool odd_name(const struct zip_entry *e)
{
	struct str rest = e->name, piece;
	ptrdiff_t colon = str_chr(e->name, ':');
	char room[NAME_EXT_MAX];

	/* "a.exe:b" is a stream of a.exe with Windows. */
	if (colon > 1 &&
	    name_extension(str_head(e->name, (size_t)colon), room).n)
		return true;
	if (e->raw.n == 0 || e->raw.n > ZIP_NAME_MAX || e->name.p[0] == '/' ||
	    memchr(e->raw.p, 0, e->raw.n) ||
	    (e->name.n > 1 && e->name.p[1] == ':'))
		return true;
	while (str_split(&rest, '/', &piece))
		if (str_is(piece, ".."))
			return true;
	return e->folder && e->size > 0;
}

/* 4.3.7: the header before the entry says the same as the directory. Gives
 * where its bytes begin; 0: there is no such header. */
static uint64_t check_local(struct str in, struct zip_dir *d,
			    struct zip_entry *e, struct charset *cs,
			    struct arena *a)
{
	struct rd r = rd_of(from(in, e->off));
	uint64_t packed, size;
	unsigned flags, method, name_n, extra_n;
	uint32_t crc;
	struct str name, extra;
	bool later, ok;

	if (!str_eq(rd_bytes(&r, SIGN_BYTES), SIGN_LOCAL))
		return 0;
	(void)rd_u16(&r);
	flags = rd_u16(&r);
	method = rd_u16(&r);
	(void)rd_u32(&r);
	crc = rd_u32(&r);
	packed = rd_u32(&r);
	size = rd_u32(&r);
	name_n = rd_u16(&r);
	extra_n = rd_u16(&r);
	name = rd_bytes(&r, name_n);
	extra = rd_bytes(&r, extra_n);
	if (!rd_ok(&r))
		return 0;
	take_64(extra, (uint64_t *[]){&size, &packed}, 2);
	check_extra(d, extra, extra_of(extra, EXTRA_UNICODE_PATH), e);
	later = flags & FLAG_DESCRIPTOR;
	if (!str_eq(name, e->raw)) {
		d->ambiguous = true;
		add_reading(e, decode(cs, "", name, a, &ok));
	}
	if (((flags ^ e->flags) & (FLAG_ENCRYPTED | FLAG_DESCRIPTOR)) ||
	    method != e->method || (crc != e->crc && !(later && crc == 0)) ||
	    (packed != e->packed && !(later && packed == 0)) ||
	    (size != e->size && !(later && size == 0)))
		d->ambiguous = true;
	return e->off + r.pos;
}

/* 4.3.9: with or without its sign, of 32 or 64 bits; its length, or 0. */
static unsigned descriptor(struct str in, uint64_t at,
			   const struct zip_entry *e)
{
	for (unsigned form = 0; form < 4; form++) {
		struct rd r = rd_of(from(in, at));
		bool wide = form & 1, sign = form & 2;
		uint64_t packed, size;
		uint32_t crc;

		if (sign && !str_eq(rd_bytes(&r, SIGN_BYTES), SIGN_DESCRIPTOR))
			continue;
		crc = rd_u32(&r);
		packed = wide ? rd_u64(&r) : rd_u32(&r);
		size = wide ? rd_u64(&r) : rd_u32(&r);
		if (rd_ok(&r) && crc == e->crc && packed == e->packed &&
		    size == e->size)
			return (unsigned)r.pos;
	}
	return 0;
}

struct span {
	uint64_t from, to;
};

static int span_cmp(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

/* Every byte before the directory belongs to one entry. */
static void check_spans(struct str in, struct zip_dir *d, struct span *v,
			uint64_t end)
{
	uint64_t at = sign_at(in, 0, SIGN_SPLIT) ? SIGN_SPLIT.n : 0;

	qsort(v, d->n, sizeof(*v), span_cmp);
	for (size_t i = 0; i < d->n; i++) {
		d->overlap |= v[i].from < at || v[i].to > end;
		d->ambiguous |= v[i].from != at;
		at = MAX_OF(at, v[i].to);
	}
	d->ambiguous |= at != end;
}

static void check_entries(struct str in, struct zip_dir *d, uint64_t end,
			  struct charset *cs, struct arena *a)
{
	struct span *v = arena_array(a, d->n, sizeof(*v));

	for (size_t i = 0; i < d->n; i++) {
		struct zip_entry *e = &d->v[i];
		uint64_t data = check_local(in, d, e, cs, a);
		unsigned more = 0;

		d->ambiguous |= odd_name(e);
		if (data == 0 || e->packed > in.n - data) {
			d->damaged = true;
			return;
		}
		if (e->flags & FLAG_DESCRIPTOR)
			more = descriptor(in, data + e->packed, e);
		v[i] = (struct span){e->off, data + e->packed + more};
	}
	check_spans(in, d, v, end);
}

static int name_cmp(const void *a, const void *b)
{
	const struct zip_entry *const *x = a, *const *y = b;

	return str_cmp((*x)->name, (*y)->name);
}

/* Of two entries of one name the last stays with some, the first with others.
 */
static void check_names(struct zip_dir *d, struct arena *a)
{
	struct zip_entry **v = arena_array(a, d->n, sizeof(*v));

	for (size_t i = 0; i < d->n; i++)
		v[i] = &d->v[i];
	qsort(v, d->n, sizeof(*v), name_cmp);
	for (size_t i = 1; i < d->n; i++)
		d->ambiguous |= name_cmp(&v[i - 1], &v[i]) == 0;
}

/* All entries, by their records; their number is only compared. */
static bool read_entries(struct str dir, uint64_t n, size_t max,
			 struct zip_dir *d, struct charset *cs, struct arena *a)
{
	size_t most = MIN_OF(dir.n / CENTRAL_BYTES, max);
	struct rd r = rd_of(dir);

	d->v = arena_array(a, most + 1, sizeof(*d->v));
	while (str_starts(str_n(r.p, r.n), SIGN_CENTRAL)) {
		if (d->n == max) {
			d->limit = true;
			d->n = 0;
			return true;
		}
		(void)rd_bytes(&r, SIGN_BYTES);
		if (!read_central(&r, d, cs, a))
			return false;
	}
	if (d->n != n || r.n)
		d->ambiguous = true;
	return true;
}

void zip_list(struct str in, size_t entries_max, struct charset *cs,
	      struct arena *a, struct zip_dir *d_r)
{
	struct zip_dir *d = d_r;
	struct end end = {0};

	*d = (struct zip_dir){0};
	if (!read_end(in, d, &end) || end.size > end.at) {
		d->damaged = true;
		return;
	}
	d->comment = from(in, end.end + END_BYTES);
	/* The directory ends where its end is told of; a file that stands
	 * elsewhere has something before it. */
	if (end.off + end.size != end.at)
		d->ambiguous = true;
	if (end.split)
		d->damaged = true;
	if (!read_entries(str_head(from(in, end.off), (size_t)end.size), end.n,
			  entries_max, d, cs, a)) {
		d->damaged = true;
		return;
	}
	if (d->limit)
		return;
	check_entries(in, d, end.off, cs, a);
	check_names(d, a);
}

bool zip_may_end(struct str tail)
{
	return str_find(tail, SIGN_END) >= 0;
}

bool zip_at_end(struct str in, bool exactly)
{
	struct zip_dir d = {0};
	struct end end = {0};
	uint64_t start;

	if (!read_end(in, &d, &end) || !end.n || end.size > end.at ||
	    (exactly && !end_fits(in, end.end)))
		return false;
	start = end.at - end.size;
	return sign_at(in, start, SIGN_CENTRAL) ||
	       sign_at(in, end.off, SIGN_CENTRAL);
}
