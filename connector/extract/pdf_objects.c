/* pdf_objects.c - what is packed in a PDF's object streams (ISO 32000-1
 * 7.5.7); see files_int.h.
 *
 * Every word "stream" counts, wherever it stands, with what stands between it
 * and the one before: no table of the file is believed, and nothing that is
 * built to lead a reader astray hides an object stream. One that some program
 * may read and this one does not raises a doubt.
 */
#include "connector/extract/files_int.h"
#include "connector/extract/inflate_int.h"

#define STREAMS_MAX  20000	/* of a file; a hundred objects in each */
#define ONE_MAX	     (8 * MIB)	/* unpacked, of a stream ... */
#define ALL_MAX	     (64 * MIB) /* ... and of a file */
#define DENSE_MAX    250	/* unpacked to packed ... */
#define DENSE_FLOOR  (1 * MIB)	/* ... from this size on */
#define OVERLAP_MAX  2		/* packed bytes read to the file's */
#define STREAM	     STR("stream")
#define END_OF_FILE  STR("%%EOF")
#define END_OF_ENTRY STR("endobj")

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == '\0';
}

/* Ends a word without being one's part (7.2.2). */
static bool is_delimiter(char c)
{
	return is_space(c) || strchr("()<>[]{}/%", c);
}

static struct str skip_space(struct str s)
{
	size_t i = 0;

	while (i < s.n && is_space(s.p[i]))
		i++;
	return str_skip(s, i);
}

static struct str skip_line(struct str s)
{
	size_t i = 0;

	while (i < s.n && s.p[i] != '\r' && s.p[i] != '\n')
		i++;
	if (i + 1 < s.n && s.p[i] == '\r' && s.p[i + 1] == '\n')
		i++;
	return str_skip(s, MIN_OF(i + 1, s.n));
}

static struct str skip_comments(struct str s)
{
	s = skip_space(s);
	while (str_starts(s, STR("%")))
		s = skip_space(skip_line(s));
	return s;
}

/* What stands before the next stream, and its bytes with all that follows. */
static bool next_stream(struct str *left, struct str *before, struct str *data)
{
	struct str s = *left;
	ptrdiff_t at;

	while ((at = str_find(s, STREAM)) >= 0) {
		size_t i = (size_t)(s.p - left->p) + (size_t)at;
		bool begins = !i || is_delimiter(left->p[i - 1]);

		s = str_skip(s, (size_t)at + STREAM.n);
		if (!begins || (s.n && !is_space(s.p[0])))
			continue;
		*before = str_head(*left, i);
		*data = skip_line(s);
		*left = s;
		return true;
	}
	return false;
}

/* Offset of the last one, or -1. */
static ptrdiff_t find_last(struct str s, struct str word)
{
	ptrdiff_t last = -1, at;
	size_t from = 0;

	while ((at = str_find(str_skip(s, from), word)) >= 0) {
		last = (ptrdiff_t)from + at;
		from = (size_t)last + word.n;
	}
	return last;
}

static struct str skip_number(struct str s)
{
	size_t i = 0;

	while (i < s.n && ascii_digit(s.p[i]))
		i++;
	return i ? skip_space(str_skip(s, i)) : s;
}

/* The word stands in a comment, which ends nothing. */
static bool is_commented(struct str before)
{
	size_t i = before.n;

	while (i && before.p[i - 1] != '\n' && before.p[i - 1] != '\r')
		if (before.p[--i] == '%')
			return true;
	return false;
}

/* The stream's own dictionary. False: where it begins is not certain, as
 * strings and comments may hold all that its beginning is known by. */
