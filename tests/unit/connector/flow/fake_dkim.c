/* fake_dkim.c - see fake_dkim.h. */
#include "fake_dkim.h"
#include "connector/base/mem.h"

struct fake_dkim fake_dkim;

struct dkim_verify {
	struct timer *timer;
	struct loop *loop;
	dkim_done *done;
	void *arg;
};

struct dkim_verify *dkim_verify_new(struct loop *loop, struct dns *dns,
				    struct str head, int64_t now_us)
{
	struct dkim_verify *v;

	(void)dns;
	(void)head;
	(void)now_us;
	buf_release(&fake_dkim.body);
	fake_dkim.body = BUF_MAX(8 * MIB);
	if (fake_dkim.unsigned_)
		return NULL;
	v = NEW(struct dkim_verify);
	v->loop = loop;
	fake_dkim.alive++;
	return v;
}

void dkim_verify_write(struct dkim_verify *v, const void *p, size_t n)
{
	(void)v;
	buf_put(&fake_dkim.body, p, n);
}

static void on_end(void *arg)
{
	struct dkim_verify *v = arg;

	if (!fake_dkim.never)
		v->done(v->arg, fake_dkim.verdict, fake_dkim.n);
}

void dkim_verify_end(struct dkim_verify *v, dkim_done *done, void *arg)
{
	v->done = done;
	v->arg = arg;
	v->timer = timer_new(v->loop, on_end, v);
	timer_set(v->timer, 0);
}

void dkim_verify_free(struct dkim_verify **vp)
{
	struct dkim_verify *v = TAKE(*vp);

	if (!v)
		return;
	fake_dkim.alive--;
	timer_free(&v->timer);
	mem_free(v);
}

const char *dkim_result_name(enum dkim_result r)
{
	return r == DKIM_PASS ? "pass" : "fail";
}
