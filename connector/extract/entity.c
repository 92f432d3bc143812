/* entity.c - one part from its header: type, encoding, names (RFC 2045, 2183).
 *
 * Where header fields could be read in two ways, the part is ambiguous.
 */
#include "connector/extract/scan_int.h"

#define DESCRIPTION_MAX 4096 /* bytes */
#define TYPE_MAX	255
#define NAMES_MAX	8

static struct str field_raw(const struct header *h, const char *name)
{
	const struct field *f = header_find(h, name);

	return f ? f->raw : STR_EMPTY;
}

/* Fields that may stand once, and are read first-wins or last-wins. */
static bool repeats(const struct header *h)
{
	static const char *const once[] = {
		"Content-Type",	       "Content-Transfer-Encoding",
		"Content-Disposition", "Content-ID",
		"MIME-Version",
	};

	for (size_t i = 0; i < ARRAY_LEN(once); i++)
		if (header_count(h, once[i]) > 1)
			return true;
	return false;
}

/* "type/subtype" of token characters. */
static bool type_ok(struct str t)
{
	ptrdiff_t slash = str_chr(t, '/');

	if (slash <= 0 || (size_t)slash + 1 == t.n || t.n > TYPE_MAX)
		return false;
	for (size_t i = 0; i < t.n; i++)
		if (!ascii_alnum(t.p[i]) &&
		    str_chr(STR("!#$&-^_.+/"), t.p[i]) < 0)
			return false;
	return str_chr(str_skip(t, (size_t)slash + 1), '/') < 0;
}

static struct str default_type(const struct scan *s, size_t parent)
{
	return parent != VIEW_WHOLE && s->more[parent].digest
		       ? STR("message/rfc822")
		       : STR("text/plain");
}

static bool boundary_ok(const struct param *b)
{
	for (size_t i = 0; i < b->value.n; i++)
		if ((unsigned char)b->value.p[i] < ' ' ||
		    (unsigned char)b->value.p[i] >= 0x7f)
			return false;
	return b->value.n > 0 && b->value.n <= BOUNDARY_MAX && !b->loose &&
	       !b->extended && b->value.p[b->value.n - 1] != ' ';
}

static struct str param_text(const struct params *p, const char *name)
{
	const struct param *it = param_find(p, name);

	return it ? it->value : STR_EMPTY;
}

static void keep_span(struct part_more *m, const struct field *type)
{
	m->type_off = type ? type->off : 0;
	m->type_len = type ? type->len : 0;
}

static void read_text_params(struct scan *s, size_t part,
			     const struct params *ct)
{
	const struct param *c = param_find(ct, "charset");

	if (c)
		s->v->part[part].charset = utf8_cut(c->value, TYPE_MAX);
	if (param_count(ct, "charset") > 1 || (c && c->loose))
		scan_doubt(s, DOUBT_AMBIGUOUS, part);
	s->more[part].delsp = str_is_ci(param_text(ct, "delsp"), "yes");
}

static void read_type(struct scan *s, const struct header *h, size_t part,
		      size_t parent, struct params *ct, struct str *boundary_r)
{
	struct view_part *p = &s->v->part[part];
	const struct param *b;

	const struct field *f = header_find(h, "Content-Type");

	keep_span(&s->more[part], f);
	params_read(s->cs, f ? f->raw : STR_EMPTY, s->a, ct);
	p->type = ct->value;
	if (!f) {
		p->type = default_type(s, parent);
	} else if (!type_ok(ct->value) || ct->odd) {
		scan_doubt(s, DOUBT_AMBIGUOUS, part);
		if (!type_ok(ct->value))
			p->type = STR("text/plain");
	}
	p->multipart = str_starts(p->type, STR("multipart/"));
	s->more[part].digest = str_is(p->type, "multipart/digest");
	read_text_params(s, part, ct);
	if (!p->multipart)
		return;
	b = param_find(ct, "boundary");
	if (!b || param_count(ct, "boundary") > 1 || !boundary_ok(b))
		scan_doubt(s, DOUBT_AMBIGUOUS, part);
	if (b && b->value.n <= BOUNDARY_MAX)
		*boundary_r = b->value;
}

