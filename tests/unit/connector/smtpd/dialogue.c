/* dialogue.c - see dialogue.h. */
#include "tests/unit/connector/smtpd/dialogue.h"
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include "connector/base/codec.h"

#define FILE_MAX_BYTES	(256 * KIB)
#define REMOTE_WAIT_MS	10000
#define REMOTE_QUIET_MS 200

static bool wrong(const struct dialogue *d, unsigned line, const char *what,
		  struct str got)
{
	fprintf(stderr, "%s:%u: %s", d->file, line, what);
	if (got.p)
		fprintf(stderr, ": \"" STR_FMT "\"", STR_ARG(got));
	fputc('\n', stderr);
	return false;
}

/* ---- reading ------------------------------------------------------------- */

/* A text in quotes with \r \n \\ \" \xHH. */
static bool unquote(struct arena *a, struct str s, struct str *out_r)
{
	char *p = arena_alloc(a, s.n + 1);
	size_t n = 0;

	if (s.n < 2 || s.p[0] != '"' || s.p[s.n - 1] != '"')
		return false;
	for (size_t i = 1; i + 1 < s.n; i++) {
		AUTO(buf) hex = BUF_MAX(1);

		if (s.p[i] != '\\') {
			p[n++] = s.p[i];
			continue;
		}
		switch (s.p[++i]) {
		case 'r':
			p[n++] = '\r';
			break;
		case 'n':
			p[n++] = '\n';
			break;
		case 'x':
			if (!hex_decode(&hex, str_head(str_skip(s, i + 1), 2)))
				return false;
			p[n++] = hex.p[0];
			i += 2;
			break;
		default:
			p[n++] = s.p[i];
			break;
		}
	}
	*out_r = str_n(p, n);
	return true;
}

static bool read_step(struct dialogue *d, struct str line, unsigned number)
{
	struct dialogue_step *s = &d->step[d->n];
	ptrdiff_t sp = str_chr(line, ' ');

	*s = (struct dialogue_step){.line = number, .verb = line};
	if (sp > 0) {
		s->verb = str_head(line, (size_t)sp);
		s->rest = str_skip(line, (size_t)sp + 1);
		if (!str_is(s->verb, "C:"))
			s->rest = str_trim(s->rest);
	}
	if (str_is(s->verb, "raw") && !unquote(&d->arena, s->rest, &s->rest))
		return wrong(d, number, "bad quoted text", s->rest);
	if (str_is(s->verb, "body")) {
		s->rest = str_trim(str_skip(s->rest, 2));
		if (!unquote(&d->arena, s->rest, &s->rest))
			return wrong(d, number, "bad quoted text", s->rest);
	}
	if (str_is(s->verb, "raw") || str_is(s->verb, "C:"))
		d->longest = MAX_OF(d->longest, s->rest.n + 2);
	if (str_is(s->verb, "peer") || str_is(s->verb, "limit") ||
	    str_is(s->verb, "door") || str_is(s->verb, "sni") ||
	    str_is(s->verb, "tls"))
		d->local = true;
	if (str_is(s->verb, "messages")) {
		uint64_t n = 0;

		if (!str_starts(s->rest, STR("== ")) ||
		    !str_u64(str_skip(s->rest, 3), &n))
			return wrong(d, number, "messages == N", s->rest);
		d->messages = (size_t)n;
	}
	if (str_is(s->verb, "title"))
		d->title = s->rest;
	else if (str_is(s->verb, "whole"))
		d->whole = true;
	else if (++d->n == DIALOGUE_STEPS_MAX)
		return wrong(d, number, "too many steps", STR_EMPTY);
	return true;
}

bool dialogue_read(struct dialogue *d, const char *path)
{
	struct str text, line;
	struct err e;
	unsigned number = 0;

	*d = (struct dialogue){.file = path};
	if (!conf_read_file(path, FILE_MAX_BYTES, &d->arena, &text, &e)) {
		fprintf(stderr, "%s\n", e.text);
		return false;
	}
	while (str_split(&text, '\n', &line)) {
		number++;
		if (line.n == 0 || line.p[0] == '#')
			continue;
		TRY(read_step(d, line, number));
	}
	return d->title.n > 0 || wrong(d, 1, "no title", STR_EMPTY);
}

void dialogue_release(struct dialogue *d)
{
	arena_release(&d->arena);
}

