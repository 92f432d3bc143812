/* Changes, edits and the splice. */
#include "connector/mail/edit.h"

#include <check.h>

Suite *test_edit_suite(void);

#define E(o, l, ...)                                                           \
	{                                                                      \
		.off = (o), .len = (l), .text = __VA_ARGS__                    \
	}

static struct arena a;

static void begin(void)
{
	a = ARENA_EMPTY;
}

static void end(void)
{
	arena_release(&a);
}

static void spliced(const char *body, struct edit *v, size_t n,
		    const char *want)
{
	struct edits e = {v, n};
	struct splice s;
	struct splice_piece p;
	AUTO(buf) out = BUF_MAX(1000);

	splice_init(&s, &e, strlen(body));
	while (splice_next(&s, &p)) {
		ck_assert_uint_gt(p.len, 0);
		buf_put(&out, p.original ? body + p.off : p.text.p, p.len);
	}
	ck_assert_str_eq(buf_cstr(&out), want);
	ck_assert_uint_eq(splice_size(&e, strlen(body)), strlen(want));
	ck_assert(!splice_next(&s, &p));
}

START_TEST(splices)
{
	spliced("abcdef", NULL, 0, "abcdef");
	spliced("", NULL, 0, "");
	spliced("abcdef", (struct edit[]){E(0, 0, STR("X"))}, 1, "Xabcdef");
	spliced("abcdef", (struct edit[]){E(6, 0, STR("X"))}, 1, "abcdefX");
	spliced("abcdef", (struct edit[]){E(0, 6, STR_EMPTY)}, 1, "");
	spliced("abcdef", (struct edit[]){E(2, 2, STR("XYZ"))}, 1, "abXYZef");
	spliced("abcdef",
		(struct edit[]){E(0, 1, STR("1")), E(1, 1, STR("2")),
				E(2, 0, STR("3")), E(2, 0, STR("4")),
				E(2, 1, {NULL, 0}), E(5, 1, STR("6"))},
		6, "1234de6");
}
END_TEST

START_TEST(edits_come_back)
{
	struct edit v[] = {E(1, 2, STR("x")), E(3, 0, {NULL, 0})};
	struct edits e = {v, 2}, r;
	AUTO(buf) out = BUF_MAX(1000);

	edits_write(&e, &out);
	ck_assert(edits_read(buf_str(&out), 3, &a, &r, NULL));
	ck_assert(r.n == 2 && r.v[0].len == 2 && str_is(r.v[0].text, "x"));
	for (size_t n = 0; n < out.n; n++)
		ck_assert(!edits_read(str_n(out.p, n), 3, &a, &r, NULL));
	ck_assert(!edits_read(buf_str(&out), 2, &a, &r, NULL));
}
END_TEST

static bool wire_ok(struct edit *v, size_t n, uint64_t size)
{
	struct edits e = {v, n}, r;
	AUTO(buf) out = BUF_MAX(1000);

	edits_write(&e, &out);
	return edits_read(buf_str(&out), size, &a, &r, NULL);
}

START_TEST(edits_must_fit)
{
	ck_assert(wire_ok((struct edit[]){E(0, 5, {0}), E(5, 5, {0})}, 2, 10));
	ck_assert(!wire_ok((struct edit[]){E(0, 6, {0}), E(5, 5, {0})}, 2, 10));
	ck_assert(!wire_ok((struct edit[]){E(5, 1, {0}), E(0, 1, {0})}, 2, 10));
	ck_assert(!wire_ok((struct edit[]){E(11, 0, {0})}, 1, 10));
	ck_assert(!wire_ok((struct edit[]){E(5, UINT64_MAX, {0})}, 1, 10));
	ck_assert(!wire_ok((struct edit[]){E(UINT64_MAX, 2, {0})}, 1, 10));
}
END_TEST

