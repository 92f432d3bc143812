"""Google Workspace as a gate meets it: outbound gateway and SMTP relay."""
import asyncio

import base64
import dkim
import time
from mail import Mail, blob, now
from wire import FQDN, Role, domain_of

SIGNED = ("to", "subject", "message-id", "date", "from", "mime-version",
          "from", "to", "cc", "subject", "date", "message-id", "reply-to")
RECIPIENTS_MAX = 100
HELP = "- gsmtp"


class Google:
    def __init__(self, world, conf):
        self.world, self.conf = world, conf
        self.tenants = conf["tenants"]

    def stamp(self, t, m, rcpts):
        host = "mail-pl1-f%d.google.com" % (170 + len(rcpts) % 50)
        t0 = int(time.time())
        m.top("X-Gm-Message-State: AOJu0Yz" + blob(300),
              "X-Gm-Gg: ASbGnc" + blob(200),
              "X-Google-Smtp-Source: AGHT+I" + blob(60),
              "X-Received: by 2002:a17:902:f688:b0:20c:f292:7490 with SMTP id\r\n"
              " d9443c01a7336-29b; %s (PST)" % now())
        if t.get("dkim"):
            sig = dkim.sign(m.data(), self.world.key(t["dkim"]), t["domain"],
                            "google", SIGNED)
            m.top(sig.decode().rstrip("\r\n"))
        m.top("Received: by %s with SMTP id d9443c01a7336-%x\r\n        for "
              "<%s>; %s" % (host, t0, rcpts[0], now()))
        return host

    def rules(self, t, m, peer):
        """Content compliance: full headers do not match the word back, or
        the source is not the gate.  No rule can take a field away."""
        done = t["done-header"]
        back = t.get("recipe", "hardened") == "hardened" and \
            peer in t["gate-addresses"] and \
            any(t["done-secret"] in v.split() for v in m.all(done))
        if back:
            return False
        # A custom header is added; one that is there already stays.
        m.above("MIME-Version", "%s: %s" % (t["in-header"], t["in-secret"]))
        return True

    async def process(self, t, m, sender, rcpts, peer, spec):
        inside = [r for r in rcpts if domain_of(r) in t["domains"]]
        outside = [r for r in rcpts if r not in inside]
        for r in inside:
            self.world.mailbox(t["name"], m, sender, r)
        if not outside:
            return {}
        if not self.rules(t, m, peer):
            for r in outside:
                self.world.outside("google:" + t["name"], m, sender, r)
            return {}
        groups = spec.get("groups") or [outside]
        sent = await asyncio.gather(*(
            self.to_gate(t, m.copy(), sender, [r for r in g if r in outside],
                         spec) for g in groups))
        return {r: x for one in sent for r, x in one.items()}

    async def submit(self, t, spec):
        return await self.process(t, self.world.written(spec), spec["from"],
                                  spec["to"], "gmail", spec)

    async def to_gate(self, t, m, sender, rcpts, spec):
        host = self.stamp(t, m, rcpts)
        return await self.world.carry(dict(self.way(spec), ehlo=host), m,
                                      sender, rcpts, spec,
                                      self.report(t, m, sender))

    def way(self, spec, t=None):
        c = self.conf["out"]
        return dict(self.world.gate, source=spec.get("source", c["source"]),
                    ehlo="mail-pl1-f181.google.com",
                    tls=self.world.client_tls(spec.get("cert", c["cert"])))

    def report(self, t, m, sender):
        def bounce(rcpt, code, text):
            if not sender:
                return
            r = Mail()
            r.end("From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
                  "To: " + sender, "Subject: Delivery Status Notification "
                  "(Failure)", "Auto-Submitted: auto-replied",
                  "MIME-Version: 1.0")
            r.body = ("<%s>: %d %s\r\n" % (rcpt, code, text)).encode()
            self.world.mailbox(t["name"], r, "", sender, "ndr")
        return bounce


class GoogleIn(Role):
    """smtp-relay.gmail.com."""
    name = "google"
    banner = "220 %s ESMTP 98e67ed59e1d1-2c1 - gsmtp"
    auth = ("LOGIN", "PLAIN", "XOAUTH2")

    def ehlo(self, s):
        s.tenant = None
        name = s.ehlo_name.lower()
        if not FQDN.match(name) or name.endswith((".localdomain", ".local")):
            return "421 4.7.0 Try again later, closing connection. (EHLO) " + \
                   HELP
        return None

    def login(self, s, mechanism, user, secret):
        for t in self.world.google.tenants:
            if mechanism == "PLAIN" and t.get("logins", {}).get(user) == secret:
                return None
        if mechanism == "XOAUTH2":
            return "334 " + base64.b64encode(
                b'{"status":"401","schemes":"Bearer","scope":'
                b'"https://mail.google.com/"}').decode()
        return "535 5.7.8 Username and Password not accepted. " + HELP

    def mail(self, s):
        tenants = self.world.google.tenants
        if s.user:
            s.tenant = next(t for t in tenants if s.user in t["logins"])
            return None
        by_ip = [t for t in tenants if s.peer in t["relay-addresses"]]
        if not s.tls_version and any(t.get("relay-tls", True) for t in by_ip):
            return "530 5.7.0 Must issue a STARTTLS command first. " + HELP
        domain, helo = domain_of(s.sender), s.ehlo_name.lower()
        for t in by_ip:
            if domain in t["domains"]:
                s.tenant = t
                return None
        for t in by_ip:
            if any(helo == d or helo.endswith("." + d) for d in t["domains"]):
                s.tenant = t
                return None
        return ("550 5.7.1 Invalid credentials for relay [%s]. The IP address\n"
                "5.7.1 you've registered in your Workspace SMTP Relay service\n"
                "5.7.1 doesn't match the domain of the account this email is\n"
                "5.7.1 being sent from. %s" % (s.peer, HELP))

    def rcpt(self, s, address):
        if len(s.rcpts) >= RECIPIENTS_MAX:
            return "452 4.5.3 Your message has too many recipients. For " \
                   "more information regarding Google's sending limits, " + HELP
        if self.conf.get("one-domain") and s.rcpts and \
                domain_of(s.rcpts[0]) != domain_of(address):
            return "451 4.3.0 Multiple destination domains per transaction " \
                   "is unsupported.  Please try again. " + HELP
        return None

    def kept(self, s, entry):
        self.world.later(self.world.google.process(
            s.tenant, Mail(bytes(s.data)), s.sender, list(s.rcpts), s.peer, {}))
