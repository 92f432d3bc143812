/* client.h - HTTPS questions without stopping the loop (libcurl).
 *
 * No redirects, no cookies, no proxies but the configured environment's none;
 * https only unless the URL of a call is http on loopback or link-local
 * (managed identity).  Answers are bounded.  On one loop.
 */
#ifndef SEKISHO_SYS_HTTP_CLIENT_H
#define SEKISHO_SYS_HTTP_CLIENT_H

#include "connector/base/buf.h"
#include "connector/base/err.h"
#include "connector/base/rd.h"
#include "connector/sys/loop/loop.h"

#define HTTP_CLIENT_BODY_MAX (8 * 1024 * 1024)

struct http_client;
struct http_client *http_client_new(struct loop *loop, struct err *e) MUST_USE;
void http_client_free(struct http_client **c); /* owed callbacks do not come */

struct http_call {
	const char *method; /* "GET", "POST" */
	const char *url;
	const char *const *header; /* "Name: value", ends in NULL; or NULL */
	struct str body;	   /* copied, and wiped after use */
	const char *ca_file;	   /* NULL: system store */
	size_t body_most;	   /* of the answer; 0: 1 MiB */
	int64_t timeout_us;	   /* absolute; 0: 30 s */
};
struct http_reply {
	int status; /* 0: no answer, `why` says the reason */
	struct str body;
	struct str content_type;
	int64_t retry_after_us; /* 0: not given */
	const char *why;
};
typedef void http_done(void *arg, const struct http_reply *r);
struct http_exchange;
/* Never before return; a malformed URL comes as an answer too. */
struct http_exchange *http_ask(struct http_client *c,
			       const struct http_call *call, http_done *done,
			       void *arg);
void http_cancel(struct http_exchange **x);

#endif
