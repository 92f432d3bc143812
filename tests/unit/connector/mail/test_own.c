/* Our own mails and delivery status notifications. */
#include "connector/mail/own.h"
#include "connector/base/codec.h"
#include "connector/mail/dsn.h"
#include "connector/mail/edit.h"

#include <check.h>

Suite *test_own_suite(void);

static struct str result(struct buf *out)
{
	buf_cstr(out);
	return buf_str(out);
}

static void lines_fit(struct str s, size_t most)
{
	struct str line;

	while (str_split(&s, '\n', &line)) {
		ck_assert_uint_gt(line.n, 0);
		ck_assert_int_eq(line.p[line.n - 1], '\r');
		ck_assert_msg(line.n - 1 <= most, "%.*s", STR_ARG(line));
		ck_assert(!memchr(line.p, '\r', line.n - 1));
	}
}

static void encodes(const char *in, size_t used, const char *want)
{
	AUTO(buf) out = BUF_MAX(10000);

	header_encode(&out, str_of(in), used);
	ck_assert_str_eq(buf_cstr(&out), want);
}

START_TEST(encodes_headers)
{
	encodes("plain text", 9, "plain text");
	encodes("", 9, "");
	encodes("  blanks  ", 9, "blanks");
	encodes("件名", 9, "=?UTF-8?B?5Lu25ZCN?=");
	encodes("a =?x?= b", 9, "=?UTF-8?B?YSA9P3g/PSBi?=");
	/* A line break never gets through. */
	encodes("a\r\nBcc: x@y", 9, "=?UTF-8?B?Ye+/ve+/vUJjYzogeEB5?=");
}
END_TEST

START_TEST(folds_long_headers)
{
	AUTO(buf) out = BUF_MAX(10000);
	AUTO(buf) in = BUF_MAX(10000);

	for (int i = 0; i < 100; i++)
		buf_puts(&in, "保留");
	buf_puts(&out, "Subject: ");
	header_encode(&out, buf_str(&in), 9);
	buf_puts(&out, "\r\n");
	lines_fit(result(&out), 76);
	buf_clear(&out);
	buf_clear(&in);
	for (int i = 0; i < 100; i++)
		buf_puts(&in, "word ");
	buf_puts(&out, "Subject: ");
	header_encode(&out, buf_str(&in), 9);
	buf_puts(&out, "\r\n");
	lines_fit(result(&out), 76);
}
END_TEST

static struct own_mail sample(void)
{
	return (struct own_mail){
		.from_name = STR("関所, \"gate\""),
		.from = STR("s@example.jp"),
		.to = STR("taro@example.jp"),
		.subject = STR("保留しました"),
		.message_id = STR("<1@x>"),
		.date_us = 0,
		.tz = tz_utc(),
		.language = STR("ja"),
		.text = STR("本文\n二行目\n"),
		.html = STR("<p>本文</p>"),
	};
}

START_TEST(writes_a_mail)
{
	struct own_mail m = sample();
	AUTO(buf) head = BUF_MAX(100000);
	AUTO(buf) tail = BUF_MAX(100000);
	struct str s;

	own_mail_write(&m, &head, &tail);
	s = result(&head);
	lines_fit(s, 78);
	ck_assert_uint_eq(tail.n, 0);
	ck_assert(str_find(s, STR("\r\nTo: <taro@example.jp>\r\n")) > 0);
	ck_assert(str_find(s, STR("Auto-Submitted: auto-generated")) > 0);
	ck_assert(str_find(s, STR("multipart/alternative")) > 0);
	ck_assert(str_find(s, STR("Content-Language: ja")) > 0);
	ck_assert(str_ends(s, STR("--\r\n")));
}
END_TEST

