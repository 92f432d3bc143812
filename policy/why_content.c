/* why_content.c - clauses about what a mail says and carries. */
#include "policy/why_int.h"

#define WORDS_SHOWN 3

/* ---- words ---- */

static bool shown_before(const struct findings *f, size_t at)
{
	return at && f->hit[at - 1].term == f->hit[at].term;
}

static unsigned found_words(struct why *w, const struct cond *c,
			    struct buf *words)
{
	const struct findings *f = w->q->answers;
	unsigned places = 0, n = 0;

	for (size_t i = 0; f && i < f->hit_n; i++) {
		const struct term_hit *h = &f->hit[i];

		if (!(c->places >> h->place & 1) || !cond_has_term(c, h->term))
			continue;
		places |= 1u << h->place;
		if (shown_before(f, i) || n >= WORDS_SHOWN)
			continue;
		buf_printf(words, "%s" STR_FMT, n++ ? ", " : "",
			   STR_ARG(w->q->p->question.term[h->term].text));
	}
	return places;
}

void why_terms(struct why *w, const struct cond *c, bool yes)
{
	AUTO(buf) words = BUF_MAX(4 * QUESTION_TERM_MAX);
	unsigned places = found_words(w, c, &words);

	why_clause(w);
	say_places(&w->ja, places ? places : c->places, true);
	if (yes && places) {
		buf_printf(&w->ja, "に「%s」", buf_cstr(&words));
		buf_printf(&w->en, "\"%s\" in ", buf_cstr(&words));
	} else {
		buf_puts(&w->ja, "に決めた言葉がない");
		buf_puts(&w->en, "none of the words in ");
	}
	say_places(&w->en, places ? places : c->places, false);
}

void why_header(struct why *w, const struct cond *c, bool yes)
{
	why_clause(w);
	buf_printf(&w->ja, "ヘッダ " STR_FMT " が%s", STR_ARG(c->name),
		   yes ? "ある" : "ない");
	buf_printf(&w->en, "%s header field " STR_FMT, yes ? "a" : "no",
		   STR_ARG(c->name));
}

/* ---- personal data ---- */

void why_personal(struct why *w, const struct cond *c, bool yes)
{
	const struct kind_words *kind = &KIND_WORDS[c->what];
	unsigned long long n = personal_count(w->q, c);

	why_clause(w);
	buf_printf(&w->ja, "%sが%llu件", kind->ja, n);
	buf_printf(&w->en, "%llu %s", n, n == 1 ? kind->one : kind->many);
	if (!yes)
		return;
	why_range(&w->ja, &c->range, false, true);
	why_range(&w->en, &c->range, false, false);
}

/* ---- partners ---- */

void why_partner_domain(struct why *w, const struct cond *c, bool yes)
{
	why_clause(w);
	buf_printf(&w->ja, "宛先が「" STR_FMT "」に%s",
		   STR_ARG(c->partners->list), yes ? "ある" : "ない");
	buf_printf(&w->en, "recipient %sin " STR_FMT, yes ? "" : "not ",
		   STR_ARG(c->partners->list));
}

void why_partner_text(struct why *w, const struct cond *c, bool yes)
{
	static const struct {
		unsigned mask;
		const char *ja, *en;
	} ROWS[] = {
		{PARTNER_MATCH, "に宛先の会社名がある",
		 "the recipient's company is named in "},
		{PARTNER_ABSENT, "に会社名がない", "no company is named in "},
		{PARTNER_ANOTHER, "にほかの会社名がある",
		 "another company is named in "},
	};
	const char *ja = "に宛先の会社名がない";
	const char *en = "the recipient's company is not named in ";

	for (size_t i = 0; yes && i < ARRAY_LEN(ROWS); i++) {
		struct cond one = *c;

		one.mask = ROWS[i].mask;
		one.negate = false;
		if (!(c->mask & one.mask) || ask_partner(w->q, &one) != T_TRUE)
			continue;
		ja = ROWS[i].ja;
		en = ROWS[i].en;
	}
	why_clause(w);
	say_places(&w->ja, c->places, true);
	buf_puts(&w->ja, ja);
	buf_puts(&w->en, en);
	say_places(&w->en, c->places, false);
}

/* ---- attachments, size ---- */

