/* plan_json.c - the JSON of `sekisho explain --json`, which is also what is
 * kept with a message.
 */
#include "policy/policy_int.h"

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

static void add_text(struct json *o, const char *key, struct plan_reason r)
{
	struct json *t = json_add_object(o, key);

	json_add_str(t, "ja", r.ja);
	json_add_str(t, "en", r.en);
}

static void add_or_null(struct json *o, const char *key, struct str s)
{
	if (s.n)
		json_add_str(o, key, s);
	else
		json_add_null(o, key);
}

static void add_strs(struct json *o, const char *key, const struct str *v,
		     size_t n)
{
	struct json *a = json_add_array(o, key);

	for (size_t i = 0; i < n; i++)
		json_add_str(a, NULL, v[i]);
}

/* A doubt that waits for somebody has no end of its own. */
static bool has_end(const struct gate *g)
{
	return g->rule.n || g->then != THEN_WAIT;
}

static void add_gate(struct json *gates, const struct gate *g,
		     const struct tz *tz)
{
	struct json *o = json_add_object(gates, NULL);

	json_add_cstr(o, "kind", gate_kind_name(g->kind));
	add_moment(o, "until", tz, g->until_us);
	if (g->for_us)
		json_add_int(o, "for-seconds", g->for_us / US_PER_S);
	else
		json_add_null(o, "for-seconds");
	if (g->stage)
		json_add_int(o, "stage", g->stage);
	else
		json_add_null(o, "stage");
	if (has_end(g))
		json_add_cstr(o, "then", gate_then_name(g->then));
	else
		json_add_null(o, "then");
	json_add_str(o, "by", g->by);
	if (g->doubt.n)
		json_add_str(o, "doubt", g->doubt);
	if (g->rule.n)
		json_add_str(o, "rule", g->rule);
}

static void add_attachments(struct json *o, const struct view *v)
{
	struct json *list = json_add_array(o, "attachments");

	for (size_t i = 0; i < v->part_n; i++) {
		struct json *a;

		if (!part_counts(v, &v->part[i], false))
			continue;
		a = json_add_object(list, NULL);
		json_add_str(a, "name", v->part[i].name);
		json_add_cstr(a, "way", "attach");
	}
}

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
	add_text(o, "reasons",
		 (struct plan_reason){buf_str(&ja), buf_str(&en)});
}

static bool tenant_serves(const struct facts *f, const struct plan_rcpt *r,
			  struct str domain)
{
	if (!f->tenant_domain_n)
		return r->class == RCPT_INTERNAL;
	for (size_t i = 0; i < f->tenant_domain_n; i++) {
		struct str d = str_of(f->tenant_domains[i]);

		if (str_eq_ci(d, domain) ||
		    (str_starts(d, STR("*.")) && domain.n > d.n - 1 &&
		     str_ends_ci(domain, str_skip(d, 1))))
			return true;
	}
	return false;
}

static void add_rcpt(struct json *list, const struct plan *plan,
		     const struct facts *f, const struct tz *tz, size_t at)
{
	const struct plan_rcpt *r = &plan->rcpt[at];
	struct json *o = json_add_object(list, NULL), *gates;

	json_add_str(o, "address", r->address);
	json_add_cstr(o, "class", recipient_class_name(r->class));
	json_add_cstr(o, "outcome", outcome_name(r->outcome));
	gates = json_add_array(o, "gates");
	for (size_t i = 0; i < r->gate_n; i++)
		add_gate(gates, &r->gate[i], tz);
	json_add_bool(o, "bcc", r->bcc);
	json_add_int(o, "shape", r->shape);
	add_attachments(o, f->view);
	json_add_null(o, "password");
	json_add_array(o, "inserts");
	json_add_cstr(o, "route", "relay");
	json_add_bool(o, "served-by-tenant",
		      tenant_serves(f, r, f->env->rcpt[at].addr.key_domain));
	add_reasons(o, r);
}

static void add_edits(struct json *o, const struct plan *plan)
{
	struct json *list = json_add_array(o, "edits");

	for (size_t i = 1; i < plan->shape_n; i++) {
		const struct change *c = &plan->shape[i];
		struct json *e = json_add_object(list, NULL), *add;

		json_add_int(e, "shape", (int64_t)i);
		add_strs(e, "hide", c->hide, c->hide_n);
		add_or_null(e, "to-when-empty", c->to_when_empty);
		add = json_add_array(e, "add");
		for (size_t k = 0; k < c->add_n; k++) {
			struct json *h = json_add_object(add, NULL);

			json_add_str(h, "name", c->add[k].name);
			json_add_str(h, "value", c->add[k].value);
		}
		add_strs(e, "remove", c->remove, c->remove_n);
	}
}

