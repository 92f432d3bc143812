/* act_ways.c - attachments: how they go. */
#include "policy/policy_int.h"

#define KEEP_LEAST_US US_PER_HOUR
#define KEEP_MOST_US  (400 * US_PER_DAY)
#define DOWNLOADS_MAX 10000

static const char *const WAYS[] = {"attach", "zip", "link", "by-tls"};
static void ways_way(struct loader *l, const struct conf_node *n, void *to)
{
	struct do_ways *w = to;
	const struct conf_node *from = conf_get(n, "from");
	unsigned v;

	w->set = true;
	if (n->kind == CONF_MAP && from) {
		w->way = DO_FROM;
		w->from = names_dests(l, from, DEST_WAY);
		if (n->n > 1)
			conf_error(l->errs, n, "from のほかは書けません。",
				   "nothing goes beside `from` here");
	} else if (value_choice(l, n, WAYS, ARRAY_LEN(WAYS), &v)) {
		w->way = (enum do_way)v;
	}
}

static void ways_at_least(struct loader *l, const struct conf_node *n, void *to)
{
	unsigned v;

	if (value_choice(l, n, GRADE_NAMES, GRADES_N, &v))
		((struct do_ways *)to)->at_least = (enum tls_grade)(v +
								    GRADE_NONE);
}

static void plain_way(struct loader *l, const struct conf_node *n,
		      enum file_way *to)
{
	unsigned v;

	if (value_choice(l, n, WAYS, DO_BY_TLS, &v))
		*to = (enum file_way)v;
}

static void ways_then(struct loader *l, const struct conf_node *n, void *to)
{
	plain_way(l, n, &((struct do_ways *)to)->then);
}

static void ways_else(struct loader *l, const struct conf_node *n, void *to)
{
	((struct do_ways *)to)->other_set = true;
	plain_way(l, n, &((struct do_ways *)to)->other);
}

static void ways_encrypted(struct loader *l, const struct conf_node *n,
			   void *to)
{
	static const char *const WHAT[] = {"pass", "again"};
	unsigned v;

	if (value_choice(l, n, WHAT, ARRAY_LEN(WHAT), &v))
		((struct do_ways *)to)->encrypted = v ? CRYPT_AGAIN
						      : CRYPT_PASS;
}

static void second_of(struct loader *l, const struct conf_node *n,
		      const char *first, const char *second, bool *to)
{
	const char *const words[] = {first, second};
	unsigned v;

	if (value_choice(l, n, words, 2, &v))
		*to = v == 1;
}

static void ways_bundle(struct loader *l, const struct conf_node *n, void *to)
{
	second_of(l, n, "one", "each", &((struct do_ways *)to)->each);
}

static void ways_cipher(struct loader *l, const struct conf_node *n, void *to)
{
	second_of(l, n, "aes256", "zipcrypto",
		  &((struct do_ways *)to)->zipcrypto);
}

static void ways_names(struct loader *l, const struct conf_node *n, void *to)
{
	second_of(l, n, "utf8", "cp932", &((struct do_ways *)to)->cp932);
}

static void ways_place(struct loader *l, const struct conf_node *n, void *to)
{
	second_of(l, n, "head", "tail", &((struct do_ways *)to)->tail);
}

static void ways_keep(struct loader *l, const struct conf_node *n, void *to)
{
	value_duration(l, n, KEEP_LEAST_US, KEEP_MOST_US,
		       &((struct do_ways *)to)->keep_us);
}

static void ways_downloads(struct loader *l, const struct conf_node *n,
			   void *to)
{
	uint64_t v = 0;

	if (!want_scalar(l, n))
		return;
	if (str_u64(n->text, &v) && v >= 1 && v <= DOWNLOADS_MAX)
		((struct do_ways *)to)->downloads = (unsigned)v;
	else
		conf_error(l->errs, n, "1 から %d までの数を書いてください。",
			   "write a number from 1 to %d", DOWNLOADS_MAX);
}

static const struct key ATTACHMENTS[] = {
	{"way", ways_way},
	{"at-least", ways_at_least},
	{"then", ways_then},
	{"else", ways_else},
	{"encrypted", ways_encrypted},
	{"bundle", ways_bundle},
	{"cipher", ways_cipher},
	{"names", ways_names},
	{"keep", ways_keep},
	{"downloads", ways_downloads},
	{"place", ways_place},
};

/* Words that mean nothing for this way would be a false comfort. */
static void check(struct loader *l, const struct conf_node *n,
		  const struct do_ways *w)
{
	static const char *const TLS[] = {"at-least", "then"};
	bool by_tls = w->way == DO_BY_TLS ||
		      (w->way == DO_FROM && (!w->from || w->from->by_tls));
	const struct conf_node *other = conf_get(n, "else");

	for (size_t i = 0; !by_tls && i < ARRAY_LEN(TLS); i++)
		if (conf_get(n, TLS[i]))
			conf_error(l->errs, conf_get(n, TLS[i]),
				   "%s は way: by-tls といっしょに使います。",
				   "`%s` belongs to `way: by-tls`", TLS[i]);
	if (other && !by_tls && w->way != DO_FROM)
		conf_error(l->errs, other,
			   "else は way: by-tls か {from: …} といっしょに"
			   "使います。",
			   "`else` belongs to `way: by-tls` or `{from: …}`");
	if (by_tls)
		l->p->needs |= NEEDS_GRADE;
	if (w->way != DO_ATTACH)
		l->p->question.asks_files = true;
}

void act_attachments(struct loader *l, const struct conf_node *n, void *to)
{
	struct do_ways *w = &((struct actions *)to)->ways;
	size_t before = l->errs->errors;

	*w = l->p->ways_default;
	if (!want_keys(l, n, ATTACHMENTS, ARRAY_LEN(ATTACHMENTS)))
		return;
	keys_parse(l, n, ATTACHMENTS, ARRAY_LEN(ATTACHMENTS), w);
	if (!w->set)
		missing(l, n, "「way」がありません。", "`way` is missing");
	if (l->errs->errors == before)
		check(l, n, w);
}

void default_attachments(struct loader *l, const struct conf_node *n, void *to)
{
	(void)to;
	if (!want_map(l, n))
		return;
	if (conf_get(n, "way"))
		conf_error(l->errs, conf_get(n, "way"),
			   "way は規則に書いてください。",
			   "`way` belongs to rules");
	else
		keys_parse(l, n, ATTACHMENTS, ARRAY_LEN(ATTACHMENTS),
			   &l->p->ways_default);
}

void act_ways_words(struct buf *out)
{
	static const struct key_table TABLES[] = {
		KEY_TABLE("attachments.", ATTACHMENTS)};

	key_tables_list(out, "action", TABLES, ARRAY_LEN(TABLES));
}
