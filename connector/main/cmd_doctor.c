/* cmd_doctor.c - `sekisho doctor`: what is wrong here, and what to do. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include "connector/base/mem.h"
#include "connector/doctor/doctor.h"
#include "connector/main/main_int.h"

#define TEXT_MAX (1 * MIB)

static const struct command_usage usage = {
	"doctor [-c FILE] [--json] [--offline]",
	"この関所を調べ、1行ごとに、見たことと、すべきことを示します。"
	"注意があれば 1、異常があれば 2 で終わります。",
	"Looks at this installation and tells, line by line, what was found "
	"and "
	"what to do. Exit code 1: warnings; 2: something is wrong.",
	0, 0};

static int report(const struct doctor_conf *conf, bool json)
{
	struct doctor *d = doctor_run(conf);
	enum doctor_level worst = doctor_worst(d);
	AUTO(buf) text = BUF_MAX(TEXT_MAX);

	if (json) {
		struct json *o = doctor_json(d);

		print_json(o);
		json_free(&o);
	} else {
		doctor_text(d, options_language(), &text);
		fputs(buf_cstr(&text), stdout);
	}
	doctor_free(&d);
	return worst == DOCTOR_BAD ? 2 : worst == DOCTOR_WARN ? 1 : EX_OK;
}

static int look(const struct config *c, bool json, bool offline)
{
	struct doctor_conf conf = {.config = c, .offline = offline};
	AUTO(buf) errors = BUF_MAX(TEXT_MAX);
	struct json *ask = json_object(), *live;
	struct keys *keys = NULL;
	struct policy *p = configured_policy(c, options_language(), &errors);
	int code;

	json_add_cstr(ask, "op", "doctor");
	live = control_ask(c, ask);
	conf.live = live;
	conf.reader = command_reader(c, &keys);
	conf.policy_digest = p ? policy_digest(p) : NULL;
	code = report(&conf, json);
	store_reader_free(&conf.reader);
	keys_free(&keys);
	json_free(&live);
	policy_free(&p);
	return code;
}

int cmd_doctor(int argc, char **argv)
{
	const char *path = NULL;
	bool json = false, offline = false;
	const struct option_row rows[] = {OPTION_CONFIG(&path),
					  OPTION_JSON(&json),
					  {"offline", 0, OPTION_FLAG, &offline,
					   NULL, "ネットワークに問い合わせない",
					   "ask nothing of the network"},
					  {0}};
	struct config *c;
	int n, code = options_parse(&usage, rows, argc, argv, &n);

	if (code >= 0)
		return code;
	c = command_config(path);
	if (!c)
		return EX_CONFIG;
	code = look(c, json, offline);
	config_free(&c);
	return code;
}
