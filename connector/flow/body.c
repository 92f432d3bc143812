/* body.c - the plain body while it is in memory or behind the spool. */
#include "connector/flow/flow_int.h"

struct body *body_new(struct flow *f)
{
	struct body *b = NEW(struct body);

	b->refs = 1;
	b->f = f;
	buf_init(&b->bytes, BODY_INLINE_MAX);
	b->bytes.secret = false;
	return b;
}

struct body *body_ref(struct body *b)
{
	b->refs++;
	return b;
}

void body_free(struct body **bp)
{
	struct body *b = TAKE(*bp);

	if (!b || --b->refs > 0)
		return;
	if (b->region)
		inspect_region_give(&b->region);
	buf_release(&b->bytes);
	mem_wipe(b->dek, sizeof(b->dek));
	mem_free(b);
}

const char *body_bytes(const struct body *b)
{
	if (b->in_region)
		return inspect_region_bytes(b->region);
	/* An empty body still has an address. */
	return b->in_spool ? NULL : (b->bytes.p ? b->bytes.p : "");
}

bool body_read(struct body *b, uint64_t off, void *to, size_t n, struct err *e)
{
	const char *p = body_bytes(b);

	if (off > b->size || n > b->size - off)
		return err_set(e, ERR_BUG, 0, "read past the body");
	if (!p)
		return spool_read(b->f->c.spool, &b->spool, b->object, b->dek,
				  off, to, n, e);
	memcpy(to, p + off, n);
	return true;
}

bool has_8bit_bytes(struct str s)
{
	const char *p = s.p;
	size_t n = s.n;
	uint64_t any = 0, word;

	for (; n >= sizeof(word); p += sizeof(word), n -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		any |= word;
	}
	for (; n > 0; p++, n--)
		any |= (unsigned char)*p;
	return (any & UINT64_C(0x8080808080808080)) != 0;
}

bool has_loose_ends(const char *p, size_t n, bool *last_cr)
{
	const char *at = p, *end = p + n;
	bool found = memchr(p, 0, n) != NULL;

	if (n > 0 && *last_cr && *at++ != '\n')
		found = true;
	while (!found && at < end) {
		const char *cr = memchr(at, '\r', (size_t)(end - at));
		const char *stop = cr ? cr : end;

		found = memchr(at, '\n', (size_t)(stop - at)) ||
			(cr && cr + 1 < end && cr[1] != '\n');
		at = cr && cr + 1 < end ? cr + 2 : end;
	}
	if (n > 0)
		*last_cr = p[n - 1] == '\r';
	return found;
}
