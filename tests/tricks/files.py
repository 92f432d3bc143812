"""files.py - names of files, archives and documents that readers take for
different things."""

import io
import struct
import zipfile
import zlib

from build import *

OCT = b"Content-Type: application/octet-stream"
E64 = b"Content-Transfer-Encoding: base64\r\n"
TXT = b"just a text, not a program\r\n"


def named(name, disposition, kind=b"", data=TXT, seen=True, base=OCT):
    trick("name-" + name, multi([HELLO, part(
        base + kind + b"\r\nContent-Disposition: attachment" + disposition +
        b"\r\n" + E64, b64(data))]), seen=seen)


def names():
    ew = b"=?utf-8?B?" + base64.b64encode(b"a.exe") + b"?="
    for n, d in {
            "plain": b'; filename="a.exe"', "bare": b"; filename=a.exe", "upper": b'; FILENAME="A.EXE"',
            "case": b'; filename="a.ExE"', "dot-end": b'; filename="a.exe."', "dots": b'; filename="a.exe..."',
            "space-end": b'; filename="a.exe "', "space-dot": b'; filename="a.exe . "', "nbsp-end": b'; filename="a.exe\xc2\xa0"',
            "two": b'; filename="a.txt.exe"', "spaces": b'; filename="a.txt' + b" " * 80 + b'.exe"',
            "path": b'; filename="C:\\tmp\\a.exe"', "path2": b'; filename="../../a.exe"', "path-end": b'; filename="a.exe/"', "path-end2": b'; filename="a.exe\\"',
            "colon": b'; filename="a.exe:x.txt"', "ads": b'; filename="a.exe::$DATA"', "nul": b'; filename*=utf-8\'\'a.exe%00.txt', "nul2": b'; filename="a.exe\0.txt"',
            "lf": b'; filename*=utf-8\'\'a.exe%0a', "cr": b'; filename*=utf-8\'\'a.%0dexe', "tab": b'; filename="a.\texe"', "quote": b'; filename="a.exe\\""',
            "zw": "; filename=\"a.e\u200bxe\"".encode(), "full": '; filename="a．ｅｘｅ"'.encode(), "full2": '; filename="a.ｅｘｅ"'.encode(), "dot2": '; filename="a\u2024exe"'.encode(),
            "rlo": '; filename="a\u202etxt.exe"'.encode(), "rlo2": "; filename*=utf-8''a%E2%80%AEgpj.exe".encode(), "rlo3": "; filename=\"\u202eexe.a\"".encode(),
            "2231": b"; filename*=utf-8''a%2Eexe", "2231-nochar": b"; filename*=''a.exe", "2231-noq": b"; filename*=a.exe", "2231-parts": b"; filename*0=a.; filename*1=exe",
            "2231-parts3": b'; filename*0="a.t"; filename*1="xt.e"; filename*2="xe"', "2231-order": b"; filename*1=exe; filename*0=a.", "2231-gap": b"; filename*0=a.exe; filename*2=.txt",
            "2231-gap2": b"; filename*0=a.txt; filename*2=.exe", "2231-from1": b"; filename*1=a.; filename*2=exe", "2231-pct": b"; filename*0*=utf-8''a%2E; filename*1*=e%78e",
            "2231-mix": b"; filename*0*=utf-8''a.; filename*1=exe", "2231-mix2": b"; filename*0=a.; filename*1*=e%78e", "2231-00": b"; filename*00=a.; filename*01=exe",
            "2231-utf7": b"; filename*=utf-7''a.%2BAGUAeABl-", "2231-utf16": b"; filename*=utf-16be''%00a%00.%00e%00x%00e", "2231-vs": b"; filename=a.txt; filename*=utf-8''a.exe", "2231-vs2": b"; filename*=utf-8''a.txt; filename=a.exe",
            "2231-vs3": b"; filename*0=a.exe; filename=a.txt", "2231-vs4": b"; filename*0=a.txt; filename=a.exe", "2231-twice": b"; filename*=utf-8''a.txt; filename*=utf-8''a.exe",
            "2231-dup0": b"; filename*0=a.txt; filename*0=a.exe", "2231-dup1": b"; filename*0=a.; filename*1=txt; filename*1=exe", "2231-lang": b"; filename*=utf-8'en'a.exe", "2231-cut": b"; filename*=utf-8'a.exe", "2231-quoted": b"; filename*=\"utf-8''a.exe\"",
            "2231-badpct": b"; filename*=utf-8''a%2.exe", "2231-badpct2": b"; filename*=utf-8''a%ZZ.%65%78%65",
            "ew": b'; filename="' + ew + b'"', "ew-bare": b"; filename=" + ew, "ew-split": b'; filename="=?utf-8?Q?a.?= =?utf-8?Q?exe?="', "ew-fold": b'; filename="=?utf-8?Q?a.?=\r\n =?utf-8?Q?exe?="',
            "ew-nospace": b'; filename="=?utf-8?Q?a.?==?utf-8?Q?exe?="', "ew-in": b'; filename="a.=?utf-8?Q?exe?="', "ew-in2": b'; filename="=?utf-8?Q?a.e?=xe"', "ew-utf7": b'; filename="=?utf-7?Q?a.+AGUAeABl-?="',
            "ew-2231": b"; filename*=utf-8''%3D%3Futf-8%3FQ%3Fa.exe%3F%3D", "ew-nopad": b'; filename="=?utf-8?B?YS5leGU?="', "ew-lang": b'; filename="=?utf-8*en?Q?a.exe?="', "ew-lower": b'; filename="=?UTF-8?b?YS5leGU=?="',
            "ew-bad": b'; filename="=?x-none?Q?a.exe?="', "ew-under": b'; filename="=?utf-8?Q?a.txt___.exe?="', "ew-space": b'; filename="=?utf-8?Q?a. exe?="', "ew-iso": b'; filename="=?iso-2022-jp?B?' + base64.b64encode("見積.exe".encode("iso2022_jp")) + b'?="',
            "dup": b"; filename=a.txt; filename=a.exe", "dup2": b"; filename=a.exe; filename=a.txt", "fold": b'; filename="a.\r\n exe"', "fold2": b';\r\n\tfilename="a.exe"', "fold3": b'; filename=\r\n "a.exe"',
            "unclosed": b'; filename="a.exe', "junk": b'; filename="a.txt".exe', "junk2": b'; filename=a.txt .exe', "semi": b'; filename=a;b.exe', "semi2": b'; filename="a;b.exe"', "comma": b", filename=a.exe",
            "comment": b'; filename=a.exe (x)', "comment2": b'; filename=(x)a.exe', "comment3": b'; filename="a.txt" (x.exe)', "single": b"; filename='a.exe'", "space-eq": b'; filename = "a.exe"', "escape": b'; filename="a.e\\xe"', "esc-quote": b'; filename="a\\".exe"',
            "no-semi": b' filename="a.exe"', "name-in-cd": b'; name="a.exe"', "fn-spell": b'; file-name="a.exe"', "two-semi": b';; filename="a.exe"', "slash-enc": b"; filename*=utf-8''x%2Fa.exe",
            "sjis": b'; filename="\x8c\xa9\x90\xcf.exe"', "jis": b'; filename="\x1b$B8+@Q\x1b(B.exe"', "raw8": '; filename="見積.exe"'.encode(), "long": b'; filename="' + b"a" * 5000 + b'.exe"', "long2231": b"".join(b"; filename*%d=%s" % (i, b"a" * 60) for i in range(30)) + b"; filename*30=.exe",
            "many2231": b"".join(b"; filename*%d=a" % i for i in range(120)) + b"; filename*120=.exe",
    }.items():
        named(n, d, seen=n not in ("rlo3", "full" if False else "", "tab" if False else "", "fn-spell", "zw" if False else "", "escape" if False else "", "comment3", "path-end2" if False else "", "ew-bad" if False else "", "semi" if False else "", "comma" if False else "", "dot2", "2231-badpct" if False else ""))
    for n, d, k in (("name-only", b"", b'; name="a.exe"'), ("name-vs", b'; filename="a.txt"', b'; name="a.exe"'),
                    ("name-2231", b'; filename="a.txt"', b"; name*=utf-8''a.exe"), ("name-parts", b'', b"; name*0=a.; name*1=exe"),
                    ("name-ew", b"", b'; name="' + ew + b'"'), ("name-dup", b"", b"; name=a.txt; name=a.exe"), ("cd-none-vs", b"; filename=", b"; name=a.exe"),
                    ("file-in-ct", b"", b'; filename="a.exe"')):
        named("ct-" + n, d, k, seen=n != "file-in-ct")
    trick("name-no-cd", multi([HELLO, part(OCT + b'; name="a.exe"\r\n' + E64, b64(TXT))]))
    trick("name-inline", multi([HELLO, part(OCT + b'\r\nContent-Disposition: inline; filename="a.exe"\r\n' + E64, b64(TXT))]))
    trick("name-cd-empty", multi([HELLO, part(OCT + b'\r\nContent-Disposition: ; filename="a.exe"\r\n' + E64, b64(TXT))]))
    trick("name-cd-only", multi([HELLO, part(OCT + b'\r\nContent-Disposition: filename="a.exe"\r\n' + E64, b64(TXT))]))
    trick("name-cd-formdata", multi([HELLO, part(OCT + b'\r\nContent-Disposition: form-data; name="a.exe"\r\n' + E64, b64(TXT))]), seen=False)
    trick("name-text", multi([HELLO, part(b'Content-Type: text/plain; name="a.exe"\r\n', TXT)]))
    trick("name-image", multi([HELLO, part(b'Content-Type: image/png; name="a.exe"\r\nContent-ID: <x>\r\n', TXT), part(HTML, b"<img src=cid:x>")]))
    trick("name-html-body", mail(b'Content-Type: text/html; name="a.exe"\r\n', b"<p>hello"))
    trick("name-root", mail(OCT + b'; name="a.exe"\r\n' + E64, b64(TXT)))
    trick("name-rfc822", multi([HELLO, part(b'Content-Type: message/rfc822; name="a.exe"\r\n', mail(PLAIN, TXT))]))
    trick("name-description", multi([HELLO, part(OCT + b'\r\nContent-Description: a.exe\r\nContent-Disposition: attachment\r\n' + E64, b64(TXT))]), seen=False)
    trick("name-location", multi([HELLO, part(OCT + b'\r\nContent-Location: a.exe\r\nContent-Disposition: attachment\r\n' + E64, b64(TXT))]))
    trick("name-id", multi([HELLO, part(OCT + b'\r\nContent-ID: <a.exe>\r\nContent-Disposition: attachment\r\n' + E64, b64(TXT))]), seen=False)
    for n in ("a.txt", "a.png", "a", "a.docx", "a.pdf", "a.jpg"):
        for k in (b"image/png", b"text/plain", b"application/pdf", b"image/jpeg", b"audio/wav", b"video/mp4"):
            trick("exe-as-%s-%s" % (n, k.decode()), multi([HELLO, attached(n, EXE, k)]))
    trick("exe-inline-png", multi([part(HTML, b"<img src=cid:x>"), part(b"Content-Type: image/png\r\nContent-ID: <x>\r\n" + E64, b64(EXE))], kind=b"related"))
    trick("exe-root-text", mail(PLAIN + E64, b64(EXE)))
    trick("exe-part-text", multi([HELLO, part(PLAIN + E64, b64(EXE))]))
    for junk in (b"\r\n", b" ", b"\0", b"GIF89a", b"%PDF-1.4\n", b"\x89PNG\r\n\x1a\n"):
        trick("exe-after-%r" % junk, with_file("a.bin", junk + EXE), seen=False)


