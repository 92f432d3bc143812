/* control.c - requests over the Unix socket; see control_int.h. */
#include "connector/main/control_int.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "connector/base/id.h"
#include "connector/base/json.h"
#include "connector/base/mem.h"
#include "connector/main/main_int.h"
#include "connector/sys/loop/conn.h"

#define CONTROL_DEADLINE_US  (60 * US_PER_S)
#define CONTROL_POLICY_US    (10 * US_PER_MIN) /* many words to compile */
#define CONTROL_MODE_MOST_US (30 * US_PER_DAY)
#define CONTROL_LINE_MAX     (200 * KIB)
#define CONTROL_OP_MAX	     32

struct control {
	struct control_conf c;
	int fd;
	struct acceptor *acceptor;
	bool changing; /* what the next one would start from is not durable */
};

/* One connection: one request, one answer. */
struct talk {
	struct control *control;
	struct conn *conn; /* NULL: the asker is gone */
	char who[64];
	bool asked;
};

static void talk_done(struct talk *t)
{
	if (t->conn)
		conn_close_after_flush(&t->conn, US_PER_S);
	mem_free(t);
}

static void talk_answer(struct talk *t, struct json *answer)
{
	AUTO(buf) text = BUF_MAX(4 * MIB);

	text.secret = true;
	json_print(answer, &text, false);
	buf_putc(&text, '\n');
	json_free(&answer);
	if (t->conn)
		conn_write_str(t->conn, buf_str(&text));
	talk_done(t);
}

static void talk_error(struct talk *t, const struct err *e)
{
	struct json *o = json_object();

	json_add_cstr(o, "error", e->text);
	json_add_cstr(o, "class", err_class_name(e->class));
	talk_answer(t, o);
}

static void talk_ok(struct talk *t, struct str text)
{
	struct json *o = json_object();

	json_add_bool(o, "ok", true);
	if (text.n)
		json_add_str(o, "text", text);
	talk_answer(t, o);
}

static void on_result(void *arg, const struct err *why)
{
	struct talk *t = arg;

	if (why)
		talk_error(t, why);
	else
		talk_ok(t, STR_EMPTY);
}

static void ask_act(struct talk *t, const struct json *q)
{
	static const struct {
		const char *op;
		enum flow_act act;
	} acts[] = {{"release", ACT_RELEASE},
		    {"send-now", ACT_SEND_NOW},
		    {"discard", ACT_DISCARD},
		    {"return", ACT_RETURN}};
	struct flow_action act = {0};
	const char *op = json_get_cstr(q, "op", "");
	struct err e = ERR_EMPTY;

	for (size_t i = 0; i < ARRAY_LEN(acts); i++)
		if (strcmp(op, acts[i].op) == 0)
			act.act = acts[i].act;
	if (!id_parse(str_of(json_get_cstr(q, "id", "")), &act.id)) {
		err_set(&e, ERR_PERMANENT, 0, "\"%s\" is no message id",
			json_get_cstr(q, "id", ""));
		talk_error(t, &e);
		return;
	}
	snprintf(act.actor, sizeof(act.actor), "%s", t->who);
	snprintf(act.reason, sizeof(act.reason), "%s",
		 json_get_cstr(q, "reason", ""));
	act.as_is = json_get_bool(q, "as-is", false);
	flow_do(t->control->c.flow, &act, t->control->c.loop, on_result, t);
}

static void ask_mode(struct talk *t, const struct json *q)
{
	struct flow *f = t->control->c.flow;
	struct flow_mode m = {0};
	const char *mode = json_get_cstr(q, "mode", "");
	int64_t for_us = json_get_int(q, "for-us", 0);
	struct err e = ERR_EMPTY;

	if (!flow_mode_parse(str_of(mode), &m.mode) ||
	    (m.mode != MODE_NORMAL &&
	     (for_us <= 0 || for_us > CONTROL_MODE_MOST_US))) {
		err_set(&e, ERR_PERMANENT, 0,
			"mode is normal, pass or hold; pass and hold end "
			"after --for, 30d at most");
		talk_error(t, &e);
		return;
	}
	m.until_us = m.mode == MODE_NORMAL ? 0 : flow_now(f) + for_us;
	snprintf(m.reason, sizeof(m.reason), "%s",
		 json_get_cstr(q, "reason", ""));
	snprintf(m.by, sizeof(m.by), "%s", t->who);
	flow_set_mode(f, &m, t->control->c.loop, on_result, t);
}

