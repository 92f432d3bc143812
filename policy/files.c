/* files.c - the files a policy consists of: read once, kept, digested. */
#include "policy/policy_int.h"

const char *files_path(struct loader *l, struct str name)
{
	if (name.n && name.p[0] == '/')
		return arena_strndup(l->a, name.p, name.n);
	if (!l->folder)
		return NULL;
	if (strcmp(l->folder, ".") == 0)
		return arena_strndup(l->a, name.p, name.n);
	return arena_printf(l->a, "%s/" STR_FMT, l->folder, STR_ARG(name));
}

/* As a reader knows it: relative to the policy's folder where it is inside. */
static const char *short_name(struct loader *l, const char *path)
{
	size_t n = l->root ? strlen(l->root) : 0;

	if (n && strncmp(path, l->root, n) == 0 && path[n] == '/')
		return path + n + 1;
	return path;
}

static void cannot_read(struct loader *l, const struct conf_node *at,
			const char *path, const char *why)
{
	if (at)
		conf_error(l->errs, at, "「%s」を読めません(%s)。%.0s",
			   "`%s` cannot be read: %.0s%s", path,
			   conf_why_ja(why), why);
	else
		conf_error_file(l->errs, path, "読めません(%s)。%.0s",
				"cannot be read: %.0s%s", conf_why_ja(why),
				why);
}

/* conf_read_file() says "PATH: why"; the error names the path itself. */
static const char *without_path(const char *text, const char *path)
{
	size_t n = strlen(path);

	return strncmp(text, path, n) == 0 && text[n] == ':' ? text + n + 2
							     : text;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Of a version that was kept. What stood outside of the policy's folder may
 * have moved since: its name is enough. */
static const struct policy_file *kept_file(const struct loader *l,
					   const char *name)
{
	const struct policy_source *src = l->src;

	for (size_t i = 0; i < src->kept_n; i++)
		if (strcmp(src->kept[i].name, name) == 0)
			return &src->kept[i];
	for (size_t i = 0; *name == '/' && i < src->kept_n; i++)
		if (strcmp(base_name(src->kept[i].name), base_name(name)) == 0)
			return &src->kept[i];
	return NULL;
}

bool files_has(struct loader *l, const char *path)
{
	return !l->src->kept || kept_file(l, short_name(l, path));
}

/* In the policy's arena, under the name that tells of it. */
static bool file_get(struct loader *l, const char *path, struct policy_file *f,
		     struct err *e)
{
	const struct policy_file *kept;

	f->name = short_name(l, path);
	if (!l->src->kept) {
		f->name = arena_strdup(l->a, f->name);
		return conf_read_file(path, CONF_FILE_MAX, l->a, &f->bytes, e);
	}
	kept = kept_file(l, f->name);
	if (!kept)
		return err_set(e, ERR_NOT_FOUND, 0, "not in this version");
	f->name = arena_strdup(l->a, kept->name);
	f->bytes = arena_str(l->a, kept->bytes);
	return true;
}

bool files_take(struct loader *l, const struct conf_node *at, const char *path,
		struct str *text_r)
{
	struct policy_file file;
	struct err e = ERR_EMPTY;
	struct str *kept;

	if (!path) {
		cannot_read(l, at, at ? at->text.p : "", "no folder");
		return false;
	}
	kept = map_get(&l->seen, str_of(path));
	if (kept) {
		*text_r = *kept;
		return true;
	}
	if (l->p->files.n == FILES_MAX) {
		cannot_read(l, at, path, "too many files");
		return false;
	}
	if (!file_get(l, path, &file, &e)) {
		cannot_read(l, at, path, without_path(e.text, path));
		return false;
	}
	vec_push(&l->p->files, file);
	*text_r = file.bytes;
	kept = ARENA_NEW(l->a, struct str);
	*kept = file.bytes;
	map_put(&l->seen, str_of(path), kept);
	return true;
}
