/* held_rows.c - recipients, attachments and story of a held mail's page. */
#include "connector/base/utf8.h"
#include "connector/mail/inspected.h"
#include "connector/web/web_int.h"

#define NAME_CHARS   200
#define ANSWER_CHARS 300
#define FILES_MAX    200
#define STORY_MAX    200

void held_add_when(struct json *o, const char *key, const struct visit *v,
		   int64_t at_us)
{
	const struct tz *tz = v->w->c.config->timezone;
	struct json *w = json_add_object(o, key);
	AUTO(buf) b = BUF_MAX(200);

	when_put(&b, v->l, tz, at_us, v->now_us, false);
	json_add_str(w, "text", buf_str(&b));
	buf_clear(&b);
	when_put_exact(&b, v->l, tz, at_us, v->now_us);
	json_add_str(w, "exact", buf_str(&b));
	buf_clear(&b);
	time_put_rfc3339(&b, tz, at_us);
	json_add_str(w, "iso", buf_str(&b));
}

static void add_clean(struct json *o, const char *key, struct str s,
		      size_t chars)
{
	AUTO(buf) b = BUF_MAX(16 * KIB);

	utf8_clean(&b, s, chars);
	json_add_str(o, key, buf_str(&b));
}

static void add_address(struct json *o, struct str address)
{
	ptrdiff_t at = str_rchr(address, '@');

	add_clean(o, "address", address, SMTP_ADDRESS_MAX);
	if (at < 0) {
		add_clean(o, "local", address, SMTP_ADDRESS_MAX);
		return;
	}
	add_clean(o, "local", str_head(address, (size_t)at), SMTP_ADDRESS_MAX);
	add_clean(o, "domain", str_skip(address, (size_t)at + 1),
		  SMTP_ADDRESS_MAX);
}

/* ---- recipients ------------------------------------------------------------ */

static bool is_in(const struct view_addrs *list, struct str address)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq_ci(list->v[i].address, address))
			return true;
	return false;
}

/* view NULL: nobody has read it yet. */
static const char *field_of(const struct view *view, struct str address,
			    bool bcc)
{
	if (bcc)
		return "Bcc";
	if (!view)
		return "";
	if (is_in(&view->to, address))
		return "To";
	return is_in(&view->cc, address) ? "Cc" : "Bcc";
}

static const struct json *plan_row(const struct json *plan, size_t i,
				   struct str address)
{
	const struct json *list = plan ? json_get(plan, "recipients") : NULL;
	const struct json *row = list ? json_at(list, i) : NULL;

	if (row &&
	    str_eq_ci(str_of(json_get_cstr(row, "address", "")), address))
		return row;
	for (row = list ? json_at(list, 0) : NULL; row; row = json_next(row))
		if (str_eq_ci(str_of(json_get_cstr(row, "address", "")),
			      address))
			return row;
	return NULL;
}

static bool is_doubtful(const struct visit *v, const struct store_rcpt *r)
{
	struct gate *g;
	size_t n;

	if (r->state != RCPT_HELD || !flow_gates_read(r->gates, v->a, &g, &n) ||
	    r->gate >= n)
		return false;
	return g[r->gate].doubt.n > 0;
}

