# `sekisho doctor`: a good installation has nothing to say of, and each of many
# broken ones is told by the check that it belongs to.
. "$(dirname "$0")/../world/lib.sh"
world_begin doctor
guid=0a0b0c0d-0000-4000-8000-000000000001
DNS=$(free_port) SMTP=$(free_port) WEB=$(free_port)

# cert NAME SAN EKU DAYS: a pair of the test CA, with its chain.
cert()
{
	local d=$W/ca
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$d/$1.key" -out "$d/$1.csr" -subj "/CN=$1" 2>/dev/null
	openssl x509 -req -in "$d/$1.csr" -CA "$d/ca.pem" -CAkey "$d/ca.key" \
		-CAcreateserial -days "$4" -out "$d/$1.one" -extfile <(
			printf 'subjectAltName=%s\nextendedKeyUsage=%s\n' \
				"$2" "$3"
		) 2>/dev/null
	cat "$d/$1.one" "$d/ca.pem" >"$d/$1.pem"
}
cert good DNS:gate.example.co.jp serverAuth 60
cert named DNS:other.example.co.jp serverAuth 60
cert expired DNS:gate.example.co.jp serverAuth -1
cert back DNS:example.co.jp clientAuth 60
cert alien DNS:alien.example clientAuth 60
cert mail DNS:mail.works.example,DNS:localhost serverAuth 60
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	-keyout "$W/ca/self.key" -out "$W/ca/self.pem" -days 60 \
	-subj /CN=gate.example.co.jp \
	-addext subjectAltName=DNS:gate.example.co.jp 2>/dev/null
cp "$W/ca/mail.pem" "$W/ca/server.pem"
cp "$W/ca/mail.key" "$W/ca/server.key"
start_sink
good_sink=$SINK
cp "$W/ca/named.pem" "$W/ca/server.pem"
cp "$W/ca/named.key" "$W/ca/server.key"
/usr/bin/python3 "$ROOT/tests/world/sink.py" --port-file "$W/named.port" \
	--dir "$(mkdir -p "$W/named" && echo "$W/named")" \
	--cert "$W/ca/named.pem" --key "$W/ca/named.key" >/dev/null 2>&1 &
pids+=($!)
until_ok 10 test -s "$W/named.port"

write_config
echo 'pilot,試験,,pilot@example.co.jp,regular' |
	sed 's/^pilot/saburo@example.co.jp/' >>"$W/people.csv"
echo 'anchor.invalid. IN DS 1 13 2 0000000000000000000000000000000000000000000000000000000000000000' >"$W/anchor"
sed '/^tenants:/,$d' "$W/sekisho.yaml" |
	sed "s|^tls: .*|tls: {certificate: $W/ca/good.pem, key: {file: $W/ca/good.key}}|" >"$W/head"
{
	cat "$W/head"
	cat <<-END2
	dns: {servers: ["127.0.0.1:$DNS"], trust-anchor: $W/anchor}
	addresses: [127.0.0.1]
	tenants:
	  - tenant: example
	    kind: m365
	    domains: [example.co.jp]
	    accept: {networks: [127.0.0.0/8], tenant-id: $guid, originator-org: [example.co.jp], certificate: mail.protection.outlook.com, header: {name: X-Sekisho-Tenant, secret: tenant-in}}
	    done: {header: X-Sekisho-Done, secret: tenant-back}
	    enrolled: {group: pilot@example.co.jp}
	    deliver: {via: relay, host: localhost, port: $good_sink, tls: verified, ca: $W/ca/ca.pem, client-certificate: $W/ca/back.pem, client-key: $W/ca/back.key}
	    notices-from: sekisho@example.co.jp
	  - tenant: works
	    kind: line-works
	    domains: [works.example]
	    accept: {networks: [127.0.0.0/8]}
	    deliver: {via: direct, port: $good_sink, tls: opportunistic, ca: $W/ca/ca.pem, inside: [127.0.0.0/8]}
	    notices-from: sekisho@works.example
	policy: policy.yaml
	people: people.csv  # COMMENT
	# COMMENT on marker.taro@works.example
	END2
} >"$W/sekisho.yaml"

