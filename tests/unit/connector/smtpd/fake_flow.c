/* fake_flow.c - see fake_flow.h. */
#include "tests/unit/connector/smtpd/fake_flow.h"
#include <stdio.h>
#include "connector/base/die.h"

#define FAKE_BODY_MAX (64 * MIB)

struct intake {
	struct flow *f;
	struct fake_message *m;
	void (*done)(void *arg, const struct intake_reply *reply);
	void *arg;
};

void fake_flow_init(struct flow *f, struct loop *l)
{
	*f = (struct flow){.loop = l};
}

static void message_free(struct fake_message *m)
{
	buf_release(&m->body);
	arena_release(&m->arena);
	mem_free(m);
}

void fake_flow_release(struct flow *f)
{
	for (size_t i = 0; i < f->taken.n; i++)
		message_free(f->taken.v[i]);
	vec_release(&f->taken);
}

static struct addr addr_keep(struct arena *a, const struct addr *from)
{
	return (struct addr){.text = arena_str(a, from->text),
			     .local = arena_str(a, from->local),
			     .domain = arena_str(a, from->domain),
			     .key = arena_str(a, from->key),
			     .key_domain = arena_str(a, from->key_domain)};
}

static void copy_text(char *to, size_t n, struct str s)
{
	snprintf(to, n, STR_FMT, STR_ARG(s));
}

bool flow_sent_lately(struct flow *f, struct arena *a, struct store_sent **v_r,
		      size_t *n_r, struct err *e)
{
	(void)a;
	(void)e;
	*v_r = f->sent;
	*n_r = f->sent_n;
	return true;
}

struct intake *intake_new(struct flow *f, const struct flow_session *s,
			  const struct envelope *env)
{
	struct intake *in = NEW(struct intake);
	struct fake_message *m = NEW(struct fake_message);

	in->f = f;
	in->m = m;
	m->body = BUF_MAX(FAKE_BODY_MAX);
	m->env = *env;
	m->env.from = addr_keep(&m->arena, &env->from);
	m->env.envid = arena_str(&m->arena, env->envid);
	m->env.rcpt = arena_array(&m->arena, env->rcpt_n, sizeof(*env->rcpt));
	for (size_t i = 0; i < env->rcpt_n; i++) {
		m->env.rcpt[i].addr = addr_keep(&m->arena, &env->rcpt[i].addr);
		m->env.rcpt[i].notify = env->rcpt[i].notify;
		m->env.rcpt[i].orcpt = arena_str(&m->arena, env->rcpt[i].orcpt);
	}
	m->tenant = s->tenant ? s->tenant->tenant : NULL;
	m->bdat = s->bdat;
	m->verified = s->certificate_verified;
	copy_text(m->helo, sizeof(m->helo), s->helo);
	copy_text(m->tls, sizeof(m->tls), s->tls_version);
	if (s->certificate_name_n)
		copy_text(m->certificate, sizeof(m->certificate),
			  s->certificate_name[0]);
	f->begun++;
	f->open++;
	return in;
}

bool intake_write(struct intake *in, const void *p, size_t n, struct err *e)
{
	struct flow *f = in->f;

	f->writes_most = MAX_OF(f->writes_most, n);
	if (f->fail_at && in->m->body.n + n > f->fail_at)
		return err_set(e, f->fail_class, f->fail_code,
			       "as the test wants it");
	must(buf_put(&in->m->body, p, n));
	return true;
}

static void answer(void *arg)
{
	struct intake *in = arg;
	struct flow *f = in->f;
	struct intake_reply r = f->reply.code ? f->reply
					      : (struct intake_reply){
							250, "2.0.0",
							"Ok: queued as FAKE"};
	void (*done)(void *a, const struct intake_reply *reply) = in->done;
	void *done_arg = in->arg;

	if (r.code == 250)
		vec_push(&f->taken, in->m);
	else
		message_free(in->m);
	f->open--;
	f->waiting = NULL;
	mem_free(in);
	if (done)
		done(done_arg, &r);
	else
		f->abandoned++;
}

void intake_end(struct intake **inp,
		void (*done)(void *arg, const struct intake_reply *reply),
		void *arg)
{
	struct intake *in = TAKE(*inp);

	in->done = done;
	in->arg = arg;
	in->f->waiting = in;
	if (in->f->late)
		loop_post(in->f->loop, answer, in);
	else if (!in->f->never)
		answer(in);
}

void fake_answer(struct flow *f)
{
	if (f->waiting)
		answer(f->waiting);
}

void intake_abort(struct intake **inp)
{
	struct intake *in = TAKE(*inp);

	if (!in)
		return;
	if (in->done) {
		in->done = NULL;
		return;
	}
	in->f->open--;
	message_free(in->m);
	mem_free(in);
}

void flow_proof_failed(struct flow *f, enum auth_proof failed,
		       const struct sockaddr_storage *peer)
{
	(void)peer;
	f->failed[failed]++;
	metric_add(f->metrics, METRIC_NO_TENANT, 1);
}

bool flow_busy(const struct flow *f)
{
	return f->busy;
}
