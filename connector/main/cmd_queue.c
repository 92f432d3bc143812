/* cmd_queue.c - `sekisho queue list|show|release|discard|return|drain`. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include "connector/base/id.h"
#include "connector/base/mem.h"
#include "connector/base/utf8.h"
#include "connector/flow/flow.h"
#include "connector/main/main_int.h"
#include "connector/main/story_int.h"

#define LIST_MAX 10000

struct chosen;
struct queue_args {
	const char *config, *where, *reason, *limit;
	bool json, all, as_is, yes;
	struct chosen *chosen; /* by --where */
};

/* `reason=failed`, `state=held`, `sender=a@b`, `tenant=x`. */
static bool where_parse(const char *where, struct store_query *q)
{
	struct str s = str_of(where), key;

	if (!where)
		return true;
	if (!str_split(&s, '=', &key) || s.n == 0)
		return false;
	if (str_is(key, "reason"))
		q->reason = s;
	else if (str_is(key, "state"))
		q->state = s;
	else if (str_is(key, "sender"))
		q->sender = s;
	else if (str_is(key, "tenant"))
		q->tenant = s;
	else
		return false;
	return true;
}

static void list_line(const struct store_found *f, const struct tz *tz)
{
	const struct store_message *m = &f->message;
	char id[ID_TEXT_LEN + 1];
	AUTO(buf) when = BUF_MAX(64);
	AUTO(buf) subject = BUF_MAX(1 * KIB);

	id_text(m->id, id);
	time_put_rfc3339(&when, tz, m->accepted_us);
	utf8_clean(&subject, m->subject, 50);
	print_line("%s  %s  %-9s %-12.*s " STR_FMT " -> %zu  " STR_FMT, id,
		   buf_cstr(&when), message_state(f), (int)m->reason.n,
		   m->reason.p ? m->reason.p : "", STR_ARG(m->from), f->rcpt_n,
		   STR_ARG(buf_str(&subject)));
}

static bool query_of(const struct queue_args *q, struct store_query *to)
{
	uint64_t limit = LIST_MAX;
	enum rcpt_state state;

	*to = (struct store_query){.open_only = !q->all};
	if (q->limit && !str_u64(str_of(q->limit), &limit)) {
		print_error("--limit takes a number");
		return false;
	}
	to->limit = (unsigned)MIN_OF(limit, (uint64_t)LIST_MAX);
	if (!where_parse(q->where, to)) {
		print_error("--where takes reason=, state=, sender= or "
			    "tenant=");
		return false;
	}
	if (!to->state.n || rcpt_state_parse(to->state, &state))
		return true;
	print_error("no state is called \"" STR_FMT "\"", STR_ARG(to->state));
	return false;
}

static void print_list(const struct command *x, const struct store_found *v,
		       size_t n)
{
	const struct queue_args *q = x->arg;
	struct json *list;

	if (!q->json) {
		for (size_t i = 0; i < n; i++)
			list_line(&v[i], x->c->timezone);
		return;
	}
	list = json_array();
	for (size_t i = 0; i < n; i++)
		json_add(list, NULL, message_json(&v[i], x->c->timezone));
	print_json(list);
	json_free(&list);
}

static int list(struct command *x, struct store_reader *r)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct err e = ERR_EMPTY;
	struct store_query query;
	struct store_found *found;
	size_t n;

	if (!query_of(x->arg, &query))
		return EX_USAGE;
	if (!store_list(r, &query, &a, &found, &n, &e))
		return command_failed(&e);
	print_list(x, found, n);
	return EX_OK;
}

static int queue_list(struct command *x)
{
	return command_read(x, list);
}

static void story_json(struct json *o, struct store_reader *r, int64_t id,
		       struct arena *a, const struct tz *tz)
{
	struct json *list = json_add_array(o, "story");
	struct store_audit *audit = NULL;
	struct err e = ERR_EMPTY;
	size_t n = 0;

	if (!store_story(r, id, a, &audit, &n, &e))
		print_error("%s", e.text);
	for (size_t i = 0; i < n; i++) {
		struct json *one = json_add_object(list, NULL);
		AUTO(buf) at = BUF_MAX(64);
		struct json *detail;

		time_put_rfc3339(&at, tz, audit[i].at_us);
		json_add_int(one, "seq", audit[i].seq);
		json_add_str(one, "at", buf_str(&at));
		json_add_str(one, "actor", audit[i].actor);
		json_add_str(one, "event", audit[i].event);
		detail = json_parse(audit[i].detail, &e);
		if (detail)
			json_add(one, "detail", detail);
	}
}

