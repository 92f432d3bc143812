/* seven.h - the same mail for a next hop without 8BITMIME or CHUNKING.
 *
 * A pure function of the view: parts with 8-bit bytes or bare line feeds become
 * base64, and every other byte stays (RFC 2045 6, RFC 6152 3).  What is signed
 * as it stands, or is 8-bit in its header, cannot be changed so.
 */
#ifndef SEKISHO_MAIL_SEVEN_H
#define SEKISHO_MAIL_SEVEN_H

#include "connector/mail/edit.h"
#include "connector/mail/view.h"

/* Edits in the order of the message; none when nothing needs them. False: it
 * cannot be done. */
bool seven_make(const struct view *v, struct arena *a,
		struct edits *edits_r) MUST_USE;

#endif
