/* engine.c - the engine process: makes its parts, runs the loops, ends in an
 * orderly way.  One loop carries SMTP in and out and the flow; another the
 * pages; the store has its writer.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <unistd.h>
#include "connector/base/die.h"
#include "connector/base/mem.h"
#include "connector/base/vec.h"
#include "connector/main/engine_int.h"

#define DRAIN_SMTP_US	 (5 * US_PER_S)
#define DRAIN_DELIVER_US (20 * US_PER_S)
#define DRAIN_FLOW_US	 (5 * US_PER_S)
#define TLS_LOOK_US	 (5 * US_PER_S)
#define EXPIRE_EVERY_US	 US_PER_HOUR

static bool drop_user(const struct config *c, struct err *e)
{
	const struct passwd *pw;

	/* Nothing that we start may gain what we gave up. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return err_errno(e, "no new privileges");
	if (!c->run.user || geteuid() != 0)
		return true;
	pw = getpwnam(c->run.user);
	if (!pw)
		return err_set(e, ERR_CONFIG, 0, "run.user: no user %s",
			       c->run.user);
	if (initgroups(pw->pw_name, pw->pw_gid) != 0 ||
	    setgid(pw->pw_gid) != 0 || setuid(pw->pw_uid) != 0)
		return err_errno(e, "become %s", c->run.user);
	return true;
}

/* Another supervisor would start another engine on the same store. After the
 * change of user, which clears it. */
static bool follow_supervisor(struct err *e)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		return err_errno(e, "follow the supervisor");
	return true;
}

static bool open_store(struct engine *en, struct err *e)
{
	const struct config *c = en->config;
	struct store_conf conf = {
		.url = c->store,
		.log = &en->log,
		.metrics = &en->metrics,
	};

	en->keys = keys_remote(ENGINE_FD_KEEPER);
	en->spool = spool_open(c->spool, e);
	if (!en->spool)
		return err_wrap(e, "spool %s", c->spool);
	conf.keys = en->keys;
	conf.spool = en->spool;
	en->store = store_open(&conf, e);
	return en->store != NULL;
}

static bool open_dns(struct engine *en, struct err *e)
{
	const struct config *c = en->config;
	struct dns_conf conf = {
		.loop = en->loop,
		.server = (const char *const *)c->dns.servers.v,
		.server_n = c->dns.servers.n,
		.trust_anchor = c->dns.trust_anchor,
	};

	en->dns = dns_new(&conf, e);
	TRY(en->dns != NULL);
	if (!dns_validates(en->dns))
		LOG(&en->log, LOG_WARN, "dns-not-validated",
		    LS("why", "no trust anchor; is dns-root-data there?"));
	return true;
}

static bool open_inspect(struct engine *en, struct err *e)
{
	AUTO_STR program = inspector_path(en->config);
	struct inspect_conf conf = {
		.program = program,
		.children = en->config->inspector.children,
		.deadline_us = en->config->inspector.deadline_us,
		.one_tenant = en->config->tenant_n == 1,
		.log = &en->log,
		.metrics = &en->metrics,
	};

#if defined(SEKISHO_SANITIZED) || defined(SEKISHO_VALGRIND)
	conf.log_only_sandbox = true;
#endif
	en->inspect = inspect_start(
		en->loop, &conf, policy_question(en->policy_first.policy), e);
	if (!en->inspect)
		return err_wrap(e, "inspector %s", program);
	LOG(&en->log, LOG_INFO, "sandbox",
	    LS("level", inspect_level(en->inspect)));
	return true;
}

/* What deliveries log in with. */
static void open_tokens(struct engine *en, struct deliver_conf *deliver)
{
	struct tokens_conf conf = {
		.loop = en->loop,
		.http = en->http,
		.keys = en->keys,
		.read = engine_secret_read,
		.read_arg = en,
		.log = &en->log,
	};

	en->tokens = tokens_new(&conf);
	deliver->tokens = en->tokens;
	deliver->read = engine_secret_read;
	deliver->read_arg = en;
}

