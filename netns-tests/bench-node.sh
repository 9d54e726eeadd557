#!/bin/bash
# What the way from a pod to a pod on another node costs: bench-node.sh [SECONDS] [RUNS]
# Three ways over the same links, in turns, so that a busy machine slows all of them:
#   bare      by hand: routes, or a VXLAN device with its entries; no rule of nf_tables anywhere, connections are not followed
#   tracked   the same and one rule by hand that masquerades what leaves the cluster: the kernel follows every connection, as on any node
#             with a proxy for Services
#   ours      skiff routes, which masquerades too, and the rules by which skiff-cni keeps pods to their own addresses
# Prints, per way, family and what: TCP Gbit/s and round trips a second of one TCP byte; the time that the kernel takes to send a UDP
# packet of 64 bytes and a piece of 60,000, which travels as bulk TCP does; and ours as a share of the two (of a time: theirs as a share
# of ours). All medians of RUNS; the last two are what a busy machine changes least.
# About 6 minutes with the defaults; all of it lives in namespaces of its own, which end with it. Needs cc.
set -u
if [ "${1:-}" != inside ]; then
    cd "$(dirname "$0")" || exit 1
    export SKIFF_BIN=${SKIFF_BIN:-$(cd .. && pwd)/.build/release} NETNS_TESTS=$PWD
    exec unshare --net --mount --pid --fork --mount-proc --propagation private bash "$NETNS_TESTS/bench-node.sh" inside "$@"
fi
shift
seconds=${1:-2} runs=${2:-5}
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
. "$NETNS_TESTS/nodes.sh"
need cc
prepare_nodes
cc -O2 -pthread -o "$work/bench" "$NETNS_TESTS/bench-cni.c" || exit 2
new_host hub
objects=()
for node in node1 node2; do
    n=$(number $node)
    new_host $node
    plug $node hub eth0 172.18.0.1$n/24 fd18::1$n/64
    objects+=("$(node_object $node 172.18.0.1$n fd18::1$n)")
done
list "${objects[@]}" | objects cluster
for node in node1 node2; do routes_once $node cluster >/dev/null; node_pod $node pod$(number $node) >/dev/null; done
server() {
    in_host pod2 python3 - <<'PYTHON' &
import socket, threading
def serve(connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    mode = connection.recv(1)
    try:
        if mode == b"r":
            while data := connection.recv(1): connection.send(data)
        else:
            buffer = bytearray(1 << 18)
            while connection.recv_into(buffer): pass
            connection.send(b"!")
    except OSError: pass
# Nobody reads it: what does not fit is dropped at the end of the way.
packets = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
packets.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
packets.bind(("::", 7000))
listener = socket.create_server(("::", 7000), family=socket.AF_INET6, dualstack_ipv6=True)
while True: threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
PYTHON
}
# measure stream|trips|packet|piece FAMILY: one number.
measure() {
    case $1 in
    packet) in_host pod1 "$work/bench" packets "$(address pod2 "$2")" 7000 64; return ;;
    piece) in_host pod1 "$work/bench" packets "$(address pod2 "$2")" 7000 60000; return ;;
    esac
    in_host pod1 python3 - "$(address pod2 "$2")" "$1" "$seconds" <<'PYTHON'
import socket, sys, time
address, kind, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
s = socket.create_connection((address, 7000), timeout=10)
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
count, begin = 0, time.monotonic()
if kind == "trips":
    s.send(b"r")
    while time.monotonic() - begin < seconds:
        s.send(b"x"); s.recv(1); count += 1
    print(count / (time.monotonic() - begin))
else:
    s.send(b"s"); block = bytes(1 << 17)
    while time.monotonic() - begin < seconds: s.sendall(block); count += len(block)
    s.shutdown(socket.SHUT_WR); s.recv(1)
    print(count * 8 / (time.monotonic() - begin) / 1e9)
