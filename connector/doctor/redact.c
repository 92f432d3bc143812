/* redact.c - takes persons out of a text: what stands before an "@", and the
 * names that people log in with. Domains stay: without them no report helps.
 */
#include "connector/doctor/doctor.h"

#define HIDDEN "***"

static bool ends_word(char c)
{
	return (unsigned char)c <= ' ' || strchr("\"'[]{}(),;<>|", c);
}

/* Where the local part before the "@" at `at` begins, not before `from`. */
static size_t local_begin(struct str s, size_t from, size_t at)
{
	size_t i = at;
	ptrdiff_t scheme;

	if (i > from && s.p[i - 1] == '"') { /* "quoted part"@example.jp */
		for (i--; i > from && s.p[i - 1] != '"'; i--)
			;
		return i > from ? i - 1 : i;
	}
	while (i > from && !ends_word(s.p[i - 1]))
		i--;
	/* https://name:password@example.jp/ */
	scheme = str_find(str_n(s.p + i, at - i), STR("://"));
	return scheme < 0 ? i : i + (size_t)scheme + 3;
}

static void hide_local_parts(struct str s, struct buf *out)
{
	size_t done = 0;

	for (size_t i = 0; i < s.n; i++) {
		size_t begin;

		if (s.p[i] != '@')
			continue;
		begin = local_begin(s, done, i);
		buf_put(out, s.p + done, begin - done);
		buf_puts(out, HIDDEN "@");
		done = i + 1;
	}
	buf_put_str(out, str_skip(s, done));
}

/* `user: NAME`, alone in its line or inside braces. */
static void hide_users(struct str line, struct buf *out)
{
	static const struct str key = STR("user:");
	ptrdiff_t at;

	while ((at = str_find(line, key)) >= 0) {
		size_t n = (size_t)at + key.n;

		hide_local_parts(str_head(line, n), out);
		line = str_skip(line, n);
		if (at > 0 || line.n) {
			for (n = 0; n < line.n && !strchr(",}\n", line.p[n]);)
				n++;
			buf_puts(out, " " HIDDEN);
			line = str_skip(line, n);
		}
	}
	hide_local_parts(line, out);
}

/* Comments are anybody's words. */
static struct str without_comment(struct str line)
{
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] == '#' &&
		    (i == 0 || line.p[i - 1] == ' ' || line.p[i - 1] == '\t'))
			return str_head(line, i);
	return line;
}

void doctor_redact(struct str text, struct buf *out)
{
	struct str line;

	while (str_split(&text, '\n', &line)) {
		hide_local_parts(line, out);
		buf_putc(out, '\n');
	}
}

void doctor_redact_settings(struct str text, struct buf *out)
{
	struct str line;

	while (str_split(&text, '\n', &line)) {
		line = without_comment(line);
		if (str_trim(line).n == 0)
			continue;
		hide_users(line, out);
		buf_putc(out, '\n');
	}
}
