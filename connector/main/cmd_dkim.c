/* cmd_dkim.c - `sekisho dkim`: keys that sign what leaves, and the DNS records
 * that say so.  Changes go to the engine; reading needs the store alone.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include "connector/base/mem.h"
#include "connector/main/main_int.h"
#include "connector/sign/dkim_ring.h"

#define TXT_STRING_MAX 255 /* RFC 1035 3.3.14 */

struct dkim_args {
	const char *config, *selector;
	bool rsa, ed25519, both, json;
};

/* ---- what is there --------------------------------------------------------- */

struct dkim_ring *dkim_ring_stored(const struct config *c, struct err *e)
{
	struct store_conf conf = {.url = c->store};
	struct dkim_ring *ring = dkim_ring_new();
	AUTO(arena) a = ARENA_EMPTY;
	struct str text = STR_EMPTY;
	struct store_reader *r = store_reader_open(&conf, e);

	if (!r || !store_value(r, STR(DKIM_RING_VALUE), &a, &text, e) ||
	    !dkim_ring_read(ring, text, e))
		dkim_ring_free(&ring);
	store_reader_free(&r);
	return ring;
}

static struct dkim_ring *ring_read(const struct config *c)
{
	struct err e = ERR_EMPTY;
	struct dkim_ring *ring = dkim_ring_stored(c, &e);

	if (!ring)
		print_error("%s", e.text);
	return ring;
}

static void add_time(struct json *o, const char *key, const struct tz *tz,
		     int64_t us)
{
	AUTO(buf) text = BUF_MAX(64);

	if (us == 0)
		return;
	time_put_rfc3339(&text, tz, us);
	json_add_str(o, key, buf_str(&text));
}

static struct json *key_json(const struct dkim_own *k, const struct tz *tz)
{
	struct json *o = json_object();
	AUTO(buf) name = BUF_MAX(1 * KIB);
	bool fits = dkim_record_name(k->selector, k->domain, &name);

	json_add_cstr(o, "domain", k->domain);
	json_add_cstr(o, "selector", k->selector);
	json_add_cstr(o, "algorithm", dkim_alg_name(k->alg));
	json_add_cstr(o, "state", dkim_state_name(k->state));
	add_time(o, "made", tz, k->made_us);
	add_time(o, "used", tz, k->used_us);
	add_time(o, "retired", tz, k->retired_us);
	json_add_str(o, "name", fits ? buf_str(&name) : STR_EMPTY);
	json_add_cstr(o, "value", k->record);
	return o;
}

static void list_text(const struct dkim_ring *ring, const struct tz *tz)
{
	for (size_t i = 0; i < ring->n; i++) {
		const struct dkim_own *k = &ring->v[i];
		int64_t at_us = k->state == DKIM_RETIRED  ? k->retired_us
				: k->state == DKIM_ACTIVE ? k->used_us
							  : k->made_us;
		AUTO(buf) when = BUF_MAX(64);

		time_put_rfc3339(&when, tz, at_us);
		printf("%-8s %-8s %s  %s/%s\n", dkim_state_name(k->state),
		       dkim_alg_name(k->alg), buf_cstr(&when), k->domain,
		       k->selector);
	}
}

static int dkim_list(struct command *x)
{
	const struct dkim_args *args = x->arg;
	struct dkim_ring *ring = ring_read(x->c);
	const struct tz *tz = x->c->timezone;
	struct json *all;

	if (!ring)
		return EX_UNAVAILABLE;
	all = json_array();
	for (size_t i = 0; i < ring->n; i++)
		json_add(all, NULL, key_json(&ring->v[i], tz));
	if (args->json)
		print_json(all);
	else
		list_text(ring, tz);
	json_free(&all);
	dkim_ring_free(&ring);
	return EX_OK;
}

/* A record for a zone file, in strings that DNS can carry, and as the forms of
 * DNS providers ask for it. */
static void show_record(const struct dkim_own *k)
{
	AUTO(buf) name = BUF_MAX(1 * KIB);
	struct str rest = str_of(k->record);

	if (!dkim_record_name(k->selector, k->domain, &name))
		return;
	printf("; %s/%s, %s, %s\n%s. IN TXT (", k->domain, k->selector,
	       dkim_alg_name(k->alg), dkim_state_name(k->state),
	       buf_cstr(&name));
	while (rest.n) {
		struct str part = str_head(rest, TXT_STRING_MAX);

		printf(" \"" STR_FMT "\"", STR_ARG(part));
		rest = str_skip(rest, part.n);
	}
	printf(" )\n; name:  %s\n; type:  TXT\n; value: %s\n\n",
	       buf_cstr(&name), k->record);
}

