#!/usr/bin/python3
"""A scripted SMTP server that keeps byte for byte what it was given.

sink.py --port-file F --dir D [--script JSON] [--cert C --key K]
        [--host ADDRESS] [--port PORT]

Each message becomes D/NNNNNN.msg (as on the wire, dots unstuffed) and one
line of D/ledger.jsonl, written after it was received and before the reply.
D/dialogue has every line in both directions.  The script is one object; all
keys are optional:
  lack      extensions not offered: ["CHUNKING", "8BITMIME", ...]
  banner, ehlo, mail, rcpt, data, end, bdat   reply to give instead
  rcpt-by   {address: reply}; "rcpt-refuse-every": 3 refuses each third
  drop-at   "banner|ehlo|mail|rcpt|data|body|end|replied": close there
  delay     {step: seconds} before the reply of that step
  times     how many messages (or connections, for banner and ehlo) the faults
            last; after that everything is accepted (default: for ever)
A file D/script.json, when it appears or changes, replaces the script.
"""
import argparse
import asyncio
import hashlib
import json
import os
import re
import ssl
import time

EXTENSIONS = ["PIPELINING", "SIZE 0", "8BITMIME", "SMTPUTF8", "CHUNKING",
              "DSN", "ENHANCEDSTATUSCODES"]


class Drop(Exception):
    pass


class Sink:
    def __init__(self, args):
        self.dir, self.count, self.faults = args.dir, 0, 0
        self.script_file = os.path.join(args.dir, "script.json")
        self.script_time, self.tls = None, None
        self.script = json.loads(args.script or "{}")
        if args.cert:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(args.cert, args.key)
            if args.client_ca:
                self.tls.load_verify_locations(args.client_ca)
                self.tls.verify_mode = ssl.CERT_OPTIONAL
        self.ledger = open(os.path.join(args.dir, "ledger.jsonl"), "a",
                           buffering=1)
        self.dialogue = open(os.path.join(args.dir, "dialogue"), "ab",
                             buffering=0)

    def reload(self):
        try:
            t = os.stat(self.script_file).st_mtime_ns
        except OSError:
            return
        if t != self.script_time:
            self.script_time, self.faults = t, 0
            with open(self.script_file) as f:
                self.script = json.load(f)

    def fault(self, key):
        """The script's word on this step, while its faults last."""
        limit = self.script.get("times")
        if limit is not None and self.faults >= limit:
            return None
        return self.script.get(key)

    def keep(self, mail):
        self.count += 1
        name = "%06d.msg" % self.count
        with open(os.path.join(self.dir, name), "wb") as f:
            f.write(mail["data"])
        head, _, body = mail["data"].partition(b"\r\n\r\n")
        found = re.search(rb"(?im)^Message-ID:\s*(\S+)", head)
        self.ledger.write(json.dumps({
            "file": name, "time": time.time(), "from": mail["from"],
            "from-args": mail["from-args"], "to": mail["to"],
            "to-args": mail["to-args"], "size": len(mail["data"]),
            "way": mail["way"], "tls": mail["tls"],
            "message-id": found and found[1].decode("latin-1"),
            "body-sha256": hashlib.sha256(body).hexdigest()}) + "\n")


