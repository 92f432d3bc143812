/* linear.c - what hostile mail costs: each detector and each
 * rule that a policy can set, on texts that kill matchers, and documents that
 * kill readers; twice the input at most 2.3 times the processor time.  Printed,
 * not judged; what is above is marked.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "connector/base/codec.h"
#include "connector/extract/extract.h"

#define TRIES	 4
#define RATIO	 2.3
#define NOISE_MS 20 /* below it a ratio says nothing */
#define MAIL_MAX (64 * MIB)
#define ALL	 ((1u << DETECT_N) - 1)
#define NAMES	 (1u << DETECT_NAME)
#define BODY	 (1u << PLACE_BODY)

static const struct {
	const char *unit;
	bool html;
} killers[] = {
	{"a", false},
	{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", false},
	{"ab", false},
	{"1 ", false},
	{"1,", false},
	{"1-", false},
	{"1\r\n", false},
	{"4111 ", false},
	{"4111-", false},
	{"123456789018 ", false},
	{"123456789018,", false},
	{"090-", false},
	{"+81 ", false},
	{"AB1234567 ", false},
	{"GB33BUKB20201555555555 ", false},
	{"a@", false},
	{"a@a.", false},
	{"a.", false},
	{"http://a/1", false},
	{"\xe3\x80\x92", false}, /* the postal sign */
	{"\xe3\x80\x92"
	 "100-",
	 false},
	{"山田", false},
	{"山田様", false},
	{"中央区", false},
	{"中央区1", false},
	{"東京都千代田区", false},
	{"京都市下京区烏丸通", false},
	{"一", false},
	{"1丁目", false},
	{"普通 ", false},
	{"株式会社", false},
	{"\xe3\x82\x99", false}, /* a mark that joins */
	{"\xe2\x80\x8b", false}, /* nothing to see */
	{"<td>", true},
	{"<td>1", true},
	{"<table><tr><td>", true},
	{"<p>1</p>", true},
	{"<", true},
	{"<a ", true},
	{"<a b=\"", true},
	{"<!--", true},
	{"<style>", true},
	{"&", true},
	{"&#", true},
	{"&amp;", true},
	{"<img alt=\"", true},
};

/* What a policy can ask. */
static const struct {
	const char *name, *text;
	bool regex;
} rules[] = {
	{"word", "社外秘", false},
	{"word of one letter", "aaaaaaaaab", false},
	{"(a+)+$", "(a+)+$", true},
	{"(a|aa)+$", "(a|aa)+$", true},
	{"(a|a)*b", "(a|a)*b", true},
	{"^(([a-z])+.)+[A-Z]", "^(([a-z])+.)+[A-Z]", true},
	{"(.*a){9}b", "(.*a){9}b", true},
	{"([0-9]+[ ,-]?)+x", "([0-9]+[ ,-]?)+x", true},
};

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double once(struct extract *x, const struct buf *mail)
{
	struct extract_source src = {.size = mail->n, .p = mail->p};
	struct arena a = ARENA_EMPTY;
	double begun = cpu_ms();
	struct findings f;
	struct view v;
	struct err e;

	if (!extract_view(x, &src, &a, &v, &f, &e))
		exit(1);
	arena_release(&a);
	return cpu_ms() - begun;
}

/* Of one mail, and how many times as much of one of twice the size. What looks
 * too much is tried again: neighbours take of the caches. */
static double measure(struct extract *x, const struct buf *one,
		      const struct buf *two, double *ratio_r)
{
	double least_one = once(x, one), least_two = once(x, two);

	for (int i = 1; i < TRIES && least_two > RATIO * least_one; i++) {
		least_one = fmin(least_one, once(x, one));
		least_two = fmin(least_two, once(x, two));
	}
	*ratio_r = least_one > NOISE_MS ? least_two / least_one : 0;
	return least_one;
}

static void make_mail(struct buf *mail, const char *unit, bool html,
		      size_t bytes)
{
	size_t end;

	buf_clear(mail);
	buf_printf(mail,
		   "From: a@example.co.jp\r\nContent-Type: text/%s; "
		   "charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
		   html ? "html" : "plain");
	for (end = mail->n + bytes; mail->n < end;)
		buf_puts(mail, unit);
}

/* Line ends would break the lines of the report. */
static const char *shown(const char *unit)
{
	return strchr(unit, '\n') ? "digits and line ends" : unit;
}

struct worst {
	double ratio, ms;
	const char *ratio_of, *ms_of;
};

static void one_text(struct extract *x, size_t i, struct worst *w)
{
	AUTO(buf) one = BUF_MAX(MAIL_MAX);
	AUTO(buf) two = BUF_MAX(MAIL_MAX);
	double ms, ratio;

	make_mail(&one, killers[i].unit, killers[i].html, MIB);
	make_mail(&two, killers[i].unit, killers[i].html, 2 * MIB);
	ms = measure(x, &one, &two, &ratio);
	if (ms > w->ms) {
		w->ms = ms;
		w->ms_of = shown(killers[i].unit);
	}
	if (ratio > w->ratio) {
		w->ratio = ratio;
		w->ratio_of = shown(killers[i].unit);
	}
}

/* With HTML or without: how it is read does not depend on the rule. */
static void one_rule(const char *name, struct question *q, bool html)
{
	struct worst w = {0, 0, "-", "-"};
	struct err e;
	struct extract *x = extract_new(&e);

	q->version = 1;
	q->asks_content = true;
	if (!x || !extract_ask(x, q, &e)) {
		fprintf(stderr, "%s\n", e.text);
		exit(1);
	}
	for (size_t i = 0; i < ARRAY_LEN(killers); i++)
		if (html || !killers[i].html)
			one_text(x, i, &w);
	printf("linear: %-20s at most %6.1f ms of a MiB (%s), 2 MiB %.2f times "
	       "that (%s)%s\n",
	       name, w.ms, w.ms_of, w.ratio, w.ratio_of,
	       w.ratio > RATIO ? "  NOT LINEAR" : "");
	extract_free(&x);
}

static void texts(void)
{
	struct str company = STR("株式会社あああああ");

	for (unsigned d = 0; d < DETECT_N; d++) {
		struct question q = {.detectors = 1u << d};

		one_rule(detector_name((enum detector)d), &q, false);
	}
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		struct term t = {.text = str_of(rules[i].text),
				 .regex = rules[i].regex,
				 .places = BODY};
		struct question q = {.term = &t, .term_n = 1};

		one_rule(rules[i].name, &q, false);
	}
	one_rule("company",
		 &(struct question){.company = &company,
				    .company_n = 1,
				    .company_places = BODY},
		 false);
	one_rule("all detectors", &(struct question){.detectors = ALL & ~NAMES},
		 true);
}

