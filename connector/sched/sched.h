/* sched.h - what is done by the clock and not for one message: ranges that
 * clouds publish, ages that become alarms, canary mails.
 *
 * Every job keeps its last good result in the store, so that a restart without
 * network begins with it.
 */
#ifndef SEKISHO_SCHED_H
#define SEKISHO_SCHED_H

#include "auth/auth.h"
#include "connector/flow/flow.h"
#include "connector/sys/dns/dns.h"
#include "connector/sys/http/client.h"

struct sched;
struct sched_conf {
	struct loop *loop;
	const struct config *config;
	struct store *store;
	struct auth *auth;
	struct flow *flow;
	struct dns *dns;
	struct http_client *http;
	const struct log_ctx *log;
	struct metrics *metrics;
};
/* Loads what the store keeps, then fetches what is old. */
struct sched *sched_new(const struct sched_conf *conf, struct err *e) MUST_USE;
void sched_set_config(struct sched *s, const struct config *c);
void sched_free(struct sched **s);

#endif
