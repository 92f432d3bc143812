/* setup_document.c - what the configuration means for set-up steps. */
#include <string.h>
#include "connector/base/mem.h"
#include "connector/main/setup_int.h"

/* Names of rules and connectors have 64 characters at most. */
#define TENANT_NAME_MAX 40

const char *setup_hostname(const struct setup *s)
{
	return s->tenant->hostname ? s->tenant->hostname : s->config->hostname;
}

enum setup_exit setup_exit(const struct tenant_conf *t)
{
	if (strcmp(t->deliver.via, "direct") == 0)
		return EXIT_DIRECT;
	if (t->deliver.login.kind == LOGIN_ENTRA || t->kind == KIND_M365)
		return EXIT_M365;
	if (t->deliver.login.kind == LOGIN_GOOGLE || t->kind == KIND_GOOGLE)
		return EXIT_GOOGLE;
	return EXIT_RELAY;
}

static bool listens(const struct strings *at, const char *port)
{
	for (size_t i = 0; i < at->n; i++)
		if (str_ends(str_of(at->v[i]), str_of(port)))
			return true;
	return false;
}

static const char *first_domain(const struct tenant_conf *t)
{
	for (size_t i = 0; i < t->domains.n; i++)
		if (t->domains.v[i][0] != '*')
			return t->domains.v[i];
	return t->domains.v[0] + strlen("*.");
}

/* ---- what must be there ---------------------------------------------------- */

static bool lacks(const struct setup *s, struct err *e, const char *ja,
		  const char *en)
{
	return err_set(e, ERR_CONFIG, 0, "%s",
		       s->language == LANGUAGE_JA ? ja : en);
}

static bool check_cloud(const struct setup *s, struct err *e)
{
	const struct tenant_conf *t = s->tenant;

	if (!t->accept.header.name)
		return lacks(s, e,
			     "テナントの「accept: header」がありません。これが"
			     "ないと、同じクラウドの他社と区別できません。",
			     "the tenant has no `accept: header`; without it "
			     "other customers of the same cloud look alike");
	if (!t->done.name)
		return lacks(s, e,
			     "テナントの「done」がありません。これがないと、"
			     "戻ったメールがまた関所へ送られます。",
			     "the tenant has no `done`; without it mail that "
			     "comes back is sent to the gate again");
	if (!listens(&s->config->listen.smtp, ":25"))
		return lacks(s, e,
			     "「listen: smtp」にポート25がありません。クラウド"
			     "からは25番にしか届きません。",
			     "`listen: smtp` has no port 25; the cloud sends "
			     "to port 25 only");
	return true;
}

static bool check_names(const struct setup *s, struct err *e)
{
	if (strlen(s->tenant->tenant) > TENANT_NAME_MAX)
		return lacks(s, e,
			     "テナント名は40文字までにしてください(規則の名前に"
			     "入ります)。",
			     "the tenant's name may have 40 characters: names "
			     "of rules hold it");
	return true;
}

bool setup_check(const struct setup *s, struct err *e)
{
	bool cloud = s->tenant->kind == KIND_M365 ||
		     s->tenant->kind == KIND_GOOGLE;

	TRY(check_names(s, e));
	if (s->mode == SETUP_UNDO || s->mode == SETUP_BYPASS)
		return true;
	if (s->config->addresses.n == 0)
		return lacks(s, e,
			     "「addresses」がありません。この機械の、外から見た"
			     "アドレスを設定に書いてください。",
			     "`addresses` is missing: name this machine's "
			     "addresses as others see them");
	return s->mode == SETUP_DNS || !cloud || check_cloud(s, e);
}

/* ---- values ---------------------------------------------------------------- */

