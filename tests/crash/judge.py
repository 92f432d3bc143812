#!/usr/bin/python3
"""Compare what the client was promised with what the sink and the queue have.

judge.py CLIENT SINK QUEUE.json LEDGER.json ROUNDS DIGEST...
"""
import collections
import json
import sys


def main(client, sink, queue, ledger, rounds, *digests):
    acked, refused, silent = set(), 0, 0
    for line in open(client):
        _, rcpt, _, code, _ = line.split()
        if code == "250":
            acked.add(rcpt)
        elif code == "0":
            silent += 1
        else:
            refused += 1
    got, damaged = collections.Counter(), 0
    for line in open(sink):
        _, rcpt, _, digest = line.split()
        if not rcpt.startswith(("r", "h", "f")):
            continue  # our own mail to the sender or the admins
        got[rcpt] += 1
        damaged += digest not in digests
    held, other = set(), set()
    for m in json.load(open(queue)):
        for r in m["recipients"]:
            (held if r["state"] == "held" else other).add(r["address"])
    d = json.load(open(ledger))
    lost = {a for a in acked
            if a not in got and a not in held and a not in other}
    open_still = {a for a in other if a in acked and a not in got}
    doubled = {a: n for a, n in got.items() if n > 1}
    leaked = {a for a in got if a.endswith("@held.example.com")}
    extra = set(got) - acked
    whole = d["unexplained"] == [] and \
        d["accepted"] == d["open"] + sum(d["ends"].values())
    print(f"rounds {rounds}, acknowledged {len(acked)}, lost {len(lost)}, "
          f"doubled {len(doubled)}, unknown {d['unknown']}, "
          f"extra {len(extra)}")
    print(f"refused for now {refused}, no reply {silent}, held {len(held)}, "
          f"open {len(open_still)}, "
          f"leaked {len(leaked)}, damaged {damaged}, "
          f"ledger {'whole' if whole else d}")
    for name, some in (("lost", lost), ("doubled", doubled),
                       ("leaked", leaked)):
        if some:
            print(name + ":", *sorted(some)[:10])
    copies = sum(n - 1 for n in doubled.values())
    return bool(lost or open_still or leaked or damaged or not whole or not acked or
                copies > d["unknown"])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
