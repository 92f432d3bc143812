/* document.c - one notice as the JSON document that its templates see. */
#include "connector/notice/notice_int.h"
#include "connector/base/utf8.h"
#include "connector/text/when.h"

enum { FACT_FROM = 1, FACT_TO = 2, FACT_DUE = 4, FACT_HOST = 8 };

/* What stands around a link. */
struct link_words {
	const char *path, *open, *safe;
};
static const struct link_words link_held = {"m/", "notice_open", "notice_safe"};
static const struct link_words link_brake = {"b/", "notice_open_brake",
					     "notice_safe_brake"};

struct row {
	const char *name;
	/* Words: first sentence of the text, heading of the HTML; a "*" ends
	 * in what the clock will do. */
	const char *sentence, *heading;
	unsigned facts;
	const char *help; /* what to do; NULL: it is said elsewhere */
};

static const struct row rows[NOTICE_KINDS] = {
	[NOTICE_HELD] = {"held", "notice_held_*", "notice_held_*",
			 FACT_TO | FACT_DUE, NULL},
	[NOTICE_REFUSED] = {"refused", "notice_refused", "notice_refused",
			    FACT_TO, "notice_refused_help"},
	[NOTICE_BCC] = {"bcc", "notice_bcc_*", "notice_bcc_*", FACT_TO, NULL},
	[NOTICE_RETURNED] = {"returned", "notice_returned", "notice_returned",
			     FACT_TO, NULL},
	[NOTICE_EXPIRED] = {"expired", "notice_expired_*", "notice_expired_*",
			    FACT_TO, NULL},
	[NOTICE_TEXT] = {"text", "notice_text", "notice_text",
			 FACT_FROM | FACT_TO, NULL},
	[NOTICE_COPY] = {"copy", "notice_brake_*", "notice_brake_*",
			 FACT_FROM | FACT_TO | FACT_DUE, NULL},
	[NOTICE_ALARM] = {"alarm", "notice_alarm", "notice_alarm", FACT_HOST,
			  "notice_alarm_help"},
	[NOTICE_MODE] = {"mode", "notice_mode", "notice_mode",
			 FACT_HOST | FACT_DUE, NULL},
	[NOTICE_HELD_ADMIN] = {"held-admin", "notice_admin", "notice_admin",
			       FACT_FROM | FACT_TO, "notice_admin_help"},
	[NOTICE_DIGEST] = {"digest", "notice_digest", "notice_digest", 0, NULL},
};

const char *notice_kind_name(enum notice_kind k)
{
	return rows[k].name;
}

/* What the "*" of a sentence stands for. */
static const char *then_name(const struct notice *n)
{
	bool outside = (size_t)n->count == n->recipient_n;

	if (n->kind == NOTICE_BCC && n->waits && n->goes)
		return outside ? "part" : "any_part";
	if (n->kind == NOTICE_BCC && n->waits)
		return outside ? "held" : "any_held";
	if (n->kind == NOTICE_BCC)
		return outside ? "sent" : "any_sent";
	if (n->due_us == 0)
		return "wait";
	switch (n->then) {
	case NOTICE_THEN_SEND:
		return "send";
	case NOTICE_THEN_DISCARD:
		return "discard";
	case NOTICE_THEN_RETURN:
		return "return";
	default:
		return "wait";
	}
}

static void add_word(struct json *doc, const char *key, const char *word,
		     const char *then)
{
	AUTO_STR whole = NULL;
	size_t n = strlen(word);

	if (word[n - 1] != '*') {
		json_add_cstr(doc, key, word);
		return;
	}
	whole = mem_printf("%.*s%s", (int)n - 1, word, then);
	json_add_cstr(doc, key, whole);
}

