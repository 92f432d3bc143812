/* params.c - paths and parameters of MAIL and RCPT; see params_int.h.
 *
 * Each parameter is a row; a row that is met twice is an error.
 */
#include "connector/smtpd/params_int.h"
#include <stdio.h>
#include "connector/base/codec.h"
#include "connector/base/limits.h"
#include "connector/base/utf8.h"

#define SIZE_DIGITS_MAX 20		/* RFC 1870 4 */
#define ENVID_MAX	100		/* RFC 3461 4.4 */
#define ORCPT_MAX	500		/* RFC 3461 4.2 */
#define ORCPT_WIDE_MAX	(5 * ORCPT_MAX) /* \x{E9} for two bytes is the most */
#define AUTH_MAX	512
#define C1_LAST		0x9f

bool trouble(struct trouble *t, int code, const char *status, const char *fmt,
	     ...)
{
	va_list ap;

	t->code = code;
	t->status = status;
	va_start(ap, fmt);
	vsnprintf(t->text, sizeof(t->text), fmt, ap);
	va_end(ap);
	return false;
}

/* ---- paths --------------------------------------------------------------- */

static const char *path_status(enum path_kind kind)
{
	return kind == PATH_SENDER ? "5.1.7" : "5.1.3";
}

bool path_read(struct rd *r, enum path_kind kind, struct str *path_r,
	       struct trouble *t)
{
	const char *begin;
	bool quoted = false;

	*path_r = STR_EMPTY;
	if (!rd_accept(r, '<'))
		return trouble(t, 501, path_status(kind),
			       "the address stands in <angle brackets>");
	begin = (const char *)r->p;
	for (int c = rd_byte(r); c >= 0; c = rd_byte(r)) {
		if (c == '"')
			quoted = !quoted;
		else if (c == '\\' && quoted)
			rd_byte(r);
		else if (c == '>' && !quoted) {
			*path_r = str_n(begin,
					(size_t)((const char *)r->p - begin) -
						1);
			if (path_r->n || kind == PATH_SENDER)
				return true;
			return trouble(t, 501, "5.1.3", "empty recipient");
		}
	}
	return trouble(t, 501, path_status(kind), "the address has no end");
}

/* Ways to hide a second destination in a local part. */
static bool local_ok(const struct addr *a, enum path_kind kind,
		     struct trouble *t)
{
	const char *status = path_status(kind);

	if (str_chr(a->local, '@') >= 0)
		return trouble(t, 553, status,
			       "an @ inside the local part is not taken");
	if (kind == PATH_SENDER)
		return true;
	if (str_chr(a->local, '%') >= 0 || str_chr(a->local, '!') >= 0)
		return trouble(t, 553, status,
			       "no routing by %% or ! in a local part");
	return true;
}

bool path_address(struct str path, bool utf8, enum path_kind kind,
		  struct arena *a, struct addr *addr_r, struct trouble *t)
{
	const char *status = path_status(kind);
	struct err e;

	if (path.n && path.p[0] == '@')
		return trouble(t, 553, status, "source routes are not taken");
	if (kind == PATH_RECIPIENT && str_is_ci(path, "postmaster"))
		/* RFC 5321 4.5.1 speaks of hosts with mailboxes. */
		return trouble(t, 550, "5.1.1",
			       "no mailboxes here: write to postmaster "
			       "with a domain");
	if (!utf8 && !str_is_ascii(path)) /* RFC 6531 3.5 */
		return trouble(t, 553, "5.6.7",
			       "a UTF-8 address needs SMTPUTF8 on MAIL");
	if (str_chr(path, '@') < 0)
		return trouble(t, 553, status, "the address has no domain");
	path = arena_str(a, path);
	if (!addr_parse(path, utf8, false, a, addr_r, &e))
		return trouble(t, 553, status, "%s", e.text);
	return local_ok(addr_r, kind, t);
}

/* ---- values ---------------------------------------------------------------- */

struct target {
	struct mail_params *mail;
	struct envelope_rcpt *rcpt;
	struct arena *arena;
	bool utf8;
};

struct param {
	const char *name;
	bool (*read)(struct target *to, struct str value, struct trouble *t);
};

