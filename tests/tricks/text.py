"""text.py - charsets that lie, and HTML that shows other text than it says."""

from build import *
from mime import E64, EQP

W = "zanzibar"
CARDS = "4111111111111111"
JA = FIRM


def body(charset, data, kind=b"text/plain"):
    label = b"; charset=" + charset if charset is not None else b""
    return mail(b"Content-Type: " + kind + label + b"\r\n" + E64, b64(data))


def utf7(s):
    return s.encode("utf-7")


def charsets():
    full = "".join(chr(ord(c) + 0xfee0) for c in CARDS)
    said = "本文です。" + JA + "と" + full + "です。"
    for enc in ("utf-8", "cp932", "euc_jp", "iso2022_jp", "utf-16-le", "utf-16-be",
                "utf-16", "utf-8-sig", "utf-7", "iso2022_jp_ext", "iso2022_jp_3",
                "iso2022_jp_2", "gb18030", "utf-32", "utf-32-le", "utf-32-be",
                "euc_jisx0213", "shift_jis_2004"):
        raw = said.encode(enc)
        for label in (b"utf-8", b"us-ascii", b"iso-8859-1", b"shift_jis", b"euc-jp",
                      b"iso-2022-jp", b"windows-31j", b"utf-16", b"utf-7", b"x-unknown",
                      b"gb18030", b"iso-2022-jp-2", b"iso-2022-jp-3", b"iso-2022-kr", b"big5", None):
            own = (enc, label) in OWN
            trick("cs-%s-as-%s" % (enc, (label or b"none").decode()),
                  body(label, raw), seen=own)
    word = "a %s b %s" % (W, CARDS)
    for enc, label in (("utf-7", b"utf-7"), ("utf-7", b"unicode-1-1-utf-7"),
                       ("utf-7", b"us-ascii"), ("utf-7", b"utf-8"), ("utf-7", None)):
        alpha = b"+" + base64.b64encode(W.encode("utf-16-be")).rstrip(b"=") + b"-"
        trick("utf7-word-%s" % (label or b"none").decode(), body(label, b"a " + alpha + b" b"),
              seen=label in (b"utf-7", b"unicode-1-1-utf-7"))
    for label in (b"utf-16", b"utf-16le", b"utf-16be", b"utf-8", None, b"us-ascii"):
        for enc in ("utf-16-le", "utf-16-be"):
            trick("utf16-word-%s-%s" % (enc, (label or b"none").decode()),
                  body(label, word.encode(enc)),
                  seen=(label or b"").replace(b"-", b"") in (b"utf16le", b"utf16be", b"utf16")
                  and (label == b"utf-16" or label[-2:].decode() == enc[-2:]))
    for label, raw in ((b"hz-gb-2312", b"~{\x23\x74\x23\x61~} zanz~\nibar"), (b"hz-gb-2312", b"~{#z#a#n#z#i#b#a#r~}"),
                       (b"iso-2022-kr", b"\x1b$)C\x0e#z#a#n#z#i#b#a#r\x0f"),
                       (b"iso-2022-cn", b"\x1b$)A\x0e#z#a#n#z#i#b#a#r\x0f"),
                       (b"iso-2022-jp", b"\x1b$B#z#a#n\x1b(B\x1b$B#z#i#b#a#r\x1b(B"),
                       (b"iso-2022-jp", b"zan\x1b(Bz\x1b(Ji\x1b(Bbar"),
                       (b"iso-2022-jp", b"zan\x1b$B\x1b(Bzibar"),
                       (b"iso-2022-jp-2", b"zan\x1b.A\x1bN\x00zibar\x1b$A#z#a#n#z#i#b#a#r\x1b(B"),
                       (b"iso-2022-jp-2", b"\x1b$A#z#a#n#z#i#b#a#r\x1b(B"),
                       (b"iso-2022-jp-3", b"\x1b$(O#z#a#n#z#i#b#a#r\x1b(B"),
                       (b"iso-2022-jp-2004", b"\x1b$(Q#z#a#n#z#i#b#a#r\x1b(B"),
                       (b"iso-2022-jp", b"\x1b$(O#z#a#n#z#i#b#a#r\x1b(B"),
                       (b"iso-2022-jp", b"\x1b$@#z#a#n#z#i#b#a#r\x1b(J"),
                       (b"iso-2022-jp", b"\x1b$(B#z#a#n#z#i#b#a#r\x1b(B"),
                       (b"iso-2022-jp", b"\x1b(Izan"), (b"iso-2022-jp", b"\x1b&@\x1b$B#z#a#n#z#i#b#a#r\x1b(B"),
                       (b"euc-kr", b"\xa3\xfa\xa3\xe1\xa3\xee\xa3\xfa\xa3\xe9\xa3\xe2\xa3\xe1\xa3\xf2"),
                       (b"gb2312", b"\xa3\xfa\xa3\xe1\xa3\xee\xa3\xfa\xa3\xe9\xa3\xe2\xa3\xe1\xa3\xf2"),
                       (b"us-ascii", b"\xa3\xfa\xa3\xe1\xa3\xee\xa3\xfa\xa3\xe9\xa3\xe2\xa3\xe1\xa3\xf2"),
                       (None, b"\xa3\xfa\xa3\xe1\xa3\xee\xa3\xfa\xa3\xe9\xa3\xe2\xa3\xe1\xa3\xf2"),
                       (b"utf-8", b"\xa3\xfa\xa3\xe1\xa3\xee\xa3\xfa\xa3\xe9\xa3\xe2\xa3\xe1\xa3\xf2"),
                       (b"ibm037", W.encode("cp037")), (b"cp500", W.encode("cp500")),
                       (b"ebcdic-cp-us", W.encode("cp037")), (b"cp1026", W.encode("cp1026")),
                       (b"cp273", W.encode("cp273")), (b"ibm1047", W.encode("cp037")),
                       (b"macintosh", W.encode()), (b"koi8-r", W.encode()), (b"x-mac-japanese", W.encode()),
                       (b"utf-32", W.encode("utf-32")), (b"utf-32be", W.encode("utf-32-be")),
                       (b"ucs-2", W.encode("utf-16-be")), (b"iso-10646-ucs-2", W.encode("utf-16-be")),
                       (b"ucs-4", W.encode("utf-32-be")), (b"unicode", W.encode("utf-16-le")),
                       (b"unicodefffe", W.encode("utf-16-be")), (b"csunicode", W.encode("utf-16-be")),
                       (b"utf-8", b"\xc1\xba\xc1\xa1 zanzibar"),
                       (b"cesu-8", W.encode()), (b"scsu", W.encode()), (b"bocu-1", bytes((c + 0x50) % 256 for c in W.encode())),
                       (b"x-user-defined", W.encode()),
                       (b"utf-16le", b"\xfe\xff" + W.encode("utf-16-be")),
                       (b"utf-8", b"\xff\xfe" + W.encode("utf-16-le")), (b"shift_jis", b"\xef\xbb\xbf" + JA.encode()),
                       (b"utf-16", b"\xef\xbb\xbf" + JA.encode()), (b"iso-2022-jp", b"\xef\xbb\xbf" + JA.encode()),
                       (b'"utf-7"', utf7("x ") + b"+AHoAYQBuAHoAaQBiAGEAcg-"), (b"UTF-7 ", b"+AHoAYQBuAHoAaQBiAGEAcg-"),
                       (b"utf7", b"+AHoAYQBuAHoAaQBiAGEAcg-"), (b"csUTF7", b"+AHoAYQBuAHoAaQBiAGEAcg-"),
                       (b"x-unicode-2-0-utf-7", b"+AHoAYQBuAHoAaQBiAGEAcg-"), (b"utf-7; charset=utf-8", b"+AHoAYQBuAHoAaQBiAGEAcg-"),
                       (b"utf-8; charset=utf-7", b"+AHoAYQBuAHoAaQBiAGEAcg-"), (b"utf-8*; charset=utf-7", b"+AHoAYQBuAHoAaQBiAGEAcg-"),
                       (b"cp1252; charset*=us-ascii''utf-7", b"+AHoAYQBuAHoAaQBiAGEAcg-"),
                       (b"=?us-ascii?q?utf-7?=", b"+AHoAYQBuAHoAaQBiAGEAcg-"),
                       (b"utf-7 (comment)", b"+AHoAYQBuAHoAaQBiAGEAcg-"), (b"'utf-7'", b"+AHoAYQBuAHoAaQBiAGEAcg-"),
                       (b"utf-7,x", b"+AHoAYQBuAHoAaQBiAGEAcg-"), (b"u\r\n tf-7", b"+AHoAYQBuAHoAaQBiAGEAcg-"),
                       (b"cp037, x", W.encode("cp037")), (b"shift_jis", JA.encode("cp932")),
                       (b"cp65000", b"+AHoAYQBuAHoAaQBiAGEAcg-"), (b"cp65001", JA.encode()),
                       (b"65000", b"+AHoAYQBuAHoAaQBiAGEAcg-"), (b"_autodetect_all", JA.encode("cp932")),
                       (b"x-sjis", JA.encode("cp932")), (b"ms932", JA.encode("cp932")), (b"mskanji", JA.encode("cp932")),
                       (b"csshiftjis", JA.encode("cp932")), (b"x-x-big5", JA.encode("cp932")),
                       (b"eucjp", JA.encode("euc_jp")), (b"ujis", JA.encode("euc_jp")), (b"x-euc-jp", JA.encode("euc_jp")),
                       (b"csiso2022jp", JA.encode("iso2022_jp")), (b"jis7", JA.encode("iso2022_jp")), (b"ISO-2022-JP-MS", JA.encode("iso2022_jp"))):
        n = "csx-%s-%d" % ((label or b"none").decode(errors="replace").replace("\r\n", "~"), sum(raw) % 997)
        trick(n, body(label, raw), seen=label not in (b"x-unicode-2-0-utf-7", b"65000", b"cp65000") and raw != b"\x1b(Izan" and b"\x1bN\0" not in raw)
    # What stands between the letters, and what they are made of.
    for name, t in {
            "zwsp": "zan\u200bzibar", "zwj": "zan\u200dzibar", "shy": "zan\u00adzibar", "wj": "zan\u2060zibar",
            "bom": "zan\ufeffzibar", "cgj": "zan\u034fzibar", "vs": "zan\ufe0fzibar", "vs17": "zan\U000e0100zibar",
            "tag": "zan\U000e0061zibar", "lrm": "zan\u200ezibar", "rlm": "zan\u200fzibar", "pdf": "zan\u202czibar",
            "lri": "zan\u2066\u2069zibar", "hangul": "zan\u3164zibar", "hangul2": "zan\u115fzibar", "mvs": "zan\u180ezibar",
            "inv": "zan\u2062zibar", "khmer": "zan\u17b4zibar", "full": "ｚａｎｚｉｂａｒ", "math": "𝐳𝐚𝐧𝐳𝐢𝐛𝐚𝐫",
            "circled": "ⓩⓐⓝⓩⓘⓑⓐⓡ", "combining": "z\u0338anzibar", "nul": "zan\0zibar", "ctl": "zan\x01zibar",
            "bs": "zanx\bzibar", "vt": "zan\x0bzibar", "ff": "zan\x0czibar", "del": "zan\x7fzibar",
            "rlo": "\u202erabiznaz\u202c", "rlo-card": "\u202e1111111111111114\u202c",
            "cyr": "z\u0430nzib\u0430r", "card-full": "４１１１１１１１１１１１１１１１",
            "card-zwsp": "\u200b".join(CARDS), "card-dot": "4111.1111.1111.1111", "card-nbsp": "4111\u00a01111\u00a01111\u00a01111",
            "card-ideo": "4111\u30001111\u30001111\u30001111", "card-minus": "4111\u22121111\u22121111\u22121111",
            "card-lines": "4111\r\n1111\r\n1111\r\n1111", "card-quote": "> 4111 1111 1111\r\n> 1111",
            "card-math": "𝟒𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏", "card-circ": "④①①①①①①①①①①①①①①①",
            "card-keycap": "".join(c + "\ufe0f\u20e3" for c in CARDS), "card-arab": "٤١١١١١١١١١١١١١١١",
            "card-kanji": "四一一一一一一一一一一一一一一一", "card-sup": "⁴¹¹¹¹¹¹¹¹¹¹¹¹¹¹¹",
    }.items():
        trick("char-" + name, body(b"utf-8", t.encode()), seen=name not in (
            "cyr", "card-arab", "card-kanji", "combining", "bs", "card-lines", "card-quote", "vt", "ff", "card-sup", "card-circ", "nul", "ctl", "del"))
        trick("char-html-" + name, body(b"utf-8", b"<p>" + t.encode(), b"text/html"), seen=name not in (
            "cyr", "card-arab", "card-kanji", "combining", "bs", "card-lines", "card-quote", "vt", "ff", "card-sup", "card-circ", "nul", "ctl", "del"))


