/* try.c - hand-made messages for the policy's tests. */
#include "tests/unit/policy/try.h"

#include <stdlib.h>

#include "connector/base/mem.h"

static struct arena arena;
static struct conf_errors errs;
static struct policy *policy;
static struct facts facts;
static struct policy_source source;

#define HEAD                                                                   \
	"sekisho: 1\n"                                                         \
	"domains:\n"                                                           \
	"  internal: [example.co.jp, \"*.example.co.jp\"]\n"                   \
	"  affiliated: [group.example.net]\n"                                  \
	"  external: [ml-partners@example.co.jp]\n"                            \
	"lists:\n"                                                             \
	"  free-mail: [\"*@gmail.com\", \"*@yahoo.co.jp\"]\n"                  \
	"  words: [社外秘, Confidential]\n"                                 \
	"  key-customers: {file: data/key-customers.csv, column: domain}\n"    \
	"  partners: {file: data/partners.csv, columns: {domain: domain, "     \
	"company: company}}\n"                                                 \
	"people:\n"                                                            \
	"  sales: {group: sales@example.co.jp}\n"                              \
	"  managers: {group: managers}\n"                                      \
	"  temps: {file: data/temps.csv}\n"                                    \
	"  juniors: {where: {employment: [new, temporary]}}\n"                 \
	"calendars:\n"                                                         \
	"  office:\n"                                                          \
	"    timezone: Asia/Tokyo\n"                                           \
	"    open: {mon-fri: \"09:30-19:00\"}\n"                               \
	"    closed: {file: data/holidays.csv}\n"                              \
	"texts:\n"                                                             \
	"  nda: {ja: 守秘, en: NDA}\n"

void try_begin(void)
{
	source = (struct policy_source){
		.path = "tests/unit/policy/policy.yaml",
		.people = "tests/unit/policy/data/people.csv",
	};
	arena = ARENA_EMPTY;
	errs = (struct conf_errors){0};
}

void try_end(void)
{
	policy_free(&policy);
	conf_errors_release(&errs);
	arena_release(&arena);
}

struct arena *try_arena(void)
{
	return &arena;
}

const struct policy *try_loaded(void)
{
	return policy;
}

const struct facts *try_facts(void)
{
	return &facts;
}

struct policy_source *try_source(void)
{
	return &source;
}

static const char *printed(const struct conf_errors *e)
{
	AUTO(buf) out = BUF_MAX(MIB);

	conf_errors_print(e, "en", &out);
	return arena_strndup(&arena, out.p ? out.p : "", out.n);
}

struct policy *try_policy(const char *yaml)
{
	policy_free(&policy);
	policy = policy_load_text(&source, str_of(yaml), "t.yaml", &errs);
	ck_assert_msg(policy, "%s", printed(&errs));
	return policy;
}

struct policy *try_rules(const char *rules)
{
	return try_policy(arena_printf(&arena, "%srules:\n%s", HEAD, rules));
}

const char *try_errors(const char *yaml)
{
	const char *text;
	struct policy *p;

	conf_errors_release(&errs);
	p = policy_load_text(&source, str_of(yaml), "t.yaml", &errs);
	ck_assert_msg(!p, "loaded: %s", yaml);
	text = printed(&errs);
	conf_errors_release(&errs);
	return text;
}

const char *try_warnings(void)
{
	return printed(&errs);
}

/* ---- a mail ---- */

static struct view_addrs addrs(const char *list)
{
	struct view_addrs a = {.present = list != NULL};
	struct str rest = str_of(list ? list : ""), one;

	a.v = arena_array(&arena, rest.n + 1, sizeof(*a.v));
	while (str_split(&rest, ',', &one))
		if (str_trim(one).n)
			a.v[a.n++].address = str_trim(one);
	return a;
}

static void add_rcpts(struct envelope *env, const char *list)
{
	struct view_addrs a = addrs(list);

	for (size_t i = 0; i < a.n; i++)
		ck_assert(addr_parse(a.v[i].address, true, true, &arena,
				     &env->rcpt[env->rcpt_n++].addr, NULL));
}

