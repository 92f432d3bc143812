# explain: one message, no daemon, no store; answers and exit codes.
. "$(dirname "$0")/../world/lib.sh"
world_begin explain
sekisho_code()
{
	"$BUILD/sekisho" "$@" >"$W/out" 2>"$W/err"
	echo $?
}
code()
{
	local want=$1 got
	shift
	got=$(sekisho_code explain "$@")
	[ "$got" = "$want" ] || { cat "$W/out" "$W/err"; echo "exit $got"; return 1; }
}
# The value of a python expression over the JSON answer, d.
answer()
{
	"$BUILD/sekisho" explain --policy "$W/p/policy.yaml" --json "${@:2}" \
		2>/dev/null | /usr/bin/python3 -c "import json,sys
d=json.load(sys.stdin); print($1)"
}
mkdir "$W/p"
cp tests/unit/policy/data/people.csv "$W/p/people.csv"
cat >"$W/p/policy.yaml" <<'END'
sekisho: 1
domains:
  internal: [example.co.jp]
rules:
  - rule: hold-external
    title: {ja: 外部宛てを60分保留, en: Hold external mail}
    when: {recipient: {class: external}}
    unless: {cc: {has: superior}}
    do: {hold: {for: 60m, then: send}}
  - rule: night
    when: {recipient: {class: external}, time: {during: {from: "19:00", to: "09:30"}}}
    do: {refuse: {tell: sender}}
  - rule: ten
    when: {to-cc: {count: ">= 10", of: external}}
    do: {bcc: {hide: external}}
END
cat >"$W/m.eml" <<'END'
From: =?UTF-8?B?5bGx55Sw5aSq6YOO?= <taro.yamada@example.co.jp>
To: a@customer.example.com, ken.sato@example.co.jp
Bcc: b@customer.example.com
Subject: hello
Date: Tue, 01 Sep 2026 10:00:00 +0900
Message-ID: <1@example.co.jp>

body
END
day="--at 2026-09-01T10:00:00+09:00"
night="--at 2026-09-01T19:00:00+09:00"

expect "all addresses of To, Cc and Bcc are asked about" test \
	"$(answer "[r['address'] for r in d['recipients']]" $day "$W/m.eml")" = \
	"['a@customer.example.com', 'ken.sato@example.co.jp', 'b@customer.example.com']"
expect "external mail is held for an hour" test \
	"$(answer "d['outcome'], d['recipients'][0]['gates'][0]['until']" $day "$W/m.eml")" = \
	"hold 2026-09-01T11:00:00+09:00"
expect "internal mail is not" test \
	"$(answer "d['recipients'][1]['outcome']" $day "$W/m.eml")" = deliver
expect "at 19:00 it is refused, until 09:30" test \
	"$(answer "d['outcome'], d['smallest-change']['en']" $night "$W/m.eml")" = \
	"refuse Wait until Wed 2 Sep 2026, 09:30; and add 鈴木花子 to Cc"
expect "people.csv beside the policy is used" test \
	"$(answer "d['smallest-change']['ja']" $day "$W/m.eml")" = \
	"鈴木花子さんを Cc に入れる"
expect "--to replaces the header's recipients" test \
	"$(answer "len(d['recipients']), d['outcome']" $day --to x@example.co.jp "$W/m.eml")" = \
	"1 deliver"
expect "the reasons are in both languages" test \
	"$(answer "d['recipients'][0]['reasons']['ja']" $day "$W/m.eml")" = \
	"規則「外部宛てを60分保留」: 60分保留し、そのあと送ります。条件: 社外の宛先、Cc に上司かその上の人がいない。"
expect "the text is for people" bash -c \
	"LC_ALL=ja_JP.UTF-8 '$BUILD/sekisho' explain --policy '$W/p/policy.yaml' $day '$W/m.eml' 2>/dev/null | grep -q '結果: 保留します'"
expect "CRLF and LF files are the same" bash -c \
	"sed 's/\$/\r/' '$W/m.eml' >'$W/crlf.eml'; diff \
	<('$BUILD/sekisho' explain --policy '$W/p/policy.yaml' $day --json '$W/m.eml' 2>/dev/null) \
	<('$BUILD/sekisho' explain --policy '$W/p/policy.yaml' $day --json '$W/crlf.eml')"

policy="--policy $W/p/policy.yaml"
: >"$W/empty.eml"
printf 'no header\r\n' >"$W/none.eml"
printf 'From: a@example.co.jp\r\n\r\nx\r\n' >"$W/nobody.eml"
printf 'sekisho: 1\nrules:\n  - rule: x\n    when: {body: {regex: "(?<=a)b"}}\n    do: {hold: {}}\n' >"$W/regex.yaml"
expect "0 for an answer" code 0 $policy "$W/m.eml"
expect "64 without a message" code 64 $policy
expect "64 for an unknown option" code 64 $policy --jsom "$W/m.eml"
expect "64 for a bad address" code 64 $policy --to nobody "$W/m.eml"
expect "64 for a bad time" code 64 $policy --at yesterday "$W/m.eml"
expect "65 for an empty message" code 65 $policy "$W/empty.eml"
expect "65 for what is no mail" code 65 $policy "$W/none.eml"
expect "65 without any recipient" code 65 $policy "$W/nobody.eml"
expect "66 for a missing message" code 66 $policy "$W/nowhere.eml"
expect "78 for a missing policy" code 78 --policy "$W/nowhere.yaml" "$W/m.eml"
expect "78 for an expression that does not compile" code 78 --policy "$W/regex.yaml" "$W/m.eml"
expect "which is named" grep -q 'regex.yaml:4:26: `(?<=a)b` cannot be used' "$W/err"
expect "78 for a missing configuration" code 78 -c "$W/nowhere.yaml" "$W/m.eml"
expect "--help helps" code 0 --help
expect "66 for a folder" code 66 $policy "$W"
expect "options may stand before the command" test \
	"$(sekisho_code --json explain $policy "$W/m.eml")" = 0
expect "and are its own" grep -q '"outcome"' "$W/out"
expect "so may -c" test \
	"$(sekisho_code -c "$W/nowhere.yaml" explain "$W/m.eml")" = 78
printf 'sekisho: 1\nrules:\n  - rule: x\n    when: {to-cc: {count: 10}}\n    do: {hold: {}}\n' >"$W/bare.yaml"
expect "a bare number is no error" code 0 --policy "$W/bare.yaml" "$W/m.eml"
expect "but warned about" grep -q 'bare.yaml:4:27: warning: `10` means exactly' "$W/err"
for c in serve check explain queue ledger audit mode policy secret key version; do
	expect "$c --help helps" test "$(sekisho_code "$c" --help)" = 0
	expect "and shows itself" grep -q "^Usage: sekisho $c" "$W/out"
done
world_end
