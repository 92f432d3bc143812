/* turn.c - mails of one tenant with one Message-ID become durable one after
 * another: whoever asks the ledger for what is known sees all before it.
 */
#include "connector/flow/flow_int.h"

bool turn_take(struct flow *f, struct turn *t)
{
	struct turn *last;

	t->f = f;
	last = map_get(&f->turns, t->key);
	if (last) {
		while (last->next)
			last = last->next;
		last->next = t;
		return false;
	}
	map_put(&f->turns, t->key, t);
	t->held = true;
	return true;
}

void turn_give(struct turn *t)
{
	struct turn *next = t->next;

	if (!t->held)
		return;
	t->held = false;
	map_remove(&t->f->turns, t->key);
	if (!next)
		return;
	next->held = true;
	map_put(&next->f->turns, next->key, next);
	next->go(next);
}
