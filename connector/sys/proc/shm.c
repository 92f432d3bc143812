/* shm.c - sealed shared memory; see shm.h. */
#include "connector/sys/proc/shm.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "connector/base/fd.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

static bool shm_make(struct shm *s, const char *name, size_t n, int seals,
		     struct err *e)
{
	*s = (struct shm){
		.fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING)};
	if (s->fd < 0)
		return err_errno(e, "memfd %s", name);
	if (ftruncate(s->fd, (off_t)n) != 0)
		goto fail;
	s->p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, 0);
	if (s->p == MAP_FAILED) {
		s->p = NULL;
		goto fail;
	}
	s->n = n;
	if (fcntl(s->fd, F_ADD_SEALS,
		  F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL | seals) != 0)
		goto fail;
	return true;
fail:
	err_errno(e, "share %s", name);
	shm_release(s);
	return false;
}

bool shm_new_one_way(struct shm *s, const char *name, size_t n, struct err *e)
{
	char path[40];
	int fd;

	TRY(shm_make(s, name, n, F_SEAL_FUTURE_WRITE, e));
	/* A second, read-only descriptor; without /proc the seal has to do. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", s->fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		close(s->fd);
		s->fd = fd;
	}
	return true;
}

bool shm_new_two_way(struct shm *s, const char *name, size_t n, struct err *e)
{
	return shm_make(s, name, n, 0, e);
}

#define SEALS_ALL (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

bool shm_sealed(const char *name, struct str bytes, int *fd_r, struct err *e)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return err_errno(e, "memfd %s", name);
	if (!fd_write_all(fd, bytes) ||
	    fcntl(fd, F_ADD_SEALS, SEALS_ALL) != 0) {
		err_errno(e, "share %s", name);
		close(fd);
		return false;
	}
	*fd_r = fd;
	return true;
}

bool shm_map_sealed(struct shm *s, int fd, size_t max, struct err *e)
{
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);

	*s = SHM_EMPTY;
	if (fstat(fd, &st) != 0 || seals < 0 ||
	    (seals & SEALS_ALL) != SEALS_ALL || st.st_size <= 0 ||
	    (uint64_t)st.st_size > max) {
		close(fd);
		return err_set(e, ERR_BUG, 0, "not what is handed over here");
	}
	s->n = (size_t)st.st_size;
	/* Shared, older kernels take it for a mapping that may be written. */
	s->p = mmap(NULL, s->n, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (s->p != MAP_FAILED)
		return true;
	*s = SHM_EMPTY;
	return err_errno(e, "map shared memory");
}

bool shm_map(struct shm *s, int fd, size_t n, bool writable, struct err *e)
{
	*s = SHM_EMPTY;
	s->p = mmap(NULL, n, PROT_READ | (writable ? PROT_WRITE : 0),
		    MAP_SHARED, fd, 0);
	close(fd);
	if (s->p == MAP_FAILED) {
		s->p = NULL;
		return err_errno(e, "map shared memory");
	}
	s->n = n;
	return true;
}

void shm_release(struct shm *s)
{
	if (s->p)
		munmap(s->p, s->n);
	if (s->fd >= 0)
		close(s->fd);
	*s = SHM_EMPTY;
}