# zone [PYTHON]: the good zone, with a change to `z`.
zone()
{
	/usr/bin/python3 - "$W" "$1" <<-'END2'
	import json, os, sys
	w, change = sys.argv[1:]
	ms = "spf.protection.outlook.com"
	z = {"gate.example.co.jp": {"A": ["127.0.0.1"]},
	     "example.co.jp": {"TXT": ["v=spf1 include:%s -all" % ms, "other"]},
	     "_dmarc.example.co.jp": {"TXT": ["v=DMARC1; p=reject"]},
	     ms: {"TXT": ["v=spf1 ip4:40.92.0.0/15 ip6:2a01:111:f400::/48 -all"]},
	     "works.example": {"MX": [[10, "mail.works.example"]],
	                       "TXT": ["v=spf1 ip4:127.0.0.1 mx ~all"]},
	     "mail.works.example": {"A": ["127.0.0.1"]},
	     "_dmarc.works.example": {"TXT": ["v=DMARC1;p=none"]}}
	try:
	    keys = json.load(open(os.path.join(w, "dkim.json")))
	except FileNotFoundError:
	    keys = []
	for k in keys:
	    z[k["name"].rstrip(".").lower()] = {"TXT": [k["value"]]}
	dkim = keys[0]["name"].rstrip(".").lower() if keys else None
	exec(change)
	json.dump(z, open(os.path.join(w, "zone.new"), "w"))
	os.rename(os.path.join(w, "zone.new"), os.path.join(w, "zone.json"))
	END2
}
zone
/usr/bin/python3 "$ROOT/tests/world/names_of.py" "$DNS" "$W/zone.json" \
	>"$W/dns.log" 2>&1 &
pids+=($!)
start_sekisho || world_end
secret=$(sekisho secret rotate tenant-in --print-new)
sekisho secret rotate tenant-back >/dev/null
expect "a DKIM key is made" sekisho dkim new --ed25519 works.example
expect "and used" sekisho dkim use works.example
sekisho dkim list --json >"$W/dkim.json"
zone

# doctor [CONFIG]: its lines into $W/lines.json; its code into $code.
doctor()
{
	"$BUILD/sekisho" doctor -c "${1:-$W/sekisho.yaml}" --json \
		>"$W/lines.json" 2>"$W/doctor.err"
	code=$?
}
# said CHECK LEVEL WORD: such a line was among them.
said()
{
	/usr/bin/python3 - "$W/lines.json" "$@" <<-'END2'
	import json, sys
	path, check, level, word = sys.argv[1:]
	lines = json.load(open(path))["lines"]
	for l in lines:
	    if l["check"] == check and l["level"] == level and \
	       word in l["found"]["en"]:
	        do = l.get("do", {"en": level == "ok", "ja": level == "ok"})
	        sys.exit(not (do["en"] and do["ja"] and l["found"]["ja"]))
	print(*["%(level)s %(check)s %(tenant)s: " % l + l["found"]["en"]
	        for l in lines if l["level"] != "ok"], sep="\n")
	sys.exit(1)
	END2
}
# told WHAT CHECK LEVEL WORD: the installation as it is now, or $W/v.yaml.
told()
{
	doctor "${config-}"
	expect "$1" said "$2" "$3" "$4"
	case $3 in
	bad) expect "$1: code 2" test "$code" = 2 ;;
	warning) expect "$1: code" test "$code" = 1 -o "$code" = 2 ;;
	esac
}
# variant SED WHAT CHECK LEVEL WORD: with settings changed by a sed script.
variant()
{
	sed "$1" "$W/sekisho.yaml" >"$W/v.yaml"
	if cmp -s "$W/v.yaml" "$W/sekisho.yaml"; then
		fail "$2: the settings are not changed"
		return
	fi
	shift
	config=$W/v.yaml told "$@"
}
# named_zone PYTHON WHAT CHECK LEVEL WORD
named_zone()
{
	zone "$1"
	shift
	told "$@"
	zone
}
# Nothing but these is worse than a note: what this machine is like.
nothing_wrong()
{
	doctor
	/usr/bin/python3 - "$W/lines.json" <<-'END2'
	import json, sys
	lines = json.load(open(sys.argv[1]))["lines"]
	bad = [l for l in lines if l["level"] in ("warning", "bad") and
	       l["check"] not in ("clock", "disk") and
	       not l["found"]["en"].startswith(("the inspector's sandbox",
	                                        "answers of the DNS"))]
	print(*["%(level)s %(check)s %(tenant)s: " % l + l["found"]["en"]
	        for l in bad], sep="\n")
	sys.exit(bool(bad))
	END2
}

expect "a good installation is well" nothing_wrong

# ---- the engine

variant 's|^control: .*|control: /nonexistent/control|' \
	"engine down" engine bad "no answer"
