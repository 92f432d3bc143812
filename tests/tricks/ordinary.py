"""ordinary.py - mails as the programs of Japanese offices write them.  None
hides anything, so all of them must go."""

import io
import zipfile

import files
from build import b64, qp

MAILS = {}
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d"
                    "49444154789c626001000000050001 0d0a2db40000000049454e44ae426082".replace(" ", ""))
JPG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" + bytes(200) + b"\xff\xd9"
TEXT = "お世話になっております。\r\n添付の資料をご確認ください。①㈱ よろしくお願いいたします。\r\n\r\n> 前回の件ですが\r\n> 承知しました。\r\n-- \r\n山田太郎\r\n"
JIS = "お世話になっております。\r\n添付の資料をご確認ください。よろしくお願いいたします。\r\n"


def word(text, charset="utf-8", codec=None):
    import base64
    return "=?%s?B?%s?=" % (charset, base64.b64encode(
        text.encode(codec or charset)).decode())


def jis(text):
    return word(text, "iso-2022-jp", "iso2022_jp")


def put(name, head, body):
    if isinstance(head, str):
        head = head.encode()
    if isinstance(body, str):
        body = body.encode()
    assert name not in MAILS, name
    MAILS[name] = head.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") + b"\r\n" + body


def join(boundary, parts, pre=b"", post=b""):
    b = boundary.encode()
    return pre + b"".join(b"--" + b + b"\r\n" + p + b"\r\n" for p in parts) + b"--" + b + b"--\r\n" + post


def leaf(head, body):
    if isinstance(body, str):
        body = body.encode()
    return head.strip("\n").replace("\n", "\r\n").encode() + b"\r\n\r\n" + body


COMMON = """From: %s <taro@example.co.jp>
To: %s <hanako@example.org>
Subject: %s
Date: Mon, 2 Nov 2026 10:00:00 +0900
Message-ID: <%s@example.co.jp>
"""


def head(i, w=word, more=""):
    return COMMON % (w("山田 太郎"), w("鈴木 花子"), w("お打ち合わせの資料について"), i) + more


def documents():
    docx = files.ooxml("word", {"word/document.xml": '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n<w:document %s><w:body><w:p><w:r><w:rPr><w:rFonts w:hint="eastAsia"/></w:rPr><w:t>資料</w:t></w:r></w:p></w:body></w:document>' % files.NS,
                                "word/styles.xml": '<w:styles %s/>' % files.NS, "word/theme/theme1.xml": '<a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"/>', "docProps/app.xml": '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"><Company>x</Company></Properties>', "word/media/image1.png": PNG})
    pdf = files.pdf([b"<</Type/Pages/Kids[3 0 R]/Count 1>>", b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>", b"<</Length 41>>\nstream\nBT /F1 12 Tf 20 200 Td (hello there) Tj ET\nendstream", b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>", b"<</Title(\xfe\xff\x30\x42)/Producer(Acrobat Distiller)>>"], trailer=b"/Info 6 0 R")
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w", zipfile.ZIP_DEFLATED) as zf:
        zf.writestr("資料/見積.csv", "品名,数量\r\nねじ,10\r\n".encode("cp932"))
    sjis = files.archive([files.entry("見積.txt".encode("cp932"), "見積です".encode("cp932"), method=8)])
    t = "メモ".encode()
    import zlib
    mac = [files.entry("資料.txt".encode(), t, method=8, flags=0x808, lsize=0, lpacked=0, lcrc=0,
                       desc=files.struct.pack("<4sIII", b"PK\7\x08", files.crc(t), len(zlib.compress(t, 9)) - 6, len(t))),
           files.entry(b"__MACOSX/", b"", flags=0), files.entry("__MACOSX/._資料.txt".encode(), b"\0\5\x16\7\0\2\0\0Mac OS X        " + bytes(60), flags=0x800)]
    return docx, pdf, b.getvalue(), sjis, files.archive(mac)


def html(body, top=""):
    return "<html><head>\r\n<meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\">%s</head>\r\n<body>%s</body></html>\r\n" % (top, body)


