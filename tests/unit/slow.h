/* slow.h - fewer generated cases of each kind in builds that are many times
 * slower (SLOW_BUILD: valgrind and the thread sanitizer, see the Makefile);
 * all of them in all other builds.
 */
#ifndef SEKISHO_TEST_SLOW_H
#define SEKISHO_TEST_SLOW_H

#ifdef SLOW_BUILD
#define SLOW	      1
#define CASES_DIVISOR 16
#else
#define SLOW	      0
#define CASES_DIVISOR 1
#endif

/* How many of n generated cases, or bytes of generated text, are tried. */
#define CASES(n) (((n) + CASES_DIVISOR - 1) / CASES_DIVISOR)

/* How far cases lie apart that lie `step` apart where all are tried. */
#define CASES_APART(step) ((step)*CASES_DIVISOR)

#endif
