/* request.c - see request.h. */
#include "connector/sys/http/request.h"
#include "connector/base/codec.h"
#include "connector/base/utf8.h"

/* Fields that a second line would make ambiguous. */
static const char *const single[] = {
	"Host",	  "Content-Length", "Transfer-Encoding", "Content-Type",
	"Origin", "Cookie",	    "Authorization",	 "Expect"};

int http_head_end(struct str in, size_t *at)
{
	for (size_t i = *at; i < in.n; i++) {
		char c = in.p[i];

		if (i >= HTTP_HEADERS_MAX)
			return 431;
		if (c == '\n' && (i == 0 || in.p[i - 1] != '\r'))
			return 400; /* RFC 9112 2.2: we need not take bare LF */
		if (i > 0 && in.p[i - 1] == '\r' && c != '\n')
			return 400;
		if (c == 0 || (i == 0 && c == '\r'))
			return 400;
		*at = i + 1;
		if (c == '\n' && i >= 3 && in.p[i - 2] == '\n')
			return 200;
	}
	return 0;
}

/* RFC 9110 5.6.2 */
static bool is_token(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_alnum(s.p[i]) &&
		    (s.p[i] == 0 || !strchr("!#$%&'*+-.^_`|~", s.p[i])))
			return false;
	return s.n > 0;
}

static bool is_value(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static bool is_target(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c <= ' ' || c >= 0x7f || strchr("\"#<>\\^`{|}", c))
			return false;
	}
	return true;
}

/* RFC 3986 3.2.2, as far as an authority may stand in Host. */
static bool is_host(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_alnum(s.p[i]) && !strchr("-._~:[]", s.p[i]))
			return false;
	return s.n > 0 && s.n <= 255 + 6;
}

static bool safe_path(struct str path)
{
	struct str part;

	if (!utf8_valid(path) || str_has_control(path) ||
	    str_chr(path, '\\') >= 0)
		return false;
	while (str_split(&path, '/', &part))
		if (str_is(part, ".") || str_is(part, ".."))
			return false;
	return true;
}

static int parse_target(struct str target, struct arena *a,
			struct http_request *r)
{
	ptrdiff_t q = str_chr(target, '?');
	struct str raw = str_head(target, q < 0 ? target.n : (size_t)q);
	AUTO(buf) path = BUF_MAX(HTTP_TARGET_MAX);

	if (target.n > HTTP_TARGET_MAX)
		return 414;
	/* RFC 9112 3.2.1: origin-form alone; we are no proxy. */
	if (target.n == 0 || target.p[0] != '/' || !is_target(target) ||
	    str_find_ci(raw, STR("%2f")) >= 0 ||
	    !percent_decode(&path, raw, false) || !safe_path(buf_str(&path)))
		return 400;
	r->path = arena_str(a, buf_str(&path));
	if (q >= 0)
		r->query = str_skip(target, (size_t)q + 1);
	return 200;
}

static enum http_method method_of(struct str s)
{
	if (str_is(s, "GET"))
		return HTTP_GET;
	if (str_is(s, "HEAD"))
		return HTTP_HEAD;
	if (str_is(s, "POST"))
		return HTTP_POST;
	if (str_is(s, "OPTIONS"))
		return HTTP_OPTIONS;
	return HTTP_OTHER;
}

static int parse_request_line(struct str line, struct arena *a,
			      struct http_request *r)
{
	ptrdiff_t first = str_chr(line, ' '), last = str_rchr(line, ' ');
	struct str method, version;

	if (first <= 0 || last <= first)
		return 400;
	method = str_head(line, (size_t)first);
	version = str_skip(line, (size_t)last + 1);
	if (!is_token(method) || method.n > 20)
		return 400;
	if (str_is(version, "HTTP/1.0"))
		r->close = true;
	else if (!str_is(version, "HTTP/1.1"))
		return str_starts(version, STR("HTTP/")) ? 505 : 400;
	r->method = method_of(method);
	return parse_target(
		str_n(line.p + first + 1, (size_t)(last - first - 1)), a, r);
}

static bool is_doubled(const struct http_request *r, struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(single); i++)
		if (str_is_ci(name, single[i]))
			return http_field(r, single[i]).p != NULL;
	return false;
}