/* Where the encoding is said, or would be: the last of such fields. */
static void read_coding(struct view_part *p, const struct header *h,
			enum cte cte)
{
	static const enum view_coding OF[] = {[CTE_PLAIN] = CODING_7BIT,
					      [CTE_BASE64] = CODING_BASE64,
					      [CTE_QP] = CODING_QP,
					      [CTE_UNKNOWN] = CODING_UNKNOWN};
	const struct field *f = header_find(h, "Content-Transfer-Encoding");
	struct str said = f ? str_trim(f->raw) : STR_EMPTY;

	p->coding = OF[cte];
	if (str_is_ci(said, "8bit") || str_is_ci(said, "binary"))
		p->coding = CODING_8BIT;
	p->coding_off = f ? f->off : h->end;
	p->coding_len = f ? f->len : 0;
}

static void read_encoding(struct scan *s, const struct header *h, size_t part)
{
	struct view_part *p = &s->v->part[part];
	enum cte cte = cte_of(field_raw(h, "Content-Transfer-Encoding"));

	/* RFC 2045 6.4: parts that hold parts are never encoded. */
	if (cte == CTE_UNKNOWN ||
	    (cte != CTE_PLAIN &&
	     (p->multipart || str_starts(p->type, STR("message/")))))
		scan_doubt(s, DOUBT_AMBIGUOUS, part);
	s->more[part].cte = cte;
	read_coding(p, h, cte);
}

/* All that the sender or a mail program may take for the file's name. */
struct names {
	struct str v[NAMES_MAX];
	size_t n;
	bool odd;
};

static void add_name(struct names *l, struct str name)
{
	if (name.n == 0)
		return;
	for (size_t i = 0; i < l->n; i++)
		if (str_eq(l->v[i], name))
			return;
	if (l->n < NAMES_MAX)
		l->v[l->n++] = name;
	else
		l->odd = true;
}

/* RFC 5322 3.2.1: a backslash quotes what follows; Windows parts folders by
 * it, and what stands behind a colon is a stream of the file before it. */
static void add_variants(struct names *l, struct str v, struct arena *a)
{
	ptrdiff_t colon = str_chr(v, ':');

	if (colon > 1)
		add_name(l, str_head(v, (size_t)colon));
	if (str_chr(v, '\\') >= 0) {
		char *p = arena_strndup(a, v.p, v.n);
		size_t n = 0;

		for (size_t i = 0; i < v.n; i++)
			if (p[i] != '\\')
				p[n++] = p[i];
		add_name(l, str_n(p, n));
	}
	/* Words of RFC 2047 that are none, or stood in words: some decode
	 * these, too. */
	if (str_find(v, STR("=?")) >= 0 && str_find(v, STR("?=")) >= 0)
		l->odd = true;
}

static void add_names(struct names *l, const struct params *p,
		      const char *param, struct arena *a)
{
	const struct param *best = param_find(p, param);

	if (best)
		add_name(l, best->value);
	for (size_t i = 0; i < p->n; i++) {
		struct str v = p->v[i].value;

		if (!str_is(p->v[i].name, param))
			continue;
		add_name(l, v);
		add_variants(l, v, a);
		/* A bare value with blanks ends at the first one for some. */
		if (p->v[i].loose && str_chr(v, ' ') > 0)
			add_name(l, str_head(v, (size_t)str_chr(v, ' ')));
	}
}

/* RFC 2557 4.2: a name of old, where nothing else gives one. */
static void add_location(struct scan *s, struct names *l,
			 const struct header *h)
{
	struct str name = text_keep(field_raw(h, "Content-Location"), TYPE_MAX,
				    s->a);

	if (!l->n && str_chr(name, '/') < 0 && str_chr(name, ':') < 0)
		add_name(l, name);
}

static void read_names(struct scan *s, const struct header *h, size_t part,
		       const struct params *cd, const struct params *ct)
{
	AUTO(buf) others = BUF_MAX(VIEW_TEXT_MAX);
	struct view_part *p = &s->v->part[part];
	struct names l = {.n = 0};

	add_names(&l, cd, "filename", s->a);
	add_names(&l, ct, "name", s->a);
	/* In the other's field: not for all. */
	if (p->type.n && !p->multipart) {
		add_names(&l, cd, "name", s->a);
		add_names(&l, ct, "filename", s->a);
	}
	add_location(s, &l, h);
	if (l.n)
		p->name = l.v[0];
	for (size_t i = 1; i < l.n; i++) {
		if (others.n)
			buf_putc(&others, '\0');
		buf_put_str(&others, l.v[i]);
	}
	p->other_names = arena_str(s->a, buf_str(&others));
	if (l.odd || others.full)
		scan_doubt(s, DOUBT_AMBIGUOUS, part);
}

