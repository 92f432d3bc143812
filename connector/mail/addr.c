/* addr.c - mailboxes and domains by RFC 5321 4.1.2; see addr.h. */
#include "connector/mail/addr.h"
#include "connector/base/limits.h"
#include "connector/base/utf8.h"
#include "connector/mail/idn.h"

#define LABEL_MAX 63

static bool bad(struct err *e, const char *why)
{
	return err_set(e, ERR_PERMANENT, 0, "bad address: %s", why);
}

/* RFC 5322 3.2.3 atext, with RFC 6531 3.3 UTF-8. */
static bool is_atext(unsigned char c, bool utf8)
{
	return ascii_alnum((char)c) ||
	       (c && c < 0x80 && strchr("!#$%&'*+-/=?^_`{|}~", c)) ||
	       (c >= 0x80 && utf8);
}

/* RFC 5321 4.1.2 Dot-string, but dots may stand anywhere: Japan's mobile
 * carriers gave out addresses such as a..b@ and a.@ for years, people still
 * use them, and the big providers carry them unquoted. */
static bool dot_string_ok(struct str s, bool utf8)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c != '.' && !is_atext(c, utf8))
			return false;
	}
	return s.n > 0;
}

/* Length of the quoted string at the start of s with its quotes, or 0. */
static size_t quoted_length(struct str s, bool utf8)
{
	for (size_t i = 1; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '"')
			return i + 1;
		if (c == '\\') {
			if (++i == s.n)
				return 0;
			c = (unsigned char)s.p[i];
			if (c >= 0x80)
				return 0;
		}
		if (c < 0x20 || c == 0x7f || (c >= 0x80 && !utf8))
			return 0;
	}
	return 0;
}

static bool label_ok(struct str l)
{
	if (l.n == 0 || l.n > LABEL_MAX || l.p[0] == '-' || l.p[l.n - 1] == '-')
		return false;
	for (size_t i = 0; i < l.n; i++)
		if (!ascii_alnum(l.p[i]) && l.p[i] != '-')
			return false;
	return true;
}

static struct str lower_copy(struct arena *a, struct str s)
{
	char *p = arena_strndup(a, s.p, s.n);

	for (size_t i = 0; i < s.n; i++)
		p[i] = ascii_lower(p[i]);
	return str_n(p, s.n);
}

bool domain_key(struct str domain, struct arena *a, struct str *key_r,
		struct err *e)
{
	struct str rest, label, name = domain;

	if (name.n && name.p[name.n - 1] == '.')
		name.n--;
	if (name.n == 0)
		return bad(e, "empty domain");
	if (name.n > SMTP_DOMAIN_MAX)
		return bad(e, "domain too long");
	if (!str_is_ascii(name)) {
		if (!utf8_valid(name) || str_has_control(name))
			return bad(e, "domain is not UTF-8");
		TRY(idn_to_ascii(name, a, &name, e));
	}
	rest = name;
	while (str_split(&rest, '.', &label))
		if (!label_ok(label))
			return bad(e, "domain has a bad label");
	if (name.n == 0 || name.n > SMTP_DOMAIN_MAX ||
	    name.p[name.n - 1] == '.')
		return bad(e, "bad domain");
	*key_r = lower_copy(a, name);
	return true;
}

/* RFC 5321 4.1.3: "[192.0.2.1]", "[IPv6:...]"; only its characters. */
static bool literal_key(struct str d, struct arena *a, struct str *key_r,
			struct err *e)
{
	if (d.n < 4 || d.p[d.n - 1] != ']' || d.n > SMTP_DOMAIN_MAX)
		return bad(e, "bad address literal");
	for (size_t i = 1; i < d.n - 1; i++)
		if (!ascii_alnum(d.p[i]) && !memchr(".:-", d.p[i], 3))
			return bad(e, "bad address literal");
	*key_r = lower_copy(a, d);
	return true;
}

/* Local part as compared: quotes only where they are needed, lower case. */
static struct str local_key(struct str local, bool utf8, struct arena *a)
{
	char *p;
	size_t n = 0;
	struct str plain;

	if (local.n == 0 || local.p[0] != '"')
		return lower_copy(a, local);
	p = arena_alloc(a, local.n * 2 + 2);
	for (size_t i = 1; i + 1 < local.n; i++) {
		if (local.p[i] == '\\')
			i++;
		p[n++] = ascii_lower(local.p[i]);
	}
	plain = str_n(p, n);
	if (dot_string_ok(plain, utf8))
		return plain;
	p = arena_alloc(a, n * 2 + 2);
	local.n = 0;
	p[local.n++] = '"';
	for (size_t i = 0; i < n; i++) {
		if (plain.p[i] == '"' || plain.p[i] == '\\')
			p[local.n++] = '\\';
		p[local.n++] = plain.p[i];
	}
	p[local.n++] = '"';
	return str_n(p, local.n);
}

