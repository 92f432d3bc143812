"""samples_002.py - the 32 examples of 002."""

import files as f
from mail import File
from samples import *

TLS = "松本 翔 <sho.matsumoto@tls.example.org>"
STS = "清水 優 <yu.shimizu@sts.example.org>"
DANE = "斎藤 恵 <megumi.saito@dane.example.org>"
OPP = "林 拓也 <takuya.hayashi@opp.example.org>"
PLAIN = "山口 愛 <ai.yamaguchi@plain.example.org>"
ZIP = "森田 学 <manabu.morita@zip-partner.example.org>"
LINK = "原田 緑 <midori.harada@link-partner.example.org>"
NDA = "上野 涼 <ryo.ueno@nda-partner.example.org>"

CATALOGUE = File("製品カタログ2026秋.pdf", f.pdf([
    "製品カタログ 2026年秋", "型番 MH-2041 精密ばね  1個 480円",
    "型番 MH-2042 精密ばね  1個 520円"]))
MINUTES = File("打ち合わせメモ.docx", f.docx([
    "打ち合わせメモ", "日時 2026年8月31日 15時から",
    "次回までに図面を改める。"]))
BUDGET = File("予算案.xlsx", f.xlsx([["項目", "金額"], ["部材", "480000"],
                                     ["加工", "220000"]]))
NOTE = File("連絡事項.txt", f.text_of(["9月の納品日を別紙のとおり変えます。"]))
LOGO = [("logo@mail.example.co.jp", f.png())]

ADDRESSES = """東京都千代田区霞が関二丁目1番8号
東京都新宿区西新宿二丁目8番1号
神奈川県横浜市中区日本大通5番9号
大阪府大阪市中央区大手前二丁目1番22号
愛知県名古屋市中区三の丸三丁目1番2号
北海道札幌市中央区北三条西六丁目7番
福岡県福岡市博多区東公園7番7号
宮城県仙台市青葉区本町三丁目8番1号
広島県広島市中区基町10番52号
京都府京都市上京区藪ノ内町85番4号
埼玉県さいたま市浦和区高砂三丁目15番1号
千葉県千葉市中央区市場町1番1号""".split("\n")
NAMES = ["佐藤美咲", "鈴木健太", "高橋陽子", "田中大輔", "伊藤さくら",
         "渡辺直樹", "山本由美", "中村拓也", "小林真由美", "加藤浩二"]


def phones(count, first=5600):
    return [f"03-1234-{first + i}" for i in range(count)]


def recipe_01():
    r = Recipe("002-01")
    both = ["personal-data-by-link", "attachments-by-tls"]
    members = [["氏名", "住所"]] + [list(row) for row in zip(NAMES, ADDRESSES)]
    r.caught("名前と住所の一覧は、TLSの相手にもWebダウンロード",
             "A list of names and addresses goes by link even with TLS", both,
             {TLS: passes(**files("link", "会員一覧.xlsx"))}, to=[TLS],
             subject="会員一覧のご送付",
             files=[File("会員一覧.xlsx", f.xlsx(members))])
    r.caught("カード番号の入ったCSV(Shift_JIS)", "A CSV with card numbers",
             both, {DANE: passes(**files("link", "入金.csv"))}, to=[DANE],
             subject="8月分の入金について",
             files=[File("入金.csv", f.csv_of(
                 [["番号", "カード", "金額"],
                  ["1", "4111-1111-1111-1111", "12000"],
                  ["2", "5555 5555 5555 4444", "8000"]], "cp932"))],
             expect={"findings": {"card": 2}})
    r.caught("マイナンバーの入ったPDF", "A PDF with a My Number", both,
             {STS: passes(**files("link", "届出.pdf"))}, to=[STS],
             subject="扶養控除の届出について",
             files=[File("届出.pdf", f.pdf(["扶養控除等申告書",
                                            "個人番号 123456789018"]))],
             expect={"findings": {"my-number": 1}})
    r.caught("ZIPの中のカード番号", "Card numbers within a ZIP", both,
             {TLS: passes(**files("link", "明細.zip"))}, to=[TLS],
             subject="ご利用明細",
             files=[File("明細.zip", f.zip_of([("明細/8月.csv", f.csv_of(
                 [["カード"], ["4111111111111111"]]))]))])
    r.caught("TLSのない相手にはWebダウンロード、ほかはそのまま",
             "Where there is no TLS the file goes by link, elsewhere as it is",
             ["attachments-by-tls"],
             {PLAIN: passes(**files("link", CATALOGUE.name)),
              TLS: passes(**files("attach", CATALOGUE.name)),
              HANAKO: passes(**files("attach", CATALOGUE.name))},
             to=[PLAIN, TLS], cc=[HANAKO], subject="カタログのご送付",
             files=[CATALOGUE])
    r.passed("個人情報のない添付は、TLSの相手にそのまま",
             "Files without personal data go as they are to TLS",
             {a: passes(**files("attach", CATALOGUE.name))
              for a in (TLS, STS, DANE, OPP)}, ["attachments-by-tls"],
             to=[TLS, STS, DANE, OPP], subject="カタログのご送付",
             files=[CATALOGUE])
    r.passed("本文にある個人情報は添付ではない",
             "Personal data in the body is in no attachment",
             {TLS: passes(**files("attach", MINUTES.name))},
             ["attachments-by-tls"], to=[TLS], subject="ご連絡先",
             text="窓口は" + "、".join(n + "さん" for n in NAMES[:4]) +
             "です。カードの番号は 4111-1111-1111-1111 です。",
             files=[MINUTES])
    r.passed("法人番号と担当者2人は個人情報の一覧ではない",
             "A corporate number and two names are no list of personal data",
             {TLS: passes(**files("attach", "契約書案.docx"))},
             ["attachments-by-tls"], to=[TLS], subject="契約書案",
             files=[File("契約書案.docx", f.docx([
                 "売買基本契約書(案)", "法人番号 7000012050002",
                 "担当 佐藤美咲、鈴木健太"]))])


