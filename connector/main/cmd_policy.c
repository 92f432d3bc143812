/* cmd_policy.c - `sekisho policy`: versions, what differs between them, and
 * which one runs.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>
#include "connector/base/mem.h"
#include "connector/main/main_int.h"
#include "connector/main/policy_args_int.h"

#define TEXT_MAX     (64 * MIB)
#define VERSIONS_MAX 1000
#define DIGEST_SHOWN 8
#define HELD_LOOK_MS 200

static bool in_japanese(void)
{
	return strcmp(options_language(), "ja") == 0;
}

/* "3" or "v3"; "disk" is 0 where it is allowed. */
static bool version_parse(const char *word, bool disk, uint32_t *v_r)
{
	uint64_t v;

	*v_r = 0;
	if (disk && strcmp(word, "disk") == 0)
		return true;
	if (!str_u64(str_of(word + (word[0] == 'v')), &v) || v == 0 ||
	    v > UINT32_MAX) {
		print_error("\"%s\" is no version", word);
		return false;
	}
	*v_r = (uint32_t)v;
	return true;
}

/* ---- apply ---------------------------------------------------------------- */

static void print_held(const struct json *o)
{
	printf(in_japanese()
		       ? "保留中のメール %lld 通を見直しました: 厳しくなった "
			 "%lld、同じ %lld、緩くなるもの(そのまま) %lld、もう"
			 "離れたもの %lld、見直せなかったもの %lld\n"
		       : "held mail looked at again, %lld: tightened %lld, the "
			 "same %lld, would be looser (not taken) %lld, gone "
			 "meanwhile %lld, failed %lld\n",
	       (long long)json_get_int(o, "messages", 0),
	       (long long)json_get_int(o, "tightened", 0),
	       (long long)json_get_int(o, "same", 0),
	       (long long)json_get_int(o, "looser", 0),
	       (long long)json_get_int(o, "gone", 0),
	       (long long)json_get_int(o, "failed", 0));
}

/* Held mail may be much: the engine works, we ask how far it is. */
static int held_wait(const struct config *c, bool json)
{
	const struct timespec nap = {0, HELD_LOOK_MS * 1000 * 1000};

	for (;;) {
		struct json *answer = control_ask(c,
						  control_request("held-now"));

		if (!answer || json_get_cstr(answer, "error", NULL))
			return control_finish(&answer);
		if (json_get_bool(answer, "running", false)) {
			json_free(&answer);
			nanosleep(&nap, NULL);
			continue;
		}
		if (json)
			print_json(answer);
		else
			print_held(answer);
		json_free(&answer);
		return EX_OK;
	}
}

static int policy_apply(struct command *x)
{
	const struct policy_args *a = x->arg;
	struct json *ask = control_request("policy-apply");
	uint32_t version = 0;
	int code;

	if (x->word_n && !version_parse(x->word[0], false, &version)) {
		json_free(&ask);
		return EX_USAGE;
	}
	json_add_cstr(ask, "note", a->note ? a->note : "");
	json_add_bool(ask, "force", a->force);
	json_add_int(ask, "version", version);
	code = command_ask(x->c, ask);
	if (code != EX_OK || !a->held)
		return code;
	code = command_ask(x->c, control_request("held-begin"));
	return code == EX_OK ? held_wait(x->c, a->json) : code;
}

/* ---- list ----------------------------------------------------------------- */

static void add_version(struct json *o, const struct store_policy *v,
			const struct tz *tz)
{
	AUTO(buf) at = BUF_MAX(64);

	time_put_rfc3339(&at, tz, v->at_us);
	json_add_int(o, "version", v->version);
	json_add_str(o, "at", buf_str(&at));
	json_add_str(o, "who", v->who);
	json_add_str(o, "origin", v->origin);
	json_add_str(o, "note", v->note);
	json_add_str(o, "digest", v->digest);
}

static void version_line(const struct store_policy *v, bool runs,
			 const struct tz *tz)
{
	AUTO(buf) at = BUF_MAX(64);

	time_put_notice(&at, tz, v->at_us);
	print_line("%c v%-5u %s  %-7.*s  " STR_FMT "  " STR_FMT "  " STR_FMT,
		   runs ? '*' : ' ', v->version, buf_cstr(&at),
		   (int)v->origin.n, v->origin.p,
		   STR_ARG(str_head(v->digest, DIGEST_SHOWN)), STR_ARG(v->who),
		   STR_ARG(v->note));
}

/* What the files on disk are, beside the version that runs. */
static const char *files_state(const struct policy *disk,
			       const struct store_policy *newest)
{
	if (!disk)
		return "invalid";
	if (newest && str_is(newest->digest, policy_digest(disk)))
		return "same";
	return "differ";
}

static void files_line(const char *state)
{
	static const struct {
		const char *state, *ja, *en;
	} rows[] = {
		{"same", "ディスクのファイルは、動いている版と同じです",
		 "the files on disk are those of the version that runs"},
		{"differ",
		 "ディスクのファイルは、動いている版と違います(sekisho "
		 "policy diff で見て、apply で適用)",
		 "the files on disk differ from the version that runs: see "
		 "`sekisho policy diff`, take them with `apply`"},
		{"invalid",
		 "ディスクのファイルに誤りがあります。前の版がそのまま動いて"
		 "います",
		 "the files on disk are not valid: the version before runs "
		 "on"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].state, state) == 0)
			puts(in_japanese() ? rows[i].ja : rows[i].en);
}

