/* act_approve.c - approve: whose consent a mail waits for. */
#include "policy/policy_int.h"

#define NEED_MAX 20

/* names_who() or its like. */
typedef bool names_fn(struct loader *l, const struct conf_node *n,
		      struct who **v, size_t *n_r);

static void approvers(struct loader *l, const struct conf_node *n,
		      names_fn *names, struct who **v, size_t *n_r,
		      struct str *shown)
{
	*shown = names_shown(l, n);
	if (!names(l, n, v, n_r))
		return;
	for (size_t i = 0; i < *n_r; i++)
		if (!who_can_be_written_to(l, n, &(*v)[i], true))
			return;
}

static void approve_by(struct loader *l, const struct conf_node *n, void *to)
{
	struct do_approve *a = to;

	approvers(l, n, names_who, &a->by, &a->by_n, &a->shown);
}

static void approve_need(struct loader *l, const struct conf_node *n, void *to)
{
	uint64_t v = 0;

	if (!want_scalar(l, n))
		return;
	if (str_u64(n->text, &v) && v >= 1 && v <= NEED_MAX)
		((struct do_approve *)to)->need = (unsigned)v;
	else
		conf_error(l->errs, n, "1 から %d までの数を書いてください。",
			   "write a number from 1 to %d", NEED_MAX);
}

static void approve_self(struct loader *l, const struct conf_node *n, void *to)
{
	value_bool(l, n, &((struct do_approve *)to)->self);
}

static void approve_within(struct loader *l, const struct conf_node *n,
			   void *to)
{
	value_span(l, n, &((struct do_approve *)to)->within);
}

static void approve_remind(struct loader *l, const struct conf_node *n,
			   void *to)
{
	value_span(l, n, &((struct do_approve *)to)->remind);
}

static void approve_then(struct loader *l, const struct conf_node *n, void *to)
{
	static const char *const ENDS[] = {"send", "discard", "return",
					   "escalate"};
	static const enum gate_then THEN[] = {THEN_SEND, THEN_DISCARD,
					      THEN_RETURN, THEN_ESCALATE};
	unsigned v;

	if (!value_choice(l, n, ENDS, ARRAY_LEN(ENDS), &v))
		return;
	((struct do_approve *)to)->then = THEN[v];
	if (THEN[v] == THEN_SEND)
		conf_warning(l->errs, n,
			     "then: send: 誰も承認しなくても送られます。",
			     "`then: send`: the mail leaves even if nobody "
			     "approves it");
}

static void approve_none(struct loader *l, const struct conf_node *n, void *to)
{
	struct do_approve *a = to;

	if (n->kind == CONF_SCALAR && str_is(n->text, "hold")) {
		a->if_none = NONE_HOLD;
	} else if (n->kind == CONF_SCALAR && str_is(n->text, "pass")) {
		a->if_none = NONE_PASS;
	} else {
		a->if_none = NONE_ASK;
		approvers(l, n, names_who_if_none, &a->none, &a->none_n,
			  &a->none_shown);
	}
}

static const struct key APPROVE[] = {
	{"by", approve_by},	    {"need", approve_need},
	{"self", approve_self},	    {"within", approve_within},
	{"remind", approve_remind}, {"then", approve_then},
	{"if-none", approve_none},
};

static bool has_kind(const struct do_approve *a, enum who_kind kind)
{
	for (size_t i = 0; i < a->by_n; i++)
		if (a->by[i].kind == kind)
			return true;
	return false;
}

/* How many there can be; SIZE_MAX: nobody knows before the mail. */
static size_t most(const struct do_approve *a)
{
	size_t n = 0;

	for (size_t i = 0; i < a->by_n; i++) {
		if (a->by[i].kind == WHO_ANYONE ||
		    a->by[i].kind == WHO_SUPERIOR)
			return SIZE_MAX;
		n += a->by[i].kind == WHO_SET ? a->by[i].set->exact_n : 1;
	}
	return n;
}

static void check(struct loader *l, const struct conf_node *n,
		  const struct do_approve *a)
{
	if (!a->by_n) {
		missing(l, n, "「by」がありません。", "`by` is missing");
		return;
	}
	if (has_kind(a, WHO_SENDER) && !a->self)
		conf_error(l->errs, n,
			   "差出人は自分のメールを承認できません(self: "
			   "true なら できます)。",
			   "the sender does not approve his own mail; `self: "
			   "true` allows it");
	if (a->need > most(a))
		conf_error(l->errs, n,
			   "need が %u ですが、承認者は %zu 人です。",
			   "`need` is %u, and there are %zu approvers", a->need,
			   most(a));
	if (a->remind.us && a->within.kind == SPAN_CLOCK &&
	    a->remind.us >= a->within.us)
		conf_error(l->errs, n,
			   "remind は within より短くして"
			   "ください。",
			   "`remind` must be shorter than `within`");
}

void act_approve(struct loader *l, const struct conf_node *n, void *to)
{
	struct do_approve *a = &((struct actions *)to)->approve;
	size_t before = l->errs->errors;

	*a = l->p->approve_default;
	a->set = true;
	if (!want_keys(l, n, APPROVE, ARRAY_LEN(APPROVE)))
		return;
	keys_parse(l, n, APPROVE, ARRAY_LEN(APPROVE), a);
	if (l->errs->errors == before)
		check(l, n, a);
}

void default_approve(struct loader *l, const struct conf_node *n, void *to)
{
	(void)to;
	if (want_keys(l, n, APPROVE, ARRAY_LEN(APPROVE)))
		keys_parse(l, n, APPROVE, ARRAY_LEN(APPROVE),
			   &l->p->approve_default);
}

void act_approve_words(struct buf *out)
{
	static const struct key_table TABLES[] = {
		KEY_TABLE("approve.", APPROVE)};

	key_tables_list(out, "action", TABLES, ARRAY_LEN(TABLES));
}
