/* client.c - libcurl's multi_socket on our loop; see client.h.
 *
 * libcurl gives the HTTP and drives its sockets by our watches; everything
 * that must not depend on it stands here: which URLs may be asked, the size
 * of an answer, the deadline.  Its memory is wiped before it is given back,
 * for requests and answers of token endpoints pass through it.
 */
#include "connector/sys/http/client.h"

#include <curl/curl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include "connector/base/cidr.h"
#include "connector/base/die.h"
#include "connector/base/mem.h"
#include "connector/base/utf8.h"
#include "connector/sys/dns/resolve.h"

#define BODY_DEFAULT	 MIB
#define TIMEOUT_DEFAULT	 (30 * US_PER_S)
#define HEADERS_MAX	 (64 * KIB) /* of one answer */
#define WHY_MAX		 800
#define TYPE_MAX	 200
#define KEPT_CONNECTIONS 8L
#define CONNECTIONS_MOST 32L
#define PER_HOST_MOST	 8L
#define RETRY_AFTER_MOST (24 * 60 * 60) /* seconds that are believed */

struct http_client {
	struct loop *loop;
	CURLM *multi;
	struct timer *timer;
	struct http_query *first;
	bool *gone; /* set when freed in a callback */
};

struct http_query {
	struct http_query *next, **link;
	struct http_client *client;
	CURL *easy; /* NULL: never begun */
	struct curl_slist *header;
	struct buf body, answer;
	size_t header_n;
	bool chunked, too_large;
	struct timer *deadline;
	char curl_why[CURL_ERROR_SIZE];
	char why[WHY_MAX];
	http_done *done;
	void *arg;
};

/* ---- memory of libcurl ------------------------------------------------------ */

static void wiping_free(void *p)
{
	if (p)
		mem_wipe(p, malloc_usable_size(p));
	mem_free(p);
}

static void *wiping_alloc(size_t n)
{
	return mem_alloc(n ? n : 1);
}

static void *wiping_zero(size_t count, size_t size)
{
	return mem_zero(count ? count : 1, size ? size : 1);
}

static void *wiping_grow(void *p, size_t n)
{
	void *grown = wiping_alloc(n);

	if (p)
		memcpy(grown, p, MIN_OF(n, malloc_usable_size(p)));
	wiping_free(p);
	return grown;
}

static CURLcode init_code;

static void init(void)
{
	/* libcurl would write the keys of its sessions there. */
	unsetenv("SSLKEYLOGFILE");
	init_code = curl_global_init_mem(CURL_GLOBAL_ALL, wiping_alloc,
					 wiping_free, wiping_grow, mem_strdup,
					 wiping_zero);
}

/* ---- ends ------------------------------------------------------------------- */

static void query_free(struct http_query *x)
{
	if (x->link) {
		*x->link = x->next;
		if (x->next)
			x->next->link = x->link;
	}
	if (x->easy) {
		curl_multi_remove_handle(x->client->multi, x->easy);
		curl_easy_cleanup(x->easy);
	}
	curl_slist_free_all(x->header); /* wiped: our allocator */
	buf_release(&x->body);
	buf_release(&x->answer);
	timer_free(&x->deadline);
	mem_free(x);
}

/* The callback is the last that happens to the query; it may end others,
 * ask more, or free the client. False: the client is gone. */
static bool tell(struct http_query *x, const struct http_answer *r)
{
	struct http_client *c = x->client;
	bool gone = false, *outer = c->gone;

	*x->link = x->next;
	if (x->next)
		x->next->link = x->link;
	x->link = NULL;
	if (x->easy)
		curl_multi_remove_handle(c->multi, x->easy);
	c->gone = &gone;
	x->done(x->arg, r);
	if (!gone)
		c->gone = outer;
	else if (outer)
		*outer = true;
	if (x->easy)
		curl_easy_cleanup(TAKE(x->easy));
	query_free(x);
	return !gone;
}

static bool tell_failure(struct http_query *x)
{
	struct http_answer r = {.why = x->why};

	return tell(x, &r);
}

static void set_why(struct http_query *x, const char *text)
{
	struct buf clean = BUF_MAX(sizeof(x->why) - 1);

	utf8_clean(&clean, str_of(text), sizeof(x->why) / 4 - 2);
	memcpy(x->why, buf_cstr(&clean), clean.n + 1);
	buf_release(&clean);
}

static void on_deadline(void *arg)
{
	struct http_query *x = arg;

	if (!x->why[0])
		set_why(x, "no whole answer in time");
	tell_failure(x);
}

/* ---- answers ---------------------------------------------------------------- */

static size_t on_header(char *p, size_t size, size_t n, void *arg)
{
	struct http_query *x = arg;
	struct str line = str_n(p, size * n);

	x->header_n += line.n;
	if (x->header_n > HEADERS_MAX) {
		x->too_large = true;
		return 0;
	}
	if (str_starts_ci(line, STR("transfer-encoding:")))
		x->chunked = str_find_ci(line, STR("chunked")) > 0;
	return line.n;
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	struct http_query *x = arg;

	if (buf_put(&x->answer, p, size * n))
		return size * n;
	x->too_large = true;
	return 0;
}