OWN = {("utf-8", b"utf-8"), ("cp932", b"shift_jis"), ("cp932", b"windows-31j"),
       ("euc_jp", b"euc-jp"), ("iso2022_jp", b"iso-2022-jp"), ("utf-16", b"utf-16"),
       ("utf-7", b"utf-7"), ("gb18030", b"gb18030"), ("utf-8", None), ("utf-8", b"us-ascii"),
       ("utf-8", b"x-unknown"), ("utf-8", b"iso-8859-1"), ("cp932", b"us-ascii"), ("cp932", None),
       ("cp932", b"iso-8859-1"), ("cp932", b"utf-8"), ("euc_jp", b"utf-8"), ("utf-8", b"shift_jis"), ("utf-8", b"euc-jp"),
       ("euc_jp", b"shift_jis"), ("cp932", b"euc-jp"), ("iso2022_jp", b"utf-8"), ("iso2022_jp", b"us-ascii"),
       ("iso2022_jp", None), ("iso2022_jp", b"shift_jis"), ("iso2022_jp_3", b"iso-2022-jp-3"), ("utf-8-sig", b"shift_jis"),
       ("iso2022_jp_2", b"iso-2022-jp-2"), ("utf-8", b"iso-2022-jp"), ("cp932", b"iso-2022-jp"), ("euc_jp", b"iso-2022-jp"),
       ("utf-8", b"gb18030"), ("utf-8", b"big5"), ("cp932", b"big5"), ("cp932", b"gb18030"), ("utf-8", b"utf-16"), ("cp932", b"utf-16"),
       ("utf-16", b"utf-8"), ("utf-16-le", b"utf-16"), ("utf-16-be", b"utf-16"), ("utf-16", None), ("utf-16", b"us-ascii")}
