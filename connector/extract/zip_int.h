/* zip_int.h - zip archives: what is listed, by our own look at every record,
 * and the bytes of an entry, by libzip (wall: zip_read.c).
 *
 * Unpackers differ about what an archive holds: some believe
 * the directory at the end, some the headers before each entry.  Where the two
 * say different things, or bytes belong to neither, it is ambiguous.
 */
#ifndef SEKISHO_EXTRACT_ZIP_INT_H
#define SEKISHO_EXTRACT_ZIP_INT_H

#include "connector/base/arena.h"
#include "connector/extract/charset_int.h"

#define ZIP_NAME_MAX 4096

struct zip_entry {
	struct str raw;	  /* name as it stands in the directory */
	struct str name;  /* best reading: UTF-8, folders by '/' */
	struct str other; /* another reading of some unpackers, or empty */
	struct str path;  /* Info-ZIP's second name, as it stands, or empty */
	struct str comment;
	uint64_t packed, size;
	uint64_t off; /* of its own header */
	uint32_t crc;
	uint16_t flags, method;
	bool folder, encrypted;
};

struct zip_dir {
	struct zip_entry *v;
	size_t n;
	struct str comment; /* of the archive, as it stands */
	bool damaged;	    /* cannot be listed */
	bool ambiguous;	    /* other readers list or unpack something else */
	bool limit;	    /* more entries than asked for; v holds none */
	bool overlap;	    /* entries share bytes: a bomb */
};

/* All that bytes can tell without unpacking. Lives in the arena; borrows. */
void zip_list(struct str in, size_t entries_max, struct charset *cs,
	      struct arena *a, struct zip_dir *d_r);
/* Does a zip end where this file ends, or (not `exactly`) a little before?
 * Some unpackers look there first. */
bool zip_at_end(struct str in, bool exactly);
/* Could it, going by the file's last ZIP_TAIL_MAX bytes? */
#define ZIP_TAIL_MAX (22 + 0xffff)
bool zip_may_end(struct str tail);

/* An open archive; entries are read one after another. */
struct unzip;
/* NULL: libzip does not take it. `in` must stay. */
struct unzip *unzip_open(struct str in);
void unzip_free(struct unzip **u);
size_t unzip_entries(const struct unzip *u);

enum unzip_result {
	UNZIP_OK,
	UNZIP_METHOD, /* packed in a way that is not known here */
	UNZIP_BROKEN,
};
/* Index as in the directory. */
enum unzip_result unzip_start(struct unzip *u, size_t index);
/* Bytes read, 0 at the end, -1: broken, or its check sum is wrong. */
ptrdiff_t unzip_read(struct unzip *u, void *to, size_t n);
void unzip_end(struct unzip *u);
/* Once per process: what would need a file later. */
void unzip_load(void);

#endif
