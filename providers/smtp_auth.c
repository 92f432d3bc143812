/* smtp_auth.c - submission as the message's own sender, by login: Exchange
 * Online and Gmail by default (XOAUTH2), any server that knows logins.
 *
 * A route is a mailbox, and nothing goes by it that is not that mailbox's: the
 * envelope sender is it, and so is the only mailbox of the header From.  Mail
 * without a sender (DSNs, notices) goes as the mailbox of notices-from, for
 * nobody can log in as nobody.  What does not fit waits for an admin.
 */
#include <stdio.h>
#include "connector/base/limits.h"
#include "connector/base/mem.h"
#include "connector/mail/addr.h"
#include "connector/mail/scan.h"
#include "providers/smtp_link_int.h"

#define PORT_DEFAULT	 587
#define CONNECTIONS_MOST 3  /* Exchange Online: 432 4.3.2 above it */
#define PER_MINUTE	 30 /* Exchange Online, of one mailbox */
#define HEAD_MAX	 ((size_t)MIME_HEADER_BLOCK_MAX)

struct mailbox_hop {
	struct smtp_hop smtp; /* first */
	struct resolver *resolver;
	char *host, *notices_from;
	bool entra;
};

/* The source of a mail, of which the head was read ahead. */
struct ahead {
	bool (*next)(void *arg, struct str *piece_r, struct err *e);
	void *arg;
	struct buf head;
	struct str rest; /* of the piece that was too long for it; borrowed */
	bool given;
};

struct mailbox_link {
	struct smtp_link smtp; /* first */
	struct arena arena;
	struct addr mailbox;
	bool is_named; /* the route is an address */
	struct query *query;
	struct ahead ahead;
	struct smtp_mail *refused; /* is told on the next turn */
	struct timer *tell;
};

/* ---- hop ------------------------------------------------------------------- */

static void mailbox_hop_end(struct hop *base)
{
	struct mailbox_hop *h = (struct mailbox_hop *)base;

	smtp_hop_release(&h->smtp);
	mem_free(h->host);
	mem_free(h->notices_from);
	mem_free(h);
}

static struct hop *mailbox_hop_new(const struct hop_conf *conf, struct err *e)
{
	const struct tenant_conf *t = conf->tenant;
	struct mailbox_hop *h = NEW(struct mailbox_hop);
	const char *host = t->deliver.host;

	h->resolver = conf->resolver;
	h->entra = t->deliver.login.kind == LOGIN_ENTRA;
	if (!smtp_hop_init(&h->smtp, HOP_MAILBOX, conf, e)) {
		mailbox_hop_end(&h->smtp.base);
		return NULL;
	}
	if (!host)
		host = h->entra ? "smtp.office365.com" : "smtp.gmail.com";
	h->host = mem_strdup(host);
	h->notices_from = mem_strdup(t->notices_from);
	if (!t->deliver.port)
		h->smtp.port = PORT_DEFAULT;
	snprintf(h->smtp.base.name, sizeof(h->smtp.base.name), "%.200s:%u",
		 h->host, h->smtp.port);
	return &h->smtp.base;
}

static void mailbox_hop_bears(const struct hop *base, unsigned *connections,
			      unsigned *per_minute)
{
	const struct mailbox_hop *h = (const struct mailbox_hop *)base;

	*connections = MIN_OF(*connections, (unsigned)CONNECTIONS_MOST);
	if (h->entra && *per_minute == 0)
		*per_minute = PER_MINUTE;
}

/* ---- places ----------------------------------------------------------------- */

static void on_resolved(void *arg, const struct resolved *found, size_t n,
			const struct err *why)
{
	struct mailbox_link *l = arg;
	const struct mailbox_hop *h = (struct mailbox_hop *)l->smtp.hop;

	l->query = NULL;
	if (n == 0) {
		smtp_link_fail(&l->smtp, false, "4.4.3", why->text);
		return;
	}
	l->smtp.place_n = MIN_OF(n, (size_t)PLACES_MAX);
	for (size_t i = 0; i < l->smtp.place_n; i++) {
		struct place *p = &l->smtp.place[i];

		snprintf(p->host, sizeof(p->host), "%s", h->host);
		p->to = found[i];
	}
	smtp_link_go(&l->smtp);
}

static void find(struct smtp_link *base)
{
	struct mailbox_link *l = (struct mailbox_link *)base;
	struct mailbox_hop *h = (struct mailbox_hop *)base->hop;
	struct resolved to;

	if (resolve_literal(h->host, h->smtp.port, &to))
		on_resolved(l, &to, 1, NULL);
	else
		l->query = resolve_host(h->resolver, h->host, h->smtp.port,
					on_resolved, l);
}

/* ---- whose mail it is ---------------------------------------------------------- */

static bool ahead_next(void *arg, struct str *piece_r, struct err *e)
{
	struct ahead *a = arg;

	*piece_r = a->given ? a->rest : buf_str(&a->head);
	if (a->given)
		a->rest = STR_EMPTY;
	a->given = true;
	return piece_r->n > 0 || a->next(a->arg, piece_r, e);
}

