/* doctor.c - runs every check and tells what they said; see doctor.h. */
#include "connector/doctor/doctor_int.h"
#include <stdarg.h>
#include <stdio.h>
#include "connector/base/utf8.h"

#define LINE_MAX (2 * KIB)

static const struct doctor_check checks[] = {
	{"network", "DNS and next hops can be asked", false, check_network,
	 NULL},
	{"engine", "the engine runs, its sandbox, policy and mode", false,
	 check_engine, NULL},
	{"store", "the store opens and its ledger adds up", false, check_store,
	 NULL},
	{"disk", "room for store and spool", false, check_disk, NULL},
	{"keys", "the master key is there, for its owner alone", false,
	 check_keys, NULL},
	{"clock", "the system's clock is kept", false, check_clock, NULL},
	{"queue", "what waits, and why", false, check_queue, NULL},
	{"certificates", "of the listeners: dates, names, uses", false,
	 check_certificates, NULL},
	{"secrets", "those of headers can be read", false, check_secrets, NULL},
	{"ranges", "age of the published address ranges", false, check_ranges,
	 NULL},
	{"proofs", "what a tenant's mail is proved by", false, NULL,
	 check_proofs},
	{"client-certificate", "that we show to the next hop", false, NULL,
	 check_client_certificate},
	{"people", "groups that settings name", false, NULL, check_people},
	{"host", "our name in the DNS", true, check_host, NULL},
	{"way", "the next hop is reached, secured, and takes our mail", true,
	 NULL, check_way},
	{"spf", "SPF allows the way out", true, NULL, check_spf},
	{"dkim", "the records of the keys that sign", true, NULL, check_dkim},
	{"dmarc", "DMARC, MTA-STS, TLS-RPT", true, NULL, check_dmarc},
	{"round", "ways round the gate", true, NULL, check_round},
	{"canary", "test mails come back through the whole loop", false, NULL,
	 check_canary},
};

static const char *const LEVEL[] = {"ok", "note", "warning", "bad"};

const char *doctor_level_name(enum doctor_level level)
{
	return LEVEL[level];
}

/* Names and replies come from outside: nothing in them may move a terminal. */
static const char *cleaned(struct doctor *d, const char *text)
{
	AUTO(buf) out = BUF_MAX(4 * LINE_MAX);

	utf8_clean(&out, str_of(text), LINE_MAX);
	return arena_strdup(&d->arena, buf_cstr(&out));
}

void doctor_say(struct doctor *d, enum doctor_level level, const char *do_ja,
		const char *do_en, const char *ja, const char *en, ...)
{
	struct doctor_line line = {
		.level = level,
		.check = d->check->name,
		.tenant = d->tenant ? d->tenant->tenant : "",
		.do_ja = do_ja ? do_ja : "",
		.do_en = do_en ? do_en : "",
	};
	char text[LINE_MAX];
	va_list ap, again;

	va_start(ap, en);
	va_copy(again, ap);
	vsnprintf(text, sizeof(text), ja, ap);
	line.ja = cleaned(d, text);
	vsnprintf(text, sizeof(text), en, again);
	line.en = cleaned(d, text);
	va_end(again);
	va_end(ap);
	vec_push(&d->lines, line);
}

static void run_check(struct doctor *d, const struct doctor_check *check)
{
	d->check = check;
	if (check->asks_network && !d->loop)
		return;
	if (check->here)
		check->here(d);
	for (size_t i = 0; check->tenant && i < d->c.config->tenant_n; i++) {
		d->tenant = &d->c.config->tenant[i];
		check->tenant(d, d->tenant);
	}
	d->tenant = NULL;
}

static void open_network(struct doctor *d)
{
	const struct config *c = d->c.config;
	struct dns_conf conf = {
		.server = (const char *const *)c->dns.servers.v,
		.server_n = c->dns.servers.n,
		.trust_anchor = c->dns.trust_anchor,
		.timeout_us = d->c.timeout_us,
	};

	d->loop = loop_new(&d->no_network);
	conf.loop = d->loop;
	if (d->loop)
		d->dns = dns_new(&conf, &d->no_network);
	if (!d->dns)
		loop_free(&d->loop);
}

