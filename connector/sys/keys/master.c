/* master.c - the master key: its file, and data keys under it. */
#include "connector/sys/keys/master.h"
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sys/stat.h>
#include <unistd.h>
#include "connector/base/codec.h"
#include "connector/base/id.h"
#include "connector/base/mem.h"

#define KEY_FILE_BYTES (2 * KEY_LEN + 1)

static const struct seal_id wrap_id = {.kind = SEAL_KEY};

void master_identity(const unsigned char key[KEY_LEN],
		     unsigned char id_r[KEY_ID_LEN])
{
	struct str label = STR("sekisho master key identity 1");
	unsigned char mac[SHA256_LEN];

	hmac_sha256(key, KEY_LEN, label.p, label.n, mac);
	memcpy(id_r, mac, KEY_ID_LEN);
	mem_wipe(mac, sizeof(mac));
}

void master_new(const unsigned char key[KEY_LEN], unsigned char dek_r[KEY_LEN],
		unsigned char wrapped_r[WRAPPED_LEN])
{
	random_bytes(dek_r, KEY_LEN);
	seal_into(key, &wrap_id, dek_r, KEY_LEN, wrapped_r);
}

bool master_open(const unsigned char key[KEY_LEN],
		 const unsigned char wrapped[WRAPPED_LEN],
		 unsigned char dek_r[KEY_LEN], struct err *e)
{
	size_t n;

	return seal_open_into(key, &wrap_id, str_n(wrapped, WRAPPED_LEN), dek_r,
			      &n, e);
}

static bool key_put(int fd, const char *file, const unsigned char key[KEY_LEN],
		    struct err *e)
{
	struct buf text = BUF_MAX(KEY_FILE_BYTES);
	bool ok;

	text.secret = true;
	hex_encode(&text, str_n(key, KEY_LEN));
	buf_putc(&text, '\n');
	ok = write(fd, text.p, text.n) == (ssize_t)text.n && fsync(fd) == 0;
	buf_release(&text);
	if (!ok)
		return err_errno(e, "%s", file);
	return true;
}

/* The entry of a new file is on disk only when its folder is. */
static bool folder_sync(const char *file, struct err *e)
{
	AUTO_STR copy = mem_strdup(file);
	const char *folder = dirname(copy);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (!ok)
		err_errno(e, "%s", folder);
	if (fd >= 0)
		close(fd);
	return ok;
}

bool master_key_make(const char *file, struct err *e)
{
	unsigned char key[KEY_LEN];
	bool ok;

	random_bytes(key, KEY_LEN);
	ok = master_key_write(file, key, e);
	mem_wipe(key, sizeof(key));
	return ok;
}

bool master_key_write(const char *file, const unsigned char key[KEY_LEN],
		      struct err *e)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool ok;

	if (fd < 0) {
		err_errno(e, "master key %s", file);
		if (e)
			e->class = ERR_CONFIG;
		return false;
	}
	ok = key_put(fd, file, key, e);
	close(fd);
	if (ok)
		ok = folder_sync(file, e);
	if (!ok)
		unlink(file); /* half a key must not be found later */
	return ok;
}

static bool key_file_fit(int fd, const char *file, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_errno(e, "master key %s", file);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_CONFIG, 0,
			       "master key %s is not a plain file", file);
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return err_set(e, ERR_CONFIG, 0,
			       "master key %s can be read by others: "
			       "chmod 600 %s",
			       file, file);
	return true;
}

static bool key_decode(struct str text, const char *file,
		       unsigned char key_r[KEY_LEN], struct err *e)
{
	struct buf key = BUF_MAX(KEY_LEN);
	bool ok;

	key.secret = true;
	if (text.n == KEY_FILE_BYTES && text.p[text.n - 1] == '\n')
		text.n--;
	ok = text.n == (size_t)2 * KEY_LEN && hex_decode(&key, text) &&
	     key.n == KEY_LEN;
	if (ok)
		memcpy(key_r, key.p, KEY_LEN);
	buf_release(&key);
	if (!ok)
		return err_set(e, ERR_CONFIG, 0,
			       "master key %s is damaged: it must hold 64 hex "
			       "digits; put it back from a backup, or "
			       "`sekisho key restore` from its words",
			       file);
	return true;
}

bool master_key_read(const char *file, unsigned char key_r[KEY_LEN],
		     struct err *e)
{
	/* O_NONBLOCK: a FIFO in its place must not stop the start. */
	int fd = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char text[KEY_FILE_BYTES + 1];
	ssize_t n = -1;
	bool ok;

	if (fd < 0) {
		err_errno(e, "master key %s", file);
		err_wrap(e, "put the file back from a backup, or `sekisho key "
			    "restore` from its words");
		if (e)
			e->class = ERR_CONFIG;
		return false;
	}
	ok = key_file_fit(fd, file, e);
	if (ok) {
		n = read(fd, text, sizeof(text));
		ok = n >= 0 || err_errno(e, "master key %s", file);
	}
	close(fd);
	if (ok)
		ok = key_decode(str_n(text, (size_t)n), file, key_r, e);
	mem_wipe(text, sizeof(text));
	return ok;
}
