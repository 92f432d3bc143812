/* id.h - growing 63-bit ids and random tokens.
 *
 * An id is 42 bits of milliseconds, 5 bits of node, 16 bits of counter: it
 * grows, so that rows land at the right-hand end of each tree.  As text: 13
 * characters of Crockford base32, upper case.
 */
#ifndef SEKISHO_BASE_ID_H
#define SEKISHO_BASE_ID_H

#include "connector/base/str.h"

#define ID_TEXT_LEN 13

struct id_gen {
	_Atomic int64_t last;
	unsigned node; /* 0..31 */
};
int64_t id_next(struct id_gen *g, int64_t now_us); /* any thread */
void id_text(int64_t id, char text_r[ID_TEXT_LEN + 1]);
int64_t id_time_us(int64_t id);	 /* wall clock when it was made */
int64_t id_first(int64_t at_us); /* all ids of that moment on are larger */
bool id_parse(struct str s, int64_t *id_r) MUST_USE; /* any case */

/* 128 random bits as 22 characters base64url; from the kernel. */
#define TOKEN_TEXT_LEN 22
void token_new(char text_r[TOKEN_TEXT_LEN + 1]);
/* Decimal digits, uniformly random ("4821"). */
void digits_new(char *text_r, size_t digits); /* NUL behind */
void random_bytes(void *p, size_t n);	      /* getrandom; never fails */

#endif