START_TEST(changes_come_back)
{
	struct str hide[] = {STR("a@b"), STR("c@d")}, gone[] = {STR("X-A")};
	struct header_add add[] = {{STR("X-B"), STR("値")}};
	struct change_text text[] = {{STR("上"), false}, {STR("下"), true}};
	struct change c = {hide, 2, STR("s@b"), add, 1, gone, 1, text, 2}, r;
	AUTO(buf) out = BUF_MAX(1000);
	struct rd in;

	change_write(&c, &out);
	in = rd_of(buf_str(&out));
	ck_assert(change_read(&in, &a, &r, NULL) && rd_end(&in));
	ck_assert(r.hide_n == 2 && str_is(r.hide[1], "c@d"));
	ck_assert(str_is(r.to_when_empty, "s@b"));
	ck_assert(r.add_n == 1 && str_is(r.add[0].value, "値"));
	ck_assert(r.remove_n == 1 && str_is(r.remove[0], "X-A"));
	ck_assert(r.insert_n == 2 && r.insert[1].tail && !r.insert[0].tail);
	ck_assert(str_is(r.insert[1].text, "下"));
	for (size_t n = 0; n < out.n; n++) {
		in = rd_of(str_n(out.p, n));
		ck_assert(!change_read(&in, &a, &r, NULL));
	}
}
END_TEST

START_TEST(emptiness)
{
	struct change c = {.to_when_empty = STR("a@b")};

	ck_assert(change_is_empty(&c));
	c.remove_n = 1;
	ck_assert(!change_is_empty(&c));
	c = (struct change){.insert_n = 1};
	ck_assert(!change_is_empty(&c));
}
END_TEST

START_TEST(edits_of_every_kind_come_back)
{
	struct edit v[] = {{.off = 1, .len = 5, .how = EDIT_BASE64},
			   {.off = 6, .len = 4, .how = EDIT_CRLF, .bare = 2}};
	struct edits e = {v, 2}, r;
	AUTO(buf) out = BUF_MAX(1000);

	edits_write(&e, &out);
	ck_assert(edits_read(buf_str(&out), 10, &a, &r, NULL));
	ck_assert(r.n == 2 && r.v[0].how == EDIT_BASE64 && r.v[0].len == 5);
	ck_assert(r.v[1].how == EDIT_CRLF && r.v[1].bare == 2);
	/* 5 bytes become 8 characters and a line end; two CRs join. */
	ck_assert_uint_eq(splice_size(&r, 10), 1 + 10 + 6);
	for (size_t n = 0; n < out.n; n++)
		ck_assert(!edits_read(str_n(out.p, n), 10, &a, &r, NULL));
	v[1].bare = 5;
	ck_assert(!wire_ok(v, 2, 10));
	v[1].bare = 0;
	v[0].text = STR("x");
	ck_assert(!wire_ok(v, 2, 10));
	v[0] = (struct edit){.off = 1, .how = EDIT_BASE64};
	ck_assert(!wire_ok(v, 2, 10));
	v[0] = (struct edit){.off = 1, .len = 1, .how = EDIT_CRLF + 1};
	ck_assert(!wire_ok(v, 2, 10));
}
END_TEST

static bool merged(struct edit *x, size_t x_n, struct edit *y, size_t y_n,
		   struct edits *r)
{
	struct edits one = {x, x_n}, two = {y, y_n};

	return edits_merge(&one, &two, &a, r);
}

START_TEST(lists_merge)
{
	struct edit x[] = {E(0, 2, STR("x")), E(9, 0, STR("y"))};
	struct edit y[] = {E(2, 3, STR("1")), E(9, 1, STR("2"))};
	struct edits r;

	ck_assert(merged(x, 2, y, 2, &r) && r.n == 4);
	ck_assert(str_is(r.v[1].text, "1") && str_is(r.v[2].text, "y"));
	ck_assert(merged(x, 2, NULL, 0, &r) && r.n == 2);
	x[0].len = 3;
	ck_assert(!merged(x, 2, y, 2, &r));
	ck_assert(!merged(y, 2, x, 2, &r));
}
END_TEST

Suite *test_edit_suite(void)
{
	Suite *s = suite_create("edit");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, begin, end);
	tcase_add_test(c, splices);
	tcase_add_test(c, edits_come_back);
	tcase_add_test(c, edits_must_fit);
	tcase_add_test(c, edits_of_every_kind_come_back);
	tcase_add_test(c, lists_merge);
	tcase_add_test(c, changes_come_back);
	tcase_add_test(c, emptiness);
	suite_add_tcase(s, c);
	return s;
}
