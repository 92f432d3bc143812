/* sent.c - how much each sender sent lately: who counts in memory goes on from
 * here after a restart.
 */
#include "connector/base/clock.h"
#include "connector/base/id.h"
#include "connector/store/store_int.h"

bool store_sent_since(struct store_reader *r, int64_t since_us, struct arena *a,
		      struct store_sent **v_r, size_t *n_r, struct err *e)
{
	struct db_rows rows = db_ask_n(r->db, SQL_SENT_SINCE,
				       DB_ARGS(DB_I(id_first(since_us)),
					       DB_I(MESSAGE_MAIL),
					       DB_I(STORE_SENT_MAX)),
				       e);

	*v_r = arena_array(a, STORE_SENT_MAX, sizeof(**v_r));
	for (*n_r = 0; *n_r < STORE_SENT_MAX && db_next(&rows); ++*n_r)
		(*v_r)[*n_r] = (struct store_sent){
			.tenant = arena_str(a, db_bytes(&rows, 0)),
			.from = arena_str(a, db_bytes(&rows, 1)),
			.messages = (uint64_t)db_int(&rows, 2),
			.recipients = (uint64_t)db_int(&rows, 3)};
	return db_done(&rows);
}
