/* codec.h - base64 (RFC 4648), hex, percent (RFC 3986), xtext (RFC 3461). */
#ifndef SEKISHO_BASE_CODEC_H
#define SEKISHO_BASE_CODEC_H

#include "connector/base/buf.h"

void b64_encode(struct buf *out, struct str in);    /* with padding */
void b64url_encode(struct buf *out, struct str in); /* no padding */
/* Lines of 76 characters ended by CRLF, as MIME wants. */
void b64_encode_mime(struct buf *out, struct str in);
bool b64_decode(struct buf *out, struct str in) MUST_USE;    /* strict */
bool b64url_decode(struct buf *out, struct str in) MUST_USE; /* strict */
void hex_encode(struct buf *out, struct str in);
bool hex_decode(struct buf *out, struct str in) MUST_USE;
bool percent_decode(struct buf *out, struct str in,
		    bool plus_is_space) MUST_USE;
void percent_encode(struct buf *out, struct str in); /* unreserved stay */
/* RFC 3461 4 xtext. */
bool xtext_decode(struct buf *out, struct str in) MUST_USE;
void xtext_encode(struct buf *out, struct str in);

#endif
