/* places_int.h - prefectures and their municipalities, and looking for them.
 */
#ifndef SEKISHO_EXTRACT_PLACES_INT_H
#define SEKISHO_EXTRACT_PLACES_INT_H

#include "connector/extract/fold_int.h"

#define PREFECTURES 47

struct prefecture {
	const char *name;
	const char *municipalities; /* each followed by '|' */
};
extern const struct prefecture prefectures[PREFECTURES];

/* Makes the index; before the sandbox closes, so that children share it. */
void places_ready(void);
/* May a place's name begin at i? Tells from two characters; hardly ever wrong. */
bool places_begin(const struct fold *f, size_t i);
/* Glyphs of the longest name at i, or 0; blanks inside it are skipped. */
size_t places_prefecture(const struct fold *f, size_t i, uint64_t *work);
size_t places_municipality(const struct fold *f, size_t i, uint64_t *work);

#endif
