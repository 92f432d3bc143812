# Plans that ask for what is not carried out yet: 451, an admin's hold, alarms;
# never a plain release.
. "$(dirname "$0")/../world/lib.sh"
world_begin unbuilt
start_relay
cat >"$W/policy.yaml" <<'END'
sekisho: 1
domains:
  internal: [example.co.jp]
rules:
  - rule: zip
    title: {ja: 添付をZIPに, en: Attachments as ZIP}
    when:
      recipient: {in: [zip.example.com]}
      attachments: {count: ">= 1"}
    do: {attachments: {way: zip}}
  - rule: ask
    title: {ja: 承認, en: Approval}
    when: {recipient: {in: [ask.example.com, both.example.com]}}
    do: {approve: {by: [boss@example.co.jp], then: send, within: 1m}}
  - rule: first
    title: {ja: 保留, en: Hold}
    when: {recipient: {in: [both.example.com]}}
    do: {hold: {for: 60m}}
END
start_sekisho || world_end
from=taro.yamada@example.co.jp
head -c 2000 /dev/urandom >"$W/plan.bin"
head -c 30000000 /dev/zero | tr '\0' 'x' | fold -w 70 >"$W/large.txt"

id_of()
{
	sekisho queue list --json | json \
		"[m['id'] for m in d if any(r['address'] == '$1' for r in m['recipients'])][0]"
}
state_of()
{
	sekisho queue list --json | json \
		"([r['state'] for m in d for r in m['recipients'] if r['address'] == '$1'] + ['none'])[0]"
}
reason_of()
{
	sekisho queue list --json | json \
		"([m['reason'] for m in d if any(r['address'] == '$1' for r in m['recipients'])] + ['none'])[0]"
}
is()
{
	[ "$($1 "$2")" = "$3" ]
}
# Accepted while the plan is still being made: a large mail, if need be again.
late()
{
	local i
	for i in 1 2 3 4 5; do
		send --from $from --to "$1" --h-Subject "large" \
			--attach "@$W/large.txt" && return 0
	done
	return 1
}

expect "check tells what is not carried out" bash -c \
	"\"$BUILD/sekisho\" check -c \"$W/sekisho.yaml\" 2>&1 |
		grep -q 'ZIP.*承認\|ZIP.*approval'"

# ---- before the 250 (on a busy machine the plan may miss it) ----
reply=
for i in 1 2 3 4 5; do
	reply=$(send_reply --from $from --to "early$i@zip.example.com" \
		--h-Subject early --attach "@$W/plan.bin" | grep '^451\|^250 2.0.0 Ok' |
		tail -n 1)
	case $reply in 451*) break ;; esac
done
expect "a mail whose plan cannot be carried out is not taken ($reply)" \
	bash -c "case '$reply' in '451 4.3.0 '*ZIP*) ;; *) false ;; esac"
expect "the admins get an alarm" until_ok 10 arrived it@example.co.jp unbuilt
expect "nothing of it is in the queue" is state_of "early$i@zip.example.com" none
expect "one without attachment passes" send --from $from \
	--to plain@zip.example.com --h-Subject plain
expect "and arrives" until_ok 10 arrived plain@zip.example.com

# ---- behind the 250 ----
expect "a large one is taken before its plan is known" late big@zip.example.com
expect "it is held" until_ok 30 is state_of big@zip.example.com held
expect "for this reason" is reason_of big@zip.example.com unbuilt
id=$(id_of big@zip.example.com)
expect "its plan is shown" bash -c \
	"\"$BUILD/sekisho\" queue show $id --json -c \"$W/sekisho.yaml\" | grep -q unbuilt"
expect "release alone does not let it go" bash -c \
	"! \"$BUILD/sekisho\" queue release $id -c \"$W/sekisho.yaml\" 2>\"$W/told\""
expect "and says why" grep -q 'cannot be carried out yet.*as it is' "$W/told"
expect "draining leaves it, too" bash -c \
	"! \"$BUILD/sekisho\" queue drain --yes -c \"$W/sekisho.yaml\" >\"$W/told\" 2>&1"
expect "it is still held" is state_of big@zip.example.com held
expect "a restart" stop_sekisho
start_sekisho || world_end
sleep 1
expect "changes nothing" is state_of big@zip.example.com held
expect "nothing of it has left" bash -c "! [ -n \"$(copies big@zip.example.com)\" ]"
expect "as it is, an admin may let it go" \
	sekisho queue release "$id" --as-is --reason "the customer waits"
expect "and it arrives" until_ok 30 arrived big@zip.example.com
expect "the story says so" bash -c \
	"\"$BUILD/sekisho\" queue show $id --json -c \"$W/sekisho.yaml\" | grep -q 'as-is'"

# ---- approval ----
expect "a mail that needs approval is taken" send --from $from \
	--to a@ask.example.com --h-Subject asked
expect "and held" until_ok 10 is state_of a@ask.example.com held
expect "explain says whose it is" bash -c \
	"\"$BUILD/sekisho\" queue show $(id_of a@ask.example.com) --json -c \"$W/sekisho.yaml\" |
		grep -q boss@example.co.jp"
expect "an admin decides instead" \
	sekisho queue release "$(id_of a@ask.example.com)"
expect "it arrives" until_ok 10 arrived a@ask.example.com
expect "a hold before it" send --from $from --to b@both.example.com \
	--h-Subject both
expect "is discarded like any other" sekisho queue discard \
	"$(id_of b@both.example.com)"

expect "the ledger is whole" ledger_whole
expect "nothing is open" until_ok 10 nothing_open
world_end