static bool bad_value(struct trouble *t, const char *what)
{
	return trouble(t, 501, "5.5.4", "bad value of %s", what);
}

static bool read_size(struct target *to, struct str v, struct trouble *t)
{
	if (v.n == 0 || v.n > SIZE_DIGITS_MAX)
		return bad_value(t, "SIZE");
	for (size_t i = 0; i < v.n; i++)
		if (!ascii_digit(v.p[i]))
			return bad_value(t, "SIZE");
	if (!str_u64(v, &to->mail->size))
		to->mail->size = UINT64_MAX;
	return true;
}

static bool read_body(struct target *to, struct str v, struct trouble *t)
{
	if (str_is_ci(v, "7BIT"))
		to->mail->body = MAIL_BODY_7BIT;
	else if (str_is_ci(v, "8BITMIME"))
		to->mail->body = MAIL_BODY_8BIT;
	else if (str_is_ci(v, "BINARYMIME"))
		return trouble(t, 555, "5.5.4", "BINARYMIME is not offered");
	else
		return bad_value(t, "BODY");
	return true;
}

static bool read_smtputf8(struct target *to, struct str v, struct trouble *t)
{
	if (v.p) /* RFC 6531 3.4: no value */
		return bad_value(t, "SMTPUTF8");
	to->mail->smtputf8 = true;
	return true;
}

/* xtext that decodes to something printable: it is written into reports. */
static bool xtext_ok(struct str v)
{
	AUTO(buf) plain = BUF_MAX(ORCPT_WIDE_MAX);

	return xtext_decode(&plain, v) && !str_has_control(buf_str(&plain));
}

/* RFC 4954 5: who the mail is said to be of, as xtext or <>. Only what the
 * login itself proves counts, so that its value goes no further. */
static bool read_auth(struct target *to, struct str v, struct trouble *t)
{
	if (v.n == 0 || v.n > AUTH_MAX || (!str_is(v, "<>") && !xtext_ok(v)))
		return bad_value(t, "AUTH");
	to->mail->auth = true;
	return true;
}

static bool read_ret(struct target *to, struct str v, struct trouble *t)
{
	if (str_is_ci(v, "FULL"))
		to->mail->ret = DSN_RET_FULL;
	else if (str_is_ci(v, "HDRS"))
		to->mail->ret = DSN_RET_HDRS;
	else
		return bad_value(t, "RET");
	return true;
}

static bool read_envid(struct target *to, struct str v, struct trouble *t)
{
	if (v.n == 0 || v.n > ENVID_MAX || !xtext_ok(v))
		return bad_value(t, "ENVID");
	to->mail->envid = arena_str(to->arena, v);
	return true;
}

static bool read_notify(struct target *to, struct str v, struct trouble *t)
{
	static const struct {
		const char *name;
		unsigned bit;
	} words[] = {{"NEVER", DSN_NEVER},
		     {"SUCCESS", DSN_SUCCESS},
		     {"FAILURE", DSN_FAILURE},
		     {"DELAY", DSN_DELAY}};
	unsigned all = 0;
	struct str word;

	if (v.n == 0 || v.p[v.n - 1] == ',')
		return bad_value(t, "NOTIFY");
	while (str_split(&v, ',', &word)) {
		unsigned bit = 0;

		for (size_t i = 0; i < ARRAY_LEN(words); i++)
			if (str_is_ci(word, words[i].name))
				bit = words[i].bit;
		if (bit == 0)
			return bad_value(t, "NOTIFY");
		all |= bit;
	}
	/* RFC 3461 4.1: NEVER stands alone. */
	if ((all & DSN_NEVER) && all != DSN_NEVER)
		return bad_value(t, "NOTIFY");
	to->rcpt->notify = all;
	return true;
}

static bool type_ok(struct str type)
{
	for (size_t i = 0; i < type.n; i++)
		if (!ascii_alnum(type.p[i]) && type.p[i] != '-')
			return false;
	return type.n > 0;
}

/* RFC 6533 3: utf-8-addr-unitext, which SMTPUTF8 allows, in the ASCII form
 * that every next hop and every report may have. */
