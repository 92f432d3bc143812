/* inspected.c - see inspected.h. */
#include "connector/mail/inspected.h"

#include "connector/base/limits.h"

#define INSPECTED_MAGIC 0x31494b53u /* "SKI1"; a view begins with "SKV" */

void inspected_write(const struct view *v, const struct findings *f,
		     struct buf *out)
{
	size_t at;

	buf_put_u32(out, INSPECTED_MAGIC);
	at = out->n;
	buf_put_u32(out, 0);
	view_write(v, out);
	if (!out->full)
		for (unsigned i = 0; i < 4; i++)
			out->p[at + i] = (char)((out->n - at - 4) >> 8 * i);
	findings_write(f, out);
}

bool inspected_split(struct str wire, struct str *view_r,
		     struct str *findings_r)
{
	struct rd in = rd_of(wire);

	*findings_r = STR_EMPTY;
	*view_r = wire;
	if (rd_u32(&in) != INSPECTED_MAGIC)
		return wire.n > 0;
	*view_r = rd_lenbytes(&in, VIEW_BYTES_MAX);
	*findings_r = str_skip(wire, 8 + view_r->n);
	return rd_ok(&in) && findings_r->n > 0;
}

bool inspected_view(struct str wire, uint64_t size, struct arena *a,
		    struct view *v_r, struct err *e)
{
	struct str view, findings;

	*v_r = (struct view){0};
	if (!inspected_split(wire, &view, &findings))
		return err_set(e, ERR_PERMANENT, 0, "bad view");
	return view_read(view, size, a, v_r, e);
}

bool inspected_read(struct str wire, uint64_t size, struct arena *a,
		    struct view *v_r, struct findings *f_r, bool *has_r,
		    struct err *e)
{
	struct str view, findings;
	struct rd in;

	*has_r = false;
	TRY(inspected_view(wire, size, a, v_r, e));
	if (!inspected_split(wire, &view, &findings) || findings.n == 0)
		return true;
	in = rd_of(findings);
	TRY(findings_read(&in, a, f_r, e));
	for (size_t i = 0; i < f_r->sample_n; i++)
		if (f_r->sample[i].part != VIEW_WHOLE &&
		    f_r->sample[i].part >= v_r->part_n)
			return err_set(e, ERR_PERMANENT, 0, "bad findings");
	if (!rd_end(&in))
		return err_set(e, ERR_PERMANENT, 0, "bad findings");
	*has_r = true;
	return true;
}
