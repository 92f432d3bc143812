/* sign_help.c - see sign_help.h. */
#include "tests/unit/connector/sign/sign_help.h"
#include <check.h>
#include <stdio.h>
#include "connector/base/mem.h"
#include "tests/unit/pem.h"

void world_begin(struct world *w)
{
	static const char *const pem[] = {PEM_RSA_2048, PEM_ED25519};
	static const char *const selector[] = {"rsa", "ed"};
	static const char *const name[] = {"rsa._domainkey.example.co.jp",
					   "ed._domainkey.example.co.jp"};
	struct err e = ERR_EMPTY;

	w->loop = loop_new(&e);
	ck_assert_ptr_nonnull(w->loop);
	w->keys = keys_test();
	for (size_t i = 0; i < RECORDS_N; i++) {
		struct buf spki = BUF_MAX(KEY_SPKI_MAX);

		buf_init(&w->blob[i], KEY_BLOB_MAX);
		buf_init(&w->record[i], 2000);
		w->key[i].domain = "example.co.jp";
		w->key[i].selector = selector[i];
		ck_assert(keys_key_seal(w->keys, str_of(pem[i]), &w->key[i].alg,
					&w->blob[i], &spki, &e));
		w->key[i].blob = buf_str(&w->blob[i]);
		ck_assert(dkim_record(w->key[i].alg, buf_str(&spki),
				      &w->record[i], &e));
		w->table[i].name = name[i];
		w->table[i].txt = buf_cstr(&w->record[i]);
		buf_release(&spki);
	}
	fake_keys_set(w->loop, w->table, RECORDS_N);
}

void world_end(struct world *w)
{
	for (size_t i = 0; i < RECORDS_N; i++) {
		buf_release(&w->blob[i]);
		buf_release(&w->record[i]);
	}
	keys_free(&w->keys);
	loop_free(&w->loop);
}

struct run {
	struct loop *loop;
	struct verdicts *v;
};

static void take(void *arg, const struct dkim_verdict *v, size_t n)
{
	struct run *run = arg;

	run->v->n = n;
	for (size_t i = 0; i < n; i++) {
		run->v->result[i] = v[i].result;
		snprintf(run->v->domain[i], sizeof(run->v->domain[i]), "%.*s",
			 STR_ARG(v[i].domain));
		snprintf(run->v->why[i], sizeof(run->v->why[i]), "%s",
			 v[i].why);
		ck_assert((v[i].result == DKIM_PASS) == (v[i].why[0] == '\0'));
	}
	loop_stop(run->loop);
}

static size_t head_of(struct str mail)
{
	ptrdiff_t end = str_find(mail, STR("\r\n\r\n"));

	return end < 0 ? mail.n : (size_t)end + 4;
}

static struct str piece(struct str *rest, size_t step)
{
	struct str p = str_head(*rest, step ? step : rest->n);

	*rest = str_skip(*rest, p.n);
	return p;
}

void verify_at(struct loop *loop, struct str mail, size_t step, int64_t now_us,
	       struct verdicts *v_r)
{
	struct run run = {loop, v_r};
	struct str rest = str_skip(mail, head_of(mail));
	struct dkim_verify *v;

	*v_r = (struct verdicts){0};
	v = dkim_verify_new(loop, NULL, str_head(mail, head_of(mail)), now_us);
	if (!v)
		return;
	while (rest.n) {
		struct str p = piece(&rest, step);

		dkim_verify_write(v, p.p, p.n);
	}
	dkim_verify_end(v, take, &run);
	ck_assert_uint_eq(v_r->n, 0);
	loop_run(loop);
	dkim_verify_free(&v);
}

void verify(struct world *w, struct str mail, struct verdicts *v_r)
{
	verify_at(w->loop, mail, 0, NOW_US, v_r);
}

void sign(struct world *w, size_t key_n, struct str mail, size_t step,
	  struct buf *out)
{
	struct str rest = str_skip(mail, head_of(mail));
	struct dkim_sign *s = dkim_sign_new(
		w->keys, w->key, key_n, str_head(mail, head_of(mail)), NOW_US);
	struct err e = ERR_EMPTY;

	while (rest.n) {
		struct str p = piece(&rest, step);

		dkim_sign_write(s, p.p, p.n);
	}
	ck_assert_msg(dkim_sign_end(&s, out, &e), "%s", e.text);
	ck_assert_ptr_null(s);
	buf_put_str(out, mail);
	ck_assert(buf_ok(out));
}