/* An answer that ends with its connection cannot be told from a cut one. */
static bool has_end(const struct http_query *x)
{
	curl_off_t length = -1;

	curl_easy_getinfo(x->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	return x->answer.n == 0 || length >= 0 || x->chunked;
}

static void fill_answer(const struct http_query *x, struct http_answer *r)
{
	long status = 0;
	curl_off_t wait_s = 0;
	const char *type = NULL;

	curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(x->easy, CURLINFO_CONTENT_TYPE, &type);
	curl_easy_getinfo(x->easy, CURLINFO_RETRY_AFTER, &wait_s);
	r->status = (int)status;
	r->body = buf_str(&x->answer);
	r->content_type = str_head(str_of(type), TYPE_MAX);
	if (wait_s > RETRY_AFTER_MOST)
		wait_s = RETRY_AFTER_MOST;
	r->retry_after_us = wait_s > 0 ? wait_s * US_PER_S : 0;
}

static bool finish(struct http_query *x, CURLcode code)
{
	struct http_answer r = {0};

	if (x->too_large || code == CURLE_FILESIZE_EXCEEDED)
		set_why(x, "the answer is too large");
	else if (code != CURLE_OK)
		set_why(x, x->curl_why[0] ? x->curl_why
					  : curl_easy_strerror(code));
	else if (!has_end(x))
		set_why(x, "the answer does not say where it ends");
	if (x->why[0])
		return tell_failure(x);
	fill_answer(x, &r);
	r.why = "";
	return tell(x, &r);
}

static void take_finished(struct http_client *c)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(c->multi, &left))) {
		char *x = NULL;

		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &x);
		if (!finish((struct http_query *)(void *)x, msg->data.result))
			return;
	}
}

/* ---- sockets and time --------------------------------------------------------- */

struct watch {
	struct http_client *client;
	struct io *io;
	curl_socket_t fd;
};

static void act(struct http_client *c, curl_socket_t fd, int what)
{
	int running;

	curl_multi_socket_action(c->multi, fd, what, &running);
	take_finished(c);
}

static void on_ready(void *arg, int ready)
{
	const struct watch *w = arg;

	act(w->client, w->fd,
	    ready & IO_READ ? CURL_CSELECT_IN : CURL_CSELECT_OUT);
}

static void on_timer(void *arg)
{
	act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static int want_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
		       void *socket_arg)
{
	struct http_client *c = arg;
	struct watch *w = socket_arg;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (!w)
			return 0;
		io_free(&w->io);
		mem_free(w);
		curl_multi_assign(c->multi, fd, NULL);
		return 0;
	}
	if (!w) {
		w = NEW(struct watch);
		w->client = c;
		w->fd = fd;
		w->io = io_new(c->loop, fd, on_ready, w);
		curl_multi_assign(c->multi, fd, w);
	}
	io_want(w->io, (what & CURL_POLL_IN ? IO_READ : 0) |
			       (what & CURL_POLL_OUT ? IO_WRITE : 0));
	return 0;
}

static int want_timer(CURLM *multi, long after_ms, void *arg)
{
	struct http_client *c = arg;

	(void)multi;
	if (after_ms < 0)
		timer_stop(c->timer);
	else
		timer_set(c->timer, after_ms * US_PER_MS);
	return 0;
}

struct http_client *http_client_new(struct loop *loop, struct err *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct http_client *c;

	pthread_once(&once, init);
	if (init_code != CURLE_OK) {
		err_set(e, ERR_RETRY, 0, "HTTP client: %s",
			curl_easy_strerror(init_code));
		return NULL;
	}
	c = NEW(struct http_client);
	c->loop = loop;
	c->multi = curl_multi_init();
	must(c->multi != NULL);
	c->timer = timer_new(loop, on_timer, c);
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, want_timer);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
	curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, KEPT_CONNECTIONS);
	curl_multi_setopt(c->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
			  CONNECTIONS_MOST);
	curl_multi_setopt(c->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
			  PER_HOST_MOST);
	return c;
}

void http_client_free(struct http_client **c)
{
	struct http_client *old = TAKE(*c);

	if (!old)
		return;
	if (old->gone)
		*old->gone = true;
	while (old->first)
		query_free(old->first);
	curl_multi_cleanup(old->multi); /* its sockets are given back */
	timer_free(&old->timer);
	mem_free(old);
}

/* ---- asking --------------------------------------------------------------------- */

static bool is_near(const char *host)
{
	static const char *const row[] = {"127.0.0.0/8", "::1",
					  "169.254.0.0/16", "fe80::/10"};
	struct resolved at;
	struct cidr net;

	TRY(resolve_literal(host, 0, &at));
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		if (cidr_parse(str_of(row[i]), &net, NULL) &&
		    cidr_has(&net, (const struct sockaddr *)&at.sa))
			return true;
	}
	return false;
}

