"""files.py - small attachments, made the same way every time.

Nothing is compressed and no clock is read, so that a file has the same bytes
wherever and whenever it is made.
"""

import hashlib
import io
import struct
import zipfile
import zlib
from xml.sax.saxutils import escape

DAY = (2026, 9, 1, 9, 0, 0)
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


# ---- ZIP ----

def zip_of(members):
    """members: list of (name, bytes)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as z:
        for name, data in members:
            info = zipfile.ZipInfo(name, DAY)
            info.create_system = 3
            z.writestr(info, data)
    return out.getvalue()


class ZipCrypto:
    """The traditional encryption of ZIP (APPNOTE 6.1)."""

    def __init__(self, password):
        self.key = [0x12345678, 0x23456789, 0x34567890]
        for byte in password:
            self.update(byte)

    @staticmethod
    def crc(value, byte):
        return zlib.crc32(bytes([byte]), value ^ 0xFFFFFFFF) ^ 0xFFFFFFFF

    def update(self, byte):
        key = self.key
        key[0] = self.crc(key[0], byte)
        key[1] = ((key[1] + (key[0] & 255)) * 134775813 + 1) & 0xFFFFFFFF
        key[2] = self.crc(key[2], key[1] >> 24)

    def encrypt(self, data):
        out = bytearray()
        for byte in data:
            half = (self.key[2] | 2) & 0xFFFF
            out.append(byte ^ ((half * (half ^ 1) >> 8) & 255))
            self.update(byte)
        return bytes(out)


def zip_locked(members, password=b"Himitsu-2026"):
    """The same with every member encrypted; names are UTF-8."""
    body, directory = b"", b""
    for name, data in members:
        crc = zlib.crc32(data)
        raw = name.encode()
        head = bytes(range(11)) + bytes([crc >> 24])
        sealed = ZipCrypto(password).encrypt(head + data)
        fields = struct.pack("<HHHHHIIIHH", 20, 0x801, 0, 0x4800, 0x5D21, crc,
                             len(sealed), len(data), len(raw), 0)
        directory += (b"PK\1\2" + struct.pack("<H", 0x314) + fields +
                      struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + raw)
        body += b"PK\3\4" + fields + raw + sealed
    end = struct.pack("<HHHHIIH", 0, 0, len(members), len(members),
                      len(directory), len(body), 0)
    return body + directory + b"PK\5\6" + end


# ---- Office ----

def package(types, members):
    overrides = "".join(f'<Override PartName="/{part}" ContentType="{kind}"/>'
                        for part, kind in types)
    main = types[0][0]
    return zip_of([
        ("[Content_Types].xml", (
            XML + '<Types xmlns="http://schemas.openxmlformats.org/package/'
            '2006/content-types"><Default Extension="rels" ContentType='
            '"application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>' +
            overrides + "</Types>").encode()),
        ("_rels/.rels", (
            XML + '<Relationships xmlns="http://schemas.openxmlformats.org/'
            'package/2006/relationships"><Relationship Id="rId1" Type='
            '"http://schemas.openxmlformats.org/officeDocument/2006/'
            f'relationships/officeDocument" Target="{main}"/>'
            "</Relationships>").encode()),
    ] + members)


OFFICE = "application/vnd.openxmlformats-officedocument."
DOCX = OFFICE + "wordprocessingml.document"
XLSX = OFFICE + "spreadsheetml.sheet"
PPTX = OFFICE + "presentationml.presentation"


def docx(lines):
    text = "".join(f"<w:p><w:r><w:t>{escape(line)}</w:t></w:r></w:p>"
                   for line in lines)
    return package([("word/document.xml", DOCX + ".main+xml")], [
        ("word/document.xml", (
            XML + '<w:document xmlns:w="http://schemas.openxmlformats.org/'
            f'wordprocessingml/2006/main"><w:body>{text}</w:body>'
            "</w:document>").encode())])


def column(index):
    return chr(ord("A") + index)


def xlsx(rows, sheet="Sheet1"):
    cells = ""
    for y, row in enumerate(rows, 1):
        cells += f'<row r="{y}">'
        for x, value in enumerate(row):
            cells += (f'<c r="{column(x)}{y}" t="inlineStr"><is><t>'
                      f"{escape(str(value))}</t></is></c>")
        cells += "</row>"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rel = ("http://schemas.openxmlformats.org/officeDocument/2006/"
           "relationships")
    return package([
        ("xl/workbook.xml", XLSX + ".main+xml"),
        ("xl/worksheets/sheet1.xml",
         OFFICE + "spreadsheetml.worksheet+xml")], [
        ("xl/workbook.xml", (
            XML + f'<workbook xmlns="{main}" xmlns:r="{rel}"><sheets><sheet '
            f'name="{escape(sheet)}" sheetId="1" r:id="rId1"/></sheets>'
            "</workbook>").encode()),
        ("xl/_rels/workbook.xml.rels", (
            XML + '<Relationships xmlns="http://schemas.openxmlformats.org/'
            'package/2006/relationships"><Relationship Id="rId1" '
            f'Type="{rel}/worksheet" Target="worksheets/sheet1.xml"/>'
            "</Relationships>").encode()),
        ("xl/worksheets/sheet1.xml", (
            XML + f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData>'
            "</worksheet>").encode())])


# ---- compound file, as Office writes what needs a password ([MS-CFB]) ----

SECTOR = 512
FREE, CHAIN_END, FAT_SECTOR = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def directory_entry(name, kind, child, left, right, start, size):
    raw = name.encode("utf-16-le") + b"\0\0"
    used = len(raw) if name else 0
    return (raw.ljust(64, b"\0") + struct.pack("<HBB", used, kind, 1) +
            struct.pack("<III", left, right, child) + bytes(36) +
            struct.pack("<IQ", start, size))


def compound(streams):
    """At most three streams of at least 4,096 bytes each."""
    fat, body, entries = [FAT_SECTOR], b"", []
    for name, data in streams:
        data = data.ljust(-(-len(data) // SECTOR) * SECTOR, b"\0")
        start, count = len(fat), len(data) // SECTOR
        fat += [start + i + 1 for i in range(count - 1)] + [CHAIN_END]
        entries.append((name, start, len(data)))
        body += data
    names = sorted(entries, key=lambda e: (len(e[0]), e[0].upper()))
    top = 1 + len(names) // 2 if names else FREE
    table = directory_entry("Root Entry", 5, top, FREE, FREE, CHAIN_END, 0)
    for i, (name, start, size) in enumerate(names, 1):
        left = i - 1 if i == top and i > 1 else FREE
        right = i + 1 if i == top and i < len(names) else FREE
        table += directory_entry(name, 2, FREE, left, right, start, size)
    while len(table) % SECTOR:
        table += directory_entry("", 0, FREE, FREE, FREE, 0, 0)
    begin, count = len(fat), len(table) // SECTOR
    fat += [begin + i + 1 for i in range(count - 1)] + [CHAIN_END]
    fat += [FREE] * (SECTOR // 4 - len(fat))
    header = (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) +
              struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6) +
              struct.pack("<IIIIIIIII", 0, 1, begin, 0, 4096, CHAIN_END, 0,
                          CHAIN_END, 0) +
              struct.pack("<109I", 0, *[FREE] * 108))
    return header + struct.pack(f"<{len(fat)}I", *fat) + body + table


def noise(size, seed=b"sekisho"):
    """Bytes that look like a cipher's."""
    out, block = b"", seed
    while len(out) < size:
        block = hashlib.sha256(block).digest()
        out += block
    return out[:size]


