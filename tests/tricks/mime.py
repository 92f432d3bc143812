"""mime.py - structure, fields and transfer encodings that programs read
differently (RFC 2045, 2046, 2231, 5322)."""

from build import *

E64 = b"Content-Transfer-Encoding: base64\r\n"
EQP = b"Content-Transfer-Encoding: quoted-printable\r\n"
CT = b"Content-Type: "
S64 = b64(SECRET)
TWO = b"--bnd\r\n" + HELLO + b"\r\n--bnd\r\n" + HIDDEN + b"\r\n--bnd--\r\n"
MIXED = CT + b'multipart/mixed; boundary="bnd"\r\n'


def fields():
    for name, first, second in (
            ("plain-then-mixed", PLAIN, MIXED), ("mixed-then-plain", MIXED, PLAIN),
            ("image-then-mixed", CT + b"image/png\r\n", MIXED),
            ("mixed-then-image", MIXED, CT + b"image/png\r\n")):
        trick("type-twice-" + name, mail(first + second, TWO))
    for name, first, second in (
            ("b64-7bit", E64, b"Content-Transfer-Encoding: 7bit\r\n"),
            ("7bit-b64", b"Content-Transfer-Encoding: 7bit\r\n", E64),
            ("qp-b64", EQP, E64), ("b64-qp", E64, EQP)):
        trick("cte-twice-" + name, mail(PLAIN + first + second, S64))
    trick("cd-twice", multi([HELLO, part(
        CT + b"application/octet-stream\r\n"
        b'Content-Disposition: attachment; filename="a.txt"\r\n'
        b'Content-Disposition: attachment; filename="a.exe"\r\n', b"x\r\n")]))
    values = {
        "upper": b"BASE64", "comment": b"base64 (no)", "comment-first": b"(x) base64",
        "quoted": b'"base64"', "semicolon": b"base64;", "parameter": b"base64; x=y",
        "space": b"base64   ", "tab": b"\tbase64", "folded": b"\r\n base64",
        "split": b"base\r\n 64", "dash": b"base-64", "x": b"x-base64",
        "comma": b"base64,", "two": b"base64 7bit", "two-first": b"7bit base64",
        "encoded-word": b"=?us-ascii?Q?base64?=", "colon": b": base64",
        "dot": b"base64.", "high": b"base64\xa0", "vt": b"base64\x0b",
    }
    for name, v in values.items():
        trick("cte-value-" + name, mail(
            PLAIN + b"Content-Transfer-Encoding: " + v + b"\r\n", S64))
    names = {
        "space": b"Content-Transfer-Encoding : base64",
        "tab": b"Content-Transfer-Encoding\t: base64",
        "two-spaces": b"Content-Transfer-Encoding  : base64",
        "case": b"CONTENT-transfer-ENCODING: base64",
        "no-space": b"Content-Transfer-Encoding:base64",
        "fold-name": b"Content-Transfer-\r\n Encoding: base64",
        "fold-colon": b"Content-Transfer-Encoding\r\n : base64",
        "lead": b" Content-Transfer-Encoding: base64",
        "nul": b"Content-Transfer-Encoding\0: base64",
        "underscore": b"Content_Transfer_Encoding: base64",
        "dash": b"Content-Transfer-Encoding-: base64",
        "zero-width": "Content-Transfer\u200b-Encoding: base64".encode(),
        "no-colon": b"Content-Transfer-Encoding base64",
        "equals": b"Content-Transfer-Encoding= base64",
        "short": b"Content-Encoding: base64",
        "x": b"X-Content-Transfer-Encoding: base64",
    }
    for name, v in names.items():
        trick("cte-name-" + name, mail(PLAIN + v + b"\r\n", S64),
              seen=name not in ("short", "x", "underscore", "dash",
                                "zero-width", "equals"))
    trick("cte-after-junk-line", mail(PLAIN + b"junk without colon\r\n" + E64, S64))
    trick("cte-after-blank-fold", mail(PLAIN + b"X-A: b\r\n \r\n" + E64, S64))
    trick("cte-after-tab-fold", mail(PLAIN + b"X-A: b\r\n\t\r\n" + E64, S64))
    trick("cte-after-from", mail(PLAIN + b"From somebody Mon Jan 1\r\n" + E64, S64))
    trick("cte-after-gt-from", mail(PLAIN + b">From x Mon Jan 1\r\n" + E64, S64))
    trick("cte-in-body", mail(PLAIN, E64 + b"\r\n" + S64), seen=False)
    # explain says that this is no mail; the daemon finds no From in it.
    trick("blank-first", b"\r\n" + mail(PLAIN + E64, S64), seen=False)
    trick("from-line-first", b"From t@x Mon Jan 1 00:00:00 2024\r\n" +
          mail(PLAIN + E64, S64))
    trick("space-line-first", b" \r\n" + mail(PLAIN + E64, S64))
    trick("no-version", mail(PLAIN + E64, S64, version=False))
    trick("no-version-multi", mail(MIXED, TWO, version=False))
    for v in (b"2.0", b"1.0 (x)", b"(x) 1.0", b"1. 0", b"", b"x"):
        trick("version-" + repr(v)[2:-1], mail(
            b"MIME-Version: " + v + b"\r\n" + PLAIN + E64, S64, version=False))
    trick("version-twice", mail(b"MIME-Version: 1.0\r\n" + PLAIN + E64, S64))
    trick("bare-cr-field", mail(PLAIN + b"X-A: b\r" + E64, S64))
    trick("bare-cr-header-end", mail(PLAIN + E64[:-2] + b"\r\r", S64))
    trick("bare-lf-field", mail(PLAIN + b"X-A: b\n" + E64, S64))
    trick("bare-lf-header-end", mail(PLAIN + E64[:-2] + b"\n\n", S64))
    trick("cr-body", mail(PLAIN + E64, S64.replace(b"\r\n", b"\r")))
    trick("lf-body", mail(PLAIN + E64, S64.replace(b"\r\n", b"\n")))
    trick("cr-multi", mail(MIXED, TWO.replace(b"\r\n", b"\r")))
    trick("lf-multi", mail(MIXED, TWO.replace(b"\r\n", b"\n")))
    trick("nul-type", mail(CT + b"text/pl\0ain\r\n" + E64, S64))
    trick("nul-boundary", multi([HELLO, HIDDEN], boundary=b"b\0nd"))
    trick("many-fields", mail(b"X-A: b\r\n" * 1500 + PLAIN + E64, S64))
    trick("long-field", mail(b"X-A: " + b"b" * 70000 + b"\r\n" + PLAIN + E64, S64))
    trick("long-line", mail(PLAIN + E64, b64(SECRET * 3000, 200000)))
    trick("header-only", HEAD + b"MIME-Version: 1.0\r\n" + b"X: " + SECRET, seen=False)
    trick("body-as-header", HEAD + b"MIME-Version: 1.0\r\n" + PLAIN +
          b"Card: " + CARD + b"\r\n no colon here " + WORD + b"\r\n", seen=False)
    trick("no-blank-line", HEAD + PLAIN + SECRET)
    trick("no-blank-line-b64", HEAD + PLAIN + E64 + S64)
    trick("no-blank-line-multi", HEAD + MIXED + TWO)


