# People hand in mail by login: users file, the tenant's own server, tokens;
# certificates by SNI; nothing of a login is left anywhere.
. "$(dirname "$0")/../world/lib.sh"
world_begin submission
start_sink
SMTP=$(free_port) WEB=$(free_port) SUB=$(free_port) SUBS=$(free_port)
KEYS=$(free_port)
DELIVER=$SINK DELIVER_TLS=none
PASSWORD=marker-Passwort-4711
WRONG=marker-wrong-0815

# A second tenant with an entry name and a certificate of its own.
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	-keyout "$W/ca/second.key" -out "$W/ca/second.csr" \
	-subj "/CN=smtp.second.test" 2>/dev/null
second_certificate()
{
	openssl x509 -req -in "$W/ca/second.csr" -CA "$W/ca/ca.pem" \
		-CAkey "$W/ca/ca.key" -CAcreateserial -days "$1" \
		-out "$W/ca/second.new" \
		-extfile <(echo subjectAltName=DNS:smtp.second.test) \
		2>/dev/null && mv "$W/ca/second.new" "$W/ca/second.pem"
}
second_certificate 30

user_line()
{
	printf '%s' "$PASSWORD" | "$BUILD/sekisho" user hash "$@"
}
user_line taro@example.co.jp taro@example.co.jp info@example.co.jp >"$W/users"
user_line jiro jiro@second.test >"$W/users2"
chmod 600 "$W/users" "$W/users2"

write_config
python3 - "$W/sekisho.yaml" "$W" "$SUB" "$SUBS" "$KEYS" \
	"$SINK" <<'END'
import sys
path, w, sub, subs, keys, sink = sys.argv[1:]
s = open(path).read()
s = s.replace('listen:\n', f'''listen:
  submission: ["127.0.0.1:{sub}"]
  submissions: ["127.0.0.1:{subs}"]
''')
s = s.replace('    domains: [example.co.jp]\n', f'''    domains: [example.co.jp]
    submission:
      auth: local
      users: {w}/users
      ca: {w}/ca/ca.pem
      token-issuer: https://login.example.test/v2.0
      token-audience: api://sekisho
      token-keys: http://127.0.0.1:{keys}/keys.json
''')
s = s.replace('policy: policy.yaml', f'''  - tenant: second
    kind: smtp
    domains: [second.test, "*.second.test"]
    hostname: smtp.second.test
    tls: {{certificate: {w}/ca/second.pem, key: {{file: {w}/ca/second.key}}}}
    submission: {{auth: local, users: {w}/users2}}
    accept: {{networks: [192.0.2.0/24]}}
    deliver: {{via: relay, host: localhost, port: {sink}, tls: none}}
    notices-from: sekisho@second.test
policy: policy.yaml''')
open(path, 'w').write(s)
END

# Tokens as an issuer makes them.
mkdir -p "$W/issuer"
openssl genrsa -out "$W/issuer.key" 2048 2>/dev/null
cat >"$W/token.py" <<'END'
import base64, json, subprocess, sys, time
def b64(b): return base64.urlsafe_b64encode(b).rstrip(b'=').decode()
key = sys.argv[1]
if sys.argv[2] == 'keys':
    n = subprocess.check_output(['openssl', 'rsa', '-in', key, '-noout',
                                 '-modulus'], stderr=subprocess.DEVNULL)
    n = bytes.fromhex(n.decode().strip().split('=')[1])
    print(json.dumps({'keys': [{'kty': 'RSA', 'use': 'sig', 'kid': 'k1',
                                'n': b64(n), 'e': 'AQAB'}]}))
else:
    now = int(time.time())
    claims = {'iss': 'https://login.example.test/v2.0',
              'aud': 'api://sekisho', 'iat': now, 'exp': now + 600,
              'preferred_username': sys.argv[2]}
    claims.update(json.loads(sys.argv[3]) if len(sys.argv) > 3 else {})
    text = b64(json.dumps({'alg': 'RS256', 'kid': 'k1'}).encode()) + '.' + \
        b64(json.dumps(claims).encode())
    sig = subprocess.run(['openssl', 'dgst', '-sha256', '-sign', key],
                         input=text.encode(), stdout=subprocess.PIPE).stdout
    print(text + '.' + b64(sig))
