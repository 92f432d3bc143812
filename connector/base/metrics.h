/* metrics.h - counters and gauges, one row each in metrics.c; atomic.
 * Rendered as Prometheus text for /metrics. One struct per process, made by
 * main and passed down; a NULL struct is allowed and ignored.
 */
#ifndef SEKISHO_BASE_METRICS_H
#define SEKISHO_BASE_METRICS_H

#include "connector/base/buf.h"

/* id, prometheus name, type, help: the table is this list. */
#define METRIC_ROWS(X)                                                         \
	X(SESSIONS, "sekisho_smtp_sessions", "gauge", "open SMTP sessions")    \
	X(CONNECTIONS, "sekisho_smtp_connections_total", "counter",            \
	  "SMTP connections")                                                  \
	X(ACCEPTED, "sekisho_accepted_total", "counter", "messages taken")     \
	X(ACCEPTED_RCPT, "sekisho_accepted_recipients_total", "counter",       \
	  "recipients taken")                                                  \
	X(NO_TENANT, "sekisho_no_tenant_total", "counter",                     \
	  "refused: no tenant proved")                                         \
	X(PROOF_NETWORK, "sekisho_proof_network_total", "counter",             \
	  "proof failed: address outside the tenant's networks")               \
	X(PROOF_TLS, "sekisho_proof_tls_total", "counter",                     \
	  "proof failed: no TLS")                                              \
	X(PROOF_CERTIFICATE, "sekisho_proof_certificate_total", "counter",     \
	  "proof failed: client certificate")                                  \
	X(PROOF_DOMAIN, "sekisho_proof_domain_total", "counter",               \
	  "proof failed: sender's domain")                                     \
	X(PROOF_TENANT_ID, "sekisho_proof_tenant_id_total", "counter",         \
	  "proof failed: X-MS-Exchange-CrossTenant-Id")                        \
	X(PROOF_ORIGINATOR_ORG, "sekisho_proof_originator_org_total",          \
	  "counter", "proof failed: X-OriginatorOrg")                          \
	X(PROOF_HEADER, "sekisho_proof_header_total", "counter",               \
	  "proof failed: secret header")                                       \
	X(PROOF_BLOCK, "sekisho_proof_block_total", "counter",                 \
	  "proof failed: header block without an end")                         \
	X(PROOF_DKIM, "sekisho_proof_dkim_total", "counter",                   \
	  "proof failed: DKIM signature")                                      \
	X(PROOF_UNKNOWN, "sekisho_proof_unknown_total", "counter",             \
	  "451: ranges or a secret not known yet")                             \
	X(VALIDATIONS, "sekisho_validations_total", "counter",                 \
	  "validation mails of connectors that were sunk")                     \
	X(CANARIES_SENT, "sekisho_canaries_sent_total", "counter",             \
	  "canary mails sent")                                                 \
	X(CANARIES_BACK, "sekisho_canaries_back_total", "counter",             \
	  "canary mails that came back through the whole loop")                \
	X(CANARY_ROUND, "sekisho_canary_round_milliseconds", "gauge",          \
	  "way of the last canary mail that came back")                        \
	X(LOGINS, "sekisho_logins_total", "counter", "logins for submission")  \
	X(LOGINS_REFUSED, "sekisho_logins_refused_total", "counter",           \
	  "logins that were wrong")                                            \
	X(LOGINS_LATER, "sekisho_logins_later_total", "counter",               \
	  "logins that could not be checked, or were too many")                \
	X(REJECTED, "sekisho_rejected_total", "counter",                       \
	  "5xx replies to mail")                                               \
	X(DEFERRED_IN, "sekisho_deferred_in_total", "counter", "4xx to mail")  \
	X(HELD, "sekisho_held_recipients", "gauge", "recipients held now")     \
	X(OPEN, "sekisho_open_recipients", "gauge", "recipients not ended")    \
	X(DELIVERED, "sekisho_delivered_total", "counter",                     \
	  "recipients delivered")                                              \
	X(BOUNCED, "sekisho_bounced_total", "counter", "recipients bounced")   \
	X(REFUSED, "sekisho_refused_total", "counter", "recipients refused")   \
	X(RETRIED, "sekisho_retried_total", "counter", "attempts deferred")    \
	X(UNKNOWN, "sekisho_unknown_total", "counter",                         \
	  "attempts whose answer never came")                                  \
	X(NEXT_HOP_CONNECTIONS, "sekisho_next_hop_connections", "gauge",       \
	  "connections to next hops")                                          \
	X(DKIM_SIGNED, "sekisho_dkim_signed_total", "counter",                 \
	  "copies signed with DKIM")                                           \
	X(DKIM_FAILED, "sekisho_dkim_failed_total", "counter",                 \
	  "copies that could not be signed")                                   \
	X(INSPECTED, "sekisho_inspected_total", "counter", "inspections")      \
	X(INSPECT_FAILED, "sekisho_inspect_failed_total", "counter",           \
	  "inspections that failed")                                           \
	X(INSPECTORS, "sekisho_inspectors", "gauge", "inspector children")     \
	X(COMMITS, "sekisho_store_commits_total", "counter", "commits")        \
	X(COMMIT_ERRORS, "sekisho_store_errors_total", "counter",              \
	  "failed commits")                                                    \
	X(RANGES_M365_AGE, "sekisho_ranges_m365_age_seconds", "gauge",         \
	  "age of Microsoft 365's address list; -1: never known")              \
	X(RANGES_GOOGLE_AGE, "sekisho_ranges_google_age_seconds", "gauge",     \
	  "age of Google's address list; -1: never known")                     \
	X(POLICY_VERSION, "sekisho_policy_version", "gauge",                   \
	  "version of the policy that runs")                                   \
	X(TIGHTENED, "sekisho_tightened_total", "counter",                     \
	  "held messages that a later policy made tighter")                    \
	X(CLOCK_OFF, "sekisho_clock_jump_seconds", "gauge",                    \
	  "by how much the clock jumped; 0: it did not")                       \
	X(LISTS_BROKEN, "sekisho_lists_broken", "gauge",                       \
	  "1: a list that changed was not taken")                              \
	X(POLICY_AGED, "sekisho_policy_aging", "gauge",                        \
	  "lists and holidays of the policy that have grown old")              \
	X(ALARMS, "sekisho_alarms_total", "counter", "alarms raised")          \
	X(HTTP_REQUESTS, "sekisho_http_requests_total", "counter",             \
	  "web requests")                                                      \
	X(HTTP_REFUSED, "sekisho_http_refused_total", "counter",               \
	  "web requests refused by the guard")

enum metric {
#define METRIC_ENUM(id, name, type, help) METRIC_##id,
	METRIC_ROWS(METRIC_ENUM)
#undef METRIC_ENUM
		METRIC_COUNT
};

struct metrics {
	_Atomic int64_t value[METRIC_COUNT];
};

void metric_add(struct metrics *m, enum metric id, int64_t n);
void metric_set(struct metrics *m, enum metric id, int64_t n);
int64_t metric_get(const struct metrics *m, enum metric id);
void metrics_render(const struct metrics *m, struct buf *out);

#endif
