/* own.c - our own mails: header fields and MIME structure; see own.h. */
#include "connector/mail/own.h"
#include "connector/base/codec.h"
#include "connector/base/id.h"
#include "connector/base/utf8.h"
#include "connector/mail/edit.h"
#include "connector/mail/own_int.h"

#define HEADER_COLUMNS	 76
#define HEADER_CHARS_MAX 998 /* of one value, after cleaning */
#define WORD_HEAD	 "=?UTF-8?B?"
#define WORD_TAIL	 "?="
#define WORD_EXTRA	 (sizeof(WORD_HEAD WORD_TAIL) - 1)
#define WORD_MAX	 75 /* RFC 2047 2 */

/* Whole code points of s whose base64 fits into `columns`. */
static size_t word_bytes(struct str s, size_t columns)
{
	size_t room = columns / 4 * 3, taken = 0;
	struct str rest = s;

	while (utf8_next(&rest) >= 0) {
		if (s.n - rest.n > room)
			break;
		taken = s.n - rest.n;
	}
	return taken;
}

static void put_words(struct buf *out, struct str s, size_t used)
{
	bool first = true;

	while (s.n) {
		size_t left = used < 60 ? HEADER_COLUMNS - used : 16;
		size_t limit = left < WORD_MAX ? left : WORD_MAX;
		size_t n = word_bytes(s, limit - WORD_EXTRA);

		if (!first)
			buf_puts(out, "\r\n ");
		buf_puts(out, WORD_HEAD);
		b64_encode(out, str_head(s, n));
		buf_puts(out, WORD_TAIL);
		s = str_skip(s, n);
		first = false;
		used = 1;
	}
}

/* Folded at blanks; a word longer than a line stays whole (RFC 5322 2.2.3). */
static void put_folded(struct buf *out, struct str s, size_t used)
{
	struct str word;
	bool first = true;

	while (str_split(&s, ' ', &word)) {
		if (!first && word.n && used + 1 + word.n > HEADER_COLUMNS) {
			buf_puts(out, "\r\n ");
			used = 1;
		} else if (!first) {
			buf_putc(out, ' ');
			used++;
		}
		buf_put_str(out, word);
		used += word.n;
		first = false;
	}
}

static bool plain_enough(struct str s)
{
	return str_is_ascii(s) && !str_has_control(s) &&
	       str_find(s, STR("=?")) < 0 && str_find(s, STR("  ")) < 0;
}

void header_encode(struct buf *out, struct str text, size_t used)
{
	AUTO(buf) clean = BUF_MAX(EDIT_REPLACEMENT_MAX);
	struct str s;

	utf8_clean(&clean, text, HEADER_CHARS_MAX);
	s = str_trim(buf_str(&clean));
	if (plain_enough(s))
		put_folded(out, s, used);
	else
		put_words(out, s, used);
}

void own_header(struct buf *out, const char *name, struct str value)
{
	if (value.n == 0)
		return;
	buf_puts(out, name);
	buf_puts(out, ": ");
	header_encode(out, value, strlen(name) + 2);
	buf_puts(out, "\r\n");
}

/* A token that is never cleaned away nor encoded: ids and addresses. */
void own_raw_header(struct buf *out, const char *name, struct str value)
{
	if (value.n == 0 || str_has_control(value))
		return;
	buf_puts(out, name);
	buf_puts(out, ": ");
	buf_put_str(out, value);
	buf_puts(out, "\r\n");
}

/* RFC 5322 3.4 name-addr. */
void own_mailbox(struct buf *out, const char *header, struct str name,
		 struct str address)
{
	AUTO(buf) clean = BUF_MAX(EDIT_REPLACEMENT_MAX);
	struct str s;
	size_t used = strlen(header) + 2;

	if (str_has_control(address))
		return;
	buf_puts(out, header);
	buf_puts(out, ": ");
	utf8_clean(&clean, name, HEADER_CHARS_MAX);
	s = str_trim(buf_str(&clean));
	if (s.n && plain_enough(s) && s.n + used + 2 <= HEADER_COLUMNS) {
		buf_putc(out, '"');
		for (size_t i = 0; i < s.n; i++) {
			if (s.p[i] == '"' || s.p[i] == '\\')
				buf_putc(out, '\\');
			buf_putc(out, s.p[i]);
		}
		buf_putc(out, '"');
	} else {
		put_words(out, s, used);
	}
	/* A long name leaves no room: the address takes its own line. */
	if (s.n)
		buf_puts(out, used + s.n + address.n > 70 ? "\r\n " : " ");
	buf_putc(out, '<');
	buf_put_str(out, address);
	buf_puts(out, ">\r\n");
}

void own_boundary(char text_r[OWN_BOUNDARY_MAX])
{
	/* "=_" cannot stand in base64 (RFC 2045 6.7 gives the same hint);
	 * random, so that no attached mail can hold it by design. */
	memcpy(text_r, "=_", 2);
	token_new(text_r + 2);
}

