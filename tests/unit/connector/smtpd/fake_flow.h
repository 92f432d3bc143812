/* fake_flow.h - a flow in memory: what was taken, with knobs for trouble.
 * Stands in for connector/flow in tests of the SMTP server and its fuzzer.
 */
#ifndef TESTS_FAKE_FLOW_H
#define TESTS_FAKE_FLOW_H

#include "connector/base/vec.h"
#include "connector/flow/flow.h"

struct fake_message {
	struct arena arena;
	struct buf body;
	struct envelope env;
	const char *tenant; /* NULL: to be proved by header */
	char helo[256], tls[32], certificate[256];
	bool bdat, verified;
};

struct flow {
	struct loop *loop;
	struct metrics *metrics;
	size_t failed[AUTH_PROOF_COUNT]; /* flow_proof_failed() */
	struct {
		VEC_OF(struct fake_message *);
	} taken;
	size_t begun;		 /* intake_new() */
	size_t open;		 /* intakes without end or abort */
	size_t abandoned;	 /* sessions that left while a reply was due */
	size_t writes_most;	 /* bytes of the largest intake_write() */
	struct store_sent *sent; /* of the last hour */
	size_t sent_n;
	bool busy;
	bool late;  /* the reply comes from the loop, as in the real one */
	bool never; /* no reply until fake_answer() */
	uint64_t fail_at; /* intake_write fails at this size; 0: never */
	enum err_class fail_class;
	int fail_code;
	struct intake_reply reply; /* code 0: 250 */
	struct intake *waiting;
};

void fake_flow_init(struct flow *f, struct loop *l);
void fake_flow_release(struct flow *f);
void fake_answer(struct flow *f); /* to the one that waits */

#endif
