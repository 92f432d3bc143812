/* config_int.h - a setting is a row: name, type, default, bounds, help.
 * config_rows.c holds the tables, config_read.c one reader per type,
 * config.c loads a file through them.
 */
#ifndef SEKISHO_CONFIG_INT_H
#define SEKISHO_CONFIG_INT_H

#include "connector/base/die.h"
#include "connector/conf/config.h"

enum setting_type {
	SET_VERSION,	   /* the number 1 */
	SET_MAP,	   /* rows of its own */
	SET_TENANTS,	   /* list of maps */
	SET_HOST,	   /* char *: host name or address */
	SET_URL,	   /* char *: as it stands */
	SET_BASE_URL,	   /* char *: https://…/, with its final slash */
	SET_ZONE,	   /* struct tz * */
	SET_WORD,	   /* char *: one of `words`, or any name */
	SET_CHOICE,	   /* int: place in `words` */
	SET_ADDRESS,	   /* char * */
	SET_ADDRESSES,	   /* struct strings */
	SET_DOMAINS,	   /* struct strings, compared form */
	SET_NETWORKS,	   /* struct cidrs; `published` if words say so */
	SET_LISTEN,	   /* struct strings: ADDRESS:PORT */
	SET_STORE,	   /* char *: sqlite:PATH | memory: */
	SET_PATH,	   /* char *, absolute; need not exist */
	SET_FILE,	   /* char *, absolute; must be readable */
	SET_SECRET,	   /* struct secret_ref */
	SET_SECRET_HEADER, /* struct secret_header; words[0]: key of its name */
	SET_TEXT,     /* char *: printable ASCII without blanks at the ends */
	SET_GUID,     /* char *, lower case */
	SET_DURATION, /* int64_t, microseconds */
	SET_SIZE,     /* uint64_t */
	SET_COUNT,    /* unsigned */
	SET_PORT,     /* uint16_t */
	SET_BOOL,     /* bool */
};

struct setting {
	const char *name;
	enum setting_type type;
	size_t off;	   /* in struct config, or in struct tenant_conf */
	const char *deflt; /* as it would be written; NULL: none */
	bool required;
	int64_t least, most; /* both 0: no bounds; microseconds, bytes, count */
	const char *const *words;   /* SET_WORD, SET_CHOICE; ends in NULL */
	const char *const *later;   /* known words that are not built yet */
	const struct setting *rows; /* SET_MAP, SET_TENANTS; ends unnamed */
	const char *help;
	bool folder; /* SET_FILE: a folder serves too */
};

extern const struct setting CONFIG_ROWS[], TENANT_ROWS[];

struct config_reader {
	struct config *c;
	struct conf_errors *errs;
	const char *folder; /* of the file, for relative paths */
};

/* One scalar or list setting at `to`. Errors are added; *to stays. */
void config_read(struct config_reader *r, const struct setting *s,
		 const struct conf_node *n, void *to);
/* config_secret.c */
void config_secret(struct config_reader *r, const struct conf_node *n,
		   struct secret_ref *to);
void config_secret_header(struct config_reader *r, const struct setting *s,
			  const struct conf_node *n, struct secret_header *to);
/* Its default, from the row's text. */
void config_default(struct config_reader *r, const struct setting *s, void *to);
const char *setting_type_name(enum setting_type type);
const char *setting_type_ja(enum setting_type type);
/* config_check.c */
void config_cross_check(struct config_reader *r, const struct conf_node *root);
/* config_check_login.c */
void config_check_login(struct config_reader *r,
			const struct conf_node *deliver,
			const struct tenant_conf *t);

#endif
