#!/bin/bash
# outside ── node ── web .10, db .11, guest .12 (shop, shop, other), each on a routed pair; then pods that start while the enforcer dies
# Claim: datagrams that nobody answers follow a change at once; an enforcer that is killed while pods start leaks nothing and blocks
# nothing for long; after 100 changes in a burst the rules are those of a fresh start; the time to a rule in force is measured.
. "$NETNS_TESTS/policy.sh"
policy_topology web db guest
objects=("$(namespace shop '{}')" "$(namespace other '{}')" "$(pod web 10 shop '{"app":"web"}')" "$(pod db 11 shop '{"app":"db"}')"
    "$(pod guest 12 other '{"app":"guest"}')")
enforce "${objects[@]}"
expect "open" guest tcp 10.244.1.11 80 db

# One flow of datagrams to a port without an answer; counted where they arrive.
in_host db nft -f - <<'NFT'
table ip count {
    chain in {
        type filter hook input priority 0
        udp dport 9125 counter
        ip saddr 10.244.1.100-10.244.1.200 tcp dport 80 counter
        udp dport 9125 drop
    }
}
NFT
arrived() { in_host db nft list table ip count | grep "$1" | grep -o 'packets [0-9]*' | cut -d' ' -f2; }
cat >"$work/statsd.py" <<'PY'
import os, socket, sys, time
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
out.connect(("10.244.1.11", 9125))
sent = 0
while not os.path.exists(sys.argv[1] + ".stop"):
    try: out.send(b"count:1|c")
    except OSError: pass
    sent += 1
    with open(sys.argv[1] + ".new", "w") as file: file.write(str(sent))
    os.rename(sys.argv[1] + ".new", sys.argv[1])
    time.sleep(0.005)
PY
in_host guest python3 "$work/statsd.py" "$work/sent" &
sent() { cat "$work/sent"; }
# after COUNT: as many more datagrams have been sent.
more_sent() { local now; now=$(sent); [ -n "$now" ] && [ "$now" -ge "$1" ]; }
after() { wait_until "$1 datagrams" more_sent $(($(sent) + $1)); }
wait_until "datagrams arrive" eval '[ "$(arrived 9125)" -gt 20 ]'
deny=$(policy deny shop '{"podSelector":{"matchLabels":{"app":"db"}}}')
enforce "${objects[@]}" "$deny"
expect "tightened" guest tcp 10.244.1.11 80 denied
# Whoever was on the way has arrived.
after 2
before=$(arrived 9125)
after 30
check "datagrams of the old flow that arrive" $(($(arrived 9125) - before)) 0
enforce "${objects[@]}"
expect "open again" guest tcp 10.244.1.11 80 db
before=$(arrived 9125)
check "the flow goes on" "$(wait_until "datagrams of the old flow" eval '[ $(($(arrived 9125) - before)) -ge 20 ]' && echo yes)" yes
touch "$work/sent.stop"

# Pods that connect in their first instruction; the enforcer is killed in the middle and starts again.
out=$(policy out shop '{"podSelector":{"matchLabels":{"app":"new"}},"policyTypes":["Egress"],"egress":[{"to":[{"namespaceSelector":{}}],"ports":[{"port":81}]}]}')
enforce "${objects[@]}" "$out"
news=()
for number in $(seq 100 115); do
    new_host new$number
    in_host new$number bash -c 'for i in 1 2 3 4 5 6; do (exec 3<>/dev/tcp/10.244.1.11/80) 2>/dev/null; sleep 0.02; done' >/dev/null 2>&1 &
    pod_link new$number $number
    news+=("$(pod new$number $number shop '{"app":"new"}')")
    if [ $number = 105 ]; then run kill -9 $policy_pid; fi
    if [ $number = 110 ]; then unset policy_pid; fi
    if [ -n "${policy_pid:-}" ] && [ $number -ge 105 ]; then
        list "${objects[@]}" "$out" "${news[@]}" >"$work/objects.new" && mv "$work/objects.new" "$work/objects.json"
    else
        enforce "${objects[@]}" "$out" "${news[@]}"
    fi
done
for number in 100 105 107 110 115; do expect "pod $number has what its policy allows" new$number tcp 10.244.1.11 81 db; done
expect "and no more" new107 tcp 10.244.1.11 80 denied
check "packets that leaked" "$(arrived 10.244.1.100)" 0

# A burst of changes; the last state decides.
port() { policy p$1 shop '{"podSelector":{"matchLabels":{"app":"db"}},"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"web"}}},{"ipBlock":{"cidr":"10.244.1.'$2'/32"}}],"ports":[{"port":'$((1000 + $2))'},{"port":'$((80 + $1))'}]}]}'; }
for number in $(seq 1 100); do
    list "${objects[@]}" "$(port $((number % 3)) $number)" "$(port $((number % 2 + 5)) $((number + 50)))" >"$work/objects.new" &&
        mv "$work/objects.new" "$work/objects.json"
done
expect "the last state counts" guest tcp 10.244.1.11 80 denied
expect "for those whom it allows" web tcp 10.244.1.11 81 db
# Tables, sets, chains and elements in an order of their own; counters left out.
cat >"$work/sort.py" <<'PY'
import re, sys
text = re.sub(r"counter packets \d+ bytes \d+", "counter", sys.stdin.read())
for table in sorted(re.findall(r"^table ip6? skiff-policy \{[^\n]*\n.*?^\}", text, re.S | re.M)):
    print(table.split(" {")[0])  # without the owner's name
    for block in sorted(re.findall(r"^\t\w+ [\w-]+ \{\n.*?^\t\}", table, re.S | re.M)):
        print(re.sub(r"elements = \{(.*?)\}", lambda m: " ".join(sorted(re.split(r",?\s+", m[1]))), block, flags=re.S))
PY
rules() { nft list ruleset | python3 "$work/sort.py"; }
steady() { rules >"$work/now"; cmp -s "$work/now" "$work/last" || { cp "$work/now" "$work/last"; return 1; }; }
# This port is in the last state alone.
wait_until "the last state" eval 'nft list ruleset | grep -q 1150'
wait_until "the rules to rest" steady
kill $policy_pid; wait $policy_pid 2>/dev/null
nft delete table ip skiff-policy; nft delete table ip6 skiff-policy
run "$SKIFF_BIN/skiff" policy --objects "$work/objects.json" --node-name node1 --once
rules >"$work/fresh"
check "rules to compare" "$(grep -c 'dport\|vmap' "$work/fresh" | sed 's/^[1-9].*/some/')" some
diff "$work/last" "$work/fresh" >"$work/difference"
cat "$work/difference"
check "lines that differ from a fresh start" "$(wc -l <"$work/difference")" 0

unset policy_pid
enforce "${objects[@]}"
expect "open at the end" guest tcp 10.244.1.11 80 db
for number in 1 2 3 4 5 6; do
    enforce "${objects[@]}" "$deny"; expect "denied, time $number" guest tcp 10.244.1.11 80 denied
    enforce "${objects[@]}"; expect "open, time $number" guest tcp 10.244.1.11 80 db
done
wait_until "the metrics port" bash -c "exec 3<>/dev/tcp/127.0.0.1/10251"
exec 3<>/dev/tcp/127.0.0.1/10251
printf 'GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' >&3
tr -d '\r' <&3 | grep '^skiff_policy_sync_seconds' >"$work/metrics"
count=$(sed -n 's/^skiff_policy_sync_seconds_count //p' "$work/metrics")
cat "$work/metrics"
check "changes whose time was measured" "$([ "${count%.*}" -ge 12 ] && echo yes)" yes
finish
