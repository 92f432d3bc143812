/* attempt.c - recorded attempts: their copy of the mail, and their source.
 *
 * An attempt owns all that it needs: it outlives the judgement or the claim
 * that it came from.
 */
#include "connector/flow/flow_int.h"

struct box {
	struct attempt a; /* first: the deliverer holds &box->a */
	struct flow *f;
	struct arena arena;
	struct str shapes; /* wire of all edits */
	struct body *body; /* in memory or behind the spool; NULL: the store */
	struct buf inline_body; /* read from the store once */
	bool inline_read;
};

static struct box *box_of(struct attempt *a)
{
	return (struct box *)a;
}

static void keep(struct box *b, struct str *s)
{
	*s = arena_str(&b->arena, *s);
}

/* Says to the tenant's rules that the mail came through here. It is no part of
 * what is stored, so that held mail leaves with the value of the day. */
static struct str with_done(struct box *b, const struct tenant_conf *t,
			    struct str prefix)
{
	struct str value = t ? auth_done_value(b->f->c.auth, t) : STR_EMPTY;
	char *text;

	/* Straight to recipients outside: nobody would cut it. */
	if (value.n == 0 || own_is_canary(b->f, &b->a.message) ||
	    (t->deliver.via && strcmp(t->deliver.via, "direct") == 0))
		return prefix;
	text = arena_printf(&b->arena, "%s: " STR_FMT "\r\n" STR_FMT,
			    t->done.name, STR_ARG(value), STR_ARG(prefix));
	return str_of(text);
}

static struct box *box_new(struct flow *f, const struct store_message *m,
			   const struct tenant_conf *tenant)
{
	struct box *b = NEW(struct box);
	struct store_message *to = &b->a.message;

	arena_init_secret(&b->arena);
	b->f = f;
	b->a.tenant = tenant;
	buf_init(&b->inline_body, BODY_INLINE_MAX);
	*to = *m;
	to->bytes = STR_EMPTY;
	keep(b, &to->tenant);
	keep(b, &to->message_id);
	keep(b, &to->from);
	keep(b, &to->sender);
	keep(b, &to->envid);
	keep(b, &to->prefix);
	keep(b, &to->subject);
	keep(b, &to->reason);
	keep(b, &to->client);
	keep(b, &to->language);
	keep(b, &to->plan);
	to->view = to->edits = STR_EMPTY;
	b->a.prefix = with_done(b, tenant, to->prefix);
	b->a.has_8bit = m->body != MAIL_BODY_7BIT || has_8bit_bytes(m->prefix);
	b->a.has_bare_lf = m->body == MAIL_BODY_BINARY;
	return b;
}

void attempt_free(struct attempt **ap)
{
	struct attempt *a = TAKE(*ap);
	struct box *b;

	if (!a)
		return;
	b = box_of(a);
	body_free(&b->body);
	buf_release(&b->inline_body);
	mem_wipe(a->message.dek, sizeof(a->message.dek));
	arena_release(&b->arena);
	mem_free(b);
}

static void rcpt_take(struct box *b, const struct store_rcpt *r)
{
	struct attempt_rcpt *to = &b->a.rcpt[b->a.rcpt_n++];

	to->row = *r;
	keep(b, &to->row.address);
	keep(b, &to->row.key);
	keep(b, &to->row.orcpt);
	keep(b, &to->row.gates);
	keep(b, &to->row.answer);
	keep(b, &to->row.remote);
	keep(b, &to->row.reason);
	keep(b, &to->row.route);
	to->notify_orcpt = to->row.orcpt;
}

static bool box_edits(struct box *b, struct str shapes, unsigned shape,
		      struct err *e)
{
	uint64_t size = b->a.message.size;

	b->shapes = arena_str(&b->arena, shapes);
	TRY(shapes_read(b->shapes, size, shape, &b->arena, &b->a.edits, e));
	b->a.size = b->a.prefix.n + splice_size(&b->a.edits, size);
	return true;
}

bool attempt_lower(struct attempt *a)
{
	struct box *b = box_of(a);
	uint64_t size = a->message.size;
	struct edits both;

	if ((!a->has_8bit && !a->has_bare_lf) || has_8bit_bytes(a->prefix) ||
	    !shapes_lower(b->shapes, size, &a->edits, &b->arena, &both))
		return false;
	a->edits = both;
	a->size = a->prefix.n + splice_size(&a->edits, size);
	a->has_8bit = a->has_bare_lf = false;
	return true;
}

struct attempt *attempt_first(struct judged *j, unsigned shape,
			      struct str route)
{
	struct box *b = box_new(j->f, &j->m, j->tenant);
	struct attempt *a = &b->a;
	struct err e = ERR_EMPTY;

