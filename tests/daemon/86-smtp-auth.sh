# Mail that leaves as its sender's own mailbox: tokens of Entra, of Google and
# of a real OAuth server, XOAUTH2 at what plays Exchange Online and Gmail, and
# no secret of it anywhere.
. "$(dirname "$0")/../world/lib.sh"
world_begin smtp-auth

[ -d "$ROOT/tests/node_modules/smtp-server" ] || {
	(cd "$ROOT/tests" && npm ci --ignore-scripts --no-audit --no-fund \
		--loglevel=error)
}
M=$W/mailbox
mkdir -p "$M"
openssl genrsa -out "$M/app.key" 2048 2>/dev/null
openssl req -x509 -key "$M/app.key" -subj /CN=app -days 30 -out "$M/app.pem"
openssl genrsa -out "$M/google.key" 2048 2>/dev/null
cp "$W/ca/server.pem" "$W/ca/server.key" "$M"
openssl rand -hex 20 >"$M/password"
/usr/bin/python3 - "$M" <<'END'
import json, sys
d = sys.argv[1]
json.dump({"type": "service_account", "private_key_id": "key-1",
           "client_email": "gate@project.example",
           "private_key": open(d + "/google.key").read()},
          open(d + "/google.json", "w"))
END
chmod 600 "$M"/*.key "$M/google.json"
node "$ROOT/tests/world/mailbox/server.mjs" "$M" >"$M/log" 2>&1 &
pids+=($!)
until_ok 30 test -s "$M/ports.json" || {
	cat "$M/log"
	fail "the mailboxes are there"
	world_end
}
port()
{
	json "d['$1']" <"$M/ports.json"
}
control()
{
	curl -fsS -m 5 -d "$1" "http://127.0.0.1:$(port control)/"
}

guid=66666666-7777-4888-9999-000000000000
tenant=11111111-2222-4333-8444-555555555555
login()
{
	echo "{kind: entra, tenant: $tenant, client: $guid, certificate: $M/app.pem, key: {file: $M/app.key}, token-url: \"$1\"}"
}
tenant_lines()
{
	cat <<END
  - tenant: $1
    kind: smtp
    domains: [$1.example]
    accept: {networks: [127.0.0.0/8], require-tls: false}
    deliver:
      via: ${3:-smtp-auth}
      host: localhost
      port: $(port "smtp_$1")
      tls: verified
      ca: $W/ca/ca.pem
      login: $2
    notices-from: sekisho@$1.example
END
}
SMTP=$(free_port) WEB=$(free_port)
cat >"$W/sekisho.yaml" <<END
sekisho: 1
hostname: gate.example.co.jp
public-url: http://127.0.0.1:$WEB/
admins: [it@entra.example]
store: sqlite:$W/sekisho.db
spool: $W/spool
master-key: $W/master.key
listen:
  smtp: ["127.0.0.1:$SMTP"]
  web-plain: ["127.0.0.1:$WEB"]
control: $W/control.sock
tls: {certificate: $W/ca/server.pem, key: {file: $W/ca/server.key}}
queue: {warn-after: 4h, give-up: 5d, retry-first: 1s, retry-most: 2s}
tenants:
$(tenant_lines entra "$(login "http://127.0.0.1:$(port token)/$tenant/oauth2/v2.0/token")")
$(tenant_lines google "{kind: google, key: {file: $M/google.json}, token-url: \"http://127.0.0.1:$(port token)/token\"}")
$(tenant_lines relay "{kind: password, user: gate, secret: {file: $M/password}}" relay)
$(tenant_lines oidc "$(login "http://127.0.0.1:$(port oidc)/token")")
policy: policy.yaml
END
printf '%s\n' 'sekisho: 1' 'domains:' \
	'  internal: [entra.example, google.example, oidc.example, relay.example]' \
	'rules: []' >"$W/policy.yaml"
start_sekisho || world_end

# Mails that a mailbox sent: EXPRESSION over d (one line of JSON each).
kept()
{
	/usr/bin/python3 -c 'import json, os, sys
f = sys.argv[1]
rows = [json.loads(l) for l in open(f)] if os.path.exists(f) else []
print(len([d for d in rows if eval(sys.argv[2], {"d": d})]))' \
		"$M/mail.jsonl" "$1"
}
got()
{
	[ "$(kept "$1")" -ge "${2:-1}" ]
}
mail()
{
	send --from "$1" --to "${3:-someone@customer.example.com}" \
		--h-From "<$1>" --h-Subject "$2"
}
asked()
{
	control '{}' | json "d['$1']"
}

for kind in entra google oidc; do
	mail "taro@$kind.example" "first-$kind"
	expect "$kind: mail goes as its mailbox" \
		until_ok 30 got "d['subject'] == 'first-$kind' and d['user'] == 'taro@$kind.example' and d['from'] == 'taro@$kind.example' and d['tls']"
done
expect "no endpoint refused an assertion" test ! -e "$M/refused"

mail hanako@entra.example second-entra
expect "another mailbox by the same token of Entra" \
	until_ok 20 got "d['user'] == 'hanako@entra.example'"
expect "which was asked for once" test "$(asked entra)" = 1
mail hanako@google.example second-google
expect "another mailbox by its own token of Google" \
	until_ok 20 got "d['user'] == 'hanako@google.example'"
expect "which was asked for" test "$(asked google)" = 2

mail taro@relay.example by-relay
mail hanako@relay.example by-relay
expect "a relay's name and password serve all of a tenant's mail" \
	until_ok 30 got "d['kind'] == 'relay' and d['user'] == 'gate' and d['subject'] == 'by-relay'" 2

# Only as the sender: the header's From is somebody else.
send --from taro@entra.example --to someone@customer.example.com \
	--h-From "<hanako@entra.example>" --h-Subject not-mine
parked()
{
	sekisho queue list --json | grep -q parked
}
expect "mail with another From waits for an admin" until_ok 20 parked
expect "and never reached the mailbox" test "$(kept "d['subject'] == 'not-mine'")" = 0

# A revoked token: given back once, another one serves.
sleep 6 # as new as a token can be, it would not be given back
control '{"revoke": 1}' >/dev/null
stop_sekisho
start_sekisho || world_end
mail taro@entra.example after-start
expect "after a start there is a new token" \
	until_ok 20 got "d['subject'] == 'after-start'"
before=$(asked entra)
sleep 6
control '{"revoke": 1}' >/dev/null
mail jiro@entra.example revoked
expect "a revoked token is asked for anew" \
	until_ok 30 got "d['subject'] == 'revoked'"
expect "once" test "$(asked entra)" = $((before + 1))

# Throttled: later, and nobody is told.
control '{"throttle": 1}' >/dev/null
mail saburo@entra.example throttled
throttled()
{
	grep next-hop-pause "$W/sekisho.log" | grep -q 432
}
expect "432 4.3.2 slows the mailbox down" until_ok 20 throttled
mail shiro@entra.example beside
expect "and no other mailbox" until_ok 20 got "d['subject'] == 'beside'"
expect "the throttled mail goes later" \
	until_ok 120 got "d['subject'] == 'throttled'"

# Every login is refused: the queue waits, an admin is told, nothing bounces.
control '{"refuse": "google"}' >/dev/null
mail hachiro@google.example locked-out
locked()
{
	grep next-hop-pause "$W/sekisho.log" | grep hachiro | grep -q 535
}
expect "535 holds the mailbox's queue" until_ok 30 locked
expect "with an alarm" until_ok 20 got "d['to'] == ['it@entra.example']"
expect "and the mail is there" bash -c \
	"'$BUILD/sekisho' queue list --json -c '$W/sekisho.yaml' | grep -q parked"
control '{"refuse": ""}' >/dev/null
expect "it goes when the login is good again" \
	until_ok 60 got "d['subject'] == 'locked-out'"

# Tokens that live shortly are renewed, with no mail lost on the way.
control '{"life": 2}' >/dev/null
sleep 6
control '{"revoke": 1}' >/dev/null
for n in 1 2 3 4; do
	mail "goro$n@google.example" "short-$n"
	sleep 1
	mail goro1@google.example "again-$n"
done
expect "short-lived tokens: all mail goes" until_ok 60 \
	got "d['subject'].startswith('short-') or d['subject'].startswith('again-')" 8
control '{"life": 3599}' >/dev/null

# The endpoint is down for a while.
control '{"fail": 2}' >/dev/null
mail rokuro@google.example endpoint-down
expect "a token endpoint that is down is asked again" \
	until_ok 120 got "d['subject'] == 'endpoint-down'"

# Reports have no sender: they go as the mailbox of notices-from.
mail taro@google.example no-such-person nobody@customer.example.com
expect "a report goes as notices-from, to the sender" until_ok 30 \
	got "d['user'] == 'sekisho@google.example' and d['from'] == d['user'] and d['to'] == ['taro@google.example']"
expect "nothing else bounced" \
	test "$(sekisho ledger --json | json "d['ends']['bounced']")" = 1
expect "the ledger is whole" ledger_whole

# No token, no key, no assertion in files or logs of ours.
sort -u "$M/issued" >"$W/markers"
# As they stand in a login, too: base64 at each of its three steps.
/usr/bin/python3 - "$W/markers" <<'END'
import base64, sys
f = open(sys.argv[1], "r+")
for token in f.read().split():
    for n in range(3):
        part = base64.b64encode(b"x" * n + token.encode()[:60])
        f.write(part[4:72].decode() + "\n")
END
cat "$M/password" >>"$W/markers"
sed -n 2,4p "$M/app.key" >>"$W/markers"
sed -n 2,4p "$M/google.key" >>"$W/markers"
clean()
{
	local hits
	hits=$(grep -rlaF -f "$W/markers" "$W" --exclude-dir=mailbox \
		--exclude=markers --exclude-dir=ca)
	[ -z "$hits" ] || {
		echo "$hits"
		return 1
	}
}
expect "tokens were issued" test "$(wc -l <"$M/issued")" -ge 6
expect "and would be found" grep -qaF -f "$W/markers" "$M/issued"
expect "no token or key in logs, store or spool" clean
stop_sekisho
expect "nor after the end" clean
world_end