/* ---- a client of one of two kinds -------------------------------------------- */

struct talk {
	const struct dialogue *d;
	struct harness h;
	struct client c;
	bool remote, open;
	size_t split;
};

static bool remote_open(struct talk *t, const char *to)
{
	struct sockaddr_storage sa;
	socklen_t len;
	struct err e;

	if (!net_parse(str_of(to), &sa, &len, &e)) {
		fprintf(stderr, "%s\n", e.text);
		return false;
	}
	t->c = (struct client){.h = &t->h,
			       .fd = socket(sa.ss_family, SOCK_STREAM, 0),
			       .in = BUF_MAX(4 * MIB)};
	return t->c.fd >= 0 &&
	       connect(t->c.fd, (struct sockaddr *)&sa, len) == 0;
}

/* Waits for more; false: silence for so long, or the end. */
static bool remote_more(struct talk *t, int wait_ms)
{
	struct pollfd p = {.fd = t->c.fd, .events = POLLIN};
	char bytes[4096];
	ssize_t n;

	if (t->c.eof || poll(&p, 1, wait_ms) <= 0)
		return false;
	n = recv(t->c.fd, bytes, sizeof(bytes), 0);
	t->c.eof = n <= 0;
	return n > 0 && buf_put(&t->c.in, bytes, (size_t)n);
}

static void send_segment(struct talk *t, struct str s)
{
	if (t->remote)
		(void)!send(t->c.fd, s.p, s.n, MSG_NOSIGNAL);
	else
		client_send(&t->c, s);
}

static void say(struct talk *t, struct str s)
{
	size_t at = 0;

	if (t->split == SIZE_MAX && !t->d->whole) {
		for (; at < s.n; at++)
			send_segment(t, str_n(s.p + at, 1));
		return;
	}
	if (t->split && t->split < s.n && !t->d->whole)
		at = t->split;
	if (at)
		send_segment(t, str_head(s, at));
	send_segment(t, str_skip(s, at));
}

static struct str hear(struct talk *t)
{
	struct str s = client_reply_ready(&t->c);

	while (t->remote && s.n == 0 && remote_more(t, REMOTE_WAIT_MS))
		s = client_reply_ready(&t->c);
	if (!t->remote && s.n == 0)
		s = client_reply(&t->c);
	return s;
}

/* ---- steps --------------------------------------------------------------- */

static bool step_limit(struct talk *t, struct str rest)
{
	struct config *c = &t->h.config;
	struct str name;
	uint64_t n;

	if (!str_split(&rest, ' ', &name) || !str_u64(rest, &n))
		return false;
	if (str_is(name, "message"))
		c->limits.message = n;
	else if (str_is(name, "recipients"))
		c->limits.recipients = (unsigned)n;
	else if (str_is(name, "per-sender"))
		c->limits.per_sender_per_hour = (unsigned)n;
	else
		return false;
	return true;
}

static bool step_server(struct talk *t, const struct dialogue_step *s)
{
	struct str got;

	if (str_is(s->rest, "nothing")) {
		if (t->remote)
			remote_more(t, REMOTE_QUIET_MS);
		else
			client_pull(&t->c);
		return t->c.in.n == 0 ||
		       wrong(t->d, s->line, "not silent", buf_str(&t->c.in));
	}
	if (str_is(s->rest, "end")) {
		while (t->remote && remote_more(t, REMOTE_WAIT_MS))
			;
		if (!t->remote)
			client_pull(&t->c);
		return (t->c.eof && t->c.in.n == 0) ||
		       wrong(t->d, s->line, "not the end", buf_str(&t->c.in));
	}
	got = hear(t);
	if (fits(arena_strndup(&t->h.config.arena, s->rest.p, s->rest.n), got))
		return true;
	wrong(t->d, s->line, "wanted", s->rest);
	return wrong(t->d, s->line, "got", got);
}

static bool step_client(struct talk *t, const struct dialogue_step *s)
{
	AUTO(buf) b = BUF_MAX(FILE_MAX_BYTES);

	buf_put_str(&b, s->rest);
	if (str_is(s->verb, "C:"))
		buf_puts(&b, "\r\n");
	say(t, buf_str(&b));
	return true;
}