static void read_disposition(struct scan *s, const struct header *h,
			     size_t part, const struct params *ct)
{
	struct params cd;
	struct part_more *m = &s->more[part];

	params_read(s->cs, field_raw(h, "Content-Disposition"), s->a, &cd);
	if (cd.odd)
		scan_doubt(s, DOUBT_AMBIGUOUS, part);
	if (str_is(cd.value, "inline"))
		m->disposition = DISP_INLINE;
	else if (cd.value.n) /* RFC 2183 2.8: unknown ones are attachments */
		m->disposition = DISP_ATTACHMENT;
	m->description = header_text(s->cs, field_raw(h, "Content-Description"),
				     DESCRIPTION_MAX, s->a);
	read_names(s, h, part, &cd, ct);
}

static struct str bare_id(struct str s)
{
	s = str_trim(s);
	if (s.n >= 2 && s.p[0] == '<' && s.p[s.n - 1] == '>')
		return str_n(s.p + 1, s.n - 2);
	return s;
}

/* Leaves of this kind are read by their own rules; any other "message/" is
 * taken for a mail by some, for a file by others. */
static bool message_known(struct str type)
{
	static const char *const known[] = {
		"message/rfc822",
		"message/global",
		"message/rfc2822",
		"message/news",
		"message/delivery-status",
		"message/disposition-notification",
		"message/global-delivery-status",
		"message/global-disposition-notification",
		"message/global-headers",
		"message/feedback-report",
		"message/external-body",
		"message/tracking-status",
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (str_is(type, known[i]))
			return true;
	return !str_starts(type, STR("message/"));
}

/* A new row; VIEW_WHOLE when the list is full. */
static size_t new_part(struct scan *s, size_t parent, size_t depth)
{
	struct view *v = s->v;

	if (v->part_n == MIME_PARTS_MAX || depth > MIME_DEPTH_MAX)
		return VIEW_WHOLE;
	if (v->part_n == s->part_cap) {
		size_t cap = s->part_cap ? s->part_cap * 4 : 8;
		struct view_part *p = arena_array(s->a, cap, sizeof(*p));
		struct part_more *m = arena_array(s->a, cap, sizeof(*m));

		if (v->part_n) {
			memcpy(p, v->part, v->part_n * sizeof(*p));
			memcpy(m, s->more, v->part_n * sizeof(*m));
		}
		v->part = p;
		s->more = m;
		s->part_cap = cap;
	}
	v->part[v->part_n] = (struct view_part){
		.parent = (uint16_t)parent,
		.depth = (uint16_t)depth,
	};
	s->more[v->part_n] = (struct part_more){
		.root = parent == VIEW_WHOLE,
		.nested = parent != VIEW_WHOLE &&
			  (s->more[parent].nested ||
			   str_starts(v->part[parent].type, STR("message/"))),
	};
	return v->part_n++;
}

size_t entity_add(struct scan *s, const struct header *h, size_t parent,
		  size_t depth, struct str *boundary_r)
{
	size_t part = new_part(s, parent, depth);
	struct params ct;

	if (part == VIEW_WHOLE)
		return part;
	s->v->part[part].off = h->body;
	if (h->odd || repeats(h))
		scan_doubt(s, DOUBT_AMBIGUOUS, part);
	read_type(s, h, part, parent, &ct, boundary_r);
	read_encoding(s, h, part);
	read_disposition(s, h, part, &ct);
	s->more[part].cid = text_keep(bare_id(field_raw(h, "Content-ID")),
				      TYPE_MAX, s->a);
	s->more[part].method = param_text(&ct, "method");
	s->more[part].smime_type = param_text(&ct, "smime-type");
	s->more[part].report_type = param_text(&ct, "report-type");
	/* RFC 2046 5.2.2: "message/partial" is a mail that nobody sees whole;
	 * it is not among the known ones. */
	if (!message_known(s->v->part[part].type))
		scan_doubt(s, DOUBT_AMBIGUOUS, part);
	*boundary_r = arena_str(s->a, *boundary_r);
	return part;
}
