"""samples.py - what a recipe catches and what it lets pass, as data.

A sample is a mail, the arguments of `sekisho explain`, and the parts of the
answer that must be so.  samples_*.py define them, make writes them beside the
recipes, run asks.
"""

from datetime import datetime, timedelta

import mail as m

DAY = "2026-09-01"  # a Tuesday
NOON = f"{DAY}T10:00:00+09:00"
ALL = []  # in the order of their definition
USERS = {}  # by recipe: people's own settings, a users.csv

CUSTOMER = "高橋 一郎 <known@customer.example.com>"
NEWCOMER = "小林 さくら <new@customer.example.com>"
BIG = "渡辺 大輔 <buyer@bigcustomer.example.com>"
GROUP = "中村 直人 <naoto.nakamura@group.example.net>"
PARTNER_A = "井上 誠 <makoto.inoue@partner-a.example.org>"
PARTNER_B = "木村 亮 <ryo.kimura@partner-b.example.org>"
TARO, MARI, HANAKO = (m.internal(s) for s in
                      ("taro.yamada", "mari.abe", "hanako.suzuki"))
AYA, SHIN = m.internal("aya.mori"), m.internal("shin.ito")
KEN, JIRO, YUI = (m.internal(s) for s in ("ken.sato", "jiro.tanaka",
                                          "yui.kato"))
AKIRA, AUDIT = m.internal("akira.kondo"), m.internal("audit")

GREETING = """{who}

いつもお世話になっております。
みほん商事の{me}です。

{text}

どうぞよろしくお願いいたします。
"""


def bare(address):
    return address[:-1].split(" <")[1] if "<" in address else address


def people(domain, count, first=1):
    return [f"tanto{i:02}@{domain}" for i in range(first, first + count)]


def letter(who, sender, text):
    me = m.PEOPLE[sender.removesuffix("@example.co.jp")][0].split(" ")[0]
    return GREETING.format(who=who, me=me, text=text)


def salutation(to):
    if not to:
        return "各位"
    if "<" in to[0]:
        return to[0].split(" ")[0] + "様"
    short = to[0].split("@")[0]
    return m.PEOPLE[short][0].split(" ")[0] + "さん" if short in m.PEOPLE \
        else "ご担当者様"


# ---- what a recipient is to expect ----

def passes(**more):
    return {"outcome": "deliver", "gates": [], "bcc": False, **more}


def refused(**more):
    return {"outcome": "refuse", **more}


def moment(at, seconds):
    then = datetime.fromisoformat(at) + timedelta(seconds=seconds)
    return then.isoformat()


def held(minutes, then="send", at=NOON, **more):
    return {"outcome": "hold", "gates": [{
        "kind": "hold", "for-seconds": minutes * 60, "stage": 1,
        "until": moment(at, minutes * 60), "then": then}], **more}


def delayed(minutes, at=NOON, **more):
    return {"outcome": "delay", "gates": [{
        "kind": "delay", "for-seconds": minutes * 60,
        "until": moment(at, minutes * 60)}], **more}


def approval(by, then="return", **more):
    return {"outcome": "approve",
            "gates": [{"kind": "approve", "by": by, "then": then}], **more}


def files(way, *names):
    return {"attachments": [{"name": name, "way": way} for name in names]}


def told(make="random", tell="password", to=("recipient", "sender"), after=180):
    return {"password": {"make": make, "tell": tell, "to": list(to),
                         "after-seconds": after}}


# ---- samples ----

STRENGTH = ["deliver", "delay", "schedule", "hold", "approve", "refuse"]


class Sample:
    def __init__(self, recipe, number, kind, title, made, expect, at, to, big):
        self.recipe, self.kind, self.title = recipe, kind, title
        self.file = f"{number:02}-{kind}.eml"
        self.message, self.big = made, big
        self.args = {"at": at}
        if to:
            self.args["to"] = [bare(t) for t in to]
        if recipe in USERS:
            self.args["users"] = "users.csv"
        self.expect = expect


class Recipe:
    """Samples of one recipe, in their order."""

    def __init__(self, name):
        self.name, self.count = name, 0

    def add(self, kind, title, rules, rcpt, sender=TARO, to=(CUSTOMER,),
            subject="お打ち合わせの件", text=None, at=NOON, cc=None, bcc=(),
            big=False, expect=None, body=None, **more):
        """rcpt: what each recipient, by address, is to expect; whom it does
        not name passes.  body: the whole text, else a letter around text;
        to None: no To field; bcc: recipients of the envelope alone."""
        self.count += 1
        number = f"{self.name}-{self.count:02}"
        if body is None:
            body = letter(salutation(to), sender,
                          text or "先日の件につきまして、ご連絡いたします。")
        everybody = [*(to or []), *(cc or []), *bcc]
        wanted = {bare(a): passes() for a in everybody}
        wanted.update({bare(a): w for a, w in rcpt.items()})
        outcome = max((w.get("outcome", "deliver") for w in wanted.values()),
                      key=STRENGTH.index)
        ALL.append(Sample(
            self.name, self.count, kind, title,
            lambda: m.mail(number, sender, to, subject, body, cc=cc, **more),
            {"outcome": outcome, "rules": rules, "recipients": wanted,
             **(expect or {})}, at, everybody if bcc else None, big))

    def caught(self, ja, en, rules, rcpt, **more):
        self.add("caught", {"ja": ja, "en": en}, rules, rcpt, **more)

    def passed(self, ja, en, rcpt=None, rules=(), **more):
        self.add("passed", {"ja": ja, "en": en}, list(rules), rcpt or {},
                 **more)