static int show_domain(const struct config *c, const char *domain)
{
	struct dkim_ring *ring = ring_read(c);
	AUTO(arena) a = ARENA_EMPTY;
	struct str key = STR_EMPTY;
	struct err e = ERR_EMPTY;
	size_t shown = 0;

	if (!ring)
		return EX_UNAVAILABLE;
	if (!domain_key(str_of(domain), &a, &key, &e))
		print_error("%s", e.text);
	for (size_t i = 0; i < ring->n; i++)
		if (ring->v[i].state != DKIM_RETIRED &&
		    str_is(key, ring->v[i].domain)) {
			show_record(&ring->v[i]);
			shown++;
		}
	dkim_ring_free(&ring);
	if (shown)
		return EX_OK;
	print_error("no DKIM key of %s: sekisho dkim new %s", domain, domain);
	return EX_NOINPUT;
}

static int dkim_show(struct command *x)
{
	return show_domain(x->c, x->word[0]);
}

/* ---- changes ---------------------------------------------------------------- */

static int dkim_new(struct command *x)
{
	const struct dkim_args *args = x->arg;
	bool both = args->both || args->rsa == args->ed25519;
	struct json *q = control_request("dkim-new");
	int code;

	json_add_cstr(q, "domain", x->word[0]);
	json_add_cstr(q, "selector", args->selector ? args->selector : "");
	json_add_bool(q, "rsa", both || args->rsa);
	json_add_bool(q, "ed25519", both || args->ed25519);
	code = command_ask(x->c, q);
	return code == EX_OK ? show_domain(x->c, x->word[0]) : code;
}

/* DOMAIN/SELECTOR; a selector that may be left out. */
static int change(struct command *x, const char *op, bool whole)
{
	const char *slash = strchr(x->word[0], '/');
	struct json *q;

	if (!slash && !whole) {
		print_error("dkim: DOMAIN/SELECTOR is wanted");
		return EX_USAGE;
	}
	q = control_request(op);
	json_add_str(q, "domain",
		     slash ? str_n(x->word[0], (size_t)(slash - x->word[0]))
			   : str_of(x->word[0]));
	json_add_cstr(q, "selector", slash ? slash + 1 : "");
	return command_ask(x->c, q);
}

static int dkim_use(struct command *x)
{
	return change(x, "dkim-use", true);
}

static int dkim_retire(struct command *x)
{
	return change(x, "dkim-retire", false);
}

int cmd_dkim(int argc, char **argv)
{
	static const struct command_usage usage = {
		"dkim new DOMAIN | list | show DOMAIN | use DOMAIN[/SELECTOR] "
		"| retire DOMAIN/SELECTOR [-c FILE]",
		"new: 署名の鍵を作り、公開する DNS レコードを示します。まだ署名"
		"には使いません。show: レコードをもう一度。use: DNS に載せたあ"
		"とで使い始めます(同じ方式の前の鍵は退役)。retire: 使うのを"
		"やめ、秘密鍵を捨てます。",
		"new: makes keys and prints the DNS records to publish; they "
		"sign nothing yet. show: prints the records again. use: begins "
		"to sign, once DNS has them; the key of the same algorithm "
		"that signed before retires. retire: no longer signs; the "
		"private key is forgotten.",
		1, 2};
	static const struct command_verb verbs[] = {
		{"new", 1, 1, dkim_new},       {"list", 0, 0, dkim_list},
		{"show", 1, 1, dkim_show},     {"use", 1, 1, dkim_use},
		{"retire", 1, 1, dkim_retire}, {0}};
	struct dkim_args args = {0};
	const struct option_row rows[] = {
		OPTION_CONFIG(&args.config),
		OPTION_JSON(&args.json),
		{"selector", 0, OPTION_TEXT, &args.selector, "NAME",
		 "セレクター(なければ年月から)",
		 "selector; else made of year and month"},
		{"rsa", 0, OPTION_FLAG, &args.rsa, NULL, "RSA だけ",
		 "RSA alone"},
		{"ed25519", 0, OPTION_FLAG, &args.ed25519, NULL, "Ed25519 だけ",
		 "Ed25519 alone"},
		{"both", 0, OPTION_FLAG, &args.both, NULL, "両方(既定)",
		 "both, as without these"},
		{0}};

	return command_run(&usage, rows, verbs, &args, argc, argv);
}
