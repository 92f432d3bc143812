/* fd.c - whole texts to a descriptor; see fd.h. */
#include "connector/base/fd.h"
#include <errno.h>
#include <unistd.h>

bool fd_write_all(int fd, struct str s)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = ENOSPC;
		if (n <= 0)
			return false;
		s = str_skip(s, (size_t)n);
	}
	return true;
}