def recipe_02():
    r = Recipe("002-02")
    r.caught("TLSのない相手には自動でWebダウンロード",
             "Without TLS the file goes by link", ["attachments-by-tls"],
             {PLAIN: passes(**files("link", CATALOGUE.name))}, to=[PLAIN],
             subject="カタログのご送付", files=[CATALOGUE])
    r.caught("宛先ごとに分かれる", "Each recipient by himself",
             ["attachments-by-tls"],
             {TLS: passes(**files("attach", CATALOGUE.name, BUDGET.name)),
              OPP: passes(**files("attach", CATALOGUE.name, BUDGET.name)),
              PLAIN: passes(**files("link", CATALOGUE.name, BUDGET.name)),
              KEN: passes(**files("attach", CATALOGUE.name, BUDGET.name))},
             to=[TLS, PLAIN], cc=[OPP, KEN], subject="カタログと予算案",
             files=[CATALOGUE, BUDGET])
    r.passed("TLSの相手にはそのまま", "With TLS the file goes as it is",
             {DANE: passes(**files("attach", CATALOGUE.name),
                           password=None)},
             ["attachments-by-tls"], to=[DANE], subject="カタログのご送付",
             files=[CATALOGUE])
    r.passed("添付がなければ何もしない", "Nothing is done without a file",
             to=[PLAIN])


def recipe_03(name="002-03"):
    r = Recipe(name)
    r.caught("社外宛ては60分後の11時まで待つ",
             "External mail waits an hour, until 11:00", ["hold-external"],
             {CUSTOMER: held(60)},
             expect={"notices": [{"to": TARO, "kind": "hold"}]})
    r.caught("社内とグループ会社にはすぐ届き、社外だけが待つ",
             "Colleagues and group companies get it at once",
             ["hold-external"], {CUSTOMER: held(60)},
             cc=[HANAKO, GROUP])
    r.caught("よく似たドメインは社外", "A similar domain is external",
             ["hold-external"], {"taro.yamada@example-co.jp": held(60)},
             to=["taro.yamada@example-co.jp"], subject="転送")
    r.passed("社内とグループ会社だけなら待たない",
             "Internal and affiliated mail does not wait", to=[HANAKO],
             cc=[GROUP, KEN])


def recipe_04():
    r = Recipe("002-04")
    r.caught("営業から社外への添付はZIPになる",
             "What sales attach to external mail becomes a ZIP",
             ["sales-zip"],
             {CUSTOMER: passes(**files("zip", BUDGET.name), **told())},
             subject="予算案のご送付", files=[BUDGET])
    r.caught("Ccの社内には添付をそのまま", "A colleague in Cc gets the file",
             ["sales-zip"],
             {CUSTOMER: passes(**files("zip", CATALOGUE.name, MINUTES.name),
                               **told()),
              HANAKO: passes(**files("attach", CATALOGUE.name, MINUTES.name),
                             password=None)},
             sender=MARI, cc=[HANAKO], subject="資料のご送付",
             files=[CATALOGUE, MINUTES])
    r.passed("技術部門の添付はそのまま", "Engineering is not concerned",
             {CUSTOMER: passes(**files("attach", BUDGET.name))}, sender=JIRO,
             subject="予算案のご送付", files=[BUDGET])
    r.passed("添付がなければ何もしない。署名のロゴは添付ではない",
             "No file, no ZIP; a logo in the signature is no attachment",
             pictures=LOGO)
    r.passed("社内への添付はそのまま", "Files to colleagues go as they are",
             {KEN: passes(**files("attach", BUDGET.name))}, to=[KEN],
             files=[BUDGET])


def filler(size, name="図面一式.pdf"):
    """A file of that many bytes."""
    head = f.pdf(["図面一式"])
    return File(name, head + b"\n" * (size - len(head)))


def recipe_05(name="002-05"):
    r = Recipe(name)
    two = 2 * 1024 * 1024
    r.caught("ちょうど2MBの添付はWebダウンロード",
             "An attachment of exactly 2 MB goes by link", ["large-by-link"],
             {CUSTOMER: passes(**files("link", "図面一式.pdf"))},
             subject="図面のご送付", files=[filler(two)], big=True)
    r.caught("1つが大きければ、ほかの添付もWebダウンロード",
             "With one large file the others go by link, too",
             ["large-by-link"],
             {CUSTOMER: passes(**files("link", NOTE.name, "図面一式.pdf")),
              HANAKO: passes(**files("attach", NOTE.name, "図面一式.pdf"))},
             cc=[HANAKO], subject="図面のご送付",
             files=[NOTE, filler(two + 1)], big=True)
    r.passed("2MBに1バイト足りなければそのまま",
             "One byte less goes as it is",
             {CUSTOMER: passes(**files("attach", "図面一式.pdf"))},
             subject="図面のご送付", files=[filler(two - 1)], big=True)
    r.passed("社内へは大きくてもそのまま", "Colleagues get large files",
             {KEN: passes(**files("attach", "図面一式.pdf"))}, to=[KEN],
             subject="図面のご送付", files=[filler(two)], big=True)


