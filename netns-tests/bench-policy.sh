#!/bin/bash
# What enforcement costs: netns-tests/bench-policy.sh [PODS]. Needs root, the programs (SKIFF_BIN) and, for the kernel's own work, the
# program Benchmarks beside them.
#   1. CPU time of a new TCP connection between two pods with conntrack alone, and under 10, 100 and 1,000 policies that all select
#      the server, of which only the last lets the client in. Beside it the same policies as a rule each, the shape of most others.
#   2. Kernel and user time for a peer that appears.
#   3. PODS (1,000) pods that connect in their first instruction: how many packets leak.
set -u
cd "$(dirname "$0")" || exit 1
export NETNS_TESTS=$PWD SKIFF_BIN=${SKIFF_BIN:-$(cd .. && pwd)/.build/release}
if [ "${1:-}" != inside ]; then
    unshare --net --mount --pid --fork --mount-proc --propagation private bash "$0" inside
    if [ -x "$SKIFF_BIN/Benchmarks" ]; then unshare --net "$SKIFF_BIN/Benchmarks" Policy/kernel; fi
    PODS=${1:-1000} exec ./run.sh 84-policy-first-packet
fi
. "$NETNS_TESTS/policy.sh"
policy_topology server client
objects=("$(namespace x '{}')" "$(pod server 10 x '{"app":"server"}')" "$(pod client 11 x '{"app":"client"}')")
cat >"$work/connect.py" <<'PY'
import socket, struct, sys, time
address, count = sys.argv[1], 3000
best = 1e9
for _ in range(9):
    begin = time.process_time()
    for _ in range(count):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.connect((address, 80))
        client.close()
    best = min(best, (time.process_time() - begin) / count)
print(f"{best * 1e6:.2f}")
PY
measure() { in_host client python3 "$work/connect.py" 10.244.1.10; }
printf '%-42s %8s\n' "new TCP connection between pods" "CPU us"
nft 'table ip plain { chain c { type filter hook forward priority 0; ct state established,related accept; }; }'
printf '%-42s %8s\n' "conntrack alone" "$(measure)"
nft delete table ip plain
for count in 10 100 1000; do
    policies=()
    for number in $(seq $count); do
        app=other$number; [ $number = $count ] && app=client
        policies+=("$(policy p$number x '{"podSelector":{"matchLabels":{"app":"server"}},"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"'$app'"}}}],"ports":[{"port":'$((number == count ? 80 : 1000 + number))'}]}]}')")
    done
    enforce "${objects[@]}" "${policies[@]}" >/dev/null
    until grep -q "policies=$count " "$work/policy.log"; do sleep 0.1; done
    printf '%-42s %8s\n' "skiff, $count policies" "$(measure)"
done
kill $policy_pid
nft flush ruleset
for count in 10 100 1000; do
    {
        echo 'table ip list { chain c { type filter hook forward priority 0; ct state established,related accept;'
        for number in $(seq $((count - 1))); do echo "ip saddr 10.99.0.1 ip daddr 10.244.1.10 tcp dport $((1000 + number)) accept;"; done
        echo 'ip saddr 10.244.1.11 ip daddr 10.244.1.10 tcp dport 80 accept; ip daddr 10.244.1.10 drop; }; }'
    } >"$work/list.nft"
    nft -f "$work/list.nft"
    printf '%-42s %8s\n' "a rule per policy, $count policies" "$(measure)"
    nft flush ruleset
done
