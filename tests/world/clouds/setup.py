#!/usr/bin/python3
"""setup.py DIR PORT... - the test world's files in DIR, before it is run.

Makes certificates, DKIM keys and secrets, DIR/world.json, and for the gate
DIR/tenants.yaml (its `tenants`), DIR/gate.env (ports).  PORTs are free ports,
at least NEED of them.  m365: alpha, beta; google: gamma, delta; line-works:
works; smtp: office.  Every tenant is NAME.example.
"""
import json
import os
import secrets
import subprocess
import sys
import uuid

import dkim

NEED = 8
GATE = "127.0.0.1"
EXO_OUT, EXO_IN, EXO_NET = "127.40.92.7", "127.40.93.1", "127.40.92.0/24"
GMAIL_OUT, GMAIL_IN, GMAIL_NET = "127.64.4.7", "127.64.5.1", "127.64.4.0/24"
WORKS_OUT, OFFICE_OUT = "127.77.0.7", "127.78.0.7"
OFFICE_IN = "127.78.1.1"
MX = {"mx.works.example": "127.90.0.9", "mx1.customer.example": "127.90.0.1",
      "mx2.customer.example": "127.90.0.2", "mx.partner.example": "127.90.0.3"}


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def authority(d, name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{d}/{name}.key",
            "-out", f"{d}/{name}.pem", "-subj", f"/CN=test {name}", "-days",
            "30")


def certificate(d, name, common, names, ca="ca", usage="serverAuth,clientAuth"):
    ext = f"{d}/{name}.ext"
    with open(ext, "w") as f:
        f.write("subjectAltName=%s\nextendedKeyUsage=%s\n" % (
            ",".join(("IP:" if n[0].isdigit() else "DNS:") + n
                     for n in names), usage))
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-keyout", f"{d}/{name}.key", "-out", f"{d}/{name}.csr",
            "-subj", "/CN=" + common)
    openssl("x509", "-req", "-in", f"{d}/{name}.csr", "-CA", f"{d}/{ca}.pem",
            "-CAkey", f"{d}/{ca}.key", "-set_serial",
            str(secrets.randbits(63)), "-days", "30", "-out",
            f"{d}/{name}.pem", "-extfile", ext)
    return [f"{d}/{name}.pem", f"{d}/{name}.key"]


def make_certs(d):
    os.makedirs(d, exist_ok=True)
    authority(d, "ca")
    authority(d, "other-ca")
    exo = ("mail.protection.outlook.com",
           ["mail.protection.outlook.com", "*.mail.protection.outlook.com"])
    certs = {
        "exo": certificate(d, "exo", *exo),
        "exo-false": certificate(d, "exo-false", *exo, ca="other-ca"),
        "gmail": certificate(d, "gmail", "smtp.gmail.com", ["smtp.gmail.com"]),
        "stranger": certificate(d, "stranger", "mail.stranger.example",
                                ["mail.stranger.example"]),
        "gmail-in": certificate(d, "gmail-in", "smtp-relay.gmail.com",
                                ["smtp-relay.gmail.com", GMAIL_IN]),
        "gate": certificate(d, "gate", "gate.example.co.jp",
                            ["gate.example.co.jp", "localhost", GATE]),
        "mx": certificate(d, "mx", "mx1.customer.example", list(MX)),
        "office-in": certificate(d, "office-in", "relay.office.example",
                                 ["relay.office.example", OFFICE_IN]),
        "web": certificate(d, "web", "localhost", ["localhost", "127.0.0.1"]),
    }
    for t in ("alpha", "beta"):
        certs["gate-" + t] = certificate(
            d, "gate-" + t, f"gate.{t}.example", [f"gate.{t}.example"])
    return certs


