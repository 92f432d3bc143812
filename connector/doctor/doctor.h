/* doctor.h - is this installation well, and what to do where it is not.
 *
 * Looks at the files, the store, the running engine's own words, the DNS and
 * the next hops, and changes nothing.  Each line names what was found and, at
 * anything but FINE, what to do, in ja and en.  Blocks; for the command line.
 */
#ifndef SEKISHO_DOCTOR_H
#define SEKISHO_DOCTOR_H

#include "connector/base/json.h"
#include "connector/conf/config.h"
#include "connector/store/store.h"

enum doctor_level {
	DOCTOR_FINE,
	DOCTOR_NOTE, /* worth knowing */
	DOCTOR_WARN, /* will hurt one day */
	DOCTOR_BAD,  /* hurts now */
};
const char *doctor_level_name(enum doctor_level level);

struct doctor_conf {
	const struct config *config;
	struct store_reader *reader; /* NULL: it could not be opened */
	const struct json *live;     /* the engine's words; NULL: no answer */
	/* Digest of the policy as it stands in the files; NULL: not valid. */
	const char *policy_digest;
	bool offline;	    /* no questions to the network */
	int64_t timeout_us; /* of one question; 0: 5 s */
};
struct doctor_line {
	enum doctor_level level;
	const char *check;  /* "spf" */
	const char *tenant; /* name, or "" */
	const char *ja, *en;
	const char *do_ja, *do_en; /* what to do; "" when FINE */
};
struct doctor;
struct doctor *doctor_run(const struct doctor_conf *conf);
void doctor_free(struct doctor **d);
const struct doctor_line *doctor_lines(const struct doctor *d, size_t *n_r);
/* The worst of all lines. */
enum doctor_level doctor_worst(const struct doctor *d);
struct json *doctor_json(const struct doctor *d);
void doctor_text(const struct doctor *d, const char *language, struct buf *out);
/* A report that may be sent to a stranger. about: of the program and machine;
 * settings: text of the configuration. Local parts of addresses, names of
 * logins and comments are hidden, domains stay; settings hold no secrets, only
 * their names. */
#define DOCTOR_BUNDLE_MAX (8 * MIB)
void doctor_bundle(const struct doctor *d, struct str about,
		   struct str settings, struct buf *out);
void doctor_redact(struct str text, struct buf *out);
void doctor_redact_settings(struct str text, struct buf *out);
/* The names of all checks, for --help and README. */
void doctor_checks(struct buf *out);

#endif
