"""The server's side of SMTP for every fake host, strict where the clouds are.

A Host is one listening address with a role; a role is a set of methods that
answer at each step with a reply, or None where all is well.  What a host takes
is kept before it says so.  Faults stand in front of the role's own answers:

  {"step": "end", "do": "drop", "times": 1, "to": "x@y.example"}

  step   banner ehlo starttls tls auth mail rcpt data content end replied
  do     "451 4.3.2 text"  that reply instead (421: and the end)
         "drop"            connection reset before the reply
         "hang"            no reply, for ever; content: reading stops
         "late:N"          the reply N seconds later
  times  how often (default: for ever)
  to     only transactions (at rcpt: the recipient) with this recipient
  keep   at "end": whether the mail was kept (default: for 2xx, drop, hang,
         late); at any other step nothing was
"""
import asyncio
import re
import ssl

LINE_MAX = 4096
EXTENSIONS = ("PIPELINING", "SIZE 157286400", "8BITMIME", "SMTPUTF8",
              "CHUNKING", "DSN", "ENHANCEDSTATUSCODES")
ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\x80-\U0010ffff]+"
DOMAIN = r"[A-Za-z0-9\x80-\U0010ffff](?:[A-Za-z0-9.\-\x80-\U0010ffff]*[A-Za-z0-9\x80-\U0010ffff])?"
MAILBOX = re.compile(rf"{ATOM}(?:\.{ATOM})*@{DOMAIN}\Z")
FQDN = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}\Z")
XTEXT = r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})+"
PARAMS = {
    "MAIL": {"SIZE": r"[0-9]{1,20}", "BODY": "7BIT|8BITMIME", "SMTPUTF8": None,
             "RET": "FULL|HDRS", "ENVID": XTEXT, "AUTH": XTEXT},
    "RCPT": {"NOTIFY": r"NEVER|(?:SUCCESS|FAILURE|DELAY)"
                       r"(?:,(?:SUCCESS|FAILURE|DELAY))*",
             "ORCPT": rf"[A-Za-z0-9\-]+;{XTEXT}"},
}


class Drop(Exception):
    """The connection is reset."""


class Bye(Exception):
    """The connection ends behind what was said."""


def domain_of(address):
    return address.rpartition("@")[2].lower()


def header_of(data):
    return data.partition(b"\r\n\r\n")[0] + b"\r\n"


def fields(data):
    """(name, value) of each field, unfolded, in order."""
    head = re.sub(rb"\r\n(?=[ \t])", b"", header_of(data))
    out = []
    for line in head.split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if colon:
            out.append((name.decode("latin-1"),
                        value.strip().decode("utf-8", "replace")))
    return out


def values(data, name):
    return [v for n, v in fields(data) if n.lower() == name.lower()]


class Role:
    """What a kind of host says; all of it may be overridden."""
    name = "plain"
    banner = "220 %s ESMTP"
    extensions = EXTENSIONS
    tls_needed = False
    auth = ()

    def __init__(self, world, host, conf):
        self.world, self.host, self.conf = world, host, conf

    def ehlo(self, s):
        return None

    def login(self, s, mechanism, user, secret):
        return "535 5.7.8 no logins here"

    def mail(self, s):
        return None

    def rcpt(self, s, address):
        return None

    def end(self, s):
        """After the content; the mail is kept when this is None."""
        return None

    def kept(self, s, entry):
        """The mail is kept and about to be answered."""


class Host:
    def __init__(self, world, name, conf, role):
        self.world, self.name, self.conf = world, name, conf
        self.role = role(world, self, conf)
        self.faults = [dict(f) for f in conf.get("faults", ())]
        self.tls = None
        self.open = set()

    def fault(self, step, to=()):
        for f in self.faults:
            if f["step"] != step or f.get("times", 1) <= 0:
                continue
            if "to" in f and f["to"] not in to:
                continue
            if "times" in f:
                f["times"] -= 1
            return f
        return None

    async def start(self):
        c = self.conf
        if c.get("cert"):
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(c["cert"], c["key"])
            if c.get("client-ca"):
                self.tls.load_verify_locations(c["client-ca"])
                self.tls.verify_mode = ssl.CERT_OPTIONAL
        server = await asyncio.start_server(
            self.serve, c.get("address", "127.0.0.1"), c["port"],
            limit=1 << 18, backlog=200)
        self.world.servers.append(server)

    async def serve(self, reader, writer):
        session = Session(self, reader, writer)
        self.open.add(session)
        try:
            await session.run()
        finally:
            self.open.discard(session)