static void add_sentences(struct json *doc, const struct notice *n,
			  const struct row *row, const char *then)
{
	bool by = n->kind == NOTICE_RETURNED && n->by.n;

	add_word(doc, "sentence", by ? "notice_returned_by" : row->sentence,
		 then);
	add_word(doc, "heading", by ? "notice_returned_by" : row->heading,
		 then);
	if (by || n->kind == NOTICE_MODE)
		json_add_cstr(doc, "own_label",
			      by ? "notice_comment" : "notice_reason");
	if ((n->kind == NOTICE_REFUSED && n->reason_n) ||
	    (n->kind == NOTICE_HELD_ADMIN && n->id.n) ||
	    n->kind == NOTICE_ALARM)
		json_add_cstr(doc, "help", row->help);
}

static void add_clean(struct json *doc, const char *key, struct str s,
		      size_t chars)
{
	AUTO(buf) b = BUF_MAX(64 * KIB);

	utf8_clean(&b, s, chars);
	json_add_str(doc, key, buf_str(&b));
}

static struct str of_language(const struct notice_text *t, enum language l)
{
	struct str first = l == LANGUAGE_JA ? t->ja : t->en;

	return first.n ? first : l == LANGUAGE_JA ? t->en : t->ja;
}

static void add_reasons(struct json *doc, const struct notice *n,
			enum language l)
{
	struct json *list = json_add_array(doc, "reasons");

	for (size_t i = 0; i < n->reason_n; i++)
		add_clean(json_add(list, NULL, json_object()), "text",
			  of_language(&n->reason[i], l), 500);
	json_add_bool(doc, "has_reasons", n->reason_n > 0);
	if (n->reason_more)
		json_add_int(doc, "reasons_more", (int64_t)n->reason_more);
	add_clean(doc, "way_out", of_language(&n->way_out, l), 500);
}

static void add_recipients(struct json *doc, const struct notice *n)
{
	struct json *list = json_add_array(doc, "recipients");
	size_t shown = MIN_OF(n->recipient_n, (size_t)NOTICE_RECIPIENTS_MAX);

	for (size_t i = 0; i < shown; i++)
		add_clean(list, NULL, n->recipient[i], SMTP_ADDRESS_MAX);
	if (n->recipient_n > shown)
		json_add_int(doc, "recipients_more",
			     (int64_t)(n->recipient_n - shown));
	json_add_int(doc, "recipient_count", (int64_t)n->recipient_n);
}

static void add_times(struct json *doc, const struct notice *n, enum language l)
{
	AUTO(buf) b = BUF_MAX(200);

	time_put_notice(&b, n->tz, n->date_us);
	json_add_str(doc, "date", buf_str(&b));
	if (n->due_us == 0)
		return;
	buf_clear(&b);
	time_put_notice(&b, n->tz, n->due_us);
	json_add_str(doc, "due", buf_str(&b));
	buf_clear(&b);
	when_put(&b, l, n->tz, n->due_us, n->date_us, false);
	json_add_str(doc, "due_short", buf_str(&b));
}

static void add_link(struct json *doc, const struct notice *n)
{
	const struct link_words *w = n->kind == NOTICE_COPY ? &link_brake
							    : &link_held;
	AUTO(buf) b = BUF_MAX(4 * KIB);

	if (n->token.n == 0)
		return;
	buf_put_str(&b, n->public_url);
	buf_puts(&b, w->path);
	buf_put_str(&b, n->token);
	json_add_cstr(doc, "open", w->open);
	json_add_cstr(doc, "safe", w->safe);
	json_add_str(doc, "url", buf_str(&b));
	json_add_str(doc, "check_number", n->check_number);
}

static void add_fact(struct json *list, const char *label, struct str value)
{
	struct json *f;

	if (value.n == 0)
		return;
	f = json_add(list, NULL, json_object());
	json_add_cstr(f, "label", label);
	json_add_str(f, "value", value);
}

static struct str member(const struct json *doc, const char *key)
{
	return str_of(json_get_cstr(doc, key, ""));
}

/* "... and 5 more": what the text says by its template. */
static void put_more(struct buf *out, enum language l, int64_t more)
{
	buf_printf(out, l == LANGUAGE_JA ? " ほか%lld件" : " and %lld more",
		   (long long)more);
}

static void add_facts(struct json *doc, const struct notice *n, unsigned which,
		      enum language l)
{
	struct json *list = json_add_array(doc, "facts");
	AUTO(buf) to = BUF_MAX(32 * KIB);