def tenants(d):
    out = {}
    for name, cloud in (("alpha", "exchange"), ("beta", "exchange"),
                        ("gamma", "google"), ("delta", "google")):
        key = f"{d}/keys/{name}.pem"
        dkim.make_key(key)
        t = {"name": name, "domain": f"{name}.example",
             "domains": [f"{name}.example"], "dkim": key,
             "in-header": "X-Sekisho-Tenant",
             "in-secret": "in" + secrets.token_hex(16),
             "done-header": "X-Sekisho-Done", "ok-header": "X-Sekisho-Ok",
             "done-secret": "back" + secrets.token_hex(16),
             "gate-addresses": [GATE], "cloud": cloud}
        if cloud == "exchange":
            t["id"] = str(uuid.uuid4())
            t["org"] = t["domain"]
            t["connector-certificate"] = f"gate.{name}.example"
            t["domains"].append(f"{name}.onmicrosoft.example")
        else:
            t["asks-dkim"] = name == "gamma"
            t["relay-addresses"] = [GATE]
            t["logins"] = {f"relay@{name}.example": secrets.token_hex(12)}
        for word in ("in", "done"):
            with open(f"{d}/keys/{name}.{word}", "w") as f:
                f.write(t[word + "-secret"] + "\n")
        out[name] = t
    return out


def zone(ts):
    z = {"_spf.google.com": {"TXT": [
        "v=spf1 include:_netblocks.google.com include:_netblocks2.google.com "
        "include:_netblocks3.google.com ~all"]},
        "_netblocks.google.com": {"TXT": [f"v=spf1 ip4:{GMAIL_NET} ~all"]},
        "_netblocks2.google.com": {"TXT": ["v=spf1 ip6:2001:db8:64::/48 ~all"]},
        "_netblocks3.google.com": {"TXT": ["v=spf1 ip4:127.64.99.0/28 ~all"]},
        "customer.example": {"MX": [[10, "mx1.customer.example"],
                                    [20, "mx2.customer.example"]]},
        "works.example": {"MX": [[10, "mx.works.example"]]},
        "partner.example": {"MX": [[10, "mx.partner.example"]]},
        "nomail.example": {"MX": [[0, ""]]}}
    for host, address in MX.items():
        z[host] = {"A": [address]}
    for t in ts.values():
        front = t["domain"].replace(".", "-") + ".mail.protection.outlook.com"
        if t["cloud"] == "exchange":
            z[t["domain"]] = {"MX": [[0, front]]}
            z[front] = {"A": [EXO_IN]}
        selector = "selector1" if t["cloud"] == "exchange" else "google"
        z[f"{selector}._domainkey.{t['domain']}"] = {
            "TXT": [dkim.public_record(t["dkim"])]}
    return z


def endpoint_list():
    return [
        {"id": 1, "serviceArea": "Exchange",
         "serviceAreaDisplayName": "Exchange Online",
         "urls": ["outlook.office.com"], "ips": ["127.13.64.0/24"],
         "tcpPorts": "80,443", "expressRoute": True, "category": "Optimize",
         "required": True},
        {"id": 10, "serviceArea": "Exchange",
         "serviceAreaDisplayName": "Exchange Online",
         "urls": ["*.mail.protection.outlook.com", "*.mx.microsoft"],
         "ips": [EXO_NET, "2001:db8:40::/48"], "tcpPorts": "25",
         "expressRoute": True, "category": "Allow", "required": True},
        {"id": 31, "serviceArea": "SharePoint",
         "serviceAreaDisplayName": "SharePoint Online",
         "urls": ["*.sharepoint.com"], "ips": ["127.13.80.0/24"],
         "tcpPorts": "80,443", "expressRoute": True, "category": "Optimize",
         "required": True}]