START_TEST(attaches_an_original)
{
	struct header_add more = {STR("Auto-Submitted"), STR("auto-replied")};
	struct own_mail m = sample();
	AUTO(buf) head = BUF_MAX(100000);
	AUTO(buf) tail = BUF_MAX(100000);
	struct str s;

	m.attach_original = true;
	m.original_8bit = true;
	m.attachment_name = STR("元のメール.eml");
	m.more = &more;
	m.more_n = 1;
	own_mail_write(&m, &head, &tail);
	s = result(&head);
	ck_assert(str_ends(s, STR("\r\n\r\n")));
	ck_assert(str_find(s, STR("Content-Transfer-Encoding: 8bit")) > 0);
	ck_assert(str_find(s, STR("filename*=UTF-8''%E5")) > 0);
	ck_assert(str_find(s, STR("auto-generated")) < 0);
	ck_assert(str_starts(buf_str(&tail), STR("\r\n--=_")));
	ck_assert(str_ends(buf_str(&tail), STR("--\r\n")));
}
END_TEST

START_TEST(injects_nothing)
{
	struct own_mail m = sample();
	AUTO(buf) head = BUF_MAX(100000);
	AUTO(buf) tail = BUF_MAX(100000);

	m.from_name = STR("a\r\nBcc: evil@example.com");
	m.to = STR("a@b>\r\nBcc: evil@example.com");
	m.subject = STR("x\r\n\r\nbody");
	m.in_reply_to = STR("<a>\r\nBcc: x");
	own_mail_write(&m, &head, &tail);
	ck_assert(str_find_ci(result(&head), STR("\nbcc:")) < 0);
	ck_assert(str_find_ci(result(&head), STR("\n\r\nbody")) < 0);
}
END_TEST

static struct dsn_rcpt rcpt = {
	.address = STR("a@example.com"),
	.orcpt = STR("rfc822;A+2Btag@example.com"),
	.action = DSN_ACT_FAILED,
	.status = "5.1.1",
	.remote_mta = STR("mx.example.com"),
	.diagnostic = STR("550 5.1.1 no such\r\nAction: delivered"),
	.last_attempt_us = 1000000};

static struct dsn dsn_sample(void)
{
	return (struct dsn){
		.reporting_mta = STR("gate.example.jp"),
		.from = STR("s@example.jp"),
		.to = STR("taro@example.jp"),
		.envid = STR("x+3D1"),
		.message_id = STR("<2@x>"),
		.original_message_id = STR("<1@x>"),
		.subject = STR("件名"),
		.tz = tz_utc(),
		.rcpt = &rcpt,
		.rcpt_n = 1,
		.original_header = STR("From: x\r\nSubject: y\r\n")};
}

START_TEST(writes_a_dsn)
{
	struct dsn d = dsn_sample();
	AUTO(buf) head = BUF_MAX(100000);
	AUTO(buf) tail = BUF_MAX(100000);
	struct str s;

	dsn_write(&d, &head, &tail);
	s = result(&head);
	lines_fit(s, 200);
	ck_assert_uint_eq(tail.n, 0);
	ck_assert(str_find(s, STR("report-type=delivery-status")) > 0);
	ck_assert(str_find(s, STR("Final-Recipient: rfc822; a@example.com")) >
		  0);
	ck_assert(str_find(s, STR("Status: 5.1.1\r\n")) > 0);
	/* RFC 3461 4: xtext is for the wire */
	ck_assert(str_find(s, STR("Original-Envelope-Id: x=1\r\n")) > 0);
	ck_assert(str_find(s, STR("Original-Recipient: "
				  "rfc822;A+tag@example.com\r\n")) > 0);
	ck_assert(str_find(s, STR("text/rfc822-headers")) > 0);
	ck_assert(str_find(s, STR("\nAction: delivered")) < 0);
	ck_assert(str_find(s, STR("Will-Retry-Until")) < 0);
}
END_TEST

/* The human part, decoded. */
static const char *dsn_text(const struct dsn *d, struct buf *out)
{
	AUTO(buf) head = BUF_MAX(4 * MIB);
	AUTO(buf) tail = BUF_MAX(4 * MIB);
	AUTO(buf) code = BUF_MAX(4 * MIB);
	struct str s, part, line;
	ptrdiff_t at;

	dsn_write(d, &head, &tail);
	s = result(&head);
	at = str_find(s, STR("base64\r\n\r\n"));
	ck_assert_int_gt(at, 0);
	part = str_skip(s, (size_t)at + 10);
	part = str_head(part, (size_t)str_find(part, STR("--=_")));
	while (str_split(&part, '\n', &line))
		buf_put_str(&code, str_trim(line));
	ck_assert(b64_decode(out, buf_str(&code)));
	return buf_cstr(out);
}

