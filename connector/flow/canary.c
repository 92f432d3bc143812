/* canary.c - a mail of our own that goes through the whole loop: out by the
 * tenant's way without the done header, so that the tenant's own rule leads it
 * back to us, where it is known again and sunk.
 *
 * It is known by a MAC under a key of this store, over tenant and id, and only
 * when the mail has proved the tenant and goes to the canary's address alone.
 * All else is an ordinary mail.
 */
#include "connector/base/codec.h"
#include "connector/flow/flow_int.h"

/* No name that `sekisho secret set` takes: nobody else writes it. */
#define KEY_NAME STR("canary key")
#define MAC_LEN	 16	    /* bytes of it in the header */
#define LIFE_US	 US_PER_DAY /* later it may wake old habits: not sunk */

static struct flow_canary *canary_of(struct flow *f, struct str tenant)
{
	struct flow_canary *c = map_get(&f->canaries, tenant);

	if (!c) {
		c = NEW(struct flow_canary);
		map_put(&f->canaries, tenant, c);
	}
	return c;
}

void canary_release(struct flow *f)
{
	size_t at = 0;
	struct str key;
	void *value;

	while (map_next(&f->canaries, &at, &key, &value))
		mem_free(value);
	map_release(&f->canaries);
	mem_wipe(f->canary_key, sizeof(f->canary_key));
}

/* ---- its key and its mark ---------------------------------------------------- */

static void on_key(void *arg, struct store_job *job, const struct err *why)
{
	struct flow *f = arg;

	(void)job;
	if (why)
		LOG(&f->log, LOG_ERROR, "canary-key-not-kept", LE(why));
}

static void make_key(struct flow *f)
{
	struct store_job *job = store_job_new(f->c.store);

	random_bytes(f->canary_key, sizeof(f->canary_key));
	store_put_secret(job, KEY_NAME,
			 str_n(f->canary_key, sizeof(f->canary_key)));
	flow_submit(f, job, on_key, f);
}

/* Without one nothing of ours can be under way. */
static bool have_key(struct flow *f, bool make)
{
	struct arena a = ARENA_EMPTY;
	struct err e = ERR_EMPTY;
	struct str text = STR_EMPTY;
	bool asked;

	if (f->canary_keyed)
		return true;
	arena_init_secret(&a);
	asked = store_secret(f->reader, KEY_NAME, &a, &text, &e) ||
		e.class == ERR_NOT_FOUND;
	if (asked && text.n == sizeof(f->canary_key)) {
		memcpy(f->canary_key, text.p, text.n);
		f->canary_keyed = true;
	} else if (asked && make) {
		make_key(f);
		f->canary_keyed = true;
	}
	arena_release(&a);
	return f->canary_keyed;
}

static void mark_write(struct flow *f, struct str tenant, int64_t id,
		       struct buf *out)
{
	unsigned char mac[SHA256_LEN];
	char text[ID_TEXT_LEN + 1];
	AUTO(buf) over = BUF_MAX(1 * KIB);

	id_text(id, text);
	buf_printf(&over, "canary\n%s\n" STR_FMT, text, STR_ARG(tenant));
	hmac_sha256(f->canary_key, sizeof(f->canary_key), over.p, over.n, mac);
	buf_printf(out, "%s-", text);
	hex_encode(out, str_n(mac, MAC_LEN));
}

/* The only field of that name; empty when there are none or several. */
static struct str mark_of(struct str head)
{
	struct str rest = head, name, field, value = STR_EMPTY;
	unsigned n = 0;

	while (header_field_next(&rest, &name, &field)) {
		if (!str_is_ci(name, CANARY_HEADER))
			continue;
		value = str_trim(
			str_skip(field, (size_t)str_chr(field, ':') + 1));
		n++;
	}
	return n == 1 ? value : STR_EMPTY;
}

int64_t canary_known(struct judged *j, struct str head)
{
	struct flow *f = j->f;
	const char *to = j->tenant->canary.to;
	struct str mark = mark_of(head);
	AUTO(buf) want = BUF_MAX(128);
	int64_t id, age_us;

	if (!to || mark.n <= ID_TEXT_LEN || j->env.rcpt_n != 1 ||
	    !str_is_ci(j->env.rcpt[0].addr.text, to) ||
	    !id_parse(str_head(mark, ID_TEXT_LEN), &id) || !have_key(f, false))
		return 0;
	mark_write(f, str_of(j->tenant->tenant), id, &want);
	age_us = flow_now(f) - id_time_us(id);
	return str_eq_secret(mark, buf_str(&want)) && age_us < LIFE_US ? id : 0;
}

/* ---- out and back ------------------------------------------------------------ */

static void on_sent(void *arg, struct store_job *job, const struct err *why)
{
	struct flow *f = arg;

	(void)job;
	if (why)
		LOG(&f->log, LOG_ERROR, "canary-not-stored", LE(why));
	else
		flow_wake(f);
}

void flow_canary_send(struct flow *f, const struct tenant_conf *t)
{
	struct flow_canary *c = canary_of(f, str_of(t->tenant));
	AUTO(buf) mark = BUF_MAX(128);
	struct store_job *job;

	if (!t->canary.to || !have_key(f, true))
		return;
	c->id = id_next(&f->ids, flow_now(f));
	c->sent_us = flow_now(f);
	if (!c->waits_us)
		c->waits_us = c->sent_us;
	mark_write(f, str_of(t->tenant), c->id, &mark);
	job = store_job_new(f->c.store);
	own_canary(f, job, t, c->id, buf_str(&mark));
	metric_add(f->c.metrics, METRIC_CANARIES_SENT, 1);
	flow_submit(f, job, on_sent, f);
}

void canary_back(struct judged *j, int64_t id, struct store_job *job)
{
	struct flow *f = j->f;
	struct flow_canary *c = canary_of(f, str_of(j->tenant->tenant));
	struct json *detail = json_object();
	int64_t now = flow_now(f);

	c->back_us = now;
	c->waits_us = 0;
	c->round_us = now - id_time_us(id);
	json_add_cstr(detail, "tenant", j->tenant->tenant);
	json_add_str(detail, "client", j->m.client);
	json_add_int(detail, "round-ms", c->round_us / US_PER_MS);
	audit_add(f, job, now, id, "engine", "canary", detail);
	metric_add(f->c.metrics, METRIC_CANARIES_BACK, 1);
	metric_set(f->c.metrics, METRIC_CANARY_ROUND, c->round_us / US_PER_MS);
}

void flow_canary_look(struct flow *f, const struct tenant_conf *t,
		      struct flow_canary *c_r)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct store_found found;
	struct err e = ERR_EMPTY;

	*c_r = *canary_of(f, str_of(t->tenant));
	c_r->missing = c_r->waits_us &&
		       flow_now(f) - c_r->waits_us > 2 * t->canary.every_us;
	if (!c_r->id || !store_show(f->reader, c_r->id, &a, &found, &e) ||
	    found.rcpt_n == 0)
		return;
	c_r->accepted = found.rcpt[0].state == RCPT_DELIVERED;
	snprintf(c_r->state, sizeof(c_r->state), "%s",
		 rcpt_state_name(found.rcpt[0].state));
	snprintf(c_r->answer, sizeof(c_r->answer), STR_FMT,
		 STR_ARG(found.rcpt[0].answer));
}
