/* net.c - addresses as text, listening and connecting sockets; see conn.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include "connector/sys/loop/conn.h"
#include "connector/sys/loop/conn_int.h"

#define BACKLOG 1024

void net_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0 && !(flags & O_NONBLOCK))
		fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

static bool split(struct str address, struct str *host_r, struct str *port_r)
{
	ptrdiff_t colon = str_rchr(address, ':');

	if (colon <= 0)
		return false;
	*host_r = str_head(address, (size_t)colon);
	*port_r = str_skip(address, (size_t)colon + 1);
	if (host_r->p[0] == '[') {
		if (!str_ends(*host_r, STR("]")))
			return false;
		*host_r = str_n(host_r->p + 1, host_r->n - 2);
		return str_chr(*host_r, ':') >= 0;
	}
	return str_chr(*host_r, ':') < 0;
}

bool net_parse(struct str address, struct sockaddr_storage *sa_r,
	       socklen_t *len_r, struct err *e)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)sa_r;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)sa_r;
	char text[INET6_ADDRSTRLEN];
	struct str host, port;
	uint64_t n;

	*sa_r = (struct sockaddr_storage){0};
	if (!split(address, &host, &port) || !str_u64(port, &n) || n > 65535 ||
	    host.n == 0 || host.n >= sizeof(text) || str_has_control(host))
		goto bad;
	memcpy(text, host.p, host.n);
	text[host.n] = '\0';
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)n);
		*len_r = sizeof(*v4);
		return true;
	}
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)n);
		*len_r = sizeof(*v6);
		return true;
	}
bad:
	return err_set(e, ERR_CONFIG, 0,
		       "\"%.*s\" is no address with a port, as 0.0.0.0:25 or "
		       "[::1]:25",
		       (int)MIN_OF(address.n, (size_t)80), address.p);
}

void net_text(const struct sockaddr *sa, bool with_port, struct buf *out)
{
	const struct sockaddr_in *v4 = (const void *)sa;
	const struct sockaddr_in6 *v6 = (const void *)sa;
	char text[INET6_ADDRSTRLEN] = "";
	bool mapped;

	if (sa->sa_family == AF_INET) {
		inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
		buf_puts(out, text);
		if (with_port)
			buf_printf(out, ":%u", ntohs(v4->sin_port));
		return;
	}
	if (sa->sa_family != AF_INET6) {
		buf_puts(out, sa->sa_family == AF_UNIX ? "local" : "unknown");
		return;
	}
	mapped = IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr);
	if (mapped)
		inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], text,
			  sizeof(text));
	else
		inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
	if (!with_port)
		buf_puts(out, text);
	else
		buf_printf(out, mapped ? "%s:%u" : "[%s]:%u", text,
			   ntohs(v6->sin6_port));
}

bool net_listen(struct str address, int *fd_r, struct err *e)
{
	struct sockaddr_storage sa;
	socklen_t len = 0;
	int on = 1, fd;

	TRY(net_parse(address, &sa, &len, e));
	fd = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
		    0);
	if (fd < 0)
		return err_errno(e, "listen on " STR_FMT, STR_ARG(address));
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    (sa.ss_family == AF_INET6 &&
	     setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0) ||
	    bind(fd, (struct sockaddr *)&sa, len) != 0 ||
	    listen(fd, BACKLOG) != 0) {
		err_errno(e, "listen on " STR_FMT, STR_ARG(address));
		close(fd);
		return false;
	}
	*fd_r = fd;
	return true;
}

bool net_connect(const struct sockaddr *to, socklen_t to_len,
		 const struct sockaddr *bind_to, socklen_t bind_len, int *fd_r,
		 struct err *e)
{
	int fd = socket(to->sa_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0) {
		err_errno(e, "socket");
		goto bad;
	}
	if (bind_to) {
		/* The port is chosen at connect: one per peer, not per host. */
		setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on,
			   sizeof(on));
		if (bind(fd, bind_to, bind_len) != 0) {
			err_errno(e, "bind");
			goto bad;
		}
	}
	if (connect(fd, to, to_len) != 0 && errno != EINPROGRESS) {
		err_errno(e, "connect");
		goto bad;
	}
	*fd_r = fd;
	return true;
bad:
	if (e)
		e->class = ERR_RETRY;
	if (fd >= 0)
		close(fd);
	return false;
}
