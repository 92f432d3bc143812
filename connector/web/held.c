/* held.c - /m/TOKEN: the sender sees his held mail and decides.
 *
 * Opening changes nothing.  Deciding takes the four digits that stand in the
 * mail beside the link; each try is counted, durably, before it is compared,
 * so that many at once are still at most five.
 */
#include <stdio.h>
#include "connector/web/web_int.h"

struct deciding {
	struct visit *v;
	struct held h;
	enum flow_act act;
	unsigned char check[SHA256_LEN]; /* of what was typed */
};

static void not_found(struct visit *v)
{
	answer_error(v, 404, "error_link");
}

static void our_fault(struct visit *v, const struct err *e)
{
	LOG(v->w->c.log, LOG_ERROR, "held-page", LE(e));
	answer_error(v, 500, "error_ours");
}

/* false: the visit was answered. */
static bool find(struct visit *v, struct held *h)
{
	unsigned char hash[SHA256_LEN];
	struct err e = ERR_EMPTY;
	struct store_reader *r = v->w->reader;

	h->token = v->arg;
	sha256_of(v->arg.p, v->arg.n, hash);
	if (v->arg.n == TOKEN_TEXT_LEN &&
	    store_token_find(r, hash, v->a, &h->row, &e) &&
	    h->row.kind == 'm' && h->row.expires_us > v->now_us &&
	    store_show(r, h->row.message, v->a, &h->found, &e) &&
	    store_story(r, h->row.message, v->a, &h->story, &h->story_n, &e))
		return true;
	if (e.class == ERR_NONE || e.class == ERR_NOT_FOUND)
		not_found(v);
	else
		our_fault(v, &e);
	return false;
}

static void show(struct visit *v, const struct held *h, int status,
		 const char *page, const char *error)
{
	struct json *doc = held_document(v, h);

	if (strcmp(page, "discard") == 0) {
		json_add_bool(doc, "discarding", true);
		json_add_cstr(doc, "title", "discard_question");
	}
	if (error) {
		json_add_cstr(doc, "error", error);
		json_add_cstr(doc, "error_field", "check");
		json_add_int(doc, "tries_left",
			     h->row.tries >= WEB_TRIES
				     ? 0
				     : WEB_TRIES - (int64_t)h->row.tries);
	}
	answer_page(v, status, page, &doc);
}

void get_held(struct visit *v)
{
	struct held h = {0};

	if (find(v, &h))
		show(v, &h, 200, "held", NULL);
}

void get_discard(struct visit *v)
{
	struct held h = {0};

	if (!find(v, &h))
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
			not_found(v);
			return;
		}
	if (v->r->query.n != TOKEN_TEXT_LEN)
		not_found(v);
	else
		answer_see_other(v, arena_printf(v->a, "m/" STR_FMT,
						 STR_ARG(v->r->query)));
}

/* ---- deciding -------------------------------------------------------------- */

/* Half- and full-width digits, blanks between them. */
static bool read_digits(struct str s, char digits_r[WEB_DIGITS + 1])
{
	size_t n = 0;

	while (s.n > 0) {
		char c = s.p[0];
		size_t step = 1;

		if (s.n >= 3 && memcmp(s.p, "\xef\xbc", 2) == 0 &&
		    (unsigned char)s.p[2] >= 0x90 &&
		    (unsigned char)s.p[2] <= 0x99) {
			c = (char)('0' + ((unsigned char)s.p[2] - 0x90));
			step = 3;
		} else if (str_starts(s, STR("\xe3\x80\x80"))) {
			c = ' ';
			step = 3;
		}
		s = str_skip(s, step);
		if (c == ' ')
			continue;
		if (!ascii_digit(c) || n == WEB_DIGITS)
			return false;
		digits_r[n++] = c;
	}
	digits_r[n] = 0;
	return n == WEB_DIGITS;
}

static const char *page_of(const struct deciding *d)
{
	return d->act == ACT_DISCARD ? "discard" : "held";
}

static void see_outcome(struct visit *v)
{
	answer_see_other(v, arena_printf(v->a, "m/" STR_FMT, STR_ARG(v->arg)));
}

static void on_done(void *arg, const struct err *why)
{
	struct deciding *d = arg;

	/* Somebody was faster: the page shows what he chose. */
	if (why == NULL || why->class == ERR_CONFLICT)
		see_outcome(d->v);
	else
		our_fault(d->v, why);
}

static void decide(struct deciding *d)
{
	struct flow_action act = {
		.act = d->act, .id = d->h.row.message, .use_token = true};

	snprintf(act.actor, sizeof(act.actor), "sender " STR_FMT,
		 STR_ARG(d->h.row.person));
	memcpy(act.token, d->h.row.hash, SHA256_LEN);
	flow_do(d->v->w->c.flow, &act, d->v->w->c.loop, on_done, d);
}

static void on_counted(void *arg, struct store_job *job, const struct err *why)
{
	struct deciding *d = arg;
	struct store_token *row = &d->h.row;
	unsigned char hash[SHA256_LEN];
	struct err e = ERR_EMPTY;

	(void)job;
	memcpy(hash, row->hash, SHA256_LEN);
	if (why != NULL) {
		our_fault(d->v, why);
		return;
	}
	/* Read again: tries of others that were counted meanwhile count. */
	if (!store_token_find(d->v->w->reader, hash, d->v->a, row, &e)) {
		our_fault(d->v, &e);
		return;
	}
	if (row->used_us != 0)
		see_outcome(d->v);
	else if (row->tries > WEB_TRIES)
		show(d->v, &d->h, 403, page_of(d), "error_locked");
	else if (str_eq_secret(str_n(row->check, SHA256_LEN),
			       str_n(d->check, SHA256_LEN)))
		decide(d);
	else
		show(d->v, &d->h, 403, page_of(d),
		     row->tries == WEB_TRIES ? "error_locked" : "error_check");
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

static void try_digits(struct deciding *d, const char *digits)
{
	struct visit *v = d->v;
	char both[TOKEN_TEXT_LEN + WEB_DIGITS];
	struct store_job *job;

	memcpy(both, v->arg.p, TOKEN_TEXT_LEN);
	memcpy(both + TOKEN_TEXT_LEN, digits, WEB_DIGITS);
	sha256_of(both, sizeof(both), d->check);
	job = store_job_new(v->w->c.store);
	store_count_try(job, d->h.row.hash);
	store_submit(v->w->c.store, job, v->w->c.loop, on_counted, d);
}

void post_held(struct visit *v)
{
	struct deciding *d = ARENA_NEW(v->a, struct deciding);
	struct str act = http_form_value(v->form, "act", v->a);
	struct str typed = http_form_value(v->form, "check", v->a);
	char digits[WEB_DIGITS + 1];

	d->v = v;
	if (!find(v, &d->h))
		return;
	if (!held_can_decide(&d->h))
		see_outcome(v);
	else if (!read_act(act, &d->act))
		answer_error(v, 400, "error_stale");
	else if (d->h.row.tries >= WEB_TRIES)
		show(v, &d->h, 403, page_of(d), "error_locked");
	else if (!read_digits(typed, digits))
		show(v, &d->h, 422, page_of(d), "error_digits");
	else
		try_digits(d, digits);
}