def crc(b):
    return zlib.crc32(b) & 0xffffffff


def entry(name, data, method=0, flags=0, extra=b"", lname=None, lflags=None, lmethod=None,
          lsize=None, lpacked=None, lcrc=None, csize=None, cpacked=None, ccrc=None, desc=None, raw=None, cextra=None, ver=20):
    packed = raw if raw is not None else (data if method == 0 else zlib.compress(data, 9)[2:-4])
    d = dict(name=name, lname=name if lname is None else lname, flags=flags, lflags=flags if lflags is None else lflags,
             method=method, lmethod=method if lmethod is None else lmethod, packed=packed, ver=ver,
             csize=len(data) if csize is None else csize, cpacked=len(packed) if cpacked is None else cpacked, ccrc=crc(data) if ccrc is None else ccrc,
             lextra=extra, cextra=extra if cextra is None else cextra, desc=desc)
    d["lsize"] = d["csize"] if lsize is None else lsize
    d["lpacked"] = d["cpacked"] if lpacked is None else lpacked
    d["lcrc"] = d["ccrc"] if lcrc is None else lcrc
    return d


def archive(entries, hidden=(), pre=b"", mid=b"", post=b"", comment=b"", n=None, dsize=None, doff=None, disk=0, order=None, count_disk=None, shift=0):
    out, at = pre, []
    for e in entries:
        at.append(len(out))
        if e in hidden:
            at[-1] = None
        out += struct.pack("<4sHHHHHIIIHH", b"PK\3\4", e["ver"], e["lflags"], e["lmethod"], 0, 33, e["lcrc"], e["lpacked"], e["lsize"], len(e["lname"]), len(e["lextra"]))
        out += e["lname"] + e["lextra"] + e["packed"]
        if e["desc"] is not None:
            out += e["desc"]
    out += mid
    start = len(out)
    count = 0
    for e, a in zip(entries, at):
        if a is None:
            continue
        count += 1
        out += struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", 20, e["ver"], e["flags"], e["method"], 0, 33, e["ccrc"], e["cpacked"], e["csize"], len(e["name"]), len(e["cextra"]), 0, 0, 0, 0, a - shift)
        out += e["name"] + e["cextra"]
    size = len(out) - start
    out += struct.pack("<4sHHHHIIH", b"PK\5\6", disk, disk, count if count_disk is None else count_disk, count if n is None else n,
                       size if dsize is None else dsize, (start if doff is None else doff) - shift, len(comment)) + comment
    return out + post


