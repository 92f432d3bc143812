/* smtpd.c - listeners, the list of sessions, slots, drain; see smtpd.h.
 *
 * Sessions stand in a list by last progress.  When all slots are taken, a
 * newcomer from a tenant's network gets the one of the session that has been
 * still for longest: slow and silent clients cannot keep others out.
 */
#include <sys/socket.h>
#include <unistd.h>
#include "connector/smtpd/smtpd_int.h"

#define BUSY_LOOK_US (2 * US_PER_MS)

/* ---- the list ------------------------------------------------------------ */

static void unlink_session(struct smtpd *d, struct session *s)
{
	if (s->older)
		s->older->newer = s->newer;
	else if (d->oldest == s)
		d->oldest = s->newer;
	if (s->newer)
		s->newer->older = s->older;
	else if (d->newest == s)
		d->newest = s->older;
	s->older = s->newer = NULL;
}

static void link_newest(struct smtpd *d, struct session *s)
{
	s->older = d->newest;
	s->newer = NULL;
	if (d->newest)
		d->newest->newer = s;
	else
		d->oldest = s;
	d->newest = s;
}

void smtpd_touch(struct smtpd *d, struct session *s)
{
	s->progress_us = clock_monotonic_us();
	if (d->newest == s)
		return;
	unlink_session(d, s);
	link_newest(d, s);
}

static void tell_drained(void *arg)
{
	struct smtpd *d = arg;
	void (*done)(void *arg) = TAKE(d->drained);

	if (done)
		done(d->drained_arg);
}

void smtpd_forget(struct smtpd *d, struct session *s)
{
	if (!s->listed)
		return;
	s->listed = false;
	unlink_session(d, s);
	quota_give(d, s);
	d->sessions--;
	metric_set(d->conf.metrics, METRIC_SESSIONS, (int64_t)d->sessions);
	if (d->sessions == 0 && d->draining && !d->freeing && d->drained)
		timer_set(d->drain_timer, 0);
}

size_t smtpd_sessions(const struct smtpd *d)
{
	return d->sessions;
}

/* ---- newcomers -------------------------------------------------------------- */

/* Without a session: what fits into the socket's empty buffer, then the end.
 */
