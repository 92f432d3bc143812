/* check.c - a decision on a page that is reached by a token alone takes the
 * digits that stand in the mail beside the link.
 *
 * Each try is counted, durably, before it is compared, so that many at once
 * are still at most five.
 */
#include "connector/web/web_int.h"

static void our_fault(struct visit *v, const struct err *e)
{
	LOG(v->w->c.log, LOG_ERROR, "page", LE(e), LS("route", v->pattern));
	answer_error(v, 500, "error_ours");
}

bool held_find(struct visit *v, char kind, struct held *h)
{
	unsigned char hash[SHA256_LEN];
	struct err e = ERR_EMPTY;
	struct store_reader *r = v->w->reader;

	h->token = v->arg;
	sha256_of(v->arg.p, v->arg.n, hash);
	if (v->arg.n == TOKEN_TEXT_LEN &&
	    store_token_find(r, hash, v->a, &h->row, &e) &&
	    h->row.kind == kind && h->row.expires_us > v->now_us &&
	    store_show(r, h->row.message, v->a, &h->found, &e) &&
	    store_story(r, h->row.message, v->a, &h->story, &h->story_n, &e))
		return true;
	if (e.class == ERR_NONE || e.class == ERR_NOT_FOUND)
		answer_error(v, 404, "error_link");
	else
		our_fault(v, &e);
	return false;
}

void held_add_error(struct json *doc, const struct held *h, const char *error)
{
	if (!error)
		return;
	json_add_cstr(doc, "error", error);
	json_add_cstr(doc, "error_field", "check");
	json_add_int(doc, "tries_left",
		     h->row.tries >= WEB_TRIES
			     ? 0
			     : WEB_TRIES - (int64_t)h->row.tries);
}

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

void check_outcome(struct check *c)
{
	answer_see_other(c->v, arena_printf(c->v->a, "%s" STR_FMT, c->path,
					    STR_ARG(c->v->arg)));
}

static void on_done(void *arg, const struct err *why)
{
	struct check *c = arg;

	/* Somebody was faster: the page shows what he chose. */
	if (why == NULL || why->class == ERR_CONFLICT)
		check_outcome(c);
	else
		our_fault(c->v, why);
}

static void decide(struct check *c)
{
	c->act.id = c->h.row.message;
	c->act.use_token = true;
	memcpy(c->act.token, c->h.row.hash, SHA256_LEN);
	flow_do(c->v->w->c.flow, &c->act, c->v->w->c.loop, on_done, c);
}

static void on_counted(void *arg, struct store_job *job, const struct err *why)
{
	struct check *c = arg;
	struct store_token *row = &c->h.row;
	unsigned char hash[SHA256_LEN];
	struct err e = ERR_EMPTY;

	(void)job;
	memcpy(hash, row->hash, SHA256_LEN);
	if (why != NULL) {
		our_fault(c->v, why);
		return;
	}
	/* Read again: tries of others that were counted meanwhile count. */
	if (!store_token_find(c->v->w->reader, hash, c->v->a, row, &e)) {
		our_fault(c->v, &e);
		return;
	}
	if (row->used_us != 0)
		check_outcome(c);
	else if (row->tries > WEB_TRIES)
		c->show(c, 403, "error_locked");
	else if (str_eq_secret(str_n(row->check, SHA256_LEN),
			       str_n(c->sum, SHA256_LEN)))
		decide(c);
	else
		c->show(c, 403,
			row->tries == WEB_TRIES ? "error_locked"
						: "error_check");
}

static void try_digits(struct check *c, const char *digits)
{
	struct visit *v = c->v;
	char both[TOKEN_TEXT_LEN + WEB_DIGITS];
	struct store_job *job;

	memcpy(both, v->arg.p, TOKEN_TEXT_LEN);
	memcpy(both + TOKEN_TEXT_LEN, digits, WEB_DIGITS);
	sha256_of(both, sizeof(both), c->sum);
	job = store_job_new(v->w->c.store);
	store_count_try(job, c->h.row.hash);
	store_submit(v->w->c.store, job, v->w->c.loop, on_counted, c);
}

void check_decide(struct check *c)
{
	struct visit *v = c->v;
	struct str typed = http_form_value(v->form, "check", v->a);
	char digits[WEB_DIGITS + 1];

	if (c->h.row.tries >= WEB_TRIES)
		c->show(c, 403, "error_locked");
	else if (!read_digits(typed, digits))
		c->show(c, 422, "error_digits");
	else
		try_digits(c, digits);
}
