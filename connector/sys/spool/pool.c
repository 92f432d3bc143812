/* pool.c - the numbered files of the spool: which exist, which are free.
 *
 * A file is "FF/NNNNNNNN", both hex, FF the low byte of the number.  The free
 * list is kept in memory only; an entry counts as lasting once its folder was
 * synced, so that a file that was new and then given up is not mistaken for
 * one that survives a power cut.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "connector/base/buf.h"
#include "connector/base/fault.h"
#include "connector/sys/spool/spool_int.h"

/* A free file keeps its blocks for the next body, up to this much. */
#define POOL_FILE_KEEP ((off_t)16 * 1024 * 1024)
#define POOL_FREE_KEEP 512 /* free files; more are removed */

bool spool_errno(struct err *e, const char *what, uint32_t file)
{
	err_errno(e, "spool file %08x: %s", (unsigned)file, what);
	if (e)
		e->class = ERR_RETRY;
	return false;
}

static void hex_put(char *to, unsigned digits, uint32_t v)
{
	static const char hex[] = "0123456789abcdef";

	while (digits-- > 0) {
		to[digits] = hex[v & 15];
		v >>= 4;
	}
}

void pool_path(uint32_t file, char path_r[SPOOL_PATH_MAX])
{
	hex_put(path_r, 2, file % SPOOL_FOLDERS);
	path_r[2] = '/';
	hex_put(path_r + 3, 8, file);
	path_r[11] = '\0';
}

static bool name_read(const char *name, unsigned digits, uint32_t *v_r)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < digits; i++) {
		char c = name[i];

		if (ascii_digit(c))
			v = v << 4 | (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (uint32_t)(c - 'a' + 10);
		else
			return false;
	}
	*v_r = v;
	return name[digits] == '\0';
}

/* Under the lock, or before other threads exist. */
static void file_note(struct spool *s, uint32_t file,
		      enum spool_file_state state)
{
	while (s->files.n <= file)
		vec_push(&s->files, (unsigned char)SPOOL_ABSENT);
	s->files.v[file] = (unsigned char)state;
}

static void folder_read(struct spool *s, DIR *d, uint32_t folder)
{
	struct dirent *entry;
	uint32_t file;

	while ((entry = readdir(d)) != NULL)
		if (name_read(entry->d_name, 8, &file) && file < SPOOL_FILES &&
		    file % SPOOL_FOLDERS == folder)
			file_note(s, file, SPOOL_LASTING);
}

