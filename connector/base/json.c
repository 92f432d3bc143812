/* json.c - JSON behind our own types (wall: cJSON only here); see json.h.
 *
 * cJSON reads leniently: it takes "01", raw control characters, duplicate
 * keys, \u0000 (cutting the string there), trailing bytes, and turns numbers
 * into doubles.  So a strict scan (RFC 8259) goes first, and notes the integers
 * that a double would spoil; their nodes become cJSON_Raw with the text as it
 * stood, which prints verbatim.
 */
#include "connector/base/json.h"
#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include "connector/base/die.h"
#include "connector/base/map.h"
#include "connector/base/mem.h"
#include "connector/base/utf8.h"
#include "connector/base/vec.h"

#define EXACT_MAX (INT64_C(1) << 53)

struct number {
	size_t index; /* n-th number of the text */
	struct str text;
};

struct scan {
	struct str text;
	size_t at, nodes, numbers;
	struct {
		VEC_OF(struct number);
	} big;
	const char *wrong; /* what is wrong at `at` */
};

static cJSON *node_of(const struct json *j)
{
	return (cJSON *)(uintptr_t)j;
}

static struct json *json_of(cJSON *node)
{
	return (struct json *)node;
}

/* ---- the strict scan ---- */

static bool scan_fail(struct scan *s, const char *wrong)
{
	if (!s->wrong)
		s->wrong = wrong;
	return false;
}

static int peek(const struct scan *s)
{
	return s->at < s->text.n ? (unsigned char)s->text.p[s->at] : -1;
}

static bool accept(struct scan *s, char c)
{
	if (peek(s) != c)
		return false;
	s->at++;
	return true;
}

static void blanks(struct scan *s)
{
	int c;

	while ((c = peek(s)) == ' ' || c == '\t' || c == '\n' || c == '\r')
		s->at++;
}

static bool hex4(struct scan *s, unsigned *v_r)
{
	unsigned v = 0;

	for (int i = 0; i < 4; i++, s->at++) {
		int c = peek(s);
		char low = ascii_lower((char)c);

		if (c >= '0' && c <= '9')
			v = v << 4 | (unsigned)(c - '0');
		else if (c > 0 && low >= 'a' && low <= 'f')
			v = v << 4 | (unsigned)(low - 'a' + 10);
		else
			return scan_fail(s, "bad \\u escape");
	}
	*v_r = v;
	return true;
}

/* Behind the backslash. */
static bool scan_escape(struct scan *s)
{
	int c = peek(s);
	unsigned v = 0, low = 0;

	if (c > 0 && strchr("\"\\/bfnrt", c)) {
		s->at++;
		return true;
	}
	if (!accept(s, 'u'))
		return scan_fail(s, "bad escape");
	TRY(hex4(s, &v));
	if (v == 0)
		return scan_fail(s, "NUL in a string");
	if (v >= 0xdc00 && v <= 0xdfff)
		return scan_fail(s, "half a surrogate pair");
	if (v < 0xd800 || v > 0xdbff)
		return true;
	if (!accept(s, '\\') || !accept(s, 'u') || !hex4(s, &low) ||
	    low < 0xdc00 || low > 0xdfff)
		return scan_fail(s, "half a surrogate pair");
	return true;
}

static bool scan_string(struct scan *s)
{
	size_t start = s->at + 1;

	if (!accept(s, '"'))
		return scan_fail(s, "a string expected");
	while (!accept(s, '"')) {
		int c = peek(s);

		if (c < 0)
			return scan_fail(s, "string without end");
		if (c < 0x20)
			return scan_fail(s, "control character in a string");
		s->at++;
		if (c == '\\')
			TRY(scan_escape(s));
	}
	if (!utf8_valid(str_n(s->text.p + start, s->at - 1 - start)))
		return scan_fail(s, "string is not UTF-8");
	return true;
}

static size_t digits(struct scan *s)
{
	size_t start = s->at;

	while (peek(s) >= '0' && peek(s) <= '9')
		s->at++;
	return s->at - start;
}

static bool scan_number(struct scan *s)
{
	size_t start = s->at, whole;
	bool integer = true;
	struct number big;

	accept(s, '-');
	whole = s->at;
	if (digits(s) == 0 || (s->text.p[whole] == '0' && s->at - whole > 1))
		return scan_fail(s, "malformed number");
	if (accept(s, '.')) {
		integer = false;
		if (digits(s) == 0)
			return scan_fail(s, "malformed number");
	}
	if (accept(s, 'e') || accept(s, 'E')) {
		integer = false;
		if (!accept(s, '+'))
			accept(s, '-');
		if (digits(s) == 0)
			return scan_fail(s, "malformed number");
	}
	big.index = s->numbers++;
	big.text = str_n(s->text.p + start, s->at - start);
	/* 15 digits fit a double whatever they are; cJSON itself reads at most
	 * 63 characters of a number, so longer ones are kept as text too */
	if (big.text.n > 60 || (integer && s->at - whole > 15))
		vec_push(&s->big, big);
	return true;
}

