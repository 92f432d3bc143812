/* value.c - values of a policy file: counts, sizes, times, dates, texts. */
#include "policy/policy_int.h"

bool want_scalar(struct loader *l, const struct conf_node *n)
{
	if (n->kind == CONF_SCALAR)
		return true;
	conf_error(l->errs, n, "ここには値を1つ書いてください。",
		   "write one value here");
	return false;
}

bool want_map(struct loader *l, const struct conf_node *n)
{
	/* Not what stands there: it may be another file altogether. */
	if (n->kind == CONF_MAP)
		return true;
	conf_error(l->errs, n, "ここには {名前: 値} を書いてください。",
		   "write {name: value} here");
	return false;
}

bool want_keys(struct loader *l, const struct conf_node *n,
	       const struct key *rows, size_t rows_n)
{
	AUTO(buf) all = BUF_MAX(KIB);
	bool word = n->kind == CONF_SCALAR && n->text.n;

	if (n->kind == CONF_MAP || !rows_n)
		return want_map(l, n);
	for (size_t i = 0; i < rows_n; i++)
		buf_printf(&all, "%s%s", i ? ", " : "", rows[i].name);
	if (word)
		conf_error(l->errs, n,
			   "「" STR_FMT "」ではなく {名前: 値} の形で"
			   "書いてください。名前は %s です。",
			   "`" STR_FMT "`: write {name: value} here, with the "
			   "names %s",
			   STR_ARG(conf_word(n->text)), buf_cstr(&all));
	else
		conf_error(l->errs, n,
			   "ここには {名前: 値} を書いてください。名前は %s "
			   "です。",
			   "write {name: value} here, with the names %s",
			   buf_cstr(&all));
	return false;
}

void not_yet(struct loader *l, const struct conf_node *at, struct str word)
{
	conf_error(l->errs, at,
		   "「" STR_FMT "」はまだ作られていません(not built yet)。",
		   "`" STR_FMT "` is not built yet", STR_ARG(word));
}

static bool told_of_a_key(const struct loader *l, const struct conf_node *map)
{
	for (size_t i = 0; i < l->errs->n; i++) {
		const struct conf_error *e = &l->errs->v[i];

		for (size_t k = 0; k < map->n && !e->warning; k++)
			if (e->line == map->key[k]->line &&
			    e->column == map->key[k]->column &&
			    strcmp(e->file, map->key[k]->file) == 0)
				return true;
	}
	return false;
}

void missing(struct loader *l, const struct conf_node *map, const char *ja,
	     const char *en)
{
	if (!told_of_a_key(l, map))
		conf_error(l->errs, map, "%s%.0s", "%.0s%s", ja, en);
}

#define KEYS_MAX 40

void keys_parse(struct loader *l, const struct conf_node *map,
		const struct key *rows, size_t n, void *to)
{
	const char *names[KEYS_MAX];

	for (size_t i = 0; i < n; i++)
		names[i] = rows[i].name;
	for (size_t k = 0; k < map->n; k++) {
		const struct key *row = NULL;

		for (size_t i = 0; i < n && !row; i++)
			if (str_is(map->key[k]->text, rows[i].name))
				row = &rows[i];
		if (!row)
			conf_unknown_key(l->errs, map->key[k], names, n);
		else if (!row->parse)
			not_yet(l, map->key[k], map->key[k]->text);
		else
			row->parse(l, map->item[k], to);
	}
}

void key_tables_list(struct buf *out, const char *kind,
		     const struct key_table *t, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < t[i].n; k++)
			buf_printf(out, "%s\t%s%s\t%s\n", kind, t[i].head,
				   t[i].rows[k].name,
				   t[i].rows[k].parse ? "built" : "later");
}

bool value_bool(struct loader *l, const struct conf_node *n, bool *to)
{
	if (n->kind == CONF_SCALAR && !n->quoted &&
	    (str_is(n->text, "true") || str_is(n->text, "false"))) {
		*to = n->text.p[0] == 't';
		return true;
	}
	conf_error(l->errs, n, "引用符なしで true か false を書いてください。",
		   "write true or false, without quotes");
	return false;
}

bool value_choice(struct loader *l, const struct conf_node *n,
		  const char *const *words, size_t words_n, unsigned *to)
{
	AUTO(buf) all = BUF_MAX(1024);
	const char *near;

	if (!want_scalar(l, n))
		return false;
	for (size_t i = 0; i < words_n; i++) {
		if (str_is(n->text, words[i])) {
			*to = (unsigned)i;
			return true;
		}
	}
	near = str_nearest(n->text, words, words_n);
	conf_list_words(&all, words, words_n);
	if (near)
		conf_error(l->errs, n,
			   "「" STR_FMT "」は使えません。使えるのは %s です。"
			   "「%s」のことですか。",
			   "`" STR_FMT "`: allowed are %s; did you mean `%s`?",
			   STR_ARG(conf_word(n->text)), buf_cstr(&all), near);
	else
		conf_error(l->errs, n,
			   "「" STR_FMT "」は使えません。使えるのは %s です。"
			   "%s%.0s",
			   "`" STR_FMT "`: allowed are %s%.0s%s",
			   STR_ARG(conf_word(n->text)), buf_cstr(&all),
			   conf_width_hint(n->text, true),
			   conf_width_hint(n->text, false));
	return false;
}

