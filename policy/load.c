/* load.c - files to a policy: reads all documents, then names, then rules,
 * so that every error of every file is told in one run.
 */
#include "policy/policy_int.h"

#include <dirent.h>
#include <sys/stat.h>

#include "connector/base/die.h"

static void known(struct loader *l, const struct conf_node *n, void *to)
{
	(void)l;
	(void)n;
	(void)to;
}

static const struct key TOP[] = {
	{"sekisho", known}, {"include", known},	 {"domains", known},
	{"lists", known},   {"people", known},	 {"calendars", known},
	{"texts", known},   {"defaults", known}, {"doubt", known},
	{"classes", known}, {"rules", known},
};

static const char *folder_of(struct arena *a, const char *path)
{
	const char *slash;

	must(path); /* files_take() takes nothing without one */
	slash = strrchr(path, '/');
	if (!slash)
		return ".";
	return slash == path ? "/"
			     : arena_strndup(a, path, (size_t)(slash - path));
}

static bool read_document(struct loader *l, const struct conf_node *at,
			  const char *path);

static void includes(struct loader *l, const struct conf_node *n)
{
	size_t count = n->kind == CONF_LIST ? n->n : 1;

	for (size_t i = 0; i < count; i++) {
		const struct conf_node *f = n->kind == CONF_LIST ? n->item[i]
								 : n;
		const char *path;

		if (!want_scalar(l, f))
			continue;
		path = files_path(l, f->text);
		if (path && map_get(&l->seen, str_of(path)))
			continue; /* once is enough */
		if (l->depth == INCLUDE_MAX)
			conf_error(l->errs, f, "include が深すぎます。",
				   "includes are nested too deeply");
		else
			read_document(l, f, path);
	}
}

/* Said once, it holds for what follows in the folder or by `include`. */
static void version_check(struct loader *l, const struct conf_node *root)
{
	const struct conf_node *n = conf_get(root, "sekisho");

	if (!n && !l->versioned)
		conf_error(l->errs, root, "「sekisho: 1」がありません。",
			   "`sekisho: 1` is missing");
	if (n && (n->kind != CONF_SCALAR || !str_is(n->text, "1")))
		conf_error(l->errs, n, "この版が読めるのは 1 だけです。",
			   "this program reads version 1");
	l->versioned = true;
}

static void add_document(struct loader *l, struct str text, const char *name,
			 const char *folder)
{
	struct conf_node *root = conf_parse(text, name, l->a, l->errs);
	const struct conf_node *n;
	const char *outer = l->folder;

	if (!root || !want_map(l, root)) {
		l->versioned = true; /* it may name it; nobody can tell */
		return;
	}
	keys_parse(l, root, TOP, ARRAY_LEN(TOP), NULL);
	version_check(l, root);
	l->folder = folder;
	l->depth++;
	n = conf_get(root, "include");
	if (n)
		includes(l, n);
	l->depth--;
	names_collect(l, root);
	l->folder = outer;
	vec_push(&l->roots, root);
}

static bool read_document(struct loader *l, const struct conf_node *at,
			  const char *path)
{
	struct str text;

	if (!files_take(l, at, path, &text)) {
		l->versioned = true; /* as above */
		return false;
	}
	add_document(l, text, path, folder_of(l->a, path));
	return true;
}

bool policy_is_yaml(struct str name)
{
	return str_ends(name, STR(".yaml")) || str_ends(name, STR(".yml"));
}

/* In the order of their names, whatever the locale. */
static size_t sort_in(const char **names, size_t n, const char *name)
{
	size_t at = n;

	if (name[0] == '.' || !policy_is_yaml(str_of(name)) || n == FILES_MAX)
		return n;
	for (; at && strcmp(names[at - 1], name) > 0; at--)
		names[at] = names[at - 1];
	names[at] = name;
	return n + 1;
}

static size_t folder_names(struct loader *l, const char *path,
			   const char **names)
{
	DIR *dir = opendir(path);
	struct dirent *d;
	size_t n = 0;

	while (dir && (d = readdir(dir)))
		n = sort_in(names, n, arena_strdup(l->a, d->d_name));
	if (dir)
		closedir(dir);
	return n;
}