def bcc_recipe(name, rule, count):
    r = Recipe(name)
    hidden = people("customer.example.com", count)
    bcc = {a: passes(bcc=True) for a in hidden}
    r.caught(f"ToとCcに社外が{count}件あるとBccになる",
             f"{count} external addresses in To and Cc become Bcc", [rule],
             bcc, to=hidden[:2], cc=hidden[2:],
             subject="展示会のご案内",
             expect={"notices": [{"to": TARO, "kind": "bcc"}]})
    r.caught("社内とグループ会社のアドレスは残る",
             "Internal and affiliated addresses stay", [rule], bcc,
             to=[HANAKO] + hidden, cc=[GROUP], subject="展示会のご案内")
    r.passed(f"社外が{count - 1}件なら、社内が多くても変えない",
             f"{count - 1} external ones stay, however many colleagues",
             to=hidden[1:], cc=[HANAKO, KEN, JIRO, MARI, GROUP],
             subject="展示会のご案内")
    r.passed("ToとCcに重ねて書かれたアドレスは1件",
             "An address in To and in Cc counts once", to=hidden[1:],
             cc=hidden[1:2], subject="展示会のご案内")
    r.passed("はじめからBccにあるアドレスは数えない",
             "Addresses that are in Bcc already do not count",
             to=hidden[:1], bcc=hidden[1:], subject="展示会のご案内")


def recipe_06():
    bcc_recipe("002-06", "five-external-to-bcc", 5)


def recipe_07():
    r = Recipe("002-07")
    rule = ["temps-attach-with-cc"]
    r.caught("派遣社員の添付はCcに社員がいないと送れない",
             "Temporary staff cannot attach without an employee in Cc", rule,
             {CUSTOMER: refused()}, sender=AYA, files=[BUDGET],
             expect={"notices": [{"to": AYA, "kind": "refused"}]})
    r.caught("Ccにいるのがアルバイトでは足りない",
             "A part-timer in Cc is not enough", rule,
             {CUSTOMER: refused(), SHIN: refused()}, sender=AYA, cc=[SHIN],
             files=[BUDGET])
    r.caught("社員がToにいても、Ccにいなければ送れない",
             "An employee in To is not one in Cc", rule,
             {CUSTOMER: refused(), HANAKO: refused()}, sender=SHIN,
             to=[CUSTOMER, HANAKO], files=[NOTE])
    r.passed("Ccに社員がいれば送れる", "With an employee in Cc it leaves",
             sender=AYA, cc=[TARO], files=[BUDGET])
    r.passed("添付がなければ送れる", "Without a file it leaves", sender=SHIN)
    r.passed("社内へは添付できる", "Files to colleagues leave", sender=AYA,
             to=[HANAKO], files=[BUDGET])
    r.passed("社員は添付できる", "Employees may attach", files=[BUDGET])


def recipe_08(name="002-08"):
    r = Recipe(name)
    rule = ["key-customers-later"]
    r.caught("重要なお客様には60分後、社内とグループ会社にはすぐ",
             "The key customer waits an hour, colleagues do not", rule,
             {BIG: delayed(60)}, to=[BIG], cc=[HANAKO, GROUP])
    r.caught("同じメールのほかの社外の宛先も待つ",
             "Other external recipients of the same mail wait, too", rule,
             {BIG: delayed(60), CUSTOMER: delayed(60)}, to=[BIG],
             cc=[CUSTOMER, HANAKO])
    r.caught("Bccの重要なお客様も待つ", "A key customer in Bcc waits", rule,
             {BIG: delayed(60)}, to=[KEN], bcc=[BIG])
    r.passed("ほかのお客様には待たずに送る", "Other customers do not wait",
             cc=[HANAKO])
    r.passed("よく似たドメインは重要なお客様ではない",
             "Similar domains are no key customers",
             to=["buyer@bigcustomer.example.org",
                 "buyer@not-bigcustomer.example.com"])


def recipe_09():
    r = Recipe("002-09")
    rule = ["sales-attachments-approved"]
    r.caught("営業の社外への添付は上司の確認を待つ",
             "What sales attach waits for the manager", rule,
             {CUSTOMER: approval("manager")}, files=[BUDGET])
    r.caught("Ccに上司がいても確認は要る",
             "The manager in Cc does not replace the look", rule,
             {CUSTOMER: approval("manager")}, cc=[HANAKO], files=[BUDGET])
    r.passed("添付がなければ待たない。本文の画像は添付ではない",
             "Without a file it leaves; a picture in the body is none",
             pictures=LOGO)
    r.passed("技術部門の添付は待たない", "Engineering does not wait",
             sender=JIRO, files=[BUDGET])
    r.passed("社内への添付は待たない", "Files to colleagues do not wait",
             to=[KEN], files=[BUDGET])


def recipe_10():
    r = Recipe("002-10")
    rule = ["approve-or-cc"]
    r.caught("上司の承認を待つ", "It waits for the manager", rule,
             {CUSTOMER: approval("manager")},
             expect={"smallest-change": {
                 "ja": "鈴木花子さんを Cc に入れる",
                 "en": "Add 鈴木花子 to Cc"}})
    r.caught("上司がToにいてもCcの代わりにならない",
             "The manager in To is not in Cc", rule,
             {CUSTOMER: approval("manager")}, to=[CUSTOMER, HANAKO])
    r.caught("ほかの部門の部長がCcにいても足りない",
             "The head of another department is not enough", rule,
             {CUSTOMER: approval("manager")}, cc=[KEN])
    r.passed("Ccに上司がいれば待たない", "With the manager in Cc it leaves",
             cc=[HANAKO])
    r.passed("Ccが上司の上司でもよい", "The manager's manager will do",
             cc=[AKIRA])
    r.passed("上司のいない人は待たない", "Nobody is above the president",
             sender=AKIRA)
    r.passed("社内へは待たない", "Mail to colleagues leaves", to=[KEN])


