#!/usr/bin/python3
"""selftest.py DIR PORT... - the test world held against itself: what the fakes
send, and that they refuse what the real ones refuse.  A plain host plays the
gate.  Prints each failure; the exit code says whether there was one."""
import asyncio
import base64
import json
import os
import re
import ssl
import struct
import sys

import client
import clouds
import look
import names
import setup

failed = 0
tests = []


def check(what, good, more=""):
    global failed
    if not good:
        failed += 1
        print("selftest: %s: %s" % (what, more))


def test(f):
    tests.append(f)
    return f


def tls(w, cert):
    return w.client_tls(cert)


async def reply_of(w, host, sender="a@alpha.example", to=("x@customer.example",),
                   cert="gate-alpha", ehlo="gate.alpha.example", name=None,
                   data=b"From: a@alpha.example\r\n\r\nx\r\n", secure=True,
                   auth=None):
    c = w.conf["hosts"][host]
    conf = {"address": c["address"], "port": c["port"], "ehlo": ehlo,
            "name": name or "x.mail.protection.outlook.com",
            "tls": tls(w, cert) if secure else None}
    if auth:
        conf["auth"] = base64.b64encode(
            ("\0%s\0%s" % auth).encode()).decode()
    out, _ = await client.deliver(conf, sender, list(to), data)
    return out


def one(out):
    code, text = next(iter(out.values()))
    return "%d %s" % (code, text)


@test
async def exchange_in(w):
    async def says(what, want, **how):
        got = one(await reply_of(w, "exchange-in", **how))
        check("exchange " + what, got.startswith(want), got)

    await says("takes a tenant's mail by certificate", "250")
    await says("takes a null sender by certificate", "250", sender="")
    await says("takes forwarded mail by certificate", "250",
               sender="f@elsewhere.example")
    await says("wants STARTTLS", "451 5.7.3", secure=False)
    await says("relays for nobody without a certificate", "550 5.7.64",
               cert="")
    await says("relays for no unknown certificate", "550 5.7.64",
               cert="stranger")
    await says("takes mail for its own without one", "250", cert="",
               sender="x@elsewhere.example", to=["a@alpha.example"])
    w.tenant("alpha")[1]["reject-direct-send"] = True
    await says("refuses direct send", "550 5.7.68", cert="",
               to=["b@alpha.example"])
    del w.tenant("alpha")[1]["reject-direct-send"]
    await says("refuses its own name in EHLO", "550 5.7.506",
               ehlo="x.protection.outlook.com")
    await says("wants a From", "550 5.7.512", data=b"To: x@y.example\r\n\r\nx\r\n")
    await says("ends a loop", "550 5.4.14", data=b"From: a@alpha.example\r\n" +
               b"X-EOPTenantAttributedMessage: x:1\r\n" * 20 + b"\r\nx\r\n")
    out = await reply_of(w, "exchange-in",
                         to=["r%d@customer.example" % i for i in range(201)])
    codes = [c for c, _ in out.values()]
    check("exchange takes 200 of a domain", codes.count(250) == 200 and
          codes.count(452) == 1, codes)
    w.hosts["exchange-in"].faults = [
        {"step": "rcpt", "times": 1, "do": "451 4.7.500 Server busy. Please try"
         " again later from [127.0.0.1]. (AS77712325)"}]
    await says("throttles when told to", "451 4.7.500")


@test
async def google_in(w):
    async def says(what, want, **how):
        how = {"sender": "a@gamma.example", "cert": "",
               "ehlo": "gate.gamma.example", "name": setup.GMAIL_IN} | how
        got = one(await reply_of(w, "google-in", **how))
        check("google " + what, got.startswith(want), got)

    user, word = next(iter(w.tenant("gamma")[1]["logins"].items()))
    await says("takes its customer's domain by address", "250")
    await says("takes a null sender by EHLO", "250", sender="")
    await says("knows no tenant without EHLO", "550 5.7.1 Invalid credentials",
               sender="", ehlo="gate.example.co.jp")
    await says("takes it by login", "250", sender="", ehlo="gate.example.co.jp",
               auth=(user, word))
    await says("refuses a wrong password", "535 5.7.8", auth=(user, "wrong"))
    await says("refuses a foreign domain", "550 5.7.1 Invalid credentials",
               sender="x@alpha.example", ehlo="gate.example.co.jp")
    await says("refuses a short EHLO", "421 4.7.0", ehlo="localhost")
    await says("wants TLS", "530 5.7.0", secure=False)
    out = await reply_of(w, "google-in", sender="a@gamma.example", cert="",
                         ehlo="gate.gamma.example", name=setup.GMAIL_IN,
                         to=["r%d@customer.example" % i for i in range(101)])
    codes = [c for c, _ in out.values()]
    check("google takes 100", codes.count(250) == 100 and
          codes.count(452) == 1, codes)
    w.hosts["google-in"].role.conf["one-domain"] = True
    out = await reply_of(w, "google-in", sender="a@gamma.example", cert="",
                         ehlo="gate.gamma.example", name=setup.GMAIL_IN,
                         to=["x@customer.example", "y@partner.example"])
    check("google takes one domain", out["y@partner.example"][1].startswith(
        "4.3.0 Multiple destination domains"), out)
    w.hosts["google-in"].role.conf["one-domain"] = False