/* ---- documents ---- */

static uint32_t crc_of(struct str s)
{
	static uint32_t table[256];
	uint32_t crc = ~0u;

	for (uint32_t i = 0; !table[255] && i < 256; i++) {
		table[i] = i;
		for (int k = 0; k < 8; k++)
			table[i] = table[i] >> 1 ^
				   (table[i] & 1 ? 0xedb88320u : 0);
	}
	for (size_t i = 0; i < s.n; i++)
		crc = crc >> 8 ^ table[(crc ^ (unsigned char)s.p[i]) & 0xff];
	return ~crc;
}

static void put_common(struct buf *out, struct str name, struct str bytes)
{
	buf_put_u16(out, 0);
	buf_put_u16(out, 0);
	buf_put_u32(out, 0x5d625000);
	buf_put_u32(out, crc_of(bytes));
	buf_put_u32(out, (uint32_t)bytes.n);
	buf_put_u32(out, (uint32_t)bytes.n);
	buf_put_u16(out, (uint16_t)name.n);
	buf_put_u16(out, 0);
}

struct zip {
	struct buf out, dir;
	unsigned n;
};

static void zip_put(struct zip *z, const char *name, struct str bytes)
{
	uint32_t at = (uint32_t)z->out.n;
	struct str s = str_of(name);

	buf_put(&z->out, "PK\3\4\x14\0", 6);
	put_common(&z->out, s, bytes);
	buf_put_str(&z->out, s);
	buf_put_str(&z->out, bytes);
	buf_put(&z->dir, "PK\1\2\x14\0\x14\0", 8);
	put_common(&z->dir, s, bytes);
	buf_put(&z->dir, "\0\0\0\0\0\0\0\0\0\0", 10);
	buf_put_u32(&z->dir, at);
	buf_put_str(&z->dir, s);
	z->n++;
}

static void zip_mail(struct zip *z, const char *name, struct buf *mail)
{
	uint32_t at = (uint32_t)z->out.n;

	buf_put_str(&z->out, buf_str(&z->dir));
	buf_put(&z->out, "PK\5\6\0\0\0\0", 8);
	buf_put_u16(&z->out, (uint16_t)z->n);
	buf_put_u16(&z->out, (uint16_t)z->n);
	buf_put_u32(&z->out, (uint32_t)z->dir.n);
	buf_put_u32(&z->out, at);
	buf_put_u16(&z->out, 0);
	buf_clear(mail);
	buf_printf(mail,
		   "From: a@example.co.jp\r\nContent-Type: application/zip\r\n"
		   "Content-Disposition: attachment; filename=%s\r\n"
		   "Content-Transfer-Encoding: base64\r\n\r\n",
		   name);
	b64_encode_mime(mail, buf_str(&z->out));
	if (!buf_ok(mail) || !buf_ok(&z->out))
		exit(1);
	buf_release(&z->out);
	buf_release(&z->dir);
}

