"""samples_001.py - the 5 examples of 001."""

import samples_000
import samples_002 as other
from samples import *

TRUSTED = "石川 岳 <gaku.ishikawa@trusted.example.org>"


def recipe_01():
    r = Recipe("001-01")
    r.caught("社外宛ては5分待つ", "External mail waits five minutes",
             ["hold-external"], {CUSTOMER: held(5)}, cc=[HANAKO])
    r.passed("社内宛ては待たない", "Internal mail does not wait", to=[KEN],
             cc=[JIRO])


def recipe_02():
    r = Recipe("001-02")
    name = other.CATALOGUE.name
    r.caught("社外への添付はWebダウンロード、社内へはそのまま",
             "A link to the outside, the file to colleagues",
             ["link-outside"],
             {CUSTOMER: passes(**files("link", name)),
              KEN: passes(**files("attach", name))}, cc=[KEN],
             files=[other.CATALOGUE])
    r.caught("同じメールでも、決めた企業へはそのまま",
             "In one mail, the exempt company gets the file",
             ["link-outside"],
             {CUSTOMER: passes(**files("link", name)),
              TRUSTED: passes(**files("attach", name))},
             to=[CUSTOMER, TRUSTED], files=[other.CATALOGUE])
    r.passed("決めた企業へは添付のまま", "The exempt company gets the file",
             {TRUSTED: passes(**files("attach", name), password=None)},
             to=[TRUSTED], files=[other.CATALOGUE])
    r.passed("社内へは添付のまま", "Colleagues get the file",
             {KEN: passes(**files("attach", name))}, to=[KEN],
             files=[other.CATALOGUE])
    r.passed("添付がなければ何もしない", "Nothing is done without a file")


recipe_01()
recipe_02()
other.bcc_recipe("001-03", "ten-external-to-bcc", 10)
samples_000.read_first("001-04", "juniors-later", [(YUI, KEN), (AYA, HANAKO)],
                       [JIRO])
other.night_recipe("001-05", "09:00", "08:59")
