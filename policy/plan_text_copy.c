/* plan_text_copy.c - what a recipient gets, as lines of text in ja or en. */
#include "connector/base/utf8.h"
#include "policy/plan_int.h"

#define CLEAN_CHARS 200

static const struct {
	const char *ja, *en;
} GRADE_WORDS[] = {
	[GRADE_UNKNOWN] = {"わからない", "not known"},
	[GRADE_NONE] = {"暗号化なし", "no encryption"},
	[GRADE_OPPORTUNISTIC] = {"暗号化あり", "encryption"},
	[GRADE_VALID_CERTIFICATE] = {"正しい証明書", "a valid certificate"},
	[GRADE_MTA_STS] = {"MTA-STS", "MTA-STS"},
	[GRADE_DANE] = {"DANE", "DANE"},
};

static const char *grade_word(enum tls_grade g, bool ja)
{
	return ja ? GRADE_WORDS[g].ja : GRADE_WORDS[g].en;
}

static void put_way(struct buf *out, const struct plan_ways *w,
		    enum file_way way, bool ja)
{
	if (way == WAY_ATTACH) {
		buf_puts(out, ja ? "そのまま添付" : "attached as it is");
	} else if (way == WAY_ZIP) {
		buf_printf(out,
			   ja ? "パスワード付きZIP(%s)"
			      : "ZIP with a password (%s)",
			   w->zipcrypto ? "ZipCrypto" : "AES-256");
	} else {
		buf_puts(out, ja ? "受け取りページ(" : "download page (");
		say_duration(out, w->keep_us, ja);
		buf_printf(out, ja ? "、%u回まで)" : ", %u times)",
			   w->downloads);
	}
}

static void file_line(const struct plan_rcpt *r, const struct plan_file *f,
		      bool ja, struct buf *out)
{
	buf_puts(out, ja ? "  - 添付「" : "  - attachment \"");
	utf8_clean(out, f->name, CLEAN_CHARS);
	buf_puts(out, ja ? "」: " : "\": ");
	if (f->way == f->way_tls) {
		put_way(out, &r->ways, f->way, ja);
		buf_putc(out, '\n');
		return;
	}
	buf_printf(out,
		   ja ? "TLSが「%s」以上なら" : "where TLS has at least %s: ",
		   grade_word(r->ways.at_least, ja));
	put_way(out, &r->ways, f->way_tls, ja);
	buf_puts(out, ja ? "、でなければ" : ", else: ");
	put_way(out, &r->ways, f->way, ja);
	buf_putc(out, '\n');
}

static void tls_line(const struct plan_ways *w, bool ja, struct buf *out)
{
	if (w->at_least == GRADE_UNKNOWN)
		return;
	buf_printf(out,
		   ja ? "  - TLS(予測): %s(条件: %s以上)\n"
		      : "  - TLS (predicted): %s (asked for: at least %s)\n",
		   grade_word(w->grade, ja), grade_word(w->at_least, ja));
}

static void put_told(struct buf *out, unsigned to, bool ja)
{
	static const char *const JA[] = {"", "宛先", "差出人", "宛先と差出人"};
	static const char *const EN[] = {"", "the recipient", "the sender",
					 "recipient and sender"};

	buf_puts(out, ja ? JA[to] : EN[to]);
}

static void put_make(struct buf *out, const struct plan_password *p, bool ja)
{
	if (p->make == PASSWORD_RANDOM)
		buf_printf(out,
			   ja ? "毎回新しく作り(%u文字)、"
			      : "made anew (%u characters)",
			   p->length);
	else
		buf_printf(out,
			   ja ? "登録したもの(" STR_FMT ")を使い、"
			      : "the registered one (" STR_FMT ")",
			   STR_ARG(p->secret));
}

static void put_told_ja(struct buf *out, const struct plan_password *p)
{
	if (p->after_us)
		say_duration(out, p->after_us, true);
	buf_puts(out, p->after_us ? "後に" : "すぐに");
	put_told(out, p->to, true);
	buf_puts(out, p->tell_hint ? "へヒントだけを知らせます"
				   : "へ別のメールで知らせます");
}

static void put_told_en(struct buf *out, const struct plan_password *p)
{
	buf_puts(out, p->tell_hint ? ", only its hint is told to "
				   : ", told in another mail to ");
	put_told(out, p->to, false);
	buf_puts(out, p->after_us ? " after " : " at once");
	if (p->after_us)
		say_duration(out, p->after_us, false);
}

static void put_hint(struct buf *out, const struct plan_password *p, bool ja)
{
	if (!p->hint.n || !p->tell_hint)
		return;
	buf_puts(out, ja ? "(ヒント: " : " (hint: ");
	utf8_clean(out, p->hint, CLEAN_CHARS);
	buf_putc(out, ')');
}

static void password_line(const struct plan_password *p, bool ja,
			  struct buf *out)
{
	if (!p->set)
		return;
	buf_puts(out, ja ? "  - パスワード: " : "  - password: ");
	if (p->make == PASSWORD_NONE) {
		buf_puts(out, ja ? "なし" : "none");
	} else {
		put_make(out, p, ja);
		if (ja)
			put_told_ja(out, p);
		else
			put_told_en(out, p);
		put_hint(out, p, ja);
	}
	buf_putc(out, '\n');
	if (p->mailed_code)
		buf_puts(out, ja ? "  - 受け取りページは、メールで送るコードで"
				   "確かめます\n"
				 : "  - the download page asks for a mailed "
				   "code\n");
}

static void insert_lines(const struct plan_rcpt *r, bool ja, struct buf *out)
{
	for (size_t i = 0; i < r->insert_n; i++) {
		const struct plan_insert *in = &r->insert[i];

		if (ja)
			buf_printf(out, "  - 本文の%sに次の文を入れます: ",
				   in->tail ? "終わり" : "はじめ");
		else
			buf_printf(out, "  - text put at the %s: ",
				   in->tail ? "end" : "beginning");
		utf8_clean(out, ja ? in->text.ja : in->text.en, CLEAN_CHARS);
		buf_putc(out, '\n');
	}
}

void plan_text_copy(const struct plan_rcpt *r, bool ja, struct buf *out)
{
	tls_line(&r->ways, ja, out);
	for (size_t i = 0; r->ways.rule.n && i < r->file_n; i++)
		file_line(r, &r->file[i], ja, out);
	password_line(&r->password, ja, out);
	insert_lines(r, ja, out);
	if (r->sign)
		buf_puts(out, ja ? "  - S/MIME で署名します\n"
				 : "  - signed by S/MIME\n");
	if (r->encrypt)
		buf_puts(out, ja ? "  - S/MIME で暗号化します\n"
				 : "  - encrypted by S/MIME\n");
}