@test
async def outside_in(w):
    mx = {"cert": "", "name": "mx1.customer.example"}
    got = one(await reply_of(w, "mx1.customer.example", **mx))
    check("an MX takes its domain", got.startswith("250"), got)
    got = one(await reply_of(w, "mx1.customer.example", secure=False, **mx))
    check("an MX takes it in clear", got.startswith("250"), got)
    got = one(await reply_of(w, "mx1.customer.example",
                             to=["x@partner.example"], **mx))
    check("an MX is no relay", got.startswith("550 5.7.1"), got)


@test
async def strict(w):
    """The parser, line by line: (what is said, how the last reply begins)."""
    c = w.conf["hosts"]["mx1.customer.example"]
    good = b"EHLO a.example\r\nMAIL FROM:<a@b.example>\r\n"
    rcpt = b"RCPT TO:<x@customer.example>\r\n"
    for said, want in (
            (b"EHLO a.example\nMAIL FROM:<a@b.example>\n", b"500"),
            (b"MAIL FROM:<a@b.example>\r\n", b"503"),
            (b"EHLO a.example\r\nMAIL FROM: <a@b.example>\r\n", b"501"),
            (b"EHLO a.example\r\nMAIL FROM:a@b.example\r\n", b"501"),
            (b"EHLO a.example\r\nMAIL FROM:<a@b.example> X=1\r\n", b"555"),
            (b"EHLO a.example\r\nMAIL FROM:<a@b.example> SIZE=x\r\n", b"501"),
            (b"EHLO a.example\r\nMAIL FROM:<a@b.example> BODY=BINARYMIME\r\n",
             b"501"),
            (b"EHLO a.example\r\nMAIL FROM:<\xc3\xa4@b.example>\r\n", b"553"),
            (good + b"MAIL FROM:<a@b.example>\r\n", b"503"),
            (good + b"RCPT TO:<>\r\n", b"501"),
            (good + b"RCPT TO:<x@customer.example> NOTIFY=NEVER,DELAY\r\n",
             b"501"),
            (good + b"DATA\r\n", b"503"),
            (good + b"BDAT 3 LAST\r\nabc", b"503"),
            (good + rcpt + b"BDAT x LAST\r\n", b"501"),
            (good + rcpt + b"DATA\r\nFrom: a\r\n\r\nx\n.\r\n", b"550"),
            (good + rcpt + b"DATA\r\nFrom: a\r\n\r\nx\r.\r\n", b"550"),
            (good + rcpt + b"DATA\r\nFrom: a\r\n\r\n\xe9\r\n.\r\n", b"550"),
            (good + rcpt + b"DATA\r\nFrom: a\r\n\r\n..x\r\n.\r\n", b"250"),
            (good + rcpt + b"BDAT 14\r\nFrom: a\r\n\r\nx\n\nBDAT 0 LAST\r\n",
             b"250"),
            (b"EHLO a.example\r\nSTARTTLS\r\nEHLO b.example\r\n", b"501")):
        reader, writer = await asyncio.open_connection(c["address"], c["port"])
        writer.write(said + b"QUIT\r\n")
        lines = []
        try:
            while line := await asyncio.wait_for(reader.readline(), 10):
                lines.append(line)
        except ConnectionError:
            pass
        last = [x for x in lines if not x.startswith(b"221")][-1:]
        check("strict %r" % said, last and last[0].startswith(want), lines)
        writer.close()


