/* web_help.c - see web_help.h. */
#include "web_help.h"

#include <arpa/inet.h>
#include <ftw.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "connector/base/mem.h"
#include "connector/flow/flow_int.h"
#include "connector/mail/view.h"
#include "connector/sys/loop/conn.h"

/* No Check here: the page server has no test that could fail. */
static void good(bool ok, const struct err *e)
{
	if (!ok)
		panic("test world: %s", e->text);
}

static struct world *the_world; /* flow_do() is given no argument of ours */
static struct id_gen ids;

static const char *const names[CASE_COUNT] = {
	"held",	    "stage",   "wait",	"timelag",   "admin",	 "approval",
	"checking", "sending", "sent",	"discarded", "returned", "refused",
	"expired",  "bounced", "mixed", "hostile",   "locked",	 "ways",
};

const char *world_case_name(enum world_case c)
{
	return names[c];
}

/* ---- a flow that writes rows ----------------------------------------------- */

struct acting {
	struct loop *back;
	void (*done)(void *arg, const struct err *why);
	void *arg;
	struct err why;
	bool failed;
};

static void act_answer(void *arg)
{
	struct acting *a = arg;

	a->done(a->arg, a->failed ? &a->why : NULL);
	mem_free(a);
}

static void act_done(void *arg, struct store_job *job, const struct err *why)
{
	struct acting *a = arg;

	(void)job;
	a->failed = why != NULL;
	if (why)
		a->why = *why;
	act_answer(a);
}

static void act_rows(const struct flow_action *act, struct store_job *job,
		     int64_t now)
{
	static const enum rcpt_state to[] = {[ACT_SEND_NOW] = RCPT_DELIVERED,
					     [ACT_RELEASE] = RCPT_READY,
					     [ACT_DISCARD] = RCPT_DISCARDED,
					     [ACT_RETURN] = RCPT_RETURNED};
	static const char *const event[] = {[ACT_SEND_NOW] = "sent-now",
					    [ACT_RELEASE] = "released",
					    [ACT_DISCARD] = "discarded",
					    [ACT_RETURN] = "returned"};
	AUTO(arena) a = ARENA_EMPTY;
	struct store_found found;
	struct err e = ERR_EMPTY;
	struct store_reader *r = store_reader_new(the_world->store, &e);

	if (!store_show(r, act->id, &a, &found, &e))
		return;
	for (size_t i = 0; i < found.rcpt_n; i++) {
		struct store_rcpt row = found.rcpt[i];

		if (row.state != RCPT_HELD)
			continue;
		row.state = to[act->act];
		row.ended_us = now;
		row.due_us = 0;
		store_set_rcpt(job, act->id, RCPT_HELD, &row, 0);
	}
	store_add_audit(job, now, act->id, str_of(act->actor),
			str_of(event[act->act]), STR("{\"recipients\":1}"));
	store_reader_free(&r);
}

void flow_do(struct flow *f, const struct flow_action *act, struct loop *l,
	     void (*done)(void *arg, const struct err *why), void *arg)
{
	struct acting *a = NEW(struct acting);
	struct store_job *job;
	int64_t now = clock_now_us();

	(void)f;
	the_world->acts++;
	the_world->last = *act;
	*a = (struct acting){.back = l, .done = done, .arg = arg};
	if (the_world->fail_next) {
		the_world->fail_next = false;
		a->failed = true;
		err_set(&a->why, ERR_RETRY, 0, "disk full");
		loop_post(l, act_answer, a);
		return;
	}
	job = store_job_new(the_world->store);
	if (act->use_token)
		store_use_token(job, act->token, now);
	act_rows(act, job, now);
	store_submit(the_world->store, job, l, act_done, a);
}

int64_t flow_now(struct flow *f)
{
	(void)f;
	return clock_now_us();
}

void flow_get_mode(struct flow *f, struct flow_mode *m_r)
{
	(void)f;
	*m_r = the_world->mode;
}

/* ---- messages -------------------------------------------------------------- */

struct maker {
	struct world *w;
	enum world_case c;
	struct arena *a;
	int64_t now;
	struct store_message m;
	struct store_rcpt r[WORLD_PEOPLE];
	bool hostile;
};

static struct str put_gates(struct maker *k, const struct gate *g, size_t n)
{
	AUTO(buf) b = BUF_MAX(4096);

	gates_write(g, n, &b);
	return arena_str(k->a, buf_str(&b));
}

