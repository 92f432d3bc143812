/* detect_places.c - postal addresses of Japan. */
#include "connector/extract/detect_int.h"

void detect_postal(struct detect *d)
{
	(void)d;
}
