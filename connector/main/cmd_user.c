/* cmd_user.c - `sekisho user hash`: a line for a tenant's users file.
 * The password comes from stdin or the terminal, never from the command line.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <termios.h>
#include <unistd.h>
#include "auth/login.h"
#include "connector/base/mem.h"
#include "connector/base/utf8.h"
#include "connector/main/main_int.h"
#include "connector/sys/crypto/crypto.h"

#define PASSWORD_LEAST 8

/* One line of stdin without its end. */
static bool read_line(struct buf *out)
{
	char c;

	out->secret = true;
	while (read(STDIN_FILENO, &c, 1) == 1 && c != '\n')
		if (!buf_putc(out, c))
			return false;
	if (out->n && out->p[out->n - 1] == '\r')
		buf_truncate(out, out->n - 1);
	return true;
}

/* From a person: unseen, and twice. */
static bool ask(struct buf *out)
{
	bool ja = strcmp(options_language(), "ja") == 0;
	AUTO(buf) again = BUF_MAX(LOGIN_PASSWORD_MAX);
	struct termios was, quiet;
	bool ok;

	if (tcgetattr(STDIN_FILENO, &was) != 0)
		return false;
	quiet = was;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	fputs(ja ? "パスワード: " : "Password: ", stderr);
	ok = read_line(out);
	fputs(ja ? "\nもう一度: " : "\nAgain: ", stderr);
	ok = ok && read_line(&again);
	fputs("\n", stderr);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
	return ok && str_eq(buf_str(out), buf_str(&again));
}

static bool read_password(struct buf *out)
{
	bool ok = isatty(STDIN_FILENO) ? ask(out) : read_line(out);

	if (!ok)
		print_error("the password was not given twice alike, or is "
			    "above %d bytes",
			    LOGIN_PASSWORD_MAX);
	else if (out->n < PASSWORD_LEAST)
		print_error("at least %d characters", PASSWORD_LEAST);
	else if (!utf8_valid(buf_str(out)) || str_has_control(buf_str(out)))
		print_error("text without control characters, please");
	else
		return true;
	return false;
}

/* What would break the line is no part of it. */
static bool words_fit(char **word, int n)
{
	struct arena a = ARENA_EMPTY;
	struct err e = ERR_EMPTY;
	struct addr addr;
	bool ok = true;

	if (n && (strpbrk(word[0], ":\n") || strlen(word[0]) > LOGIN_USER_MAX))
		ok = err_set(&e, ERR_PERMANENT, 0, "not a name: %s", word[0]);
	for (int i = 1; ok && i < n; i++)
		ok = addr_parse(str_of(word[i]), true, false, &a, &addr, &e);
	if (!ok)
		print_error("%s", e.text);
	arena_release(&a);
	return ok;
}

static void user_line(char **word, int n, struct buf *hash)
{
	if (n)
		printf("%s:%s:", word[0], buf_cstr(hash));
	else
		fputs(buf_cstr(hash), stdout);
	for (int i = 1; i < n; i++)
		printf("%s%s", i > 1 ? "," : "", word[i]);
	if (n == 1)
		fputs(word[0], stdout);
	putchar('\n');
}

int cmd_user(int argc, char **argv)
{
	static const struct command_usage usage = {
		"user hash [NAME [ADDRESS...]]",
		"標準入力か端末からパスワードを読み、利用者ファイルの1行"
		"(名前:ハッシュ:アドレス,…)を出します。名前がなければハッシュ"
		"だけを出します。",
		"Reads a password from stdin or the terminal and prints a line "
		"for a users file (name:hash:address,...); without a name the "
		"hash alone.",
		1, 2 + LOGIN_ADDRESSES_MAX};
	const struct option_row rows[] = {{0}};
	AUTO(buf) password = BUF_MAX(LOGIN_PASSWORD_MAX);
	AUTO(buf) hash = BUF_MAX(1 * KIB);
	int n, code = options_parse(&usage, rows, argc, argv, &n);

	if (code >= 0)
		return code;
	if (strcmp(argv[1], "hash") != 0) {
		print_error("user: \"%s\" is not hash", argv[1]);
		return EX_USAGE;
	}
	if (!words_fit(argv + 2, n - 1) || !read_password(&password))
		return EX_DATAERR;
	if (!password_hash(buf_str(&password), &hash)) {
		print_error("no memory for the hash");
		return EX_OSERR;
	}
	user_line(argv + 2, n - 1, &hash);
	return EX_OK;
}
