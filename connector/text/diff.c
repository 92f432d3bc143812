/* diff.c - unified diffs; see diff.h.
 *
 * The shortest edit script by Myers' greedy algorithm ("An O(ND) Difference
 * Algorithm", 1986), on the lines between the common head and tail.
 */
#include "connector/text/diff.h"
#include "connector/base/arena.h"
#include "connector/base/vec.h"

#define CONTEXT 3
/* Said of a last line without its end; part of it, so that it differs from one
 * with it. */
#define NO_END "\n\\ No newline at end of file"

struct lines {
	VEC_OF(struct str);
};

/* One text; `gone[i]`: line i is only here. */
struct side {
	struct lines line;
	bool *gone;
};

static void split(struct str text, struct side *s, struct arena *a)
{
	struct str rest = text, line;

	while (s->line.n < DIFF_LINES_MAX && str_split(&rest, '\n', &line))
		vec_push(&s->line, line);
	/* The tail of a text beyond all measure is one line. */
	if (rest.n)
		vec_push(&s->line, rest);
	if (s->line.n && text.p[text.n - 1] != '\n')
		s->line.v[s->line.n - 1] = str_of(arena_printf(
			a, STR_FMT NO_END, STR_ARG(s->line.v[s->line.n - 1])));
	s->gone = arena_alloc(a, s->line.n + 1);
}

static void all_gone(struct side *s, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		s->gone[i] = true;
}

/* ---- the shortest way ------------------------------------------------------ */

/* The window that is compared: lines [head, head + n) of each. */
struct window {
	struct side *a, *b;
	size_t head;
	int n, m;
	int **trace; /* the furthest x on each diagonal, by step */
	struct arena *arena;
};

static bool same(const struct window *w, int x, int y)
{
	return str_eq(w->a->line.v[w->head + (size_t)x],
		      w->b->line.v[w->head + (size_t)y]);
}

/* v[k]: the furthest x on diagonal k = x - y; v points at k = 0. */
static bool down(const int *v, int d, int k)
{
	return k == -d || (k != d && v[k - 1] < v[k + 1]);
}

static int furthest(const struct window *w, const int *v, int d, int k)
{
	int x = down(v, d, k) ? v[k + 1] : v[k - 1] + 1;

	while (x < w->n && x - k < w->m && x - k >= 0 && same(w, x, x - k))
		x++;
	return x;
}

/* Steps that it takes, or -1: too many. */
static int search(struct window *w)
{
	int most = MIN_OF(w->n + w->m, DIFF_EDITS_MAX);
	int *v = arena_array(w->arena, (size_t)most * 2 + 3, sizeof(*v));

	v += most + 1;
	w->trace = arena_array(w->arena, (size_t)most + 1, sizeof(*w->trace));
	for (int d = 0; d <= most; d++) {
		size_t wide = (size_t)d * 2 + 3;
		int *kept = arena_array(w->arena, wide, sizeof(*kept));

		/* As it was before this step. */
		memcpy(kept, v - d - 1, wide * sizeof(*kept));
		w->trace[d] = kept + d + 1;
		for (int k = -d; k <= d; k += 2) {
			v[k] = furthest(w, v, d, k);
			if (v[k] >= w->n && v[k] - k >= w->m)
				return d;
		}
	}
	return -1;
}

static void mark(struct window *w, int steps)
{
	int x = w->n, y = w->m;

	for (int d = steps; d > 0; d--) {
		const int *v = w->trace[d];
		int k = x - y;
		bool added = down(v, d, k);
		int from = added ? k + 1 : k - 1;

		x = v[from];
		y = x - from;
		if (added)
			w->b->gone[w->head + (size_t)y] = true;
		else
			w->a->gone[w->head + (size_t)x] = true;
	}
}

