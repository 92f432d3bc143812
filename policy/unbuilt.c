/* unbuilt.c - what a plan asks for that nobody carries out yet.
 *
 * Such a plan is shown like any other, and never carried out in part: the
 * daemon takes no such mail, or holds it for an admin.
 */
#include "policy/policy_int.h"

static const struct {
	const char *name, *ja, *en;
} WORDS[UNBUILT_N] = {
	{"zip", "添付のZIP暗号化", "ZIP encryption of attachments"},
	{"link", "受け取りページ", "download page"},
	{"by-tls", "通信の守りによる切り替え",
	 "choice by transport protection"},
	{"password", "パスワードの通知", "password notices"},
	{"sign", "S/MIME の署名", "S/MIME signature"},
	{"encrypt", "S/MIME の暗号化", "S/MIME encryption"},
	{"approval", "承認", "approval"},
};

const char *unbuilt_name(unsigned bit_index)
{
	return WORDS[bit_index].name;
}

void unbuilt_text(unsigned bits, const char *language, struct buf *out)
{
	bool ja = strcmp(language, "ja") == 0, first = true;

	for (unsigned i = 0; i < UNBUILT_N; i++) {
		if (!(bits >> i & 1))
			continue;
		if (!first)
			buf_puts(out, ja ? "、" : ", ");
		buf_puts(out, ja ? WORDS[i].ja : WORDS[i].en);
		first = false;
	}
}

static unsigned of_ways(unsigned used)
{
	unsigned bits = 0;

	if (used >> WAY_ZIP & 1)
		bits |= UNBUILT_ZIP;
	if (used >> WAY_LINK & 1)
		bits |= UNBUILT_LINK;
	return bits;
}

static void say_so(struct deciding *d, struct plan_rcpt *r)
{
	AUTO(buf) ja = BUF_MAX(1024);
	AUTO(buf) en = BUF_MAX(1024);

	buf_puts(&en, "What the rules ask for cannot be done yet, so an admin "
		      "has to look: ");
	unbuilt_text(r->unbuilt, "ja", &ja);
	unbuilt_text(r->unbuilt, "en", &en);
	buf_puts(&ja, "はまだできないため、管理者が確かめます。");
	buf_putc(&en, '.');
	reason_add(d, r,
		   (struct plan_reason){arena_say(d->q.a, &ja),
					arena_say(d->q.a, &en)});
}

void decide_unbuilt(struct deciding *d, size_t at)
{
	struct plan_rcpt *r = &d->plan->rcpt[at];

	r->unbuilt = of_ways(ways_used(r));
	if (r->ways.by_tls)
		r->unbuilt |= UNBUILT_BY_TLS;
	if (r->password.set && r->password.make != PASSWORD_NONE)
		r->unbuilt |= UNBUILT_PASSWORD;
	if (r->sign)
		r->unbuilt |= UNBUILT_SIGN;
	if (r->encrypt)
		r->unbuilt |= UNBUILT_ENCRYPT;
	/* Doubt that asks for approval is an admin's by its own right. */
	for (size_t i = 0; i < r->gate_n; i++)
		if (r->gate[i].kind == GATE_APPROVE && r->gate[i].rule.n)
			r->unbuilt |= UNBUILT_APPROVAL;
	d->plan->unbuilt |= r->unbuilt;
	if (r->unbuilt)
		say_so(d, r);
}

static unsigned ways_unbuilt(const struct do_ways *w)
{
	if (!w->set || w->way == DO_ATTACH)
		return 0;
	if (w->way == DO_ZIP)
		return UNBUILT_ZIP;
	if (w->way == DO_LINK)
		return UNBUILT_LINK;
	if (w->way == DO_BY_TLS)
		return UNBUILT_BY_TLS | of_ways(1u << w->then | 1u << w->other);
	return UNBUILT_ZIP | UNBUILT_LINK;
}

unsigned policy_unbuilt(const struct policy *p)
{
	unsigned bits = 0;

	for (size_t i = 0; i < p->rules.n; i++) {
		const struct actions *a = &p->rules.v[i].act;

		if (p->rules.v[i].mode != RULE_ENFORCE)
			continue;
		bits |= ways_unbuilt(&a->ways);
		if (a->password.set)
			bits |= UNBUILT_PASSWORD;
		if (a->sign)
			bits |= UNBUILT_SIGN;
		if (a->encrypt)
			bits |= UNBUILT_ENCRYPT;
		if (a->approve.set)
			bits |= UNBUILT_APPROVAL;
	}
	return bits;
}