static bool narrow(struct str in, struct buf *out)
{
	while (in.n) {
		bool wide = (unsigned char)in.p[0] >= 0x80;
		int32_t cp = utf8_next(&in);

		if (!wide)
			buf_putc(out, (char)cp);
		else if (cp > C1_LAST)
			buf_printf(out, "\\x{%X}", (unsigned)cp);
		else
			return false;
	}
	return buf_ok(out);
}

/* RFC 3461 4.2, and RFC 6533 3 for "utf-8". */
static bool read_orcpt(struct target *to, struct str v, struct trouble *t)
{
	AUTO(buf) ascii = BUF_MAX(ORCPT_WIDE_MAX);
	ptrdiff_t semi = str_chr(v, ';');
	struct str type = str_head(v, (size_t)MAX_OF(semi, (ptrdiff_t)0));
	struct str address;

	if (v.n > ORCPT_MAX || !type_ok(type))
		return bad_value(t, "ORCPT");
	if (to->utf8 && str_is_ci(type, "utf-8") && utf8_valid(v) &&
	    narrow(v, &ascii))
		v = buf_str(&ascii);
	address = str_skip(v, type.n + 1);
	if (address.n == 0 || !str_is_ascii(address) || !xtext_ok(address))
		return bad_value(t, "ORCPT");
	/* Better without than not at all, where it has become too long. */
	if (v.n <= ORCPT_MAX)
		to->rcpt->orcpt = arena_str(to->arena, v);
	return true;
}

static const struct param mail_params[] = {
	{"SIZE", read_size}, {"BODY", read_body},   {"SMTPUTF8", read_smtputf8},
	{"RET", read_ret},   {"ENVID", read_envid}, {"AUTH", read_auth},
};

static const struct param rcpt_params[] = {
	{"NOTIFY", read_notify},
	{"ORCPT", read_orcpt},
};

/* ---- the list ---------------------------------------------------------------- */

static bool not_blank(unsigned char c)
{
	return c != ' ';
}

static bool read_one(const struct param *row, size_t n, struct target *to,
		     struct str word, unsigned *seen, struct trouble *t)
{
	ptrdiff_t eq = str_chr(word, '=');
	struct str name = eq < 0 ? word : str_head(word, (size_t)eq);
	struct str value = eq < 0 ? STR_EMPTY : str_skip(word, (size_t)eq + 1);

	for (size_t i = 0; i < n; i++) {
		if (!str_is_ci(name, row[i].name))
			continue;
		if (*seen & 1u << i)
			return trouble(t, 501, "5.5.4", "%s is given twice",
				       row[i].name);
		*seen |= 1u << i;
		return row[i].read(to, value, t);
	}
	return trouble(t, 555, "5.5.4", "a parameter is not known here");
}

static bool read_all(struct rd *r, bool esmtp, const struct param *row,
		     size_t n, struct target *to, struct trouble *t)
{
	unsigned seen = 0;

	while (rd_peek(r) >= 0) {
		struct str word;

		if (!rd_accept(r, ' '))
			return trouble(t, 501, "5.5.4",
				       "a blank comes behind the address");
		word = rd_while(r, not_blank);
		if (word.n == 0)
			continue;
		if (!esmtp)
			return trouble(t, 555, "5.5.4",
				       "parameters need EHLO, not HELO");
		TRY(read_one(row, n, to, word, &seen, t));
	}
	return true;
}

bool mail_params_read(struct rd *r, bool esmtp, struct arena *a,
		      struct mail_params *p_r, struct trouble *t)
{
	struct target to = {.mail = p_r, .arena = a};

	*p_r = (struct mail_params){0};
	return read_all(r, esmtp, mail_params, ARRAY_LEN(mail_params), &to, t);
}

bool rcpt_params_read(struct rd *r, bool esmtp, bool utf8, struct arena *a,
		      struct envelope_rcpt *rcpt_r, struct trouble *t)
{
	struct target to = {.rcpt = rcpt_r, .arena = a, .utf8 = utf8};

	return read_all(r, esmtp, rcpt_params, ARRAY_LEN(rcpt_params), &to, t);
}
