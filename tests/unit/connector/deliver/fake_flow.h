/* fake_flow.h - the part of flow.h that delivery works with, over a list.
 *
 * Refuses what the real one refuses: an attempt reported twice, a recipient
 * without class, a copy that was never started, a skipped tenant's copy.
 */
#ifndef SEKISHO_TESTS_FAKE_FLOW_H
#define SEKISHO_TESTS_FAKE_FLOW_H

#include "connector/flow/flow.h"

struct claim;

struct fake_item {
	struct fake_item *next;
	const struct tenant_conf *tenant;
	const char *route;
	int64_t id;
	const char *from, *content;
	size_t content_n;
	const char *lower; /* the same in 7 bits; NULL: it cannot be made */
	bool has_8bit, smtputf8;
	enum err_class broken; /* where its content ends; ERR_NONE: whole */
	const char *to[250];
	struct attempt_rcpt last[250]; /* its last answer */
	bool ended[250];	       /* delivered, failed, unknown */
	size_t n;
	bool has_bare_lf, sending, parked;
	int64_t due_us;
	unsigned attempts, untried;
	char remote[256];
};

struct fake_flow {
	struct loop *loop;
	const struct flow_deliverer *deliverer;
	void *arg;
	struct fake_item *first, **end, *at; /* at: all before have ended */
	int64_t retry_us;		     /* of what was deferred */
	struct claim *claim;		     /* not yet answered */
	size_t open;			     /* items not ended */
	size_t done, claims, most_sending, sending;
	size_t put_off, most_rooms;
	size_t count[9]; /* recipients by class, of all attempts */
	size_t alarms;
	char alarm[1024];
	bool stop_when_empty;
	size_t piece; /* bytes a source gives at once; 0: all */
};

struct flow *fake_flow_new(struct loop *l);
struct fake_flow *fake_flow_of(struct flow *f);
void fake_flow_free(struct flow **f);
/* Ready; delivery is not woken. */
struct fake_item *fake_flow_add(struct flow *f, const struct tenant_conf *t,
				const char *const *to, size_t n,
				const char *content);
/* As a message that was just decided: reserve, commit, start; else wake. */
void fake_flow_submit(struct flow *f, struct fake_item *item);
void fake_flow_wake(struct flow *f);

#endif
