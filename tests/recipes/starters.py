"""starters.py - samples of the two policies to begin with."""

import files as f
import samples_002 as other
from mail import File
from samples import *

FOLDER = "policy/starters"
# What stands in for people, history and TLS: the sample organisation's.
BESIDE = ["--people", "policy/recipes/people.csv", "--history",
          "policy/recipes/history.csv", "--tls", "policy/recipes/tls.csv"]


def both(name, link, way):
    """What the two have in common; link: the rule that names the way."""
    r = Recipe(name)
    r.caught("社外宛ては5分待ち、添付はWebダウンロードになる",
             "External mail waits five minutes, its files go by link",
             ["hold-external", link],
             {CUSTOMER: held(5, **files("link", other.CATALOGUE.name),
                             **told())},
             cc=[HANAKO, GROUP], files=[other.CATALOGUE],
             expect={"notices": [{"to": TARO, "kind": "hold"}]})
    r.caught("添付がなくても5分待つ", "Without a file it waits, too",
             ["hold-external"], {CUSTOMER: held(5)})
    r.caught("TLSのある相手への添付", "Files to a recipient with TLS",
             ["hold-external", link],
             {other.TLS: held(5, **files(way, other.CATALOGUE.name))},
             to=[other.TLS], files=[other.CATALOGUE])
    r.passed("社内とグループ会社へは何もしない",
             "Colleagues and group companies are left alone",
             {a: passes(**files("attach", other.CATALOGUE.name))
              for a in (HANAKO, GROUP)}, to=[HANAKO], cc=[GROUP],
             files=[other.CATALOGUE], expect={"notices": []})
    return r


def standard():
    both("standard", "link-outside", "link")


def course_self():
    r = both("self", "attachments-by-tls", "attach")
    private = "taro.yamada.1985@freemail.example"
    hidden = people("customer.example.com", 10)
    r.caught("自分の私用アドレスへは添付を送れない",
             "No files to one's own private address",
             ["own-private-address", "hold-external", "attachments-by-tls"],
             {private: refused()}, to=[private], files=[other.BUDGET])
    r.caught("社外が10件でBccになる", "Ten external addresses become Bcc",
             ["hold-external", "ten-external-to-bcc"],
             {a: held(5, bcc=True) for a in hidden}, to=hidden)
    r.caught("確かでないTLSではWebダウンロード",
             "TLS without proof is not enough",
             ["hold-external", "attachments-by-tls"],
             {other.OPP: held(5, **files("link", other.CATALOGUE.name))},
             to=[other.OPP], files=[other.CATALOGUE])
    r.caught("カード番号があればTLSでもWebダウンロード",
             "With card numbers a link, even with TLS",
             ["hold-external", "personal-data-by-link",
              "attachments-by-tls"],
             {other.TLS: held(5, **files("link", "入金.csv"))},
             to=[other.TLS],
             files=[File("入金.csv", f.csv_of([["4111111111111111"]]))])
    r.caught("電話番号が10件あると記録だけする",
             "Ten phone numbers are recorded only", ["hold-external"],
             {CUSTOMER: held(5)}, text="\n".join(other.phones(10)),
             sign=False, expect={"shadow": ["ten-phones-or-addresses"]})
    r.passed("夜でも社内へは送れる", "Colleagues get mail at night",
             to=[KEN], at=f"{DAY}T23:00:00+09:00")


standard()
course_self()