/* A literal of PowerShell: it takes four more characters for a quote. */
static void put_quoted(struct buf *b, struct str s)
{
	static const struct str quotes[] = {
		{"'", 1},
		{"\xe2\x80\x98", 3}, /* U+2018 to U+201B */
		{"\xe2\x80\x99", 3},
		{"\xe2\x80\x9a", 3},
		{"\xe2\x80\x9b", 3},
	};

	buf_putc(b, '\'');
	for (size_t i = 0; i < s.n; i++) {
		struct str rest = str_skip(s, i);

		for (size_t k = 0; k < ARRAY_LEN(quotes); k++)
			if (str_starts(rest, quotes[k]))
				buf_put_str(b, quotes[k]);
		buf_putc(b, s.p[i]);
	}
	buf_putc(b, '\'');
}

static void add(struct json *doc, struct json *q, const char *key,
		const char *value)
{
	AUTO(buf) quoted = BUF_MAX(64 * KIB);

	if (!value)
		return;
	json_add_cstr(doc, key, value);
	put_quoted(&quoted, str_of(value));
	json_add_str(q, key, buf_str(&quoted));
}

/* One text of a whole list, for a PowerShell array and for a sentence. */
struct listing {
	struct buf plain, quoted;
	size_t n;
};

static void listing_add(struct listing *l, struct str s)
{
	if (l->n++) {
		buf_puts(&l->plain, ", ");
		buf_puts(&l->quoted, ", ");
	}
	buf_put_str(&l->plain, s);
	put_quoted(&l->quoted, s);
}

static void add_listing(struct json *doc, struct json *q, const char *key,
			struct listing *l)
{
	if (l->n) {
		json_add_str(doc, key, buf_str(&l->plain));
		json_add_str(q, key, buf_str(&l->quoted));
	}
	buf_release(&l->plain);
	buf_release(&l->quoted);
}

static struct listing listing_empty(void)
{
	return (struct listing){.plain = BUF_MAX(64 * KIB),
				.quoted = BUF_MAX(64 * KIB)};
}

/* Postfix's form of a list: "192.0.2.1,[2001:db8::]/32". */
static void put_mynetworks(struct buf *b, struct str net)
{
	ptrdiff_t slash = str_chr(net, '/');
	struct str address = slash < 0 ? net : str_head(net, (size_t)slash);
	bool v6 = str_chr(net, ':') >= 0;

	buf_printf(b, "%s%s" STR_FMT "%s" STR_FMT, b->n ? "," : "",
		   v6 ? "[" : "", STR_ARG(address), v6 ? "]" : "",
		   STR_ARG(str_skip(net, address.n)));
}

static void add_addresses(struct json *doc, struct json *q,
			  const struct config *c)
{
	struct listing all = listing_empty(), v4 = listing_empty();
	AUTO(buf) postfix = BUF_MAX(64 * KIB);

	for (size_t i = 0; i < c->addresses.n; i++) {
		AUTO(buf) text = BUF_MAX(64);

		cidr_put(&text, &c->addresses.v[i]);
		listing_add(&all, buf_str(&text));
		if (cidr_is_v4(&c->addresses.v[i]))
			listing_add(&v4, buf_str(&text));
		put_mynetworks(&postfix, buf_str(&text));
	}
	json_add_str(doc, "mynetworks", buf_str(&postfix));
	json_add_bool(doc, "one_address", all.n == 1);
	add_listing(doc, q, "addresses", &all);
	add_listing(doc, q, "addresses_v4", &v4);
}

static void add_domains(struct json *doc, struct json *q,
			const struct tenant_conf *t)
{
	struct listing l = listing_empty();
	struct json *list = json_add_array(doc, "domain_list");

	for (size_t i = 0; i < t->domains.n; i++) {
		if (t->domains.v[i][0] == '*') {
			json_add_bool(doc, "wildcard", true);
			continue;
		}
		listing_add(&l, str_of(t->domains.v[i]));
		json_add_cstr(list, NULL, t->domains.v[i]);
	}
	add_listing(doc, q, "domains", &l);
	add(doc, q, "domain", first_domain(t));
}

static void add_name(struct json *doc, struct json *q, const char *key,
		     const struct tenant_conf *t, const char *part)
{
	AUTO_STR name = mem_printf("Sekisho %s %s", t->tenant, part);

	add(doc, q, key, name);
}