def zips():
    t = entry(b"a.txt", TXT)
    s = entry(b"s.txt", SECRET)
    sd = entry(b"s.txt", SECRET, method=8)
    x = entry(b"a.exe", TXT)
    z = {}
    z["plain"] = archive([t, s])
    z["deflate"] = archive([t, sd])
    z["name"] = archive([t, x])
    z["hidden-entry"] = archive([t, s], hidden=[s])
    z["hidden-first"] = archive([s, t], hidden=[s])
    z["mid"] = archive([t], mid=archive([s]))
    z["prepended"] = archive([t], pre=b"x" * 100)
    z["prepended-zip"] = archive([s]) + archive([t])
    z["prepended-zip-fixed"] = archive([t], pre=archive([s]))
    z["prepended-shift"] = archive([t], pre=archive([s]), shift=len(archive([s])))
    z["prepended-mz"] = archive([t], pre=EXE)
    z["appended"] = archive([t], post=SECRET)
    z["appended-zip"] = archive([t]) + archive([s])
    z["comment"] = archive([t], comment=SECRET)
    z["comment-zip"] = archive([t], comment=archive([s]))
    z["comment-eocd"] = archive([t], comment=struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 0, 0, 0, 0, 0))
    z["comment-file"] = None
    z["lname"] = archive([entry(b"a.txt", TXT, lname=b"a.exe")])
    z["lname2"] = archive([entry(b"a.exe", TXT, lname=b"a.txt")])
    z["lname-len"] = archive([entry(b"a.txt", TXT, lname=b"a.txt.exe")])
    z["method-lie"] = archive([entry(b"s.txt", SECRET, method=8, lmethod=0)])
    z["method-lie2"] = archive([entry(b"s.txt", SECRET, method=0, lmethod=8)])
    z["stored-deflate"] = archive([entry(b"s.txt", SECRET, method=0, raw=zlib.compress(SECRET)[2:-4])])
    z["flag-enc-local"] = archive([entry(b"s.txt", SECRET, lflags=1)])
    z["flag-enc-central"] = archive([entry(b"s.txt", SECRET, flags=1, lflags=0)])
    z["flag-enc-both"] = archive([entry(b"s.txt", SECRET, flags=1)])
    z["flag-strong"] = archive([entry(b"s.txt", SECRET, flags=0x41)])
    z["flag-strong-only"] = archive([entry(b"s.txt", SECRET, flags=0x40)])
    z["flag-masked"] = archive([entry(b"s.txt", SECRET, flags=0x2000)])
    z["flag-patch"] = archive([entry(b"s.txt", SECRET, flags=0x20)])
    z["size-zero"] = archive([entry(b"s.txt", SECRET, csize=0, cpacked=0)])
    z["size-zero-central"] = archive([entry(b"s.txt", SECRET, csize=0, cpacked=0, lsize=len(SECRET), lpacked=len(SECRET))])
    z["size-short"] = archive([entry(b"s.txt", b"hello " + SECRET, csize=6, cpacked=6, ccrc=crc(b"hello "))])
    z["size-short-deflate"] = archive([entry(b"s.txt", b"hello " + SECRET, method=8, csize=6)])
    z["size-short-crc"] = archive([entry(b"s.txt", b"hello " + SECRET, method=8, csize=6, ccrc=crc(b"hello "))])
    z["size-long"] = archive([entry(b"s.txt", SECRET, csize=len(SECRET) + 50)])
    z["size-local"] = archive([entry(b"s.txt", b"hello " + SECRET, csize=6, cpacked=6, lsize=6 + len(SECRET), lpacked=6 + len(SECRET))])
    z["crc-wrong"] = archive([entry(b"s.txt", SECRET, ccrc=1)])
    z["crc-zero"] = archive([entry(b"s.txt", SECRET, ccrc=0)])
    z["desc"] = archive([entry(b"s.txt", SECRET, method=8, flags=8, lsize=0, lpacked=0, lcrc=0, desc=struct.pack("<4sIII", b"PK\7\x08", crc(SECRET), len(zlib.compress(SECRET, 9)) - 6, len(SECRET)))])
    z["desc-lie"] = archive([entry(b"s.txt", b"hi" + SECRET, method=0, flags=8, csize=2, cpacked=2, ccrc=crc(b"hi"), lsize=0, lpacked=0, lcrc=0, desc=struct.pack("<4sIII", b"PK\7\x08", 0, 2, 2))])
    z["desc-none"] = archive([entry(b"s.txt", SECRET, flags=8, lsize=0, lpacked=0, lcrc=0)])
    z["desc-flag-central"] = archive([entry(b"s.txt", SECRET, flags=8, lflags=0)])
    z["deflate-two"] = archive([entry(b"s.txt", b"hello", method=8, raw=zlib.compress(b"hello")[2:-4] + zlib.compress(SECRET)[2:-4])])
    z["deflate-tail"] = archive([entry(b"s.txt", b"hello", method=8, raw=zlib.compress(b"hello")[2:-4] + SECRET)])
    z["dup"] = archive([entry(b"a.txt", TXT), entry(b"a.txt", SECRET)])
    z["dup-first"] = archive([entry(b"a.txt", SECRET), entry(b"a.txt", TXT)])
    z["dup-case"] = archive([entry(b"a.txt", TXT), entry(b"A.TXT", SECRET)])
    z["count-less"] = archive([t, s], n=1)
    z["count-less2"] = archive([t, s], n=1, count_disk=1)
    z["count-more"] = archive([t, s], n=5)
    z["dsize-short"] = archive([t, s], dsize=51)
    z["doff-zero"] = archive([t, s], doff=0)
    z["doff-wrong"] = archive([t, s], doff=7)
    z["disk"] = archive([t, s], disk=1)
    z["no-eocd"] = archive([t, s])[:-22]
    z["local-only"] = archive([t, s]).split(b"PK\1\2")[0]
    z["eocd-only-then"] = archive([s]) + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 0, 0, 0, 0, 0)
    u = lambda n, of: struct.pack("<HHBI", 0x7075, 5 + len(n), 1, crc(of)) + n
    z["upath"] = archive([entry(b"a.txt", TXT, extra=u(b"a.exe", b"a.txt"))])
    z["upath-badcrc"] = archive([entry(b"a.txt", TXT, extra=u(b"a.exe", b"zzz"))])
    z["upath-central"] = archive([entry(b"a.txt", TXT, extra=b"", cextra=u(b"a.exe", b"a.txt"))])
    z["upath-local"] = archive([entry(b"a.txt", TXT, extra=u(b"a.exe", b"a.txt"), cextra=b"")])
    z["upath-two"] = archive([entry(b"a.txt", TXT, extra=u(b"a.txt", b"a.txt") + u(b"a.exe", b"a.txt"))])
    x64 = lambda *v: struct.pack("<HH", 1, 8 * len(v)) + b"".join(struct.pack("<Q", i) for i in v)
    z["z64"] = archive([entry(b"s.txt", SECRET, csize=0xffffffff, cpacked=0xffffffff, extra=x64(len(SECRET), len(SECRET)))])
    z["z64-lie"] = archive([entry(b"s.txt", SECRET, csize=len(SECRET), extra=x64(2, 2))])
    z["z64-two"] = archive([entry(b"s.txt", SECRET, csize=0xffffffff, cpacked=0xffffffff, extra=x64(2, 2) + x64(len(SECRET), len(SECRET)))])
    e64 = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, 51, 0) + struct.pack("<4sIQI", b"PK\6\7", 0, 0, 1)
    base = archive([t, s])
    z["z64-eocd"] = base[:-22] + e64 + base[-22:]
    for n, name in {"path": b"../a.exe", "abs": b"/a.exe", "drive": b"C:\\a.exe", "backslash": b"x\\a.exe", "nul": b"a.exe\0.txt", "nul2": b"a.txt\0.exe", "dot": b"a.exe.", "space": b"a.exe ",
                    "upper": b"A.EXE", "empty": b"", "slash": b"a.exe/", "colon": b"a.exe:x", "rlo": "a\u202etxt.exe".encode(), "cp932": "見積.exe".encode("cp932"), "utf16": "a.exe".encode("utf-16-le"), "full": "a.ｅｘｅ".encode("cp932"), "ctl": b"a.exe\x01", "zw": "a.exe\u200b".encode()}.items():
        z["name-" + n] = archive([t, entry(name, TXT, flags=0x800 if name[-1:] and name.isascii() is False and n != "cp932" and n != "full" else 0)])
    z["folder-data"] = archive([t, entry(b"d/", SECRET)])
    z["folder-backslash"] = archive([t, entry(b"d\\", SECRET)])
    n1 = archive([t, s])
    for i in range(5):
        n1 = archive([entry(b"z%d.zip" % i, n1, method=8)])
    z["nested"] = n1
    for i in range(12):
        n1 = archive([entry(b"y%d.zip" % i, n1, method=8)])
    z["nested-deep"] = n1
    z["method-odd"] = archive([entry(b"s.txt", SECRET, method=99, raw=SECRET)])
    for m in (1, 6, 9, 12, 14, 93, 95, 97, 98):
        z["method-%d" % m] = archive([entry(b"s.txt", SECRET, method=m, raw=SECRET)])
    b = io.BytesIO()
    for kind, name in ((zipfile.ZIP_BZIP2, "bzip2"), (zipfile.ZIP_LZMA, "lzma")):
        b = io.BytesIO()
        with zipfile.ZipFile(b, "w", kind) as zf:
            zf.writestr("s.txt", SECRET * 20)
        z[name] = b.getvalue()
    z["overlap"] = None
    z["sign-split"] = b"PK00" + archive([t, s], shift=0)
    z["sign-split2"] = archive([t, s], pre=b"PK\7\x08")
    for n, data in z.items():
        if data is None:
            continue
        # What stands behind a packed stream no unpacker writes out.
        unseen = n in ("comment-eocd", "prepended", "deflate-two", "deflate-tail")
        trick("zip-" + n, with_file("a.zip", data, b"application/zip"), seen=not unseen)
        if n in ("plain", "hidden-entry", "prepended-zip", "no-eocd", "local-only", "appended-zip", "prepended-mz"):
            for nm, k in (("a.txt", b"text/plain"), ("a.jpg", b"image/jpeg"), ("a.pdf", b"application/pdf"), ("a", b"application/octet-stream"), ("a.docx", b"application/vnd.openxmlformats-officedocument.wordprocessingml.document")):
                trick("zip-%s-as-%s" % (n, nm), with_file(nm, data, k))
    plain = archive([t, s])
    for n, h in {"gif": b"GIF89a\1\0\1\0\0\0\0;", "png": b"\x89PNG\r\n\x1a\n" + bytes(40), "jpg": b"\xff\xd8\xff\xe0" + bytes(40) + b"\xff\xd9", "text": b"hello there\r\n", "pdf": b"%PDF-1.4\n%%EOF\n", "rtf": b"{\\rtf1 hello}", "html": b"<html><body>x</body></html>"}.items():
        trick("polyglot-" + n, with_file("a." + n, h + plain))
        trick("polyglot-tail-" + n, with_file("a." + n, h + plain + b"\r\n" * 20))
    import gzip
    import tarfile
    b = io.BytesIO()
    with tarfile.open(fileobj=b, mode="w") as tf:
        ti = tarfile.TarInfo("s.txt")
        ti.size = len(SECRET)
        tf.addfile(ti, io.BytesIO(SECRET))
    for n, d in {"tar": b.getvalue(), "gz": gzip.compress(SECRET), "tgz": gzip.compress(b.getvalue()), "zlib": zlib.compress(SECRET), "7z": b"7z\xbc\xaf\x27\x1c\0\4" + SECRET, "rar": b"Rar!\x1a\7\0" + SECRET, "lzh": b"\x20\0-lh0-" + SECRET, "cab": b"MSCF\0\0\0\0" + SECRET,
                 "mbox": b"From x Mon Jan 1 00:00:00 2024\n" + mail(PLAIN + E64, b64(SECRET)).replace(b"\r\n", b"\n"), "eml": mail(PLAIN + E64, b64(SECRET)), "mht": multi([part(HTML + E64, b64(SECRET))], kind=b"related"),
                 "msg": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "rtf": b"{\\rtf1 zan\\'7aibar}", "rtf2": b"{\\rtf1 {\\object\\objemb{\\*\\objdata 0105}}}", "url": b"[InternetShortcut]\r\nURL=https://x/zanzibar", "lnk": b"L\0\0\0\1\x14\2\0\0\0\0\0\xc0\0\0\0\0\0\0F" + bytes(60), "one": bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3") + SECRET, "ps": b"%!PS-Adobe\n(zanzibar) show", "tnef": b"\x78\x9f\x3e\x22" + SECRET, "unknown": b"\1\2\3\4\5\6\7\x08\x0e\x0f" + SECRET}.items():
        trick("file-" + n, with_file("a." + n, d))
        trick("file-%s-as-txt" % n, with_file("a.txt", d, b"text/plain"))
        trick("file-%s-as-png" % n, with_file("a.png", d, b"image/png"))


NS = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
TYPES = ('<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
         '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>%s</Types>')
RELS = ('<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="%s"/>%s</Relationships>')


def ooxml(kind, parts, main=None, more_rels="", more_types=""):
    main = main or {"word": "word/document.xml", "xl": "xl/workbook.xml", "ppt": "ppt/presentation.xml"}[kind]
    ct = {"word": "wordprocessingml.document", "xl": "spreadsheetml.sheet", "ppt": "presentationml.presentation"}[kind]
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w", zipfile.ZIP_DEFLATED) as zf:
        zf.writestr("[Content_Types].xml", TYPES % ('<Override PartName="/%s" ContentType="application/vnd.openxmlformats-officedocument.%s.main+xml"/>%s' % (main, ct, more_types)))
        zf.writestr("_rels/.rels", RELS % (main, more_rels))
        for n, d in parts.items():
            zf.writestr(n, d)
    return b.getvalue()


def documents():
    x = '<?xml version="1.0" encoding="UTF-8"?>'
    doc = lambda body: x + '<w:document %s><w:body>%s</w:body></w:document>' % (NS, body)
    p = lambda t: '<w:p><w:r><w:t>%s</w:t></w:r></w:p>' % t
    empty = doc(p("hello"))
    d = {"body": {"word/document.xml": doc(p("zanzibar"))}, "runs": {"word/document.xml": doc('<w:p><w:r><w:t>zan</w:t></w:r><w:proofErr/><w:r><w:t>zibar</w:t></w:r></w:p>')},
         "field": {"word/document.xml": doc('<w:p><w:r><w:instrText>zanzibar</w:instrText></w:r></w:p>')}, "deleted": {"word/document.xml": doc('<w:p><w:del><w:r><w:delText>zanzibar</w:delText></w:r></w:del></w:p>')},
         "textbox": {"word/document.xml": doc('<w:p><w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:textbox><w:txbxContent>%s</w:txbxContent></v:textbox></v:shape></w:pict></w:r></w:p>' % p("zanzibar"))},
         "alt": {"word/document.xml": doc('<w:p><w:r><w:drawing><wp:docPr xmlns:wp="urn:x" id="1" descr="zanzibar"/></w:drawing></w:r></w:p>')}, "alt-title": {"word/document.xml": doc('<w:p><w:r><w:drawing><wp:docPr xmlns:wp="urn:x" id="1" title="zanzibar"/></w:drawing></w:r></w:p>')},
         "vml-alt": {"word/document.xml": doc('<w:p><w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml" alt="zanzibar"/></w:pict></w:r></w:p>')}, "wordart": {"word/document.xml": doc('<w:p><w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:textpath string="zanzibar"/></v:shape></w:pict></w:r></w:p>')},
         "sdt": {"word/document.xml": doc('<w:sdt><w:sdtPr><w:alias w:val="zanzibar"/></w:sdtPr><w:sdtContent>%s</w:sdtContent></w:sdt>' % p("x"))}, "symbol": {"word/document.xml": doc('<w:p><w:r>%s</w:r></w:p>' % "".join('<w:sym w:font="Arial" w:char="%04X"/>' % ord(c) for c in "zanzibar"))},
         "listtext": {"word/document.xml": empty, "word/numbering.xml": x + '<w:numbering %s><w:lvl><w:lvlText w:val="zanzibar"/></w:lvl></w:numbering>' % NS}, "formdrop": {"word/document.xml": doc('<w:p><w:r><w:fldChar><w:ffData><w:ddList><w:listEntry w:val="zanzibar"/></w:ddList></w:ffData></w:fldChar></w:r></w:p>')},
         "hyper": {"word/document.xml": doc('<w:hyperlink w:tooltip="zanzibar">%s</w:hyperlink>' % '<w:r><w:t>x</w:t></w:r>')}, "altchunk-html": {"word/document.xml": doc('<w:altChunk r:id="rId9"/>'), "word/a.html": "<html><body>zan<b>zib</b>ar</body></html>"},
         "altchunk-txt": {"word/document.xml": doc('<w:altChunk r:id="rId9"/>'), "word/a.txt": "zanzibar"}, "altchunk-mht": {"word/document.xml": doc('<w:altChunk r:id="rId9"/>'), "word/a.mht": multi([part(HTML + E64, b64(SECRET))], kind=b"related")},
         "altchunk-rtf": {"word/document.xml": doc('<w:altChunk r:id="rId9"/>'), "word/a.rtf": "{\\rtf1 zan\\'7aibar}"}, "bin": {"word/document.xml": empty, "word/x.bin": b"\1\2\3" + SECRET}, "dat": {"word/document.xml": empty, "word/x.dat": SECRET},
         "ole": {"word/document.xml": empty, "word/embeddings/oleObject1.bin": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)}, "exe": {"word/document.xml": empty, "word/embeddings/a.exe": EXE}, "exe-bin": {"word/document.xml": empty, "word/embeddings/a.bin": EXE},
         "nested-docx": {"word/document.xml": empty, "word/embeddings/a.docx": ooxml("word", {"word/document.xml": doc(p("zanzibar"))})}, "nested-zip": {"word/document.xml": empty, "word/embeddings/a.zip": archive([entry(b"s.txt", SECRET)])},
         "utf16": {"word/document.xml": ('<?xml version="1.0" encoding="UTF-16"?>' + doc(p("zanzibar"))[len(x):]).encode("utf-16")}, "sjis": {"word/document.xml": ('<?xml version="1.0" encoding="Shift_JIS"?>' + doc(p(FIRM))[len(x):]).encode("cp932")},
         "utf7": {"word/document.xml": b'<?xml version="1.0" encoding="UTF-7"?>' + doc(p("+AHoAYQBuAHoAaQBiAGEAcg-"))[len(x):].encode()}, "entity": {"word/document.xml": x + '<!DOCTYPE d [<!ENTITY z "zanzibar">]>' + doc(p("&z;"))[len(x):]}, "charref": {"word/document.xml": doc(p("&#122;anzib&#x61;r"))},
         "cdata": {"word/document.xml": doc(p("<![CDATA[zanzibar]]>"))}, "comment-split": {"word/document.xml": doc(p("zan<!-- x -->zibar"))}, "pi-split": {"word/document.xml": doc(p("zan<?x y?>zibar"))}, "xxe": {"word/document.xml": x + '<!DOCTYPE d [<!ENTITY z SYSTEM "file:///etc/passwd">]>' + doc(p("&z;"))[len(x):], },
         "vanish": {"word/document.xml": doc('<w:p><w:r><w:t>zan</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>xx</w:t></w:r><w:r><w:t>zibar</w:t></w:r></w:p>')}, "softhyphen": {"word/document.xml": doc('<w:p><w:r><w:t>zan</w:t><w:softHyphen/><w:t>zibar</w:t></w:r></w:p>')}, "nobreak": {"word/document.xml": doc('<w:p><w:r><w:t>4111</w:t><w:noBreakHyphen/><w:t>1111</w:t><w:noBreakHyphen/><w:t>1111</w:t><w:noBreakHyphen/><w:t>1111</w:t></w:r></w:p>')},
         "tail": None, "choice": {"word/document.xml": doc('<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice Requires="x">%s</mc:Choice><mc:Fallback>%s</mc:Fallback></mc:AlternateContent>' % (p("zanzibar"), p("x")))},
         "ruby": {"word/document.xml": doc('<w:p><w:r><w:ruby><w:rt><w:r><w:t>zan</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>zanzibar</w:t></w:r></w:rubyBase></w:ruby></w:r></w:p>')}, "math": {"word/document.xml": doc('<w:p><m:oMath xmlns:m="urn:m"><m:r><m:t>zanzibar</m:t></m:r></m:oMath></w:p>')}, "damaged": {"word/document.xml": doc(p("zanzibar"))[:-30]}, "two-roots": {"word/document.xml": empty + doc(p("zanzibar"))[len(x):]},
         "image-text": {"word/document.xml": empty, "word/media/image1.png": SECRET}, "svg-media": {"word/document.xml": empty, "word/media/a.svg": "<svg xmlns='http://www.w3.org/2000/svg'><text>zan<tspan>zib</tspan>ar</text></svg>"}, "emf": {"word/document.xml": empty, "word/media/a.emf": b"\1\0\0\0" + bytes(36) + b" EMF" + SECRET}, "zip-media": {"word/document.xml": empty, "word/media/a.jpeg": archive([entry(b"s.txt", SECRET)])}}
    for n in ("header1", "footer1", "comments", "footnotes", "endnotes", "glossary/document", "people", "settings"):
        d["part-" + n.replace("/", "-")] = {"word/document.xml": empty, "word/%s.xml" % n: x + '<w:x %s>%s</w:x>' % (NS, p("zanzibar"))}
    d["core"] = {"word/document.xml": empty, "docProps/core.xml": x + '<cp:coreProperties xmlns:cp="urn:cp" xmlns:dc="urn:dc"><dc:title>zanzibar</dc:title></cp:coreProperties>'}
    d["custom"] = {"word/document.xml": empty, "docProps/custom.xml": x + '<Properties><property name="zanzibar"><vt:lpwstr xmlns:vt="urn:vt">x</vt:lpwstr></property></Properties>'}
    d["customxml"] = {"word/document.xml": empty, "customXml/item1.xml": "<a>zanzibar</a>"}
    d["customxml-attr"] = {"word/document.xml": empty, "customXml/item1.xml": '<a b="zanzibar"/>'}
    d["other-main"] = {"word/document.xml": empty, "hidden/main.xml": doc(p("zanzibar"))}
    d["no-ext"] = {"word/document.xml": empty, "hidden/main": doc(p("zanzibar"))}
    d["chart"] = {"word/document.xml": empty, "word/charts/chart1.xml": x + '<c:chart xmlns:c="urn:c"><c:pt><c:v>4111111111111111</c:v></c:pt><c:t>zanzibar</c:t></c:chart>'}
    d["diagram"] = {"word/document.xml": empty, "word/diagrams/data1.xml": x + '<d:x xmlns:d="urn:d" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:t>zanzibar</a:t></d:x>'}
    for n, parts in d.items():
        if parts:
            trick("docx-" + n, with_file("a.docx", ooxml("word", parts)), seen=n not in ("utf7", "xxe", "emf", "image-text", "entity" if False else ""))
    hid = empty.replace("hello", "hi")
    # Addresses of links are no text.
    trick("docx-rels-external", with_file("a.docx", ooxml("word", {"word/document.xml": empty, "word/_rels/document.xml.rels": RELS % ("https://x.example/zanzibar", "")})), seen=False)
    trick("docx-rels-template", with_file("a.docx", ooxml("word", {"word/document.xml": empty, "word/_rels/settings.xml.rels": x + '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" Type="t/attachedTemplate" Target="https://x.example/zanzibar.dotm" TargetMode="External"/></Relationships>'})), seen=False)
    trick("docx-main-moved", with_file("a.docx", ooxml("word", {"word/document.xml": empty, "x/y.bin": doc(p("zanzibar"))}, main="x/y.bin")))
    trick("docx-appended", with_file("a.docx", ooxml("word", {"word/document.xml": empty}) + archive([entry(b"s.txt", SECRET)])))
    trick("docx-as-zip", with_file("a.zip", ooxml("word", {"word/document.xml": doc(p("zanzibar"))})))
    trick("docx-as-txt", with_file("a.txt", ooxml("word", {"word/document.xml": doc(p("zanzibar"))}), b"text/plain"))
    trick("docx-flat", with_file("a.xml", '<?xml version="1.0"?><?mso-application progid="Word.Document"?><pkg:package xmlns:pkg="urn:pkg"><pkg:part><pkg:xmlData>%s</pkg:xmlData></pkg:part></pkg:package>'.__mod__(doc('<w:p><w:r><w:t>zan</w:t></w:r><w:r><w:t>zibar</w:t></w:r></w:p>')[len(x):]).encode(), b"text/xml"))
    SN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    wb = x + '<workbook %s><sheets><sheet name="S" sheetId="1" r:id="rId1" xmlns:r="urn:r" state="veryHidden"/></sheets></workbook>' % SN
    sh = lambda c: x + '<worksheet %s><sheetData><row r="1">%s</row></sheetData></worksheet>' % (SN, c)
    xl = {"shared": {"xl/sharedStrings.xml": x + '<sst %s><si><t>zanzibar</t></si></sst>' % SN, "xl/worksheets/sheet1.xml": sh('<c t="s"><v>0</v></c>')}, "shared-runs": {"xl/sharedStrings.xml": x + '<sst %s><si><r><t>zan</t></r><r><t>zibar</t></r></si></sst>' % SN},
          "inline": {"xl/worksheets/sheet1.xml": sh('<c t="inlineStr"><is><t>zanzibar</t></is></c>')}, "number": {"xl/worksheets/sheet1.xml": sh('<c><v>4111111111111111</v></c>')}, "sci": {"xl/worksheets/sheet1.xml": sh('<c><v>4.111111111111111E15</v></c>')}, "str": {"xl/worksheets/sheet1.xml": sh('<c t="str"><f>"zan"&amp;"zibar"</f><v>zanzibar</v></c>')},
          "formula": {"xl/worksheets/sheet1.xml": sh('<c><f>"zanzibar"</f></c>')}, "name": {"xl/workbook.xml": wb.replace('name="S"', 'name="zanzibar"')}, "defined": {"xl/workbook.xml": wb.replace("</workbook>", '<definedNames><definedName name="a">"zanzibar"</definedName></definedNames></workbook>')}, "defname": {"xl/workbook.xml": wb.replace("</workbook>", '<definedNames><definedName name="zanzibar">1</definedName></definedNames></workbook>')},
          "comments": {"xl/comments1.xml": x + '<comments %s><commentList><comment><text><t>zanzibar</t></text></comment></commentList></comments>' % SN}, "threaded": {"xl/threadedComments/t1.xml": x + '<T><text>zanzibar</text></T>'}, "header": {"xl/worksheets/sheet1.xml": x + '<worksheet %s><headerFooter><oddHeader>&amp;Czanzibar</oddHeader></headerFooter></worksheet>' % SN},
          "drawing": {"xl/drawings/drawing1.xml": x + '<d xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:t>zanzibar</a:t></d>'}, "chart": {"xl/charts/chart1.xml": x + '<c xmlns:c="urn:c"><c:v>zanzibar</c:v></c>'}, "pivot": {"xl/pivotCache/pivotCacheRecords1.xml": x + '<r %s><s v="zanzibar"/></r>' % SN}, "pivotdef": {"xl/pivotCache/pivotCacheDefinition1.xml": x + '<r %s><sharedItems><s v="zanzibar"/></sharedItems></r>' % SN}, "pivot-num": {"xl/pivotCache/pivotCacheRecords1.xml": x + '<r %s><n v="4111111111111111"/></r>' % SN},
          "external": {"xl/externalLinks/externalLink1.xml": x + '<e %s><v>zanzibar</v></e>' % SN}, "table": {"xl/tables/table1.xml": x + '<table %s><tableColumn name="zanzibar"/></table>' % SN}, "numfmt": {"xl/styles.xml": x + '<styleSheet %s><numFmts><numFmt formatCode="&quot;zanzibar&quot;"/></numFmts></styleSheet>' % SN}, "validation": {"xl/worksheets/sheet1.xml": x + '<worksheet %s><dataValidations><dataValidation prompt="zanzibar"><formula1>"x"</formula1></dataValidation></dataValidations></worksheet>' % SN}, "valid-formula": {"xl/worksheets/sheet1.xml": x + '<worksheet %s><dataValidations><dataValidation><formula1>"zanzibar"</formula1></dataValidation></dataValidations></worksheet>' % SN},
          "connections": {"xl/connections.xml": x + '<connections %s><connection name="zanzibar"/></connections>' % SN}, "vml": {"xl/drawings/vmlDrawing1.vml": '<xml xmlns:v="urn:schemas-microsoft-com:vml"><v:textbox><div>zanzibar</div></v:textbox></xml>'}, "ctrl": {"xl/ctrlProps/ctrlProp1.xml": x + '<formControlPr label="zanzibar"/>'}, "binary": {"xl/worksheets/sheet1.bin": b"\1\2\3\4zanzibar"}, "phonetic": {"xl/sharedStrings.xml": x + '<sst %s><si><t>x</t><rPh><t>zanzibar</t></rPh></si></sst>' % SN}, "split-cells": {"xl/worksheets/sheet1.xml": sh("".join('<c><v>%s</v></c>' % v for v in ("4111", "1111", "1111", "1111")))}, "hyperlink": {"xl/worksheets/sheet1.xml": x + '<worksheet %s><hyperlinks><hyperlink tooltip="zanzibar" display="x"/></hyperlinks></worksheet>' % SN}}
    for n, parts in xl.items():
        trick("xlsx-" + n, with_file("a.xlsx", ooxml("xl", {"xl/workbook.xml": wb, **parts})), seen=n not in ("split-cells", "connections"))
    pp = {"slide": "ppt/slides/slide1.xml", "notes": "ppt/notesSlides/notesSlide1.xml", "layout": "ppt/slideLayouts/slideLayout1.xml", "master": "ppt/slideMasters/slideMaster1.xml", "comment": "ppt/comments/comment1.xml", "handout": "ppt/handoutMasters/handoutMaster1.xml", "diagram": "ppt/diagrams/drawing1.xml", "tags": "ppt/tags/tag1.xml", "authors": "ppt/commentAuthors.xml"}
    for n, f in pp.items():
        body = '<a:p xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:r><a:t>zan</a:t></a:r><a:r><a:t>zibar</a:t></a:r></a:p>'
        if n == "comment":
            body = "<p:text xmlns:p='http://schemas.openxmlformats.org/presentationml/2006/main'>zanzibar</p:text>"
        if n == "tags":
            body = '<p:tag xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" name="x" val="zanzibar"/>'
        trick("pptx-" + n, with_file("a.pptx", ooxml("ppt", {"ppt/presentation.xml": x + "<p/>", f: x + '<p:sld xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main">' + body + "</p:sld>"})), seen=n not in ("tags", "authors"))
    odf = lambda parts, mt="text": (lambda b: b)(archive([entry(b"mimetype", b"application/vnd.oasis.opendocument." + mt.encode())] + [entry(k.encode(), v.encode() if isinstance(v, str) else v, method=8) for k, v in parts.items()]))
    ON = 'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    oc = lambda b: x + '<office:document-content %s><office:body><office:text>%s</office:text></office:body></office:document-content>' % (ON, b)
    man = x + '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    for n, parts in {"body": {"content.xml": oc("<text:p>zanzibar</text:p>")}, "spans": {"content.xml": oc("<text:p>zan<text:span>zib</text:span>ar</text:p>")}, "value": {"content.xml": oc('<table:table-cell office:value-type="float" office:value="4111111111111111"/>')}, "strval": {"content.xml": oc('<table:table-cell office:string-value="zanzibar"/>')}, "styles": {"content.xml": oc(""), "styles.xml": oc("<text:p>zanzibar</text:p>")}, "meta": {"content.xml": oc(""), "meta.xml": oc("<text:p>zanzibar</text:p>")}, "object": {"content.xml": oc(""), "Object 1/content.xml": oc("<text:p>zanzibar</text:p>")}, "other": {"content.xml": oc(""), "x/y.txt": "zanzibar"}, "formula": {"content.xml": oc('<table:table-cell table:formula="of:=&quot;zanzibar&quot;"/>')}, "sheetname": {"content.xml": oc('<table:table table:name="zanzibar"/>')}, "space": {"content.xml": oc("<text:p>4111<text:s/>1111<text:s/>1111<text:s/>1111</text:p>")}}.items():
        trick("odf-" + n, with_file("a.odt", odf({**parts, "META-INF/manifest.xml": man})))
    pdfs()