def office_locked():
    """A workbook that needs a password ([MS-OFFCRYPTO] 2.3.4.10)."""
    info = struct.pack("<HHI", 4, 4, 0x40) + (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
        '<encryption xmlns="http://schemas.microsoft.com/office/2006/'
        'encryption"/>').encode()
    return compound([
        ("EncryptionInfo", info.ljust(4096, b"\0")),
        ("EncryptedPackage", struct.pack("<Q", 4000) + noise(4088))])


# ---- PDF ----

def pdf_file(objects, trailer):
    out, places = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", []
    for i, obj in enumerate(objects, 1):
        places.append(len(out))
        out += f"{i} 0 obj\n".encode() + obj + b"\nendobj\n"
    table = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    for at in places:
        out += f"{at:010} 00000 n \n".encode()
    return out + (f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R{trailer} "
                  f">>\nstartxref\n{table}\n%%EOF\n").encode()


def pdf_objects(content, length=None):
    return [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length " + str(length or len(content)).encode() +
        b" >>\nstream\n" + content + b"\nendstream",
        b"<< /Type /Font /Subtype /Type0 /BaseFont /HeiseiKakuGo-W5 /Encoding"
        b" /UniJIS-UTF16-H /DescendantFonts [6 0 R] >>",
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /HeiseiKakuGo-W5"
        b" /CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement"
        b" 5 >> /FontDescriptor 7 0 R /DW 1000 >>",
        b"<< /Type /FontDescriptor /FontName /HeiseiKakuGo-W5 /Flags 4"
        b" /FontBBox [-92 -250 1010 922] /ItalicAngle 0 /Ascent 752 /Descent"
        b" -221 /CapHeight 737 /StemV 114 >>",
    ]


