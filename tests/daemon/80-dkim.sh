# What leaves is signed with DKIM, as two others see it: keys made, published,
# used, changed and retired; nothing else is signed.
. "$(dirname "$0")/../world/lib.sh"
world_begin dkim
cat >"$W/policy.yaml" <<END
sekisho: 1
domains:
  internal: [example.co.jp]
rules:
  - rule: three-external
    title: {ja: 社外3件以上は Bcc, en: Three or more external become Bcc}
    when: {to-cc: {count: ">= 3", of: external}}
    do: {bcc: {hide: external, tell-sender: true}}
END
start_sink '{}'
DELIVER=$SINK
start_sekisho || world_end
from=taro.yamada@example.co.jp
if [ ! -d tests/node_modules/mailauth ]; then
	(cd tests && npm ci --ignore-scripts --no-audit --no-fund \
		--loglevel=error)
fi

# The files that the sink keeps for a recipient, the newest last.
kept()
{
	/usr/bin/python3 -c "
import json
for line in open('$W/sink/ledger.jsonl'):
    d = json.loads(line)
    if '$1@customer.example.com' in d['to'] or '$1' in d['to']:
        print('$W/sink/' + d['file'])" 2>/dev/null
}
got()
{
	[ -n "$(kept "$1")" ]
}
sent_to()
{
	local to=$1
	shift
	send --from $from --to "$to@customer.example.com" --h-Subject "$to" "$@"
	expect "$to: it arrives" until_ok 20 got "$to"
}
publish()
{
	sekisho dkim list --json | /usr/bin/python3 -c "
import json, sys
for k in json.load(sys.stdin):
    print(k['name'], k['value'])" >"$W/records"
}
signatures()
{
	sed '/^\r*$/q' "$1" | grep -ci '^DKIM-Signature:'
}
# The file has just these signatures, and both others pass them.
passes()
{
	local file=$1 want=$2 who out
	[ "$(signatures "$file")" = "$(echo "$want" | wc -w)" ] || return 1
	for who in "/usr/bin/python3 tests/dkim/peer.py" \
		"node tests/dkim/peer.mjs"; do
		out=$($who verify "$W/records" "$file")
		[ "$(echo "$out" | cut -d ' ' -f 2,3 | sort | tr '\n' ,)" = \
			"$(echo "$want" | tr ' ' '\n' | sort |
				sed 's/$/ pass/' | tr '\n' ,)" ] && continue
		echo "$out"
		return 1
	done
}
unsigned()
{
	[ "$(signatures "$1")" = 0 ]
}

sent_to before
expect "without keys nothing is signed" unsigned "$(kept before)"
expect "a domain of no tenant gets no key" bash -c \
	"! '$BUILD/sekisho' dkim new example.com -c '$W/sekisho.yaml'"
expect "a domain below it neither" bash -c \
	"! '$BUILD/sekisho' dkim new sub.example.co.jp -c '$W/sekisho.yaml'"
expect "keys are made, with their records" bash -c \
	"'$BUILD/sekisho' dkim new example.co.jp --selector one \
		-c '$W/sekisho.yaml' >'$W/new'"
expect "a record for a zone file, in strings of 255" grep -qE \
	'^one-rsa\._domainkey\.example\.co\.jp\. IN TXT \( "v=DKIM1; k=rsa; p=.{237}" "[^"]+" \)$' \
	"$W/new"
expect "and as name and value" grep -qE \
	'^; value: v=DKIM1; k=ed25519; p=[A-Za-z0-9+/]{43}=$' "$W/new"
expect "no private key is in the store in clear" bash -c \
	"! grep -aq 'PRIVATE KEY' '$W/sekisho.db' '$W/sekisho.db-wal'"
sent_to new
expect "a new key signs nothing" unsigned "$(kept new)"
expect "the keys are used" sekisho dkim use example.co.jp
publish
expect "both are active" test \
	"$(sekisho dkim list --json | json '[k["state"] for k in d]')" = \
	'["active", "active"]'

sent_to signed
expect "dkimpy and mailauth pass both signatures" passes "$(kept signed)" \
	"rsa ed25519"
expect "they stand before our Received" bash -c \
	"head -n 1 '$(kept signed)' | grep -q '^DKIM-Signature: '"
