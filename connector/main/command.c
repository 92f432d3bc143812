/* command.c - what the commands share: configuration, reader, output. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>
#include "connector/base/id.h"
#include "connector/base/mem.h"
#include "connector/base/utf8.h"
#include "connector/base/vec.h"
#include "connector/flow/flow.h"
#include "connector/inspect/inspect.h"
#include "connector/main/main_int.h"

#define JSON_OUT_MAX   (256 * MIB)
#define PATH_ROOM      4096
#define PRINTED_MAX    (4 * MIB) /* what the engine answers, at most */
#define REPLACED_BYTES 3	 /* U+FFFD for one bad byte */

void print_lines(struct str text, FILE *to)
{
	while (text.n) {
		ptrdiff_t end = str_chr(text, '\n');
		struct str line = end < 0 ? text : str_head(text, (size_t)end);
		AUTO(buf) clean = BUF_MAX(REPLACED_BYTES * line.n + 1);

		clean.secret = true; /* it may be */
		utf8_clean(&clean, line, SIZE_MAX);
		if (end >= 0)
			buf_putc(&clean, '\n');
		print_text(buf_str(&clean), to);
		text = str_skip(text, line.n + (end >= 0));
	}
}

void print_error(const char *fmt, ...)
{
	AUTO(buf) text = BUF_MAX(PRINTED_MAX);
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	fputs("sekisho: ", stderr);
	print_lines(buf_str(&text), stderr);
	fputc('\n', stderr);
}

void print_line(const char *fmt, ...)
{
	AUTO(buf) text = BUF_MAX(PRINTED_MAX);
	AUTO(buf) clean = BUF_MAX(REPLACED_BYTES * PRINTED_MAX);
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	utf8_clean(&clean, buf_str(&text), SIZE_MAX);
	print_text(buf_str(&clean), stdout);
	putchar('\n');
}

void print_text(struct str text, FILE *to)
{
	if (text.n)
		fwrite(text.p, 1, text.n, to);
}

void print_json(const struct json *j)
{
	AUTO(buf) out = BUF_MAX(JSON_OUT_MAX);

	json_print(j, &out, true);
	print_text(buf_str(&out), stdout);
	fputc('\n', stdout);
}

/* ---- running ------------------------------------------------------------- */

static void no_verb(const char *command, const char *word,
		    const struct command_verb *verbs)
{
	AUTO(buf) names = BUF_MAX(1 * KIB);

	for (const struct command_verb *v = verbs; v->run; v++)
		buf_printf(&names, "%s%s",
			   v == verbs ? ""
			   : v[1].run ? ", "
				      : " or ",
			   v->name);
	print_error("%s: \"%s\" is not %s", command, word, buf_cstr(&names));
}

static const struct command_verb *find_verb(const struct command_verb *verbs,
					    const char *name)
{
	for (const struct command_verb *v = verbs; v->run; v++)
		if (strcmp(v->name, name) == 0)
			return v;
	return NULL;
}

static const char *config_path(const struct option_row *rows)
{
	while (strcmp(rows->name, "config") != 0)
		rows++;
	return *(const char **)rows->to;
}

int command_run(const struct command_usage *usage,
		const struct option_row *rows, const struct command_verb *verbs,
		void *arg, int argc, char **argv)
{
	struct command x = {.arg = arg};
	struct config *c;
	int n, code = options_parse(usage, rows, argc, argv, &n);

	if (code >= 0)
		return code;
	x.word = argv + 1;
	x.word_n = n;
	if (verbs->name) {
		const struct command_verb *found = find_verb(verbs, argv[1]);

		if (!found) {
			no_verb(argv[0], argv[1], verbs);
			return EX_USAGE;
		}
		verbs = found;
		x.word++;
		x.word_n--;
	}
	if (x.word_n < verbs->least ||
	    (verbs->most >= 0 && x.word_n > verbs->most)) {
		print_error("usage: sekisho %s", usage->synopsis);
		return EX_USAGE;
	}
	c = command_config(config_path(rows));
	if (!c)
		return EX_CONFIG;
	x.c = c;
	code = verbs->run(&x);
	config_free(&c);
	return code;
}

