/* unbuilt.c - plans that ask for what nobody carries out yet.
 *
 * Never in part, and never in silence: such mail is not taken where its sender
 * can still be told so, else an admin has to look; approvals are his until they
 * can be asked for.
 */
#include "connector/flow/flow_int.h"

#define UNBUILT "unbuilt"

bool unbuilt_not_taken(const struct judged *j)
{
	/* A copy of a mail whose first part was taken is held like that. */
	return j->planned && !j->admin_hold && !j->quiet &&
	       (j->plan.unbuilt & UNBUILT_COPY);
}

void unbuilt_words(const struct judged *j, struct buf *out)
{
	unbuilt_text(j->plan.unbuilt, "en", out);
}

void unbuilt_told(struct flow *f, unsigned bits)
{
	AUTO(buf) text = BUF_MAX(1024);

	unbuilt_text(bits, "en", &text);
	LOG(&f->log, LOG_WARN, "policy-unbuilt", LS("what", buf_cstr(&text)));
}

void unbuilt_alarm(struct judged *j, bool held)
{
	AUTO(buf) ja = BUF_MAX(1024);
	AUTO(buf) en = BUF_MAX(1024);

	buf_printf(&ja, "%s、%s: ", j->tenant->tenant,
		   held ? j->id_text : "受け取っていません");
	buf_printf(&en, "%s, %s: ", j->tenant->tenant,
		   held ? j->id_text : "not taken");
	unbuilt_text(j->plan.unbuilt, "ja", &ja);
	unbuilt_words(j, &en);
	flow_alarm_both(j->f, UNBUILT, buf_str(&ja), buf_str(&en));
}

struct gate *unbuilt_gates(struct judged *j, const struct plan_rcpt *p,
			   size_t *n_r)
{
	size_t n = MIN_OF(p->gate_n, (size_t)GATES_MAX - 1);
	struct gate *g = arena_array(&j->arena, n + 1, sizeof(*g));

	g[0] = (struct gate){.kind = GATE_HOLD,
			     .then = THEN_WAIT,
			     .by = STR("admin"),
			     .doubt = STR(UNBUILT)};
	if (n)
		memcpy(g + 1, p->gate, n * sizeof(*g));
	*n_r = n + 1;
	return g;
}

bool gates_unbuilt(const struct gate *g, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(g[i].doubt, UNBUILT))
			return true;
	return false;
}