def types():
    good = b64(SECRET)
    for name, v in {
            "none": b"", "empty": CT + b"\r\n", "no-slash": CT + b"text\r\n",
            "slash": CT + b"/\r\n", "half": CT + b"text/\r\n",
            "two-slash": CT + b"text/plain/x\r\n", "unknown": CT + b"text/x-unknown\r\n",
            "comma": CT + b"text/plain, image/png\r\n",
            "image": CT + b"image/png\r\n", "audio": CT + b"audio/wav\r\n",
            "octets": CT + b"application/octet-stream\r\n",
            "font": CT + b"font/woff\r\n", "model": CT + b"model/x\r\n",
            "calendar": CT + b"text/calendar\r\n", "css": CT + b"text/css\r\n",
            "js": CT + b"text/javascript\r\n", "xml": CT + b"text/xml\r\n",
            "rfc822-headers": CT + b"text/rfc822-headers\r\n",
            "amp": CT + b"text/x-amp-html\r\n", "watch": CT + b"text/watch-html\r\n",
            "rtf": CT + b"text/rtf\r\n", "richtext": CT + b"text/richtext\r\n",
            "enriched": CT + b"text/enriched\r\n", "csv": CT + b"text/csv\r\n",
            "vcard": CT + b"text/vcard\r\n", "pgp": CT + b"application/pgp\r\n",
            "star": CT + b"text/*\r\n", "space": CT + b"text / plain\r\n",
            "encoded": CT + b"=?us-ascii?q?text/plain?=\r\n",
            "quoted": CT + b'"text/plain"\r\n', "comment": CT + b"(a)text/plain\r\n",
            "delivery": CT + b"message/delivery-status\r\n",
            "mdn": CT + b"message/disposition-notification\r\n",
            "sip": CT + b"message/sip\r\n", "http": CT + b"message/http\r\n",
            "feedback": CT + b"message/feedback-report\r\n",
            "tracking": CT + b"message/tracking-status\r\n",
    }.items():
        trick("type-" + name, mail(v, SECRET))
        trick("type-" + name + "-b64", mail(v + E64, good))
        trick("type-" + name + "-part", multi([HELLO, part(v, SECRET)]))
        trick("type-" + name + "-file", multi([HELLO, part(
            v + b'Content-Disposition: attachment; filename="a.txt"\r\n' + E64,
            good)]))
    inner = mail(PLAIN, SECRET)
    for kind in (b"rfc822", b"global", b"news", b"rfc2822", b"partial; id=1; number=1; total=2",
                 b"external-body; access-type=anon-ftp", b"x-mail", b"RFC822",
                 b"global-headers", b"imdn+xml", b"delivery-status", b"s-http"):
        word = kind.split(b";")[0].decode()
        trick("message-" + word, mail(CT + b"message/" + kind + b"\r\n", inner))
        trick("message-" + word + "-b64", mail(
            CT + b"message/" + kind + b"\r\n" + E64, b64(inner)))
        trick("message-" + word + "-qp", mail(
            CT + b"message/" + kind + b"\r\n" + EQP, qp(mail(PLAIN + E64, good))))
        trick("message-" + word + "-part", multi([HELLO, part(
            CT + b"message/" + kind + b"\r\n", inner)]))
        trick("message-" + word + "-uu", mail(
            CT + b"message/" + kind + b"\r\nContent-Transfer-Encoding: x-uuencode\r\n",
            uu(inner, b"a.eml")))
    deep = HIDDEN
    for i in range(80):
        b = b"d%dx" % i
        deep = part(CT + b'multipart/mixed; boundary="' + b + b'"\r\n',
                    b"--" + b + b"\r\n" + deep + b"\r\n--" + b + b"--\r\n")
    trick("deep-multi", HEAD + b"MIME-Version: 1.0\r\n" + deep)
    deep = mail(PLAIN + E64, good)
    for i in range(80):
        deep = mail(CT + b"message/rfc822\r\n", deep)
    trick("deep-mail", deep)
    deep = mail(PLAIN + E64, good)
    for i in range(6):
        deep = mail(CT + b"message/rfc822\r\n" + E64, b64(deep))
    trick("deep-mail-b64", deep)
    trick("many-parts", multi([HELLO] * 1200 + [HIDDEN]))
    trick("digest", multi([b"\r\n" + inner], kind=b"digest"))
    trick("digest-plain", multi([HIDDEN], kind=b"digest"))
    for kind in (b"alternative", b"related", b"parallel", b"x-unknown",
                 b"form-data", b"appledouble", b"report", b"signed", b"encrypted",
                 b"MIXED", b"byteranges", b"voice-message", b"header-set"):
        trick("multi-" + kind.decode(), multi([HELLO, HIDDEN], kind=kind))
        trick("multi-" + kind.decode() + "-first", multi([HIDDEN, HELLO], kind=kind))
    trick("related-start", multi(
        [part(HTML + b"Content-ID: <a>\r\n", b"<p>hello\r\n"),
         part(HTML + b"Content-ID: <b>\r\n", SECRET)], kind=b"related",
        parameter=b'boundary=bnd; start="<b>"'))


