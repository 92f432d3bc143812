/* doubt.c - what an unanswered inspection means, and what may be done with
 * which class of message; the tables and how a policy changes them.
 */
#include "policy/policy_int.h"

const struct class_row CLASS_ROWS[CLASS_ROWS_N] = {
	{"plain", GATES_ALL, EDITS_ALL, NOTICES_EACH},
	{"calendar", GATES_REFUSE | GATES_APPROVE, EDITS_NONE, NOTICES_EACH},
	{"receipt", GATES_REFUSE, EDITS_NONE, NOTICES_NONE},
	{"auto-reply", GATES_REFUSE, EDITS_NONE, NOTICES_NONE},
	{"dsn", 0, EDITS_NONE, NOTICES_NONE},
	{"signed", GATES_ALL, EDITS_ADD, NOTICES_EACH},
	{"encrypted", GATES_ALL, EDITS_NONE, NOTICES_EACH},
	{"rights-managed", GATES_ALL, EDITS_NONE, NOTICES_EACH},
	{"tnef", GATES_ALL, EDITS_HEADER, NOTICES_EACH},
	{"bulk", GATES_ALL, EDITS_ALL, NOTICES_DIGEST},
	{"journal", 0, EDITS_NONE, NOTICES_NONE},
};

static void line(struct loader *l, const struct conf_node *n,
		 enum doubt_line *to)
{
	static const char *const LINES[] = {"pass", "rules", "confirm",
					    "approve", "hold"};
	unsigned v;

	if (value_choice(l, n, LINES, ARRAY_LEN(LINES), &v))
		*to = (enum doubt_line)v;
}

#define LINE(name, which)                                                      \
	static void name(struct loader *l, const struct conf_node *n,          \
			 void *to)                                             \
	{                                                                      \
		(void)to;                                                      \
		line(l, n, &l->p->doubt[which]);                               \
	}
LINE(picture, DOUBT_PICTURE)
LINE(encrypted, DOUBT_ENCRYPTED)
LINE(unknown_type, DOUBT_UNKNOWN_TYPE)
LINE(too_large, DOUBT_TOO_LARGE)
LINE(damaged, DOUBT_DAMAGED)
LINE(ambiguous, DOUBT_AMBIGUOUS)
LINE(limit, DOUBT_LIMIT)
LINE(failed, DOUBT_FAILED)

static const struct key DOUBT[] = {
	{"picture", picture},
	{"encrypted", encrypted},
	{"unknown-type", unknown_type},
	{"too-large", too_large},
	{"damaged", damaged},
	{"ambiguous", ambiguous},
	{"limit", limit},
	{"failed", failed},
};

void doubt_parse(struct loader *l, const struct conf_node *n)
{
	if (want_map(l, n))
		keys_parse(l, n, DOUBT, ARRAY_LEN(DOUBT), NULL);
}

/* ---- classes: {signed: {gates: [hold, refuse], edits: none}} ---- */

static void class_gates(struct loader *l, const struct conf_node *n, void *to)
{
	static const char *const GATES[] = {"hold",	"approve", "delay",
					    "schedule", "refuse",  "all",
					    "none"};
	enum { ALL = 5, NONE = 6 };
	struct class_row *row = to;
	unsigned v;

	if (n->kind == CONF_LIST) {
		value_mask(l, n, GATES, ALL, &row->gates);
	} else if (value_choice(l, n, GATES, ARRAY_LEN(GATES), &v)) {
		row->gates = v == ALL ? GATES_ALL : v == NONE ? 0 : 1u << v;
	}
}

static void class_edits(struct loader *l, const struct conf_node *n, void *to)
{
	static const char *const EDITS[] = {"none", "add-header", "header",
					    "all"};
	unsigned v;

	if (value_choice(l, n, EDITS, ARRAY_LEN(EDITS), &v))
		((struct class_row *)to)->edits = (enum class_edits)v;
}

static const struct key CLASS[] = {{"gates", class_gates},
				   {"edits", class_edits}};

void classes_parse(struct loader *l, const struct conf_node *n)
{
	const char *names[CLASS_ROWS_N];

	if (!want_map(l, n))
		return;
	for (size_t i = 0; i < CLASS_ROWS_N; i++)
		names[i] = CLASS_ROWS[i].name;
	for (size_t k = 0; k < n->n; k++) {
		struct class_row *row = NULL;

		for (size_t i = 0; i < CLASS_ROWS_N; i++)
			if (str_is(n->key[k]->text, names[i]))
				row = &l->p->row[i];
		if (!row)
			conf_unknown_key(l->errs, n->key[k], names,
					 CLASS_ROWS_N);
		else if (want_map(l, n->item[k]))
			keys_parse(l, n->item[k], CLASS, ARRAY_LEN(CLASS), row);
	}
}

void doubt_words(struct buf *out)
{
	static const struct key_table DOUBTS[] = {KEY_TABLE("", DOUBT)};
	static const struct key_table OF_CLASS[] = {KEY_TABLE("", CLASS)};

	key_tables_list(out, "doubt", DOUBTS, 1);
	key_tables_list(out, "class", OF_CLASS, 1);
}
