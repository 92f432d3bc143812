/* deliver.h - carries copies to their next hop: slots, connections, pace.
 *
 * Claims from flow what is due, gives each copy to the provider of its tenant,
 * keeps connections for reuse, and reports per recipient.  What shares a way
 * out (all of a tenant's mail, one domain, one mailbox) is a lane, with slots,
 * pace and pauses of its own.  Back-off is flow's; pace and slots are here.
 */
#ifndef SEKISHO_DELIVER_H
#define SEKISHO_DELIVER_H

#include "auth/token.h"
#include "connector/flow/flow.h"

struct dkim_ring;
struct smtp_timeouts;

/* Times that tests shorten. */
struct deliver_tuning {
	int64_t idle_us;		     /* a kept connection */
	int64_t quiet_us;		     /* a route that nobody uses */
	unsigned mails;			     /* per connection */
	int64_t down_first_us, down_most_us; /* pause: not reached */
	int64_t throttle_first_us, throttle_most_us;
	int64_t refused_first_us, refused_most_us; /* it refuses us */
	const struct smtp_timeouts *timeouts;	   /* NULL: default */
};
extern const struct deliver_tuning deliver_tuning_default;

struct deliver;
struct deliver_conf {
	struct loop *loop;
	const struct config *config;
	struct flow *flow;	/* deliver registers itself as its deliverer */
	struct dns *dns;	/* lives longer; NULL: no way may need it */
	struct tokens *tokens;	/* the same; of logins by token */
	auth_secret_read *read; /* of logins by password */
	void *read_arg;
	struct keys *keys; /* of signatures; NULL: nothing is signed */
	const struct log_ctx *log;
	struct metrics *metrics;
	const struct deliver_tuning *tuning; /* NULL: default; lives longer */
};
struct deliver *deliver_new(const struct deliver_conf *conf,
			    struct err *e) MUST_USE;
void deliver_set_config(struct deliver *d, const struct config *c);
/* Takes the ring; signs by it from the next attempt on. */
void deliver_set_dkim(struct deliver *d, struct dkim_ring **ring);
/* No new attempts; done when the open ones have ended or after within_us
 * (those become unknown or deferred as they stand). */
void deliver_drain(struct deliver *d, int64_t within_us,
		   void (*done)(void *arg), void *arg);
void deliver_free(struct deliver **d);

#endif