static bool find_dictionary(struct str before, struct str *dict)
{
	ptrdiff_t entry = find_last(before, END_OF_ENTRY);
	ptrdiff_t eof = find_last(before, END_OF_FILE);
	bool plain = true;

	*dict = before;
	if (eof > entry) {
		*dict = skip_line(str_skip(before, (size_t)eof));
	} else if (entry >= 0) {
		plain = !is_commented(str_head(before, (size_t)entry));
		*dict = str_skip(before, (size_t)entry + END_OF_ENTRY.n);
	}
	*dict = skip_comments(*dict);
	if (!dict->n || !ascii_digit(dict->p[0]) ||
	    !str_starts(skip_number(skip_number(*dict)), STR("obj")))
		return false;
	for (size_t i = 0; i < dict->n; i++)
		plain = plain && dict->p[i] != '(' && dict->p[i] != ')' &&
			dict->p[i] != '%';
	return plain;
}

/* How the bytes are packed: "/Filter /FlateDecode", "/Filter [/Fl]". */
static bool is_deflated(struct str dict)
{
	size_t at = pdf_find_name(dict, STR("/Filter"));
	struct str v = skip_space(str_skip(dict, at));
	bool list = str_starts(v, STR("["));
	size_t n;

	if (!at || pdf_find_name(str_skip(dict, at), STR("/Filter")) ||
	    pdf_find_name(dict, STR("/Predictor")))
		return false;
	v = skip_space(str_skip(v, list));
	n = pdf_name_at(v, STR("/FlateDecode"));
	n = n ? n : pdf_name_at(v, STR("/Fl"));
	return n && (!list || str_starts(skip_space(str_skip(v, n)), STR("]")));
}

/* Some programs ask for no /Type, but none can do without /First. */
static bool has_objects(struct str before, struct str dict, bool plain)
{
	return pdf_find_name(before, STR("/ObjStm")) ||
	       pdf_find_name(plain ? dict : before, STR("/First"));
}

/* Bytes of an object stream, to p->out. */
static enum inflated take(struct pdf_packed *p, struct str before,
			  struct str dict, struct str data)
{
	enum inflated got = INFLATE_WHOLE;
	ptrdiff_t end;
	size_t used = 0;
	struct str s;

	if (is_deflated(dict)) {
		got = inflate_put(data, DENSE_MAX, DENSE_FLOOR, &p->out, &used);
	} else if (!pdf_find_name(before, STR("/Filter"))) {
		end = str_find(data, STR("endstream"));
		used = end < 0 ? data.n : (size_t)end;
		if (!buf_put_str(&p->out, str_head(data, used)))
			got = INFLATE_LIMIT;
	} else {
		got = INFLATE_BROKEN;
	}
	/* Streams that lie in each other are read again and again. */
	p->used += used;
	if (p->used > p->size * OVERLAP_MAX)
		got = INFLATE_LIMIT;
	/* It begins with numbers of objects. */
	s = skip_space(buf_str(&p->out));
	if (got == INFLATE_WHOLE && s.n && !ascii_digit(s.p[0]))
		got = INFLATE_BROKEN;
	return got;
}

void pdf_packed_init(struct pdf_packed *p, struct files *f, struct str file)
{
	*p = (struct pdf_packed){
		.f = f, .left = file, .size = file.n, .out = BUF_MAX(ONE_MAX)};
}

void pdf_packed_release(struct pdf_packed *p)
{
	buf_release(&p->out);
}

bool pdf_packed_next(struct pdf_packed *p)
{
	struct str before, dict, data;

	while (next_stream(&p->left, &before, &data)) {
		bool plain = find_dictionary(before, &dict);
		enum inflated got = INFLATE_BROKEN;

		if (!has_objects(before, dict, plain))
			continue;
		buf_clear(&p->out);
		if (plain)
			got = take(p, before, dict, data);
		p->all += p->out.n;
		p->f->unpacked += p->out.n;
		if (got == INFLATE_LIMIT || p->all > ALL_MAX ||
		    p->f->unpacked > FILES_UNPACKED_MAX ||
		    ++p->streams > STREAMS_MAX) {
			files_limit(p->f);
			return false;
		}
		if (got == INFLATE_BROKEN)
			files_doubt(p->f, DOUBT_DAMAGED);
		return true;
	}
	return false;
}
