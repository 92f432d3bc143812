/* proof.c - peers that could not prove whose mail they bring: counted, and an
 * alarm when it goes on.
 *
 * Only peers inside a tenant's networks make an alarm: the rest of the
 * internet tries every open port.
 */
#include "connector/flow/flow_int.h"
#include "connector/sys/loop/conn.h"

#define PROOF_FAILURES	10 /* within PROOF_WINDOW_US: somebody has to look */
#define PROOF_WINDOW_US US_PER_HOUR

_Static_assert(METRIC_PROOF_UNKNOWN - METRIC_PROOF_NETWORK ==
		       AUTH_PROOF_UNKNOWN - AUTH_PROOF_NETWORK,
	       "a counter for each proof, in the same order");

void flow_proof_failed(struct flow *f, enum auth_proof failed,
		       const struct sockaddr_storage *peer)
{
	const struct sockaddr *address = (const struct sockaddr *)peer;
	AUTO(buf) text = BUF_MAX(SMTP_ADDRESS_MAX);
	int64_t now = flow_now(f);

	if (failed < AUTH_PROOF_COUNT)
		metric_add(f->c.metrics,
			   (enum metric)(METRIC_PROOF_NETWORK + failed), 1);
	if (failed == AUTH_PROOF_UNKNOWN)
		return; /* not its fault; the age of the ranges is an alarm */
	metric_add(f->c.metrics, METRIC_NO_TENANT, 1);
	if (!auth_peer_tenant(f->c.auth, address))
		return;
	if (now - f->proof_window_us >= PROOF_WINDOW_US) {
		f->proof_window_us = now;
		f->proof_failures = 0;
	}
	if (++f->proof_failures != PROOF_FAILURES)
		return;
	buf_printf(&text, "%s: ", auth_proof_name(failed));
	net_text(address, false, &text);
	flow_alarm(f, "tenant-proof", buf_str(&text));
}
