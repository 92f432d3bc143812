/* talk.c - see talk.h. */
#include "tests/unit/connector/smtp/talk.h"

#include <check.h>

static const char small[] = "Subject: hello\r\n\r\nline\r\n.dot\r\n..two\r\n";

static bool next(void *arg, struct str *piece_r, struct err *e)
{
	struct talk *t = arg;
	size_t left = t->content_n - t->at;
	size_t n = t->piece ? MIN_OF(left, t->piece) : left;

	if (t->fail_at && t->at + n >= t->fail_at)
		return err_set(e, ERR_RETRY, 0, "disk is gone");
	*piece_r = str_n(t->content + t->at, n);
	t->at += n;
	return true;
}

void talk_init(struct talk *t, struct fake_smtp *f, size_t rcpts)
{
	static const char *const to[] = {"a@ext.example", "b@ext.example",
					 "c@ext.example"};

	memset(t, 0, sizeof(*t));
	fake_start(f);
	t->fake = f;
	t->loop = loop_new(NULL);
	ck_assert_ptr_nonnull(t->loop);
	t->timeouts = smtp_timeouts_default;
	t->conf = (struct smtp_client_conf){
		.loop = t->loop,
		.ehlo = "gate.example.jp",
		.tls_name = "mx.example.test",
		.timeouts = &t->timeouts,
	};
	t->content = small;
	t->content_n = sizeof(small) - 1;
	t->mails = 1;
	t->mail.from = STR("s@example.jp");
	t->mail.rcpt = t->rcpt;
	t->mail.rcpt_n = rcpts;
	for (size_t i = 0; i < rcpts; i++)
		t->rcpt[i].address = str_of(to[i]);
}

static void send_one(struct talk *t)
{
	t->at = 0;
	t->mail.size = t->content_n + (size_t)t->lie;
	t->mail.next = next;
	t->mail.arg = t;
	smtp_client_send(t->client, &t->mail);
}

static void on_ready(void *arg)
{
	struct talk *t = arg;

	t->ready = true;
	t->caps = *smtp_client_caps(t->client);
	snprintf(t->tls, sizeof(t->tls), "%s", smtp_client_tls(t->client));
	send_one(t);
}

static void on_sent(void *arg, struct smtp_mail *m, bool usable)
{
	struct talk *t = arg;

	ck_assert_ptr_eq(m, &t->mail);
	for (size_t i = 0; i < m->rcpt_n; i++)
		ck_assert_int_ne(m->rcpt[i].class, SMTP_OPEN);
	t->sent++;
	t->usable = usable;
	if (usable && t->sent < t->mails)
		send_one(t);
	else
		loop_stop(t->loop);
}

static void on_end(void *arg, const struct smtp_end *end)
{
	struct talk *t = arg;

	t->ended = true;
	t->end = *end;
	loop_stop(t->loop);
}

static const struct smtp_ops ops = {
	.on_ready = on_ready,
	.on_sent = on_sent,
	.on_end = on_end,
};

static void too_late(void *arg)
{
	struct talk *t = arg;

	t->late = true;
	loop_stop(t->loop);
}

void talk_run(struct talk *t)
{
	struct sockaddr_in sa = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				 .sin_port = htons((uint16_t)t->fake->port)};
	struct err e = ERR_EMPTY;

	t->guard = timer_new(t->loop, too_late, t);
	timer_set(t->guard, 2 * US_PER_MIN);
	t->client = smtp_client_open(&t->conf, (struct sockaddr *)&sa,
				     sizeof(sa), &ops, t, &e);
	ck_assert_msg(t->client != NULL, "%s", e.text);
	loop_run(t->loop);
	ck_assert_msg(!t->late, "the dialogue hangs");
}

static void stop_now(void *arg)
{
	loop_stop(((struct talk *)arg)->loop);
}

void talk_end(struct talk *t)
{
	struct timer *soon;

	smtp_client_quit(&t->client);
	soon = timer_new(t->loop, stop_now, t);
	timer_set(soon, 5 * US_PER_MS); /* QUIT on its way */
	loop_run(t->loop);
	timer_free(&soon);
	timer_free(&t->guard);
	loop_free(&t->loop);
	fake_stop(t->fake);
}
