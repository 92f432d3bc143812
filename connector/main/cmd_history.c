/* cmd_history.c - `sekisho history`: who has written to whom, brought from
 * elsewhere and taken along, as CSV: sender, recipient, count, last.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include "connector/base/limits.h"
#include "connector/base/mem.h"
#include "connector/main/main_int.h"

#define HISTORY_MAX CONF_FILE_MAX
#define BATCH_BYTES (80 * KIB) /* of one request */
#define PAGE	    1000
#define TEXT_MAX    (1 * MIB)

struct history_args {
	const char *config, *tenant;
	bool dry_run;
};

static bool in_japanese(void)
{
	return strcmp(options_language(), "ja") == 0;
}

static const struct tenant_conf *the_tenant(const struct command *x)
{
	const struct history_args *a = x->arg;
	const struct config *c = x->c;

	if (!a->tenant && c->tenant_n == 1)
		return &c->tenant[0];
	for (size_t i = 0; a->tenant && i < c->tenant_n; i++)
		if (strcmp(c->tenant[i].tenant, a->tenant) == 0)
			return &c->tenant[i];
	if (a->tenant)
		print_error("no tenant is called \"%s\"", a->tenant);
	else
		print_error("history needs --tenant NAME");
	return NULL;
}

/* ---- as CSV --------------------------------------------------------------- */

/* RFC 4180: a quoted local part may hold anything. */
static void put_cell(struct buf *out, struct str s)
{
	if (str_chr(s, ',') < 0 && str_chr(s, '"') < 0) {
		buf_put_str(out, s);
		return;
	}
	buf_putc(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			buf_putc(out, '"');
		buf_putc(out, s.p[i]);
	}
	buf_putc(out, '"');
}

static void put_row(struct buf *out, struct str sender, struct str recipient,
		    uint64_t count, int64_t last_us)
{
	struct civil day;

	put_cell(out, sender);
	buf_putc(out, ',');
	put_cell(out, recipient);
	buf_printf(out, ",%llu,", (unsigned long long)count);
	if (last_us) {
		civil_of(tz_utc(), last_us, &day);
		buf_printf(out, "%04d-%02d-%02d", day.year, day.month, day.day);
	}
	buf_putc(out, '\n');
}

static void put_head(struct buf *out)
{
	buf_puts(out, "sender,recipient,count,last\n");
}

/* ---- import --------------------------------------------------------------- */

struct importing {
	struct command *x;
	const struct tenant_conf *tenant;
	struct policy *policy;
	struct arena arena;
	struct past_row *row;
	size_t n, taken, inside, strangers;
};

static bool of_tenant(const struct tenant_conf *t, struct str address)
{
	struct str domain = str_skip(address,
				     (size_t)(str_rchr(address, '@') + 1));

	return domain_fit((const char *const *)t->domains.v, t->domains.n,
			  domain) > 0;
}

/* Mail inside counts nothing; mail of others is not this tenant's. */
static bool wanted(struct importing *im, const struct past_row *row)
{
	if (!of_tenant(im->tenant, row->sender)) {
		im->strangers++;
		return false;
	}
	if (policy_recipient_class(im->policy, row->recipient) ==
	    RCPT_INTERNAL) {
		im->inside++;
		return false;
	}
	im->taken++;
	return true;
}

static int send_batch(struct importing *im, struct buf *csv)
{
	struct json *ask = control_request("history-import"), *answer;

	json_add_cstr(ask, "tenant", im->tenant->tenant);
	json_add_str(ask, "csv", buf_str(csv));
	buf_clear(csv);
	put_head(csv);
	answer = control_ask(im->x->c, ask);
	return control_finish(&answer);
}

static int send_all(struct importing *im, bool dry_run)
{
	AUTO(buf) csv = BUF_MAX(2 * BATCH_BYTES);
	int code = EX_OK;
	size_t waiting = 0;

	put_head(&csv);
	for (size_t i = 0; i < im->n && code == EX_OK; i++) {
		const struct past_row *r = &im->row[i];

		if (!wanted(im, r) || dry_run)
			continue;
		put_row(&csv, r->sender, r->recipient, r->count, r->last_us);
		waiting++;
		if (csv.n < BATCH_BYTES)
			continue;
		code = send_batch(im, &csv);
		waiting = 0;
	}
	return code == EX_OK && waiting ? send_batch(im, &csv) : code;
}

