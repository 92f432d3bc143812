/* ways.c - how a recipient's attachments go: settled by the first rule that
 * names a way (policy/README.md, "How they combine").
 */
#include "policy/policy_int.h"

/* Recipients for whom the same was settled share their list of files. */
struct settled {
	const struct do_ways *how; /* NULL: as they came */
	enum file_way way, way_tls;
	struct plan_file *file;
};
#define SETTLED_MAX 8
struct settling {
	struct settled v[SETTLED_MAX];
	size_t n;
};

const char *way_name(enum file_way w)
{
	static const char *const NAMES[] = {"attach", "zip", "link"};

	return NAMES[w];
}

size_t files_count(const struct view *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->part_n; i++)
		n += part_counts(v, &v->part[i], false);
	return n;
}

/* A file that is encrypted already: outside of the ZIP, unless the rule says
 * `again`; behind a link like any other, unless it says `pass`. */
static bool passes(const struct do_ways *how, const struct view_part *part,
		   enum file_way way)
{
	if (!how || !(part->file & FILE_ENCRYPTED))
		return false;
	return how->encrypted == CRYPT_PASS ||
	       (how->encrypted == CRYPT_USUAL && way == WAY_ZIP);
}

static struct plan_file *make_files(struct deciding *d, const struct settled *s)
{
	const struct view *v = d->q.f->view;
	struct plan_file *f = arena_array(d->q.a, d->file_n, sizeof(*f));
	size_t n = 0;

	for (size_t i = 0; i < v->part_n; i++) {
		const struct view_part *part = &v->part[i];

		if (!part_counts(v, part, false))
			continue;
		f[n].name = part->name;
		f[n].way = passes(s->how, part, s->way) ? WAY_ATTACH : s->way;
		f[n++].way_tls = passes(s->how, part, s->way_tls) ? WAY_ATTACH
								  : s->way_tls;
	}
	return f;
}

static struct plan_file *files_of(struct deciding *d, const struct settled *s)
{
	struct settling *all = d->settling;
	struct plan_file *file;

	if (!all)
		all = d->settling = ARENA_NEW(d->q.a, struct settling);
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].how == s->how && all->v[i].way == s->way &&
		    all->v[i].way_tls == s->way_tls)
			return all->v[i].file;
	file = make_files(d, s);
	if (all->n < SETTLED_MAX) {
		all->v[all->n] = *s;
		all->v[all->n++].file = file;
	}
	return file;
}

void files_as_they_came(struct deciding *d, size_t at)
{
	struct settled s = {.how = NULL};

	if (!at)
		d->file_n = files_count(d->q.f->view);
	d->plan->rcpt[at].file_n = d->file_n;
	if (d->file_n)
		d->plan->rcpt[at].file = files_of(d, &s);
}

/* ---- which way ---- */

static bool names_way(struct deciding *d, size_t at, const struct do_ways *how,
		      enum do_way *way)
{
	const struct dest *dest;

	*way = how->way;
	if (how->way != DO_FROM)
		return true;
	dest = dests_find(how->from, &d->q.f->env->rcpt[at].addr);
	*way = dest && dest->has_way ? (enum do_way)dest->way
				     : (enum do_way)how->other;
	return (dest && dest->has_way) || how->other_set;
}

static const struct rule *first_rule(struct deciding *d, size_t at,
				     enum do_way *way)
{
	const struct falls *fell = &d->fell[at];

	for (size_t i = 0; i < fell->n; i++) {
		const struct rule *r = fell->v[i].rule;

		if (!fell->v[i].refuse_only && r->act.ways.set &&
		    names_way(d, at, &r->act.ways, way))
			return r;
	}
	return NULL;
}

static void settle(struct deciding *d, size_t at, enum do_way way,
		   struct settled *s)
{
	struct plan_ways *to = &d->plan->rcpt[at].ways;

	if (way != DO_BY_TLS) {
		s->way = s->way_tls = (enum file_way)way;
		return;
	}
	s->way = s->how->other;
	s->way_tls = s->how->then;
	to->at_least = s->how->at_least;
	to->grade = rcpt_grade(&d->q, at);
	if (to->grade != GRADE_UNKNOWN)
		s->way = s->way_tls = to->grade >= to->at_least ? s->way_tls
								: s->way;
	to->by_tls = s->way != s->way_tls;
}

/* The original must stay as it is: its sender looks again. */
static void cannot(struct deciding *d, struct plan_rcpt *r,
		   const struct rule *rule)
{
	confirm_again(d, r, rule,
		      (struct plan_reason){
			      STR("この種類のメールの添付は作り変えられない"
				  "ので、そのまま送ってよいか確かめます。"),
			      STR("Attachments of this class of mail cannot be "
				  "changed; it is asked whether they may go as "
				  "they are.")});
	r->ways = (struct plan_ways){0};
}

static bool rewrites(const struct deciding *d, const struct settled *s)
{
	return d->allowed.edits < EDITS_ALL &&
	       (s->way != WAY_ATTACH || s->way_tls != WAY_ATTACH);
}

void decide_ways(struct deciding *d, size_t at)
{
	struct plan_rcpt *r = &d->plan->rcpt[at];
	enum do_way way;
	const struct rule *rule = d->file_n ? first_rule(d, at, &way) : NULL;
	struct settled s = {0};

	if (!rule) {
		ways_told(d, at, NULL, WAY_ATTACH);
		return;
	}
	s.how = &rule->act.ways;
	r->ways = (struct plan_ways){.rule = rule->name,
				     .each = s.how->each,
				     .zipcrypto = s.how->zipcrypto,
				     .cp932 = s.how->cp932,
				     .keep_us = s.how->keep_us,
				     .downloads = s.how->downloads,
				     .tail = s.how->tail};
	settle(d, at, way, &s);
	/* Which files are encrypted already was not asked then (a replay). */
	if (d->q.answers && d->q.answers->untold_files) {
		d->untold[rule - d->q.p->rules.v] = true;
		d->plan->untold_asked = UNTOLD_MORE;
	}
	if (rewrites(d, &s)) {
		cannot(d, r, rule);
		return;
	}
	r->file = files_of(d, &s);
	decide_password(d, at);
	ways_told(d, at, rule, s.way);
}

unsigned ways_used(const struct plan_rcpt *r)
{
	unsigned used = 0;

	for (size_t i = 0; i < r->file_n; i++)
		used |= 1u << r->file[i].way | 1u << r->file[i].way_tls;
	return used;
}