static void add_state(struct json *o, const struct visit *v,
		      const struct store_rcpt *r)
{
	static const char *const kinds[RCPT_STATE_COUNT] = {
		[RCPT_DELIVERED] = "pass", [RCPT_BOUNCED] = "stop",
		[RCPT_REFUSED] = "stop",   [RCPT_HELD] = "hold",
		[RCPT_RECEIVED] = "hold",
	};
	static const char *const icons[RCPT_STATE_COUNT] = {
		[RCPT_DELIVERED] = "check", [RCPT_BOUNCED] = "warn",
		[RCPT_REFUSED] = "warn",    [RCPT_RETURNED] = "back",
		[RCPT_DISCARDED] = "trash", [RCPT_HELD] = "clock",
		[RCPT_RECEIVED] = "clock",  [RCPT_EXPIRED] = "clock",
	};
	const char *kind = kinds[r->state], *icon = icons[r->state];

	json_add_cstr(o, "state", rcpt_state_name(r->state));
	json_add_cstr(o, "state_word",
		      arena_printf(v->a, "rcpt_%s", rcpt_state_name(r->state)));
	json_add_cstr(o, "kind", kind ? kind : "calm");
	json_add_cstr(o, "icon", icon ? icon : "send");
	json_add_bool(o, "held", r->state == RCPT_HELD);
	if (rcpt_state_ended(r->state) && r->ended_us)
		held_add_when(o, "ended", v, r->ended_us);
	else if (r->state == RCPT_HELD && r->due_us)
		held_add_when(o, "due", v, r->due_us);
	if (r->answer.n && r->state != RCPT_DELIVERED)
		add_clean(o, "answer", r->answer, ANSWER_CHARS);
}

static bool add_recipient(struct json *list, const struct visit *v,
			  const struct store_rcpt *r, const struct json *plan,
			  const struct json *row, const struct view *view,
			  bool doubtful)
{
	struct json *o = json_add(list, NULL, json_object());
	bool bcc = row && json_get_bool(row, "bcc", false) &&
		   !held_went_as_is(r, row);
	const char *class = row ? json_get_cstr(row, "class", "") : "";

	add_address(o, r->address);
	json_add_cstr(o, "field", field_of(view, r->address, bcc));
	json_add_bool(o, "doubtful", doubtful);
	if (strcmp(class, "internal") == 0 ||
	    strcmp(class, "affiliated") == 0 ||
	    strcmp(class, "external") == 0) {
		json_add_cstr(o, "class", class);
		json_add_cstr(o, "class_word",
			      arena_printf(v->a, "class_%s", class));
	}
	add_state(o, v, r);
	return held_add_gets(o, v, r, plan, row);
}

/* Doubtful rows first. True: a password goes with one of them. */
static bool add_of(struct json *list, const struct visit *v,
		   const struct store_found *found, const struct json *plan)
{
	struct view view = {0};
	struct err e = ERR_EMPTY;
	bool passwords = false;
	bool read = found->message.view.n &&
		    inspected_view(found->message.view, found->message.size,
				   v->a, &view, &e);

	for (int pass = 1; pass >= 0; pass--) {
		for (size_t i = 0; i < found->rcpt_n; i++) {
			const struct store_rcpt *r = &found->rcpt[i];
			bool doubtful = is_doubtful(v, r);

			if (doubtful != (pass == 1))
				continue;
			passwords |= add_recipient(
				list, v, r, plan, plan_row(plan, i, r->address),
				read ? &view : NULL, doubtful);
		}
	}
	return passwords;
}

/* What is decided here is decided for those of the same mail that came in
 * other transactions, too: nobody decides about who is not shown. */
static bool add_joined(struct json *list, const struct visit *v,
		       const struct store_found *found)
{
	const struct store_message *m = &found->message;
	struct store_found *same = NULL;
	struct err e = ERR_EMPTY;
	bool passwords = false;
	size_t n = 0;

	if (!store_by_message_id(v->w->reader, m->tenant, m->message_id, v->a,
				 &same, &n, &e)) {
		LOG(v->w->c.log, LOG_ERROR, "joined", LE(&e));
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		struct str text = same[i].message.plan;
		AUTO_PTR(json) plan = NULL;

		if (!copy_joined(found, &same[i]))
			continue;
		plan = text.n ? json_parse(text, NULL) : NULL;
		passwords |= add_of(list, v, &same[i], plan);
	}
	return passwords;
}

void held_add_recipients(struct json *doc, const struct visit *v,
			 const struct held *h, const struct json *plan)
{
	struct json *list = json_add_array(doc, "recipients");
	bool passwords = add_of(list, v, &h->found, plan);

	passwords |= add_joined(list, v, &h->found);
	json_add_bool(doc, "has_passwords", passwords);
	json_add_int(doc, "recipient_count", (int64_t)json_size(list));
}

