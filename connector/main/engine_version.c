/* engine_version.c - which policy runs: the newest version of the store.
 *
 * The files on disk become a version when they changed since they last did;
 * where a page has made a version since, that is a question for a person, and
 * the import stops and shows the difference.
 */
#include <stdio.h>
#include <string.h>
#include "connector/base/fault.h"
#include "connector/base/mem.h"
#include "connector/main/engine_int.h"
#include "policy/record.h"

#define VERSIONS_MOST 100000
#define DIFF_SHOWN    (64 * KIB)

/* The version that the files on disk were when they were last looked at. */
#define FILES_VALUE "policy-files"

/* What the store has. */
struct versions {
	struct store_policy *v; /* newest first */
	size_t n;
	const struct store_policy *from_files; /* as above, or NULL */
};

static bool versions_read(struct store_reader *r, struct arena *a,
			  struct versions *to, struct err *e)
{
	struct str seen;
	uint64_t version = 0;

	TRY(store_policies(r, VERSIONS_MOST, a, &to->v, &to->n, e));
	TRY(store_value(r, STR(FILES_VALUE), a, &seen, e));
	(void)!str_u64(seen, &version);
	for (size_t i = 0; i < to->n && !to->from_files; i++)
		if (version ? to->v[i].version == version
			    : str_is(to->v[i].origin, "file"))
			to->from_files = &to->v[i];
	return true;
}

/* One choice in the making. */
struct choosing {
	const struct config *c;
	const atomic_bool *stop;
	const struct policy_wish *wish;
	struct arena arena;
	struct store_reader *r;
	struct versions have;
	struct policy_choice *to;
	struct told *told;
};

/* A version of the store. */
static void take_kept(struct choosing *ch, uint32_t version)
{
	struct store_policy v;
	struct err e = ERR_EMPTY;

	if (!store_policy(ch->r, version, &ch->arena, &v, &e)) {
		tell(ch->told, "%s\n", "%s\n", e.text);
		return;
	}
	ch->to->policy = kept_policy(ch->c, &v, ch->stop, ch->told);
	ch->to->version = version;
	if (!ch->to->policy)
		tell(ch->told, "v%u はここでは使えません\n",
		     "v%u is not valid here\n", version);
}

/* An older one runs again: a version of its own. */
static void take_again(struct choosing *ch)
{
	uint32_t version = ch->wish->version;

	take_kept(ch, version);
	if (ch->have.n && ch->have.v[0].version == version)
		return;
	ch->to->version = 0;
	ch->to->origin = "command";
}

static void say_conflict(struct choosing *ch, const struct policy *disk)
{
	const struct store_policy *last = &ch->have.v[0];
	AUTO(buf) diff = BUF_MAX(DIFF_SHOWN);
	struct store_policy v;
	struct policy_side old, new;
	struct err e = ERR_EMPTY;
	char name[16];

	tell(ch->told,
	     "v%u は、ファイルを読んだあとに " STR_FMT
	     " がページで作りました。ファイルも変わっています。\nファイルを"
	     "使う: sekisho policy apply --force。ページのものを残す: sekisho "
	     "policy export --force DIR。\n",
	     "v%u was made on a page by " STR_FMT
	     " since the files were taken, and the files have changed, "
	     "too.\nTake the files: sekisho policy apply --force. Keep "
	     "the page's: sekisho policy export --force DIR.\n",
	     last->version, STR_ARG(last->who));
	if (!store_policy(ch->r, last->version, &ch->arena, &v, &e))
		return;
	snprintf(name, sizeof(name), "v%u", v.version);
	old = (struct policy_side){name, v.file, v.file_n};
	new = policy_side_of(disk, "disk", &ch->arena);
	policy_diff(&old, &new, &diff);
	tell(ch->told, STR_FMT "%s", STR_FMT "%s", STR_ARG(buf_str(&diff)),
	     buf_ok(&diff) ? "" : "... (sekisho policy diff)\n");
}