def gate_tenants(d, ts, certs, port):
    """The YAML that the gate gets: `sekisho setup` says the same to a person."""
    out = ["tenants:"]
    for t in ts.values():
        n = t["name"]
        out += [f"  - tenant: {n}", f"    domains: {json.dumps(t['domains'])}",
                f"    notices-from: sekisho@{t['domain']}",
                f"    done: {{header: {t['done-header']}, "
                f"file: {d}/keys/{n}.done}}"]
        header = f"header: {{name: {t['in-header']}, " \
                 f"file: {d}/keys/{n}.in}}"
        if t["cloud"] == "exchange":
            pem, key = certs["gate-" + n]
            out += ["    kind: m365",
                    f"    accept: {{networks: published, certificate: "
                    f"mail.protection.outlook.com, tenant-id: {t['id']}, "
                    f"originator-org: {json.dumps(t['domains'])}, {header}}}",
                    f"    deliver: {{via: relay, host: mx, port: {port['exo']}"
                    f", tls: verified, ca: {d}/certs/ca.pem, client-"
                    f"certificate: {pem}, client-key: {key}, "
                    f"ehlo: gate.{n}.example, recipients: 200}}"]
        else:
            out += ["    kind: google",
                    "    accept: {networks: published, certificate: "
                    "smtp.gmail.com, " +
                    (f"dkim: [{t['domain']}], " if t["asks-dkim"] else "") +
                    header + "}",
                    f"    deliver: {{via: relay, host: {GMAIL_IN}, port: "
                    f"{port['gmail']}, tls: verified, ca: {d}/certs/ca.pem, "
                    f"ehlo: gate.{n}.example}}"]
    out += ["  - tenant: works", "    kind: line-works",
            "    domains: [works.example]",
            "    notices-from: sekisho@works.example",
            "    accept: {networks: [127.77.0.0/24], require-tls: true}",
            f"    deliver: {{via: direct, port: {port['mx']}, "
            "tls: opportunistic, inside: [127.0.0.0/8]}",
            "  - tenant: office", "    kind: smtp",
            "    domains: [office.example]",
            "    notices-from: sekisho@office.example",
            "    accept: {networks: [127.78.0.0/24], require-tls: true}",
            f"    deliver: {{via: relay, host: {OFFICE_IN}, port: "
            f"{port['office']}, tls: verified, ca: {d}/certs/ca.pem}}"]
    return "\n".join(out) + "\n"


def hosts(certs, port):
    def host(role, name, address, p, cert, **more):
        return dict(role=role, host=name, address=address, port=p,
                    cert=certs[cert][0], key=certs[cert][1], **more)

    ca = os.path.dirname(certs["gate"][0]) + "/ca.pem"
    out = {
        "exchange-in": host("exchange", "TYZJPN01FT003.mail.protection."
                            "outlook.com", EXO_IN, port["exo"], "exo",
                            **{"client-ca": ca}),
        "google-in": host("google", "smtp-relay.gmail.com", GMAIL_IN,
                          port["gmail"], "gmail-in"),
        "office-in": host("plain", "relay.office.example", OFFICE_IN,
                          port["office"], "office-in",
                          mailboxes="office.example"),
    }
    for name, address in MX.items():
        out[name] = host("mx", name, address, port["mx"], "mx",
                         mailboxes="works.example")
    return out


def main(d, *ports):
    names = ("smtp", "web", "dns", "endpoints", "exo", "gmail", "office", "mx")
    port = dict(zip(names, (int(p) for p in ports[:NEED]), strict=True))
    os.makedirs(d + "/keys", exist_ok=True)
    certs = make_certs(d + "/certs")
    ts = tenants(d)
    world = {
        "ca": d + "/certs/ca.pem", "certs": certs, "port": port,
        "gate": {"address": GATE, "port": port["smtp"],
                 "name": "gate.example.co.jp"},
        "exchange": {"tenants": [ts["alpha"], ts["beta"]],
                     "out": {"source": EXO_OUT, "cert": "exo"}},
        "google": {"tenants": [ts["gamma"], ts["delta"]],
                   "out": {"source": GMAIL_OUT, "cert": "gmail"}},
        "offices": [{"name": n, "domain": n + ".example", "source": a}
                    for n, a in (("works", WORKS_OUT), ("office", OFFICE_OUT))],
        "zone": zone(ts), "dns": ["127.0.0.1", port["dns"]],
        "endpoints": {"port": port["endpoints"], "list": endpoint_list(),
                      "cert": certs["web"][0], "key": certs["web"][1]},
        "hosts": hosts(certs, port),
    }
    with open(d + "/world.json", "w") as f:
        json.dump(world, f, indent=1)
    with open(d + "/tenants.yaml", "w") as f:
        f.write(gate_tenants(d, ts, certs, port))
    with open(d + "/gate.env", "w") as f:
        for k, v in port.items():
            f.write("PORT_%s=%d\n" % (k.upper(), v))


if __name__ == "__main__":
    main(*sys.argv[1:])