static void ask_mode_now(struct talk *t, const struct json *q)
{
	struct flow_mode m;
	struct json *o = json_object();

	(void)q;
	flow_get_mode(t->control->c.flow, &m);
	json_add_bool(o, "ok", true);
	json_add_cstr(o, "mode", flow_mode_name(m.mode));
	json_add_int(o, "until-us", m.until_us);
	json_add_cstr(o, "reason", m.reason);
	json_add_cstr(o, "by", m.by);
	talk_answer(t, o);
}

static void on_policy(void *arg, bool ok, const struct told *told)
{
	struct talk *t = arg;
	struct str text = told_text(told, t->control->c.language);
	struct json *o;

	if (ok) {
		talk_ok(t, text);
		return;
	}
	o = json_object();
	json_add_str(o, "error", text);
	json_add_cstr(o, "class", err_class_name(ERR_CONFIG));
	talk_answer(t, o);
}

static void ask_policy(struct talk *t, const struct json *q)
{
	struct control *c = t->control;
	const struct policy_wish wish = {
		.who = t->who,
		.note = json_get_cstr(q, "note", ""),
		.version = (uint32_t)json_get_int(q, "version", 0),
		.force = json_get_bool(q, "force", false),
	};

	conn_deadline(t->conn, CONTROL_POLICY_US);
	c->c.apply_policy(c->c.arg, &wish, on_policy, t);
}

struct change_asked {
	struct talk *talk;
	char op[CONTROL_OP_MAX];
	struct buf told; /* may be a new secret */
};

static void on_changed(void *arg, struct store_job *job, const struct err *why)
{
	struct change_asked *c = arg;
	struct control *control = c->talk->control;

	(void)job;
	control->changing = false;
	if (why) {
		talk_error(c->talk, why);
	} else {
		control->c.changed(control->c.arg, c->op);
		talk_ok(c->talk, buf_str(&c->told));
	}
	buf_release(&c->told);
	mem_free(c);
}

static void ask_change(struct talk *t, const struct json *q)
{
	struct control *control = t->control;
	const char *op = json_get_cstr(q, "op", "");
	struct err e = ERR_EMPTY;
	struct change_asked *c;
	struct store_job *job;

	if (control->changing) {
		err_set(&e, ERR_RETRY, 0,
			"another change is under way: try again");
		talk_error(t, &e);
		return;
	}
	job = store_job_new(control->c.store);
	c = NEW(struct change_asked);
	c->talk = t;
	snprintf(c->op, sizeof(c->op), "%s", op);
	c->told = BUF_MAX(4 * KIB);
	c->told.secret = true;
	if (control->c.change(control->c.arg, op, q, t->who, job, &c->told,
			      &e)) {
		control->changing = true;
		store_submit(control->c.store, job, control->c.loop, on_changed,
			     c);
		return;
	}
	store_job_free(&job);
	mem_free(c);
	talk_error(t, &e);
}

static void ask_held_begin(struct talk *t, const struct json *q)
{
	(void)q;
	flow_recheck(t->control->c.flow, t->who, t->control->c.loop, on_result,
		     t);
}

static void ask_held_now(struct talk *t, const struct json *q)
{
	struct json *o = json_object();
	struct flow_recheck c;

	(void)q;
	flow_recheck_get(t->control->c.flow, &c);
	json_add_bool(o, "ok", true);
	json_add_bool(o, "running", c.running);
	json_add_int(o, "messages", (int64_t)c.messages);
	json_add_int(o, "tightened", (int64_t)c.tightened);
	json_add_int(o, "same", (int64_t)c.same);
	json_add_int(o, "looser", (int64_t)c.looser);
	json_add_int(o, "gone", (int64_t)c.gone);
	json_add_int(o, "failed", (int64_t)c.failed);
	talk_answer(t, o);
}

static void ask_clock_now(struct talk *t, const struct json *q)
{
	struct json *o = json_object();
	struct flow_clock c;

	(void)q;
	flow_clock_get(t->control->c.flow, &c);
	json_add_bool(o, "ok", true);
	json_add_bool(o, "jumped", c.jumped);
	json_add_int(o, "off-seconds", c.off_us / US_PER_S);
	talk_answer(t, o);
}

static void ask_clock_accept(struct talk *t, const struct json *q)
{
	(void)q;
	flow_clock_accept(t->control->c.flow, t->who, t->control->c.loop,
			  on_result, t);
}

static void ask_doctor(struct talk *t, const struct json *q)
{
	struct json *o = json_object();

	(void)q;
	json_add_bool(o, "ok", true);
	t->control->c.live(t->control->c.arg, o);
	talk_answer(t, o);
}

