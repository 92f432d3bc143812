"""changes.py - the smallest change that explain proposes, made to the mail:
what was said must be true when the mail is decided again.
"""

import csv
import re
from datetime import datetime
from email import message_from_bytes, policy
from email.utils import getaddresses

OUTCOMES = ("deliver", "delay", "schedule", "hold", "approve", "refuse")
# What may be left after a change, as its sentence ends.
THEN = {"; it is then sent later": ("delay", "schedule"),
        "; it is then held": ("hold",),
        "; it then needs approval": ("approve",), "": ("deliver",)}
# What stands in a header as it is written stays so.
AS_IT_IS = policy.SMTP.clone(refold_source="none", max_line_length=900)
QUIET = "拝啓 よろしくお願いいたします。"


class Mail:
    def __init__(self, data, at, people):
        self.it = message_from_bytes(data, policy=AS_IT_IS)
        self.at = at
        self.people = people
        self.gone = set()  # recipients of the envelope

    # ---- addresses ----

    def addresses(self, field):
        return [a.lower() for _, a in getaddresses(
            [str(v) for v in self.it.get_all(field, [])]) if a]

    def put(self, field, addresses):
        del self.it[field]
        if addresses:
            self.it[field] = ", ".join(addresses)

    def drop(self, addresses):
        gone = {a.lower() for a in addresses}
        self.gone |= gone
        for field in ("To", "Cc"):
            left = self.addresses(field)
            if gone & set(left):
                self.put(field, [a for a in left if a not in gone])

    def add(self, name, field):
        address = self.people.get(name, name)
        self.put(field, self.addresses(field) + [address])

    # ---- parts ----

    def files(self):
        return [p for p in self.it.walk() if
                (p.get_filename() or p.get_content_disposition() ==
                 "attachment") and not (p.get("Content-ID") and
                                        p.get_content_maintype() == "image")]

    def texts(self):
        return [p for p in self.it.walk() if p.get_content_maintype() == "text"
                and p not in self.files()]

    def leave_out(self, parts):
        for whole in self.it.walk():
            if whole.is_multipart():
                whole.set_payload([p for p in whole.get_payload()
                                   if not any(p is one for one in parts)])

    def named(self, names):
        found = [p for p in self.files() if (p.get_filename() or
                                             p.get_content_type()) in names]
        assert len(found) >= len(names), (names, self.files())
        return found

    # ---- texts: more is taken out than the sentence asks for ----

    def quiet(self, places):
        for place in places.split(" and "):
            if place == "the subject":
                self.put("Subject", [QUIET])
            elif place == "the body":
                for part in self.texts():
                    part.set_content(QUIET, subtype=part.get_content_subtype())
            elif place == "the attachments":
                for part in self.files():
                    self.refill(part)
            elif place == "the file names":
                for i, part in enumerate(self.files()):
                    self.rename(part, f"{i}" + re.sub(
                        r"^.*?(\.[A-Za-z0-9.]+)?$", r"\1",
                        part.get_filename() or ""))
            else:
                raise ValueError(f"which place is {place}?")

    @staticmethod
    def refill(part):
        name = part.get_filename()
        del part["Content-Disposition"]
        part.set_content(QUIET, disposition="attachment", filename=name)

    @staticmethod
    def rename(part, name):
        data = part.get_payload(decode=True) or b""
        main, sub = part.get_content_type().split("/")
        for field in ("Content-Disposition", "Content-Type"):
            del part[field]
        part.set_content(data, main if main != "message" else "application",
                         sub, disposition="attachment", filename=name)

    def values(self, count, places):
        """One of several kinds of numbers in a body: so many go, each once."""
        if places != "the body" or count is None:
            return self.quiet(places)
        found = {}
        for part in self.texts():
            text = part.get_content()
            for number in re.findall(r"[+0-90-9][-0-90-9()()—‐-]{8,}",
                                     text):
                found.setdefault(re.sub(r"\D", "", number), []).append(number)
        for _, seen in list(found.items())[:int(count)]:
            for part in self.texts():
                text = part.get_content()
                for number in seen:
                    text = text.replace(number, "なし")
                part.set_content(text, subtype=part.get_content_subtype())
        return None

    def shrink(self, least):
        files = sorted(self.files(), key=lambda p: -len(p.as_bytes()))
        while len(self.it.as_bytes()) >= least and files:
            self.leave_out(files[:1])
            files = files[1:]


