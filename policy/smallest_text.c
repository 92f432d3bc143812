/* smallest_text.c - other words, less personal data, another company's name:
 * what of the text would have to change for a message to pass.
 */
#include "policy/smallest_int.h"

#include <stdlib.h>

#define RCPTS_TRIED 8 /* recipients whose partner is looked at */

static const char *const PLACES_JA[PLACE_N] = {"件名", "本文", "ファイル名",
					       "添付", "ヘッダ"};
static const char *const PLACES_EN[PLACE_N] = {"the subject", "the body",
					       "the file names",
					       "the attachments", "the header"};

void say_places(struct buf *b, unsigned places, bool ja)
{
	bool some = false;

	for (int i = 0; i < PLACE_N; i++) {
		if (!(places >> i & 1))
			continue;
		if (some)
			buf_puts(b, ja ? "と" : " and ");
		buf_puts(b, ja ? PLACES_JA[i] : PLACES_EN[i]);
		some = true;
	}
}

/* ---- words ---- */

/* What of a condition's words is cut, and where it stood. */
struct said {
	struct buf words;
	size_t n;
	unsigned places;
};

static void say_word(struct said *w, struct str text)
{
	if (w->n++ < NAMES_SHOWN)
		buf_printf(&w->words, "%s" STR_FMT, w->n > 1 ? ", " : "",
			   STR_ARG(text));
}

/* At most `want` hits of the condition, in all its places. */
static void cut_hits(struct smallest *s, const struct cond *c, size_t want,
		     struct trial *t, struct said *w)
{
	const struct findings *f = s->q.answers;
	struct term_hit *v = arena_array(&s->tries, f->hit_n, sizeof(*v));
	uint32_t last = UINT32_MAX;
	size_t n = 0;

	for (size_t i = 0; i < f->hit_n; i++) {
		struct term_hit h = f->hit[i];

		if (c->places >> h.place & 1 && cond_has_term(c, h.term)) {
			size_t keep = MIN_OF((size_t)h.count, want);

			if (h.term != last)
				say_word(w, s->p->question.term[h.term].text);
			last = h.term;
			w->places |= 1u << h.place;
			want -= keep;
			h.count = (uint32_t)keep;
		}
		if (h.count)
			v[n++] = h;
	}
	t->found.hit = v;
	t->found.hit_n = n;
}

static void propose_cut(struct smallest *s, const struct cond *c,
			const struct said *w, size_t want, uint64_t now)
{
	AUTO(buf) ja = BUF_MAX(4096);
	AUTO(buf) en = BUF_MAX(4096);
	const char *words = buf_cstr((struct buf *)&w->words);

	say_places(&ja, w->places, true);
	if (want) {
		buf_printf(&ja, "の「%s」を%zu回までにする(いま%llu回)", words,
			   want, (unsigned long long)now);
		buf_printf(&en, "Use \"%s\" at most %zu times (now %llu) in ",
			   words, want, (unsigned long long)now);
	} else if (c->regex) {
		buf_printf(&ja, "から正規表現「%s」に合う箇所を除く", words);
		buf_printf(&en, "Take out what matches \"%s\" from ", words);
	} else {
		buf_printf(&ja, "から「%s」を除く", words);
		buf_printf(&en, "Take \"%s\" out of ", words);
	}
	say_places(&en, w->places, false);
	propose_texts(s, &ja, &en);
}

static void try_less(struct smallest *s, const struct cond *c, size_t want,
		     uint64_t now)
{
	struct said w = {.words = BUF_MAX(4096)};
	struct trial t;

	trial_init(s, &t);
	cut_hits(s, c, want, &t, &w);
	if (trial_better(s, &t))
		propose_cut(s, c, &w, want, now);
	buf_release(&w.words);
}