	if (!box_edits(b, j->shapes, shape, &e)) {
		LOG(&j->log, LOG_ERROR, "no-copy", LE(&e));
		attempt_free(&a);
		return NULL;
	}
	b->body = body_ref(j->body);
	a->route = arena_str(&b->arena, route);
	a->rcpt = arena_array(&b->arena, j->rcpt_n, sizeof(*a->rcpt));
	for (size_t i = 0; i < j->rcpt_n; i++) {
		struct store_rcpt *r = &j->rcpt[i];

		if (r->state != RCPT_READY || r->shape != shape ||
		    !str_eq(r->route, route))
			continue;
		rcpt_move(r, RCPT_SENDING, flow_now(j->f));
		r->attempts++;
		r->due_us = 0;
		rcpt_take(b, r);
	}
	return a;
}

/* ---- claims --------------------------------------------------------------------- */

struct claim {
	struct flow *f;
	void (*done)(void *arg, size_t started, int64_t next_us);
	void *arg;
};

/* The body behind the spool, with its key at hand: the store would be asked,
 * and the key be unwrapped, once more for every chunk. While a recipient is
 * being sent to, nothing else happens to the body. */
static struct body *claimed_body(struct flow *f, const struct store_message *m)
{
	struct body *b;

	if (m->place != BODY_SPOOL)
		return NULL;
	b = body_new(f);
	b->in_spool = true;
	b->object = m->id;
	b->size = m->size;
	b->spool = m->spool;
	memcpy(b->dek, m->dek, KEY_LEN);
	return b;
}

/* All recipients of one shape and route in one attempt. */
static bool goes_with(const struct store_rcpt *a, const struct store_rcpt *b)
{
	return a->state == RCPT_SENDING && b->state == RCPT_SENDING &&
	       a->shape == b->shape && str_eq(a->route, b->route);
}

/* What is read of it is what its row tells. */
static bool is_whole(const struct store_message *m, struct err *e)
{
	return m->place != BODY_SPOOL || m->spool.length == m->size ||
	       err_set(e, ERR_PERMANENT, 0,
		       "the body is not as long as its row says");
}

static struct attempt *claimed_copy(struct flow *f,
				    const struct store_found *found,
				    const struct store_rcpt *like)
{
	const struct tenant_conf *t = flow_tenant(f, found->message.tenant);
	struct box *b = box_new(f, &found->message, t);
	struct attempt *a = &b->a;
	struct err e = ERR_EMPTY;

	b->body = claimed_body(f, &found->message);
	a->route = arena_str(&b->arena, like->route);
	a->rcpt = arena_array(&b->arena, found->rcpt_n, sizeof(*a->rcpt));
	for (size_t i = 0; i < found->rcpt_n; i++)
		if (goes_with(&found->rcpt[i], like))
			rcpt_take(b, &found->rcpt[i]);
	if (!t)
		err_set(&e, ERR_CONFIG, 0,
			"tenant " STR_FMT " is not configured",
			STR_ARG(found->message.tenant));
	else if (is_whole(&found->message, &e) &&
		 box_edits(b, found->message.edits, like->shape, &e))
		return a;
	/* Cannot be sent as it was decided. */
	for (size_t i = 0; i < a->rcpt_n; i++) {
		a->rcpt[i].class = t ? ATTEMPT_DAMAGED : ATTEMPT_MISCONFIGURED;
		snprintf(a->rcpt[i].answer, sizeof(a->rcpt[i].answer), "%s",
			 e.text);
	}
	flow_attempt_done(f, &a);
	return NULL;
}

static size_t claimed_message(struct flow *f, const struct store_found *found,
			      struct arena *arena)
{
	size_t started = 0;

	/* The settings may have changed since the row was written. */
	routes_set(flow_tenant(f, found->message.tenant), found->message.from,
		   found->rcpt, found->rcpt_n, arena);
	for (size_t i = 0; i < found->rcpt_n; i++) {
		struct attempt *a;
		bool seen = found->rcpt[i].state != RCPT_SENDING;

		for (size_t k = 0; k < i && !seen; k++)
			seen = goes_with(&found->rcpt[k], &found->rcpt[i]);
		if (seen)
			continue;
		a = claimed_copy(f, found, &found->rcpt[i]);
		if (!a)
			continue;
		f->deliverer.start(f->deliverer_arg, a);
		started++;
	}
	return started;
}

static void on_claimed(void *arg, struct store_job *job, const struct err *why)
{
	struct claim *c = arg;
	const struct store_found *found;
	size_t n = 0, started = 0;

	fault_point("claim-committed");
	if (why) {
		LOG(&c->f->log, LOG_WARN, "claim", LE(why));
	} else {
		damaged_tell(c->f, job);
		found = store_job_found(job, &n);
		for (size_t i = 0; i < n; i++)
			started += claimed_message(c->f, &found[i],
						   store_job_arena(job));
	}
	c->done(c->arg, started, flow_now(c->f) + CLAIM_EVERY_US);
	mem_free(c);
}

