/* past.c - who has written to whom before: from the facts, or from a file that
 * stands in for them (history.csv: sender, recipient, count, last).
 */
#include "policy/policy_int.h"

struct history_columns {
	int sender, recipient, count, last;
};

static void bad_row(struct conf_errors *errs, const struct csv *csv,
		    const struct csv_row *row, struct str text, const char *ja,
		    const char *en)
{
	conf_error_at(errs, csv->file, row->line, 1,
		      "「" STR_FMT "」は%s。%.0s", "`" STR_FMT "`%.0s %s",
		      STR_ARG(conf_word(text)), ja, en);
}

static bool row_address(struct str text, struct arena *a, struct str *key_r)
{
	struct addr addr;

	TRY(addr_parse(text, true, false, a, &addr, NULL));
	*key_r = addr.key;
	return true;
}

static bool history_row(const struct csv *csv, const struct csv_row *row,
			const struct history_columns *at, struct arena *a,
			struct conf_errors *errs, struct past_row *to)
{
	struct str sender = str_trim(row->cell[at->sender]);
	struct str recipient = str_trim(row->cell[at->recipient]);
	struct str count = at->count < 0 ? STR_EMPTY
					 : str_trim(row->cell[at->count]);
	struct str last = at->last < 0 ? STR_EMPTY
				       : str_trim(row->cell[at->last]);
	struct civil day;

	*to = (struct past_row){.count = 1};
	if (!row_address(sender, a, &to->sender))
		bad_row(errs, csv, row, sender, "アドレスではありません",
			"is no address");
	else if (!row_address(recipient, a, &to->recipient))
		bad_row(errs, csv, row, recipient, "アドレスではありません",
			"is no address");
	else if (count.n && (!str_u64(count, &to->count) || !to->count ||
			     to->count > UINT32_MAX))
		bad_row(errs, csv, row, count, "1 以上の数ではありません",
			"is no number from 1");
	else if (last.n && !date_parse(last, &day))
		bad_row(errs, csv, row, last, "日付ではありません",
			"is no date as 2026-09-01");
	else {
		if (last.n)
			to->last_us = civil_to_us(tz_utc(), &day);
		return true;
	}
	return false;
}

bool policy_history(struct str text, const char *file, struct arena *a,
		    struct conf_errors *errs, struct past_row **row_r,
		    size_t *n_r)
{
	size_t before = errs->errors;
	struct history_columns at;
	struct csv csv;

	*n_r = 0;
	TRY(csv_parse(text, file, a, errs, &csv));
	at = (struct history_columns){
		csv_column(&csv, "sender"), csv_column(&csv, "recipient"),
		csv_column(&csv, "count"), csv_column(&csv, "last")};
	if (at.sender < 0 || at.recipient < 0) {
		conf_error_at(errs, file, 1, 1,
			      "列「sender」と「recipient」が要ります。",
			      "columns `sender` and `recipient` are needed");
		return false;
	}
	*row_r = arena_array(a, csv.n, sizeof(**row_r));
	for (size_t i = 0; i < csv.n; i++)
		*n_r += history_row(&csv, &csv.row[i], &at, a, errs,
				    &(*row_r)[*n_r]);
	return errs->errors == before;
}

static void add_sender(struct loader *l, const struct past_row *row)
{
	struct past *past = map_get(&l->p->past, row->recipient);
	struct str *v;

	if (!past) {
		past = ARENA_NEW(l->a, struct past);
		map_put(&l->p->past, row->recipient, past);
	}
	if (past->of.sender_n == past->cap) {
		past->cap = past->cap ? past->cap * 2 : 2;
		v = arena_array(l->a, past->cap, sizeof(*v));
		if (past->of.sender_n)
			memcpy(v, past->of.sender,
			       past->of.sender_n * sizeof(*v));
		past->of.sender = past->sender = v;
	}
	past->sender[past->of.sender_n++] = row->sender;
	past->count += row->count;
}

void past_load(struct loader *l)
{
	struct past_row *row;
	struct str text;
	size_t n;

	if (!l->src->history || !files_take(l, NULL, l->src->history, &text) ||
	    !policy_history(text, l->src->history, l->a, l->errs, &row, &n))
		return;
	l->p->past_known = true;
	for (size_t i = 0; i < n; i++)
		add_sender(l, &row[i]);
}

/* ---- asking ---- */

const struct rcpt_past *rcpt_past(const struct asking *q)
{
	static const struct rcpt_past NOBODY = {0};
	const struct past *past;

	if (q->f->past)
		return &q->f->past[q->rcpt - q->f->env->rcpt];
	if (!q->p->past_known)
		return NULL;
	past = map_get(&q->p->past, q->rcpt->addr.key);
	return past ? &past->of : &NOBODY;
}

static bool share_group(const struct person *a, const struct person *b)
{
	for (size_t i = 0; i < a->group_n; i++)
		for (size_t k = 0; k < b->group_n; k++)
			if (str_eq(a->group[i], b->group[k]))
				return true;
	return false;
}

/* Who shares a group or the direct manager with the sender, his manager, and
 * those whose manager he is. */
static bool same_team(const struct asking *q, struct str key)
{
	const struct person *a = q->person, *b = map_get(&q->p->people, key);

	if (str_eq(key, q->sender.key))
		return true;
	if (!a || !b)
		return false;
	return a->manager == b || b->manager == a ||
	       (a->manager && a->manager == b->manager) || share_group(a, b);
}

/* What is not known counts as the first time: that is the stricter answer. */
enum truth ask_first_time(struct asking *q, const struct cond *c)
{
	const struct rcpt_past *past;

	/* Inside the company nobody counts. */
	if (q->rcpt_class == RCPT_INTERNAL)
		return T_FALSE;
	if (q->f->untold & NEEDS_PAST) {
		q->why = WHY_UNTOLD;
		return T_UNKNOWN;
	}
	past = rcpt_past(q);
	q->found.bits |= past ? FOUND_FIRST : FOUND_FIRST_UNKNOWN;
	if (!past)
		return T_TRUE;
	if (c->mask == FIRST_COMPANY)
		return past->sender_n || past->more ? T_FALSE : T_TRUE;
	for (size_t i = 0; i < past->sender_n; i++) {
		if (str_eq(past->sender[i], q->sender.key) ||
		    (c->mask == FIRST_TEAM && same_team(q, past->sender[i])))
			return T_FALSE;
	}
	return T_TRUE;
}
