"""Mail as the clouds see it: header fields in order and a body of bytes."""
import base64
import email.header
import email.utils
import hashlib
import re
import secrets
import time


class Mail:
    def __init__(self, data=b""):
        head, gap, self.body = data.partition(b"\r\n\r\n")
        self.head = re.split(rb"\r\n(?![ \t])", head) if head else []
        if self.head and self.head[-1].endswith(b"\r\n") and not gap:
            self.head[-1] = self.head[-1][:-2]

    @staticmethod
    def name(field):
        return field.partition(b":")[0].strip().lower().decode("latin-1")

    def all(self, name):
        return [re.sub(rb"\r\n", b"", f.partition(b":")[2]).strip().decode(
            "utf-8", "replace") for f in self.head
            if self.name(f) == name.lower()]

    def first(self, name, default=""):
        found = self.all(name)
        return found[0] if found else default

    def drop(self, name):
        self.head = [f for f in self.head if self.name(f) != name.lower()]

    def drop_if(self, test):
        self.head = [f for f in self.head if not test(self.name(f))]

    def top(self, *lines):
        self.head[:0] = [x.encode() for x in lines]

    def end(self, *lines):
        self.head += [x.encode() for x in lines]

    def above(self, name, *lines):
        at = next((i for i, f in enumerate(self.head)
                   if self.name(f) == name.lower()), len(self.head))
        self.head[at:at] = [x.encode() for x in lines]

    def set(self, name, value):
        """As a transport rule does: one field, just above From."""
        self.drop(name)
        self.above("From", "%s: %s" % (name, value))

    def copy(self):
        m = Mail()
        m.head, m.body = list(self.head), self.body
        return m

    def data(self):
        return b"\r\n".join(self.head) + b"\r\n\r\n" + self.body

    def digest(self):
        return hashlib.sha256(self.body).hexdigest()


def blob(n):
    """Opaque words as the clouds put them into headers, n characters."""
    text = base64.b64encode(secrets.token_bytes(n * 3 // 4 + 3)).decode()[:n]
    return "\r\n ".join(text[i:i + 76] for i in range(0, n, 76))


def now():
    return email.utils.formatdate(time.time())


def encoded(text):
    """RFC 2047, where it must be."""
    return text if text.isascii() else email.header.Header(
        text, "utf-8", maxlinelen=900).encode()


def decoded(text):
    return str(email.header.make_header(email.header.decode_header(text)))


def written(spec):
    """An employee's mail: from, to, cc, subject, headers [line], body,
    repeat (lines of 60 bytes behind it)."""
    m = Mail()
    domain = (spec.get("header-from") or spec["from"]).rpartition("@")[2]
    m.end("From: <%s>" % (spec.get("header-from") or spec["from"]),
          "To: " + ",\r\n ".join(spec.get("header-to", spec["to"])))
    if spec.get("cc"):
        m.end("CC: " + ",\r\n ".join(spec["cc"]))
    m.end("Subject: " + encoded(spec.get("subject", "test")), "Date: " + now(),
          "Message-ID: " + spec.get(
              "message-id", "<%s@%s>" % (secrets.token_hex(12), domain)))
    if not spec.get("mime"):
        m.end('Content-Type: text/plain; charset="utf-8"',
              "Content-Transfer-Encoding: 8bit", "MIME-Version: 1.0")
    m.end(*spec.get("headers", ()))
    body = spec.get("body", "test\n").encode()
    body += b"%059d\n" % 7 * spec.get("repeat", 0)
    if not spec.get("bare-lf"):
        body = re.sub(rb"\r?\n", b"\r\n", body)
    m.body = body
    return m
