/* visit.c - who asks: address, language, cookie; and whether a form is ours.
 *
 * CSRF: a cookie that only this site can set (SameSite=Strict) and, in every
 * form, its HMAC under a key of this process; and the browser must say that the
 * form came from here.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include "connector/base/clock.h"
#include "connector/base/codec.h"
#include "connector/web/web_int.h"

#define CSRF_BYTES 18

static const char *cookie_name(const struct web *w)
{
	return w->secure ? "__Host-sekisho" : "sekisho";
}

static bool is_token_text(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '_')
			return false;
	return s.n == TOKEN_TEXT_LEN;
}

static void choose_language(struct visit *v)
{
	struct str chosen = http_form_value(v->r->query, "lang", v->a);

	v->keep_language = language_parse(chosen, &v->l);
	if (v->keep_language ||
	    language_parse(http_cookie(v->r, "lang"), &v->l) ||
	    language_accept(http_field(v->r, "Accept-Language"), &v->l))
		return;
	if (!language_parse(str_of(v->w->c.config->language), &v->l))
		v->l = LANGUAGE_JA;
}

static bool wants_json(struct str accept)
{
	ptrdiff_t json = str_find_ci(accept, STR("application/json"));
	ptrdiff_t html = str_find_ci(accept, STR("text/html"));

	return json >= 0 && (html < 0 || json < html);
}

void visit_begin(struct visit *v)
{
	struct str cookie = http_cookie(v->r, cookie_name(v->w));
	struct str base = str_of(v->w->base);

	v->now_us = flow_now(v->w->c.flow);
	v->json = wants_json(http_field(v->r, "Accept"));
	v->path = v->r->path;
	/* Proxies may or may not take the path of public-url away. */
	if (base.n > 1 && str_starts(v->path, base))
		v->path = str_skip(v->path, base.n - 1);
	v->fresh_cookie = !is_token_text(cookie);
	if (v->fresh_cookie)
		token_new(v->cookie);
	else
		memcpy(v->cookie, cookie.p, TOKEN_TEXT_LEN);
	choose_language(v);
}

void visit_csrf(const struct visit *v, struct buf *out)
{
	unsigned char mac[SHA256_LEN];

	hmac_sha256(v->w->key, KEY_LEN, v->cookie, TOKEN_TEXT_LEN, mac);
	b64url_encode(out, str_n(mac, CSRF_BYTES));
}

/* The browser says where a form comes from; one that says nothing is none.
 * With no-referrer, Origin is "null" and Sec-Fetch-Site speaks alone. */
static bool is_same_site(const struct visit *v)
{
	struct str origin = http_field(v->r, "Origin");
	struct str site = http_field(v->r, "Sec-Fetch-Site");

	if (site.n && !str_is(site, "same-origin"))
		return false;
	if (origin.n && !str_is(origin, "null"))
		return str_is(origin, v->w->origin);
	return site.n > 0;
}

bool visit_form_ok(struct visit *v)
{
	struct str type = http_field(v->r, "Content-Type");
	AUTO(buf) want = BUF_MAX(64);
	ptrdiff_t semicolon = str_chr(type, ';');

	if (semicolon >= 0)
		type = str_head(type, (size_t)semicolon);
	if (!str_is_ci(str_trim(type), "application/x-www-form-urlencoded"))
		return false;
	v->form = v->r->body;
	visit_csrf(v, &want);
	return !v->fresh_cookie && is_same_site(v) &&
	       str_eq_secret(http_form_value(v->form, "csrf", v->a),
			     buf_str(&want));
}

static bool is_proxy(const struct config *c, const struct sockaddr_storage *sa)
{
	for (size_t i = 0; i < c->proxies.n; i++)
		if (cidr_has(&c->proxies.v[i], (const struct sockaddr *)sa))
			return true;
	return false;
}

static bool parse_address(struct visit const *v, struct str s,
			  struct sockaddr_storage *sa_r)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)sa_r;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)sa_r;
	const char *text = arena_strndup(v->a, s.p, s.n);

	*sa_r = (struct sockaddr_storage){0};
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1)
		sa_r->ss_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1)
		sa_r->ss_family = AF_INET6;
	else
		return false;
	return true;
}

bool visit_client(const struct visit *v, struct sockaddr_storage *client_r)
{
	const struct config *c = v->w->c.config;

	*client_r = v->r->peer;
	/* From the nearest hop outwards, as far as proxies are believed. */
	for (size_t i = v->r->field_n; i-- > 0;) {
		struct str list = v->r->field[i].value;

		if (!str_is_ci(v->r->field[i].name, "X-Forwarded-For"))
			continue;
		while (list.n > 0) {
			ptrdiff_t comma = str_rchr(list, ',');
			struct str one = str_skip(list, (size_t)(comma + 1));

			if (!is_proxy(c, client_r))
				return true;
			if (!parse_address(v, str_trim(one), client_r))
				return false;
			list = str_head(list, comma < 0 ? 0 : (size_t)comma);
		}
	}
	return true;
}

bool visit_is_near(const struct visit *v)
{
	struct sockaddr_storage sa;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&sa;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&sa;

	if (!visit_client(v, &sa))
		return false;
	if (sa.ss_family == AF_INET)
		return ntohl(v4->sin_addr.s_addr) >> 24 == 127 ||
		       is_proxy(v->w->c.config, &sa);
	return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) ||
	       is_proxy(v->w->c.config, &sa);
}
