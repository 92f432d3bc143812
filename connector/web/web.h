/* web.h - pages, their JSON, health and metrics, on a loop of their own.
 *
 * GET and HEAD change nothing. Decisions are POSTs that go to flow_do(). Reads
 * go through the loop's own store reader.
 */
#ifndef SEKISHO_WEB_H
#define SEKISHO_WEB_H

#include "connector/flow/flow.h"
#include "connector/sys/tls/tls.h"

struct web;
struct web_conf {
	struct loop *loop; /* the web thread's */
	const struct config *config;
	struct store *store;
	struct flow *flow;   /* flow_do(), flow_get_mode(): any thread */
	struct tls_ctx *tls; /* for web_fd */
	const int *web_fd;   /* TLS listeners */
	size_t web_n;
	const int *plain_fd; /* behind a proxy */
	size_t plain_n;
	bool (*ready)(void *arg); /* for /readyz */
	void *ready_arg;
	const struct log_ctx *log;
	struct metrics *metrics;
};
struct web *web_new(const struct web_conf *conf, struct err *e) MUST_USE;
void web_set_tls(struct web *w, struct tls_ctx *tls); /* on the web loop */
void web_free(struct web **w);

#endif
