/* intake.c - takes a body while it comes and makes the message durable.
 *
 * Up to 64 KiB stays in memory and goes into the database; above, it streams
 * sealed into a spool file, and beside it into a plain region for inspection
 * and first delivery while there is one.  The 250 waits up to JUDGE_WAIT_US for
 * the plan, of a large message after its sync; then `accepted` alone is
 * committed and the decision follows: one code path.
 */
#include "connector/flow/intake_int.h"

void intake_free(struct intake *in)
{
	/* First: its key lives in the arena of the message. */
	turn_give(&in->turn);
	timer_free(&in->wait);
	sha256_free(&in->digest);
	spool_out_abort(&in->spool);
	if (in->synced)
		spool_give(in->f->c.spool, in->j->body->spool.file);
	head_release(&in->block);
	buf_release(&in->head);
	vec_release(&in->firsts);
	judged_free(&in->j);
	mem_free(in);
}

void intake_answer(struct intake *in, int code, const char *status,
		   const char *text)
{
	struct intake_reply reply = {code, status, text};

	if (in->done)
		in->done(in->arg, &reply);
	in->done = NULL;
}

void intake_fail(struct intake *in, const struct err *e)
{
	if (e->class == ERR_DENIED && e->code == FLOW_NOT_OWN)
		intake_answer(in, 550, "5.7.1", e->text);
	else if (e->class == ERR_DENIED)
		intake_answer(
			in, 550, "5.7.1",
			"this mail does not prove whose it is, not taken");
	else if (e->class == ERR_RETRY && e->code == FLOW_NOT_YET)
		intake_answer(in, 451, "4.7.1",
			      "cannot tell yet whose mail this is, try again "
			      "later");
	else if (e->class == ERR_LIMIT)
		intake_answer(in, 552, "5.3.4", "message too large");
	else if (e->code == ENOSPC || e->code == EDQUOT)
		intake_answer(in, 452, "4.3.1", "insufficient system storage");
	else
		intake_answer(in, 451, "4.3.0",
			      "not stored, nothing was taken; try again later");
}

struct intake *intake_new(struct flow *f, const struct flow_session *s,
			  const struct envelope *env)
{
	struct intake *in = NEW(struct intake);
	struct judged *j = judged_new(f);
	struct err e = ERR_EMPTY;

	in->f = f;
	in->j = j;
	j->owner = in;
	j->tenant = s->tenant;
	session_keep(j, s, &in->session);
	envelope_keep(j, env);
	in->digest = sha256_new();
	head_init(&in->block);
	buf_init(&in->head, HEAD_MAX);
	j->m.id = id_next(&f->ids, flow_now(f));
	id_text(j->m.id, j->id_text);
	j->log = (struct log_ctx){&f->log, "id", j->id_text};
	j->body = body_new(f);
	j->body->object = j->m.id;
	/* Without a data key nothing can be stored: intake_write says so. */
	if (keys_dek_new(f->c.keys, j->m.dek, j->m.wrapped, &e)) {
		memcpy(j->body->dek, j->m.dek, KEY_LEN);
		return in;
	}
	LOG(&j->log, LOG_ERROR, "no-data-key", LE(&e));
	body_free(&j->body);
	return in;
}

/* ---- while it comes -------------------------------------------------------- */

static void leave_region(struct intake *in)
{
	struct body *b = in->j->body;

	buf_put(&in->head, inspect_region_bytes(b->region),
		MIN_OF((size_t)b->size, HEAD_MAX));
	inspect_region_give(&b->region);
	b->in_region = false;
}

static bool to_region(struct intake *in, const void *p, size_t n)
{
	struct body *b = in->j->body;

	if (!b->in_region)
		return false;
	if (b->size + n > BODY_REGION_MAX) {
		leave_region(in);
		return false;
	}
	memcpy(inspect_region_bytes(b->region) + b->size, p, n);
	return true;
}

static bool put_large(struct intake *in, const void *p, size_t n, struct err *e)
{
	struct body *b = in->j->body;

	if (!to_region(in, p, n) && in->head.n < HEAD_MAX)
		buf_put(&in->head, p, MIN_OF(n, HEAD_MAX - in->head.n));
	TRY(spool_out_write(in->spool, p, n, e));
	b->size += n;
	return true;
}

