/* scan_int.h - one message under inspection: what its parts share.
 */
#ifndef SEKISHO_EXTRACT_SCAN_INT_H
#define SEKISHO_EXTRACT_SCAN_INT_H

#include "connector/extract/decode_int.h"
#include "connector/extract/header_int.h"
#include "connector/extract/params_int.h"
#include "connector/extract/source_int.h"
#include "connector/mail/findings.h"

#define PART_HEADERS_BYTES_MAX (4 * MIB) /* of all parts together */

enum disposition { DISP_NONE, DISP_INLINE, DISP_ATTACHMENT };

/* What is known of a part beside its view_part. */
struct part_more {
	enum cte cte;
	enum disposition disposition;
	struct str cid;		/* Content-ID without brackets */
	struct str description; /* shown by some beside the name, or for it */
	struct str method;	/* text/calendar */
	struct str smime_type, report_type;
	uint64_t type_off, type_len; /* Content-Type field; len 0: none */
	bool digest;		     /* its children are messages by default */
	bool nested;		     /* inside an attached mail */
	bool root;		     /* the message's own entity */
	bool delsp;		     /* format=flowed; delsp=yes (RFC 3676) */
	/* Characters of base64, when nothing is odd about them; else 0. */
	uint64_t base64;
	/* Of a multipart: before its first delimiter, behind its last. */
	uint64_t before_end, behind;
};

struct scan {
	struct source src;
	struct charset *cs;
	struct arena *a;
	struct view *v;
	struct part_more *more; /* as long as v->part */
	size_t part_cap, reason_cap;
	struct header header; /* of the message */
	const struct question *q;
	const struct extract_outer *outer;
	struct collect *collect; /* text.c: what was found; NULL: none asked */
	uint64_t part_headers;
};

/* A reason, once per part and kind; lowers completeness. */
void scan_doubt(struct scan *s, enum doubt d, size_t part);
bool scan_has(const struct scan *s, enum doubt d);

/* structure.c: the tree of parts with spans and decoded sizes. */
void structure_read(struct scan *s);
/* As if no leaf was clean base64: then nothing is left out of large ones. */
void structure_set_thorough(bool thorough);
/* octets.c: what the parts' own bytes are. */
void octets_find(struct scan *s);
/* entity.c: a part from its header. Index, or VIEW_WHOLE at a limit. */
size_t entity_add(struct scan *s, const struct header *h, size_t parent,
		  size_t depth, struct str *boundary_r);
/* fields.c: addresses, subject and the rest of the message's header. */
void fields_read(struct scan *s);
/* classes.c: attachments, inline parts, message classes. */
void classes_find(struct scan *s);
/* second.c: false where GMime sees other parts than v holds. */
void second_init(void);
bool second_agrees(struct scan *s);

#endif
