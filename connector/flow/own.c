/* own.c - our own mail: notices, DSNs, copies; messages of kind `notice`.
 *
 * Added to the job of the thing they tell of, so that neither exists without
 * the other.  Envelope `<>` to people inside; no policy; ledger rows like any
 * other message.  An attached original is not copied: the notice borrows its
 * body and puts a head and a tail around it.
 */
#include "connector/flow/flow_int.h"

#define TOKEN_LIFE_US (90 * US_PER_DAY)
#define CHECK_DIGITS  4
#define OWN_HEAD_MAX  (256 * KIB)
#define DSN_HEAD_MAX  (4 * MIB) /* recipients and their answers */
#define DSN_RCPTS_MAX 1000	/* in one report; the rest has others */
#define AROUND_MAX    (DSN_HEAD_MAX + OWN_HEAD_MAX + 64 * KIB)

struct own {
	struct flow *f;
	struct store_job *job;
	const struct own_about *about;
	struct str from, to; /* envelope */
	unsigned notify;
	struct str prefix;
	struct buf head, tail;
	bool around; /* head and tail around the original */
	bool plain;  /* the original as it is, with a prefix */
	bool smtputf8;
};

static struct str own_message_id(struct flow *f, struct arena *a, int64_t id,
				 const char *what)
{
	char text[ID_TEXT_LEN + 1];

	id_text(id, text);
	return str_of(arena_printf(a, "<%s.%s@%s>", text, what,
				   f->c.config->hostname));
}

/* One edit holds so much only; a DSN about a thousand recipients is more. */
static void around_add(struct edits *e, uint64_t off, struct str text)
{
	while (text.n) {
		size_t n = MIN_OF(text.n, (size_t)EDIT_REPLACEMENT_MAX);

		e->v[e->n++] = (struct edit){.off = off,
					     .text = str_head(text, n)};
		text = str_skip(text, n);
	}
}

static struct str around_shapes(struct own *o, struct arena *a)
{
	struct edits e = {.n = 0};
	AUTO(buf) one = BUF_MAX(AROUND_MAX);
	AUTO(buf) all = BUF_MAX(AROUND_MAX + 64);

	e.v = arena_array(a, AROUND_MAX / EDIT_REPLACEMENT_MAX + 2,
			  sizeof(*e.v));
	around_add(&e, 0, buf_str(&o->head));
	around_add(&e, o->about->m->size, buf_str(&o->tail));
	edits_write(&e, &one);
	buf_put_u32(&all, 1);
	buf_put_bytes(&all, buf_str(&one));
	must(buf_ok(&all));
	return arena_str(a, buf_str(&all));
}

static void own_body(struct own *o, struct store_message *m, struct arena *a)
{
	const struct store_message *about = o->about ? o->about->m : NULL;

	if (!about || (!o->around && !o->plain)) {
		m->place = BODY_INLINE;
		m->bytes = arena_str(a, buf_str(&o->head));
		m->size = m->bytes.n;
		m->body = has_8bit_bytes(m->bytes) ? MAIL_BODY_8BIT
						   : MAIL_BODY_7BIT;
		m->smtputf8 = o->smtputf8 || !str_is_ascii(o->to);
		sha256_of(m->bytes.p, m->bytes.n, m->digest);
		return;
	}
	m->place = BODY_OF_OTHER;
	m->of = about->place == BODY_OF_OTHER ? about->of : about->id;
	m->size = about->size;
	m->body = about->body;
	if (m->body == MAIL_BODY_7BIT && o->around &&
	    (has_8bit_bytes(buf_str(&o->head)) ||
	     has_8bit_bytes(buf_str(&o->tail))))
		m->body = MAIL_BODY_8BIT;
	m->smtputf8 = about->smtputf8 || !str_is_ascii(o->to);
	memcpy(m->digest, about->digest, SHA256_LEN);
	if (o->around)
		m->edits = around_shapes(o, a);
}

