/* cmd_tenant.c - `sekisho tenant onboard`: for a while, the validation mail of
 * a cloud's connector is answered 250 and thrown away.
 */
#include <string.h>
#include <sysexits.h>
#include "connector/main/main_int.h"

int cmd_tenant(int argc, char **argv)
{
	static const struct command_usage usage = {
		"tenant onboard NAME --for TIME --to ADDRESS [-c FILE]",
		"クラウドがコネクターを確かめるメールを、しばらくの間だけ"
		"受け取って捨てます。終わりの時刻が来れば自動で終わります。",
		"For a while, takes the mail with which a cloud validates its "
		"connector, and throws it away. Ends by itself.",
		2, 2};
	const char *path = NULL, *for_text = NULL, *to = NULL;
	const struct option_row rows[] = {
		OPTION_CONFIG(&path),
		{"for", 0, OPTION_TEXT, &for_text, "TIME",
		 "いつまで(30m など、1d まで。0 で終了)",
		 "for how long, as 30m, up to 1d; 0 ends it"},
		{"to", 0, OPTION_TEXT, &to, "ADDRESS", "確認メールの宛先",
		 "recipient of the validation mail"},
		{0}};
	struct json *ask, *answer;
	struct config *c;
	int64_t for_us = 0;
	int n, code = options_parse(&usage, rows, argc, argv, &n);

	if (code >= 0)
		return code;
	if (strcmp(argv[1], "onboard") != 0) {
		print_error("tenant: \"%s\" is not onboard", argv[1]);
		return EX_USAGE;
	}
	if (!to || !for_text || !duration_parse(str_of(for_text), &for_us)) {
		print_error("tenant onboard needs --to ADDRESS and a time such "
			    "as --for 30m");
		return EX_USAGE;
	}
	c = command_config(path);
	if (!c)
		return EX_CONFIG;
	ask = json_object();
	json_add_cstr(ask, "op", "tenant-onboard");
	json_add_cstr(ask, "tenant", argv[2]);
	json_add_cstr(ask, "to", to);
	json_add_int(ask, "for-us", for_us);
	answer = control_ask(c, ask);
	code = control_finish(&answer);
	config_free(&c);
	return code;
}