static void say_unchanged(struct choosing *ch)
{
	const struct store_policy *last = &ch->have.v[0];

	tell(ch->told,
	     "v%u (" STR_FMT ") のままです。ファイルは v%u のときと同じです"
	     "(--force で読み込みます)\n",
	     "v%u (" STR_FMT ") runs on: the files are still those of "
	     "v%u; --force takes them\n",
	     last->version, STR_ARG(last->origin),
	     ch->have.from_files->version);
}

enum which { FILES, STORE, NEITHER };

/* The files are valid, and differ from the newest version. */
static enum which which_runs(struct choosing *ch, const struct policy *disk,
			     bool start)
{
	const struct versions *have = &ch->have;

	if (ch->wish->force)
		return FILES;
	if (have->from_files && have->from_files != &have->v[0] &&
	    str_is(have->from_files->digest, policy_digest(disk))) {
		say_unchanged(ch);
		return STORE;
	}
	/* The page's version was in the files: they changed behind it. */
	if (!str_is(have->v[0].origin, "page") ||
	    have->from_files == &have->v[0])
		return FILES;
	say_conflict(ch, disk);
	ch->to->refused = true;
	return start ? STORE : NEITHER;
}

static size_t yaml_count(const struct policy_side *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->file_n; i++)
		n += policy_is_yaml(s->file[i].name);
	return n;
}

static bool has_same(const struct policy_side *s,
		     const struct store_policy_file *f)
{
	for (size_t i = 0; i < s->file_n; i++)
		if (str_eq(s->file[i].name, f->name))
			return str_eq(s->file[i].bytes, f->bytes);
	return false;
}

/* Somebody is at work on the rules: they wait for `policy apply`. */
static bool only_lists_changed(struct choosing *ch, const struct policy *disk)
{
	struct policy_side old, now = policy_side_of(disk, "disk", &ch->arena);
	struct store_policy v;
	struct err e = ERR_EMPTY;
	bool same;

	if (!ch->have.n)
		return true;
	if (!store_policy(ch->r, ch->have.v[0].version, &ch->arena, &v, &e)) {
		tell(ch->told, "%s\n", "%s\n", e.text);
		return false;
	}
	old = (struct policy_side){"", v.file, v.file_n};
	same = yaml_count(&old) == yaml_count(&now);
	for (size_t i = 0; i < now.file_n && same; i++)
		same = !policy_is_yaml(now.file[i].name) ||
		       has_same(&old, &now.file[i]);
	if (!same)
		tell(ch->told,
		     "一覧が変わりましたが、規則も変わっています。`sekisho "
		     "policy diff` で見て、`sekisho policy apply` で両方を適用"
		     "します(いまは v%u のままです)\n",
		     "a list has changed, and so have the rules: "
		     "`sekisho policy diff` shows them, `sekisho policy "
		     "apply` takes both (v%u runs on)\n",
		     ch->have.v[0].version);
	return same;
}

/* Takes disk. */
static void take_files(struct choosing *ch, struct policy *disk, bool start)
{
	const struct versions *have = &ch->have;
	enum which which = FILES;

	if (ch->wish->lists && !only_lists_changed(ch, disk)) {
		ch->to->refused = true;
		policy_free(&disk);
		return;
	}
	if (have->n && str_is(have->v[0].digest, policy_digest(disk)))
		ch->to->version = have->v[0].version;
	else if (have->n)
		which = which_runs(ch, disk, start);
	if (which == FILES) {
		ch->to->policy = disk;
		ch->to->origin = "file";
		ch->to->files = true;
		return;
	}
	policy_free(&disk);
	if (which == STORE)
		take_kept(ch, have->v[0].version);
}

static void choose_files(struct choosing *ch, bool start)
{
	struct policy *disk = configured_policy_told(ch->c, ch->stop, ch->told);

	if (disk) {
		take_files(ch, disk, start);
		return;
	}
	ch->to->refused = true;
	if (start && ch->have.n)
		take_kept(ch, ch->have.v[0].version);
}

void engine_version_choose(struct engine *en, const struct config *c,
			   const struct policy_wish *wish, bool start,
			   struct policy_choice *c_r, struct told *told)
{
	struct choosing ch = {.c = c,
			      .stop = start ? NULL : &en->policy_stop,
			      .wish = wish,
			      .to = c_r,
			      .told = told};
	struct err e = ERR_EMPTY;

