/* plan_rcpt_json.c - one recipient of a plan as JSON. */
#include "policy/plan_int.h"

void plan_add_text(struct json *o, const char *key, struct plan_reason r)
{
	struct json *t = json_add_object(o, key);

	json_add_str(t, "ja", r.ja);
	json_add_str(t, "en", r.en);
}

void plan_add_strs(struct json *o, const char *key, const struct str *v,
		   size_t n)
{
	struct json *a = json_add_array(o, key);

	for (size_t i = 0; i < n; i++)
		json_add_str(a, NULL, v[i]);
}

void plan_add_or_null(struct json *o, const char *key, struct str s)
{
	if (s.n)
		json_add_str(o, key, s);
	else
		json_add_null(o, key);
}

static void add_moment(struct json *o, const char *key, const struct tz *tz,
		       int64_t at_us)
{
	AUTO(buf) b = BUF_MAX(64);

	if (!at_us) {
		json_add_null(o, key);
		return;
	}
	time_put_rfc3339(&b, tz, at_us);
	json_add_str(o, key, buf_str(&b));
}

static void add_int_or_null(struct json *o, const char *key, int64_t v)
{
	if (v)
		json_add_int(o, key, v);
	else
		json_add_null(o, key);
}

/* ---- gates ---- */

/* What waits for somebody else has no end of its own. */
static bool has_end(const struct gate *g)
{
	return g->then != THEN_WAIT || str_is(g->by, "sender");
}

static void add_approval(struct json *o, const struct gate *g,
			 const struct tz *tz)
{
	plan_add_strs(o, "who", g->who, g->who_n);
	json_add_int(o, "need", g->need ? g->need : 1);
	json_add_bool(o, "self", g->self);
	if (g->within.ja.n)
		plan_add_text(o, "within", g->within);
	if (g->remind)
		add_moment(o, "remind", tz, g->remind_us);
}

static void add_choice(struct json *o, const struct gate *g)
{
	struct json *u = json_add_object(o, "user"), *list;

	list = json_add_array(u, "for-seconds");
	json_add_int(list, NULL, g->user_lo_us / US_PER_S);
	json_add_int(list, NULL, g->user_hi_us / US_PER_S);
	list = json_add_array(u, "then");
	for (int t = THEN_SEND; t <= THEN_WAIT; t++)
		if (g->user_then >> t & 1)
			json_add_cstr(list, NULL,
				      gate_then_name((enum gate_then)t));
}

static void add_gate(struct json *gates, const struct plan_rcpt *r, size_t i,
		     const struct tz *tz)
{
	const struct gate *g = &r->gate[i];
	struct json *o = json_add_object(gates, NULL);

	json_add_cstr(o, "kind", gate_kind_name(g->kind));
	add_moment(o, "until", tz, gate_until(r->gate, i));
	add_int_or_null(o, "for-seconds", g->for_us / US_PER_S);
	add_int_or_null(o, "stage", g->stage);
	if (has_end(g))
		json_add_cstr(o, "then", gate_then_name(g->then));
	else
		json_add_null(o, "then");
	json_add_str(o, "by", g->by);
	if (g->kind == GATE_APPROVE)
		add_approval(o, g, tz);
	if (g->urgent.n) {
		json_add_str(o, "urgent", g->urgent);
		plan_add_strs(o, "who", g->who, g->who_n);
	}
	if (g->doubt.n)
		json_add_str(o, "doubt", g->doubt);
	if (g->rule.n)
		json_add_str(o, "rule", g->rule);
	if (g->own)
		json_add_bool(o, "own", true);
	if (g->user)
		add_choice(o, g);
}

/* ---- attachments and passwords ---- */

static void add_files(struct json *o, const struct plan_rcpt *r)
{
	struct json *list = json_add_array(o, "attachments");

	for (size_t i = 0; i < r->file_n; i++) {
		const struct plan_file *f = &r->file[i];
		struct json *a = json_add_object(list, NULL);

		json_add_str(a, "name", f->name);
		json_add_cstr(a, "way", way_name(f->way));
		if (f->way_tls != f->way)
			json_add_cstr(a, "way-if-protected",
				      way_name(f->way_tls));
	}
}

static void add_ways(struct json *o, const struct plan_rcpt *r)
{
	const struct plan_ways *w = &r->ways;
	unsigned used = ways_used(r);
	struct json *to;

	if (w->rule.n)
		json_add_str(o, "way-rule", w->rule);
	if (w->at_least != GRADE_UNKNOWN) {
		to = json_add_object(o, "tls");
		json_add_cstr(to, "at-least", grade_name(w->at_least));
		json_add_cstr(to, "grade", grade_name(w->grade));
		json_add_bool(to, "settled", !w->by_tls);
	}
	if (used >> WAY_ZIP & 1) {
		to = json_add_object(o, "zip");
		json_add_cstr(to, "bundle", w->each ? "each" : "one");
		json_add_cstr(to, "cipher",
			      w->zipcrypto ? "zipcrypto" : "aes256");
		json_add_cstr(to, "names", w->cp932 ? "cp932" : "utf8");
	}
	if (used >> WAY_LINK & 1) {
		to = json_add_object(o, "link");
		json_add_int(to, "keep-seconds", w->keep_us / US_PER_S);
		json_add_int(to, "downloads", w->downloads);
		json_add_cstr(to, "place", w->tail ? "tail" : "head");
	}
}