	if (n->kind != NOTICE_ALARM && n->kind != NOTICE_DIGEST &&
	    n->kind != NOTICE_MODE)
		add_fact(list, "notice_fact_subject", member(doc, "subject"));
	if (which & FACT_FROM)
		add_fact(list, "notice_fact_from",
			 member(doc, "original_from"));
	for (const struct json *j = json_at(json_get(doc, "recipients"), 0);
	     j && (which & FACT_TO); j = json_next(j)) {
		buf_puts(&to, to.n ? ", " : "");
		buf_puts(&to, json_cstr(j, ""));
	}
	if (to.n && json_get(doc, "recipients_more"))
		put_more(&to, l, json_get_int(doc, "recipients_more", 0));
	add_fact(list, "notice_fact_to", buf_str(&to));
	if (n->kind == NOTICE_MODE)
		add_fact(list, "notice_fact_by", member(doc, "by"));
	if (which & FACT_DUE)
		add_fact(list, "notice_fact_due", member(doc, "due"));
	if (which & FACT_HOST)
		add_fact(list, "notice_fact_host", member(doc, "hostname"));
	json_add_bool(doc, "has_facts", json_size(list) > 0);
}

/* An alarm of a known cause has a sentence of its own, "alarm_*", before the
 * detail; so has a mode, "to_mode_*". */
static const char *own_title(const struct notice *n, enum language l)
{
	const char *kind = n->kind == NOTICE_ALARM  ? "alarm_"
			   : n->kind == NOTICE_MODE ? "to_mode_"
						    : NULL;
	AUTO_STR key = NULL;

	if (!kind || !n->cause.n)
		return NULL;
	key = mem_printf("%s" STR_FMT, kind, STR_ARG(n->cause));
	return catalogue_word(l, key);
}

/* What is no mail of somebody's goes by the first line of its own text. */
static void add_subject(struct json *doc, const struct notice *n,
			enum language l)
{
	bool own = n->kind == NOTICE_ALARM || n->kind == NOTICE_MODE ||
		   n->kind == NOTICE_DIGEST;
	struct str s = n->subject, text = of_language(&n->own_text, l);
	const char *title = own_title(n, l);

	if (title) {
		json_add_cstr(doc, "title", title);
		s = str_of(title);
	}
	if (s.n == 0 && own)
		(void)str_split(&text, '\n', &s);
	if (str_trim(s).n == 0)
		s = str_of(catalogue_word(l, "no_subject"));
	add_clean(doc, "subject", s, NOTICE_SUBJECT_CHARS);
}

struct json *notice_document(const struct notice *n, enum language l)
{
	struct json *doc = json_object();
	const char *then = then_name(n);
	const struct row *row = &rows[n->kind];
	AUTO_STR flag = mem_printf("then_%s", then);
	AUTO(buf) own = BUF_MAX(64 * KIB);

	json_add_cstr(doc, "kind", row->name);
	json_add_cstr(doc, "language", language_name(l));
	json_add_str(doc, "hostname", n->hostname);
	add_subject(doc, n, l);
	add_clean(doc, "original_from", n->original_from, SMTP_ADDRESS_MAX);
	add_clean(doc, "by", n->by, SMTP_ADDRESS_MAX);
	add_clean(doc, "cause", n->cause, 60);
	add_sentences(doc, n, row, then);
	json_add_str(doc, "id", n->id);
	json_add_bool(doc, flag, true);
	json_add_bool(doc, "more", !n->seed_form_only);
	json_add_bool(doc, "attached", n->attach_original);
	json_add_int(doc, "count", n->count);
	add_clean(doc, "rule", of_language(&n->rule, l), 200);
	/* A text of several lines; the escape modes drop its controls. */
	buf_put_str(&own, str_trim(of_language(&n->own_text, l)));
	json_add_str(doc, "own_text", buf_str(&own));
	add_times(doc, n, l);
	add_link(doc, n);
	add_recipients(doc, n);
	add_reasons(doc, n, l);
	add_facts(doc, n, row->facts, l);
	return doc;
}
