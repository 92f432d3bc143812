"""mail.py - mails as Japanese business writes them, made the same way every
time: header and text in ISO-2022-JP or UTF-8, HTML beside text, pictures by
cid:, attachments with names in RFC 2231, RFC 2047, both, or none.
"""

import base64
import quopri
from urllib.parse import quote

COMPANY = "みほん商事株式会社"
PEOPLE = {
    "hanako.suzuki": ("鈴木 花子", "営業部"),
    "taro.yamada": ("山田 太郎", "営業部"),
    "mari.abe": ("阿部 真理", "営業部"),
    "aya.mori": ("森 彩", "営業部"),
    "shin.ito": ("伊藤 真", "営業部"),
    "ken.sato": ("佐藤 健", "技術部"),
    "jiro.tanaka": ("田中 次郎", "技術部"),
    "yui.kato": ("加藤 結衣", "技術部"),
    "akira.kondo": ("近藤 明", "代表取締役"),
    "audit": ("内部監査室", ""),
    "info": ("お客様窓口", ""),
    "erp": ("基幹システム", ""),
}
LINE = 60  # characters before a fold


def internal(short):
    return f"{short}@example.co.jp"


def encoded_words(text, charset="utf-8"):
    """RFC 2047, each word whole characters."""
    if text.isascii():
        return text
    words, piece = [], ""
    for char in text:
        if len((piece + char).encode(charset)) > 30:
            words.append(piece)
            piece = ""
        piece += char
    words.append(piece)
    return "\r\n ".join(
        f"=?{charset.upper()}?B?"
        f"{base64.b64encode(w.encode(charset)).decode()}?=" for w in words)


def mailbox(address, charset="utf-8"):
    """ "Name <a@b>" or "a@b"; a colleague's name is known."""
    if "<" in address:
        name, address = address[:-1].split(" <")
    else:
        short = address.removesuffix("@example.co.jp")
        name = PEOPLE[short][0] if short in PEOPLE else ""
    if not name:
        return address
    return f"{encoded_words(name, charset)} <{address}>"


def address_field(field, addresses, charset):
    boxes = [mailbox(a, charset) for a in addresses]
    return f"{field}: " + ",\r\n ".join(boxes)


# ---- parts ----

def b64(data):
    text = base64.b64encode(data).decode()
    return "".join(text[i:i + 76] + "\r\n" for i in range(0, len(text), 76))


def part(head, body):
    return "\r\n".join(head) + "\r\n\r\n" + body


def text_part(text, charset="iso-2022-jp", encoding=None, kind="plain"):
    raw = text.replace("\n", "\r\n").encode(charset)
    encoding = encoding or {"iso-2022-jp": "7bit",
                            "utf-8": "base64"}.get(charset, "8bit")
    if encoding == "base64":
        body = b64(raw)
    elif encoding == "quoted-printable":
        body = quopri.encodestring(raw.replace(b"\r\n", b"\n")).decode()
        body = body.replace("\n", "\r\n")
    else:
        body = raw.decode("latin-1")
    return part([f"Content-Type: text/{kind}; charset={charset}",
                 f"Content-Transfer-Encoding: {encoding}"], body)


def name_params(key, name, how):
    """A file name as mail programs write it; how: 2231, 2047, both, none."""
    if name is None or how == "none":
        return []
    if name.isascii():
        return [f' {key}="{name}"']
    if how == "2047" or (how == "both" and key == "name"):
        return [f' {key}="{encoded_words(name)}"']
    return [f" {key}*=utf-8''{quote(name, safe='')}"]


class File:
    """An attachment."""

    TYPES = {
        "txt": "text/plain; charset=utf-8", "csv": "text/csv", "pdf":
        "application/pdf", "zip": "application/zip", "png": "image/png",
        "docx": "application/vnd.openxmlformats-officedocument."
        "wordprocessingml.document", "xlsx":
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }

    def __init__(self, name, data, kind=None, how="both"):
        self.name, self.data, self.how = name, data, how
        last = (name or "").rsplit(".", 1)[-1].lower()
        self.kind = kind or self.TYPES.get(last, "application/octet-stream")

    def part(self):
        kind = [f"Content-Type: {self.kind}"]
        kind += name_params("name", self.name, self.how)
        place = ["Content-Disposition: attachment"]
        place += name_params("filename", self.name, self.how)
        if self.kind.startswith("message/"):
            return part([";\r\n".join(kind), ";\r\n".join(place)],
                        self.data.decode("latin-1"))
        return part([";\r\n".join(kind), "Content-Transfer-Encoding: base64",
                     ";\r\n".join(place)], b64(self.data))


def inline_part(cid, data, place, name="image001.png"):
    return part([f'Content-Type: image/png;\r\n name="{name}"',
                 "Content-Transfer-Encoding: base64", f"Content-ID: <{cid}>",
                 f'Content-Disposition: {place};\r\n filename="{name}"'],
                b64(data))


def multipart(kind, boundary, parts):
    body = "".join(f"--{boundary}\r\n{p.rstrip()}\r\n\r\n" for p in parts)
    return part([f"Content-Type: multipart/{kind};\r\n"
                 f' boundary="{boundary}"'], body + f"--{boundary}--\r\n")


# ---- whole mails ----

def signature(sender):
    name, office = PEOPLE.get(sender.removesuffix("@example.co.jp"),
                              (sender, ""))
    return (f"\n--\n{COMPANY} {office}\n{name}\n"
            "東京都千代田区霞が関一丁目2番3号\nTEL 03-1234-5600\n")


def html_of(text, cids):
    rows = "<br>\n".join(text.split("\n"))
    pictures = "".join(f'<p><img src="cid:{cid}" alt=""></p>' for cid in cids)
    return ("<!DOCTYPE html><html><head><style>p{margin:0}</style></head>"
            f"<body><div>{rows}</div>{pictures}</body></html>\n")


def mail(number, sender, to, subject, text, cc=None, charset="iso-2022-jp",
         html=False, pictures=(), files=(), date="Tue, 01 Sep 2026 10:00:00",
         fields=(), sign=True, encoding=None, place="inline"):
    """The bytes of a mail.

    number: makes Message-ID and boundaries its own.  to None: no To field;
    cc []: an empty Cc.  pictures: (cid, bytes), shown by the HTML body;
    place: what their Content-Disposition says.
    """
    head = [f"Date: {date} +0900", address_field("From", [sender], charset)]
    if to is not None:
        head.append(address_field("To", to, charset))
    if cc is not None:
        head.append(address_field("Cc", cc, charset))
    head += [f"Subject: {encoded_words(subject, charset)}",
             f"Message-ID: <{number}@mail.example.co.jp>", *fields,
             "MIME-Version: 1.0"]
    text = text.strip("\n") + "\n" + (signature(sender) if sign else "")
    body = text_part(text, charset, encoding)
    if html or pictures:
        page = text_part(html_of(text, [cid for cid, _ in pictures]), "utf-8",
                         "quoted-printable", "html")
        if pictures:
            page = multipart("related", f"=_rel_{number}", [page] + [
                inline_part(cid, data, place) for cid, data in pictures])
        body = multipart("alternative", f"=_alt_{number}", [body, page])
    if files:
        body = multipart("mixed", f"=_mix_{number}",
                         [body] + [f.part() for f in files])
    return ("\r\n".join(head) + "\r\n" + body).encode("latin-1")
