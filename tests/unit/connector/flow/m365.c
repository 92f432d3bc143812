/* m365.c - the tenant, its secrets, its mails. */
#include "m365.h"
#include <ftw.h>

bool m365_unreadable;

bool m365_read_secret(void *arg, const struct secret_ref *ref, struct arena *a,
		      struct str *text_r, struct err *e)
{
	(void)arg;
	if (m365_unreadable)
		return err_set(e, ERR_RETRY, 0, "not now");
	*text_r = arena_str(a, strcmp(ref->value, "in") == 0 ? STR(M365_IN)
							     : STR(M365_BACK));
	return true;
}

static void proofs(struct bench *b)
{
	struct tenant_conf *t = &b->tenant;
	static char *org[] = {(char *)"example.co.jp"};

	t->kind = KIND_M365;
	t->accept.tenant_id = (char *)"0a0b0c0d-0000-4000-8000-000000000001";
	t->accept.originator_org = (struct strings){org, 1};
	t->accept.header = (struct secret_header){(char *)"X-Sekisho-Tenant",
						  {SECRET_STORE, (char *)"in"}};
	t->done = (struct secret_header){(char *)"X-Sekisho-Done",
					 {SECRET_STORE, (char *)"back"}};
	auth_set_config(b->auth, &b->config, m365_read_secret, NULL);
}

void m365_open(struct bench *b, const char *policy)
{
	bench_open(b, BENCH_SQLITE, policy);
	proofs(b);
}

char *m365_text(struct bench *b, const char *head, const char *id, size_t pad)
{
	char *fill = arena_alloc(&b->arena, pad + 1);

	memset(fill, 'x', pad);
	for (size_t i = 70; i + 1 < pad; i += 72)
		memcpy(fill + i, "\r\n", 2);
	return arena_printf(&b->arena,
			    "%sFrom: " TARO
			    "\r\nTo: hanako@partner.example\r\nSubject: s\r\n"
			    "Message-ID: <%s@c>\r\nDate: Tue, 25 Aug 2026 "
			    "14:37:00 +0900\r\n\r\nhello\r\n%s\r\n",
			    head, id, fill);
}

static size_t hits;

static int look(const char *path, const struct stat *st, int type,
		struct FTW *at)
{
	struct arena a = ARENA_EMPTY;
	struct str text;
	struct err e = ERR_EMPTY;

	(void)at;
	if (type == FTW_F && st->st_size > 0) {
		ck_assert_msg(conf_read_file(path, 64 * MIB, &a, &text, &e),
			      "%s", e.text);
		hits += str_find(text, STR(M365_IN)) >= 0;
		hits += str_find(text, STR(M365_BACK)) >= 0;
	}
	arena_release(&a);
	return 0;
}

void m365_nothing_at_rest(struct bench *b)
{
	hits = 0;
	nftw(b->folder, look, 8, FTW_PHYS);
	ck_assert_uint_eq(hits, 0);
}