static bool local_split(struct str s, bool utf8, struct addr *r, struct err *e)
{
	size_t n;

	if (s.n && s.p[0] == '"') {
		n = quoted_length(s, utf8);
		if (n == 0 || n >= s.n || s.p[n] != '@')
			return bad(e, "bad quoted local part");
	} else {
		ptrdiff_t at = str_chr(s, '@');

		if (at <= 0)
			return bad(e, at ? "no @" : "empty local part");
		n = (size_t)at;
		if (!dot_string_ok(str_head(s, n), utf8))
			return bad(e, "bad local part");
	}
	if (n > SMTP_LOCAL_MAX)
		return bad(e, "local part too long");
	r->local = str_head(s, n);
	r->domain = str_skip(s, n + 1);
	return true;
}

bool addr_parse(struct str s, bool utf8, bool literals, struct arena *a,
		struct addr *addr_r, struct err *e)
{
	struct addr r = {.text = s};
	struct str local;
	char *key;

	if (s.n == 0 || s.n > SMTP_ADDRESS_MAX)
		return bad(e, s.n ? "too long" : "empty");
	if (!str_is_ascii(s) && (!utf8 || !utf8_valid(s)))
		return bad(e, utf8 ? "not UTF-8" : "8-bit without SMTPUTF8");
	TRY(local_split(s, utf8, &r, e));
	if (r.domain.n && r.domain.p[0] == '[') {
		if (!literals)
			return bad(e, "address literals are not taken");
		TRY(literal_key(r.domain, a, &r.key_domain, e));
	} else {
		TRY(domain_key(r.domain, a, &r.key_domain, e));
	}
	local = local_key(r.local, utf8, a);
	key = arena_alloc(a, local.n + 1 + r.key_domain.n + 1);
	memcpy(key, local.p, local.n);
	key[local.n] = '@';
	memcpy(key + local.n + 1, r.key_domain.p, r.key_domain.n);
	r.key = str_n(key, local.n + 1 + r.key_domain.n);
	r.key_domain = str_skip(r.key, local.n + 1);
	*addr_r = r;
	return true;
}

bool addr_routes_on(struct str address)
{
	ptrdiff_t at = str_rchr(address, '@');
	struct str local = str_head(address, at < 0 ? 0 : (size_t)at);

	for (size_t i = 0; i < local.n; i++)
		if (memchr("%!@", local.p[i], 3))
			return true;
	return str_find(local, STR("=?")) >= 0;
}

bool addr_same(const struct addr *a, const struct addr *b)
{
	return str_eq(a->key, b->key);
}

bool addr_pattern_parse(struct str s, struct arena *a, struct addr_pattern *p_r,
			struct err *e)
{
	struct addr addr;

	s = str_trim(s);
	p_r->key = STR_EMPTY;
	if (str_is(s, "*")) {
		p_r->kind = ADDR_ALL;
		return true;
	}
	if (str_starts(s, STR("*@"))) {
		p_r->kind = ADDR_DOMAIN;
		return domain_key(str_skip(s, 2), a, &p_r->key, e);
	}
	if (str_starts(s, STR("*.")) && str_chr(s, '@') < 0) {
		p_r->kind = ADDR_BELOW;
		return domain_key(str_skip(s, 2), a, &p_r->key, e);
	}
	if (str_chr(s, '@') < 0) {
		p_r->kind = ADDR_DOMAIN;
		return domain_key(s, a, &p_r->key, e);
	}
	TRY(addr_parse(arena_str(a, s), true, true, a, &addr, e));
	p_r->kind = ADDR_EXACT;
	p_r->key = addr.key;
	return true;
}

bool addr_pattern_has(const struct addr_pattern *p, const struct addr *addr)
{
	struct str d = addr->key_domain;

	switch (p->kind) {
	case ADDR_EXACT:
		return str_eq(p->key, addr->key);
	case ADDR_DOMAIN:
		return str_eq(p->key, d);
	case ADDR_BELOW:
		return d.n > p->key.n + 1 && str_ends(d, p->key) &&
		       d.p[d.n - p->key.n - 1] == '.';
	case ADDR_ALL:
		return true;
	}
	return false;
}

size_t domain_fit(const char *const *list, size_t n, struct str domain)
{
	size_t best = 0;

	for (size_t i = 0; domain.n && i < n; i++) {
		struct str d = str_of(list[i]);

		if (str_eq_ci(d, domain))
			return SIZE_MAX;
		if (!str_starts(d, STR("*.")))
			continue;
		d = str_skip(d, 1);
		if (domain.n > d.n && str_ends_ci(domain, d))
			best = MAX_OF(best, d.n);
	}
	return best;
}