MSO = """
<!--[if !mso]><style>v\\:* {behavior:url(#default#VML);}
o\\:* {behavior:url(#default#VML);}</style><![endif]--><style><!--
/* Font Definitions */
@font-face
\t{font-family:"MS Gothic";
\tpanose-1:2 11 6 9 7 2 5 8 2 4;}
@font-face
\t{font-family:"Yu Gothic";
\tpanose-1:2 11 4 0 0 0 0 0 0 0;mso-font-signature:-536870145 1107305727 0 0 415 0;}
/* Style Definitions */
p.MsoNormal, li.MsoNormal, div.MsoNormal
\t{margin:0mm;font-size:10.5pt;mso-style-unhide:no;display:block}
--></style><!--[if gte mso 9]><xml>
<o:shapedefaults v:ext="edit" spidmax="1026" />
</xml><![endif]--><!--[if gte mso 9]><xml>
<o:shapelayout v:ext="edit">
<o:idmap v:ext="edit" data="1" />
</o:shapelayout></xml><![endif]-->"""
NEWS = """<div style="display:none;font-size:1px;color:#fff;max-height:0px;overflow:hidden">今月のお知らせ &nbsp;&zwnj;&nbsp;&zwnj;</div>
<table width="100%" border="0"><tr><td><!--[if mso]><table><tr><td width="300"><![endif]-->
<a href="https://example.co.jp/?utm_source=a&utm_id=123456&x=1"><img src="https://example.co.jp/a.png" alt="お知らせ" width="600"></a>
<!--[if mso]></td></tr></table><![endif]--></td></tr></table><style>@media only screen{.h{display:none !important}}</style>"""


