/* form.c - folded text in the forms that words and expressions are looked for
 * in; see form_int.h.
 */
#include "connector/extract/form_int.h"
#include "connector/base/die.h"

/* Of a text of at most TEXT_PART_MAX; signs may unfold to several. */
#define FORM_BYTES_MAX (12 * MIB)
#define FORM_KEEP      MIB  /* memory that stays from text to text */
#define FORM_STEP      1024 /* glyphs that room is made for at once */
#define FORM_SLACK     (FORM_STEP * 5)

#define BLOCK 16 /* glyphs that are looked at together */

#define KATAKANA_FIRST 0x30a1u
#define KATAKANA_LAST  0x30f6u
#define KANA_APART     0x60u

uint32_t form_char(uint32_t cp)
{
	if ((cp >= KATAKANA_FIRST && cp <= KATAKANA_LAST) || cp == 0x30fd ||
	    cp == 0x30fe)
		return cp - KANA_APART;
	/* Two code points that CP932 has one sign for. */
	if (cp == 0x301c)
		return '~';
	return variant_of(cp);
}

void forms_init(struct forms *f)
{
	*f = (struct forms){.wanted = 0};
	for (unsigned i = 0; i < FORM_N; i++)
		f->text[i] = BUF_MAX(FORM_BYTES_MAX);
}

void forms_release(struct forms *f)
{
	for (unsigned i = 0; i < FORM_N; i++)
		buf_release(&f->text[i]);
	vec_release(&f->glyphs);
}

void forms_trim(struct forms *f)
{
	for (unsigned i = 0; i < FORM_N; i++)
		if (f->text[i].cap > FORM_KEEP)
			buf_release(&f->text[i]);
}

void forms_begin(struct forms *f, unsigned wanted, bool glyphs, size_t bytes)
{
	for (unsigned i = 0; i < FORM_N; i++) {
		buf_clear(&f->text[i]);
		/* A form is hardly ever longer than its text. */
		if (wanted >> i & 1)
			(void)buf_room(&f->text[i], MIN_OF(bytes + FORM_SLACK,
							   FORM_BYTES_MAX));
	}
	f->wanted = wanted;
	f->wants_glyphs = glyphs;
	f->glyphs.n = 0;
	f->differ = f->cut = false;
	f->run = (struct run){0};
}

static char *put(char *to, uint32_t cp)
{
	if (cp < 0x80) {
		*to++ = (char)cp;
	} else if (cp < 0x800) {
		*to++ = (char)(0xc0 | cp >> 6);
		*to++ = (char)(0x80 | (cp & 0x3f));
	} else if (cp < 0x10000) {
		*to++ = (char)(0xe0 | cp >> 12);
		*to++ = (char)(0x80 | (cp >> 6 & 0x3f));
		*to++ = (char)(0x80 | (cp & 0x3f));
	} else {
		*to++ = (char)(0xf0 | cp >> 18);
		*to++ = (char)(0x80 | (cp >> 12 & 0x3f));
		*to++ = (char)(0x80 | (cp >> 6 & 0x3f));
		*to++ = (char)(0x80 | (cp & 0x3f));
	}
	return to;
}

/* What the run before a character leaves in a form: a byte, or 0. */
static char run_in(unsigned form, unsigned lines, bool japanese)
{
	if (form != FORM_WORDS && lines > 1)
		return '\n';
	return form == FORM_SPACED || !japanese ? ' ' : 0;
}

static uint32_t table_char(uint32_t cp)
{
	return cp < FOLD_PLANE ? fold_table->form[cp] : form_char(cp);
}

static unsigned kind_before(const struct forms *f, const uint32_t *v, size_t i)
{
	while (i > 0 && (v[i - 1] == ' ' || v[i - 1] == '\n'))
		i--;
	return i ? form_kind(v[i - 1]) : f->run.last;
}

/* Blocks of ASCII in form "words", without a branch for each word: a blank is
 * written where its run begins. Glyphs that were taken. */
static size_t add_ascii(const uint32_t *v, size_t n, bool *blank, char **to_r)
{
	char *to = *to_r;
	bool last = *blank;
	size_t i = 0;

	for (; i + BLOCK <= n; i += BLOCK) {
		uint32_t all = 0;

		for (size_t k = 0; k < BLOCK; k++)
			all |= v[i + k];
		if (all >= 0x80)
			break;
		for (size_t k = 0; k < BLOCK; k++) {
			uint32_t c = v[i + k];
			bool now = c <= ' '; /* ' ' or a line end */

			*to = now ? ' ' : (char)c;
			to += !(now & last);
			last = now;
		}
	}
	*blank = last;
	*to_r = to;
	return i;
}

