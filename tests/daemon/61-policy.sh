# Versions of the policy: which one runs, held mail under a new one, and replay.
. "$(dirname "$0")/../world/lib.sh"
world_begin policy
start_sink
DELIVER=$SINK
from=taro.yamada@example.co.jp
policy() # rules...
{
	{
		printf '%s\n' 'sekisho: 1' 'domains: {internal: [example.co.jp]}' \
			'lists: {words: {file: lists/words.csv, column: word}}' \
			'rules:'
		printf '%s\n' "$@"
	} >"$W/policy.new"
	mv "$W/policy.new" "$W/policy.yaml"
}
hold()
{
	echo "  - rule: $1
    title: {ja: $1, en: $1}
    when: $2
    do: {hold: {for: $3, then: send}}"
}
mkdir -p "$W/lists"
printf '\xef\xbb\xbfword\n社外秘\n' >"$W/lists/words.csv"
external='{recipient: {class: external}}'
policy "$(hold far "$external" 10m)"
start_sekisho || world_end

list()
{
	sekisho policy list --json | json "$1"
}
is()
{
	test "$(list "$1")" = "$2"
}
refused() # EXIT WORDS COMMAND...
{
	local code=$1 words=$2 out status
	shift 2
	out=$("$@" 2>&1)
	status=$?
	printf '%s\n' "$out"
	[ "$status" = "$code" ] && printf '%s' "$out" | grep -q "$words"
}

expect "the files are version 1" is \
	'"%d %s %s" % (d["versions"][0]["version"], d["versions"][0]["origin"], d["files"])' \
	"1 file same"
expect "nothing differs" test -z "$(sekisho policy diff)"
policy "$(hold far "$external" 20m)"
expect "changed files are seen" is 'd["files"]' differ
expect "and what differs in them" bash -c \
	"'$BUILD/sekisho' policy diff -c '$W/sekisho.yaml' | grep -q '^+    do: {hold: {for: 20m'"
expect "they are taken" sekisho policy apply --note "longer"
expect "with a note, by a name" is \
	'"%d %s %s" % (d["versions"][0]["version"], d["versions"][0]["note"], d["versions"][0]["who"].split()[0])' \
	"2 longer uid"
expect "the same again is no new version" bash -c \
	"'$BUILD/sekisho' policy apply -c '$W/sekisho.yaml' | grep -q '^v2:'"
expect "an older version runs again as a new one" sekisho policy apply 1
expect "made by a command" is \
	'"%d %s" % (d["versions"][0]["version"], d["versions"][0]["origin"])' \
	"3 command"
expect "the two hold the same" test -z "$(sekisho policy diff 1 3)"
expect "the files that did not change stay out" \
	refused 0 'v3 (command) のままです' sekisho policy apply
expect "and so they do after a restart" bash -c :
stop_sekisho
start_sekisho || world_end
expect "version 3 runs after a restart" is 'd["versions"][0]["version"]' 3
send --from $from --to held1@customer.example.com
held()
{
	sekisho queue list --json | json "[r for m in d if m['kind'] == 'mail'
		for r in m['recipients'] if r['address'] == '$1'][0]$2"
}
gate()
{
	held "$1" "['gates'][0]['for-seconds']"
}
expect "it decides" test "$(gate held1@customer.example.com)" = 600
expect "every decision records its version" test 3 = "$(/usr/bin/python3 -c '
import sqlite3, sys
d = sqlite3.connect("file:%s/sekisho.db?mode=ro" % sys.argv[1], uri=True)
print(d.execute("SELECT policy FROM message WHERE kind = 0").fetchone()[0])' "$W")"

