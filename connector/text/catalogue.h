/* catalogue.h - every word that pages and notices show, in ja and en.
 *
 * One row per word in catalogue.def; a word is a Mustache template
 * (template.h, "Words").  Tests fail on a row without one of its languages and
 * on a row that nothing uses.
 */
#ifndef SEKISHO_TEXT_CATALOGUE_H
#define SEKISHO_TEXT_CATALOGUE_H

#include "connector/base/str.h"

enum language { LANGUAGE_JA, LANGUAGE_EN };
#define LANGUAGES 2

const char *language_name(enum language l); /* "ja", "en" */
bool language_parse(struct str name, enum language *l_r) MUST_USE;
/* RFC 9110 12.5.4: the first of ours by weight; false: none of ours. */
bool language_accept(struct str header, enum language *l_r) MUST_USE;

const char *catalogue_word(enum language l, const char *key); /* or NULL */
size_t catalogue_size(void);
const char *catalogue_key(size_t i);

#endif
