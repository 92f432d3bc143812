/* cmd_version.c - `sekisho version`, and what the programs are linked with. */
#include <stdio.h>
#include <sysexits.h>
#include "connector/main/main_int.h"
#include "version.h"

/* Directly linked libraries by the head of their file name. */
static const struct {
	const char *file, *licence, *program;
} parts[] = {
	{"libcjson", "MIT", "sekisho"},
	{"libcrypto", "Apache-2.0", "sekisho"},
	{"libcurl", "curl", "sekisho"},
	{"libevent", "BSD-3-Clause", "sekisho"},
	{"libglib-2.0", "LGPL-2.1-or-later", "sekisho-inspector"},
	{"libgmime-3.0", "LGPL-2.1-or-later", "sekisho-inspector"},
	{"libgobject-2.0", "LGPL-2.1-or-later", "sekisho-inspector"},
	{"libhs", "BSD-3-Clause", "sekisho-inspector"}, /* Vectorscan */
	{"libicuuc", "Unicode-3.0", "sekisho-inspector"},
	{"libidn2", "LGPL-3.0-or-later OR GPL-2.0-or-later",
	 "sekisho sekisho-inspector"},
	{"libmecab", "BSD-3-Clause", "sekisho-inspector"},
	{"libseccomp", "LGPL-2.1-only", "sekisho sekisho-inspector"},
	{"libsodium", "ISC", "sekisho"},
	{"libsqlite3", "public domain", "sekisho"},
	{"libssl", "Apache-2.0", "sekisho"},
	{"libunbound", "BSD-3-Clause", "sekisho"},
	{"libxml2", "MIT", "sekisho-inspector"},
	{"libyaml", "MIT", "sekisho"},
	{"libz", "Zlib", "sekisho-inspector"},
	{"libzip", "BSD-3-Clause", "sekisho-inspector"},
	{"libc", "LGPL-2.1-or-later", "sekisho sekisho-inspector"},
	{"libm", "LGPL-2.1-or-later", "sekisho sekisho-inspector"},
};

const char *program_version(void)
{
	return SEKISHO_VERSION;
}

int cmd_version(int argc, char **argv)
{
	static const struct command_usage usage = {"version [--licences]",
						   "版を示します。",
						   "Shows the version.", 0, 0};
	bool licences = false;
	const struct option_row rows[] = {
		{"licences", 0, OPTION_FLAG, &licences, NULL,
		 "組み込んだライブラリとその許諾",
		 "libraries that are linked, and their licences"},
		{0}};
	int n, code = options_parse(&usage, rows, argc, argv, &n);

	if (code >= 0)
		return code;
	puts("sekisho " SEKISHO_VERSION);
	for (size_t i = 0; licences && i < ARRAY_LEN(parts); i++)
		printf("%s\t%s\t%s\n", parts[i].file, parts[i].licence,
		       parts[i].program);
	return EX_OK;
}
