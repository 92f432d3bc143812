/* replay_say.c - the counts of a replay as JSON and in words. */
#include "connector/base/id.h"
#include "connector/base/utf8.h"
#include "policy/policy_int.h"
#include "policy/replay_int.h"

#define NAME_CHARS 200

static const char *const WHY[REPLAY_WHYS] = {"new", "gone", "other", "untold"};

static uint64_t decided(const struct replay *r)
{
	return r->sums.changed + r->sums.same + r->sums.untold;
}

/* ---- JSON ----------------------------------------------------------------- */

static void add_moment(struct json *o, const char *key, const struct tz *tz,
		       int64_t at_us)
{
	AUTO(buf) b = BUF_MAX(64);

	time_put_rfc3339(&b, tz, at_us);
	json_add_str(o, key, buf_str(&b));
}

static void add_example(struct json *list, const struct replay_example *x,
			const struct tz *tz)
{
	struct json *o = json_add_object(list, NULL);
	char id[ID_TEXT_LEN + 1];

	id_text(x->id, id);
	json_add_cstr(o, "id", id);
	add_moment(o, "time", tz, x->at_us);
	json_add_cstr(o, "why", WHY[x->why]);
	json_add_cstr(o, "old", outcome_name(x->old));
	json_add_cstr(o, "new", outcome_name(x->now));
}

static void add_rule(struct json *list, const struct replay *r,
		     const struct replay_rule *rule, const struct tz *tz)
{
	struct json *o = json_add_object(list, NULL), *examples;
	uint64_t changes = replay_changes(rule);
	uint64_t untold = rule->why[REPLAY_UNTOLD];

	if (rule->name.n)
		json_add_str(o, "rule", rule->name);
	else
		json_add_null(o, "rule");
	json_add_bool(o, "in-policy", rule->is_new);
	json_add_int(o, "falls", (int64_t)rule->falls);
	json_add_int(o, "changed", (int64_t)changes);
	for (unsigned i = 0; i < REPLAY_UNTOLD; i++)
		json_add_int(o, WHY[i], (int64_t)rule->why[i]);
	json_add_int(o, "untold", (int64_t)untold);
	json_add_int(o, "same", (int64_t)(decided(r) - changes - untold));
	examples = json_add_array(o, "examples");
	for (size_t i = 0; i < rule->example.n; i++)
		add_example(examples, &rule->example.v[i], tz);
}

struct json *replay_json(const struct replay *r, const struct tz *tz)
{
	const struct replay_sums *s = &r->sums;
	struct json *o = json_object(), *list;

	json_add_int(o, "mails", (int64_t)s->mails);
	json_add_int(o, "changed", (int64_t)s->changed);
	json_add_int(o, "same", (int64_t)s->same);
	json_add_int(o, "untold", (int64_t)s->untold);
	json_add_int(o, "not-enrolled", (int64_t)s->not_enrolled);
	json_add_int(o, "unreadable", (int64_t)s->unreadable);
	if (r->last_us) {
		add_moment(o, "first", tz, r->first_us);
		add_moment(o, "last", tz, r->last_us);
	}
	list = json_add_array(o, "rules");
	for (size_t i = 0; i < r->rule.n; i++)
		add_rule(list, r, r->rule.v[i], tz);
	return o;
}

/* ---- words ---------------------------------------------------------------- */

static void print_sums(const struct replay *r, bool ja, struct buf *out)
{
	const struct replay_sums *s = &r->sums;

	buf_printf(out,
		   ja ? "%llu 通: 扱いが変わる %llu、変わらない %llu、"
			"わからない %llu\n"
		      : "%llu mails: %llu would be treated differently, %llu "
			"would not, %llu cannot be told\n",
		   (unsigned long long)s->mails, (unsigned long long)s->changed,
		   (unsigned long long)s->same, (unsigned long long)s->untold);
	if (s->not_enrolled)
		buf_printf(out,
			   ja ? "規則の対象でない人のメール %llu 通\n"
			      : "%llu of people whom no rule is for\n",
			   (unsigned long long)s->not_enrolled);
	if (s->unreadable)
		buf_printf(out,
			   ja ? "記録を読めないもの %llu 通\n"
			      : "%llu whose record cannot be read\n",
			   (unsigned long long)s->unreadable);
}

static void print_example(const struct replay_example *x, const struct tz *tz,
			  bool ja, struct buf *out)
{
	static const char *const JA[REPLAY_WHYS] = {
		"新たに当たる", "当たらなくなる", "内容が変わる", "わからない"};
	static const char *const EN[REPLAY_WHYS] = {
		"falls now", "falls no more", "does something else",
		"cannot be told"};
	char id[ID_TEXT_LEN + 1];

	id_text(x->id, id);
	buf_printf(out, "    %s  ", id);
	time_put_notice(out, tz, x->at_us);
	buf_printf(out, "  %s", outcome_name(x->old));
	if (x->why != REPLAY_UNTOLD)
		buf_printf(out, " -> %s", outcome_name(x->now));
	buf_printf(out, "  (%s)\n", (ja ? JA : EN)[x->why]);
}

static void print_rule(const struct replay *r, const struct replay_rule *rule,
		       const struct tz *tz, bool ja, struct buf *out)
{
	uint64_t changes = replay_changes(rule);
	uint64_t untold = rule->why[REPLAY_UNTOLD];

	if (rule->name.n)
		utf8_clean(out, rule->name, NAME_CHARS);
	else
		buf_puts(out, ja ? "(規則のほか: doubt、classes、domains、"
				   "defaults)"
				 : "(no rule: doubt, classes, domains or "
				   "defaults)");
	if (!rule->is_new && rule->name.n)
		buf_puts(out, ja ? "(新しい規則にはない)"
				 : " (not in the new policy)");
	buf_printf(out,
		   ja ? "\n  変わる %llu(新たに %llu、外れる %llu、別の扱い "
			"%llu)、変わらない %llu、わからない %llu\n"
		      : "\n  would change %llu (%llu new, %llu gone, %llu "
			"otherwise), would not %llu, cannot be told %llu\n",
		   (unsigned long long)changes,
		   (unsigned long long)rule->why[REPLAY_NEW],
		   (unsigned long long)rule->why[REPLAY_GONE],
		   (unsigned long long)rule->why[REPLAY_OTHER],
		   (unsigned long long)(decided(r) - changes - untold),
		   (unsigned long long)untold);
	for (size_t i = 0; i < rule->example.n; i++)
		print_example(&rule->example.v[i], tz, ja, out);
}

void replay_text(const struct replay *r, const struct tz *tz,
		 const char *language, struct buf *out)
{
	bool ja = strcmp(language, "ja") == 0;

	print_sums(r, ja, out);
	for (size_t i = 0; i < r->rule.n; i++)
		print_rule(r, r->rule.v[i], tz, ja, out);
}