static void compare(struct side *a, struct side *b, struct arena *arena)
{
	size_t most = MIN_OF(a->line.n, b->line.n), head = 0, tail = 0;
	struct window w = {a, b, 0, 0, 0, NULL, arena};
	int steps;

	while (head < most && str_eq(a->line.v[head], b->line.v[head]))
		head++;
	while (tail < most - head && str_eq(a->line.v[a->line.n - 1 - tail],
					    b->line.v[b->line.n - 1 - tail]))
		tail++;
	w.head = head;
	w.n = (int)(a->line.n - head - tail);
	w.m = (int)(b->line.n - head - tail);
	steps = search(&w);
	if (steps >= 0) {
		mark(&w, steps);
		return;
	}
	all_gone(a, head, a->line.n - tail);
	all_gone(b, head, b->line.n - tail);
}

/* ---- printing -------------------------------------------------------------- */

static void put_line(struct buf *out, char sign, const struct side *s, size_t i)
{
	buf_putc(out, sign);
	buf_put_str(out, s->line.v[i]);
	buf_putc(out, '\n');
}

struct at {
	size_t a, b;
};

static bool differs(const struct side *a, const struct side *b, struct at at)
{
	return (at.a < a->line.n && a->gone[at.a]) ||
	       (at.b < b->line.n && b->gone[at.b]);
}

/* Past the lines that differ here. */
static struct at past(const struct side *a, const struct side *b, struct at at)
{
	while (at.a < a->line.n && a->gone[at.a])
		at.a++;
	while (at.b < b->line.n && b->gone[at.b])
		at.b++;
	return at;
}

/* The end of the hunk that has its first difference at `at`: behind CONTEXT
 * lines, unless the next difference comes so soon that they would meet. */
static struct at hunk_end(const struct side *a, const struct side *b,
			  struct at at)
{
	size_t plain = 0;
	struct at look = at, end = at;

	while (look.a < a->line.n || look.b < b->line.n) {
		if (differs(a, b, look)) {
			look = end = past(a, b, look);
			plain = 0;
			continue;
		}
		if (++plain > CONTEXT * 2)
			break;
		look.a++;
		look.b++;
	}
	for (plain = 0; plain < CONTEXT && end.a < a->line.n; plain++) {
		end.a++;
		end.b++;
	}
	return end;
}

static void put_range(struct buf *out, char sign, size_t from, size_t n)
{
	/* POSIX diff -u: of no lines, the line before. */
	buf_printf(out, "%c%zu", sign, n ? from + 1 : from);
	if (n != 1)
		buf_printf(out, ",%zu", n);
}

static void put_hunk(const struct side *a, const struct side *b,
		     struct at begin, struct at end, struct buf *out)
{
	struct at at = begin;

	buf_puts(out, "@@ ");
	put_range(out, '-', begin.a, end.a - begin.a);
	buf_putc(out, ' ');
	put_range(out, '+', begin.b, end.b - begin.b);
	buf_puts(out, " @@\n");
	while (at.a < end.a || at.b < end.b) {
		if (at.a < end.a && a->gone[at.a]) {
			put_line(out, '-', a, at.a++);
		} else if (at.b < end.b && b->gone[at.b]) {
			put_line(out, '+', b, at.b++);
		} else {
			put_line(out, ' ', a, at.a++);
			at.b++;
		}
	}
}

static void put_all(const struct side *a, const struct side *b, struct buf *out)
{
	struct at at = {0, 0};

	while (at.a < a->line.n || at.b < b->line.n) {
		struct at begin = at, end;
		size_t before;

		if (!differs(a, b, at)) {
			at.a++;
			at.b++;
			continue;
		}
		before = MIN_OF(at.a, (size_t)CONTEXT);
		begin.a -= before;
		begin.b -= before;
		end = hunk_end(a, b, at);
		put_hunk(a, b, begin, end, out);
		at = end;
	}
}

void diff_unified(struct str old, struct str new, const char *old_name,
		  const char *new_name, struct buf *out)
{
	AUTO(arena) arena = ARENA_EMPTY;
	struct side a = {0}, b = {0};

	if (str_eq(old, new))
		return;
	split(old, &a, &arena);
	split(new, &b, &arena);
	compare(&a, &b, &arena);
	buf_printf(out, "--- %s\n+++ %s\n", old_name, new_name);
	put_all(&a, &b, out);
	vec_release(&a.line);
	vec_release(&b.line);
}
