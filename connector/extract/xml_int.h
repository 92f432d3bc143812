/* xml_int.h - XML as a row of events, by libxml2's parser (wall: xml_read.c).
 *
 * No tree is built. A document type, which these formats do not have, ends the
 * reading: no entity is ever declared, nothing outside is ever asked for.
 */
#ifndef SEKISHO_EXTRACT_XML_INT_H
#define SEKISHO_EXTRACT_XML_INT_H

#include "connector/base/str.h"

struct xml_attrs; /* valid during the call */
/* By local name; empty: none. */
struct str xml_attr(const struct xml_attrs *attrs, const char *name);
/* One attribute after another, from *i = 0 on. */
bool xml_attr_next(const struct xml_attrs *attrs, size_t *i, struct str *name_r,
		   struct str *value_r);

struct xml_events {
	void (*begin)(void *arg, struct str name, struct str space,
		      const struct xml_attrs *attrs);
	void (*end)(void *arg, struct str name);
	/* UTF-8; one text may come in several pieces. */
	void (*text)(void *arg, struct str text);
	void *arg;
	/* Asked before each read: no more is wanted. May be NULL. */
	bool (*enough)(void *arg);
	/* A document type may be named, as old lists of OpenDocument do; what
	 * it declares still ends the reading. */
	bool type_ok;
};

enum xml_result {
	XML_OK,
	XML_BROKEN,   /* what came before was told */
	XML_DECLARES, /* a document type */
	XML_UNREAD,   /* read() gave -1, or enough() was true */
};
/* read: bytes, 0 at the end, -1. */
enum xml_result xml_read(ptrdiff_t (*read)(void *arg, void *to, size_t n),
			 void *read_arg, const struct xml_events *events);
/* Once per process: what would need a file later. */
void xml_load(void);

#endif