#define WORD   "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
#define SHEET  "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define OFFICE "vnd.openxmlformats-officedocument."

static const struct document {
	const char *name, *file;
	const char *type; /* content type of the main part; NULL: a zip */
	const char *part, *head, *unit, *tail;
	unsigned n; /* units, or members */
} documents[] = {
	{"zip of small files", "a.zip", NULL, "", "", "1 ", "", 5000},
	{"docx of runs", "a.docx", "wordprocessingml.document.main+xml",
	 "word/document.xml", "<w:document xmlns:w=\"" WORD "\"><w:body><w:p>",
	 "<w:r><w:t>1</w:t></w:r>", "</w:p></w:body></w:document>", 250000},
	{"docx of paragraphs", "a.docx", "wordprocessingml.document.main+xml",
	 "word/document.xml", "<w:document xmlns:w=\"" WORD "\"><w:body>",
	 "<w:p><w:r><w:t>1</w:t></w:r></w:p>", "</w:body></w:document>",
	 250000},
	{"docx of cells", "a.docx", "wordprocessingml.document.main+xml",
	 "word/document.xml",
	 "<w:document xmlns:w=\"" WORD "\"><w:body><w:tbl><w:tr>",
	 "<w:tc><w:p><w:r><w:t>1</w:t></w:r></w:p></w:tc>",
	 "</w:tr></w:tbl></w:body></w:document>", 200000},
	{"docx that is deep", "a.docx", "wordprocessingml.document.main+xml",
	 "word/document.xml", "<w:document xmlns:w=\"" WORD "\"><w:body>",
	 "<w:p>", "", 500000},
	{"xlsx of cells", "a.xlsx", "spreadsheetml.sheet.main+xml",
	 "xl/worksheets/sheet1.xml",
	 "<worksheet xmlns=\"" SHEET "\"><sheetData><row>",
	 "<c><v>9012345678</v></c>", "</row></sheetData></worksheet>", 250000},
	{"xlsx of rows", "a.xlsx", "spreadsheetml.sheet.main+xml",
	 "xl/worksheets/sheet1.xml",
	 "<worksheet xmlns=\"" SHEET "\"><sheetData>",
	 "<row><c t=\"inlineStr\"><is><t>TEL</t></is></c></row>",
	 "</sheetData></worksheet>", 200000},
	{"xlsx of strings", "a.xlsx", "spreadsheetml.sheet.main+xml",
	 "xl/sharedStrings.xml", "<sst xmlns=\"" SHEET "\">",
	 "<si><t>1</t></si>", "</sst>", 400000},
};

static void make_document(const struct document *d, unsigned n,
			  struct buf *mail)
{
	struct zip z = {BUF_MAX(MAIL_MAX), BUF_MAX(MAIL_MAX), 0};
	AUTO(buf) text = BUF_MAX(MAIL_MAX);
	char name[32];

	for (unsigned i = 0; !d->type && i < n; i++) {
		snprintf(name, sizeof(name), "%u.txt", i);
		zip_put(&z, name, str_of(d->unit));
	}
	if (d->type) {
		buf_printf(&text,
			   "<?xml version=\"1.0\"?><Types xmlns=\"http://"
			   "schemas.openxmlformats.org/package/2006/"
			   "content-types\"><Default Extension=\"xml\" "
			   "ContentType=\"application/" OFFICE "%s\"/></Types>",
			   d->type);
		zip_put(&z, "[Content_Types].xml", buf_str(&text));
		buf_clear(&text);
		buf_puts(&text, d->head);
		for (unsigned i = 0; i < n; i++)
			buf_puts(&text, d->unit);
		buf_puts(&text, d->tail);
		zip_put(&z, d->part, buf_str(&text));
	}
	zip_mail(&z, d->file, mail);
}

static void all_documents(void)
{
	struct question q = {.version = 1,
			     .asks_content = true,
			     .asks_files = true,
			     .asks_inside = true,
			     .detectors = ALL & ~NAMES};
	struct err e;
	struct extract *x = extract_new(&e);

	if (!x || !extract_ask(x, &q, &e))
		exit(1);
	for (size_t i = 0; i < ARRAY_LEN(documents); i++) {
		const struct document *d = &documents[i];
		AUTO(buf) one = BUF_MAX(MAIL_MAX);
		AUTO(buf) two = BUF_MAX(MAIL_MAX);
		double ms, ratio;

		make_document(d, d->n, &one);
		make_document(d, 2 * d->n, &two);
		ms = measure(x, &one, &two, &ratio);
		printf("linear: %-20s %7u: %7.1f ms, twice as many %.2f times "
		       "that%s\n",
		       d->name, d->n, ms, ratio,
		       ratio > RATIO ? "  NOT LINEAR" : "");
	}
	extract_free(&x);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	all_documents();
	texts();
	return 0;
}