static int read_rows(struct importing *im, const char *path)
{
	AUTO(buf) text = BUF_MAX(TEXT_MAX);
	struct conf_errors errs = {0};
	struct err e = ERR_EMPTY;
	struct str bytes;
	bool ok;

	if (!conf_read_file(path, HISTORY_MAX, &im->arena, &bytes, &e)) {
		print_error("%s", e.text);
		return EX_NOINPUT;
	}
	ok = policy_history(bytes, path, &im->arena, &errs, &im->row, &im->n);
	conf_errors_print(&errs, options_language(), &text);
	print_lines(buf_str(&text), stderr);
	conf_errors_release(&errs);
	return ok ? EX_OK : EX_DATAERR;
}

static int import_file(struct importing *im)
{
	const struct history_args *a = im->x->arg;
	AUTO(buf) errors = BUF_MAX(TEXT_MAX);
	int code = read_rows(im, im->x->word[0]);

	if (code != EX_OK)
		return code;
	im->policy = configured_policy(im->x->c, options_language(), NULL,
				       &errors);
	print_lines(buf_str(&errors), stderr);
	if (!im->policy)
		return EX_CONFIG;
	code = send_all(im, a->dry_run);
	if (code != EX_OK)
		return code;
	printf(in_japanese()
		       ? "%zu 行: 取り込み%s %zu、社内宛て %zu、このテナントの"
			 "差出人でないもの %zu\n"
		       : "%zu rows: %s %zu, to recipients inside %zu, of "
			 "senders that are not this tenant's %zu\n",
	       im->n,
	       in_japanese() ? (a->dry_run ? "予定" : "")
			     : (a->dry_run ? "would be taken" : "taken"),
	       im->taken, im->inside, im->strangers);
	return EX_OK;
}

static int history_import(struct command *x)
{
	struct importing im = {.x = x, .tenant = the_tenant(x)};
	int code = im.tenant ? import_file(&im) : EX_USAGE;

	policy_free(&im.policy);
	arena_release(&im.arena);
	return code;
}

/* ---- export --------------------------------------------------------------- */

static int export_rows(struct command *x, struct store_reader *r)
{
	const struct tenant_conf *t = the_tenant(x);
	AUTO(buf) out = BUF_MAX(64 * MIB);
	struct store_past *v = NULL, *after = NULL;
	struct arena a = ARENA_EMPTY;
	struct err e = ERR_EMPTY;
	size_t n = 0;
	bool ok = true;

	if (!t)
		return EX_USAGE;
	put_head(&out);
	do {
		ok = store_past_list(r, str_of(t->tenant), after, PAGE, &a, &v,
				     &n, &e);
		for (size_t i = 0; ok && i < n; i++)
			put_row(&out, v[i].sender, v[i].recipient,
				(uint64_t)v[i].count, v[i].last_us);
		print_text(buf_str(&out), stdout);
		buf_clear(&out);
		after = n ? &v[n - 1] : NULL;
	} while (ok && n == PAGE);
	arena_release(&a);
	if (!ok)
		print_error("%s", e.text);
	return ok ? EX_OK : EX_TEMPFAIL;
}

static int history_export(struct command *x)
{
	return command_read(x, export_rows);
}

int cmd_history(int argc, char **argv)
{
	static const struct command_usage usage = {
		"history import FILE.csv | export [--tenant NAME] [--dry-run] "
		"[-c FILE]",
		"過去に誰が誰に送ったか(CSV: sender, recipient, count, last。"
		"UTF-8 か CP932)を取り込み、書き出します。初めての宛先の条件"
		"(first-time)"
		"が使います。同じものを二度取り込んでも増えません。",
		"Brings in who has written to whom (CSV: sender, recipient, "
		"count, last; UTF-8 or CP932) for `first-time`, and writes it "
		"out. What is brought twice counts once.",
		1, 2};
	static const struct command_verb verbs[] = {
		{"import", 1, 1, history_import},
		{"export", 0, 0, history_export},
		{0}};
	struct history_args a = {0};
	const struct option_row rows[] = {
		OPTION_CONFIG(&a.config),
		{"tenant", 0, OPTION_TEXT, &a.tenant, "NAME",
		 "どのテナントか(1つだけなら不要)",
		 "which tenant; not needed where there is one"},
		{"dry-run", 0, OPTION_FLAG, &a.dry_run, NULL,
		 "調べるだけで取り込まない", "look, and take nothing"},
		{0}};

	return command_run(&usage, rows, verbs, &a, argc, argv);
}
