/* fdpass.h - short messages with descriptors over a Unix socket pair of type
 * SOCK_SEQPACKET (SCM_RIGHTS). A closed peer reads as n = 0.
 */
#ifndef SEKISHO_SYS_PROC_FDPASS_H
#define SEKISHO_SYS_PROC_FDPASS_H

#include <sys/types.h>
#include "connector/base/err.h"

#define FDPASS_MAX 8

bool fdpass_pair(int fd_r[2], struct err *e) MUST_USE; /* both close-on-exec */
/* false: errno says why; a full socket is not waited for. */
bool fdpass_send(int sock, const void *p, size_t n, const int *fd,
		 size_t fd_n) MUST_USE;
/* Bytes read, 0 at the end, -1 with errno. Never waits when `wait` is false.
 * More descriptors than fd_max, or a cut message: EBADMSG, all closed. */
ssize_t fdpass_recv(int sock, void *p, size_t n, int *fd_r, size_t fd_max,
		    size_t *fd_n_r, bool wait);

#endif
