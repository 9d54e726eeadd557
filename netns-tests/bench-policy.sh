#!/bin/bash
# What enforcement costs: netns-tests/bench-policy.sh [PODS]. Needs root, the programs (SKIFF_BIN) and, for the work of a peer that
# appears, the program Benchmarks beside them.
#   1. A new TCP connection between two pods, and a packet of a connection that is open: CPU time without any rules, with conntrack alone,
#      and under 0, 10, 100 and 1,000 policies that all select the server, of which only the last lets the client in. Beside it the same
#      policies as a rule each, the shape of most others. What is judged for each packet (one-way UDP) shows the judgement by itself.
#   2. A peer that comes and goes: model, encoding and kernel.
#   3. PODS (1,000) pods that the plugin attaches and that send from before they have an interface: how many packets leak, and how long
#      the enforcer takes from a change's arrival to the rules in force.
set -u
cd "$(dirname "$0")" || exit 1
export NETNS_TESTS=$PWD SKIFF_BIN=${SKIFF_BIN:-$(cd .. && pwd)/.build/release}
if [ "${1:-}" != inside ]; then
    unshare --net --mount --pid --fork --mount-proc --propagation private bash "$PWD/${0##*/}" inside
    if [ -x "$SKIFF_BIN/Benchmarks" ]; then echo && unshare --net "$SKIFF_BIN/Benchmarks" Policy/kernel; fi
    echo && LEAK_PODS=${1:-1000} exec ./run.sh 84-policy-leak
fi
. "$NETNS_TESTS/policy.sh"
policy_topology server client
objects=("$(namespace x '{}')" "$(pod server 10 x '{"app":"server"}')" "$(pod client 11 x '{"app":"client"}')")
cat >"$work/measure.py" <<'PY'
"""CPU microseconds, the best of several rounds: what the sending thread pays includes forwarding and delivery."""
import socket, struct, sys, time
address, rounds = sys.argv[1], 9


def best(count, once):
    found = 1e9
    for _ in range(rounds):
        begin = time.process_time()
        for _ in range(count):
            once()
        found = min(found, (time.process_time() - begin) / count)
    return found * 1e6


def connect():
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.connect((address, 82))
    client.close()


talk = socket.create_connection((address, 80))
talk.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
talk.recv(100)


def exchange():
    talk.send(b"x")
    talk.recv(10)


judged = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
judged.connect((address, 1000))
print(f"{best(500, connect):10.2f} {best(10000, lambda: judged.send(b'x')):10.2f} {best(500, exchange):10.2f}")
PY
# Takes connections and closes them: cheaper than the cases' server, which has a thread for each.
in_host server python3 -c 'import socket
server = socket.create_server(("0.0.0.0", 82), backlog=1024)
while True: server.accept()[0].close()' &
# One-way: the server takes datagrams to port 1000 and never answers.
in_host server nft 'table ip silent { chain in { type filter hook input priority 0; udp dport 1000 drop; }; }'
for port in 80 82; do wait_until "the server on port $port" in_host client bash -c "exec 3<>/dev/tcp/10.244.1.10/$port"; done
measure() { printf '%-30s %s\n' "$1" "$(in_host client python3 "$work/measure.py" 10.244.1.10)"; }
printf '%-30s %10s %10s %10s\n' "CPU us" "connect" "UDP packet" "exchange"
measure "bare path"
nft 'table ip plain { chain c { type filter hook forward priority 0; ct state established,related accept; }; }'
measure "conntrack alone"
nft delete table ip plain
port() { [ $1 = 80 ] && echo '{"port":80},{"port":82},{"port":1000,"protocol":"UDP"}' || echo "{\"port\":$1}"; }
for count in 0 10 100 1000; do
    policies=()
    for number in $(seq $count); do
        app=other$number; [ $number = $count ] && app=client
        policies+=("$(policy p$number x '{"podSelector":{"matchLabels":{"app":"server"}},"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"'$app'"}}}],"ports":['"$(port $((number == count ? 80 : 1000 + number)))"']}]}')")
    done
    enforce "${objects[@]}" "${policies[@]}" >/dev/null
    timeout 120 bash -c 'until grep -q "policies=$1\$" "$2"; do sleep 0.1; done' - $count "$work/policy.log" || { echo "the policies do not come into force"; exit 1; }
    measure "skiff, $count policies"
done
kill $policy_pid; wait $policy_pid 2>/dev/null
"$SKIFF_BIN/skiff" policy --cleanup
for count in 10 100 1000; do
    {
        echo 'table ip peer { chain c { type filter hook forward priority 0; ct state established,related accept;'
        for number in $(seq $((count - 1))); do echo "ip saddr 10.99.0.1 ip daddr 10.244.1.10 tcp dport $((1000 + number)) accept;"; done
        echo 'ip saddr 10.244.1.11 ip daddr 10.244.1.10 tcp dport 80-82 accept; ip saddr 10.244.1.11 ip daddr 10.244.1.10 meta l4proto udp accept; ip daddr 10.244.1.10 drop; }; }'
    } >"$work/list.nft"
    nft -f "$work/list.nft"
    measure "a rule per policy, $count"
    nft flush ruleset
done
echo "promised: connect and UDP packet under 1 us above conntrack alone, the same at 10, 100 and 1,000; exchange as with conntrack alone"
