/* explain_message.c - a message file, read and inspected as the daemon would:
 * the same sandboxed inspector, without a daemon.
 */
#include "connector/main/explain_int.h"

#include <errno.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "connector/base/log.h"
#include "connector/conf/conf.h"
#include "connector/inspect/inspect.h"
#include "connector/mail/inspected.h"
#include "connector/main/main_int.h"

static bool in_japanese(void)
{
	return strcmp(options_language(), "ja") == 0;
}

/* Files from an editor or from git have LF: SMTP would have CRLF. */
static bool lf_only(struct str s)
{
	ptrdiff_t at = str_chr(s, '\n');

	return at >= 0 && str_chr(s, '\r') < 0;
}

static struct str with_crlf(struct str s, struct arena *a)
{
	size_t lines = 0, n = 0;
	char *p;

	for (size_t i = 0; i < s.n; i++)
		lines += s.p[i] == '\n';
	p = arena_alloc(a, s.n + lines + 1);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\n')
			p[n++] = '\r';
		p[n++] = s.p[i];
	}
	return str_n(p, n);
}

int explain_read(const char *path, size_t max, struct arena *a,
		 struct explain_message *m_r)
{
	struct err e = ERR_EMPTY;
	bool ok;

	if (strcmp(path, "-") == 0)
		path = "/dev/stdin";
	errno = 0;
	ok = conf_read_file(path, max, a, &m_r->bytes, &e);
	if (!ok) {
		print_error("%s", e.text);
		return e.class == ERR_LIMIT ? EX_DATAERR : EX_NOINPUT;
	}
	if (!m_r->bytes.n) {
		print_error(in_japanese() ? "%s: 空のファイルです"
					  : "%s: the file is empty",
			    path);
		return EX_DATAERR;
	}
	if (lf_only(m_r->bytes)) {
		m_r->bytes = with_crlf(m_r->bytes, a);
		m_r->converted = true;
		print_error(in_japanese()
				    ? "%s: 行末の LF を CRLF とみなしました"
				    : "%s: LF line ends are read as CRLF",
			    path);
	}
	return EX_OK;
}

/* ---- the inspector ---- */

struct waiting {
	struct loop *loop;
	struct arena *a;
	struct str wire;
	bool failed;
	struct err why;
};

static void answered(void *arg, const struct inspect_answer *answer)
{
	struct waiting *w = arg;

	w->wire = arena_str(w->a, answer->wire);
	w->failed = answer->failed;
	w->why = answer->why;
	loop_stop(w->loop);
}

static bool run_inspector(struct loop *loop, const char *program,
			  const struct question *q, struct explain_message *m,
			  struct waiting *w, struct err *e)
{
	const struct inspect_conf conf = {
		.program = program,
		.children = 1,
#if defined(SEKISHO_SANITIZED) || defined(SEKISHO_VALGRIND)
		.log_only_sandbox = true,
#endif
	};
	struct inspect_body body = {.size = m->bytes.n, .p = m->bytes.p};
	struct inspect *pool;

	pool = inspect_start(loop, &conf, q, e);
	if (!pool)
		return err_wrap(e, "%s", program);
	(void)inspect_view(pool, 0, &body, answered, w);
	loop_run(loop);
	inspect_stop(&pool);
	return true;
}

int explain_inspect(const char *program, const struct question *q,
		    struct arena *a, struct explain_message *m)
{
	struct view *v = ARENA_NEW(a, struct view);
	struct findings *f = ARENA_NEW(a, struct findings);
	bool found = false;
	struct err e = ERR_EMPTY;
	struct loop *loop = loop_new(&e);
	struct waiting w = {.loop = loop, .a = a};
	bool ok;

	log_setup(LOG_ERROR, false, "explain");
	ok = loop && run_inspector(loop, program, q, m, &w, &e);
	if (loop)
		loop_free(&loop);
	if (!ok) {
		print_error("%s", e.text);
		return e.class == ERR_CONFIG ? EX_CONFIG : EX_UNAVAILABLE;
	}
	if (w.failed)
		print_error("%s", w.why.text);
	if (!inspected_read(w.wire, m->bytes.n, a, v, f, &found, &e)) {
		print_error("%s", e.text);
		return EX_SOFTWARE;
	}
	m->view = v;
	m->findings = found ? f : NULL;
	if (!w.failed && !v->field_n) {
		print_error(in_japanese()
				    ? "メールではありません(ヘッダがない)"
				    : "this is no mail: it has no header");
		return EX_DATAERR;
	}
	return EX_OK;
}
