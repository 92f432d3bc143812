/* cond_rcpt.c - the words about a recipient that look beyond his address:
 * written to before, the sender's own, like another; and how he is reached.
 */
#include "policy/policy_int.h"

void cond_first_time(struct loader *l, const struct conf_node *n, void *to)
{
	static const char *const SCOPES[] = {"sender", "team", "company"};

	value_choice(l, n, SCOPES, ARRAY_LEN(SCOPES),
		     &cond_leaf(l, to, COND_RCPT_FIRST)->mask);
	l->p->needs |= NEEDS_PAST;
}

static void yes_no(struct loader *l, const struct conf_node *n, void *to,
		   enum cond_kind kind)
{
	bool yes = true;

	value_bool(l, n, &yes);
	cond_leaf(l, to, kind)->negate = !yes;
}

void cond_own_private(struct loader *l, const struct conf_node *n, void *to)
{
	yes_no(l, n, to, COND_RCPT_PRIVATE);
	private_prepare(l);
}

void cond_look_alike(struct loader *l, const struct conf_node *n, void *to)
{
	yes_no(l, n, to, COND_RCPT_LOOK_ALIKE);
	alike_prepare(l);
}

/* ---- tls: {grade: "< valid-certificate"} ---- */

static bool grade_range(struct str op, uint64_t at, struct range *to)
{
	if (!op.n || str_is(op, "="))
		*to = (struct range){at, at};
	else if (str_is(op, "<"))
		*to = (struct range){GRADE_NONE, at - 1};
	else if (str_is(op, "<="))
		*to = (struct range){GRADE_NONE, at};
	else if (str_is(op, ">"))
		*to = (struct range){at + 1, GRADE_DANE};
	else if (str_is(op, ">="))
		*to = (struct range){at, GRADE_DANE};
	else
		return false;
	return to->lo <= to->hi;
}

static void tls_grade(struct loader *l, const struct conf_node *n, void *to)
{
	struct cond *c = cond_leaf(l, to, COND_TLS);
	struct conf_node word = *n;
	struct str s = str_trim(n->text);
	unsigned grade;
	size_t op = 0;

	l->p->needs |= NEEDS_GRADE;
	if (!want_scalar(l, n))
		return;
	while (op < s.n && s.p[op] >= '<' && s.p[op] <= '>')
		op++;
	word.text = str_trim(str_skip(s, op));
	if (value_choice(l, &word, GRADE_NAMES, GRADES_N, &grade) &&
	    !grade_range(str_head(s, op), grade + GRADE_NONE, &c->range))
		conf_error(l->errs, n,
			   "「" STR_FMT "」は使えません。"
			   "\"< valid-certificate\" の形で書いてください。",
			   "`" STR_FMT "`: write it as \"< valid-certificate\""
			   ", so that some grade fits",
			   STR_ARG(conf_word(n->text)));
}

static const struct key TLS[] = {{"grade", tls_grade}};

void cond_tls_keys(struct loader *l, const struct conf_node *n, void *to)
{
	keys_parse(l, n, TLS, ARRAY_LEN(TLS), to);
}

enum truth ask_tls(struct asking *q, const struct cond *c)
{
	enum tls_grade g = rcpt_grade(q, (size_t)(q->rcpt - q->f->env->rcpt));

	if (q->f->untold & NEEDS_GRADE) {
		q->why = WHY_UNTOLD;
		return T_UNKNOWN;
	}
	if (g == GRADE_UNKNOWN) {
		q->found.missing |= MISSING_GRADE;
		return T_UNKNOWN;
	}
	return range_has(&c->range, g) ? T_TRUE : T_FALSE;
}

void cond_rcpt_words(struct buf *out)
{
	static const struct key_table TABLES[] = {KEY_TABLE("tls.", TLS)};

	key_tables_list(out, "condition", TABLES, ARRAY_LEN(TABLES));
}

/* ---- what was found, as sentences ---- */

static struct plan_reason alike_reason(struct arena *a, struct str address,
				       const struct found *found)
{
	ptrdiff_t at = str_rchr(address, '@');
	struct str local = str_head(address, (size_t)MAX_OF(at, (ptrdiff_t)0));
	struct str is = str_skip(address, (size_t)(at + 1));
	AUTO(buf) what_ja = BUF_MAX(KIB);
	AUTO(buf) what_en = BUF_MAX(KIB);
	AUTO(buf) ja = BUF_MAX(4 * KIB);
	AUTO(buf) en = BUF_MAX(4 * KIB);

	alike_difference(a, found, &what_ja, &what_en);
	buf_printf(&ja,
		   "宛先のドメイン " STR_FMT " は " STR_FMT
		   " に似ています。%s。" STR_FMT "@" STR_FMT
		   " のことではありませんか。",
		   STR_ARG(is), STR_ARG(found->like), buf_cstr(&what_ja),
		   STR_ARG(local), STR_ARG(found->like));
	buf_printf(&en,
		   "The recipient's domain " STR_FMT " looks like " STR_FMT
		   ": %s. Did you mean " STR_FMT "@" STR_FMT "?",
		   STR_ARG(is), STR_ARG(found->like), buf_cstr(&what_en),
		   STR_ARG(local), STR_ARG(found->like));
	return (struct plan_reason){arena_say(a, &ja), arena_say(a, &en)};
}

void found_reasons(struct deciding *d, struct plan_rcpt *r,
		   const struct found *found)
{
	static const struct {
		unsigned bit;
		struct plan_reason text;
	} ROWS[] = {
		{FOUND_FIRST,
		 {STR("この宛先には初めて送ります。"),
		  STR("This recipient is written to for the first time.")}},
		{FOUND_FIRST_UNKNOWN,
		 {STR("送ったことがある宛先かどうかわからないので、初めてと"
		      "みなしました。"),
		  STR("It is not known whether this recipient was written to "
		      "before; he counts as new.")}},
		{FOUND_PRIVATE,
		 {STR("この宛先は、差出人本人の私用アドレスと思われます。"),
		  STR("This recipient seems to be the sender's own private "
		      "address.")}},
	};

	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
		if (found->bits & ROWS[i].bit)
			reason_add(d, r, ROWS[i].text);
	if (found->like.n)
		reason_add(d, r, alike_reason(d->q.a, r->address, found));
}

/* A rule that could not be answered, since nobody told what it asks: an admin
 * looks at it. */
void decide_missing(struct deciding *d, size_t at)
{
	struct plan_rcpt *r = &d->plan->rcpt[at];
	struct gate *g;

	if (!(d->found[at].missing & MISSING_GRADE) || r->refused)
		return;
	reason_add(d, r,
		   (struct plan_reason){
			   STR("相手のメールサーバーの TLS をまだ調べて"
			       "いないので、規則を決められません。"),
			   STR("A rule asks how the recipient's mail server is "
			       "protected, and that is not known yet.")});
	if (d->q.f->mode == MODE_PASS)
		return;
	g = gate_add(d, r, GATE_HOLD);
	g->doubt = STR("tls-unknown");
	g->then = THEN_WAIT;
	g->by = STR("admin");
	d->plan->doubtful = true;
}
