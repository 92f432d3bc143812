/* view.h - what the sandboxed inspector saw in a message, and its wire form.
 *
 * The child writes it with view_write(); the engine reads it with view_read()
 * through the bounded reader and trusts nothing: counts, lengths, indexes,
 * offsets (inside the message), UTF-8 are checked.  All text is UTF-8, decoded
 * and bounded.  Offsets are bytes into the original message.
 */
#ifndef SEKISHO_MAIL_VIEW_H
#define SEKISHO_MAIL_VIEW_H

#include "connector/base/arena.h"
#include "connector/base/buf.h"
#include "connector/base/err.h"
#include "connector/base/rd.h"

enum completeness { VIEW_COMPLETE, VIEW_PARTIAL, VIEW_NONE };

/* policy/README.md, "Doubt". Names in view_doubt_name(). */
enum doubt {
	DOUBT_PICTURE,
	DOUBT_ENCRYPTED,
	DOUBT_UNKNOWN_TYPE,
	DOUBT_TOO_LARGE,
	DOUBT_DAMAGED,
	DOUBT_AMBIGUOUS,
	DOUBT_LIMIT,
	DOUBT_FAILED,
	DOUBT_COUNT
};
const char *view_doubt_name(enum doubt d); /* "picture", "unknown-type" ... */

/* The condition `message` asks for them; a message may be several. */
enum {
	CLASS_CALENDAR = 1 << 0,
	CLASS_RECEIPT = 1 << 1,
	CLASS_AUTO_REPLY = 1 << 2,
	CLASS_DSN = 1 << 3,
	CLASS_SIGNED = 1 << 4,
	CLASS_ENCRYPTED = 1 << 5,
	CLASS_RIGHTS_MANAGED = 1 << 6,
	CLASS_TNEF = 1 << 7,
	CLASS_BULK = 1 << 8, /* by header; the count is the engine's */
};
#define CLASS_NAMES_N 9
const char *view_class_name(unsigned bit_index); /* "calendar" ... */

struct view_addr {
	struct str address; /* local@domain as it stands, decoded; may be bad */
	struct str name;    /* display name, or empty */
};
struct view_addrs {
	struct view_addr *v;
	size_t n;
	bool present; /* the field exists, even if empty */
};

struct view_field {
	struct str name;   /* as it stands */
	struct str value;  /* unfolded, RFC 2047 decoded */
	uint64_t off, len; /* raw field with its line end */
};

struct view_reason {
	enum doubt doubt;
	uint16_t part; /* index into parts, or VIEW_WHOLE */
};
#define VIEW_WHOLE 0xffff

enum view_coding {
	CODING_7BIT,
	CODING_8BIT, /* says 8bit or binary */
	CODING_BASE64,
	CODING_QP,
	CODING_UNKNOWN
};

struct view_part {
	uint16_t parent; /* index, or VIEW_WHOLE for the root */
	uint16_t depth;
	bool multipart;
	/* An attachment for policy: not body text, not inline, and not within
	 * an attached mail (which is one attachment). */
	bool attachment;
	bool inline_cid; /* shown by cid: from the HTML body */
	bool nameless;	 /* attachment without any file name */
	struct str type; /* "application/pdf", lower case */
	struct str charset;
	struct str name;	/* best decoded name */
	struct str other_names; /* other readings, U+0000-separated, or empty */
	uint64_t off, len;	/* raw content, without part header */
	uint64_t decoded;	/* bytes after transfer decoding */
	/* What its bytes say, where the question asked about files. */
	unsigned file;	      /* FILE_* */
	struct str real_type; /* media type by content; empty: not known */
	/* Where the part says how it is encoded (RFC 2045 6), and what its own
	 * bytes are: for a next hop that takes less. */
	enum view_coding coding;
	uint64_t coding_off, coding_len; /* field with line end; len 0: there is
					  * none, it would stand there */
	bool has_8bit;
	uint64_t bare_lf; /* line feeds without CR */
};

/* About a file; of an archive also about what it contains, at any depth. */
enum {
	FILE_ENCRYPTED = 1 << 0,      /* all of it needs a password */
	FILE_SOME_ENCRYPTED = 1 << 1, /* something within does */
	FILE_MACRO = 1 << 2,
	FILE_EXECUTABLE = 1 << 3, /* by content or by extension */
	FILE_DISGUISED = 1 << 4,  /* name and content say different things */
	FILE_ARCHIVE = 1 << 5,	  /* what it contains is listed in `inner` */
	FILE_READ = 1 << 6,	  /* its text was read, to the end */
};
#define FILE_FLAGS_ALL 0x7fu

/* A file inside an attachment: a member of an archive, or a part of an
 * attached mail. */
struct view_inner {
	uint16_t part;	 /* of the view: the attachment it is in */
	uint16_t depth;	 /* 1: directly in it */
	struct str name; /* best decoded, with its folders */
	struct str type; /* by content, or empty */
	uint64_t size;	 /* bytes unpacked, as the archive says */
	unsigned file;	 /* FILE_* of this one alone */
};
#define VIEW_INNER_MAX 10000

struct view {
	enum completeness completeness;
	struct view_reason *reason;
	size_t reason_n;
	unsigned classes; /* CLASS_* bits; 0: plain */
	struct view_addrs from, sender, reply_to, to, cc, bcc;
	struct str subject;
	struct str message_id; /* without angle brackets; empty: none */
	bool has_message_id, has_date, has_to, has_cc, has_subject;
	bool has_8bit, has_bare_lf, has_8bit_header;
	/* The same outside of the parts' contents: headers, delimiters. */
	bool between_8bit, between_bare_lf;
	bool has_mime_version, has_content_type; /* of the message itself */
	uint64_t header_end; /* offset of the empty line behind the header */
	uint64_t size;	     /* whole message */
	struct view_field *field;
	size_t field_n;
	struct view_part *part;
	size_t part_n;
	struct view_inner *inner; /* ordered by part */
	size_t inner_n;
};

void view_write(const struct view *v, struct buf *out);
/* size: of the message, for offsets. Strings are borrowed from `wire`, or
 * copied when `a_copies`; arrays live in `a`. */
bool view_read(struct str wire, uint64_t size, struct arena *a,
	       struct view *v_r, struct err *e) MUST_USE;

#endif
