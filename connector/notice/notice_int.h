/* notice_int.h - the loaded templates, and one notice as a document. */
#ifndef SEKISHO_NOTICE_INT_H
#define SEKISHO_NOTICE_INT_H

#include "connector/base/json.h"
#include "connector/base/limits.h"
#include "connector/base/mem.h"
#include "connector/notice/notice.h"
#include "connector/text/catalogue.h"
#include "connector/text/template.h"

#define NOTICE_SUBJECT_CHARS  60
#define NOTICE_RECIPIENTS_MAX 20 /* named in one notice */
#define NOTICE_TEXT_MAX	      (MIB / 2)

struct notice_template {
	char *name;		  /* "held.ja.txt" */
	struct template *subject; /* NULL in partials */
	struct template *body;
};

struct notices {
	struct notice_template *v;
	size_t n;
};

const struct notice_template *notices_find(const struct notices *set,
					   const char *name);
const char *notice_kind_name(enum notice_kind k); /* "held" */
/* What the templates see, in one language. */
struct json *notice_document(const struct notice *n, enum language l);
/* Text, HTML and subject of one notice. */
bool notice_render(const struct notices *set, const struct notice *n,
		   struct buf *subject, struct buf *text, struct buf *html,
		   struct err *e) MUST_USE;

#endif
