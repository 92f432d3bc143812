/* versions.c - versions of the policy with their files, and the facts of
 * decisions that a later version is tried on.
 */
#include "connector/base/mem.h"
#include "connector/store/store_int.h"

#define HELD_LANE 1
#define HELD_MAX  10000000

/* ---- writing a version ---------------------------------------------------- */

struct step_policy {
	struct step step;
	struct store_policy p;
};

static bool file_add(struct work *w, const struct step_policy *s, size_t i,
		     struct err *e)
{
	const struct store_policy_file *f = &s->p.file[i];
	unsigned char k[SHA256_LEN];

	sha256_of(f->bytes.p, f->bytes.n, k);
	return db_do_n(w->db, SQL_POLICY_FILE_ADD,
		       DB_ARGS(DB_KEY(k, SHA256_LEN), DB_B(f->bytes)), NULL,
		       e) &&
	       db_do_n(w->db, SQL_POLICY_NAME_ADD,
		       DB_ARGS(DB_I(s->p.version), DB_I(i), DB_T(f->name),
			       DB_KEY(k, SHA256_LEN)),
		       NULL, e);
}

static bool policy_run(struct work *w, struct step *step, struct err *e)
{
	struct step_policy *s = (struct step_policy *)step;
	const struct store_policy *p = &s->p;

	TRY(db_do_n(w->db, SQL_POLICY_ADD,
		    DB_ARGS(DB_I(p->version), DB_I(p->at_us), DB_T(p->who),
			    DB_T(p->note), DB_T(p->digest), DB_T(p->origin),
			    DB_T(p->main), DB_B(p->asked)),
		    NULL, e));
	for (size_t i = 0; i < p->file_n; i++)
		TRY(file_add(w, s, i, e));
	return true;
}

void store_add_policy(struct store_job *j, const struct store_policy *p)
{
	struct step_policy *s = job_step(j, sizeof(*s), policy_run, true);
	struct arena *a = &j->arena;
	struct store_policy_file *file;

	s->p = *p;
	s->p.who = arena_str(a, p->who);
	s->p.note = arena_str(a, p->note);
	s->p.digest = arena_str(a, p->digest);
	s->p.origin = arena_str(a, p->origin);
	s->p.main = arena_str(a, p->main);
	s->p.asked = arena_str(a, p->asked);
	file = arena_array(a, p->file_n, sizeof(*file));
	for (size_t i = 0; i < p->file_n; i++) {
		file[i].name = arena_str(a, p->file[i].name);
		file[i].bytes = arena_str(a, p->file[i].bytes);
	}
	s->p.file = file;
}

/* ---- reading versions ------------------------------------------------------- */

static struct str text_at(struct arena *a, const struct db_rows *r, int column)
{
	return arena_str(a, db_bytes(r, column));
}

struct versions {
	VEC_OF(struct store_policy);
};

static bool versions_read(struct store_reader *r, uint32_t version,
			  unsigned limit, struct arena *a,
			  struct versions *list, struct err *e)
{
	struct db_rows rows = db_ask_n(r->db, SQL_POLICY_LIST,
				       DB_ARGS(DB_I(version), DB_I(limit)), e);

	while (db_next(&rows))
		vec_push(list, ((struct store_policy){
				       .version = (uint32_t)db_int(&rows, 0),
				       .at_us = db_int(&rows, 1),
				       .who = text_at(a, &rows, 2),
				       .note = text_at(a, &rows, 3),
				       .digest = text_at(a, &rows, 4),
				       .origin = text_at(a, &rows, 5),
				       .main = text_at(a, &rows, 6)}));
	return db_done(&rows);
}

bool store_policies(struct store_reader *r, unsigned limit, struct arena *a,
		    struct store_policy **v_r, size_t *n_r, struct err *e)
{
	struct versions list = {0};
	bool ok = versions_read(r, 0, limit, a, &list, e);

	*n_r = list.n;
	*v_r = arena_array(a, list.n, sizeof(**v_r));
	if (list.n)
		memcpy(*v_r, list.v, list.n * sizeof(**v_r));
	vec_release(&list);
	return ok;
}

static bool asked_read(struct store_reader *r, struct arena *a,
		       struct store_policy *p, struct err *e)
{
	struct db_rows rows = db_ask_n(r->db, SQL_POLICY_ASKED,
				       DB_ARGS(DB_I(p->version)), e);

	if (db_next(&rows))
		p->asked = text_at(a, &rows, 0);
	return db_done(&rows);
}

static bool files_read(struct store_reader *r, struct arena *a,
		       struct store_policy *p, struct err *e)
{
	struct db_rows rows = db_ask_n(r->db, SQL_POLICY_FILES,
				       DB_ARGS(DB_I(p->version)), e);
	struct {
		VEC_OF(struct store_policy_file);
	} list = {0};
	struct store_policy_file *file;

	while (db_next(&rows))
		vec_push(&list,
			 ((struct store_policy_file){text_at(a, &rows, 0),
						     text_at(a, &rows, 1)}));
	file = arena_array(a, list.n, sizeof(*file));
	if (list.n)
		memcpy(file, list.v, list.n * sizeof(*file));
	p->file = file;
	p->file_n = list.n;
	vec_release(&list);
	return db_done(&rows);
}