/* The body outgrew the row: into the spool, and a region while there is one. */
static bool grow_large(struct intake *in, struct err *e)
{
	struct judged *j = in->j;
	struct body *b = j->body;
	AUTO(buf) begun = b->bytes;
	uint64_t hint = MAX_OF(j->env.size_declared, (uint64_t)b->size);

	b->bytes = BUF_MAX(0);
	b->size = 0;
	b->in_spool = true;
	if (hint <= BODY_REGION_MAX)
		b->region = inspect_region_take(in->f->c.inspect, hint);
	b->in_region = b->region != NULL;
	in->spool = spool_out_new(in->f->c.spool, j->m.id, j->m.dek);
	spool_out_digest(in->spool, TAKE(in->digest), in->digested);
	return begun.n == 0 || put_large(in, begun.p, begun.n, e);
}

/* Bytes as they are stored. */
static bool put(struct intake *in, const void *p, size_t n, struct err *e)
{
	struct body *b = in->j->body;

	if (!in->seen_8bit)
		in->seen_8bit = has_8bit_bytes(str_n(p, n));
	if (in->session.bdat && !in->seen_loose)
		in->seen_loose = has_loose_ends(p, n, &in->last_cr);
	if (!in->spool && b->size + n > BODY_INLINE_MAX)
		TRY(grow_large(in, e));
	if (in->spool)
		return put_large(in, p, n, e);
	buf_put(&b->bytes, p, n);
	b->size += n;
	return true;
}

/* The header block is over: what is left of it is the begin of the body. */
static bool end_block(struct intake *in, struct err *e)
{
	struct head *h = &in->block;
	bool ok;

	TRY(head_done(h, in->j, &in->session, in->digest, e));
	in->digested = h->kept.n;
	ok = h->kept.n == 0 || put(in, h->kept.p, h->kept.n, e);
	buf_release(&h->kept);
	return ok;
}

bool intake_write(struct intake *in, const void *p, size_t n, struct err *e)
{
	struct body *b = in->j->body;
	size_t used = 0;

	if (!b)
		return err_set(e, ERR_RETRY, 0, "no data key to be had");
	if (in->block.raw.n + b->size + n > in->f->c.config->limits.message)
		return err_set(e, ERR_LIMIT, 0, "message above the limit");
	if (!in->block.over) {
		used = head_take(&in->block, p, n);
		if (!head_full(&in->block))
			return true;
		TRY(end_block(in, e));
	}
	p = (const char *)p + used;
	n -= used;
	if (n == 0 || in->block.sunk)
		return true;
	if (in->digest && b->size + n <= BODY_INLINE_MAX) {
		sha256_add(in->digest, p, n);
		in->digested += n;
	}
	if (in->block.verify)
		dkim_verify_write(in->block.verify, p, n);
	return put(in, p, n, e);
}

/* ---- the final dot ---------------------------------------------------------- */

static void message_fill(struct intake *in, const struct header_scan *scan)
{
	struct judged *j = in->j;
	struct flow *f = in->f;
	AUTO(buf) prefix = BUF_MAX(16 * KIB);
	int64_t now = flow_now(f);

	prefix_write(f, &in->session, &j->env, scan, j->m.id, now, &prefix);
	j->m.kind = MESSAGE_MAIL;
	j->m.tenant = str_of(j->tenant->tenant);
	routes_set(j->tenant, j->env.from.text, j->rcpt, j->rcpt_n, &j->arena);
	j->m.message_id = arena_str(&j->arena, scan->message_id);
	if (!scan->has_message_id)
		j->m.message_id = str_of(
			arena_printf(&j->arena, "%s.sekisho@%s", j->id_text,
				     f->c.config->hostname));
	j->m.from = j->env.from.text;
	j->m.body = in->seen_loose || in->last_cr ? MAIL_BODY_BINARY
		    : in->seen_8bit		  ? MAIL_BODY_8BIT
						  : MAIL_BODY_7BIT;
	j->m.smtputf8 = j->env.smtputf8;
	j->m.ret = j->env.ret;
	j->m.envid = j->env.envid;
	j->m.size = j->body->size;
	j->m.prefix = arena_str(&j->arena, buf_str(&prefix));
	j->m.accepted_us = now;
	j->m.language = str_of(j->tenant->language ? j->tenant->language
						   : f->c.config->language);
	if (!j->decide_us)
		j->decide_us = clock_gate_us(f, now);
	client_text(j, &in->session);
}

