/* alike_text.c - in what a domain differs from the one that it looks like. */
#include "policy/known_int.h"

#include "connector/mail/idn.h"

/* Where two names differ, without what is the same before and behind. */
struct differ {
	struct str is, was;
};

static struct differ differ_of(struct str is, struct str was)
{
	size_t least = MIN_OF(is.n, was.n), head = 0, tail = 0;

	while (head < least && is.p[head] == was.p[head])
		head++;
	while (tail < least - head &&
	       is.p[is.n - 1 - tail] == was.p[was.n - 1 - tail])
		tail++;
	return (struct differ){str_n(is.p + head, is.n - head - tail),
			       str_n(was.p + head, was.n - head - tail)};
}

static bool swapped(struct differ d)
{
	return d.is.n == 2 && d.was.n == 2 && d.is.p[0] == d.was.p[1] &&
	       d.is.p[1] == d.was.p[0];
}

static void say_more(struct buf *ja, struct buf *en, struct str letter,
		     bool more)
{
	if (str_is(letter, "-")) {
		buf_printf(ja, "ハイフンが%s",
			   more ? "余分です" : "ありません");
		buf_printf(en, "%s",
			   more ? "a hyphen too many" : "a hyphen is missing");
		return;
	}
	buf_printf(ja, "「" STR_FMT "」が%s", STR_ARG(letter),
		   more ? "1つ余分です" : "1つ足りません");
	buf_printf(en,
		   more ? "one \"" STR_FMT "\" too many"
			: "one \"" STR_FMT "\" is missing",
		   STR_ARG(letter));
}

/* The names without what they end in. */
static void say_name(struct buf *ja, struct buf *en, struct str is,
		     struct str was)
{
	struct differ d = differ_of(is, was);

	if (swapped(d)) {
		buf_printf(ja, "「%c」と「%c」の順序が逆です", d.was.p[0],
			   d.was.p[1]);
		buf_printf(en, "\"%c\" and \"%c\" are swapped", d.was.p[0],
			   d.was.p[1]);
	} else if (d.is.n + d.was.n == 1) {
		say_more(ja, en, d.is.n ? d.is : d.was, d.is.n);
	} else if (d.is.n == 1 && d.was.n == 1 && str_is_ascii(is)) {
		buf_printf(ja, "「" STR_FMT "」が「" STR_FMT "」になっています",
			   STR_ARG(d.was), STR_ARG(d.is));
		buf_printf(en, "\"" STR_FMT "\" instead of \"" STR_FMT "\"",
			   STR_ARG(d.is), STR_ARG(d.was));
	} else {
		buf_puts(ja, "見た目の似た文字が使われています");
		buf_puts(en, "letters that look the same");
	}
}

static void say_end(struct buf *ja, struct buf *en, struct str is,
		    struct str was)
{
	if (ja->n)
		buf_puts(ja, "。");
	if (en->n)
		buf_puts(en, ", and ");
	buf_printf(ja, "末尾が「." STR_FMT "」ではなく「." STR_FMT "」です",
		   STR_ARG(was), STR_ARG(is));
	buf_printf(en, "it ends in ." STR_FMT " instead of ." STR_FMT,
		   STR_ARG(is), STR_ARG(was));
}

static struct str as_read(struct arena *a, struct str domain)
{
	struct str text;

	return idn_to_unicode(domain, a, &text) ? text : domain;
}

void alike_difference(struct arena *a, const struct found *found,
		      struct buf *ja, struct buf *en)
{
	struct str is, is_end, was, was_end;

	if (!domain_split(as_read(a, found->unlike), &is, &is_end) ||
	    !domain_split(found->like, &was, &was_end))
		return;
	if (!str_eq(is, was))
		say_name(ja, en, is, was);
	if (!str_eq(is_end, was_end))
		say_end(ja, en, is_end, was_end);
}
