/* web_int.h - what the files of web share: the server, a visit, its answer.
 *
 * A visit is one request on its way to an answer; it lives in the arena of its
 * exchange and may wait for the store or the flow.  Everything on the web loop.
 */
#ifndef SEKISHO_WEB_INT_H
#define SEKISHO_WEB_INT_H

#include "connector/base/embed.h"
#include "connector/base/id.h"
#include "connector/base/mem.h"
#include "connector/sys/http/server.h"
#include "connector/text/catalogue.h"
#include "connector/text/template.h"
#include "connector/text/when.h"
#include "connector/web/web.h"

#define WEB_CONNECTIONS 1000
#define WEB_PER_ADDRESS 64
#define WEB_PAGE_MAX	(2 * MIB)
#define WEB_TRIES	5 /* wrong check numbers per token */
#define WEB_DIGITS	4
#define WEB_FIELDS_MAX	16

struct web_template {
	const char *name; /* "held.html" */
	struct template *template;
};

struct web {
	struct web_conf c;
	struct http_server *http;
	struct store_reader *reader;
	struct web_template *template;
	size_t template_n;
	unsigned char key[KEY_LEN]; /* of CSRF tokens; of this process */
	char *origin;		    /* "https://gate.example.co.jp" */
	char *base;		    /* path of public-url, "/" at its end */
	bool secure;		    /* public-url is https */
};

struct visit {
	struct web *w;
	struct http_exchange *x;
	const struct http_request *r;
	struct arena *a;
	enum language l;
	bool json;
	bool keep_language;  /* chosen by link: remember it */
	struct str path;     /* without base */
	struct str arg;	     /* what the * of the pattern stands for */
	const char *pattern; /* of the route, for the log */
	const char *allow;   /* methods of the address; NULL: unknown */
	struct str form;     /* body of a POST */
	int64_t now_us;
	char cookie[TOKEN_TEXT_LEN + 1];
	bool fresh_cookie;
};

/* route.c */
void route_visit(struct visit *v);

/* visit.c: who asks, and is it a form of ours? */
void visit_begin(struct visit *v);
bool visit_form_ok(struct visit *v);
void visit_csrf(const struct visit *v, struct buf *out);
/* The peer, or whom a believed proxy names; empty when that is no address. */
bool visit_client(const struct visit *v, struct sockaddr_storage *client_r);
bool visit_is_near(const struct visit *v); /* loopback or a proxy */

/* answer.c: each ends the visit. */
void answer_page(struct visit *v, int status, const char *page,
		 struct json **doc);
void answer_error(struct visit *v, int status, const char *error);
void answer_text(struct visit *v, int status, const char *type,
		 struct str body);
void answer_see_other(struct visit *v, const char *path);
void answer_asset(struct visit *v);
bool templates_load(struct web *w, struct err *e) MUST_USE;
void templates_free(struct web *w);

/* plain.c: pages for machines, and help. */
void get_health(struct visit *v);
void get_ready(struct visit *v);
void get_metrics(struct visit *v);
void get_help(struct visit *v);
void get_help_admin(struct visit *v);

/* held.c: /m/TOKEN. */
void get_held(struct visit *v);
void get_discard(struct visit *v);
void get_seed_link(struct visit *v);
void post_held(struct visit *v);

/* brake.c: /b/TOKEN. */
void get_brake(struct visit *v);
void post_brake(struct visit *v);

/* check.c: what a link's token leads to, and deciding by its digits. */
struct held {
	struct str token; /* text */
	struct store_token row;
	struct store_found found;
	struct store_audit *story;
	size_t story_n;
};
/* kind: of the token. False: the visit was answered. */
bool held_find(struct visit *v, char kind, struct held *h);
/* What the form is told; error NULL: nothing. */
void held_add_error(struct json *doc, const struct held *h, const char *error);
struct check {
	struct visit *v;
	struct held h;
	struct flow_action act; /* with its actor; id and token are set */
	const char *path;	/* of the page: "m/" */
	void (*show)(struct check *c, int status, const char *error);
	unsigned char sum[SHA256_LEN]; /* of what was typed */
};
/* The digits of the form, then the act; ends the visit. */
void check_decide(struct check *c);
void check_outcome(struct check *c); /* to the page */

/* held_page.c: one message and its token as the document of its page. */
struct json *held_document(const struct visit *v, const struct held *h);
/* What the plan says of the recipients, and why. */
void held_add_plan(struct json *doc, const struct visit *v,
		   const struct held *h);
bool held_can_decide(const struct held *h);

/* held_gets.c: what a recipient gets; plan and row NULL: not decided yet. */
/* True: there is a password to show. */
bool held_add_gets(struct json *o, const struct visit *v,
		   const struct store_rcpt *r, const struct json *plan,
		   const struct json *row);
/* An admin let it go without what the plan asks for. */
bool held_went_as_is(const struct store_rcpt *r, const struct json *row);

/* held_rows.c: parts of that document. */
void held_add_recipients(struct json *doc, const struct visit *v,
			 const struct held *h, const struct json *plan);
void held_add_files(struct json *doc, const struct held *h,
		    const struct visit *v);
void held_add_story(struct json *doc, const struct visit *v,
		    const struct held *h);
void held_add_when(struct json *o, const char *key, const struct visit *v,
		   int64_t at_us);

#endif
