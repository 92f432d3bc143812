# setup beside a running gate: the records of its DKIM keys, no secret in any
# step, and how the secret of the way back changes.
. "$(dirname "$0")/../world/lib.sh"
world_begin setup
start_relay
SMTP=$(free_port) WEB=$(free_port)
EXTRA='addresses: [203.0.113.10]'
write_config
/usr/bin/python3 - "$W/sekisho.yaml" <<'PY'
import sys
path, = sys.argv[1:]
s = open(path).read()
s = s.replace("kind: smtp", "kind: smtp\n    done: {header: X-Sekisho-Done, secret: tenant-back}")
s = s.replace("require-tls: false}", "require-tls: false, "
    "header: {name: X-Sekisho-Tenant, secret: tenant-in}}")
open(path, "w").write(s)
PY
start_sekisho || world_end

steps()
{
	sekisho setup smtp --language en "$@"
}
lacks() # FILE TEXT
{
	! grep -qF -- "$2" "$1"
}
# The done header of a mail that left: first of its secret's lines.
written()
{
	send --from taro.yamada@example.co.jp --to "$1@out.example.com" \
		--h-Subject "$1" --h-X-Sekisho-Tenant "$in1" >/dev/null
	until_ok 20 left "$1" || return
	sudo_if_needed sed -n 's/^X-Sekisho-Done: *//p' \
		"$(copies "$1@out.example.com" "$1" | head -n 1)" | tr -d '\r'
}
left()
{
	[ -n "$(copies "$1@out.example.com" "$1")" ]
}
each_in() # LINES FILE
{
	while read -r line; do
		grep -qF -- "$line" "$2" || { echo "no $line"; return 1; }
	done <"$1"
}
same()
{
	[ "$1" = "$2" ] || { echo "$2, not $1"; return 1; }
}

in1=$(sekisho secret rotate tenant-in --print-new)
back1=$(sekisho secret rotate tenant-back --print-new)
expect "the first secret is written" same "$back1" "$(written one)"
back2=$(sekisho secret rotate tenant-back --print-new)
expect "a new value is another one" [ "$back1" != "$back2" ]
expect "the old one is written until the cloud knows the new one" \
	same "$back1" "$(written two)"
expect "finish" sekisho secret finish tenant-back
expect "then the new one is written" same "$back2" "$(written three)"

steps --dns >"$W/before"
expect "without keys the records say how to make them" \
	grep -q "sekisho dkim new example.co.jp" "$W/before"
expect "new keys" sekisho dkim new example.co.jp
sekisho dkim show example.co.jp >"$W/shown"
steps --dns >"$W/dns"
sed -n 's/^; value: //p' "$W/shown" >"$W/values"
expect "there are keys" test -s "$W/values"
expect "every record of the keys is there" each_in "$W/values" "$W/dns"
expect "and they are lines of a zone file" \
	same "$(sed -n 's/^\([^;].*\) IN TXT (.*/\1/p' "$W/shown" | sort)" \
	"$(sed -n 's/^\([^;].*_domainkey[^ ]*\) 3600 IN TXT (.*/\1/p' "$W/dns" | sort)"

steps >"$W/all"
steps --undo >>"$W/all"
steps --bypass >>"$W/all"
steps --json >>"$W/all"
cat "$W/dns" >>"$W/all"
for secret in "$in1" "$back1" "$back2"; do
	expect "no secret is shown" lacks "$W/all" "$secret"
done
world_end
