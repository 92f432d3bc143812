/* ole.c - sectors, chains and directory of a compound file; see ole_int.h.
 *
 * Sections are those of MS-CFB.  Nothing is believed: a chain may be as long
 * as the file has sectors, and ends at the first number outside of it.
 */
#include "connector/extract/ole_int.h"
#include "connector/base/rd.h"
#include "connector/base/utf8.h"

#define HEADER_BYTES  512
#define HEADER_DIFAT  109
#define ENTRY_BYTES   128
#define NAME_UNITS    32
#define SECTOR_MAX    0xfffffffau /* above: marks, not numbers */
#define MINI_SHIFT    6
#define MINI_CUTOFF   4096
#define STREAM_ENDING 0xfffffffeu

static uint32_t u32(struct str in, uint64_t off)
{
	struct rd r = rd_of(in);

	if (off > in.n)
		return STREAM_ENDING;
	(void)rd_bytes(&r, (size_t)off);
	off = rd_u32(&r);
	return rd_ok(&r) ? (uint32_t)off : STREAM_ENDING;
}

static unsigned u16(struct str in, size_t off)
{
	struct rd r = rd_of(str_skip(in, off));

	return rd_u16(&r);
}

/* What lies in a sector; less at the file's end, nothing behind it. */
static struct str sector(const struct ole *o, uint32_t n)
{
	uint64_t off = ((uint64_t)n + 1) << o->shift;

	if (n > SECTOR_MAX || off >= o->in.n)
		return STR_EMPTY;
	return str_head(str_skip(o->in, (size_t)off), (size_t)1 << o->shift);
}

/* The sector behind sector n (2.3). */
static uint32_t next_sector(const struct ole *o, uint32_t n)
{
	unsigned each = (1u << o->shift) / 4;
	size_t row = n / each;

	if (row >= o->fat_n)
		return STREAM_ENDING;
	return u32(sector(o, o->fat[row]), (uint64_t)(n % each) * 4);
}

static size_t sectors_of(const struct ole *o)
{
	return (o->in.n >> o->shift) + 1;
}

/* A chain's bytes. False: it loops, or leaves the file before its end. */
static bool read_chain(const struct ole *o, uint32_t n, struct buf *out)
{
	for (size_t left = sectors_of(o); n <= SECTOR_MAX; left--) {
		struct str s = sector(o, n);

		if (left == 0 || s.n == 0)
			return false;
		s = str_head(s, out->max - out->n);
		buf_put_str(out, s);
		if (out->n == out->max)
			return true;
		n = next_sector(o, n);
	}
	return true;
}

/* Which sectors hold the allocation table (2.5). */
static bool read_difat(struct ole *o, struct arena *a)
{
	size_t max = sectors_of(o), each = ((size_t)1 << o->shift) / 4 - 1;
	uint32_t n, next = u32(o->in, 68);

	o->fat = arena_array(a, max, sizeof(*o->fat));
	for (size_t i = 0; i < HEADER_DIFAT; i++) {
		n = u32(o->in, 76 + i * 4);
		if (n <= SECTOR_MAX && o->fat_n < max)
			o->fat[o->fat_n++] = n;
	}
	for (size_t left = max; next <= SECTOR_MAX; left--) {
		struct str s = sector(o, next);

		if (left == 0 || s.n == 0)
			return false;
		for (size_t i = 0; i < each; i++) {
			n = u32(s, i * 4);
			if (n <= SECTOR_MAX && o->fat_n < max)
				o->fat[o->fat_n++] = n;
		}
		next = u32(s, each * 4);
	}
	return o->fat_n > 0;
}

/* UTF-16 little endian; pairs as they come. */
static struct str entry_name(struct str raw, size_t units, struct arena *a)
{
	AUTO(buf) b = BUF_MAX(4 * NAME_UNITS);

