/* scan.h - the few facts of a header block that the engine must know before
 * the inspector has answered: identity, loops, what we have to add.
 *
 * Reads raw header bytes with the bounded reader, decodes nothing, judges
 * nothing for policy (that is the inspector's view).
 */
#ifndef SEKISHO_MAIL_SCAN_H
#define SEKISHO_MAIL_SCAN_H

#include "connector/base/arena.h"
#include "connector/base/rd.h"

#define SCAN_IDS_MAX 8

struct header_scan {
	size_t header_len; /* up to and with the empty line; 0: no end seen */
	struct str message_id; /* without brackets; empty: none or malformed */
	bool has_message_id, has_date, has_from;
	unsigned from_count; /* From fields */
	/* Of the only mailbox of the only From field, as they stand (quotes
	 * kept); empty when that is not so. */
	struct str from_local, from_domain;
	unsigned received;		 /* Received fields in all */
	unsigned received_ours;		 /* of them "by <our hostname>" */
	struct str our_id[SCAN_IDS_MAX]; /* their "id", newest first */
	unsigned our_id_n;
};

/* head: the first bytes of the message (MIME_HEADER_BLOCK_MAX is enough). */
void header_scan(struct str head, const char *hostname,
		 struct header_scan *scan_r);

/* Next raw field: name and the whole field with folding and line end.
 * False at the empty line or the end. */
bool header_field_next(struct str *rest, struct str *name_r,
		       struct str *field_r);

#endif