class Session:
    def __init__(self, host, reader, writer):
        self.host, self.role, self.world = host, host.role, host.world
        self.r, self.w = reader, writer
        self.peer = writer.get_extra_info("peername")[0]
        self.tls_version, self.certificate, self.user = None, [], None
        self.ehlo_name = None
        self.forget()

    def forget(self):
        self.sender, self.rcpts, self.params = None, [], {}
        self.data, self.way = bytearray(), None
        self.bdat_bad = False

    # ---- lines

    def note(self, way, data):
        self.world.dialogue(self.host.name, way, data)

    async def say(self, text):
        lines = text.split("\n")
        code = lines[0][:3]
        out = "".join(
            "%s%s%s\r\n" % (code, " " if i == len(lines) - 1 else "-",
                            line[4:] if i == 0 else line)
            for i, line in enumerate(lines)).encode()
        self.note("S", out)
        self.w.write(out)
        await self.w.drain()
        if code == "421":
            raise Bye
        return code[0] in "23"

    async def step(self, name, answer, to=()):
        """Says the fault's word, else the answer; true for 2xx and 3xx."""
        f = self.host.fault(name, to)
        if not f:
            return await self.say(answer)
        do = f["do"]
        self.note("!", ("%s: %s" % (name, do)).encode())
        if do == "drop":
            raise Drop
        if do == "hang":
            await self.hang()
        if do.startswith("late:"):
            await asyncio.sleep(float(do[5:]))
            return await self.say(answer)
        return await self.say(do)

    async def hang(self):
        """Reads and says nothing, until the other side goes away."""
        while await self.r.read(65536):
            pass
        raise Drop

    async def line(self):
        try:
            raw = await self.r.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            raise Drop from None
        self.note("C", raw)
        if not raw.endswith(b"\r\n") or b"\r" in raw[:-2] or b"\0" in raw:
            await self.say("500 5.5.2 a line ends in CR LF")
            raise Bye
        if len(raw) > LINE_MAX:
            await self.say("500 5.5.2 line too long")
            raise Bye
        return raw[:-2].decode("utf-8", "surrogateescape")

    # ---- verbs

    async def helo(self, arg):
        self.forget()
        if not arg or " " in arg:
            await self.say("501 5.5.4 EHLO domain")
            return
        self.ehlo_name = arg
        bad = self.role.ehlo(self)
        if bad:
            await self.say(bad)
            return
        have = [x for x in self.role.extensions
                if x.split()[0] not in self.host.conf.get("lack", ())]
        if self.host.tls and not self.tls_version:
            have.append("STARTTLS")
        if self.role.auth and self.tls_version:
            have.append("AUTH " + " ".join(self.role.auth))
        await self.step("ehlo", "\n".join(
            ["250 " + self.host.conf["host"]] + have))

    async def starttls(self, arg):
        if arg or not self.host.tls or self.tls_version:
            return await self.say("503 5.5.1 not now")
        if self.r._buffer:
            await self.say("501 5.5.1 nothing may follow STARTTLS")
            raise Bye
        if not await self.step("starttls", "220 2.0.0 ready"):
            return None
        if self.host.fault("tls"):
            raise Drop
        await self.w.start_tls(self.host.tls)
        tls = self.w.get_extra_info("ssl_object")
        self.tls_version = tls.version()
        cert = tls.getpeercert() or {}
        self.certificate = [
            v.lower() for k, v in cert.get("subjectAltName", ()) if k == "DNS"]
        self.certificate += [
            v.lower() for rdn in cert.get("subject", ()) for k, v in rdn
            if k == "commonName"]
        self.ehlo_name = None
        self.forget()
        return None

    def path(self, verb, arg):
        """Address and parameters, or None and the reply."""
        word = {"MAIL": "FROM", "RCPT": "TO"}[verb]
        m = re.match(r"(?i)%s:<([^<>\s]*)>(?: (.+))?\Z" % word, arg)
        if not m or m[1] and not MAILBOX.match(m[1]) or \
                not m[1] and verb == "RCPT":
            return None, "501 5.1.7 bad address syntax"
        params = {}
        for p in (m[2] or "").split(" ") if m[2] else ():
            key, eq, value = p.partition("=")
            key = key.upper()
            if key not in PARAMS[verb] or key in params:
                return None, "555 5.5.4 unknown parameter " + key
            form = PARAMS[verb][key]
            if bool(eq) != bool(form) or form and not re.fullmatch(
                    form, value, re.I):
                return None, "501 5.5.4 bad parameter " + key
            params[key] = value
        need = {"SIZE": "SIZE", "BODY": "8BITMIME", "SMTPUTF8": "SMTPUTF8",
                "RET": "DSN", "ENVID": "DSN", "NOTIFY": "DSN", "ORCPT": "DSN",
                "AUTH": "AUTH"}
        lack = self.host.conf.get("lack", ())
        for key in params:
            if need[key] in lack:
                return None, "555 5.5.4 not offered: " + key
        if not m[1].isascii() and "SMTPUTF8" not in params and verb == "MAIL":
            return None, "553 5.6.7 address needs SMTPUTF8"
        return (m[1], params), None

    async def mail_from(self, arg):
        found, bad = self.path("MAIL", arg)
        if self.ehlo_name is None:
            bad = "503 5.5.1 EHLO first"
        elif self.sender is not None:
            bad = "503 5.5.1 nested MAIL"
        elif self.role.tls_needed and not self.tls_version:
            bad = self.role.tls_needed
        if not bad:
            self.sender, self.params = found
            bad = self.role.mail(self)
        if bad:
            self.sender = None
            return await self.say(bad)
        if not await self.step("mail", "250 2.1.0 Sender OK", (self.sender,)):
            self.sender = None
        return None

    async def rcpt_to(self, arg):
        found, bad = self.path("RCPT", arg)
        if self.sender is None:
            bad = "503 5.5.1 MAIL first"
        bad = bad or self.role.rcpt(self, found[0])
        if bad:
            return await self.say(bad)
        if await self.step("rcpt", "250 2.1.5 Recipient OK", (found[0],)):
            self.rcpts.append(found[0])
        return None

    async def content(self):
        f = self.host.fault("content", self.rcpts)
        if not f:
            return
        self.note("!", b"content: " + f["do"].encode())
        if f["do"] == "hang":
            await asyncio.sleep(3600)
        raise Drop

    async def read_data(self, arg):
        if arg or not self.rcpts:
            return await self.say("503 5.5.1 RCPT first")
        if not await self.step("data", "354 go ahead", self.rcpts):
            return None
        await self.content()
        self.way = "DATA"
        while True:
            raw = await self.r.readuntil(b"\n")
            if not raw.endswith(b"\r\n") or b"\r" in raw[:-2] or b"\0" in raw:
                await self.say("550 5.6.11 bare CR, LF or NUL in DATA")
                raise Bye
            if raw == b".\r\n":
                return await self.finish()
            if len(raw) > 1001:
                await self.say("550 5.6.0 line too long")
                raise Bye
            self.data += raw[1:] if raw[:1] == b"." else raw

    async def read_bdat(self, arg):
        m = re.match(r"(\d{1,12})( LAST)?\Z", arg, re.I)
        if not m:
            await self.say("501 5.5.4 BDAT size [LAST]")
            raise Bye
        if "CHUNKING" in self.host.conf.get("lack", ()):
            await self.say("502 5.5.1 not offered")
            raise Bye
        if self.rcpts and self.way is None:
            await self.content()
        left, got = int(m[1]), bytearray()
        while left:
            piece = await self.r.read(min(left, 1 << 18))
            if not piece:
                raise Drop
            got += piece
            left -= len(piece)
        if not self.rcpts:
            return await self.say("503 5.5.1 RCPT first")
        self.data += got
        self.way = "BDAT"
        if m[2]:
            return await self.finish()
        return await self.say("250 2.0.0 chunk taken")

    def bad_content(self):
        head, gap, _ = bytes(self.data).partition(b"\r\n\r\n")
        if not gap and not head.endswith(b"\r\n"):
            return "550 5.6.0 no end of the header"
        if any(len(x) > 998 for x in head.split(b"\r\n")):
            return "550 5.6.0 header line too long"
        if not head.isascii() and "SMTPUTF8" not in self.params:
            return "550 5.6.7 8-bit header without SMTPUTF8"
        if not self.data.isascii() and \
                self.params.get("BODY", "7BIT").upper() == "7BIT" and \
                "SMTPUTF8" not in self.params:
            return "550 5.6.1 8-bit content without BODY=8BITMIME"
        if "SIZE" in self.params and \
                len(self.data) > int(self.params["SIZE"]) + 65536:
            return "552 5.3.4 larger than announced"
        return None

    async def finish(self):
        bad = self.bad_content() or self.role.end(self)
        if bad:
            self.forget()
            return await self.say(bad)
        f = next((f for f in self.host.faults if f["step"] == "end" and
                  f.get("times", 1) > 0 and f.get("to", self.rcpts[0])
                  in self.rcpts), None)
        word = f["do"] if f else "250"
        entry = None
        if not f or f.get("keep", not word[0] in "45"):
            entry = self.world.keep(self)
            self.role.kept(self, entry)
        rcpts = list(self.rcpts)
        self.forget()
        ok = await self.step(
            "end", "250 2.6.0 <%s> queued" % (entry or {}).get("file"), rcpts)
        if entry and ok:
            self.world.told(entry)
        after = self.host.fault("replied", rcpts)
        if after:
            raise Drop
        return None

    async def login(self, arg):
        import base64
        word, _, first = arg.partition(" ")
        word = word.upper()
        if word not in self.role.auth or not self.tls_version or self.user:
            return await self.say("504 5.5.4 mechanism not offered")
        try:
            if not first:
                await self.say("334 ")
                first = await self.line()
            blob = base64.b64decode(first, validate=True).decode()
            user, secret = self.split_login(word, blob)
        except ValueError:
            return await self.say("501 5.5.2 bad base64")
        bad = self.role.login(self, word, user, secret)
        if bad and bad.startswith("334"):
            await self.say(bad)
            if await self.line() not in ("", "AQ=="):
                return await self.say("501 5.5.2 expected an empty line")
            bad = "535 5.7.8 Username and Password not accepted. - gsmtp"
        if bad:
            return await self.say(bad)
        if await self.step("auth", "235 2.7.0 Accepted"):
            self.user = user
        return None

    @staticmethod
    def split_login(word, blob):
        if word == "PLAIN":
            who, user, secret = blob.split("\0")
            if who not in ("", user):
                raise ValueError
            return user, secret
        m = re.match("user=([^\1]*)\1auth=Bearer ([^\1]*)\1\1\\Z", blob)
        if not m:
            raise ValueError
        return m[1], m[2]

    async def run(self):
        verbs = {"EHLO": self.helo, "HELO": self.helo, "MAIL": self.mail_from,
                 "RCPT": self.rcpt_to, "DATA": self.read_data,
                 "BDAT": self.read_bdat, "STARTTLS": self.starttls,
                 "AUTH": self.login}
        try:
            if not await self.step("banner",
                                   self.role.banner % self.host.conf["host"]):
                raise Bye
            while True:
                verb, _, arg = (await self.line()).partition(" ")
                verb = verb.upper()
                if verb in verbs:
                    await verbs[verb](arg)
                elif verb == "QUIT":
                    await self.say("221 2.0.0 closing")
                    break
                elif verb in ("RSET", "NOOP"):
                    if verb == "RSET":
                        self.forget()
                    await self.say("250 2.0.0 OK")
                else:
                    await self.say("500 5.5.1 unknown command")
        except Bye:
            pass
        except (Drop, ConnectionError, asyncio.IncompleteReadError,
                ssl.SSLError, TimeoutError):
            self.w.transport.abort()
        finally:
            self.w.close()
