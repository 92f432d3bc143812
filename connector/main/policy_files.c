/* policy_files.c - the files of a version, written below a folder. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "connector/base/fd.h"
#include "connector/base/mem.h"
#include "connector/main/main_int.h"

#define FOLDER_MODE 0750
#define FILE_MODE   0640

/* Nothing that leads out of the folder, or nowhere. */
static bool stays_inside(struct str name)
{
	struct str rest = name, part;

	if (!name.n || name.p[0] == '/' || str_has_control(name) ||
	    str_ends(name, STR("/")))
		return false;
	while (str_split(&rest, '/', &part))
		if (!part.n || str_is(part, ".") || str_is(part, ".."))
			return false;
	return true;
}

/* Into the folder of this name, made where it is missing; never by a link. */
static bool enter(int *dir, const char *name)
{
	int next;

	if (mkdirat(*dir, name, FOLDER_MODE) != 0 && errno != EEXIST)
		return false;
	next = openat(*dir, name,
		      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (next < 0)
		return false;
	close(*dir);
	*dir = next;
	return true;
}

static bool put_file(int dir, const char *name, struct str bytes, bool force)
{
	int how = force ? O_TRUNC : O_EXCL;
	int fd = openat(dir, name,
			O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | how,
			FILE_MODE);
	bool ok = fd >= 0 && fd_write_all(fd, bytes);

	if (fd >= 0)
		ok = close(fd) == 0 && ok;
	return ok;
}

static bool put(int root, const struct store_policy_file *f, bool force)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct str rest = f->name, part;
	int dir = dup(root);
	bool ok = dir >= 0;

	while (ok && str_chr(rest, '/') >= 0) {
		(void)str_split(&rest, '/', &part);
		ok = enter(&dir, arena_strndup(&a, part.p, part.n));
	}
	ok = ok &&
	     put_file(dir, arena_strndup(&a, rest.p, rest.n), f->bytes, force);
	if (dir >= 0)
		close(dir);
	return ok;
}

bool policy_export(const struct store_policy *v, const char *folder, bool force,
		   size_t *left_out_r, struct err *e)
{
	int root;
	bool ok = true;

	*left_out_r = 0;
	if (mkdir(folder, FOLDER_MODE) != 0 && errno != EEXIST)
		return err_errno(e, "%s", folder);
	root = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return err_errno(e, "%s", folder);
	for (size_t i = 0; ok && i < v->file_n; i++) {
		if (!stays_inside(v->file[i].name)) {
			++*left_out_r;
			continue;
		}
		ok = put(root, &v->file[i], force);
		if (!ok)
			err_errno(e, "%s/" STR_FMT, folder,
				  STR_ARG(v->file[i].name));
	}
	close(root);
	return ok;
}
