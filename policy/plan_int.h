/* plan_int.h - the parts of a plan's JSON and text; for plan_*.c only. */
#ifndef SEKISHO_POLICY_PLAN_INT_H
#define SEKISHO_POLICY_PLAN_INT_H

#include "policy/policy_int.h"

void plan_add_text(struct json *o, const char *key, struct plan_reason r);
void plan_add_strs(struct json *o, const char *key, const struct str *v,
		   size_t n);
void plan_add_or_null(struct json *o, const char *key, struct str s);
/* False: a notice of keeping, and no gate keeps the mail. It is for the case
 * that what is not built holds it after all, and no part of the plan. */
bool plan_tells(const struct plan *plan, size_t notice);
void plan_add_unbuilt(struct json *o, unsigned bits);
void plan_add_rcpt(struct json *list, const struct plan *plan,
		   const struct facts *f, const struct tz *tz, size_t at);

/* Lines about one recipient's attachments, password, texts. */
void plan_text_copy(const struct plan_rcpt *r, bool ja, struct buf *out);

#endif
