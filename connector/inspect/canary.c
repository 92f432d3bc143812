/* canary.c - mails whose view is known, run through a real child at the start.
 *
 * A sandbox that starves a converter gives empty or mangled text with a good
 * exit code: for a gate a silent bypass. So nothing is answered by children in
 * which one of these differs. They ask for words and numbers of their own, so
 * that they tell the same whatever the policy asks.
 */
#include "connector/base/limits.h"
#include "connector/inspect/inspect_int.h"
#include "connector/sys/proc/sandbox.h"

#define CANARY_VERSION 1
#define PLACES_TEXT    (1u << PLACE_BODY | 1u << PLACE_ATTACHMENTS)

#define HEAD                                                                   \
	"From: Canary <canary@example.jp>\nTo: a@example.com\n"                \
	"Date: Mon, 2 Nov 2026 10:00:00 +0900\nMessage-ID: <c@example.jp>\n"   \
	"MIME-Version: 1.0\n"

static const struct canary canary_texts[] = {
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
	 HEAD
	 "Content-Type: multipart/mixed; boundary=\"=_o\"\n\n--=_o\n"
	 "Content-Type: message/rfc822\n\n"
	 "From: b@example.jp\nSubject: inner\nMIME-Version: 1.0\n"
	 "Content-Type: multipart/mixed; boundary=\"-i\"\n\n---i\n\n"
	 "inner text\n---i\nContent-Type: image/png; name=p.png\n"
	 "Content-Transfer-Encoding: base64\n\niVBORw0KGgo=\n---i--\n--=_o--\n",
	 {"complete", "part=message/rfc822", "part=image/png", "name=p.png",
	  "decoded=8"}},
	{"words",
	 HEAD "Content-Type: text/plain; charset=ISO-2022-JP\n\n"
	      "\x1b$B4X=j$N\x1b(B\n\x1b$BD;\x1b(B\n",
	 {"complete", "word=関所の鳥 in body"}},
	{"expression",
	 HEAD "Content-Type: text/plain; charset=Shift_JIS\n"
	      "Content-Transfer-Encoding: base64\n\n"
	      "itaPioLMkrkgdG9yaS0wNDI=\n",
	 {"complete", "word=関所の鳥 in body", "word=tori-[0-9]{3} in body"}},
	/* As a page shows them, not as it writes them. */
	{"numbers",
	 HEAD "Content-Type: text/html; charset=UTF-8\n\n"
	      "<p>4111<b>1111</b>\xe2\x80\x8b"
	      "11&shy;11<i>11</i>11</p>\n"
	      "<p>1234-5678-\xef\xbc\x99\xef\xbc\x90\xef\xbc\x91\xef\xbc\x98"
	      "</p>\n",
	 {"complete", "card=1", "my-number=1"}},
	{0},
};

const struct canary *const *canary_tables(unsigned level)
{
	static const struct canary *const inner[] = {canary_texts, canary_files,
						     NULL};
	static const struct canary *const all[] = {canary_texts, canary_files,
						   canary_outer_files, NULL};

	return level & SANDBOX_OUTER ? all : inner;
}

enum { WORD_BODY, WORD_EXPRESSION, WORDS };
static struct term words[WORDS] = {
	[WORD_BODY] = {.text = STR("関所の鳥"), .places = PLACES_TEXT},
	[WORD_EXPRESSION] = {.text = STR("tori-[0-9]{3}"),
			     .regex = true,
			     .places = PLACES_TEXT},
};

struct question canary_question(const struct question *of_policy)
{
	return (struct question){
		.version = CANARY_VERSION,
		.asks_content = true,
		.asks_files = true,
		.asks_inside = true,
		.term = words,
		.term_n = WORDS,
		/* The dictionary of names only where a rule wants it. */
		.detectors = 1u << DETECT_CARD | 1u << DETECT_MY_NUMBER |
			     (of_policy->detectors & 1u << DETECT_NAME),
	};
}

const struct asked *canary_asked(void)
{
	static const struct asked asked = {CANARY_VERSION, WORDS, 0};

	return &asked;
}

/* One mail on its way, and all of a generation. */
struct run {
	struct canary_run *all;
	const struct canary *canary;
	struct inspect_job *job; /* NULL: ended */
	struct buf mail, text;
};
struct canary_run {
	struct run *run;
	size_t n, left;
	struct err why; /* of the first that differs */
};