static void add_secret(struct json *doc, struct json *q, const char *key,
		       const struct secret_header *h)
{
	AUTO_STR header = mem_printf("%s_header", key);
	AUTO_STR stored = mem_printf("%s_secret", key);
	AUTO_STR file = mem_printf("%s_file", key);

	add(doc, q, header, h->name);
	if (h->secret.kind == SECRET_STORE)
		add(doc, q, stored, h->secret.value);
	else if (h->secret.kind != SECRET_NOT_SET)
		add(doc, q, file, h->secret.value);
}

static void add_flags(struct json *doc, const struct setup *s)
{
	static const char *const kinds[] = {"is_smtp", "is_m365", "is_google",
					    "is_line_works"};
	static const char *const exits[] = {"exit_direct", "exit_m365",
					    "exit_google", "exit_relay"};
	const struct tenant_conf *t = s->tenant;
	const struct config *c = s->config;

	json_add_bool(doc, "ja", s->language == LANGUAGE_JA);
	json_add_bool(doc, "all", s->all);
	json_add_bool(doc, kinds[t->kind], true);
	json_add_bool(doc, exits[setup_exit(t)], true);
	json_add_bool(doc, "relay", strcmp(t->deliver.via, "relay") == 0);
	json_add_bool(doc, "smtp_auth",
		      strcmp(t->deliver.via, "smtp-auth") == 0);
	json_add_bool(doc, "signs", tenant_signs(t));
	json_add_bool(doc, "to_mx",
		      t->deliver.host && strcmp(t->deliver.host, "mx") == 0);
	json_add_bool(doc, "by_certificate",
		      t->deliver.client_certificate != NULL);
	json_add_bool(doc, "login_password",
		      t->deliver.login.kind == LOGIN_PASSWORD);
	json_add_bool(doc, "login_google",
		      t->deliver.login.kind == LOGIN_GOOGLE);
	json_add_bool(doc, "login_entra", t->deliver.login.kind == LOGIN_ENTRA);
	json_add_bool(doc, "submission_local",
		      t->submission.auth == SUBMISSION_LOCAL);
	json_add_bool(doc, "submission_upstream",
		      t->submission.auth == SUBMISSION_UPSTREAM);
	json_add_bool(doc, "port_25", listens(&c->listen.smtp, ":25"));
	json_add_bool(doc, "port_587", listens(&c->listen_submission, ":587"));
	json_add_bool(doc, "port_465", listens(&c->listen_submissions, ":465"));
}

struct json *setup_document(const struct setup *s)
{
	const struct tenant_conf *t = s->tenant;
	struct json *doc = json_object(), *q = json_object();
	const char *hostname = setup_hostname(s);

	add_flags(doc, s);
	add(doc, q, "tenant", t->tenant);
	add(doc, q, "hostname", hostname);
	add(doc, q, "gate", s->config->hostname);
	add(doc, q, "ehlo", t->deliver.ehlo ? t->deliver.ehlo : hostname);
	add(doc, q, "public_url", s->config->public_url);
	add(doc, q, "notices_from", t->notices_from);
	add(doc, q, "tenant_id", t->accept.tenant_id);
	add(doc, q, "group", s->group);
	add(doc, q, "host", t->deliver.host);
	json_add_int(doc, "port", t->deliver.port);
	add(doc, q, "login_host", t->submission.host);
	add_secret(doc, q, "in", &t->accept.header);
	add_secret(doc, q, "done", &t->done);
	add(doc, q, "ok_header", "X-Sekisho-Ok");
	add_domains(doc, q, t);
	add_addresses(doc, q, s->config);
	add_name(doc, q, "name_out", t, "out");
	add_name(doc, q, "name_in", t, "in");
	add_name(doc, q, "name_r0", t, "R0 clear");
	add_name(doc, q, "name_r1", t, "R1 back");
	add_name(doc, q, "name_rj", t, "RJ journal");
	add_name(doc, q, "name_r2", t, "R2 route");
	add_name(doc, q, "name_r3", t, "R3 clear");
	json_add(doc, "q", q);
	return doc;
}