/* One more hit, of the first word, in the first place. */
static void add_hit(struct smallest *s, const struct cond *c, uint32_t term,
		    enum place place, struct trial *t)
{
	const struct findings *f = s->q.answers;
	struct term_hit *v = arena_array(&s->tries, f->hit_n + 1, sizeof(*v));
	struct term_hit h = {term, place, (uint32_t)c->range.lo};
	size_t n = 0, i = 0;

	while (i < f->hit_n &&
	       (f->hit[i].term < term ||
		(f->hit[i].term == term && f->hit[i].place < place)))
		v[n++] = f->hit[i++];
	v[n++] = h;
	if (i < f->hit_n && f->hit[i].term == term && f->hit[i].place == place)
		i++;
	while (i < f->hit_n)
		v[n++] = f->hit[i++];
	t->found.hit = v;
	t->found.hit_n = n;
}

/* Where a rule misses a word. */
static void try_more(struct smallest *s, const struct cond *c)
{
	struct str word = c->words.n ? c->words.shown[0] : STR_EMPTY;
	AUTO(buf) ja = BUF_MAX(4096);
	AUTO(buf) en = BUF_MAX(4096);
	enum place place = PLACE_SUBJECT;
	struct trial t;

	if (c->regex || !c->term_n || c->range.lo != 1)
		return;
	while (!(c->places >> place & 1))
		place++;
	trial_init(s, &t);
	add_hit(s, c, c->first, place, &t);
	if (!trial_better(s, &t))
		return;
	say_places(&ja, 1u << place, true);
	buf_printf(&ja, "に「" STR_FMT "」を入れる", STR_ARG(word));
	buf_printf(&en, "Put \"" STR_FMT "\" into ", STR_ARG(word));
	say_places(&en, 1u << place, false);
	propose_texts(s, &ja, &en);
}

void try_terms(struct smallest *s, const struct cond *c)
{
	uint64_t now = terms_hits(&s->q, c);
	size_t want = fewer(&c->range, now);

	if (!s->q.answers)
		return;
	if (want != SIZE_MAX)
		try_less(s, c, want, now);
	else if (!now)
		try_more(s, c);
}

/* ---- personal data ---- */

static uint32_t *counter(struct findings *f, unsigned what, enum scope scope)
{
	return what == WHAT_PEOPLE ? &f->people[scope]
				   : &f->unique[scope][what];
}

static void lower_to(uint32_t *v, uint64_t most)
{
	if (*v > most)
		*v = (uint32_t)most;
}

/* At most `want` values in the scopes of the condition. */
static void cut_values(struct trial *t, const struct cond *c, uint64_t now,
		       uint64_t want)
{
	struct findings *f = &t->found;
	uint32_t *body = counter(f, c->what, SCOPE_BODY);
	uint32_t *att = counter(f, c->what, SCOPE_ATTACHMENTS);
	uint32_t *all = counter(f, c->what, SCOPE_ANYWHERE);
	uint64_t gone = now - want, most, left;

	if (c->places >> SCOPE_ANYWHERE & 1) {
		lower_to(all, want);
		lower_to(att, want);
		lower_to(body, want);
		return;
	}
	if (c->places >> SCOPE_ATTACHMENTS & 1) {
		uint64_t some = MIN_OF((uint64_t)*att, gone);

		*att -= (uint32_t)some;
		gone -= some;
	}
	if (c->places >> SCOPE_BODY & 1)
		*body -= (uint32_t)MIN_OF((uint64_t)*body, gone);
	most = MAX_OF((uint64_t)*att, (uint64_t)*body);
	left = *all - MIN_OF((uint64_t)*all, now - want);
	lower_to(all, MAX_OF(most, left));
}

/* Where the values were found, among the places asked for. */
static unsigned where(const struct findings *f, const struct cond *c)
{
	bool any = c->places >> SCOPE_ANYWHERE & 1;
	struct findings copy = *f;
	unsigned places = 0;

	if ((any || c->places >> SCOPE_BODY & 1) &&
	    *counter(&copy, c->what, SCOPE_BODY))
		places |= 1u << PLACE_BODY;
	if ((any || c->places >> SCOPE_ATTACHMENTS & 1) &&
	    *counter(&copy, c->what, SCOPE_ATTACHMENTS))
		places |= 1u << PLACE_ATTACHMENTS;
	return places ? places : 1u << PLACE_SUBJECT | 1u << PLACE_FILE_NAMES;
}

