/* ledger.c - the proof that nothing was lost, and that nobody rewrote it. */
#include "connector/base/mem.h"
#include "connector/store/store_int.h"

/* ---- the ledger ------------------------------------------------------------- */

static bool counts_read(struct store_reader *r, struct store_ledger *l,
			struct err *e)
{
	struct db_rows rows = db_ask_n(r->db, SQL_RCPT_COUNTS, DB_NO_ARGS, e);

	while (db_next(&rows)) {
		enum rcpt_state s = rcpt_of_code((int)db_int(&rows, 0));
		uint64_t n = (uint64_t)db_int(&rows, 1);

		l->unknown += (uint64_t)db_int(&rows, 2);
		if (s == RCPT_STATE_COUNT)
			continue; /* among the unexplained */
		if (rcpt_state_ended(s))
			l->end[s] += n;
		else
			l->open += n;
		if (s == RCPT_HELD)
			l->held += n;
	}
	return db_done(&rows);
}

bool store_counts(struct store_reader *r, uint64_t *open_r, uint64_t *held_r,
		  struct err *e)
{
	struct db_rows rows = db_ask_n(r->db, SQL_RCPT_OPEN, DB_NO_ARGS, e);

	*open_r = *held_r = 0;
	while (db_next(&rows)) {
		uint64_t n = (uint64_t)db_int(&rows, 1);

		*open_r += n;
		if (db_int(&rows, 0) == rcpt_code(RCPT_HELD) / 10)
			*held_r += n;
	}
	return db_done(&rows);
}

static bool accepted_read(struct store_reader *r, struct store_ledger *l,
			  struct err *e)
{
	struct audit_head base;
	int64_t cut, rest;

	TRY(audit_base_load(r->db, &base, &cut, e));
	TRY(db_one_n(r->db, SQL_LEDGER_ACCEPTED, DB_NO_ARGS, 0, &rest, e));
	l->accepted = (uint64_t)(cut + rest);
	return true;
}

static bool odd_ids(struct store_reader *r, enum sql which, struct ids *ids,
		    struct err *e)
{
	return ids_collect(
		db_ask_n(r->db, which, DB_ARGS(DB_I(STORE_UNEXPLAINED)), e),
		ids);
}

static bool unexplained_read(struct store_reader *r, struct arena *a,
			     struct store_ledger *l, struct err *e)
{
	struct load load = {r->db, &r->ring, a, false};
	struct ids ids = {0};
	bool ok = odd_ids(r, SQL_LEDGER_NO_ROWS, &ids, e) &&
		  odd_ids(r, SQL_LEDGER_OTHER, &ids, e);

	l->unexplained = arena_array(a, ids.n, sizeof(*l->unexplained));
	for (size_t i = 0; ok && i < ids.n; i++) {
		struct store_found *f = &l->unexplained[i];
		struct err why = ERR_EMPTY;

		ok = message_load(&load, ids.v[i], f, &why);
		/* Not even the message's row is there: its id says it all. */
		if (!ok && why.class == ERR_NOT_FOUND)
			ok = true;
		else if (!ok && e)
			*e = why;
	}
	l->unexplained_n = ids.n;
	vec_release(&ids);
	return ok;
}

bool store_ledger(struct store_reader *r, struct arena *a,
		  struct store_ledger *ledger_r, struct err *e)
{
	*ledger_r = (struct store_ledger){0};
	TRY(reader_begin(r, e));
	return reader_end(r, accepted_read(r, ledger_r, e) &&
				     counts_read(r, ledger_r, e) &&
				     unexplained_read(r, a, ledger_r, e));
}

/* ---- the chain -------------------------------------------------------------- */

static bool row_bad(int64_t seq, const char *why, struct err *e)
{
	return err_set(e, ERR_PERMANENT, 0, "audit row %lld: %s",
		       (long long)seq, why);
}

static bool row_verify(const struct db_rows *r, struct audit_head *head,
		       struct err *e)
{
	struct audit_row row = {.seq = db_int(r, 0),
				.at_us = db_int(r, 1),
				.message = db_int(r, 2),
				.actor = db_bytes(r, 3),
				.event = db_bytes(r, 4),
				.detail = db_bytes(r, 5),
				.rcpts = db_int(r, 6),
				.ends = db_int(r, 7)};
	struct str hash = db_bytes(r, 8);

	if (row.seq != head->seq + 1)
		return row_bad(head->seq + 1, "missing", e);
	audit_hash(head->hash, &row, head->hash);
	head->seq = row.seq;
	if (!str_eq(hash, str_n(head->hash, SHA256_LEN)))
		return row_bad(row.seq, "does not fit the row before it", e);
	return true;
}

bool store_audit_verify(struct store_reader *r, uint64_t *rows_r,
			unsigned char head_r[SHA256_LEN], struct err *e)
{
	struct audit_head head;
	struct db_rows rows;
	int64_t cut;
	bool good = true;

	*rows_r = 0;
	TRY(audit_base_load(r->db, &head, &cut, e));
	rows = db_ask_n(r->db, SQL_AUDIT_ALL, DB_NO_ARGS, e);
	while (good && db_next(&rows)) {
		good = row_verify(&rows, &head, e);
		*rows_r += good;
	}
	if (!db_done(&rows))
		return false;
	memcpy(head_r, head.hash, SHA256_LEN);
	return good;
}

bool store_ledger_whole(const struct store_ledger *l)
{
	uint64_t sum = l->open;

	for (unsigned s = RCPT_FIRST_END; s < RCPT_STATE_COUNT; s++)
		sum += l->end[s];
	return sum == l->accepted && l->unexplained_n == 0;
}
