/* identity.c - is this mail new, a repeat, a split copy, or a loop?
 *
 * The key is (tenant, Message-ID, envelope recipient); the body digest is
 * evidence.  What follows from them stands in identity_find(), row by row.
 */
#include "connector/flow/flow_int.h"

enum known { KNOWN_NOT, KNOWN_OPEN, KNOWN_RELEASED };

static bool released(enum rcpt_state s)
{
	return s != RCPT_RECEIVED && s != RCPT_HELD;
}

/* It was on its way at least once: only that can come back. */
static bool left(enum rcpt_state s)
{
	return s == RCPT_SENDING || s == RCPT_DEFERRED || s == RCPT_UNKNOWN ||
	       s == RCPT_PARKED || s == RCPT_DELIVERED || s == RCPT_BOUNCED;
}

/* The newest row of this recipient under the key. */
static enum known rcpt_known(const struct store_found *found, size_t n,
			     struct str key, const struct store_found **in_r,
			     bool *left_r)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < found[i].rcpt_n; k++) {
			const struct store_rcpt *r = &found[i].rcpt[k];

			if (!str_eq(r->key, key))
				continue;
			*in_r = &found[i];
			*left_r = left(r->state);
			return released(r->state) ? KNOWN_RELEASED : KNOWN_OPEN;
		}
	}
	return KNOWN_NOT;
}

/* Anybody can write a Received field with an id that he has seen: it counts
 * beside our done header, or for the very bytes that left under that id. */
static bool is_trace(const struct judged *j, const struct store_message *m,
		     int64_t id)
{
	return m->id == id && (j->came_back || (m->edits.n == 0 &&
						memcmp(m->digest, j->m.digest,
						       SHA256_LEN) == 0));
}

static bool trace_known(const struct judged *j, const struct store_found *found,
			size_t n, const struct header_scan *scan)
{
	for (unsigned t = 0; t < scan->our_id_n; t++) {
		int64_t id;

		if (!id_parse(scan->our_id[t], &id))
			continue;
		for (size_t i = 0; i < n; i++)
			if (is_trace(j, &found[i].message, id))
				return true;
	}
	return false;
}

static bool is_open(const struct store_found *found)
{
	for (size_t k = 0; k < found->rcpt_n; k++)
		if (!rcpt_state_ended(found->rcpt[k].state))
			return true;
	return false;
}

/* Then its sender was told, or somebody waits for him. */
static bool is_held(const struct store_found *found)
{
	for (size_t k = 0; k < found->rcpt_n; k++)
		if (found->rcpt[k].state == RCPT_HELD)
			return true;
	return false;
}

struct tally {
	size_t unknown, open_same, open_other, left;
	const struct store_found *first; /* of open_same */
	bool one_first;
};

static void tally_rcpts(const struct judged *j, const struct store_found *found,
			size_t n, struct tally *t)
{
	t->one_first = true;
	for (size_t i = 0; i < j->rcpt_n; i++) {
		const struct store_found *in = NULL;
		bool was_sent = false;

		switch (rcpt_known(found, n, j->rcpt[i].key, &in, &was_sent)) {
		case KNOWN_NOT:
			t->unknown++;
			break;
		case KNOWN_RELEASED:
			t->left += was_sent;
			break;
		case KNOWN_OPEN:
			if (memcmp(in->message.digest, j->m.digest,
				   SHA256_LEN) != 0) {
				t->open_other++;
				break;
			}
			t->open_same++;
			if (t->first && t->first != in)
				t->one_first = false;
			t->first = in;
			break;
		}
	}
}

static enum identity without_trace(const struct judged *j,
				   const struct store_found *found, size_t n,
				   const struct tally *t, int64_t now_us,
				   int64_t *first_id_r, int64_t *first_us_r)
{
	if (t->open_same == j->rcpt_n && t->one_first && t->first) {
		*first_id_r = t->first->message.id;
		return IDENTITY_REPEAT;
	}
	if (t->unknown != j->rcpt_n)
		return IDENTITY_NEW; /* other bytes, or the sender's resend */
	for (size_t i = 0; i < n; i++) {
		const struct store_message *m = &found[i].message;

		if (memcmp(m->digest, j->m.digest, SHA256_LEN) != 0 ||
		    !str_eq(m->from, j->m.from) ||
		    now_us - m->accepted_us >= JOIN_MOST_US ||
		    !is_open(&found[i]))
			continue;
		*first_id_r = is_held(&found[i]) ? m->id : 0;
		*first_us_r = m->accepted_us;
		return IDENTITY_JOIN;
	}
	return IDENTITY_NEW;
}

/* How often the first recipient was sent it: the count where a way back has
 * lost our Received lines, or somebody has written one. */
static size_t passes(const struct judged *j, const struct store_found *found,
		     size_t n)
{
	size_t times = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < found[i].rcpt_n; k++)
			times += str_eq(found[i].rcpt[k].key, j->rcpt[0].key) &&
				 left(found[i].rcpt[k].state);
	return times;
}

enum identity identity_find(struct flow *f, const struct judged *j,
			    const struct header_scan *scan, int64_t now_us,
			    int64_t *first_id_r, int64_t *first_us_r)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct store_found *found = NULL;
	struct tally t = {0};
	struct err e = ERR_EMPTY;
	bool trace = scan->our_id_n || j->came_back;
	size_t n = 0;

	if (scan->received > HOPS_MAX || scan->received_ours > OWN_HOPS_MAX)
		return IDENTITY_LOOP_AGAIN;
	if (!store_by_message_id(f->reader, str_of(j->tenant->tenant),
				 scan->message_id, &a, &found, &n, &e)) {
		LOG(&j->log, LOG_ERROR, "identity", LE(&e));
		return IDENTITY_UNKNOWN;
	}
	if (n == 0 && !trace)
		return IDENTITY_NEW;
	tally_rcpts(j, found, n, &t);
	if (!trace)
		return without_trace(j, found, n, &t, now_us, first_id_r,
				     first_us_r);
	/* A trace alone decides nothing: the ledger has to know of it. */
	if (t.left != j->rcpt_n ||
	    (scan->our_id_n && !trace_known(j, found, n, scan)))
		return IDENTITY_FORGED;
	if (scan->received_ours > 1 || passes(j, found, n) > 1)
		return IDENTITY_LOOP_AGAIN;
	return IDENTITY_LOOP;
}
