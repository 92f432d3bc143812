/* ole_int.h - compound files (MS-CFB): Office before 2007, encrypted Office,
 * Outlook's messages, embedded objects.
 */
#ifndef SEKISHO_EXTRACT_OLE_INT_H
#define SEKISHO_EXTRACT_OLE_INT_H

#include "connector/base/arena.h"
#include "connector/base/buf.h"
#include "connector/extract/magic_int.h"

#define OLE_ENTRIES_MAX 20000

struct ole_entry {
	struct str name; /* UTF-8; control characters are part of some */
	unsigned type;	 /* 1: storage, 2: stream, 5: root */
	uint32_t start;
	uint64_t size;
};

struct ole {
	struct str in;
	unsigned shift, mini_shift; /* of sector sizes */
	uint32_t cutoff;	    /* smaller streams lie in the small ones */
	uint32_t *fat;		    /* sectors of the allocation table */
	size_t fat_n;
	uint32_t mini_fat;  /* first sector of the small ones' table */
	struct str root_id; /* class of the root: 16 bytes */
	struct ole_entry *v;
	size_t n;
};

/* False: not such a file, or a broken one. Lives in the arena; borrows. */
bool ole_open(struct str in, struct arena *a, struct ole *o_r) MUST_USE;
/* By name, anywhere in it, without regard to case; NULL: none. */
const struct ole_entry *ole_find(const struct ole *o, const char *name);
/* The stream, as far as the maximum of out goes. False: it is broken. */
bool ole_read(const struct ole *o, const struct ole_entry *e, struct buf *out);

/* What the file is, and FILE_ENCRYPTED, FILE_MACRO of it. */
const struct kind *ole_kind(const struct ole *o, unsigned *flags_r);
/* The file that an embedded object carries (OLE 1 "native", or a package):
 * its bytes into out, its name into the arena. False: none. */
bool ole_carried(const struct ole *o, struct arena *a, struct buf *out,
		 struct str *name_r);

#endif
