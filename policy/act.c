/* act.c - the words under `do` and `defaults`, as rows of tables. */
#include "policy/policy_int.h"

#define HOLD_LEAST_US US_PER_MIN
#define HOLD_MOST_US  (72 * US_PER_HOUR)
#define DELAY_MOST_US (30 * US_PER_DAY)

static const char *const ENDS[] = {"send", "discard", "return", "wait"};

/* ---- hold ---- */

static void hold_for(struct loader *l, const struct conf_node *n, void *to)
{
	value_duration(l, n, HOLD_LEAST_US, HOLD_MOST_US,
		       &((struct do_hold *)to)->for_us);
}

static void hold_then(struct loader *l, const struct conf_node *n, void *to)
{
	unsigned then;

	if (value_choice(l, n, ENDS, ARRAY_LEN(ENDS), &then))
		((struct do_hold *)to)->then = (enum gate_then)then;
}

static void hold_stage(struct loader *l, const struct conf_node *n, void *to)
{
	uint64_t v = 0;

	if (!want_scalar(l, n))
		return;
	if (str_u64(n->text, &v) && v >= 1 && v <= STAGES_MAX)
		((struct do_hold *)to)->stage = (unsigned)v;
	else
		conf_error(l->errs, n, "1 から %d までの数を書いてください。",
			   "write a number from 1 to %d", STAGES_MAX);
}

/* for: 0m..72h */
static void user_for(struct loader *l, const struct conf_node *n, void *to)
{
	struct do_hold *h = to;
	ptrdiff_t dots = str_find(n->text, STR(".."));
	int64_t lo, hi;

	if (!want_scalar(l, n))
		return;
	if (dots > 0 &&
	    duration_parse(str_trim(str_head(n->text, (size_t)dots)), &lo) &&
	    duration_parse(str_trim(str_skip(n->text, (size_t)dots + 2)),
			   &hi) &&
	    lo <= hi && hi <= HOLD_MOST_US) {
		h->user_lo_us = lo;
		h->user_hi_us = hi;
		return;
	}
	conf_error(l->errs, n,
		   "「" STR_FMT "」は使えません。0m..72h の形で書いて"
		   "ください(最大72時間)。",
		   "`" STR_FMT "`: write a span as 0m..72h (72 hours at most)",
		   STR_ARG(conf_word(n->text)));
}

static void user_then(struct loader *l, const struct conf_node *n, void *to)
{
	value_mask(l, n, ENDS, ARRAY_LEN(ENDS),
		   &((struct do_hold *)to)->user_then);
}

static const struct key HOLD_USER[] = {{"for", user_for}, {"then", user_then}};

static void hold_user(struct loader *l, const struct conf_node *n, void *to)
{
	((struct do_hold *)to)->user = true;
	if (want_map(l, n))
		keys_parse(l, n, HOLD_USER, ARRAY_LEN(HOLD_USER), to);
}

static const struct key HOLD[] = {{"for", hold_for},
				  {"then", hold_then},
				  {"stage", hold_stage},
				  {"user", hold_user}};

static void do_hold(struct loader *l, const struct conf_node *n, void *to)
{
	struct do_hold *h = &((struct actions *)to)->hold;

	*h = l->p->hold_default;
	h->set = true;
	if (want_map(l, n))
		keys_parse(l, n, HOLD, ARRAY_LEN(HOLD), h);
}

/* ---- delay ---- */

static void delay_for(struct loader *l, const struct conf_node *n, void *to)
{
	value_duration(l, n, US_PER_S, DELAY_MOST_US, to);
}

static const struct key DELAY[] = {{"for", delay_for}};

static void do_delay(struct loader *l, const struct conf_node *n, void *to)
{
	int64_t *us = &((struct actions *)to)->delay_us;

	if (!want_map(l, n))
		return;
	keys_parse(l, n, DELAY, ARRAY_LEN(DELAY), us);
	if (!conf_get(n, "for"))
		conf_error(l->errs, n, "「for」がありません。",
			   "`for` is missing");
}

/* ---- bcc ---- */

static void bcc_hide(struct loader *l, const struct conf_node *n, void *to)
{
	static const char *const HIDE[] = {"external", "internal", "all"};
	unsigned v;

	if (value_choice(l, n, HIDE, ARRAY_LEN(HIDE), &v))
		((struct do_bcc *)to)->hide = v + 1;
}

static void bcc_tell(struct loader *l, const struct conf_node *n, void *to)
{
	value_bool(l, n, &((struct do_bcc *)to)->tell_sender);
}

