/* held_gets.c - what a recipient gets, as the stored plan says: how each
 * attachment goes, the password's way, texts put in, who is not shown.
 */
#include "connector/base/utf8.h"
#include "connector/web/web_int.h"

#define NAMES_SHOWN 3
#define NAME_CHARS  60
#define TEXT_CHARS  200
#define WAYS_MAX    16 /* different ones; the rest is counted to the last */

/* ---- what of the plan it is --------------------------------------------------- */

static bool has_left(const struct store_rcpt *r)
{
	switch (r->state) {
	case RCPT_READY:
	case RCPT_SENDING:
	case RCPT_DEFERRED:
	case RCPT_UNKNOWN:
	case RCPT_PARKED:
	case RCPT_DELIVERED:
	case RCPT_BOUNCED:
		return true;
	default:
		return false;
	}
}

/* Some part of the plan cannot be carried out yet. */
static bool is_pending(const struct json *row)
{
	const struct json *list = json_get(row, "unbuilt");

	for (const struct json *j = json_at(list, 0); list && j;
	     j = json_next(j))
		if (strcmp(json_cstr(j, ""), "approval") != 0)
			return true;
	return false;
}

bool held_went_as_is(const struct store_rcpt *r, const struct json *row)
{
	return has_left(r) &&
	       (is_pending(row) ||
		(json_get_int(row, "shape", 0) > 0 && r->shape == 0));
}

/* ---- attachments -------------------------------------------------------------- */

struct way {
	const char *way, *protected; /* "attach"; NULL: the same */
	size_t files;
	struct buf names;
};

static const char *way_word(const struct visit *v, const char *way)
{
	static const char *const known[] = {"attach", "zip", "link"};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strcmp(way, known[i]) == 0)
			return arena_printf(v->a, "way_%s", known[i]);
	return "way_attach";
}

static bool same_way(const struct way *w, const char *way,
		     const char *protected)
{
	return strcmp(w->way, way) == 0 &&
	       strcmp(w->protected ? w->protected : "",
		      protected ? protected : "") == 0;
}

static void count_file(struct way *w, const struct visit *v,
		       const struct json *file)
{
	struct str name = str_of(json_get_cstr(file, "name", ""));

	if (w->files++ >= NAMES_SHOWN)
		return;
	if (w->names.n)
		buf_puts(&w->names, ", ");
	if (name.n)
		utf8_clean(&w->names, name, NAME_CHARS);
	else
		buf_puts(&w->names, catalogue_word(v->l, "nameless"));
}

static size_t find_ways(const struct visit *v, const struct json *row,
			bool as_is, struct way w[WAYS_MAX])
{
	const struct json *files = json_get(row, "attachments");
	size_t n = 0, i;

	for (const struct json *f = json_at(files, 0); files && f;
	     f = json_next(f)) {
		const char *way = as_is ? "attach"
					: json_get_cstr(f, "way", "attach");
		const char *protected = json_get_cstr(f, "way-if-protected",
						      NULL);

		protected = as_is ? NULL : protected;
		for (i = 0; i < n && !same_way(&w[i], way, protected); i++)
			;
		if (i == n && n < WAYS_MAX)
			w[n++] = (struct way){.way = way,
					      .protected = protected,
					      .names = BUF_MAX(8 * KIB)};
		count_file(&w[MIN_OF(i, (size_t)WAYS_MAX - 1)], v, f);
	}
	return n;
}

/* "AES-256", "7日・20回まで": what else is to know about a way. */
static void add_terms(struct json *o, const struct visit *v, const char *way,
		      const struct json *row)
{
	const struct json *zip = json_get(row, "zip");
	const struct json *link = json_get(row, "link");
	AUTO(buf) keep = BUF_MAX(100);

	if (strcmp(way, "zip") == 0 && zip)
		json_add_cstr(o, "cipher",
			      strcmp(json_get_cstr(zip, "cipher", ""),
				     "zipcrypto") == 0
				      ? "ZipCrypto"
				      : "AES-256");
	if (strcmp(way, "link") != 0 || !link)
		return;
	when_put_span(&keep, v->l,
		      json_get_int(link, "keep-seconds", 0) * US_PER_S);
	json_add_str(o, "keep", buf_str(&keep));
	json_add_int(o, "downloads", json_get_int(link, "downloads", 0));
}

static void add_ways(struct json *o, const struct visit *v,
		     const struct json *row, bool as_is)
{
	struct json *list = json_add_array(o, "ways");
	struct way w[WAYS_MAX];
	size_t n = find_ways(v, row, as_is, w);

	for (size_t i = 0; i < n; i++) {
		struct json *one = json_add(list, NULL, json_object());

		json_add_cstr(one, "way", w[i].way);
		json_add_cstr(one, "word", way_word(v, w[i].way));
		json_add_int(one, "files", (int64_t)w[i].files);
		if (w[i].protected) {
			json_add_cstr(one, "protected", w[i].protected);
			json_add_cstr(one, "protected_word",
				      way_word(v, w[i].protected));
		}
		/* Names only where they tell files apart. */
		if (n > 1)
			json_add_str(one, "names", buf_str(&w[i].names));
		if (n > 1 && w[i].files > NAMES_SHOWN)
			json_add_int(one, "names_more",
				     (int64_t)(w[i].files - NAMES_SHOWN));
		add_terms(one, v, w[i].way, row);
		buf_release(&w[i].names);
	}
	json_add_bool(o, "any_files", n > 0);
}

