/* digest.c - one mail to each sender about all that was held since the last
 * one, instead of a mail for each: for all with `notices.hold: digest`, and for
 * those who send bulk mail.
 *
 * Runs every DIGEST_EVERY_US; a message stands in one digest only, with a link
 * and a number of its own.  What left before needs no notice.
 */
#include "connector/flow/flow_int.h"

#define DIGEST_KEY	"digest-at"
#define SENDERS_KEY	"digest-senders"
#define SENDERS_MAX	(4 * MIB)
#define DIGEST_MESSAGES 500 /* looked at in one run, newest first */
/* Of one language: a notice takes 64 KiB, and one message more fits in. */
#define DIGEST_TEXT_FULL (32 * KIB)
#define DIGEST_TEXT_MAX	 (2 * DIGEST_TEXT_FULL)
#define BULK_WAIT_US	 (5 * US_PER_MIN) /* for more of the same sender */
#define BULK_SENDERS	 10000
#define DIGEST_AGAIN_US	 US_PER_S /* the store could not be asked */

struct digest {
	struct flow *f;
	struct arena arena;
	struct store_job *job;
	int64_t since_us;
	struct store_found *found;
	size_t n;
	bool *told;
	struct map senders; /* of bulk mail: who is told */
	bool all;	    /* everybody is */
};

static char *sender_key(const struct store_message *m)
{
	return mem_printf(STR_FMT "\n" STR_FMT, STR_ARG(m->tenant),
			  STR_ARG(m->sender));
}

/* Who waits for a digest waits for it after a restart, too. */
static void senders_keep(struct flow *f, struct store_job *job)
{
	AUTO(buf) wire = BUF_MAX(SENDERS_MAX);
	struct str key;
	size_t at = 0;
	void *since;

	while (map_next(&f->digest_senders, &at, &key, &since)) {
		buf_put_bytes(&wire, key);
		buf_put_u64(&wire, (uint64_t) * (int64_t *)since);
	}
	if (buf_ok(&wire))
		store_put_value(job, STR(SENDERS_KEY), buf_str(&wire));
}

static void sender_add(struct flow *f, struct str key, int64_t since_us)
{
	int64_t *since = NEW(int64_t);

	*since = since_us;
	map_put(&f->digest_senders, key, since);
}

bool digest_load(struct flow *f, struct err *e)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct str wire;
	struct rd in;

	TRY(store_value(f->reader, STR(SENDERS_KEY), &a, &wire, e));
	in = rd_of(wire);
	f->digest_next_us = clock_monotonic_us() + BULK_WAIT_US;
	while (in.n && !in.bad && f->digest_senders.n < BULK_SENDERS) {
		struct str key = rd_bytes(&in, rd_u32(&in));
		int64_t since_us = (int64_t)rd_u64(&in);

		if (!in.bad && !map_get(&f->digest_senders, key))
			sender_add(f, key, since_us);
	}
	return true;
}

void digest_wanted(struct flow *f, struct store_job *job,
		   const struct store_message *m)
{
	AUTO_STR key = sender_key(m);

	if (f->c.config->notices.hold == HOLD_NOTICE_NONE || !m->sender.n ||
	    f->digest_senders.n >= BULK_SENDERS ||
	    map_get(&f->digest_senders, str_of(key)))
		return;
	if (!f->digest_senders.n)
		f->digest_next_us = MAX_OF(f->digest_next_us,
					   clock_monotonic_us() + BULK_WAIT_US);
	sender_add(f, str_of(key), m->accepted_us);
	senders_keep(f, job);
}

static void senders_release(struct map *m)
{
	size_t at = 0;
	struct str key;
	void *v;

	while (map_next(m, &at, &key, &v))
		mem_free(v);
	map_release(m);
}

void digest_release(struct flow *f)
{
	senders_release(&f->digest_senders);
}

/* Since when he is told; INT64_MAX: he is not. */
static int64_t told_since(const struct digest *d, const struct store_message *m)
{
	AUTO_STR key = NULL;
	const int64_t *since;

	if (d->all)
		return d->since_us + 1;
	key = sender_key(m);
	since = map_get(&d->senders, str_of(key));
	return since ? *since : INT64_MAX;
}

