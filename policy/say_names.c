/* say_names.c - what people call the things that plans name: kinds of personal
 * data, doubts, notices, moments of copies.
 */
#include "policy/policy_int.h"

const struct kind_words KIND_WORDS[DETECT_N + 1] = {
	[DETECT_CARD] = {"カード番号", "card number", "card numbers"},
	[DETECT_SIXTEEN] = {"16桁の数字", "number of 16 digits",
			    "numbers of 16 digits"},
	[DETECT_MY_NUMBER] = {"マイナンバー", "Individual Number",
			      "Individual Numbers"},
	[DETECT_CORPORATE] = {"法人番号", "Corporate Number",
			      "Corporate Numbers"},
	[DETECT_PHONE] = {"電話番号", "phone number", "phone numbers"},
	[DETECT_MAIL] = {"メールアドレス", "mail address", "mail addresses"},
	[DETECT_BANK] = {"口座番号", "bank account", "bank accounts"},
	[DETECT_PASSPORT] = {"旅券番号", "passport number", "passport numbers"},
	[DETECT_LICENCE] = {"運転免許証番号", "driver's licence number",
			    "driver's licence numbers"},
	[DETECT_IBAN] = {"IBAN", "IBAN", "IBANs"},
	[DETECT_POSTAL] = {"住所", "postal address", "postal addresses"},
	[DETECT_NAME] = {"氏名", "personal name", "personal names"},
	[WHAT_PEOPLE] = {"個人", "person", "persons"},
};

/* A word of plan_json.c and what it is called. */
struct called {
	const char *word, *ja, *en;
};

static void say_called(struct buf *out, const struct called *v, size_t n,
		       struct str word, bool ja)
{
	for (size_t i = 0; i < n; i++) {
		if (str_is(word, v[i].word)) {
			buf_puts(out, ja ? v[i].ja : v[i].en);
			return;
		}
	}
	buf_put_str(out, word);
}

void say_doubt(struct buf *out, struct str word, bool ja)
{
	static const struct called V[] = {
		{"picture", "文字のない画像など", "picture without text"},
		{"encrypted", "暗号化されていて読めない", "encrypted"},
		{"unknown-type", "読み方を知らない形式", "unknown type"},
		{"too-large", "大きすぎて読めない", "too large"},
		{"damaged", "壊れていて読めない", "damaged"},
		{"ambiguous", "読み方が1つに決まらない", "ambiguous"},
		{"limit", "検査の上限を超えた", "limit reached"},
		{"failed", "検査が終わらなかった", "not finished"},
	};

	say_called(out, V, ARRAY_LEN(V), word, ja);
}

void say_notice(struct buf *out, struct str kind, bool ja)
{
	static const struct called V[] = {
		{"hold", "保留のお知らせ", "mail is kept"},
		{"digest", "保留のお知らせ(まとめて1通)",
		 "mail is kept, several in one notice"},
		{"refused", "送らなかったお知らせ", "mail was refused"},
		{"bcc", "Bccに変えたお知らせ", "addresses became Bcc"},
		{"copy", "写しを渡したお知らせ", "a copy was given"},
		{"approve", "承認のお願い", "request for approval"},
		{"text", "規則の文面", "text of a rule"},
	};

	say_called(out, V, ARRAY_LEN(V), kind, ja);
}

void say_when(struct buf *out, struct str when, bool ja)
{
	static const struct called V[] = {
		{"accepted", "受け付けたとき", "when accepted"},
		{"released", "送り出すとき", "when released"},
		{"refused", "送らなかったとき", "when refused"},
	};

	say_called(out, V, ARRAY_LEN(V), when, ja);
}
