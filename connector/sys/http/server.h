/* server.h - HTTP/1.1 for pages, on our own streams (conn.h).
 *
 * Requests are read by request.h alone: a guard that must frame a message to
 * judge it leaves nothing for a second parser behind it but to differ.
 * Deadlines are absolute per request: from its first byte wanted to its answer
 * sent, a byte does not restart them.  All on the loop's thread.
 */
#ifndef SEKISHO_SYS_HTTP_SERVER_H
#define SEKISHO_SYS_HTTP_SERVER_H

#include "connector/base/log.h"
#include "connector/sys/http/request.h"
#include "connector/sys/loop/conn.h"

struct http_server;
struct http_exchange; /* a request and its answer to come */

struct http_server_conf {
	struct loop *loop;
	const struct cidr *uncounted; /* proxies: many people behind one */
	size_t uncounted_n;
	unsigned connections; /* at once */
	unsigned connections_per_address;
	int64_t deadline_us;
	/* Every request, refused ones too; http_reply() follows, now or
	 * later. */
	void (*handler)(void *arg, struct http_exchange *x);
	void *arg;
	const struct log_ctx *log;
};
struct http_server *http_server_new(const struct http_server_conf *conf);
/* Serves an accepting socket (borrowed); tls NULL: plain. */
void http_server_listen(struct http_server *s, int fd, bool tls);
void http_server_set_tls(struct http_server *s, struct tls_ctx *tls);
/* Ends every stream. Exchanges that are still held stay answerable: their
 * answers go nowhere. */
void http_server_free(struct http_server **s);
size_t http_server_open(const struct http_server *s); /* streams */

const struct http_request *http_request(const struct http_exchange *x);
struct arena *http_arena(struct http_exchange *x); /* lives as long as x */

struct http_reply {
	int status;
	const struct http_field *field;
	size_t field_n;
	struct str body; /* not sent to HEAD, but counted */
	bool close;
};
/* Ends the exchange. Fields with a control in them are left out. */
void http_reply(struct http_exchange **x, const struct http_reply *reply);
const char *http_reason(int status);

#endif
