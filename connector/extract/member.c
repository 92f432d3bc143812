/* member.c - an entry of a zip as it is unpacked, within the limits that a
 * bomb meets; see files_int.h.
 */
#include "connector/extract/files_int.h"

#define STEP_BYTES (64 * KIB)

/* So little holds so much in nothing but a bomb. */
static bool too_dense(uint64_t unpacked, uint64_t packed)
{
	return unpacked > FILES_RATIO_FLOOR &&
	       unpacked / FILES_RATIO_MAX > packed;
}

bool member_open(struct member *m, struct files *f, struct unzip *u,
		 const struct zip_dir *dir, size_t index)
{
	*m = (struct member){.f = f, .u = u, .e = &dir->v[index]};
	switch (unzip_start(u, index)) {
	case UNZIP_OK:
		/* What says so is not unpacked, however large it is. */
		if (!too_dense(m->e->size, m->e->packed))
			return true;
		files_limit(f);
		break;
	case UNZIP_METHOD:
		files_doubt(f, DOUBT_UNKNOWN_TYPE);
		break;
	case UNZIP_BROKEN:
		files_doubt(f, DOUBT_DAMAGED);
		break;
	}
	m->bad = true;
	return false;
}

/* More than was said, or more than anything but a bomb. */
static bool is_bomb(const struct member *m)
{
	const struct zip_entry *e = m->e;

	return m->got > e->size || m->f->unpacked > FILES_UNPACKED_MAX ||
	       too_dense(m->got, e->packed);
}

ptrdiff_t member_read(void *member, void *to, size_t n)
{
	struct member *m = member;
	ptrdiff_t got;

	if (m->bad)
		return -1;
	got = unzip_read(m->u, to, n);
	if (got > 0) {
		m->got += (uint64_t)got;
		m->f->unpacked += (uint64_t)got;
	}
	if (is_bomb(m)) {
		files_limit(m->f);
		m->bad = true;
	} else if (got < 0 || (got == 0 && m->got != m->e->size)) {
		files_doubt(m->f, DOUBT_DAMAGED);
		m->bad = true;
	}
	return m->bad ? -1 : got;
}

bool member_take(struct member *m, size_t max, struct buf *out, bool *whole_r)
{
	bool whole = m->e->size <= max;
	size_t want = whole ? max : MIN_OF(max, MAGIC_HEAD_MAX);

	*whole_r = whole;
	buf_init(out, want + STEP_BYTES);
	/* At once, so that no growing takes twice of it. */
	(void)buf_room(out, whole ? (size_t)m->e->size + STEP_BYTES : want);
	for (;;) {
		char *to = buf_room(out, STEP_BYTES);
		ptrdiff_t n = to ? member_read(m, to, STEP_BYTES) : -1;

		if (n > 0)
			buf_grown(out, (size_t)n);
		if (n <= 0)
			return n == 0;
		if (!whole && out->n >= want)
			return true;
	}
}
