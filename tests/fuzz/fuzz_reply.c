/* fuzz_reply.c - what a hostile server may say to our SMTP client.
 *
 * The input is all that the server ever sends; it stands in the socket before
 * the client says a word, and then the stream ends.  First byte: which mail
 * and which level of TLS; the second: how the rest is cut into writes.
 */
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "connector/base/die.h"
#include "connector/smtp/client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct game {
	struct loop *loop;
	struct smtp_client *client;
	struct smtp_mail mail;
	struct smtp_rcpt rcpt[3];
	unsigned sent;
	bool given;
};

static bool next(void *arg, struct str *piece_r, struct err *e)
{
	struct game *g = arg;

	(void)e;
	*piece_r = g->given ? STR_EMPTY : STR("a: b\r\n\r\n.x\r\n");
	g->given = true;
	return true;
}

static void send_one(struct game *g)
{
	g->given = false;
	smtp_client_send(g->client, &g->mail);
}

static void on_ready(void *arg)
{
	send_one(arg);
}

static void on_sent(void *arg, struct smtp_mail *m, bool usable)
{
	struct game *g = arg;

	for (size_t i = 0; i < m->rcpt_n; i++) {
		const struct smtp_rcpt *r = &m->rcpt[i];

		must(r->class != SMTP_OPEN);
		must(r->class != SMTP_DELIVERED ||
		     (r->accepted && r->answer.code / 100 == 2));
		must(strlen(r->answer.text) <= SMTP_ANSWER_MAX);
		must(!str_has_control(str_of(r->answer.text)));
	}
	if (usable && ++g->sent < 3)
		send_one(g);
	else
		loop_stop(g->loop);
}

static void on_end(void *arg, const struct smtp_end *end)
{
	struct game *g = arg;

	must(strlen(end->answer.text) <= SMTP_ANSWER_MAX);
	loop_stop(g->loop);
}

static const struct smtp_ops ops = {
	.on_ready = on_ready,
	.on_sent = on_sent,
	.on_end = on_end,
};

static void set_up(struct game *g, uint8_t how)
{
	static const char *const to[] = {"a@x.example", "b@x.example",
					 "\xe9\x96\xa2@x.example"};

	g->mail.from = STR("s@example.jp");
	g->mail.size = 14;
	g->mail.rcpt = g->rcpt;
	g->mail.rcpt_n = 1 + how % 3;
	g->mail.has_bare_lf = how & 4;
	g->mail.has_8bit = g->mail.smtputf8 = how & 8;
	g->mail.next = next;
	g->mail.arg = g;
	for (int i = 0; i < 3; i++)
		g->rcpt[i].address = str_of(to[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct loop *loop;
	static struct tls_ctx *tls;
	static const struct smtp_timeouts soon = {
		US_PER_S, US_PER_S, US_PER_S, US_PER_S, US_PER_S,
		US_PER_S, US_PER_S, US_PER_S, US_PER_S, US_PER_S};
	struct game g = {0};
	struct smtp_client_conf conf = {.ehlo = "gate.example.jp",
					.timeouts = &soon};
	int fd[2];

	if (size < 2 || size > 60000)
		return 0;
	if (!loop) {
		loop = loop_new(NULL);
		tls = tls_client_new(
			&(struct tls_client_conf){.verify = TLS_VERIFY_NONE},
			NULL);
		must(loop && tls);
	}
	g.loop = loop;
	set_up(&g, data[0]);
	conf.loop = loop;
	conf.tls = (enum smtp_tls)(data[0] >> 6);
	conf.tls_ctx = tls;
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == 0);
	must(write(fd[1], data + 2, size - 2) == (ssize_t)(size - 2));
	shutdown(fd[1], SHUT_WR);
	g.client = smtp_client_adopt(&conf, fd[0], &ops, &g);
	loop_run(loop);
	smtp_client_free(&g.client);
	close(fd[1]);
	return 0;
}
