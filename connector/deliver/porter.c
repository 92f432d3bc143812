/* porter.c - one connection: opened, given loads, kept while idle, ended. */
#include "connector/deliver/deliver_int.h"

#include <stdio.h>
#include "connector/base/fault.h"

static void porter_unlink(struct porter *p)
{
	struct lane *l = p->lane;

	*p->link = p->next;
	if (p->next)
		p->next->link = p->link;
	l->porter_n--;
	l->opening -= p->state == PORTER_OPENING;
	metric_add(l->d->conf.metrics, METRIC_NEXT_HOP_CONNECTIONS, -1);
}

void porter_free(struct porter *p)
{
	struct load *load = TAKE(p->load);

	porter_unlink(p);
	porter_hang_up(p);
	mem_free(p);
	if (!load)
		return;
	load_take(load);
	load_finish(load);
}

void porter_open(struct lane *l)
{
	struct porter *p = NEW(struct porter);

	p->lane = l;
	p->state = PORTER_OPENING;
	p->next = l->porters;
	p->link = &l->porters;
	if (p->next)
		p->next->link = &p->next;
	l->porters = p;
	l->porter_n++;
	l->opening++;
	metric_add(l->d->conf.metrics, METRIC_NEXT_HOP_CONNECTIONS, 1);
	porter_dial(p);
}

static void next_transaction(struct porter *p)
{
	link_send(p->line, &p->load->mail);
}

/* The next hop takes less than the copy has: a copy that it takes. One that
 * can be made has no UTF-8 in its header, whatever was said with MAIL: in 7
 * bits nothing of it needs SMTPUTF8. */
static bool lowers(const struct porter *p, struct load *load)
{
	const struct smtp_caps *caps = link_caps(p->line);
	struct attempt *a = load->attempt;
	bool wide = a->message.smtputf8 && !caps->smtputf8;

	if ((!a->has_8bit || (caps->eightbit && !wide)) &&
	    (!a->has_bare_lf || (caps->chunking && !p->lane->no_bdat)))
		return false;
	return attempt_lower(a);
}

void porter_send(struct porter *p, struct load *load)
{
	/* What was signed is another copy now. */
	if (lowers(p, load) && load->signing) {
		signing_free(&load->signing);
		load_sign(load);
		return;
	}
	fault_point("attempt-begins");
	p->state = PORTER_BUSY;
	p->load = load;
	snprintf(load->attempt->remote, sizeof(load->attempt->remote), "%s",
		 link_remote(p->line));
	snprintf(load->tls, sizeof(load->tls), "%s", link_tls(p->line));
	load->kind = link_kind(p->line);
	if (load_next(load)) {
		next_transaction(p);
		return;
	}
	/* An attempt for nobody: nothing to do. */
	p->state = PORTER_IDLE;
	p->load = NULL;
	load_finish(load);
}

/* ---- what the link says ------------------------------------------------------ */

static void on_ready(void *arg)
{
	struct porter *p = arg;
	struct lane *l = p->lane;

	l->opening--;
	l->proven = true;
	p->state = PORTER_IDLE;
	p->idle_since_us = clock_monotonic_us();
	if (p->stale || l->d->draining)
		porter_free(p);
	else if (l->mood == HOP_DOWN)
		lane_mood(l, HOP_FINE, NULL, NULL);
	lane_run(l);
}

/* The connection that we kept had died in between: that says nothing about
 * the mail, which was never named. Once per load. */
static bool was_stale(const struct porter *p, const struct load *load,
		      bool usable)
{
	return !usable && p->served > 0 && !load->mail.answered && !load->fresh;
}

static void send_again(struct porter *p)
{
	struct lane *l = p->lane;
	struct load *load = TAKE(p->load);

	load->fresh = true;
	load_drop(load);
	porter_free(p);
	lane_sweep(l, true); /* the other idle ones are as old */
	lane_add(l, load, true);
	lane_run(l);
	deliver_slot_freed(l->d, l); /* a drain may have been waiting for it */
}

/* Did the peer speak of this mail, or just go away? */
static bool was_answered(const struct smtp_mail *m)
{
	for (size_t i = 0; i < m->rcpt_n; i++) {
		if (m->rcpt[i].answer.code == 0 &&
		    m->rcpt[i].class != SMTP_FAILED)
			return false;
	}
	return true;
}

