# Real clients hand over mail of every kind; it reaches the relay untouched.
. "$(dirname "$0")/../world/lib.sh"
world_begin clients
start_relay
start_sekisho || world_end

M=$W/made
mkdir -p "$M"
head_of()
{
	printf 'From: =?UTF-8?B?5bGx55Sw5aSq6YOO?= <taro.yamada@example.co.jp>\n'
	printf 'To: %s\nSubject: %s\nMessage-ID: <%s@office.example.co.jp>\n' \
		"$1" "$2" "$3"
	printf 'Date: Mon, 23 Nov 2026 10:00:00 +0900\nMIME-Version: 1.0\n'
	shift 3
	printf '%s\n' "$@"
	printf '\n'
}
{
	head_of plain@customer.example.com "plain" plain.1
	printf 'Hello.\n.leading dot\n..two dots\n\nlast line\n'
} >"$M/plain"
{
	head_of eight@customer.example.com "eight" eight.1 \
		'Content-Type: text/plain; charset=UTF-8' \
		'Content-Transfer-Encoding: 8bit'
	printf '関所を通る八ビットの本文です。\n'
} >"$M/eight"
{
	head_of jis@customer.example.com "=?ISO-2022-JP?B?GyRCOCs5Lr1xGyhC?=" \
		jis.1 'Content-Type: text/plain; charset=ISO-2022-JP' \
		'Content-Transfer-Encoding: 7bit'
	printf '見積書をお送りします。よろしくお願いします。\n' | iconv -t ISO-2022-JP
} >"$M/jis"
{
	printf 'From: 山田 <taro.yamada@example.co.jp>\n'
	printf 'To: 配送@customer.example.com\nSubject: 国際化された宛先\n'
	printf 'Message-ID: <utf8.1@office.example.co.jp>\n'
	printf 'Date: Mon, 23 Nov 2026 10:00:00 +0900\n'
	printf 'MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\n'
	printf 'Content-Transfer-Encoding: 8bit\n\n宛先が UTF-8 です。\n'
} >"$M/utf8"
{
	head_of odd@customer.example.com "odd headers" odd.1 \
		'X-Folded: a' '  b' "	c" 'X-Empty:' 'x-CASE:kept' \
		'Content-Type: multipart/mixed; boundary="=b="'
	printf 'preamble\n--=b=  \nContent-Type: text/plain\n\none\n'
	printf -- '--=b=\nContent-Type: application/octet-stream; name="a b.bin"\n'
	printf 'Content-Transfer-Encoding: base64\n\n'
	head -c 3000 /dev/urandom | base64 -w 72
	printf -- '--=b=--\nepilogue without a newline at its end'
} >"$M/odd"

reached()
{
	until_ok 15 arrived "$1" && same_mail "$2" "$(copies "$1" | head -n 1)"
}

from=taro.yamada@example.co.jp
url=smtp://127.0.0.1:$SMTP/office.example.co.jp
ca="--cacert $W/ca/ca.pem"

expect "swaks hands over a plain mail" \
	send --from $from --to plain@customer.example.com --data "$(swaks_data "$M/plain")"
expect "the plain mail arrives unchanged" \
	reached plain@customer.example.com "$M/plain"
expect "the same mail again is another copy of the sender's own" \
	send --from $from --to plain@customer.example.com --data "$(swaks_data "$M/plain")"

sed 's/plain\.1/tls.1/; s/plain@/tls@/' "$M/plain" >"$M/tls"
expect "swaks hands over a mail under STARTTLS" \
	send --tls --tls-verify --tls-ca-path "$W/ca/ca.pem" --from $from \
	--to tls@customer.example.com --data "$(swaks_data "$M/tls")"
expect "the mail under STARTTLS arrives unchanged" \
	reached tls@customer.example.com "$M/tls"

expect "curl hands over an 8-bit mail under STARTTLS" \
	curl -sS --crlf --ssl-reqd $ca --url "smtp://localhost:$SMTP/office" \
	--mail-from $from --mail-rcpt eight@customer.example.com \
	--upload-file "$M/eight"
expect "the 8-bit mail arrives unchanged" \
	reached eight@customer.example.com "$M/eight"

cat >"$W/msmtprc" <<END
account default
host localhost
port $SMTP
domain office.example.co.jp
tls on
tls_starttls on
tls_trust_file $W/ca/ca.pem
from $from
END
chmod 600 "$W/msmtprc"
expect "msmtp hands over an ISO-2022-JP mail" \
	bash -c "msmtp -C '$W/msmtprc' jis@customer.example.com <'$M/jis'"
expect "the ISO-2022-JP mail arrives unchanged" \
	reached jis@customer.example.com "$M/jis"

expect "curl hands over a mail to a UTF-8 address" \
	curl -sS --crlf --url "$url" --mail-from $from \
	--mail-rcpt '配送@customer.example.com' --upload-file "$M/utf8"
expect "the mail to a UTF-8 address arrives unchanged" \
	reached '配送@customer.example.com' "$M/utf8"

expect "curl hands over odd headers and a bare last line" \
	curl -sS --url "$url" --mail-from $from --crlf \
	--mail-rcpt odd@customer.example.com --upload-file "$M/odd"
printf '\n' >>"$M/odd" # SMTP ends every line
expect "odd headers arrive unchanged" reached odd@customer.example.com "$M/odd"

start_client_mta encrypt
sed 's/plain\.1/mta.1/; s/plain@/mta@/' "$M/plain" >"$M/mta"
expect "a Postfix takes a mail for its smart host" \
	swaks --server "127.0.0.1:$CLIENT_MTA" --from $from \
	--to mta@customer.example.com,mta2@customer.example.com \
	--data "$(swaks_data "$M/mta")"
for n in mta mta2; do
	expect "the mail of a Postfix client reaches $n" \
		reached $n@customer.example.com "$M/mta"
done
sed 's/eight\.1/mta.2/; s/eight@/mta8@/' "$M/eight" >"$M/mta8"
expect "a Postfix takes an 8-bit mail" swaks \
	--server "127.0.0.1:$CLIENT_MTA" --from $from \
	--to mta8@customer.example.com --data "$(swaks_data "$M/mta8")"
expect "the 8-bit mail of a Postfix client arrives unchanged" \
	reached mta8@customer.example.com "$M/mta8"

expect "a stranger's sender is no way in" bash -c "swaks \
	--server 127.0.0.1:$SMTP --from x@elsewhere.example \
	--to y@customer.example.com | grep -q '<\*\* 550 5.7.1'"
expect "every recipient has come to an end" until_ok 20 nothing_open
expect "the ledger is whole" ledger_whole
expect "the audit chain holds" sekisho audit verify
world_end
