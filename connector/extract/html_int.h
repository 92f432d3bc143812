/* html_int.h - where tags, comments and character references of HTML end, and
 * what else of it may be shown.
 *
 * No parser: what browsers would show is a part of what is read here.
 */
#ifndef SEKISHO_EXTRACT_HTML_INT_H
#define SEKISHO_EXTRACT_HTML_INT_H

#include "connector/base/buf.h"

#define UNICODE_LAST 0x10ffffu

/* The character reference at s, which begins with '&', and its length; 0: it
 * is none, or one that no word and no number has in it. */
uint32_t html_reference(struct str s, size_t *n_r);

/* html_lex.c: length of the tag at s, which begins with '<'; 0: it has no end.
 * Values in quotes may hold a '>'. */
size_t html_tag(struct str s);
/* The same of "<!", "<?" and "</" without a name: a comment to browsers. */
size_t html_bogus(struct str s);
/* Length of the comment at s, which begins with "<!--". */
size_t html_comment(struct str s);

/* html_shown.c: the page without what it hides, where it hides anything:
 * letters around it make one word. False: it hides nothing. */
bool html_shown(struct str html, struct buf *out);
/* html_beside.c: what stands in comments, style sheets, data links and values
 * of form fields, which some programs show. */
void html_beside(struct str html, struct buf *out);

#endif
