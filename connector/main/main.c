/* main.c - one binary: the daemon's roles and the commands, from one table. */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>
#include "connector/base/log.h"
#include "connector/keeper/keeper.h"
#include "connector/main/main_int.h"

struct entry {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *ja, *en;
};

static const struct entry commands[] = {
	{"serve", cmd_serve, "関所を動かす", "run the gate"},
	{"check", cmd_check, "設定と規則を調べる",
	 "check the configuration and the policy"},
	{"explain", cmd_explain, "1通のメールがどう扱われるかを示す",
	 "tell what would become of one message"},
	{"queue", cmd_queue, "保留中のメールを見る、送る、破棄する、返す",
	 "list, show, release, discard or return what is held"},
	{"ledger", cmd_ledger, "受け付けた宛先すべての行方を証明する",
	 "prove where every accepted recipient is"},
	{"audit", cmd_audit, "監査の鎖を確かめる", "verify the audit chain"},
	{"mode", cmd_mode, "非常時: normal, pass, hold",
	 "the bad day: normal, pass, hold"},
	{"clock", cmd_clock, "跳んだ時計を見る、認める",
	 "see whether the clock jumped, accept it"},
	{"policy", cmd_policy, "規則の版を適用する、比べる、試す",
	 "apply, compare and try versions of the policy"},
	{"history", cmd_history, "過去の宛先を取り込む、書き出す",
	 "bring in or write out who has written to whom"},
	{"secret", cmd_secret, "秘密の値を封じて預ける",
	 "keep a secret sealed in the store"},
	{"tenant", cmd_tenant, "テナントの受け入れを始める",
	 "begin to take a tenant in"},
	{"setup", cmd_setup, "テナントをつなぐ手順を示す",
	 "print the steps that connect a tenant"},
	{"dkim", cmd_dkim, "DKIM の鍵を作り、使い、退ける",
	 "make, use and retire DKIM keys"},
	{"doctor", cmd_doctor, "どこが悪く、何をすべきかを示す",
	 "tell what is wrong here, and what to do"},
	{"user", cmd_user, "利用者ファイルの行を作る",
	 "make a line of a users file"},
	{"key", cmd_key, "主鍵の控えを作る、戻す",
	 "back up or restore the master key"},
	{"version", cmd_version, "版を示す", "show the version"},
};

static int usage(FILE *to, int code)
{
	bool ja = strcmp(options_language(), "ja") == 0;

	fprintf(to, ja ? "使い方: sekisho 命令 [オプション]\n\n"
		       : "usage: sekisho COMMAND [options]\n\n");
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		fprintf(to, "  %-10s %s\n", commands[i].name,
			ja ? commands[i].ja : commands[i].en);
	fprintf(to, ja ? "\n詳しくは: sekisho 命令 --help\n"
		       : "\nmore: sekisho COMMAND --help\n");
	return code;
}

/* Roles are started by the supervisor with descriptors in place. */
static int role_keeper(int argc, char **argv)
{
	if (argc != 2)
		return EX_USAGE;
	return keeper_main(3, argv[1]);
}

static int role_engine(int argc, char **argv)
{
	struct engine_args args;
	size_t all = 0;

	if (argc != 2 + LISTEN_COUNT)
		return EX_USAGE;
	args.config = argv[1];
	for (size_t i = 0; i < LISTEN_COUNT; i++) {
		args.n[i] = strtoul(argv[2 + i], NULL, 10);
		all += args.n[i];
	}
	if (all > ENGINE_LISTEN_MAX)
		return EX_USAGE;
	return engine_main(&args);
}

static int unknown(const char *word)
{
	const char *names[ARRAY_LEN(commands)], *near;
	bool ja = strcmp(options_language(), "ja") == 0;

	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		names[i] = commands[i].name;
	near = str_nearest(str_of(word), names, ARRAY_LEN(names));
	if (!near) {
		print_error(ja ? "「%s」という命令はありません\n"
			       : "unknown command \"%s\"\n",
			    word);
		return usage(stderr, EX_USAGE);
	}
	print_error(ja ? "「%s」という命令はありません(%s のことですか)"
		       : "unknown command \"%s\" (did you mean %s?)",
		    word, near);
	return EX_USAGE;
}

static bool is_one_of(const char *word, const char *a, const char *b,
		      const char *c)
{
	return strcmp(word, a) == 0 || strcmp(word, b) == 0 ||
	       strcmp(word, c) == 0;
}

/* `sekisho -c FILE check`, `sekisho --json queue list`: options may stand
 * before the command, which then moves to its place. */
static void command_first(int argc, char **argv)
{
	int at = 1;
	char *word;

	while (at < argc && argv[at][0] == '-') {
		bool value = strcmp(argv[at], "-c") == 0 ||
			     strcmp(argv[at], "--config") == 0;

		if (!value && strncmp(argv[at], "-c", 2) != 0 &&
		    strncmp(argv[at], "--config=", 9) != 0 &&
		    strcmp(argv[at], "--json") != 0)
			return;
		at += value ? 2 : 1;
	}
	if (at >= argc)
		return;
	word = argv[at];
	memmove(argv + 2, argv + 1, (size_t)(at - 1) * sizeof(*argv));
	argv[1] = word;
}

int main(int argc, char **argv)
{
	static char help[] = "--help";

	signal(SIGPIPE, SIG_IGN);
	command_first(argc, argv);
	if (argc < 2)
		return usage(stderr, EX_USAGE);
	if (argc == 3 && strcmp(argv[1], "help") == 0 && argv[2][0] != '-') {
		argv[1] = argv[2];
		argv[2] = help;
	}
	if (is_one_of(argv[1], "--help", "-h", "help"))
		return usage(stdout, EX_OK);
	if (is_one_of(argv[1], "--version", "-V", "version"))
		return cmd_version(argc - 1, argv + 1);
	if (strcmp(argv[1], "-keeper") == 0)
		return role_keeper(argc - 1, argv + 1);
	if (strcmp(argv[1], "-engine") == 0)
		return role_engine(argc - 1, argv + 1);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	return unknown(argv[1]);
}
