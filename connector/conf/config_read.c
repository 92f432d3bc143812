/* config_read.c - one reader per type of setting: text to value, with errors
 * that say what was found and what is allowed.
 */
#include "connector/conf/config_int.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>

#include "connector/base/mem.h"

#define LIST_MAX 10000 /* entries of one list */

static void wrong(struct config_reader *r, const struct conf_node *n,
		  const char *ja, const char *en)
{
	conf_error(r->errs, n, "「" STR_FMT "」は使えません。%s%.0s",
		   "`" STR_FMT "` does not fit: %.0s%s",
		   STR_ARG(conf_word(n->text)), ja, en);
}

static char *keep(struct config_reader *r, struct str s)
{
	return arena_strndup(&r->c->arena, s.p, s.n);
}

static bool label_byte(char c)
{
	return ascii_alnum(c) || c == '-' || c == '_';
}

/* RFC 1035 2.3.4, RFC 1123 2.1; A-labels only. */
static bool is_domain(struct str s)
{
	struct str label;

	if (!s.n || s.n > 253)
		return false;
	while (str_split(&s, '.', &label)) {
		if (!label.n || label.n > 63 || label.p[0] == '-' ||
		    label.p[label.n - 1] == '-')
			return false;
		for (size_t i = 0; i < label.n; i++)
			if (!label_byte(label.p[i]))
				return false;
	}
	return true;
}

static bool is_ip(struct str s)
{
	unsigned char room[16];
	char text[INET6_ADDRSTRLEN];

	if (s.n >= sizeof(text))
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = 0;
	return inet_pton(AF_INET, text, room) == 1 ||
	       inet_pton(AF_INET6, text, room) == 1;
}

static bool is_address(struct str s)
{
	ptrdiff_t at = str_rchr(s, '@');

	return at > 0 && at <= 64 && !str_has_control(s) &&
	       str_chr(s, ' ') < 0 && str_chr(s, '<') < 0 &&
	       is_domain(str_skip(s, (size_t)at + 1));
}

static char *lower(struct config_reader *r, struct str s)
{
	char *p = keep(r, s);

	for (char *c = p; *c; c++)
		*c = ascii_lower(*c);
	return p;
}

static char *absolute(struct config_reader *r, struct str s)
{
	if (s.n && s.p[0] == '/')
		return keep(r, s);
	return arena_printf(&r->c->arena, "%s/" STR_FMT, r->folder, STR_ARG(s));
}

static void read_host(struct config_reader *r, const struct setting *s,
		      const struct conf_node *n, void *to)
{
	(void)s;
	if (is_domain(n->text) || is_ip(n->text))
		*(char **)to = lower(r, n->text);
	else
		wrong(r, n,
		      "ホスト名(英数字、IDN は xn-- の形)か IP "
		      "アドレスを書いてください。",
		      "write a host name (IDN as xn--…) or an IP address");
}

static void read_url(struct config_reader *r, const struct setting *s,
		     const struct conf_node *n, void *to)
{
	struct str t = n->text;
	bool https = str_starts_ci(t, STR("https://"));
	struct str rest = str_skip(t, https ? 8 : MIN_OF(t.n, (size_t)7));

	if ((!https && !str_starts_ci(t, STR("http://"))) || !rest.n ||
	    rest.p[0] == '/' || str_has_control(t) || str_chr(t, ' ') >= 0 ||
	    str_chr(t, '?') >= 0 || str_chr(t, '#') >= 0 ||
	    str_chr(t, '"') >= 0 || !str_is_ascii(t)) {
		wrong(r, n, "https://名前/ の形で書いてください。",
		      "write it as https://name/");
		return;
	}
	*(char **)to = s->type == SET_URL || str_ends(t, STR("/"))
			       ? keep(r, t)
			       : arena_printf(&r->c->arena, STR_FMT "/",
					      STR_ARG(t));
}

static void read_zone(struct config_reader *r, const struct setting *s,
		      const struct conf_node *n, void *to)
{
	struct err e = ERR_EMPTY;
	struct tz *tz = tz_load(keep(r, n->text), &e);

	(void)s;
	if (!tz) {
		wrong(r, n, "Asia/Tokyo のような時間帯の名前を書いてください。",
		      "write the name of a time zone, as Asia/Tokyo");
		return;
	}
	tz_free((struct tz **)to);
	*(struct tz **)to = tz;
}

