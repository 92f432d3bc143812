"""The client's side: a cloud's outbound server, one connection a transaction.

BDAT is used when it is offered, as the clouds do; bare LF never goes out by
DATA.  A result is one reply for each recipient.
"""
import asyncio
import re
import ssl


class Refused(Exception):
    """Before the envelope: (code, text)."""


def tls_context(ca, cert=None, key=None, names=True):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.load_verify_locations(ca)
    c.check_hostname = names
    if cert:
        c.load_cert_chain(cert, key)
    return c


class Client:
    def __init__(self, address, port, name=None, source=None, within=60):
        self.address, self.port, self.name = address, port, name
        self.source, self.within = source, within
        self.have, self.log = {}, []

    async def reply(self):
        lines = []
        while True:
            raw = await asyncio.wait_for(self.r.readuntil(b"\n"), self.within)
            self.log.append("S: " + raw.decode("utf-8", "replace").rstrip())
            m = re.match(rb"([2-5][0-9]{2})(?:([ -])(.*))?\r\n\Z", raw)
            if not m:
                raise Refused(0, "bad reply %r" % raw)
            lines.append((m[3] or b"").decode("utf-8", "replace"))
            if m[2] != b"-":
                return int(m[1]), "\n".join(lines)

    async def say(self, line):
        self.log.append("C: " + line)
        self.w.write(line.encode("utf-8", "surrogateescape") + b"\r\n")
        await self.w.drain()
        return await self.reply()

    async def must(self, line):
        code, text = await self.say(line)
        if code >= 400:
            raise Refused(code, text)
        return code, text

    async def hello(self, ehlo):
        _, text = await self.must("EHLO " + ehlo)
        self.have = {x.split()[0].upper(): x.partition(" ")[2]
                     for x in text.split("\n")[1:] if x}

    async def connect(self, ehlo, tls=None):
        self.r, self.w = await asyncio.wait_for(asyncio.open_connection(
            self.address, self.port, limit=1 << 18,
            local_addr=(self.source, 0) if self.source else None), self.within)
        code, text = await self.reply()
        if code >= 400:
            raise Refused(code, text)
        await self.hello(ehlo)
        if not tls:
            return
        if "STARTTLS" not in self.have:
            raise Refused(0, "no STARTTLS")
        await self.must("STARTTLS")
        await self.w.start_tls(tls, server_hostname=self.name)
        await self.hello(ehlo)

    async def content(self, data):
        bare = re.search(rb"(?<!\r)\n|\r(?!\n)", data)
        if "CHUNKING" in self.have:
            first = len(data) // 2 if len(data) > 4000 else 0
            if first:
                code, text = await self.chunk(data[:first], "")
                if code >= 400:
                    return code, text
            return await self.chunk(data[first:], " LAST")
        if bare:
            return 550, "5.6.11 SMTPSEND.BareLinefeedsAreIllegal"
        code, text = await self.say("DATA")
        if code != 354:
            return code, text
        self.w.write(re.sub(rb"(?m)^\.", b"..", data) +
                     (b"" if data.endswith(b"\r\n") else b"\r\n"))
        return await self.say(".")

    async def chunk(self, data, last):
        self.log.append("C: BDAT %d%s" % (len(data), last))
        self.w.write(b"BDAT %d%s\r\n" % (len(data), last.encode()) + data)
        await self.w.drain()
        return await self.reply()

    async def send(self, sender, rcpts, data, dsn=True):
        """{rcpt: (code, text)}."""
        line = "MAIL FROM:<%s>" % sender
        if "SIZE" in self.have:
            line += " SIZE=%d" % len(data)
        if "8BITMIME" in self.have:
            line += " BODY=8BITMIME"
        if "SMTPUTF8" in self.have and not sender.isascii():
            line += " SMTPUTF8"
        code, text = await self.say(line)
        if code >= 400:
            return {r: (code, text) for r in rcpts}
        out, good = {}, []
        for r in rcpts:
            line = "RCPT TO:<%s>" % r
            if dsn and "DSN" in self.have:
                line += " NOTIFY=FAILURE,DELAY"
            out[r] = await self.say(line)
            if out[r][0] == 421:
                return {x: out[r] for x in rcpts}
            if out[r][0] < 300:
                good.append(r)
        if good:
            end = await self.content(data)
            out.update((r, end) for r in good)
        else:
            await self.say("RSET")
        return out

    async def quit(self):
        try:
            await self.say("QUIT")
        except (OSError, Refused, asyncio.IncompleteReadError,
                asyncio.TimeoutError):
            pass
        self.w.close()


async def deliver(conf, sender, rcpts, data):
    """One transaction over one connection: {rcpt: (code, text)}, log."""
    c = Client(conf["address"], conf["port"], conf.get("name"),
               conf.get("source"), conf.get("within", 60))
    try:
        await c.connect(conf["ehlo"], conf.get("tls"))
        if "auth" in conf:
            await c.must("AUTH PLAIN " + conf["auth"])
        out = await c.send(sender, rcpts, data)
        await c.quit()
    except Refused as e:
        out = {r: (e.args[0] or 450, e.args[1]) for r in rcpts}
    except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError,
            ssl.SSLError) as e:
        out = {r: (0, "%s: %s" % (type(e).__name__, e)) for r in rcpts}
    return out, c.log
