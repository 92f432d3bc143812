/* ranges_fetch.c - asks for the published lists; see ranges_int.h. */
#include "connector/base/id.h"
#include "connector/base/mem.h"
#include "connector/sched/ranges_int.h"

struct ranges_fetch {
	ranges_done *done;
	void *arg;
	struct ranges found;
	struct http_query *http;
	/* Names of SPF records, asked one after another. */
	struct dns *dns;
	struct dns_query *query;
	char *name[RANGES_NAMES_MOST];
	size_t name_n, asked;
};

static void fetch_free(struct ranges_fetch *f)
{
	vec_release(&f->found);
	for (size_t i = 0; i < f->name_n; i++)
		mem_free(f->name[i]);
	mem_free(f);
}

static void finish(struct ranges_fetch *f, bool ok, struct err *e)
{
	ok = ok && ranges_plausible(&f->found, e);
	f->done(f->arg, &f->found, ok ? NULL : e);
	fetch_free(f);
}

void ranges_fetch_cancel(struct ranges_fetch **fp)
{
	struct ranges_fetch *f = TAKE(*fp);

	if (!f)
		return;
	http_cancel(&f->http);
	dns_cancel(&f->query);
	fetch_free(f);
}

/* ---- Microsoft 365 --------------------------------------------------------------- */

static void on_list(void *arg, const struct http_answer *r)
{
	struct ranges_fetch *f = arg;
	struct err e = ERR_EMPTY;
	bool ok = false;

	f->http = NULL;
	if (r->status == 200)
		ok = ranges_read_endpoints(r->body, &f->found, &e);
	else
		err_set(&e, ERR_RETRY, r->status, "answer %d %s", r->status,
			r->why);
	finish(f, ok, &e);
}

/* The service wants each asker to name itself, by a UUID (RFC 9562 5.4). */
static char *list_url(const char *base)
{
	struct str url = str_of(base);
	unsigned char r[16];

	if (str_ends(url, STR("/")))
		url.n--;
	random_bytes(r, sizeof(r));
	r[6] = (unsigned char)((r[6] & 0x0f) | 0x40);
	r[8] = (unsigned char)((r[8] & 0x3f) | 0x80);
	return mem_printf(STR_FMT "%cclientrequestid=%02x%02x%02x%02x-"
				  "%02x%02x-%02x%02x-%02x%02x-"
				  "%02x%02x%02x%02x%02x%02x",
			  STR_ARG(url), str_chr(url, '?') < 0 ? '?' : '&', r[0],
			  r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8], r[9],
			  r[10], r[11], r[12], r[13], r[14], r[15]);
}

struct ranges_fetch *ranges_fetch_m365(struct http_client *http,
				       const struct config *c,
				       ranges_done *done, void *arg)
{
	static const char *const header[] = {"Accept: application/json", NULL};
	struct ranges_fetch *f = NEW(struct ranges_fetch);
	AUTO_STR url = list_url(c->ranges.m365);
	struct http_call call = {
		.method = "GET",
		.url = url,
		.header = header,
		.ca_file = c->ranges.ca,
		.body_most = RANGES_BYTES_MOST,
	};

	f->done = done;
	f->arg = arg;
	f->http = http_ask(http, &call, on_list, f);
	return f;
}

/* ---- Google ------------------------------------------------------------------------ */

static void ask_next(struct ranges_fetch *f);

/* RFC 7208 4.5: exactly one record, other texts do not count. */
static bool spf_of(const struct dns_answer *a, struct str *txt_r, struct err *e)
{
	size_t n = 0;

	if (a->class != DNS_OK)
		return err_set(e, ERR_RETRY, 0, "%s %s",
			       dns_class_name(a->class), a->why ? a->why : "");
	for (size_t i = 0; i < a->record_n; i++) {
		struct str txt = a->record[i].data;

		if (!str_starts_ci(txt, STR("v=spf1")) ||
		    (txt.n > 6 && txt.p[6] != ' '))
			continue;
		*txt_r = txt;
		n++;
	}
	return n == 1 || err_set(e, ERR_PERMANENT, 0, "%zu SPF records", n);
}

static bool add_name(struct ranges_fetch *f, struct str name, struct err *e)
{
	for (size_t i = 0; i < f->name_n; i++)
		if (str_eq_ci(name, str_of(f->name[i])))
			return true; /* a circle, or twice the same */
	if (f->name_n == RANGES_NAMES_MOST)
		return err_set(e, ERR_LIMIT, 0, "more than %d names",
			       RANGES_NAMES_MOST);
	f->name[f->name_n++] = mem_strndup(name.p, name.n);
	return true;
}

static bool take_spf(struct ranges_fetch *f, const struct dns_answer *a,
		     struct err *e)
{
	struct str include[RANGES_NAMES_MOST], txt = STR_EMPTY;
	size_t n = 0;

	TRY(spf_of(a, &txt, e));
	TRY(ranges_read_spf(txt, &f->found, include, &n, e));
	for (size_t i = 0; i < n; i++)
		TRY(add_name(f, include[i], e));
	return true;
}

static void on_spf(void *arg, const struct dns_answer *a)
{
	struct ranges_fetch *f = arg;
	struct err e = ERR_EMPTY;

	f->query = NULL;
	if (!take_spf(f, a, &e)) {
		err_wrap(&e, "%s", f->name[f->asked - 1]);
		finish(f, false, &e);
	} else if (f->asked == f->name_n) {
		finish(f, true, &e);
	} else {
		ask_next(f);
	}
}

static void ask_next(struct ranges_fetch *f)
{
	f->query = dns_ask(f->dns, f->name[f->asked++], DNS_TXT, on_spf, f);
}

struct ranges_fetch *ranges_fetch_google(struct dns *dns,
					 const struct config *c,
					 ranges_done *done, void *arg)
{
	struct ranges_fetch *f = NEW(struct ranges_fetch);

	f->done = done;
	f->arg = arg;
	f->dns = dns;
	f->name[f->name_n++] = mem_strdup(c->ranges.google);
	ask_next(f);
	return f;
}
