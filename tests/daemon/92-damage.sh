# Bodies that are torn, cut, flipped or gone on the disk, while the
# daemon runs and before it starts: such mail is set aside with an alarm,
# nothing of it arrives, and all other mail goes its way.
. "$(dirname "$0")/../world/lib.sh"
world_begin damage
start_sink '{}'
DELIVER=$SINK
EXTRA='queue: {retry-first: 1s, retry-most: 2s, give-up: 5d}'
cat >"$W/policy.yaml" <<'END'
sekisho: 1
domains:
  internal: [example.co.jp]
rules:
  - rule: hold
    title: {ja: 保留, en: Hold}
    when: {recipient: {class: external}}
    do: {hold: {for: 60m, then: send}}
END
start_sekisho || world_end
head -c 150000 /dev/urandom | base64 -w 72 >"$W/large"
echo 'See you.' >"$W/small"

# Each way to break one: of the spool, then of a row.
spooled="cut-chunk cut-all zeroed flipped version gone shuffled"
inline="row-flipped row-cut row-gone row-field"

accept()
{
	send --from taro.yamada@example.co.jp --to "$1@customer.example.com" \
		--h-Subject "$1" --body "@$2"
}
damage()
{
	/usr/bin/python3 - "$W" "$@" <<'END'
import os, sqlite3, sys
w, phase, *ways = sys.argv[1:]
db = sqlite3.connect(f"{w}/sekisho.db", timeout=20)
files = []
for way in ways:
    msg, number, length = db.execute(
        "SELECT id, spool_file, spool_length FROM message JOIN rcpt ON"
        " rcpt.msg = id WHERE address = ?",
        (f"{way}-{phase}@customer.example.com",)).fetchone()
    path = f"{w}/spool/{number % 256:02x}/{number:08x}"
    if way.startswith("row"):
        (sealed,) = db.execute("SELECT sealed FROM body WHERE msg = ?",
                               (msg,)).fetchone()
        if way == "row-field":  # what else is sealed
            db.execute("UPDATE message SET subject = x'0011' WHERE id = ?",
                       (msg,))
        elif way == "row-gone":
            db.execute("DELETE FROM body WHERE msg = ?", (msg,))
        else:
            sealed = (sealed[:-1] if way == "row-cut" else
                      sealed[:40] + bytes([sealed[40] ^ 1]) + sealed[41:])
            db.execute("UPDATE body SET sealed = ? WHERE msg = ?",
                       (sealed, msg))
        continue
    if way == "gone":
        os.unlink(path)
        continue
    if way == "version":
        db.execute("UPDATE message SET spool_version = spool_version + 1"
                   " WHERE id = ?", (msg,))
        continue
    with open(path, "rb+") as f:
        if way == "cut-chunk":
            f.truncate(length - 70000)
        elif way == "cut-all":
            f.truncate(0)
        elif way == "zeroed":
            f.seek(length - 30000)
            f.write(bytes(30000))
        elif way == "flipped":
            f.seek(length // 2)
            byte = f.read(1)[0]
            f.seek(length // 2)
            f.write(bytes([byte ^ 4]))
        elif way == "shuffled":  # another mail's chunk, whole
            with open(f"{w}/whole.chunk", "rb") as other:
                f.write(other.read())
db.commit()
END
}
# A sealed chunk of a mail that stays whole.
keep_chunk()
{
	/usr/bin/python3 - "$W" "whole-$1@customer.example.com" <<'END'
import sqlite3, sys
w, to = sys.argv[1:]
(n,) = sqlite3.connect(f"{w}/sekisho.db").execute(
    "SELECT spool_file FROM message JOIN rcpt ON rcpt.msg = id"
    " WHERE address = ?", (to,)).fetchone()
with open(f"{w}/spool/{n % 256:02x}/{n:08x}", "rb") as f, \
        open(f"{w}/whole.chunk", "wb") as to:
    to.write(f.read(65536))
END
}
of_phase()
{
	sekisho queue list --all --json | json "sorted((r['address'].rsplit('-', 1)[0], r['state'], m['reason'] or '') for m in d for r in m['recipients'] if r['address'].endswith('-$1@customer.example.com'))"
}
set_aside()
{
	of_phase "$1" | json "len(d) == $2 + 1 and all(s in ('delivered', 'parked', 'held') and (s == 'delivered') == (w == 'whole') and (w == 'whole' or r == 'damaged') for w, s, r in d)" |
		grep -qx true
}
alarmed()
{
	grep -q 'event=alarm.*cause=damaged' "$W/sekisho.log"
}

for phase in running start; do
	for way in whole $spooled; do
		accept "$way-$phase" "$W/large"
	done
	for way in $inline; do
		accept "$way-$phase" "$W/small"
	done
	keep_chunk $phase
	[ $phase = start ] && kill_sekisho
	expect "$phase: damaged" damage $phase $spooled $inline
	if [ $phase = start ]; then
		start_sekisho || world_end
		pass "it starts"
	fi
	ids=$(sekisho queue list --json | json '" ".join(m["id"] for m in d
		for r in m["recipients"] if r["state"] == "held")')
	sekisho queue release $ids >/dev/null
	expect "$phase: what is whole arrives, the others are set aside" \
		until_ok 30 set_aside $phase $(set -- $spooled $inline; echo $#)
	of_phase $phase >"$W/of.$phase"
	expect "$phase: an alarm tells it" until_ok 10 alarmed
	[ $phase = running ] && mv "$W/sekisho.log" "$W/sekisho.log.1"
done

expect "of the damaged nothing has arrived" bash -c \
	"! grep -v 'whole-\|sekisho@\|\"it@\|\"taro' '$W/sink/ledger.jsonl'"
expect "the admins were told by mail" grep -q '"it@example.co.jp"' \
	"$W/sink/ledger.jsonl"
expect "somebody may end them" sekisho queue discard \
	--where reason=damaged --yes
expect "nothing is open" until_ok 20 nothing_open
expect "the ledger is whole" ledger_whole
expect "the audit chain holds" sekisho audit verify
world_end
