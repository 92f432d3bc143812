/* shipped.c - lists that come with the program, each with the date on which
 * somebody last looked at it; how old they may become.
 */
#include "policy/policy_int.h"

#include "connector/base/die.h"
#include "connector/base/embed.h"

#define LIST_OLD_US	(366 * US_PER_DAY)
#define HOLIDAYS_END_US (60 * US_PER_DAY)

extern const struct embedded policy_embedded[];

static const char *const LISTS[] = {"free-mail", "carrier"};

size_t shipped_names(const char **names, size_t max)
{
	size_t n = MIN_OF(max, ARRAY_LEN(LISTS));

	for (size_t i = 0; i < n; i++)
		names[i] = LISTS[i];
	return n;
}

static void used(struct loader *l, const char *name, struct str bytes,
		 int64_t date_us)
{
	VEC_EACH (s, &l->p->shipped)
		if (strcmp(s->name, name) == 0)
			return;
	vec_push(&l->p->shipped,
		 ((struct shipped){arena_strdup(l->a, name), bytes, date_us}));
}

/* The first line: "# 2026-11-22 what it is". */
static bool date_line(struct str line, int64_t *us_r)
{
	struct str word;
	struct civil day;

	TRY(str_starts(line, STR("# ")));
	line = str_skip(line, 2);
	TRY(str_split(&line, ' ', &word) && date_parse(word, &day));
	*us_r = civil_to_us(tz_utc(), &day);
	return true;
}

bool shipped_csv(struct loader *l, const char *name, struct csv *csv_r)
{
	const char *file = arena_printf(l->a, "lists/%s.csv", name);
	const struct embedded *e = embedded_find(policy_embedded, file);
	struct str text, line;
	int64_t date_us = 0;

	must(e);
	text = str_n(e->p, e->n);
	must(str_split(&text, '\n', &line) && date_line(line, &date_us));
	used(l, name, str_n(e->p, e->n), date_us);
	return csv_parse(text, file, l->a, l->errs, csv_r);
}

/* ---- age ---- */

static void holidays_age(const struct policy *p, int64_t now_us,
			 struct policy_ages *out)
{
	for (size_t i = 0; i < p->closed_ends.n; i++) {
		const struct closed_end *c = &p->closed_ends.v[i];

		if (c->end_us - now_us >= HOLIDAYS_END_US ||
		    out->n == POLICY_AGES_MAX)
			continue;
		out->v[out->n++] = (struct policy_age){AGE_HOLIDAYS, c->name,
						       c->end_us};
	}
}

void policy_ages(const struct policy *p, int64_t now_us,
		 struct policy_ages *ages_r)
{
	*ages_r = (struct policy_ages){0};
	holidays_age(p, now_us, ages_r);
	for (size_t i = 0; i < p->shipped.n; i++) {
		const struct shipped *s = &p->shipped.v[i];

		if (now_us - s->date_us <= LIST_OLD_US ||
		    strcmp(s->name, HOLIDAYS_JP) == 0 ||
		    ages_r->n == POLICY_AGES_MAX)
			continue;
		ages_r->v[ages_r->n++] = (struct policy_age){AGE_LIST, s->name,
							     s->date_us};
	}
}

void policy_age_text(const struct policy_age *age, const char *language,
		     struct buf *out)
{
	bool ja = strcmp(language, "ja") == 0;
	struct civil day;

	civil_of(tz_utc(), age->at_us, &day);
	if (age->what == AGE_HOLIDAYS)
		buf_printf(out,
			   ja ? "暦「%s」の休日は %04d-%02d-%02d までしか"
				"ありません"
			      : "calendar `%s` knows closed days only until "
				"%04d-%02d-%02d",
			   age->name, day.year, day.month, day.day);
	else
		buf_printf(out,
			   ja ? "付属の一覧「%s」は %04d-%02d-%02d のもので、"
				"古くなっています"
			      : "the shipped list `%s` is of %04d-%02d-%02d "
				"and has grown old",
			   age->name, day.year, day.month, day.day);
}
