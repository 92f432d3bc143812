#!/usr/bin/python3
"""Look at mail that a test's servers kept.

mail.py find DIR ADDRESS [TEXT]    files of DIR delivered to ADDRESS; TEXT must
                                   stand in the decoded subject or text
mail.py text FILE                  subject and text parts, decoded
mail.py field FILE NAME            that header field, decoded
mail.py same ORIGINAL COPY [FIELD...]
                                   equal body bytes and header lines, but for
                                   trace fields above and the named FIELDs
mail.py part FILE N                the N-th part's decoded bytes (0: itself)
"""
import email
import email.policy
import hashlib
import os
import sys

TRACE = {b"received", b"return-path", b"delivered-to", b"x-original-to"}


def load(path):
    with open(path, "rb") as f:
        return f.read().replace(b"\r\n", b"\n")


def parse(path):
    return email.message_from_bytes(load(path), policy=email.policy.default)


def words(path):
    m = parse(path)
    out = ["Subject: " + str(m["subject"])]
    for part in m.walk():
        if part.get_content_maintype() == "text":
            try:
                out.append(part.get_content())
            except (LookupError, ValueError):
                out.append(repr(part.get_payload(decode=True)))
    return "\n".join(out).replace("\r", "")


def find(folder, address, text=""):
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        data = load(path)
        mark = b"\nDelivered-To: " + address.encode() + b"\n"
        if mark.lower() in b"\n" + data.split(b"\n\n", 1)[0].lower() + b"\n" \
                and (not text or text in words(path)):
            print(path)


def fields(head):
    """Header fields with their continuation lines."""
    out = []
    for line in head.split(b"\n"):
        if line[:1] in b" \t" and out and line:
            out[-1] += b"\n" + line
        else:
            out.append(line)
    return out


def below_trace(data, more):
    head, _, body = data.partition(b"\n\n")
    skip = TRACE | {x.lower().encode() for x in more}
    return [f for f in fields(head)
            if f.split(b":", 1)[0].strip().lower() not in skip], body


def same(original, copy, *more):
    want, want_body = below_trace(load(original), more)
    have, have_body = below_trace(load(copy), more)
    if want != have:
        for f in want:
            if f not in have:
                print("missing or changed:", f.decode("latin-1"))
        for f in have:
            if f not in want:
                print("new or changed:", f.decode("latin-1"))
        if sorted(want) == sorted(have):
            print("header fields in another order")
        return 1
    if want_body != have_body:
        a, b = want_body, have_body
        n = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y),
                 min(len(a), len(b)))
        print("bodies differ at byte", n, "lengths", len(a), len(b),
              a[n:n + 40], b[n:n + 40])
        return 1
    return 0


def part(path, n):
    parts = list(parse(path).walk())
    p = parts[int(n)]
    if p.get_content_type() == "message/rfc822":
        data = p.get_payload(0).as_bytes()
    else:
        data = p.get_payload(decode=True) or b""
    sys.stdout.buffer.write(data)


def main(verb, *args):
    if verb == "find":
        return find(*args)
    if verb == "text":
        return print(words(args[0]))
    if verb == "field":
        value = parse(args[0])[args[1]]
        return print("" if value is None else value)
    if verb == "same":
        return same(*args)
    if verb == "part":
        return part(*args)
    if verb == "digest":
        return print(hashlib.sha256(
            load(args[0]).partition(b"\n\n")[2]).hexdigest())
    return print(__doc__) or 64


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
