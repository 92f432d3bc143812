/* config.h - the daemon's configuration: one immutable snapshot, from rows.
 *
 * config_load() reports every error of the file in one run.  Paths are made
 * absolute, relative to the file.  Names are those of config.example.
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
	bool published; /* and the ranges that the tenant's cloud publishes */
};
/* A header field that carries a secret: one alphanumeric token a line, the
 * first is written, all (two while it is changed) are believed. */
#define SECRET_HEADER_MAX 64 /* bytes of its name */
struct secret_header {
	char *name; /* NULL: none */
	struct secret_ref secret;
};

enum tenant_kind { KIND_SMTP, KIND_M365, KIND_GOOGLE, KIND_LINE_WORKS };
enum login_kind {
	LOGIN_NONE,
	LOGIN_PASSWORD, /* AUTH PLAIN or LOGIN as `user` */
	LOGIN_ENTRA,	/* XOAUTH2, client credentials of Microsoft Entra */
	LOGIN_GOOGLE /* XOAUTH2, service account with domain-wide delegation */
};
enum submission_auth { SUBMISSION_OFF, SUBMISSION_LOCAL, SUBMISSION_UPSTREAM };
enum dkim_when { DKIM_AUTO, DKIM_ON, DKIM_OFF };

struct tenant_conf {
	char *tenant;	/* name */
	unsigned index; /* place in config.tenants */
	enum tenant_kind kind;
	struct strings domains; /* compared form; "*.example.jp" allowed */
	char *hostname;		/* own name of the entry (SNI); NULL: general */
	struct {
		char *certificate; /* NULL: the general one */
		struct secret_ref key;
	} tls;
	/* All that is set must fit. */
	struct {
		struct cidrs networks;
		bool require_tls;
		char *certificate; /* name in a verified client certificate */
		char *tenant_id;   /* GUID, lower case */
		struct strings originator_org;
		struct secret_header header;
		struct strings
			dkim; /* d= of a valid signature is one of them */
	} accept;
	struct secret_header done; /* we write it: came through the gate */
	char *enrolled_group;	   /* in people; NULL: everybody is */
	char *journal;		   /* address, or NULL */
	struct {
		enum submission_auth auth;
		char *users; /* LOCAL: file of logins */
		char *host;  /* UPSTREAM: the tenant's own mail server */
		uint16_t port;
		char *ca;
		char *token_issuer; /* NULL: tokens are not taken */
		char *token_audience;
		char *token_keys;   /* URL of the JWK set; NULL: by discovery */
		char *token_claim;  /* that names the mailbox */
		char *token_tenant; /* `tid` that must fit; or NULL */
	} submission;
	enum dkim_when dkim;
	struct {
		char *via;  /* "relay", "smtp-auth", "direct" */
		char *host; /* name or address; "mx": the MX of the first
			     * domain; NULL with "direct" */
		uint16_t port;
		enum tls_level tls;
		char *ca;			       /* NULL: system store */
		char *client_certificate, *client_key; /* or NULL */
		char *ehlo;			       /* NULL: hostname */
		unsigned connections;		       /* at once, default 4 */
		unsigned per_minute; /* pace in messages, 0: none */
		unsigned recipients; /* per transaction, default 100 */
		bool one_domain;     /* per transaction */
		/* DIRECT: where mail hosts may be inside; else nowhere */
		struct cidrs inside;
		struct {
			enum login_kind kind;
			char *user;		  /* PASSWORD */
			struct secret_ref secret; /* password, client secret */
			char *tenant, *client;	  /* ENTRA: GUIDs */
			char *certificate;	  /* ENTRA: PEM, for x5t#S256 */
			/* PEM (ENTRA), key file in JSON (GOOGLE) */
			struct secret_ref key;
			char *federated; /* ENTRA: file of another issuer's JWT */
			bool managed;	 /* ENTRA: identity of this machine */
			char *token_url; /* NULL: of the provider */
			char *scope;	 /* NULL: of the provider */
		} login;
	} deliver;
	char *notices_from;
	struct {
		char *to; /* NULL: none is sent */
		int64_t every_us;
	} canary;
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
	struct strings listen_submission, listen_submissions;
	struct {
		struct strings servers; /* ADDRESS:PORT; none: the system's */
		char *trust_anchor;	/* file; NULL: the system's */
	} dns;
	struct {
		char *m365;   /* URL of the endpoint list */
		char *google; /* name of the SPF record */
		char *ca;     /* certificates believed for it; NULL: system */
		int64_t refresh_us, alarm_us; /* age that is an alarm */
	} ranges;
	struct cidrs addresses; /* ours, as others see them */
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
		int64_t reply_within_us; /* of a next hop */
	} queue;
	struct {
		int64_t ledger_us, audit_us, body_after_end_us, past_us;
		int64_t replay_us; /* facts of decisions; 0: none are kept */
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
		bool seed_form_only; /* nothing below the classic form */
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
	char *users;  /* likewise: people's own settings */
};

/* NULL when there was any error. Reads the file and checks that the files it
 * names can be read (certificate, key, policy, people, users). */
struct config *config_load(const char *path, struct conf_errors *errs);
void config_free(struct config **c);
/* Do we sign what leaves for this tenant? With `dkim: auto` where nobody behind
 * us does: directly to the recipients, or by a relay that is no cloud's. */
bool tenant_signs(const struct tenant_conf *t);
/* Every setting with type, default and help, for --help and the
 * check of config.example: one line each, tab-separated. */
void config_settings(struct buf *out);
/* A name that a setting takes as it stands, as of a tenant or a secret. */
bool config_is_word(struct str s);

#endif