def uu(data, name=b"a.txt"):
    import binascii
    out = b"begin 644 " + name + b"\r\n"
    for i in range(0, len(data), 45):
        out += binascii.b2a_uu(data[i:i + 45])[:-1] + b"\r\n"
    return out + b"`\r\nend\r\n"


def boundaries():
    p = lambda s: dict(parameter=s)
    two = [HELLO, HIDDEN]
    for name, how in {
            "bare": p(b"boundary=bnd"), "quoted": p(b'boundary="bnd"'),
            "upper": p(b'BOUNDARY="bnd"'), "single": p(b"boundary='bnd'"),
            "single-in": dict(boundary=b"'bnd'", parameter=b"boundary='bnd'"),
            "comment": p(b"boundary=bnd (x)"), "comment-first": p(b"boundary=(x)bnd"),
            "comment-name": p(b"boundary(x)=bnd"), "spaces": p(b"boundary = bnd"),
            "space-after": p(b"boundary= bnd"), "space-before": p(b"boundary =bnd"),
            "space-end": p(b'boundary="bnd "'), "space-start": p(b'boundary=" bnd"'),
            "fold": p(b"\r\n boundary=bnd"), "fold-value": p(b"boundary=\r\n bnd"),
            "fold-in": p(b'boundary="b\r\n nd"'), "fold-in2": p(b'boundary="bnd\r\n "'),
            "two": p(b"boundary=xyz; boundary=bnd"), "two-b": p(b"boundary=bnd; boundary=xyz"),
            "2231": p(b"boundary*=us-ascii''bnd"), "2231-pct": p(b"boundary*=us-ascii''b%6ed"),
            "2231-parts": p(b"boundary*0=b; boundary*1=nd"),
            "2231-order": p(b"boundary*1=nd; boundary*0=b"),
            "2231-gap": p(b"boundary*0=bnd; boundary*2=x"),
            "2231-both": p(b"boundary*0=xyz; boundary=bnd"),
            "2231-both-b": p(b"boundary=bnd; boundary*=us-ascii''xyz"),
            "2231-none": p(b"boundary*1=bnd"), "2231-00": p(b"boundary*00=bnd"),
            "2231-big": p(b"boundary*0=bnd; boundary*1="),
            "encoded-word": p(b"boundary==?us-ascii?Q?bnd?="),
            "encoded-quoted": p(b'boundary="=?us-ascii?Q?bnd?="'),
            "escape": p(b'boundary="b\\nd"'), "escape-end": p(b'boundary="bnd\\"'),
            "unclosed": p(b'boundary="bnd'), "half": p(b'boundary=bnd"'),
            "junk": p(b'boundary="bnd"x'), "junk-before": p(b'boundary=x"bnd"'),
            "empty": dict(boundary=b""), "none": p(b"x=y"), "dash": dict(boundary=b"--"),
            "one-dash": dict(boundary=b"-"), "space": dict(boundary=b" "),
            "long": dict(boundary=b"b" * 300), "long-70": dict(boundary=b"b" * 71),
            "long-998": dict(boundary=b"b" * 1100),
            "no-semi": dict(parameter=b"", kind=b'mixed boundary="bnd"'),
            "two-semi": p(b"; boundary=bnd"), "comma": p(b"charset=x, boundary=bnd"),
            "colon": p(b"boundary:bnd"), "slash": p(b"boundary=b/nd"),
            "case": dict(boundary=b"BND", written=b"bnd"),
            "trunc": dict(boundary=b"bnd;x", parameter=b"boundary=bnd;x"),
            "trunc-b": dict(parameter=b"boundary=bnd;x"),
            "high": dict(boundary="é".encode()), "nbsp": p(b"boundary=bnd\xa0"),
            "tab": p(b"boundary=bnd\t"), "dots": p(b"boundary=bnd..."),
            "quoted-semi": dict(boundary=b"b;nd"), "name-quoted": p(b'"boundary"=bnd'),
            "charset-first": p(b'charset="boundary=xyz"; boundary=bnd'),
            "in-comment": p(b"(boundary=xyz) boundary=bnd"),
            "in-comment-b": p(b"boundary=xyz (; boundary=bnd)"),
            "prefix-name": p(b"xboundary=xyz; boundary=bnd"),
            "ctl": p(b"boundary=b\x01nd"), "del": p(b"boundary=bnd\x7f"),
    }.items():
        trick("boundary-" + name, multi(two, **how))
    for name, w in {"space": b"bnd ", "tab": b"bnd\t", "dash": b"bnd-", "one": b"bnd1",
                    "spaces-x": b"bnd  x", "vt": b"bnd\x0b", "nbsp": b"bnd\xa0",
                    "nul": b"bnd\0", "cr": b"bnd\r", "semi": b"bnd;"}.items():
        trick("delim-" + name, multi(two, written=w))
    trick("delim-indent", mail(MIXED, TWO.replace(b"--bnd", b" --bnd")), seen=True)
    trick("delim-three", mail(MIXED, TWO.replace(b"--bnd", b"---bnd")), seen=True)
    trick("delim-in-line", mail(MIXED, b"--bnd\r\n\r\nhello --bnd\r\n" + HIDDEN + b"\r\n--bnd--\r\n"))
    trick("delim-no-eol", mail(MIXED, b"--bnd\r\n" + HIDDEN[:-2] + b"--bnd--\r\n"))
    trick("delim-cr-cr", mail(MIXED, TWO.replace(b"--bnd\r\n", b"--bnd\r\r\n")))
    for name, w in {"x": b"--bnd--x\r\n", "space": b"--bnd-- x\r\n", "sp": b"--bnd --\r\n",
                    "dash": b"--bnd---\r\n", "tab": b"--bnd--\t\r\n", "dd": b"--bnd----\r\n"}.items():
        trick("close-" + name, mail(MIXED, b"--bnd\r\n" + HELLO + b"\r\n" + w + HIDDEN + b"\r\n--bnd--\r\n"))
        trick("close-two-" + name, mail(MIXED, b"--bnd\r\n" + HELLO + b"\r\n" + w + b"--bnd\r\n" + HIDDEN + b"\r\n--bnd--\r\n"))
    trick("close-then-part", mail(MIXED, b"--bnd\r\n" + HELLO + b"\r\n--bnd--\r\n--bnd\r\n" + HIDDEN + b"\r\n--bnd--\r\n"))
    trick("close-first", mail(MIXED, b"--bnd--\r\n--bnd\r\n" + HIDDEN + b"\r\n--bnd--\r\n"))
    trick("never-closed", multi(two, closed=False))
    trick("never-opened", mail(MIXED, HIDDEN))
    trick("never-opened-plain", mail(MIXED, SECRET))
    trick("only-close", mail(MIXED, SECRET + b"--bnd--\r\n"))
    trick("preamble", multi([HELLO], pre=SECRET))
    trick("preamble-b64", multi([HELLO], pre=b64(SECRET)), seen=False)
    trick("preamble-part", multi([HELLO], pre=PLAIN + b"\r\n" + SECRET))
    trick("preamble-uu", multi([HELLO], pre=uu(SECRET)))
    trick("epilogue", multi([HELLO], post=SECRET))
    trick("epilogue-uu", multi([HELLO], post=uu(SECRET)))
    trick("epilogue-part", multi([HELLO], post=PLAIN + b"\r\n" + SECRET))
    trick("epilogue-html", multi([HELLO], post=HTML + b"\r\n<p>" + SECRET))
    trick("inner-preamble", multi([part(MIXED.replace(b"bnd", b"inn"), SECRET + b"--inn\r\n" + HELLO + b"\r\n--inn--\r\n")]))
    trick("inner-epilogue", multi([part(MIXED.replace(b"bnd", b"inn"), b"--inn\r\n" + HELLO + b"\r\n--inn--\r\n" + SECRET)]))
    trick("mail-epilogue", multi([part(CT + b"message/rfc822\r\n", multi([HELLO], boundary=b"inn", post=SECRET))]))
    inn = MIXED.replace(b"bnd", b"bn")
    trick("prefix-inner", multi([part(inn, b"--bn\r\n" + HELLO + b"\r\n--bn--\r\n"), HIDDEN]))
    inn = MIXED.replace(b"bnd", b"bndx")
    trick("prefix-outer", multi([part(inn, b"--bndx\r\n" + HELLO + b"\r\n--bndx\r\n" + HIDDEN + b"\r\n--bndx--\r\n")]))
    trick("same-inner", multi([part(MIXED, b"--bnd\r\n" + HELLO + b"\r\n--bnd--\r\n"), HIDDEN]))
    trick("inner-not-closed", multi([part(MIXED.replace(b"bnd", b"inn"), b"--inn\r\n" + HELLO), HIDDEN]))
    trick("boundary-in-inner-mail", multi([part(CT + b"message/rfc822\r\n", mail(PLAIN, b"x\r\n--bnd\r\n" + HIDDEN))]))
    trick("boundary-in-b64", multi([part(PLAIN + E64, S64[:20] + b"\r\n--bnd\r\n" + HIDDEN)]))
    trick("multi-b64", mail(MIXED + E64, b64(TWO)))
    trick("multi-qp", mail(MIXED + EQP, qp(TWO)))
    trick("multi-qp-plain", mail(MIXED + EQP, TWO))
    trick("multi-b64-plain", mail(MIXED + E64, TWO))
    trick("multi-part-b64", multi([HELLO, part(MIXED.replace(b"bnd", b"inn") + E64, b64(TWO.replace(b"bnd", b"inn")))]))
    trick("part-header-cut", mail(MIXED, b"--bnd\r\n" + PLAIN + b"--bnd\r\n" + HIDDEN + b"\r\n--bnd--\r\n"))
    trick("part-no-blank", mail(MIXED, b"--bnd\r\n" + PLAIN + SECRET + b"\r\n--bnd--\r\n"))
    trick("part-no-header", mail(MIXED, b"--bnd\r\n" + SECRET + b"\r\n--bnd--\r\n"))
    trick("part-blank-space", mail(MIXED, b"--bnd\r\n" + PLAIN + E64 + b" \r\n" + S64 + b"\r\n--bnd--\r\n"))
    trick("part-fold-first", mail(MIXED, b"--bnd\r\n " + PLAIN + E64 + b"\r\n" + S64 + b"\r\n--bnd--\r\n"))
    trick("part-empty-then", mail(MIXED, b"--bnd\r\n\r\n" + PLAIN + E64 + b"\r\n" + S64 + b"\r\n--bnd--\r\n"), seen=False)
    trick("part-cte-twice", multi([part(PLAIN + b"Content-Transfer-Encoding: 7bit\r\n" + E64, S64)]))
    trick("part-type-twice", multi([part(CT + b"image/png\r\n" + PLAIN + E64, S64)]))