/* Masked samples say which ones are meant. */
static void say_samples(struct buf *b, const struct findings *f,
			const struct cond *c, unsigned places, bool ja)
{
	size_t n = 0;

	for (size_t i = 0; i < f->sample_n && n < NAMES_SHOWN; i++) {
		const struct sample *p = &f->sample[i];

		if ((unsigned)p->what != c->what || !(places >> p->place & 1))
			continue;
		buf_puts(b, n++ ? ", " : ja ? "(" : " (such as ");
		buf_put_str(b, p->text);
	}
	if (n)
		buf_puts(b, ja ? " など)" : ")");
}

static void say_less_ja(struct buf *b, const struct findings *f,
			const struct cond *c, unsigned places, uint64_t gone,
			uint64_t now)
{
	const char *unit = c->what == WHAT_PEOPLE ? "人分" : "件";

	say_places(b, places, true);
	buf_printf(b, "の%s", KIND_WORDS[c->what].ja);
	say_samples(b, f, c, places, true);
	if (gone < now)
		buf_printf(b, "%llu%sのうち%llu%sを除く",
			   (unsigned long long)now, unit,
			   (unsigned long long)gone, unit);
	else
		buf_printf(b, "%llu%sを除く", (unsigned long long)now, unit);
}

static void say_less_en(struct buf *b, const struct findings *f,
			const struct cond *c, unsigned places, uint64_t gone,
			uint64_t now)
{
	if (gone < now)
		buf_printf(b, "Remove %llu of %llu %s",
			   (unsigned long long)gone, (unsigned long long)now,
			   KIND_WORDS[c->what].many);
	else
		buf_printf(b, "Remove %llu %s", (unsigned long long)now,
			   now == 1 ? KIND_WORDS[c->what].one
				    : KIND_WORDS[c->what].many);
	say_samples(b, f, c, places, false);
	buf_puts(b, " from ");
	say_places(b, places, false);
}

void try_personal(struct smallest *s, const struct cond *c)
{
	const struct findings *f = s->q.answers;
	uint64_t now = personal_count(&s->q, c);
	size_t want = fewer(&c->range, now);
	unsigned places;
	AUTO(buf) ja = BUF_MAX(8192);
	AUTO(buf) en = BUF_MAX(8192);
	struct trial t;

	if (!f || want == SIZE_MAX)
		return;
	trial_init(s, &t);
	cut_values(&t, c, now, want);
	if (!trial_better(s, &t))
		return;
	places = where(f, c);
	say_less_ja(&ja, f, c, places, now - want, now);
	say_less_en(&en, f, c, places, now - want, now);
	propose_texts(s, &ja, &en);
}

/* ---- partners ---- */

/* What is changed about companies, for one recipient and one place. */
struct naming {
	const struct cond *c;
	const struct partner *partner; /* of the recipient, or NULL */
	enum place place;
	struct buf others; /* names that go */
	size_t others_n;
	struct str added; /* name that comes, or empty */
};

/* The recipient's own company; where it is named, also those that differ by
 * their legal form alone (cond_partner.c). */
static bool expected(const struct smallest *s, const struct naming *n,
		     uint32_t company)
{
	const struct company *all = n->c->partners->company;

	for (size_t i = 0; n->partner && i < n->partner->n; i++) {
		const struct company *own = &all[n->partner->company[i]];
		uint32_t at = own->group;

		if (own->at == company)
			return true;
		if (!partner_named(s->q.answers, own->at, n->place))
			continue;
		do {
			if (all[at].at == company)
				return true;
			at = all[at].next;
		} while (at);
	}
	return false;
}