int command_read(struct command *x,
		 int (*run)(struct command *x, struct store_reader *r))
{
	struct keys *keys = NULL;
	struct store_reader *r = command_reader(x->c, &keys);
	int code = r ? run(x, r) : EX_TEMPFAIL;

	store_reader_free(&r);
	keys_free(&keys);
	return code;
}

int command_failed(const struct err *e)
{
	print_error("%s", e->text);
	return e->class == ERR_NOT_FOUND ? EX_NOINPUT : EX_TEMPFAIL;
}

int command_ask(const struct config *c, struct json *q)
{
	struct json *answer = control_ask(c, q);
	const char *text = json_get_cstr(answer, "text", NULL);

	if (text) {
		print_lines(str_of(text), stdout);
		if (!str_ends(str_of(text), STR("\n")))
			putchar('\n');
	}
	return control_finish(&answer);
}

const char *config_file_path(const char *path)
{
	if (!path)
		path = getenv("SEKISHO_CONFIG");
	return path ? path : CONFIG_DEFAULT;
}

struct config *command_config(const char *path)
{
	struct conf_errors errs = {0};
	AUTO(buf) text = BUF_MAX(1 * MIB);
	struct config *c;

	c = config_load(config_file_path(path), &errs);
	conf_errors_print(&errs, options_language(), &text);
	print_lines(buf_str(&text), stderr);
	conf_errors_release(&errs);
	return c;
}

const char *self_path(void)
{
	static char path[PATH_ROOM];
	ssize_t n;

	if (path[0])
		return path;
	n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	return path;
}

char *inspector_path(const struct config *c)
{
	struct str self = str_of(self_path());

	if (c && c->inspector.program)
		return mem_strdup(c->inspector.program);
	return mem_printf(STR_FMT "/sekisho-inspector",
			  (int)MAX_OF(str_rchr(self, '/'), (ptrdiff_t)0),
			  self.p);
}

struct store_reader *command_reader(const struct config *c,
				    struct keys **keys_r)
{
	struct store_conf conf = {.url = c->store};
	struct store_reader *r;
	struct err e = ERR_EMPTY;

	*keys_r = NULL;
	if (strcmp(c->store, "memory:") == 0) {
		print_error("the store is in the memory of `sekisho serve`: "
			    "only its pages show it");
		return NULL;
	}
	*keys_r = keys_local(c->master_key, &e);
	conf.keys = *keys_r;
	if (!*keys_r)
		print_error("%s; subjects stay sealed", e.text);
	r = store_reader_open(&conf, &e);
	if (!r)
		print_error("%s", e.text);
	return r;
}

bool expressions_check(void *arg, const struct question *q, struct arena *a,
		       struct question_error **v_r, size_t *n_r, struct err *e)
{
	const struct term_checker *t = arg;
	const struct inspect_conf conf = {
		.program = t->program,
		.stop = t->stop,
#if defined(SEKISHO_SANITIZED) || defined(SEKISHO_VALGRIND)
		.log_only_sandbox = true,
#endif
	};

	return inspect_check(&conf, q, a, v_r, n_r, e);
}

static struct policy *load_policy(const struct config *c,
				  const struct policy_source *from,
				  const atomic_bool *stop,
				  struct conf_errors *errs)
{
	AUTO_STR program = inspector_path(c);
	struct term_checker checker = {program, stop};
	struct policy_source src = *from;
	struct {
		VEC_OF(const char *);
	} domains = {0};
	struct policy *p;

	for (size_t i = 0; i < c->tenant_n; i++)
		for (size_t k = 0; k < c->tenant[i].domains.n; k++)
			vec_push(&domains, c->tenant[i].domains.v[k]);
	src.people = c->people;
	src.users = c->users;
	src.timezone = c->timezone ? tz_name(c->timezone) : NULL;
	src.check = expressions_check;
	src.check_arg = &checker;
	src.internal = domains.v;
	src.internal_n = domains.n;
	p = policy_load(&src, errs);
	vec_release(&domains);
	return p;
}

