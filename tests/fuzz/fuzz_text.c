/* fuzz_text - a question and a text: first lines are words, expressions (that
 * begin with '/') and companies (with '@'), up to an empty line; the rest is a
 * body, plain and HTML. What is found is what the engine takes, the same when
 * the message is read in pieces, and no more than the text has room for.
 */
#include "connector/base/die.h"
#include "connector/base/utf8.h"
#include "connector/extract/extract.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define TERMS_MOST 8
#define LINE_MOST  40 /* bytes: compiling must stay quick */
#define BODY_MOST  (64 * KIB)
#define ALL_PLACES ((1u << PLACE_N) - 1)

struct asked {
	struct term term[TERMS_MOST];
	struct str company[TERMS_MOST];
	struct question q;
};

static void take_line(struct asked *t, struct str line)
{
	bool regex = line.p[0] == '/', company = line.p[0] == '@';

	line = str_skip(line, regex || company);
	if (!line.n || line.n > LINE_MOST || !utf8_valid(line))
		return;
	if (company && t->q.company_n < TERMS_MOST)
		t->company[t->q.company_n++] = line;
	else if (!company && t->q.term_n < TERMS_MOST)
		t->term[t->q.term_n++] = (struct term){.text = line,
						       .regex = regex,
						       .places = ALL_PLACES,
						       .field = STR("x-note")};
}

/* The question; what is left is the text. */
static struct str read_question(struct asked *t, struct str in)
{
	struct str line;

	*t = (struct asked){.q = {.version = 1, .company_places = ALL_PLACES}};
	t->q.detectors = ((1u << DETECT_N) - 1) & ~(1u << DETECT_NAME);
	t->q.term = t->term;
	t->q.company = t->company;
	while (str_split(&in, '\n', &line) && line.n)
		take_line(t, line);
	return in;
}

static bool piece(void *arg, uint64_t off, void *to, size_t n)
{
	memcpy(to, (const char *)arg + off, n);
	return true;
}

static void look(struct extract *x, const struct extract_source *src,
		 struct buf *out)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct findings f, r;
	struct view v;
	struct rd in;

	must(extract_view(x, src, &a, &v, &f, NULL));
	for (size_t i = 0; i < f.hit_n; i++)
		must(f.hit[i].count <= src->size);
	findings_write(&f, out);
	in = rd_of(buf_str(out));
	must(findings_read(&in, &a, &r, NULL) && rd_end(&in));
}

static void mail(struct extract *x, struct str text, const char *type)
{
	AUTO(buf) m = BUF_MAX(MIB);
	AUTO(buf) one = BUF_MAX(16 * MIB);
	AUTO(buf) two = BUF_MAX(16 * MIB);
	struct extract_source whole, slow;

	buf_printf(&m,
		   "From: a@x.jp\r\nSubject: x\r\nX-Note: y\r\n"
		   "Content-Type: text/%s; charset=utf-8\r\n\r\n",
		   type);
	buf_put_str(&m, str_head(text, BODY_MOST));
	whole = (struct extract_source){.size = m.n, .p = m.p};
	slow = (struct extract_source){.size = m.n, .read = piece, .arg = m.p};
	look(x, &whole, &one);
	look(x, &slow, &two);
	must(str_eq(buf_str(&one), buf_str(&two)));
}

/* Compiled anew only when it changed: that takes longer than all else. */
static bool ask(struct extract *x, struct str head, const struct question *q)
{
	static struct buf last;
	static bool taken;
	AUTO(arena) a = ARENA_EMPTY;
	struct question_error *bad;
	size_t n;

	if (last.max && str_eq(buf_str(&last), head))
		return taken;
	last.max = MIB;
	buf_clear(&last);
	buf_put_str(&last, head);
	taken = extract_ask(x, q, NULL);
	if (!taken)
		must(!extract_check(q, &a, &bad, &n) && n > 0);
	return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct extract *x;
	struct asked t;
	struct str text = read_question(&t, str_n(p, n));

	if (!x)
		must((x = extract_new(NULL)) != NULL);
	if (!ask(x, str_n(p, n - text.n), &t.q))
		return 0;
	mail(x, text, "plain");
	mail(x, text, "html");
	return 0;
}
