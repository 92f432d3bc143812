# Holds: by the clock, in two stages, by the page, by command; who wins.
. "$(dirname "$0")/../world/lib.sh"
world_begin holds
start_relay
cat >"$W/policy.yaml" <<'END'
sekisho: 1
domains:
  internal: [example.co.jp]
rules:
  - rule: hold
    title: {ja: 保留, en: Hold}
    when: {recipient: {in: ["*@hold.example.com", "*@two.example.com"]}}
    do: {hold: {for: 1m, then: send}}
  - rule: second
    title: {ja: 二段目, en: Second stage}
    when: {recipient: {in: ["*@two.example.com"]}}
    do: {hold: {for: 1m, then: send, stage: 2}}
  - rule: back
    title: {ja: 戻す, en: Return}
    when: {recipient: {in: ["*@back.example.com"]}}
    do: {hold: {for: 1m, then: return}}
  - rule: gone
    title: {ja: 破棄, en: Discard}
    when: {recipient: {in: ["*@gone.example.com"]}}
    do: {hold: {for: 1m, then: discard}}
  - rule: wait
    title: {ja: 待つ, en: Wait}
    when: {recipient: {in: ["*@wait.example.com"]}}
    do: {hold: {for: 60m, then: send}}
END
start_sekisho || world_end
from=taro.yamada@example.co.jp

now_ms()
{
	echo $(($(date +%s%N) / 1000000))
}

# A mail to NAME at DOMAIN: it is accepted between B_NAME and T_NAME, in ms.
hold()
{
	eval "B_${1}_$2=$(now_ms)"
	send --from $from --to "$1@$2.example.com" --h-Subject "$1 $2" \
		--body "body of $1" || fail "$1@$2 is accepted"
	eval "T_${1}_$2=$(now_ms)"
}
notice()
{
	until_ok 10 arrived $from "$1" || return 1
	show "$(copies $from "$1" | head -n 1)"
}
link()
{
	printf '%s\n' "$1" | sed -n 's/^\[URL\] *//p' | head -n 1
}
digits()
{
	printf '%s\n' "$1" | sed -n 's/^確認番号: *\([0-9]\{4\}\).*/\1/p' |
		head -n 1
}
id_of()
{
	sekisho queue list --json | json \
		"[m['id'] for m in d if any(r['address'] == '$1' for r in m['recipients'])][0]"
}
state_of()
{
	sekisho queue list --json | json \
		"([r['state'] for m in d for r in m['recipients'] if r['address'] == '$1'] + ['none'])[0]"
}

hold one hold
hold one two
hold one back
hold one gone
hold page wait
hold drop wait
hold cli wait
hold cli2 wait
hold both wait

n=$(notice "page wait")
expect "the sender is told of the hold in the classic form" bash -c \
	"printf '%s' \"\$1\" | grep -q '現在メールが保留されています' &&
	printf '%s' \"\$1\" | grep -q '自動的に配送されます'" - "$n"
expect "the notice names a page" bash -c "printf '%s' '$(link "$n")' | grep -q /m/"
expect "the notice has a number of four digits" test -n "$(digits "$n")"
expect "a mail on hold has not left" test -z "$(copies page@wait.example.com)"
expect "it is listed as held" test "$(state_of page@wait.example.com)" = held

url=$(link "$n")
expect "the page shows the mail" bash -c \
	"tests/world/page.py text '$url' | grep -q 'page wait'"
for _ in $(seq 20); do
	curl -s -o /dev/null "$url"
	curl -s -o /dev/null -I "$url"
done
expect "looking at the page changes nothing" \
	test "$(state_of page@wait.example.com)" = held