static bool scan_word(struct scan *s, const char *word)
{
	if (!str_starts(str_skip(s->text, s->at), str_of(word)))
		return scan_fail(s, "a value expected");
	s->at += strlen(word);
	return true;
}

static bool scan_value(struct scan *s, unsigned depth);

static bool scan_array(struct scan *s, unsigned depth)
{
	blanks(s);
	if (accept(s, ']'))
		return true;
	do {
		TRY(scan_value(s, depth));
	} while (accept(s, ','));
	return accept(s, ']') || scan_fail(s, "\",\" or \"]\" expected");
}

static bool scan_object(struct scan *s, unsigned depth)
{
	blanks(s);
	if (accept(s, '}'))
		return true;
	do {
		blanks(s);
		TRY(scan_string(s));
		blanks(s);
		if (!accept(s, ':'))
			return scan_fail(s, "\":\" expected");
		TRY(scan_value(s, depth));
	} while (accept(s, ','));
	return accept(s, '}') || scan_fail(s, "\",\" or \"}\" expected");
}

/* A value and the blanks around it. */
static bool scan_value(struct scan *s, unsigned depth)
{
	bool ok;
	int c;

	if (++s->nodes > JSON_NODES_MAX)
		return scan_fail(s, "too many values");
	blanks(s);
	c = peek(s);
	if ((c == '[' || c == '{') && depth >= JSON_DEPTH_MAX)
		return scan_fail(s, "too deep");
	if (accept(s, '{'))
		ok = scan_object(s, depth + 1);
	else if (accept(s, '['))
		ok = scan_array(s, depth + 1);
	else if (c == '"')
		ok = scan_string(s);
	else if (c == '-' || (c >= '0' && c <= '9'))
		ok = scan_number(s);
	else if (c == 't')
		ok = scan_word(s, "true");
	else
		ok = scan_word(s, c == 'f' ? "false" : "null");
	blanks(s);
	return ok;
}

static unsigned line_of(const struct scan *s)
{
	unsigned line = 1;

	for (size_t i = 0; i < s->at && i < s->text.n; i++)
		line += s->text.p[i] == '\n';
	return line;
}

/* ---- after cJSON has read it ---- */

static void set_raw(cJSON *node, struct str text)
{
	char *copy = mem_strndup(text.p, text.n);
	cJSON *raw = cJSON_CreateRaw(copy);

	mem_free(copy);
	if (!raw)
		fatal(EX_OSERR, "out of memory (JSON)");
	node->valuestring = TAKE(raw->valuestring); /* cJSON's memory */
	node->type = cJSON_Raw;
	cJSON_Delete(raw);
}

static bool keys_unique(const cJSON *object, struct err *e)
{
	struct map seen = MAP_EMPTY;
	bool ok = true;

	for (const cJSON *m = object->child; m && ok; m = m->next) {
		if (map_put(&seen, str_of(m->string), (void *)(uintptr_t)1))
			ok = err_set(e, ERR_PERMANENT, 0,
				     "JSON: key \"%.80s\" twice", m->string);
	}
	map_release(&seen);
	return ok;
}

/* In the order of the text: big integers put back, keys unique. */
static bool finish(cJSON *node, const struct scan *s, size_t *numbers,
		   size_t *big, struct err *e)
{
	if (cJSON_IsNumber(node)) {
		if (*big < s->big.n && s->big.v[*big].index == *numbers)
			set_raw(node, s->big.v[(*big)++].text);
		(*numbers)++;
		return true;
	}
	if (cJSON_IsObject(node))
		TRY(keys_unique(node, e));
	for (cJSON *c = node->child; c; c = c->next)
		TRY(finish(c, s, numbers, big, e));
	return true;
}

struct json *json_parse(struct str text, struct err *e)
{
	struct scan s = {.text = text};
	size_t numbers = 0, big = 0;
	cJSON *root = NULL;

	if (text.n > JSON_BYTES_MAX) {
		err_set(e, ERR_LIMIT, 0, "JSON: more than %zu bytes",
			JSON_BYTES_MAX);
		return NULL;
	}
	if (scan_value(&s, 0) && s.at < text.n)
		scan_fail(&s, "bytes behind the value");
	if (s.wrong) {
		err_set(e, ERR_PERMANENT, 0, "JSON, line %u: %s", line_of(&s),
			s.wrong);
		goto out;
	}
	root = cJSON_ParseWithLength(text.p, text.n);
	if (!root) {
		err_set(e, ERR_PERMANENT, 0, "JSON: not read");
	} else if (!finish(root, &s, &numbers, &big, e)) {
		cJSON_Delete(root);
		root = NULL;
	}
out:
	vec_release(&s.big);
	return json_of(root);
}

void json_free(struct json **j)
{
	cJSON_Delete(node_of(*j));
	*j = NULL;
}

void json_print(const struct json *j, struct buf *out, bool pretty)
{
	char *text = pretty ? cJSON_Print(node_of(j))
			    : cJSON_PrintUnformatted(node_of(j));

	if (!text)
		fatal(EX_OSERR, "out of memory (JSON)");
	buf_puts(out, text);
	cJSON_free(text);
}

/* ---- building ---- */

