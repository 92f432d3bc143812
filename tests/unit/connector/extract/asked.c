/* asked.c - see asked.h. */
#include "tests/unit/connector/extract/asked.h"
#include <check.h>

void asked_start(struct asked *t)
{
	*t = (struct asked){.q = {.version = 7}};
	t->q.term = t->term;
	harness_start(&t->h);
}

void asked_stop(struct asked *t)
{
	harness_stop(&t->h);
}

uint32_t asked_term(struct asked *t, const char *text, unsigned places)
{
	struct str s = str_of(text);
	bool regex = s.n > 2 && text[0] == '/' && text[s.n - 1] == '/';

	ck_assert_uint_lt(t->q.term_n, ASKED_TERMS_MAX);
	t->term[t->q.term_n] = (struct term){
		.text = regex ? str_n(text + 1, s.n - 2) : s,
		.regex = regex,
		.places = places};
	return (uint32_t)t->q.term_n++;
}

void asked_compile(struct asked *t)
{
	ck_assert_msg(extract_ask(t->h.x, &t->q, &t->h.e), "%s", t->h.e.text);
}

static const struct findings *checked(struct asked *t)
{
	AUTO(buf) wire = BUF_MAX(64 * MIB);
	struct findings f;
	struct rd in;

	findings_write(&t->h.f, &wire);
	in = rd_of(buf_str(&wire));
	ck_assert(findings_read(&in, &t->h.a, &f, &t->h.e) && rd_end(&in));
	ck_assert_uint_eq(f.version, 7);
	return &t->h.f;
}

const struct findings *asked_mail(struct asked *t, const char *mail)
{
	harness_view(&t->h, mail);
	return checked(t);
}

const struct findings *asked_raw(struct asked *t, struct str mail)
{
	harness_view_raw(&t->h, mail);
	return checked(t);
}

const struct findings *asked_body(struct asked *t, const char *text, bool html)
{
	AUTO(buf) mail = BUF_MAX(64 * MIB);

	buf_printf(&mail,
		   "From: a@example.co.jp\r\nContent-Type: text/%s; "
		   "charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
		   html ? "html" : "plain");
	for (; *text; text++) {
		if (*text == '\n')
			buf_putc(&mail, '\r');
		buf_putc(&mail, *text);
	}
	return asked_raw(t, buf_str(&mail));
}
