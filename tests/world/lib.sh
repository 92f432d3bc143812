# lib.sh - a small world on loopback for tests of the whole daemon; sourced.
#
#   world_begin NAME        scratch folder $W, test CA; everything ends on exit
#   start_relay [K=V...]    private Postfix: port $RELAY, copies in $W/relay/mail
#   start_sink [JSON]       scripted server: port $SINK, kept in $W/sink
#   start_sekisho           writes $W/sekisho.yaml unless it exists; $SMTP, $WEB
#   send ARG...             swaks to Sekisho; a failure is a failed test
#   expect WHAT COMMAND...  one named check
#   until_ok SECONDS CMD... repeat a command until it succeeds
#   copies TO [SUBJECT]     names of the copies delivered to an address
#   world_end               prints "NAME: N passed, N failed", sets the status
#
# Ports are looked for between 20000 and 29999, below the kernel's own range.
# Only processes that were started here are ended, by their id.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=$ROOT/${SEKISHO_BUILD:-build}
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C.UTF-8
passed=0 failed=0
pids=()

world_begin()
{
	NAME=$1
	W=$(mktemp -d "${TMPDIR:-/tmp}/sekisho-$NAME.XXXXXX")
	chmod 755 "$W"
	cd "$ROOT" || exit 70
	trap world_clear EXIT
	trap 'exit 130' INT TERM
	make_ca
}