static size_t words_n(const char *const *w)
{
	size_t n = 0;

	while (w && w[n])
		n++;
	return n;
}

/* Place of the word in the row's list; -1 and an error when it is not one. */
static int find_word(struct config_reader *r, const struct setting *s,
		     const struct conf_node *n)
{
	AUTO(buf) all = BUF_MAX(1024);
	const char *near;

	for (size_t i = 0; s->words[i]; i++)
		if (str_is(n->text, s->words[i]))
			return (int)i;
	for (size_t i = 0; s->later && s->later[i]; i++) {
		if (!str_is(n->text, s->later[i]))
			continue;
		conf_error(r->errs, n,
			   "「%s」はまだ作られていません(not built yet)。",
			   "`%s` is not built yet", s->later[i]);
		return -1;
	}
	conf_list_words(&all, s->words, words_n(s->words));
	near = str_nearest(n->text, s->words, words_n(s->words));
	conf_error(r->errs, n,
		   "「" STR_FMT "」は使えません。使えるのは %s です。"
		   "%s%s%s%.0s%.0s",
		   "`" STR_FMT "`: allowed are %s%.0s%.0s%.0s%s%s",
		   STR_ARG(conf_word(n->text)), buf_cstr(&all),
		   near ? "「" : "", near ? near : "",
		   near ? "」のことですか。" : "",
		   near ? "; did you mean " : "", near ? near : "");
	return -1;
}

bool config_is_word(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		TRY(label_byte(s.p[i]) || s.p[i] == '.');
	return s.n > 0 && s.n <= 64;
}

static void read_word(struct config_reader *r, const struct setting *s,
		      const struct conf_node *n, void *to)
{
	struct str t = n->text;

	if (s->words) {
		int at = find_word(r, s, n);

		if (at >= 0)
			*(char **)to = keep(r, t);
		return;
	}
	if (config_is_word(t))
		*(char **)to = keep(r, t);
	else
		wrong(r, n, "英数字と - _ . で書いてください(64字まで)。",
		      "write letters, digits, - _ . (at most 64)");
}

static void read_choice(struct config_reader *r, const struct setting *s,
			const struct conf_node *n, void *to)
{
	int at = find_word(r, s, n);

	if (at < 0)
		return;
	/* run.log is the one choice that is kept as a bool. */
	if (s->off == offsetof(struct config, run.log_json) &&
	    to == (void *)&r->c->run.log_json)
		*(bool *)to = at != 0;
	else
		*(int *)to = at;
}

static void read_address(struct config_reader *r, const struct setting *s,
			 const struct conf_node *n, void *to)
{
	(void)s;
	if (is_address(n->text))
		*(char **)to = keep(r, n->text);
	else
		wrong(r, n, "name@example.jp の形で書いてください。",
		      "write an address as name@example.jp");
}

static void read_domain(struct config_reader *r, const struct setting *s,
			const struct conf_node *n, void *to)
{
	struct str t = n->text;

	(void)s;
	if (str_starts(t, STR("*.")))
		t = str_skip(t, 2);
	if (is_domain(t) && !is_ip(t))
		*(char **)to = lower(r, n->text);
	else
		wrong(r, n,
		      "example.jp か \"*.example.jp\" の形で書いてください"
		      "(IDN は xn-- の形)。",
		      "write example.jp or \"*.example.jp\" (IDN as xn--…)");
}

static void read_listen(struct config_reader *r, const struct setting *s,
			const struct conf_node *n, void *to)
{
	ptrdiff_t colon = str_rchr(n->text, ':');
	struct str host = str_head(n->text, colon < 0 ? 0 : (size_t)colon);
	uint64_t port = 0;

	(void)s;
	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		host = str_n(host.p + 1, host.n - 2);
	if (colon > 0 && is_ip(host) &&
	    str_u64(str_skip(n->text, (size_t)colon + 1), &port) &&
	    port <= 65535)
		*(char **)to = keep(r, n->text);
	else
		wrong(r, n,
		      "\"0.0.0.0:25\" か \"[::]:25\" の形で"
		      "書いてください。",
		      "write it as \"0.0.0.0:25\" or \"[::]:25\"");
}

