/* m365.h - a bench whose tenant is Microsoft's: ids of the cloud, a secret header
 * of the tenant's rule (cut from what comes), a done header (put on what goes).
 */
#ifndef SEKISHO_TESTS_FLOW_M365_H
#define SEKISHO_TESTS_FLOW_M365_H

#include "bench.h"

#define M365_IN	  "TENANTINmarker0123456789"
#define M365_BACK "TENANTBACKmarker0123456789"
#define PROOF	  "X-Sekisho-Tenant: " M365_IN "\r\n"
#define ID_FIELD                                                               \
	"X-MS-Exchange-CrossTenant-Id: "                                       \
	"0a0b0c0d-0000-4000-8000-000000000001\r\n"
#define ORG_FIELD "X-OriginatorOrg: example.co.jp\r\n"
#define ALL	  PROOF ID_FIELD ORG_FIELD

/* While true the secrets cannot be read. */
extern bool m365_unreadable;
bool m365_read_secret(void *arg, const struct secret_ref *ref, struct arena *a,
		      struct str *text_r, struct err *e);

void m365_open(struct bench *b, const char *policy);
/* A mail with `head` before its own header and `pad` bytes more of body, in
 * b's arena. */
char *m365_text(struct bench *b, const char *head, const char *id, size_t pad);
/* Neither secret stands in any file of the bench. */
void m365_nothing_at_rest(struct bench *b);

#endif
