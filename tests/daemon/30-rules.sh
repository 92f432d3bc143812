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
  - rule: mark
    title: {ja: 印, en: Mark}
    when: {subject: {words: [検印]}}
    do:
      header: {add: {X-Checked: "yes"}}
      copy: {to: audit@example.co.jp}
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

begun=$(date +%s%N)
send --from $from --to a@lag.example.com --h-Subject "lag one"
expect "a delayed mail arrives" until_ok 20 arrived a@lag.example.com
late=$((($(date +%s%N) - begun) / 1000000))
expect "the delayed mail left neither early nor late ($late ms)" \
	test "$late" -ge 8000 -a "$late" -le 11000

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