static bool open_flow(struct engine *en, struct err *e)
{
	struct flow_conf conf = {
		.loop = en->loop,
		.config = en->config,
		.store = en->store,
		.keys = en->keys,
		.spool = en->spool,
		.inspect = en->inspect,
		.build = program_version(),
		.log = &en->log,
		.metrics = &en->metrics,
	};
	struct deliver_conf deliver = {.loop = en->loop,
				       .config = en->config,
				       .dns = en->dns,
				       .log = &en->log,
				       .metrics = &en->metrics,
				       .tuning = &en->tuning};

	engine_tuning(en);
	en->notices = notices_load(en->config->notices.templates, e);
	TRY(en->notices != NULL);
	conf.notices = en->notices;
	conf.auth = en->auth;
	conf.dns = en->dns;
	en->flow = flow_new(&conf, e);
	TRY(en->flow != NULL);
	TRY(engine_policy_begin(en, e));
	open_tokens(en, &deliver);
	deliver.flow = en->flow;
	deliver.keys = en->keys;
	en->deliver = deliver_new(&deliver, e);
	return en->deliver && engine_dkim(en, e);
}

/* Doors of people and of servers, in the order of the descriptors. */
static size_t smtp_listeners(const struct engine *en, struct smtpd_listener *to)
{
	static const enum smtpd_door door[] = {
		[LISTEN_SMTP] = DOOR_SMTP,
		[LISTEN_SUBMISSION] = DOOR_SUBMISSION,
		[LISTEN_SUBMISSIONS] = DOOR_SUBMISSIONS,
	};
	size_t n = 0;

	for (size_t i = LISTEN_SMTP; i <= LISTEN_SUBMISSIONS; i++)
		for (size_t k = 0; k < en->args->n[i]; k++, n++)
			to[n] = (struct smtpd_listener){
				ENGINE_FD_LISTEN + (int)n, door[i]};
	return n;
}

static void open_logins(struct engine *en)
{
	struct logins_conf conf = {
		.loop = en->loop,
		.config = en->config,
		.http = en->http,
		.log = &en->log,
		.metrics = &en->metrics,
	};

	en->logins = logins_new(&conf);
}

static bool open_smtpd(struct engine *en, struct err *e)
{
	struct smtpd_listener listener[ENGINE_LISTEN_MAX];
	struct smtpd_conf conf = {
		.loop = en->loop,
		.config = en->config,
		.flow = en->flow,
		.auth = en->auth,
		.listener = listener,
		.log = &en->log,
		.metrics = &en->metrics,
	};

	open_logins(en);
	conf.logins = en->logins;
	conf.listener_n = smtp_listeners(en, listener);
	if (en->config->tls.certificate) {
		conf.tls = engine_tls(en, false, e);
		TRY(conf.tls != NULL);
	}
	en->smtpd = smtpd_new(&conf, e);
	tls_ctx_free(&conf.tls);
	return en->smtpd != NULL;
}

static bool is_ready(void *arg)
{
	struct engine *en = arg;

	return en->serving && store_healthy(en->store);
}

static void *web_main(void *arg)
{
	struct engine *en = arg;

	prctl(PR_SET_NAME, "web");
	loop_run(en->web_loop);
	return NULL;
}

static bool open_web(struct engine *en, struct err *e)
{
	int first = ENGINE_FD_LISTEN;
	int fd[ENGINE_LISTEN_MAX];
	struct web_conf conf = {
		.config = en->config,
		.store = en->store,
		.flow = en->flow,
		.web_fd = fd,
		.web_n = en->args->n[LISTEN_WEB],
		.plain_fd = fd + en->args->n[LISTEN_WEB],
		.plain_n = en->args->n[LISTEN_WEB_PLAIN],
		.ready = is_ready,
		.ready_arg = en,
		.log = &en->log,
		.metrics = &en->metrics,
	};

	for (size_t i = LISTEN_SMTP; i <= LISTEN_SUBMISSIONS; i++)
		first += (int)en->args->n[i];
	if (conf.web_n + conf.plain_n == 0)
		return true;
	for (size_t i = 0; i < conf.web_n + conf.plain_n; i++)
		fd[i] = first + (int)i;
	en->web_loop = loop_new(e);
	TRY(en->web_loop != NULL);
	conf.loop = en->web_loop;
	if (conf.web_n) {
		conf.tls = engine_tls(en, true, e);
		TRY(conf.tls != NULL);
	}
	en->web = web_new(&conf, e);
	tls_ctx_free(&conf.tls);
	TRY(en->web != NULL);
	if (pthread_create(&en->web_thread, NULL, web_main, en) != 0)
		return err_errno(e, "web thread");
	en->web_running = true;
	return true;
}