END
python3 "$W/token.py" "$W/issuer.key" keys >"$W/issuer/keys.json"
(cd "$W/issuer" && exec python3 -m http.server --bind 127.0.0.1 "$KEYS") \
	>"$W/issuer.log" 2>&1 &
pids+=($!)
until_ok 10 curl -fs -o /dev/null "http://127.0.0.1:$KEYS/keys.json"

expect "the configuration is right" sekisho check
start_sekisho || world_end

# submit PORT ARG...: swaks by login; the replies stay in $W/swaks.out.
submit()
{
	local port=$1
	shift
	swaks --server "127.0.0.1:$port" --ehlo laptop.example.co.jp \
		--from taro@example.co.jp --to yuki@customer.example.com \
		--header "From: taro@example.co.jp" "$@" >"$W/swaks.out" 2>&1
}
said()
{
	grep -qE "^<[-~*]+ +$1" "$W/swaks.out" || {
		grep '^[<]' "$W/swaks.out"
		return 1
	}
}
login="--auth-user taro@example.co.jp --auth-password $PASSWORD"

expect "PLAIN on 587" submit $SUB --tls --auth PLAIN $login
expect "LOGIN on 587" submit $SUB --tls --auth LOGIN $login
expect "PLAIN on 465" submit $SUBS --tls-on-connect --auth PLAIN $login
expect "LOGIN on 465" submit $SUBS --tls-on-connect --auth LOGIN $login
expect "as another address of the login" submit $SUB --tls --auth PLAIN \
	$login --from info@example.co.jp --header "From: Info <INFO@example.co.jp>"
submit $SUB --tls --auth PLAIN --auth-user taro@example.co.jp \
	--auth-password $WRONG
expect "a wrong password is refused" said '535 5.7.8'
submit $SUB --tls --auth PLAIN --auth-user nobody@example.co.jp \
	--auth-password $WRONG
expect "an unknown name is refused alike" said '535 5.7.8'
submit $SUB --tls
expect "no mail without a login" said '530 5.7.0'
submit $SUB
expect "no mail in clear" said '530 5.7.0 STARTTLS first'
submit $SUB --auth PLAIN $login
expect "no login is offered in clear" sh -c "! grep -q 'AUTH PLAIN' '$W/swaks.out'"
submit $SMTP --tls --auth PLAIN $login
expect "no login on port 25" sh -c "! grep -qE '^<~?.*250.AUTH' '$W/swaks.out'"
submit $SUB --tls --auth PLAIN $login --from hanako@example.co.jp
expect "not as somebody else" said '550 5.7.1 this login may not send'
submit $SUB --tls --auth PLAIN $login --from '<>'
expect "not as nobody" said '550 5.7.1 this login may not send'
submit $SUB --tls --auth PLAIN $login --header 'From: boss@example.co.jp'
expect "not with somebody else's From" said '550 5.7.1 the From header'

# Real clients.
printf 'From: taro@example.co.jp\nTo: y@customer.example.com\nSubject: curl\n\nhello\n' >"$W/mail"
curl_login()
{
	curl -sS --crlf --cacert "$W/ca/ca.pem" --url "$1" --user "$2" \
		--mail-from taro@example.co.jp --ssl-reqd \
		--mail-rcpt y@customer.example.com --upload-file "$W/mail" "${@:3}"
}
expect "curl on 587" curl_login smtp://localhost:$SUB \
	"taro@example.co.jp:$PASSWORD"
expect "curl on 465" curl_login smtps://localhost:$SUBS \
	"taro@example.co.jp:$PASSWORD"
expect "curl by OAUTHBEARER" curl_login smtp://localhost:$SUB \
	"taro@example.co.jp:" --login-options AUTH=OAUTHBEARER \
	--oauth2-bearer "$(python3 "$W/token.py" "$W/issuer.key" taro@example.co.jp)"