static void read_network(struct config_reader *r, const struct setting *s,
			 const struct conf_node *n, void *to)
{
	struct err e = ERR_EMPTY;

	(void)s;
	if (!cidr_parse(n->text, to, &e))
		wrong(r, n, "192.0.2.0/24 の形で書いてください。",
		      "write a network as 192.0.2.0/24");
}

static void read_store(struct config_reader *r, const struct setting *s,
		       const struct conf_node *n, void *to)
{
	struct str t = n->text;

	(void)s;
	if (str_starts(t, STR("sqlite:")) && t.n > 7)
		*(char **)to = arena_printf(&r->c->arena, "sqlite:%s",
					    absolute(r, str_skip(t, 7)));
	else if (str_is(t, "memory:"))
		*(char **)to = keep(r, t);
	else if (str_starts(t, STR("postgres")))
		conf_error(r->errs, n,
			   "PostgreSQL はまだ作られていません"
			   "(not built yet)。",
			   "PostgreSQL is not built yet");
	else
		wrong(r, n, "sqlite:PATH か memory: を書いてください。",
		      "write sqlite:PATH or memory:");
}

static void read_path(struct config_reader *r, const struct setting *s,
		      const struct conf_node *n, void *to)
{
	char *path;

	if (!n->text.n || str_has_control(n->text)) {
		wrong(r, n, "ファイルの場所を書いてください。", "write a path");
		return;
	}
	path = absolute(r, n->text);
	if (s->type == SET_FILE && !conf_can_read(path, s->folder)) {
		const char *why = strerror(errno);

		conf_error(r->errs, n, "「%s」を読めません(%s)。%.0s",
			   "`%s` cannot be read: %.0s%s", path,
			   conf_why_ja(why), why);
		return;
	}
	*(char **)to = path;
}

static void read_duration(struct config_reader *r, const struct setting *s,
			  const struct conf_node *n, void *to)
{
	struct str t = n->text;
	uint64_t years;
	int64_t us;
	bool ok;

	/* Years are days here: nobody keeps an audit to the second. */
	ok = t.n > 1 && t.n < 5 && t.p[t.n - 1] == 'y' &&
	     str_u64(str_head(t, t.n - 1), &years);
	if (ok)
		us = (int64_t)years * 365 * US_PER_DAY;
	else
		ok = duration_parse(t, &us);
	if (!ok) {
		wrong(r, n, "90s 5m 2h 3d 1y の形で書いてください。",
		      "write a time as 90s, 5m, 2h, 3d, 1y");
		return;
	}
	if (us < s->least || us > s->most) {
		conf_error(r->errs, n,
			   "「" STR_FMT "」は範囲の外です(%lld 秒から "
			   "%lld 秒まで)。",
			   "`" STR_FMT "` is out of bounds (%lld to %lld "
			   "seconds)",
			   STR_ARG(conf_word(t)),
			   (long long)(s->least / US_PER_S),
			   (long long)(s->most / US_PER_S));
		return;
	}
	*(int64_t *)to = us;
}

static bool in_bounds(struct config_reader *r, const struct setting *s,
		      const struct conf_node *n, uint64_t v)
{
	if (v >= (uint64_t)s->least && v <= (uint64_t)s->most)
		return true;
	conf_error(r->errs, n,
		   "「" STR_FMT "」は範囲の外です(%lld から %lld まで)。",
		   "`" STR_FMT "` is out of bounds (%lld to %lld)",
		   STR_ARG(conf_word(n->text)), (long long)s->least,
		   (long long)s->most);
	return false;
}

static void read_number(struct config_reader *r, const struct setting *s,
			const struct conf_node *n, void *to)
{
	uint64_t v;
	bool ok = s->type == SET_SIZE ? size_parse(n->text, &v)
				      : str_u64(n->text, &v);

	if (!ok && s->type == SET_SIZE)
		wrong(r, n, "150MB の形で書いてください。",
		      "write a size as 150MB");
	else if (!ok)
		wrong(r, n, "数を書いてください。", "write a number");
	if (!ok || !in_bounds(r, s, n, v))
		return;
	if (s->type == SET_SIZE)
		*(uint64_t *)to = v;
	else if (s->type == SET_PORT)
		*(uint16_t *)to = (uint16_t)v;
	else
		*(unsigned *)to = (unsigned)v;
}

