/* question.h - what the compiled policy wants the inspector to answer.
 *
 * One question per policy version. It can be large (registers of 100,000
 * names), so it does not travel with each message: the zygote of the inspector
 * gets it once, compiles it and hands it down to its children; a job names its
 * version. The answer is a view (view.h) and findings (findings.h).
 */
#ifndef SEKISHO_MAIL_QUESTION_H
#define SEKISHO_MAIL_QUESTION_H

#include "connector/base/arena.h"
#include "connector/base/buf.h"
#include "connector/base/err.h"
#include "connector/base/rd.h"

#define QUESTION_BYTES_MAX     (64 * MIB) /* on the wire */
#define QUESTION_TERMS_MAX     20000
#define QUESTION_TERM_MAX      1000 /* bytes of a word or expression */
#define QUESTION_COMPANIES_MAX (200 * 1000)
#define QUESTION_ERRORS_MAX    200
#define QUESTION_ERROR_MAX     300 /* bytes of a reason */
/* All reasons on the wire. */
#define QUESTION_ERRORS_WIRE_MAX                                               \
	(QUESTION_ERRORS_MAX * (QUESTION_ERROR_MAX + 16))

/* Where text stands. */
enum place {
	PLACE_SUBJECT,
	PLACE_BODY,	   /* body text of every kind, plain and HTML */
	PLACE_FILE_NAMES,  /* of attachments and of what they contain */
	PLACE_ATTACHMENTS, /* text of attachments and of what they contain */
	PLACE_HEADER,	   /* values of the header field that a term names */
	PLACE_N
};
const char *place_name(enum place p); /* "subject" "body" ... */

/* Kinds of personal data; names as in the policy. */
enum detector {
	DETECT_CARD,	  /* brand, length, Luhn */
	DETECT_SIXTEEN,	  /* 16 digits in a row, nothing between */
	DETECT_MY_NUMBER, /* Individual Number: 12 digits, check digit */
	DETECT_CORPORATE, /* Corporate Number: 13; no personal data, kept so
			     * that it is nothing else */
	DETECT_PHONE,	  /* Japan's numbering plan */
	DETECT_MAIL,	  /* mail address */
	DETECT_BANK,	  /* account of a bank or of the Japan Post Bank */
	DETECT_PASSPORT,  /* two letters, 7 digits, and the word */
	DETECT_LICENCE,	  /* driver's: 12 digits, and the word */
	DETECT_IBAN,	  /* ISO 13616 */
	DETECT_POSTAL,	  /* postal address */
	DETECT_NAME,	  /* personal name */
	DETECT_N
};
const char *detector_name(enum detector d); /* "card" "my-number" ... */

/* A word or an expression, as the policy's author wrote it: the inspector
 * folds it as it folds the text (width, case, kana, blanks). */
struct term {
	struct str text;
	bool regex;
	unsigned places;  /* bits 1 << enum place where it is counted */
	struct str field; /* PLACE_HEADER: name of the field */
};

struct question {
	uint32_t version;  /* of the policy; 0: nothing asked */
	bool asks_content; /* some rule asks about content */
	bool asks_files;   /* flags and real types of attachments */
	bool asks_inside;  /* look inside archives and attached mails */
	struct term *term; /* the index is its name in findings */
	size_t term_n;
	unsigned detectors;  /* bits 1 << enum detector */
	struct str *company; /* names of registers; index as above */
	size_t company_n;
	unsigned company_places; /* bits; 0: not asked */
};

void question_write(const struct question *q, struct buf *out);
/* Text is borrowed from the wire; arrays live in `a`. */
bool question_read(struct rd *in, struct arena *a, struct question *q_r,
		   struct err *e) MUST_USE;

/* A term that cannot be compiled. */
struct question_error {
	uint32_t term;
	struct str text; /* why, in English, as the engine of patterns says */
};
void question_errors_write(const struct question_error *v, size_t n,
			   struct buf *out);
bool question_errors_read(struct rd *in, struct arena *a,
			  struct question_error **v_r, size_t *n_r,
			  struct err *e) MUST_USE;

#endif
