/* dsn.c - delivery status notifications; see dsn.h.
 * RFC 3464 in RFC 6522; RFC 6533 where addresses are UTF-8.
 */
#include "connector/mail/dsn.h"
#include "connector/base/codec.h"
#include "connector/base/limits.h"
#include "connector/base/utf8.h"
#include "connector/mail/own_int.h"

#define DSN_TEXT_MAX  MIB
#define SHOWN_CHARS   400 /* of a server's words to people */
#define SUBJECT_CHARS 60  /* as in notices */
#define SHOWN_RCPTS   100 /* to people; the status part names all */

static const char *const action_names[] = {
	[DSN_ACT_FAILED] = "failed",	 [DSN_ACT_DELAYED] = "delayed",
	[DSN_ACT_RELAYED] = "relayed",	 [DSN_ACT_DELIVERED] = "delivered",
	[DSN_ACT_EXPANDED] = "expanded",
};

enum { JA, EN, TONGUES };

/* Per action: the label of the subject, and what people are told. */
struct wording {
	const char *label, *text[TONGUES];
};
static const struct wording wordings[] = {
	[DSN_ACT_FAILED] = {"[届きませんでした / Not delivered] ",
			    {"次の宛先には、メールを届けられませんでした。もう"
			     "送りません。\r\n"
			     "宛先を確かめ、必要なら、もう一度送ってください。",
			     "Your mail could not be delivered to these "
			     "recipients. It will not be tried again.\r\n"
			     "Check the addresses, and send it again if it is "
			     "needed."}},
	[DSN_ACT_DELAYED] =
		{"[配送が遅れています / Delayed] ",
		 {"次の宛先への配送が遅れています。\r\n"
		  "自動で送り続けるため、送り直す必要はありません。",
		  "Delivery to these recipients is delayed.\r\n"
		  "It will be tried again by itself; there is no "
		  "need to send it again."}},
	[DSN_ACT_RELAYED] = {"[渡しました / Relayed] ",
			     {"次の宛先へのメールは、配送の結果を知らせない"
			      "サーバーに渡しました。",
			      "Your mail to these recipients was handed to a "
			      "server that gives no delivery notices."}},
	[DSN_ACT_DELIVERED] = {"[届きました / Delivered] ",
			       {"次の宛先に、メールを届けました。",
				"Your mail was delivered to these "
				"recipients."}},
	[DSN_ACT_EXPANDED] =
		{"[届きました / Expanded] ",
		 {"次の宛先へのメールは、メーリングリストの参加者に"
		  "送られました。",
		  "Your mail was sent on to the members of a "
		  "list."}},
};

static const struct words {
	const char *title, *recipient, *reason, *until, *more, *more_end,
		*subject, *no_subject, *accepted;
} words[TONGUES] = {
	[JA] = {"メールの配送結果のお知らせ", "[宛先] ", "[理由] ",
		"[送り続ける期限] ", "ほか", "件", "[件名] ", "(件名なし)",
		"[受け付け] "},
	[EN] = {"Delivery report", "[To] ", "[Reason] ", "[Tried until] ",
		"and ", " more", "[Subject] ", "(no subject)", "[Accepted] "},
};

/* The strongest action names the whole. */
static enum dsn_action main_action(const struct dsn *d)
{
	enum dsn_action best = DSN_ACT_EXPANDED;

	for (size_t i = 0; i < d->rcpt_n; i++)
		if (d->rcpt[i].action < best)
			best = d->rcpt[i].action;
	return best;
}

static void put_line(struct buf *text, const char *label, struct str value)
{
	if (value.n == 0)
		return;
	buf_puts(text, label);
	utf8_clean(text, value, SHOWN_CHARS);
	buf_puts(text, "\r\n");
}

static void put_one(const struct dsn *d, const struct dsn_rcpt *r,
		    const struct words *w, struct buf *text)
{
	put_line(text, w->recipient, r->address);
	put_line(text, w->reason, r->diagnostic);
	if (r->action == DSN_ACT_DELAYED && r->retry_until_us) {
		buf_puts(text, w->until);
		time_put_notice(text, d->tz, r->retry_until_us);
		buf_puts(text, "\r\n");
	}
	buf_puts(text, "\r\n");
}

