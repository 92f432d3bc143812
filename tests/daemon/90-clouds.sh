# Two clouds with two tenants each, LINE WORKS and an office: an employee's
# mail, the rule, Sekisho, hold, release, the relay, the recipient.
. "$(dirname "$0")/../world/clouds.sh"
clouds_begin clouds

free_ports 8
expect "the world refuses what the real ones refuse" timeout 100 \
	"$CLOUDS/selftest.py" "$W/self" "${ports[@]}"

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
for t in $all; do
	ready_look "$t: the sender is told, by the way of his tenant" \
		"n(where='mailbox', tenant='$t', to='taro@$t.example') == 1"
done
expect "nobody outside has anything" look "not all(where='outside')"
expect "they are released" let_go 検問
for t in $all; do
	case $t in
	alpha | beta) via="exchange:$t" eol='\n' ;;
	gamma | delta) via="google:$t" eol='\r\n' ;;
	works) via=mx eol='\r\n' ;;
	office) via=office eol='\r\n' ;;
	esac
	ready_look "$t: the recipient has it once" \
		"n(where='outside', via='$via', to='x@customer.example') == 1"
	expect "$t: its body byte for byte" look \
		"all(where='outside', via='$via')[0]['sha256'] == sha('本文 $t\n.\n..\nend\n'.replace('\n', '$eol'))"
	expect "$t: its own words, none of ours" look \
		"(lambda e: field(e, 'From') == ['<taro@$t.example>'] and e['subject'] == '検問 $t' and not any(f.lower().startswith(b'x-sekisho') for f in mail(e).head))(all(where='outside', via='$via')[0])"
done
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
for t in alpha delta; do
	ready_look "$t: the sender is told of them" \
		"n(where='mailbox', tenant='$t', subject='*', to='taro@$t.example') == 2"
done
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

world_end