	*c_r = (struct policy_choice){0};
	ch.r = store_reader_new(en->store, &e);
	if (!ch.r || !versions_read(ch.r, &ch.arena, &ch.have, &e))
		tell(told, "%s\n", "%s\n", e.text);
	else if (wish->version)
		take_again(&ch);
	else
		choose_files(&ch, start);
	store_reader_free(&ch.r);
	arena_release(&ch.arena);
}

/* ---- keeping ---------------------------------------------------------------- */

static struct store_job *keep_job(struct engine *en, uint32_t version,
				  const struct policy_choice *choice,
				  const struct policy_wish *wish)
{
	struct store_job *job = store_job_new(en->store);
	struct policy_side side = policy_side_of(choice->policy, "",
						 store_job_arena(job));
	AUTO(buf) asked = BUF_MAX(ASKED_MAX);
	AUTO(buf) detail = BUF_MAX(200);
	struct store_policy kept = {
		.version = version,
		.at_us = flow_now(en->flow),
		.who = str_of(wish->who),
		.note = str_of(wish->note),
		.digest = str_of(policy_digest(choice->policy)),
		.origin = str_of(choice->origin),
		.main = str_of(policy_main(choice->policy)),
		.file = side.file,
		.file_n = side.file_n};

	asked_write(choice->policy, &asked);
	kept.asked = buf_str(&asked);
	store_add_policy(job, &kept);
	buf_printf(&detail, "{\"version\":%u,\"origin\":\"%s\"}", version,
		   choice->origin);
	store_add_audit(job, kept.at_us, 0, kept.who, STR("policy"),
			buf_str(&detail));
	return job;
}

/* With which version the files are the same now. */
static void note_files(struct store_job *job, uint32_t version)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", version);
	store_put_value(job, STR(FILES_VALUE), str_of(text));
}

static bool run_job(struct engine *en, struct store_job *job, struct err *e)
{
	bool ok;

	fault_point("policy-commit");
	ok = store_run(en->store, job, e);
	store_job_free(&job);
	return ok;
}

/* The files were brought to a version that is there. */
static bool same_files(struct engine *en, const struct versions *have,
		       const struct policy_choice *choice, struct err *e)
{
	struct store_job *job;

	if (!choice->files ||
	    (have->from_files && have->from_files->version == choice->version))
		return true;
	job = store_job_new(en->store);
	note_files(job, choice->version);
	return run_job(en, job, e);
}

/* Another one may have been applied since this one was chosen: the later wish
 * counts, and what runs is always the newest. */
static bool still_wanted(const struct versions *have,
			 struct policy_choice *choice,
			 const struct policy_wish *wish, struct err *e)
{
	if (!choice->version || !have->n ||
	    choice->version == have->v[0].version)
		return true;
	if (!wish->version && !choice->files)
		return err_set(e, ERR_CONFLICT, 0,
			       "v%u was applied meanwhile, and runs on",
			       have->v[0].version);
	choice->version = 0;
	choice->origin = choice->files ? "file" : "command";
	return true;
}

bool engine_version_keep(struct engine *en, struct policy_choice *choice,
			 const struct policy_wish *wish, struct err *e)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct store_reader *r = store_reader_new(en->store, e);
	struct versions have = {0};
	struct store_job *job;
	bool ok = r && versions_read(r, &a, &have, e);

	store_reader_free(&r);
	TRY(ok);
	TRY(still_wanted(&have, choice, wish, e));
	/* Two that asked for the same are one. */
	if (!choice->version && have.n &&
	    str_is(have.v[0].digest, policy_digest(choice->policy)))
		choice->version = have.v[0].version;
	if (choice->version)
		return same_files(en, &have, choice, e);
	choice->version = have.n ? have.v[0].version + 1 : 1;
	job = keep_job(en, choice->version, choice, wish);
	if (choice->files)
		note_files(job, choice->version);
	return run_job(en, job, e);
}