def recipe_11(name="002-11"):
    r = Recipe(name)
    rule = ["ten-phones-or-addresses"]
    r.caught("本文に電話番号が10件", "Ten phone numbers in the body", rule,
             {CUSTOMER: refused()}, subject="連絡網", sign=False,
             text="連絡網です。\n" + "\n".join(phones(10)),
             expect={"findings": {"phone": 10}})
    r.caught("本文に5件、添付に5件", "Five in the body, five in a file", rule,
             {CUSTOMER: refused()}, subject="連絡網", sign=False,
             text="連絡先です。\n" + "\n".join(
                 p.replace("-", "") for p in phones(5)),
             files=[File("連絡網.xlsx", f.xlsx(
                 [[p] for p in phones(5, 5700)]))],
             expect={"findings": {"phone": 10}})
    r.caught("全角や+81の書き方でも数える",
             "Full-width digits and +81 count as well", rule,
             {CUSTOMER: refused()}, subject="連絡網", sign=False,
             charset="utf-8",
             text="\n".join(["０３－１２３４－５６００", "+81 3 1234 5601",
                             "(03)1234-5602", "090-1234-5603",
                             "０９０ー１２３４ー５６０４"] +
                            phones(5, 5605)),
             expect={"findings": {"phone": 10}})
    r.caught("添付に住所が10件", "Ten postal addresses in a file", rule,
             {CUSTOMER: refused()}, subject="送付先一覧", sign=False,
             files=[File("送付先.csv", f.csv_of(
                 [["番号", "住所"]] +
                 [[str(i), a] for i, a in enumerate(ADDRESSES[:10], 1)],
                 "cp932"))],
             expect={"findings": {"postal-address": 10}})
    r.passed("電話番号は9件", "Nine phone numbers", subject="連絡網",
             sign=False, text="\n".join(phones(9)),
             expect={"findings": {"phone": 9}})
    r.passed("同じ番号を10回書いても1件", "One number ten times is one",
             subject="連絡先", sign=False, text="\n".join(phones(1) * 10))
    r.passed("注文番号は電話番号ではない", "Order numbers are no phones",
             subject="ご注文の控え", sign=False,
             text="\n".join(f"注文番号 20260901-{i:04}" for i in range(12)))
    r.passed("電話9件と住所9件は、どちらも10件でない",
             "Nine phones and nine addresses are neither ten",
             subject="名簿", sign=False,
             files=[File("名簿.xlsx", f.xlsx(
                 [list(row) for row in zip(phones(9), ADDRESSES[:9])]))])


def partner_text(company):
    return f"{company}\nご担当者様\n\n" + letter(
        "", TARO, "お見積りをお送りします。").lstrip()


def recipe_12():
    r = Recipe("002-12")
    a_file = File("お見積り_パートナーエー様.pdf", f.pdf(["お見積り"]))
    b_file = File("お見積り_パートナービー様.pdf", f.pdf(["お見積り"]))
    a_text = partner_text("株式会社パートナーエー")
    r.caught("台帳にないドメイン", "A domain that is not in the register",
             ["unknown-partner"], {CUSTOMER: refused()}, body=a_text)
    r.caught("本文にほかの取引先の名前",
             "The body names another partner", ["body-names-partner"],
             {PARTNER_A: refused()}, to=[PARTNER_A],
             body=partner_text("有限会社パートナービー"))
    r.caught("本文に会社名がない", "The body names no company",
             ["body-names-partner"], {PARTNER_A: refused()}, to=[PARTNER_A],
             body=partner_text("いつもの"))
    r.caught("添付のファイル名がほかの取引先",
             "The attachment is named after another partner",
             ["files-name-partner"], {PARTNER_A: refused()}, to=[PARTNER_A],
             body=a_text, files=[b_file])
    r.passed("ドメイン、本文、ファイル名がそろう",
             "Domain, body and file name all fit", to=[PARTNER_A],
             body=a_text, files=[a_file], subject="お見積りの件")
    r.passed("㈱や前後の違いは問わない",
             "㈱ and where it stands make no difference",
             to=[BIG], body=partner_text("㈱ビッグカスタマー"), html=True,
             charset="utf-8")
    r.passed("台帳の1,000社のひとつ", "One of the other 1,000",
             to=["tanto@yunagi-denki.example.org"],
             body=partner_text("夕凪電機"))
    r.passed("2社に宛てて、両社の名前がある",
             "To two partners, both of whom are named",
             to=[PARTNER_A, PARTNER_B], charset="utf-8",
             body=partner_text("㈱パートナーエー、パートナービー㈲"))
    r.passed("社内へは照らし合わせない", "Colleagues are no partners",
             to=[KEN], files=[b_file])


def recipe_13():
    r = Recipe("002-13")
    rule = ["forbidden-extensions"]
    r.caught("docxは送れない", "docx is refused", rule,
             {CUSTOMER: refused()}, files=[MINUTES],
             expect={"smallest-change": {
                 "ja": f"添付「{MINUTES.name}」を外す",
                 "en": f"Leave out the attachment {MINUTES.name}"}})
    r.caught("tar.gzは送れない", "tar.gz is refused", rule,
             {CUSTOMER: refused()},
             files=[File("原稿.tar.gz", bytes.fromhex(
                 "1f8b08000000000002ff030000000000000000"),
                         kind="application/gzip", how="2231")])
    r.caught("大文字の拡張子も同じ", "Upper case makes no difference", rule,
             {CUSTOMER: refused(), HANAKO: refused()}, cc=[HANAKO],
             files=[File("YOSAN.XLSX", BUDGET.data, kind=BUDGET.kind)])
    r.caught("添付された画像", "An attached picture", rule,
             {CUSTOMER: refused()}, files=[File("写真.png", f.png(),
                                                how="2047")])
    r.caught("添付されたメール", "An attached mail", rule,
             {CUSTOMER: refused()},
             files=[File("お問い合わせ.eml", b"From: a@example.com\r\n"
                         b"To: b@example.com\r\nSubject: hello\r\n\r\nhello"
                         b"\r\n", kind="message/rfc822")])
    r.passed("pdf、txt、csvは送れる", "pdf, txt and csv leave",
             files=[CATALOGUE, NOTE, File("一覧.csv", f.csv_of([["a", "b"]]))])
    r.passed("本文に表示される画像は添付ではない",
             "A picture in the body is no attachment", pictures=LOGO)
    r.passed("最後の拡張子で見分ける", "The last extension counts",
             files=[File("議事録.docx.pdf", f.pdf(["議事録"]))])


