# Starting and stopping: a missing key, bad files, a kill, a second start.
. "$(dirname "$0")/../world/lib.sh"
world_begin start
start_relay
start_sekisho || world_end
from=taro.yamada@example.co.jp
send --from $from --to one@customer.example.com
until_ok 10 arrived one@customer.example.com

expect "health answers" curl -fsS "http://127.0.0.1:$WEB/healthz"
expect "metrics answer" bash -c \
	"curl -fsS http://127.0.0.1:$WEB/metrics | grep -q ."
expect "a second daemon on the same store stops" bash -c \
	"timeout 10 '$BUILD/sekisho' serve -c '$W/sekisho.yaml'; s=\$?; test \$s != 0 -a \$s != 124"
expect "and the first still answers" curl -fsS "http://127.0.0.1:$WEB/readyz"

# What reads mail is in the sandboxed program alone.
expect "the engine has no library that reads documents or patterns" bash -c \
	"ldd '$BUILD/sekisho' >'$W/libs' &&
		! grep -E 'lib(gmime|icu|xml2|zip|archive|hs|mecab)' '$W/libs'"
expect "the inspector has" bash -c \
	"ldd '$BUILD/sekisho-inspector' | grep -q libhs"

status_of()
{
	awk -v k="$2:" '$1 == k { print $2 }' "/proc/$1/status"
}
for pid in $(process_tree "$SEKISHO_PID" | tail -n +2); do
	what=$(tr '\0' ' ' <"/proc/$pid/cmdline")
	expect "no new privileges: $what" \
		test "$(status_of "$pid" NoNewPrivs)" = 1
	case $what in
	*inspector*) [ "$(status_of "$pid" Seccomp)" = 2 ] &&
		filtered=$((${filtered-0} + 1)) ;;
	esac
done
expect "the inspector's children are filtered" test "${filtered-0}" -ge 2

# Each process is killed in turn; the daemon heals itself.
for pid in $(process_tree "$SEKISHO_PID" | tail -n +2); do
	[ -d "/proc/$pid" ] || continue
	what=$(tr '\0' ' ' <"/proc/$pid/cmdline")
	kill -9 "$pid"
	sleep 0.3
	expect "ready again after kill -9 of $what" until_ok 15 \
		curl -fsS -o /dev/null "http://127.0.0.1:$WEB/readyz"
	n=$((${n-0} + 1))
	until_ok 10 send --from $from --to "k$n@customer.example.com"
	expect "and carries mail" until_ok 15 arrived "k$n@customer.example.com"
done

kill_sekisho
start_sekisho
send --from $from --to again@customer.example.com
expect "all killed at once: starts again and carries mail" \
	until_ok 10 arrived again@customer.example.com
expect "the ledger is whole" ledger_whole

stop_sekisho
mv "$W/master.key" "$W/master.key.away"
timeout 10 "$BUILD/sekisho" serve -c "$W/sekisho.yaml" >"$W/nokey.log" 2>&1
status=$?
expect "a missing key stops the start" test "$status" != 0 -a "$status" != 124
expect "one line names the file" grep -q "master.key" "$W/nokey.log"
expect "no other key was made" test ! -e "$W/master.key"
head -c 32 /dev/urandom >"$W/master.key"
chmod 600 "$W/master.key"
timeout 10 "$BUILD/sekisho" serve -c "$W/sekisho.yaml" >"$W/wrongkey.log" 2>&1
status=$?
expect "another key stops the start" test "$status" != 0 -a "$status" != 124
mv "$W/master.key.away" "$W/master.key"
start_sekisho
expect "the right key starts it" curl -fsS "http://127.0.0.1:$WEB/readyz"
stop_sekisho

# The key of the listeners in the three forms of a secret.
shown()
{
	local cn=$1
	shift
	openssl s_client -starttls smtp -connect "127.0.0.1:$SMTP" "$@" \
		</dev/null 2>/dev/null | openssl x509 -noout -subject |
		grep -q "CN = $cn"
}
key_is()
{
	sed -i "s|^tls:.*|tls: {certificate: $W/ca/$1.pem, key: {$2}}|" \
		"$W/sekisho.yaml"
}
start_sekisho
expect "the key comes from a file" shown server
expect "secret set takes a key" sekisho secret set gate-key <"$W/ca/client.key"
key_is client "secret: gate-key"
kill -HUP "$SEKISHO_PID"
expect "SIGHUP takes the key from the store" until_ok 10 shown client
expect "a key that does not fit is kept" \
	sekisho secret set gate-key <"$W/ca/server.key"
