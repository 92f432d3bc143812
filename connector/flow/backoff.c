/* backoff.c - when to try again: doubling with jitter. Pure. */
#include "connector/flow/flow_int.h"

#define DOUBLINGS_MAX 16

int64_t backoff_us(const struct config *c, unsigned attempts, unsigned jitter)
{
	int64_t first = c->queue.retry_first_us ? c->queue.retry_first_us
						: 5 * US_PER_MIN;
	int64_t most = c->queue.retry_most_us ? c->queue.retry_most_us
					      : US_PER_HOUR;
	unsigned doublings = attempts > 1 ? attempts - 1 : 0;
	int64_t wait;

	doublings = MIN_OF(doublings, (unsigned)DOUBLINGS_MAX);
	wait = MIN_OF(first << doublings, most);
	/* Up to a quarter more, so that a recovered host is not hit at once. */
	return wait + wait / 4 * (int64_t)(jitter % 1000) / 1000;
}
