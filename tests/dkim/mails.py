#!/usr/bin/python3
"""mails.py in DIR - unsigned mails with what canonical forms trip over.
mails.py damage FROM TO N SEED - N copies of signed mails with one byte changed.
"""
import os
import random
import sys

HEAD = (b"From: =?UTF-8?B?5bGx55Sw?= <taro@example.co.jp>\r\n"
        b"To: a@customer.example.com\r\nSubject: quote\r\n"
        b"Date: Sat, 21 Nov 2026 10:00:00 +0900\r\n"
        b"Message-ID: <1@example.co.jp>\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: text/plain; charset=UTF-8\r\n"
        b"Content-Transfer-Encoding: 8bit\r\n")
MAILS = {
    "plain": HEAD + b"\r\nHello\r\n",
    "no-body": HEAD + b"\r\n",
    "empty-lines": HEAD + b"\r\n\r\n\r\n\r\n",
    "end-lines": HEAD + b"\r\ntext\r\n\r\n\r\n",
    "no-end": HEAD + b"\r\ntext",
    "blanks": HEAD + b"\r\n a \t b  \r\n \t\r\n\tc\r\n  \r\n",
    "8bit": HEAD + "\r\n関所 を 通る。\r\n".encode(),
    "long-line": HEAD + b"\r\n" + b"x" * 5000 + b" y\r\n",
    "large": HEAD + b"\r\n" + b"line of a large mail  \r\n" * 20000,
    "folded": HEAD.replace(b"Subject: quote", b"Subject:\r\n  a  \t quote\r\n"
                           b"\tof \t today  ") + b"\r\nx\r\n",
    "odd-case": HEAD.replace(b"Subject:", b"SUBJECT:  ") + b"\r\nx\r\n",
    "two-of-a-kind": HEAD + b"Cc: a@example.com\r\nCC: b@example.com\r\n"
                            b"List-Id: <a.example>\r\n\r\nx\r\n",
    "reply": HEAD + b"Reply-To: b@example.co.jp\r\nReferences: <a@b>\r\n"
                    b"\t<c@d>\r\nIn-Reply-To: <c@d>\r\n\r\nx\r\n",
    "multipart": HEAD.replace(
        b"text/plain; charset=UTF-8",
        b'multipart/mixed;\r\n boundary="=_b"').replace(b"8bit", b"7bit") +
        b"\r\n--=_b\r\nContent-Type: text/plain\r\n\r\nhi\r\n--=_b--\r\n\r\n",
}


def damage(src, dst, count, seed):
    pick = random.Random(seed)
    names = [n for n in sorted(os.listdir(src)) if not n.startswith("large")]
    os.makedirs(dst, exist_ok=True)
    for i in range(count):
        mail = bytearray(open(os.path.join(src, pick.choice(names)),
                              "rb").read())
        at = pick.randrange(len(mail))
        while mail[at] in b"\r\n":  # line ends: each has its own idea of them
            at = pick.randrange(len(mail))
        mail[at] = pick.choice(b"aB7 \t=;:<\xe9")
        with open(os.path.join(dst, "%04d.eml" % i), "wb") as f:
            f.write(mail)


if sys.argv[1] == "in":
    for name, mail in MAILS.items():
        with open(os.path.join(sys.argv[2], name + ".eml"), "wb") as f:
            f.write(mail)
else:
    damage(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