static void hold(struct maker *k, size_t i, const struct gate *g, size_t n,
		 unsigned at, int64_t due_us)
{
	struct store_rcpt *r = &k->r[i];

	r->state = RCPT_HELD;
	r->gates = put_gates(k, g, n);
	r->gate = at;
	r->due_us = due_us;
}

static void hold_all(struct maker *k, const struct gate *g, size_t n,
		     unsigned at, int64_t due_us)
{
	for (size_t i = 0; i < WORLD_PEOPLE; i++)
		hold(k, i, g, n, at, due_us);
}

static void end(struct maker *k, size_t i, enum rcpt_state s)
{
	k->r[i].state = s;
	k->r[i].ended_us = k->now - 10 * US_PER_S;
	if (s == RCPT_BOUNCED) {
		k->r[i].code = 550;
		k->r[i].answer = STR("550 5.1.1 User unknown");
	}
}

static void end_all(struct maker *k, enum rcpt_state s)
{
	for (size_t i = 0; i < WORLD_PEOPLE; i++)
		end(k, i, s);
}

static void make_held(struct maker *k)
{
	struct gate plain = {.kind = GATE_HOLD,
			     .stage = 1,
			     .for_us = 5 * US_PER_MIN,
			     .then = THEN_SEND,
			     .by = STR("sender"),
			     .rule = STR("hold-external")};
	struct gate doubt = {.kind = GATE_HOLD,
			     .stage = 1,
			     .then = THEN_RETURN,
			     .by = STR("sender"),
			     .doubt = STR("unknown-type")};
	int64_t due = k->now + 252 * US_PER_S;

	hold_all(k, &plain, 1, 0, due);
	if (k->c == CASE_LOCKED)
		return;
	hold(k, 2, &doubt, 1, 0, k->now + 72 * US_PER_HOUR);
	end(k, 3, RCPT_DELIVERED);
	end(k, 4, RCPT_DELIVERED);
}

static void make_waiting(struct maker *k)
{
	struct gate g[2] = {{.kind = GATE_HOLD,
			     .stage = 1,
			     .for_us = 5 * US_PER_MIN,
			     .then = THEN_SEND,
			     .by = STR("sender")},
			    {.kind = GATE_HOLD,
			     .stage = 2,
			     .for_us = 60 * US_PER_MIN,
			     .then = THEN_DISCARD,
			     .by = STR("sender")}};
	struct gate wait = {.kind = GATE_HOLD,
			    .stage = 1,
			    .then = THEN_WAIT,
			    .by = STR("sender")};
	struct gate lag = {.kind = GATE_DELAY,
			   .until_us = k->now + 45 * US_PER_MIN};
	struct gate admin = {.kind = GATE_HOLD,
			     .stage = 1,
			     .then = THEN_WAIT,
			     .by = STR("admin"),
			     .doubt = STR("failed")};
	struct gate approve = {.kind = GATE_APPROVE,
			       .then = THEN_RETURN,
			       .by = STR("manager")};

	switch (k->c) {
	case CASE_STAGE:
		hold_all(k, g, 2, 1, k->now + 3000 * US_PER_S);
		break;
	case CASE_WAIT:
		hold_all(k, &wait, 1, 0, k->now + 72 * US_PER_HOUR);
		break;
	case CASE_TIMELAG:
		hold_all(k, &lag, 1, 1, lag.until_us);
		end(k, 4, RCPT_DELIVERED);
		break;
	case CASE_ADMIN:
		hold_all(k, &admin, 1, 0, 0);
		break;
	default:
		hold_all(k, &approve, 1, 0, 0);
	}
}

static void make_states(struct maker *k)
{
	switch (k->c) {
	case CASE_HELD:
	case CASE_HOSTILE:
	case CASE_LOCKED:
	case CASE_WAYS:
		make_held(k);
		break;
	case CASE_CHECKING:
		break; /* all received */
	case CASE_SENDING:
		end_all(k, RCPT_DELIVERED);
		k->r[0].state = RCPT_SENDING;
		k->r[1].state = RCPT_DEFERRED;
		k->r[0].ended_us = k->r[1].ended_us = 0;
		k->r[1].answer = STR("451 4.7.1 Try again later");
		break;
	case CASE_SENT:
		end_all(k, RCPT_DELIVERED);
		break;
	case CASE_DISCARDED:
		end_all(k, RCPT_DISCARDED);
		break;
	case CASE_RETURNED:
		end_all(k, RCPT_RETURNED);
		break;
	case CASE_REFUSED:
		end_all(k, RCPT_REFUSED);
		break;
	case CASE_EXPIRED:
		end_all(k, RCPT_EXPIRED);
		break;
	case CASE_BOUNCED:
		end_all(k, RCPT_BOUNCED);
		break;
	case CASE_MIXED:
		end_all(k, RCPT_DELIVERED);
		end(k, 0, RCPT_BOUNCED);
		end(k, 1, RCPT_DISCARDED);
		break;
	default:
		make_waiting(k);
	}
}

