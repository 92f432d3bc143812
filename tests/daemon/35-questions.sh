# Other policies with other words while mail flows: nothing is lost, each mail
# is decided by one version, whatever dies; what does not compile names its
# line and changes nothing.
. "$(dirname "$0")/../world/lib.sh"
world_begin questions
start_sink
DELIVER=$SINK DELIVER_TLS=none

# Every mail has the word 鳥居 in its body, broken by a line end; which policy
# found it is said in a header. Expressions behind $2.
policy()
{
	cat >"$W/policy.new" <<END
sekisho: 1
domains:
  internal: [example.co.jp]
rules:
  - rule: mark
    when:
      recipient: {class: external}
      body: {words: [鳥居, 言葉$1]}
    do: {header: {add: {X-Policy: "$1"}}}
${2-}
END
	mv "$W/policy.new" "$W/policy.yaml"
}
# What became of it: "POLICY VERSION" for every one that was taken.
apply()
{
	local text
	if text=$(sekisho policy apply 2>&1); then
		echo "$1 $(sed -n 's/^v\([0-9]*\):.*/\1/p' <<<"$text")" \
			>>"$W/versions"
	else
		printf '%s\n' "$text"
		return 1
	fi
}
zygotes()
{
	local pid
	for pid in $(process_tree "$SEKISHO_PID"); do
		grep -qz -- --memory "/proc/$pid/cmdline" 2>/dev/null &&
			! grep -qz -- --memory \
				"/proc/$(awk '{ print $4 }' "/proc/$pid/stat")/cmdline" &&
			echo "$pid"
	done
}

policy 1
start_sekisho || world_end
echo "1 1" >"$W/versions"
printf 'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=ISO-2022-JP\r\n\r\n' \
	>"$W/body"
printf '鳥\n居\n' | iconv -t ISO-2022-JP | sed 's/$/\r/' >>"$W/body"
"$BUILD/tests/load-load" --port "$SMTP" --sessions 6 --rate 120 --seconds 9 \
	--file "$W/body" --ledger "$W/sent" >"$W/load.out" 2>&1 &
load=$!
pids+=($load)
for n in 2 3 4; do
	policy $n
	expect "policy $n is taken while mail flows" apply $n
done

# Two at once: the later one is asked last, one of them may be told so.
policy 5
apply 5 >/dev/null &
policy 6
apply 6 >/dev/null
wait $!
# The first may have read what the second had written already.
both=$(sed -n 's/^5 /6 /p' "$W/versions")
[ -z "$both" ] || echo "$both" >>"$W/versions"
for n in 7 8; do
	policy $n
	apply $n >"$W/killed.$n" &
	applying=$!
	[ $n = 7 ] || sleep 0.05
	for pid in $(zygotes); do
		kill -9 "$pid"
	done
	wait $applying
	kill -HUP "$SEKISHO_PID"
done
expect "after the inspectors were killed meanwhile the next is taken" \
	until_ok 20 apply 8

policy 9 '  - rule: bad
    when: {subject: {regex: ["fine [0-9]+", "(bad"]}}
    do: {hold: {for: 1m, then: send}}
  - rule: worse
    whn: {}'
expect "what does not compile is refused" bash -c \
	"'$BUILD/sekisho' policy apply -c '$W/sekisho.yaml' >'$W/refused' 2>&1; test \$? = 78"
expect "with its line and column" grep -q 'policy.yaml:11:45:.*(bad' \
	"$W/refused"
expect "and every other error" grep -q 'policy.yaml:14:' "$W/refused"
expect "sekisho check says the same" bash -c \
	"'$BUILD/sekisho' check -c '$W/sekisho.yaml' 2>&1 |
		grep -q 'policy.yaml:11:45:.*(bad'"
kill -HUP "$SEKISHO_PID"
wait $load
policy 8
expect "the one before still runs" apply 8

sent()
{
	awk '$4 == 250' "$W/sent" | wc -l
}
expect "the load was carried" test "$(sent)" -ge 300
expect "every recipient comes to an end" until_ok 60 nothing_open
cat >"$W/judge.py" <<'END'
import collections, email, glob, sqlite3, sys

w = sys.argv[1]
named = collections.defaultdict(set)
for line in open(f"{w}/versions"):
    policy, version = line.split()
    named[int(version)].add(policy)
store = sqlite3.connect(f"file:{w}/sekisho.db?mode=ro", uri=True)
decided = dict(store.execute("SELECT message_id, policy FROM message"))
seen = collections.Counter()
bad = []
used = collections.Counter()
for f in glob.glob(f"{w}/sink/*.msg"):
    m = email.message_from_binary_file(open(f, "rb"))
    key = m["Message-ID"].strip("<>")
    marks = m.get_all("X-Policy") or []
    seen[key] += 1
    used[tuple(marks)] += 1
    # SIGHUP may have taken one that its apply did not hear of.
    version = decided[key]
    if len(marks) != 1 or (version in named and
                           marks[0] not in named[version]):
        bad.append((key, marks, version, sorted(named.get(version, []))))
for line in open(f"{w}/sent"):
    ident, _, _, code, _ = line.split()
    if code == "250" and seen[f"{ident}@load.example.co.jp"] != 1:
        bad.append((ident, seen[f"{ident}@load.example.co.jp"]))
print(len(seen), dict(used), bad[:5])
sys.exit(bool(bad) or len(used) < 3)
END
expect "none is lost, each was decided by one policy" \
	/usr/bin/python3 "$W/judge.py" "$W"
expect "the ledger is whole" ledger_whole
expect "the audit chain holds" sekisho audit verify
world_end
