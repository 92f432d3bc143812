/* clock.c - the flow's clock: the wall clock, until it jumps.
 *
 * What jumped releases nothing: timers wait until the clock is back, or an
 * admin confirms it (`sekisho clock accept`). Meanwhile time goes on as it was
 * (base/steady.h): no mass expiry, no mass of attempts, no bounce before its
 * time. What is believed is kept in the store, so that a restart does not
 * forget it.
 */
#include "connector/flow/flow_int.h"

#define CLOCK_KEY     "clock"
#define KEEP_EVERY_US US_PER_MIN
#define BOOT_ID_FILE  "/proc/sys/kernel/random/boot_id"

static int64_t wall_us(const struct flow *f)
{
	const struct flow_clocks *c = f->c.clocks;

	return c ? c->wall(c->arg) : clock_now_us();
}

static int64_t machine_us(const struct flow *f)
{
	const struct flow_clocks *c = f->c.clocks;

	return c ? c->machine(c->arg) : clock_machine_us();
}

/* Another boot has another clock of the machine. */
static void boot_id(const struct flow *f, char id_r[BOOT_ID_MAX])
{
	FILE *file;

	id_r[0] = '\0';
	if (f->c.clocks) {
		snprintf(id_r, BOOT_ID_MAX, "%s", f->c.clocks->boot_id);
		return;
	}
	file = fopen(BOOT_ID_FILE, "re");
	if (!file)
		return;
	if (!fgets(id_r, BOOT_ID_MAX, file))
		id_r[0] = '\0';
	id_r[strcspn(id_r, "\n")] = '\0';
	fclose(file);
}

int64_t flow_now(struct flow *f)
{
	return steady_now_us(atomic_load(&f->clock.base_us), wall_us(f),
			     machine_us(f));
}

bool clock_jumped(const struct flow *f)
{
	return atomic_load(&f->clock.jumped);
}

/* Gates count from here: never early, whichever of both clocks will be
 * believed in the end. */
int64_t clock_gate_us(struct flow *f, int64_t now_us)
{
	int64_t wall = wall_us(f);

	return wall - now_us > STEADY_JUMP_US / 2 ? wall : now_us;
}

void flow_clock_get(struct flow *f, struct flow_clock *c_r)
{
	int64_t off = steady_off_us(atomic_load(&f->clock.base_us), wall_us(f),
				    machine_us(f));

	c_r->jumped = atomic_load(&f->clock.jumped);
	c_r->off_us = off;
}

static void publish(struct flow *f)
{
	struct flow_clock c;

	atomic_store(&f->clock.base_us, f->clock.steady.base_us);
	atomic_store(&f->clock.jumped, f->clock.steady.jumped);
	flow_clock_get(f, &c);
	metric_set(f->c.metrics, METRIC_CLOCK_OFF,
		   c.jumped ? c.off_us / US_PER_S : 0);
}

/* ---- over restarts ----------------------------------------------------------- */

static void keep(struct flow *f, struct store_job *job)
{
	AUTO(buf) text = BUF_MAX(KIB);
	struct json *o = json_object();

	json_add_int(o, "believed", flow_now(f));
	json_add_int(o, "machine", machine_us(f));
	json_add_cstr(o, "boot", f->clock.boot_id);
	json_print(o, &text, false);
	json_free(&o);
	store_put_value(job, STR(CLOCK_KEY), buf_str(&text));
	f->clock.kept_us = machine_us(f);
}

static void resume(struct flow *f, const struct json *o)
{
	int64_t believed = json_get_int(o, "believed", 0);
	int64_t machine = json_get_int(o, "machine", 0);
	bool same = strcmp(json_get_cstr(o, "boot", ""), f->clock.boot_id) == 0;

	if (same && f->clock.boot_id[0])
		steady_resume(&f->clock.steady, believed, machine);
	else if (wall_us(f) < believed)
		/* How long the machine was off nobody knows: going back is
		 * all that can be seen. */
		steady_resume(&f->clock.steady, believed, machine_us(f));
}

bool clock_load(struct flow *f, struct err *e)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct str value;
	struct json *o;

	boot_id(f, f->clock.boot_id);
	steady_start(&f->clock.steady, wall_us(f), machine_us(f));
	TRY(store_value(f->reader, STR(CLOCK_KEY), &a, &value, e));
	if (value.n) {
		o = json_parse(value, e);
		TRY(o != NULL);
		resume(f, o);
		json_free(&o);
	}
	f->clock.kept_us = machine_us(f);
	/* Told by the first look of clock_check(). */
	atomic_store(&f->clock.base_us, f->clock.steady.base_us);
	return true;
}

