/* client.h - HTTPS questions without stopping the loop (libcurl).
 *
 * TLS 1.2 or newer, verified.  No redirects, no cookies, no proxy from the
 * environment; https only, unless the URL names a loopback or link-local
 * address (managed identity).  Answers are bounded, and must say where they
 * end.  What was sent and received is wiped.  On one loop.
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
	struct str body;	   /* of a POST; copied */
	const char *ca_file;	   /* PEM, instead of the system's store */
	size_t body_most;	   /* of the answer; 0: 1 MiB */
	int64_t timeout_us;	   /* for all of it; 0: 30 s */
};
/* Good until the callback returns. */
struct http_answer {
	int status; /* 0: no answer, `why` says the reason */
	struct str body;
	struct str content_type;
	int64_t retry_after_us; /* 0: not given; at most a day */
	const char *why;	/* text that a log may show; never NULL */
};
/* The query has ended: its handle is of no use any more. Others may be
 * cancelled or begun here, and the client be freed. */
typedef void http_done(void *arg, const struct http_answer *r);
struct http_query;
/* Never before return; a URL that may not be asked comes as an answer too.
 * Everything in `call` is copied. */
struct http_query *http_ask(struct http_client *c, const struct http_call *call,
			    http_done *done, void *arg);
void http_cancel(struct http_query **x); /* done does not come */

#endif
