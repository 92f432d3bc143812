/* csv.c - comma separated values (RFC 4180) with a header row.
 * Line ends may be CRLF or LF; empty lines are skipped.
 */
#include "policy/policy_int.h"

struct scanner {
	struct rd rd;
	const char *file;
	struct arena *a;
	struct conf_errors *errs;
	unsigned line;
	char separator;
	struct str cell[CSV_COLUMNS_MAX];
	size_t n;     /* of this row */
	bool content; /* some cell of this row is not empty */
};

/* "…" with doubled quotes inside. */
static bool quoted_cell(struct scanner *s, struct str *cell_r)
{
	AUTO(buf) b = BUF_MAX(CONF_FILE_MAX);
	unsigned line = s->line;

	for (;;) {
		int c = rd_byte(&s->rd);

		if (c < 0) {
			conf_error_at(s->errs, s->file, line, 1,
				      "引用符が閉じていません。",
				      "a quote is not closed");
			return false;
		}
		if (c == '"' && !rd_accept(&s->rd, '"'))
			break;
		if (c == '\n')
			s->line++;
		buf_putc(&b, (char)c);
	}
	*cell_r = arena_str(s->a, buf_str(&b));
	return true;
}

static bool of_line(unsigned char c)
{
	return c != '\n' && c != '\r';
}

static bool plain_byte(unsigned char c)
{
	return c != ',' && of_line(c);
}

static bool plain_or_comma(unsigned char c)
{
	return c != '\t' && of_line(c);
}

static bool one_cell(struct scanner *s, struct str *cell_r)
{
	bool (*plain)(unsigned char) = s->separator == ',' ? plain_byte
							   : plain_or_comma;
	int c;

	if (rd_accept(&s->rd, '"')) {
		TRY(quoted_cell(s, cell_r));
		c = rd_peek(&s->rd);
		if (c >= 0 && plain((unsigned char)c)) {
			conf_error_at(s->errs, s->file, s->line, 1,
				      "閉じた引用符のあとに文字があります。",
				      "text behind a closed quote");
			return false;
		}
		return true;
	}
	*cell_r = str_trim(rd_while(&s->rd, plain));
	return true;
}

/* A row's cells; its line end is taken. */
static bool one_row(struct scanner *s)
{
	s->n = 0;
	s->content = false;
	do {
		if (s->n == CSV_COLUMNS_MAX) {
			conf_error_at(s->errs, s->file, s->line, 1,
				      "列が多すぎます(最大 %d)。",
				      "too many columns (at most %d)",
				      CSV_COLUMNS_MAX);
			return false;
		}
		TRY(one_cell(s, &s->cell[s->n]));
		s->content = s->content || s->cell[s->n].n;
		s->n++;
	} while (rd_accept(&s->rd, s->separator));
	rd_accept(&s->rd, '\r');
	if (!rd_end(&s->rd) && !rd_accept(&s->rd, '\n')) {
		conf_error_at(s->errs, s->file, s->line, 1,
			      "行の終わりが正しくありません。",
			      "a bare CR is no end of line");
		return false;
	}
	return true;
}

static bool head_row(struct scanner *s, struct csv *c)
{
	c->cols = s->n;
	c->head = arena_array(s->a, s->n, sizeof(struct str));
	for (size_t i = 0; i < s->n; i++) {
		c->head[i] = s->cell[i];
		for (size_t k = 0; k < i; k++) {
			if (!str_eq_ci(c->head[i], c->head[k]))
				continue;
			conf_error_at(s->errs, s->file, s->line, 1,
				      "列「" STR_FMT "」が2つあります。",
				      "column `" STR_FMT "` is given twice",
				      STR_ARG(conf_word(c->head[i])));
			return false;
		}
	}
	return true;
}

static bool data_row(struct scanner *s, struct csv *c, size_t *cap,
		     unsigned line)
{
	if (s->n > c->cols) {
		conf_error_at(s->errs, s->file, line, 1,
			      "列が見出しより多くあります(%zu、見出しは "
			      "%zu)。",
			      "more cells than the header has columns (%zu "
			      "instead of %zu)",
			      s->n, c->cols);
		return true; /* the next rows are still read */
	}
	if (c->n == SET_ENTRIES_MAX) {
		conf_error_at(s->errs, s->file, line, 1,
			      "行が多すぎます(最大 %d)。",
			      "too many rows (at most %d)", SET_ENTRIES_MAX);
		return false;
	}
	if (c->n == *cap) {
		size_t more = *cap ? *cap * 2 : 64;
		struct csv_row *v = arena_array(s->a, more, sizeof(*v));

		if (c->n)
			memcpy(v, c->row, c->n * sizeof(*v));
		c->row = v;
		*cap = more;
	}
	c->row[c->n].line = line;
	c->row[c->n].cell = arena_array(s->a, c->cols, sizeof(struct str));
	for (size_t i = 0; i < s->n; i++)
		c->row[c->n].cell[i] = s->cell[i];
	c->n++;
	return true;
}

bool csv_parse_as(struct str text, const char *file, enum csv_encoding as,
		  struct arena *a, struct conf_errors *errs, struct csv *csv_r)
{
	struct scanner s = {.file = file, .a = a, .errs = errs};
	size_t cap = 0, before = errs->errors;
	struct str first;

	*csv_r = (struct csv){.file = file};
	TRY(csv_decode(text, file, as, a, errs, &text));
	s.rd = rd_of(text);
	first = rd_while(&s.rd, of_line);
	s.separator = str_chr(first, '\t') >= 0 && str_chr(first, ',') < 0
			      ? '\t'
			      : ',';
	s.rd = rd_of(text);
	while (!rd_end(&s.rd)) {
		unsigned line = ++s.line;

		TRY(one_row(&s));
		if (!s.content)
			continue;
		if (!csv_r->head)
			TRY(head_row(&s, csv_r));
		else
			TRY(data_row(&s, csv_r, &cap, line));
	}
	if (!csv_r->head)
		conf_error_file(errs, file, "見出しの行がありません。",
				"there is no header row");
	return errs->errors == before;
}

bool csv_parse(struct str text, const char *file, struct arena *a,
	       struct conf_errors *errs, struct csv *csv_r)
{
	return csv_parse_as(text, file, CSV_AUTO, a, errs, csv_r);
}

const char *csv_nearest(struct loader *l, const struct str *head, size_t cols,
			struct str word)
{
	const char **names = arena_array(l->a, cols, sizeof(*names));

	for (size_t i = 0; i < cols; i++)
		names[i] = arena_strndup(l->a, head[i].p ? head[i].p : "",
					 head[i].n);
	return str_nearest(word, names, cols);
}

int csv_column(const struct csv *c, const char *name)
{
	for (size_t i = 0; i < c->cols; i++)
		if (str_is_ci(c->head[i], name))
			return (int)i;
	return -1;
}