void check_network(struct doctor *d)
{
	if (d->c.offline)
		doctor_say(d, DOCTOR_NOTE,
			   "--offline なしで動かすと DNS と次のサーバーも"
			   "調べます。",
			   "without --offline it looks at DNS and next hops, "
			   "too",
			   "ネットワークには問い合わせていません",
			   "nothing was asked of the network");
	else if (!d->loop)
		doctor_say(d, DOCTOR_BAD,
			   "dns: servers と trust-anchor を確かめてください。",
			   "check `dns: servers` and `trust-anchor`",
			   "DNS に問い合わせられません: %s",
			   "the DNS cannot be asked: %s", d->no_network.text);
}

struct doctor *doctor_run(const struct doctor_conf *conf)
{
	struct doctor *d = NEW(struct doctor);

	d->c = *conf;
	if (d->c.timeout_us == 0)
		d->c.timeout_us = 5 * US_PER_S;
	d->now_us = clock_now_us();
	if (!conf->offline)
		open_network(d);
	for (size_t i = 0; i < ARRAY_LEN(checks); i++)
		run_check(d, &checks[i]);
	return d;
}

void doctor_free(struct doctor **dp)
{
	struct doctor *d = TAKE(*dp);

	if (!d)
		return;
	dns_free(&d->dns);
	loop_free(&d->loop);
	vec_release(&d->lines);
	arena_release(&d->arena);
	mem_free(d);
}

const struct doctor_line *doctor_lines(const struct doctor *d, size_t *n_r)
{
	*n_r = d->lines.n;
	return d->lines.v;
}

enum doctor_level doctor_worst(const struct doctor *d)
{
	enum doctor_level worst = DOCTOR_FINE;

	for (size_t i = 0; i < d->lines.n; i++)
		if (d->lines.v[i].level > worst)
			worst = d->lines.v[i].level;
	return worst;
}

struct json *doctor_json(const struct doctor *d)
{
	struct json *o = json_object(), *list;

	json_add_cstr(o, "worst", LEVEL[doctor_worst(d)]);
	list = json_add_array(o, "lines");
	for (size_t i = 0; i < d->lines.n; i++) {
		const struct doctor_line *line = &d->lines.v[i];
		struct json *row = json_add_object(list, NULL), *both;

		json_add_cstr(row, "level", LEVEL[line->level]);
		json_add_cstr(row, "check", line->check);
		json_add_cstr(row, "tenant", line->tenant);
		both = json_add_object(row, "found");
		json_add_cstr(both, "ja", line->ja);
		json_add_cstr(both, "en", line->en);
		if (line->level == DOCTOR_FINE)
			continue;
		both = json_add_object(row, "do");
		json_add_cstr(both, "ja", line->do_ja);
		json_add_cstr(both, "en", line->do_en);
	}
	return o;
}

void doctor_text(const struct doctor *d, const char *language, struct buf *out)
{
	static const char *const MARK_JA[] = {"正常", "参考", "注意", "異常"};
	bool ja = strcmp(language, "ja") == 0;

	for (size_t i = 0; i < d->lines.n; i++) {
		const struct doctor_line *line = &d->lines.v[i];
		buf_printf(out, "%-7s %s%s%s: %s\n",
			   ja ? MARK_JA[line->level] : LEVEL[line->level],
			   line->check, line->tenant[0] ? " " : "",
			   line->tenant, ja ? line->ja : line->en);
		if (line->level != DOCTOR_FINE)
			buf_printf(out, "        -> %s\n",
				   ja ? line->do_ja : line->do_en);
	}
}

void doctor_checks(struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(checks); i++)
		buf_printf(out, "%s\t%s\n", checks[i].name, checks[i].title);
}
