# Every fault of a next hop on every way out, all at once: nothing
# is lost, and nothing doubled where an answer was seen.
. "$(dirname "$0")/../world/clouds.sh"
FAULTS=$CLOUDS/faults.py

faults_begin()
{
	C=$W/$1
	mkdir -p "$C"
	free_ports 5
	"$FAULTS" make "$C" "$1" "${ports[@]}" || exit 70
	rm -f "$W"/sekisho.* "$W/policy.yaml"
	clouds_start
	gate_config 'queue: {reply-within: 5s, retry-first: 1s, retry-most: 2s, unknown-after: 1s}' \
		'notices: {hold: none}'
	start_gate || world_end
}

open_now()
{
	sekisho ledger --json | json 'd["open"]'
}
open_is()
{
	[ "$(open_now)" = "$1" ]
}
parked()
{
	sekisho queue list --json | json 'sum(r["state"] == "parked" or r["attempts"] > 0 for m in d for r in m["recipients"])'
}

faults_end()
{
	expect "$1: every recipient comes to an end" until_ok 60 nothing_open
	sekisho queue list --all --json >"$W/queue.json"
	expect "$1: none is lost, none doubled that was answered" \
		"$FAULTS" judge "$C" "$W/queue.json"
	expect "$1: the ledger is whole" ledger_whole
	expect "$1: the audit chain holds" sekisho audit verify
	stop_sekisho
	mv "$W/sekisho.log" "$C/sekisho.log"
}

# A way whose next hop is the tenant's own: what it says of us is held.
faults_of_ours()
{
	faults_begin "$1"
	"$FAULTS" submit "$C" | cloud - >"$W/answers.json"
	expect "$1: all are taken" bash -c "! grep -qv '\[250,' <(
		tr '{' '\n' <'$W/answers.json' | grep @)"
	expect "$1: what lasts is held" until_ok 60 open_is "$2"
	expect "$1: with an alarm" \
		grep -q 'event=alarm.*next-hop-refuses' "$W/sekisho.log"
	expect "$1: nobody is bounced for it" bash -c \
		"! sed -n 's/.*event=attempt.*tenant=wrong-.*to=\"\([^\"]*\)\".*/\1/p' '$W/sekisho.log' |
		grep -v 'misconfigured\|deferred\|untried'"
	expect "$1: repaired" bash -c "$FAULTS repair '$C' |
		$CLOUDS/clouds.py ask '$C' -"
	faults_end "$1"
}

world_begin faults
faults_of_ours relay 7
faults_of_ours mailbox 8
faults_begin direct
"$FAULTS" submit "$C" | cloud - >"$W/answers.json"
faults_end direct
world_end
