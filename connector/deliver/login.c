/* login.c - what a connection logs in with: nothing, the tenant's password,
 * or an access token of the lane's mailbox.
 *
 * Passwords are read and tokens asked for when a connection is opened, so that
 * a changed secret serves at once.  A token that the next hop refuses is given
 * back once for another; then the settings are wrong: the queue waits.
 */
#include <stdio.h>
#include "connector/deliver/deliver_int.h"

/* RFC 3463 3.8, RFC 4954 6 */
#define STATUS_LATER "4.7.0"
#define STATUS_WRONG "4.7.8"
#define CODE_REFUSED 535

static const struct tenant_conf *tenant_of(const struct porter *p)
{
	const struct config *c = p->lane->d->conf.config;
	struct str name = str_of(p->lane->way->tenant);

	for (size_t i = 0; i < c->tenant_n; i++)
		if (str_is(name, c->tenant[i].tenant))
			return &c->tenant[i];
	return NULL;
}

static bool is_token(const struct tenant_conf *t)
{
	return t->deliver.login.kind == LOGIN_ENTRA ||
	       t->deliver.login.kind == LOGIN_GOOGLE;
}

static void open_with(struct porter *p, struct str user, struct str secret,
		      bool token)
{
	const struct smtp_login login = {user, secret, token};

	p->line = link_open_as(p->lane->way->hop, p->lane->route, &login,
			       &porter_ops, p);
}

/* Told as a link would: never before porter_dial() has returned. */
static void on_failed(void *arg)
{
	struct porter *p = arg;
	struct link_end end = {.at = SMTP_AT_AUTH};
	bool later = p->failed->class == ERR_RETRY;

	end.mood = later ? HOP_DOWN : HOP_REFUSES_US;
	snprintf(end.answer.status, sizeof(end.answer.status), "%s",
		 later ? STATUS_LATER : STATUS_WRONG);
	snprintf(end.answer.text, sizeof(end.answer.text), "login: %s",
		 p->failed->text);
	porter_ops.on_end(p, &end);
}

static void fail(struct porter *p, const struct err *why)
{
	p->failed = mem_dup(why, sizeof(*why));
	p->soon = timer_new(p->lane->d->conf.loop, on_failed, p);
	timer_set(p->soon, 0);
}

static void by_password(struct porter *p, const struct tenant_conf *t)
{
	const struct deliver_conf *c = &p->lane->d->conf;
	AUTO(arena) a = ARENA_EMPTY;
	struct err e = ERR_EMPTY;
	struct str text;

	arena_init_secret(&a);
	if (!c->read ||
	    !c->read(c->read_arg, &t->deliver.login.secret, &a, &text, &e))
		fail(p, &e);
	else
		open_with(p, str_of(t->deliver.login.user), str_trim(text),
			  false);
}

static void on_token(void *arg, struct str token, const struct err *why)
{
	static const struct err gone = {.class = ERR_RETRY,
					.text = "the tenant has gone"};
	struct porter *p = arg;

	p->token = NULL;
	if (p->stale && p->lane->way->hop) {
		/* Asked for by older settings: it is not for the new host. */
		p->stale = false;
		porter_dial(p);
	} else if (why || !p->lane->way->hop) {
		fail(p, why ? why : &gone);
	} else {
		open_with(p, str_of(p->lane->route), token, true);
	}
}

void porter_dial(struct porter *p)
{
	const struct tenant_conf *t = tenant_of(p);
	const struct deliver *d = p->lane->d;

	if (t && t->deliver.login.kind == LOGIN_PASSWORD)
		by_password(p, t);
	else if (t && is_token(t) && d->conf.tokens)
		p->token = token_get(d->conf.tokens, t, str_of(p->lane->route),
				     on_token, p);
	else
		p->line = link_open(p->lane->way->hop, p->lane->route,
				    &porter_ops, p);
}

bool porter_dial_again(struct porter *p, const struct link_end *end)
{
	const struct tenant_conf *t = tenant_of(p);
	struct deliver *d = p->lane->d;

	if (end->was_ready || end->at != SMTP_AT_AUTH || !p->line ||
	    end->answer.code != CODE_REFUSED || !t || !is_token(t) ||
	    !d->conf.tokens || d->draining || !p->lane->way->hop)
		return false;
	if (!token_refused(d->conf.tokens, t, str_of(p->lane->route)) ||
	    p->renewed)
		return false;
	p->renewed = true;
	link_close(&p->line);
	porter_dial(p);
	return true;
}

void porter_hang_up(struct porter *p)
{
	token_cancel(&p->token);
	timer_free(&p->soon);
	mem_free(p->failed);
	p->failed = NULL;
	link_close(&p->line); /* the mail in hand has its classes now */
}