static void bcc_user_count(struct loader *l, const struct conf_node *n,
			   void *to)
{
	value_range(l, n, false, &((struct do_bcc *)to)->user);
}

static const struct key BCC_USER[] = {{"count", bcc_user_count}};

static void bcc_user(struct loader *l, const struct conf_node *n, void *to)
{
	if (want_map(l, n))
		keys_parse(l, n, BCC_USER, ARRAY_LEN(BCC_USER), to);
}

static const struct key BCC[] = {
	{"hide", bcc_hide}, {"tell-sender", bcc_tell}, {"user", bcc_user}};

static void do_bcc(struct loader *l, const struct conf_node *n, void *to)
{
	struct do_bcc *b = &((struct actions *)to)->bcc;

	*b = (struct do_bcc){.hide = HIDE_EXTERNAL, .tell_sender = true};
	if (want_map(l, n))
		keys_parse(l, n, BCC, ARRAY_LEN(BCC), b);
}

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

static void do_refuse(struct loader *l, const struct conf_node *n, void *to)
{
	struct do_refuse *r = &((struct actions *)to)->refuse;

	*r = l->p->refuse_default;
	r->set = true;
	if (want_map(l, n))
		keys_parse(l, n, REFUSE, ARRAY_LEN(REFUSE), r);
}

/* ---- header ---- */

/* Fields that carry the message itself or its proofs: no rule writes them. */
static bool field_is_ours(struct str name)
{
	static const char *const HANDS_OFF[] = {"From",
						"Sender",
						"To",
						"Cc",
						"Bcc",
						"Date",
						"Subject",
						"Message-ID",
						"MIME-Version",
						"Received",
						"Return-Path",
						"DKIM-Signature",
						"ARC-Seal",
						"ARC-Message-Signature",
						"ARC-Authentication-Results"};

	for (size_t i = 0; i < ARRAY_LEN(HANDS_OFF); i++)
		if (str_is_ci(name, HANDS_OFF[i]))
			return false;
	return !str_starts_ci(name, STR("Content-")) &&
	       !str_starts_ci(name, STR("X-Sekisho-"));
}

static bool field_name(struct loader *l, const struct conf_node *n)
{
	bool ok = n->text.n > 0 && n->text.n <= 100;

	for (size_t i = 0; i < n->text.n; i++)
		ok = ok && n->text.p[i] > ' ' && n->text.p[i] <= '~' &&
		     n->text.p[i] != ':';
	if (ok && field_is_ours(n->text))
		return true;
	conf_error(l->errs, n,
		   "「" STR_FMT "」はここで足したり消したりできない"
		   "ヘッダです。",
		   "`" STR_FMT "`: this header field is not for rules to add "
		   "or remove",
		   STR_ARG(conf_word(n->text)));
	return false;
}

static void header_add(struct loader *l, const struct conf_node *n, void *to)
{
	struct do_header *h = to;

	if (!want_map(l, n))
		return;
	h->add = arena_array(l->a, n->n, sizeof(*h->add));
	for (size_t i = 0; i < n->n; i++) {
		if (!field_name(l, n->key[i]) || !want_scalar(l, n->item[i]))
			continue;
		if (str_has_control(n->item[i]->text) ||
		    n->item[i]->text.n > 900) {
			conf_error(l->errs, n->item[i],
				   "値に改行は使えません(最大900バイト)。",
				   "the value must be one line of at most 900 "
				   "bytes");
			continue;
		}
		h->add[h->add_n++] = (struct header_add){n->key[i]->text,
							 n->item[i]->text};
	}
}

static void header_remove(struct loader *l, const struct conf_node *n, void *to)
{
	struct do_header *h = to;
	size_t count = n->kind == CONF_LIST ? n->n : 1;

	h->remove = arena_array(l->a, count, sizeof(*h->remove));
	for (size_t i = 0; i < count; i++) {
		const struct conf_node *one = n->kind == CONF_LIST ? n->item[i]
								   : n;

		if (want_scalar(l, one) && field_name(l, one))
			h->remove[h->remove_n++] = one->text;
	}
}

static const struct key HEADER[] = {
	{"add", header_add}, {"remove", header_remove}, {"stamp", LATER}};

static void do_header(struct loader *l, const struct conf_node *n, void *to)
{
	struct do_header *h = &((struct actions *)to)->header;

	h->set = true;
	if (want_map(l, n))
		keys_parse(l, n, HEADER, ARRAY_LEN(HEADER), h);
}

/* ---- copy, notify ---- */