static bool folder_scan(struct spool *s, uint32_t folder, struct err *e)
{
	char name[3] = {0};
	bool ok;
	DIR *d;
	int fd;

	hex_put(name, 2, folder);
	fd = openat(s->folder_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return true;
	/* What an earlier run made may be visible without being on disk. */
	ok = fd >= 0 && fsync(fd) == 0;
	d = ok ? fdopendir(fd) : NULL;
	if (!d) {
		err_errno(e, "spool folder %s/%s", s->folder, name);
		if (fd >= 0)
			close(fd);
		return false;
	}
	folder_read(s, d, folder);
	closedir(d);
	return true;
}

bool pool_scan(struct spool *s, struct err *e)
{
	if (fsync(s->folder_fd) != 0)
		return err_errno(e, "spool folder %s", s->folder);
	for (uint32_t i = 0; i < SPOOL_FOLDERS; i++)
		TRY(folder_scan(s, i, e));
	return true;
}

uint32_t pool_take(struct spool *s)
{
	uint32_t file;

	pthread_mutex_lock(&s->lock);
	if (s->free.n > 0) {
		file = s->free.v[--s->free.n];
	} else if (s->spare.n > 0) {
		file = s->spare.v[--s->spare.n];
	} else {
		file = (uint32_t)s->files.n;
		file_note(s, file, SPOOL_ABSENT);
	}
	pthread_mutex_unlock(&s->lock);
	return file;
}

void pool_lasting(struct spool *s, uint32_t file)
{
	pthread_mutex_lock(&s->lock);
	file_note(s, file, SPOOL_LASTING);
	pthread_mutex_unlock(&s->lock);
}

void pool_gone(struct spool *s, uint32_t file)
{
	char path[SPOOL_PATH_MAX];

	pool_path(file, path);
	unlinkat(s->folder_fd, path, 0);
	pthread_mutex_lock(&s->lock);
	file_note(s, file, SPOOL_ABSENT);
	vec_push(&s->spare, file);
	pthread_mutex_unlock(&s->lock);
}

static void file_shrink(struct spool *s, uint32_t file)
{
	char path[SPOOL_PATH_MAX];
	struct stat st;
	int fd;

	pool_path(file, path);
	fd = openat(s->folder_fd, path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && st.st_size > POOL_FILE_KEEP &&
	    ftruncate(fd, POOL_FILE_KEEP) != 0)
		(void)0; /* it stays long; the next body writes over it */
	close(fd);
}

void spool_give(struct spool *s, uint32_t file)
{
	bool many;

	if (file >= SPOOL_FILES)
		return;
	pthread_mutex_lock(&s->lock);
	many = s->free.n >= POOL_FREE_KEEP;
	pthread_mutex_unlock(&s->lock);
	if (many) {
		pool_gone(s, file);
		return;
	}
	file_shrink(s, file);
	pthread_mutex_lock(&s->lock);
	vec_push(&s->free, file);
	pthread_mutex_unlock(&s->lock);
}

/* A file that a row names and that is not there is not our error to stop for:
 * reading it fails, and its message is held. Its number is never given out. */
bool spool_free_unless(struct spool *s, bool (*is_named)(void *, uint32_t),
		       void *arg, struct err *e)
{
	(void)e;
	pthread_mutex_lock(&s->lock);
	s->free.n = s->spare.n = 0;
	for (uint32_t file = SPOOL_FILES; file > s->files.n; file--)
		if (is_named(arg, file - 1))
			file_note(s, file - 1, SPOOL_ABSENT);
	pthread_mutex_unlock(&s->lock);
	for (size_t file = s->files.n; file-- > 0;) {
		if (is_named(arg, (uint32_t)file))
			continue;
		if (s->files.v[file] == SPOOL_LASTING)
			spool_give(s, (uint32_t)file);
		else
			vec_push(&s->spare, (uint32_t)file);
	}
	return true;
}

static bool folder_make(struct spool *s, uint32_t file)
{
	char name[3] = {0};

	hex_put(name, 2, file % SPOOL_FOLDERS);
	return (mkdirat(s->folder_fd, name, 0700) == 0 || errno == EEXIST) &&
	       fsync(s->folder_fd) == 0;
}

static int file_create(struct spool *s, uint32_t file, const char *path)
{
	const int how = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
	int fd = openat(s->folder_fd, path, how, 0600);

	if (fd < 0 && errno == ENOENT && folder_make(s, file))
		fd = openat(s->folder_fd, path, how, 0600);
	return fd;
}

bool pool_open_file(struct spool *s, uint32_t file, int *fd_r, bool *new_r,
		    struct err *e)
{
	char path[SPOOL_PATH_MAX];
	bool lasting;

	if (file >= SPOOL_FILES)
		return err_set(e, ERR_RETRY, 0, "the spool holds %u files",
			       (unsigned)SPOOL_FILES);
	pool_path(file, path);
	pthread_mutex_lock(&s->lock);
	lasting = s->files.v[file] == SPOOL_LASTING;
	pthread_mutex_unlock(&s->lock);
	*fd_r = -1;
	if (fault_fail("spool-open", &errno))
		return spool_errno(e, "open", file);
	if (lasting)
		*fd_r = openat(s->folder_fd, path,
			       O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	*new_r = *fd_r < 0;
	if (*fd_r < 0)
		*fd_r = file_create(s, file, path);
	if (*fd_r < 0)
		return spool_errno(e, "open", file);
	return true;
}

bool pool_sync_entry(struct spool *s, uint32_t file, struct err *e)
{
	char name[3] = {0};
	bool ok;
	int fd;

	hex_put(name, 2, file % SPOOL_FOLDERS);
	fd = openat(s->folder_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ok = fd >= 0 && !fault_fail("spool-entry-sync", &errno) &&
	     fsync(fd) == 0;
	if (!ok)
		spool_errno(e, "sync of its folder", file);
	if (fd >= 0)
		close(fd);
	if (ok)
		pool_lasting(s, file);
	return ok;
}