D = CARDS

PAGES = {
    "plain": D, "comment": "4111<!-- x -->111111111111", "tags": "4111<b>1111</b>1111<i>1111</i>",
    "word-tags": "zan<span>zib</span>ar", "empty-tag": "zan</>zibar", "space-tag": "zan</ >zibar",
    "bogus": "zan<!>zibar", "bogus2": "zan<!x>zibar", "pi": "zan<?x?>zibar", "pi2": "zan<?x y=\">\"?>zibar",
    "comment-short": "<!-->zanzibar<!-- -->", "comment-short2": "<!--->zanzibar<!-- -->",
    "comment-bang": "<!-- x --!>zanzibar<!-- -->", "comment-open": "zanzibar <!-- open",
    "comment-dash": "<!-- x -- >zanzibar -->", "comment-nested": "<!-- <!-- --> zanzibar -->",
    "cond": "<!--[if mso]><p>zanzibar</p><![endif]-->", "cond-not": "<!--[if !mso]><!-->zanzibar<!--<![endif]-->",
    "cond-rev": "<![if !mso]>zanzibar<![endif]>", "cond-split": "zan<!--[if mso]>zib<![endif]-->ar",
    "cdata": "<![CDATA[zanzibar]]>", "cdata2": "<![CDATA[x>zanzibar]]>", "cdata-svg": "<svg><text><![CDATA[zanzibar]]></text></svg>",
    "attr-eq": "<a =\"x>zanzibar<b y=\"z\">", "attr-eqeq": "<a b==\"x>zanzibar<b y=\"z\">",
    "attr-in": "<a b=c=\"x>zanzibar<b y=\"z\">", "attr-gt": "<a b=\">zanzibar<\">x</a> zanzibar",
    "attr-space": "<a b= \"x>\">zanzibar", "attr-sq": "<a b='x>'>zanzibar", "attr-open": "<a b=\"x>zanzibar",
    "attr-doctype": "<!DOCTYPE html x=\"y>zanzibar<b z=\"w\">", "attr-end": "</a b=\"x>zanzibar<i c=\">\">",
    "pi-quote": "<?x a=\"b>zanzibar<i c=\"d\">", "bogus-quote": "<!x a=\"b>zanzibar<i c=\"d\">",
    "slash-eq": "<a/=\"x>zanzibar<b y=\"z\">",
    "ent-dec": "&#122;anzibar", "ent-hex": "&#x7a;anzibar", "ent-nosemi": "&#122anzibar", "ent-hex-nosemi": "&#x7Anzibar" if False else "&#x7a nzibar zanzibar",
    "ent-zero": "&#000000000000000122;anzibar", "ent-hexzero": "&#x0000000000000007a;anzibar", "ent-upper": "&#X7A;anzibar",
    "ent-all": "".join("&#%d;" % ord(c) for c in W), "ent-all-nosemi": "".join("&#%d" % ord(c) for c in W),
    "ent-card-nosemi": "&#52" + "&#49" * 15, "ent-shy": "zan&shy;zibar", "ent-shy-nosemi": "zan&shyzibar",
    "ent-nbsp-nosemi": "4111&nbsp1111&nbsp1111&nbsp1111", "ent-zwsp": "zan&ZeroWidthSpace;zibar", "ent-nobreak": "zan&NoBreak;zibar",
    "ent-it": "zan&it;zibar", "ent-af": "zan&af;zibar", "ent-ic": "zan&InvisibleComma;zibar", "ent-opf": "&zopf;&aopf;&nopf;&zopf;&iopf;&bopf;&aopf;&ropf;",
    "ent-fr": "&zfr;&afr;&nfr;&zfr;&ifr;&bfr;&afr;&rfr;", "ent-scr": "&zscr;&ascr;&nscr;&zscr;&iscr;&bscr;&ascr;&rscr;",
    "ent-numsp": "4111&numsp;1111&numsp;1111&numsp;1111", "ent-hairsp": "4111&hairsp;1111&hairsp;1111&hairsp;1111",
    "ent-lrm": "zan&lrm;zibar", "ent-double": "&amp;#122;anzibar zanz&#105;bar", "ent-tab": "4111&Tab;1111&Tab;1111&Tab;1111",
    "ent-hyphen": "4111&hyphen;1111&hyphen;1111&hyphen;1111", "ent-period": "4111&period;1111&period;1111&period;1111",
    "ent-attr-alt": "<img alt=\"&#122;anzibar\">", "ent-c1": "zan&#173zibar", "ent-173x": "zan&#xadzibar zan&#xad;zibar",
    "ent-8203": "zan&#8203zibar",
    "alt": "<img alt=zanzibar>", "alt-split": "zan<img alt=\"zib\">ar", "title-attr": "<p title=\"zanzibar\">x", "value": "<input value=\"zanzibar\">",
    "placeholder": "<input placeholder=\"zanzibar\">", "label": "<option label=\"zanzibar\">x", "label-track": "<optgroup label=\"zanzibar\"><option>x",
    "button": "<button>zanzibar</button>", "textarea": "<textarea>zanzibar</textarea>", "select": "<select><option>zanzibar</select>",
    "textarea-comment": "<textarea><!-- zanzibar --></textarea>", "xmp-comment": "<xmp><!-- zanzibar --></xmp>",
    "textarea-style": "<textarea><style>zanzibar</style></textarea>", "plaintext": "<plaintext><!-- zanzibar",
    "listing": "<listing><!-- x -->zanzibar</listing>", "noscript": "<noscript>zanzibar</noscript>", "noscript-comment": "<noscript><!-- x -->zanzibar</noscript>",
    "template": "<template>zanzibar</template>", "title-in-svg": "<svg><title>zanzibar</title></svg>", "title": "<title>zanzibar</title>",
    "title-svg-out": "<svg><title></svg><p>zanzibar", "style-svg": "<svg><style></svg><p>zanzibar</p>", "script-svg": "<svg><script></svg><p>zanzibar",
    "svg-style-self": "<svg><style/><text>zanzibar</text></svg>", "svg-title-self": "<svg><title/><text>zanzibar</text></svg>", "svg-script-self": "<svg><script/><text>zanzibar</text></svg>",
    "math-style": "<math><style><mi>zanzibar</mi></style></math>", "math-title": "<math><title><mi>zanzibar</mi></title></math>",
    "style-select": "<select><style></select><p>zanzibar", "style-end": "<style>x</style x=\"y\">zanzibar", "style-end2": "<style>x</style/>zanzibar",
    "style-in-attr": "<p x=\"<style>\">zanzibar", "style-in-comment": "<!-- <style> -->zanzibar", "style-in-textarea": "<textarea><style></textarea>zanzibar",
    "style-in-title": "<title><style></title>zanzibar", "style-in-script": "<script><style></script>zanzibar", "script-in-style": "<style><script></style>zanzibar",
    "comment-in-style": "<style><!-- </style>zanzibar<!-- -->", "comment-in-script": "<script><!-- </script>zanzibar", "comment-in-title": "<title><!-- </title>zanzibar<!-- -->",
    "comment-in-textarea": "<textarea><!-- </textarea>zanzibar", "style-void": "<styl e>zanzibar", "script-open": "<script>x<p>zanzibar",
    "style-content": "<style>p::before{content:\"zanzibar\"}</style><p>", "style-content-split": "<style>p::after{content:\"zibar\"}</style><p>zan</p>",
    "hidden-junk": "zan<span style=\"display:none\">xx</span>zibar", "hidden-junk-card": "4111<span style=\"display:none\">9</span>111111111111",
    "hidden-zero": "zan<span style=\"font-size:0\">xx</span>zibar", "hidden-vis": "zan<span style='visibility:hidden;font-size:0px'>xx</span>zibar",
    "hidden-attr": "zan<span hidden>xx</span>zibar", "hidden-class": "<style>.h{display:none}</style>zan<span class=h>xx</span>zibar",
    "hidden-mso": "zan<span style=\"mso-hide:all\">xx</span>zibar", "hidden-all": "<div style=\"display:none\">zanzibar</div>",
    "hidden-opacity": "zan<span style=\"font-size:0;opacity:0;max-height:0\">xx</span>zibar", "hidden-script": "zan<script>xx</script>zibar",
    "hidden-style": "zan<style>xx</style>zibar", "hidden-title": "zan<title>xx</title>zibar", "hidden-object": "zan<object data=x></object>zibar",
    "hidden-template": "zan<template>xx</template>zibar", "hidden-noscript": "zan<noscript>xx</noscript>zibar", "hidden-select": "zan<datalist>xx</datalist>zibar",
    "hidden-noframes": "zan<noframes>xx</noframes>zibar", "hidden-audio": "zan<audio>xx</audio>zibar", "hidden-iframe": "zan<iframe>xx</iframe>zibar",
    "hidden-rp": "<ruby>zan<rp>(</rp>zibar</ruby>", "hidden-upper": "zan<SPAN STYLE=\"DISPLAY: NONE\">xx</SPAN>zibar", "hidden-important": "zan<span style=\"display : none !important\">xx</span>zibar",
    "hidden-css-esc": "zan<span style=\"d\\69splay:none\">xx</span>zibar", "hidden-css-comment": "zan<span style=\"display:/**/none\">xx</span>zibar",
    "hidden-ent": "zan<span style=\"display&#58;none\">xx</span>zibar", "hidden-nested": "zan<span style=\"display:none\">x<b>y</b>x</span>zibar",
    "head": "<head>zanzibar</head>", "ruby": "<ruby>zan<rt></rt></ruby>zibar", "wbr": "zan<wbr>zibar", "nobr": "<nobr>zan</nobr>zibar",
    "bdo": "<bdo dir=rtl>rabiznaz</bdo>", "bidi-css": "<span style=\"unicode-bidi:bidi-override;direction:rtl\">rabiznaz</span>",
    "rlo-ent": "&#8238;rabiznaz", "rlo-hex": "&#x202e;rabiznaz", "table": "<table><tr><td>4111</td><td>1111</td><td>1111</td><td>1111</td></table>",
    "div-inline": "<div style=\"display:inline\">zan</div><div style=\"display:inline\">zibar</div>", "div-float": "<div style=\"float:left\">zan</div><div style=\"float:left\">zibar</div>",
    "p-inline": "<p style=\"display:inline\">4111</p><p style=\"display:inline\">111111111111</p>", "br-none": "<style>br{display:none}</style>zan<br>zibar",
    "li-inline": "<ul><li style=\"display:inline\">zan<li style=\"display:inline\">zibar</ul>", "td-split": "<table cellspacing=0 cellpadding=0><tr><td>zan</td><td>zibar</td></tr></table>",
    "data-href": "<a href=\"data:text/html;base64,PHA+emFuemliYXI8L3A+\">x</a>", "data-plain": "<a href=\"data:text/plain,zanzibar\">x</a>",
    "data-iframe": "<iframe src=\"data:text/html,zanzibar\"></iframe>", "data-img-svg": "<img src=\"data:image/svg+xml;base64," + base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg'><text y='20'>zanzibar</text></svg>").decode() + "\">",
    "data-exe": "<a download=\"a.exe\" href=\"data:application/octet-stream;base64," + base64.b64encode(EXE).decode() + "\">x</a>",
    "data-img-svg-plain": "<img src=\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'%3E%3Ctext y='20'%3Ezanzibar%3C/text%3E%3C/svg%3E\">",
    "data-upper": "<a href=\"DATA:text/plain,zanzibar\">x</a>", "data-pct": "<a href=\"data:text/plain,z%61nzibar\">x</a>", "data-ent": "<a href=\"d&#97;ta:text/plain,z%61nzibar\">x</a>",
    "srcdoc": "<iframe srcdoc=\"<p>zanzibar\"></iframe>", "object": "<object data=\"data:text/plain,zanzibar\">x</object>", "embed": "<embed src=\"data:text/plain,zanzibar\">",
    "css-url-data": "<p style=\"background:url(data:image/svg+xml,%3Csvg%3E%3Ctext%3Ezanzibar%3C/text%3E%3C/svg%3E)\">x", "href": "<a href=\"https://x.example/zanzibar\">x</a>",
    "href-q": "<a href=\"https://x.example/?c=4111111111111111\">x</a>", "mailto": "<a href=\"mailto:a@b.example?body=zanzibar\">x</a>", "base": "<base href=\"https://x.example/zanzibar/\"><a href=\"a\">x</a>",
    "meta-refresh": "<meta http-equiv=refresh content=\"0;url=https://x.example/zanzibar\">", "map": "<map><area alt=\"zanzibar\"></map>", "th-abbr": "<th abbr=\"zanzibar\">x",
    "svg-text": "<svg><text>zan<tspan>zibar</tspan></text></svg>", "svg-tspan": "<svg><text>" + "".join("<tspan x=\"%d\">%s</tspan>" % (i, c) for i, c in enumerate(D)) + "</text></svg>",
    "math": "<math><mi>z</mi><mi>a</mi><mi>n</mi><mi>z</mi><mi>i</mi><mi>b</mi><mi>a</mi><mi>r</mi></math>", "marquee": "<marquee>zanzibar</marquee>",
    "lt-space": "< b>zanzibar", "lt-digit": "<1>zan<2>zibar zanzibar", "lt-end": "zanzibar <", "tag-open": "zanzibar <a href=", "tag-nl": "zan<\nb>zibar zanzibar",
    "tag-long": "zan<abcdefghijklmnopqrstuvwxyz>zibar", "tag-colon": "zan<o:p></o:p>zibar", "tag-custom": "zan<x-y></x-y>zibar", "tag-slash": "zan<b/>zibar", "tag-utf8": "zan<bé>zibar",
    "crlf": "zan\r\nzibar zanzibar", "tab": "4111\t1111\t1111\t1111", "pre-lines": "<pre>4111\r\n1111</pre> zanzibar",
    "script-type": "<script type=\"text/x-template\">zanzibar</script>", "frameset": "<frameset><noframes>zanzibar</noframes></frameset>",
    "details": "<details><summary>zan</summary></details> zanzibar", "dialog": "<dialog open>zanzibar</dialog>", "meter": "<meter>zanzibar</meter>", "progress": "<progress>zanzibar</progress>",
    "form-feed": "zan<b\x0cx>zibar", "xml-decl": "<?xml version=\"1.0\"?><html xmlns=\"http://www.w3.org/1999/xhtml\"><body><p><![CDATA[zanzibar]]></p></body></html>",
    "xml-entity": "<?xml version=\"1.0\"?><!DOCTYPE html [<!ENTITY z \"zanzibar\">]><html><body>&z;</body></html>",
}
# Cells part words; what joins a word's parts only for Outlook, with pictures
# blocked, by a style sheet or by an XML reader is not followed.
PAGE_UNSEEN = {"comment-dash", "hidden-css-esc", "script-open", "script-type",
               "title", "div-float", "css-url-data", "base", "meta-refresh",
               "href", "href-q", "th-abbr", "xml-entity", "math-title",
               "script-svg", "title-in-svg", "style-svg", "pi2", "cond-split",
               "alt-split", "style-content-split", "td-split", "table"}


