/* places_int.h - prefectures and their municipalities. */
#ifndef SEKISHO_EXTRACT_PLACES_INT_H
#define SEKISHO_EXTRACT_PLACES_INT_H

#define PREFECTURES 47

struct prefecture {
	const char *name;
	const char *municipalities; /* each followed by '|' */
};
extern const struct prefecture prefectures[PREFECTURES];

#endif