static bool version_read(struct store_reader *r, uint32_t version,
			 struct arena *a, struct store_policy *p_r,
			 struct err *e)
{
	struct versions list = {0};
	bool ok = versions_read(r, version, 1, a, &list, e);

	*p_r = list.n ? list.v[0] : (struct store_policy){0};
	vec_release(&list);
	TRY(ok);
	if (!p_r->version)
		return version == 0 ||
		       err_set(e, ERR_NOT_FOUND, 0,
			       "there is no version %u of the policy", version);
	return asked_read(r, a, p_r, e) && files_read(r, a, p_r, e);
}

bool store_policy(struct store_reader *r, uint32_t version, struct arena *a,
		  struct store_policy *p_r, struct err *e)
{
	TRY(reader_begin(r, e));
	return reader_end(r, version_read(r, version, a, p_r, e));
}

/* ---- records ---------------------------------------------------------------- */

struct step_record {
	struct step step;
	int64_t id;
	uint32_t policy;
	struct str wire;
};

static bool record_run(struct work *w, struct step *step, struct err *e)
{
	struct step_record *s = (struct step_record *)step;
	unsigned char key[KEY_LEN], wrapped[WRAPPED_LEN];
	struct arena a = ARENA_EMPTY;
	struct str sealed;
	bool ok;

	TRY(keys_dek_new(w->store->keys, key, wrapped, e));
	sealed = field_seal(key, s->id, SEAL_RECORD, 0, s->policy, s->wire, &a);
	mem_wipe(key, sizeof(key));
	ok = db_do_n(w->db, SQL_RECORD_ADD,
		     DB_ARGS(DB_I(s->id), DB_I(s->policy),
			     DB_KEY(wrapped, WRAPPED_LEN), DB_B(sealed)),
		     NULL, e);
	arena_release(&a);
	return ok;
}

void store_add_record(struct store_job *j, int64_t id, uint32_t policy_version,
		      struct str wire)
{
	struct step_record *s = job_step(j, sizeof(*s), record_run, false);

	s->id = id;
	s->policy = policy_version;
	s->wire = arena_str(&j->arena, wire);
}

/* What does not open is told as empty: one bad row spoils no replay. */
static void record_open(struct store_reader *r, const struct db_rows *rows,
			struct arena *a, struct store_record *to)
{
	struct str wrapped = db_bytes(rows, 2);
	unsigned char key[KEY_LEN];
	struct err ignored;

	if (!r->ring.keys || wrapped.n != WRAPPED_LEN ||
	    !keys_dek_open(r->ring.keys, (const unsigned char *)wrapped.p, key,
			   &ignored))
		return;
	if (!field_open(key, to->id, SEAL_RECORD, 0, to->policy,
			db_bytes(rows, 3), a, &to->wire, &ignored))
		to->wire = STR_EMPTY;
	mem_wipe(key, sizeof(key));
}

bool store_records(struct store_reader *r, int64_t after_id, unsigned limit,
		   struct arena *a, struct store_record **v_r, size_t *n_r,
		   struct err *e)
{
	struct db_rows rows = db_ask_n(r->db, SQL_RECORD_NEXT,
				       DB_ARGS(DB_I(after_id), DB_I(limit)), e);

	*v_r = arena_array(a, limit, sizeof(**v_r));
	for (*n_r = 0; *n_r < limit && db_next(&rows); ++*n_r) {
		struct store_record *to = *v_r + *n_r;

		to->id = db_int(&rows, 0);
		to->policy = (uint32_t)db_int(&rows, 1);
		record_open(r, &rows, a, to);
	}
	return db_done(&rows);
}

/* ---- what waits ------------------------------------------------------------- */

static bool ids_take(struct db_rows rows, struct arena *a, int64_t **id_r,
		     size_t *n_r)
{
	struct {
		VEC_OF(int64_t);
	} list = {0};

	while (db_next(&rows))
		vec_push(&list, db_int(&rows, 0));
	*n_r = list.n;
	*id_r = arena_array(a, list.n, sizeof(**id_r));
	if (list.n)
		memcpy(*id_r, list.v, list.n * sizeof(**id_r));
	vec_release(&list);
	return db_done(&rows);
}

bool store_held(struct store_reader *r, struct arena *a, int64_t **id_r,
		size_t *n_r, struct err *e)
{
	return ids_take(db_ask_n(r->db, SQL_RCPT_LANE,
				 DB_ARGS(DB_I(HELD_LANE), DB_I(INT64_MIN),
					 DB_I(HELD_MAX)),
				 e),
			a, id_r, n_r);
}

bool store_failed(struct store_reader *r, int64_t before_id, unsigned limit,
		  struct arena *a, int64_t **id_r, size_t *n_r, struct err *e)
{
	return ids_take(
		db_ask_n(r->db, SQL_RCPT_FAILED,
			 DB_ARGS(DB_I(before_id ? before_id : INT64_MAX),
				 DB_I(limit)),
			 e),
		a, id_r, n_r);
}
