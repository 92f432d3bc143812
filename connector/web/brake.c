/* brake.c - /b/TOKEN: somebody above the sender, who has a copy of mail that
 * waits, gives it back before it leaves.
 *
 * The mail itself is in his mailbox; the page says where it is and what became
 * of it. Opening changes nothing; giving back takes the digits of the notice.
 */
#include <stdio.h>
#include "connector/base/utf8.h"
#include "connector/web/web_int.h"

#define SUBJECT_CHARS 300
#define COMMENT_CHARS 500

enum state { STATE_WAITS, STATE_MINE, STATE_RETURNED, STATE_LEFT, STATE_ENDED };

static const struct look {
	const char *name, *badge, *line, *kind, *icon;
} looks[] = {
	[STATE_WAITS] = {"waits", "badge_held", NULL, "hold", "clock"},
	[STATE_MINE] = {"given-back", "badge_returned", "brake_mine", "calm",
			"back"},
	[STATE_RETURNED] = {"returned", "badge_returned", "brake_returned",
			    "calm", "back"},
	[STATE_LEFT] = {"left", "badge_sent", "brake_left", "pass", "check"},
	[STATE_ENDED] = {"ended", "badge_mixed", "brake_ended", "calm",
			 "check"},
};

struct seen {
	size_t held, open, left, returned;
	const struct store_rcpt *first; /* held, due first */
	int64_t ended_us;		/* the last of them */
};

static struct seen look_at(const struct held *h)
{
	struct seen s = {0};

	for (size_t i = 0; i < h->found.rcpt_n; i++) {
		const struct store_rcpt *r = &h->found.rcpt[i];

		s.ended_us = MAX_OF(s.ended_us, r->ended_us);
		s.returned += r->state == RCPT_RETURNED;
		s.open += !rcpt_state_ended(r->state);
		if (r->state == RCPT_HELD) {
			s.held++;
			if (!s.first ||
			    (r->due_us &&
			     (!s.first->due_us || r->due_us < s.first->due_us)))
				s.first = r;
		} else if (!rcpt_state_ended(r->state) ||
			   r->state == RCPT_DELIVERED ||
			   r->state == RCPT_BOUNCED) {
			s.left++;
		}
	}
	return s;
}

static const char *actor_of(const struct visit *v, const struct held *h)
{
	return arena_printf(v->a, "superior " STR_FMT, STR_ARG(h->row.person));
}

static bool gave_back(const struct visit *v, const struct held *h)
{
	const char *actor = actor_of(v, h);

	for (size_t i = 0; i < h->story_n; i++)
		if (str_is(h->story[i].event, "returned") &&
		    str_is(h->story[i].actor, actor))
			return true;
	return false;
}

static enum state state_of(const struct visit *v, const struct held *h,
			   const struct seen *s)
{
	if (s->held)
		return STATE_WAITS;
	if (s->returned)
		return gave_back(v, h) ? STATE_MINE : STATE_RETURNED;
	return s->left ? STATE_LEFT : STATE_ENDED;
}

static bool can_return(const struct held *h, const struct seen *s)
{
	return s->held && !h->row.used_us;
}

/* What the clock will do, as the notice said it. */
static const char *waits_word(const struct visit *v, const struct store_rcpt *r)
{
	static const char *const words[] = {
		[THEN_SEND] = "notice_brake_send",
		[THEN_DISCARD] = "notice_brake_discard",
		[THEN_RETURN] = "notice_brake_return",
		[THEN_WAIT] = "notice_brake_wait",
		[THEN_ESCALATE] = "notice_brake_wait",
	};
	struct gate *g;
	size_t n;

	if (!r || !r->due_us || !flow_gates_read(r->gates, v->a, &g, &n))
		return words[THEN_WAIT];
	return words[r->gate < n ? g[r->gate].then : THEN_SEND];
}

static void add_head(struct json *doc, const struct visit *v,
		     const struct held *h, const struct seen *s,
		     enum state state)
{
	const struct store_message *m = &h->found.message;
	const struct look *look = &looks[state];
	AUTO(buf) subject = BUF_MAX(16 * KIB);
	AUTO(buf) due = BUF_MAX(200);
	char id[ID_TEXT_LEN + 1];

