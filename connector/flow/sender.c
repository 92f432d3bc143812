/* sender.c - who logged in writes as himself: the one mailbox of the one From
 * field is an address of the login (RFC 6409 6.1, 8.1).  The envelope's sender
 * was judged when it was said.
 */
#include "auth/login.h"
#include "connector/flow/flow_int.h"

static bool is_own(const struct flow_session *s, const struct header_scan *scan)
{
	struct arena a = ARENA_EMPTY;
	struct addr from;
	struct str text;
	bool own;

	if (scan->from_count != 1 || scan->from_domain.n == 0)
		return false;
	text = str_of(arena_printf(&a, STR_FMT "@" STR_FMT,
				   STR_ARG(scan->from_local),
				   STR_ARG(scan->from_domain)));
	own = addr_parse(text, true, false, &a, &from, NULL) &&
	      login_may_send_as(s->login_address, s->login_address_n, from.key);
	arena_release(&a);
	return own;
}

bool sender_is_own(struct judged *j, const struct flow_session *s,
		   struct str head, struct err *e)
{
	struct header_scan scan;

	if (!s->login)
		return true;
	header_scan(head, j->f->c.config->hostname, &scan);
	if (is_own(s, &scan))
		return true;
	LOG(&j->log, LOG_INFO, "from-of-another", LSTR("login", s->login_name),
	    LSTR("domain", scan.from_domain));
	return err_set(e, ERR_DENIED, FLOW_NOT_OWN,
		       "the From header is no address of this login");
}
