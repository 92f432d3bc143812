/* answer.c - one job, answered: a view, or the edits of each change. */
#include "connector/base/limits.h"
#include "connector/inspector/inspector_int.h"
#include "connector/mail/inspected.h"

#define CHANGES_MAX 10000

/* What is left of a view that no report can hold. */
static void shrink(struct view *v)
{
	static struct view_reason reason = {DOUBT_LIMIT, VIEW_WHOLE};

	*v = (struct view){.completeness = VIEW_NONE,
			   .reason = &reason,
			   .reason_n = 1,
			   .header_end = v->header_end,
			   .size = v->size};
}

static bool answer_view(struct extract *x, const struct extract_source *src,
			struct buf *out, struct err *e)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct str view, findings;
	struct findings f;
	struct view v;

	arena_init_secret(&a);
	TRY(extract_view(x, src, &a, &v, &f, e));
	inspected_write(&v, &f, out);
	if (!out->full && inspected_split(buf_str(out), &view, &findings))
		return true;
	shrink(&v);
	f = (struct findings){.version = f.version, .more = true};
	out->full = false;
	buf_clear(out);
	inspected_write(&v, &f, out);
	return true;
}

/* n, then for each change its edits with their length before them. */
static bool answer_edit(struct inspector *in, const struct extract_source *src,
			struct str params, struct buf *out, struct err *e)
{
	struct rd rd = rd_of(params);
	uint32_t n = rd_count(&rd, CHANGES_MAX, 1);

	buf_put_u32(out, n);
	for (uint32_t i = 0; i < n; i++) {
		AUTO(arena) a = ARENA_EMPTY;
		AUTO(buf) one = BUF_MAX(RING_LARGE_MAX);
		struct change c;
		struct edits edits;

		TRY(change_read(&rd, &a, &c, e));
		TRY(extract_edits(in->x, src, &c, &a, &edits, e));
		edits_write(&edits, &one);
		if (!buf_ok(&one) || !buf_put_bytes(out, buf_str(&one)))
			return err_set(e, ERR_LIMIT, 0, "edits too large");
	}
	return rd_ok(&rd) || err_set(e, ERR_PERMANENT, 0, "bad changes");
}

bool answer_job(struct inspector *in, const struct ring_job *job,
		const struct extract_source *src, struct str params,
		struct buf *out, struct err *e)
{
	hostile_try(src);
	if (job->kind == RING_VIEW)
		return answer_view(in->x, src, out, e);
	if (job->kind == RING_CANARY)
		return answer_view(in->canary, src, out, e);
	if (job->kind == RING_EDIT)
		return answer_edit(in, src, params, out, e);
	return err_set(e, ERR_BUG, 0, "unknown job");
}