/* What the flow was given; a daemon's is asked by the caller. */
static bool step_taken(struct talk *t, const struct dialogue_step *s)
{
	struct flow *f = &t->h.flow;
	const struct fake_message *m = f->taken.n ? f->taken.v[f->taken.n - 1]
						  : NULL;
	struct str want = str_trim(str_skip(s->rest, 2));
	uint64_t n = 0;

	if (t->remote)
		return true;
	if (str_is(s->verb, "messages"))
		return f->taken.n == t->d->messages ||
		       wrong(t->d, s->line, "other messages", s->rest);
	if (!m)
		return wrong(t->d, s->line, "no message", STR_EMPTY);
	if (str_is(s->verb, "recipients"))
		return (str_u64(want, &n) && m->env.rcpt_n == n) ||
		       wrong(t->d, s->line, "other recipients", s->rest);
	if (str_is(s->verb, "sender"))
		return str_eq(m->env.from.text, want) ||
		       wrong(t->d, s->line, "sender", m->env.from.text);
	return str_eq(buf_str(&m->body), s->rest) ||
	       wrong(t->d, s->line, "body", buf_str(&m->body));
}

static bool step_stream(struct talk *t, const struct dialogue_step *s)
{
	if (str_is(s->verb, "tls"))
		return client_start_tls(&t->c) ||
		       wrong(t->d, s->line, "no handshake", STR_EMPTY);
	if (str_is(s->verb, "notify") && t->c.tls)
		tls_shutdown(t->c.tls);
	else if (str_is(s->verb, "fin"))
		shutdown(t->c.fd, SHUT_WR);
	else
		return wrong(t->d, s->line, "not understood", s->verb);
	if (!t->remote)
		client_pull(&t->c);
	return true;
}

static bool step(struct talk *t, const struct dialogue_step *s)
{
	if (str_is(s->verb, "C:") || str_is(s->verb, "raw"))
		return step_client(t, s);
	if (str_is(s->verb, "S:"))
		return step_server(t, s);
	if (str_is(s->verb, "limit"))
		return step_limit(t, s->rest) ||
		       wrong(t->d, s->line, "no such limit", s->rest);
	if (str_is(s->verb, "peer") || str_is(s->verb, "door") ||
	    str_is(s->verb, "sni"))
		return true;
	if (str_is(s->verb, "messages") || str_is(s->verb, "recipients") ||
	    str_is(s->verb, "sender") || str_is(s->verb, "body"))
		return step_taken(t, s);
	return step_stream(t, s);
}

static const char *said(struct talk *t, const char *verb, const char *usual)
{
	for (size_t i = 0; i < t->d->n; i++)
		if (str_is(t->d->step[i].verb, verb))
			return arena_strndup(&t->h.config.arena,
					     t->d->step[i].rest.p,
					     t->d->step[i].rest.n);
	return usual;
}

static enum smtpd_door door_of(struct talk *t)
{
	const char *door = said(t, "door", "");

	if (strcmp(door, "submissions") == 0)
		return DOOR_SUBMISSIONS;
	return *door ? DOOR_SUBMISSION : DOOR_SMTP;
}

static bool needs_tls(const struct dialogue *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (str_is(d->step[i].verb, "tls") ||
		    str_is(d->step[i].verb, "door") ||
		    str_is_ci(d->step[i].rest, "STARTTLS"))
			return true;
	return false;
}

bool dialogue_run(const struct dialogue *d, size_t split, const char *remote)
{
	struct talk t = {.d = d, .remote = remote != NULL, .split = split};
	bool ok = true;

	if (remote) {
		ok = remote_open(&t, remote);
	} else {
		harness_init(&t.h, needs_tls(d));
		client_open_at(&t.h, &t.c, said(&t, "peer", PEER_EXAMPLE),
			       door_of(&t));
		t.c.sni = said(&t, "sni", NULL);
	}
	for (size_t i = 0; ok && i < d->n; i++)
		ok = step(&t, &d->step[i]);
	if (!ok)
		fprintf(stderr, "%s: split %zd\n", d->file, (ssize_t)split);
	if (remote) {
		if (t.c.fd >= 0)
			close(t.c.fd);
		buf_release(&t.c.in);
		arena_release(&t.h.config.arena);
		return ok;
	}
	client_close(&t.c);
	ok = ok && (t.h.flow.open == 0 ||
		    wrong(d, 0, "an intake stayed open", STR_EMPTY));
	harness_release(&t.h);
	return ok;
}