def outlook():
    docx, pdf, z, sjis, mac = documents()
    ex = "MIME-Version: 1.0\nThread-Topic: %s\nThread-Index: AQHbKxyz==\nAccept-Language: ja-JP, en-US\nContent-Language: ja-JP\nX-MS-Has-Attach: \nX-MS-TNEF-Correlator: \nx-originating-ip: [192.0.2.1]\n" % word("お打ち合わせの資料について")
    body = html('<div class="WordSection1"><p class="MsoNormal"><span lang="EN-US">&#12288;</span>資料です。<o:p></o:p></p></div>', MSO)
    put("outlook-jis", head("o1", jis, ex + 'Content-Type: text/plain; charset="iso-2022-jp"\nContent-Transfer-Encoding: 7bit\n'), JIS.encode("iso2022_jp"))
    put("outlook-jis-b64", head("o1b", jis, ex + 'Content-Type: text/plain; charset="iso-2022-jp"\nContent-Transfer-Encoding: base64\n'), b64(JIS.encode("iso2022_jp")))
    alt = join("_000_TY2PR01MB4906A1", [leaf('Content-Type: text/plain; charset="utf-8"\nContent-Transfer-Encoding: base64', b64(TEXT.encode())),
                                        leaf('Content-Type: text/html; charset="utf-8"\nContent-Transfer-Encoding: base64', b64(body.encode()))])
    put("outlook-alternative", head("o2", word, ex + 'Content-Type: multipart/alternative;\n\tboundary="_000_TY2PR01MB4906A1_"\n'), alt.replace(b"TY2PR01MB4906A1", b"TY2PR01MB4906A1_"))
    inner = b'Content-Type: multipart/alternative;\r\n\tboundary="_000_TY2PR01MB4906A1"\r\n\r\n' + alt
    img = leaf('Content-Type: image/png; name="image001.png"\nContent-Description: image001.png\nContent-Disposition: inline; filename="image001.png"; size=70;\n\tcreation-date="Mon, 02 Nov 2026 01:00:00 GMT";\n\tmodification-date="Mon, 02 Nov 2026 01:00:00 GMT"\nContent-ID: <image001.png@01DB2B1C.5D3A8B60>\nContent-Transfer-Encoding: base64', b64(PNG))
    rel = b'Content-Type: multipart/related;\r\n\tboundary="_004_TYrel_";\r\n\ttype="multipart/alternative"\r\n\r\n' + join("_004_TYrel_", [inner, img])
    put("outlook-related", head("o3", word, ex + 'Content-Type: multipart/related;\n\tboundary="_004_TYrel_";\n\ttype="multipart/alternative"\n'), join("_004_TYrel_", [inner, img]))
    name = word("10月 打ち合わせ資料(改訂版).docx")
    doc = leaf('Content-Type: application/vnd.openxmlformats-officedocument.wordprocessingml.document;\n\tname="%s"\nContent-Description: %s\nContent-Disposition: attachment;\n\tfilename="%s"; size=%d;\n\tcreation-date="Mon, 02 Nov 2026 01:00:00 GMT";\n\tmodification-date="Mon, 02 Nov 2026 01:00:00 GMT"\nContent-Transfer-Encoding: base64' % (name, name, name, len(docx)), b64(docx))
    put("outlook-mixed", head("o4", word, ex + 'Content-Type: multipart/mixed;\n\tboundary="_005_TYmix_"\n'), join("_005_TYmix_", [rel, doc]))
    put("outlook-old", head("o5", jis, 'MIME-Version: 1.0\nContent-Type: multipart/mixed;\n\tboundary="----=_NextPart_000_0123_01DB2B1C.5D3A8B60"\nX-Mailer: Microsoft Outlook 16.0\nThread-Index: AdsrHA==\nContent-Language: ja\n'),
        join("----=_NextPart_000_0123_01DB2B1C.5D3A8B60", [leaf('Content-Type: text/plain;\n\tcharset="iso-2022-jp"\nContent-Transfer-Encoding: 7bit', JIS.encode("iso2022_jp")),
            leaf('Content-Type: application/x-zip-compressed;\n\tname="%s"\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment;\n\tfilename="%s"' % (jis("見積.zip"), jis("見積.zip")), b64(sjis))],
            pre=b"This is a multi-part message in MIME format.\r\n\r\n", post=b"\r\n"))
    put("outlook-new-name", head("o6", word, ex + 'Content-Type: multipart/mixed; boundary="_002_x_"\n'), join("_002_x_", [leaf('Content-Type: text/plain; charset="utf-8"\nContent-Transfer-Encoding: base64', b64(TEXT.encode())),
        leaf("Content-Type: application/pdf; name*=utf-8''%E8%B3%87%E6%96%99.pdf\nContent-Disposition: attachment;\n\tfilename*0*=utf-8''%E8%B3%87%E6%96%99; filename*1*=%281%29.pdf; size=99\nContent-Transfer-Encoding: base64", b64(pdf))]))
    ics = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nPRODID:Microsoft Exchange Server 2010\r\nVERSION:2.0\r\nBEGIN:VTIMEZONE\r\nTZID:Tokyo Standard Time\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nTZOFFSETFROM:+0900\r\nTZOFFSETTO:+0900\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\nORGANIZER;CN=山田:mailto:taro@example.co.jp\r\nSUMMARY;LANGUAGE=ja-JP:打ち合わせ\r\nDESCRIPTION;LANGUAGE=ja-JP:資料を\r\n ご覧ください\\n\r\nDTSTART;TZID=Tokyo Standard Time:20261110T100000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    put("outlook-invitation", head("o7", word, ex + 'Content-Type: multipart/alternative;\n\tboundary="_000_cal_"\n'), join("_000_cal_", [leaf('Content-Type: text/plain; charset="utf-8"\nContent-Transfer-Encoding: base64', b64(TEXT.encode())), leaf('Content-Type: text/html; charset="utf-8"\nContent-Transfer-Encoding: quoted-printable', qp(body.encode())), leaf('Content-Type: text/calendar; charset="utf-8"; method=REQUEST\nContent-Transfer-Encoding: base64', b64(ics.encode()))]))
    put("outlook-receipt", head("o8", word, ex + 'Content-Type: multipart/report; report-type=disposition-notification;\n\tboundary="_000_mdn_"\n'), join("_000_mdn_", [leaf('Content-Type: text/plain; charset="utf-8"\nContent-Transfer-Encoding: base64', b64("開封済み".encode())), leaf('Content-Type: message/disposition-notification', "Reporting-UA: x\r\nFinal-Recipient: rfc822; hanako@example.org\r\nDisposition: automatic-action/MDN-sent-automatically; displayed\r\n\r\n")]))
    put("gmail-invitation", head("g9", word, 'MIME-Version: 1.0\nReply-To: taro@example.co.jp\nSender: Google Calendar <calendar-notification@google.com>\nContent-Type: multipart/mixed; boundary="0000000000003a1b2c05d1"\n'), join("0000000000003a1b2c05d1", [b'Content-Type: multipart/alternative; boundary="0000000000003a1b2a05cf"\r\n\r\n' + join("0000000000003a1b2a05cf", [leaf('Content-Type: text/plain; charset="UTF-8"; format=flowed; delsp=yes\nContent-Transfer-Encoding: base64', b64(TEXT.encode())), leaf('Content-Type: text/html; charset="UTF-8"\nContent-Transfer-Encoding: quoted-printable', qp(body.encode())), leaf('Content-Type: text/calendar; charset="UTF-8"; method=REQUEST\nContent-Transfer-Encoding: 7bit', ics.encode())]), leaf('Content-Type: application/ics; name="invite.ics"\nContent-Disposition: attachment; filename="invite.ics"\nContent-Transfer-Encoding: base64', b64(ics.encode()))]))


