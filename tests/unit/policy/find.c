/* find.c - a small inspector: answers the policy's question about the texts of
 * a hand-made mail, as the real one would.
 */
#include <regex.h>
#include <stdlib.h>

#include "connector/base/mem.h"
#include "policy/policy_int.h"
#include "tests/unit/policy/try.h"

static const char *const PLACES[PLACE_N] = {"subject", "body", "file-names",
					    "attachment-text", "header"};
static const char *const SCOPES[SCOPE_N] = {"body", "attachments", "anywhere"};

static struct str folded(struct str text)
{
	AUTO(buf) b = BUF_MAX(MIB);

	fold_text(&b, text);
	return arena_str(try_arena(), buf_str(&b));
}

static uint32_t count_words(struct str text, struct str word)
{
	uint32_t n = 0;
	ptrdiff_t at;

	while ((at = str_find(text, word)) >= 0) {
		n++;
		text = str_skip(text, (size_t)at + word.n);
	}
	return n;
}

static uint32_t count_matches(const char *text, const char *expression)
{
	regmatch_t m;
	regex_t re;
	uint32_t n = 0;

	ck_assert_int_eq(regcomp(&re, expression, REG_EXTENDED), 0);
	while (regexec(&re, text, 1, &m, 0) == 0 && m.rm_eo > m.rm_so) {
		n++;
		text += m.rm_eo;
	}
	regfree(&re);
	return n;
}

static struct str names(const struct view *v)
{
	AUTO(buf) b = BUF_MAX(MIB);

	for (size_t i = 0; i < v->part_n; i++)
		buf_printf(&b, STR_FMT "\n", STR_ARG(v->part[i].name));
	for (size_t i = 0; i < v->inner_n; i++)
		buf_printf(&b, STR_FMT "\n", STR_ARG(v->inner[i].name));
	return arena_str(try_arena(), buf_str(&b));
}

static struct str fields(const struct view *v, struct str name)
{
	AUTO(buf) b = BUF_MAX(MIB);

	for (size_t i = 0; i < v->field_n; i++)
		if (str_eq_ci(v->field[i].name, name))
			buf_printf(&b, STR_FMT "\n",
				   STR_ARG(v->field[i].value));
	return arena_str(try_arena(), buf_str(&b));
}

static struct str text_in(const struct mail *m, const struct view *v,
			  enum place place, struct str field)
{
	switch (place) {
	case PLACE_SUBJECT:
		return v->subject;
	case PLACE_BODY:
		return str_of(m->body ? m->body : "");
	case PLACE_FILE_NAMES:
		return names(v);
	case PLACE_ATTACHMENTS:
		return str_of(m->text ? m->text : "");
	default:
		return fields(v, field);
	}
}

static void find_terms(const struct mail *m, const struct view *v,
		       const struct question *q, struct findings *f)
{
	f->hit = arena_array(try_arena(), q->term_n * PLACE_N, sizeof(*f->hit));
	for (size_t i = 0; i < q->term_n; i++) {
		const struct term *t = &q->term[i];

		for (int p = 0; p < PLACE_N; p++) {
			struct str text;
			uint32_t n;

			if (!(t->places >> p & 1))
				continue;
			text = folded(text_in(m, v, (enum place)p, t->field));
			n = t->regex ? count_matches(text.p, t->text.p)
				     : count_words(text, folded(t->text));
			if (n)
				f->hit[f->hit_n++] = (struct term_hit){
					(uint32_t)i, (enum place)p, n};
		}
	}
}

/* Kinds of company that the tests use, as they are folded. */
static const char *const KINDS[] = {"株式会社", "㈱", "有限会社", "合同会社"};

/* 0: none is named; the sign is the word. */
static unsigned kind_of(struct str s, bool at_end, size_t *n_r)
{
	for (unsigned i = 0; i < ARRAY_LEN(KINDS); i++) {
		struct str kind = str_of(KINDS[i]);

		*n_r = kind.n;
		if (at_end ? str_ends(s, kind) : str_starts(s, kind))
			return MAX_OF(i, 1u);
	}
	*n_r = 0;
	return 0;
}