static void read_bool(struct config_reader *r, const struct setting *s,
		      const struct conf_node *n, void *to)
{
	(void)s;
	if (!n->quoted && str_is(n->text, "true"))
		*(bool *)to = true;
	else if (!n->quoted && str_is(n->text, "false"))
		*(bool *)to = false;
	else
		wrong(r, n, "true か false を書いてください。",
		      "write true or false");
}

static void read_version(struct config_reader *r, const struct setting *s,
			 const struct conf_node *n, void *to)
{
	(void)s;
	(void)to;
	if (!str_is(n->text, "1"))
		wrong(r, n, "この版が読めるのは 1 だけです。",
		      "this program reads version 1");
}

#define TEXT_MAX 512

static void read_text(struct config_reader *r, const struct setting *s,
		      const struct conf_node *n, void *to)
{
	struct str t = n->text;

	(void)s;
	if (t.n && t.n <= TEXT_MAX && str_is_ascii(t) && !str_has_control(t) &&
	    t.p[0] != ' ' && t.p[t.n - 1] != ' ')
		*(char **)to = keep(r, t);
	else
		wrong(r, n, "ASCII の文字で書いてください。",
		      "write printable ASCII");
}

static void read_guid(struct config_reader *r, const struct setting *s,
		      const struct conf_node *n, void *to)
{
	struct str t = n->text;
	bool fits = t.n == 36;

	(void)s;
	for (size_t i = 0; i < t.n && fits; i++)
		fits = i == 8 || i == 13 || i == 18 || i == 23
			       ? t.p[i] == '-'
			       : isxdigit((unsigned char)t.p[i]);
	if (fits)
		*(char **)to = lower(r, t);
	else
		wrong(r, n,
		      "00000000-0000-0000-0000-000000000000 の形で"
		      "書いてください。",
		      "write it as 00000000-0000-0000-0000-000000000000");
}

typedef void read_one(struct config_reader *r, const struct setting *s,
		      const struct conf_node *n, void *to);

static const struct {
	const char *name, *ja;
	read_one *scalar, *item; /* item: reads one entry of a list */
} TYPES[] = {
	[SET_VERSION] = {"number", "数", read_version, NULL},
	[SET_MAP] = {"map", "名前と値", NULL, NULL},
	[SET_TENANTS] = {"list of maps", "テナントの一覧", NULL, NULL},
	[SET_HOST] = {"host", "ホスト名", read_host, NULL},
	[SET_URL] = {"URL", "URL", read_url, NULL},
	[SET_BASE_URL] = {"URL", "URL", read_url, NULL},
	[SET_ZONE] = {"time zone", "時間帯", read_zone, NULL},
	[SET_WORD] = {"word", "言葉1つ", read_word, NULL},
	[SET_CHOICE] = {"word", "言葉1つ", read_choice, NULL},
	[SET_ADDRESS] = {"address", "アドレス", read_address, NULL},
	[SET_ADDRESSES] = {"list of addresses", "アドレスの一覧", NULL,
			   read_address},
	[SET_DOMAINS] = {"list of domains", "ドメインの一覧", NULL,
			 read_domain},
	[SET_NETWORKS] = {"list of networks", "ネットワークの一覧", NULL,
			  read_network},
	[SET_LISTEN] = {"list of ADDRESS:PORT", "「アドレス:ポート」の一覧",
			NULL, read_listen},
	[SET_STORE] = {"store", "保管庫", read_store, NULL},
	[SET_PATH] = {"path", "ファイルの場所", read_path, NULL},
	[SET_FILE] = {"readable path", "読めるファイル", read_path, NULL},
	[SET_SECRET] = {"secret", "秘密", NULL, NULL},
	[SET_SECRET_HEADER] = {"header with secret", "秘密のヘッダー", NULL,
			       NULL},
	[SET_TEXT] = {"text", "文字列", read_text, NULL},
	[SET_GUID] = {"GUID", "GUID", read_guid, NULL},
	[SET_DURATION] = {"time", "時間", read_duration, NULL},
	[SET_SIZE] = {"size", "大きさ", read_number, NULL},
	[SET_COUNT] = {"number", "数", read_number, NULL},
	[SET_PORT] = {"number", "数", read_number, NULL},
	[SET_BOOL] = {"true or false", "true か false", read_bool, NULL},
};