/* https; http only where nobody can listen on the way. */
static bool url_is_allowed(const char *url)
{
	CURLU *u = curl_url();
	char *scheme = NULL, *host = NULL;
	bool ok = false;

	must(u != NULL);
	if (curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER) ==
		    CURLUE_OK &&
	    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK)
		ok = str_is(str_of(scheme), "https") ||
		     (str_is(str_of(scheme), "http") && is_near(host));
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(u);
	return ok;
}

#define SET(x, option, value)                                                  \
	must(curl_easy_setopt((x)->easy, CURLOPT_##option, value) == CURLE_OK)

static void set_safety(struct http_query *x, const struct http_call *call)
{
	SET(x, NOSIGNAL, 1L);
	/* An end does not wait for a thread that looks up a name. */
	SET(x, QUICK_EXIT, 1L);
	SET(x, PROXY, ""); /* none, whatever the environment says */
	SET(x, NOPROXY, "*");
	SET(x, PROTOCOLS_STR, "http,https"); /* the URL was judged */
	SET(x, FOLLOWLOCATION, 0L);
	SET(x, HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(x, NETRC, (long)CURL_NETRC_IGNORED);
	SET(x, SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(x, SSL_VERIFYPEER, 1L);
	SET(x, SSL_VERIFYHOST, 2L);
	if (call->ca_file) { /* and no other authority */
		SET(x, CAINFO, call->ca_file);
		SET(x, CAPATH, NULL);
	}
	SET(x, MAXFILESIZE_LARGE, (curl_off_t)x->answer.max);
}

static void add_header(struct http_query *x, const char *line)
{
	struct curl_slist *list = curl_slist_append(x->header, line);

	must(list != NULL);
	x->header = list;
}

static bool set_request(struct http_query *x, const struct http_call *call)
{
	TRY(!str_has_control(str_of(call->url)) && url_is_allowed(call->url));
	for (size_t i = 0; call->header && call->header[i]; i++) {
		TRY(!str_has_control(str_of(call->header[i])));
		add_header(x, call->header[i]);
	}
	add_header(x, "Expect:"); /* no waiting for 100 */
	SET(x, URL, call->url);
	SET(x, HTTPHEADER, x->header);
	SET(x, USERAGENT, "sekisho");
	if (str_is(str_of(call->method), "POST")) {
		buf_put_str(&x->body, call->body);
		SET(x, POST, 1L);
		SET(x, POSTFIELDSIZE_LARGE, (curl_off_t)x->body.n);
		SET(x, POSTFIELDS, x->body.p ? x->body.p : "");
	} else {
		must(str_is(str_of(call->method), "GET") && call->body.n == 0);
		SET(x, HTTPGET, 1L);
	}
	return true;
}

static void set_callbacks(struct http_query *x)
{
	SET(x, PRIVATE, x);
	SET(x, HEADERFUNCTION, on_header);
	SET(x, HEADERDATA, x);
	SET(x, WRITEFUNCTION, on_body);
	SET(x, WRITEDATA, x);
	SET(x, ERRORBUFFER, x->curl_why);
}

static void begin(struct http_query *x, const struct http_call *call)
{
	CURLMcode code;

	x->easy = curl_easy_init();
	must(x->easy != NULL);
	set_safety(x, call);
	set_callbacks(x);
	if (!set_request(x, call)) {
		set_why(x, "the URL or a header is not allowed: https, or "
			   "http to a loopback or link-local address");
	} else {
		code = curl_multi_add_handle(x->client->multi, x->easy);
		if (code != CURLM_OK)
			set_why(x, curl_multi_strerror(code));
	}
	if (x->why[0])
		curl_easy_cleanup(TAKE(x->easy));
}

struct http_query *http_ask(struct http_client *c, const struct http_call *call,
			    http_done *done, void *arg)
{
	struct http_query *x = NEW(struct http_query);
	size_t most = call->body_most ? call->body_most : BODY_DEFAULT;
	int64_t limit_us = call->timeout_us ? call->timeout_us
					    : TIMEOUT_DEFAULT;

	x->client = c;
	x->done = done;
	x->arg = arg;
	buf_init(&x->body, HTTP_CLIENT_BODY_MAX);
	buf_init(&x->answer, MIN_OF(most, (size_t)HTTP_CLIENT_BODY_MAX));
	x->body.secret = x->answer.secret = true;
	x->next = c->first;
	x->link = &c->first;
	if (x->next)
		x->next->link = &x->next;
	c->first = x;
	x->deadline = timer_new(c->loop, on_deadline, x);
	begin(x, call);
	timer_set(x->deadline, x->why[0] ? 0 : limit_us);
	return x;
}

void http_cancel(struct http_query **x)
{
	struct http_query *old = TAKE(*x);

	if (old)
		query_free(old);
}
