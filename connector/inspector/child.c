/* child.c - a sandboxed child: takes jobs from its ring one after another.
 *
 * It sleeps on its eventfd and its socket; the socket's end is the engine's
 * end. What lies in the ring is read in place.
 */
#include <errno.h>
#include <poll.h>
#include <sysexits.h>
#include <unistd.h>
#include "connector/base/mem.h"
#include "connector/inspector/inspector_int.h"
#include "connector/inspector/outer_int.h"
#include "connector/sys/proc/fdpass.h"

#define REGIONS_MAX   64
#define LARGE_WAIT_MS 2

struct child {
	struct inspector *in;
	struct ring ring;
	int sock;
	struct outer outer;
	bool gone; /* the engine */
	struct {
		uint64_t id; /* 0: free */
		struct shm shm;
	} region[REGIONS_MAX];
	/* The job under way. */
	struct ring_job job;
	const unsigned char *room;
};

static void forget_region(struct child *c, uint64_t id)
{
	for (size_t i = 0; i < REGIONS_MAX; i++)
		if (c->region[i].id == id) {
			shm_release(&c->region[i].shm);
			c->region[i].id = 0;
		}
}

static void keep_region(struct child *c, uint64_t id, size_t n, int fd)
{
	struct err e;

	for (size_t i = 0; i < REGIONS_MAX; i++) {
		if (c->region[i].id)
			continue;
		if (shm_map(&c->region[i].shm, fd, n, false, &e))
			c->region[i].id = id;
		return;
	}
	close(fd);
}

/* One message of the engine. DATA is handed back; others are carried out. */
static bool hear(struct child *c, struct ring_msg *m_r, bool wait)
{
	int fd;
	size_t fds = 0;
	ssize_t n = fdpass_recv(c->sock, m_r, sizeof(*m_r), &fd, 1, &fds, wait);

	if (n < 0 && errno == EAGAIN)
		return false;
	if (n != sizeof(*m_r)) {
		c->gone = true;
		return false;
	}
	if (m_r->kind == RING_MSG_REGION && fds == 1)
		keep_region(c, m_r->id, (size_t)m_r->off, fd);
	else if (fds)
		close(fd);
	if (m_r->kind == RING_MSG_FORGET)
		forget_region(c, m_r->id);
	return true;
}

/* n bytes at off of the job, by way of its slot. */
static bool ask(struct child *c, uint64_t off, void *to, size_t n)
{
	struct ring_msg m = {RING_MSG_READ, (uint32_t)n, c->job.id, off};

	if (c->gone || n > RING_CHUNK ||
	    !fdpass_send(c->sock, &m, sizeof(m), NULL, 0))
		return false;
	do {
		m.kind = 0;
		if (!hear(c, &m, true) && c->gone)
			return false;
	} while (m.kind != RING_MSG_DATA);
	if (m.n != n)
		return false;
	memcpy(to, c->room, n);
	return true;
}

static bool ask_body(void *arg, uint64_t off, void *to, size_t n)
{
	return ask(arg, off, to, n);
}

static const char *find_region(struct child *c)
{
	struct ring_msg m;

	for (;;) {
		for (size_t i = 0; i < REGIONS_MAX; i++)
			if (c->region[i].id == c->job.region &&
			    c->job.size <= c->region[i].shm.n)
				return (const char *)c->region[i].shm.p;
		/* Its descriptor was sent before the job. */
		if (!hear(c, &m, false))
			return NULL;
	}
}

/* The parameters: in the slot, or asked for. */
static bool get_params(struct child *c, struct buf *copy, struct str *params_r)
{
	size_t n = c->job.param_n;

	if (!c->job.param_asked) {
		*params_r = str_n(c->room, n);
		return n <= RING_SLOT_ROOM;
	}
	for (size_t at = 0; at < n;) {
		size_t step = MIN_OF(n - at, (size_t)RING_CHUNK);
		char *to = buf_room(copy, step);

		if (!to || !ask(c, RING_MSG_PARAM | at, to, step))
			return false;
		buf_grown(copy, step);
		at += step;
	}
	*params_r = buf_str(copy);
	return true;
}

