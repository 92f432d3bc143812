#!/usr/bin/python3
"""dkimpy (Debian's python3-dkim) as the first independent verifier.

peer.py verify RECORDS FILE...   "FILE ALGORITHM RESULT" for each signature
peer.py sign DIR                 every DIR/in/X.eml, in four canonical forms
                                 and two algorithms: DIR/dkimpy/...
RECORDS: lines "NAME TEXT".
"""
import base64
import os
import subprocess
import sys

import dkim


def records(name):
    found = {}
    for line in open(name):
        key, _, text = line.rstrip("\n").partition(" ")
        found[key] = text.encode()
    return found


def verify(keys, name):
    mail = open(name, "rb").read()

    def dns(asked, timeout=5):
        asked = asked.decode() if isinstance(asked, bytes) else asked
        return keys.get(asked.rstrip("."))
    try:
        headers = dkim.DKIM(mail).headers
    except dkim.MessageFormatError:
        headers = []
    fields = [v for k, v in headers if k.lower() == b"dkim-signature"]
    for i, field in enumerate(fields):
        alg = "ed25519" if b"ed25519" in field else "rsa"
        try:
            ok = dkim.DKIM(mail).verify(idx=i, dnsfunc=dns)
        except Exception:  # dkimpy raises many kinds for one meaning
            ok = False
        print(name, alg, "pass" if ok else "fail")
    if not fields:
        print(name, "none", "none")


def ed_seed(pem):
    der = subprocess.run(["openssl", "pkey", "-in", pem, "-outform", "DER"],
                         check=True, capture_output=True).stdout
    return base64.b64encode(der[-32:])


def sign(top):
    rsa = open(os.path.join(top, "rsa.pem"), "rb").read()
    ed = ed_seed(os.path.join(top, "ed.pem"))
    os.makedirs(os.path.join(top, "dkimpy"), exist_ok=True)
    for name in sorted(os.listdir(os.path.join(top, "in"))):
        mail = open(os.path.join(top, "in", name), "rb").read()
        for head in (b"simple", b"relaxed"):
            for body in (b"simple", b"relaxed"):
                out = mail
                for alg, sel, key in ((b"rsa-sha256", b"rsa", rsa),
                                      (b"ed25519-sha256", b"ed", ed)):
                    out = dkim.sign(mail, sel, b"example.co.jp", key,
                                    canonicalize=(head, body),
                                    signature_algorithm=alg) + out
                to = "%s.%s-%s.eml" % (name[:-4], head.decode(), body.decode())
                with open(os.path.join(top, "dkimpy", to), "wb") as f:
                    f.write(out)


if sys.argv[1] == "sign":
    sign(sys.argv[2])
else:
    table = records(sys.argv[2])
    for each in sys.argv[3:]:
        verify(table, each)