cp "$W/policy.yaml" "$W/policy.good"
echo 'rules: [' >>"$W/policy.yaml"
told "policy file broken" engine bad "not valid"
sed 's/rules: \[\]/rules: [{rule: r, title: {ja: あ, en: a}, when: {subject: {words: [x]}}, do: {hold: {for: 1h, then: send}}}]/' \
	"$W/policy.good" >"$W/policy.yaml"
told "policy not applied" engine warning "differs from version 1"
cp "$W/policy.good" "$W/policy.yaml"
sekisho mode hold --for 10m --reason test >/dev/null
expect "the mode tells its end, and whose it is" \
	grep -qE '^hold until 20.*, by .+: test$' <<<"$(sekisho mode)"
told "mode not normal" engine warning "mode hold"
sekisho mode normal --reason test >/dev/null

# ---- files

variant "s|^store: .*|store: sqlite:$W/gone/sekisho.db|" \
	"store gone" store bad "cannot open the store"
variant "s|^spool: .*|spool: $W/gone|" "spool gone" disk bad "spool"
variant "s|^master-key: .*|master-key: $W/gone.key|" \
	"master key missing" keys bad "is not there"
chmod 644 "$W/master.key"
told "master key for everybody" keys bad "mode 644"
chmod 600 "$W/master.key"

# ---- certificates

use="s|good.pem, key: {file: $W/ca/good.key|"
variant "${use}expired.pem, key: {file: $W/ca/expired.key|" \
	"certificate expired" certificates bad "outside its dates"
variant "${use}named.pem, key: {file: $W/ca/named.key|" \
	"certificate of another name" certificates bad \
	"does not name gate.example.co.jp"
variant "${use}good.pem, key: {file: $W/ca/named.key|" \
	"key of another certificate" certificates bad "another one's"
variant "${use}self.pem, key: {file: $W/ca/self.key|" \
	"certificate of nobody" certificates warning "self-signed"
variant "${use}good.one, key: {file: $W/ca/good.key|" \
	"certificate without its chain" certificates warning "no intermediate"
variant "${use}back.pem, key: {file: $W/ca/back.key|" \
	"certificate not for servers" certificates bad "not for servers"
variant 's|/back\.|/alien.|g' "client certificate without the tenant's name" \
	client-certificate warning "is a domain of this tenant"
variant "s|back.pem, client-key: $W/ca/back.key|good.pem, client-key: $W/ca/good.key|" \
	"client certificate not for clients" client-certificate warning \
	"no clientAuth"
variant 's|, client-certificate: .*}|}|' "no client certificate" \
	client-certificate bad "no certificate for Exchange"

# ---- a tenant's proofs and people

variant '/^    done: /d' "done header missing" proofs bad "no done header"
variant 's|, header: {name: X-Sekisho-Tenant, secret: tenant-in}||' \
	"no secret header" proofs warning "secret header"
variant 's|pilot@example|none@example|' "enrolled group empty" people bad \
	"nobody is in the group"

# ---- the DNS

named_zone 'del z["gate.example.co.jp"]' "hostname without address" host bad \
	"has no address"
named_zone 'z["gate.example.co.jp"]["A"] = ["192.0.2.1"]' \
	"hostname points elsewhere" host warning "an address of ours"
named_zone 'del z["example.co.jp"]' "SPF missing" spf bad "has 0 SPF records"
named_zone 'z["example.co.jp"]["TXT"].append("v=spf1 -all")' \
	"two SPF records" spf bad "has 2 SPF records"
named_zone 'z["example.co.jp"]["TXT"] = ["v=spf1 ip4:192.0.2.1 -all"]' \
	"SPF without the cloud" spf bad "no include:$(echo spf.protection.outlook.com)"
named_zone 'z["works.example"]["TXT"] = ["v=spf1 ip4:192.0.2.1 -all"]' \
	"SPF without the gate" spf bad "no ip4/ip6"
named_zone 'z["example.co.jp"]["TXT"] = ["v=spf1 " + "".join("a:h%d.example.co.jp " % i for i in range(10)) + "include:" + ms + " -all"]' \
	"SPF with eleven look-ups" spf bad "more than 10 look-ups"
named_zone 'z["example.co.jp"]["TXT"] = ["v=spf1 include:example.co.jp -all"]' \
	"SPF in a circle" spf bad "more than 10 look-ups"
named_zone 'z["example.co.jp"]["TXT"] = ["v=spf1 include:none.example -all"]' \
	"SPF includes nothing" spf bad "is broken"
