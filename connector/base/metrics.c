/* metrics.c - counters and gauges; see metrics.h. */
#include "connector/base/metrics.h"
#include <inttypes.h>
#include <stdatomic.h>

static const struct {
	const char *name, *type, *help;
} row[METRIC_COUNT] = {
#define METRIC_ROW(id, name, type, help) [METRIC_##id] = {name, type, help},
	METRIC_ROWS(METRIC_ROW)
#undef METRIC_ROW
};

void metric_add(struct metrics *m, enum metric id, int64_t n)
{
	if (m)
		atomic_fetch_add_explicit(&m->value[id], n,
					  memory_order_relaxed);
}

void metric_set(struct metrics *m, enum metric id, int64_t n)
{
	if (m)
		atomic_store_explicit(&m->value[id], n, memory_order_relaxed);
}

int64_t metric_get(const struct metrics *m, enum metric id)
{
	return m ? atomic_load_explicit(&m->value[id], memory_order_relaxed)
		 : 0;
}

void metrics_render(const struct metrics *m, struct buf *out)
{
	for (size_t i = 0; i < METRIC_COUNT; i++) {
		buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %" PRId64 "\n",
			   row[i].name, row[i].help, row[i].name, row[i].type,
			   row[i].name, metric_get(m, (enum metric)i));
	}
}