static bool needs_base64(struct str s)
{
	struct str line;

	if (!str_is_ascii(s))
		return true;
	while (str_split(&s, '\n', &line)) {
		if (line.n > HEADER_COLUMNS + 2)
			return true;
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (memchr(line.p, '\r', line.n) || memchr(line.p, 0, line.n))
			return true;
	}
	return false;
}

/* Line ends become CRLF (RFC 2046 4.1.1). */
static void put_crlf(struct buf *out, struct str s)
{
	struct str line;

	while (str_split(&s, '\n', &line)) {
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		buf_put_str(out, line);
		buf_puts(out, "\r\n");
	}
}

void own_text_part(struct buf *out, const char *type, struct str text)
{
	buf_printf(out, "Content-Type: %s; charset=utf-8\r\n", type);
	if (!needs_base64(text)) {
		buf_puts(out, "Content-Transfer-Encoding: 7bit\r\n\r\n");
		put_crlf(out, text);
	} else {
		AUTO(buf) lines = BUF_MAX(MIB);

		buf_puts(out, "Content-Transfer-Encoding: base64\r\n\r\n");
		put_crlf(&lines, text);
		b64_encode_mime(out, buf_str(&lines));
	}
	if (out->n < 2 || memcmp(out->p + out->n - 2, "\r\n", 2) != 0)
		buf_puts(out, "\r\n");
}

static void put_text(const struct own_mail *m, struct buf *out)
{
	char b[OWN_BOUNDARY_MAX];

	if (m->html.n == 0) {
		own_text_part(out, "text/plain", m->text);
		return;
	}
	own_boundary(b);
	buf_printf(out,
		   "Content-Type: multipart/alternative;\r\n"
		   " boundary=\"%s\"\r\n\r\n--%s\r\n",
		   b, b);
	own_text_part(out, "text/plain", m->text);
	buf_printf(out, "--%s\r\n", b);
	own_text_part(out, "text/html", m->html);
	buf_printf(out, "--%s--\r\n", b);
}

static bool has_more(const struct own_mail *m, const char *name)
{
	for (size_t i = 0; i < m->more_n; i++)
		if (str_is_ci(m->more[i].name, name))
			return true;
	return false;
}

static void put_header(const struct own_mail *m, struct buf *out)
{
	own_mailbox(out, "From", m->from_name, m->from);
	own_mailbox(out, "To", m->to_name, m->to);
	own_header(out, "Subject", m->subject);
	buf_puts(out, "Date: ");
	time_put_rfc5322(out, m->tz, m->date_us);
	buf_puts(out, "\r\n");
	own_raw_header(out, "Message-ID", m->message_id);
	own_raw_header(out, "In-Reply-To", m->in_reply_to);
	own_raw_header(out, "References", m->in_reply_to);
	/* RFC 3834 5: so that no responder answers. */
	if (!has_more(m, "Auto-Submitted"))
		buf_puts(out, "Auto-Submitted: auto-generated\r\n");
	own_raw_header(out, "Content-Language", m->language);
	for (size_t i = 0; i < m->more_n; i++) {
		AUTO(buf) name = BUF_MAX(SMTP_NAME_MAX);

		buf_put_str(&name, m->more[i].name);
		if (buf_ok(&name) && !str_has_control(m->more[i].name))
			own_header(out, buf_cstr(&name), m->more[i].value);
	}
	buf_puts(out, "MIME-Version: 1.0\r\n");
}

static void put_attachment_head(const struct own_mail *m, struct buf *out)
{
	struct str name = m->attachment_name;

	/* RFC 2046 5.2.1: 7bit or 8bit only, never encoded. */
	buf_printf(out,
		   "Content-Type: message/rfc822\r\n"
		   "Content-Transfer-Encoding: %s\r\n"
		   "Content-Disposition: attachment",
		   m->original_8bit ? "8bit" : "7bit");
	if (name.n && str_is_ascii(name) && !str_has_control(name) &&
	    str_chr(name, '"') < 0 && str_chr(name, '\\') < 0) {
		buf_puts(out, ";\r\n filename=\"");
		buf_put_str(out, name);
		buf_putc(out, '"');
	} else if (name.n) {
		/* RFC 2231 4. */
		buf_puts(out, ";\r\n filename*=UTF-8''");
		percent_encode(out, name);
	}
	buf_puts(out, "\r\n\r\n");
}

void own_mail_write(const struct own_mail *m, struct buf *head,
		    struct buf *tail)
{
	char b[OWN_BOUNDARY_MAX];

	put_header(m, head);
	if (!m->attach_original) {
		put_text(m, head);
		return;
	}
	own_boundary(b);
	/* RFC 2045 6.4: what holds 8-bit parts says so itself. */
	if (m->original_8bit)
		buf_puts(head, "Content-Transfer-Encoding: 8bit\r\n");
	buf_printf(head,
		   "Content-Type: multipart/mixed;\r\n"
		   " boundary=\"%s\"\r\n\r\n--%s\r\n",
		   b, b);
	put_text(m, head);
	buf_printf(head, "--%s\r\n", b);
	put_attachment_head(m, head);
	buf_printf(tail, "\r\n--%s--\r\n", b);
}
