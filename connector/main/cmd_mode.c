/* cmd_mode.c - `sekisho mode` and `sekisho policy`: what the engine is told. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include "connector/base/mem.h"
#include "connector/main/main_int.h"

static int mode_show(const struct config *c, bool json)
{
	struct json *ask = json_object(), *answer;

	json_add_cstr(ask, "op", "mode-now");
	answer = control_ask(c, ask);
	if (answer && json)
		print_json(answer);
	else if (answer && !json_get_cstr(answer, "error", NULL))
		printf("%s %s\n", json_get_cstr(answer, "mode", ""),
		       json_get_cstr(answer, "reason", ""));
	return control_finish(&answer);
}

static int mode_set(const struct config *c, const char *mode,
		    const char *for_text, const char *reason)
{
	struct json *ask, *answer;
	int64_t for_us = 0;

	if (for_text && !duration_parse(str_of(for_text), &for_us)) {
		print_error("--for takes a time such as 30m, 2h or 1d");
		return EX_USAGE;
	}
	if (strcmp(mode, "normal") != 0 && (for_us == 0 || !reason)) {
		print_error("mode %s needs an end and a reason: --for 2h "
			    "--reason TEXT",
			    mode);
		return EX_USAGE;
	}
	ask = json_object();
	json_add_cstr(ask, "op", "mode");
	json_add_cstr(ask, "mode", mode);
	json_add_int(ask, "for-us", for_us);
	json_add_cstr(ask, "reason", reason ? reason : "");
	answer = control_ask(c, ask);
	return control_finish(&answer);
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
	const char *path = NULL, *for_text = NULL, *reason = NULL;
	bool json = false;
	const struct option_row rows[] = {
		OPTION_CONFIG(&path),
		{"for", 0, OPTION_TEXT, &for_text, "TIME", "いつまで(2h など)",
		 "for how long, as 2h"},
		{"reason", 0, OPTION_TEXT, &reason, "TEXT", "理由", "why"},
		OPTION_JSON(&json),
		{0}};
	struct config *c;
	int n, code = options_parse(&usage, rows, argc, argv, &n);

	if (code >= 0)
		return code;
	c = command_config(path);
	if (!c)
		return EX_CONFIG;
	code = n == 0 ? mode_show(c, json)
		      : mode_set(c, argv[1], for_text, reason);
	config_free(&c);
	return code;
}

int cmd_policy(int argc, char **argv)
{
	static const struct command_usage usage = {
		"policy apply [-c FILE] [--note TEXT]",
		"規則を読み直して適用します。誤りがあれば、いまの規則がそのまま"
		"動き続けます。",
		"Loads the policy anew and applies it. With any error the "
		"running one stays.",
		1, 1};
	const char *path = NULL, *note = NULL;
	const struct option_row rows[] = {OPTION_CONFIG(&path),
					  {"note", 0, OPTION_TEXT, &note,
					   "TEXT", "理由(版に残る)",
					   "why (kept with the version)"},
					  {0}};
	struct json *ask, *answer;
	struct config *c;
	int n, code = options_parse(&usage, rows, argc, argv, &n);

	if (code >= 0)
		return code;
	if (strcmp(argv[1], "apply") != 0) {
		print_error("policy: \"%s\" is not apply", argv[1]);
		return EX_USAGE;
	}
	c = command_config(path);
	if (!c)
		return EX_CONFIG;
	ask = json_object();
	json_add_cstr(ask, "op", "policy-apply");
	json_add_cstr(ask, "note", note ? note : "");
	answer = control_ask(c, ask);
	if (answer && json_get_cstr(answer, "text", NULL))
		fputs(json_get_cstr(answer, "text", ""), stdout);
	code = control_finish(&answer);
	config_free(&c);
	return code;
}
