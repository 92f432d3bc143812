/* fuzz_name - bytes as text and as HTML through the dictionary of names: what
 * is found can be told, persons are no more than names, and windows of a long
 * text find what the whole has.
 */
#include "connector/base/die.h"
#include "connector/base/utf8.h"
#include "connector/extract/name_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void look(struct namer *names, struct str text, bool html)
{
	struct fold f = {0};
	struct detect_set s;
	struct detect d = {.f = &f, .wanted = 1u << DETECT_NAME, .set = &s};
	struct fold_reader r;

	detect_set_init(&s);
	fold_begin(&r, &f, text, html);
	while (fold_next(&r, &f))
		detect_name(&d, names);
	VEC_EACH (hit, &s.hits) {
		must(hit->what == DETECT_NAME && hit->value.n);
		must(utf8_valid(hit->value) && utf8_valid(hit->sample));
		must(!str_has_control(hit->sample));
	}
	must(s.people.n <= s.unique[DETECT_NAME]);
	must((s.people.n == 0) == (s.unique[DETECT_NAME] == 0));
	detect_set_release(&s);
	fold_release(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct namer *names;

	if (!names)
		must((names = namer_new(NULL)) != NULL);
	look(names, str_n(p, n), false);
	look(names, str_n(p, n), true);
	return 0;
}
