# The brake: a superior reads the copy of mail that waits, and gives it back to
# its sender, once; the clock and the operator may be faster.
. "$(dirname "$0")/../world/lib.sh"
world_begin brake
start_relay
cat >"$W/policy.yaml" <<'END'
sekisho: 1
domains: {internal: [example.co.jp]}
rules:
  - rule: later
    title: {ja: 上司が先に読む, en: The manager reads first}
    when: {recipient: {in: ["*@later.example.com"]}}
    do: {delay: {for: 60m}, bcc: {hide: internal}, copy: {to: manager}}
  - rule: at-once
    title: {ja: 写しだけ, en: A copy only}
    when: {recipient: {in: ["*@now.example.com"]}}
    do: {copy: {to: manager}}
END
start_sekisho || world_end
from=taro.yamada@example.co.jp boss=hanako.suzuki@example.co.jp
press=tests/world/page.py

copy() # SUBJECT: the notice with the copy
{
	until_ok 30 arrived $boss "[送信前の写し] $1" || return 1
	copies $boss "[送信前の写し] $1" | head -n 1
}
link()
{
	show "$1" | sed -n 's/^\[URL\] *//p' | head -n 1
}
digits()
{
	show "$1" | sed -n 's/^\[確認番号\] *//p' | head -n 1
}
state_of()
{
	sekisho queue list --json | json \
		"([r['state'] for m in d for r in m['recipients'] if r['address'] == '$1'] + ['none'])[0]"
}
page_state()
{
	curl -s -H 'Accept: application/json' "$1" | json 'd["state"]'
}
is()
{
	[ "$1" = "$2" ] || { echo "$1, not $2"; false; }
}
holds() # FILE ORIGINAL: the original stands in it, byte for byte
{
	sudo_if_needed /usr/bin/python3 - "$@" <<'PY'
import sys
a, b = (open(f, "rb").read().replace(b"\r\n", b"\n") for f in sys.argv[1:])
sys.exit(0 if b.rstrip(b"\n") in a else 1)
PY
}

printf '%s\n' "From: 山田 <$from>" "To: one@later.example.com" \
	"Cc: ken@example.co.jp" "Subject: brake one" "Message-ID: <one@pc>" \
	"Date: Tue, 25 Aug 2026 14:37:00 +0900" "MIME-Version: 1.0" \
	"Content-Type: text/plain; charset=utf-8" \
	"Content-Transfer-Encoding: 8bit" "" "お世話になっております。" \
	"X  trailing  " >"$W/one.eml"
send --from $from --to one@later.example.com,ken@example.co.jp \
	--data "$(swaks_data "$W/one.eml")"
n=$(copy "brake one")
expect "the manager has a copy before it leaves" test -n "$n"
expect "that says so" bash -c "printf '%s' \"\$1\" | grep -q 'まだ送っていません。早ければ'" - "$(show "$n")"
expect "the mail is in it, byte for byte" holds "$n" "$W/one.eml"
url=$(link "$n") number=$(digits "$n")
expect "with a link of its own" grep -q '/b/......................$' <<<"$url"
expect "and a number" grep -qx '[0-9]\{4\}' <<<"$number"
expect "colleagues have the mail" until_ok 30 arrived ken@example.co.jp "brake one"
expect "others have not" test -z "$(copies one@later.example.com)"
expect "the page tells who gets it" bash -c \
	"$press text '$url' | tr -d '\n' | grep -q 'brake one.*$from.*one.*later.example.com'"
for _ in $(seq 20); do
	curl -s -o /dev/null "$url"
	curl -s -o /dev/null -I "$url?act=return&check=$number"
done
expect "looking changes nothing" is "$(state_of one@later.example.com)" held
wrong=$(printf '%04d' $(((10#$number + 1) % 10000)))
$press press "$url" 差出人に戻す --digits "$wrong" >/dev/null
expect "nor does a wrong number" is "$(state_of one@later.example.com)" held
expect "it is given back with a comment" $press press "$url" 差出人に戻す \
	--digits "$number" "comment=宛名をもう一度 marker-of-comment"
expect "the page says so" is "$(page_state "$url")" given-back
expect "the sender has it back" until_ok 30 arrived $from "[送らずにお返しします] brake one"
b=$(copies $from "[送らずにお返しします] brake one" | head -n 1)
expect "from whom" bash -c "printf '%s' \"\$1\" | grep -q '$boss さんが、送る前の'" - "$(show "$b")"
expect "with the comment" bash -c "printf '%s' \"\$1\" | grep -A1 'ひとこと' | grep -q '宛名をもう一度'" - "$(show "$b")"
expect "whole" holds "$b" "$W/one.eml"
expect "nobody outside has it" test -z "$(copies one@later.example.com)"
expect "a second press is only shown the outcome" bash -c \
	"$press text '$url' | grep -q 差出人に戻しました"
expect "the audit names him" bash -c "'$BUILD/sekisho' queue show \
	\$('$BUILD/sekisho' queue list --all --json -c '$W/sekisho.yaml' 2>/dev/null |
	/usr/bin/python3 -c 'import json, sys; print([m[\"id\"] for m in json.load(sys.stdin) if m[\"subject\"] == \"brake one\"][0])') \
	-c '$W/sekisho.yaml' | grep -q 'superior $boss'"

# Too late.
send --from $from --to two@later.example.com --h-Subject "brake two"
n=$(copy "brake two")
url=$(link "$n")
mail_id()
{
	sekisho queue list --json | json \
		"[m['id'] for m in d if m['subject'] == '$1' and m['kind'] == 'mail'][0]"
}
expect "an operator lets one go" sekisho queue release "$(mail_id "brake two")"
expect "it leaves" until_ok 30 arrived two@later.example.com
expect "the page says that it left" until_ok 20 bash -c \
	"$press text '$url' | grep -q もう送りました"
expect "and offers nothing" bash -c "! $press buttons '$url' | grep -q return"

# Both at once: one of them.
for i in 1 2 3 4; do
	send --from $from --to "r$i@later.example.com" --h-Subject "race $i"
	n=$(copy "race $i")
	mail=$(mail_id "race $i")
	$press press "$(link "$n")" 差出人に戻す --digits "$(digits "$n")" \
		>/dev/null 2>&1 &
	one=$!
	# A page takes two requests, and a little longer.
	(sleep "0.$((3 * i - 3))"; exec "$BUILD/sekisho" queue release "$mail" \
		-c "$W/sekisho.yaml") >/dev/null 2>&1 &
	wait "$one" $!
done
expect "all have an end" until_ok 60 nothing_open
for i in 1 2 3 4; do
	out=$(copies "r$i@later.example.com" | wc -l)
	back=$(copies $from "[送らずにお返しします] race $i" | wc -l)
	expect "race $i: sent or given back, not both" is $((out + back)) 1
done

# Mail that leaves at once.
send --from $from --to a@now.example.com --h-Subject "plain copy"
expect "a copy of mail that leaves at once" until_ok 30 arrived $boss "plain copy"
expect "is the mail itself" test -z "$(copies $boss "[送信前の写し] plain copy")"
expect "a comment lies nowhere in clear" bash -c \
	"! grep -aq marker-of-comment '$W'/sekisho.db* '$W/sekisho.log'"
expect "the ledger is whole" ledger_whole
expect "the audit chain holds" sekisho audit verify
world_end