# A page made version $1 while the files were version $2 (there are no such
# pages yet: the store is told so).
page()
{
	/usr/bin/python3 -c '
import sqlite3, sys
d = sqlite3.connect("%s/sekisho.db" % sys.argv[1])
d.execute("UPDATE policy SET origin = ?1, who = ?1 WHERE version = ?2",
    ("page", sys.argv[2]))
d.execute("UPDATE value SET v = ?1 WHERE k = ?2", (sys.argv[3],
    "policy-files"))
d.commit()' "$W" "$1" "$2"
}
policy "$(hold far "$external" 40m)"
expect "version 4 is taken" sekisho policy apply
stop_sekisho
page 4 2
policy "$(hold far "$external" 20m)"
start_sekisho || world_end
expect "files of before the page's version stay out" is \
	'"%d %s" % (d["versions"][0]["version"], d["files"])' "4 differ"
policy "$(hold far "$external" 50m)"
expect "files that changed beside it are not taken, and the difference is shown" \
	refused 78 '^+    do: {hold: {for: 50m' sekisho policy apply
expect "the page's version runs on" is 'd["versions"][0]["version"]' 4
stop_sekisho
start_sekisho || world_end
expect "after a restart, too" is 'd["versions"][0]["version"]' 4
expect "with an alarm" grep -q 'event=alarm.*cause=policy' "$W/sekisho.log"
mkdir "$W/out"
expect "export writes what a page made" sekisho policy export "$W/out"
expect "byte for byte" cmp "$W/lists/words.csv" "$W/out/lists/words.csv"
expect "and never over files" refused 73 exists sekisho policy export "$W/out"
expect "but by force" sekisho policy export --force "$W"
expect "then nothing differs" is 'd["files"]' same
expect "the gate hears of it" sekisho policy apply
policy "$(hold far "$external" 50m)"
expect "and files are taken again" sekisho policy apply
expect "as version 5" is 'd["versions"][0]["version"]' 5

# A name that leads out of the folder is never written.
stop_sekisho
/usr/bin/python3 -c '
import sqlite3, sys
d = sqlite3.connect("%s/sekisho.db" % sys.argv[1])
d.execute("UPDATE policy_name SET name = ?1 WHERE version = 1 AND name LIKE ?2",
    ("../../evil.csv", "lists/%"))
d.commit()' "$W"
sekisho policy export 1 "$W/out/deep/er" >/dev/null 2>&1
mkdir -p "$W/out/deep/er"
expect "a name that leads out is left out" \
	refused 0 'left out' sekisho policy export 1 "$W/out/deep/er"
expect "and not there" bash -c "! find '$W' -name evil.csv | grep -q ."

# A bad file on disk: the store's version runs, also from the start.
echo 'rules: [' >>"$W/policy.yaml"
start_sekisho || world_end
expect "a bad file does not keep the gate from its start" is \
	'"%d %s" % (d["versions"][0]["version"], d["files"])' "5 invalid"
expect "list shows the error" bash -c \
	"'$BUILD/sekisho' policy list -c '$W/sekisho.yaml' | grep -q 'policy.yaml:'"
printf 'word\nx,y,"\n' >"$W/lists/words.csv"
policy "$(hold far "$external" 50m)"
expect "a broken list is shown and not taken" is 'd["files"]' invalid
printf 'word\n社外秘\n' >"$W/lists/words.csv"

# Held mail under a new policy.
send --from $from --to held2@customer.example.com --body "鳥居 torii"
expect "a mail is held for 50 minutes" \
	test "$(gate held2@customer.example.com)" = 3000
policy "$(hold far "$external" 30m)"
expect "what is looser is not taken" \
	refused 0 'tightened 1, the same 0, would be looser (not taken) 1' \
	sekisho policy apply --held
expect "it is held as before" test "$(gate held2@customer.example.com)" = 3000
policy "$(hold far "$external" 60m)"
counts=$(sekisho policy apply --held --json | sed 1d)
expect "longer holds are taken" \
	test "$(echo "$counts" | json 'd["tightened"]')" = 2
expect "and are in force" test "$(gate held2@customer.example.com)" = 3600
policy "$(hold far "$external" 60m)" '  - rule: word
    title: {ja: 語, en: Word}
    when: {body: {words: [鳥居]}}
    do: {refuse: {tell: sender}}'