@test
async def exchange_out(w):
    out = await w.ask({"op": "submit", "tenant": "alpha",
                       "from": "taro@alpha.example", "subject": "out",
                       "to": ["x@customer.example", "y@partner.example",
                              "hana@alpha.example"],
                       "groups": [["x@customer.example"],
                                  ["y@partner.example"]],
                       "headers": ["X-MS-Exchange-CrossTenant-Id: forged",
                                   "X-Sekisho-Tenant: forged",
                                   "X-Sekisho-Ok: 1", "X-Sekisho-Done: 1"],
                       "body": "one\nbare\n", "bare-lf": True})
    check("both copies are taken", sorted(out) == [
        "x@customer.example", "y@partner.example"] and
        all(x[0] == 250 for x in out.values()), out)
    k = look.Kept(w.folder)
    got = k.all(where="gate", subject="out")
    check("two transactions", len(got) == 2, got)
    check("of one Message-ID", len({e["message-id"] for e in got}) == 1, got)
    check("with other trace", k.field(got[0], "Received") !=
          k.field(got[1], "Received"))
    m = k.mail(got[0])
    t = w.tenant("alpha")[1]
    check("10 to 20 kB of header", 10000 <= len(m.data()) - len(m.body) <=
          20000, len(m.data()))
    check("one tenant id", m.all("x-ms-exchange-crosstenant-id") == [t["id"]])
    check("the tenant's secret alone", m.all("X-Sekisho-Tenant") ==
          [t["in-secret"]])
    check("no word of passing", not m.all("X-Sekisho-Ok"))
    order = [m.name(f) for f in m.head]
    at = [order.index(n) for n in (
        "arc-seal", "dkim-signature", "received", "x-sekisho-tenant", "from",
        "subject", "x-ms-publictraffictype", "x-originatororg",
        "x-ms-exchange-crosstenant-id")]
    check("fields in the order that was seen", at == sorted(at), order)
    check("its names as they were seen", b"x-ms-publictraffictype:" in m.data()
          and b"X-OriginatorOrg:" in m.data())
    check("signed by the tenant", k.dkim(got[0]) == [
        ("alpha.example", "selector1", "rsa-sha256", "pass")], k.dkim(got[0]))
    check("bare LF by BDAT", got[0]["way"] == "BDAT" and
          m.body == b"one\nbare\n", m.body)
    check("the certificate of the cloud", "mail.protection.outlook.com" in
          got[0]["certificate"], got[0])
    check("its own go to a mailbox", k.n(where="mailbox", to="hana*") == 1)
    check("nobody outside has it yet", not k.all(where="outside",
                                                 subject="out"))


@test
async def exchange_rules(w):
    t = w.tenant("alpha")[1]
    head = b"From: taro@alpha.example\r\nSubject: %s\r\n%s\r\n"
    done = b"X-Sekisho-Done: " + t["done-secret"].encode() + b"\r\n"
    await reply_of(w, "exchange-in", data=head % (b"back", done) + b"x\r\n")
    await reply_of(w, "exchange-in", data=head % (b"again", b"") + b"x\r\n")
    for _ in range(100):
        if await w.ask({"op": "idle"}):
            break
        await asyncio.sleep(0.05)
    k = look.Kept(w.folder)
    got = k.all(where="outside", subject="back")
    check("what was at the gate goes out", len(got) == 1, got)
    check("without the words for it", not any(
        n.startswith("x-sekisho") for n in map(
            look.Mail.name, k.mail(got[0]).head)))
    check("what was not comes to it", k.n(where="gate", subject="again") == 1)


@test
async def google_out(w):
    await w.ask({"op": "submit", "tenant": "gamma", "subject": "g-out",
                 "from": "taro@gamma.example", "to": ["x@customer.example"]})
    k = look.Kept(w.folder)
    got = k.all(where="gate", subject="g-out")
    m = k.mail(got[0])
    check("google signs", k.dkim(got[0]) == [
        ("gamma.example", "google", "rsa-sha256", "pass")], k.dkim(got[0]))
    check("google's certificate", "smtp.gmail.com" in got[0]["certificate"])
    check("google's name", re.match(r"mail-.*\.google\.com\Z", got[0]["ehlo"]))
    check("google's header", m.all("X-Sekisho-Tenant") ==
          [w.tenant("gamma")[1]["in-secret"]])


@test
async def queues(w):
    w.hosts["gate"].faults = [
        {"step": "rcpt", "to": "x@customer.example", "times": 1,
         "do": "451 4.3.0 later"},
        {"step": "rcpt", "to": "no@customer.example", "do": "550 5.7.1 no"}]
    out = await w.ask({"op": "submit", "tenant": "beta", "subject": "queue",
                       "from": "taro@beta.example",
                       "to": ["x@customer.example", "no@customer.example"]})
    w.hosts["gate"].faults = []
    check("4xx is tried again", out["x@customer.example"][0] == 250, out)
    check("5xx is not", out["no@customer.example"][0] == 550, out)
    k = look.Kept(w.folder)
    check("and the sender hears of it", k.n(
        where="mailbox", kind="ndr", to="taro@beta.example") == 1)