static bool run_job(struct child *c, struct buf *out, struct err *e)
{
	AUTO(buf) copy = BUF_MAX(RING_PARAM_MAX);
	struct extract_source src = {.size = c->job.size};
	size_t behind = c->job.param_asked ? 0 : c->job.param_n;
	struct str params;

	if (!get_params(c, &copy, &params))
		return err_set(e, ERR_RETRY, 0, "no parameters");
	if (c->job.where == RING_INLINE) {
		src.p = (const char *)c->room + behind;
		if (behind + src.size > RING_SLOT_ROOM)
			return err_set(e, ERR_BUG, 0, "bad slot");
	} else if (c->job.where == RING_REGION) {
		src.p = find_region(c);
	} else {
		src.read = ask_body;
		src.arg = c;
	}
	if (!src.p && !src.read)
		return err_set(e, ERR_BUG, 0, "no such region");
	return answer_job(c->in, &c->job, &src, params, out, e);
}

static void serve_one(struct child *c, struct buf *out)
{
	struct ring_report rep = {.id = c->job.id, .status = RING_OK};
	struct err e = ERR_EMPTY;

	buf_clear(out);
	out->full = false;
	if (!run_job(c, out, &e) || !buf_ok(out)) {
		if (e.class == ERR_NONE)
			err_set(&e, ERR_LIMIT, 0, "answer too large");
		rep.status = RING_BAD;
		rep.class = e.class;
		buf_clear(out);
		out->full = false;
		buf_puts(out, e.text);
	}
	rep.n = (uint32_t)out->n;
	rep.large = out->n > RING_SLOT_ROOM;
	while (rep.large && !c->gone && !ring_large_free(&c->ring)) {
		struct pollfd p = {.fd = c->sock};

		poll(&p, 1, LARGE_WAIT_MS);
		c->gone = p.revents & (POLLHUP | POLLERR);
	}
	ring_report(&c->ring, &rep, buf_str(out));
}

static void sleep_until_called(struct child *c)
{
	struct pollfd p[2] = {{.fd = c->ring.wake, .events = POLLIN},
			      {.fd = c->sock, .events = POLLIN}};
	struct ring_msg m;

	ring_sleepy(&c->ring, true);
	if (!ring_job_next(&c->ring, &c->job, &c->room) && poll(p, 2, -1) > 0 &&
	    p[1].revents)
		while (hear(c, &m, false))
			;
	ring_sleepy(&c->ring, false);
}

int child_run(struct inspector *in, const int fd[ZYGOTE_FDS])
{
	struct child *c = NEW(struct child);
	struct buf out = BUF_MAX(RING_LARGE_MAX);
	struct err e = ERR_EMPTY;
	struct ring_msg ready = {.kind = RING_MSG_READY};
	const struct outer_conf conf = {.log_only = in->sandbox.log_only};
	struct extract_outer calls;
	unsigned level = 0;

	outer_start(&c->outer, &conf);
	calls = outer_calls(&c->outer);
	extract_set_outer(in->x, &calls);
	extract_set_outer(in->canary, &calls);
	c->in = in;
	c->sock = fd[ZYGOTE_FD_SOCK];
	if (!ring_map(&c->ring, fd, &e) ||
	    !sandbox_enter(&in->sandbox, &level, &e)) {
		/* The text is what the start of the engine will show. */
		if (write(STDERR_FILENO, e.text, strlen(e.text)) > 0 &&
		    write(STDERR_FILENO, "\n", 1) > 0)
			return EX_CONFIG;
		return EX_CONFIG;
	}
	ready.n = level | (c->outer.programs ? SANDBOX_OUTER : 0u);
	if (!fdpass_send(c->sock, &ready, sizeof(ready), NULL, 0))
		return EX_OSERR;
	while (!c->gone) {
		while (!c->gone && ring_job_next(&c->ring, &c->job, &c->room))
			serve_one(c, &out);
		sleep_until_called(c);
	}
	return EX_OK;
}
