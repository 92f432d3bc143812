/* cmd_tenant.c - `sekisho tenant onboard`: for a while, the validation mail of
 * a cloud's connector is answered 250 and thrown away.
 */
#include <string.h>
#include <sysexits.h>
#include "connector/main/main_int.h"

struct onboard_args {
	const char *config, *for_text, *to;
};

static int onboard(struct command *x)
{
	const struct onboard_args *a = x->arg;
	struct json *ask;
	int64_t for_us = 0;

	if (!a->to || !a->for_text ||
	    !duration_parse(str_of(a->for_text), &for_us)) {
		print_error("tenant onboard needs --to ADDRESS and a time such "
			    "as --for 30m");
		return EX_USAGE;
	}
	ask = control_request("tenant-onboard");
	json_add_cstr(ask, "tenant", x->word[0]);
	json_add_cstr(ask, "to", a->to);
	json_add_int(ask, "for-us", for_us);
	return command_ask(x->c, ask);
}

int cmd_tenant(int argc, char **argv)
{
	static const struct command_usage usage = {
		"tenant onboard NAME --for TIME --to ADDRESS [-c FILE]",
		"クラウドがコネクターを確かめるメールを、しばらくの間だけ"
		"受け取って捨てます。終わりの時刻が来れば自動で終わります。",
		"For a while, takes the mail with which a cloud validates its "
		"connector, and throws it away. Ends by itself.",
		2, 2};
	static const struct command_verb verbs[] = {{"onboard", 1, 1, onboard},
						    {0}};
	struct onboard_args a = {0};
	const struct option_row rows[] = {
		OPTION_CONFIG(&a.config),
		{"for", 0, OPTION_TEXT, &a.for_text, "TIME",
		 "いつまで(30m など、1d まで。0 で終了)",
		 "for how long, as 30m, up to 1d; 0 ends it"},
		{"to", 0, OPTION_TEXT, &a.to, "ADDRESS", "確認メールの宛先",
		 "recipient of the validation mail"},
		{0}};

	return command_run(&usage, rows, verbs, &a, argc, argv);
}