	id_text(m->id, id);
	json_add_cstr(doc, "page", "brake");
	json_add_cstr(doc, "id", id);
	json_add_str(doc, "token", h->token);
	json_add_cstr(doc, "state", look->name);
	json_add_cstr(doc, "badge", look->badge);
	json_add_cstr(doc, "line",
		      look->line ? look->line : waits_word(v, s->first));
	json_add_cstr(doc, "kind", look->kind);
	json_add_cstr(doc, "icon", look->icon);
	utf8_clean(&subject, m->subject, SUBJECT_CHARS);
	if (subject.n == 0)
		buf_puts(&subject, catalogue_word(v->l, "no_subject"));
	json_add_str(doc, "subject", buf_str(&subject));
	json_add_str(doc, "person", h->row.person);
	json_add_str(doc, "sender", m->sender);
	held_add_when(doc, "accepted", v, m->accepted_us);
	if (s->first && s->first->due_us) {
		held_add_when(doc, "next", v, s->first->due_us);
		when_put(&due, v->l, v->w->c.config->timezone, s->first->due_us,
			 v->now_us, false);
		json_add_str(doc, "due_short", buf_str(&due));
	} else if (!s->held && s->ended_us) {
		held_add_when(doc, "over", v, s->ended_us);
	}
}

static struct json *document(const struct visit *v, const struct held *h)
{
	struct json *doc = json_object();
	struct seen s = look_at(h);
	enum state state = state_of(v, h, &s);
	bool can = can_return(h, &s);

	add_head(doc, v, h, &s, state);
	json_add_bool(doc, "is_held", s.held > 0);
	json_add_bool(doc, "is_over", s.open == 0);
	json_add_bool(doc, "can_return", can);
	json_add_bool(doc, "locked", can && h->row.tries >= WEB_TRIES);
	json_add_bool(doc, "mine", state == STATE_MINE);
	json_add_int(doc, "held_count", (int64_t)s.held);
	json_add_int(doc, "gone_count", (int64_t)(h->found.rcpt_n - s.held));
	json_add_bool(doc, "some_gone", s.left && state != STATE_LEFT);
	held_add_plan(doc, v, h);
	return doc;
}

static void show(struct visit *v, const struct held *h, int status,
		 const char *error)
{
	struct json *doc = document(v, h);
	struct str comment = http_form_value(v->form, "comment", v->a);

	if (error) /* what was typed is kept */
		json_add_str(doc, "comment", comment);
	held_add_error(doc, h, error);
	answer_page(v, status, "brake", &doc);
}

void get_brake(struct visit *v)
{
	struct held h = {0};

	if (held_find(v, 'b', &h))
		show(v, &h, 200, NULL);
}

/* ---- giving back ------------------------------------------------------------ */

/* Lines stay lines, all else that is no text goes. */
static void read_comment(struct visit *v, char to[FLOW_COMMENT_MAX])
{
	struct str text = http_form_value(v->form, "comment", v->a), line;
	AUTO(buf) out = BUF_MAX(FLOW_COMMENT_MAX - 1);
	size_t left = COMMENT_CHARS;

	text = str_trim(text);
	while (left && str_split(&text, '\n', &line)) {
		struct str rest = str_trim(line);
		size_t chars = 1; /* the line's end */

		if (out.n)
			buf_putc(&out, '\n');
		utf8_clean(&out, rest, left);
		while (utf8_next(&rest) >= 0)
			chars++;
		left -= MIN_OF(left, chars);
	}
	snprintf(to, FLOW_COMMENT_MAX, "%s",
		 buf_ok(&out) ? buf_cstr(&out) : "");
}

static void show_error(struct check *c, int status, const char *error)
{
	show(c->v, &c->h, status, error);
}

void post_brake(struct visit *v)
{
	struct check *c = ARENA_NEW(v->a, struct check);
	struct seen s;

	c->v = v;
	c->path = "b/";
	c->show = show_error;
	if (!held_find(v, 'b', &c->h))
		return;
	s = look_at(&c->h);
	c->act.act = ACT_RETURN;
	snprintf(c->act.actor, sizeof(c->act.actor), "%s", actor_of(v, &c->h));
	snprintf(c->act.by, sizeof(c->act.by), STR_FMT,
		 STR_ARG(c->h.row.person));
	read_comment(v, c->act.comment);
	if (can_return(&c->h, &s))
		check_decide(c);
	else
		check_outcome(c);
}