PYTHON
}
# The rules that the plugin wrote with the first pod are part of what is ours.
declare -A plugin_rules
for node in node1 node2; do plugin_rules[$node]=$(in_host $node nft -s list table inet skiff-cni); done
ours() {
    local node
    for node in node1 node2; do
        in_host $node nft -f - <<<"${plugin_rules[$node]}"
        routes_once $node cluster "$@" >/dev/null
    done
}
ours_direct() { ours; }
ours_vxlan() { ours --routing vxlan; }
bare_direct() { hand_direct; }
bare_vxlan() { hand_vxlan; }
tracked_direct() { hand_direct; masquerade_by_hand; }
tracked_vxlan() { hand_vxlan; masquerade_by_hand; }
masquerade_by_hand() {
    for node in node1 node2; do
        in_host $node nft -f - <<'RULES'
table inet hand {
    chain postrouting {
        type nat hook postrouting priority srcnat
        ip saddr 10.244.0.0/16 ip daddr != { 10.244.0.0/16, 172.18.0.0/24 } masquerade
        ip6 saddr fd10:244::/48 ip6 daddr != { fd10:244::/48, fd18::/64 } masquerade
    }
}
RULES
    done
}
clear_all() {
    local node
    for node in node1 node2; do
        in_host $node "$routes_program" routes --node-name $node --remove 2>/dev/null
        in_host $node nft flush ruleset
        in_host $node ip link del hand 2>/dev/null
    done
    in_host node1 ip route del 10.244.2.0/24 2>/dev/null; in_host node2 ip route del 10.244.1.0/24 2>/dev/null
    in_host node1 ip route del fd10:244:0:2::/64 2>/dev/null; in_host node2 ip route del fd10:244:0:1::/64 2>/dev/null
}
hand_direct() {
    in_host node1 ip route replace 10.244.2.0/24 via 172.18.0.12
    in_host node2 ip route replace 10.244.1.0/24 via 172.18.0.11
    in_host node1 ip route replace fd10:244:0:2::/64 via fd18::12
    in_host node2 ip route replace fd10:244:0:1::/64 via fd18::11
}
hand_vxlan() {
    local n other
    for n in 1 2; do
        other=$((3 - n))
        in_host node$n ip link add hand type vxlan id 42 dstport 4789 local 172.18.0.1$n nolearning
        in_host node$n ip link set hand address 02:00:00:00:00:0$n up
        in_host node$n ip addr add 10.244.$n.0/32 dev hand
        in_host node$n bridge fdb add 02:00:00:00:00:0$other dev hand dst 172.18.0.1$other
        in_host node$n ip neigh add 10.244.$other.0 lladdr 02:00:00:00:00:0$other dev hand nud permanent
        in_host node$n ip route replace 10.244.$other.0/24 via 10.244.$other.0 dev hand onlink
        in_host node$n ip addr add fd10:244:0:$n::/128 dev hand nodad
        in_host node$n ip neigh add fd10:244:0:$other:: lladdr 02:00:00:00:00:0$other dev hand nud permanent
        in_host node$n ip route replace fd10:244:0:$other::/64 via fd10:244:0:$other:: dev hand onlink
    done
}
server

reached() { seconds=0.01 measure trips 4 >/dev/null 2>&1; }
clear_all
ours_direct
wait_until "the server" reached
printf '%-7s %-5s %-7s %13s %13s %13s  %7s %10s\n' way family what bare tracked ours "of bare" "of tracked"
for way in direct vxlan; do
    rm -f "$work"/*.figures
    for ((run = 0; run < runs; run++)); do
        for who in bare tracked ours; do
            clear_all
            ${who}_$way
            for family in 4 6; do
                for kind in ${kinds:-stream trips packet piece}; do measure $kind $family >>"$work/$who-$kind-$family.figures"; done
            done
        done
    done
    clear_all
    for family in 4 6; do
        for kind in ${kinds:-stream trips packet piece}; do
            python3 - "$way" "$family" "$kind" "$work"/{bare,tracked,ours}-$kind-$family.figures <<'PYTHON'
import statistics, sys
way, family, kind = sys.argv[1:4]
bare, tracked, ours = (statistics.median(map(float, open(file))) for file in sys.argv[4:])
form = {"stream": "%.2f Gbit/s", "trips": "%.0f /s", "packet": "%.0f ns", "piece": "%.0f ns"}[kind]
share = lambda peer: 100 * (peer / ours if kind in ("packet", "piece") else ours / peer)
print("%-7s IPv%-2s %-7s %13s %13s %13s  %6.1f%% %9.1f%%" % (way, family, kind, form % bare, form % tracked, form % ours, share(bare), share(tracked)))
PYTHON
        done
    done
done
