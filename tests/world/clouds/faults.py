#!/usr/bin/python3
"""Every fault of a next hop, one tenant (or one domain of customers) each, so
that all of them happen at once.

faults.py make DIR WAY PORT...   world.json and tenants.yaml in DIR; WAY relay,
                                 mailbox or direct; ports: smtp web dns
                                 next-hop tokens
faults.py submit DIR             the mails, as requests for clouds.py
faults.py repair DIR             what lasts until a person acts, as requests
faults.py judge DIR QUEUE        QUEUE: output of `queue list --all --json`

A row: faults (wire.py), and how it ends.
  delivered   exactly one copy (the default)
  unknown     the answer to the end was never seen: one copy or two, and the
              ledger names it
  once        the same, but the mail was not kept the first time: one copy
  either      one copy; whether the end had left is a race
  bounced     no copy; one DSN
  some        x and z delivered once, `bad` bounced, one DSN
  repaired    held while the fault lasts, nobody bounced; then delivered
"""
import json
import os
import sys

import look
import setup

WAYS = {"relay": "relay", "mailbox": "smtp-auth"}
CLIENT = "66666666-7777-4888-9999-000000000000"
SECRET = "client-secret-of-a-test"
PATIENCE_S = 3  # queue.reply-within of the test
LARGE = 200000  # times 60 bytes: more than sockets hold
LATE = "late:%d" % (2 * PATIENCE_S)


def table():
    rows = {}
    for step in ("banner", "ehlo", "starttls", "mail", "rcpt", "data",
                 "content", "end"):
        end = {"end": "unknown", "content": "either"}.get(step, "delivered")
        rows["hang-" + step] = ([{"step": step, "do": "hang", "times": 1}], end)
        rows["drop-" + step] = ([{"step": step, "do": "drop", "times": 1}], end)
        if step != "content":
            rows["late-" + step] = ([{"step": step, "do": LATE, "times": 1}],
                                    end)
            rows["shut-" + step] = (
                [{"step": step, "do": "421 4.3.2 going down", "times": 1}],
                "delivered")
        if step in ("ehlo", "mail", "rcpt", "data", "end"):
            rows["defer-" + step] = (
                [{"step": step, "do": "451 4.3.0 later", "times": 2}],
                "delivered")
        if step in ("mail", "rcpt", "data", "end"):
            rows["refuse-" + step] = (
                [{"step": step, "do": "550 5.1.1 no such thing", "times": 1}],
                "bounced")
    rows["hang-large"] = ([{"step": "content", "do": "hang", "times": 1}],
                          "delivered")
    rows["drop-tls"] = ([{"step": "tls", "do": "drop", "times": 1}],
                        "delivered")
    rows["drop-unkept"] = ([{"step": "end", "do": "drop", "keep": False,
                             "times": 1}], "once")
    rows["hang-unkept"] = ([{"step": "end", "do": "hang", "keep": False,
                             "times": 1}], "once")
    rows["slow-end"] = ([{"step": "end", "do": "late:1", "times": 1}],
                        "delivered")
    rows["drop-replied"] = ([{"step": "replied", "do": "drop", "times": 1}],
                            "delivered")
    rows["one-of-three"] = ([{"step": "rcpt", "do": "550 5.1.1 no such user",
                              "to": "bad"}], "some")
    rows["one-later"] = ([{"step": "rcpt", "do": "451 4.2.1 busy",
                           "to": "bad", "times": 2}], "delivered")
    for name, step, reply in (
            ("busy-exo", "rcpt", "451 4.7.500 Server busy. Please try again "
             "later from [127.0.0.1]. (AS77712325)"),
            ("busy-google", "mail", "421 4.7.0 Try again later, closing "
             "connection. - gsmtp"),
            ("busy-rate", "rcpt", "421 4.7.28 Our system has detected an "
             "unusual rate of mail. - gsmtp"),
            ("busy-threads", "mail", "432 4.3.2 Concurrent connections limit "
             "exceeded."),
            ("busy-many", "rcpt", "452 4.5.3 Too many recipients (AS780090)")):
        rows[name] = ([{"step": step, "do": reply, "times": 1}], "delivered")
    for name, step, reply in (
            ("wrong-exo", "rcpt", "550 5.7.64 TenantAttribution; Relay Access "
             "Denied"),
            ("wrong-direct", "rcpt", "550 5.7.68 TenantInboundAttribution; "
             "Direct Send not allowed"),
            ("wrong-google", "mail", "550 5.7.1 Invalid credentials for relay "
             "[127.0.0.1]. - gsmtp"),
            ("wrong-region", "rcpt", "451 4.4.62 Mail sent to the wrong "
             "Office 365 region. ATTR35"),
            ("wrong-blocked", "end", "550 5.7.708 Service unavailable. Access "
             "denied, traffic not accepted from this IP"),
            ("wrong-login", "mail", "530 5.7.57 Client not authenticated to "
             "send mail"),
            ("wrong-banner", "banner", "554 5.7.1 no service for you")):
        rows[name] = ([{"step": step, "do": reply}], "repaired")
    return rows