static void put_section(const struct dsn *d, enum dsn_action action,
			unsigned tongue, struct buf *text)
{
	size_t n = 0;

	for (size_t i = 0; i < d->rcpt_n; i++) {
		if (d->rcpt[i].action != action)
			continue;
		if (n == 0)
			buf_printf(text, "%s\r\n\r\n",
				   wordings[action].text[tongue]);
		if (n++ < SHOWN_RCPTS)
			put_one(d, &d->rcpt[i], &words[tongue], text);
	}
	if (n > SHOWN_RCPTS)
		buf_printf(text, "%s%s%zu%s\r\n\r\n", words[tongue].recipient,
			   words[tongue].more, n - SHOWN_RCPTS,
			   words[tongue].more_end);
}

static void put_subject(const struct dsn *d, const struct words *w,
			struct buf *out)
{
	struct str s = str_trim(d->subject);

	utf8_clean(out, s.n ? s : str_of(w->no_subject), SUBJECT_CHARS);
}

static void put_tongue(const struct dsn *d, unsigned tongue, struct buf *text)
{
	const struct words *w = &words[tongue];

	buf_printf(text, "=====\r\n%s\r\n=====\r\n\r\n", w->title);
	for (unsigned i = 0; i < ARRAY_LEN(wordings); i++)
		put_section(d, (enum dsn_action)i, tongue, text);
	buf_puts(text, w->subject);
	put_subject(d, w, text);
	buf_printf(text, "\r\n%s", w->accepted);
	time_put_notice(text, d->tz, d->arrival_us);
	buf_puts(text, "\r\n");
}

static void put_human_part(const struct dsn *d, struct buf *out)
{
	AUTO(buf) text = BUF_MAX(DSN_TEXT_MAX);

	put_tongue(d, JA, &text);
	buf_puts(&text, "\r\n-----\r\n\r\n");
	put_tongue(d, EN, &text);
	own_text_part(out, "text/plain", buf_str(&text));
}

/* ASCII, one line: what a status field may hold. */
static void put_status_text(struct buf *out, struct str s, bool utf8)
{
	AUTO(buf) clean = BUF_MAX(SMTP_REPLY_LINE_MAX * 4);

	utf8_clean(&clean, s, SMTP_REPLY_LINE_MAX);
	for (size_t i = 0; i < clean.n; i++)
		buf_putc(out, (unsigned char)clean.p[i] < 0x80 || utf8
				      ? clean.p[i]
				      : '?');
}

static void put_time(struct buf *out, const struct dsn *d, const char *name,
		     int64_t at_us)
{
	if (at_us == 0)
		return;
	buf_printf(out, "%s: ", name);
	time_put_rfc5322(out, d->tz, at_us);
	buf_puts(out, "\r\n");
}

static void put_typed(struct buf *out, const char *name, const char *type,
		      struct str value, bool utf8)
{
	if (value.n == 0)
		return;
	buf_printf(out, "%s: %s", name, type);
	put_status_text(out, value, utf8);
	buf_puts(out, "\r\n");
}

/* RFC 3461 4: what the sender gave as xtext stands decoded in the report. */
static void put_given(struct buf *out, const char *name, struct str xtext)
{
	AUTO(buf) plain = BUF_MAX(SMTP_LINE_MAX);

	put_typed(out, name, "",
		  xtext_decode(&plain, xtext) ? buf_str(&plain) : xtext, false);
}

/* RFC 6533 3: utf-8-addr-xtext, which a report of ASCII may hold. */
static void put_narrow(struct buf *out, struct str s)
{
	while (s.n) {
		uint32_t cp = (uint32_t)utf8_next(&s);

		if (cp > ' ' && cp < 0x7f && !strchr("+=\\", (int)cp))
			buf_putc(out, (char)cp);
		else
			buf_printf(out, "\\x{%02X}", cp);
	}
}

