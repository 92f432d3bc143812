/* fdpass.c - messages with descriptors; see fdpass.h. */
#include "connector/sys/proc/fdpass.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int) * FDPASS_MAX)];
};

bool fdpass_pair(int fd_r[2], struct err *e)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd_r) != 0)
		return err_errno(e, "socket pair");
	return true;
}

bool fdpass_send(int sock, const void *p, size_t n, const int *fd, size_t fd_n)
{
	struct iovec io = {.iov_base = (void *)(uintptr_t)p, .iov_len = n};
	struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1};
	union control c;
	ssize_t sent;

	if (fd_n > FDPASS_MAX) {
		errno = EINVAL;
		return false;
	}
	if (fd_n) {
		memset(&c, 0, sizeof(c));
		c.align.cmsg_level = SOL_SOCKET;
		c.align.cmsg_type = SCM_RIGHTS;
		c.align.cmsg_len = CMSG_LEN(sizeof(int) * fd_n);
		memcpy(CMSG_DATA(&c.align), fd, sizeof(int) * fd_n);
		m.msg_control = c.bytes;
		m.msg_controllen = CMSG_SPACE(sizeof(int) * fd_n);
	}
	do
		sent = sendmsg(sock, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent == (ssize_t)n;
}

static void close_all(const int *fd, size_t n)
{
	for (size_t i = 0; i < n; i++)
		close(fd[i]);
}

/* The descriptors of a message; false when there are more than fd_max. */
static bool take_fds(struct msghdr *m, int *fd_r, size_t fd_max, size_t *n_r)
{
	int fd[FDPASS_MAX];
	bool fits = true;

	*n_r = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		size_t n;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fd, CMSG_DATA(c), n * sizeof(int));
		if (*n_r + n > fd_max) {
			close_all(fd, n);
			fits = false;
			continue;
		}
		memcpy(fd_r + *n_r, fd, n * sizeof(int));
		*n_r += n;
	}
	return fits;
}

ssize_t fdpass_recv(int sock, void *p, size_t n, int *fd_r, size_t fd_max,
		    size_t *fd_n_r, bool wait)
{
	struct iovec io = {.iov_base = p, .iov_len = n};
	union control c;
	struct msghdr m = {.msg_iov = &io,
			   .msg_iovlen = 1,
			   .msg_control = c.bytes,
			   .msg_controllen = sizeof(c.bytes)};
	ssize_t got;
	size_t fds = 0;
	bool fits;

	do
		got = recvmsg(sock, &m,
			      MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -1;
	fits = take_fds(&m, fd_r, fd_max, &fds);
	if (!fits || (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
		close_all(fd_r, fds);
		errno = EBADMSG;
		return -1;
	}
	if (fd_n_r)
		*fd_n_r = fds;
	else
		close_all(fd_r, fds);
	return got;
}
