"""A DNS server for the zones of the test world, over UDP and TCP.

Zones are {name: {"A": [...], "MX": [[10, "mx.example"]], "TXT": [...]}}; a
name that is not there does not exist.  `trouble` holds names that get
SERVFAIL, `silent` those that get no answer.
"""
import asyncio
import socket
import struct

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15,
         "TXT": 16, "AAAA": 28}


def pack_name(name):
    out = b""
    for label in name.rstrip(".").split("."):
        if label:
            out += bytes([len(label)]) + label.encode()
    return out + b"\0"


def read_name(data, at):
    labels = []
    while data[at]:
        n = data[at]
        if n > 63:
            raise ValueError("compressed question")
        labels.append(data[at + 1:at + 1 + n].decode("latin-1"))
        at += n + 1
    return ".".join(labels).lower(), at + 1


def pack_data(kind, value):
    if kind == "A":
        return socket.inet_aton(value)
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, value)
    if kind == "MX":
        return struct.pack("!H", value[0]) + pack_name(value[1])
    if kind == "TXT":
        raw = value.encode()
        parts = [raw[i:i + 255] for i in range(0, len(raw), 255)] or [b""]
        return b"".join(bytes([len(p)]) + p for p in parts)
    return pack_name(value)


def record(name, kind, value, ttl=5):
    data = pack_data(kind, value)
    return pack_name(name) + struct.pack("!HHIH", TYPES[kind], 1, ttl,
                                         len(data)) + data


class Names:
    def __init__(self, zone):
        self.zone, self.trouble, self.silent = zone, set(), set()
        self.asked = []

    def known(self, name):
        return name in self.zone or any(
            n.endswith("." + name) for n in self.zone)

    def answer(self, query):
        ident, flags, count = struct.unpack("!HHH", query[:6])
        if count != 1 or flags & 0x8000:
            raise ValueError("not a question")
        name, at = read_name(query, 12)
        kind, = struct.unpack("!H", query[at:at + 2])
        question = query[12:at + 4]
        self.asked.append((name, kind))
        if name in self.silent:
            return None, 0
        rcode, found = 0, []
        if name in self.trouble:
            rcode = 2
        elif not self.known(name):
            rcode = 3
        target = name
        for _ in range(8):
            here = self.zone.get(target, {})
            if "CNAME" not in here or kind == TYPES["CNAME"]:
                break
            found.append(record(target, "CNAME", here["CNAME"][0]))
            target = here["CNAME"][0].lower()
        for k, v in self.zone.get(target, {}).items():
            if TYPES[k] == kind:
                found += [record(target, k, one) for one in v]
        soa = b""
        if not found and rcode != 2:
            data = pack_name("ns.test") + pack_name("root.test") + \
                struct.pack("!IIIII", 1, 60, 60, 60, 1)
            soa = b"\0" + struct.pack("!HHIH", 6, 1, 1, len(data)) + data
        head = struct.pack("!HHHHHH", ident, 0x8580 | rcode, 1, len(found),
                           1 if soa else 0, 1)
        edns = b"\0" + struct.pack("!HHIH", 41, 1232, 0, 0)
        return head + question + b"".join(found) + soa + edns, len(found)

    def datagram(self, query):
        out, _ = self.answer(query)
        if out and len(out) > 1232:
            _, at = read_name(query, 12)
            out = out[:2] + struct.pack("!HHHHH", 0x8780, 1, 0, 0, 0) + \
                query[12:at + 4]
        return out

    async def stream(self, reader, writer):
        try:
            while True:
                n, = struct.unpack("!H", await reader.readexactly(2))
                out, _ = self.answer(await reader.readexactly(n))
                if out:
                    writer.write(struct.pack("!H", len(out)) + out)
        except (asyncio.IncompleteReadError, ValueError, ConnectionError):
            writer.close()

    async def start(self, address, port):
        names = self

        class Udp(asyncio.DatagramProtocol):
            def connection_made(self, transport):
                self.transport = transport

            def datagram_received(self, data, addr):
                try:
                    out = names.datagram(data)
                except (ValueError, IndexError, struct.error):
                    return
                if out:
                    self.transport.sendto(out, addr)

        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(Udp, local_addr=(address, port))
        return await asyncio.start_server(self.stream, address, port)
