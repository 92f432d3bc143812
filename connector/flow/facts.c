/* facts.c - what a decision asks beside the message: who of the tenant has
 * written to its recipients before, how much its sender sends, and whether it
 * is a journal.
 *
 * Reading is by key, on the loop, and only when the policy asks.
 */
#include "connector/flow/flow_int.h"

/* Class `bulk` of policy/README.md: more recipients in an hour. */
#define BULK_RECIPIENTS 100
#define BULK_WINDOW_US	US_PER_HOUR
#define BULK_SENDERS	100000
#define BULK_STEPS	1000

/* ---- how much ---- */

static size_t count_of(const struct map *m, struct str key)
{
	return (size_t)(uintptr_t)map_get(m, key);
}

/* Two windows: this one, and what the last one still weighs. A window that
 * knows too many senders is begun anew: then mail is ordinary for a while. */
static void windows_move(struct flow *f, int64_t now_us)
{
	int64_t since = now_us - f->bulk_window_us;

	if (since < BULK_WINDOW_US && f->bulk_now.n < BULK_SENDERS)
		return;
	map_release(&f->bulk_last);
	if (since < 2 * BULK_WINDOW_US && f->bulk_now.n < BULK_SENDERS)
		f->bulk_last = f->bulk_now;
	else
		map_release(&f->bulk_now);
	f->bulk_now = MAP_EMPTY;
	f->bulk_window_us = now_us;
}

static struct str compared(struct str address, struct arena *a)
{
	struct addr addr;

	return addr_parse(address, true, false, a, &addr, NULL) ? addr.key
								: STR_EMPTY;
}

static struct str bulk_key(struct str tenant, struct str from, struct arena *a)
{
	return str_of(arena_printf(a, STR_FMT "\n" STR_FMT, STR_ARG(tenant),
				   STR_ARG(from)));
}

bool flow_sent_lately(struct flow *f, struct arena *a, struct store_sent **v_r,
		      size_t *n_r, struct err *e)
{
	return store_sent_since(f->reader, flow_now(f) - BULK_WINDOW_US, a, v_r,
				n_r, e);
}

/* The hour before the start is the last window. */
bool facts_load(struct flow *f, struct err *e)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct store_sent *v;
	size_t n;

	f->bulk_window_us = clock_monotonic_us();
	TRY(flow_sent_lately(f, &a, &v, &n, e));
	for (size_t i = 0; i < n; i++) {
		struct str key = bulk_key(v[i].tenant, compared(v[i].from, &a),
					  &a);
		size_t have = count_of(&f->bulk_last, key);

		map_put(&f->bulk_last, key,
			(void *)(uintptr_t)(have + v[i].recipients));
	}
	return true;
}

static bool is_bulk(struct flow *f, struct judged *j)
{
	int64_t now = clock_monotonic_us();
	struct str key = bulk_key(str_of(j->tenant->tenant), j->env.from.key,
				  &j->arena);
	size_t here, last;

	windows_move(f, now);
	here = count_of(&f->bulk_now, key) + j->rcpt_n;
	map_put(&f->bulk_now, key, (void *)(uintptr_t)here);
	last = count_of(&f->bulk_last, key) *
	       (size_t)((BULK_WINDOW_US - (now - f->bulk_window_us)) *
			BULK_STEPS / BULK_WINDOW_US) /
	       BULK_STEPS;
	return here + last > BULK_RECIPIENTS;
}

void facts_release(struct flow *f)
{
	map_release(&f->bulk_now);
	map_release(&f->bulk_last);
}

/* ---- where to ---- */

static bool is_journal(const struct judged *j)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct addr journal;

	if (!j->tenant->journal || !addr_parse(str_of(j->tenant->journal), true,
					       false, &a, &journal, NULL))
		return false;
	for (size_t i = 0; i < j->env.rcpt_n; i++)
		if (!addr_same(&j->env.rcpt[i].addr, &journal))
			return false;
	return j->env.rcpt_n > 0;
}

/* ---- who before ---- */

static bool past_of(struct judged *j, struct str sender, size_t i,
		    struct rcpt_past *past, struct err *e)
{
	struct str *v;

	TRY(store_past_of(j->f->reader, str_of(j->tenant->tenant),
			  j->rcpt[i].key, sender, &j->arena, &v,
			  &past->sender_n, &past->more, e));
	past->sender = v;
	return true;
}

/* NULL: nobody knows, and the policy takes the stricter answer. */
static const struct rcpt_past *past_read(struct judged *j)
{
	const struct policy *p = j->policy->policy;
	struct str sender = compared(j->m.sender, &j->arena);
	struct rcpt_past *past = arena_array(&j->arena, j->rcpt_n,
					     sizeof(*past));
	struct err e = ERR_EMPTY;

	for (size_t i = 0; i < j->rcpt_n; i++) {
		if (policy_recipient_class(p, j->rcpt[i].address) ==
			    RCPT_INTERNAL ||
		    past_of(j, sender, i, &past[i], &e))
			continue;
		LOG(&j->log, LOG_ERROR, "no-past", LE(&e));
		return NULL;
	}
	return past;
}

void facts_fill(struct judged *j, struct facts *f)
{
	*f = (struct facts){
		.env = &j->env,
		.view = &j->view,
		.size = j->m.size,
		.accepted_us = j->decide_us,
		/* In mode `hold` the flow lets nothing out; the plan is that of
		 * a normal day, so that mail moves on when the mode ends. */
		.mode = atomic_load(&j->f->mode) == MODE_PASS ? MODE_PASS
							      : MODE_NORMAL,
		.tenant_domains = (const char *const *)j->tenant->domains.v,
		.tenant_domain_n = j->tenant->domains.n,
		.findings = j->found ? &j->findings : NULL,
		.journal = is_journal(j),
	};
	j->m.sender = policy_sender(f, &j->arena);
	/* A mail that is decided again is counted once. */
	if (!j->counted_bulk && j->env.from.key.n)
		j->bulk = is_bulk(j->f, j);
	j->counted_bulk = true;
	f->bulk = j->bulk;
	f->known = known_of(j->f, j->tenant->tenant);
	if (policy_needs(j->policy->policy) & NEEDS_PAST)
		f->past = past_read(j);
}

/* ---- what will be the past ---- */

/* It was delivered: its sender has written to him. Mail of machines and what
 * stays inside counts nothing. */
void past_keep(struct flow *f, struct store_job *job, const struct attempt *a,
	       const struct attempt_rcpt *r)
{
	const struct store_message *m = &a->message;
	struct arena *arena = store_job_arena(job);
	struct store_past row = {.recipient = r->row.key,
				 .count = 1,
				 .last_us = r->row.ended_us};

	if (!f->policy || m->kind != MESSAGE_MAIL || !m->from.n ||
	    !m->sender.n ||
	    policy_recipient_class(f->policy->policy, r->row.address) ==
		    RCPT_INTERNAL)
		return;
	row.sender = compared(m->sender, arena);
	if (row.sender.n)
		store_add_past(job, m->tenant, &row);
}
