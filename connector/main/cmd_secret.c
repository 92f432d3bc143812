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

struct secret_args {
	const char *config;
	bool print_new;
};

static int secret_set(struct command *x)
{
	AUTO(buf) value = BUF_MAX(SECRET_MAX);
	struct json *ask;

	if (!config_is_word(str_of(x->word[0]))) {
		print_error("a secret's name has letters, digits, - _ . (at "
			    "most 64), as {secret: NAME} writes it");
		return EX_USAGE;
	}
	if (!read_stdin(&value) || value.n == 0) {
		print_error("no value on stdin, or one above %zu bytes",
			    SECRET_MAX);
		return EX_DATAERR;
	}
	ask = control_request("secret-set");
	json_add_cstr(ask, "name", x->word[0]);
	json_add_str(ask, "value", buf_str(&value));
	return command_ask(x->c, ask);
}

static int secret_change(struct command *x, const char *op, bool print_new)
{
	struct json *ask = control_request(op);

	json_add_cstr(ask, "name", x->word[0]);
	json_add_bool(ask, "print-new", print_new);
	return command_ask(x->c, ask);
}

static int secret_rotate(struct command *x)
{
	const struct secret_args *a = x->arg;

	return secret_change(x, "secret-rotate", a->print_new);
}

static int secret_finish(struct command *x)
{
	return secret_change(x, "secret-finish", false);
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
	static const struct command_verb verbs[] = {
		{"set", 1, 1, secret_set},
		{"rotate", 1, 1, secret_rotate},
		{"finish", 1, 1, secret_finish},
		{0}};
	struct secret_args a = {0};
	const struct option_row rows[] = {
		OPTION_CONFIG(&a.config),
		{"print-new", 0, OPTION_FLAG, &a.print_new, NULL,
		 "新しい値を出す(クラウドの規則に貼るため)",
		 "print the new value, to paste it into the cloud's rule"},
		{0}};

	return command_run(&usage, rows, verbs, &a, argc, argv);
}

static int key_backup(struct command *x)
{
	unsigned char key[KEY_LEN];
	AUTO(buf) words = BUF_MAX(4 * KIB);
	struct err e = ERR_EMPTY;

	words.secret = true;
	if (!master_key_read(x->c->master_key, key, &e)) {
		print_error("%s", e.text);
		return EX_NOINPUT;
	}
	master_key_words(key, &words);
	mem_wipe(key, sizeof(key));
	print_text(buf_str(&words), stdout);
	fputc('\n', stdout);
	return EX_OK;
}

static int key_restore(struct command *x)
{
	unsigned char key[KEY_LEN];
	AUTO(buf) words = BUF_MAX(SECRET_MAX);
	struct err e = ERR_EMPTY;
	bool ok;

	if (access(x->c->master_key, F_OK) == 0) {
		print_error("%s exists; move it away first", x->c->master_key);
		return EX_CANTCREAT;
	}
	ok = read_stdin(&words) &&
	     master_key_from_words(buf_str(&words), key, &e) &&
	     master_key_write(x->c->master_key, key, &e);
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
	static const struct command_verb verbs[] = {
		{"backup", 0, 0, key_backup},
		{"restore", 0, 0, key_restore},
		{0}};
	const char *path = NULL;
	const struct option_row rows[] = {OPTION_CONFIG(&path), {0}};

	return command_run(&usage, rows, verbs, NULL, argc, argv);
}
