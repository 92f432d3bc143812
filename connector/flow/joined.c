/* joined.c - which mails are one, whose recipients came split over several
 * transactions; pure.
 */
#include "connector/flow/flow_int.h"

static bool has_rcpt(const struct store_found *found, struct str key)
{
	for (size_t k = 0; k < found->rcpt_n; k++)
		if (str_eq(found->rcpt[k].key, key))
			return true;
	return false;
}

/* Came back, or says so: nobody's copy, somebody has to look at it. */
static bool is_stray(const struct store_message *m)
{
	return str_is(m->reason, "loop");
}

/* Of another envelope sender it is a redirected mail: the same bytes, but what
 * is done to the first was not asked for it. */
bool copy_joined(const struct store_found *one, const struct store_found *other)
{
	const struct store_message *a = &one->message, *b = &other->message;
	int64_t apart = a->accepted_us - b->accepted_us;

	if (a->id == b->id || b->kind != MESSAGE_MAIL || is_stray(a) ||
	    is_stray(b) || !str_eq(a->from, b->from) ||
	    memcmp(a->digest, b->digest, SHA256_LEN) != 0 ||
	    apart >= JOIN_MOST_US || -apart >= JOIN_MOST_US)
		return false;
	for (size_t k = 0; k < one->rcpt_n; k++)
		if (has_rcpt(other, one->rcpt[k].key))
			return false; /* the sender's resend */
	return true;
}