def mailbox_more(rows):
    """And at the login; a token that is refused is no trouble by itself."""
    for do in ("hang", "drop", LATE, "421 4.3.2 going down",
               "454 4.7.0 Temporary authentication failure"):
        rows["auth-" + do.split()[0].split(":")[0]] = (
            [{"step": "auth", "do": do, "times": 1}], "delivered")
    rows["wrong-auth"] = ([{"step": "auth", "do": "535 5.7.3 Authentication "
                            "unsuccessful"}], "repaired")
    return rows


def direct_only(rows):
    """What a customer's MX says means the mail, not our settings."""
    return {n: r for n, r in rows.items() if not n.startswith("wrong-")}


def addressed(row, domain):
    faults, end = row
    out = [dict(f) for f in faults]
    for f in out:
        if f.get("to"):
            f["to"] = "%s@%s" % (f["to"], domain)
        elif f["step"] not in ("banner", "ehlo", "starttls", "tls", "auth"):
            # Notices go to the tenant by the same way.
            f["to"] = "x@" + domain
        if f["step"] == "mail":
            f["to"] = "taro@" + domain_from(domain)
    return out, end


def domain_from(domain):
    return domain.replace("cust-", "", 1)


def make_relay(d, port, rows, certs, way="relay"):
    hosts, yaml, offices = {}, ["tenants:"], []
    login = "" if way == "relay" else (
        ", login: {kind: entra, client: %s, token-url: 'http://127.0.0.1:%d/"
        "token', secret: {file: %s/secret}}" % (CLIENT, port["tokens"], d))
    for i, (name, row) in enumerate(rows.items()):
        domain, address = name + ".example", "127.91.%d.1" % (i + 1)
        faults, _ = addressed(row, "cust-" + domain)
        hosts[name] = {
            "role": "plain" if way == "relay" else "mailbox",
            "host": "relay." + domain, "address": address,
            "port": port["hop"], "cert": certs["mx"][0], "key": certs["mx"][1],
            "mailboxes": domain, "faults": faults}
        offices.append({"name": name, "domain": domain,
                        "source": "127.78.0.%d" % (i + 1)})
        yaml += [f"  - tenant: {name}", "    kind: smtp",
                 f"    domains: [{domain}]",
                 f"    notices-from: sekisho@{domain}",
                 f"    accept: {{networks: [127.78.0.{i + 1}/32]}}",
                 f"    deliver: {{via: {WAYS[way]}, host: {address}, port: "
                 f"{port['hop']}, tls: verified, ca: {d}/certs/ca.pem, "
                 f"connections: 1{login}}}"]
    return hosts, yaml, offices, {}


def make_direct(d, port, rows, certs):
    home = {"role": "mx", "host": "mx.works.example", "address": "127.90.0.9",
            "port": port["hop"], "cert": certs["mx"][0],
            "key": certs["mx"][1], "mailboxes": "works.example"}
    hosts = {"home": home}
    zone = {"works.example": {"MX": [[10, "mx.works.example"]]},
            "mx.works.example": {"A": ["127.90.0.9"]}}
    for i, (name, row) in enumerate(rows.items()):
        domain, address = f"cust-{name}.example", "127.91.%d.1" % (i + 1)
        faults, _ = addressed(row, domain)
        for f in faults:
            if f["step"] == "mail":
                f["to"] = f"{name}@works.example"
        hosts[name] = dict(home, host="mx." + domain, address=address,
                           faults=faults)
        zone[domain] = {"MX": [[10, "mx." + domain]]}
        zone["mx." + domain] = {"A": [address]}
    yaml = ["tenants:", "  - tenant: works", "    kind: line-works",
            "    domains: [works.example]",
            "    notices-from: sekisho@works.example",
            "    accept: {networks: [127.77.0.0/24]}",
            f"    deliver: {{via: direct, port: {port['hop']}, "
            "tls: opportunistic, connections: 8, inside: [127.0.0.0/8]}"]
    return hosts, yaml, [{"name": "works", "domain": "works.example",
                          "source": setup.WORKS_OUT}], zone


def rows_of(way):
    rows = table()
    if way == "direct":
        return direct_only(rows)
    return mailbox_more(rows) if way == "mailbox" else rows


