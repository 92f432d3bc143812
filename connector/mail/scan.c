/* scan.c - the few facts of a header block; see scan.h.
 *
 * Works on header bytes as they stand, with CRLF or (BDAT) bare LF. What is
 * doubled, malformed or hidden in comments and groups is reported as absent:
 * the caller proves something by it, so doubt must not prove anything.
 */
#include "connector/mail/scan.h"

#define ID_MAX 512

static bool is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Length of the line at the start of s with its end; all of it at the end. */
static size_t line_length(struct str s)
{
	ptrdiff_t lf = str_chr(s, '\n');

	return lf < 0 ? s.n : (size_t)lf + 1;
}

static bool line_is_empty(struct str line)
{
	return str_is(line, "\r\n") || str_is(line, "\n");
}

bool header_field_next(struct str *rest, struct str *name_r,
		       struct str *field_r)
{
	struct str s = *rest;
	size_t n = line_length(s);
	ptrdiff_t colon;

	if (s.n == 0 || line_is_empty(str_head(s, n)))
		return false;
	colon = str_chr(str_head(s, n), ':');
	*name_r = colon > 0 ? str_head(s, (size_t)colon) : STR_EMPTY;
	while (name_r->n && is_blank(name_r->p[name_r->n - 1]))
		name_r->n--;
	/* RFC 5322 2.2.3: a line that begins with white space goes on. */
	while (n < s.n && (s.p[n] == ' ' || s.p[n] == '\t'))
		n += line_length(str_skip(s, n));
	*field_r = str_head(s, n);
	*rest = str_skip(s, n);
	return true;
}

static struct str field_value(struct str field)
{
	ptrdiff_t colon = str_chr(field, ':');

	return colon < 0 ? STR_EMPTY : str_skip(field, (size_t)colon + 1);
}

/* RFC 5322 3.2.2: blanks, folds and nested comments. */
static void skip_cfws(struct rd *r)
{
	unsigned depth = 0;

	for (int c = rd_peek(r); c >= 0; c = rd_peek(r)) {
		if (c == '(')
			depth++;
		else if (depth && c == ')')
			depth--;
		else if (depth && c == '\\')
			rd_byte(r);
		else if (!depth && !is_blank(c))
			return;
		rd_byte(r);
	}
	if (depth)
		r->bad = true; /* never closed */
}

/* RFC 5322 3.2.4; the opening quote is next. */
static bool skip_quoted(struct rd *r)
{
	rd_byte(r);
	for (int c = rd_byte(r); c >= 0; c = rd_byte(r)) {
		if (c == '"')
			return true;
		if (c == '\\')
			rd_byte(r);
		if (c == 0)
			return false;
	}
	return false;
}

static bool is_atom(unsigned char c)
{
	return c > ' ' && c != 0x7f && !strchr("()<>[]:;@\\,\"", c);
}

static bool is_domain(unsigned char c)
{
	return ascii_alnum((char)c) || c == '-' || c == '.' || c == '_' ||
	       c >= 0x80;
}

struct mailbox {
	struct str local, domain;
};

/* local@domain with comments around its parts, nothing behind it. */
static bool addr_spec(struct rd *r, struct mailbox *m_r)
{
	struct str before;

	skip_cfws(r);
	before = str_n(r->p, r->n);
	if (rd_peek(r) == '"') {
		if (!skip_quoted(r))
			return false;
		m_r->local = str_head(before, before.n - r->n);
	} else {
		m_r->local = rd_while(r, is_atom);
		if (m_r->local.n == 0)
			return false;
	}
	skip_cfws(r);
	if (!rd_accept(r, '@'))
		return false;
	skip_cfws(r);
	m_r->domain = rd_while(r, is_domain);
	skip_cfws(r);
	return m_r->domain.n > 0;
}

/* A display name up to '<': words only. */
static bool skip_phrase(struct rd *r)
{
	for (;;) {
		skip_cfws(r);
		if (rd_peek(r) == '<')
			return true;
		if (rd_peek(r) == '"') {
			if (!skip_quoted(r))
				return false;
		} else if (rd_while(r, is_atom).n == 0) {
			return false;
		}
	}
}

/* RFC 5322 3.4 mailbox: exactly one, whole; groups and routes are none. */
static struct mailbox mailbox_of(struct str value)
{
	static const struct mailbox none;
	struct rd bare = rd_of(value), named = rd_of(value);
	struct mailbox m;

	if (addr_spec(&bare, &m) && rd_end(&bare))
		return m;
	if (!skip_phrase(&named) || !rd_accept(&named, '<') ||
	    !addr_spec(&named, &m) || !rd_accept(&named, '>'))
		return none;
	skip_cfws(&named);
	return rd_end(&named) ? m : none;
}

static bool is_id(unsigned char c)
{
	return c > ' ' && c != 0x7f && c != '<' && c != '>';
}

static struct str id_of(struct str value)
{
	struct rd r = rd_of(value);
	struct str id;

	skip_cfws(&r);
	if (!rd_accept(&r, '<'))
		return STR_EMPTY;
	id = rd_while(&r, is_id);
	if (!rd_accept(&r, '>'))
		return STR_EMPTY;
	skip_cfws(&r);
	return rd_end(&r) && id.n <= ID_MAX ? id : STR_EMPTY;
}

static bool is_word(unsigned char c)
{
	return c > ' ' && c != '(' && c != ';' && c != 0x7f;
}

/* RFC 5321 4.4: "from X by Y via V with W id I for R; date". */
static void received(struct header_scan *scan, struct str value,
		     struct str hostname)
{
	struct rd r = rd_of(value);
	struct str key = STR_EMPTY, id = STR_EMPTY, word;
	bool ours = false;

	for (;;) {
		skip_cfws(&r);
		word = rd_while(&r, is_word);
		if (word.n == 0)
			break;
		if (str_is_ci(key, "by"))
			ours = ours || str_eq_ci(word, hostname);
		else if (str_is_ci(key, "id") && id.n == 0)
			id = word;
		/* The word behind a keyword is its value, whatever it says. */
		key = key.n ? STR_EMPTY : word;
	}
	scan->received++;
	if (!ours)
		return;
	scan->received_ours++;
	if (id.n && scan->our_id_n < SCAN_IDS_MAX)
		scan->our_id[scan->our_id_n++] = id;
}

static void field(struct header_scan *scan, struct str name, struct str value,
		  struct str hostname)
{
	bool first = scan->from_count == 0;
	struct mailbox m;

	if (str_is_ci(name, "Received")) {
		received(scan, value, hostname);
	} else if (str_is_ci(name, "Message-ID")) {
		/* Two of them identify nothing. */
		scan->message_id = scan->has_message_id ? STR_EMPTY
							: id_of(value);
		scan->has_message_id = true;
	} else if (str_is_ci(name, "Date")) {
		scan->has_date = true;
	} else if (str_is_ci(name, "From")) {
		scan->from_count++;
		scan->has_from = true;
		m = mailbox_of(value);
		scan->from_local = first ? m.local : STR_EMPTY;
		scan->from_domain = first ? m.domain : STR_EMPTY;
	}
}

void header_scan(struct str head, const char *hostname,
		 struct header_scan *scan_r)
{
	struct str rest = head, name, whole, host = str_of(hostname);

	*scan_r = (struct header_scan){0};
	while (header_field_next(&rest, &name, &whole))
		field(scan_r, name, field_value(whole), host);
	if (rest.n)
		scan_r->header_len = head.n - rest.n + line_length(rest);
}
