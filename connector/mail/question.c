/* question.c - wire form of a question; see question.h. */
#include "connector/mail/question.h"

#include "connector/base/utf8.h"

#define TERM_WIRE_MIN	 10
#define COMPANY_WIRE_MIN 4
#define ERROR_WIRE_MIN	 8
#define FIELD_MAX	 100

enum { ASKS_CONTENT = 1, ASKS_FILES = 2, ASKS_INSIDE = 4, ASKS_ALL = 7 };
#define PLACES_ALL    ((1u << PLACE_N) - 1)
#define DETECTORS_ALL ((1u << DETECT_N) - 1)

const char *place_name(enum place p)
{
	static const char *const NAMES[PLACE_N] = {
		"subject", "body", "file-names", "attachment-text", "header"};

	return (unsigned)p < PLACE_N ? NAMES[p] : "unknown";
}

const char *detector_name(enum detector d)
{
	static const char *const NAMES[DETECT_N] = {
		[DETECT_CARD] = "card",
		[DETECT_SIXTEEN] = "sixteen-digits",
		[DETECT_MY_NUMBER] = "my-number",
		[DETECT_CORPORATE] = "corporate-number",
		[DETECT_PHONE] = "phone",
		[DETECT_MAIL] = "mail-address",
		[DETECT_BANK] = "bank-account",
		[DETECT_PASSPORT] = "passport",
		[DETECT_LICENCE] = "licence",
		[DETECT_IBAN] = "iban",
		[DETECT_POSTAL] = "postal-address",
		[DETECT_NAME] = "person-name",
	};

	return (unsigned)d < DETECT_N ? NAMES[d] : "unknown";
}

void question_write(const struct question *q, struct buf *out)
{
	buf_put_u32(out, q->version);
	buf_put_u8(out, (uint8_t)((q->asks_content ? ASKS_CONTENT : 0) |
				  (q->asks_files ? ASKS_FILES : 0) |
				  (q->asks_inside ? ASKS_INSIDE : 0)));
	buf_put_u32(out, q->detectors);
	buf_put_u32(out, (uint32_t)q->term_n);
	for (size_t i = 0; i < q->term_n; i++) {
		const struct term *t = &q->term[i];

		buf_put_u8(out, t->regex);
		buf_put_u8(out, (uint8_t)t->places);
		buf_put_bytes(out, t->text);
		buf_put_bytes(out, t->field);
	}
	buf_put_u8(out, (uint8_t)q->company_places);
	buf_put_u32(out, (uint32_t)q->company_n);
	for (size_t i = 0; i < q->company_n; i++)
		buf_put_bytes(out, q->company[i]);
}

static bool text_ok(struct str s)
{
	return s.n && utf8_valid(s);
}

static bool read_terms(struct rd *in, struct arena *a, struct question *q)
{
	q->term_n = rd_count(in, QUESTION_TERMS_MAX, TERM_WIRE_MIN);
	q->term = arena_array(a, q->term_n, sizeof(*q->term));
	for (size_t i = 0; i < q->term_n; i++) {
		struct term *t = &q->term[i];
		uint8_t regex = rd_u8(in);

		t->regex = regex;
		t->places = rd_u8(in);
		t->text = rd_lenbytes(in, QUESTION_TERM_MAX);
		t->field = rd_lenbytes(in, FIELD_MAX);
		if (!rd_ok(in) || regex > 1 || t->places & ~PLACES_ALL ||
		    !text_ok(t->text) || !str_is_ascii(t->field))
			return false;
	}
	return true;
}

static bool read_companies(struct rd *in, struct arena *a, struct question *q)
{
	q->company_places = rd_u8(in);
	q->company_n = rd_count(in, QUESTION_COMPANIES_MAX, COMPANY_WIRE_MIN);
	q->company = arena_array(a, q->company_n, sizeof(*q->company));
	for (size_t i = 0; i < q->company_n; i++) {
		q->company[i] = rd_lenbytes(in, QUESTION_TERM_MAX);
		if (!rd_ok(in) || !text_ok(q->company[i]))
			return false;
	}
	return !(q->company_places & ~PLACES_ALL);
}

bool question_read(struct rd *in, struct arena *a, struct question *q_r,
		   struct err *e)
{
	unsigned flags;

	*q_r = (struct question){.version = rd_u32(in)};
	flags = rd_u8(in);
	q_r->asks_content = flags & ASKS_CONTENT;
	q_r->asks_files = flags & ASKS_FILES;
	q_r->asks_inside = flags & ASKS_INSIDE;
	q_r->detectors = rd_u32(in);
	if (flags & ~(unsigned)ASKS_ALL || q_r->detectors & ~DETECTORS_ALL ||
	    !read_terms(in, a, q_r) || !read_companies(in, a, q_r) ||
	    !rd_ok(in))
		return err_set(e, ERR_PERMANENT, 0, "bad question");
	return true;
}

void question_errors_write(const struct question_error *v, size_t n,
			   struct buf *out)
{
	buf_put_u32(out, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		buf_put_u32(out, v[i].term);
		buf_put_bytes(out, v[i].text);
	}
}

bool question_errors_read(struct rd *in, struct arena *a,
			  struct question_error **v_r, size_t *n_r,
			  struct err *e)
{
	size_t n = rd_count(in, QUESTION_ERRORS_MAX, ERROR_WIRE_MIN);
	struct question_error *v = arena_array(a, n, sizeof(*v));

	for (size_t i = 0; i < n; i++) {
		v[i].term = rd_u32(in);
		v[i].text = rd_lenbytes(in, QUESTION_ERROR_MAX);
		if (v[i].term >= QUESTION_TERMS_MAX || !text_ok(v[i].text) ||
		    str_has_control(v[i].text))
			return err_set(e, ERR_PERMANENT, 0, "bad errors");
	}
	*v_r = v;
	*n_r = n;
	return rd_ok(in) || err_set(e, ERR_PERMANENT, 0, "bad errors");
}
