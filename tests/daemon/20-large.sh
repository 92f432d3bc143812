# A mail of 100 MB passes, unchanged, and the engine stays small.
. "$(dirname "$0")/../world/lib.sh"
world_begin large
start_relay
start_sekisho || world_end
from=taro.yamada@example.co.jp

make_large()
{
	printf 'From: %s\r\nTo: %s\r\nSubject: large\r\n' $from "$1"
	printf 'Message-ID: <%s.large@office.example.co.jp>\r\n' "$2"
	printf 'Date: Mon, 23 Nov 2026 10:00:00 +0900\r\nMIME-Version: 1.0\r\n'
	printf 'Content-Type: multipart/mixed; boundary="=large="\r\n\r\n'
	printf -- '--=large=\r\nContent-Type: text/plain\r\n\r\nSee it.\r\n'
	printf -- '--=large=\r\nContent-Type: application/octet-stream\r\n'
	printf 'Content-Transfer-Encoding: base64\r\n'
	printf 'Content-Disposition: attachment; filename="large.bin"\r\n\r\n'
	openssl enc -aes-128-ctr -nosalt -K 00 -iv 00 -in /dev/zero 2>/dev/null |
		head -c 76000000 | base64 -w 76 | sed 's/$/\r/'
	printf -- '--=large=--\r\n'
}

# Anonymous and shared memory in KiB of the processes whose name fits.
memory()
{
	local pid kb sum=0
	for pid in $(process_tree "$SEKISHO_PID"); do
		if tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null |
			grep -q inspector; then
			[ "$1" = inspector ] || continue
		else
			[ "$1" = engine ] || continue
		fi
		kb=$(awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup" \
			2>/dev/null)
		sum=$((sum + ${kb:-0}))
	done
	echo "$sum"
}

send --from $from --to warm@customer.example.com --body warm
until_ok 10 arrived warm@customer.example.com
make_large big@customer.example.com one >"$W/large.eml"
before=$(memory engine)
(
	peak=0 child=0
	while [ ! -e "$W/stop" ]; do
		now=$(memory engine) now_child=$(memory inspector)
		[ "$now" -gt "$peak" ] && peak=$now
		[ "$now_child" -gt "$child" ] && child=$now_child
		echo "$peak $child" >"$W/peak.new" && mv "$W/peak.new" "$W/peak"
		sleep 0.05
	done
) &
watcher=$!
expect "curl hands over 100 MB" curl -sS -m 120 \
	--url "smtp://127.0.0.1:$SMTP/office" --mail-from $from \
	--mail-rcpt big@customer.example.com --upload-file "$W/large.eml"
expect "100 MB arrive" until_ok 60 arrived big@customer.example.com
touch "$W/stop"
wait "$watcher"
read -r peak child <"$W/peak"
echo "  engine $before KiB before, $peak KiB at most; inspector $child KiB"
if [ -z "$(sanitizer)" ]; then
	expect "the engine grew by less than 16 MB" \
		test $((peak - before)) -lt 16384
	expect "the inspector stayed below 192 MB" test "$child" -lt 196608
fi
expect "100 MB arrived unchanged" same_mail "$W/large.eml" \
	"$(copies big@customer.example.com | head -n 1)"
expect "SIZE is offered" bash -c "swaks \
	--server 127.0.0.1:$SMTP --from '$from' --to y@customer.example.com \
	--body x --pipeline 2>&1 | grep -q SIZE"
expect "the ledger is whole" ledger_whole
world_end
