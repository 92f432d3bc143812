/* made.h - files as an attacker or a program would make them. */
#ifndef SEKISHO_TEST_EXTRACT_MADE_H
#define SEKISHO_TEST_EXTRACT_MADE_H

#include "connector/base/buf.h"

#define MADE_MAX (64 * MIB)

/* A member of a zip, stored. What is zero is as it should be. */
struct made_entry {
	const char *name;
	const char *text;
	struct str bytes;	/* in place of text */
	const char *local_name; /* another name before the entry */
	unsigned flags, method;
	unsigned local_flags_xor;
	uint32_t size_lie; /* added to the size in the directory */
	uint32_t crc_lie;
	const char *gap;    /* bytes before its header */
	struct str extra;   /* of the directory */
	bool at_first;	    /* its header is that of the first entry */
	bool descriptor;    /* sizes behind the entry */
	unsigned directory; /* how many times more it is listed */
};
void made_zip(struct buf *out, const struct made_entry *v, size_t n);
#define MADE_ZIP(out, ...)                                                     \
	made_zip((out), (const struct made_entry[]){__VA_ARGS__},              \
		 sizeof((const struct made_entry[]){__VA_ARGS__}) /            \
			 sizeof(struct made_entry))
/* By libzip: deflated; with a password when `cipher` (ZIP_EM_*) is not 0. */
void made_packed(struct buf *out, const char *name, struct str bytes,
		 unsigned cipher);

/* A docx whose body is the XML given, and further parts. */
void made_docx(struct buf *out, const char *body, const struct made_entry *more,
	       size_t n);
/* An xlsx of one sheet, with shared strings and styles. */
void made_xlsx(struct buf *out, const char *strings, const char *styles,
	       const char *sheet);
#define MADE_TYPES(type)                                                       \
	"<?xml version=\"1.0\"?><Types xmlns=\"http://schemas."                \
	"openxmlformats.org/package/2006/content-types\"><Default "            \
	"Extension=\"xml\" ContentType=\"application/" type "\"/></Types>"
#define MADE_OOXML "vnd.openxmlformats-officedocument."

/* A compound file of these streams; `id`: class of the root, or NULL. */
struct made_stream {
	const char *name;
	struct str bytes;
};
void made_ole(struct buf *out, const struct made_stream *v, size_t n,
	      const char *id);
#define MADE_OLE(out, id, ...)                                                 \
	made_ole((out), (const struct made_stream[]){__VA_ARGS__},             \
		 sizeof((const struct made_stream[]){__VA_ARGS__}) /           \
			 sizeof(struct made_stream),                           \
		 (id))

/* A mail with one attachment, in base64; the name as UTF-8 (RFC 2231). */
void made_mail(struct buf *out, const char *name, struct str bytes);

#endif