static const struct {
	const char *op;
	void (*ask)(struct talk *t, const struct json *q);
} asks[] = {
	{"release", ask_act},
	{"send-now", ask_act},
	{"discard", ask_act},
	{"return", ask_act},
	{"mode", ask_mode},
	{"mode-now", ask_mode_now},
	{"held-begin", ask_held_begin},
	{"held-now", ask_held_now},
	{"clock-now", ask_clock_now},
	{"clock-accept", ask_clock_accept},
	{"doctor", ask_doctor},
	{"policy-apply", ask_policy},
	{"secret-set", ask_change},
	{"secret-rotate", ask_change},
	{"secret-finish", ask_change},
	{"history-import", ask_change},
	{"tenant-onboard", ask_change},
	{"dkim-new", ask_change},
	{"dkim-use", ask_change},
	{"dkim-retire", ask_change},
};

static void talk_ask(struct talk *t, struct str line)
{
	struct err e = ERR_EMPTY;
	struct json *q = json_parse(line, &e);
	const char *op = q ? json_get_cstr(q, "op", "") : "";
	size_t i = 0;

	t->asked = true;
	while (i < ARRAY_LEN(asks) && strcmp(asks[i].op, op) != 0)
		i++;
	if (i < ARRAY_LEN(asks)) {
		LOG(t->control->c.log, LOG_INFO, "control", LS("op", op),
		    LS("by", t->who));
		asks[i].ask(t, q);
	} else {
		err_set(&e, ERR_PERMANENT, 0, "unknown request");
		talk_error(t, &e);
	}
	json_free(&q);
}

static void on_data(void *arg, struct conn *c, struct str in)
{
	struct talk *t = arg;
	ptrdiff_t end = str_chr(in, '\n');
	struct err e = ERR_EMPTY;

	if (t->asked) {
		conn_consume(c, in.n);
		return;
	}
	if (end < 0 && in.n < CONTROL_LINE_MAX)
		return;
	if (end < 0) {
		t->asked = true;
		err_set(&e, ERR_LIMIT, 0, "request too large");
		talk_error(t, &e);
		return;
	}
	AUTO_STR line = mem_strndup(in.p, (size_t)end);

	conn_consume(c, in.n);
	talk_ask(t, str_of(line));
	mem_wipe(line, strlen(line)); /* it may have held a secret */
}

static void on_end(void *arg, struct conn *c, enum conn_end how,
		   const struct err *why)
{
	struct talk *t = arg;

	(void)c;
	(void)how;
	(void)why;
	conn_free(&t->conn);
	if (!t->asked)
		mem_free(t); /* else the answer frees it */
}

static const struct conn_ops talk_ops = {.on_data = on_data, .on_end = on_end};

static void on_accept(void *arg, int fd, const struct sockaddr_storage *peer)
{
	struct control *c = arg;
	struct talk *t = NEW(struct talk);
	struct ucred cred;
	socklen_t n = sizeof(cred);

	(void)peer;
	t->control = c;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) != 0) {
		close(fd);
		mem_free(t);
		return;
	}
	snprintf(t->who, sizeof(t->who), "uid %u", (unsigned)cred.uid);
	t->conn = conn_new(c->c.loop, fd, &talk_ops, t);
	conn_deadline(t->conn, CONTROL_DEADLINE_US);
}

struct control *control_new(const struct control_conf *conf, struct err *e)
{
	struct control *c = NEW(struct control);
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	c->c = *conf;
	c->fd = -1;
	if (strlen(conf->path) >= sizeof(at.sun_path)) {
		err_set(e, ERR_CONFIG, 0, "control: %s is too long a path",
			conf->path);
		control_free(&c);
		return NULL;
	}
	memcpy(at.sun_path, conf->path, strlen(conf->path));
	unlink(conf->path); /* the store's lock says that we are the one */
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0 || bind(c->fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    chmod(conf->path, 0660) != 0 || listen(c->fd, 64) != 0) {
		err_errno(e, "control socket %s", conf->path);
		control_free(&c);
		return NULL;
	}
	c->acceptor = acceptor_new(conf->loop, c->fd, on_accept, c);
	return c;
}

void control_free(struct control **cp)
{
	struct control *c = TAKE(*cp);

	if (!c)
		return;
	acceptor_free(&c->acceptor);
	if (c->fd >= 0)
		close(c->fd);
	mem_free(c);
}