/* The source up to the end of its header, whose facts are taken. */
static bool read_ahead(struct ahead *a, struct smtp_mail *m,
		       struct header_scan *scan, struct err *e)
{
	struct str piece;
	size_t n;

	a->next = m->next;
	a->arg = m->arg;
	a->given = false;
	a->rest = STR_EMPTY;
	buf_clear(&a->head);
	m->next = ahead_next;
	m->arg = a;
	do {
		TRY(a->next(a->arg, &piece, e));
		n = MIN_OF(piece.n, HEAD_MAX - a->head.n);
		buf_put(&a->head, piece.p, n);
		a->rest = str_skip(piece, n);
		header_scan(buf_str(&a->head), "", scan);
	} while (scan->header_len == 0 && piece.n > 0 && a->rest.n == 0);
	return true;
}

static bool is_mailbox(const struct mailbox_link *l, struct str text)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct addr addr;

	return l->is_named && addr_parse(text, true, false, &a, &addr, NULL) &&
	       addr_same(&addr, &l->mailbox);
}

static bool is_from_mailbox(const struct mailbox_link *l,
			    const struct header_scan *scan)
{
	AUTO(buf) text = BUF_MAX(SMTP_ADDRESS_MAX);

	buf_put_str(&text, scan->from_local);
	buf_putc(&text, '@');
	buf_put_str(&text, scan->from_domain);
	return buf_ok(&text) && is_mailbox(l, buf_str(&text));
}

/* NULL: it may go. */
static const char *judge(struct mailbox_link *l, struct smtp_mail *m,
			 enum smtp_class *class_r)
{
	const struct mailbox_hop *h = (struct mailbox_hop *)l->smtp.hop;
	struct header_scan scan;
	struct err e = ERR_EMPTY;

	*class_r = SMTP_MISCONFIGURED;
	if (m->from.n == 0) {
		if (!h->notices_from || !is_mailbox(l, str_of(h->notices_from)))
			return "mail without a sender goes by notices-from";
		m->from = l->mailbox.text;
	} else if (!is_mailbox(l, m->from)) {
		return "the envelope's sender is another mailbox";
	}
	if (!read_ahead(&l->ahead, m, &scan, &e)) {
		*class_r = SMTP_DEFERRED;
		return "the mail cannot be read now";
	}
	if (!is_from_mailbox(l, &scan))
		return "the From of the mail is not its sender's mailbox alone";
	return NULL;
}

static void on_tell(void *arg)
{
	struct mailbox_link *l = arg;

	l->smtp.base.ops->on_sent(l->smtp.base.arg, TAKE(l->refused), HOP_FINE,
				  true);
}

static void refuse(struct mailbox_link *l, struct smtp_mail *m,
		   enum smtp_class class, const char *why)
{
	struct smtp_answer answer = {0};

	snprintf(answer.status, sizeof(answer.status), "%s",
		 class == SMTP_DEFERRED ? "4.3.0" : "5.7.1");
	snprintf(answer.text, sizeof(answer.text), "smtp-auth: %s", why);
	for (size_t i = 0; i < m->rcpt_n; i++) {
		m->rcpt[i].class = class;
		m->rcpt[i].at = SMTP_AT_MAIL;
		m->rcpt[i].answer = answer;
		m->rcpt[i].asked = m->rcpt[i].accepted = false;
		m->rcpt[i].dsn_passed_on = false;
	}
	m->answered = true; /* by us */
	l->refused = m;
	timer_set(l->tell, 0);
}

static void mailbox_link_send(struct link *base, struct smtp_mail *m)
{
	struct mailbox_link *l = (struct mailbox_link *)base;
	enum smtp_class class;
	const char *why = judge(l, m, &class);

	if (why)
		refuse(l, m, class, why);
	else
		smtp_link_send(base, m);
}

/* ---- life ------------------------------------------------------------------- */

static struct link *mailbox_link_open(struct hop *base, const char *route)
{
	struct mailbox_link *l = NEW(struct mailbox_link);
	char *name = arena_strdup(&l->arena, route);

	l->is_named = addr_parse(str_of(name), true, false, &l->arena,
				 &l->mailbox, NULL);
	l->ahead.head = BUF_MAX(HEAD_MAX);
	l->smtp.find = find;
	smtp_link_init(&l->smtp, (struct smtp_hop *)base);
	l->tell = timer_new(l->smtp.hop->loop, on_tell, l);
	return &l->smtp.base;
}

static void mailbox_link_end(struct link *base)
{
	struct mailbox_link *l = (struct mailbox_link *)base;

	resolve_cancel(&l->query);
	timer_free(&l->tell);
	smtp_link_release(&l->smtp);
	buf_release(&l->ahead.head);
	arena_release(&l->arena);
	mem_free(l);
}

const struct provider provider_smtp_auth = {
	.name = "smtp-auth",
	.hop_new = mailbox_hop_new,
	.hop_end = mailbox_hop_end,
	.hop_bears = mailbox_hop_bears,
	.link_open = mailbox_link_open,
	.link_send = mailbox_link_send,
	.link_end = mailbox_link_end,
	.link_tls = smtp_link_tls,
	.link_caps = smtp_link_caps,
};
