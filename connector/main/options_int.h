/* options_int.h - command line options as rows, for every `sekisho` command.
 *
 *	bool json = false; const char *conf = NULL;
 *	const struct option_row rows[] = {
 *		{"config", 'c', OPTION_TEXT, &conf, "FILE", "設定", "config"},
 *		{"json", 0, OPTION_FLAG, &json, NULL, "JSON で", "as JSON"},
 *		{0}};
 *	int done = options_parse(&usage, rows, argc, argv, &n);
 *	if (done >= 0)
 *		return done;
 *
 * Takes --name VALUE, --name=VALUE, -x VALUE, and -- before what begins with a
 * dash.  --help prints in the language of the locale.
 */
#ifndef SEKISHO_MAIN_OPTIONS_INT_H
#define SEKISHO_MAIN_OPTIONS_INT_H

#include "connector/base/macros.h"

#define OPTIONS_LIST_MAX 2000 /* values of one repeated option */

enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_LIST };

struct option_list {
	const char **v; /* freed by option_list_release() */
	size_t n, cap;
};
void option_list_release(struct option_list *l);

struct option_row {
	const char *name; /* NULL ends the rows */
	char letter;	  /* 0: none */
	enum option_kind kind;
	void *to;	   /* bool *, const char **, struct option_list * */
	const char *value; /* "FILE", as --help names it */
	const char *ja, *en;
};

/* Rows that most commands share. */
#define OPTION_CONFIG(to)                                                      \
	{                                                                      \
		"config", 'c', OPTION_TEXT, (to), "FILE", "設定ファイル",      \
			"configuration file"                                   \
	}
#define OPTION_JSON(to)                                                        \
	{                                                                      \
		"json", 0, OPTION_FLAG, (to), NULL, "JSON で出す",             \
			"print JSON"                                           \
	}

struct command_usage {
	const char *synopsis;	   /* "explain [options] MESSAGE.eml" */
	const char *ja, *en;	   /* what the command does */
	int args_least, args_most; /* words beside options; most -1: any */
};

/* -1: go on, with the words that are no options in argv[1..*args_n_r];
 * else the exit code: 0 after --help, EX_USAGE after an error on stderr. */
int options_parse(const struct command_usage *u, const struct option_row *rows,
		  int argc, char **argv, int *args_n_r) MUST_USE;
void options_help(const struct command_usage *u, const struct option_row *rows);
/* "ja" or "en", of LC_ALL, LC_MESSAGES, LANG. */
const char *options_language(void);

#endif
