/* verbs.c - the verb table and the verbs that carry no mail.
 *
 * A row says in which states a verb may come and whether it takes arguments;
 * what comes elsewhere is answered 503 with the row's hint.  BDAT is allowed
 * everywhere, because its octets have to be read in any case.
 */
#include "connector/smtpd/smtpd_int.h"

#define VERB_MAX 16

#define ANY_STATE (IN(GREET) | IN(READY) | IN(MAIL) | IN(RCPT) | IN(BDAT))

enum { VERB_NO_ARGS = 1, VERB_FOREIGN = 2 };

struct verb {
	const char *name;
	unsigned states;
	unsigned flags;
	const char *hint; /* where it came out of order */
	void (*run)(struct session *s, struct str args);
};

/* RFC 5321 4.1.2 Domain or address-literal, no more than its characters:
 * it is written into the Received field. */
static bool helo_ok(struct str name)
{
	if (name.n == 0 || name.n > HELO_MAX)
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (!ascii_alnum(name.p[i]) && !strchr(".-_:[]", name.p[i]))
			return false;
	return true;
}

static bool greet(struct session *s, struct str name, bool esmtp)
{
	name = str_trim(name);
	if (!helo_ok(name)) {
		reply(s, 501, "5.5.4",
		      "say your host name or [address] behind %s",
		      esmtp ? "EHLO" : "HELO");
		return false;
	}
	/* RFC 5321 4.1.4: a later EHLO is a reset, too. */
	session_forget_transaction(s);
	memcpy(s->helo, name.p, name.n);
	s->helo[name.n] = 0;
	s->esmtp = esmtp;
	session_enter(s, SESSION_READY);
	return true;
}

static void verb_helo(struct session *s, struct str args)
{
	if (greet(s, args, false))
		reply_plain(s, 250, ' ', "%s", s->server->config->hostname);
}

static void verb_ehlo(struct session *s, struct str args)
{
	const struct config *c = s->server->config;

	if (!greet(s, args, true))
		return;
	reply_plain(s, 250, '-', "%s greets %s", c->hostname, s->helo);
	reply_plain(s, 250, '-', "PIPELINING");
	reply_plain(s, 250, '-', "SIZE %llu",
		    (unsigned long long)c->limits.message);
	if (s->server->tls && !conn_is_tls(s->conn))
		reply_plain(s, 250, '-', "STARTTLS");
	if (*auth_offer(s))
		reply_plain(s, 250, '-', "AUTH %s", auth_offer(s));
	reply_plain(s, 250, '-', "8BITMIME");
	reply_plain(s, 250, '-', "SMTPUTF8");
	reply_plain(s, 250, '-', "CHUNKING");
	reply_plain(s, 250, '-', "DSN");
	reply_plain(s, 250, ' ', "ENHANCEDSTATUSCODES");
}

static void verb_rset(struct session *s, struct str args)
{
	(void)args;
	session_forget_transaction(s);
	if (!session_in(s, IN(GREET)))
		session_enter(s, SESSION_READY);
	reply(s, 250, "2.0.0", "Ok");
}

static void verb_noop(struct session *s, struct str args)
{
	(void)args;
	reply(s, 250, "2.0.0", "Ok");
}

static void verb_quit(struct session *s, struct str args)
{
	(void)args;
	reply(s, 221, "2.0.0", "%s says good-bye", s->server->config->hostname);
	session_enter(s, SESSION_OVER);
}

static void verb_vrfy(struct session *s, struct str args)
{
	(void)args;
	reply(s, 252, "2.5.1", "send mail to it to find out");
}

static void verb_help(struct session *s, struct str args)
{
	(void)args;
	reply(s, 214, "2.0.0",
	      "EHLO MAIL RCPT DATA BDAT RSET NOOP QUIT STARTTLS, RFC 5321");
}

static void verb_starttls(struct session *s, struct str args)
{
	(void)args;
	if (conn_is_tls(s->conn)) {
		reply(s, 503, "5.5.1", "TLS is on already");
		return;
	}
	if (!s->server->tls) {
		reply(s, 502, "5.5.1", "STARTTLS is not offered");
		return;
	}
	reply(s, 220, "2.0.0", "ready to start TLS");
	session_enter(s, SESSION_TLS);
}

