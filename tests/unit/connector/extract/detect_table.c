/* detect_table.c - see detect_table.h. */
#include "tests/unit/connector/extract/detect_table.h"

void detect_values(struct str text, bool html, enum detector what,
		   struct buf *out)
{
	struct fold f = {0};
	struct detect_set s;
	unsigned n = 0;

	detect_set_init(&s);
	fold_read(&f, text, html);
	detect_run(&f, ~0u, 7, &s);
	VEC_EACH (hit, &s.hits) {
		ck_assert_uint_eq(hit->source, 7);
		if (hit->what != what)
			continue;
		buf_printf(out, "%s" STR_FMT, n++ ? "," : "",
			   STR_ARG(hit->value));
	}
	ck_assert_uint_eq(s.unique[what], n);
	detect_set_release(&s);
	fold_release(&f);
}

void detect_row_check(const struct detect_row *row, enum detector what)
{
	AUTO(buf) out = BUF_MAX(64 * KIB);

	detect_values(str_of(row->text), row->html, what, &out);
	ck_assert_msg(str_is(buf_str(&out), row->values),
		      "%s in '%s': found '%s', not '%s'", detector_name(what),
		      row->text, buf_cstr(&out), row->values);
}

uint64_t detect_work(struct str text, bool html)
{
	struct fold f = {0};
	struct detect_set s;
	uint64_t work;

	detect_set_init(&s);
	fold_read(&f, text, html);
	detect_run(&f, ~0u, 0, &s);
	work = f.work + s.work;
	detect_set_release(&s);
	fold_release(&f);
	return work;
}
