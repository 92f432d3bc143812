/* test_proof.c - whom the header block lets in: proofs, refusals, onboarding. */
#include "fake_dkim.h"
#include "m365.h"

Suite *test_proof_suite(void);

#define A "hanako@partner.example"

static struct bench b;

START_TEST(who_proves_nothing_leaves_nothing)
{
	static const struct {
		const char *head;
		enum metric metric;
	} rows[] = {
		{"", METRIC_PROOF_TENANT_ID},
		{PROOF ORG_FIELD, METRIC_PROOF_TENANT_ID},
		{ID_FIELD ALL, METRIC_PROOF_TENANT_ID},
		{PROOF ID_FIELD, METRIC_PROOF_ORIGINATOR_ORG},
		{ID_FIELD ORG_FIELD, METRIC_PROOF_HEADER},
		{PROOF ALL, METRIC_PROOF_HEADER},
		{ID_FIELD ORG_FIELD "X-Sekisho-Tenant: " M365_BACK "\r\n",
		 METRIC_PROOF_HEADER},
		{"\r\n" ALL, METRIC_PROOF_TENANT_ID}, /* in the body */
	};
	struct mail m = {.to = {A}};

	m365_open(&b, NULL);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t before = metric_get(&b.metrics, rows[i].metric);
		struct reply r;

		m.text = m365_text(&b, rows[i].head, "x", 0);
		r = mail_try(&b, &m);
		ck_assert_msg(r.code == 550, "row %zu: %d", i, r.code);
		ck_assert_str_eq(r.status, "5.7.1");
		ck_assert_int_eq(metric_get(&b.metrics, rows[i].metric),
				 before + 1);
	}
	ck_assert_uint_eq(message_count(&b), 0);
	ck_assert_uint_eq(audit_count(&b, "accepted"), 0);
	m365_nothing_at_rest(&b);
	bench_close(&b);
}
END_TEST

START_TEST(repetition_is_an_alarm_once_an_hour)
{
	struct mail m = {.to = {A}};

	m365_open(&b, NULL);
	m.text = m365_text(&b, "", "x", 0);
	for (int i = 0; i < 9; i++)
		ck_assert_int_eq(mail_try(&b, &m).code, 550);
	bench_wait(&b, 5);
	ck_assert_uint_eq(b.sent.n, 0);
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(mail_try(&b, &m).code, 550);
	UNTIL(&b, sent_count(&b, 0, "it@example.co.jp", "tenant-proof") == 1);
	bench_wait(&b, 20);
	ck_assert_uint_eq(b.sent.n, 1);
	bench_close(&b);
}
END_TEST

START_TEST(later_when_the_secret_cannot_be_read)
{
	struct mail m = {.to = {A}};

	m365_open(&b, NULL);
	m365_unreadable = true;
	auth_set_config(b.auth, &b.config, m365_read_secret, NULL);
	m.text = m365_text(&b, ALL, "x", 0);
	ck_assert_int_eq(mail_try(&b, &m).code, 451);
	m365_unreadable = false;
	auth_set_config(b.auth, &b.config, m365_read_secret, NULL);
	ck_assert_int_eq(mail_try(&b, &m).code, 250);
	UNTIL(&b, b.sent.n == 1);
	bench_close(&b);
}
END_TEST

/* `fields` bytes of header before the proofs and no empty line within them. */
static struct reply try_long(size_t bytes, const char *end)
{
	AUTO(buf) head = BUF_MAX(MIB);
	struct mail m = {.to = {A}, .chunk = 4096};

	while (head.n < bytes)
		buf_printf(&head, "X-Long-%zu: %0900d\r\n", head.n, 1);
	m.text = arena_printf(&b.arena, ALL "From: " TARO "\r\n%s%s",
			      buf_cstr(&head), end);
	return mail_try(&b, &m);
}

