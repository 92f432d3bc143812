"""samples_000.py - the 12 examples of 000."""

import samples_002 as other
from samples import *


def looked_at(rule, sender, manager):
    """What becomes of external mail that the manager reads first."""
    return dict(rules=[rule], sender=sender, expect={"copies": [
        {"to": manager, "tell-sender": False, "when": "accepted",
         "brake": True}]})


def read_first(name, rule, readers, others):
    """readers: (sender, manager) of those whose mail is read."""
    r = Recipe(name)
    for sender, manager in readers:
        who = m.PEOPLE[sender.removesuffix("@example.co.jp")][0]
        r.caught(f"{who}の社外宛ては60分待ち、上司に写しが届く",
                 f"Mail of {sender} waits an hour, the manager has a copy",
                 rcpt={CUSTOMER: delayed(60)},
                 **looked_at(rule, sender, manager))
    sender, manager = readers[0]
    r.caught("社内にはすぐ届き、社内のアドレスは社外に見えない",
             "Colleagues get it at once, and are not shown outside",
             rcpt={CUSTOMER: delayed(60), manager: passes(bcc=True),
                   GROUP: passes(bcc=True)}, cc=[manager, GROUP],
             **looked_at(rule, sender, manager))
    r.passed("社内とグループ会社だけなら待たない",
             "Internal and affiliated mail does not wait", sender=sender,
             to=[manager], cc=[GROUP], expect={"copies": []})
    for sender in others:
        who = m.PEOPLE[sender.removesuffix("@example.co.jp")][0]
        r.passed(f"{who}のメールは待たない", f"Mail of {sender} does not wait",
                 sender=sender, expect={"copies": []})


def recipe_08():
    r = Recipe("000-08")
    r.caught("Toに自分のほかの人がいる", "Somebody else is in To",
             ["to-self-only"], {TARO: refused(), CUSTOMER: refused()},
             to=[TARO, CUSTOMER])
    r.caught("Toに自分がいない", "The sender is not in To",
             ["to-self-only"], {KEN: refused(), CUSTOMER: refused()},
             to=[KEN], bcc=[CUSTOMER])
    r.caught("Ccに宛先がある", "There is a Cc", ["no-cc"],
             {TARO: refused(), NEWCOMER: refused(), CUSTOMER: refused()},
             to=[TARO], cc=[NEWCOMER], bcc=[CUSTOMER])
    r.passed("Toに自分だけ、ほかはBcc",
             "The sender alone in To, the others in Bcc", to=[TARO],
             bcc=[CUSTOMER, NEWCOMER, GROUP, KEN], files=[other.CATALOGUE])


def recipe_11():
    r = Recipe("000-11")
    r.caught("10MB以上のメール", "A mail of 10 MB", ["ten-megabytes"],
             {CUSTOMER: refused(), KEN: refused()}, cc=[KEN], big=True,
             files=[other.filler(8 * 1024 * 1024)])
    r.passed("添付の元の大きさが7MBなら届く", "A file of 7 MB leaves",
             big=True, files=[other.filler(7 * 1024 * 1024)])
    r.passed("小さなメール", "A small mail", files=[other.CATALOGUE])


other.recipe_03("000-01")
other.recipe_14("000-02", text=False)
other.recipe_05("000-03")
read_first("000-04", "juniors-later", [(YUI, KEN), (AYA, HANAKO)],
           [TARO, SHIN])
read_first("000-05", "telework-and-newcomers-later",
           [(MARI, HANAKO), (YUI, KEN)], [TARO, AYA])
other.recipe_08("000-06")
other.bcc_recipe("000-07", "ten-external-to-bcc", 10)
recipe_08()
other.night_recipe("000-09", "09:00", "08:59")
other.recipe_11("000-10")
recipe_11()
other.recipe_30("000-12")
