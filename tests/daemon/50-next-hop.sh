# A next hop that refuses, defers, drops and answers late.
. "$(dirname "$0")/../world/lib.sh"
world_begin next-hop
start_sink '{}'
EXTRA='queue: {warn-after: 4h, give-up: 5d, retry-first: 2s, unknown-after: 3s}'
DELIVER=$SINK
export DELIVER
write_config_early()
{
	SMTP=$(free_port) WEB=$(free_port)
	write_config
	sekisho check >/dev/null 2>&1 && return
	# Without names for these times in the settings the defaults hold.
	EXTRA= write_config
	sekisho check || true
}
write_config_early
start_sekisho || world_end
from=taro.yamada@example.co.jp

script()
{
	printf '%s' "$1" >"$W/sink/script.json.new"
	mv "$W/sink/script.json.new" "$W/sink/script.json"
}
kept()
{
	grep -c "\"$1@customer.example.com\"" "$W/sink/ledger.jsonl" 2>/dev/null
}
got()
{
	[ "$(kept "$1")" -ge "${2:-1}" ]
}
ends()
{
	sekisho ledger --json | json "d['ends']['$1']"
}
sent_to()
{
	send --from $from --to "$1@customer.example.com" --h-Subject "$1"
}

script '{}'
sent_to plain
expect "an accepted mail is kept" until_ok 10 got plain
expect "it came with verified TLS" grep -q '"tls": "TLSv1' "$W/sink/ledger.jsonl"

for step in mail rcpt data end; do
	script "{\"$step\": \"451 4.3.0 later\", \"times\": 1}"
	sent_to "defer-$step"
	expect "451 to $step is tried again" until_ok 60 got "defer-$step"
done

script '{"rcpt-by": {"bad@customer.example.com": "550 5.1.1 no such user"}}'
send --from $from --to \
	good@customer.example.com,bad@customer.example.com,fine@customer.example.com \
	--h-Subject three
expect "one of three refused: the others get it" until_ok 10 got good
expect "both of them" until_ok 10 got fine
expect "the sender gets a report" until_ok 15 \
	grep -q '"taro.yamada@example.co.jp"' "$W/sink/ledger.jsonl"
dsn=$W/sink/$(/usr/bin/python3 -c "
import json
for line in open('$W/sink/ledger.jsonl'):
    d = json.loads(line)
    if d['to'] == ['$from']: print(d['file'])" | head -n 1)
expect "the report is a DSN of RFC 3464" bash -c \
	"grep -qi 'report-type=\"\?delivery-status' '$dsn' &&
	grep -qi 'Status: 5.1.1' '$dsn' && grep -qi 'bad@customer' '$dsn'"
expect "the report has a null sender" bash -c \
	"grep '$(basename "$dsn")' '$W/sink/ledger.jsonl' | grep -q '\"from\": \"\"'"
expect "one recipient bounced" test "$(ends bounced)" = 1

script '{"drop-at": "body", "times": 1}'
sent_to drop-body
expect "a drop before the answer to the dot: sent again" \
	until_ok 90 got drop-body
script '{"drop-at": "end", "times": 1}'
sent_to drop-end
expect "a drop after the dot: one copy there" until_ok 10 got drop-end
unknown()
{
	[ "$(sekisho ledger --json | json "d['unknown']")" -ge "${1:-1}" ]
}
expect "the lost answer is counted as unknown" until_ok 20 unknown
script '{"delay": {"end": 3}, "times": 1}'
sent_to late
expect "a late answer is waited for" until_ok 20 got late
sleep 4
expect "and not answered with a second copy" test "$(kept late)" = 1
script '{"mail": "421 4.3.2 going down", "times": 1}'
sent_to shut
expect "421 in the middle is tried again" until_ok 60 got shut

# 421 ends the kept connection: extensions are learned anew.
script '{"mail": "421 4.3.2 again", "times": 1, "lack": ["CHUNKING", "8BITMIME", "SMTPUTF8", "PIPELINING", "DSN", "SIZE"]}'
printf 'From: %s\nTo: old@customer.example.com\nSubject: old\nMIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n八ビット\n.\n..\nend\n' \
	$from >"$W/old.eml"
send --from $from --to old@customer.example.com --data "$(swaks_data "$W/old.eml")"
sent_to bare
expect "a next hop without extensions takes a plain mail" until_ok 30 got bare
body_of()
{
	/usr/bin/python3 - "$W/sink" "$1" <<'END'
import email, email.policy, glob, sys
for name in glob.glob(sys.argv[1] + "/*.msg"):
    raw = open(name, "rb").read()
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    if mail["Subject"] == sys.argv[2]:
        assert not any(c > 127 for c in raw), "8-bit bytes"
        assert raw.count(b"\n") == raw.count(b"\r\n"), "bare line feeds"
        sys.stdout.write(mail.get_content().replace("\r\n", "\n"))
END
}
expect "8-bit mail reaches it in 7 bits, and says the same" until_ok 30 \
	bash -c "$(declare -f body_of); W='$W'; [ \"\$(body_of old)\" = \"\$(printf '八ビット\n.\n..\nend\n')\" ]"
expect "no extension is used that was not offered" bash -c \
	"! sed -n '/421 4.3.2 again/,\$p' '$W/sink/dialogue' |
	sed 1d | grep -E '^C: (MAIL.*(BODY|SIZE|SMTPUTF8)=?|BDAT)'"

script '{"rcpt": "550 5.7.1 relaying denied"}'
sent_to denied
sleep 3
expect "relaying denied holds the queue" bash -c \
	"'$BUILD/sekisho' queue list --json -c '$W/sekisho.yaml' | grep -q parked"
script '{}'
expect "the ledger is whole" ledger_whole
expect "the audit chain holds" sekisho audit verify
world_end