START_TEST(a_block_has_to_end)
{
	m365_open(&b, NULL);
	ck_assert_int_eq(try_long(200 * KIB, "\r\nx\r\n").code, 250);
	ck_assert_int_eq(try_long(300 * KIB, "\r\nx\r\n").code, 550);
	ck_assert_int_eq(metric_get(&b.metrics, METRIC_PROOF_BLOCK), 1);
	/* No body at all: RFC 5322 3.5 allows it. */
	ck_assert_int_eq(try_long(100, "").code, 250);
	ck_assert_int_eq(try_long(100 * KIB, "").code, 250);
	/* Who asks for nothing in it has things cut from it, too. */
	b.tenant.accept.tenant_id = NULL;
	b.tenant.accept.originator_org.n = 0;
	b.tenant.accept.header.name = NULL;
	auth_set_config(b.auth, &b.config, m365_read_secret, NULL);
	ck_assert_int_eq(try_long(300 * KIB, "\r\nx\r\n").code, 552);
	UNTIL(&b, ledger(&b).open == 0);
	bench_close(&b);
}
END_TEST

static char *signers[] = {(char *)"example.co.jp"};

static void open_signed(bool dns)
{
	m365_open(&b, NULL);
	b.tenant.accept.dkim = (struct strings){signers, 1};
	if (dns)
		b.flow->c.dns = (struct dns *)&b; /* nobody looks inside */
	fake_dkim = (struct fake_dkim){.n = 1};
}

static void close_signed(void)
{
	ck_assert_uint_eq(fake_dkim.alive, 0);
	buf_release(&fake_dkim.body);
	bench_close(&b);
}

/* Where signatures cannot be checked, nobody can prove himself by one. */
START_TEST(dkim_is_not_yet)
{
	struct mail m = {.to = {A}};

	open_signed(false);
	m.text = m365_text(&b, ALL, "x", 0);
	ck_assert_int_eq(mail_try(&b, &m).code, 451);
	ck_assert_uint_eq(message_count(&b), 0);
	close_signed();
}
END_TEST

static const struct {
	enum dkim_result result[2];
	const char *domain[2];
	int code;
} signed_rows[] = {
	{{DKIM_PASS}, {"example.co.jp"}, 250},
	{{DKIM_FAIL, DKIM_PASS}, {"example.co.jp", "example.co.jp"}, 250},
	{{DKIM_PASS, DKIM_PASS}, {"evil.test", "example.co.jp"}, 250},
	{{DKIM_PASS}, {"evil.test"}, 550},
	{{DKIM_PASS}, {"sub.example.co.jp"}, 550},
	{{DKIM_FAIL}, {"example.co.jp"}, 550},
	{{DKIM_PERMERROR}, {"example.co.jp"}, 550},
	{{DKIM_TEMPERROR}, {"example.co.jp"}, 451},
	{{DKIM_TEMPERROR}, {"else.example"}, 550},
	{{DKIM_FAIL, DKIM_TEMPERROR}, {"example.co.jp", "else.example"}, 550},
	{{DKIM_FAIL, DKIM_TEMPERROR}, {"else.example", "example.co.jp"}, 451},
	{{DKIM_TEMPERROR, DKIM_PASS}, {"", "example.co.jp"}, 250},
};

START_TEST(signatures_prove)
{
	struct mail m = {.to = {A}, .chunk = 1000};
	ptrdiff_t body;
	size_t pad = _i % 2 ? 200000 : 10;

	open_signed(true);
	for (size_t i = 0; i < 2 && signed_rows[_i].domain[i]; i++) {
		fake_dkim.verdict[i] = (struct dkim_verdict){
			signed_rows[_i].result[i],
			str_of(signed_rows[_i].domain[i]), STR("s"), ""};
		fake_dkim.n = i + 1;
	}
	m.text = m365_text(&b, ALL, "x", pad);
	ck_assert_int_eq(mail_try(&b, &m).code, signed_rows[_i].code);
	/* The verifier saw the body, all of it and nothing else. */
	body = str_find(str_of(m.text), STR("\r\n\r\n"));
	ck_assert(str_eq(buf_str(&fake_dkim.body), str_of(m.text + body + 4)));
	ck_assert_uint_eq(message_count(&b), signed_rows[_i].code == 250);
	if (signed_rows[_i].code == 250)
		UNTIL(&b, b.sent.n == 1);
	close_signed();
}
END_TEST

