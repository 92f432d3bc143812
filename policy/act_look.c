/* act_look.c - how the mail itself looks: bcc, header, insert, sign, encrypt. */
#include "policy/policy_int.h"

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
	if (want_keys(l, n, BCC_USER, ARRAY_LEN(BCC_USER)))
		keys_parse(l, n, BCC_USER, ARRAY_LEN(BCC_USER), to);
}

static const struct key BCC[] = {
	{"hide", bcc_hide}, {"tell-sender", bcc_tell}, {"user", bcc_user}};

void act_bcc(struct loader *l, const struct conf_node *n, void *to)
{
	struct do_bcc *b = &((struct actions *)to)->bcc;

	*b = (struct do_bcc){.hide = HIDE_EXTERNAL, .tell_sender = true};
	if (want_keys(l, n, BCC, ARRAY_LEN(BCC)))
		keys_parse(l, n, BCC, ARRAY_LEN(BCC), b);
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

static void header_stamp(struct loader *l, const struct conf_node *n, void *to)
{
	static const char *const STAMP[] = {"header", "text", "both"};
	unsigned v;

	if (value_choice(l, n, STAMP, ARRAY_LEN(STAMP), &v))
		((struct do_header *)to)->stamp = v + 1;
}

static const struct key HEADER[] = {{"add", header_add},
				    {"remove", header_remove},
				    {"stamp", header_stamp}};

void act_header(struct loader *l, const struct conf_node *n, void *to)
{
	struct do_header *h = &((struct actions *)to)->header;

	h->set = true;
	if (want_keys(l, n, HEADER, ARRAY_LEN(HEADER)))
		keys_parse(l, n, HEADER, ARRAY_LEN(HEADER), h);
}

/* ---- insert ---- */

#define RULE_INSERTS_MAX 16
#define INSERT_TEXT_MAX	 (32 * KIB)

static void insert_text(struct loader *l, const struct conf_node *n, void *to)
{
	struct do_insert *in = to;
	const struct conf_node *from = conf_get(n, "from");

	if (n->kind == CONF_MAP && from) {
		in->from = names_dests(l, from, DEST_TEXT);
		if (n->n > 1)
			conf_error(l->errs, n, "from のほかは書けません。",
				   "nothing goes beside `from` here");
		return;
	}
	if (n->kind == CONF_SCALAR)
		in->name = n->text;
	if (value_text(l, n, &in->text) &&
	    MAX_OF(in->text.ja.n, in->text.en.n) > INSERT_TEXT_MAX)
		conf_error(l->errs, n, "文が長すぎます(最大 %d KB)。",
			   "the text is too long (%d KB at most)",
			   (int)(INSERT_TEXT_MAX / KIB));
}

static void insert_at(struct loader *l, const struct conf_node *n, void *to)
{
	static const char *const AT[] = {"head", "tail"};
	unsigned v;

	if (value_choice(l, n, AT, ARRAY_LEN(AT), &v))
		((struct do_insert *)to)->tail = v == 1;
}

static const struct key INSERT[] = {{"text", insert_text}, {"at", insert_at}};

static void one_insert(struct loader *l, const struct conf_node *n,
		       struct actions *to)
{
	struct do_insert *in = &to->insert[to->insert_n];

	if (!want_keys(l, n, INSERT, ARRAY_LEN(INSERT)))
		return;
	to->insert_n++;
	keys_parse(l, n, INSERT, ARRAY_LEN(INSERT), in);
	if (!conf_get(n, "text"))
		missing(l, n, "「text」がありません。", "`text` is missing");
}

/* One, or a list of them. */
void act_insert(struct loader *l, const struct conf_node *n, void *to)
{
	struct actions *a = to;
	size_t count = n->kind == CONF_LIST ? n->n : 1;

	if (!count || count > RULE_INSERTS_MAX) {
		conf_error(l->errs, n, "1 から %d 個まで書けます。",
			   "write 1 to %d of them", RULE_INSERTS_MAX);
		return;
	}
	a->insert = arena_array(l->a, count, sizeof(*a->insert));
	for (size_t i = 0; i < count; i++)
		one_insert(l, n->kind == CONF_LIST ? n->item[i] : n, a);
}

/* ---- S/MIME ---- */

static void smime(struct loader *l, const struct conf_node *n, bool *to)
{
	static const char *const HOW[] = {"smime"};
	unsigned v;

	if (value_choice(l, n, HOW, 1, &v))
		*to = true;
}

void act_sign(struct loader *l, const struct conf_node *n, void *to)
{
	smime(l, n, &((struct actions *)to)->sign);
}

void act_encrypt(struct loader *l, const struct conf_node *n, void *to)
{
	smime(l, n, &((struct actions *)to)->encrypt);
}

void act_look_words(struct buf *out)
{
	static const struct key_table TABLES[] = {
		KEY_TABLE("bcc.", BCC),
		KEY_TABLE("bcc.user.", BCC_USER),
		KEY_TABLE("insert.", INSERT),
		KEY_TABLE("header.", HEADER),
	};

	key_tables_list(out, "action", TABLES, ARRAY_LEN(TABLES));
}
