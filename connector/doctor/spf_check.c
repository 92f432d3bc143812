/* spf_check.c - does SPF allow the way out, and whom else? */
#include "connector/doctor/doctor_int.h"

#define SPF_M365   "spf.protection.outlook.com"
#define SPF_GOOGLE "_spf.google.com"
#define OTHERS_MAX (32 * KIB)

/* The include that the way out needs; NULL: our own addresses. */
static const char *needed_include(const struct tenant_conf *t)
{
	if (strcmp(t->deliver.via, "direct") == 0)
		return NULL;
	if (t->kind == KIND_M365 || t->deliver.login.kind == LOGIN_ENTRA)
		return SPF_M365;
	if (t->kind == KIND_GOOGLE || t->deliver.login.kind == LOGIN_GOOGLE)
		return SPF_GOOGLE;
	return "";
}

static bool has_include(const struct spf *s, const char *name)
{
	for (size_t i = 0; i < s->name_n; i++)
		if (str_is_ci(str_of(s->name[i]), name))
			return true;
	return false;
}

static bool network_in(const struct cidr *inner, const struct cidr *outer)
{
	unsigned whole = outer->bits / 8, rest = outer->bits % 8;

	if (inner->bits < outer->bits ||
	    memcmp(inner->addr, outer->addr, whole) != 0)
		return false;
	return rest == 0 ||
	       ((inner->addr[whole] ^ outer->addr[whole]) >> (8 - rest)) == 0;
}

static bool covers_own(const struct doctor *d, const struct spf *s)
{
	const struct cidrs *own = &d->c.config->addresses;

	for (size_t i = 0; i < own->n; i++) {
		bool found = false;

		for (size_t k = 0; k < s->network_n; k++)
			found = found || network_in(&own->v[i], &s->network[k]);
		if (!found)
			return false;
	}
	return true;
}

/* What is missing from SPF; NULL: nothing. */
static const char *missing(struct doctor *d, const struct tenant_conf *t,
			   const struct spf *s)
{
	const char *need = needed_include(t);

	if (!need)
		return covers_own(d, s) ? NULL : "ip4/ip6";
	return need[0] == '\0' || has_include(s, need)
		       ? NULL
		       : arena_printf(&d->arena, "include:%s", need);
}

static void say_spf_way(struct doctor *d, const struct tenant_conf *t,
			const char *domain, const struct spf *s)
{
	const char *lacks = missing(d, t, s);

	if (!needed_include(t) && d->c.config->addresses.n == 0)
		doctor_say(d, DOCTOR_NOTE,
			   "設定の addresses に外から見たアドレスを書くと、SPF "
			   "を確かめられます。",
			   "write our public addresses under `addresses`, and "
			   "SPF can be checked",
			   "%s: 私たちのアドレスがわかりません",
			   "%s: our own addresses are not known", domain);
	else if (lacks && s->macros)
		doctor_say(d, DOCTOR_NOTE,
			   "試しのメールを送り、受け手の "
			   "Authentication-Results を見てください。",
			   "send a mail and see Authentication-Results where "
			   "it arrives",
			   "%s の SPF はマクロを使い、ここでは判断できません",
			   "%s: SPF uses macros and cannot be judged from here",
			   domain);
	else if (lacks)
		doctor_say(d, DOCTOR_BAD,
			   "それを SPF に加えてください(sekisho setup --dns)。",
			   "add it to SPF (`sekisho setup --dns`)",
			   "%s の SPF はこの出口を許していません(%s がない)",
			   "%s: SPF does not allow this way out (no %s)",
			   domain, lacks);
	else if (needed_include(t) && needed_include(t)[0] == '\0')
		doctor_say(d, DOCTOR_FINE, NULL, NULL,
			   "%s の SPF は正しい形です(出口はそのサーバーです)",
			   "%s: SPF is in order; your own server is the way "
			   "out",
			   domain);
	else
		doctor_say(d, DOCTOR_FINE, NULL, NULL,
			   "%s の SPF はこの出口を許しています",
			   "%s: SPF allows this way out", domain);
}

/* False: receivers take the record for broken. */
static bool say_spf_form(struct doctor *d, const char *domain,
			 const struct spf *s)
{
	if (s->records != 1)
		doctor_say(d, DOCTOR_BAD,
			   "v=spf1 で始まる TXT をちょうど1つにしてください。",
			   "there must be one TXT record with v=spf1",
			   "%s に SPF が %zu 個あります",
			   "%s has %zu SPF records", domain, s->records);
	else if (s->lookups > SPF_LOOKUPS_MAX)
		doctor_say(d, DOCTOR_BAD,
			   "include を減らすか、ip4: に置き換えてください。",
			   "drop includes, or write ip4: in their place (RFC "
			   "7208 4.6.4)",
			   "%s の SPF の検索が %d 回を超え、無効とみなされます",
			   "%s: SPF needs more than %d look-ups: receivers "
			   "take it for broken",
			   domain, SPF_LOOKUPS_MAX);
	else if (s->broken)
		doctor_say(d, DOCTOR_BAD,
			   "書き方と include の先を直してください。",
			   "mend its syntax and what it includes",
			   "%s の SPF か include の先が壊れています",
			   "%s: SPF, or a record that it includes, is broken",
			   domain);
	else
		return true;
	return false;
}

static void spf_of(struct doctor *d, const struct tenant_conf *t,
		   const char *domain)
{
	struct spf *s = ARENA_NEW(&d->arena, struct spf);

	spf_read(d, domain, s);
	if (dns_failed(s->class) || s->trouble) {
		doctor_say(d, DOCTOR_WARN, "DNS を確かめてください。",
			   "look into the DNS", "%s の SPF を読めません",
			   "%s: SPF cannot be read", domain);
		return;
	}
	if (!say_spf_form(d, domain, s))
		return;
	if (s->all == '+')
		doctor_say(d, DOCTOR_BAD, "-all か ~all にしてください。",
			   "make it -all or ~all",
			   "%s の SPF は全世界に送信を許しています(+all)",
			   "%s: SPF lets all the world send (+all)", domain);
	say_spf_way(d, t, domain, s);
}

void check_spf(struct doctor *d, const struct tenant_conf *t)
{
	for (size_t i = 0; i < t->domains.n; i++)
		if (t->domains.v[i][0] != '*')
			spf_of(d, t, t->domains.v[i]);
}

/* Who else may send for the domain without passing here? */
static void round_of(struct doctor *d, const struct tenant_conf *t,
		     const char *domain)
{
	const char *need = needed_include(t);
	AUTO(buf) others = BUF_MAX(OTHERS_MAX);
	struct spf *s = ARENA_NEW(&d->arena, struct spf);

	spf_read(d, domain, s);
	for (size_t k = 0; k < s->include_n; k++)
		if (!need || !str_is_ci(str_of(s->include[k]), need))
			buf_printf(&others, " %s", s->include[k]);
	if (others.n)
		doctor_say(d, DOCTOR_NOTE,
			   "関所を通らずに送れる道です。要らなければ SPF から"
			   "外してください。",
			   "they may send without passing the gate; drop from "
			   "SPF what is not needed",
			   "%s の SPF はほかの送り手も許しています:%s",
			   "%s: SPF allows other senders too:%s", domain,
			   buf_cstr(&others));
}

void check_round(struct doctor *d, const struct tenant_conf *t)
{
	for (size_t i = 0; i < t->domains.n; i++)
		if (t->domains.v[i][0] != '*')
			round_of(d, t, t->domains.v[i]);
}