static void describe_files(const struct view *v, struct buf *out)
{
	for (size_t i = 0; i < v->part_n; i++)
		buf_printf(out, "part=%.*s\nname=%.*s\ndecoded=%llu\n",
			   STR_ARG(v->part[i].type), STR_ARG(v->part[i].name),
			   (unsigned long long)v->part[i].decoded);
	for (size_t i = 0; i < v->inner_n; i++)
		buf_printf(out, "inner=%.*s\n", STR_ARG(v->inner[i].name));
}

static void describe_findings(const struct findings *f, struct buf *out)
{
	for (size_t i = 0; i < f->hit_n; i++)
		buf_printf(out, "word=%.*s in %s\n",
			   STR_ARG(words[f->hit[i].term].text),
			   place_name(f->hit[i].place));
	for (unsigned d = 0; d < DETECT_N; d++)
		if (f->unique[SCOPE_ANYWHERE][d])
			buf_printf(out, "%s=%u\n", detector_name(d),
				   f->unique[SCOPE_ANYWHERE][d]);
}

/* The answer as lines, so that an expectation is one line. */
static void describe(const struct inspect_answer *answer, struct buf *out)
{
	const struct view *v = answer->view;

	if (answer->failed) {
		buf_printf(out, "\nfailed: %s\n", answer->why.text);
		return;
	}
	buf_printf(out, "\n%s\nsubject=%.*s\n",
		   v->completeness == VIEW_COMPLETE ? "complete" : "partial",
		   STR_ARG(v->subject));
	for (size_t i = 0; i < v->reason_n; i++)
		buf_printf(out, "reason=%s\n",
			   view_doubt_name(v->reason[i].doubt));
	for (size_t i = 0; i < v->from.n; i++)
		buf_printf(out, "from=%.*s\n", STR_ARG(v->from.v[i].address));
	describe_files(v, out);
	describe_findings(answer->findings, out);
}

static bool has_line(struct str text, const char *line)
{
	AUTO(buf) whole = BUF_MAX(KIB);

	buf_printf(&whole, "\n%s\n", line);
	return str_find(text, buf_str(&whole)) >= 0;
}

static void on_answer(void *arg, const struct inspect_answer *answer)
{
	struct run *r = arg;
	const struct canary *c = r->canary;

	r->job = NULL;
	r->all->left--;
	describe(answer, &r->text);
	for (size_t i = 0; i < ARRAY_LEN(c->want) && c->want[i]; i++)
		if (!has_line(buf_str(&r->text), c->want[i]) &&
		    r->all->why.class == ERR_NONE)
			err_set(&r->all->why, ERR_CONFIG, 0,
				"canary %s differs: no \"%s\" in its answer "
				"(%.200s)",
				c->name, c->want[i], buf_cstr(&r->text));
}

static void put_crlf(struct buf *out, const char *mail)
{
	for (; *mail; mail++) {
		if (*mail == '\n')
			buf_putc(out, '\r');
		buf_putc(out, *mail);
	}
}

static void run_begin(struct run *r, struct generation *g)
{
	struct inspect_body body;

	r->mail = BUF_MAX(RING_BODY_MAX);
	r->text = BUF_MAX(64 * KIB);
	put_crlf(&r->mail, r->canary->mail);
	body = (struct inspect_body){.size = r->mail.n, .p = r->mail.p};
	r->job = job_canary(g, &body, on_answer, r);
}

struct canary_run *canary_run_begin(struct generation *g,
				    const struct canary *const tables[])
{
	struct canary_run *all = NEW(struct canary_run);
	const struct canary *c;
	size_t rows = 0;

	for (size_t t = 0; tables[t]; t++)
		for (c = tables[t]; c->name; c++)
			rows++;
	all->run = NEW_ARRAY(struct run, rows);
	for (size_t t = 0; tables[t]; t++)
		for (c = tables[t]; c->name; c++)
			all->run[all->n++].canary = c;
	all->left = all->n;
	for (size_t i = 0; i < all->n; i++) {
		all->run[i].all = all;
		run_begin(&all->run[i], g);
	}
	return all;
}

bool canary_run_ended(const struct canary_run *c, const struct err **failed_r)
{
	*failed_r = c->why.class == ERR_NONE ? NULL : &c->why;
	return c->left == 0;
}

void canary_run_free(struct canary_run **cp)
{
	struct canary_run *c = *cp;

	*cp = NULL;
	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++) {
		inspect_cancel(&c->run[i].job);
		buf_release(&c->run[i].mail);
		buf_release(&c->run[i].text);
	}
	mem_free(c->run);
	mem_free(c);
}