static int list_versions(struct command *x, struct store_reader *r)
{
	const struct policy_args *args = x->arg;
	AUTO(arena) a = ARENA_EMPTY;
	AUTO(buf) errors = BUF_MAX(TEXT_MAX);
	struct policy *disk = configured_policy(x->c, options_language(), NULL,
						&errors);
	struct json *o = json_object(), *list = json_add_array(o, "versions");
	struct store_policy *v = NULL;
	struct err e = ERR_EMPTY;
	const char *state;
	size_t n = 0;
	bool ok = store_policies(r, VERSIONS_MAX, &a, &v, &n, &e);

	state = files_state(disk, n ? &v[0] : NULL);
	for (size_t i = 0; i < n; i++) {
		struct json *row = json_add_object(list, NULL);

		add_version(row, &v[i], x->c->timezone);
		json_add_bool(row, "runs", i == 0);
		if (!args->json)
			version_line(&v[i], i == 0, x->c->timezone);
	}
	json_add_cstr(o, "files", state);
	json_add_str(o, "errors", buf_str(&errors));
	if (args->json) {
		print_json(o);
	} else {
		files_line(state);
		print_lines(buf_str(&errors), stdout);
	}
	json_free(&o);
	policy_free(&disk);
	return ok ? EX_OK : command_failed(&e);
}

static int policy_list(struct command *x)
{
	return command_read(x, list_versions);
}

/* ---- show ----------------------------------------------------------------- */

/* Into a pipe as they are: a patch has to fit, a copy to be one. */
static void print_file(struct str bytes)
{
	if (isatty(STDOUT_FILENO))
		print_lines(bytes, stdout);
	else
		print_text(bytes, stdout);
}

static void show_text(const struct store_policy *v, const struct tz *tz)
{
	version_line(v, false, tz);
	for (size_t i = 0; i < v->file_n; i++) {
		const struct store_policy_file *f = &v->file[i];

		print_line("--- " STR_FMT " (%zu bytes)", STR_ARG(f->name),
			   f->bytes.n);
		if (policy_is_yaml(f->name))
			print_file(f->bytes);
	}
}

static void show_json(const struct store_policy *v, const struct tz *tz)
{
	struct json *o = json_object(), *files;

	add_version(o, v, tz);
	files = json_add_array(o, "files");
	for (size_t i = 0; i < v->file_n; i++) {
		struct json *f = json_add_object(files, NULL);

		json_add_str(f, "name", v->file[i].name);
		json_add_int(f, "size", (int64_t)v->file[i].bytes.n);
		if (policy_is_yaml(v->file[i].name))
			json_add_str(f, "text", v->file[i].bytes);
	}
	print_json(o);
	json_free(&o);
}

/* The version that the words name, or the newest. */
static bool wanted(struct command *x, struct store_reader *r, const char *word,
		   struct arena *a, struct store_policy *v_r, int *code_r)
{
	uint32_t version = 0;
	struct err e = ERR_EMPTY;

	(void)x;
	*code_r = EX_USAGE;
	if (word && !version_parse(word, false, &version))
		return false;
	if (!store_policy(r, version, a, v_r, &e)) {
		*code_r = command_failed(&e);
		return false;
	}
	if (v_r->version)
		return true;
	print_error("no version has been applied yet");
	*code_r = EX_NOINPUT;
	return false;
}

static int show_version(struct command *x, struct store_reader *r)
{
	const struct policy_args *args = x->arg;
	AUTO(arena) a = ARENA_EMPTY;
	struct store_policy v;
	int code;

	if (!wanted(x, r, x->word_n ? x->word[0] : NULL, &a, &v, &code))
		return code;
	if (args->json)
		show_json(&v, x->c->timezone);
	else
		show_text(&v, x->c->timezone);
	return EX_OK;
}

static int policy_show(struct command *x)
{
	return command_read(x, show_version);
}

/* ---- diff ----------------------------------------------------------------- */

struct side {
	struct policy_side s;
	struct policy *disk; /* whose bytes they are, or NULL */
	char name[16];
};

static bool side_disk(struct command *x, struct arena *a, struct side *to)
{
	AUTO(buf) errors = BUF_MAX(TEXT_MAX);

	to->disk = configured_policy(x->c, options_language(), NULL, &errors);
	if (!to->disk) {
		print_lines(buf_str(&errors), stderr);
		return false;
	}
	to->s = policy_side_of(to->disk, "disk", a);
	return true;
}

static int side_of(struct command *x, struct store_reader *r, const char *word,
		   struct arena *a, struct side *to)
{
	struct store_policy v;
	int code;