def make(d, way, *ports):
    port = dict(zip(("smtp", "web", "dns", "hop", "tokens"), map(int, ports),
                    strict=True))
    certs = {}
    os.makedirs(d + "/certs", exist_ok=True)
    setup.authority(d + "/certs", "ca")
    certs["gate"] = setup.certificate(d + "/certs", "gate", "gate.example.co.jp",
                                      ["gate.example.co.jp", setup.GATE])
    rows = rows_of(way)
    certs["mx"] = setup.certificate(
        d + "/certs", "mx", "mx.works.example", ["mx.works.example"] +
        ["127.91.%d.1" % (i + 1) for i in range(len(rows))])
    with open(d + "/secret", "w") as f:
        f.write(SECRET + "\n")
    hosts, yaml, offices, zone = make_direct(d, port, rows, certs) \
        if way == "direct" else make_relay(d, port, rows, certs, way)
    nobody = {"tenants": [], "out": {}}
    with open(d + "/world.json", "w") as f:
        json.dump({"ca": d + "/certs/ca.pem", "certs": certs, "port": port,
                   "way": way, "exchange": nobody, "google": nobody,
                   "gate": {"address": setup.GATE, "port": port["smtp"],
                            "name": "gate.example.co.jp"},
                   "offices": offices, "zone": zone, "hosts": hosts,
                   "dns": ["127.0.0.1", port["dns"]],
                   "tokens": {"port": port["tokens"], "client": CLIENT,
                              "secret": SECRET}}, f, indent=1)
    with open(d + "/tenants.yaml", "w") as f:
        f.write("\n".join(yaml) + "\n")
    with open(d + "/gate.env", "w") as f:
        f.writelines("PORT_%s=%d\n" % (k.upper(), v) for k, v in port.items())


def way_of(d):
    with open(d + "/world.json") as f:
        return json.load(f)["way"]


def sender_of(name, way):
    return f"{name}@works.example" if way == "direct" \
        else f"taro@{name}.example"


def submit(d):
    way, all_ = way_of(d), []
    for name, (_, end) in rows_of(way).items():
        domain = f"cust-{name}.example"
        to = ["x@" + domain]
        if name in ("one-of-three", "one-later"):
            to += ["bad@" + domain, "z@" + domain]
        large = name.endswith("-large") and {"repeat": LARGE}
        all_.append((large or {}) | {
            "op": "submit", "to": to, "subject": "fault " + name,
            "tenant": "works" if way == "direct" else name,
            "from": sender_of(name, way)})
    print(json.dumps({"op": "all", "all": all_}))


def repair(d):
    print(json.dumps({"op": "all", "all": [
        {"op": "faults", "host": n, "faults": []}
        for n, (_, end) in rows_of(way_of(d)).items() if end == "repaired"]}))


def verdict(kept, end, name, states, sender):
    """What is wrong with a fault's end, in words; empty: nothing."""
    domain = f"cust-{name}.example"
    bad = []

    def copies(who):
        return kept.n(where="outside", to=f"{who}@{domain}")

    def want(who, state, least, most):
        n = copies(who)
        is_ = states.get(f"{who}@{domain}", ("missing", 0))
        seen = is_[1] if end == "either" else end in ("unknown", "once")
        if is_ != (state, seen):
            bad.append("%s is %s, %d unknown" % (who, *is_))
        if not least <= n <= most:
            bad.append("%s has %d copies" % (who, n))

    reports = [e for e in kept.all(where="mailbox", to=sender)
               if "report" in "".join(kept.field(e, "Content-Type"))]
    more = ("bad", "z") if name in ("one-of-three", "one-later") else ()
    if end == "bounced":
        want("x", "bounced", 0, 0)
    elif end == "some":
        want("x", "delivered", 1, 1)
        want("z", "delivered", 1, 1)
        want("bad", "bounced", 0, 0)
    else:
        for who in ("x",) + more:
            want(who, "delivered", 1, 2 if end == "unknown" else 1)
    if len(reports) != (end in ("bounced", "some")):
        bad.append("%d reports" % len(reports))
    return bad


def judge(d, queue):
    kept, way, failed = look.Kept(d), way_of(d), 0
    with open(queue) as f:
        states = {r["address"]: (r["state"], r.get("unknowns", 0))
                  for m in json.load(f) for r in m["recipients"]}
    for name, (_, end) in rows_of(way).items():
        sender = sender_of(name, way)
        bad = verdict(kept, end, name, states, sender)
        failed += bool(bad)
        if bad:
            print("%s: %s: %s" % (way, name, ", ".join(bad)))
    return failed != 0


if __name__ == "__main__":
    sys.exit({"make": make, "submit": submit, "repair": repair,
              "judge": judge}[sys.argv[1]](*sys.argv[2:]))
