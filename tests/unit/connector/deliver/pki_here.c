/* pki_here.c - certificates for the tests of this module. */
#include "tests/unit/connector/sys/pki.c"
