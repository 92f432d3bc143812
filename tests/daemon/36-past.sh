# Who has written to whom, and lists that change while the daemon runs.
. "$(dirname "$0")/../world/lib.sh"
world_begin past
start_relay
cat >"$W/policy.yaml" <<END
sekisho: 1
domains:
  internal: [example.co.jp]
lists:
  blocked: {file: blocked.csv, column: domain}
rules:
  - rule: blocked
    title: {ja: 送れない宛先, en: Blocked}
    when: {recipient: {in: blocked}}
    do: {refuse: {tell: nobody}}
  - rule: first
    title: {ja: 初めての宛先, en: First time}
    when: {recipient: {class: external, first-time: company}}
    do: {hold: {for: 60m, then: send}}
END
printf 'domain\r\nnobody.example\r\n' >"$W/blocked.csv"
start_sekisho || world_end
from=taro.yamada@example.co.jp
one=new@customer.example.com old=old@customer.example.com
queued()
{
	sekisho queue list --json | json 'str(d)' | grep -q "'$1'.*'held'"
}
logged()
{
	grep -q "$1" "$W/sekisho.log"
}
past_has()
{
	sekisho history export | grep -q "$1"
}
not()
{
	! "$@"
}
refused()
{
	test "$(sekisho ledger --json | json 'd["ends"]["refused"]')" = "$1"
}
broken_lists()
{
	curl -fsS "http://127.0.0.1:$WEB/metrics" |
		grep -q "^sekisho_lists_broken $1"
}

# --- first time, until it was delivered
send --from $from --to $one --h-Subject "past one"
expect "a first mail is held" until_ok 10 queued "past one"
expect "and it is not yet the past" not past_has "$one"
expect "it is released" sekisho queue release \
	"$(sekisho queue list --json | json \
	'[m["id"] for m in d if m["subject"] == "past one"][0]')"
expect "it arrives" until_ok 20 arrived $one "past one"
expect "then it is the past" until_ok 10 past_has "^$from,$one,1,"
send --from hanako.suzuki@example.co.jp --to $one --h-Subject "past two"
expect "a colleague's mail to him goes at once" \
	until_ok 20 arrived $one "past two"

# --- brought from elsewhere
printf 'sender,recipient,count,last\n%s\n%s\n%s\n' \
	"$from,$old,12,2026-01-05" "$from,hanako.suzuki@example.co.jp,3," \
	"x@stranger.example,other@customer.example.com,1," >"$W/history.csv"
sekisho history import --dry-run "$W/history.csv" >"$W/dry" 2>&1
expect "a dry run tells what it would take" \
	grep -q "would be taken 1, to recipients inside 1, .* 1$" "$W/dry"
expect "and takes nothing" not past_has $old
expect "an import" sekisho history import "$W/history.csv"
expect "an import once more" sekisho history import "$W/history.csv"
expect "it counts once" past_has "^$from,$old,12,2026-01-05$"
printf 'sender,recipient\n%s\n' "$from,broken" >"$W/broken.csv"
expect "a broken file is refused" not sekisho history import "$W/broken.csv"
sekisho history import "$W/broken.csv" 2>"$W/err"
expect "and told with its line" grep -q 'broken.csv:2:1:' "$W/err"
send --from $from --to $old --h-Subject "past three"
expect "what was brought is known" until_ok 20 arrived $old "past three"

# --- a list changes
printf 'domain\r\ncustomer.example.com\r\n' >"$W/blocked.csv"
expect "a changed list is seen" until_ok 60 logged lists-changed
runs_two()
{
	sekisho policy list | grep -q '^[*] v2 '
}
expect "and taken by itself" until_ok 30 runs_two
send --from $from --to $old --h-Subject "past four"
expect "it decides" until_ok 10 refused 1
printf 'domain\r\n\xff\xfd\r\n' >"$W/blocked.csv"
expect "a broken list is not taken, and told" until_ok 60 logged lists-not-taken
sekisho policy list >"$W/list" 2>&1
expect "policy list says so" grep -q 'blocked.csv:2:1' "$W/list"
expect "the metrics say so" broken_lists 1
send --from $from --to $old --h-Subject "past five"
expect "the old one decides on" until_ok 10 refused 2
printf 'domain\r\nnobody.example\r\n' >"$W/blocked.csv"
expect "a mended list is taken" until_ok 60 broken_lists 0
send --from $from --to $old --h-Subject "past six"
expect "and the mail goes" until_ok 20 arrived $old "past six"

# --- rules that somebody is working on wait for `apply`
sed -i 's/for: 60m/for: 50m/' "$W/policy.yaml"
printf 'domain\r\nother.example\r\n' >"$W/blocked.csv"
expect "a list beside changed rules waits" \
	until_ok 60 logged "and so have the rules"
expect "until they are applied" sekisho policy apply
expect "the ledger is whole" sekisho ledger
world_end