static void turn_away(struct smtpd *d, int fd, enum smtpd_door door,
		      const char *why)
{
	AUTO(buf) b = BUF_MAX(OUT_MAX);

	buf_printf(&b, "421 4.3.2 %s %s\r\n", d->config->hostname, why);
	/* Where TLS is awaited no word in clear is understood. */
	if (door != DOOR_SUBMISSIONS &&
	    send(fd, b.p, b.n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		LOG(d->conf.log, LOG_DEBUG, "not-told", LS("why", why));
	close(fd);
}

/* Not in the middle of a commit, and still for a while: the youngest sessions
 * have had no chance yet. A stranger has no such claim against a peer. */
static bool may_go(const struct session *s, int64_t now_us)
{
	if (session_in(s, IN(WAIT) | IN(OVER)) || s->busy)
		return false;
	if (!s->network)
		return true;
	return now_us - s->progress_us >=
	       (session_in(s, IN(GREET)) ? SILENT_MOVE_US : IDLE_MOVE_US);
}

static bool make_room(struct smtpd *d, const struct tenant_conf *of)
{
	int64_t now_us = clock_monotonic_us();

	for (struct session *s = d->oldest; s; s = s->newer) {
		if ((of && s->network != of) || !may_go(s, now_us))
			continue;
		session_dismiss(s, "too many sessions, yours was idle");
		return true;
	}
	return false;
}

static bool find_slot(struct smtpd *d, struct session *s, const char **why_r)
{
	if (d->sessions >= d->most && !(s->network && make_room(d, NULL))) {
		*why_r = "too many sessions, try again soon";
		return false;
	}
	if (quota_take(d, s, why_r))
		return true;
	return s->network && make_room(d, s->network) &&
	       quota_take(d, s, why_r);
}

struct session *smtpd_accept(struct smtpd *d, int fd,
			     const struct sockaddr_storage *peer,
			     enum smtpd_door door)
{
	struct session *s;
	const char *why = "";

	metric_add(d->conf.metrics, METRIC_CONNECTIONS, 1);
	if (d->draining) {
		turn_away(d, fd, door, "going down, try again soon");
		return NULL;
	}
	s = session_new(d, fd, peer, door);
	if (!find_slot(d, s, &why)) {
		session_refuse(&s, why);
		return NULL;
	}
	link_newest(d, s);
	s->listed = true;
	d->sessions++;
	metric_set(d->conf.metrics, METRIC_SESSIONS, (int64_t)d->sessions);
	session_greet(s);
	return s;
}

static void on_accept(void *arg, int fd, const struct sockaddr_storage *peer)
{
	struct door *door = arg;

	smtpd_accept(door->server, fd, peer, door->kind);
}

/* ---- back-pressure ------------------------------------------------------------ */

static void on_busy_timer(void *arg)
{
	struct smtpd *d = arg;
	struct session *s, *next;

	d->busy_timer_set = false;
	if (flow_busy(d->conf.flow)) {
		smtpd_wait_busy(d);
		return;
	}
	for (s = d->oldest; s; s = next) {
		next = s->newer;
		if (s->busy)
			session_resume(s);
	}
}

void smtpd_wait_busy(struct smtpd *d)
{
	if (d->busy_timer_set)
		return;
	d->busy_timer_set = true;
	timer_set(d->busy_timer, BUSY_LOOK_US);
}

/* ---- life -------------------------------------------------------------------- */

static void on_drain_timer(void *arg)
{
	struct smtpd *d = arg;

	while (d->oldest) {
		struct session *s = d->oldest;

		session_free(&s);
	}
	tell_drained(d);
}

static void limits_take(struct smtpd *d)
{
	mem_free(d->per_tenant);
	quota_limits(d);
	d->tenant_n = d->config->tenant_n;
	d->per_tenant = NEW_ARRAY(size_t, d->tenant_n + 1);
}

static void doors_open(struct smtpd *d, const struct smtpd_conf *conf)
{
	d->door = NEW_ARRAY(struct door, conf->listener_n + 1);
	d->door_n = conf->listener_n;
	for (size_t i = 0; i < d->door_n; i++) {
		d->door[i].server = d;
		d->door[i].kind = conf->listener[i].door;
		d->door[i].acceptor = acceptor_new(conf->loop,
						   conf->listener[i].fd,
						   on_accept, &d->door[i]);
	}
}

static void doors_close(struct smtpd *d)
{
	for (size_t i = 0; i < d->door_n; i++)
		acceptor_free(&d->door[i].acceptor);
	d->door_n = 0;
}

struct smtpd *smtpd_new(const struct smtpd_conf *conf, struct err *e)
{
	struct smtpd *d;

	if (!conf->loop || !conf->config || !conf->flow || !conf->auth) {
		err_set(e, ERR_BUG, 0, "smtpd: a part is missing");
		return NULL;
	}
	d = NEW(struct smtpd);
	d->conf = *conf;
	d->config = conf->config;
	d->tls = conf->tls ? tls_ctx_ref(conf->tls) : NULL;
	d->busy_timer = timer_new(conf->loop, on_busy_timer, d);
	d->drain_timer = timer_new(conf->loop, on_drain_timer, d);
	limits_take(d);
	if (!quota_load(d, e)) {
		smtpd_free(&d);
		return NULL;
	}
	doors_open(d, conf);
	return d;
}

void smtpd_set_tls(struct smtpd *d, struct tls_ctx *tls)
{
	struct tls_ctx *old = d->tls;

	d->tls = tls ? tls_ctx_ref(tls) : NULL;
	if (old)
		tls_ctx_free(&old);
}

static const struct tenant_conf *tenant_named(const struct config *c,
					      const struct tenant_conf *old)
{
	for (size_t i = 0; old && i < c->tenant_n; i++)
		if (str_is(str_of(c->tenant[i].tenant), old->tenant))
			return &c->tenant[i];
	return NULL;
}

/* Where logins are no longer taken, those of before have ended, too. */
static const struct tenant_conf *login_now(const struct smtpd *d,
					   const struct session *s)
{
	const struct tenant_conf *t = tenant_named(d->config, s->login.tenant);

	return t && logins_ways(d->conf.logins, t) ? t : NULL;
}

/* Open transactions keep the tenant that they proved, by name; one whose
 * tenant or login is gone must begin anew. */
static void move_session(struct smtpd *d, struct session *s)
{
	const struct tenant_conf *tenant = tenant_named(d->config,
							s->tx.tenant);
	const struct tenant_conf *login = login_now(d, s);

	if (((s->tx.tenant && !tenant) || (s->login.tenant && !login)) &&
	    session_in(s, IN(MAIL) | IN(RCPT))) {
		session_forget_transaction(s);
		session_enter(s, SESSION_READY);
		tenant = NULL;
	}
	s->tx.tenant = tenant;
	s->login.tenant = login;
	s->network = s->login.tenant
			     ? s->login.tenant
			     : auth_peer_tenant(
				       d->conf.auth,
				       (const struct sockaddr *)&s->peer);
}

void smtpd_set_config(struct smtpd *d, const struct config *c)
{
	const char *why;

	for (struct session *s = d->oldest; s; s = s->newer)
		quota_give(d, s);
	d->config = c;
	limits_take(d);
	for (struct session *s = d->oldest; s; s = s->newer) {
		move_session(d, s);
		mem_free(TAKE(s->slot));
		/* Over the new limit is not thrown out, only not counted. */
		if (!quota_take(d, s, &why))
			LOG(&s->log, LOG_DEBUG, "over-limit", LS("why", why));
	}
}

void smtpd_drain(struct smtpd *d, int64_t within_us, void (*done)(void *arg),
		 void *arg)
{
	struct session *s, *next;

	d->draining = true;
	d->drained = done;
	d->drained_arg = arg;
	doors_close(d);
	timer_set(d->drain_timer, d->sessions ? within_us : 0);
	for (s = d->oldest; s; s = next) {
		next = s->newer;
		if (session_in(s, IN(GREET) | IN(READY)) && !s->busy)
			session_dismiss(s, "going down, try again soon");
	}
}

void smtpd_free(struct smtpd **dp)
{
	struct smtpd *d = TAKE(*dp);

	if (!d)
		return;
	d->freeing = true;
	doors_close(d);
	while (d->oldest) {
		struct session *s = d->oldest;

		session_free(&s);
	}
	mem_free(d->door);
	timer_free(&d->busy_timer);
	timer_free(&d->drain_timer);
	quota_release(d);
	if (d->tls)
		tls_ctx_free(&d->tls);
	mem_free(d);
}
