# Canaries go through each tenant's whole loop: the gate, the cloud's relay, the
# tenant's rule, the gate. One whose rule leads nothing back is missed.
. "$(dirname "$0")/../world/clouds.sh"
clouds_begin canary
gate_config
/usr/bin/python3 - "$W/sekisho.yaml" <<'PY'
import re, sys
s = open(sys.argv[1]).read()
for t in ("alpha", "gamma", "office"):
    s, n = re.subn(r"(  - tenant: %s\n)" % t, r"\1    canary: {every: 2s, "
                   r"to: canary@customer.example}\n", s)
    assert n == 1, t
open(sys.argv[1], "w").write(s)
PY
start_gate || world_end

# doctor's line on a tenant's canary: TENANT LEVEL WORD
told()
{
	sekisho doctor --offline --json >"$W/lines.json" 2>/dev/null
	json "any(l['check'] == 'canary' and l['tenant'] == '$1' and l['level'] == '$2' and '$3' in l['found']['en'] for l in d['lines'])" \
		<"$W/lines.json" | grep -qx true
}
rows()
{
	[ "$(sekisho ledger --json | json 'd["accepted"]')" -ge "$1" ]
}
for t in alpha gamma; do
	expect "$t: a canary comes back" until_ok 60 told $t ok "came back"
	expect "$t: nobody outside has it" look \
		"not any(e['from'] == 'sekisho@$t.example' for e in all(where='outside'))"
done
expect "office: nothing leads it back" until_ok 60 told office bad \
	"never came back"
curl -fsS "http://127.0.0.1:$WEB/metrics" >"$W/metrics"
expect "its way is measured" \
	grep -qE '^sekisho_canary_round_milliseconds [1-9]' "$W/metrics"
expect "an alarm says so" until_ok 20 grep -q \
	'event=alarm.*cause=canary.*office' "$W/sekisho.log"
expect "what came back is in the audit" \
	grep -qE '^sekisho_canaries_back_total [1-9]' "$W/metrics"
expect "it was counted as our own mail" rows 2
expect "the ledger adds up" ledger_whole
expect "the audit chain is whole" sekisho audit verify
world_end