counts=$(sekisho policy apply --held --json | sed 1d)
expect "a word that nobody had asked for is looked for in held mail" \
	test "$(echo "$counts" | json '"%d %d" % (d["tightened"], d["same"])')" = "1 1"
expect "what would be refused waits for an admin" \
	test "$(held held2@customer.example.com "['gates'][0]['doubt']")" = refused
expect "the story tells of it" bash -c \
	"'$BUILD/sekisho' queue show $(sekisho queue list --json |
		json '[m["id"] for m in d if m["reason"] == "refused"][0]') \
		-c '$W/sekisho.yaml' | grep -q tightened"

# Replay.
for i in 1 2 3; do
	send --from $from --to "r$i@customer.example.com" --body "plain $i" \
		--h-Subject "hidden-subject-marker"
done
send --from $from --to inside@example.co.jp
policy_try()
{
	sed 's/60m/5m/' "$W/policy.yaml" >"$W/try.yaml"
	printf '%s\n' "$@" >>"$W/try.yaml"
}
replay()
{
	sekisho policy replay --since 1d --policy "$W/try.yaml" --json |
		json "$1"
}
policy_try '  - rule: new-word
    title: {ja: 新しい語, en: New word}
    when: {body: {words: [まだない語]}}
    do: {refuse: {tell: sender}}'
expect "replay tells who would be treated differently" test "$(replay \
	'"%d %d %d %d" % (d["mails"], d["changed"], d["same"], d["untold"])')" = "6 5 0 1"
rule='[r for r in d["rules"] if r["rule"] == "%s"][0]'
expect "by which rule" test "$(replay "$(printf "$rule" far)['changed']")" = 5
expect "a new word cannot be told" \
	test "$(replay "$(printf "$rule" new-word)['untold']")" = 6
expect "with examples" test "$(replay \
	"(lambda e: e['old'] + ' ' + e['new'])($(printf "$rule" far)['examples'][0])")" = "hold hold"
expect "in words" bash -c "LC_ALL=ja_JP.UTF-8 LANG=ja_JP.UTF-8 '$BUILD/sekisho' policy replay \
	--policy '$W/try.yaml' -c '$W/sekisho.yaml' | grep -q '6 通: 扱いが変わる 5'"
cp "$W/policy.yaml" "$W/try.yaml"
expect "the policy that runs changes nothing of what it decided" \
	test "$(replay '[r["changed"] for r in d["rules"] if r["rule"] == "word"][0]')" = 0
echo 'rules: [' >>"$W/try.yaml"
expect "a bad policy is told" refused 78 'try.yaml:' \
	sekisho policy replay --policy "$W/try.yaml"
# Applies that come together: what runs is the newest version.
newest()
{
	list 'd["versions"][0]["version"]'
}
running()
{
	grep 'event=policy ' "$W/sekisho.log" | tail -1 |
		sed 's/.* version=\([0-9]*\).*/\1/'
}
policy "$(hold far "$external" 60m)"
sekisho policy apply >/dev/null
for i in 1 2 3 4 5 6; do
	policy "$(hold far "$external" "6${i}m")"
	sekisho policy apply >/dev/null 2>&1 &
	a=$!
	sekisho policy apply "$(newest)" >/dev/null 2>&1 &
	b=$!
	printf 'word\n社外秘\n%s\n' "$i" >"$W/lists/words.csv"
	sekisho policy apply --force >/dev/null 2>&1 &
	send --from $from --to "many$i@customer.example.com" >/dev/null
	wait $a $b $!
	[ "$(newest)" = "$(running)" ] || break
done
expect "of many applies at once the newest runs" \
	test "$(newest)" = "$(running)"

expect "no subject lies about" bash -c \
	"! grep -aq hidden-subject-marker '$W'/sekisho.db*"
expect "the ledger is whole" sekisho ledger
expect "the audit chain holds" sekisho audit verify
world_end
