/* audit.c - the chain: each row's hash covers the row before it.
 *
 * A cut of old rows leaves the place and hash of the last one cut in `meta`,
 * from which the chain is verified on.
 */
#include "connector/base/mem.h"
#include "connector/store/store_int.h"

#define AUDIT_BASE     "audit-base"
#define AUDIT_BASE_LEN (16 + SHA256_LEN) /* seq, recipients, hash */
#define AUDIT_CUT_MAX  20000		 /* rows in one job */

void audit_hash(const unsigned char before[SHA256_LEN],
		const struct audit_row *row, unsigned char hash_r[SHA256_LEN])
{
	struct buf b = BUF_MAX(STORE_AUDIT_MAX);

	buf_put(&b, before, SHA256_LEN);
	buf_put_u64(&b, (uint64_t)row->seq);
	buf_put_u64(&b, (uint64_t)row->at_us);
	buf_put_u64(&b, (uint64_t)row->message);
	buf_put_bytes(&b, row->actor);
	buf_put_bytes(&b, row->event);
	buf_put_bytes(&b, row->detail);
	buf_put_u64(&b, (uint64_t)row->rcpts);
	buf_put_u64(&b, (uint64_t)row->ends);
	sha256_of(b.p, b.n, hash_r);
	buf_release(&b);
}

bool audit_append(struct db *db, struct audit_head *head,
		  const struct audit_row *row, struct err *e)
{
	struct audit_row r = *row;
	struct audit_head next;

	next.seq = r.seq = head->seq + 1;
	audit_hash(head->hash, &r, next.hash);
	TRY(db_do_n(db, SQL_AUDIT_ADD,
		    DB_ARGS(DB_I(r.seq), DB_I(r.at_us), DB_I(r.message),
			    DB_T(r.actor), DB_T(r.event), DB_T(r.detail),
			    DB_I(r.rcpts), DB_I(r.ends),
			    DB_KEY(next.hash, SHA256_LEN)),
		    NULL, e));
	*head = next;
	return true;
}

bool audit_base_load(struct db *db, struct audit_head *base_r, int64_t *rcpts_r,
		     struct err *e)
{
	struct db_rows r = db_ask_n(db, SQL_META_GET,
				    DB_ARGS(DB_T(STR(AUDIT_BASE))), e);

	*base_r = (struct audit_head){0};
	*rcpts_r = 0;
	if (db_next(&r)) {
		struct rd in = rd_of(db_bytes(&r, 0));
		struct str hash;

		base_r->seq = (int64_t)rd_u64(&in);
		*rcpts_r = (int64_t)rd_u64(&in);
		hash = rd_bytes(&in, SHA256_LEN);
		if (rd_end(&in))
			memcpy(base_r->hash, hash.p, SHA256_LEN);
	}
	return db_done(&r);
}

static bool audit_base_save(struct db *db, const struct audit_head *base,
			    int64_t rcpts, struct err *e)
{
	struct buf b = BUF_MAX(AUDIT_BASE_LEN);
	bool ok;

	buf_put_u64(&b, (uint64_t)base->seq);
	buf_put_u64(&b, (uint64_t)rcpts);
	buf_put(&b, base->hash, SHA256_LEN);
	ok = db_do_n(db, SQL_META_PUT,
		     DB_ARGS(DB_T(STR(AUDIT_BASE)), DB_B(buf_str(&b))), NULL,
		     e);
	buf_release(&b);
	return ok;
}

bool audit_head_load(struct db *db, struct audit_head *head_r, struct err *e)
{
	int64_t rcpts;
	struct db_rows r;

	TRY(audit_base_load(db, head_r, &rcpts, e));
	r = db_ask_n(db, SQL_AUDIT_LAST, DB_NO_ARGS, e);
	if (db_next(&r)) {
		struct str hash = db_bytes(&r, 1);

		head_r->seq = db_int(&r, 0);
		/* A hash of another length was tampered with: the chain goes
		 * on from zeros, and verification names the row. */
		memset(head_r->hash, 0, SHA256_LEN);
		if (hash.n == SHA256_LEN)
			memcpy(head_r->hash, hash.p, SHA256_LEN);
	}
	return db_done(&r);
}

/* Oldest rows first, up to the first that is young or speaks of a message
 * that is still kept: the ledger needs that one. */
static bool cut_find(struct db *db, int64_t before_us, struct audit_head *base,
		     int64_t *rcpts, size_t *rows_r, struct err *e)
{
	struct db_rows r = db_ask_n(db, SQL_AUDIT_OLD,
				    DB_ARGS(DB_I(AUDIT_CUT_MAX)), e);

	for (*rows_r = 0; db_next(&r); ++*rows_r) {
		struct str hash = db_bytes(&r, 5);

		if (db_int(&r, 1) >= before_us || db_int(&r, 6) ||
		    hash.n != SHA256_LEN)
			break;
		base->seq = db_int(&r, 0);
		*rcpts += db_int(&r, 3);
		memcpy(base->hash, hash.p, SHA256_LEN);
	}
	return db_done(&r);
}

bool audit_cut(struct db *db, struct audit_head *head, int64_t before_us,
	       int64_t now_us, struct err *e)
{
	struct audit_head base;
	struct audit_row row = {.at_us = now_us,
				.actor = STR("timer"),
				.event = STR("audit-cut")};
	char detail[64];
	struct buf text = BUF_MAX(sizeof(detail));
	int64_t rcpts;
	size_t rows;
	bool ok;

	TRY(audit_base_load(db, &base, &rcpts, e));
	TRY(cut_find(db, before_us, &base, &rcpts, &rows, e));
	if (rows == 0)
		return true;
	TRY(db_do_n(db, SQL_AUDIT_CUT, DB_ARGS(DB_I(base.seq)), NULL, e));
	TRY(audit_base_save(db, &base, rcpts, e));
	buf_printf(&text, "{\"rows\":%zu}", rows);
	row.detail = buf_str(&text);
	ok = audit_append(db, head, &row, e);
	buf_release(&text);
	return ok;
}
