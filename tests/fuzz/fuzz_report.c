/* fuzz_report - what the engine takes from a child: a report's head, answers
 * as views and as edits, spliced.
 */
#include "connector/base/die.h"
#include "connector/mail/edit.h"
#include "connector/mail/inspected.h"
#include "connector/sys/proc/ring.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define SIZE 4096

static struct ring engine;
static struct shm theirs;

/* The child's piece of the ring, filled with the input. */
static void lie(const uint8_t *p, size_t n)
{
	AUTO(buf) out = BUF_MAX(RING_LARGE_MAX);
	struct ring_report r;
	struct ring_job j = {.id = 1};
	size_t head = n < 8 ? n : 8;
	bool bad;

	if (engine.jobs.p == NULL) {
		must(ring_new(&engine, NULL));
		theirs = engine.reports;
	}
	ring_push(&engine, &j);
	memcpy(theirs.p, p, head);
	memcpy(theirs.p + RING_HEAD_BYTES, p + head,
	       n - head < RING_SLOT_BYTES ? n - head : RING_SLOT_BYTES);
	for (int i = 0; i < RING_SLOTS + 1; i++)
		if (!ring_take(&engine, &r, &out, &bad))
			break;
	must(engine.taken - engine.pushed + RING_SLOTS <= RING_SLOTS);
	engine.pushed = engine.taken = 0;
}

/* Of a body of line feeds, each of them bare. */
static uint64_t coded(const struct splice_piece *piece)
{
	static char body[SIZE];
	struct edit_coder c = {0};
	AUTO(buf) out = BUF_MAX(4 * SIZE);

	memset(body, '\n', sizeof(body));
	edit_code(&c, piece->how, str_n(body + piece->off, piece->len), &out);
	return out.n;
}

static void splice_all(const struct edits *e)
{
	struct splice s;
	struct splice_piece piece;
	uint64_t total = 0, bare = 0;

	splice_init(&s, e, SIZE);
	while (splice_next(&s, &piece)) {
		must(!piece.original || piece.off + piece.len <= SIZE);
		total += piece.how == EDIT_TEXT ? piece.len : coded(&piece);
	}
	/* How many were bare is told, not counted. */
	for (size_t i = 0; i < e->n; i++)
		if (e->v[i].how == EDIT_CRLF)
			bare += e->v[i].len - e->v[i].bare;
	must(total == splice_size(e, SIZE) + bare);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct str s = str_n(p, n);
	struct rd in = rd_of(s);
	struct findings f;
	struct question q;
	struct change c;
	struct edits e;
	struct view v;
	bool found;

	lie(p, n);
	if (edits_read(s, SIZE, &a, &e, NULL))
		splice_all(&e);
	(void)!view_read(s, SIZE, &a, &v, NULL);
	if (inspected_read(s, SIZE, &a, &v, &f, &found, NULL) && found)
		for (size_t i = 0; i < f.sample_n; i++)
			must(f.sample[i].part == VIEW_WHOLE ||
			     f.sample[i].part < v.part_n);
	(void)!question_read(&in, &a, &q, NULL);
	in = rd_of(s);
	(void)!change_read(&in, &a, &c, NULL);
	return 0;
}
