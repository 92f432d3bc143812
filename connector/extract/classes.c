/* classes.c - which parts are attachments, and which classes the message has
 * (policy/README.md, "How they combine" 7).
 */
#include "connector/base/codec.h"
#include "connector/extract/magic_int.h"
#include "connector/extract/text_int.h"

#define HTML_BYTES_MAX (2 * MIB) /* looked through for cid: */
#define HTML_STEP      (64 * KIB)
#define SEALED_LOOK    (4 * KIB)
#define VERSION_MAX    64 /* "Version: 1" */

static bool type_is(const struct scan *s, size_t part, const char *type)
{
	return part < s->v->part_n && str_is(s->v->part[part].type, type);
}

static bool parent_is(const struct scan *s, size_t part, const char *type)
{
	return type_is(s, s->v->part[part].parent, type);
}

/* Do the part's bytes begin as signatures and sealed messages do: ASN.1 (RFC
 * 8551 3) or armour (RFC 9580 6)? A file may call itself one. */
static bool looks_sealed(struct scan *s, size_t part)
{
	AUTO(buf) bytes = BUF_MAX(SEALED_LOOK);

	(void)content_read(s, part, &bytes);
	return !(name_flags(s->v->part[part].name, 0) & FILE_EXECUTABLE) &&
	       ((bytes.n && bytes.p[0] == '0') ||
		str_find(buf_str(&bytes), STR("-----BEGIN PGP")) >= 0);
}

/* Bytes that are no text and no file that is known. */
static bool nobody_knows(struct scan *s, size_t part)
{
	AUTO(buf) bytes = BUF_MAX(SEALED_LOOK);
	const struct kind *k;
	bool both;

	(void)content_read(s, part, &bytes);
	k = magic_kind(buf_str(&bytes), &both);
	return !*k->type &&
	       !(name_flags(s->v->part[part].name, 0) & FILE_EXECUTABLE);
}

static bool is_signature(struct scan *s, size_t part)
{
	return (type_is(s, part, "application/pkcs7-signature") ||
		type_is(s, part, "application/x-pkcs7-signature") ||
		type_is(s, part, "application/pgp-signature")) &&
	       looks_sealed(s, part);
}

/* RFC 3156 4: a version, and what is sealed. */
static bool is_of_encrypted(struct scan *s, size_t part)
{
	if (type_is(s, part, "application/pgp-encrypted"))
		return s->v->part[part].len < VERSION_MAX;
	return type_is(s, part, "application/octet-stream") &&
	       (looks_sealed(s, part) || nobody_knows(s, part));
}

/* Parts that belong to the way a mail is built, not to what it carries. */
static bool is_machinery(struct scan *s, size_t part)
{
	if (parent_is(s, part, "multipart/signed"))
		return is_signature(s, part);
	if (parent_is(s, part, "multipart/encrypted"))
		return is_of_encrypted(s, part);
	if (parent_is(s, part, "multipart/report"))
		return type_is(s, part, "message/delivery-status") ||
		       type_is(s, part, "message/global-delivery-status") ||
		       type_is(s, part, "text/rfc822-headers") ||
		       type_is(s, part, "message/global-headers") ||
		       type_is(s, part, "message/disposition-notification");
	return s->more[part].root &&
	       (type_is(s, part, "application/pkcs7-mime") ||
		type_is(s, part, "application/x-pkcs7-mime")) &&
	       looks_sealed(s, part);
}

static bool is_body_text(const struct scan *s, size_t part)
{
	const struct view_part *p = &s->v->part[part];

	if (!str_starts(p->type, STR("text/")) ||
	    s->more[part].disposition == DISP_ATTACHMENT || p->name.n)
		return false;
	return type_is(s, part, "text/plain") ||
	       type_is(s, part, "text/html") ||
	       type_is(s, part, "text/enriched") || s->more[part].root ||
	       parent_is(s, part, "multipart/alternative") ||
	       parent_is(s, part, "multipart/report");
}

/* The decoded HTML bodies, as far as the limit goes. */
static void read_html(struct scan *s, struct buf *html)
{
	for (size_t i = 0; i < s->v->part_n; i++) {
		const struct view_part *p = &s->v->part[i];
		uint64_t at = 0, n = MIN_OF(p->len, (uint64_t)HTML_BYTES_MAX);

		if (!type_is(s, i, "text/html") || !is_body_text(s, i) ||
		    s->more[i].nested)
			continue;
		while (at < n) {
			struct str w = source_at(&s->src, p->off + at,
						 HTML_STEP);

			w = str_head(w, (size_t)MIN_OF(n - at, (uint64_t)w.n));
			if (w.n == 0)
				return;
			cte_decode(s->more[i].cte, w, html);
			at += w.n;
		}
	}
}

/* RFC 2392: "cid:" and the id, percent-encoded where it must be. */
static bool html_shows(struct str html, struct str cid)
{
	ptrdiff_t at;

	while ((at = str_find_ci(html, STR("cid:"))) >= 0) {
		AUTO(buf) id = BUF_MAX(4 * KIB);
		size_t n = 0;

		html = str_skip(html, (size_t)at + 4);
		while (n < html.n && n < KIB &&
		       !strchr("\"'<> )\t\r\n", html.p[n]))
			n++;
		if (str_eq(str_head(html, n), cid) ||
		    (percent_decode(&id, str_head(html, n), false) &&
		     str_eq(buf_str(&id), cid)))
			return true;
	}
	return false;
}

/* Only pictures can be shown by the body; anything else stays attached. */
static bool may_be_inline(const struct scan *s, size_t part)
{
	const struct view_part *p = &s->v->part[part];

	return str_starts(p->type, STR("image/")) && s->more[part].cid.n > 0 &&
	       !s->more[part].nested &&
	       !(name_flags(p->name, 0) & FILE_EXECUTABLE) &&
	       !(name_flags(p->other_names, 0) & FILE_EXECUTABLE);
}

