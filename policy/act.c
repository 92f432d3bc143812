/* act.c - the words under `do` and `defaults`, as rows of tables. */
#include "policy/policy_int.h"

static const struct key ACTIONS[] = {
	{"hold", act_hold},
	{"approve", act_approve},
	{"delay", act_delay},
	{"schedule", act_schedule},
	{"bcc", act_bcc},
	{"refuse", act_refuse},
	{"attachments", act_attachments},
	{"password", act_password},
	{"insert", act_insert},
	{"header", act_header},
	{"sign", act_sign},
	{"encrypt", act_encrypt},
	{"copy", act_copy},
	{"notify", act_notify},
};

/* What does not go together. */
static void check_together(struct loader *l, const struct conf_node *n,
			   const struct actions *a)
{
	const struct conf_node *password = conf_get(n, "password");

	if (password && !conf_get(n, "attachments"))
		conf_error(l->errs, password,
			   "password は attachments といっしょに書いて"
			   "ください。",
			   "`password` needs `attachments` beside it");
	if (a->password.set && a->password.mailed_code && a->ways.set &&
	    a->ways.way == DO_ZIP)
		conf_error(l->errs, password,
			   "proof: mailed-code は受け取りページ(way: "
			   "link)だけで使えます。",
			   "`proof: mailed-code` is for download pages (way: "
			   "link)");
}

void actions_parse(struct loader *l, const struct conf_node *n,
		   struct actions *to)
{
	if (!want_keys(l, n, ACTIONS, ARRAY_LEN(ACTIONS)))
		return;
	if (!n->n)
		conf_error(l->errs, n, "「do」が空です。", "`do` is empty");
	keys_parse(l, n, ACTIONS, ARRAY_LEN(ACTIONS), to);
	check_together(l, n, to);
}

static void default_calendar(struct loader *l, const struct conf_node *n,
			     void *to)
{
	(void)to;
	l->default_calendar = names_calendar(l, n);
}

static const struct key DEFAULTS[] = {
	{"hold", default_hold},		{"refuse", default_refuse},
	{"password", default_password}, {"calendar", default_calendar},
	{"approve", default_approve},	{"attachments", default_attachments},
};

void defaults_parse(struct loader *l, const struct conf_node *n)
{
	if (want_keys(l, n, DEFAULTS, ARRAY_LEN(DEFAULTS)))
		keys_parse(l, n, DEFAULTS, ARRAY_LEN(DEFAULTS), NULL);
}

void act_defaults(struct policy *p)
{
	p->hold_default = (struct do_hold){
		.for_us = 5 * US_PER_MIN, .then = THEN_SEND, .stage = 1};
	p->approve_default = (struct do_approve){
		.need = 1,
		.within = {.us = 72 * US_PER_HOUR},
		.then = THEN_RETURN};
	p->ways_default = (struct do_ways){.at_least = GRADE_VALID_CERTIFICATE,
					   .then = WAY_ATTACH,
					   .other = WAY_LINK,
					   .keep_us = 7 * US_PER_DAY,
					   .downloads = 20};
	p->password_default = (struct do_password){.make = PASSWORD_RANDOM,
						   .other = PASSWORD_RANDOM,
						   .length = 10,
						   .classes = CHARS_ALL,
						   .to = TELL_RECIPIENT |
							 TELL_SENDER,
						   .after_us = 3 * US_PER_MIN};
}

void act_words(struct buf *out)
{
	static const struct key_table FIRST[] = {KEY_TABLE("", ACTIONS)};
	static const struct key_table LAST[] = {KEY_TABLE("", DEFAULTS)};

	key_tables_list(out, "action", FIRST, ARRAY_LEN(FIRST));
	act_gates_words(out);
	act_approve_words(out);
	act_look_words(out);
	act_ways_words(out);
	act_password_words(out);
	act_tell_words(out);
	key_tables_list(out, "default", LAST, ARRAY_LEN(LAST));
}
