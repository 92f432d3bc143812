"""One transaction straight to the gate, with every proof under our hand.

A request names `cloud` and `tenant`, whose proofs are shown in full and
rightly, and `from`, `to`; then what is wrong:
  source, cert     another address, another certificate ("" none)
  tls              false: in clear
  ehlo             another name
  drop             fields that are left out: ["X-OriginatorOrg"]
  replace          {name: value}; first: [lines] above all; last: [lines]
  fold             names whose value goes on a line of its own
  lower, upper     names written so
  header-from, headers, body, message-id   as in mail.written()
The answer is {recipient: [code, text]}.
"""
import client
from mail import Mail


def build(world, q):
    cloud, t = world.tenant(q["tenant"])
    m = world.written(q)
    if cloud is world.offices:
        return cloud, t, wrong(m, q)
    if cloud is world.exchange:
        cloud.front_door(m)
        m.set(t["in-header"], t["in-secret"])
        cloud.stamp(t, m, q["to"])
    else:
        m.above("MIME-Version", "%s: %s" % (t["in-header"], t["in-secret"]))
        cloud.stamp(t, m, q["to"])
    return cloud, t, wrong(m, q)


def wrong(m, q):
    for name in q.get("drop", ()):
        m.drop(name)
    for name, value in q.get("replace", {}).items():
        m.head = [f if Mail.name(f) != name.lower() else
                  ("%s: %s" % (name, value)).encode() for f in m.head]
    for name in q.get("fold", ()):
        m.head = [f if Mail.name(f) != name.lower() else
                  f.replace(b": ", b":\r\n ", 1) for f in m.head]
    for key, turn in (("lower", bytes.lower), ("upper", bytes.upper)):
        for name in q.get(key, ()):
            m.head = [f if Mail.name(f) != name.lower() else
                      turn(f[:len(name)]) + f[len(name):] for f in m.head]
    m.top(*q.get("first", ()))
    m.end(*q.get("last", ()))
    return m


async def send(world, q):
    cloud, t, m = build(world, q)
    way = cloud.way(q, t)
    if "ehlo" in q:
        way["ehlo"] = q["ehlo"]
    if q.get("tls") is False:
        way["tls"] = None
    out, log = await client.deliver(way, q["from"], q["to"], m.data())
    for line in log:
        world.dialogue("out", "o", line.encode("utf-8", "replace"))
    return {r: list(x) for r, x in out.items()}
