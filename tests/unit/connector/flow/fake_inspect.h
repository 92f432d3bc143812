/* fake_inspect.h - connector/inspect with answers as the test says: late,
 * failing, bad, or never.  Linked in place of the real one.
 */
#ifndef SEKISHO_TESTS_FLOW_FAKE_INSPECT_H
#define SEKISHO_TESTS_FLOW_FAKE_INSPECT_H

#include "connector/inspect/inspect.h"

struct inspect {
	struct loop *loop;
	int64_t view_after_us, edit_after_us;
	bool silent;	/* answers nothing until fake_inspect_speak() */
	bool fail_view; /* the child died */
	bool bad_view;	/* its report is nonsense */
	bool fail_edit;
	bool bad_edit;		/* one list too few */
	bool attachment_unread; /* view is partial: encrypted */
	uint32_t version;	/* of the question that new jobs answer */
	unsigned regions;	/* how many there are to take */
	unsigned taken;
	unsigned views, edits; /* jobs seen */
	struct inspect_job *first;
};

void fake_inspect_init(struct inspect *p, struct loop *l);
/* What waited is answered; new jobs are answered again. */
void fake_inspect_speak(struct inspect *p);

#endif
