/* yaml.c - YAML text to a tree of conf_nodes (the only user of libyaml).
 *
 * Events, not documents: what we do not take (anchors, aliases, tags, merge
 * keys, several documents, keys that are no words) is refused where it stands,
 * and depth and number of nodes are bounded before anything grows.
 */
#include "connector/conf/conf.h"

#include <yaml.h>

#include "connector/base/limits.h"
#include "connector/base/map.h"
#include "connector/base/mem.h"
#include "connector/conf/conf_int.h"

/* A list or map that is being filled. */
struct open_node {
	struct conf_node *node;
	size_t cap;
	struct conf_node *key; /* map: the key whose value comes next */
	struct map seen;       /* map: keys so far */
	bool restarted;	       /* map: its first key came again */
};

struct builder {
	struct arena *a;
	struct conf_errors *errs;
	const char *file;
	struct conf_node *root;
	struct open_node stack[CONF_DEPTH_MAX];
	size_t depth;
	size_t nodes;
	size_t documents;
	bool stopped; /* an error after which nothing more is read */
};

static struct conf_node *node_new(struct builder *b, enum conf_kind kind,
				  const yaml_mark_t *at)
{
	struct conf_node *n = ARENA_NEW(b->a, struct conf_node);

	n->kind = kind;
	n->file = b->file;
	n->line = (unsigned)at->line + 1;
	n->column = (unsigned)at->column + 1;
	return n;
}

/* Arrays double inside the arena; what was outgrown is freed with it. */
static void *array_grow(struct arena *a, void *old, size_t n, size_t cap)
{
	struct conf_node **v = arena_array(a, cap, sizeof(struct conf_node *));

	if (n)
		memcpy(v, old, n * sizeof(*v));
	return v;
}

static void append(struct builder *b, struct open_node *o,
		   struct conf_node *key, struct conf_node *value)
{
	struct conf_node *n = o->node;

	if (n->n == o->cap) {
		o->cap = o->cap ? o->cap * 2 : 4;
		n->item = array_grow(b->a, n->item, n->n, o->cap);
		if (n->kind == CONF_MAP)
			n->key = array_grow(b->a, n->key, n->n, o->cap);
	}
	if (key)
		n->key[n->n] = key;
	n->item[n->n++] = value;
}

/* In an item of a list whose keys begin anew a dash is missing: one error. */
static void given_twice(struct builder *b, struct open_node *o,
			const struct conf_node *key,
			const struct conf_node *first)
{
	struct str word = conf_word(key->text);

	o->restarted = b->depth > 1 && o->node->n && o->node->key[0] == first &&
		       b->stack[b->depth - 2].node->kind == CONF_LIST &&
		       key->line > first->line;
	if (o->restarted)
		conf_error(b->errs, key,
			   "「" STR_FMT "」は %u 行目にもあります。ここから次の"
			   "項目なら「- " STR_FMT ":」と書いてください。",
			   "`" STR_FMT
			   "`: given twice, first in line %u; where "
			   "the next item begins write `- " STR_FMT ":`",
			   STR_ARG(word), first->line, STR_ARG(word));
	else
		conf_error(b->errs, key,
			   "「" STR_FMT "」は %u 行目にもあります。",
			   "`" STR_FMT "`: given twice, first in line %u",
			   STR_ARG(word), first->line);
}

static void take_key(struct builder *b, struct open_node *o,
		     struct conf_node *key)
{
	struct conf_node *first;

	if (key->kind != CONF_SCALAR) {
		conf_error(b->errs, key, "キーは1つの語でなければなりません。",
			   "a key must be one word");
		b->stopped = true;
		return;
	}
	if (str_is(key->text, "<<") && !key->quoted)
		conf_error(b->errs, key,
			   "併合キー「<<」は使えません。書き写してください。",
			   "merge keys (`<<`) are not taken; write it out");
	first = map_put(&o->seen, key->text, key);
	if (first && !o->restarted)
		given_twice(b, o, key, first);
	o->key = key;
}

/* A finished node finds its place: root, list item, key or value. */
static void place(struct builder *b, struct conf_node *n)
{
	struct open_node *o;

	if (!b->depth) {
		b->root = n;
		return;
	}
	o = &b->stack[b->depth - 1];
	if (o->node->kind == CONF_LIST) {
		append(b, o, NULL, n);
	} else if (!o->key) {
		take_key(b, o, n);
	} else {
		append(b, o, o->key, n);
		o->key = NULL;
	}
}

static bool count_node(struct builder *b, const yaml_mark_t *at)
{
	if (++b->nodes <= CONF_NODES_MAX)
		return true;
	conf_error_at(b->errs, b->file, (unsigned)at->line + 1,
		      (unsigned)at->column + 1, "項目が多すぎます(最大 %d)。",
		      "too many items (at most %d)", CONF_NODES_MAX);
	b->stopped = true;
	return false;
}

static void open_node(struct builder *b, enum conf_kind kind,
		      const yaml_mark_t *at)
{
	struct conf_node *n;

	if (!count_node(b, at))
		return;
	n = node_new(b, kind, at);
	if (b->depth == CONF_DEPTH_MAX) {
		conf_error(b->errs, n, "入れ子が深すぎます(最大 %d)。",
			   "nested too deeply (at most %d)", CONF_DEPTH_MAX);
		b->stopped = true;
		return;
	}
	/* A list or map as key is refused before it is filled. */
	if (b->depth && b->stack[b->depth - 1].node->kind == CONF_MAP &&
	    !b->stack[b->depth - 1].key) {
		take_key(b, &b->stack[b->depth - 1], n);
		return;
	}
	b->stack[b->depth++] = (struct open_node){.node = n};
}

