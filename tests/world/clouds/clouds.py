#!/usr/bin/python3
"""Two clouds, some outside servers, DNS and the list of ranges, on loopback.

clouds.py run DIR           serve what DIR/world.json says, until killed
clouds.py ask DIR JSON      one request to it: the answer as JSON
clouds.py look DIR EXPR     a Python expression over what was kept (look.py)

Requests: {"op": ...}
  submit   tenant, and a mail as in mail.written(): the tenant's rules run, the
           cloud sends, tries again on 4xx, reports on 5xx; the answer comes
           with the last reply: {recipient: [code, text]}
  send     cloud, tenant and any wrong proof as in proofs.py: one transaction
           straight to the gate, no rules
  all      all: [requests], at-once: how many (100); their answers
  set      tenant, changes: {key: value}
  faults   host, faults: [...] (wire.py)
  names    trouble, silent: lists of names (names.py); zone: additions
  hosts    what each host is called, and how many connections it has
  idle     whether anything is still on its way inside the clouds
"""
import asyncio
import json
import os
import sys
import time

import client
import dkim
import look
import names
import proofs
from exchange import Exchange, ExchangeIn
from google import Google, GoogleIn
from mail import Mail, decoded, written
from outside import Endpoints, Mailbox, Mx, Offices, Plain, Tokens
from wire import Host, Role

ROLES = {"exchange": ExchangeIn, "google": GoogleIn, "mx": Mx, "plain": Plain,
         "mailbox": Mailbox, "gate": Role}
RETRY_S = 1.0  # the clouds': first minutes, here a second


