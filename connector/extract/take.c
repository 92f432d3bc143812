/* take.c - one text: folded in windows, looked through, counted; see
 * text_int.h.
 */
#include "connector/extract/collect_int.h"
#include "connector/extract/html_int.h"

bool text_wanted(const struct scan *s, enum place place)
{
	return s->collect && s->collect->places >> place & 1;
}

/* The set of the place with the set of all places behind it. */
static struct detect_set *set_of(struct collect *c, enum place place)
{
	struct detect_set *all = &c->set[SCOPE_ANYWHERE];
	struct detect_set *set = place == PLACE_BODY ? &c->set[SCOPE_BODY]
				 : place == PLACE_ATTACHMENTS
					 ? &c->set[SCOPE_ATTACHMENTS]
					 : all;

	if (set != all)
		set->also = all;
	return set;
}

/* What may be looked at of it; the rest is the part's doubt. */
static struct str bounded(struct scan *s, size_t part, struct str utf8)
{
	struct collect *c = s->collect;
	size_t left = (size_t)(TEXT_MESSAGE_MAX - c->bytes);
	size_t most = MIN_OF((size_t)TEXT_PART_MAX, left);

	if (utf8.n > most) {
		scan_doubt(s, DOUBT_TOO_LARGE, part);
		utf8 = utf8_cut(utf8, most);
	}
	c->bytes += utf8.n;
	return utf8;
}

struct company_place {
	struct collect *c;
	enum place place;
};

static void on_company(void *arg, uint32_t company)
{
	struct company_place *at = arg;

	collect_company(at->c, at->place, company);
}

/* Names in what is there of the text; what is done with makes room. */
static void companies_pass(struct collect *c, enum place place, bool last,
			   struct company_walk *w)
{
	struct company_place at = {c, place};
	struct forms *f = &c->forms;
	size_t drop;

	companies_scan(c->companies, f->glyphs.v, f->glyphs.n, last, w,
		       on_company, &at);
	drop = w->at > COMPANY_BESIDE ? w->at - COMPANY_BESIDE : 0;
	if (drop)
		memmove(f->glyphs.v, f->glyphs.v + drop,
			(f->glyphs.n - drop) * sizeof(*f->glyphs.v));
	f->glyphs.n -= drop;
	w->at -= drop;
	w->end -= MIN_OF(w->end, drop);
}

static void detect(struct collect *c, struct detect_set *set)
{
	uint32_t source = (uint32_t)(c->source.n - 1);
	struct detect d = {.f = &c->fold,
			   .wanted = c->q.detectors,
			   .source = source,
			   .set = set};

	if (c->detectors)
		detect_run(&c->fold, c->detectors, source, set);
	if (c->namer)
		detect_name(&d, c->namer);
}

static void look_through(struct collect *c, enum place place, struct str utf8,
			 bool html)
{
	bool companies = c->companies && c->q.company_places >> place & 1;
	struct company_walk w = {0};
	struct fold_reader r;
	struct detect_set *set = set_of(c, place);

	forms_begin(&c->forms, terms_forms(c->terms, place), companies, utf8.n);
	fold_begin(&r, &c->fold, utf8, html);
	while (fold_next(&r, &c->fold)) {
		forms_add(&c->forms, c->fold.v + r.fresh, c->fold.n - r.fresh);
		if (place != PLACE_HEADER)
			detect(c, set);
	}
	if (companies)
		companies_pass(c, place, true, &w);
}

static void take_one(struct scan *s, enum place place, size_t part,
		     struct str utf8, bool html)
{
	struct collect *c = s->collect;

	utf8 = bounded(s, part, utf8);
	vec_push(&c->source, ((struct text_source){place, (uint16_t)part}));
	look_through(c, place, utf8, html);
	if (c->forms.cut)
		scan_doubt(s, DOUBT_TOO_LARGE, part);
	terms_scan(c->terms, &c->forms, place, c->header_field, &c->text);
}

/* What else a page may show, or show as one word. */
static void take_page(struct scan *s, enum place place, size_t part,
		      struct str html)
{
	AUTO(buf) beside = BUF_MAX(TEXT_PART_MAX);
	AUTO(buf) shown = BUF_MAX(TEXT_PART_MAX);

	if (!html_attributes(html, &beside))
		scan_doubt(s, DOUBT_UNKNOWN_TYPE, part);
	html_beside(html, &beside);
	if (beside.n) {
		take_one(s, place, part, buf_str(&beside), true);
		collect_add(s->collect, place);
	}
	if (html_shown(html, &shown)) {
		take_one(s, place, part, buf_str(&shown), true);
		collect_add(s->collect, place);
	}
}

void text_take(struct scan *s, enum place place, size_t part, struct str utf8,
	       bool html)
{
	if (!text_wanted(s, place) || !utf8.n)
		return;
	if (place != PLACE_FILE_NAMES && text_turns(utf8, html))
		scan_doubt(s, DOUBT_AMBIGUOUS, part);
	take_one(s, place, part, utf8, html);
	collect_add(s->collect, place);
	if (html)
		take_page(s, place, part, utf8);
}