def size(text):
    number, unit = text.split(" ")
    return int(float(number) * 1024 ** ("B", "KB", "MB", "GB").index(unit))


def until(mail, text):
    """Wait until Wed 2 Sep 2026, 09:30; of the same day the time alone."""
    at = datetime.fromisoformat(mail.at)
    if "," in text:
        day = datetime.strptime(text.split(", ")[0].split(" ", 1)[1],
                                "%d %b %Y")
        at = at.replace(year=day.year, month=day.month, day=day.day)
    hour, minute = text[-5:].split(":")
    mail.at = at.replace(hour=int(hour), minute=int(minute),
                         second=0).isoformat()


def names(text):
    return text.split(", ")


# Sentences and what a person does about them.
FORMS = [
    (r"Add one of .+ \(such as (.+?) ?\) to (To|Cc)",
     lambda m, name, field: m.add(name, field)),
    (r"Add somebody inside \(such as (.+)\) to (To|Cc)",
     lambda m, name, field: m.add(name, field)),
    (r"Add (.+) to (To|Cc)", lambda m, name, field: m.add(name, field)),
    (r"Put (\S+@\S+) into (To|Cc)", lambda m, a, field: m.add(a, field)),
    (r"Remove ((?:\S+@\S+(?:, )?)+)", lambda m, who: m.drop(names(who))),
    (r"Leave only the sender in To, and move the others to Bcc",
     lambda m: m.put("To", m.addresses("From"))),
    (r"Move (To|Cc) to Bcc(?: \(now \d+\))?",
     lambda m, field: m.put(field, [])),
    (r"Leave out the attachments \(now \d+\)",
     lambda m: m.leave_out(m.files())),
    (r"Leave out the attachments? (.+?)(?:, which .+)?",
     lambda m, which: m.leave_out(m.named(names(which)))),
    (r"Cut attachments to (\d+) \(now \d+\)",
     lambda m, n: m.leave_out(m.files()[int(n):])),
    (r"Give the attachment without a name \((.+)\) one",
     lambda m, which: [m.rename(p, "資料.pdf") for p in m.files()
                       if not p.get_filename()]),
    (r"Name \"(.+)\" in the body",
     lambda m, name: [p.set_content(name + "\n" + p.get_content(),
                                    subtype=p.get_content_subtype())
                      for p in m.texts()]),
    (r"Take (?:what matches )?\".+\" (?:out of|from) (.+)",
     lambda m, places: m.quiet(places)),
    (r"Remove (\d+) of \d+ [^(]+?(?: \(such as .+\))? from (.+)",
     lambda m, n, places: m.values(n, places)),
    (r"Remove \d+ [^(]+?(?: \(such as .+\))? from (.+)",
     lambda m, places: m.quiet(places)),
    (r"Make the message smaller than (.+) \(now .+\)",
     lambda m, least: m.shrink(size(least))),
    (r"Wait until (.+)", until),
]


def make(mail, sentence):
    for form, do in FORMS:
        found = re.fullmatch(form, sentence)
        if found:
            do(mail, *found.groups())
            return
    raise ValueError(f"nobody knows how to do this: {sentence}")


def read_people(path):
    with open(path, encoding="utf-8-sig") as file:
        return {row["name"]: row["address"] for row in csv.DictReader(file)
                if row.get("name")}


def changed(data, at, recipients, answer, people):
    """(message, time, recipients) as the answer proposes, or None; and the
    outcomes that it promises."""
    text = (answer.get("smallest-change") or {}).get("en", "")
    if not text:
        return None, None
    end = next(e for e in THEN if text.endswith(e))
    mail = Mail(data, at, people)
    for i, one in enumerate(text.removesuffix(end).split("; and ")):
        make(mail, one if i == 0 else one[0].upper() + one[1:])
    to = [r for r in recipients if r.lower() not in mail.gone]
    return (mail.it.as_bytes(), mail.at, to), THEN[end]
