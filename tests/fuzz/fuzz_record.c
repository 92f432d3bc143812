/* fuzz_record.c - a record and what was asked, as they come from a store that
 * somebody wrote to; and the decision on whatever facts come out.
 */
#include <stddef.h>
#include <stdint.h>
#include "connector/base/mem.h"
#include "policy/replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char RULES[] =
	"sekisho: 1\ndomains:\n  internal: [example.co.jp]\nrules:\n"
	"  - rule: far\n    when: {recipient: {class: external}}\n"
	"    do: {hold: {for: 60m, then: send}}\n"
	"  - rule: files\n    when: {attachments: {count: \">= 1\","
	" extension: {in: [exe, tar.gz]}}}\n    do: {refuse: {tell: sender}}\n"
	"  - rule: many\n    when: {to-cc: {count: \">= 10\", of: external}}\n"
	"    do: {bcc: {hide: external}}\n"
	"  - rule: field\n    when: {header: {name: X-Project, present: "
	"true}}\n"
	"    do: {delay: {for: 10m}}\n"
	"  - rule: words\n    when: {anywhere: {words: [社外秘, abc]}}\n"
	"    do: {hold: {for: 5m, then: send}}\n"
	"  - rule: names\n    when: {attachments: {name: {words: [名簿]},"
	" macro: true}}\n    do: {hold: {for: 6m, then: send}}\n"
	"  - rule: personal\n    when: {personal-data: {in: anywhere,"
	" any: {card: \">= 2\"}}}\n    do: {hold: {for: 7m, then: send}}\n"
	"  - rule: first\n    when: {recipient: {first-time: team}}\n"
	"    do: {hold: {for: 8m, then: send}}\n"
	"  - rule: tls\n    when: {tls: {grade: \"< mta-sts\"}}\n"
	"    do: {hold: {for: 9m, then: send}}\n";

static struct policy *policy(void)
{
	static struct policy *p;
	struct conf_errors errs = {0};
	struct policy_source src = {0};

	if (!p)
		p = policy_load_text(&src, str_of(RULES), "p.yaml", &errs);
	conf_errors_release(&errs);
	return p;
}

/* The first two bytes part what was asked from the record. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t cut = size > 2 ? (size_t)data[0] << 8 | data[1] : 0;
	struct str all = str_skip(str_n(data, size), 2);
	struct replay *r = replay_new(policy(), 1);
	AUTO(buf) text = BUF_MAX(MIB);
	struct json *j;

	replay_version(r, 1, str_head(all, cut));
	replay_add(r, 1, 1, str_skip(all, cut));
	replay_text(r, tz_utc(), "ja", &text);
	j = replay_json(r, tz_utc());
	json_free(&j);
	replay_free(&r);
	return 0;
}