static void add_random(struct json *o, const struct plan_password *p)
{
	static const char *const CHARS[] = {"upper", "lower", "digit",
					    "symbol"};
	struct json *list;

	json_add_int(o, "length", p->length);
	list = json_add_array(o, "classes");
	for (size_t i = 0; i < ARRAY_LEN(CHARS); i++)
		if (p->classes >> i & 1)
			json_add_cstr(list, NULL, CHARS[i]);
}

static void add_password(struct json *rcpt, const struct plan_password *p)
{
	static const char *const MAKE[] = {"random", "registered", "none"};
	struct json *o, *to;

	if (!p->set) {
		json_add_null(rcpt, "password");
		return;
	}
	o = json_add_object(rcpt, "password");
	json_add_cstr(o, "make", MAKE[p->make]);
	json_add_cstr(o, "tell", p->tell_hint ? "hint" : "password");
	to = json_add_array(o, "to");
	if (p->to & TELL_RECIPIENT)
		json_add_cstr(to, NULL, "recipient");
	if (p->to & TELL_SENDER)
		json_add_cstr(to, NULL, "sender");
	json_add_int(o, "after-seconds", p->after_us / US_PER_S);
	json_add_cstr(o, "proof", p->mailed_code ? "mailed-code" : "password");
	if (p->make == PASSWORD_RANDOM)
		add_random(o, p);
	if (p->make == PASSWORD_REGISTERED) {
		json_add_str(o, "secret", p->secret);
		plan_add_or_null(o, "hint", p->hint);
	}
	if (p->rule.n)
		json_add_str(o, "rule", p->rule);
}

static void add_inserts(struct json *o, const struct plan_rcpt *r)
{
	struct json *list = json_add_array(o, "inserts");

	for (size_t i = 0; i < r->insert_n; i++) {
		const struct plan_insert *in = &r->insert[i];
		struct json *one = json_add_object(list, NULL);

		plan_add_or_null(one, "name", in->name);
		json_add_cstr(one, "at", in->tail ? "tail" : "head");
		plan_add_text(one, "text", in->text);
		json_add_str(one, "rule", in->rule);
	}
}

/* ---- the whole ---- */

static void add_reasons(struct json *o, const struct plan_rcpt *r)
{
	AUTO(buf) ja = BUF_MAX(MIB);
	AUTO(buf) en = BUF_MAX(MIB);

	for (size_t i = 0; i < r->reason_n; i++) {
		if (i) {
			buf_putc(&ja, '\n');
			buf_putc(&en, '\n');
		}
		buf_put_str(&ja, r->reason[i].ja);
		buf_put_str(&en, r->reason[i].en);
	}
	plan_add_text(o, "reasons",
		      (struct plan_reason){buf_str(&ja), buf_str(&en)});
}

static bool tenant_serves(const struct facts *f, const struct plan_rcpt *r,
			  struct str domain)
{
	if (!f->tenant_domain_n)
		return r->class == RCPT_INTERNAL;
	return domain_fit(f->tenant_domains, f->tenant_domain_n, domain) > 0;
}

void plan_add_unbuilt(struct json *o, unsigned bits)
{
	struct json *list = json_add_array(o, "unbuilt");

	for (unsigned i = 0; i < UNBUILT_N; i++)
		if (bits >> i & 1)
			json_add_cstr(list, NULL, unbuilt_name(i));
}

static void add_smime(struct json *o, const char *key, bool is)
{
	if (is)
		json_add_cstr(o, key, "smime");
	else
		json_add_null(o, key);
}

void plan_add_rcpt(struct json *list, const struct plan *plan,
		   const struct facts *f, const struct tz *tz, size_t at)
{
	const struct plan_rcpt *r = &plan->rcpt[at];
	struct json *o = json_add_object(list, NULL), *gates;

	json_add_str(o, "address", r->address);
	json_add_cstr(o, "class", recipient_class_name(r->class));
	json_add_cstr(o, "outcome", outcome_name(r->outcome));
	gates = json_add_array(o, "gates");
	for (size_t i = 0; i < r->gate_n; i++)
		add_gate(gates, r, i, tz);
	json_add_bool(o, "bcc", r->bcc);
	json_add_int(o, "shape", r->shape);
	add_files(o, r);
	add_ways(o, r);
	add_password(o, &r->password);
	add_inserts(o, r);
	add_smime(o, "sign", r->sign);
	add_smime(o, "encrypt", r->encrypt);
	json_add_cstr(o, "route", "relay");
	json_add_bool(o, "served-by-tenant",
		      tenant_serves(f, r, f->env->rcpt[at].addr.key_domain));
	plan_add_unbuilt(o, r->unbuilt);
	add_reasons(o, r);
}
