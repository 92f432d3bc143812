/* signing.c - DKIM for what leaves: which key, the digest, the fields.
 *
 * A copy is read once to be signed, before it waits in its lane, and then as
 * often as it is sent.  Large ones are read in slices, so that the loop goes
 * on.  Signed is only what the tenant owns (the domain of the one mailbox in
 * the one From field); what ought to be signed and cannot be is deferred,
 * never sent without.
 */
#include <stdio.h>
#include "auth/auth.h"
#include "connector/base/limits.h"
#include "connector/deliver/deliver_int.h"
#include "connector/mail/addr.h"
#include "connector/mail/scan.h"
#include "connector/sign/dkim_ring.h"

#define SLICE_BYTES (1 * MIB)			/* read in one turn */
#define HEAD_MAX    (4 * MIME_HEADER_BLOCK_MAX) /* with what we added */
#define FIELDS_MAX  (DKIM_KEYS_MAX * 32 * KIB)

struct signer {
	struct deliver *d;
	struct dkim_ring *ring; /* NULL: no keys were given yet */
	struct signing *under_way;
};

struct signing {
	struct signing *next, **link; /* in signer.under_way; NULL: done */
	struct signer *signer;
	struct load *load;
	struct attempt_source *source;
	struct timer *go_on;
	struct arena arena; /* of keys */
	struct dkim_key key[DKIM_KEYS_MAX];
	size_t key_n;
	struct buf head; /* until its end is seen */
	struct dkim_sign *sign;
	struct buf fields; /* DKIM-Signature, when done */
	bool given;	   /* in the transaction under way */
};

struct signer *signer_new(struct deliver *d)
{
	struct signer *s = NEW(struct signer);

	s->d = d;
	return s;
}

void signer_free(struct signer **sp)
{
	struct signer *s = TAKE(*sp);

	if (!s)
		return;
	while (s->under_way)
		load_finish(s->under_way->load);
	dkim_ring_free(&s->ring);
	mem_free(s);
}

void deliver_set_dkim(struct deliver *d, struct dkim_ring **ring)
{
	dkim_ring_free(&d->signer->ring);
	d->signer->ring = TAKE(*ring);
}

/* ---- which keys -------------------------------------------------------------- */

/* Borrowed keys are copied: the ring may change while the copy is read. */
static void keys_keep(struct signing *s)
{
	for (size_t i = 0; i < s->key_n; i++) {
		struct dkim_key *k = &s->key[i];

		k->domain = arena_strdup(&s->arena, k->domain);
		k->selector = arena_strdup(&s->arena, k->selector);
		k->blob = arena_str(&s->arena, k->blob);
	}
}

static bool owns(const struct signing *s, struct str domain)
{
	const struct tenant_conf *t = auth_domain_owner(
		s->signer->d->conf.config, domain);

	return t && strcmp(t->tenant, s->load->attempt->tenant->tenant) == 0;
}

/* The tenant's own domains alone, of which the nearest with a key signs: that
 * of From, else one above it (relaxed alignment, RFC 7489 3.1.1). */
static void keys_choose(struct signing *s, struct str from)
{
	struct str d;

	if (!domain_key(from, &s->arena, &d, NULL) || !owns(s, d))
		return;
	while (s->key_n == 0 && str_chr(d, '.') > 0) {
		if (owns(s, d))
			s->key_n = dkim_ring_active(s->signer->ring, d, s->key);
		d = str_skip(d, (size_t)str_chr(d, '.') + 1);
	}
	keys_keep(s);
}

/* Is this copy one to be signed, before its header is known? */
static bool is_wanted(const struct signer *s, const struct attempt *a)
{
	return s->ring && s->ring->n > 0 && s->d->conf.keys && a->tenant &&
	       tenant_signs(a->tenant);
}

/* ---- reading the copy --------------------------------------------------------- */

/* The header is whole: begins, or finds that nothing is to be signed. */
static void head_take(struct signing *s, size_t head_n)
{
	struct str all = buf_str(&s->head), head = str_head(all, head_n);
	struct header_scan scan;

	header_scan(head, "", &scan);
	if (scan.from_domain.n)
		keys_choose(s, scan.from_domain);
	if (s->key_n == 0)
		return;
	s->sign = dkim_sign_new(s->signer->d->conf.keys, s->key, s->key_n, head,
				loop_now_us(s->signer->d->conf.loop));
	all = str_skip(all, head_n);
	dkim_sign_write(s->sign, all.p, all.n);
}

/* Is the empty line in what came, from `from` on? Pieces may be small and
 * many: only then is the whole looked at. */
static bool may_end(struct str head, size_t from)
{
	struct str tail = str_skip(head, from > 3 ? from - 3 : 0);

	return str_starts(head, STR("\r\n")) || str_starts(head, STR("\n")) ||
	       str_find(tail, STR("\n\r\n")) >= 0 ||
	       str_find(tail, STR("\n\n")) >= 0;
}

