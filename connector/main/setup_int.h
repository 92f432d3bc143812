/* setup_int.h - `sekisho setup`: the configuration as a document, and the steps
 * for this installation as templates over it (scripts/m365, scripts/google,
 * scripts/setup).  Pure: nothing is changed and no secret is read.
 */
#ifndef SEKISHO_MAIN_SETUP_INT_H
#define SEKISHO_MAIN_SETUP_INT_H

#include "connector/base/buf.h"
#include "connector/base/err.h"
#include "connector/base/json.h"
#include "connector/conf/config.h"
#include "connector/sign/dkim_ring.h"
#include "connector/text/catalogue.h"

#define SETUP_TEXT_MAX (512 * KIB)

enum setup_mode { SETUP_DO, SETUP_UNDO, SETUP_BYPASS, SETUP_DNS };

struct setup {
	const struct config *config;
	const struct tenant_conf *tenant;
	enum setup_mode mode;
	bool all;	   /* mail inside the organisation too */
	const char *group; /* whose mail alone takes the way, or NULL */
	enum language language;
	const struct dkim_ring *ring; /* our DKIM keys; NULL: not known */
};

/* Where a mail leaves for the world, and so what its receiver checks. */
enum setup_exit { EXIT_DIRECT, EXIT_M365, EXIT_GOOGLE, EXIT_RELAY };
enum setup_exit setup_exit(const struct tenant_conf *t);
/* Name that the tenant's cloud or clients connect to. */
const char *setup_hostname(const struct setup *s);

/* What the configuration lacks for these steps; class CONFIG, in s->language. */
bool setup_check(const struct setup *s, struct err *e) MUST_USE;
/* Everything that a template may name. In `q` every text stands once more as a
 * literal of PowerShell. */
struct json *setup_document(const struct setup *s);
/* Rows {name, type, value, zone} of the DNS, with `value` NULL and `command`
 * where only a command or a console knows it. */
void setup_add_dns(struct json *doc, const struct setup *s);
/* The text, and the name of a file that it may be kept in. */
bool setup_render(const struct setup *s, const struct json *doc,
		  struct buf *name, struct buf *text, struct err *e) MUST_USE;

#endif