static void show_gates(const struct store_rcpt *r, const struct tz *tz)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct gate *g;
	size_t n = closed_gates(r, &a, &g);

	for (size_t i = 0; i < n; i++) {
		AUTO(buf) text = BUF_MAX(4 * KIB);

		gate_text(&g[i], tz, options_language(), &text);
		print_line("            %s", buf_cstr(&text));
	}
}

static void show_text(const struct store_found *found, const struct json *o,
		      const struct tz *tz)
{
	const struct json *story = json_get(o, "story");
	const struct json *rcpt = json_get(o, "recipients");
	bool ja = strcmp(options_language(), "ja") == 0;

	print_line("%s  %s  %s", json_get_cstr(o, "id", ""),
		   json_get_cstr(o, "accepted", ""),
		   json_get_cstr(o, "state", ""));
	print_line("%s", json_get_cstr(o, "subject", ""));
	for (size_t i = 0; i < json_size(rcpt); i++) {
		const struct json *one = json_at(rcpt, i);

		print_line("  %-9s %s  %s", json_get_cstr(one, "state", ""),
			   json_get_cstr(one, "address", ""),
			   json_get_cstr(one, "answer", ""));
		show_gates(&found->rcpt[i], tz);
	}
	for (size_t i = 0; i < json_size(story); i++) {
		const struct json *one = json_at(story, i);
		AUTO(buf) detail = BUF_MAX(1 * MIB);

		story_detail(&detail, json_get(one, "detail"), rcpt, ja);
		print_line("  %s  %-10s %s  %s", json_get_cstr(one, "at", ""),
			   story_event(json_get_cstr(one, "event", ""), ja),
			   json_get_cstr(one, "actor", ""), buf_cstr(&detail));
	}
}

static int show(struct command *x, struct store_reader *r)
{
	const struct queue_args *q = x->arg;
	AUTO(arena) a = ARENA_EMPTY;
	struct err e = ERR_EMPTY;
	struct store_found found;
	struct json *o;
	int64_t id;

	if (!id_parse(str_of(x->word[0]), &id)) {
		print_error("queue show ID");
		return EX_USAGE;
	}
	if (!store_show(r, id, &a, &found, &e))
		return command_failed(&e);
	o = message_json(&found, x->c->timezone);
	story_json(o, r, id, &a, x->c->timezone);
	if (q->json)
		print_json(o);
	else
		show_text(&found, o, x->c->timezone);
	json_free(&o);
	return EX_OK;
}

static int queue_show(struct command *x)
{
	return command_read(x, show);
}

/* ---- what the engine does ------------------------------------------------- */

static int act_one(const struct command *x, const char *op, const char *id)
{
	const struct queue_args *q = x->arg;
	struct json *ask = control_request(op), *answer;

	json_add_cstr(ask, "id", id);
	if (q->reason)
		json_add_cstr(ask, "reason", q->reason);
	json_add_bool(ask, "as-is", q->as_is);
	answer = control_ask(x->c, ask);
	return control_finish(&answer);
}

/* By a gate, or because somebody has to look. */
static bool waits(const struct store_found *f)
{
	const char *state = message_state(f);

	return strcmp(state, "held") == 0 || strcmp(state, "parked") == 0;
}

/* All of these that wait: counts first, acts only with --yes. */
static int act_on(const struct command *x, const char *op,
		  const struct store_found *v, size_t n)
{
	const struct queue_args *q = x->arg;
	size_t held = 0, failed = 0;
	int code = EX_OK, one;

	for (size_t i = 0; i < n; i++) {
		char id[ID_TEXT_LEN + 1];

		if (!waits(&v[i]))
			continue;
		held++;
		id_text(v[i].message.id, id);
		one = q->yes ? act_one(x, op, id) : EX_OK;
		if (one == EX_OK)
			continue;
		/* What one of them needs shall not keep the others. */
		failed++;
		code = one;
	}
	printf(q->yes ? "%zu messages: %s\n"
		      : "%zu messages would be acted on (%s); --yes does it\n",
	       held - failed, op);
	if (failed)
		print_error("%zu messages are left, see above", failed);
	return code;
}

