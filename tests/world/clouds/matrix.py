#!/usr/bin/python3
"""matrix.py DIR - proofs of tenant against each other, straight to the gate.

Every tenant's full proof with every other tenant's domain (envelope, and
header From of a null sender), and every proof alone in each wrong form.  Asks
the running world to send all of it at once; prints what did not end as it
should.  What is taken goes to taken@customer.example: their number is printed
last."""
import json
import subprocess
import sys

CLOUDS = ("alpha", "beta", "gamma", "delta")
OFFICES = ("works", "office")
SENDER = {"alpha": "127.40.92.7", "beta": "127.40.92.7",
          "gamma": "127.64.4.7", "delta": "127.64.4.7",
          "works": "127.77.0.7", "office": "127.78.0.7"}


def pairs():
    for a in CLOUDS + OFFICES:
        for b in CLOUDS + OFFICES:
            if a == b:
                continue
            yield "%s's proof, %s's domain" % (a, b), False, {
                "tenant": a, "from": "taro@%s.example" % b}
            yield "%s's proof, %s's header From" % (a, b), False, {
                "tenant": a, "from": "", "header-from": "taro@%s.example" % b}
            if SENDER[a] != SENDER[b]:
                yield "%s from where %s is" % (a, b), False, {
                    "tenant": a, "source": SENDER[b]}
        yield "%s's own" % a, True, {"tenant": a}
        yield "%s's null sender" % a, True, {
            "tenant": a, "from": "", "header-from": "taro@%s.example" % a}
        yield "%s, a stranger's domain" % a, False, {
            "tenant": a, "from": "taro@stranger.example"}
        yield "%s from nowhere" % a, False, {"tenant": a,
                                             "source": "127.66.6.6"}
        yield "%s in clear" % a, False, {"tenant": a, "tls": False}


def session(a, other_cert):
    yield "without a certificate", False, {"cert": ""}
    yield "a stranger's certificate", False, {"cert": "stranger"}
    yield "the other cloud's certificate", False, {"cert": other_cert}
    if a in ("alpha", "beta"):
        yield "the right name of a false CA", False, {"cert": "exo-false"}
        yield "an address of the list, but of another use", False, {
            "source": "127.13.64.7"}


def field(name, right, other):
    """One header proof, right and wrong; other: the other tenant's value."""
    low = name.lower()
    yield name + " absent", False, {"drop": [name]}
    yield name + " empty", False, {"replace": {name: ""}}
    yield name + " wrong", False, {"replace": {name: "wrong" + right[5:]}}
    yield name + " the other tenant's", False, {"replace": {name: other}}
    yield name + " doubled", False, {"last": ["%s: %s" % (name, right)]}
    yield name + " doubled above", False, {"first": ["%s: x" % name]}
    yield name + " both", False, {"last": ["%s: %s" % (low, other)]}
    yield name + " encoded", False, {
        "replace": {name: "=?us-ascii?q?%s?=" % right}}
    yield name + " with words behind", False, {
        "replace": {name: right + " " + other}}
    yield name + " in a comment", False, {"replace": {name: "(%s)" % right}}
    yield name + " cut in two", False, {
        "replace": {name: right[:8] + "\r\n " + right[8:]}}
    yield name + " in the body", False, {
        "drop": [name], "body": "%s: %s\n" % (name, right)}
    yield name + " in another field", False, {
        "drop": [name], "last": ["X-Other: x\r\n %s: %s" % (name, right)]}
    yield name + " with another name", False, {
        "drop": [name], "last": ["%s-: %s" % (name, right)]}
    yield name + " folded", True, {"fold": [name]}
    yield name + " in capitals", True, {"upper": [name]}
    yield name + " in small letters", True, {"lower": [name]}


def dkim(a):
    yield "unsigned", False, {"drop": ["DKIM-Signature"]}
    yield "changed behind the signature", False, {
        "replace": {"Subject": "another"}}
    # Above From: the last one is signed.
    yield "signed, more trace above", True, {"first": ["Received: from x"]}


def proofs(world):
    tenants = {t["name"]: t for c in ("exchange", "google")
               for t in world[c]["tenants"]}
    for a, other in (("alpha", "beta"), ("gamma", "delta"),
                     ("delta", "gamma")):
        t, o = tenants[a], tenants[other]
        rows = list(session(a, "gmail" if a == "alpha" else "exo"))
        rows += field(t["in-header"], t["in-secret"], o["in-secret"])
        if a == "alpha":
            rows += field("X-MS-Exchange-CrossTenant-Id", t["id"], o["id"])
            rows += field("X-OriginatorOrg", t["org"], o["org"])
        if t.get("asks-dkim"):
            rows += dkim(a)
        for what, good, q in rows:
            yield a + ": " + what, good, dict(q, tenant=a)


def main(d):
    with open(d + "/world.json") as f:
        world = json.load(f)
    rows = list(pairs()) + list(proofs(world))
    asked = [dict({"op": "send", "to": ["taken@customer.example"],
                   "from": "taro@%s.example" % q["tenant"],
                   "subject": "matrix %d" % i}, **q)
             for i, (_, _, q) in enumerate(rows)]
    out = subprocess.run(
        [sys.executable, __file__.replace("matrix.py", "clouds.py"), "ask", d,
         "-"], input=json.dumps({"op": "all", "all": asked, "at-once": 20}),
        capture_output=True, text=True, check=True)
    bad, taken = 0, 0
    for (what, good, q), answer in zip(rows, json.loads(out.stdout),
                                       strict=True):
        code, text = answer.get("taken@customer.example", (0, answer))
        taken += code == 250
        if code != (250 if good else 550):
            # Without TLS it is told so, before anything is looked at.
            if q.get("tls") is False and code == 530:
                continue
            bad += 1
            print("%s: %s %s" % (what, code, text))
    print("%d rows, %d taken" % (len(rows), taken))
    return bad != 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
