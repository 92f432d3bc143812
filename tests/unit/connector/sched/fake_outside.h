/* fake_outside.h - the network of the scheduler, in memory: what HTTPS and DNS
 * answer, and the alarms that were raised.
 */
#ifndef TESTS_FAKE_OUTSIDE_H
#define TESTS_FAKE_OUTSIDE_H

#include "connector/flow/flow.h"
#include "connector/sys/dns/dns.h"
#include "connector/sys/http/client.h"

struct fake_txt {
	const char *name, *txt[3];
	enum dns_class class;
};
struct fake_outside {
	int status; /* of HTTPS; 0: no answer */
	const char *body;
	char url[512]; /* that was asked last */
	unsigned asked_http, asked_dns, alarms;
	char alarm[64], detail[256];
	const struct fake_txt *txt;
	size_t txt_n;
	bool silent; /* answers never come */
	/* The flow, as far as canaries go. */
	struct flow_canary canary;
	enum policy_mode mode;
	unsigned canaries;
	const struct tenant_conf *sent_for;
};
extern struct fake_outside outside;

#endif
