/* fuzz_http - bytes as the head of a request: the answer must not depend on
 * where the bytes were cut, and what passes must keep its promises. */
#include "connector/sys/http/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void check(const struct http_request *r, struct arena *a)
{
	if (r->path.n == 0 || r->path.p[0] != '/' || r->host.n == 0 ||
	    str_has_control(r->path) || str_find(r->path, STR("/../")) >= 0 ||
	    r->length > HTTP_BODY_MAX || r->field_n > HTTP_FIELDS_MAX)
		__builtin_trap();
	if (r->length > 0 && r->method <= HTTP_HEAD)
		__builtin_trap();
	for (size_t i = 0; i < r->field_n; i++)
		if (str_has_control(r->field[i].name) ||
		    memchr(r->field[i].value.p, '\n', r->field[i].value.n))
			__builtin_trap();
	(void)http_form_value(r->query, "a", a);
	(void)http_cookie(r, "a");
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct http_request r;
	size_t whole = 0, part = 0, cut;
	int want, got;

	if (n == 0)
		return 0;
	cut = p[0] % n;
	p++;
	n--;
	want = http_head_end(str_n(p, n), &whole);
	got = http_head_end(str_n(p, cut), &part);
	if (got == 0)
		got = http_head_end(str_n(p, n), &part);
	if (got != want || (want == 200 && part != whole))
		__builtin_trap();
	(void)http_form_value(str_n(p, n), "a", &a);
	if (want == 200 && http_head_parse(str_n(p, whole), &a, &r) == 200)
		check(&r, &a);
	return 0;
}