named_zone 'z["example.co.jp"]["TXT"] = ["v=spf1 include:%s +all" % ms]' \
	"SPF lets everybody" spf bad "+all"
named_zone 'z["example.co.jp"]["TXT"] = ["v=spf1 include:%s include:other.example -all" % ms]; z["other.example"] = {"TXT": ["v=spf1 -all"]}' \
	"a way round the gate" round note "other.example"
named_zone 'del z["_dmarc.example.co.jp"]' "DMARC missing" dmarc warning \
	"has no DMARC"
named_zone 'z["_dmarc.co.jp"] = z.pop("_dmarc.example.co.jp")' \
	"DMARC of the parent" dmarc ok "has DMARC"
named_zone 'del z[dkim]' "DKIM record missing" dkim bad "no DKIM record"
named_zone 'z[dkim] = {"TXT": ["v=DKIM1; k=ed25519; p=" + "A" * 43 + "="]}' \
	"DKIM record of another key" dkim bad "not of the key that signs"

# ---- the next hop

variant "s|host: localhost, port: $good_sink|host: localhost, port: $(free_port)|" \
	"relay down" way bad "cannot be reached"
variant "s|host: localhost, port: $good_sink|host: localhost, port: $(cat "$W/named.port")|" \
	"relay of another name" way bad "no TLS with"
variant "s|via: direct, port: $good_sink|via: direct, port: $(free_port)|" \
	"port 25 closed" way bad "cannot be reached"
variant 's|, inside: .127.0.0.0/8.||' "mail hosts at private addresses" \
	way bad "at private addresses"
echo '{"lack": ["STARTTLS"]}' >"$W/sink/script.json"
told "relay without STARTTLS" way bad "no TLS with"
told "mail hosts without STARTTLS" way warning "no TLS"
echo '{"banner": "554 5.7.1 you are not known here"}' >"$W/sink/script.json"
told "relay refuses us" way bad "not known here"
echo '{"rcpt": "550 5.7.64 TenantAttribution; relay access denied"}' >"$W/sink/script.json"
told "relay takes no mail of ours" way bad "relay access denied"
echo '{"mail": "451 4.7.500 server busy"}' >"$W/sink/script.json"
told "relay takes no mail now" way warning "server busy"
echo '{}' >"$W/sink/script.json"

# ---- what only the running engine knows

cp "$W/sekisho.yaml" "$W/good.yaml"
reload()
{
	cp "$1" "$W/sekisho.yaml"
	kill -HUP "$SEKISHO_PID"
}
now_told()
{
	doctor
	said "$@"
}
sed "s|secret: tenant-in|secret: tenant-new|; s|networks: \[127.0.0.0/8\], tenant|networks: published, tenant|; s|^dns: |ranges: {m365: \"https://localhost:$(free_port)/\"}\n&|" \
	"$W/good.yaml" >"$W/v.yaml"
reload "$W/v.yaml"
expect "secret header not set" until_ok 20 now_told secrets bad tenant-new
expect "ranges never fetched" now_told ranges bad "never fetched"
reload "$W/good.yaml"

expect "mended, it is well again" until_ok 20 nothing_wrong

# ---- a report for strangers

expect "a mail of a person" send --tls --from marker.taro@works.example \
	--to marker.jiro@works.example --header "Subject: MARKERSUBJECT" \
	--body MARKERBODY
expect "it leaves" until_ok 20 nothing_open
expect "a report" sekisho doctor --bundle "$W/bundle"
expect "for its owner alone" test "$(stat -c %a "$W/bundle")" = 600
expect "never over another file" bash -c \
	"! '$BUILD/sekisho' doctor --bundle '$W/bundle' -c '$W/sekisho.yaml'"
for word in 'linked libssl' 'kernel Linux' '== settings' 'kind: line-works' \
	'sekisho_accepted_total 1' 'notices-from: \*\*\*@works.example' \
	'== last alarms' 'accepted [1-9]' 'secret: tenant-in' 'ok .* spf'; do
	expect "the report has: $word" grep -q -- "$word" "$W/bundle"
done
[ -n "$secret" ] || fail "a secret to look for"
for word in MARKER marker "$secret" COMMENT sekisho@ it@ 山田 taro saburo; do
	expect "the report has no: $word" bash -c "! grep -q -- '$word' '$W/bundle'"
done

sekisho doctor --offline >"$W/text"
expect "without the network it says so" grep -q "nothing was asked" "$W/text"
world_end
