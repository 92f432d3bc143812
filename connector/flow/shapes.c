/* shapes.c - edits as they are stored with a message: one list for each shape,
 * and behind them what makes any copy 7-bit for a next hop that takes no more.
 */
#include "connector/flow/flow_int.h"
#include "connector/mail/seven.h"

#define SHAPES_MAX	1000
#define SHAPES_WIRE_MAX (64 * MIB)

bool shapes_write(const struct edits *e, size_t n, struct arena *a,
		  struct str *wire_r)
{
	AUTO(buf) all = BUF_MAX(SHAPES_WIRE_MAX);

	buf_put_u32(&all, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		AUTO(buf) one = BUF_MAX(SHAPES_WIRE_MAX);

		edits_write(&e[i], &one);
		TRY(buf_ok(&one));
		buf_put_bytes(&all, buf_str(&one));
	}
	TRY(buf_ok(&all));
	*wire_r = arena_str(a, buf_str(&all));
	return true;
}

bool shapes_read(struct str wire, uint64_t size, unsigned shape,
		 struct arena *a, struct edits *e_r, struct err *e)
{
	struct rd in = rd_of(wire);
	struct str one = STR_EMPTY;
	uint32_t n = 0;

	*e_r = (struct edits){NULL, 0};
	if (wire.n)
		n = rd_count(&in, SHAPES_MAX, 4);
	if (shape == 0 && n == 0 && rd_ok(&in))
		return true;
	if (shape >= n)
		return err_set(e, ERR_PERMANENT, 0, "no edits for the shape");
	for (unsigned i = 0; i <= shape; i++)
		one = rd_lenbytes(&in, SHAPES_WIRE_MAX);
	if (!rd_ok(&in))
		return err_set(e, ERR_PERMANENT, 0, "bad edits");
	return edits_read(one, size, a, e_r, e);
}

void shapes_add_lower(const struct view *v, struct arena *a, struct str *wire)
{
	AUTO(buf) all = BUF_MAX(SHAPES_WIRE_MAX);
	AUTO(buf) one = BUF_MAX(SHAPES_WIRE_MAX);
	struct edits e;

	if (!seven_make(v, a, &e) || !e.n)
		return;
	if (wire->n)
		buf_put_str(&all, *wire);
	else
		buf_put_u32(&all, 0);
	edits_write(&e, &one);
	buf_put_bytes(&all, buf_str(&one));
	if (buf_ok(&one) && buf_ok(&all))
		*wire = arena_str(a, buf_str(&all));
}

bool shapes_lower(struct str wire, uint64_t size, const struct edits *shape,
		  struct arena *a, struct edits *e_r)
{
	struct rd in = rd_of(wire);
	uint32_t n = wire.n ? rd_count(&in, SHAPES_MAX, 4) : 0;
	struct edits lower;
	struct err e;
	struct str one;

	while (n--)
		(void)rd_lenbytes(&in, SHAPES_WIRE_MAX);
	if (!rd_ok(&in) || rd_end(&in))
		return false;
	one = rd_lenbytes(&in, SHAPES_WIRE_MAX);
	return rd_end(&in) && edits_read(one, size, a, &lower, &e) &&
	       edits_merge(shape, &lower, a, e_r);
}