static void say_errors(struct conf_errors *errs, struct told *told)
{
	conf_errors_print(errs, "ja", &told->ja);
	conf_errors_print(errs, "en", &told->en);
	conf_errors_release(errs);
}

void told_release(struct told *told)
{
	buf_release(&told->ja);
	buf_release(&told->en);
}

void tell(struct told *told, const char *ja, const char *en, ...)
{
	va_list ap;

	va_start(ap, en);
	buf_vprintf(&told->ja, ja, ap);
	va_end(ap);
	va_start(ap, en);
	buf_vprintf(&told->en, en, ap);
	va_end(ap);
}

struct str told_text(const struct told *told, const char *language)
{
	return buf_str(strcmp(language, "ja") == 0 ? &told->ja : &told->en);
}

struct policy *configured_policy(const struct config *c, const char *language,
				 const atomic_bool *stop, struct buf *text)
{
	struct policy_source src = {.path = c->policy};
	struct conf_errors errs = {0};
	struct policy *p = load_policy(c, &src, stop, &errs);

	conf_errors_print(&errs, language, text);
	conf_errors_release(&errs);
	return p;
}

struct policy *configured_policy_told(const struct config *c,
				      const atomic_bool *stop,
				      struct told *told)
{
	struct policy_source src = {.path = c->policy};
	struct conf_errors errs = {0};
	struct policy *p = load_policy(c, &src, stop, &errs);

	say_errors(&errs, told);
	return p;
}

struct policy *named_policy(const struct config *c, const char *path,
			    const char *language, struct buf *text)
{
	struct policy_source src = {.path = path};
	struct conf_errors errs = {0};
	struct policy *p = load_policy(c, &src, NULL, &errs);

	conf_errors_print(&errs, language, text);
	conf_errors_release(&errs);
	return p;
}

struct policy *kept_policy(const struct config *c,
			   const struct store_policy *kept,
			   const atomic_bool *stop, struct told *told)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct policy_file *file = arena_array(&a, kept->file_n, sizeof(*file));
	struct policy_source src = {
		.path = c->policy,
		.kept = file,
		.kept_n = kept->file_n,
		.main = arena_strndup(&a, kept->main.p, kept->main.n)};
	struct conf_errors errs = {0};
	struct policy *p;

	for (size_t i = 0; i < kept->file_n; i++) {
		struct str name = kept->file[i].name;

		file[i].name = arena_strndup(&a, name.p, name.n);
		file[i].bytes = kept->file[i].bytes;
	}
	p = load_policy(c, &src, stop, &errs);
	say_errors(&errs, told);
	return p;
}

/* ---- a message as JSON --------------------------------------------------- */

static void add_time(struct json *o, const char *key, const struct tz *tz,
		     int64_t us)
{
	AUTO(buf) text = BUF_MAX(64);

	if (us == 0) {
		json_add_null(o, key);
		return;
	}
	time_put_rfc3339(&text, tz, us);
	json_add_str(o, key, buf_str(&text));
}

/* What a person would call it: the open state that matters most, else the end
 * that all or most share. */
const char *message_state(const struct store_found *found)
{
	static const enum rcpt_state order[] = {
		RCPT_RECEIVED,	RCPT_HELD,     RCPT_PARKED,    RCPT_UNKNOWN,
		RCPT_SENDING,	RCPT_DEFERRED, RCPT_READY,     RCPT_BOUNCED,
		RCPT_REFUSED,	RCPT_RETURNED, RCPT_DISCARDED, RCPT_EXPIRED,
		RCPT_DELIVERED,
	};

	for (size_t s = 0; s < ARRAY_LEN(order); s++)
		for (size_t i = 0; i < found->rcpt_n; i++)
			if (found->rcpt[i].state == order[s])
				return rcpt_state_name(order[s]);
	return "?";
}