/* False: not to this address. */
static bool own_add(struct own *o, int64_t id, struct str message_id,
		    const struct tenant_conf *tenant)
{
	struct flow *f = o->f;
	struct arena *a = store_job_arena(o->job);
	int64_t now = flow_now(f);
	struct json *detail = json_object();
	struct str bare = message_id;
	struct store_rcpt r = {
		.address = arena_str(a, o->to),
		.key = arena_str(a, o->to),
		.notify = o->notify,
		.state = RCPT_READY,
		.due_us = now,
		.ready_us = now,
	};
	struct store_message m = {
		.id = id,
		.kind = MESSAGE_NOTICE,
		.from = arena_str(a, o->from),
		.tenant = str_of(tenant->tenant),
		.accepted_us = now,
		.about = o->about ? o->about->m->id : 0,
		.decided = true,
		.prefix = o->prefix,
		.language = str_of(f->c.config->language),
	};

	/* Its text is somebody's mail: a "sender" must not lead it out. */
	if (!o->plain && addr_routes_on(o->to)) {
		LOG(&f->log, LOG_WARN, "no-notice", LSTR("to", o->to));
		json_free(&detail);
		return false;
	}
	if (bare.n > 2 && bare.p[0] == '<')
		bare = str_n(bare.p + 1, bare.n - 2);
	m.message_id = arena_str(a, bare);
	own_body(o, &m, a);
	routes_set(tenant, m.from, &r, 1, a);
	store_add_message(o->job, &m, &r, 1);
	f->ready = true;
	json_add_int(detail, "recipients", 1);
	json_add_cstr(detail, "kind", "notice");
	if (m.about)
		json_add_int(detail, "about", m.about);
	audit_add(f, o->job, now, id, "engine", "accepted", detail);
	return true;
}

static const struct tenant_conf *any_tenant(struct flow *f)
{
	return f->c.config->tenant_n ? &f->c.config->tenant[0] : NULL;
}

static void notice_fill(struct flow *f, const struct own_about *about,
			const struct tenant_conf *t, struct notice *n)
{
	const struct config *c = f->c.config;

	n->from = str_of(t->notices_from);
	n->from_name = STR("Sekisho");
	n->hostname = str_of(c->hostname);
	n->public_url = str_of(c->public_url);
	n->date_us = flow_now(f);
	n->tz = c->timezone;
	n->seed_form_only = c->notices.seed_form_only;
	n->language = str_of(t->language ? t->language : c->language);
	if (!about)
		return;
	if (about->m->language.n)
		n->language = about->m->language;
	n->subject = about->m->subject;
	n->original_from = about->m->sender;
	n->original_8bit = about->m->body != MAIL_BODY_7BIT;
}

bool own_notice(struct flow *f, struct store_job *job,
		const struct own_about *about, struct notice *n)
{
	const struct tenant_conf *t = about ? about->tenant : any_tenant(f);
	struct arena *a = store_job_arena(job);
	struct own o = {.f = f,
			.job = job,
			.about = about,
			.to = n->to,
			.around = n->attach_original,
			.head = BUF_MAX(OWN_HEAD_MAX),
			.tail = BUF_MAX(OWN_HEAD_MAX)};
	int64_t id = id_next(&f->ids, flow_now(f));
	struct err e = ERR_EMPTY;
	bool ok;

	if (!t || !t->notices_from || n->to.n == 0)
		return false;
	notice_fill(f, about, t, n);
	if (about) {
		char text[ID_TEXT_LEN + 1];

		id_text(about->m->id, text);
		n->id = str_of(arena_printf(a, "%s", text));
	}
	n->message_id = own_message_id(f, a, id, "notice");
	if (about && about->m->message_id.n)
		n->in_reply_to = str_of(arena_printf(
			a, "<" STR_FMT ">", STR_ARG(about->m->message_id)));
	ok = notice_write(f->c.notices, n, &o.head, &o.tail, &e);
	if (!ok)
		LOG(&f->log, LOG_ERROR, "no-notice", LE(&e));
	ok = ok && own_add(&o, id, n->message_id, t);
	buf_release(&o.head);
	buf_release(&o.tail);
	return ok;
}

/* Is the report itself in UTF-8? Where the original leaves it the choice it is
 * ASCII, which every hop takes: a report that fails is lost. */
static bool dsn_is_wide(const struct store_message *m, const struct own_dsn *d,
			bool whole)
{
	bool ascii = whole ? m->body == MAIL_BODY_7BIT
			   : str_is_ascii(d->header);

	return m->smtputf8 && !(ascii && str_is_ascii(m->from));
}

