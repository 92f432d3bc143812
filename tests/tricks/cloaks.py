"""cloaks.py - mails that pretend to be of a class with fewer gates, or to be
from or to somebody else."""

from build import *
from mime import E64

SEALED = b"-----BEGIN PGP MESSAGE-----\r\n\r\nabc=\r\n-----END PGP MESSAGE-----\r\n"


def files():
    exe = b64(EXE)
    for kind, parameter, types in (
            (b"signed", b'protocol="application/pgp-signature"', (b"application/pgp-signature", b"application/pkcs7-signature", b"application/x-pkcs7-signature")),
            (b"encrypted", b'protocol="application/pgp-encrypted"', (b"application/pgp-encrypted", b"application/octet-stream", b"text/plain")),
            (b"report", b"report-type=delivery-status", (b"message/delivery-status", b"text/rfc822-headers", b"application/octet-stream")),
            (b"report", b"report-type=disposition-notification", (b"message/disposition-notification", b"application/octet-stream"))):
        for t in types:
            for name in (b"a.exe", b"signature.asc", b""):
                named = b'\r\nContent-Disposition: attachment; filename="' + name + b'"' if name else b""
                n = b"-".join((kind, t.split(b"/")[1], name or b"none", parameter[-20:-13])).decode()
                for what, data in (("exe", exe), ("text", b64(SECRET))):
                    trick("cloak-%s-%s" % (n, what), multi([HELLO, part(b"Content-Type: " + t + named + b"\r\n" + E64, data)], kind=kind, parameter=b"boundary=bnd; " + parameter))
    for st in (b"", b"; smime-type=enveloped-data", b"; smime-type=signed-data", b"; smime-type=compressed-data"):
        for name in (b"smime.p7m", b"a.exe"):
            for what, data in (("exe", exe), ("text", b64(SECRET))):
                trick("cloak-p7m-%s-%s-%s" % (st[13:].decode(), name.decode(), what), mail(b"Content-Type: application/pkcs7-mime" + st + b'; name="' + name + b'"\r\n' + E64, data))
    for name in (b"message.rpmsg", b"winmail.dat"):
        trick("cloak-" + name.decode(), multi([HELLO, attached(name, SECRET)]))
        trick("cloak-exe-" + name.decode(), multi([HELLO, attached(name, EXE)]))
    trick("cloak-both", multi([part(b"Content-Type: multipart/encrypted; boundary=inn\r\n", b"--inn\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--inn\r\nContent-Type: application/octet-stream\r\n\r\n" + SEALED + b"\r\n--inn\r\n" + HIDDEN + b"\r\n--inn--\r\n")]))


def senders():
    head = HEAD.split(b"\r\n", 1)[1]
    for name, f in {
            "none": b"", "empty": b"From:\r\n", "two": b"From: a@example.co.jp\r\nFrom: b@example.co.jp\r\n", "list": b"From: a@example.co.jp, b@example.co.jp\r\n",
            "group": b"From: x: a@example.co.jp;\r\n", "group-empty": b"From: x:;\r\n", "name-address": b'From: "b@example.co.jp" <a@example.co.jp>, <b@example.co.jp>\r\n',
            "route": b"From: <@x.example:a@example.co.jp>\r\n", "space": b"From : a@example.co.jp\r\n", "fold": b"From\r\n : a@example.co.jp\r\n", "encoded": b"From: =?utf-8?Q?a=40example.co.jp?=\r\n",
            "encoded-local": b"From: =?utf-8?Q?a?=@example.co.jp\r\n", "quoted-at": b'From: "b@example.co.jp>"<a@example.co.jp>x\r\n', "comment": b"From: a@example.co.jp (x) , \r\n b@example.co.jp\r\n", "nul": b"From: a@example.co.jp\0b@example.com\r\n",
            "open": b"From: <a@example.co.jp\r\n", "double": b"From: <a@example.co.jp><b@example.co.jp>\r\n", "nested": b"From: <<a@example.co.jp>>\r\n", "semi": b"From: a@example.co.jp; b@example.co.jp\r\n", "bare": b"From: a\r\n",
            "phrase": b"From: b@example.co.jp <a@example.co.jp>\r\n", "lower": b"from: a@example.co.jp\r\nFROM: b@example.co.jp\r\n", "two-at": b"From: a@b@example.co.jp\r\n", "8bit": b"From: \x82\xa0@example.co.jp\r\n", "sender-two": b"From: a@example.co.jp\r\nSender: x@example.co.jp\r\nSender: y@example.co.jp\r\n"}.items():
        trick("from-" + name, f + head + b"MIME-Version: 1.0\r\n" + PLAIN + b"\r\nhello\r\n")


def make():
    files()
    senders()
