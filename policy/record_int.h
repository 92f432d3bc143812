/* record_int.h - what the writer and the readers of records share. */
#ifndef SEKISHO_POLICY_RECORD_INT_H
#define SEKISHO_POLICY_RECORD_INT_H

#include "connector/base/vec.h"
#include "policy/record.h"

#define RECORD_VERSION 1
/* Grows with every change of treated_of() or told_of(). */
#define MARKS_VERSION 1
#define ASKED_VERSION 2

struct words;

#define RECORD_TEXTS_MAX 10000 /* addresses */
/* Of a name: its last extension, and a short one before it ("tar" of
 * "tar.gz", "pdf" of "pdf.exe"). */
#define RECORD_EXTENSION_MOST 16
#define RECORD_OUTER_MOST     4
/* Between words of a name and before its end: no word holds it. */
#define NAME_MARK   '\x01'
#define RECORD_NONE 0xffff
/* Flags of a record. */
enum {
	RECORD_BULK = 1,
	RECORD_FINDINGS = 2,
	RECORD_MORE = 4, /* findings.more */
	RECORD_NOT_ENROLLED = 8,
	RECORD_PAST_TOLD = 16,
	RECORD_GRADE_TOLD = 32,
	RECORD_JOURNAL = 64,
	RECORD_FLAGS = 127
};

/* FNV-1a over texts: it only has to tell words apart, of one company's own
 * lists. */
#define MARK_SEED UINT64_C(0xcbf29ce484222325)
uint64_t mark_bytes(uint64_t mark, const void *p, size_t n);
uint64_t mark_str(uint64_t mark, struct str s); /* with its length */
uint64_t mark_u64(uint64_t mark, uint64_t v);

/* Words that file names are asked for by the policy itself (`name`). */
struct name_words {
	VEC_OF(const struct words *);
};
void name_words_of(const struct policy *p, struct name_words *to);

uint64_t term_mark(const struct term *t); /* without its places */
uint64_t company_mark(struct str name);

/* asked.c: hits by the new policy's indexes, ordered. */
struct old_hit {
	uint64_t mark;
	uint8_t place;
	uint32_t count;
};
void asked_terms(const struct asked *q, const struct old_hit *old, size_t n,
		 struct arena *a, struct findings *f);
void asked_companies(const struct asked *q, const struct old_hit *old, size_t n,
		     struct arena *a, struct findings *f);
bool asked_anything(const struct asked *q); /* by the old version */
/* Does this rule say something else than in the old version? */
bool asked_rewritten(const struct asked *q, struct str rule);
/* Which of the new policy's questions were not asked then. */
void asked_untold(const struct asked *q, struct facts *f, struct findings *to);
/* The very question of then. */
bool asked_the_same(const struct asked *q);
/* Was something left unread then that would be read now; or read then, that
 * would not be now? */
bool asked_less(const struct asked *q);
bool asked_reads_known(const struct asked *q); /* all that is read now was */
bool asked_more(const struct asked *q);

#endif