static size_t kept_names(struct loader *l, const char **names)
{
	size_t n = 0;

	for (size_t i = 0; i < l->src->kept_n; i++)
		if (!strchr(l->src->kept[i].name, '/'))
			n = sort_in(names, n, l->src->kept[i].name);
	return n;
}

static void read_folder(struct loader *l, const char *path)
{
	const char **names = arena_array(l->a, FILES_MAX, sizeof(*names));
	size_t n = l->src->kept ? kept_names(l, names)
				: folder_names(l, path, names);

	if (!n)
		conf_error_file(l->errs, path,
				"フォルダに .yaml のファイルがありません。",
				"no .yaml file in this folder");
	for (size_t i = 0; i < n; i++) {
		const char *file = arena_printf(l->a, "%s/%s", path, names[i]);

		if (!map_get(&l->seen, str_of(file)))
			read_document(l, NULL, file);
	}
}

static void read_source(struct loader *l)
{
	const char *path = l->src->path;
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		l->root = path;
		l->p->main = "";
		read_folder(l, path);
	} else {
		l->root = folder_of(l->a, path);
		read_document(l, NULL, path);
		l->p->main = l->p->files.n ? l->p->files.v[0].name : "";
	}
}

/* Under the names that the files would have on disk. */
static void read_kept(struct loader *l)
{
	const char *main = l->src->main ? l->src->main : "";

	l->root = *main ? folder_of(l->a, l->src->path) : l->src->path;
	l->p->main = arena_strdup(l->a, main);
	if (*main)
		read_document(l, NULL,
			      arena_printf(l->a, "%s/%s", l->root, main));
	else
		read_folder(l, l->root);
}

/* ---- looking up ---- */

struct person *policy_person(const struct policy *p, const struct addr *addr)
{
	return addr->key.n ? map_get(&p->people, addr->key) : NULL;
}

const struct tz *policy_zone(struct policy *p, struct str name)
{
	struct tz *tz;

	VEC_EACH (z, &p->zones)
		if (str_is(name, tz_name(*z)))
			return *z;
	tz = tz_load(arena_strndup(&p->arena, name.p, name.n), NULL);
	if (tz)
		vec_push(&p->zones, tz);
	return tz;
}

/* ---- the whole ---- */

static void parse_sections(struct loader *l)
{
	static const struct {
		const char *name;
		void (*parse)(struct loader *l, const struct conf_node *n);
	} SECTIONS[] = {{"defaults", defaults_parse},
			{"doubt", doubt_parse},
			{"classes", classes_parse},
			{"rules", rules_parse}};

	domains_parse(l);
	people_load(l);
	names_build(l);
	for (size_t i = 0; i < ARRAY_LEN(SECTIONS); i++) {
		VEC_EACH (root, &l->roots) {
			const struct conf_node *n = conf_get(*root,
							     SECTIONS[i].name);

			if (n)
				SECTIONS[i].parse(l, n);
		}
	}
	question_build(l);
}

/* Files that the policy does not name: people's own settings, and the
 * stand-ins of explain. */
static void side_files(struct loader *l)
{
	past_load(l);
	grades_load(l);
	users_load(l);
}

static void digest_files(struct policy *p)
{
	struct digest d;

	digest_init(&d);
	VEC_EACH (f, &p->files) {
		uint64_t n = f->bytes.n;

		digest_add(&d, f->name, strlen(f->name) + 1);
		digest_add(&d, &n, sizeof(n));
		digest_add(&d, f->bytes.p, f->bytes.n);
	}
	VEC_EACH (s, &p->shipped)
		digest_add(&d, s->bytes.p, s->bytes.n);
	digest_hex(&d, p->digest);
}

