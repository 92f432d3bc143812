/* edit.h - spans over the original bytes: what we change, and nothing else.
 *
 * A struct change says what a recipient's copy shall look like (from the
 * plan); the inspector turns it into a struct edits (offset, length,
 * replacement), sorted, not overlapping, inside the message; the engine
 * splices while it sends.  Untouched parts leave byte for byte.
 */
#ifndef SEKISHO_MAIL_EDIT_H
#define SEKISHO_MAIL_EDIT_H

#include "connector/base/arena.h"
#include "connector/base/buf.h"
#include "connector/base/err.h"
#include "connector/base/rd.h"

#define EDITS_MAX	     20000
#define EDIT_REPLACEMENT_MAX (64 * 1024)
#define CHANGE_ITEMS_MAX     5000

struct header_add {
	struct str name, value; /* UTF-8; encoded by RFC 2047 where needed */
};

struct change {
	/* Addresses (compared form) taken out of To and Cc. */
	struct str *hide;
	size_t hide_n;
	/* What an emptied To becomes: the sender's own address. */
	struct str to_when_empty;
	struct header_add *add;
	size_t add_n;
	struct str *remove; /* names of header fields taken out */
	size_t remove_n;
	/* Texts for the main body, in the order in which they are read. */
	struct change_text {
		struct str text; /* UTF-8, lines by \n */
		bool tail;	 /* behind what is there, not before it */
	} * insert;
	size_t insert_n;
};
bool change_is_empty(const struct change *c);
void change_write(const struct change *c, struct buf *out);
bool change_read(struct rd *in, struct arena *a, struct change *c_r,
		 struct err *e) MUST_USE;

/* What stands in place of a span. */
enum edit_how {
	EDIT_TEXT,   /* `text` */
	EDIT_BASE64, /* the span itself in base64, in lines (RFC 2045 6.8) */
	EDIT_CRLF, /* the span with CR before each bare LF; there are `bare` */
};

struct edit {
	uint64_t off, len; /* len 0: insert before off */
	struct str text;
	enum edit_how how;
	uint64_t bare;
};
struct edits {
	struct edit *v;
	size_t n;
};
void edits_write(const struct edits *e, struct buf *out);
/* Checks order, overlap and bounds against the message's size. */
bool edits_read(struct str wire, uint64_t size, struct arena *a,
		struct edits *edits_r, struct err *e) MUST_USE;

/* The spliced message as a run of pieces: original ranges and literals. */
struct splice {
	const struct edits *edits;
	uint64_t size, at;
	size_t next;
	bool text_given;
};
struct splice_piece {
	bool original; /* true: bytes off..off+len of the body */
	uint64_t off, len;
	struct str text;   /* when not original */
	enum edit_how how; /* what becomes of original bytes; TEXT: nothing */
};
/* Bytes of the body that are encoded at once: whole lines of base64. */
#define EDIT_STEP (57 * 1024)
/* A step of a piece; last: its end. Keeps what it needs between steps. */
struct edit_coder {
	bool after_cr;
};
void edit_code(struct edit_coder *c, enum edit_how how, struct str in,
	       struct buf *out);
/* Both lists in one; false: they touch the same bytes. */
bool edits_merge(const struct edits *x, const struct edits *y, struct arena *a,
		 struct edits *both_r) MUST_USE;
void splice_init(struct splice *s, const struct edits *edits, uint64_t size);
bool splice_next(struct splice *s,
		 struct splice_piece *piece_r); /* false: end */
uint64_t splice_size(const struct edits *edits, uint64_t size);

#endif