static void make_plan(struct maker *k)
{
	AUTO(buf) b = BUF_MAX(64 * KIB);

	world_plan(k->c, &b);
	k->m.plan = arena_str(k->a, buf_str(&b));
}

static void make_view(struct maker *k)
{
	struct view_addr to[] = {{.address = STR("new@customer.example.com")},
				 {.address = STR("known@customer.example.com")},
				 {.address = STR("ito@partner-a.example.org")}};
	struct view_addr cc[] = {
		{.address = STR("keiri@group.example.net")},
		{.address = STR("hanako.suzuki@example.co.jp")}};
	struct view_part part[] = {
		{.parent = VIEW_WHOLE,
		 .multipart = true,
		 .type = STR("multipart/mixed"),
		 .len = 16 * MIB},
		{.attachment = true,
		 .depth = 1,
		 .type = STR("application/pdf"),
		 .name = STR("見積書_秋季展示会.pdf"),
		 .decoded = 1887437,
		 .len = 6 * MIB},
		{.attachment = true,
		 .depth = 1,
		 .type = STR("application/zip"),
		 .name = k->hostile ? STR(WORLD_HOSTILE)
				    : STR("ブース図面.zip"),
		 .decoded = 4404019,
		 .len = 6 * MIB},
	};
	struct view v = {.to = {to, 3, true},
			 .cc = {cc, 2, true},
			 .part = part,
			 .part_n = 3,
			 .size = k->m.size};
	AUTO(buf) b = BUF_MAX(64 * KIB);

	view_write(&v, &b);
	k->m.view = arena_str(k->a, buf_str(&b));
}

static void put_token(struct maker *k, struct store_job *job, char kind,
		      struct str person, char *text)
{
	struct store_token t = {.kind = kind,
				.message = k->m.id,
				.person = person,
				.tries = k->c == CASE_LOCKED ? 5 : 0,
				.expires_us = k->now + US_PER_DAY};
	AUTO_STR both = NULL;

	token_new(text);
	both = mem_printf("%s%s", text, WORLD_DIGITS);
	sha256_of(text, strlen(text), t.hash);
	sha256_of(both, strlen(both), t.check);
	store_add_token(job, &t);
}

static void put_story(struct maker *k, struct store_job *job)
{
	int64_t id = k->m.id;

	store_add_audit(job, k->now - 48 * US_PER_S, id, STR("engine"),
			STR("accepted"), STR("{\"recipients\":5}"));
	if (k->c == CASE_CHECKING)
		return;
	store_add_audit(job, k->now - 47 * US_PER_S, id, STR("engine"),
			STR("decided"), STR("{}"));
	if (k->c == CASE_SENT)
		store_add_audit(job, k->now - 20 * US_PER_S, id,
				STR("sender taro.yamada@example.co.jp"),
				STR("sent-now"), STR("{}"));
	if (k->c == CASE_DISCARDED)
		store_add_audit(job, k->now - 20 * US_PER_S, id, STR("uid 0"),
				STR("discarded"), STR("{}"));
	if (k->c == CASE_RETURNED)
		store_add_audit(job, k->now - 20 * US_PER_S, id,
				STR("sender taro.yamada@example.co.jp"),
				STR("returned"), STR("{}"));
}