/* Held by the sender's own gate, since the last digest. */
static bool speaks_of(struct digest *d, size_t i)
{
	const struct store_found *it = &d->found[i];

	if (d->told[i] || it->message.kind != MESSAGE_MAIL ||
	    it->message.sender.n == 0 ||
	    it->message.accepted_us < told_since(d, &it->message))
		return false;
	for (size_t k = 0; k < it->rcpt_n; k++) {
		struct gate *g;
		size_t n;

		if (it->rcpt[k].state == RCPT_HELD &&
		    flow_gates_read(it->rcpt[k].gates, &d->arena, &g, &n) &&
		    it->rcpt[k].gate < n &&
		    gate_is_senders(&g[it->rcpt[k].gate]))
			return true;
	}
	return false;
}

/* What the clock will do, in the words of a single notice. */
struct end_words {
	const char *ja, *en;
};
static const struct end_words end_words[] = {
	[THEN_SEND] = {"自動的に配送されます", "sent automatically"},
	[THEN_DISCARD] = {"自動的に破棄されます", "discarded automatically"},
	[THEN_RETURN] = {"送らずにお返しします", "returned to you, not sent,"},
	[THEN_WAIT] = {NULL, NULL},
	[THEN_ESCALATE] = {"次の段階へ進みます", "passed on to the next stage"},
};

static void add_end(const struct digest *d, const struct gates_end *end,
		    bool ja, struct buf *out)
{
	const struct end_words *w = &end_words[end->then];

	if (!end->due_us || !w->ja) {
		buf_puts(out, ja ? "※確認ページで送信するまで配送されません。\n"
				 : "* It is not sent until you send it on that "
				   "page.\n");
		return;
	}
	buf_puts(out, ja ? "※" : "* ");
	if (!ja)
		buf_printf(out, "Will be %s at ", w->en);
	time_put_notice(out, d->f->c.config->timezone, end->due_us);
	if (ja)
		buf_printf(out, "に、%s。\n", w->ja);
	else
		buf_puts(out, ".\n");
}

static void add_line(struct digest *d, const struct store_found *it, bool ja,
		     struct str token, struct str number,
		     const struct gates_end *end, struct buf *out)
{
	const struct config *c = d->f->c.config;
	size_t before;

	buf_puts(out, out->n ? "\n" : "");
	buf_puts(out, ja ? "[件名] " : "[Subject] ");
	before = out->n;
	utf8_clean(out, it->message.subject, 60);
	if (out->n == before)
		buf_puts(out, ja ? "(件名なし)" : "(no subject)");
	buf_printf(out, "\n[URL] %sm/" STR_FMT "\n", c->public_url,
		   STR_ARG(token));
	buf_printf(out,
		   ja ? "[確認番号] " STR_FMT "\n"
		      : "[Check number] " STR_FMT "\n",
		   STR_ARG(number));
	add_end(d, end, ja, out);
}

static void add_message(struct digest *d, const struct store_found *it,
			struct buf *ja, struct buf *en)
{
	struct str token, number;
	struct gates_end end = {0, THEN_WAIT};

	for (size_t k = 0; k < it->rcpt_n; k++)
		gates_end_add(&end, &it->rcpt[k], &d->arena);
	own_token(d->f, d->job, LINK_HELD, it->message.id, it->message.sender,
		  end.due_us, &token, &number);
	add_line(d, it, true, token, number, &end, ja);
	add_line(d, it, false, token, number, &end, en);
}

/* Everything of the sender of message i; what does not fit stands in another
 * one, which the next message begins. */
