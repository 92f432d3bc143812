/* fuzz_spf - bytes as an SPF record, and as settings of a report.  Terms stay
 * inside the text and their networks inside an address; nothing before an "@"
 * is shown.
 */
#include <string.h>
#include "connector/base/die.h"
#include "connector/doctor/doctor.h"
#include "connector/doctor/spf_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void check_redacted(struct str text)
{
	AUTO(buf) out = BUF_MAX(DOCTOR_BUNDLE_MAX);

	doctor_redact_settings(text, &out);
	for (size_t i = 0; i < out.n; i++)
		must(out.p[i] != '@' ||
		     (i >= 3 && memcmp(out.p + i - 3, "***", 3) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct spf_term term[SPF_TERMS_MAX];
	struct str text = str_n(p, n);
	size_t found = 0;
	bool ok = spf_text_read(text, term, &found);

	must(found <= SPF_TERMS_MAX);
	for (size_t i = 0; ok && i < found; i++) {
		const struct spf_term *t = &term[i];

		must(t->kind <= SPF_OTHER && strchr("+-~?", t->mark));
		must(t->name.n == 0 || (t->name.p >= text.p &&
					t->name.p + t->name.n <= text.p + n));
		must(t->kind != SPF_INCLUDE || t->name.n > 0);
		must(t->v4_bits <= 32 && t->v6_bits <= 128);
		must(t->network.bits <= 128);
	}
	check_redacted(text);
	return 0;
}
