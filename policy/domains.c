/* domains.c - the section `domains`: who is inside, affiliated, outside.
 *
 * The most specific entry wins; without the section the tenants' own domains
 * are inside.
 */
#include "connector/base/limits.h"
#include "policy/policy_int.h"

static const char *const CLASSES[] = {"internal", "affiliated", "external"};

const char *recipient_class_name(enum recipient_class c)
{
	return CLASSES[c];
}

static void add_domain(struct loader *l, struct str text,
		       const struct conf_node *at, enum recipient_class c)
{
	struct addr_pattern p;
	struct err e = ERR_EMPTY;
	void *old;

	if (!addr_pattern_parse(text, l->a, &p, &e)) {
		conf_error(l->errs, at,
			   "「" STR_FMT "」はドメインでもアドレスでも"
			   "ありません。",
			   "`" STR_FMT "` is no domain, address or pattern",
			   STR_ARG(conf_word(text)));
		return;
	}
	old = addr_map_put(&l->p->classes, &p, class_value(c));
	if (old && old != class_value(c))
		conf_error(l->errs, at,
			   "「" STR_FMT "」が2つの区分にあります。",
			   "`" STR_FMT "` stands in two classes",
			   STR_ARG(conf_word(text)));
}

static void domains_class(struct loader *l, const struct conf_node *n,
			  enum recipient_class c)
{
	if (n->kind == CONF_SCALAR)
		add_domain(l, n->text, n, c);
	else if (n->kind == CONF_MAP)
		want_scalar(l, n);
	for (size_t i = 0; n->kind == CONF_LIST && i < n->n; i++)
		if (want_scalar(l, n->item[i]))
			add_domain(l, n->item[i]->text, n->item[i], c);
}

static void internal(struct loader *l, const struct conf_node *n, void *to)
{
	(void)to;
	domains_class(l, n, RCPT_INTERNAL);
}

static void affiliated(struct loader *l, const struct conf_node *n, void *to)
{
	(void)to;
	domains_class(l, n, RCPT_AFFILIATED);
}

static void external(struct loader *l, const struct conf_node *n, void *to)
{
	(void)to;
	domains_class(l, n, RCPT_EXTERNAL);
}

void domains_parse(struct loader *l)
{
	static const struct key ROWS[] = {{"internal", internal},
					  {"affiliated", affiliated},
					  {"external", external}};
	bool any = false;

	VEC_EACH (root, &l->roots) {
		const struct conf_node *n = conf_get(*root, "domains");

		if (!n || !want_map(l, n))
			continue;
		any = true;
		keys_parse(l, n, ROWS, ARRAY_LEN(ROWS), NULL);
	}
	for (size_t i = 0; !any && i < l->src->internal_n; i++)
		add_domain(l, str_of(l->src->internal[i]), NULL, RCPT_INTERNAL);
	if (!any && !l->src->internal_n && l->roots.n && !l->errs->errors)
		conf_warning(
			l->errs, l->roots.v[l->roots.n - 1],
			"domains がないので、宛先はすべて社外とみなします。"
			"domains: {internal: [自社のドメイン]} を書いて"
			"ください。",
			"without `domains` every recipient is external; write "
			"`domains: {internal: [your.domain]}`");
}

static enum recipient_class class_of(void *v)
{
	return v ? (enum recipient_class)((uintptr_t)v - 1) : RCPT_EXTERNAL;
}

/* "list+tag@" reaches the same as "list@", which has an entry of its own. */
static bool tag_of_external(const struct policy *p, const struct addr *addr,
			    struct str local)
{
	char text[SMTP_ADDRESS_MAX];
	struct str domain = str_skip(addr->key, local.n); /* with its @ */
	ptrdiff_t plus = str_chr(local, '+');
	void *v;

	if (plus <= 0 || addr->key.n > sizeof(text))
		return false;
	memcpy(text, local.p, (size_t)plus);
	memcpy(text + plus, domain.p, domain.n);
	v = map_get(&p->classes.exact, str_n(text, (size_t)plus + domain.n));
	return v && class_of(v) == RCPT_EXTERNAL;
}

enum recipient_class policy_class(const struct policy *p,
				  const struct addr *addr)
{
	enum recipient_class c = class_of(addr_map_get(&p->classes, addr));
	struct str local;

	/* Outside is outside; and what somebody wrote out is as he wrote. */
	if (c == RCPT_EXTERNAL || addr->key.n <= addr->key_domain.n ||
	    map_get(&p->classes.exact, addr->key))
		return c;
	local = str_head(addr->key, addr->key.n - addr->key_domain.n - 1);
	return addr_routes_on(addr->key) || tag_of_external(p, addr, local)
		       ? RCPT_EXTERNAL
		       : c;
}

enum recipient_class policy_recipient_class(const struct policy *p,
					    struct str address)
{
	struct arena a = ARENA_EMPTY;
	enum recipient_class c;
	struct addr addr;

	addr_lenient(address, &a, &addr);
	c = policy_class(p, &addr);
	arena_release(&a);
	return c;
}
