# Rules end to end: refusal by the clock, Bcc, delay, copy, header, refusal.
. "$(dirname "$0")/../world/lib.sh"
world_begin rules
start_relay
hhmm()
{
	TZ=Asia/Tokyo date -d "$1" +%H:%M
}
cat >"$W/policy.yaml" <<END
sekisho: 1
domains:
  internal: [example.co.jp]
rules:
  - rule: closed-hours
    title: {ja: 時間外の送信を止める, en: No mail outside office hours}
    when:
      recipient: {in: ["*@night.example.com"]}
      time: {during: {from: "$(hhmm '-20 min')", to: "$(hhmm '+40 min')", timezone: Asia/Tokyo}}
    do: {refuse: {tell: sender}}
  - rule: open-hours
    title: {ja: 別の時間, en: Another time}
    when:
      recipient: {in: ["*@day.example.com"]}
      time: {during: {from: "$(hhmm '+2 hours')", to: "$(hhmm '+3 hours')", timezone: Asia/Tokyo}}
    do: {refuse: {tell: sender}}
  - rule: ten-external
    title: {ja: 社外10件以上は Bcc, en: Ten or more external become Bcc}
    when: {to-cc: {count: ">= 10", of: external}}
    do: {bcc: {hide: external, tell-sender: true}}
  - rule: time-lag
    title: {ja: 時間差, en: Time lag}
    when: {recipient: {in: ["*@lag.example.com"]}}
    do: {delay: {for: 8s}}
  - rule: much-later
    when: {recipient: {in: ["*@later.example.com"]}}
    do: {delay: {for: 60m}}
  - rule: mark
    title: {ja: 印, en: Mark}
    when: {subject: {words: [検印]}}
    do:
      header: {add: {X-Checked: "yes"}}
      copy: {to: audit@example.co.jp}
  - rule: nda
    title: {ja: 定型文, en: Prepared text}
    when: {recipient: {in: ["*@nda.example.com"]}}
    do:
      insert: [{text: nda}, {text: {ja: おわり, en: The end}, at: tail}]
      header: {stamp: both}
texts:
  nda: {ja: 秘密情報です, en: This is confidential}
END
start_sekisho || world_end
from=taro.yamada@example.co.jp

expect "the policy is valid" sekisho check
send --from $from --to someone@night.example.com --h-Subject "night one"
expect "a mail in closed hours is refused and the sender told" \
	until_ok 10 arrived $from "night one"
expect "the refusal says so in its subject" \
	arrived $from "[送信できませんでした]"
expect "a mail in closed hours does not leave" \
	bash -c "! [ -n \"$(copies someone@night.example.com)\" ]"
send --from $from --to someone@day.example.com --h-Subject "day one"
expect "a mail in open hours leaves" until_ok 10 arrived someone@day.example.com

send --from $from --to a@later.example.com --h-Subject "later one"
later()
{
	sekisho queue list --json | json "[[(g['kind'], g['for-seconds'],
		g['stage'], g['until'] == r['due']) for g in r['gates']]
		for m in d for r in m['recipients']
		if r['address'] == 'a@later.example.com'][0]"
}
expect "a delay is told as a gate" \
	test "$(later)" = '[["delay", 3600, null, true]]'
id=$(sekisho queue list --json | json \
	"[m['id'] for m in d if m['subject'] == 'later one'][0]")
expect "and for people in words" bash -c \
	'[[ "$1" == *"60 minutes later, at "* ]]' - "$(sekisho queue show "$id")"
expect "it can be discarded" sekisho queue discard "$id"

begun=$(date +%s%N)
send --from $from --to a@lag.example.com --h-Subject "lag one"
expect "a delayed mail arrives" until_ok 20 arrived a@lag.example.com
late=$((($(date +%s%N) - begun) / 1000000))
expect "the delayed mail did not leave early ($late ms)" \
	test "$late" -ge 8000

to=$(for i in $(seq 10); do printf 'p%d@customer%d.example.com,' "$i" "$i"; done)
send --from $from --to "${to%,},ken.sato@example.co.jp" \
	--h-To "${to%,}, ken.sato@example.co.jp" --h-Subject "bcc one"
expect "a mail with ten external recipients arrives" \
	until_ok 10 arrived p10@customer10.example.com
copy=$(copies p3@customer3.example.com | head -n 1)
expect "external addresses are gone from the header" bash -c \
	"! sed '/^\$/q' '$copy' | grep -iv '^delivered-to\|^x-original-to' |
	grep -q customer"
expect "a valid To is left" bash -c \
	"/usr/bin/python3 tests/world/mail.py field '$copy' To | grep -q @"
expect "no Bcc field is written" bash -c "! grep -qi '^bcc:' '$copy'"
expect "each of the ten has one copy" bash -c "test \
	$(for i in $(seq 10); do copies p$i@customer$i.example.com; done | wc -l) = 10"
expect "the sender is told of the change" until_ok 10 arrived $from "[Bcc に変換]"
send --from $from --to p1@customer1.example.com,p2@customer2.example.com \
	--h-Subject "bcc two" \
	--h-To "p1@customer1.example.com, p2@customer2.example.com"
expect "nine or fewer keep their To" until_ok 10 arrived p1@customer1.example.com "bcc two"
expect "its To is as written" bash -c "/usr/bin/python3 tests/world/mail.py \
	field '$(copies p1@customer1.example.com 'bcc two' | head -n 1)' To |
	grep -q p2@customer2"

send --from $from --to m@customer.example.com --h-Subject "検印 one"
expect "a marked mail arrives" until_ok 10 arrived m@customer.example.com
expect "it carries the added field" grep -q '^X-Checked: yes' \
	"$(copies m@customer.example.com | head -n 1)"
