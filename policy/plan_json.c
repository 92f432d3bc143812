/* plan_json.c - the JSON of `sekisho explain --json`, which is also what is
 * kept with a message.
 */
#include "policy/plan_int.h"

#define SAMPLES_SHOWN 20

static void add_inserted(struct json *e, const struct change *c)
{
	struct json *list = json_add_array(e, "insert");

	for (size_t i = 0; i < c->insert_n; i++) {
		struct json *o = json_add_object(list, NULL);

		json_add_cstr(o, "at", c->insert[i].tail ? "tail" : "head");
		json_add_str(o, "text", c->insert[i].text);
	}
}

static void add_edits(struct json *o, const struct plan *plan)
{
	struct json *list = json_add_array(o, "edits");

	for (size_t i = 1; i < plan->shape_n; i++) {
		const struct change *c = &plan->shape[i];
		struct json *e = json_add_object(list, NULL), *add;

		json_add_int(e, "shape", (int64_t)i);
		plan_add_strs(e, "hide", c->hide, c->hide_n);
		plan_add_or_null(e, "to-when-empty", c->to_when_empty);
		add = json_add_array(e, "add");
		for (size_t k = 0; k < c->add_n; k++) {
			struct json *h = json_add_object(add, NULL);

			json_add_str(h, "name", c->add[k].name);
			json_add_str(h, "value", c->add[k].value);
		}
		plan_add_strs(e, "remove", c->remove, c->remove_n);
		add_inserted(e, c);
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

bool plan_tells(const struct plan *plan, size_t notice)
{
	struct str kind = plan->notice[notice].kind;

	if (!str_is(kind, "hold") && !str_is(kind, "digest"))
		return true;
	for (size_t i = 0; i < plan->rcpt_n; i++)
		for (size_t k = 0; k < plan->rcpt[i].gate_n; k++)
			if (plan->rcpt[i].gate[k].kind == GATE_HOLD ||
			    plan->rcpt[i].gate[k].kind == GATE_APPROVE)
				return true;
	return false;
}

static void add_told(struct json *root, const struct plan *plan)
{
	struct json *list = json_add_array(root, "copies");

	for (size_t i = 0; i < plan->copy_n; i++) {
		struct json *o = json_add_object(list, NULL);

		json_add_str(o, "to", plan->copy[i].to);
		json_add_bool(o, "tell-sender", plan->copy[i].tell_sender);
		json_add_str(o, "when", plan->copy[i].when);
		if (plan->copy[i].brake)
			json_add_bool(o, "brake", true);
	}
	list = json_add_array(root, "notices");
	for (size_t i = 0; i < plan->notice_n; i++) {
		struct json *o;

		if (!plan_tells(plan, i))
			continue;
		o = json_add_object(list, NULL);
		json_add_str(o, "to", plan->notice[i].to);
		json_add_str(o, "kind", plan->notice[i].kind);
		if (plan->notice[i].text.ja.n)
			plan_add_text(o, "text", plan->notice[i].text);
	}
}

static void add_refusal(struct json *root, const struct plan *plan)
{
	struct json *o;

	if (!plan->refuse_tell.n)
		return;
	o = json_add_object(root, "refusal");
	json_add_str(o, "tell", plan->refuse_tell);
	plan_add_or_null(o, "forward", plan->refuse_forward);
	if (plan->refuse_text.ja.n)
		plan_add_text(o, "text", plan->refuse_text);
}

/* Different values in the whole message; what was not found is not named. */
static void add_findings(struct json *root, const struct findings *f)
{
	struct json *o = json_add_object(root, "findings"), *list;

	for (int d = 0; f && d < DETECT_N; d++)
		if (f->unique[SCOPE_ANYWHERE][d])
			json_add_int(o, detector_name((enum detector)d),
				     f->unique[SCOPE_ANYWHERE][d]);
	if (f && f->people[SCOPE_ANYWHERE])
		json_add_int(o, "people", f->people[SCOPE_ANYWHERE]);
	if (!f || !f->sample_n)
		return;
	list = json_add_array(root, "samples");
	for (size_t i = 0; i < f->sample_n && i < SAMPLES_SHOWN; i++) {
		const struct sample *s = &f->sample[i];
		struct json *one = json_add_object(list, NULL);

		json_add_cstr(one, "what", detector_name(s->what));
		json_add_cstr(one, "place", place_name(s->place));
		json_add_str(one, "text", s->text);
	}
}

static void add_offers(struct json *root, const struct plan *plan)
{
	struct json *o = json_add_object(root, "offers"), *bcc;

	if (!plan->bcc_user_hi)
		return;
	bcc = json_add_object(o, "bcc");
	json_add_int(bcc, "least", (int64_t)plan->bcc_user_lo);
	json_add_int(bcc, "most",
		     (int64_t)MIN_OF(plan->bcc_user_hi, (uint64_t)INT32_MAX));
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
		plan_add_strs(o, "recipients", s->rcpt, s->rcpt_n);
		plan_add_text(o, "text", s->text);
	}
}

struct json *plan_json(const struct plan *plan, const struct facts *f,
		       const struct tz *tz)
{
	struct json *root = json_object(), *list;

	json_add_cstr(root, "outcome", outcome_name(plan->outcome));
	plan_add_strs(root, "rules", plan->rule, plan->rule_n);
	add_shadow(root, plan);
	list = json_add_array(root, "recipients");
	for (size_t i = 0; i < plan->rcpt_n; i++)
		plan_add_rcpt(list, plan, f, tz, i);
	add_told(root, plan);
	add_edits(root, plan);
	add_refusal(root, plan);
	add_inspection(root, f->view);
	add_findings(root, f->findings);
	add_offers(root, plan);
	plan_add_unbuilt(root, plan->unbuilt);
	if (plan->smallest_change.ja.n)
		plan_add_text(root, "smallest-change", plan->smallest_change);
	else
		json_add_null(root, "smallest-change");
	return root;
}
