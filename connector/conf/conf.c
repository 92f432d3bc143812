/* conf.c - errors with positions, in two languages; reading files; lookup.
 * What a document means is decided by config.c and by the policy's loader.
 */
#include "connector/conf/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connector/base/limits.h"
#include "connector/base/mem.h"
#include "connector/base/utf8.h"

#define ERROR_TEXT_MAX (4 * KIB)
/* A word of the file that is quoted in an error is cut here. */
#define ERROR_WORD_MAX 60

void conf_errors_release(struct conf_errors *errs)
{
	arena_release(&errs->arena);
	mem_free(errs->v);
	*errs = (struct conf_errors){0};
}

/* Words of the file stand in errors: no line breaks, no controls. */
static char *error_text(struct arena *a, const char *fmt, va_list ap)
	PRINTF_LIKE(2, 0);
static char *error_text(struct arena *a, const char *fmt, va_list ap)
{
	AUTO(buf) raw = BUF_MAX(ERROR_TEXT_MAX);
	AUTO(buf) clean = BUF_MAX(ERROR_TEXT_MAX * 4);

	buf_vprintf(&raw, fmt, ap);
	utf8_clean(&clean, buf_str(&raw), ERROR_TEXT_MAX);
	return arena_strndup(a, clean.p ? clean.p : "", clean.n);
}

struct place {
	const char *file;
	unsigned line, column;
	bool warning;
};

static void add_error(struct conf_errors *errs, struct place at, const char *ja,
		      const char *en, va_list ap) PRINTF_LIKE(3, 0)
	PRINTF_LIKE(4, 0);
static void add_error(struct conf_errors *errs, struct place at, const char *ja,
		      const char *en, va_list ap)
{
	va_list again;

	if (!at.warning)
		errs->errors++;
	if (errs->n >= CONF_ERRORS_MAX) {
		errs->more = true;
		return;
	}
	if (errs->n == errs->cap) {
		errs->cap = errs->cap ? errs->cap * 2 : 16;
		errs->v = mem_grow(errs->v, errs->cap, sizeof(*errs->v));
	}
	va_copy(again, ap);
	errs->v[errs->n++] = (struct conf_error){
		.file = arena_strdup(&errs->arena, at.file ? at.file : ""),
		.line = at.line,
		.column = at.column,
		.warning = at.warning,
		.ja = error_text(&errs->arena, ja, ap),
		.en = error_text(&errs->arena, en, again),
	};
	va_end(again);
}

static struct place place_of(const struct conf_node *at, bool warning)
{
	if (!at)
		return (struct place){.warning = warning};
	return (struct place){at->file, at->line, at->column, warning};
}

void conf_error(struct conf_errors *errs, const struct conf_node *at,
		const char *ja, const char *en, ...)
{
	va_list ap;

	va_start(ap, en);
	add_error(errs, place_of(at, false), ja, en, ap);
	va_end(ap);
}

void conf_warning(struct conf_errors *errs, const struct conf_node *at,
		  const char *ja, const char *en, ...)
{
	va_list ap;

	va_start(ap, en);
	add_error(errs, place_of(at, true), ja, en, ap);
	va_end(ap);
}

void conf_error_file(struct conf_errors *errs, const char *file, const char *ja,
		     const char *en, ...)
{
	va_list ap;

	va_start(ap, en);
	add_error(errs, (struct place){.file = file}, ja, en, ap);
	va_end(ap);
}

void conf_error_at(struct conf_errors *errs, const char *file, unsigned line,
		   unsigned column, const char *ja, const char *en, ...)
{
	va_list ap;

	va_start(ap, en);
	add_error(errs, (struct place){file, line, column, false}, ja, en, ap);
	va_end(ap);
}

void conf_warning_at(struct conf_errors *errs, const char *file, unsigned line,
		     const char *ja, const char *en, ...)
{
	va_list ap;

	va_start(ap, en);
	add_error(errs, (struct place){file, line, 1, true}, ja, en, ap);
	va_end(ap);
}

struct str conf_word(struct str s)
{
	size_t n = MIN_OF(s.n, (size_t)ERROR_WORD_MAX);

	/* Not inside a character. */
	while (n && n < s.n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	return str_n(s.p ? s.p : "", n);
}

void conf_list_words(struct buf *out, const char *const *known, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s%s", i ? ", " : "", known[i]);
}

bool conf_full_width(struct str s)
{
	int32_t c;

	while ((c = utf8_next(&s)) >= 0)
		if ((c >= 0xff01 && c <= 0xff5e) || c == 0x3000 || c == 0xa0 ||
		    (c >= 0x2018 && c <= 0x201f) ||
		    (c >= 0x2264 && c <= 0x2267))
			return true;
	return false;
}

const char *conf_width_hint(struct str s, bool ja)
{
	if (!conf_full_width(s))
		return "";
	return ja ? "記号や数字は半角で書いてください。"
		  : "; signs and digits are written in half-width";
}

/* `class:external`, `class： external`: a known key without its colon. */
static bool no_colon(struct conf_errors *errs, const struct conf_node *key,
		     const char *const *known, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct str rest = key->text;

		if (!str_starts(rest, str_of(known[i])))
			continue;
		rest = str_skip(rest, strlen(known[i]));
		if (!rest.n || !(str_chr(STR(":{[ "), rest.p[0]) >= 0 ||
				 conf_full_width(rest)))
			continue;
		conf_error(errs, key,
			   "「%s」の後に半角の「: 」(コロンと空白)を"
			   "書いてください。",
			   "write `: ` (half-width, with a blank) behind `%s`",
			   known[i]);
		return true;
	}
	return false;
}