static bool head_add(struct signing *s, struct str piece, bool *over_r,
		     struct err *e)
{
	struct header_scan scan = {0};
	size_t had = s->head.n;

	if (!buf_put_str(&s->head, piece))
		return err_set(e, ERR_LIMIT, 0,
			       "the header is too long to be signed");
	if (piece.n > 0 && may_end(buf_str(&s->head), had))
		header_scan(buf_str(&s->head), "", &scan);
	if (scan.header_len == 0 && piece.n > 0)
		return true;
	head_take(s, piece.n ? scan.header_len : s->head.n);
	*over_r = s->sign == NULL;
	buf_release(&s->head);
	return true;
}

/* One slice. over: all that is needed was read. */
static bool slice_read(struct signing *s, bool *over_r, struct err *e)
{
	struct str piece;
	size_t n = 0;

	while (!*over_r && n < SLICE_BYTES) {
		TRY(load_read(s->load, s->source, &piece, e));
		n += piece.n;
		if (!s->sign)
			TRY(head_add(s, piece, over_r, e));
		else if (piece.n)
			dkim_sign_write(s->sign, piece.p, piece.n);
		*over_r |= piece.n == 0;
	}
	return true;
}

/* ---- the end ------------------------------------------------------------------- */

static void leave(struct signing *s)
{
	if (!s->link)
		return;
	*s->link = s->next;
	if (s->next)
		s->next->link = s->link;
	s->link = NULL;
	dkim_sign_free(&s->sign);
	buf_release(&s->head);
	if (s->source)
		attempt_source_free(&s->source);
	timer_free(&s->go_on);
}

void signing_free(struct signing **sp)
{
	struct signing *s = TAKE(*sp);

	if (!s)
		return;
	leave(s);
	buf_release(&s->fields);
	arena_release(&s->arena);
	mem_free(s);
}

/* RFC 3463 3.8: X.7.5, a cryptographic failure. */
static void give_up(struct signing *s, const struct err *why)
{
	struct deliver *d = s->signer->d;
	struct load *load = s->load;
	bool never = why->class == ERR_LIMIT;
	struct smtp_answer a = {0};

	if (load->damaged) {
		snprintf(a.text, sizeof(a.text), "%s", why->text);
		load_settle(load, ATTEMPT_DEFERRED, &a);
		load_finish(load);
		return;
	}
	snprintf(a.status, sizeof(a.status), never ? "5.7.5" : "4.7.5");
	snprintf(a.text, sizeof(a.text), "DKIM: %s", why->text);
	metric_add(d->conf.metrics, METRIC_DKIM_FAILED, 1);
	LOG(d->conf.log, LOG_ERROR, "dkim",
	    LS("tenant", load->lane->way->tenant), LE(why));
	flow_alarm(d->conf.flow, "dkim", str_of(a.text));
	load_settle(load, never ? ATTEMPT_FAILED : ATTEMPT_DEFERRED, &a);
	load_finish(load);
}

static void send_on(struct load *load)
{
	struct lane *l = load->lane;

	lane_add(l, load, false);
	lane_run(l);
}

static void go_on(void *arg)
{
	struct signing *s = arg;
	struct load *load = s->load;
	struct err e = ERR_EMPTY;
	bool over = false;

	if (!slice_read(s, &over, &e)) {
		give_up(s, &e);
		return;
	}
	if (!over) {
		timer_set(s->go_on, 0);
		return;
	}
	if (s->sign && !dkim_sign_end(&s->sign, &s->fields, &e)) {
		give_up(s, &e);
		return;
	}
	if (s->fields.n)
		metric_add(s->signer->d->conf.metrics, METRIC_DKIM_SIGNED, 1);
	leave(s);
	send_on(load);
}

void load_sign(struct load *load)
{
	struct deliver *d = load->lane->d;
	struct signing *s;

	if (!is_wanted(d->signer, load->attempt)) {
		send_on(load);
		return;
	}
	s = NEW(struct signing);
	load->signing = s;
	s->load = load;
	s->signer = d->signer;
	s->next = d->signer->under_way;
	s->link = &d->signer->under_way;
	if (s->next)
		s->next->link = &s->next;
	d->signer->under_way = s;
	buf_init(&s->head, HEAD_MAX);
	buf_init(&s->fields, FIELDS_MAX);
	s->source = attempt_source_new(d->conf.flow, load->attempt);
	s->go_on = timer_new(d->conf.loop, go_on, s);
	go_on(s);
}

/* ---- in a transaction ---------------------------------------------------------- */

struct str signing_begin(struct load *load)
{
	if (!load->signing)
		return STR_EMPTY;
	load->signing->given = false;
	return buf_str(&load->signing->fields);
}

bool signing_next(struct load *load, struct str *piece_r)
{
	struct signing *s = load->signing;

	if (!s || s->given || s->fields.n == 0)
		return false;
	s->given = true;
	*piece_r = buf_str(&s->fields);
	return true;
}

const char *signing_domain(const struct load *load)
{
	const struct signing *s = load->signing;

	return s && s->fields.n ? s->key[0].domain : "none";
}