/* RFC 6533 3: addresses beyond ASCII are of type utf-8. */
static void put_final(const struct dsn *d, struct str address, struct buf *out)
{
	AUTO(buf) narrow = BUF_MAX(SMTP_LINE_MAX);

	if (str_is_ascii(address) || d->smtputf8) {
		put_typed(out, "Final-Recipient",
			  str_is_ascii(address) ? "rfc822; " : "utf-8; ",
			  address, d->smtputf8);
		return;
	}
	put_narrow(&narrow, address);
	put_typed(out, "Final-Recipient", "utf-8; ", buf_str(&narrow), false);
}

/* RFC 3464 2.3. */
static void put_rcpt(const struct dsn *d, const struct dsn_rcpt *r,
		     struct buf *out)
{
	buf_puts(out, "\r\n");
	put_given(out, "Original-Recipient", r->orcpt);
	put_final(d, r->address, out);
	buf_printf(out, "Action: %s\r\nStatus: %.11s\r\n",
		   action_names[r->action], r->status);
	put_typed(out, "Remote-MTA", "dns; ", r->remote_mta, false);
	put_typed(out, "Diagnostic-Code", "smtp; ", r->diagnostic, d->smtputf8);
	put_time(out, d, "Last-Attempt-Date", r->last_attempt_us);
	if (r->action == DSN_ACT_DELAYED)
		put_time(out, d, "Will-Retry-Until", r->retry_until_us);
}

static void put_status_part(const struct dsn *d, struct buf *out)
{
	buf_puts(out,
		 d->smtputf8
			 ? "Content-Type: message/global-delivery-status\r\n"
			   "Content-Transfer-Encoding: 8bit\r\n\r\n"
			 : "Content-Type: message/delivery-status\r\n\r\n");
	put_given(out, "Original-Envelope-Id", d->envid);
	put_typed(out, "Reporting-MTA", "dns; ", d->reporting_mta, false);
	put_time(out, d, "Arrival-Date", d->arrival_us);
	for (size_t i = 0; i < d->rcpt_n; i++)
		put_rcpt(d, &d->rcpt[i], out);
}

/* RFC 6522 3: the third part, whole or header only. */
static void put_original_head(const struct dsn *d, struct buf *out)
{
	const char *type;

	if (d->whole_original)
		type = d->smtputf8 ? "message/global" : "message/rfc822";
	else
		type = d->smtputf8 ? "message/global-headers"
				   : "text/rfc822-headers";
	buf_printf(out, "Content-Type: %s\r\n", type);
	if (d->original_8bit || !str_is_ascii(d->original_header))
		buf_puts(out, "Content-Transfer-Encoding: 8bit\r\n");
	buf_puts(out, "\r\n");
}

static void put_header(const struct dsn *d, const char *boundary,
		       struct buf *out)
{
	AUTO(buf) subject = BUF_MAX(4 * KIB);

	own_mailbox(out, "From", STR_EMPTY, d->from);
	own_mailbox(out, "To", STR_EMPTY, d->to);
	buf_puts(&subject, wordings[main_action(d)].label);
	put_subject(d, &words[JA], &subject);
	own_header(out, "Subject", buf_str(&subject));
	buf_puts(out, "Date: ");
	time_put_rfc5322(out, d->tz, d->date_us);
	buf_puts(out, "\r\n");
	own_raw_header(out, "Message-ID", d->message_id);
	own_raw_header(out, "In-Reply-To", d->original_message_id);
	own_raw_header(out, "References", d->original_message_id);
	/* RFC 3834 5.2: the notice answers a message. */
	buf_puts(out, "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n");
	buf_printf(out,
		   "Content-Type: multipart/report;\r\n"
		   " report-type=delivery-status;\r\n boundary=\"%s\"\r\n\r\n",
		   boundary);
}

void dsn_write(const struct dsn *d, struct buf *head, struct buf *tail)
{
	char b[OWN_BOUNDARY_MAX];

	own_boundary(b);
	put_header(d, b, head);
	buf_printf(head, "--%s\r\n", b);
	put_human_part(d, head);
	buf_printf(head, "--%s\r\n", b);
	put_status_part(d, head);
	buf_printf(head, "\r\n--%s\r\n", b);
	put_original_head(d, head);
	if (d->whole_original) {
		buf_printf(tail, "\r\n--%s--\r\n", b);
		return;
	}
	buf_put_str(head, d->original_header);
	buf_printf(head, "\r\n--%s--\r\n", b);
}
