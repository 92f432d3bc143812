/* conf_int.h - shared by the files of this folder only. */
#ifndef SEKISHO_CONF_INT_H
#define SEKISHO_CONF_INT_H

#include "connector/base/die.h"
#include "connector/conf/conf.h"

/* Where a text stopped being YAML; lines and columns count from 0, columns in
 * characters, as libyaml counts them. */
struct yaml_slip {
	const char *problem; /* libyaml's words */
	size_t line, column;
	bool within; /* what was being read is known: */
	size_t from_line, from_column;
};
/* One error that says what to do about it. */
void yaml_slip_tell(struct conf_errors *errs, const char *file, struct str text,
		    const struct yaml_slip *slip);
/* The text is UTF-8 of a size that is taken; else one error. */
bool yaml_text_fits(struct conf_errors *errs, const char *file,
		    struct str text) MUST_USE;

#endif
