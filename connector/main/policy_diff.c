/* policy_diff.c - what differs between two versions of the policy. */
#include <string.h>
#include "connector/base/mem.h"
#include "connector/base/utf8.h"
#include "connector/main/main_int.h"
#include "connector/text/diff.h"

#define DIFF_MAX (64 * MIB)

struct policy_side policy_side_of(const struct policy *p, const char *name,
				  struct arena *a)
{
	struct policy_side s = {.name = name};
	const struct policy_file *f = policy_files(p, &s.file_n);
	struct store_policy_file *v = arena_array(a, s.file_n, sizeof(*v));

	for (size_t i = 0; i < s.file_n; i++)
		v[i] = (struct store_policy_file){str_of(f[i].name),
						  f[i].bytes};
	s.file = v;
	return s;
}

static const struct str *find(const struct policy_side *s, struct str name)
{
	for (size_t i = 0; i < s->file_n; i++)
		if (str_eq(s->file[i].name, name))
			return &s->file[i].bytes;
	return NULL;
}

static bool is_text(struct str s)
{
	return utf8_valid(s) && str_chr(s, '\0') < 0;
}

static const char *label(const struct policy_side *s, struct str name,
			 bool there, struct arena *a)
{
	return there ? arena_printf(a, "%s/" STR_FMT, s->name, STR_ARG(name))
		     : "/dev/null";
}

/* Called for each file that differs. old or new NULL: it is not there. */
typedef void each_file(void *arg, struct str name, const struct str *old,
		       const struct str *new);

static void each_difference(const struct policy_side *old,
			    const struct policy_side *new, each_file *each,
			    void *arg)
{
	for (size_t i = 0; i < old->file_n; i++) {
		const struct str *is = find(new, old->file[i].name);

		if (!is || !str_eq(*is, old->file[i].bytes))
			each(arg, old->file[i].name, &old->file[i].bytes, is);
	}
	for (size_t i = 0; i < new->file_n; i++)
		if (!find(old, new->file[i].name))
			each(arg, new->file[i].name, NULL, &new->file[i].bytes);
}

struct differing {
	const struct policy_side *old, *new;
	struct buf *out;   /* text */
	struct json *list; /* or JSON */
};

static void put_diff(const struct differing *d, struct str name,
		     const struct str *old, const struct str *new,
		     struct buf *out)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct str was = old ? *old : STR_EMPTY, is = new ? *new : STR_EMPTY;
	const char *old_name = label(d->old, name, old != NULL, &a);
	const char *new_name = label(d->new, name, new != NULL, &a);

	if (is_text(was) && is_text(is))
		diff_unified(was, is, old_name, new_name, out);
	else
		buf_printf(out, "%s (%zu bytes) and %s (%zu bytes) differ\n",
			   old_name, was.n, new_name, is.n);
}

static void add_text(void *arg, struct str name, const struct str *old,
		     const struct str *new)
{
	struct differing *d = arg;

	put_diff(d, name, old, new, d->out);
}

static void add_row(void *arg, struct str name, const struct str *old,
		    const struct str *new)
{
	struct differing *d = arg;
	AUTO(buf) text = BUF_MAX(DIFF_MAX);
	struct json *o = json_add_object(d->list, NULL);

	put_diff(d, name, old, new, &text);
	json_add_str(o, "file", name);
	json_add_cstr(o, "change",
		      !old   ? "added"
		      : !new ? "removed"
			     : "changed");
	json_add_str(o, "diff", buf_str(&text));
}

void policy_diff(const struct policy_side *old, const struct policy_side *new,
		 struct buf *out)
{
	struct differing d = {old, new, out, NULL};

	each_difference(old, new, add_text, &d);
}

struct json *policy_diff_json(const struct policy_side *old,
			      const struct policy_side *new)
{
	struct differing d = {old, new, NULL, json_array()};

	each_difference(old, new, add_row, &d);
	return d.list;
}
