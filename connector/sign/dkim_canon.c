/* dkim_canon.c - the canonical forms of header and body (RFC 6376 3.4). */
#include "connector/mail/scan.h"
#include "connector/sign/dkim_int.h"

static bool is_wsp(char c)
{
	return c == ' ' || c == '\t';
}

/* ---- body ------------------------------------------------------------------
 */

static void flush(struct dkim_body *b)
{
	sha256_add(b->digest, b->out, b->out_n);
	b->out_n = 0;
}

static void put(struct dkim_body *b, const char *p, size_t n)
{
	b->length += n;
	while (n > 0) {
		size_t part = MIN_OF(n, DKIM_BODY_ROOM - b->out_n);

		memcpy(b->out + b->out_n, p, part);
		b->out_n += part;
		p += part;
		n -= part;
		if (b->out_n == DKIM_BODY_ROOM)
			flush(b);
	}
}

/* Bytes of a line: what waited for them comes first. */
static void put_data(struct dkim_body *b, const char *p, size_t n)
{
	for (; b->crlf > 0; b->crlf--)
		put(b, "\r\n", 2);
	if (b->blank)
		put(b, " ", 1);
	b->blank = false;
	put(b, p, n);
}

void dkim_body_begin(struct dkim_body *b, enum dkim_canon canon)
{
	b->canon = canon;
	b->digest = sha256_new();
	b->length = b->crlf = 0;
	b->cr = b->blank = false;
	b->out_n = 0;
}

/* How many bytes from p on mean themselves. */
static size_t plain_run(const struct dkim_body *b, const char *p, size_t n)
{
	const char *cr;
	size_t i = 0;

	if (b->canon == DKIM_SIMPLE) {
		cr = memchr(p, '\r', n);
		return cr ? (size_t)(cr - p) : n;
	}
	while (i < n && p[i] != '\r' && !is_wsp(p[i]))
		i++;
	return i;
}

void dkim_body_add(struct dkim_body *b, const void *from, size_t n)
{
	const char *p = from;

	while (n > 0) {
		size_t run;

		if (b->cr && *p == '\n') {
			b->cr = false;
			b->crlf++;
			b->blank = false; /* at the end of a line: ignored */
			p++, n--;
			continue;
		}
		if (b->cr)
			put_data(b, "\r", 1);
		b->cr = *p == '\r';
		if (b->cr) {
			p++, n--;
		} else if (b->canon == DKIM_RELAXED && is_wsp(*p)) {
			b->blank = true;
			p++, n--;
		} else {
			run = plain_run(b, p, n);
			put_data(b, p, run);
			p += run, n -= run;
		}
	}
}

void dkim_body_end(struct dkim_body *b, unsigned char hash_r[SHA256_LEN])
{
	if (b->cr)
		put_data(b, "\r", 1);
	/* Empty lines at the end count for one line end; simple has it even
	 * when there is nothing else (3.4.3, 3.4.4). */
	if (b->length > 0 || b->canon == DKIM_SIMPLE)
		put(b, "\r\n", 2);
	flush(b);
	sha256_end(&b->digest, hash_r);
}

void dkim_body_release(struct dkim_body *b)
{
	sha256_free(&b->digest);
}

/* ---- header ----------------------------------------------------------------
 */

/* 3.4.2; what comes: a name and a colon, or a part of the value. */
static void put_relaxed(struct buf *out, struct str s, bool *blank)
{
	for (size_t i = 0; i < s.n; i++) {
		if (is_wsp(s.p[i])) {
			*blank = true;
			continue;
		}
		/* Unfolding takes the line end and keeps what follows. */
		if (s.p[i] == '\r' && i + 1 < s.n && s.p[i + 1] == '\n') {
			i++;
			continue;
		}
		if (*blank)
			buf_putc(out, ' ');
		*blank = false;
		buf_putc(out, s.p[i]);
	}
}

static struct str skip_blanks(struct str s)
{
	while (s.n && (is_wsp(s.p[0]) || str_starts(s, STR("\r\n"))))
		s = str_skip(s, is_wsp(s.p[0]) ? 1 : 2);
	return s;
}

void dkim_field_put(struct buf *out, enum dkim_canon canon, struct str field,
		    struct str cut)
{
	size_t cut_at = cut.n ? (size_t)(cut.p - field.p) : field.n;
	ptrdiff_t colon = str_chr(field, ':');
	struct str value = str_skip(field, (size_t)(colon + 1));
	struct str name = str_head(field, colon < 0 ? 0 : (size_t)colon);
	bool blank = false;

	if (canon == DKIM_SIMPLE) {
		buf_put_str(out, str_head(field, cut_at));
		buf_put_str(out, str_skip(field, cut_at + cut.n));
		return;
	}
	while (name.n && is_wsp(name.p[name.n - 1]))
		name.n--;
	for (size_t i = 0; i < name.n; i++)
		buf_putc(out, ascii_lower(name.p[i]));
	if (colon >= 0)
		buf_putc(out, ':');
	if (cut.n == 0) {
		put_relaxed(out, skip_blanks(value), &blank);
	} else {
		value.n = (size_t)(cut.p - value.p);
		put_relaxed(out, skip_blanks(value), &blank);
		put_relaxed(out, str_skip(field, cut_at + cut.n), &blank);
	}
	buf_puts(out, "\r\n");
}

void dkim_fields_read(struct str head, struct dkim_fields *f)
{
	struct dkim_field at = {.used = false};

	*f = (struct dkim_fields){0};
	while (header_field_next(&head, &at.name, &at.whole))
		vec_push(f, at);
}

void dkim_fields_put(struct buf *out, enum dkim_canon canon,
		     struct dkim_fields *f, const struct str *name,
		     size_t name_n)
{
	VEC_EACH (field, f)
		field->used = false;
	for (size_t i = 0; i < name_n; i++) {
		for (size_t at = f->n; at-- > 0;) {
			struct dkim_field *field = &f->v[at];

			if (field->used || !str_eq_ci(field->name, name[i]))
				continue;
			field->used = true;
			dkim_field_put(out, canon, field->whole, STR_EMPTY);
			break;
		}
	}
}
