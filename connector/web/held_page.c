/* held_page.c - a message and its token as the document of /m/TOKEN.
 *
 * The state is said first; every word is a key of the catalogue, so that the
 * JSON of the page names what the page says.
 */
#include "connector/base/codec.h"
#include "connector/base/utf8.h"
#include "connector/web/web_int.h"

#define SUBJECT_CHARS  300
#define SENTENCE_CHARS 1000

enum state {
	STATE_CHECKING, /* not decided yet */
	STATE_HELD,	/* timer of the sender's own hold */
	STATE_WAIT,	/* until the sender sends */
	STATE_TIMELAG,	/* only an earliest moment is left */
	STATE_APPROVAL,
	STATE_ADMIN,
	STATE_SENDING,
	STATE_SENT,
	STATE_DISCARDED,
	STATE_RETURNED,
	STATE_REFUSED,
	STATE_EXPIRED,
	STATE_BOUNCED,
	STATE_MIXED,
};

struct look {
	const char *name; /* of the words badge_*, line_* */
	const char *kind; /* colour: hold, pass, stop, calm */
	const char *icon;
};

static const struct look looks[] = {
	[STATE_CHECKING] = {"checking", "hold", "clock"},
	[STATE_HELD] = {"held", "hold", "clock"},
	[STATE_WAIT] = {"wait", "hold", "clock"},
	[STATE_TIMELAG] = {"timelag", "hold", "clock"},
	[STATE_APPROVAL] = {"approval", "hold", "person"},
	[STATE_ADMIN] = {"admin", "hold", "person"},
	[STATE_SENDING] = {"sending", "pass", "send"},
	[STATE_SENT] = {"sent", "pass", "check"},
	[STATE_DISCARDED] = {"discarded", "calm", "trash"},
	[STATE_RETURNED] = {"returned", "calm", "back"},
	[STATE_REFUSED] = {"refused", "stop", "warn"},
	[STATE_EXPIRED] = {"expired", "calm", "clock"},
	[STATE_BOUNCED] = {"bounced", "stop", "warn"},
	[STATE_MIXED] = {"mixed", "calm", "check"},
};

struct counts {
	size_t all, held, moving, received, ended;
	size_t end[RCPT_STATE_COUNT];
	const struct store_rcpt *first; /* held, earliest due */
	bool differ;			/* held ones are due at other times */
};

static struct counts count(const struct held *h)
{
	struct counts c = {.all = h->found.rcpt_n};

	for (size_t i = 0; i < h->found.rcpt_n; i++) {
		const struct store_rcpt *r = &h->found.rcpt[i];

		if (r->state < RCPT_STATE_COUNT)
			c.end[r->state]++;
		if (rcpt_state_ended(r->state)) {
			c.ended++;
		} else if (r->state == RCPT_RECEIVED) {
			c.received++;
		} else if (r->state != RCPT_HELD) {
			c.moving++;
		} else {
			c.held++;
			c.differ = c.differ ||
				   (c.first && c.first->due_us != r->due_us);
			if (!c.first ||
			    (r->due_us &&
			     (!c.first->due_us || r->due_us < c.first->due_us)))
				c.first = r;
		}
	}
	return c;
}

struct closed {
	const struct gate *gate; /* NULL: only a moment is waited for */
	unsigned stage, stages;
};

static bool by_sender(const struct gate *g)
{
	return g->by.n == 0 || str_is(g->by, "sender");
}

static struct closed closed_gate(const struct visit *v,
				 const struct store_rcpt *r)
{
	struct closed c = {0};
	struct gate *g;
	size_t n;

	if (!flow_gates_read(r->gates, v->a, &g, &n))
		return c;
	for (size_t i = 0; i < n; i++) {
		if (g[i].kind != GATE_HOLD || !by_sender(&g[i]))
			continue;
		c.stages++;
		if (i <= r->gate)
			c.stage++;
	}
	if (r->gate < n &&
	    (g[r->gate].kind == GATE_HOLD || g[r->gate].kind == GATE_APPROVE))
		c.gate = &g[r->gate];
	return c;
}

static enum state held_state(const struct closed *c, const struct store_rcpt *r)
{
	if (c->gate == NULL)
		return r->due_us ? STATE_TIMELAG : STATE_ADMIN;
	if (c->gate->kind == GATE_APPROVE)
		return STATE_APPROVAL;
	if (!by_sender(c->gate))
		return STATE_ADMIN;
	return c->gate->then == THEN_WAIT || c->gate->for_us == 0 ? STATE_WAIT
								  : STATE_HELD;
}

static enum state end_state(const struct counts *c)
{
	static const struct {
		enum rcpt_state end;
		enum state state;
	} ends[] = {
		{RCPT_DELIVERED, STATE_SENT},
		{RCPT_BOUNCED, STATE_BOUNCED},
		{RCPT_REFUSED, STATE_REFUSED},
		{RCPT_EXPIRED, STATE_EXPIRED},
		{RCPT_DISCARDED, STATE_DISCARDED},
		{RCPT_RETURNED, STATE_RETURNED},
	};

	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (c->end[ends[i].end] == c->all)
			return ends[i].state;
	return STATE_MIXED;
}

