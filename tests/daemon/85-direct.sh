# Direct delivery: a name server of our own, several MX hosts on loopback that
# refuse, defer, hang and drop.
. "$(dirname "$0")/../world/lib.sh"
world_begin direct
from=taro.yamada@example.co.jp

# One port that is free on every host: MX records name no ports.
free_everywhere()
{
	local h
	for h in 2 3 4 5 6; do
		(exec 3<>"/dev/tcp/127.0.0.$h/$MX") 2>/dev/null && return 1
	done
	return 0
}
until MX=$(free_port) && free_everywhere; do :; done

start_mx()
{
	mkdir -p "$W/$1"
	/usr/bin/python3 "$ROOT/tests/world/sink.py" --host "127.0.0.$2" \
		--port "$MX" --port-file "$W/$1.port" --dir "$W/$1" \
		--script "${3-}" --cert "$W/ca/server.pem" \
		--key "$W/ca/server.key" >"$W/$1.log" 2>&1 &
	pids+=($!)
	until_ok 10 test -s "$W/$1.port" || exit 1
}
start_mx a 2
start_mx b 3
start_mx hangs 6 '{"delay": {"banner": 900}}'
HOST=127.0.0.4 sudo_if_needed "$ROOT/scripts/private-postfix" "$W/clear" \
	"$MX" "smtpd_tls_security_level=may" \
	"smtpd_tls_cert_file=$W/nothing" "smtpd_tls_key_file=$W/nothing" ||
	exit 1
HOST=127.0.0.5 sudo_if_needed "$ROOT/scripts/private-postfix" "$W/tls" \
	"$MX" "smtpd_tls_security_level=may" "smtpd_tls_received_header=yes" \
	"smtpd_tls_cert_file=$W/ca/server.pem" \
	"smtpd_tls_key_file=$W/ca/server.key" || exit 1

/usr/bin/python3 - >"$W/zone.json" <<'END'
import json
zone = {
    "a.mx.example": {"A": ["127.0.0.2"]},
    "b.mx.example": {"A": ["127.0.0.3"]},
    "clear.mx.example": {"A": ["127.0.0.4"]},
    "tls.mx.example": {"A": ["127.0.0.5"]},
    "hangs.mx.example": {"A": ["127.0.0.6"]},
    "away.mx.example": {"A": ["127.0.0.99"]},
    "example.co.jp": {"MX": [[10, "b.mx.example"]]},
    "order.example": {"MX": [[20, "b.mx.example"], [10, "a.mx.example"]]},
    "only-a.example": {"MX": [[10, "a.mx.example"]]},
    "second.example": {"MX": [[10, "away.mx.example"],
                              [20, "b.mx.example"]]},
    "implicit.example": {"A": ["127.0.0.3"]},
    "null.example": {"MX": [[0, "."]]},
    "private.example": {"A": ["10.255.255.254"]},
    "loop.example": {"MX": [[10, "gate.example.co.jp"]]},
    "clear.example": {"MX": [[10, "clear.mx.example"]]},
    "tls.example": {"MX": [[10, "tls.mx.example"]]},
    "hangs.example": {"MX": [[10, "hangs.mx.example"]]},
    "!": ["trouble.example"],
}
for i in range(30):
    zone["dead%d.example" % i] = {"MX": [[10, "away.mx.example"]]}
print(json.dumps(zone))
END
/usr/bin/python3 "$ROOT/tests/world/dns.py" "$W/zone.json" "$W/dns.port" \
	>"$W/dns.log" 2>&1 &
pids+=($!)
until_ok 10 test -s "$W/dns.port" || exit 1
: >"$W/anchor"