static void say_company(struct naming *n, struct str name)
{
	if (n->others_n++ < NAMES_SHOWN)
		buf_printf(&n->others, "%s" STR_FMT,
			   n->others_n > 1 ? ", " : "", STR_ARG(name));
}

static int by_company(const void *a, const void *b)
{
	const struct company_hit *x = a, *y = b;

	if (x->company != y->company)
		return x->company < y->company ? -1 : 1;
	return (int)x->place - (int)y->place;
}

/* Without the names of others, with the name of the recipient's company. */
static void change_names(struct smallest *s, struct naming *n, struct trial *t,
			 bool take, bool put)
{
	const struct findings *f = s->q.answers;
	const struct partners *p = n->c->partners;
	struct company_hit *v = arena_array(&s->tries, f->company_n + 1,
					    sizeof(*v));
	size_t out = 0;

	for (size_t i = 0; i < f->company_n; i++) {
		const struct company_hit *h = &f->company[i];

		if (take && h->place == n->place &&
		    h->company < s->p->question.company_n &&
		    p->role[h->company] == PARTNER_IS_OTHER &&
		    !expected(s, n, h->company))
			say_company(n, s->p->question.company[h->company]);
		else
			v[out++] = *h;
	}
	if (put && n->partner && n->partner->n) {
		const struct company *c = &p->company[n->partner->company[0]];

		n->added = c->name;
		if (!partner_named(f, c->at, n->place))
			v[out++] = (struct company_hit){c->at, n->place};
	}
	if (out)
		qsort(v, out, sizeof(*v), by_company);
	t->found.company = v;
	t->found.company_n = out;
}

static void propose_names(struct smallest *s, struct naming *n)
{
	unsigned place = 1u << n->place;
	AUTO(buf) ja = BUF_MAX(8192);
	AUTO(buf) en = BUF_MAX(8192);

	say_places(&ja, place, true);
	if (n->added.n) {
		buf_printf(&ja, "に「" STR_FMT "」と書く", STR_ARG(n->added));
		buf_printf(&en, "Name \"" STR_FMT "\" in ", STR_ARG(n->added));
		say_places(&en, place, false);
	}
	if (n->others_n) {
		buf_printf(&ja, "%s「%s」の名前を除く",
			   n->added.n ? "。そこから" : "から",
			   buf_cstr(&n->others));
		buf_printf(&en, "%s \"%s\" out of ",
			   n->added.n ? ", and take" : "Take",
			   buf_cstr(&n->others));
		say_places(&en, place, false);
	}
	propose_texts(s, &ja, &en);
}

static void try_names(struct smallest *s, struct naming *n, bool take, bool put)
{
	struct trial t;

	n->others_n = 0;
	n->added = STR_EMPTY;
	buf_clear(&n->others);
	trial_init(s, &t);
	change_names(s, n, &t, take, put);
	if ((n->others_n || n->added.n) && trial_better(s, &t))
		propose_names(s, n);
}

void try_partner(struct smallest *s, const struct cond *c)
{
	size_t most = MIN_OF(s->plan->rcpt_n, (size_t)RCPTS_TRIED);
	unsigned before = s->best;

	if (!s->q.answers || !c->partners->asked)
		return;
	for (size_t i = 0; i < most && s->best == before; i++) {
		struct naming n = {
			.c = c,
			.partner = partners_get(c->partners,
						&s->f->env->rcpt[i].addr),
			.place = c->places >> PLACE_BODY & 1 ? PLACE_BODY
							     : PLACE_FILE_NAMES,
			.others = BUF_MAX(4096)};

		if (s->plan->rcpt[i].outcome != OUTCOME_DELIVER) {
			try_names(s, &n, false, true);
			if (s->best == before)
				try_names(s, &n, true, false);
			if (s->best == before)
				try_names(s, &n, true, true);
		}
		buf_release(&n.others);
	}
}