def others():
    docx, pdf, z, sjis, mac = documents()
    page = html("<div dir=\"ltr\">資料です。<br clear=\"all\"><div><br></div>-- <br><div class=\"gmail_signature\">山田</div></div>")
    alt = join("000000000000a1b2c3061f", [leaf('Content-Type: text/plain; charset="UTF-8"\nContent-Transfer-Encoding: base64', b64(TEXT.encode())), leaf('Content-Type: text/html; charset="UTF-8"\nContent-Transfer-Encoding: base64', b64(page.encode()))])
    mv = "MIME-Version: 1.0\n"
    put("gmail", head("g1", word, mv + 'Content-Type: multipart/alternative; boundary="000000000000a1b2c3061f"\n'), alt)
    inner = b'Content-Type: multipart/alternative; boundary="000000000000a1b2c3061f"\r\n\r\n' + alt
    gname = "\n ".join([word("第3回打ち合わせの"), word("資料一式.zip")])
    put("gmail-file", head("g2", word, mv + 'Content-Type: multipart/mixed; boundary="000000000000b1b2c3061e"\n'), join("000000000000b1b2c3061e", [inner, leaf('Content-Type: application/zip; \n\tname="%s"\nContent-Disposition: attachment; \n\tfilename="%s"\nContent-Transfer-Encoding: base64\nContent-ID: <f_m2abc0>\nX-Attachment-Id: f_m2abc0' % (gname, gname), b64(z))]))
    put("gmail-picture", head("g3", word, mv + 'Content-Type: multipart/related; boundary="000000000000c1b2c3061d"\n'), join("000000000000c1b2c3061d", [inner.replace("資料です".encode(), b"x"), leaf('Content-Type: image/jpeg; name="IMG_0001.jpg"\nContent-Disposition: attachment; filename="IMG_0001.jpg"\nContent-Transfer-Encoding: base64\nX-Attachment-Id: ii_m2abc1\nContent-ID: <ii_m2abc1>', b64(JPG))]))
    fwd = MAILS["outlook-alternative"]
    put("gmail-forward", head("g4", word, mv + 'Content-Type: multipart/mixed; boundary="000000000000d1b2c3061c"\n'), join("000000000000d1b2c3061c", [inner, leaf('Content-Type: message/rfc822; name="%s"\nContent-Disposition: attachment; filename="%s"\nX-Attachment-Id: f_m2abc2\nContent-ID: <f_m2abc2>' % (word("資料.eml"), word("資料.eml")), fwd)]))
    tb = "MIME-Version: 1.0\nUser-Agent: Mozilla Thunderbird\nContent-Language: ja\n"
    put("thunderbird", head("t1", word, tb + "Content-Type: text/plain; charset=UTF-8; format=flowed\nContent-Transfer-Encoding: 8bit\n"), TEXT)
    put("thunderbird-jis", head("t1j", jis, tb + "Content-Type: text/plain; charset=ISO-2022-JP\nContent-Transfer-Encoding: 7bit\n"), JIS.encode("iso2022_jp"))
    put("thunderbird-file", head("t2", word, tb + 'Content-Type: multipart/mixed; boundary="------------0Fj2kd83Kd92kDl30slD"\n'), join("------------0Fj2kd83Kd92kDl30slD", [leaf("Content-Type: text/plain; charset=UTF-8; format=flowed\nContent-Transfer-Encoding: base64", b64(TEXT.encode())), leaf("Content-Type: application/pdf; name=\"%s\"\nContent-Disposition: attachment;\n filename*0*=UTF-8''%%E7%%AC%%AC%%33%%E5%%9B%%9E%%E6%%89%%93%%E3%%81%%A1%%E5%%90;\n filename*1*=%%88%%E3%%82%%8F%%E3%%81%%9B%%2E%%70%%64%%66\nContent-Transfer-Encoding: base64" % word("第3回打ち合わせ.pdf"), b64(pdf))], pre=b"This is a multi-part message in MIME format.\r\n"))
    put("thunderbird-forward", head("t3", word, tb + 'Content-Type: multipart/mixed; boundary="------------AbCdEf"\n'), join("------------AbCdEf", [leaf("Content-Type: text/html; charset=UTF-8\nContent-Transfer-Encoding: 8bit", page), leaf('Content-Type: message/rfc822; charset=UTF-8; name="a.eml"\nContent-Disposition: attachment; filename="a.eml"\nContent-Transfer-Encoding: 7bit', MAILS["outlook-jis"])]))
    am = "Mime-Version: 1.0 (Mac OS X Mail 16.0 \\(3774.600.62\\))\nX-Mailer: Apple Mail (2.3774.600.62)\nX-Universally-Unique-Identifier: 1A2B\n"
    put("apple-plain", head("a1", word, am + "Content-Type: text/plain;\n\tcharset=utf-8\nContent-Transfer-Encoding: quoted-printable\n"), qp(TEXT.encode()))
    aname = "資料.zip".encode("iso2022_jp")
    put("apple-file", head("a2", word, am + 'Content-Type: multipart/alternative;\n\tboundary="Apple-Mail=_6F1B2C3D-1111-2222-3333-ABCDEF012345"\n'), join("Apple-Mail=_6F1B2C3D-1111-2222-3333-ABCDEF012345", [leaf("Content-Transfer-Encoding: base64\nContent-Type: text/plain;\n\tcharset=utf-8", b64(TEXT.encode())), b'Content-Type: multipart/mixed;\r\n\tboundary="Apple-Mail=_7A1B2C3D-1111-2222-3333-ABCDEF012345"\r\n\r\n' + join("Apple-Mail=_7A1B2C3D-1111-2222-3333-ABCDEF012345", [leaf("Content-Transfer-Encoding: base64\nContent-Type: text/html;\n\tcharset=utf-8", b64(page.encode())), leaf("Content-Disposition: attachment;\n\tfilename*=iso-2022-jp''%s\nContent-Type: application/zip;\n\tx-unix-mode=0644;\n\tname=\"%s\"\nContent-Transfer-Encoding: base64" % ("".join("%%%02X" % c for c in aname), jis("資料.zip")), b64(mac)), leaf("Content-Transfer-Encoding: 7bit\nContent-Type: text/html;\n\tcharset=us-ascii", "<html><head></head><body></body></html>")])]))
    put("apple-2231", head("a3", word, am + 'Content-Type: multipart/mixed;\n\tboundary="Apple-Mail=_8"\n'), join("Apple-Mail=_8", [leaf("Content-Transfer-Encoding: base64\nContent-Type: text/plain;\n\tcharset=utf-8", b64(TEXT.encode())), leaf("Content-Disposition: inline;\n\tfilename*=utf-8''%E8%B3%87%E6%96%99.pdf\nContent-Type: application/pdf;\n\tx-unix-hidden-extension=yes;\n\tx-unix-mode=0644;\n\tname=\"=?utf-8?B?6LOH5paZLnBkZg==?=\"\nContent-Transfer-Encoding: base64", b64(pdf)), leaf("Content-Transfer-Encoding: 7bit\nContent-Type: text/plain;\n\tcharset=us-ascii", "\r\n\r\n")]))
    ip = "Mime-Version: 1.0 (1.0)\nX-Mailer: iPhone Mail (22B83)\n"
    put("iphone", head("i1", word, ip + "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n"), b64((TEXT + "\r\niPhoneから送信\r\n").encode()))
    put("iphone-photo", head("i2", word, ip + "Content-Type: multipart/mixed; boundary=Apple-Mail-4B5C6D7E-1111-2222-3333-ABCDEF012345\nContent-Transfer-Encoding: 7bit\n"), join("Apple-Mail-4B5C6D7E-1111-2222-3333-ABCDEF012345", [leaf("Content-Type: text/plain;\n\tcharset=us-ascii\nContent-Transfer-Encoding: 7bit", "\r\n\r\n"), leaf("Content-Type: image/jpeg;\n\tname=IMG_0123.jpeg;\n\tx-apple-part-url=1A2B3C4D-0000\nContent-Disposition: inline;\n\tfilename=IMG_0123.jpeg\nContent-Transfer-Encoding: base64", b64(JPG)), leaf("Content-Type: text/plain;\n\tcharset=utf-8\nContent-Transfer-Encoding: base64", b64("\r\n\r\niPhoneから送信".encode()))], pre=b"\r\n"))
    be = "MIME-Version: 1.0\nX-Mailer: Becky! ver. 2.81.05 [ja]\n"
    put("becky", head("b1", jis, be + 'Content-Type: text/plain; charset="ISO-2022-JP"\nContent-Transfer-Encoding: 7bit\n'), JIS.encode("iso2022_jp"))
    put("becky-kana", head("b1k", jis, be + 'Content-Type: text/plain; charset="ISO-2022-JP"\nContent-Transfer-Encoding: 7bit\n'), b"\x1b$B-!\x1b(I1=\x1b(B abc\r\n")
    put("becky-file", head("b2", jis, be + 'Content-Type: multipart/mixed; boundary="------_6546A1B20000000012AB_MULTIPART_MIXED_"\nContent-Transfer-Encoding: 7bit\n'), join("------_6546A1B20000000012AB_MULTIPART_MIXED_", [leaf('Content-Type: text/plain; charset="ISO-2022-JP"\nContent-Transfer-Encoding: 7bit', JIS.encode("iso2022_jp")), leaf('Content-Type: application/octet-stream;\n name="%s"\nContent-Disposition: attachment;\n filename="%s"\nContent-Transfer-Encoding: base64' % (jis("見積.zip"), jis("見積.zip")), b64(sjis))]))
    put("winmail-like-shuriken", head("sh", jis, 'Mime-Version: 1.0\nContent-Type: Text/Plain; charset=iso-2022-jp\nContent-Transfer-Encoding: 7bit\nX-Mailer: Shuriken 2018\n'), JIS.encode("iso2022_jp"))
    put("salesforce", head("sf", word, mv + 'Content-Type: multipart/alternative; \n\tboundary="----=_Part_3312_1187204455.1730509200000"\nX-SFDC-LK: 00D000000000001\nX-Sender: postmaster@salesforce.com\n'), join("----=_Part_3312_1187204455.1730509200000", [leaf("Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: quoted-printable", qp(TEXT.encode())), leaf("Content-Type: text/html; charset=UTF-8\nContent-Transfer-Encoding: quoted-printable", qp(html(NEWS).encode()))]))
    put("newsletter", head("nl", word, mv + "List-Unsubscribe: <https://example.co.jp/u>\nContent-Type: text/html; charset=UTF-8\nContent-Transfer-Encoding: quoted-printable\n"), qp(html(NEWS, MSO).encode()))
    put("php", head("ph", jis, "MIME-Version: 1.0\nContent-Type: text/plain; charset=ISO-2022-JP\nContent-Transfer-Encoding: 7bit\nX-PHP-Originating-Script: 33:mail.php\n"), JIS.encode("iso2022_jp"))
    put("cron", "From: root@example.co.jp (Cron Daemon)\nTo: hanako@example.org\nSubject: Cron <root@web> backup\nDate: Mon, 2 Nov 2026 10:00:00 +0900\nMessage-ID: <c@example.co.jp>\nAuto-Submitted: auto-generated\nMIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\nX-Cron-Env: <SHELL=/bin/sh>\n", TEXT)
    put("mailx", "From: Taro <taro@example.co.jp>\nTo: hanako@example.org\nSubject: report\nDate: Mon, 2 Nov 2026 10:00:00 +0900\nMessage-ID: <x@example.co.jp>\n", "hello\r\n\r\nbegin 10 new jobs today\r\nbegin 644 or so\r\n")
    for i, (maker, ct, name) in enumerate((("canon", 'multipart/mixed; boundary="_NextPart_20261102100000_001"', "20261102100000.pdf"), ("ricoh", "multipart/mixed;\n boundary=\"DC_BOUND_PRE_<1730509200.00267390aabb>\"", "20261102100000001.pdf"), ("fuji", 'multipart/mixed;\n\tboundary="----------------------------DocuCentre1730509200"', "img-261102100000-0001.pdf"), ("sharp", "multipart/mixed; boundary=KONICAMINOLTA1730509200", "SKM_C3350i26110210000.pdf"), ("kyocera", 'multipart/mixed; boundary="=_kyocera_1"', "doc00123420261102100000.pdf"))):
        b = ct.split("boundary=")[1].strip('"')
        put("scanner-" + maker, head("sc%d" % i, jis, "MIME-Version: 1.0\nContent-Type: %s\nX-Mailer: %s\nX-Priority: 3\n" % (ct, maker)), join(b, [leaf('Content-Type: text/plain; charset="ISO-2022-JP"\nContent-Transfer-Encoding: 7bit', JIS.encode("iso2022_jp")), leaf('Content-Type: application/pdf; name="%s"\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename="%s"' % (name, name), b64(pdf))], pre=b"This is a MIME multipart message.\r\n\r\n" if i else b""))
    put("scanner-tiff", head("sct", jis, 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b1"\n'), join("b1", [leaf('Content-Type: text/plain; charset=iso-2022-jp', JIS.encode("iso2022_jp")), leaf('Content-Type: image/tiff; name="a.tif"\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename="a.tif"', b64(b"II*\0" + bytes(100)))]))
    put("cybozu", head("cy", jis, 'Mime-Version: 1.0\nContent-Type: text/plain; charset="iso-2022-jp"\nContent-Transfer-Encoding: 7bit\nX-Mailer: Cybozu Office 10\n'), JIS.encode("iso2022_jp"))
    put("line-works", head("lw", word, 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="----=_Part_12_34.56"\nX-Works-Mailer: x\n'), join("----=_Part_12_34.56", [b'Content-Type: multipart/alternative; boundary="----=_Part_78_90.12"\r\n\r\n' + join("----=_Part_78_90.12", [leaf("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64", b64(TEXT.encode())), leaf("Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64", b64(page.encode()))]), leaf('Content-Type: application/vnd.openxmlformats-officedocument.wordprocessingml.document; \n\tname="=?UTF-8?B?6LOH5paZLmRvY3g=?="\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; \n\tfilename="=?UTF-8?B?6LOH5paZLmRvY3g=?="', b64(docx))]))
    put("yahoo", head("yj", jis, 'MIME-Version: 1.0\nContent-Type: text/plain; charset=iso-2022-jp\nContent-Transfer-Encoding: 7bit\nX-YMail-JAS: x\n'), JIS.encode("iso2022_jp"))
    put("sjis-system", head("sj", word, 'MIME-Version: 1.0\nContent-Type: text/plain; charset=Shift_JIS\nContent-Transfer-Encoding: 8bit\n'), TEXT.encode("cp932"))
    put("sylpheed", head("sy", jis, 'Mime-Version: 1.0\nX-Mailer: Sylpheed 3.7.0\nContent-Type: multipart/mixed;\n boundary="Multipart=_Mon__2_Nov_2026_10_00_00_+0900_abc"\n'), join("Multipart=_Mon__2_Nov_2026_10_00_00_+0900_abc", [leaf("Content-Type: text/plain; charset=ISO-2022-JP\nContent-Transfer-Encoding: 7bit", JIS.encode("iso2022_jp")), leaf("Content-Type: text/plain;\n name=\"memo.txt\"\nContent-Disposition: attachment;\n filename=\"memo.txt\"\nContent-Transfer-Encoding: base64", b64("メモ\r\n".encode("cp932")))], pre=b"This is a multi-part message in MIME format.\r\n\r\n"))
    sig = leaf('Content-Type: application/pkcs7-signature; name="smime.p7s"\nContent-Disposition: attachment; filename="smime.p7s"\nContent-Transfer-Encoding: base64\nContent-Description: S/MIME Cryptographic Signature', b64(b"0\x80\6\x09*\x86H\x86\xf7\r\1\7\2\xa0\x80" + bytes(100)))
    put("smime-signed", head("sg", word, 'MIME-Version: 1.0\nContent-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="------------ms01"\n'), join("------------ms01", [leaf("Content-Type: text/plain; charset=UTF-8; format=flowed\nContent-Transfer-Encoding: base64", b64(TEXT.encode())), sig], pre=b"This is a cryptographically signed message in MIME format.\r\n\r\n"))
    put("mailing-list", head("ml", jis, 'MIME-Version: 1.0\nList-Id: <ml.example.co.jp>\nPrecedence: list\nContent-Type: multipart/mixed; boundary="===============123456789=="\n'), join("===============123456789==", [leaf("Content-Type: text/plain; charset=iso-2022-jp", JIS.encode("iso2022_jp")), leaf('Content-Type: text/plain; charset="us-ascii"\nMIME-Version: 1.0\nContent-Transfer-Encoding: 7bit\nContent-Disposition: inline', "_______\r\nml mailing list\r\n")]))
    put("quoted-forward", head("qf", word, mv + "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"), "転送します。\r\n\r\n-----Original Message-----\r\nFrom: a@example.org\r\nSent: Monday\r\nTo: taro\r\nSubject: x\r\nContent-Type: text/plain\r\n\r\n" + TEXT)
    put("csv", head("cv", word, mv + 'Content-Type: multipart/mixed; boundary="b2"\n'), join("b2", [leaf("Content-Type: text/plain; charset=utf-8", "x"), leaf('Content-Type: text/csv; charset=Shift_JIS; name="a.csv"\nContent-Disposition: attachment; filename="a.csv"\nContent-Transfer-Encoding: base64', b64("品名,数量\r\nねじ,10\r\n".encode("cp932"))), leaf('Content-Type: text/csv; name="b.csv"\nContent-Disposition: attachment; filename="b.csv"\nContent-Transfer-Encoding: base64', b64("品名\t数量\r\n".encode("utf-16")))]))


def pdfs():
    mv = "MIME-Version: 1.0\n"
    for n, data in files.ordinary_pdfs().items():
        put("pdf-" + n, head("pdf" + n, word, mv + 'Content-Type: multipart/mixed; boundary="b3"\n'), join("b3", [leaf("Content-Type: text/plain; charset=utf-8", "x"), leaf('Content-Type: application/pdf; name="a.pdf"\nContent-Disposition: attachment; filename="a.pdf"\nContent-Transfer-Encoding: base64', b64(data))]))


def make():
    outlook()
    others()
    pdfs()
    return MAILS
