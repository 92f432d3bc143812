/* extract.h - reads a message: structure, header fields, addresses, edits.
 *
 * Runs in the sandboxed child only, on bytes of an attacker. Own scan with
 * limits first; GMime as a second opinion on the structure: where the two
 * differ the message is ambiguous. Nothing is ever re-serialised; edits are
 * spans. Walls: GMime and ICU are included in this folder only.
 */
#ifndef SEKISHO_EXTRACT_H
#define SEKISHO_EXTRACT_H

#include "connector/mail/edit.h"
#include "connector/mail/findings.h"
#include "connector/mail/view.h"

/* The message: in memory (p), or read piece by piece. */
struct extract_source {
	uint64_t size;
	const char *p;
	bool (*read)(void *arg, uint64_t off, void *to, size_t n);
	void *arg;
};

struct extract; /* one per process: converters, buffers */
/* Loads everything that needs a file, so that a sandbox may follow. */
struct extract *extract_new(struct err *e) MUST_USE;
void extract_free(struct extract **x);

/* Programs that read what no library here can, each in a sandbox of its own
 * and for one document. */
enum outer_program { OUTER_PDFTOTEXT, OUTER_N };
struct extract_outer {
	unsigned programs; /* bits 1 << enum outer_program: there are */
	/* What the program says of the document into *text, at most `max`
	 * bytes. False, by class: PERMANENT, it refused (code: its exit
	 * code); LIMIT, too much text or too slow, and *text is what came;
	 * else nobody knows. */
	bool (*run)(void *arg, enum outer_program program, struct str document,
		    size_t max, struct buf *text, struct err *e);
	void *arg;
};
/* Copied; without it there are none. */
void extract_set_outer(struct extract *x, const struct extract_outer *outer);

/* What is asked of each message from now on: compiled and copied, in place of
 * what was asked before; until then nothing is. False: a term cannot be
 * compiled (class CONFIG), and what was asked before still is. */
bool extract_ask(struct extract *x, const struct question *q,
		 struct err *e) MUST_USE;
/* Every term that cannot be compiled, by index, at most QUESTION_ERRORS_MAX;
 * texts live in the arena. True: there is none. */
bool extract_check(const struct question *q, struct arena *a,
		   struct question_error **v_r, size_t *n_r) MUST_USE;

/* Never fails on what a message says: that is a reason in the view. False
 * only where the message could not be read. Text borrows from `a`, from the
 * message in memory and from what was asked. Samples in findings are masked;
 * `a` should be a secret arena all the same. */
bool extract_view(struct extract *x, const struct extract_source *src,
		  struct arena *a, struct view *v_r, struct findings *f_r,
		  struct err *e) MUST_USE;

/* What the change does to the bytes. False (class PERMANENT): it cannot be
 * carried out to the letter, so the mail must wait. */
bool extract_edits(struct extract *x, const struct extract_source *src,
		   const struct change *c, struct arena *a,
		   struct edits *edits_r, struct err *e) MUST_USE;

#endif
