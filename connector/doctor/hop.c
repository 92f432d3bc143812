/* hop.c - the next hop: is it reached, secured, and does it take an envelope of
 * ours? No mail is sent.
 */
#include "connector/doctor/doctor_int.h"
#include "providers/providers.h"

/* A person waits. */
static const struct smtp_timeouts hurried = {
	.connect_us = 10 * US_PER_S,
	.greeting_us = 15 * US_PER_S,
	.ehlo_us = 15 * US_PER_S,
	.starttls_us = 15 * US_PER_S,
	.tls_us = 15 * US_PER_S,
	.mail_us = 15 * US_PER_S,
	.rcpt_us = 15 * US_PER_S,
	.data_us = 15 * US_PER_S,
	.block_us = 15 * US_PER_S,
	.end_us = 15 * US_PER_S,
};

struct look {
	struct doctor *d;
	const struct tenant_conf *t;
	struct link *link;
	struct smtp_mail mail;
	struct smtp_rcpt rcpt;
	bool ready, asked;
	enum hop_mood mood; /* of the envelope's answer */
	struct link_end end;
};

static void on_ready(void *arg)
{
	struct look *l = arg;

	l->ready = true;
	if (!l->t->notices_from) {
		loop_stop(l->d->loop);
		return;
	}
	/* A relay shows whether it relays by an address outside; strangers are
	 * not asked for that. */
	l->rcpt.address = str_of(l->t->canary.to ? l->t->canary.to
						 : l->t->notices_from);
	l->mail = (struct smtp_mail){.from = str_of(l->t->notices_from),
				     .envelope_only = true,
				     .rcpt = &l->rcpt,
				     .rcpt_n = 1};
	link_send(l->link, &l->mail);
}

static void on_sent(void *arg, struct smtp_mail *m, enum hop_mood mood,
		    bool usable)
{
	struct look *l = arg;

	(void)m;
	(void)usable;
	l->asked = true;
	l->mood = mood;
	loop_stop(l->d->loop);
}

static void on_end(void *arg, const struct link_end *end)
{
	struct look *l = arg;

	l->end = *end;
	loop_stop(l->d->loop);
}

static const struct link_ops ops = {
	.on_ready = on_ready, .on_sent = on_sent, .on_end = on_end};

static void say_ready(struct doctor *d, const struct link *link)
{
	const char *tls = link_tls(link);

	doctor_say(d, tls[0] ? DOCTOR_FINE : DOCTOR_WARN,
		   "次のサーバーで STARTTLS を有効にし、deliver: tls を "
		   "verified にしてください。",
		   "turn STARTTLS on there and set `deliver: tls` to verified",
		   "%s につながります(%s)", "%s can be reached (%s)",
		   link_remote(link), tls[0] ? tls : "no TLS");
}

static void say_envelope(struct doctor *d, const struct look *l)
{
	const struct smtp_answer *a = &l->rcpt.answer;

	if (l->rcpt.accepted)
		doctor_say(d, DOCTOR_FINE, NULL, NULL,
			   "%s は差出人 %s、宛先 %s を受け付けます",
			   "%s takes mail from %s to %s", link_remote(l->link),
			   l->t->notices_from, l->rcpt.address.p);
	else if (l->mood == HOP_REFUSES_US || l->rcpt.class == SMTP_FAILED)
		doctor_say(d, DOCTOR_BAD,
			   "コネクタ(または中継の設定)、証明書の名前、"
			   "アドレスを確かめてください(sekisho setup)。",
			   "check the connector or relay setting, the "
			   "certificate's name and our address (`sekisho "
			   "setup`)",
			   "%s が %s からのメールを断ります(%d %s)",
			   "%s refuses mail from %s (%d %s)",
			   link_remote(l->link), l->t->notices_from, a->code,
			   a->text);
	else
		doctor_say(d, DOCTOR_WARN,
			   "しばらくしてもう一度試してください。",
			   "try again in a while",
			   "%s はいま %s からのメールを受け付けません(%d %s)",
			   "%s takes no mail from %s now (%d %s)",
			   link_remote(l->link), l->t->notices_from, a->code,
			   a->text);
}

