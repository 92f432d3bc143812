/* web_talk.c - see web_talk.h. */
#include "tests/unit/connector/web/web_talk.h"

#include <arpa/inet.h>
#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
#include "connector/base/mem.h"

struct world w;
static pthread_t thread;

static void *run(void *arg)
{
	loop_run(arg);
	return NULL;
}

void pause_world(void)
{
	loop_stop(w.loop);
	pthread_join(thread, NULL);
}

void resume_world(void)
{
	pthread_create(&thread, NULL, run, w.loop);
}

void open_world(void)
{
	world_open(&w, 0);
	world_serve(&w);
	resume_world();
}

void close_world(void)
{
	pause_world();
	world_close(&w);
}

char *talk(const char *request)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in sa = {.sin_family = AF_INET,
				 .sin_port = htons(w.port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct buf b = BUF_MAX(8 * MIB);
	ssize_t n;

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	ck_assert_int_gt((int)send(fd, request, strlen(request), MSG_NOSIGNAL),
			 0);
	do {
		char *room = buf_room(&b, 16384);

		n = recv(fd, room, 16384, 0);
		if (n > 0)
			buf_grown(&b, (size_t)n);
	} while (n > 0);
	close(fd);
	buf_puts(&b, "");
	return buf_take(&b, NULL);
}

char *ask(const char *method, const char *path, const char *fields)
{
	AUTO_STR text = mem_printf("%s %s HTTP/1.1\r\nHost: gate\r\n"
				   "Connection: close\r\n%s\r\n",
				   method, path, fields);

	return talk(text);
}

char *ask_held(enum world_case c, const char *fields)
{
	AUTO_STR path = mem_printf("/m/%s", w.token[c]);

	return ask("GET", path, fields);
}

int status(const char *answer)
{
	return answer[0] ? atoi(answer + 9) : 0;
}

char *after(const char *text, const char *mark, const char *end)
{
	const char *at = strstr(text, mark);
	size_t n;

	ck_assert_msg(at != NULL, "no %s in %s", mark, text);
	at += strlen(mark);
	n = strcspn(at, end);
	return mem_strndup(at, n);
}

void form_release(struct form *f)
{
	mem_free(f->cookie);
	mem_free(f->csrf);
}

struct form get_form_at(const char *path)
{
	AUTO_STR page = ask("GET", path, "");

	return (struct form){after(page, "Set-Cookie: sekisho=", ";"),
			     after(page, "name=\"csrf\" value=\"", "\"")};
}

struct form get_form(enum world_case c)
{
	AUTO_STR path = mem_printf("/m/%s", w.token[c]);

	return get_form_at(path);
}

char *post_at(const char *path, const struct form *f, struct post p)
{
	AUTO_STR body = mem_printf("csrf=%s&act=%s&check=%s%s",
				   p.csrf ? p.csrf : f->csrf, p.act, p.check,
				   p.more ? p.more : "");
	AUTO_STR origin = mem_printf("Origin: http://127.0.0.1:%u\r\n", w.port);
	AUTO_STR other = p.origin ? mem_printf("%s", p.origin) : NULL;
	AUTO_STR text = mem_printf(
		"POST %s HTTP/1.1\r\nHost: gate\r\nConnection: close\r\n"
		"Cookie: sekisho=%s\r\n%s%s"
		"Content-Type: %s\r\nContent-Length: %zu\r\n\r\n%s",
		path, p.cookie ? p.cookie : f->cookie, other ? other : origin,
		p.site ? p.site : "",
		p.type ? p.type : "application/x-www-form-urlencoded",
		strlen(body), body);

	return talk(text);
}

char *post(enum world_case c, const struct form *f, struct post p)
{
	AUTO_STR path = mem_printf("/m/%s", w.token[c]);

	return post_at(path, f, p);
}