def recipe_14(name="002-14", text=True):
    r = Recipe(name)
    r.caught("添付はWebダウンロードになる", "Attachments go by link",
             ["link-for-all"],
             {CUSTOMER: passes(**files("link", CATALOGUE.name))},
             subject="カタログのご送付", files=[CATALOGUE])
    r.caught("決めた宛先だけZIP、同じメールのほかの宛先はWebダウンロード",
             "ZIP for some, a link for the others",
             ["zip-for-some", "link-for-all"],
             {ZIP: passes(**files("zip", CATALOGUE.name)),
              CUSTOMER: passes(**files("link", CATALOGUE.name))},
             to=[CUSTOMER, ZIP], subject="カタログのご送付",
             files=[CATALOGUE])
    if text:
        nda = {"inserts": [{"name": "nda", "at": "head"}]}
        r.caught("決めた宛先には定型文が入る",
                 "The prepared text for those who get it",
                 ["link-for-all", "prepared-text"],
                 {NDA: passes(**files("link", MINUTES.name), **nda),
                  CUSTOMER: passes(**files("link", MINUTES.name),
                                   inserts=[])},
                 to=[NDA], cc=[CUSTOMER], files=[MINUTES])
        r.caught("添付がなくても定型文は入る",
                 "The text comes without attachments, too",
                 ["prepared-text"], {NDA: passes(**nda)}, to=[NDA])
    r.passed("添付がなければ何もしない", "Nothing is done without a file",
             to=[ZIP, CUSTOMER])


def recipe_15():
    r = Recipe("002-15")
    r.caught("Ccに上司がいなければ送れない",
             "Without a superior in Cc it is refused",
             ["permission", "superior-in-cc"], {CUSTOMER: refused()})
    r.caught("添付があってCcに上司がいない",
             "With a file and no superior in Cc it is refused",
             ["permission", "superior-in-cc",
              "superior-in-cc-when-attaching"], {CUSTOMER: refused()},
             files=[CATALOGUE])
    r.caught("Ccに上司がいても許可は要る",
             "With the manager in Cc it still needs his permission",
             ["permission"], {CUSTOMER: approval("manager")}, cc=[HANAKO],
             files=[CATALOGUE])
    r.caught("添付して送れないアカウント",
             "An account that cannot attach",
             ["permission", "no-attachments"],
             {CUSTOMER: refused(), HANAKO: refused()}, sender=SHIN,
             cc=[HANAKO], files=[NOTE])
    r.caught("そのアカウントも、添付がなければ許可を得て送れる",
             "Without a file that account needs permission only",
             ["permission"], {CUSTOMER: approval("manager")}, sender=SHIN,
             cc=[HANAKO])
    r.passed("社内へはそのまま送れる", "Mail to colleagues leaves",
             to=[KEN], cc=[JIRO], files=[CATALOGUE])
    r.passed("上司のいない人は送れる", "Nobody is above the president",
             sender=AKIRA, files=[CATALOGUE])


def recipe_16():
    r = Recipe("002-16")
    log = File("動作記録.log", f.text_of(["2026-09-01 09:12:44 start"]))
    ten = 10 * 1024 * 1024
    third = ten // 3 + 1
    everyone = {TARO: refused(), CUSTOMER: refused(), KEN: refused()}
    r.caught("添付はZIPになり、3分後にパスワードが受信者にだけ届く",
             "A ZIP, and the password three minutes later",
             ["zip-and-password-later"],
             {a: passes(**files("zip", log.name, CATALOGUE.name),
                        **told(to=["recipient"]))
              for a in (CUSTOMER, NEWCOMER)}, to=[TARO],
             bcc=[CUSTOMER, NEWCOMER], files=[log, CATALOGUE])
    r.caught("Toに自分のほかの人がいる", "Somebody else is in To",
             ["to-self-only"], {TARO: refused(), CUSTOMER: refused()},
             to=[TARO, CUSTOMER])
    r.caught("Ccに宛先がある", "There is a Cc", ["no-cc"], everyone,
             to=[TARO], cc=[KEN], bcc=[CUSTOMER])
    r.caught("Toがない", "There is no To", ["to-self-only"],
             {CUSTOMER: refused()}, to=None, bcc=[CUSTOMER])
    r.caught("添付が合わせて10MB以上", "10 MB of attachments",
             ["ten-megabytes", "zip-and-password-later"],
             {TARO: refused(), CUSTOMER: refused()}, to=[TARO],
             bcc=[CUSTOMER], big=True,
             files=[filler(third, f"図面{i}.pdf") for i in (1, 2, 3)])
    r.caught("許された拡張子ではない", "An extension that is not allowed",
             ["allowed-extensions", "zip-and-password-later"],
             {TARO: refused(), CUSTOMER: refused()}, to=[TARO],
             bcc=[CUSTOMER], files=[log, MINUTES])
    r.passed("Toに自分だけ、添付なし", "The sender alone in To, no file",
             to=[TARO], bcc=[CUSTOMER, NEWCOMER])
    r.passed("Ccの欄が空なら宛先はない", "An empty Cc names nobody",
             to=[TARO], cc=[], bcc=[CUSTOMER])