	for (size_t i = 0; i < units; i++) {
		uint32_t cp = u16(raw, i * 2), low = u16(raw, i * 2 + 2);

		if ((cp & 0xfc00) == 0xd800 && (low & 0xfc00) == 0xdc00 &&
		    ++i < units)
			cp = 0x10000 + ((cp & 0x3ff) << 10) + (low & 0x3ff);
		utf8_put(&b, (cp & 0xf800) == 0xd800 ? 0xfffd : cp);
	}
	return arena_str(a, buf_str(&b));
}

static void read_entry(struct ole *o, struct str raw, struct arena *a)
{
	struct ole_entry *e = &o->v[o->n];
	unsigned units = u16(raw, 64) / 2, version = u16(o->in, 26);

	e->type = (unsigned char)raw.p[66];
	if (e->type == 0 || units == 0 || units > NAME_UNITS)
		return;
	e->name = entry_name(raw, units - 1, a);
	e->start = u32(raw, 116);
	e->size = u32(raw, 120);
	/* 2.6.1: version 3 files may hold anything in the upper half. */
	if (version > 3)
		e->size |= (uint64_t)u32(raw, 124) << 32;
	if (o->n == 0)
		o->root_id = str_head(str_skip(raw, 80), 16);
	o->n++;
}

static bool read_directory(struct ole *o, struct arena *a)
{
	AUTO(buf) dir = BUF_MAX(OLE_ENTRIES_MAX * ENTRY_BYTES);
	struct str raw;
	bool ok = read_chain(o, u32(o->in, 48), &dir);
	size_t n = dir.n / ENTRY_BYTES;

	raw = arena_str(a, buf_str(&dir));
	o->v = arena_array(a, n, sizeof(*o->v));
	for (size_t i = 0; i < n; i++)
		read_entry(
			o,
			str_head(str_skip(raw, i * ENTRY_BYTES), ENTRY_BYTES),
			a);
	return ok && o->n > 0 && o->v[0].type == 5;
}

bool ole_open(struct str in, struct arena *a, struct ole *o_r)
{
	*o_r = (struct ole){.in = in};
	if (in.n < HEADER_BYTES)
		return false;
	o_r->shift = u16(in, 30);
	o_r->mini_shift = u16(in, 32);
	o_r->cutoff = u32(in, 56);
	o_r->mini_fat = u32(in, 60);
	if ((o_r->shift != 9 && o_r->shift != 12) ||
	    o_r->mini_shift != MINI_SHIFT || o_r->cutoff != MINI_CUTOFF)
		return false;
	return read_difat(o_r, a) && read_directory(o_r, a);
}

const struct ole_entry *ole_find(const struct ole *o, const char *name)
{
	for (size_t i = 0; i < o->n; i++)
		if (str_is_ci(o->v[i].name, name))
			return &o->v[i];
	return NULL;
}

/* A small stream: 64 bytes at a time out of the root's own stream. */
static bool read_small(const struct ole *o, const struct ole_entry *e,
		       struct buf *out)
{
	AUTO(buf) table = BUF_MAX(o->in.n);
	AUTO(buf) room = BUF_MAX(o->in.n);
	size_t step = (size_t)1 << o->mini_shift;
	uint32_t n = e->start;

	if (!read_chain(o, o->mini_fat, &table) ||
	    !read_chain(o, o->v[0].start, &room))
		return false;
	for (size_t left = (size_t)e->size; left;) {
		size_t at = (size_t)n << o->mini_shift;
		struct str s = str_head(str_skip(buf_str(&room), at),
					MIN_OF(left, step));

		s = str_head(s, out->max - out->n);
		if (n > SECTOR_MAX || (s.n == 0 && out->n < out->max))
			return false;
		buf_put_str(out, s);
		if (out->n == out->max)
			return true;
		left -= s.n;
		n = u32(buf_str(&table), (uint64_t)n * 4);
	}
	return true;
}

bool ole_read(const struct ole *o, const struct ole_entry *e, struct buf *out)
{
	bool ok;

	if (e->type != 2)
		return false;
	if (e->size < o->cutoff)
		return read_small(o, e, out);
	ok = read_chain(o, e->start, out);
	if (out->n > e->size)
		buf_truncate(out, (size_t)e->size);
	return ok && (out->n == e->size || out->n == out->max);
}
