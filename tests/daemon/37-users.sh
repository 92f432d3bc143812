# People's own settings: within a rule's range they choose, all else they can only
# make stricter; a file that changes, and one that is broken.
. "$(dirname "$0")/../world/lib.sh"
world_begin users
start_sink
DELIVER=$SINK
taro=taro.yamada@example.co.jp hanako=hanako.suzuki@example.co.jp
to=a@customer.example.com
cat >"$W/policy.yaml" <<'END'
sekisho: 1
domains: {internal: [example.co.jp]}
rules:
  - rule: may-choose
    title: {ja: 選べる保留, en: A hold with a range}
    when: {recipient: {in: [a@customer.example.com]}}
    do: {hold: {for: 5m, then: send, user: {for: 0m..1h}}}
  - rule: may-not
    title: {ja: 選べない保留, en: A hold without a range}
    when: {recipient: {in: [b@customer.example.com]}}
    do: {hold: {for: 5m, then: send}}
END
users() # lines...
{
	printf '%s\n' 'address,setting,value' "$@" >"$W/users.new"
	mv "$W/users.new" "$W/users.csv"
}
users "$taro,hold,30m"
start_sekisho || world_end
stop_sekisho
printf 'users: users.csv\n' >>"$W/sekisho.yaml"
start_sekisho || world_end

# For how many seconds the mail with this subject is held.
held()
{
	sekisho queue list --json | json "[m for m in d if m['kind'] == 'mail'
		and m['subject'] == '$1'][0]['recipients'][0]['gates'][0]['for-seconds']"
}
mail() # FROM TO SUBJECT
{
	send --from "$1" --to "$2" --h-From "$1" --h-Subject "$3"
}
is_held() # SUBJECT SECONDS
{
	test "$(held "$1")" = "$2"
}
left()
{
	grep -q "^Subject: $1" "$W"/sink/* 2>/dev/null
}
metric_is()
{
	curl -s "http://127.0.0.1:$WEB/metrics" | grep -q "^sekisho_lists_broken $1"
}
mail $taro $to one
expect "within the range he chooses: longer" until_ok 20 is_held one 1800
mail $hanako $to two
expect "who set nothing is held as the rule says" until_ok 20 is_held two 300
mail $taro b@customer.example.com three
expect "without a range he makes it stricter" until_ok 20 is_held three 1800

explained()
{
	printf 'From: %s\r\nTo: %s\r\nSubject: x\r\n\r\nx\r\n' \
		"$taro" "$1" >"$W/x.eml"
	sekisho explain --json "$W/x.eml" |
		json "(d['recipients'][0]['gates'] or [{'for-seconds': 0}])[0]['for-seconds']"
}
expect "explain reads the same file" test "$(explained $to)" = 1800
first=$(sekisho policy list --json | json 'd["versions"][0]["version"]')

users "$taro,hold,0m"
newer()
{
	test "$(sekisho policy list --json |
		json 'd["versions"][0]["version"]')" -gt "$1"
}
expect "a change is taken by itself, as a version" until_ok 60 newer "$first"
expect "that holds the file" bash -c "'$BUILD/sekisho' policy diff \
	-c '$W/sekisho.yaml' $first $((first + 1)) | grep -q '^+$taro,hold,0m'"
mail $taro $to four
expect "not at all is an answer within the range" until_ok 30 left four
mail $taro b@customer.example.com five
expect "and none outside of it" until_ok 20 is_held five 300
expect "explain again" test "$(explained $to)" = 0

users "$taro,hold,0m" "$hanako,hold,100h"
expect "a broken file is told" until_ok 60 \
	grep -q 'event=alarm.*cause=lists' "$W/sekisho.log"
expect "with its line" grep -q 'users.csv:3:1' "$W/sekisho.log"
expect "and counted" until_ok 20 metric_is 1
mail $taro $to six
expect "the old one serves on" until_ok 30 left six
mail $hanako $to seven
expect "for all" until_ok 20 is_held seven 300
users "$taro,hold,0m" "$hanako,hold,10m"
expect "a mended one is taken" until_ok 60 metric_is 0
mail $hanako $to eight
expect "and counts" until_ok 20 is_held eight 600

# Held mail: only what is longer.
users "$taro,hold,10m" "$hanako,hold,1m"
expect "settings change again" until_ok 60 newer $((first + 2))
expect "and are laid over held mail" sekisho policy apply --held
expect "never shorter" is_held eight 600
expect "but longer" until_ok 20 is_held five 600
expect "a version of before they were kept runs again" sekisho policy apply 1
mail $taro $to nine
expect "without them" until_ok 20 is_held nine 300
expect "the ledger is whole" sekisho ledger
world_end
