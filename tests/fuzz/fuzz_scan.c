/* fuzz_scan - bytes as the head of a message. Whatever is found lies inside
 * them, and what is read whole is what is read field by field.
 */
#include "connector/base/die.h"
#include "connector/mail/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void inside(struct str part, struct str whole)
{
	must(part.n == 0 ||
	     (part.p >= whole.p && part.p + part.n <= whole.p + whole.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct str head = str_n(p, n), rest = head, name, field;
	struct header_scan s;
	unsigned from = 0;
	size_t sum = 0;

	header_scan(head, "gate.example.jp", &s);
	inside(s.message_id, head);
	inside(s.from_domain, head);
	for (unsigned i = 0; i < s.our_id_n; i++)
		inside(s.our_id[i], head);
	must(s.header_len <= n);
	must(s.our_id_n <= SCAN_IDS_MAX && s.our_id_n <= s.received_ours);
	must(s.received_ours <= s.received);
	must(s.from_domain.n == 0 || s.from_count == 1);
	while (header_field_next(&rest, &name, &field)) {
		must(field.n > 0);
		inside(name, field);
		sum += field.n;
		from += str_is_ci(name, "From");
	}
	must(from == s.from_count);
	must(sum + rest.n == n);
	must(s.header_len == 0 || s.header_len > sum);
	return 0;
}
