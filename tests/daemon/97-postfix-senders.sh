# A real MTA in the place of each cloud's outgoing servers: Postfix with the
# cloud's certificate, address and header fields. Its queue, retries and bounces
# are what an Exchange or Gmail server would show the gate.
. "$(dirname "$0")/../world/clouds.sh"
clouds_begin postfix-senders
gate_config 'queue: {retry-first: 1s, retry-most: 2s}'
start_gate || world_end

secret()
{
	head -n 1 "$C/keys/$1"
}
tenant_id()
{
	/usr/bin/python3 -c "
import json, sys
for t in json.load(open('$C/world.json'))['exchange']['tenants']:
    if t['name'] == sys.argv[1]: print(t['id'])" "$1"
}

# postfix_as NAME ADDRESS CERTIFICATE PORT: what is in $W/NAME.headers is put
# before a field, as the cloud would.
postfix_as()
{
	mkdir -p "$W/$1/keys"
	chmod 755 "$W/$1/keys"
	cp "$C/certs/$3.pem" "$C/certs/$3.key" "$C/certs/ca.pem" "$W/$1/keys"
	cp "$W/$1.headers" "$W/$1/headers"
	sudo_if_needed "$ROOT/scripts/private-postfix" "$W/$1" "$4" \
		"relayhost=[127.0.0.1]:$SMTP" virtual_mailbox_domains= \
		"smtp_bind_address=$2" smtp_tls_security_level=verify \
		smtp_tls_verify_cert_match=hostname,nexthop \
		"smtp_tls_policy_maps=static:{verify match=gate.example.co.jp}" \
		"smtp_tls_CAfile=$W/$1/keys/ca.pem" \
		"smtp_tls_cert_file=$W/$1/keys/$3.pem" \
		"smtp_tls_key_file=$W/$1/keys/$3.key" \
		"smtp_helo_name=$3.example" \
		"smtp_header_checks=regexp:$W/$1/headers" \
		maximal_queue_lifetime=20s bounce_queue_lifetime=20s \
		minimal_backoff_time=1s maximal_backoff_time=2s queue_run_delay=1s
}
# hand_in PORT FROM SUBJECT [ARG...]: an employee's mail
hand_in()
{
	local port=$1 from=$2 subject=$3
	shift 3
	swaks --silent 2 --server 127.0.0.1 --port "$port" --from "$from" \
		--to x@customer.example --header "Subject: $subject" \
		--body "本文 $subject" "$@"
}

# ---- Exchange's and Gmail's outgoing servers, with the tenants' rules

cat >"$W/exchange.headers" <<END
/^From:/ PREPEND X-MS-Exchange-CrossTenant-Id: $(tenant_id alpha)
/^To:/ PREPEND X-OriginatorOrg: alpha.example
/^Subject:/ PREPEND X-Sekisho-Tenant: $(secret alpha.in)
END
echo "/^Subject:/ PREPEND X-Sekisho-Tenant: $(secret delta.in)" \
	>"$W/gmail.headers"
free_ports 3
exo=${ports[0]} gmail=${ports[1]} bare=${ports[2]}
expect "Postfix stands for Exchange" postfix_as exchange 127.40.92.7 exo "$exo" ||
	world_end
expect "and for Gmail" postfix_as gmail 127.64.4.7 gmail "$gmail"
sed 2d "$W/exchange.headers" >"$W/bare.headers"
expect "and for a server of somebody else's tenant" \
	postfix_as bare 127.40.92.8 exo "$bare"

waiting()
{
	[ "$(sekisho queue list --json | json \
		"sum(r['state'] == 'held' for m in d if m['subject'].startswith('$1') for r in m['recipients'])")" = "$2" ]
}
release_all()
{
	local id
	for id in $(sekisho queue list --json | json \
		"' '.join(m['id'] for m in d)"); do
		sekisho queue release "$id" || return 1
	done
}

expect "an employee writes" hand_in "$exo" taro@alpha.example '検問 alpha'
expect "and one of the other cloud" \
	hand_in "$gmail" taro@delta.example '検問 delta'
expect "both are held" until_ok 30 waiting 検問 2
expect "they are released" release_all
ready_look "each leaves by his own tenant's relay" \
	"sorted(e['via'] for e in all(where='outside', subject='検問*')) == ['exchange:alpha', 'google:delta']"
expect "what the clouds put there proves, and does not leave" look \
	"not any(f.startswith(b'X-Sekisho-Tenant') for e in all(where='outside') for f in mail(e).head)"

expect "a mail without a rule passes at once" \
	hand_in "$exo" taro@alpha.example plain
ready_look "in its own words" \
	"[data(e).count('本文 plain'.encode()) for e in all(where='outside', subject='plain')] == [1]"

# ---- what proves nothing comes back to its sender, from the cloud

bounced()
{
	sudo_if_needed grep -q "$2.*status=bounced.*550 5.7.1" "$W/$1/log"
}
expect "a tenant's server sends for another's domain" \
	hand_in "$exo" taro@beta.example '検問 foreign'
expect "it is refused for good" until_ok 30 bounced exchange customer
expect "one header short" hand_in "$bare" taro@alpha.example '検問 bare'
expect "is refused, too" until_ok 30 bounced bare customer
expect "nothing of them is here" waiting 検問 0

# ---- the gate is away

stop_sekisho
expect "the cloud takes mail while the gate is away" \
	hand_in "$exo" taro@alpha.example 'away alpha'
hand_in "$gmail" taro@delta.example 'away delta'
deferred()
{
	sudo_if_needed grep -q 'status=deferred' "$W/$1/log"
}
expect "it waits there" until_ok 30 deferred exchange
start_gate
ready_look "and comes when the gate is back, once" \
	"sorted(e['via'] for e in all(where='outside', subject='away*')) == ['exchange:alpha', 'google:delta']"
expect "nothing waits in the clouds" until_ok 30 bash -c \
	"! find '$W/exchange/queue/active' '$W/exchange/queue/deferred' \
		'$W/gmail/queue/active' '$W/gmail/queue/deferred' -type f | grep -q ."

expect "every recipient has come to an end" until_ok 30 nothing_open
expect "no secret has left" look "not leaks('$W/spool')"
expect "the ledger is whole" ledger_whole
world_end