static void find_inline(struct scan *s)
{
	AUTO(buf) html = BUF_MAX(HTML_BYTES_MAX);
	bool looked = false;

	for (size_t i = 0; i < s->v->part_n; i++) {
		if (!may_be_inline(s, i))
			continue;
		if (!looked)
			read_html(s, &html);
		looked = true;
		s->v->part[i].inline_cid = html_shows(buf_str(&html),
						      s->more[i].cid);
	}
}

static void find_attachments(struct scan *s)
{
	for (size_t i = 0; i < s->v->part_n; i++) {
		struct view_part *p = &s->v->part[i];

		/* What an attached mail holds belongs to that mail. */
		p->attachment = !p->multipart && !p->inline_cid &&
				!s->more[i].nested && !is_machinery(s, i) &&
				!is_body_text(s, i);
		p->nameless = p->attachment && p->name.n == 0;
	}
}

/* A report carries the mail that it is about, and nothing else: any other file
 * makes it an ordinary mail. */
static bool carries_more(const struct scan *s)
{
	for (size_t i = 0; i < s->v->part_n; i++)
		if (s->v->part[i].attachment &&
		    !(parent_is(s, i, "multipart/report") &&
		      str_starts(s->v->part[i].type, STR("message/"))))
			return true;
	return false;
}

static unsigned root_classes(const struct scan *s)
{
	const struct part_more *m = &s->more[0];

	if (type_is(s, 0, "multipart/signed"))
		return CLASS_SIGNED;
	if (type_is(s, 0, "multipart/encrypted"))
		return CLASS_ENCRYPTED;
	if (type_is(s, 0, "application/pkcs7-mime") ||
	    type_is(s, 0, "application/x-pkcs7-mime"))
		return str_is_ci(m->smime_type, "signed-data")
			       ? CLASS_SIGNED
			       : CLASS_ENCRYPTED;
	if (!type_is(s, 0, "multipart/report") || carries_more(s))
		return 0;
	if (str_is_ci(m->report_type, "disposition-notification"))
		return CLASS_RECEIPT;
	if (str_is_ci(m->report_type, "delivery-status"))
		return CLASS_DSN;
	return 0;
}

static unsigned part_classes(const struct scan *s, size_t i)
{
	const struct view_part *p = &s->v->part[i];

	if (s->more[i].nested)
		return 0;
	if (type_is(s, i, "application/x-microsoft-rpmsg-message") ||
	    str_is_ci(p->name, "message.rpmsg"))
		return CLASS_RIGHTS_MANAGED;
	if (type_is(s, i, "application/ms-tnef") ||
	    type_is(s, i, "application/vnd.ms-tnef") ||
	    str_is_ci(p->name, "winmail.dat"))
		return CLASS_TNEF;
	return 0;
}

/* An invitation where calendars look for it: the whole body, or one of its
 * alternatives (RFC 6047 2.4). */
static bool is_invitation(struct scan *s, size_t i)
{
	AUTO(buf) bytes = BUF_MAX(SEALED_LOOK);

	if (!type_is(s, i, "text/calendar") || !s->more[i].method.n ||
	    !(s->more[i].root || parent_is(s, i, "multipart/alternative")))
		return false;
	(void)content_read(s, i, &bytes);
	return str_find_ci(buf_str(&bytes), STR("BEGIN:VCALENDAR")) >= 0;
}

/* What may stand beside it: the same for people to read, its pictures, the
 * same as a file. */
static bool is_of_invitation(struct scan *s, size_t i)
{
	return s->v->part[i].multipart || s->v->part[i].inline_cid ||
	       is_invitation(s, i) || type_is(s, i, "text/calendar") ||
	       type_is(s, i, "application/ics") ||
	       (is_body_text(s, i) && parent_is(s, i, "multipart/alternative"));
}

/* Calendar mail as a whole: a file beside the invitation makes it an ordinary
 * mail, or anybody could walk past a hold with one. */
static unsigned calendar_class(struct scan *s)
{
	bool any = false;

	for (size_t i = 0; i < s->v->part_n; i++) {
		if (!is_of_invitation(s, i))
			return 0;
		any = any || is_invitation(s, i);
	}
	return any ? CLASS_CALENDAR : 0;
}

static struct str value_of(const struct scan *s, const char *name)
{
	const struct field *f = header_find(&s->header, name);

	return f ? str_trim(f->raw) : STR_EMPTY;
}

/* "auto-replied; type=..." without its parameters (RFC 3834 5). */
static struct str keyword(struct str v)
{
	ptrdiff_t end = str_chr(v, ';');

	return str_trim(end < 0 ? v : str_head(v, (size_t)end));
}

static unsigned header_classes(const struct scan *s)
{
	struct str submitted = keyword(value_of(s, "Auto-Submitted"));
	struct str precedence = value_of(s, "Precedence");
	unsigned classes = 0;

	if ((submitted.n && !str_is_ci(submitted, "no")) ||
	    value_of(s, "X-Autoreply").n || value_of(s, "X-Autorespond").n ||
	    str_is_ci(precedence, "auto_reply"))
		classes |= CLASS_AUTO_REPLY;
	if (value_of(s, "List-Id").n || str_is_ci(precedence, "bulk"))
		classes |= CLASS_BULK;
	return classes;
}

void classes_find(struct scan *s)
{
	find_inline(s);
	find_attachments(s);
	s->v->classes = header_classes(s);
	if (s->v->part_n)
		s->v->classes |= root_classes(s);
	for (size_t i = 0; i < s->v->part_n; i++)
		s->v->classes |= part_classes(s, i);
	s->v->classes |= calendar_class(s);
}
