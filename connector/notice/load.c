/* load.c - the built-in templates, and the site's own in their place.
 *
 * Every template is rendered once at load, with a sample, so that a word that
 * does not exist is an error at start and not in the night.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "connector/base/embed.h"
#include "connector/notice/notice_int.h"

#define FOLDER "templates/"

extern const struct embedded notice_embedded[];

const struct notice_template *notices_find(const struct notices *set,
					   const char *name)
{
	for (size_t i = 0; i < set->n; i++)
		if (strcmp(set->v[i].name, name) == 0)
			return &set->v[i];
	return NULL;
}

/* "Subject: ..." and an empty line stand before the text. */
static bool parse_one(struct notice_template *t, const char *name,
		      struct str text, struct err *e)
{
	ptrdiff_t nl = str_chr(text, '\n');
	AUTO(buf) body = BUF_MAX(TEMPLATE_BYTES_MAX);
	struct str first = str_head(text, nl < 0 ? text.n : (size_t)nl);

	template_free(&t->subject);
	template_free(&t->body);
	if (str_starts(first, STR("Subject:"))) {
		t->subject = template_parse(name, str_trim(str_skip(first, 8)),
					    e);
		TRY(t->subject != NULL);
		text = str_skip(text, first.n);
		/* A comment for each line taken keeps the count of lines. */
		for (int i = 0; i < 2 && str_starts(text, STR("\n")); i++) {
			text = str_skip(text, 1);
			buf_puts(&body, "{{!}}\n");
		}
	}
	buf_put_str(&body, text);
	t->body = template_parse(name, buf_str(&body), e);
	return t->body != NULL;
}

static bool read_file(const char *path, struct buf *out, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 1;

	if (fd < 0)
		return err_errno(e, "%s", path);
	while (n > 0) {
		char *room = buf_room(out, 4 * KIB);

		if (room == NULL)
			break;
		n = read(fd, room, 4 * KIB);
		if (n > 0)
			buf_grown(out, (size_t)n);
	}
	close(fd);
	if (n < 0)
		return err_errno(e, "%s", path);
	if (n > 0)
		return err_set(e, ERR_LIMIT, 0, "%s: longer than %zu bytes",
			       path, out->max);
	return true;
}

static bool replace(struct notices *set, const char *folder, const char *name,
		    struct err *e)
{
	AUTO_STR path = mem_printf("%s/%s", folder, name);
	AUTO(buf) text = BUF_MAX(TEMPLATE_BYTES_MAX);

	for (size_t i = 0; i < set->n; i++) {
		if (strcmp(set->v[i].name, name) != 0)
			continue;
		TRY(read_file(path, &text, e));
		return parse_one(&set->v[i], path, buf_str(&text), e);
	}
	return err_set(e, ERR_CONFIG, 0, "%s: no notice has this template",
		       path);
}

static bool load_folder(struct notices *set, const char *folder, struct err *e)
{
	DIR *d = opendir(folder);
	struct dirent *entry;
	bool ok = true;

	if (d == NULL)
		return err_errno(e, "%s", folder);
	while (ok && (entry = readdir(d)) != NULL)
		if (entry->d_name[0] != '.')
			ok = replace(set, folder, entry->d_name, e);
	closedir(d);
	return ok;
}

static bool load_built_in(struct notices *set, struct err *e)
{
	size_t n = 0;

	while (notice_embedded[n].name != NULL)
		n++;
	set->v = NEW_ARRAY(struct notice_template, n);
	set->n = n;
	for (size_t i = 0; i < n; i++) {
		const struct embedded *f = &notice_embedded[i];

		set->v[i].name = mem_strdup(f->name + strlen(FOLDER));
		TRY(parse_one(&set->v[i], set->v[i].name, str_n(f->p, f->n),
			      e));
	}
	return true;
}

static bool try_all(const struct notices *set, struct err *e)
{
	static const struct notice_text text = {
		{"理由", sizeof("理由") - 1}, {"reason", sizeof("reason") - 1}};
	const struct str rcpt = STR("b@example.com");
	struct notice n = {
		.language = STR("ja+en"),
		.from = STR("a@example.com"),
		.to = STR("a@example.com"),
		.hostname = STR("gate.example.com"),
		.public_url = STR("https://gate.example.com/"),
		.subject = STR("subject"),
		.original_from = STR("a@example.com"),
		.recipient = &rcpt,
		.recipient_n = 1,
		.tz = tz_utc(),
		.token = STR("TOKEN"),
		.check_number = STR("0000"),
		.reason = &text,
		.reason_n = 1,
		.way_out = text,
		.own_text = text,
		.rule = text,
		.attach_original = true,
	};

	for (int k = 0; k < NOTICE_KINDS; k++) {
		for (int t = NOTICE_THEN_SEND; t <= NOTICE_THEN_WAIT; t++) {
			AUTO(buf) s = BUF_MAX(16 * KIB);
			AUTO(buf) b = BUF_MAX(NOTICE_TEXT_MAX);
			AUTO(buf) h = BUF_MAX(NOTICE_TEXT_MAX);

			n.kind = (enum notice_kind)k;
			n.then = (enum notice_then)t;
			n.due_us = t == NOTICE_THEN_WAIT ? 0 : US_PER_DAY;
			TRY(notice_render(set, &n, &s, &b, &h, e));
		}
	}
	return true;
}

struct notices *notices_load(const char *folder, struct err *e)
{
	struct notices *set = NEW(struct notices);

	if (!load_built_in(set, e) ||
	    (folder != NULL && !load_folder(set, folder, e)) ||
	    !try_all(set, e))
		notices_free(&set);
	return set;
}

void notices_free(struct notices **set)
{
	if (*set == NULL)
		return;
	for (size_t i = 0; i < (*set)->n; i++) {
		mem_free((*set)->v[i].name);
		template_free(&(*set)->v[i].subject);
		template_free(&(*set)->v[i].body);
	}
	mem_free((*set)->v);
	mem_free(*set);
	*set = NULL;
}
