/* act_tell.c - refuse, copy, notify: who hears of it. */
#include "policy/policy_int.h"

/* ---- refuse ---- */

static void refuse_only(struct loader *l, const struct conf_node *n, void *to)
{
	static const char *const ONLY[] = {"these-recipients"};
	unsigned v;

	if (value_choice(l, n, ONLY, 1, &v))
		((struct do_refuse *)to)->only_these = true;
}

static void refuse_tell(struct loader *l, const struct conf_node *n, void *to)
{
	static const char *const TELL[] = {"sender", "nobody"};
	unsigned v;

	if (value_choice(l, n, TELL, 2, &v))
		((struct do_refuse *)to)->tell_nobody = v == 1;
}

static void refuse_forward(struct loader *l, const struct conf_node *n,
			   void *to)
{
	value_address(l, n, &((struct do_refuse *)to)->forward);
}

static void refuse_text(struct loader *l, const struct conf_node *n, void *to)
{
	value_text(l, n, &((struct do_refuse *)to)->text);
}

static const struct key REFUSE[] = {{"only", refuse_only},
				    {"tell", refuse_tell},
				    {"forward", refuse_forward},
				    {"text", refuse_text}};

void act_refuse(struct loader *l, const struct conf_node *n, void *to)
{
	struct do_refuse *r = &((struct actions *)to)->refuse;

	*r = l->p->refuse_default;
	r->set = true;
	if (want_keys(l, n, REFUSE, ARRAY_LEN(REFUSE)))
		keys_parse(l, n, REFUSE, ARRAY_LEN(REFUSE), r);
}

void default_refuse(struct loader *l, const struct conf_node *n, void *to)
{
	(void)to;
	if (want_keys(l, n, REFUSE, ARRAY_LEN(REFUSE)))
		keys_parse(l, n, REFUSE, ARRAY_LEN(REFUSE),
			   &l->p->refuse_default);
}

/* ---- copy, notify ---- */

/* Mail goes to addresses: a pattern, or anybody, is none. */
bool who_can_be_written_to(struct loader *l, const struct conf_node *n,
			   const struct who *w, bool anyone)
{
	if ((w->kind != WHO_ANYONE || anyone) &&
	    !(w->kind == WHO_SET && w->set && w->set->patterns))
		return true;
	conf_error(l->errs, n,
		   "「" STR_FMT "」には宛先になれないものがあります。"
		   "アドレスを書いてください。",
		   "`" STR_FMT "` cannot be written to; name addresses",
		   STR_ARG(conf_word(w->shown)));
	return false;
}

static void copy_to(struct loader *l, const struct conf_node *n, void *to)
{
	struct who *v;
	size_t count;

	if (n->kind == CONF_LIST) {
		struct do_copy *c = to;

		c->who = (struct who){.kind = WHO_SET, .set = names_set(l, n)};
	} else if (names_who(l, n, &v, &count)) {
		((struct do_copy *)to)->who = v[0];
	}
	(void)who_can_be_written_to(l, n, &((struct do_copy *)to)->who, false);
}

static void copy_tell(struct loader *l, const struct conf_node *n, void *to)
{
	value_bool(l, n, &((struct do_copy *)to)->tell_sender);
}

static void copy_when(struct loader *l, const struct conf_node *n, void *to)
{
	static const char *const WHEN[] = {"accepted", "released", "refused"};
	unsigned v;

	if (value_choice(l, n, WHEN, 3, &v))
		((struct do_copy *)to)->when = (enum copy_when)v;
}

static const struct key COPY[] = {
	{"to", copy_to}, {"tell-sender", copy_tell}, {"when", copy_when}};

void act_copy(struct loader *l, const struct conf_node *n, void *to)
{
	struct do_copy *c = &((struct actions *)to)->copy;

	c->set = true;
	if (!want_keys(l, n, COPY, ARRAY_LEN(COPY)))
		return;
	keys_parse(l, n, COPY, ARRAY_LEN(COPY), c);
	if (!conf_get(n, "to"))
		missing(l, n, "「to」がありません。", "`to` is missing");
}

static void notify_who(struct loader *l, const struct conf_node *n, void *to)
{
	struct do_notify *d = to;

	names_who(l, n, &d->who, &d->who_n);
	for (size_t i = 0; i < d->who_n; i++)
		(void)who_can_be_written_to(l, n, &d->who[i], false);
}

static void notify_text(struct loader *l, const struct conf_node *n, void *to)
{
	value_text(l, n, &((struct do_notify *)to)->text);
}

static const struct key NOTIFY[] = {{"who", notify_who}, {"text", notify_text}};

void act_notify(struct loader *l, const struct conf_node *n, void *to)
{
	struct do_notify *d = &((struct actions *)to)->notify;

	d->set = true;
	if (!want_keys(l, n, NOTIFY, ARRAY_LEN(NOTIFY)))
		return;
	keys_parse(l, n, NOTIFY, ARRAY_LEN(NOTIFY), d);
	if (!conf_get(n, "who") || !conf_get(n, "text"))
		conf_error(l->errs, n, "who と text を書いてください。",
			   "write who and text");
}

void act_tell_words(struct buf *out)
{
	static const struct key_table TABLES[] = {
		KEY_TABLE("refuse.", REFUSE),
		KEY_TABLE("copy.", COPY),
		KEY_TABLE("notify.", NOTIFY),
	};

	key_tables_list(out, "action", TABLES, ARRAY_LEN(TABLES));
}