until_ok 10 grep -q certificate-kept-old "$W/sekisho.log"
expect "and not used" shown client
expect "one that fits" sekisho secret set gate-key <"$W/ca/client.key"
stop_sekisho
start_sekisho
expect "a start takes it, too" shown client

# A tenant's key of the store is read again when it is set, and only then.
cp "$W/sekisho.yaml" "$W/general.yaml"
key_is server "file: $W/ca/server.key"
sed -i "s|^    kind: smtp|&\n    hostname: smtp.tenant.test\n    tls: {certificate: $W/ca/client.pem, key: {secret: gate-key}}|" \
	"$W/sekisho.yaml"
expect "the configuration has a tenant's key" \
	grep -q 'hostname: smtp.tenant.test' "$W/sekisho.yaml"
kill -HUP "$SEKISHO_PID"
expect "a tenant's key from the store" \
	until_ok 10 shown client -servername smtp.tenant.test
expect "beside the general one" shown server
taken()
{
	test "$(grep -c "$1" "$W/sekisho.log")" -ge "$2"
}
before=$(grep -c certificate-kept-old "$W/sekisho.log")
expect "another key is set" sekisho secret set gate-key <"$W/ca/server.key"
expect "it is looked at, and does not fit" until_ok 10 taken \
	certificate-kept-old $((before + 1))
before=$(grep -c certificate-taken "$W/sekisho.log")
expect "no change of a key" sekisho tenant onboard example --to a@example.co.jp \
	--for 1m
expect "the fitting key is set" sekisho secret set gate-key <"$W/ca/client.key"
expect "it is taken" until_ok 10 taken certificate-taken $((before + 1))
expect "once" test "$(grep -c certificate-taken "$W/sekisho.log")" = $((before + 1))
cp "$W/general.yaml" "$W/sekisho.yaml"
stop_sekisho
mkdir "$W/credentials"
cp "$W/ca/server.key" "$W/credentials/gate"
key_is server "credential: gate"
CREDENTIALS_DIRECTORY=$W/credentials start_sekisho
expect "the key comes from systemd's credentials" shown server
stop_sekisho
key_is server "secret: unset"
timeout 30 "$BUILD/sekisho" serve -c "$W/sekisho.yaml" >"$W/unset.log" 2>&1
expect "a secret that is not set is 78" test $? = 78
expect "and is named" grep -q 'secret unset is not set: sekisho secret set' \
	"$W/unset.log"
key_is server "file: $W/ca/server.key"

cp "$W/sekisho.yaml" "$W/bad.yaml"
printf '%s\n' 'sekisho: 1' 'rules: [{rule: a, do: {holdd: {}}}]' >"$W/bad-policy.yaml"
sed -i 's/^hostname:/hostnme:/; s/^language: ja/language: xx/
	s|^policy:.*|policy: bad-policy.yaml|' "$W/bad.yaml"
"$BUILD/sekisho" check -c "$W/bad.yaml" >"$W/check.out" 2>&1
expect "a bad configuration is 78" test $? = 78
expect "both errors are told with their lines" bash -c \
	"grep -q 'bad.yaml:2:' '$W/check.out' && grep -q 'bad.yaml:5:' '$W/check.out'"
expect "and those of its policy" grep -q 'bad-policy.yaml:2:.*`hold`' "$W/check.out"
expect "the nearest key is told" grep -q 'hostname' "$W/check.out"
sed "s|^policy:.*|policy: bad-policy.yaml|; s|^store:.*|store: 'memory:'|" "$W/sekisho.yaml" >"$W/worse.yaml"
timeout 30 "$BUILD/sekisho" serve -c "$W/worse.yaml" >"$W/worse.log" 2>&1
expect "a bad policy stops the start with 78" test $? = 78
expect "and is told once" test "$(grep -c 'bad-policy.yaml:2:' "$W/worse.log")" = 1
expect "--help helps" bash -c "'$BUILD/sekisho' --help | grep -q serve"
expect "help helps behind an option" bash -c \
	"'$BUILD/sekisho' --json help | grep -q serve"
"$BUILD/sekisho" nonsense >/dev/null 2>&1
expect "an unknown command is 64" test $? = 64
expect "version answers" "$BUILD/sekisho" version
expect "the engine is not linked with what reads documents" bash -c \
	"! ldd '$BUILD/sekisho' | grep -E 'gmime|icu|glib'"
world_end
