/* engine_lists.c - lists that change while the engine runs: the policy is read
 * again when one of its files other than the YAML does; a broken list leaves
 * the old policy running and is told.  Once a day, what has grown old.
 *
 * A change counts when two looks saw the same: a file may be half written.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "connector/base/mem.h"
#include "connector/main/engine_int.h"

#define LOOK_US	   (5 * US_PER_S)
#define AGE_US	   US_PER_DAY
#define ALARM_TEXT 1000

struct stamp {
	int64_t size, mtime_ns;
	uint64_t inode;
};
struct listed {
	char *path;
	unsigned char digest[SHA256_LEN]; /* of what was taken */
	struct stamp taken;		  /* of a file with that digest */
	struct stamp seen;		  /* at the last look */
};
struct lists {
	struct engine *en;
	struct timer *timer;
	struct {
		VEC_OF(struct listed);
	} file;
	int64_t age_next_us; /* by the monotonic clock */
	bool taking;
};

static struct stamp stamp_of(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return (struct stamp){.size = -1};
	return (struct stamp){st.st_size,
			      (int64_t)st.st_mtim.tv_sec * 1000000000 +
				      st.st_mtim.tv_nsec,
			      st.st_ino};
}

static bool same(const struct stamp *a, const struct stamp *b)
{
	return a->size == b->size && a->mtime_ns == b->mtime_ns &&
	       a->inode == b->inode;
}

/* Names are relative to the policy's folder where they are inside. */
static char *path_of(const struct config *c, const char *name)
{
	struct str policy = str_of(c->policy);
	struct stat st;
	ptrdiff_t slash;

	if (name[0] == '/')
		return mem_strdup(name);
	if (stat(c->policy, &st) == 0 && S_ISDIR(st.st_mode))
		return mem_printf("%s/%s", c->policy, name);
	slash = str_rchr(policy, '/');
	return slash < 0
		       ? mem_strdup(name)
		       : mem_printf(STR_FMT "/%s", (int)slash, policy.p, name);
}

static void forget(struct lists *l)
{
	for (size_t i = 0; i < l->file.n; i++)
		mem_free(l->file.v[i].path);
	vec_release(&l->file);
}

static bool digest_of(const char *path, unsigned char digest_r[SHA256_LEN])
{
	AUTO(arena) a = ARENA_EMPTY;
	struct err e = ERR_EMPTY;
	struct str bytes;

	TRY(conf_read_file(path, CONF_FILE_MAX, &a, &bytes, &e));
	sha256_of(bytes.p, bytes.n, digest_r);
	return true;
}

void engine_lists_took(struct engine *en, const struct policy *p)
{
	const struct policy_file *f;
	struct lists *l = en->lists;
	size_t n;

	if (!l)
		return;
	forget(l);
	f = policy_files(p, &n);
	for (size_t i = 0; i < n; i++) {
		struct listed one = {.path = NULL};

		if (policy_is_yaml(str_of(f[i].name)))
			continue;
		one.path = path_of(en->config, f[i].name);
		sha256_of(f[i].bytes.p, f[i].bytes.n, one.digest);
		one.taken.size = -2; /* the first look reads it */
		one.seen = stamp_of(one.path);
		vec_push(&l->file, one);
	}
	l->age_next_us = 0;
}

/* ---- a change -------------------------------------------------------------- */

/* Whole lines, as many as a mail may hold. */
static void first_lines(struct buf *out, struct str text, const char *more)
{
	struct str line;

	text = str_trim(text);
	while (out->n < ALARM_TEXT && str_split(&text, '\n', &line)) {
		if (out->n)
			buf_putc(out, '\n');
		buf_put_str(out, str_head(line, ALARM_TEXT));
	}
	if (text.n)
		buf_puts(out, more);
}

static void on_taken(void *arg, bool ok, const struct told *told)
{
	struct lists *l = arg;
	AUTO(buf) ja = BUF_MAX(4 * KIB);
	AUTO(buf) en = BUF_MAX(4 * KIB);

	l->taking = false;
	metric_set(&l->en->metrics, METRIC_LISTS_BROKEN, !ok);
	if (ok)
		return;
	first_lines(&ja, told_text(told, "ja"),
		    "\nほかにもあります。`sekisho policy list` で見られます。");
	first_lines(&en, told_text(told, "en"),
		    "\nThere is more: see `sekisho policy list`.");
	LOG(&l->en->log, LOG_ERROR, "lists-not-taken",
	    LU("running", l->en->policy_version), LSTR("why", buf_str(&en)));
	flow_alarm_both(l->en->flow, "lists", buf_str(&ja), buf_str(&en));
}

/* Names of what changed, for the version's note. */
static bool changed(struct lists *l, struct buf *note)
{
	bool any = false;

	for (size_t i = 0; i < l->file.n; i++) {
		struct listed *f = &l->file.v[i];
		unsigned char digest[SHA256_LEN] = {0};
		struct stamp now = stamp_of(f->path);
		bool settled = same(&now, &f->seen);

		f->seen = now;
		if (same(&now, &f->taken) || !settled)
			continue;
		f->taken = now;
		if (digest_of(f->path, digest) &&
		    memcmp(digest, f->digest, SHA256_LEN) == 0)
			continue;
		/* Once: what is not taken now waits for the next change. */
		memcpy(f->digest, digest, SHA256_LEN);
		buf_printf(note, "%s%s", any ? ", " : "", f->path);
		any = true;
	}
	return any;
}

static void look(struct lists *l)
{
	AUTO(buf) note = BUF_MAX(64 * KIB);
	struct policy_wish wish = {.who = "lists", .lists = true};

	if (l->taking || !changed(l, &note))
		return;
	LOG(&l->en->log, LOG_INFO, "lists-changed",
	    LSTR("files", str_head(buf_str(&note), ALARM_TEXT)));
	wish.note = buf_cstr(&note);
	l->taking = true;
	engine_policy_apply(l->en, &wish, on_taken, l);
}

/* ---- age ------------------------------------------------------------------- */

static void look_at_age(struct lists *l)
{
	struct engine *en = l->en;
	int64_t now = clock_monotonic_us();
	AUTO(told) told = TOLD_EMPTY;
	struct policy_ages ages;

	if (now < l->age_next_us)
		return;
	l->age_next_us = now + AGE_US;
	policy_ages(flow_policy(en->flow), flow_now(en->flow), &ages);
	metric_set(&en->metrics, METRIC_POLICY_AGED, (int64_t)ages.n);
	for (size_t i = 0; i < ages.n; i++) {
		if (i)
			tell(&told, "\n", "\n");
		policy_age_text(&ages.v[i], "ja", &told.ja);
		policy_age_text(&ages.v[i], "en", &told.en);
	}
	if (ages.n)
		flow_alarm_both(en->flow, "policy-aged", buf_str(&told.ja),
				buf_str(&told.en));
}

static void on_look(void *arg)
{
	struct lists *l = arg;

	look(l);
	look_at_age(l);
	timer_set(l->timer, LOOK_US);
}

void engine_lists_start(struct engine *en)
{
	struct lists *l = NEW(struct lists);

	l->en = en;
	l->timer = timer_new(en->loop, on_look, l);
	en->lists = l;
	engine_lists_took(en, flow_policy(en->flow));
	timer_set(l->timer, LOOK_US);
}

void engine_lists_free(struct engine *en)
{
	struct lists *l = TAKE(en->lists);

	if (!l)
		return;
	timer_free(&l->timer);
	forget(l);
	mem_free(l);
}