press=tests/world/page.py
wrong=$(printf '%04d' $(((10#$(digits "$n") + 1) % 10000)))
$press press "$url" '今すぐ送信|Send now|send|release' --digits "$wrong" >/dev/null
expect "a wrong number sends nothing" \
	test "$(state_of page@wait.example.com)" = held
expect "send now, with the number" $press press "$url" \
	'今すぐ送信|Send now|^send|release' --digits "$(digits "$n")"
expect "the mail leaves" until_ok 15 arrived page@wait.example.com
expect "the page shows the outcome now" bash -c \
	"tests/world/page.py text '$url' | grep -qE '送りました|Sent'"

n=$(notice "drop wait")
$press buttons "$(link "$n")" >"$W/buttons"
discard()
{
	# The button may stand behind a question on a page of its own.
	$press press "$1" '破棄|[Dd]iscard' --digits "$2" && return 0
	$press press "$1/discard" '破棄|[Dd]iscard' --digits "$2"
}
expect "discard, with the number" discard "$(link "$n")" "$(digits "$n")"
expect "the mail is no longer held" bash -c \
	"sleep 1; test \"$(state_of drop@wait.example.com)\" != held"

id=$(id_of cli@wait.example.com)
expect "queue show tells its story" bash -c \
	"'$BUILD/sekisho' queue show $id --json -c '$W/sekisho.yaml' | grep -q cli@wait"
expect "in words" bash -c \
	"'$BUILD/sekisho' queue show $id -c '$W/sekisho.yaml' >'$W/story' &&
		grep -q 'accepted .*, decision: held' '$W/story' && ! grep -q '[{}]' '$W/story'"
expect "in Japanese, too" bash -c \
	"LC_ALL=ja_JP.UTF-8 '$BUILD/sekisho' queue show $id -c '$W/sekisho.yaml' | grep -q '判定: 保留'"

# What stands in a mail neither moves the terminal nor forges a line.
odd=$(printf '=?utf-8?B?%s?=' "$(printf 'odd\033]0;title\a\n  delivered forged\342\200\256' | base64 -w0)")
send --from $from --to odd@wait.example.com --h-Subject "$odd"
expect "a mail with an odd subject" until_ok 10 id_of odd@wait.example.com
id=$(id_of odd@wait.example.com)
"$BUILD/sekisho" queue show "$id" -c "$W/sekisho.yaml" >"$W/odd.out"
expect "queue show tells it in its line" grep -q 'odd.*forged' "$W/odd.out"
expect "without controls" bash -c \
	"! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xe2\x80\xae' '$W/odd.out'"
sekisho queue discard "$id" >/dev/null
id=$(id_of cli@wait.example.com)

code()
{
	local want=$1 got
	shift
	sekisho "$@" </dev/null >"$W/out" 2>&1
	got=$?
	[ "$got" = "$want" ] || { cat "$W/out"; echo "exit $got"; return 1; }
}
expect "64 for what is no id" code 64 queue release nonsense
expect "66 for a mail that is not there" code 66 queue release 0000000000000
expect "66 to show one" code 66 queue show 0000000000000
expect "64 for a wrong number" code 64 queue list --limit many
expect "64 for a wrong state" code 64 queue list --where state=nowhere
expect "64 for a name that no configuration takes" code 64 secret set "a b"
expect "65 for no secret" code 65 secret set relay
expect "queue release" sekisho queue release "$id"
expect "the released mail leaves" until_ok 10 arrived cli@wait.example.com
id=$(id_of cli2@wait.example.com)
expect "queue discard" sekisho queue discard "$id"

# The sender and the operator at the same moment: one of them wins.
n=$(notice "both wait")
id=$(id_of both@wait.example.com)
sekisho queue release "$id" >/dev/null 2>&1 &
command=$!
one=$!
$press press "$(link "$n")" '今すぐ送信|Send now|^send|release' \
	--digits "$(digits "$n")" >/dev/null 2>&1 &
wait "$one" $! # by number: the servers are jobs too, and never end
expect "two releases at once" until_ok 10 arrived both@wait.example.com
sleep 1
expect "send one copy" test "$(copies both@wait.example.com | wc -l)" = 1

# The time between accept and arrival at the relay, in ms; the relay's file
# name tells when it was written.
due()
{
	local want=$1 begun=B_${2}_$3 ok=T_${2}_$3 file at
	until_ok 130 arrived "$2@$3.example.com" || return 1
	file=$(basename "$(copies "$2@$3.example.com" | head -n 1)")
	at=$(($(echo "$file" | sed 's/^\([0-9]*\)\..*M0*\([0-9]*\)\..*/\1 * 1000 + \2 \/ 1000/')))
	echo "$2@$3 left after $((at - ${!begun})) ms"
	[ "$at" -ge $((${!begun} + want)) ] &&
		[ "$at" -le $((${!ok} + want + 1500)) ]
}
expect "a hold ends by itself, on time" due 60000 one hold
expect "a mail given back comes whole to the sender" \
	until_ok 15 arrived $from "one back"
expect "and not to the recipient" test -z "$(copies one@back.example.com)"
expect "discard at the end sends nothing" test -z "$(copies one@gone.example.com)"
expect "the second stage follows the first" due 120000 one two
expect "every recipient has come to an end" until_ok 20 nothing_open
expect "the ledger is whole" ledger_whole
sekisho ledger --json
expect "the audit chain holds" sekisho audit verify
world_end