START_TEST(no_signature_no_tenant)
{
	struct mail m = {.to = {A}};
	struct intake *in;
	struct reply r;

	open_signed(true);
	fake_dkim.unsigned_ = true;
	m.text = m365_text(&b, ALL, "x", 0);
	ck_assert_int_eq(mail_try(&b, &m).code, 550);
	ck_assert_int_eq(metric_get(&b.metrics, METRIC_PROOF_DKIM), 1);
	fake_dkim.unsigned_ = false;
	/* The other proofs are asked first. */
	m.text = m365_text(&b, "", "x", 0);
	ck_assert_int_eq(mail_try(&b, &m).code, 550);
	ck_assert_int_eq(metric_get(&b.metrics, METRIC_PROOF_DKIM), 1);
	/* A session that leaves while the keys are asked for. */
	fake_dkim.verdict[0] = (struct dkim_verdict){
		DKIM_PASS, STR("example.co.jp"), STR("s"), ""};
	m.text = m365_text(&b, ALL, "y", 0);
	in = mail_begin(&b, &m);
	intake_abort(&in);
	in = mail_begin(&b, &m);
	struct intake *still = in;

	mail_end(in, &r);
	intake_abort(&still);
	UNTIL(&b, b.sent.n == 1);
	ck_assert(!r.came);
	close_signed();
}
END_TEST

/* ---- onboarding -------------------------------------------------------------------- */

static uint64_t audit_rows(void)
{
	unsigned char head[SHA256_LEN];
	struct err e = ERR_EMPTY;
	uint64_t n = 0;

	ck_assert_msg(store_audit_verify(b.reader, &n, head, &e), "%s", e.text);
	return n;
}

START_TEST(validation_mail_is_sunk)
{
	struct mail m = {.to = {"it@example.co.jp"}};
	uint64_t rows;

	m365_open(&b, NULL);
	rows = audit_rows();
	m.text = m365_text(&b, "", "x", 200000);
	ck_assert_int_eq(mail_try(&b, &m).code, 550);
	auth_set_onboarding(b.auth, STR("example"), STR("it@example.co.jp"),
			    clock_now_us() + US_PER_HOUR);
	ck_assert_int_eq(mail_try(&b, &m).code, 250);
	ck_assert_uint_eq(audit_rows(), rows + 1);
	ck_assert_uint_eq(message_count(&b), 0);
	ck_assert_int_eq(metric_get(&b.metrics, METRIC_VALIDATIONS), 1);
	m.to[0] = A;
	ck_assert_int_eq(mail_try(&b, &m).code, 550);
	/* Real mail goes its way meanwhile. */
	m.text = m365_text(&b, ALL, "y", 0);
	ck_assert_int_eq(mail_try(&b, &m).code, 250);
	UNTIL(&b, b.sent.n == 1);
	bench_close(&b);
}
END_TEST

Suite *test_proof_suite(void)
{
	Suite *s = suite_create("proof");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, who_proves_nothing_leaves_nothing);
	tcase_add_test(t, repetition_is_an_alarm_once_an_hour);
	tcase_add_test(t, later_when_the_secret_cannot_be_read);
	tcase_add_test(t, a_block_has_to_end);
	tcase_add_test(t, dkim_is_not_yet);
	tcase_add_loop_test(t, signatures_prove, 0, ARRAY_LEN(signed_rows));
	tcase_add_test(t, no_signature_no_tenant);
	tcase_add_test(t, validation_mail_is_sunk);
	suite_add_tcase(s, t);
	return s;
}
