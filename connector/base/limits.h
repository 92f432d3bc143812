/* limits.h - every limit that outside bytes meet, in one list.
 * A module may have limits of its own beside its tables; those that several
 * modules or a reader of the README care for stand here.
 */
#ifndef SEKISHO_BASE_LIMITS_H
#define SEKISHO_BASE_LIMITS_H

#include "connector/base/macros.h"

/* SMTP, RFC 5321 4.5.3.1 and our own. */
#define SMTP_LINE_MAX	     4096 /* a command line with its CRLF */
#define SMTP_REPLY_LINE_MAX  4096
#define SMTP_REPLY_LINES_MAX 128
#define SMTP_TEXT_LINE_MAX   (1 * 1024 * 1024) /* a line of DATA, bytes */
#define SMTP_ADDRESS_MAX     320
#define SMTP_LOCAL_MAX	     64
#define SMTP_DOMAIN_MAX	     255
#define SMTP_ERRORS_MAX	     20 /* bad commands before 421 */

/* Mail content before GMime sees it. */
#define MIME_HEADER_BLOCK_MAX (256 * 1024)
#define MIME_HEADER_MAX	      (64 * 1024)
#define MIME_HEADERS_MAX      1000
#define MIME_PARTS_MAX	      1000
#define MIME_DEPTH_MAX	      50
#define MIME_COLONS_MAX	      1000

/* The view as it comes back from a child. */
#define VIEW_BYTES_MAX	   (4 * 1024 * 1024)
#define VIEW_ADDRESSES_MAX 5000
#define VIEW_TEXT_MAX	   (64 * 1024)

/* Bodies. */
#define BODY_INLINE_MAX (64 * 1024) /* above: spool file */
#define BODY_CHUNK	(64 * 1024) /* sealed unit of a spool file */
#define BODY_REGION_MAX (8 * 1024 * 1024)

/* HTTP. */
#define HTTP_HEADERS_MAX (16 * 1024)
#define HTTP_BODY_MAX	 (1024 * 1024)
#define HTTP_DEADLINE_S	 30

/* Configuration and policy files. */
#define CONF_FILE_MAX	(16 * 1024 * 1024)
#define CONF_DEPTH_MAX	32
#define CONF_NODES_MAX	(1000 * 1000)
#define CONF_ERRORS_MAX 200

#define CONTROL_REQUEST_MAX (20 * 1024 * 1024)

#endif
