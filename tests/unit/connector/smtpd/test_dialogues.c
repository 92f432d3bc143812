/* test_dialogues.c - every tests/dialogue/NAME.dlg: as written, at every
 * split, byte by byte.  With SEKISHO_DIALOGUE_AT=address:port they are held
 * once with the daemon there; those that need made-up peers are left out.
 */
#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include "tests/unit/connector/smtpd/dialogue.h"
#include "tests/unit/slow.h"

#define FOLDER	   "tests/dialogue"
#define SPLITS_MAX 120

static glob_t files;

START_TEST(dialogue)
{
	const char *remote = getenv("SEKISHO_DIALOGUE_AT");
	struct dialogue d;
	size_t most;

	ck_assert(dialogue_read(&d, files.gl_pathv[_i]));
	if (remote && d.local) {
		dialogue_release(&d);
		return;
	}
	ck_assert_msg(dialogue_run(&d, 0, remote), "%s: " STR_FMT, d.file,
		      STR_ARG(d.title));
	if (remote)
		printf("taken %zu\n", d.messages);
	most = remote || d.whole ? 0 : MIN_OF(d.longest, (size_t)SPLITS_MAX);
	for (size_t n = 1; n < most; n += CASES_APART(1))
		ck_assert_msg(dialogue_run(&d, n, NULL), "%s: split %zu",
			      d.file, n);
	if (most)
		ck_assert_msg(dialogue_run(&d, SIZE_MAX, NULL),
			      "%s: byte by byte", d.file);
	dialogue_release(&d);
}
END_TEST

START_TEST(files_are_there)
{
	ck_assert_uint_ge(files.gl_pathc, 20);
}
END_TEST

Suite *test_dialogues_suite(void);

Suite *test_dialogues_suite(void)
{
	Suite *s = suite_create("dialogues");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 120);
	if (glob(FOLDER "/*.dlg", 0, NULL, &files) != 0)
		files.gl_pathc = 0;
	tcase_add_test(t, files_are_there);
	tcase_add_loop_test(t, dialogue, 0, (int)files.gl_pathc);
	suite_add_tcase(s, t);
	return s;
}
