# clouds.sh - a gate between two clouds, an office and their customers, all on
# loopback (tests/world/clouds); sourced instead of lib.sh.
#
#   clouds_begin NAME       world_begin, and the clouds: folder $C
#   gate_config [LINE...]   $W/sekisho.yaml for all six tenants; lines: more
#                           settings of the general part
#   start_gate              the daemon, once it knows the published ranges
#   cloud JSON              one request (clouds.py); its answer
#   ready_look WHAT EXPR    expect, within a while, that EXPR (look.py) is true
#   look EXPR               that value, now
#   mail_of TENANT JSON     submit: taro@TENANT.example to x@customer.example
#                           and what the object says otherwise; false unless
#                           every recipient is taken; $W/answers.json
#   mails_of [[TENANT, JSON]...]   the same for many at once
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
CLOUDS=$ROOT/tests/world/clouds
export PYTHONDONTWRITEBYTECODE=1

clouds_begin()
{
	world_begin "$1"
	C=$W/clouds
	mkdir -p "$C"
	free_ports 8
	/usr/bin/python3 "$CLOUDS/setup.py" "$C" "${ports[@]}" || exit 70
	clouds_start
}

# PORTS: that many, all different.
free_ports()
{
	local port
	ports=()
	while [ "${#ports[@]}" -lt "$1" ]; do
		port=$(free_port)
		case " ${ports[*]} " in *" $port "*) continue ;; esac
		ports+=("$port")
	done
}

clouds_start()
{
	. "$C/gate.env"
	SMTP=$PORT_SMTP WEB=$PORT_WEB
	/usr/bin/python3 "$CLOUDS/clouds.py" run "$C" >"$C/log" 2>&1 &
	pids+=($!)
	until_ok 20 test -s "$C/ready" && return
	cat "$C/log"
	exit 70
}

cloud()
{
	/usr/bin/python3 "$CLOUDS/clouds.py" ask "$C" "$1"
}

look()
{
	/usr/bin/python3 "$CLOUDS/clouds.py" look "$C" "$1"
}

quietly()
{
	"$@" >/dev/null 2>&1
}

ready_look()
{
	until_ok "${WITHIN:-30}" quietly look "$2"
	expect "$1" look "$2"
}

mail_of()
{
	mails_of "[[\"$1\", ${2:-{\}}]]"
}

mails_of()
{
	/usr/bin/python3 -c '
import json, sys
print(json.dumps({"op": "all", "all": [
    {"op": "submit", "tenant": t, "from": "taro@%s.example" % t,
     "to": ["x@customer.example"]} | q for t, q in json.loads(sys.argv[1])]}))' \
		"$1" | cloud - >"$W/answers.json" &&
		/usr/bin/python3 -c '
import json, sys
got = json.load(open(sys.argv[1]))
bad = [a for a in got if "error" in a or any(v[0] != 250 for v in a.values())]
print(*bad, sep="\n")
sys.exit(bool(bad))' "$W/answers.json"
}

gate_config()
{
	local t tenants
	tenants=$(sed -n 's/^  - tenant: //p' "$C/tenants.yaml")
	# No trust anchor above our zones: they count as unsigned.
	echo 'anchor.invalid. IN DS 1 13 2 0000000000000000000000000000000000000000000000000000000000000000' >"$W/anchor"
	[ -f "$W/policy.yaml" ] || {
		printf '%s\n' 'sekisho: 1' 'domains:' '  internal:'
		for t in $tenants; do
			printf '    - %s.example\n' "$t"
		done
		printf '%s\n' 'rules:' '  - rule: hold' \
			'    title: {ja: 保留, en: Hold}' \
			'    when: {subject: {words: [検問]}}' \
			'    do: {hold: {for: 60m, then: send}}'
	} >"$W/policy.yaml"
	{
		echo 'address,name,manager,groups,employment'
		for t in $tenants; do
			echo "taro@$t.example,太郎,,,regular"
		done
	} >"$W/people.csv"
	cat >"$W/sekisho.yaml" <<-END2
	sekisho: 1
	hostname: gate.example.co.jp
	public-url: http://127.0.0.1:$WEB/
	timezone: Asia/Tokyo
	language: ja
	admins: [it@$(echo $tenants | sed 's/ .*//').example]
	store: sqlite:$W/sekisho.db
	spool: $W/spool
	master-key: $W/master.key
	listen:
	  smtp: ["127.0.0.1:$SMTP"]
	  web-plain: ["127.0.0.1:$WEB"]
	control: $W/control.sock
	tls: {certificate: $C/certs/gate.pem, key: {file: $C/certs/gate.key}}
	dns: {servers: ["127.0.0.1:$PORT_DNS"], trust-anchor: $W/anchor}
	${PORT_ENDPOINTS:+ranges: {m365: "https://localhost:$PORT_ENDPOINTS/endpoints/worldwide", google: _spf.google.com, ca: $C/certs/ca.pem\}}
	policy: policy.yaml
	people: people.csv
	END2
	printf '%s\n' "$@" >>"$W/sekisho.yaml"
	cat "$C/tenants.yaml" >>"$W/sekisho.yaml"
}

# The clouds' client certificates are of the test CA: it is the system's here.
start_gate()
{
	SSL_CERT_FILE=$C/certs/ca.pem start_sekisho
}