static void verb_absent(struct session *s, struct str args)
{
	(void)args;
	reply(s, 502, "5.5.1", "not offered here");
}

/* A browser or proxy that was led to this port: not one more line of it. */
static void verb_foreign(struct session *s, struct str args)
{
	(void)args;
	reply(s, 500, "5.5.2", "this is SMTP");
	session_enter(s, SESSION_OVER);
}

static const struct verb verbs[] = {
	{"MAIL", IN(READY), 0, "EHLO first, and one MAIL at a time", verb_mail},
	{"RCPT", IN(MAIL) | IN(RCPT), 0, "MAIL first", verb_rcpt},
	{"DATA", IN(RCPT), VERB_NO_ARGS, "no recipient was taken", verb_data},
	{"BDAT", ANY_STATE, 0, "", verb_bdat},
	{"EHLO", ANY_STATE, 0, "", verb_ehlo},
	{"HELO", ANY_STATE, 0, "", verb_helo},
	{"RSET", ANY_STATE, VERB_NO_ARGS, "", verb_rset},
	{"NOOP", ANY_STATE, 0, "", verb_noop},
	{"QUIT", ANY_STATE, VERB_NO_ARGS, "", verb_quit},
	{"STARTTLS", IN(READY), VERB_NO_ARGS,
	 "EHLO first, and not inside a transaction", verb_starttls},
	{"VRFY", ANY_STATE, 0, "", verb_vrfy},
	{"HELP", ANY_STATE, 0, "", verb_help},
	{"AUTH", ANY_STATE, 0, "", verb_auth},
	{"EXPN", ANY_STATE, 0, "", verb_absent},
	{"ETRN", ANY_STATE, 0, "", verb_absent},
	{"TURN", ANY_STATE, 0, "", verb_absent},
	{"GET", ANY_STATE, VERB_FOREIGN, "", verb_foreign},
	{"POST", ANY_STATE, VERB_FOREIGN, "", verb_foreign},
	{"PUT", ANY_STATE, VERB_FOREIGN, "", verb_foreign},
	{"HEAD", ANY_STATE, VERB_FOREIGN, "", verb_foreign},
	{"OPTIONS", ANY_STATE, VERB_FOREIGN, "", verb_foreign},
	{"CONNECT", ANY_STATE, VERB_FOREIGN, "", verb_foreign},
};

static const struct verb *find(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (str_is_ci(name, verbs[i].name))
			return &verbs[i];
	return NULL;
}

/* RFC 5321 2.4: printable; UTF-8 belongs into addresses only, which look at
 * it themselves. */
static bool has_controls(struct str line)
{
	for (size_t i = 0; i < line.n; i++)
		if ((unsigned char)line.p[i] < ' ' || line.p[i] == 0x7f)
			return true;
	return false;
}

static void run(struct session *s, const struct verb *v, struct str args)
{
	if (!session_in(s, v->states)) {
		reply(s, 503, "5.5.1", "out of order: %s", v->hint);
	} else if ((v->flags & VERB_NO_ARGS) && str_trim(args).n) {
		reply(s, 501, "5.5.4", "%s takes no arguments", v->name);
	} else {
		v->run(s, args);
	}
}

void verb_run(struct session *s, struct str line)
{
	ptrdiff_t sp = str_chr(line, ' ');
	struct str name = sp < 0 ? line : str_head(line, (size_t)sp);
	struct str args = sp < 0 ? STR_EMPTY : str_skip(line, (size_t)sp + 1);
	const struct verb *v = find(name);

	if (s->errors >= SMTP_ERRORS_MAX) {
		reply(s, 421, "4.7.0", "too many errors, closing");
		session_enter(s, SESSION_OVER);
	} else if (s->server->draining && !session_in(s, IN(BDAT))) {
		reply(s, 421, "4.3.2", "going down, try again soon");
		session_enter(s, SESSION_OVER);
	} else if (has_controls(line)) {
		reply(s, 500, "5.5.2", "control characters in a command");
	} else if (!v || name.n > VERB_MAX) {
		reply(s, 500, "5.5.2", "no such command");
	} else {
		run(s, v, args);
	}
}