static void tell_sender(struct digest *d, size_t i)
{
	const struct store_message *m = &d->found[i].message;
	struct store_message head = {.id = m->id,
				     .tenant = m->tenant,
				     .sender = m->sender,
				     .language = m->language};
	struct own_about about = {&head, flow_tenant(d->f, m->tenant),
				  flow_now(d->f)};
	struct notice n = {.kind = NOTICE_DIGEST, .to = m->sender};
	AUTO(buf) ja = BUF_MAX(DIGEST_TEXT_MAX);
	AUTO(buf) en = BUF_MAX(DIGEST_TEXT_MAX);

	for (size_t k = i;
	     k < d->n && ja.n < DIGEST_TEXT_FULL && en.n < DIGEST_TEXT_FULL;
	     k++) {
		if (!str_eq(d->found[k].message.sender, m->sender) ||
		    !str_eq(d->found[k].message.tenant, m->tenant) ||
		    !speaks_of(d, k))
			continue;
		d->told[k] = true;
		add_message(d, &d->found[k], &ja, &en);
		n.count++;
	}
	n.own_text = (struct notice_text){buf_str(&ja), buf_str(&en)};
	if (about.tenant)
		own_notice(d->f, d->job, &about, &n);
}

struct telling {
	struct flow *f;
	struct map senders;
};

static void on_told(void *arg, struct store_job *job, const struct err *why)
{
	struct telling *t = arg;
	struct flow *f = t->f;
	struct str key;
	size_t at = 0;
	void *v;

	(void)job;
	if (why)
		LOG(&f->log, LOG_ERROR, "no-digest", LE(why));
	/* Those who were not told are told next time. */
	while (why && map_next(&t->senders, &at, &key, &v)) {
		void *newer = map_put(&f->digest_senders, key, v);

		mem_free(newer);
	}
	if (why)
		map_release(&t->senders);
	else
		senders_release(&t->senders);
	flow_wake(f);
	mem_free(t);
}

static bool last_digest(struct digest *d, struct err *e)
{
	struct str value = STR_EMPTY;
	uint64_t us = 0;

	TRY(store_value(d->f->reader, STR(DIGEST_KEY), &d->arena, &value, e));
	d->since_us = value.n && str_u64(value, &us) ? (int64_t)us : 0;
	return true;
}

/* False: the store cannot be asked. */
static bool digest_run(struct digest *d, struct err *e)
{
	struct store_query q = {.open_only = true,
				.state = STR("held"),
				.limit = DIGEST_MESSAGES};
	struct telling *t;
	char now[24];
	bool any = false;

	TRY(last_digest(d, e) &&
	    store_list(d->f->reader, &q, &d->arena, &d->found, &d->n, e));
	d->told = arena_array(&d->arena, d->n + 1, sizeof(*d->told));
	d->job = store_job_new(d->f->c.store);
	for (size_t i = 0; i < d->n; i++) {
		if (!speaks_of(d, i))
			continue;
		any = true;
		tell_sender(d, i);
	}
	if (!any) {
		store_job_free(&d->job);
		return true;
	}
	t = NEW(struct telling);
	t->f = d->f;
	t->senders = d->senders;
	d->senders = MAP_EMPTY;
	snprintf(now, sizeof(now), "%lld", (long long)flow_now(d->f));
	store_put_value(d->job, STR(DIGEST_KEY), str_of(now));
	senders_keep(d->f, d->job);
	flow_submit(d->f, d->job, on_told, t);
	return true;
}

void digest_look(struct flow *f)
{
	struct digest d = {.f = f,
			   .arena = ARENA_EMPTY,
			   .all = f->c.config->notices.hold ==
				  HOLD_NOTICE_DIGEST};
	int64_t now = clock_monotonic_us();
	struct err e = ERR_EMPTY;

	if ((!d.all && !f->digest_senders.n) || now < f->digest_next_us)
		return;
	f->digest_next_us = now + DIGEST_EVERY_US;
	d.senders = f->digest_senders;
	f->digest_senders = MAP_EMPTY;
	if (!digest_run(&d, &e)) {
		LOG(&f->log, LOG_WARN, "no-digest", LE(&e));
		f->digest_next_us = now + DIGEST_AGAIN_US;
		f->digest_senders = d.senders;
		d.senders = MAP_EMPTY;
	}
	senders_release(&d.senders);
	arena_release(&d.arena);
}
