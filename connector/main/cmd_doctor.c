/* cmd_doctor.c - `sekisho doctor`: what is wrong here, and what to do. */
#include <stdio.h>
#include <fcntl.h>
#include <string.h>
#include <sys/utsname.h>
#include <sysexits.h>
#include <unistd.h>
#include "connector/base/fd.h"
#include "connector/base/mem.h"
#include "connector/doctor/doctor.h"
#include "connector/main/main_int.h"

#define TEXT_MAX     (1 * MIB)
#define SETTINGS_MAX (1 * MIB)
#define MAPS_LINE    4096

struct doctor_args {
	const char *config, *file;
	bool json, offline, bundle;
};

static const struct command_usage usage = {
	"doctor [-c FILE] [--json] [--offline] [--bundle [REPORT]]",
	"この関所を調べ、1行ごとに、見たことと、すべきことを示します。"
	"注意があれば 1、異常があれば 2 で終わります。",
	"Looks at this installation and tells, line by line, what was found "
	"and "
	"what to do. Exit code 1: warnings; 2: something is wrong.",
	0, 1};

/* ---- the report ---------------------------------------------------------------- */

/* Libraries as they are loaded, by the names of their files. */
static void put_libraries(struct buf *out)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[MAPS_LINE], last[MAPS_LINE] = "";

	while (f && fgets(line, sizeof(line), f)) {
		char *name = strrchr(line, '/');

		line[strcspn(line, "\n")] = '\0';
		if (!name || !strstr(name, ".so") || strcmp(name, last) == 0)
			continue;
		snprintf(last, sizeof(last), "%s", name);
		buf_printf(out, "linked %s\n", name + 1);
	}
	if (f)
		fclose(f);
}

static void put_about(struct buf *out)
{
	struct utsname u;

	buf_printf(out, "sekisho %s\n", program_version());
	if (uname(&u) == 0)
		buf_printf(out, "kernel %s %s %s %s\n", u.sysname, u.release,
			   u.version, u.machine);
	put_libraries(out);
}

/* Never over a file that is there. */
static int put_file(const char *path, struct str text)
{
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			     0600)
		      : STDOUT_FILENO;
	bool ok = fd >= 0 && fd_write_all(fd, text);

	if (!ok)
		print_error("%s: %m", path ? path : "stdout");
	if (path && fd >= 0)
		ok = close(fd) == 0 && ok;
	return ok ? EX_OK : EX_CANTCREAT;
}

static int bundle(const struct doctor *d, const struct config *c,
		  const char *path)
{
	AUTO(arena) a = ARENA_EMPTY;
	AUTO(buf) about = BUF_MAX(TEXT_MAX);
	AUTO(buf) out = BUF_MAX(DOCTOR_BUNDLE_MAX);
	struct str settings = STR_EMPTY;
	struct err e = ERR_EMPTY;

	if (!conf_read_file(c->file, SETTINGS_MAX, &a, &settings, &e))
		print_error("%s", e.text);
	put_about(&about);
	doctor_bundle(d, buf_str(&about), settings, &out);
	return put_file(path, buf_str(&out));
}

/* ---- the lines --------------------------------------------------------------------- */

static int report(const struct doctor_conf *conf,
		  const struct doctor_args *args)
{
	struct doctor *d = doctor_run(conf);
	enum doctor_level worst = doctor_worst(d);
	AUTO(buf) text = BUF_MAX(TEXT_MAX);
	int code = EX_OK;

	if (args->bundle) {
		code = bundle(d, conf->config, args->file);
	} else if (args->json) {
		struct json *o = doctor_json(d);

		print_json(o);
		json_free(&o);
	} else {
		doctor_text(d, options_language(), &text);
		fputs(buf_cstr(&text), stdout);
	}
	doctor_free(&d);
	if (code != EX_OK || args->bundle)
		return code;
	return worst == DOCTOR_BAD ? 2 : worst == DOCTOR_WARN ? 1 : EX_OK;
}

static int look(struct command *x)
{
	struct doctor_args *args = x->arg;
	const struct config *c = x->c;
	struct doctor_conf conf = {.config = c, .offline = args->offline};
	AUTO(buf) errors = BUF_MAX(TEXT_MAX);
	struct json *live;
	struct keys *keys = NULL;
	struct policy *p = configured_policy(c, options_language(), NULL,
					     &errors);
	int code;

	live = control_ask(c, control_request("doctor"));
	conf.live = live;
	conf.reader = command_reader(c, &keys);
	conf.policy_digest = p ? policy_digest(p) : NULL;
	code = report(&conf, args);
	store_reader_free(&conf.reader);
	keys_free(&keys);
	json_free(&live);
	policy_free(&p);
	return code;
}

static int doctor(struct command *x)
{
	struct doctor_args *args = x->arg;

	args->file = x->word_n > 0 ? x->word[0] : NULL;
	if (!args->file || args->bundle)
		return look(x);
	print_error("doctor: a file is for --bundle");
	return EX_USAGE;
}

int cmd_doctor(int argc, char **argv)
{
	static const struct command_verb verbs[] = {{NULL, 0, 1, doctor}, {0}};
	struct doctor_args args = {0};
	const struct option_row rows[] = {
		OPTION_CONFIG(&args.config),
		OPTION_JSON(&args.json),
		{"offline", 0, OPTION_FLAG, &args.offline, NULL,
		 "ネットワークに問い合わせない", "ask nothing of the network"},
		{"bundle", 0, OPTION_FLAG, &args.bundle, NULL,
		 "人、秘密、件名を隠した報告を1つのファイルに",
		 "one report, without persons, secrets and subjects"},
		{0}};
	return command_run(&usage, rows, verbs, &args, argc, argv);
}