void conf_unknown_key(struct conf_errors *errs, const struct conf_node *key,
		      const char *const *known, size_t n)
{
	struct str word = conf_word(key->text);
	const char *near = str_nearest(key->text, known, n);
	AUTO(buf) all = BUF_MAX(ERROR_TEXT_MAX / 2);

	/* The reader of YAML has refused it already. */
	if (str_is(key->text, "<<") && !key->quoted)
		return;
	if (no_colon(errs, key, known, n))
		return;
	if (near) {
		conf_error(errs, key,
			   "「" STR_FMT "」というキーはありません。"
			   "「%s」のことですか。",
			   "`" STR_FMT "`: unknown key, did you mean `%s`?",
			   STR_ARG(word), near);
		return;
	}
	conf_list_words(&all, known, n);
	conf_error(errs, key,
		   "「" STR_FMT "」というキーはありません。"
		   "ここで使えるのは %s です。",
		   "`" STR_FMT "`: unknown key; known here: %s", STR_ARG(word),
		   buf_cstr(&all));
}

static int by_place(const void *x, const void *y)
{
	const struct conf_error *a = x, *b = y;
	int c = strcmp(a->file, b->file);

	if (c)
		return c;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	if (a->column != b->column)
		return a->column < b->column ? -1 : 1;
	return strcmp(a->en, b->en);
}

void conf_errors_print(const struct conf_errors *errs, const char *language,
		       struct buf *out)
{
	bool ja = strcmp(language, "ja") == 0;
	struct conf_error *sorted;

	if (!errs->n)
		return;
	sorted = mem_dup(errs->v, errs->n * sizeof(*errs->v));
	qsort(sorted, errs->n, sizeof(*sorted), by_place);
	for (size_t i = 0; i < errs->n; i++) {
		const struct conf_error *e = &sorted[i];

		if (*e->file)
			buf_printf(out, "%s:", e->file);
		if (e->line)
			buf_printf(out, "%u:%u:", e->line, e->column);
		if (*e->file || e->line)
			buf_putc(out, ' ');
		if (e->warning)
			buf_puts(out, ja ? "警告: " : "warning: ");
		buf_puts(out, ja ? e->ja : e->en);
		buf_putc(out, '\n');
	}
	if (errs->more)
		buf_puts(out, ja ? "間違いはほかにもあります。\n"
				 : "There are more errors.\n");
	mem_free(sorted);
}

static bool read_all(int fd, const char *path, size_t max, struct buf *b,
		     struct err *e)
{
	for (;;) {
		char *room = buf_room(b, MIN_OF(64 * KIB, max + 1 - b->n));
		ssize_t n;

		if (!room)
			break;
		n = read(fd, room, MIN_OF(64 * KIB, max + 1 - b->n));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(e, "%s", path);
		if (n == 0)
			return true;
		buf_grown(b, (size_t)n);
		if (b->n > max)
			break;
	}
	return err_set(e, ERR_LIMIT, 0, "%s: larger than %zu bytes", path, max);
}

const char *conf_why_ja(const char *why)
{
	static const struct {
		int code;
		const char *ja;
	} WHY[] = {
		{ENOENT, "その名前のファイルがありません"},
		{EACCES, "読む権限がありません"},
		{EISDIR, "フォルダです"},
		{ENOTDIR, "途中の名前がフォルダではありません"},
	};
	static const struct {
		const char *begin, *ja;
	} OURS[] = {
		{"larger than ", "ファイルが大きすぎます"},
		{"no folder", "どのフォルダのものか分かりません"},
		{"too many files", "ファイルが多すぎます"},
		{"not in this version", "この版に含まれていません"},
	};

	for (size_t i = 0; i < ARRAY_LEN(WHY); i++)
		if (strcmp(why, strerror(WHY[i].code)) == 0)
			return WHY[i].ja;
	for (size_t i = 0; i < ARRAY_LEN(OURS); i++)
		if (str_starts(str_of(why), str_of(OURS[i].begin)))
			return OURS[i].ja;
	return why;
}

bool conf_can_read(const char *path, bool folder)
{
	struct stat st;

	if (access(path, R_OK) != 0 || stat(path, &st) != 0)
		return false;
	errno = EISDIR;
	return folder || !S_ISDIR(st.st_mode);
}

bool conf_read_file(const char *path, size_t max, struct arena *a,
		    struct str *text_r, struct err *e)
{
	AUTO(buf) b = BUF_MAX(max + 1);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;
	bool ok;

	b.secret = true; /* it may be */
	if (fd < 0)
		return err_errno(e, "%s", path);
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		close(fd);
		errno = EISDIR;
		return err_errno(e, "%s", path);
	}
	ok = read_all(fd, path, max, &b, e);
	close(fd);
	if (ok)
		*text_r = arena_str(a, buf_str(&b));
	return ok;
}

const struct conf_node *conf_get(const struct conf_node *map, const char *key)
{
	if (!map || map->kind != CONF_MAP)
		return NULL;
	for (size_t i = 0; i < map->n; i++)
		if (str_is(map->key[i]->text, key))
			return map->item[i];
	return NULL;
}