def pdf(objects, root=b"<</Type/Catalog/Pages 2 0 R>>", more=b"", trailer=b""):
    objs = [root] + objects
    out, at = b"%PDF-1.7\n", []
    for i, o in enumerate(objs):
        at.append(len(out))
        out += b"%d 0 obj\n" % (i + 1) + o + b"\nendobj\n"
    xref = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objs) + 1) + b"".join(b"%010d 00000 n \n" % a for a in at)
    return out + b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (len(objs) + 1, trailer, xref) + more


CARRY = b"6 0 7 45 <</Type/Filespec/F(s.txt)/EF<</F 8 0 R>>>> <</Names[(s.txt) 6 0 R]>>"
NOTE = b"6 0 <</Type/Annot/Subtype/Text/Rect[0 0 9 9]/Contents(zanzibar)>>"


def objstm(objects, how=b"/Type/ObjStm/Filter/FlateDecode", pack=zlib.compress):
    data = pack(objects)
    return b"<</N 1/First 4/Length %d%s>>\nstream\n%s\nendstream" % (len(data), how, data)


def packed(made, stream):
    """Objects in object streams, spelled in all ways."""
    import base64
    card = b"6 0 <</Contents(4111 1111 1111 1111)>>"
    twice = lambda b: zlib.compress(zlib.compress(b))
    hexed = lambda b: zlib.compress(b.hex().encode() + b">")
    rows = lambda b: zlib.compress(b"".join(b"\0" + b[i:i + 8] for i in range(0, len(b), 8)))
    flate = b"/Filter/FlateDecode"
    kinds = {
        "note": objstm(NOTE), "card": objstm(card), "plain": objstm(NOTE, b"/Type/ObjStm", bytes),
        "attach-exe": objstm(CARRY.replace(b"s.txt", b"a.exe")), "attach-esc": objstm(CARRY.replace(b"/EF", b"/E#46")),
        "utf16": objstm(b"6 0 <</Contents<FEFF" + "zanzibar".encode("utf-16-be").hex().encode() + b">>>"),
        "names": objstm(NOTE, b"/Type/Obj#53tm/F#69lter[/Fl]"), "no-type": objstm(NOTE, flate),
        "list": objstm(NOTE, b"/Type/ObjStm/Filter[ /FlateDecode ]"), "words": objstm(b"6 0 %stream\n/stream\n" + NOTE[4:]),
        "twice": objstm(NOTE, b"/Type/ObjStm/Filter[/FlateDecode/FlateDecode]", twice),
        "hex": objstm(NOTE, flate[:7] + b"[/FlateDecode/ASCIIHexDecode]", hexed),
        "ascii85": objstm(NOTE, b"/Filter/ASCII85Decode", lambda b: base64.a85encode(b) + b"~>"),
        "elsewhere": objstm(NOTE, b"/Filter 9 0 R"), "rows": objstm(NOTE, flate + b"/DecodeParms<</Predictor 12/Columns 8>>", rows),
        "string": objstm(NOTE, flate[:7] + b"[/FlateDecode/AHx]/X(endobj 5 0 obj<</Filter/FlateDecode)", hexed),
        "comment": objstm(NOTE, flate[:7] + b"[/FlateDecode/AHx]%endobj 5 0 obj<</Filter/FlateDecode\n", hexed),
        "short": objstm(NOTE, pack=lambda b: zlib.compress(b)[:-9]), "bomb": objstm(b"6 0 " + bytes(64 << 20)),
    }
    f = {"objstm-" + n: made([b"null", stream(SECRET), k]) for n, k in kinds.items()}
    f["objstm-paren"] = made([b"% (\nnull", stream(SECRET), kinds["note"]])
    f["objstm-sealed"] = f["objstm-note"].replace(b"/Root 1 0 R", b"/Root 1 0 R/Encrypt 99 0 R")
    return f