world_clear()
{
	local status=$?
	stop_sekisho
	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null
	done
	wait 2>/dev/null
	for d in "$W"/*/queue/pid; do
		[ -d "$d" ] && sudo_if_needed "$ROOT/scripts/private-postfix" \
			stop "${d%/queue/pid}"
	done
	if [ -n "${KEEP-}" ]; then
		echo "kept: $W"
	else
		sudo_if_needed rm -rf "$W"
	fi
	exit "$status"
}

world_end()
{
	if [ "$failed" != 0 ] && [ -s "$W/sekisho.log" ]; then
		echo "--- the end of the daemon's log"
		tail -n 30 "$W/sekisho.log"
	fi
	echo "$NAME: $passed passed, $failed failed"
	[ "$failed" = 0 ]
	exit
}

sudo_if_needed()
{
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo -n "$@"
	fi
}

pass()
{
	passed=$((passed + 1))
	[ -z "${VERBOSE-}" ] || echo "  ok: $*"
}

fail()
{
	failed=$((failed + 1))
	echo "  FAILED: $*"
}

expect()
{
	local what=$1 out
	shift
	if out=$("$@" 2>&1); then
		pass "$what"
	else
		fail "$what"
		printf '%s\n' "$out" | tail -n 12 | sed 's/^/    /'
		return 1
	fi
}

until_ok()
{
	local end=$((SECONDS + $1))
	shift
	while ! "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

# The run-time library of a sanitizer that the build has, or nothing: such a
# build takes memory of its own, and that library comes first of all.
sanitizer()
{
	ldd "$BUILD/sekisho" | awk '/lib[at]san/ {print $3}'
}

free_port()
{
	local p
	while :; do
		p=$((20000 + RANDOM % 10000))
		(exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || break
	done
	echo "$p"
}

# One CA, a server certificate for localhost and every test host name, and a
# client certificate.
make_ca()
{
	local d=$W/ca
	mkdir -p "$d"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$d/ca.key" -out "$d/ca.pem" -subj "/CN=test CA" \
		-days 30 2>/dev/null
	for n in server client; do
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
			-keyout "$d/$n.key" -out "$d/$n.csr" \
			-subj "/CN=$n.example.co.jp" 2>/dev/null
		openssl x509 -req -in "$d/$n.csr" -CA "$d/ca.pem" \
			-CAkey "$d/ca.key" -CAcreateserial -days 30 \
			-out "$d/$n.pem" -extfile <(printf '%s' \
			"subjectAltName=DNS:localhost,DNS:gate.example.co.jp,DNS:relay.example.co.jp,IP:127.0.0.1") \
			2>/dev/null
	done
	chmod 644 "$d"/*.pem
	chmod 600 "$d"/*.key
}

start_relay()
{
	RELAY=$(free_port)
	sudo_if_needed "$ROOT/scripts/private-postfix" "$W/relay" "$RELAY" \
		"smtpd_tls_security_level=may" \
		"smtpd_tls_cert_file=$W/ca/server.pem" \
		"smtpd_tls_key_file=$W/ca/server.key" "$@" || exit 1
}

start_sink()
{
	rm -f "$W/sink.port"
	/usr/bin/python3 "$ROOT/tests/world/sink.py" --port-file "$W/sink.port" \
		--dir "$W/sink" --script "${1-}" --cert "$W/ca/server.pem" \
		--key "$W/ca/server.key" --client-ca "$W/ca/ca.pem" \
		>"$W/sink.log" 2>&1 &
	pids+=($!)
	until_ok 10 test -s "$W/sink.port" || exit 1
	SINK=$(cat "$W/sink.port")
}

# A Postfix that hands everything to Sekisho, as an office server would.
start_client_mta()
{
	CLIENT_MTA=$(free_port)
	sudo_if_needed "$ROOT/scripts/private-postfix" "$W/client" "$CLIENT_MTA" \
		"myhostname=office.example.co.jp" \
		"relayhost=[127.0.0.1]:$SMTP" "virtual_mailbox_domains=" \
		"smtp_tls_security_level=${1:-encrypt}" || exit 1
}

# Files that a test did not write itself.  What a test wants otherwise:
# TENANT_TLS (required by accept), DELIVER (port), LIMITS and EXTRA lines.
write_config()
{
	[ -f "$W/policy.yaml" ] || printf '%s\n' 'sekisho: 1' 'domains:' \
		'  internal: [example.co.jp]' 'rules: []' >"$W/policy.yaml"
	[ -f "$W/people.csv" ] || printf '%s\n' \
		'address,name,manager,groups,employment' \
		'taro.yamada@example.co.jp,山田太郎,hanako.suzuki@example.co.jp,sales,regular' \
		'hanako.suzuki@example.co.jp,鈴木花子,,sales managers,regular' \
		>"$W/people.csv"
	cat >"$W/sekisho.yaml" <<END
sekisho: 1
hostname: gate.example.co.jp
public-url: http://127.0.0.1:$WEB/
timezone: Asia/Tokyo
language: ja
admins: [it@example.co.jp]
store: sqlite:$W/sekisho.db
spool: $W/spool
master-key: $W/master.key
listen:
  smtp: ["127.0.0.1:$SMTP"]
  web-plain: ["127.0.0.1:$WEB"]
control: $W/control.sock
tls: {certificate: $W/ca/server.pem, key: {file: $W/ca/server.key}}
${EXTRA-}
tenants:
  - tenant: example
    kind: smtp
    domains: [example.co.jp]
    accept: {networks: [127.0.0.0/8], require-tls: ${TENANT_TLS:-false}}
    deliver: {via: relay, host: ${DELIVER_HOST:-localhost}, port: ${DELIVER:-$RELAY}, tls: ${DELIVER_TLS:-verified}, ca: $W/ca/ca.pem}
    notices-from: sekisho@example.co.jp
policy: policy.yaml
people: people.csv
END
}

# Starts the daemon again with the same files and ports when called twice.
start_sekisho()
{
	: "${SMTP:=$(free_port)}" "${WEB:=$(free_port)}"
	[ -f "$W/sekisho.yaml" ] || write_config
	"${WRAP[@]}" "$BUILD/sekisho" serve -c "$W/sekisho.yaml" \
		>>"$W/sekisho.log" 2>&1 &
	SEKISHO_PID=$!
	if ! until_ok "${READY_WITHIN:-20}" ready_or_dead; then
		fail "sekisho serve is ready"
		tail -n 20 "$W/sekisho.log"
		return 1
	fi
	kill -0 "$SEKISHO_PID" 2>/dev/null && return 0
	[ -n "${MAY_FAIL-}" ] && return 1
	fail "sekisho serve is ready"
	tail -n 20 "$W/sekisho.log"
	return 1
}

ready_or_dead()
{
	kill -0 "$SEKISHO_PID" 2>/dev/null || return 0
	curl -fsS -o /dev/null -m 2 "http://127.0.0.1:$WEB/readyz" 2>/dev/null
}

stop_sekisho()
{
	local tree pid
	[ -n "${SEKISHO_PID-}" ] || return 0
	tree=$(process_tree "$SEKISHO_PID")
	kill "$SEKISHO_PID" 2>/dev/null
	for _ in $(seq 100); do
		kill -0 "$SEKISHO_PID" 2>/dev/null || break
		sleep 0.1
	done
	for pid in $tree; do
		kill -9 "$pid" 2>/dev/null
	done
	wait "$SEKISHO_PID" 2>/dev/null
	SEKISHO_PID=
	return 0
}

# kill -9 for the daemon and all below it; returns when they are gone, and
# with them their listening sockets.
kill_sekisho()
{
	local pid tree
	tree=$(process_tree "$SEKISHO_PID")
	for pid in $tree; do
		kill -9 "$pid" 2>/dev/null
	done
	wait "$SEKISHO_PID" 2>/dev/null
	for pid in $tree; do
		until_ok 5 not_running "$pid"
	done
}

not_running()
{
	# Where process 1 does not collect orphans they stay as zombies.
	case $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) in
	'' | Z*) return 0 ;;
	*) return 1 ;;
	esac
}

# A process and all below it, the parents first.
process_tree()
{
	local child
	echo "$1"
	for child in $(pgrep -P "$1"); do
		process_tree "$child"
	done
}

sekisho()
{
	"$BUILD/sekisho" "$@" -c "$W/sekisho.yaml"
}

# The value of a python expression over the JSON of a command: `json "expr"`.
json()
{
	/usr/bin/python3 -c 'import json, sys
d = json.load(sys.stdin)
v = eval(sys.argv[1], {"d": d})
print(v if isinstance(v, str) else json.dumps(v, ensure_ascii=False))' "$1"
}

send()
{
	swaks --server "127.0.0.1:$SMTP" --ehlo office.example.co.jp \
		--hide-all --suppress-data "$@" >"$W/swaks.out" 2>&1
}

# A file as swaks shall take it: swaks ends the last line itself.
swaks_data()
{
	head -c -1 "$1" >"$1.swaks"
	echo "@$1.swaks"
}

# The reply to the step that ended a transaction, as swaks saw it.
send_reply()
{
	swaks --server "127.0.0.1:$SMTP" --ehlo office.example.co.jp "$@" \
		2>&1 | grep -E '^<(-|\*\*)' | sed 's/^<[-*]* *//'
}

# Copies that reached the relay: recipient, and a text of the subject or body.
copies()
{
	sudo_if_needed /usr/bin/python3 "$ROOT/tests/world/mail.py" find \
		"$W/relay/mail/new" "$@"
}

arrived()
{
	[ -n "$(copies "$@")" ]
}

show()
{
	sudo_if_needed /usr/bin/python3 "$ROOT/tests/world/mail.py" text "$1"
}

# The copy equals what was sent but for trace fields: ORIGINAL COPY.
same_mail()
{
	sudo_if_needed /usr/bin/python3 "$ROOT/tests/world/mail.py" same "$1" "$2"
}

ledger_whole()
{
	sekisho ledger --json >"$W/ledger.json" || return 1
	json 'd["unexplained"] == [] and d["accepted"] == d["open"] + sum(d["ends"].values())' \
		<"$W/ledger.json" | grep -qx true
}

nothing_open()
{
	[ "$(sekisho ledger --json | json 'd["open"]')" = 0 ]
}
