/* request.h - the head of an HTTP/1.1 request, read strictly (RFC 9110, 9112).
 *
 * One framing only, so that no proxy before us reads a request differently:
 * bare CR or LF, obs-fold, space before a colon, absolute-form, "/../", any
 * Transfer-Encoding, a doubled Host, Content-Length or other single field are
 * refused.  Pure functions over borrowed bytes; they never look behind the
 * head.  Answers that are no success are HTTP status codes.
 */
#ifndef SEKISHO_SYS_HTTP_REQUEST_H
#define SEKISHO_SYS_HTTP_REQUEST_H

#include <sys/socket.h>
#include "connector/base/arena.h"
#include "connector/base/limits.h"

#define HTTP_FIELDS_MAX 64
#define HTTP_TARGET_MAX 2048

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_OPTIONS, HTTP_OTHER };

struct http_field {
	struct str name, value; /* value without blanks around it */
};

struct http_request {
	enum http_method method;
	struct str path;  /* decoded, UTF-8, "/" first, no "." or ".." parts */
	struct str query; /* as it came, behind the "?" */
	struct str host;  /* with port, as it came */
	struct http_field *field;
	size_t field_n;
	uint64_t length; /* of the body */
	bool close;	 /* the peer wants no further request */
	/* Set by the server. */
	struct str body;
	struct sockaddr_storage peer;
	bool tls;
	int refused; /* status that the framing asks for; all else is empty */
};

/* How far is the head? *at: bytes looked at by earlier calls. 0: go on; 200:
 * it ends at *at, the empty line included; else a refusal. */
int http_head_end(struct str in, size_t *at);
/* The head with its empty line into r; 200, or a refusal (r is then empty).
 * Strings are borrowed from head or live in the arena. */
int http_head_parse(struct str head, struct arena *a, struct http_request *r);

/* First field of that name, or empty. */
struct str http_field(const struct http_request *r, const char *name);
/* Value of a name in "a=1&b=2" (query or form), decoded into the arena; empty
 * when it is missing or not UTF-8. */
struct str http_form_value(struct str form, const char *name, struct arena *a);
/* Value of a cookie; empty when missing or when it comes twice. */
struct str http_cookie(const struct http_request *r, const char *name);

#endif
