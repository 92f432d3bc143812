# A wall clock that jumps releases nothing.
. "$(dirname "$0")/../world/lib.sh"
world_begin clock
fake=$(ls /usr/lib/*/faketime/libfaketimeMT.so.1 2>/dev/null | head -n 1)
if [ -z "$fake" ]; then
	fail "faketime is installed"
	world_end
fi
start_sink
DELIVER=$SINK
from=taro.yamada@example.co.jp
cat >"$W/policy.yaml" <<'END'
sekisho: 1
domains: {internal: [example.co.jp]}
rules:
  - rule: hold
    title: {ja: 保留, en: Hold}
    when: {recipient: {in: ["*@held.example.com"]}}
    do: {hold: {for: 5m, then: send}}
END
clock()
{
	echo "$1" >"$W/fake.new"
	mv "$W/fake.new" "$W/fake"
}
clock +0
first=$(sanitizer)
WRAP=(env "LD_PRELOAD=${first:+$first:}$fake" "FAKETIME_TIMESTAMP_FILE=$W/fake"
	FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1
	DONT_FAKE_MONOTONIC=1)
start_sekisho || world_end
jumped()
{
	! sekisho clock show >"$W/clock"
}
good()
{
	sekisho clock show >"$W/clock"
}
state()
{
	sekisho queue list --all --json | json "[r['state'] for m in d
		for r in m['recipients'] if r['address'] == '$1'][0]"
}
expect "the clock is good" good
send --from $from --to one@held.example.com
expect "a mail is held" test "$(state one@held.example.com)" = held
clock +4m
sleep 1
expect "a small step is none" good
clock +1d
expect "a day is a jump" until_ok 10 jumped
expect "the alarm is sent" until_ok 10 grep -q 'cause=clock' "$W/sekisho.log"
expect "doctor says so" bash -c \
	"'$BUILD/sekisho' doctor --offline --json -c '$W/sekisho.yaml' |
		grep -q 'clock accept'"
sleep 2
expect "nothing is released by it" test "$(state one@held.example.com)" = held
send --from $from --to free@customer.example.com
delivered()
{
	test "$(state "$1")" = delivered
}
expect "mail that nothing holds goes on" until_ok 10 \
	delivered free@customer.example.com
stop_sekisho
start_sekisho || world_end
expect "a restart does not forget" until_ok 10 jumped
expect "it is still held" test "$(state one@held.example.com)" = held
clock +0
expect "a clock that is back is good" until_ok 10 good
expect "nothing was released on the way" \
	test "$(state one@held.example.com)" = held
clock -1h
expect "an hour back is a jump" until_ok 10 jumped
clock +0
expect "and over" until_ok 10 good
clock +10m
expect "a true correction is a jump, too" until_ok 10 jumped
expect "an admin accepts it" sekisho clock accept
expect "then the clock is good" good
expect "and what is due leaves" until_ok 10 delivered one@held.example.com
expect "accepting a good clock is refused" bash -c \
	"! '$BUILD/sekisho' clock accept -c '$W/sekisho.yaml' 2>/dev/null"
expect "the ledger is whole" sekisho ledger
expect "the audit chain holds" sekisho audit verify
world_end
