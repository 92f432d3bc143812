/* notice.c - a notice from its templates: subject, text, HTML, whole mail. */
#include "connector/notice/notice_int.h"
#include "connector/base/utf8.h"

struct side {
	const struct notices *set;
	enum language l;
};

static const struct template *partial(void *arg, const char *name)
{
	const struct side *s = arg;
	const struct notice_template *t;
	AUTO_STR text = mem_printf("%s.txt", name);
	AUTO_STR html = mem_printf("%s.html", name);

	t = notices_find(s->set, text);
	if (t == NULL)
		t = notices_find(s->set, html);
	return t ? t->body : NULL;
}

static const char *word(void *arg, const char *key)
{
	const struct side *s = arg;

	return catalogue_word(s->l, key);
}

static bool render_one(const struct notices *set, const struct notice *n,
		       enum language l, struct buf *subject, struct buf *text,
		       struct err *e)
{
	AUTO_STR name = mem_printf("%s.%s.txt", notice_kind_name(n->kind),
				   language_name(l));
	const struct notice_template *t = notices_find(set, name);
	struct side side = {set, l};
	struct template_env env = {.escape = TEMPLATE_HEADER,
				   .partial = partial,
				   .word = word,
				   .arg = &side};
	AUTO_PTR(json) doc = notice_document(n, l);

	if (t == NULL || t->subject == NULL)
		return err_set(e, ERR_CONFIG, 0, "%s: no such template", name);
	TRY(template_render(t->subject, doc, &env, subject, e));
	env.escape = TEMPLATE_TEXT;
	return template_render(t->body, doc, &env, text, e);
}

/* Bytes of the "[...] " in front, or 0. */
static size_t label_of(struct str subject)
{
	ptrdiff_t end = str_find(subject, STR("] "));

	return subject.n && subject.p[0] == '[' && end > 0 ? (size_t)end + 2
							   : 0;
}

/* "[a] x" and "[b] x" become "[a / b] x". */
static void join_subjects(struct buf *out, struct str ja, struct str en)
{
	size_t j = label_of(ja), n = label_of(en);

	if (j == 0 || n == 0 || !str_eq(str_skip(ja, j), str_skip(en, n))) {
		buf_put_str(out, ja);
		buf_puts(out, " / ");
		buf_put_str(out, en);
		return;
	}
	buf_put_str(out, str_head(ja, j - 2));
	buf_puts(out, " / ");
	buf_put_str(out, str_n(en.p + 1, n - 3));
	buf_puts(out, "] ");
	buf_put_str(out, str_skip(ja, j));
}

/* Which languages: ja first where both are asked for. */
static size_t languages_of(const struct notice *n, enum language out[LANGUAGES])
{
	size_t count = 0;

	if (str_find(n->language, STR("ja")) >= 0)
		out[count++] = LANGUAGE_JA;
	if (str_find(n->language, STR("en")) >= 0)
		out[count++] = LANGUAGE_EN;
	if (count == 0)
		out[count++] = LANGUAGE_JA;
	return count;
}

static bool render_html(const struct notices *set, const struct notice *n,
			const enum language *l, size_t count,
			struct str subject, struct buf *html, struct err *e)
{
	const struct notice_template *page = notices_find(set, "notice.html");
	const struct notice_template *block = notices_find(set, "block.html");
	AUTO_PTR(json) doc = json_object();
	struct side side = {set, l[0]};
	struct template_env env = {.escape = TEMPLATE_HTML,
				   .partial = partial,
				   .word = word,
				   .arg = &side};
	AUTO(buf) blocks = BUF_MAX(NOTICE_TEXT_MAX);

	for (size_t i = 0; i < count; i++) {
		AUTO_PTR(json) one = notice_document(n, l[i]);

		side.l = l[i];
		TRY(template_render(block->body, one, &env, &blocks, e));
	}
	side.l = l[0];
	json_add_cstr(doc, "language", language_name(l[0]));
	json_add_str(doc, "title", subject);
	json_add_str(doc, "blocks", buf_str(&blocks));
	return template_render(page->body, doc, &env, html, e);
}

bool notice_render(const struct notices *set, const struct notice *n,
		   struct buf *subject, struct buf *text, struct buf *html,
		   struct err *e)
{
	enum language l[LANGUAGES];
	size_t count = languages_of(n, l);
	AUTO(buf) second = BUF_MAX(4 * KIB);
	AUTO(buf) first = BUF_MAX(4 * KIB);

	TRY(render_one(set, n, l[0], &first, text, e));
	if (count > 1) {
		buf_puts(text, "\n-----\n\n");
		TRY(render_one(set, n, l[1], &second, text, e));
		join_subjects(subject, str_trim(buf_str(&first)),
			      str_trim(buf_str(&second)));
	} else {
		buf_put_str(subject, str_trim(buf_str(&first)));
	}
	/* The classic bytes and nothing else: no HTML beside them. */
	if (n->kind == NOTICE_HELD && n->seed_form_only)
		return true;
	return render_html(set, n, l, count, buf_str(subject), html, e);
}

bool notice_write(const struct notices *set, const struct notice *n,
		  struct buf *head, struct buf *tail, struct err *e)
{
	AUTO(buf) subject = BUF_MAX(16 * KIB);
	AUTO(buf) text = BUF_MAX(NOTICE_TEXT_MAX);
	AUTO(buf) html = BUF_MAX(NOTICE_TEXT_MAX);
	enum language l[LANGUAGES];
	struct own_mail m = {
		.from_name = n->from_name,
		.from = n->from,
		.to = n->to,
		.message_id = n->message_id,
		.in_reply_to = n->in_reply_to,
		.date_us = n->date_us,
		.tz = n->tz,
		.more = n->more,
		.more_n = n->more_n,
		.attach_original = n->attach_original,
		.original_8bit = n->original_8bit,
		.attachment_name = STR("original.eml"),
	};

	TRY(notice_render(set, n, &subject, &text, &html, e));
	m.language = languages_of(n, l) > 1 ? STR("ja, en")
					    : str_of(language_name(l[0]));
	m.subject = buf_str(&subject);
	m.text = buf_str(&text);
	m.html = buf_str(&html);
	own_mail_write(&m, head, tail);
	if (!buf_ok(head) || !buf_ok(tail))
		return err_set(e, ERR_LIMIT, 0, "the notice is too long");
	return true;
}