static const char dsn_failed[] =
	"=====\r\nメールの配送結果のお知らせ\r\n=====\r\n\r\n"
	"次の宛先には、メールを届けられませんでした。もう送りません。\r\n"
	"宛先を確かめ、必要なら、もう一度送ってください。\r\n\r\n"
	"[宛先] a@example.com\r\n"
	"[理由] 550 5.1.1 no such\xef\xbf\xbd\xef\xbf\xbd"
	"Action: delivered\r\n\r\n"
	"[件名] 件名\r\n"
	"[受け付け] 1970-01-01 00:00:00 +0000\r\n"
	"\r\n-----\r\n\r\n"
	"=====\r\nDelivery report\r\n=====\r\n\r\n"
	"Your mail could not be delivered to these recipients. It will not be "
	"tried again.\r\n"
	"Check the addresses, and send it again if it is needed.\r\n\r\n"
	"[To] a@example.com\r\n"
	"[Reason] 550 5.1.1 no such\xef\xbf\xbd\xef\xbf\xbd"
	"Action: delivered\r\n\r\n"
	"[Subject] 件名\r\n"
	"[Accepted] 1970-01-01 00:00:00 +0000\r\n";

/* Japanese first, then English; what it is about stands in the subject. */
START_TEST(dsn_is_for_people)
{
	static struct dsn_rcpt many[1000];
	struct dsn d = dsn_sample();
	AUTO(buf) head = BUF_MAX(4 * MIB);
	AUTO(buf) tail = BUF_MAX(4 * MIB);
	AUTO(buf) text = BUF_MAX(4 * MIB);
	const char *s;

	ck_assert_str_eq(dsn_text(&d, &text), dsn_failed);
	dsn_write(&d, &head, &tail);
	buf_clear(&text);
	buf_puts(&text, "Subject: ");
	header_encode(&text, STR("[届きませんでした / Not delivered] 件名"), 9);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&head), buf_cstr(&text)));
	for (size_t i = 0; i < ARRAY_LEN(many); i++) {
		many[i] = rcpt;
		many[i].action = DSN_ACT_DELAYED;
		many[i].retry_until_us = 2 * US_PER_S;
	}
	d.rcpt = many;
	d.rcpt_n = ARRAY_LEN(many);
	d.subject = STR_EMPTY;
	buf_clear(&text);
	s = dsn_text(&d, &text);
	ck_assert_ptr_nonnull(
		strstr(s, "[送り続ける期限] 1970-01-01 00:00:02 +0000\r\n"));
	ck_assert_ptr_nonnull(strstr(s, "[宛先] ほか900件\r\n"));
	ck_assert_ptr_nonnull(strstr(s, "[To] and 900 more\r\n"));
	ck_assert_ptr_nonnull(strstr(s, "[件名] (件名なし)\r\n"));
	ck_assert_ptr_nonnull(strstr(s, "[Subject] (no subject)\r\n"));
}
END_TEST

START_TEST(dsn_with_the_whole_mail)
{
	struct dsn d = dsn_sample();
	AUTO(buf) head = BUF_MAX(100000);
	AUTO(buf) tail = BUF_MAX(100000);

	d.whole_original = true;
	d.smtputf8 = true;
	dsn_write(&d, &head, &tail);
	ck_assert(str_find(result(&head), STR("message/global\r\n")) > 0);
	ck_assert(str_find(result(&head),
			   STR("message/global-delivery-status")) > 0);
	ck_assert_uint_gt(tail.n, 0);
}
END_TEST

Suite *test_own_suite(void)
{
	Suite *s = suite_create("own");
	TCase *c = tcase_create("all");

	tcase_add_test(c, encodes_headers);
	tcase_add_test(c, folds_long_headers);
	tcase_add_test(c, writes_a_mail);
	tcase_add_test(c, attaches_an_original);
	tcase_add_test(c, injects_nothing);
	tcase_add_test(c, writes_a_dsn);
	tcase_add_test(c, dsn_with_the_whole_mail);
	tcase_add_test(c, dsn_is_for_people);
	suite_add_tcase(s, c);
	return s;
}
