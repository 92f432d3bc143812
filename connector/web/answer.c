/* answer.c - documents into pages or JSON, with the headers that all carry. */
#include "connector/base/codec.h"
#include "connector/web/web_int.h"

#define TEMPLATES "templates/"
#define YEAR_S	  "31536000"

extern const struct embedded web_embedded[];

/* Nothing from elsewhere, nothing inline. */
static const struct http_field guards[] = {
	{STR("Content-Security-Policy"),
	 STR("default-src 'none'; style-src 'self'; script-src 'self'; "
	     "img-src 'self' data:; connect-src 'self'; form-action 'self'; "
	     "base-uri 'none'; frame-ancestors 'none'")},
	{STR("Referrer-Policy"), STR("no-referrer")},
	{STR("X-Content-Type-Options"), STR("nosniff")},
	{STR("X-Robots-Tag"), STR("noindex, nofollow")},
	{STR("X-Frame-Options"), STR("DENY")},
	{STR("Cross-Origin-Opener-Policy"), STR("same-origin")},
	{STR("Cross-Origin-Resource-Policy"), STR("same-origin")},
	{STR("Permissions-Policy"),
	 STR("camera=(), geolocation=(), microphone=()")},
};
#define STRICT_TRANSPORT                                                       \
	((struct http_field){STR("Strict-Transport-Security"),                 \
			     STR("max-age=" YEAR_S)})

struct fields {
	struct http_field v[WEB_FIELDS_MAX];
	size_t n;
};

static void put(struct fields *f, const char *name, const char *value)
{
	if (f->n < WEB_FIELDS_MAX)
		f->v[f->n++] = (struct http_field){str_of(name), str_of(value)};
}

static void finish(struct visit *v, int status, struct fields *f,
		   struct str body)
{
	struct http_reply reply = {.status = status, .body = body};
	const struct log_ctx *log = v->w->c.log;

	for (size_t i = 0; i < ARRAY_LEN(guards); i++)
		if (f->n < WEB_FIELDS_MAX)
			f->v[f->n++] = guards[i];
	if (v->w->secure && f->n < WEB_FIELDS_MAX)
		f->v[f->n++] = STRICT_TRANSPORT;
	reply.field = f->v;
	reply.field_n = f->n;
	metric_add(v->w->c.metrics, METRIC_HTTP_REQUESTS, 1);
	if (v->r->refused)
		metric_add(v->w->c.metrics, METRIC_HTTP_REFUSED, 1);
	/* The pattern, never the address: that holds a token. */
	LOG(log, LOG_DEBUG, "http",
	    LS("route", v->pattern ? v->pattern : "none"),
	    LI("status", status));
	http_reply(&v->x, &reply);
}

/* ---- templates ------------------------------------------------------------- */

bool templates_load(struct web *w, struct err *e)
{
	size_t n = 0;

	while (web_embedded[n].name != NULL)
		n++;
	w->template = NEW_ARRAY(struct web_template, n);
	for (size_t i = 0; i < n; i++) {
		const struct embedded *f = &web_embedded[i];
		struct web_template *t = &w->template[w->template_n];

		if (!str_starts(str_of(f->name), STR(TEMPLATES)))
			continue;
		t->name = f->name + strlen(TEMPLATES);
		t->template = template_parse(t->name, str_n(f->p, f->n), e);
		TRY(t->template != NULL);
		w->template_n++;
	}
	return true;
}

void templates_free(struct web *w)
{
	for (size_t i = 0; i < w->template_n; i++)
		template_free(&w->template[i].template);
	mem_free(w->template);
	w->template = NULL;
	w->template_n = 0;
}

static const struct template *find(void *arg, const char *name)
{
	const struct visit *v = arg;
	AUTO_STR file = mem_printf("%s.html", name);

	for (size_t i = 0; i < v->w->template_n; i++)
		if (strcmp(v->w->template[i].name, file) == 0)
			return v->w->template[i].template;
	return NULL;
}

static const char *word(void *arg, const char *key)
{
	const struct visit *v = arg;

	return catalogue_word(v->l, key);
}

/* ---- pages ----------------------------------------------------------------- */

static void add_mode(struct json *doc, const struct visit *v)
{
	struct flow_mode mode = {0};
	struct json *m;
	AUTO(buf) until = BUF_MAX(100);

	flow_get_mode(v->w->c.flow, &mode);
	if (mode.mode == MODE_NORMAL)
		return;
	m = json_add_object(doc, "mode");
	json_add_cstr(m, "word",
		      mode.mode == MODE_PASS ? "mode_pass" : "mode_hold");
	when_put(&until, v->l, v->w->c.config->timezone, mode.until_us,
		 v->now_us, true);
	json_add_str(m, "until", buf_str(&until));
}

static void add_frame(struct json *doc, const struct visit *v)
{
	AUTO(buf) csrf = BUF_MAX(64);
	AUTO(buf) path = BUF_MAX(8 * KIB);
	struct str part, rest = str_skip(v->path, 1);

	visit_csrf(v, &csrf);
	json_add_str(doc, "csrf", buf_str(&csrf));
	json_add_cstr(doc, "language", language_name(v->l));
	json_add_cstr(doc, "other_language_code",
		      v->l == LANGUAGE_JA ? "en" : "ja");
	json_add_cstr(doc, "base", v->w->base);
	json_add_cstr(doc, "hostname", v->w->c.config->hostname);
	buf_puts(&path, v->w->base);
	for (bool first = true; str_split(&rest, '/', &part); first = false) {
		buf_puts(&path, first ? "" : "/");
		percent_encode(&path, part);
	}
	json_add_str(doc, "here", buf_str(&path));
	add_mode(doc, v);
}

