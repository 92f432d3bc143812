/* fuzz_alike - domains that look like known ones: what is known never does, and
 * every pair that differs by one letter is found.
 *
 * Input: lines of known domains, 0x1e, lines of domains that are asked about.
 */
#include <stdlib.h>

#include "policy/policy.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define KNOWN_MAX 64
#define ASKED_MAX 16
#define NAME_LONG 7 /* letters from which any one of them counts */

static struct policy *policy;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const struct policy_source SRC = {.path = "fuzz.yaml"};
	struct conf_errors errs = {0};

	(void)argc;
	(void)argv;
	policy = policy_load_text(
		&SRC,
		STR("sekisho: 1\nrules: [{rule: r, when: {recipient: "
		    "{look-alike: true}}, do: {hold: {for: 5m}}}]\n"),
		"fuzz", &errs);
	conf_errors_release(&errs);
	if (!policy)
		abort();
	return 0;
}

static struct str domain_of(struct str line, struct arena *a)
{
	struct addr addr;

	return addr_parse(str_of(arena_printf(a, "a@" STR_FMT, STR_ARG(line))),
			  true, true, a, &addr, NULL)
		       ? addr.key_domain
		       : STR_EMPTY;
}

/* "name.ab" of letters only, the name long, and no free mail (which is known
 * anyway). */
static bool is_plain(struct str domain)
{
	ptrdiff_t dot = str_chr(domain, '.');

	if (!str_ends(domain, STR(".ab")))
		return false;
	for (size_t i = 0; i < domain.n; i++)
		if ((domain.p[i] < 'a' || domain.p[i] > 'z') &&
		    (ptrdiff_t)i != dot)
			return false;
	return dot >= NAME_LONG;
}

/* Equal but for one letter: another one, one more, two swapped. */
static bool one_apart(struct str a, struct str b)
{
	size_t head = 0, tail = 0, least = MIN_OF(a.n, b.n);

	while (head < least && a.p[head] == b.p[head])
		head++;
	while (tail < least - head &&
	       a.p[a.n - 1 - tail] == b.p[b.n - 1 - tail])
		tail++;
	if (MAX_OF(a.n, b.n) - head - tail == 1)
		return true;
	return a.n == b.n && a.n - head - tail == 2 &&
	       a.p[head] == b.p[head + 1] && a.p[head + 1] == b.p[head];
}

static bool same_end(struct str a, struct str b)
{
	return str_eq(str_skip(a, (size_t)str_chr(a, '.')),
		      str_skip(b, (size_t)str_chr(b, '.')));
}

static bool is_held(struct alike *known, struct str domain, struct arena *a)
{
	struct envelope_rcpt rcpt = {0};
	struct envelope env = {.rcpt = &rcpt, .rcpt_n = 1};
	struct view view = {0};
	struct facts f = {.env = &env,
			  .view = &view,
			  .known = known,
			  .accepted_us = US_PER_DAY * 20000};
	AUTO(buf) text = BUF_MAX(MIB);
	struct plan plan;

	if (!addr_parse(str_of(arena_printf(a, "a@" STR_FMT, STR_ARG(domain))),
			true, true, a, &rcpt.addr, NULL))
		return false;
	policy_decide(policy, &f, a, &plan);
	plan_text(&plan, &f, tz_utc(), "ja", &text);
	return plan.outcome == OUTCOME_HOLD;
}

static size_t read_domains(struct str text, size_t max, struct str *v,
			   struct arena *a)
{
	struct str line;
	size_t n = 0;

	while (n < max && str_split(&text, '\n', &line)) {
		v[n] = domain_of(line, a);
		n += v[n].n > 0;
	}
	return n;
}

static void ask(struct alike *known, const struct str *v, size_t n,
		struct str asked, struct arena *a)
{
	bool held = is_held(known, asked, a), is = false, must = false;

	for (size_t i = 0; i < n; i++) {
		is = is || str_eq(v[i], asked);
		must = must ||
		       (is_plain(v[i]) && is_plain(asked) &&
			same_end(v[i], asked) && one_apart(v[i], asked));
	}
	if ((is && held) || (!is && must && !held))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct policy_known_maker *m = policy_known_begin();
	struct str rest = str_n(data, n), first = STR_EMPTY;
	struct str known[KNOWN_MAX], asked[ASKED_MAX];
	struct arena a = ARENA_EMPTY;
	struct alike *all;
	size_t known_n, asked_n;

	str_split(&rest, 0x1e, &first);
	known_n = read_domains(first, KNOWN_MAX, known, &a);
	asked_n = read_domains(rest, ASKED_MAX, asked, &a);
	for (size_t i = 0; i < known_n; i++)
		policy_known_count(m, known[i], POLICY_KNOWN_LEAST);
	all = policy_known_end(&m);
	for (size_t i = 0; i < asked_n; i++)
		ask(all, known, known_n, asked[i], &a);
	policy_known_free(&all);
	arena_release(&a);
	return 0;
}