static void apply_policy(void *arg, const struct policy_wish *wish,
			 engine_policy_done *done, void *done_arg)
{
	engine_policy_apply(arg, wish, done, done_arg);
}

static void say_live(void *arg, struct json *to)
{
	engine_live(arg, to);
}

static bool open_control(struct engine *en, struct err *e)
{
	struct control_conf conf = {
		.loop = en->loop,
		.path = en->config->control,
		.language = en->config->language,
		.flow = en->flow,
		.store = en->store,
		.apply_policy = apply_policy,
		.change = engine_change,
		.changed = engine_changed,
		.live = say_live,
		.arg = en,
		.log = &en->log,
	};

	if (!conf.path)
		return true;
	en->control = control_new(&conf, e);
	return en->control != NULL;
}

/* ---- signals and time ------------------------------------------------------ */

static void on_recorded(void *arg)
{
	struct engine *en = arg;

	loop_stop(en->loop);
}

static void on_delivered(void *arg)
{
	struct engine *en = arg;

	flow_drain(en->flow, DRAIN_FLOW_US, on_recorded, en);
}

static void on_drained(void *arg)
{
	struct engine *en = arg;

	deliver_drain(en->deliver, DRAIN_DELIVER_US, on_delivered, en);
}

static void on_stop(void *arg, int signo)
{
	struct engine *en = arg;

	if (!en->serving)
		return;
	LOG(&en->log, LOG_INFO, "stopping", LI("signal", signo));
	en->serving = false;
	smtpd_drain(en->smtpd, DRAIN_SMTP_US, on_drained, en);
}

static void reload_config(struct engine *en)
{
	struct conf_errors errs = {0};
	AUTO(buf) text = BUF_MAX(1 * MIB);
	struct config *c = config_load(en->args->config, &errs);

	conf_errors_print(&errs, en->config->language, &text);
	conf_errors_release(&errs);
	if (!c) {
		fputs(buf_cstr(&text), stderr);
		LOG(&en->log, LOG_ERROR, "configuration-kept-old");
		return;
	}
	vec_push(&en->old, en->config);
	en->config = c;
	inspect_set_tenants(en->inspect, c->tenant_n == 1);
	engine_auth_reload(en);
	tokens_reload(en->tokens);
	logins_set_config(en->logins, c);
	engine_tuning(en);
	flow_set_config(en->flow, c);
	sched_set_config(en->sched, c);
	smtpd_set_config(en->smtpd, c);
	deliver_set_config(en->deliver, c);
	LOG(&en->log, LOG_INFO, "configuration-taken");
}

static void on_reload(void *arg, int signo)
{
	static const struct policy_wish wish = {.who = "SIGHUP", .note = ""};
	struct engine *en = arg;

	(void)signo;
	reload_config(en);
	engine_tls_check(en, true);
	engine_policy_apply(en, &wish, NULL, NULL);
}

static void on_watch(void *arg)
{
	struct engine *en = arg;

	engine_tls_check(en, false);
	timer_set(en->watch, TLS_LOOK_US);
}

static void on_expired(void *arg, struct store_job *job, const struct err *why)
{
	struct engine *en = arg;

	(void)job;
	if (why)
		LOG(&en->log, LOG_WARN, "not-expired", LE(why));
}

