/* login_users.c - the users file of a tenant: one login a line,
 *
 *	name:hash:address[,address...]
 *
 * with an Argon2id string as `sekisho user hash` makes it; an empty hash gives
 * addresses to a login that somebody else checks.  Blank lines and those that
 * begin with # are skipped.  A file with one bad line is not taken at all: half
 * of it could be the half of a copy under way.
 */
#include <sys/stat.h>
#include "auth/login_int.h"
#include "connector/base/utf8.h"

#define USERS_MAX 100000

void users_release(struct users *u)
{
	map_release(&u->by_name);
	arena_release(&u->arena);
	*u = (struct users){.read = false};
}

/* Names are compared without ASCII case. */
static struct str lower(struct arena *a, struct str s)
{
	char *p = arena_strndup(a, s.p, s.n);

	for (size_t i = 0; i < s.n; i++)
		p[i] = ascii_lower(p[i]);
	return str_n(p, s.n);
}

const struct user *users_find(const struct users *u, struct str name)
{
	char room[LOGIN_USER_MAX];

	if (name.n > sizeof(room))
		return NULL;
	for (size_t i = 0; i < name.n; i++)
		room[i] = ascii_lower(name.p[i]);
	return map_get(&u->by_name, str_n(room, name.n));
}

static bool take_address(struct users *u, struct user *user,
			 const struct tenant_conf *t, struct str text,
			 struct err *e)
{
	struct addr a;

	text = str_trim(text);
	if (user->address_n == LOGIN_ADDRESSES_MAX)
		return err_set(e, ERR_CONFIG, 0, "more than %d addresses",
			       LOGIN_ADDRESSES_MAX);
	TRY(addr_parse(text, true, false, &u->arena, &a, e));
	if (!auth_domain_of(t, a.key_domain))
		return err_set(e, ERR_CONFIG, 0,
			       "`" STR_FMT "` is in no domain of the tenant",
			       STR_ARG(text));
	user->address[user->address_n++] = a.key;
	return true;
}

static bool take_hash(struct users *u, struct user *user, struct str hash,
		      struct err *e)
{
	if (hash.n == 0)
		return true;
	user->hash = arena_strndup(&u->arena, hash.p, hash.n);
	if (!password_hash_ok(user->hash))
		return err_set(e, ERR_CONFIG, 0,
			       "the hash is no Argon2id string: make it with "
			       "`sekisho user hash`");
	if (!u->hash)
		u->hash = user->hash;
	return true;
}

static size_t commas(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == ',';
	return n;
}

static bool take_line(struct users *u, const struct tenant_conf *t,
		      struct str line, struct err *e)
{
	struct user *user = ARENA_NEW(&u->arena, struct user);
	struct str name, hash, list = line, one;

	if (!str_split(&list, ':', &name) || !str_split(&list, ':', &hash) ||
	    list.n == 0)
		return err_set(e, ERR_CONFIG, 0,
			       "write name:hash:address[,address...]");
	name = str_trim(name);
	if (name.n == 0 || name.n > LOGIN_USER_MAX || !utf8_valid(name) ||
	    str_has_control(name))
		return err_set(e, ERR_CONFIG, 0, "not a name");
	user->name = lower(&u->arena, name);
	TRY(take_hash(u, user, str_trim(hash), e));
	user->address = arena_array(&u->arena, 1 + commas(list),
				    sizeof(struct str));
	while (str_split(&list, ',', &one))
		TRY(take_address(u, user, t, one, e));
	if (u->by_name.n >= USERS_MAX)
		return err_set(e, ERR_CONFIG, 0, "more than %d logins",
			       USERS_MAX);
	if (map_put(&u->by_name, user->name, user))
		return err_set(e, ERR_CONFIG, 0, "login given twice");
	return true;
}

bool users_read(struct users *u, const struct tenant_conf *t, struct str text,
		struct err *e)
{
	struct str line;
	unsigned number = 0;

	*u = (struct users){.read = true};
	while (str_split(&text, '\n', &line)) {
		number++;
		line = str_trim(line);
		if (line.n == 0 || line.p[0] == '#' || take_line(u, t, line, e))
			continue;
		users_release(u);
		return err_wrap(e, "line %u", number);
	}
	return true;
}

/* ---- files ------------------------------------------------------------------- */

static bool read_file(struct users *u, const struct tenant_conf *t,
		      struct err *e)
{
	struct arena a;
	struct str text;
	bool ok;

	arena_init_secret(&a);
	ok = conf_read_file(t->submission.users, USERS_FILE_MAX, &a, &text,
			    e) &&
	     users_read(u, t, text, e);
	arena_release(&a);
	return ok || err_wrap(e, "%s", t->submission.users);
}

bool login_users_check(const struct tenant_conf *t, struct err *e)
{
	struct users u = {.read = false};

	if (!t->submission.users)
		return true;
	TRY(read_file(&u, t, e));
	users_release(&u);
	return true;
}

static void stamp(const char *path, unsigned char out[SHA256_LEN])
{
	struct stat st;
	int64_t v[4] = {0};

	if (stat(path, &st) == 0) {
		v[0] = st.st_mtim.tv_sec;
		v[1] = st.st_mtim.tv_nsec;
		v[2] = st.st_size;
		v[3] = (int64_t)st.st_ino;
	}
	sha256_of(v, sizeof(v), out);
}

static void look(struct logins *l, struct users_file *f,
		 const struct tenant_conf *t)
{
	unsigned char now[SHA256_LEN];
	struct users fresh = {.read = false};
	struct err e = ERR_EMPTY;

	stamp(f->path, now);
	if (memcmp(now, f->seen, sizeof(now)) == 0)
		return;
	memcpy(f->seen, now, sizeof(now));
	if (!read_file(&fresh, t, &e)) {
		LOG(l->log, LOG_ERROR,
		    f->users.read ? "users-kept-old" : "users-not-read",
		    LS("tenant", t->tenant), LE(&e));
		return;
	}
	users_release(&f->users);
	f->users = fresh;
	LOG(l->log, LOG_INFO, "users-read", LS("tenant", t->tenant),
	    LU("logins", fresh.by_name.n));
}

static struct users_file *file_of(struct logins *l, const struct tenant_conf *t)
{
	struct users_file *f;

	for (size_t i = 0; i < l->files.n; i++)
		if (!strcmp(l->files.v[i]->tenant, t->tenant) &&
		    !strcmp(l->files.v[i]->path, t->submission.users))
			return l->files.v[i];
	f = NEW(struct users_file);
	f->tenant = mem_strdup(t->tenant);
	f->path = mem_strdup(t->submission.users);
	vec_push(&l->files, f);
	return f;
}

const struct users *logins_users(struct logins *l, const struct tenant_conf *t)
{
	int64_t now_us = clock_monotonic_us();
	struct users_file *f;

	if (!t->submission.users)
		return NULL;
	f = file_of(l, t);
	if (!f->looked_us || now_us - f->looked_us >= l->t.look_us) {
		f->looked_us = now_us;
		look(l, f, t);
	}
	return f->users.read ? &f->users : NULL;
}