def ordinary_pdfs():
    """As programs pack them; nothing in them is a secret."""
    stream = b"<</Length 44/Filter/FlateDecode>>\nstream\n" + zlib.compress(b"BT /F1 12 Tf 20 200 Td (hello) Tj ET") + b"\nendstream"
    page = [b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
            stream, b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    info = b"6 0 <</Title(hello)/Producer<FEFF30423044>/CreationDate(D:20261102100000+09'00')>>"
    outline = b"<</Type/Outlines/First 7 0 R/Last 7 0 R/Count 1>>"
    form = b"<</Type/XObject/Subtype/Form/BBox[0 0 1 1]/Length 1/LastModified(D:2026)>>\nstream\nq\nendstream"
    return {"word": pdf(page + [objstm(info)]), "itext": pdf(page + [objstm(info, b"/Type/ObjStm/Filter[/FlateDecode]")]),
            "qpdf": pdf(page + [objstm(info, b"/Type/ObjStm", bytes)]), "empty": pdf(page + [objstm(b"")]),
            "outline": pdf(page + [outline, stream, form]),
            "acrobat": pdf(page) + b"9 0 obj\r" + objstm(info).replace(b"\nstream\n", b"stream\r\n") + b"\rendobj\rstartxref\r9\r%%EOF\r"}


def pdfs():
    stream = lambda s, d=b"": b"<</Length %d%s>>\nstream\n%s\nendstream" % (len(s), d, s)
    pages = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
    page = lambda more=b"": b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>" + more + b">>"
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    text = lambda t: stream(b"BT /F1 12 Tf 20 200 Td (" + t + b") Tj ET")
    base = [pages, page(), text(b"hello there"), font]
    hit = [pages, page(), text(b"zanzibar"), font]
    f = {"plain": pdf(hit), "incremental": None, "attach": pdf(base + [b"<</Type/Filespec/F(s.txt)/EF<</F 7 0 R>>>>", stream(SECRET, b"/Type/EmbeddedFile")], root=b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(s.txt) 6 0 R]>>>>>>"),
         "attach-exe": pdf(base + [b"<</Type/Filespec/F(a.exe)/EF<</F 7 0 R>>>>", stream(EXE, b"/Type/EmbeddedFile")], root=b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(a.exe) 6 0 R]>>>>>>"),
         "attach-esc": pdf(base + [b"<</Type/Filespec/F(s.txt)/E#46<</F 7 0 R>>>>", stream(SECRET, b"/Type/Embedded#46ile")], root=b"<</Type/Catalog/Pages 2 0 R/N#61mes<</Embedded#46iles<</Names[(s.txt) 6 0 R]>>>>>>"),
         "annot-file": pdf([pages, page(b"/Annots[<</Type/Annot/Subtype/FileAttachment/Rect[0 0 9 9]/FS 6 0 R>>]"), text(b"hello there"), font, b"<</Type/Filespec/F(s.txt)/EF<</F 7 0 R>>>>", stream(SECRET)]),
         "annot-text": pdf([pages, page(b"/Annots[<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/Contents(zanzibar)>>]"), text(b"hello there"), font]),
         "annot-free": pdf([pages, page(b"/Annots[<</Type/Annot/Subtype/FreeText/Rect[0 0 90 90]/DA(/F1 12 Tf)/Contents(zanzibar)>>]"), text(b"hello there"), font]),
         "form": pdf([pages, page(b"/Annots[6 0 R]"), text(b"hello there"), font, b"<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/V(zanzibar)/DA(/F1 12 Tf 0 g)/Rect[10 10 200 30]>>"], root=b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]/DR<</Font<</F1 5 0 R>>>>/DA(/F1 12 Tf 0 g)>>>>"),
         "info": pdf(base + [b"<</Title(zanzibar)>>"], trailer=b"/Info 6 0 R"), "outline": pdf(base + [b"<</First 7 0 R/Last 7 0 R/Count 1>>", b"<</Title(zanzibar)/Parent 6 0 R/Dest[3 0 R/Fit]>>"], root=b"<</Type/Catalog/Pages 2 0 R/Outlines 6 0 R>>"),
         "js": pdf(base, root=b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert\\('zanzibar'\\))>>>>"), "xmp": pdf(base + [stream(b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>zanzibar</x:xmpmeta>", b"/Type/Metadata/Subtype/XML")], root=b"<</Type/Catalog/Pages 2 0 R/Metadata 6 0 R>>"), "junk-before": b"junk\r\n" + pdf(hit), "junk-kb": b"x" * 2000 + pdf(hit), "no-header": pdf(hit)[9:], "tail": pdf(base) + SECRET, "zip-tail": pdf(base) + archive([entry(b"s.txt", SECRET)]),
         "xfa": pdf(base + [stream(b"<xdp:xdp xmlns:xdp='urn:x'><v>zanzibar</v></xdp:xdp>")], root=b"<</Type/Catalog/Pages 2 0 R/AcroForm<</XFA 6 0 R/Fields[]>>>>"), "invisible": pdf([pages, page(), stream(b"BT /F1 12 Tf 3 Tr 20 200 Td (zanzibar) Tj ET"), font]), "outside": pdf([pages, page(), stream(b"BT /F1 12 Tf 2000 2000 Td (zanzibar) Tj ET"), font]), "letters": pdf([pages, page(), stream(b"BT /F1 12 Tf 20 200 Td " + b" ".join(b"(%c) Tj" % c for c in b"zanzibar") + b" ET"), font]), "encrypted-hint": pdf(base, trailer=b"/Encrypt 9 0 R"), "portfolio": pdf(base + [b"<</Type/Filespec/F(s.txt)/EF<</F 7 0 R>>>>", stream(SECRET)], root=b"<</Type/Catalog/Pages 2 0 R/Collection<</View/D>>/Names<</EmbeddedFiles<</Names[(s.txt) 6 0 R]>>>>>>"), "af": pdf(base + [b"<</Type/Filespec/F(s.txt)/EF<</F 7 0 R>>>>", stream(SECRET)], root=b"<</Type/Catalog/Pages 2 0 R/AF[6 0 R]>>")}
    f["objstm"] = pdf(base[:4] + [b"null", b"null", stream(SECRET), objstm(CARRY)])
    f.update(packed(lambda more: pdf(base + more), stream))
    two = pdf(hit)
    f["incremental"] = two + b"4 0 obj\n" + text(b"hello there") + b"\nendobj\nxref\n4 1\n%010d 00000 n \ntrailer\n<</Size 6/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (len(two), two.index(b"xref\n0"), len(two) + len(b"4 0 obj\n" + text(b"hello there") + b"\nendobj\n"))
    for n, d in f.items():
        trick("pdf-" + n, with_file("a.pdf", d, b"application/pdf"), seen=n not in ("js", "xmp", "incremental", "outside", "no-header", "tail", "encrypted-hint", "info" if False else ""))
    try:
        import subprocess
        q = subprocess.run(["qpdf", "--version"], capture_output=True)
    except OSError:
        pass


def make():
    names()
    zips()
    documents()
