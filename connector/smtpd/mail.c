/* mail.c - MAIL and RCPT: proof of tenant, addresses, limits.
 *
 * Paths and parameters are parsed by params.c.  Nothing is taken by default:
 * every way out of here but the last is a refusal.
 */
#include "connector/smtpd/params_int.h"
#include "connector/smtpd/smtpd_int.h"

static void refused(struct session *s, const char *event, int code,
		    struct str address, const char *why)
{
	metric_add(s->server->conf.metrics,
		   code >= 500 ? METRIC_REJECTED : METRIC_DEFERRED_IN, 1);
	LOG(&s->log, LOG_INFO, event, LI("code", code),
	    LSTR("address", address), LS("why", why));
}

static void reply_trouble(struct session *s, const char *event,
			  struct str address, const struct trouble *t)
{
	refused(s, event, t->code, address, t->text);
	reply(s, t->code, t->status, "%s", t->text);
}

void session_peer(struct session *s, struct arena *a, struct auth_peer *p_r)
{
	struct tls_session *t = conn_is_tls(s->conn) ? conn_tls(s->conn) : NULL;
	struct str *name;

	*p_r = (struct auth_peer){
		.address = (const struct sockaddr *)&s->peer,
		.tls = t != NULL,
		.login = s->login.tenant,
	};
	if (!t)
		return;
	name = arena_array(a, AUTH_PEER_NAMES_MAX, sizeof(*name));
	p_r->certificate_verified = tls_peer_verified(t);
	p_r->certificate_name = name;
	p_r->certificate_name_n = tls_peer_names(t, a, name,
						 AUTH_PEER_NAMES_MAX);
}

/* Is there a tenant for whom this peer may speak? */
static bool prove(struct session *s, const struct addr *from, struct trouble *t)
{
	struct flow *flow = s->server->conf.flow;
	enum auth_proof failed;
	struct auth_peer p;

	session_peer(s, &s->tx.arena, &p);
	switch (auth_prove(s->server->conf.auth, &p, from, &s->tx.tenant,
			   &failed)) {
	case AUTH_OK:
		return true;
	case AUTH_NEEDS_TLS:
		return trouble(t, 530, "5.7.0", "STARTTLS first");
	case AUTH_NOT_YET:
		flow_proof_failed(flow, failed, &s->peer);
		return trouble(t, 451, "4.7.1",
			       "cannot tell yet whose mail this is, try again "
			       "later");
	case AUTH_VALIDATION:
	case AUTH_NO_TENANT:
		break;
	}
	flow_proof_failed(flow, failed, &s->peer);
	return trouble(t, 550, "5.7.1",
		       "this host may not send mail from that domain here");
}

/* `MAIL FROM:` or `RCPT TO:` and blanks, as older clients send them. */
static bool keyword(struct rd *r, const char *word)
{
	if (!rd_accept_ci(r, word))
		return false;
	while (rd_accept(r, ' '))
		;
	return true;
}

/* RFC 6409 6.1: who logged in sends as one of its own addresses, and nothing
 * that nobody answers for. Which those are is nobody else's business. */
static bool own_address(struct session *s, const struct addr *from,
			struct trouble *t)
{
	const struct session_login *l = &s->login;

	if (s->door == DOOR_SMTP ||
	    (from && login_may_send_as(l->address, l->address_n, from->key)))
		return true;
	return trouble(t, 550, "5.7.1",
		       "this login may not send as that address");
}

static bool take_sender(struct session *s, struct str path,
			const struct mail_params *p, struct trouble *t)
{
	struct transaction *tx = &s->tx;

	if (path.n == 0) /* RFC 5321 4.5.5 */
		return own_address(s, NULL, t) && prove(s, NULL, t);
	TRY(path_address(path, p->smtputf8, PATH_SENDER, &tx->arena,
			 &tx->env.from, t));
	TRY(own_address(s, &tx->env.from, t));
	TRY(prove(s, &tx->env.from, t));
	if (!quota_sender_ok(s->server, &tx->env.from, clock_monotonic_us()))
		return trouble(t, 450, "4.7.1",
			       "too many messages from this sender this hour");
	return true;
}

static bool mail(struct session *s, struct str args, struct str *path_r,
		 struct trouble *t)
{
	const struct config *c = s->server->config;
	struct rd r = rd_of(args);
	struct mail_params p;

	*path_r = STR_EMPTY;
	if (auth_needed(s))
		return trouble(t, 530, "5.7.0", "%s",
			       conn_is_tls(s->conn) ? "log in first"
						    : "STARTTLS first");
	if (!keyword(&r, "FROM:"))
		return trouble(t, 501, "5.5.4", "MAIL FROM:<address>");
	TRY(path_read(&r, PATH_SENDER, path_r, t));
	*path_r = arena_str(&s->tx.arena, *path_r);
	TRY(mail_params_read(&r, s->esmtp, &s->tx.arena, &p, t));
	if (p.auth && s->door == DOOR_SMTP)
		return trouble(t, 555, "5.5.4",
			       "a parameter is not known here");
	if (p.size > c->limits.message)
		return trouble(t, 552, "5.3.4",
			       "message too large: at most %llu bytes",
			       (unsigned long long)c->limits.message);
	TRY(take_sender(s, *path_r, &p, t));
	s->tx.env.body = p.body;
	s->tx.env.smtputf8 = p.smtputf8;
	s->tx.env.ret = p.ret;
	s->tx.env.envid = p.envid;
	s->tx.env.size_declared = p.size;
	return true;
}

void verb_mail(struct session *s, struct str args)
{
	struct trouble t;
	struct str path;

	if (!mail(s, args, &path, &t)) {
		reply_trouble(s, "mail-refused", path, &t);
		session_forget_transaction(s);
		return;
	}
	session_enter(s, SESSION_MAIL);
	reply(s, 250, "2.1.0", "Ok");
}

static bool known_recipient(const struct transaction *tx, const struct addr *a)
{
	for (size_t i = 0; i < tx->rcpt.n; i++)
		if (addr_same(&tx->rcpt.v[i].addr, a))
			return true;
	return false;
}

static bool rcpt(struct session *s, struct str args, struct str *path_r,
		 struct trouble *t)
{
	struct transaction *tx = &s->tx;
	struct envelope_rcpt row = {.notify = 0};
	struct rd r = rd_of(args);

	*path_r = STR_EMPTY;
	if (!keyword(&r, "TO:"))
		return trouble(t, 501, "5.5.4", "RCPT TO:<address>");
	if (tx->rcpt.n >= s->server->config->limits.recipients)
		return trouble(t, 452, "4.5.3", "too many recipients");
	TRY(path_read(&r, PATH_RECIPIENT, path_r, t));
	*path_r = arena_str(&tx->arena, *path_r);
	TRY(rcpt_params_read(&r, s->esmtp, tx->env.smtputf8, &tx->arena, &row,
			     t));
	TRY(path_address(*path_r, tx->env.smtputf8, PATH_RECIPIENT, &tx->arena,
			 &row.addr, t));
	/* Named twice is meant once: one row in the ledger per recipient. */
	if (!known_recipient(tx, &row.addr))
		vec_push(&tx->rcpt, row);
	return true;
}

void verb_rcpt(struct session *s, struct str args)
{
	struct trouble t;
	struct str path;

	if (!rcpt(s, args, &path, &t)) {
		reply_trouble(s, "rcpt-refused", path, &t);
		return;
	}
	session_enter(s, SESSION_RCPT);
	reply(s, 250, "2.1.5", "Ok");
}
