/* test_proof.c - the header block: proofs, cuts, digest, the way back.
 *
 * Secrets are searched for in every file, copy, notice and DSN (G17).
 */
#include "bench.h"
#include "fake_dkim.h"
#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

Suite *test_proof_suite(void);

#define A	 "hanako@partner.example"
#define B	 "jiro@other.example"
#define IN_VALUE "TENANTINmarker0123456789"
#define BACK	 "TENANTBACKmarker0123456789"
#define PROOF	 "X-Sekisho-Tenant: " IN_VALUE "\r\n"
#define ID_FIELD                                                               \
	"X-MS-Exchange-CrossTenant-Id: "                                       \
	"0a0b0c0d-0000-4000-8000-000000000001\r\n"
#define ORG_FIELD "X-OriginatorOrg: example.co.jp\r\n"
#define ALL	  PROOF ID_FIELD ORG_FIELD

static struct bench b;
static bool unreadable;

static bool read_secret(void *arg, const struct secret_ref *ref,
			struct arena *a, struct str *text_r, struct err *e)
{
	(void)arg;
	if (unreadable)
		return err_set(e, ERR_RETRY, 0, "not now");
	*text_r = arena_str(a, strcmp(ref->value, "in") == 0 ? STR(IN_VALUE)
							     : STR(BACK));
	return true;
}

static void proofs(void)
{
	struct tenant_conf *t = &b.tenant;
	static char *org[] = {(char *)"example.co.jp"};

	t->kind = KIND_M365;
	t->accept.tenant_id = (char *)"0a0b0c0d-0000-4000-8000-000000000001";
	t->accept.originator_org = (struct strings){org, 1};
	t->accept.header = (struct secret_header){(char *)"X-Sekisho-Tenant",
						  {SECRET_STORE, (char *)"in"}};
	t->done = (struct secret_header){(char *)"X-Sekisho-Done",
					 {SECRET_STORE, (char *)"back"}};
	auth_set_config(b.auth, &b.config, read_secret, NULL);
}

static void open_m365(const char *policy)
{
	bench_open(&b, BENCH_SQLITE, policy);
	proofs();
}

static char *text_of(const char *head, const char *id, size_t pad)
{
	char *fill = arena_alloc(&b.arena, pad + 1);

	memset(fill, 'x', pad);
	for (size_t i = 70; i + 1 < pad; i += 72)
		memcpy(fill + i, "\r\n", 2);
	return arena_printf(&b.arena,
			    "%sFrom: " TARO "\r\nTo: " A "\r\nSubject: s\r\n"
			    "Message-ID: <%s@c>\r\nDate: Tue, 25 Aug 2026 "
			    "14:37:00 +0900\r\n\r\nhello\r\n%s\r\n",
			    head, id, fill);
}

/* ---- nothing holds a secret ---------------------------------------------------- */

static size_t hits;

static bool holds(struct str s, const char *marker)
{
	return str_find(s, str_of(marker)) >= 0;
}

static int look(const char *path, const struct stat *st, int type,
		struct FTW *at)
{
	struct arena a = ARENA_EMPTY;
	struct str text;
	struct err e = ERR_EMPTY;

	(void)at;
	if (type == FTW_F && st->st_size > 0) {
		ck_assert_msg(conf_read_file(path, 64 * MIB, &a, &text, &e),
			      "%s", e.text);
		hits += holds(text, IN_VALUE) + holds(text, BACK);
	}
	arena_release(&a);
	return 0;
}

static void no_marker_at_rest(void)
{
	hits = 0;
	nftw(b.folder, look, 8, FTW_PHYS);
	ck_assert_uint_eq(hits, 0);
}

/* In what left the done header stands once, in front; nothing else of ours. */
static void no_marker_in_copies(void)
{
	const struct str done = STR("X-Sekisho-Done: " BACK "\r\n");

	ck_assert_uint_gt(b.sent.n, 0);
	VEC_EACH (s, &b.sent) {
		struct str text = buf_str(&s->bytes);

		ck_assert(!holds(text, IN_VALUE));
		ck_assert(str_starts(text, done));
		ck_assert(!holds(str_skip(text, done.n), BACK));
	}
}