struct chosen {
	struct arena arena;
	struct store_found *v;
	size_t n;
};

static int choose(struct command *x, struct store_reader *r)
{
	const struct queue_args *q = x->arg;
	struct chosen *to = q->chosen;
	struct err e = ERR_EMPTY;
	struct store_query query;

	if (!query_of(q, &query))
		return EX_USAGE;
	return store_list(r, &query, &to->arena, &to->v, &to->n, &e)
		       ? EX_OK
		       : command_failed(&e);
}

/* The reader is closed before the engine is asked. */
static int act_where(struct command *x, const char *op)
{
	struct queue_args *q = x->arg;
	struct chosen all = {.arena = ARENA_EMPTY};
	int code;

	q->chosen = &all;
	code = command_read(x, choose);
	q->chosen = NULL;
	if (code == EX_OK)
		code = act_on(x, op, all.v, all.n);
	arena_release(&all.arena);
	return code;
}

static int queue_act(struct command *x, const char *op)
{
	const struct queue_args *q = x->arg;
	int code = EX_OK;
	int64_t id;

	for (int i = 0; i < x->word_n; i++) {
		if (id_parse(str_of(x->word[i]), &id))
			continue;
		print_error("\"%s\" is no message id", x->word[i]);
		return EX_USAGE;
	}
	if (x->word_n == 0 && q->where)
		return act_where(x, op);
	if (x->word_n == 0) {
		print_error("queue %s ID..., or --where reason=...", op);
		return EX_USAGE;
	}
	for (int i = 0; i < x->word_n && code == EX_OK; i++)
		code = act_one(x, op, x->word[i]);
	return code;
}

static int queue_release(struct command *x)
{
	return queue_act(x, "release");
}

static int queue_discard(struct command *x)
{
	return queue_act(x, "discard");
}

static int queue_return(struct command *x)
{
	return queue_act(x, "return");
}

/* Everything that is held goes: before the gate is taken out of the path. */
static int queue_drain(struct command *x)
{
	struct queue_args *q = x->arg;

	q->where = "state=held";
	return act_where(x, "release");
}

int cmd_queue(int argc, char **argv)
{
	static const struct command_usage usage = {
		"queue list|show|release|discard|return|drain [options] "
		"[ID...]",
		"保留中・配送中のメールを扱います。release は承認や保留を越えて"
		"送ります。--where で原因ごとに扱い、--yes がなければ数えるだけ"
		"です。",
		"Handles what is held or under way. release opens every gate. "
		"--where acts on all that one cause holds; without --yes it "
		"only counts.",
		1, -1};
	static const struct command_verb verbs[] = {
		{"list", 0, 0, queue_list},
		{"show", 1, 1, queue_show},
		{"release", 0, -1, queue_release},
		{"discard", 0, -1, queue_discard},
		{"return", 0, -1, queue_return},
		{"drain", 0, 0, queue_drain},
		{0}};
	struct queue_args q = {0};
	const struct option_row rows[] = {
		OPTION_CONFIG(&q.config),
		OPTION_JSON(&q.json),
		{"all", 'a', OPTION_FLAG, &q.all, NULL, "終わったものも",
		 "also what has ended"},
		{"limit", 0, OPTION_TEXT, &q.limit, "N", "件数の上限",
		 "at most N messages"},
		{"where", 0, OPTION_TEXT, &q.where, "KEY=VALUE",
		 "reason= state= sender= tenant= で選ぶ",
		 "select by reason=, state=, sender=, tenant="},
		{"as-is", 0, OPTION_FLAG, &q.as_is, NULL,
		 "元のまま送る(計画にある書き換えや暗号化なしで)",
		 "send as it came, without the edits and the protection that "
		 "the plan asks for"},
		{"reason", 0, OPTION_TEXT, &q.reason, "TEXT",
		 "理由(監査に残る)", "why (kept in the audit)"},
		{"yes", 'y', OPTION_FLAG, &q.yes, NULL, "実行する", "do it"},
		{0}};
	return command_run(&usage, rows, verbs, &q, argc, argv);
}