static struct policy *policy_new(void)
{
	static const enum doubt_line DOUBT[DOUBT_COUNT] = {
		[DOUBT_PICTURE] = LINE_PASS,
		[DOUBT_ENCRYPTED] = LINE_RULES,
		[DOUBT_UNKNOWN_TYPE] = LINE_CONFIRM,
		[DOUBT_TOO_LARGE] = LINE_CONFIRM,
		[DOUBT_DAMAGED] = LINE_CONFIRM,
		[DOUBT_AMBIGUOUS] = LINE_APPROVE,
		[DOUBT_LIMIT] = LINE_APPROVE,
		[DOUBT_FAILED] = LINE_HOLD,
	};
	struct policy *p = NEW(struct policy);

	p->main = "";
	memcpy(p->doubt, DOUBT, sizeof(DOUBT));
	memcpy(p->row, CLASS_ROWS, sizeof(p->row));
	act_defaults(p);
	return p;
}

static void loader_release(struct loader *l)
{
	map_release(&l->seen);
	map_release(&l->lists);
	map_release(&l->people);
	map_release(&l->calendars);
	map_release(&l->texts);
	map_release(&l->rule_names);
	vec_release(&l->roots);
}

static struct policy *load(const struct policy_source *src, struct str text,
			   const char *name, struct conf_errors *errs)
{
	struct policy *p = policy_new();
	struct loader l = {.p = p, .a = &p->arena, .errs = errs, .src = src};
	size_t before = errs->errors;
	const char *zone = src->timezone ? src->timezone : "Asia/Tokyo";

	p->tz = policy_zone(p, str_of(zone));
	if (!p->tz) {
		conf_error_file(errs, zone, "この時間帯はありません。",
				"no such time zone");
		p->tz = tz_utc();
	}
	if (name) {
		l.root = l.folder = src->path ? folder_of(l.a, src->path)
					      : NULL;
		vec_push(&p->files,
			 ((struct policy_file){arena_strdup(l.a, name),
					       arena_str(l.a, text)}));
		add_document(&l, p->files.v[0].bytes, name, l.folder);
	} else if (src->kept) {
		read_kept(&l);
	} else {
		read_source(&l);
	}
	side_files(&l);
	parse_sections(&l);
	p->calendar = l.default_calendar;
	digest_files(p);
	loader_release(&l);
	if (errs->errors != before)
		policy_free(&p);
	return p;
}

struct policy *policy_load(const struct policy_source *src,
			   struct conf_errors *errs)
{
	return load(src, STR_EMPTY, NULL, errs);
}

struct policy *policy_load_text(const struct policy_source *src,
				struct str text, const char *name,
				struct conf_errors *errs)
{
	return load(src, text, name, errs);
}

void policy_free(struct policy **pp)
{
	struct policy *p = *pp;

	if (!p)
		return;
	VEC_EACH (z, &p->zones)
		tz_free(z);
	vec_release(&p->zones);
	for (struct addr_set *s = p->sets; s; s = s->next)
		addr_map_release(&s->map);
	for (struct dests *d = p->dests; d; d = d->next)
		addr_map_release(&d->map);
	partners_release(p->partners);
	addr_map_release(&p->classes);
	addr_map_release(&p->grades);
	map_release(&p->past);
	alike_free(&p->alike);
	alike_free(&p->known);
	map_release(&p->people);
	map_release(&p->users);
	vec_release(&p->persons);
	vec_release(&p->shipped);
	vec_release(&p->closed_ends);
	vec_release(&p->files);
	vec_release(&p->rules);
	arena_release(&p->arena);
	mem_free(p);
	*pp = NULL;
}

unsigned policy_needs(const struct policy *p)
{
	return p->needs;
}

const struct question *policy_question(const struct policy *p)
{
	return &p->question;
}

const char *policy_digest(const struct policy *p)
{
	return p->digest;
}

void policy_words(struct buf *out)
{
	static const struct key_table TABLES[] = {KEY_TABLE("", TOP)};

	key_tables_list(out, "section", TABLES, ARRAY_LEN(TABLES));
	cond_words(out);
	rule_words(out);
	act_words(out);
	doubt_words(out);
}

size_t policy_rule_count(const struct policy *p)
{
	return p->rules.n;
}

const char *policy_main(const struct policy *p)
{
	return p->main;
}

const struct policy_file *policy_files(const struct policy *p, size_t *n_r)
{
	*n_r = p->files.n;
	return p->files.v;
}
