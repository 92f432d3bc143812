/* cmd_mode.c - `sekisho mode` and `sekisho clock`: what the engine is told on a
 * bad day.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include "connector/base/mem.h"
#include "connector/flow/flow.h"
#include "connector/main/main_int.h"

struct mode_args {
	const char *config, *for_text, *reason;
	bool json;
};

/* "hold until 2026-08-25T14:37:00+09:00, by uid 0: maintenance" */
static void mode_line(const struct json *answer, const struct tz *tz)
{
	const char *name = json_get_cstr(answer, "mode", "");
	enum policy_mode mode;
	AUTO(buf) until = BUF_MAX(64);

	if (!flow_mode_parse(str_of(name), &mode) || mode == MODE_NORMAL) {
		puts(name);
		return;
	}
	time_put_rfc3339(&until, tz, json_get_int(answer, "until-us", 0));
	print_line("%s until %s, by %s: %s", name, buf_cstr(&until),
		   json_get_cstr(answer, "by", ""),
		   json_get_cstr(answer, "reason", ""));
}

static int mode_show(const struct command *x)
{
	const struct mode_args *a = x->arg;
	struct json *answer = control_ask(x->c, control_request("mode-now"));

	if (answer && a->json)
		print_json(answer);
	else if (answer && !json_get_cstr(answer, "error", NULL))
		mode_line(answer, x->c->timezone);
	return control_finish(&answer);
}

static int mode_set(const struct command *x)
{
	const struct mode_args *a = x->arg;
	const char *mode = x->word[0];
	enum policy_mode wanted;
	int64_t for_us = 0;
	struct json *ask;

	if (!flow_mode_parse(str_of(mode), &wanted)) {
		print_error("mode: \"%s\" is not normal, pass or hold", mode);
		return EX_USAGE;
	}
	if (a->for_text && !duration_parse(str_of(a->for_text), &for_us)) {
		print_error("--for takes a time such as 30m, 2h or 1d");
		return EX_USAGE;
	}
	if (wanted != MODE_NORMAL && (for_us == 0 || !a->reason)) {
		print_error("mode %s needs an end and a reason: --for 2h "
			    "--reason TEXT",
			    mode);
		return EX_USAGE;
	}
	ask = control_request("mode");
	json_add_cstr(ask, "mode", mode);
	json_add_int(ask, "for-us", for_us);
	json_add_cstr(ask, "reason", a->reason ? a->reason : "");
	return command_ask(x->c, ask);
}

static int mode(struct command *x)
{
	return x->word_n == 0 ? mode_show(x) : mode_set(x);
}

int cmd_mode(int argc, char **argv)
{
	static const struct command_usage usage = {
		"mode [normal|pass|hold] [--for TIME] [--reason TEXT]",
		"pass: 規則は記録だけになり、refuse だけが効きます。hold: 何も"
		"出て行きません。必ず終わりがあり、管理者全員に知らせます。",
		"pass: rules are recorded but do nothing, refuse still "
		"refuses. hold: nothing leaves. Always with an end; every "
		"admin is told.",
		0, 1};
	static const struct command_verb verbs[] = {{NULL, 0, 1, mode}, {0}};
	struct mode_args a = {0};
	const struct option_row rows[] = {
		OPTION_CONFIG(&a.config),
		{"for", 0, OPTION_TEXT, &a.for_text, "TIME",
		 "いつまで(2h など)", "for how long, as 2h"},
		{"reason", 0, OPTION_TEXT, &a.reason, "TEXT", "理由", "why"},
		OPTION_JSON(&a.json),
		{0}};

	return command_run(&usage, rows, verbs, &a, argc, argv);
}

/* ---- the clock ------------------------------------------------------------ */

static int clock_show(struct command *x)
{
	const struct mode_args *a = x->arg;
	struct json *answer = control_ask(x->c, control_request("clock-now"));
	bool error = json_get_cstr(answer, "error", NULL) != NULL;
	bool jumped = json_get_bool(answer, "jumped", false);

	if (answer && a->json)
		print_json(answer);
	else if (answer && !error && jumped)
		printf("jumped by %lld s: timers wait; `sekisho clock accept` "
		       "if it is right now\n",
		       (long long)json_get_int(answer, "off-seconds", 0));
	else if (answer && !error)
		puts("good");
	if (error || !answer)
		return control_finish(&answer);
	json_free(&answer);
	return jumped ? 1 : EX_OK;
}

static int clock_accept(struct command *x)
{
	return command_ask(x->c, control_request("clock-accept"));
}

int cmd_clock(int argc, char **argv)
{
	static const struct command_usage usage = {
		"clock show|accept [-c FILE] [--json]",
		"時計が5分より大きく跳ぶと、保留の時限は止まります。show: "
		"跳んでいれば終了コード 1。accept: いまの時計を正しいとし、"
		"時限を動かします。",
		"When the clock jumps by more than five minutes, timers wait. "
		"show: exit code 1 when it has jumped. accept: the clock is "
		"right as it is now, timers go on.",
		1, 1};
	static const struct command_verb verbs[] = {
		{"show", 0, 0, clock_show},
		{"accept", 0, 0, clock_accept},
		{0}};
	struct mode_args a = {0};
	const struct option_row rows[] = {
		OPTION_CONFIG(&a.config), OPTION_JSON(&a.json), {0}};

	return command_run(&usage, rows, verbs, &a, argc, argv);
}