static void on_expire(void *arg)
{
	struct engine *en = arg;
	struct store_job *job = store_job_new(en->store);
	const struct store_keep keep = {
		.ledger_us = en->config->retention.ledger_us,
		.audit_us = en->config->retention.audit_us,
		.record_us = MAX_OF(en->config->retention.replay_us, 1),
	};
	/* Not the wall clock: nothing grows old by its jump. */
	int64_t now = flow_now(en->flow);

	store_expire(job, now, &keep);
	store_expire_past(job, now - en->config->retention.past_us);
	store_submit(en->store, job, en->loop, on_expired, en);
	timer_set(en->expire, EXPIRE_EVERY_US);
}

static bool start(struct engine *en, struct err *e)
{
	TRY(loop_on_signal(en->loop, SIGTERM, on_stop, en, e));
	TRY(loop_on_signal(en->loop, SIGINT, on_stop, en, e));
	TRY(loop_on_signal(en->loop, SIGHUP, on_reload, en, e));
	en->watch = timer_new(en->loop, on_watch, en);
	en->expire = timer_new(en->loop, on_expire, en);
	timer_set(en->watch, US_PER_MS);
	timer_set(en->expire, US_PER_MIN);
	TRY(flow_start(en->flow, e));
	engine_lists_start(en);
	en->serving = true;
	if (write(ENGINE_FD_READY, "r", 1) != 1)
		LOG(&en->log, LOG_WARN, "nobody-waits");
	close(ENGINE_FD_READY);
	return true;
}

static bool open_all(struct engine *en, struct err *e)
{
	en->loop = loop_new(e);
	TRY(en->loop != NULL);
	TRY(drop_user(en->config, e));
	TRY(follow_supervisor(e));
	en->http = http_client_new(en->loop, e);
	TRY(en->http != NULL);
	TRY(open_store(en, e));
	TRY(engine_policy_read(en, e));
	TRY(open_inspect(en, e));
	TRY(open_dns(en, e));
	TRY(engine_auth(en, e));
	TRY(open_flow(en, e));
	TRY(engine_sched(en, e));
	TRY(open_smtpd(en, e));
	TRY(open_web(en, e));
	TRY(open_control(en, e));
	return start(en, e);
}

static void close_all(struct engine *en)
{
	control_free(&en->control);
	engine_policy_release(en);
	if (en->web_running) {
		loop_stop(en->web_loop);
		pthread_join(en->web_thread, NULL);
	}
	web_free(&en->web);
	smtpd_free(&en->smtpd);
	logins_free(&en->logins);
	timer_free(&en->watch);
	timer_free(&en->expire);
	engine_lists_free(en);
	/* What was answered is recorded before the store closes. */
	deliver_free(&en->deliver);
	sched_free(&en->sched);
	flow_free(&en->flow);
	dns_free(&en->dns);
	engine_auth_release(en);
	tokens_free(&en->tokens);
	http_client_free(&en->http);
	store_close(&en->store);
	inspect_stop(&en->inspect);
	engine_tls_release(en);
	notices_free(&en->notices);
	spool_close(&en->spool);
	keys_free(&en->keys);
	loop_free(&en->web_loop);
	loop_free(&en->loop);
	for (size_t i = 0; i < en->old.n; i++)
		config_free(&en->old.v[i]);
	mem_free(en->old.v);
	config_free(&en->config);
}

int engine_main(const struct engine_args *args)
{
	static struct engine en; /* one per process; large */
	struct err e = ERR_EMPTY;
	int code = EX_OK;

	en.args = args;
	en.log = (struct log_ctx){NULL, "part", "engine"};
	en.config = command_config(args->config);
	if (!en.config)
		return EX_CONFIG;
	log_setup(LOG_INFO, en.config->run.log_json, "sekisho");
	if (open_all(&en, &e)) {
		loop_run(en.loop);
	} else {
		print_error("%s", e.text);
		code = e.class == ERR_CONFIG ? EX_CONFIG : EX_TEMPFAIL;
	}
	close_all(&en);
	return code;
}
