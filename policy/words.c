/* words.c - lists of words, extensions and expressions that rules name. */
#include "policy/policy_int.h"

static void room(struct loader *l, struct words *w, size_t n)
{
	w->v = arena_array(l->a, n, sizeof(*w->v));
	w->shown = arena_array(l->a, n, sizeof(*w->shown));
	w->at = arena_array(l->a, n, sizeof(*w->at));
}

/* What folds alike is one word, or its occurrences would count twice. */
static void add(struct loader *l, struct words *w, struct map *seen,
		struct str text, struct str folded, const struct conf_node *at)
{
	if (!folded.n) {
		conf_error(l->errs, at, "語や式が空です。",
			   "the word or expression is empty");
		return;
	}
	if (text.n > QUESTION_TERM_MAX) {
		conf_error(l->errs, at, "語が長すぎます(%zu バイト、最大 %d)。",
			   "the word is too long (%zu bytes, at most %d)",
			   text.n, QUESTION_TERM_MAX);
		return;
	}
	if (map_put(seen, folded, w))
		return;
	w->shown[w->n] = text;
	w->at[w->n] = at;
	w->v[w->n++] = folded;
}

static void add_word(struct loader *l, struct words *w, struct map *seen,
		     struct str text, const struct conf_node *at)
{
	AUTO(buf) folded = BUF_MAX(4 * QUESTION_TERM_MAX);

	fold_text(&folded, text);
	add(l, w, seen, text,
	    buf_ok(&folded) ? arena_str(l->a, buf_str(&folded)) : text, at);
}

static void empty_list(struct loader *l, const struct conf_node *n)
{
	conf_error(l->errs, n, "一覧が空です。", "the list is empty");
}

static void words_here(struct loader *l, const struct conf_node *n,
		       struct words *to, struct map *seen)
{
	room(l, to, n->n);
	for (size_t i = 0; i < n->n; i++)
		if (want_scalar(l, n->item[i]))
			add_word(l, to, seen, n->item[i]->text, n->item[i]);
	if (!n->n)
		empty_list(l, n);
}

static void words_named(struct loader *l, const struct conf_node *n,
			struct words *to, struct map *seen)
{
	const struct named *v = names_word_list(l, n);

	if (!v)
		return;
	room(l, to, v->entry_n);
	for (size_t i = 0; i < v->entry_n; i++)
		add_word(l, to, seen, v->entry[i].text, v->entry[i].at);
}

bool names_words(struct loader *l, const struct conf_node *n, struct words *to)
{
	size_t before = l->errs->errors;
	struct map seen = MAP_EMPTY;

	if (n->kind == CONF_LIST)
		words_here(l, n, to, &seen);
	else
		words_named(l, n, to, &seen);
	map_release(&seen);
	return l->errs->errors == before;
}

bool names_expressions(struct loader *l, const struct conf_node *n,
		       struct words *to)
{
	const struct conf_node *one[1] = {n};
	const struct conf_node *const *v =
		n->kind == CONF_LIST ? (const struct conf_node *const *)n->item
				     : one;
	size_t count = n->kind == CONF_LIST ? n->n : 1;
	size_t before = l->errs->errors;
	struct map seen = MAP_EMPTY;

	room(l, to, count);
	for (size_t i = 0; i < count; i++)
		if (want_scalar(l, v[i]))
			add(l, to, &seen, v[i]->text, v[i]->text, v[i]);
	if (!count)
		empty_list(l, n);
	map_release(&seen);
	return l->errs->errors == before;
}
