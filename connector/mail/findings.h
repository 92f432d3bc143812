/* findings.h - what the inspector found of what the policy asked (question.h).
 *
 * Counts only, and masked samples: no text of a message leaves the sandbox in
 * it. Written by the child, read by the engine through the bounded reader and
 * not trusted: indexes, counts and UTF-8 are checked. It is stored sealed with
 * the message, so that a later policy can be replayed on it.
 *
 * What could not be read is a reason of the view (view_reason with its part),
 * not a finding of zero.
 */
#ifndef SEKISHO_MAIL_FINDINGS_H
#define SEKISHO_MAIL_FINDINGS_H

#include "connector/mail/question.h"

#define FINDINGS_HITS_MAX    100000
#define FINDINGS_COUNT_MAX   1000000 /* of one term in one place; then it stays */
#define FINDINGS_SAMPLES_MAX 200
#define FINDINGS_SAMPLE_MAX  200 /* bytes */

/* Sets in which values are counted once. */
enum scope {
	SCOPE_BODY,	   /* body text */
	SCOPE_ATTACHMENTS, /* text of attachments */
	SCOPE_ANYWHERE,	   /* subject, body, file names, attachments together */
	SCOPE_N
};

struct term_hit {
	uint32_t term;
	enum place place;
	uint32_t count; /* from 1; overlapping ends of one match count once */
};

struct company_hit {
	uint32_t company;
	enum place place;
};

struct sample {
	enum detector what;
	enum place place;
	uint16_t part;	 /* index into the view's parts, or VIEW_WHOLE */
	struct str text; /* masked: may be shown to whoever may see the mail */
};

struct findings {
	uint32_t version;     /* of the question that was asked */
	struct term_hit *hit; /* ordered by term, place; only what was found */
	size_t hit_n;
	struct company_hit *company; /* ordered, each pair once */
	size_t company_n;
	uint32_t unique[SCOPE_N][DETECT_N]; /* different values */
	uint32_t people[SCOPE_N];	    /* different persons named */
	bool more; /* a limit of counting was reached: there may be more */
	struct sample *sample;
	size_t sample_n;
	/* Of a replay (never on the wire): the places where a term was not
	 * looked for then, by its index, or NULL; detectors that were not
	 * asked; and whether companies, flags and types of files, and what is
	 * inside files were not. */
	const unsigned char *untold_places;
	unsigned untold_detectors;
	bool untold_companies, untold_files, untold_inside;
};

void findings_write(const struct findings *f, struct buf *out);
bool findings_read(struct rd *in, struct arena *a, struct findings *f_r,
		   struct err *e) MUST_USE;
/* Hits of a term in the places given (bits), summed. */
uint64_t findings_hits(const struct findings *f, uint32_t term,
		       unsigned places);

#endif