static void fails_for_good(struct bench *bench, struct attempt *a,
			   struct attempt_rcpt *r)
{
	(void)bench;
	if (a->message.kind == MESSAGE_NOTICE)
		return;
	r->class = ATTEMPT_FAILED;
	r->code = 550;
	snprintf(r->answer, sizeof(r->answer), "550 5.1.1 no such user");
	snprintf(r->status, sizeof(r->status), "5.1.1");
}

/* Delivered, bounced with header and with all of it, returned as .eml, held;
 * small and large. */
START_TEST(secrets_leave_no_trace)
{
	size_t pad = _i ? 300000 : 100;
	struct mail m = {.to = {A}, .ret = DSN_RET_HDRS};
	int64_t held;

	open_m365(HOLD_SEND);
	m.text = text_of(ALL "x-sekisho-done : " BACK "\r\nX-Other: 1\r\n",
			 "one", pad);
	held = mail_send(&b, &m);
	no_marker_at_rest();
	ck_assert_int_eq(act(&b, ACT_RETURN, held, "uid 0"), ERR_NONE);
	UNTIL(&b, state_of(&b, held, 0) == RCPT_RETURNED);
	bench_policy(&b, NULL);
	m.text = text_of(ALL, "two", pad);
	mail_send(&b, &m);
	b.verdict = fails_for_good;
	m.text = text_of(ALL, "three", pad);
	mail_send(&b, &m);
	m.text = text_of(ALL, "four", pad);
	m.ret = DSN_RET_FULL;
	mail_send(&b, &m);
	UNTIL(&b, ledger(&b).end[RCPT_BOUNCED] == 2);
	UNTIL(&b, ledger(&b).open == 0);
	ck_assert_uint_gt(sent_count(&b, 0, TARO, "Message-ID: <four@c>"), 0);
	ck_assert_uint_gt(sent_count(&b, 0, TARO, "Message-ID: <one@c>"), 0);
	no_marker_at_rest();
	no_marker_in_copies();
	bench_close(&b);
}
END_TEST

START_TEST(all_else_stays_byte_for_byte)
{
	struct mail m = {.to = {A}, .chunk = _i ? (size_t)_i : 0};
	const char *head = "Received: x\r\nX-Folded: a\r\n\tb\r\n";
	int64_t id;

	open_m365(NULL);
	m.text = text_of(arena_printf(&b.arena, "%s" ALL, head), "one", 0);
	/* In the body it is nobody's secret. */
	m.text = arena_printf(&b.arena, "%sX-Sekisho-Tenant: else\r\n", m.text);
	id = mail_send(&b, &m);
	UNTIL(&b, b.sent.n == 1);
	ck_assert(str_ends(buf_str(&b.sent.v[0].bytes),
			   str_of(arena_printf(
				   &b.arena, "%s" ID_FIELD ORG_FIELD "%s", head,
				   m.text + strlen(head) + strlen(ALL)))));
	ck_assert_int_eq(b.sent.v[0].id, id);
	bench_close(&b);
}
END_TEST

/* _i: the header block comes in pieces of so many bytes. */
START_TEST(bcc_reaches_nobody)
{
	struct mail m = {.to = {A}, .chunk = (size_t)_i};

	open_m365(NULL);
	m.text = text_of(ALL "Bcc: " B "\r\nbCC :\r\n\t" B "\r\n"
			     "Resent-Bcc: " B "\r\nReturn-Path: <" B ">\r\n"
			     "X-Bcc: stays\r\n",
			 "one", 0);
	m.text = arena_printf(&b.arena, "%sBcc: in the text\r\n", m.text);
	mail_send(&b, &m);
	UNTIL(&b, b.sent.n == 1);
	ck_assert(!holds(buf_str(&b.sent.v[0].bytes), B));
	ck_assert(holds(buf_str(&b.sent.v[0].bytes), "X-Bcc: stays\r\n"));
	ck_assert(holds(buf_str(&b.sent.v[0].bytes), "Bcc: in the text"));
	bench_close(&b);
}
END_TEST