expect "curl by XOAUTH2" curl_login smtps://localhost:$SUBS \
	"taro@example.co.jp:" --login-options AUTH=XOAUTH2 \
	--oauth2-bearer "$(python3 "$W/token.py" "$W/issuer.key" taro@example.co.jp)"
refused_token()
{
	! curl_login smtp://localhost:$SUB "taro@example.co.jp:" \
		--login-options AUTH=XOAUTH2 --oauth2-bearer "$1"
}
# The issuer changes its keys; another implementation signs with the new ones.
jose()
{
	DIR=$W/jose node "$ROOT/tests/world/sign_token.mjs" "$@"
}
mkdir -p "$W/jose"
cp "$W/issuer/keys.json" "$W/keys.old"
jose keys >"$W/issuer/keys.next" &&
	mv "$W/issuer/keys.next" "$W/issuer/keys.json"
kill -HUP "$SEKISHO_PID" # else the new keys are asked for once a minute
until_ok 10 grep -q configuration-taken "$W/sekisho.log"
for alg in RS256 PS256 ES256; do
	expect "a token of jose, $alg" curl_login smtp://localhost:$SUB \
		"taro@example.co.jp:" --login-options AUTH=XOAUTH2 \
		--oauth2-bearer "$(jose $alg taro@example.co.jp)"
done
mv "$W/keys.old" "$W/issuer/keys.json"
kill -HUP "$SEKISHO_PID"
taken_twice()
{
	[ "$(grep -c configuration-taken "$W/sekisho.log")" -ge 2 ]
}
until_ok 10 taken_twice
expect "an expired token is refused" refused_token "$(python3 "$W/token.py" \
	"$W/issuer.key" taro@example.co.jp '{"exp":1}')"
expect "a token of another audience is refused" refused_token \
	"$(python3 "$W/token.py" "$W/issuer.key" taro@example.co.jp '{"aud":"x"}')"
expect "a token of another person is refused" refused_token \
	"$(python3 "$W/token.py" "$W/issuer.key" hanako@example.co.jp)"

msmtp_send()
{
	cat >"$W/msmtprc" <<END
account default
host localhost
port $1
domain laptop.example.co.jp
tls on
tls_starttls $2
tls_trust_file $W/ca/ca.pem
auth $3
user taro@example.co.jp
passwordeval "cat $W/word"
from taro@example.co.jp
END
	chmod 600 "$W/msmtprc"
	msmtp -C "$W/msmtprc" y@customer.example.com <"$W/mail"
}
printf '%s\n' "$PASSWORD" >"$W/word"
expect "msmtp on 587" msmtp_send $SUB on plain
expect "msmtp on 465" msmtp_send $SUBS off login
python3 "$W/token.py" "$W/issuer.key" taro@example.co.jp >"$W/word"
expect "msmtp by OAUTHBEARER" msmtp_send $SUB on oauthbearer
expect "msmtp by XOAUTH2" msmtp_send $SUBS off xoauth2
cp "$W/word" "$W/token"
rm "$W/word"

# Certificates and tenants by name.
shown()
{
	openssl s_client -connect "127.0.0.1:$1" ${2:+-servername $2} \
		${3:+-starttls smtp} </dev/null 2>/dev/null |
		openssl x509 -noout -subject -serial
}
expect "the tenant's certificate by its name" sh -c \
	"echo '$(shown $SUBS smtp.second.test)' | grep -q 'smtp.second.test'"
expect "on port 25, too" sh -c \
	"echo '$(shown $SMTP smtp.second.test starttls)' | grep -q 'smtp.second.test'"
expect "the general one by another name" sh -c \
	"echo '$(shown $SUBS other.test)' | grep -q 'server.example.co.jp'"
expect "the general one without a name" sh -c \
	"echo '$(shown $SUB '' starttls)' | grep -q 'server.example.co.jp'"
