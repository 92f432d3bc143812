"""Exchange Online as a gate meets it: what it sends, what it takes back.

Tenants share addresses, the client certificate and the front door.  A
tenant's rules run on every pass.  Inbound mail belongs to the tenant whose
connector names the certificate that was shown, or to none.
"""
import asyncio
import uuid

import dkim
from mail import Mail, blob, now
from wire import FQDN, Role, domain_of, values

SIGNED = ("From", "Date", "Subject", "Message-ID", "Content-Type",
          "MIME-Version", "X-MS-Exchange-SenderADCheck")
RECIPIENTS_MAX = 200  # of one domain in a transaction
HOPS_MAX = 20


def denied(text):
    return "550 5.7.64 TenantAttribution; %s [TYZJPN01FT003.eop-jpn01.prod" \
           ".protection.outlook.com]" % text


class Exchange:
    """The service: tenants, rules, the way out."""
    def __init__(self, world, conf):
        self.world, self.conf = world, conf
        self.tenants = conf["tenants"]

    # ---- stamps

    def stamp(self, t, m, rcpts):
        """What a mail of tenant t carries when it comes to a smart host."""
        host = "TYCPR01MB%04d.jpnprd01.prod.outlook.com" % (
            uuid.uuid4().int % 10000)
        ident = str(uuid.uuid4())
        m.end("Accept-Language: ja-JP, en-US", "Content-Language: ja-JP",
              "X-MS-Has-Attach:", "X-MS-TNEF-Correlator:",
              "x-ms-publictraffictype: Email",
              "x-ms-traffictypediagnostic: TYCPR01MB1234:EE_|OS3PR01MB5678:EE_",
              "x-ms-office365-filtering-correlation-id: " + ident,
              "x-ms-exchange-senderadcheck: 1",
              "x-ms-exchange-antispam-relay: 0",
              "x-microsoft-antispam:\r\n BCL:0;ARA:13230040|1800799024|376014",
              "x-microsoft-antispam-message-info:\r\n " + blob(5400),
              "x-forefront-antispam-report:\r\n CIP:255.255.255.255;CTRY:;"
              "LANG:ja;SCL:1;SRV:;IPV:NLI;SFV:NSPM;H:%s;CAT:NONE;DIR:OUT;"
              "SFP:1101;" % host,
              "x-ms-exchange-antispam-messagedata-chunkcount: 1",
              "x-ms-exchange-antispam-messagedata-0:\r\n " + blob(4200))
        m.end("X-OriginatorOrg: " + t["org"],
              "X-MS-Exchange-CrossTenant-AuthAs: Internal",
              "X-MS-Exchange-CrossTenant-AuthSource: " + host,
              "X-MS-Exchange-CrossTenant-Network-Message-Id: " + ident,
              "X-MS-Exchange-CrossTenant-originalarrivaltime: "
              "20 Nov 2026 01:02:03.0000\r\n (UTC)",
              "X-MS-Exchange-CrossTenant-fromentityheader: Hosted",
              "X-MS-Exchange-CrossTenant-id: " + t["id"],
              "X-MS-Exchange-CrossTenant-mailboxtype: HOSTED",
              "X-MS-Exchange-CrossTenant-userprincipalname:\r\n " + blob(88),
              "X-MS-Exchange-Transport-CrossTenantHeadersStamped: "
              "OS3PR01MB5678")
        m.top("Received: from %s ([fe80::1]) by\r\n %s ([fe80::1%%4]) with "
              "mapi id\r\n 15.20.9343.011; %s" % (host, host, now()))
        m.top("Received: from %s (2603:1096:400:1e0::5)\r\n by OS3PR01MB%04d."
              "jpnprd01.prod.outlook.com (2603:1096:604:f0::1) with\r\n "
              "Microsoft SMTP Server (version=TLS1_3,\r\n cipher=TLS_AES_256_"
              "GCM_SHA384) id 15.20.9343.11; %s" % (
                  host, hash(tuple(rcpts)) % 10000, now()))
        if t.get("dkim"):
            sig = dkim.sign(m.data(), self.world.key(t["dkim"]), t["domain"],
                            "selector1", SIGNED)
            m.top(sig.decode().rstrip("\r\n"))
        arc = "a=rsa-sha256; s=arcselector10001; d=microsoft.com;"
        m.top("ARC-Seal: i=1; %s cv=none;\r\n b=%s" % (arc, blob(344)),
              "ARC-Message-Signature: i=1; %s\r\n c=relaxed/relaxed;\r\n h=%s;"
              "\r\n bh=%s;\r\n b=%s" % (arc, ":".join(SIGNED), blob(43) + "=",
                                        blob(344)),
              "ARC-Authentication-Results: i=1; mx.microsoft.com 1; spf=pass\r\n"
              " smtp.mailfrom=%s; dmarc=pass action=none header.from=%s;\r\n"
              " dkim=pass header.d=%s; arc=none" % ((t["domain"],) * 3))

    @staticmethod
    def front_door(m):
        """Cross-tenant words of strangers do not pass it."""
        m.drop_if(lambda n: n.startswith("x-ms-exchange-crosstenant-") or
                  n.startswith("x-ms-exchange-organization-") or
                  n == "x-originatororg")

    # ---- rules (PowerShell recipe of the set-up, hardened form)

    def rules(self, t, m, peer):
        """What runs on every mail of t; true: from the gate."""
        ok, done = t["ok-header"], t["done-header"]
        m.drop(ok)
        if peer in t["gate-addresses"] and any(
                t["done-secret"] in v.split() for v in m.all(done)):
            m.set(ok, "1")
            m.drop(done)
        # "loop": the routing rule lost its exception.
        passed = bool(m.all(ok)) and t.get("recipe") != "loop"
        m.drop(ok)
        return passed

    # ---- a mail of the tenant, first or second pass

    async def process(self, t, m, sender, rcpts, peer, spec):
        inside = [r for r in rcpts if domain_of(r) in t["domains"]]
        outside = [r for r in rcpts if r not in inside]
        passed = self.rules(t, m, peer)
        for r in inside:
            self.world.mailbox(t["name"], m, sender, r)
        if not outside:
            return {}
        if passed:
            for r in outside:
                self.world.outside("exchange:" + t["name"], m, sender, r)
            return {}
        m.set(t["in-header"], t["in-secret"])
        groups = spec.get("groups") or [outside]
        sent = await asyncio.gather(*(
            self.to_gate(t, m.copy(), sender, [r for r in g if r in outside],
                         spec) for g in groups))
        return {r: x for one in sent for r, x in one.items()}

    async def submit(self, t, spec):
        m = self.world.written(spec)
        self.front_door(m)
        return await self.process(t, m, spec["from"], spec["to"], "mapi", spec)

    async def to_gate(self, t, m, sender, rcpts, spec):
        """Until every recipient is answered for good: {rcpt: reply}."""
        n = len(m.all("X-EOPTenantAttributedMessage"))
        self.front_door(m)
        self.stamp(t, m, rcpts)
        m.top("X-EOPTenantAttributedMessage: %s:%d" % (t["id"], n))
        conf = self.way(spec)
        return await self.world.carry(conf, m, sender, rcpts, spec,
                                      self.report(t, m, sender))

    def way(self, spec, t=None):
        c = self.conf["out"]
        return dict(self.world.gate, source=spec.get("source", c["source"]),
                    ehlo="TYZPR02CU002.outbound.protection.outlook.com",
                    tls=self.world.client_tls(spec.get("cert", c["cert"])))

    def report(self, t, m, sender):
        def ndr(rcpt, code, text):
            if not sender:
                return
            r = Mail()
            r.end("From: MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@" +
                  t["domain"], "To: " + sender,
                  "Subject: Undeliverable: " + m.first("Subject"),
                  "Auto-Submitted: auto-replied", "MIME-Version: 1.0")
            r.body = ("<%s>: %d %s\r\n" % (rcpt, code, text)).encode()
            self.world.mailbox(t["name"], r, "", sender, "ndr")
        return ndr