SMTP=$(free_port) WEB=$(free_port)
RELAY=1
EXTRA="queue: {warn-after: 4h, give-up: 5d, retry-first: 2s, unknown-after: 3s}
dns: {servers: [\"127.0.0.1:$(cat "$W/dns.port")\"], trust-anchor: $W/anchor}"
write_config
sed -i "s|^    deliver: .*|    deliver: {via: direct, port: $MX, tls: opportunistic, inside: [127.0.0.0/8]}|" \
	"$W/sekisho.yaml"
expect "the settings are good" sekisho check
start_sekisho || world_end

script()
{
	printf '%s' "$2" >"$W/$1/script.json.new"
	mv "$W/$1/script.json.new" "$W/$1/script.json"
}
kept() # HOST ADDRESS
{
	grep -c "\"$2\"" "$W/$1/ledger.jsonl" 2>/dev/null
}
got()
{
	[ "$(kept "$1" "$2")" -ge "${3:-1}" ]
}
to()
{
	send --from $from --to "$1" --h-Subject "$1"
}
at_postfix()
{
	sudo_if_needed /usr/bin/python3 "$ROOT/tests/world/mail.py" find \
		"$W/$1/mail/new" "$2" | grep -q .
}
# A report to the sender with this status (his own MX is b).
reported()
{
	grep -l "Status: $1" "$W"/b/*.msg 2>/dev/null | xargs -r grep -l "$2" |
		grep -q .
}
listed()
{
	sekisho queue list --json | grep -q "$1"
}

# ---- order ---------------------------------------------------------------------
to first@order.example
expect "the first MX gets it" until_ok 15 got a first@order.example
expect "and nobody else" test "$(kept b first@order.example)" = 0
expect "opportunistic TLS" grep -q '"tls": "TLSv1' "$W/a/ledger.jsonl"
to second@second.example
expect "a host that is away: the second MX" until_ok 15 \
	got b second@second.example
to implicit@implicit.example
expect "no MX: the domain's address" until_ok 15 got b implicit@implicit.example
send --from $from --to \
	x1@only-a.example,x2@implicit.example,x3@only-a.example,x4@tls.example \
	--h-Subject "three domains"
expect "three domains: the first" until_ok 15 got a x1@only-a.example
expect "the second" until_ok 15 got b x2@implicit.example
expect "the third, by Postfix" until_ok 15 at_postfix tls x4@tls.example
expect "two of one domain in one transaction" grep -q \
	'x1@only-a.example", "x3@only-a.example' "$W/a/ledger.jsonl"

# ---- TLS -----------------------------------------------------------------------
expect "Postfix got it by TLS" bash -c \
	"grep -rq 'using TLSv1' '$W/tls/mail/new'"
to broken@clear.example
expect "STARTTLS that does not work: in clear" until_ok 20 \
	at_postfix clear broken@clear.example

# ---- what the DNS decides ---------------------------------------------------------
to nobody@null.example
expect "null MX is a bounce 5.1.10" until_ok 15 reported 5.1.10 \
	nobody@null.example
to nobody@private.example
expect "a private address that no setting names is a bounce 5.4.4" \
	until_ok 15 reported 5.4.4 nobody@private.example
to nobody@gone.example
expect "no such domain is a bounce 5.1.2" until_ok 15 reported 5.1.2 \
	nobody@gone.example
to nobody@loop.example
expect "our own MX is a bounce 5.4.6" until_ok 15 reported 5.4.6 \
	nobody@loop.example
to later@trouble.example
expect "trouble with the DNS waits" until_ok 15 listed later@trouble.example
/usr/bin/python3 - "$W/zone.json" <<'END'
import json, os, sys
zone = json.load(open(sys.argv[1]))
zone["!"] = []
zone["trouble.example"] = {"MX": [[10, "a.mx.example"]]}
json.dump(zone, open(sys.argv[1] + ".new", "w"))
os.rename(sys.argv[1] + ".new", sys.argv[1])
END
expect "and goes when it is over" until_ok 60 got a later@trouble.example
expect "nobody was told that it failed" bash -c \
	"! grep -l later@trouble.example '$W'/b/*.msg"

# ---- dead domains -----------------------------------------------------------------
for i in $(seq 0 29); do
	to "u@dead$i.example"
done
to u@hangs.example
to alive@order.example
expect "dead and hanging domains hold up nobody" until_ok 15 \
	got a alive@order.example

# ---- R9 on the way -----------------------------------------------------------------
for step in mail rcpt data end; do
	script a "{\"$step\": \"451 4.3.0 later\", \"times\": 1}"
	to "defer-$step@only-a.example"
	expect "451 to $step is tried again" until_ok 60 \
		got a "defer-$step@only-a.example"
done
script a '{"banner": "421 4.3.2 busy", "times": 1}'
# A kept connection would not see the greeting.
to greet@order.example
expect "421 in the greeting: now or by the other" until_ok 60 bash -c \
	"grep -q greet@order.example '$W'/[ab]/ledger.jsonl"
script a '{"mail": "421 4.3.2 going down", "times": 1}'
to shut@only-a.example
expect "421 in the middle is tried again" until_ok 60 \
	got a shut@only-a.example
script a '{"drop-at": "body", "times": 1}'
to body@only-a.example
expect "a drop before the answer to the dot: sent again" until_ok 90 \
	got a body@only-a.example
script a '{"drop-at": "end", "times": 1}'
to end@only-a.example
expect "a drop after the dot: one copy there" until_ok 20 \
	got a end@only-a.example
unknown()
{
	[ "$(sekisho ledger --json | json "d['unknown']")" -ge 1 ]
}
expect "it is counted as unknown" until_ok 20 unknown
script a '{"delay": {"end": 3}, "times": 1}'
to late@only-a.example
expect "a late answer is waited for" until_ok 20 got a late@only-a.example
script a '{"rcpt-by": {"bad@only-a.example": "550 5.1.1 no such user"}}'
send --from $from --to good@only-a.example,bad@only-a.example \
	--h-Subject "one of two"
expect "one of two refused: the other gets it" until_ok 15 \
	got a good@only-a.example
expect "the sender gets a report" until_ok 15 reported 5.1.1 bad@only-a.example
script a '{"rcpt": "554 5.7.1 <x>: Relay access denied"}'
to stranger@only-a.example
expect "a stranger's refusal is a bounce, no alarm" until_ok 15 reported 5.7.1 \
	stranger@only-a.example
script a '{}'
sleep 4
expect "no copy twice but where the answer was lost" /usr/bin/python3 - \
	"$W"/[ab]/ledger.jsonl <<'END'
import collections, json, sys
seen = collections.Counter()
for path in sys.argv[1:]:
    for line in open(path):
        d = json.loads(line)
        for to in d["to"]:
            if not to.endswith("@example.co.jp"):
                seen[to] += 1
twice = {k: v for k, v in seen.items()
         if v > 1 and not k.startswith(("end@", "body@"))}
assert not twice, twice
END
expect "no alarm came of strangers" bash -c \
	"! grep -q next-hop-refuses '$W/sekisho.log'"
expect "the ledger is whole" ledger_whole
expect "the audit chain holds" sekisho audit verify
world_end