expect "Received is not signed" bash -c \
	"! awk '/^[^ \t]/ { sig = /^DKIM-Signature/ } sig' '$(kept signed)' |
		grep -qi received"
expect "SIZE counts them" bash -c \
	"tail -n 1 '$W/sink/ledger.jsonl' | /usr/bin/python3 -c '
import json, re, sys
d = json.load(sys.stdin)
n = int(re.search(\"SIZE=([0-9]+)\", d[\"from-args\"])[1])
sys.exit(n != d[\"size\"])'"

send --from $from --to a@one.example.com,b@two.example.com,c@three.example.com \
	--h-To "a@one.example.com, b@two.example.com, c@three.example.com" \
	--h-Subject crowd
expect "a crowd: it arrives" until_ok 20 got c@three.example.com
crowd=$(kept c@three.example.com)
expect "recipients were hidden" bash -c \
	"! sed '/^\r*\$/q' '$crowd' | grep -q one.example.com"
expect "what was changed on the way is signed as it left" passes "$crowd" \
	"rsa ed25519"
expect "our own notice is signed, too" until_ok 20 got $from
expect "and passes" passes "$(kept $from | head -n 1)" "rsa ed25519"

{
	printf 'From: =?UTF-8?B?5bGx55Sw?= <%s>\nTo: large@customer.example.com\n' \
		$from
	printf 'Subject: large\nMIME-Version: 1.0\n'
	printf 'Content-Type: text/plain; charset=UTF-8\n'
	printf 'Content-Transfer-Encoding: 8bit\n\n'
	for i in $(seq 60000); do
		echo ".  行 $i の 本文 	 です。 "
	done
	printf '\n\n'
} >"$W/large.eml"
send --from $from --to large@customer.example.com \
	--data "$(swaks_data "$W/large.eml")"
expect "large: it arrives" until_ok 60 got large
expect "large and 8bit: it passes" passes "$(kept large)" "rsa ed25519"
chunks()
{
	head -c 150000 /dev/zero | tr '\0' 'x' | fold -w 70
}
{
	printf 'From: %s\nTo: script@customer.example.com\nSubject: s\n\n' $from
	chunks
} >"$W/script.eml"
printf '{"lack": ["CHUNKING"]}' >"$W/sink/script.json"
send --from $from --to script@customer.example.com \
	--data "$(swaks_data "$W/script.eml")"
expect "by DATA: it arrives" until_ok 30 got script
expect "by DATA: it passes" passes "$(kept script)" "rsa ed25519"

sent_to foreign --h-From "boss@example.net"
expect "a From of somebody else is not signed" unsigned "$(kept foreign)"

# A change of keys: the old one of the same algorithm retires.
expect "another RSA key" bash -c "'$BUILD/sekisho' dkim new example.co.jp \
	--selector two --rsa -c '$W/sekisho.yaml' >/dev/null"
expect "a selector is not used twice" bash -c \
	"! '$BUILD/sekisho' dkim new example.co.jp --selector two --ed25519 \
		-c '$W/sekisho.yaml'"
expect "it takes the place of the first" sekisho dkim use example.co.jp/two
publish
expect "states" test "$(sekisho dkim list --json |
	json '" ".join(k["selector"] + "=" + k["state"] for k in d)')" = \
	"one-rsa=retired one-ed25519=active two=active"
stop_sekisho
start_sekisho
sent_to changed
expect "after a restart, the new one signs" passes "$(kept changed)" \
	"rsa ed25519"
expect "by its selector" grep -q 's=two;' "$(kept changed)"
expect "what left before passes still" passes "$(kept signed)" "rsa ed25519"
expect "RSA retires" sekisho dkim retire example.co.jp/two
sent_to single
expect "one signature is left" passes "$(kept single)" "ed25519"
expect "Ed25519 retires" sekisho dkim retire example.co.jp/one-ed25519
sent_to after
expect "nothing is signed" unsigned "$(kept after)"

expect "each change is in the audit" test "$(sqlite3 "$W/sekisho.db" \
	"SELECT count(*) FROM audit WHERE event LIKE 'dkim-%'")" = 6
expect "the ledger is whole" ledger_whole
expect "the audit chain holds" sekisho audit verify
world_end