	if (word && strcmp(word, "disk") == 0)
		return side_disk(x, a, to) ? EX_OK : EX_CONFIG;
	if (!wanted(x, r, word, a, &v, &code))
		return code;
	snprintf(to->name, sizeof(to->name), "v%u", v.version);
	to->s = (struct policy_side){to->name, v.file, v.file_n};
	return EX_OK;
}

static void print_diff(const struct policy_args *args, const struct side *old,
		       const struct side *new)
{
	AUTO(buf) text = BUF_MAX(TEXT_MAX);
	struct json *rows;

	if (args->json) {
		rows = policy_diff_json(&old->s, &new->s);
		print_json(rows);
		json_free(&rows);
		return;
	}
	policy_diff(&old->s, &new->s, &text);
	print_file(buf_str(&text));
}

/* None: the newest and the files on disk. One: it and the newest. */
static int diff_versions(struct command *x, struct store_reader *r)
{
	const char *old = x->word_n ? x->word[0] : NULL;
	const char *new = x->word_n == 0   ? "disk"
			  : x->word_n == 2 ? x->word[1]
					   : NULL;
	AUTO(arena) a = ARENA_EMPTY;
	struct side from = {0}, to = {0};
	int code = side_of(x, r, old, &a, &from);

	if (code == EX_OK)
		code = side_of(x, r, new, &a, &to);
	if (code == EX_OK)
		print_diff(x->arg, &from, &to);
	policy_free(&from.disk);
	policy_free(&to.disk);
	return code;
}

static int policy_diff_run(struct command *x)
{
	return command_read(x, diff_versions);
}

/* ---- export --------------------------------------------------------------- */

static int export_version(struct command *x, struct store_reader *r)
{
	const struct policy_args *args = x->arg;
	const char *folder = x->word[x->word_n - 1];
	AUTO(arena) a = ARENA_EMPTY;
	struct store_policy v;
	struct err e = ERR_EMPTY;
	size_t left_out;
	int code;

	if (!wanted(x, r, x->word_n == 2 ? x->word[0] : NULL, &a, &v, &code))
		return code;
	if (!policy_export(&v, folder, args->force, &left_out, &e)) {
		print_error("%s", e.text);
		return EX_CANTCREAT;
	}
	printf("v%u: %zu files in %s\n", v.version, v.file_n - left_out,
	       folder);
	if (left_out)
		print_error(in_japanese()
				    ? "規則のフォルダの外にあったファイル %zu "
				      "個は書き出していません"
				    : "%zu files that stood outside of the "
				      "policy's folder are left out",
			    left_out);
	return EX_OK;
}

static int policy_export_run(struct command *x)
{
	return command_read(x, export_version);
}

/* ---- the command ---------------------------------------------------------- */

int cmd_policy(int argc, char **argv)
{
	static const struct command_usage usage = {
		"policy apply [VERSION] [--held] [--force] [--note TEXT] | list"
		" | show [VERSION] | diff [A [B|disk]] | export [VERSION] DIR |"
		" replay --policy FILE [--since 30d] [-c FILE] [--json]",
		"apply: 規則を読み直して適用します(版を指定すればその版を)。"
		"誤りがあれば、いまの規則がそのまま動き続けます。--held: 保留中"
		"のメールにも適用し、厳しくなる分だけを取り入れます。list、"
		"show、diff、export: 版。replay: 過去のメールの扱いがどう変わる"
		"かを示します。",
		"apply: loads the policy anew and applies it, or a version of "
		"the store; with any error the running one stays. --held: lays "
		"it over held mail, too, and takes what becomes tighter. list, "
		"show, diff, export: versions. replay: tells which past mail "
		"would be treated differently.",
		1, 3};
	static const struct command_verb verbs[] = {
		{"apply", 0, 1, policy_apply},
		{"list", 0, 0, policy_list},
		{"show", 0, 1, policy_show},
		{"diff", 0, 2, policy_diff_run},
		{"export", 1, 2, policy_export_run},
		{"replay", 0, 0, policy_replay},
		{0}};
	struct policy_args a = {0};
	const struct option_row rows[] = {
		OPTION_CONFIG(&a.config),
		OPTION_JSON(&a.json),
		{"note", 0, OPTION_TEXT, &a.note, "TEXT", "理由(版に残る)",
		 "why (kept with the version)"},
		{"held", 0, OPTION_FLAG, &a.held, NULL,
		 "保留中のメールにも(厳しくなる分だけ)",
		 "over held mail, too: only what becomes tighter"},
		{"force", 0, OPTION_FLAG, &a.force, NULL,
		 "画面で変えた版や、既にあるファイルを上書きする",
		 "over a version that a page made; export: over files"},
		{"policy", 0, OPTION_TEXT, &a.policy, "FILE",
		 "replay: 試す規則", "replay: the policy to try"},
		{"since", 0, OPTION_TEXT, &a.since, "TIME",
		 "replay: どこまでさかのぼるか(30d)",
		 "replay: how far back (30d)"},
		{"examples", 0, OPTION_TEXT, &a.examples, "N",
		 "replay: 規則ごとの例の数(5)",
		 "replay: examples of each rule (5)"},
		{0}};

	return command_run(&usage, rows, verbs, &a, argc, argv);
}
