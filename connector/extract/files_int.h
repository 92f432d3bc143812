/* files_int.h - what attachments are, and what is in them.
 *
 * A file is a part of the mail, a member of an archive, a part of an attached
 * mail or an object in a document; file_look() is the same for all.  What is
 * found inside is told of the attachment it is in.
 */
#ifndef SEKISHO_EXTRACT_FILES_INT_H
#define SEKISHO_EXTRACT_FILES_INT_H

#include "connector/extract/magic_int.h"
#include "connector/extract/text_int.h"
#include "connector/extract/zip_int.h"

#define FILES_MEMORY_MAX   (64 * MIB)	   /* held at once, unpacked */
#define FILES_UNPACKED_MAX (512 * MIB)	   /* of a message, in all */
#define FILES_NAMES_MAX	   (1 * MIB)	   /* bytes of inner names */
#define FILES_DEPTH_MAX	   8		   /* of files in files */
#define FILES_RATIO_MAX	   250		   /* unpacked to packed ... */
#define FILES_RATIO_FLOOR  (16 * MIB)	   /* ... from this size on */
#define FILES_OUTER_US	   (15 * US_PER_S) /* programs, of a message */

/* The look at one message's attachments. */
struct files {
	struct scan *s;
	size_t part;   /* the attachment under look */
	bool texts;    /* of attachments are wanted */
	bool inside;   /* what files contain is asked about */
	bool stop;     /* a limit was met: nothing else is opened */
	uint64_t held; /* bytes of files in memory */
	uint64_t unpacked;
	uint64_t names;
	size_t inner_cap;
	int64_t outer_us; /* spent in outer programs */
	size_t doubts;	  /* raised so far */
};

struct file {
	struct str name;   /* UTF-8, or empty */
	struct str others; /* other readings, U+0000-separated */
	struct str declared, charset;
	struct str bytes; /* of its start, or all of it */
	uint64_t size;
	bool whole;
	bool plain_end; /* whole, but only its start is here: no zip ends it,
			 * and nothing looks at the rest */
	unsigned depth; /* 0: an attachment */
	/* What was found. */
	const struct kind *kind;
	unsigned flags;	 /* FILE_* of itself */
	unsigned within; /* FILE_* of what is in it */
	size_t holds;	 /* files in it ... */
	size_t sealed;	 /* ... that need a password */
};

/* Flags, real types and contents of all attachments, as far as q asks; their
 * texts go to text_take(). After structure, classes and bodies. */
void files_read(struct scan *s, const struct question *q);

/* file_load.c: size is known; a leaf of s into `bytes`, which the file borrows:
 * all of it, or its start where it is larger than bytes' maximum. */
void file_load(struct scan *s, size_t part, struct buf *bytes,
	       struct file *file);

/* file_look.c */
void file_look(struct files *f, struct file *file);
/* What `in` contains says of it. */
void file_holds(struct file *in, const struct file *file);
/* A row of what is inside an attachment, with each reading of its name. */
void files_inner(struct files *f, const struct file *file);
/* Doubt about the attachment, as far as the question cares. */
void files_doubt(struct files *f, enum doubt d);
/* A limit: doubt, and nothing else is opened. */
void files_limit(struct files *f);
/* Room left for files in memory. */
size_t files_room(const struct files *f);

/* mail_look.c: the leaves of an attached mail from part `first` to `end`; or
 * those of a mail in a file. */
void mail_parts(struct files *f, struct file *in, struct scan *s, size_t first,
		size_t end);
void mail_look(struct files *f, struct file *file);

/* zip_look.c */
void zip_look(struct files *f, struct file *file);

/* package.c: a zip that is a document. False: it is none. */
bool package_look(struct files *f, struct file *file, const struct zip_dir *dir,
		  struct unzip *u);

/* pdf.c */
void pdf_look(struct files *f, struct file *file);
/* pdf_words.c: a name ("/Encrypt") as a whole word, however it is spelled:
 * is it there; offset behind it, or 0; length of the one that s begins with. */
bool pdf_has_name(struct str file, struct str name);
size_t pdf_find_name(struct str file, struct str name);
size_t pdf_name_at(struct str s, struct str name);
enum pdf_source {
	PDF_FILE,
	PDF_SEALED, /* a file that is encrypted */
	PDF_PACKED, /* of an object stream */
};
/* The strings of objects, to text_take(). */
void pdf_strings(struct files *f, struct str s, enum pdf_source from);

/* pdf_objects.c: object streams, unpacked one after another into `out`, with
 * doubts and limits. */
struct pdf_packed {
	struct files *f;
	struct str left; /* of the file */
	struct buf out;
	uint64_t size; /* of the file */
	uint64_t used; /* packed bytes read so far */
	uint64_t all;  /* unpacked so far */
	size_t streams;
};
void pdf_packed_init(struct pdf_packed *p, struct files *f, struct str file);
void pdf_packed_release(struct pdf_packed *p);
bool pdf_packed_next(struct pdf_packed *p) MUST_USE;

/* member.c: an entry of a zip, with all limits. */
struct member {
	struct files *f;
	struct unzip *u;
	const struct zip_entry *e;
	uint64_t got;
	bool bad; /* broken, or a limit */
};
/* False: a doubt was raised. */
bool member_open(struct member *m, struct files *f, struct unzip *u,
		 const struct zip_dir *dir, size_t index) MUST_USE;
/* Bytes read, 0 at the end, -1: a doubt was raised. */
ptrdiff_t member_read(void *member, void *to, size_t n);
/* All of it, or its start where it is larger than `max`. */
bool member_take(struct member *m, size_t max, struct buf *out,
		 bool *whole_r) MUST_USE;

/* gather.c: text that comes in pieces, on its way to text_take(). */
struct gather {
	struct files *f;
	struct buf b;
	size_t fresh; /* bytes that were not given yet */
	bool any;     /* there was something beside blanks */
};
void gather_init(struct gather *g, struct files *f);
void gather_put(struct gather *g, struct str utf8);
void gather_line(struct gather *g); /* a paragraph, a row ends */
void gather_end(struct gather *g);
void gather_release(struct gather *g);
/* Bytes of a text file. */
void text_look(struct files *f, struct file *file, bool html);

#endif
