/* act_password.c - password: of a ZIP or a download page, and who is told. */
#include "policy/policy_int.h"

#define LENGTH_MIN    8
#define LENGTH_MAX    64
#define AFTER_MOST_US (24 * US_PER_HOUR)

static void password_make(struct loader *l, const struct conf_node *n, void *to)
{
	static const char *const MAKE[] = {"random", "registered", "none"};
	unsigned v;

	if (value_choice(l, n, MAKE, ARRAY_LEN(MAKE), &v))
		((struct do_password *)to)->make = (enum password_make)v;
}

static void password_else(struct loader *l, const struct conf_node *n, void *to)
{
	static const char *const ELSE[] = {"random", "none"};
	unsigned v;

	if (value_choice(l, n, ELSE, ARRAY_LEN(ELSE), &v))
		((struct do_password *)to)->other = v ? PASSWORD_NONE
						      : PASSWORD_RANDOM;
}

static void password_length(struct loader *l, const struct conf_node *n,
			    void *to)
{
	uint64_t v = 0;

	if (!want_scalar(l, n))
		return;
	if (str_u64(n->text, &v) && v >= LENGTH_MIN && v <= LENGTH_MAX)
		((struct do_password *)to)->length = (unsigned)v;
	else
		conf_error(l->errs, n, "%d から %d までの数を書いてください。",
			   "write a number from %d to %d", LENGTH_MIN,
			   LENGTH_MAX);
}

static void password_classes(struct loader *l, const struct conf_node *n,
			     void *to)
{
	static const char *const CLASSES[] = {"upper", "lower", "digit",
					      "symbol"};

	value_mask(l, n, CLASSES, ARRAY_LEN(CLASSES),
		   &((struct do_password *)to)->classes);
}

static void password_from(struct loader *l, const struct conf_node *n, void *to)
{
	((struct do_password *)to)->from = names_dests(l, n, DEST_SECRET);
}

static void password_tell(struct loader *l, const struct conf_node *n, void *to)
{
	static const char *const TELL[] = {"password", "hint"};
	unsigned v;

	if (value_choice(l, n, TELL, ARRAY_LEN(TELL), &v))
		((struct do_password *)to)->tell_hint = v == 1;
}

static void password_to(struct loader *l, const struct conf_node *n, void *to)
{
	static const char *const TO[] = {"recipient", "sender"};

	value_mask(l, n, TO, ARRAY_LEN(TO), &((struct do_password *)to)->to);
}

static void password_after(struct loader *l, const struct conf_node *n,
			   void *to)
{
	value_duration(l, n, 0, AFTER_MOST_US,
		       &((struct do_password *)to)->after_us);
}

static void password_proof(struct loader *l, const struct conf_node *n,
			   void *to)
{
	static const char *const PROOF[] = {"password", "mailed-code"};
	unsigned v;

	if (value_choice(l, n, PROOF, ARRAY_LEN(PROOF), &v))
		((struct do_password *)to)->mailed_code = v == 1;
}

static const struct key PASSWORD[] = {
	{"make", password_make},       {"length", password_length},
	{"classes", password_classes}, {"from", password_from},
	{"else", password_else},       {"tell", password_tell},
	{"to", password_to},	       {"after", password_after},
	{"proof", password_proof},
};

static void check(struct loader *l, const struct conf_node *n,
		  const struct do_password *p)
{
	const struct conf_node *from = conf_get(n, "from");
	const struct conf_node *tell = conf_get(n, "tell");

	if (p->tell_hint && p->make == PASSWORD_RANDOM)
		conf_error(l->errs, tell ? tell : n,
			   "tell: hint は登録したパスワード(make: "
			   "registered)だけで使えます。",
			   "`tell: hint` is for registered passwords (`make: "
			   "registered`), not for random ones");
	if (p->make == PASSWORD_REGISTERED && !p->from)
		conf_error(l->errs, n,
			   "make: registered には from: 一覧 が要ります。",
			   "`make: registered` needs `from: LIST`");
	if (from && p->make != PASSWORD_REGISTERED)
		conf_error(l->errs, from,
			   "from は make: registered といっしょに使います。",
			   "`from` belongs to `make: registered`");
}

void act_password(struct loader *l, const struct conf_node *n, void *to)
{
	struct do_password *p = &((struct actions *)to)->password;
	size_t before = l->errs->errors;

	*p = l->p->password_default;
	p->set = true;
	if (!want_keys(l, n, PASSWORD, ARRAY_LEN(PASSWORD)))
		return;
	keys_parse(l, n, PASSWORD, ARRAY_LEN(PASSWORD), p);
	if (l->errs->errors == before)
		check(l, n, p);
}

void default_password(struct loader *l, const struct conf_node *n, void *to)
{
	size_t before = l->errs->errors;

	(void)to;
	if (!want_keys(l, n, PASSWORD, ARRAY_LEN(PASSWORD)))
		return;
	keys_parse(l, n, PASSWORD, ARRAY_LEN(PASSWORD),
		   &l->p->password_default);
	if (l->errs->errors == before)
		check(l, n, &l->p->password_default);
}

void act_password_words(struct buf *out)
{
	static const struct key_table TABLES[] = {
		KEY_TABLE("password.", PASSWORD)};

	key_tables_list(out, "action", TABLES, ARRAY_LEN(TABLES));
}