START_TEST(straight_to_strangers_goes_no_done_header)
{
	open_m365(NULL);
	b.tenant.deliver.via = (char *)"direct";
	mail_send(&b, &(struct mail){.to = {A}, .text = text_of(ALL, "d", 0)});
	UNTIL(&b, b.sent.n == 1);
	ck_assert(!holds(buf_str(&b.sent.v[0].bytes), BACK));
	bench_close(&b);
}
END_TEST

/* ---- refusals -------------------------------------------------------------------- */

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
		{ID_FIELD ORG_FIELD "X-Sekisho-Tenant: " BACK "\r\n",
		 METRIC_PROOF_HEADER},
		{"\r\n" ALL, METRIC_PROOF_TENANT_ID}, /* in the body */
	};
	struct mail m = {.to = {A}};

	open_m365(NULL);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t before = metric_get(&b.metrics, rows[i].metric);
		struct reply r;

		m.text = text_of(rows[i].head, "x", 0);
		r = mail_try(&b, &m);
		ck_assert_msg(r.code == 550, "row %zu: %d", i, r.code);
		ck_assert_str_eq(r.status, "5.7.1");
		ck_assert_int_eq(metric_get(&b.metrics, rows[i].metric),
				 before + 1);
	}
	ck_assert_uint_eq(message_count(&b), 0);
	ck_assert_uint_eq(audit_count(&b, "accepted"), 0);
	no_marker_at_rest();
	bench_close(&b);
}
END_TEST

START_TEST(repetition_is_an_alarm_once_an_hour)
{
	struct mail m = {.to = {A}};

	open_m365(NULL);
	m.text = text_of("", "x", 0);
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

	open_m365(NULL);
	unreadable = true;
	auth_set_config(b.auth, &b.config, read_secret, NULL);
	m.text = text_of(ALL, "x", 0);
	ck_assert_int_eq(mail_try(&b, &m).code, 451);
	unreadable = false;
	auth_set_config(b.auth, &b.config, read_secret, NULL);
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
	open_m365(NULL);
	ck_assert_int_eq(try_long(200 * KIB, "\r\nx\r\n").code, 250);
	ck_assert_int_eq(try_long(300 * KIB, "\r\nx\r\n").code, 550);
	ck_assert_int_eq(metric_get(&b.metrics, METRIC_PROOF_BLOCK), 1);
	/* No body at all: RFC 5322 3.5 allows it. */
	ck_assert_int_eq(try_long(100, "").code, 250);
	ck_assert_int_eq(try_long(100 * KIB, "").code, 250);
	/* Who asks for nothing in it takes what comes. */
	b.tenant.accept.tenant_id = NULL;
	b.tenant.accept.originator_org.n = 0;
	b.tenant.accept.header.name = NULL;
	auth_set_config(b.auth, &b.config, read_secret, NULL);
	ck_assert_int_eq(try_long(300 * KIB, "\r\nx\r\n").code, 250);
	UNTIL(&b, ledger(&b).open == 0);
	bench_close(&b);
}
END_TEST

static char *signers[] = {(char *)"example.co.jp"};

static void open_signed(bool dns)
{
	open_m365(NULL);
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
	m.text = text_of(ALL, "x", 0);
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
	m.text = text_of(ALL, "x", pad);
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
	m.text = text_of(ALL, "x", 0);
	ck_assert_int_eq(mail_try(&b, &m).code, 550);
	ck_assert_int_eq(metric_get(&b.metrics, METRIC_PROOF_DKIM), 1);
	fake_dkim.unsigned_ = false;
	/* The other proofs are asked first. */
	m.text = text_of("", "x", 0);
	ck_assert_int_eq(mail_try(&b, &m).code, 550);
	ck_assert_int_eq(metric_get(&b.metrics, METRIC_PROOF_DKIM), 1);
	/* A session that leaves while the keys are asked for. */
	fake_dkim.verdict[0] = (struct dkim_verdict){
		DKIM_PASS, STR("example.co.jp"), STR("s"), ""};
	m.text = text_of(ALL, "y", 0);
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

	open_m365(NULL);
	rows = audit_rows();
	m.text = text_of("", "x", 200000);
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
	m.text = text_of(ALL, "y", 0);
	ck_assert_int_eq(mail_try(&b, &m).code, 250);
	UNTIL(&b, b.sent.n == 1);
	bench_close(&b);
}
END_TEST