static struct envelope *envelope_of(const struct mail *m)
{
	struct envelope *env = ARENA_NEW(&arena, struct envelope);
	const char *from = m->envelope ? m->envelope
			   : m->from   ? m->from
				       : "taro.yamada@example.co.jp";

	env->rcpt = arena_array(&arena, 3000, sizeof(*env->rcpt));
	if (*from)
		ck_assert(addr_parse(str_of(from), true, false, &arena,
				     &env->from, NULL));
	add_rcpts(env, m->rcpt ? m->rcpt : m->to);
	if (!m->rcpt)
		add_rcpts(env, m->cc);
	return env;
}

/* Cuts "=type" and "!flags" off a name. */
static struct str marks(struct str one, unsigned *file, struct str *type)
{
	static const char LETTERS[] = "esmxda";
	ptrdiff_t at = str_rchr(one, '=');

	if (at >= 0) {
		*type = str_skip(one, (size_t)at + 1);
		one = str_head(one, (size_t)at);
	}
	at = str_rchr(one, '!');
	if (at < 0)
		return one;
	for (size_t i = (size_t)at + 1; i < one.n; i++) {
		const char *letter = strchr(LETTERS, one.p[i]);

		ck_assert_ptr_nonnull(letter);
		*file |= 1u << (letter - LETTERS);
	}
	return str_head(one, (size_t)at);
}

/* The root, attachments, then the body. */
#define FIRST_FILE 1

static void add_file(struct view *v, struct str one)
{
	struct view_part *p = &v->part[v->part_n++];
	ptrdiff_t colon;
	uint64_t n = 100;

	if (str_starts(one, STR("!"))) {
		p->file = FILE_ENCRYPTED;
		one = str_skip(one, 1);
	}
	one = marks(one, &p->file, &p->real_type);
	colon = str_rchr(one, ':');
	if (colon >= 0) {
		ck_assert(str_u64(str_skip(one, (size_t)colon + 1), &n));
		one = str_head(one, (size_t)colon);
	}
	p->type = STR("application/octet-stream");
	p->decoded = n;
	p->inline_cid = str_starts(one, STR("~"));
	p->attachment = !p->inline_cid;
	p->nameless = str_is(one, "-");
	p->name = p->nameless ? STR_EMPTY : str_skip(one, p->inline_cid);
}

static void add_files(struct view *v, const char *files)
{
	struct str rest = str_of(files ? files : ""), one;

	v->part = arena_array(&arena, rest.n + 3, sizeof(*v->part));
	v->part[v->part_n++] = (struct view_part){
		.parent = VIEW_WHOLE,
		.multipart = true,
		.type = STR("multipart/mixed")};
	while (str_split(&rest, ',', &one))
		add_file(v, one);
	v->part[v->part_n++] = (struct view_part){.type = STR("text/plain")};
}

static void add_inner(struct view *v, const char *inner)
{
	struct str rest = str_of(inner ? inner : ""), one, part;

	v->inner = arena_array(&arena, rest.n + 1, sizeof(*v->inner));
	while (str_split(&rest, ',', &one)) {
		struct view_inner *in = &v->inner[v->inner_n++];
		uint64_t n = 0;

		ck_assert(str_split(&one, '/', &part) && str_u64(part, &n));
		in->part = (uint16_t)(n - 1 + FIRST_FILE);
		in->depth = 1;
		in->name = marks(one, &in->file, &in->type);
	}
}

static void add_fields(struct view *v, const char *fields)
{
	struct str rest = str_of(fields ? fields : ""), one;

	v->field = arena_array(&arena, rest.n + 1, sizeof(*v->field));
	while (str_split(&rest, ',', &one)) {
		ptrdiff_t eq = str_chr(one, '=');

		ck_assert_int_gt(eq, 0);
		v->field[v->field_n].name = str_head(one, (size_t)eq);
		v->field[v->field_n++].value = str_skip(one, (size_t)eq + 1);
	}
}