static int parse_field(struct str line, struct http_request *r)
{
	ptrdiff_t colon = str_chr(line, ':');
	struct http_field f;

	/* A line that begins with a blank is obs-fold (RFC 9112 5.2); a blank
	 * before the colon is no token (5.1). */
	if (colon <= 0)
		return 400;
	f.name = str_head(line, (size_t)colon);
	f.value = str_trim(str_skip(line, (size_t)colon + 1));
	if (f.value.p == NULL)
		f.value = STR("");
	if (!is_token(f.name) || !is_value(f.value) || is_doubled(r, f.name))
		return 400;
	if (r->field_n == HTTP_FIELDS_MAX)
		return 431;
	r->field[r->field_n++] = f;
	return 200;
}

/* RFC 9112 6.3: the length is what Content-Length says, else there is none. */
static int frame(struct http_request *r)
{
	struct str length = http_field(r, "Content-Length");
	struct str coding = http_field(r, "Transfer-Encoding");

	if (coding.p != NULL)
		return length.p != NULL || str_is_ci(coding, "chunked") ? 400
									: 501;
	if (length.p != NULL && (length.n > 19 || !str_u64(length, &r->length)))
		return 400;
	if (r->length > HTTP_BODY_MAX)
		return 413;
	if (r->method == HTTP_POST)
		return length.p == NULL ? 411 : 200;
	return r->length > 0 && r->method != HTTP_OTHER ? 400 : 200;
}

static bool wants_close(const struct http_request *r)
{
	struct str connection = http_field(r, "Connection"), option;

	while (str_split(&connection, ',', &option))
		if (str_is_ci(str_trim(option), "close"))
			return true;
	return false;
}

static int check_fields(struct http_request *r)
{
	r->host = http_field(r, "Host");
	if (!is_host(r->host))
		return 400;
	if (http_field(r, "Expect").p != NULL)
		return 417;
	r->close = r->close || wants_close(r);
	return frame(r);
}

int http_head_parse(struct str head, struct arena *a, struct http_request *r)
{
	int status = 200;
	bool first = true;
	struct str line;

	*r = (struct http_request){0};
	r->field = arena_array(a, HTTP_FIELDS_MAX, sizeof(*r->field));
	while (status == 200 && str_split(&head, '\n', &line)) {
		if (line.n == 0 || line.p[line.n - 1] != '\r')
			status = 400;
		else if (first)
			status = parse_request_line(str_head(line, line.n - 1),
						    a, r);
		else if (line.n > 1)
			status = parse_field(str_head(line, line.n - 1), r);
		if (line.n <= 1)
			break;
		first = false;
	}
	if (status == 200)
		status = first ? 400 : check_fields(r);
	if (status != 200)
		*r = (struct http_request){0};
	return status;
}

struct str http_field(const struct http_request *r, const char *name)
{
	for (size_t i = 0; i < r->field_n; i++)
		if (str_is_ci(r->field[i].name, name))
			return r->field[i].value;
	return STR_EMPTY;
}

struct str http_form_value(struct str form, const char *name, struct arena *a)
{
	struct str pair;

	while (str_split(&form, '&', &pair)) {
		ptrdiff_t eq = str_chr(pair, '=');
		AUTO(buf) value = BUF_MAX(HTTP_BODY_MAX);

		if (eq < 0 || !str_is(str_head(pair, (size_t)eq), name))
			continue;
		if (!percent_decode(&value, str_skip(pair, (size_t)eq + 1),
				    true) ||
		    !utf8_valid(buf_str(&value)) ||
		    memchr(value.p ? value.p : "", 0, value.n))
			return STR_EMPTY;
		return arena_str(a, buf_str(&value));
	}
	return STR_EMPTY;
}

struct str http_cookie(const struct http_request *r, const char *name)
{
	struct str all = http_field(r, "Cookie"), pair, found = STR_EMPTY;

	while (str_split(&all, ';', &pair)) {
		ptrdiff_t eq;

		pair = str_trim(pair);
		eq = str_chr(pair, '=');
		if (eq < 0 || !str_is(str_head(pair, (size_t)eq), name))
			continue;
		if (found.p != NULL)
			return STR_EMPTY;
		found = str_skip(pair, (size_t)eq + 1);
	}
	return found;
}
