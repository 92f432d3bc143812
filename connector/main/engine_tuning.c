/* engine_tuning.c - how patient delivery is, by the configuration: no wait for
 * a reply is longer than queue.reply-within, and no pause of a next hop longer
 * than queue.retry-most.
 *
 * Delivery holds on to what is filled in here, so a reload changes it in place
 * (all on one loop).
 */
#include "connector/main/engine_int.h"

static void at_most(int64_t *us, int64_t limit_us)
{
	if (limit_us > 0)
		*us = MIN_OF(*us, limit_us);
}

static void reply_times(struct smtp_timeouts *t, int64_t limit_us)
{
	int64_t *const us[] = {
		&t->connect_us, &t->greeting_us, &t->ehlo_us, &t->starttls_us,
		&t->tls_us,	&t->mail_us,	 &t->rcpt_us, &t->data_us,
		&t->block_us,	&t->end_us,
	};

	for (size_t i = 0; i < ARRAY_LEN(us); i++)
		at_most(us[i], limit_us);
}

static void pauses(struct deliver_tuning *t, int64_t limit_us)
{
	int64_t *const us[] = {
		&t->down_first_us,     &t->down_most_us,
		&t->throttle_first_us, &t->throttle_most_us,
		&t->refused_first_us,  &t->refused_most_us,
	};

	for (size_t i = 0; i < ARRAY_LEN(us); i++)
		at_most(us[i], limit_us);
}

void engine_tuning(struct engine *en)
{
	const struct config *c = en->config;

	en->timeouts = smtp_timeouts_default;
	reply_times(&en->timeouts, c->queue.reply_within_us);
	en->tuning = deliver_tuning_default;
	pauses(&en->tuning, c->queue.retry_most_us);
	en->tuning.timeouts = &en->timeouts;
}
