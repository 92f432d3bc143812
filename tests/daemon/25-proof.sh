# Proof of tenant by the running gate: secrets made, rotated, finished; who
# proves nothing leaves nothing; onboarding; the done header on the way back.
. "$(dirname "$0")/../world/lib.sh"
world_begin proof
start_relay
SMTP=$(free_port) WEB=$(free_port)
write_config
guid=0a0b0c0d-0000-4000-8000-000000000001
/usr/bin/python3 - "$W/sekisho.yaml" $guid <<'PY'
import sys
path, guid = sys.argv[1:]
s = open(path).read()
s = s.replace("kind: smtp", "kind: m365\n    done: {header: X-Sekisho-Done, secret: tenant-back}")
s = s.replace("require-tls: false}", "require-tls: false, tenant-id: " + guid +
    ", originator-org: [example.co.jp], "
    "header: {name: X-Sekisho-Tenant, secret: tenant-in}}")
open(path, "w").write(s)
PY
start_sekisho || world_end
from=taro.yamada@example.co.jp

# cloud TO SUBJECT SECRET [ARG...]: a mail as the tenant's cloud sends it.
cloud()
{
	local to=$1 subject=$2 secret=$3
	shift 3
	send_reply --from $from --to "$to" --h-Subject "$subject" \
		--h-X-MS-Exchange-CrossTenant-Id "$guid" \
		--h-X-OriginatorOrg example.co.jp \
		--h-X-Sekisho-Tenant "$secret" --body "body" "$@" |
		grep -E '^[245]' | sed -n 's/^\([0-9]* [0-9.]*\).*/\1/p' |
		grep -v '^2[25][01] ...\?$' | tail -n 2 | head -n 1
}
answers() # WANT, then as cloud
{
	local want=$1 got
	shift
	got=$(cloud "$@")
	[ "$got" = "$want" ] && return
	echo "got \"$got\""
	return 1
}
arrived()
{
	[ -n "$(copies "$@")" ]
}
reached()
{
	until_ok 20 arrived "$@"
}
copy()
{
	sudo_if_needed cat "$(copies "$@" | head -n 1)"
}
same() # expected, got
{
	[ "$1" = "$2" ] || { echo "got: $2"; return 1; }
}

expect "without its secret nobody can tell: 451" \
	answers "451 4.7.1" a@out.example.com none x
expect "rotate makes the secret that comes back" \
	sekisho secret rotate tenant-back
in1=$(sekisho secret rotate tenant-in --print-new)
expect "a new value is one long token" \
	grep -qxE '[0-9a-zA-Z]{32,128}' <<<"$in1"
expect "the full row is taken" \
	answers "250 2.0.0" a@out.example.com first "$in1"
expect "it is delivered" reached a@out.example.com first
copy a@out.example.com first >"$W/first"
expect "with the done header" \
	grep -qE '^X-Sekisho-Done: [0-9a-f]{48}' "$W/first"
expect "and without the tenant's secret" \
	bash -c "! grep -q '$in1' '$W/first'"
back=$(sed -n 's/^X-Sekisho-Done: \([0-9a-f]*\).*/\1/p' "$W/first" | head -n 1)

expect "a wrong secret: 550" \
	answers "550 5.7.1" a@out.example.com wrong "${in1%?}x"
expect "the done secret is not the other one: 550" \
	answers "550 5.7.1" a@out.example.com wrong "$back"
expect "another tenant's id: 550" answers "550 5.7.1" a@out.example.com \
	wrong "$in1" --h-X-MS-Exchange-CrossTenant-Id "${guid%1}2"
expect "nothing of it is queued" same "[]" "$(sekisho queue list --json |
	json '[m for m in d if m["subject"] == "wrong"]')"

in2=$(sekisho secret rotate tenant-in --print-new)
expect "while it is changed the old value serves" \
	answers "250 2.0.0" b@out.example.com old "$in1"
expect "and the new one" answers "250 2.0.0" b@out.example.com new "$in2"
expect "a third one has to wait" bash -c \
	"! '$BUILD/sekisho' secret rotate tenant-in -c '$W/sekisho.yaml'"
expect "finish" sekisho secret finish tenant-in
expect "then the old value is nothing" \
	answers "550 5.7.1" b@out.example.com old "$in1"
expect "and the new one serves on" \
	answers "250 2.0.0" b@out.example.com after "$in2"
expect "only secrets of headers are rotated" bash -c \
	"! '$BUILD/sekisho' secret rotate other -c '$W/sekisho.yaml'"

expect "a value that is no token is not kept" bash -c \
	"! echo 'not a token' | '$BUILD/sekisho' secret set tenant-in \
	-c '$W/sekisho.yaml'"
expect "the value from before serves on" \
	answers "250 2.0.0" b@out.example.com kept "$in2"

# ---- onboarding
validation()
{
	send_reply --from $from --to "${1-it@example.co.jp}" \
		--h-Subject validation --body x | grep -E '^(250 2.0.0|[45])'
}
takes()
{
	validation "$@" | grep -q '^250 2.0.0'
}
refuses()
{
	validation "$@" | grep -q '^550 5.7.1'
}
expect "a validation mail alone is refused" refuses
expect "onboarding needs an end" bash -c \
	"! '$BUILD/sekisho' tenant onboard example --to it@example.co.jp \
	-c '$W/sekisho.yaml'"
expect "onboarding begins" sekisho tenant onboard example --for 30m \
	--to it@example.co.jp
expect "the validation mail gets 250" takes
expect "mail to somebody else does not" refuses x@out.example.com
expect "it is sunk" same "[]" "$(sekisho queue list --json |
	json '[m for m in d if m["subject"] == "validation"]')"
expect "mail that proves itself goes on" \
	answers "250 2.0.0" c@out.example.com during "$in2"
stop_sekisho
start_sekisho || world_end
expect "a restart does not end it" takes
expect "secrets are there again" \
	answers "250 2.0.0" c@out.example.com restarted "$in2"
expect "it is ended by hand" sekisho tenant onboard example --for 0 \
	--to it@example.co.jp
expect "and over" refuses

# ---- a reload
sed -i "s/X-Sekisho-Tenant, /X-Sekisho-Other, /" "$W/sekisho.yaml"
kill -HUP "$SEKISHO_PID"
expect "a reload asks for another header" until_ok 10 \
	answers "550 5.7.1" c@out.example.com reload "$in2"

expect "the ledger adds up" sekisho ledger
expect "the audit chain is whole" sekisho audit verify
for f in "$W/sekisho.log" "$W"/sekisho.db* "$W"/spool/*; do
	[ -f "$f" ] && cat "$f"
done >"$W/all"
expect "no secret at rest or in the log" bash -c \
	"! grep -qaE '$in1|$in2|$back' '$W/all'"
world_end