size_t closed_gates(const struct store_rcpt *r, struct arena *a,
		    struct gate **gate_r)
{
	struct gate *g;
	size_t n, closed = 0;
	int64_t now_us = clock_now_us();

	if (r->state != RCPT_HELD || !flow_gates_read(r->gates, a, &g, &n))
		return 0;
	if (r->gate < n)
		g[r->gate].until_us = r->due_us;
	/* Steps are behind one another, moments beside them. */
	for (size_t i = 0; i < n; i++) {
		bool moment = g[i].kind == GATE_DELAY ||
			      g[i].kind == GATE_SCHEDULE;

		if (moment ? g[i].until_us > now_us : i >= r->gate)
			g[closed++] = g[i];
	}
	*gate_r = g;
	return closed;
}

static void int_or_null(struct json *o, const char *key, int64_t v)
{
	if (v)
		json_add_int(o, key, v);
	else
		json_add_null(o, key);
}

/* As `explain` shows them, but for what only the plan knows. */
static void gates_json(struct json *o, const struct store_rcpt *r,
		       const struct tz *tz)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct json *list = json_add_array(o, "gates");
	struct gate *g;
	size_t n = closed_gates(r, &a, &g);

	for (size_t i = 0; i < n; i++) {
		struct json *one = json_add_object(list, NULL);

		json_add_cstr(one, "kind", gate_kind_name(g[i].kind));
		add_time(one, "until", tz, gate_until(g, i));
		int_or_null(one, "for-seconds", g[i].for_us / US_PER_S);
		int_or_null(one, "stage", g[i].stage);
		if (g[i].then != THEN_WAIT || str_is(g[i].by, "sender"))
			json_add_cstr(one, "then", gate_then_name(g[i].then));
		else
			json_add_null(one, "then");
		json_add_str(one, "by", g[i].by);
		if (g[i].doubt.n)
			json_add_str(one, "doubt", g[i].doubt);
	}
}

static void rcpt_json(struct json *list, const struct store_rcpt *r,
		      const struct tz *tz)
{
	struct json *o = json_add_object(list, NULL);

	json_add_str(o, "address", r->address);
	json_add_cstr(o, "state", rcpt_state_name(r->state));
	gates_json(o, r, tz);
	add_time(o, "due", tz, r->due_us);
	json_add_int(o, "attempts", r->attempts);
	if (r->unknowns)
		json_add_int(o, "unknowns", r->unknowns);
	if (r->answer.n)
		json_add_str(o, "answer", r->answer);
	if (r->remote.n)
		json_add_str(o, "remote", r->remote);
	add_time(o, "ended", tz, r->ended_us);
}

struct json *message_json(const struct store_found *found, const struct tz *tz)
{
	const struct store_message *m = &found->message;
	struct json *o = json_object(), *list;
	char id[ID_TEXT_LEN + 1];
	int64_t due = 0;

	for (size_t i = 0; i < found->rcpt_n; i++)
		if (found->rcpt[i].due_us &&
		    (due == 0 || found->rcpt[i].due_us < due))
			due = found->rcpt[i].due_us;
	id_text(m->id, id);
	json_add_cstr(o, "id", id);
	json_add_cstr(o, "kind", m->kind == MESSAGE_NOTICE ? "notice" : "mail");
	json_add_str(o, "tenant", m->tenant);
	json_add_str(o, "from", m->from);
	json_add_str(o, "subject", m->subject);
	json_add_cstr(o, "state", message_state(found));
	json_add_str(o, "reason", m->reason);
	add_time(o, "accepted", tz, m->accepted_us);
	add_time(o, "due", tz, due);
	json_add_int(o, "size", (int64_t)m->size);
	list = json_add_array(o, "recipients");
	for (size_t i = 0; i < found->rcpt_n; i++)
		rcpt_json(list, &found->rcpt[i], tz);
	return o;
}
