/* tenant.c - checks of a tenant's proofs and people, as the settings say. */
#include "connector/doctor/doctor_int.h"

#define PEOPLE_MAX (20 * MIB)

void check_proofs(struct doctor *d, const struct tenant_conf *t)
{
	bool cloud = t->kind == KIND_M365 || t->kind == KIND_GOOGLE;

	if (cloud && !t->accept.header.name)
		doctor_say(
			d, DOCTOR_WARN,
			"accept: header を加えてください。アドレスと証明書は、"
			"同じクラウドのどのテナントも同じです。",
			"add `accept: header`; addresses and certificate are "
			"those of every tenant of that cloud",
			"秘密のヘッダーで確かめていません",
			"mail is not proved by a secret header");
	if (cloud && !t->accept.certificate)
		doctor_say(d, DOCTOR_WARN,
			   t->kind == KIND_M365
				   ? "accept: certificate: "
				     "mail.protection.outlook.com を加えて"
				     "ください。"
				   : "accept: certificate: smtp.gmail.com を"
				     "加えてください。",
			   t->kind == KIND_M365 ? "add `accept: certificate: "
						  "mail.protection.outlook.com`"
						: "add `accept: certificate: "
						  "smtp.gmail.com`",
			   "相手の証明書の名前を確かめていません",
			   "the peer's certificate is not asked for a name");
	if (cloud && strcmp(t->deliver.via, "direct") != 0 && !t->done.name)
		doctor_say(d, DOCTOR_BAD,
			   "done: header と secret を書いてください。無いと"
			   "メールが関所に戻り続けます。",
			   "set `done: header` and `secret`; without it mail "
			   "comes back to the gate",
			   "通過の印(done)がありません",
			   "there is no done header");
	if (!t->accept.require_tls)
		doctor_say(d, DOCTOR_WARN, "require-tls: true にしてください。",
			   "set `require-tls: true`",
			   "TLS のないメールを受け取ります",
			   "mail without TLS is taken");
	if (cloud && t->accept.header.name && t->accept.certificate)
		doctor_say(d, DOCTOR_FINE, NULL, NULL,
			   "アドレス、証明書、秘密のヘッダーで確かめています",
			   "proved by address, certificate and secret header");
}

static bool is_of_address(char c)
{
	return ascii_alnum(c) || strchr(".@-_+", c);
}

/* As a word of its own, not as a piece of a longer address. */
static bool has_word(struct str text, struct str word)
{
	ptrdiff_t at;

	while ((at = str_find_ci(text, word)) >= 0) {
		struct str rest = str_skip(text, (size_t)at + word.n);

		if ((at == 0 || !is_of_address(text.p[at - 1])) &&
		    (rest.n == 0 || !is_of_address(rest.p[0])))
			return true;
		text = rest;
	}
	return false;
}

void check_people(struct doctor *d, const struct tenant_conf *t)
{
	const char *file = d->c.config->people;
	AUTO(arena) a = ARENA_EMPTY;
	struct err e = ERR_EMPTY;
	struct str text;

	if (!t->enrolled_group)
		return;
	if (!file || !conf_read_file(file, PEOPLE_MAX, &a, &text, &e)) {
		doctor_say(d, DOCTOR_BAD,
			   "people: に読める CSV を書いてください。",
			   "name a readable CSV under `people`",
			   "試験参加者の一覧(people)を読めません",
			   "the list of people cannot be read");
		return;
	}
	if (!has_word(text, str_of(t->enrolled_group)))
		doctor_say(d, DOCTOR_BAD,
			   "people.csv の groups にそのグループを書いて"
			   "ください。いまは誰のメールにも規則が働きません。",
			   "write the group into people.csv; now no rule "
			   "applies to anybody",
			   "グループ %s に誰もいません",
			   "nobody is in the group %s", t->enrolled_group);
	else
		doctor_say(d, DOCTOR_FINE, NULL, NULL,
			   "グループ %s が people にあります",
			   "the group %s stands in people", t->enrolled_group);
}
