# Two clouds with two tenants each, LINE WORKS and an office: an employee's
# mail, the rule, Sekisho, hold, release, the relay, the recipient.
. "$(dirname "$0")/../world/clouds.sh"
clouds_begin clouds

free_ports 8
timeout 200 "$CLOUDS/selftest.py" "$W/self" "${ports[@]}" >"$W/self.log" 2>&1 &
self=$!

gate_config 'queue: {retry-first: 1s, retry-most: 2s}'
start_gate || world_end
all="alpha beta gamma delta works office"

# What of a subject waits at the gate: sum of recipients in a state.
waiting()
{
	sekisho queue list --json | json \
		"sum(r['state'] == '${2:-held}' for m in d if m['subject'].startswith('$1') for r in m['recipients'])"
}
waits()
{
	[ "$(waiting "$1")" = "$2" ]
}
let_go()
{
	local id
	for id in $(sekisho queue list --json | json \
		"' '.join(m['id'] for m in d if m['subject'].startswith('$1'))"); do
		sekisho queue "${2:-release}" "$id" || return 1
	done
}

# ---- the way of a held mail, for all

requests=
for t in $all; do
	requests+="${requests:+, }[\"$t\", {\"subject\": \"検問 $t\", \"body\": \"本文 $t\\n.\\n..\\nend\\n\", \"bare-lf\": $(
		case $t in alpha | beta) echo true ;; *) echo false ;; esac)}]"
done
expect "the gate takes a mail of each" mails_of "[$requests]" || world_end
expect "all are held" until_ok 20 waits 検問 6
ready_look "each sender is told, by the way of his tenant" \
	"every(n(where='mailbox', tenant=t, to='taro@%s.example' % t) == 1 for t in '$all'.split())"
expect "nobody outside has anything" look "not all(where='outside')"
expect "they are released" let_go 検問
ready_look "each recipient has it once, by the way of its tenant" \
	"sorted((e['from'].split('@')[1], e['via']) for e in all(where='outside', to='x@customer.example')) == sorted((t + '.example', {'works': 'mx', 'office': 'office', 'alpha': 'exchange:alpha', 'beta': 'exchange:beta'}.get(t, 'google:' + t)) for t in '$all'.split())"
expect "the body byte for byte" look \
	"every(e['sha256'] == sha('本文 %s\n.\n..\nend\n'.replace('\n', '\n' if e['via'].startswith('exchange') else '\r\n') % e['from'].split('@')[1][:-8]) for e in all(where='outside'))"
expect "its own words, none of ours" look \
	"every(field(e, 'From') == ['<%s>' % e['from']] and e['subject'].startswith('検問 ') and not any(f.lower().startswith(b'x-sekisho') for f in mail(e).head if not (e['via'].startswith('google') and f.startswith(b'X-Sekisho-Done:'))) for e in all(where='outside'))"
expect "the certificate of the tenant was shown on the way back" look \
	"every('gate.%s.example' % e['from'].split('@')[1].split('.')[0] in e['certificate'] for e in all(where='exchange-in') if e['from'].startswith('taro'))"
expect "bare LF came back as it went" look \
	"every(e['way'] == 'BDAT' for e in all(where='exchange-in', subject='検問*'))"
expect "LINE WORKS and the office: nobody signs but us" look \
	"[d[3] for e in all(where='outside', via='mx') for d in dkim(e)] in ([], ['pass'])"

# ---- copies of one mail that the cloud has split

split='"to": ["x@customer.example", "y@partner.example"], "groups": [["x@customer.example"], ["y@partner.example"]]'
expect "a mail comes in two copies" mails_of \
	"[[\"alpha\", {\"subject\": \"検問 split alpha\", $split}], [\"delta\", {\"subject\": \"検問 split delta\", $split}]]"
expect "both of both are held" until_ok 20 waits '検問 split' 4
expect "a copy is due with the other" test "$(sekisho queue list --json | json \
	"[len({m['due'] for m in d if m['subject'] == '検問 split ' + t}) for t in ('alpha', 'delta')]")" = '[1, 1]'
ready_look "the sender is told of them" \
	"every(n(where='mailbox', tenant=t, to='taro@%s.example' % t) == 2 for t in ('alpha', 'delta'))"
for t in alpha delta; do
	id=$(sekisho queue list --json | json \
		"[m['id'] for m in d if m['subject'] == '検問 split $t'][0]")
	expect "$t: one is released" sekisho queue release "$id"
	ready_look "$t: both leave" \
		"n(where='outside', subject='検問 split $t') == 2"
done
expect "he was told once" look \
	"every(n(where='mailbox', tenant=t, to='taro@%s.example' % t) == 2 for t in ('alpha', 'delta'))"

# ---- a group larger than a transaction

