/* dkim_tags.c - lists of tags: "v=1; a=rsa-sha256; …" (RFC 6376 3.2). */
#include "connector/base/codec.h"
#include "connector/base/rd.h"
#include "connector/sign/dkim_int.h"

#define B64_MOST 4096 /* of one value, without white space */

static bool is_name(unsigned char c)
{
	return ascii_alnum((char)c) || c == '_';
}

static bool is_fws(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool name_ok(struct str s)
{
	if (s.n == 0 || ascii_digit(s.p[0]))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!is_name((unsigned char)s.p[i]))
			return false;
	return true;
}

static bool value_ok(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c < ' ' && !is_fws(s.p[i])) || c == 0x7f)
			return false;
	}
	return true;
}

static bool tag_read(struct str spec, struct dkim_tags *t, struct err *e)
{
	ptrdiff_t equals = str_chr(spec, '=');
	struct str name = str_trim(str_head(spec, MAX_OF(equals, 0)));
	struct str raw = str_skip(spec, (size_t)(equals + 1));

	if (equals < 0 || !name_ok(name) || !value_ok(raw))
		return err_set(e, ERR_PERMANENT, 0, "malformed tag");
	for (size_t i = 0; i < t->n; i++)
		if (str_eq(t->v[i].name, name))
			return err_set(e, ERR_PERMANENT, 0, "doubled tag");
	if (t->n == DKIM_TAGS_MAX)
		return err_set(e, ERR_PERMANENT, 0, "too many tags");
	t->v[t->n++] = (struct dkim_tag){name, raw};
	return true;
}

/* One semicolon may stand at the end. */
static bool end_cut(struct str *text)
{
	struct str s = str_trim(*text);

	if (!str_ends(s, STR(";")))
		return s.n > 0;
	text->n = (size_t)(s.p - text->p) + s.n - 1;
	s = str_trim(*text);
	return s.n > 0 && !str_ends(s, STR(";"));
}

bool dkim_tags_read(struct str text, struct dkim_tags *t, struct err *e)
{
	struct str spec;

	t->n = 0;
	if (!end_cut(&text))
		return err_set(e, ERR_PERMANENT, 0, "malformed tag");
	while (str_split(&text, ';', &spec))
		TRY(tag_read(spec, t, e));
	return true;
}

bool dkim_tag(const struct dkim_tags *t, const char *name, struct str *value_r)
{
	for (size_t i = 0; i < t->n; i++) {
		if (!str_is(t->v[i].name, name))
			continue;
		if (value_r)
			*value_r = str_trim(t->v[i].raw);
		return true;
	}
	return false;
}

bool dkim_tag_b64(struct str value, struct buf *out)
{
	struct buf tight = BUF_MAX(B64_MOST);
	bool ok;

	for (size_t i = 0; i < value.n; i++)
		if (!is_fws(value.p[i]))
			buf_putc(&tight, value.p[i]);
	ok = buf_ok(&tight) && b64_decode(out, buf_str(&tight));
	buf_release(&tight);
	return ok;
}

bool dkim_list_has(struct str list, const char *word)
{
	struct str item;

	while (str_split(&list, ':', &item))
		if (str_is_ci(str_trim(item), word))
			return true;
	return false;
}
