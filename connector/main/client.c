/* client.c - the command line's side of the control socket. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>
#include "connector/base/limits.h"
#include "connector/base/mem.h"
#include "connector/main/main_int.h"

#define ANSWER_WAIT_S 600 /* a policy of many words; others have a minute */

static int reach(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	struct timeval wait = {ANSWER_WAIT_S, 0};
	int fd;

	if (strlen(path) >= sizeof(to.sun_path))
		return -1;
	memcpy(to.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	close(fd);
	return -1;
}

static bool send_all(int fd, struct str s)
{
	while (s.n > 0) {
		ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		s = str_skip(s, (size_t)n);
	}
	return true;
}

static bool read_all(int fd, struct buf *out)
{
	for (;;) {
		char room[4096];
		ssize_t n = recv(fd, room, sizeof(room), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 && out->n > 0;
		if (!buf_put(out, room, (size_t)n))
			return false;
	}
}

struct json *control_ask(const struct config *c, struct json *request)
{
	AUTO(buf) line = BUF_MAX(1 * MIB);
	AUTO(buf) text = BUF_MAX(CONTROL_REQUEST_MAX);
	struct json *answer = NULL;
	struct err e = ERR_EMPTY;
	int fd;

	line.secret = true;
	json_print(request, &line, false);
	buf_putc(&line, '\n');
	json_free(&request);
	if (!c->control) {
		print_error("no control socket is configured (control:)");
		return NULL;
	}
	fd = reach(c->control);
	if (fd < 0) {
		print_error("nobody answers at %s: does `sekisho serve` run, "
			    "and may this user open it? (%s)",
			    c->control, strerror(errno));
		return NULL;
	}
	if (send_all(fd, buf_str(&line)) && read_all(fd, &text))
		answer = json_parse(buf_str(&text), &e);
	if (!answer)
		print_error("no answer from %s", c->control);
	close(fd);
	return answer;
}

struct json *control_request(const char *op)
{
	struct json *q = json_object();

	json_add_cstr(q, "op", op);
	return q;
}

static int class_code(const char *class)
{
	if (strcmp(class, err_class_name(ERR_CONFIG)) == 0)
		return EX_CONFIG;
	if (strcmp(class, err_class_name(ERR_NOT_FOUND)) == 0)
		return EX_NOINPUT;
	return EX_TEMPFAIL;
}

int control_finish(struct json **answer)
{
	const char *error;
	int code = EX_OK;

	if (!*answer)
		return EX_TEMPFAIL;
	error = json_get_cstr(*answer, "error", NULL);
	if (error) {
		print_error("%s", error);
		code = class_code(json_get_cstr(*answer, "class", ""));
	}
	json_free(answer);
	return code;
}