many=$(/usr/bin/python3 -c "import json
print(json.dumps(['r%d@customer.example' % i for i in range(250)] + ['p@partner.example']))")
expect "250 recipients are taken" mails_of \
	"[[\"alpha\", {\"subject\": \"many\", \"to\": $many}], [\"gamma\", {\"subject\": \"many\", \"to\": $many}]]"
ready_look "all of them have it once" \
	"n(where='outside', subject='many') == 502 and len({(e['via'], r) for e in all(where='outside', subject='many') for r in e['to']}) == 502"
expect "in transactions that the clouds take" look \
	"max(len(e['to']) for e in all(where='exchange-in', subject='many')) <= 201 and max(len(e['to']) for e in all(where='google-in', subject='many')) <= 100"

# ---- whose mail it is

matrix()
{
	"$CLOUDS/matrix.py" "$C" >"$W/matrix"
	local status=$?
	cat "$W/matrix"
	return $status
}
expect "a proof carries its own tenant's domain, whole, and no other" matrix
taken=$(sed -n 's/.* rows, \([0-9]*\) taken$/\1/p' "$W/matrix")
ready_look "what was taken arrives, and nothing else" \
	"n(where='outside', to='taken@customer.example') == ${taken:-0}"
expect "failing proofs are an alarm" \
	grep -q 'event=alarm.*cause=tenant-proof' "$W/sekisho.log"

# ---- forged words of an employee

secret()
{
	head -n 1 "$C/keys/$1"
}
id=$(sekisho queue list --all --json | json "d[0]['id']")
beta=$(/usr/bin/python3 -c "import json; print(json.load(open('$C/world.json'))['exchange']['tenants'][1]['id'])")
requests=
forge()
{
	local t
	for t in alpha delta; do
		requests+="${requests:+, }[\"$t\", {\"subject\": \"検問 forged $t\", \"tries\": 3, \"headers\": [\"$1\"]}]"
	done
}
forge "X-Sekisho-Done: 1"
forge "X-Sekisho-Done: $(secret alpha.done)"
forge "X-Sekisho-Done: $(secret delta.done)"
forge "x-sekisho-done:  $(secret beta.done)"
forge "X-Sekisho-Ok: 1"
forge "X-Sekisho-Id: $id"
forge "X-MS-Exchange-CrossTenant-Id: $beta"
forge "X-MS-Exchange-Organization-AuthAs: Internal"
forge "X-MS-Exchange-Transport-Rules-Loop: 1"
forge "Auto-Submitted: auto-replied"
forge "X-Autoreply: yes"
forge "Precedence: auto_reply"
forge "Precedence: bulk"
forge "Received: from x by gate.example.co.jp (Sekisho) with ESMTPS id $id;\\r\\n Sun, 22 Nov 2026 01:02:03 +0900"
mails_of "[$requests]" >/dev/null
expect "forged words carry nothing past the rule" until_ok 20 waits '検問 forged' 28
forge_tenant='"subject": "検問 forged tenant", "tries": 1, "headers": ["X-Sekisho-Tenant: guess"]'
mails_of "[[\"alpha\", {$forge_tenant}]]" >/dev/null
expect "a forged proof is replaced where the cloud does so" \
	until_ok 20 waits '検問 forged tenant' 1
mails_of "[[\"gamma\", {$forge_tenant}]]" >/dev/null
ready_look "and refused where it is added" \
	"n(where='mailbox', kind='ndr', to='taro@gamma.example') == 1"
expect "none of them is outside" look \
	"not all(where='outside', subject='検問 forged*')"
expect "they are discarded" let_go '検問 forged' discard

# ---- a tenant whose rule forgets what came back

for t in alpha delta; do
	cloud "{\"op\": \"set\", \"tenant\": \"$t\", \"changes\": {\"recipe\": \"loop\"}}" >/dev/null
done
expect "a mail is sent into the loop" mails_of \
	'[["alpha", {"subject": "loop alpha"}], ["delta", {"subject": "loop delta"}]]'
expect "it ends held, after one more pass at most" until_ok 30 waits loop 2
expect "each of them" test "$(sekisho queue list --json | json \
	"sorted(m['subject'] + ' ' + m['reason'] for m in d if m['subject'].startswith('loop'))")" = \
	'["loop alpha loop", "loop delta loop"]'
expect "it came back to the gate no more than twice" look \
	"1 <= n(where='exchange-in', subject='loop*') <= 2 and 1 <= n(where='google-in', subject='loop*') <= 2"
ready_look "with an alarm" "n(where='mailbox', to='it@alpha.example') >= 1"
for t in alpha delta; do
	cloud "{\"op\": \"set\", \"tenant\": \"$t\", \"changes\": {\"recipe\": \"hardened\"}}" >/dev/null
done
expect "the rule is repaired, and it is let go" let_go loop
expect "a notice that came back made no other" waits [管理者の確認待ち] 1
let_go [管理者の確認待ち] discard
ready_look "it arrives" "n(where='outside', subject='loop*') == 2"

# ---- null senders

fault='{"step": "rcpt", "to": "nobody@customer.example", "do": "550 5.1.10 RESOLVER.ADR.RecipientNotFound"}'
for h in exchange-in google-in office-in mx1.customer.example; do
	cloud "{\"op\": \"faults\", \"host\": \"$h\", \"faults\": [$fault]}" >/dev/null
done
requests=
for t in $all; do
	requests+="${requests:+, }[\"$t\", {\"subject\": \"bounce $t\", \"to\": [\"nobody@customer.example\"]}]"
done
expect "a mail to nobody is taken" mails_of "[$requests]"
ready_look "its report comes home with a null sender, to each" \
	"every(any(e['from'] == '' and 'delivery-status' in ''.join(field(e, 'Content-Type')) and b'5.1.10' in data(e) for e in all(where='mailbox', tenant=t, to='taro@%s.example' % t)) for t in '$all'.split())"
expect "by the way that the certificate proves" look \
	"len([e for e in all(where='exchange-in') if e['from'] == '' and any(c in e['certificate'] for c in ('gate.alpha.example', 'gate.beta.example'))]) >= 2"
for h in exchange-in google-in office-in mx1.customer.example; do
	cloud "{\"op\": \"faults\", \"host\": \"$h\", \"faults\": []}" >/dev/null
done
requests=
for t in $all; do
	requests+="${requests:+, }[\"$t\", {\"subject\": \"検問 away $t\", \"from\": \"\", \"header-from\": \"taro@$t.example\", \"headers\": [\"Auto-Submitted: auto-replied\"]}]"
done
expect "an answer from somebody away is taken" mails_of "[$requests]"
ready_look "and leaves at once, from nobody" \
	"n(where='outside', subject='検問 away*', **{'from': ''}) == 6"

# ---- one domain in a transaction, as the relay may ask for

cloud '{"op": "host", "host": "google-in", "changes": {"one-domain": true}}' >/dev/null
expect "a mail to two domains" mails_of \
	'[["gamma", {"subject": "domains", "to": ["x@customer.example", "y@partner.example"]}]]'
ready_look "leaves in as many transactions" \
	"n(where='outside', subject='domains') == 2 and len({r for e in all(where='outside', subject='domains') for r in e['to']}) == 2"

# ---- a connector is validated: that mail passes no rule of the tenant

# validation TENANT TO: the code that it gets
validation()
{
	cloud "{\"op\": \"send\", \"tenant\": \"$1\", \"from\": \"O365ConnectorValidation@$1.example\", \"to\": [\"$2\"], \"subject\": \"validation\", \"drop\": [\"X-Sekisho-Tenant\"]}" |
		json 'list(d.values())[0][0]'
}
expect "it proves nothing" test "$(validation alpha admin@customer.example)" = 550
expect "a tenant is taken in" sekisho tenant onboard alpha --for 10m \
	--to admin@customer.example
expect "and it is taken" test "$(validation alpha admin@customer.example)" = 250
expect "not for another" test "$(validation alpha x@customer.example)" = 550
expect "nor of another tenant" test "$(validation beta admin@customer.example)" = 550
expect "and sunk" bash -c "[ $(waiting validation) = 0 ] &&
	'$CLOUDS/clouds.py' look '$C' 'not all(subject=\"validation\")'"

# ---- a secret is changed, and both hold until the rule has the new one

old=$(secret alpha.in) new=in$(openssl rand -hex 16)
# secret_is CODE SECRET: what a mail that proves itself by it is told
secret_is()
{
	cloud "{\"op\": \"send\", \"tenant\": \"alpha\", \"from\": \"taro@alpha.example\", \"to\": [\"x@customer.example\"], \"subject\": \"secret $1\", \"replace\": {\"X-Sekisho-Tenant\": \"$2\"}}" |
		json 'list(d.values())[0][0]' | grep -qx "$1"
}
expect "a new secret is none yet" secret_is 550 "$new"
printf '%s\n%s\n' "$new" "$old" >"$C/keys/alpha.in"
kill -HUP "$SEKISHO_PID"
expect "it is taken after a reload" until_ok 20 secret_is 250 "$new"
expect "and so is the old one" secret_is 250 "$old"
echo "$new" >"$C/keys/alpha.in"
kill -HUP "$SEKISHO_PID"
expect "until it is taken away" until_ok 20 secret_is 550 "$old"
expect "the new one stays" secret_is 250 "$new"
cloud "{\"op\": \"set\", \"tenant\": \"alpha\", \"changes\": {\"in-secret\": \"$new\"}}" >/dev/null

# ---- the end

self_ends()
{
	wait "$self"
	local status=$?
	cat "$W/self.log"
	return $status
}
expect "the world refuses what the real ones refuse" self_ends

expect "every recipient has come to an end" until_ok 30 nothing_open
expect "no secret has left, none lies in the clear" look "not leaks('$W')"
expect "the ledger is whole" ledger_whole
expect "the audit chain holds" sekisho audit verify
world_end
