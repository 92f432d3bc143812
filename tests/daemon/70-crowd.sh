# 2,000 silent and 500 one-byte-at-a-time sessions, from tenant's
# addresses, and a good client still has its 250 in less than 2 s.
. "$(dirname "$0")/../world/lib.sh"
world_begin crowd
start_sink
DELIVER=$SINK DELIVER_TLS=none
start_sekisho || world_end

cat >"$W/crowd.py" <<'END'
import socket, sys, time

port, idle, slow = int(sys.argv[1]), 2000, 500
crowd = []
for i in range(idle + slow):
    s = socket.socket()
    s.bind((f"127.0.0.{1 + i % 250}", 0))
    s.settimeout(20)
    s.connect(("127.0.0.1", port))
    s.setblocking(False)
    crowd.append(s)


def good():
    begun = time.monotonic()
    s = socket.create_connection(("127.0.0.1", port), timeout=20)
    f = s.makefile("rwb")

    def say(line):
        if line:
            f.write(line + b"\r\n")
            f.flush()
        while True:
            r = f.readline()
            if r[3:4] != b"-":
                return r

    for line in (b"", b"EHLO x", b"MAIL FROM:<taro.yamada@example.co.jp>",
                 b"RCPT TO:<y@customer.example.com>", b"DATA",
                 b"From: taro.yamada@example.co.jp\r\n\r\nx\r\n."):
        r = say(line)
    took = time.monotonic() - begun
    print(f"{took:.3f} s: {r!r}")
    return r.startswith(b"250 ") and took < 2


time.sleep(0.5)
ok = True
for i in range(5):
    for s in crowd[idle:]:
        try:
            s.send(b"N")
        except OSError:
            pass
    ok = good() and ok
    time.sleep(0.2)
sys.exit(not ok)
END
memory()
{
	for p in $(process_tree "$SEKISHO_PID"); do
		awk '/^VmRSS/ {print $2}' "/proc/$p/status"
	done | sort -n | tail -n 1
}
if [ "$(ulimit -n)" -ge 6000 ] || ulimit -n 6000; then
	expect "served in a crowd" /usr/bin/python3 "$W/crowd.py" "$SMTP"
	[ -n "$(sanitizer)" ] ||
		expect "in less than 96 MiB" test "$(memory)" -lt 98304
else
	fail "this test needs 6,000 descriptors"
fi
world_end
