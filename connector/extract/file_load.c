/* file_load.c - the bytes of a part that is a file; see files_int.h. */
#include "connector/extract/files_int.h"

/* Below this size a file is decoded sooner than its ends are judged. */
#define ENDS_LEAST (256 * KIB)

/* Of pictures, archives and the like that nothing here reads, the start says
 * what they are and the end whether a zip is behind them. */
static bool load_ends(struct scan *s, size_t part, struct buf *bytes)
{
	AUTO(buf) tail = BUF_MAX(2 * ZIP_TAIL_MAX);
	AUTO(buf) head = BUF_MAX(2 * MAGIC_HEAD_MAX);
	struct str start;

	if (!content_ends(s, part, MAGIC_HEAD_MAX, ZIP_TAIL_MAX, &head, &tail))
		return false;
	start = str_head(buf_str(&head), MAGIC_HEAD_MAX);
	return magic_head_tells(start) && !zip_may_end(buf_str(&tail)) &&
	       buf_put_str(bytes, start);
}

void file_load(struct scan *s, size_t part, struct buf *bytes,
	       struct file *file)
{
	if (file->size > bytes->max)
		bytes->max = MIN_OF(bytes->max, MAGIC_HEAD_MAX);
	else
		file->plain_end = file->size >= ENDS_LEAST &&
				  load_ends(s, part, bytes);
	file->whole = file->plain_end;
	if (!file->whole) {
		(void)buf_room(bytes, (size_t)MIN_OF(file->size + CONTENT_STEP,
						     (uint64_t)bytes->max));
		file->whole = content_read(s, part, bytes);
	}
	file->bytes = buf_str(bytes);
}