/* ---- identity ------------------------------------------------------------------------ */

#define TRACE_ONE                                                              \
	"Received: from a by b id 1; x\r\nX-MS-Exchange-Transport: 1\r\n"      \
	"DKIM-Signature: v=1; b=one\r\nARC-Seal: i=1\r\n"
#define TRACE_TWO                                                              \
	"Received: from c by d\r\n id 2; x\r\nX-MS-Other: 2\r\n"               \
	"DKIM-Signature: v=1;\r\n b=two\r\n"                                   \
	"Authentication-Results: x\r\nReturn-Path: <a@b>\r\n"

START_TEST(split_copies_differ_in_their_traces)
{
	struct mail m = {.to = {A}, .chunk = 5000};
	size_t pad = _i ? 200000 : 0;
	int64_t one, two, three;

	open_m365(HOLD_SEND);
	m.text = text_of(TRACE_ONE ALL, "s", pad);
	one = mail_send(&b, &m);
	m.text = text_of(TRACE_TWO ALL, "s", pad);
	m.to[0] = B;
	two = mail_send(&b, &m);
	ck_assert_int_ne(one, two);
	ck_assert_int_eq(found(&b, one).rcpt[0].due_us,
			 found(&b, two).rcpt[0].due_us);
	bench_wait(&b, 30);
	ck_assert_uint_eq(b.sent.n, 1); /* one notice for both */
	/* The repeat of one is a repeat, whatever it went through. */
	ck_assert_int_eq(mail_send(&b, &m), two);
	/* What people wrote makes another mail of it. */
	m.text = text_of("Reply-To: x@y\r\n" ALL, "s", pad);
	three = mail_send(&b, &m);
	ck_assert_int_ne(three, two);
	ck_assert_uint_eq(audit_count(&b, "repeat"), 1);
	bench_close(&b);
}
END_TEST

#define OURS(n)                                                                \
	"Received: from x by gate.example.co.jp (Sekisho) with ESMTP id " n    \
	"; x\r\n"

START_TEST(many_lines_of_ours_are_a_loop)
{
	struct mail m = {.to = {A}};
	int64_t id;

	open_m365(NULL);
	m.text = text_of(OURS("1") OURS("2") OURS("3") OURS("4") ALL, "l", 0);
	id = mail_send(&b, &m);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	ck_assert(str_is(found(&b, id).message.reason, "loop"));
	UNTIL(&b, sent_count(&b, 0, "it@example.co.jp", "loop") > 0);
	bench_close(&b);
}
END_TEST

/* Our done header came back: the ledger decides what that means. */
START_TEST(done_header_asks_the_ledger)
{
	struct mail m = {.to = {A}};
	int64_t id;

	open_m365(NULL);
	m.text = text_of(ALL, "l", 0);
	id = mail_send(&b, &m);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	bench_policy(&b, HOLD_SEND);
	m.text = text_of("X-Sekisho-Done: " BACK "\r\n" ALL, "l", 0);
	id = mail_send(&b, &m); /* a loop: out at once */
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	id = mail_send(&b, &m);
	ck_assert(str_is(found(&b, id).message.reason, "loop"));
	/* Nothing of it in the ledger. */
	m.text = text_of("X-Sekisho-Done: " BACK "\r\n" ALL, "other", 0);
	id = mail_send(&b, &m);
	ck_assert(str_is(found(&b, id).message.reason, "loop"));
	/* An employee's own header of that name says nothing. */
	m.text = text_of("X-Sekisho-Done: guessed\r\n" ALL, "third", 0);
	id = mail_send(&b, &m);
	ck_assert(str_is(found(&b, id).message.reason, "policy") ||
		  str_is(found(&b, id).message.reason, "hold"));
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	no_marker_at_rest();
	bench_close(&b);
}
END_TEST

/* ---- enrolled -------------------------------------------------------------------------- */