second()
{
	curl -sS --crlf --cacert "$W/ca/ca.pem" \
		--connect-to "::127.0.0.1:$SUBS" --user "$1:$PASSWORD" \
		--url "smtps://smtp.second.test" --mail-from jiro@second.test \
		--mail-rcpt y@customer.example.com -T <(printf \
		'From: jiro@second.test\nSubject: second\n\nhello\n')
}
expect "a bare name belongs to the tenant of the entry name" second jiro
foreign()
{
	! second taro@example.co.jp 2>/dev/null
}
expect "another tenant's login does not fit there" foreign
before=$(shown $SUBS smtp.second.test)
cp "$W/ca/second.pem" "$W/second.good"
echo rubbish >"$W/ca/second.pem"
kill -HUP "$SEKISHO_PID"
until_ok 10 grep -q 'certificate-kept-old.*second' "$W/sekisho.log"
expect "a broken certificate keeps the old one" \
	test "$(shown $SUBS smtp.second.test)" = "$before"
second_certificate 31
renewed()
{
	[ "$(shown $SUBS smtp.second.test)" != "$before" ]
}
expect "a renewed certificate is taken" until_ok 15 renewed

# The users file.
user_line hanako@example.co.jp hanako@example.co.jp >>"$W/users"
expect "a new user can log in" until_ok 10 submit $SUB --tls --auth PLAIN \
	--auth-user hanako@example.co.jp --auth-password "$PASSWORD" \
	--from hanako@example.co.jp --header "From: hanako@example.co.jp"
echo "broken" >>"$W/users"
kept_old()
{
	submit $SUB --tls --auth PLAIN $login &&
		grep -q 'users-kept-old.*line 3' "$W/sekisho.log"
}
expect "a broken file keeps the old one, and the log says so" \
	until_ok 10 kept_old
expect "sekisho check says so" sh -c "! '$BUILD/sekisho' check -c '$W/sekisho.yaml' 2>/dev/null"
sed -i '$d' "$W/users"

# What is glued to STARTTLS is never obeyed.
glued=$(/usr/bin/python3 - "$SUB" <<'END'
import socket, ssl, sys
glue = b'EHLO evil\r\nAUTH PLAIN AHRhcm8AeA==\r\nMAIL FROM:<taro@example.co.jp>\r\n'
bad = 0
for n in range(0, len(glue) + 1, 7):
    s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
    s.recv(999); s.sendall(b'EHLO x\r\n'); s.recv(999)
    s.sendall(b'STARTTLS\r\n' + glue[:n]); r = s.recv(999)
    if not r.startswith(b'220 2.0.0') or r.count(b'\n') != 1:
        bad += 1
    c = ssl._create_unverified_context()
    t = c.wrap_socket(s)
    t.settimeout(0.02)
    try:
        bad += len(t.recv(999)) > 0
    except TimeoutError:
        pass
    t.settimeout(10)
    t.sendall(b'NOOP\r\n'); r = t.recv(999)
    bad += not r.startswith(b'250')
    t.sendall(b'MAIL FROM:<taro@example.co.jp>\r\n'); r = t.recv(999)
    bad += not (r.startswith(b'530') or r.startswith(b'503'))
    t.close()
print(bad)
END
)
expect "nothing glued to STARTTLS is obeyed" test "$glued" = 0

# Many wrong logins, all at once.
/usr/bin/python3 - "$SUBS" "$WRONG" <<'END'
import base64, socket, ssl, sys
c = ssl._create_unverified_context()
open_ = []
for i in range(30):
    t = c.wrap_socket(socket.create_connection(('127.0.0.1', int(sys.argv[1]))))
    word = base64.b64encode(b'\0guess%d@example.co.jp\0%s' %
                            (i, sys.argv[2].encode()))
    t.sendall(b'EHLO x\r\nAUTH PLAIN ' + word + b'\r\nQUIT\r\n')
    open_.append(t)
for t in open_:
    while t.recv(4096):
        pass
END
submit $SUB --tls --auth PLAIN --auth-user "guess@example.co.jp" \
	--auth-password $WRONG
expect "guessing ends in 454" said '454 4.7.0'
expect "who is known goes on" submit $SUB --tls --auth PLAIN $login

# The tenant's own server knows the logins, and we do not.
printf '%s\n' taro@example.co.jp "$PASSWORD" >"$W/login"
node "$ROOT/tests/world/login_server.mjs" "$W" >"$W/login.log" 2>&1 &
pids+=($!)
until_ok 20 test -s "$W/login.port"
rm "$W/login"
UP=$(free_port)
/usr/bin/python3 - "$W" "$(cat "$W/login.port")" "$UP" "$(free_port)" \
	"$(free_port)" <<'END'
