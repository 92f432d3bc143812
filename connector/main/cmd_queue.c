/* cmd_queue.c - `sekisho queue list|show|release|discard|return|drain`. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include "connector/base/id.h"
#include "connector/base/mem.h"
#include "connector/base/utf8.h"
#include "connector/flow/flow.h"
#include "connector/main/main_int.h"

#define LIST_MAX 10000

struct queue_args {
	const char *config, *where, *reason, *limit;
	bool json, all, as_is, yes;
	struct config *c;
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
	printf("%s  %s  %-9s %-12.*s " STR_FMT " -> %zu  " STR_FMT "\n", id,
	       buf_cstr(&when), message_state(f), (int)m->reason.n,
	       m->reason.p ? m->reason.p : "", STR_ARG(m->from), f->rcpt_n,
	       STR_ARG(buf_str(&subject)));
}

static int find(struct queue_args *q, struct arena *a,
		struct store_found **found_r, size_t *n_r)
{
	struct store_query query = {.open_only = !q->all, .limit = LIST_MAX};
	struct keys *keys = NULL;
	struct store_reader *r;
	struct err e = ERR_EMPTY;
	uint64_t limit;
	int code = EX_OK;

	if (q->limit && str_u64(str_of(q->limit), &limit))
		query.limit = (unsigned)MIN_OF(limit, (uint64_t)LIST_MAX);
	if (!where_parse(q->where, &query)) {
		print_error(
			"--where takes reason=, state=, sender= or tenant=");
		return EX_USAGE;
	}
	r = command_reader(q->c, &keys);
	if (!r)
		return EX_TEMPFAIL;
	if (!store_list(r, &query, a, found_r, n_r, &e)) {
		print_error("%s", e.text);
		code = EX_TEMPFAIL;
	}
	store_reader_free(&r);
	keys_free(&keys);
	return code;
}

static int queue_list(struct queue_args *q, char **words, int n)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct store_found *found = NULL;
	struct json *list;
	size_t found_n = 0;
	int code;

	(void)words;
	(void)n;
	code = find(q, &a, &found, &found_n);
	if (code != EX_OK)
		return code;
	if (!q->json) {
		for (size_t i = 0; i < found_n; i++)
			list_line(&found[i], q->c->timezone);
		return EX_OK;
	}
	list = json_array();
	for (size_t i = 0; i < found_n; i++)
		json_add(list, NULL, message_json(&found[i], q->c->timezone));
	print_json(list);
	json_free(&list);
	return EX_OK;
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

static void show_text(const struct json *o)
{
	const struct json *story = json_get(o, "story");
	const struct json *rcpt = json_get(o, "recipients");

	printf("%s  %s  %s\n%s\n", json_get_cstr(o, "id", ""),
	       json_get_cstr(o, "accepted", ""), json_get_cstr(o, "state", ""),
	       json_get_cstr(o, "subject", ""));
	for (size_t i = 0; i < json_size(rcpt); i++) {
		const struct json *one = json_at(rcpt, i);

		printf("  %-9s %s  %s\n", json_get_cstr(one, "state", ""),
		       json_get_cstr(one, "address", ""),
		       json_get_cstr(one, "answer", ""));
	}
	for (size_t i = 0; i < json_size(story); i++) {
		const struct json *one = json_at(story, i);
		AUTO(buf) detail = BUF_MAX(1 * MIB);

		json_print(json_get(one, "detail"), &detail, false);
		printf("  %s  %-10s %s  %s\n", json_get_cstr(one, "at", ""),
		       json_get_cstr(one, "event", ""),
		       json_get_cstr(one, "actor", ""), buf_cstr(&detail));
	}
}

static int queue_show(struct queue_args *q, char **words, int n)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct store_found found;
	struct keys *keys = NULL;
	struct store_reader *r;
	struct err e = ERR_EMPTY;
	struct json *o;
	int64_t id;
	int code = EX_OK;

	if (n != 1 || !id_parse(str_of(words[0]), &id)) {
		print_error("queue show ID");
		return EX_USAGE;
	}
	r = command_reader(q->c, &keys);
	if (!r)
		return EX_TEMPFAIL;
	if (store_show(r, id, &a, &found, &e)) {
		o = message_json(&found, q->c->timezone);
		story_json(o, r, id, &a, q->c->timezone);
		if (q->json)
			print_json(o);
		else
			show_text(o);
		json_free(&o);
	} else {
		print_error("%s", e.text);
		code = e.class == ERR_NOT_FOUND ? EX_NOINPUT : EX_TEMPFAIL;
	}
	store_reader_free(&r);
	keys_free(&keys);
	return code;
}

static int act_one(struct queue_args *q, const char *op, const char *id)
{
	struct json *ask = json_object(), *answer;

	json_add_cstr(ask, "op", op);
	json_add_cstr(ask, "id", id);
	if (q->reason)
		json_add_cstr(ask, "reason", q->reason);
	json_add_bool(ask, "as-is", q->as_is);
	answer = control_ask(q->c, ask);
	return control_finish(&answer);
}

/* All that one cause holds: counts first, acts only with --yes. */
static int act_where(struct queue_args *q, const char *op)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct store_found *found = NULL;
	size_t n = 0, held = 0, failed = 0;
	int code = find(q, &a, &found, &n), one;

	if (code != EX_OK)
		return code;
	for (size_t i = 0; i < n; i++) {
		char id[ID_TEXT_LEN + 1];

		if (strcmp(message_state(&found[i]), "held") != 0)
			continue;
		held++;
		id_text(found[i].message.id, id);
		one = q->yes ? act_one(q, op, id) : EX_OK;
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

static int queue_act(struct queue_args *q, const char *op, char **words, int n)
{
	int code = EX_OK;

	if (n == 0 && q->where)
		return act_where(q, op);
	if (n == 0) {
		print_error("queue %s ID..., or --where reason=...", op);
		return EX_USAGE;
	}
	for (int i = 0; i < n && code == EX_OK; i++)
		code = act_one(q, op, words[i]);
	return code;
}

static int queue_release(struct queue_args *q, char **words, int n)
{
	return queue_act(q, "release", words, n);
}

static int queue_discard(struct queue_args *q, char **words, int n)
{
	return queue_act(q, "discard", words, n);
}

static int queue_return(struct queue_args *q, char **words, int n)
{
	return queue_act(q, "return", words, n);
}

/* Everything that is held goes: before the gate is taken out of the path. */
static int queue_drain(struct queue_args *q, char **words, int n)
{
	(void)words;
	(void)n;
	q->where = "state=held";
	return act_where(q, "release");
}

static const struct {
	const char *name;
	int (*run)(struct queue_args *q, char **words, int n);
} verbs[] = {
	{"list", queue_list},	    {"show", queue_show},
	{"release", queue_release}, {"discard", queue_discard},
	{"return", queue_return},   {"drain", queue_drain},
};

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
	int n, code = options_parse(&usage, rows, argc, argv, &n);

	if (code >= 0)
		return code;
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (strcmp(argv[1], verbs[i].name) != 0)
			continue;
		q.c = command_config(q.config);
		if (!q.c)
			return EX_CONFIG;
		code = verbs[i].run(&q, argv + 2, n - 1);
		config_free(&q.c);
		return code;
	}
	print_error("queue: \"%s\" is not list, show, release, discard, "
		    "return or drain",
		    argv[1]);
	return EX_USAGE;
}