/* A character behind a run of blanks. */
static void end_run(const struct forms *f, unsigned form, const uint32_t *v,
		    size_t i, unsigned lines, char **to)
{
	unsigned k = form_kind(v[i]) | kind_before(f, v, i);
	char c = run_in(form, lines, k & KIND_JAPANESE);

	**to = c;
	*to += c != 0;
}

/* One form of the glyphs; the run before them is that of `f`, which stays. */
static char *add_text(const struct forms *f, unsigned form, const uint32_t *v,
		      size_t n, char *to)
{
	unsigned lines = f->run.lines;
	bool blank = f->run.blank, begun = f->run.begun;

	for (size_t i = 0; i < n;) {
		if (v[i] == ' ' || v[i] == '\n') {
			blank = begun;
			lines += v[i++] == '\n';
			continue;
		}
		if (blank)
			end_run(f, form, v, i, lines, &to);
		blank = false;
		begun = true;
		lines = 0;
		if (form == FORM_WORDS) {
			i += add_ascii(v + i, n - i, &blank, &to);
			to -= blank; /* not before it is known what follows */
		}
		/* Folded text holds nothing below ' ' but line ends. */
		for (; i < n && v[i] > ' ' && !blank; i++)
			if (v[i] < 0x80)
				*to++ = (char)v[i];
			else
				to = put(to, table_char(v[i]));
	}
	return to;
}

static uint32_t *glyph_room(struct forms *f, size_t n)
{
	if (f->glyphs.cap < f->glyphs.n + n) {
		f->glyphs.cap = f->glyphs.n + n;
		f->glyphs.v = mem_grow(f->glyphs.v, f->glyphs.cap,
				       sizeof(*f->glyphs.v));
	}
	return f->glyphs.v + f->glyphs.n;
}

static void add_glyphs(struct forms *f, const uint32_t *v, size_t n)
{
	struct run r = f->run;
	uint32_t *to = glyph_room(f, n * 2);

	for (size_t i = 0; i < n; i++) {
		uint32_t g = v[i];
		unsigned kind;

		if (g == ' ' || g == '\n') {
			r.blank = r.begun;
			continue;
		}
		kind = form_kind(g);
		if (g >= 0x80)
			g = table_char(g);
		if (kind & KIND_KATAKANA)
			g |= FORM_KATAKANA;
		if (r.blank && (kind | r.last) & KIND_JAPANESE)
			g |= FORM_BLANK;
		else if (r.blank)
			*to++ = ' ';
		*to++ = g;
		r.blank = false;
		r.begun = true;
		r.last = kind;
	}
	f->glyphs.n = (size_t)(to - f->glyphs.v);
}

/* Whether "spaced" and "tight" part, and the run behind the glyphs. */
static void pass(struct forms *f, const uint32_t *v, size_t n)
{
	struct run *r = &f->run;

	for (size_t i = 0; i < n; i++) {
		unsigned kind;

		if (v[i] == ' ' || v[i] == '\n') {
			r->blank = r->begun;
			r->lines += v[i] == '\n';
			continue;
		}
		kind = form_kind(v[i]);
		if (r->blank && r->lines < 2 &&
		    (kind | r->last) & KIND_JAPANESE)
			f->differ = true;
		*r = (struct run){.last = kind, .begun = true};
	}
}

/* The run behind the glyphs, from their last one that is no blank. */
static void pass_quickly(struct forms *f, const uint32_t *v, size_t n)
{
	size_t i = n;

	while (i > 0 && (v[i - 1] == ' ' || v[i - 1] == '\n'))
		i--;
	if (i)
		f->run = (struct run){.last = form_kind(v[i - 1]),
				      .begun = true};
	pass(f, v + i, n - i);
}

static void add_step(struct forms *f, const uint32_t *v, size_t n)
{
	for (unsigned k = 0; k < FORM_N; k++) {
		char *to;

		if (!(f->wanted >> k & 1))
			continue;
		to = buf_room(&f->text[k], n * 5);
		if (!to) {
			f->cut = true;
			return;
		}
		buf_grown(&f->text[k], (size_t)(add_text(f, k, v, n, to) - to));
	}
	if (f->wants_glyphs)
		add_glyphs(f, v, n);
	if (f->wanted >> FORM_TIGHT & 1 && !f->differ)
		pass(f, v, n);
	else
		pass_quickly(f, v, n);
}

void forms_add(struct forms *f, const uint32_t *v, size_t n)
{
	while (n && !f->cut) {
		size_t step = MIN_OF(n, (size_t)FORM_STEP);

		add_step(f, v, step);
		v += step;
		n -= step;
	}
}