bool held_can_decide(const struct held *h)
{
	struct counts c = count(h);

	return c.held > 0 && h->row.used_us == 0;
}

static void add_clock(struct json *doc, const struct visit *v,
		      const struct counts *c, const struct closed *gate,
		      enum state state)
{
	struct json *o;
	int64_t due = c->first->due_us, left = due - v->now_us;
	int64_t total = gate->gate && gate->gate->for_us ? gate->gate->for_us
							 : 72 * US_PER_HOUR;
	AUTO(buf) b = BUF_MAX(200);
	const char *word = "clock_send";

	if (due == 0)
		return;
	o = json_add_object(doc, "clock");
	left = left > 0 ? left : 0;
	if (state == STATE_WAIT)
		word = "clock_wait";
	else if (state == STATE_APPROVAL || state == STATE_ADMIN)
		word = "clock_other";
	else if (gate->gate && gate->gate->then == THEN_DISCARD)
		word = "clock_discard";
	else if (gate->gate && gate->gate->then == THEN_RETURN)
		word = "clock_return";
	else if (gate->stage < gate->stages)
		word = "clock_next";
	json_add_cstr(o, "word", word);
	when_put_clock(&b, v->l, left);
	json_add_str(o, "digits", buf_str(&b));
	json_add_int(o, "left_s", left / US_PER_S);
	json_add_int(o, "total_s", MAX_OF(total, left) / US_PER_S);
	json_add_int(o, "passed_s", (MAX_OF(total, left) - left) / US_PER_S);
	json_add_bool(o, "ticks", left < US_PER_DAY);
	held_add_when(o, "at", v, due);
	held_add_when(o, "now", v, v->now_us);
}

static void add_station(struct json *road, const struct visit *v,
			const char *word, const char *kind, int64_t at_us)
{
	struct json *o = json_add(road, NULL, json_object());

	json_add_cstr(o, "word", word);
	json_add_bool(o, kind, true);
	if (at_us)
		held_add_when(o, "at", v, at_us);
}

static int64_t last_end(const struct held *h)
{
	int64_t at = 0;

	for (size_t i = 0; i < h->found.rcpt_n; i++)
		at = MAX_OF(at, h->found.rcpt[i].ended_us);
	return at;
}

/* Stations come from the plan: whoever was never held sees no such stop. */
static void add_road(struct json *doc, const struct visit *v,
		     const struct held *h, const struct counts *c,
		     enum state state)
{
	struct json *road = json_add_array(doc, "road");
	int64_t due = c->first ? c->first->due_us : 0;
	bool over = c->ended == c->all;
	bool went = c->end[RCPT_DELIVERED] + c->end[RCPT_BOUNCED] > 0;

	add_station(road, v, "road_accepted", "done",
		    h->found.message.accepted_us);
	add_station(road, v, "road_checked",
		    state == STATE_CHECKING ? "now" : "done", 0);
	add_station(road, v,
		    state == STATE_APPROVAL || state == STATE_ADMIN
			    ? "road_approval"
			    : "road_held",
		    c->held		      ? "now"
		    : state == STATE_CHECKING ? "ahead"
					      : "done",
		    0);
	if (over && !went)
		add_station(road, v, "road_ended", "done", last_end(h));
	else
		add_station(road, v, "road_sent",
			    over		    ? "done"
			    : c->moving && !c->held ? "now"
						    : "ahead",
			    over ? last_end(h)
			    : state == STATE_HELD || state == STATE_TIMELAG
				    ? due
				    : 0);
}

/* A sentence may quote the mail: it is cleaned like the mail's own text. */
static void add_sentence(struct json *list, const struct json *one)
{
	AUTO(buf) b = BUF_MAX(16 * KIB);

	utf8_clean(&b, str_of(json_cstr(one, "")), SENTENCE_CHARS);
	if (b.n > 0)
		json_add_str(list, NULL, buf_str(&b));
}

static void add_text(struct json *list, const struct visit *v,
		     const struct json *both)
{
	const struct json *text = json_get(both, language_name(v->l));

	if (text == NULL)
		return;
	if (json_type(text) == JSON_STRING) {
		add_sentence(list, text);
		return;
	}
	for (const struct json *one = json_at(text, 0); one;
	     one = json_next(one))
		add_sentence(list, one);
}

static bool has_text(const struct json *list, const char *text)
{
	for (const struct json *j = json_at(list, 0); j; j = json_next(j))
		if (strcmp(json_cstr(j, ""), text) == 0)
			return true;
	return false;
}

