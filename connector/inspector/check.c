/* check.c - tells which terms of a question cannot be compiled, for who loads
 * a policy. One process for one question, in the sandbox: expressions of a
 * policy may come from a list that somebody else wrote.
 */
#include <sysexits.h>
#include <unistd.h>
#include "connector/base/fd.h"
#include "connector/inspector/inspector_int.h"

static bool look(struct inspector *in, struct buf *out, struct err *e)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct question_error *v = NULL;
	struct question q;
	struct shm wire;
	unsigned level;
	struct rd rd;
	size_t n = 0;

	TRY(shm_map_sealed(&wire, ZYGOTE_QUESTION_FD, QUESTION_BYTES_MAX, e));
	TRY(sandbox_enter(&in->sandbox, &level, e));
	rd = rd_of(str_n(wire.p, wire.n));
	TRY(question_read(&rd, &a, &q, e));
	(void)!extract_check(&q, &a, &v, &n);
	question_errors_write(v, n, out);
	return buf_ok(out) || err_set(e, ERR_LIMIT, 0, "too many errors");
}

int check_run(struct inspector *in)
{
	AUTO(buf) out = BUF_MAX(QUESTION_ERRORS_WIRE_MAX);
	struct err e = ERR_EMPTY;

	if (look(in, &out, &e))
		return fd_write_all(ZYGOTE_SOCK_FD, buf_str(&out)) ? EX_OK
								   : EX_IOERR;
	if (write(STDERR_FILENO, e.text, strlen(e.text)) > 0 &&
	    write(STDERR_FILENO, "\n", 1) > 0)
		return EX_CONFIG;
	return EX_CONFIG;
}
