/* route.c - the table of addresses, and what every one of them demands. */
#include "connector/web/web_int.h"

enum {
	ROUTE_GET = 1,	/* HEAD too; changes nothing */
	ROUTE_POST = 2, /* a form of ours: type, origin, token */
};

struct route {
	const char *pattern; /* one "*": a part of the path */
	unsigned flags;
	void (*handler)(struct visit *v);
};

static const struct route routes[] = {
	{"/m/*", ROUTE_GET, get_held},
	{"/m/*", ROUTE_POST, post_held},
	{"/m/*/discard", ROUTE_GET, get_discard},
	{"/b/*", ROUTE_GET, get_brake},
	{"/b/*", ROUTE_POST, post_brake},
	/* The classic form of the link: /gate/m/?TOKEN */
	{"/m/", ROUTE_GET, get_seed_link},
	{"/gate/m/", ROUTE_GET, get_seed_link},
	{"/assets/*", ROUTE_GET, answer_asset},
	{"/", ROUTE_GET, get_help},
	{"/help", ROUTE_GET, get_help},
	{"/help/admin", ROUTE_GET, get_help_admin},
	{"/healthz", ROUTE_GET, get_health},
	{"/readyz", ROUTE_GET, get_ready},
	{"/metrics", ROUTE_GET, get_metrics},
};

static bool match(struct str pattern, struct str path, struct str *arg_r)
{
	ptrdiff_t star = str_chr(pattern, '*');
	struct str tail;

	*arg_r = STR_EMPTY;
	if (star < 0)
		return str_eq(pattern, path);
	tail = str_skip(pattern, (size_t)star + 1);
	if (!str_starts(path, str_head(pattern, (size_t)star)))
		return false;
	path = str_skip(path, (size_t)star);
	if (path.n <= tail.n || !str_ends(path, tail))
		return false;
	*arg_r = str_head(path, path.n - tail.n);
	return str_chr(*arg_r, '/') < 0;
}

static unsigned wanted(enum http_method m)
{
	if (m == HTTP_GET || m == HTTP_HEAD)
		return ROUTE_GET;
	return m == HTTP_POST ? ROUTE_POST : 0;
}

void route_visit(struct visit *v)
{
	static const char *const allow[] = {
		[ROUTE_GET] = "GET, HEAD",
		[ROUTE_POST] = "POST",
		[ROUTE_GET | ROUTE_POST] = "GET, HEAD, POST"};
	unsigned want = wanted(v->r->method), has = 0;

	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		const struct route *r = &routes[i];

		if (!match(str_of(r->pattern), v->path, &v->arg))
			continue;
		has |= r->flags;
		if (!(r->flags & want))
			continue;
		v->pattern = r->pattern;
		if ((r->flags & ROUTE_POST) && !visit_form_ok(v))
			answer_error(v, 403, "error_stale");
		else
			r->handler(v);
		return;
	}
	v->allow = allow[has];
	answer_error(v, has ? 405 : 404,
		     has ? "error_method" : "error_not_found");
}
