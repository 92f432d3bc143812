"""build.py - how a mail with a hidden secret is put together.

A trick is a mail whose secret at least one mail program shows.  `TRICKS` maps
its name to (bytes, seen): `seen` False says that no reader known to us shows
it, so that it may pass.
"""

import base64
import quopri

CARD = b"4111 1111 1111 1111"
WORD = b"zanzibar"
FIRM = "株式会社ミナト商会"
SECRET = b"Card " + CARD + b" and " + WORD + b".\r\n"
EXE = b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff\0\0" + bytes(48) + b"PE\0\0" + bytes(200)
HEAD = (b"From: Taro <taro@example.co.jp>\r\nTo: hanako@example.org\r\n"
        b"Subject: minutes\r\nDate: Mon, 2 Nov 2026 10:00:00 +0900\r\n"
        b"Message-ID: <t@example.co.jp>\r\n")
TRICKS = {}


def b64(data, width=76):
    text = base64.b64encode(data)
    return b"".join(text[i:i + width] + b"\r\n"
                    for i in range(0, len(text), width))


def qp(data):
    return quopri.encodestring(data.replace(b"\r\n", b"\n")).replace(
        b"\n", b"\r\n")


def mail(fields, body, version=True):
    """One entity; `fields` is its MIME header, each line with its end."""
    return (HEAD + (b"MIME-Version: 1.0\r\n" if version else b"") + fields +
            b"\r\n" + body)


def part(fields, body):
    return fields + b"\r\n" + body


def multi(parts, boundary=b"bnd", kind=b"mixed", written=None, pre=b"",
          post=b"", closed=True, parameter=None):
    """A multipart mail; `written`: the delimiter that stands in the body."""
    written = boundary if written is None else written
    parameter = b'boundary="' + boundary + b'"' if parameter is None else parameter
    body = pre
    for p in parts:
        body += b"--" + written + b"\r\n" + p + b"\r\n"
    if closed:
        body += b"--" + written + b"--\r\n"
    return mail(b"Content-Type: multipart/" + kind + b"; " + parameter +
                b"\r\n", body + post)


PLAIN = b"Content-Type: text/plain; charset=utf-8\r\n"
HTML = b"Content-Type: text/html; charset=utf-8\r\n"
HELLO = part(PLAIN, b"hello\r\n")
HIDDEN = part(PLAIN, SECRET)


def attached(name, data, kind=b"application/octet-stream", more=b""):
    if isinstance(name, str):
        name = name.encode()
    return part(b"Content-Type: " + kind + b"\r\n"
                b'Content-Disposition: attachment; filename="' + name +
                b'"\r\n' + more + b"Content-Transfer-Encoding: base64\r\n",
                b64(data))


def with_file(name, data, kind=b"application/octet-stream"):
    return multi([HELLO, attached(name, data, kind)])


def trick(name, data, seen=True):
    assert name not in TRICKS, name
    TRICKS[name] = (data, seen)
