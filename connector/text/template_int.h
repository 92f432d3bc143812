/* template_int.h - a parsed template: tokens in a row, sections by index. */
#ifndef SEKISHO_TEXT_TEMPLATE_INT_H
#define SEKISHO_TEXT_TEMPLATE_INT_H

#include "connector/base/arena.h"
#include "connector/base/vec.h"
#include "connector/text/template.h"

#define TEMPLATE_NAME_MAX 200

enum token_kind {
	TOKEN_TEXT,
	TOKEN_VALUE,
	TOKEN_SECTION,	/* its tokens follow, until `end` */
	TOKEN_INVERTED, /* likewise */
	TOKEN_PARTIAL,
};

struct token {
	enum token_kind kind;
	struct str text;  /* TEXT: at most one line; PARTIAL: its indent */
	bool line_start;  /* TEXT: the indent of a partial goes before it */
	bool raw;	  /* VALUE: not escaped */
	const char *name; /* dots are NULs: `parts` strings in a row */
	unsigned parts;
	size_t end; /* sections: index behind their last token */
	unsigned line;
};

struct tokens {
	VEC_OF(struct token);
};

struct template
{
	struct arena arena;
	const char *name;
	struct tokens tokens;
};

#endif
