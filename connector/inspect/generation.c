/* generation.c - zygotes that know one question each, in turn.
 *
 * The next one is made beside the one that serves: its zygote compiles, its
 * children start, the canaries pass. Then it serves, and the one before ends
 * what it has begun: what still waits is answered by the new one. When a third
 * one comes while the first is not done yet, what that had begun is begun
 * again.
 */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include "connector/base/clock.h"
#include "connector/inspect/inspect_int.h"

struct generation *generation_new(struct inspect *p, struct inspect_question *q,
				  struct err *e)
{
	struct generation *g = NEW(struct generation);

	g->p = p;
	g->asked = q->asked;
	g->question = q->fd;
	q->fd = -1;
	g->zsock = -1;
	g->zygote_backoff = BACKOFF_LEAST;
	g->child = NEW_ARRAY(struct child, p->conf.children);
	g->child_n = p->conf.children;
	for (unsigned i = 0; i < g->child_n; i++)
		child_init(&g->child[i], g);
	if (!zygote_start(g, e))
		generation_end(&g);
	return g;
}

void generation_end(struct generation **gp)
{
	struct generation *g = *gp;

	*gp = NULL;
	if (!g)
		return;
	canary_run_free(&g->canaries);
	for (unsigned i = 0; i < g->child_n; i++) {
		if (g->child[i].state == CHILD_NONE)
			continue;
		g->child[i].state = CHILD_RETIRING;
		child_drop(&g->child[i], false, "its question has gone");
	}
	zygote_stop(g, !g->p->stopping);
	if (g->question >= 0)
		close(g->question);
	mem_free(g->child);
	mem_free(g);
}

void generation_fail(struct generation *g, const char *fmt, ...)
{
	va_list ap;

	if (g->failed)
		return;
	g->failed = true;
	g->why = (struct err){.class = ERR_CONFIG};
	va_start(ap, fmt);
	vsnprintf(g->why.text, sizeof(g->why.text), fmt, ap);
	va_end(ap);
	timer_set(g->p->soon, 0);
}

/* ---- the one that ends ----------------------------------------------------- */

/* Has it still to answer something? */
static bool is_busy(const struct generation *g)
{
	for (unsigned i = 0; i < g->child_n; i++)
		if (g->child[i].state != CHILD_NONE &&
		    child_load(&g->child[i]) > 0)
			return true;
	return false;
}

/* What is left of it when it dies is answered by the one that serves. */
static void look_old(struct inspect *p)
{
	if (p->gen[GEN_OLD] && !is_busy(p->gen[GEN_OLD]))
		generation_end(&p->gen[GEN_OLD]);
}

/* ---- the one that is made -------------------------------------------------- */

static bool answer_asked(struct inspect *p, const struct err *why)
{
	inspect_asked *done = p->asked;

	p->asked = NULL;
	return done && done(p->asked_arg, why);
}

static void serve(struct inspect *p)
{
	struct generation *g = p->gen[GEN_NEXT];

	canary_run_free(&g->canaries);
	if (!answer_asked(p, NULL)) {
		generation_end(&p->gen[GEN_NEXT]);
		return;
	}
	generation_end(&p->gen[GEN_OLD]);
	p->gen[GEN_OLD] = p->gen[GEN_NOW];
	p->gen[GEN_NOW] = g;
	p->gen[GEN_NEXT] = NULL;
	LOG(p->conf.log, LOG_INFO, "inspect.question",
	    LU("version", g->asked.version), LU("terms", g->asked.term_n),
	    LU("names", g->asked.company_n));
	jobs_dispatch(p);
}

static void give_up(struct inspect *p)
{
	struct err why = p->gen[GEN_NEXT]->why;

	generation_end(&p->gen[GEN_NEXT]);
	LOG(p->conf.log, LOG_ERROR, "inspect.question.refused", LE(&why));
	(void)answer_asked(p, &why);
}

static bool all_ready(const struct generation *g)
{
	for (unsigned i = 0; i < g->child_n; i++)
		if (g->child[i].state != CHILD_READY)
			return false;
	return true;
}

static void look_next(struct inspect *p, int64_t now)
{
	struct generation *g = p->gen[GEN_NEXT];
	const struct err *why = NULL;

	if (!g)
		return;
	if (now > g->until)
		generation_fail(g, "%s was not ready in time", p->conf.program);
	if (!g->failed && !g->canaries && all_ready(g))
		g->canaries = canary_run_begin(g, canary_tables(p->level));
	if (!g->failed && g->canaries && canary_run_ended(g->canaries, &why)) {
		if (!why) {
			serve(p);
			return;
		}
		generation_fail(g, "%s", why->text);
	}
	if (g->failed)
		give_up(p);
}

void generations_look(struct inspect *p, int64_t now)
{
	struct err why = p->not_begun;

	look_next(p, now);
	look_old(p);
	if (!p->asked || p->gen[GEN_NEXT])
		return;
	/* It could not be begun, or is answered already. */
	p->not_begun = ERR_EMPTY;
	(void)answer_asked(p, why.class != ERR_NONE ? &why : NULL);
}

void inspect_ask(struct inspect *p, struct inspect_question **q,
		 inspect_asked *done, void *arg)
{
	struct err why = ERR_EMPTY;

	generation_end(&p->gen[GEN_NEXT]);
	err_set(&why, ERR_CONFLICT, 0, "a newer policy came in between");
	(void)answer_asked(p, &why);
	p->asked = done;
	p->asked_arg = arg;
	p->not_begun = ERR_EMPTY;
	if (p->gen[GEN_NOW]->asked.version != (*q)->asked.version)
		p->gen[GEN_NEXT] = generation_new(p, *q, &p->not_begun);
	inspect_question_free(q);
	timer_set(p->soon, 0);
}

uint32_t inspect_version(const struct inspect *p)
{
	return p->gen[GEN_NOW]->asked.version;
}
