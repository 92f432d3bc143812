/* users.c - people's own settings (users.csv: address, setting, value).
 *
 * Inside the range that a rule gives they choose, outside it and without one
 * they can only tighten (policy/README.md).
 */
#include "policy/policy_int.h"

static bool span(struct str value, int64_t *us)
{
	return duration_parse(value, us) && *us >= 0 && *us <= HOLD_MOST_US;
}

static bool set_hold(struct user *u, struct str value)
{
	u->hold_set = span(value, &u->hold_us);
	return u->hold_set;
}

static bool set_then(struct user *u, struct str value)
{
	for (int t = THEN_SEND; t <= THEN_WAIT; t++) {
		if (!str_is(value, gate_then_name((enum gate_then)t)))
			continue;
		u->then = (enum gate_then)t;
		u->then_set = true;
		return true;
	}
	return false;
}

static bool set_own_hold(struct user *u, struct str value)
{
	return span(value, &u->own_us) &&
	       (!u->own_us || u->own_us >= HOLD_LEAST_US);
}

static bool set_confirm(struct user *u, struct str value)
{
	u->confirm_all = str_is(value, "external");
	u->confirm_files = u->confirm_all || str_is(value, "attachments");
	return u->confirm_files || str_is(value, "never");
}

static bool set_bcc(struct user *u, struct str value)
{
	return str_u64(value, &u->bcc) && u->bcc >= 1;
}

static const struct setting {
	const char *name;
	bool (*set)(struct user *u, struct str value);
	const char *form;
} SETTINGS[] = {
	{"hold", set_hold, "0m..72h"},
	{"hold-then", set_then, "send, discard, return, wait"},
	{"own-hold", set_own_hold, "1m..72h, 0m"},
	{"confirm", set_confirm, "attachments, external, never"},
	{"bcc", set_bcc, "1.."},
};

static void bad(struct loader *l, const struct csv *csv,
		const struct csv_row *row, struct str text, const char *form)
{
	conf_error_at(l->errs, csv->file, row->line, 1,
		      "「" STR_FMT "」は使えません(%s)。",
		      "`" STR_FMT "` does not fit, write %s",
		      STR_ARG(conf_word(text)), form);
}

static struct user *user_of(struct loader *l, struct str key)
{
	struct user *u = map_get(&l->p->users, key);

	if (u)
		return u;
	u = ARENA_NEW(l->a, struct user);
	map_put(&l->p->users, key, u);
	return u;
}

struct columns {
	int address, setting, value;
};

static void read_row(struct loader *l, const struct csv *csv,
		     const struct csv_row *row, const struct columns *at)
{
	struct str who = str_trim(row->cell[at->address]);
	struct str name = str_trim(row->cell[at->setting]);
	struct str value = str_trim(row->cell[at->value]);
	struct addr addr;

	if (!addr_parse(who, true, false, l->a, &addr, NULL)) {
		bad(l, csv, row, who, "name@example.jp");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(SETTINGS); i++) {
		if (!str_is(name, SETTINGS[i].name))
			continue;
		if (!SETTINGS[i].set(user_of(l, addr.key), value))
			bad(l, csv, row, value, SETTINGS[i].form);
		return;
	}
	bad(l, csv, row, name, "hold, hold-then, own-hold, confirm, bcc");
}

void users_load(struct loader *l)
{
	const char *path = l->src->users;
	struct columns at;
	struct str text;
	struct csv csv;

	if (!path || !files_has(l, path) || !files_take(l, NULL, path, &text) ||
	    !csv_parse(text, path, l->a, l->errs, &csv))
		return;
	at = (struct columns){csv_column(&csv, "address"),
			      csv_column(&csv, "setting"),
			      csv_column(&csv, "value")};
	if (at.address < 0 || at.setting < 0 || at.value < 0) {
		conf_error_at(l->errs, path, 1, 1,
			      "列 address、setting、value が要ります。",
			      "columns address, setting and value are needed");
		return;
	}
	for (size_t i = 0; i < csv.n; i++)
		read_row(l, &csv, &csv.row[i], &at);
}

const struct user *policy_user(const struct policy *p, const struct addr *addr)
{
	return addr->key.n ? map_get(&p->users, addr->key) : NULL;
}

static bool user_length(const struct user *u, struct do_hold *h)
{
	bool may = h->user && u->hold_us >= h->user_lo_us &&
		   u->hold_us <= h->user_hi_us;

	if (!u->hold_set || u->hold_us == h->for_us ||
	    (!may && u->hold_us < h->for_us))
		return false;
	h->for_us = u->hold_us;
	return true;
}

static bool user_end(const struct user *u, struct do_hold *h)
{
	bool may = h->user && h->user_then >> u->then & 1;

	if (!u->then_set || u->then == h->then || (!may && u->then < h->then))
		return false;
	h->then = u->then;
	return true;
}

/* Later stages are the rules' own, unless they give a range. */
bool user_hold(const struct user *u, struct do_hold *h)
{
	bool own;

	if (!u || (!h->user && h->stage > 1))
		return false;
	own = user_length(u, h);
	own = user_end(u, h) || own;
	/* "Not at all" is an answer for sending only. */
	if (!h->for_us && h->then != THEN_SEND)
		h->for_us = HOLD_LEAST_US;
	return own;
}
