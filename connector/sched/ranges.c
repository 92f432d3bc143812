/* ranges.c - readers of published lists; see ranges_int.h. Bytes from outside. */
#include "connector/sched/ranges_int.h"
#include "connector/base/json.h"
#include "connector/base/rd.h"

#define EXCHANGE_SMTP_SET 10
#define MAPPED_BITS	  96
#define V4_LEAST	  8 /* bits of the widest network that is believed */
#define V6_LEAST	  20

static bool add(struct ranges *to, struct str text, struct err *e)
{
	struct cidr c = {.bits = 0};

	if (to->n == RANGES_MOST)
		return err_set(e, ERR_LIMIT, 0, "more than %d networks",
			       RANGES_MOST);
	TRY(cidr_parse(text, &c, e));
	vec_push(to, c);
	return true;
}

bool ranges_plausible(const struct ranges *r, struct err *e)
{
	size_t v4 = 0;

	for (size_t i = 0; i < r->n; i++) {
		bool four = cidr_is_v4(&r->v[i]);

		if (r->v[i].bits < (four ? MAPPED_BITS + V4_LEAST : V6_LEAST))
			return err_set(e, ERR_PERMANENT, 0,
				       "a network is too wide to be a cloud's");
		v4 += four;
	}
	if (v4 == 0 || v4 == r->n)
		return err_set(e, ERR_PERMANENT, 0,
			       "no networks of IPv4, or none of IPv6");
	return true;
}

/* ---- Microsoft 365 ------------------------------------------------------------- */

static bool read_set(const struct json *set, struct ranges *to, struct err *e)
{
	const struct json *ips = json_get(set, "ips");
	const struct json *one;

	if (!ips || json_type(ips) != JSON_ARRAY || json_size(ips) == 0)
		return err_set(e, ERR_PERMANENT, 0, "set %d has no ips",
			       EXCHANGE_SMTP_SET);
	for (one = json_at(ips, 0); one; one = json_next(one)) {
		if (json_type(one) != JSON_STRING)
			return err_set(e, ERR_PERMANENT, 0,
				       "an address is no text");
		TRY(add(to, str_of(json_cstr(one, "")), e));
	}
	return true;
}

static bool read_list(const struct json *list, struct ranges *to, struct err *e)
{
	const struct json *set, *found = NULL;

	if (json_type(list) != JSON_ARRAY || json_size(list) == 0)
		return err_set(e, ERR_PERMANENT, 0, "no list of endpoint sets");
	for (set = json_at(list, 0); set; set = json_next(set)) {
		if (json_type(set) != JSON_OBJECT ||
		    json_get_int(set, "id", 0) != EXCHANGE_SMTP_SET)
			continue;
		if (found)
			return err_set(e, ERR_PERMANENT, 0, "two sets %d",
				       EXCHANGE_SMTP_SET);
		found = set;
	}
	if (!found)
		return err_set(e, ERR_PERMANENT, 0, "no endpoint set %d",
			       EXCHANGE_SMTP_SET);
	return read_set(found, to, e);
}

bool ranges_read_endpoints(struct str json, struct ranges *to, struct err *e)
{
	struct json *list;
	bool ok;

	if (json.n > RANGES_BYTES_MOST)
		return err_set(e, ERR_LIMIT, 0, "the list is too long");
	list = json_parse(json, e);
	TRY(list != NULL);
	ok = read_list(list, to, e);
	json_free(&list);
	return ok;
}

/* ---- SPF --------------------------------------------------------------------------- */

static bool is_name(struct str s)
{
	if (s.n == 0 || s.n > 253)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_alnum(s.p[i]) && !strchr("-_.", s.p[i]))
			return false;
	return true;
}

static bool read_term(struct str term, struct ranges *to,
		      struct str include_r[RANGES_NAMES_MOST], size_t *n_r,
		      struct err *e)
{
	static const struct str ends[] = {STR("-all"), STR("~all"),
					  STR("?all")};

	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (str_eq_ci(term, ends[i]))
			return true;
	if (str_starts(term, STR("+")))
		term = str_skip(term, 1);
	if (str_starts_ci(term, STR("ip4:")) ||
	    str_starts_ci(term, STR("ip6:")))
		return add(to, str_skip(term, 4), e);
	if (str_starts_ci(term, STR("include:")) && *n_r < RANGES_NAMES_MOST &&
	    is_name(str_skip(term, 8))) {
		include_r[(*n_r)++] = str_skip(term, 8);
		return true;
	}
	/* "all", a, mx, exists, redirect, macros: not a list of networks. */
	return err_set(e, ERR_PERMANENT, 0, "\"%.*s\" is not understood",
		       (int)MIN_OF(term.n, (size_t)40), term.p);
}

bool ranges_read_spf(struct str txt, struct ranges *to,
		     struct str include_r[RANGES_NAMES_MOST], size_t *n_r,
		     struct err *e)
{
	struct str rest = txt, term;

	*n_r = 0;
	if (!str_is_ascii(txt) || str_has_control(txt) ||
	    !str_split(&rest, ' ', &term) || !str_is_ci(term, "v=spf1"))
		return err_set(e, ERR_PERMANENT, 0, "no SPF record");
	while (str_split(&rest, ' ', &term))
		if (term.n)
			TRY(read_term(term, to, include_r, n_r, e));
	return true;
}
