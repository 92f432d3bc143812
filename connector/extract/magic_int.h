/* magic_int.h - what a file is: by its bytes, and by its name.
 *
 * Bytes decide.  A name only adds: an extension that Windows or
 * Office would run, and whether name and bytes say different things.
 */
#ifndef SEKISHO_EXTRACT_MAGIC_INT_H
#define SEKISHO_EXTRACT_MAGIC_INT_H

#include "connector/base/str.h"

/* Kinds of content, as bits: a name may stand for several. */
enum {
	FAM_TEXT = 1 << 0,
	FAM_HTML = 1 << 1,
	FAM_XML = 1 << 2,
	FAM_MAIL = 1 << 3,
	FAM_RTF = 1 << 4,
	FAM_PDF = 1 << 5,
	FAM_OOXML = 1 << 6,
	FAM_ODF = 1 << 7,
	FAM_ZIP = 1 << 8,
	FAM_OFFICE = 1 << 9,  /* Word, Excel, PowerPoint before 2007 */
	FAM_OLE = 1 << 10,    /* other compound files */
	FAM_SEALED = 1 << 11, /* needs a password or a key, whatever it is */
	FAM_ARCHIVE = 1 << 12,
	FAM_IMAGE = 1 << 13,
	FAM_MEDIA = 1 << 14, /* sound and moving pictures */
	FAM_PROGRAM = 1 << 15,
	FAM_SCRIPT = 1 << 16,
};

/* What reads it. */
enum reader {
	READER_NONE, /* nothing here does */
	READER_TEXT,
	READER_HTML,
	READER_MAIL,
	READER_ZIP,
	READER_OLE,
	READER_PDF,
	READER_PICTURE, /* there is no text to read */
	READER_SEALED,	/* nobody without its key */
	READER_NOTHING, /* it holds nothing of an author */
};

struct kind {
	const char *type; /* media type; empty: not known */
	unsigned family;  /* one FAM_*, or 0 */
	enum reader reader;
	bool program; /* by its bytes */
};

/* How much of a file's start is enough to tell. */
#define MAGIC_HEAD_MAX (64 * KIB)

/* By its bytes, of which more may follow. What a zip or a compound file is in
 * truth its reader tells. both_r: it is something else to others as well. */
const struct kind *magic_kind(struct str bytes, bool *both_r);
/* A file's first MAGIC_HEAD_MAX bytes: are they all that anybody here would
 * look at, whatever follows them? */
bool magic_head_tells(struct str head);
/* The row for a declared type that bytes cannot tell: "message/rfc822". */
const struct kind *magic_declared(struct str type);
/* Does a mail's header begin here? */
bool magic_is_mail(struct str bytes);

/* FILE_EXECUTABLE, FILE_MACRO, FILE_DISGUISED of a name, given its content's
 * family (0: not known). */
unsigned name_flags(struct str name, unsigned family);
/* Lower case, without the dot; empty: none. Lies in `room`. */
#define NAME_EXT_MAX 20
struct str name_extension(struct str name, char room[NAME_EXT_MAX]);

#endif