static void add_parts(struct json *o, const struct view *v)
{
	struct json *list = json_add_array(o, "parts");

	for (size_t i = 0; i < v->part_n; i++) {
		const struct view_part *p = &v->part[i];
		struct json *part;

		if (p->multipart)
			continue;
		part = json_add_object(list, NULL);
		json_add_str(part, "type", p->type);
		json_add_str(part, "name", p->name);
		json_add_int(part, "size", (int64_t)p->decoded);
		json_add_bool(part, "attachment", p->attachment);
		json_add_bool(part, "inline", p->inline_cid);
		for (size_t k = 0; k < v->reason_n; k++) {
			if (v->reason[k].part != i)
				continue;
			json_add_cstr(part, "reason",
				      view_doubt_name(v->reason[k].doubt));
			break;
		}
	}
}

static void add_inspection(struct json *root, const struct view *v)
{
	static const char *const NAMES[] = {"complete", "partial", "none"};
	struct json *o = json_add_object(root, "inspection"), *list;
	unsigned seen = 0;

	json_add_cstr(o, "completeness", NAMES[v->completeness]);
	list = json_add_array(o, "reasons");
	for (size_t i = 0; i < v->reason_n; i++) {
		enum doubt d = v->reason[i].doubt;

		if (!(seen >> d & 1))
			json_add_cstr(list, NULL, view_doubt_name(d));
		seen |= 1u << d;
	}
	add_parts(o, v);
}

static void add_told(struct json *root, const struct plan *plan)
{
	struct json *list = json_add_array(root, "copies");

	for (size_t i = 0; i < plan->copy_n; i++) {
		struct json *o = json_add_object(list, NULL);

		json_add_str(o, "to", plan->copy[i].to);
		json_add_bool(o, "tell-sender", plan->copy[i].tell_sender);
		json_add_str(o, "when", plan->copy[i].when);
	}
	list = json_add_array(root, "notices");
	for (size_t i = 0; i < plan->notice_n; i++) {
		struct json *o = json_add_object(list, NULL);

		json_add_str(o, "to", plan->notice[i].to);
		json_add_str(o, "kind", plan->notice[i].kind);
		if (plan->notice[i].text.ja.n)
			add_text(o, "text", plan->notice[i].text);
	}
}

static void add_refusal(struct json *root, const struct plan *plan)
{
	struct json *o;

	if (!plan->refuse_tell.n)
		return;
	o = json_add_object(root, "refusal");
	json_add_str(o, "tell", plan->refuse_tell);
	add_or_null(o, "forward", plan->refuse_forward);
	if (plan->refuse_text.ja.n)
		add_text(o, "text", plan->refuse_text);
}

static void add_shadow(struct json *root, const struct plan *plan)
{
	struct json *names = json_add_array(root, "shadow");
	struct json *list = json_add_array(root, "would");

	for (size_t i = 0; i < plan->shadow_n; i++) {
		const struct plan_shadow *s = &plan->shadow[i];
		struct json *o = json_add_object(list, NULL);

		json_add_str(names, NULL, s->rule);
		json_add_str(o, "rule", s->rule);
		json_add_cstr(o, "outcome", outcome_name(s->outcome));
		add_strs(o, "recipients", s->rcpt, s->rcpt_n);
		add_text(o, "text", s->text);
	}
}

struct json *plan_json(const struct plan *plan, const struct facts *f,
		       const struct tz *tz)
{
	struct json *root = json_object(), *list;

	json_add_cstr(root, "outcome", outcome_name(plan->outcome));
	add_strs(root, "rules", plan->rule, plan->rule_n);
	add_shadow(root, plan);
	list = json_add_array(root, "recipients");
	for (size_t i = 0; i < plan->rcpt_n; i++)
		add_rcpt(list, plan, f, tz, i);
	add_told(root, plan);
	add_edits(root, plan);
	add_refusal(root, plan);
	add_inspection(root, f->view);
	json_add_object(root, "findings");
	if (plan->smallest_change.ja.n)
		add_text(root, "smallest-change", plan->smallest_change);
	else
		json_add_null(root, "smallest-change");
	return root;
}
