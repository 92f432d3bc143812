/* cmd_secret.c - `sekisho secret` and `sekisho key`: values come from stdin,
 * never from the command line.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>
#include "connector/base/mem.h"
#include "connector/main/main_int.h"

#define SECRET_MAX (64 * KIB)

/* All of stdin without its last line end. */
static bool read_stdin(struct buf *out)
{
	char room[4096];
	ssize_t n;

	out->secret = true;
	while ((n = read(STDIN_FILENO, room, sizeof(room))) > 0)
		if (!buf_put(out, room, (size_t)n))
			return false;
	mem_wipe(room, sizeof(room));
	while (out->n &&
	       (out->p[out->n - 1] == '\n' || out->p[out->n - 1] == '\r'))
		buf_truncate(out, out->n - 1);
	return n == 0;
}

static int ask_secret(const char *path, struct json *ask)
{
	struct config *c = command_config(path);
	struct json *answer;
	int code;

	if (!c) {
		json_free(&ask);
		return EX_CONFIG;
	}
	answer = control_ask(c, ask);
	if (answer && json_get_cstr(answer, "text", NULL))
		printf("%s\n", json_get_cstr(answer, "text", ""));
	code = control_finish(&answer);
	config_free(&c);
	return code;
}

static int secret_set(const char *path, const char *name)
{
	AUTO(buf) value = BUF_MAX(SECRET_MAX);
	struct json *ask;

	if (!read_stdin(&value) || value.n == 0) {
		print_error("no value on stdin, or one above %zu bytes",
			    SECRET_MAX);
		return EX_DATAERR;
	}
	ask = json_object();
	json_add_cstr(ask, "op", "secret-set");
	json_add_cstr(ask, "name", name);
	json_add_str(ask, "value", buf_str(&value));
	return ask_secret(path, ask);
}

static int secret_change(const char *path, const char *op, const char *name,
			 bool print_new)
{
	struct json *ask = json_object();

	json_add_cstr(ask, "op", op);
	json_add_cstr(ask, "name", name);
	json_add_bool(ask, "print-new", print_new);
	return ask_secret(path, ask);
}

int cmd_secret(int argc, char **argv)
{
	static const struct command_usage usage = {
		"secret set|rotate|finish NAME [--print-new] [-c FILE] "
		"[<VALUE]",
		"set: 標準入力の値を、封じて預けます。設定では "
		"{secret: NAME}。rotate: ヘッダーの秘密に新しい値を作り、"
		"古い値も受け付けます。finish: 古い値を捨てます。",
		"set: keeps the value read from stdin sealed in the store; the "
		"configuration names it as {secret: NAME}. rotate: makes a new "
		"value for a header's secret and still takes the old one. "
		"finish: drops the old one.",
		2, 2};
	const char *path = NULL;
	bool print_new = false;
	const struct option_row rows[] = {
		OPTION_CONFIG(&path),
		{"print-new", 0, OPTION_FLAG, &print_new, NULL,
		 "新しい値を出す(クラウドの規則に貼るため)",
		 "print the new value, to paste it into the cloud's rule"},
		{0}};
	int n, code = options_parse(&usage, rows, argc, argv, &n);

	if (code >= 0)
		return code;
	if (strcmp(argv[1], "set") == 0)
		return secret_set(path, argv[2]);
	if (strcmp(argv[1], "rotate") == 0)
		return secret_change(path, "secret-rotate", argv[2], print_new);
	if (strcmp(argv[1], "finish") == 0)
		return secret_change(path, "secret-finish", argv[2], false);
	print_error("secret: \"%s\" is not set, rotate or finish", argv[1]);
	return EX_USAGE;
}

static int key_backup(const struct config *c)
{
	unsigned char key[KEY_LEN];
	AUTO(buf) words = BUF_MAX(4 * KIB);
	struct err e = ERR_EMPTY;

	words.secret = true;
	if (!master_key_read(c->master_key, key, &e)) {
		print_error("%s", e.text);
		return EX_NOINPUT;
	}
	master_key_words(key, &words);
	mem_wipe(key, sizeof(key));
	fwrite(words.p, 1, words.n, stdout);
	fputc('\n', stdout);
	return EX_OK;
}

static int key_restore(const struct config *c)
{
	unsigned char key[KEY_LEN];
	AUTO(buf) words = BUF_MAX(SECRET_MAX);
	struct err e = ERR_EMPTY;
	bool ok;

	if (access(c->master_key, F_OK) == 0) {
		print_error("%s exists; move it away first", c->master_key);
		return EX_CANTCREAT;
	}
	ok = read_stdin(&words) &&
	     master_key_from_words(buf_str(&words), key, &e) &&
	     master_key_write(c->master_key, key, &e);
	mem_wipe(key, sizeof(key));
	if (!ok)
		print_error("%s", e.text[0] ? e.text : "no words on stdin");
	return ok ? EX_OK : EX_DATAERR;
}

int cmd_key(int argc, char **argv)
{
	static const struct command_usage usage = {
		"key backup|restore [-c FILE]",
		"backup: 主鍵を紙に書ける言葉で出します。restore: 標準入力の"
		"言葉から鍵ファイルを作り直します。",
		"backup: prints the master key as words for paper. restore: "
		"makes the key file again from words on stdin.",
		1, 1};
	const char *path = NULL;
	const struct option_row rows[] = {OPTION_CONFIG(&path), {0}};
	struct config *c;
	int n, code = options_parse(&usage, rows, argc, argv, &n);

	if (code >= 0)
		return code;
	c = command_config(path);
	if (!c)
		return EX_CONFIG;
	if (strcmp(argv[1], "backup") == 0) {
		code = key_backup(c);
	} else if (strcmp(argv[1], "restore") == 0) {
		code = key_restore(c);
	} else {
		print_error("key: \"%s\" is not backup or restore", argv[1]);
		code = EX_USAGE;
	}
	config_free(&c);
	return code;
}