def encodings():
    pre = PLAIN + E64
    s = S64.replace(b"\r\n", b"")
    odd = {
        "garbage": b"-*-".join([s[:8], s[8:]]), "star": s[:9] + b"*" + s[9:],
        "high": s[:9] + b"\xe9" + s[9:], "url": s.replace(b"+", b"-").replace(b"/", b"_"),
        "dot": s[:9] + b"." + s[9:], "bang": b"!" + s, "cut": s[:-1], "cut2": s[:-2],
        "cut3": s[:-3], "one-more": s + b"A", "pads": s + b"====", "pad-first": b"=" + s,
        "nul": s[:8] + b"\0" + s[8:], "comment": b"(x)" + s, "text-before": b"hello\r\n\r\n" + s,
        "text-after": s + b"\r\n\r\nhello there\r\n", "blank-lines": s[:12] + b"\r\n\r\n\r\n" + s[12:],
        "dashes": b"-----BEGIN-----\r\n" + s, "indent": b"   " + s, "spaces": b" ".join(s[i:i+1] for i in range(len(s)) for i in [i]) if False else b" ".join([s[:5], s[5:11], s[11:]]),
        "ff": s[:8] + b"\x0c" + s[8:], "gt": b"> " + s,
    }
    for n, v in odd.items():
        trick("b64-" + n, mail(pre, v + b"\r\n"))
    lead = base64.b64encode(b"hello there, ")
    for n, head in {"pad1": base64.b64encode(b"hello"), "pad2": base64.b64encode(b"hell"),
                    "pad0": base64.b64encode(b"hello "), "stop": b"====", "eq": b"="}.items():
        trick("b64-concat-" + n, mail(pre, head + b"\r\n" + s + b"\r\n"))
        trick("b64-concat-line-" + n, mail(pre, head + s + b"\r\n"))
    q = PLAIN + EQP
    card = b"4111111111111111"
    for n, v in {
            "plain": card, "lower": b"=34=31=31=31=31=31=31=31=31=31=31=31=31=31=31=31",
            "hex-lower": b"z=61nz=69b=61r", "hex-mixed": b"z=6fo zanz=69bar",
            "soft": b"4111=\r\n1111=\r\n1111=\r\n1111", "soft-space": b"4111= \r\n1111=\t\r\n11111111",
            "soft-lf": b"zanz=\nibar", "soft-cr": b"zanz=\ribar", "soft-cut": b"zanzibar=",
            "bad": b"za=ZZnzibar 4111111111111111", "bad-split": b"zan=G1zibar",
            "one": b"zanzibar=4", "eq-eq": b"zanzib==61r", "space-end": b"zanz   =\r\nibar",
            "double": b"zanz=3D69bar",
            "soft-many": b"=\r\n".join(bytes([c]) for c in card),
            "soft-blank": b"zanz=\r\n\r\nibar", "control": b"zan=00zibar", "lower-3d": b"zanz=69b=61r =3d",
            "quoted-nl": b"zanz=0D=0Aibar", "nbsp": b"4111=C2=A01111=C2=A01111=C2=A01111",
            "high": b"zanzibar \xe9", "space-eq": b"zanz= 69bar", "trailing": b"zanz=\r\nibar   ",
    }.items():
        trick("qp-" + n, mail(q, v + b"\r\n"), seen=n not in (
            "bad-split", "soft-cr", "double", "soft-blank", "control", "quoted-nl", "eq-eq", "space-eq", "space-end"))
    for cte in (b"x-uuencode", b"uuencode", b"x-uue", b"uue", b"x-yencode", b"x-gzip64",
                b"mac-binhex40", b"x-binhex", b"8bits", b"7-bit", b"bit7", b"none",
                b"binary", b"x-unknown", b"quoted-printable; x", b"quotedprintable",
                b"Quoted-Printable(x)", b"deflate", b"utf-8", b"B", b"Q"):
        trick("cte-" + cte.decode(), mail(
            PLAIN + b"Content-Transfer-Encoding: " + cte + b"\r\n", uu(SECRET)))
        trick("cte-plain-" + cte.decode(), mail(
            PLAIN + b"Content-Transfer-Encoding: " + cte + b"\r\n", SECRET))
    trick("uu-text", mail(PLAIN, b"hello\r\n\r\n" + uu(SECRET)))
    trick("uu-text-exe", mail(PLAIN, b"hello\r\n\r\n" + uu(EXE, b"a.exe")))
    trick("uu-part", multi([HELLO, part(PLAIN, uu(SECRET))]))
    trick("uu-html", mail(HTML, b"<pre>\r\n" + uu(SECRET)))
    trick("uu-mode-4", mail(PLAIN, uu(SECRET).replace(b"begin 644", b"begin 0644")))
    trick("uu-spaces", mail(PLAIN, uu(SECRET).replace(b"`", b" ")))
    trick("uu-no-end", mail(PLAIN, uu(SECRET).replace(b"end\r\n", b"")))
    trick("uu-in-b64", mail(PLAIN + E64, b64(b"hello\r\n" + uu(SECRET))))
    trick("uu-in-qp", mail(PLAIN + EQP, qp(b"hello\r\n" + uu(SECRET))))
    trick("uu-b64", mail(PLAIN, b"begin-base64 644 a.txt\r\n" + S64 + b"====\r\n"))
    trick("uu-lf", mail(PLAIN, uu(SECRET).replace(b"\r\n", b"\n")))
    trick("yenc-text", mail(PLAIN, yenc(SECRET)))
    trick("binhex-text", mail(PLAIN, BINHEX))
    trick("b64-in-text", mail(PLAIN, S64), seen=False)
    pgp = b"-----BEGIN PGP MESSAGE-----\r\n\r\n" + S64 + b"=abcd\r\n-----END PGP MESSAGE-----\r\n"
    trick("pgp-in-text", mail(PLAIN, pgp))
    trick("pgp-in-part", multi([HELLO, part(PLAIN, pgp)]))
    trick("pem-pkcs7", mail(PLAIN, pgp.replace(b"PGP MESSAGE", b"PKCS7")), seen=False)


def yenc(data):
    body = b"".join(b"=" + bytes([(c + 106) % 256]) if (c + 42) % 256 in (0, 10, 13, 61)
                    else bytes([(c + 42) % 256]) for c in data)
    return (b"=ybegin line=128 size=%d name=a.txt\r\n" % len(data) + body +
            b"\r\n=yend size=%d\r\n" % len(data))


BINHEX = (b"(This file must be converted with BinHex 4.0)\r\n\r\n"
          b':#f&*FQpeBf3ZG(Kd!3!!!!!!!!!!!!!!!!!"!!!!\'3!!!!!!!!:\r\n')


def make():
    fields()
    types()
    boundaries()
    encodings()
