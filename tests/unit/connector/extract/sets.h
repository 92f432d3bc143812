/* sets.h - what is written in mails of an office, for figures of detectors:
 * places are facts in the public domain, everything else is made up.
 */
#ifndef SEKISHO_TEST_EXTRACT_SETS_H
#define SEKISHO_TEST_EXTRACT_SETS_H

#include "connector/base/buf.h"

/* Offices of all prefectures, and addresses of every shape; end in NULL. */
extern const char *const set_addresses[];
/* Behind a municipality: a town and its number. */
extern const char *const set_towns[];
/* Sentences with "@" where a place is named, and such places. */
extern const char *const set_sentences[];
extern const char *const set_places[];

#endif
