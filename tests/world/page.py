#!/usr/bin/python3
"""Use a page as a person does: read its form, fill it in, press a button.

page.py press URL BUTTON [--digits NNNN] [FIELD=VALUE...]
    fetches URL, takes the form that holds a button whose name, value or text
    matches the expression BUTTON, keeps its hidden fields and what is ticked,
    puts the digits where it asks for four, and posts it.  Prints the status
    and the text of the answer; exits 0 when that is a success.
page.py text URL        the page's text
page.py buttons URL     name, value and text of each button
"""
import html.parser
import http.cookiejar
import re
import sys
import urllib.error
import urllib.parse
import urllib.request


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.forms, self.form, self.button, self.words = [], None, None, []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if tag == "form":
            self.form = {"attrs": a, "fields": [], "buttons": []}
            self.forms.append(self.form)
        elif self.form is not None and tag == "button" or \
                tag == "input" and a.get("type") == "submit":
            self.button = {"attrs": a, "text": a.get("value", "")}
            if self.form is not None:
                self.form["buttons"].append(self.button)
            if tag == "input":
                self.button = None
        elif self.form is not None and tag in ("input", "textarea"):
            self.form["fields"].append(a)

    def handle_endtag(self, tag):
        if tag == "form":
            self.form = None
        if tag == "button":
            self.button = None

    def handle_data(self, data):
        if self.button is not None:
            self.button["text"] += data
        if data.strip():
            self.words.append(data.strip())


class Browser:
    def __init__(self):
        jar = http.cookiejar.CookieJar()
        self.open_ = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(jar)).open

    def fetch(self, url, data=None):
        parts = urllib.parse.urlsplit(url)
        headers = {"Accept": "text/html", "Accept-Language": "ja"}
        if data is not None:
            headers["Origin"] = f"{parts.scheme}://{parts.netloc}"
            headers["Referer"] = url
            data = urllib.parse.urlencode(data).encode()
        try:
            answer = self.open_(urllib.request.Request(url, data, headers),
                                timeout=20)
        except urllib.error.HTTPError as e:
            answer = e
        return answer.status, answer.read().decode("utf-8")


def matches(button, pattern):
    a = button["attrs"]
    return any(re.search(pattern, x or "") for x in
               (button["text"], a.get("name"), a.get("value"), a.get("id")))


def is_digits(field):
    return field.get("inputmode") == "numeric" or "[0-9]{4}" in \
        field.get("pattern", "") or "\\d{4}" in field.get("pattern", "")


def press(url, pattern, *args):
    digits, extra, args = None, {}, list(args)
    while args:
        word = args.pop(0)
        if word == "--digits":
            digits = args.pop(0)
        else:
            name, _, value = word.partition("=")
            extra[name] = value
    browser = Browser()
    status, text = browser.fetch(url)
    page = Page(text)
    for form in page.forms:
        for button in form["buttons"]:
            if not matches(button, pattern):
                continue
            data = {}
            for f in form["fields"]:
                kind = f.get("type", "text")
                if not f.get("name") or kind in ("checkbox", "radio") and \
                        "checked" not in f:
                    continue
                data[f["name"]] = f.get("value", "")
                if digits and is_digits(f):
                    data[f["name"]] = digits
            b = button["attrs"]
            if b.get("name"):
                data[b["name"]] = b.get("value", "")
            data.update(extra)
            action = b.get("formaction") or form["attrs"].get("action") or url
            status, text = browser.fetch(urllib.parse.urljoin(url, action),
                                         data)
            print(status, " ".join(Page(text).words))
            return 0 if status < 400 else 1
    print(status, "no such button:", " ".join(page.words))
    return 2


def main(verb, *args):
    if verb == "press":
        return press(*args)
    status, text = Browser().fetch(args[0])
    page = Page(text)
    if verb == "buttons":
        for form in page.forms:
            for b in form["buttons"]:
                print(b["attrs"].get("name"), b["attrs"].get("value"),
                      b["text"].strip(), sep="\t")
    else:
        print(status, "\n".join(page.words))
    return 0 if status < 400 else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