import re, sys
w, theirs, up, smtp, web = sys.argv[1:]
s = open(w + '/sekisho.yaml').read()
for name in ('sekisho.db', 'spool', 'master.key', 'control.sock'):
    s = s.replace(f'{w}/{name}', f'{w}/up.{name}')
s = re.sub(r'\n  submission: .*\n  submissions: .*\n',
           f'\n  submission: ["127.0.0.1:{up}"]\n', s)
s = re.sub(r'(smtp: \["127.0.0.1:)\d+', rf'\g<1>{smtp}', s)
s = re.sub(r'(web-plain: \["127.0.0.1:)\d+', rf'\g<1>{web}', s)
s = s.replace('auth: local\n      users: %s/users\n' % w,
              f'auth: upstream\n      host: localhost\n      port: {theirs}\n')
open(w + '/up.yaml', 'w').write(s)
END
"$BUILD/sekisho" serve -c "$W/up.yaml" >"$W/up.log" 2>&1 &
pids+=($!)
up_ready()
{
	(exec 3<>"/dev/tcp/127.0.0.1/$UP") 2>/dev/null && grep -q ready "$W/up.log"
}
until_ok 20 up_ready
expect "a login that the tenant's own server knows" submit $UP --tls \
	--auth PLAIN $login
expect "and again, believed for a while" submit $UP --tls --auth LOGIN $login
submit $UP --tls --auth PLAIN --auth-user taro@example.co.jp \
	--auth-password $WRONG
expect "one that it does not know" said '535 5.7.8'
expect "it was asked once for each that was not known yet" test \
	"$(cut -d ' ' -f 2- "$W/asked" | tr '\n' ,)" = \
	"taro@example.co.jp yes,taro@example.co.jp no,"
kill "${pids[-2]}" && until_ok 10 not_running "${pids[-2]}"
submit $UP --tls --auth PLAIN --auth-user hanako@example.co.jp \
	--auth-password "$PASSWORD"
expect "when it is down a login waits" said '454 4.7.0'
expect "and a known one goes on" submit $UP --tls --auth PLAIN $login

expect "every recipient has come to an end" until_ok 30 nothing_open
expect "the ledger is whole" ledger_whole
expect "the copy says how it came" grep -rqE 'with ESMTPSA id' "$W/sink"
expect "the audit says whose login it was" sh -c \
	"strings '$W/sekisho.db' '$W/sekisho.db-wal' | grep -q 'login=taro@example.co.jp'"

# Nothing that proves a login is at rest, or in a log, in any form.
no_secret()
{
	local word coded found=0
	for word in "$PASSWORD" "$WRONG" "$(cut -d. -f3 "$W/token")"; do
		coded=$(printf '\0taro@example.co.jp\0%s' "$word" | base64 -w 0)
		for form in "$word" "$(printf '%s' "$word" | base64 -w 0)" "$coded"; do
			! grep -rlaF -- "$form" "$W"/sekisho.log "$W"/up.log \
				"$W"/*.db* "$W/spool" "$W/up.spool" \
				"$W/sink" || found=1
			[ -s "$W/sekisho.db" ] && [ -s "$W/up.log" ] || found=1
		done
	done
	return $found
}
expect "no password and no token is left anywhere" no_secret
licences()
{
	local lib
	for lib in $(readelf -d "$BUILD/sekisho" "$BUILD/sekisho-inspector" |
		sed -n 's/.*NEEDED.*\[\(.*\)\.so.*/\1/p' |
		grep -v 'lib[atu]*san$'); do
		sekisho_version | awk -F'\t' -v l="$lib" \
			'index(l, $1) == 1 && $2 {f = 1} END {exit !f}' ||
			{ echo "$lib"; return 1; }
	done
}
sekisho_version()
{
	"$BUILD/sekisho" version --licences
}
expect "every linked library is listed with its licence" licences
world_end