void world_add(struct world *w, enum world_case c)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct err e = ERR_EMPTY;
	struct store_job *job = store_job_new(w->store);
	struct maker k = {.w = w, .c = c, .a = &a, .now = clock_now_us()};

	k.hostile = c == CASE_HOSTILE;
	k.m = (struct store_message){
		.kind = MESSAGE_MAIL,
		.tenant = STR("example"),
		.message_id = str_of(arena_printf(&a, "%d@example.co.jp", c)),
		.from = STR("taro.yamada@example.co.jp"),
		.sender = STR("taro.yamada@example.co.jp"),
		.size = 16 * MIB,
		.place = BODY_INLINE,
		.bytes = STR("Hello"),
		.subject = k.hostile ? STR(WORLD_HOSTILE)
				     : STR("秋季展示会 ブース装飾のお見積り"),
		.accepted_us = k.now - 48 * US_PER_S,
		.policy_version = 37,
		.decided = c != CASE_CHECKING,
	};
	k.m.id = w->id[c] = id_next(&ids, k.now);
	good(keys_dek_new(w->keys, k.m.dek, k.m.wrapped, &e), &e);
	for (size_t i = 0; i < WORLD_PEOPLE; i++)
		k.r[i] = (struct store_rcpt){
			.n = (unsigned)i,
			.address = str_of(world_people[i].address),
			.key = str_of(world_people[i].address)};
	make_states(&k);
	if (k.m.decided) {
		make_plan(&k);
		make_view(&k);
	}
	store_add_message(job, &k.m, k.r, WORLD_PEOPLE);
	put_token(&k, job, 'm', k.m.sender, w->token[c]);
	put_token(&k, job, 'b', STR(WORLD_SUPERIOR), w->brake[c]);
	put_story(&k, job);
	good(store_run(w->store, job, &e), &e);
	store_job_free(&job);
}

void world_add_copy(struct world *w, enum world_case c, const char *from,
		    const char *to)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct err e = ERR_EMPTY;
	struct store_job *job = store_job_new(w->store);
	struct store_message m = world_show(w, c, &a).message;
	struct store_rcpt r = {
		.address = str_of(to), .key = str_of(to), .state = RCPT_HELD};

	m.id = id_next(&ids, clock_now_us());
	m.from = str_of(from);
	m.place = BODY_INLINE;
	m.bytes = STR("Hello");
	good(keys_dek_new(w->keys, m.dek, m.wrapped, &e), &e);
	store_add_message(job, &m, &r, 1);
	good(store_run(w->store, job, &e), &e);
	store_job_free(&job);
}

/* ---- the world ------------------------------------------------------------- */

static void configure(struct world *w)
{
	static char *admins[] = {(char *)"it@example.co.jp"};
	struct config *c = &w->config;
	struct err e = ERR_EMPTY;

	w->tz = tz_load("Asia/Tokyo", &e);
	c->hostname = (char *)"gate.example.co.jp";
	c->public_url = mem_printf("http://127.0.0.1:%u/", w->port);
	c->timezone = w->tz;
	c->language = (char *)"ja";
	c->admins.v = admins;
	c->admins.n = 1;
}

void world_open(struct world *w, uint16_t port)
{
	struct err e = ERR_EMPTY;
	struct sockaddr_in sa;
	socklen_t len = sizeof(sa);
	AUTO_STR address = mem_printf("127.0.0.1:%u", port);
	AUTO_STR spool = NULL;
	struct store_conf conf = {.url = "memory:"};

	*w = (struct world){.folder = "/tmp/sekisho-web-XXXXXX"};
	the_world = w;
	good(mkdtemp(w->folder) != NULL, &e);
	spool = mem_printf("%s/spool", w->folder);
	good(net_listen(str_of(address), &w->fd, &e), &e);
	getsockname(w->fd, (struct sockaddr *)&sa, &len);
	w->port = ntohs(sa.sin_port);
	configure(w);
	conf.keys = w->keys = keys_test();
	conf.spool = w->spool = spool_open(spool, &e);
	good(w->spool != NULL, &e);
	w->store = store_open(&conf, &e);
	good(w->store != NULL, &e);
	w->reader = store_reader_new(w->store, &e);
	good(w->reader != NULL, &e);
	w->loop = loop_new(&e);
	for (int c = 0; c < CASE_COUNT; c++)
		world_add(w, (enum world_case)c);
}

void world_serve(struct world *w)
{
	struct err e = ERR_EMPTY;
	struct web_conf conf = {.loop = w->loop,
				.config = &w->config,
				.store = w->store,
				.plain_fd = &w->fd,
				.plain_n = 1,
				.metrics = &w->metrics};

	w->web = web_new(&conf, &e);
	good(w->web != NULL, &e);
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

void world_close(struct world *w)
{
	web_free(&w->web);
	store_reader_free(&w->reader);
	store_close(&w->store);
	spool_close(&w->spool);
	keys_free(&w->keys);
	loop_free(&w->loop);
	tz_free(&w->tz);
	mem_free(w->config.public_url);
	close(w->fd);
	nftw(w->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

struct store_found world_show(struct world *w, enum world_case c,
			      struct arena *a)
{
	struct store_found found = {0};
	struct err e = ERR_EMPTY;

	good(store_show(w->reader, w->id[c], a, &found, &e), &e);
	return found;
}