def recipe_17():
    r = Recipe("002-17")
    r.caught("職員の誰かの承認を待つ", "It waits for anybody of the staff",
             ["approved-by-anybody"],
             {CUSTOMER: approval("anyone-internal")}, sender=JIRO)
    r.caught("Ccに上司がいても承認は要る",
             "The manager in Cc does not replace it",
             ["approved-by-anybody"],
             {CUSTOMER: approval("anyone-internal")}, sender=JIRO, cc=[KEN])
    r.passed("庁内とグループへはそのまま", "Internal mail leaves",
             sender=JIRO, to=[KEN], cc=[GROUP])


def recipe_18():
    r = Recipe("002-18")
    for domain in ("docomo.ne.jp", "ezweb.ne.jp", "softbank.ne.jp"):
        r.caught(f"{domain} へは送れない", f"{domain} is refused",
                 ["no-carrier-mail"], {f"mihon@{domain}": refused()},
                 to=[f"mihon@{domain}"])
    r.caught("1件でも入っていれば、メール全体を送らない",
             "One such recipient refuses the whole mail",
             ["no-carrier-mail"],
             {CUSTOMER: refused(), "MIHON@Docomo.NE.JP": refused()},
             cc=["MIHON@Docomo.NE.JP"])
    r.passed("ほかのドメインへは送れる", "Other domains leave",
             cc=["mihon@docomo.example.com", "mihon@docomo.ne.jp.example.org"])


def recipe_19():
    r = Recipe("002-19")
    for domain in ("yahoo.co.jp", "hotmail.co.jp", "gmail.com"):
        r.caught(f"{domain} へは送れない", f"{domain} is refused",
                 ["no-free-mail"], {f"mihon.sekisho@{domain}": refused()},
                 to=[f"mihon.sekisho@{domain}"])
    r.caught("自分の私用アドレスへも送れない",
             "Nor is one's own private address taken", ["no-free-mail"],
             {"taro.yamada.1985@freemail.example": refused()},
             to=["taro.yamada.1985@freemail.example"], files=[BUDGET])
    r.passed("会社のドメインへは送れる", "Domains of companies leave",
             cc=["mihon@yahoo.example.com", "mihon@gmail.com.example.org"])


def recipe_20():
    r = Recipe("002-20")
    r.caught("一度も送ったことのない宛先", "Never written to",
             ["first-time"], {NEWCOMER: held(5)}, to=[NEWCOMER])
    r.caught("初めての宛先だけが待つ", "Only the new one waits",
             ["first-time"], {NEWCOMER: held(5)}, to=[CUSTOMER],
             cc=[NEWCOMER, KEN])
    r.caught("ほかの人が送っていても、自分が初めてなら待つ",
             "What counts is the sender's own history", ["first-time"],
             {CUSTOMER: held(5)}, sender=JIRO)
    r.passed("送ったことのある宛先", "Written to before")
    r.passed("大文字で書いても同じ宛先", "In capitals it is the same",
             to=["Known@Customer.Example.COM"])
    r.passed("社内の宛先は問わない", "Colleagues are not asked about",
             to=[KEN, YUI])


def recipe_21():
    r = Recipe("002-21")
    r.caught("ZIPと登録されたパスワード", "ZIP, with the registered password",
             ["way-per-destination"],
             {ZIP: passes(**files("zip", BUDGET.name),
                          **told("registered"))},
             to=[ZIP], files=[BUDGET])
    r.caught("Webダウンロードとそのつどのパスワード",
             "A link, with a password made for it", ["way-per-destination"],
             {LINK: passes(**files("link", BUDGET.name), **told())},
             to=[LINK], files=[BUDGET])
    r.caught("1通のメールでも宛先ごとに違う", "In one mail each his own",
             ["way-per-destination"],
             {ZIP: passes(**files("zip", BUDGET.name),
                          **told("registered")),
              LINK: passes(**files("link", BUDGET.name), **told()),
              CUSTOMER: passes(**files("attach", BUDGET.name),
                               password=None)},
             to=[ZIP, LINK], cc=[CUSTOMER], files=[BUDGET])
    r.passed("登録のない宛先にはそのまま", "Others get it as it is",
             {CUSTOMER: passes(**files("attach", BUDGET.name))},
             files=[BUDGET])
    r.passed("添付がなければ何もしない", "Nothing is done without a file",
             to=[ZIP])


def recipe_22():
    r = Recipe("002-22")
    locked = File("予算案.zip", f.zip_locked([("予算案.xlsx", BUDGET.data)]))
    both = ["encrypted-as-it-is", "encrypt-the-others"]
    r.caught("暗号化されていない添付はZIPになる",
             "What is not encrypted becomes a ZIP", ["encrypt-the-others"],
             {CUSTOMER: passes(**files("zip", BUDGET.name), **told())},
             files=[BUDGET])
    r.caught("混ざっていれば、暗号化されたものは外に残る",
             "Of both kinds, the encrypted one stays outside the ZIP",
             ["encrypt-the-others"],
             {CUSTOMER: passes(attachments=[
                 {"name": locked.name, "way": "attach"},
                 {"name": CATALOGUE.name, "way": "zip"}])},
             files=[locked, CATALOGUE])
    r.passed("暗号化されたZIPはそのまま", "An encrypted ZIP goes as it is",
             {CUSTOMER: passes(**files("attach", locked.name),
                               password=None)}, both, files=[locked])
    r.passed("暗号化されたPDFはそのまま", "So does an encrypted PDF",
             {CUSTOMER: passes(**files("attach", "契約書.pdf"))}, both,
             files=[File("契約書.pdf", f.pdf_locked(["契約書"]))])
    r.passed("パスワードの付いたブックはそのまま",
             "So does a workbook with a password",
             {CUSTOMER: passes(**files("attach", "予算案.xlsx"))}, both,
             files=[File("予算案.xlsx", f.office_locked())])
    r.passed("添付がなければ何もしない", "Nothing is done without a file")