static uint64_t measured(struct why *w, const struct cond *c)
{
	const struct view *v = w->q->f->view;
	uint64_t n = 0, total = 0, largest = 0;

	for (size_t i = 0; i < v->part_n; i++) {
		if (!part_counts(v, &v->part[i], c->with_inline))
			continue;
		n++;
		total += v->part[i].decoded;
		largest = MAX_OF(largest, v->part[i].decoded);
	}
	return c->kind == COND_ATT_COUNT   ? n
	       : c->kind == COND_ATT_TOTAL ? total
					   : largest;
}

void why_att_number(struct why *w, const struct cond *c, bool yes)
{
	bool count = c->kind == COND_ATT_COUNT;
	uint64_t n = measured(w, c);

	why_clause(w);
	buf_puts(&w->ja, c->kind == COND_ATT_TOTAL     ? "添付が合わせて"
			 : c->kind == COND_ATT_LARGEST ? "最大の添付が"
						       : "添付が");
	if (count) {
		buf_printf(&w->ja, "%llu件", (unsigned long long)n);
		buf_printf(&w->en, "%llu attachment%s", (unsigned long long)n,
			   n == 1 ? "" : "s");
	} else {
		say_size(&w->ja, n);
		buf_puts(&w->en, c->kind == COND_ATT_TOTAL
					 ? "attachments of "
					 : "an attachment of ");
		say_size(&w->en, n);
	}
	if (!yes)
		return;
	why_range(&w->ja, &c->range, !count, true);
	why_range(&w->en, &c->range, !count, false);
}

void why_att_kind(struct why *w, const struct cond *c, bool yes)
{
	if (c->kind == COND_ATT_NAMELESS)
		why_text(w, yes ? "名前のない添付" : "添付に名前がある",
			 yes ? "an attachment without a name"
			     : "attachments have names");
	else if (c->kind == COND_ATT_NAME)
		why_text(w,
			 yes ? "添付の名前に決めた言葉"
			     : "添付の名前に決めた言葉がない",
			 yes ? "words in an attachment's name"
			     : "no words in the attachments' names");
	else if (c->kind == COND_ATT_TYPE)
		why_text(w, yes ? "添付の種類" : "添付の種類が違う",
			 yes ? "an attachment's type"
			     : "the attachments' types differ");
	else
		why_text(w,
			 yes ? "添付の拡張子が一覧にある"
			     : "添付の拡張子が一覧にない",
			 yes ? "an attachment with a listed extension"
			     : "an attachment whose extension is not listed");
}

void why_encrypted(struct why *w, const struct cond *c, bool yes)
{
	static const char *const JA[] = {
		"添付がすべて暗号化されている", "添付の一部が暗号化されている",
		"暗号化された添付がある", "暗号化された添付がない"};
	static const char *const JA_NOT[] = {"添付がすべては暗号化されていない",
					     "添付の一部だけの暗号化ではない",
					     "暗号化された添付がない",
					     "暗号化された添付がある"};
	static const char *const EN[] = {"all attachments are encrypted",
					 "some attachments are encrypted",
					 "there are encrypted attachments",
					 "there are no encrypted attachments"};
	static const char *const EN_NOT[] = {
		"not all attachments are encrypted",
		"not just some attachments are encrypted",
		"there are no encrypted attachments",
		"there are encrypted attachments"};

	why_text(w, (yes ? JA : JA_NOT)[c->what], (yes ? EN : EN_NOT)[c->what]);
}

void why_flag(struct why *w, const struct cond *c, bool yes)
{
	static const struct {
		unsigned what;
		const char *ja, *en;
	} ROWS[] = {
		{FILE_DISGUISED, "名前と中身の違う添付",
		 "attachment whose name and content differ"},
		{FILE_MACRO, "マクロのある添付", "attachment with macros"},
		{FILE_EXECUTABLE, "実行できる添付", "executable attachment"},
	};

	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		if (c->what != ROWS[i].what)
			continue;
		why_clause(w);
		buf_printf(&w->ja, "%s%s", ROWS[i].ja, yes ? "" : "がない");
		buf_printf(&w->en, "%s %s", yes ? "an" : "no", ROWS[i].en);
	}
}

void why_size(struct why *w, const struct cond *c, bool yes)
{
	why_clause(w);
	buf_puts(&w->ja, "メールが");
	say_size(&w->ja, w->q->f->size);
	buf_puts(&w->en, "a message of ");
	say_size(&w->en, w->q->f->size);
	if (!yes)
		return;
	why_range(&w->ja, &c->range, true, true);
	why_range(&w->en, &c->range, true, false);
}
