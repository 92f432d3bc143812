/* held.c - /m/TOKEN: the sender sees his held mail and decides.
 *
 * Opening changes nothing.  Deciding takes the digits of the notice (check.c).
 */
#include <stdio.h>
#include "connector/web/web_int.h"

static void show(struct visit *v, const struct held *h, int status,
		 const char *page, const char *error)
{
	struct json *doc = held_document(v, h);

	if (strcmp(page, "discard") == 0) {
		json_add_bool(doc, "discarding", true);
		json_add_cstr(doc, "title", "discard_question");
	}
	held_add_error(doc, h, error);
	answer_page(v, status, page, &doc);
}

void get_held(struct visit *v)
{
	struct held h = {0};

	if (held_find(v, 'm', &h))
		show(v, &h, 200, "held", NULL);
}

void get_discard(struct visit *v)
{
	struct held h = {0};

	if (!held_find(v, 'm', &h))
		return;
	if (held_can_decide(&h))
		show(v, &h, 200, "discard", NULL);
	else
		answer_see_other(
			v, arena_printf(v->a, "m/" STR_FMT, STR_ARG(v->arg)));
}

void get_seed_link(struct visit *v)
{
	for (size_t i = 0; i < v->r->query.n; i++)
		if (!ascii_alnum(v->r->query.p[i]) &&
		    !strchr("-_", v->r->query.p[i])) {
			answer_error(v, 404, "error_link");
			return;
		}
	if (v->r->query.n != TOKEN_TEXT_LEN)
		answer_error(v, 404, "error_link");
	else
		answer_see_other(v, arena_printf(v->a, "m/" STR_FMT,
						 STR_ARG(v->r->query)));
}

/* ---- deciding -------------------------------------------------------------- */

static void show_error(struct check *c, int status, const char *error)
{
	show(c->v, &c->h, status,
	     c->act.act == ACT_DISCARD ? "discard" : "held", error);
}

static bool read_act(struct str s, enum flow_act *act_r)
{
	if (str_is(s, "send"))
		*act_r = ACT_SEND_NOW;
	else if (str_is(s, "discard"))
		*act_r = ACT_DISCARD;
	else if (str_is(s, "return"))
		*act_r = ACT_RETURN;
	else
		return false;
	return true;
}

void post_held(struct visit *v)
{
	struct check *c = ARENA_NEW(v->a, struct check);
	struct str act = http_form_value(v->form, "act", v->a);

	c->v = v;
	c->path = "m/";
	c->show = show_error;
	if (!held_find(v, 'm', &c->h))
		return;
	snprintf(c->act.actor, sizeof(c->act.actor), "sender " STR_FMT,
		 STR_ARG(c->h.row.person));
	if (!held_can_decide(&c->h))
		check_outcome(c);
	else if (!read_act(act, &c->act.act))
		answer_error(v, 400, "error_stale");
	else
		check_decide(c);
}