def night_recipe(name, until, before):
    r = Recipe(name)
    for clock, ja, en in (
            ("19:00:00", "19:00ちょうどから送れない", "Refused from 19:00"),
            (f"{before}:59", f"{before}まで送れない", f"Refused at {before}")):
        r.caught(ja, en, ["closed-at-night"], {CUSTOMER: refused()},
                 at=f"{DAY}T{clock}+09:00")
    r.caught("0時をまたぐ", "Over midnight", ["closed-at-night"],
             {CUSTOMER: refused(), KEN: refused()}, cc=[KEN],
             at="2026-09-02T00:00:00+09:00")
    r.caught("世界標準時で書かれた19時", "19:00 written in UTC",
             ["closed-at-night"], {CUSTOMER: refused()},
             at=f"{DAY}T10:00:00Z")
    r.passed("19:00の1秒前", "A second before 19:00",
             at=f"{DAY}T18:59:59+09:00")
    r.passed(f"{until}ちょうどから送れる", f"It leaves from {until}",
             at=f"{DAY}T{until}:00+09:00")
    r.passed("夜でも社内とグループ会社へは送れる",
             "Colleagues and group companies at night", to=[KEN], cc=[GROUP],
             at=f"{DAY}T23:30:00+09:00")


def recipe_23():
    night_recipe("002-23", "09:30", "09:29")


def hint():
    return told("registered", "hint", ["recipient"])


def recipe_24():
    r = Recipe("002-24")
    USERS[r.name] = f"""address,setting,value
{MARI},hold,30m
{JIRO},hold,0m
{KEN},hold-then,wait
"""
    both = ["link-with-hint", "hold-as-users-like"]
    r.caught("添付はWebダウンロード、ヒントだけ、5分の保留",
             "A link, a hint, and five minutes", both,
             {CUSTOMER: held(5, **files("link", CATALOGUE.name), **hint())},
             files=[CATALOGUE])
    r.caught("添付がなくても社外宛ては保留する",
             "Without a file external mail is held, too",
             ["hold-as-users-like"], {CUSTOMER: held(5)})
    r.caught("社内への添付もWebダウンロード、保留はしない",
             "Colleagues get a link, too, without a hold", ["link-with-hint"],
             {KEN: passes(**files("link", CATALOGUE.name))}, to=[KEN],
             files=[CATALOGUE])
    r.caught("利用者が決めた30分", "A user's own thirty minutes",
             ["hold-as-users-like"], {CUSTOMER: held(30)}, sender=MARI)
    r.caught("確かめるまで送らないと決めた利用者",
             "A user who wants to look again",
             ["hold-as-users-like"],
             {CUSTOMER: {"outcome": "hold", "gates": [
                 {"kind": "hold", "then": "wait", "by": "sender"}]}},
             sender=KEN)
    r.passed("社内への添付のないメール", "Internal mail without a file",
             to=[KEN])
    r.passed("保留しないと決めた利用者", "A user who wants no hold",
             rules=["hold-as-users-like"], sender=JIRO)


def recipe_25():
    r = Recipe("002-25")
    r.caught("社外への添付はWebダウンロード、パスワードはヒントだけ",
             "External files go by link, and only a hint is told",
             ["link-with-hint"],
             {CUSTOMER: passes(**files("link", CATALOGUE.name), **hint()),
              KEN: passes(**files("attach", CATALOGUE.name), password=None)},
             cc=[KEN], files=[CATALOGUE])
    r.passed("社内への添付はそのまま", "Files to colleagues go as they are",
             {KEN: passes(**files("attach", CATALOGUE.name))}, to=[KEN],
             files=[CATALOGUE])
    r.passed("添付がなければ何もしない", "Nothing is done without a file")


def recipe_26():
    r = Recipe("002-26")
    rule = ["key-customers-checked"]
    r.caught("重要なお客様宛ては確認を待つ",
             "Mail to a key customer waits for a check", rule,
             {BIG: approval("checkers")}, to=[BIG])
    r.caught("ほかの宛先は待たない", "Other recipients do not wait", rule,
             {BIG: approval("checkers")}, to=[BIG], cc=[CUSTOMER, HANAKO])
    r.passed("ほかのお客様宛ては待たない", "Other customers do not wait")
    r.passed("よく似たドメインは別の会社", "A similar domain is another's",
             to=["buyer@bigcustomer.example.org"])


def recipe_27():
    r = Recipe("002-27")
    rule = ["quotations-checked"]
    seen = {CUSTOMER: approval("checkers")}
    r.caught("件名にある", "In the subject", rule, seen,
             subject="見積書のご送付")
    r.caught("本文にある", "In the body", rule, seen,
             text="見積書をお送りします。")
    r.caught("docxの中にある", "Within a docx", rule, seen,
             files=[File("ご提案.docx", f.docx(["ご提案", "別紙の見積書"]))])
    r.caught("PDFの中にある", "Within a PDF", rule, seen,
             files=[File("ご提案.pdf", f.pdf(["御見積書", "合計 48,000円"]))])
    r.caught("ファイル名にある", "In a file's name", rule, seen,
             files=[File("見積書.pdf", f.pdf(["別紙"]), how="2231")])
    r.caught("HTMLの飾りや空白で切れていても読む",
             "Parted by markup and blanks it is still read", rule, seen,
             charset="utf-8", text="見 積 書をお送りします。", html=True)
    r.caught("承認は社内の宛先にも要る", "Colleagues wait, too", rule,
             {KEN: approval("checkers")}, to=[KEN],
             subject="Re: 見積書の件")
    r.passed("「見積もり」は別の言葉", "見積もり is another word",
             subject="お見積もりの件", text="見積もりの準備をしております。",
             files=[MINUTES])
    r.passed("どこにもない", "Nowhere", files=[CATALOGUE, BUDGET])


