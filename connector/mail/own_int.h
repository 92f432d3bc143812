/* own_int.h - pieces that own.c shares with dsn.c. */
#ifndef SEKISHO_MAIL_OWN_INT_H
#define SEKISHO_MAIL_OWN_INT_H

#include "connector/base/buf.h"
#include "connector/base/id.h"

#define OWN_BOUNDARY_MAX (2 + TOKEN_TEXT_LEN + 1)
#define SMTP_NAME_MAX	 76 /* of a header field's name */

void own_header(struct buf *out, const char *name, struct str value);
void own_raw_header(struct buf *out, const char *name, struct str value);
void own_mailbox(struct buf *out, const char *header, struct str name,
		 struct str address);
void own_boundary(char text_r[OWN_BOUNDARY_MAX]);
/* Part header, empty line, content, ending in CRLF. */
void own_text_part(struct buf *out, const char *type, struct str text);

#endif