bool value_mask(struct loader *l, const struct conf_node *n,
		const char *const *words, size_t words_n, unsigned *to)
{
	const struct conf_node *one[1] = {n};
	const struct conf_node *const *v =
		n->kind == CONF_LIST ? (const struct conf_node *const *)n->item
				     : one;
	size_t count = n->kind == CONF_LIST ? n->n : 1;
	unsigned mask = 0;
	bool ok = true;

	for (size_t i = 0; i < count; i++) {
		unsigned at;

		if (value_choice(l, v[i], words, words_n, &at))
			mask |= 1u << at;
		else
			ok = false;
	}
	if (ok && !mask) {
		conf_error(l->errs, n, "一覧が空です。", "the list is empty");
		return false;
	}
	*to = mask;
	return ok;
}

bool range_has(const struct range *r, uint64_t v)
{
	return v >= r->lo && v <= r->hi;
}

static bool number(struct str s, bool sizes, uint64_t *v)
{
	s = str_trim(s);
	return sizes ? size_parse(s, v) : str_u64(s, v);
}

static bool range_open(struct str s, bool sizes, struct range *r)
{
	bool eq = s.n > 1 && s.p[1] == '=';
	uint64_t v;

	if (!s.n || !number(str_skip(s, eq ? 2 : 1), sizes, &v))
		return false;
	if (s.p[0] == '=' && !eq) {
		*r = (struct range){v, v};
	} else if (s.p[0] == '>' && (eq || v < UINT64_MAX)) {
		*r = (struct range){eq ? v : v + 1, UINT64_MAX};
	} else if (s.p[0] == '<' && (eq || v > 0)) {
		*r = (struct range){0, eq ? v : v - 1};
	} else {
		return false;
	}
	return true;
}

bool range_parse(struct str s, bool sizes, struct range *r_r)
{
	ptrdiff_t dots;
	uint64_t lo, hi;

	s = str_trim(s);
	if (s.n && (s.p[0] == '<' || s.p[0] == '>' || s.p[0] == '='))
		return range_open(s, sizes, r_r);
	dots = str_find(s, STR(".."));
	if (dots < 0) {
		TRY(number(s, sizes, &lo));
		*r_r = (struct range){lo, lo};
		return true;
	}
	TRY(number(str_head(s, (size_t)dots), sizes, &lo));
	TRY(number(str_skip(s, (size_t)dots + 2), sizes, &hi));
	*r_r = (struct range){lo, hi};
	return lo <= hi;
}

/* `10` alone: many who write it mean ten or more. */
static void tell_bare(struct loader *l, const struct conf_node *n)
{
	struct str s = str_trim(n->text);

	if (!s.n || !ascii_digit(s.p[0]) || str_find(s, STR("..")) >= 0)
		return;
	conf_warning(l->errs, n,
		     "「" STR_FMT "」はちょうどその数です。それ以上なら "
		     "\">= " STR_FMT "\"、ちょうどなら \"= " STR_FMT
		     "\" と書いてください。",
		     "`" STR_FMT "` means exactly that; write \">= " STR_FMT
		     "\" for that or more, \"= " STR_FMT "\" for exactly",
		     STR_ARG(s), STR_ARG(s), STR_ARG(s));
}

bool value_range(struct loader *l, const struct conf_node *n, bool sizes,
		 struct range *to)
{
	if (!want_scalar(l, n))
		return false;
	if (range_parse(n->text, sizes, to)) {
		tell_bare(l, n);
		return true;
	}
	conf_error(l->errs, n,
		   "「" STR_FMT "」は使えません。%s の形で書いてください。"
		   "%s%.0s",
		   "`" STR_FMT "`: write it as %s%.0s%s",
		   STR_ARG(conf_word(n->text)),
		   sizes ? "\">= 2MB\", \"= 0\", \"< 10KB\", \"1MB..5MB\""
			 : "\">= 10\", \"= 0\", \"< 3\", \"2..5\"",
		   conf_width_hint(n->text, true),
		   conf_width_hint(n->text, false));
	return false;
}