/* ---- attachments ----------------------------------------------------------- */

void held_add_files(struct json *doc, const struct held *h,
		    const struct visit *v)
{
	struct json *list = json_add_array(doc, "files");
	struct view view = {0};
	struct err e = ERR_EMPTY;
	int64_t n = 0;

	if (h->found.message.view.n &&
	    inspected_view(h->found.message.view, h->found.message.size, v->a,
			   &view, &e)) {
		for (size_t i = 0; i < view.part_n && n < FILES_MAX; i++) {
			const struct view_part *p = &view.part[i];
			AUTO(buf) size = BUF_MAX(64);
			struct json *o;

			if (!p->attachment)
				continue;
			n++;
			o = json_add(list, NULL, json_object());
			add_clean(o, "name", p->name, NAME_CHARS);
			json_add_int(o, "bytes", (int64_t)p->decoded);
			when_put_size(&size, p->decoded);
			json_add_str(o, "size", buf_str(&size));
		}
	}
	json_add_int(doc, "file_count", n);
	json_add_bool(doc, "has_files", n > 0);
}

/* ---- story ----------------------------------------------------------------- */

struct event {
	const char *name; /* in the audit */
	const char *word;
	const char *icon;
};

static const struct event events[] = {
	{"accepted", "event_accepted", "mail"},
	{"decided", "event_decided", "eye"},
	{"sent-now", "event_sent_now", "send"},
	{"released", "event_released", "check"},
	{"discarded", "event_discarded", "trash"},
	{"returned", "event_returned", "back"},
	{"due", "event_due", "clock"},
	{"outcome", "event_outcome", "send"},
};

static const struct event *event_of(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(events); i++)
		if (str_is(name, events[i].name))
			return &events[i];
	return NULL;
}

static const char *actor_word(struct str actor)
{
	if (str_starts(actor, STR("sender")))
		return "actor_sender";
	if (str_starts(actor, STR("superior ")))
		return "actor_superior";
	if (str_is(actor, "engine") || str_is(actor, "timer"))
		return "actor_timer";
	return "actor_admin";
}

/* Who decided, when, what: the sentence of a page that comes afterwards. */
static void add_decided(struct json *doc, const struct visit *v,
			const struct store_audit *a, const struct event *ev)
{
	struct json *o;

	if (json_get(doc, "decided") != NULL)
		return;
	o = json_add_object(doc, "decided");
	json_add_cstr(o, "word", ev->word);
	json_add_cstr(o, "actor_word", actor_word(a->actor));
	held_add_when(o, "at", v, a->at_us);
}

static bool is_decision(const struct event *ev)
{
	return strcmp(ev->name, "sent-now") == 0 ||
	       strcmp(ev->name, "released") == 0 ||
	       strcmp(ev->name, "discarded") == 0 ||
	       strcmp(ev->name, "returned") == 0;
}

void held_add_story(struct json *doc, const struct visit *v,
		    const struct held *h)
{
	struct json *list = json_add_array(doc, "story");

	for (size_t i = 0; i < h->story_n && i < STORY_MAX; i++) {
		const struct store_audit *a = &h->story[i];
		const struct event *ev = event_of(a->event);
		struct json *o;

		if (ev == NULL)
			continue;
		o = json_add(list, NULL, json_object());
		json_add_cstr(o, "event", ev->name);
		json_add_cstr(o, "word", ev->word);
		json_add_cstr(o, "icon", ev->icon);
		json_add_cstr(o, "actor_word", actor_word(a->actor));
		held_add_when(o, "at", v, a->at_us);
		if (is_decision(ev))
			add_decided(doc, v, a, ev);
	}
	json_add_bool(doc, "has_story", json_size(list) > 0);
}