@test
async def false_proofs(w):
    q = {"op": "send", "tenant": "beta", "from": "a@beta.example",
         "to": ["x@customer.example"], "subject": "false",
         "drop": ["X-OriginatorOrg"], "fold": ["X-Sekisho-Tenant"],
         "last": ["X-MS-Exchange-CrossTenant-Id: 1"], "cert": "stranger",
         "source": "127.66.0.1"}
    out = await w.ask(q)
    check("a false mail is sent", out["x@customer.example"][0] == 250, out)
    k = look.Kept(w.folder)
    e = k.all(where="gate", subject="false")[0]
    m = k.mail(e)
    check("as it was asked for", not m.all("X-OriginatorOrg") and
          len(m.all("X-MS-Exchange-CrossTenant-Id")) == 2 and
          b"X-Sekisho-Tenant:\r\n " in m.data() and
          e["peer"] == "127.66.0.1" and
          "mail.stranger.example" in e["certificate"], e)


@test
async def faults(w):
    """Each fault at each step, as a client of short patience sees it."""
    c = w.conf["hosts"]["mx.partner.example"]
    conf = {"address": c["address"], "port": c["port"], "ehlo": "g.example",
            "name": "mx.partner.example", "tls": tls(w, ""), "within": 1}
    host = w.hosts["mx.partner.example"]
    data = b"From: a@b.example\r\nSubject: fault %s\r\n\r\nx\r\n"
    for step in ("banner", "ehlo", "starttls", "tls", "mail", "rcpt", "end"):
        for do, want in (("drop", 0), ("hang", 0), ("451 4.3.0 no", 4),
                         ("550 5.3.0 no", 5), ("421 4.3.2 no", 4)):
            if step == "tls" and do != "drop" or \
                    do == "hang" and step not in ("banner", "rcpt", "end"):
                continue
            host.faults = [{"step": step, "do": do, "times": 1}]
            out, log = await client.deliver(
                conf, "a@b.example", ["x@partner.example"],
                data % (step + do[:4].strip()).encode())
            code = out["x@partner.example"][0]
            check("%s at %s" % (do, step), code // 100 == want, (code, log))
            host.faults = []
    k = look.Kept(w.folder)
    check("drop at the end: kept, not told", [e.get("told") for e in k.all(
        where="mx.partner.example", subject="fault enddrop")] == [None])
    check("refused at the end: not kept", not k.all(
        subject="fault end451") and not k.all(subject="fault end550"))
    host.faults = [{"step": "content", "do": "drop", "times": 1}]
    out, _ = await client.deliver(conf, "a@b.example", ["x@partner.example"],
                                  data % b"content")
    check("drop inside the content", out["x@partner.example"][0] == 0 and
          not look.Kept(w.folder).all(subject="fault content"), out)


@test
async def web_and_names(w):
    async def get(path):
        c = ssl.create_default_context(cafile=w.conf["ca"])
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", w.conf["port"]["endpoints"], ssl=c,
            server_hostname="localhost")
        writer.write(b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" %
                     path.encode())
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        return int(head.split()[1]), json.loads(body)

    status, _ = await get("/endpoints/worldwide")
    check("the list wants a request id", status == 400, status)
    status, rows = await get("/endpoints/worldwide?clientrequestid="
                             "b10c5ed1-bad1-445f-b386-b919946339a7")
    check("the list", status == 200 and any(r["id"] == 10 for r in rows))

    def ask(name, kind):
        return struct.pack("!HHHHHH", 7, 0x100, 1, 0, 0, 0) + \
            names.pack_name(name) + struct.pack("!HH", names.TYPES[kind], 1)

    for name, kind, rcode, n in (
            ("alpha.example", "MX", 0, 1), ("customer.example", "MX", 0, 2),
            ("_spf.google.com", "TXT", 0, 1), ("no.example", "MX", 3, 0),
            ("mx1.customer.example", "AAAA", 0, 0)):
        out, _ = w.names.answer(ask(name, kind))
        flags, _, count = struct.unpack("!HHH", out[2:8])
        check("%s %s" % (name, kind), (flags & 15, count) == (rcode, n),
              (flags & 15, count))


async def main(d, *ports):
    setup.main(d, *ports)
    with open(os.path.join(d, "world.json")) as f:
        conf = json.load(f)
    pem, key = conf["certs"]["gate"]
    conf["hosts"]["gate"] = {
        "role": "gate", "host": "gate.example.co.jp", "address": setup.GATE,
        "port": conf["port"]["smtp"], "cert": pem, "key": key,
        "client-ca": conf["ca"]}
    with open(os.path.join(d, "world.json"), "w") as f:
        json.dump(conf, f)
    w = clouds.World(d)
    run = asyncio.ensure_future(w.run())
    while not os.path.exists(os.path.join(d, "ready")):
        if run.done():
            run.result()
        await asyncio.sleep(0.02)
    for t in tests:
        try:
            await t(w)
        except Exception as e:
            check(t.__name__, False, "%s: %s" % (type(e).__name__, e))
            if os.environ.get("VERBOSE"):
                raise
    print("selftest: %d failed" % failed)
    return failed != 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:])))
