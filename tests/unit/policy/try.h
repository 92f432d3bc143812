/* try.h - hand-made messages for the policy's tests. */
#ifndef TESTS_POLICY_TRY_H
#define TESTS_POLICY_TRY_H

#include <check.h>
#include "policy/policy.h"

/* NULL fields are not there; lists are separated by commas. */
struct mail {
	const char *from;     /* default taro.yamada@example.co.jp */
	const char *envelope; /* default: from; "" the null sender */
	const char *to, *cc;
	const char *rcpt; /* default: to and cc */
	const char *subject;
	/* "name:bytes", "-:bytes" nameless, "~name:bytes" inline,
	 * "!name:bytes" encrypted; behind it
	 * "!" and letters: e encrypted, s something within is, m macro, x
	 * executable, d disguised, a archive; and "=type" by content. What is
	 * within: "1/name!x=type" of the first attachment. */
	const char *files, *inner;
	const char *body, *text; /* of the attachments */
	const char *personal;	 /* "card/body/3" */
	const char *samples;	 /* "card/body/4111 *" */
	bool no_findings, old_findings, more;
	const char *fields; /* "X-A=value" */
	const char *at;	    /* default Tuesday 2026-09-01T10:00:00+09:00 */
	uint64_t size;	    /* default 1000 */
	unsigned classes;
	enum completeness completeness;
	/* "failed" of the message; "encrypted@1" of the first attachment, "@b"
	 * of the body */
	const char *reasons;
	enum policy_mode mode;
	bool bulk, no_tenant;
};

/* One policy and its plans; everything is freed by try_end(). */
void try_begin(void);
void try_end(void);
/* Loads rules behind a head with domains, people, lists; fails on errors. */
struct policy *try_rules(const char *rules);
/* Where people, history and grades come from; a test may change it. */
struct policy_source *try_source(void);
struct policy *try_policy(const char *yaml);
/* NULL expected; the errors in English. */
const char *try_errors(const char *yaml);
const char *try_warnings(void);
#define TRY_ORG                                                                \
	"sekisho: 1\ndomains: {internal: [example.co.jp, "                     \
	"\"*.example.co.jp\"], affiliated: [group.example.net]}\n"
/* Behind TRY_ORG and `more`, one rule that holds what `when` falls on. */
void try_rule(const char *more, const char *when);
/* The plan of this mail under the policy loaded last. */
const struct plan *try_mail(const struct mail *m);
#define TRY_MAIL(...) try_mail(&(struct mail){__VA_ARGS__})
const struct facts *try_facts(void);
struct arena *try_arena(void);
const struct policy *try_loaded(void);
/* find.c: answers to the question; NULL where the mail says so. */
const struct findings *find_all(const struct mail *m, const struct view *v,
				const struct question *q);
/* "hold:3600:send:1 delay:3600" of a recipient. */
const char *gates_of(const struct plan *p, size_t rcpt);
const char *names_of_rules(const struct plan *p);
bool plan_holds(const struct plan *p);
/* In a reason of the first recipient. */
bool plan_says(const struct plan *p, const char *en);

#endif
