/* fuzz_files - bytes as an attachment: whatever they are taken for, the view
 * must be one that the engine takes. The first byte chooses the name.
 */
#include "connector/base/die.h"
#include "connector/base/limits.h"
#include "connector/extract/extract.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const char *const names[] = {"a.zip", "a.docx", "a.xls", "a.eml",
				    "a.pdf", "a.exe",  "a"};

/* A program that says nothing of most documents. */
static bool play(void *arg, enum outer_program program, struct str document,
		 size_t max, struct buf *text, struct err *e)
{
	(void)arg;
	(void)program;
	(void)max;
	if (document.n % 3 == 0)
		return err_set(e, ERR_PERMANENT, 1, "played");
	buf_puts(text, "a page\f\f");
	return true;
}

static struct extract *ready(void)
{
	static const struct extract_outer outer = {
		.programs = 1u << OUTER_PDFTOTEXT, .run = play};
	static struct term term = {.text = STR("page"),
				   .places = (1 << PLACE_N) - 1};
	const struct question q = {
		.version = 1,
		.asks_content = true,
		.asks_files = true,
		.asks_inside = true,
		.term = &term,
		.term_n = 1,
		.detectors = 1u << DETECT_CARD | 1u << DETECT_MAIL,
	};
	struct extract *x = extract_new(NULL);

	extract_set_outer(x, &outer);
	must(extract_ask(x, &q, NULL));
	return x;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct extract *x;
	AUTO(arena) a = ARENA_EMPTY;
	AUTO(buf) mail = BUF_MAX(64 * MIB);
	AUTO(buf) wire = BUF_MAX(64 * MIB);
	struct extract_source src;
	struct findings f;
	struct view v;
	struct err e;

	if (!x)
		x = ready();
	if (n == 0)
		return 0;
	buf_printf(&mail,
		   "From: a@x.jp\r\nMIME-Version: 1.0\r\nContent-Type: "
		   "application/octet-stream; name=\"%s\"\r\n"
		   "Content-Disposition: attachment\r\n"
		   "Content-Transfer-Encoding: binary\r\n\r\n",
		   names[p[0] % ARRAY_LEN(names)]);
	buf_put(&mail, p + 1, n - 1);
	src = (struct extract_source){.size = mail.n, .p = mail.p};
	must(extract_view(x, &src, &a, &v, &f, &e));
	view_write(&v, &wire);
	if (wire.n <= VIEW_BYTES_MAX)
		must(view_read(buf_str(&wire), src.size, &a, &v, &e));
	return 0;
}
