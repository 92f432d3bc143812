/* cmd_ledger.c - `sekisho ledger` and `sekisho audit verify`: the proofs. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include "connector/base/codec.h"
#include "connector/base/mem.h"
#include "connector/main/main_int.h"

static struct json *ledger_json(const struct store_ledger *l,
				const struct tz *tz)
{
	struct json *o = json_object(), *ends, *list;

	json_add_int(o, "accepted", (int64_t)l->accepted);
	json_add_int(o, "open", (int64_t)l->open);
	ends = json_add_object(o, "ends");
	for (unsigned s = RCPT_FIRST_END; s < RCPT_STATE_COUNT; s++)
		json_add_int(ends, rcpt_state_name(s), (int64_t)l->end[s]);
	json_add_int(o, "unknown", (int64_t)l->unknown);
	list = json_add_array(o, "unexplained");
	for (size_t i = 0; i < l->unexplained_n; i++)
		json_add(list, NULL, message_json(&l->unexplained[i], tz));
	return o;
}

static void ledger_text(const struct store_ledger *l)
{
	printf("accepted %llu = open %llu", (unsigned long long)l->accepted,
	       (unsigned long long)l->open);
	for (unsigned s = RCPT_FIRST_END; s < RCPT_STATE_COUNT; s++)
		printf(" + %s %llu", rcpt_state_name(s),
		       (unsigned long long)l->end[s]);
	printf("\nunknown answers %llu\nunexplained %zu: %s\n",
	       (unsigned long long)l->unknown, l->unexplained_n,
	       store_ledger_whole(l) ? "every recipient is accounted for"
				     : "THE LEDGER DOES NOT ADD UP");
}

struct proof_args {
	const char *config;
	bool json;
};

static int prove_ledger(struct command *x, struct store_reader *r)
{
	const struct proof_args *args = x->arg;
	AUTO(arena) a = ARENA_EMPTY;
	struct store_ledger l;
	struct err e = ERR_EMPTY;
	struct json *o;

	if (!store_ledger(r, &a, &l, &e)) {
		print_error("%s", e.text);
		return EX_TEMPFAIL;
	}
	o = ledger_json(&l, x->c->timezone);
	if (args->json)
		print_json(o);
	else
		ledger_text(&l);
	json_free(&o);
	return store_ledger_whole(&l) ? EX_OK : 1;
}

static int ledger(struct command *x)
{
	return command_read(x, prove_ledger);
}

int cmd_ledger(int argc, char **argv)
{
	static const struct command_usage usage = {
		"ledger [-c FILE] [--json]",
		"受け付けた宛先 = 結末の合計 + 途中のもの、を証明します。"
		"合わなければ終了コード 1。",
		"Proves that accepted recipients = sum of ends + open ones. "
		"Exit code 1 when they do not add up.",
		0, 0};
	static const struct command_verb verbs[] = {{NULL, 0, 0, ledger}, {0}};
	struct proof_args a = {0};
	const struct option_row rows[] = {
		OPTION_CONFIG(&a.config), OPTION_JSON(&a.json), {0}};

	return command_run(&usage, rows, verbs, &a, argc, argv);
}

static int verify_chain(struct command *x, struct store_reader *r)
{
	const struct proof_args *args = x->arg;
	unsigned char head[SHA256_LEN];
	AUTO(buf) hex = BUF_MAX(128);
	struct err e = ERR_EMPTY;
	uint64_t rows = 0;
	bool ok = store_audit_verify(r, &rows, head, &e);

	if (ok)
		hex_encode(&hex, str_n(head, sizeof(head)));
	if (args->json) {
		struct json *o = json_object();

		json_add_bool(o, "ok", ok);
		json_add_int(o, "rows", (int64_t)rows);
		json_add_cstr(o, "head", buf_cstr(&hex));
		if (!ok)
			json_add_cstr(o, "error", e.text);
		print_json(o);
		json_free(&o);
	} else if (ok) {
		printf("%llu rows, chain whole, head %s\n",
		       (unsigned long long)rows, buf_cstr(&hex));
	} else {
		print_error("%s", e.text);
	}
	return ok ? EX_OK : 1;
}

static int audit_verify(struct command *x)
{
	return command_read(x, verify_chain);
}

int cmd_audit(int argc, char **argv)
{
	static const struct command_usage usage = {
		"audit verify [-c FILE] [--json]",
		"監査の鎖を初めから終わりまで確かめます。",
		"Walks the audit chain from its beginning to its head.", 1, 1};
	static const struct command_verb verbs[] = {
		{"verify", 0, 0, audit_verify}, {0}};
	struct proof_args a = {0};
	const struct option_row rows[] = {
		OPTION_CONFIG(&a.config), OPTION_JSON(&a.json), {0}};

	return command_run(&usage, rows, verbs, &a, argc, argv);
}
