"""DKIM signatures as a cloud puts them: rsa-sha256, relaxed/relaxed.

Written from RFC 6376 for the test world alone; shares nothing with the
product, and so is also the world's own verifier.
"""
import base64
import hashlib
import re
import subprocess

PKCS1 = bytes.fromhex("3031300d060960864801650304020105000420")


def integers(der):
    """The INTEGERs of a SEQUENCE (RFC 8017 A.1)."""
    def item(at):
        n = der[at + 1]
        at += 2
        if n & 0x80:
            k = n & 0x7f
            n = int.from_bytes(der[at:at + k], "big")
            at += k
        return at, n
    at, _ = item(0)
    out = []
    while at < len(der):
        tag = der[at]
        at, n = item(at)
        if tag == 2:
            out.append(int.from_bytes(der[at:at + n], "big"))
        at += n
    return out


def make_key(path):
    subprocess.run(["openssl", "genrsa", "-out", path, "2048"], check=True,
                   stderr=subprocess.DEVNULL)


def public_record(path):
    der = subprocess.run(["openssl", "rsa", "-in", path, "-pubout",
                          "-outform", "DER"], check=True, capture_output=True)
    return "v=DKIM1; k=rsa; p=" + base64.b64encode(der.stdout).decode()


class Key:
    def __init__(self, path):
        der = subprocess.run(
            ["openssl", "rsa", "-in", path, "-traditional", "-outform", "DER"],
            check=True, capture_output=True).stdout
        _, self.n, _, _, self.p, self.q, self.dp, self.dq, self.qi = \
            integers(der)

    def sign(self, data):
        size = (self.n.bit_length() + 7) // 8
        t = PKCS1 + hashlib.sha256(data).digest()
        em = b"\0\1" + b"\xff" * (size - len(t) - 3) + b"\0" + t
        m = int.from_bytes(em, "big")  # RFC 8017 5.2.1, 2b
        m1, m2 = pow(m, self.dp, self.p), pow(m, self.dq, self.q)
        s = m2 + self.q * ((m1 - m2) * self.qi % self.p)
        return base64.b64encode(s.to_bytes(size, "big")).decode()


def split(data):
    head, _, body = data.partition(b"\r\n\r\n")
    return re.split(rb"\r\n(?![ \t])", head), body


def relaxed_field(field):
    name, _, value = field.partition(b":")
    value = re.sub(rb"[ \t]+", b" ", re.sub(rb"\r\n", b"", value)).strip()
    return name.strip().lower() + b":" + value


def relaxed_body(body):
    body = re.sub(rb"[ \t]+(?=\r\n)", b"", body)
    body = re.sub(rb"[ \t]+", b" ", body)
    body = re.sub(rb"(\r\n)+\Z", b"", body)
    return body + b"\r\n" if body else b""


def simple_body(body):
    return re.sub(rb"(\r\n)+\Z", b"", body) + b"\r\n"


def pick(head, names):
    """Fields of h=, from the bottom up (RFC 6376 5.4.2)."""
    left, out = list(head), []
    for name in names:
        for i in range(len(left) - 1, -1, -1):
            if left[i].partition(b":")[0].strip().lower() == \
                    name.encode().lower():
                out.append(left.pop(i))
                break
    return out


def sign(data, key, domain, selector, names):
    head, body = split(data)
    bh = base64.b64encode(hashlib.sha256(relaxed_body(body)).digest()).decode()
    field = ("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=%s;\r\n"
             " s=%s;\r\n h=%s;\r\n bh=%s;\r\n b=" % (
                 domain, selector, ":".join(names), bh)).encode()
    over = b"\r\n".join([relaxed_field(f) for f in pick(head, names)] +
                        [relaxed_field(field)])
    b = key.sign(over)
    return field + "\r\n ".join(
        b[i:i + 72] for i in range(0, len(b), 72)).encode() + b"\r\n"


def tags(text):
    out = {}
    for part in re.sub(r"\s+", "", text).split(";"):
        k, eq, v = part.partition("=")
        if eq:
            out[k] = v
    return out


def verify_rsa(spki, over, signature):
    """A public key as SubjectPublicKeyInfo; its BIT STRING holds PKCS #1."""
    at = spki.index(b"\x03\x82")
    n, e = integers(spki[at + 5:])[:2]
    size = (n.bit_length() + 7) // 8
    em = pow(int.from_bytes(signature, "big"), e, n).to_bytes(size, "big")
    t = PKCS1 + hashlib.sha256(over).digest()
    return em == b"\0\1" + b"\xff" * (size - len(t) - 3) + b"\0" + t


def verify(data, txt):
    """[(domain, selector, algorithm, "pass" or why)] of each signature; txt
    gives the TXT record of a name, or None."""
    head, body = split(data)
    out = []
    for field in head:
        if not field.lower().startswith(b"dkim-signature:"):
            continue
        t = tags(field.partition(b":")[2].decode("latin-1"))
        result = (t.get("d", ""), t.get("s", ""), t.get("a", ""))
        out.append(result + (check(t, field, head, body, txt),))
    return out


def check(t, field, head, body, txt):
    header_c, _, body_c = t.get("c", "simple/simple").partition("/")
    canon = relaxed_body if body_c == "relaxed" else simple_body
    bh = base64.b64encode(hashlib.sha256(canon(body)).digest()).decode()
    if bh != t.get("bh"):
        return "body hash"
    if header_c != "relaxed":
        return "header canonicalisation " + header_c
    record = txt("%s._domainkey.%s" % (t["s"], t["d"]))
    if not record:
        return "no key"
    bare = re.sub(rb"([;:\s]b=)[^;]*", rb"\1", field, count=1)
    rest = [f for f in head if f is not field]
    over = b"\r\n".join(
        [relaxed_field(f) for f in pick(rest, t["h"].split(":"))] +
        [relaxed_field(bare)])
    key = base64.b64decode(tags(record)["p"])
    if t["a"] != "rsa-sha256":
        return "algorithm " + t["a"]
    good = verify_rsa(key, over, base64.b64decode(t["b"]))
    return "pass" if good else "signature"