def pdf_content(lines):
    out = b"BT /F1 11 Tf 14 TL 50 780 Td\n"
    for line in lines:
        text = line.encode("utf-16-be").hex().upper()
        out += f"<{text}> Tj T*\n".encode()
    return out + b"ET"


def pdf(lines):
    return pdf_file(pdf_objects(pdf_content(lines)), "")


PAD = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e80"
                    "2f0ca9fe6453697a")


def rc4(key, data):
    state, j, out = list(range(256)), 0, bytearray()
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) & 255
        state[i], state[j] = state[j], state[i]
    i = j = 0
    for byte in data:
        i = (i + 1) & 255
        j = (j + state[i]) & 255
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) & 255])
    return bytes(out)


def pdf_seal(key, number, data):
    """What stands in the object of that number (7.6.2, algorithm 1)."""
    own = hashlib.md5(key + struct.pack("<IB", number, 0)).digest()[:10]
    return rc4(own, data)


def pdf_locked(lines, password=b"Himitsu-2026"):
    """Needs a password to open (ISO 32000-1 7.6, revision 2)."""
    padded = (password + PAD)[:32]
    name = bytes(range(16))
    owner = rc4(hashlib.md5(padded).digest()[:5], padded)
    key = hashlib.md5(padded + owner + struct.pack("<i", -64) +
                      name).digest()[:5]
    user = rc4(key, PAD)
    objects = pdf_objects(pdf_seal(key, 4, pdf_content(lines)))
    for text in (b"Adobe", b"Japan1"):
        objects[5] = objects[5].replace(
            b"(" + text + b")",
            b"<" + pdf_seal(key, 6, text).hex().encode() + b">")
    objects.append(f"<< /Filter /Standard /V 1 /R 2 /O <{owner.hex()}> "
                   f"/U <{user.hex()}> /P -64 >>".encode())
    return pdf_file(objects, f" /Encrypt 8 0 R /ID [<{name.hex()}> "
                    f"<{name.hex()}>]")


# ---- pictures and the rest ----

def png(width=8, height=8):
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data +
                struct.pack(">I", zlib.crc32(kind + data)))
    rows = b"".join(b"\0" + b"\x33\x66\x99" * width for _ in range(height))
    return (b"\x89PNG\r\n\x1a\n" +
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0,
                                       0)) +
            chunk(b"IDAT", zlib.compress(rows, 0)) + chunk(b"IEND", b""))


def csv_of(rows, charset="utf-8-sig"):
    return "".join(",".join(row) + "\r\n" for row in rows).encode(charset)


def text_of(lines, charset="utf-8"):
    return "".join(line + "\r\n" for line in lines).encode(charset)