/* As many of the recipients as one report holds, in head and tail. */
static size_t dsn_fit(struct own *o, struct dsn *dsn)
{
	dsn->rcpt_n = MIN_OF(dsn->rcpt_n, (size_t)DSN_RCPTS_MAX);
	for (;;) {
		buf_clear(&o->head);
		buf_clear(&o->tail);
		dsn_write(dsn, &o->head, &o->tail);
		if (dsn->rcpt_n == 1 || (buf_ok(&o->head) && buf_ok(&o->tail)))
			return dsn->rcpt_n;
		dsn->rcpt_n /= 2;
	}
}

/* One report of the recipients from `from` on. Returns how many it tells;
 * 0: there is no way to the sender. */
static size_t one_dsn(struct flow *f, struct store_job *job,
		      const struct own_about *about, const struct own_dsn *d,
		      size_t from)
{
	const struct tenant_conf *t = about->tenant;
	const struct store_message *m = about->m;
	struct arena *a = store_job_arena(job);
	/* RFC 3461 4.3: RET says what of the original; failures only. */
	bool whole = m->ret == DSN_RET_FULL && d->action == DSN_ACT_FAILED &&
		     from == 0;
	bool wide = dsn_is_wide(m, d, whole);
	struct own o = {.f = f,
			.job = job,
			.about = about,
			.to = m->from,
			.smtputf8 = wide,
			.around = whole,
			.head = BUF_MAX(DSN_HEAD_MAX),
			.tail = BUF_MAX(OWN_HEAD_MAX)};
	int64_t id = id_next(&f->ids, flow_now(f));
	struct dsn dsn = {
		.reporting_mta = str_of(f->c.config->hostname),
		.from = str_of(t->notices_from),
		.to = m->from,
		.envid = m->envid,
		.message_id = own_message_id(f, a, id, "dsn"),
		.subject = m->subject,
		.date_us = flow_now(f),
		.arrival_us = m->accepted_us,
		.tz = f->c.config->timezone,
		.smtputf8 = wide,
		.rcpt = d->rcpt + from,
		.rcpt_n = d->rcpt_n - from,
		.whole_original = whole,
		.original_header = d->header,
		.original_8bit = m->body != MAIL_BODY_7BIT,
	};
	size_t n;

	if (m->message_id.n)
		dsn.original_message_id = str_of(arena_printf(
			a, "<" STR_FMT ">", STR_ARG(m->message_id)));
	n = dsn_fit(&o, &dsn);
	if (!own_add(&o, id, dsn.message_id, t))
		n = 0;
	buf_release(&o.head);
	buf_release(&o.tail);
	return n;
}

bool own_dsn(struct flow *f, struct store_job *job,
	     const struct own_about *about, const struct own_dsn *d)
{
	size_t at = 0;

	while (at < d->rcpt_n) {
		size_t n = one_dsn(f, job, about, d, at);

		if (n == 0)
			return false;
		at += n;
	}
	return true;
}

void own_copy(struct flow *f, struct store_job *job,
	      const struct own_about *about, struct str to)
{
	struct own o = {.f = f,
			.job = job,
			.about = about,
			.to = to,
			.plain = true,
			.prefix = about->m->prefix};
	int64_t id = id_next(&f->ids, flow_now(f));

	if (to.n == 0)
		return;
	/* The copy is the mail itself: it keeps its own Message-ID, which is
	 * not ours to look up. */
	own_add(&o, id, own_message_id(f, store_job_arena(job), id, "copy"),
		about->tenant);
}

void own_brake(struct flow *f, struct store_job *job,
	       const struct own_about *about, struct notice *n)
{
	n->kind = NOTICE_COPY;
	n->attach_original = true;
	own_token(f, job, LINK_BRAKE, about->m->id, n->to, n->due_us, &n->token,
		  &n->check_number);
	own_notice(f, job, about, n);
}

/* Some recipient has left its gates already: the copies went with it. */
static bool released_before(struct flow *f, int64_t id)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct store_found found;
	struct err e = ERR_EMPTY;

	if (!store_show(f->reader, id, &a, &found, &e))
		return false; /* it is being added now, or better twice */
	for (size_t i = 0; i < found.rcpt_n; i++)
		if (found.rcpt[i].ready_us)
			return true;
	return false;
}

