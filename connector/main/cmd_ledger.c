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

int cmd_ledger(int argc, char **argv)
{
	static const struct command_usage usage = {
		"ledger [-c FILE] [--json]",
		"受け付けた宛先 = 結末の合計 + 途中のもの、を証明します。"
		"合わなければ終了コード 1。",
		"Proves that accepted recipients = sum of ends + open ones. "
		"Exit code 1 when they do not add up.",
		0, 0};
	const char *path = NULL;
	bool json = false;
	const struct option_row rows[] = {
		OPTION_CONFIG(&path), OPTION_JSON(&json), {0}};
	AUTO(arena) a = ARENA_EMPTY;
	struct store_ledger l;
	struct keys *keys = NULL;
	struct store_reader *r;
	struct config *c;
	struct err e = ERR_EMPTY;
	int n, code = options_parse(&usage, rows, argc, argv, &n);

	if (code >= 0)
		return code;
	c = command_config(path);
	if (!c)
		return EX_CONFIG;
	r = command_reader(c, &keys);
	if (r && store_ledger(r, &a, &l, &e)) {
		struct json *o = ledger_json(&l, c->timezone);

		if (json)
			print_json(o);
		else
			ledger_text(&l);
		json_free(&o);
		code = store_ledger_whole(&l) ? EX_OK : 1;
	} else {
		if (r)
			print_error("%s", e.text);
		code = EX_TEMPFAIL;
	}
	store_reader_free(&r);
	keys_free(&keys);
	config_free(&c);
	return code;
}

static int audit_verify(const struct config *c, bool json)
{
	unsigned char head[SHA256_LEN];
	AUTO(buf) hex = BUF_MAX(128);
	struct keys *keys = NULL;
	struct store_reader *r = command_reader(c, &keys);
	struct err e = ERR_EMPTY;
	uint64_t rows = 0;
	bool ok = r && store_audit_verify(r, &rows, head, &e);

	if (ok)
		hex_encode(&hex, str_n(head, sizeof(head)));
	if (json) {
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
	store_reader_free(&r);
	keys_free(&keys);
	return ok ? EX_OK : 1;
}

int cmd_audit(int argc, char **argv)
{
	static const struct command_usage usage = {
		"audit verify [-c FILE] [--json]",
		"監査の鎖を初めから終わりまで確かめます。",
		"Walks the audit chain from its beginning to its head.", 1, 1};
	const char *path = NULL;
	bool json = false;
	const struct option_row rows[] = {
		OPTION_CONFIG(&path), OPTION_JSON(&json), {0}};
	struct config *c;
	int n, code = options_parse(&usage, rows, argc, argv, &n);

	if (code >= 0)
		return code;
	if (strcmp(argv[1], "verify") != 0) {
		print_error("audit: \"%s\" is not verify", argv[1]);
		return EX_USAGE;
	}
	c = command_config(path);
	if (!c)
		return EX_CONFIG;
	code = audit_verify(c, json);
	config_free(&c);
	return code;
}