/* ---- password ----------------------------------------------------------------- */

static const char *told_word(const struct json *p)
{
	const struct json *to = json_get(p, "to");
	unsigned who = 0;

	for (const struct json *j = json_at(to, 0); to && j; j = json_next(j))
		who |= strcmp(json_cstr(j, ""), "sender") == 0 ? 2 : 1;
	return who == 3	  ? "pw_to_both"
	       : who == 2 ? "pw_to_sender"
			  : "pw_to_recipient";
}

static bool add_password(struct json *o, const struct visit *v,
			 const struct json *row, bool as_is)
{
	const struct json *p = json_get(row, "password");
	bool hint, any = p && json_type(p) == JSON_OBJECT && !as_is;
	const char *make = any ? json_get_cstr(p, "make", "none") : "none";
	int64_t after = any ? json_get_int(p, "after-seconds", 0) : 0;
	AUTO(buf) span = BUF_MAX(100);
	struct json *to;

	if (strcmp(make, "none") == 0)
		return false;
	hint = strcmp(json_get_cstr(p, "tell", ""), "hint") == 0;
	to = json_add_object(o, "password");
	json_add_cstr(to, "make", make);
	json_add_cstr(to, "word",
		      hint				? "pw_hint"
		      : strcmp(make, "registered") == 0 ? "pw_registered"
							: "pw_random");
	json_add_cstr(to, "to_word", told_word(p));
	if (after) {
		when_put_span(&span, v->l, after * US_PER_S);
		json_add_str(to, "after", buf_str(&span));
	}
	json_add_bool(to, "by_code",
		      strcmp(json_get_cstr(p, "proof", ""), "mailed-code") ==
			      0);
	return true;
}

/* ---- transport, texts, other recipients ----------------------------------------- */

static void add_tls(struct json *o, const struct visit *v,
		    const struct json *row)
{
	static const char *const known[] = {"none", "opportunistic",
					    "valid-certificate", "mta-sts",
					    "dane"};
	const struct json *tls = json_get(row, "tls");
	const char *grade = tls ? json_get_cstr(tls, "grade", "") : "";
	const char *word = "tls_unknown";

	if (!tls || json_type(tls) != JSON_OBJECT)
		return;
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strcmp(grade, known[i]) == 0)
			word = arena_printf(v->a, "tls_%s", known[i]);
	json_add_cstr(o, "tls_word", word);
	json_add_bool(o, "tls_known", strcmp(word, "tls_unknown") != 0);
}

static const struct json *edit_of(const struct json *plan, int64_t shape)
{
	const struct json *list = plan ? json_get(plan, "edits") : NULL;

	for (const struct json *e = json_at(list, 0); list && shape && e;
	     e = json_next(e))
		if (json_get_int(e, "shape", 0) == shape)
			return e;
	return NULL;
}

static void add_texts(struct json *o, const struct json *edit)
{
	const struct json *list = edit ? json_get(edit, "insert") : NULL;
	struct json *to = json_add_array(o, "texts");

	for (const struct json *t = json_at(list, 0); list && t;
	     t = json_next(t)) {
		bool tail = strcmp(json_get_cstr(t, "at", ""), "tail") == 0;
		struct json *one = json_add(to, NULL, json_object());
		AUTO(buf) text = BUF_MAX(4 * KIB);

		utf8_clean(&text, str_of(json_get_cstr(t, "text", "")),
			   TEXT_CHARS);
		json_add_cstr(one, "word",
			      tail ? "tag_insert_tail" : "tag_insert_head");
		json_add_str(one, "text", buf_str(&text));
	}
}

/* Addresses that leave To and Cc of this copy, his own not counted. */
static void add_hidden(struct json *o, const struct json *edit, bool own)
{
	const struct json *hide = edit ? json_get(edit, "hide") : NULL;
	size_t n = hide ? json_size(hide) : 0;
	size_t seen = own ? 1 : 0;

	if (n > seen)
		json_add_int(o, "hidden", (int64_t)(n - seen));
}

static bool is_set(const struct json *row, const char *key)
{
	const struct json *j = json_get(row, key);

	return j && json_type(j) == JSON_STRING;
}

bool held_add_gets(struct json *o, const struct visit *v,
		   const struct store_rcpt *r, const struct json *plan,
		   const struct json *row)
{
	bool as_is, bcc;
	const struct json *edit;
	bool password;

	json_add_bool(o, "planned", row != NULL);
	if (!row)
		return false;
	as_is = held_went_as_is(r, row);
	edit = as_is ? NULL : edit_of(plan, json_get_int(row, "shape", 0));
	bcc = json_get_bool(row, "bcc", false) && !as_is;
	json_add_bool(o, "as_is", as_is);
	json_add_bool(o, "bcc", bcc);
	json_add_bool(o, "pending", is_pending(row) && !has_left(r));
	add_ways(o, v, row, as_is);
	password = add_password(o, v, row, as_is);
	add_tls(o, v, row);
	add_texts(o, edit);
	add_hidden(o, edit, bcc);
	json_add_bool(o, "signs", is_set(row, "sign") && !as_is);
	json_add_bool(o, "encrypts", is_set(row, "encrypt") && !as_is);
	return password;
}
