/* canary_int.h - mails of ours through each tenant's whole loop, by the clock.
 *
 * For this folder.
 */
#ifndef SEKISHO_SCHED_CANARY_INT_H
#define SEKISHO_SCHED_CANARY_INT_H

#include "connector/sched/sched.h"

struct canaries;
/* c: borrowed, and followed when it changes. */
struct canaries *canaries_new(const struct sched_conf *c);
void canaries_free(struct canaries **cs);

#endif