expect "a copy went to the auditor" until_ok 10 arrived audit@example.co.jp

# Prepared texts in mails of many kinds; what is left of each is compared.
texts()
{
	local copy
	until_ok 10 arrived "$1" || return 1
	copy=$(copies "$1" | head -n 1)
	sudo_if_needed /usr/bin/python3 - "$copy" "$2" <<'PY'
import email, email.policy, html, re, sys
m = email.message_from_binary_file(open(sys.argv[1], "rb"), policy=email.policy.default)
assert not m.defects, m.defects
assert re.match(r"\d{4}-\d\d-\d\dT\S+; inspection=complete$", m["X-Sekisho-Checked"])
parts = [p for p in m.walk() if p.get_content_type() in ("text/plain", "text/html")]
assert parts
for p in parts:
    assert not p.defects, p.defects
    t = html.unescape(re.sub("<[^>]*>", "", p.get_content()))
    at = [t.index(w) for w in ("秘密情報です", "This is confidential", sys.argv[2], "おわり", "検査を受けて")]
    assert at == sorted(at), (at, t)
    assert t.count("秘密情報です") == 1
PY
}
one_text()
{
	printf 'From: %s\nTo: %s\nSubject: text\nMIME-Version: 1.0\n' \
		$from "$1@nda.example.com"
	printf "$2"
}
one_text plain 'Content-Type: text/plain\n\nhello there\n' >"$W/plain.eml"
one_text jis 'Content-Type: text/plain; charset=ISO-2022-JP\nContent-Transfer-Encoding: 7bit\n\n\033$B$3$s$K$A$O\033(B\n' >"$W/jis.eml"
one_text eight 'Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nこんにちは\n' >"$W/eight.eml"
one_text coded "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\n$(printf '<html><body>hello there</body></html>' | base64)\n" >"$W/coded.eml"
one_text both 'Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\ncaf=E9\n--b\nContent-Type: text/html\n\n<p>caf&eacute;</p>\n--b--\n' >"$W/both.eml"
for kind in plain jis eight coded both; do
	send --from $from --to "$kind@nda.example.com" \
		--data "$(swaks_data "$W/$kind.eml")" || fail "$kind is accepted"
done
expect "texts stand in a plain mail" texts plain@nda.example.com "hello there"
expect "in ISO-2022-JP" texts jis@nda.example.com こんにちは
expect "in 8 bits" texts eight@nda.example.com こんにちは
expect "in HTML as base64" texts coded@nda.example.com "hello there"
expect "in both alternatives" texts both@nda.example.com café

# A mail without any text gets parts of its own; its file stays as it is.
around()
{
	local copy
	until_ok 10 arrived "$1" || return 1
	copy=$(copies "$1" | head -n 1)
	sudo_if_needed /usr/bin/python3 - "$copy" "$2" <<'PY'
import email, email.policy, sys
raw = open(sys.argv[1], "rb").read()
m = email.message_from_bytes(raw, policy=email.policy.default)
assert not m.defects and m.get_content_type() == "multipart/mixed"
first, *files, last = [p for p in m.walk() if not p.is_multipart()]
assert not any(p.defects for p in (first, *files, last))
assert "秘密情報です" in first.get_content()
assert "おわり" in last.get_content()
assert m.get_body(("plain",)) is first
want = sys.argv[2].split()
assert [p.get_filename() for p in files] == want, files
assert all(p.get_content() == "a,b\n1,2\n" for p in files)
assert raw.replace(b"\r\n", b"\n").count(b"YSxiCjEsMgo=\n") == len(want)
PY
}
file='Content-Type: text/csv; charset=us-ascii\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename='
one_text file "${file}a.csv\n\nYSxiCjEsMgo=\n" >"$W/file.eml"
one_text files "Content-Type: multipart/mixed; boundary=b\n\n--b\n${file}a.csv\n\nYSxiCjEsMgo=\n--b\n${file}b.csv\n\nYSxiCjEsMgo=\n--b--\n" >"$W/files.eml"
for kind in file files; do
	send --from $from --to "$kind@nda.example.com" \
		--data "$(swaks_data "$W/$kind.eml")" || fail "$kind is accepted"
done
expect "texts stand around a single file" around file@nda.example.com a.csv
expect "and around several" around files@nda.example.com "a.csv b.csv"

sed -i 's/words: \[検印\]/words: [検分]/' "$W/policy.yaml"
expect "another policy is applied without a restart" sekisho policy apply
send --from $from --to n@customer.example.com --h-Subject "検印 two"
until_ok 10 arrived n@customer.example.com
expect "the old word does nothing any more" bash -c \
	"! grep -q '^X-Checked' '$(copies n@customer.example.com | head -n 1)'"
cp "$W/policy.yaml" "$W/policy.good"
echo '  - rule: broken' >>"$W/policy.yaml"
expect "a broken policy is refused with 65 or 78" bash -c \
	"'$BUILD/sekisho' policy apply -c '$W/sekisho.yaml'; s=\$?; test \$s = 78 -o \$s = 65"
send --from $from --to o@customer.example.com --h-Subject "検分 three"
until_ok 10 arrived o@customer.example.com
expect "the running policy stays" grep -q '^X-Checked: yes' \
	"$(copies o@customer.example.com | head -n 1)"
cp "$W/policy.good" "$W/policy.yaml"
expect "every recipient has come to an end" until_ok 20 nothing_open
expect "the ledger is whole" ledger_whole
expect "the audit chain holds" sekisho audit verify
world_end