static void add_reason(struct view *v, struct str one)
{
	struct view_reason r = {DOUBT_FAILED, VIEW_WHOLE};
	struct str name;
	uint64_t n = 0;

	ck_assert(str_split(&one, '@', &name));
	if (str_is(one, "b"))
		r.part = (uint16_t)(v->part_n - 1);
	else if (one.n && str_u64(one, &n))
		r.part = (uint16_t)(n - 1 + FIRST_FILE);
	for (int d = 0; d < DOUBT_COUNT; d++) {
		r.doubt = (enum doubt)d;
		if (str_is(name, view_doubt_name(r.doubt)))
			v->reason[v->reason_n++] = r;
	}
}

static void add_reasons(struct view *v, const char *reasons)
{
	struct str rest = str_of(reasons ? reasons : ""), one;

	v->reason = arena_array(&arena, rest.n + 1, sizeof(*v->reason));
	while (str_split(&rest, ',', &one))
		add_reason(v, one);
	if (v->reason_n && v->completeness == VIEW_COMPLETE)
		v->completeness = VIEW_PARTIAL;
}

const struct plan *try_mail(const struct mail *m)
{
	static const char *const DOMAINS[] = {"example.co.jp"};
	struct view *v = ARENA_NEW(&arena, struct view);
	struct plan *plan = ARENA_NEW(&arena, struct plan);

	v->from = addrs(m->from ? m->from : "taro.yamada@example.co.jp");
	v->to = addrs(m->to);
	v->cc = addrs(m->cc);
	v->subject = str_of(m->subject ? m->subject : "");
	v->classes = m->classes;
	v->completeness = m->completeness;
	add_files(v, m->files);
	add_inner(v, m->inner);
	add_fields(v, m->fields);
	add_reasons(v, m->reasons);
	facts = (struct facts){.env = envelope_of(m),
			       .view = v,
			       .size = m->size ? m->size : 1000,
			       .mode = m->mode,
			       .bulk = m->bulk};
	facts.findings = find_all(m, v, policy_question(policy));
	if (!m->no_tenant) {
		facts.tenant_domains = DOMAINS;
		facts.tenant_domain_n = 1;
	}
	ck_assert(time_parse_rfc3339(
		str_of(m->at ? m->at : "2026-09-01T10:00:00+09:00"),
		&facts.accepted_us));
	policy_decide(policy, &facts, &arena, plan);
	return plan;
}

const char *gates_of(const struct plan *p, size_t rcpt)
{
	AUTO(buf) b = BUF_MAX(4096);

	for (size_t i = 0; i < p->rcpt[rcpt].gate_n; i++) {
		const struct gate *g = &p->rcpt[rcpt].gate[i];

		buf_printf(&b, "%s%s:%lld:%s:%u", i ? " " : "",
			   gate_kind_name(g->kind),
			   (long long)(g->for_us / US_PER_S),
			   gate_then_name(g->then), g->stage);
		if (g->doubt.n)
			buf_printf(&b, ":" STR_FMT ":" STR_FMT,
				   STR_ARG(g->doubt), STR_ARG(g->by));
		if (g->until_us)
			buf_printf(
				&b, "@%lld",
				(long long)((g->until_us - facts.accepted_us) /
					    US_PER_S));
	}
	return arena_strndup(&arena, b.p ? b.p : "", b.n);
}

const char *names_of_rules(const struct plan *p)
{
	AUTO(buf) b = BUF_MAX(4096);

	for (size_t i = 0; i < p->rule_n; i++)
		buf_printf(&b, "%s" STR_FMT, i ? " " : "", STR_ARG(p->rule[i]));
	return arena_strndup(&arena, b.p ? b.p : "", b.n);
}

void try_rule(const char *more, const char *when)
{
	AUTO(buf) yaml = BUF_MAX(64 * KIB);

	buf_printf(&yaml,
		   TRY_ORG "%srules: [{rule: r, when: %s, do: {hold: {for: 5m, "
			   "then: send}}}]\n",
		   more, when);
	try_policy(buf_cstr(&yaml));
}

bool plan_holds(const struct plan *p)
{
	return p->outcome == OUTCOME_HOLD;
}

bool plan_says(const struct plan *p, const char *en)
{
	for (size_t i = 0; i < p->rcpt[0].reason_n; i++)
		if (str_find(p->rcpt[0].reason[i].en, str_of(en)) >= 0)
			return true;
	return false;
}