/* Mail goes to addresses: a pattern, or anybody, is none. */
static void who_is_written_to(struct loader *l, const struct conf_node *n,
			      const struct who *w)
{
	if (w->kind == WHO_ANYONE ||
	    (w->kind == WHO_SET && w->set && w->set->patterns))
		conf_error(l->errs, n,
			   "「" STR_FMT "」には宛先になれないものが"
			   "あります。アドレスを書いてください。",
			   "`" STR_FMT "` cannot be written to; name addresses",
			   STR_ARG(conf_word(w->shown)));
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
	who_is_written_to(l, n, &((struct do_copy *)to)->who);
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

static void do_copy(struct loader *l, const struct conf_node *n, void *to)
{
	struct do_copy *c = &((struct actions *)to)->copy;

	c->set = true;
	if (!want_map(l, n))
		return;
	keys_parse(l, n, COPY, ARRAY_LEN(COPY), c);
	if (!conf_get(n, "to"))
		conf_error(l->errs, n, "「to」がありません。",
			   "`to` is missing");
}

static void notify_who(struct loader *l, const struct conf_node *n, void *to)
{
	struct do_notify *d = to;

	names_who(l, n, &d->who, &d->who_n);
	for (size_t i = 0; i < d->who_n; i++)
		who_is_written_to(l, n, &d->who[i]);
}

static void notify_text(struct loader *l, const struct conf_node *n, void *to)
{
	value_text(l, n, &((struct do_notify *)to)->text);
}

static const struct key NOTIFY[] = {{"who", notify_who}, {"text", notify_text}};

static void do_notify(struct loader *l, const struct conf_node *n, void *to)
{
	struct do_notify *d = &((struct actions *)to)->notify;

	d->set = true;
	if (!want_map(l, n))
		return;
	keys_parse(l, n, NOTIFY, ARRAY_LEN(NOTIFY), d);
	if (!conf_get(n, "who") || !conf_get(n, "text"))
		conf_error(l->errs, n, "who と text を書いてください。",
			   "write who and text");
}

/* ---- all ---- */

static const struct key ACTIONS[] = {
	{"hold", do_hold},	{"approve", LATER},    {"delay", do_delay},
	{"schedule", LATER},	{"bcc", do_bcc},       {"refuse", do_refuse},
	{"attachments", LATER}, {"password", LATER},   {"insert", LATER},
	{"header", do_header},	{"sign", LATER},       {"encrypt", LATER},
	{"copy", do_copy},	{"notify", do_notify},
};

void actions_parse(struct loader *l, const struct conf_node *n,
		   struct actions *to)
{
	if (!want_map(l, n))
		return;
	if (!n->n)
		conf_error(l->errs, n, "「do」が空です。", "`do` is empty");
	keys_parse(l, n, ACTIONS, ARRAY_LEN(ACTIONS), to);
}

static void default_hold(struct loader *l, const struct conf_node *n, void *to)
{
	(void)to;
	if (want_map(l, n))
		keys_parse(l, n, HOLD, ARRAY_LEN(HOLD), &l->p->hold_default);
}

static void default_refuse(struct loader *l, const struct conf_node *n,
			   void *to)
{
	(void)to;
	if (want_map(l, n))
		keys_parse(l, n, REFUSE, ARRAY_LEN(REFUSE),
			   &l->p->refuse_default);
}

static void default_calendar(struct loader *l, const struct conf_node *n,
			     void *to)
{
	(void)to;
	l->default_calendar = names_calendar(l, n);
}

static const struct key DEFAULTS[] = {
	{"hold", default_hold}, {"refuse", default_refuse},
	{"password", LATER},	{"calendar", default_calendar},
	{"approve", LATER},	{"attachments", LATER},
};

void defaults_parse(struct loader *l, const struct conf_node *n)
{
	if (want_map(l, n))
		keys_parse(l, n, DEFAULTS, ARRAY_LEN(DEFAULTS), NULL);
}

void act_words(struct buf *out)
{
	static const struct key_table TABLES[] = {
		KEY_TABLE("", ACTIONS),
		KEY_TABLE("hold.", HOLD),
		KEY_TABLE("hold.user.", HOLD_USER),
		KEY_TABLE("delay.", DELAY),
		KEY_TABLE("bcc.", BCC),
		KEY_TABLE("bcc.user.", BCC_USER),
		KEY_TABLE("refuse.", REFUSE),
		KEY_TABLE("header.", HEADER),
		KEY_TABLE("copy.", COPY),
		KEY_TABLE("notify.", NOTIFY),
	};
	static const struct key_table MORE[] = {KEY_TABLE("", DEFAULTS)};

	key_tables_list(out, "action", TABLES, ARRAY_LEN(TABLES));
	key_tables_list(out, "default", MORE, ARRAY_LEN(MORE));
}
