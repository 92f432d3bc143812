/* buf.h - growing bytes with a maximum, the only way to build bytes.
 *
 * A buffer is born with its maximum; an append that would pass it changes
 * nothing, sets `full` and returns false.  Callers that build many pieces may
 * ignore the single results and ask buf_ok() once at the end.
 */
#ifndef SEKISHO_BASE_BUF_H
#define SEKISHO_BASE_BUF_H

#include <stdarg.h>
#include "connector/base/str.h"

struct buf {
	char *p;
	size_t n, cap, max;
	bool full;   /* an append was refused */
	bool secret; /* wiped before it is freed or moved */
};

#define BUF_MAX(m) ((struct buf){.max = (m)})

void buf_init(struct buf *b, size_t max);
void buf_release(struct buf *b);
void buf_clear(struct buf *b); /* keeps memory and max */
bool buf_ok(const struct buf *b);
struct str buf_str(const struct buf *b);
const char *buf_cstr(struct buf *b);	    /* NUL behind, not counted */
char *buf_take(struct buf *b, size_t *n_r); /* heap, NUL behind; buf emptied */

bool buf_put(struct buf *b, const void *p, size_t n);
bool buf_puts(struct buf *b, const char *s);
bool buf_put_str(struct buf *b, struct str s);
bool buf_putc(struct buf *b, char c);
bool buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
bool buf_vprintf(struct buf *b, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);
/* Room for n more bytes; NULL when above max. Then buf_grown(b, used). */
char *buf_room(struct buf *b, size_t n);
void buf_grown(struct buf *b, size_t n);
void buf_drop(struct buf *b, size_t n); /* remove n bytes from the front */
void buf_truncate(struct buf *b, size_t n);

/* Wire form: little endian, lengths before bytes; read by rd.h. */
bool buf_put_u8(struct buf *b, uint8_t v);
bool buf_put_u16(struct buf *b, uint16_t v);
bool buf_put_u32(struct buf *b, uint32_t v);
bool buf_put_u64(struct buf *b, uint64_t v);
bool buf_put_bytes(struct buf *b, struct str s); /* u32 length + bytes */

#endif