static void people_policy(const char *people)
{
	static const char *const internal[] = {"example.co.jp"};
	AUTO_STR path = mem_printf("%s/people.csv", b.folder);
	struct policy_source src = {
		.people = path, .internal = internal, .internal_n = 1};
	struct conf_errors errs = {0};
	FILE *f = fopen(path, "w");
	struct policy *p;

	ck_assert_ptr_nonnull(f);
	fputs(people, f);
	fclose(f);
	p = policy_load_text(&src, STR("sekisho: 1\nrules:\n" HOLD_SEND),
			     "policy.yaml", &errs);
	conf_errors_release(&errs);
	ck_assert_ptr_nonnull(p);
	b.inspect.version = policy_question(p)->version;
	flow_set_policy(b.flow, p, 8);
}

START_TEST(who_is_not_enrolled_has_no_rules)
{
	struct mail m = {.to = {A}};
	int64_t id;

	open_m365(NULL);
	b.tenant.enrolled_group = (char *)"pilot@example.co.jp";
	people_policy("address,groups\n" TARO ",sub@example.co.jp\n"
		      "sub@example.co.jp,pilot@example.co.jp\n"
		      "other@example.co.jp,\n");
	m.text = text_of(ALL, "in", 0);
	id = mail_send(&b, &m);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	people_policy("address,groups\nother@example.co.jp,"
		      "pilot@example.co.jp\n");
	m.text = text_of(ALL, "out", 0);
	id = mail_send(&b, &m);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	ck_assert(story_has(&b, id, "accepted", "not-enrolled"));
	/* Not even doubt holds it. */
	b.inspect.attachment_unread = true;
	m.text = text_of(ALL, "doubt", 0);
	id = mail_send(&b, &m);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	/* But who is in its From has to be known. */
	b.inspect.fail_view = true;
	m.text = text_of(ALL, "failed", 0);
	id = mail_send(&b, &m);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	bench_close(&b);
}
END_TEST

/* One of the group has the rules, whoever else he names in his From. */
START_TEST(another_name_in_from_ends_no_rules)
{
	static const char *const from[] = {
		"other@example.co.jp", "other@example.co.jp, " TARO,
		"other@example.co.jp\r\nFrom: " TARO};
	struct mail m = {.to = {A}};
	int64_t id;

	open_m365(NULL);
	b.tenant.enrolled_group = (char *)"pilot@example.co.jp";
	people_policy("address,groups\n" TARO ",pilot@example.co.jp\n"
		      "other@example.co.jp,\n");
	m.text = arena_printf(&b.arena,
			      ALL "From: %s\r\nTo: " A
				  "\r\nMessage-ID: <x@c>\r\n\r\nx\r\n",
			      from[_i % 3]);
	m.from = _i < 3 ? TARO : "other@example.co.jp";
	id = mail_send(&b, &m);
	if (_i == 3) /* he is not of the group, and nobody of it is named */
		UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	else
		ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	bench_close(&b);
}
END_TEST

Suite *test_proof_suite(void)
{
	Suite *s = suite_create("proof");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, secrets_leave_no_trace, 0, 2);
	tcase_add_loop_test(t, bcc_reaches_nobody, 0, 3);
	tcase_add_loop_test(t, all_else_stays_byte_for_byte, 0, 4);
	tcase_add_test(t, straight_to_strangers_goes_no_done_header);
	tcase_add_test(t, who_proves_nothing_leaves_nothing);
	tcase_add_test(t, repetition_is_an_alarm_once_an_hour);
	tcase_add_test(t, later_when_the_secret_cannot_be_read);
	tcase_add_test(t, a_block_has_to_end);
	tcase_add_test(t, dkim_is_not_yet);
	tcase_add_loop_test(t, signatures_prove, 0, ARRAY_LEN(signed_rows));
	tcase_add_test(t, no_signature_no_tenant);
	tcase_add_test(t, validation_mail_is_sunk);
	tcase_add_loop_test(t, split_copies_differ_in_their_traces, 0, 2);
	tcase_add_test(t, many_lines_of_ours_are_a_loop);
	tcase_add_test(t, done_header_asks_the_ledger);
	tcase_add_test(t, who_is_not_enrolled_has_no_rules);
	tcase_add_loop_test(t, another_name_in_from_ends_no_rules, 0, 6);
	suite_add_tcase(s, t);
	return s;
}
