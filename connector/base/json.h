/* json.h - JSON behind our own types (wall: cJSON is included in json.c only).
 *
 * Reading is strict: depth and size bounded, duplicate keys and trailing bytes
 * refused.  A struct json is owned by its root; children are borrowed.
 * Building never fails (allocation ends the process).  Strings must be UTF-8;
 * bad bytes are replaced.
 */
#ifndef SEKISHO_BASE_JSON_H
#define SEKISHO_BASE_JSON_H

#include "connector/base/buf.h"
#include "connector/base/err.h"

#define JSON_DEPTH_MAX 64
#define JSON_BYTES_MAX ((size_t)20 * 1024 * 1024)
#define JSON_NODES_MAX (1000 * 1000)

struct json; /* opaque */

struct json *json_parse(struct str text, struct err *e) MUST_USE;
void json_free(struct json **j);
void json_print(const struct json *j, struct buf *out, bool pretty);

struct json *json_object(void);
struct json *json_array(void);
/* Add to an object under key, or to an array with key NULL. The child is
 * taken. All return the child (or parent for scalars) for chaining. */
struct json *json_add(struct json *parent, const char *key, struct json *child);
struct json *json_add_object(struct json *parent, const char *key);
struct json *json_add_array(struct json *parent, const char *key);
void json_add_str(struct json *parent, const char *key, struct str s);
void json_add_cstr(struct json *parent, const char *key, const char *s);
void json_add_int(struct json *parent, const char *key, int64_t v);
void json_add_bool(struct json *parent, const char *key, bool v);
void json_add_null(struct json *parent, const char *key);

enum json_type {
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT
};
enum json_type json_type(const struct json *j);
const struct json *json_get(const struct json *obj, const char *key); /* NULL */
size_t json_size(const struct json *arr_or_obj);
const struct json *json_at(const struct json *arr_or_obj, size_t i);
/* Next sibling or NULL; json_at() counts from the front each time. */
const struct json *json_next(const struct json *member);
const char *json_key(const struct json *member); /* inside an object */
const char *json_cstr(const struct json *j, const char *fallback);
int64_t json_int(const struct json *j, int64_t fallback);
bool json_bool(const struct json *j, bool fallback);
/* Shorthand: member of an object. */
const char *json_get_cstr(const struct json *o, const char *key,
			  const char *fallback);
int64_t json_get_int(const struct json *o, const char *key, int64_t fallback);
bool json_get_bool(const struct json *o, const char *key, bool fallback);

#endif
