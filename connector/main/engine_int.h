/* engine_int.h - the engine process: its parts, in the order of their making. */
#ifndef SEKISHO_MAIN_ENGINE_INT_H
#define SEKISHO_MAIN_ENGINE_INT_H

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include "connector/base/vec.h"
#include "connector/deliver/deliver.h"
#include "connector/flow/flow.h"
#include "connector/main/control_int.h"
#include "connector/main/main_int.h"
#include "connector/notice/notice.h"
#include "connector/sched/sched.h"
#include "connector/smtp/client.h"
#include "connector/smtpd/smtpd.h"
#include "connector/sys/crypto/crypto.h"
#include "connector/sys/dns/dns.h"
#include "connector/sys/http/client.h"
#include "connector/web/web.h"

struct engine_name {
	char *host;
	struct tls_ctx *ctx;
};

/* The policy that shall run: the files on disk, or a version of the store. */
struct policy_choice {
	struct policy *policy; /* NULL: none */
	uint32_t version;      /* of the store; 0: a new one */
	const char *origin;    /* of a new one */
	bool files;	       /* it is what the files on disk are */
	bool refused; /* the files shall not run, or cannot: `text` says why */
};

struct engine {
	const struct engine_args *args;
	struct config *config;
	/* Snapshots before the last reload: attempts may still point there. */
	struct {
		struct config **v;
		size_t n, cap;
	} old;
	struct log_ctx log;
	struct metrics metrics;
	struct loop *loop, *web_loop;
	pthread_t web_thread;
	bool web_running;
	struct http_client *http; /* of the first loop */
	struct tokens *tokens;
	struct keys *keys;
	struct spool *spool;
	struct store *store;
	struct inspect *inspect;
	struct dns *dns;
	struct notices *notices;
	struct auth *auth;
	struct store_reader *auth_reader; /* of its secrets */
	struct flow *flow;
	struct sched *sched;
	struct deliver *deliver;
	struct deliver_tuning tuning;
	struct smtp_timeouts timeouts;
	struct logins *logins;
	struct smtpd *smtpd;
	struct web *web;
	struct control *control;
	struct timer *watch, *expire;
	struct lists *lists;		    /* NULL: not watched yet */
	unsigned char tls_seen[SHA256_LEN]; /* times of the files */
	struct {
		VEC_OF(struct engine_name);
	} tls_name;			   /* last good pair of each tenant */
	struct policy_choice policy_first; /* until the flow has it */
	struct taking *policy_loading;	   /* first: on its thread now */
	struct taking *policy_taking;	   /* its inspectors are being made */
	pthread_t policy_thread;
	atomic_bool policy_stop;
	uint32_t policy_version;
	char policy_digest[2 * SHA256_LEN + 1];
	_Atomic bool serving;
};

/* engine_policy.c */
/* At the start, in this order: all errors on stderr; with it the inspector
 * starts; it becomes the flow's. */
bool engine_policy_read(struct engine *en, struct err *e) MUST_USE;
bool engine_policy_begin(struct engine *en, struct err *e) MUST_USE;
/* Loads it anew; once its inspectors answer it is a version in the store and
 * the flow's. done (NULL: errors go to stderr) comes once, with what the asker
 * reads; not ok: the running one stays. */
typedef void engine_policy_done(void *arg, bool ok, const struct told *told);
void engine_policy_apply(struct engine *en, const struct policy_wish *wish,
			 engine_policy_done *done, void *arg);
/* The flow and the control socket are gone, the inspector is not. */
void engine_policy_release(struct engine *en);
/* engine_lists.c: files of the policy that change, and what grows old. */
void engine_lists_start(struct engine *en);
void engine_lists_took(struct engine *en, const struct policy *p);
void engine_lists_free(struct engine *en);
/* engine_version.c */
/* Any thread. told: what the asker reads. start: something has to run: what
 * the store has, where the files cannot. */
void engine_version_choose(struct engine *en, const struct config *c,
			   const struct policy_wish *wish, bool start,
			   struct policy_choice *c_r, struct told *told);
/* A new version is the store's before it is the flow's. */
bool engine_version_keep(struct engine *en, struct policy_choice *choice,
			 const struct policy_wish *wish,
			 struct err *e) MUST_USE;
/* engine_auth.c */
bool engine_sched(struct engine *en, struct err *e) MUST_USE;
/* Proofs with the secrets of the configuration, onboarding as stored. */
bool engine_auth(struct engine *en, struct err *e) MUST_USE;
/* After a reload, or a secret was set. */
void engine_auth_reload(struct engine *en);
void engine_auth_release(struct engine *en);
/* For the control socket; arg: the engine. Fills the job of a request that
 * changes a secret or takes a tenant in; told: what the asker reads. */
bool engine_change(void *arg, const char *op, const struct json *q,
		   const char *who, struct store_job *job, struct buf *told,
		   struct err *e) MUST_USE;
void engine_changed(void *arg, const char *op); /* it is durable */
/* engine_secret.c */
bool engine_secret_change(struct engine *en, const char *op,
			  const struct json *q, const char *who,
			  struct store_job *job, struct buf *told,
			  struct err *e) MUST_USE;
/* auth_secret_read for everyone who needs a secret; arg: the engine. */
bool engine_secret_read(void *arg, const struct secret_ref *ref,
			struct arena *a, struct str *text_r, struct err *e);
/* engine_history.c */
bool engine_history_change(struct engine *en, const struct json *q,
			   const char *who, struct store_job *job,
			   struct err *e) MUST_USE;
/* engine_dkim.c */
/* The keys of the store, for delivery. */
bool engine_dkim(struct engine *en, struct err *e) MUST_USE;
bool engine_dkim_change(struct engine *en, const char *op, const struct json *q,
			const char *who, struct store_job *job,
			struct buf *told, struct err *e) MUST_USE;
/* engine_tuning.c: en->tuning and en->timeouts, from the configuration. */
void engine_tuning(struct engine *en);
/* engine_live.c */
void engine_live(struct engine *en, struct json *o);
/* engine_tls.c */
struct tls_ctx *engine_tls(struct engine *en, bool web, struct err *e) MUST_USE;
void engine_tls_release(struct engine *en);
/* New pair on disk (or `now`): taken when it is whole, else the old stays. */
void engine_tls_check(struct engine *en, bool now);
/* A secret of the store has another value: it may be a key. */
void engine_tls_secret(struct engine *en);

#endif