static bool render_page(struct visit *v, const char *page, struct json *doc,
			struct buf *out, struct err *e)
{
	struct template_env env = {.escape = TEMPLATE_HTML,
				   .partial = find,
				   .word = word,
				   .arg = v};
	const struct template *main = find(v, page), *frame = find(v, "frame");
	AUTO(buf) inner = BUF_MAX(WEB_PAGE_MAX);

	if (main == NULL || frame == NULL)
		return err_set(e, ERR_BUG, 0, "no template %s", page);
	TRY(template_render(main, doc, &env, &inner, e));
	json_add_str(doc, "main", buf_str(&inner));
	return template_render(frame, doc, &env, out, e);
}

static void put_cookies(struct visit *v, struct fields *f)
{
	const char *secure = v->w->secure ? "; Secure" : "";

	if (v->fresh_cookie)
		put(f, "Set-Cookie",
		    arena_printf(v->a,
				 "%s=%s; Path=/; HttpOnly; SameSite=Strict%s",
				 v->w->secure ? "__Host-sekisho" : "sekisho",
				 v->cookie, secure));
	if (v->keep_language)
		put(f, "Set-Cookie",
		    arena_printf(v->a,
				 "lang=%s; Path=/; HttpOnly; SameSite=Lax; "
				 "Max-Age=" YEAR_S "%s",
				 language_name(v->l), secure));
}

void answer_page(struct visit *v, int status, const char *page,
		 struct json **doc)
{
	struct fields f = {0};
	AUTO(buf) out = BUF_MAX(WEB_PAGE_MAX);
	struct err e = ERR_EMPTY;
	bool json = v->json;

	add_frame(*doc, v);
	if (json) {
		json_print(*doc, &out, true);
		buf_putc(&out, '\n');
	} else if (!render_page(v, page, *doc, &out, &e)) {
		LOG(v->w->c.log, LOG_ERROR, "page", LS("page", page), LE(&e));
		buf_clear(&out);
		buf_puts(&out, "<!doctype html><title>500</title>");
		status = 500;
	}
	json_free(doc);
	put(&f, "Content-Type",
	    json ? "application/json" : "text/html; charset=utf-8");
	put(&f, "Cache-Control", "no-store");
	put(&f, "Vary", "Accept, Accept-Language, Cookie");
	put_cookies(v, &f);
	if (status == 405 && v->allow)
		put(&f, "Allow", v->allow);
	finish(v, status, &f, buf_str(&out));
}

/* What helps, beside what went wrong. */
static const struct {
	const char *error, *help;
	bool again; /* the same address, opened anew */
} helps[] = {
	{"error_link", "error_link_help", false},
	{"error_not_found", "error_not_found_help", false},
	{"error_stale", "error_stale_help", true},
	{"error_ours", "error_ours_help", true},
};

static void add_help(struct json *doc, const struct visit *v, const char *error)
{
	const char *pattern = v->pattern ? v->pattern : "";
	bool page = strcmp(pattern, "/m/*") == 0 ||
		    strcmp(pattern, "/b/*") == 0;

	for (size_t i = 0; i < ARRAY_LEN(helps); i++) {
		if (strcmp(error, helps[i].error) != 0)
			continue;
		json_add_cstr(doc, "help", helps[i].help);
		json_add_bool(doc, "again", helps[i].again && page);
	}
	/* Of a request that was to change something. */
	json_add_bool(doc, "nothing_changed", v->r->method == HTTP_POST);
}

void answer_error(struct visit *v, int status, const char *error)
{
	struct json *doc = json_object();

	json_add_cstr(doc, "page", "error");
	json_add_int(doc, "status", status);
	json_add_cstr(doc, "error", error);
	json_add_cstr(doc, "title", error);
	add_help(doc, v, error);
	if (v->path.n == 0)
		v->path = STR("/");
	answer_page(v, status, "error", &doc);
}

void answer_text(struct visit *v, int status, const char *type, struct str body)
{
	struct fields f = {0};

	put(&f, "Content-Type", type);
	put(&f, "Cache-Control", "no-store");
	finish(v, status, &f, body);
}

void answer_see_other(struct visit *v, const char *path)
{
	struct fields f = {0};

	put(&f, "Location", arena_printf(v->a, "%s%s", v->w->base, path));
	put(&f, "Cache-Control", "no-store");
	put_cookies(v, &f);
	finish(v, 303, &f, STR_EMPTY);
}

/* ---- static files ---------------------------------------------------------- */

static const char *type_of(struct str name)
{
	if (str_ends(name, STR(".css")))
		return "text/css; charset=utf-8";
	if (str_ends(name, STR(".js")))
		return "text/javascript; charset=utf-8";
	if (str_ends(name, STR(".svg")))
		return "image/svg+xml";
	return "application/octet-stream";
}

void answer_asset(struct visit *v)
{
	const char *name = arena_printf(v->a, "assets/" STR_FMT,
					STR_ARG(v->arg));
	const struct embedded *f = embedded_find(web_embedded, name);
	unsigned char digest[SHA256_LEN];
	AUTO(buf) tag = BUF_MAX(64);
	struct fields fields = {0};

	if (f == NULL) {
		answer_error(v, 404, "error_not_found");
		return;
	}
	sha256_of(f->p, f->n, digest);
	buf_putc(&tag, '"');
	hex_encode(&tag, str_n(digest, 16));
	buf_putc(&tag, '"');
	put(&fields, "Content-Type", type_of(v->arg));
	put(&fields, "Cache-Control", "no-cache");
	put(&fields, "ETag", buf_cstr(&tag));
	if (str_eq(http_field(v->r, "If-None-Match"), buf_str(&tag)))
		finish(v, 304, &fields, STR_EMPTY);
	else
		finish(v, 200, &fields, str_n(f->p, f->n));
}