/* What to look at: every sentence once, over all recipients. */
static void add_reasons(struct json *doc, const struct visit *v,
			const struct json *plan)
{
	struct json *list = json_add_array(doc, "reasons");
	const struct json *r = json_at(json_get(plan, "recipients"), 0);
	AUTO_PTR(json) way = json_array();

	for (; r; r = json_next(r)) {
		AUTO_PTR(json) own = json_array();
		const struct json *reasons = json_get(r, "reasons");

		/* Why some leave at once is no reason to stop. */
		if (strcmp(json_get_cstr(r, "outcome", ""), "deliver") == 0)
			continue;
		if (reasons && json_type(reasons) == JSON_ARRAY)
			for (const struct json *one = json_at(reasons, 0); one;
			     one = json_next(one))
				add_text(own, v, one);
		else if (reasons)
			add_text(own, v, reasons);
		for (const struct json *one = json_at(own, 0); one;
		     one = json_next(one))
			if (!has_text(list, json_cstr(one, "")))
				json_add_cstr(list, NULL, json_cstr(one, ""));
	}
	if (json_get(plan, "smallest-change"))
		add_text(way, v, json_get(plan, "smallest-change"));
	json_add_cstr(doc, "way_out", json_cstr(json_at(way, 0), ""));
}

static void add_rules(struct json *doc, const struct json *plan)
{
	struct json *list = json_add_array(doc, "rules");

	for (const struct json *r = json_at(json_get(plan, "rules"), 0); r;
	     r = json_next(r))
		add_sentence(list, r);
	json_add_bool(doc, "has_rules", json_size(list) > 0);
}

static void add_head(struct json *doc, const struct visit *v,
		     const struct held *h, enum state state)
{
	const struct store_message *m = &h->found.message;
	AUTO(buf) b = BUF_MAX(16 * KIB);
	char id[ID_TEXT_LEN + 1];

	id_text(m->id, id);
	json_add_cstr(doc, "page", "held");
	json_add_cstr(doc, "id", id);
	json_add_str(doc, "token", h->token);
	json_add_cstr(doc, "state", looks[state].name);
	json_add_cstr(doc, "badge",
		      arena_printf(v->a, "badge_%s", looks[state].name));
	json_add_cstr(doc, "line",
		      arena_printf(v->a, "line_%s", looks[state].name));
	json_add_cstr(doc, "kind", looks[state].kind);
	json_add_cstr(doc, "icon", looks[state].icon);
	utf8_clean(&b, m->subject, SUBJECT_CHARS);
	if (b.n == 0)
		buf_puts(&b, catalogue_word(v->l, "no_subject"));
	json_add_str(doc, "subject", buf_str(&b));
	json_add_str(doc, "person", h->row.person);
	held_add_when(doc, "accepted", v, m->accepted_us);
}

void held_add_plan(struct json *doc, const struct visit *v,
		   const struct held *h)
{
	const struct store_message *m = &h->found.message;
	AUTO_PTR(json) plan = m->plan.n ? json_parse(m->plan, NULL) : NULL;
	unsigned char digest[SHA256_LEN];
	AUTO(buf) hex = BUF_MAX(100);

	held_add_recipients(doc, v, h, plan);
	if (plan == NULL)
		return;
	sha256_of(m->plan.p, m->plan.n, digest);
	hex_encode(&hex, str_n(digest, SHA256_LEN));
	json_add_str(doc, "plan_digest", buf_str(&hex));
	json_add_int(doc, "policy_version", m->policy_version);
	add_reasons(doc, v, plan);
	add_rules(doc, plan);
}

struct json *held_document(const struct visit *v, const struct held *h)
{
	struct json *doc = json_object();
	struct counts c = count(h);
	struct closed gate = {0};
	enum state state;
	bool can = held_can_decide(h);

	if (c.received)
		state = STATE_CHECKING;
	else if (c.held) {
		gate = closed_gate(v, c.first);
		state = held_state(&gate, c.first);
	} else
		state = c.moving ? STATE_SENDING : end_state(&c);
	add_head(doc, v, h, state);
	add_road(doc, v, h, &c, state);
	json_add_bool(doc, "is_held", c.held > 0);
	json_add_bool(doc, "is_over", c.ended == c.all);
	json_add_bool(doc, "waits", state == STATE_WAIT);
	json_add_bool(doc, "due_differs", c.differ);
	json_add_bool(doc, "can_decide", can);
	json_add_bool(doc, "can_send",
		      can && (state == STATE_HELD || state == STATE_WAIT));
	json_add_bool(doc, "locked", can && h->row.tries >= WEB_TRIES);
	json_add_int(doc, "held_count", (int64_t)c.held);
	json_add_int(doc, "gone_count", (int64_t)(c.all - c.held));
	json_add_bool(doc, "some_gone", c.held > 0 && c.held < c.all);
	if (gate.stages > 1) {
		json_add_bool(doc, "has_stages", true);
		json_add_int(doc, "stage", gate.stage);
		json_add_int(doc, "stages", gate.stages);
	}
	if (c.first)
		add_clock(doc, v, &c, &gate, state);
	held_add_plan(doc, v, h);
	/* Behind mail that went its way the reason of a hold is no news. */
	json_add_bool(doc, "show_reasons",
		      json_size(json_get(doc, "reasons")) > 0 &&
			      state != STATE_SENDING && state != STATE_SENT &&
			      state != STATE_BOUNCED && state != STATE_MIXED);
	held_add_files(doc, h, v);
	held_add_story(doc, v, h);
	return doc;
}