/* ---- looking ------------------------------------------------------------------ */

static void on_kept(void *arg, struct store_job *job, const struct err *why)
{
	struct flow *f = arg;

	(void)job;
	if (why)
		LOG(&f->log, LOG_WARN, "clock-not-kept", LE(why));
}

static void tell_jump(struct flow *f)
{
	struct flow_clock c;
	char ja[300], en[200];
	long long s;

	flow_clock_get(f, &c);
	s = (long long)(c.off_us / US_PER_S);
	snprintf(ja, sizeof(ja),
		 "時計が %+lld 秒跳びました。元に戻るか `sekisho clock accept` "
		 "を実行するまで、時刻による送信を待ちます",
		 s);
	snprintf(en, sizeof(en),
		 "the clock jumped by %+lld s: timers wait until it is back, "
		 "or `sekisho clock accept`",
		 s);
	flow_alarm_both(f, "clock", str_of(ja), str_of(en));
	f->clock.told_us = machine_us(f);
}

static void back(struct flow *f, struct store_job *job)
{
	struct json *detail = json_object();

	json_add_cstr(detail, "why", "back");
	audit_add(f, job, flow_now(f), 0, "engine", "clock", detail);
	LOG(&f->log, LOG_WARN, "clock-back");
	f->ready = true;
}

void clock_check(struct flow *f)
{
	int64_t machine = machine_us(f);
	bool changed = steady_look(&f->clock.steady, wall_us(f), machine);
	bool jumped = f->clock.steady.jumped;
	struct store_job *job;

	publish(f);
	if (jumped && (changed || machine - f->clock.told_us >= ALARM_EVERY_US))
		tell_jump(f);
	if (!changed && machine - f->clock.kept_us < KEEP_EVERY_US)
		return;
	job = store_job_new(f->c.store);
	keep(f, job);
	if (changed && !jumped)
		back(f, job);
	fault_point("clock-commit");
	flow_submit(f, job, on_kept, f);
}

/* ---- an admin says that it is right ------------------------------------------- */

struct clock_job {
	struct flow *f;
	char who[128];
	struct steady taken;
	struct loop *back;
	void (*done)(void *arg, const struct err *why);
	void *arg;
	struct err why;
	bool failed;
};

static void clock_answer(void *arg)
{
	struct clock_job *c = arg;

	c->done(c->arg, c->failed ? &c->why : NULL);
	mem_free(c);
}

static void on_accepted(void *arg, struct store_job *job, const struct err *why)
{
	struct clock_job *c = arg;
	struct flow *f = c->f;

	(void)job;
	if (why) {
		c->failed = true;
		c->why = *why;
	} else {
		f->clock.steady = c->taken;
		f->clock.kept_us -= KEEP_EVERY_US; /* the next look keeps it */
		publish(f);
		LOG(&f->log, LOG_WARN, "clock-accepted", LS("by", c->who));
		f->ready = true;
		flow_wake(f);
	}
	loop_post(c->back, clock_answer, c);
}

static void accept_run(void *arg)
{
	struct clock_job *c = arg;
	struct flow *f = c->f;
	struct store_job *job;
	struct flow_clock was;
	struct json *detail;

	flow_clock_get(f, &was);
	if (!was.jumped) {
		c->failed = true;
		err_set(&c->why, ERR_NOT_FOUND, 0,
			"the clock has not jumped: there is nothing to accept");
		loop_post(c->back, clock_answer, c);
		return;
	}
	steady_start(&c->taken, wall_us(f), machine_us(f));
	job = store_job_new(f->c.store);
	detail = json_object();
	json_add_cstr(detail, "why", "accepted");
	json_add_int(detail, "jump-seconds", was.off_us / US_PER_S);
	audit_add(f, job, flow_now(f), 0, c->who, "clock", detail);
	flow_submit(f, job, on_accepted, c);
}

void flow_clock_accept(struct flow *f, const char *who, struct loop *l,
		       void (*done)(void *arg, const struct err *why),
		       void *arg)
{
	struct clock_job *c = NEW(struct clock_job);

	c->f = f;
	snprintf(c->who, sizeof(c->who), "%s", who);
	c->back = l;
	c->done = done;
	c->arg = arg;
	loop_post(f->c.loop, accept_run, c);
}