static void worst_answer(const struct smtp_mail *m, struct smtp_answer *a_r)
{
	const struct smtp_rcpt *found = &m->rcpt[0];

	for (size_t i = 1; i < m->rcpt_n; i++) {
		if (m->rcpt[i].class > found->class)
			found = &m->rcpt[i];
	}
	*a_r = found->answer;
}

static bool some_delivered(const struct smtp_mail *m)
{
	for (size_t i = 0; i < m->rcpt_n; i++) {
		if (m->rcpt[i].class == SMTP_DELIVERED)
			return true;
	}
	return false;
}

static void tell_mood(struct porter *p, const struct smtp_mail *m,
		      enum hop_mood mood)
{
	struct smtp_answer a;

	if (mood == HOP_FINE && p->lane->mood == HOP_FINE)
		return;
	if (mood == HOP_FINE && !some_delivered(m))
		return;
	worst_answer(m, &a);
	lane_mood(p->lane, mood, &a, link_remote(p->line));
}

static void put_away(struct porter *p, bool usable)
{
	p->served++;
	p->state = PORTER_IDLE;
	p->load = NULL;
	p->idle_since_us = clock_monotonic_us();
	if (!usable || p->stale || p->served >= p->lane->d->tuning->mails ||
	    p->lane->d->draining)
		porter_free(p);
}

static void on_sent(void *arg, struct smtp_mail *m, enum hop_mood mood,
		    bool usable)
{
	struct porter *p = arg;
	struct lane *l = p->lane;
	struct load *load = p->load;
	bool go_on;

	if (was_stale(p, load, usable)) {
		send_again(p);
		return;
	}
	tell_mood(p, m, mood);
	go_on = mood == HOP_FINE && was_answered(m);
	load_take(load);
	if (go_on && usable && load_next(load)) {
		next_transaction(p);
		return;
	}
	put_away(p, usable);
	if (go_on && !usable && load_next(load)) {
		load_drop(load);
		lane_add(l, load, true);
	} else {
		load_finish(load);
	}
	lane_run(l);
	deliver_slot_freed(l->d, l);
}

static void settle_first(struct lane *l, enum attempt_class class,
			 const struct link_end *end, const char *remote)
{
	struct load *load = lane_take(l);

	snprintf(load->attempt->remote, sizeof(load->attempt->remote), "%s",
		 remote);
	load_settle(load, class, &end->answer);
	load_finish(load);
}

/* Nothing is open and this one could not be opened. At a relay, who waited for
 * it has had his attempt and the others have not; on a route that is one of
 * many, all of them have: the host is down for each in the same way, and there
 * is no mail for a domain that cannot have any. */
static void give_up(struct lane *l, const struct link_end *end,
		    const char *remote)
{
	enum attempt_class class = end->permanent ? ATTEMPT_FAILED
				   : end->mood == HOP_REFUSES_US
					   ? ATTEMPT_MISCONFIGURED
					   : ATTEMPT_DEFERRED;
	bool all = end->permanent || (l->way->routed && end->mood == HOP_DOWN);

	while (l->waiting) {
		settle_first(l, class, end, remote);
		if (!all)
			break;
	}
	lane_stop_waiting(l);
}

static const char *hop_remote(const struct lane *l)
{
	return l->way->hop ? hop_name(l->way->hop) : l->way->tenant;
}

static void on_end(void *arg, const struct link_end *end)
{
	struct porter *p = arg;
	struct lane *l = p->lane;
	struct link_end how = *end;
	char remote[256];

	if (porter_dial_again(p, &how))
		return;
	snprintf(remote, sizeof(remote), "%s",
		 p->line ? link_remote(p->line) : hop_remote(l));
	porter_free(p);
	if (!how.was_ready && l->porter_n > l->opening) {
		/* While others work, it just wants fewer connections. */
		l->no_open_until_us = clock_monotonic_us() +
				      l->d->tuning->down_first_us;
	} else if (!how.was_ready) {
		if (!how.permanent)
			lane_mood(l, how.mood, &how.answer, remote);
		give_up(l, &how, remote);
	}
	lane_run(l);
	deliver_slot_freed(l->d, l);
}

const struct link_ops porter_ops = {
	.on_ready = on_ready,
	.on_sent = on_sent,
	.on_end = on_end,
};

void lane_sweep(struct lane *l, bool all)
{
	int64_t before = clock_monotonic_us() - l->d->tuning->idle_us;
	struct porter *p = l->porters;

	while (p) {
		struct porter *next = p->next;

		if (p->state == PORTER_IDLE &&
		    (all || p->idle_since_us <= before))
			porter_free(p);
		p = next;
	}
}
