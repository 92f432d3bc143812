/* options.c - reads command lines through rows. */
#include "connector/main/options_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "connector/base/mem.h"
#include "connector/base/str.h"

#define ROWS_MAX 64

const char *options_language(void)
{
	static const char *const VARS[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

	for (size_t i = 0; i < ARRAY_LEN(VARS); i++) {
		const char *v = getenv(VARS[i]);

		if (v && *v)
			return strncmp(v, "ja", 2) == 0 ? "ja" : "en";
	}
	return "en";
}

static bool in_japanese(void)
{
	return strcmp(options_language(), "ja") == 0;
}

void option_list_release(struct option_list *l)
{
	mem_free(l->v);
	*l = (struct option_list){0};
}

void options_help(const struct command_usage *u, const struct option_row *rows)
{
	bool ja = in_japanese();

	printf("%s sekisho %s\n\n%s\n", ja ? "使い方:" : "Usage:", u->synopsis,
	       ja ? u->ja : u->en);
	if (rows->name)
		printf("\n");
	for (; rows->name; rows++) {
		char left[64];

		snprintf(left, sizeof(left), "%s%c%s --%s %s",
			 rows->letter ? "-" : " ",
			 rows->letter ? rows->letter : ' ',
			 rows->letter ? "," : " ", rows->name,
			 rows->value ? rows->value : "");
		printf("  %-24s %s\n", left, ja ? rows->ja : rows->en);
	}
	printf("  %-24s %s\n", "    --help",
	       ja ? "この説明を出します" : "print this help");
}

static int usage_error(const struct command_usage *u, const char *what,
		       const char *word, const char *near)
{
	fprintf(stderr, "sekisho: %s: %s", word, what);
	if (near)
		fprintf(stderr,
			in_japanese() ? "(--%s のことですか)"
				      : " (did you mean --%s?)",
			near);
	fprintf(stderr, "\n%s sekisho %s\n",
		in_japanese() ? "使い方:" : "Usage:", u->synopsis);
	return EX_USAGE;
}

static int unknown_option(const struct command_usage *u,
			  const struct option_row *rows, const char *arg,
			  struct str name)
{
	const char *names[ROWS_MAX];
	size_t n = 0;

	for (; rows->name && n < ROWS_MAX; rows++)
		names[n++] = rows->name;
	return usage_error(u,
			   in_japanese() ? "このオプションはありません"
					 : "no such option",
			   arg, str_nearest(name, names, n));
}

static const struct option_row *find_row(const struct option_row *rows,
					 struct str name, bool is_letter)
{
	for (; rows->name; rows++) {
		if (!is_letter && str_is(name, rows->name))
			return rows;
		if (is_letter && rows->letter && name.p[0] == rows->letter)
			return rows;
	}
	return NULL;
}

static bool store(const struct option_row *row, const char *value)
{
	if (row->kind == OPTION_FLAG) {
		*(bool *)row->to = true;
	} else if (row->kind == OPTION_TEXT) {
		*(const char **)row->to = value;
	} else {
		struct option_list *l = row->to;

		if (l->n == OPTIONS_LIST_MAX)
			return false;
		if (l->n == l->cap) {
			l->cap = l->cap ? l->cap * 2 : 8;
			l->v = mem_grow(l->v, l->cap, sizeof(*l->v));
		}
		l->v[l->n++] = value;
	}
	return true;
}

/* "--name=value", "-xVALUE": the name, and the value if it stands there. */
static struct str name_of(const char *arg, const char **value_r)
{
	bool is_letter = arg[1] != '-';
	struct str name = str_of(arg + (is_letter ? 1 : 2));
	ptrdiff_t eq = is_letter ? -1 : str_chr(name, '=');

	*value_r = NULL;
	if (eq >= 0) {
		*value_r = name.p + eq + 1;
		name = str_head(name, (size_t)eq);
	} else if (is_letter && name.n > 1) {
		*value_r = name.p + 1;
	}
	return name;
}

/* One option, at argv[*at]; *at moves on when the value is the next word. */
static int take_option(const struct command_usage *u,
		       const struct option_row *rows, int argc, char **argv,
		       int *at)
{
	const char *arg = argv[*at], *value;
	struct str name = name_of(arg, &value);
	const struct option_row *row = find_row(rows, name, arg[1] != '-');
	bool ja = in_japanese();

	if (!row)
		return unknown_option(u, rows, arg, name);
	if (row->kind == OPTION_FLAG && value)
		return usage_error(u, ja ? "値は取りません" : "takes no value",
				   arg, NULL);
	if (row->kind != OPTION_FLAG && !value) {
		if (*at + 1 >= argc)
			return usage_error(
				u, ja ? "値がありません" : "a value is missing",
				arg, NULL);
		value = argv[++*at];
	}
	if (!store(row, value))
		return usage_error(u, ja ? "多すぎます" : "too many", arg,
				   NULL);
	return -1;
}

static int check_args(const struct command_usage *u, char **argv, int n)
{
	if (n < u->args_least)
		return usage_error(u,
				   in_japanese() ? "引数が足りません"
						 : "an argument is missing",
				   argv[0], NULL);
	if (u->args_most >= 0 && n > u->args_most)
		return usage_error(u,
				   in_japanese() ? "引数が多すぎます"
						 : "one argument too many",
				   argv[u->args_most + 1], NULL);
	return -1;
}

int options_parse(const struct command_usage *u, const struct option_row *rows,
		  int argc, char **argv, int *args_n_r)
{
	bool words_only = false;
	int n = 0;

	for (int i = 1; i < argc; i++) {
		const char *arg = argv[i];
		int done;

		if (words_only || arg[0] != '-' || !arg[1]) {
			argv[1 + n++] = argv[i];
			continue;
		}
		if (strcmp(arg, "--") == 0) {
			words_only = true;
			continue;
		}
		if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0) {
			options_help(u, rows);
			return EX_OK;
		}
		done = take_option(u, rows, argc, argv, &i);
		if (done >= 0)
			return done;
	}
	*args_n_r = n;
	return check_args(u, argv, n);
}