void own_release_copies(struct flow *f, struct store_job *job,
			const struct own_about *about)
{
	struct err e = ERR_EMPTY;
	struct json *plan;
	const struct json *copies;

	/* The plan of most mails names no copy at all. */
	if (str_find(about->m->plan, STR("\"released\"")) < 0 ||
	    released_before(f, about->m->id))
		return;
	plan = json_parse(about->m->plan, &e);
	copies = plan ? json_get(plan, "copies") : NULL;
	for (size_t i = 0; copies && i < json_size(copies); i++) {
		const struct json *c = json_at(copies, i);

		if (strcmp(json_get_cstr(c, "when", ""), "released") == 0)
			own_copy(f, job, about,
				 str_of(json_get_cstr(c, "to", "")));
	}
	json_free(&plan);
}

void own_alarm(struct flow *f, struct store_job *job, const char *cause,
	       struct str ja, struct str en)
{
	const struct config *c = f->c.config;

	for (size_t i = 0; i < c->admins.n; i++) {
		struct notice n = {
			.kind = NOTICE_ALARM,
			.to = str_of(c->admins.v[i]),
			.cause = str_of(cause),
			.own_text = {ja, en},
		};

		own_notice(f, job, NULL, &n);
	}
}

bool own_admins(struct flow *f, struct store_job *job,
		const struct own_about *about, const struct str *whom, size_t n)
{
	const struct config *c = f->c.config;
	bool told = n == 0;

	for (size_t i = 0; n && i < c->admins.n; i++) {
		struct notice it = {
			.kind = NOTICE_HELD_ADMIN,
			.to = str_of(c->admins.v[i]),
			.recipient = whom,
			.recipient_n = n,
			.then = NOTICE_THEN_WAIT,
		};

		told |= own_notice(f, job, about, &it);
	}
	return told;
}

/* A mail of a person, as far as the tenant's rules can see: only so it shows
 * that theirs is led to us. Nobody is told when it fails: that is an alarm. */
void own_canary(struct flow *f, struct store_job *job,
		const struct tenant_conf *t, int64_t id, struct str mark)
{
	struct header_add add[] = {{STR(CANARY_HEADER), mark}};
	struct own o = {.f = f,
			.job = job,
			.from = str_of(t->notices_from),
			.to = str_of(t->canary.to),
			.notify = DSN_NEVER,
			.head = BUF_MAX(OWN_HEAD_MAX),
			.tail = BUF_MAX(OWN_HEAD_MAX)};
	struct own_mail mail = {
		.from_name = STR("Sekisho"),
		.from = o.from,
		.to = o.to,
		.subject = STR("Sekisho canary"),
		.message_id = own_message_id(f, store_job_arena(job), id,
					     CANARY_NAME),
		.date_us = flow_now(f),
		.tz = f->c.config->timezone,
		.language = STR("en"),
		.more = add,
		.more_n = ARRAY_LEN(add),
		.text = STR("関所の試しのメールです。関所に戻れば、ここで"
			    "終わります。\r\n"
			    "A test mail of the gate: it ends when it has come "
			    "back there.\r\n"),
	};

	own_mail_write(&mail, &o.head, &o.tail);
	own_add(&o, id, mail.message_id, t);
	buf_release(&o.head);
	buf_release(&o.tail);
}

bool own_is_canary(const struct flow *f, const struct store_message *m)
{
	struct str tail = str_skip(m->message_id, ID_TEXT_LEN);

	return m->kind == MESSAGE_NOTICE &&
	       str_starts(tail, STR("." CANARY_NAME "@")) &&
	       str_is(str_skip(tail, sizeof("." CANARY_NAME "@") - 1),
		      f->c.config->hostname);
}

void own_token(struct flow *f, struct store_job *job, enum own_link kind,
	       int64_t id, struct str person, int64_t due_us,
	       struct str *token_r, struct str *number_r)
{
	struct arena *a = store_job_arena(job);
	char *token = arena_alloc(a, TOKEN_TEXT_LEN + 1);
	char *digits = arena_alloc(a, CHECK_DIGITS + 1);
	char both[TOKEN_TEXT_LEN + CHECK_DIGITS + 1];
	struct store_token t = {
		.kind = (char)kind,
		.message = id,
		.person = person,
		.expires_us = MAX_OF(due_us, flow_now(f)) + TOKEN_LIFE_US,
	};

	token_new(token);
	digits_new(digits, CHECK_DIGITS);
	sha256_of(token, TOKEN_TEXT_LEN, t.hash);
	snprintf(both, sizeof(both), "%s%s", token, digits);
	sha256_of(both, strlen(both), t.check);
	mem_wipe(both, sizeof(both));
	store_add_token(job, &t);
	*token_r = str_of(token);
	*number_r = str_of(digits);
}