class ExchangeIn(Role):
    """Front door for mail from connectors: <tenant>.mail.protection...."""
    name = "exchange"
    banner = "220 %s Microsoft ESMTP MAIL Service ready"
    tls_needed = "451 5.7.3 STARTTLS is required to send mail"

    def ehlo(self, s):
        s.attributed = None
        if s.ehlo_name.lower().endswith("protection.outlook.com"):
            return "550 5.7.506 Access denied, bad HELO"
        return None if FQDN.match(s.ehlo_name) else \
            "501 5.5.4 Invalid domain name"

    def by_certificate(self, s):
        """The certificate names a connector, and an accepted domain."""
        for t in self.world.exchange.tenants:
            name = t["connector-certificate"]
            if name in s.certificate and any(
                    name == d or name.endswith("." + d) for d in t["domains"]):
                return t
        return None

    def mail(self, s):
        s.attributed = self.by_certificate(s)
        return None

    def rcpt(self, s, address):
        t, d = s.attributed, domain_of(address)
        own = next((x for x in self.world.exchange.tenants
                    if domain_of(s.sender) in x["domains"]), None)
        to = next((x for x in self.world.exchange.tenants
                   if d in x["domains"]), None)
        if not t and own and to is own and own.get("reject-direct-send"):
            return "550 5.7.68 TenantInboundAttribution; Direct Send not " \
                   "allowed for this organization from unauthorized sources"
        if not t and not to:
            return denied("Relay Access Denied")
        if t and self.conf.get("region") and t["name"] != self.conf["region"]:
            return "451 4.4.62 Mail sent to the wrong Office 365 region. ATTR35"
        if sum(domain_of(r) == d for r in s.rcpts) >= RECIPIENTS_MAX:
            return "452 4.5.3 Too many recipients (AS780090) [%s]" % \
                   self.host.conf["host"]
        return None

    def end(self, s):
        data = bytes(s.data)
        if len(values(data, "X-EOPTenantAttributedMessage")) >= HOPS_MAX:
            return "550 5.4.14 Hop count exceeded - possible mail loop ATTR34"
        if len(values(data, "From")) != 1 or "@" not in values(data, "From")[0]:
            return "550 5.7.512 Access denied, message must be RFC 5322 " \
                   "section 3.6.2 compliant and include a valid From address"
        return None

    def kept(self, s, entry):
        if not s.attributed:
            return
        m = Mail(bytes(s.data))
        self.world.later(self.world.exchange.process(
            s.attributed, m, s.sender, list(s.rcpts), s.peer, {}))