class Session:
    def __init__(self, sink, reader, writer):
        self.sink, self.r, self.w = sink, reader, writer
        self.secure, self.reset_mail = None, None
        self.number = 0

    def note(self, way, data):
        self.sink.dialogue.write(b"%s %s\n" % (way, data.rstrip(b"\r\n")))

    async def reply(self, step, default):
        self.sink.reload()
        s = self.sink
        text = s.fault(step) or default
        wait = (s.fault("delay") or {}).get(step)
        if wait:
            s.faults += 1
            await asyncio.sleep(wait)
        if s.fault("drop-at") == step:
            s.faults += 1
            raise Drop
        if s.fault(step):
            s.faults += 1
        await self.say(text)
        if text.startswith("421"):
            raise Drop
        return text[0] in "23"

    async def say(self, text):
        lines = text.split("\n")
        out = "".join("%s%s%s\r\n" % (x[:3], "-" if i < len(lines) - 1 else
                                      " ", x[4:])
                      for i, x in enumerate(lines)).encode()
        self.note(b"S:", out)
        self.w.write(out)
        await self.w.drain()

    def fresh(self):
        self.mail = {"from": None, "from-args": "", "to": [], "to-args": [],
                     "data": b"", "way": None, "tls": self.secure}

    async def ehlo(self, arg):
        s = self.sink
        s.reload()
        lack = s.script.get("lack", [])
        have = [x for x in EXTENSIONS if x.split()[0] not in lack]
        if s.tls and not self.secure and "STARTTLS" not in lack:
            have.append("STARTTLS")
        self.fresh()
        await self.reply("ehlo", "\n".join(
            "250 " + x for x in ["sink.example"] + have))

    async def starttls(self, arg):
        if not self.sink.tls or self.secure:
            return await self.say("503 5.5.1 not now")
        await self.say("220 2.0.0 go")
        try:
            await self.w.start_tls(self.sink.tls)
        except AttributeError:
            loop = asyncio.get_running_loop()
            transport, proto = self.w.transport, self.w.transport.get_protocol()
            new = await loop.start_tls(transport, proto, self.sink.tls,
                                       server_side=True)
            self.w._transport = new
            self.r._transport = new
            proto._over_ssl = True
        obj = self.w.get_extra_info("ssl_object")
        self.secure = obj.version() if obj else "?"
        self.fresh()

    @staticmethod
    def path(arg):
        m = re.match(r"(?i)(?:FROM|TO):\s*<([^>]*)>\s*(.*)", arg)
        return (m[1], m[2]) if m else (None, "")

    async def mail_from(self, arg):
        addr, args = self.path(arg)
        if addr is None:
            return await self.say("501 5.5.4 bad MAIL")
        self.fresh()
        if await self.reply("mail", "250 2.1.0 ok"):
            self.mail["from"], self.mail["from-args"] = addr, args

    async def rcpt_to(self, arg):
        s, (addr, args) = self.sink, self.path(arg)
        if addr is None or self.mail["from"] is None:
            return await self.say("503 5.5.1 bad RCPT")
        self.number += 1
        every = s.fault("rcpt-refuse-every")
        by = (s.fault("rcpt-by") or {}).get(addr)
        if every and self.number % every == 0:
            by = "550 5.1.1 refused by script"
        if by:
            return await self.say(by)
        if await self.reply("rcpt", "250 2.1.5 ok"):
            self.mail["to"].append(addr)
            self.mail["to-args"].append(args)

    async def finish(self, step):
        s = self.sink
        s.reload()
        if s.fault("drop-at") == "body":
            s.faults += 1
            raise Drop
        word = s.fault(step)
        if not word or word[0] == "2":
            s.keep(self.mail)
        await self.reply(step, "250 2.0.0 kept as %06d" % s.count)
        if s.fault("drop-at") == "replied":
            s.faults += 1
            raise Drop
        self.fresh()

    async def data(self, arg):
        if not self.mail["to"]:
            return await self.say("554 5.5.1 no recipients")
        if not await self.reply("data", "354 go"):
            return None
        lines = []
        while True:
            line = await self.r.readuntil(b"\n")
            if line == b".\r\n":
                break
            lines.append(line[1:] if line.startswith(b".") else line)
        self.mail["data"], self.mail["way"] = b"".join(lines), "DATA"
        return await self.finish("end")

    async def bdat(self, arg):
        words = arg.upper().split()
        self.mail["data"] += await self.r.readexactly(int(words[0]))
        self.mail["way"] = "BDAT"
        if not self.mail["to"]:
            return await self.say("503 5.5.1 no recipients")
        if words[1:] == ["LAST"]:
            return await self.finish("end")
        return await self.reply("bdat", "250 2.0.0 chunk")

    async def run(self):
        self.fresh()
        verbs = {"EHLO": self.ehlo, "HELO": self.ehlo, "MAIL": self.mail_from,
                 "RCPT": self.rcpt_to, "DATA": self.data, "BDAT": self.bdat,
                 "STARTTLS": self.starttls}
        try:
            if not await self.reply("banner", "220 sink.example ESMTP"):
                return
            while line := await self.r.readline():
                self.note(b"C:", line)
                verb, _, arg = line.decode("utf-8", "replace").strip() \
                    .partition(" ")
                verb = verb.upper()
                if verb == "QUIT":
                    await self.say("221 2.0.0 bye")
                    return
                if verb in verbs:
                    await verbs[verb](arg)
                elif verb in ("RSET", "NOOP"):
                    self.fresh()
                    await self.say("250 2.0.0 ok")
                else:
                    await self.say("502 5.5.2 what")
        except (Drop, ConnectionError, asyncio.IncompleteReadError,
                ssl.SSLError):
            self.w.transport.abort()
        finally:
            self.w.close()


async def main():
    p = argparse.ArgumentParser()
    for name in ("port-file", "dir", "script", "cert", "key", "client-ca"):
        p.add_argument("--" + name)
    p.add_argument("--port", type=int, default=0)
    p.add_argument("--host", default="127.0.0.1")
    args = p.parse_args()
    os.makedirs(args.dir, exist_ok=True)
    sink = Sink(args)

    async def serve(reader, writer):
        await Session(sink, reader, writer).run()

    server = await asyncio.start_server(serve, args.host, args.port,
                                        limit=1 << 20)
    with open(args.port_file + ".new", "w") as f:
        f.write("%d\n" % server.sockets[0].getsockname()[1])
    os.rename(args.port_file + ".new", args.port_file)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