void flow_claim(struct flow *f, const struct store_rooms *rooms,
		void (*done)(void *arg, size_t started, int64_t next_us),
		void *arg)
{
	struct store_job *job;
	struct claim *c;

	if (flow_shut(f)) {
		done(arg, 0, flow_now(f) + US_PER_S);
		return;
	}
	c = NEW(struct claim);
	c->f = f;
	c->done = done;
	c->arg = arg;
	job = store_job_new(f->c.store);
	store_claim(job, flow_now(f), rooms);
	flow_submit(f, job, on_claimed, c);
}

/* ---- the bytes --------------------------------------------------------------------- */

static bool original(struct box *b, uint64_t off, size_t most, char *room,
		     struct str *piece_r, struct err *e)
{
	const struct store_message *m = &b->a.message;
	const char *p = b->body ? body_bytes(b->body) : NULL;

	if (p) {
		*piece_r = str_n(p + off, most);
		return true;
	}
	*piece_r = str_n(room, most);
	if (b->body)
		return body_read(b->body, off, room, most, e);
	if (m->size > BODY_INLINE_MAX)
		return store_body_read(b->f->reader, m, off, room, most, e);
	if (!b->inline_read) {
		char *to = buf_room(&b->inline_body, (size_t)m->size);

		TRY(store_body_read(b->f->reader, m, 0, to, (size_t)m->size,
				    e));
		buf_grown(&b->inline_body, (size_t)m->size);
		b->inline_read = true;
	}
	*piece_r = str_n(b->inline_body.p + off, most);
	return true;
}

/* A step in base64 grows by 78/57, one with CRs by two at most. */
#define CODED_MAX (2 * EDIT_STEP + 64)

struct attempt_source {
	struct box *b;
	bool prefix_given;
	struct splice splice;
	struct splice_piece piece; /* what is left of the current one */
	bool in_piece;
	char *room;
	struct edit_coder coder;
	struct buf coded;
};

struct attempt_source *attempt_source_new(struct flow *f, struct attempt *a)
{
	struct attempt_source *s = NEW(struct attempt_source);

	(void)f;
	s->b = box_of(a);
	splice_init(&s->splice, &a->edits, a->message.size);
	buf_init(&s->coded, CODED_MAX);
	return s;
}

static bool piece_next(struct attempt_source *s, struct str *piece_r,
		       struct err *e)
{
	struct splice_piece *p = &s->piece;
	bool codes = p->how != EDIT_TEXT;
	size_t n = (size_t)MIN_OF(p->len,
				  (uint64_t)(codes ? EDIT_STEP : BODY_CHUNK));

	if (!p->original) {
		*piece_r = p->text;
		s->in_piece = false;
		return true;
	}
	if (!s->room && !(s->b->body && body_bytes(s->b->body)))
		s->room = mem_alloc(BODY_CHUNK);
	TRY(original(s->b, p->off, n, s->room, piece_r, e));
	p->off += n;
	p->len -= n;
	s->in_piece = p->len > 0;
	if (codes) {
		buf_clear(&s->coded);
		edit_code(&s->coder, p->how, *piece_r, &s->coded);
		*piece_r = buf_str(&s->coded);
		if (!s->in_piece)
			s->coder = (struct edit_coder){0};
	}
	return true;
}

bool attempt_source_next(struct attempt_source *s, struct str *piece_r,
			 struct err *e)
{
	*piece_r = STR_EMPTY;
	if (!s->prefix_given) {
		s->prefix_given = true;
		*piece_r = s->b->a.prefix;
		if (piece_r->n)
			return true;
	}
	while (s->in_piece || splice_next(&s->splice, &s->piece)) {
		s->in_piece = true;
		TRY(piece_next(s, piece_r, e));
		if (piece_r->n)
			return true;
	}
	return true;
}

void attempt_source_free(struct attempt_source **sp)
{
	struct attempt_source *s = TAKE(*sp);

	if (!s)
		return;
	buf_release(&s->coded);
	mem_free(s->room);
	mem_free(s);
}

struct str attempt_header(struct attempt *a, size_t most, struct arena *arena)
{
	struct box *b = box_of(a);
	size_t n = (size_t)MIN_OF(a->message.size, (uint64_t)most);
	char *room = arena_alloc(arena, most);
	struct header_scan scan;
	struct str head;
	struct err e = ERR_EMPTY;

	if (!original(b, 0, n, room, &head, &e))
		return STR_EMPTY;
	header_scan(head, b->f->c.config->hostname, &scan);
	if (scan.header_len)
		head = str_head(head, scan.header_len);
	return arena_str(arena, head);
}
