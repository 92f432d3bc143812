/* detect_table.h - rows of a text and the values that are to be found. */
#ifndef TESTS_EXTRACT_DETECT_TABLE_H
#define TESTS_EXTRACT_DETECT_TABLE_H

#include <check.h>
#include "connector/extract/detect_int.h"

struct detect_row {
	const char *text;
	const char *values; /* joined by commas; "" none */
	bool html;
};

/* Fails the test when a text gives other values. */
void detect_row_check(const struct detect_row *row, enum detector what);
/* The values of one detector, all detectors running. */
void detect_values(struct str text, bool html, enum detector what,
		   struct buf *out);
/* Glyphs that folding and all detectors visit. */
uint64_t detect_work(struct str text, bool html);

#endif