/* Mail straight to the recipients is tried where a mail host is sure to be:
 * at the tenant's own domain. */
static const char *route_of(const struct tenant_conf *t)
{
	if (strcmp(t->deliver.via, "direct") != 0)
		return "";
	for (size_t i = 0; i < t->domains.n; i++)
		if (t->domains.v[i][0] != '*')
			return t->domains.v[i];
	return "";
}

static void say_end(struct doctor *d, const struct tenant_conf *t,
		    const struct hop *h, const struct link_end *end)
{
	const struct smtp_answer *a = &end->answer;

	if (end->at == SMTP_AT_TLS || end->at == SMTP_AT_STARTTLS)
		doctor_say(d, DOCTOR_BAD,
			   "証明書の名前と deliver: ca を確かめてください。",
			   "check the certificate's name there, and `deliver: "
			   "ca`",
			   "%s との TLS ができません(%s: %s)",
			   "no TLS with %s (%s: %s)", hop_name(h),
			   smtp_stage_name(end->at), a->text);
	else if (end->mood == HOP_REFUSES_US)
		doctor_say(d, DOCTOR_BAD,
			   "コネクタ、証明書の名前、アドレス、EHLO の名前を"
			   "確かめてください(sekisho setup)。",
			   "check the connector, the certificate's name, our "
			   "address and EHLO name (`sekisho setup`)",
			   "%s が私たちを断ります(%s: %d %s)",
			   "%s refuses us (%s: %d %s)", hop_name(h),
			   smtp_stage_name(end->at), a->code, a->text);
	else if (end->permanent)
		doctor_say(
			d, DOCTOR_BAD,
			"ドメインの MX を確かめてください。プライベート"
			"アドレスのメールサーバーへ送るなら、そのネットワーク"
			"を deliver: inside に書いてください。",
			"check the domain's MX records; name private "
			"networks where mail hosts may be under `deliver: "
			"inside`",
			"%s への道がありません(%s)", "no way to %s (%s)",
			route_of(t), a->text);
	else
		doctor_say(d, DOCTOR_BAD,
			   "名前、ポート、外向き 25 番の許可を確かめてください"
			   "(多くのクラウドは 25 番を閉じています)。",
			   "check name and port, and that port 25 is open to "
			   "the outside (many clouds close it)",
			   "%s に届きません(%s: %s)",
			   "%s cannot be reached (%s: %s)", hop_name(h),
			   smtp_stage_name(end->at), a->text);
}

static void look_at(struct doctor *d, const struct tenant_conf *t,
		    struct hop *h)
{
	struct look l = {.d = d, .t = t};

	l.link = link_open(h, route_of(t), &ops, &l);
	loop_run(d->loop);
	if (l.ready)
		say_ready(d, l.link);
	else
		say_end(d, t, h, &l.end);
	if (l.asked)
		say_envelope(d, &l);
	link_close(&l.link);
}

void check_way(struct doctor *d, const struct tenant_conf *t)
{
	struct hop_conf conf = {
		.loop = d->loop,
		.dns = d->dns,
		.tenant = t,
		.hostname = d->c.config->hostname,
		.timeouts = &hurried,
	};
	struct err e = ERR_EMPTY;
	struct hop *h;

	if (t->deliver.login.kind == LOGIN_ENTRA ||
	    t->deliver.login.kind == LOGIN_GOOGLE) {
		doctor_say(d, DOCTOR_NOTE,
			   "動いている関所の警報 next-hop-refuses を"
			   "見てください。",
			   "see the running engine's alarm next-hop-refuses",
			   "トークンでの接続はここでは試しません",
			   "logins by token are not tried from here");
		return;
	}
	conf.resolver = resolver_new(d->loop);
	h = hop_new(&conf, &e);
	if (h)
		look_at(d, t, h);
	else
		doctor_say(d, DOCTOR_BAD,
			   "deliver の設定を直してください(sekisho check)。",
			   "mend `deliver` (`sekisho check`)",
			   "次のサーバーを用意できません: %s",
			   "the next hop cannot be made: %s", e.text);
	hop_free(&h);
	resolver_free(&conf.resolver);
}