def html():
    for name, page in PAGES.items():
        raw = page.encode()
        trick("html-" + name, mail(HTML + b"Content-Transfer-Encoding: 8bit\r\n",
                                   b"<html><body><p>hello</p>" + raw + b"</body></html>\r\n"),
              seen=name not in PAGE_UNSEEN)
    w = b"<html><head><meta charset=%s></head><body>%s</body></html>"
    w2 = b"<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=%s\"></head><body>%s</body></html>"
    for label in (None, b"utf-8", b"us-ascii", b"iso-8859-1"):
        for meta, raw in ((b"utf-7", b"+AHoAYQBuAHoAaQBiAGEAcg-"), (b"shift_jis", JA.encode("cp932")), (b"euc-jp", JA.encode("euc_jp")),
                          (b"iso-2022-jp", JA.encode("iso2022_jp")), (b"utf-8", JA.encode()), (b"ibm037", W.encode("cp037")),
                          (b"utf-16", JA.encode()), (b"gb18030", JA.encode("gb18030")), (b"iso-2022-kr", b"\x1b$)C\x0e#z#a#n#z#i#b#a#r\x0f"), (b"hz-gb-2312", b"~{#z#a#n#z#i#b#a#r~}")):
            for i, form in enumerate((w, w2)):
                trick("meta-%s-%s-%d" % ((label or b"none").decode(), meta.decode(), i), body(label, form % (meta, raw), b"text/html"),
                      seen=meta not in (b"ibm037", b"utf-7", b"hz-gb-2312", b"iso-2022-kr", b"gb18030"))
    trick("html-as-plain", mail(PLAIN, b"<p>zan<b>zib</b>ar</p>\r\n"), seen=False)
    trick("html-octets", multi([HELLO, attached("a.html", b"<html><body>zan<b>zib</b>ar</body></html>")]))
    trick("html-named-txt", multi([HELLO, attached("a.txt", b"<html><body>zan<b>zib</b>ar</body></html>", b"text/plain")]))
    trick("html-xhtml", multi([HELLO, attached("a.xhtml", b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><body>zan<b>zib</b>ar</body></html>", b"application/xhtml+xml")]))
    trick("html-svg", multi([HELLO, attached("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><text>zan<tspan>zib</tspan>ar</text></svg>", b"image/svg+xml")]))
    trick("html-root-xhtml", mail(b"Content-Type: application/xhtml+xml\r\n", b"<html xmlns='http://www.w3.org/1999/xhtml'><body>zan<b>zib</b>ar</body></html>\r\n"))
    trick("html-in-plain-alt", multi([HELLO, part(b"Content-Type: text/html\r\nContent-Disposition: attachment\r\n", b"<p>zan<b>zib</b>ar\r\n")], kind=b"alternative"))
    trick("enriched", mail(b"Content-Type: text/enriched\r\n", b"zan<bold>zib</bold>ar\r\n"))
    trick("richtext", mail(b"Content-Type: text/richtext\r\n", b"zan<bold>zib</bold>ar\r\n"))
    trick("flowed", mail(b"Content-Type: text/plain; format=flowed; delsp=yes\r\n", b"zan \r\nzibar\r\n"))
    trick("flowed-card", mail(b"Content-Type: text/plain; format=flowed; delsp=yes\r\n", b"41111111 \r\n11111111\r\n"))
    trick("amp", multi([HELLO, part(b"Content-Type: text/x-amp-html\r\n", b"<p>zan<b>zib</b>ar\r\n")], kind=b"alternative"))
    trick("watch", multi([HELLO, part(b"Content-Type: text/watch-html\r\n", b"<p>zan<b>zib</b>ar\r\n")], kind=b"alternative"))
    trick("calendar-desc", mail(b"Content-Type: text/calendar; method=REQUEST\r\n", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDESCRIPTION:zan\r\n zibar\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"))
    trick("calendar-attach", mail(b"Content-Type: text/calendar; method=REQUEST\r\n", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nATTACH;ENCODING=BASE64;VALUE=BINARY;FMTTYPE=text/plain:" + base64.b64encode(SECRET) + b"\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"))
    trick("calendar-xalt", mail(b"Content-Type: text/calendar; method=REQUEST\r\n", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nX-ALT-DESC;FMTTYPE=text/html:<p>zan<b>zib</b>ar\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"))
    trick("vcard-qp", multi([HELLO, part(b"Content-Type: text/vcard; name=a.vcf\r\n", b"BEGIN:VCARD\r\nVERSION:2.1\r\nNOTE;ENCODING=QUOTED-PRINTABLE:=7Aanzi=\r\nbar\r\nEND:VCARD\r\n")]))
    trick("vcard-fold", multi([HELLO, part(b"Content-Type: text/vcard; name=a.vcf\r\n", b"BEGIN:VCARD\r\nVERSION:3.0\r\nNOTE:zan\r\n zibar\r\nEND:VCARD\r\n")]))
    trick("vcard-photo", multi([HELLO, part(b"Content-Type: text/vcard; name=a.vcf\r\n", b"BEGIN:VCARD\r\nVERSION:3.0\r\nKEY;ENCODING=b:" + base64.b64encode(SECRET) + b"\r\nEND:VCARD\r\n")]), seen=False)
    trick("csv-utf16", with_file("a.csv", "名前,番号\r\n山田,4111111111111111\r\nzanzibar\r\n".encode("utf-16")))
    trick("csv-utf16-nobom", with_file("a.csv", "name,no\r\nyamada,4111111111111111\r\nzanzibar\r\n".encode("utf-16-le")))
    trick("csv-utf16be-nobom", with_file("a.csv", "名前,番号\r\n山田,4111111111111111\r\nzanzibar\r\n".encode("utf-16-be")))
    trick("csv-utf7", with_file("a.csv", b"+AHoAYQBuAHoAaQBiAGEAcg-", b"text/csv; charset=utf-7"))
    trick("txt-utf32", with_file("a.txt", "x zanzibar y".encode("utf-32")))
    trick("txt-utf32-nobom", with_file("a.txt", "x zanzibar y".encode("utf-32-le")))
    trick("txt-ebcdic", with_file("a.txt", "x zanzibar y".encode("cp037"), b"text/plain; charset=ibm037"))


def make():
    charsets()
    html()