const char *setting_type_name(enum setting_type type)
{
	return TYPES[type].name;
}

const char *setting_type_ja(enum setting_type type)
{
	return TYPES[type].ja;
}

/* The ranges that a cloud publishes stand as a word among networks. */
static bool is_published(const struct setting *s, const struct conf_node *n)
{
	return s->words && n->kind == CONF_SCALAR &&
	       str_is(n->text, s->words[0]);
}

/* {file: PATH}, as secrets are written, serves for a file too. */
static bool is_file_map(const struct conf_node *n)
{
	return n->kind == CONF_MAP && n->n == 1 &&
	       str_is(n->key[0]->text, "file") &&
	       n->item[0]->kind == CONF_SCALAR;
}

/* Entries that were refused leave no gap. */
static void read_list(struct config_reader *r, const struct setting *s,
		      const struct conf_node *n, void *to)
{
	size_t count = MIN_OF(n->n, (size_t)LIST_MAX);
	struct cidrs *nets = to;
	struct strings *words = to;
	bool is_net = s->type == SET_NETWORKS;

	if (n->n > LIST_MAX)
		conf_error(r->errs, n, "一覧が長すぎます(最大 %d)。",
			   "the list is too long (at most %d)", LIST_MAX);
	if (is_net)
		*nets = (struct cidrs){.v = arena_array(&r->c->arena, count,
							sizeof(struct cidr))};
	else
		*words = (struct strings){
			arena_array(&r->c->arena, count, sizeof(char *)), 0};
	for (size_t i = 0; i < count; i++) {
		size_t before = r->errs->errors;
		void *at = is_net ? (void *)&nets->v[nets->n]
				  : (void *)&words->v[words->n];

		if (is_net && is_published(s, n->item[i])) {
			nets->published = true;
			continue;
		}
		if (n->item[i]->kind != CONF_SCALAR)
			conf_error(r->errs, n->item[i],
				   "ここには値を1つ書いてください。",
				   "write one value here");
		else
			TYPES[s->type].item(r, s, n->item[i], at);
		if (r->errs->errors != before)
			continue;
		if (is_net)
			nets->n++;
		else
			words->n++;
	}
}

void config_read(struct config_reader *r, const struct setting *s,
		 const struct conf_node *n, void *to)
{
	if (s->type == SET_SECRET) {
		config_secret(r, n, to);
	} else if (s->type == SET_SECRET_HEADER) {
		config_secret_header(r, s, n, to);
	} else if (s->type == SET_NETWORKS && s->words && is_published(s, n)) {
		((struct cidrs *)to)->published = true;
	} else if (s->type == SET_FILE && is_file_map(n)) {
		read_path(r, s, n->item[0], to);
	} else if (TYPES[s->type].item && n->kind == CONF_LIST) {
		read_list(r, s, n, to);
		if (!n->n && s->required)
			conf_error(r->errs, n,
				   "「%s」には1つ以上書いてください。",
				   "`%s` needs at least one entry", s->name);
	} else if (!TYPES[s->type].item && n->kind == CONF_SCALAR) {
		TYPES[s->type].scalar(r, s, n, to);
	} else {
		conf_error(r->errs, n,
			   "「%s」の型が違います。%sを書いてください。%.0s",
			   "`%s`: wrong type, wanted %.0s%s", s->name,
			   TYPES[s->type].ja, TYPES[s->type].name);
	}
}

void config_default(struct config_reader *r, const struct setting *s, void *to)
{
	struct conf_node n = {.kind = CONF_SCALAR,
			      .file = "default",
			      .text = str_of(s->deflt)};

	if (s->deflt)
		TYPES[s->type].scalar(r, s, &n, to);
}
