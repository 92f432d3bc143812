/* inspected.h - a view with its findings, in one piece: as a child reports and
 * as the store keeps it with the message.
 *
 * What was stored before there were findings is a bare view: read as well.
 */
#ifndef SEKISHO_MAIL_INSPECTED_H
#define SEKISHO_MAIL_INSPECTED_H

#include "connector/mail/findings.h"
#include "connector/mail/view.h"

void inspected_write(const struct view *v, const struct findings *f,
		     struct buf *out);
/* Both wires, borrowed; findings_r is empty where there are none. False: it is
 * neither form. */
bool inspected_split(struct str wire, struct str *view_r,
		     struct str *findings_r) MUST_USE;
/* size: of the message. has_r: there are findings. Beside what the two readers
 * check: a sample's part is one of the view. */
bool inspected_read(struct str wire, uint64_t size, struct arena *a,
		    struct view *v_r, struct findings *f_r, bool *has_r,
		    struct err *e) MUST_USE;
/* The view alone, for pages. */
bool inspected_view(struct str wire, uint64_t size, struct arena *a,
		    struct view *v_r, struct err *e) MUST_USE;

#endif