static void close_node(struct builder *b)
{
	struct open_node *o = &b->stack[--b->depth];

	map_release(&o->seen);
	place(b, o->node);
}

static void refuse(struct builder *b, const yaml_mark_t *at, const char *ja,
		   const char *en)
{
	conf_error_at(b->errs, b->file, (unsigned)at->line + 1,
		      (unsigned)at->column + 1, "%.0s%s", "%s%.0s", en, ja);
}

static void refuse_marks(struct builder *b, const yaml_mark_t *at,
			 const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		refuse(b, at, "アンカー(&)は使えません。",
		       "anchors (&) are not taken");
	if (tag)
		refuse(b, at, "タグ(!)は使えません。",
		       "tags (!) are not taken");
}

static void scalar(struct builder *b, const yaml_event_t *ev)
{
	struct conf_node *n;

	refuse_marks(b, &ev->start_mark, ev->data.scalar.anchor,
		     ev->data.scalar.tag);
	if (!count_node(b, &ev->start_mark))
		return;
	n = node_new(b, CONF_SCALAR, &ev->start_mark);
	n->quoted = ev->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	n->text = arena_str(
		b->a, str_n(ev->data.scalar.value, ev->data.scalar.length));
	if (n->text.n && memchr(n->text.p, 0, n->text.n))
		conf_error(b->errs, n, "値に NUL 文字があります。",
			   "the value holds a NUL character");
	place(b, n);
}

static void document(struct builder *b, const yaml_event_t *ev)
{
	if (ev->data.document_start.version_directive ||
	    ev->data.document_start.tag_directives.start !=
		    ev->data.document_start.tag_directives.end)
		refuse(b, &ev->start_mark, "ディレクティブ(%)は使えません。",
		       "directives (%) are not taken");
	if (++b->documents > 1) {
		refuse(b, &ev->start_mark, "1つのファイルに文書は1つだけです。",
		       "one document per file");
		b->stopped = true;
	}
}

static void event(struct builder *b, const yaml_event_t *ev)
{
	switch (ev->type) {
	case YAML_DOCUMENT_START_EVENT:
		document(b, ev);
		break;
	case YAML_ALIAS_EVENT:
		refuse(b, &ev->start_mark, "エイリアス(*)は使えません。",
		       "aliases (*) are not taken; quote a pattern that "
		       "begins with *");
		b->stopped = true;
		break;
	case YAML_SCALAR_EVENT:
		scalar(b, ev);
		break;
	case YAML_SEQUENCE_START_EVENT:
		refuse_marks(b, &ev->start_mark, ev->data.sequence_start.anchor,
			     ev->data.sequence_start.tag);
		open_node(b, CONF_LIST, &ev->start_mark);
		break;
	case YAML_MAPPING_START_EVENT:
		refuse_marks(b, &ev->start_mark, ev->data.mapping_start.anchor,
			     ev->data.mapping_start.tag);
		open_node(b, CONF_MAP, &ev->start_mark);
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		close_node(b);
		break;
	default:
		break;
	}
}

static void syntax_error(struct builder *b, const yaml_parser_t *p,
			 struct str text)
{
	struct yaml_slip slip = {
		.problem = p->problem ? p->problem : "not YAML",
		.line = p->problem_mark.line,
		.column = p->problem_mark.column,
		.within = p->context != NULL,
		.from_line = p->context_mark.line,
		.from_column = p->context_mark.column,
	};

	/* The reader of characters knows an offset only. */
	if (p->error == YAML_READER_ERROR)
		for (size_t i = 0; i < p->problem_offset && i < text.n; i++) {
			slip.line += text.p[i] == '\n';
			slip.column = text.p[i] == '\n' ? 0 : slip.column + 1;
		}
	yaml_slip_tell(b->errs, b->file, text, &slip);
}

static void run_parser(struct builder *b, struct str text)
{
	yaml_parser_t parser;
	yaml_event_t ev;

	must(yaml_parser_initialize(&parser));
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text.p,
				     text.n);
	while (!b->stopped) {
		yaml_event_type_t type;

		if (!yaml_parser_parse(&parser, &ev)) {
			syntax_error(b, &parser, text);
			b->stopped = true;
			break;
		}
		type = ev.type;
		event(b, &ev);
		yaml_event_delete(&ev);
		if (type == YAML_STREAM_END_EVENT)
			break;
	}
	yaml_parser_delete(&parser);
	while (b->depth)
		map_release(&b->stack[--b->depth].seen);
}

struct conf_node *conf_parse(struct str text, const char *file, struct arena *a,
			     struct conf_errors *errs)
{
	struct builder *b;
	struct conf_node *root;
	size_t before = errs->errors;

	if (!yaml_text_fits(errs, file, text))
		return NULL;
	if (str_starts(text, STR("\xef\xbb\xbf")))
		text = str_skip(text, 3);
	b = NEW(struct builder);
	*b = (struct builder){
		.a = a, .errs = errs, .file = arena_strdup(a, file)};
	run_parser(b, text);
	root = b->stopped ? NULL : b->root;
	if (!root && errs->errors == before)
		conf_error_file(errs, file, "中身がありません。",
				"the file is empty");
	mem_free(b);
	return root;
}
