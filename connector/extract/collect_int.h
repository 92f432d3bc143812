/* collect_int.h - a question compiled, and what a message answers to it.
 */
#ifndef SEKISHO_EXTRACT_COLLECT_INT_H
#define SEKISHO_EXTRACT_COLLECT_INT_H

#include "connector/extract/company_int.h"
#include "connector/extract/detect_int.h"
#include "connector/extract/name_int.h"
#include "connector/extract/terms_int.h"
#include "connector/extract/text_int.h"

/* Which text a hit was in. */
struct text_source {
	enum place place;
	uint16_t part;
};

struct collect {
	struct question q; /* its scalars; terms and companies are compiled */
	struct terms *terms;
	struct namer *namer;	     /* NULL: names are not asked for */
	struct companies *companies; /* NULL: none are asked for */
	char **field; /* header fields that terms name, lower case */
	size_t field_n;
	unsigned places;    /* bits: texts that are looked at */
	unsigned detectors; /* without those that have a pass of their own */

	/* Of the text under way. */
	struct fold fold;
	struct forms forms;
	struct str header_field;
	/* Counts on their way up: a text; its readings; an alternative of a
	 * body; the alternatives. */
	struct tally text, readings, alternative, group;
	bool in_readings, in_group;
	struct tally total[PLACE_N];
	uint8_t *company; /* bits 1 << enum place, by company */
	struct {
		VEC_OF(uint32_t); /* those with a bit */
	} companies_found;
	/* Of the message. */
	struct {
		VEC_OF(struct text_source);
	} source;
	struct detect_set set[SCOPE_N];
	uint64_t bytes;
};

/* NULL: a term cannot be compiled (class CONFIG). */
struct collect *collect_new(const struct question *q, struct err *e) MUST_USE;
void collect_free(struct collect **c);
/* Does anything have to be looked for at all? */
bool collect_asks(const struct collect *c);
void collect_begin(struct collect *c); /* a new message */
/* What was found; samples live in the arena, all values are wiped. */
void collect_end(struct collect *c, struct arena *a, struct findings *f_r);

/* Texts between the two are readings of one: the largest count holds. */
void collect_readings_begin(struct collect *c);
void collect_readings_end(struct collect *c, enum place place);
/* Alternatives of one body: the largest count of them holds. `end` of an
 * alternative, and of all. */
void collect_group_begin(struct collect *c);
void collect_alternative_end(struct collect *c);
void collect_group_end(struct collect *c, enum place place);
void collect_company(struct collect *c, enum place place, uint32_t company);
/* The counts of c->text go up. */
void collect_add(struct collect *c, enum place place);

#endif
