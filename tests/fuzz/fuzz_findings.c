/* fuzz_findings - bytes as a question, as findings and as errors of a question:
 * what is taken writes as it was read.
 */
#include "connector/base/die.h"
#include "connector/mail/findings.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void question(struct str wire, struct arena *a)
{
	AUTO(buf) out = BUF_MAX(QUESTION_BYTES_MAX);
	struct rd in = rd_of(wire);
	struct question q;

	if (!question_read(&in, a, &q, NULL))
		return;
	question_write(&q, &out);
	must(str_eq(buf_str(&out), str_head(wire, in.pos)));
}

static void findings(struct str wire, struct arena *a)
{
	AUTO(buf) out = BUF_MAX(QUESTION_BYTES_MAX);
	struct rd in = rd_of(wire);
	struct findings f;
	uint64_t sum = 0;

	if (!findings_read(&in, a, &f, NULL))
		return;
	for (size_t i = 0; i < f.hit_n; i++)
		sum += f.hit[i].count;
	for (uint32_t t = 0; f.hit_n && t <= f.hit[f.hit_n - 1].term; t++)
		sum -= findings_hits(&f, t, ~0u);
	must(sum == 0);
	findings_write(&f, &out);
	must(str_eq(buf_str(&out), str_head(wire, in.pos)));
}

static void errors(struct str wire, struct arena *a)
{
	AUTO(buf) out = BUF_MAX(QUESTION_BYTES_MAX);
	struct rd in = rd_of(wire);
	struct question_error *v;
	size_t n;

	if (!question_errors_read(&in, a, &v, &n, NULL))
		return;
	question_errors_write(v, n, &out);
	must(str_eq(buf_str(&out), str_head(wire, in.pos)));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct str wire = str_n(p, n);

	question(wire, &a);
	findings(wire, &a);
	errors(wire, &a);
	return 0;
}
