"""Hosts around the clouds: MX hosts of customers, an office's own relay,
mailboxes with their tokens, and the web server with the published ranges."""
import asyncio
import json
import re
import secrets
import ssl
import urllib.parse

from mail import Mail, now
from wire import Role, domain_of

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.I)


class Plain(Role):
    """An office's relay, by address alone; `logins` make it ask for a name.
    What is for the office itself lands in mailboxes."""
    auth = ("PLAIN",)

    def login(self, s, mechanism, user, secret):
        if self.conf.get("logins", {}).get(user) == secret:
            return None
        return "535 5.7.8 authentication failed"

    def mail(self, s):
        if self.conf.get("logins") and not s.user:
            return "530 5.7.0 Authentication required"
        return None

    def kept(self, s, entry):
        m = Mail(bytes(s.data))
        for r in s.rcpts:
            if domain_of(r) == self.conf.get("mailboxes"):
                self.world.mailbox("office", m, s.sender, r)
            else:
                self.world.outside("office", m, s.sender, r)


class Mailbox(Plain):
    """Submission as a mailbox, by a token that was issued here."""
    auth = ("XOAUTH2",)

    def login(self, s, mechanism, user, secret):
        if secret in self.world.tokens:
            return None
        return "535 5.7.3 Authentication unsuccessful"

    def mail(self, s):
        if not s.user:
            return "530 5.7.57 Client not authenticated to send mail"
        if s.sender != s.user:
            return "554 5.2.252 SendAsDenied; %s not allowed to send as %s" % (
                s.user, s.sender)
        return None


class Tokens:
    """A token endpoint for client credentials with a secret."""
    def __init__(self, world, conf):
        self.world, self.conf = world, conf

    def answer(self, form):
        want = {"grant_type": "client_credentials",
                "client_id": self.conf["client"],
                "client_secret": self.conf["secret"],
                "scope": "https://outlook.office365.com/.default"}
        if form != want:
            return 401, {"error": "invalid_client", "error_codes": [7000215],
                         "error_description": "AADSTS7000215"}
        token = secrets.token_urlsafe(900)
        self.world.tokens.add(token)
        return 200, {"token_type": "Bearer", "expires_in": 3599,
                     "access_token": token}

    async def serve(self, reader, writer):
        try:
            n = 0
            while line := (await reader.readline()).strip():
                name, _, value = line.decode("latin-1").partition(":")
                if name.lower() == "content-length":
                    n = int(value)
            form = urllib.parse.parse_qs((await reader.readexactly(n)).decode())
            status, body = self.answer({k: v[0] for k, v in form.items()})
            out = json.dumps(body).encode()
            writer.write(b"HTTP/1.1 %d x\r\nContent-Type: application/json\r\n"
                         b"Content-Length: %d\r\nConnection: close\r\n\r\n"
                         % (status, len(out)) + out)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, ValueError):
            pass
        writer.close()

    async def start(self):
        return await asyncio.start_server(self.serve, "127.0.0.1",
                                          self.conf["port"])


class Mx(Role):
    """Takes mail for the domains whose MX it is, and for no others."""
    banner = "220 %s ESMTP"

    def rcpt(self, s, address):
        mx = self.world.names.zone.get(domain_of(address), {}).get("MX", ())
        if not any(host == self.host.conf["host"] for _, host in mx):
            return "550 5.7.1 <%s>: relay access denied" % address
        return None

    def kept(self, s, entry):
        m = Mail(bytes(s.data))
        for r in s.rcpts:
            if domain_of(r) == self.conf.get("mailboxes"):
                self.world.mailbox("works", m, s.sender, r)
            else:
                self.world.outside("mx", m, s.sender, r)


class Offices:
    """Senders without a cloud's rules: LINE WORKS, a mail server of one's own.

    All that leaves goes to the gate, over TLS, by address alone."""
    def __init__(self, world, conf):
        self.world, self.tenants = world, conf

    async def submit(self, t, spec):
        m = self.world.written(spec)
        groups = spec.get("groups") or [spec["to"]]
        sent = await asyncio.gather(*(
            self.to_gate(t, m.copy(), spec["from"], g, spec) for g in groups))
        return {r: x for one in sent for r, x in one.items()}

    async def to_gate(self, t, m, sender, rcpts, spec):
        m.top("Received: from [10.0.0.9] by mail.%s\r\n with ESMTPSA; %s" %
              (t["domain"], now()))
        return await self.world.carry(self.way(spec, t), m, sender, rcpts,
                                      spec, self.report(t, m, sender))

    def way(self, spec, t):
        return dict(self.world.gate, source=spec.get("source", t["source"]),
                    ehlo="mail." + t["domain"],
                    tls=self.world.client_tls(spec.get("cert", "")))

    def report(self, t, m, sender):
        def ndr(rcpt, code, text):
            if not sender:
                return
            r = Mail()
            r.end("From: MAILER-DAEMON@" + t["domain"], "To: " + sender,
                  "Subject: Undelivered Mail Returned to Sender",
                  "Auto-Submitted: auto-replied", "MIME-Version: 1.0")
            r.body = ("<%s>: %d %s\r\n" % (rcpt, code, text)).encode()
            self.world.mailbox(t["name"], r, "", sender, "ndr")
        return ndr


class Endpoints:
    """The Microsoft 365 endpoint list; GET /endpoints/<instance>."""
    def __init__(self, world, conf):
        self.world, self.conf = world, conf

    def answer(self, target):
        url = urllib.parse.urlsplit(target)
        ask = {k.lower(): v[0] for k, v in
               urllib.parse.parse_qs(url.query).items()}
        if not GUID.match(ask.get("clientrequestid", "")):
            return 400, {"error": "clientrequestid is missing"}
        if url.path.lower().rstrip("/") == "/endpoints/worldwide":
            return 200, self.conf["list"]
        if url.path.lower().rstrip("/") == "/version/worldwide":
            return 200, {"instance": "Worldwide", "latest": "2026112000"}
        return 404, {"error": "no such instance"}

    async def serve(self, reader, writer):
        try:
            request = (await reader.readline()).decode("latin-1").split()
            while (await reader.readline()).strip():
                pass
            status, body = self.answer(request[1]) \
                if len(request) == 3 and request[0] == "GET" else (405, {})
            out = json.dumps(body).encode()
            self.world.dialogue("endpoints", "C", " ".join(request).encode())
            writer.write(b"HTTP/1.1 %d x\r\nContent-Type: application/json\r\n"
                         b"Content-Length: %d\r\nConnection: close\r\n\r\n"
                         % (status, len(out)) + out)
            await writer.drain()
        except (ConnectionError, ssl.SSLError):
            pass
        writer.close()

    async def start(self):
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(self.conf["cert"], self.conf["key"])
        return await asyncio.start_server(self.serve, "127.0.0.1",
                                          self.conf["port"], ssl=tls)
