/* config.h - the daemon's configuration: one immutable snapshot, from rows.
 *
 * config_load() reports every error of the file in one run.  Paths are made
 * absolute, relative to the file.  Names are those of the README's reference.
 */
#ifndef SEKISHO_CONF_CONFIG_H
#define SEKISHO_CONF_CONFIG_H

#include "connector/base/cidr.h"
#include "connector/base/clock.h"
#include "connector/conf/conf.h"

enum tls_level {
	TLS_LEVEL_NONE,
	TLS_LEVEL_OPPORTUNISTIC,
	TLS_LEVEL_REQUIRED,
	TLS_LEVEL_VERIFIED
};

/* {file: PATH}, {credential: NAME} (systemd), {secret: NAME} (in the store). */
struct secret_ref {
	enum {
		SECRET_NOT_SET,
		SECRET_FILE,
		SECRET_CREDENTIAL,
		SECRET_STORE
	} kind;
	char *value; /* path, or name */
};

struct strings {
	char **v;
	size_t n;
};
struct cidrs {
	struct cidr *v;
	size_t n;
};

struct tenant_conf {
	char *tenant;		/* name */
	unsigned index;		/* place in config.tenants */
	char *kind;		/* "smtp" */
	struct strings domains; /* compared form; "*.example.jp" allowed */
	struct {
		struct cidrs networks;
		bool require_tls;
	} accept;
	struct {
		char *via;  /* "relay" */
		char *host; /* name or address */
		uint16_t port;
		enum tls_level tls;
		char *ca;			       /* NULL: system store */
		char *client_certificate, *client_key; /* or NULL */
		char *ehlo;			       /* NULL: hostname */
		unsigned connections;		       /* at once, default 4 */
		unsigned per_minute; /* pace in messages, 0: none */
		unsigned recipients; /* per transaction, default 100 */
	} deliver;
	char *notices_from;
	char *language; /* NULL: config.language */
};

struct config {
	struct arena arena;
	char *file;
	char *hostname, *public_url; /* public_url ends in "/" */
	struct tz *timezone;
	char *language; /* "ja" | "en" */
	struct strings admins;
	char *store;	  /* "sqlite:PATH" or "memory:" */
	char *spool;	  /* folder */
	char *master_key; /* file */
	struct {
		struct strings smtp, web, web_plain;
	} listen;
	struct cidrs proxies;
	char *control;
	struct {
		char *certificate;
		struct secret_ref key;
	} tls;
	struct {
		int64_t warn_after_us, give_up_us;
		int64_t unknown_after_us; /* retry of an unknown answer */
		int64_t retry_first_us, retry_most_us;
	} queue;
	struct {
		int64_t ledger_us, audit_us, body_after_end_us;
	} retention;
	struct {
		uint64_t message;	       /* bytes */
		unsigned recipients;	       /* per message */
		unsigned per_sender_per_hour;  /* messages; 0: none */
		unsigned sessions;	       /* at once, default 2000 */
		unsigned sessions_per_address; /* peers outside every tenant */
		unsigned sessions_per_tenant;
		unsigned undecided; /* messages before sockets pause */
	} limits;
	struct {
		char *templates; /* folder or NULL */
		enum {
			HOLD_NOTICE_EACH,
			HOLD_NOTICE_DIGEST,
			HOLD_NOTICE_NONE
		} hold;
		bool seed_form_only; /* nothing below the seed's form */
	} notices;
	struct {
		unsigned children;
		int64_t deadline_us;
		char *program; /* NULL: beside the sekisho binary */
	} inspector;
	struct {
		char *user; /* drop to; NULL: stay */
		bool log_json;
	} run;
	struct tenant_conf *tenant;
	size_t tenant_n;
	char *policy; /* file or folder */
	char *people; /* file or NULL */
};

/* NULL when there was any error. Reads the file and checks that the files it
 * names can be read (certificate, key, policy, people). */
struct config *config_load(const char *path, struct conf_errors *errs);
void config_free(struct config **c);
/* Every setting with type, default and help, for --help, README and the check
 * of config.example: one line each, tab-separated. */
void config_settings(struct buf *out);

#endif
