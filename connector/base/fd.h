/* fd.h - whole texts to a descriptor that blocks. */
#ifndef SEKISHO_BASE_FD_H
#define SEKISHO_BASE_FD_H

#include "connector/base/str.h"

/* All of s, however often write(2) is interrupted or stops short; fd is
 * borrowed. False: errno tells why, and a part may have been written. */
bool fd_write_all(int fd, struct str s) MUST_USE;

#endif
