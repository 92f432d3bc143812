/* inspect.c - what an inspection costs: a mail of 4 KiB, and text by the
 * megabyte, with 50 words and all detectors, without and with names.  Printed,
 * not judged: processor time on this machine, median of rounds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "connector/base/mem.h"
#include "connector/extract/extract.h"
#include "connector/mail/inspected.h"

#define ROUNDS	 9
#define WORDS	 50
#define SMALL	 (4 * KIB)
#define SMALL_N	 400 /* mails in a round */
#define LARGE	 (1 * MIB)
#define NAMED	 (256 * KIB)
#define NAMES	 (1u << DETECT_NAME)
#define ALL	 ((1u << DETECT_N) - 1)
#define MAIL_MAX (16 * MIB)
#define HEAD                                                                   \
	"From: Taro Yamada <taro.yamada@example.co.jp>\r\n"                    \
	"To: hanako@partner.example.org\r\nSubject: "                          \
	"=?UTF-8?B?5omT44Gh5ZCI44KP44Gb44Gu5Lu2?=\r\n"                         \
	"Date: Mon, 2 Nov 2026 10:00:00 +0900\r\n"                             \
	"Message-ID: <1@example.co.jp>\r\nMIME-Version: 1.0\r\n"               \
	"Content-Type: text/plain; charset=UTF-8\r\n"                          \
	"Content-Transfer-Encoding: 8bit\r\n\r\n"

/* Prose of an office, put together by chance, the same each time. */
static const char *const japanese[] = {
	"お世話になっております。",
	"先日の打ち合わせの議事録を",
	"お送りします。",
	"ご確認のほど、よろしくお願いいたします。",
	"納期は来週の水曜日を予定しています。",
	"見積書は別途",
	"担当の鈴木が",
	"作成しております。",
	"数量は120個、",
	"単価は4,800円です。",
	"ご不明な点がございましたら、",
	"下記までご連絡ください。",
	"会議室は3階の第二会議室です。",
	"資料の12ページをご覧ください。",
	"先方の都合により、",
	"日程を変更させていただきたく存じます。",
	"受付番号は2026-1103-77です。",
	"製品の仕様について、",
	"追加のご要望があればお知らせください。",
};
static const char *const english[] = {
	"Thank you for your message. ",
	"Please find the minutes of ",
	"last week's meeting below. ",
	"The delivery is planned for Wednesday. ",
	"We shall send the quotation separately, ",
	"as agreed by telephone. ",
	"The quantity is 120 at a price of 48.00 each. ",
	"See page 12 of the ",
	"specification for the details. ",
	"If you have any questions, ",
	"please do not hesitate to ask. ",
	"Room 3 on the second floor ",
	"is booked from 10 to 11. ",
	"Reference 2026-1103-77 applies. ",
	"Kind regards ",
};

static unsigned chance(unsigned of)
{
	static uint32_t x = 12345;

	x = x * 1664525u + 1013904223u;
	return (x >> 8) % of;
}

static void put_prose(struct buf *out, const char *const *piece, unsigned n,
		      size_t bytes)
{
	size_t end = out->n + bytes, line = out->n;

	while (out->n < end) {
		buf_puts(out, piece[chance(n)]);
		if (out->n - line < 70)
			continue;
		buf_puts(out, "\r\n");
		line = out->n;
	}
}

static void make_question(struct arena *a, unsigned detectors,
			  struct question *q)
{
	*q = (struct question){.version = 1,
			       .asks_content = true,
			       .asks_files = true,
			       .asks_inside = true,
			       .detectors = detectors,
			       .term_n = WORDS,
			       .term = arena_array(a, WORDS, sizeof(*q->term))};
	for (unsigned i = 0; i < WORDS; i++) {
		const char *text = arena_printf(
			a, i % 2 ? "confidential %u" : "極秘%u", i);

		q->term[i] = (struct term){
			.text = str_of(text),
			.places = (1u << PLACE_HEADER) - 1,
		};
	}
}

static double cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* As the child does it and the engine reads it. */
static void inspect(struct extract *x, const struct extract_source *src,
		    struct buf *wire)
{
	struct arena a = ARENA_EMPTY, b = ARENA_EMPTY;
	struct findings f;
	struct view v;
	struct err e;
	bool found;

	buf_clear(wire);
	if (!extract_view(x, src, &a, &v, &f, &e))
		exit(1);
	inspected_write(&v, &f, wire);
	if (!buf_ok(wire) ||
	    !inspected_read(buf_str(wire), src->size, &b, &v, &f, &found, &e) ||
	    !found || v.completeness != VIEW_COMPLETE)
		exit(1);
	arena_release(&a);
	arena_release(&b);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Microseconds of one mail. */
static double measure(struct extract *x, const struct buf *mail, unsigned n)
{
	struct extract_source src = {.size = mail->n, .p = mail->p};
	AUTO(buf) wire = BUF_MAX(MAIL_MAX);
	double us[ROUNDS];

	inspect(x, &src, &wire);
	for (unsigned r = 0; r < ROUNDS; r++) {
		double begun = cpu_us();

		for (unsigned i = 0; i < n; i++)
			inspect(x, &src, &wire);
		us[r] = (cpu_us() - begun) / n;
	}
	qsort(us, ROUNDS, sizeof(*us), by_size);
	return us[ROUNDS / 2];
}

static void one(struct extract *x, const char *what, bool in_english,
		size_t bytes, unsigned n)
{
	AUTO(buf) mail = BUF_MAX(MAIL_MAX);
	double us;

	buf_puts(&mail, HEAD);
	put_prose(&mail, in_english ? english : japanese,
		  in_english ? ARRAY_LEN(english) : ARRAY_LEN(japanese), bytes);
	us = measure(x, &mail, n);
	printf("inspection: %-9s%7zu bytes, %s: %9.1f us, %6.1f MB/s\n",
	       in_english ? "English," : "Japanese,", mail.n, what, us,
	       (double)mail.n / us);
}

static void all(const char *what, unsigned detectors, size_t large)
{
	struct arena a = ARENA_EMPTY;
	struct question q;
	struct err e;
	struct extract *x = extract_new(&e);

	make_question(&a, detectors, &q);
	if (!x || !extract_ask(x, &q, &e)) {
		fprintf(stderr, "%s\n", e.text);
		exit(1);
	}
	for (int in_english = 0; in_english < 2; in_english++) {
		one(x, what, in_english, SMALL, SMALL_N);
		one(x, what, in_english, large, 4);
	}
	extract_free(&x);
	arena_release(&a);
}

int main(void)
{
	all("without names", ALL & ~NAMES, LARGE);
	all("with names", ALL, NAMED);
	return 0;
}
