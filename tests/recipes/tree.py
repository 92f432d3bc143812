"""tree.py - the files of policy/recipes that are made: samples, what is
expected of them, the register of partners, the table of the README.
"""

import json
import os
import re

import partners
import samples
import samples_000
import samples_001
import samples_002
import starters

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FOLDER = "policy/recipes"
NAMES = ([f"000-{i:02}" for i in range(1, 13)] +
         [f"001-{i:02}" for i in range(1, 6)] +
         [f"002-{i:02}" for i in range(1, 33)])
DEFINED = (samples_000, samples_001, samples_002, starters)
BEGIN, END = "<!-- recipes -->", "<!-- end -->"


def read(path):
    with open(os.path.join(ROOT, path), "rb") as file:
        return file.read()


def folder_of(sample):
    """Where its file is kept, or would be."""
    top = FOLDER if sample.recipe in NAMES else starters.FOLDER
    return f"{top}/samples/{sample.recipe}"


def policy_of(sample):
    """Arguments that name its policy."""
    if sample.recipe in NAMES:
        return ["--policy", f"{FOLDER}/{sample.recipe}.yaml"]
    return ["--policy", f"tests/recipes/starters/{sample.recipe}.yaml",
            *starters.BESIDE]


def of(recipe):
    return [s for s in samples.ALL if s.recipe == recipe]


def expected(recipe):
    """Files too large to be kept are made by the tests when they run."""
    rows = [{"file": s.file, "title": s.title, **s.args, "expect": s.expect,
             **({"made-by-the-test": True} if s.big else {})}
            for s in of(recipe)]
    return (json.dumps(rows, ensure_ascii=False, indent=1) + "\n").encode()


# ---- the table ----

def rules(path):
    """Titles and top words of a policy's rules, as these files write them."""
    titles, words, section = [], [], ""
    for line in read(path).decode().splitlines():
        title = re.match(r"      (ja|en): (.+)$", line)
        head = re.match(r"    (when|unless|do|title):$", line)
        word = re.match(r"      (?:- )?([a-z-]+):", line)
        if line.startswith("  - rule: "):
            titles.append({})
            section = ""
        elif head:
            section = head.group(1)
        elif section == "title" and title:
            titles[-1][title.group(1)] = title.group(2)
        elif word and section in ("when", "unless", "do"):
            words.append((section, word.group(1)))
    return titles, list(dict.fromkeys(words))


def row(name):
    titles, words = rules(f"{FOLDER}/{name}.yaml")
    shown = ", ".join(dict.fromkeys(f"`{word}`" for _, word in words))
    kinds = [s.kind for s in of(name)]
    return (f"| [{name}]({name}.yaml) | " +
            " / ".join(t.get("ja", "?") for t in titles) + " | " +
            " / ".join(t.get("en", "?") for t in titles) +
            f" | {shown} | {kinds.count('caught')} + "
            f"{kinds.count('passed')} |")


def table():
    head = ["| file | 日本語 | English | words | samples |",
            "|---|---|---|---|---|"]
    return "\n".join(head + [row(name) for name in NAMES]) + "\n"


def readme():
    old = read(f"{FOLDER}/README.md").decode()
    before, rest = old.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n{table()}{END}{after}".encode()


def files():
    """Everything that is made: path to bytes."""
    tree = {f"{FOLDER}/lists/partners.csv": partners.text().encode(),
            f"{FOLDER}/README.md": readme()}
    for sample in samples.ALL:
        folder = folder_of(sample)
        tree[f"{folder}/expected.json"] = expected(sample.recipe)
        if not sample.big:
            tree[f"{folder}/{sample.file}"] = sample.message()
        if "users" in sample.args:
            users = samples.USERS[sample.recipe]
            tree[f"{folder}/users.csv"] = users.encode()
    return tree


def kept():
    """Paths under the folders of samples that are there."""
    found = []
    for folder in (FOLDER, starters.FOLDER):
        for at, _, names in os.walk(os.path.join(ROOT, folder, "samples")):
            found += [os.path.relpath(os.path.join(at, n), ROOT)
                      for n in names]
    return found
