/* rule.c - one rule: name, title, when, unless, do, mode, stop, from, until. */
#include "policy/policy_int.h"

static void rule_name(struct loader *l, const struct conf_node *n, void *to)
{
	struct rule *r = to;
	const struct conf_node *first;

	if (!want_scalar(l, n))
		return;
	r->name = n->text;
	if (!n->text.n || n->text.n > 100 || str_has_control(n->text))
		conf_error(l->errs, n, "規則の名前は 1 から 100 バイトです。",
			   "a rule's name has 1 to 100 bytes");
	first = map_put(&l->rule_names, n->text,
			(void *)(uintptr_t)(const void *)n);
	if (first)
		conf_error(l->errs, n,
			   "規則「" STR_FMT "」は %s の %u 行目にもあります。",
			   "rule `" STR_FMT "` is given twice, first in %s "
			   "line %u",
			   STR_ARG(conf_word(n->text)), first->file,
			   first->line);
}

static void rule_title(struct loader *l, const struct conf_node *n, void *to)
{
	struct rule *r = to;

	if (n->kind == CONF_SCALAR)
		r->title = (struct plan_reason){n->text, n->text};
	else
		value_ja_en(l, n, &r->title);
}

static void rule_when(struct loader *l, const struct conf_node *n, void *to)
{
	((struct rule *)to)->when = cond_parse(l, n, false);
}

static void rule_unless(struct loader *l, const struct conf_node *n, void *to)
{
	((struct rule *)to)->unless = cond_parse(l, n, true);
}

static void rule_do(struct loader *l, const struct conf_node *n, void *to)
{
	actions_parse(l, n, &((struct rule *)to)->act);
}

static void rule_mode_key(struct loader *l, const struct conf_node *n, void *to)
{
	static const char *const MODES[] = {"enforce", "shadow", "off"};
	unsigned v;

	if (value_choice(l, n, MODES, 3, &v))
		((struct rule *)to)->mode = (enum rule_mode)v;
}

static void rule_stop(struct loader *l, const struct conf_node *n, void *to)
{
	value_bool(l, n, &((struct rule *)to)->stop);
}

static const struct tz *date_zone(const struct loader *l)
{
	return l->default_calendar ? l->default_calendar->tz : l->p->tz;
}

static void rule_from(struct loader *l, const struct conf_node *n, void *to)
{
	value_date(l, n, date_zone(l), &((struct rule *)to)->from_us);
}

static void rule_until(struct loader *l, const struct conf_node *n, void *to)
{
	value_date(l, n, date_zone(l), &((struct rule *)to)->until_us);
}

static const struct key RULE[] = {
	{"rule", rule_name},	 {"title", rule_title}, {"when", rule_when},
	{"unless", rule_unless}, {"do", rule_do},	{"mode", rule_mode_key},
	{"stop", rule_stop},	 {"from", rule_from},	{"until", rule_until},
};

static void one_rule(struct loader *l, const struct conf_node *n)
{
	struct rule r = {.at = n};

	if (!want_keys(l, n, RULE, ARRAY_LEN(RULE)))
		return;
	keys_parse(l, n, RULE, ARRAY_LEN(RULE), &r);
	if (!conf_get(n, "rule"))
		missing(l, n, "規則に名前(rule)がありません。",
			"the rule has no name (`rule`)");
	if (!conf_get(n, "do") && !r.stop)
		missing(l, n, "規則に「do」がありません。",
			"the rule has no `do`");
	if (r.from_us && r.until_us && r.from_us >= r.until_us)
		conf_error(l->errs, conf_get(n, "until"),
			   "until は from より後にしてください。",
			   "until must be later than from");
	rule_describe(l, &r);
	vec_push(&l->p->rules, r);
}

void rules_parse(struct loader *l, const struct conf_node *n)
{
	if (n->kind == CONF_SCALAR && !n->quoted && !n->text.n)
		return; /* "rules:" with nothing below */
	if (n->kind != CONF_LIST) {
		conf_error(l->errs, n,
			   "規則は「- rule: 名前」の一覧で"
			   "書いてください。",
			   "write rules as a list of `- rule: name`");
		return;
	}
	for (size_t i = 0; i < n->n; i++) {
		if (l->p->rules.n == RULES_MAX) {
			conf_error(l->errs, n->item[i],
				   "規則が多すぎます(最大 %d)。",
				   "too many rules (at most %d)", RULES_MAX);
			return;
		}
		one_rule(l, n->item[i]);
	}
}

void rule_words(struct buf *out)
{
	static const struct key_table TABLES[] = {KEY_TABLE("", RULE)};

	key_tables_list(out, "rule", TABLES, ARRAY_LEN(TABLES));
}