class World:
    def __init__(self, folder):
        self.folder = folder
        with open(os.path.join(folder, "world.json"), encoding="utf-8") as f:
            self.conf = json.load(f)
        self.mails = os.path.join(folder, "mail")
        os.makedirs(self.mails, exist_ok=True)
        self.ledger = open(os.path.join(folder, "ledger.jsonl"), "a",
                           buffering=1, encoding="utf-8")
        self.count, self.servers, self.tasks, self.keys = 0, [], set(), {}
        self.dialogues, self.contexts, self.tokens = {}, {}, set()
        self.gate = dict(self.conf["gate"])
        self.exchange = Exchange(self, self.conf["exchange"])
        self.google = Google(self, self.conf["google"])
        self.offices = Offices(self, self.conf["offices"])
        self.names = names.Names(self.conf["zone"])
        self.hosts = {n: Host(self, n, c, ROLES[c["role"]])
                      for n, c in self.conf["hosts"].items()}

    # ---- for the hosts and clouds

    written = staticmethod(written)

    def key(self, path):
        if path not in self.keys:
            self.keys[path] = dkim.Key(path)
        return self.keys[path]

    def client_tls(self, cert):
        if cert not in self.contexts:
            pem, key = self.conf["certs"][cert] if cert else (None, None)
            self.contexts[cert] = client.tls_context(self.conf["ca"], pem, key)
        return self.contexts[cert]

    def dialogue(self, host, way, data):
        if host not in self.dialogues:
            self.dialogues[host] = open(os.path.join(
                self.folder, host + ".dialogue"), "ab", buffering=0)
        self.dialogues[host].write(
            b"%s: %s\n" % (way.encode(), data.rstrip(b"\r\n")))

    def record(self, entry, data):
        self.count += 1
        entry["n"], entry["time"] = self.count, time.time()
        entry["file"] = "%06d.eml" % self.count
        with open(os.path.join(self.mails, entry["file"]), "wb") as f:
            f.write(data)
        m = Mail(data)
        entry["message-id"] = m.first("Message-ID")
        entry["subject"] = decoded(m.first("Subject"))
        entry["sha256"] = m.digest()
        self.ledger.write(json.dumps(entry) + "\n")
        return entry

    def keep(self, s):
        return self.record({
            "where": s.host.name, "from": s.sender, "to": list(s.rcpts),
            "way": s.way, "tls": s.tls_version, "certificate": s.certificate,
            "ehlo": s.ehlo_name, "peer": s.peer, "user": s.user},
            bytes(s.data))

    def told(self, entry):
        self.ledger.write(json.dumps({"told": entry["n"]}) + "\n")

    def outside(self, via, m, sender, rcpt):
        self.record({"where": "outside", "via": via, "from": sender,
                     "to": [rcpt]}, m.data())

    def mailbox(self, tenant, m, sender, rcpt, kind="mail"):
        self.record({"where": "mailbox", "tenant": tenant, "kind": kind,
                     "from": sender, "to": [rcpt]}, m.data())

    def later(self, job):
        task = asyncio.ensure_future(job)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def carry(self, conf, m, sender, rcpts, spec, report):
        """A cloud's queue for one transaction: again on 4xx, NDR on 5xx."""
        left, out, tries = list(rcpts), {}, spec.get("tries", 60)
        while left and tries:
            got, log = await client.deliver(conf, sender, left, m.data())
            for line in log:
                self.dialogue("out", "o", line.encode("utf-8", "replace"))
            out.update((r, list(x)) for r, x in got.items())
            left = [r for r in left if got[r][0] < 200 or
                    400 <= got[r][0] < 500]
            tries -= 1
            if left and tries:
                await asyncio.sleep(RETRY_S)
        for r in rcpts:
            if out[r][0] >= 500 or r in left:
                report(r, *out[r])
        return out

    # ---- control

    def tenant(self, name):
        for cloud in (self.exchange, self.google, self.offices):
            for t in cloud.tenants:
                if t["name"] == name:
                    return cloud, t
        raise KeyError("no tenant " + name)

    async def ask(self, q):
        op = q["op"]
        if op == "submit":
            cloud, t = self.tenant(q["tenant"])
            return await cloud.submit(t, q)
        if op == "send":
            return await proofs.send(self, q)
        if op == "all":
            return await self.ask_all(q["all"], q.get("at-once", 100))
        if op == "set":
            self.tenant(q["tenant"])[1].update(q["changes"])
        elif op == "host":
            self.hosts[q["host"]].conf.update(q["changes"])
        elif op == "faults":
            self.hosts[q["host"]].faults = [dict(f) for f in q["faults"]]
        elif op == "names":
            self.names.trouble = set(q.get("trouble", ()))
            self.names.silent = set(q.get("silent", ()))
            self.names.zone.update(q.get("zone", {}))
        elif op == "hosts":
            return {n: len(h.open) for n, h in self.hosts.items()}
        elif op == "idle":
            return not self.tasks
        else:
            return {"error": "no op " + op}
        return {}

    async def ask_all(self, requests, at_once):
        room = asyncio.Semaphore(at_once)

        async def one(q):
            async with room:
                try:
                    return await self.ask(q)
                except Exception as e:
                    return {"error": "%s: %s" % (type(e).__name__, e)}
        return await asyncio.gather(*(one(q) for q in requests))

    async def control(self, reader, writer):
        line = await reader.readline()
        try:
            out = await self.ask(json.loads(line))
        except Exception as e:  # the asker shall read it
            out = {"error": "%s: %s" % (type(e).__name__, e)}
        writer.write(json.dumps(out).encode() + b"\n")
        await writer.drain()
        writer.close()

    async def run(self):
        for h in self.hosts.values():
            await h.start()
        if "dns" in self.conf:
            self.servers.append(await self.names.start(*self.conf["dns"]))
        if "endpoints" in self.conf:
            self.servers.append(
                await Endpoints(self, self.conf["endpoints"]).start())
        if "tokens" in self.conf:
            self.servers.append(await Tokens(self, self.conf["tokens"]).start())
        await asyncio.start_unix_server(
            self.control, os.path.join(self.folder, "control"), limit=1 << 26)
        with open(os.path.join(self.folder, "ready"), "w") as f:
            f.write("%d\n" % os.getpid())
        await asyncio.Event().wait()


async def ask(folder, text):
    reader, writer = await asyncio.open_unix_connection(
        os.path.join(folder, "control"), limit=1 << 26)
    writer.write(json.dumps(json.loads(text)).encode() + b"\n")
    await writer.drain()
    return json.loads(await reader.readline())


def main(verb, folder, text=None):
    if verb == "run":
        return asyncio.run(World(folder).run())
    if verb == "ask":
        out = asyncio.run(ask(folder, sys.stdin.read() if text in ("-", None)
                              else text))
        print(json.dumps(out, ensure_ascii=False))
        return 1 if isinstance(out, dict) and "error" in out else 0
    if verb == "look":
        return look.main(folder, text)
    return print(__doc__) or 64


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