/* The name is in the text, and not with another kind beside it. */
static bool company_in(struct str text, struct str name)
{
	size_t n;
	unsigned kind = kind_of(name, false, &n), beside;
	struct str core = str_skip(name, n);
	ptrdiff_t at;

	if (!kind) {
		kind = kind_of(core, true, &n);
		core = str_head(core, core.n - n);
	}
	for (; (at = str_find(text, core)) >= 0;
	     text = str_skip(text, (size_t)at + core.n)) {
		beside = kind_of(str_head(text, (size_t)at), true, &n);
		if (!beside)
			beside = kind_of(str_skip(text, (size_t)at + core.n),
					 false, &n);
		if (!beside || beside == kind)
			return true;
	}
	return false;
}

static void find_companies(const struct mail *m, const struct view *v,
			   const struct question *q, struct findings *f)
{
	f->company = arena_array(try_arena(), q->company_n * 2 + 1,
				 sizeof(*f->company));
	for (size_t i = 0; i < q->company_n; i++) {
		for (int p = PLACE_BODY; p <= PLACE_FILE_NAMES; p++) {
			struct str text = text_in(m, v, (enum place)p,
						  STR_EMPTY);

			if (q->company_places >> p & 1 &&
			    company_in(folded(text), folded(q->company[i])))
				f->company[f->company_n++] =
					(struct company_hit){(uint32_t)i,
							     (enum place)p};
		}
	}
}

static size_t word_at(struct str word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(word, words[i]))
			return i;
	ck_abort_msg("no such word: " STR_FMT, STR_ARG(word));
}

static void put_count(struct findings *f, struct str kind, size_t scope,
		      uint32_t n)
{
	if (str_is(kind, "people")) {
		f->people[scope] += n;
		return;
	}
	for (int d = 0; d < DETECT_N; d++) {
		if (str_is(kind, detector_name((enum detector)d))) {
			f->unique[scope][d] += n;
			return;
		}
	}
	ck_abort_msg("no such kind: " STR_FMT, STR_ARG(kind));
}

/* "card/body/3": as many in the place, and as many more anywhere. */
static void find_personal(const struct mail *m, struct findings *f)
{
	struct str rest = str_of(m->personal ? m->personal : ""), one;

	while (str_split(&rest, ',', &one) && one.n) {
		struct str kind, scope, n;
		uint64_t count;
		size_t at;

		ck_assert(str_split(&one, '/', &kind));
		ck_assert(str_split(&one, '/', &scope));
		ck_assert(str_split(&one, '/', &n) && str_u64(n, &count));
		at = word_at(scope, SCOPES, SCOPE_N);
		put_count(f, kind, at, (uint32_t)count);
		if (at != SCOPE_ANYWHERE)
			put_count(f, kind, SCOPE_ANYWHERE, (uint32_t)count);
	}
}

/* "card/body/4111 **** 1111" */
static void find_samples(const struct mail *m, struct findings *f)
{
	struct str rest = str_of(m->samples ? m->samples : ""), one;

	f->sample = arena_array(try_arena(), rest.n, sizeof(*f->sample));
	while (str_split(&rest, ',', &one) && one.n) {
		struct sample *s = &f->sample[f->sample_n++];
		struct str kind, place;

		ck_assert(str_split(&one, '/', &kind));
		ck_assert(str_split(&one, '/', &place));
		s->place = (enum place)word_at(place, PLACES, PLACE_N);
		s->part = VIEW_WHOLE;
		s->text = one;
		for (int d = 0; d < DETECT_N; d++)
			if (str_is(kind, detector_name((enum detector)d)))
				s->what = (enum detector)d;
	}
}

const struct findings *find_all(const struct mail *m, const struct view *v,
				const struct question *q)
{
	struct findings *f = ARENA_NEW(try_arena(), struct findings);

	if (m->no_findings)
		return NULL;
	f->version = q->version + m->old_findings;
	f->more = m->more;
	find_terms(m, v, q, f);
	find_companies(m, v, q, f);
	find_personal(m, f);
	find_samples(m, f);
	return f;
}
