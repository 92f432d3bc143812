/* canary.c - mails whose view is known, run through a real child at the start.
 *
 * A sandbox that starves a converter gives empty or mangled text with a good
 * exit code: for a gate a silent bypass. So the engine does not serve when one
 * of these differs.
 */
#include "connector/base/clock.h"
#include "connector/base/limits.h"
#include "connector/inspect/inspect_int.h"

#define CANARY_US (20 * US_PER_S)
#define STEP_MS	  20

#define HEAD                                                                   \
	"From: Canary <canary@example.jp>\nTo: a@example.com\n"                \
	"Date: Mon, 2 Nov 2026 10:00:00 +0900\nMessage-ID: <c@example.jp>\n"   \
	"MIME-Version: 1.0\n"

const struct canary canaries[] = {
	{"latin",
	 HEAD "Subject: =?iso-8859-1?Q?Gr=FC=DFe?=\n"
	      "Content-Type: text/plain; charset=iso-8859-1\n"
	      "Content-Transfer-Encoding: quoted-printable\n\nGr=FC=DFe\n",
	 {"complete", "subject=Grüße", "from=canary@example.jp",
	  "part=text/plain"}},
	/* With NEC row 13 and half-width kana, as Japanese programs write. */
	{"iso-2022-jp",
	 HEAD "Subject: =?ISO-2022-JP?B?GyRCLSFLXEAkGyhJNkUbKEI=?=\n"
	      "Content-Type: multipart/mixed; boundary=b\n\n--b\n"
	      "Content-Type: text/plain; charset=ISO-2022-JP\n\nx\n--b\n"
	      "Content-Type: application/pdf\n"
	      "Content-Disposition: attachment;\n"
	      " filename=\"=?ISO-2022-JP?B?GyRCOCtAUT1xGyhCLnBkZg==?=\"\n"
	      "Content-Transfer-Encoding: base64\n\nSGVsbG8=\n--b--\n",
	 {"complete", "subject=①本世ｶﾅ", "name=見積書.pdf", "decoded=5"}},
	{"cp932",
	 HEAD "Subject: =?Shift_JIS?B?h0Du4I2CgWA=?=\n"
	      "Content-Type: text/plain; charset=Shift_JIS\n\nx\n",
	 {"complete", "subject=①髙高～"}},
	{"euc-jp",
	 HEAD "Subject: =?EUC-JP?B?uKvA0Q==?=\n\nx\n",
	 {"complete", "subject=見積"}},
	{"rfc2231",
	 HEAD "Content-Type: application/octet-stream;\n"
	      " name*0*=UTF-8''%E8%A6%8B%E7%A9;\n name*1*=%8D%E6%9B%B8;\n"
	      " name*2=\".docx\"\n\nx\n",
	 {"complete", "name=見積書.docx", "part=application/octet-stream"}},
	{"nested",
	 HEAD "Content-Type: multipart/mixed; boundary=\"=_o\"\n\n--=_o\n"
	      "Content-Type: message/rfc822\n\n"
	      "From: b@example.jp\nSubject: inner\nMIME-Version: 1.0\n"
	      "Content-Type: multipart/mixed; boundary=\"-i\"\n\n---i\n\n"
	      "inner text\n---i\nContent-Type: image/png; name=p.png\n"
	      "Content-Transfer-Encoding: base64\n\nAAAA\n---i--\n--=_o--\n",
	 {"complete", "part=message/rfc822", "part=image/png", "name=p.png",
	  "decoded=3"}},
	{0},
};

struct run {
	bool ended;
	struct buf text;
};

/* The view as lines, so that an expectation is one line. */
static void describe(void *arg, const struct inspect_answer *answer)
{
	struct run *r = arg;
	const struct view *v = answer->view;

	r->ended = true;
	if (answer->failed) {
		buf_printf(&r->text, "\nfailed: %s\n", answer->why.text);
		return;
	}
	buf_printf(&r->text, "\n%s\nsubject=%.*s\n",
		   v->completeness == VIEW_COMPLETE ? "complete" : "partial",
		   STR_ARG(v->subject));
	for (size_t i = 0; i < v->reason_n; i++)
		buf_printf(&r->text, "reason=%s\n",
			   view_doubt_name(v->reason[i].doubt));
	for (size_t i = 0; i < v->from.n; i++)
		buf_printf(&r->text, "from=%.*s\n",
			   STR_ARG(v->from.v[i].address));
	for (size_t i = 0; i < v->part_n; i++)
		buf_printf(&r->text, "part=%.*s\nname=%.*s\ndecoded=%llu\n",
			   STR_ARG(v->part[i].type), STR_ARG(v->part[i].name),
			   (unsigned long long)v->part[i].decoded);
}

static void put_crlf(struct buf *out, const char *mail)
{
	for (; *mail; mail++) {
		if (*mail == '\n')
			buf_putc(out, '\r');
		buf_putc(out, *mail);
	}
}

static bool has_line(struct str text, const char *line)
{
	AUTO(buf) whole = BUF_MAX(KIB);

	buf_printf(&whole, "\n%s\n", line);
	return str_find(text, buf_str(&whole)) >= 0;
}

static bool run_one(struct inspect *p, const struct canary *c, struct run *r,
		    struct err *e)
{
	AUTO(buf) mail = BUF_MAX(RING_BODY_MAX);
	int64_t end = clock_monotonic_us() + CANARY_US;
	struct question q = {.asks_content = true};
	struct inspect_body body;
	struct inspect_job *job;

	put_crlf(&mail, c->mail);
	body = (struct inspect_body){.size = mail.n, .p = mail.p};
	job = inspect_view(p, 0, &body, &q, describe, r);
	while (!r->ended && clock_monotonic_us() < end)
		pool_step(p, STEP_MS);
	if (!r->ended) {
		inspect_cancel(&job);
		return err_set(e, ERR_CONFIG, 0, "canary %s: no answer",
			       c->name);
	}
	for (size_t i = 0; i < ARRAY_LEN(c->want) && c->want[i]; i++)
		if (!has_line(buf_str(&r->text), c->want[i]))
			return err_set(e, ERR_CONFIG, 0,
				       "canary %s differs: no \"%s\" in its "
				       "view (%.200s)",
				       c->name, c->want[i], buf_cstr(&r->text));
	return true;
}

bool canaries_run(struct inspect *p, const struct canary *table, struct err *e)
{
	for (; table->name; table++) {
		struct run r = {.text = BUF_MAX(64 * KIB)};
		bool ok = run_one(p, table, &r, e);

		buf_release(&r.text);
		TRY(ok);
	}
	return true;
}