static struct str head_of(struct intake *in)
{
	struct body *b = in->j->body;
	const char *p = body_bytes(b);

	if (!p)
		return buf_str(&in->head);
	return str_n(p, MIN_OF((size_t)b->size, HEAD_MAX));
}

static void on_turn(struct turn *t)
{
	struct intake *in = t->owner;
	struct header_scan scan;

	header_scan(head_of(in), in->f->c.config->hostname, &scan);
	intake_identify(in, &scan);
}

static bool wait_turn(struct intake *in, const struct header_scan *scan)
{
	struct judged *j = in->j;

	if (scan->message_id.n == 0)
		return false;
	in->turn.key = str_of(arena_printf(&j->arena, "%s\n" STR_FMT,
					   j->tenant->tenant,
					   STR_ARG(scan->message_id)));
	in->turn.owner = in;
	in->turn.go = on_turn;
	return !turn_take(in->f, &in->turn);
}

static void on_synced(void *arg, const struct spool_ref *ref,
		      const struct err *why)
{
	struct intake *in = arg;
	struct header_scan scan;

	if (why) {
		LOG(&in->j->log, LOG_ERROR, "not-spooled", LE(why));
		intake_fail(in, why);
		intake_free(in);
		return;
	}
	fault_point("spool-synced");
	in->j->body->spool = *ref;
	in->synced = true;
	header_scan(head_of(in), in->f->c.config->hostname, &scan);
	if (!wait_turn(in, &scan))
		intake_identify(in, &scan);
}

/* It is the tenant's: now it is made durable. */
static void intake_proved(struct intake *in)
{
	struct judged *j = in->j;
	struct header_scan scan;

	if (in->block.canary) {
		answer_sunk(in);
		return;
	}
	header_scan(head_of(in), in->f->c.config->hostname, &scan);
	message_fill(in, &scan);
	/* Who it is, is asked when its digest is known. */
	if (in->spool) {
		spool_out_sync(&in->spool, in->f->c.loop, j->m.digest,
			       on_synced, in);
		return;
	}
	sha256_end(&in->digest, j->m.digest);
	if (!wait_turn(in, &scan))
		intake_identify(in, &scan);
}

static void on_verified(void *arg, const struct dkim_verdict *v, size_t n)
{
	struct intake *in = arg;
	struct err e = ERR_EMPTY;

	if (head_signed(in->j, &in->session, v, n, &e)) {
		dkim_verify_free(&in->block.verify);
		intake_proved(in);
		return;
	}
	intake_fail(in, &e);
	intake_free(in);
}

void intake_end(struct intake **inp,
		void (*done)(void *arg, const struct intake_reply *reply),
		void *arg)
{
	struct intake *in = TAKE(*inp);
	struct judged *j = in->j;
	struct err e = ERR_EMPTY;

	in->ended = true;
	judged_count(j);
	in->done = done;
	in->arg = arg;
	if (!j->body)
		err_set(&e, ERR_RETRY, 0, "no data key to be had");
	/* A block that the end of the mail ends is whole. */
	if (!j->body || (!in->block.over && !end_block(in, &e))) {
		intake_fail(in, &e);
		intake_free(in);
		return;
	}
	if (in->block.sunk)
		answer_sunk(in);
	else if (in->block.verify)
		dkim_verify_end(in->block.verify, on_verified, in);
	else
		intake_proved(in);
}

void intake_abort(struct intake **inp)
{
	struct intake *in = TAKE(*inp);

	if (!in)
		return;
	if (in->ended)
		in->done = NULL; /* the message goes its way */
	else
		intake_free(in);
}
