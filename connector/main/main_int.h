/* main_int.h - the roles of the one binary and the commands' common parts. */
#ifndef SEKISHO_MAIN_INT_H
#define SEKISHO_MAIN_INT_H

#include <stdatomic.h>
#include <stdio.h>
#include "connector/base/json.h"
#include "connector/conf/config.h"
#include "connector/main/options_int.h"
#include "connector/store/store.h"
#include "policy/policy.h"

#define CONFIG_DEFAULT "/etc/sekisho/sekisho.yaml"

/* Descriptors that the supervisor hands to the engine, from 3 on; the
 * listeners follow in the order of enum engine_listen. */
enum { ENGINE_FD_KEEPER = 3, ENGINE_FD_READY, ENGINE_FD_LISTEN };
#define ENGINE_LISTEN_MAX 24

enum engine_listen {
	LISTEN_SMTP,
	LISTEN_SUBMISSION,
	LISTEN_SUBMISSIONS,
	LISTEN_WEB,
	LISTEN_WEB_PLAIN,
	LISTEN_COUNT
};
struct engine_args {
	const char *config;
	size_t n[LISTEN_COUNT];
};
int engine_main(const struct engine_args *args);

int cmd_serve(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_queue(int argc, char **argv);
int cmd_ledger(int argc, char **argv);
int cmd_audit(int argc, char **argv);
int cmd_mode(int argc, char **argv);
int cmd_clock(int argc, char **argv);
int cmd_policy(int argc, char **argv);
int cmd_history(int argc, char **argv);
int cmd_secret(int argc, char **argv);
int cmd_tenant(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_user(int argc, char **argv);
int cmd_dkim(int argc, char **argv);
int cmd_key(int argc, char **argv);
int cmd_setup(int argc, char **argv);
int cmd_version(int argc, char **argv);

/* Our DKIM keys as the store has them; the caller frees them. NULL: the store
 * is not there yet, or tells nothing. */
struct dkim_ring *dkim_ring_stored(const struct config *c, struct err *e);

/* What most commands are: options, a verb, the configuration. */
struct command {
	const struct config *c;
	char **word; /* behind the verb */
	int word_n;
	void *arg; /* the command's own options */
};
struct command_verb {
	const char *name; /* NULL: the command has no verbs, and this row */
	int least, most;  /* words behind it; most -1: any */
	int (*run)(struct command *x);
};
/* Verbs in a table that ends in {0}; `rows` has an OPTION_CONFIG. */
int command_run(const struct command_usage *usage,
		const struct option_row *rows, const struct command_verb *verbs,
		void *arg, int argc, char **argv);
/* With a reader beside the engine; its errors are printed. */
int command_read(struct command *x,
		 int (*run)(struct command *x, struct store_reader *r));
/* What the store could not tell: prints it; the exit code. */
int command_failed(const struct err *e);
/* One request to the running engine: prints its answer's text, or the error.
 * Takes q. */
int command_ask(const struct config *c, struct json *q);

/* -c, else SEKISHO_CONFIG, else the usual place. */
const char *config_file_path(const char *path);

/* Prints every error; NULL when there was any. path NULL: the default. */
struct config *command_config(const char *path);
/* Path of this very binary; of the inspector beside it, or as configured. */
const char *self_path(void);
char *inspector_path(const struct config *c);

/* Who looks at expressions for policy_load(), by sekisho-inspector; any thread.
 * arg: a struct term_checker. */
struct term_checker {
	const char *program;
	const atomic_bool *stop; /* true: give up; or NULL */
};
bool expressions_check(void *arg, const struct question *q, struct arena *a,
		       struct question_error **v_r, size_t *n_r,
		       struct err *e) MUST_USE;
/* What is said in both languages. */
struct told {
	struct buf ja, en;
};
#define TOLD_EMPTY                                                             \
	((struct told){.ja = BUF_MAX(1 * MIB), .en = BUF_MAX(1 * MIB)})
void told_release(struct told *told);
/* The arguments are used for both. */
void tell(struct told *told, const char *ja, const char *en, ...)
	PRINTF_LIKE(2, 4) PRINTF_LIKE(3, 4);
struct str told_text(const struct told *told, const char *language);

/* The policy that the configuration names; text gets every error. stop: as
 * above. Any thread. */
struct policy *configured_policy(const struct config *c, const char *language,
				 const atomic_bool *stop, struct buf *text);
struct policy *configured_policy_told(const struct config *c,
				      const atomic_bool *stop,
				      struct told *told);
/* The same of a version of the store, and of a file that is named. */
struct policy *kept_policy(const struct config *c,
			   const struct store_policy *kept,
			   const atomic_bool *stop, struct told *told);
struct policy *named_policy(const struct config *c, const char *path,
			    const char *language, struct buf *text);

/* policy_diff.c: two versions, file by file. */
struct policy_side {
	const char *name; /* "v3", "disk" */
	const struct store_policy_file *file;
	size_t file_n;
};
/* Files as they were read, for a version; in a. */
struct policy_side policy_side_of(const struct policy *p, const char *name,
				  struct arena *a);
void policy_diff(const struct policy_side *old, const struct policy_side *new,
		 struct buf *out);
/* Rows {file, change: added|removed|changed, diff}. */
struct json *policy_diff_json(const struct policy_side *old,
			      const struct policy_side *new);
/* policy_files.c: writes the files of a version below a folder; names that
 * lead out of it are left out, and told. force: over what is there. */
bool policy_export(const struct store_policy *v, const char *folder, bool force,
		   size_t *left_out_r, struct err *e) MUST_USE;

/* A reader beside the engine. keys_r: freed by the caller after the reader;
 * NULL inside when the master key cannot be read (sealed fields are empty). */
struct store_reader *command_reader(const struct config *c,
				    struct keys **keys_r);

/* One request to the running engine. Takes `request`. NULL: no answer was had
 * and a line on stderr says why. */
struct json *control_ask(const struct config *c, struct json *request);
/* Exit code of an answer {"ok":true} or {"error":text,"class":...}; prints
 * the error. Frees it. */
int control_finish(struct json **answer);
struct json *control_request(const char *op);

/* JSON of a message as `queue list`, `queue show` and pages give it. */
struct json *message_json(const struct store_found *found, const struct tz *tz);
const char *message_state(const struct store_found *found);
/* The gates of a held recipient that are closed, in the order in which they
 * open; 0: none, *gate_r is not set then. */
size_t closed_gates(const struct store_rcpt *r, struct arena *a,
		    struct gate **gate_r);

const char *program_version(void);
void print_json(const struct json *j);
void print_error(const char *fmt, ...) PRINTF_LIKE(1, 2);
void print_line(const char *fmt, ...) PRINTF_LIKE(1, 2); /* on stdout */
/* Nothing in these three moves a terminal; what stands in print_line() makes
 * no other line. print_text(): bytes as they are. */
void print_lines(struct str text, FILE *to);
void print_text(struct str text, FILE *to);

#endif