static struct json *made(cJSON *node)
{
	if (!node)
		fatal(EX_OSERR, "out of memory (JSON)");
	return json_of(node);
}

struct json *json_object(void)
{
	return made(cJSON_CreateObject());
}

struct json *json_array(void)
{
	return made(cJSON_CreateArray());
}

struct json *json_add(struct json *parent, const char *key, struct json *child)
{
	cJSON *p = node_of(parent);
	bool ok;

	must(key ? cJSON_IsObject(p) : cJSON_IsArray(p));
	ok = key ? cJSON_AddItemToObject(p, key, node_of(child))
		 : cJSON_AddItemToArray(p, node_of(child));
	must(ok);
	return child;
}

struct json *json_add_object(struct json *parent, const char *key)
{
	return json_add(parent, key, json_object());
}

struct json *json_add_array(struct json *parent, const char *key)
{
	return json_add(parent, key, json_array());
}

void json_add_str(struct json *parent, const char *key, struct str s)
{
	struct buf clean = BUF_MAX(s.n * 3 + 1);

	while (s.n > 0) {
		uint32_t cp = (uint32_t)utf8_next(&s);

		utf8_put(&clean, cp ? cp : 0xfffd); /* no NUL inside */
	}
	json_add(parent, key, made(cJSON_CreateString(buf_cstr(&clean))));
	buf_release(&clean);
}

void json_add_cstr(struct json *parent, const char *key, const char *s)
{
	if (s)
		json_add_str(parent, key, str_of(s));
	else
		json_add_null(parent, key);
}

void json_add_int(struct json *parent, const char *key, int64_t v)
{
	char text[32];

	if (v >= INT32_MIN && v <= INT32_MAX) {
		json_add(parent, key, made(cJSON_CreateNumber((double)v)));
		return;
	}
	/* cJSON would print it as a double, with an exponent. */
	snprintf(text, sizeof(text), "%" PRId64, v);
	json_add(parent, key, made(cJSON_CreateRaw(text)));
}

void json_add_bool(struct json *parent, const char *key, bool v)
{
	json_add(parent, key, made(cJSON_CreateBool(v)));
}

void json_add_null(struct json *parent, const char *key)
{
	json_add(parent, key, made(cJSON_CreateNull()));
}

/* ---- reading ---- */

enum json_type json_type(const struct json *j)
{
	const cJSON *n = node_of(j);

	if (cJSON_IsBool(n))
		return JSON_BOOL;
	if (cJSON_IsNumber(n) || cJSON_IsRaw(n))
		return JSON_NUMBER;
	if (cJSON_IsString(n))
		return JSON_STRING;
	if (cJSON_IsArray(n))
		return JSON_ARRAY;
	return cJSON_IsObject(n) ? JSON_OBJECT : JSON_NULL;
}

const struct json *json_get(const struct json *obj, const char *key)
{
	if (!obj || !cJSON_IsObject(node_of(obj)))
		return NULL;
	return json_of(cJSON_GetObjectItemCaseSensitive(node_of(obj), key));
}

size_t json_size(const struct json *arr_or_obj)
{
	return arr_or_obj ? (size_t)cJSON_GetArraySize(node_of(arr_or_obj)) : 0;
}

const struct json *json_at(const struct json *arr_or_obj, size_t i)
{
	if (!arr_or_obj || i > INT32_MAX)
		return NULL;
	return json_of(cJSON_GetArrayItem(node_of(arr_or_obj), (int)i));
}

const struct json *json_next(const struct json *member)
{
	return json_of(node_of(member)->next);
}

const char *json_key(const struct json *member)
{
	return node_of(member)->string;
}

const char *json_cstr(const struct json *j, const char *fallback)
{
	return j && cJSON_IsString(node_of(j)) ? node_of(j)->valuestring
					       : fallback;
}

/* The digits of a number kept as text, when they fit. */
static int64_t raw_int(const char *text, int64_t fallback)
{
	char *end;
	long long v;

	errno = 0;
	v = strtoll(text, &end, 10);
	return errno || *end || end == text ? fallback : v;
}

int64_t json_int(const struct json *j, int64_t fallback)
{
	const cJSON *n = node_of(j);
	double d;

	if (n && cJSON_IsRaw(n))
		return raw_int(n->valuestring, fallback);
	if (!n || !cJSON_IsNumber(n))
		return fallback;
	d = n->valuedouble;
	if (!(fabs(d) <= (double)EXACT_MAX) || d != trunc(d))
		return fallback;
	return (int64_t)d;
}

bool json_bool(const struct json *j, bool fallback)
{
	return j && cJSON_IsBool(node_of(j)) ? cJSON_IsTrue(node_of(j))
					     : fallback;
}

const char *json_get_cstr(const struct json *o, const char *key,
			  const char *fallback)
{
	return json_cstr(json_get(o, key), fallback);
}

int64_t json_get_int(const struct json *o, const char *key, int64_t fallback)
{
	return json_int(json_get(o, key), fallback);
}

bool json_get_bool(const struct json *o, const char *key, bool fallback)
{
	return json_bool(json_get(o, key), fallback);
}