def recipe_28():
    r = Recipe("002-28")
    rule = ["sixteen-digits"]
    digits = "4111111111111111"
    r.caught("CSVに16桁の数字", "16 digits in a CSV", rule,
             {CUSTOMER: refused()},
             files=[File("入金.csv", f.csv_of([["番号"], [digits]]))],
             expect={"findings": {"sixteen-digits": 1}})
    r.caught("ブックのセルに16桁の数字", "16 digits in a cell", rule,
             {CUSTOMER: refused()},
             files=[File("入金.xlsx", f.xlsx([["番号"], [digits]]))])
    r.caught("ZIPの中の文書に16桁の数字",
             "16 digits in a document within a ZIP", rule,
             {CUSTOMER: refused(), KEN: refused()}, cc=[KEN],
             files=[File("控え.zip", f.zip_of([("控え.docx", f.docx(
                 ["会員番号 " + digits]))]))])
    r.passed("15桁と17桁", "15 digits and 17",
             files=[File("番号.txt", f.text_of([digits[1:], digits + "1"]))])
    r.passed("ハイフンで区切った数字は続いていない",
             "With hyphens they are not in a row",
             files=[File("番号.txt", f.text_of(["4111-1111-1111-1111"]))])
    r.passed("本文の16桁は添付ではない", "The body is no attachment",
             text="番号は " + digits + " です。", files=[CATALOGUE])


def recipe_29():
    r = Recipe("002-29")
    rule = ["juniors-checked"]
    r.caught("新入社員のメールは上司が確認する",
             "The manager checks a new employee's mail", rule,
             {CUSTOMER: approval("manager")}, sender=YUI)
    r.caught("派遣社員のメールは、社内宛てもすべて確認する",
             "All mail of temporary staff, to colleagues too", rule,
             {CUSTOMER: approval("manager"), KEN: approval("manager")},
             sender=AYA, to=[CUSTOMER], cc=[KEN])
    r.passed("社員のメールは待たない", "Employees do not wait", cc=[YUI])
    r.passed("アルバイトは新入社員でも派遣社員でもない",
             "A part-timer is neither new nor temporary", sender=SHIN)


def recipe_30(name="002-30"):
    r = Recipe(name)
    rule = ["three-attachments"]
    r.caught("添付が3件", "Three attachments", rule, {CUSTOMER: refused()},
             files=[CATALOGUE, BUDGET, NOTE],
             expect={"smallest-change": {
                 "ja": "添付を2件に減らす(いま3件)",
                 "en": "Cut attachments to 2 (now 3)"}})
    r.caught("社内宛てでも、4件でも", "To colleagues, and four of them",
             rule, {KEN: refused()}, to=[KEN],
             files=[CATALOGUE, BUDGET, NOTE, MINUTES])
    r.passed("添付が2件と、本文に表示される画像",
             "Two, and a picture in the body", files=[CATALOGUE, BUDGET],
             pictures=LOGO)
    r.passed("本文に表示される画像が添付と書かれていても同じ",
             "Pictures of the body that some programs call attachments",
             pictures=[(f"p{i}@mail.example.co.jp", f.png())
                       for i in range(3)], place="attachment")
    r.passed("ZIP1件の中に3つのファイル", "One ZIP with three files in it",
             files=[File("一式.zip", f.zip_of(
                 [(x.name, x.data) for x in (CATALOGUE, BUDGET, NOTE)]))])


def recipe_31():
    r = Recipe("002-31")
    r.caught("ファイル名のない添付", "An attachment without a name",
             ["nameless-attachments"], {CUSTOMER: held(5)},
             files=[CATALOGUE, File(None, b"%PDF-1.7 draft",
                                    kind="application/pdf")])
    r.passed("名前のある添付", "Attachments with names",
             files=[File("メモ.txt", b"memo", how="2231"),
                    File("写真.pdf", f.pdf(["写真"]), how="2047")])
    r.passed("本文に表示される画像は添付ではない",
             "A picture in the body is no attachment", pictures=LOGO)


def recipe_32():
    r = Recipe("002-32")
    audit = {"copies": [{"to": AUDIT, "tell-sender": False,
                         "when": "refused"}], "notices": []}
    r.caught("断ったメールは監査室へ、差出人には知らせない",
             "The refused mail goes to the auditors, silently",
             ["no-free-mail"], {"taro.yamada.1985@freemail.example":
                                refused()},
             to=["taro.yamada.1985@freemail.example"], subject="資料",
             files=[BUDGET], expect=audit)
    r.caught("ほかの決まりで断っても同じ", "So with other refusals",
             ["no-card-numbers"], {CUSTOMER: refused()},
             files=[File("入金.csv", f.csv_of([["4111111111111111"]]))],
             expect=audit)
    r.passed("断らないメールは転送しない", "What is not refused stays here",
             files=[BUDGET], expect={"copies": []})


for recipe in (recipe_01, recipe_02, recipe_03, recipe_04, recipe_05,
               recipe_06, recipe_07, recipe_08, recipe_09, recipe_10,
               recipe_11, recipe_12, recipe_13, recipe_14, recipe_15,
               recipe_16, recipe_17, recipe_18, recipe_19, recipe_20,
               recipe_21, recipe_22, recipe_23, recipe_24, recipe_25,
               recipe_26, recipe_27, recipe_28, recipe_29, recipe_30,
               recipe_31, recipe_32):
    recipe()
