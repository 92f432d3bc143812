"""What was kept, for expressions in tests.

all(where=, to=, subject=, tenant=, kind=, via=)  entries that fit, in order;
                                 a text ending in * fits as a beginning
n(...)       how many, counted once for each recipient
data(entry)  its bytes;  field(entry, name)  that field's values
mail(entry)  mail.Mail
dkim(entry)  its signatures, verified (dkim.py)
sha(text)    of a body as it was submitted: line ends as they are
every(...)   Python's own all()
leaks(dir)   where a secret stands that must not: in mails that left, and in
             the gate's own files in dir
"""
import builtins
import hashlib
import json
import os

import dkim
from mail import Mail


def fits(have, want):
    if isinstance(have, list):
        return any(fits(x, want) for x in have)
    if isinstance(want, str) and want.endswith("*"):
        return str(have or "").startswith(want[:-1])
    return have == want


class Kept:
    def __init__(self, folder):
        self.folder, self.entries = folder, {}
        with open(os.path.join(folder, "ledger.jsonl"), encoding="utf-8") as f:
            for line in f:
                if not line.endswith("\n"):
                    break
                e = json.loads(line)
                if "told" in e and "n" not in e:
                    self.entries[e["told"]]["told"] = True
                else:
                    self.entries[e["n"]] = e
        with open(os.path.join(folder, "world.json"), encoding="utf-8") as f:
            self.world = json.load(f)

    def all(self, **want):
        return [e for e in self.entries.values()
                if all(fits(e.get(k.replace("_", "-")), v)
                       for k, v in want.items())]

    def n(self, **want):
        return sum(fits(r, want["to"]) if "to" in want else 1
                   for e in self.all(**want) for r in e["to"])

    def data(self, entry):
        with open(os.path.join(self.folder, "mail", entry["file"]), "rb") as f:
            return f.read()

    def mail(self, entry):
        return Mail(self.data(entry))

    def field(self, entry, name):
        return self.mail(entry).all(name)

    def dkim(self, entry):
        zone = self.world["zone"]
        return dkim.verify(self.data(entry), lambda name: zone.get(
            name.lower(), {}).get("TXT", [None])[0])


    def secrets(self, word, clouds=("exchange", "google")):
        return [t[word + "-secret"].encode() for c in clouds
                for t in self.world[c]["tenants"]]

    def leaks(self, folder):
        mine = self.secrets("in")
        every = mine + self.secrets("done")
        # Gmail cannot take a field away; its rule asks for our address too.
        left = mine + self.secrets("done", ("exchange",))
        out = []
        for e in self.entries.values():
            at_relay = e["where"] not in ("outside", "mailbox")
            data = self.data(e)
            out += [e["file"] for s in (mine if at_relay else left)
                    if s in data]
        for base, _, files in os.walk(folder):
            if base.startswith(self.folder):
                continue
            for name in files:
                path = os.path.join(base, name)
                if not os.path.isfile(path):
                    continue
                with open(path, "rb") as f:
                    data = f.read()
                out += [name for s in every if s in data]
        return out


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


def main(folder, text):
    k = Kept(folder)
    v = eval(text, {"k": k, "all": k.all, "n": k.n, "data": k.data,
                    "mail": k.mail, "field": k.field, "dkim": k.dkim,
                    "sha": sha, "leaks": k.leaks,
                    "every": builtins.all})
    print(v if isinstance(v, str) else json.dumps(v, ensure_ascii=False,
                                                  default=str))
    return 0 if v else 1
