/* zip_read.c - the bytes of an entry, by libzip (wall); see zip_int.h. */
#include <stdlib.h>
#include <time.h>
#include <zip.h>
#include "connector/base/mem.h"
#include "connector/extract/zip_int.h"

struct unzip {
	zip_t *z;
	zip_file_t *f;
};

struct unzip *unzip_open(struct str in)
{
	zip_source_t *src = zip_source_buffer_create(in.p, in.n, 0, NULL);
	struct unzip *u;
	zip_t *z;

	if (!src)
		return NULL;
	z = zip_open_from_source(src, ZIP_RDONLY, NULL);
	if (!z) {
		zip_source_free(src);
		return NULL;
	}
	u = NEW(struct unzip);
	u->z = z;
	return u;
}

void unzip_free(struct unzip **u)
{
	if (!*u)
		return;
	unzip_end(*u);
	zip_discard((*u)->z);
	mem_free(*u);
	*u = NULL;
}

size_t unzip_entries(const struct unzip *u)
{
	zip_int64_t n = zip_get_num_entries(u->z, 0);

	return n < 0 ? 0 : (size_t)n;
}

enum unzip_result unzip_start(struct unzip *u, size_t index)
{
	unzip_end(u);
	u->f = zip_fopen_index(u->z, index, 0);
	if (u->f)
		return UNZIP_OK;
	return zip_error_code_zip(zip_get_error(u->z)) == ZIP_ER_COMPNOTSUPP
		       ? UNZIP_METHOD
		       : UNZIP_BROKEN;
}

ptrdiff_t unzip_read(struct unzip *u, void *to, size_t n)
{
	return u->f ? (ptrdiff_t)zip_fread(u->f, to, n) : -1;
}

void unzip_end(struct unzip *u)
{
	if (u->f)
		zip_fclose(u->f);
	u->f = NULL;
}

/* libzip turns the times of entries into seconds, for which the C library
 * would look for the machine's time zone in a file. */
void unzip_load(void)
{
	struct tm tm = {.tm_year = 126, .tm_mday = 1};

	setenv("TZ", "UTC0", 1);
	(void)mktime(&tm);
}