static bool out_of_bounds(struct loader *l, const struct conf_node *n,
			  int64_t least, int64_t most)
{
	AUTO(buf) ja = BUF_MAX(128);
	AUTO(buf) en = BUF_MAX(128);

	say_duration(&ja, least, true);
	buf_puts(&ja, " から ");
	say_duration(&ja, most, true);
	say_duration(&en, least, false);
	buf_puts(&en, " to ");
	say_duration(&en, most, false);
	conf_error(l->errs, n, "「" STR_FMT "」は範囲の外です(%s まで)。%.0s",
		   "`" STR_FMT "` is out of bounds (%.0s%s)",
		   STR_ARG(conf_word(n->text)), buf_cstr(&ja), buf_cstr(&en));
	return false;
}

bool value_duration(struct loader *l, const struct conf_node *n, int64_t least,
		    int64_t most, int64_t *to)
{
	int64_t us;

	if (!want_scalar(l, n))
		return false;
	if (str_find(n->text, STR("business")) >= 0) {
		conf_error(l->errs, n,
			   "「" STR_FMT "」は使えません。営業日と営業時間は "
			   "approve の within と remind に書くものです。"
			   "ここは 90s 5m 2h 3d の形です。",
			   "`" STR_FMT "`: business days and hours are for "
			   "`within` and `remind` of `approve`; write a time "
			   "as 90s, 5m, 2h, 3d",
			   STR_ARG(conf_word(n->text)));
		return false;
	}
	if (!duration_parse(n->text, &us)) {
		conf_error(l->errs, n,
			   "「" STR_FMT "」は使えません。90s 5m 2h 3d の形で"
			   "書いてください。%s%.0s",
			   "`" STR_FMT
			   "`: write a time as 90s, 5m, 2h, 3d%.0s%s",
			   STR_ARG(conf_word(n->text)),
			   conf_width_hint(n->text, true),
			   conf_width_hint(n->text, false));
		return false;
	}
	if (us < least || us > most)
		return out_of_bounds(l, n, least, most);
	*to = us;
	return true;
}

static bool digits(struct str s, int *v)
{
	uint64_t u;

	TRY(s.n && s.n <= 4 && str_u64(s, &u));
	*v = (int)u;
	return true;
}

/* 2026-09-01 or 2026/9/1; the day must exist. */
bool date_parse(struct str s, struct civil *c_r)
{
	struct civil c = {0}, again;
	char sep = str_chr(s, '/') >= 0 ? '/' : '-';
	struct str part;
	int64_t us;

	s = str_trim(s);
	TRY(str_split(&s, sep, &part) && part.n == 4 && digits(part, &c.year));
	TRY(str_split(&s, sep, &part) && part.n <= 2 && digits(part, &c.month));
	TRY(str_split(&s, sep, &part) && part.n <= 2 && digits(part, &c.day));
	TRY(!s.n && c.year >= 1900 && c.month >= 1 && c.month <= 12);
	us = civil_to_us(tz_utc(), &c);
	civil_of(tz_utc(), us, &again);
	*c_r = c;
	return again.day == c.day && c.day >= 1;
}

bool value_date(struct loader *l, const struct conf_node *n,
		const struct tz *tz, int64_t *to)
{
	struct civil c;

	if (!want_scalar(l, n))
		return false;
	if (!date_parse(n->text, &c)) {
		conf_error(l->errs, n,
			   "「" STR_FMT "」は使えません。2026-09-01 の形で"
			   "書いてください。",
			   "`" STR_FMT "`: write a date as 2026-09-01",
			   STR_ARG(conf_word(n->text)));
		return false;
	}
	*to = civil_to_us(tz, &c);
	return true;
}

bool value_address(struct loader *l, const struct conf_node *n, struct str *to)
{
	struct addr addr;

	if (!want_scalar(l, n))
		return false;
	if (!addr_parse(n->text, true, false, l->a, &addr, NULL)) {
		conf_error(l->errs, n,
			   "「" STR_FMT "」は使えません。name@example.jp の"
			   "形で書いてください。",
			   "`" STR_FMT "`: write an address as name@example.jp",
			   STR_ARG(conf_word(n->text)));
		return false;
	}
	*to = addr.text;
	return true;
}

static void text_ja(struct loader *l, const struct conf_node *n, void *to)
{
	if (want_scalar(l, n))
		((struct plan_reason *)to)->ja = n->text;
}

static void text_en(struct loader *l, const struct conf_node *n, void *to)
{
	if (want_scalar(l, n))
		((struct plan_reason *)to)->en = n->text;
}

bool value_ja_en(struct loader *l, const struct conf_node *n,
		 struct plan_reason *to)
{
	static const struct key ROWS[] = {{"ja", text_ja}, {"en", text_en}};

	if (!want_map(l, n))
		return false;
	keys_parse(l, n, ROWS, ARRAY_LEN(ROWS), to);
	if (!to->ja.n && !to->en.n) {
		missing(l, n, "ja か en を書いてください。",
			"write ja, en or both");
		return false;
	}
	if (!to->ja.n)
		to->ja = to->en;
	if (!to->en.n)
		to->en = to->ja;
	return true;
}
